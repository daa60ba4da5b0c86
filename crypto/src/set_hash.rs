//! A set hash over state entries: the sum of each entry's hash-to-group (section 7, state root).
//!
//! Adding and removing commute, so the root does not depend on the order of changes and is updated per change; finding
//! two sets with one root is a discrete logarithm problem.

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};

use crate::{Element, Label, NetworkId, hash::Hasher};

/// The running sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetHash(RistrettoPoint);

impl SetHash {
    /// Of the empty set.
    pub fn empty() -> Self {
        SetHash(RistrettoPoint::identity())
    }

    /// The contribution of one entry.
    pub fn entry(network: &NetworkId, key: &[u8], value: &[u8]) -> Self {
        SetHash(Hasher::new(network, Label::StateEntry).part(key).part(value).finish_point())
    }

    /// The union with another, disjoint set.
    pub fn add(&mut self, other: &Self) {
        self.0 += other.0;
    }

    /// Without a subset.
    pub fn remove(&mut self, other: &Self) {
        self.0 -= other.0;
    }

    /// The sum as it is stored.
    pub fn element(&self) -> Element {
        Element::new(self.0)
    }

    /// From its stored form.
    pub fn from_element(element: &Element) -> Self {
        SetHash(*element.point())
    }

    /// The 32-byte state root.
    pub fn root(&self, network: &NetworkId) -> [u8; 32] {
        Hasher::new(network, Label::StateRoot).part(self.0.compress().as_bytes()).finish32()
    }
}
