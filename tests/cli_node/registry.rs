//! `hushwatt node registry`: a change of the validators on its way from registrar to registrar to a node.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hushwatt_crypto::{
    Label,
    hash::hex,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    transaction::{
        Envelope, HintsDigest, Transaction,
        build::Built,
        registry::{RegistryChange, RegistryStatement},
        signing_digest,
    },
    units::{MeterId, Timestamp},
    validators::ValidatorSet,
};
use hushwatt_node::config::{KeyFile, KeyRole};
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    kit::{self, Setup, World},
    support::{PlayedNode, Run, run, text},
};

struct Office {
    temporary: TempDir,
    world: World,
    genesis: PathBuf,
    /// Key files of the registrars.
    keys: Vec<PathBuf>,
    /// Public keys of the validators to be.
    validators: String,
}

impl Office {
    fn sign(&self, key: &Path, more: &[&str], change: &Path) -> Run {
        let usual = ["registry", "sign", "--key", text(key), "--genesis", text(&self.genesis)];
        run(&[&usual[..], more, &[text(change)]].concat())
    }
}

fn office() -> Office {
    let temporary = tempfile::tempdir().unwrap();
    let mut world = World::new(&Setup::default());
    let genesis = temporary.path().join("genesis.json");
    fs::write(&genesis, world.genesis.bytes()).unwrap();
    let keys = (0..)
        .zip(&world.registrars)
        .map(|(number, key)| {
            let path = temporary.path().join(format!("registrar-{number}.key"));
            KeyFile { role: KeyRole::Registrar, key: key.clone() }.write_new(&path).unwrap();
            path
        })
        .collect();
    world.new_validators(1);
    let lines: Vec<String> =
        world.validators.iter().map(|key| format!("validator:{}", hex(key.verifying_key().as_bytes()))).collect();
    Office { temporary, world, genesis, keys, validators: lines.join(",") }
}

