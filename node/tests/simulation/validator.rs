//! One simulated validator: a real core on a simulated disk, with or without a running engine.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures::channel::mpsc;
use hushwatt_consensus::{
    Application, Log,
    simulation::{Ledger, Network, Running, SimulatedTime},
};
use hushwatt_ledger::{storage::SimDisk, units::Timestamp};
use hushwatt_node::{Bridge, Clock, Core, CoreOptions, NodeError, Observer, Store, Submission};

use super::{
    byzantine::{Forgeries, Liar},
    chronicle::{WatchedLog, Watcher},
    dice::Dice,
    disk::{FailingDisk, Fuse, KeptIndex},
    fixture::{self, Fixture},
};

/// Seconds after which an empty block is made.
const HEARTBEAT: u64 = 4;
/// Seconds by which a block must be later than the loss of a disk: twice what clocks may differ by.
const REJOIN_AFTER: u64 = 20;
/// Transactions that wait to be passed on.
const OUTGOING: usize = 64;

/// The simulated time, some seconds off.
struct SimulatedClock {
    time: SimulatedTime,
    off: i64,
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let now = self.time.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        Timestamp(now.saturating_add_signed(self.off))
    }

    fn is_simulated(&self) -> bool {
        false
    }
}

/// Passes accepted transactions on, as the service does.
pub struct PassOn(Mutex<Option<mpsc::Sender<Bytes>>>);

impl PassOn {
    pub fn pass_on(&self, submission: &Submission) {
        if let Some(outgoing) = &mut *self.0.lock().unwrap() {
            // What finds no room is offered again later.
            let _ = outgoing.try_send(Bytes::from(submission.to_bytes()));
        }
    }

    fn end(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl Observer for PassOn {
    fn fresh(&self, submission: &Submission) {
        self.pass_on(submission);
    }
}

/// How a validator behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    Correct,
    /// Proposes what it should not.
    Liar,
    /// Runs twice.
    TwoFaced,
}

pub enum Life {
    /// Started again at this time.
    Down(SystemTime),
    /// Runs without voting.
    Follows(Arc<Core>),
    Votes(Arc<Core>, Arc<PassOn>, Running),
}

/// A validator, or what is left of it.
pub struct Validator {
    pub place: usize,
    pub nature: Nature,
    pub life: Life,
    pub fuse: Fuse,
    pub watcher: Watcher,
    pub off: i64,
    disk: SimDisk,
    index: KeptIndex,
    fixture: Arc<Fixture>,
    forgeries: Arc<Forgeries>,
    dice: Dice,
    /// It lost its disk then.
    lost: Option<Timestamp>,
    /// The other face of a two-faced one.
    pub other: Option<(Arc<Core>, Arc<PassOn>)>,
}

/// How a validator goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process is killed; what it wrote is there.
    Process,
    /// The power fails; what was not synced may be lost or spoilt.
    Power,
}

impl Validator {
    pub fn new(
        place: usize,
        nature: Nature,
        off: i64,
        watcher: Watcher,
        fixture: Arc<Fixture>,
        forgeries: Arc<Forgeries>,
        dice: Dice,
    ) -> Self {
        let fuse = Fuse::default();
        Validator {
            place,
            nature,
            life: Life::Down(UNIX_EPOCH),
            index: KeptIndex::new(fuse.clone()),
            fuse,
            watcher,
            off,
            disk: SimDisk::new(),
            fixture,
            forgeries,
            dice,
            lost: None,
            other: None,
        }
    }

    /// Whether it is sure to vote for nothing that contradicts what it voted for before it lost its disk: as the service
    /// does, it waits for a block that is later than all of that.
    pub fn may_vote(&self) -> bool {
        let tip = self.core().map(|core| core.tip().time);
        self.lost.is_none_or(|lost| tip.is_some_and(|tip| tip > lost.plus(REJOIN_AFTER)))
    }

    pub fn is_correct(&self) -> bool {
        self.nature == Nature::Correct
    }

    pub fn core(&self) -> Option<&Arc<Core>> {
        match &self.life {
            Life::Down(_) => None,
            Life::Follows(core) | Life::Votes(core, ..) => Some(core),
        }
    }

    pub fn votes(&self) -> bool {
        matches!(self.life, Life::Votes(..))
    }

