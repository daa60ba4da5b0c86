//! The node as its HTTP interface sees it.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hushwatt_crypto::NetworkId;
use hushwatt_ledger::{
    Rejection,
    block::Certificate,
    parameters::Parameters,
    state::{AuctionEnd, EndedAuction, IndexedAuction, IndexedContract, LedgerState},
    storage::Day,
    transaction::{TransactionId, order::Side},
    units::{Timestamp, Utility, Window},
};
use tokio::sync::watch;

use crate::{
    Applied, Core, Dropped, NodeError, Observer, RawRecord, Source, Standing, Store, SubmitError,
    http::backend::{
        AuctionDetail, AuctionState, AuctionView, Backend, BackendError, BlockRecord, ContractPage, ContractState,
        ContractView, Ending, Finality, Health, HintsDay, MeterView, NewBlock, OrderSummary, Outcome, Role, Status,
        Submission, SubmitRefusal, Submitted, Trading,
    },
    live::HEADER_LENGTH,
    lock::lock,
};

/// The folder's size is measured at most this often.
const MEASURE: Duration = Duration::from_secs(60);
/// A block without a certificate is covered by that of one of the next ones, or not yet: so many are looked at.
const MOST_HEADERS: u64 = 4_096;

/// What the HTTP interface wants at hand, and the blocks as they come.
pub(crate) struct Feed {
    blocks: watch::Sender<NewBlock>,
    genesis: Arc<[u8]>,
    parameters: Arc<Parameters>,
    started: Timestamp,
    /// Bytes of the folder, and when they were counted.
    disk: Mutex<Option<(Instant, u64)>>,
}

impl Feed {
    pub fn new(store: &Store, started: Timestamp) -> Result<Self, NodeError> {
        let (tip, genesis) = (store.tip(), store.genesis());
        let transactions = store.record_without_hints(tip.height)?.map_or(0, |record| record.transactions());
        let block = NewBlock { height: tip.height, time: tip.time, digest: tip.digest.0, transactions };
        Ok(Feed {
            blocks: watch::Sender::new(block),
            genesis: genesis.bytes().into(),
            parameters: Arc::new(genesis.parameters.clone()),
            started,
            disk: Mutex::new(None),
        })
    }

    fn disk_bytes(&self, folder: &Path) -> u64 {
        let mut disk = lock(&self.disk);
        match *disk {
            Some((counted, bytes)) if counted.elapsed() < MEASURE => bytes,
            _ => {
                let bytes = bytes_in(folder);
                *disk = Some((Instant::now(), bytes));
                bytes
            }
        }
    }
}

/// Bytes of all files in a folder and its folders; what cannot be read counts nothing.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_in(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

impl Observer for Feed {
    fn applied(&self, applied: &Applied) {
        let parent = &applied.parent;
        // As many as fit a block fit the number.
        let transactions = applied.block.block().transactions.len() as u32;
        self.blocks.send_replace(NewBlock {
            height: parent.height,
            time: parent.time,
            digest: parent.digest.0,
            transactions,
        });
    }
}

impl From<NodeError> for BackendError {
    fn from(error: NodeError) -> Self {
        BackendError(error.to_string())
    }
}

impl From<SubmitError> for SubmitRefusal {
    fn from(error: SubmitError) -> Self {
        let message = error.to_string();
        match error {
            SubmitError::Refused { rejection: Rejection::Malformed(source) } => {
                SubmitRefusal::Malformed { message: source.to_string() }
            }
            SubmitError::Refused { rejection } => {
                SubmitRefusal::Rule { name: rejection.name(), message: rejection.to_string() }
            }
            SubmitError::Conflict(with) => SubmitRefusal::Conflict { with },
            SubmitError::Full | SubmitError::Share => SubmitRefusal::Full,
            SubmitError::Busy
            | SubmitError::Journal { .. }
            | SubmitError::State(_)
            | SubmitError::Failed
            | SubmitError::Stopping => SubmitRefusal::Unavailable { message },
        }
    }
}

impl Core {
    fn record_at(&self, height: u64, hinted: bool) -> Result<Option<Arc<RawRecord>>, NodeError> {
        if height > self.tip().height {
            return Ok(None);
        }
        if hinted { self.store().record(height) } else { self.store().record_without_hints(height) }
    }

    /// Why the node is not ready, if it is not.
    fn readiness(&self) -> Result<(), String> {
        let presence = self.presence();
        if presence.is_syncing() {
            return Err(format!("the node is catching up; it stands at block {}", self.tip().height));
        }
        if presence.validator().is_none() {
            return Ok(());
        }
        let epoch = self.genesis().parameters.epoch_of(self.tip().height + 1);
        let validators = match self.validators(epoch) {
            Ok(Some(validators)) => validators,
            Ok(None) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let (seen, quorum) = (presence.connected() + 1, validators.quorum());
        if seen < quorum {
            return Err(format!("{seen} of the {quorum} validators that must agree are there, this node included"));
        }
        Ok(())
    }
}

impl Backend for Core {
    fn genesis(&self) -> Arc<[u8]> {
        self.feed().genesis.clone()
    }

