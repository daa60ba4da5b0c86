//! The member's shares on disk, one file a period: each as it came, sealed for the member's key, so that a copy of the folder
//! without `sealing.key` says nothing. A period's file is removed when nothing of it can be asked or released any more.
//!
//! | | |
//! |---|---|
//! | name | `PERIOD.hws` |
//! | header | network and period |
//! | record, part a | a share: whose it is, and which sharing of it is wrong; or one that is lacking: whose, and height and digest of the block in which it was shared |
//! | record, part b | the sealed shares |
//!
//! Format and repair are those of the ledger's storage ([`AppendFile`]).

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::{
    NetworkId,
    sharing::{SEALED_SHARE_LENGTH, SealedShare},
};
use hushwatt_ledger::{
    block::BlockDigest,
    codec::{DecodeError, Reader, Writer},
    storage::{AppendFile, Disk, Format, Frame, StorageError},
    transaction::share::{Subject, TradeId},
    units::{MeterId, Period, Utility},
};

/// End of the names of the files.
const SUFFIX: &str = ".hws";
/// And of one that is being made.
const DRAFT: &str = ".hws.new";
/// No subject has more openings.
const MOST_SHARINGS: usize = 2;

static SHARES: Format = Format {
    what: "hushwatt shares of a period",
    magic: *b"HWSHARE",
    version: 2,
    content: ("network and period", 40),
    a: ("whose share", 96),
    b: ("sealed shares", (MOST_SHARINGS * SEALED_SHARE_LENGTH) as u32),
};

const HERE: u8 = 1;
const LACKING: u8 = 2;
const METER: u8 = 0;
const TRADE: u8 = 1;
/// Stands for no wrong sharing.
const ALL_RIGHT: u8 = u8::MAX;

/// Why shares cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SharesError {
    /// The files.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file of another network, or under another name.
    #[error("{} holds shares of another network or period than its name says: it was renamed or copied; move it away", .0.display())]
    Foreign(PathBuf),
    /// A record that cannot be read.
    #[error("record {record} of {} cannot be read: it was written by another version; start that one", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// Number of the record, from 0.
        record: u64,
    },
}

/// What is kept of one subject's openings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept {
    /// The member's shares, one a sharing.
    Here {
        /// As they were sealed.
        sealed: Vec<SealedShare>,
        /// The first that is wrong, if one is.
        wrong: Option<u8>,
    },
    /// Nobody gave them, or he has another sealing key than the registry says.
    Lacking {
        /// The block in which they were shared.
        height: u64,
        /// Its digest: what somebody gives later is of this block.
        block: BlockDigest,
    },
}

/// How many subjects of a period are in which state.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Count {
    /// Shares that are kept and right.
    pub right: u32,
    /// One of them is wrong.
    pub wrong: u32,
    /// Nobody gave them.
    pub lacking: u32,
}

impl Count {
    fn of(&mut self, kept: &Kept) -> &mut u32 {
        match kept {
            Kept::Here { wrong: None, .. } => &mut self.right,
            Kept::Here { wrong: Some(_), .. } => &mut self.wrong,
            Kept::Lacking { .. } => &mut self.lacking,
        }
    }
}

#[derive(Debug, Default)]
struct PeriodFile {
    /// Closed after an error: what it ends with is unknown then until it is opened again.
    file: Option<AppendFile>,
    kept: BTreeMap<Subject, Kept>,
    count: Count,
    /// How often something was kept since the file was opened.
    changes: u64,
}

impl PeriodFile {
    fn insert(&mut self, subject: Subject, kept: Kept) {
        *self.count.of(&kept) += 1;
        if let Some(old) = self.kept.insert(subject, kept) {
            *self.count.of(&old) -= 1;
        }
        self.changes += 1;
    }
}

/// All shares.
#[derive(Debug)]
pub struct Shares {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    network: NetworkId,
    periods: BTreeMap<Period, PeriodFile>,
}

