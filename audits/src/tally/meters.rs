//! What each meter posted, corrected and missed, and with which key.

use std::collections::BTreeMap;

use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    traits::Identity,
};
use hushwatt_crypto::{Element, hash::hex, range::RangeBits, signature::VerifyingKey};
use hushwatt_ledger::{
    codec::{DecodeError, Reader, Writer},
    genesis::{Genesis, Meter},
    parameters::Parameters,
    state::{LedgerState, StateError},
    transaction::{
        TransactionId,
        attest::{AttestStatement, WindowStatus},
        correct::CorrectStatement,
        metered::Values,
    },
    units::{MeterId, Timestamp, Utility, Window},
};
use serde::Serialize;

use super::Difference;
use crate::folder::{Kept, kept};

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

/// What a missed window can be.
const MISSED: [&str; 4] = ["estimated", "late", "missing", "not_posted"];

impl Kept for MissedWindows {
    fn keep(&self, writer: &mut Writer) {
        let status = MISSED.iter().position(|status| *status == self.status);
        writer.count(status.unwrap_or(MISSED.len()));
        [self.first_window, self.last_window, self.from, self.until].iter().for_each(|value| value.keep(writer));
    }
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let status = *MISSED.get(usize::from(reader.u8()?)).ok_or(DecodeError::UnknownTag)?;
        let [first_window, last_window, from, until] = [reader.u64()?, reader.u64()?, reader.u64()?, reader.u64()?];
        Ok(MissedWindows { first_window, last_window, from, until, status })
    }
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
kept!(MeterWindows { meter, utility, measured, substituted, estimated, late, missing, not_posted, still_due, missed });

impl MeterWindows {
    /// Windows that were attested, whatever the status.
    pub fn posted(&self) -> u64 {
        self.measured + self.substituted + self.estimated + self.late + self.missing
    }

    /// Windows without a reading in time.
    pub fn missed_count(&self) -> u64 {
        self.estimated + self.late + self.missing + self.not_posted
    }
}

/// A window that a meter corrected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct CorrectedWindow {
    /// Number of the meter.
    pub meter: u32,
    /// Index of the window.
    pub window: u64,
    /// When it begins, unix seconds.
    pub from: u64,
    /// How often it was corrected.
    pub corrections: u64,
}

/// A meter that was given another key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReplacedMeter {
    /// Number of the meter.
    pub meter: u32,
    /// Height of the block.
    pub block: u64,
    /// Its class from then on, in bits.
    pub class_bits: usize,
    /// Its key from then on, in hexadecimal.
    pub key: String,
}
kept!(ReplacedMeter { meter, block, class_bits, key });

/// What is in force of a window that can still be corrected.
#[derive(Clone, Copy)]
struct InForce {
    export: CompressedRistretto,
    import: CompressedRistretto,
    corrections: u32,
    /// Nobody knows what it had; the ledger keeps it where there are totals.
    missing: bool,
}
kept!(InForce { export, import, corrections, missing });

/// What a correction changes of a window's sums.
pub(super) struct Changed {
    pub export: RistrettoPoint,
    pub import: RistrettoPoint,
    /// Nobody knew before what the window had.
    pub was_missing: bool,
}

struct Chain {
    windows: MeterWindows,
    registered: Meter,
    in_force: BTreeMap<u64, InForce>,
    /// How often each window was corrected that was.
    corrected: BTreeMap<u64, u64>,
    sequence: u64,
    last: TransactionId,
    next: u64,
    export: RistrettoPoint,
    import: RistrettoPoint,
}
kept!(Chain { windows, registered, in_force, corrected, sequence, last, next, export, import });

/// All meters in registration order.
pub(crate) struct Meters {
    chains: Vec<Chain>,
    replaced: Vec<ReplacedMeter>,
}
kept!(Meters { chains, replaced });

/// What meters did over the whole chain.
pub(crate) struct OfMeters {
    pub windows: Vec<MeterWindows>,
    pub corrections: Vec<CorrectedWindow>,
    pub replaced: Vec<ReplacedMeter>,
}

/// Sums of a window's exports and imports.
pub(super) fn sums(values: &Values<'_>) -> (RistrettoPoint, RistrettoPoint) {
    let sum = |points: &[hushwatt_crypto::Point]| points.iter().map(|value| value.point()).sum::<RistrettoPoint>();
    (sum(values.export), sum(values.import))
}

/// Whether a window can still be corrected: until its end and the term, where there is one.
fn correctable(parameters: &Parameters, window: u64, now: Timestamp) -> bool {
    let end = window.saturating_add(1).saturating_mul(parameters.window);
    parameters.correction_term > 0 && now.0 <= end.saturating_add(parameters.correction_term)
}

/// Windows below this one are over.
pub(crate) fn windows_over(parameters: &Parameters, now: Timestamp) -> u64 {
    now.0 / parameters.window
}

