//! What the tests of the push formats share: the tables of expectations, disturbed streams, and mutations.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::PathBuf;

use hushwatt_drivers::{Driver, DriverError, FORMATS, Format, MeterReading, Options, Report, Secret};
use zeroize::Zeroizing;

/// What came of some bytes.
pub type Results = Vec<Result<Vec<MeterReading>, DriverError>>;

/// A format by its name.
pub fn format(name: &str) -> &'static Format {
    FORMATS.iter().find(|format| format.name == name).expect("a format of this name")
}

/// The folder with real telegrams; `None`, and a word about it, where it is not there.
pub fn folder(name: &str) -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let data = std::env::var_os("HUSHWATT_DATA").map_or_else(|| PathBuf::from(shared), PathBuf::from);
    let folder = data.join("telegrams").join(name);
    if !folder.is_dir() {
        eprintln!("skipped: no {} (set HUSHWATT_DATA)", folder.display());
        return None;
    }
    Some(folder)
}

/// All files of a folder, in order.
pub fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().expect("a name"), std::fs::read(entry.path()).expect("a file")))
        .collect();
    files.sort();
    files
}

pub fn secret(bytes: &[u8]) -> Secret {
    Secret(Zeroizing::new(bytes.to_vec()))
}

/// Gives a driver bytes in the given portions, and the end.
pub fn feed<'a>(driver: &mut dyn Driver, parts: impl IntoIterator<Item = &'a [u8]>) -> Results {
    let mut results: Vec<_> = parts.into_iter().flat_map(|part| driver.receive(part)).collect();
    results.extend(driver.finish());
    results.into_iter().map(|result| result.map(telegram)).collect()
}

/// What a new driver makes of bytes.
pub fn read(format: &Format, options: &Options, bytes: &[u8]) -> Results {
    feed(&mut *(format.open)(options).expect("options that fit"), [bytes])
}

fn telegram(report: Report) -> Vec<MeterReading> {
    match report {
        Report::Telegram(meters) => meters,
        Report::Series(_) => panic!("a push format sends no series"),
    }
}

/// Only what was read.
pub fn good(results: Results) -> Vec<Vec<MeterReading>> {
    results.into_iter().filter_map(Result::ok).collect()
}

/// The kind of a refusal, as the tables name it.
fn kind(error: &DriverError) -> &'static str {
    match error {
        DriverError::Checksum { .. } => "checksum",
        DriverError::CutOff { .. } => "cutoff",
        DriverError::TooLong { .. } => "toolong",
        DriverError::Malformed { .. } => "malformed",
        DriverError::NothingToRead { .. } => "nothing",
        DriverError::MeterFault { .. } => "fault",
        DriverError::Key { .. } => "key",
        DriverError::Unsupported { .. } => "unsupported",
        DriverError::Unknown { .. } => "unknown",
    }
}

/// A telegram as the tables write it.
fn row(meters: &[MeterReading]) -> String {
    let meter = |meter: &MeterReading| {
        let at = meter.at.map_or("-".to_owned(), |at| at.0.to_string());
        let registers =
            meter.registers.iter().map(|register| format!(" {}={}/{}", register.code, register.value, register.step));
        format!("{} {at}{}", meter.meter, registers.collect::<String>())
    };
    meters.iter().map(meter).collect::<Vec<_>>().join("; ")
}

/// Reads every file of a folder as its row in a table says, and finds a row for every file.
pub fn check_table(format: &Format, folder_name: &str, table: &str) {
    let Some(folder) = folder(folder_name) else { return };
    let mut wrong = Vec::new();
    for (file, bytes) in files(&folder) {
        let rows: Vec<&str> = table.lines().filter(|line| line.split('\t').next() == Some(&file)).collect();
        if rows.is_empty() {
            wrong.push(format!("{file} has no row"));
        }
        for row_text in rows {
            let [_, options, ..] = row_text.split('\t').collect::<Vec<_>>()[..] else {
                panic!("a row without options: {row_text}")
            };
            let results = read(format, &options_of(options), &bytes);
            let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).map(kind).collect();
            let read = good(results);
            let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
            let last = dash(read.last().map(|meters| row(meters)).unwrap_or_default());
            let found = [&file, options, &read.len().to_string(), &dash(refused.join(" ")), &last].join("\t");
            if found != row_text {
                wrong.push(format!("expected {row_text}\n   found {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `key=AA.. auth=BB..`.
fn options_of(text: &str) -> Options {
    let option =
        |name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)).map(|digits| secret(&unhex(digits)));
    Options { key: option("key="), authentication: option("auth="), ..Options::default() }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("two digits")).collect()
}

/// How many mutants: 50,000 with `HUSHWATT_EFFORT=full`, a tenth of it elsewhere.
pub fn mutants() -> usize {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { 50_000 } else { 5_000 }
}

/// Numbers that are the same in every run (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end.max(1)).expect("a size")).expect("a size")
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// Up to four changes: bits flipped, bytes set, a stretch cut out, doubled, put in or moved.
    pub fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(40)).min(bytes.len());
            match self.below(8) {
                0 | 1 if at < end => bytes[at] ^= 1 << self.below(8),
                2 if at < end => bytes[at] = self.byte(),
                // One digit for another, which no structure notices.
                3 => {
                    let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
                    if let Some(at) = digits.get(self.below(digits.len())) {
                        bytes[*at] = b'0' + u8::try_from(self.below(10)).expect("a digit");
                    }
                }
                4 => drop(bytes.drain(at..end)),
                5 => {
                    let stretch = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, stretch);
                }
                6 => {
                    let noise: Vec<u8> = (0..self.below(12)).map(|_| self.byte()).collect();
                    bytes.splice(at..at, noise);
                }
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    }

    /// A stream in random portions.
    pub fn cut<'a>(&mut self, mut stream: &'a [u8], most: usize) -> Vec<&'a [u8]> {
        let mut parts = Vec::new();
        while !stream.is_empty() {
            let (part, rest) = stream.split_at((1 + self.below(most)).min(stream.len()));
            parts.push(part);
            stream = rest;
        }
        parts
    }

    /// Bytes that mean nothing, of those given.
    pub fn noise(&mut self, of: &[u8], most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| of[self.below(of.len())]).collect()
    }
}
