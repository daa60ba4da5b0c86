//! That a meter stayed below a limit: made, and held against the ledger. What it says in numbers: `docs/circuits/peak.md`.

use hushwatt_circuits::peak;
use hushwatt_crypto::{Element, Rng, commitment::Opening, designated::VerifierSecret, meter::Register};

use super::{
    Circuits, Claim, Disclosure, DisclosureError, Facts, Proof, ProveError, Request, Statement,
    calendar::{Calendar, Hours, Period},
    period::{HeldWindow, Over, Placed, ProvenPeriod, committed},
    statement::text,
    tied::{Fresh, Tied, made_up},
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

    /// The ledger's commitments of the intervals in the hours, the limit of each, and what there is to say about the period.
    fn posted(&self, facts: &dyn Facts) -> Result<(Vec<Element>, u32, ProvenPeriod), DisclosureError> {
        let (placed, period) = self.over().posted(facts)?;
        let intervals = self.chosen(placed);
        if intervals.is_empty() {
            return Err(DisclosureError::NoReadings);
        }
        Ok((intervals, self.limit_of_interval(&facts.genesis().parameters), period))
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
    let limit = claim.limit_of_interval(parameters);
    let statement = request.statement(Claim::Peak(claim.clone()));
    let parts = peak::parts(limit, openings.len());
    progress(0, parts);
    let digest = statement.digest();
    let mut prove = |intervals: &[Element], openings: &[Opening], rng: &mut _| {
        peak::prove(&proven(&statement, &digest, limit, intervals), openings, rng, &mut |done| progress(done, parts))
    };
    let circuits = match request.audience.designation() {
        None => Circuits::Plain(prove(&committed(&openings), &openings, rng)?),
        Some(to) => {
            let fresh = Fresh::of(&statement, &openings, rng)?;
            let proofs = prove(&fresh.commitments(), fresh.openings(), rng)?;
            Circuits::Tied(fresh.tie(&statement, to, proofs, rng)?)
        }
    };
    Ok(Disclosure { statement, proof: Proof::Circuits(circuits) })
}

pub(super) fn check(
    statement: &Statement,
    claim: &PeakClaim,
    proof: &Circuits,
    facts: &dyn Facts,
) -> Result<ProvenPeak, DisclosureError> {
    let (ledger, limit, mut period) = claim.posted(facts)?;
    let (Circuits::Plain(proofs) | Circuits::Tied(Tied { circuits: proofs, .. })) = proof;
    if proofs.len() != peak::parts(limit, ledger.len()) {
        return Err(DisclosureError::ProofCount);
    }
    period.intervals = ledger.len();
    let intervals = match (statement.audience.designation(), proof) {
        (None, Circuits::Plain(_)) => ledger,
        (Some(to), Circuits::Tied(tied)) => tied.check(statement, to, &ledger)?,
        _ => return Err(DisclosureError::ProofKind),
    };
    peak::verify(&proven(statement, &statement.digest(), limit, &intervals), proofs)
        .map_err(|_| DisclosureError::Circuit)?;
    Ok(ProvenPeak { period, hours: claim.hours.clone(), limit: claim.limit })
}

/// What the verifier makes of it: nothing was used at all, in made-up commitments.
pub(super) fn simulate(
    statement: &Statement,
    claim: &PeakClaim,
    facts: &dyn Facts,
    verifier: &VerifierSecret,
    rng: &mut impl Rng,
) -> Result<Circuits, DisclosureError> {
    let (ledger, limit, _) = claim.posted(facts)?;
    let openings = made_up(ledger.iter().map(|_| 0), rng);
    let (digest, intervals) = (statement.digest(), committed(&openings));
    let circuits = peak::prove(&proven(statement, &digest, limit, &intervals), &openings, rng, &mut |_| {});
    let circuits = circuits.map_err(|_| DisclosureError::Circuit)?;
    Ok(Circuits::Tied(Tied::simulate(statement, &ledger, &openings, circuits, verifier, rng)?))
}
