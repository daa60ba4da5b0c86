//! What a record of the book says.

use hushwatt_client::AuctionState;
use hushwatt_crypto::{
    NetworkId,
    order_seal::{SEALED_LENGTH, SealedOpening, SealingKey},
};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    parameters::Parameters,
    storage::{Format, Frame},
    transaction::{
        TransactionId,
        order::{OrderOpening, OrderTerms, Side},
    },
    units::Timestamp,
};

use super::AuctionKey;

pub(super) static BOOK: Format = Format {
    what: "hushwatt book of orders",
    magic: *b"HWORDER",
    version: 1,
    content: ("network, utility and window", 41),
    a: ("order", 512),
    b: ("sealed opening", SEALED_LENGTH as u32),
};

const ORDER: u8 = 1;
const ENDED: u8 = 2;

/// An order that was admitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookedOrder {
    /// Its transaction.
    pub transaction: TransactionId,
    /// Which side it is on.
    pub side: Side,
    /// What it commits to.
    pub terms: OrderTerms,
    /// Last block time at which it may be included.
    pub valid_until: Timestamp,
    /// When it was admitted.
    pub admitted: Timestamp,
    /// What opens it, as it came.
    pub sealed: SealedOpening,
}

/// How an auction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Cleared at this price, micro-euro per base unit.
    Traded {
        /// The price.
        price: u32,
    },
    /// Cleared: nothing could be traded.
    NoTrade,
    /// Never cleared.
    Expired,
    /// The ledger never had an order.
    NoOrders,
}

/// How and when an auction ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// When the operator saw it in a final block.
    pub seen: Timestamp,
}

/// One record.
pub(super) enum Record {
    Order(Box<BookedOrder>),
    Ended(Ended),
}

/// What an auction's file begins with.
pub(super) fn header(network: &NetworkId, key: AuctionKey) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.bytes(&network.0).u8(key.utility.code()).u64(key.window.0);
    writer.finish()
}

impl BookedOrder {
    /// Of which auction.
    pub fn key(&self) -> AuctionKey {
        AuctionKey { window: self.terms.window, utility: self.terms.utility }
    }

    /// Opens it, if what was sealed opens the order for this operator, to values that the genesis allows. Whoever calls drops it
    /// as soon as it is not needed any more; its secrets are wiped then.
    pub fn open(&self, network: &NetworkId, parameters: &Parameters, key: &SealingKey) -> Option<OrderOpening> {
        let bytes = self.sealed.open(network, key, &self.transaction.0)?;
        let opening = OrderOpening::decode(&bytes[..]).ok()?;
        opening.opens(&self.terms, parameters).then_some(opening)
    }

    pub(super) fn encode(&self) -> (Vec<u8>, [u8; SEALED_LENGTH]) {
        let mut writer = Writer::new();
        let side = match self.side {
            Side::Sell => 0,
            Side::Buy => 1,
        };
        writer.u8(ORDER).bytes(&self.transaction.0).u8(side);
        self.terms.encode(&mut writer);
        writer.u64(self.valid_until.0).u64(self.admitted.0);
        (writer.finish(), self.sealed.0)
    }
}

impl Ending {
    /// As a node says it; `None` while the auction goes on, or if a trade has no price.
    pub fn of(state: AuctionState, price: Option<u32>) -> Option<Self> {
        match state {
            AuctionState::Collecting | AuctionState::Closed => None,
            AuctionState::Traded => price.map(|price| Ending::Traded { price }),
            AuctionState::NoTrade => Some(Ending::NoTrade),
            AuctionState::Expired => Some(Ending::Expired),
        }
    }

    /// Its word in the status.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Traded { .. } => "traded",
            Ending::NoTrade => "no-trade",
            Ending::Expired => "expired",
            Ending::NoOrders => "no-orders",
        }
    }

    /// The clearing price, micro-euro per base unit.
    pub fn price(self) -> Option<u32> {
        match self {
            Ending::Traded { price } => Some(price),
            Ending::NoTrade | Ending::Expired | Ending::NoOrders => None,
        }
    }
}

