//! A household's bill: made, and held against the ledger. What it says in numbers: `docs/circuits/bill.md`.

use core::fmt;
use std::collections::BTreeMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_circuits::bill::{self, MAX_DAYS, MAX_INTERVALS, Metered};
use hushwatt_crypto::{Element, Rng, SecretScalar, commitment::Opening, designated::VerifierSecret, meter::Register};

use super::{
    Circuits, Claim, Disclosure, DisclosureError, Facts, Proof, ProveError, Request, Statement,
    calendar::Period,
    period::{HeldWindow, Over, Placed, ProvenPeriod, committed},
    tariff::Tariff,
    tied::{Fresh, Tied, made_up},
};
use crate::{
    codec::Writer,
    genesis::Genesis,
    units::{MeterId, Timestamp},
};

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

    /// The zone of an interval that begins at this time.
    fn zone_at(&self, start: Timestamp) -> u8 {
        u8::try_from(self.tariff.zone_at(start)).unwrap_or(u8::MAX)
    }

    /// Each interval with the zone it is in.
    fn metered(&self, intervals: &Placed<Element>) -> Vec<Metered> {
        intervals.iter().map(|(start, consumed)| Metered { zone: self.zone_at(*start), consumed: *consumed }).collect()
    }

    /// The intervals of each zone that has any.
    fn by_zone<T>(&self, intervals: impl IntoIterator<Item = (Timestamp, T)>) -> BTreeMap<u8, Vec<T>> {
        let mut zones = BTreeMap::<u8, Vec<T>>::new();
        for (start, value) in intervals {
            zones.entry(self.zone_at(start)).or_default().push(value);
        }
        zones
    }

    /// The ledger's sums, one for each zone that has intervals. As for a proof to all, there are not more intervals than make
    /// sums of integers.
    fn ledger_zones(&self, intervals: &Placed<Element>) -> Result<(Vec<u8>, Vec<Element>), DisclosureError> {
        if intervals.len() > MAX_INTERVALS {
            return Err(DisclosureError::Circuit);
        }
        let zones = self.by_zone(intervals.iter().map(|(start, value)| (*start, value.point()))).into_iter();
        Ok(zones.map(|(zone, points)| (zone, Element::new(points.into_iter().sum::<RistrettoPoint>()))).unzip())
    }
}

/// One interval a zone, as if all had been used at once.
fn as_metered(zones: &[u8], sums: &[Element]) -> Vec<Metered> {
    zones.iter().zip(sums).map(|(zone, consumed)| Metered { zone: *zone, consumed: *consumed }).collect()
}

/// What opens the sum of commitments. More than 2^64 is nobody's use, and far out of a bill's bounds.
fn sum(openings: &[&Opening]) -> Opening {
    let value = openings.iter().fold(0u64, |sum, opening| sum.saturating_add(opening.value));
    Opening::new(value, SecretScalar::sum(openings.iter().map(|opening| &opening.blinding)))
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
    let zones = claim.by_zone(placed.iter().map(|(start, opening)| (*start, *opening))).into_iter();
    let (zones, sums): (Vec<u8>, Vec<Opening>) = zones.map(|(zone, openings)| (zone, sum(&openings))).unzip();
    let mut consumed = vec![0u64; claim.tariff.zones().len()];
    for (zone, sum) in zones.iter().zip(&sums) {
        if let Some(zone) = consumed.get_mut(usize::from(*zone)) {
            *zone = sum.value;
        }
    }
    let plain = claim.tariff.rates().bill(period.days(), &consumed);
    claim.gross = Cents(plain.ok_or(hushwatt_circuits::Error::Bounds)?.gross);
    let statement = request.statement(Claim::Bill(claim.clone()));
    let digest = statement.digest();
    let prove = |intervals: &[Metered], openings: &[Opening], rng: &mut _| {
        bill::prove(&proven(&statement, &digest, &claim, intervals), openings, rng)
    };
    let circuits = match request.audience.designation() {
        None => {
            let openings: Vec<Opening> = placed.iter().map(|(_, opening)| (*opening).clone()).collect();
            let starts = placed.iter().map(|(start, _)| *start);
            let intervals = claim.metered(&starts.zip(committed(&openings)).collect());
            Circuits::Plain(vec![prove(&intervals, &openings, rng)?])
        }
        Some(_) if placed.len() > MAX_INTERVALS => return Err(hushwatt_circuits::Error::Arity.into()),
        Some(to) => {
            let fresh = Fresh::of(&statement, &sums, rng)?;
            let proof = prove(&as_metered(&zones, &fresh.commitments()), fresh.openings(), rng)?;
            Circuits::Tied(fresh.tie(&statement, to, vec![proof], rng)?)
        }
    };
    Ok(Disclosure { statement, proof: Proof::Circuits(circuits) })
}