/// Windows below this one are past their attestation deadline (deadline < now).
pub(crate) fn windows_past_deadline(parameters: &Parameters, now: Timestamp) -> u64 {
    now.0.saturating_sub(parameters.attestation_deadline.saturating_add(1)) / parameters.window
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
            registered: meter.clone(),
            in_force: BTreeMap::new(),
            corrected: BTreeMap::new(),
            sequence: 0,
            last: TransactionId([0; 64]),
            next: first.saturating_add(1),
            export: RistrettoPoint::identity(),
            import: RistrettoPoint::identity(),
        });
        Meters { chains: chains.collect(), replaced: Vec::new() }
    }

    /// Takes in an attestation, which must continue its meter's chain; gives the utility.
    pub fn attested(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        id: &TransactionId,
        statement: &AttestStatement,
    ) -> Result<Utility, Difference> {
        let chain = self.chains.get_mut(statement.meter.0 as usize).ok_or(Difference::MeterChain)?;
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
                miss(&mut windows.missed, parameters, window, window, attested.status.name());
            }
            let (export, import) = sums(&attested.values());
            chain.export += export;
            chain.import += import;
            if correctable(parameters, window, now) {
                let (export, import) = (export.compress(), import.compress());
                let missing = attested.status == WindowStatus::Missing && parameters.totals.is_some();
                chain.in_force.insert(window, InForce { export, import, corrections: 0, missing });
            }
        }
        chain.in_force.retain(|window, _| correctable(parameters, *window, now));
        (chain.sequence, chain.last) = (statement.sequence, *id);
        chain.next = statement.first_window.0.saturating_add(statement.windows.len() as u64);
        Ok(chain.windows.utility)
    }

    /// Takes in a correction, which must continue its meter's chain and be of a window that can be corrected; gives what changes.
    pub fn corrected(
        &mut self,
        parameters: &Parameters,
        now: Timestamp,
        id: &TransactionId,
        statement: &CorrectStatement,
    ) -> Result<Changed, Difference> {
        let chain = self.chains.get_mut(statement.meter.0 as usize).ok_or(Difference::MeterChain)?;
        if chain.sequence.checked_add(1) != Some(statement.sequence) || chain.last != statement.previous {
            return Err(Difference::MeterChain);
        }
        let window = statement.window.0;
        let old = chain.in_force.get(&window).copied().filter(|_| correctable(parameters, window, now));
        let old = old.ok_or(Difference::Correction)?;
        let point = |bytes: CompressedRistretto| bytes.decompress().ok_or(Difference::Correction);
        let (export, import) = sums(&statement.values());
        let changed = Changed {
            export: export - point(old.export)?,
            import: import - point(old.import)?,
            was_missing: old.missing,
        };
        chain.export += changed.export;
        chain.import += changed.import;
        let corrections = old.corrections.saturating_add(1);
        let (export, import) = (export.compress(), import.compress());
        chain.in_force.insert(window, InForce { export, import, corrections, missing: false });
        *chain.corrected.entry(window).or_default() += 1;
        (chain.sequence, chain.last) = (statement.sequence, *id);
        Ok(changed)
    }

    /// Takes in that a meter has another class and key from now on.
    pub fn replaced(&mut self, block: u64, meter: MeterId, class: RangeBits, key: VerifyingKey) {
        let Some(chain) = self.chains.get_mut(meter.0 as usize) else { return };
        chain.registered = Meter { utility: chain.registered.utility, class, key };
        let key = hex(key.as_bytes());
        self.replaced.push(ReplacedMeter { meter: meter.0, block, class_bits: class.bits(), key });
    }

    /// Holds the ledger's record of each meter, of its key and of its windows against what was posted.
    pub fn compare(
        &self,
        parameters: &Parameters,
        now: Timestamp,
        ledger: &LedgerState<'_>,
    ) -> Result<Option<Difference>, StateError> {
        for chain in &self.chains {
            let meter = chain.windows.meter;
            let registered = ledger.registered(MeterId(meter))?;
            let expected = (chain.registered.class, chain.registered.key);
            if registered.map(|meter| (meter.class, meter.key)) != Some(expected) {
                return Ok(Some(Difference::MeterKey(meter)));
            }
            let record = ledger.meter(MeterId(meter))?;
            let same = record.sequence == chain.sequence
                && record.last == chain.last
                && record.next_window.0 == chain.next
                && record.export_sum == Element::new(chain.export)
                && record.import_sum == Element::new(chain.import);
            if !same {
                return Ok(Some(Difference::MeterRecord(meter)));
            }
            for (window, sums) in chain.in_force.iter().filter(|(window, _)| correctable(parameters, **window, now)) {
                let record = ledger.window(MeterId(meter), Window(*window))?;
                let same = record.is_some_and(|record| {
                    record.export_sum.as_bytes() == sums.export.as_bytes()
                        && record.import_sum.as_bytes() == sums.import.as_bytes()
                        && (record.corrections, record.missing) == (sums.corrections, sums.missing)
                });
                if !same {
                    return Ok(Some(Difference::WindowRecord { meter, window: *window }));
                }
            }
        }
        Ok(None)
    }

    /// What every meter did, with its windows as they stand at a time.
    pub fn at(self, parameters: &Parameters, now: Timestamp) -> OfMeters {
        let corrections = self.chains.iter().flat_map(|chain| {
            let meter = chain.windows.meter;
            chain.corrected.iter().map(move |(window, corrections)| {
                let from = parameters.window_start(Window(*window)).0;
                CorrectedWindow { meter, window: *window, from, corrections: *corrections }
            })
        });
        let (corrections, replaced) = (corrections.collect(), self.replaced);
        let (over, past) = (windows_over(parameters, now), windows_past_deadline(parameters, now));
        let finish = |Chain { mut windows, next, .. }| {
            windows.not_posted = past.saturating_sub(next);
            windows.still_due = over.saturating_sub(past.max(next));
            if windows.not_posted > 0 {
                miss(&mut windows.missed, parameters, next, past - 1, "not_posted");
            }
            windows
        };
        OfMeters { windows: self.chains.into_iter().map(finish).collect(), corrections, replaced }
    }
}
