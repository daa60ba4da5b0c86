//! Numbers that depend on a seed alone.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A small generator (splitmix64); clones share it.
#[derive(Clone, Debug)]
pub struct Dice(Arc<AtomicU64>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(Arc::new(AtomicU64::new(seed)))
    }

    /// Another one, of its own.
    pub fn child(&self) -> Self {
        Dice::new(self.roll(u64::MAX))
    }

    /// A number below `sides`.
    pub fn roll(&self, sides: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut x = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides.max(1)
    }

    /// Once in so many times.
    pub fn once_in(&self, times: u64) -> bool {
        self.roll(times) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&self, list: &[T]) -> Option<T> {
        list.get(self.roll(list.len() as u64) as usize).copied()
    }
}
