//! M-Bus: recorded frames, frames made here, asking, noise, mutations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bus;

use bus::{Numbers, check, effort, folder, line, mutated, open, read, read_in_parts, table, unhex};
use hushwatt_drivers::{Direction, Medium, MeterReading, Options, Report, UnixTime, recognise};

const EXPECTED: &str = include_str!("expectations/mbus.tsv");

#[test]
fn every_recorded_frame_is_read_or_refused_as_expected() {
    let Some(folder) = folder("mbus") else { return };
    check(&folder, &table(EXPECTED), |_, bytes| {
        read("mbus", &Options::default(), bytes, 64).iter().map(line).collect()
    });
}

/// A long frame.
fn frame(control: u8, address: u8, information: u8, data: &[u8]) -> Vec<u8> {
    let mut body = vec![control, address, information];
    body.extend_from_slice(data);
    let length = u8::try_from(body.len()).unwrap();
    let mut bytes = vec![0x68, length, length, 0x68];
    bytes.extend_from_slice(&body);
    bytes.push(body.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
    bytes.push(0x16);
    bytes
}

/// An answer of the device HUW-00004711 of this type, with this status and these records.
fn answer(kind: u8, status: u8, records: &[u8]) -> Vec<u8> {
    made_by(*b"HUW", kind, status, records)
}

fn made_by(maker: [u8; 3], kind: u8, status: u8, records: &[u8]) -> Vec<u8> {
    let code = maker.iter().fold(0u16, |code, letter| code << 5 | u16::from(letter - b'@'));
    let [m0, m1] = code.to_le_bytes();
    let mut data = vec![0x11, 0x47, 0, 0, m0, m1, 1, kind, 0x2a, status, 0, 0];
    data.extend_from_slice(records);
    frame(0x08, 1, 0x72, &data)
}

/// A record of four bytes.
fn record(information: &[u8], value: u32) -> Vec<u8> {
    [information, &value.to_le_bytes()].concat()
}

fn one(bytes: &[u8]) -> Result<MeterReading, String> {
    let options = Options { utc_offset: Some(3600), ..Options::default() };
    let mut reports = read("mbus", &options, bytes, 7);
    assert_eq!(reports.len(), 1, "{reports:?}");
    match reports.remove(0) {
        Ok(Report::Telegram(mut readings)) if readings.len() == 1 => Ok(readings.remove(0)),
        other => Err(line(&other)),
    }
}

const WATER: u8 = 0x07;
const HEAT: u8 = 0x04;
const ELECTRICITY: u8 = 0x02;

#[test]
fn units_are_exact_and_rounded_down() {
    let cases: [(u8, &[u8], u32, u64, u64); 17] = [
        (HEAT, &[0x04, 0x00], 1999, 1, 1),
        (HEAT, &[0x04, 0x03], 1999, 1999, 1),
        (HEAT, &[0x04, 0x06], 1999, 1_999_000, 1000),
        (HEAT, &[0x04, 0x07], 3, 30_000, 10_000),
        (HEAT, &[0x04, 0x08], 3_599, 0, 1),
        (HEAT, &[0x04, 0x0e], 1_000, 277_777, 278),
        (HEAT, &[0x04, 0x0f], 36, 100_000, 2778),
        (HEAT, &[0x04, 0xfb, 0x00], 7, 700_000, 100_000),
        (HEAT, &[0x04, 0xfb, 0x01], 7, 7_000_000, 1_000_000),
        (HEAT, &[0x04, 0xfb, 0x08], 36, 1_000_000, 27_778),
        (HEAT, &[0x04, 0xfb, 0x0d], 10, 11_630, 1163),
        (HEAT, &[0x04, 0x86, 0x73], 1999, 1999, 1),
        (HEAT, &[0x04, 0x83, 0x7d], 5, 5000, 1000),
        (WATER, &[0x04, 0x10], 1999, 1, 1),
        (WATER, &[0x04, 0x13], 1999, 1999, 1),
        (WATER, &[0x04, 0x16], 1999, 1_999_000, 1000),
        (WATER, &[0x04, 0xfb, 0x10], 2, 200_000, 100_000),
    ];
    for (kind, information, counts, value, step) in cases {
        let reading = one(&answer(kind, 0, &record(information, counts))).unwrap();
        let register = &reading.registers[0];
        assert_eq!((register.value, register.step), (value, step), "{information:02x?}");
        assert_eq!((reading.meter.as_str(), register.direction), ("HUW-00004711", Direction::Import));
        assert_eq!(reading.medium, if kind == HEAT { Medium::Heat } else { Medium::Water });
    }
}

#[test]
fn numbers_of_all_codings_are_read() {
    let cases: [(&[u8], u64, Option<u64>); 9] = [
        (&[0x01, 0x13, 99], 99, None),
        (&[0x02, 0x13, 0x34, 0x12], 0x1234, None),
        (&[0x03, 0x13, 1, 2, 3], 0x03_0201, None),
        (&[0x06, 0x13, 1, 2, 3, 4, 5, 6], 0x0605_0403_0201, None),
        (&[0x07, 0x13, 1, 0, 0, 0, 1, 0, 0, 0], 0x1_0000_0001, None),
        (&[0x0c, 0x13, 0x78, 0x56, 0x34, 0x12], 12_345_678, Some(100_000_000)),
        (&[0x0e, 0x13, 0x78, 0x56, 0x34, 0x12, 0x90, 0x78], 789_012_345_678, Some(1_000_000_000_000)),
        (&[0x0d, 0x13, 0xc3, 0x56, 0x34, 0x12], 123_456, Some(1_000_000)),
        (&[0x05, 0x16, 0x00, 0x00, 0xa0, 0x3f], 1250, None),
    ];
    for (records, value, modulus) in cases {
        let register = one(&answer(WATER, 0, records)).unwrap().registers.remove(0);
        assert_eq!((register.value, register.modulus), (value, modulus), "{records:02x?}");
    }
}

#[test]
fn only_present_totals_of_the_medium_count() {
    let others: [&[u8]; 9] = [
        &[0x44, 0x13, 1, 0, 0, 0],
        &[0x84, 0x01, 0x13, 1, 0, 0, 0],
        &[0x14, 0x13, 1, 0, 0, 0],
        &[0x34, 0x13, 1, 0, 0, 0],
        &[0x84, 0x10, 0x13, 1, 0, 0, 0],
        &[0x84, 0x40, 0x13, 1, 0, 0, 0],
        &[0x04, 0x06, 1, 0, 0, 0],
        &[0x04, 0x93, 0x3c, 1, 0, 0, 0],
        &[0x04, 0x93, 0xff, 0x01, 1, 0, 0, 0],
    ];
    for other in others {
        assert_eq!(one(&answer(WATER, 0, other)), Err("refused\tNothingToRead".to_owned()), "{other:02x?}");
        let records = [other, &record(&[0x04, 0x13], 77), other].concat();
        let reading = one(&answer(WATER, 0, &records)).unwrap();
        assert_eq!((reading.registers.len(), reading.total(Direction::Import)), (1, Some(77)));
    }
}

#[test]
fn electricity_has_tariffs_and_export_where_it_is_certain() {
    let records = [
        record(&[0x04, 0x03], 300),
        record(&[0x84, 0x10, 0x03], 100),
        record(&[0x84, 0x20, 0x03], 200),
        record(&[0x04, 0x83, 0x3c], 50),
        record(&[0x84, 0x40, 0x03], 9),
    ]
    .concat();
    let reading = one(&answer(ELECTRICITY, 0, &records)).unwrap();
    assert_eq!((reading.total(Direction::Import), reading.total(Direction::Export)), (Some(300), Some(50)));
    assert_eq!(reading.registers.len(), 4);
    assert!(reading.complaints[0].contains("subunit 1"), "{:?}", reading.complaints);
    let reading = one(&made_by(*b"ABB", ELECTRICITY, 0, &record(&[0x84, 0x40, 0x84, 0x00], 9))).unwrap();
    assert_eq!((reading.total(Direction::Import), reading.total(Direction::Export)), (None, Some(90)));
}

#[test]
fn heat_and_cold_of_one_device_are_two_readings_and_gas_is_as_at_the_meter() {
    let records = [record(&[0x04, 0x06], 5), record(&[0x04, 0x86, 0x3c], 3), record(&[0x04, 0x13], 9)].concat();
    let reports = read("mbus", &Options::default(), &answer(0x0d, 0, &records), 300);
    let expected = "read\tHUW-00004711 Heat; 0406+ = 5000 / 1000\tHUW-00004711 Cooling; 04863C+ = 3000 / 1000";
    assert_eq!(reports.iter().map(line).collect::<Vec<_>>(), [expected]);
    let records = [record(&[0x04, 0x13], 90), record(&[0x04, 0x93, 0x3a], 80)].concat();
    let reading = one(&answer(0x03, 0, &records)).unwrap();
    assert_eq!((reading.medium, reading.total(Direction::Import)), (Medium::Gas, Some(80)));
}

#[test]
fn a_finer_register_is_preferred_and_a_contradiction_refused() {
    let both = [record(&[0x04, 0x06], 5), record(&[0x04, 0x03], 5432)].concat();
    assert_eq!(one(&answer(HEAT, 0, &both)).unwrap().total(Direction::Import), Some(5432));
    let twice = [record(&[0x04, 0x06], 5), record(&[0x0c, 0x06], 5)].concat();
    assert_eq!(one(&answer(HEAT, 0, &twice)).unwrap().registers.len(), 1);
    let against = [record(&[0x04, 0x06], 5), record(&[0x04, 0x06], 6)].concat();
    assert_eq!(one(&answer(HEAT, 0, &against)), Err("refused\tMalformed".to_owned()));
}

#[test]
fn invalid_values_are_no_values() {
    let invalid: [&[u8]; 6] = [
        &[0x04, 0x13, 0, 0, 0, 0x80],
        &[0x04, 0x13, 0xff, 0xff, 0xff, 0xff],
        &[0x0c, 0x13, 0xee, 0xee, 0xee, 0xee],
        &[0x0c, 0x13, 0x01, 0, 0, 0xf0],
        &[0x05, 0x13, 0, 0, 0xc0, 0x7f],
        &[0x04, 0x93, 0x18, 1, 0, 0, 0],
    ];
    for records in invalid {
        assert_eq!(one(&answer(WATER, 0, records)), Err("refused\tMeterFault".to_owned()), "{records:02x?}");
    }
}

#[test]
fn the_status_is_told_and_a_permanent_error_refused() {
    let volume = record(&[0x04, 0x13], 1);
    for (status, word) in [(1, "busy"), (2, "application error"), (3, "alarm"), (4, "battery"), (16, "temporary")] {
        let reading = one(&answer(WATER, status, &volume)).unwrap();
        assert!(reading.complaints[0].contains(word), "{:?}", reading.complaints);
    }
    assert_eq!(one(&answer(WATER, 0xe0, &volume)).unwrap().complaints, Vec::<String>::new());
    assert_eq!(one(&answer(WATER, 8, &volume)), Err("refused\tMeterFault".to_owned()));
    let flags = [volume, vec![0x02, 0xfd, 0x17, 4, 0]].concat();
    assert_eq!(one(&answer(WATER, 0, &flags)).unwrap().complaints, ["error flags 4h"]);
}

/// 2026-07-15 13:45 as type F.
const SUMMER: [u8; 4] = [45, 13 | 0x80, 15 | (26 & 7) << 5, 7 | (26 >> 3) << 4];

#[test]
fn dates_are_local_and_say_when_they_are_invalid() {
    let at = |bytes: &[u8]| one(&answer(WATER, 0, &[&record(&[0x04, 0x13], 1), bytes].concat())).unwrap().at;
    let [minute, hour, day, month] = SUMMER;
    // 13:45 in summer is 11:45 UTC, where the clock is an hour ahead in winter.
    let summer = 1_784_115_900;
    assert_eq!(at(&[0x04, 0x6d, minute, hour, day, month]), Some(UnixTime(summer)));
    assert_eq!(at(&[0x04, 0x6d, minute, hour & 0x7f, day, month]), Some(UnixTime(summer + 3600)));
    assert_eq!(at(&[0x04, 0x6d, minute | 0x80, hour, day, month]), None);
    assert_eq!(at(&[0x44, 0x6d, minute, hour, day, month]), None);
    assert_eq!(at(&[0x06, 0x6d, 7, minute, hour & 0x1f, day, month, 0]), Some(UnixTime(summer + 3607)));
    assert_eq!(at(&[0x04, 0x6d, minute, hour, 0, month]), None);
    let without =
        read("mbus", &Options::default(), &answer(WATER, 0, &[0x01, 0x13, 1, 0x04, 0x6d, 45, 13, 79, 55]), 99);
    assert!(matches!(&without[0], Ok(Report::Telegram(readings)) if readings[0].at.is_none()));
}

#[test]
fn the_fixed_structure_is_read() {
    let fixed = |status: u8, units: [u8; 2], first: u32, second: u32| {
        let mut data = vec![0x78, 0x56, 0x34, 0x12, 5, status, units[0], units[1]];
        data.extend_from_slice(&first.to_le_bytes());
        data.extend_from_slice(&second.to_le_bytes());
        one(&frame(0x08, 3, 0x73, &data))
    };
    // Water: 7 in the upper bits. Litres and cubic metres.
    let water = fixed(0, [0x29 | 0xc0, 0x3e | 0x40], 0x1234, 0).unwrap();
    assert_eq!(
        (water.medium, water.total(Direction::Import), water.meter.as_str()),
        (Medium::Water, Some(1234), "12345678")
    );
    assert_eq!(fixed(1, [0x2c | 0xc0, 0x3f | 0x40], 0x1234, 0).unwrap().total(Direction::Import), Some(0x1234 * 1000));
    // Heat: 4. The volume before it is passed over.
    let heat = fixed(0, [0x2c, 0x05 | 0x40], 0x99, 0x4321).unwrap();
    assert_eq!((heat.medium, heat.total(Direction::Import)), (Medium::Heat, Some(4_321_000)));
    assert_eq!(fixed(0, [0x11, 0x3f | 0x40], 0x36, 0).unwrap().total(Direction::Import), Some(10_000_000));
    assert_eq!(fixed(2, [0x29 | 0xc0, 0x3e | 0x40], 1, 1), Err("refused\tNothingToRead".to_owned()));
    assert_eq!(fixed(8, [0x29 | 0xc0, 0x3e | 0x40], 1, 1), Err("refused\tMeterFault".to_owned()));
    assert_eq!(fixed(0, [0x29 | 0xc0, 0x3e | 0x40], 0xaa, 1), Err("refused\tMeterFault".to_owned()));
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let say = |bytes: &[u8]| read("mbus", &Options::default(), bytes, 300).remove(0).unwrap_err().to_string();
    assert!(say(&frame(0x08, 1, 0x7a, &[1, 0, 0, 0])).contains("long header"));
    assert!(say(&frame(0x53, 0xff, 0x10, &[1, 0x67, 0x0f])).contains("use the format dlms"));
    assert!(say(&frame(0x73, 0xfe, 0x51, &[1, 0x7a, 8])).contains("sent to a meter"));
    assert!(say(&frame(0x08, 1, 0x70, &[8])).contains("too busy"));
    let mut encrypted = answer(WATER, 0, &[0; 16]);
    encrypted[17] = 0x10;
    encrypted[18] = 5;
    let end = encrypted.len() - 2;
    encrypted[end] = encrypted[4..end].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    assert!(say(&encrypted).contains("encrypted"));
    assert!(say(b"a line of text").contains("no frame"));
    for kind in [0x00, 0x01, 0x08, 0x0e, 0x0f, 0x20, 0x28] {
        assert_eq!(one(&answer(kind, 0, &record(&[0x04, 0x13], 1))), Err("refused\tNothingToRead".to_owned()));
    }
    assert!(hushwatt_drivers::FORMATS.iter().any(|format| {
        format.name == "mbus" && (format.open)(&Options { address: Some(255), ..Options::default() }).is_err()
    }));
}

#[test]
fn dumps_and_frames_are_recognised() {
    let bytes = answer(WATER, 0, &record(&[0x04, 0x13], 1));
    let dump: String = bytes.iter().map(|byte| format!("{byte:02X}\n")).collect();
    assert_eq!((recognise(&bytes).unwrap().name, recognise(dump.as_bytes()).unwrap().name), ("mbus", "mbus"));
    for part in [1, 5, 1000] {
        assert_eq!(
            read("mbus", &Options::default(), dump.as_bytes(), part),
            read("mbus", &Options::default(), &bytes, part)
        );
    }
    let odd = read("mbus", &Options::default(), &dump.as_bytes()[..40], 1000);
    assert_eq!(odd.iter().map(line).collect::<Vec<_>>(), ["refused\tMalformed"]);
}

/// A meter that follows the rules of the link layer: the answer changes when the frame count bit does.
struct Meter {
    address: u8,
    telegrams: Vec<Vec<u8>>,
    next: usize,
    last_bit: Option<bool>,
}

impl Meter {
    fn hear(&mut self, request: &[u8]) -> Vec<u8> {
        let [0x10, control, address, check, 0x16] = *request else { panic!("not a short frame: {request:02x?}") };
        assert_eq!(check, control.wrapping_add(address));
        if address != self.address && address != 254 {
            return Vec::new();
        }
        match control {
            0x40 => {
                (self.next, self.last_bit) = (0, None);
                vec![0xe5]
            }
            0x5b | 0x7b => {
                let bit = control & 0x20 != 0;
                assert!(self.last_bit.is_some() || bit, "the first question after a reset has the bit set");
                if self.last_bit.is_some_and(|last| last != bit) {
                    self.next += 1;
                }
                self.last_bit = Some(bit);
                self.telegrams[self.next % self.telegrams.len()].clone()
            }
            other => panic!("control {other:02x}"),
        }
    }
}

#[test]
fn a_meter_is_asked_for_all_its_telegrams() {
    let first = [record(&[0x84, 0x10, 0x03], 100), vec![0x1f]].concat();
    let second = [record(&[0x84, 0x20, 0x03], 200), record(&[0x04, 0x83, 0x3c], 7), vec![0x0f, 1, 2]].concat();
    let telegrams = vec![answer(ELECTRICITY, 0, &first), answer(ELECTRICITY, 4, &second)];
    let mut meter = Meter { address: 1, telegrams, next: 0, last_bit: None };
    let mut driver = open("mbus", &Options { address: Some(1), ..Options::default() });
    for round in 0..3u64 {
        let mut reports = Vec::new();
        for step in 0..3 {
            let now = UnixTime(1000 + round * 60 + step);
            let request = driver.request(now).expect("there is something to ask");
            assert_eq!(driver.request(now), None, "nothing more before the answer");
            let answer = meter.hear(&request);
            // Many adapters echo what was sent.
            reports.extend(driver.receive(&request));
            for byte in answer {
                reports.extend(driver.receive(&[byte]));
            }
        }
        assert_eq!(reports.len(), 1);
        let Ok(Report::Telegram(readings)) = &reports[0] else { panic!("{reports:?}") };
        assert_eq!(readings[0].total(Direction::Import), Some(300));
        assert_eq!(readings[0].total(Direction::Export), Some(7));
        assert_eq!(readings[0].complaints, ["power or battery low"]);
        assert_eq!(driver.finish(), Vec::new());
    }
}

#[test]
fn a_round_without_answer_is_given_up_and_a_missing_telegram_makes_no_reading() {
    let telegram = answer(ELECTRICITY, 0, &[record(&[0x84, 0x10, 0x03], 100), vec![0x1f]].concat());
    let mut driver = open("mbus", &Options { address: Some(1), ..Options::default() });
    assert_eq!(driver.request(UnixTime(100)).unwrap()[1], 0x40);
    assert_eq!(driver.request(UnixTime(102)), None);
    // No E5h: asked nevertheless.
    assert_eq!(driver.request(UnixTime(105)).unwrap()[1], 0x7b);
    assert_eq!(driver.receive(&telegram), Vec::new());
    assert_eq!(driver.request(UnixTime(106)).unwrap()[1], 0x5b);
    let said = driver.finish();
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["refused\tMalformed"]);
    // A new round, and another meter's answer is not taken.
    assert_eq!(driver.request(UnixTime(107)).unwrap()[1], 0x40);
    driver.receive(&[0xe5]);
    assert_eq!(driver.request(UnixTime(108)).unwrap()[1], 0x7b);
    let foreign = frame(0x08, 9, 0x72, &telegram[7..telegram.len() - 2]);
    assert_eq!(driver.receive(&foreign).iter().map(line).collect::<Vec<_>>(), ["refused\tMalformed"]);
    let complete = answer(ELECTRICITY, 0, &record(&[0x04, 0x03], 100));
    assert!(driver.receive(&complete)[0].is_ok());
    // A recording of one of several telegrams says that it is one.
    let reading = one(&telegram).unwrap();
    assert!(reading.complaints[0].contains("further telegrams"));
}

