//! What a node is on its network at the moment, as whoever connects it says: for its status page and its health.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use hushwatt_crypto::signature::VerifyingKey;

use crate::lock::lock;

#[derive(Debug, Default)]
pub(crate) struct Presence {
    syncing: AtomicBool,
    connected: AtomicUsize,
    validator: Mutex<Option<VerifyingKey>>,
    /// Why a part of the node cannot go on.
    failure: Mutex<Option<String>>,
}

impl Presence {
    pub fn set_syncing(&self, syncing: bool) {
        self.syncing.store(syncing, Ordering::Relaxed);
    }

    pub fn is_syncing(&self) -> bool {
        self.syncing.load(Ordering::Relaxed)
    }

    pub fn set_connected(&self, nodes: usize) {
        self.connected.store(nodes, Ordering::Relaxed);
    }

    pub fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    pub fn set_validator(&self, key: Option<VerifyingKey>) {
        *lock(&self.validator) = key;
    }

    pub fn validator(&self) -> Option<VerifyingKey> {
        *lock(&self.validator)
    }

    pub fn fail(&self, reason: String) {
        lock(&self.failure).get_or_insert(reason);
    }

    pub fn failure(&self) -> Option<String> {
        lock(&self.failure).clone()
    }
}
