//! Handles `K = b_d*G + t*J`, and the proof that a seller kept the buyer's blinding (section 6.3 (i)).
//!
//! `C_dj - K_j = d_j*H - t_j*J`: knowing `(d', t')` with `sum_j rho_j*(C_dj - K_j) = d'*H + t'*J` for weights drawn
//! after all `C_dj`, `K_j` leaves no room for a component on `G`, so the blinding of each `C_dj` is the buyer's `b_d`.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul};
use merlin::Transcript;

use crate::{
    CryptoError, Element, Label, NetworkId, Point, PublicScalar, Rng, SecretScalar,
    generators::generators,
    transcript::{challenge, transcript},
};

/// `K = b_d*G + t*J`. Constant time in both secrets.
pub fn handle(delivered_blinding: &SecretScalar, t: &SecretScalar) -> Result<Point, CryptoError> {
    Point::new(delivered_blinding.public().point() + t.expose() * generators().j.point())
}

/// One proof for all contracts of a Deliver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HandleProof {
    /// `A = a*H + b*J`.
    pub commitment: Element,
    /// `a + c*d'`.
    pub value_response: PublicScalar,
    /// `b + c*t'`.
    pub handle_response: PublicScalar,
}

/// What the seller knows of one contract he delivers to.
pub struct HandleWitness<'a> {
    /// `d`.
    pub delivered: u32,
    /// `t` of the contract's handle.
    pub t: &'a SecretScalar,
}

/// Absorbs the statement and draws the weights.
fn statement(
    network: &NetworkId,
    digest: &[u8; 64],
    delivered: &[Point],
    handles: &[Point],
) -> Result<(Transcript, Vec<Scalar>), CryptoError> {
    if delivered.is_empty() || delivered.len() != handles.len() {
        return Err(CryptoError::HandleShape);
    }
    let mut transcript = transcript(network, Label::Handle);
    transcript.append_message(b"digest", digest);
    transcript.append_u64(b"contracts", delivered.len() as u64);
    for (commitment, handle) in delivered.iter().zip(handles) {
        transcript.append_message(b"C_d", commitment.as_bytes());
        transcript.append_message(b"K", handle.as_bytes());
    }
    let weights = delivered.iter().map(|_| challenge(&mut transcript, b"rho")).collect();
    Ok((transcript, weights))
}

fn challenge_for(mut transcript: Transcript, commitment: &Element) -> Scalar {
    transcript.append_message(b"A", commitment.as_bytes());
    challenge(&mut transcript, b"c")
}

/// Proves it. Constant time in the witnesses.
pub fn prove(
    network: &NetworkId,
    digest: &[u8; 64],
    delivered: &[Point],
    handles: &[Point],
    witnesses: &[HandleWitness<'_>],
    rng: &mut impl Rng,
) -> Result<HandleProof, CryptoError> {
    if witnesses.len() != delivered.len() {
        return Err(CryptoError::HandleShape);
    }
    let (transcript, weights) = statement(network, digest, delivered, handles)?;
    let mut value = SecretScalar::zero();
    let mut t = SecretScalar::zero();
    for (witness, weight) in witnesses.iter().zip(&weights) {
        value = SecretScalar::new(value.expose() + weight * Scalar::from(witness.delivered));
        t = SecretScalar::new(t.expose() - weight * witness.t.expose());
    }
    let a = SecretScalar::hedged_nonce(network, &[&value, &t], digest, rng);
    let b = SecretScalar::hedged_nonce(network, &[&t, &value], digest, rng);
    let base = generators();
    let commitment = Element::new(a.expose() * base.h.point() + b.expose() * base.j.point());
    let c = challenge_for(transcript, &commitment);
    Ok(HandleProof {
        commitment,
        value_response: PublicScalar(a.expose() + c * value.expose()),
        handle_response: PublicScalar(b.expose() + c * t.expose()),
    })
}

/// Checks `z_a*H + z_b*J = A + c * sum_j rho_j*(C_dj - K_j)`.
pub fn verify(
    network: &NetworkId,
    digest: &[u8; 64],
    delivered: &[Point],
    handles: &[Point],
    proof: &HandleProof,
) -> Result<(), CryptoError> {
    let (transcript, weights) = statement(network, digest, delivered, handles)?;
    let c = challenge_for(transcript, &proof.commitment);
    let base = generators();
    let mut scalars = vec![proof.value_response.0, proof.handle_response.0];
    let mut points = vec![*base.h.point(), *base.j.point()];
    for ((commitment, handle), weight) in delivered.iter().zip(handles).zip(&weights) {
        scalars.push(-(c * weight));
        points.push(commitment.point() - handle.point());
    }
    let left = RistrettoPoint::vartime_multiscalar_mul(scalars, points);
    if left == *proof.commitment.point() { Ok(()) } else { Err(CryptoError::HandleProofInvalid) }
}
