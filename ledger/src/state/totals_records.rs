//! Values of the state entries that totals are made from (protocol section 10).

use hushwatt_crypto::{
    Element, Point,
    sharing::{MOST_MEMBERS, Member, PublicSum},
};

use super::records::Record;
use crate::{
    block::BlockDigest,
    codec::{DecodeError, Reader, Writer},
    committee::{Cohort, Committee},
    transaction::share::Sharing,
    units::Price,
};

/// Who releases totals, from some time on.
impl Record for Committee {
    fn encode(&self, writer: &mut Writer) {
        Committee::encode(self, writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Committee::decode(reader)
    }
}

impl Record for Cohort {
    fn encode(&self, writer: &mut Writer) {
        Cohort::encode(self, writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Cohort::decode(reader)
    }
}

/// What draws lots.
impl Record for BlockDigest {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.0);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(BlockDigest(reader.array()?))
    }
}

/// Openings that were shared among the committee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShareRecord {
    /// Of a meter exported and imported, of a trade what was delivered.
    pub sharings: Vec<Sharing>,
    /// Whether a member has shown that his share is wrong.
    pub wrong: bool,
}

fn encode_share(share: Option<&ShareRecord>, writer: &mut Writer) {
    match share {
        None => {
            writer.u8(0);
        }
        Some(share) => {
            writer.u8(if share.wrong { 2 } else { 1 });
            share.sharings.iter().for_each(|sharing| sharing.encode(writer));
        }
    }
}

fn decode_share(sharings: usize, reader: &mut Reader<'_>) -> Result<Option<ShareRecord>, DecodeError> {
    let wrong = match reader.u8()? {
        0 => return Ok(None),
        1 => false,
        2 => true,
        _ => return Err(DecodeError::UnknownTag),
    };
    let sharings = (0..sharings).map(|_| Sharing::decode(reader)).collect::<Result<_, _>>()?;
    Ok(Some(ShareRecord { sharings, wrong }))
}

/// What a meter attested of a period, as it is in force when the period closes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeteredPeriod {
    /// How many windows of it.
    pub windows: u32,
    /// Sum of their export commitments, of corrected windows the last ones.
    pub export_sum: Element,
    /// Sum of their import commitments, likewise.
    pub import_sum: Element,
    /// What the meter shared.
    pub share: Option<ShareRecord>,
}

impl Record for MeteredPeriod {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.windows).element(&self.export_sum).element(&self.import_sum);
        encode_share(self.share.as_ref(), writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(MeteredPeriod {
            windows: reader.u32()?,
            export_sum: reader.element()?,
            import_sum: reader.element()?,
            share: decode_share(2, reader)?,
        })
    }
}

/// What was delivered in a trade of a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TradeRecord {
    /// The commitment to how much.
    pub delivered: Point,
    /// At which price.
    pub price: Price,
    /// The key that the contract's claim or the sell order's payout is made out to.
    pub key: Point,
    /// What the seller shared.
    pub share: Option<ShareRecord>,
}

impl Record for TradeRecord {
    fn encode(&self, writer: &mut Writer) {
        writer.element(&self.delivered).u32(self.price.micro_euro()).element(&self.key);
        encode_share(self.share.as_ref(), writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(TradeRecord {
            delivered: reader.point()?,
            price: Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?,
            key: reader.point()?,
            share: decode_share(1, reader)?,
        })
    }
}

/// What was shared rightly of the trades of a period that have one price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceClass {
    /// How many.
    pub count: u32,
    /// The sum of what was delivered in them.
    pub delivered: PublicSum,
}

impl Record for PriceClass {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.count);
        encode_sum(&self.delivered, writer);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(PriceClass { count: reader.u32()?, delivered: decode_sum(reader)? })
    }
}

/// One opening that was shared: what its shares must open, and the sealed ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shared {
    /// Commitment and coefficients.
    pub of: PublicSum,
    /// Digest of each member's sealed share.
    pub sealed: Vec<[u8; 32]>,
}

/// A total that was asked for: nothing about it changes any more, but who released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TotalRecord {
    /// Over how many meters or trades it is.
    pub count: u32,
    /// What the released shares must open: of meters exported and imported; of trades energy and money.
    pub sums: [PublicSum; 2],
    /// Who has released, in ascending order.
    pub released: Vec<Member>,
}

fn encode_sum(sum: &PublicSum, writer: &mut Writer) {
    writer.element(&sum.commitment).count(sum.coefficients.len());
    sum.coefficients.iter().for_each(|point| {
        writer.element(point);
    });
}

fn decode_sum(reader: &mut Reader<'_>) -> Result<PublicSum, DecodeError> {
    let commitment = reader.element()?;
    let count = reader.count(1..=usize::from(MOST_MEMBERS) - 1)?;
    Ok(PublicSum { commitment, coefficients: (0..count).map(|_| reader.element()).collect::<Result<_, _>>()? })
}

impl Record for TotalRecord {
    fn encode(&self, writer: &mut Writer) {
        writer.u32(self.count);
        self.sums.iter().for_each(|sum| encode_sum(sum, writer));
        writer.count(self.released.len());
        self.released.iter().for_each(|member| {
            writer.u8(member.place());
        });
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (count, sums) = (reader.u32()?, [decode_sum(reader)?, decode_sum(reader)?]);
        let released = (0..reader.count(0..=usize::from(MOST_MEMBERS))?)
            .map(|_| Member::at(reader.u8()?).ok_or(DecodeError::LengthOutOfRange))
            .collect::<Result<_, _>>()?;
        Ok(TotalRecord { count, sums, released })
    }
}
