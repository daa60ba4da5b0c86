//! P1 telegrams: real ones against the table, and made ones with every rule of the format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod push;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes128;
use hushwatt_drivers::{Direction, DriverError, Medium, MeterReading, Options, UnixTime, recognise};
use push::{Dice, Results, check_table, feed, files, folder, format, good, mutants, read, secret};

/// A telegram of these lines, with its checksum.
fn telegram(lines: &[&str]) -> Vec<u8> {
    let mut text = format!("/ABC5TEST\r\n\r\n{}\r\n!", lines.join("\r\n")).into_bytes();
    let sum = crc(&text);
    text.extend(format!("{sum:04X}\r\n").bytes());
    text
}

/// A telegram without checksum.
fn unsummed(lines: &[&str]) -> Vec<u8> {
    format!("/ABC5TEST\r\n\r\n{}\r\n!\r\n", lines.join("\r\n")).into_bytes()
}

/// CRC-16/ARC, bit by bit from the low end.
fn crc(bytes: &[u8]) -> u16 {
    let mut sum = 0u16;
    for byte in bytes {
        sum ^= u16::from(*byte);
        for _ in 0..8 {
            let carry = sum & 1;
            sum >>= 1;
            if carry == 1 {
                sum ^= 0xA001;
            }
        }
    }
    sum
}

const DUTCH: [&str; 9] = [
    "1-3:0.2.8(50)",
    "0-0:1.0.0(240701120000S)",
    "0-0:96.1.1(4D31)",
    "1-0:1.8.1(000010.001*kWh)",
    "1-0:1.8.2(000020.002*kWh)",
    "1-0:2.8.1(000003.004*kWh)",
    "1-0:2.8.2(000000.000*kWh)",
    "1-0:99.97.0(2)(0-0:96.7.19)(101208152415W)(0000000240*s)(101208151004W)(0000000301*s)",
    "0-0:96.13.0()",
];
const OLD: [&str; 5] = [
    "0-0:96.1.1(4D32)",
    "1-0:1.8.1(00001.001*kWh)",
    "1-0:1.8.2(00002.002*kWh)",
    "1-0:2.8.1(00000.003*kWh)",
    "1-0:2.8.2(00000.004*kWh)",
];

fn p1(bytes: &[u8]) -> Results {
    read(format("p1"), &Options::default(), bytes)
}

/// The one telegram in these bytes.
fn one(bytes: &[u8]) -> Vec<MeterReading> {
    let mut results = p1(bytes);
    assert_eq!(results.len(), 1, "{results:?}");
    results.remove(0).unwrap()
}

/// Why these bytes are refused.
fn why(bytes: &[u8]) -> String {
    let mut results = p1(bytes);
    assert_eq!(results.len(), 1, "{results:?}");
    results.remove(0).unwrap_err().to_string()
}

fn total(meter: &MeterReading, direction: Direction) -> Option<u64> {
    meter.total(direction)
}

#[test]
fn every_real_telegram_is_read_or_refused_as_the_table_says() {
    check_table(format("p1"), "dsmr", include_str!("expectations/p1.tsv"));
}

