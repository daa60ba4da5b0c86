//! `status.json`: how a program is, as it last said. Whoever asks reads this file and nothing else: neither the program's lock nor
//! its files are touched, and a program that is stopped can be asked too.
//!
//! ```text
//! {"told": 1781584800, "runs": true, "status": {...}}
//! ```
//!
//! A running program writes it when there is something new, and every half minute as a sign of life; when it is stopped in order,
//! it says so. The file may be lost.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hushwatt_ledger::storage::{Disk, StorageError, replace_whole};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Between two signs of life.
const SIGN: Duration = Duration::from_secs(30);
/// A program that gave no sign for so long is taken not to run, in seconds: longer than it waits for nodes that do not answer.
pub const SILENCE: u64 = 180;
/// Far longer than a status is.
const MAX_BYTES: u64 = 16 << 20;

/// What was told, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told<S> {
    /// When, in unix seconds of the machine's clock, also where the network's time is simulated.
    pub told: u64,
    /// Whether the program ran on.
    pub runs: bool,
    /// How it was.
    pub status: S,
}

impl<S> Told<S> {
    /// How old it is at a time, in seconds.
    pub fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.told)
    }

    /// Whether the program runs, as far as this says.
    pub fn is_running(&self, now: u64) -> bool {
        self.runs && self.age(now) <= SILENCE
    }
}

/// The machine's time, in unix seconds; a clock before 1970 is as wrong as one at 1970.
pub fn machine_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What a program told last in its file; `None` if it never did, or the file was lost.
///
/// # Errors
/// What the system says; `InvalidData` for a file that is no such status.
pub fn last_told<S: DeserializeOwned>(path: &Path) -> io::Result<Option<Told<S>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    let told = serde_json::from_slice(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some(told))
}

/// The file, as the program that runs writes it.
#[derive(Debug)]
pub struct StatusFile {
    path: PathBuf,
    /// When something was told last, by a clock that never goes back.
    signed: Option<Duration>,
}

impl StatusFile {
    /// At a path; writes nothing yet.
    pub fn at(path: &Path) -> Self {
        StatusFile { path: path.to_path_buf(), signed: None }
    }

    /// Tells how the program is, at a time of a clock that never goes back, if that is news or a sign of life is due; says whether
    /// it was. What could not be written is not tried again before that.
    ///
    /// # Errors
    /// [`StorageError`]: then the old file is told on, until it is too old.
    pub fn tell(
        &mut self,
        disk: &dyn Disk,
        status: &impl Serialize,
        is_news: bool,
        now: Duration,
    ) -> Result<bool, StorageError> {
        if !is_news && self.signed.is_some_and(|signed| now < signed + SIGN) {
            return Ok(false);
        }
        self.signed = Some(now);
        self.write(disk, status, true)?;
        Ok(true)
    }

    /// Tells how the program was when it was stopped.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn stop(&self, disk: &dyn Disk, status: &impl Serialize) -> Result<(), StorageError> {
        self.write(disk, status, false)
    }

    fn write(&self, disk: &dyn Disk, status: &impl Serialize, runs: bool) -> Result<(), StorageError> {
        let bytes = serde_json::to_vec(&Told { told: machine_time(), runs, status })
            .map_err(|error| StorageError::Io { action: "write", path: self.path.clone(), source: error.into() })?;
        replace_whole(disk, &self.path, &bytes).map(drop)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use hushwatt_ledger::storage::PrivateDisk;

    use super::*;

    #[test]
    fn news_and_signs_of_life_are_told_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        let read = || last_told::<u32>(&path).unwrap();
        assert_eq!(read(), None);
        let mut file = StatusFile::at(&path);
        let mut tell = |status: u32, is_news, second| {
            file.tell(&PrivateDisk, &status, is_news, Duration::from_secs(second)).unwrap();
            read().unwrap().status
        };
        assert_eq!(tell(1, false, 0), 1, "the first is always told");
        assert_eq!(tell(2, false, 29), 1);
        assert_eq!(tell(3, true, 29), 3);
        assert_eq!([tell(4, false, 58), tell(5, false, 59)], [3, 5]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(read().unwrap().runs && machine_time() - read().unwrap().told < 60);
        file.stop(&PrivateDisk, &6).unwrap();
        assert_eq!(read().map(|told| (told.runs, told.status)), Some((false, 6)));
    }

    #[test]
    fn who_is_silent_for_long_or_said_that_he_stops_does_not_run() {
        let told = |runs| Told { told: 1_000, runs, status: () };
        assert_eq!([900, 1_000, 1_007].map(|now| told(true).age(now)), [0, 0, 7]);
        let running = [900, 1_000, 1_000 + SILENCE, 1_001 + SILENCE].map(|now| told(true).is_running(now));
        assert_eq!(running, [true, true, true, false]);
        assert!(!told(false).is_running(1_000));
    }

    #[test]
    fn what_is_no_status_is_said_and_not_guessed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.json");
        for wrong in [
            "",
            "{}",
            "{\"told\":1,\"runs\":true,\"status\":1,\"more\":2}",
            "{\"told\":1,\"runs\":true,\"status\":\"a\"}",
        ] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(last_told::<u32>(&path).unwrap_err().kind(), io::ErrorKind::InvalidData, "{wrong}");
        }
    }
}
