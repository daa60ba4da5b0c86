//! Hints: the erasable part of a transaction's outputs (protocol section 3), one file for each UTC day.
//!
//! They are kept apart from the log so that forgetting is an unlink: [`HintStore::remove_day`] removes a day's file and
//! nothing else ever held those bytes. A day's hints are appended and synced **before** the block is appended to the log.
//! When a crash falls in between, the block is proposed again and its hints are stored twice: harmless, readers return both.
//!
//! Format: see `frame`, with the day number in the header. One append is one record, so it is visible whole or not at all:
//! part `a` is a table of `[tx_id 64][len u32]`, part `b` the hints' bytes in the same order.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::append::{AppendFile, check_cap, draft_of};
use super::disk::{Disk, folder_of};
use super::error::StorageError;
use super::frame::{Flaw, Format, Frame, FrameError, FrameReader, le};
use super::log::export_error;

/// Length of a transaction id, in bytes.
pub const TX_ID_LEN: usize = 64;
/// The longest hint bytes of one transaction.
pub const MAX_HINT: u32 = 64 << 10;
/// How many transactions' hints one append may carry.
pub const MAX_HINTS: u32 = 1 << 16;
/// How many hint bytes one append may carry.
pub const MAX_HINT_BYTES: u32 = 32 << 20;

const ENTRY_LEN: usize = TX_ID_LEN + 4;

static HINTS: Format = Format {
    what: "hushwatt hint file",
    magic: *b"HWHINTS",
    version: 1,
    content: ("day number", 4),
    a: ("hint table", MAX_HINTS * ENTRY_LEN as u32),
    b: ("hint bytes of one block", MAX_HINT_BYTES),
};

/// A UTC day: days since 1 January 1970. Displayed as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

impl Day {
    /// The day of a unix time in seconds (times more than eleven million years ahead count as the last day).
    pub fn of_unix(seconds: u64) -> Self {
        Self(u32::try_from(seconds / 86_400).unwrap_or(u32::MAX))
    }

