//! Hints: the erasable half of an output (section 3): `{ R, view_tag, AEAD(value, blinding, memo) }`, fixed length.

use std::sync::LazyLock;

use chacha20poly1305::{
    ChaCha20Poly1305, Key, KeyInit, Nonce, Tag,
    aead::{AeadInPlace, generic_array::GenericArray},
};
use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};
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
        let shared = SharedSecret::from_hint(network, view, &self.ephemeral()?, context, index);
        self.open_with(&shared, view, key)
    }

    fn ephemeral(&self) -> Option<Point> {
        Point::decode(self.0.first_chunk::<32>()?).ok()
    }

    fn open_with(&self, shared: &SharedSecret, view: &ViewKey, key: &Point) -> Option<Recognised> {
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
        cipher(shared).decrypt_in_place_detached(&Nonce::default(), key.as_bytes(), &mut plain[..], tag).ok()?;
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

/// A hint as a scanner meets it.
pub struct Incoming<'a> {
    /// The hint.
    pub hint: &'a Hint,
    /// Of its transaction.
    pub context: Context,
    /// Its place among the transaction's hints.
    pub index: u8,
    /// The one-time key it came with.
    pub key: Point,
}

/// `1/2` modulo the group order: points are compressed in batches only when doubled.
static HALF: LazyLock<Scalar> = LazyLock::new(|| Scalar::from(2u8).invert());

/// Opens many hints, as [`Hint::open`] each: a tenth faster from a few dozen on, as one inversion serves all. Timing as
/// there.
pub fn open_all(network: &NetworkId, view: &ViewKey, incoming: &[Incoming<'_>]) -> Vec<Option<Recognised>> {
    let half = SecretScalar::new(view.view.expose() * *HALF);
    let ephemerals: Vec<Option<Point>> = incoming.iter().map(|one| one.hint.ephemeral()).collect();
    let halves = ephemerals.iter().flatten().map(|ephemeral| half.expose() * ephemeral.point());
    let halves: Zeroizing<Vec<RistrettoPoint>> = Zeroizing::new(halves.collect());
    let mut shared = RistrettoPoint::double_and_compress_batch(halves.iter());
    let mut encodings = shared.iter();
    let open = |(one, ephemeral): (&Incoming<'_>, &Option<Point>)| {
        ephemeral.as_ref()?;
        let shared = SharedSecret::from_encoding(network, encodings.next()?.as_bytes(), one.context, one.index);
        one.hint.open_with(&shared, view, &one.key)
    };
    let opened = incoming.iter().zip(&ephemerals).map(open).collect();
    shared.zeroize();
    opened
}

fn cipher(shared: &SharedSecret) -> ChaCha20Poly1305 {
    let key = shared.hint_key();
    let mut array: Key = *Key::from_slice(&key[..]);
    let cipher = ChaCha20Poly1305::new(&array);
    array.zeroize();
    cipher
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::{OsRng, RngCore};

    use super::*;
    use crate::keys::{Account, Seed};

    const NETWORK: NetworkId = NetworkId([7; 32]);

    #[test]
    fn many_hints_open_together_as_each_does_alone() {
        let [mine, other] = [1, 2].map(|seed| Account::from_seed(&NETWORK, &Seed::from_bytes([seed; 32])).unwrap());
        let context = Context::of_mint(&NETWORK, 1);
        let mut hints: Vec<(Hint, Point)> = (0..40)
            .map(|index| {
                let to = if index % 3 == 0 { &mine } else { &other };
                let output = NewOutput::derive(&NETWORK, to.address(), context, index, &mut OsRng).unwrap();
                let body = HintBody::note(index.into(), SecretScalar::random(&mut OsRng));
                (Hint::seal(&output, &body), output.key)
            })
            .collect();
        // No canonical point, the identity, a changed ciphertext, another key, noise.
        hints[3].0.0[..32].fill(0xff);
        hints[6].0.0[..32].fill(0);
        hints[9].0.0[60] ^= 1;
        hints[12].1 = hints[15].1;
        OsRng.fill_bytes(&mut hints[20].0.0);
        let incoming: Vec<Incoming<'_>> =
            (0..).zip(&hints).map(|(index, (hint, key))| Incoming { hint, context, index, key: *key }).collect();
        let together = open_all(&NETWORK, mine.view(), &incoming);
        assert_eq!(together.len(), incoming.len());
        for (one, together) in incoming.iter().zip(&together) {
            let alone = one.hint.open(&NETWORK, mine.view(), one.context, one.index, &one.key);
            let facts = |opened: &Option<Recognised>| {
                opened.as_ref().map(|opened| (opened.body.value, opened.tweak.clone(), opened.body.blinding.clone()))
            };
            assert_eq!(facts(&alone), facts(together), "hint {}", one.index);
            let ours = one.index % 3 == 0 && ![3, 6, 9, 12].contains(&one.index);
            assert_eq!(together.is_some(), ours, "hint {}", one.index);
        }
        assert!(open_all(&NETWORK, mine.view(), &[]).is_empty());
    }
}