pub(super) fn check(
    statement: &Statement,
    claim: &BillClaim,
    proof: &Circuits,
    facts: &dyn Facts,
) -> Result<ProvenBill, DisclosureError> {
    let (Circuits::Plain(proofs) | Circuits::Tied(Tied { circuits: proofs, .. })) = proof;
    let [one] = proofs.as_slice() else { return Err(DisclosureError::ProofCount) };
    let (placed, period) = claim.posted(facts)?;
    let intervals = match (statement.audience.designation(), proof) {
        (None, Circuits::Plain(_)) => claim.metered(&placed),
        (Some(to), Circuits::Tied(tied)) => {
            let (zones, sums) = claim.ledger_zones(&placed)?;
            as_metered(&zones, &tied.check(statement, to, &sums)?)
        }
        _ => return Err(DisclosureError::ProofKind),
    };
    bill::verify(&proven(statement, &statement.digest(), claim, &intervals), one)
        .map_err(|_| DisclosureError::Circuit)?;
    Ok(ProvenBill { period, tariff: claim.tariff.clone(), gross: claim.gross })
}

/// What the verifier makes of it: use of one zone that comes to the amount, in made-up commitments.
pub(super) fn simulate(
    statement: &Statement,
    claim: &BillClaim,
    facts: &dyn Facts,
    verifier: &VerifierSecret,
    rng: &mut impl Rng,
) -> Result<Circuits, DisclosureError> {
    let (placed, _) = claim.posted(facts)?;
    let (zones, sums) = claim.ledger_zones(&placed)?;
    let used = zones.iter().find_map(|zone| Some((*zone, claim.comes_to_the_amount(*zone)?)));
    let (of, quantity) = used.ok_or(DisclosureError::Circuit)?;
    let openings = made_up(zones.iter().map(|zone| if *zone == of { quantity } else { 0 }), rng);
    let (digest, intervals) = (statement.digest(), as_metered(&zones, &committed(&openings)));
    let circuit = bill::prove(&proven(statement, &digest, claim, &intervals), &openings, rng);
    let circuits = vec![circuit.map_err(|_| DisclosureError::Circuit)?];
    Ok(Circuits::Tied(Tied::simulate(statement, &sums, &openings, circuits, verifier, rng)?))
}

impl BillClaim {
    /// The ledger's commitments, if the tariff is for what the meter measures.
    fn posted(&self, facts: &dyn Facts) -> Result<(Placed<Element>, ProvenPeriod), DisclosureError> {
        let (placed, period) = self.over().posted(facts)?;
        let (meter, tariff) = (period.utility, self.tariff.utility());
        if meter != tariff {
            return Err(DisclosureError::OtherUtility { meter, tariff });
        }
        Ok((placed, period))
    }

    /// How much use in one zone comes to the amount, if any does: more use never costs less.
    fn comes_to_the_amount(&self, zone: u8) -> Option<u64> {
        let mut consumed = vec![0u64; self.tariff.zones().len()];
        let mut gross = |quantity: u64| {
            *consumed.get_mut(usize::from(zone))? = quantity;
            self.tariff.rates().bill(self.period.days(), &consumed).map(|bill| bill.gross)
        };
        // The least quantity that costs as much or more; out of all bounds is more.
        let (mut low, mut high) = (0u64, 1u64 << 36);
        while low < high {
            let middle = low.midpoint(high);
            if gross(middle).is_some_and(|gross| gross < self.gross.0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (gross(low) == Some(self.gross.0)).then_some(low)
    }
}
