//! One-time keys, view tags and hint keys: both sides of the Diffie-Hellman exchange (section 2).
//!
//! Sender: fresh `r`, `R = rG`, shared point `rV`. Recipient: `vR`. Both derive `k = Hs("one-time-key", rV, ctx, i)`,
//! `P = kG + S`, the view tag and the hint key.

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_TABLE, ristretto::RistrettoPoint};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    CryptoError, Element, Label, NetworkId, Point, Rng, SecretScalar, address::Address, context::Context, hash::Hasher,
    keys::ViewKey,
};

/// The secret point `rV = vR` of one output, in its place: everything about the output follows from it.
pub struct SharedSecret {
    network: NetworkId,
    encoding: Zeroizing<[u8; 32]>,
    context: Context,
    index: u8,
}

impl SharedSecret {
    fn new(network: &NetworkId, shared: RistrettoPoint, context: Context, index: u8) -> Self {
        let mut compressed = shared.compress();
        let encoding = Zeroizing::new(compressed.to_bytes());
        compressed.zeroize();
        SharedSecret { network: *network, encoding, context, index }
    }

    /// Recipient's side: `v*R`. Constant time in `v`.
    pub fn from_hint(network: &NetworkId, view: &ViewKey, ephemeral: &Point, context: Context, index: u8) -> Self {
        Self::new(network, view.view.expose() * ephemeral.point(), context, index)
    }

    /// From the point's encoding, for scanners that compress many at once.
    pub(crate) fn from_encoding(network: &NetworkId, encoding: &[u8; 32], context: Context, index: u8) -> Self {
        SharedSecret { network: *network, encoding: Zeroizing::new(*encoding), context, index }
    }

    fn hasher(&self, label: Label) -> Hasher {
        Hasher::new(&self.network, label).part(&self.encoding[..]).part(self.context.as_bytes()).part(&[self.index])
    }

    /// `k`, the difference between the one-time secret and the spend secret.
    pub fn tweak(&self) -> SecretScalar {
        self.hasher(Label::OneTimeKey).finish_scalar()
    }

    /// One byte by which a scanner skips 255 of 256 foreign hints.
    pub fn view_tag(&self) -> u8 {
        self.hasher(Label::ViewTag).finish32()[0]
    }

    /// Key of the hint's encryption; it serves one message only.
    pub fn hint_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.hasher(Label::Hint).finish32())
    }

    /// `P = kG + S`.
    pub fn one_time_key(&self, spend: &Point) -> Result<Point, CryptoError> {
        one_time_key(&self.tweak(), spend)
    }
}

/// `P = kG + S`, from a tweak already derived.
pub fn one_time_key(tweak: &SecretScalar, spend: &Point) -> Result<Point, CryptoError> {
    Point::new(tweak.expose() * RISTRETTO_BASEPOINT_TABLE + spend.point())
}

/// An output as its sender makes it.
pub struct NewOutput {
    /// `R`, public in the hint.
    pub ephemeral: Element,
    /// `P`, the note's one-time key.
    pub key: Point,
    /// For view tag and hint encryption.
    pub shared: SharedSecret,
}

impl NewOutput {
    /// A fresh one-time key for an address, as output `index` of the transaction with this context.
    pub fn derive(
        network: &NetworkId,
        to: &Address,
        context: Context,
        index: u8,
        rng: &mut impl Rng,
    ) -> Result<Self, CryptoError> {
        let r = SecretScalar::random(rng);
        let shared = SharedSecret::new(network, r.expose() * to.view.point(), context, index);
        let key = shared.one_time_key(&to.spend)?;
        Ok(NewOutput { ephemeral: r.public(), key, shared })
    }
}