impl Shares {
    /// Opens the shares in a folder that is there, and checks all files. Whoever calls is the only one who has them open.
    ///
    /// # Errors
    /// [`SharesError`].
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, network: &NetworkId) -> Result<Self, SharesError> {
        let mut shares = Shares { disk, folder: folder.to_path_buf(), network: *network, periods: BTreeMap::new() };
        // A file that the last run removed stays removed, also if it was ended before it could be sure.
        shares.disk.sync_dir(folder).map_err(at("sync", folder))?;
        for name in shares.disk.list(folder).map_err(at("list", folder))? {
            if name.ends_with(DRAFT) {
                let path = folder.join(&name);
                shares.disk.remove(&path).map_err(at("remove", &path))?;
            } else if let Some(period) = period_of(&name) {
                let file = shares.read(period)?.ok_or_else(|| SharesError::Foreign(folder.join(&name)))?;
                shares.periods.insert(period, file);
            }
        }
        Ok(shares)
    }

    /// The periods of which something is kept.
    pub fn periods(&self) -> impl Iterator<Item = Period> {
        self.periods.keys().copied()
    }

    /// What is kept of a period.
    pub fn of(&self, period: Period) -> impl Iterator<Item = (&Subject, &Kept)> {
        self.periods.get(&period).into_iter().flat_map(|file| &file.kept)
    }

    /// What is kept of one subject.
    pub fn get(&self, period: Period, subject: &Subject) -> Option<&Kept> {
        self.periods.get(&period)?.kept.get(subject)
    }

    /// Whether a share of a subject is here and wrong.
    pub fn is_wrong(&self, period: Period, subject: &Subject) -> bool {
        matches!(self.get(period, subject), Some(Kept::Here { wrong: Some(_), .. }))
    }

    /// Whether shares of a subject are known to be lacking.
    pub fn is_lacking(&self, period: Period, subject: &Subject) -> bool {
        matches!(self.get(period, subject), Some(Kept::Lacking { .. }))
    }

    /// How many subjects of a period are in which state.
    pub fn count(&self, period: Period) -> Count {
        self.periods.get(&period).map(|file| file.count).unwrap_or_default()
    }

    /// Length of a period's file, in bytes.
    pub fn bytes(&self, period: Period) -> u64 {
        let file = self.periods.get(&period).and_then(|file| file.file.as_ref());
        file.map_or(0, AppendFile::end)
    }

    /// A number that is another one whenever something more of a period is kept.
    pub fn changes(&self, period: Period) -> u64 {
        self.periods.get(&period).map_or(0, |file| file.changes)
    }

    /// Keeps something; durable when this returns. What is there stays, but that shares take the place of lacking ones.
    ///
    /// # Errors
    /// [`SharesError::Storage`].
    pub fn keep(&mut self, period: Period, subject: Subject, kept: Kept) -> Result<(), SharesError> {
        match (self.get(period, &subject), &kept) {
            (None, _) | (Some(Kept::Lacking { .. }), Kept::Here { .. }) => {}
            _ => return Ok(()),
        }
        let (a, b) = encode(&subject, &kept);
        let file = self.writable(period)?;
        if let Some(open) = &mut file.file
            && let Err(error) = open.append(&a, &b)
        {
            file.file = None;
            return Err(error.into());
        }
        file.insert(subject, kept);
        Ok(())
    }

    /// Forgets a period: its file is unlinked, durably when this returns.
    ///
    /// # Errors
    /// [`SharesError::Storage`].
    pub fn forget(&mut self, period: Period) -> Result<(), SharesError> {
        if let Some(file) = self.periods.get_mut(&period) {
            file.file = None;
        }
        let path = self.path(period);
        match self.disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at("remove", &path)(error).into()),
            _ => {}
        }
        self.disk.sync_dir(&self.folder).map_err(at("sync", &self.folder))?;
        self.periods.remove(&period);
        Ok(())
    }

    fn path(&self, period: Period) -> PathBuf {
        self.folder.join(format!("{}{SUFFIX}", period.0))
    }

    fn header(&self, period: Period) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.bytes(&self.network.0).u64(period.0);
        writer.finish()
    }

    /// A period with its file open. After a failed append what the file has is read again: it counts.
    fn writable(&mut self, period: Period) -> Result<&mut PeriodFile, SharesError> {
        if self.periods.get(&period).is_none_or(|file| file.file.is_none()) {
            let path = self.path(period);
            AppendFile::open_or_create(&*self.disk, &path, &SHARES, &self.header(period))?;
            let file = self.read(period)?.ok_or(SharesError::Foreign(path))?;
            self.periods.insert(period, file);
        }
        Ok(self.periods.entry(period).or_default())
    }

    /// Reads a period's file; `None` if there is none, or it is another one's.
    fn read(&self, period: Period) -> Result<Option<PeriodFile>, SharesError> {
        let path = self.path(period);
        let Some(file) = AppendFile::open(&*self.disk, &path, &SHARES)? else { return Ok(None) };
        if file.content() != self.header(period) {
            return Ok(None);
        }
        let mut read = PeriodFile::default();
        for record in 0..file.len() {
            let frame = file.read(record)?;
            let (subject, kept) = decode(&frame).map_err(|_| SharesError::Record { path: path.clone(), record })?;
            read.insert(subject, kept);
        }
        read.file = Some(file);
        Ok(Some(read))
    }
}

