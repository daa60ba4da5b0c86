//! A household's bill: made, and held against the ledger. What it says in numbers: `docs/circuits/bill.md`.

use core::fmt;

use hushwatt_circuits::{
    CircuitProof,
    bill::{self, MAX_DAYS, Metered},
};
use hushwatt_crypto::{Element, Rng, commitment::Opening, meter::Register};

use super::{
    Claim, Disclosure, DisclosureError, Facts, Proof, ProveError, Request, Statement,
    calendar::Period,
    period::{HeldWindow, Over, Placed, ProvenPeriod, committed},
    tariff::Tariff,
};
use crate::{codec::Writer, genesis::Genesis, units::MeterId};

/// Most days of a bill.
pub const MAX_BILL_DAYS: u32 = MAX_DAYS;

/// Money on an invoice, in cents.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cents(pub u64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} EUR", self.0 / 100, self.0 % 100)
    }
}

/// What a meter's imports of a period come to under a tariff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillClaim {
    /// Which meter.
    pub meter: MeterId,
    /// What counts is what is in force after this block.
    pub height: u64,
    /// Which days, at most 366, by the tariff's clock.
    pub period: Period,
    /// At which prices.
    pub tariff: Tariff,
    /// What is to be paid, tax included.
    pub gross: Cents,
}

/// A bill that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenBill {
    /// Of what.
    pub period: ProvenPeriod,
    /// At which prices.
    pub tariff: Tariff,
    /// What is to be paid, tax included.
    pub gross: Cents,
}

impl BillClaim {
    pub(super) fn over(&self) -> Over<'_> {
        Over {
            meter: self.meter,
            register: Register::Import,
            height: self.height,
            period: &self.period,
            calendar: self.tariff.calendar(),
        }
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.meter.0).u64(self.height);
        self.period.encode(writer);
        writer.bytes(&self.tariff.digest()).u64(self.gross.0);
    }

    /// Each interval with the zone it is in.
    fn metered(&self, intervals: &Placed<Element>) -> Vec<Metered> {
        let zone = |start| u8::try_from(self.tariff.zone_at(start)).unwrap_or(u8::MAX);
        intervals.iter().map(|(start, consumed)| Metered { zone: zone(*start), consumed: *consumed }).collect()
    }
}

/// What the circuit is about.
fn proven<'a>(
    statement: &'a Statement,
    digest: &'a [u8; 64],
    claim: &'a BillClaim,
    intervals: &'a [Metered],
) -> bill::Statement<'a> {
    bill::Statement {
        network: &statement.network,
        digest,
        rates: claim.tariff.rates(),
        days: claim.period.days(),
        intervals,
        gross: claim.gross.0,
    }
}

/// A household shows what it has to pay for a period. `windows` are all of the period that are on the ledger after the
/// block of `height`, with what opens what is in force of their imports.
///
/// Multiplications of points by secrets run in constant time; sums and the circuit's arithmetic do not hide how long
/// numbers are.
///
/// # Errors
/// `UnknownMeter`, `OtherUtility`, `NoReadings`; `Circuit` if the numbers are larger than any household's.
pub fn prove_bill(
    request: &Request,
    genesis: &Genesis,
    place: (MeterId, u64),
    (period, tariff): (Period, Tariff),
    windows: &[HeldWindow],
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    let (meter, height) = place;
    let registered = genesis.meter(meter).ok_or(ProveError::UnknownMeter)?;
    if registered.utility != tariff.utility() {
        return Err(ProveError::OtherUtility { meter: registered.utility, tariff: tariff.utility() });
    }
    let mut claim = BillClaim { meter, height, period, tariff, gross: Cents(0) };
    let placed = claim.over().held(&genesis.parameters, windows);
    if placed.is_empty() {
        return Err(ProveError::NoReadings);
    }
    let mut consumed = vec![0u64; claim.tariff.zones().len()];
    for (start, opening) in &placed {
        if let Some(zone) = consumed.get_mut(claim.tariff.zone_at(*start)) {
            *zone = zone.saturating_add(opening.value);
        }
    }
    let plain = claim.tariff.rates().bill(period.days(), &consumed);
    claim.gross = Cents(plain.ok_or(hushwatt_circuits::Error::Bounds)?.gross);
    let openings: Vec<Opening> = placed.iter().map(|(_, opening)| (*opening).clone()).collect();
    let starts = placed.iter().map(|(start, _)| *start);
    let intervals = claim.metered(&starts.zip(committed(&openings)).collect());
    let statement = request.statement_to_all(Claim::Bill(claim.clone()))?;
    let proof = bill::prove(&proven(&statement, &statement.digest(), &claim, &intervals), &openings, rng)?;
    Ok(Disclosure { statement, proof: Proof::Circuits(vec![proof]) })
}

pub(super) fn check(
    statement: &Statement,
    claim: &BillClaim,
    proofs: &[CircuitProof],
    facts: &dyn Facts,
) -> Result<ProvenBill, DisclosureError> {
    let [proof] = proofs else { return Err(DisclosureError::ProofCount) };
    let (placed, period) = claim.over().posted(facts)?;
    let (meter, tariff) = (period.utility, claim.tariff.utility());
    if meter != tariff {
        return Err(DisclosureError::OtherUtility { meter, tariff });
    }
    let intervals = claim.metered(&placed);
    bill::verify(&proven(statement, &statement.digest(), claim, &intervals), proof)
        .map_err(|_| DisclosureError::Circuit)?;
    Ok(ProvenBill { period, tariff: claim.tariff.clone(), gross: claim.gross })
}
