//! A network of validators in one thread under a seeded scheduler: lossy, slow and cut links, crashes, two-faced
//! validators. The same seed gives the same run.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use commonware_cryptography::{
    Signer,
    ed25519::{PrivateKey, PublicKey},
};
use commonware_p2p::{
    Manager as _, Message, Receiver, Recipients, Sender,
    simulated::{self, Oracle, SplitOrigin, SplitTarget},
};
use commonware_runtime::{
    Clock, Handle, IoBuf, Quota, Runner as _, Spawner as _, Supervisor as _,
    deterministic::{self, Context},
};
use commonware_utils::{NZU32, NZUsize, Probability, ordered::Set};
use futures::{FutureExt, channel::mpsc};

use crate::{
    Application, EngineError, Exit, Log, Timing,
    engine::{self, Channels, Parts, Track},
    epochs::private_key,
    gossip::Heard,
};

const QUOTA: Quota = Quota::per_second(NZU32!(1024));
const MAX_MESSAGE: u32 = crate::MAX_LIVE_BLOCK_BYTES as u32 + 64 * 1024;
/// Validators a simulated network has room for.
const ROOM: usize = 16;

/// How good a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Mean delay.
    pub latency: Duration,
    /// Its standard deviation.
    pub jitter: Duration,
    /// Messages that arrive, of 100.
    pub arrives: u8,
}

impl Link {
    /// A good local network.
    pub const GOOD: Link = Link { latency: Duration::from_millis(10), jitter: Duration::from_millis(2), arrives: 100 };
}

/// Tells the simulated time; starts at the epoch that [`run`] was given.
#[derive(Clone)]
pub struct SimulatedTime(Arc<Context>);

impl SimulatedTime {
    /// Now.
    pub fn now(&self) -> SystemTime {
        self.0.current()
    }
}

/// What a validator runs.
pub struct Ledger {
    /// The application.
    pub application: Arc<dyn Application>,
    /// Its log.
    pub log: Arc<dyn Log>,
    /// Transactions it passes on.
    pub outgoing: mpsc::Receiver<Bytes>,
}

/// A validator that runs.
pub struct Running(Vec<Handle<Result<Exit, EngineError>>>);

impl Running {
    /// How the first of its engines ended by itself, if one has; told once.
    pub fn ended(&mut self) -> Option<Result<Exit, EngineError>> {
        let (place, ended) =
            self.0.iter_mut().enumerate().find_map(|(place, handle)| Some((place, handle.now_or_never()?)))?;
        drop(self.0.remove(place));
        Some(ended.unwrap_or(Err(EngineError::Thread)))
    }

    /// Ends it at once, as a crash does.
    pub fn kill(self) {
        self.0.iter().for_each(Handle::abort);
    }

    /// Waits until the first of its engines ends by itself.
    pub async fn wait(self) -> Result<Exit, EngineError> {
        Handle::select(self.0).await.unwrap_or(Err(EngineError::Thread))
    }
}

/// The network of a run.
pub struct Network {
    context: Context,
    oracle: Oracle<PublicKey, Context>,
    namespace: Vec<u8>,
    timing: Timing,
    keys: Vec<PrivateKey>,
    tracked: Arc<AtomicU64>,
    random: Mutex<u64>,
    incarnation: AtomicU64,
    /// How often each validator's disk was replaced.
    disks: Vec<AtomicU64>,
}

/// Runs `body` on a simulated network of these validators, of which none is started and none is linked. A panic of a
/// validator ends the run.
pub fn run<F, T>(
    seed: u64,
    start: SystemTime,
    secrets: &[[u8; 32]],
    namespace: &[u8],
    timing: Timing,
    body: impl FnOnce(Network) -> F,
) -> Result<T, EngineError>
where
    F: Future<Output = T>,
{
    run_with(seed, false, start, secrets, namespace, timing, body)
}

