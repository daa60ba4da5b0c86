//! DLMS push: recorded frames, frames made here, encryption, parts, noise, mutations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bus;

use bus::{Numbers, check, effort, folder, line, mutated, open, read, read_in_parts, secret, table, unhex};
use hushwatt_drivers::{Options, Report, UnixTime, recognise};

const EXPECTED: &str = include_str!("expectations/dlms.tsv");

#[test]
fn every_recorded_frame_is_read_or_refused_as_expected() {
    let Some(folder) = folder("dlms") else { return };
    check(&folder, &table(EXPECTED), |_, bytes| {
        read("dlms", &Options::default(), bytes, 64).iter().map(line).collect()
    });
}

/// CRC-16/X-25 written another way than the driver's: bits from the high end, then turned round.
fn check_sequence(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xffffu32;
    for byte in bytes {
        crc ^= u32::from(byte.reverse_bits()) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x1_1021 } else { crc << 1 };
        }
    }
    (!(crc as u16).reverse_bits()).to_le_bytes()
}

/// An HDLC frame without flags.
fn unflagged(information: &[u8], segmented: bool) -> Vec<u8> {
    let length = 2 + 1 + 2 + 1 + 2 + information.len() + 2;
    let mut bytes = vec![0xa0 | u8::from(segmented) << 3 | u8::try_from(length >> 8).unwrap(), length as u8];
    bytes.extend([0xcf, 0x02, 0x23, 0x13]);
    bytes.extend(check_sequence(&bytes));
    bytes.extend_from_slice(information);
    bytes.extend(check_sequence(&bytes));
    bytes
}

fn flagged(frame: &[u8]) -> Vec<u8> {
    [&[0x7e], frame, &[0x7e]].concat()
}

/// A message as one frame.
fn hdlc(message: &[u8]) -> Vec<u8> {
    flagged(&unflagged(&[&[0xe6, 0xe7, 0x00], message].concat(), false))
}

/// A message as M-Bus frames with so many bytes of it each.
fn mbus(message: &[u8], part: usize) -> Vec<u8> {
    let count = message.len().div_ceil(part);
    let mut bytes = Vec::new();
    for (index, part) in message.chunks(part).enumerate() {
        let last = if index + 1 == count { 0x10 } else { 0 };
        let body = [&[0x53, 0xff, index as u8 | last, 0x01, 0x67], part].concat();
        bytes.extend([0x68, body.len() as u8, body.len() as u8, 0x68]);
        bytes.extend_from_slice(&body);
        bytes.push(body.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
        bytes.push(0x16);
    }
    bytes
}

/// 2026-07-15 13:45:30, two hours ahead of UTC, summer time: 11:45:30 UTC.
const CLOCK: [u8; 12] = [0x07, 0xea, 7, 15, 3, 13, 45, 30, 0xff, 0xff, 0x88, 0x80];
const AT: UnixTime = UnixTime(1_784_115_930);

/// A notification with this body.
fn notification(body: &[u8]) -> Vec<u8> {
    [&[0x0f, 0, 0, 0, 1, 0x0c][..], &CLOCK, body].concat()
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    [&[0x09, bytes.len() as u8], bytes].concat()
}

fn long(value: u32) -> Vec<u8> {
    [&[0x06][..], &value.to_be_bytes()].concat()
}

fn structure(parts: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x02, parts.len() as u8], parts.concat()].concat()
}

fn array(parts: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x01, parts.len() as u8], parts.concat()].concat()
}

fn unit(scaler: i8, unit: u8) -> Vec<u8> {
    vec![0x02, 0x02, 0x0f, scaler as u8, 0x16, unit]
}

fn name(a: u8, b: u8, c: u8, d: u8, e: u8) -> Vec<u8> {
    octets(&[a, b, c, d, e, 0xff])
}

/// Names, values and units one after the other, as in Austria.
fn flat() -> Vec<u8> {
    structure(&[
        octets(&CLOCK),
        name(1, 0, 1, 8, 0),
        long(4_407_562),
        unit(0, 30),
        name(1, 0, 2, 8, 0),
        long(259),
        unit(0, 30),
        name(1, 0, 1, 7, 0),
        long(510),
        unit(0, 27),
        octets(b"181220001234"),
    ])
}

fn one(bytes: &[u8]) -> Result<String, String> {
    with(bytes, &Options::default())
}

