//! A node's folder: what lies where, and what makes it one.
//!
//! | name | what |
//! |---|---|
//! | `version` | that this is a node's folder, the version of what it holds, and the network it belongs to |
//! | `config.toml` | the operator's settings |
//! | `genesis.json` | the community's genesis, byte for byte |
//! | `validator.key` | the validator's key; a follower has none |
//! | `validator-next.key` | the key that replaces it, while that is under way |
//! | `voted` | that this validator has voted: its record of that must not be lost unnoticed |
//! | `rejoin` | that this validator lost its data: it must not vote before it has caught up |
//! | `forget` | that the running node is asked to forget now what is past the retention |
//! | `data/` | chain, hints and index |
//!
//! `version` is written last, so a folder is whole or it is none.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use hushwatt_client::text_file::{Wrong, fields};
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    genesis::{Genesis, MAX_GENESIS_BYTES},
    storage::{foreign_entry, is_empty_folder, make_private_folder},
};

use super::{ConfigError, KeyFile, KeyRole};
use crate::files::draft_of;

/// Version of the layout of a node's folder and of what lies in `data/`.
pub const DATA_VERSION: &str = "1";

const KIND: &str = "hushwatt node folder";
/// Far more than the version file has.
const MAX_VERSION_BYTES: u64 = 4096;

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
    /// Something else is in the way.
    #[error(
        "{} holds {entry}: a node's folder must be new, or hold nothing but key files. Choose another folder, or move what is there away",
        path.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        entry: String,
    },
    /// It is one already.
    #[error(
        "{} is already the folder of a node of network {network}: start that one, or choose another folder",
        path.display()
    )]
    Taken {
        /// The folder.
        path: PathBuf,
        /// Its network.
        network: String,
    },
    /// It is none.
    #[error("{} is not the folder of a node: it has no file named \"version\". Give the right folder, or make one with \"hushwatt node init\"", .0.display())]
    NoNode(PathBuf),
    /// The version file was changed.
    #[error("{} is damaged ({wrong}): restore it from a backup, or make the folder anew and let the node catch up from its peers", path.display())]
    BadVersion {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        wrong: String,
    },
    /// Of another version of hushwatt.
    #[error(
        "{} has data version {found}, and this program knows version {DATA_VERSION}: start it with the version of hushwatt that made it, and see docs/operate.md on upgrades. Nothing was changed",
        path.display()
    )]
    UnknownVersion {
        /// The folder.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// The genesis was exchanged.
    #[error(
        "genesis.json in {} is that of network {found}, but the folder belongs to network {recorded}: put the right genesis.json back, or make a new folder for the other network",
        path.display()
    )]
    ForeignGenesis {
        /// The folder.
        path: PathBuf,
        /// The network that the folder was made for.
        recorded: NetworkId,
        /// The network of the file.
        found: NetworkId,
    },
}

/// The folder of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFolder(PathBuf);

