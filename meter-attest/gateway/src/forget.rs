//! Forgetting (protocol section 9): the readings of windows that are attested and past the retention, the reading keys of their
//! days, and the grid operator's files that were read. Sums stay, and so does what opens the sums of periods that can still be
//! shared.
//!
//! A gateway that runs does it by itself; [`forget`] is for the folder of one that does not. Every step is whole or not done,
//! so that a deletion that was cut short goes on with the next one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use hushwatt_ledger::{
    parameters::Parameters,
    units::{Period, Timestamp, Window},
};
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock},
    folder::GatewayFolder,
    service::{Opened, RunError, ServiceError, open},
    store::{Ending, Settled, State},
};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// From where on a gateway keeps what it knows: from the start of a UTC day on, since reading keys are by day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The first window that is kept.
    pub window: Window,
    /// The first day whose reading key is kept.
    pub day: u64,
}

impl Kept {
    /// What is not attested yet is kept, and so is what is within the retention at this time.
    pub fn from(parameters: &Parameters, state: &State, now: Timestamp) -> Self {
        let within = parameters.window_at(now.minus(parameters.retention));
        let day = parameters.window_start(within.min(state.position().next_window)).day();
        Kept { window: parameters.window_at(Timestamp(day * DAY)), day }
    }
}

/// What was deleted, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Windows whose readings are in the sums only.
    pub windows: usize,
    /// Days whose reading keys are gone.
    pub key_days: u64,
    /// Periods of which the sums can be in no total any more: what opens them goes.
    pub periods: usize,
    /// Files of the grid operator and their answers.
    pub files: Vec<PathBuf>,
    /// Whether it is gone, and not only listed.
    pub deleted: bool,
}

impl Forgotten {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.windows == 0 && self.key_days == 0 && self.periods == 0 && self.files.is_empty()
    }
}

/// Deletes in the folder of a gateway that does not run what is past the retention by this machine's clock, or, in a network
/// with simulated time, by the last reading's; with `dry_run` only says what that is.
///
/// # Errors
/// [`RunError::Folder`] if it runs or is none; [`RunError::Store`], [`RunError::Service`], [`RunError::Files`].
pub fn forget(path: &Path, dry_run: bool) -> Result<Forgotten, RunError> {
    let Opened { genesis, mut store, mut keys, lock, .. } = open(path)?;
    let folder = GatewayFolder::at(path);
    let now = if genesis.simulated_time {
        store.state().registers().last().map_or(genesis.time, |sample| sample.received)
    } else {
        SystemClock::new().now()
    };
    let kept = Kept::from(&genesis.parameters, store.state(), now);
    let over = |period: &Period| genesis.parameters.totals.is_none_or(|totals| totals.times(*period).share < now);
    let periods: Vec<Period> = store.state().periods().keys().copied().filter(over).collect();
    let forgotten = Forgotten {
        windows: store.state().attested().range(..kept.window).count(),
        key_days: kept.day.saturating_sub(keys.day.day()),
        periods: periods.len(),
        files: old_files(&folder.inbox(), genesis.parameters.retention),
        deleted: !dry_run,
    };
    if !dry_run {
        for period in periods {
            store.settle(Settled { period, ending: Ending::Late, at: now })?;
        }
        // Also when no window goes: the journal may still have one that went before.
        store.forget_before(kept.window)?;
        store.compact()?;
        keys.forget_before(genesis.network(), kept.day, &folder.keys_file()).map_err(ServiceError::from)?;
        remove_files(&forgotten.files).map_err(RunError::Files)?;
    }
    drop(lock);
    Ok(forgotten)
}

/// Files of the inbox, put away or left lying, that were written more than this many seconds ago.
pub(crate) fn old_files(inbox: &Path, retention: u64) -> Vec<PathBuf> {
    let places = ["", "correct", "done", "refused"].map(|part| inbox.join(part));
    let entries = places.iter().filter_map(|place| fs::read_dir(place).ok()).flatten().flatten();
    let is_old = |entry: &fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file);
        let age = metadata.and_then(|metadata| SystemTime::now().duration_since(metadata.modified().ok()?).ok());
        age.is_some_and(|age| age > Duration::from_secs(retention))
    };
    let mut files: Vec<PathBuf> = entries.filter(is_old).map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Deletes files; one that is gone already is fine.
pub(crate) fn remove_files(files: &[PathBuf]) -> io::Result<()> {
    for path in files {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    files.iter().filter_map(|path| path.parent()).try_for_each(|folder| fs::File::open(folder)?.sync_all())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_inbox_go_when_they_are_older_than_the_retention() {
        let inbox = tempfile::tempdir().unwrap();
        let hours = |hours: u64| SystemTime::now() - Duration::from_secs(3_600 * hours);
        let put = |name: &str, age: u64| {
            let path = inbox.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, name).unwrap();
            fs::File::options().append(true).open(&path).unwrap().set_modified(hours(age)).unwrap();
            path
        };
        let old = ["correct/x.csv", "done/a.csv", "done/a.csv.answer.txt", "left.csv", "refused/b.csv"];
        let old = old.map(|name| put(name, 49));
        let young = ["done/c.csv", "d.csv"].map(|name| put(name, 47));
        let found = old_files(inbox.path(), 48 * 3_600);
        assert_eq!(found, old);
        remove_files(&found).unwrap();
        remove_files(&found).unwrap();
        assert!(old.iter().all(|path| !path.exists()) && young.iter().all(|path| path.exists()));
        assert_eq!(old_files(&inbox.path().join("none"), 0), Vec::<PathBuf>::new());
    }
}
