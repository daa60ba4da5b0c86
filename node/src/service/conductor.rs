//! Decides who brings blocks: the engine while this node is a validator of the current epoch, other nodes otherwise.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hushwatt_consensus::{Engine, EngineConfig, Exit, Timing};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{block::consensus_namespace, validators::ValidatorSet};
use tracing::{error, info, warn};

use super::{ServiceError, disk, follow::Upstreams, peers::PeerFile, stopping::Stopping};
use crate::{
    Core,
    bridge::{Bridge, PassOn},
    config::Setup,
};

/// Between two looks at whether something changed.
const LOOK: Duration = Duration::from_millis(100);
/// Between two times that it is seen to that nothing is kept too long.
const FORGET: Duration = Duration::from_secs(3600);
/// Seconds after which a transaction that still waits is passed on again.
const PASS_ON_AGAIN: u64 = 5;
/// Bytes passed on again at a time.
const PASS_ON_BYTES: usize = 256 << 10;
/// Transactions that wait to be passed on to the other validators.
const OUTGOING: usize = 1024;

/// A node's main loop.
pub(super) struct Conductor {
    setup: Setup,
    core: Arc<Core>,
    stopping: Stopping,
    peers: PeerFile,
    pass_on: Arc<PassOn>,
    forgot: Option<Instant>,
}

impl Conductor {
    pub fn new(setup: Setup, core: Arc<Core>, stopping: Stopping) -> Self {
        let peers = PeerFile::new(setup.folder.config_file(), setup.config.network.peers.clone());
        let pass_on = Arc::new(PassOn::default());
        core.observe(pass_on.clone());
        Conductor { setup, core, stopping, peers, pass_on, forgot: None }
    }

    /// Runs until it is told to stop or something fails for good.
    pub fn run(mut self) -> Result<(), ServiceError> {
        let ended = self.conduct();
        if let Err(error) = &ended {
            error!(%error, "the node cannot go on");
            let folder = self.setup.folder.data();
            if let Err(error) = disk::takes_data(&folder) {
                error!(folder = %folder.display(), %error, "nothing can be written: check the disk, its free space and the permissions, then start again");
            }
            self.core.set_failed(error.to_string());
        }
        ended
    }

    fn conduct(&mut self) -> Result<(), ServiceError> {
        self.notice_lost_votes()?;
        while !self.stopping.is_requested() {
            match self.key_of_epoch()? {
                Some(key) if !self.setup.folder.must_rejoin() => self.vote(key)?,
                key => self.follow(key.is_some())?,
            }
        }
        Ok(())
    }

    /// A validator whose data were wiped has forgotten what it voted for. Alone it cannot contradict itself to anybody, and
    /// there is nobody to catch up from.
    fn notice_lost_votes(&self) -> Result<(), ServiceError> {
        let folder = &self.setup.folder;
        let alone = self.validators()?.is_some_and(|validators| validators.count() == 1);
        if folder.forgot_its_votes() && !folder.must_rejoin() && !alone {
            warn!("the record of this validator's votes is gone: it catches up with the others before it votes again");
            folder.mark_rejoin()?;
        }
        Ok(())
    }

    /// The key with which this node votes in the epoch of the next block, if it does.
    fn key_of_epoch(&self) -> Result<Option<SigningKey>, ServiceError> {
        let Some(validators) = self.validators()? else { return Ok(None) };
        let mut keys = self.setup.keys.iter();
        Ok(keys.find(|key| validators.index_of(&key.verifying_key()).is_some()).cloned())
    }

    /// The validators of the next block's epoch.
    fn validators(&self) -> Result<Option<ValidatorSet>, ServiceError> {
        let epoch = self.core.genesis().parameters.epoch_of(self.core.tip().height + 1);
        Ok(self.core.validators(epoch)?)
    }

