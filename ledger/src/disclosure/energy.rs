//! What a meter's readings of some days add up to: made, and held against the ledger. Commitments add up, so that one proof about
//! their sum is enough, and no single reading is shown.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_crypto::{
    Rng, SecretScalar,
    commitment::Opening,
    disclosure::{Claim as Known, Secret},
    meter::Register,
};

use super::{
    Claim, Disclosure, DisclosureError, Facts, MAX_BILL_DAYS, ProveError, Request,
    calendar::{Calendar, Period},
    known::hides,
    period::{HeldWindow, Over, ProvenPeriod},
    statement::text,
};
use crate::{codec::Writer, genesis::Genesis, units::MeterId};

/// Most days of a total.
pub const MAX_ENERGY_DAYS: u32 = MAX_BILL_DAYS;

/// What a meter took from the grid, or gave to it, in some days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnergyClaim {
    /// Which meter.
    pub meter: MeterId,
    /// What counts is what is in force after this block.
    pub height: u64,
    /// What was taken (import) or given (export).
    pub register: Register,
    /// Which days, at most 366.
    pub period: Period,
    /// By whose clock.
    pub calendar: Calendar,
    /// How much in all, in base units: Wh or litres.
    pub total: u64,
}

/// A total that holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenEnergy {
    /// Of what.
    pub period: ProvenPeriod,
    /// How much in all, in base units.
    pub total: u64,
}

impl EnergyClaim {
    pub(super) fn over(&self) -> Over<'_> {
        let EnergyClaim { meter, height, register, period, calendar, .. } = self;
        Over { meter: *meter, register: *register, height: *height, period, calendar }
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        writer.u32(self.meter.0).u64(self.height).u8(self.register as u8);
        self.period.encode(writer);
        text(writer, self.calendar.name());
        writer.u64(self.total);
    }
}

/// A household shows what its meter's readings of some days add up to. `claim` says of what, and its total is taken from the
/// openings; `windows` are all of the period that are on the ledger after the claim's block, with what opens what is in
/// force of the register.
///
/// Constant time in the secrets.
///
/// # Errors
/// `UnknownMeter`, `NoReadings`; `Overflow` for values that are no readings.
pub fn prove_energy(
    request: &Request,
    genesis: &Genesis,
    claim: &EnergyClaim,
    windows: &[HeldWindow],
    rng: &mut impl Rng,
) -> Result<Disclosure, ProveError> {
    genesis.meter(claim.meter).ok_or(ProveError::UnknownMeter)?;
    let held = claim.over().held(&genesis.parameters, windows);
    if held.is_empty() {
        return Err(ProveError::NoReadings);
    }
    let total = held.iter().try_fold(0u64, |sum, (_, opening)| sum.checked_add(opening.value));
    let total = total.ok_or(ProveError::Overflow)?;
    let blinding = SecretScalar::sum(held.iter().map(|(_, opening)| &opening.blinding));
    let sum = Opening::new(total, blinding.clone()).commit();
    let claim = EnergyClaim { total, ..claim.clone() };
    request.prove(Claim::Energy(claim), [hides(sum.point(), total)], vec![Secret::Scalar(&blinding)], rng)
}

/// What has to be known for the claim to hold, and what there is to say about it.
pub(super) fn facts_of(claim: &EnergyClaim, facts: &dyn Facts) -> Result<(Known, ProvenEnergy), DisclosureError> {
    let (placed, period) = claim.over().posted(facts)?;
    // At most a year of values below 2^32 each: their sum is an integer far below the group order.
    let sum: RistrettoPoint = placed.iter().map(|(_, value)| value.point()).sum();
    Ok((hides(&sum, claim.total), ProvenEnergy { period, total: claim.total }))
}
