//! The rules of reading files, each on a small file of our own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod portals;

use hushwatt_drivers::{Direction, DriverError, Medium, Options, Series, SeriesQuality, read_all};
use portals::{OWN_MAPPING, OWN_TABLE, austria, fluvius, green, own, series_of, shown, with_mapping};

fn read(text: &str, format: &str) -> Result<Vec<Series>, DriverError> {
    read_all(text.as_bytes(), Some(format), &Options::default()).map(series_of)
}

fn read_csv(table: &str, mapping: &str) -> Result<Vec<Series>, DriverError> {
    read_all(table.as_bytes(), None, &with_mapping(Some(mapping))).map(series_of)
}

#[track_caller]
fn says(result: Result<Vec<Series>, DriverError>, words: &str) {
    let error = result.expect_err("refused");
    assert!(error.to_string().contains(words), "{error}");
}

const START: u64 = 1_772_323_200; // 2026-03-01T00:00:00Z

#[test]
fn files_of_our_own_are_recognised_and_read() {
    let sums = [
        "electricity.import=4/425",
        "gas.import=4/120.346", // 4.25 ft³ of 28.316846592 litres
        "electricity.export=1/0 electricity.import=1/8700",
        "electricity.import=2/375",
        "electricity.import=3/875 water.import=5/17",
    ];
    for ((format, text, options), sum) in own().into_iter().zip(sums) {
        let reports = read_all(text.as_bytes(), None, &options).unwrap_or_else(|error| panic!("{format}: {error}"));
        assert_eq!(shown(&series_of(reports)), sum, "{format}");
    }
}

#[test]
fn green_button_applies_units_and_powers_and_keeps_the_sum_of_fractions() {
    let quarters = |value| [(START, 900, value), (START + 900, 900, value), (START + 1800, 900, value)];
    let sum = |kind, fields: &str, value| {
        shown(&read(&green("espi", kind, fields, &quarters(value)), "greenbutton").unwrap())
    };
    assert_eq!(sum(0, "uom=72 powerOfTenMultiplier=3 flowDirection=19", "2"), "electricity.export=3/6000");
    assert_eq!(sum(0, "uom=72 powerOfTenMultiplier=-3", "1500"), "electricity.import=3/4.500");
    // A third of a thousandth, three times, is a thousandth.
    assert_eq!(sum(0, "uom=72 powerOfTenMultiplier=-6", "334"), "electricity.import=3/0.001");
    assert_eq!(sum(2, "uom=42", "1"), "water.import=3/3000");
    assert_eq!(sum(1, "uom=119 powerOfTenMultiplier=2", "1"), "gas.import=3/8495.053");
    assert_eq!(sum(2, "uom=128", "1"), "water.import=3/11.356");
    says(read(&green("", 1, "uom=169 powerOfTenMultiplier=-3", &quarters("1")), "greenbutton"), "therms");
    says(read(&green("", 0, "uom=38", &quarters("1")), "greenbutton"), "power in W");
    says(read(&green("", 0, "uom=72 accumulationBehaviour=3", &quarters("1")), "greenbutton"), "register readings");
    says(read(&green("", 0, "uom=72 flowDirection=4", &quarters("1")), "greenbutton"), "net values");
    says(read(&green("", 0, "uom=72 flowDirection=1", &quarters("-1")), "greenbutton"), "negative");
}

#[test]
fn green_button_refuses_bombs_entities_and_cut_files() {
    let good = green("", 0, "uom=72", &[(START, 900, "1")]);
    let bomb = good.replace("<feed", "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">]>\n<feed");
    says(read(&bomb, "greenbutton"), "document type");
    says(read(&good.replace(">1<", ">&a;<"), "greenbutton"), "entity");
    assert_eq!(
        shown(&read(&good.replace("<value>1<", "<value>&#x31;0<"), "greenbutton").unwrap()),
        "electricity.import=1/10"
    );
    let deep = format!("<feed>{}", "<a>".repeat(100_000));
    says(read(&deep, "greenbutton"), "deep");
    let cut = read(good.trim_end().strip_suffix("</feed>").unwrap(), "greenbutton");
    assert!(matches!(cut, Err(DriverError::CutOff { .. })), "{cut:?}");
    let wide = format!("<feed {}>", (0..100_000).map(|n| format!("a{n}='' ")).collect::<String>());
    says(read(&wide, "greenbutton"), "too long a tag");
}

