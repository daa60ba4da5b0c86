//! Execution as a pure function on an overlay: `propose`, `verify`, and what both share (protocol sections 7 and 8).
//!
//! Nothing here writes to a store: the caller keeps the changes and applies them when the block is final.

use hushwatt_crypto::{NetworkId, hint::Hint, set_hash::SetHash};

use super::{
    Block, BlockDigest, Certificate, Header, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS, genesis_digest, transaction_root,
};
use crate::{
    CheckError, Rejection,
    genesis::Genesis,
    rules::{blocks, ensure, structure},
    state::{Changes, LedgerState, Resolved, RingCache, StateError, StateRead, update_root, validators_of},
    transaction::{
        Transaction,
        check::{apply, check_state},
    },
    units::Timestamp,
};

/// The block a new one is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its height; 0 for genesis.
    pub height: u64,
    /// Its digest.
    pub digest: BlockDigest,
    /// Its time.
    pub time: Timestamp,
    /// Set hash of the state after it.
    pub set_hash: SetHash,
}

impl Parent {
    /// The beginning: no blocks, no state.
    pub fn genesis(genesis: &Genesis) -> Self {
        Parent { height: 0, digest: genesis_digest(genesis), time: genesis.time, set_hash: SetHash::empty() }
    }
}

/// The outcome of a block: what to write, and the parent of the next.
#[derive(Debug)]
pub struct Executed {
    /// Net changes of the state.
    pub changes: Changes,
    /// This block as the next one's parent.
    pub parent: Parent,
}

/// Who verifies phase 1, and when: at once, from a cache of earlier verdicts, or later in a batch.
pub trait Verifier {
    /// Gives the verdict on a transaction's proofs, or defers it.
    fn verify(&mut self, place: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict;
}

/// What is known of a transaction's proofs.
pub type ProofVerdict = Result<(), Rejection>;

/// A block that was refused, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}{source}", place.map(|place| format!("transaction {place}: ")).unwrap_or_default())]
pub struct Refused {
    /// Place of the transaction in the block, if one is to blame.
    pub place: Option<usize>,
    /// What is wrong.
    #[source]
    pub source: CheckError,
}

impl<E: Into<CheckError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Refused { place: None, source: error.into() }
    }
}

/// A block ready to be certified.
pub struct Proposal {
    /// The block.
    pub block: Block,
    /// Its outcome.
    pub executed: Executed,
    /// Candidates that were left out, by their place in the given list, and why.
    pub left_out: Vec<(usize, Rejection)>,
}

fn run_transaction(
    state: &mut LedgerState<'_>,
    cache: &RingCache,
    place: usize,
    transaction: &Transaction,
    now: Timestamp,
    verifier: &mut dyn Verifier,
) -> Result<(), CheckError> {
    let resolved = state.resolve(cache, transaction, now)?;
    check_state(state, transaction, &resolved, now)?;
    verifier.verify(place, transaction, &resolved)?;
    apply(state, transaction, &resolved)?;
    Ok(())
}

fn finish(
    mut state: LedgerState<'_>,
    base: &dyn StateRead,
    parent: &Parent,
    height: u64,
) -> Result<(Changes, SetHash), CheckError> {
    if height == 1 {
        state.seal_first_bucket(&parent.digest)?;
    }
    let network = *state.genesis().network();
    let changes = state.into_store().into_changes();
    let set_hash = update_root(&network, &parent.set_hash, base, &changes)?;
    Ok((changes, set_hash))
}

/// Digest of the validators of a block's epoch, by the state before it.
fn validator_set_at(genesis: &Genesis, base: &dyn StateRead, height: u64) -> Result<[u8; 32], StateError> {
    let epoch = genesis.parameters.epoch_of(height);
    Ok(validators_of(genesis, base, epoch)?.digest(genesis.network()))
}

/// Builds the block of these candidates, each with its proofs already verified against what it names in this block: the
/// first ones that fit, sorted by id, applied one after the other, those that a rule of phase 2 refuses left out.
pub fn propose(
    genesis: &Genesis,
    base: &dyn StateRead,
    cache: &RingCache,
    parent: &Parent,
    now: Timestamp,
    candidates: &[Transaction],
) -> Result<Proposal, CheckError> {
    propose_verified(genesis, base, cache, parent, now, candidates, &mut AlreadyVerified)
}

