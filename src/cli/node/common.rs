//! What several of the commands share.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use hushwatt_ledger::{genesis::GenesisError, storage::StorageError};
use hushwatt_node::{
    client::ClientError,
    config::{ConfigError, ENVIRONMENT_PREFIX, FolderError, KeyError, Overrides},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::community::CommunityError;
use crate::cli::files::{self, Readers};

/// Why a command of `hushwatt node` failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NodeCommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Community(#[from] CommunityError),
    #[error(transparent)]
    Http(#[from] ClientError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{}: {source}", path.display())]
    Genesis { path: PathBuf, source: GenesisError },
    #[error("could not {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} exists already and is not replaced: move it away first, or write to another file", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    Forget(#[from] hushwatt_node::forget::ForgetError),
    #[error(transparent)]
    Service(#[from] hushwatt_node::service::ServiceError),
    #[error("the system refused what a node needs: {0}")]
    System(#[from] io::Error),
    #[error("{0}")]
    Refused(String),
}

/// Where the node's folder is.
#[derive(Args)]
pub(super) struct FolderArgument {
    /// The node's folder [default: the environment variable HUSHWATT_NODE_FOLDER]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl FolderArgument {
    /// The flag, else the environment.
    pub(super) fn path(&self) -> Result<PathBuf, NodeCommandError> {
        let variable = format!("{ENVIRONMENT_PREFIX}FOLDER");
        let named = std::env::var_os(&variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        self.folder.clone().or(named).ok_or_else(|| {
            NodeCommandError::Refused(format!("no folder was named: give --folder DIR, or set {variable}"))
        })
    }
}

/// The settings that the environment names.
pub(super) fn environment() -> Result<Overrides, NodeCommandError> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    Ok(Overrides::from_environment(std::env::vars_os().map(|(name, value)| (text(name), text(value))))?)
}

/// Writes a file that is not there yet.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), NodeCommandError> {
    files::write_new(path, bytes, Readers::Usual).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => NodeCommandError::Exists(path.to_path_buf()),
        _ => file_error("write", path)(source),
    })
}

/// For `map_err`: names what was being done to which file.
pub(super) fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NodeCommandError {
    let path = path.to_path_buf();
    move |source| NodeCommandError::File { action, path, source }
}

/// Unix seconds as people write them, in UTC.
pub(super) fn time_text(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| format!("second {seconds}"))
}
