//! Nodes are compared: lags, foreign networks and contradictions are noticed.

use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::sync::{Notice, Survey};

use crate::{
    chain::{FOREIGN, HEIGHTS, TWIN},
    fetching::nodes,
    node::{Behaviour, FakeNode, Fault},
};

fn at(height: u64) -> FakeNode {
    FakeNode::start(Behaviour { height, ..Behaviour::default() })
}

#[test]
fn the_furthest_node_is_told_and_who_is_far_behind() {
    let (behind, near, best) = (at(4), at(HEIGHTS - 2), at(HEIGHTS));
    let mut nodes = nodes(&[&behind, &near, &best]);
    let Survey { best, notices } = nodes.survey();
    assert_eq!(best.unwrap().height, HEIGHTS);
    assert_eq!(notices, [Notice::Behind { node: behind.url.to_string(), blocks: 8, minutes: 8 }]);
    behind.change(|behaviour| behaviour.height = HEIGHTS);
    assert_eq!(nodes.survey().notices, []);
}

#[test]
fn a_node_that_is_behind_does_not_end_the_chain() {
    let (behind, best) = (at(4), at(HEIGHTS));
    let mut nodes = nodes(&[&behind, &best]);
    let first = nodes.fetch(0, Timestamp(0)).unwrap();
    assert_eq!((first.blocks.len(), first.tip), (4, 4));
    let second = nodes.fetch(4, Timestamp(0)).unwrap();
    assert_eq!((second.blocks.len() as u64, second.tip), (HEIGHTS - 4, HEIGHTS));
}

#[test]
fn two_final_blocks_of_one_height_are_noticed_whether_or_not_the_nodes_stand_at_the_same() {
    for (height, twin_height, forked) in
        [(HEIGHTS, HEIGHTS, true), (HEIGHTS, 9, true), (8, HEIGHTS, true), (HEIGHTS, 6, false)]
    {
        let one = at(height);
        let twin = FakeNode::start(Behaviour { chain: &TWIN, height: twin_height, ..Behaviour::default() });
        let mut nodes = nodes(&[&one, &twin]);
        for _ in 0..2 {
            let notices = nodes.survey().notices;
            let fork = notices.iter().find_map(|notice| match notice {
                Notice::Fork { height, .. } => Some(*height),
                _ => None,
            });
            assert_eq!(fork, forked.then_some(height.min(twin_height)), "{notices:?}");
        }
    }
}

#[test]
fn who_agreed_once_is_not_compared_again_before_he_moves() {
    let (one, other) = (at(HEIGHTS - 1), at(HEIGHTS));
    let mut nodes = nodes(&[&one, &other]);
    (0..3).for_each(|_| assert_eq!(nodes.survey().notices, []));
    let compared = format!("GET /v1/certificates/{}/raw", HEIGHTS - 1);
    assert_eq!(other.asked().iter().filter(|asked| **asked == compared).count(), 1);
}

#[test]
fn foreign_and_absent_nodes_are_noticed_and_absent_ones_left_in_peace() {
    let foreign = FakeNode::start(Behaviour { chain: &FOREIGN, height: 3, ..Behaviour::default() });
    let best = at(HEIGHTS);
    let urls = [foreign.url.clone(), "http://127.0.0.1:1".parse().unwrap(), best.url.clone()];
    let mut nodes = hushwatt_wallet::sync::Nodes::new(&urls, crate::chain::CHAIN.genesis.clone());
    for _ in 0..2 {
        let Survey { best, notices } = nodes.survey();
        assert_eq!(best.unwrap().height, HEIGHTS);
        assert_eq!(notices.len(), 2, "{notices:?}");
        assert_eq!(notices[0], Notice::OtherNetwork { node: foreign.url.to_string() });
        assert!(matches!(&notices[1], Notice::Unreachable { node, .. } if node == "http://127.0.0.1:1"));
    }
}

#[test]
fn who_boasts_of_blocks_that_he_does_not_give_is_not_the_best_for_long() {
    let boast = FakeNode::start(Behaviour { height: 1_000_000, fault: Some(Fault::Boast), ..Behaviour::default() });
    let honest = at(HEIGHTS);
    let mut nodes = nodes(&[&boast, &honest]);
    assert_eq!(nodes.survey().best.unwrap().height, 1_000_000);
    assert_eq!(nodes.fetch(0, Timestamp(0)).unwrap().blocks.len() as u64, HEIGHTS);
    assert_eq!(nodes.survey().best.unwrap().height, HEIGHTS);
}

#[test]
fn what_is_noticed_is_said_in_plain_words() {
    let node = || "http://a".to_owned();
    let notices = [
        Notice::Unreachable { node: node(), reason: "timeout".to_owned() },
        Notice::Behind { node: node(), blocks: 3, minutes: 9 },
        Notice::OtherNetwork { node: node() },
        Notice::Fork { node: node(), other: "http://b".to_owned(), height: 7 },
        Notice::WithheldHints { node: node(), transactions: 2, height: 7 },
        Notice::Nonsense { node: node(), reason: "no".to_owned() },
    ];
    for notice in notices {
        let text = notice.to_string();
        assert!(text.starts_with("http://a "), "{text}");
        for word in ["bucket", "ring", "hint", "digest", "certificate"] {
            assert!(!text.split(' ').any(|one| one.starts_with(word)), "{text}");
        }
    }
}
