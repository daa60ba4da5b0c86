//! What a gateway knows: the sum of all records. Pure: the same records give the same state.

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_ledger::{
    transaction::{MAX_TRANSACTION_BYTES, TransactionId, attest::MAX_WINDOWS},
    units::{Period, Timestamp, Window},
};
use hushwatt_meter_attest::{
    ChainPosition, Draft, Metered,
    registers::{Event, Outcome, Registers, WindowState},
};

use super::{
    error::{Refusal, StoreError},
    periods::{PeriodSums, Periods, Settled},
    record::{Content, Outgoing, Record},
};

/// Most attested windows that are kept, whatever the caller forgets: two years of hours.
pub(super) const MAX_ATTESTED: usize = 20_000;
/// Most warnings that are kept.
pub(super) const MAX_WARNINGS: usize = 200;
/// Transactions for one place of the chain that are remembered.
pub(super) const MAX_EARLIER: usize = 16;

/// A transaction that waits to be seen on the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// What was built.
    pub outgoing: Outgoing,
    /// How often it was sent.
    pub submissions: u32,
    /// When last.
    pub submitted: Option<Timestamp>,
}

/// A window that is on the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attested {
    /// Sequence number of the transaction with its present values.
    pub sequence: u64,
    /// When a final block was seen to have it.
    pub at: Timestamp,
    /// Its values.
    pub draft: Draft,
    /// Whether they were corrected.
    pub corrected: bool,
}

/// Something for the installer, shown until he has seen it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Its number, from 0.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Whether he has.
    pub acknowledged: bool,
}

/// Sums of all that is attested, base units.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// Exported.
    pub export: u64,
    /// Imported.
    pub import: u64,
}

/// What a gateway knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    pub(super) registers: Registers,
    pub(super) position: ChainPosition,
    /// Values of windows that were built into a transaction and are not yet confirmed.
    pub(super) frozen: BTreeMap<Window, Draft>,
    pub(super) waiting: Option<Waiting>,
    /// Transactions built before the waiting one for the same place: one of them may still turn up.
    pub(super) earlier: Vec<(TransactionId, Content)>,
    pub(super) attested: Arc<BTreeMap<Window, Attested>>,
    pub(super) sums: Sums,
    pub(super) warnings: Vec<Warning>,
    pub(super) next_warning: u64,
    pub(super) periods: Arc<Periods>,
}

/// What a record led to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Reply {
    pub outcome: Option<Outcome>,
    pub events: Vec<Event>,
}

impl From<Vec<Event>> for Reply {
    fn from(events: Vec<Event>) -> Self {
        Reply { outcome: None, events }
    }
}

impl State {
    pub(super) fn new(registers: Registers, position: ChainPosition) -> Self {
        State {
            registers,
            position,
            frozen: BTreeMap::new(),
            waiting: None,
            earlier: Vec::new(),
            attested: Arc::default(),
            sums: Sums::default(),
            warnings: Vec::new(),
            next_warning: 0,
            periods: Arc::default(),
        }
    }

    /// The engine.
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// Where the meter's chain stands.
    pub fn position(&self) -> ChainPosition {
        self.position
    }

    /// The values to attest of a window: those that were built before, else the engine's; `None` while it is not decided.
    pub fn draft(&self, window: Window) -> Option<Draft> {
        if let Some(draft) = self.frozen.get(&window) {
            return Some(draft.clone());
        }
        match self.registers.window(window) {
            WindowState::Ready(draft) => Some(draft),
            WindowState::TooLarge { .. } | WindowState::Open | WindowState::Forgotten => None,
        }
    }

    /// Whether a window's values are fixed by a transaction that was built.
    pub fn is_frozen(&self, window: Window) -> bool {
        self.frozen.contains_key(&window)
    }

    /// The transaction that waits to be seen on the ledger.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// Whether a transaction is one that was built for the next place of the chain.
    pub fn is_ours(&self, id: &TransactionId) -> bool {
        self.content_of(id).is_some()
    }

    /// What is on the ledger, by window, as far back as it is kept.
    pub fn attested(&self) -> &BTreeMap<Window, Attested> {
        &self.attested
    }

