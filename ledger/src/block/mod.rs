//! Blocks (protocol section 7): header, body, certificate, and their execution on an overlay.

mod codec;
mod execute;

use hushwatt_crypto::{
    Label, NetworkId,
    hash::Hasher,
    hint::Hint,
    signature::{Signature, VerifyingKey},
};

use crate::{genesis::Genesis, transaction::Transaction, units::Timestamp};

pub use codec::{MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS};
pub use execute::{
    AlreadyVerified, Executed, Parent, ProofVerdict, Proposal, Refused, Verifier, check_certificate, execute_block,
    propose, verify,
};

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
    /// Of the validators in force.
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

/// Proof that the validators agreed on a block: the single validator's signature of its digest.
pub type Certificate = Signature;

impl Header {
    /// The digest.
    pub fn digest(&self, network: &NetworkId) -> BlockDigest {
        BlockDigest(Hasher::new(network, Label::BlockHeader).part(&self.encode()).finish32())
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

/// Root of the validators in force.
pub fn validator_set(network: &NetworkId, validators: &[VerifyingKey]) -> [u8; 32] {
    let hasher = Hasher::new(network, Label::ValidatorSet);
    validators.iter().fold(hasher, |hasher, key| hasher.part(key.as_bytes())).finish32()
}
