//! The command as its user runs it: the main job on generated and real readings, and the auditor's command.
//! `HUSHWATT_EFFORT=full` settles more homes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

fn hushwatt(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hushwatt")).args(arguments).output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the demo into a folder and returns its report.
fn demo(folder: &Path, arguments: &[&str]) -> Value {
    let out = folder.join("village");
    let mut all = vec!["demo", "--out", out.to_str().unwrap()];
    all.extend(arguments);
    let output = hushwatt(&all);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap()
}

fn number(report: &Value, path: &str) -> u64 {
    report.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {path} in {report}"))
}

/// The shared data, or `None` after saying that the test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("HUSHWATT_DATA").map_or(default, PathBuf::from);
    let path = folder.join("meters").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there (set HUSHWATT_DATA)", path.display());
    None
}

/// How many homes, for a run that has time and for one that has not.
fn homes(ci: u64, full: u64) -> u64 {
    if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { full } else { ci }
}

#[test]
fn the_generated_community_settles_and_its_chain_is_audited_again_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let homes = homes(8, 16);
    let report = demo(folder.path(), &["--bilateral", "--households", &homes.to_string()]);
    assert_eq!(number(&report, "/homes"), homes);
    for path in ["/contracts/full", "/contracts/partial", "/contracts/expired", "/contracts/bundled_deliveries"] {
        assert!(number(&report, path) > 0, "{path}");
    }
    assert!(number(&report, "/late_windows") > 0);
    assert!(number(&report, "/shared_wh") > 0);
    assert_eq!(number(&report, "/restored/right"), homes);

    let village = folder.path().join("village");
    let network = fs::read_to_string(village.join("network-id")).unwrap();
    let network = network.trim();
    let chain = village.join("chain.hwl");
    let chain = chain.to_str().unwrap();
    for target in [chain, village.join("node/node-1").to_str().unwrap()] {
        let audit = hushwatt(&["audit", "verify", target, "--network", network]);
        assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stdout));
        assert!(text(&audit.stdout).contains("THE CHAIN HOLDS"));
    }

    // Another network, a damaged chain, no chain.
    let foreign = hushwatt(&["audit", "verify", chain, "--network", &"ab".repeat(32)]);
    assert_eq!(foreign.status.code(), Some(3));
    let mut bytes = fs::read(chain).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = folder.path().join("damaged.hwl");
    fs::write(&damaged, bytes).unwrap();
    let audit = hushwatt(&["audit", "verify", damaged.to_str().unwrap(), "--network", network, "--json"]);
    assert_eq!(audit.status.code(), Some(1));
    let verdict: Value = serde_json::from_slice(&audit.stdout).unwrap();
    assert_eq!(verdict["holds"], Value::Bool(false));
    assert!(number(&verdict, "/failure/block") > 0);
    assert_eq!(hushwatt(&["audit", "verify", "no-such-file", "--network", network]).status.code(), Some(3));

    // What is secret is marked and closed to others; a full folder is not written into.
    let wallets = village.join("test-wallets.json");
    assert!(fs::read_to_string(&wallets).unwrap().contains("TEST WALLET"));
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&wallets).unwrap().permissions().mode() & 0o777, 0o600);
    let again = hushwatt(&["demo", "--out", village.to_str().unwrap()]);
    assert!(!again.status.success() && text(&again.stderr).contains("not empty"));
    assert!(fs::read_to_string(village.join("report.html")).unwrap().contains("<svg"));
}

/// The sums of the auctions against the list of them.
fn auctions_hold(report: &Value) -> &Vec<Value> {
    let windows = report["auctions"]["windows"].as_array().unwrap();
    let ended = |how: &str| windows.iter().filter(|window| window["ending"] == how).count() as u64;
    for (path, how) in [("traded", "traded"), ("nothing_traded", "no-trade"), ("one_sided", "expired")] {
        assert_eq!(number(report, &format!("/auctions/{path}")), ended(how), "{path}");
    }
    for window in windows {
        let (offers, bids) = (number(window, "/offers"), number(window, "/bids"));
        assert_eq!(window["ending"] == "expired", offers == 0 || bids == 0, "{window}");
        assert_eq!(window["ending"] == "traded", window["price_micro_euro"].is_u64(), "{window}");
        assert_eq!(window["ending"] == "traded", number(window, "/traded") > 0, "{window}");
    }
    let orders: u64 = windows.iter().map(|window| number(window, "/offers") + number(window, "/bids")).sum();
    assert_eq!(number(report, "/seen/sells") + number(report, "/seen/buys"), orders);
    let clears = number(report, "/auctions/traded") + number(report, "/auctions/nothing_traded");
    assert_eq!(number(report, "/seen/clears"), clears);
    windows
}