#[test]
fn green_button_drops_duplicates_and_refuses_contradictions_and_overlaps() {
    let read = |readings: &[(u64, u64, &str)]| read(&green("", 0, "uom=72", readings), "greenbutton");
    assert_eq!(
        shown(&read(&[(START + 900, 900, "2"), (START, 900, "1"), (START, 900, "1")]).unwrap()),
        "electricity.import=2/3"
    );
    says(read(&[(START, 900, "1"), (START, 900, "2")]), "contradicts");
    says(read(&[(START, 1800, "1"), (START + 900, 900, "2")]), "overlaps");
    says(read(&[(1, 900, "1")]), "2000");
    says(read(&[(START, 0, "1")]), "interval");
}

#[test]
fn green_button_keeps_the_finest_of_readings_of_the_same_and_the_worst_quality() {
    let file = green("", 0, "uom=72", &[(START, 900, "1"), (START + 900, 900, "2")]);
    let hourly = file
        .split("<entry>")
        .last()
        .unwrap()
        .replace("/MeterReading/1/", "/MeterReading/2/")
        .replace(">900<", ">3600<");
    let hourly = hourly.replace(&(START + 900).to_string(), &(START + 3600).to_string());
    let second = file.split("<entry>").nth(2).unwrap().replace("/MeterReading/1", "/MeterReading/2");
    let both = file.replace("</feed>", &format!("<entry>{second}<entry>{hourly}"));
    assert_eq!(shown(&read(&both, "greenbutton").unwrap()), "electricity.import=2/3");
    let quality = |codes: &str| {
        let qualities: String = codes
            .split(' ')
            .map(|code| format!("<ReadingQuality><quality>{code}</quality></ReadingQuality>"))
            .collect();
        let text = file.replace("</IntervalReading>", &format!("{qualities}</IntervalReading>"));
        read(&text, "greenbutton").map(|series| series[0].values[0].quality)
    };
    assert_eq!(quality("17").unwrap(), SeriesQuality::Measured);
    assert_eq!(quality("0 8").unwrap(), SeriesQuality::Estimated);
    assert!(quality("77").is_err());
}

#[test]
fn fluvius_tells_the_two_hours_of_autumn_apart_by_order_and_refuses_the_hour_that_spring_has_not() {
    let row = |from, to, register, volume| ["26-10-2025", from, "26-10-2025", to, register, volume, "Uitgelezen"];
    // As the portal writes it: both interleaved, and the end of the first hour shown as its beginning.
    let autumn = [
        row("01:45:00", "02:00:00", "Afname Nacht", "0,001"),
        row("02:00:00", "02:15:00", "Afname Nacht", "0,002"),
        row("02:00:00", "02:15:00", "Injectie Nacht", "0,100"),
        row("02:00:00", "02:15:00", "Afname Nacht", "0,003"),
        row("02:00:00", "02:15:00", "Injectie Nacht", "0,100"),
        row("02:45:00", "02:00:00", "Afname Nacht", "0,004"),
        row("02:45:00", "03:00:00", "Afname Nacht", "0,005"),
        row("03:00:00", "03:15:00", "Afname Nacht", "0,006"),
    ];
    let series = read(&fluvius(&autumn), "fluvius").unwrap();
    let import: Vec<(u64, u32, u64)> =
        series[0].values.iter().map(|v| (v.start.0, v.seconds, v.milli / 1000)).collect();
    let two = 1_761_436_800; // 2025-10-26T00:00:00Z, 02:00 in summer time
    let at = |minutes: u64, value| (two + minutes * 60, 900, value);
    assert_eq!(import, [(two - 900, 900, 1), at(0, 2), at(45, 4), at(60, 3), at(105, 5), at(120, 6)]);
    // Two equal rows of the hour that comes twice are no duplicates.
    assert_eq!((series[1].direction, series[1].values.len()), (Direction::Export, 2));
    // The same with ends as a clock would show them.
    let shown_plainly: Vec<_> = autumn
        .iter()
        .map(|row| {
            if row[3] == "02:00:00" && row[1] == "02:45:00" {
                [row[0], row[1], row[2], "03:00:00", row[4], row[5], row[6]]
            } else {
                *row
            }
        })
        .collect();
    assert_eq!(read(&fluvius(&shown_plainly), "fluvius").unwrap(), series);
    says(read(&fluvius(&autumn[..2]), "fluvius"), "line 3: a local time that exists twice");
    let spring = ["29-03-2026", "02:00:00", "29-03-2026", "02:15:00", "Afname Nacht", "0,001", "Uitgelezen"];
    says(read(&fluvius(&[spring]), "fluvius"), "does not exist");
    let around = [
        ["29-03-2026", "01:45:00", "29-03-2026", "02:00:00", "Afname Nacht", "0,001", "Uitgelezen"],
        ["29-03-2026", "03:00:00", "29-03-2026", "03:15:00", "Afname Nacht", "0,001", "Uitgelezen"],
    ];
    let series = read(&fluvius(&around), "fluvius").unwrap();
    assert_eq!(series[0].values[0].start.0 + 900, series[0].values[1].start.0);
}

