//! Blocks (protocol section 7): header, body, certificate, and their execution on an overlay.

mod certificate;
mod codec;
mod execute;
mod replay;
mod uncovered;

use hushwatt_crypto::{Label, NetworkId, hash::Hasher, hint::Hint};

use crate::{genesis::Genesis, rules::blocks, transaction::Transaction, units::Timestamp};

pub use certificate::{Certificate, MAX_CERTIFICATE_BYTES, consensus_namespace, finality_message, vote};
pub use codec::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS};
pub use execute::{
    AlreadyVerified, Executed, Parent, ProofVerdict, Proposal, Refused, Verifier, check_certificate, execute_block,
    hints_belong, propose, propose_verified, verify,
};
pub use replay::{Replayed, replay_block};
pub use uncovered::{MAX_UNCOVERED_BYTES, Uncovered};

/// Digest of a block's header: what the certificate signs and the next block names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockDigest(pub [u8; 32]);

impl core::fmt::Display for BlockDigest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl core::fmt::Debug for BlockDigest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "BlockDigest({self})")
    }
}

/// What a block commits to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// 1 for the first block.
    pub height: u64,
    /// Unix seconds.
    pub time: Timestamp,
    /// The block before; for block 1 the network id.
    pub parent: BlockDigest,
    /// Over the full digests of the transactions, in order.
    pub transaction_root: [u8; 32],
    /// Of the state after the block.
    pub state_root: [u8; 32],
    /// Of the validators of its epoch.
    pub validator_set: [u8; 32],
}

/// A block's permanent half.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// What the certificate signs.
    pub header: Header,
    /// Sorted by id.
    pub transactions: Vec<Transaction>,
}

/// The erasable half: each transaction's hints, in the block's order.
pub type BlockHints = Vec<Vec<Hint>>;

impl Header {
    /// The digest.
    pub fn digest(&self, network: &NetworkId) -> BlockDigest {
        BlockDigest(Hasher::new(network, Label::BlockHeader).part(&self.encode()).finish32())
    }
}

impl Block {
    /// Whether header and transactions are of one block: what its digest stands for is then fixed to the last byte. What
    /// needs no state is checked here, before anything is kept or passed on.
    pub fn is_consistent(&self, network: &NetworkId) -> bool {
        blocks::transactions_ascend(&self.transactions).is_ok()
            && blocks::transaction_root_is(&transaction_root(network, &self.transactions), &self.header).is_ok()
    }
}

/// The parent that block 1 names.
pub fn genesis_digest(genesis: &Genesis) -> BlockDigest {
    BlockDigest(genesis.network().0)
}

/// Root of a list of transactions: a hash over the hashes of all their permanent bytes.
pub fn transaction_root(network: &NetworkId, transactions: &[Transaction]) -> [u8; 32] {
    let hasher = Hasher::new(network, Label::TransactionRoot);
    transactions.iter().fold(hasher, |hasher, transaction| hasher.part(&transaction.full_digest().0)).finish32()
}
