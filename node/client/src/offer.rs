//! What a seller offers to everybody, signed, so that a buyer knows that the owner of the address made it. Offers are no part
//! of the ledger: they travel over the nodes' boards, as links and as QR codes.
//!
//! The encoding has one length, integers little-endian:
//!
//! ```text
//! [version u8][V 32][S 32][utility u8][window u64][quantity u32][price u32][valid_until u64][signature 64]
//! ```
//!
//! The signature is a Schnorr signature by `S` over all bytes before it, bound to the network.

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use hushwatt_crypto::{
    CryptoError, Label, NetworkId, Rng, address::Address, hash::Hasher, keys::Account, schnorr::Schnorr,
};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    units::{Price, Quantity, Timestamp, Utility, Window},
};

/// The first byte of every offer.
const VERSION: u8 = 1;
/// Bytes that are signed.
const CONTENT: usize = 1 + 64 + 1 + 8 + 4 + 4 + 8;
/// What a link begins with.
const SCHEME: &str = "hushwatt:offer?";
/// Prefix of the text form.
const PREFIX: Hrp = Hrp::parse_unchecked("hwo");
/// A link names its network by so many bytes of its id, like an address.
const TAG: usize = 4;

/// Why there is no offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Text of another kind.
    #[error("the text is not a hushwatt offer (expected hushwatt:offer?hwo1...)")]
    NotAnOffer,
    /// Letters are missing or changed.
    #[error("the offer's text is damaged: letters are missing or changed; copy it again, or scan it again")]
    Damaged,
    /// A form of a later program.
    #[error("the offer has form {0}, which this program does not know: use a newer one")]
    Version(u8),
    /// Of another network.
    #[error("the offer belongs to another network than this wallet")]
    Foreign,
    /// Bytes that are no offer.
    #[error("the bytes are no offer: {0}")]
    Malformed(#[from] DecodeError),
    /// Nothing is offered.
    #[error("an offer of nothing: the quantity must be at least 1")]
    Nothing,
    /// No price that the ledger can hold.
    #[error("an offer's price must be at least 1 micro-euro per base unit")]
    Price,
    /// Somebody else made it, or changed it.
    #[error("the offer is not signed by its seller on this network, or was changed afterwards: do not buy from it")]
    Signature,
    /// The seller's account is of another address.
    #[error("only the owner of the seller's address can sign an offer")]
    NotTheSeller,
    /// Signing failed.
    #[error("the offer could not be signed: {0}")]
    Signing(CryptoError),
}

/// What a seller offers: to deliver up to a quantity in a window at a price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Who sells.
    pub seller: Address,
    /// What.
    pub utility: Utility,
    /// In which settlement window.
    pub window: Window,
    /// How much at most, in base units of the utility; at least 1.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// The last second in which the seller stands by it.
    pub valid_until: Timestamp,
}

impl Offer {
    fn content(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION).bytes(self.seller.view.as_bytes()).bytes(self.seller.spend.as_bytes());
        writer.u8(self.utility.code()).u64(self.window.0).u32(self.quantity.0);
        writer.u32(self.price.micro_euro()).u64(self.valid_until.0);
        writer.finish()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, OfferError> {
        let version = reader.u8()?;
        if version != VERSION {
            return Err(OfferError::Version(version));
        }
        let seller = Address { view: reader.point()?, spend: reader.point()? };
        let utility = Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
        let window = Window(reader.u64()?);
        let quantity = Quantity(reader.u32()?);
        let price = Price::new(reader.u32()?).ok_or(OfferError::Price)?;
        let valid_until = Timestamp(reader.u64()?);
        if quantity.0 == 0 {
            return Err(OfferError::Nothing);
        }
        Ok(Offer { seller, utility, window, quantity, price, valid_until })
    }
}

/// An offer whose signature holds: there is no other way to have one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedOffer {
    offer: Offer,
    signature: Schnorr,
    id: [u8; 32],
}

impl SignedOffer {
    /// Length of every encoding.
    pub const LENGTH: usize = CONTENT + 64;

    /// Signs an offer of one's own. Constant time in the account's secrets.
    ///
    /// # Errors
    /// [`OfferError::Nothing`], [`OfferError::NotTheSeller`], [`OfferError::Signing`].
    pub fn sign(network: &NetworkId, offer: Offer, account: &Account, rng: &mut impl Rng) -> Result<Self, OfferError> {
        if offer.quantity.0 == 0 {
            return Err(OfferError::Nothing);
        }
        if offer.seller != *account.address() {
            return Err(OfferError::NotTheSeller);
        }
        let content = offer.content();
        let signature = account.sign(network, Label::Offer, &content, rng).map_err(OfferError::Signing)?;
        Ok(SignedOffer { offer, signature, id: id(network, &content) })
    }

