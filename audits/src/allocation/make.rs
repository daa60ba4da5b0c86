//! Allocates and proves: for whoever was given the openings of all readings.

use std::collections::BTreeMap;

use hushwatt_circuits::{
    Error,
    allocation::{Opened, allocate as by_rule, prove},
};
use hushwatt_crypto::{NetworkId, Rng, SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::units::{Interval, MeterId};

use super::{
    AllocateError, Allocation, Openings, Per, Period, ReadingFacts, Shared, SharingKey, Slip, Wanted,
    file::MAX_PERIODS, statement::Terms,
};
use crate::verify::Progress;

/// What all members gave, of one network and for one allocator.
pub struct Given<'a> {
    network: NetworkId,
    key: &'a SharingKey,
    openings: BTreeMap<MeterId, &'a Openings>,
    from: Interval,
    until: Interval,
}

impl<'a> Given<'a> {
    /// Puts the members' files together.
    ///
    /// # Errors
    /// A file that is missing, doubled, of another network or for somebody else.
    pub fn new(key: &'a SharingKey, files: &'a [Openings]) -> Result<Self, AllocateError> {
        let expected = files.first().ok_or(AllocateError::NoOpenings)?.network;
        let mut openings = BTreeMap::new();
        let meters = key.meters();
        for file in files {
            let meter = file.meter;
            if file.network != expected {
                return Err(AllocateError::ForeignNetwork { meter, found: file.network, expected });
            }
            if file.made_for != key.allocator() {
                let expected = key.allocator().to_owned();
                return Err(AllocateError::ForAnother { meter, found: file.made_for.clone(), expected });
            }
            if !meters.contains(&meter) {
                return Err(AllocateError::NotInKey(meter));
            }
            if openings.insert(meter, file).is_some() {
                return Err(AllocateError::Twice(meter));
            }
        }
        if let Some(meter) = meters.into_iter().find(|meter| !openings.contains_key(meter)) {
            return Err(AllocateError::NoFile { meter });
        }
        let from = files.iter().map(|file| file.from).max().unwrap_or(Interval(0));
        let until = files.iter().map(|file| file.until).min().unwrap_or(Interval(0));
        if from >= until {
            return Err(AllocateError::NothingInCommon);
        }
        Ok(Given { network: expected, key, openings, from, until })
    }

    /// Which readings the ledger is to be asked for.
    pub fn wanted(&self) -> Wanted {
        let (from, until) = (Period(self.from.0), Period(self.until.0));
        Wanted { network: self.network, meters: self.key.meters(), per: Per::Interval, from, until }
    }

    /// The whole periods that all files have in common.
    fn periods(&self, facts: &ReadingFacts) -> Result<(Period, Period), AllocateError> {
        let length = self.key.per().intervals(&facts.genesis().parameters).max(1);
        let (from, until) = (self.from.0.div_ceil(length), self.until.0 / length);
        match until.checked_sub(from) {
            None | Some(0) => Err(AllocateError::NothingInCommon),
            Some(periods) if periods > MAX_PERIODS => Err(AllocateError::TooManyPeriods { periods, most: MAX_PERIODS }),
            Some(_) => Ok((Period(from), Period(until))),
        }
    }

    /// The opening of a meter's period; of nothing if the ledger has no reading that stands for something.
    fn opening(
        &self,
        facts: &ReadingFacts,
        meter: MeterId,
        register: Register,
        period: Period,
    ) -> Result<Opening, AllocateError> {
        let (mut value, mut blindings) = (0u64, Vec::new());
        if facts.period(meter, register, self.key.per(), period).is_some() {
            for interval in period.intervals(self.key.per(), &facts.genesis().parameters) {
                let Some(commitment) = facts.interval(meter, register, interval) else { continue };
                let given = self.openings.get(&meter).and_then(|file| file.readings.get(&interval));
                let opening = given.and_then(|given| match register {
                    Register::Export => given.export.as_ref(),
                    Register::Import => given.import.as_ref(),
                });
                let opening = opening.ok_or(AllocateError::NoOpening { meter, register, interval })?;
                if !opening.opens(&commitment) {
                    return Err(AllocateError::WrongOpening { meter, register, interval });
                }
                value = value.saturating_add(opening.value);
                blindings.push(&opening.blinding);
            }
        }
        Ok(Opening::new(value, SecretScalar::sum(blindings)))
    }