/// The same, but a panic ends only the task where it happens, and with it the engine, as on a machine of its own: the
/// engine panics when its log fails. Whoever calls this must look out for panics that nothing explains.
pub fn run_with_failing_logs<F, T>(
    seed: u64,
    start: SystemTime,
    secrets: &[[u8; 32]],
    namespace: &[u8],
    timing: Timing,
    body: impl FnOnce(Network) -> F,
) -> Result<T, EngineError>
where
    F: Future<Output = T>,
{
    run_with(seed, true, start, secrets, namespace, timing, body)
}

fn run_with<F, T>(
    seed: u64,
    catch_panics: bool,
    start: SystemTime,
    secrets: &[[u8; 32]],
    namespace: &[u8],
    timing: Timing,
    body: impl FnOnce(Network) -> F,
) -> Result<T, EngineError>
where
    F: Future<Output = T>,
{
    let keys = secrets.iter().map(private_key).collect::<Result<Vec<_>, _>>()?;
    let config = deterministic::Config::new().with_seed(seed).with_start_time(start).with_catch_panics(catch_panics);
    Ok(deterministic::Runner::new(config).start(|context| async move {
        let (network, oracle) = simulated::Network::new(
            context.child("network"),
            simulated::Config {
                max_size: MAX_MESSAGE,
                max_peers_per_set: NZUsize!(ROOM),
                disconnect_on_block: true,
                tracked_peer_sets: NZUsize!(3),
            },
        );
        network.start();
        body(Network {
            context,
            oracle,
            namespace: namespace.to_vec(),
            timing,
            keys,
            disks: secrets.iter().map(|_| AtomicU64::new(0)).collect(),
            tracked: Arc::new(AtomicU64::new(0)),
            random: Mutex::new(seed ^ 0x9E37_79B9_7F4A_7C15),
            incarnation: AtomicU64::new(0),
        })
        .await
    }))
}

impl Network {
    /// The clock.
    pub fn time(&self) -> SimulatedTime {
        SimulatedTime(Arc::new(self.context.child("time")))
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.context.sleep(time).await;
    }

