//! Shares sealed for the members of a committee, and the proof that one was opened rightly (section 10).
//!
//! Dealer: fresh `r`, `R = rG`, shared point `S = r*V`. Member: `S = v*R`. The share is hidden by a pad, a hash of `S`, `V`, `R` and
//! the context, which says whose share of what it is. A proof that whoever sealed it knows `r` binds all of it together:
//!
//! ```text
//! K = k*G    e = the first 24 bytes of Hs(context, V, R, a zero byte, hidden share, K)    y = k + e*r
//! K = y*G - e*R
//! ```
//!
//! This is ElGamal with a hash, signed by Schnorr, which withstands chosen ciphertexts (Fuchsbauer, Plouviez, Seurin, Eurocrypt 2020,
//! in the algebraic group model). It has to: a member who complains opens a box in public, and whoever could put another's `R` into a
//! box of his own would have him open that one's. A sealed share has the length and form of a hint, with which it travels and is
//! erased: `R`, a zero byte, `e`, `y`, the hidden share.
//!
//! A member who got a wrong share shows `S` with a proof that `log_G V = log_R S`, whereupon everybody sees what is in it:
//!
//! ```text
//! A = a*G    B = a*R    c = Hs(context, V, box, S, A, B)    z = a + c*v
//! z*G = A + c*V         z*R = B + c*S
//! ```
//!
//! Of a box whose own proof does not verify nothing is shown: everybody sees that nobody need have been able to read it.

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar, traits::VartimeMultiscalarMul};
use zeroize::{Zeroize, Zeroizing};

use super::Share;
use crate::{
    CryptoError, Element, Label, NetworkId, Point, PublicScalar, Rng, SecretScalar,
    generators::generators,
    hash::Hasher,
    hint::{HINT_LENGTH, Hint},
    order_seal::{SealingKey, SealingPublic},
    transcript::{challenge, transcript},
};

/// Bytes of a sealed share: those of a hint.
pub const SEALED_SHARE_LENGTH: usize = HINT_LENGTH;
/// Where the proof's challenge begins, its response, and the hidden share.
const CHALLENGE: usize = 33;
const RESPONSE: usize = CHALLENGE + 24;
const HIDDEN: usize = RESPONSE + 32;
const _: () = assert!(HIDDEN + Share::LENGTH == SEALED_SHARE_LENGTH);

/// A sealed share as it travels. Its bytes come from a stranger: nothing about them is promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedShare(pub [u8; SEALED_SHARE_LENGTH]);

/// What lets everybody open one sealed share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    /// `S`.
    pub shared: Point,
    /// `A`.
    pub of_key: Element,
    /// `B`.
    pub of_shared: Element,
    /// `z`.
    pub response: PublicScalar,
}

/// What is in a sealed share that everybody can open.
#[derive(Debug)]
pub enum Verdict {
    /// A share; whether it is the right one, [`Share::opens`] tells.
    Share(Share),
    /// None: nobody could ever read one out of it.
    Garbled,
}

impl SealedShare {
    /// Seals a share. `r` and the proof's nonce are hedged with the share and the context.
    ///
    /// Constant time in the share.
    pub fn seal(network: &NetworkId, to: &SealingPublic, context: &[u8], share: &Share, rng: &mut impl Rng) -> Self {
        Self::seal_text(network, to, context, &share.to_bytes(), rng)
    }

    fn seal_text(
        network: &NetworkId,
        to: &SealingPublic,
        context: &[u8],
        text: &[u8; Share::LENGTH],
        rng: &mut impl Rng,
    ) -> Self {
        let message = Zeroizing::new([&to.as_bytes()[..], text, context].concat());
        let r = SecretScalar::hedged_nonce(network, &[], &message, rng);
        let shared = Shared(r.expose() * to.point().point());
        let mut bytes = [0u8; SEALED_SHARE_LENGTH];
        bytes[..32].copy_from_slice(r.public().as_bytes());
        let pad = shared.pad(network, to, &bytes[..32], context);
        for ((hidden, byte), pad) in bytes[HIDDEN..].iter_mut().zip(text).zip(pad.iter()) {
            *hidden = byte ^ pad;
        }
        let mut sealed = SealedShare(bytes);
        let nonce = SecretScalar::hedged_nonce(network, &[&r], &message, rng);
        let challenge = sealed.own_challenge(network, to, context, &nonce.public());
        let response = nonce.expose() + of_24_bytes(&challenge) * r.expose();
        sealed.0[CHALLENGE..RESPONSE].copy_from_slice(&challenge);
        sealed.0[RESPONSE..HIDDEN].copy_from_slice(response.as_bytes());
        sealed
    }