fn with(bytes: &[u8], options: &Options) -> Result<String, String> {
    let mut reports = read("dlms", options, bytes, 11);
    assert_eq!(reports.len(), 1, "{reports:?}");
    let report = reports.remove(0);
    let line = line(&report);
    report.map(|_| line.clone()).map_err(|error| format!("{line}: {error}"))
}

const FLAT: &str = "read\t181220001234 Electricity; 1-0:1.8.0+ = 4407562 / 1; 1-0:2.8.0- = 259 / 1";

#[test]
fn frames_of_both_kinds_are_read_whole_and_in_parts() {
    let message = notification(&flat());
    assert_eq!(one(&hdlc(&message)).unwrap(), FLAT);
    for part in [20, 100, 240] {
        assert_eq!(one(&mbus(&message, part)).unwrap(), FLAT);
    }
    let llc = [&[0xe6, 0xe7, 0x00], message.as_slice()].concat();
    let parts: Vec<&[u8]> = llc.chunks(40).collect();
    let segments = parts.iter().enumerate().map(|(index, part)| flagged(&unflagged(part, index + 1 < parts.len())));
    assert_eq!(one(&segments.flatten().collect::<Vec<u8>>()).unwrap(), FLAT);
    let blocks: Vec<&[u8]> = message.chunks(50).collect();
    let blocks = blocks.iter().enumerate().flat_map(|(index, part)| {
        let control = if index + 1 == blocks.len() { 0x80 } else { 0 };
        hdlc(&[&[0xe0, control, 0, index as u8 + 1, 0, 0, part.len() as u8], *part].concat())
    });
    assert_eq!(one(&blocks.collect::<Vec<u8>>()).unwrap(), FLAT);
    // Saved without its flags, or with escapes within.
    assert_eq!(one(&unflagged(&llc, false)).unwrap(), FLAT);
    let plain = unflagged(&llc, false);
    let escaped: Vec<u8> = plain
        .iter()
        .flat_map(|byte| if matches!(byte, 0x7e | 0x7d | 0x0f) { vec![0x7d, byte ^ 0x20] } else { vec![*byte] })
        .collect();
    assert_ne!(escaped, plain);
    assert_eq!(one(&flagged(&escaped)).unwrap(), FLAT);
}

#[test]
fn a_missing_part_makes_no_reading() {
    let message = notification(&flat());
    let frames = mbus(&message, 40);
    let first = usize::from(frames[1]) + 6;
    assert!(one(&frames[..first]).unwrap_err().contains("not complete"));
    let say = |bytes: &[u8]| read("dlms", &Options::default(), bytes, 99).iter().map(line).collect::<Vec<_>>();
    assert!(say(&frames[first..]).iter().all(|line| line == "refused\tMalformed"));
    let skipped = [&frames[..first], &frames[2 * first..]].concat();
    assert!(say(&skipped).iter().all(|line| line == "refused\tMalformed"));
}

#[test]
fn the_time_is_that_of_the_list_in_utc() {
    let mut reports = read("dlms", &Options::default(), &hdlc(&notification(&flat())), 1000);
    let Ok(Report::Telegram(readings)) = reports.remove(0) else { panic!("it is read") };
    assert_eq!((readings[0].at, readings[0].complaints.len()), (Some(AT), 0));
    let changed = |place: &[(usize, u8)], offset: Option<i32>| {
        let mut clock = CLOCK;
        for (at, byte) in place {
            clock[*at] = *byte;
        }
        let list = structure(&[octets(&clock), name(1, 0, 1, 8, 0), long(1), unit(0, 30), octets(b"181220001234")]);
        let message = [&[0x0f, 0, 0, 0, 1, 0][..], &list].concat();
        let options = Options { utc_offset: offset, ..Options::default() };
        let mut reports = read("dlms", &options, &hdlc(&message), 1000);
        let Ok(Report::Telegram(mut readings)) = reports.remove(0) else { panic!("it is read") };
        (readings[0].at, readings.remove(0).complaints.len())
    };
    assert_eq!(changed(&[(9, 0x80), (10, 0)], None), (None, 0));
    assert_eq!(changed(&[(9, 0x80), (10, 0)], Some(3600)), (Some(AT), 0));
    assert_eq!(changed(&[(9, 0x80), (10, 0), (11, 0)], Some(3600)), (Some(UnixTime(AT.0 + 3600)), 0));
    assert_eq!(changed(&[(11, 0x81)], None), (None, 1));
    assert_eq!(changed(&[(11, 0x82)], None), (Some(AT), 1));
    assert_eq!(changed(&[(2, 13)], None), (None, 0));
}