    fn share(
        &self,
        facts: &ReadingFacts,
        period: Period,
        terms: &Terms,
        rng: &mut impl Rng,
    ) -> Result<(Shared, Vec<Opening>), AllocateError> {
        let key = self.key;
        let generated = key.producers().iter().map(|meter| self.opening(facts, *meter, Register::Export, period));
        let generated = generated.collect::<Result<Vec<_>, _>>()?;
        let generation = Opening::new(
            generated.iter().fold(0, |sum, opening| sum.saturating_add(opening.value)),
            SecretScalar::sum(generated.iter().map(|opening| &opening.blinding)),
        );
        let consumed = key.members().iter().map(|meter| self.opening(facts, *meter, Register::Import, period));
        let consumed = consumed.collect::<Result<Vec<_>, _>>()?;
        let readings = consumed.iter().map(|opening| u32::try_from(opening.value).map_err(|_| AllocateError::Rule));
        let readings = readings.collect::<Result<Vec<_>, _>>()?;
        let parts = by_rule(key.key(), generation.value, &readings).ok_or(AllocateError::Rule)?;
        let opened: Vec<Opened> = consumed
            .into_iter()
            .zip(parts)
            .map(|(consumption, part)| Opened {
                consumption,
                allocation: Opening::new(part.into(), SecretScalar::random(rng)),
            })
            .collect();
        let allocations: Vec<_> = opened.iter().map(|member| member.allocation.commit()).collect();
        let members = terms.members(&allocations).ok_or(Error::Arity)?;
        let proof = prove(&terms.statement(key, facts, &members), &generation, &opened, rng)?;
        let parts = opened.into_iter().map(|member| member.allocation).collect();
        Ok((Shared { period, allocations, proof }, parts))
    }
}

/// Shares every period that all files have in common, and proves each: the allocation for everybody, and a slip for each
/// member.
///
/// # Errors
/// A meter that the network does not have, or an opening that the ledger does not bear out.
pub fn allocate(
    given: &Given<'_>,
    facts: &ReadingFacts,
    rng: &mut impl Rng,
    progress: &mut dyn Progress,
) -> Result<(Allocation, Vec<Slip>), AllocateError> {
    let (key, network) = (given.key, *facts.genesis().network());
    let utility = key.utility();
    for meter in key.meters() {
        if facts.genesis().meter(meter).is_none_or(|meter| meter.utility != utility) {
            return Err(AllocateError::NoSuchMeter { meter, utility });
        }
    }
    let (from, until) = given.periods(facts)?;
    let mut shared = Vec::new();
    let mut parts: Vec<Vec<(Period, Opening)>> = key.members().iter().map(|_| Vec::new()).collect();
    for period in (from.0..until.0).map(Period) {
        if let Some(terms) = Terms::of(key, period, facts) {
            let (one, openings) = given.share(facts, period, &terms, rng)?;
            shared.push(one);
            parts.iter_mut().zip(openings).for_each(|(parts, opening)| parts.push((period, opening)));
        }
        progress.progress(period.0 - from.0 + 1, until.0 - from.0);
    }
    let allocation = Allocation { network, key: key.clone(), height: facts.tip().height, from, until, shared };
    let digest = allocation.digest();
    let slip = |(meter, parts)| Slip { network, meter, allocation: digest, parts };
    let slips = key.members().iter().copied().zip(parts).map(slip).collect();
    Ok((allocation, slips))
}