#[test]
fn a_change_is_written_signed_by_a_quorum_and_handed_in() {
    let office = office();
    let change = office.temporary.path().join("change.json");
    let new =
        ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--validators", &office.validators];
    let told = run(&[&new[..], &["--out", text(&change)]].concat());
    assert!(told.out.contains("from the next epoch on: 5") && told.err.contains("have 2 registrars sign"), "{told:?}");
    run(&[&new[..], &["--out", text(&change)]].concat()).refused(&["exists already"]);

    let bytes = office.world.genesis.bytes().to_vec();
    let network = office.world.network().to_string();
    let node = PlayedNode::start(move |request, times| match request {
        "GET /v1/genesis" => (200, bytes.clone()),
        "POST /v1/transactions?wait=10" => match times {
            0 => (202, br#"{"status":"waiting","id":"00"}"#.to_vec()),
            1 => (200, br#"{"status":"final","id":"00","height":250}"#.to_vec()),
            _ => (422, br#"{"error":{"code":"rule","rule":"RegistrySerial","message":"not the next"}}"#.to_vec()),
        },
        _ => (404, Vec::new()),
    });
    let submit = ["registry", "submit", "--url", &node.url, text(&change)];
    let sign = |key: &PathBuf| office.sign(key, &["--network", &network], &change);
    run(&submit).refused(&["0 of 2 registrars needed"]);
    assert!(sign(&office.keys[2]).ok().contains("Signatures: 1"));
    assert!(sign(&office.keys[2]).err.contains("had this signature already"));
    run(&submit).refused(&["1 of 2 registrars needed"]);
    assert!(sign(&office.keys[0]).ok().contains("Signatures: 2"));
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]).ok();
    assert!(shown.contains("Signatures: 2 of 2 needed") && shown.matches("as in the genesis").count() == 4, "{shown}");

    assert!(run(&submit).ok().contains("It waits for a block"));
    assert!(run(&submit).ok().contains("Final in block 250: these validators are in force from epoch 2 on"));
    run(&submit).refused(&["not the next", "RegistrySerial"]);

    // What was handed in is a transaction that the network's rules take.
    let posted = node.posted.lock().unwrap();
    let (length, transaction) = posted[0].1.split_first_chunk::<4>().unwrap();
    assert_eq!(u32::from_le_bytes(*length) as usize, transaction.len());
    let transaction = Transaction::decode(office.world.network(), transaction).unwrap();
    let at = transaction.envelope().valid_until;
    office.world.verdict(at, &Built::new(transaction, Vec::new())).unwrap();
}

#[test]
fn a_meters_new_key_is_written_signed_and_handed_in() {
    let office = office();
    let change = office.temporary.path().join("change.json");
    let key = SigningKey::from_bytes(&[83; 32]);
    let line = format!("meter:{}", hex(key.verifying_key().as_bytes()));
    let new = |meter: &str, line: &str, more: &[&str]| {
        let arguments =
            ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&change)];
        run(&[&arguments[..], &["--meter", meter, "--meter-key", line], more].concat())
    };
    new("5", &line, &[]).refused(&["there is no meter 5: the genesis has 5"]);
    let taken = format!("meter:{}", hex(office.world.meters[1].key.verifying_key().as_bytes()));
    new("0", &taken, &[]).refused(&["in use already"]);
    assert_eq!(new("0", &line, &["--class", "64"]).code, 2);
    assert_eq!(new("0", &line, &["--validators", &office.validators]).code, 2);
    assert!(!change.exists());
    let told = new("0", &line, &["--class", "32"]).ok();
    assert!(told.contains("Meter 0 (electricity): class 32, new key"), "{told}");
    for key in &office.keys[..2] {
        office.sign(key, &[], &change).ok();
    }
    let bytes = office.world.genesis.bytes().to_vec();
    let node = PlayedNode::start(move |request, _| match request {
        "GET /v1/genesis" => (200, bytes.clone()),
        "POST /v1/transactions?wait=10" => (200, br#"{"status":"final","id":"00","height":250}"#.to_vec()),
        _ => (404, Vec::new()),
    });
    let told = run(&["registry", "submit", "--url", &node.url, text(&change)]).ok();
    assert!(told.contains("Final in block 250: the new key of meter 0 is in force from now on"), "{told}");
    let posted = node.posted.lock().unwrap();
    let transaction = Transaction::decode(office.world.network(), &posted[0].1[4..]).unwrap();
    let at = transaction.envelope().valid_until;
    office.world.verdict(at, &Built::new(transaction, Vec::new())).unwrap();
}

#[test]
fn a_change_that_could_never_pass_is_not_written() {
    let office = office();
    let out = office.temporary.path().join("change.json");
    let registrar = hex(office.world.registrars[0].verifying_key().as_bytes());
    let first = office.validators.split(',').next().unwrap();
    let new = |validators: &str, more: &[&str]| {
        let arguments = ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&out)];
        run(&[&arguments[..], &["--validators", validators], more].concat())
    };
    new(&format!("{},{registrar}", office.validators), &[]).refused(&["every role and every meter has its own key"]);
    new(&format!("{first},{first}"), &[]).refused(&["listed twice"]);
    new(first, &["--valid-for", "25h"]).refused(&["between 10m and 1d"]);
    assert_eq!(new("registrar:00", &[]).code, 2);
    assert!(!out.exists());

    let alone = office.temporary.path().join("alone");
    run(&["init", "--single", "--folder", text(&alone)]).ok();
    let genesis = alone.join("genesis.json");
    let arguments = ["registry", "new", "--genesis", text(&genesis), "--serial", "1", "--validators", first];
    run(&[&arguments[..], &["--out", text(&out)]].concat()).refused(&["names no registrars"]);
}

