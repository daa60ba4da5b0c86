//! The core as the consensus engine sees it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::channel::mpsc;
use hushwatt_consensus::{
    Application, Block as EngineBlock, Certificate as EngineCertificate, Hash, Log, LogError, Stored, Timeliness,
    ValidatorKey,
};
use hushwatt_crypto::signature::Signature;
use hushwatt_ledger::{
    block::{BlockDigest, Certificate, genesis_digest},
    units::Epoch,
};
use tracing::{debug, error, warn};

use crate::{Core, Due, LiveBlock, NodeError, Observer, Submission, TimeVerdict, lock::lock};

/// Implements the engine's traits for a core.
pub struct Bridge(Arc<Core>);

impl Bridge {
    /// For an engine on this core.
    pub fn new(core: Arc<Core>) -> Self {
        Bridge(core)
    }

    fn content<'a>(&self, block: &'a EngineBlock) -> Option<&'a LiveBlock> {
        block.content.as_ref()?.downcast_ref()
    }

    /// The block itself: as it was decoded, or decoded now if it comes from the log.
    fn live(&self, block: &EngineBlock) -> Option<LiveBlock> {
        match self.content(block) {
            Some(live) => Some(live.clone()),
            None => self.0.decode_live(&block.bytes).ok(),
        }
    }

    fn wrap(&self, live: LiveBlock, bytes: Bytes) -> EngineBlock {
        EngineBlock {
            height: live.height(),
            parent: live.block().header.parent.0,
            digest: live.digest().0,
            bytes,
            content: Some(Arc::new(live)),
        }
    }
}

/// A digest that no block has: what the genesis names as its parent.
const NOTHING: Hash = [0; 32];

impl Application for Bridge {
    fn genesis(&self) -> EngineBlock {
        let digest = genesis_digest(self.0.genesis()).0;
        EngineBlock { height: 0, parent: NOTHING, digest, bytes: Bytes::new(), content: None }
    }

    fn height(&self) -> u64 {
        self.0.tip().height
    }

    fn epoch_blocks(&self) -> u64 {
        self.0.genesis().parameters.epoch_blocks
    }

    fn validators(&self, epoch: u64) -> Option<Vec<ValidatorKey>> {
        match self.0.validators(Epoch(epoch)) {
            Ok(set) => set.map(|set| set.keys().iter().map(|key| *key.as_bytes()).collect()),
            Err(error) => {
                error!(%error, "the validators cannot be read from the state");
                None
            }
        }
    }

    fn decode(&self, bytes: Bytes) -> Option<EngineBlock> {
        match self.0.decode_live(&bytes) {
            Ok(live) => Some(self.wrap(live, bytes)),
            Err(refused) => {
                warn!(%refused, "a block from a peer cannot be read");
                None
            }
        }
    }

    fn knows(&self, block: &EngineBlock) -> bool {
        block.height <= self.0.tip().height || self.0.knows(&BlockDigest(block.digest))
    }

    fn is_due(&self, parent: &EngineBlock) -> bool {
        matches!(self.0.due(&BlockDigest(parent.digest)), Due::Now)
    }

    fn propose(&self, parent: &EngineBlock) -> Option<EngineBlock> {
        match self.0.propose(&BlockDigest(parent.digest)) {
            Ok(proposed) => {
                let bytes = Bytes::from(proposed.block.encode());
                Some(self.wrap(proposed.block, bytes))
            }
            Err(error) => {
                warn!(%error, height = parent.height + 1, "no block is proposed");
                None
            }
        }
    }

    fn timeliness(&self, block: &EngineBlock) -> Timeliness {
        let Some(live) = self.content(block) else { return Timeliness::Now };
        match self.0.judge_time(live.block().header.time) {
            TimeVerdict::Now => Timeliness::Now,
            TimeVerdict::Later(_) => Timeliness::Later,
            TimeVerdict::TooOld => Timeliness::Never,
        }
    }

