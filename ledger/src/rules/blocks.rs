//! Rules of blocks (protocol section 7).

use super::{Rejection, ensure};
use crate::{
    block::{BlockDigest, Header},
    transaction::{Action, Transaction},
    units::Timestamp,
};

/// Heights count up by one.
pub fn height_is_next(parent: u64, header: &Header) -> Result<(), Rejection> {
    ensure(parent.checked_add(1) == Some(header.height), Rejection::BlockHeight)
}

/// The parent is the tip.
pub fn parent_is(parent: &BlockDigest, header: &Header) -> Result<(), Rejection> {
    ensure(header.parent == *parent, Rejection::BlockParent)
}

/// Time does not run backwards.
pub fn time_does_not_run_backwards(parent: Timestamp, header: &Header) -> Result<(), Rejection> {
    ensure(header.time >= parent, Rejection::BlockTime)
}

/// Transactions are sorted by id, which also makes ids distinct.
pub fn transactions_ascend(transactions: &[Transaction]) -> Result<(), Rejection> {
    ensure(transactions.windows(2).all(|pair| pair[0].id() < pair[1].id()), Rejection::BlockOrder)
}

/// The header commits to exactly these transactions.
pub fn transaction_root_is(root: &[u8; 32], header: &Header) -> Result<(), Rejection> {
    ensure(header.transaction_root == *root, Rejection::TransactionRoot)
}

/// The header commits to the state after the block.
pub fn state_root_is(root: &[u8; 32], header: &Header) -> Result<(), Rejection> {
    ensure(header.state_root == *root, Rejection::StateRoot)
}

/// The header names the validators of its epoch.
pub fn validator_set_is(set: &[u8; 32], header: &Header) -> Result<(), Rejection> {
    ensure(header.validator_set == *set, Rejection::ValidatorSet)
}

/// Block 1 holds one Mint of at least `ring_min` notes: bucket 0, which everything else is spent from.
pub fn first_block_mints(height: u64, transactions: &[Transaction], ring_min: u32) -> Result<(), Rejection> {
    if height != 1 {
        return Ok(());
    }
    let large = |transaction: &Transaction| matches!(transaction.action(), Action::Mint(mint) if mint.statement.outputs.len() >= ring_min as usize);
    ensure(transactions.len() == 1 && transactions.iter().all(large), Rejection::FirstBlock)
}
