//! Bills and peaks: right to the cent on real readings, and refused for whatever else.

use std::collections::BTreeMap;

use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::{
        Calendar, Cents, Claim, Day, Designation, Disclosure, DisclosureError, HeldWindow, Hours, PeakClaim, Period,
        ProveError, Proven, ProvenBill, ProvenPeak, Request, Tariff, prove_bill, prove_peak,
    },
    transaction::attest::WindowStatus,
    units::{MeterId, Timestamp, Utility, Window},
};
use serde_json::{Value, json};

use crate::{
    grid::{Grid, GridWindow, METER, TIP, opening, points, real},
    plain::{Local, Plain, at, berlin, days},
    scene::{rng, verifier},
};

/// Evening, night, day; a tier; standing charge, minimum and tax.
const EVENING: (&str, Plain) = (
    Tariff::EXAMPLE,
    Plain {
        clock: berlin,
        zone: |local| match local {
            Local { weekday: 0..=4, hour: 17..=19, .. } => 0,
            Local { hour: 22.. | ..=5, .. } => 1,
            _ => 2,
        },
        prices: &[419_000, 263_500, 337_000],
        tiers: &[(350_000, 25_000)],
        standing: 420_000,
        minimum: 500,
        vat: 1_900,
    },
);

/// One price for all hours, by a clock that never changes.
const FLAT: (&str, Plain) = (
    r#"
format = "hushwatt tariff 1"
name = "Flat"
utility = "electricity"
time_zone = "+01:00"
standing_charge = "0.333333 EUR/day"
minimum = "0 EUR"
vat = "7.25 %"
zone = [{ name = "all", price = "30.0001 ct/kWh" }]
"#,
    Plain {
        clock: |time| at(time + 3600),
        zone: |_| 0,
        prices: &[300_001],
        tiers: &[],
        standing: 333_333,
        minimum: 0,
        vat: 725,
    },
);

/// Blocks and no zones, and a minimum that a small household meets.
const BLOCKS: (&str, Plain) = (
    r#"
format = "hushwatt tariff 1"
name = "Blocks"
utility = "electricity"
time_zone = "Europe/Berlin"
standing_charge = "0 EUR/day"
minimum = "75.5 EUR"
vat = "0 %"
zone = [{ name = "all", price = "0 ct/kWh" }]
tier = [
    { above = "0 kWh", surcharge = "41.2345 ct/kWh" },
    { above = "100.5 kWh", surcharge = "31 ct/kWh" },
    { above = "250 kWh", surcharge = "28.0001 ct/kWh" },
]
"#,
    Plain {
        clock: berlin,
        zone: |_| 0,
        prices: &[0],
        tiers: &[(0, 412_345), (100_500, 310_000), (250_000, 280_001)],
        standing: 0,
        minimum: 7_550,
        vat: 0,
    },
);

/// Weekends and the half hours around noon.
const NOON: (&str, Plain) = (
    r#"
format = "hushwatt tariff 1"
name = "Noon and weekend"
utility = "electricity"
time_zone = "Europe/Berlin"
standing_charge = "1 EUR/day"
minimum = "0 EUR"
vat = "21 %"
zone = [
    { name = "noon", price = "12.5 ct/kWh", hours = ["11:30-13:30"] },
    { name = "weekend", price = "25 ct/kWh", hours = ["Sat-Sun 0-24"] },
    { name = "night", price = "24.99 ct/kWh", hours = ["Sun-Thu 2-3"] },
    { name = "rest", price = "36.789 ct/kWh" },
]
"#,
    Plain {
        clock: berlin,
        zone: |local| match local {
            Local { hour: 12, .. } | Local { hour: 11, minute: 30.., .. } | Local { hour: 13, minute: ..30, .. } => 0,
            Local { weekday: 5..=6, .. } => 1,
            Local { weekday: 0..=3, hour: 2, .. } => 2,
            _ => 3,
        },
        prices: &[125_000, 250_000, 249_900, 367_890],
        tiers: &[],
        standing: 1_000_000,
        minimum: 0,
        vat: 2_100,
    },
);

fn period(from: &str, until: &str) -> Period {
    Period::new(Day::parse(from).unwrap(), Day::parse(until).unwrap(), 366).unwrap()
}

fn day_number(day: Day) -> i64 {
    let text = day.to_string();
    let parts: Vec<i64> = text.split('-').map(|part| part.parse().unwrap()).collect();
    days(parts[0], parts[1], parts[2])
}

