//! Canonical encoding of blocks.

use hushwatt_crypto::NetworkId;

use super::{Block, BlockDigest, Certificate, Header};
use crate::{
    codec::{DecodeError, Reader, Writer},
    transaction::{MAX_TRANSACTION_BYTES, Transaction},
    units::Timestamp,
};

/// No block body is longer, in bytes.
pub const MAX_BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// No block holds more transactions.
pub const MAX_BLOCK_TRANSACTIONS: usize = 4096;

impl Header {
    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u64(self.height).u64(self.time.0).bytes(&self.parent.0);
        writer.bytes(&self.transaction_root).bytes(&self.state_root).bytes(&self.validator_set);
        writer.finish()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Header {
            height: reader.u64()?,
            time: Timestamp(reader.u64()?),
            parent: BlockDigest(reader.array()?),
            transaction_root: reader.array()?,
            state_root: reader.array()?,
            validator_set: reader.array()?,
        })
    }
}

impl Block {
    /// Reads a record of the log: a block and, unless it is final by a later one's, its certificate. Total on any bytes.
    pub fn decode_record(
        network: &NetworkId,
        body: &[u8],
        certificate: &[u8],
    ) -> Result<(Self, Option<Certificate>), DecodeError> {
        let certificate = Certificate::decode_optional(certificate)?;
        Ok((Self::decode(network, body)?, certificate))
    }

    /// The encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.bytes(&self.header.encode()).u32(self.transactions.len() as u32);
        for transaction in &self.transactions {
            let bytes = transaction.encode();
            writer.u32(bytes.len() as u32).bytes(&bytes);
        }
        writer.finish()
    }

    /// Reads a block of this network. Total on any bytes.
    pub fn decode(network: &NetworkId, bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_BLOCK_BYTES {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut reader = Reader::new(bytes);
        let header = Header::decode(&mut reader)?;
        let count = reader.u32()? as usize;
        if count > MAX_BLOCK_TRANSACTIONS {
            return Err(DecodeError::LengthOutOfRange);
        }
        let mut transactions = Vec::new();
        for _ in 0..count {
            let length = reader.u32()? as usize;
            if length > MAX_TRANSACTION_BYTES {
                return Err(DecodeError::LengthOutOfRange);
            }
            transactions.push(Transaction::decode(network, reader.bytes(length)?)?);
        }
        reader.finish()?;
        Ok(Block { header, transactions })
    }
}
