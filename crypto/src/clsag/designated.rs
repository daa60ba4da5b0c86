//! Ring signatures that convince one verifier and nobody else (section 10): a balance is shown with them.
//!
//! The ring is the bucket, as for a spend, and one more member: the verifier's disclosure key `V = d*G`. The signature shows
//! that its maker owns a note of the bucket with the key image `I`, whose value `C'` hides, *or* knows `d`.
//!
//! ```text
//! note i < n:  L_i = s_i*G + c_i*(mu_0*P_i + mu_1*(C_i - C'))     R_i = s_i*Hp(P_i) + c_i*(mu_0*I + mu_1*D)
//!              c_i+1 = Hs(.. || L_i || R_i)
//! verifier:    L_n = s_n*G + c_n*V                                c_0 = Hs(.. || L_n)
//! ```
//!
//! **Why the verifier is convinced.** All rounds are queries of one hash. They go round in a circle, so the query of some member
//! `j` was made before the one that gave `c_j`. Its `L_j` (and `R_j`) were there first: asked for another `c_j`, the same maker
//! answers it too, and two answers to one `L_j` give `w` with `mu_0*P_j + mu_1*(C_j - C') = w*G` and `mu_0*I + mu_1*D = w*Hp(P_j)`,
//! or, for the last member, `d`. The weights are hashes of the ring, `I` and `D`; answers under two pairs of weights give `x`
//! and `z` as a spend's do. The verifier knows that `d` is his alone, which leaves a note. That rounds of two kinds are in one
//! circle changes nothing: what is hashed differs in length, so none is taken for the other.
//!
//! **Why nobody else is.** Whoever knows `d` begins at the last member ([`simulate`]), with any `I`, `D` and `C'`. For given points
//! each signature that verifies comes from exactly one choice of what is drawn, by an owner as by the verifier: both draw from
//! the same distribution. The points tell nothing either: `C'` is fresh, and who does not know `x` cannot tell
//! `(Hp(P), x*Hp(P))` from two points without relation (decisional Diffie-Hellman). He can from the day on which the note
//! is spent, for then `I` is on the ledger: an image that was shown before must have come from its owner. What it was worth
//! stays as open as before, since to a known image the verifier can make up any `C'`.
//!
//! The hashes have their own label: no spend's signature is one of these, nor the other way round.

use curve25519_dalek::scalar::Scalar;

use super::{Clsag, Member, rounds::Rounds, sign::sign_with};
use crate::{
    CryptoError, NetworkId, Point, PublicScalar, Rng, SecretScalar,
    designated::{VerifierKey, VerifierSecret},
    keys::OneTimeSecret,
};

/// Signs for the note at `index` of the bucket and for one verifier; as [`super::sign`] otherwise.
///
/// # Errors
/// As [`super::sign`].
#[allow(clippy::too_many_arguments, reason = "the statement has this many parts")]
pub fn sign(
    network: &NetworkId,
    ring: &[Member],
    index: usize,
    secret: &OneTimeSecret,
    z: &SecretScalar,
    pseudo: &Point,
    verifier: &VerifierKey,
    message: &[u8; 64],
    rng: &mut impl Rng,
) -> Result<Clsag, CryptoError> {
    sign_with(network, ring, index, (secret, z), pseudo, rng, |image, d| {
        Rounds::designated(network, verifier, ring, [pseudo, image, d], message)
    })
}

/// Checks a signature for one verifier. To him it shows that its maker owns a note of the ring, as long as nobody else knows
/// his key; to others nothing. Variable time: everything is public.
///
/// # Errors
/// As [`super::verify`]; `RingLengthMismatch` unless there is one response more than notes.
pub fn verify(
    network: &NetworkId,
    ring: &[Member],
    pseudo: &Point,
    image: &Point,
    verifier: &VerifierKey,
    message: &[u8; 64],
    signature: &Clsag,
) -> Result<(), CryptoError> {
    Rounds::designated(network, verifier, ring, [pseudo, image, &signature.d], message)?.close(signature)
}

/// What the verifier can make himself, for any ring, image and commitment: why such a signature convinces nobody else.
/// Constant time in his secret.
///
/// # Errors
/// `RingTooSmall` below two members; `IdentityPoint`, which does not happen with randomness.
pub fn simulate(
    network: &NetworkId,
    ring: &[Member],
    pseudo: &Point,
    image: &Point,
    verifier: &VerifierSecret,
    message: &[u8; 64],
    rng: &mut impl Rng,
) -> Result<Clsag, CryptoError> {
    let d: Point = SecretScalar::random(rng).public().try_into()?;
    let rounds = Rounds::designated(network, verifier.key(), ring, [pseudo, image, &d], message)?;
    let nonce = SecretScalar::hedged_nonce(network, &[verifier.secret()], &rounds.digest(), rng);
    let c0: Scalar = rounds.challenge_of_verifier(&nonce.public());
    let mut responses: Vec<PublicScalar> =
        ring.iter().map(|_| PublicScalar(*SecretScalar::random(rng).expose())).collect();
    let last =
        responses.iter().enumerate().fold(c0, |challenge, (i, response)| rounds.next(i, &challenge, &response.0));
    responses.push(PublicScalar(nonce.expose() - last * verifier.secret().expose()));
    Ok(Clsag { c0: PublicScalar(c0), responses, d })
}
