//! What a chain says of totals, gathered in one pass over it, from a file or block by block.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    path::Path,
};

use hushwatt_crypto::{
    CryptoError, NetworkId,
    sharing::{Member, PublicSum, Quorum, ReleasedShare, combine},
};
use hushwatt_ledger::{
    block::Block,
    committee::Cohort,
    disclosure::At,
    genesis::Genesis,
    parameters::{Parameters, TotalsParameters},
    state::{LedgerState, MemoryState, MeteredPeriod, StateError},
    transaction::{
        Action, TransactionId,
        clear::{ClearStatement, Outcome},
        correct::Correct,
        open::ContractId,
        registry::RegistryChange,
        release::Release,
        request::{Request, Target},
    },
    units::{Credit, MeterId, Period, Timestamp, Utility, Window},
};
use serde::Serialize;

use crate::{
    follow::{FactsError, Followed, Follower, Watch, follow_path, follow_reader},
    tally::in_force,
    verify::Progress,
};

/// Of which chain, and what beside its totals.
#[derive(Clone, Copy, Debug)]
pub struct TotalsWanted {
    /// The community's network.
    pub network: NetworkId,
    /// When the supply in circulation is asked for.
    pub supply_at: Option<Timestamp>,
}

/// Gathers the totals of an exported chain, or of the one in a node's folder.
///
/// # Errors
/// [`FactsError`].
pub fn totals_from_path(
    path: &Path,
    wanted: &TotalsWanted,
    progress: &mut dyn Progress,
) -> Result<TotalsFacts, FactsError> {
    let start = |genesis| Follower::<TotalsWatch>::new(genesis, wanted);
    Ok(follow_path(path, &wanted.network, start, progress)?.into())
}

/// Gathers the totals of a chain from any source of bytes; `total` is their number, for the progress only.
///
/// # Errors
/// [`FactsError`].
pub fn totals_from_reader<R: Read>(
    source: R,
    total: u64,
    wanted: &TotalsWanted,
    progress: &mut dyn Progress,
) -> Result<TotalsFacts, FactsError> {
    let start = |genesis| Follower::<TotalsWatch>::new(genesis, wanted);
    Ok(follow_reader(source, total, &wanted.network, start, progress)?.into())
}

/// Looks out for cohorts, requests, releases, trades and corrections.
pub struct TotalsWatch {
    network: NetworkId,
    parameters: Parameters,
    supply_at: Option<Timestamp>,
    /// Contracts that may still be delivered to.
    open: HashMap<ContractId, (Utility, Window)>,
    /// When those that expired are forgotten the next time.
    sweep: Timestamp,
    found: Found,
}

/// What was found.
#[derive(Default)]
struct Found {
    /// By the time from which on they are in force. The ledger keeps only those of periods that can still be released.
    cohorts: BTreeMap<Timestamp, Vec<Cohort>>,
    asked: BTreeMap<(Period, Target), AskedTotal>,
    delivered: BTreeMap<(Period, Utility), u64>,
    late: Vec<Late>,
    supply: Option<(At, Credit)>,
}

/// A total that was asked for.
pub(super) struct AskedTotal {
    /// The block of the request.
    pub asked: At,
    /// The registrar who asked.
    pub registrar: u8,
    /// Meters or trades that are in.
    pub count: u32,
    /// What the released shares open.
    pub sums: [PublicSum; 2],
    /// How many shares that takes.
    pub quorum: Quorum,
    /// Meters that are left out, and why.
    pub left_out: Vec<(MeterId, LeftOutReason)>,
    /// In the order in which they came.
    pub releases: Vec<(Member, At, [ReleasedShare; 2])>,
}

/// Why a meter is not in the total of its cohort.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum LeftOutReason {
    /// It had not attested all of the period when that closed.
    Incomplete {
        /// Windows that it had attested.
        windows: u32,
        /// Windows of a period.
        of: u64,
    },
    /// It did not share what opens its sums.
    NotShared,
    /// What it shared was wrong, as a member of the committee showed.
    SharedWrongly,
    /// It shared; as one or two others did not, lots were drawn who else is left out, so that there are three.
    ToMakeThree,
}

/// A correction that came after its period had closed.
#[derive(Clone, Copy)]
pub(super) struct Late {
    pub at: At,
    pub id: TransactionId,
    pub meter: MeterId,
    pub window: Window,
    pub period: Period,
}