#[test]
fn neighbours_trade_by_auction_and_every_step_of_one_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let report = demo(folder.path(), &[]);
    assert_eq!((number(&report, "/homes"), number(&report, "/restored/right")), (16, 16));
    assert_eq!(report["contracts"], Value::Null);
    let windows = auctions_hold(&report);
    assert!(number(&report, "/auctions/traded") > 5 && number(&report, "/auctions/one_sided") > 0, "{report}");
    let traded: u64 = windows.iter().map(|window| number(window, "/traded")).sum();
    assert_eq!(number(&report, "/shared_wh"), traded);
    let village = folder.path().join("village");
    let page = fs::read_to_string(village.join("report.txt")).unwrap();
    for step in ["step by step", "announced", "accepted", "closed", "cleared", "settled", "Operator: "] {
        assert!(page.contains(step), "{step}: {page}");
    }
    // The auditor lists every price, from the chain alone.
    let network = fs::read_to_string(village.join("network-id")).unwrap();
    let chain = village.join("chain.hwl");
    let audit = hushwatt(&["audit", "verify", chain.to_str().unwrap(), "--network", network.trim()]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stdout));
}

#[test]
fn offers_above_all_bids_and_one_side_alone_give_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    // One home always gives, the others always take, and no home is away in the afternoon.
    let csv = village(folder.path(), &["roof", "flat", "barn"], |home, hour| match home {
        0 if (8..18).contains(&hour) => (0, 900),
        0 => (0, 0),
        _ => (400, 0),
    });
    let report = demo(folder.path(), &["--data", csv.to_str().unwrap()]);
    auctions_hold(&report);
    assert!(number(&report, "/auctions/one_sided") > 10);
    assert!(number(&report, "/shared_wh") > 0);
    assert_eq!(number(&report, "/restored/right"), 3);
}

#[test]
fn four_validators_settle_the_same_although_one_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let report = demo(folder.path(), &["--validators", "4", "--households", "4", "--water"]);
    both_utilities_hold(&report, BOUNDS);
    assert_eq!((number(&report, "/validators"), number(&report, "/killed/validator")), (4, 4));
    assert_eq!(report["validators_agree"], Value::Bool(true));
    assert!(number(&report, "/blocks") > number(&report, "/killed/at_block"));
    assert_eq!(number(&report, "/restored/right"), 4);
    let refused = hushwatt(&["demo", "--validators", "3"]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("4 to 7"));
}

/// Both utilities, each for itself: what was delivered was paid at its windows' prices, nothing more was sold than attested, and
/// the wallets, restored from their seeds, know the same. Gives the sums of water.
fn both_utilities_hold(report: &Value, bounds: [(u64, u64, u64); 2]) -> Value {
    let utilities = report["utilities"].as_array().unwrap();
    let names: Vec<&Value> = utilities.iter().map(|one| &one["utility"]).collect();
    assert_eq!(names, ["electricity", "water"]);
    for (one, (floor, cap, step)) in utilities.iter().zip(bounds) {
        let windows = one["windows"].as_array().unwrap();
        assert!(!windows.is_empty(), "{one}");
        let (mut delivered, mut paid) = (0, 0);
        for window in windows {
            let price = number(window, "/price_micro_euro");
            // A contract's price is on the step, that of an auction lies between the orders' limits.
            let step = if report["auctions"].is_null() { step } else { 1 };
            assert!((floor..=cap).contains(&price) && price.is_multiple_of(step), "{window}");
            assert_eq!(number(window, "/paid_micro_euro"), price * number(window, "/delivered"), "{window}");
            delivered += number(window, "/delivered");
            paid += number(window, "/paid_micro_euro");
        }
        assert!(delivered > 0);
        for path in ["/shared", "/wallets/bought", "/wallets/sold"] {
            assert_eq!(number(one, path), delivered, "{path}");
        }
        for path in ["/moved_micro_euro", "/wallets/paid", "/wallets/earned"] {
            assert_eq!(number(one, path), paid, "{path}");
        }
        assert_eq!(number(one, "/wallets/kept") + delivered, number(one, "/attested"));
        assert!(number(one, "/attested") <= number(one, "/exported"));
        if report["auctions"].is_null() {
            let closed = number(one, "/full") + number(one, "/partial") + number(one, "/expired");
            assert_eq!(closed, number(one, "/contracts"));
        }
    }
    assert_eq!(report["restored"]["wrong"], Value::Array(Vec::new()));
    let minted = number(report, "/minted_micro_euro") - number(report, "/burned_micro_euro");
    assert_eq!(number(report, "/restored/homes_own") + number(report, "/restored/treasury_owns"), minted);
    assert_eq!(report["audit"]["holds"], Value::Bool(true));
    utilities[1].clone()
}