    fn network(&self) -> NetworkId {
        *Core::genesis(self).network()
    }

    fn parameters(&self) -> Arc<Parameters> {
        self.feed().parameters.clone()
    }

    fn is_simulated(&self) -> bool {
        Core::genesis(self).simulated_time
    }

    fn health(&self) -> Health {
        let live = match self.presence().failure() {
            Some(reason) => Err(reason),
            None => self.check_usable().map_err(|error| error.to_string()),
        };
        Health { ready: live.clone().and_then(|()| self.readiness()), live }
    }

    fn tip(&self) -> watch::Receiver<NewBlock> {
        self.feed().blocks.subscribe()
    }

    fn now(&self) -> Timestamp {
        Core::now(self)
    }

    fn status(&self) -> Status {
        // One block: the feed may be one ahead of or behind the tip.
        let tip = Core::tip(self);
        let told = self.feed().blocks.borrow().clone();
        let transactions = if told.digest == tip.digest.0 { told.transactions } else { 0 };
        let genesis = Core::genesis(self);
        let epoch = genesis.parameters.epoch_of(tip.height + 1);
        let validators = self.validators(epoch).ok().flatten();
        let presence = self.presence();
        let index = presence.validator().zip(validators.as_ref()).and_then(|(key, set)| set.index_of(&key));
        let waiting = self.waiting();
        Status {
            tip: NewBlock { height: tip.height, time: tip.time, digest: tip.digest.0, transactions },
            state_root: tip.set_hash.root(genesis.network()),
            epoch: epoch.0,
            validators: validators.iter().flat_map(|set| set.keys()).map(|key| *key.as_bytes()).collect(),
            role: index.map_or(Role::Follower, Role::Validator),
            peers: u32::try_from(presence.connected()).unwrap_or(u32::MAX),
            mempool_transactions: waiting.transactions as u64,
            mempool_bytes: waiting.bytes as u64,
            syncing: presence.is_syncing(),
            started: self.feed().started,
            now: Core::now(self),
            disk_bytes: self.feed().disk_bytes(self.store().folder()),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    fn submit(&self, submission: Submission) -> Result<Submitted, SubmitRefusal> {
        // Nobody asks a node that does not vote for its mempool.
        if self.presence().validator().is_none() {
            let message = "this node follows others and makes no blocks: submit to a validator".to_owned();
            return Err(SubmitRefusal::Unavailable { message });
        }
        let source = Source::Client(submission.source);
        let submitted = Core::submit(self, &submission.transaction, &submission.hints, source)?;
        Ok(match submitted.standing {
            Standing::Accepted | Standing::Waiting => Submitted::Waiting(submitted.id),
            Standing::Final { height } => Submitted::Final { id: submitted.id, height },
        })
    }

    fn outcomes(&self, transactions: &[TransactionId]) -> Vec<Outcome> {
        let dropped = |dropped: Dropped| match dropped {
            Dropped::Rule(rejection) => Outcome::Dropped { rule: rejection.name(), message: rejection.to_string() },
            Dropped::NoRoom => Outcome::Dropped { rule: "NoRoom".to_owned(), message: dropped.to_string() },
        };
        let outcome = |id| match self.status_of(id) {
            Ok(crate::Status::Waiting) => Outcome::Waiting,
            Ok(crate::Status::Final { height }) => Outcome::Final { height },
            Ok(crate::Status::Dropped(reason)) => dropped(reason),
            Ok(crate::Status::Unknown) => Outcome::Unknown,
            Err(error) => {
                tracing::error!(%error, "what became of a transaction cannot be read");
                Outcome::Unknown
            }
        };
        transactions.iter().map(outcome).collect()
    }

    fn blocks(&self, from: u64, most_bytes: usize, with_hints: bool) -> Result<Vec<BlockRecord>, BackendError> {
        let (mut blocks, mut bytes) = (Vec::new(), 0_usize);
        for height in from.max(1).. {
            let Some(record) = self.record_at(height, with_hints)? else { break };
            let hints = if with_hints { record.hints_by_transaction() } else { None };
            bytes += record.body.len() + record.certificate.len() + hints.iter().flatten().map(Vec::len).sum::<usize>();
            if bytes > most_bytes && !blocks.is_empty() {
                break;
            }
            let (body, certificate) = (record.body.clone(), record.certificate.clone());
            blocks.push(BlockRecord { height, body, certificate, hints });
        }
        Ok(blocks)
    }

    fn announcements(&self, from: u64, most: usize) -> Result<Vec<NewBlock>, BackendError> {
        let mut blocks = Vec::new();
        for height in from.max(1).. {
            if blocks.len() >= most.max(1) {
                break;
            }
            let Some(record) = self.record_at(height, false)? else { break };
            let time = record.header(Core::genesis(self).network())?.time;
            blocks.push(NewBlock { height, time, digest: record.digest.0, transactions: record.transactions() });
        }
        Ok(blocks)
    }

    fn hint_days(&self) -> Result<Vec<HintsDay>, BackendError> {
        let files = self.store().hint_files()?.into_iter();
        Ok(files.map(|(day, bytes)| HintsDay { day, bytes }).collect())
    }

    fn read_hints(&self, day: Day, offset: u64, length: usize) -> Result<Vec<u8>, BackendError> {
        Ok(self.store().read_hints(day, offset, length)?)
    }

    fn finality(&self, height: u64) -> Result<Option<Finality>, BackendError> {
        let mut headers = Vec::new();
        for at in height.max(1)..height.saturating_add(MOST_HEADERS) {
            let Some(record) = self.record_at(at, false)? else { return Ok(None) };
            headers.push(record.body.get(..HEADER_LENGTH).unwrap_or_default().to_vec());
            let certificate = Certificate::decode_optional(&record.certificate)
                .map_err(|source| NodeError::Record { height: at, source })?;
            if let Some(found) = certificate {
                let signers = found.signatures.iter().map(|(index, _)| *index).collect();
                let certificate = record.certificate.clone();
                return Ok(Some(Finality { headers, certificate, epoch: found.epoch.0, signers }));
            }
        }
        Ok(None)
    }

    fn contracts(&self, window: Window, from: u64, most: usize) -> Result<ContractPage, BackendError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let (total, contracts) = self.store().contracts(window, from, most)?;
        Ok(ContractPage { total: total as u64, contracts: contracts.iter().map(view).collect() })
    }

    fn trading(&self) -> Trading {
        let genesis = Core::genesis(self);
        let utilities = Utility::ALL.into_iter().filter(|utility| genesis.has_utility(*utility)).collect();
        Trading { utilities, first_window: genesis.first_window() }
    }

    fn operator(&self, window: Window) -> Result<Option<[u8; 32]>, BackendError> {
        let committed = self.store().state();
        let found = LedgerState::new(Core::genesis(self), &committed).operator_of(window);
        Ok(found.map_err(NodeError::from)?.map(|key| *key.as_bytes()))
    }

    fn auctions(&self, from: Window, count: u64) -> Result<Vec<AuctionView>, BackendError> {
        let found = self.store().auctions(from, Window(from.0.saturating_add(count)))?;
        Ok(found.iter().map(|auction| self.view_auction(auction)).collect())
    }

    fn auction(&self, utility: Utility, window: Window) -> Result<Option<AuctionDetail>, BackendError> {
        let found = self.store().auctions(window, Window(window.0.saturating_add(1)))?;
        let Some(auction) = found.iter().find(|auction| auction.utility == utility) else { return Ok(None) };
        let committed = self.store().state();
        let ledger = LedgerState::new(Core::genesis(self), &committed);
        let record = ledger.auction(utility, window).map_err(NodeError::from)?;
        let orders = ledger.orders_of(utility, window).map_err(NodeError::from)?;
        let orders = orders.iter().map(|(id, order)| OrderSummary { id: id.0, sells: order.side() == Side::Sell });
        Ok(Some(AuctionDetail {
            view: self.view_auction(auction),
            rank: record.and_then(|record| record.rank).map(|digest| digest.0),
            orders: orders.collect(),
        }))
    }

    fn meters(&self) -> Result<Vec<MeterView>, BackendError> {
        let genesis = Core::genesis(self);
        let committed = self.store().state();
        let ledger = LedgerState::new(genesis, &committed);
        let views = genesis.meters().map(|(id, _)| {
            let standing = ledger.meter_standing(id).map_err(NodeError::from)?;
            Ok(standing.map(|standing| MeterView::new(id, &standing)))
        });
        Ok(views.collect::<Result<Vec<_>, NodeError>>()?.into_iter().flatten().collect())
    }

    fn set_clock(&self, time: Timestamp) -> Timestamp {
        self.step_clock(time);
        Core::now(self)
    }
}

impl Core {
    fn view_auction(&self, auction: &IndexedAuction) -> AuctionView {
        let parameters = &Core::genesis(self).parameters;
        let takes_orders = || parameters.order_until(auction.window).is_some_and(|until| self.tip().time <= until);
        let state = match auction.ended {
            None if takes_orders() => AuctionState::Collecting,
            None => AuctionState::Closed,
            Some(EndedAuction { height, end }) => match end {
                AuctionEnd::Traded { price, clear } => {
                    AuctionState::Traded { price, ending: Ending { height, transaction: clear } }
                }
                AuctionEnd::NoTrade { clear } => {
                    AuctionState::NoTrade { ending: Ending { height, transaction: clear } }
                }
                AuctionEnd::Expired => AuctionState::Expired { height },
            },
        };
        let IndexedAuction { window, utility, sells, buys, .. } = *auction;
        AuctionView { window, utility, sells, buys, state }
    }
}

fn view(contract: &IndexedContract) -> ContractView {
    let state = match contract.closed {
        None => ContractState::Open,
        Some(closed) => match closed.receipt {
            Some(receipt) => ContractState::Delivered { height: closed.height, receipt },
            None => ContractState::Expired { height: closed.height },
        },
    };
    ContractView {
        id: contract.id.0,
        utility: contract.utility,
        price: contract.price,
        quantity: contract.quantity,
        opened: contract.opened,
        state,
    }
}
