//! The effects of a final block without its rules: what a wallet needs on a small machine (protocol section 7).
//!
//! More than two thirds of the validators signed the block, and that is believed: no proof, ring, key image or state root
//! is looked at, so the state may lack what only those need. What is checked is that the block is the next one, that
//! its transactions are those of its header, and that the registrars signed what changes the registry, once
//! and in this order.

use hushwatt_crypto::set_hash::SetHash;

use super::{Block, Parent, Refused, transaction_root};
use crate::{
    CheckError,
    genesis::Genesis,
    rules::{blocks, registry, trading},
    state::{Changes, LedgerState, Resolved, StateError, StateRead},
    transaction::{Action, Transaction, check::apply},
};

/// The outcome of a replayed block.
#[derive(Debug)]
pub struct Replayed {
    /// Net changes: the same as an execution's.
    pub changes: Changes,
    /// This block as the next one's parent. Its set hash stays that of the empty state: a replay follows no state root.
    pub parent: Parent,
}

/// Replays a block that is final on its parent's state.
///
/// # Errors
/// [`Refused`] if the block does not follow on `parent`, or if the state lacks something that its effects need.
pub fn replay_block(
    genesis: &Genesis,
    base: &dyn StateRead,
    parent: &Parent,
    block: &Block,
) -> Result<Replayed, Refused> {
    let (network, header) = (genesis.network(), &block.header);
    blocks::height_is_next(parent.height, header)?;
    blocks::parent_is(&parent.digest, header)?;
    blocks::time_does_not_run_backwards(parent.time, header)?;
    blocks::transaction_root_is(&transaction_root(network, &block.transactions), header)?;
    let mut state = LedgerState::new(genesis, base);
    state.begin_block(&parent.digest, header.time)?;
    for (place, transaction) in block.transactions.iter().enumerate() {
        replay_transaction(&mut state, transaction).map_err(|source| Refused { place: Some(place), source })?;
    }
    if header.height == 1 {
        state.seal_first_bucket(&parent.digest)?;
    }
    let changes = state.into_store().into_changes();
    let set_hash = SetHash::empty();
    let parent = Parent { height: header.height, digest: header.digest(network), time: header.time, set_hash };
    Ok(Replayed { changes, parent })
}

/// Only the effects of a Deliver and a Clear depend on what they name: the prices of contracts, what a bucket holds; orders.
fn replay_transaction(state: &mut LedgerState<'_>, transaction: &Transaction) -> Result<(), CheckError> {
    let mut resolved = Resolved::default();
    if let Action::Registry(change) = transaction.action() {
        // In their order, too: an earlier change would bring back whom a later one removed.
        registry::change_is_next(&state.counters()?, change.statement.serial)?;
        change.registrars_agreed(state.genesis(), transaction.id())?;
    }
    if let Action::Deliver(deliver) = transaction.action() {
        let bucket = state.bucket(deliver.statement.bucket.id)?.ok_or(StateError::Missing("a delivery's bucket"))?;
        resolved.assets.push(bucket.asset);
        for delivery in &deliver.statement.deliveries {
            resolved.contracts.push(trading::contract_is_open(state.contract(&delivery.contract)?)?);
        }
    }
    if let Action::Clear(clear) = transaction.action() {
        resolved.orders = state.orders_of(clear.statement.utility, clear.statement.window)?;
    }
    Ok(apply(state, transaction, &resolved)?)
}