#[test]
fn lists_of_makers_are_read_with_their_units() {
    let read = |body: Vec<u8>| one(&hdlc(&notification(&body)));
    // Aidon: structures, scaler 1.
    let text = |text: &str| [vec![0x0a, text.len() as u8], text.as_bytes().to_vec()].concat();
    let aidon = array(&[
        structure(&[name(1, 1, 0, 2, 129), text("AIDON_V0001")]),
        structure(&[name(0, 0, 96, 1, 0), text("7359990000000001")]),
        structure(&[name(1, 0, 1, 7, 0), long(700), unit(0, 27)]),
        structure(&[name(0, 0, 1, 0, 0), octets(&CLOCK)]),
        structure(&[name(1, 0, 1, 8, 0), long(123_456), unit(1, 30)]),
        structure(&[name(1, 0, 2, 8, 0), long(7), unit(1, 30)]),
        structure(&[name(1, 0, 3, 8, 0), long(5), unit(1, 32)]),
    ]);
    let expected = "read\t7359990000000001 Electricity; 1-0:1.8.0+ = 1234560 / 10; 1-0:2.8.0- = 70 / 10";
    assert_eq!(read(aidon).unwrap(), expected);
    // Kamstrup: names and values, no units, with empty values between; counts of 10 Wh.
    let kamstrup = |version: &str| {
        structure(&[
            text(version),
            name(1, 1, 0, 0, 5),
            text("5706560000000001"),
            name(1, 1, 1, 7, 0),
            long(1),
            vec![0],
            vec![0],
            name(1, 1, 1, 8, 0),
            long(774_525),
            name(1, 1, 2, 8, 0),
            long(3),
        ])
    };
    let expected = "read\t5706560000000001 Electricity; 1-1:1.8.0+ = 7745250 / 10; 1-1:2.8.0- = 30 / 10";
    assert_eq!(read(kamstrup("Kamstrup_V0001")).unwrap(), expected);
    assert!(read(kamstrup("Other_V0001")).unwrap_err().contains("without unit"));
    let mut longer = kamstrup("Kamstrup_V0001");
    longer[1] += 30;
    longer.extend([0; 30]);
    assert!(read(longer).unwrap_err().contains("without unit"));
    // Kaifa: values alone; counts of 1 Wh.
    let kaifa = |count: usize| {
        let mut parts = vec![octets(b"KFM_001"), octets(b"6970630000000001"), octets(b"MA304H3E")];
        parts.extend((0..count - 8).map(|_| long(1)));
        parts.extend([octets(&CLOCK), long(79_591_144), long(9), long(8), long(7)]);
        structure(&parts)
    };
    let expected = "read\t6970630000000001 Electricity; 1-0:1.8.0+ = 79591144 / 1; 1-0:2.8.0- = 9 / 1";
    assert_eq!(read(kaifa(18)).unwrap(), expected);
    assert_eq!(read(kaifa(14)).unwrap(), expected);
    assert!(read(kaifa(15)).unwrap_err().starts_with("refused\tUnsupported"));
    assert!(read(structure(&[long(1234)])).unwrap_err().starts_with("refused\tNothingToRead"));
    // Some Swedish lists say no number.
    let unnumbered = structure(&[name(1, 0, 1, 8, 0), long(1), unit(0, 30)]);
    assert_eq!(read(unnumbered).unwrap(), "read\tunnumbered Electricity; 1-0:1.8.0+ = 1 / 1");
    // Iskra in Carinthia.
    let mut parts = vec![name(0, 6, 25, 9, 0), octets(b"1121270000001"), octets(&CLOCK[5..9]), octets(&CLOCK[..5])];
    parts.extend([33_177_130, 5, 8_969_789, 16_598_153, 3149, 0].map(long));
    parts.extend([octets(&[]), octets(&[])]);
    let expected = "read\t1121270000001 Electricity; 1-0:1.8.0+ = 33177130 / 1; 1-0:2.8.0- = 5 / 1";
    assert_eq!(read(structure(&parts)).unwrap(), expected);
    // Landis+Gyr: a description of the list, then its values.
    let describe = |class: u8, obis: Vec<u8>| structure(&[vec![0x12, 0, class], obis, vec![0x0f, 2], vec![0x12, 0, 0]]);
    let description = array(&[
        describe(40, name(0, 6, 25, 9, 0)),
        describe(1, name(0, 0, 96, 1, 1)),
        describe(3, name(1, 1, 1, 8, 0)),
        describe(3, name(1, 1, 1, 8, 1)),
        describe(3, name(1, 1, 2, 8, 0)),
    ]);
    let landis = structure(&[description, octets(&[0xaa, 0xbb]), long(30), long(30), long(4)]);
    let expected = "read\tAABB Electricity; 1-1:1.8.0+ = 30 / 1; 1-1:1.8.1+ T1 = 30 / 1; 1-1:2.8.0- = 4 / 1";
    assert_eq!(read(landis).unwrap(), expected);
}

