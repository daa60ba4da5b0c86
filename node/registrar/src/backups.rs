//! Backups of the register: one file each, that `age -d` opens, in a folder that belongs on another disk. The oldest go as new
//! ones come, so that what was erased from the register is gone from its backups too, some day that is known.
//!
//! A backup knows nothing of what is erased after it: so restoring one takes the receipts given since, and erases again.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{NetworkId, Rng};
use hushwatt_ledger::{genesis::Genesis, storage::make_private_folder, units::Timestamp};
use hushwatt_vault::{Passphrase, Strength, backup};

use crate::{
    Registrar, RegistrarError, Restored,
    folder::RegistrarFolder,
    receipt::{MAX_BYTES, Receipt},
    register::BackupNote,
};

const SUFFIX: &str = ".age";
/// Digits of the network in a name: the backups of two communities do not push each other out of one folder.
const NETWORK_DIGITS: usize = 8;

/// How long backups are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The newest so many; at least one, the one just made.
    pub keep: usize,
    /// None that is older than so many days, the one just made excepted.
    pub days: Option<u32>,
}

/// What making a backup did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The new one.
    pub made: PathBuf,
    /// Those that went.
    pub removed: Vec<PathBuf>,
    /// How many there are now, without those ahead.
    pub left: usize,
    /// Those whose time is to come, made while the clock ran ahead: they count for nothing and stay until somebody removes them.
    pub ahead: Vec<PathBuf>,
}

/// How the backups of one community are called.
struct Names(String);

impl Names {
    fn of(network: &NetworkId) -> Self {
        let digits: String = network.to_string().chars().take(NETWORK_DIGITS).collect();
        Names(format!("register-{digits}-"))
    }

    fn at(&self, time: Timestamp) -> String {
        format!("{}{:010}{SUFFIX}", self.0, time.0)
    }

    /// When the backup of this name was made; `None` if it is the name of something else.
    fn time_of(&self, name: &str) -> Option<Timestamp> {
        let time: u64 = name.strip_prefix(&self.0)?.strip_suffix(SUFFIX)?.parse().ok()?;
        (name == self.at(Timestamp(time))).then_some(Timestamp(time))
    }
}

/// Which of these backups go, when the newest of them was just made.
fn to_remove(mut times: Vec<Timestamp>, rotation: Rotation) -> Vec<Timestamp> {
    times.sort_unstable();
    let Some(newest) = times.pop() else { return Vec::new() };
    let kept = rotation.keep.saturating_sub(1);
    let many = times.len().saturating_sub(kept);
    let oldest = rotation.days.map(|days| newest.minus(u64::from(days) * 86_400));
    let goes = |(place, time): &(usize, &Timestamp)| *place < many || oldest.is_some_and(|oldest| **time < oldest);
    times.iter().enumerate().filter(goes).map(|(_, time)| *time).collect()
}

/// Writes a backup into a folder, reads it back, and only then removes those whose time is over: they are overwritten first. `now`
/// is this machine's clock.
///
/// # Errors
/// [`RegistrarError::File`], [`RegistrarError::Io`].
pub fn make(
    registrar: &mut Registrar,
    to: &Path,
    passphrase: &Passphrase,
    strength: Strength,
    rotation: Rotation,
    now: Timestamp,
) -> Result<Rotated, RegistrarError> {
    let io_at = |action: &'static str, path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| RegistrarError::Io { action, path, source }
    };
    make_private_folder(to).map_err(io_at("create", to))?;
    let names = Names::of(registrar.network());
    let listed = |to: &Path| -> Result<Vec<PathBuf>, RegistrarError> {
        let entries = fs::read_dir(to).map_err(io_at("read", to))?;
        entries.map(|entry| entry.map(|entry| entry.path()).map_err(io_at("read", to))).collect()
    };
    let time_of = |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| names.time_of(name));
    // What a crash left: it counts for nothing, and may have persons in it. One that was cut off may be several files, in any order.
    let mut cut_off = BTreeSet::new();
    for path in listed(to)? {
        let begun = time_of(&path).is_some() && path.metadata().map_err(io_at("read", &path))?.len() == 0;
        let whole = backup::leftover_of(&path).filter(|whole| time_of(whole).is_some());
        cut_off.extend(whole.or(begun.then_some(path)));
    }
    for path in cut_off {
        backup::erase(&path)?;
    }
    let made = to.join(names.at(now));
    let content = registrar.content_for_backup(BackupNote { made: now.0, days: rotation.days })?;
    backup::write_with(&made, passphrase, &content, strength)?;
    if backup::read(&made, passphrase)? != content {
        let other = io::Error::new(io::ErrorKind::InvalidData, "it reads back otherwise than it was written");
        return Err(io_at("read back", &made)(other));
    }
    let times: BTreeSet<Timestamp> = listed(to)?.iter().filter_map(|path| time_of(path)).collect();
    let (times, ahead): (Vec<Timestamp>, Vec<Timestamp>) = times.into_iter().partition(|time| *time <= now);
    let ahead = ahead.into_iter().map(|time| to.join(names.at(time))).collect();
    let mut removed = Vec::new();
    let count = times.len();
    for time in to_remove(times, rotation) {
        let path = to.join(names.at(time));
        backup::erase(&path)?;
        removed.push(path);
    }
    Ok(Rotated { made, left: count - removed.len(), removed, ahead })
}