fn billed(grid: &Grid, tariff: &str, period: Period) -> Disclosure {
    let tariff = Tariff::from_toml(tariff).unwrap();
    let place = (METER, TIP);
    prove_bill(&grid.request(), &grid.genesis, place, (period, tariff), &grid.held(), &mut rng(1)).unwrap()
}

fn holds(grid: &Grid, disclosure: &Disclosure) -> ProvenBill {
    let read = Disclosure::from_json(disclosure.to_json().unwrap().as_bytes()).unwrap();
    let Proven::Bill(bill) = read.check(grid).unwrap().proven else { panic!() };
    bill
}

/// Makes, checks and recalculates a bill.
fn agrees(grid: &Grid, (tariff, plain): &(&str, Plain), from: &str, until: &str) -> ProvenBill {
    let period = period(from, until);
    let bill = holds(grid, &billed(grid, tariff, period));
    let expected = plain.bill(&grid.readings, day_number(period.from()), day_number(period.until()));
    assert_eq!(i128::from(bill.gross.0), expected, "{from} to {until}: {tariff}");
    bill
}

#[test]
fn bills_on_made_up_readings_agree_with_the_calculator() {
    let grid = Grid::made_up(days(2026, 10, 23), 5);
    for tariff in [&EVENING, &FLAT, &BLOCKS, &NOON] {
        // The clocks go back on the 25th: 25 hours.
        for (from, until) in [("2026-10-25", "2026-10-26"), ("2026-10-24", "2026-10-27"), ("2026-10-20", "2026-11-01")]
        {
            agrees(&grid, tariff, from, until);
        }
    }
    let bill = agrees(&grid, &EVENING, "2026-10-25", "2026-10-26");
    assert_eq!((bill.period.intervals, bill.period.days, bill.period.absent.len()), (100, 1, 0));
    assert_eq!(bill.period.span.until.0 - bill.period.span.from.0, 25 * 3600);
}

#[test]
fn bills_on_a_short_day_agree_with_the_calculator() {
    let grid = Grid::made_up(days(2026, 3, 28), 3);
    for tariff in [&EVENING, &FLAT, &BLOCKS, &NOON] {
        agrees(&grid, tariff, "2026-03-29", "2026-03-30");
    }
    let bill = agrees(&grid, &NOON, "2026-03-29", "2026-03-30");
    assert_eq!(bill.period.intervals, 92);
    // By a clock that does not change the day has 24 hours.
    assert_eq!(agrees(&grid, &FLAT, "2026-03-29", "2026-03-30").period.intervals, 96);
}

#[test]
fn bills_on_real_readings_agree_with_the_calculator() {
    // Quarter hours with a day of 25 hours, half hours of Australia, hours with a day of 23.
    type Days = &'static [(&'static str, &'static str)];
    let files: [(&str, &str, u64, Days); 3] = [
        (
            "be-a_15min_20231021-20231231.csv",
            "be-a",
            900,
            &[("2023-10-29", "2023-10-30"), ("2023-10-22", "2023-11-01"), ("2023-11-01", "2023-12-01")],
        ),
        ("sgsc_30min_20120901-20120928.csv", "sgsc-06", 1800, &[("2012-09-02", "2012-09-28")]),
        (
            "nl-c_60min_20231231-20241231.csv",
            "nl-c",
            3600,
            &[("2024-03-31", "2024-04-01"), ("2024-01-01", "2025-01-01")],
        ),
    ];
    for (file, meter, interval, periods) in files {
        let Some(readings) = real(file, meter) else { continue };
        let grid = Grid::new(interval, &readings);
        for (from, until) in periods {
            for tariff in [&EVENING, &FLAT, &BLOCKS, &NOON] {
                let bill = agrees(&grid, tariff, from, until);
                println!("{meter} {from} to {until}: {} ({} intervals)", bill.gross, bill.period.intervals);
            }
        }
    }
}

fn file(disclosure: &Disclosure) -> Value {
    serde_json::from_str(&disclosure.to_json().unwrap()).unwrap()
}

/// Why the changed file does not hold.
#[track_caller]
fn fails(grid: &Grid, good: &Disclosure, pointer: &str, new: Value) -> String {
    let mut bad = file(good);
    let place = bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
    assert_ne!(*place, new, "{pointer}");
    *place = new;
    let read = Disclosure::from_json(bad.to_string().as_bytes());
    read.and_then(|read| read.check(grid)).unwrap_err().name()
}

