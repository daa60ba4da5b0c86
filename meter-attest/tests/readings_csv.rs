//! The readings file: what is read, what is refused and where, and what survives a round trip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;
use std::io::{self, Read};

use hushwatt_meter_attest::readings::{
    ALLOWED_INTERVALS, Column, DAY_SECS, FirstDay, HEADER, HeaderHint, ReadOptions, Reading, Readings, ReadingsError,
    fuzz_readings, read_csv, read_csv_file, read_csv_with,
};
use rand::{Rng, SeedableRng};

/// 2025-06-01T00:00:00Z.
const START: u64 = 1_748_736_000;

fn at(secs: u64) -> String {
    let day_secs = secs % DAY_SECS;
    let day = 1 + (secs - START) / DAY_SECS;
    let (h, m, s) = (day_secs / 3600, day_secs / 60 % 60, day_secs % 60);
    format!("2025-06-{day:02}T{h:02}:{m:02}:{s:02}Z")
}

/// A file of the given rows under the header.
fn file(rows: &[&str]) -> String {
    let mut text = format!("{HEADER}\n");
    for row in rows {
        writeln!(text, "{row}").unwrap();
    }
    text
}

/// `count` rows of one meter, `step` seconds apart.
fn rows_of(meter: &str, step: u64, count: u64) -> Vec<String> {
    (0..count).map(|i| format!("{},{meter},{},{}", at(START + i * step), 100 + i, i)).collect()
}

fn refused(text: &str) -> ReadingsError {
    let error = read_csv(text.as_bytes()).expect_err("refused");
    if let Some(line) = error.line() {
        assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
    }
    assert!(error.to_string().contains(';'), "says what to do: {error}");
    error
}

/// The refusal of a file whose third line is this row, after a good one.
fn refused_row(row: &str) -> ReadingsError {
    refused(&file(&["2025-06-01T00:00:00Z,a,1,2", row, "2025-06-01T00:30:00Z,a,1,2"]))
}

