//! `hushwatt node export`, from a folder and from a played node; the auditor reads the result.

use std::{
    fs,
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use hushwatt_ledger::{
    block::Block,
    storage::{ChainLog, RealDisk},
};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    kit::{ANNA, BERT, Setup, World},
    support::{PlayedNode, run, text},
};

/// Blocks of a small network, each with what its record holds beside it: certificate or nothing.
struct Chain {
    world: World,
    records: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Five blocks: certificates for the first and the third, none for the last two.
fn chain() -> Chain {
    let mut world = World::before_the_first_block(&Setup::default());
    let mut records = Vec::new();
    let mut keep = |world: &World, block: &Block, certified: bool| {
        let certificate = if certified { world.certify(block).encode() } else { Vec::new() };
        records.push((block.encode(), certificate));
    };
    let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
    let mint = world.mint(&payees);
    let block = world.accept(world.after(60), &[mint]);
    keep(&world, &block, true);
    let payment = world.pay(ANNA, BERT, 5);
    for (number, payments) in [vec![payment], vec![], vec![], vec![]].into_iter().enumerate() {
        let block = world.accept(world.after(60), &payments);
        keep(&world, &block, number == 1);
    }
    Chain { world, records }
}

/// The folder of a follower that has this chain.
fn folder(temporary: &TempDir, chain: &Chain) -> PathBuf {
    let genesis = temporary.path().join("genesis.json");
    fs::write(&genesis, chain.world.genesis.bytes()).unwrap();
    let folder = temporary.path().join("node");
    let arguments = ["init", "--folder", text(&folder), "--genesis", text(&genesis)];
    run(&[&arguments[..], &["--role", "follower", "--follow", "http://127.0.0.1:1"]].concat()).ok();
    let log = folder.join("data/chain.hwl");
    let mut log = ChainLog::open(Arc::new(RealDisk), &log, chain.world.genesis.bytes()).unwrap();
    for (body, certificate) in &chain.records {
        log.append(body, certificate).unwrap();
    }
    folder
}

fn holds(chain: &Path, network: &str) -> u64 {
    let audit = Command::new(env!("CARGO_BIN_EXE_hushwatt"))
        .args(["audit", "verify", text(chain), "--network", network, "--json"])
        .output()
        .unwrap();
    assert_eq!(audit.status.code(), Some(0), "{audit:?}");
    let report: serde_json::Value = serde_json::from_slice(&audit.stdout).unwrap();
    report.pointer("/tip/height").and_then(serde_json::Value::as_u64).unwrap()
}

#[test]
fn a_folder_is_exported_to_its_last_covered_block_and_left_as_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let chain = chain();
    let network = chain.world.network().to_string();
    let folder = folder(&temporary, &chain);
    let log = folder.join("data/chain.hwl");
    // What a crash in the middle of an append left behind is not exported, and not repaired here either.
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(&[1; 30]);
    fs::write(&log, &bytes).unwrap();
    // The node may be running: it has the lock.
    let lock = OpenOptions::new().write(true).open(folder.join("data/chain.hwl.lock")).unwrap();
    lock.try_lock().unwrap();

    let out = temporary.path().join("chain.hwl");
    let exported = run(&["export", "--folder", text(&folder), "--out", text(&out), "--network", &network]);
    assert!(exported.err.contains("holds 3 blocks") && exported.err.contains("2 more are not covered"), "{exported:?}");
    assert_eq!(holds(&out, &network), 3);
    assert_eq!(fs::read(&log).unwrap(), bytes);
    let names: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");

    run(&["export", "--folder", text(&folder), "--out", text(&out)]).refused(&["exists already"]);
    let other = temporary.path().join("other.hwl");
    let foreign = "ab".repeat(32);
    run(&["export", "--folder", text(&folder), "--out", text(&other), "--network", &foreign])
        .refused(&["ask the right node"]);
    bytes[300] ^= 1;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&log, &bytes).unwrap();
    run(&["export", "--folder", text(&folder), "--out", text(&other)]).refused(&["chain.hwl"]);
    fs::remove_file(&log).unwrap();
    run(&["export", "--folder", text(&folder), "--out", text(&other)]).refused(&["no chain", "has never run"]);
    assert!(!other.exists());
}

/// The frames of `/v1/blocks`.
fn frames(records: &[(Vec<u8>, Vec<u8>)], from: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (height, (body, certificate)) in (1u64..).zip(records).skip(from as usize - 1) {
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

fn from_of(request: &str) -> u64 {
    let number = request.split("from=").nth(1).unwrap();
    number.split('&').next().unwrap().parse().unwrap()
}

#[test]
fn a_running_node_is_exported_and_a_download_that_breaks_off_is_resumed() {
    let temporary = tempfile::tempdir().unwrap();
    let chain = chain();
    let network = chain.world.network().to_string();
    let genesis = chain.world.genesis.bytes().to_vec();
    let records = chain.records.clone();
    let node = PlayedNode::start(move |request, times| match request {
        "GET /v1/status" => (200, json!({"height": 5}).to_string().into_bytes()),
        "GET /v1/genesis" => (200, genesis.clone()),
        _ if request.starts_with("GET /v1/blocks?") => {
            // The first answer breaks off in its middle, the second time there is nobody.
            let status =
                [0, 503][..].get(times).copied().filter(|_| from_of(request) == 1 || times == 1).unwrap_or(200);
            (status, frames(&records, from_of(request)))
        }
        _ => (404, Vec::new()),
    });
    let out = temporary.path().join("chain.hwl");
    let exported = run(&["export", "--url", &node.url, "--out", text(&out), "--network", &network]);
    assert!(exported.err.contains("holds 3 blocks") && exported.err.contains("2 more are not covered"), "{exported:?}");
    assert_eq!(holds(&out, &network), 3);
    let other = temporary.path().join("other.hwl");
    let foreign = "ab".repeat(32);
    run(&["export", "--url", &node.url, "--out", text(&other), "--network", &foreign]).refused(&["ask the right node"]);
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
}

#[test]
fn a_node_that_answers_nonsense_is_named_and_nothing_is_left_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let chain = chain();
    let genesis = chain.world.genesis.bytes().to_vec();
    let out = temporary.path().join("chain.hwl");
    for (blocks, expected) in [(frames(&chain.records, 2), "block 2 stands where 1 should"), (vec![0xff; 64], "flags")]
    {
        let genesis = genesis.clone();
        let node = PlayedNode::start(move |request, _| match request {
            "GET /v1/status" => (200, json!({"height": 5}).to_string().into_bytes()),
            "GET /v1/genesis" => (200, genesis.clone()),
            _ => (200, blocks.clone()),
        });
        run(&["export", "--url", &node.url, "--out", text(&out)]).refused(&[expected, "no answer of a hushwatt node"]);
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }
    run(&["export", "--url", "http://127.0.0.1:1", "--out", text(&out)]).refused(&["cannot be reached"]);
}