#[test]
fn the_key_of_a_meter_is_replaced_by_a_quorum() {
    let office = office();
    let change = office.temporary.path().join("change.json");
    let key = KeyFile::random(KeyRole::Meter, &mut OsRng).public_line();
    let new = |key: &str, more: &[&str]| {
        let arguments =
            ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&change)];
        run(&[&arguments[..], &["--meter-key", key], more].concat())
    };
    // What could never pass is not written.
    let taken = |key| format!("meter:{}", hex(office.world.genesis.meter(MeterId(key)).unwrap().key.as_bytes()));
    new(&key, &["--meter", "4000"]).refused(&["there is no meter 4000"]);
    new(&taken(0), &["--meter", "0"]).refused(&["in use already"]);
    new(&taken(1), &["--meter", "0"]).refused(&["in use already"]);
    for wrong in [&["--meter", "0", "--class", "64"][..], &["--meter", "0", "--validators", &office.validators], &[]] {
        assert_eq!(new(&key, wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(new(office.validators.split(',').next().unwrap(), &["--meter", "0"]).code, 2);
    assert!(!change.exists());

    let told = new(&key, &["--meter", "0", "--class", "32"]);
    assert!(told.out.contains("Meter 0 (electricity): class 32, new key"), "{told:?}");
    for place in [0, 1] {
        office.sign(&office.keys[place], &[], &change).ok();
    }
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]).ok();
    assert!(
        shown.contains("Signatures: 2 of 2 needed") && shown.contains(key.strip_prefix("meter:").unwrap()),
        "{shown}"
    );
    // A signature is of this meter and this key.
    let good = fs::read_to_string(&change).unwrap();
    fs::write(&change, good.replace("\"number\": 0", "\"number\": 1")).unwrap();
    run(&["registry", "show", text(&change)]).refused(&["the signature of"]);
    fs::write(&change, &good).unwrap();

    let bytes = office.world.genesis.bytes().to_vec();
    let node = PlayedNode::start(move |request, _| match request {
        "GET /v1/genesis" => (200, bytes.clone()),
        "POST /v1/transactions?wait=10" => (200, br#"{"status":"final","id":"00","height":250}"#.to_vec()),
        _ => (404, Vec::new()),
    });
    let told = run(&["registry", "submit", "--url", &node.url, text(&change)]).ok();
    assert!(told.contains("Final in block 250: the new key of meter 0 is in force"), "{told}");
    let posted = node.posted.lock().unwrap();
    let (_, transaction) = posted[0].1.split_first_chunk::<4>().unwrap();
    let transaction = Transaction::decode(office.world.network(), transaction).unwrap();
    let at = transaction.envelope().valid_until;
    office.world.verdict(at, &Built::new(transaction, Vec::new())).unwrap();
}

#[test]
fn the_market_operator_is_named_by_a_quorum() {
    let office = office();
    let change = office.temporary.path().join("change.json");
    let key = KeyFile::random(KeyRole::Operator, &mut OsRng).public_line();
    let new = |key: &str, more: &[&str]| {
        let arguments =
            ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&change)];
        run(&[&arguments[..], &["--operator", key], more].concat())
    };
    let taken = |key: &VerifyingKey| format!("operator:{}", hex(key.as_bytes()));
    new(&taken(&office.world.genesis.treasury), &[]).refused(&["in use already"]);
    new(&taken(&office.world.genesis.meter(MeterId(0)).unwrap().key), &[]).refused(&["in use already"]);
    for wrong in [&["--meter", "0", "--meter-key", "meter:00"][..], &["--validators", &office.validators]] {
        assert_eq!(new(&key, wrong).code, 2, "{wrong:?}");
    }
    assert_eq!(new(&key.replace("operator:", "treasury:"), &[]).code, 2);
    assert!(!change.exists());

    let told = new(&key, &[]);
    assert!(told.out.contains("Market operator for the windows that start after"), "{told:?}");
    for place in [0, 1] {
        office.sign(&office.keys[place], &[], &change).ok();
    }
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]).ok();
    let digits = key.strip_prefix("operator:").unwrap();
    assert!(shown.contains("Signatures: 2 of 2 needed") && shown.contains(digits), "{shown}");
    // A signature is of this key.
    let good = fs::read_to_string(&change).unwrap();
    let other = KeyFile::random(KeyRole::Operator, &mut OsRng).public_line();
    fs::write(&change, good.replace(&key, &other)).unwrap();
    run(&["registry", "show", text(&change)]).refused(&["the signature of"]);
    let both = format!("\"meter\": {{ \"number\": 0, \"class\": 16, \"key\": \"meter:{digits}\" }}, \"operator\"");
    fs::write(&change, good.replace("\"operator\"", &both)).unwrap();
    run(&["registry", "show", text(&change)])
        .refused(&["the validators, a meter, the operator, the committee, or the cohorts"]);
    fs::write(&change, &good).unwrap();

    let bytes = office.world.genesis.bytes().to_vec();
    let node = PlayedNode::start(move |request, _| match request {
        "GET /v1/genesis" => (200, bytes.clone()),
        "POST /v1/transactions?wait=10" => (200, br#"{"status":"final","id":"00","height":250}"#.to_vec()),
        _ => (404, Vec::new()),
    });
    let told = run(&["registry", "submit", "--url", &node.url, text(&change)]).ok();
    assert!(told.contains("Final in block 250: this operator clears the windows"), "{told}");
    let posted = node.posted.lock().unwrap();
    let transaction = Transaction::decode(office.world.network(), &posted[0].1[4..]).unwrap();
    let at = transaction.envelope().valid_until;
    office.world.verdict(at, &Built::new(transaction, Vec::new())).unwrap();
}

