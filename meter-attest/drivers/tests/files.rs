//! The files of portals: every real one is read or refused as the table says, and whatever is done to one, nothing that is read is
//! out of order, and nothing panics.
//!
//! `HUSHWATT_DATA` names the folder `data` with the real files; without it, the one beside the workspace; without that, they are
//! skipped. `HUSHWATT_EFFORT=full` makes 50,000 mutations of each format that is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod portals;

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_drivers::{DriverError, Kind, Options, Series, by_name, read_all, recognise};
use portals::{Random, mapping, series_of, shown, telegrams};

const TABLE: &str = include_str!("expectations/files.tsv");

fn kind(error: &DriverError) -> &'static str {
    match error {
        DriverError::CutOff { .. } => "cutoff",
        DriverError::TooLong { .. } => "toolong",
        DriverError::Malformed { .. } => "malformed",
        DriverError::NothingToRead { .. } => "nothing",
        DriverError::Unsupported { .. } => "unsupported",
        DriverError::Unknown { .. } => "unknown",
        _ => "other",
    }
}

#[test]
fn every_real_file_is_read_or_refused_as_the_table_says() {
    let Some(folder) = telegrams() else { return };
    let mut listed = BTreeSet::new();
    for row in TABLE.lines().skip(1) {
        let [file, format, mapping_name, verdict, series] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a row of five: {row}")
        };
        listed.insert(file.to_owned());
        let bytes = std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(recognise(&bytes).unwrap_or_else(|error| panic!("{file}: {error}")).name, format, "{file}");
        match read_all(&bytes, None, &mapping(mapping_name)) {
            Ok(reports) => {
                let found = series_of(reports);
                assert_eq!(("read", shown(&found).as_str()), (verdict, series), "{file}");
                consistent(&found);
            }
            Err(error) => {
                println!("{file}: {error}");
                assert_eq!((kind(&error), "-"), (verdict, series), "{file}: {error}");
            }
        }
    }
    for part in ["edifact", "greenbutton", "portal_api", "portal_csv"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let name = format!("{part}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(listed.contains(&name), "{name} is not in the table");
        }
    }
}

/// What every reader promises of what it gives: ascending, no overlap, each meter, medium and direction once, a sum that fits.
fn consistent(series: &[Series]) {
    let mut seen = BTreeSet::new();
    for one in series {
        assert!(seen.insert((&one.meter, one.medium, one.direction)), "a series twice");
        assert!(!one.values.is_empty());
        for pair in one.values.windows(2) {
            assert!(pair[0].start.0 + u64::from(pair[0].seconds) <= pair[1].start.0, "overlap");
        }
        assert!(
            one.values.iter().all(|value| value.seconds > 0 && (946_684_800..4_102_444_800).contains(&value.start.0))
        );
        one.values.iter().try_fold(0u64, |sum, value| sum.checked_add(value.milli)).expect("a sum that fits");
    }
}

/// Everything that a file's damage may do to it.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let length = bytes.len().max(1);
        let at = random.below(length);
        let run = (1 + random.below(40)).min(bytes.len() - at.min(bytes.len()));
        match random.below(8) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 if at < bytes.len() => bytes[at] = b"0123456789-+.,;:<>/\"&=\n\r \0eE\xff"[random.below(29)],
            3 => drop(bytes.drain(at..at + run)),
            4 => {
                let copy = bytes[at..at + run].to_vec();
                let to = random.below(length).min(bytes.len());
                bytes.splice(to..to, copy);
            }
            // A line twice, gone, or elsewhere.
            5..=7 => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if lines.len() > 2 {
                    let (from, to) = (random.below(lines.len()), random.below(lines.len()));
                    let line = lines[from].clone();
                    match random.below(3) {
                        0 => lines.insert(to, line),
                        1 => drop(lines.remove(from)),
                        _ => lines.swap(from, to),
                    }
                    *bytes = lines.concat();
                }
            }
            _ => {}
        }
    }
}

/// The first lines of a long file, so that many mutations take little time; XML is left whole.
fn shortened(bytes: &[u8]) -> Vec<u8> {
    if bytes.starts_with(b"<") {
        return bytes.to_vec();
    }
    bytes.split_inclusive(|byte| *byte == b'\n').take(60).flatten().copied().collect()
}

#[test]
fn no_mutation_of_a_file_panics_or_is_read_out_of_order() {
    let full = std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full");
    let each = if full { 50_000 } else { 3_000 };
    let mut samples: BTreeMap<&str, Vec<(Vec<u8>, Options)>> = BTreeMap::new();
    for (format, text, options) in portals::own() {
        samples.entry(format).or_default().push((text.into_bytes(), options));
    }
    if let Some(folder) = telegrams() {
        for row in TABLE.lines().skip(1) {
            let [file, format, mapping_name, ..] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let bytes = shortened(&std::fs::read(folder.join(file)).unwrap());
            if bytes.len() > 12_000 {
                continue;
            }
            let format = if mapping_name == "-" { format } else { "csv" };
            samples.entry(format).or_default().push((bytes, mapping(mapping_name)));
        }
    }
    for (format, samples) in samples {
        let mut random = Random::new(format);
        let (mut read, mut refused) = (0u32, 0u32);
        // Of what is refused anyway only the recognition can fail.
        let refused_anyway = by_name(format).is_some_and(|format| format.kind == Kind::Refused);
        for round in 0..if refused_anyway { each / 10 } else { each } {
            let (bytes, options) = &samples[round % samples.len()];
            let mut bytes = bytes.clone();
            mutate(&mut random, &mut bytes);
            let _ = recognise(&bytes);
            match read_all(&bytes, Some(format), options) {
                Ok(reports) => {
                    consistent(&series_of(reports));
                    read += 1;
                }
                Err(_) => refused += 1,
            }
        }
        println!("{format}: {read} read, {refused} refused");
        assert!(refused > 0, "{format}: nothing refused");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_never_read_as_more_than_it_has() {
    for (format, text, options) in portals::own() {
        let whole: u64 = total(&series_of(read_all(text.as_bytes(), Some(format), &options).unwrap()));
        for end in 0..text.len() {
            let Some(cut) = text.get(..end) else { continue };
            if let Ok(reports) = read_all(cut.as_bytes(), Some(format), &options) {
                // Whole rows are a file of their own; XML is not.
                assert!(
                    !text.starts_with('<') || text[end..].trim().is_empty(),
                    "{format}: read though cut off at {end}"
                );
                assert!(total(&series_of(reports)) <= whole, "{format}");
            }
        }
    }
}

fn total(series: &[Series]) -> u64 {
    series.iter().flat_map(|one| &one.values).map(|value| value.milli).sum()
}
