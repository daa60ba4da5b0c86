//! An office with a register, and the search through everything it keeps.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, missing_docs, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{hash::hex, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    units::{MeterId, Timestamp, Utility, Window},
};
use hushwatt_registrar::{
    Registrar,
    case::CaseNumber,
    chain::LedgerFacts,
    folder::RegistrarFolder,
    person::{Correction, Details, LegalBasis},
};
use hushwatt_vault::{FileError, Kind, KindText, Passphrase, SealedFile, Strength, backup};
use rand_core::OsRng;
use tempfile::TempDir;

pub const DAY: u64 = 86_400;
/// 16 June 2026, 04:40 UTC.
pub const START: Timestamp = Timestamp(1_781_584_800);
/// Long after everything that begins at [`START`].
pub const LATE: Timestamp = START.plus(400 * DAY);

pub fn sun() -> Passphrase {
    Passphrase::new("sun").unwrap()
}

pub fn genesis() -> Genesis {
    genesis_with(false)
}

fn genesis_with(simulated_time: bool) -> Genesis {
    let key = || SigningKey::random(&mut OsRng).verifying_key();
    let meter = || Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key() };
    let new = NewGenesis {
        time: START,
        simulated_time,
        parameters: Parameters::default(),
        validators: vec![key()],
        registrars: vec![key()],
        registrar_quorum: 1,
        treasury: key(),
        operator: None,
        meters: (0..5).map(|_| meter()).collect(),
    };
    new.build().unwrap()
}

/// What a ledger says on which every meter attested all its windows.
pub fn facts_at(time: Timestamp) -> LedgerFacts {
    LedgerFacts::new(time, (0..5).map(|meter| (MeterId(meter), Window(time.0 / 3600))).collect())
}

/// A person with a name that is in nothing else.
pub fn details(name: &str) -> Details {
    Details {
        name: name.to_owned(),
        address: vec![format!("Street of {name} 1"), "12345 Musterdorf".to_owned()],
        email: Some(format!("{}@example.org", name.to_lowercase())),
        phone: Some("+49 30 123456".to_owned()),
        basis: LegalBasis::Contract,
    }
}

/// What is to be put right.
pub fn correction(name: impl FnOnce(&mut Correction)) -> Correction {
    let mut correction = Correction::default();
    name(&mut correction);
    correction
}

/// A folder with a register, and one for backups beside it.
pub struct Office {
    pub place: TempDir,
    pub genesis: Genesis,
}

impl Office {
    pub fn new() -> Self {
        Self::of(genesis())
    }

    /// Of a community whose clocks are stepped.
    pub fn simulated() -> Self {
        Self::of(genesis_with(true))
    }

    fn of(genesis: Genesis) -> Self {
        let office = Office { place: tempfile::tempdir().unwrap(), genesis };
        drop(office.create(&office.folder()));
        office
    }

    pub fn create(&self, folder: &RegistrarFolder) -> Registrar {
        let genesis = Genesis::parse(self.genesis.bytes()).unwrap();
        Registrar::create(folder, genesis, &sun(), Strength::FOR_TESTS, &mut OsRng).unwrap()
    }

    pub fn folder(&self) -> RegistrarFolder {
        RegistrarFolder::at(&self.path("register"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn open(&self) -> Registrar {
        open(&self.folder())
    }

    /// A person who had meter 3 for some days, and left.
    pub fn add_gone(&self, name: &str, meter: u32) -> CaseNumber {
        let mut registrar = self.open();
        let case = registrar.add(details(name), START, &mut OsRng).unwrap();
        registrar.begin_meter(case, MeterId(meter), START).unwrap();
        registrar.end_meter(case, MeterId(meter), START.plus(10 * DAY)).unwrap();
        case
    }
}

pub fn open(folder: &RegistrarFolder) -> Registrar {
    let mut registrar = Registrar::open(folder, &sun()).unwrap();
    registrar.set_strength(Strength::FOR_TESTS);
    registrar
}

enum AnyRegister {}

impl Kind for AnyRegister {
    const TEXT: KindText = KindText { name: "hushwatt-register", called: "register of persons", remedy: "", close: "" };
}

/// Every file below a folder: its bytes, and what the passphrase opens of it.
fn everything_in(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            everything_in(&path, found);
            continue;
        }
        found.push((path.clone(), fs::read(&path).unwrap()));
        // On a copy: opening cleans up beside the file.
        let copy = tempfile::tempdir().unwrap();
        let copied = copy.path().join("copy");
        fs::copy(&path, &copied).unwrap();
        match SealedFile::<AnyRegister>::open(&copied, &sun()) {
            Ok((_, content)) => found.push((path.clone(), content.to_vec())),
            Err(FileError::OtherKind { .. } | FileError::Damaged { .. }) => {}
            Err(other) => panic!("{other}"),
        }
        match backup::read(&copied, &sun()) {
            Ok(content) => found.push((path.clone(), content.to_vec())),
            Err(FileError::NotABackup { .. } | FileError::Damaged { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// In which files below a folder one of these is, as it is, in hexadecimal or in base64, encrypted or not.
pub fn scan(folder: &Path, needles: &[&[u8]]) -> BTreeSet<PathBuf> {
    let mut forms: Vec<Vec<u8>> = Vec::new();
    for needle in needles {
        let digits = hex(needle);
        forms.extend([needle.to_vec(), digits.to_uppercase().into_bytes(), digits.into_bytes()]);
        // What base64 makes of the needle depends on where it stands; whole groups of three bytes within it are found.
        for skipped in 0..3 {
            let whole = needle.len().saturating_sub(skipped) / 3 * 3;
            // Fewer letters than eight are found by chance.
            if whole >= 6 {
                forms.push(base64(&needle[skipped..skipped + whole]));
            }
        }
    }
    let mut files = Vec::new();
    everything_in(folder, &mut files);
    let has = |bytes: &[u8]| forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form));
    files.into_iter().filter(|(_, bytes)| has(bytes)).map(|(path, _)| path).collect()
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| LETTERS[bits >> shift & 63])
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
