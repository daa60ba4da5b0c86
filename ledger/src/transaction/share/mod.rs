//! Share: what opens a meter's sums of a period, or what was delivered in one trade, shared among the committee (protocol
//! section 10). The sealed shares travel as hints: sharing by sharing, member by member.

mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    NetworkId, Point,
    hint::Hint,
    schnorr::Schnorr,
    sharing::{MOST_MEMBERS, Member, PublicSum, SealedShare},
    signature::Signature,
};

use super::Statement;
use crate::{
    codec::{DecodeError, Reader, Writer},
    transaction::{open::ContractId, order::OrderId},
    units::{MeterId, Period, Utility},
};

pub use build::{ShareMaker, SharePlan};

/// A trade in which something was delivered: a contract, or a sell order that was filled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TradeId(pub [u8; 32]);

impl From<ContractId> for TradeId {
    fn from(id: ContractId) -> Self {
        TradeId(id.0)
    }
}
impl From<OrderId> for TradeId {
    fn from(id: OrderId) -> Self {
        TradeId(id.0)
    }
}

/// Whose openings are shared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Subject {
    /// A meter's two sums of the period: exported, imported.
    Meter(MeterId),
    /// What was delivered in a trade of the period.
    Trade {
        /// What was traded.
        utility: Utility,
        /// Which trade.
        trade: TradeId,
    },
}

impl Subject {
    const METER: u8 = 0;
    const TRADE: u8 = 1;

    /// How many openings are shared.
    pub fn sharings(&self) -> usize {
        match self {
            Subject::Meter(_) => 2,
            Subject::Trade { .. } => 1,
        }
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        match self {
            Subject::Meter(meter) => writer.u8(Self::METER).u32(meter.0),
            Subject::Trade { utility, trade } => writer.u8(Self::TRADE).u8(utility.code()).bytes(&trade.0),
        };
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            Self::METER => Ok(Subject::Meter(MeterId(reader.u32()?))),
            Self::TRADE => {
                let utility = Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
                Ok(Subject::Trade { utility, trade: TradeId(reader.array()?) })
            }
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// One sealed share: of what, and whose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SharePlace {
    /// Of which period.
    pub period: Period,
    /// Whose openings.
    pub subject: Subject,
    /// Which of them, from 0.
    pub sharing: u8,
    /// For which member.
    pub member: Member,
}

impl SharePlace {
    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u64(self.period.0);
        self.subject.encode(writer);
        writer.u8(self.sharing).u8(self.member.place());
    }

    /// The context that a share of this sum is sealed in. With the sum in it a box proves itself only for the sum that was meant:
    /// beside any other commitment or coefficients, whoever wrote those, nothing of it can be shown.
    pub fn context(&self, of: &PublicSum) -> Vec<u8> {
        let mut writer = Writer::new();
        self.encode(&mut writer);
        writer.element(&of.commitment).count(of.coefficients.len());
        of.coefficients.iter().for_each(|point| {
            writer.element(point);
        });
        writer.finish()
    }
}

/// One opening, shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sharing {
    /// `A_1 .. A_(t-1)`; `A_0` is the commitment on the ledger.
    pub coefficients: Vec<Point>,
    /// Digest of each member's sealed share.
    pub sealed: Vec<[u8; 32]>,
}

impl Sharing {
    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer.count(self.coefficients.len()).count(self.sealed.len());
        self.coefficients.iter().for_each(|point| {
            writer.element(point);
        });
        self.sealed.iter().for_each(|digest| {
            writer.bytes(digest);
        });
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let most = usize::from(MOST_MEMBERS);
        let (coefficients, sealed) = (reader.count(1..=most - 1)?, reader.count(2..=most)?);
        Ok(Sharing {
            coefficients: (0..coefficients).map(|_| reader.point()).collect::<Result<_, _>>()?,
            sealed: (0..sealed).map(|_| reader.array()).collect::<Result<_, _>>()?,
        })
    }
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShareStatement {
    /// Of which period.
    pub period: Period,
    /// Whose openings.
    pub subject: Subject,
    /// Of a meter exported and imported, of a trade what was delivered.
    pub sharings: Vec<Sharing>,
}

impl ShareStatement {
    /// How many hints it comes with.
    pub fn hint_count(&self) -> usize {
        self.sharings.iter().map(|sharing| sharing.sealed.len()).sum()
    }

    /// Whether these are the sealed shares whose digests it lists.
    pub fn lists(&self, network: &NetworkId, hints: &[Hint]) -> bool {
        let digests = self.sharings.iter().flat_map(|sharing| &sharing.sealed);
        hints.len() == self.hint_count()
            && digests.zip(hints).all(|(digest, hint)| SealedShare::from(hint).digest(network) == *digest)
    }

    /// The sealed shares of a member, one a sharing, each with its place; none if the hints are not all there.
    pub fn sealed_for(&self, member: Member, hints: &[Hint]) -> Vec<(SharePlace, SealedShare)> {
        if hints.len() != self.hint_count() {
            return Vec::new();
        }
        let (mut found, mut start) = (Vec::new(), 0);
        for (sharing, number) in self.sharings.iter().zip(0u8..) {
            let place = SharePlace { period: self.period, subject: self.subject, sharing: number, member };
            let of_member = usize::from(member.place());
            if of_member < sharing.sealed.len() {
                found.extend(hints.get(start + of_member).map(|hint| (place, SealedShare::from(hint))));
            }
            start += sharing.sealed.len();
        }
        found
    }
}

/// Who vouches for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authority {
    /// The meter's key.
    Meter(Signature),
    /// The key that a contract's claim or a sell order's payout is made out to.
    Seller(Schnorr),
}

/// A Share with its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// What is signed.
    pub statement: ShareStatement,
    /// By the meter or the seller.
    pub authority: Authority,
}

impl Statement for ShareStatement {
    const KIND: u8 = 12;

    fn encode(&self, writer: &mut Writer) {
        self.subject.encode(writer.u64(self.period.0));
        self.sharings.iter().for_each(|sharing| sharing.encode(writer));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (period, subject) = (Period(reader.u64()?), Subject::decode(reader)?);
        let sharings = (0..subject.sharings()).map(|_| Sharing::decode(reader)).collect::<Result<_, _>>()?;
        Ok(ShareStatement { period, subject, sharings })
    }
}

impl Share {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = ShareStatement::decode(reader)?;
        let authority = match statement.subject {
            Subject::Meter(_) => Authority::Meter(reader.signature()?),
            Subject::Trade { .. } => Authority::Seller(reader.schnorr()?),
        };
        Ok(Share { statement, authority })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        match &self.authority {
            Authority::Meter(signature) => writer.signature(signature),
            Authority::Seller(proof) => writer.schnorr(proof),
        };
    }
}