#[test]
fn what_makes_no_register_is_refused() {
    let read = |body: Vec<u8>| one(&hdlc(&notification(&body))).unwrap_err();
    let list = |parts: &[Vec<u8>]| structure(&[&[name(0, 0, 96, 1, 0), octets(b"12345678")], parts].concat());
    assert!(read(list(&[name(1, 0, 1, 7, 0), long(1), unit(0, 27)])).starts_with("refused\tNothingToRead"));
    assert!(read(list(&[name(1, 0, 1, 8, 0), long(1), unit(0, 31)])).contains("unit 31"));
    assert!(read(list(&[name(1, 0, 1, 8, 0), long(1), unit(99, 30)])).contains("scaler 99"));
    let negative = [&[0x05][..], &(-5i32).to_be_bytes()].concat();
    assert!(read(list(&[name(1, 0, 1, 8, 0), negative, unit(0, 30)])).starts_with("refused\tMeterFault"));
    let twice = [name(1, 0, 1, 8, 0), long(1), unit(0, 30), name(1, 1, 1, 8, 0), long(2), unit(0, 30)];
    assert!(read(list(&twice)).contains("different things"));
    assert!(read(structure(&[octets(b"ISK0000000000001"), long(1)])).contains("ISK0000000000001"));
    // Bounds: depth, count, length, type.
    let deep = (0..20).fold(long(1), |inner, _| structure(&[inner]));
    assert!(read(deep).contains("too deep"));
    assert!(read(vec![0x01, 0x82, 0xff, 0xff, 0x00]).contains("too long"));
    assert!(read(vec![0x02, 0x01, 0x09, 0x84, 1, 1, 1, 1]).contains("length of 4 bytes"));
    assert!(read(vec![0x02, 0x01, 0x13, 0]).contains("type 13h"));
    assert!(read([flat(), vec![0]].concat()).contains("after the message"));
    for tag in [0xc2, 0xdd, 0xdf, 0x61, 0xc4] {
        assert!(one(&hdlc(&[tag, 1, 2, 3])).unwrap_err().starts_with("refused\tUnsupported"));
    }
    assert!(one(&notification(&flat())).unwrap_err().contains("without its frame"));
}

const KEY: [u8; 16] = *b"sixteen bytes!!!";
const AUTHENTICATION: [u8; 16] = *b"another sixteen!";

/// A notification encrypted with this security control.
fn encrypted(control: u8, plain: &[u8]) -> Vec<u8> {
    use aes_gcm::aead::consts::U12;
    use aes_gcm::aead::generic_array::GenericArray;
    use aes_gcm::{AeadInPlace, KeyInit};
    let title = *b"HUW\0\0\x01\x02\x03";
    let counter = [0u8, 0, 0, 35];
    let cipher = aes_gcm::AesGcm::<aes_gcm::aes::Aes128, U12, U12>::new_from_slice(&KEY).unwrap();
    let nonce = [&title[..], &counter].concat();
    let nonce = GenericArray::from_slice(&nonce);
    let aad = [&[control][..], &AUTHENTICATION].concat();
    let (text, tag) = match control & 0x30 {
        0x10 => {
            let aad = [&aad[..], plain].concat();
            (plain.to_vec(), cipher.encrypt_in_place_detached(nonce, &aad, &mut []).unwrap().to_vec())
        }
        0 => (plain.to_vec(), Vec::new()),
        bits => {
            let mut text = plain.to_vec();
            let tag = cipher.encrypt_in_place_detached(nonce, &aad, &mut text).unwrap().to_vec();
            (text, if bits == 0x30 { tag } else { Vec::new() })
        }
    };
    let length = 5 + text.len() + tag.len();
    let head = [&[0xdb, 8][..], &title, &[0x82], &(length as u16).to_be_bytes(), &[control], &counter].concat();
    [head, text, tag].concat()
}

