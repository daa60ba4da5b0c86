//! Linkable ring signatures over a whole bucket: nazgul's CLSAG values, in linear time (section 5).
//!
//! A spend proves, for one position `i` of its bucket that it does not reveal, knowledge of `x` with `P_i = x*G` and of
//! `z` with `C_i - C' = z*G`: the spender owns the note, and `C'` hides the same value. The key image `I = x*Hp(P_i)`
//! makes a second spend of the note visible; `D = z*Hp(P_i)` belongs to the second column.
//!
//! * `mod.rs`: ring members and the signature.
//! * `rounds.rs`: everything that signer and verifier share, so that the two can never drift apart.
//! * `sign.rs`, `verify.rs`: what each adds.
//! * `designated.rs`: the same for one verifier, who could have made it himself.
//!
//! Whatever a ring member looks like (equal or identity commitments, `C_i = C'`, a key that appears twice), it never
//! makes a spend invalid: else one strange note would freeze its bucket. Only the spender's own `I`, `D` and `C'` are
//! checked, by their type: a [`Point`] is canonical and not the identity.

pub mod designated;
mod rounds;
mod sign;
mod verify;

use curve25519_dalek::ristretto::RistrettoPoint;

pub use self::{
    sign::sign,
    verify::{ClsagClaim, verify, verify_all},
};
use crate::{Element, Point, PublicScalar, keys::hash_to_point};

/// A ring member: one note of the bucket, with what is worth keeping once the note is in the ledger.
///
/// Takes about 0.5 kB and the time of one hash to the group, which each verification over the bucket then saves.
#[derive(Clone, Debug)]
pub struct Member {
    key: Point,
    commitment: Element,
    /// `Hp(P)`.
    image_base: RistrettoPoint,
}

impl Member {
    /// The note `(P, C)`. Variable time: both are public.
    pub fn new(key: Point, commitment: Element) -> Self {
        Member { key, commitment, image_base: hash_to_point(&key) }
    }

    /// `P`, the note's one-time key.
    pub fn key(&self) -> &Point {
        &self.key
    }

    /// `C`, the note's commitment.
    pub fn commitment(&self) -> &Element {
        &self.commitment
    }
}

/// A ring signature. The key image, the ring and `C'` are the transaction's, not the signature's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clsag {
    /// The challenge of the first member.
    pub c0: PublicScalar,
    /// One response per ring member, in ring order; and the verifier's behind them in one that is [`designated`].
    pub responses: Vec<PublicScalar>,
    /// `D = z*Hp(P)`, the key image of the commitment column.
    pub d: Point,
}

impl Clsag {
    /// Bytes of `c0`, the responses and `D` for a ring of this length.
    pub fn encoded_len(ring: usize) -> usize {
        32 * (ring + 2)
    }
}
