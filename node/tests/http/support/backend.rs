//! A node in memory. The first byte of a transaction says what becomes of it (see [`kind`]).

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use hushwatt_crypto::{NetworkId, signature::SigningKey};
use hushwatt_ledger::{
    parameters::Parameters,
    storage::Day,
    transaction::TransactionId,
    units::{MeterId, Price, Timestamp, Utility, Window},
};
use hushwatt_node::http::backend::{
    AuctionDetail, AuctionState, AuctionView, Backend, BackendError, BlockRecord, ContractPage, ContractState,
    ContractView, Finality, Health, HintsDay, MeterView, NewBlock, OrderSummary, Outcome, Role, Status, Submission,
    SubmitRefusal, Submitted, Trading,
};
use tokio::sync::watch;

/// First bytes of transactions.
pub mod kind {
    /// Valid: waits for the next block.
    pub const VALID: u8 = b'v';
    /// A rule refuses it.
    pub const INVALID: u8 = b'i';
    /// Cannot be read.
    pub const MALFORMED: u8 = b'm';
    /// Spends what another spends.
    pub const CONFLICT: u8 = b'c';
    /// Comes when there is no room.
    pub const FULL: u8 = b'f';
    /// Comes while the node catches up.
    pub const UNAVAILABLE: u8 = b'u';
    /// Valid, but its verification takes until the test releases it.
    pub const HELD: u8 = b'h';
    /// The node breaks off.
    pub const FAULT: u8 = b'p';
}

pub const GENESIS: &[u8] = b"{\n  \"format\": \"a genesis\"\n}";
pub const START: u64 = 1_795_219_200;
/// The day of [`START`].
pub const DAY: &str = "2026-11-21";

#[derive(Default)]
struct State {
    blocks: Vec<(NewBlock, BlockRecord)>,
    waiting: Vec<TransactionId>,
    final_at: HashMap<TransactionId, u64>,
    dropped: Vec<TransactionId>,
    /// How many verifications began.
    verified: usize,
    /// Who handed in what was verified.
    clients: Vec<u64>,
    /// Whether held verifications go on.
    released: bool,
    contracts: BTreeMap<u64, Vec<ContractView>>,
    auctions: BTreeMap<(Window, Utility), AuctionDetail>,
    hints: Vec<u8>,
    /// Storage fails from this height on.
    broken_from: Option<u64>,
    ready: Option<String>,
    live: Option<String>,
    now: u64,
}

pub struct Fake {
    simulated: bool,
    state: Mutex<State>,
    changed: Condvar,
    tip: watch::Sender<NewBlock>,
}

/// Id of a transaction: its first bytes.
pub fn id_of(transaction: &[u8]) -> TransactionId {
    let mut id = [0; 64];
    let length = transaction.len().min(64);
    id[..length].copy_from_slice(&transaction[..length]);
    TransactionId(id)
}

fn brief(height: u64, transactions: u32) -> NewBlock {
    NewBlock { height, time: Timestamp(START + height), digest: [height as u8; 32], transactions }
}