#[test]
fn encrypted_messages_need_the_right_keys() {
    let keys = |key: [u8; 16], authentication: Option<[u8; 16]>| Options {
        key: secret(key),
        authentication: authentication.and_then(secret),
        ..Options::default()
    };
    let plain = notification(&flat());
    for control in [0x00, 0x20, 0x21, 0x30, 0x31, 0x10] {
        let message = encrypted(control, &plain);
        for frames in [hdlc(&message), mbus(&message, 200)] {
            assert_eq!(with(&frames, &keys(KEY, Some(AUTHENTICATION))).unwrap(), FLAT, "{control:02x}");
            if control & 0x10 != 0 {
                assert!(with(&frames, &keys(KEY, None)).unwrap_err().starts_with("refused\tKey"));
                assert!(with(&frames, &keys(KEY, Some(KEY))).unwrap_err().starts_with("refused\tKey"));
            }
            if control != 0 {
                assert!(
                    with(&frames, &keys(AUTHENTICATION, Some(AUTHENTICATION))).unwrap_err().starts_with("refused\tKey")
                );
            }
            assert!(one(&frames).unwrap_err().starts_with("refused\tKey"));
        }
    }
    // A changed byte under the tag, in a frame that is otherwise right.
    let mut changed = encrypted(0x30, &plain);
    changed[40] ^= 1;
    assert!(with(&hdlc(&changed), &keys(KEY, Some(AUTHENTICATION))).unwrap_err().starts_with("refused\tKey"));
    for control in [0x22, 0x60, 0xa0] {
        let message = encrypted(control, &plain);
        assert!(with(&hdlc(&message), &keys(KEY, None)).unwrap_err().starts_with("refused\tUnsupported"));
    }
    // Iskra in Vienna: a clock and eight values; the meter is known by the sender's title.
    let mut parts = vec![octets(&CLOCK)];
    parts.extend([4_490_428, 1342, 65_611, 1_843_441, 374, 0, 0, 244].map(long));
    let message = encrypted(0x20, &notification(&structure(&parts)));
    let expected = "read\tHUW0000010203 Electricity; 1-0:1.8.0+ = 4490428 / 1; 1-0:2.8.0- = 1342 / 1";
    assert_eq!(with(&hdlc(&message), &keys(KEY, None)).unwrap(), expected);
    let short = Options { key: Some(hushwatt_drivers::Secret(vec![1, 2, 3].into())), ..Options::default() };
    let format = hushwatt_drivers::FORMATS.iter().find(|format| format.name == "dlms").unwrap();
    assert!((format.open)(&short).is_err());
}

#[test]
fn recorded_messages_without_a_right_frame_are_read_in_one() {
    let Some(folder) = folder("dlms") else { return };
    let framed = table(include_str!("expectations/dlms_framed.tsv"));
    let mut wrong = Vec::new();
    for (file, expected) in &framed {
        let text = std::fs::read(folder.join(file)).unwrap();
        let bytes = unhex(&text);
        let mut options = Options::default();
        let frames = match bytes.first() {
            // A body alone.
            Some(1 | 2) => hdlc(&notification(&bytes)),
            // A frame whose check does not fit, since numbers in it were made unrecognisable.
            Some(0x7e) => {
                let message = bytes.windows(3).position(|llc| llc == [0xe6, 0xe7, 0x00]).unwrap() + 3;
                hdlc(&bytes[message..bytes.len() - 3])
            }
            // Frames followed by the key.
            _ => {
                options.key = secret(bytes[bytes.len() - 16..].try_into().unwrap());
                bytes
            }
        };
        let lines: Vec<String> = read("dlms", &options, &frames, 50).iter().map(line).collect();
        if lines != *expected {
            wrong.extend(lines.iter().map(|line| format!("{file}\t{line}")));
        }
    }
    assert!(wrong.is_empty(), "not as in the table, but:\n{}", wrong.join("\n"));
}

