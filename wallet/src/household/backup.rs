//! The backup file: everything this wallet knows, under a passphrase of its own. The 24 words alone give back only what nodes
//! still have hints for; this gives back all of it.

use std::path::Path;

use hushwatt_ledger::genesis::Genesis;

use super::{Household, HouseholdError, content::Content, views::BackupState};
use crate::file::{Passphrase, Strength, WalletFile, backup};

/// What a backup file is of, before it is restored.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The network's id, shortened.
    pub network: String,
    /// Whether it can spend.
    pub view_only: bool,
}

impl Household {
    /// Writes a backup file.
    ///
    /// # Errors
    /// If there is a file already, or it cannot be written.
    pub fn backup(&mut self, path: &Path, passphrase: &Passphrase, strength: Strength) -> Result<(), HouseholdError> {
        let now = (self.clock)();
        let before = self.backed_up.replace(now);
        let written =
            self.content().to_bytes().and_then(|bytes| Ok(backup::write_with(path, passphrase, &bytes, strength)?));
        if written.is_err() {
            self.backed_up = before;
        }
        written?;
        self.save()
    }

    /// A wallet from a backup file, in a new file of its own.
    ///
    /// # Errors
    /// If the backup does not open, or there is a file already at `path`.
    pub fn restore_backup(
        path: &Path,
        passphrase: &Passphrase,
        strength: Strength,
        backup_file: &Path,
        backup_passphrase: &Passphrase,
    ) -> Result<Self, HouseholdError> {
        let bytes = backup::read(backup_file, backup_passphrase)?;
        let content = Content::from_bytes(&bytes)?;
        Genesis::parse(&content.genesis.0)?;
        let file = WalletFile::create_with(path, passphrase, &bytes, strength)?;
        Self::from_content(file, content)
    }

    /// Looks into a backup file.
    ///
    /// # Errors
    /// If it does not open.
    pub fn look_into_backup(backup_file: &Path, passphrase: &Passphrase) -> Result<Opened, HouseholdError> {
        let content = Content::from_bytes(&backup::read(backup_file, passphrase)?)?;
        let genesis = Genesis::parse(&content.genesis.0)?;
        Ok(Opened {
            network: genesis.network().to_string().chars().take(8).collect(),
            view_only: matches!(content.keys, super::content::StoredKeys::ViewOnly(_)),
        })
    }

    /// How the backup stands.
    pub fn backup_state(&self) -> BackupState {
        if !self.words_confirmed {
            return BackupState::WordsUnconfirmed;
        }
        let Some(backed_up) = self.backed_up else { return BackupState::Never };
        let days = (self.clock)().0.saturating_sub(backed_up.0) / 86_400;
        if days > u64::from(self.settings.backup_days) {
            BackupState::Old { days }
        } else {
            BackupState::Recent { days }
        }
    }
}
