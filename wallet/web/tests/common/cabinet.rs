//! Where the played wallet is kept.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
};

use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::file::{Passphrase, Strength, WalletFile};
use hushwatt_wallet_web::desk::{Desk, DeskError, DeskResult, Keeper, NewWallet};

use super::desk::{PASSPHRASE, Played, PlayedDesk, WORDS, refused};

/// A folder with the wallet in it, or without one yet.
pub struct Cabinet {
    pub played: Arc<Played>,
    folder: tempfile::TempDir,
}

impl Cabinet {
    /// No wallet yet.
    pub fn empty() -> Self {
        Cabinet { played: Arc::new(Played::new()), folder: tempfile::tempdir().unwrap() }
    }

    /// A wallet that is there and locked.
    pub fn locked() -> Self {
        let cabinet = Cabinet::empty();
        drop(cabinet.make(&Passphrase::new(PASSPHRASE).unwrap()).unwrap());
        cabinet
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("wallet")
    }

    fn make(&self, passphrase: &Passphrase) -> DeskResult<Arc<dyn Desk>> {
        let file =
            WalletFile::create_with(&self.path(), passphrase, b"played", Strength::FOR_TESTS).map_err(refused)?;
        Ok(Arc::new(PlayedDesk { played: self.played.clone(), file: Mutex::new(file) }))
    }
}

impl Keeper for Cabinet {
    fn exists(&self) -> bool {
        self.path().exists()
    }

    fn open(&self, passphrase: &Passphrase) -> DeskResult<Arc<dyn Desk>> {
        let (file, _) = WalletFile::open(&self.path(), passphrase).map_err(refused)?;
        Ok(Arc::new(PlayedDesk { played: self.played.clone(), file: Mutex::new(file) }))
    }

    fn create(&self, new: NewWallet<'_>) -> DeskResult<Arc<dyn Desk>> {
        if new.nodes.iter().any(|node| node.contains("unreachable")) {
            return Err(DeskError::new("nodes", format!("{} does not answer", new.nodes[0])));
        }
        *self.played.nodes.lock().unwrap() = new.nodes.clone();
        self.make(new.passphrase)
    }

    fn restore_words(&self, new: NewWallet<'_>, words: &str, _: Option<Timestamp>) -> DeskResult<Arc<dyn Desk>> {
        if words != WORDS {
            return Err(DeskError::new("words", "word 3 is not in the list of words"));
        }
        self.played.words_confirmed.store(true, Ordering::SeqCst);
        self.make(new.passphrase)
    }

    fn restore_backup(&self, passphrase: &Passphrase, file: &Path, _: &Passphrase) -> DeskResult<Arc<dyn Desk>> {
        let content = std::fs::read(file).unwrap();
        if !content.starts_with(b"age-encryption.org/v1") {
            return Err(DeskError::new("file", "this is not a backup of a wallet"));
        }
        self.make(passphrase)
    }

    fn erase(&self, passphrase: &Passphrase) -> DeskResult<()> {
        let (file, _) = WalletFile::open(&self.path(), passphrase).map_err(refused)?;
        file.erase().map_err(refused)
    }
}