#[test]
fn fluvius_days_have_twenty_three_to_twenty_five_hours_and_tariffs_add_up() {
    let row = |from, until, register, volume, status| [from, "00:00:00", until, "00:00:00", register, volume, status];
    let days = [
        row("26/10/2025", "27/10/2025", "Offtake Day", "0,000", "Read"),
        row("26/10/2025", "27/10/2025", "Offtake Night", "7,125", "Estimated"),
        row("29/03/2026", "30/03/2026", "Offtake Day", "1,000", "Read"),
        row("29/03/2026", "30/03/2026", "Offtake Night", "", "No consumption"),
        row("30/03/2026", "31/03/2026", "Offtake Night", "2,000", "Read"),
    ];
    let series = read(&fluvius(&days), "fluvius").unwrap();
    let [autumn, plain] = series[0].values[..] else { panic!("a day whose night is unknown is unknown: {series:?}") };
    assert_eq!((autumn.seconds, autumn.milli, autumn.quality), (90_000, 7_125_000, SeriesQuality::Estimated));
    assert_eq!((plain.seconds, plain.milli, plain.quality), (86_400, 2_000_000, SeriesQuality::Measured));
    // Exports by day may have no times of day.
    let dates = "EAN-code;Van (datum);Tot (datum);Register;Volume;Eenheid;Validatiestatus\n1;29-03-2026;30-03-2026;Afname dag;1,5;kWh;Gevalideerd\n";
    assert_eq!(read(dates, "fluvius").unwrap()[0].values[0].seconds, 82_800);
}

#[test]
fn fluvius_gives_each_meter_of_a_connection_a_series_after_an_exchange() {
    let row = |volume| ["01-03-2026", "00:00", "02-03-2026", "00:00", "Afname Dag", volume, "Uitgelezen"];
    let both = fluvius(&[row("1,5"), row("2,5")]);
    says(read(&both, "fluvius"), "line 3: contradicts line 2");
    let exchanged =
        both.replace("1SAG0000000001;Digitale meter;Afname Dag;2,5", "1SAG0000000002;Digitale meter;Afname Dag;2,5");
    let series = read(&exchanged, "fluvius").unwrap();
    let meters: Vec<(&str, u64)> = series.iter().map(|one| (one.meter.as_str(), one.values[0].milli)).collect();
    let (old, new) = ("541440000000000001/1SAG0000000001", "541440000000000001/1SAG0000000002");
    assert_eq!(meters, [(old, 1_500_000), (new, 2_500_000)]);
}

#[test]
fn fluvius_refuses_what_is_damaged_by_its_line() {
    let row =
        |register, volume, status| fluvius(&[["01-03-2026", "00:00", "01-03-2026", "00:15", register, volume, status]]);
    says(read(&row("Afname Dag", "1.5", "Gevalideerd"), "fluvius"), "line 2: not a volume");
    says(read(&row("Afname Dag", "-1,5", "Gevalideerd"), "fluvius"), "negative");
    says(read(&row("Afname Dag", "1,5", "Geval"), "fluvius"), "validation status 'Geval'");
    says(read(&row("Piek", "1,5", "Gevalideerd"), "fluvius"), "register 'Piek'");
    says(read(&row("Afname Dag", "", "Geen verbruik"), "fluvius"), "no row has a volume");
    let good = row("Afname Dag", "1,5", "Gevalideerd");
    says(read(&good.replace("01-03-2026", "31-02-2026"), "fluvius"), "not a date");
    says(read(good.trim_end().strip_suffix(";").unwrap(), "fluvius"), "11 columns in place of 12");
    says(read(&good.replace(";kWh;", ";MJ;"), "fluvius"), "unit 'MJ'");
    // Gas comes in volumes and in the energy reckoned from them.
    let gas = good.clone() + good.lines().last().unwrap() + "\r\n";
    let gas = gas.replacen(";1,5;kWh", ";1,5;m³", 1);
    let series = read(&gas, "fluvius").unwrap();
    assert_eq!((shown(&series).as_str(), series[0].medium), ("gas.import=1/1500", Medium::Gas));
}