/// What a chain says of totals.
pub struct TotalsFacts {
    genesis: Genesis,
    state: MemoryState,
    tip: At,
    found: Found,
}

impl Follower<TotalsWatch> {
    /// Before the first block.
    ///
    /// # Errors
    /// The genesis is that of another network.
    pub fn new(genesis: Genesis, wanted: &TotalsWanted) -> Result<Self, FactsError> {
        Follower::of_network(genesis, &wanted.network, |genesis| TotalsWatch {
            network: wanted.network,
            parameters: genesis.parameters.clone(),
            supply_at: wanted.supply_at,
            open: HashMap::new(),
            sweep: Timestamp(0),
            found: Found::default(),
        })
    }

    /// All that was found; blocks that no certificate covers do not count.
    ///
    /// # Errors
    /// [`FactsError::NoBlocks`].
    pub fn finish(self) -> Result<TotalsFacts, FactsError> {
        Ok(self.end()?.into())
    }
}

impl Watch for TotalsWatch {
    fn block(&mut self, at: At, block: Block, ledger: &LedgerState<'_>) -> Result<(), StateError> {
        if self.supply_at.is_some_and(|time| at.time <= time) {
            self.found.supply = Some((at, in_circulation(ledger)?));
        }
        let Some(totals) = self.parameters.totals else { return Ok(()) };
        if at.time >= self.sweep {
            self.open.retain(|_, (_, window)| self.parameters.deliver_until(*window) >= at.time);
            self.sweep = at.time.plus(self.parameters.window);
        }
        for transaction in &block.transactions {
            match transaction.action() {
                Action::Open(open) => {
                    let terms = &open.statement.contract;
                    let id = ContractId::of(&self.network, transaction.id());
                    self.open.insert(id, (terms.utility, terms.window));
                }
                Action::Deliver(deliver) => {
                    for delivery in &deliver.statement.deliveries {
                        if let Some((utility, window)) = self.open.remove(&delivery.contract) {
                            let period = totals.period_at(self.parameters.window_start(window));
                            self.found.delivered(period, utility);
                        }
                    }
                }
                Action::Clear(clear) => self.cleared(&totals, &clear.statement, ledger)?,
                Action::Correct(correct) => self.corrected(&totals, at, transaction.id(), correct),
                Action::Registry(registry) => self.found.named(at, &registry.statement.change),
                Action::Request(request) => self.found.asked(at, request, &self.parameters, ledger)?,
                _ => {}
            }
        }
        for transaction in &block.transactions {
            if let Action::Release(release) = transaction.action() {
                self.found.released(at, release);
            }
        }
        Ok(())
    }
}

fn in_circulation(ledger: &LedgerState<'_>) -> Result<Credit, StateError> {
    let counters = ledger.counters()?;
    let rest = counters.minted.checked_sub(counters.burned).and_then(|rest| rest.checked_sub(counters.fees));
    rest.ok_or(StateError::Missing("credit that was burned"))
}

impl TotalsWatch {
    /// Orders that sell are trades, whatever they got: how much it is, nobody sees.
    fn cleared(
        &mut self,
        totals: &TotalsParameters,
        statement: &ClearStatement,
        ledger: &LedgerState<'_>,
    ) -> Result<(), StateError> {
        let Outcome::Trade { fills, .. } = &statement.outcome else { return Ok(()) };
        let period = totals.period_at(self.parameters.window_start(statement.window));
        for fill in fills {
            if ledger.trade(period, statement.utility, &fill.order.into())?.is_some() {
                self.found.delivered(period, statement.utility);
            }
        }
        Ok(())
    }

    fn corrected(&mut self, totals: &TotalsParameters, at: At, id: &TransactionId, correct: &Correct) {
        let (meter, window) = (correct.statement.meter, correct.statement.window);
        let period = totals.period_at(self.parameters.window_start(window));
        if at.time > totals.times(period).close {
            self.found.late.push(Late { at, id: *id, meter, window, period });
        }
    }
}

impl Found {
    fn named(&mut self, at: At, change: &RegistryChange) {
        if let RegistryChange::Cohorts(cohorts) = change {
            self.cohorts.insert(at.time, cohorts.clone());
        }
    }

