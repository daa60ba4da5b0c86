//! A block as it travels.

/// A final block in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Its height.
    pub height: u64,
    /// Header and transactions.
    pub body: Vec<u8>,
    /// The finality certificate; empty where a later block's certificate covers it.
    pub certificate: Vec<u8>,
    /// The hints of each transaction, in the block's order. `None` if they were not asked for or are no longer kept.
    pub hints: Option<Vec<Vec<u8>>>,
}
