//! The real readings of `shared/data/meters` (not part of the project): `HUSHWATT_DATA` names the
//! folder `data`; without it, the one beside the workspace; without that, the tests are skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::PathBuf;

use hushwatt_meter_attest::readings::{FirstDay, fuzz_readings, read_csv, read_csv_file};

/// File, interval in seconds, meters, rows, first complete day, complete days. Found with an independent script.
const FILES: [(&str, u32, usize, usize, u64, usize); 8] = [
    ("be-a_15min_20231021-20231231.csv", 900, 1, 6_819, 19_652, 70),
    ("fontana_60min_20160801-20160828.csv", 3600, 17, 11_305, 17_015, 27),
    ("fontana_60min_20160829-20160925.csv", 3600, 17, 11_424, 17_042, 28),
    ("fontana_60min_20160926-20161023.csv", 3600, 17, 11_424, 17_070, 28),
    ("nl-a_15min_20230501-20231112.csv", 900, 1, 18_816, 19_478, 196),
    ("nl-c_60min_20231231-20241231.csv", 3600, 1, 8_754, 19_723, 362),
    ("nl-d_60min_20231230-20250121.csv", 3600, 1, 9_311, 19_722, 387),
    ("sgsc_30min_20120901-20120928.csv", 1800, 9, 11_816, 15_584, 10),
];

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

#[test]
fn every_real_file_has_its_interval_meters_rows_and_first_complete_day() {
    let Some(folder) = folder() else { return };
    for (name, interval, meters, rows, day, days) in FILES {
        let readings = read_csv_file(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(readings.interval_secs(), interval, "{name}");
        assert_eq!(readings.meters().len(), meters, "{name}");
        assert_eq!(readings.len(), rows, "{name}");
        assert_eq!(readings.first_complete_day(), Some(FirstDay::Complete { day }), "{name}");
        assert_eq!(readings.complete_days().len(), days, "{name}");
        assert_eq!(readings.interval_class_bits(), 16, "{name}");
    }
}

#[test]
fn every_real_file_survives_the_round_trip_to_the_byte() {
    let Some(folder) = folder() else { return };
    for (name, ..) in FILES {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let mut written = Vec::new();
        read_csv(bytes.as_slice()).unwrap().write_csv(&mut written).unwrap();
        assert!(written == bytes, "{name}");
        fuzz_readings(&bytes);
    }
}

#[test]
fn the_day_of_a_hundred_local_quarter_hours_has_ninety_six_in_utc() {
    let Some(folder) = folder() else { return };
    let readings = read_csv_file(folder.join(FILES[0].0)).unwrap();
    let day = 19_659; // 2023-10-29
    assert_eq!(readings.meters()["be-a"].range(readings.day_indices(day)).count(), 96);
}

#[test]
fn the_gaps_of_a_real_meter_stay_gaps() {
    let Some(folder) = folder() else { return };
    let readings = read_csv_file(folder.join(FILES[7].0)).unwrap();
    let (first, last) = readings.span().unwrap();
    let expected = (last - first + 1) * 9;
    assert_eq!(expected, 12_096);
    let missing = readings
        .meters()
        .keys()
        .flat_map(|m| (first..=last).map(move |i| (m, i)))
        .filter(|(meter, index)| readings.get(meter, *index).is_none());
    assert_eq!(missing.count(), 12_096 - 11_816);
}
