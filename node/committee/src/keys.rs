//! The member's secrets: the Ed25519 key by which the ledger knows him, in a key file as every role has one, and the sealing key
//! for which shares are encrypted, in a file of its own. Files that only their owner may read.

use std::path::{Path, PathBuf};

use hushwatt_client::{
    KeyError, KeyFile, KeyRole,
    sealing_file::{SealingFileError, read_sealing, write_sealing},
};
use hushwatt_crypto::{Rng, hash::hex, order_seal::SealingKey, signature::SigningKey};
use hushwatt_ledger::committee::CommitteeMember;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The signing key.
    #[error(transparent)]
    Signing(#[from] KeyError),
    /// No signing key.
    #[error("{} is missing: restore it from its backup. If there is none, make a new member with \"hushwatt committee init\" and have the registrars name a committee with that one in the place of this one", .0.display())]
    NoSigning(PathBuf),
    /// The sealing key.
    #[error(transparent)]
    Sealing(#[from] SealingFileError),
}

/// The secrets of one member. Nothing of them is printed.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs complaints and releases.
    pub signing: SigningKey,
    /// Opens shares.
    pub sealing: SealingKey,
}

impl Keys {
    /// Reads both files.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn read(signing: &Path, sealing: &Path) -> Result<Self, KeysError> {
        let signing = match KeyFile::read(signing, KeyRole::Committee) {
            Err(KeyError::Missing(path)) => return Err(KeysError::NoSigning(path)),
            file => file?.key,
        };
        Ok(Keys { signing, sealing: read_sealing(sealing)? })
    }

    /// Makes what is missing of the two files, durably, and reads what is there; never replaces one.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn read_or_make(signing: &Path, sealing: &Path, rng: &mut impl Rng) -> Result<Self, KeysError> {
        if !signing.exists() {
            KeyFile::random(KeyRole::Committee, rng).write_new(signing)?;
        }
        if !sealing.exists() {
            write_sealing(&SealingKey::random(rng), sealing)?;
        }
        Self::read(signing, sealing)
    }

    /// The member as everybody may see him.
    pub fn public(&self) -> CommitteeMember {
        CommitteeMember { key: self.signing.verifying_key(), sealing: *self.sealing.public() }
    }

    /// The line to hand to the registrars: the role, and both public keys in hexadecimal, with colons between.
    pub fn public_line(&self) -> String {
        let CommitteeMember { key, sealing } = self.public();
        format!("{}:{}:{}", KeyRole::Committee, hex(key.as_bytes()), hex(sealing.as_bytes()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;

    use rand_core::OsRng;

    use super::*;

    #[test]
    fn keys_are_made_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let [signing, sealing] = ["committee.key", "sealing.key"].map(|name| folder.path().join(name));
        assert!(matches!(Keys::read(&signing, &sealing), Err(KeysError::NoSigning(_))));
        let made = Keys::read_or_make(&signing, &sealing, &mut OsRng).unwrap();
        let again = Keys::read_or_make(&signing, &sealing, &mut OsRng).unwrap();
        assert_eq!(made.public(), again.public());
        let line = made.public_line();
        assert!(line.starts_with("committee:") && line.len() == 10 + 64 + 1 + 64, "{line}");
        assert!(!format!("{made:?}").contains(&hex(&made.sealing.to_bytes()[..])));
        fs::remove_file(&sealing).unwrap();
        assert!(matches!(Keys::read(&signing, &sealing), Err(KeysError::Sealing(SealingFileError::Missing(_)))));
    }
}