/// Floor, cap and step of the demo's electricity and water, in micro-euro per Wh and litre.
const BOUNDS: [(u64, u64, u64); 2] = [(80, 300, 10), (1_000, 5_000, 50)];

#[test]
fn electricity_and_water_are_settled_side_by_side_by_contracts() {
    let folder = tempfile::tempdir().unwrap();
    let report = demo(folder.path(), &["--water", "--bilateral", "--households", "8"]);
    let water = both_utilities_hold(&report, BOUNDS);
    assert_eq!((number(&report, "/homes"), number(&report, "/restored/right")), (8, 8));
    // Two meters a home.
    assert_eq!((number(&report, "/seen/meters"), &water["unit"]), (16, &Value::from("l")));
    for path in ["/full", "/partial", "/expired"] {
        assert!(number(&water, path) > 0, "{path}");
    }
    let a_home = number(&water, "/imported") / 8;
    assert!((50..500).contains(&a_home), "{a_home} l");
    let village = folder.path().join("village");
    let page = fs::read_to_string(village.join("report.txt")).unwrap();
    let shared = number(&water, "/shared");
    let line = format!("Water shared between neighbours: {}.{:03} m3 of ", shared / 1000, shared % 1000);
    assert!(page.contains(&line) && page.contains("EUR/m3 on average") && page.contains(" kWh of "), "{page}");
    assert_eq!(fs::read_to_string(village.join("report.html")).unwrap().matches("<svg").count(), 2);
    let wallets: Value = serde_json::from_slice(&fs::read(village.join("test-wallets.json")).unwrap()).unwrap();
    assert_eq!((number(&wallets[3], "/meter"), number(&wallets[3], "/water/meter")), (3, 11));
    // The network's rules have water's own prices in them.
    let genesis: Value = serde_json::from_slice(&fs::read(village.join("genesis.json")).unwrap()).unwrap();
    assert_eq!(number(&genesis, "/parameters/prices/water/cap"), 5_000);
    let network = fs::read_to_string(village.join("network-id")).unwrap();
    let chain = village.join("chain.hwl");
    let audit = hushwatt(&["audit", "verify", chain.to_str().unwrap(), "--network", network.trim()]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit.stdout));
}

#[test]
fn electricity_and_water_each_have_their_auctions() {
    let folder = tempfile::tempdir().unwrap();
    let homes = homes(4, 8);
    let report = demo(folder.path(), &["--water", "--households", &homes.to_string()]);
    both_utilities_hold(&report, BOUNDS);
    let windows = auctions_hold(&report);
    assert!(windows.iter().any(|window| window["utility"] == "water" && window["ending"] == "traded"), "{report}");
    assert_eq!(number(&report, "/restored/right"), homes);
}

#[test]
fn made_up_water_stands_beside_electricity_that_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let csv = village(folder.path(), &["roof", "flat", "barn", "mill"], |home, hour| match home {
        0 if (8..18).contains(&hour) => (0, 900),
        0 => (200, 0),
        home => (100 + 50 * home as u64, 0),
    });
    let report = demo(folder.path(), &["--data", csv.to_str().unwrap(), "--water"]);
    both_utilities_hold(&report, BOUNDS);
    assert_eq!(number(&report, "/restored/right"), 4);
    let page = fs::read_to_string(folder.path().join("village/report.txt")).unwrap();
    assert!(page.contains("village.csv (every 60 minutes); those of the water meters are made up."), "{page}");
}

#[test]
fn a_real_day_settles_with_made_up_water() {
    let Some(path) = data("fontana_60min_20160801-20160828.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let homes = homes(4, 17);
    let households = homes.to_string();
    let report = demo(folder.path(), &["--data", path.to_str().unwrap(), "--water", "--households", &households]);
    both_utilities_hold(&report, BOUNDS);
    assert_eq!((number(&report, "/homes"), number(&report, "/restored/right")), (homes, homes));
}

#[test]
fn a_real_day_of_seventeen_homes_settles() {
    let Some(path) = data("fontana_60min_20160801-20160828.csv") else { return };
    let folder = tempfile::tempdir().unwrap();
    let report = demo(folder.path(), &["--bilateral", "--data", path.to_str().unwrap()]);
    assert_eq!((number(&report, "/homes"), number(&report, "/restored/right")), (17, 17));
    // On this day these homes export while others import: most of it finds a neighbour.
    assert!(number(&report, "/shared_wh") * 2 > number(&report, "/exported_wh"));
    assert!(number(&report, "/contracts/full") > 50);
}

/// A CSV of hourly readings of one day: what each home imports and exports in an hour.
fn village(folder: &Path, homes: &[&str], reading: impl Fn(usize, u64) -> (u64, u64)) -> PathBuf {
    let mut rows = "timestamp,meter_id,import_wh,export_wh\n".to_owned();
    for hour in 0..24 {
        for (home, name) in homes.iter().enumerate() {
            let (import, export) = reading(home, hour);
            rows += &format!("2024-06-01T{hour:02}:00:00Z,{name},{import},{export}\n");
        }
    }
    let path = folder.join("village.csv");
    fs::write(&path, rows).unwrap();
    path
}

#[test]
fn two_homes_trade_while_both_meters_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let csv = village(folder.path(), &["roof", "flat"], |home, hour| match home {
        0 if (8..18).contains(&hour) => (0, 900),
        0 => (200, 0),
        _ => (400, 0),
    });
    let report = demo(folder.path(), &["--bilateral", "--data", csv.to_str().unwrap()]);
    // The flat's meter is away from 6 to 15: only the hours from 15 to 18 are left for trade.
    assert_eq!(number(&report, "/contracts/opened"), 3);
    assert_eq!(number(&report, "/restored/right"), 2);
}