/// The receipts in a folder: every file in it whose name ends in `.json`.
fn receipts_in(folder: &Path) -> Result<Vec<(PathBuf, Receipt)>, RegistrarError> {
    let io_at = |path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| RegistrarError::Io { action: "read", path, source }
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io_at(folder))? {
        let path = entry.map_err(io_at(folder))?.path();
        if path.extension().is_some_and(|end| end == "json") {
            found.push((read_receipt(&path)?, path));
        }
    }
    found.sort_by(|(_, one), (_, other)| one.cmp(other));
    Ok(found.into_iter().map(|(receipt, path)| (path, receipt)).collect())
}

/// Reads the file of a receipt, and verifies its signature by the key that it names.
///
/// # Errors
/// [`RegistrarError::Io`], [`RegistrarError::Receipt`].
pub fn read_receipt(path: &Path) -> Result<Receipt, RegistrarError> {
    use io::Read;
    let mut bytes = Vec::new();
    // One byte more than may be: then it is said that it is too long.
    let read = fs::File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|source| RegistrarError::Io { action: "read", path: path.to_path_buf(), source })?;
    Receipt::from_json(&bytes).map_err(|source| RegistrarError::Receipt { path: path.to_path_buf(), source })
}

/// Where things are for restoring.
pub struct Restore<'a> {
    /// The folder, new or with a register that is to be replaced.
    pub folder: &'a RegistrarFolder,
    /// The community's genesis.
    pub genesis: Genesis,
    /// The backup.
    pub backup: &'a Path,
    /// Its passphrase.
    pub backup_passphrase: &'a Passphrase,
    /// A folder with receipts given since, if there is one.
    pub receipts: Option<&'a Path>,
    /// The passphrase of the register: the one of the register there, or for a new one.
    pub passphrase: &'a Passphrase,
    /// How strongly it protects.
    pub strength: Strength,
}

/// Restores a backup, and does again what was done since, as far as receipts say it.
///
/// # Errors
/// [`RegistrarError`] of the folder and the files. A register that was there is as it was then.
pub fn restore(restore: Restore<'_>, rng: &mut impl Rng) -> Result<(Registrar, Restored), RegistrarError> {
    let content = backup::read(restore.backup, restore.backup_passphrase)?;
    let receipts = restore.receipts.map(receipts_in).transpose()?.unwrap_or_default();
    let Restore { folder, genesis, passphrase, strength, .. } = restore;
    Registrar::restore(folder, genesis, &content, passphrase, strength, &receipts, rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    #[test]
    fn the_name_of_a_backup_tells_its_time_and_no_other_file_is_taken_for_one() {
        let names = Names::of(&NetworkId([0xab; 32]));
        assert_eq!(names.at(Timestamp(7)), "register-abababab-0000000007.age");
        for time in [Timestamp(7), Timestamp(1_781_584_800)] {
            assert_eq!(names.time_of(&names.at(time)), Some(time));
            assert_eq!(Names::of(&NetworkId([0xac; 32])).time_of(&names.at(time)), None);
        }
        for other in ["-.age", "-7.age", "-+000000007.age", "-0000000007.age.bak", "-notes.age"] {
            let other = format!("register-abababab{other}");
            assert_eq!(names.time_of(&other), None, "{other}");
        }
    }

    #[test]
    fn too_many_and_too_old_backups_go_and_the_newest_never() {
        let times =
            |days: &[u64]| -> Vec<Timestamp> { days.iter().map(|day| Timestamp(100 * DAY + day * DAY)).collect() };
        let rotation = |keep, days| Rotation { keep, days };
        let all = || times(&[3, 1, 2, 30, 29]);
        assert_eq!(to_remove(all(), rotation(9, None)), []);
        assert_eq!(to_remove(all(), rotation(3, None)), times(&[1, 2]));
        assert_eq!(to_remove(all(), rotation(9, Some(27))), times(&[1, 2]));
        assert_eq!(to_remove(all(), rotation(9, Some(28))), times(&[1]));
        assert_eq!(to_remove(all(), rotation(2, Some(28))), times(&[1, 2, 3]));
        assert_eq!(to_remove(all(), rotation(0, Some(0))), times(&[1, 2, 3, 29]));
        assert_eq!(to_remove(Vec::new(), rotation(1, Some(1))), []);
    }
}
