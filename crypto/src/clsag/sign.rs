//! Signing a spend.

use subtle::ConstantTimeEq;

use super::{Clsag, Member, rounds::Rounds};
use crate::{CryptoError, Element, NetworkId, Point, PublicScalar, Rng, SecretScalar, keys::OneTimeSecret};

/// Signs for the note at `index` of the bucket: `secret` opens its key, `z = b - b'` is the difference between the
/// blindings of its commitment and of the pseudo commitment `C'` (both of the same value).
///
/// Runs in constant time in `secret`, `z` and the nonce; in variable time in the ring, in its length and in what the
/// finished signature shows (all other challenges and responses). The order of rounds follows `index`, so memory
/// accesses do; their number and total time do not.
///
/// All randomness is hedged: with a broken generator, responses still depend on the secrets and the whole statement.
///
/// # Errors
/// `RingTooSmall` below two members; `NotTheRingMember` if the secrets do not open the member at `index`;
/// `IdentityPoint` if `z` is zero (take another blinding for `C'`).
#[allow(clippy::too_many_arguments, reason = "the statement of a spend has this many parts")]
pub fn sign(
    network: &NetworkId,
    ring: &[Member],
    index: usize,
    secret: &OneTimeSecret,
    z: &SecretScalar,
    pseudo: &Point,
    message: &[u8; 64],
    rng: &mut impl Rng,
) -> Result<Clsag, CryptoError> {
    sign_with(network, ring, index, (secret, z), pseudo, rng, |image, d| Rounds::new(ring, pseudo, image, d, message))
}

/// A signature whose rounds are `begin`'s for the two images.
pub(super) fn sign_with<'a>(
    network: &NetworkId,
    ring: &'a [Member],
    index: usize,
    (secret, z): (&OneTimeSecret, &SecretScalar),
    pseudo: &Point,
    rng: &mut impl Rng,
    begin: impl FnOnce(&Point, &Point) -> Result<Rounds<'a>, CryptoError>,
) -> Result<Clsag, CryptoError> {
    if ring.len() < 2 {
        return Err(CryptoError::RingTooSmall);
    }
    let member = ring.get(index).ok_or(CryptoError::NotTheRingMember)?;
    let x = secret.secret();
    let difference = Element::new(member.commitment.point() - pseudo.point());
    let opens = x.public().as_bytes().ct_eq(member.key.as_bytes()) & z.public().as_bytes().ct_eq(difference.as_bytes());
    if !bool::from(opens) {
        return Err(CryptoError::NotTheRingMember);
    }
    let image = Point::new(x.expose() * member.image_base)?;
    let d = Point::new(z.expose() * member.image_base)?;
    let rounds = begin(&image, &d)?;

    let statement = rounds.digest();
    let nonce = SecretScalar::hedged_nonce(network, &[x, z], &statement, rng);
    let mut responses: Vec<PublicScalar> = (0..rounds.len() as u64)
        .map(|i| {
            let message = [&statement[..], &i.to_le_bytes()].concat();
            PublicScalar(*SecretScalar::hedged_nonce(network, &[x, z], &message, rng).expose())
        })
        .collect();

    // From the signer's position once around: every member but the signer closes with a response already drawn.
    let mut challenge = rounds.first(index, &nonce);
    let mut c0 = challenge;
    for i in (index + 1..rounds.len()).chain(0..index) {
        if i == 0 {
            c0 = challenge;
        }
        challenge = rounds.next(i, &challenge, &responses[i].0);
    }
    if index == 0 {
        c0 = challenge;
    }
    let aggregate = SecretScalar::new(rounds.weights[0] * x.expose() + rounds.weights[1] * z.expose());
    responses[index] = PublicScalar(nonce.expose() - challenge * aggregate.expose());
    Ok(Clsag { c0: PublicScalar(c0), responses, d })
}