/// The same for candidates that were verified at some time before: the verifier is asked again, since the key of a meter may
/// have been replaced meanwhile, in this very block perhaps. What it refuses is left out.
pub fn propose_verified(
    genesis: &Genesis,
    base: &dyn StateRead,
    cache: &RingCache,
    parent: &Parent,
    now: Timestamp,
    candidates: &[Transaction],
    verifier: &mut dyn Verifier,
) -> Result<Proposal, CheckError> {
    let height = parent.height + 1;
    let (mut order, mut left_out, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (place, transaction) in candidates.iter().enumerate() {
        bytes += transaction.encoded_len();
        if order.len() < MAX_BLOCK_TRANSACTIONS && bytes <= MAX_BLOCK_BYTES / 2 {
            order.push(place);
        } else {
            left_out.push((place, Rejection::BlockTooLong));
        }
    }
    order.sort_by_key(|place| candidates[*place].id());
    order.dedup_by_key(|place| candidates[*place].id());
    let mut state = LedgerState::new(genesis, base);
    state.begin_block(&parent.digest, now)?;
    let mut transactions = Vec::new();
    for place in order {
        let transaction = &candidates[place];
        let mut trial = LedgerState::new(genesis, state.store());
        match run_transaction(&mut trial, cache, place, transaction, now, verifier) {
            Ok(()) => {
                let changes = trial.into_store().into_changes();
                state.absorb(changes);
                transactions.push(transaction.clone());
            }
            Err(CheckError::Rejected(rejection)) => left_out.push((place, rejection)),
            Err(error) => return Err(error),
        }
    }
    blocks::first_block_mints(height, &transactions, genesis.parameters.ring_min)?;
    let (changes, set_hash) = finish(state, base, parent, height)?;
    let network = genesis.network();
    let header = Header {
        height,
        time: now,
        parent: parent.digest,
        transaction_root: transaction_root(network, &transactions),
        state_root: set_hash.root(network),
        validator_set: validator_set_at(genesis, base, height)?,
    };
    let next = Parent { height, digest: header.digest(network), time: now, set_hash };
    let executed = Executed { changes, parent: next };
    Ok(Proposal { block: Block { header, transactions }, executed, left_out })
}

/// For blocks whose proofs are known to hold: one's own proposals and log, or final blocks that validators vouched for.
pub struct AlreadyVerified;

impl Verifier for AlreadyVerified {
    fn verify(&mut self, _: usize, _: &Transaction, _: &Resolved) -> ProofVerdict {
        Ok(())
    }
}

/// Executes a block on its parent's state and holds every rule against it, except certificate and hints. Proofs are
/// the verifier's.
pub fn execute_block(
    genesis: &Genesis,
    base: &dyn StateRead,
    cache: &RingCache,
    parent: &Parent,
    block: &Block,
    verifier: &mut dyn Verifier,
) -> Result<Executed, Refused> {
    let (network, header) = (genesis.network(), &block.header);
    blocks::height_is_next(parent.height, header)?;
    blocks::parent_is(&parent.digest, header)?;
    blocks::time_does_not_run_backwards(parent.time, header)?;
    blocks::validator_set_is(&validator_set_at(genesis, base, header.height)?, header)?;
    blocks::transactions_ascend(&block.transactions)?;
    blocks::transaction_root_is(&transaction_root(network, &block.transactions), header)?;
    blocks::first_block_mints(header.height, &block.transactions, genesis.parameters.ring_min)?;
    let mut state = LedgerState::new(genesis, base);
    state.begin_block(&parent.digest, header.time)?;
    for (place, transaction) in block.transactions.iter().enumerate() {
        run_transaction(&mut state, cache, place, transaction, header.time, verifier)
            .map_err(|source| Refused { place: Some(place), source })?;
    }
    let (changes, set_hash) = finish(state, base, parent, header.height)?;
    blocks::state_root_is(&set_hash.root(network), header)?;
    let next = Parent { height: header.height, digest: header.digest(network), time: header.time, set_hash };
    Ok(Executed { changes, parent: next })
}

/// A validator's verdict on a proposed block with its hints.
pub fn verify(
    genesis: &Genesis,
    base: &dyn StateRead,
    cache: &RingCache,
    parent: &Parent,
    block: &Block,
    hints: &[Vec<Hint>],
    verifier: &mut dyn Verifier,
) -> Result<Executed, Refused> {
    hints_belong(genesis.network(), block, hints)?;
    execute_block(genesis, base, cache, parent, block, verifier)
}

/// Whether these are all hints of a block's transactions, in their order. Needs no state.
pub fn hints_belong(network: &NetworkId, block: &Block, hints: &[Vec<Hint>]) -> Result<(), Refused> {
    ensure(hints.len() == block.transactions.len(), Rejection::HintsMismatch)?;
    for (place, (transaction, hints)) in block.transactions.iter().zip(hints).enumerate() {
        structure::hints_match(network, transaction.action(), &transaction.envelope().hints, hints)
            .map_err(|rejection| Refused { place: Some(place), source: rejection.into() })?;
    }
    Ok(())
}

/// Whether a certificate proves a block final; `state` is that before the block, or any other after a block that is final
/// and not older than the last change of the validators.
pub fn check_certificate(
    genesis: &Genesis,
    state: &dyn StateRead,
    header: &Header,
    certificate: &Certificate,
) -> Result<(), CheckError> {
    let (network, epoch) = (genesis.network(), genesis.parameters.epoch_of(header.height));
    let validators = validators_of(genesis, state, epoch)?;
    Ok(certificate.verify(network, &validators, epoch, &header.digest(network))?)
}
