//! The folder of a node that was switched off, or put back from a backup, with what is long past the retention.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use hushwatt_ledger::{genesis::Genesis, parameters::Parameters, transaction::hints::encode_hints};
use hushwatt_node::{
    Core, CoreOptions, LiveBlock, Lockstep, MempoolLimits, SteppedClock, Store,
    config::{NodeFolder, TEMPLATE},
};
use hushwatt_wallet::{Follower, Wallet};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    copied::copy,
    hushwatt, ok,
    scan::Needles,
    support::{Community, Produced, Setup, follow, seed_of, validator_key},
    text,
};

const DAY: u64 = 86_400;
const ANNA: usize = 0;
const BERT: usize = 1;

/// A community that has gone on for a retention and more, and the folder of its node, into which the files of the first days were
/// put back as a backup has them.
struct LeftBehind {
    community: Community,
    folder: TempDir,
    needles: Needles,
}

fn left_behind() -> LeftBehind {
    let parameters = Parameters { epoch_blocks: 4, ..Setup::default().parameters };
    let setup = Setup { meters: 0, parameters, ..Setup::default() };
    let mut community = Community::funded(&setup, &[(ANNA, 1_000); 8]);
    let mut needles = Needles::default();
    let backup = tempfile::tempdir().unwrap();
    community.fund(&[(ANNA, 5_000); 4]);
    for payment in 1..=3 {
        let built = community.pay(ANNA, &[(BERT, payment)]);
        needles.bytes(&format!("hints of payment {payment}"), &encode_hints(&built.hints)[..48]);
        community.settle(vec![built]);
    }
    copy(&community.path().join("hints"), &backup.path().join("hints"));
    fs::copy(community.path().join(Core::JOURNAL), backup.path().join(Core::JOURNAL)).unwrap();
    let late = community.now().plus(community.genesis.parameters.retention + 2 * DAY);
    community.block_at(late);
    community.next_epoch();

    let folder = tempfile::tempdir().unwrap();
    let node = NodeFolder::at(folder.path());
    node.create(&community.genesis, TEMPLATE).unwrap();
    fs::remove_dir_all(node.data()).unwrap();
    copy(community.path(), &node.data());
    assert_eq!(needles.names_in(folder.path()), BTreeSet::new(), "a node that runs forgets by itself");
    copy(&backup.path().join("hints"), &node.data().join("hints"));
    fs::copy(backup.path().join(Core::JOURNAL), node.data().join(Core::JOURNAL)).unwrap();
    // As an engine of the first epoch leaves it.
    let cache = node.engine().join("marshal-cache-0-verified-value");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("00"), "a block with its hints, as the engine keeps it").unwrap();
    needles.text("block of the engine", "a block with its hints, as the engine keeps it");
    LeftBehind { community, folder, needles }
}

fn all() -> BTreeSet<String> {
    let payments = (1..=3).map(|payment| format!("hints of payment {payment}"));
    payments.chain(["block of the engine".to_owned()]).collect()
}

fn forget(folder: &Path, more: &[&str]) -> Value {
    let arguments = [&["node", "forget", "--folder", text(folder), "--json"], more].concat();
    serde_json::from_str(&ok(&arguments)).unwrap()
}

fn count(told: &Value, list: &str, what: &str) -> usize {
    told[list].as_array().unwrap().iter().filter(|past| past["what"] == what).count()
}

#[test]
fn nothing_of_what_is_past_is_left_and_the_chain_the_next_node_and_the_wallet_go_on() {
    let LeftBehind { mut community, folder, needles } = left_behind();
    assert_eq!(needles.names_in(folder.path()), all());
    let listed = forget(folder.path(), &["--dry-run"]);
    assert_eq!((count(&listed, "left", "hints"), count(&listed, "left", "engine")), (1, 1), "{listed}");
    assert_eq!(needles.names_in(folder.path()), all(), "a dry run deletes nothing");

    let told = forget(folder.path(), &[]);
    let gone = ["hints", "waiting", "engine"].map(|what| count(&told, "forgotten", what));
    assert_eq!((gone, told["left"].as_array().map(Vec::len)), ([1, 1, 1], Some(0)), "{told}");
    assert_eq!(needles.find(folder.path()), BTreeSet::new());
    assert_eq!(forget(folder.path(), &[])["forgotten"].as_array().map(Vec::len), Some(0));

    let (genesis, network) = (community.genesis.clone(), community.genesis.network().to_string());
    let chain = folder.path().join("exported.hwl");
    ok(&["node", "export", "--folder", text(folder.path()), "--out", text(&chain)]);
    ok(&["audit", "verify", text(&chain), "--network", &network]);

    // A new node takes the chain over, block by block and without a hint, and comes to the same state.
    let data = NodeFolder::at(folder.path()).data();
    let old = Store::open(&data, genesis.clone()).unwrap();
    let (fresh, clock) = (tempfile::tempdir().unwrap(), SteppedClock::new(old.tip().time));
    let options = CoreOptions { worker: false, ..CoreOptions::default() };
    let new = Core::open(fresh.path(), genesis.clone(), Box::new(clock), options).unwrap();
    for height in 1..=old.tip().height {
        let (block, certificate) = old.block(height).unwrap();
        new.adopt(&LiveBlock::new(genesis.network(), block, None).unwrap(), certificate.as_ref()).unwrap();
    }
    assert_eq!(new.tip().digest, old.tip().digest);
    assert_eq!(new.tip().set_hash, old.tip().set_hash);
    drop(new);

    // The wallet has its own openings; one that begins anew finds none.
    let mut words = Wallet::new(genesis.clone(), &seed_of(ANNA)).unwrap();
    let mut follower = Follower::new(genesis.clone());
    for height in 1..=old.tip().height {
        let (block, certificate) = old.block(height).unwrap();
        let hints = old.block_hints(&block).unwrap();
        let produced = Produced { block, certificate: certificate.unwrap(), hints, dropped: Vec::new() };
        let events = follow(&mut follower, &produced);
        words.scan_block(&produced.block, &produced.hints, &events);
    }
    assert_eq!(words.notes().count(), 0);
    drop(old);
    let clock = Box::new(community.clock.clone());
    let limits = MempoolLimits::default();
    community.node = Lockstep::open(&data, genesis, validator_key(), clock, limits).unwrap();
    let before = community.wallets[BERT].notes().count();
    let payment = community.pay(ANNA, &[(BERT, 77)]);
    community.settle(vec![payment]);
    assert_eq!(community.wallets[BERT].notes().count(), before + 1);
}

#[test]
fn killed_with_minus_nine_the_command_goes_on_where_it_was() {
    let LeftBehind { folder: original, needles, .. } = left_behind();
    let mut cut_short = 0;
    for step in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        let arguments = ["node", "forget", "--folder", text(folder.path())];
        let mut child = Command::new(env!("CARGO_BIN_EXE_hushwatt"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(3 * step));
        child.kill().unwrap();
        cut_short += u32::from(!child.wait().unwrap().success());
        let again = hushwatt(&arguments);
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(needles.find(folder.path()), BTreeSet::new(), "killed after {} ms", 3 * step);
        let store = Store::open(&NodeFolder::at(folder.path()).data(), genesis_of(folder.path())).unwrap();
        assert!(store.tip().height > 5);
    }
    assert!(cut_short > 0, "every run was quicker than its death");
}

fn genesis_of(folder: &Path) -> Arc<Genesis> {
    Arc::new(NodeFolder::at(folder).open().unwrap())
}
