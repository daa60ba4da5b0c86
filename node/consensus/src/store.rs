//! The ledger's own log as the engine's store of final blocks and certificates, so that both are on disk once.
//!
//! The engine may learn final blocks out of order while it catches up; the log holds them in order without gaps. What
//! comes ahead of a gap waits in memory and, from the next sync on, in small files of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use commonware_consensus::{
    marshal::store::{Blocks, Certificates},
    simplex::{scheme::ed25519::Scheme, types::Finalization},
    types::Height,
};
use commonware_cryptography::sha256::Digest;
use commonware_storage::{archive::Identifier, rmap::RMap};

use crate::{Application, Block, Certificate, Hash, LogError};

/// A record of the log.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The block; its content need not be decoded.
    pub block: Block,
    /// Its own certificate; `None` for a block that is final through a later one.
    pub certificate: Option<Certificate>,
}

/// The ledger's append-only log. Heights count from 1 without gaps.
pub trait Log: Send + Sync + 'static {
    /// Height of the last record; 0 if there is none.
    fn height(&self) -> u64;
    /// The heights whose records have no certificate, ascending.
    fn uncertified(&self) -> Vec<u64>;
    /// Appends the block of the next height. When this returns it is durable.
    fn append(&self, block: &Block, certificate: Option<&Certificate>) -> Result<(), LogError>;
    /// Reads a record.
    fn read(&self, height: u64) -> Result<Option<Stored>, LogError>;
    /// The height of a block of the log.
    fn height_of(&self, digest: &Hash) -> Result<Option<u64>, LogError>;
    /// Keeps bytes for a height ahead of the log; durable when this returns. Replaces what was kept for that height.
    fn save_ahead(&self, height: u64, bytes: &[u8]) -> Result<(), LogError>;
    /// What was kept ahead, whole entries only.
    fn load_ahead(&self) -> Result<Vec<(u64, Vec<u8>)>, LogError>;
    /// Forgets what was kept for a height.
    fn drop_ahead(&self, height: u64) -> Result<(), LogError>;
}

#[derive(Clone, Default)]
struct Ahead {
    block: Option<Block>,
    certificate: Option<(Hash, Certificate)>,
}

struct Inner {
    log: Arc<dyn Log>,
    application: Arc<dyn Application>,
    genesis: Block,
    ahead: BTreeMap<u64, Ahead>,
    /// Heights ahead that changed since they were saved.
    dirty: BTreeSet<u64>,
    blocks: RMap,
    certificates: RMap,
}

/// One store that the engine sees as two.
#[derive(Clone)]
pub(crate) struct LogStore(Arc<Mutex<Inner>>);

impl LogStore {
    pub fn open(log: Arc<dyn Log>, application: Arc<dyn Application>) -> Result<Self, LogError> {
        let genesis = application.genesis();
        let (mut blocks, mut certificates) = (RMap::new(), RMap::new());
        blocks.insert(0);
        let uncertified: BTreeSet<u64> = log.uncertified().into_iter().collect();
        for height in 1..=log.height() {
            blocks.insert(height);
            if !uncertified.contains(&height) {
                certificates.insert(height);
            }
        }
        let mut inner = Inner {
            log: log.clone(),
            application,
            genesis,
            ahead: BTreeMap::new(),
            dirty: BTreeSet::new(),
            blocks,
            certificates,
        };
        for (height, bytes) in log.load_ahead()? {
            match inner.decode_ahead(height, &bytes) {
                Some(entry) if height > log.height() => inner.keep(height, entry),
                _ => log.drop_ahead(height)?,
            }
        }
        inner.dirty.clear();
        Ok(LogStore(Arc::new(Mutex::new(inner))))
    }

    /// The last certificate of a block of the log in an epoch.
    pub fn last_finalization(&self, epoch: u64) -> Result<Option<Finalization<Scheme, Digest>>, LogError> {
        let inner = self.inner();
        let last = inner.certificates.iter().map(|(start, end)| (*start, (*end).min(inner.log.height())));
        let Some((_, height)) = last.filter(|(start, end)| start <= end).last() else { return Ok(None) };
        let found = inner.finalization(Identifier::Index(height))?;
        Ok(found.filter(|finalization| finalization.proposal.round.epoch().get() == epoch))
    }

    /// Height of the log.
    pub fn height(&self) -> u64 {
        self.inner().log.height()
    }

    /// Digest of the block of a height.
    pub fn digest_at(&self, height: u64) -> Result<Option<Digest>, LogError> {
        Ok(self.inner().stored(height)?.map(|stored| Digest(stored.block.digest)))
    }

    fn with(self, change: impl FnOnce(&mut Inner) -> Result<(), LogError>) -> Result<Self, LogError> {
        change(&mut self.inner())?;
        Ok(self)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, height: u64, entry: Ahead) {
        if entry.block.is_some() {
            self.blocks.insert(height);
        }
        if entry.certificate.is_some() {
            self.certificates.insert(height);
        }
        self.ahead.insert(height, entry);
        self.dirty.insert(height);
    }

