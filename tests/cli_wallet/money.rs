//! Money: received, paid, found again, proven, and taken home as data.

use std::fs;

use hushwatt_ledger::units::Credit;
use serde_json::Value;

use crate::{
    support::{Purse, Run, hushwatt, names, number, string, text},
    village::{Plan, Village},
};

fn audit(arguments: &[&str]) -> Run {
    hushwatt(&[], &[&["audit", "check"], arguments].concat())
}

#[test]
fn two_households_pay_each_other_and_both_can_prove_it() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    assert_eq!(number(&anna.json(&["balance"]), "/total_micro_euro"), 0);
    village.fund(&[(anna.address, Credit::from_euro(50)), (bert.address, Credit::from_euro(5))]);

    // Bert asks, Anna pays his link: amount and message are in it.
    let asked = bert.json(&["request", "12.50", "--message", "Rent of the bicycle"]);
    assert_eq!(names(&asked), ["amount_micro_euro", "link", "message"]);
    let link = string(&asked, "/link");
    let shown = bert.run(&["request", "12.50", "--qr"]).ok();
    assert!(shown.contains("█") && shown.contains("Amount  €12.50"), "{shown}");
    let address = string(&bert.json(&["address"]), "/address").to_owned();
    anna.json(&["contacts", "add", "Bert", &address]);
    assert_eq!(anna.failed(&["contacts", "add", "Bert", &address]), "contact_exists");
    assert_eq!(anna.failed(&["send", link]), "needs_yes");
    assert_eq!(anna.failed(&["send", link, "13", "--yes"]), "input");
    assert_eq!(anna.failed(&["send", "Carla", "1", "--yes"]), "unknown");
    assert_eq!(anna.failed(&["send", "Bert", "60", "--yes"]), "insufficient_money");
    assert_eq!(anna.failed(&["send", "Bert", "1,5", "--yes"]), "amount");
    assert_eq!(anna.failed(&["send", "Bert", "0", "--yes"]), "zero_amount");
    assert_eq!(anna.failed(&["send", &address[..80], "1", "--yes"]), "address");
    assert_eq!(anna.available(), 50_000_000);
    let sent = anna.json(&["send", link, "--yes", "--label", "bicycle", "--small-company"]);
    assert_eq!(names(&sent), ["fee_micro_euro", "hides_among", "id", "state", "valid_until_time"]);
    assert_eq!(string(&sent, "/state"), "final");
    assert!(number(&sent, "/hides_among") >= 2);

    let id = string(&sent, "/id").to_owned();
    let history = anna.json(&["history", "--kind", "sent"]);
    assert_eq!(history.as_array().unwrap().len(), 1);
    for (name, value) in [
        ("amount_micro_euro", Value::from(-12_500_000)),
        ("message", "Rent of the bicycle".into()),
        ("label", "bicycle".into()),
    ] {
        assert_eq!(history[0][name], value, "{history}");
    }
    assert_eq!((string(&history, "/0/counterparty"), string(&history, "/0/id")), ("Bert", id.as_str()));
    assert_eq!(anna.json(&["history", "--search", "RENT OF"]), history);
    assert_eq!(anna.json(&["history", "--search", "nothing like it"]), Value::Array(Vec::new()));
    let german = anna.run(&["history", "--kind", "sent", "--lang", "de"]).ok();
    assert!(german.contains("12,50\u{a0}€") && german.contains("Bert \"Rent of the bicycle\" [bicycle]"), "{german}");
    let csv = anna.run(&["history", "--csv"]).ok();
    assert!(csv.starts_with("time,kind,state,amount_micro_euro") && csv.contains(",sent,final,-12500000,"), "{csv}");
    anna.json(&["label", &id[..10]]);
    assert_eq!(anna.json(&["history", "--kind", "sent"])[0]["label"], Value::Null);
    assert_eq!(anna.failed(&["label", "00000000"]), "unknown");

    let balance = bert.json(&["balance"]);
    assert_eq!(number(&balance, "/pending_micro_euro"), 12_500_000);
    assert_eq!(string(&balance, "/pending/0/reason"), "next_settlement");
    village.settle();
    assert_eq!((anna.available(), bert.available()), (37_500_000, 17_500_000));
    assert!(bert.run(&["balance"]).ok().contains("€17.50 can be spent now"));

    // Each proves the payment to Carla, and to nobody else.
    let receipts = bert.json(&["receipts", "--from", "2026-06-16"]);
    let receipt = receipts.as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).unwrap();
    assert_eq!(string(receipt, "/prove"), format!("hushwatt wallet prove payment {}", &id[..12]));
    let url = village.url();
    for purse in [&anna, &bert] {
        let file = purse.path("proof.json");
        let made = ["prove", "payment", &id[..8], "--for", "Carla", "--nonce", "77", "--out", text(&file)];
        assert_eq!(names(&purse.json(&made)), ["file", "verifier", "what"]);
        assert_eq!(purse.failed(&made), "write");
        let good = audit(&[text(&file), "--node", &url, "--verifier", "Carla", "--nonce", "77"]).ok();
        assert!(good.contains("12.5"), "{good}");
        assert_eq!(audit(&[text(&file), "--node", &url, "--verifier", "Dora"]).code, 1);
        let raised = fs::read_to_string(&file).unwrap().replace("12500000", "92500000");
        fs::write(&file, raised).unwrap();
        assert_eq!(audit(&[text(&file), "--node", &url]).code, 1);
        assert_eq!(string(&purse.json(&["prove", "given"]), "/0/verifier"), "Carla");
    }
    let file = anna.path("balance.json");
    anna.json(&["prove", "balance", "30", "--for", "Carla", "--nonce", "78", "--out", text(&file)]);
    audit(&[text(&file), "--node", &url, "--verifier", "Carla", "--nonce", "78"]).ok();
    assert_eq!(anna.failed(&["prove", "balance", "40", "--for", "Carla"]), "proof");

    // Everything that is known goes with the person, and nothing that spends.
    let data = anna.path("data");
    let exported = anna.json(&["export", text(&data)]);
    assert_eq!(names(&exported), ["contracts", "files", "history", "orders", "windows"]);
    let everything = fs::read_to_string(data.join("hushwatt-export.json")).unwrap();
    let everything: Value = serde_json::from_str(&everything).unwrap();
    assert_eq!(
        (string(&everything, "/contacts/0/name"), string(&everything, "/proofs_given/0/verifier")),
        ("Bert", "Carla")
    );
    assert_eq!(anna.failed(&["export", text(&data)]), "write");
}

