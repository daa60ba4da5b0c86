//! What each meter posted, and what it missed.

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::Element;
use hushwatt_ledger::{
    genesis::Genesis,
    parameters::Parameters,
    state::MeterRecord,
    transaction::{
        TransactionId,
        attest::{AttestStatement, WindowStatus},
    },
    units::{MeterId, Timestamp, Utility, Window},
};
use serde::Serialize;

use super::Difference;

/// Consecutive windows that a meter missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct MissedWindows {
    /// Index of the first.
    pub first_window: u64,
    /// Index of the last.
    pub last_window: u64,
    /// When the first begins, unix seconds.
    pub from: u64,
    /// When the last ends, unix seconds.
    pub until: u64,
    /// `estimated`, `late`, `missing`, or `not_posted`.
    pub status: &'static str,
}

/// A meter's windows by status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct MeterWindows {
    /// Its place in the genesis.
    pub meter: u32,
    /// What it measures.
    pub utility: Utility,
    /// Read from the registers.
    pub measured: u64,
    /// Replaced by a settlement rule.
    pub substituted: u64,
    /// Spread over a gap.
    pub estimated: u64,
    /// Posted after the attestation deadline.
    pub late: u64,
    /// Posted as unknown.
    pub missing: u64,
    /// Over, and past the attestation deadline, but not posted.
    pub not_posted: u64,
    /// Over, and still in time.
    pub still_due: u64,
    /// Where it missed windows, in order.
    pub missed: Vec<MissedWindows>,
}

impl MeterWindows {
    /// Windows without a reading in time.
    pub fn missed_count(&self) -> u64 {
        self.estimated + self.late + self.missing + self.not_posted
    }
}

struct Chain {
    windows: MeterWindows,
    sequence: u64,
    last: TransactionId,
    next: u64,
    export: RistrettoPoint,
    import: RistrettoPoint,
}

/// All meters in registration order.
pub(crate) struct Meters(Vec<Chain>);

const fn status_name(status: WindowStatus) -> &'static str {
    match status {
        WindowStatus::Measured => "measured",
        WindowStatus::Substituted => "substituted",
        WindowStatus::Estimated => "estimated",
        WindowStatus::Late => "late",
        WindowStatus::Missing => "missing",
    }
}

fn miss(missed: &mut Vec<MissedWindows>, parameters: &Parameters, first: u64, last: u64, status: &'static str) {
    let until = parameters.window_end(Window(last)).0;
    match missed.last_mut() {
        Some(before) if before.status == status && before.last_window.saturating_add(1) == first => {
            (before.last_window, before.until) = (last, until);
        }
        _ => missed.push(MissedWindows {
            first_window: first,
            last_window: last,
            from: parameters.window_start(Window(first)).0,
            until,
            status,
        }),
    }
}

impl Meters {
    pub fn new(genesis: &Genesis) -> Self {
        let first = genesis.time.0 / genesis.parameters.window;
        let chains = genesis.meters().map(|(id, meter)| Chain {
            windows: MeterWindows {
                meter: id.0,
                utility: meter.utility,
                measured: 0,
                substituted: 0,
                estimated: 0,
                late: 0,
                missing: 0,
                not_posted: 0,
                still_due: 0,
                missed: Vec::new(),
            },
            sequence: 0,
            last: TransactionId([0; 64]),
            next: first.saturating_add(1),
            export: RistrettoPoint::identity(),
            import: RistrettoPoint::identity(),
        });
        Meters(chains.collect())
    }

    /// Takes in an attestation, which must continue its meter's chain; gives the utility.
    pub fn attested(
        &mut self,
        parameters: &Parameters,
        id: &TransactionId,
        statement: &AttestStatement,
    ) -> Result<Utility, Difference> {
        let chain = self.0.get_mut(statement.meter.0 as usize).ok_or(Difference::MeterChain)?;
        let continues = chain.sequence.checked_add(1) == Some(statement.sequence)
            && chain.last == statement.previous
            && chain.next == statement.first_window.0;
        if !continues {
            return Err(Difference::MeterChain);
        }
        for (Window(window), attested) in statement.indexed_windows() {
            let windows = &mut chain.windows;
            let count = match attested.status {
                WindowStatus::Measured => &mut windows.measured,
                WindowStatus::Substituted => &mut windows.substituted,
                WindowStatus::Estimated => &mut windows.estimated,
                WindowStatus::Late => &mut windows.late,
                WindowStatus::Missing => &mut windows.missing,
            };
            *count += 1;
            if !attested.status.mints() {
                miss(&mut windows.missed, parameters, window, window, status_name(attested.status));
            }
            chain.export += attested.export.iter().map(|value| value.point()).sum::<RistrettoPoint>();
            chain.import += attested.import.iter().map(|value| value.point()).sum::<RistrettoPoint>();
        }
        (chain.sequence, chain.last) = (statement.sequence, *id);
        chain.next = statement.first_window.0.saturating_add(statement.windows.len() as u64);
        Ok(chain.windows.utility)
    }

    /// Holds the ledger's record of each meter against its attestations.
    pub fn compare<E>(&self, ledger: impl Fn(MeterId) -> Result<MeterRecord, E>) -> Result<Option<Difference>, E> {
        for chain in &self.0 {
            let meter = chain.windows.meter;
            let record = ledger(MeterId(meter))?;
            let same = record.sequence == chain.sequence
                && record.last == chain.last
                && record.next_window.0 == chain.next
                && record.export_sum == Element::new(chain.export)
                && record.import_sum == Element::new(chain.import);
            if !same {
                return Ok(Some(Difference::MeterRecord(meter)));
            }
        }
        Ok(None)
    }

    /// The windows of every meter as they stand at a time.
    pub fn at(self, parameters: &Parameters, now: Timestamp) -> Vec<MeterWindows> {
        // Windows below these are over, and are past their deadline (deadline < now).
        let over = now.0 / parameters.window;
        let past = now.0.saturating_sub(parameters.attestation_deadline.saturating_add(1)) / parameters.window;
        let finish = |Chain { mut windows, next, .. }| {
            windows.not_posted = past.saturating_sub(next);
            windows.still_due = over.saturating_sub(past.max(next));
            if windows.not_posted > 0 {
                miss(&mut windows.missed, parameters, next, past - 1, "not_posted");
            }
            windows
        };
        self.0.into_iter().map(finish).collect()
    }
}