    /// Opens it as the member it is for; `None` if nothing can be read out of it. Constant time in the member's secret; whether
    /// it opens is no secret.
    pub fn open(&self, network: &NetworkId, member: &SealingKey, context: &[u8]) -> Option<Share> {
        let ephemeral = self.proven(network, member.public(), context)?;
        let shared = Shared(member.secret().expose() * ephemeral.point());
        self.read(network, member.public(), context, &shared)
    }

    /// Shows everybody what is in it: `None` where nothing may be shown, since nothing proves that whoever sealed it knows `r`.
    ///
    /// # Errors
    /// [`CryptoError::IdentityPoint`] never, as neither `R` nor the member's secret is zero.
    pub fn show(
        &self,
        network: &NetworkId,
        member: &SealingKey,
        context: &[u8],
        rng: &mut impl Rng,
    ) -> Result<Option<Opened>, CryptoError> {
        let Some(ephemeral) = self.proven(network, member.public(), context) else { return Ok(None) };
        let secret = member.secret();
        let shared = Point::new(secret.expose() * ephemeral.point())?;
        let nonce = SecretScalar::hedged_nonce(network, &[secret], &[&self.0[..], context].concat(), rng);
        let of_key = nonce.public();
        let of_shared = Element::new(nonce.expose() * ephemeral.point());
        let c = self.challenge(network, member.public(), context, &shared, &of_key, &of_shared);
        let response = PublicScalar(nonce.expose() + c * secret.expose());
        Ok(Some(Opened { shared, of_key, of_shared, response }))
    }

    /// What is in it, by what the member showed. Variable time: everything is public.
    ///
    /// # Errors
    /// [`CryptoError::ShareOpeningInvalid`] if the proof does not verify, or nothing was shown where something could be.
    pub fn judge(
        &self,
        network: &NetworkId,
        member: &SealingPublic,
        context: &[u8],
        opened: Option<&Opened>,
    ) -> Result<Verdict, CryptoError> {
        let (ephemeral, opened) = match (self.proven(network, member, context), opened) {
            (None, None) => return Ok(Verdict::Garbled),
            (Some(ephemeral), Some(opened)) => (ephemeral, opened),
            _ => return Err(CryptoError::ShareOpeningInvalid),
        };
        let c = self.challenge(network, member, context, &opened.shared, &opened.of_key, &opened.of_shared);
        let combine = |base: &RistrettoPoint, image: &RistrettoPoint| {
            RistrettoPoint::vartime_multiscalar_mul([opened.response.0, -c], [base, image])
        };
        let right = combine(generators().g.point(), member.point().point()) == *opened.of_key.point()
            && combine(ephemeral.point(), opened.shared.point()) == *opened.of_shared.point();
        if !right {
            return Err(CryptoError::ShareOpeningInvalid);
        }
        let share = self.read(network, member, context, &Shared(*opened.shared.point()));
        Ok(share.map_or(Verdict::Garbled, Verdict::Share))
    }

    /// Digest of it, as it stands on the ledger: salted by the fresh `R`.
    pub fn digest(&self, network: &NetworkId) -> [u8; 32] {
        Hasher::new(network, Label::ShareDigest).part(&self.0).finish32()
    }

    /// `R`, if the box proves that whoever sealed it for this member and context knows its `r`. Variable time: it is public.
    fn proven(&self, network: &NetworkId, to: &SealingPublic, context: &[u8]) -> Option<Point> {
        let ephemeral = Point::decode(self.0.first_chunk::<32>()?).ok()?;
        let challenge: &[u8; 24] = self.0[CHALLENGE..].first_chunk()?;
        let response = PublicScalar::decode(self.0[RESPONSE..].first_chunk()?).ok()?;
        let scalars = [response.0, -of_24_bytes(challenge)];
        let points = [generators().g.point(), ephemeral.point()];
        let nonce = Element::new(RistrettoPoint::vartime_multiscalar_mul(scalars, points));
        (self.own_challenge(network, to, context, &nonce) == *challenge).then_some(ephemeral)
    }