/// An office whose network makes totals.
fn office_with_totals() -> Office {
    let mut office = office();
    office.world = World::before_the_first_block(&kit::totals::setup());
    fs::write(&office.genesis, office.world.genesis.bytes()).unwrap();
    office
}

#[test]
fn a_committee_is_named_by_its_members_lines() {
    let office = office_with_totals();
    let change = office.temporary.path().join("change.json");
    let line = |member: &kit::totals::TestMember| {
        let key = hex(member.key.verifying_key().as_bytes());
        format!("committee:{key}:{}", hex(member.sealing.public().as_bytes()))
    };
    let members: Vec<String> = kit::totals::members(5, 40).iter().map(line).collect();
    let new = |members: &[String], more: &[&str]| {
        let arguments =
            ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&change)];
        run(&[&arguments[..], &["--committee", &members.join(",")], more].concat())
    };
    new(&members, &["--threshold", "2"]).refused(&["over half"]);
    new(&[members[0].clone(), members[0].clone()], &["--threshold", "2"]).refused(&["twice"]);
    new(&[members[0].replace("committee:", "operator:"), members[1].clone()], &[]).refused(&["committee"]);
    new(&[members[0][..80].to_owned(), members[1].clone()], &[]).refused(&["no member of a committee"]);
    let taken = members[0].replace(&members[0][10..74], &hex(office.world.genesis.treasury.as_bytes()));
    new(&[taken, members[1].clone()], &["--threshold", "2"]).refused(&["in use already"]);
    assert_eq!(new(&members, &["--cohorts", "cohorts.json"]).code, 2);
    assert!(!change.exists());
    let told = new(&members, &[]);
    assert!(told.out.contains("3 of 5") && told.out.contains(&members[4]), "{told:?}");
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]).ok();
    assert!(shown.contains("3 of 5"), "{shown}");
}

#[test]
fn cohorts_are_named_from_a_file_and_hold() {
    let office = office_with_totals();
    let (change, cohorts) = (office.temporary.path().join("change.json"), office.temporary.path().join("cohorts.json"));
    let new = |content: &str| {
        fs::write(&cohorts, content).unwrap();
        let arguments =
            ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--out", text(&change)];
        run(&[&arguments[..], &["--cohorts", text(&cohorts)]].concat())
    };
    let list = |meters: &[(u32, u16)]| {
        let entry = |(meter, owner): &(u32, u16)| format!("{{\"meter\": {meter}, \"owner\": {owner}}}");
        format!("[{}]", meters.iter().map(entry).collect::<Vec<_>>().join(", "))
    };
    let four = list(&[(0, 0), (1, 1), (2, 2), (3, 3)]);
    new("{}").refused(&["lists no cohorts"]);
    new(&format!("[{four}, {four}]")).refused(&["error"]);
    new(&format!("[{}]", list(&[(0, 0), (1, 1), (2, 2)]))).refused(&["error"]);
    new(&format!("[{}]", list(&[(0, 0), (1, 0), (2, 2), (3, 3)]))).refused(&["third"]);
    new(&format!("[{}]", list(&[(0, 0), (0, 1), (2, 2), (3, 3)]))).refused(&["each once"]);
    assert!(!change.exists());
    let told = new(&format!("[{four}]"));
    let meters =
        "cohort 0: meters 0 (owner 0), 1 (owner 1), 2 (owner 2), 3 (owner 3)\n    no owner has more than 1 of the 4\n";
    assert!(told.out.contains(meters), "{told:?}");
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]).ok();
    assert!(shown.contains(meters), "{shown}");
    // Whoever signs looks for himself.
    let good = fs::read_to_string(&change).unwrap();
    let grabbed = good.replacen("\"owner\": 1", "\"owner\": 0", 1);
    assert_ne!(grabbed, good);
    fs::write(&change, &grabbed).unwrap();
    office.sign(&office.keys[0], &[], &change).refused(&["third"]);
    assert_eq!(fs::read_to_string(&change).unwrap(), grabbed);
    fs::write(&change, &good).unwrap();
    assert!(office.sign(&office.keys[0], &[], &change).ok().contains(meters));
}

