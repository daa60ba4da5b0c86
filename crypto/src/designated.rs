//! Proofs of knowledge that convince one verifier and nobody else (section 10).
//!
//! The proof shows that its maker knows what [`crate::disclosure`] claims, *or* the verifier's disclosure key. The verifier
//! knows that it was not he who made it. He could have: [`simulate`] makes such a proof for any statement, a wrong one
//! too, and nobody can tell it from a household's. So he has nothing to show to others.
//!
//! ```text
//! D = d*G                                     the verifier's key; his request proves that he knows d
//! T, A, z                                     as in a proof of knowledge, with the challenge c_h
//! A_v = z_v*G - c_v*D
//! c_h + c_v = Hs(statement, every T, D, every A, A_v)
//! ```
//!
//! A household draws `c_v` and `z_v` and answers with the `c_h` that is left; a verifier draws `c_h` and every `z` and answers
//! with the `c_v` that is left. Either way all of them are uniform among those that satisfy the equations.

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
use merlin::Transcript;
use zeroize::Zeroizing;

use crate::{
    CryptoError, Element, Label, NetworkId, PROTOCOL_VERSION, Point, PublicScalar, Rng, SecretScalar,
    disclosure::{Claim, Committed, Knowledge, Secret, absorb, begin, prove_as, recover, verify_as},
    transcript::challenge,
};

const PREFIX: Hrp = Hrp::parse_unchecked("hwverify");
const LENGTH: usize = 1 + 32;

/// A verifier's disclosure key `D`: whom a proof is to convince.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifierKey(Point);

/// `d`: whoever has it can make every proof that is designated to its key. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct VerifierSecret {
    secret: SecretScalar,
    key: VerifierKey,
}

/// A proof of knowledge for one verifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Designated {
    /// `c_h`.
    pub household: PublicScalar,
    /// `c_v`.
    pub verifier: PublicScalar,
    /// `z`: one for a key, two (value, blinding) for an opening.
    pub responses: Vec<PublicScalar>,
    /// `z_v`.
    pub verifier_response: PublicScalar,
}

impl VerifierKey {
    /// From its encoding.
    ///
    /// # Errors
    /// `NonCanonicalPoint`, `IdentityPoint`.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Point::decode(bytes).map(VerifierKey)
    }

    /// Its encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// `D`.
    pub(crate) fn point(&self) -> &Point {
        &self.0
    }

    /// As text, `hwverify1...`: the same in every network, since one verifier may have to do with several.
    pub fn encode(&self) -> String {
        let bytes = [&[PROTOCOL_VERSION], &self.as_bytes()[..]].concat();
        // Encoding fails only for texts over 1,023 characters; this one has 69.
        bech32::encode::<Bech32m>(PREFIX, &bytes).unwrap_or_default()
    }

    /// Reads the text.
    ///
    /// # Errors
    /// `BadVerifierKey`, or what is wrong with the point.
    pub fn decode(text: &str) -> Result<Self, CryptoError> {
        let checked = CheckedHrpstring::new::<Bech32m>(text.trim()).map_err(|_| CryptoError::BadVerifierKey)?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        match (bytes.len(), bytes.split_first()) {
            (LENGTH, Some((&PROTOCOL_VERSION, point))) if checked.hrp() == PREFIX => {
                Self::from_bytes(point.try_into().map_err(|_| CryptoError::BadVerifierKey)?)
            }
            _ => Err(CryptoError::BadVerifierKey),
        }
    }

    /// Whether somebody who knows `d` made this request. Without it a key could be one that nobody has, and what is designated to
    /// that convinces everybody.
    ///
    /// # Errors
    /// `KnowledgeShape`, `KnowledgeInvalid`.
    pub fn verify_possession(&self, network: &NetworkId, request: &[u8], proof: &Knowledge) -> Result<(), CryptoError> {
        let claim = Claim::Key(*self.0.element());
        verify_as(network, Label::DisclosureRequest, request, &[claim], proof)
    }
}

impl VerifierSecret {
    /// A fresh one.
    ///
    /// # Errors
    /// `IdentityPoint`, which does not happen with randomness.
    pub fn random(rng: &mut impl Rng) -> Result<Self, CryptoError> {
        Self::new(SecretScalar::random(rng))
    }

    /// From its bytes.
    ///
    /// # Errors
    /// `NonCanonicalScalar`; `IdentityPoint` for zero.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Self::new(SecretScalar::decode(bytes)?)
    }

    fn new(secret: SecretScalar) -> Result<Self, CryptoError> {
        let key = VerifierKey(secret.public().try_into()?);
        Ok(VerifierSecret { secret, key })
    }

    /// Its bytes, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.to_bytes()
    }

    /// `d`.
    pub(crate) fn secret(&self) -> &SecretScalar {
        &self.secret
    }

    /// `D`.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Shows that whoever makes this request knows `d`. Constant time in it.
    ///
    /// # Errors
    /// None in practice: the secret opens its own key.
    pub fn prove_possession(
        &self,
        network: &NetworkId,
        request: &[u8],
        rng: &mut impl Rng,
    ) -> Result<Knowledge, CryptoError> {
        let claim = (Claim::Key(*self.key.0.element()), Secret::Scalar(&self.secret));
        prove_as(network, Label::DisclosureRequest, request, &[claim], rng)
    }
}

