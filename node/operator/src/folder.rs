//! An operator's folder: a [`ProgramFolder`], and what lies there besides.
//!
//! | name | what |
//! |---|---|
//! | `operator.toml`, `operator.key` | the settings and the signing key |
//! | `book/` | a file for each auction: the orders that were admitted, sealed |

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

const OPERATOR: Program = Program {
    role: KeyRole::Operator,
    what: "an operator",
    init: "hushwatt operator init",
    two: "Two would admit different orders",
    parts: &["book"],
};

/// The folder of one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorFolder(ProgramFolder);

impl Deref for OperatorFolder {
    type Target = ProgramFolder;

    fn deref(&self) -> &ProgramFolder {
        &self.0
    }
}

impl OperatorFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        OperatorFolder(ProgramFolder::at(path, &OPERATOR))
    }

    /// `book/`.
    pub fn book_folder(&self) -> PathBuf {
        self.path().join("book")
    }

    /// Makes a folder that holds nothing but the keys, or leaves the keys there as they are: for a community whose genesis waits
    /// for the public key.
    ///
    /// # Errors
    /// As [`ProgramFolder::make_keys`].
    pub fn make_keys(&self, rng: &mut impl Rng) -> Result<Keys, FolderError> {
        self.0.make_keys(rng).map(Keys::from)
    }

    /// Makes an operator's folder.
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
