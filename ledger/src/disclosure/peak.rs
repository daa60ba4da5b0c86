//! That a meter stayed below a limit: made, and held against the ledger. What it says in numbers: `docs/circuits/peak.md`.

use hushwatt_circuits::{CircuitProof, peak};
use hushwatt_crypto::{Element, Rng, commitment::Opening, meter::Register};

use super::{
    Claim, Disclosure, DisclosureError, Facts, Proof, ProveError, Request, Statement,
    calendar::{Calendar, Hours, Period},
    period::{HeldWindow, Over, Placed, ProvenPeriod, committed},
    statement::text,
};
use crate::{codec::Writer, genesis::Genesis, parameters::Parameters, units::MeterId};

/// Most days of a peak.
pub const MAX_PEAK_DAYS: u32 = 31;
/// Most proofs of a peak: of a limit of 32 bits, the longest period and the shortest intervals.
pub const MAX_PEAK_PARTS: usize = peak::MAX_INTERVALS.div_ceil(peak::MAX_GATES / 32);

/// In no interval of these hours was more taken, or given, than this a an hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeakClaim {
    /// Which meter.
    pub meter: MeterId,
    /// What counts is what is in force after this block.
    pub height: u64,
    /// What was taken (import) or given (export).
    pub register: Register,
    /// Which days, at most 31.
    pub period: Period,
    /// By whose clock.
    pub calendar: Calendar,
    /// Which hours, up to 32 entries; none for all.
    pub hours: Vec<Hours>,
    /// Base units an hour: watts, or litres an hour.
    pub limit: u32,
}

/// A peak that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenPeak {
    /// Of what. Its intervals are those in the hours only.
    pub period: ProvenPeriod,
    /// Which hours; none for all.
    pub hours: Vec<Hours>,
    /// Base units an hour.
    pub limit: u32,
}

impl PeakClaim {
    pub(super) fn over(&self) -> Over<'_> {
        let PeakClaim { meter, height, register, period, calendar, .. } = self;
        Over { meter: *meter, register: *register, height: *height, period, calendar }
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.meter.0).u64(self.height).u8(self.register as u8);
        self.period.encode(writer);
        text(writer, self.calendar.name());
        writer.count(self.hours.len());
        self.hours.iter().for_each(|hours| hours.encode(writer));
        writer.u32(self.limit);
    }

    /// The most of an interval: less than a base unit is cut off, since readings are whole.
    fn limit_of_interval(&self, parameters: &Parameters) -> u32 {
        let limit = u64::from(self.limit).saturating_mul(parameters.interval) / 3600;
        u32::try_from(limit).unwrap_or(u32::MAX)
    }

    /// The intervals that begin in the hours.
    fn chosen<T>(&self, placed: Placed<T>) -> Vec<T> {
        let chosen =
            |start| self.hours.is_empty() || self.hours.iter().any(|hours| hours.contain(&self.calendar, start));
        placed.into_iter().filter(|(start, _)| chosen(*start)).map(|(_, value)| value).collect()
    }
}

fn proven<'a>(
    statement: &'a Statement,
    digest: &'a [u8; 64],
    limit: u32,
    intervals: &'a [Element],
) -> peak::Statement<'a> {
    peak::Statement { network: &statement.network, digest, limit, intervals }
}

/// A household shows that it never took, or gave, more than a limit. `claim` says of what; `windows` are all of the period
/// that are on the ledger after the claim's block, with what opens what is in force of the register. `progress` is told how
/// many parts are done, and of how many.
///
/// Multiplications of points by secrets run in constant time; the circuit's arithmetic does not hide how long numbers are.
///
/// # Errors
/// `UnknownMeter`, `NoReadings`; `Circuit` if a reading is above the limit.
pub fn prove_peak(
    request: &Request,
    genesis: &Genesis,
    claim: &PeakClaim,
    windows: &[HeldWindow],
    rng: &mut impl Rng,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Disclosure, ProveError> {
    let parameters = &genesis.parameters;
    genesis.meter(claim.meter).ok_or(ProveError::UnknownMeter)?;
    let openings: Vec<Opening> = claim.chosen(claim.over().held(parameters, windows)).into_iter().cloned().collect();
    if openings.is_empty() {
        return Err(ProveError::NoReadings);
    }
    let (limit, intervals) = (claim.limit_of_interval(parameters), committed(&openings));
    let statement = request.statement_to_all(Claim::Peak(claim.clone()))?;
    let parts = peak::parts(limit, intervals.len());
    progress(0, parts);
    let digest = statement.digest();
    let about = proven(&statement, &digest, limit, &intervals);
    let proofs = peak::prove(&about, &openings, rng, &mut |done| progress(done, parts))?;
    Ok(Disclosure { statement, proof: Proof::Circuits(proofs) })
}

pub(super) fn check(
    statement: &Statement,
    claim: &PeakClaim,
    proofs: &[CircuitProof],
    facts: &dyn Facts,
) -> Result<ProvenPeak, DisclosureError> {
    let (placed, mut period) = claim.over().posted(facts)?;
    let intervals = claim.chosen(placed);
    if intervals.is_empty() {
        return Err(DisclosureError::NoReadings);
    }
    let limit = claim.limit_of_interval(&facts.genesis().parameters);
    if proofs.len() != peak::parts(limit, intervals.len()) {
        return Err(DisclosureError::ProofCount);
    }
    peak::verify(&proven(statement, &statement.digest(), limit, &intervals), proofs)
        .map_err(|_| DisclosureError::Circuit)?;
    period.intervals = intervals.len();
    Ok(ProvenPeak { period, hours: claim.hours.clone(), limit: claim.limit })
}
