//! `hushwatt audit totals`, `sign-feeder` and `sign-statement` as an auditor, a grid operator and a bank use them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "../audits/tests/totals/scene.rs"]
mod scene;
#[path = "cli_node/support.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hushwatt_audits::totals::moment;
use hushwatt_ledger::units::Timestamp;
use scene::{at, story};
use serde_json::{Value, json};
use support::{PlayedNode, Run, text};

fn audit(arguments: &[&str]) -> Run {
    let command = Command::new(env!("CARGO_BIN_EXE_hushwatt")).arg("audit").args(arguments).output();
    let output = command.expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn time(time: Timestamp) -> String {
    moment(time).unwrap()
}

/// An auditor's folder with the chain, and the key of somebody who signs.
struct Desk {
    folder: tempfile::TempDir,
    /// The line of the key.
    line: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("chain.hwl"), story().file(story().blocks())).unwrap();
        let key = folder.path().join("signer.key");
        let line = audit(&["key", "--out", text(&key)]).ok().trim().to_owned();
        Desk { folder, line }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn network(&self) -> String {
        story().community.world.network().to_string()
    }

    fn totals(&self, more: &[&str]) -> Run {
        let (chain, network) = (self.path("chain.hwl"), self.network());
        audit(&[&["totals", "--chain", text(&chain), "--network", &network], more].concat())
    }

    fn json(&self, more: &[&str]) -> Value {
        serde_json::from_str(&self.totals(&[more, &["--json"]].concat()).ok()).unwrap()
    }

    /// Signs into a new file, with the usual key.
    fn sign(&self, command: &str, out: &Path, more: &[&str]) -> Run {
        let (key, network) = (self.path("signer.key"), self.network());
        audit(&[&[command, "--network", &network, "--key", text(&key), "--out", text(out)], more].concat())
    }

    fn feeder(&self, name: &str, imported: &str, exported: &str) -> PathBuf {
        let out = self.path(name);
        let (from, until) = (time(at(2, 0)), time(at(4, 0)));
        let values = ["--from", &from, "--until", &until, "--imported", imported, "--exported", exported];
        assert!(self.sign("sign-feeder", &out, &values).ok().contains(&self.line));
        out
    }

    fn statement(&self, name: &str, balance: &str) -> PathBuf {
        let out = self.path(name);
        let when = time(at(5, 0));
        assert!(self.sign("sign-statement", &out, &["--time", &when, "--balance", balance]).ok().contains(&self.line));
        out
    }
}

/// Watt-hours as kWh.
fn kwh(watt_hours: u64) -> String {
    format!("{}.{:03}", watt_hours / 1000, watt_hours % 1000)
}

#[test]
fn totals_are_told_in_words_and_as_data() {
    let desk = Desk::new();
    let (exported, imported) = story().plain(0, &[0, 1, 2, 3, 4, 5, 6, 7]);
    let words = desk.totals(&["--vat-percent", "19"]).ok();
    for part in [
        format!("took {} kWh, gave {} kWh", kwh(imported), kwh(exported)),
        "released by members 5, 2, 1, 4 (3 of 5 must)".to_owned(),
        "cohort 0, electricity: 5 of 8 meters".to_owned(),
        "trades of electricity: 8 of 9 trades".to_owned(),
        "1 release was missing when the time was over".to_owned(),
        "self-sufficiency: ".to_owned(),
        "Value added tax of 19 %".to_owned(),
        "meters 0 to 7 of electricity, 2 periods".to_owned(),
    ] {
        assert!(words.contains(&part), "{part}\n{words}");
    }
    let data = desk.json(&[]);
    assert_eq!((&data["holds"], &data["network"]), (&json!(true), &json!(desk.network())));
    let total = &data["totals"][0];
    assert_eq!(total["standing"], json!("released"));
    assert_eq!(total["metered"], json!({ "exported": exported, "imported": imported }));
    let missing = data["totals"].as_array().unwrap().iter().find(|total| total["standing"] == "not_asked_yet").unwrap();
    assert!(missing["ask_until"].as_u64() > missing["until"].as_u64());
    let one = desk.json(&["--from", &time(at(2, 0)), "--until", &time(at(4, 0))]);
    assert_eq!(one["totals"].as_array().unwrap().len(), 2);
    assert_eq!(one["cohorts"][0]["imported"], json!(imported));
    let today = desk.totals(&["--from", "2025-06-15T00:00:00"]);
    assert!(today.code == 2 && today.err.contains("is no time"), "{today:?}");
}

#[test]
fn a_feeder_holds_fails_or_cannot_be_compared() {
    let desk = Desk::new();
    let (exported, imported) = story().plain(0, &[0, 1, 2, 3, 4, 5, 6, 7]);
    let file = desk.feeder("right.json", "1.5", &kwh(1_500 + exported - imported - 40));
    let compare = |file: &Path, more: &[&str]| {
        desk.totals(&[&["--feeder", text(file), "--feeder-key", &desk.line], more].concat())
    };
    let words = compare(&file, &[]).ok();
    assert!(words.contains("loss 0.040 kWh") && words.contains("THE LOSS IS WITHIN BOUNDS"), "{words}");
    let run = compare(&file, &["--loss-percent", "-1..0"]);
    assert!(run.code == 1 && run.out.contains("THE LOSS IS OUT OF BOUNDS"), "{run:?}");
    let run = compare(&file, &["--loss-percent", "10..0"]);
    assert!(run.code == 2 && run.err.contains("are no bounds"), "{run:?}");

    let out = desk.path("half.json");
    let (from, until) = (time(at(2, 0)), time(at(3, 0)));
    let values = ["--meters", "0,1", "--from", &from, "--until", &until, "--imported", "1", "--exported", "0"];
    desk.sign("sign-feeder", &out, &values).ok();
    let run = compare(&out, &[]);
    assert!(run.code == 1 && run.out.contains("CANNOT BE COMPARED: its time is not whole periods"), "{run:?}");
}

