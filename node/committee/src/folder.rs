//! A member's folder: what lies where.
//!
//! | name | what |
//! |---|---|
//! | `committee.toml` | the settings |
//! | `genesis.json` | the community's genesis, byte for byte |
//! | `committee.key`, `sealing.key` | the secrets, readable by their owner only |
//! | `shares/` | a file for each period: the member's shares, still sealed; removed when the period is over |
//! | `answers.hwa` | what the member was asked and what he answers, for ever |
//! | `view.bin` | the ledger as far as it was followed; may be lost, it is read again then |
//! | `status.json` | how the member is, as he last said; may be lost |
//! | `lock` | held while a member runs here |

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::Rng;
use hushwatt_ledger::{
    genesis::{Genesis, GenesisError, GenesisFileError},
    storage::{Disk, DiskLock, PrivateDisk, make_private_folder, write_private_file},
};

use crate::{
    config::{Config, ConfigError},
    keys::{Keys, KeysError},
};

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something is there already.
    #[error("{} is already a member's folder, or holds other files ({entry}): choose a new one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        entry: String,
    },
    /// It is no member's folder.
    #[error("{} is no folder of a member of a committee: it has no genesis.json. Give the right folder, or make one with \"hushwatt committee init\"", .0.display())]
    NoMember(PathBuf),
    /// The genesis cannot be used.
    #[error("{}: {source}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: GenesisError,
    },
    /// Another one runs here.
    #[error("a member is running in {}: stop it first", .0.display())]
    Running(PathBuf),
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// The folder of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberFolder(PathBuf);

impl MemberFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        MemberFolder(path.to_path_buf())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `committee.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("committee.toml")
    }

    /// `genesis.json`.
    pub fn genesis_file(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// `committee.key`.
    pub fn signing_file(&self) -> PathBuf {
        self.0.join("committee.key")
    }

    /// `sealing.key`.
    pub fn sealing_file(&self) -> PathBuf {
        self.0.join("sealing.key")
    }

    /// `shares/`.
    pub fn shares_folder(&self) -> PathBuf {
        self.0.join("shares")
    }

    /// `answers.hwa`.
    pub fn answers_file(&self) -> PathBuf {
        self.0.join("answers.hwa")
    }

    /// `view.bin`.
    pub fn view_file(&self) -> PathBuf {
        self.0.join("view.bin")
    }

    /// `status.json`.
    pub fn status_file(&self) -> PathBuf {
        self.0.join("status.json")
    }

    /// Makes a folder that holds nothing but the keys, or leaves the keys there as they are.
    ///
    /// # Errors
    /// [`FolderError::Io`], [`FolderError::Keys`].
    pub fn make_keys(&self, rng: &mut impl Rng) -> Result<Keys, FolderError> {
        make_private_folder(&self.0).map_err(self.io("create"))?;
        Ok(Keys::read_or_make(&self.signing_file(), &self.sealing_file(), rng)?)
    }

    /// Makes a member's folder: keys first, the genesis last, so that it is whole or it is none. The path must be new, or a
    /// folder that holds nothing, or nothing but keys of a member, which are kept.
    ///
    /// # Errors
    /// [`FolderError::NotEmpty`], [`FolderError::Io`], [`FolderError::Keys`].
    pub fn create(&self, genesis: &Genesis, config: &str, rng: &mut impl Rng) -> Result<Keys, FolderError> {
        self.check_free()?;
        let keys = self.make_keys(rng)?;
        let at = |action: &'static str, path: &Path| {
            let path = path.to_path_buf();
            move |source| FolderError::Io { action, path, source }
        };
        let shares = self.shares_folder();
        make_private_folder(&shares).map_err(at("create", &shares))?;
        for (path, bytes) in [(self.config_file(), config.as_bytes()), (self.genesis_file(), genesis.bytes())] {
            write_private_file(&path, bytes).map_err(at("write", &path))?;
        }
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(self.io("write"))?;
        Ok(keys)
    }

    /// Refuses a folder that holds anything but keys.
    ///
    /// # Errors
    /// [`FolderError::NotEmpty`], [`FolderError::Io`].
    pub fn check_free(&self) -> Result<(), FolderError> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(self.io("read"))?,
        };
        let keys = [self.signing_file(), self.sealing_file()];
        for entry in entries {
            let name = entry.map_err(self.io("read"))?.file_name();
            if !keys.contains(&self.0.join(&name)) {
                let entry = name.to_string_lossy().into_owned();
                return Err(FolderError::NotEmpty { path: self.0.clone(), entry });
            }
        }
        Ok(())
    }

    /// The genesis.
    ///
    /// # Errors
    /// [`FolderError::NoMember`], [`FolderError::Genesis`], [`FolderError::Io`].
    pub fn genesis(&self) -> Result<Arc<Genesis>, FolderError> {
        let path = self.genesis_file();
        match Genesis::read(&path) {
            Ok(Some(genesis)) => Ok(Arc::new(genesis)),
            Ok(None) => Err(FolderError::NoMember(self.0.clone())),
            Err(GenesisFileError::Io(source)) => Err(FolderError::Io { action: "read", path, source }),
            Err(GenesisFileError::Genesis(source)) => Err(FolderError::Genesis { path, source }),
        }
    }

    /// The settings.
    ///
    /// # Errors
    /// [`FolderError::Config`].
    pub fn config(&self) -> Result<Config, FolderError> {
        Ok(Config::read(&self.config_file())?)
    }

    /// The secrets.
    ///
    /// # Errors
    /// [`FolderError::Keys`].
    pub fn keys(&self) -> Result<Keys, FolderError> {
        Ok(Keys::read(&self.signing_file(), &self.sealing_file())?)
    }

    /// Makes this process the only one here, for as long as what it gives is kept.
    ///
    /// # Errors
    /// [`FolderError::Running`], [`FolderError::Io`].
    pub fn lock(&self) -> Result<Box<dyn DiskLock>, FolderError> {
        let path = self.0.join("lock");
        PrivateDisk.lock(&path).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => FolderError::Running(self.0.clone()),
            _ => FolderError::Io { action: "lock", path, source },
        })
    }

    fn io(&self, action: &'static str) -> impl Fn(io::Error) -> FolderError + use<> {
        let path = self.0.clone();
        move |source| FolderError::Io { action, path: path.clone(), source }
    }
}