    /// Sums of all that is attested, what is forgotten included.
    pub fn sums(&self) -> Sums {
        self.sums
    }

    /// Warnings, oldest first.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Periods of which the sums are not shared yet.
    pub fn periods(&self) -> &BTreeMap<Period, PeriodSums> {
        &self.periods.open
    }

    /// The last periods that were shared, or never will be, oldest first.
    pub fn settled(&self) -> &[Settled] {
        &self.periods.settled
    }

    pub(crate) fn content_of(&self, id: &TransactionId) -> Option<&Content> {
        let waiting = self.waiting.as_ref().map(|waiting| (&waiting.outgoing.id, &waiting.outgoing.content));
        let earlier = self.earlier.iter().map(|(id, content)| (id, content));
        waiting.into_iter().chain(earlier).find(|(known, _)| *known == id).map(|(_, content)| content)
    }

    /// Takes a record, or refuses it and may be left in between: try it on a copy, or know that it cannot be refused.
    pub(super) fn apply(&mut self, record: &Record) -> Result<Reply, StoreError> {
        match record {
            Record::Sample { sample, .. } => {
                let reaction = self.registers.accept(sample)?;
                return Ok(Reply { outcome: Some(reaction.outcome), events: reaction.events });
            }
            Record::Tick { now, .. } => return Ok(self.registers.tick(*now).into()),
            Record::ClockSet { before, after } => {
                return Ok(vec![self.registers.clock_was_set(*before, *after)].into());
            }
            Record::Substituted(values) => self.registers.substitute(values)?,
            Record::GivenUp(window) => {
                if !self.registers.give_up(*window) {
                    return Err(Refusal::NothingOpen(*window).into());
                }
            }
            Record::Configured(config) => self.registers.reconfigure(config.clone())?,
            Record::Built(outgoing) => self.build(outgoing)?,
            Record::Submitted(at) => {
                let waiting = self.waiting.as_mut().ok_or(Refusal::NotOurs)?;
                waiting.submissions = waiting.submissions.saturating_add(1);
                waiting.submitted = Some(*at);
            }
            Record::Confirmed { id, at, counted } => {
                self.confirm(id, *at)?;
                if !counted.is_empty() {
                    Arc::make_mut(&mut self.periods).count(counted, *at);
                }
            }
            Record::Shared(period, share) => Arc::make_mut(&mut self.periods).build(*period, share)?,
            Record::Settled(settled) => Arc::make_mut(&mut self.periods).settle(*settled)?,
            Record::Adopted(position) => self.adopt(*position)?,
            Record::Warned { at, text } => self.warn(*at, text),
            Record::Acknowledged(number) => {
                let warning = self.warnings.iter_mut().find(|warning| warning.number == *number);
                warning.ok_or(Refusal::NoWarning(*number))?.acknowledged = true;
            }
            Record::Forgot(window) => {
                if *window > self.position.next_window {
                    return Err(Refusal::NotYetAttested(self.position.next_window).into());
                }
                self.registers.forget_before(*window);
                if self.attested.keys().next().is_some_and(|first| first < window) {
                    let attested = Arc::make_mut(&mut self.attested);
                    *attested = attested.split_off(window);
                }
                if !self.periods.open.is_empty() {
                    Arc::make_mut(&mut self.periods).fold(*window);
                }
            }
        }
        Ok(Reply::default())
    }