    /// `e`.
    fn own_challenge(&self, network: &NetworkId, to: &SealingPublic, context: &[u8], nonce: &Element) -> [u8; 24] {
        let mut transcript = transcript(network, Label::ShareSealer);
        transcript.append_message(b"context", context);
        transcript.append_message(b"V", to.as_bytes());
        transcript.append_message(b"R", &self.0[..CHALLENGE]);
        transcript.append_message(b"hidden", &self.0[HIDDEN..]);
        transcript.append_message(b"K", nonce.as_bytes());
        let mut challenge = [0; 24];
        transcript.challenge_bytes(b"e", &mut challenge);
        challenge
    }

    fn read(&self, network: &NetworkId, to: &SealingPublic, context: &[u8], shared: &Shared) -> Option<Share> {
        let mut text = Zeroizing::new([0u8; Share::LENGTH]);
        text.copy_from_slice(&self.0[HIDDEN..]);
        let pad = shared.pad(network, to, &self.0[..32], context);
        text.iter_mut().zip(pad.iter()).for_each(|(byte, pad)| *byte ^= pad);
        Share::decode(&text).ok()
    }

    fn challenge(
        &self,
        network: &NetworkId,
        member: &SealingPublic,
        context: &[u8],
        shared: &Point,
        of_key: &Element,
        of_shared: &Element,
    ) -> Scalar {
        let mut transcript = transcript(network, Label::ShareOpening);
        transcript.append_message(b"context", context);
        transcript.append_message(b"V", member.as_bytes());
        transcript.append_message(b"box", &self.0);
        transcript.append_message(b"S", shared.as_bytes());
        transcript.append_message(b"A", of_key.as_bytes());
        transcript.append_message(b"B", of_shared.as_bytes());
        challenge(&mut transcript, b"c")
    }
}

impl From<SealedShare> for Hint {
    fn from(sealed: SealedShare) -> Hint {
        Hint(sealed.0)
    }
}

impl From<&Hint> for SealedShare {
    fn from(hint: &Hint) -> SealedShare {
        SealedShare(hint.0)
    }
}

/// `r*V = v*R`; wiped when dropped.
struct Shared(RistrettoPoint);

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Shared {
    /// What hides a share: used once, as `R` is fresh.
    fn pad(&self, network: &NetworkId, to: &SealingPublic, ephemeral: &[u8], context: &[u8]) -> Zeroizing<[u8; 64]> {
        let mut compressed = self.0.compress();
        let encoding = Zeroizing::new(compressed.to_bytes());
        compressed.zeroize();
        let hasher = Hasher::new(network, Label::ShareSeal).part(&encoding[..]).part(to.as_bytes());
        Zeroizing::new(hasher.part(ephemeral).part(context).finish64())
    }
}

/// Below 2^192, so that it is below the group order.
fn of_24_bytes(bytes: &[u8; 24]) -> Scalar {
    let mut wide = [0; 32];
    wide[..24].copy_from_slice(bytes);
    Scalar::from_bytes_mod_order(wide)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::OsRng;

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    #[test]
    fn what_was_sealed_by_whoever_knows_its_secret_and_is_no_share_is_shown_to_be_none() {
        let key = SealingKey::random(&mut OsRng);
        let sealed = SealedShare::seal_text(&NETWORK, key.public(), b"place", &[0xff; 64], &mut OsRng);
        assert!(sealed.open(&NETWORK, &key, b"place").is_none());
        let opened = sealed.show(&NETWORK, &key, b"place", &mut OsRng).unwrap().unwrap();
        let verdict = sealed.judge(&NETWORK, key.public(), b"place", Some(&opened));
        assert!(matches!(verdict, Ok(Verdict::Garbled)));
        let silent = sealed.judge(&NETWORK, key.public(), b"place", None);
        assert!(matches!(silent, Err(CryptoError::ShareOpeningInvalid)));
    }
}
