//! Complain: a member of the committee shows that the share sealed for him is wrong (protocol section 10). Whoever shared it is
//! then out of every total of the period.

mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    sharing::{MOST_MEMBERS, Member, Opened, SEALED_SHARE_LENGTH, SealedShare},
    signature::Signature,
};

use super::{
    Statement,
    share::{SharePlace, Subject},
};
use crate::{
    codec::{DecodeError, Reader, Writer},
    units::Period,
};

pub use build::{ComplainPlan, WrongShare};

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComplainStatement {
    /// Which share of whose.
    pub place: SharePlace,
    /// The share as it was sealed.
    pub sealed: SealedShare,
    /// What lets everybody open it; `None` exactly where it does not prove that whoever sealed it could.
    pub opened: Option<Opened>,
}

/// A complaint with its signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complain {
    /// What is signed.
    pub statement: ComplainStatement,
    /// By the member's key.
    pub signature: Signature,
}

pub(super) fn decode_member(reader: &mut Reader<'_>) -> Result<Member, DecodeError> {
    let place = reader.count(0..=usize::from(MOST_MEMBERS) - 1)?;
    u8::try_from(place).ok().and_then(Member::at).ok_or(DecodeError::LengthOutOfRange)
}

impl Statement for ComplainStatement {
    const KIND: u8 = 13;

    fn encode(&self, writer: &mut Writer) {
        self.place.encode(writer);
        writer.bytes(&self.sealed.0);
        match &self.opened {
            None => writer.u8(0),
            Some(Opened { shared, of_key, of_shared, response }) => {
                writer.u8(1).element(shared).element(of_key).element(of_shared).scalar(response)
            }
        };
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (period, subject) = (Period(reader.u64()?), Subject::decode(reader)?);
        let place = SharePlace { period, subject, sharing: reader.u8()?, member: decode_member(reader)? };
        let sealed = SealedShare(reader.array::<SEALED_SHARE_LENGTH>()?);
        let opened = match reader.u8()? {
            0 => None,
            1 => Some(Opened {
                shared: reader.point()?,
                of_key: reader.element()?,
                of_shared: reader.element()?,
                response: reader.scalar()?,
            }),
            _ => return Err(DecodeError::UnknownTag),
        };
        Ok(ComplainStatement { place, sealed, opened })
    }
}

impl Complain {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Complain { statement: ComplainStatement::decode(reader)?, signature: reader.signature()? })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.signature(&self.signature);
    }
}
