//! The demo's validators: one inside this process, or several in processes of their own. The demo speaks with all of them
//! over HTTP, as wallets and meters do.

use std::{collections::BTreeSet, path::Path, path::PathBuf, sync::Arc};

use hushwatt_client::AuctionDetail;
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    block::Block,
    genesis::Genesis,
    transaction::{TransactionId, build::Built},
    units::{Timestamp, Utility, Window},
};
use hushwatt_node::{
    client::NodeClient,
    config::{NodeFolder, Seconds},
    http::backend::BlockRecord,
};

use super::DemoError;
use crate::local_network::{LocalError, LocalNetwork, LocalOptions, patiently};

/// Bytes of blocks asked for at a time.
const PIECE: u64 = 64 << 20;

/// Transactions handed in at the same time.
const SUBMITTERS: usize = 8;

/// All validators of the demo.
pub(super) struct Network {
    genesis: Arc<Genesis>,
    local: LocalNetwork,
    /// Height up to which blocks were handed out.
    seen: u64,
    /// The time that all clocks show.
    now: Timestamp,
    /// Time of the last block that was handed out.
    tip_time: Timestamp,
    /// Transactions that are accepted and not final yet.
    open: BTreeSet<TransactionId>,
}

/// What the validators hold in the end.
pub(super) struct Agreement {
    /// The first one's data.
    pub(super) data: PathBuf,
    /// How many there are.
    pub(super) validators: usize,
    /// Whether all have the same last block and the same state.
    pub(super) same_state: bool,
}

impl Network {
    /// Lays out a folder for each validator and starts them.
    pub(super) fn start(genesis: Arc<Genesis>, keys: Vec<SigningKey>, folder: &Path) -> Result<Self, DemoError> {
        let program = if keys.len() > 1 {
            let program = std::env::current_exe();
            Some(program.map_err(|source| LocalError::System { action: "find this program", source })?)
        } else {
            None
        };
        // Stepped clocks move by minutes, so that every step is due a block.
        let options = LocalOptions { program, heartbeat: Seconds(1) };
        let mut local = LocalNetwork::lay_out(&genesis, keys, folder, options)?;
        local.start_all()?;
        let now = genesis.time;
        Ok(Network { genesis, local, seen: 0, now, tip_time: now, open: BTreeSet::new() })
    }

    /// How many validators there are.
    pub(super) fn len(&self) -> usize {
        self.local.len()
    }

    /// Height of the last block that was handed out.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Kills a validator as a power failure would.
    pub(super) fn kill(&mut self, place: usize) -> Result<(), DemoError> {
        Ok(self.local.kill(place)?)
    }

    /// Starts a killed validator again; it catches up by itself.
    pub(super) fn restart(&mut self, place: usize) -> Result<(), DemoError> {
        self.local.start(place)?;
        patiently("a validator did not start again", || {
            Ok::<_, LocalError>(self.local.client(place).set_clock(self.now).is_ok().then_some(()))
        })?;
        Ok(())
    }

    /// Hands transactions to the validators that are up to date at a time, each to another one; each must be accepted.
    pub(super) fn submit(&mut self, now: Timestamp, built: Vec<Built>) -> Result<(), DemoError> {
        self.now = self.now.max(now);
        self.local.step_clocks(self.now)?;
        let clients = self.up_to_date()?;
        // Threads of their own: those of rayon are the verifier's, which may be in this process.
        let submit = &|first: usize| -> Result<(), DemoError> {
            for (place, built) in built.iter().enumerate().skip(first).step_by(SUBMITTERS) {
                let kind = built.transaction.action().name();
                let taken = clients[place % clients.len()].submit(built, 0);
                taken.map_err(|source| DemoError::Refused { kind, source })?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let submitters: Vec<_> = (0..SUBMITTERS).map(|first| scope.spawn(move || submit(first))).collect();
            submitters
                .into_iter()
                .try_for_each(|one| one.join().unwrap_or(Err(DemoError::Answer("a thread failed".into()))))
        })?;
        self.open.extend(built.iter().map(|built| *built.transaction.id()));
        Ok(())
    }

    /// The validators that have every block that was handed out: one that is catching up would judge by an older state.
    fn up_to_date(&self) -> Result<Vec<&NodeClient>, DemoError> {
        patiently("no validator has all blocks", || {
            let caught_up = |client: &&NodeClient| client.status().is_ok_and(|status| status.height >= self.seen);
            let clients: Vec<&NodeClient> = self.local.up().filter(caught_up).collect();
            Ok::<_, LocalError>(Some(clients).filter(|clients| !clients.is_empty()))
        })
        .map_err(DemoError::from)
    }

    /// Where an auction stands, by the first validator.
    pub(super) fn auction(&self, utility: Utility, window: Window) -> Result<AuctionDetail, DemoError> {
        let known = self.local.client(0).auction(utility, window)?;
        known.ok_or_else(|| DemoError::Answer("an auction with orders is not known".to_owned()))
    }

    /// Waits until everything that was handed in is final and the chain has come to this time; gives the new blocks.
    pub(super) fn advance_to(&mut self, time: Timestamp) -> Result<Vec<BlockRecord>, DemoError> {
        self.now = self.now.max(time);
        self.local.step_clocks(self.now)?;
        let mut blocks = Vec::new();
        let client = self.local.client(0).clone();
        patiently("the validators did not agree on a block", || {
            client.blocks::<DemoError>(self.seen + 1, PIECE, |record| {
                let block = Block::decode(self.genesis.network(), &record.body)
                    .map_err(|error| DemoError::Answer(format!("block {}: {error}", record.height)))?;
                for transaction in &block.transactions {
                    self.open.remove(transaction.id());
                }
                (self.seen, self.tip_time) = (record.height, block.header.time);
                blocks.push(record);
                Ok(())
            })?;
            Ok::<_, DemoError>((self.open.is_empty() && self.tip_time >= self.now).then_some(()))
        })?;
        Ok(blocks)
    }

    /// Stops all validators in good order when they have the same last block; tells what they hold.
    pub(super) fn stop(&mut self) -> Result<Agreement, DemoError> {
        let mut roots = BTreeSet::new();
        for client in self.local.up() {
            let status = patiently("a validator did not catch up", || {
                Ok::<_, LocalError>(Some(client.status()?).filter(|status| status.height >= self.seen))
            })?;
            roots.insert((status.height, status.digest, status.state_root));
        }
        self.local.stop_all()?;
        let data = NodeFolder::at(self.local.folder(0)).data();
        Ok(Agreement { data, validators: self.len(), same_state: roots.len() == 1 })
    }
}