    /// Moves what has become contiguous into the log and saves the rest beside it.
    fn sync(&mut self) -> Result<(), LogError> {
        loop {
            let next = self.log.height() + 1;
            let Some(Ahead { block: Some(block), certificate }) = self.ahead.get(&next) else { break };
            let own = certificate.as_ref().filter(|(digest, _)| *digest == block.digest);
            if certificate.is_some() && own.is_none() {
                return Err(LogError::new(format!("the certificate kept for block {next} is of another block")));
            }
            self.log.append(block, own.map(|(_, certificate)| certificate))?;
            self.ahead.remove(&next);
            self.dirty.remove(&next);
            self.log.drop_ahead(next)?;
        }
        for height in std::mem::take(&mut self.dirty) {
            if let Some(entry) = self.ahead.get(&height) {
                self.log.save_ahead(height, &encode_ahead(entry))?;
            }
        }
        Ok(())
    }

    fn stored(&self, height: u64) -> Result<Option<Stored>, LogError> {
        if height == 0 {
            return Ok(Some(Stored { block: self.genesis.clone(), certificate: None }));
        }
        self.log.read(height)
    }

    fn height_of(&self, digest: &Hash) -> Result<Option<u64>, LogError> {
        if *digest == self.genesis.digest {
            return Ok(Some(0));
        }
        let ahead = self.ahead.iter().find(|(_, entry)| {
            entry.block.as_ref().is_some_and(|block| block.digest == *digest)
                || entry.certificate.as_ref().is_some_and(|(certified, _)| certified == digest)
        });
        match ahead {
            Some((height, _)) => Ok(Some(*height)),
            None => self.log.height_of(digest),
        }
    }

    fn locate(&self, id: &Identifier<'_, Digest>) -> Result<Option<u64>, LogError> {
        match id {
            Identifier::Index(height) => Ok(Some(*height)),
            Identifier::Key(digest) => self.height_of(&digest.0),
        }
    }

    fn block(&self, id: Identifier<'_, Digest>) -> Result<Option<Arc<Block>>, LogError> {
        let Some(height) = self.locate(&id)? else { return Ok(None) };
        if let Some(entry) = self.ahead.get(&height) {
            return Ok(entry.block.clone().map(Arc::new));
        }
        Ok(self.stored(height)?.map(|stored| Arc::new(stored.block)))
    }

    fn finalization(&self, id: Identifier<'_, Digest>) -> Result<Option<Finalization<Scheme, Digest>>, LogError> {
        let Some(height) = self.locate(&id)? else { return Ok(None) };
        let found = match self.ahead.get(&height) {
            Some(entry) => entry.certificate.clone(),
            None => self.stored(height)?.and_then(|stored| stored.certificate.map(|own| (stored.block.digest, own))),
        };
        Ok(found.and_then(|(digest, certificate)| {
            let validators = self.application.validators(certificate.epoch)?.len();
            certificate.to_engine(&digest, validators)
        }))
    }

    /// Reads what [`encode_ahead`] wrote.
    fn decode_ahead(&self, height: u64, bytes: &[u8]) -> Option<Ahead> {
        let mut entry = Ahead::default();
        let (certificate, block) = split_ahead(bytes)?;
        if let Some(certificate) = certificate {
            let (digest, encoded) = certificate.split_first_chunk::<32>()?;
            entry.certificate = Some((*digest, Certificate::decode(encoded)?));
        }
        if let Some(block) = block {
            let block = self.application.decode(Bytes::copy_from_slice(block))?;
            entry.block = Some(block).filter(|block| block.height == height);
            entry.block.as_ref()?;
        }
        Some(entry)
    }
}

/// The block in bytes that were kept ahead of the log ([`Log::save_ahead`]), as it travelled; `None` if there is none. Total on
/// any bytes.
pub fn block_ahead(bytes: &[u8]) -> Option<&[u8]> {
    split_ahead(bytes)?.1
}

/// Digest and certificate, and the block.
type AheadParts<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// The parts of what [`encode_ahead`] wrote.
fn split_ahead(bytes: &[u8]) -> Option<AheadParts<'_>> {
    let (flag, mut rest) = bytes.split_first()?;
    let mut certificate = None;
    if *flag == 1 {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (encoded, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        (certificate, rest) = (Some(encoded), after);
    }
    let (flag, block) = rest.split_first()?;
    Some((certificate, (*flag == 1).then_some(block)))
}

/// Layout: whether there is a certificate (1 byte), length (4) of digest and certificate, those; whether there is a block
/// (1), the block.
fn encode_ahead(entry: &Ahead) -> Vec<u8> {
    let mut bytes = vec![u8::from(entry.certificate.is_some())];
    if let Some((digest, certificate)) = &entry.certificate {
        let encoded = certificate.encode();
        bytes.extend_from_slice(&(32 + encoded.len() as u32).to_le_bytes());
        bytes.extend_from_slice(digest);
        bytes.extend_from_slice(&encoded);
    }
    bytes.push(u8::from(entry.block.is_some()));
    if let Some(block) = &entry.block {
        bytes.extend_from_slice(&block.bytes);
    }
    bytes
}

