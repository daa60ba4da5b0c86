//! What must hold after a run.

use std::collections::BTreeSet;

use hushwatt_ledger::{
    block::{Block, Parent, ProofVerdict, Uncovered, Verifier, check_certificate, execute_block},
    genesis::Genesis,
    state::{MemoryState, Resolved, RingCache, recompute_root},
    transaction::{Transaction, TransactionId, check::check_alone},
};
use hushwatt_node::Core;

use super::world::World;

/// Proofs, one by one.
struct Checking<'a>(&'a Genesis);

impl Verifier for Checking<'_> {
    fn verify(&mut self, _: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        check_alone(self.0, transaction, resolved)
    }
}

/// Trusts proofs that were verified in the longest chain.
struct Trusting;

impl Verifier for Trusting {
    fn verify(&mut self, _: usize, _: &Transaction, _: &Resolved) -> ProofVerdict {
        Ok(())
    }
}

/// Blocks at the end of a log that no certificate may cover yet.
const UNCOVERED: usize = 3;

/// Verifies a whole chain as an auditor does, with the genesis alone.
fn audit(core: &Core, verifier: &mut dyn Verifier) -> Vec<Block> {
    let genesis = core.genesis();
    let (mut state, cache) = (MemoryState::new(), RingCache::new());
    let mut parent = Parent::genesis(genesis);
    let mut uncovered = Uncovered::after(&parent);
    let mut chain = Vec::new();
    for height in 1..=core.tip().height {
        let (block, certificate) = core.block(height).unwrap();
        let header = block.header;
        uncovered.push(genesis, block, ()).unwrap();
        let Some(certificate) = certificate else { continue };
        check_certificate(genesis, &state, &header, &certificate).unwrap();
        for (block, ()) in uncovered.take() {
            let executed = execute_block(genesis, &state, &cache, &parent, &block, verifier).unwrap();
            state.apply(executed.changes);
            parent = executed.parent;
            chain.push(block);
        }
    }
    assert!(uncovered.len() <= UNCOVERED, "{} blocks are not covered by a certificate", uncovered.len());
    for (block, ()) in uncovered.take() {
        let executed = execute_block(genesis, &state, &cache, &parent, &block, verifier).unwrap();
        state.apply(executed.changes);
        parent = executed.parent;
        chain.push(block);
    }
    assert_eq!(parent, core.tip(), "the node stands where its chain ends");
    let root = recompute_root(genesis.network(), &core.store().state()).unwrap();
    assert_eq!(root, parent.set_hash, "the node's state is that of its chain");
    chain
}

/// Holds everything against what is left of a run; gives the longest chain's digests.
pub fn judge(world: &World<'_>) -> Vec<[u8; 32]> {
    let network = *world.fixture.genesis.network();
    let cores: Vec<_> = world.correct().map(|one| one.core().expect("everybody is up").clone()).collect();
    let longest = cores.iter().max_by_key(|core| core.tip().height).unwrap();
    let chain = audit(longest, &mut Checking(&world.fixture.genesis));
    let digests: Vec<[u8; 32]> = chain.iter().map(|block| block.header.digest(&network).0).collect();
    for core in &cores {
        let own = audit(core, &mut Trusting);
        assert!(chain.starts_with(&own), "two correct validators have different final blocks");
    }
    for (height, digest) in world.chronicle.blocks() {
        let there = height as usize <= digests.len() && digests[height as usize - 1] == digest;
        assert!(there, "block {height} was acknowledged and is lost");
    }
    let invalid = world.forgeries.invalid.lock().unwrap();
    assert!(digests.iter().all(|digest| !invalid.contains(digest)), "an invalid block is final");

    let mut images = BTreeSet::new();
    let mut ids: Vec<TransactionId> = Vec::new();
    for transaction in chain.iter().flat_map(|block| &block.transactions) {
        ids.push(*transaction.id());
        for spend in transaction.action().spends() {
            assert!(images.insert(*spend.image.as_bytes()), "a note is spent twice");
        }
    }
    let once: BTreeSet<&TransactionId> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "a transaction is final twice");
    for [one, other] in &world.fixture.pairs {
        assert!(!once.contains(one.id()) || !once.contains(other.id()), "both of two conflicting ones are final");
    }
    for (id, height) in &world.client.finals {
        let block = chain.get(*height as usize - 1).expect("what is said to be final is there");
        assert!(block.transactions.iter().any(|transaction| transaction.id() == id), "{id} was said to be final");
    }
    digests
}
