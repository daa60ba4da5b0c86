//! Hints: the erasable half of an output (section 3): `{ R, view_tag, AEAD(value, blinding, memo) }`, fixed length.

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce, Tag,
    aead::{AeadInPlace, generic_array::GenericArray},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    NetworkId, Point, SecretScalar,
    context::Context,
    keys::ViewKey,
    onetime::{NewOutput, SharedSecret, one_time_key},
};

/// Bytes of a memo; a contract's hint carries `b_d` and `t` there.
pub const MEMO_LENGTH: usize = 64;
const BODY_LENGTH: usize = 8 + 32 + MEMO_LENGTH;
/// Bytes of a hint: `R`, view tag, ciphertext, authentication tag.
pub const HINT_LENGTH: usize = 32 + 1 + BODY_LENGTH + 16;

/// A hint as it travels. Its bytes come from a stranger: nothing about them is promised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hint(pub [u8; HINT_LENGTH]);

impl core::fmt::Debug for Hint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Hint(..)")
    }
}

/// What a hint tells its recipient.
#[derive(Clone)]
pub struct HintBody {
    /// The committed value: micro-euro, or base units of a utility.
    pub value: u64,
    /// The blinding of the note's commitment.
    pub blinding: SecretScalar,
    /// Free bytes; a contract's handle secrets.
    pub memo: Zeroizing<[u8; MEMO_LENGTH]>,
}

impl HintBody {
    /// For an ordinary note, without a memo.
    pub fn note(value: u64, blinding: SecretScalar) -> Self {
        HintBody { value, blinding, memo: Zeroizing::new([0; MEMO_LENGTH]) }
    }

    /// For a contract: quantity, `b_q`, and the handle's `b_d` and `t`.
    pub fn contract(quantity: u64, blinding: SecretScalar, delivered: &SecretScalar, handle: &SecretScalar) -> Self {
        let mut memo = Zeroizing::new([0; MEMO_LENGTH]);
        memo[..32].copy_from_slice(&delivered.to_bytes()[..]);
        memo[32..].copy_from_slice(&handle.to_bytes()[..]);
        HintBody { value: quantity, blinding, memo }
    }

    /// The `b_d` and `t` of a contract's hint, if they are canonical scalars.
    pub fn handle_secrets(&self) -> Option<(SecretScalar, SecretScalar)> {
        let part = |at: usize| -> Option<SecretScalar> {
            let mut bytes = Zeroizing::new([0u8; 32]);
            bytes.copy_from_slice(&self.memo[at..at + 32]);
            SecretScalar::decode(&bytes).ok()
        };
        Some((part(0)?, part(32)?))
    }
}

/// A hint that was for us: the one-time key re-derives with this transaction's own context, and the body opened.
pub struct Recognised {
    /// `k`: with the spend key it gives the one-time secret.
    pub tweak: SecretScalar,
    /// What the sender says. Whether it opens the commitment is for the wallet to check.
    pub body: HintBody,
}

impl Hint {
    /// Encrypts a body for the output's recipient. The key serves this one message, so the nonce is zero; the
    /// one-time key is bound as associated data.
    pub fn seal(output: &NewOutput, body: &HintBody) -> Self {
        let mut bytes = [0u8; HINT_LENGTH];
        bytes[..32].copy_from_slice(output.ephemeral.as_bytes());
        bytes[32] = output.shared.view_tag();
        let mut plain = Zeroizing::new([0u8; BODY_LENGTH]);
        plain[..8].copy_from_slice(&body.value.to_le_bytes());
        plain[8..40].copy_from_slice(&body.blinding.to_bytes()[..]);
        plain[40..].copy_from_slice(&body.memo[..]);
        let cipher = cipher(&output.shared);
        // Encryption in place fails only above 256 GiB.
        if let Ok(tag) = cipher.encrypt_in_place_detached(&Nonce::default(), output.key.as_bytes(), &mut plain[..]) {
            bytes[33..33 + BODY_LENGTH].copy_from_slice(&plain[..]);
            bytes[33 + BODY_LENGTH..].copy_from_slice(&tag);
        }
        Hint(bytes)
    }

    /// Recognises a hint as ours, or says nothing. Total on any bytes.
    ///
    /// Time depends on whether the view tag matches: the scanner runs on the household's own machine.
    pub fn open(
        &self,
        network: &NetworkId,
        view: &ViewKey,
        context: Context,
        index: u8,
        key: &Point,
    ) -> Option<Recognised> {
        let mut ephemeral = [0u8; 32];
        ephemeral.copy_from_slice(&self.0[..32]);
        let shared = SharedSecret::from_hint(network, view, &Point::decode(&ephemeral).ok()?, context, index);
        if shared.view_tag() != self.0[32] {
            return None;
        }
        let tweak = shared.tweak();
        if one_time_key(&tweak, view.spend_public()).ok()? != *key {
            return None;
        }
        let mut plain = Zeroizing::new([0u8; BODY_LENGTH]);
        plain.copy_from_slice(&self.0[33..33 + BODY_LENGTH]);
        let tag: &Tag = GenericArray::from_slice(&self.0[33 + BODY_LENGTH..]);
        cipher(&shared).decrypt_in_place_detached(&Nonce::default(), key.as_bytes(), &mut plain[..], tag).ok()?;
        let mut value = [0u8; 8];
        value.copy_from_slice(&plain[..8]);
        let mut blinding = Zeroizing::new([0u8; 32]);
        blinding.copy_from_slice(&plain[8..40]);
        let mut memo = Zeroizing::new([0u8; MEMO_LENGTH]);
        memo.copy_from_slice(&plain[40..]);
        let body = HintBody { value: u64::from_le_bytes(value), blinding: SecretScalar::decode(&blinding).ok()?, memo };
        Some(Recognised { tweak, body })
    }
}

fn cipher(shared: &SharedSecret) -> ChaCha20Poly1305 {
    let key = shared.hint_key();
    let mut array: Key = *Key::from_slice(&key[..]);
    let cipher = ChaCha20Poly1305::new(&array);
    array.zeroize();
    cipher
}
