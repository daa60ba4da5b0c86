//! A member's folder, opened and run until it is told to stop.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub use hushwatt_client::run_time::RunOptions;
use hushwatt_client::run_time::{self, WrongTime};
use hushwatt_ledger::{
    genesis::Genesis,
    storage::{DiskLock, PrivateDisk},
};
use hushwatt_wallet::sync::Nodes;

use crate::{
    folder::{FolderError, MemberFolder},
    member::{Member, OpenError, Parts},
};

/// Between two looks whether to step or stop.
const LOOK: Duration = Duration::from_millis(50);

/// Why a member does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What the last run left.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Another time than the network's.
    #[error(transparent)]
    Time(#[from] WrongTime),
}

/// Says whether a member of this network may be run so.
///
/// # Errors
/// [`RunError::Time`]; [`RunError::Open`] where there are no totals.
pub fn may_run(genesis: &Genesis, options: &RunOptions) -> Result<(), RunError> {
    run_time::fits(genesis, options, "the member")?;
    if genesis.parameters.totals.is_none() { Err(OpenError::NoTotals.into()) } else { Ok(()) }
}

/// Opens a member's folder: the member, and what must be kept while he is.
///
/// # Errors
/// [`RunError::Folder`], [`RunError::Open`].
pub fn open(path: &Path) -> Result<(Member, Box<dyn DiskLock>), RunError> {
    let folder = MemberFolder::at(path);
    let genesis = folder.genesis()?;
    let config = folder.config()?;
    let lock = folder.lock()?;
    let member = Member::open(Parts {
        chain: Box::new(Nodes::new(&config.nodes, genesis.clone())),
        genesis,
        keys: folder.keys()?,
        disk: Arc::new(PrivateDisk),
        shares: folder.shares_folder(),
        answers: folder.answers_file(),
        view: folder.view_file(),
        status: folder.status_file(),
    })?;
    Ok((member, lock))
}

/// Runs the member of a folder until `stop` is set.
///
/// # Errors
/// [`RunError`]. Once he runs, troubles of nodes and disk are warnings in the status, and he goes on.
pub fn run(path: &Path, options: &RunOptions, stop: &AtomicBool) -> Result<(), RunError> {
    may_run(&*MemberFolder::at(path).genesis()?, options)?;
    let (mut member, lock) = open(path)?;
    let start = Instant::now();
    while !stop.load(Ordering::SeqCst) {
        if !member.step(start.elapsed()) {
            std::thread::sleep(LOOK);
        }
    }
    if let Err(error) = member.save_view() {
        tracing::warn!(%error, "how far the ledger was followed could not be written down");
    }
    if let Err(error) = member.tell_of_stop() {
        tracing::warn!(%error, "the status could not be written");
    }
    drop(lock);
    Ok(())
}
