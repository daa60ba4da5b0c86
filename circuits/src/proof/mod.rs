//! Proofs that ledger commitments open to values that satisfy a circuit. Neither side ever panics.

mod generators;
mod prove;
#[cfg(test)]
mod tests;
mod verify;

use commonware_codec::{Copying, Decode, Encode};
use commonware_cryptography::{
    transcript::{Transcript, Version},
    zk::bulletproofs::circuit::{self, Claim},
};
use hushwatt_crypto::{
    Element, Label, NetworkId, PROTOCOL_VERSION, generators::generators as ledger, hash::PROTOCOL_NAME,
};

use crate::{
    Error,
    bridge::{Compiled, to_scalar},
    frontend::Fr,
    group::{F, Point, PublicPoint},
};

pub use generators::MAX_LG;
pub use prove::{prove, prove_unchecked};
pub use verify::{verify, verify_batch};

/// Longest proof in bytes.
pub const MAX_PROOF_BYTES: usize = 2048;

type Decoded = circuit::Proof<F, PublicPoint>;

/// A proof. Its bytes are canonical: they were decoded, and encode to themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CircuitProof(Vec<u8>);

impl CircuitProof {
    /// Reads a proof. Total on any bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for what is too long, no proof, or not the one encoding of it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let proof = CircuitProof(bytes.to_vec());
        let decoded = proof.decoded()?;
        if decoded.encode().as_ref() == bytes { Ok(proof) } else { Err(Error::Malformed) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn decoded(&self) -> Result<Decoded, Error> {
        if self.0.len() > MAX_PROOF_BYTES {
            return Err(Error::Malformed);
        }
        Decoded::decode_cfg(Copying(&self.0[..]), &(1usize << MAX_LG, ((), ()))).map_err(|_| Error::Malformed)
    }
}

/// What is proven: the commitments open to values that satisfy the circuit together with the public values.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// The network whose commitments they are.
    pub network: &'a NetworkId,
    /// Name and version of the statement.
    pub kind: &'a str,
    /// What must hold.
    pub circuit: &'a Compiled,
    /// In the order of the circuit's committed values.
    pub commitments: &'a [Element],
    /// In the order of the circuit's public values.
    pub publics: &'a [Fr],
    /// What else the proof must not be moved away from: the digest of a transaction, or whom it is for.
    pub context: &'a [u8],
}

impl Statement<'_> {
    fn check_arity(&self) -> Result<(), Error> {
        let right =
            self.commitments.len() == self.circuit.committed_len() && self.publics.len() == self.circuit.public_len();
        if right { Ok(()) } else { Err(Error::Arity) }
    }

    /// Everything that the proof is about, before its first challenge.
    fn transcript(&self) -> Transcript {
        let mut transcript = started(self.network, Label::CircuitProof);
        transcript
            .commit(Label::CircuitGenerators.as_str().as_bytes())
            .commit(self.kind.as_bytes())
            .commit(self.circuit.digest.encode())
            .commit(self.context);
        for commitment in self.commitments {
            transcript.append(&commitment.as_bytes()[..]);
        }
        transcript.commit(&b""[..]);
        for public in self.publics {
            transcript.append(&to_scalar(public).0.as_bytes()[..]);
        }
        transcript.commit(&b""[..]);
        transcript
    }

    /// The ledger's commitments, then commitments to the public values with blinding zero.
    fn claim<const CT: bool>(&self) -> Claim<Point<CT>> {
        let committed = self.commitments.iter().map(Point::of);
        let publics = self.publics.iter().map(|value| Point::new(ledger().h.point() * to_scalar(value).0));
        Claim { commitments: committed.chain(publics).collect() }
    }
}

/// A transcript for one use, begun with version, network, label and the ledger's generators.
fn started(network: &NetworkId, label: Label) -> Transcript {
    let base = ledger();
    let mut transcript = Transcript::new(PROTOCOL_NAME, Version::V1);
    transcript
        .commit(&[PROTOCOL_VERSION][..])
        .commit(&network.0[..])
        .commit(label.as_str().as_bytes())
        .commit(&base.g.as_bytes()[..])
        .commit(&base.h.as_bytes()[..])
        .commit(&base.j.as_bytes()[..]);
    transcript
}