#[test]
fn a_bill_says_what_was_read_and_nothing_more() {
    let grid = Grid::made_up(days(2026, 10, 23), 3);
    let bill = billed(&grid, EVENING.0, period("2026-10-24", "2026-10-25"));
    let Claim::Bill(claim) = &bill.statement().claim else { panic!() };
    assert_eq!((claim.meter, claim.height), (METER, TIP));
    let proven = holds(&grid, &bill);
    assert_eq!((proven.gross, proven.tariff.digest()), (claim.gross, claim.tariff.digest()));
    assert_eq!((proven.period.utility, proven.period.register), (Utility::Electricity, Register::Import));
    assert_eq!(proven.period.calendar.minute(proven.period.span.from), "2026-10-24 00:00");
}

#[test]
fn another_amount_meter_period_tariff_block_or_audience_does_not_hold() {
    let grid = Grid::made_up(days(2026, 10, 23), 4);
    let good = billed(&grid, EVENING.0, period("2026-10-24", "2026-10-26"));
    assert!(good.check(&grid).is_ok());
    let Claim::Bill(claim) = good.statement().claim.clone() else { panic!() };
    let cents = claim.gross.0;
    for (pointer, new, why) in [
        ("/claim/bill/gross_cents", json!(cents + 1), "Circuit"),
        ("/claim/bill/gross_cents", json!(cents - 1), "Circuit"),
        ("/claim/bill/gross_cents", json!(0), "Circuit"),
        ("/claim/bill/gross_cents", json!(u64::MAX), "Circuit"),
        ("/claim/bill/meter", json!(1), "NoReadings"),
        ("/claim/bill/meter", json!(3), "NoReadings"),
        ("/claim/bill/meter", json!(99), "UnknownMeter"),
        ("/claim/bill/height", json!(TIP - 1), "Circuit"),
        ("/claim/bill/height", json!(TIP + 1), "UnknownHeight"),
        ("/claim/bill/height", json!(2), "NoReadings"),
        ("/claim/bill/from", json!("2026-10-25"), "Circuit"),
        ("/claim/bill/until", json!("2026-10-27"), "Circuit"),
        ("/claim/bill/until", json!("2026-10-24"), "Field"),
        ("/claim/bill/until", json!("2027-10-26"), "Field"),
        ("/claim/bill/from", json!("2026-10-9"), "Field"),
        ("/claim/bill/tariff/name", json!("Another"), "Circuit"),
        ("/claim/bill/tariff/utility", json!("heat"), "OtherUtility"),
        ("/claim/bill/tariff/time_zone", json!("Europe/Paris"), "Circuit"),
        ("/claim/bill/tariff/time_zone", json!("europe/berlin"), "Field"),
        ("/claim/bill/tariff/standing_charge", json!("0.43 EUR/day"), "Circuit"),
        ("/claim/bill/tariff/standing_charge", json!("0.420 EUR/day"), "Field"),
        ("/claim/bill/tariff/minimum", json!("6 EUR"), "Circuit"),
        ("/claim/bill/tariff/vat", json!("20 %"), "Circuit"),
        // Other zones: their hours, their prices, their names.
        ("/claim/bill/tariff/zone/0/hours/0", json!("Mon-Fri 17:00-21:00"), "Circuit"),
        ("/claim/bill/tariff/zone/0/hours/0", json!("Mon-Fri 17-21"), "Field"),
        ("/claim/bill/tariff/zone/1/price", json!("26.36 ct/kWh"), "Circuit"),
        ("/claim/bill/tariff/zone/2/name", json!("days"), "Circuit"),
        // Other tiers.
        ("/claim/bill/tariff/tier/0/above", json!("340 kWh"), "Circuit"),
        ("/claim/bill/tariff/tier/0/surcharge", json!("2.6 ct/kWh"), "Circuit"),
        ("/claim/bill/tariff/tier", json!([]), "Circuit"),
        ("/verifier", json!("Somebody else"), "Circuit"),
        ("/nonce", json!("7f3a-3"), "Circuit"),
        ("/purpose", json!("rent"), "Circuit"),
        ("/made", json!(5), "Circuit"),
        ("/proof/circuits", json!([]), "ProofCount"),
        ("/proof/circuits", json!(["00"]), "Field"),
    ] {
        assert_eq!(fails(&grid, &good, pointer, new.clone()), why, "{pointer}: {new}");
    }
    let proof = file(&good)["proof"]["circuits"][0].clone();
    assert_eq!(fails(&grid, &good, "/proof/circuits", json!([proof, proof])), "ProofCount");
}

