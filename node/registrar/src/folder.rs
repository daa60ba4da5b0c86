//! A registrar's folder: what lies where.
//!
//! | name | what |
//! |---|---|
//! | `genesis.json` | the community's genesis, byte for byte |
//! | `registrar.key` | the key that signs receipts, readable by its owner only |
//! | `register.hwr` | the register of persons, encrypted; `register.hwr.lock` beside it while a command runs |

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use hushwatt_client::{KeyFile, KeyRole};
use hushwatt_crypto::Rng;
use hushwatt_ledger::{
    genesis::{Genesis, GenesisFileError},
    storage::{drop_private_drafts, foreign_entry, make_private_folder, write_private_file},
};
use hushwatt_vault::SealedFile;

use crate::{RegistrarError, registrar::RegisterKind};

/// The folder of one registrar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrarFolder(PathBuf);

impl RegistrarFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        RegistrarFolder(path.to_path_buf())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `genesis.json`.
    pub fn genesis_file(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// `registrar.key`.
    pub fn key_file(&self) -> PathBuf {
        self.0.join(KeyFile::file_name(KeyRole::Registrar))
    }

    /// `register.hwr`.
    pub fn register_file(&self) -> PathBuf {
        self.0.join("register.hwr")
    }

    /// Whether there is a register that can be opened. An empty file is none: it is what an `init` left that was cut short.
    pub fn has_register(&self) -> bool {
        SealedFile::<RegisterKind>::is_there(&self.register_file())
    }

    /// The files that [`Self::prepare`] writes, in its order.
    fn made(&self) -> [PathBuf; 2] {
        [self.key_file(), self.genesis_file()]
    }

    /// Makes the folder with key and genesis; the register comes after. The path must be as [`Self::check_free`] wants it. A key
    /// that is there is kept.
    ///
    /// # Errors
    /// [`RegistrarError::NotEmpty`], [`RegistrarError::Io`], [`RegistrarError::Key`].
    pub(crate) fn prepare(&self, genesis: &Genesis, rng: &mut impl Rng) -> Result<KeyFile, RegistrarError> {
        self.check_free(genesis)?;
        make_private_folder(&self.0).map_err(self.io("create"))?;
        self.made().iter().try_for_each(|file| drop_private_drafts(file)).map_err(self.io("remove drafts in"))?;
        if !self.key_file().exists() {
            KeyFile::random(KeyRole::Registrar, rng).write_new(&self.key_file())?;
        }
        let path = self.genesis_file();
        if !path.exists() {
            write_private_file(&path, genesis.bytes()).map_err(|source| RegistrarError::Io {
                action: "write",
                path,
                source,
            })?;
        }
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(self.io("write"))?;
        self.key()
    }

    /// Refuses a folder that holds anything but a key, and what an `init` that was cut short left: drafts of files, the genesis,
    /// and a register with nothing in it.
    ///
    /// # Errors
    /// [`RegistrarError::NotEmpty`], [`RegistrarError::Io`].
    pub fn check_free(&self, genesis: &Genesis) -> Result<(), RegistrarError> {
        let register = self.register_file();
        let (lock, draft) = (register.with_extension("hwr.lock"), register.with_extension("hwr.saving"));
        let file = |path: &Path| fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
        let is_known = |path: &Path| {
            path == self.key_file()
                || path == lock
                || path == self.genesis_file() && fs::read(path).is_ok_and(|bytes| bytes == genesis.bytes())
                || path == draft && file(path).is_some()
                || path == register && file(path).is_some_and(|register| register.len() == 0)
        };
        match foreign_entry(&self.0, &self.made(), is_known).map_err(self.io("read"))? {
            None => Ok(()),
            Some(path) => {
                let entry = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Err(RegistrarError::NotEmpty { path: self.0.clone(), entry })
            }
        }
    }

    /// The genesis.
    ///
    /// # Errors
    /// [`RegistrarError::NoRegistrar`], [`RegistrarError::Genesis`], [`RegistrarError::Io`].
    pub fn genesis(&self) -> Result<Genesis, RegistrarError> {
        let path = self.genesis_file();
        match Genesis::read(&path) {
            Ok(Some(genesis)) => Ok(genesis),
            Ok(None) => Err(RegistrarError::NoRegistrar(self.0.clone())),
            Err(GenesisFileError::Io(source)) => Err(RegistrarError::Io { action: "read", path, source }),
            Err(GenesisFileError::Genesis(source)) => Err(RegistrarError::Genesis { path, source }),
        }
    }

    /// The key that signs receipts.
    ///
    /// # Errors
    /// [`RegistrarError::Key`].
    pub fn key(&self) -> Result<KeyFile, RegistrarError> {
        Ok(KeyFile::read(&self.key_file(), KeyRole::Registrar)?)
    }

    fn io(&self, action: &'static str) -> impl Fn(io::Error) -> RegistrarError + use<> {
        let path = self.0.clone();
        move |source| RegistrarError::Io { action, path: path.clone(), source }
    }
}
