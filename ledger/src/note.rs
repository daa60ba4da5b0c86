//! Notes, assets and references to buckets (protocol sections 3 and 4).

use hushwatt_crypto::{Element, Point};

use crate::{
    codec::{DecodeError, Reader, Writer},
    units::{Utility, Window},
};

/// What a note is worth. Public.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Asset {
    /// Micro-euro.
    Credit,
    /// Base units of a utility, delivered in one window; made by meters only, consumed by delivery.
    Energy {
        /// What was delivered.
        utility: Utility,
        /// When.
        window: Window,
    },
}

impl Asset {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        match self {
            Asset::Credit => writer.u8(0),
            Asset::Energy { utility, window } => writer.u8(1).u8(utility.code()).u64(window.0),
        };
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            0 => Ok(Asset::Credit),
            1 => {
                let utility = Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
                Ok(Asset::Energy { utility, window: Window(reader.u64()?) })
            }
            _ => Err(DecodeError::UnknownTag),
        }
    }
}

/// A note as the ledger keeps it for ever: asset, one-time key, commitment.
///
/// The commitment is any group element: an effect may compute the identity, and no property of a ring member may ever
/// make a spend invalid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// What it is worth.
    pub asset: Asset,
    /// One-time key `P`.
    pub key: Point,
    /// Commitment `C`.
    pub commitment: Element,
}

/// A note as a transaction makes it; both points were refused if they were the identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output {
    /// One-time key `P`.
    pub key: Point,
    /// Commitment `C`.
    pub commitment: Point,
}

impl Output {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.element(&self.key).element(&self.commitment);
    }

    /// Reads the encoding.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Output { key: reader.point()?, commitment: reader.point()? })
    }

    /// As a note of an asset.
    pub fn note(&self, asset: Asset) -> Note {
        Note { asset, key: self.key, commitment: *self.commitment.element() }
    }
}

/// Number of a note: its place among all notes ever made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NoteNumber(pub u64);

/// Number of a bucket: its place among all buckets ever sealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BucketId(pub u64);

/// One version of a bucket: its first `length` notes. Immutable, so everything about it may be cached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BucketVersion {
    /// Which bucket.
    pub id: BucketId,
    /// How many of its notes.
    pub length: u32,
}

impl BucketVersion {
    /// Appends the encoding.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.id.0).u32(self.length);
    }

    /// Reads the encoding; a ring of this length must be possible.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = BucketVersion { id: BucketId(reader.u64()?), length: reader.u32()? };
        if (MIN_RING..=MAX_RING).contains(&version.length) { Ok(version) } else { Err(DecodeError::LengthOutOfRange) }
    }

    /// The length as a number of ring members.
    pub fn ring(&self) -> usize {
        self.length as usize
    }
}

/// A ring signature needs two members.
pub const MIN_RING: u32 = 2;
/// No bucket grows past this: the genesis inequalities see to it (see [`crate::parameters`]).
pub const MAX_RING: u32 = 4096;
