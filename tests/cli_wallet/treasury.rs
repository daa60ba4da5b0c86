//! A new network's first money: minted, handed out, and taken back.

use std::sync::Arc;

use hushwatt::local_network::{LocalNetwork, LocalOptions};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{genesis::NewGenesis, parameters::Parameters};
use hushwatt_node::config::{KeyFile, KeyRole, Seconds};
use rand_core::OsRng;

use crate::{
    support::{Purse, number, string, text},
    village::START,
};

#[test]
fn a_treasurer_mints_the_first_money_tops_households_up_and_burns() {
    let (validator, key) = (SigningKey::random(&mut OsRng), SigningKey::random(&mut OsRng));
    let genesis = NewGenesis {
        time: START,
        simulated_time: true,
        parameters: Parameters {
            ring_min: 4,
            ring_cap: 64,
            credit_epoch: 600,
            seal_after: 600,
            ..Parameters::default()
        },
        validators: vec![validator.verifying_key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key.verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    let genesis = Arc::new(genesis.build().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let options = LocalOptions { program: None, heartbeat: Seconds(1) };
    let mut net = LocalNetwork::lay_out(&genesis, vec![validator], folder.path(), options).unwrap();
    net.start_all().unwrap();
    let url = net.client(0).base().to_string();
    let (treasurer, anna) = (Purse::of(&genesis, &url), Purse::of(&genesis, &url));
    let (right, wrong) = (treasurer.path("treasury.key"), treasurer.path("other.key"));
    KeyFile { role: KeyRole::Treasury, key }.write_new(&right).unwrap();
    KeyFile::random(KeyRole::Treasury, &mut OsRng).write_new(&wrong).unwrap();

    let treasury = |arguments: &[&str]| treasurer.command("treasury", &[arguments, &["--json", "--yes"]].concat());
    let mint = |pieces: &str, key| treasury(&["mint", "1000", "--pieces", pieces, "--key", text(key)]);
    assert_eq!(mint("32", &wrong).failed(), "not_the_treasury");
    assert_eq!(mint("3", &right).failed(), "no_trade");
    assert_eq!(treasurer.command("treasury", &["mint", "1", "--key", text(&right), "--json"]).failed(), "needs_yes");
    assert_eq!(string(&mint("32", &right).json(), "/state"), "final");
    let balance = treasurer.json(&["balance"]);
    assert_eq!((number(&balance, "/available_micro_euro"), number(&balance, "/sync/height")), (1_000_000_000, 1));

    let to = anna.address.encode(genesis.network());
    assert_eq!(treasury(&["pay", &to, "70", "--pieces", "8"]).code, 2);
    let paid = treasury(&["pay", &to, "70"]).json();
    assert_eq!(string(&paid, "/state"), "final");
    assert_eq!(number(&anna.json(&["balance"]), "/pending_micro_euro"), 70_000_000);
    let pieces = anna.open().wallet().notes().count();
    assert_eq!(pieces, 7);
    let burned = treasury(&["burn", "100", "--key", text(&right)]).json();
    assert_eq!(string(&burned, "/state"), "final");
    assert_eq!(number(&treasurer.json(&["balance"]), "/total_micro_euro"), 830_000_000);
    assert_eq!(treasury(&["burn", "5000", "--key", text(&right)]).failed(), "insufficient_money");
}