fn start(
    network: &NetworkId,
    statement: &[u8],
    claims: &[Claim],
    verifier: &VerifierKey,
) -> Result<Transcript, CryptoError> {
    let mut transcript = begin(network, Label::DisclosureDesignated, statement, claims)?;
    transcript.append_message(b"D", verifier.as_bytes());
    Ok(transcript)
}

/// `c_h + c_v`.
fn finish(mut transcript: Transcript, commitments: &[Element], of_verifier: &Element) -> Scalar {
    absorb(&mut transcript, commitments);
    transcript.append_message(b"A_v", of_verifier.as_bytes());
    challenge(&mut transcript, b"c")
}

/// Proves all claims at once to one verifier; as [`crate::disclosure::prove`] otherwise. Constant time in the secrets, and in
/// what was drawn for the verifier's part.
///
/// # Errors
/// As [`crate::disclosure::prove`].
pub fn prove(
    network: &NetworkId,
    statement: &[u8],
    claims: &[(Claim, Secret<'_>)],
    verifier: &VerifierKey,
    rng: &mut impl Rng,
) -> Result<Designated, CryptoError> {
    let targets: Vec<Claim> = claims.iter().map(|(claim, _)| *claim).collect();
    let transcript = start(network, statement, &targets, verifier)?;
    let committed = Committed::new(network, &transcript, claims, 2, rng)?;
    let [c_v, z_v] = committed.spare.as_slice() else { return Err(CryptoError::KnowledgeShape) };
    let of_verifier = Element::new(z_v.public().point() - c_v.expose() * verifier.0.point());
    let c = finish(transcript, &committed.commitments, &of_verifier);
    let household = c - c_v.expose();
    let (verifier, verifier_response) = (PublicScalar(*c_v.expose()), PublicScalar(*z_v.expose()));
    let responses = committed.respond(&household);
    Ok(Designated { household: PublicScalar(household), verifier, responses, verifier_response })
}

/// What the verifier can make himself, for any statement and any claims: why a designated proof convinces nobody else.
/// Constant time in his secret.
///
/// # Errors
/// `KnowledgeShape` for no claims.
pub fn simulate(
    network: &NetworkId,
    statement: &[u8],
    claims: &[Claim],
    verifier: &VerifierSecret,
    rng: &mut impl Rng,
) -> Result<Designated, CryptoError> {
    let transcript = start(network, statement, claims, &verifier.key)?;
    let mut draw = || PublicScalar(*SecretScalar::random(rng).expose());
    let household = draw();
    let responses: Vec<PublicScalar> = claims.iter().flat_map(|claim| 0..claim.secrets()).map(|_| draw()).collect();
    let commitments = recover(claims, &household.0, &responses)?;
    let mut bound = [0u8; 64];
    transcript.clone().challenge_bytes(b"nonces", &mut bound);
    let message = [&bound[..], &household.as_bytes()[..]].concat();
    let nonce = SecretScalar::hedged_nonce(network, &[&verifier.secret], &message, rng);
    let of_verifier = finish(transcript, &commitments, &nonce.public()) - household.0;
    let verifier_response = PublicScalar(nonce.expose() + of_verifier * verifier.secret.expose());
    Ok(Designated { household, verifier: PublicScalar(of_verifier), responses, verifier_response })
}

/// Checks a proof of all these claims for this statement and verifier. To him it shows that its maker knows what is claimed, as
/// long as nobody else knows his key; to others nothing. Variable time: everything is public.
///
/// # Errors
/// `KnowledgeShape` for no claims or another number of responses, else `KnowledgeInvalid`.
pub fn verify(
    network: &NetworkId,
    statement: &[u8],
    claims: &[Claim],
    verifier: &VerifierKey,
    proof: &Designated,
) -> Result<(), CryptoError> {
    let transcript = start(network, statement, claims, verifier)?;
    let commitments = recover(claims, &proof.household.0, &proof.responses)?;
    let (c_v, z_v) = (proof.verifier.0, proof.verifier_response.0);
    let of_verifier = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c_v, verifier.0.point(), &z_v);
    let c = finish(transcript, &commitments, &Element::new(of_verifier));
    if proof.household.0 + c_v == c { Ok(()) } else { Err(CryptoError::KnowledgeInvalid) }
}
