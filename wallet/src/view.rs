//! A household's own view of the ledger: final blocks replayed, and forgotten again but for what it may spend from.
//!
//! Like a [`Follower`] it believes no block before a certificate of its epoch's validators covers it. Unlike one it
//! leaves rules and state roots to those who signed, so it can forget key images and other people's notes: it stays small
//! enough for a household's file however old the ledger is.

use std::{collections::VecDeque, sync::Arc};

use hushwatt_crypto::{clsag::Member, set_hash::SetHash, signature::VerifyingKey};
use hushwatt_ledger::{
    block::{Block, BlockDigest, BlockHints, Parent, Uncovered, replay_block},
    codec::{DecodeError, Reader, Writer},
    genesis::Genesis,
    note::{BucketId, BucketVersion},
    state::{BlockEvents, Counters, LedgerState, LightState, MeterStanding, RingCache, StateError},
    units::{MeterId, Timestamp, Window},
};

use crate::{
    ChainBlock, FinalBlock, Follower, FollowerError,
    follower::{cover, latest, ring},
};

/// Where a wallet finds whom to hide among: the latest versions of buckets, as of the tip.
pub trait RingSource {
    /// The last final block.
    fn tip(&self) -> &Parent;
    /// Sums and counts as of the tip.
    fn counters(&self) -> Result<Counters, StateError>;
    /// The latest version of a bucket.
    fn latest(&self, id: BucketId) -> Result<BucketVersion, StateError>;
    /// The ring of a bucket's latest version.
    fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError>;
}

impl RingSource for Follower {
    fn tip(&self) -> &Parent {
        Follower::tip(self)
    }

    fn counters(&self) -> Result<Counters, StateError> {
        self.state().counters()
    }

    fn latest(&self, id: BucketId) -> Result<BucketVersion, StateError> {
        Follower::latest(self, id)
    }

    fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError> {
        Follower::ring(self, version)
    }
}

/// Why an exported view was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Not one, or of another version of this program.
    #[error("these are not the bytes of a view of the ledger that this program can read: read the chain again")]
    Foreign,
    /// Of another network.
    #[error("this view is of another network's ledger")]
    OtherNetwork,
    /// Damaged.
    #[error("this view of the ledger is damaged ({0}): read the chain again")]
    Damaged(#[from] DecodeError),
}

/// Views of earlier programs are not read: those believed changes of the registry that no registrar had signed.
const FORMAT: &[u8] = b"hushwatt view 2\n";
/// With windows, periods and totals.
const FORMAT_WITH_PERIODS: &[u8] = b"hushwatt view with periods 2\n";

/// Blocks that a certificate covers and that are not replayed yet, in their order: for [`PublicView::replay_next`].
pub struct Covered(VecDeque<(Block, BlockHints)>);

/// The public state as a household keeps it.
pub struct PublicView {
    genesis: Arc<Genesis>,
    state: LightState,
    cache: RingCache,
    parent: Parent,
    uncovered: Uncovered<BlockHints>,
}

impl PublicView {
    /// At genesis.
    pub fn new(genesis: Arc<Genesis>) -> Self {
        let parent = Parent::genesis(&genesis);
        Self::at(genesis, LightState::new(), parent)
    }

    /// At genesis, for a member of the committee: it keeps windows, periods and totals too, so the rules of totals can be
    /// held against what comes.
    pub fn with_periods(genesis: Arc<Genesis>) -> Self {
        let parent = Parent::genesis(&genesis);
        Self::at(genesis, LightState::with_periods(), parent)
    }

    fn at(genesis: Arc<Genesis>, state: LightState, parent: Parent) -> Self {
        PublicView { genesis, state, cache: RingCache::new(), parent, uncovered: Uncovered::after(&parent) }
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.genesis
    }

    /// The last final block. Its set hash says nothing: a view follows no state root.
    pub fn tip(&self) -> &Parent {
        &self.parent
    }

    /// How many blocks after the tip wait for a certificate.
    pub fn waiting(&self) -> usize {
        self.uncovered.len()
    }

    /// Takes the next block of the chain: the one after those that wait, or after the tip. Gives the blocks that are final
    /// by now and were not before, each replayed: none if this one has no certificate, else all that waited and this one.
    ///
    /// # Errors
    /// As [`Follower::follow`]; after [`FollowerError::Block`] or [`FollowerError::State`] read the chain again from its
    /// beginning.
    pub fn follow(&mut self, next: ChainBlock) -> Result<Vec<FinalBlock>, FollowerError> {
        let mut covered = self.cover(next)?;
        let mut replayed = Vec::new();
        while let Some(block) = self.replay_next(&mut covered)? {
            replayed.push(block);
        }
        Ok(replayed)
    }

    /// The first half of [`Self::follow`], for whoever needs the state as of each block: takes the next block and gives those that
    /// are final by now, to be replayed one by one.
    ///
    /// # Errors
    /// [`FollowerError::Unlinked`], [`FollowerError::Certificate`].
    pub fn cover(&mut self, next: ChainBlock) -> Result<Covered, FollowerError> {
        Ok(Covered(cover(&self.genesis, &self.state, &self.parent, &mut self.uncovered, next)?.into()))
    }

