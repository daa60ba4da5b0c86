//! A gateway that runs: telegrams on its line become attestations on the ledger.

use std::{fs, time::Instant};

use hushwatt_ledger::units::Timestamp;
use serde_json::Value;

use crate::{
    house::{House, PATIENCE},
    support::{Purse, names, number, string, text},
    workshop::START,
};

#[test]
fn what_the_meter_counted_is_final_on_the_ledger_and_goes_on_after_a_restart() {
    let mut house = House::build();
    assert_eq!(house.workshop.failed(&["run"]), "simulated");
    let mut gateway = house.start();
    // The first window is the one from five to six; the meter counts 2 Wh in and 1 Wh out a minute.
    let five = START + 1_200;
    house.count_until(&mut gateway, five + 3_660, 2, 1);
    let six = house.shown.at;
    house.until("read until six", |status| status["registers"]["at"] == six);
    assert_eq!(house.workshop.failed(&["read"]), "running");

    // The household sees them at once, though nothing is on the ledger.
    let page = format!("http://127.0.0.1:{}", house.page);
    let energy = |house: &House, more: &[&str]| house.wallet.json(&[&["energy", "--all"][..], more].concat());
    assert_eq!(energy(&house, &[]).as_array().map(Vec::len), Some(0));
    let rows = energy(&house, &["--gateway", &page, "--offline"]);
    let row = &rows[0];
    assert_eq!((number(row, "/start_time"), number(row, "/imported"), number(row, "/exported")), (five, 120, 60));
    assert_eq!((string(row, "/status"), string(row, "/quality")), ("not_on_ledger", "measured"));
    assert_eq!((number(row, "/intervals"), number(row, "/of_intervals")), (4, 4));
    house.wallet.run(&["settings", "set", "--gateway", &page]).ok();
    let told = house.wallet.run(&["energy", "--all"]).ok();
    assert!(told.contains("From the gateway, not on the ledger yet"), "{told}");
    // Its page says so too; nobody else's wallet opens it.
    let other = Purse::new(&house.village);
    assert_eq!(other.failed(&["energy", "--gateway", &page]), "gateway");

    house.village.to(Timestamp(five + 3_600 + 460));
    let first = |status: &Value| status["attested"]["sequence"].as_u64() >= Some(1);
    let status = house.until("attested", first);
    assert_eq!(number(&status, "/attested/last_window"), five);
    assert_eq!(status["attested"]["status"], "measured", "{status:#}");
    assert_eq!((status["running"].as_bool(), status["meter"].as_u64()), (Some(true), Some(5)));
    for name in ["clock", "ledger", "line", "queue", "registers", "warnings"] {
        assert!(names(&status).contains(&name), "{name} is missing in {status}");
    }
    let told = house.workshop.run(&["status", "--url", &format!("http://127.0.0.1:{}", house.page)]);
    let said = told.out.replace('\u{a0}', " ");
    assert!(said.contains("measured") && said.contains("4,711.") && said.contains("kWh"), "{said}");

    // On the ledger, it is told once.
    let rows = energy(&house, &[]);
    let of_five: Vec<&Value> = rows.as_array().unwrap().iter().filter(|row| row["start_time"] == five).collect();
    assert_eq!(of_five.len(), 1, "{rows:#}");
    assert_eq!((string(of_five[0], "/status"), number(of_five[0], "/imported")), ("measured", 120));

    // The operator's values agree with the ledger, and a file that fills no gap is put away with an answer.
    let values = operators_file(five);
    let file = house.workshop.path("values.csv");
    fs::write(&file, &values).unwrap();
    let verify = |more: &[&str]| {
        let usual = ["verify", "--grid", text(&file)];
        house.workshop.run(&[&usual[..], more].concat())
    };
    // The household does it without the gateway's folder, by its code.
    let (code, genesis, url) = (house.wallet.path("code"), house.workshop.path("genesis.json"), house.village.url());
    let mapping = house.workshop.path("mapping.toml");
    let own = [
        "meter",
        "verify",
        "--grid",
        text(&file),
        "--code-file",
        text(&code),
        "--genesis",
        text(&genesis),
        "--node",
        &url,
        "--mapping-file",
        text(&mapping),
    ];
    assert_eq!(crate::support::hushwatt(&[], &own).code, 0);
    let agreed = verify(&["--all"]);
    assert_eq!(agreed.code, 0, "{agreed:?}");
    let json: Value = serde_json::from_str(&verify(&["--json"]).out).unwrap();
    assert_eq!((json["verdict"].as_str(), json["rows"].as_array().map(Vec::len)), (Some("agrees"), Some(8)));
    fs::write(&file, values.replacen("0.030", "0.040", 1)).unwrap();
    assert_eq!(verify(&[]).code, 1);

    let told = house.workshop.json(&["import", text(&file), "--no-wait"]);
    assert_eq!(names(&told), ["answer", "file", "from", "taken", "until", "values"]);
    assert_eq!((number(&told, "/from"), number(&told, "/values")), (five, 8));

    assert_eq!(gateway.stop(), Some(0));
    // One that is away is no trouble where it is only remembered.
    let told = house.wallet.run(&["energy", "--all"]);
    assert!(told.err.contains("gave no readings") && told.out.contains("measured"), "{told:?}");
    assert_eq!(house.wallet.failed(&["energy", "--gateway", &page]), "gateway");
    let (code, rest) = house.status();
    assert_eq!((code, rest["running"].as_bool()), (2, Some(false)));
    assert_eq!(number(&rest, "/attested/sequence"), number(&status, "/attested/sequence"));

    // It goes on where it stood: the registers' difference over the stop is not lost.
    let mut gateway = house.start();
    house.count_until(&mut gateway, five + 7_260, 2, 1);
    house.village.to(Timestamp(five + 7_200 + 460));
    let status = house.until("attested again", |status| status["attested"]["last_window"] == five + 3_600);
    assert_eq!(number(&status, "/attested/sequence"), 2, "{status:#}");
    assert_eq!(status["attested"]["status"], "measured", "{status:#}");

    // The operator knows better: the gateway puts his values on the ledger, once somebody says yes.
    fs::write(&file, values.replacen("0.030", "0.052", 1)).unwrap();
    let correct = |more: &[&str]| house.workshop.run(&[&["correct", text(&file), "--json"], more].concat());
    assert_eq!(correct(&[]).failed(), "needs_yes");
    let asked = correct(&["--yes"]).json();
    assert_eq!((names(&asked), number(&asked, "/values")), (vec!["file", "values"], 1));
    let done = house.workshop.folder().join("inbox/done").join(string(&asked, "/file"));
    let started = Instant::now();
    while !done.exists() {
        assert!(started.elapsed() < PATIENCE, "{}", fs::read_to_string(house.workshop.path("log.txt")).unwrap());
        house.village.step(15);
    }
    let agreed = house.workshop.run(&["verify", "--grid", text(&file)]);
    assert_eq!(agreed.code, 0, "{agreed:?}\n{}", fs::read_to_string(house.workshop.path("log.txt")).unwrap());
    assert_eq!(house.workshop.run(&["correct", text(&file)]).ok().lines().count(), 1, "nothing differs any more");
    assert_eq!(gateway.stop(), Some(0));
}

/// Fifteen minutes at 2 Wh and 1 Wh a minute, four times.
fn operators_file(from: u64) -> String {
    let mut text = "start;import;export\n".to_owned();
    for quarter in 0..4 {
        let time = time::OffsetDateTime::from_unix_timestamp((from + quarter * 900) as i64).unwrap();
        text += &format!("{} {:02}:{:02};0.030;0.015\n", time.date(), time.hour(), time.minute());
    }
    text
}