/// What a prover claims of other readings than the ledger's.
fn claimed(grid: &Grid, held: &[HeldWindow]) -> Result<Disclosure, ProveError> {
    let tariff = Tariff::from_toml(EVENING.0).unwrap();
    let days = period("2026-10-24", "2026-10-26");
    prove_bill(&grid.request(), &grid.genesis, (METER, TIP), (days, tariff), held, &mut rng(1))
}

#[test]
fn readings_left_out_moved_or_made_smaller_do_not_hold() {
    let grid = Grid::made_up(days(2026, 10, 23), 4);
    let held = grid.held();
    assert!(claimed(&grid, &held).unwrap().check(&grid).is_ok());
    // The order in which a wallet keeps them does not matter.
    let backwards: Vec<HeldWindow> = held.iter().rev().cloned().collect();
    assert!(claimed(&grid, &backwards).unwrap().check(&grid).is_ok());
    let fails = |held: &[HeldWindow]| {
        let error = claimed(&grid, held).unwrap().check(&grid).unwrap_err();
        assert!(matches!(error, DisclosureError::Circuit), "{error}");
    };
    let within = held.iter().position(|one| one.window.0 * 3600 >= 1_792_900_000).unwrap();
    let mut dropped = held.clone();
    dropped.remove(within);
    fails(&dropped);
    let mut shorter = held.clone();
    shorter[within].values.pop();
    fails(&shorter);
    let mut smaller = held.clone();
    smaller[within].values[0].value -= 1;
    fails(&smaller);
    let mut doubled = held.clone();
    doubled.push(held[within].clone());
    fails(&doubled);
    // The evening's reading as if it had been at night: the same sum in other zones.
    let hour = |hours: i64| Window((days(2026, 10, 23) * 24 + hours) as u64);
    let mut moved = held.clone();
    let [evening, night] = [17, 24].map(|hours| moved.iter().position(|one| one.window == hour(24 + hours)).unwrap());
    let kept = moved[evening].values.clone();
    moved[evening].values = std::mem::replace(&mut moved[night].values, kept);
    fails(&moved);
    assert_eq!(claimed(&grid, &[]).unwrap_err(), ProveError::NoReadings);
    assert_eq!(claimed(&grid, &held[..1]).unwrap_err(), ProveError::NoReadings, "before the period");
}

/// As a verifier asks who is to be the only one convinced.
fn for_one(grid: &Grid) -> Request {
    let designation = Designation { key: *verifier().key(), expires: Timestamp(u64::MAX) };
    let request = grid.request();
    Request { audience: request.audience.designated(designation), ..request }
}

#[test]
fn a_bill_for_one_verifier_comes_to_the_same_and_is_as_large_for_a_day_as_for_a_week() {
    let grid = Grid::made_up(days(2026, 10, 23), 8);
    for (tariff, zones) in [(EVENING.0, 3), (FLAT.0, 1), (NOON.0, 4)] {
        let parsed = Tariff::from_toml(tariff).unwrap();
        let made = |until| {
            let days = period("2026-10-24", until);
            let terms = (days, parsed.clone());
            prove_bill(&for_one(&grid), &grid.genesis, (METER, TIP), terms, &grid.held(), &mut rng(1)).unwrap()
        };
        let (day, week) = (made("2026-10-27"), made("2026-10-31"));
        let plain = holds(&grid, &billed(&grid, tariff, period("2026-10-24", "2026-10-31")));
        assert_eq!(holds(&grid, &week), plain);
        for proof in [&day, &week] {
            assert_eq!(file(proof)["proof"]["tied"]["fresh"].as_array().unwrap().len(), zones);
        }
        let length = |proof: &Disclosure| file(proof)["proof"].to_string().len();
        assert_eq!(length(&day), length(&week));
    }
    // On one evening there is nothing in the other zones.
    let mut evening = grid.clone();
    evening.windows.retain(|window, _| (17..20).contains(&berlin(window.0 as i64 * 3600).hour));
    let terms = (period("2026-10-26", "2026-10-27"), Tariff::from_toml(EVENING.0).unwrap());
    let held = evening.held();
    let made = prove_bill(&for_one(&evening), &evening.genesis, (METER, TIP), terms, &held, &mut rng(1)).unwrap();
    assert_eq!(file(&made)["proof"]["tied"]["fresh"].as_array().unwrap().len(), 1);
    assert_eq!(holds(&evening, &made).period.intervals, 12);
}

