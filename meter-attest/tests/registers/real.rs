//! The real readings of `shared/data/meters` (not part of the project) as registers, and back. See `readings_real.rs`.

use std::path::PathBuf;

use hushwatt_crypto::range::RangeBits;
use hushwatt_drivers::Medium;
use hushwatt_ledger::{
    parameters::Parameters,
    units::{Interval, Timestamp},
};
use hushwatt_meter_attest::{
    readings::read_csv_file,
    registers::{Config, Count, IntervalState, Layout, Outcome, Registers, Sample},
};

fn folder() -> Option<PathBuf> {
    let data = std::env::var_os("HUSHWATT_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let meters = data.join("meters");
    if meters.is_dir() {
        return Some(meters);
    }
    println!("skipped: no readings in {}", meters.display());
    None
}

/// Registers are only read at the boundaries that a reading begins or ends at; in between they go on counting.
#[test]
fn real_readings_come_back_from_their_registers_exactly_and_gaps_stay_gaps() {
    let Some(folder) = folder() else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "csv"));
    files.sort();
    let (mut compared, mut gaps) = (0, 0);
    for file in files {
        let readings = read_csv_file(&file).unwrap();
        let length = u64::from(readings.interval_secs());
        let parameters = Parameters { interval: length, ..Parameters::default() };
        for (name, values) in readings.meters() {
            let config = Config::new(&parameters, Medium::Electricity, Layout::TwoWay, RangeBits::Bits16);
            let mut registers = Registers::new(config).unwrap();
            let (mut import, mut export) = (1_000_000, 2_000_000);
            let mut read = |number: u64, import, export| {
                let count = |value| Count { value, step: 1, modulus: None };
                let at = Timestamp(number * length);
                let (import, export) = (count(import), count(export));
                let sample = Sample { received: at, at: Some(at), meter: name.clone(), import, export };
                registers.accept(&sample).unwrap().outcome
            };
            for (number, reading) in values.iter() {
                // At the beginning of a run that follows a gap, and at the end of each reading.
                assert!(matches!(read(number, import, export), Outcome::Accepted | Outcome::Duplicate));
                import += u64::from(reading.import);
                export += u64::from(reading.export);
                assert_eq!(read(number + 1, import, export), Outcome::Accepted);
            }
            let mut previous = None;
            let mut sums = (0, 0);
            for (number, reading) in values.iter() {
                let IntervalState::Measured(metered) = registers.interval(Interval(number)) else {
                    panic!("{name} {number} is {:?}", registers.interval(Interval(number)));
                };
                assert_eq!((metered.import.0, metered.export.0), (reading.import, reading.export));
                sums = (sums.0 + u64::from(metered.import.0), sums.1 + u64::from(metered.export.0));
                for gap in previous.map_or(number, |previous: u64| previous + 1)..number {
                    let state = registers.interval(Interval(gap));
                    assert!(matches!(state, IntervalState::Estimated(_) | IntervalState::Measured(_)));
                    gaps += 1;
                }
                previous = Some(number);
                compared += 1;
            }
            assert_eq!(sums, (import - 1_000_000, export - 2_000_000));
        }
    }
    println!("{compared} intervals, {gaps} in gaps");
    assert_eq!(compared, 89_669, "every row of every file");
}
