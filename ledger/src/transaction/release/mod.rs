//! Release: a member of the committee publishes his shares of a total that was asked for (protocol section 10).

mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    sharing::{Member, ReleasedShare},
    signature::Signature,
};

use super::{Statement, complain::decode_member, request::Target};
use crate::{
    codec::{DecodeError, Reader, Writer},
    units::Period,
};

pub use build::ReleasePlan;

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReleaseStatement {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// Who releases.
    pub member: Member,
    /// Of meters exported and imported; of trades energy and money.
    pub shares: [ReleasedShare; 2],
}

/// A release with its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// What is signed.
    pub statement: ReleaseStatement,
    /// By the member's key.
    pub signature: Signature,
}

impl Statement for ReleaseStatement {
    const KIND: u8 = 15;

    fn encode(&self, writer: &mut Writer) {
        writer.u64(self.period.0).bytes(&self.target.code()).u8(self.member.place());
        for share in &self.shares {
            writer.scalar(&share.value).scalar(&share.blinding);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (period, target) = (Period(reader.u64()?), Target::from_code(reader.array()?)?);
        let member = decode_member(reader)?;
        let shares = [decode_share(reader)?, decode_share(reader)?];
        Ok(ReleaseStatement { period, target, member, shares })
    }
}

fn decode_share(reader: &mut Reader<'_>) -> Result<ReleasedShare, DecodeError> {
    Ok(ReleasedShare { value: reader.scalar()?, blinding: reader.scalar()? })
}

impl Release {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Release { statement: ReleaseStatement::decode(reader)?, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.signature(&self.signature);
    }
}