#[test]
fn what_was_not_read_is_not_tied() {
    let grid = evening();
    let held = grid.held();
    let terms = || (period("2026-10-24", "2026-10-26"), Tariff::from_toml(EVENING.0).unwrap());
    let (request, genesis) = (for_one(&grid), &grid.genesis);
    let bill = |held: &[HeldWindow]| prove_bill(&request, genesis, (METER, TIP), terms(), held, &mut rng(1)).unwrap();
    let claim = peak_claim(2_000, &[]);
    let peak = |held: &[HeldWindow]| prove_peak(&request, genesis, &claim, held, &mut rng(2), &mut |_, _| {}).unwrap();
    assert!(bill(&held).check(&grid).is_ok());
    // The evening's 3.6 kW made smaller, so that a proof of 2 kW can be made: of readings that the ledger does not have.
    let mut smaller = held.clone();
    smaller.iter_mut().flat_map(|one| &mut one.values).for_each(|value| value.value = value.value.min(500));
    for lie in [bill(&smaller), peak(&smaller)] {
        let error = lie.check(&grid).unwrap_err();
        assert!(matches!(error, DisclosureError::Knowledge), "{error}");
    }
    // One watt-hour moved from one interval to the next: all sums are the same.
    let mut moved = held.clone();
    let within = held.iter().position(|one| one.window.0 * 3600 >= 1_792_900_000).unwrap();
    moved[within].values[0].value += 1;
    moved[within].values[1].value -= 1;
    let limit = PeakClaim { limit: 4_000, ..claim.clone() };
    let of = |held: &[HeldWindow]| prove_peak(&request, genesis, &limit, held, &mut rng(3), &mut |_, _| {}).unwrap();
    assert!(of(&held).check(&grid).is_ok());
    assert!(matches!(of(&moved).check(&grid), Err(DisclosureError::Knowledge)));
    // One left out.
    let mut shorter = held.clone();
    shorter[within].values.pop();
    assert!(matches!(bill(&shorter).check(&grid), Err(DisclosureError::Knowledge)));
    assert!(matches!(of(&shorter).check(&grid), Err(DisclosureError::ProofCount)));
    let above = ProveError::Circuit(hushwatt_circuits::Error::Unsatisfied);
    let error = prove_peak(&request, genesis, &claim, &held, &mut rng(4), &mut |_, _| {}).unwrap_err();
    assert_eq!(error, above);
}

#[test]
fn what_was_corrected_counts_as_it_stood_at_the_block() {
    let grid = Grid::made_up(days(2026, 10, 24), 2);
    let days = period("2026-10-25", "2026-10-26");
    let before = billed(&grid, EVENING.0, days);
    let window = *grid.windows.keys().nth(30).unwrap();
    let mut corrected = grid.clone();
    let values: Vec<_> = (0..4).map(|place| opening(5_000 * place, &mut rng(13))).collect();
    let GridWindow { posted, height, .. } = grid.windows[&window].clone();
    let posted = |values: &[_]| hushwatt_ledger::disclosure::PostedWindow {
        values: points(values),
        corrected: true,
        ..posted.clone()
    };
    corrected.windows.insert(window, GridWindow { posted: posted(&values), values, height });
    // As of the later block the old bill is about other readings; a new one has the corrected ones.
    assert!(matches!(before.check(&corrected), Err(DisclosureError::Circuit)));
    let after = holds(&corrected, &billed(&corrected, EVENING.0, days));
    assert_eq!((after.period.corrected, after.period.replaced), (1, 0));
    assert!(after.gross > holds(&grid, &before).gross);
    // Where it was corrected after the bill's block, the bill holds and says so.
    let mut since = grid.clone();
    since.windows.get_mut(&window).unwrap().posted.replaced = Some(since.tip);
    let bill = holds(&since, &before);
    assert_eq!((bill.period.corrected, bill.period.replaced), (0, 1));
}

