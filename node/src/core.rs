//! The synchronous heart of a node: what is on disk, what is not final yet, what waits. The consensus engine drives it, the
//! HTTP interface reads it (protocol sections 7 and 8).

use std::{
    path::Path,
    sync::{Arc, Mutex, RwLock, atomic::AtomicBool, mpsc},
};

use hushwatt_crypto::signature::VerifyingKey;
use hushwatt_ledger::{
    block::{Block, BlockDigest, Certificate, Header, Parent, Refused, check_certificate},
    genesis::Genesis,
    state::validators_of,
    transaction::{FullDigest, Transaction, TransactionId},
    units::{Epoch, Timestamp},
    validators::ValidatorSet,
};

use crate::{
    Applied, Clock, Dropped, Due, LiveBlock, MempoolLimits, NodeError, PendingLimits, ProposalLimits, Proposed, Source,
    Store, Submission, SubmitError, SubmitVerdict, TimeVerdict, VerifyError, WorkDone,
    backend::Feed,
    intake::{Intake, Job, Worker},
    journal::Journal,
    live::content_of,
    lock::{lock, read, write},
    mempool::Mempool,
    pending::Tree,
    presence::Presence,
    proofs::Work,
    submission::split,
    verdicts::Verdicts,
};

/// Bytes of transactions whose verdicts are kept beside those in the mempool.
const VERDICT_BYTES: usize = 8 << 20;

/// How a node is set up.
#[derive(Clone, Copy, Debug)]
pub struct CoreOptions {
    /// Bounds of what waits.
    pub mempool: MempoolLimits,
    /// Bounds of what is proposed.
    pub proposals: ProposalLimits,
    /// Bounds of what is not final yet.
    pub pending: PendingLimits,
    /// Seconds of the ledger's clock after which a block is due though nothing waits.
    pub heartbeat: u64,
    /// Whether hints are kept for the retention period. A validator keeps them; a follower that serves no wallets need not.
    pub keep_hints: bool,
    /// Whether a thread verifies what is handed in. Without it whoever hands something in waits while it is verified:
    /// simulations are reproducible so.
    pub worker: bool,
}

impl Default for CoreOptions {
    fn default() -> Self {
        CoreOptions {
            mempool: MempoolLimits::default(),
            proposals: ProposalLimits::default(),
            pending: PendingLimits::default(),
            heartbeat: 30,
            keep_hints: true,
            worker: true,
        }
    }
}

/// Somebody who wants to know. Called without locks of the mempool or the state held, and expected to return at once; must
/// neither store blocks nor submit anything.
pub trait Observer: Send + Sync {
    /// A client's transaction was accepted: pass it on to the other nodes.
    fn fresh(&self, submission: &Submission) {
        let _ = submission;
    }

    /// There is something for a block.
    fn work(&self) {}

    /// A block was applied. Called in the order of the blocks.
    fn applied(&self, applied: &Applied) {
        let _ = applied;
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Waiting,
    /// It is in this block.
    Final {
        /// Height of the block.
        height: u64,
    },
    /// It was accepted once and will not be in a block, for this reason.
    Dropped(Dropped),
    /// It was never accepted here, or long ago.
    Unknown,
}

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many transactions.
    pub transactions: usize,
    /// Their bytes, hints included.
    pub bytes: usize,
    /// How many submissions wait to be verified.
    pub unverified: usize,
}

impl Waiting {
    /// How many transactions.
    pub fn len(&self) -> usize {
        self.transactions
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.transactions == 0
    }
}

/// What opening found of the transactions that waited when the node stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many wait again.
    pub waiting: usize,
    /// Those that do not, and why.
    pub dropped: Vec<(TransactionId, Dropped)>,
    /// Records that could not be read: transactions that were accepted and are lost.
    pub damaged: u64,
    /// Bytes of an append that was never acknowledged, cut off.
    pub torn: u64,
}

/// What the threads of a node share.
pub(crate) struct Shared {
    pub store: Store,
    pub clock: Box<dyn Clock>,
    pub options: CoreOptions,
    /// Held by who adds to the chain.
    pub commit: Mutex<()>,
    pub tree: RwLock<Tree>,
    pub mempool: Mutex<Mempool>,
    pub verdicts: Mutex<Verdicts>,
    pub intake: Intake,
    pub work: Work,
    /// The block whose storing failed, and why: nothing may be signed any more.
    pub failed: Mutex<Option<(u64, String)>>,
    /// Whether hints may be past their retention.
    pub forget_due: AtomicBool,
    observers: RwLock<Vec<Arc<dyn Observer>>>,
}