#[test]
fn dumps_and_frames_are_recognised() {
    let message = notification(&flat());
    for bytes in [hdlc(&message), mbus(&message, 200)] {
        let dump: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
        assert_eq!(recognise(&bytes).map(|format| format.name), Ok("dlms"));
        assert_eq!(recognise(dump.as_bytes()).map(|format| format.name), Ok("dlms"));
        assert_eq!(one(dump.as_bytes()).unwrap(), FLAT);
    }
}

fn samples() -> Vec<Vec<u8>> {
    let message = notification(&flat());
    vec![hdlc(&message), mbus(&message, 90), hdlc(&encrypted(0x20, &message)), mbus(&encrypted(0x30, &message), 200)]
}

fn all_keys() -> Options {
    Options { key: secret(KEY), authentication: secret(AUTHENTICATION), ..Options::default() }
}

#[test]
fn noise_and_cuts_lose_nothing_and_add_nothing() {
    let mut numbers = Numbers(0x646c_6d73);
    for turn in 0..200 {
        let mut stream = Vec::new();
        for _ in 0..5 {
            let noise = (0..numbers.below(60)).map(|_| numbers.byte());
            stream.extend(noise.filter(|byte| !matches!(byte, 0x7e | 0x68)));
            stream.extend_from_slice(&samples()[turn % 4]);
        }
        let mut driver = open("dlms", &all_keys());
        let reports = read_in_parts(driver.as_mut(), &stream, &mut numbers);
        let good: Vec<String> = reports.iter().filter(|report| report.is_ok()).map(line).collect();
        assert_eq!(good, [FLAT; 5], "{reports:?}");
    }
}

/// Whether somewhere in the bytes stands a frame with a right check: written without the driver's code.
fn has_valid_frame(bytes: &[u8]) -> bool {
    let right = |frame: &[u8]| {
        frame.len() > 9 && frame[0] >> 4 == 10 && check_sequence(&frame[..frame.len() - 2]) == frame[frame.len() - 2..]
    };
    let flags: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == 0x7e).collect();
    let plain = |frame: &[u8]| {
        let mut out = Vec::new();
        let mut at = 0;
        while at < frame.len() {
            let escaped = frame[at] == 0x7d && at + 1 < frame.len();
            out.push(if escaped { frame[at + 1] ^ 0x20 } else { frame[at] });
            at += if escaped { 2 } else { 1 };
        }
        out
    };
    let between = flags.iter().any(|begin| {
        flags.iter().filter(|end| *end > begin).any(|end| {
            let frame = &bytes[begin + 1..*end];
            right(frame) || right(&plain(frame))
        })
    });
    let mbus = (0..bytes.len()).any(|at| {
        let rest = &bytes[at..];
        if rest.len() < 9 || rest[0] != 0x68 || rest[3] != 0x68 || rest[1] != rest[2] {
            return false;
        }
        let length = rest[1] as usize;
        rest.len() >= length + 6
            && rest[4..length + 4].iter().map(|byte| u32::from(*byte)).sum::<u32>() % 256 == u32::from(rest[length + 4])
    });
    between || mbus || right(bytes)
}

#[test]
fn mutations_do_no_harm() {
    let mut numbers = Numbers(0x444c_4d53_2131);
    let mut originals = samples();
    if let Some(folder) = folder("dlms") {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for bytes in paths.iter().map(|path| unhex(&std::fs::read(path).unwrap())) {
            originals.push(if matches!(bytes[0], 1 | 2) { hdlc(&notification(&bytes)) } else { bytes });
        }
    }
    let (mut accepted, mut refused) = (0, 0);
    for turn in 0..effort() {
        let original = &originals[turn % originals.len()];
        // Every other time the message is changed and the frame made right, so that what is inside is reached.
        let bytes = if original[0] == 0x7e && original.len() > 30 && numbers.below(2) == 0 {
            let begin = original.windows(3).position(|llc| llc == [0xe6, 0xe7, 0x00]).map_or(12, |at| at + 3);
            let mut message = mutated(&original[begin..original.len() - 3], &mut numbers);
            message.truncate(1800);
            hdlc(&message)
        } else {
            mutated(original, &mut numbers)
        };
        let mut driver = open("dlms", &all_keys());
        let reports = read_in_parts(driver.as_mut(), &bytes, &mut numbers);
        let good = reports.iter().filter(|report| report.is_ok()).count();
        assert!(good == 0 || has_valid_frame(&bytes), "accepted without a valid check: {bytes:02x?}");
        accepted += good;
        refused += usize::from(good == 0);
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
}