    /// What is offered.
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The same for the same offer, however often it was signed.
    pub fn id(&self) -> [u8; 32] {
        self.id
    }

    /// As [`Self::LENGTH`] bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.bytes(&self.offer.content()).schnorr(&self.signature);
        writer.finish()
    }

    /// Reads an offer of a network and verifies its signature. Total on any bytes.
    ///
    /// # Errors
    /// [`OfferError`]; an offer of another network is [`OfferError::Signature`].
    pub fn decode(network: &NetworkId, bytes: &[u8]) -> Result<Self, OfferError> {
        let mut reader = Reader::new(bytes);
        let offer = Offer::read(&mut reader)?;
        let signature = reader.schnorr()?;
        reader.finish()?;
        let content = &bytes[..CONTENT];
        let verified = offer.seller.verify(network, Label::Offer, content, &signature);
        verified.map_err(|_| OfferError::Signature)?;
        Ok(SignedOffer { id: id(network, content), offer, signature })
    }

    /// As a link: some 280 letters with a checksum, few enough for a QR code.
    pub fn to_link(&self, network: &NetworkId) -> String {
        let bytes = [&network.0[..TAG], &self.encode()].concat();
        // Encoding fails only for texts over 1,023 characters; this one has 263.
        format!("{SCHEME}{}", bech32::encode::<Bech32m>(PREFIX, &bytes).unwrap_or_default())
    }

    /// Reads a link, with or without what stands before `hwo1`, in small or in capital letters.
    ///
    /// # Errors
    /// [`OfferError`].
    pub fn from_link(network: &NetworkId, link: &str) -> Result<Self, OfferError> {
        let link = link.trim();
        let text = match link.split_at_checked(SCHEME.len()) {
            Some((scheme, text)) if scheme.eq_ignore_ascii_case(SCHEME) => text,
            _ => link,
        };
        let is_one = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("hwo1"));
        if !is_one {
            return Err(OfferError::NotAnOffer);
        }
        let checked = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| OfferError::Damaged)?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let (tag, encoded) = bytes.split_at_checked(TAG).ok_or(DecodeError::Truncated)?;
        if *tag != network.0[..TAG] {
            return Err(OfferError::Foreign);
        }
        Self::decode(network, encoded)
    }
}

