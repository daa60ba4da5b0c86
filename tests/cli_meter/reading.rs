//! `formats` and `read`.

use std::fs;

use hushwatt_drivers::FORMATS;

use crate::{
    support::names,
    telegram::{Shown, coarse, telegram},
    workshop::{START, Workshop},
};

#[test]
fn every_format_is_listed() {
    let workshop = Workshop::new();
    let listed = workshop.json(&["formats"]);
    let rows = listed.as_array().unwrap();
    assert_eq!(rows.len(), FORMATS.len());
    for (row, format) in rows.iter().zip(FORMATS) {
        assert_eq!(names(row), ["about", "kind", "name"]);
        assert_eq!(row["name"], format.name);
        assert!(["push", "poll", "file", "refused"].contains(&row["kind"].as_str().unwrap()));
    }
    let text = workshop.run(&["drivers"]).ok();
    assert!(FORMATS.iter().all(|format| text.contains(format.name)), "{text}");
}

#[test]
fn what_a_telegram_says_is_shown_register_by_register() {
    let workshop = Workshop::new();
    let two: String =
        (0..2).map(|place| telegram(Shown { at: START + place, import: 1_500 + place, export: 7 })).collect();
    fs::write(workshop.path("two.txt"), two + "/TST5\\2BAD\r\n\r\n1-0:1.8.1(000001.000*kWh)\r\n!0000\r\n").unwrap();
    let file = workshop.path("two.txt");
    let told = workshop.json(&["read", file.to_str().unwrap()]);
    assert_eq!(names(&told), ["format", "refused", "series", "telegrams"]);
    assert_eq!((told["format"].as_str(), told["telegrams"].as_array().map(Vec::len)), (Some("p1"), Some(2)));
    assert_eq!(told["refused"].as_array().map(Vec::len), Some(1), "{told}");
    let meter = &told["telegrams"][1][0];
    assert_eq!(
        names(meter),
        ["at", "complaints", "export", "import", "medium", "meter", "registers", "settles", "unit"]
    );
    assert_eq!((meter["import"].as_u64(), meter["export"].as_u64()), (Some(1_501), Some(7)));
    assert_eq!((meter["at"].as_u64(), meter["settles"].as_bool()), (Some(START + 1), Some(true)));
    assert_eq!(names(&meter["registers"][0]), ["code", "direction", "step", "tariff", "value"]);
    let text = workshop.run(&["read", file.to_str().unwrap()]).ok().replace('\u{a0}', " ");
    for part in ["Meter TEST0001 (electricity)", "2026-06-16 04:40:01 UTC", "1.501 kWh", "Refused: 1"] {
        assert!(text.contains(part), "\"{part}\" is missing in {text}");
    }
}

#[test]
fn a_coarse_meter_is_shown_as_such_and_other_bytes_are_refused_with_the_closest_format() {
    let workshop = Workshop::new();
    let file = workshop.path("coarse.txt");
    fs::write(&file, coarse(Shown { at: START, import: 4_711_000, export: 0 })).unwrap();
    let text = workshop.run(&["read", file.to_str().unwrap()]).ok();
    assert!(text.contains("too coarsely"), "{text}");

    fs::write(&file, "a letter to my aunt, about the weather").unwrap();
    let told = workshop.run(&["read", file.to_str().unwrap(), "--json"]);
    assert_eq!(told.failed(), "unknown_format");
    assert!(told.err.contains("the closest is"), "{told:?}");
    assert_eq!(workshop.failed(&["read", workshop.path("none.txt").to_str().unwrap()]), "read");
    assert_eq!(workshop.failed(&["read", file.to_str().unwrap(), "--driver", "p1"]), "meter");
    assert_eq!(workshop.failed(&["read", file.to_str().unwrap(), "--driver", "p2"]), "input");
    assert_eq!(workshop.failed(&["read", "--driver", "p1"]), "input");
}

#[test]
fn values_of_a_portal_are_summed_up() {
    let workshop = Workshop::new();
    let file = workshop.path("portal.csv");
    let text = "Van (datum);Tot (datum);Register;Volume;Eenheid;Validatiestatus\n\
                01-03-2026;02-03-2026;Afname Dag;5,500;kWh;Gevalideerd\n\
                02-03-2026;03-03-2026;Afname Dag;1,250;kWh;Gevalideerd\n";
    fs::write(&file, text).unwrap();
    let told = workshop.json(&["read", file.to_str().unwrap()]);
    let series = &told["series"][0];
    assert_eq!(
        names(series),
        ["direction", "estimated", "from", "medium", "meter", "seconds", "substituted", "sum_milli", "until", "values"]
    );
    assert_eq!((series["values"].as_u64(), series["sum_milli"].as_u64()), (Some(2), Some(6_750_000)));
    let text = workshop.run(&["read", file.to_str().unwrap()]).ok().replace('\u{a0}', " ");
    assert!(text.contains("fluvius: values by interval") && text.contains("6.75 kWh"), "{text}");
}