    /// Fixes the values of a transaction that is about to be sent.
    fn build(&mut self, outgoing: &Outgoing) -> Result<(), Refusal> {
        let next = self.position.sequence.saturating_add(1);
        if outgoing.sequence != next {
            return Err(Refusal::NotNext { found: outgoing.sequence, next });
        }
        if outgoing.bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(Refusal::TooLong);
        }
        let whole = |draft: &Draft| draft.metered.len() as u64 == self.registers.config().intervals;
        match &outgoing.content {
            Content::Attestation { first, drafts } => {
                if *first != self.position.next_window {
                    return Err(Refusal::NotContiguous { found: *first, next: self.position.next_window });
                }
                if !(1..=MAX_WINDOWS).contains(&drafts.len()) || !drafts.iter().all(whole) {
                    return Err(Refusal::Shape);
                }
                for (window, draft) in (first.0..).map(Window).zip(drafts) {
                    if self.draft(window).as_ref() != Some(draft) {
                        return Err(Refusal::OtherValues(window));
                    }
                    self.frozen.insert(window, draft.clone());
                    self.registers.freeze(window);
                }
            }
            Content::Correction { window, draft } => {
                if !self.attested.contains_key(window) {
                    return Err(Refusal::NotAttested(*window));
                }
                if !whole(draft) {
                    return Err(Refusal::Shape);
                }
            }
        }
        if let Some(before) = self.waiting.take() {
            self.earlier.push((before.outgoing.id, before.outgoing.content));
            let excess = self.earlier.len().saturating_sub(MAX_EARLIER);
            self.earlier.drain(..excess);
        }
        self.waiting = Some(Waiting { outgoing: outgoing.clone(), submissions: 0, submitted: None });
        Ok(())
    }

    /// A final block has it: the chain moves on.
    fn confirm(&mut self, id: &TransactionId, at: Timestamp) -> Result<(), Refusal> {
        let content = self.content_of(id).cloned().ok_or(Refusal::NotOurs)?;
        let sequence = self.position.sequence.saturating_add(1);
        let mut next_window = self.position.next_window;
        let attested = Arc::make_mut(&mut self.attested);
        match content {
            Content::Attestation { first, drafts } => {
                next_window = Window(first.0.saturating_add(drafts.len() as u64));
                for (window, draft) in (first.0..).map(Window).zip(drafts) {
                    self.sums.add(&draft);
                    self.frozen.remove(&window);
                    attested.insert(window, Attested { sequence, at, draft, corrected: false });
                }
            }
            Content::Correction { window, draft } => {
                self.sums.add(&draft);
                let corrected = Attested { sequence, at, draft, corrected: true };
                if let Some(old) = attested.insert(window, corrected) {
                    self.sums.subtract(&old.draft);
                }
            }
        }
        while attested.len() > MAX_ATTESTED {
            attested.pop_first();
        }
        self.position = ChainPosition { sequence, last: *id, next_window };
        self.waiting = None;
        self.earlier.clear();
        Ok(())
    }

    /// Goes on where the ledger stands, after a lost or an old disk.
    fn adopt(&mut self, position: ChainPosition) -> Result<(), Refusal> {
        if position.sequence <= self.position.sequence || position.next_window < self.position.next_window {
            return Err(Refusal::NotAhead);
        }
        self.frozen = self.frozen.split_off(&position.next_window);
        if let Some(last) = position.next_window.0.checked_sub(1) {
            self.registers.freeze(Window(last));
        }
        self.position = position;
        self.waiting = None;
        self.earlier.clear();
        Ok(())
    }

    fn warn(&mut self, at: Timestamp, text: &str) {
        let warning = Warning { number: self.next_warning, at, text: text.to_owned(), acknowledged: false };
        self.next_warning = self.next_warning.saturating_add(1);
        self.warnings.push(warning);
        if self.warnings.len() > MAX_WARNINGS {
            let oldest = self.warnings.iter().position(|warning| warning.acknowledged).unwrap_or(0);
            self.warnings.remove(oldest);
        }
    }
}

impl Sums {
    fn of(draft: &Draft) -> (u64, u64) {
        let sum = |of: fn(&Metered) -> u32| draft.metered.iter().map(|metered| u64::from(of(metered))).sum();
        (sum(|metered| metered.export.0), sum(|metered| metered.import.0))
    }

    fn add(&mut self, draft: &Draft) {
        let (export, import) = Self::of(draft);
        self.export = self.export.saturating_add(export);
        self.import = self.import.saturating_add(import);
    }

    fn subtract(&mut self, draft: &Draft) {
        let (export, import) = Self::of(draft);
        self.export = self.export.saturating_sub(export);
        self.import = self.import.saturating_sub(import);
    }
}