fn id(network: &NetworkId, content: &[u8]) -> [u8; 32] {
    Hasher::new(network, Label::Offer).part(content).finish32()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use hushwatt_crypto::keys::Seed;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    const NETWORK: NetworkId = NetworkId([7; 32]);

    fn signed() -> (Account, SignedOffer, ChaCha20Rng) {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let account = Account::from_seed(&NETWORK, &Seed::random(&mut rng)).unwrap();
        let offer = Offer {
            seller: *account.address(),
            utility: Utility::Heat,
            window: Window(500_000),
            quantity: Quantity(1_500),
            price: Price::new(230).unwrap(),
            valid_until: Timestamp(1_800_000_000),
        };
        let signed = SignedOffer::sign(&NETWORK, offer, &account, &mut rng).unwrap();
        (account, signed, rng)
    }

    #[test]
    fn an_offer_travels_as_bytes_and_as_a_link() {
        let (_, signed, _) = signed();
        let bytes = signed.encode();
        assert_eq!(bytes.len(), SignedOffer::LENGTH);
        assert_eq!(SignedOffer::decode(&NETWORK, &bytes), Ok(signed.clone()));
        let link = signed.to_link(&NETWORK);
        assert!(link.len() < 300, "{}", link.len());
        let bare = link.strip_prefix(SCHEME).unwrap();
        for text in [&link, bare, &link.to_uppercase(), &format!(" {bare}\n")] {
            assert_eq!(SignedOffer::from_link(&NETWORK, text), Ok(signed.clone()));
        }
    }

    #[test]
    fn the_same_offer_signed_again_has_the_same_id_and_another_one_has_not() {
        let (account, signed, mut rng) = signed();
        let again = SignedOffer::sign(&NETWORK, signed.offer().clone(), &account, &mut rng).unwrap();
        assert_ne!(again.encode(), signed.encode());
        assert_eq!(again.id(), signed.id());
        let dearer = Offer { price: Price::new(240).unwrap(), ..signed.offer().clone() };
        assert_ne!(SignedOffer::sign(&NETWORK, dearer, &account, &mut rng).unwrap().id(), signed.id());
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let (_, signed, _) = signed();
        let bytes = signed.encode();
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(SignedOffer::decode(&NETWORK, &changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_changed_field_is_refused_as_not_signed() {
        let (_, signed, mut rng) = signed();
        let other = *Account::from_seed(&NETWORK, &Seed::random(&mut rng)).unwrap().address();
        let changes: [fn(&mut Offer, Address); 7] = [
            |offer, other| offer.seller.view = other.view,
            |offer, other| offer.seller.spend = other.spend,
            |offer, _| offer.utility = Utility::Water,
            |offer, _| offer.window.0 += 1,
            |offer, _| offer.quantity.0 += 1,
            |offer, _| offer.price = Price::new(231).unwrap(),
            |offer, _| offer.valid_until.0 += 1,
        ];
        for (place, change) in changes.iter().enumerate() {
            let mut forged = signed.clone();
            change(&mut forged.offer, other);
            let decoded = SignedOffer::decode(&NETWORK, &forged.encode());
            assert_eq!(decoded, Err(OfferError::Signature), "change {place}");
        }
    }

    #[test]
    fn no_other_length_is_an_offer_and_no_bytes_panic() {
        let (_, signed, mut rng) = signed();
        let bytes = signed.encode();
        for length in 0..bytes.len() {
            let decoded = SignedOffer::decode(&NETWORK, &bytes[..length]);
            assert_eq!(decoded, Err(DecodeError::Truncated.into()), "{length}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(SignedOffer::decode(&NETWORK, &longer), Err(DecodeError::TrailingBytes.into()));
        let mut random = [0; SignedOffer::LENGTH];
        for _ in 0..2_000 {
            rng.fill_bytes(&mut random);
            random[0] = VERSION;
            assert!(SignedOffer::decode(&NETWORK, &random).is_err());
        }
    }

    #[test]
    fn each_refusal_has_its_reason() {
        let (account, signed, mut rng) = signed();
        let link = signed.to_link(&NETWORK);
        let foreign = NetworkId([8; 32]);
        assert_eq!(SignedOffer::from_link(&foreign, &link), Err(OfferError::Foreign));
        assert_eq!(SignedOffer::decode(&foreign, &signed.encode()), Err(OfferError::Signature));
        let address = account.address().encode(&NETWORK);
        for text in ["", "hushwatt:offer?", &address, "hushwatt:pay?x", "hwo", "ä", &"ä".repeat(20)] {
            assert_eq!(SignedOffer::from_link(&NETWORK, text), Err(OfferError::NotAnOffer), "{text}");
        }
        for damaged in [&link[..link.len() - 1], &link.replacen('q', "p", 1), &format!("{link}q"), "hwo1", "hwo1ä"] {
            assert_eq!(SignedOffer::from_link(&NETWORK, damaged), Err(OfferError::Damaged), "{damaged}");
        }
        let nothing = Offer { quantity: Quantity(0), ..signed.offer().clone() };
        let refused = SignedOffer::sign(&NETWORK, nothing.clone(), &account, &mut rng);
        assert_eq!(refused, Err(OfferError::Nothing));
        let unsigned = SignedOffer { offer: nothing, ..signed.clone() };
        assert_eq!(SignedOffer::decode(&NETWORK, &unsigned.encode()), Err(OfferError::Nothing));
        let mut bytes = signed.encode();
        bytes[0] = 2;
        assert_eq!(SignedOffer::decode(&NETWORK, &bytes), Err(OfferError::Version(2)));
        let price = 1 + 64 + 1 + 8 + 4;
        bytes = signed.encode();
        bytes[price..price + 4].fill(0);
        assert_eq!(SignedOffer::decode(&NETWORK, &bytes), Err(OfferError::Price));
        bytes = signed.encode();
        bytes[65] = 3;
        assert_eq!(SignedOffer::decode(&NETWORK, &bytes), Err(DecodeError::UnknownTag.into()));
        let stranger = Account::from_seed(&NETWORK, &Seed::random(&mut rng)).unwrap();
        let stolen = SignedOffer::sign(&NETWORK, signed.offer().clone(), &stranger, &mut rng);
        assert_eq!(stolen, Err(OfferError::NotTheSeller));
    }
}
