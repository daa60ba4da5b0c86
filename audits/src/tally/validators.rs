//! Who votes, block by block: the genesis' validators, replaced at the end of an epoch by those of its last change.

use hushwatt_ledger::{
    genesis::Genesis,
    transaction::{Registry, registry::RegistryChange},
    validators::ValidatorSet,
};

use crate::folder::kept;

/// The validators now and in the next epoch.
pub(crate) struct Validators {
    epoch_blocks: u64,
    /// Blocks so far, the one at hand included.
    height: u64,
    now: ValidatorSet,
    next: Option<ValidatorSet>,
    serial: u64,
    changes: u64,
}
kept!(Validators { epoch_blocks, height, now, next, serial, changes });

impl Validators {
    pub fn new(genesis: &Genesis) -> Self {
        let (now, epoch_blocks) = (genesis.validators().clone(), genesis.parameters.epoch_blocks);
        Validators { epoch_blocks, height: 0, now, next: None, serial: 0, changes: 0 }
    }

    /// A block begins, and with it perhaps an epoch.
    pub fn begin_block(&mut self) {
        self.height += 1;
        if self.height.is_multiple_of(self.epoch_blocks)
            && let Some(next) = self.next.take()
        {
            self.changes += u64::from(next != self.now);
            self.now = next;
        }
    }

    /// A change of the registry; of a meter only its serial is counted here.
    pub fn changed(&mut self, registry: &Registry) {
        self.serial = registry.statement.serial;
        if let RegistryChange::Validators(validators) = &registry.statement.change {
            self.next = Some(validators.clone());
        }
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    /// Serial of the last change.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Those of the epoch at hand.
    pub fn now(&self) -> &ValidatorSet {
        &self.now
    }

    /// Those of the epoch after, as far as it is known.
    pub fn next(&self) -> &ValidatorSet {
        self.next.as_ref().unwrap_or(&self.now)
    }

    /// How often other validators took over.
    pub fn changes(&self) -> u64 {
        self.changes
    }
}
