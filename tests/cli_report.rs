//! `hushwatt audit report`, `check-report` and `key` as an auditor uses them, and whoever is handed his report.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

#[path = "../audits/tests/verify/chain.rs"]
mod chain;
#[path = "cli_report/document.rs"]
mod document;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
#[path = "cli_node/support.rs"]
mod support;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use chain::{Chain, TIP, story};
use serde_json::{Value, json};
use support::{PlayedNode, Run, text};

const FILES: [&str; 5] = ["report.json", "report.en.html", "report.de.html", "report.en.pdf", "report.de.pdf"];

fn audit(arguments: &[&str]) -> Run {
    let command = Command::new(env!("CARGO_BIN_EXE_hushwatt")).arg("audit").args(arguments).output();
    let output = command.expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The auditor's folder: a chain, and his key.
struct Desk {
    folder: tempfile::TempDir,
    network: String,
    /// The line that he gave to others.
    signer: String,
}

impl Desk {
    fn new(chain: &Chain) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("chain.hwl"), chain.file()).unwrap();
        let key = folder.path().join("auditor.key");
        let signer = audit(&["key", "--out", text(&key)]).ok().trim().to_owned();
        Desk { folder, network: chain.world.network().to_string(), signer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn report(&self, chain: &[&str], out: &str, more: &[&str]) -> Run {
        let out = self.path(out);
        audit(&[&["report"], chain, &["--network", &self.network, "--out", text(&out)], more].concat())
    }

    /// A signed report of the chain in the folder.
    fn signed(&self, out: &str) -> Run {
        let (chain, key) = (self.path("chain.hwl"), self.path("auditor.key"));
        self.report(&[text(&chain)], out, &["--key", text(&key)])
    }

    fn check(&self, report: &str, chain: &str, more: &[&str]) -> Run {
        let (report, chain) = (self.path(report), self.path(chain));
        let network = ["--network", &self.network, "--signer", &self.signer];
        audit(&[&["check-report", text(&report), text(&chain)], &network[..], more].concat())
    }

    fn file(&self, report: &str, name: &str) -> Vec<u8> {
        fs::read(self.path(report).join(name)).unwrap()
    }
}

#[test]
fn an_auditor_goes_from_a_chain_to_a_signed_report_that_others_check() {
    let desk = Desk::new(&story(TIP));
    let key = desk.path("auditor.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(desk.signer.starts_with("auditor:") && desk.signer.len() == 8 + 64);
    let run = desk.signed("report");
    assert!(
        run.out.contains("The chain holds, up to block 8.") && run.out.contains("signed (report.sig.json)"),
        "{run:?}"
    );
    assert_eq!(run.code, 0);
    // The data is what the other command prints.
    let chain = desk.path("chain.hwl");
    let printed = audit(&["verify", text(&chain), "--network", &desk.network, "--json"]).ok();
    assert_eq!(desk.file("report", "report.json"), printed.as_bytes());

    let run = desk.check("report", "chain.hwl", &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("THE REPORT IS WHAT THE CHAIN SAYS.") && run.out.contains(&desk.signer), "{run:?}");
    let data: Value = serde_json::from_str(&desk.check("report", "chain.hwl", &["--json"]).ok()).unwrap();
    assert_eq!(data["matches"], json!(true));
    assert_eq!((&data["height"], &data["files"]), (&json!(TIP), &json!(FILES)));

    // Again, the same bytes; one language only, no key.
    desk.signed("again").ok();
    for name in FILES.iter().chain(&["report.sig.json"]) {
        assert!(desk.file("report", name) == desk.file("again", name), "{name}");
    }
    desk.report(&[text(&chain)], "german", &["--lang", "de"]).ok();
    let mut names: Vec<_> = fs::read_dir(desk.path("german"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["report.de.html", "report.de.pdf", "report.json"]);
    assert_eq!(desk.check("german", "chain.hwl", &[]).code, 1, "it is not signed");
    let (german, chain) = (desk.path("german"), text(&chain));
    assert_eq!(audit(&["check-report", text(&german), chain]).code, 0);
    // No report replaces another.
    let run = desk.signed("report");
    assert!(run.code == 3 && run.err.contains("exists already"), "{run:?}");
    audit(&["key", "--out", text(&key)]).refused(&["exists already"]);
}

#[test]
fn whatever_was_changed_is_found() {
    let desk = Desk::new(&story(TIP));
    desk.signed("report").ok();
    for (name, from, to) in [
        ("report.json", "\"minted\": 160000000", "\"minted\": 260000000"),
        ("report.en.html", "160.00", "260.00"),
        ("report.de.html", "160,00", "260,00"),
        ("report.en.pdf", "160.00", "260.00"),
        ("report.de.pdf", "160,00", "260,00"),
        ("report.sig.json", "\"signature\": \"", "\"signature\": \"0"),
    ] {
        let honest = desk.file("report", name);
        let at = honest.windows(from.len()).position(|window| window == from.as_bytes()).expect(name);
        let changed = [&honest[..at], to.as_bytes(), &honest[at + from.len()..]].concat();
        fs::write(desk.path("report").join(name), changed).unwrap();
        let run = desk.check("report", "chain.hwl", &[]);
        assert!(run.code == 1 && run.out.contains("THE REPORT IS NOT WHAT IT SHOULD BE"), "{run:?}");
        assert!(run.out.contains(name), "{name}: {run:?}");
        fs::write(desk.path("report").join(name), honest).unwrap();
    }
    assert_eq!(desk.check("report", "chain.hwl", &[]).code, 0);
    // Somebody else signed.
    let other = desk.path("other.key");
    let line = audit(&["key", "--out", text(&other)]).ok();
    let (report, chain) = (desk.path("report"), desk.path("chain.hwl"));
    let run = audit(&["check-report", text(&report), text(&chain), "--signer", line.trim()]);
    assert!(run.code == 1 && run.out.contains("is signed by"), "{run:?}");
    // A key of another role is none of an auditor.
    let validator = line.trim().replace("auditor:", "validator:");
    assert_eq!(audit(&["check-report", text(&report), text(&chain), "--signer", &validator]).code, 2);
}

#[test]
fn a_chain_that_grew_matches_and_another_or_a_shorter_one_does_not() {
    let desk = Desk::new(&story(TIP - 1));
    desk.signed("report").ok();
    fs::write(desk.path("longer.hwl"), story(TIP).file()).unwrap();
    let run = desk.check("report", "longer.hwl", &[]);
    assert!(run.code == 0 && run.out.contains("block 7"), "{run:?}");
    fs::write(desk.path("shorter.hwl"), story(TIP - 2).file()).unwrap();
    let mut other = story(TIP - 2);
    other.accept(other.world.after(700), &[]);
    fs::write(desk.path("other.hwl"), other.file()).unwrap();
    for chain in ["shorter.hwl", "other.hwl"] {
        let run = desk.check("report", chain, &[]);
        assert!(run.code == 1 && run.out.contains("report.json is not what the chain says"), "{run:?}");
    }
    let foreign = "ab".repeat(32);
    let (report, chain) = (desk.path("report"), desk.path("chain.hwl"));
    audit(&["check-report", text(&report), text(&chain), "--network", &foreign]).refused(&["is on network"]);
}

#[test]
fn a_chain_that_does_not_hold_gets_a_report_that_says_so() {
    let mut broken = story(TIP);
    *broken.records.last_mut().unwrap().0.last_mut().unwrap() ^= 1;
    let desk = Desk::new(&broken);
    let run = desk.signed("report");
    assert!(run.code == 1 && run.out.contains("THE CHAIN DOES NOT HOLD: block 8"), "{run:?}");
    let page = String::from_utf8(desk.file("report", "report.en.html")).unwrap();
    assert!(page.contains("The chain does not hold."));
    let run = desk.check("report", "chain.hwl", &[]);
    assert!(run.code == 0 && run.out.contains("DOES NOT HOLD"), "{run:?}");
}

#[test]
fn what_cannot_be_judged_is_status_3() {
    let desk = Desk::new(&story(2));
    let unjudged = |run: Run, expected: &str| {
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.out.is_empty() && run.err.contains(expected), "{run:?}");
    };
    unjudged(desk.report(&["no-such-chain"], "report", &[]), "could not open");
    let chain = desk.path("chain.hwl");
    unjudged(desk.report(&[text(&chain)], "report", &["--key", "no-such-key"]), "hushwatt audit key");
    unjudged(desk.report(&["--node", "http://127.0.0.1:9"], "report", &[]), "cannot be reached");
    unjudged(desk.report(&[text(&chain)], "chain.hwl/report", &[]), "could not write");
    assert!(!desk.path("report").join("report.json").exists());
    desk.signed("report").ok();
    unjudged(desk.check("report", "no-such-chain", &[]), "could not open");
    // Another version's report is for that version to judge.
    let report = String::from_utf8(desk.file("report", "report.json")).unwrap();
    let own = format!("\"software\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(report.contains(&own));
    fs::create_dir(desk.path("elsewhere")).unwrap();
    for (from, to, expected) in [
        (own.as_str(), "\"software\": \"9.9.9\"", "written by hushwatt \"9.9.9\""),
        ("\"hushwatt audit ", "\"hushwatt audit 9", "has the format"),
    ] {
        fs::write(desk.path("elsewhere/report.json"), report.replacen(from, to, 1)).unwrap();
        unjudged(desk.check("elsewhere", "chain.hwl", &[]), expected);
    }
    // What is no report is status 1.
    fs::create_dir(desk.path("empty")).unwrap();
    desk.check("empty", "chain.hwl", &[]).refused(&["there is no report.json"]);
    // Of another network.
    let foreign = audit(&["report", text(&chain), "--network", &"ab".repeat(32), "--out", text(&desk.path("foreign"))]);
    unjudged(foreign, "holds the chain of network");
    // One source, and a language that there is.
    assert_eq!(desk.report(&[text(&chain)], "more", &["--node", "http://127.0.0.1:9"]).code, 2);
    assert_eq!(desk.report(&[], "more", &[]).code, 2);
    let run = desk.report(&[text(&chain)], "more", &["--lang", "fr"]);
    assert!(run.code == 2 && run.err.contains("en, de"), "{run:?}");
}

/// A node that gives so many blocks an answer.
fn node(chain: &Chain, most: usize) -> PlayedNode {
    node_from(chain, most, 1)
}

/// One that has no blocks before this one any more.
fn node_from(chain: &Chain, most: usize, first: usize) -> PlayedNode {
    let (chain, tip) = (chain.clone(), chain.records.len());
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
        from.filter(|from| *from >= first).map_or((404, Vec::new()), |from: usize| {
            let mut out = Vec::new();
            for (height, (body, certificate)) in (1u64..).zip(&chain.records).skip(from - 1).take(most) {
                out.extend_from_slice(&height.to_le_bytes());
                out.push(0);
                for length in [body.len(), certificate.len(), 0] {
                    out.extend_from_slice(&(length as u32).to_le_bytes());
                }
                out.extend_from_slice(body);
                out.extend_from_slice(certificate);
            }
            (200, out)
        })
    })
}

#[test]
fn a_node_gives_the_same_report_as_its_file() {
    let chain = story(TIP);
    let desk = Desk::new(&chain);
    desk.signed("file").ok();
    for most in [1, 3, 100] {
        let (node, out) = (node(&chain, most), format!("node-{most}"));
        let key = desk.path("auditor.key");
        desk.report(&["--node", &node.url], &out, &["--key", text(&key)]).ok();
        for name in FILES.iter().chain(&["report.sig.json"]) {
            assert!(desk.file("file", name) == desk.file(&out, name), "{name}");
        }
        let report = desk.path("file");
        audit(&["check-report", text(&report), "--node", &node.url, "--signer", &desk.signer]).ok();
    }
    // A node that has no blocks although it says so.
    let run = desk.report(&["--node", &node(&chain, 0).url], "none", &[]);
    assert!(run.code == 3 && run.err.contains("no blocks although it says so"), "{run:?}");
    // A forged certificate is found in what a node says as in a file.
    let mut forged = chain;
    let last = forged.records[1].1.len() - 1;
    forged.records[1].1[last] ^= 1;
    let run = desk.report(&["--node", &node(&forged, 100).url], "forged", &[]);
    assert!(run.code == 1 && run.out.contains("THE CHAIN DOES NOT HOLD: block 2"), "{run:?}");
    assert!(Path::new(&desk.path("forged")).join("report.json").exists());
}

impl Desk {
    /// The arguments of a chain that the books in a folder go on with.
    fn going_on<'a>(&'a self, origin: &[&'a str], state: &'a str) -> Vec<&'a str> {
        [&["verify"], origin, &["--network", &self.network, "--state", state, "--json"]].concat()
    }

    fn put(&self, name: &str, chain: &Chain) -> String {
        let path = self.path(name);
        fs::write(&path, chain.file()).unwrap();
        text(&path).to_owned()
    }
}

