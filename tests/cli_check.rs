//! `hushwatt audit check` as a verifier uses it: files that households gave him, a chain, a node.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

#[path = "../audits/tests/check/chains.rs"]
mod chains;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "cli_node/support.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use chains::{Chain, NONCE, VERIFIER, chain, rng};
use hushwatt_crypto::{designated::VerifierSecret, meter::Register};
use hushwatt_ledger::{
    disclosure::{Ask, Calendar, Claim, Day, Disclosure, EnergyClaim, Inquiry, Period, Statement, prove_energy},
    units::MeterId,
};
use serde_json::{Value, json};
use support::{PlayedNode, Run, text};

/// A chain and the households' files, in a folder.
struct Desk {
    folder: tempfile::TempDir,
    chain: Chain,
}

impl Desk {
    fn new() -> Self {
        let (folder, chain) = (tempfile::tempdir().unwrap(), chain());
        fs::write(folder.path().join("chain.hwl"), chain.file()).unwrap();
        for (place, disclosure) in chain.disclosures.iter().enumerate() {
            fs::write(folder.path().join(format!("{place}.json")), disclosure.to_json().unwrap()).unwrap();
        }
        Desk { folder, chain }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Checks a file against the chain file, with more arguments.
    fn check(&self, file: &str, more: &[&str]) -> Run {
        let (file, chain) = (self.path(file), self.path("chain.hwl"));
        check(&[&[text(&file), "--chain", text(&chain)], more].concat())
    }

    /// A copy of a file with one field changed.
    fn changed(&self, file: &str, pointer: &str, new: Value) -> &'static str {
        let mut content: Value = serde_json::from_slice(&fs::read(self.path(file)).unwrap()).unwrap();
        *content.pointer_mut(pointer).unwrap() = new;
        fs::write(self.path("changed.json"), content.to_string()).unwrap();
        "changed.json"
    }
}

fn check(arguments: &[&str]) -> Run {
    audit(&[&["check"], arguments].concat())
}

fn audit(arguments: &[&str]) -> Run {
    let command = Command::new(env!("CARGO_BIN_EXE_hushwatt")).arg("audit").args(arguments).output();
    let output = command.expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn asked() -> [&'static str; 4] {
    ["--verifier", VERIFIER, "--nonce", NONCE]
}

#[test]
fn each_kind_holds_and_is_told_in_words_and_as_data() {
    let desk = Desk::new();
    let network = desk.chain.world.network().to_string();
    let all: Vec<&str> = asked().into_iter().chain(["--network", &network]).collect();
    for place in 0..desk.chain.disclosures.len() {
        let file = format!("{place}.json");
        let words = desk.check(&file, &all).ok();
        assert!(words.contains("THE PROOF HOLDS.") && words.contains("(as you asked)"), "{words}");
        let data: Value = serde_json::from_str(&desk.check(&file, &[&all[..], &["--json"]].concat()).ok()).unwrap();
        assert_eq!((&data["holds"], &data["network"]["stated"]), (&json!(true), &json!(network)));
    }
    // A node's folder does as well.
    fs::create_dir(desk.path("data")).unwrap();
    fs::copy(desk.path("chain.hwl"), desk.path("data/chain.hwl")).unwrap();
    let (file, folder) = (desk.path("0.json"), desk.folder.path());
    assert_eq!(check(&[text(&file), "--chain", text(folder)]).code, 0);
}

#[test]
fn the_wrong_verifier_or_nonce_is_status_1_and_none_is_a_warning() {
    let desk = Desk::new();
    let differs = "THIS DIFFERS from what you asked for";
    for wrong in [["--verifier", "Finanzamt Bonn"], ["--nonce", "7f3b"], ["--network", &"ab".repeat(32)]] {
        let run = desk.check("0.json", &wrong);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.contains(differs) && run.out.contains("NOT FOR WHAT YOU ASKED"), "{run:?}");
    }
    let run = desk.check("0.json", &[]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("anyone could have handed you this file"), "{run:?}");
    // An empty name is no name: a script with an unset variable does not pass for careful.
    for empty in ["--verifier", "--nonce"] {
        assert_eq!(desk.check("0.json", &[empty, ""]).code, 2);
    }
}