fn encode(subject: &Subject, kept: &Kept) -> (Vec<u8>, Vec<u8>) {
    let mut writer = Writer::new();
    writer.u8(if matches!(kept, Kept::Here { .. }) { HERE } else { LACKING });
    match subject {
        Subject::Meter(meter) => writer.u8(METER).u32(meter.0),
        Subject::Trade { utility, trade } => writer.u8(TRADE).u8(utility.code()).bytes(&trade.0),
    };
    let sealed = match kept {
        Kept::Here { sealed, wrong } => {
            writer.u8(wrong.unwrap_or(ALL_RIGHT));
            sealed.iter().flat_map(|share| share.0).collect()
        }
        Kept::Lacking { height, block } => {
            writer.u64(*height).bytes(&block.0);
            Vec::new()
        }
    };
    (writer.finish(), sealed)
}

/// Total on any bytes.
fn decode(frame: &Frame) -> Result<(Subject, Kept), DecodeError> {
    let mut reader = Reader::new(&frame.a);
    let kind = reader.u8()?;
    let subject = match reader.u8()? {
        METER => Subject::Meter(MeterId(reader.u32()?)),
        TRADE => {
            let utility = Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
            Subject::Trade { utility, trade: TradeId(reader.array()?) }
        }
        _ => return Err(DecodeError::UnknownTag),
    };
    let kept = match kind {
        HERE if frame.b.len() == subject.sharings() * SEALED_SHARE_LENGTH => {
            let wrong = Some(reader.u8()?).filter(|wrong| *wrong != ALL_RIGHT);
            if wrong.is_some_and(|wrong| usize::from(wrong) >= subject.sharings()) {
                return Err(DecodeError::LengthOutOfRange);
            }
            let sealed = frame.b.chunks_exact(SEALED_SHARE_LENGTH).map(|share| share.try_into().map(SealedShare));
            let sealed = sealed.collect::<Result<_, _>>().map_err(|_| DecodeError::LengthOutOfRange)?;
            Kept::Here { sealed, wrong }
        }
        LACKING if frame.b.is_empty() => Kept::Lacking { height: reader.u64()?, block: BlockDigest(reader.array()?) },
        _ => return Err(DecodeError::UnknownTag),
    };
    reader.finish()?;
    Ok((subject, kept))
}

fn period_of(name: &str) -> Option<Period> {
    let number = name.strip_suffix(SUFFIX)?;
    let period: u64 = number.parse().ok()?;
    (period.to_string() == number).then_some(Period(period))
}

