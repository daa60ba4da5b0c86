//! The operator's secrets: the Ed25519 key by which the ledger knows him, in a key file as every role has one, and the sealing
//! key for which wallets encrypt their openings, in a file of its own. Files that only their owner may read.

use std::path::{Path, PathBuf};

use hushwatt_client::{
    KeyError, KeyFile, KeyRole,
    sealing_file::{SealingFileError, read_sealing, write_sealing},
};
use hushwatt_crypto::{
    NetworkId, Rng,
    hash::hex,
    order_seal::SealingKey,
    signature::{Signature, SigningKey, VerifyingKey},
};

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The signing key.
    #[error(transparent)]
    Signing(#[from] KeyError),
    /// No signing key.
    #[error("{} is missing: restore it from its backup. If there is none, make a new operator with \"hushwatt operator init\" and have the registrars put his key in the place of the lost one", .0.display())]
    NoSigning(PathBuf),
    /// The sealing key. Without it no order that was sealed for it can be opened.
    #[error(transparent)]
    Sealing(#[from] SealingFileError),
}

/// The secrets of one operator. Nothing of them is printed.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs admissions and Clears.
    pub signing: SigningKey,
    /// Opens what wallets seal.
    pub sealing: SealingKey,
}

impl Keys {
    /// Fresh ones.
    pub fn random(rng: &mut impl Rng) -> Self {
        Keys { signing: SigningKey::random(rng), sealing: SealingKey::random(rng) }
    }

    /// Reads both files.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn read(signing: &Path, sealing: &Path) -> Result<Self, KeysError> {
        let signing = match KeyFile::read(signing, KeyRole::Operator) {
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
            KeyFile::random(KeyRole::Operator, rng).write_new(signing)?;
        }
        if !sealing.exists() {
            write_sealing(&SealingKey::random(rng), sealing)?;
        }
        Self::read(signing, sealing)
    }

    /// The key by which the ledger knows this operator.
    pub fn public(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    /// The line to hand to others: the role, a colon, and the public key in hexadecimal.
    pub fn public_line(&self) -> String {
        format!("{}:{}", KeyRole::Operator, hex(self.public().as_bytes()))
    }

    /// The signature over the sealing key.
    pub fn certificate(&self, network: &NetworkId) -> Signature {
        self.sealing.public().certify(network, &self.signing)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use rand_core::OsRng;

    use super::*;

    #[test]
    fn keys_are_made_once_read_back_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [signing, sealing] = ["operator.key", "sealing.key"].map(|name| folder.path().join(name));
        assert!(matches!(Keys::read(&signing, &sealing), Err(KeysError::NoSigning(_))));
        let made = Keys::read_or_make(&signing, &sealing, &mut OsRng).unwrap();
        let again = Keys::read_or_make(&signing, &sealing, &mut OsRng).unwrap();
        assert_eq!((made.public(), made.sealing.public()), (again.public(), again.sealing.public()));
        assert!(matches!(write_sealing(&made.sealing, &sealing), Err(SealingFileError::Exists(_))));
        let mode = fs::metadata(&sealing).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(&hex(&made.sealing.to_bytes()[..])));
        fs::remove_file(&sealing).unwrap();
        assert!(matches!(Keys::read(&signing, &sealing), Err(KeysError::Sealing(SealingFileError::Missing(_)))));
    }
}
