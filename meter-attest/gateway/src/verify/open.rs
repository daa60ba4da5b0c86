//! Attested values, opened against the commitments on the ledger.

use std::{collections::BTreeMap, sync::Arc};

use hushwatt_client::BaseUrl;
use hushwatt_crypto::{
    Point,
    commitment::find_value,
    meter::{DayKey, Register},
};
use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{
        attest::{AttestStatement, WindowStatus},
        correct::CorrectStatement,
    },
    units::{Interval, MeterId, Timestamp, Window},
};

use crate::{
    ledger::{Ledger, LedgerError, Said},
    store::State,
};

/// Attempts to reach a node before it is said that none can be.
const ATTEMPTS: u32 = 3;

/// Why nothing can be compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The chain.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No node.
    #[error("no node gives the chain: {0}")]
    NoNode(String),
    /// Another key.
    #[error("the reading key does not open interval {} of the ledger: it is another meter's, or the pairing was renewed", .0.0)]
    OtherKey(Interval),
    /// Not in the genesis.
    #[error("{0} is not registered in the genesis")]
    Unregistered(MeterId),
}

/// An attested interval, opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttestedInterval {
    /// Which.
    pub interval: Interval,
    /// How its window was posted.
    pub status: WindowStatus,
    /// Exported, base units.
    pub export: u32,
    /// Imported, base units.
    pub import: u32,
    /// Whether these are a correction's values.
    pub corrected: bool,
}

impl AttestedInterval {
    /// Whether its values stand for something: those of a missing window do only once they are corrected.
    pub fn has_value(&self) -> bool {
        self.status != WindowStatus::Missing || self.corrected
    }
}

/// Reads the chain from its certified blocks and opens what the meter attested between two times, as far as the key reaches:
/// intervals of days before the key's are left out. `progress` is told the height.
///
/// # Errors
/// [`VerifyError`].
pub fn ledger_readings(
    genesis: &Arc<Genesis>,
    meter: MeterId,
    key: &DayKey,
    nodes: &[BaseUrl],
    span: (Timestamp, Timestamp),
    progress: &mut dyn FnMut(u64),
) -> Result<BTreeMap<Interval, AttestedInterval>, VerifyError> {
    let mut ledger = Ledger::new(genesis.clone(), meter, nodes, None);
    let (mut statements, mut failures) = (Vec::new(), 0);
    loop {
        let read = ledger.read_on(|seen| {
            statements.push(seen.said.clone());
            Ok::<(), LedgerError>(())
        })?;
        progress(ledger.tip().height);
        if read.is_caught_up {
            break;
        }
        failures = if read.blocks > 0 { 0 } else { failures + 1 };
        if failures >= ATTEMPTS {
            let faults = ledger.state().nodes.into_iter().filter_map(|node| node.fault);
            return Err(VerifyError::NoNode(faults.collect::<Vec<_>>().join("; ")));
        }
    }
    in_force(genesis, key, &statements, span)
}

/// What a meter said, in its order, opened: of a window that was corrected, the last correction.
///
/// # Errors
/// [`VerifyError::OtherKey`], [`VerifyError::Unregistered`].
pub fn in_force(
    genesis: &Genesis,
    key: &DayKey,
    said: &[Said],
    span: (Timestamp, Timestamp),
) -> Result<BTreeMap<Interval, AttestedInterval>, VerifyError> {
    let mut all: BTreeMap<Interval, AttestedInterval> = BTreeMap::new();
    for one in said {
        match one {
            Said::Attested(statement) => {
                let opened = open_statement(genesis, key, statement, span)?;
                all.extend(opened.into_iter().map(|one| (one.interval, one)));
            }
            Said::Corrected(statement) => {
                for (interval, export, import) in open_correction(genesis, key, statement, span)? {
                    if let Some(attested) = all.get_mut(&interval) {
                        (attested.export, attested.import, attested.corrected) = (export, import, true);
                    }
                }
            }
        }
    }
    Ok(all)
}

/// Opens what an attestation says of the intervals between two times.
///
/// # Errors
/// [`VerifyError::OtherKey`], [`VerifyError::Unregistered`].
pub fn open_statement(
    genesis: &Genesis,
    key: &DayKey,
    statement: &AttestStatement,
    span: (Timestamp, Timestamp),
) -> Result<Vec<AttestedInterval>, VerifyError> {
    let mut all = Vec::new();
    for (window, attested) in statement.indexed_windows() {
        let posted = Posted { meter: statement.meter, salt: &statement.salt, window };
        for (interval, export, import) in posted.open(genesis, key, &attested.export, &attested.import, span)? {
            all.push(AttestedInterval { interval, status: attested.status, export, import, corrected: false });
        }
    }
    Ok(all)
}

fn open_correction(
    genesis: &Genesis,
    key: &DayKey,
    statement: &CorrectStatement,
    span: (Timestamp, Timestamp),
) -> Result<Vec<(Interval, u32, u32)>, VerifyError> {
    let posted = Posted { meter: statement.meter, salt: &statement.salt, window: statement.window };
    posted.open(genesis, key, &statement.export, &statement.import, span)
}

/// Where commitments stand on the ledger.
struct Posted<'a> {
    meter: MeterId,
    salt: &'a [u8; 32],
    window: Window,
}

impl Posted<'_> {
    /// Interval, exported, imported.
    fn open(
        &self,
        genesis: &Genesis,
        key: &DayKey,
        export: &[Point],
        import: &[Point],
        span: (Timestamp, Timestamp),
    ) -> Result<Vec<(Interval, u32, u32)>, VerifyError> {
        let (network, parameters) = (genesis.network(), &genesis.parameters);
        genesis.meter(self.meter).ok_or(VerifyError::Unregistered(self.meter))?;
        if parameters.window_end(self.window) <= span.0 || parameters.window_start(self.window) >= span.1 {
            return Ok(Vec::new());
        }
        let day = parameters.window_start(self.window).day();
        let Some(key) = key.advance(network, day) else { return Ok(Vec::new()) };
        let first = parameters.first_interval(self.window).0;
        let mut all = Vec::new();
        for (interval, (export, import)) in (first..).map(Interval).zip(export.iter().zip(import)) {
            let start = Timestamp(interval.0.saturating_mul(parameters.interval));
            if start < span.0 || start >= span.1 {
                continue;
            }
            let value = |register, commitment: &Point| {
                let blinding = key.reading_blinding(network, self.meter.0, self.salt, register, interval.0);
                let rest = commitment.point() - blinding.public().point();
                // The widest class there is: the class of a meter may have grown since.
                find_value(&rest, u32::from(u16::MAX))
                    .or_else(|| find_value(&rest, u32::MAX))
                    .ok_or(VerifyError::OtherKey(interval))
            };
            all.push((interval, value(Register::Export, export)?, value(Register::Import, import)?));
        }
        Ok(all)
    }
}

/// Intervals of which the gateway's own record says otherwise than the ledger: that is damage, or somebody else's attestation.
pub fn contradictions(
    genesis: &Genesis,
    on_ledger: &BTreeMap<Interval, AttestedInterval>,
    state: &State,
) -> Vec<Interval> {
    let mut wrong = Vec::new();
    for (window, kept) in state.attested() {
        let first = genesis.parameters.first_interval(*window).0;
        for (interval, metered) in (first..).map(Interval).zip(&kept.draft.metered) {
            let other = |one: &AttestedInterval| (one.export, one.import) != (metered.export.0, metered.import.0);
            if on_ledger.get(&interval).is_some_and(|one| one.has_value() && other(one)) {
                wrong.push(interval);
            }
        }
    }
    wrong
}
