//! The wiring of simplex and marshal, the same for real and simulated networks.

use std::{
    num::{NonZeroU16, NonZeroU64, NonZeroUsize},
    sync::Arc,
};

use bytes::Bytes;
use commonware_actor::Feedback;
use commonware_broadcast::buffered;
use commonware_consensus::{
    Reporter,
    marshal::{self, Update, core::Actor as Marshal, resolver::p2p as backfill, standard::Inline},
    simplex::{scheme::ed25519::Scheme, types::Activity},
    types::{FixedEpocher, Height},
};
use commonware_cryptography::{
    Digested,
    ed25519::{PrivateKey, PublicKey},
    sha256::Digest,
};
use commonware_p2p::{
    Blocker, Provider, Receiver, Sender,
    utils::mux::{Builder, Muxer},
};
use commonware_parallel::Sequential;
use commonware_runtime::{Clock, Handle, Metrics, Spawner, Storage, buffer::paged::CacheRef};
use commonware_utils::{
    Acknowledgement, NZDuration, NZU16, NZU64, NZUsize, acknowledgement::Exact, ordered::Set, vec::NonEmptyVec,
};
use futures::{FutureExt, StreamExt, channel::mpsc, select_biased};
use rand_core::CryptoRng;
use tracing::{error, info, warn};

use crate::{
    Application, Block, EngineError, Exit, Log, Timing,
    application::{Adapter, blocking},
    block::Decoder,
    epochs::Schemes,
    gossip::{self, Heard},
    store::LogStore,
    voting::{VIEWS_KEPT, Voting},
};

pub(crate) const MAILBOX: NonZeroUsize = NZUsize!(1024);
pub(crate) const BUFFER: NonZeroUsize = NZUsize!(1 << 16);
const PAGE: NonZeroU16 = NZU16!(4096);
const PAGES: NonZeroUsize = NZUsize!(256);
const SECTION: NonZeroU64 = NZU64!(256);
/// Blocks fetched at a time while catching up.
const REPAIRED_AT_A_TIME: NonZeroUsize = NZUsize!(64);
/// Final blocks handed to the application before it has applied the first of them.
const UNAPPLIED: NonZeroUsize = NZUsize!(16);

/// What a runtime must offer.
pub(crate) trait Runtime: Clock + Storage + Metrics + Spawner + CryptoRng {}
impl<T: Clock + Storage + Metrics + Spawner + CryptoRng> Runtime for T {}

/// One p2p channel.
pub(crate) type Channel<S, R> = (S, R);

/// The p2p channels of a validator, in the order in which they are registered.
pub(crate) struct Channels<S, R> {
    pub votes: Channel<S, R>,
    pub certificates: Channel<S, R>,
    pub resolver: Channel<S, R>,
    pub backfill: Channel<S, R>,
    pub blocks: Channel<S, R>,
    pub gossip: Channel<S, R>,
}

/// Tells the network who the validators of an epoch are.
pub(crate) type Track = Box<dyn FnMut(u64, &Set<PublicKey>) + Send>;

/// Everything a validator runs on.
pub(crate) struct Parts<S, R, P, B> {
    pub application: Arc<dyn Application>,
    pub log: Arc<dyn Log>,
    pub namespace: Vec<u8>,
    pub key: PrivateKey,
    pub timing: Timing,
    pub channels: Channels<S, R>,
    pub peers: P,
    pub blocker: B,
    pub track: Track,
    pub outgoing: mpsc::Receiver<Bytes>,
    pub heard: Heard,
    /// Most validators that the network has room for.
    pub room: usize,
    /// Before the names of what is kept on disk; not empty where several validators share a disk, in simulations.
    pub prefix: String,
}

/// Hands final blocks to the task that applies them.
#[derive(Clone)]
struct Delivery(mpsc::UnboundedSender<(Digested<Block>, Exact)>);

impl Reporter for Delivery {
    type Activity = Update<Block>;

    fn report(&mut self, update: Update<Block>) -> Feedback {
        if let Update::Block(block, acknowledgement) = update
            && self.0.unbounded_send((block, acknowledgement)).is_err()
        {
            return Feedback::Closed;
        }
        Feedback::Ok
    }
}