/// For a file operation that failed.
pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StorageError + use<> {
    let path = path.to_path_buf();
    move |source| StorageError::Io { action, path, source }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::storage::SimDisk;

    use super::*;

    const NETWORK: NetworkId = NetworkId([4; 32]);

    fn open(disk: &SimDisk) -> Result<Shares, SharesError> {
        Shares::open(Arc::new(disk.clone()), Path::new("shares"), &NETWORK)
    }

    fn disk() -> SimDisk {
        let disk = SimDisk::new();
        disk.create_dir(Path::new("shares")).unwrap();
        disk.sync_dir(Path::new(".")).unwrap();
        disk
    }

    fn here(byte: u8, sharings: usize, wrong: Option<u8>) -> Kept {
        Kept::Here { sealed: vec![SealedShare([byte; SEALED_SHARE_LENGTH]); sharings], wrong }
    }

    fn lacking(height: u64) -> Kept {
        Kept::Lacking { height, block: BlockDigest([5; 32]) }
    }

    #[test]
    fn what_is_kept_is_there_after_reopening_until_its_period_is_forgotten() {
        let disk = disk();
        let meter = Subject::Meter(MeterId(7));
        let trade = Subject::Trade { utility: Utility::Heat, trade: TradeId([9; 32]) };
        let (one, two) = (Period(20), Period(21));
        let mut shares = open(&disk).unwrap();
        shares.keep(one, meter, lacking(12)).unwrap();
        assert_eq!(shares.count(one), Count { lacking: 1, ..Count::default() });
        shares.keep(one, meter, here(1, 2, Some(1))).unwrap();
        // The first shares stand.
        shares.keep(one, meter, here(2, 2, None)).unwrap();
        shares.keep(one, meter, lacking(13)).unwrap();
        shares.keep(one, trade, here(3, 1, None)).unwrap();
        shares.keep(two, trade, lacking(14)).unwrap();
        let count = Count { right: 1, wrong: 1, lacking: 0 };
        assert_eq!(shares.count(one), count);
        drop(shares);
        let mut shares = open(&disk).unwrap();
        assert_eq!(shares.count(one), count);
        assert_eq!(shares.get(one, &meter), Some(&here(1, 2, Some(1))));
        assert_eq!(shares.get(one, &trade), Some(&here(3, 1, None)));
        assert_eq!(shares.of(two).collect::<Vec<_>>(), [(&trade, &lacking(14))]);
        shares.forget(one).unwrap();
        drop(shares);
        let shares = open(&disk).unwrap();
        assert_eq!(shares.periods().collect::<Vec<_>>(), [two]);
        assert!(shares.get(one, &meter).is_none());
    }

    #[test]
    fn a_file_of_another_period_or_network_is_refused() {
        let disk = disk();
        let meter = Subject::Meter(MeterId(7));
        open(&disk).unwrap().keep(Period(5), meter, here(1, 2, None)).unwrap();
        let other = Shares::open(Arc::new(disk.clone()), Path::new("shares"), &NetworkId([5; 32]));
        assert!(matches!(other, Err(SharesError::Foreign(_))));
        disk.rename(Path::new("shares/5.hws"), Path::new("shares/6.hws")).unwrap();
        assert!(matches!(open(&disk), Err(SharesError::Foreign(_))));
    }

    #[test]
    fn no_bytes_of_a_record_panic_and_wrong_ones_are_refused() {
        let frame = |a: &[u8], b: &[u8]| Frame { number: 0, a: a.to_vec(), b: b.to_vec() };
        let (a, b) = encode(&Subject::Meter(MeterId(7)), &here(1, 2, Some(1)));
        assert!(decode(&frame(&a, &b)).is_ok());
        for length in 0..a.len() {
            assert!(decode(&frame(&a[..length], &b)).is_err());
        }
        for (place, value) in [(0, 3), (1, 2), (a.len() - 1, 2)] {
            let mut wrong = a.clone();
            wrong[place] = value;
            assert!(decode(&frame(&wrong, &b)).is_err(), "{place}");
        }
        let (lacks, nothing) = encode(&Subject::Meter(MeterId(7)), &lacking(9));
        assert!(decode(&frame(&lacks, &nothing)).is_ok() && decode(&frame(&lacks, &[0])).is_err());
        for length in 0..lacks.len() {
            assert!(decode(&frame(&lacks[..length], &nothing)).is_err());
        }
        assert!(decode(&frame(&a, &b[1..])).is_err());
        assert!(decode(&frame(&[&a[..], &[0]].concat(), &b)).is_err());
    }

    #[test]
    fn only_the_names_of_shares_are_read() {
        assert_eq!(period_of("12.hws"), Some(Period(12)));
        for other in ["012.hws", "12.hws.new", "+1.hws", ".hws", "12", ""] {
            assert_eq!(period_of(other), None, "{other}");
        }
    }
}
