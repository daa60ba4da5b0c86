//! A member's folder: a [`ProgramFolder`], and what lies there besides.
//!
//! | name | what |
//! |---|---|
//! | `committee.toml`, `committee.key` | the settings and the signing key |
//! | `shares/` | a file for each period: the member's shares, still sealed; removed when the period is over |
//! | `answers.hwa` | what the member was asked and what he answers, for ever |
//! | `view.bin` | the ledger as far as it was followed; may be lost, it is read again then |

use std::{
    ops::Deref,
    path::{Path, PathBuf},
};

pub use hushwatt_client::folder::FolderError;
use hushwatt_client::{
    KeyRole,
    folder::{Program, ProgramFolder},
};
use hushwatt_crypto::Rng;
use hushwatt_ledger::genesis::Genesis;

use crate::{config::Config, keys::Keys};

const MEMBER: Program = Program {
    role: KeyRole::Committee,
    what: "a member of a committee",
    init: "hushwatt committee init",
    two: "Two might answer one request in two ways",
    parts: &["shares"],
};

/// The folder of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFolder(ProgramFolder);

impl Deref for MemberFolder {
    type Target = ProgramFolder;

    fn deref(&self) -> &ProgramFolder {
        &self.0
    }
}

impl MemberFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        MemberFolder(ProgramFolder::at(path, &MEMBER))
    }

    /// `shares/`.
    pub fn shares_folder(&self) -> PathBuf {
        self.path().join("shares")
    }

    /// `answers.hwa`.
    pub fn answers_file(&self) -> PathBuf {
        self.path().join("answers.hwa")
    }

    /// `view.bin`.
    pub fn view_file(&self) -> PathBuf {
        self.path().join("view.bin")
    }

    /// Makes a member's folder.
    ///
    /// # Errors
    /// As [`ProgramFolder::create`].
    pub fn create(&self, genesis: &Genesis, config: &str, rng: &mut impl Rng) -> Result<Keys, FolderError> {
        self.0.create(genesis, config, rng).map(Keys::from)
    }

    /// The settings.
    ///
    /// # Errors
    /// [`FolderError::Settings`].
    pub fn config(&self) -> Result<Config, FolderError> {
        self.settings(Config::parse)
    }

    /// The secrets.
    ///
    /// # Errors
    /// As [`ProgramFolder::keys`].
    pub fn keys(&self) -> Result<Keys, FolderError> {
        self.0.keys().map(Keys::from)
    }
}
