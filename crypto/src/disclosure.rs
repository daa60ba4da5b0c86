//! Proofs of knowledge for disclosures (section 10): a household shows somebody that it knows what opens points of the
//! ledger, without handing any of it over.
//!
//! One proof covers several claims, all or none: every nonce commitment enters one transcript, and the responses share its
//! one challenge. The transcript begins with version, network and label, then the caller's whole statement, then every
//! claim; so a proof is of no use for another statement, and its label keeps it apart from the Schnorr signatures of
//! transactions.
//!
//! ```text
//! Key:      T = x*G           A = a*G            z = a + c*x
//! Opening:  T = v*H + b*G     A = a*H + e*G      z = (a + c*v, e + c*b)
//! c = Hs(statement, every T, every A)
//! ```

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE, ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul,
};
use merlin::Transcript;
use subtle::ConstantTimeEq;

use crate::{
    CryptoError, Element, Label, NetworkId, PublicScalar, Rng, SecretScalar,
    commitment::Opening,
    generators::generators,
    keys::{OneTimeSecret, SpendKey, ViewKey},
    transcript::{challenge, transcript},
};

/// What a prover claims to know about a public point. Every target is computed from the ledger by whoever checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// `x` with `T = x*G`: the secret of a key, or, for a `T` that is `C - v*H`, that `C` commits to the known `v`.
    Key(Element),
    /// `(v, b)` with `T = v*H + b*G`: what a commitment hides, which stays hidden.
    Opening(Element),
}

