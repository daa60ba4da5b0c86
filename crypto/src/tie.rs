//! That fresh commitments hide what those of the ledger do, shown to one verifier and nobody else (section 10).
//!
//! A circuit's proof about the ledger's commitments convinces everybody. The same proof about fresh ones says only that its
//! maker knows numbers of which it is true; what ties them to the ledger is designated.
//!
//! ```text
//! C_i = v_i*H + b_i*G        the ledger's            F_i = v_i*H + r_i*G        fresh
//! w_i = Hs(statement, every C, every F)
//! T = sum w_i*(F_i - C_i) = x*G                      x = sum w_i*(r_i - b_i)
//! ```
//!
//! and one [`designated`] proof of `x`, whatever the number of pairs.
//!
//! **Why the verifier is convinced.** He knows that the proof is not his, so its maker knows `x`. What the commitments open to is
//! fixed before the weights are: of each `C_i` somebody has shown the ledger an opening, of each `F_i` the circuit's proof shows one,
//! and nobody can open one commitment twice. If `e_i` is the difference of the two values, `T` has the part `(sum w_i*e_i)*H`, and a
//! known `x` means that `sum w_i*e_i = 0`. The weights are hashes of all pairs, so for differences that are not all zero that
//! happens once in the group order.
//!
//! **Why nobody else is.** The verifier commits to any numbers of which the circuit's proof can be made, and makes up the tie
//! ([`simulate`]). Fresh commitments hide what is in them, and his tie looks like a household's.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul};

use crate::{
    CryptoError, Element, Label, NetworkId, Rng, SecretScalar,
    commitment::Opening,
    designated::{self, Designated, VerifierKey, VerifierSecret},
    disclosure::{Claim, Secret},
    transcript::{challenge, transcript},
};

/// Two commitments to one value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    /// The ledger's, or a sum of such.
    pub ledger: Element,
    /// The fresh one.
    pub fresh: Element,
}

/// What the one proof is about.
struct Tied {
    /// Digest of the statement and all pairs.
    about: [u8; 64],
    weights: Vec<Scalar>,
    claim: Claim,
}

impl Tied {
    /// Variable time: all of it is public.
    fn new(network: &NetworkId, statement: &[u8], pairs: &[Pair]) -> Result<Self, CryptoError> {
        if pairs.is_empty() {
            return Err(CryptoError::KnowledgeShape);
        }
        let mut transcript = transcript(network, Label::DisclosureTie);
        transcript.append_message(b"statement", statement);
        transcript.append_u64(b"pairs", pairs.len() as u64);
        for pair in pairs {
            transcript.append_message(b"C", pair.ledger.as_bytes());
            transcript.append_message(b"F", pair.fresh.as_bytes());
        }
        let mut about = [0u8; 64];
        transcript.challenge_bytes(b"about", &mut about);
        let weights: Vec<Scalar> = pairs.iter().map(|_| challenge(&mut transcript, b"w")).collect();
        let differences = pairs.iter().map(|pair| pair.fresh.point() - pair.ledger.point());
        let target = RistrettoPoint::vartime_multiscalar_mul(&weights, differences);
        Ok(Tied { about, weights, claim: Claim::Key(Element::new(target)) })
    }
}

/// Shows one verifier that each pair hides one value. `openings` are those of the pairs, in their order. Constant time in
/// the openings.
///
/// # Errors
/// `KnowledgeShape` for no pairs, or another number of openings; `NotTheSecret` if values differ or an opening is another's.
pub fn prove(
    network: &NetworkId,
    statement: &[u8],
    pairs: &[Pair],
    openings: &[(&Opening, &Opening)],
    verifier: &VerifierKey,
    rng: &mut impl Rng,
) -> Result<Designated, CryptoError> {
    let tied = Tied::new(network, statement, pairs)?;
    if openings.len() != pairs.len() {
        return Err(CryptoError::KnowledgeShape);
    }
    let parts: Vec<SecretScalar> = tied
        .weights
        .iter()
        .zip(openings)
        .map(|(weight, (ledger, fresh))| SecretScalar::new(weight * fresh.blinding.minus(&ledger.blinding).expose()))
        .collect();
    let secret = SecretScalar::sum(&parts);
    designated::prove(network, &tied.about, &[(tied.claim, Secret::Scalar(&secret))], verifier, rng)
}

/// What the verifier can make himself, for any pairs.
///
/// # Errors
/// `KnowledgeShape` for no pairs.
pub fn simulate(
    network: &NetworkId,
    statement: &[u8],
    pairs: &[Pair],
    verifier: &VerifierSecret,
    rng: &mut impl Rng,
) -> Result<Designated, CryptoError> {
    let tied = Tied::new(network, statement, pairs)?;
    designated::simulate(network, &tied.about, &[tied.claim], verifier, rng)
}

/// Checks that each pair hides one value. To the verifier it shows that, as long as nobody else knows his key and each fresh
/// commitment's opening is proven by something else; to others nothing. Variable time: everything is public.
///
/// # Errors
/// `KnowledgeShape` for no pairs, else `KnowledgeInvalid`.
pub fn verify(
    network: &NetworkId,
    statement: &[u8],
    pairs: &[Pair],
    verifier: &VerifierKey,
    proof: &Designated,
) -> Result<(), CryptoError> {
    let tied = Tied::new(network, statement, pairs)?;
    designated::verify(network, &tied.about, &[tied.claim], verifier, proof)
}
