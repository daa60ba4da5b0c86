//! Transactions and offers go to the nodes; refusals are told from failures.

use hushwatt_client::{Offer, SignedOffer, Taken};
use hushwatt_crypto::{
    NetworkId,
    keys::{Account, Seed},
};
use hushwatt_ledger::units::{Price, Quantity, Timestamp, Utility, Window};
use hushwatt_wallet::sync::{Nodes, Notice, SyncError};
use rand_core::OsRng;

use crate::{
    chain::{CHAIN, FOREIGN},
    fetching::nodes,
    node::{Behaviour, FakeNode},
};

const RULE: &str = r#"{"error":{"code":"rule","rule":"AlreadySpent","message":"it is spent"}}"#;
const CONFLICT: &str = r#"{"error":{"code":"conflict","message":"another one waits"}}"#;
const FULL: &str = r#"{"error":{"code":"full","message":"try later"}}"#;

fn saying(status: u16, body: &str) -> FakeNode {
    FakeNode::start(Behaviour { verdict: (status, body.to_owned()), ..Behaviour::default() })
}

fn submissions(node: &FakeNode) -> usize {
    node.asked().iter().filter(|asked| *asked == "POST /v1/transactions?wait=0").count()
}

#[test]
fn a_transaction_goes_to_one_node_and_the_next_time_to_another() {
    let takers = [FakeNode::honest(), FakeNode::honest()];
    let mut nodes = nodes(&[&takers[0], &takers[1]]);
    for (one, other) in [(1, 0), (1, 1), (2, 1)] {
        assert_eq!(nodes.submit(b"abc").unwrap(), Taken::Waiting { id: "00".to_owned() });
        assert_eq!((submissions(&takers[0]), submissions(&takers[1])), (one, other));
    }
    assert!(takers[0].requests().last().unwrap().ends_with("616263"));
}

#[test]
fn who_refuses_or_has_no_room_does_not_decide_alone() {
    for refusing in [saying(422, RULE), saying(409, CONFLICT), saying(503, FULL), saying(200, "no json")] {
        let taker = saying(200, r#"{"status":"final","id":"00","height":4}"#);
        let taken = nodes(&[&refusing, &taker]).submit(b"abc").unwrap();
        assert_eq!(taken, Taken::Final { id: "00".to_owned(), height: 4 });
    }
}

#[test]
fn a_refusal_names_the_rule_and_how_many_nodes_refused() {
    let refusing = [saying(409, CONFLICT), saying(422, RULE), saying(503, FULL)];
    let mut nodes = nodes(&[&refusing[0], &refusing[1], &refusing[2]]);
    match nodes.submit(b"abc") {
        Err(SyncError::Refused { rule: Some(rule), message, by: 2, of: 3 }) => {
            assert!(rule == "AlreadySpent" && message.contains("it is spent"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(&nodes.notices()[..], [Notice::Unreachable { reason, .. }] if reason.contains("try later")));
}

#[test]
fn another_transaction_that_takes_the_same_is_told_from_a_rule() {
    let refusing = [saying(409, CONFLICT), saying(503, FULL)];
    match nodes(&[&refusing[0], &refusing[1]]).submit(b"abc") {
        Err(SyncError::Conflict { message, by: 1, of: 2 }) => assert_eq!(message, "another one waits"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_foreign_node_never_sees_a_transaction() {
    let foreign = FakeNode::start(Behaviour { chain: &FOREIGN, height: 3, ..Behaviour::default() });
    let error = nodes(&[&foreign]).submit(b"abc").unwrap_err();
    assert!(matches!(&error, SyncError::NoneOfUse(notices) if notices.len() == 1), "{error}");
    assert_eq!(submissions(&foreign), 0);
    assert!(matches!(Nodes::new(&[], CHAIN.genesis.clone()).submit(b"abc"), Err(SyncError::NoNodes)));
}

fn offer(network: &NetworkId, quantity: u32) -> SignedOffer {
    let account = Account::from_seed(network, &Seed::random(&mut OsRng)).unwrap();
    let offer = Offer {
        seller: *account.address(),
        utility: Utility::Electricity,
        window: Window(486_111),
        quantity: Quantity(quantity),
        price: Price::new(200).unwrap(),
        valid_until: Timestamp(1_750_003_600),
    };
    SignedOffer::sign(network, offer, &account, &mut OsRng).unwrap()
}

#[test]
fn the_boards_of_all_nodes_are_one() {
    let network = CHAIN.genesis.network();
    let boards = [FakeNode::honest(), FakeNode::honest(), FakeNode::honest()];
    let mut all = nodes(&[&boards[0], &boards[1], &boards[2]]);
    let offers: Vec<SignedOffer> = (1..=3).map(|quantity| offer(network, quantity)).collect();
    all.post_offer(&offers[0]).unwrap();
    nodes(&[&boards[1]]).post_offer(&offers[1]).unwrap();
    // One that has an offer of another network on it is not believed at all.
    nodes(&[&boards[2]]).post_offer(&offers[2]).unwrap();
    nodes(&[&boards[2]]).post_offer(&offer(&NetworkId([1; 32]), 4)).unwrap();
    let mut expected = offers[..2].to_vec();
    expected.sort_by_key(SignedOffer::id);
    assert_eq!(all.board().unwrap(), expected);
    assert!(matches!(&all.notices()[..], [Notice::Nonsense { node, .. }] if *node == boards[2].url.to_string()));
    assert!(matches!(nodes(&[&boards[2]]).board(), Err(SyncError::NoneOfUse(_))));
}

#[test]
fn the_genesis_of_a_node_is_downloaded_and_read() {
    let node = FakeNode::honest();
    assert_eq!(Nodes::genesis(&node.url).unwrap().network(), CHAIN.genesis.network());
    let error = Nodes::genesis(&"http://127.0.0.1:1".parse().unwrap()).unwrap_err();
    assert!(matches!(error, SyncError::Client(_)), "{error}");
}
