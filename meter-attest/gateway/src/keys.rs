//! The gateway's secrets: the meter's signing key, the reading key of the oldest day that is kept, and the secret that decides
//! when attestations are sent. One file, readable by its owner only.
//!
//! ```text
//! # Keep this file secret ...
//! hushwatt gateway keys, version 1
//! meter: 64 hexadecimal digits          (Ed25519 secret)
//! day: 20241                            (UTC day of the next line)
//! reading: 64 hexadecimal digits        (day key)
//! schedule: 64 hexadecimal digits
//! ```
//!
//! The reading key moves forward a day at a time and the file is replaced whole, so that what was attested long ago can be
//! opened by nobody who takes the box. The secrets pass through buffers that are wiped; overwriting flash memory is beyond any
//! program, and the documentation says so.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use hushwatt_client::secret_file::{self, Unread, from_hex, push_hex};
use hushwatt_crypto::{NetworkId, Rng, meter::DayKey, signature::SigningKey};
use hushwatt_ledger::storage::write_private_file;
use zeroize::Zeroizing;

const KIND: &str = "hushwatt gateway keys, version 1";
const NAMES: [&str; 4] = ["meter", "day", "reading", "schedule"];

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// No file.
    #[error("{} is missing: restore it from its backup; without one make a new gateway and have the registrar replace the meter's key", .0.display())]
    Missing(PathBuf),
    /// There is one already.
    #[error("{} exists already and is not replaced: a meter's key cannot be made again. Move it away first if you are sure", .0.display())]
    Exists(PathBuf),
    /// Readable by others.
    #[error(
        "{} may be read by other users of this machine (mode {mode:04o}): run \"chmod 600 {}\"; if others had access, have the registrar replace the meter's key",
        path.display(), path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not such a file.
    #[error("{} is no file of gateway keys ({wrong}): restore it from its backup", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The secrets of one gateway.
pub struct Keys {
    /// Signs attestations.
    pub signing: SigningKey,
    /// The reading key of the oldest day that is kept.
    pub day: DayKey,
    /// Decides when attestations are sent.
    pub schedule: Zeroizing<[u8; 32]>,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Keys({:?}, ..)", self.day)
    }
}

impl Keys {
    /// Fresh ones; reading begins on this UTC day.
    pub fn random(day: u64, rng: &mut impl Rng) -> Self {
        let mut schedule = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut schedule[..]);
        Keys { signing: SigningKey::random(rng), day: DayKey::random(day, rng), schedule }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let format = |wrong| KeysError::Format { path: path.to_path_buf(), wrong };
        let text = secret_file::read(path).map_err(|error| match error {
            Unread::Open(mode) => KeysError::Open { path: path.to_path_buf(), mode },
            Unread::NotText => format("it is no short text"),
            Unread::Io(error) if error.kind() == io::ErrorKind::NotFound => KeysError::Missing(path.to_path_buf()),
            Unread::Io(error) => io_at("read", path)(error),
        })?;
        Self::parse(&text).map_err(format)
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(KIND) {
            return Err("its first line is another one");
        }
        let mut values = [""; NAMES.len()];
        for (value, name) in values.iter_mut().zip(NAMES) {
            let rest = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
            *value = rest.ok_or("a line is missing or in another place")?;
        }
        if lines.next().is_some() {
            return Err("there is more than belongs there");
        }
        let [meter, day, reading, schedule] = values;
        let day = day.parse().map_err(|_| "the day is no number")?;
        Ok(Keys {
            signing: SigningKey::from_bytes(&*secret(meter)?),
            day: DayKey::from_bytes(day, *secret(reading)?),
            schedule: secret(schedule)?,
        })
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = secret_file::buffer();
        text.push_str("# Keep this file secret: whoever has it attests as this meter and reads what it measures.\n");
        text.push_str(KIND);
        text.push_str("\nmeter: ");
        push_hex(&mut text, &self.signing.to_bytes()[..]);
        text.push_str("\nday: ");
        text.push_str(&self.day.day().to_string());
        text.push_str("\nreading: ");
        push_hex(&mut text, self.day.expose());
        text.push_str("\nschedule: ");
        push_hex(&mut text, &self.schedule[..]);
        text.push('\n');
        text
    }

    /// Writes a new file and makes it durable. Never replaces one.
    ///
    /// # Errors
    /// [`KeysError::Exists`], [`KeysError::Io`].
    pub fn write_new(&self, path: &Path) -> Result<(), KeysError> {
        write_private_file(path, self.text().as_bytes()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => KeysError::Exists(path.to_path_buf()),
            _ => io_at("write", path)(error),
        })?;
        sync_folder(path).map_err(io_at("write", path))
    }

    /// Forgets the keys of all days before this one: the file is replaced, durably, by one that has only later ones. Does nothing
    /// if they are gone already.
    ///
    /// # Errors
    /// [`KeysError::Io`]; the file is then as it was, or has the later key already.
    pub fn forget_before(&mut self, network: &NetworkId, day: u64, path: &Path) -> Result<(), KeysError> {
        if day <= self.day.day() {
            return Ok(());
        }
        let Some(later) = self.day.advance(network, day) else { return Ok(()) };
        let next = Keys {
            signing: SigningKey::from_bytes(&self.signing.to_bytes()),
            day: later,
            schedule: self.schedule.clone(),
        };
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        next.write_new(&beside)?;
        std::fs::rename(&beside, path).and_then(|()| sync_folder(path)).map_err(io_at("replace", path))?;
        *self = next;
        Ok(())
    }
}

