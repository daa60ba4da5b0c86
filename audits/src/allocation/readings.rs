//! The readings in force: of each meter and window what was attested, or what it was corrected to last, from one pass over a
//! chain.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    path::Path,
};

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{Element, NetworkId, Point, meter::Register};
use hushwatt_ledger::{
    block::Block,
    disclosure::At,
    genesis::Genesis,
    state::{LedgerState, StateError},
    transaction::{Action, attest::WindowStatus, metered::Values},
    units::{Interval, MeterId, Timestamp, Window},
};

use super::{Per, Period};
use crate::{
    follow::{FactsError, Followed, Follower, Watch, follow_path, follow_reader},
    verify::Progress,
};

/// Which readings are looked out for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// On which network.
    pub network: NetworkId,
    /// Of these meters,
    pub meters: BTreeSet<MeterId>,
    /// in intervals or windows
    pub per: Per,
    /// from this one on,
    pub from: Period,
    /// and before this one.
    pub until: Period,
}

/// A window of a meter as it is in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posted {
    /// The block it was posted in.
    pub height: u64,
    /// How its values came about; `None` if the meter has corrected them.
    pub status: Option<WindowStatus>,
    export: Vec<Point>,
    import: Vec<Point>,
}

/// Looks out for readings.
pub struct Readings {
    meters: BTreeSet<MeterId>,
    windows: core::ops::RangeInclusive<Window>,
    posted: BTreeMap<(MeterId, Window), Posted>,
}

/// The readings of a chain.
pub struct ReadingFacts {
    genesis: Genesis,
    tip: At,
    posted: BTreeMap<(MeterId, Window), Posted>,
}

impl Follower<Readings> {
    /// Before the first block.
    ///
    /// # Errors
    /// The genesis is that of another network than the wanted one.
    pub fn new(genesis: Genesis, wanted: &Wanted) -> Result<Self, FactsError> {
        Follower::of_network(genesis, &wanted.network, |genesis| {
            let window = |period: Period| period.window(wanted.per, &genesis.parameters);
            let last = Period(wanted.until.0.saturating_sub(1));
            let windows = window(wanted.from)..=window(last);
            Readings { meters: wanted.meters.clone(), windows, posted: BTreeMap::new() }
        })
    }

    /// All that was found; blocks that no certificate covers do not count.
    ///
    /// # Errors
    /// [`FactsError::NoBlocks`].
    pub fn finish(self) -> Result<ReadingFacts, FactsError> {
        Ok(self.end()?.into())
    }
}

/// Gathers the readings of an exported chain, or of the one in a node's folder.
///
/// # Errors
/// [`FactsError`].
pub fn readings_from_path(
    path: &Path,
    wanted: &Wanted,
    progress: &mut dyn Progress,
) -> Result<ReadingFacts, FactsError> {
    Ok(follow_path(path, &wanted.network, |genesis| Follower::<Readings>::new(genesis, wanted), progress)?.into())
}

/// Gathers the readings of a chain from any source of bytes; `total` is their number, for the progress only.
///
/// # Errors
/// [`FactsError`].
pub fn readings_from_reader<R: Read>(
    source: R,
    total: u64,
    wanted: &Wanted,
    progress: &mut dyn Progress,
) -> Result<ReadingFacts, FactsError> {
    let start = |genesis| Follower::<Readings>::new(genesis, wanted);
    Ok(follow_reader(source, total, &wanted.network, start, progress)?.into())
}

impl Watch for Readings {
    fn block(&mut self, at: At, block: Block, _: &LedgerState<'_>) -> Result<(), StateError> {
        for transaction in &block.transactions {
            match transaction.action() {
                Action::Attest(attest) if self.meters.contains(&attest.statement.meter) => {
                    for (window, attested) in attest.statement.indexed_windows() {
                        self.keep(attest.statement.meter, window, at, Some(attested.status), attested.values());
                    }
                }
                Action::Correct(correct) if self.meters.contains(&correct.statement.meter) => {
                    let statement = &correct.statement;
                    self.keep(statement.meter, statement.window, at, None, statement.values());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Readings {
    fn keep(&mut self, meter: MeterId, window: Window, at: At, status: Option<WindowStatus>, values: Values<'_>) {
        if self.windows.contains(&window) {
            let (export, import) = (values.export.to_vec(), values.import.to_vec());
            self.posted.insert((meter, window), Posted { height: at.height, status, export, import });
        }
    }
}

impl From<Followed<Readings>> for ReadingFacts {
    fn from(followed: Followed<Readings>) -> Self {
        ReadingFacts { genesis: followed.genesis, tip: followed.tip, posted: followed.watch.posted }
    }
}

impl Posted {
    /// Whether its values stand for something: the zeros of a window that the meter did not know do not.
    pub fn counts(&self) -> bool {
        self.status != Some(WindowStatus::Missing)
    }
}

impl ReadingFacts {
    /// The genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The last final block known.
    pub fn tip(&self) -> At {
        self.tip
    }

    /// What is in force of a meter's window.
    pub fn in_force(&self, meter: MeterId, window: Window) -> Option<&Posted> {
        self.posted.get(&(meter, window))
    }

    /// The commitment to one interval, if there is a reading that stands for something.
    pub fn interval(&self, meter: MeterId, register: Register, interval: Interval) -> Option<Element> {
        let intervals = (self.genesis.parameters.intervals_per_window() as u64).max(1);
        let posted = self.in_force(meter, Window(interval.0 / intervals)).filter(|posted| posted.counts())?;
        let values = match register {
            Register::Export => &posted.export,
            Register::Import => &posted.import,
        };
        values.get(usize::try_from(interval.0 % intervals).ok()?).map(|point| *point.element())
    }

    /// The commitment to one period: the sum of its intervals; `None` without a reading that stands for something.
    pub fn period(&self, meter: MeterId, register: Register, per: Per, period: Period) -> Option<Element> {
        let commitments = period
            .intervals(per, &self.genesis.parameters)
            .map(|interval| self.interval(meter, register, interval).map(|commitment| *commitment.point()));
        let sum = commitments.sum::<Option<RistrettoPoint>>()?;
        Some(Element::new(sum))
    }

    /// First second of a period.
    pub fn start(&self, per: Per, period: Period) -> Timestamp {
        period.start(per, &self.genesis.parameters)
    }
}

/// What commits to nothing at all: a meter without a reading counts as zero.
pub(super) fn nothing() -> Element {
    Element::new(RistrettoPoint::identity())
}
