//! Blocks come whole, in order and with their hints from whichever node gives them so.

use std::time::{Duration, Instant};

use hushwatt_client::{BaseUrl, BlockRecord, Patience};
use hushwatt_ledger::{codec::DecodeError, units::Timestamp};
use hushwatt_wallet::sync::{Fetched, Nodes, Notice, RecordError, SyncError, chain_block};

use crate::{
    chain::{CHAIN, FOREIGN, HEIGHTS, MINTS, START},
    node::{Behaviour, FakeNode, Fault, SLOW},
};

/// Long before the chain: all hints are to be there.
const ALWAYS: Timestamp = Timestamp(0);

pub fn nodes(of: &[&FakeNode]) -> Nodes {
    let urls: Vec<BaseUrl> = of.iter().map(|node| node.url.clone()).collect();
    Nodes::new(&urls, CHAIN.genesis.clone())
}

/// All from a height on, until nothing more comes.
pub fn fetch_all(nodes: &mut Nodes, mut after: u64) -> Vec<u64> {
    let mut heights = Vec::new();
    loop {
        let Fetched { blocks, tip, without_hints } = nodes.fetch(after, ALWAYS).unwrap();
        assert_eq!((tip, without_hints), (HEIGHTS, 0));
        let Some(last) = blocks.last() else { return heights };
        after = last.block.header.height;
        heights.extend(blocks.iter().map(|one| one.block.header.height));
        for one in blocks {
            let record = &CHAIN.records[one.block.header.height as usize - 1];
            assert_eq!(
                (one.block.encode(), one.certificate.is_some()),
                (record.body.clone(), !record.certificate.is_empty())
            );
            assert_eq!(one.hints.len(), one.block.transactions.len());
            assert!(one.hints.iter().all(|hints| hints.len() == 8));
        }
    }
}

fn whole() -> Vec<u64> {
    (1..=HEIGHTS).collect()
}

#[test]
fn the_chain_comes_piece_by_piece_and_the_end_is_told() {
    let node = FakeNode::start(Behaviour { at_once: 5, ..Behaviour::default() });
    let mut nodes = nodes(&[&node]);
    assert_eq!(fetch_all(&mut nodes, 0), whole());
    assert_eq!(nodes.notices(), []);
    let blocks = |from: u64| format!("GET /v1/blocks?from={from}&hints=true&max_bytes=4194304");
    assert_eq!(node.asked(), ["GET /v1/status".to_owned(), blocks(1), blocks(6), blocks(11), blocks(13)]);
    // Resumed anywhere; what was fetched ahead for elsewhere is not mistaken for it.
    assert_eq!(nodes.fetch(0, ALWAYS).unwrap().blocks[0].block.header.height, 1);
    assert_eq!(fetch_all(&mut nodes, 8), [9, 10, 11, 12]);
}

#[test]
fn a_node_that_gives_nonsense_is_passed_over_and_asked_last_from_then_on() {
    for fault in
        [Fault::Garbage, Fault::Order, Fault::Height, Fault::Short, Fault::ForeignHints, Fault::Boast, Fault::Missing]
    {
        let (liar, honest) = (FakeNode::with(fault), FakeNode::honest());
        let mut nodes = nodes(&[&liar, &honest]);
        assert_eq!(fetch_all(&mut nodes, 0), whole(), "{fault:?}");
        let [notice] = &nodes.notices()[..] else { panic!("{fault:?}: {:?}", nodes.notices()) };
        assert!(matches!(notice, Notice::Nonsense { .. }), "{fault:?}: {notice}");
        assert!(notice.to_string().contains(&liar.url.to_string()));
        let asked = liar.asked().len();
        fetch_all(&mut nodes, 0);
        assert_eq!(liar.asked().len(), asked, "{fault:?}");
    }
}

#[test]
fn an_answer_that_breaks_off_is_used_as_far_as_it_came_and_another_node_goes_on() {
    let (cut, honest) = (FakeNode::with(Fault::Cut), FakeNode::honest());
    let mut nodes = nodes(&[&cut, &honest]);
    let first = nodes.fetch(0, ALWAYS).unwrap();
    let last = first.blocks.len() as u64;
    assert!((1..HEIGHTS).contains(&last));
    assert!(matches!(&nodes.notices()[..], [Notice::Unreachable { .. }]));
    assert_eq!(fetch_all(&mut nodes, last), (last + 1..=HEIGHTS).collect::<Vec<_>>());
    assert!(honest.asked().contains(&format!("GET /v1/blocks?from={}&hints=true&max_bytes=4194304", last + 1)));
}

#[test]
fn a_slow_or_busy_node_holds_nobody_up() {
    let patience = Patience {
        connect: Duration::from_secs(2),
        answer: Duration::from_millis(400),
        body: Some(Duration::from_millis(400)),
    };
    for fault in [Fault::Silent, Fault::Drip, Fault::Busy] {
        let (slow, honest) = (FakeNode::with(fault), FakeNode::honest());
        let urls = [slow.url.clone(), honest.url.clone()];
        let mut nodes = Nodes::patient(&urls, CHAIN.genesis.clone(), &patience);
        let start = Instant::now();
        assert_eq!(fetch_all(&mut nodes, 0), whole(), "{fault:?}");
        assert!(start.elapsed() < SLOW, "{fault:?}");
        assert!(matches!(&nodes.notices()[..], [Notice::Unreachable { .. }]), "{fault:?}: {:?}", nodes.notices());
    }
}

