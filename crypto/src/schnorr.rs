//! Schnorr signatures over base `G`, by which a seller shows that a contract was meant for him (section 6.3).

use curve25519_dalek::{
    constants::RISTRETTO_BASEPOINT_TABLE, ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul,
};
use merlin::Transcript;

use crate::{
    CryptoError, Element, Label, NetworkId, Point, PublicScalar, Rng, SecretScalar,
    generators::generators,
    transcript::{challenge, transcript},
};

/// Nonce commitment and response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schnorr {
    /// `A = a*G`.
    pub commitment: Element,
    /// `z = a + c*x`.
    pub response: PublicScalar,
}

fn statement(network: &NetworkId, key: &Point, message: &[u8; 64]) -> Transcript {
    let mut transcript = transcript(network, Label::Schnorr);
    transcript.append_message(b"message", message);
    transcript.append_message(b"key", key.as_bytes());
    transcript
}

fn challenge_for(mut transcript: Transcript, commitment: &Element) -> Scalar {
    transcript.append_message(b"A", commitment.as_bytes());
    challenge(&mut transcript, b"c")
}

/// Signs a digest. Constant time in the secret.
pub fn sign(
    network: &NetworkId,
    secret: &SecretScalar,
    message: &[u8; 64],
    rng: &mut impl Rng,
) -> Result<Schnorr, CryptoError> {
    let key = Point::try_from(secret.public())?;
    let nonce = SecretScalar::hedged_nonce(network, &[secret], message, rng);
    let commitment = Element::new(nonce.expose() * RISTRETTO_BASEPOINT_TABLE);
    let c = challenge_for(statement(network, &key, message), &commitment);
    Ok(Schnorr { commitment, response: PublicScalar(nonce.expose() + c * secret.expose()) })
}

/// Checks `z*G = A + c*P`.
pub fn verify(network: &NetworkId, key: &Point, message: &[u8; 64], proof: &Schnorr) -> Result<(), CryptoError> {
    let c = challenge_for(statement(network, key, message), &proof.commitment);
    let right = RistrettoPoint::vartime_multiscalar_mul([proof.response.0, -c], [generators().g.point(), key.point()]);
    if right == *proof.commitment.point() { Ok(()) } else { Err(CryptoError::SchnorrInvalid) }
}