    /// Votes until this node leaves the set, or is told to stop.
    fn vote(&mut self, key: SigningKey) -> Result<(), ServiceError> {
        let (sender, outgoing) = futures::channel::mpsc::channel(OUTGOING);
        let bridge = Arc::new(Bridge::new(self.core.clone()));
        self.pass_on.set(Some(sender));
        let config = EngineConfig {
            folder: self.setup.folder.engine(),
            listen: self.setup.config.network.listen,
            peers: self.peers.peers(),
            secret: key.to_bytes(),
            namespace: consensus_namespace(self.core.genesis().network()),
            timing: Timing::default(),
        };
        self.setup.folder.mark_voted()?;
        self.core.set_validator(Some(key.verifying_key()));
        self.core.set_syncing(false);
        let mut engine = Engine::start(config, bridge.clone(), bridge, outgoing)?;
        while !engine.has_ended() {
            if self.stopping.is_requested() {
                engine.stop();
            }
            if let Some(peers) = self.peers.changed() {
                engine.set_peers(peers);
            }
            self.core.set_connected(engine.connected().len());
            for submission in self.core.rebroadcast(PASS_ON_AGAIN, PASS_ON_BYTES) {
                self.pass_on.pass_on(&submission);
            }
            self.forget();
            thread::sleep(LOOK);
        }
        self.core.set_validator(None);
        self.core.set_connected(0);
        self.pass_on.set(None);
        match engine.wait()? {
            Exit::Stopped => {}
            Exit::NotAValidator { epoch } => {
                info!(epoch, "this node votes no more with this key");
                // With its next key it goes on. Without one all epochs that it voted in are over, and what the engine kept of
                // their blocks has hints in it.
                if self.key_of_epoch()?.is_none() {
                    self.setup.folder.unmark_voted()?;
                    self.setup.folder.remove_engine()?;
                }
            }
            Exit::MorePeers { epoch } => info!(epoch, "more validators: the engine starts again"),
        }
        Ok(())
    }

    /// Sees to it that nothing is kept too long: now and then by the ledger's time, and by the machine's when somebody asks
    /// for it. What cannot be deleted is said, and tried again the next time.
    fn forget(&mut self) {
        let folder = &self.setup.folder;
        let asked = folder.is_asked_to_forget();
        if !asked && self.forgot.is_some_and(|at| at.elapsed() < FORGET) {
            return;
        }
        self.forgot = Some(Instant::now());
        let tip = self.core.tip().time;
        if let Err(error) = self.core.forget(if asked { self.core.now() } else { tip }) {
            error!(%error, "something that should be gone by now is still on disk");
        }
        if asked && let Err(error) = folder.has_forgotten() {
            warn!(%error, "the request to forget stays");
        }
    }

    /// Follows other nodes until this node may vote.
    fn follow(&mut self, rejoins: bool) -> Result<(), ServiceError> {
        let urls = self.setup.config.follow.iter().cloned().chain(self.peers.urls());
        let mut upstreams = Upstreams::new(self.core.clone(), self.stopping.clone(), urls.collect());
        if upstreams.is_empty() {
            warn!("no node to follow is known: set follow, or http of a peer, in config.toml");
        }
        // When it had all that the others have: what this node voted for before is not later than that.
        let mut caught_up = None;
        while !self.stopping.is_requested() {
            let more = upstreams.fetch()?;
            upstreams.hand_on(&self.core.rebroadcast(PASS_ON_AGAIN, PASS_ON_BYTES));
            self.forget();
            if rejoins {
                let tip = self.core.tip().time;
                if !more && upstreams.are_heard() {
                    caught_up.get_or_insert(tip.max(self.core.now()));
                }
                if caught_up.is_some_and(|since| tip > since.plus(REJOIN_AFTER)) {
                    self.setup.folder.rejoined()?;
                    info!("caught up: this node votes again");
                    return Ok(());
                }
            } else if self.key_of_epoch()?.is_some() {
                return Ok(());
            }
            if !more {
                thread::sleep(upstreams.pause());
            }
        }
        Ok(())
    }
}

/// Twice what clocks may differ by, in seconds.
const REJOIN_AFTER: u64 = 20;
