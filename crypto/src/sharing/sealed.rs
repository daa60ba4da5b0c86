//! Shares sealed for the members of a committee, and the proof that one was opened rightly (section 10).
//!
//! Dealer: fresh `r`, `R = rG`, shared point `S = r*V`. Member: `S = v*R`. Both derive the key of one ChaCha20-Poly1305 box from
//! `S`, `V`, `R` and the context, which says whose share of what it is. A sealed share has the length and form of a hint, with
//! which it travels and is erased: `R`, a zero byte, the box.
//!
//! A member who got a wrong share shows `S` with a proof that `log_G V = log_R S`, whereupon everybody opens the box and sees what is in it:
//!
//! ```text
//! A = a*G    B = a*R    c = Hs(context, V, box, S, A, B)    z = a + c*v
//! z*G = A + c*V         z*R = B + c*S
//! ```

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce, Tag,
    aead::{AeadInPlace, generic_array::GenericArray},
};
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
const START: usize = 33;
const TEXT: usize = HINT_LENGTH - START - 16;

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
    /// Seals a share. `r` is hedged with the share and the context; the nonce is zero, as a key serves one message.
    ///
    /// Constant time in the share.
    pub fn seal(network: &NetworkId, to: &SealingPublic, context: &[u8], share: &Share, rng: &mut impl Rng) -> Self {
        let mut text = Zeroizing::new([0u8; TEXT]);
        text[..Share::LENGTH].copy_from_slice(&share.to_bytes()[..]);
        let message = Zeroizing::new([&to.as_bytes()[..], context].concat());
        let r = SecretScalar::hedged_nonce(network, &[&share.value, &share.blinding], &message, rng);
        let ephemeral = r.public();
        let shared = Shared(r.expose() * to.point().point());
        let cipher = shared.cipher(network, to, ephemeral.as_bytes(), context);
        let mut bytes = [0u8; SEALED_SHARE_LENGTH];
        bytes[..32].copy_from_slice(ephemeral.as_bytes());
        // Encryption in place fails only above 256 GiB.
        if let Ok(tag) = cipher.encrypt_in_place_detached(&Nonce::default(), context, &mut text[..]) {
            bytes[START..START + TEXT].copy_from_slice(&text[..]);
            bytes[START + TEXT..].copy_from_slice(&tag);
        }
        SealedShare(bytes)
    }

    /// Opens it as the member it is for; `None` if nothing can be read out of it. Constant time in the member's secret; whether
    /// it opens is no secret.
    pub fn open(&self, network: &NetworkId, member: &SealingKey, context: &[u8]) -> Option<Share> {
        let ephemeral = self.ephemeral()?;
        let shared = Shared(member.secret().expose() * ephemeral.point());
        self.read(network, member.public(), context, &shared)
    }

    /// Shows everybody what is in it: `None` where nothing needs to be shown, since it has no `R`.
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
        let Some(ephemeral) = self.ephemeral() else { return Ok(None) };
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
        let (ephemeral, opened) = match (self.ephemeral(), opened) {
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

    fn ephemeral(&self) -> Option<Point> {
        Point::decode(self.0.first_chunk::<32>()?).ok()
    }

    fn read(&self, network: &NetworkId, to: &SealingPublic, context: &[u8], shared: &Shared) -> Option<Share> {
        let mut text = Zeroizing::new([0u8; TEXT]);
        text.copy_from_slice(&self.0[START..START + TEXT]);
        let tag: &Tag = GenericArray::from_slice(&self.0[START + TEXT..]);
        let cipher = shared.cipher(network, to, self.0.first_chunk::<32>()?, context);
        cipher.decrypt_in_place_detached(&Nonce::default(), context, &mut text[..], tag).ok()?;
        Share::decode(text.first_chunk::<{ Share::LENGTH }>()?).ok()
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
    fn cipher(
        &self,
        network: &NetworkId,
        to: &SealingPublic,
        ephemeral: &[u8; 32],
        context: &[u8],
    ) -> ChaCha20Poly1305 {
        let mut compressed = self.0.compress();
        let encoding = Zeroizing::new(compressed.to_bytes());
        compressed.zeroize();
        let hasher = Hasher::new(network, Label::ShareSeal).part(&encoding[..]).part(to.as_bytes());
        let key = Zeroizing::new(hasher.part(ephemeral).part(context).finish32());
        let mut array: Key = *Key::from_slice(&key[..]);
        let cipher = ChaCha20Poly1305::new(&array);
        array.zeroize();
        cipher
    }
}