    /// Year, month, day of month, by Howard Hinnant's `civil_from_days`: a year begins in March, so that the leap day is its
    /// last, and 400 years (an era) have 146,097 days.
    fn civil(self) -> (u64, u64, u64) {
        let days = u64::from(self.0) + 719_468; // from 1 March of year 0
        let (era, in_era) = (days / 146_097, days % 146_097);
        let year_of_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
        let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * in_year + 2) / 153;
        let day = in_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        (era * 400 + year_of_era + u64::from(month <= 2), month, day)
    }

    /// The day with this file name, if it is exactly the name that [`HintStore`] gives.
    fn of_file_name(name: &str) -> Option<Self> {
        let date = name.strip_suffix(".hwh")?;
        let mut parts = date.rsplitn(3, '-').map(|part| part.parse::<u64>().ok());
        let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
        if !(1970..=20_000_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let (from_march, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
        let (era, year_of_era) = (year / 400, year % 400);
        let in_year = (153 * from_march + 2) / 5 + day - 1;
        let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
        let found = Self(u32::try_from(days.checked_sub(719_468)?).ok()?);
        (found.file_name() == name).then_some(found)
    }

    /// The name of its file.
    pub fn file_name(self) -> String {
        format!("{self}.hwh")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// The hints of one transaction: bytes that this layer does not look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The transaction.
    pub tx_id: [u8; TX_ID_LEN],
    /// All its hints, at most [`MAX_HINT`] bytes.
    pub bytes: Vec<u8>,
}

/// The node's own hints. Whoever has the [`super::ChainLog`] of the same node open may have this open, nobody else.
#[derive(Debug)]
pub struct HintStore {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// The file appended to last.
    current: Option<(Day, AppendFile)>,
}

impl HintStore {
    /// Opens the folder, or makes it in an existing one. Reads no file: each is checked, and what an interrupted append left
    /// is cut off, when it is first used.
    ///
    /// # Errors
    /// [`StorageError::Io`].
    pub fn open(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, StorageError> {
        let io = StorageError::io;
        disk.create_dir(folder).map_err(io("create", folder))?;
        let parent = folder_of(folder);
        disk.sync_dir(parent).map_err(io("sync", parent))?;
        Ok(Self { disk, folder: folder.to_path_buf(), current: None })
    }

    /// Stores a block's hints under its day and returns when they are durable. An empty list does nothing.
    ///
    /// # Errors
    /// [`StorageError::TooLarge`]: nothing was written. [`StorageError::Io`]: whether they are there is unknown (all or none);
    /// that day then refuses with [`StorageError::Poisoned`] until the store is opened again. [`StorageError::Damaged`],
    /// [`StorageError::BadHeader`], [`StorageError::WrongDay`]: the day's file is not usable; remove the day and fetch its
    /// hints from another node.
    pub fn append(&mut self, day: Day, hints: &[Hint]) -> Result<(), StorageError> {
        if hints.is_empty() {
            return Ok(());
        }
        let (table, bytes) = encode(hints)?;
        let file = match &mut self.current {
            Some((open, file)) if *open == day => file,
            current => {
                let path = self.folder.join(day.file_name());
                let file = AppendFile::open_or_create(&*self.disk, &path, &HINTS, &day.0.to_le_bytes())?;
                check_day(&file, day)?;
                &mut current.insert((day, file)).1
            }
        };
        file.append(&table, &bytes)?;
        Ok(())
    }

    /// All hints of a day in the order they were stored, with repetitions; none for a day without a file.
    ///
    /// # Errors
    /// As for [`Self::append`].
    pub fn read_day(&self, day: Day) -> Result<Vec<Hint>, StorageError> {
        let mut hints = Vec::new();
        self.with_day(day, |file| {
            for number in 0..file.len() {
                let damaged =
                    |flaw| StorageError::Damaged { path: file.path().to_path_buf(), record: number, offset: 0, flaw };
                hints.extend(decode(&file.read(number)?).map_err(damaged)?);
            }
            Ok(())
        })?;
        Ok(hints)
    }

    /// The days that have a file, in order. Files that are not ours are passed over.
    ///
    /// # Errors
    /// [`StorageError::Io`].
    pub fn days(&self) -> Result<Vec<Day>, StorageError> {
        let names = self.disk.list(&self.folder).map_err(StorageError::io("list", &self.folder))?;
        let mut days: Vec<Day> = names.iter().filter_map(|name| Day::of_file_name(name)).collect();
        days.sort();
        Ok(days)
    }

    /// Forgets a day: unlinks its file, and returns when that is durable. Says whether there was one.
    ///
    /// # Errors
    /// [`StorageError::Io`].
    pub fn remove_day(&mut self, day: Day) -> Result<bool, StorageError> {
        if matches!(self.current, Some((open, _)) if open == day) {
            self.current = None;
        }
        let path = self.folder.join(day.file_name());
        let mut found = false;
        for path in [draft_of(&path), path] {
            if self.disk.open(&path).map_err(StorageError::io("open", &path))?.is_some() {
                self.disk.remove(&path).map_err(StorageError::io("remove", &path))?;
                found = true;
            }
        }
        self.disk.sync_dir(&self.folder).map_err(StorageError::io("sync", &self.folder))?;
        Ok(found)
    }

    /// Length of a day's file in bytes, as far as it is synced; 0 for a day without one.
    ///
    /// # Errors
    /// As for [`Self::append`].
    pub fn file_len(&self, day: Day) -> Result<u64, StorageError> {
        let mut length = 0;
        self.with_day(day, |file| {
            length = file.end();
            Ok(())
        })?;
        Ok(length)
    }

    /// Bytes of a day's file from an offset on, as far as they are synced; fewer than `length` only at the end. What was read
    /// once stays at its place until the day is forgotten.
    ///
    /// # Errors
    /// As for [`Self::append`].
    pub fn read_at(&self, day: Day, offset: u64, length: usize) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        self.with_day(day, |file| {
            bytes = file.read_bytes(offset, length)?;
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Writes a day's file to `out`; [`HintReader`] reads it. A day without hints gives an empty file of that day.
    ///
    /// # Errors
    /// As for [`Self::append`]; [`StorageError::ExportIo`] when `out` fails.
    pub fn export(&self, day: Day, out: &mut dyn Write) -> Result<(), StorageError> {
        let mut written = false;
        self.with_day(day, |file| {
            written = true;
            file.export(out)
        })?;
        if !written {
            let (header, _) = super::frame::encode_header(&HINTS, &day.0.to_le_bytes());
            let failed = |source| StorageError::ExportIo { action: "write", what: HINTS.what, source };
            out.write_all(&header).map_err(failed)?;
        }
        Ok(())
    }

    fn with_day(
        &self,
        day: Day,
        mut work: impl FnMut(&AppendFile) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        if let Some((open, file)) = &self.current
            && *open == day
        {
            return work(file);
        }
        let path = self.folder.join(day.file_name());
        match AppendFile::open(&*self.disk, &path, &HINTS)? {
            Some(file) => {
                check_day(&file, day)?;
                work(&file)
            }
            None => Ok(()),
        }
    }
}

fn check_day(file: &AppendFile, day: Day) -> Result<(), StorageError> {
    if file.content() == day.0.to_le_bytes() {
        return Ok(());
    }
    Err(StorageError::WrongDay { path: file.path().to_path_buf(), found: Day(le(file.content()) as u32).to_string() })
}

fn encode(hints: &[Hint]) -> Result<(Vec<u8>, Vec<u8>), StorageError> {
    let (mut table, mut bytes) = (Vec::new(), Vec::new());
    for hint in hints {
        check_cap(("hint", MAX_HINT), &hint.bytes)?;
        table.extend_from_slice(&hint.tx_id);
        table.extend_from_slice(&(hint.bytes.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&hint.bytes);
    }
    check_cap(HINTS.a, &table)?;
    check_cap(HINTS.b, &bytes)?;
    Ok((table, bytes))
}

fn decode(frame: &Frame) -> Result<Vec<Hint>, Flaw> {
    let (entries, rest) = frame.a.as_chunks::<ENTRY_LEN>();
    if !rest.is_empty() {
        return Err(Flaw::Contradiction);
    }
    let mut bytes = frame.b.as_slice();
    let mut hints = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut tx_id = [0; TX_ID_LEN];
        tx_id.copy_from_slice(&entry[..TX_ID_LEN]);
        let len = le(&entry[TX_ID_LEN..]) as u32;
        if len > MAX_HINT {
            return Err(Flaw::AboveCap { what: "hint", len, cap: MAX_HINT });
        }
        let (hint, after) = bytes.split_at_checked(len as usize).ok_or(Flaw::Contradiction)?;
        hints.push(Hint { tx_id, bytes: hint.to_vec() });
        bytes = after;
    }
    if bytes.is_empty() { Ok(hints) } else { Err(Flaw::Contradiction) }
}

/// Reads an exported day from any source, believing nothing (compare [`super::ChainReader`]).
#[derive(Debug)]
pub struct HintReader<R> {
    frames: FrameReader<BufReader<R>>,
    day: Day,
    /// Hints of the record read last.
    ready: VecDeque<Hint>,
    ended: bool,
}

impl<R: Read> HintReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`StorageError::BadExport`], [`StorageError::ExportIo`].
    pub fn new(source: R) -> Result<Self, StorageError> {
        let failed = |error| export_error(&HINTS, 0, 0, error);
        let (frames, content) = FrameReader::open(BufReader::new(source), &HINTS).map_err(failed)?;
        if content.len() != 4 {
            return Err(failed(Flaw::Contradiction.into()));
        }
        Ok(Self { frames, day: Day(le(&content) as u32), ready: VecDeque::new(), ended: false })
    }

    /// The day whose hints these are.
    pub fn day(&self) -> Day {
        self.day
    }

    /// The next hint; `None` at the end, and after an error.
    ///
    /// # Errors
    /// [`StorageError::BadExport`], [`StorageError::ExportIo`].
    pub fn next_hint(&mut self) -> Result<Option<Hint>, StorageError> {
        while self.ready.is_empty() && !self.ended {
            let (record, offset) = (self.frames.number(), self.frames.offset());
            let hints = match self.frames.next_frame() {
                Ok(Some(frame)) => decode(&frame).map_err(FrameError::Bad),
                Ok(None) => {
                    self.ended = true;
                    break;
                }
                Err(error) => Err(error),
            };
            self.ended = hints.is_err();
            self.ready = hints.map_err(|error| export_error(&HINTS, record, offset, error))?.into();
        }
        Ok(self.ready.pop_front())
    }
}

impl<R: Read> Iterator for HintReader<R> {
    type Item = Result<Hint, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_hint().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_own_date_and_the_date_names_the_day() {
        assert_eq!(Day(0).to_string(), "1970-01-01");
        assert_eq!(Day::of_unix(951_782_400).to_string(), "2000-02-29");
        assert_eq!(Day::of_unix(1_795_219_199).to_string(), "2026-11-20");
        for day in (0..200_000).chain([u32::MAX - 1, u32::MAX]).map(Day) {
            assert_eq!(Day::of_file_name(&day.file_name()), Some(day));
        }
        for name in [
            "2026-02-30.hwh",
            "2026-1-1.hwh",
            "+2026-01-01.hwh",
            "2026-01-01.hwh.new",
            "1969-12-31.hwh",
            "x.hwh",
            ".hwh",
        ] {
            assert_eq!(Day::of_file_name(name), None, "{name}");
        }
    }
}