    /// A number below `bound` that depends on the seed alone.
    pub fn random(&self, bound: u64) -> u64 {
        let mut state = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    /// Sets the link from one validator to another; `None` cuts it.
    pub async fn link(&self, from: usize, to: usize, link: Option<Link>) {
        let (sender, receiver) = (self.keys[from].public_key(), self.keys[to].public_key());
        // Removing a link that is not there is no failure here.
        let _ = self.oracle.remove_link(sender.clone(), receiver.clone()).await;
        if let Some(Link { latency, jitter, arrives }) = link {
            let Some(success_rate) = Probability::new(u64::from(arrives.min(100)), 100) else { return };
            let _ = self.oracle.add_link(sender, receiver, simulated::Link { latency, jitter, success_rate }).await;
        }
    }

    /// Sets every link between the validators of a group, both ways; cuts those between groups.
    pub async fn partition(&self, groups: &[&[usize]], link: Link) {
        let group_of = |node: usize| groups.iter().position(|group| group.contains(&node));
        for from in 0..self.keys.len() {
            for to in (0..self.keys.len()).filter(|to| *to != from) {
                let together = group_of(from).is_some() && group_of(from) == group_of(to);
                self.link(from, to, together.then_some(link)).await;
            }
        }
    }

    /// Starts a validator. What an earlier start of it left on its disk is still there.
    pub async fn start(&self, node: usize, ledger: Ledger) -> Running {
        let mut channels = Vec::new();
        for channel in 0..6 {
            channels.push(self.register(node, channel).await);
        }
        let channels = in_order(channels);
        Running(vec![self.spawn(node, "one", ledger, channels)])
    }

    /// Starts two validators with the same key, one speaking to the first half of the others and one to the rest: what a
    /// dishonest validator that tells everybody something else looks like. They share no disk, and the second has a new one
    /// at each start.
    pub async fn start_twins(&self, node: usize, one: Ledger, other: Ledger) -> Running {
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        let half: Vec<PublicKey> =
            self.keys.iter().enumerate().filter(|(place, _)| place % 2 == 0).map(|(_, key)| key.public_key()).collect();
        for channel in 0..6 {
            let (sender, receiver) = self.register(node, channel).await;
            let everybody: Vec<PublicKey> = self.keys.iter().map(Signer::public_key).collect();
            let mine = half.clone();
            let (sender_one, sender_other) =
                sender.split_with(move |origin: SplitOrigin, recipients: &Recipients<PublicKey>, _: &IoBuf| {
                    let wanted: Vec<PublicKey> = match recipients {
                        Recipients::All => everybody.clone(),
                        Recipients::Some(some) => some.clone(),
                        Recipients::One(one) => vec![one.clone()],
                    };
                    let first = matches!(origin, SplitOrigin::Primary);
                    let told = wanted.into_iter().filter(|peer| mine.contains(peer) == first).collect();
                    Some(Recipients::Some(told))
                });
            let mine = half.clone();
            let (receiver_one, receiver_other) =
                receiver.split_with(self.context.child("split"), move |(peer, _): &Message<PublicKey>| {
                    if mine.contains(peer) { SplitTarget::Primary } else { SplitTarget::Secondary }
                });
            ones.push((sender_one, receiver_one));
            others.push((sender_other, receiver_other));
        }
        let second = format!("other-{}", self.incarnation.load(Ordering::SeqCst));
        Running(vec![self.spawn(node, "one", one, in_order(ones)), self.spawn(node, &second, other, in_order(others))])
    }

    /// Gives a validator that does not run an empty disk: what the engine kept is gone.
    pub fn wipe(&self, node: usize) {
        self.disks[node].fetch_add(1, Ordering::SeqCst);
    }

    async fn register(
        &self,
        node: usize,
        channel: u64,
    ) -> (simulated::Sender<PublicKey, Context>, simulated::Receiver<PublicKey>) {
        let registered = self.oracle.control(self.keys[node].public_key()).register(channel, QUOTA).await;
        #[allow(clippy::expect_used, reason = "the simulated network lives as long as the run")]
        registered.expect("the simulated network runs")
    }

    fn spawn<S, R>(
        &self,
        node: usize,
        face: &str,
        ledger: Ledger,
        channels: Channels<S, R>,
    ) -> Handle<Result<Exit, EngineError>>
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let key = self.keys[node].clone();
        let manager = self.oracle.manager();
        let (mut tracker, tracked) = (manager.clone(), self.tracked.clone());
        let track: Track = Box::new(move |epoch, validators: &Set<PublicKey>| {
            // One network for all: the first who comes to an epoch tells it.
            if tracked.fetch_max(epoch + 1, Ordering::SeqCst) <= epoch {
                tracker.track(epoch, validators.clone());
            }
        });
        let parts = Parts {
            application: ledger.application,
            log: ledger.log,
            namespace: self.namespace.clone(),
            blocker: self.oracle.control(key.public_key()),
            key,
            timing: self.timing,
            channels,
            peers: manager,
            track,
            outgoing: ledger.outgoing,
            heard: Heard::default(),
            room: ROOM,
            prefix: format!("{node}-{face}-{}-", self.disks[node].load(Ordering::SeqCst)),
        };
        let incarnation = self.incarnation.fetch_add(1, Ordering::SeqCst);
        let context = self.context.child("validator").with_attribute("incarnation", incarnation);
        context.spawn(|context| engine::run(context, parts))
    }
}

fn in_order<S, R>(channels: Vec<(S, R)>) -> Channels<S, R> {
    let mut channels = channels.into_iter();
    let mut next = || {
        #[allow(clippy::expect_used, reason = "both callers register six channels")]
        channels.next().expect("six channels")
    };
    Channels { votes: next(), certificates: next(), resolver: next(), backfill: next(), blocks: next(), gossip: next() }
}