#[test]
fn a_change_that_was_altered_or_is_for_others_is_not_signed() {
    let office = office();
    let change = office.temporary.path().join("change.json");
    let new =
        ["registry", "new", "--genesis", text(&office.genesis), "--serial", "1", "--validators", &office.validators];
    run(&[&new[..], &["--out", text(&change)]].concat()).ok();
    let sign = |key: &PathBuf| office.sign(key, &[], &change);
    sign(&office.keys[0]).ok();
    let good = fs::read_to_string(&change).unwrap();
    for (from, to, expected) in [
        ("\"serial\": 1", "\"serial\": 2", "the signature of"),
        ("registry change 1", "registry change 9", "this program reads"),
        ("\"valid_until\"", "\"valid_untill\"", "unknown field"),
    ] {
        fs::write(&change, good.replace(from, to)).unwrap();
        sign(&office.keys[1]).refused(&["no change of the registry", expected]);
    }
    fs::write(&change, &good).unwrap();
    let foreign = "ab".repeat(32);
    office.sign(&office.keys[1], &["--network", &foreign], &change).refused(&["do not sign it"]);
    assert_eq!(fs::read_to_string(&change).unwrap(), good);

    // A key that is no registrar's of this network, or of another role.
    let keys = office.temporary.path().join("keys");
    run(&["key", "new", "--folder", text(&keys), "--role", "treasury"]).ok();
    sign(&keys.join("treasury.key")).refused(&["a treasury's key", "a registrar's is needed"]);
    run(&["key", "new", "--folder", text(&keys), "--role", "registrar"]).ok();
    sign(&keys.join("registrar.key")).refused(&["none of the registrars in the genesis"]);
    assert_eq!(fs::read_to_string(&change).unwrap(), good);
    let other = office_with_totals();
    other.sign(&other.keys[1], &[], &change).refused(&["this change is for network"]);

    // One who signed nevertheless is named.
    let entry = signed_by(&SigningKey::from_bytes(&[84; 32]), &office.world, &good);
    fs::write(&change, good.replace("\"signatures\": [", &format!("\"signatures\": [{entry},"))).unwrap();
    sign(&office.keys[1]).refused(&["none of the registrars in the genesis"]);
    let shown = run(&["registry", "show", "--genesis", text(&office.genesis), text(&change)]);
    shown.refused(&["none of the registrars in the genesis"]);
}

/// The entry in the file of somebody's signature over the change of all validators that the file has.
fn signed_by(key: &SigningKey, world: &World, file: &str) -> Value {
    let file: Value = serde_json::from_str(file).unwrap();
    let validators = world.validators.iter().map(SigningKey::verifying_key).collect();
    let statement =
        RegistryStatement { serial: 1, change: RegistryChange::Validators(ValidatorSet::new(validators).unwrap()) };
    let envelope = Envelope {
        network: *world.network(),
        valid_until: Timestamp(file["valid_until"].as_u64().unwrap()),
        hints: HintsDigest::of(world.network(), &[]),
    };
    let signature = key.sign(world.network(), Label::RegistrySignature, &signing_digest(&envelope, &statement).0);
    serde_json::json!({ "registrar": hex(key.verifying_key().as_bytes()), "signature": hex(&signature.0) })
}
