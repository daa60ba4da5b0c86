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
    storage::{make_private_folder, write_private_file},
};

use crate::RegistrarError;

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

    /// Makes the folder with key and genesis; the register comes after. The path must be new, or a folder that holds nothing, or
    /// nothing but a registrar's key, which is kept.
    ///
    /// # Errors
    /// [`RegistrarError::NotEmpty`], [`RegistrarError::Io`], [`RegistrarError::Key`].
    pub(crate) fn prepare(&self, genesis: &Genesis, rng: &mut impl Rng) -> Result<KeyFile, RegistrarError> {
        self.check_free(genesis)?;
        make_private_folder(&self.0).map_err(self.io("create"))?;
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

    /// Refuses a folder that holds anything but a key, and what an `init` that was cut short left.
    ///
    /// # Errors
    /// [`RegistrarError::NotEmpty`], [`RegistrarError::Io`].
    pub fn check_free(&self, genesis: &Genesis) -> Result<(), RegistrarError> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(self.io("read"))?,
        };
        for entry in entries {
            let path = self.0.join(entry.map_err(self.io("read"))?.file_name());
            let known = path == self.key_file()
                || path == self.register_file().with_extension("hwr.lock")
                || path == self.genesis_file() && fs::read(&path).is_ok_and(|bytes| bytes == genesis.bytes());
            if !known {
                let entry = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(RegistrarError::NotEmpty { path: self.0.clone(), entry });
            }
        }
        Ok(())
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
