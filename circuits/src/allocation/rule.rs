//! The rule in plain numbers.

use super::{MAX_GENERATION, MAX_MEMBERS};

/// What all shares add up to: shares are in millionths.
pub const WHOLE: u32 = 1_000_000;

/// How a community shares what it generates in an interval. All keys are public, as is the order of the members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// Each member has a fixed share of the generation, and gets as much of it as he consumes.
    Static {
        /// In millionths; together [`WHOLE`].
        shares: Vec<u32>,
    },
    /// What can be used is shared in proportion to consumption.
    Dynamic,
    /// By fixed shares first; what is left is shared in proportion to what each still lacks.
    Hybrid {
        /// In millionths; together [`WHOLE`].
        shares: Vec<u32>,
    },
    /// One after the other, each as much as he consumes.
    Priority,
}

impl Key {
    /// Its word in files and reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Key::Static { .. } => "static",
            Key::Dynamic => "dynamic",
            Key::Hybrid { .. } => "hybrid",
            Key::Priority => "priority",
        }
    }

    /// The fixed shares, if it has any.
    pub fn shares(&self) -> Option<&[u32]> {
        match self {
            Key::Static { shares } | Key::Hybrid { shares } => Some(shares),
            Key::Dynamic | Key::Priority => None,
        }
    }

    /// Whether it is a key for so many members: 1 to [`MAX_MEMBERS`], and shares that add up to [`WHOLE`].
    pub fn fits(&self, members: usize) -> bool {
        let whole = |shares: &[u32]| {
            shares.len() == members && shares.iter().map(|share| u64::from(*share)).sum::<u64>() == u64::from(WHOLE)
        };
        (1..=MAX_MEMBERS).contains(&members) && self.shares().is_none_or(whole)
    }
}

/// What each member gets of the generation, in base units and in the order of the members. `None` if the key is not for so
/// many members, or the generation is above [`MAX_GENERATION`].
pub fn allocate(key: &Key, generation: u64, consumption: &[u32]) -> Option<Vec<u32>> {
    if !key.fits(consumption.len()) || generation > MAX_GENERATION {
        return None;
    }
    let consumption: Vec<u64> = consumption.iter().map(|wh| u64::from(*wh)).collect();
    let Plan { first, second } = Plan::new(key, generation, &consumption);
    let all = first.iter().zip(second.parts());
    // No more than is consumed, which has 32 bits.
    all.map(|(first, second)| u32::try_from(first + second).ok()).collect()
}

/// How an allocation comes about: what fixed shares or priority give, then what is shared in proportion.
pub(super) struct Plan {
    /// By fixed shares or priority; zeros for a key that shares in proportion only.
    pub(super) first: Vec<u64>,
    /// In proportion; nothing for other keys.
    pub(super) second: Shared,
}

impl Plan {
    pub(super) fn new(key: &Key, generation: u64, consumption: &[u64]) -> Self {
        let nothing = || vec![0; consumption.len()];
        let capped = |shares: &[u32]| -> Vec<u64> {
            let targets = fixed(generation, shares);
            targets.parts().zip(consumption).map(|(target, consumed)| target.min(*consumed)).collect()
        };
        let in_proportion = |first: Vec<u64>| {
            let lacking: Vec<u64> = consumption.iter().zip(&first).map(|(consumed, got)| consumed - got).collect();
            let left = generation - first.iter().sum::<u64>();
            let (total, pool) = (lacking.iter().sum::<u64>(), left.min(lacking.iter().sum()));
            Plan { first, second: Shared::new(pool, &lacking, total.max(1)) }
        };
        match key {
            Key::Static { shares } => Plan { first: capped(shares), second: Shared::nothing(consumption.len()) },
            Key::Hybrid { shares } => in_proportion(capped(shares)),
            Key::Dynamic => in_proportion(nothing()),
            Key::Priority => {
                let mut left = generation;
                let mut take = |consumed: &u64| {
                    let taken = left.min(*consumed);
                    left -= taken;
                    taken
                };
                let first = consumption.iter().map(&mut take).collect();
                Plan { first, second: Shared::nothing(consumption.len()) }
            }
        }
    }
}

/// The targets of fixed shares.
pub(super) fn fixed(generation: u64, shares: &[u32]) -> Shared {
    let weights: Vec<u64> = shares.iter().map(|share| u64::from(*share)).collect();
    Shared::new(generation, &weights, WHOLE.into())
}

/// Something that was shared by weights: rounded down, then one more for the largest remainders, of equal ones for the
/// first in the public order.
#[derive(Clone)]
pub(super) struct Shared {
    /// Rounded down.
    pub(super) floors: Vec<u64>,
    /// Who gets one more.
    pub(super) raised: Vec<bool>,
    /// Remainders of the division by the total.
    pub(super) remainders: Vec<u64>,
}

impl Shared {
    /// `total` is the sum of the weights, or 1 if they and the whole are zero.
    fn new(whole: u64, weights: &[u64], total: u64) -> Self {
        let products = weights.iter().map(|weight| u128::from(whole) * u128::from(*weight));
        // A quotient is at most the whole, a remainder below the total.
        let (floors, remainders): (Vec<u64>, Vec<u64>) = products
            .map(|product| ((product / u128::from(total)) as u64, (product % u128::from(total)) as u64))
            .unzip();
        let missing = whole - floors.iter().sum::<u64>();
        let mut largest: Vec<usize> = (0..weights.len()).collect();
        // Stable: the order of members among equals.
        largest.sort_by_key(|place| core::cmp::Reverse(remainders[*place]));
        let mut raised = vec![false; weights.len()];
        largest.into_iter().zip(0..missing).for_each(|(place, _)| raised[place] = true);
        Shared { floors, raised, remainders }
    }

    fn nothing(members: usize) -> Self {
        Shared::new(0, &vec![0; members], 1)
    }

    /// What each gets.
    pub(super) fn parts(&self) -> impl Iterator<Item = u64> {
        self.floors.iter().zip(&self.raised).map(|(floor, raised)| floor + u64::from(*raised))
    }
}