    fn delivered(&mut self, period: Period, utility: Utility) {
        *self.delivered.entry((period, utility)).or_default() += 1;
    }

    fn asked(
        &mut self,
        at: At,
        request: &Request,
        parameters: &Parameters,
        ledger: &LedgerState<'_>,
    ) -> Result<(), StateError> {
        let statement = &request.statement;
        let (period, target) = (statement.period, statement.target);
        let record = ledger.total(period, target)?.ok_or(StateError::Missing("a total that was asked for"))?;
        let committee = ledger.committee_of(period)?.ok_or(StateError::Missing("the committee of a total"))?;
        let mut left_out = Vec::new();
        for meter in &statement.left_out {
            left_out.push((*meter, why_left_out(parameters, ledger.metered_period(period, *meter)?)));
        }
        let asked = AskedTotal {
            asked: at,
            registrar: statement.registrar,
            count: record.count,
            sums: record.sums,
            quorum: committee.quorum(),
            left_out,
            releases: Vec::new(),
        };
        self.asked.insert((period, target), asked);
        Ok(())
    }

    fn released(&mut self, at: At, release: &Release) {
        let statement = &release.statement;
        if let Some(total) = self.asked.get_mut(&(statement.period, statement.target)) {
            total.releases.push((statement.member, at, statement.shares));
        }
    }
}

fn why_left_out(parameters: &Parameters, record: Option<MeteredPeriod>) -> LeftOutReason {
    let windows = record.as_ref().map_or(0, |record| record.windows);
    match record.and_then(|record| record.share) {
        Some(share) if share.wrong => LeftOutReason::SharedWrongly,
        Some(_) => LeftOutReason::ToMakeThree,
        None => match parameters.windows_per_period() {
            Some(of) if u64::from(windows) < of => LeftOutReason::Incomplete { windows, of },
            _ => LeftOutReason::NotShared,
        },
    }
}

impl From<Followed<TotalsWatch>> for TotalsFacts {
    fn from(followed: Followed<TotalsWatch>) -> Self {
        let Followed { genesis, state, tip, watch, .. } = followed;
        TotalsFacts { genesis, state, tip, found: watch.found }
    }
}

impl AskedTotal {
    /// How many releases are still needed.
    pub fn missing(&self) -> u8 {
        let there = u8::try_from(self.releases.len()).unwrap_or(u8::MAX);
        self.quorum.threshold().saturating_sub(there)
    }

    /// The two values, from the first releases that suffice; `None` before.
    ///
    /// # Errors
    /// What comes out does not open the ledger's commitment, which a chain that keeps the rules excludes.
    pub fn open(&self) -> Option<Result<[u64; 2], CryptoError>> {
        if self.missing() > 0 {
            return None;
        }
        let first = self.releases.iter().take(usize::from(self.quorum.threshold()));
        let shares =
            |which: usize| first.clone().map(|(member, _, shares)| (*member, shares[which])).collect::<Vec<_>>();
        let value = |which: usize| combine(self.quorum, &shares(which), &self.sums[which].commitment);
        Some(value(0).and_then(|one| Ok([one, value(1)?])))
    }
}

impl TotalsFacts {
    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The last final block.
    pub fn tip(&self) -> At {
        self.tip
    }

    /// The ledger at its end.
    pub(super) fn ledger(&self) -> LedgerState<'_> {
        LedgerState::new(&self.genesis, &self.state)
    }

    /// The cohorts of a period that begins at a time, in order.
    pub(super) fn cohorts(&self, start: Timestamp) -> &[Cohort] {
        in_force(&self.found.cohorts, start).map_or(&[], |(_, cohorts)| cohorts)
    }

    /// A total, if it was asked for.
    pub(super) fn total(&self, period: Period, target: Target) -> Option<&AskedTotal> {
        self.found.asked.get(&(period, target))
    }

    /// How many trades of a period something was delivered in.
    pub(super) fn delivered(&self, period: Period, utility: Utility) -> u64 {
        self.found.delivered.get(&(period, utility)).copied().unwrap_or_default()
    }

    /// Corrections that came after their period had closed.
    pub(super) fn late(&self) -> &[Late] {
        &self.found.late
    }

    /// Credit in circulation at the time that was asked about, with the last block until then.
    pub(super) fn supply(&self) -> Option<(At, Credit)> {
        self.found.supply
    }
}
