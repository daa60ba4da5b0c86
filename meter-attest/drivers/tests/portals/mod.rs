//! What the tests of files share: where the real ones are, small ones of our own making, and chance that repeats.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt::Write;
use std::path::PathBuf;

use hushwatt_drivers::{Options, Report, Series};

/// The folder with real telegrams; `None`, and a word about it, where it is not there.
pub fn telegrams() -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let data = std::env::var_os("HUSHWATT_DATA").map_or_else(|| PathBuf::from(shared), PathBuf::from);
    let folder = data.join("telegrams");
    if !folder.is_dir() {
        println!("skipped: no {} (set HUSHWATT_DATA)", folder.display());
        return None;
    }
    Some(folder)
}

/// The options with a mapping of `tests/mappings`, `-` for none.
pub fn mapping(name: &str) -> Options {
    let mapping = match name {
        "ameren" => Some(include_str!("../mappings/ameren.toml")),
        "engie" => Some(include_str!("../mappings/engie.toml")),
        "-" => None,
        other => panic!("no mapping {other}"),
    };
    with_mapping(mapping)
}

pub fn with_mapping(mapping: Option<&str>) -> Options {
    Options { mapping: mapping.map(str::to_owned), ..Options::default() }
}

pub fn series_of(reports: Vec<Report>) -> Vec<Series> {
    let series = |report| match report {
        Report::Series(series) => series,
        Report::Telegram(_) => panic!("a file has series"),
    };
    reports.into_iter().flat_map(series).collect()
}

/// Series as the table writes them.
pub fn shown(series: &[Series]) -> String {
    let mut shown: Vec<String> = series
        .iter()
        .map(|one| {
            let milli: u64 = one.values.iter().map(|value| value.milli).sum();
            let mut sum = (milli / 1000).to_string();
            if !milli.is_multiple_of(1000) {
                write!(sum, ".{:03}", milli % 1000).unwrap();
            }
            let name = format!("{:?}.{:?}", one.medium, one.direction).to_lowercase();
            format!("{name}={}/{sum}", one.values.len())
        })
        .collect();
    shown.sort();
    shown.join(" ")
}

/// Chance that is the same each time (splitmix64), seeded with a name.
pub struct Random(u64);

impl Random {
    pub fn new(name: &str) -> Self {
        Self(
            name.bytes().fold(14_695_981_039_346_656_037, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
            }),
        )
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// A Green Button file: a prefix for ESPI names, the fields of the reading type, and readings of start, duration and value.
pub fn green(prefix: &str, kind: u32, type_fields: &str, readings: &[(u64, u64, &str)]) -> String {
    let p = if prefix.is_empty() { String::new() } else { format!("{prefix}:") };
    let ns = if prefix.is_empty() { " xmlns=\"http://naesb.org/espi\"".to_owned() } else { String::new() };
    let at = |path: &str| format!("https://utility.example/espi/1_1/resource/User/7/UsagePoint/U1{path}");
    let link = |rel: &str, href: &str| format!("<link rel=\"{rel}\" href=\"{href}\"/>");
    let declared = if prefix.is_empty() { String::new() } else { format!(" xmlns:{prefix}=\"http://naesb.org/espi\"") };
    let mut text =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"{declared}>\n");
    let mut entry =
        |links: String, content: String| writeln!(text, "<entry>{links}<content>{content}</content></entry>").unwrap();
    entry(
        link("self", &at("")),
        format!(
            "<{p}UsagePoint{ns}><{p}ServiceCategory><{p}kind>{kind}</{p}kind></{p}ServiceCategory></{p}UsagePoint>"
        ),
    );
    entry(link("self", &at("/MeterReading/1")) + &link("related", "ReadingType/3"), format!("<{p}MeterReading{ns}/>"));
    let fields: String = type_fields
        .split_whitespace()
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| format!("<{p}{name}>{value}</{p}{name}>"))
        .collect();
    entry(link("self", "ReadingType/3"), format!("<{p}ReadingType{ns}>{fields}</{p}ReadingType>"));
    let mut blocks = String::new();
    for (start, duration, value) in readings {
        writeln!(
            blocks,
            "<{p}IntervalReading><{p}timePeriod><{p}duration>{duration}</{p}duration><{p}start>{start}</{p}start></{p}timePeriod>\
             <{p}value>{value}</{p}value></{p}IntervalReading>"
        )
        .unwrap();
    }
    entry(
        link("self", &at("/MeterReading/1/IntervalBlock/9")),
        format!("<{p}IntervalBlock{ns}>{blocks}</{p}IntervalBlock>"),
    );
    text + "</feed>\n"
}