#[test]
fn what_does_not_hold_or_is_no_proof_is_status_1() {
    let desk = Desk::new();
    let lie = desk.changed("0.json", "/claim/payment_made/micro_euro", json!(25_000_000));
    let run = desk.check(lie, &asked());
    assert_eq!(run.code, 1);
    assert!(run.out.contains("DOES NOT HOLD") && run.out.contains("Knowledge"), "{run:?}");
    let data = desk.check(lie, &["--json"]);
    let report: Value = serde_json::from_str(&data.out).unwrap();
    assert_eq!((data.code, &report["holds"], &report["failure"]["rule"]), (1, &json!(false), &json!("Knowledge")));

    desk.check(desk.changed("0.json", "/purpose", json!("a\u{1b}[2J")), &[]).refused(&["is not a proof", "purpose"]);
    desk.check(desk.changed("0.json", "/format", json!("hushwatt disclosure 9")), &[]).refused(&["newer program"]);
    fs::write(desk.path("changed.json"), b"not json").unwrap();
    desk.check("changed.json", &[]).refused(&["is not a proof"]);
}

#[test]
fn what_cannot_be_judged_is_status_3() {
    let desk = Desk::new();
    let file = desk.path("0.json");
    let unjudged = |run: Run, expected: &str| {
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.out.is_empty() && run.err.contains(expected), "{run:?}");
    };
    unjudged(desk.check("no-such-file", &[]), "could not read");
    unjudged(check(&[text(&file), "--chain", "no-such-chain"]), "could not open");
    let bytes = desk.chain.file();
    fs::write(desk.path("cut.hwl"), &bytes[..bytes.len() - 5]).unwrap();
    unjudged(check(&[text(&file), "--chain", text(&desk.path("cut.hwl"))]), "broken at block");
    let foreign = desk.changed("4.json", "/network", json!("ab".repeat(32)));
    unjudged(desk.check(foreign, &[]), "network");
    unjudged(check(&[text(&file), "--node", "http://127.0.0.1:9"]), "cannot be reached");
    // One source, and only one.
    assert_eq!(check(&[text(&file)]).code, 2);
    assert_eq!(check(&[text(&file), "--node", "http://127.0.0.1:9", "--chain", "chain.hwl"]).code, 2);
}

/// What only whoever has the secret is spared.
const QUALIFIED: [&str; 2] =
    ["FOR WHOEVER ALONE HAS THE SECRET", "who has that secret can make such a file, of anything"];

/// A verifier with the file of his key, his request, and an answer to it that he made up himself.
fn made_up(desk: &Desk) -> VerifierSecret {
    let key = desk.path("office.key");
    audit(&["disclosure-key", "--out", text(&key)]).ok();
    let written = fs::read_to_string(&key).unwrap();
    let digits = written.lines().last().unwrap().strip_prefix("secret: ").unwrap();
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect();
    let secret = VerifierSecret::from_bytes(&bytes.try_into().unwrap()).unwrap();

    let (chain, day) = (&desk.chain, |day| Day::parse(day).unwrap());
    let (period, calendar) = (Period::new(day("2025-06-15"), day("2025-06-16"), 1), Calendar::new("Europe/Berlin"));
    let (meter, register, period, calendar) = (MeterId(0), Register::Import, period.unwrap(), calendar.unwrap());
    let ask = Ask::Energy { meter, register, period, calendar: calendar.clone() };
    let (network, expires) = (*chain.world.network(), chain.world.now().plus(3600));
    let inquiry = Inquiry::new(network, (VERIFIER, "rent"), expires, ask, &secret, &mut rng(51)).unwrap();
    let claim = EnergyClaim { meter, height: chain.world.parent.height, register, period, calendar, total: 0 };
    let request = inquiry.answer(chain.world.now().plus(30));
    let held = chain.attested();
    let answer = prove_energy(&request, &chain.world.genesis, &claim, &chain.held(&held), &mut rng(52)).unwrap();
    let Claim::Energy(claim) = answer.statement().claim.clone() else { panic!("another kind") };
    let claim = Claim::Energy(EnergyClaim { total: 5_000_000, ..claim });
    let statement = Statement { claim, ..answer.statement().clone() };
    let made_up = Disclosure::simulate(statement, &chain.facts(&answer).unwrap(), &secret, &mut rng(53)).unwrap();
    fs::write(desk.path("request.json"), inquiry.to_json().unwrap()).unwrap();
    fs::write(desk.path("answer.json"), made_up.to_json().unwrap()).unwrap();
    secret
}