impl Ended {
    pub(super) fn encode(&self) -> Vec<u8> {
        let code = match self.ending {
            Ending::Traded { .. } => 0,
            Ending::NoTrade => 1,
            Ending::Expired => 2,
            Ending::NoOrders => 3,
        };
        let mut writer = Writer::new();
        writer.u8(ENDED).u8(code).u32(self.ending.price().unwrap_or(0)).u64(self.seen.0);
        writer.finish()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (code, price) = (reader.u8()?, reader.u32()?);
        let ending = match (code, price) {
            (0, price) => Ending::Traded { price },
            (1, 0) => Ending::NoTrade,
            (2, 0) => Ending::Expired,
            (3, 0) => Ending::NoOrders,
            _ => return Err(DecodeError::UnknownTag),
        };
        Ok(Ended { ending, seen: Timestamp(reader.u64()?) })
    }
}

impl Record {
    /// Reads a record of an auction's file. Total on any bytes.
    pub fn decode(key: AuctionKey, frame: &Frame) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&frame.a);
        let record = match reader.u8()? {
            ORDER => {
                let transaction = TransactionId(reader.array()?);
                let side = match reader.u8()? {
                    0 => Side::Sell,
                    1 => Side::Buy,
                    _ => return Err(DecodeError::UnknownTag),
                };
                let terms = OrderTerms::decode(&mut reader)?;
                let (valid_until, admitted) = (Timestamp(reader.u64()?), Timestamp(reader.u64()?));
                let sealed = frame.b.as_slice().try_into().map_err(|_| DecodeError::LengthOutOfRange)?;
                let order =
                    BookedOrder { transaction, side, terms, valid_until, admitted, sealed: SealedOpening(sealed) };
                if order.key() != key {
                    return Err(DecodeError::NotCanonical);
                }
                Record::Order(Box::new(order))
            }
            ENDED if frame.b.is_empty() => Record::Ended(Ended::decode(&mut reader)?),
            _ => return Err(DecodeError::UnknownTag),
        };
        reader.finish()?;
        Ok(record)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::{SecretScalar, commitment::Opening};
    use hushwatt_ledger::units::{Utility, Window};
    use rand_core::OsRng;

    use super::*;

    const KEY: AuctionKey = AuctionKey { window: Window(7), utility: Utility::Water };

    fn order() -> BookedOrder {
        let point = || Opening::new(5, SecretScalar::random(&mut OsRng)).commit_point().unwrap();
        BookedOrder {
            transaction: TransactionId([3; 64]),
            side: Side::Buy,
            terms: OrderTerms {
                utility: KEY.utility,
                window: KEY.window,
                quantity: point(),
                limit: point(),
                handle: point(),
            },
            valid_until: Timestamp(600),
            admitted: Timestamp(12),
            sealed: SealedOpening([9; SEALED_LENGTH]),
        }
    }

    fn frame(a: Vec<u8>, b: &[u8]) -> Frame {
        Frame { number: 0, a, b: b.to_vec() }
    }

    #[test]
    fn orders_and_endings_read_back_and_other_bytes_are_refused() {
        let order = order();
        let (a, b) = order.encode();
        let read = Record::decode(KEY, &frame(a.clone(), &b)).unwrap();
        assert!(matches!(read, Record::Order(read) if *read == order));
        let elsewhere = AuctionKey { window: Window(8), ..KEY };
        assert!(Record::decode(elsewhere, &frame(a.clone(), &b)).is_err());
        assert!(Record::decode(KEY, &frame(a.clone(), &b[1..])).is_err());
        for length in 0..a.len() {
            assert!(Record::decode(KEY, &frame(a[..length].to_vec(), &b)).is_err(), "{length}");
        }
        assert!(Record::decode(KEY, &frame([a, vec![0]].concat(), &b)).is_err());
        for ending in [Ending::Traded { price: 120 }, Ending::NoTrade, Ending::Expired, Ending::NoOrders] {
            let ended = Ended { ending, seen: Timestamp(99) };
            let read = Record::decode(KEY, &frame(ended.encode(), &[])).unwrap();
            assert!(matches!(read, Record::Ended(read) if read == ended));
            assert!(Record::decode(KEY, &frame(ended.encode(), &b)).is_err());
        }
        assert!(Record::decode(KEY, &frame(vec![3], &[])).is_err());
    }
}