/// A Fluvius export: rows of from date, from time, until date, until time, register, volume and status.
pub fn fluvius(rows: &[[&str; 7]]) -> String {
    let head = "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;Volume;Eenheid;Validatiestatus;Omschrijving\r\n";
    let mut text = format!("\u{feff}{head}");
    for [from, at, until, to, register, volume, status] in rows {
        let meter = "=\"541440000000000001\";1SAG0000000001;Digitale meter";
        write!(text, "{from};{at};{until};{to};{meter};{register};{volume};kWh;{status};\r\n").unwrap();
    }
    text
}

/// An Austrian record: version, interval code, and for each meter code its positions of from, until, method and quantity.
pub fn austria(version: &str, interval: &str, data: &[(&str, &[[&str; 4]])]) -> String {
    let ns = format!("http://www.ebutilities.at/schemata/customerprocesses/consumptionrecord/{version}");
    let longest = data.iter().map(|(_, positions)| positions.len()).max().unwrap_or(0);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<cr:ConsumptionRecord xmlns:cr=\"{ns}\" xmlns:ct=\"http://www.ebutilities.at/types\">\n\
         <cr:MarketParticipantDirectory><ct:Sector>01</ct:Sector></cr:MarketParticipantDirectory>\n\
         <cr:ProcessDirectory><ct:MeteringPoint>AT0010000000000000000000000000001</ct:MeteringPoint>\n<cr:Energy>\
         <cr:MeteringIntervall>{interval}</cr:MeteringIntervall><cr:NumberOfMeteringIntervall>{longest}</cr:NumberOfMeteringIntervall>\n"
    );
    for (code, positions) in data {
        writeln!(text, "<cr:EnergyData MeterCode=\"{code}\" UOM=\"KWH\">").unwrap();
        for [from, until, method, quantity] in *positions {
            let period = format!("<cr:DTF>{from}</cr:DTF><cr:DTT>{until}</cr:DTT>");
            writeln!(text, "<cr:EP>{period}<cr:MM>{method}</cr:MM><cr:BQ>{quantity}</cr:BQ></cr:EP>").unwrap();
        }
        text += "</cr:EnergyData>\n";
    }
    text + "</cr:Energy></cr:ProcessDirectory></cr:ConsumptionRecord>\n"
}

/// The mapping of [`own`]'s table of registers and intervals.
pub const OWN_MAPPING: &str = r#"
separator = ";"
decimal = ","
thousands = "."
skip_rows = 1
skip_last = 1
date = "Dag"
clock = "Uur"
time_format = "%d.%m.%Y %H:%M"
zone = "Europe/Vienna"
interval = "1 h"
meter_name = "house"
missing = ["", "n/a"]

[quality]
column = "Q"
measured = ["V"]
substituted = ["S"]
estimated = ["E"]
missing = ["-"]

[[value]]
column = "Register"
kind = "register"
direction = "import"
unit = "kWh"

[[value]]
column = 4
direction = "import"
medium = "water"
unit = "m3"
"#;

pub const OWN_TABLE: &str = "Export\nDag;Uur;Register;Water;Q\n\
    01.03.2026;00:00;1.234,500;0,010;V\n01.03.2026;01:00;1.235,000;n/a;V\n01.03.2026;02:00;1.235,250;0,002;S\n\
    01.03.2026;03:00;;0,001;E\n01.03.2026;04:00;1.236,000;0,004;V\n01.03.2026;05:00;1.236,125;0;V\nTotal;;;0,017;\n";

/// Small files of our own, one or two of each format, each readable.
pub fn own() -> Vec<(&'static str, String, Options)> {
    let none = Options::default;
    let quarters: Vec<(u64, u64, &str)> =
        ["100", "250", "0", "75"].iter().zip(0..).map(|(value, n)| (1_772_323_200 + n * 900, 900, *value)).collect();
    let day = ["01-03-2026", "00:00:00", "02-03-2026", "00:00:00"];
    let row = |register, volume| [day[0], day[1], day[2], day[3], register, volume, "Gevalideerd"];
    let positions: [[&str; 4]; 2] = [
        ["2026-03-01T00:00:00+01:00", "2026-03-01T00:15:00+01:00", "L1", "0.125000"],
        ["2026-03-01T00:15:00+01:00", "2026-03-01T00:30:00+01:00", "L2", "0.250000"],
    ];
    vec![
        (
            "greenbutton",
            green("", 0, "uom=72 flowDirection=1 accumulationBehaviour=4 powerOfTenMultiplier=0", &quarters),
            none(),
        ),
        ("greenbutton", green("ns0", 1, "uom=119 commodity=7 powerOfTenMultiplier=-2", &quarters), none()),
        (
            "fluvius",
            fluvius(&[row("Afname Dag", "5,500"), row("Afname Nacht", "3,200"), row("Injectie Dag", "0,000")]),
            none(),
        ),
        (
            "at-consumption-record",
            austria("01p30", "QH", &[("1-1:1.9.0 G.01", &positions), ("1-1:2.9.0 G.03", &positions)]),
            none(),
        ),
        ("csv", OWN_TABLE.to_owned(), with_mapping(Some(OWN_MAPPING))),
    ]
}