/// Frames made here.
fn samples() -> Vec<Vec<u8>> {
    vec![
        answer(WATER, 0, &[record(&[0x0c, 0x13], 0x1234), vec![0x04, 0x6d], SUMMER.to_vec()].concat()),
        answer(
            HEAT,
            0,
            &[record(&[0x04, 0x06], 5), record(&[0x44, 0x06], 4), vec![0x0d, 0x78, 3, 65, 66, 67]].concat(),
        ),
        answer(ELECTRICITY, 4, &[record(&[0x84, 0x10, 0x03], 1), record(&[0x04, 0x83, 0x3c], 2), vec![0x1f]].concat()),
        frame(0x08, 3, 0x73, &[0x78, 0x56, 0x34, 0x12, 5, 0, 0xe9, 0x7e, 1, 0, 0, 0, 2, 0, 0, 0]),
        frame(0x08, 1, 0x70, &[8]),
    ]
}

#[test]
fn noise_and_cuts_lose_nothing_and_add_nothing() {
    let mut numbers = Numbers(0x6d62_7573);
    for _ in 0..200 {
        let mut stream = Vec::new();
        let mut expected = 0;
        for _ in 0..5 {
            stream.extend((0..numbers.below(60)).map(|_| numbers.byte()).filter(|byte| *byte != 0x68));
            stream.extend_from_slice(&samples()[0]);
            expected += 1;
        }
        let mut driver = open("mbus", &Options::default());
        let reports = read_in_parts(driver.as_mut(), &stream, &mut numbers);
        let good: Vec<_> = reports.into_iter().filter_map(Result::ok).collect();
        assert_eq!(good.len(), expected);
        assert!(good.iter().all(|report| *report == good[0]));
    }
}