#[test]
fn the_registers_are_those_that_the_dsmr5_crate_reads() {
    let Some(folder) = folder("dsmr") else { return };
    let mut compared = 0;
    for (file, bytes) in files(&folder) {
        let Some(meters) = good(p1(&bytes)).pop() else { continue };
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\n', "\r\n");
        let Some(Ok(readout)) = dsmr5::Reader::new(text.bytes().map(Ok::<u8, ()>)).next() else { continue };
        let Ok(telegram) = readout.to_telegram() else { continue };
        for object in telegram.objects().flatten() {
            let (code, value) = match object {
                dsmr5::OBIS::MeterReadingTo(tariff, value) => (format!("1-0:1.8.{}", tariff as u8 + 1), value),
                dsmr5::OBIS::MeterReadingBy(tariff, value) => (format!("1-0:2.8.{}", tariff as u8 + 1), value),
                _ => continue,
            };
            let ours = meters[0].registers.iter().find(|register| register.code == code).map(|register| register.value);
            let theirs = (f64::from(&value) * 1000.0).round();
            assert_eq!(ours.map(|value| value as f64), Some(theirs), "{file} {code}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} registers compared");
}

#[test]
fn a_dutch_telegram_has_tariffs_that_add_up_and_a_time_in_utc() {
    let meters = one(&telegram(&DUTCH));
    let [meter] = &meters[..] else { panic!("one meter") };
    assert_eq!(meter.meter, "M1");
    assert_eq!(meter.medium, Medium::Electricity);
    // 2024-07-01T10:00:00Z.
    assert_eq!(meter.at, Some(UnixTime(1_719_828_000)));
    assert_eq!(total(meter, Direction::Import), Some(30_003));
    assert_eq!(total(meter, Direction::Export), Some(3_004));
    assert_eq!(meter.step(Direction::Import), Some(1));
    assert_eq!(meter.registers[0].modulus, Some(1_000_000_000));
    assert_eq!(meter.complaints, Vec::<String>::new());
}

#[test]
fn totals_in_watt_hours_are_read_beside_their_tariffs() {
    let lines =
        ["0-0:1.0.0(240701120000S)", "1-0:1.8.0(000000012*Wh)", "1-0:1.8.1(000000005*Wh)", "1-0:1.8.2(000000007*Wh)"];
    let meter = &one(&telegram(&lines))[0];
    assert_eq!((total(meter, Direction::Import), total(meter, Direction::Export)), (Some(12), None));
    assert_eq!(meter.meter, "ABC5TEST", "a meter without number is called after its identification");
}

#[test]
fn swiss_registers_of_channel_one_and_units_in_small_letters_are_read() {
    let lines =
        ["0-0:1.0.0(240701120000S)", "0-0:0.0.0(4D33)", "1-1:1.8.1(000001.000*kwh)", "1-1:2.8.1(000002.000*KWH)"];
    let meter = &one(&telegram(&lines))[0];
    assert_eq!((&*meter.meter, meter.registers[0].code.as_str()), ("M3", "1-1:1.8.1"));
    assert_eq!((total(meter, Direction::Import), total(meter, Direction::Export)), (Some(1_000), Some(2_000)));
    // Channel 0 is the meter's own where there are both.
    let both = ["1-0:1.8.0(000005.000*kWh)", "1-1:1.8.0(000009.000*kWh)"];
    assert_eq!(total(&one(&telegram(&both))[0], Direction::Import), Some(5_000));
}

#[test]
fn a_clock_that_was_never_set_is_a_complaint_and_no_time() {
    let mut lines = DUTCH;
    lines[1] = "0-0:1.0.0(000000000000W)";
    let meter = &one(&telegram(&lines))[0];
    assert_eq!(meter.at, None);
    assert_eq!(meter.complaints.len(), 1);
}

#[test]
fn another_winter_offset_moves_the_time() {
    let options = Options { utc_offset: Some(7200), ..Options::default() };
    let results = read(format("p1"), &options, &telegram(&DUTCH));
    assert_eq!(results[0].as_ref().unwrap()[0].at, Some(UnixTime(1_719_828_000 - 3600)));
}

#[test]
fn meters_behind_it_are_meters_of_their_own() {
    let lines = [
        &DUTCH[..],
        &["0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(240701115500S)(00012.345*m3)"],
        &["0-2:24.1.0(007)", "0-2:96.1.1(5731)", "0-2:24.2.3(240701115959S)(00003.210*m3)"],
        &["0-3:24.1.0(012)", "0-3:96.1.0()", "0-3:24.2.1(240701110000S)(00001.000*GJ)"],
        &["0-4:24.1.0(002)", "0-4:96.1.0(4532)", "0-4:24.2.1(632525252525S)(00007.000*kWh)"],
    ]
    .concat();
    let meters = one(&telegram(&lines));
    let found: Vec<_> =
        meters.iter().skip(1).map(|meter| (&*meter.meter, meter.medium, meter.registers[0].value)).collect();
    let expected = [
        ("G1", Medium::Gas, 12_345),
        ("W1", Medium::Water, 3_210),
        ("M1/3", Medium::Heat, 277_777),
        ("E2", Medium::Electricity, 7_000),
    ];
    assert_eq!(found, expected);
    assert_eq!(meters[1].at, Some(UnixTime(1_719_827_700)));
    assert_eq!((meters[4].at, meters[4].complaints.len()), (None, 1));
    assert!(meters[0].complaints.is_empty());
}

#[test]
fn a_channel_of_another_kind_is_left_out_with_a_complaint_and_an_empty_one_without() {
    let lines = [
        &DUTCH[..],
        &["0-1:24.1.0(008)", "0-1:96.1.0(4731)", "0-1:24.2.1(240701115500S)(00012.345*m3)"],
        &["0-2:24.1.0()", "0-2:96.1.0()", "0-2:24.2.1(632525252525S)(00000.000)"],
        &["0-3:24.1.0(003)", "0-3:96.1.0(4732)", "0-3:24.2.1(240701115500S)(00012.345*kWh)"],
        &["0-4:24.1.0(003)", "0-4:96.1.0()"],
    ]
    .concat();
    let meters = one(&telegram(&lines));
    assert_eq!((meters.len(), meters[0].complaints.len()), (1, 2), "{:?}", meters[0].complaints);
}

#[test]
fn dsmr_three_has_no_checksum_and_its_gas_on_two_lines() {
    let gas = [
        "0-1:24.1.0(03)",
        "0-1:96.1.0(4731)",
        "0-1:24.3.0(240701110000)(000004)(60)(1)(0-1:24.2.1)(m3)",
        "(00001.234)",
    ];
    let meters = one(&unsummed(&[&OLD[..], &gas].concat()));
    assert_eq!((total(&meters[0], Direction::Import), meters[0].at), (Some(3_003), None));
    assert_eq!(
        (&*meters[1].registers[0].code, meters[1].registers[0].value, meters[1].at),
        ("0-1:24.2.1", 1_234, None)
    );
    assert_eq!(meters[1].complaints, ["the status of its value is 04"]);
    let options = Options { utc_offset: Some(3600), ..Options::default() };
    let results = read(format("p1"), &options, &unsummed(&[&OLD[..], &gas].concat()));
    assert_eq!(
        results[0].as_ref().unwrap()[1].at,
        Some(UnixTime(1_719_828_000)),
        "with the offset told, its time is known"
    );
}

#[test]
fn gas_that_dsmr_three_sends_in_another_way_is_left_out_with_a_complaint() {
    for gas in [
        "0-1:24.3.0(240701110000)(00)(60)(2)(0-1:24.2.1)(m3)(1)(2)",
        "0-1:24.3.0(240701110000)(00)(60)(1)(0-2:24.2.1)(m3)(1)",
    ] {
        let meters = one(&unsummed(&[&OLD[..], &["0-1:24.1.0(3)", gas]].concat()));
        assert_eq!((meters.len(), meters[0].complaints.len()), (1, 1), "{gas}");
    }
}

#[test]
fn an_error_register_is_a_complaint_and_not_a_refusal() {
    let meters = one(&telegram(&[&DUTCH[..], &["0-0:97.97.0(00000010)"]].concat()));
    assert_eq!(meters[0].complaints, ["error register 0-0:97.97.0: 00000010"]);
    assert!(one(&telegram(&[&DUTCH[..], &["0-0:97.97.0(00)"]].concat()))[0].complaints.is_empty());
}

#[test]
fn a_readout_of_the_d0_port_is_read_below_the_watt_hour() {
    let lines = [
        "0-0:96.1.255*255(1ABC0000000001)",
        "1-0:1.8.0*255(00000012.3456789*kWh)",
        "1-0:1.8.0*03(00000001.0000000*kWh)",
    ];
    let meter = &one(&unsummed(&lines))[0];
    assert_eq!(
        (&*meter.meter, total(meter, Direction::Import), meter.step(Direction::Import)),
        ("1ABC0000000001", Some(12_345), Some(1))
    );
}

#[test]
fn a_telegram_that_lost_its_checksum_is_refused() {
    assert!(why(&unsummed(&DUTCH)).contains("checksum"));
    // Without version, time or Belgian version it is known by its six digits.
    assert!(why(&unsummed(&DUTCH[2..])).contains("checksum"));
    assert!(why(&unsummed(&[&["0-0:96.1.4(50217)"], &OLD[..]].concat())).contains("checksum"));
    assert!(one(&unsummed(&[&["1-3:0.2.8(30)"], &OLD[..]].concat())).len() == 1);
    for end in ["!12\r\n", "!12G4\r\n", "!xyz\r\n"] {
        let text = String::from_utf8(telegram(&DUTCH)).unwrap();
        let cut = format!("{}{end}", text.split_once('!').unwrap().0);
        assert!(why(cut.as_bytes()).contains("checksum"), "{end}");
    }
}

#[test]
fn an_old_telegram_of_which_something_is_missing_is_refused() {
    assert!(why(&unsummed(&[&OLD[..2], &OLD[3..]].concat())).contains("one of the two tariffs"));
    assert!(why(&unsummed(&[&OLD[..], &["0-0:96.13.0(3"]].concat())).contains("brackets"));
    assert!(why(&unsummed(&[&OLD[..], &["1-0:1.8.1(00009.001*kWh)"]].concat())).contains("twice"));
    let text = unsummed(&OLD);
    assert!(why(&text[..text.len() - 3]).contains("cut off"));
    // A tariff on a broken line, and one with a letter for a digit.
    assert!(p1(&unsummed(&[&OLD[..4], &["1-0:2.8.2(00000.0O4*kWh)"]].concat()))[0].is_err());
}

#[test]
fn conflicting_values_are_refused_and_repeated_ones_are_not() {
    assert!(why(&telegram(&[&DUTCH[..], &["1-0:1.8.1(000010.002*kWh)"]].concat())).contains("twice"));
    assert_eq!(one(&telegram(&[&DUTCH[..], &["1-0:1.8.1(000010.001*kWh)"]].concat())).len(), 1);
}

#[test]
fn registers_in_no_unit_of_energy_are_refused() {
    for line in ["1-0:1.8.0(000010.001)", "1-0:1.8.0(000010.001*m3)", "1-0:1.8.0(-00010.001*kWh)", "1-0:1.8.0(kWh)"] {
        assert!(why(&telegram(&[line])).contains("1-0:1.8.0"), "{line}");
    }
    assert!(matches!(p1(&telegram(&["1-0:1.7.0(01.000*kW)"]))[..], [Err(DriverError::NothingToRead { .. })]));
}

#[test]
fn a_tariff_without_value_is_refused_and_a_direction_without_any_is_not() {
    for line in ["1-0:1.8.2()", "1-0:1.8.2(", "1-0:1.8.2(000020.002*kWh", "1-0:1.8.2"] {
        assert!(why(&telegram(&["1-0:1.8.1(000010.001*kWh)", line])).contains("1-0:1.8.2"), "{line}");
    }
    let meter = &one(&telegram(&["1-0:1.8.1(000010.001*kWh)", "1-0:2.8.1()", "1-0:2.8.2()", "0-0:98.1.0(", ")"]))[0];
    assert_eq!((total(meter, Direction::Import), total(meter, Direction::Export)), (Some(10_001), None));
}

#[test]
fn line_ends_of_an_editor_are_accepted_where_the_checksum_is_of_the_original() {
    let text = String::from_utf8(telegram(&DUTCH)).unwrap().replace("\r\n", "\n");
    assert_eq!(one(text.as_bytes()), one(&telegram(&DUTCH)));
    assert!(why(text.replace("10.001", "10.002").as_bytes()).contains("checksum"));
    assert_eq!(one(text.trim_end().as_bytes()).len(), 1, "and without the last line end");
    let lower =
        text.trim_end().split_once('!').map(|(text, sum)| format!("{text}!{}", sum.to_ascii_lowercase())).unwrap();
    assert_eq!(one(lower.as_bytes()).len(), 1, "and with a checksum in small letters");
}

#[test]
fn noise_cuts_and_portions_change_nothing() {
    let telegrams = [telegram(&DUTCH), unsummed(&OLD), telegram(&[&DUTCH[..8], &["0-0:96.13.0(2F21)"]].concat())];
    let expected: Vec<_> = telegrams.iter().map(|text| one(text)).collect();
    let mut dice = Dice(1);
    for _ in 0..200 {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..6 {
            let which = dice.below(telegrams.len());
            // A telegram that breaks off in the middle of a line, noise, and a whole one.
            if dice.below(3) == 0 {
                stream.extend_from_slice(&telegrams[0][..dice.below(telegrams[0].len() - 8)]);
                stream.extend_from_slice(b"\r\n");
            }
            stream.extend(dice.noise(b"\0\xFF\xDB\x08/!?x5\r\n", 30));
            stream.extend_from_slice(b"\r\n");
            stream.extend_from_slice(&telegrams[which]);
            sent.push(expected[which].clone());
        }
        let most = 1 + dice.below(300);
        let parts = dice.cut(&stream, most);
        let mut driver = (format("p1").open)(&Options::default()).unwrap();
        assert_eq!(good(feed(&mut *driver, parts)), sent);
    }
}

#[test]
fn a_telegram_right_after_one_that_broke_off_within_a_line_is_not_lost() {
    let text = telegram(&DUTCH);
    assert_eq!(good(p1(&[&text[..100], &text[..]].concat())).len(), 1);
}

#[test]
fn what_never_ends_is_dropped_and_the_next_telegram_read() {
    let endless = [b"/ABC5TEST\r\n\r\n1-0:1.8.0(".to_vec(), vec![b'0'; 100_000], b"\r\n".to_vec()].concat();
    let results = p1(&[endless, telegram(&DUTCH)].concat());
    assert!(matches!(results[..], [Err(DriverError::TooLong { .. }), Ok(_)]), "{results:?}");
    let results = p1(b"no meter at all");
    assert!(matches!(results[..], [Err(DriverError::Malformed { .. })]));
    assert!(p1(b"").is_empty());
}

#[test]
fn longest_texts_fit() {
    let text = "0-0:96.13.0(".to_owned() + &"31".repeat(1024) + ")";
    let others: Vec<String> = (2..6).map(|n| format!("0-0:96.13.{n}({})", "31".repeat(1024))).collect();
    let lines: Vec<&str> = DUTCH.iter().copied().chain([&*text]).chain(others.iter().map(|line| &**line)).collect();
    assert_eq!(one(&telegram(&lines)).len(), 1);
}

type Cipher = aes_gcm::AesGcm<Aes128, U12, U12>;

/// As Luxembourg's meters send it.
fn seal(text: &[u8], key: &[u8; 16], authenticated: &[u8]) -> Vec<u8> {
    let nonce = *b"TITLE000\0\0\0\x07";
    let mut text = text.to_vec();
    let tag = Cipher::new(key.into()).encrypt_in_place_detached((&nonce).into(), authenticated, &mut text).unwrap();
    let length = u16::try_from(5 + text.len() + tag.len()).unwrap().to_be_bytes();
    [&[0xDB, 8], &nonce[..8], &[0x82], &length, &[0x30], &nonce[8..], &text, &tag].concat()
}

const KEY: [u8; 16] = *b"key of a meter..";

fn luxembourg() -> Vec<u8> {
    let authentication: Vec<u8> = core::iter::once(0x30).chain((0..16).map(|n| n * 0x11)).collect();
    seal(&telegram(&DUTCH), &KEY, &authentication)
}

fn with_key(key: &[u8], authentication: Option<&[u8]>, bytes: &[u8]) -> Results {
    let options = Options { key: Some(secret(key)), authentication: authentication.map(secret), ..Options::default() };
    read(format("p1"), &options, bytes)
}

#[test]
fn luxembourgs_frames_are_read_with_the_key_and_not_without() {
    let stream = [b"\xDB\x08noise".to_vec(), luxembourg(), luxembourg()].concat();
    assert_eq!(good(with_key(&KEY, None, &stream)), vec![one(&telegram(&DUTCH)); 2]);
    let bad = with_key(b"another key.....", None, &luxembourg());
    assert!(matches!(bad[..], [Err(DriverError::Key { .. })]), "{bad:?}");
    assert!(why(&luxembourg()).contains("encrypted"));
    let plain = with_key(&KEY, None, &telegram(&DUTCH));
    assert!(matches!(plain[..], [Err(DriverError::Key { .. })]), "{plain:?}");
    let mut cut = luxembourg();
    cut.truncate(200);
    assert!(matches!(with_key(&KEY, None, &cut)[..], [Err(DriverError::CutOff { .. })]));
    let short = Options { key: Some(secret(b"short")), ..Options::default() };
    assert!((format("p1").open)(&short).is_err());
}

#[test]
fn an_encrypted_frame_is_read_from_a_hex_dump_and_one_without_p1_says_so() {
    let dump: String = luxembourg()
        .chunks(16)
        .map(|row| row.iter().map(|byte| format!("{byte:02x} ")).collect::<String>() + "\n")
        .collect();
    assert_eq!(good(with_key(&KEY, None, dump.as_bytes())), [one(&telegram(&DUTCH))]);
    assert_eq!(recognise(dump.as_bytes()).unwrap().name, "p1");
    let dlms = with_key(&KEY, Some(&[]), &seal(&[0x0F, 0, 0, 0, 1, 0, 2, 1, 6, 0, 0, 0, 5], &KEY, &[]));
    assert!(matches!(&dlms[..], [Err(error)] if error.to_string().contains("DLMS")), "{dlms:?}");
}

#[test]
fn another_authentication_key_or_none_is_told() {
    let own = [&[0x30][..], &KEY].concat();
    let frame = seal(&telegram(&DUTCH), &KEY, &own);
    assert_eq!(good(with_key(&KEY, Some(&KEY), &frame)).len(), 1);
    assert_eq!(good(with_key(&KEY, Some(&own), &frame)).len(), 1);
    assert_eq!(good(with_key(&KEY, None, &frame)).len(), 0);
    assert_eq!(good(with_key(&KEY, Some(&[]), &seal(&telegram(&DUTCH), &KEY, &[]))).len(), 1);
}

#[test]
fn a_frame_whose_telegram_has_a_wrong_checksum_is_refused() {
    let mut text = telegram(&DUTCH);
    text[60] ^= 1;
    assert!(matches!(with_key(&KEY, Some(&[]), &seal(&text, &KEY, &[]))[..], [Err(DriverError::Checksum { .. })]));
}

#[test]
fn p1_is_recognised() {
    for bytes in [telegram(&DUTCH), unsummed(&OLD), [b"noise\r\n".to_vec(), telegram(&DUTCH)].concat(), luxembourg()] {
        assert_eq!(recognise(&bytes).unwrap().name, "p1");
    }
    assert_eq!((format("p1").likeness)(b"/usr/bin/env\n1-0:1.8.0(1*kWh)\n").0, 0);
}

/// Whether some stretch of the bytes is a telegram with the checksum it says, as it is or with line ends put back.
fn has_right_checksum(bytes: &[u8]) -> bool {
    let marks = (1..bytes.len()).filter(|at| bytes[*at] == b'!' && bytes[*at - 1] == b'\n');
    marks.into_iter().any(|mark| {
        let digits = bytes.get(mark + 1..mark + 5).and_then(|digits| core::str::from_utf8(digits).ok());
        let Some(sum) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else { return false };
        (0..mark).filter(|at| bytes[*at] == b'/').any(|start| {
            let text = &bytes[start..=mark];
            let restored: Vec<u8> =
                text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect();
            crc(text) == sum || crc(&restored) == sum
        })
    })
}

#[test]
fn no_mutant_panics_and_none_with_a_wrong_checksum_is_accepted() {
    let mut seeds = vec![
        telegram(&DUTCH),
        telegram(&["0-0:1.0.0(240701120000S)", "1-0:1.8.0(000000012*Wh)", "1-0:2.8.0(000000007*Wh)"]),
    ];
    if let Some(folder) = folder("dsmr") {
        let real = files(&folder).into_iter().map(|(_, bytes)| bytes);
        seeds.extend(real.filter(|bytes| has_right_checksum(bytes)));
    }
    let expected: Vec<_> = seeds.iter().map(|seed| good(p1(seed))).collect();
    let mut dice = Dice(2);
    let mut accepted = 0;
    for number in 0..mutants() {
        let which = number % seeds.len();
        let mutant = dice.mutate(&seeds[which]);
        for meters in good(p1(&mutant)) {
            accepted += 1;
            let same = expected[which].first() == Some(&meters);
            assert!(same || has_right_checksum(&mutant), "{}", String::from_utf8_lossy(&mutant));
        }
    }
    assert!(accepted > 0, "some mutants change nothing that is summed");
}

#[test]
fn no_mutant_of_a_telegram_without_checksum_panics() {
    let mut seeds = vec![unsummed(&OLD)];
    if let Some(folder) = folder("dsmr") {
        seeds.extend(files(&folder).into_iter().map(|(_, bytes)| bytes).filter(|bytes| !has_right_checksum(bytes)));
    }
    let mut dice = Dice(3);
    for number in 0..mutants() / 5 {
        for meters in good(p1(&dice.mutate(&seeds[number % seeds.len()]))) {
            assert!(meters.iter().all(|meter| !meter.registers.is_empty() && meter.meter.len() <= 100));
        }
    }
}

#[test]
fn no_mutant_of_an_encrypted_frame_is_accepted_with_other_values() {
    let frame = luxembourg();
    let expected = one(&telegram(&DUTCH));
    let mut dice = Dice(4);
    for _ in 0..mutants() / 5 {
        let mutant = dice.mutate(&frame);
        assert!(good(with_key(&KEY, None, &mutant)).iter().all(|meters| *meters == expected));
    }
}