#[test]
fn a_seller_with_more_than_seven_buyers_serves_them_in_turns() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..11).map(|home| format!("home-{home:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let csv = village(folder.path(), &names, |home, hour| match home {
        0 if hour == 12 => (0, 5_000),
        0 => (100, 0),
        _ => (50 * home as u64, 0),
    });
    let report = demo(folder.path(), &["--bilateral", "--data", csv.to_str().unwrap()]);
    let opened = number(&report, "/contracts/opened");
    assert!(opened > 7, "{opened}");
    assert_eq!(number(&report, "/contracts/full"), opened);
}

#[test]
fn homes_without_any_export_attest_and_say_that_nothing_could_be_traded() {
    let folder = tempfile::tempdir().unwrap();
    let csv = village(folder.path(), &["a", "b", "c"], |home, hour| (100 + hour * home as u64, 0));
    let report = demo(folder.path(), &["--bilateral", "--data", csv.to_str().unwrap()]);
    assert_eq!((number(&report, "/contracts/opened"), number(&report, "/seen/attested_windows")), (0, 72));
    let page = fs::read_to_string(folder.path().join("village/report.txt")).unwrap();
    assert!(page.contains("no home exported anything"), "{page}");
}

#[test]
fn one_home_attests_and_says_that_nothing_could_be_traded() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("one.csv");
    let mut rows = "timestamp,meter_id,import_wh,export_wh\n".to_owned();
    for quarter in 0..96 {
        // One quarter hour is missing: its window is missing, not zero.
        if quarter != 50 {
            rows += &format!("2024-03-31T{:02}:{:02}:00Z,home,{},{}\n", quarter / 4, quarter % 4 * 15, 100, quarter);
        }
    }
    fs::write(&csv, rows).unwrap();
    let report = demo(folder.path(), &["--data", csv.to_str().unwrap()]);
    assert_eq!(number(&report, "/interval_minutes"), 15);
    assert_eq!(number(&report, "/missing_windows"), 1);
    let page = fs::read_to_string(folder.path().join("village/report.txt")).unwrap();
    assert!(page.contains("there is only one home"), "{page}");
}

#[test]
fn wrong_input_gets_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("bad.csv");
    let cases = [
        ("timestamp,meter,in,out\n", "line 1"),
        ("timestamp,meter_id,import_wh,export_wh\n2024-01-01T00:00:00Z,a,-5,0\n", "line 2"),
        ("timestamp,meter_id,import_wh,export_wh\n2024-01-01T01:00:00Z,a,5,0\n2024-01-01T00:00:00Z,a,5,0\n", "line 3"),
    ];
    for (content, line) in cases {
        fs::write(&csv, content).unwrap();
        let output = hushwatt(&["demo", "--data", csv.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains(line), "{}", text(&output.stderr));
    }
    let missing = hushwatt(&["demo", "--data", "no-such-file.csv"]);
    assert!(text(&missing.stderr).contains("no-such-file.csv"));
    fs::write(&csv, "timestamp,meter_id,import_wh,export_wh\n2024-01-01T00:00:00Z,a,5,0\n").unwrap();
    let day = hushwatt(&["demo", "--data", csv.to_str().unwrap(), "--day", "2024-02-30"]);
    assert!(text(&day.stderr).contains("YYYY-MM-DD"), "{}", text(&day.stderr));
    let day = hushwatt(&["demo", "--data", csv.to_str().unwrap(), "--day", "2024-02-03"]);
    assert!(text(&day.stderr).contains("2024-01-01"), "{}", text(&day.stderr));
    assert!(text(&hushwatt(&["demo", "--help"]).stdout).contains("Examples:"));
}
