//! Values of state entries and their encodings.

use hushwatt_crypto::{Element, Point, range::RangeBits, signature::VerifyingKey};

use crate::{
    block::BlockDigest,
    codec::{DecodeError, Reader, Writer},
    note::{Asset, BucketId, Note},
    transaction::{
        TransactionId,
        open::ContractTerms,
        order::{OrderTerms, Side},
        registry::{decode_class, encode_class},
    },
    units::{Credit, Timestamp, Window},
    validators::ValidatorSet,
};

/// A value that is stored in the state.
pub(crate) trait Record: Sized {
    fn encode(&self, writer: &mut Writer);
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.encode(&mut writer);
        writer.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Sums and counts over the whole ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Notes ever made.
    pub notes: u64,
    /// Transactions ever applied.
    pub transactions: u64,
    /// Buckets ever sealed.
    pub buckets: u64,
    /// Blocks ever: the height of the last one.
    pub blocks: u64,
    /// Serial of the last Mint.
    pub mint_serial: u64,
    /// Serial of the last change of the registry.
    pub registry_serial: u64,
    /// Micro-euro ever minted.
    pub minted: Credit,
    /// Micro-euro ever burned by Burns.
    pub burned: Credit,
    /// Micro-euro ever burned as fees.
    pub fees: Credit,
    /// Time of the last block.
    pub time: Timestamp,
    /// The newest credit bucket.
    pub newest_credit_bucket: Option<BucketId>,
}

impl Counters {
    /// Minted less burned less fees: what is in circulation, in notes and locks.
    pub fn supply(&self) -> Option<Credit> {
        self.minted.checked_sub(self.burned)?.checked_sub(self.fees)
    }
}

impl Record for Counters {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.notes).u64(self.transactions).u64(self.buckets).u64(self.blocks);
        writer.u64(self.mint_serial).u64(self.registry_serial);
        writer.u64(self.minted.0).u64(self.burned.0).u64(self.fees.0).u64(self.time.0);
        writer.u64(self.newest_credit_bucket.map_or(u64::MAX, |id| id.0));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Counters {
            notes: reader.u64()?,
            transactions: reader.u64()?,
            buckets: reader.u64()?,
            blocks: reader.u64()?,
            mint_serial: reader.u64()?,
            registry_serial: reader.u64()?,
            minted: Credit(reader.u64()?),
            burned: Credit(reader.u64()?),
            fees: Credit(reader.u64()?),
            time: Timestamp(reader.u64()?),
            newest_credit_bucket: Some(BucketId(reader.u64()?)).filter(|id| id.0 != u64::MAX),
        })
    }
}

impl Record for ValidatorSet {
    fn encode(&self, writer: &mut Writer) {
        ValidatorSet::encode(self, writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        ValidatorSet::decode(reader)
    }
}

/// A note with the number of the transaction that named its key, its origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoteRecord {
    /// The note.
    pub note: Note,
    /// Number of the transaction that named its key.
    pub origin: u64,
    /// Time of the block that made it.
    pub made: Timestamp,
}

impl Record for NoteRecord {
    fn encode(&self, writer: &mut Writer) {
        self.note.asset.encode(writer);
        writer.element(&self.note.key).element(&self.note.commitment).u64(self.origin).u64(self.made.0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let asset = Asset::decode(reader)?;
        let note = Note { asset, key: reader.point()?, commitment: reader.element()? };
        Ok(NoteRecord { note, origin: reader.u64()?, made: Timestamp(reader.u64()?) })
    }
}

/// The same with the points as they are encoded. Decoding points is most of what a replay costs; who only moves notes
/// about, or compares them, does without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoredNote {
    /// What it is worth.
    pub asset: Asset,
    /// Its one-time key, encoded.
    pub key: [u8; 32],
    /// Its commitment, encoded.
    pub commitment: [u8; 32],
    /// Number of the transaction that named its key.
    pub origin: u64,
    /// Time of the block that made it.
    pub made: Timestamp,
}

impl Record for StoredNote {
    fn encode(&self, writer: &mut Writer) {
        self.asset.encode(writer);
        writer.bytes(&self.key).bytes(&self.commitment).u64(self.origin).u64(self.made.0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(StoredNote {
            asset: Asset::decode(reader)?,
            key: reader.array()?,
            commitment: reader.array()?,
            origin: reader.u64()?,
            made: Timestamp(reader.u64()?),
        })
    }
}

/// A bucket length that is no longer the latest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Superseded {
    /// The length.
    pub length: u32,
    /// Digest over the notes of that length.
    pub digest: [u8; 32],
    /// When it was superseded.
    pub at: Timestamp,
}

/// A sealed bucket. Its members only ever grow at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BucketRecord {
    /// What its notes are worth.
    pub asset: Asset,
    /// How many notes it has now.
    pub length: u32,
    /// Digest over keys and commitments of all of them: names the version's content, for caches.
    pub digest: [u8; 32],
    /// Lengths superseded lately.
    pub superseded: Vec<Superseded>,
}

impl Record for BucketRecord {
    fn encode(&self, writer: &mut Writer) {
        self.asset.encode(writer);
        writer.u32(self.length).bytes(&self.digest).count(self.superseded.len());
        for version in &self.superseded {
            writer.u32(version.length).bytes(&version.digest).u64(version.at.0);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let asset = Asset::decode(reader)?;
        let (length, digest) = (reader.u32()?, reader.array()?);
        let count = reader.count(0..=255)?;
        let superseded = (0..count)
            .map(|_| Ok(Superseded { length: reader.u32()?, digest: reader.array()?, at: Timestamp(reader.u64()?) }))
            .collect::<Result<_, DecodeError>>()?;
        Ok(BucketRecord { asset, length, digest, superseded })
    }
}

/// An open contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContractRecord {
    /// What was agreed.
    pub terms: ContractTerms,
    /// Number of its Open, the origin of its refund.
    pub origin: u64,
}