fn io_at(action: &'static str, path: &Path) -> impl Fn(io::Error) -> KeysError + use<> {
    let path = path.to_path_buf();
    move |source| KeysError::Io { action, path: path.clone(), source }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn secret(digits: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    from_hex(digits).ok_or("a secret is not 64 hexadecimal digits")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rand_core::OsRng;

    use super::*;

    #[test]
    fn keys_read_back_and_are_never_replaced_by_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(matches!(Keys::read(&path), Err(KeysError::Missing(_))));
        let keys = Keys::random(20_000, &mut OsRng);
        keys.write_new(&path).unwrap();
        let read = Keys::read(&path).unwrap();
        assert_eq!(*read.signing.to_bytes(), *keys.signing.to_bytes());
        assert!(read.day == keys.day && read.schedule == keys.schedule);
        assert!(matches!(keys.write_new(&path), Err(KeysError::Exists(_))));
        assert!(!format!("{keys:?}").contains(&*keys.text().lines().nth(2).unwrap().replace("meter: ", "")));
    }

    #[test]
    fn a_file_that_others_may_read_or_that_was_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = Keys::random(20_000, &mut OsRng);
        keys.write_new(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::read(&path), Err(KeysError::Open { mode: 0o640, .. })));
        let text = keys.text().replace("day: 20000", "day: soon");
        assert!(Keys::parse(&text).is_err());
        assert!(Keys::parse(&keys.text().replace("schedule", "sched")).is_err());
        assert!(Keys::parse("").is_err());
        let schedule = keys.text().trim_end().rsplit(' ').next().unwrap().to_owned();
        for wrong in [&schedule[1..], &format!("{schedule}0"), &"g".repeat(64)] {
            let error = Keys::parse(&keys.text().replace(&schedule, wrong)).unwrap_err();
            assert_eq!(error, "a secret is not 64 hexadecimal digits");
        }
        std::fs::write(&path, keys.text().repeat(100)).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Keys::read(&path), Err(KeysError::Format { .. })));
    }

    #[test]
    fn the_key_of_a_day_that_was_forgotten_is_gone_from_memory_and_disk() {
        let (folder, network) = (tempfile::tempdir().unwrap(), NetworkId([3; 32]));
        let path = folder.path().join("keys");
        let mut keys = Keys::random(20_000, &mut OsRng);
        keys.write_new(&path).unwrap();
        let later = keys.day.advance(&network, 20_010).unwrap();
        keys.forget_before(&network, 20_010, &path).unwrap();
        let read = Keys::read(&path).unwrap();
        assert!(keys.day == later && read.day == later && read.day.advance(&network, 20_009).is_none());
        keys.forget_before(&network, 20_005, &path).unwrap();
        assert_eq!(keys.day.day(), 20_010);
    }
}
