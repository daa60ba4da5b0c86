//! Energy: meters paired, offered, ordered, delivered, proven.

use std::fs;

use hushwatt_ledger::units::Credit;
use hushwatt_wallet::household::PairingCode;
use serde_json::Value;

use crate::{
    support::{Purse, hushwatt, names, number, string, text},
    village::{Counted, Plan, Village},
};

/// Pairs the meter of a home, as its gateway would show the code.
pub fn pair(village: &Village, purse: &Purse, home: usize) -> Value {
    let pairing = &village.home(home).pairing;
    let code = PairingCode { meter: pairing.meter, day_key: pairing.day_key.clone() };
    let file = purse.path("code");
    fs::write(&file, code.encode(village.genesis.network()).as_str()).unwrap();
    purse.json(&["pair", "--code-file", text(&file), "--label", "Roof"])
}

#[test]
fn neighbours_offer_order_and_deliver_and_prove_what_was_delivered() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10)), (bert.address, Credit::from_euro(10))]);
    assert_eq!(string(&pair(&village, &anna, 0), "/label"), "Roof");
    pair(&village, &bert, 1);
    let wrong = anna.path("code");
    fs::write(&wrong, "hwmeter1nonsense").unwrap();
    assert_eq!(anna.failed(&["pair", "--code-file", text(&wrong)]), "pairing");
    village.set_up_gateway(0, &anna.address);
    village.set_up_gateway(1, &bert.address);

    // The village's clock is at a quarter past five: 06:00 is the next window.
    let window = hushwatt_ledger::units::Window(village.window().0 + 1);
    let start = village.genesis.parameters.window_start(window).0;
    assert_eq!(anna.failed(&["trade", "offer", "1.5", "--at", "06:00", "--price", "0.185"]), "no_trade");
    assert_eq!(anna.failed(&["trade", "offer", "1.5", "--at", "6", "--price", "0.18"]), "input");
    let clock = format!("{:02}:00", start / 3600 % 24);
    let offered = anna.json(&["trade", "offer", "1.5", "--at", &clock, "--price", "0.18"]);
    assert_eq!(names(&offered).len(), 12, "{offered}");
    assert_eq!((number(&offered, "/start_time"), number(&offered, "/quantity")), (start, 1500));
    assert_eq!((number(&offered, "/total_micro_euro"), &offered["on_board"]), (270_000, &Value::from(true)));
    let id = string(&offered, "/id").to_owned();
    assert_eq!(anna.failed(&["trade", "buy", &id[..8], "--yes"]), "no_trade");

    let board = bert.json(&["trade", "offers"]);
    assert_eq!(board.as_array().unwrap().len(), 1);
    assert_eq!((string(&board, "/0/id"), &board[0]["own"]), (id.as_str(), &Value::from(false)));
    assert_eq!(bert.json(&["trade", "offers", "--utility", "water"]), Value::Array(Vec::new()));
    let table = bert.run(&["trade", "offers"]).ok();
    assert!(table.contains("1.5\u{a0}kWh") && table.contains("€0.18/kWh") && table.contains("€0.27"), "{table}");
    assert_eq!(bert.failed(&["trade", "buy", "00000000", "--yes"]), "unknown");
    assert_eq!(bert.failed(&["trade", "buy", &id[..8], "--quantity", "2", "--yes"]), "no_trade");
    let ordered = bert.json(&["trade", "buy", &id[..8], "--quantity", "1", "--yes", "--small-company"]);
    assert_eq!(string(&ordered, "/state"), "final");
    let balance = bert.json(&["balance"]);
    assert_eq!(number(&balance, "/ordered_micro_euro"), 180_000);

    // Anna gives less than was ordered: exactly that is paid, the rest comes back.
    assert_eq!(anna.failed(&["trade", "deliver", "--yes"]), "no_trade");
    let counted = [Counted { home: 0, exported: 800, imported: 40 }, Counted { home: 1, exported: 0, imported: 900 }];
    village.attest(window, &counted);
    village.seal_energy(window);
    let contracts = anna.json(&["trade", "contracts", "--open"]);
    assert_eq!((string(&contracts, "/0/side"), string(&contracts, "/0/state")), ("seller", "open"));
    let contract = string(&contracts, "/0/id").to_owned();
    let delivered = anna.json(&["trade", "deliver", "--yes", "--small-company"]);
    assert_eq!(string(&delivered, "/0/state"), "final");
    village.settle();
    assert_eq!((anna.available(), bert.available()), (10_144_000, 9_856_000));
    for (purse, side, kind) in [(&anna, "seller", "sold"), (&bert, "buyer", "bought")] {
        let contracts = purse.json(&["trade", "contracts"]);
        assert_eq!((string(&contracts, "/0/side"), string(&contracts, "/0/state")), (side, "delivered"));
        assert_eq!((number(&contracts, "/0/delivered"), number(&contracts, "/0/money_micro_euro")), (800, 144_000));
        let history = purse.json(&["history", "--kind", kind]);
        assert_eq!(number(&history, "/0/quantity"), 800);
        let receipts = purse.json(&["receipts"]);
        let receipt = receipts.as_array().unwrap().iter().find(|one| one["kind"] == kind).unwrap();
        assert_eq!(string(receipt, "/prove"), format!("hushwatt wallet prove delivery {}", &contract[..12]));
    }
    let energy = anna.json(&["energy"]);
    let row = energy.as_array().unwrap().iter().find(|row| row["start_time"] == start).unwrap();
    assert_eq!((number(row, "/exported"), number(row, "/imported"), number(row, "/sold")), (800, 40, 800));
    let table = bert.run(&["energy", "--all"]).ok();
    assert!(table.contains("measured") && table.contains("Together") && table.contains("0.9\u{a0}kWh"), "{table}");
    let month = bert.run(&["balance"]).ok();
    assert!(month.contains("bought 0.8\u{a0}kWh for €0.144") && month.contains("neighbours gave 89 %"), "{month}");

    // Both prove the delivery, Anna one reading of it.
    let url = village.url();
    for purse in [&anna, &bert] {
        let file = purse.path("delivery.json");
        purse.json(&["prove", "delivery", &contract[..8], "--for", "Carla", "--nonce", "1", "--out", text(&file)]);
        let checked = ["audit", "check", text(&file), "--node", &url, "--verifier", "Carla", "--nonce", "1"];
        hushwatt(&[], &checked).ok();
    }
    let file = anna.path("reading.json");
    let at = format!("2026-06-16 {clock}");
    anna.json(&[
        "prove",
        "reading",
        "0",
        "--at",
        &at,
        "--side",
        "given",
        "--for",
        "Carla",
        "--nonce",
        "2",
        "--out",
        text(&file),
    ]);
    hushwatt(&[], &["audit", "check", text(&file), "--node", &url, "--verifier", "Carla", "--nonce", "2"]).ok();
    assert_eq!(anna.failed(&["prove", "reading", "0", "--at", "2026-06-15 12:00", "--for", "Carla"]), "proof");

    // Bert's bill of the day, which the minimum of 5 EUR makes, and that he never took more than 1 kW.
    let (tariff, bill, peak) = (bert.path("tariff.toml"), bert.path("bill.json"), bert.path("peak.json"));
    bert.json(&["prove", "tariff-example", "--out", text(&tariff)]);
    let asked = ["--from", "2026-06-16", "--until", "2026-06-17", "--for", "Carla", "--nonce", "3"];
    let of_bill = ["prove", "bill", "1", "--tariff", text(&tariff), "--out", text(&bill)];
    let made = [&of_bill[..], &asked].concat();
    let made = bert.json(&made);
    assert!(string(&made, "/what").ends_with("from 2026-06-16 to 2026-06-16: 5.95 EUR"), "{made}");
    let checking = |file: &std::path::Path, more: &[&str]| {
        let common = ["audit", "check", text(file), "--node", &url, "--verifier", "Carla", "--nonce", "3"];
        hushwatt(&[], &[&common[..], more].concat())
    };
    let shown = checking(&bill, &["--tariff", text(&tariff), "--json"]).json();
    assert_eq!((number(&shown, "/proven/gross_cents"), string(&shown, "/tariff/comparison")), (595, "same"));
    let words = checking(&bill, &["--tariff", text(&tariff)]).ok();
    assert!(words.contains("The electricity that meter 1 took comes to 5.95 EUR, tax included."), "{words}");
    let dearer = bert.path("dearer.toml");
    fs::write(&dearer, fs::read_to_string(&tariff).unwrap().replace("5 EUR", "6 EUR")).unwrap();
    assert_eq!(checking(&bill, &["--tariff", text(&dearer)]).code, 1);
    assert_eq!(checking(&bill, &["--tariff", text(&bill)]).code, 3);
    let of_peak = ["prove", "peak", "1", "--hours", "Mon-Fri 0-24", "--time-zone", "Europe/Berlin"];
    bert.json(&[&of_peak[..], &asked, &["--limit", "1 kW", "--out", text(&peak)]].concat());
    let words = checking(&peak, &[]).ok();
    assert!(
        words.contains("Meter 1 never took more than 1.000 kW") && words.contains("Mon-Fri 00:00-24:00"),
        "{words}"
    );
    assert_eq!(bert.failed(&[&of_peak[..], &asked, &["--limit", "800 W"]].concat()), "proof");
    assert_eq!(checking(&peak, &["--tariff", text(&tariff)]).code, 3);

    // What an allocator needs is given with consent only, and one side of the meter alone if that is enough.
    let file = anna.path("openings.json");
    let day =
        ["openings", "0", "--from", "2026-06-16", "--until", "2026-06-17", "--for", "Ms Huber", "--side", "given"];
    let write = [&day[..], &["--out", text(&file)]].concat();
    anna.failed(&write);
    assert!(!file.exists());
    anna.json(&[&write[..], &["--yes"]].concat());
    let openings = hushwatt_audits::allocation::Openings::from_json(&fs::read(&file).unwrap()).unwrap();
    assert_eq!((openings.meter.0, openings.made_for.as_str()), (0, "Ms Huber"));
    let readings = openings.readings.values();
    assert_eq!(readings.clone().map(|reading| reading.export.as_ref().unwrap().value).sum::<u64>(), 800);
    assert!(readings.into_iter().all(|reading| reading.import.is_none()));
    anna.failed(&[&write[..], &["--yes"]].concat());
}