#[test]
fn hints_that_one_node_withholds_come_from_another() {
    let (withholding, honest) = (FakeNode::with(Fault::NoHints), FakeNode::honest());
    let mut nodes = nodes(&[&withholding, &honest]);
    assert_eq!(fetch_all(&mut nodes, 0), whole());
    let node = withholding.url.to_string();
    assert_eq!(nodes.notices(), [Notice::WithheldHints { node, transactions: MINTS, height: 1 }]);
}

#[test]
fn hints_that_all_withhold_are_counted_unless_they_are_past_their_retention() {
    let withholding = [FakeNode::with(Fault::NoHints), FakeNode::with(Fault::NoHints)];
    let mut nodes = nodes(&[&withholding[0], &withholding[1]]);
    let fetched = nodes.fetch(0, ALWAYS).unwrap();
    assert_eq!((fetched.blocks.len() as u64, fetched.without_hints), (HEIGHTS, MINTS));
    assert!(fetched.blocks.iter().all(|one| one.hints.iter().all(Vec::is_empty)));
    assert_eq!(nodes.notices().len(), 2);
    // An hour before the chain, by the margin, and after it.
    for (from, missing) in [(START.minus(3_600), MINTS), (START.plus(3_600), 0)] {
        assert_eq!(nodes.fetch(0, from).unwrap().without_hints, missing);
    }
}

#[test]
fn a_node_of_another_network_is_not_asked_for_blocks() {
    let (foreign, honest) =
        (FakeNode::start(Behaviour { chain: &FOREIGN, height: 3, ..Behaviour::default() }), FakeNode::honest());
    let mut nodes = nodes(&[&foreign, &honest]);
    assert_eq!(fetch_all(&mut nodes, 0), whole());
    assert_eq!(foreign.asked(), ["GET /v1/status"]);
    assert_eq!(nodes.notices(), [Notice::OtherNetwork { node: foreign.url.to_string() }]);
}

#[test]
fn whom_the_caller_blames_is_passed_over() {
    let nodes_at_work = [FakeNode::start(Behaviour { at_once: 4, ..Behaviour::default() }), FakeNode::honest()];
    let mut nodes = nodes(&[&nodes_at_work[0], &nodes_at_work[1]]);
    assert_eq!(nodes.fetch(0, ALWAYS).unwrap().blocks.len(), 4);
    nodes.blame("block 3: not signed");
    let node = nodes_at_work[0].url.to_string();
    assert_eq!(nodes.notices(), [Notice::Nonsense { node, reason: "block 3: not signed".to_owned() }]);
    assert_eq!(nodes.fetch(0, ALWAYS).unwrap().blocks.len() as u64, HEIGHTS);
}

#[test]
fn a_liar_that_lies_no_more_is_heard_again() {
    let node = FakeNode::with(Fault::Garbage);
    let mut nodes = nodes(&[&node]);
    let refused = nodes.fetch(0, ALWAYS);
    assert!(matches!(refused, Err(SyncError::NoneOfUse(notices)) if notices.len() == 1));
    node.change(|behaviour| behaviour.fault = None);
    fetch_all(&mut nodes, 0);
    assert_eq!(nodes.notices(), []);
}

#[test]
fn without_any_node_of_use_it_says_why() {
    let genesis = CHAIN.genesis.clone();
    assert!(matches!(Nodes::new(&[], genesis.clone()).fetch(0, ALWAYS), Err(SyncError::NoNodes)));
    // Nobody listens at port 1.
    let mut nodes = Nodes::new(&["http://127.0.0.1:1".parse().unwrap()], genesis);
    let error = nodes.fetch(0, ALWAYS).unwrap_err().to_string();
    assert!(error.contains("http://127.0.0.1:1 cannot be reached now"), "{error}");
}

#[test]
fn no_bytes_of_a_block_make_the_reader_panic() {
    let genesis = &CHAIN.genesis;
    let record = &CHAIN.records[0];
    assert!(chain_block(genesis, record).is_ok());
    for length in 0..record.body.len() {
        let cut = BlockRecord { body: record.body[..length].to_vec(), ..record.clone() };
        assert_eq!(chain_block(genesis, &cut).unwrap_err(), DecodeError::Truncated.into(), "{length}");
    }
    for byte in 0..record.body.len() {
        let mut flipped = record.clone();
        flipped.body[byte] ^= 0x40;
        let _ = chain_block(genesis, &flipped);
    }
    let with_hints = |hints: Vec<Vec<u8>>| chain_block(genesis, &BlockRecord { hints: Some(hints), ..record.clone() });
    let own = record.hints.clone().unwrap();
    assert_eq!(with_hints(Vec::new()).unwrap_err(), RecordError::Hints);
    assert_eq!(with_hints([own.clone(), own.clone()].concat()).unwrap_err(), RecordError::Hints);
    assert_eq!(with_hints(vec![Vec::new()]).unwrap_err(), RecordError::Hints);
    assert_eq!(with_hints(vec![own[0][1..].to_vec()]).unwrap_err(), DecodeError::Truncated.into());
    let elsewhere = BlockRecord { height: 2, ..record.clone() };
    assert_eq!(chain_block(genesis, &elsewhere).unwrap_err(), RecordError::Height);
}