#[test]
fn an_audit_goes_on_in_its_folder_and_writes_the_same_files() {
    let desk = Desk::new(&story(5));
    let (chain, state) = (desk.path("chain.hwl"), desk.path("books"));
    let (chain, state) = (text(&chain), text(&state));
    let first = audit(&desk.going_on(&[chain], state));
    assert!(!first.err.contains("going on"), "{first:?}");
    assert_eq!(first.ok(), audit(&["verify", chain, "--network", &desk.network, "--json"]).ok());

    fs::write(chain, story(TIP).file()).unwrap();
    let key = desk.path("auditor.key");
    let run = desk.report(&[chain], "went-on", &["--state", state, "--key", text(&key)]);
    assert!(run.err.contains("audited up to block 5, going on from there"), "{run:?}");
    assert!(run.ok().contains("The chain holds, up to block 8."));
    desk.signed("whole").ok();
    for name in FILES.iter().chain(&["report.sig.json"]) {
        assert!(desk.file("went-on", name) == desk.file("whole", name), "{name}");
    }
    assert_eq!(desk.check("went-on", "chain.hwl", &[]).code, 0);
    // Nothing came since; and a chain that breaks then is blamed as without the folder.
    assert_eq!(audit(&desk.going_on(&[chain], state)).ok().as_bytes(), desk.file("whole", "report.json"));
    let mut broken = story(TIP);
    broken.accept(broken.world.after(60), &[]);
    *broken.records.last_mut().unwrap().1.last_mut().unwrap() ^= 1;
    let broken = desk.put("broken.hwl", &broken);
    let (with, without) =
        (audit(&desk.going_on(&[&broken], state)), audit(&["verify", &broken, "--network", &desk.network, "--json"]));
    assert!(with.code == 1 && with.out.contains("\"block\": 9"), "{with:?}");
    assert_eq!((with.code, with.out), (without.code, without.out));
}