    fn verify(&self, block: &EngineBlock) -> bool {
        let Some(live) = self.live(block) else { return false };
        match self.0.verify(&live) {
            Ok(()) => true,
            Err(error) => {
                warn!(height = block.height, %error, "a proposed block is refused");
                false
            }
        }
    }

    fn finalize(&self, block: &EngineBlock) -> Result<(), LogError> {
        self.0.apply_until(block.height).map_err(LogError::new)
    }

    fn receive(&self, from: &ValidatorKey, transaction: Bytes) {
        let number = from.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        self.0.submit_from_peer(&transaction, number);
    }
}

impl Log for Bridge {
    fn height(&self) -> u64 {
        self.0.store().height()
    }

    fn uncertified(&self) -> Vec<u64> {
        self.0.store().uncertified()
    }

    fn append(&self, block: &EngineBlock, certificate: Option<&EngineCertificate>) -> Result<(), LogError> {
        let live = match self.content(block) {
            Some(live) => live.clone(),
            None => self.0.decode_live(&block.bytes).map_err(LogError::new)?,
        };
        let certificate = certificate.map(to_ledger);
        self.0.append(&live, certificate.as_ref()).map_err(LogError::new)
    }

    fn read(&self, height: u64) -> Result<Option<Stored>, LogError> {
        let Some(record) = self.0.store().record(height).map_err(LogError::new)? else { return Ok(None) };
        let header = record.header(self.0.genesis().network()).map_err(LogError::new)?;
        let digest = header.digest(self.0.genesis().network());
        let certificate =
            Certificate::decode_optional(&record.certificate).map_err(|source| NodeError::Record { height, source });
        let block = EngineBlock {
            height,
            parent: header.parent.0,
            digest: digest.0,
            bytes: Bytes::from(record.to_live()),
            content: None,
        };
        let certificate = certificate.map_err(LogError::new)?.map(|certificate| from_ledger(&certificate));
        Ok(Some(Stored { block, certificate }))
    }

    fn height_of(&self, digest: &Hash) -> Result<Option<u64>, LogError> {
        self.0.store().height_of(&BlockDigest(*digest)).map_err(LogError::new)
    }

    fn save_ahead(&self, height: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.0.store().save_ahead(height, bytes).map_err(LogError::new)
    }

    fn load_ahead(&self) -> Result<Vec<(u64, Vec<u8>)>, LogError> {
        self.0.store().load_ahead().map_err(LogError::new)
    }

    fn drop_ahead(&self, height: u64) -> Result<(), LogError> {
        self.0.store().drop_ahead(height).map_err(LogError::new)
    }
}

/// Passes accepted transactions on to the other validators, while there is an engine that speaks with them.
#[derive(Default)]
pub struct PassOn(Mutex<Option<mpsc::Sender<Bytes>>>);

impl PassOn {
    /// From now on to whoever reads the other end, or to nobody.
    pub fn set(&self, outgoing: Option<mpsc::Sender<Bytes>>) {
        *lock(&self.0) = outgoing;
    }

    /// Passes one on. What finds no room is offered again by the core until it is in a block.
    pub fn pass_on(&self, submission: &Submission) {
        if let Some(outgoing) = &mut *lock(&self.0)
            && outgoing.try_send(Bytes::from(submission.to_bytes())).is_err()
        {
            debug!("a transaction waits to be passed on");
        }
    }
}

impl Observer for PassOn {
    fn fresh(&self, submission: &Submission) {
        self.pass_on(submission);
    }
}

fn to_ledger(certificate: &EngineCertificate) -> Certificate {
    let signatures = certificate.signatures.iter();
    Certificate {
        epoch: Epoch(certificate.epoch),
        view: certificate.view,
        parent_view: certificate.parent_view,
        signatures: signatures.map(|(index, bytes)| (*index, Signature(*bytes))).collect(),
    }
}

fn from_ledger(certificate: &Certificate) -> EngineCertificate {
    EngineCertificate {
        epoch: certificate.epoch.0,
        view: certificate.view,
        parent_view: certificate.parent_view,
        signatures: certificate.signatures.iter().map(|(index, signature)| (*index, signature.0)).collect(),
    }
}
