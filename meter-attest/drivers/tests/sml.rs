//! SML telegrams: real ones against the table, and made ones with every rule of the format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod push;

use hushwatt_drivers::{Direction, DriverError, MeterReading, Options, UnixTime, recognise};
use push::{Dice, Results, check_table, feed, files, folder, format, good, mutants, read};

const START: [u8; 8] = [0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1];

/// CRC-16/X-25, and with `first` zero and no inversion CRC-16/Kermit.
fn crc(bytes: &[u8], first: u16) -> u16 {
    let mut sum = first;
    for byte in bytes {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = sum & 1;
            sum >>= 1;
            if carry == 1 {
                sum ^= 0x8408;
            }
        }
    }
    sum ^ first
}

/// How a made transmission is written.
#[derive(Clone, Copy)]
struct Writer {
    /// Start of the checksum: `FFFF`, or 0 as in Holley's meters.
    first: u16,
}

const X25: Writer = Writer { first: 0xFFFF };

fn string(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() + 1;
    let head = if length < 16 {
        vec![u8::try_from(length).unwrap()]
    } else {
        vec![0x80 | u8::try_from((length + 1) >> 4).unwrap(), u8::try_from((length + 1) & 15).unwrap()]
    };
    [head, bytes.to_vec()].concat()
}

fn list(elements: &[Vec<u8>]) -> Vec<u8> {
    let length = u8::try_from(elements.len()).unwrap();
    let head = if length < 16 { vec![0x70 | length] } else { vec![0xF0 | (length >> 4), length & 15] };
    [head, elements.concat()].concat()
}

fn unsigned(value: u64, bytes: usize) -> Vec<u8> {
    [&[0x61 + u8::try_from(bytes).unwrap()][..], &value.to_be_bytes()[8 - bytes..]].concat()
}

fn signed(value: i64, bytes: usize) -> Vec<u8> {
    [&[0x51 + u8::try_from(bytes).unwrap()][..], &value.to_be_bytes()[8 - bytes..]].concat()
}

fn absent() -> Vec<u8> {
    vec![1]
}

fn seconds(count: u64) -> Vec<u8> {
    list(&[unsigned(1, 1), unsigned(count, 4)])
}

/// A value: OBIS code, scaler, number.
fn energy(quantity: u8, tariff: u8, scaler: i8, value: Vec<u8>) -> Vec<u8> {
    entry([1, 0, quantity, 8, tariff, 255], absent(), unsigned(30, 1), scaler, value)
}

fn entry(name: [u8; 6], time: Vec<u8>, unit: Vec<u8>, scaler: i8, value: Vec<u8>) -> Vec<u8> {
    list(&[string(&name), unsigned(0x1C_0104, 3), time, unit, signed(scaler.into(), 1), value, absent()])
}

const SERVER: [u8; 10] = [10, 1, b'A', b'B', b'C', 0, 0, 0, 0x30, 0x39];

impl Writer {
    fn message(self, tag: u64, body: Vec<u8>) -> Vec<u8> {
        let body = list(&[unsigned(tag, 2), body]);
        let head = [vec![0x76], string(&[1, 2, 3]), unsigned(0, 1), unsigned(0, 1), body].concat();
        let sum = crc(&head, self.first).swap_bytes();
        [head, unsigned(sum.into(), 2), vec![0]].concat()
    }

    fn values(self, server: &[u8], time: Vec<u8>, entries: &[Vec<u8>]) -> Vec<u8> {
        self.message(0x0701, list(&[absent(), string(server), absent(), time, list(entries), absent(), absent()]))
    }

