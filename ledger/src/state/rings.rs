//! Decoded rings of bucket versions, kept for the next spend that names them (protocol section 4: immutable, so
//! cacheable). Keyed by the digest of the version's content, so that it is right on any fork.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use hushwatt_crypto::clsag::Member;

/// Ring members kept at most; about 0.5 kB each.
const MAX_MEMBERS: usize = 50_000;

#[derive(Default)]
struct Inner {
    rings: HashMap<[u8; 32], Arc<[Member]>>,
    order: VecDeque<[u8; 32]>,
    members: usize,
}

/// A bounded cache of rings, shared by all who verify.
#[derive(Default)]
pub struct RingCache(Mutex<Inner>);

impl RingCache {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ring of a version, if it was used lately.
    pub fn get(&self, digest: &[u8; 32]) -> Option<Arc<[Member]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rings.get(digest).cloned()
    }

    /// Keeps a ring; forgets the oldest ones beyond the bound.
    pub fn insert(&self, digest: [u8; 32], ring: Arc<[Member]>) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.members += ring.len();
        if let Some(replaced) = inner.rings.insert(digest, ring) {
            inner.members -= replaced.len();
        } else {
            inner.order.push_back(digest);
        }
        while inner.members > MAX_MEMBERS && inner.order.len() > 1 {
            let Some(oldest) = inner.order.pop_front() else { break };
            if let Some(ring) = inner.rings.remove(&oldest) {
                inner.members -= ring.len();
            }
        }
    }
}
