//! What the tests of bus protocols share: files, tables of what is expected of them, and mutations.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests; not every test uses all of it"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use hushwatt_drivers::{Direction, Driver, DriverError, FORMATS, Options, Report, Secret};

/// A driver of the format.
pub fn open(format: &str, options: &Options) -> Box<dyn Driver> {
    let found = FORMATS.iter().find(|known| known.name == format).expect("the format is in the table");
    (found.open)(options).expect("the driver opens")
}

/// All that a driver says of bytes that are fed in parts of this size.
pub fn read(format: &str, options: &Options, bytes: &[u8], part: usize) -> Vec<Result<Report, DriverError>> {
    let mut driver = open(format, options);
    let mut reports: Vec<_> = bytes.chunks(part.max(1)).flat_map(|part| driver.receive(part)).collect();
    reports.extend(driver.finish());
    reports
}

/// A key of 16 bytes.
pub fn secret(bytes: [u8; 16]) -> Option<Secret> {
    Some(Secret(zeroize::Zeroizing::new(bytes.to_vec())))
}

/// A report as a table has it.
pub fn line(report: &Result<Report, DriverError>) -> String {
    match report {
        Ok(Report::Telegram(readings)) => {
            let mut text = "read".to_owned();
            for reading in readings {
                let _ = write!(text, "\t{} {:?}", reading.meter, reading.medium);
                for register in &reading.registers {
                    let sign = if register.direction == Direction::Import { '+' } else { '-' };
                    let tariff = register.tariff.map_or(String::new(), |tariff| format!(" T{tariff}"));
                    let _ = write!(text, "; {}{sign}{tariff} = {} / {}", register.code, register.value, register.step);
                }
            }
            text
        }
        Ok(Report::Series(_)) => "a series".to_owned(),
        Err(error) => format!("refused\t{}", kind(error)),
    }
}

/// The name of an error's variant.
pub fn kind(error: &DriverError) -> &'static str {
    match error {
        DriverError::Checksum { .. } => "Checksum",
        DriverError::CutOff { .. } => "CutOff",
        DriverError::TooLong { .. } => "TooLong",
        DriverError::Malformed { .. } => "Malformed",
        DriverError::NothingToRead { .. } => "NothingToRead",
        DriverError::MeterFault { .. } => "MeterFault",
        DriverError::Key { .. } => "Key",
        DriverError::Unsupported { .. } => "Unsupported",
        DriverError::Unknown { .. } => "Unknown",
    }
}

/// The folder of recorded telegrams of a protocol, if it is there.
pub fn folder(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("HUSHWATT_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = data.join("telegrams").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} is not there", folder.display());
    None
}

/// A table: the first column, and the rest of its lines.
pub fn table(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, rest) = line.split_once('\t').expect("a table has at least two columns");
        table.entry(name.to_owned()).or_default().push(rest.to_owned());
    }
    table
}

/// Checks every file of a folder against a table that must list them all.
pub fn check(
    folder: &std::path::Path,
    table: &BTreeMap<String, Vec<String>>,
    say: impl Fn(&str, &[u8]) -> Vec<String>,
) {
    let mut wrong = String::new();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let said = say(&name, &std::fs::read(&path).unwrap());
        if table.get(&name) != Some(&said) {
            for said in said {
                let _ = writeln!(wrong, "{name}\t{said}");
            }
        }
        names.push(name);
    }
    for name in table.keys().filter(|name| !names.contains(name)) {
        let _ = writeln!(wrong, "{name}\tis listed, and not there");
    }
    let mut lines: Vec<&str> = wrong.lines().collect();
    lines.sort_unstable();
    assert!(wrong.is_empty(), "not as in the table, but:\n{}", lines.join("\n"));
}

/// A small generator of numbers, the same on every machine (xorshift64*).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// One below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound.max(1)
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        (self.next() >> 56) as u8
    }
}

/// How many mutations: HUSHWATT_EFFORT=full is thorough.
pub fn effort() -> usize {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { 50_000 } else { 5_000 }
}

/// A changed copy: bytes changed, inserted, deleted, doubled, or cut off.
pub fn mutated(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len() + 1);
        match numbers.below(7) {
            0 => bytes.insert(at, numbers.byte()),
            1 if at < bytes.len() => {
                bytes.remove(at);
            }
            2 => bytes.truncate(at),
            3 => {
                let end = (at + numbers.below(20)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            4 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            5 if at < bytes.len() => bytes[at] = [0, 0xff, 0x7e, 0x68, 0x80, 0x0f, 0x1f][numbers.below(7)],
            _ if at < bytes.len() => bytes[at] = numbers.byte(),
            _ => {}
        }
    }
    bytes
}

/// Feeds bytes in parts of random lengths.
pub fn read_in_parts(driver: &mut dyn Driver, bytes: &[u8], numbers: &mut Numbers) -> Vec<Result<Report, DriverError>> {
    let mut reports = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (part, more) = rest.split_at((1 + numbers.below(40)).min(rest.len()));
        reports.extend(driver.receive(part));
        rest = more;
    }
    reports.extend(driver.finish());
    reports
}

/// Bytes of text of hex digits and white space.
pub fn unhex(text: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> =
        text.iter().filter_map(|byte| char::from(*byte).to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