    fn transmission(self, messages: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = START.to_vec();
        let mut run = 0;
        let messages = messages.concat();
        for byte in &messages {
            bytes.push(*byte);
            run = if *byte == 0x1B { run + 1 } else { 0 };
            if run == 4 {
                bytes.extend([0x1B; 4]);
                run = 0;
            }
        }
        let zeros = (4 - bytes.len() % 4) % 4;
        bytes.extend(vec![0; zeros]);
        bytes.extend([0x1B, 0x1B, 0x1B, 0x1B, 0x1A, u8::try_from(zeros).unwrap()]);
        let sum = crc(&bytes, self.first);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// Open, values, close.
    fn telegram(self, entries: &[Vec<u8>]) -> Vec<u8> {
        let open =
            self.message(0x0101, list(&[absent(), absent(), string(b"file"), string(&SERVER), absent(), absent()]));
        let close = self.message(0x0201, list(&[absent()]));
        self.transmission(&[open, self.values(&SERVER, seconds(77), entries), close])
    }
}

fn sml(bytes: &[u8]) -> Results {
    read(format("sml"), &Options::default(), bytes)
}

fn one(bytes: &[u8]) -> MeterReading {
    let mut results = sml(bytes);
    assert_eq!(results.len(), 1, "{results:?}");
    let mut meters = results.remove(0).unwrap();
    assert_eq!(meters.len(), 1, "{meters:?}");
    meters.remove(0)
}

fn why(bytes: &[u8]) -> DriverError {
    let mut results = sml(bytes);
    assert_eq!(results.len(), 1, "{results:?}");
    results.remove(0).unwrap_err()
}

fn usual() -> Vec<Vec<u8>> {
    vec![
        energy(1, 0, -1, unsigned(123_456, 4)),
        energy(1, 1, -1, unsigned(23_456, 4)),
        energy(1, 2, -1, unsigned(100_000, 4)),
        energy(2, 0, -1, signed(78, 5)),
    ]
}

#[test]
fn every_real_dump_is_read_or_refused_as_the_table_says() {
    check_table(format("sml"), "sml", include_str!("expectations/sml.tsv"));
}

#[test]
fn the_registers_are_those_that_the_sml_rs_crate_reads() {
    use sml_rs::parser::{common::Value, complete};
    let Some(folder) = folder("sml") else { return };
    let mut compared = 0;
    for (file, bytes) in files(&folder) {
        let theirs = sml_rs::transport::decode(&bytes).into_iter().filter_map(Result::ok);
        let mut theirs_read = Vec::new();
        for transmission in theirs {
            let mut registers = Vec::new();
            for message in complete::parse(&transmission).unwrap().messages {
                let complete::MessageBody::GetListResponse(list) = message.message_body else { continue };
                for entry in list.val_list.iter().filter(|entry| entry.unit == Some(30)) {
                    let value = match entry.value {
                        Value::I8(value) => value.into(),
                        Value::I16(value) => value.into(),
                        Value::I32(value) => value.into(),
                        Value::I64(value) => value,
                        Value::U8(value) => value.into(),
                        Value::U16(value) => value.into(),
                        Value::U32(value) => value.into(),
                        Value::U64(value) => i64::try_from(value).unwrap(),
                        ref other => panic!("{other:?}"),
                    };
                    let scaler = entry.scaler.unwrap_or(0);
                    let scale = 10u64.pow(scaler.unsigned_abs().into());
                    let value = u64::try_from(value).unwrap();
                    let [_, _, quantity, _, tariff, _] = entry.obj_name[..] else { panic!("a code of six bytes") };
                    registers.push((
                        format!("1-0:{quantity}.8.{tariff}"),
                        if scaler < 0 { value / scale } else { value * scale },
                    ));
                }
            }
            theirs_read.push(registers);
        }
        let ours = good(sml(&bytes))
            .into_iter()
            .map(|meters| meters[0].registers.iter().map(|register| (register.code.clone(), register.value)).collect());
        let ours: Vec<Vec<(String, u64)>> = ours.collect();
        assert_eq!(ours, theirs_read, "{file}");
        compared += ours.len();
    }
    assert!(compared > 90, "only {compared} transmissions compared");
}

#[test]
fn a_telegram_has_totals_tariffs_and_the_number_on_the_plate() {
    let meter = one(&X25.telegram(&usual()));
    assert_eq!(meter.meter, "1ABC0000012345");
    assert_eq!((meter.total(Direction::Import), meter.total(Direction::Export)), (Some(12_345), Some(7)));
    assert_eq!(
        (meter.step(Direction::Import), meter.at),
        (Some(1), None),
        "seconds since installation are no time of day"
    );
    assert_eq!(meter.registers.len(), 4);
}

#[test]
fn whole_kilowatt_hours_are_known_by_their_scaler() {
    let meter = one(&X25.telegram(&[energy(1, 0, 3, unsigned(2_043, 2))]));
    assert_eq!((meter.total(Direction::Import), meter.step(Direction::Import)), (Some(2_043_000), Some(1_000)));
    let meter = one(&X25.telegram(&[energy(1, 0, 3, unsigned(2_043, 2)), energy(2, 0, 4, unsigned(1, 1))]));
    assert_eq!(meter.step(Direction::Export), Some(10_000));
}

#[test]
fn whole_kilowatt_hours_with_a_fine_scaler_are_coarse_until_something_finer_is_seen() {
    let coarse = X25.telegram(&[energy(1, 0, -1, unsigned(50_000, 4)), energy(2, 0, -1, unsigned(0, 1))]);
    let fine = X25.telegram(&[energy(1, 0, -1, unsigned(50_001, 4)), energy(2, 0, -1, unsigned(0, 1))]);
    let mut driver = (format("sml").open)(&Options::default()).unwrap();
    let results = feed(&mut *driver, [&coarse[..], &coarse, &fine, &coarse]);
    let steps: Vec<_> = good(results).iter().map(|meters| meters[0].step(Direction::Import).unwrap()).collect();
    assert_eq!(steps, [1_000, 1_000, 1, 1]);
}

#[test]
fn times_of_day_are_read_and_seconds_marked_as_such_are_not() {
    let day = |time: Vec<u8>| one(&X25.transmission(&[X25.values(&SERVER, time, &usual())])).at;
    let at = Some(UnixTime(1_719_828_000));
    assert_eq!(day(list(&[unsigned(2, 1), unsigned(1_719_828_000, 4)])), at);
    let local = list(&[unsigned(1_719_828_000, 4), signed(60, 2), signed(60, 2)]);
    assert_eq!(day(list(&[unsigned(3, 1), local])), at);
    assert_eq!(day(list(&[unsigned(2, 1), unsigned(77, 1)])), None);
    // Holley's meters leave out what kind of time it is.
    assert_eq!(day(unsigned(18_620_000, 4)), None);
    let own = entry(
        [1, 0, 1, 8, 0, 255],
        list(&[unsigned(2, 1), unsigned(1_719_828_000, 4)]),
        unsigned(30, 1),
        0,
        unsigned(5, 1),
    );
    assert_eq!(one(&X25.telegram(&[own])).at, at);
}

#[test]
fn holleys_checksum_is_accepted() {
    assert_eq!(one(&Writer { first: 0 }.telegram(&usual())), one(&X25.telegram(&usual())));
}

#[test]
fn escapes_within_and_at_the_end_of_messages_are_undone() {
    for value in [0x1B1B_1B1B, 0x1B1B_1B1B_1B1B_1B1B, 0x1B_1B1B_1B1B, 0x1B1B_1B01_0101_011B_u64] {
        let meter = one(&X25.telegram(&[energy(1, 0, 0, unsigned(value, 8))]));
        assert_eq!(meter.total(Direction::Import), Some(value));
    }
}

#[test]
fn messages_of_other_kinds_are_passed_over_and_a_refusal_of_the_meter_is_told() {
    let other = X25.message(0x0401, list(&[string(b"profile"), unsigned(7, 1)]));
    let bytes = X25.transmission(&[other, X25.values(&SERVER, absent(), &usual())]);
    assert_eq!(one(&bytes).registers.len(), 4);
    let attention =
        X25.message(0xFF01, list(&[string(&SERVER), string(&[0x81, 0x81, 0xC7, 0xC7, 0xFE, 0]), absent(), absent()]));
    assert!(matches!(why(&X25.transmission(&[attention])), DriverError::MeterFault { .. }));
}

#[test]
fn past_values_other_units_and_other_quantities_are_no_registers() {
    let past = entry([1, 0, 1, 8, 0, 96], absent(), unsigned(30, 1), -1, unsigned(1, 4));
    let power = entry([1, 0, 16, 7, 0, 255], absent(), unsigned(27, 1), 0, signed(-5, 2));
    let reactive = entry([1, 0, 1, 8, 0, 255], absent(), unsigned(32, 1), 0, unsigned(5, 2));
    assert!(matches!(why(&X25.telegram(&[past.clone(), power.clone(), reactive])), DriverError::NothingToRead { .. }));
    let meter = one(&X25.telegram(&[past, power, energy(2, 0, 0, unsigned(9, 1))]));
    assert_eq!((meter.total(Direction::Import), meter.total(Direction::Export)), (None, Some(9)));
}

#[test]
fn negative_huge_and_conflicting_registers_are_refused() {
    assert!(matches!(why(&X25.telegram(&[energy(1, 0, -1, signed(-1, 4))])), DriverError::MeterFault { .. }));
    assert!(matches!(why(&X25.telegram(&[energy(1, 0, 5, unsigned(u64::MAX, 8))])), DriverError::Malformed { .. }));
    assert!(matches!(why(&X25.telegram(&[energy(1, 0, 127, unsigned(1, 1))])), DriverError::Malformed { .. }));
    assert!(matches!(why(&X25.telegram(&[energy(1, 0, -1, string(b"12"))])), DriverError::Malformed { .. }));
    let conflict = [energy(1, 0, -1, unsigned(10, 1)), energy(1, 0, -1, unsigned(20, 1))];
    assert!(matches!(why(&X25.telegram(&conflict)), DriverError::Malformed { .. }));
    let repeated = [energy(1, 0, -1, unsigned(1, 1)), energy(1, 0, -1, unsigned(1, 4))];
    assert_eq!(one(&X25.telegram(&repeated)).registers.len(), 1);
}

#[test]
fn two_meters_in_a_transmission_are_two() {
    let lists = [X25.values(&SERVER, absent(), &usual()), X25.values(b"0012345", absent(), &usual())];
    let meters = good(sml(&X25.transmission(&lists))).remove(0);
    assert_eq!(meters.iter().map(|meter| &*meter.meter).collect::<Vec<_>>(), ["0012345", "1ABC0000012345"]);
}

#[test]
fn a_wrong_checksum_of_a_message_is_refused_in_a_right_transmission() {
    let mut message = X25.values(&SERVER, absent(), &usual());
    message[40] ^= 1;
    assert!(matches!(why(&X25.transmission(&[message])), DriverError::Checksum { .. }));
}

#[test]
fn lists_longer_than_the_telegram_take_no_memory() {
    let body = [
        vec![0x77],
        absent(),
        string(&SERVER),
        absent(),
        absent(),
        vec![0xFF, 0x8F, 0x8F, 0x8F, 0x8F, 0x8F, 0x8F, 0x0E],
    ]
    .concat();
    assert!(matches!(why(&X25.transmission(&[X25.message(0x0701, body)])), DriverError::Malformed { .. }));
}

#[test]
fn noise_cuts_and_portions_change_nothing() {
    let telegrams =
        [X25.telegram(&usual()), Writer { first: 0 }.telegram(&[energy(1, 0, 0, unsigned(0x1B1B_1B1B, 4))])];
    let expected: Vec<_> = telegrams.iter().map(|bytes| one(bytes).registers).collect();
    let mut dice = Dice(5);
    for _ in 0..200 {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..6 {
            let which = dice.below(telegrams.len());
            if dice.below(3) == 0 {
                stream.extend_from_slice(&telegrams[0][..dice.below(telegrams[0].len() - 8)]);
            }
            stream.extend(dice.noise(&[0x1B, 1, 0x1A, 0, 0x76, 0xFF], 30));
            // As much as makes the noise's own beginnings of escapes end.
            stream.push(0x55);
            stream.extend_from_slice(&telegrams[which]);
            sent.push(expected[which].clone());
        }
        let most = 1 + dice.below(300);
        let parts = dice.cut(&stream, most);
        let mut driver = (format("sml").open)(&Options::default()).unwrap();
        let read: Vec<_> =
            good(feed(&mut *driver, parts)).into_iter().map(|mut meters| meters.remove(0).registers).collect();
        assert_eq!(read, sent);
    }
}

#[test]
fn what_never_ends_is_dropped_and_noise_without_end_takes_no_memory() {
    let endless = [START.to_vec(), vec![0x55; 100_000], X25.telegram(&usual())].concat();
    let results = sml(&endless);
    assert!(matches!(results[..], [Err(DriverError::TooLong { .. }), Ok(_)]), "{results:?}");
    assert!(matches!(sml(&vec![0x1B; 200_000])[..], [Err(DriverError::Malformed { .. })]));
    assert!(sml(b"").is_empty());
    let telegram = X25.telegram(&usual());
    assert!(matches!(why(&telegram[..telegram.len() - 1]), DriverError::CutOff { .. }));
}

#[test]
fn sml_is_recognised() {
    let dump = [b"end of another".to_vec(), X25.telegram(&usual())].concat();
    assert_eq!(recognise(&dump).unwrap().name, "sml");
    let hex: String = dump.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(recognise(hex.as_bytes()).unwrap().name, "sml");
    assert_eq!(one(hex.as_bytes()), one(&dump));
    assert_eq!((format("sml").likeness)(b"\x1B\x1B\x1B\x1B").0, 0);
}

/// Whether some stretch of the bytes is a transmission with the checksum it says.
fn has_right_checksum(bytes: &[u8]) -> bool {
    let starts = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&START));
    starts.into_iter().any(|start| {
        let ends = (start + 8..bytes.len().saturating_sub(7))
            .filter(|at| bytes[*at..].starts_with(&[0x1B, 0x1B, 0x1B, 0x1B, 0x1A]));
        ends.into_iter().any(|end| {
            let sum = u16::from_le_bytes([bytes[end + 6], bytes[end + 7]]);
            [0xFFFF, 0].iter().any(|first| crc(&bytes[start..end + 6], *first) == sum)
        })
    })
}