#[test]
fn times_without_readings_are_listed() {
    let mut grid = Grid::made_up(days(2026, 11, 2), 2);
    let windows: Vec<Window> = grid.windows.keys().copied().collect();
    // Two hours that the meter did not know, one that it never posted, two estimated, one late.
    for place in [5, 6] {
        let one = grid.windows.get_mut(&windows[place]).unwrap();
        one.values = (0..4).map(|_| opening(0, &mut rng(place as u64))).collect();
        (one.posted.status, one.posted.values) = (WindowStatus::Missing, points(&one.values));
    }
    for (place, status) in [(10, WindowStatus::Estimated), (11, WindowStatus::Substituted), (12, WindowStatus::Late)] {
        grid.windows.get_mut(&windows[place]).unwrap().posted.status = status;
    }
    grid.windows.remove(&windows[20]);
    let period = holds(&grid, &billed(&grid, FLAT.0, period("2026-11-02", "2026-11-04"))).period;
    let spans = |spans: &[hushwatt_ledger::disclosure::Span]| -> Vec<String> {
        let clock = |time| period.calendar.minute(time);
        spans.iter().map(|span| format!("{} - {}", clock(span.from), clock(span.until))).collect()
    };
    assert_eq!(spans(&period.missing), ["2026-11-02 06:00 - 2026-11-02 08:00"]);
    let absent = ["2026-11-02 00:00 - 2026-11-02 01:00", "2026-11-02 21:00 - 2026-11-02 22:00"];
    assert_eq!(spans(&period.absent), absent, "the first is before the meter's first window");
    assert_eq!((period.estimated, period.late, period.intervals), (2, 1, 4 * (48 - 2)));
}

#[test]
fn a_bill_of_another_utility_or_of_no_meter_is_not_made() {
    let grid = Grid::made_up(days(2026, 10, 24), 1);
    let days = period("2026-10-24", "2026-10-25");
    let made = |meter, tariff: &str| {
        let tariff = Tariff::from_toml(tariff).unwrap();
        prove_bill(&grid.request(), &grid.genesis, (meter, TIP), (days, tariff), &grid.held(), &mut rng(1)).unwrap_err()
    };
    assert_eq!(made(MeterId(99), FLAT.0), ProveError::UnknownMeter);
    let (meter, tariff) = (Utility::Electricity, Utility::Heat);
    assert_eq!(made(METER, &FLAT.0.replace("\"electricity\"", "\"heat\"")), ProveError::OtherUtility { meter, tariff });
    // More than any line of an invoice.
    let mut huge = grid.held();
    huge[0].values[0].value = 1 << 40;
    let tariff = Tariff::from_toml(FLAT.0).unwrap();
    let error = prove_bill(&grid.request(), &grid.genesis, (METER, TIP), (days, tariff), &huge, &mut rng(1));
    assert_eq!(error.unwrap_err(), ProveError::Circuit(hushwatt_circuits::Error::Bounds));
}

// Peaks.

fn peak_claim(limit: u32, hours: &[&str]) -> PeakClaim {
    PeakClaim {
        meter: METER,
        height: TIP,
        register: Register::Import,
        period: period("2026-10-24", "2026-10-26"),
        calendar: Calendar::new("Europe/Berlin").unwrap(),
        hours: hours.iter().map(|hours| Hours::parse(hours).unwrap()).collect(),
        limit,
    }
}

fn peaked(grid: &Grid, claim: &PeakClaim) -> Result<Disclosure, ProveError> {
    let request: Request = grid.request();
    prove_peak(&request, &grid.genesis, claim, &grid.held(), &mut rng(2), &mut |_, _| {})
}

fn peak_holds(grid: &Grid, claim: &PeakClaim) -> ProvenPeak {
    let made = peaked(grid, claim).unwrap();
    let read = Disclosure::from_json(made.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read, made);
    let Proven::Peak(peak) = read.check(grid).unwrap().proven else { panic!() };
    peak
}

/// Two days of which the evening of the 24th has 900 Wh a quarter of an hour, and all else less than 500.
fn evening() -> Grid {
    let (first, mut random) = (days(2026, 10, 23) * 86_400, rng(14));
    let mut readings = BTreeMap::new();
    for start in (first..first + 4 * 86_400).step_by(900) {
        let local = berlin(start);
        let evening = local.day == days(2026, 10, 24) && (17..20).contains(&local.hour);
        let small = i64::from(rand_core::RngCore::next_u32(&mut random) % 500);
        readings.insert(start, if evening { 900 } else { small });
    }
    Grid::new(900, &readings)
}

