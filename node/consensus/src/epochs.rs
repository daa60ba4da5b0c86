//! Who may vote in which epoch.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use commonware_codec::DecodeExt;
use commonware_consensus::{simplex::scheme::ed25519::Scheme, types::Epoch};
use commonware_cryptography::{
    Signer,
    certificate::{Provider, Scoped},
    ed25519::{PrivateKey, PublicKey},
};
use commonware_utils::ordered::Set;

use crate::{Application, EngineError, ValidatorKey};

/// Epochs whose scheme is kept at hand.
const KEPT: usize = 64;

/// Reads a validator's secret key.
pub(crate) fn private_key(secret: &[u8; 32]) -> Result<PrivateKey, EngineError> {
    PrivateKey::decode(Bytes::copy_from_slice(secret)).map_err(|_| EngineError::Key)
}

/// Reads a validator's public key.
pub(crate) fn public_key(key: &ValidatorKey) -> Option<PublicKey> {
    PublicKey::decode(Bytes::copy_from_slice(key)).ok()
}

/// The bytes of a public key.
pub(crate) fn key_bytes(key: &PublicKey) -> ValidatorKey {
    let mut bytes = ValidatorKey::default();
    bytes.copy_from_slice(key.as_ref());
    bytes
}

/// Gives each epoch's signing scheme, as the ledger knows its validators.
#[derive(Clone)]
pub(crate) struct Schemes {
    application: Arc<dyn Application>,
    namespace: Arc<[u8]>,
    key: PrivateKey,
    known: Arc<Mutex<BTreeMap<u64, Arc<Scheme>>>>,
}

impl Schemes {
    pub fn new(application: Arc<dyn Application>, namespace: &[u8], key: PrivateKey) -> Self {
        Schemes { application, namespace: namespace.into(), key, known: Arc::default() }
    }

    /// The validators of an epoch, if the chain says already who they are.
    pub fn validators(&self, epoch: u64) -> Result<Option<Set<PublicKey>>, EngineError> {
        let Some(keys) = self.application.validators(epoch) else { return Ok(None) };
        let keys: Option<Vec<PublicKey>> = keys.iter().map(public_key).collect();
        keys.map(|keys| Some(Set::from_iter_dedup(keys))).ok_or(EngineError::ValidatorKey { epoch })
    }

    /// The scheme of an epoch: it signs if this node is one of the validators.
    pub fn of(&self, epoch: u64) -> Option<Arc<Scheme>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scheme) = known.get(&epoch) {
            return Some(scheme.clone());
        }
        let participants = self.validators(epoch).ok()??;
        let scheme = Scheme::signer(&self.namespace, participants.clone(), self.key.clone())
            .unwrap_or_else(|| Scheme::verifier(&self.namespace, participants));
        let scheme = Arc::new(scheme);
        known.insert(epoch, scheme.clone());
        while known.len() > KEPT {
            known.pop_first();
        }
        Some(scheme)
    }

    /// This node's public key.
    pub fn me(&self) -> PublicKey {
        self.key.public_key()
    }
}

impl Provider for Schemes {
    type Scope = Epoch;
    type Scheme = Scheme;

    fn scoped(&self, epoch: Epoch) -> Option<Scoped<Scheme>> {
        self.of(epoch.get()).map(Scoped::scheme)
    }
}