    /// The second half: replays the first of the blocks that are left; `None` if none is.
    ///
    /// # Errors
    /// [`FollowerError::Block`], [`FollowerError::State`]: as for [`Self::follow`].
    pub fn replay_next(&mut self, covered: &mut Covered) -> Result<Option<FinalBlock>, FollowerError> {
        let Some((block, hints)) = covered.0.pop_front() else { return Ok(None) };
        let events = self.replay(&block)?;
        if self.uncovered.is_empty() {
            self.uncovered = Uncovered::after(&self.parent);
        }
        Ok(Some(FinalBlock { block, hints, events }))
    }

    fn replay(&mut self, block: &Block) -> Result<BlockEvents, FollowerError> {
        let height = block.header.height;
        let replayed = replay_block(&self.genesis, &self.state, &self.parent, block)
            .map_err(|source| FollowerError::Block { height, source })?;
        let events = BlockEvents::of(&replayed.changes)?;
        self.state.apply(replayed.changes);
        self.parent = replayed.parent;
        Ok(events)
    }

    /// Forgets the notes of all buckets but the newest of credit and those that `keep` names; give it
    /// [`crate::Wallet::needed_buckets`] after every scan. What is forgotten comes back only by reading the chain again.
    pub fn prune(&mut self, keep: impl Fn(BucketId) -> bool) -> Result<(), StateError> {
        self.state.prune(&self.genesis, keep)
    }

    /// What is kept of the state.
    pub fn state(&self) -> LedgerState<'_> {
        LedgerState::new(&self.genesis, &self.state)
    }

    /// Sums and counts.
    pub fn counters(&self) -> Result<Counters, StateError> {
        self.state().counters()
    }

    /// Where a meter's chain stands, and its class and key in force; `None` if it is not registered.
    pub fn meter(&self, id: MeterId) -> Result<Option<MeterStanding>, StateError> {
        self.state().meter_standing(id)
    }

    /// The market operator that was registered when a window began: who admits the orders of its auction and clears it.
    pub fn operator_of(&self, window: Window) -> Result<Option<VerifyingKey>, StateError> {
        self.state().operator_of(window)
    }

    /// The latest version of a bucket; missing if it was forgotten.
    pub fn latest(&self, id: BucketId) -> Result<BucketVersion, StateError> {
        latest(&self.state(), id)
    }

    /// The ring of a bucket's latest version; missing if it was forgotten.
    pub fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError> {
        ring(&self.state(), &self.cache, version)
    }

    /// As bytes, to keep: the tip and the state. Blocks that wait for a certificate are not in it.
    pub fn export(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        let format = if self.state.has_periods() { FORMAT_WITH_PERIODS } else { FORMAT };
        writer.bytes(format).bytes(&self.genesis.network().0);
        writer.u64(self.parent.height).bytes(&self.parent.digest.0).u64(self.parent.time.0);
        self.state.encode(&mut writer);
        writer.finish()
    }

    /// From exported bytes. Total on any bytes.
    pub fn import(genesis: Arc<Genesis>, bytes: &[u8]) -> Result<Self, ViewError> {
        Self::read(genesis, bytes, FORMAT, LightState::decode)
    }

    /// From exported bytes of one with windows, periods and totals. Total on any bytes.
    pub fn import_with_periods(genesis: Arc<Genesis>, bytes: &[u8]) -> Result<Self, ViewError> {
        Self::read(genesis, bytes, FORMAT_WITH_PERIODS, LightState::decode_with_periods)
    }

    fn read(
        genesis: Arc<Genesis>,
        bytes: &[u8],
        format: &[u8],
        decode: impl Fn(&mut Reader<'_>) -> Result<LightState, DecodeError>,
    ) -> Result<Self, ViewError> {
        let rest = bytes.strip_prefix(format).ok_or(ViewError::Foreign)?;
        let mut reader = Reader::new(rest);
        if reader.array()? != genesis.network().0 {
            return Err(ViewError::OtherNetwork);
        }
        let parent = Parent {
            height: reader.u64()?,
            digest: BlockDigest(reader.array()?),
            time: Timestamp(reader.u64()?),
            set_hash: SetHash::empty(),
        };
        let state = decode(&mut reader)?;
        reader.finish()?;
        let view = Self::at(genesis, state, parent);
        // Tip and state are of one block.
        let fits =
            view.counters().is_ok_and(|counters| counters.blocks == parent.height && counters.time == parent.time);
        if fits { Ok(view) } else { Err(DecodeError::NotCanonical.into()) }
    }
}

impl RingSource for PublicView {
    fn tip(&self) -> &Parent {
        PublicView::tip(self)
    }

    fn counters(&self) -> Result<Counters, StateError> {
        PublicView::counters(self)
    }

    fn latest(&self, id: BucketId) -> Result<BucketVersion, StateError> {
        PublicView::latest(self, id)
    }

    fn ring(&self, version: BucketVersion) -> Result<Arc<[Member]>, StateError> {
        PublicView::ring(self, version)
    }
}
