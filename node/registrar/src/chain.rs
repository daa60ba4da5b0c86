//! What the ledger says that bears on erasing: its time, and up to which window each meter attested. Asked of a node, which is
//! told nothing about who is meant, or read from an exported chain.
//!
//! A chain that is behind only makes erasing possible later. One that is ahead would make it possible too early, and nobody can
//! take it back: it is refused by this machine's clock ([`MOST_AHEAD`]). Proofs and certificates are not checked here: that is
//! `hushwatt audit verify`; checked is that the blocks of an exported chain are of this network and that each follows on the one
//! before. A node's word is not signed: its windows, and its time as far as the clock lets it be, are believed.

use std::{collections::BTreeMap, fs::File, path::Path};

use hushwatt_client::NodeClient;
use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    block::{Block, genesis_digest},
    genesis::Genesis,
    storage::ChainReader,
    transaction::Action,
    units::{MeterId, Timestamp, Window},
};

use crate::RegistrarError;

/// By how many seconds the ledger's time may be ahead of this machine's clock.
pub const MOST_AHEAD: u64 = 600;

/// What the ledger says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerFacts {
    time: Timestamp,
    next: BTreeMap<MeterId, Window>,
}

impl LedgerFacts {
    /// At a time; which window each meter attests next, for those that attested.
    pub fn new(time: Timestamp, next: BTreeMap<MeterId, Window>) -> Self {
        LedgerFacts { time, next }
    }

    /// Asks a node for its status and for all meters.
    ///
    /// # Errors
    /// [`RegistrarError::Node`], [`RegistrarError::OtherNetwork`].
    pub fn of_node(node: &NodeClient, network: &NetworkId) -> Result<Self, RegistrarError> {
        let status = node.status()?;
        let found: NetworkId = status.network.parse().map_err(|wrong| node.nonsense("/v1/status", &wrong))?;
        if found != *network {
            return Err(RegistrarError::OtherNetwork { what: node.base().to_string(), found, wanted: *network });
        }
        let meters = node.meters()?.into_iter().map(|meter| (meter.id, meter.next_window));
        Ok(LedgerFacts { time: Timestamp(status.time), next: meters.collect() })
    }

    /// Reads an exported chain, up to its last certificate.
    ///
    /// # Errors
    /// [`RegistrarError::Io`], [`RegistrarError::Chain`], [`RegistrarError::OtherNetwork`].
    pub fn of_file(path: &Path, genesis: &Genesis) -> Result<Self, RegistrarError> {
        let io = |source| RegistrarError::Io { action: "read", path: path.to_path_buf(), source };
        let wrong =
            |reason: &dyn ToString| RegistrarError::Chain { path: path.to_path_buf(), reason: reason.to_string() };
        let mut reader = ChainReader::new(File::open(path).map_err(io)?).map_err(|error| wrong(&error))?;
        if reader.genesis() != genesis.bytes() {
            let other = Genesis::parse(reader.genesis()).map_err(|error| wrong(&error))?;
            let what = path.display().to_string();
            return Err(RegistrarError::OtherNetwork { what, found: *other.network(), wanted: *genesis.network() });
        }
        let network = genesis.network();
        let (mut height, mut parent) = (0_u64, genesis_digest(genesis));
        let (mut facts, mut waiting) = (None, BTreeMap::new());
        while let Some(record) = reader.next_record().map_err(|error| wrong(&error))? {
            let (block, certificate) =
                Block::decode_record(network, &record.body, &record.cert).map_err(|error| wrong(&error))?;
            height = height.saturating_add(1);
            if block.header.height != height || block.header.parent != parent || !block.is_consistent(network) {
                return Err(wrong(&format!("its block {height} does not follow on the one before")));
            }
            parent = block.header.digest(network);
            for transaction in &block.transactions {
                if let Action::Attest(attest) = transaction.action() {
                    let (meter, first) = (attest.statement.meter, attest.statement.first_window);
                    waiting.insert(meter, Window(first.0.saturating_add(attest.statement.windows.len() as u64)));
                }
            }
            if certificate.is_some() {
                let (time, next) = facts.get_or_insert((block.header.time, BTreeMap::new()));
                *time = block.header.time;
                next.append(&mut waiting);
            }
        }
        let (time, next) = facts.ok_or_else(|| wrong(&"no block in it is final"))?;
        Ok(LedgerFacts { time, next })
    }

    /// Refuses a time that this machine's clock has not come to yet.
    ///
    /// # Errors
    /// [`RegistrarError::Ahead`] if it is more than [`MOST_AHEAD`] after `now`.
    pub fn require_not_ahead(&self, now: Timestamp) -> Result<(), RegistrarError> {
        if self.time > now.plus(MOST_AHEAD) {
            return Err(RegistrarError::Ahead { time: self.time, now });
        }
        Ok(())
    }

    /// Of the last final block.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// The window that a meter attests next; the first there ever was for one that is not known to have attested.
    pub fn next_window(&self, meter: MeterId) -> Window {
        self.next.get(&meter).copied().unwrap_or(Window(0))
    }
}
