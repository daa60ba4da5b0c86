//! What must hold on all nodes in the end.

use std::collections::BTreeMap;

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    block::{Block, Certificate},
    transaction::TransactionId,
};
use hushwatt_node::client::{ClientError, NodeStatus};

use crate::{
    bank::PIECE,
    load::Payment,
    town::{Town, hushwatt, patiently, text},
};

/// A node's chain.
pub struct Chain {
    pub blocks: Vec<(Block, Option<Certificate>)>,
    places: BTreeMap<TransactionId, u64>,
}

impl Chain {
    pub fn of(town: &Town, place: usize) -> Self {
        let network = town.genesis.network();
        let mut chain = Chain { blocks: Vec::new(), places: BTreeMap::new() };
        let client = town.net.client(place);
        while client
            .blocks(chain.blocks.len() as u64 + 1, PIECE, |record| {
                let decoded = Block::decode_record(network, &record.body, &record.certificate).unwrap();
                for transaction in &decoded.0.transactions {
                    let before = chain.places.insert(*transaction.id(), record.height);
                    assert_eq!(before, None, "a transaction is in the chain twice");
                }
                chain.blocks.push(decoded);
                Ok::<_, ClientError>(())
            })
            .unwrap()
            > 0
        {}
        chain
    }
}

/// Waits until these nodes are at one height, and holds their digests and states against each other there; then the digests
/// of all blocks. Every payment that was ever called final is on all of them, in the same block.
pub fn agree(town: &Town, places: &[usize], payments: &[Payment]) {
    let statuses = patiently("all nodes are at one height", || {
        let statuses: Option<Vec<NodeStatus>> =
            places.iter().map(|place| town.net.client(*place).status().ok()).collect();
        statuses.filter(|all| all.iter().all(|status| status.height == all[0].height))
    });
    for status in &statuses {
        assert_eq!((&status.digest, &status.state_root), (&statuses[0].digest, &statuses[0].state_root));
    }
    let common = statuses[0].height as usize;
    let network = town.genesis.network();
    let mut first: Option<Chain> = None;
    for place in places {
        let chain = Chain::of(town, *place);
        for payment in payments {
            let id = payment.built.transaction.id();
            let found = chain.places.get(id).copied();
            assert_eq!(found, payment.in_block, "payment {} on node {place}", hex(&id.0));
            assert!(payment.answered_final.is_none_or(|height| Some(height) == found), "it was called final elsewhere");
        }
        if let Some(first) = &first {
            for (own, other) in chain.blocks[..common].iter().zip(&first.blocks) {
                assert_eq!(own.0.header.digest(network), other.0.header.digest(network), "node {place}");
            }
        }
        first.get_or_insert(chain);
    }
}

/// Exports a node's chain as an operator does, and has it verified from the genesis alone.
pub fn audit(town: &Town, place: usize) {
    let file = town.folder.join(format!("export-{place}.hwl"));
    let _ = std::fs::remove_file(&file);
    let told = hushwatt(&["node", "export", "--url", &town.net.client(place).base().to_string(), "--out", text(&file)]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let network = town.genesis.network().to_string();
    let told = hushwatt(&["audit", "verify", text(&file), "--network", &network]);
    assert_eq!(told.code, Some(0), "{told:?}");
}
