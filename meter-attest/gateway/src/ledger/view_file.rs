//! The view of the ledger on disk: a convenience, since the chain can always be read again.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use hushwatt_ledger::genesis::Genesis;
use hushwatt_wallet::PublicView;

/// A view is far smaller.
const MAX_BYTES: u64 = 64 << 20;

pub(super) struct ViewFile {
    path: PathBuf,
    height: u64,
}

impl ViewFile {
    pub fn at(path: PathBuf) -> Self {
        ViewFile { path, height: 0 }
    }

    /// Height of the view that is kept.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The view that was kept, if it can be read.
    pub fn read(&self, genesis: &Arc<Genesis>) -> Option<PublicView> {
        let length = fs::metadata(&self.path).ok()?.len();
        if length > MAX_BYTES {
            return None;
        }
        let bytes = fs::read(&self.path).ok()?;
        match PublicView::import(genesis.clone(), &bytes) {
            Ok(view) => Some(view),
            Err(error) => {
                tracing::warn!(%error, "the kept view of the ledger is not used");
                None
            }
        }
    }

    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// Replaces it whole; a failure is told and costs a longer start.
    pub fn write(&mut self, height: u64, bytes: &[u8]) {
        match self.replace(bytes) {
            Ok(()) => self.height = height,
            Err(error) => {
                tracing::warn!(%error, path = %self.path.display(), "the view of the ledger was not kept");
            }
        }
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&beside, &self.path)
    }
}
