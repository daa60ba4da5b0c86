//! A batch that is too large for one step of sled, in a file beside it: what a kill leaves applied in part is applied to its end
//! when the index is opened again.
//!
//! The file is there, whole and synced, before the first step, and is removed after the last one was flushed and sled's own file
//! synced. It names the seal that the index has before it; the seals of all steps but the last name the file. So a file and an index
//! that do not belong together, as a power cut may leave them, are told apart.
//!
//! Format of `<folder>/redo`: the seal before; how many changes, u32; of each the key's length, u16, the key, 0 for removed or 1,
//! the value's length, u16, the value; SHA-256 of all that. Integers are little-endian.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{
    super::{
        append::draft_of,
        disk::{Disk, RealDisk},
        error::StorageError,
        index::{IndexBatch, MAX_KEY, MAX_VALUE},
        whole::{read_whole, replace_whole},
    },
    Change,
    seal::{SEAL_BYTES, Seal},
};
use crate::codec::{DecodeError, Reader, Writer};

/// Bytes of the SHA-256 at the end.
const DIGEST: usize = 32;

/// What the file says.
pub(super) struct Redo {
    /// The digest at its end.
    pub id: [u8; 32],
    before: [u8; SEAL_BYTES],
    pub batch: IndexBatch,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("redo")
}

impl Redo {
    /// Writes a batch down, of which no key is named twice; gives the digest of the file.
    pub fn write(folder: &Path, before: &Seal, changes: &[Change<'_>]) -> Result<[u8; 32], StorageError> {
        let mut writer = Writer::new();
        writer.bytes(&before.encode()).u32(changes.len() as u32);
        for (key, value) in changes {
            writer.u16(key.len() as u16).bytes(key);
            match value {
                Some(value) => writer.u8(1).u16(value.len() as u16).bytes(value),
                None => writer.u8(0),
            };
        }
        let mut bytes = writer.finish();
        let id: [u8; 32] = Sha256::digest(&bytes).into();
        bytes.extend(id);
        replace_whole(&RealDisk, &path(folder), &bytes)?;
        Ok(id)
    }

    /// What is written down, if anything is, and whole.
    pub fn read(folder: &Path) -> Result<Option<Self>, StorageError> {
        let bytes = read_whole(&RealDisk, &path(folder), u64::MAX)?;
        Ok(bytes.and_then(|bytes| Self::decode(&bytes).ok().flatten()))
    }

    fn decode(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let Some((content, id)) = bytes.split_last_chunk::<DIGEST>() else { return Ok(None) };
        if Sha256::digest(content)[..] != *id {
            return Ok(None);
        }
        let mut reader = Reader::new(content);
        let (before, count) = (reader.array()?, reader.u32()?);
        let mut batch = IndexBatch::new();
        for _ in 0..count {
            let key = sized(&mut reader, MAX_KEY)?;
            let value = match reader.u8()? {
                0 => None,
                1 => Some(sized(&mut reader, MAX_VALUE)?),
                _ => return Err(DecodeError::UnknownTag),
            };
            batch.push((key, value));
        }
        reader.finish()?;
        Ok(Some(Redo { id: *id, before, batch }))
    }

    /// Whether it goes on from an index with this seal.
    pub fn follows(&self, seal: &Seal) -> bool {
        self.before == seal.encode()
    }

    /// Removes what is written down, and what a kill while it was written left.
    pub fn remove(folder: &Path) -> Result<(), StorageError> {
        let path = path(folder);
        for path in [draft_of(&path), path] {
            if RealDisk.open(&path).map_err(StorageError::io("open", &path))?.is_some() {
                RealDisk.remove(&path).map_err(StorageError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

fn sized(reader: &mut Reader<'_>, most: u32) -> Result<Vec<u8>, DecodeError> {
    let length = u32::from(reader.u16()?);
    if length > most {
        return Err(DecodeError::LengthOutOfRange);
    }
    Ok(reader.bytes(length as usize)?.to_vec())
}
