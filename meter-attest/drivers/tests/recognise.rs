//! Every real file of every kind is recognised as what it is, and what is nothing gets an error that names the closest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod portals;

use hushwatt_drivers::{DriverError, FORMATS, Kind, Options, by_name, read_all, recognise};
use portals::{Random, telegrams};

/// The format of each folder of one kind; the folders of portals are in the table of `files.rs`.
fn expected(folder: &str, file: &str) -> Option<&'static [&'static str]> {
    Some(match folder {
        "sml" => &["sml"],
        // An encrypted frame looks the same on both ports until it is opened.
        "dsmr" if file.starts_with("luxembourg_smarty_encrypted") || file.starts_with("ah_enc") => &["p1", "dlms"],
        "dsmr" => &["p1"],
        "mbus" => &["mbus"],
        "dlms" => &["dlms", "mbus"],
        _ => return None,
    })
}

#[test]
fn every_real_telegram_is_recognised_as_what_it_is() {
    let Some(telegrams) = telegrams() else { return };
    let mut wrong = Vec::new();
    for folder in ["sml", "dsmr", "mbus", "dlms"] {
        for entry in std::fs::read_dir(telegrams.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let file = entry.file_name().into_string().unwrap();
            let Some(expected) = expected(folder, &file) else { continue };
            if !expected.iter().any(|name| by_name(name).is_some()) {
                println!("not in this build: {expected:?}");
                continue;
            }
            let bytes = std::fs::read(entry.path()).unwrap();
            match recognise(&bytes) {
                Ok(format) if expected.contains(&format.name) => {}
                Ok(format) => wrong.push(format!("{folder}/{file}: taken for {}", format.name)),
                Err(error) => wrong.push(format!("{folder}/{file}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn random_bytes_are_not_recognised_and_the_error_names_a_format_that_exists() {
    let mut random = Random::new("bytes");
    for round in 0..3000 {
        let length = random.below(if round % 10 == 0 { 5000 } else { 60 });
        let ascii = round % 3 == 0;
        let byte = |random: &mut Random| if ascii { 32 + random.below(95) as u8 } else { random.next() as u8 };
        let bytes: Vec<u8> = (0..length).map(|_| byte(&mut random)).collect();
        match recognise(&bytes) {
            Err(DriverError::Unknown { closest, why }) => {
                assert!(by_name(closest).is_some(), "{closest}");
                assert!(!why.is_empty() && why.len() < 600, "{why}");
            }
            Err(other) => panic!("{other}"),
            Ok(format) => panic!("{} in {bytes:02x?}", format.name),
        }
    }
}

#[test]
fn what_is_close_to_a_format_is_told_so_with_what_it_lacks() {
    let cases: [(&[u8], &str, &str); 11] = [
        (b"", "csv", "nothing in it"),
        (b"PK\x03\x04......", "csv", "unpack"),
        (b"<?xml version=\"1.0\"?><!-- a --><feed xmlns=\"http://www.w3.org/2005/Atom\"/>", "greenbutton", "'feed'"),
        (b"<rss><channel/></rss>", "greenbutton", "'rss'"),
        (
            b"<m:MasterData xmlns:m=\"http://www.ebutilities.at/schemata/customerprocesses/masterdata/01p30\"/>",
            "at-consumption-record",
            "'m:MasterData'",
        ),
        (
            b"Van (datum);Van (tijdstip);Tot (datum);Register;Volume;Eenheid\n1;2;3;4;5;6\n",
            "fluvius",
            "Validatiestatus",
        ),
        (b"date,kwh\n2026-01-01,1\n2026-01-02,2\n", "csv", "mapping"),
        (b"date\tkwh\n2026-01-01\t1\n2026-01-02\t2\n", "csv", "tabs"),
        (b"{\"temperature\": 20}", "be-fluvius-json", "JSON"),
        (b"UNA:+.? 'UNB+UNOC:3+a+b'UNH+1+UTILMD:D:11A:UN:5.2'", "edifact-mscons", "MSCONS"),
        (b"Dear customer, your data are attached.", "p1", "text"),
    ];
    for (bytes, wanted, says) in cases {
        let Err(DriverError::Unknown { closest, why }) = recognise(bytes) else {
            panic!("recognised: {}", String::from_utf8_lossy(bytes))
        };
        assert!(closest == wanted || wanted == "p1" && by_name("p1").is_none(), "{closest}, not {wanted}: {why}");
        assert!(why.contains(says), "{says}: {why}");
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_closest_and_all_names() {
    let error = read_all(b"", Some("greenbuton"), &Options::default()).unwrap_err();
    assert!(matches!(error, DriverError::Unknown { closest: "greenbutton", .. }), "{error}");
    assert!(error.to_string().contains("at-consumption-record"), "{error}");
}

#[test]
fn every_format_has_a_name_of_its_own_and_only_refused_ones_say_what_to_do_instead() {
    for (format, n) in FORMATS.iter().zip(1..) {
        assert!(FORMATS.iter().skip(n).all(|other| other.name != format.name), "{} twice", format.name);
        assert!(!format.about.is_empty());
        let opened = (format.open)(&Options::default());
        let refused = matches!(opened, Err(DriverError::Unsupported { .. }));
        assert_eq!(refused, format.kind == Kind::Refused, "{}", format.name);
    }
}