#[test]
fn settings_bound_what_is_done_and_small_company_is_asked_for() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(20))]);
    let settings = anna.json(&["settings"]);
    assert_eq!(
        names(&settings),
        ["agent", "auto_lock_minutes", "backup_days", "gateways", "language", "nodes", "smallest_company"]
    );
    let changed = anna.json(&["settings", "set", "--smallest-company", "200", "--backup-days", "7", "--tidy", "no"]);
    assert_eq!((number(&changed, "/smallest_company"), number(&changed, "/backup_days")), (200, 7));
    assert_eq!((&changed["agent"]["tidy"], &changed["agent"]["deliver"]), (&Value::from(false), &Value::from(true)));
    assert_eq!(changed["nodes"], settings["nodes"]);
    let rule = anna.json(&["settings", "buy", "--most", "0.25", "--per-window", "2", "--per-day", "5"]);
    let expected = serde_json::json!({
        "utility": "electricity", "max_price_micro_euro": 250, "per_window": 2000, "per_day_micro_euro": 5_000_000
    });
    assert_eq!(rule["agent"]["buy"], expected);
    assert_eq!(anna.json(&["settings", "buy", "--off"])["agent"]["buy"], Value::Null);
    assert_eq!(anna.failed(&["settings", "sell", "--price", "5"]), "input");
    assert_eq!(anna.failed(&["settings", "sell", "--price", "0.185"]), "input");
    let rule = anna.json(&["settings", "sell", "--price", "0.18", "--percent", "50"]);
    assert_eq!(number(&rule, "/agent/sell/price_micro_euro"), 180);

    // There are not as many in this village.
    let to = bert.address.encode(village.genesis.network());
    assert_eq!(anna.failed(&["send", &to, "1", "--yes"]), "small_company");
    let said = anna.run(&["send", &to, "1", "--yes"]);
    assert!(said.err.contains("give --small-company"), "{said:?}");
    assert_eq!(anna.available(), 20_000_000);
    assert_eq!(string(&anna.json(&["send", &to, "1", "--yes", "--small-company"]), "/state"), "final");
    assert!(anna.run(&["settings"]).ok().contains("a payment hides among at least 200"));
}