impl NodeFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path) -> Self {
        NodeFolder(path.to_path_buf())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `config.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// `genesis.json`.
    pub fn genesis_file(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// The key file of a role.
    pub fn key_file(&self, role: KeyRole) -> PathBuf {
        self.0.join(KeyFile::file_name(role))
    }

    /// The key file of the validator's next key.
    pub fn next_key_file(&self) -> PathBuf {
        self.0.join("validator-next.key")
    }

    /// Whether this validator's own record of what it voted for was lost or is not up to date, so that it must not vote before
    /// it has seen blocks that were made after its start: it might contradict itself.
    pub fn must_rejoin(&self) -> bool {
        self.rejoin_file().exists()
    }

    /// Says so, until [`Self::rejoined`].
    pub fn mark_rejoin(&self) -> Result<(), ConfigError> {
        let path = self.rejoin_file();
        let text = "# This validator lost its data. It votes again, and removes this file, when it has caught up with the others.\n";
        write_durably(&path, text.as_bytes())?;
        Ok(self.sync()?)
    }

    /// It has caught up; durable when this returns.
    pub fn rejoined(&self) -> Result<(), ConfigError> {
        self.remove_mark(&self.rejoin_file())
    }

    /// Where the engine keeps what this validator voted for.
    pub fn engine(&self) -> PathBuf {
        self.data().join("engine")
    }

    /// Remembers outside of the data that this validator has voted; durable when this returns.
    pub fn mark_voted(&self) -> Result<(), ConfigError> {
        let path = self.voted_file();
        if !path.exists() {
            let text = "# This validator has voted. If the engine's folder in data/ is lost, it must catch up before it votes again.\n";
            write_durably(&path, text.as_bytes())?;
            self.sync()?;
        }
        Ok(())
    }

    /// Removes what the engine kept: its votes, and blocks with their hints. Gone at once and durably for whoever starts the
    /// engine, whole or not at all; what a crash leaves of it is removed by [`Self::finish_removal`]. The engine must not run.
    pub fn remove_engine(&self) -> Result<(), ConfigError> {
        self.finish_removal()?;
        let (engine, removed) = (self.engine(), self.removed_engine());
        match fs::rename(&engine, &removed) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed.map_err(io_error("remove", &engine))?,
        }
        sync_folder(&self.data())?;
        self.finish_removal()
    }

    /// Removes what a crash left of an engine's folder that was being removed.
    pub fn finish_removal(&self) -> Result<(), ConfigError> {
        let removed = self.removed_engine();
        match fs::remove_dir_all(&removed) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            gone => {
                gone.map_err(io_error("remove", &removed))?;
                Ok(sync_folder(&self.data())?)
            }
        }
    }

    /// Where an engine's folder goes while it is removed.
    pub(crate) fn removed_engine(&self) -> PathBuf {
        self.data().join("engine.removed")
    }

    /// Forgets that this validator has voted: when everything that it voted in is over. Durable when this returns.
    pub fn unmark_voted(&self) -> Result<(), ConfigError> {
        self.remove_mark(&self.voted_file())
    }

    /// Asks the node that runs in this folder to forget now; durable when this returns.
    pub fn ask_to_forget(&self) -> Result<(), ConfigError> {
        let text =
            "# The node is asked to forget now what is past the retention. It removes this file when that is done.\n";
        write_durably(&self.forget_file(), text.as_bytes())?;
        Ok(self.sync()?)
    }

    /// Whether it is asked to.
    pub fn is_asked_to_forget(&self) -> bool {
        self.forget_file().exists()
    }

    /// That is done.
    pub fn has_forgotten(&self) -> Result<(), ConfigError> {
        self.remove_mark(&self.forget_file())
    }

    fn forget_file(&self) -> PathBuf {
        self.0.join("forget")
    }

    fn remove_mark(&self, path: &Path) -> Result<(), ConfigError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path)(error).into()),
            _ => Ok(self.sync()?),
        }
    }

    /// Whether this validator has voted and the record of that is gone.
    pub fn forgot_its_votes(&self) -> bool {
        self.voted_file().exists() && !self.engine().exists()
    }

    fn voted_file(&self) -> PathBuf {
        self.0.join("voted")
    }

    fn rejoin_file(&self) -> PathBuf {
        self.0.join("rejoin")
    }

    fn sync(&self) -> Result<(), FolderError> {
        sync_folder(&self.0)
    }

    /// The folder of chain, hints and index: what [`crate::Store`] opens.
    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn version_file(&self) -> PathBuf {
        self.0.join("version")
    }

    /// Refuses a folder in which a node of this genesis cannot be made: one that holds anything but key files and what a making
    /// left that was cut short. Changes nothing.
    pub fn check_free(&self, genesis: &[u8]) -> Result<(), FolderError> {
        if self.version_file().exists() {
            let network = self.recorded_network().map_or_else(|_| "unknown".to_owned(), |network| network.to_string());
            return Err(FolderError::Taken { path: self.0.clone(), network });
        }
        let keys = [KeyRole::Validator, KeyRole::Registrar, KeyRole::Treasury].map(|role| self.key_file(role));
        let drafted = [self.genesis_file(), self.config_file(), self.version_file()];
        let is_known = |path: &Path| {
            keys.iter().any(|key| key == path)
                || path == self.next_key_file()
                // A file system of its own has a lost+found at its root.
                || path == self.0.join("lost+found")
                || path == self.genesis_file() && fs::read(path).is_ok_and(|bytes| bytes == genesis)
                // Whether it is the same is seen when it would be written.
                || path == self.config_file() && self.genesis_file().exists()
                || path == self.data() && is_empty_folder(path)
        };
        let foreign = foreign_entry(&self.0, &drafted, is_known).map_err(io_error("read", &self.0))?;
        foreign.map_or(Ok(()), |entry| Err(self.not_empty(&entry)))
    }

    fn not_empty(&self, entry: &Path) -> FolderError {
        let entry = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        FolderError::NotEmpty { path: self.0.clone(), entry }
    }

    /// Lays out a new folder, which may hold key files already.
    pub fn create(&self, genesis: &Genesis, config: &str) -> Result<(), FolderError> {
        self.check_free(genesis.bytes())?;
        let written = self.config_file();
        if written.exists() && !fs::read(&written).is_ok_and(|found| found == config.as_bytes()) {
            return Err(self.not_empty(&written));
        }
        for folder in [self.0.clone(), self.data()] {
            make_private_folder(&folder).map_err(io_error("create", &folder))?;
        }
        let version = format!(
            "# What this folder holds. Written by hushwatt, not to be changed.\n{KIND}, version {DATA_VERSION}\nnetwork: {}\n",
            genesis.network()
        );
        for (path, bytes) in [
            (self.genesis_file(), genesis.bytes()),
            (self.config_file(), config.as_bytes()),
            (self.version_file(), version.as_bytes()),
        ] {
            write_durably(&path, bytes)?;
        }
        self.sync()
    }

    /// The genesis of a folder whose version this program knows, if it is the one that the folder was made for.
    pub fn open(&self) -> Result<Genesis, ConfigError> {
        let recorded = self.recorded_network()?;
        let path = self.genesis_file();
        let bytes = read_at_most(&path, MAX_GENESIS_BYTES as u64 + 1)
            .map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let genesis = Genesis::parse(&bytes).map_err(|source| ConfigError::Genesis { path, source })?;
        if *genesis.network() != recorded {
            let found = *genesis.network();
            return Err(FolderError::ForeignGenesis { path: self.0.clone(), recorded, found }.into());
        }
        Ok(genesis)
    }

    /// The network that the version file names.
    fn recorded_network(&self) -> Result<NetworkId, FolderError> {
        let path = self.version_file();
        let bytes = read_at_most(&path, MAX_VERSION_BYTES).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => FolderError::NoNode(self.0.clone()),
            _ => io_error("read", &path)(error),
        })?;
        let bad = |wrong: &str| FolderError::BadVersion { path: path.clone(), wrong: wrong.to_owned() };
        let text = std::str::from_utf8(&bytes).map_err(|_| bad("it is not text"))?;
        let [network] = fields(text, KIND, DATA_VERSION, ["network"]).map_err(|wrong| match wrong {
            Wrong::Version(found) => FolderError::UnknownVersion { path: self.0.clone(), found: found.to_owned() },
            Wrong::Kind => bad("it does not begin as it should"),
            Wrong::Field(_) | Wrong::More => bad("it names no network"),
        })?;
        network.parse().map_err(bad)
    }
}

/// Writes a file whole or not at all; its name is durable when the folder is.
fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let draft = draft_of(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o644);
    let written = options.open(&draft).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(&draft, path)).map_err(io_error("write", path))
}

fn sync_folder(path: &Path) -> Result<(), FolderError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io_error("write", path))
}

fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    move |source| FolderError::Io { action, path, source }
}
