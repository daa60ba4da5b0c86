//! Registry: the registrars change who takes part (protocol section 6.6).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::{
    range::RangeBits,
    signature::{Signature, VerifyingKey},
};

use super::Statement;
use crate::{
    codec::{DecodeError, Reader, Writer},
    committee::{Cohort, Committee, MAX_COHORTS},
    genesis::MAX_REGISTRARS,
    units::MeterId,
    validators::ValidatorSet,
};

/// What is changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegistryChange {
    /// The validators from the next epoch on, all of them.
    Validators(ValidatorSet),
    /// The class and key of a meter from the next transaction on: it was exchanged, or its key was lost. Its chain, its sums
    /// and its windows go on.
    Meter {
        /// Which meter.
        meter: MeterId,
        /// Range of one interval's quantity: 16 or 32 bits.
        class: RangeBits,
        /// The new key.
        key: VerifyingKey,
    },
    /// The market operator for the windows that start from the block's time on.
    Operator {
        /// The new operator's key.
        key: VerifyingKey,
    },
    /// Who releases totals of the periods that begin from the block's time on.
    Committee(Committee),
    /// The cohorts of the periods that begin from the block's time on, all of them.
    Cohorts(Vec<Cohort>),
}

/// The code of a meter's class in encodings: its bits.
pub(crate) fn encode_class(class: RangeBits, writer: &mut Writer) -> &mut Writer {
    writer.u8(class.bits() as u8)
}

pub(crate) fn decode_class(reader: &mut Reader<'_>) -> Result<RangeBits, DecodeError> {
    match reader.u8()? {
        16 => Ok(RangeBits::Bits16),
        32 => Ok(RangeBits::Bits32),
        _ => Err(DecodeError::UnknownTag),
    }
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegistryStatement {
    /// One more than the last change's.
    pub serial: u64,
    /// The change.
    pub change: RegistryChange,
}

/// A change with the registrars' signatures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registry {
    /// What is signed.
    pub statement: RegistryStatement,
    /// 1 to 32 registrars by their index in the genesis, strictly ascending, each with a signature of the id.
    pub signatures: Vec<(u8, Signature)>,
}

impl RegistryChange {
    const VALIDATORS: u8 = 1;
    const METER: u8 = 2;
    const OPERATOR: u8 = 3;
    const COMMITTEE: u8 = 4;
    const COHORTS: u8 = 5;

    fn encode(&self, writer: &mut Writer) {
        match self {
            RegistryChange::Validators(validators) => validators.encode(writer.u8(Self::VALIDATORS)),
            RegistryChange::Meter { meter, class, key } => {
                encode_class(*class, writer.u8(Self::METER).u32(meter.0)).bytes(key.as_bytes());
            }
            RegistryChange::Operator { key } => {
                writer.u8(Self::OPERATOR).bytes(key.as_bytes());
            }
            RegistryChange::Committee(committee) => committee.encode(writer.u8(Self::COMMITTEE)),
            RegistryChange::Cohorts(cohorts) => {
                writer.u8(Self::COHORTS).count(cohorts.len());
                cohorts.iter().for_each(|cohort| cohort.encode(writer));
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            Self::VALIDATORS => Ok(RegistryChange::Validators(ValidatorSet::decode(reader)?)),
            Self::METER => {
                let (meter, class) = (MeterId(reader.u32()?), decode_class(reader)?);
                Ok(RegistryChange::Meter { meter, class, key: reader.verifying_key()? })
            }
            Self::OPERATOR => Ok(RegistryChange::Operator { key: reader.verifying_key()? }),
            Self::COMMITTEE => Ok(RegistryChange::Committee(Committee::decode(reader)?)),
            Self::COHORTS => {
                let count = reader.count(0..=MAX_COHORTS)?;
                Ok(RegistryChange::Cohorts((0..count).map(|_| Cohort::decode(reader)).collect::<Result<_, _>>()?))
            }
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

impl Statement for RegistryStatement {
    const KIND: u8 = 7;

    fn encode(&self, writer: &mut Writer) {
        self.change.encode(writer.u64(self.serial));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(RegistryStatement { serial: reader.u64()?, change: RegistryChange::decode(reader)? })
    }
}

impl Registry {
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = RegistryStatement::decode(reader)?;
        let count = reader.count(1..=MAX_REGISTRARS)?;
        let signatures =
            (0..count).map(|_| Ok((reader.u8()?, reader.signature()?))).collect::<Result<_, DecodeError>>()?;
        Ok(Registry { statement, signatures })
    }

    pub(super) fn encode_proofs(&self, writer: &mut Writer) {
        writer.count(self.signatures.len());
        for (index, signature) in &self.signatures {
            writer.u8(*index).signature(signature);
        }
    }
}
