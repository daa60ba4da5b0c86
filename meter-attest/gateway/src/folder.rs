//! A gateway's folder: what lies where.
//!
//! | name | what |
//! |---|---|
//! | `gateway.toml` | the settings |
//! | `genesis.json` | the community's genesis, byte for byte |
//! | `keys` | the secrets, readable by their owner only |
//! | `state/` | the journal: every accepted reading, every attestation |
//! | `view` | the ledger's public state as it was read last; may be lost |
//! | `inbox/` | files of the grid operator, for gaps that are not attested yet; `done/` and `refused/` in it |
//! | `inbox/correct/` | files of his whose values are to take the place of what is attested |
//! | `lock` | held while a gateway runs here |

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_ledger::{
    genesis::{Genesis, GenesisError, GenesisFileError},
    storage::{
        Disk, DiskLock, RealDisk, drop_private_drafts, foreign_entry, is_empty_folder, make_private_folder,
        write_private_file,
    },
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
    #[error("{} is already a gateway's folder, or holds other files ({entry}): choose a new one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        entry: String,
    },
    /// It is no gateway's folder.
    #[error("{} is no gateway's folder: it has no genesis.json. Give the right folder, or make one with \"hushwatt meter init\"", .0.display())]
    NoGateway(PathBuf),
    /// The genesis cannot be used.
    #[error("{}: {source}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: GenesisError,
    },
    /// Another gateway runs here.
    #[error("a gateway is running in {}: stop it first. Two with one key would both attest", .0.display())]
    Running(PathBuf),
    /// Settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

/// The folder of one gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayFolder(PathBuf);

impl GatewayFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        GatewayFolder(path.to_path_buf())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `gateway.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("gateway.toml")
    }

    /// `genesis.json`.
    pub fn genesis_file(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// `keys`.
    pub fn keys_file(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// `state/`.
    pub fn state_folder(&self) -> PathBuf {
        self.0.join("state")
    }

    /// `view`.
    pub fn view_file(&self) -> PathBuf {
        self.0.join("view")
    }

    /// `inbox/`.
    pub fn inbox(&self) -> PathBuf {
        self.0.join("inbox")
    }

    /// Makes a folder that holds nothing but the keys, or leaves the same keys there as they are: for a community whose genesis
    /// waits for the public key.
    ///
    /// # Errors
    /// [`FolderError::Io`], [`FolderError::Keys`]: other keys are never replaced.
    pub fn write_keys(&self, keys: &Keys) -> Result<(), FolderError> {
        make_private_folder(&self.0).map_err(|source| FolderError::Io {
            action: "create",
            path: self.0.clone(),
            source,
        })?;
        let path = self.keys_file();
        match Keys::read(&path) {
            Ok(there) if there.signing.verifying_key() == keys.signing.verifying_key() => Ok(()),
            Err(KeysError::Missing(_)) => Ok(keys.write_new(&path)?),
            Ok(_) => Err(KeysError::Exists(path).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a gateway's folder: keys first, the genesis last, so that it is whole or it is none. The path must be new, or a
    /// folder that holds nothing but these keys and what a making with these settings left that was cut short.
    ///
    /// # Errors
    /// [`FolderError::NotEmpty`], [`FolderError::Io`], [`FolderError::Keys`].
    pub fn create(&self, genesis: &Genesis, config: &str, keys: &Keys) -> Result<(), FolderError> {
        let io = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| FolderError::Io { action, path, source }
        };
        let files = [self.keys_file(), self.config_file(), self.genesis_file()];
        let [keys_file, config_file, genesis_file] = &files;
        let (state, inbox) = (self.state_folder(), self.inbox());
        let has_config = || fs::read(config_file).is_ok_and(|found| found == config.as_bytes());
        let is_known = |path: &Path| {
            path == keys_file
                || path == config_file && has_config()
                || (path == state || path == inbox) && is_empty_folder(path)
        };
        if let Some(foreign) = foreign_entry(&self.0, &files, is_known).map_err(io("read", &self.0))? {
            let entry = foreign.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(FolderError::NotEmpty { path: self.0.clone(), entry });
        }
        make_private_folder(&self.0).map_err(io("create", &self.0))?;
        files.iter().try_for_each(|file| drop_private_drafts(file).map_err(io("remove the drafts of", file)))?;
        self.write_keys(keys)?;
        let parts = ["correct", "done", "refused"].map(|part| inbox.join(part));
        for folder in [state, inbox].into_iter().chain(parts) {
            make_private_folder(&folder).map_err(io("create", &folder))?;
        }
        if !has_config() {
            write_private_file(config_file, config.as_bytes()).map_err(io("write", config_file))?;
        }
        write_private_file(genesis_file, genesis.bytes()).map_err(io("write", genesis_file))?;
        File::open(&self.0).and_then(|folder| folder.sync_all()).map_err(io("write", &self.0))
    }

    /// Replaces `gateway.toml`, whole and durably.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn write_config(&self, text: &str) -> Result<(), FolderError> {
        let path = self.config_file();
        let beside = path.with_extension("toml.new");
        let replace = || {
            let _ = fs::remove_file(&beside);
            write_private_file(&beside, text.as_bytes())?;
            fs::rename(&beside, &path)?;
            File::open(&self.0)?.sync_all()
        };
        replace().map_err(|source| FolderError::Io { action: "replace", path: path.clone(), source })
    }

    /// The genesis.
    ///
    /// # Errors
    /// [`FolderError::NoGateway`], [`FolderError::Genesis`], [`FolderError::Io`].
    pub fn genesis(&self) -> Result<Arc<Genesis>, FolderError> {
        let path = self.genesis_file();
        match Genesis::read(&path) {
            Ok(Some(genesis)) => Ok(Arc::new(genesis)),
            Ok(None) => Err(FolderError::NoGateway(self.0.clone())),
            Err(GenesisFileError::Io(source)) => Err(FolderError::Io { action: "read", path, source }),
            Err(GenesisFileError::Genesis(source)) => Err(FolderError::Genesis { path, source }),
        }
    }

    /// The settings.
    ///
    /// # Errors
    /// [`FolderError::Config`].
    pub fn config(&self, genesis: &Genesis) -> Result<Config, FolderError> {
        Ok(Config::read(&self.config_file(), genesis)?)
    }

    /// The secrets.
    ///
    /// # Errors
    /// [`FolderError::Keys`].
    pub fn keys(&self) -> Result<Keys, FolderError> {
        Ok(Keys::read(&self.keys_file())?)
    }

    /// Makes this process the only gateway here, for as long as what it gives is kept.
    ///
    /// # Errors
    /// [`FolderError::Running`], [`FolderError::Io`].
    pub fn lock(&self) -> Result<Box<dyn DiskLock>, FolderError> {
        let path = self.0.join("lock");
        RealDisk.lock(&path).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => FolderError::Running(self.0.clone()),
            _ => FolderError::Io { action: "lock", path, source },
        })
    }
}
