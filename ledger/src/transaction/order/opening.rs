//! What opens an order: its owner knows it, and tells the operator off the ledger, encrypted (protocol section 6.4).

use hushwatt_crypto::{SecretScalar, commitment::Opening, handle::handle};
use zeroize::Zeroizing;

use super::OrderTerms;
use crate::{
    codec::{DecodeError, Reader},
    parameters::{AuctionParameters, Parameters},
    units::{Price, Quantity},
};

/// Length of an encoded opening: quantity and limit, and four scalars.
pub const ORDER_OPENING_BYTES: usize = 4 + 4 + 4 * 32;

/// Quantity, limit, and the secrets of an order, which are wiped when dropped. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderOpening {
    quantity: (Quantity, SecretScalar),
    limit: (Price, SecretScalar),
    fill_blinding: SecretScalar,
    t: SecretScalar,
}

impl OrderOpening {
    pub(super) fn new(
        quantity: (Quantity, SecretScalar),
        limit: (Price, SecretScalar),
        fill_blinding: SecretScalar,
        t: SecretScalar,
    ) -> Self {
        OrderOpening { quantity, limit, fill_blinding, t }
    }

    /// How much is offered or wanted.
    pub fn quantity(&self) -> Quantity {
        self.quantity.0
    }

    /// At which price at worst.
    pub fn limit(&self) -> Price {
        self.limit.0
    }

    /// Opening of `C_q`.
    pub fn quantity_opening(&self) -> Opening {
        Opening::new(self.quantity.0.0.into(), self.quantity.1.clone())
    }

    /// Opening of `C_limit`.
    pub fn limit_opening(&self) -> Opening {
        Opening::new(self.limit.0.micro_euro().into(), self.limit.1.clone())
    }

    /// `b_a`: the blinding of the fill.
    pub fn fill_blinding(&self) -> &SecretScalar {
        &self.fill_blinding
    }

    /// `t` of the handle.
    pub fn t(&self) -> &SecretScalar {
        &self.t
    }

    /// Opening of the fill `C_a` for a quantity.
    pub fn fill_opening(&self, filled: Quantity) -> Opening {
        Opening::new(filled.0.into(), self.fill_blinding.clone())
    }

    /// Whether it opens all three commitments of an order, to values that the genesis allows, so that whoever has it can clear
    /// the order whatever its fill. `false` where there are no auctions.
    pub fn opens(&self, terms: &OrderTerms, parameters: &Parameters) -> bool {
        let Some(AuctionParameters { q_min, .. }) = parameters.auction else { return false };
        let bounds = parameters.prices_of(terms.utility);
        let allowed = self.quantity.0.0 >= q_min && (bounds.floor..=bounds.cap).contains(&self.limit.0.micro_euro());
        // With a blinding of zero a fill of nothing would be no commitment that can stand in a Clear.
        let fillable = self.fill_blinding != SecretScalar::zero();
        let handle = handle(&self.fill_blinding, &self.t).is_ok_and(|handle| handle == terms.handle);
        let commitments = self.quantity_opening().opens(&terms.quantity) && self.limit_opening().opens(&terms.limit);
        allowed && fillable && handle && commitments
    }

    /// The encoding, wiped when dropped: quantity and limit as little-endian `u32`, then `b_q`, `b_limit`, `b_a`, `t`.
    pub fn encode(&self) -> Zeroizing<[u8; ORDER_OPENING_BYTES]> {
        let mut bytes = Zeroizing::new([0; ORDER_OPENING_BYTES]);
        let (numbers, scalars) = bytes.split_at_mut(8);
        numbers[..4].copy_from_slice(&self.quantity.0.0.to_le_bytes());
        numbers[4..].copy_from_slice(&self.limit.0.micro_euro().to_le_bytes());
        let secrets = [&self.quantity.1, &self.limit.1, &self.fill_blinding, &self.t];
        for (place, secret) in scalars.chunks_exact_mut(32).zip(secrets) {
            place.copy_from_slice(&secret.to_bytes()[..]);
        }
        bytes
    }

    /// Reads the encoding. Total on any bytes; whether it opens anything is for [`Self::opens`] to say.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let quantity = Quantity(reader.u32()?);
        let limit = Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?;
        let mut secret = || Ok::<_, DecodeError>(SecretScalar::decode(&Zeroizing::new(reader.array()?))?);
        let (quantity, limit) = ((quantity, secret()?), (limit, secret()?));
        let (fill_blinding, t) = (secret()?, secret()?);
        reader.finish()?;
        Ok(OrderOpening { quantity, limit, fill_blinding, t })
    }
}
