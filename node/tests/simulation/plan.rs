//! What happens in a run, drawn from its seed.

use super::dice::Dice;

/// What a family of runs may do to a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Family {
    /// Lossy and slow links, partitions.
    pub links: bool,
    /// Kills, power cuts, failing disks, lost disks.
    pub crashes: bool,
    /// Dishonest proposers.
    pub liars: bool,
    /// Validators that run twice.
    pub twins: bool,
    /// Short epochs whose validators change.
    pub epochs: bool,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub family: Family,
    /// Validators of the genesis.
    pub validators: usize,
    /// Places of validators that may join later.
    pub spare: usize,
    pub liars: usize,
    pub twins: usize,
    pub epoch_blocks: u64,
    /// Steps before the network is healed.
    pub steps: u64,
}

impl Plan {
    pub fn draw(family: Family, dice: &Dice) -> Self {
        let validators = 4 + dice.roll(if family.epochs { 2 } else { 4 }) as usize;
        // With changing validators the smallest set counts.
        let faulty = if family.epochs { 1 } else { (validators - 1) / 3 };
        let (liars, twins) = match (family.liars, family.twins) {
            (true, true) if dice.once_in(2) => (faulty, 0),
            (true, true) => (faulty - 1, 1),
            (true, false) => (faulty, 0),
            (false, true) => (0, faulty),
            (false, false) => (0, 0),
        };
        let spare = usize::from(family.epochs);
        let epoch_blocks = if family.epochs { 8 } else { 1_000 };
        Plan { family, validators, spare, liars, twins, epoch_blocks, steps: 15 + dice.roll(12) }
    }
}
