//! What a household asks does not depend on what it owns; what does not verify is asked of another node.

use hushwatt_crypto::keys::Seed;
use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::{Follower, Wallet};

use crate::{
    chain::{CHAIN, HEIGHTS, owner},
    fetching::nodes,
    node::{Behaviour, FakeNode, Fault},
};

/// Reads the chain into a wallet as a household does; gives what the node was asked, to the byte, and how many notes were found.
fn read(seed: &Seed) -> (Vec<String>, usize) {
    let node = FakeNode::start(Behaviour { at_once: 5, ..Behaviour::default() });
    let mut nodes = nodes(&[&node]);
    let mut follower = Follower::new(CHAIN.genesis.clone());
    let mut wallet = Wallet::new(CHAIN.genesis.clone(), seed).unwrap();
    loop {
        nodes.survey();
        let after = follower.tip().height + follower.waiting() as u64;
        let fetched = nodes.fetch(after, Timestamp(0)).unwrap();
        if fetched.blocks.is_empty() {
            break;
        }
        for next in fetched.blocks {
            for one in follower.follow(next).unwrap() {
                wallet.scan_block(&one.block, &one.hints, &one.events);
            }
        }
    }
    nodes.board().unwrap();
    assert_eq!(wallet.height(), HEIGHTS);
    let port = node.url.to_string();
    // The order of one that is fetched ahead and one that is asked meanwhile is left to chance.
    let mut requests: Vec<String> =
        node.requests().iter().map(|request| request.replace(port.trim_start_matches("http://"), "node")).collect();
    requests.sort();
    (requests, wallet.notes().count())
}

#[test]
fn a_rich_household_and_an_empty_one_ask_the_same_to_the_byte() {
    let (rich, notes) = read(&owner());
    let (poor, none) = read(&Seed::from_bytes([77; 32]));
    assert!(notes > 0 && none == 0);
    assert_eq!(rich, poor);
    assert!(rich.len() > 5);
}

#[test]
fn a_chain_that_nobody_signed_is_blamed_on_its_node_and_the_real_one_read_from_another() {
    let (forger, honest) = (FakeNode::with(Fault::Forged), FakeNode::honest());
    let mut nodes = nodes(&[&forger, &honest]);
    let mut follower = Follower::new(CHAIN.genesis.clone());
    let mut refused = 0;
    while follower.tip().height < HEIGHTS {
        let after = follower.tip().height + follower.waiting() as u64;
        for next in nodes.fetch(after, Timestamp(0)).unwrap().blocks {
            if let Err(error) = follower.follow(next) {
                nodes.blame(&error.to_string());
                refused += 1;
                break;
            }
        }
    }
    assert_eq!(refused, 1);
    assert!(nodes.notices()[0].to_string().contains(&forger.url.to_string()));
}