#[test]
fn a_peak_holds_at_its_limit_and_not_a_watt_hour_below() {
    let grid = evening();
    // 900 Wh in a quarter of an hour are 3.6 kW.
    let all = peak_holds(&grid, &peak_claim(3_600, &[]));
    assert_eq!((all.limit, all.period.intervals), (3_600, 4 * 49));
    // What is less than a watt-hour of an interval does not change the limit of whole ones.
    assert_eq!(peak_holds(&grid, &peak_claim(3_603, &["Sat 17-20"])).period.intervals, 12);
    for limit in [3_599, 2_000, 0] {
        let above = ProveError::Circuit(hushwatt_circuits::Error::Unsatisfied);
        assert_eq!(peaked(&grid, &peak_claim(limit, &[])).unwrap_err(), above);
        assert_eq!(peaked(&grid, &peak_claim(limit, &["Sat 17-17:15"])).unwrap_err(), above);
    }
    // In other hours it was less.
    assert_eq!(
        peak_holds(&grid, &peak_claim(2_000, &["Sat 0-17", "20-24", "Sun 2-3"])).period.intervals,
        4 * 17 + 2 * 16 + 8
    );
    assert_eq!(peaked(&grid, &peak_claim(2_000, &["Mon 0-24"])).unwrap_err(), ProveError::NoReadings);
}

#[test]
fn another_limit_hour_day_meter_or_audience_of_a_peak_does_not_hold() {
    let grid = evening();
    let good = peaked(&grid, &peak_claim(2_000, &["Sun 17-20"])).unwrap();
    assert!(good.check(&grid).is_ok());
    for (pointer, new, why) in [
        ("/claim/peak/limit_per_hour", json!(1_999), "Circuit"),
        ("/claim/peak/limit_per_hour", json!(2_001), "Circuit"),
        ("/claim/peak/limit_per_hour", json!(9_000), "Circuit"),
        ("/claim/peak/hours/0", json!("Sat 17:00-20:00"), "Circuit"),
        ("/claim/peak/hours/0", json!("Sun 17:00-19:00"), "Circuit"),
        ("/claim/peak/hours/0", json!("Sun 17-20"), "Field"),
        ("/claim/peak/hours", json!([]), "Circuit"),
        ("/claim/peak/hours", json!(vec!["Sun 17:00-20:00"; 33]), "Field"),
        ("/claim/peak/hours/0", json!("Mon 17:00-20:00"), "NoReadings"),
        ("/claim/peak/time_zone", json!("Europe/Paris"), "Circuit"),
        ("/claim/peak/time_zone", json!("+01:00"), "Circuit"),
        ("/claim/peak/from", json!("2026-10-25"), "Circuit"),
        ("/claim/peak/until", json!("2026-11-25"), "Field"),
        ("/claim/peak/meter", json!(1), "NoReadings"),
        ("/claim/peak/height", json!(TIP - 1), "Circuit"),
        ("/claim/peak/height", json!(u64::MAX), "UnknownHeight"),
        ("/verifier", json!(""), "Circuit"),
        ("/nonce", json!("x"), "Circuit"),
        ("/proof/circuits", json!([]), "ProofCount"),
    ] {
        assert_eq!(fails(&grid, &good, pointer, new.clone()), why, "{pointer}: {new}");
    }
}

#[test]
fn a_long_peak_has_parts_and_needs_all_of_them_in_their_order() {
    let grid = Grid::made_up(days(2026, 10, 23), 4);
    // 32 bits an interval: 1,024 intervals a part are more than there are, so the limit is one of many bits and few days.
    let claim = PeakClaim { limit: u32::MAX, ..peak_claim(0, &[]) };
    let mut told = Vec::new();
    let held = grid.held();
    let tell = &mut |done, parts| told.push((done, parts));
    let made = prove_peak(&grid.request(), &grid.genesis, &claim, &held, &mut rng(3), tell).unwrap();
    assert_eq!(told, [(0, 1), (1, 1)]);
    assert!(made.check(&grid).is_ok());
    let proof = file(&made)["proof"]["circuits"][0].clone();
    for proofs in [json!([proof, proof]), json!(vec![proof.clone(); 10])] {
        assert_eq!(fails(&grid, &made, "/proof/circuits", proofs), "ProofCount");
    }
    assert_eq!(Cents(12_345).to_string(), "123.45 EUR");
}