#[test]
fn austria_reads_what_was_measured_and_not_what_a_community_assigned() {
    let positions: [[&str; 4]; 2] = [
        ["2025-10-26T02:45:00+02:00", "2025-10-26T02:00:00+01:00", "L1", "1.000000"],
        ["2025-10-26T02:00:00+01:00", "2025-10-26T02:15:00+01:00", "L3", "0.500000"],
    ];
    let all = |codes: &[&str]| {
        let data: Vec<(&str, &[[&str; 4]])> = codes.iter().map(|code| (*code, &positions[..])).collect();
        read(&austria("01p21", "QH", &data), "at-consumption-record")
    };
    let consumer = all(&["1-1:1.9.0 G.01", "1-1:2.9.0 G.02", "1-1:2.9.0 G.03", "1-1:1.9.0 G.01T"]).unwrap();
    assert_eq!(shown(&consumer), "electricity.import=2/1500");
    assert_eq!(
        consumer[0].values.iter().map(|v| v.quality).collect::<Vec<_>>(),
        [SeriesQuality::Measured, SeriesQuality::Estimated]
    );
    assert_eq!(
        shown(&all(&["1-1:2.9.0 P.01", "1-1:2.9.0 G.01", "1-1:2.9.0 P.01T"]).unwrap()),
        "electricity.export=2/1500"
    );
    // Also where each register has an Energy of its own, and the part differs from the whole.
    let apart = austria("01p21", "QH", &[("1-1:2.9.0 P.01", &positions)]);
    let energy = apart.split_once("<cr:Energy>").unwrap().1.split_once("</cr:Energy>").unwrap().0;
    let whole = energy.replace("P.01", "G.01").replace("0.500000", "0.750000");
    let apart = apart.replace("</cr:Energy>", &format!("</cr:Energy><cr:Energy>{whole}</cr:Energy>"));
    assert_eq!(shown(&read(&apart, "at-consumption-record").unwrap()), "electricity.export=2/1750");
    says(all(&["1-1:2.9.0 G.03"]), "no measured register");
    says(all(&["1-1:1.9.0 P.01", "1-1:1.9.0 P.01"]), "comes twice");
    let daily = austria("01p00", "D", &[("1-1:1.9.0 P.01", &positions[..1])]);
    says(read(&daily, "at-consumption-record"), "not of the length");
    says(read(&daily.replace("KWH", "KW"), "at-consumption-record"), "not of energy");
    says(read(&daily.replace("+02:00", ""), "at-consumption-record"), "with its offset");
    says(
        read(&daily.replace(">1</cr:Number", ">0</cr:Number"), "at-consumption-record"),
        "NumberOfMeteringIntervall is 0",
    );
}

#[test]
fn a_mapping_reads_registers_as_differences_and_leaves_gaps_open() {
    let series = read_csv(OWN_TABLE, OWN_MAPPING).unwrap();
    let values: Vec<(u64, u64, SeriesQuality)> = series[0]
        .values
        .iter()
        .map(|value| ((value.start.0 + 3600 - START) / 3600, value.milli, value.quality))
        .collect();
    // Between 2 and 4 o'clock the register is not known at 3, so nothing is known of either hour.
    let expected = [
        (0, 500_000, SeriesQuality::Measured),
        (1, 250_000, SeriesQuality::Substituted),
        (4, 125_000, SeriesQuality::Measured),
    ];
    assert_eq!(values, expected);
    says(
        read_csv(&OWN_TABLE.replace("1.236,000", "1.200,000"), OWN_MAPPING),
        "line 7: the register is lower than on line 5",
    );
    says(read_csv(&OWN_TABLE.replace(";V\n", ";X\n"), OWN_MAPPING), "quality 'X'");
    says(read_csv(&OWN_TABLE.replace("Uur", "Hour"), OWN_MAPPING), "no column 'Uur'; the header has 'Dag', 'Hour'");
    says(read_csv(OWN_TABLE, &OWN_MAPPING.replace("zone = \"Europe/Vienna\"\n", "")), "give 'zone'");
    says(
        read_csv(OWN_TABLE, &OWN_MAPPING.replace("Europe/Vienna", "Europe/Vienne")),
        "zone 'Europe/Vienne' is not known",
    );
    says(read_csv(OWN_TABLE, &OWN_MAPPING.replace("thousands", "thousand")), "unknown field");
    says(read_all(OWN_TABLE.as_bytes(), Some("csv"), &Options::default()).map(series_of), "read with a mapping");
}

