//! Registry: the registrars change who takes part (protocol section 6.6).

pub mod build;
mod check;
mod effect;

use hushwatt_crypto::signature::Signature;

use super::Statement;
use crate::{
    codec::{DecodeError, Reader, Writer},
    genesis::MAX_REGISTRARS,
    validators::ValidatorSet,
};

/// What is changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegistryChange {
    /// The validators from the next epoch on, all of them.
    Validators(ValidatorSet),
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

    fn encode(&self, writer: &mut Writer) {
        match self {
            RegistryChange::Validators(validators) => validators.encode(writer.u8(Self::VALIDATORS)),
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            Self::VALIDATORS => Ok(RegistryChange::Validators(ValidatorSet::decode(reader)?)),
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