impl Blocks for LogStore {
    type Block = Arc<Block>;
    type Error = LogError;

    async fn put(self, _: Digest, block: &Arc<Block>) -> Result<Self, LogError> {
        self.with(|inner| {
            let height = block.height;
            if height > inner.log.height() && inner.ahead.get(&height).is_none_or(|entry| entry.block.is_none()) {
                let mut entry = inner.ahead.get(&height).cloned().unwrap_or_default();
                entry.block = Some(Block::clone(block));
                inner.keep(height, entry);
            }
            Ok(())
        })
    }

    async fn sync(self) -> Result<Self, LogError> {
        self.with(Inner::sync)
    }

    async fn get(&self, id: Identifier<'_, Digest>) -> Result<Option<Arc<Block>>, LogError> {
        self.inner().block(id)
    }

    async fn prune(self, _: Height) -> Result<Self, LogError> {
        Ok(self)
    }

    fn missing_items(&self, start: Height, max: usize) -> Vec<Height> {
        self.inner().blocks.missing_items(start.get(), max).into_iter().map(Height::new).collect()
    }

    fn next_gap(&self, value: Height) -> (Option<Height>, Option<Height>) {
        let (end, next) = self.inner().blocks.next_gap(value.get());
        (end.map(Height::new), next.map(Height::new))
    }

    fn last_index(&self) -> Option<Height> {
        self.inner().blocks.last_index().map(Height::new)
    }
}

impl Certificates for LogStore {
    type BlockDigest = Digest;
    type Commitment = Digest;
    type Scheme = Scheme;
    type Error = LogError;

    async fn put(
        self,
        height: Height,
        digest: Digest,
        finalization: &Finalization<Scheme, Digest>,
    ) -> Result<Self, LogError> {
        self.with(|inner| {
            let height = height.get();
            let known = inner.ahead.get(&height).is_some_and(|entry| entry.certificate.is_some());
            if height > inner.log.height() && !known {
                let certificate = Certificate::from_engine(finalization)
                    .ok_or_else(|| LogError::new("the engine gave a certificate that cannot be written down"))?;
                let mut entry = inner.ahead.get(&height).cloned().unwrap_or_default();
                entry.certificate = Some((digest.0, certificate));
                inner.keep(height, entry);
            }
            Ok(())
        })
    }

    async fn sync(self) -> Result<Self, LogError> {
        self.with(Inner::sync)
    }

    async fn get(&self, id: Identifier<'_, Digest>) -> Result<Option<Finalization<Scheme, Digest>>, LogError> {
        self.inner().finalization(id)
    }

    async fn has(&self, height: Height) -> Result<bool, LogError> {
        Ok(self.inner().certificates.get(height.get()).is_some())
    }

    async fn prune(self, _: Height) -> Result<Self, LogError> {
        Ok(self)
    }

    fn last_index(&self) -> Option<Height> {
        self.inner().certificates.last_index().map(Height::new)
    }

    fn ranges_from(&self, from: Height) -> impl Iterator<Item = (Height, Height)> {
        let inner = self.inner();
        let ranges: Vec<(Height, Height)> = inner
            .certificates
            .iter_from(from.get())
            .map(|(start, end)| (Height::new(*start), Height::new(*end)))
            .collect();
        ranges.into_iter()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_waits_ahead_reads_back_and_damage_does_not() {
        let certificate =
            Certificate { epoch: 3, view: 9, parent_view: 8, signatures: vec![(0, [1; 64]), (2, [2; 64])] };
        let bytes = certificate.encode();
        assert_eq!(Certificate::decode(&bytes), Some(certificate.clone()));
        for cut in 0..bytes.len() {
            assert_eq!(Certificate::decode(&bytes[..cut]), None);
        }
        assert_eq!(Certificate::decode(&[bytes.as_slice(), &[0]].concat()), None);
        let entry = Ahead { block: None, certificate: Some(([7; 32], certificate)) };
        let kept = encode_ahead(&entry);
        let length = u32::from_le_bytes(*kept[1..].first_chunk::<4>().unwrap()) as usize;
        assert_eq!((kept[0], length, kept[kept.len() - 1]), (1, 32 + bytes.len(), 0));
        assert_eq!(&kept[37..37 + bytes.len()], bytes.as_slice());
        assert_eq!(block_ahead(&kept), None);
        let block =
            Block { height: 4, parent: [1; 32], digest: [2; 32], bytes: Bytes::from_static(b"block"), content: None };
        let kept = [entry, Ahead::default()].map(|entry| encode_ahead(&Ahead { block: Some(block.clone()), ..entry }));
        for kept in kept {
            assert_eq!(block_ahead(&kept), Some(&b"block"[..]));
            (0..kept.len() - 5).for_each(|cut| assert_eq!(block_ahead(&kept[..cut]), None));
        }
    }
}