#[test]
fn a_mapping_reads_times_of_every_kind() {
    let value = "\n[[value]]\ncolumn = 2\ndirection = \"export\"\nunit = \"Wh\"\n";
    let starts = |table: &str, mapping: &str| -> Vec<(u64, u32)> {
        let series = read_csv(table, &format!("{mapping}{value}")).unwrap_or_else(|error| panic!("{error}"));
        series[0].values.iter().map(|value| (value.start.0, value.seconds)).collect()
    };
    let unix = format!("{START},5\n");
    assert_eq!(
        starts(&unix, "header = false\ntime = 1\ntime_format = \"unix\"\ninterval = 900\ntime_is = \"end\""),
        [(START - 900, 900)]
    );
    let offset = "t,v\n2026-03-01 01:00 +0100,5\n";
    assert_eq!(
        starts(offset, "time = \"t\"\ntime_format = \"%Y-%m-%d %H:%M %z\"\ninterval = \"30 min\""),
        [(START, 1800)]
    );
    let days = "t,v\n29/03/2026,5\n26/10/2025,1\n";
    let berlin = "time = 1\ntime_format = \"%d/%m/%Y\"\nzone = \"Europe/Berlin\"\ninterval = \"day\"";
    assert_eq!(starts(days, berlin), [(1_761_429_600, 90_000), (1_774_738_800, 82_800)]);
    let until = "t,v,u\n2025-10-26 02:30,5,2025-10-26 02:00\n2025-10-26 02:30,6,2025-10-26 03:00\n";
    let ends = "time = 1\ntime_format = \"%Y-%m-%d %H:%M\"\nzone = \"Europe/Berlin\"\nend = \"u\"";
    assert_eq!(starts(until, ends), [(1_761_438_600, 1800), (1_761_442_200, 1800)]);
    let once = "t,v\n2025-10-26 02:00,5\n2025-10-26 03:00,6\n";
    let hourly = "time = 1\ntime_format = \"%Y-%m-%d %H:%M\"\nzone = \"Europe/Berlin\"\ninterval = \"1 h\"";
    says(read_csv(once, &format!("{hourly}{value}")), "exists twice");
    assert_eq!(starts(once, &format!("{hourly}\nrepeated_hour = \"missing\"")), [(1_761_444_000, 3600)]);
    let by_option = Options {
        utc_offset: Some(3600),
        ..with_mapping(Some(&format!("{}{value}", hourly.replace("zone = \"Europe/Berlin\"", ""))))
    };
    let series = series_of(read_all(once.as_bytes(), None, &by_option).unwrap());
    assert_eq!(series[0].values[0].start.0, 1_761_440_400);
}

#[test]
fn text_may_be_of_any_encoding_that_portals_use_and_zero_bytes_are_damage() {
    let text = green("", 0, "uom=72", &[(START, 900, "1")]);
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(shown(&series_of(read_all(&wide, None, &Options::default()).unwrap())), "electricity.import=1/1");
    says(read(&text.replace(">1<", ">\0<"), "greenbutton"), "zero byte");
    let latin: Vec<u8> = fluvius(&[["01-03-2026", "00:00", "01-03-2026", "00:15", "Afname Dag", "1,5", "Gevalideerd"]])
        .trim_start_matches('\u{feff}')
        .replace(";kWh;", ";m³;")
        .chars()
        .map(|c| c as u8)
        .collect();
    assert_eq!(shown(&series_of(read_all(&latin, None, &Options::default()).unwrap())), "gas.import=1/1500");
}

#[test]
fn the_manual_has_the_mappings_that_are_tested() {
    let manual = include_str!("../README.md");
    assert!(manual.contains(include_str!("mappings/ameren.toml")));
    assert!(manual.contains(include_str!("mappings/engie.toml")));
}
