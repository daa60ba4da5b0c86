//! What is proven of each period, from the key and the ledger alone: the same for who allocates and who checks.

use curve25519_dalek::ristretto::RistrettoPoint;
use hushwatt_circuits::allocation::{Committed, Statement};
use hushwatt_crypto::{Element, meter::Register};
use hushwatt_ledger::codec::Writer;

use super::{Period, ReadingFacts, SharingKey, readings::nothing};

/// The ledger's part of a period's statement.
pub(super) struct Terms {
    context: Vec<u8>,
    generation: Element,
    consumption: Vec<Element>,
}

impl Terms {
    /// `None` if no producer has a reading: there is nothing to share.
    pub(super) fn of(key: &SharingKey, period: Period, facts: &ReadingFacts) -> Option<Self> {
        let per = key.per();
        let mut generated =
            key.producers().iter().filter_map(|meter| facts.period(*meter, Register::Export, per, period)).peekable();
        generated.peek()?;
        let generation = Element::new(generated.map(|commitment| *commitment.point()).sum::<RistrettoPoint>());
        let consumed = |meter| facts.period(meter, Register::Import, per, period).unwrap_or_else(nothing);
        let consumption = key.members().iter().map(|meter| consumed(*meter)).collect();
        let mut writer = Writer::new();
        key.encode(&mut writer);
        writer.u64(period.0);
        Some(Terms { context: writer.finish(), generation, consumption })
    }

    /// With the allocations, in the key's order; `None` if there are not as many as members.
    pub(super) fn members(&self, allocations: &[Element]) -> Option<Vec<Committed>> {
        let pairs = self.consumption.iter().zip(allocations);
        let committed =
            pairs.map(|(consumption, allocation)| Committed { consumption: *consumption, allocation: *allocation });
        (allocations.len() == self.consumption.len()).then(|| committed.collect())
    }

    pub(super) fn statement<'a>(
        &'a self,
        key: &'a SharingKey,
        facts: &'a ReadingFacts,
        members: &'a [Committed],
    ) -> Statement<'a> {
        Statement {
            network: facts.genesis().network(),
            context: &self.context,
            key: key.key(),
            generation: self.generation,
            members,
        }
    }
}