    fn open_on(&self, disk: SimDisk, index: KeptIndex, time: SimulatedTime) -> Result<Arc<Core>, NodeError> {
        let disk = Arc::new(FailingDisk { inner: disk, fuse: self.fuse.clone() });
        let store = Store::open_on(Path::new("node"), self.fixture.genesis.clone(), disk, Box::new(index))?;
        let options = CoreOptions { worker: false, heartbeat: HEARTBEAT, ..CoreOptions::default() };
        let core = Core::on_store(store, Box::new(SimulatedClock { time, off: self.off }), options)?;
        Ok(Arc::new(core))
    }

    /// Opens what is on its disk. What it called durable is there.
    pub fn open(&mut self, network: &Network) -> Result<(), NodeError> {
        let core = self.open_on(self.disk.clone(), self.index.clone(), network.time())?;
        if self.is_correct() {
            let height = core.store().height();
            assert!(
                height >= self.watcher.durable(),
                "validator {} lost blocks: {height} of {}",
                self.place,
                self.watcher.durable()
            );
            for height in 1..=height {
                self.watcher.tell(height, core.store().digest(height)?.0);
            }
            core.observe(Arc::new(self.watcher.clone()));
        }
        self.life = Life::Follows(core);
        Ok(())
    }

    /// Starts voting.
    pub async fn start(&mut self, network: &Network) {
        let Life::Follows(core) = &self.life else { panic!("validator {} does not follow", self.place) };
        let core = core.clone();
        let (ledger, pass_on) = self.ledger(&core);
        let running = if self.nature == Nature::TwoFaced {
            // Each start makes it out of the first one, with a new engine that has forgotten its votes: honest it is not.
            let other = self.open_on(self.disk.fork(), self.index.fork(), network.time()).unwrap();
            let (second, other_pass_on) = self.ledger(&other);
            self.other = Some((other, other_pass_on));
            network.start_twins(self.place, ledger, second).await
        } else {
            network.start(self.place, ledger).await
        };
        self.life = Life::Votes(core, pass_on, running);
    }

    fn ledger(&self, core: &Arc<Core>) -> (Ledger, Arc<PassOn>) {
        let (sender, outgoing) = mpsc::channel::<Bytes>(OUTGOING);
        let pass_on = Arc::new(PassOn(Mutex::new(Some(sender))));
        core.observe(pass_on.clone());
        let bridge = Arc::new(Bridge::new(core.clone()));
        let log: Arc<dyn Log> = if self.is_correct() {
            Arc::new(WatchedLog { bridge: bridge.clone(), watcher: self.watcher.clone() })
        } else {
            bridge.clone()
        };
        let application: Arc<dyn Application> = if self.nature == Nature::Liar {
            Arc::new(Liar {
                bridge,
                core: core.clone(),
                fixture: self.fixture.clone(),
                dice: self.dice.child(),
                forgeries: self.forgeries.clone(),
            })
        } else {
            bridge
        };
        (Ledger { application, log, outgoing }, pass_on)
    }

    /// It is no validator any more.
    pub fn stop_voting(&mut self) {
        match std::mem::replace(&mut self.life, Life::Down(UNIX_EPOCH)) {
            Life::Votes(core, pass_on, running) => {
                pass_on.end();
                // The other face goes with it.
                running.kill();
                self.life = Life::Follows(core);
            }
            other => self.life = other,
        }
    }

    /// Goes down, to come back at a time.
    pub fn crash(&mut self, crash: Crash, until: SystemTime) {
        if let Life::Votes(_, _, running) = std::mem::replace(&mut self.life, Life::Down(until)) {
            running.kill();
        }
        // What the dead process still holds is not the disk of the next one.
        match crash {
            Crash::Process => {
                self.disk = self.disk.fork();
                self.index = self.index.fork();
            }
            Crash::Power => {
                self.disk = self.disk.crash(self.dice.roll(u64::MAX));
                self.index = self.index.after_crash(self.dice.roll(8) as usize);
            }
        }
        self.fuse.reset();
    }

    /// Loses everything; the network's part of the disk must be wiped too.
    pub fn lose_disk(&mut self, now: SystemTime) {
        self.lost = Some(Timestamp(now.duration_since(UNIX_EPOCH).unwrap().as_secs()));
        (self.disk, self.index) = (SimDisk::new(), KeptIndex::new(self.fuse.clone()));
        self.watcher.forget();
    }

    /// Where its secret is.
    pub fn key(&self) -> hushwatt_crypto::signature::SigningKey {
        fixture::key(self.place)
    }
}
