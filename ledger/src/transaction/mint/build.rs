//! How the treasury builds a Mint: plan, prove, sign.

use hushwatt_crypto::{
    Label, PublicScalar, Rng, SecretScalar,
    commitment::Opening,
    context::Context,
    hint::Hint,
    range::{self, RangeBits, RangeProof},
    signature::SigningKey,
};

use super::{Mint, MintStatement, OUTPUTS};
use crate::{
    genesis::Genesis,
    transaction::{
        Action, Envelope, HintsDigest, Transaction,
        build::{BuildError, Built, Payee, shuffle},
        signing_digest,
    },
    units::{Credit, Timestamp},
};

/// What the treasury wants to make.
pub struct MintPlan {
    /// One more than the last Mint's.
    pub serial: u64,
    /// 2 to 64 payees; their order is shuffled.
    pub payees: Vec<Payee>,
    /// Last block time of inclusion.
    pub valid_until: Timestamp,
}

/// A Mint with its range proof; what is missing is the treasury's signature.
pub struct UnsignedMint {
    envelope: Envelope,
    statement: MintStatement,
    range: RangeProof,
    hints: Vec<Hint>,
}

impl MintPlan {
    /// Makes outputs and proves ranges.
    pub fn prove(mut self, genesis: &Genesis, rng: &mut impl Rng) -> Result<UnsignedMint, BuildError> {
        if !OUTPUTS.contains(&self.payees.len()) {
            return Err(BuildError::OutputCount);
        }
        let network = genesis.network();
        shuffle(&mut self.payees, rng);
        let context = Context::of_mint(network, self.serial);
        let (mut outputs, mut hints, mut openings) = (Vec::new(), Vec::new(), Vec::new());
        for (index, payee) in self.payees.iter().enumerate() {
            let (output, hint, made) = payee.make(network, context, index, rng)?;
            outputs.push(output);
            hints.push(hint);
            openings.push(made.opening);
        }
        let total = Credit::checked_sum(openings.iter().map(|opening: &Opening| Credit(opening.value)))
            .ok_or(BuildError::Overflow)?;
        // The sum of the blindings is published: each single one stays hidden, as there are at least two.
        let excess = SecretScalar::sum(openings.iter().map(|opening| &opening.blinding));
        let statement = MintStatement { serial: self.serial, total, outputs, excess: PublicScalar(*excess.expose()) };
        let envelope =
            Envelope { network: *network, valid_until: self.valid_until, hints: HintsDigest::of(network, &hints) };
        let digest = signing_digest(&envelope, &statement);
        let range = range::prove(network, &digest.0, RangeBits::Bits64, &openings, rng)?;
        Ok(UnsignedMint { envelope, statement, range, hints })
    }
}

impl UnsignedMint {
    /// What will be made, for the people who sign.
    pub fn total(&self) -> Credit {
        self.statement.total
    }

    /// Signs with the treasury's key.
    pub fn sign(self, key: &SigningKey) -> Built {
        let digest = signing_digest(&self.envelope, &self.statement);
        let signature = key.sign(&self.envelope.network, Label::TreasurySignature, &digest.0);
        let action = Action::Mint(Mint { statement: self.statement, range: self.range, signature });
        Built::new(Transaction::new(self.envelope, action), self.hints)
    }
}