#[test]
fn the_agent_delivers_orders_and_stays_within_its_limits() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10)), (bert.address, Credit::from_euro(10))]);
    pair(&village, &anna, 0);
    village.set_up_gateway(0, &anna.address);
    for purse in [&anna, &bert] {
        purse.json(&["settings", "set", "--tidy", "no", "--smallest-company", "2"]);
    }
    bert.json(&["settings", "buy", "--most", "0.20", "--per-window", "0.5", "--per-day", "1"]);
    let window = hushwatt_ledger::units::Window(village.window().0 + 1);
    let clock = format!("{:02}:00", village.genesis.parameters.window_start(window).0 / 3600 % 24);
    anna.json(&["trade", "offer", "2", "--at", &clock, "--price", "0.21"]);
    let lines = bert.run(&["run", "--once", "--json"]).ok();
    assert_eq!(lines, "", "too dear");
    anna.json(&["trade", "offer", "2", "--at", &clock, "--price", "0.19"]);
    let lines = bert.run(&["run", "--once", "--json"]).ok();
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((string(&line, "/event"), names(&line)), ("did", vec!["event", "text", "time"]));
    assert!(string(&line, "/text").starts_with("ordered 500 Wh"), "{lines}");
    village.step(60);
    assert_eq!(number(&bert.json(&["balance"]), "/ordered_micro_euro"), 95_000);
    assert_eq!(bert.run(&["run", "--once", "--json"]).ok().matches("ordered").count(), 0);

    village.attest(window, &[Counted { home: 0, exported: 3000, imported: 0 }]);
    village.seal_energy(window);
    let lines = anna.run(&["run", "--once", "--json"]).ok();
    assert!(lines.contains("delivered electricity"), "{lines}");
    village.step(60);
    assert_eq!(string(&bert.json(&["trade", "contracts"]), "/0/state"), "delivered");
}