#[test]
fn files_that_are_not_rightly_signed_are_refused() {
    let desk = Desk::new();
    let (feeder, bank) = (desk.feeder("feeder.json", "1", "2"), desk.statement("bank.json", "560.00"));
    let other = audit(&["key", "--out", text(&desk.path("other.key"))]).ok().trim().to_owned();
    for (file, option) in [(&feeder, "feeder"), (&bank, "bank")] {
        let (file_option, key_option) = (format!("--{option}"), format!("--{option}-key"));
        let with = |file: &Path, key: &str| desk.totals(&[&file_option, text(file), &key_option, key]);
        with(file, &other).refused(&["another key than the one you named"]);
        let changed = desk.path("changed.json");
        let text = fs::read_to_string(file).unwrap().replace("\"imported\": 1000", "\"imported\": 2000");
        fs::write(&changed, text.replace("\"balance_cents\": 56000", "\"balance_cents\": 57000")).unwrap();
        with(&changed, &desk.line).refused(&["does not verify"]);
        fs::write(&changed, "{}").unwrap();
        with(&changed, &desk.line).refused(&["changed.json"]);
        let run = with(&desk.path("none.json"), &desk.line);
        assert!(run.code == 3 && run.err.contains("could not read"), "{run:?}");
        assert_eq!(desk.totals(&[&file_option, support::text(file)]).code, 2, "a file without a key says nothing");
    }
    // What is there is never replaced.
    let run = desk.sign("sign-statement", &bank, &["--time", "2026-01-01", "--balance", "1"]);
    run.refused(&["could not write"]);
    let none = desk.path("no.key");
    let run = audit(&[
        "sign-statement",
        "--network",
        &desk.network(),
        "--key",
        text(&none),
        "--out",
        "x",
        "--time",
        "2026-01-01",
        "--balance",
        "1",
    ]);
    run.refused(&["there is no key at"]);
}

#[test]
fn the_treasury_is_solvent_or_not_and_both_numbers_are_told() {
    let desk = Desk::new();
    let compare =
        |file: &Path, more: &[&str]| desk.totals(&[&["--bank", text(file), "--bank-key", &desk.line], more].concat());
    let words = compare(&desk.statement("right.json", "560"), &[]).ok();
    for part in ["on the account 560.00 EUR", "in circulation 559.999937 EUR", "ALL CREDIT IS COVERED"] {
        assert!(words.contains(part), "{words}");
    }
    let run = compare(&desk.statement("short.json", "559.99"), &[]);
    assert!(run.code == 1 && run.out.contains("THE CREDIT IN CIRCULATION IS NOT COVERED"), "{run:?}");
    let run = compare(&desk.statement("overdrawn.json", "-0.01"), &["--json"]);
    let data: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &data["bank"]["verdict"]), (1, &json!("fails")));
    assert_eq!(data["bank"]["balance_cents"], json!(-1));
}

/// Blocks as a node sends them, without hints.
fn frames(from: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (height, (body, certificate)) in (1u64..).zip(&story().records).skip(from - 1) {
        out.extend_from_slice(&height.to_le_bytes());
        out.push(0);
        for length in [body.len(), certificate.len(), 0] {
            out.extend_from_slice(&(length as u32).to_le_bytes());
        }
        out.extend_from_slice(body);
        out.extend_from_slice(certificate);
    }
    out
}

#[test]
fn a_node_says_the_same_and_no_chain_is_judged_that_is_none() {
    let desk = Desk::new();
    let file = story().file(story().blocks());
    let (genesis, network) = (story().community.world.genesis.bytes(), desk.network());
    let node = PlayedNode::start(move |request, _| {
        if request == "GET /v1/genesis" {
            return (200, genesis.to_vec());
        }
        if request == "GET /v1/status" {
            let status = json!({
                "network": network, "height": story().blocks(), "time": 0, "digest": "", "state_root": "", "epoch": 0, "peers": 0,
                "ready": true,
            });
            return (200, status.to_string().into_bytes());
        }
        let from: Option<usize> = request.split("from=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok());
        from.map_or((404, Vec::new()), |from| (200, frames(from)))
    });
    let of_node = audit(&["totals", "--node", &node.url, "--network", &desk.network(), "--json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&of_node).unwrap(), desk.json(&[]));

    let chain = desk.path("chain.hwl");
    let run = audit(&["totals", "--chain", text(&chain), "--network", &"1".repeat(64)]);
    assert!(run.code == 3 && run.err.contains("network"), "{run:?}");
    let run = audit(&["totals", "--chain", "no-such-chain", "--network", &desk.network()]);
    assert_eq!(run.code, 3);
    let mut damaged = file;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&chain, damaged).unwrap();
    assert_eq!(desk.totals(&[]).code, 3);
}
