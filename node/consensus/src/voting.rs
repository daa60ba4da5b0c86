//! One simplex engine an epoch.

use commonware_consensus::{
    marshal::standard::Inline,
    simplex::{self, Floor, ForwardPolicy, SkipBudget, SkipPolicy, elector::RoundRobin, scheme::ed25519::Scheme},
    types::{Epoch, FixedEpocher, ViewDelta},
};
use commonware_cryptography::{Sha256, ed25519::PublicKey, sha256::Digest};
use commonware_p2p::{Blocker, Sender, utils::mux::MuxHandle};
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use tracing::warn;

use crate::{
    Block, EngineError, Timing,
    application::Adapter,
    engine::{BUFFER, MAILBOX, Runtime, Witness},
    epochs::Schemes,
    store::LogStore,
};

/// Views behind the last final one whose votes are kept.
pub(crate) const VIEWS_KEPT: ViewDelta = ViewDelta::new(64);

/// What every epoch's engine is made of.
pub(crate) struct Voting<S: Sender, B> {
    pub schemes: Schemes,
    pub store: LogStore,
    pub prefix: String,
    pub length: u64,
    pub timing: Timing,
    pub cache: CacheRef,
    pub blocker: B,
    pub votes: MuxHandle<S>,
    pub certificates: MuxHandle<S>,
    pub resolver: MuxHandle<S>,
}

impl<S, B> Voting<S, B>
where
    S: Sender<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey> + Sync,
{
    fn partition(&self, epoch: u64) -> String {
        format!("{}simplex-{epoch}", self.prefix)
    }

    /// Starts voting in an epoch.
    pub async fn start<E: Runtime>(
        &mut self,
        context: &E,
        epoch: u64,
        application: Inline<E, Scheme, Adapter, Block, FixedEpocher>,
    ) -> Result<Handle<()>, EngineError> {
        let ended = || EngineError::Stopped { part: "network" };
        let scheme = self.schemes.of(epoch).ok_or(EngineError::Stopped { part: "epochs" })?;
        let Timing { leader, certification, retry, silent, poll, fetch } = self.timing;
        let config = simplex::Config {
            scheme: Scheme::clone(&scheme),
            elector: RoundRobin::<Sha256>::default(),
            blocker: self.blocker.clone(),
            automaton: application.clone(),
            relay: application.clone(),
            reporter: Witness(application),
            track_historical_votes: false,
            strategy: Sequential,
            partition: self.partition(epoch),
            mailbox_size: MAILBOX,
            epoch: Epoch::new(epoch),
            floor: self.floor(epoch)?,
            replay_buffer: BUFFER,
            write_buffer: BUFFER,
            page_cache: self.cache.clone(),
            leader_timeout: leader,
            certification_timeout: certification,
            timeout_retry: retry,
            view_retention: VIEWS_KEPT,
            skip: SkipPolicy::Enabled { timeout: silent, budget: SkipBudget::Participants },
            fetch_timeout: commonware_utils::NZDuration!(fetch),
            fetch_retry_delay: poll * 10,
            forward: ForwardPolicy::SilentLeader,
        };
        let votes = self.votes.register(epoch).await.map_err(|_| ended())?;
        let certificates = self.certificates.register(epoch).await.map_err(|_| ended())?;
        let resolver = self.resolver.register(epoch).await.map_err(|_| ended())?;
        let engine = simplex::Engine::new(context.child("simplex").with_attribute("epoch", epoch), config);
        Ok(engine.start(votes, certificates, resolver))
    }

    /// The last certified block of the epoch, or the block before the epoch. Views that this node voted in before its
    /// journal was lost are so left behind as far as its log reaches.
    fn floor(&self, epoch: u64) -> Result<Floor<Scheme, Digest>, EngineError> {
        if let Some(last) = self.store.last_finalization(epoch).map_err(EngineError::Apply)? {
            return Ok(Floor::Finalized(last));
        }
        let before = (epoch * self.length).saturating_sub(1);
        let digest = self.store.digest_at(before).map_err(EngineError::Apply)?;
        digest.map(Floor::Genesis).ok_or(EngineError::Stopped { part: "epochs" })
    }

    /// Removes the journal of an epoch that is over and whose engine has ended.
    pub async fn forget<E: Runtime>(&self, context: &E, epoch: u64) {
        if let Err(error) = context.remove(&self.partition(epoch), None).await {
            warn!(epoch, %error, "the journal of a past epoch could not be removed");
        }
    }
}