impl Fake {
    pub fn new(simulated: bool) -> Arc<Self> {
        let state = State { now: START + 100, ..State::default() };
        let tip = watch::Sender::new(brief(0, 0));
        Arc::new(Fake { simulated, state: Mutex::new(state), changed: Condvar::new(), tip })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes a block of what waits.
    pub fn make_block(&self) -> u64 {
        let made = {
            let mut state = self.state();
            let height = state.blocks.len() as u64 + 1;
            let ids = std::mem::take(&mut state.waiting);
            let brief = brief(height, ids.len() as u32);
            state.final_at.extend(ids.iter().map(|id| (*id, height)));
            let record = BlockRecord {
                height,
                body: format!("body of block {height}").into_bytes(),
                certificate: if height.is_multiple_of(3) { Vec::new() } else { vec![height as u8; 10] },
                hints: Some(ids.iter().map(|id| id.0[..3].to_vec()).collect()),
            };
            state.blocks.push((brief.clone(), record));
            brief
        };
        let height = made.height;
        self.tip.send_replace(made);
        height
    }

    pub fn make_blocks(&self, count: usize) {
        (0..count).for_each(|_| {
            self.make_block();
        });
    }

    /// Makes a block that includes nothing and leaves what waits invalid.
    pub fn drop_waiting(&self) {
        let waiting = std::mem::take(&mut self.state().waiting);
        self.state().dropped.extend(waiting);
        self.make_block();
    }

    /// Forgets what waits.
    pub fn forget_waiting(&self) {
        self.state().waiting.clear();
        self.make_block();
    }

    /// Lets held verifications go on.
    pub fn release(&self) {
        self.state().released = true;
        self.changed.notify_all();
    }

    pub fn verified(&self) -> usize {
        self.state().verified
    }

    pub fn clients(&self) -> Vec<u64> {
        self.state().clients.clone()
    }

    pub fn add_contract(&self, window: u64, price: u32, state: ContractState) {
        let mut all = self.state();
        let list = all.contracts.entry(window).or_default();
        list.push(ContractView {
            id: [list.len() as u8; 32],
            utility: if list.len() % 3 == 2 { Utility::Water } else { Utility::Electricity },
            price: Price::new(price).unwrap(),
            quantity: [7; 32],
            opened: 4,
            state,
        });
    }

    /// An auction with orders of these sides; their ids are 0, 1, and so on.
    pub fn add_auction(
        &self,
        window: u64,
        utility: Utility,
        sides: &[bool],
        state: AuctionState,
        rank: Option<[u8; 32]>,
    ) {
        let count = |side| sides.iter().filter(|sells| **sells == side).count() as u32;
        let view = AuctionView { window: Window(window), utility, sells: count(true), buys: count(false), state };
        let orders = sides.iter().zip(0..).map(|(sells, number)| OrderSummary { id: [number; 32], sells: *sells });
        let detail = AuctionDetail { view, rank, orders: orders.collect() };
        self.state().auctions.insert((view.window, utility), detail);
    }

    pub fn set_hints(&self, bytes: Vec<u8>) {
        self.state().hints = bytes;
    }

    pub fn break_from(&self, height: u64) {
        self.state().broken_from = Some(height);
    }

    pub fn set_health(&self, live: Option<&str>, ready: Option<&str>) {
        let mut state = self.state();
        (state.live, state.ready) = (live.map(str::to_owned), ready.map(str::to_owned));
    }

    fn check(&self, height: u64) -> Result<(), BackendError> {
        match self.state().broken_from {
            Some(from) if height >= from => Err(BackendError("disk /dev/sdb is on fire".to_owned())),
            _ => Ok(()),
        }
    }

    fn hold(&self) {
        let state = self.state();
        drop(self.changed.wait_while(state, |state| !state.released).unwrap());
    }
}

impl Backend for Fake {
    fn genesis(&self) -> Arc<[u8]> {
        GENESIS.into()
    }

    fn network(&self) -> NetworkId {
        NetworkId([0xab; 32])
    }

    fn parameters(&self) -> Arc<Parameters> {
        Arc::new(Parameters::default())
    }

    fn is_simulated(&self) -> bool {
        self.simulated
    }

    fn health(&self) -> Health {
        let state = self.state();
        let verdict = |wrong: &Option<String>| wrong.clone().map_or(Ok(()), Err);
        Health { live: verdict(&state.live), ready: verdict(&state.ready) }
    }

    fn tip(&self) -> watch::Receiver<NewBlock> {
        self.tip.subscribe()
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.state().now)
    }

    fn status(&self) -> Status {
        let state = self.state();
        Status {
            tip: self.tip.borrow().clone(),
            state_root: [9; 32],
            epoch: 2,
            validators: vec![[1; 32], [2; 32]],
            role: Role::Validator(1),
            peers: 3,
            mempool_transactions: state.waiting.len() as u64,
            mempool_bytes: 64 * state.waiting.len() as u64,
            syncing: false,
            started: Timestamp(START),
            now: Timestamp(state.now),
            disk_bytes: 4711,
            version: "0.0.0",
        }
    }

    fn submit(&self, submission: Submission) -> Result<Submitted, SubmitRefusal> {
        let id = id_of(&submission.transaction);
        if let Some(height) = self.state().final_at.get(&id) {
            return Ok(Submitted::Final { id, height: *height });
        }
        if self.state().waiting.contains(&id) {
            return Ok(Submitted::Waiting(id));
        }
        self.state().verified += 1;
        self.state().clients.push(submission.source);
        let message = "for the test".to_owned();
        match submission.transaction.first() {
            Some(&kind::VALID) => {}
            Some(&kind::HELD) => self.hold(),
            Some(&kind::INVALID) => return Err(SubmitRefusal::Rule { name: "RangeProof".to_owned(), message }),
            Some(&kind::CONFLICT) => return Err(SubmitRefusal::Conflict { with: id_of(b"other") }),
            Some(&kind::FULL) => return Err(SubmitRefusal::Full),
            Some(&kind::UNAVAILABLE) => return Err(SubmitRefusal::Unavailable { message }),
            Some(&kind::FAULT) => panic!("for the test"),
            _ => return Err(SubmitRefusal::Malformed { message }),
        }
        self.state().waiting.push(id);
        Ok(Submitted::Waiting(id))
    }