impl Shared {
    pub fn observe(&self, call: impl Fn(&dyn Observer)) {
        let observers = read(&self.observers).clone();
        observers.iter().for_each(|observer| call(&**observer));
    }

    /// A transaction with exactly these bytes that is decoded already.
    pub fn known_transaction(&self, content: &FullDigest) -> Option<Arc<Transaction>> {
        let waiting = lock(&self.mempool).by_content(content).map(|submission| submission.transaction().clone());
        waiting.or_else(|| lock(&self.verdicts).transaction(content).cloned())
    }
}

/// A node without its engine: everything that is not network. All functions may be called from any thread, but none from
/// one of `rayon`'s own: they use them.
pub struct Core {
    shared: Arc<Shared>,
    restored: Restored,
    feed: Arc<Feed>,
    presence: Presence,
    /// Stopped when the node is dropped.
    _worker: Option<Worker>,
}

impl Core {
    /// Name of the journal in a node's folder.
    pub const JOURNAL: &'static str = "waiting.hwl";

    /// Opens or creates a node's folder.
    pub fn open(
        folder: &Path,
        genesis: Arc<Genesis>,
        clock: Box<dyn Clock>,
        options: CoreOptions,
    ) -> Result<Self, NodeError> {
        check_clock(&genesis, &*clock)?;
        Self::on_store(Store::open(folder, genesis)?, clock, options)
    }

    /// The same on a store that is open: simulations and crash tests give one of their own.
    pub fn on_store(store: Store, clock: Box<dyn Clock>, options: CoreOptions) -> Result<Self, NodeError> {
        check_clock(store.genesis(), &*clock)?;
        let network = store.genesis().network();
        let (journal, reloaded) = Journal::open(store.disk().clone(), &store.folder().join(Self::JOURNAL), network)?;
        let tip = store.tip();
        let shared = Arc::new(Shared {
            clock,
            options,
            commit: Mutex::new(()),
            tree: RwLock::new(Tree::new(tip, options.pending)),
            mempool: Mutex::new(Mempool::new(options.mempool)),
            verdicts: Mutex::new(Verdicts::new(VERDICT_BYTES)),
            intake: Intake::new(journal, options.worker),
            work: Work::default(),
            failed: Mutex::new(None),
            forget_due: AtomicBool::new(true),
            observers: RwLock::new(Vec::new()),
            store,
        });
        shared.forget_hints(tip.time);
        let restored = shared.restore(reloaded)?;
        let feed = Arc::new(Feed::new(&shared.store, shared.clock.now())?);
        write(&shared.observers).push(feed.clone());
        let worker = options.worker.then(|| Worker::start(&shared)).transpose()?;
        Ok(Core { shared, restored, feed, presence: Presence::default(), _worker: worker })
    }

