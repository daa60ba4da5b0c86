//! What opens an order, sealed for the market operator (section 6.4): it goes to him beside the ledger, never as part of the
//! transaction, with the order's id as associated data.
//!
//! Sender: fresh `r`, `R = rG`, shared point `r*V_op`. Operator: `v_op*R`. Both derive the key of one ChaCha20-Poly1305 box
//! from the shared point, `V_op`, `R` and the order's transaction id, so that a box opens for one operator, one order and one
//! network only. The operator's Ed25519 key, which the ledger knows, signs `V_op`: nobody else can put his own in its place.

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce, Tag,
    aead::{AeadInPlace, generic_array::GenericArray},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    CryptoError, Element, Label, NetworkId, Point, Rng, SecretScalar,
    hash::Hasher,
    signature::{Signature, SigningKey, VerifyingKey},
};

/// Bytes of what is sealed: quantity and limit (4 each), four scalars.
pub const OPENING_LENGTH: usize = 4 + 4 + 4 * 32;
/// Bytes of a sealed opening: `R`, ciphertext, authentication tag.
pub const SEALED_LENGTH: usize = 32 + OPENING_LENGTH + 16;

/// The operator's sealing secret `v_op`; wiped when dropped, never printed.
#[derive(Clone)]
pub struct SealingKey {
    secret: SecretScalar,
    public: SealingPublic,
}

/// The operator's sealing key `V_op`, as everybody may see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealingPublic(Point);

/// A sealed opening as it travels. Its bytes come from a stranger: nothing about them is promised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedOpening(pub [u8; SEALED_LENGTH]);

impl SealingKey {
    /// A fresh key.
    pub fn random(rng: &mut impl Rng) -> Self {
        loop {
            if let Ok(key) = Self::new(SecretScalar::random(rng)) {
                return key;
            }
        }
    }

    fn new(secret: SecretScalar) -> Result<Self, CryptoError> {
        let public = Point::try_from(secret.public()).map_err(|_| CryptoError::ZeroSecret)?;
        Ok(SealingKey { secret, public: SealingPublic(public) })
    }

    /// From a key file.
    ///
    /// # Errors
    /// [`CryptoError::NonCanonicalScalar`], [`CryptoError::ZeroSecret`].
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, CryptoError> {
        Self::new(SecretScalar::decode(secret)?)
    }

    /// For a key file.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.to_bytes()
    }

    /// `V_op`.
    pub fn public(&self) -> &SealingPublic {
        &self.public
    }

    pub(crate) fn secret(&self) -> &SecretScalar {
        &self.secret
    }
}

impl core::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

impl SealingPublic {
    /// Decodes 32 bytes; refuses what is not canonical, and the identity.
    ///
    /// # Errors
    /// [`CryptoError::NonCanonicalPoint`], [`CryptoError::IdentityPoint`].
    pub fn decode(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        Point::decode(bytes).map(SealingPublic)
    }

    /// The canonical encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn point(&self) -> &Point {
        &self.0
    }

    /// The operator's signature over it, by the key that the ledger knows.
    pub fn certify(&self, network: &NetworkId, operator: &SigningKey) -> Signature {
        operator.sign(network, Label::OperatorSealingKey, self.as_bytes())
    }

    /// Checks that the operator whom the ledger knows by this key seals with this one.
    ///
    /// # Errors
    /// [`CryptoError::SignatureInvalid`].
    pub fn verify(
        &self,
        network: &NetworkId,
        operator: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), CryptoError> {
        operator.verify(network, Label::OperatorSealingKey, self.as_bytes(), signature)
    }
}

impl SealedOpening {
    /// Seals an opening for the operator, bound to the order's transaction id. `r` is hedged with the opening and the id, so
    /// that a broken generator seals no two openings with one key; the nonce is zero, as a key serves one message.
    ///
    /// Constant time in the opening.
    pub fn seal(
        network: &NetworkId,
        operator: &SealingPublic,
        id: &[u8; 64],
        opening: &[u8; OPENING_LENGTH],
        rng: &mut impl Rng,
    ) -> Self {
        let mut message = Zeroizing::new([0u8; OPENING_LENGTH + 32 + 64]);
        message[..OPENING_LENGTH].copy_from_slice(opening);
        message[OPENING_LENGTH..OPENING_LENGTH + 32].copy_from_slice(operator.as_bytes());
        message[OPENING_LENGTH + 32..].copy_from_slice(id);
        let r = SecretScalar::hedged_nonce(network, &[], &message[..], rng);
        let ephemeral = r.public();
        let shared = Shared::of(&r, &operator.0);
        let mut bytes = [0u8; SEALED_LENGTH];
        bytes[..32].copy_from_slice(ephemeral.as_bytes());
        let mut text = Zeroizing::new(*opening);
        let cipher = shared.cipher(network, operator, &ephemeral, id);
        // Encryption in place fails only above 256 GiB.
        if let Ok(tag) = cipher.encrypt_in_place_detached(&Nonce::default(), id, &mut text[..]) {
            bytes[32..32 + OPENING_LENGTH].copy_from_slice(&text[..]);
            bytes[32 + OPENING_LENGTH..].copy_from_slice(&tag);
        }
        SealedOpening(bytes)
    }

    /// Opens it, if it was sealed for this operator and this order. Total on any bytes. Constant time in the operator's
    /// secret; whether it opens is no secret.
    pub fn open(
        &self,
        network: &NetworkId,
        operator: &SealingKey,
        id: &[u8; 64],
    ) -> Option<Zeroizing<[u8; OPENING_LENGTH]>> {
        let ephemeral = Point::decode(self.0.first_chunk::<32>()?).ok()?;
        let shared = Shared::of(&operator.secret, &ephemeral);
        let mut text = Zeroizing::new([0u8; OPENING_LENGTH]);
        text.copy_from_slice(&self.0[32..32 + OPENING_LENGTH]);
        let tag: &Tag = GenericArray::from_slice(&self.0[32 + OPENING_LENGTH..]);
        let cipher = shared.cipher(network, &operator.public, &ephemeral, id);
        cipher.decrypt_in_place_detached(&Nonce::default(), id, &mut text[..], tag).ok()?;
        Some(text)
    }
}

impl core::fmt::Debug for SealedOpening {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealedOpening(..)")
    }
}

/// The encoding of `r*V_op = v_op*R`.
struct Shared(Zeroizing<[u8; 32]>);

impl Shared {
    fn of(secret: &SecretScalar, point: &Point) -> Self {
        let mut product = secret.expose() * point.point();
        let mut compressed = product.compress();
        product.zeroize();
        let encoding = Zeroizing::new(compressed.to_bytes());
        compressed.zeroize();
        Shared(encoding)
    }

    fn cipher(
        &self,
        network: &NetworkId,
        operator: &SealingPublic,
        ephemeral: &Element,
        id: &[u8; 64],
    ) -> ChaCha20Poly1305 {
        let hasher = Hasher::new(network, Label::OrderOpening).part(&self.0[..]).part(operator.as_bytes());
        let key = Zeroizing::new(hasher.part(ephemeral.as_bytes()).part(id).finish32());
        let mut array: Key = *Key::from_slice(&key[..]);
        let cipher = ChaCha20Poly1305::new(&array);
        array.zeroize();
        cipher
    }
}
