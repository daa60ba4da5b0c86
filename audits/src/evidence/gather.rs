//! What the replay tells of blocks and of the registry.

use hushwatt_crypto::{hash::hex, signature::VerifyingKey};
use hushwatt_ledger::{
    committee::Cohort,
    genesis::Genesis,
    transaction::{Action, Registry, TransactionId, registry::RegistryChange},
    units::{Timestamp, Utility},
    validators::ValidatorSet,
};

use super::{
    Changed, DAY, Day, Evidence, FinalityDay, RegistryEntry, Terms, UtilityMeters,
    windows::{Books, Ended},
};
use crate::{
    folder::kept,
    tally::{Kinds, Money},
};

/// Evidence, as far as the replay is.
#[derive(Default)]
pub(crate) struct Gathering {
    days: Vec<Day>,
    registry: Vec<RegistryEntry>,
    pub(crate) books: Books,
}
kept!(Gathering { days, registry, books });

impl Gathering {
    /// A block begins. Times of blocks never go back.
    pub fn begin_block(&mut self, height: u64, before: Timestamp, now: Timestamp) {
        let pause = now.0.saturating_sub(before.0);
        match self.days.last_mut().filter(|last| last.day == now.day()) {
            Some(day) => {
                day.blocks += 1;
                day.last_block = height;
                if pause > day.longest_pause {
                    (day.longest_pause, day.longest_pause_before) = (pause, height);
                }
            }
            None => self.days.push(Day {
                day: now.day(),
                from: now.day().saturating_mul(DAY),
                blocks: 1,
                first_block: height,
                last_block: height,
                longest_pause: pause,
                longest_pause_before: height,
                finality: FinalityDay::default(),
                validators: 0,
                transactions: Kinds::default(),
                money: Money::default(),
            }),
        }
    }

    /// A transaction of the block at hand.
    pub fn transaction(&mut self, action: &Action) {
        if let Some(day) = self.days.last_mut() {
            day.transactions.count(action);
        }
    }

    /// The block at hand is done.
    pub fn end_block(&mut self, money: Money, validators: u64) {
        if let Some(day) = self.days.last_mut() {
            (day.money, day.validators) = (money, validators);
        }
    }

    /// The last block has a certificate of so many votes.
    pub fn certified(&mut self, votes: u64) {
        if let Some(day) = self.days.last_mut() {
            day.finality.certificates += 1;
            day.finality.votes += votes;
        }
    }

    /// The registrars changed something in a block in which these validators vote.
    pub fn changed(
        &mut self,
        genesis: &Genesis,
        (block, time): (u64, Timestamp),
        id: &TransactionId,
        registry: &Registry,
        voting: &ValidatorSet,
    ) {
        let key = |key: &VerifyingKey| hex(key.as_bytes());
        let changed = match &registry.statement.change {
            RegistryChange::Validators(next) => {
                let parameters = &genesis.parameters;
                let without = |all: &ValidatorSet, others: &ValidatorSet| {
                    all.keys().iter().filter(|one| others.index_of(one).is_none()).map(key).collect()
                };
                Changed::Validators {
                    from_block: parameters.first_height(parameters.epoch_of(block).next()),
                    validators: next.count() as u64,
                    joined: without(next, voting),
                    left: without(voting, next),
                }
            }
            RegistryChange::Meter { meter, class, key: new } => {
                // A meter that is not in the genesis is refused by the ledger's rules.
                let Some(registered) = genesis.meter(*meter) else { return };
                let (utility, class_bits) = (registered.utility, class.bits());
                Changed::Meter { meter: meter.0, utility, class_bits, key: key(new) }
            }
            RegistryChange::Operator { key: new } => Changed::Operator { key: key(new) },
            RegistryChange::Committee(committee) => Changed::Committee {
                members: committee.members().iter().map(|member| key(&member.key)).collect(),
                threshold: u64::from(committee.quorum().threshold()),
            },
            RegistryChange::Cohorts(cohorts) => {
                let meters = |cohort: &Cohort| cohort.meters().iter().map(|entry| entry.meter.0).collect();
                Changed::Cohorts { cohorts: cohorts.iter().map(meters).collect() }
            }
        };
        self.registry.push(RegistryEntry {
            serial: registry.statement.serial,
            block,
            time: time.0,
            transaction: hex(&id.0),
            registrars: registry.signatures.iter().map(|(registrar, _)| *registrar).collect(),
            changed,
        });
    }

    /// The chain is over.
    pub fn finish(self, ended: &Ended<'_>) -> Evidence {
        let windows = self.books.finish(&self.days, ended);
        Evidence { terms: Terms::of(ended.genesis), days: self.days, windows, registry: self.registry }
    }
}

impl Terms {
    fn of(genesis: &Genesis) -> Self {
        let meters_of = |utility: Utility| {
            let meters = genesis.meters().filter(|(_, meter)| meter.utility == utility).count() as u64;
            UtilityMeters { utility, meters }
        };
        Terms {
            from: genesis.time.0,
            parameters: genesis.parameters.clone(),
            validators: genesis.validators().count() as u64,
            registrars: genesis.registrars().len() as u64,
            registrar_quorum: genesis.registrar_quorum() as u64,
            operator: genesis.operator.is_some(),
            meters: Utility::ALL.map(meters_of).into_iter().filter(|of| of.meters > 0).collect(),
        }
    }
}