    /// Whoever wants to know of what happens from now on.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        write(&self.shared.observers).push(observer);
    }

    /// Whether the node is behind and catches up.
    pub fn set_syncing(&self, syncing: bool) {
        self.presence.set_syncing(syncing);
    }

    /// How many other nodes it is connected with.
    pub fn set_connected(&self, nodes: usize) {
        self.presence.set_connected(nodes);
    }

    /// The key with which it votes now, if it does. Without one it takes no transactions from clients.
    pub fn set_validator(&self, key: Option<VerifyingKey>) {
        self.presence.set_validator(key);
    }

    /// A part of the node cannot go on, for this reason: it is not live any more.
    pub fn set_failed(&self, reason: String) {
        self.presence.fail(reason);
    }

    pub(crate) fn presence(&self) -> &Presence {
        &self.presence
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Moves a simulated clock on to a time, never back; does nothing to a real one.
    pub fn step_clock(&self, time: Timestamp) {
        self.shared.clock.step_to(time);
    }

    // Reading. None of these waits for proofs.

    /// What is on disk.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The genesis.
    pub fn genesis(&self) -> &Arc<Genesis> {
        self.shared.store.genesis()
    }

    /// The last applied block.
    pub fn tip(&self) -> Parent {
        self.shared.store.tip()
    }

    /// The node's clock, now.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// What waits.
    pub fn waiting(&self) -> Waiting {
        let taken = lock(&self.shared.mempool).taken();
        let unverified = lock(&self.shared.intake.queue).len();
        Waiting { transactions: taken.items, bytes: taken.bytes, unverified }
    }

    /// How many blocks are executed and not applied, and their bytes.
    pub fn pending(&self) -> (usize, usize) {
        let tree = read(&self.shared.tree);
        (tree.len(), tree.bytes())
    }

    /// What opening found of the transactions that waited when the node stopped.
    pub fn restored(&self) -> &Restored {
        &self.restored
    }

    /// What the node has done since it was opened.
    pub fn work_done(&self) -> WorkDone {
        self.shared.work.done()
    }

    /// What became of a transaction.
    pub fn status_of(&self, id: &TransactionId) -> Result<Status, NodeError> {
        {
            let mempool = lock(&self.shared.mempool);
            if mempool.contains(id) {
                return Ok(Status::Waiting);
            }
        }
        if let Some(height) = self.shared.store.height_of_transaction(id)? {
            return Ok(Status::Final { height });
        }
        Ok(lock(&self.shared.mempool).dropped(id).map_or(Status::Unknown, Status::Dropped))
    }

    /// The validators of an epoch; `None` as long as a block that may change them is not applied.
    pub fn validators(&self, epoch: Epoch) -> Result<Option<ValidatorSet>, NodeError> {
        let (genesis, state) = (self.genesis(), self.shared.store.state());
        if genesis.parameters.first_height(epoch) > self.tip().height.saturating_add(1) {
            return Ok(None);
        }
        Ok(Some(validators_of(genesis, &state, epoch)?))
    }

    /// Whether a certificate proves a block final. The block is at most of the epoch of the next block to be applied, or of
    /// a later one with no change of the validators in between.
    pub fn check_certificate(&self, header: &Header, certificate: &Certificate) -> Result<(), VerifyError> {
        let checked = check_certificate(self.genesis(), &self.shared.store.state(), header, certificate);
        Ok(checked.map_err(Refused::from)?)
    }

    /// Why nothing may be signed any more, if that is so: storing a block failed.
    pub fn check_usable(&self) -> Result<(), NodeError> {
        self.shared.check_usable()
    }

    // Handing in.

    /// Takes a transaction, if it would be valid now; returns when it is verified and, if accepted, written down. Handing in
    /// the same again changes nothing. Call it where waiting is allowed.
    pub fn submit(&self, transaction: &[u8], hints: &[u8], source: Source) -> SubmitVerdict {
        let (sender, receiver) = mpsc::sync_channel(1);
        // Nobody receives any more if the caller is gone: then nobody wants to know.
        self.submit_then(transaction, hints, source, move |verdict| drop(sender.send(verdict)));
        receiver.recv().unwrap_or(Err(SubmitError::Stopping))
    }

    /// The same without waiting: `reply` is called once, perhaps on another thread. Decodes, so it takes some 0.1 ms.
    pub fn submit_then(
        &self,
        transaction: &[u8],
        hints: &[u8],
        source: Source,
        reply: impl FnOnce(SubmitVerdict) + Send + 'static,
    ) {
        match self.shared.read_submission(transaction, hints) {
            Ok(submission) => self.shared.enqueue(Job { submission, source, reply: Box::new(reply) }),
            Err(rejection) => reply(Err(rejection.into())),
        }
    }

    /// Takes what another node passes on ([`Submission::to_bytes`]); nobody waits for the verdict.
    pub fn submit_from_peer(&self, bytes: &[u8], peer: u64) {
        let Some((transaction, hints)) = split(bytes) else { return };
        let content = content_of(self.genesis().network(), transaction);
        if !self.shared.is_on_its_way(&content) {
            self.submit_then(transaction, hints, Source::Peer(peer), |_| ());
        }
    }

    /// Takes several at once, past the queue: each gets its own verdict, in order.
    pub fn submit_all(&self, submissions: Vec<Submission>, source: Source) -> Vec<SubmitVerdict> {
        self.shared.take_in(submissions.into_iter().map(|submission| (submission, source)).collect())
    }

    /// What this node answers for, is still waiting, and was last passed on more than `older_than` seconds ago: up to so
    /// many bytes of it, oldest first.
    pub fn rebroadcast(&self, older_than: u64, bytes: usize) -> Vec<Submission> {
        let now = self.now();
        lock(&self.shared.mempool).pass_on(now.minus(older_than), now, bytes)
    }

    // Blocks.

    /// Reads a block's live encoding; transactions that are known are not decoded again. Total on any bytes.
    ///
    /// # Errors
    /// The rule by which the bytes are no block, or one whose parts do not belong together.
    pub fn decode_live(&self, bytes: &[u8]) -> Result<LiveBlock, Refused> {
        self.shared.decode_live(bytes)
    }

    /// Whether the state after a block is at hand.
    pub fn knows(&self, digest: &BlockDigest) -> bool {
        read(&self.shared.tree).parent(digest).is_some()
    }

    /// A block that is executed and not applied.
    pub fn pending_block(&self, digest: &BlockDigest) -> Option<LiveBlock> {
        read(&self.shared.tree).get(digest).map(|pending| pending.block.clone())
    }

    /// When a block on this parent is due.
    pub fn due(&self, parent: &BlockDigest) -> Due {
        self.shared.due(parent)
    }

    /// What the voting rule says of a block's time now.
    pub fn judge_time(&self, block: Timestamp) -> TimeVerdict {
        TimeVerdict::of(block, self.now())
    }

    /// Makes a block on a known parent of what waits, at the time of the clock, or the parent's if the clock is behind.
    pub fn propose(&self, parent: &BlockDigest) -> Result<Proposed, NodeError> {
        self.shared.propose(parent)
    }

    /// Holds every rule against a proposed block whose parent is known, its hints included; keeps its outcome.
    pub fn verify(&self, block: &LiveBlock) -> Result<(), VerifyError> {
        self.shared.verify(block, true)
    }

    /// The same for a block that is final by others' word, which may come without hints: followers trust nobody.
    pub fn verify_final(&self, block: &LiveBlock) -> Result<(), VerifyError> {
        self.shared.verify(block, false)
    }

    /// Adds a final block to the log with its hints, durable when this returns; it is not applied yet. Blocks come in the
    /// order of their heights; one that is there already changes nothing. Proofs are not verified again: more than two
    /// thirds of the validators vouch for them; all other rules are held against a block that is not known.
    pub fn append(&self, block: &LiveBlock, certificate: Option<&Certificate>) -> Result<(), NodeError> {
        self.shared.append(block, certificate)
    }

    /// Applies the blocks of the log up to a height.
    pub fn apply_until(&self, height: u64) -> Result<(), NodeError> {
        self.shared.apply_until(height)
    }

    /// Appends a final block and applies everything up to it.
    pub fn finalize(&self, block: &LiveBlock, certificate: Option<&Certificate>) -> Result<(), NodeError> {
        self.append(block, certificate)?;
        self.apply_until(block.height())
    }

    /// Takes the next block of a chain that somebody else provides and that a certificate covers: every rule is held
    /// against it and every proof verified, then it is stored and applied.
    pub fn adopt(&self, block: &LiveBlock, certificate: Option<&Certificate>) -> Result<(), VerifyError> {
        self.verify_final(block)?;
        Ok(self.finalize(block, certificate)?)
    }

    // Forgetting.

    /// Forgets now what is past its time: hints past the retention as of `now`, and what is kept of transactions and blocks
    /// that are final. The node does it by itself; this is for whoever asks.
    ///
    /// # Errors
    /// What could not be deleted; the rest is.
    pub fn forget(&self, now: Timestamp) -> Result<(), NodeError> {
        let store = self.store();
        let hints = store.forget_hints(now.max(self.tip().time));
        let ahead = store.drop_passed_ahead();
        let waiting = self.shared.forget_final();
        hints?;
        ahead?;
        Ok(waiting?)
    }

    /// A block of the log with its certificate.
    pub fn block(&self, height: u64) -> Result<(Block, Option<Certificate>), NodeError> {
        self.shared.store.block(height)
    }
}

fn check_clock(genesis: &Genesis, clock: &dyn Clock) -> Result<(), NodeError> {
    if clock.is_simulated() && !genesis.simulated_time { Err(NodeError::SimulatedClock) } else { Ok(()) }
}