fn accepted(text: &str) -> Readings {
    read_csv(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

macro_rules! assert_refused {
    ($error:expr, $pattern:pat $(if $guard:expr)?) => {
        let error = $error;
        assert!(matches!(error, $pattern $(if $guard)?), "{error:?}");
    };
}

#[test]
fn every_interval_is_read_in_both_orders_with_every_habit_of_exports() {
    for step in ALLOWED_INTERVALS {
        for meters in [1, 2, 7] {
            let step = u64::from(step);
            let names: Vec<String> = (0..meters).map(|m| format!("m{m}")).collect();
            let by_meter: Vec<String> = names.iter().flat_map(|name| rows_of(name, step, 50)).collect();
            let mut by_time = by_meter.clone();
            by_time.sort();
            let plain = accepted(&format!("{HEADER}\n{}\n", by_meter.join("\n")));
            assert_eq!(u64::from(plain.interval_secs()), step);
            assert_eq!((plain.meters().len(), plain.len()), (meters, 50 * meters));
            let first = Reading { import: 100, export: 0 };
            assert_eq!(plain.get("m0", START / step), Some(first));
            for text in [
                format!("{HEADER}\n{}", by_time.join("\n")),
                format!("{HEADER}\r\n{}\r\n", by_time.join("\r\n")),
                format!("\u{feff}{HEADER}\n{}\n\n", by_meter.join("\n")),
                format!("{HEADER}\n\n{}\n\r\n  \n", by_time.join("\n")),
                format!(
                    "\"{}\"\n\"{}\"\n",
                    HEADER.replace(',', "\",\""),
                    by_time.join("\n").replace(',', "\",\"").replace('\n', "\"\n\"")
                ),
                format!("{HEADER}\n{}\n", by_time.join("\n").replace(',', " , ")),
                format!("{HEADER}\n{}\n", by_time.join("\n").replace('Z', "+00:00")),
            ] {
                assert_eq!(accepted(&text), plain, "{text}");
            }
        }
    }
}

#[test]
fn import_and_export_may_both_be_positive() {
    let readings = accepted(&file(&["2025-06-01T00:00:00Z,a,7,9"]));
    assert_eq!(readings.get("a", START / 3600), Some(Reading { import: 7, export: 9 }));
}

#[test]
fn a_missing_reading_is_missing_and_not_zero() {
    let mut rows = rows_of("a", 900, 40);
    rows.remove(7);
    let readings = accepted(&format!("{HEADER}\n{}", rows.join("\n")));
    assert_eq!(readings.interval_secs(), 900);
    assert_eq!(readings.len(), 39);
    assert_eq!(readings.get("a", START / 900 + 7), None);
    assert!(readings.get("a", START / 900 + 8).is_some());
    assert_eq!(readings.get("b", START / 900), None);
}

#[test]
fn the_interval_survives_three_lost_readings_of_five() {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(3);
    for step in ALLOWED_INTERVALS {
        let mut rows = rows_of("a", u64::from(step), 600);
        rows.extend(rows_of("b", u64::from(step), 600));
        rows.retain(|_| rng.gen_bool(0.4));
        let readings = accepted(&format!("{HEADER}\n{}", rows.join("\n")));
        assert_eq!(readings.interval_secs(), step);
        assert_eq!(readings.len(), rows.len());
    }
}

#[test]
fn a_single_row_has_the_longest_interval_that_its_timestamp_allows() {
    for (time, interval) in [("07:00", 3600), ("07:30", 1800), ("07:45", 900), ("07:40", 600), ("07:05", 300)] {
        let readings = accepted(&file(&[&format!("2025-06-01T{time}:00Z,a,1,2")]));
        assert_eq!(readings.interval_secs(), interval, "{time}");
    }
    assert_refused!(
        refused(&file(&["2025-06-01T10:07:00Z,a,1,2"])),
        ReadingsError::OffStep { line: 2, step: 300, past: 120, .. }
    );
}

#[test]
fn a_few_rows_hours_apart_are_sparse_hourly_data() {
    assert_eq!(accepted(&format!("{HEADER}\n{}", rows_of("a", 7200, 5).join("\n"))).interval_secs(), 3600);
    let mixed = ["2025-06-01T00:00:00Z,a,1,2", "2025-06-01T02:00:00Z,a,1,2", "2025-06-01T00:15:00Z,b,1,2"];
    assert_eq!(accepted(&file(&mixed)).interval_secs(), 900);
}

#[test]
fn a_few_rows_apart_by_no_rule_have_the_step_of_their_timestamps() {
    let rows = ["00:00", "00:45", "02:00", "03:45"].map(|t| format!("2025-06-01T{t}:00Z,a,1,2"));
    assert_eq!(accepted(&format!("{HEADER}\n{}", rows.join("\n"))).interval_secs(), 900);
}

#[test]
fn a_row_on_no_step_among_a_few_rows_hours_apart_is_refused() {
    let rows = ["2025-06-01T00:00:00Z,a,1,2", "2025-06-01T02:00:00Z,a,1,2", "2025-06-01T00:07:00Z,b,1,2"];
    assert_refused!(refused(&file(&rows)), ReadingsError::OffStep { line: 4, step: 3600, past: 420, .. });
}

#[test]
fn of_two_distances_equally_common_the_shorter_is_the_step() {
    for minutes in [["00", "15", "45"], ["00", "30", "45"]] {
        let rows = minutes.map(|m| format!("2025-06-01T00:{m}:00Z,a,1,2"));
        let readings = accepted(&format!("{HEADER}\n{}", rows.join("\n")));
        assert_eq!(readings.interval_secs(), 900);
    }
}

#[test]
fn a_stated_interval_is_not_inferred() {
    let text = file(&["2025-06-01T00:00:00Z,a,1,2"]);
    let stated = |secs| ReadOptions { interval_secs: Some(secs), ..ReadOptions::default() };
    let readings = read_csv_with(text.as_bytes(), &stated(900)).unwrap();
    assert_eq!((readings.interval_secs(), readings.get("a", START / 900).is_some()), (900, true));
    assert_refused!(
        read_csv_with(text.as_bytes(), &stated(1200)).unwrap_err(),
        ReadingsError::IntervalNotAllowed { found: 1200 }
    );
    let half_hours = format!("{HEADER}\n{}", rows_of("a", 1800, 5).join("\n"));
    assert_refused!(
        read_csv_with(half_hours.as_bytes(), &stated(3600)).unwrap_err(),
        ReadingsError::OffStep { line: 3, step: 3600, .. }
    );
}

#[test]
fn one_timestamp_off_the_step_is_refused_with_its_line() {
    for (step, odd, past) in
        [(900, 420, 420), (900, 300, 300), (900, 600, 600), (3600, 1800, 1800), (1800, 900, 900), (300, 7, 7)]
    {
        let mut rows = rows_of("a", step, 30);
        rows.extend(rows_of("b", step, 30));
        rows[10] = format!("{},a,1,2", at(START + 10 * step + odd));
        let error = refused(&format!("{HEADER}\n{}", rows.join("\n")));
        let ReadingsError::OffStep { line: 12, step: found, past: p, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((u64::from(found), p), (step, past));
        assert!(error.to_string().contains(&format!("{} min", step / 60)), "{error}");
    }
}

#[test]
fn hours_that_begin_at_half_past_are_refused() {
    let rows: Vec<String> = (0..9).map(|i| format!("{},a,1,2", at(START + 1800 + i * 3600))).collect();
    let error = refused(&format!("{HEADER}\n{}", rows.join("\n")));
    assert_refused!(error, ReadingsError::OffStep { line: 2, step: 3600, past: 1800, .. });
}

#[test]
fn a_file_of_another_interval_is_refused() {
    for step in [1200, 60, 420, 2700] {
        let error = refused(&format!("{HEADER}\n{}", rows_of("a", step, 30).join("\n")));
        assert_refused!(error, ReadingsError::UnsupportedInterval { line: 3, found } if found == step);
    }
    let days = refused(&format!("{HEADER}\n{}", rows_of("a", DAY_SECS, 30).join("\n")));
    assert_refused!(days, ReadingsError::UnsupportedInterval { line: 3, found: DAY_SECS });
}

#[test]
fn an_hourly_meter_among_quarter_hourly_ones_is_refused() {
    let mut rows = rows_of("a", 900, 300);
    rows.extend(rows_of("b", 3600, 75));
    let error = refused(&format!("{HEADER}\n{}", rows.join("\n")));
    assert_refused!(error, ReadingsError::OtherInterval { line: 303, found: 3600, step: 900, .. });
}

#[test]
fn a_quarter_hourly_meter_among_many_hourly_ones_is_refused() {
    let mut rows: Vec<String> = (0..9).flat_map(|m| rows_of(&format!("m{m}"), 3600, 48)).collect();
    rows.extend(rows_of("z", 900, 192));
    let error = refused(&format!("{HEADER}\n{}", rows.join("\n")));
    assert_refused!(error, ReadingsError::OffStep { line: 435, step: 3600, past: 900, .. });
}

#[test]
fn a_file_that_cannot_be_opened_is_refused() {
    let error = read_csv_file("/nonexistent/readings.csv").unwrap_err();
    assert!(error.to_string().contains("/nonexistent/readings.csv"));
    assert_refused!(error, ReadingsError::CannotOpen { .. });
    assert_refused!(
        read_csv_file("/").unwrap_err(),
        ReadingsError::Unreadable { line: 1, .. } | ReadingsError::CannotOpen { .. }
    );
}

#[test]
fn a_reader_that_fails_is_refused_with_the_line_it_reached() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let text = file(&["2025-06-01T00:00:00Z,a,1,2"]);
    let error = read_csv(text.as_bytes().chain(Broken)).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"));
    assert_refused!(error, ReadingsError::Unreadable { line: 3, .. });
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let bytes = [HEADER.as_bytes(), b"\n2025-06-01T00:00:00Z,\xe9t\xe9,1,2\n"].concat();
    assert_refused!(read_csv(bytes.as_slice()).unwrap_err(), ReadingsError::NotUtf8 { line: 2 });
    let utf16: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = [b"\xff\xfe".to_vec(), utf16].concat();
    assert_refused!(read_csv(utf16.as_slice()).unwrap_err(), ReadingsError::NotUtf8 { line: 1 });
}

#[test]
fn an_empty_file_is_refused() {
    for text in ["", "\n", "\r\n\r\n", "\u{feff}"] {
        assert_refused!(refused(text), ReadingsError::Empty);
    }
}

#[test]
fn a_header_without_readings_is_refused() {
    assert_refused!(refused(HEADER), ReadingsError::NoReadings { line: 1 });
    assert_refused!(refused(&format!("{HEADER}\n\n")), ReadingsError::NoReadings { line: 1 });
}

#[test]
fn a_wrong_header_is_refused_and_told_what_is_the_matter() {
    for (header, expected) in [
        ("timestamp;meter_id;import_wh;export_wh", HeaderHint::Semicolons),
        ("timestamp\tmeter_id\timport_wh\texport_wh", HeaderHint::Tabs),
        ("meter_id,timestamp,import_wh,export_wh", HeaderHint::OtherOrder),
        ("timestamp,meter_id,export_wh,import_wh", HeaderHint::OtherOrder),
        ("timestamp,meter_id,import_wh,export_wh,quality", HeaderHint::MoreColumns),
        ("Timestamp,Meter ID,import_wh,export_wh", HeaderHint::OtherSpelling),
        ("2025-06-01T00:00:00Z,a,1,2", HeaderHint::NoHeader),
        ("time,consumption", HeaderHint::OtherFormat),
    ] {
        let error = refused(&format!("{header}\n2025-06-01T00:00:00Z,a,1,2\n"));
        assert!(error.to_string().contains(HEADER));
        let ReadingsError::WrongHeader { line: 1, hint, .. } = error else { panic!("{error}") };
        assert_eq!(hint, expected, "{header}");
    }
}

#[test]
fn a_wrong_number_of_fields_is_refused() {
    for (row, fields) in [
        ("2025-06-01T00:15:00Z,a,1", 3),
        ("2025-06-01T00:15:00Z,a,1,2,3", 5),
        ("2025-06-01T00:15:00Z,a,1,2,", 5),
        ("2025-06-01T00:15:00Z;a;1;2", 1),
        ("2025-06-01T00:15:00Z,a,0,5,0,1", 6),
    ] {
        assert_refused!(refused_row(row), ReadingsError::WrongFieldCount { line: 3, found } if found == fields);
    }
}

#[test]
fn unbalanced_quotation_marks_are_refused() {
    for row in ["2025-06-01T00:15:00Z,\"a,1,2", "2025-06-01T00:15:00Z,a\"b,1,2", "2025-06-01T00:15:00Z,\"a\"b,1,2"] {
        assert_refused!(refused_row(row), ReadingsError::BadQuoting { line: 3 });
    }
}

#[test]
fn a_timestamp_that_is_not_rfc_3339_is_refused() {
    for timestamp in [
        "",
        "2025-06-01",
        "2025-06-01T00:15:00",
        "2025-06-01T00:15Z",
        "01/06/2025 00:15",
        "1748736900",
        "2025-02-30T00:00:00Z",
        "2025-06-01T24:00:00Z",
        "2025-06-01T00:15:00.5Z",
        "2025-06-30T23:59:60Z",
    ] {
        assert_refused!(refused_row(&format!("{timestamp},a,1,2")), ReadingsError::NotRfc3339 { line: 3, .. });
    }
}

#[test]
fn a_local_timestamp_is_refused() {
    for timestamp in ["2025-06-01T02:15:00+02:00", "2025-05-31T20:15:00-04:00", "2025-06-01T00:16:00+00:01"] {
        assert_refused!(refused_row(&format!("{timestamp},a,1,2")), ReadingsError::NotUtc { line: 3, .. });
    }
}

#[test]
fn a_timestamp_outside_the_century_is_refused() {
    for timestamp in [
        "1999-12-31T23:45:00Z",
        "2100-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:45:00Z",
    ] {
        assert_refused!(refused_row(&format!("{timestamp},b,1,2")), ReadingsError::OutOfEra { line: 3, .. });
    }
    accepted(&file(&["2000-01-01T00:00:00Z,a,1,2", "2099-12-31T23:00:00Z,b,1,2"]));
}

#[test]
fn a_row_before_its_meters_latest_is_refused_with_both_lines() {
    let rows = [
        "2025-06-01T00:00:00Z,a,1,2",
        "2025-06-01T00:30:00Z,a,1,2",
        "2025-06-01T00:00:00Z,b,1,2",
        "2025-06-01T00:15:00Z,a,1,2",
    ];
    assert_refused!(refused(&file(&rows)), ReadingsError::OutOfOrder { line: 5, later_line: 3, .. });
}

#[test]
fn a_second_row_for_one_timestamp_is_refused_with_both_lines() {
    let rows = ["2025-06-01T00:00:00Z,a,1,2", "2025-06-01T00:15:00Z,a,1,2", "2025-06-01T00:15:00+00:00,a,1,2"];
    assert_refused!(refused(&file(&rows)), ReadingsError::Duplicate { line: 4, first_line: 3, .. });
    let far = [
        "2025-06-01T00:00:00Z,a,1,2",
        "2025-06-01T00:15:00Z,a,1,2",
        "2025-06-01T00:30:00Z,a,1,2",
        "2025-06-01T00:00:00Z, a ,9,9",
    ];
    assert_refused!(refused(&file(&far)), ReadingsError::Duplicate { line: 5, first_line: 2, .. });
}

#[test]
fn a_negative_value_is_refused() {
    assert_refused!(
        refused_row("2025-06-01T00:15:00Z,a,-5,0"),
        ReadingsError::Negative { line: 3, column: Column::Import, .. }
    );
    assert_refused!(
        refused_row("2025-06-01T00:15:00Z,a,0,-5"),
        ReadingsError::Negative { line: 3, column: Column::Export, .. }
    );
}

#[test]
fn a_value_that_is_not_an_integer_is_refused() {
    for value in ["1.0", "1e3", "+1", "0x1F", "NaN", "null", "1 000", "٣", "-", "12Wh"] {
        assert_refused!(
            refused_row(&format!("2025-06-01T00:15:00Z,a,{value},0")),
            ReadingsError::NotAnInteger { line: 3, column: Column::Import, .. }
        );
        assert_refused!(
            refused_row(&format!("2025-06-01T00:15:00Z,a,0,{value}")),
            ReadingsError::NotAnInteger { line: 3, column: Column::Export, .. }
        );
    }
}

#[test]
fn an_empty_value_is_refused_and_not_taken_for_zero() {
    assert_refused!(
        refused_row("2025-06-01T00:15:00Z,a,,0"),
        ReadingsError::MissingValue { line: 3, column: Column::Import }
    );
    assert_refused!(
        refused_row("2025-06-01T00:15:00Z,a,0, "),
        ReadingsError::MissingValue { line: 3, column: Column::Export }
    );
}

#[test]
fn a_value_beyond_the_connection_is_refused() {
    for step in ALLOWED_INTERVALS {
        let limit = 276_000 * u64::from(step) / 3600;
        let mut rows = rows_of("a", u64::from(step), 5);
        rows[2] = format!("{},a,0,{limit}", at(START + 2 * u64::from(step)));
        accepted(&format!("{HEADER}\n{}", rows.join("\n")));
        rows[2] = format!("{},a,0,{}", at(START + 2 * u64::from(step)), limit + 1);
        let text = format!("{HEADER}\n{}", rows.join("\n"));
        assert_refused!(refused(&text), ReadingsError::AbsurdValue { line: 4, column: Column::Export, limit: l, .. } if l == limit);
        let more = ReadOptions { max_watts: 300_000, ..ReadOptions::default() };
        read_csv_with(text.as_bytes(), &more).unwrap();
    }
    for value in ["4294967296", "99999999999999999999999999"] {
        assert_refused!(
            refused_row(&format!("2025-06-01T00:15:00Z,a,{value},0")),
            ReadingsError::AbsurdValue { line: 3, column: Column::Import, .. }
        );
    }
}

#[test]
fn a_meter_without_a_name_is_refused() {
    for name in ["", " ", "\"\""] {
        assert_refused!(
            refused_row(&format!("2025-06-01T00:15:00Z,{name},1,2")),
            ReadingsError::NoMeterName { line: 3 }
        );
    }
}

#[test]
fn a_meter_name_over_64_bytes_is_refused() {
    let row = |name: &str| format!("2025-06-01T00:00:00Z,{name},1,2");
    accepted(&file(&[&row(&"é".repeat(32))]));
    assert_refused!(
        refused_row(&row(&format!("{}x", "é".repeat(32)))),
        ReadingsError::LongMeterName { line: 3, cap: 64, .. }
    );
}

#[test]
fn a_meter_name_with_control_characters_is_refused_and_shown_escaped() {
    for name in ["a\tb", "a\0b", "a\u{1b}[2Jb", "a\u{85}b", "a\rb"] {
        let error = refused_row(&format!("2025-06-01T00:15:00Z,{name},1,2"));
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
        assert_refused!(error, ReadingsError::ControlInMeterName { line: 3, .. });
    }
}

#[test]
fn more_meters_than_the_cap_are_refused() {
    let rows: Vec<String> = (0..1025).map(|m| format!("2025-06-01T00:00:00Z,m{m},1,2")).collect();
    accepted(&format!("{HEADER}\n{}", rows[..1024].join("\n")));
    assert_refused!(
        refused(&format!("{HEADER}\n{}", rows.join("\n"))),
        ReadingsError::TooManyMeters { line: 1026, cap: 1024, .. }
    );
}

#[test]
fn a_file_over_the_caps_is_refused() {
    let text = format!("{HEADER}\n{}\n", rows_of("a", 900, 9).join("\n"));
    let options = ReadOptions { max_rows: 9, max_bytes: text.len() as u64, ..ReadOptions::default() };
    read_csv_with(text.as_bytes(), &options).unwrap();
    let rows = ReadOptions { max_rows: 8, ..options };
    assert_refused!(
        read_csv_with(text.as_bytes(), &rows).unwrap_err(),
        ReadingsError::TooManyRows { line: 10, cap: 8 }
    );
    let bytes = ReadOptions { max_bytes: text.len() as u64 - 1, ..options };
    assert_refused!(read_csv_with(text.as_bytes(), &bytes).unwrap_err(), ReadingsError::FileTooLong { line: 10, .. });
    assert_eq!((ReadOptions::default().max_rows, ReadOptions::default().max_bytes), (5_000_000, 64 << 20));
}

#[test]
fn an_endless_line_is_refused_without_reading_it() {
    assert_refused!(read_csv(io::repeat(b'x')).unwrap_err(), ReadingsError::LineTooLong { line: 1, cap: 1024 });
    let row = |n: usize| format!("2025-06-01T00:00:00Z,a,1,{}2", "0".repeat(n - 26));
    for end in ["", "\n", "\r\n"] {
        accepted(&format!("{HEADER}\n{}{end}", row(1024)));
        assert_refused!(
            refused(&format!("{HEADER}\n{}{end}", row(1025))),
            ReadingsError::LineTooLong { line: 2, cap: 1024 }
        );
    }
}

#[test]
fn line_numbers_count_blank_lines_and_ignore_the_byte_order_mark() {
    let text = format!("\u{feff}{HEADER}\r\n\r\n2025-06-01T00:00:00Z,a,1,2\r\n\r\n2025-06-01T00:15:00Z,a,x,2\r\n");
    assert_refused!(refused(&text), ReadingsError::NotAnInteger { line: 5, .. });
}

#[test]
fn a_message_repeats_no_more_than_a_little_of_the_file() {
    let error = refused_row(&format!("2025-06-01T00:15:00Z,a,{},0", "x".repeat(900)));
    assert!(error.to_string().len() < 250, "{error}");
    assert!(error.to_string().contains("xxx…\""), "{error}");
}

#[test]
fn names_with_commas_marks_and_letters_of_any_script_survive_the_round_trip() {
    let text = file(&[
        "2025-06-01T00:00:00Z,Zähler ٣,3,4",
        "2025-06-01T00:00:00Z,\"a, \"\"b\"\"\",1,2",
        "2025-06-01T00:00:00Z,\"b\"\"\",1,2",
    ]);
    assert!(accepted(&text).meters().contains_key("a, \"b\""));
    let mut written = Vec::new();
    accepted(&text).write_csv(&mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);
}

#[test]
fn a_day_is_complete_when_every_meter_has_every_interval() {
    let mut rows = rows_of("a", 3600, 72);
    let b = rows_of("b", 3600, 72);
    rows.extend(b[..47].iter().cloned()); // the last hour of the second day is missing
    rows.extend(b[48..71].iter().cloned()); // and of the third
    let readings = accepted(&format!("{HEADER}\n{}", rows.join("\n")));
    let day = START / DAY_SECS;
    assert_eq!(readings.complete_days(), [day]);
    assert_eq!(readings.first_complete_day(), Some(FirstDay::Complete { day }));
    let rest = readings.slice(day + 1..day + 3);
    assert_eq!(rest.complete_days(), [0_u64; 0]);
    let best = FirstDay::MostPresent { day: day + 1, present: 47, expected: 48 };
    assert_eq!(rest.first_complete_day(), Some(best));
    assert_eq!(best.day(), day + 1);
    assert_eq!(rest.limit_meters(1).complete_days(), [day + 1, day + 2]);
}

#[test]
fn a_slice_keeps_its_days_and_every_meter() {
    let mut rows = rows_of("a", 3600, 72);
    rows.extend(rows_of("b", 3600, 24));
    let readings = accepted(&format!("{HEADER}\n{}", rows.join("\n")));
    let day = START / DAY_SECS;
    let second = readings.slice(day + 1..day + 2);
    assert_eq!((second.len(), second.meters().len()), (24, 2));
    assert_eq!(second.span(), Some((readings.day_indices(day + 1).start, readings.day_indices(day + 1).end - 1)));
    assert!(second.meters()["b"].is_empty());
    let nothing = readings.slice(std::ops::Range { start: day + 2, end: day });
    assert!(nothing.is_empty());
    assert_eq!((nothing.first_complete_day(), nothing.span()), (None, None));
    assert!(readings.slice(0..u64::MAX) == readings);
}

#[test]
fn meters_are_limited_in_name_order() {
    let rows = ["2025-06-01T00:00:00Z,c,1,2", "2025-06-01T00:00:00Z,a,1,2", "2025-06-01T00:00:00Z,b,1,2"];
    let readings = accepted(&file(&rows));
    let names = |n| readings.limit_meters(n).meters().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(2), ["a", "b"]);
    assert_eq!(names(0), [""; 0]);
    assert_eq!(names(9).len(), 3);
    assert!(readings.limit_meters(0).complete_days().is_empty());
}

#[test]
fn the_class_is_16_bits_until_a_value_needs_32() {
    let class = |value: u32| accepted(&file(&[&format!("2025-06-01T00:00:00Z,a,0,{value}")])).interval_class_bits();
    assert_eq!([class(0), class(65_535), class(65_536)], [16, 16, 32]);
}

#[test]
fn two_thousand_mutants_of_a_file_are_read_or_refused_and_never_panic() {
    let mut rows = rows_of("a", 900, 6);
    rows.extend(rows_of("\"b, c\"", 900, 6));
    let good = format!("{HEADER}\r\n{}\n", rows.join("\n")).into_bytes();
    let snippets: [&[u8]; 12] = [
        b",",
        b"\"",
        b"\n",
        b"\r\n",
        b"-",
        b"9999999999",
        b"\xff",
        "\u{feff}".as_bytes(),
        b"+02:00",
        b";",
        b"\0",
        b"2025-06-01T00:07:00Z,a,1,1\n",
    ];
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2025);
    let mut read = 0;
    for _ in 0..2_000 {
        let mut mutant = good.clone();
        for _ in 0..rng.gen_range(1..3) {
            let at = rng.gen_range(0..mutant.len());
            match rng.gen_range(0..6) {
                0 => mutant[at] ^= 1 << rng.gen_range(0..8),
                1 => mutant[at] = rng.gen_range(b'0'..=b'9'),
                2 => drop(mutant.remove(at)),
                3 => mutant.truncate(at.max(1)),
                4 => {
                    let end = (at + rng.gen_range(1..40)).min(mutant.len());
                    let copy = mutant[at..end].to_vec();
                    let to = rng.gen_range(0..mutant.len());
                    mutant.splice(to..to, copy);
                }
                _ => drop(mutant.splice(at..at, snippets[rng.gen_range(0..snippets.len())].iter().copied())),
            }
        }
        fuzz_readings(&mutant);
        read += usize::from(read_csv(mutant.as_slice()).is_ok());
    }
    assert!((100..1_900).contains(&read), "mutants both read and refused: {read} read");
}