/// Whether somewhere in the bytes stands a frame whose sum is right: written without the driver's code.
fn has_valid_frame(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| {
        let rest = &bytes[at..];
        if rest.len() < 9 || rest[0] != 0x68 || rest[3] != 0x68 || rest[1] != rest[2] {
            return false;
        }
        let length = rest[1] as usize;
        let sum = |end: usize| (4..end).map(|index| u32::from(rest[index])).sum::<u32>() % 256;
        length >= 3
            && rest.len() >= length + 6
            && sum(length + 4) == u32::from(rest[length + 4])
            && rest[length + 5] == 0x16
    })
}

#[test]
fn mutations_do_no_harm() {
    let mut numbers = Numbers(0x4d42_5553_2131);
    let mut originals = samples();
    if let Some(folder) = folder("mbus") {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        originals.extend(paths.iter().map(|path| unhex(&std::fs::read(path).unwrap())));
    }
    let (mut accepted, mut refused) = (0, 0);
    for turn in 0..effort() {
        let original = &originals[turn % originals.len()];
        let mut bytes = mutated(original, &mut numbers);
        // Every other time the sum is made right again, so that what is inside is reached.
        if numbers.below(2) == 0 && bytes.len() > 6 {
            let end = bytes.len() - 2;
            if let Ok(length) = u8::try_from(end - 4) {
                (bytes[0], bytes[1], bytes[2], bytes[3]) = (0x68, length, length, 0x68);
                bytes[end] = bytes[4..end].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
                bytes[end + 1] = 0x16;
            }
        }
        let mut driver = open("mbus", &Options::default());
        let reports = read_in_parts(driver.as_mut(), &bytes, &mut numbers);
        let good = reports.iter().filter(|report| report.is_ok()).count();
        assert!(good == 0 || has_valid_frame(&bytes), "accepted without a valid sum: {bytes:02x?}");
        accepted += good;
        refused += usize::from(good == 0);
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
}