/// The first whole transmission of a dump.
fn first(bytes: &[u8]) -> Option<Vec<u8>> {
    let starts: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&START)).chain([bytes.len()]).collect();
    let found = starts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).find(|bytes| has_right_checksum(bytes));
    found.map(<[u8]>::to_vec)
}

#[test]
fn no_mutant_panics_and_none_with_a_wrong_checksum_is_accepted() {
    let mut seeds = vec![X25.telegram(&usual()), Writer { first: 0 }.telegram(&usual())];
    if let Some(folder) = folder("sml") {
        seeds.extend(files(&folder).iter().filter_map(|(_, bytes)| first(bytes)));
    }
    let registers = |meters: Vec<MeterReading>| {
        meters
            .into_iter()
            .map(|meter| {
                (
                    meter.meter,
                    meter.at,
                    meter.registers.into_iter().map(|register| (register.code, register.value)).collect::<Vec<_>>(),
                )
            })
            .collect::<Vec<_>>()
    };
    let expected: Vec<Vec<_>> = seeds.iter().map(|seed| good(sml(seed)).into_iter().map(registers).collect()).collect();
    let mut dice = Dice(6);
    let mut accepted = 0;
    for number in 0..mutants() {
        let which = number % seeds.len();
        let mutant = dice.mutate(&seeds[which]);
        for meters in good(sml(&mutant)) {
            accepted += 1;
            assert!(expected[which].contains(&registers(meters)) || has_right_checksum(&mutant), "{mutant:02X?}");
        }
    }
    assert!(accepted > 0, "some mutants change nothing that is summed");
}