/// What the prover knows; borrowed, never exported.
pub enum Secret<'a> {
    /// A blinding, or the difference of two keys.
    Scalar(&'a SecretScalar),
    /// The spend secret of an address.
    Spend(&'a SpendKey),
    /// The view secret of an address.
    View(&'a ViewKey),
    /// The secret of a one-time key.
    OneTime(&'a OneTimeSecret),
    /// Value and blinding of a commitment.
    Opening(&'a Opening),
}

/// One challenge, and a response for each secret of each claim in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Knowledge {
    /// `c`.
    pub challenge: PublicScalar,
    /// `z`: one for a key, two (value, blinding) for an opening.
    pub responses: Vec<PublicScalar>,
}

impl Claim {
    fn target(&self) -> &Element {
        match self {
            Claim::Key(target) | Claim::Opening(target) => target,
        }
    }

    /// How many secrets it is about.
    pub fn secrets(&self) -> usize {
        match self {
            Claim::Key(_) => 1,
            Claim::Opening(_) => 2,
        }
    }

    /// `a*G`, or `a*H + e*G`, in constant time.
    fn commit(&self, scalars: &[SecretScalar]) -> Result<Element, CryptoError> {
        match (self, scalars) {
            (Claim::Key(_), [x]) => Ok(x.public()),
            (Claim::Opening(_), [v, b]) => {
                let value = v.expose() * generators().h.point();
                Ok(Element::new(value + b.expose() * RISTRETTO_BASEPOINT_TABLE))
            }
            _ => Err(CryptoError::KnowledgeShape),
        }
    }

    /// The nonce commitment that these responses belong to: `z*G - c*T`, or `z_v*H + z_b*G - c*T`.
    fn recover(&self, c: &Scalar, responses: &[PublicScalar]) -> Result<Element, CryptoError> {
        let target = self.target().point();
        match (self, responses) {
            (Claim::Key(_), [z]) => {
                Ok(Element::new(RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, target, &z.0)))
            }
            (Claim::Opening(_), [v, b]) => {
                let points = [*generators().h.point(), *generators().g.point(), *target];
                Ok(Element::new(RistrettoPoint::vartime_multiscalar_mul([v.0, b.0, -c], points)))
            }
            _ => Err(CryptoError::KnowledgeShape),
        }
    }
}

impl Secret<'_> {
    fn scalars(&self) -> Vec<SecretScalar> {
        match self {
            Secret::Scalar(scalar) => vec![(*scalar).clone()],
            Secret::Spend(key) => vec![key.0.clone()],
            Secret::View(key) => vec![key.view.clone()],
            Secret::OneTime(secret) => vec![secret.secret().clone()],
            Secret::Opening(opening) => {
                vec![SecretScalar::new(Scalar::from(opening.value)), opening.blinding.clone()]
            }
        }
    }
}

/// Absorbs the statement and all claims.
pub(crate) fn begin(
    network: &NetworkId,
    label: Label,
    statement: &[u8],
    claims: &[Claim],
) -> Result<Transcript, CryptoError> {
    if claims.is_empty() {
        return Err(CryptoError::KnowledgeShape);
    }
    let mut transcript = transcript(network, label);
    transcript.append_message(b"statement", statement);
    transcript.append_u64(b"claims", claims.len() as u64);
    for claim in claims {
        let form: &[u8] = match claim {
            Claim::Key(_) => b"key",
            Claim::Opening(_) => b"opening",
        };
        transcript.append_message(b"form", form);
        transcript.append_message(b"T", claim.target().as_bytes());
    }
    Ok(transcript)
}

/// Absorbs the nonce commitments.
pub(crate) fn absorb(transcript: &mut Transcript, commitments: &[Element]) {
    commitments.iter().for_each(|commitment| transcript.append_message(b"A", commitment.as_bytes()));
}

/// A prover who has committed to its nonces and waits for the challenge.
pub(crate) struct Committed {
    /// One for each claim.
    pub(crate) commitments: Vec<Element>,
    /// More nonces, for the caller's own use.
    pub(crate) spare: Vec<SecretScalar>,
    nonces: Vec<SecretScalar>,
    secrets: Vec<SecretScalar>,
}

impl Committed {
    /// Checks that every secret opens its claim, then draws a nonce for each of them, and `spare` more.
    pub(crate) fn new(
        network: &NetworkId,
        transcript: &Transcript,
        claims: &[(Claim, Secret<'_>)],
        spare: usize,
        rng: &mut impl Rng,
    ) -> Result<Self, CryptoError> {
        let secrets: Vec<Vec<SecretScalar>> = claims.iter().map(|(_, secret)| secret.scalars()).collect();
        for ((claim, _), secret) in claims.iter().zip(&secrets) {
            let opens = claim.commit(secret)?.as_bytes().ct_eq(claim.target().as_bytes());
            if !bool::from(opens) {
                return Err(CryptoError::NotTheSecret);
            }
        }
        // Nonces depend on every secret, the whole statement, their own place, and fresh randomness. The secrets are hashed
        // once, into one that each nonce then depends on: proofs of thousands of claims take linear time.
        let mut bound = [0u8; 64];
        transcript.clone().challenge_bytes(b"nonces", &mut bound);
        let all: Vec<&SecretScalar> = secrets.iter().flatten().collect();
        let together = SecretScalar::hedged_nonce(network, &all, &bound, rng);
        let places = 0u64..(all.len() + spare) as u64;
        let mut nonces: Vec<SecretScalar> = places
            .map(|place| {
                let message = [&bound[..], &place.to_le_bytes()].concat();
                SecretScalar::hedged_nonce(network, &[&together], &message, rng)
            })
            .collect();
        let spare = nonces.split_off(all.len());
        let mut rest = nonces.as_slice();
        let mut commitments = Vec::with_capacity(claims.len());
        for (claim, _) in claims {
            let (own, after) = rest.split_at_checked(claim.secrets()).ok_or(CryptoError::KnowledgeShape)?;
            commitments.push(claim.commit(own)?);
            rest = after;
        }
        Ok(Committed { commitments, spare, nonces, secrets: secrets.into_iter().flatten().collect() })
    }

    /// The responses to a challenge. It is given one only once: two would give the secrets away.
    pub(crate) fn respond(self, c: &Scalar) -> Vec<PublicScalar> {
        let pairs = self.nonces.iter().zip(&self.secrets);
        pairs.map(|(nonce, secret)| PublicScalar(nonce.expose() + c * secret.expose())).collect()
    }
}

/// The nonce commitments that these responses belong to.
pub(crate) fn recover(claims: &[Claim], c: &Scalar, responses: &[PublicScalar]) -> Result<Vec<Element>, CryptoError> {
    let mut rest = responses;
    let mut commitments = Vec::with_capacity(claims.len());
    for claim in claims {
        let (responses, after) = rest.split_at_checked(claim.secrets()).ok_or(CryptoError::KnowledgeShape)?;
        commitments.push(claim.recover(c, responses)?);
        rest = after;
    }
    if rest.is_empty() { Ok(commitments) } else { Err(CryptoError::KnowledgeShape) }
}

/// [`prove`] under a label.
pub(crate) fn prove_as(
    network: &NetworkId,
    label: Label,
    statement: &[u8],
    claims: &[(Claim, Secret<'_>)],
    rng: &mut impl Rng,
) -> Result<Knowledge, CryptoError> {
    let targets: Vec<Claim> = claims.iter().map(|(claim, _)| *claim).collect();
    let mut transcript = begin(network, label, statement, &targets)?;
    let committed = Committed::new(network, &transcript, claims, 0, rng)?;
    absorb(&mut transcript, &committed.commitments);
    let c = challenge(&mut transcript, b"c");
    Ok(Knowledge { challenge: PublicScalar(c), responses: committed.respond(&c) })
}

/// [`verify`] under a label.
pub(crate) fn verify_as(
    network: &NetworkId,
    label: Label,
    statement: &[u8],
    claims: &[Claim],
    proof: &Knowledge,
) -> Result<(), CryptoError> {
    let mut transcript = begin(network, label, statement, claims)?;
    let c = proof.challenge.0;
    absorb(&mut transcript, &recover(claims, &c, &proof.responses)?);
    if challenge(&mut transcript, b"c") == c { Ok(()) } else { Err(CryptoError::KnowledgeInvalid) }
}

/// Proves all claims at once, each with its secret. `statement` must encode everything that the proof is about, without
/// ambiguity. Constant time in the secrets; variable in the number and form of the claims, which are public.
///
/// # Errors
/// `KnowledgeShape` for no claims, or another number or form of secrets; `NotTheSecret` if one does not open its claim:
/// a proof that leaves this function verifies.
pub fn prove(
    network: &NetworkId,
    statement: &[u8],
    claims: &[(Claim, Secret<'_>)],
    rng: &mut impl Rng,
) -> Result<Knowledge, CryptoError> {
    prove_as(network, Label::DisclosureKnowledge, statement, claims, rng)
}

/// Checks a proof of all these claims for this statement. Variable time: everything is public.
///
/// # Errors
/// `KnowledgeShape` for no claims or another number of responses, else `KnowledgeInvalid`.
pub fn verify(network: &NetworkId, statement: &[u8], claims: &[Claim], proof: &Knowledge) -> Result<(), CryptoError> {
    verify_as(network, Label::DisclosureKnowledge, statement, claims, proof)
}