/// Passes consensus activity on and writes evidence of misbehaviour to the log.
#[derive(Clone)]
pub(crate) struct Witness<R>(pub R);

impl<R: Reporter<Activity = Activity<Scheme, Digest>>> Reporter for Witness<R> {
    type Activity = Activity<Scheme, Digest>;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        if matches!(
            activity,
            Activity::ConflictingNotarize(_) | Activity::ConflictingFinalize(_) | Activity::NullifyFinalize(_)
        ) {
            warn!(?activity, "a validator contradicted itself: its key may run on two machines, or it is dishonest");
        }
        self.0.report(activity)
    }
}

/// Runs a validator until it leaves the set or a part of it fails. Dropping the future stops everything.
pub(crate) async fn run<E, S, R, P, B>(context: E, parts: Parts<S, R, P, B>) -> Result<Exit, EngineError>
where
    E: Runtime,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
    P: Provider<PublicKey = PublicKey> + Sync,
    B: Blocker<PublicKey = PublicKey> + Sync,
{
    let Parts {
        application,
        log,
        namespace,
        key,
        timing,
        channels,
        peers,
        blocker,
        mut track,
        outgoing,
        heard,
        room,
        prefix,
    } = parts;
    let schemes = Schemes::new(application.clone(), &namespace, key);
    let me = schemes.me();
    let length = application.epoch_blocks();
    let epocher = FixedEpocher::new(NonZeroU64::new(length.max(2)).unwrap_or(NonZeroU64::MAX));
    let store = LogStore::open(log, application.clone()).map_err(EngineError::Apply)?;
    let cache = CacheRef::new(PAGE, PAGES);

    // The first epoch's peers must be known before anything is asked of them.
    let mut epoch = (application.height() + 1) / length;
    let Some(first) = schemes.validators(epoch)? else { return Err(EngineError::Stopped { part: "epochs" }) };
    if first.len() > room {
        return Ok(Exit::MorePeers { epoch });
    }
    track(epoch, &first);

    let (gossip_in, gossip_out) =
        gossip::start(context.child("gossip"), application.clone(), heard, outgoing, channels.gossip);
    let (broadcast, buffer) = buffered::Engine::new(
        context.child("broadcast"),
        buffered::Config {
            public_key: me.clone(),
            mailbox_size: MAILBOX,
            deque_size: 8,
            priority: false,
            codec_config: Decoder(application.clone()),
            peer_provider: peers.clone(),
            strategy: Sequential,
        },
    );
    let broadcast = broadcast.start(channels.blocks);
    let fetcher = backfill::init(
        context.child("backfill"),
        backfill::Config {
            public_key: me.clone(),
            peer_provider: peers,
            blocker: blocker.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(timing.fetch),
            fetch_retry_delay: timing.poll * 10,
            priority_requests: false,
            priority_responses: false,
        },
        channels.backfill,
    );
    let genesis = application.genesis();
    let genesis_digest = Digest(genesis.digest);
    let (marshal, mailbox, floor) = Marshal::init(
        context.child("marshal"),
        store.clone(),
        store.clone(),
        marshal::Config {
            provider: schemes.clone(),
            epocher: epocher.clone(),
            start: marshal::Start::Genesis(Digested::precomputed(genesis, genesis_digest)),
            partition_prefix: format!("{prefix}marshal"),
            mailbox_size: MAILBOX,
            view_retention: VIEWS_KEPT,
            prunable_items_per_section: SECTION,
            page_cache: cache.clone(),
            replay_buffer: BUFFER,
            key_write_buffer: BUFFER,
            value_write_buffer: BUFFER,
            block_codec_config: Decoder(application.clone()),
            max_repair: REPAIRED_AT_A_TIME,
            max_pending_acks: UNAPPLIED,
            strategy: Sequential,
        },
    )
    .await;
    let (processed, stored) = (floor.processed().map_or(0, |last| last.height().get()), store.height());
    if processed > stored {
        return Err(EngineError::AheadOfLog { applied: processed, log: stored });
    }
    let (deliver, delivered) = mpsc::unbounded();
    let (applied_to, mut applied) = mpsc::unbounded();
    let ledger = application.clone();
    let apply = context.child("apply").spawn(|context| deliver_all(context, ledger, delivered, applied_to));
    let marshal = marshal.start(Delivery(deliver), buffer, fetcher);

    let (votes, votes_mux, mut strays) =
        Muxer::builder(context.child("votes"), channels.votes.0, channels.votes.1).with_backup().build();
    let (certificates, certificates_mux) =
        Muxer::new(context.child("certificates"), channels.certificates.0, channels.certificates.1);
    let (resolver, resolver_mux) = Muxer::new(context.child("resolver"), channels.resolver.0, channels.resolver.1);
    let muxes = [votes.start(), certificates.start(), resolver.start()];

    let adapter = Adapter { application: application.clone(), timing };
    let inline = Inline::new(context.child("application"), adapter, mailbox.clone(), epocher);
    let mut voting = Voting {
        schemes: schemes.clone(),
        store,
        prefix,
        length,
        timing,
        cache,
        blocker,
        votes: votes_mux,
        certificates: certificates_mux,
        resolver: resolver_mux,
    };

    let tasks = [gossip_in, gossip_out, broadcast, marshal, apply];
    let mut failed = Box::pin(first_to_end(tasks.into_iter().chain(muxes.map(quiet)).collect())).fuse();
    loop {
        let validators = schemes.validators(epoch)?.ok_or(EngineError::Stopped { part: "epochs" })?;
        if validators.len() > room {
            return Ok(Exit::MorePeers { epoch });
        }
        track(epoch, &validators);
        if validators.position(&me).is_none() {
            return Ok(Exit::NotAValidator { epoch });
        }
        info!(epoch, validators = validators.len(), "voting");
        let mut engine = voting.start(&context, epoch, inline.clone()).await?;
        let mut ask_from = context.current();
        loop {
            select_biased! {
                height = applied.next() => match height {
                    Some(height) if (height + 1) / length > epoch => break,
                    Some(_) => {}
                    None => return Err(EngineError::Stopped { part: "apply" }),
                },
                // Who is in a later epoch knows the end of this one.
                stray = strays.recv().boxed().fuse() => if let Some((theirs, (peer, _))) = stray
                    && theirs > epoch
                    && context.current() >= ask_from
                {
                    ask_from = context.current() + timing.fetch;
                    mailbox.hint_finalized(Height::new((epoch + 1) * length - 1), NonEmptyVec::new(peer));
                },
                _ = (&mut engine).fuse() => return Err(EngineError::Stopped { part: "simplex" }),
                error = failed => return Err(error),
            }
        }
        // Its parts write to the journal until they have heard of the end: they would find it gone.
        engine.abort_on_drop().abort().await;
        voting.forget(&context, epoch).await;
        epoch += 1;
    }
}

/// Applies final blocks one after the other, off the engine's own tasks; tells each height.
async fn deliver_all<E: Runtime>(
    context: E,
    application: Arc<dyn Application>,
    mut delivered: mpsc::UnboundedReceiver<(Digested<Block>, Exact)>,
    applied: mpsc::UnboundedSender<u64>,
) {
    while let Some((block, acknowledgement)) = delivered.next().await {
        let height = block.inner().height;
        if height > 0 {
            let ledger = application.clone();
            match blocking(context.child("block"), move || ledger.finalize(block.inner())).await {
                Some(Ok(())) => {}
                Some(Err(error)) => return error!(height, %error, "a final block could not be applied"),
                None => return,
            }
        }
        acknowledgement.acknowledge();
        if applied.unbounded_send(height).is_err() {
            return;
        }
    }
}

/// The same task, whatever it ends with.
fn quiet<T: Send + 'static>(handle: Handle<T>) -> Handle<()> {
    Handle::from_future(async move { handle.await.map(|_| ()) })
}

async fn first_to_end(tasks: Vec<Handle<()>>) -> EngineError {
    let _ = Handle::select(tasks).await;
    EngineError::Stopped { part: "network or store" }
}