impl Record for ContractRecord {
    fn encode(&self, writer: &mut Writer) {
        self.terms.encode(writer);
        writer.u64(self.origin);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(ContractRecord { terms: ContractTerms::decode(reader)?, origin: reader.u64()? })
    }
}

/// An auction that has orders and is not over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuctionRecord {
    /// How many sell orders were accepted.
    pub sells: u32,
    /// How many buy orders were accepted.
    pub buys: u32,
    /// Digest of the first block after orders closed, once the next block has named it: what ranks orders of equal limits.
    pub rank: Option<BlockDigest>,
}

impl AuctionRecord {
    /// How many orders were accepted.
    pub fn orders(&self) -> u32 {
        self.sells.saturating_add(self.buys)
    }
}

impl Record for AuctionRecord {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.sells).u32(self.buys);
        match &self.rank {
            None => writer.u8(0),
            Some(rank) => writer.u8(1).bytes(&rank.0),
        };
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (sells, buys) = (reader.u32()?, reader.u32()?);
        let rank = match reader.u8()? {
            0 => None,
            1 => Some(BlockDigest(reader.array()?)),
            _ => return Err(DecodeError::UnknownTag),
        };
        Ok(AuctionRecord { sells, buys, rank })
    }
}

/// Where what an order brings goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderKeys {
    /// Of a seller.
    Sell {
        /// Key of the money.
        payout: Point,
        /// Key of the energy that is not sold.
        rest: Point,
        /// The bucket that this energy joins.
        bucket: BucketId,
    },
    /// Of a buyer.
    Buy {
        /// Key of the credit that comes back.
        refund: Point,
    },
}

/// An order that was accepted for an auction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderRecord {
    /// What is offered.
    pub terms: OrderTerms,
    /// Who gets what.
    pub keys: OrderKeys,
    /// Number of its transaction, the origin of what it brings.
    pub origin: u64,
}

impl OrderRecord {
    /// Which side it is on.
    pub fn side(&self) -> Side {
        match self.keys {
            OrderKeys::Sell { .. } => Side::Sell,
            OrderKeys::Buy { .. } => Side::Buy,
        }
    }
}

impl Record for OrderRecord {
    fn encode(&self, writer: &mut Writer) {
        match &self.keys {
            OrderKeys::Sell { payout, rest, bucket } => {
                writer.u8(0).element(payout).element(rest).u64(bucket.0);
            }
            OrderKeys::Buy { refund } => {
                writer.u8(1).element(refund);
            }
        }
        self.terms.encode(writer);
        writer.u64(self.origin);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let keys = match reader.u8()? {
            0 => OrderKeys::Sell { payout: reader.point()?, rest: reader.point()?, bucket: BucketId(reader.u64()?) },
            1 => OrderKeys::Buy { refund: reader.point()? },
            _ => return Err(DecodeError::UnknownTag),
        };
        Ok(OrderRecord { terms: OrderTerms::decode(reader)?, keys, origin: reader.u64()? })
    }
}

/// The market operator from some time on.
impl Record for VerifyingKey {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.verifying_key()
    }
}

/// Where a meter's chain of attestations and corrections stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MeterRecord {
    /// Sequence number of its last Attest or Correct, 0 before the first.
    pub sequence: u64,
    /// Id of its last Attest or Correct, zeros before the first.
    pub last: TransactionId,
    /// The window it attests next.
    pub next_window: Window,
    /// Sum of all its export commitments, of corrected windows the last ones.
    pub export_sum: Element,
    /// Sum of all its import commitments, likewise.
    pub import_sum: Element,
}

impl Record for MeterRecord {
    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.sequence).bytes(&self.last.0).u64(self.next_window.0);
        writer.element(&self.export_sum).element(&self.import_sum);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(MeterRecord {
            sequence: reader.u64()?,
            last: TransactionId(reader.array()?),
            next_window: Window(reader.u64()?),
            export_sum: reader.element()?,
            import_sum: reader.element()?,
        })
    }
}

/// A meter's class and key since it was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MeterKeyRecord {
    pub(crate) class: RangeBits,
    pub(crate) key: VerifyingKey,
}

impl Record for MeterKeyRecord {
    fn encode(&self, writer: &mut Writer) {
        encode_class(self.class, writer).bytes(self.key.as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(MeterKeyRecord { class: decode_class(reader)?, key: reader.verifying_key()? })
    }
}

/// What is in force of a meter's window: what was attested, or what it was corrected to last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WindowRecord {
    /// Sum of its export commitments.
    pub export_sum: Element,
    /// Sum of its import commitments.
    pub import_sum: Element,
    /// How often it was corrected.
    pub corrections: u32,
    /// Whether nobody knows what it had: attested as missing, and not corrected. Kept only where there are totals.
    pub missing: bool,
}

impl Record for WindowRecord {
    fn encode(&self, writer: &mut Writer) {
        writer.element(&self.export_sum).element(&self.import_sum).u32(self.corrections);
        if self.missing {
            writer.u8(1);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(WindowRecord {
            export_sum: reader.element()?,
            import_sum: reader.element()?,
            corrections: reader.u32()?,
            missing: match reader.rest().is_empty() {
                true => false,
                false if reader.u8()? == 1 => true,
                false => return Err(DecodeError::UnknownTag),
            },
        })
    }
}