    fn outcomes(&self, transactions: &[TransactionId]) -> Vec<Outcome> {
        let state = self.state();
        let outcome = |id: &TransactionId| match state.final_at.get(id) {
            Some(height) => Outcome::Final { height: *height },
            None if state.waiting.contains(id) => Outcome::Waiting,
            None if state.dropped.contains(id) => {
                Outcome::Dropped { rule: "AlreadySpent".to_owned(), message: "for the test".to_owned() }
            }
            None => Outcome::Unknown,
        };
        transactions.iter().map(outcome).collect()
    }

    fn blocks(&self, from: u64, most_bytes: usize, with_hints: bool) -> Result<Vec<BlockRecord>, BackendError> {
        self.check(from)?;
        let state = self.state();
        let (mut bytes, mut found) = (0, Vec::new());
        for (_, record) in state.blocks.iter().skip(from as usize - 1) {
            bytes += record.body.len();
            if bytes > most_bytes && !found.is_empty() || state.broken_from == Some(record.height) {
                break;
            }
            // Block 1 is so old that its hints are forgotten.
            let hints = record.hints.clone().filter(|_| with_hints && record.height > 1);
            found.push(BlockRecord { hints, ..record.clone() });
        }
        Ok(found)
    }

    fn announcements(&self, from: u64, most: usize) -> Result<Vec<NewBlock>, BackendError> {
        self.check(from)?;
        Ok(self.state().blocks.iter().skip(from as usize - 1).take(most).map(|(brief, _)| brief.clone()).collect())
    }

    fn hint_days(&self) -> Result<Vec<HintsDay>, BackendError> {
        let entry = |day, bytes| HintsDay { day: Day::of_unix(day), bytes };
        Ok(vec![entry(START - 86_400, 0), entry(START, self.state().hints.len() as u64)])
    }

    fn read_hints(&self, _: Day, offset: u64, length: usize) -> Result<Vec<u8>, BackendError> {
        let state = self.state();
        let rest = &state.hints[(offset as usize).min(state.hints.len())..];
        Ok(rest[..rest.len().min(length)].to_vec())
    }

    fn finality(&self, height: u64) -> Result<Option<Finality>, BackendError> {
        self.check(height)?;
        let state = self.state();
        let rest = state.blocks.iter().skip(height as usize - 1);
        let covering = rest.clone().find(|(_, record)| !record.certificate.is_empty());
        Ok(covering.map(|(_, certified)| Finality {
            headers: rest
                .map(|(_, record)| record.body.clone())
                .take((certified.height - height) as usize + 1)
                .collect(),
            certificate: certified.certificate.clone(),
            epoch: 2,
            signers: vec![0, 1],
        }))
    }

    fn contracts(&self, window: Window, from: u64, most: usize) -> Result<ContractPage, BackendError> {
        self.check(window.0)?;
        let state = self.state();
        let all = state.contracts.get(&window.0).cloned().unwrap_or_default();
        let contracts = all.iter().skip(from as usize).take(most).copied().collect();
        Ok(ContractPage { total: all.len() as u64, contracts })
    }

    fn trading(&self) -> Trading {
        Trading { utilities: vec![Utility::Electricity, Utility::Water], first_window: Window(START / 3600 - 100) }
    }

    fn operator(&self, window: Window) -> Result<Option<[u8; 32]>, BackendError> {
        // Nobody was registered before the network began.
        Ok((window.0 >= START / 3600).then_some([0x0b; 32]))
    }

    fn auctions(&self, from: Window, count: u64) -> Result<Vec<AuctionView>, BackendError> {
        self.check(from.0)?;
        let asked = (from, Utility::Electricity)..(Window(from.0.saturating_add(count)), Utility::Electricity);
        Ok(self.state().auctions.range(asked).map(|(_, detail)| detail.view).collect())
    }

    fn auction(&self, utility: Utility, window: Window) -> Result<Option<AuctionDetail>, BackendError> {
        self.check(window.0)?;
        Ok(self.state().auctions.get(&(window, utility)).cloned())
    }

    fn meters(&self) -> Result<Vec<MeterView>, BackendError> {
        self.check(0)?;
        let meter = |id: u32, utility, class_bits, sequence| MeterView {
            id: MeterId(id),
            utility,
            class_bits,
            key: *SigningKey::from_bytes(&[id as u8 + 1; 32]).verifying_key().as_bytes(),
            sequence,
            last: TransactionId([sequence as u8; 64]),
            next_window: Window(498_672 + sequence),
        };
        Ok(vec![meter(0, Utility::Electricity, 16, 0), meter(1, Utility::Water, 32, 7)])
    }

    fn set_clock(&self, time: Timestamp) -> Timestamp {
        let mut state = self.state();
        state.now = state.now.max(time.0);
        Timestamp(state.now)
    }
}