#[test]
fn a_node_is_asked_only_for_the_blocks_that_came_since() {
    let desk = Desk::new(&story(TIP));
    let (chain, state) = (desk.path("chain.hwl"), desk.path("books"));
    let (whole, state) = (audit(&["verify", text(&chain), "--network", &desk.network, "--json"]).ok(), text(&state));
    let early = node(&story(5), 2);
    audit(&desk.going_on(&["--node", &early.url], state)).ok();
    // From the last one on, by which the fork would show.
    let later = node_from(&story(TIP), 2, 5);
    assert_eq!(audit(&desk.going_on(&["--node", &later.url], state)).ok(), whole);
    let mut fork = story(TIP - 1);
    fork.accept(fork.world.after(900), &[]);
    let run = audit(&desk.going_on(&["--node", &node(&fork, 100).url], state));
    assert!(run.code == 3 && run.out.is_empty() && run.err.contains("its blocks are others"), "{run:?}");
    let run = audit(&desk.going_on(&["--node", &early.url], state));
    assert!(run.code == 3 && run.err.contains("this one ends before"), "{run:?}");
    // A file of the same chain, and of the same certificates.
    assert_eq!(audit(&desk.going_on(&[text(&chain)], state)).ok(), whole);
}

#[test]
fn an_audit_that_is_killed_goes_on_and_says_the_same() {
    let desk = Desk::new(&story(TIP));
    let (chain, state) = (desk.path("chain.hwl"), desk.path("books"));
    let whole = audit(&["verify", text(&chain), "--network", &desk.network, "--json"]).ok();
    let arguments = desk.going_on(&[text(&chain)], text(&state));
    for pause in [1, 5, 10, 20, 40, 80, 160, 320] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
        let mut child =
            command.arg("audit").args(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(audit(&arguments).ok(), whole);
}

#[test]
fn a_folder_that_cannot_be_gone_on_with_is_refused_with_words() {
    let desk = Desk::new(&story(3));
    let (chain, state) = (desk.path("chain.hwl"), desk.path("books"));
    let (chain, state) = (text(&chain), text(&state));
    audit(&desk.going_on(&[chain], state)).ok();
    let refused = |run: Run, expected: &str| {
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.out.is_empty() && run.err.contains(expected), "{run:?}");
    };
    let mut other = story(2);
    other.accept(other.world.after(700), &[]);
    let other = desk.put("other.hwl", &other);
    refused(audit(&desk.going_on(&[&other], state)), "its blocks are others");
    let shorter = desk.put("shorter.hwl", &story(2));
    refused(audit(&desk.going_on(&[&shorter], state)), "this one ends before");
    let foreign = "ab".repeat(32);
    refused(audit(&["verify", chain, "--network", &foreign, "--state", state]), "name another folder");
    let desk_itself = desk.folder.path();
    refused(audit(&desk.going_on(&[chain], text(desk_itself))), "holds something else");
    // Damaged: begun again, and says so.
    let log = fs::read_dir(Path::new(state).join("index/sled")).unwrap().map(|entry| entry.unwrap().path());
    let database = log.into_iter().find(|path| path.file_name().unwrap() == "db").unwrap();
    let bytes = fs::read(&database).unwrap();
    fs::write(&database, bytes.iter().map(|byte| byte ^ 0x55).collect::<Vec<u8>>()).unwrap();
    let run = audit(&desk.going_on(&[chain], state));
    assert!(run.err.contains("the audit begins with the genesis again"), "{run:?}");
    assert_eq!(run.ok(), audit(&["verify", chain, "--network", &desk.network, "--json"]).ok());
    // It is explained, with an example.
    let help = audit(&["verify", "--help"]).ok();
    assert!(help.contains("--state <FOLDER>") && help.contains("--state ./audit"), "{help}");
}