#[test]
fn who_was_handed_a_request_and_its_answer_is_told_that_it_may_be_made_up() {
    let desk = Desk::new();
    let public = made_up(&desk).key().encode();
    let (request, key) = (desk.path("request.json"), desk.path("office.key"));
    let (request, key) = (text(&request), text(&key));
    for others in [&["--request", request][..], &["--key", &public], &["--request", request, "--key", &public]] {
        let words = desk.check("answer.json", others).ok();
        assert!(words.contains("took 5000.000 kWh") && !words.contains("THE PROOF HOLDS.\n"), "{words}");
        QUALIFIED.iter().for_each(|word| assert!(words.contains(word), "{word} in\n{words}"));
        let data: Value =
            serde_json::from_str(&desk.check("answer.json", &[others, &["--json"]].concat()).ok()).unwrap();
        assert_eq!((&data["holds"], &data["answer"]["secret_given"]), (&json!(true), &json!(false)));
        assert!(data["warnings"].to_string().contains(QUALIFIED[1]), "{data}");
    }
    // The verifier has his key's file, and knows whether it is his alone.
    for his in [&["--key", key][..], &["--request", request, "--key", key]] {
        let words = desk.check("answer.json", his).ok();
        assert!(words.contains("THE PROOF HOLDS.\n"), "{words}");
        QUALIFIED.iter().for_each(|word| assert!(!words.contains(word), "{word} in\n{words}"));
        let data: Value = serde_json::from_str(&desk.check("answer.json", &[his, &["--json"]].concat()).ok()).unwrap();
        assert_eq!(data["answer"]["secret_given"], json!(true));
    }
    // What was made for everybody is not qualified by anybody's key.
    let words = desk.check("0.json", &[&asked()[..], &["--key", key]].concat()).ok();
    assert!(words.contains("THE PROOF HOLDS.\n"), "{words}");
}

#[test]
fn a_key_s_file_that_does_not_fit_or_cannot_be_read_is_said() {
    let desk = Desk::new();
    made_up(&desk);
    let (request, other) = (desk.path("request.json"), desk.path("other.key"));
    audit(&["disclosure-key", "--out", text(&other)]).ok();
    let run = desk.check("answer.json", &["--request", text(&request), "--key", text(&other)]);
    assert!(run.code == 1 && run.out.contains("THIS DIFFERS") && run.out.contains(QUALIFIED[1]), "{run:?}");
    let unjudged = |name: &str, expected: &str| {
        let run = desk.check("answer.json", &["--key", text(&desk.path(name))]);
        assert!(run.code == 3 && run.out.is_empty() && run.err.contains(expected), "{run:?}");
    };
    unjudged("no-such.key", "hushwatt audit disclosure-key");
    fs::write(desk.path("open.key"), "anything").unwrap();
    unjudged("open.key", "may be read by other users");
    // A key that was copied badly is no file's name.
    let run = desk.check("answer.json", &["--key", "hwverify1nonsense"]);
    assert!(run.code == 2 && !run.err.contains("could not read"), "{run:?}");
    let help = audit(&["check", "--help"]).ok();
    assert!(help.contains("--key requests.key") && help.contains("whoever alone has it"), "{help}");
}

/// Frames of these blocks, from a height on, at most so many.
fn frames(chain: &Chain, from: u64, most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for (height, (body, certificate)) in (1u64..).zip(&chain.records).skip(from as usize - 1).take(most) {
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

/// A node that gives so many blocks an answer, each changed by `change`.
fn node(chain: &Chain, most: usize) -> PlayedNode {
    let chain = chain.clone();
    let tip = chain.records.len();
    PlayedNode::start(move |request, _| {
        if request == "GET /v1/genesis" {
            return (200, chain.world.genesis.bytes().to_vec());
        }
        if request == "GET /v1/status" {
            let status = json!({
                "network": chain.world.network().to_string(), "height": tip, "time": 0, "digest": "", "state_root": "",
                "epoch": 0, "peers": 0, "ready": true,
            });
            return (200, status.to_string().into_bytes());
        }
        let from = request.split("from=").nth(1).and_then(|rest| rest.split('&').next()?.parse().ok());
        from.map_or((404, Vec::new()), |from| (200, frames(&chain, from, most)))
    })
}

#[test]
fn a_node_is_asked_for_all_blocks_and_believed_only_as_far_as_certificates_go() {
    let desk = Desk::new();
    let against = |file: &Path, node: &PlayedNode| check(&[text(file), "--node", &node.url, "--json"]);
    for most in [1, 2, 100] {
        let honest = node(&desk.chain, most);
        for place in [0, 2, 4, 6] {
            let run = against(&desk.path(&format!("{place}.json")), &honest);
            let of_node: Value = serde_json::from_str(&run.ok()).unwrap();
            let of_file: Value = serde_json::from_str(&desk.check(&format!("{place}.json"), &["--json"]).ok()).unwrap();
            assert_eq!(of_node, of_file);
        }
    }
    // A forged certificate, a node without blocks.
    let mut forged = desk.chain.clone();
    let last = forged.records[1].1.len() - 1;
    forged.records[1].1[last] ^= 1;
    let run = against(&desk.path("0.json"), &node(&forged, 100));
    assert!(run.code == 3 && run.err.contains("broken at block 2"), "{run:?}");
    let run = against(&desk.path("0.json"), &node(&desk.chain, 0));
    assert!(run.code == 3 && run.err.contains("no blocks although it says so"), "{run:?}");
}
