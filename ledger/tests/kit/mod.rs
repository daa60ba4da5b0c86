//! A small world in memory: a genesis, a state, a tip, households that scan and spend, meters that attest.
//!
//! * `mod.rs`: the world and its blocks. `household.rs`: what a wallet knows. `meter.rs`: what a meter knows.
//! * `market.rs`: worlds to start from. `auction.rs`: orders and clearings. `totals.rs`: a committee and its cohorts.
//! * `build.rs`: a builder call for each kind of transaction. `forge.rs`: what a cheat with the same tools can do.
//!
//! Everything is deterministic: one seeded generator a world. Every block goes through `propose` and `verify`, with
//! hints, and through its bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "tests; each test binary uses its own part of the kit"
)]

pub mod auction;
pub mod build;
pub mod forge;
pub mod household;
pub mod market;
pub mod meter;
pub mod totals;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use hushwatt_crypto::{
    NetworkId,
    clsag::Member,
    hint::Hint,
    keys::{Account, Seed},
    meter::DayKey,
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_ledger::{
    CheckError, Rejection,
    block::{
        self, Block, BlockDigest, Certificate, Executed, Header, Parent, ProofVerdict, Proposal, Refused, Verifier,
        transaction_root, vote,
    },
    genesis::{Genesis, Meter, NewGenesis},
    note::{Asset, BucketId, BucketVersion, Note, NoteNumber},
    parameters::Parameters,
    rules::spending::bucket_length_is_current,
    state::{Changes, Counters, LedgerState, LightState, MemoryState, MeterStanding, Resolved, RingCache, StateRead},
    transaction::{
        Envelope, Transaction, TransactionId,
        build::Built,
        check::check_alone,
        order::{OrderId, OrderOpening},
    },
    units::{MeterId, Timestamp, Utility, Window},
    validators::ValidatorSet,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

pub use household::{Household, OwnedNote};
pub use market::{Market, fresh, market};
pub use meter::{Reading, TestMeter};

/// Midnight UTC, at which every test network starts.
pub const START: Timestamp = Timestamp(20_254 * 86_400);
/// The treasury's household; 1, 2 and 3 are ordinary ones.
pub const TREASURY: usize = 0;
pub const ANNA: usize = 1;
pub const BERT: usize = 2;
pub const CARLA: usize = 3;

/// What a world is made from.
#[derive(Clone)]
pub struct Setup {
    pub seed: u64,
    pub parameters: Parameters,
    /// Meters in registration order with their household.
    pub meters: Vec<(Utility, RangeBits, usize)>,
    /// The treasury included.
    pub households: usize,
    /// Notes that block 1 makes for each household.
    pub notes: usize,
    /// Value of each of those notes.
    pub value: u64,
    /// Validators in the genesis.
    pub validators: usize,
    /// Registrars, and how many of them must sign.
    pub registrars: (usize, u32),
    /// Whether the genesis names a market operator.
    pub operator: bool,
    /// Whether the genesis says that time is simulated.
    pub simulated_time: bool,
}

impl Default for Setup {
    /// Small rings, quick epochs, a fee that no test may forget.
    fn default() -> Self {
        use RangeBits::{Bits16, Bits32};
        use Utility::{Electricity, Water};
        Setup {
            seed: 1,
            parameters: Parameters { ring_min: 2, ring_cap: 16, credit_epoch: 600, fee: 7, ..Parameters::default() },
            meters: vec![
                (Electricity, Bits16, ANNA),
                (Electricity, Bits32, BERT),
                (Electricity, Bits16, CARLA),
                (Water, Bits16, BERT),
                (Water, Bits32, CARLA),
            ],
            households: 4,
            notes: 4,
            value: 10_000_000,
            validators: 4,
            registrars: (3, 2),
            operator: true,
            simulated_time: true,
        }
    }
}

/// A network, its participants and its tip.
#[derive(Clone)]
pub struct World {
    pub genesis: Genesis,
    /// Everybody who is or was a validator, or may become one.
    pub validators: Vec<SigningKey>,
    pub registrars: Vec<SigningKey>,
    pub treasury: SigningKey,
    pub operator: SigningKey,
    /// What the operator was told of the orders that he admitted.
    pub book: BTreeMap<OrderId, OrderOpening>,
    pub meters: Vec<TestMeter>,
    pub households: Vec<Household>,
    pub state: MemoryState,
    /// What a wallet that owns nothing keeps of it.
    pub light: LightState,
    pub rings: Arc<RingCache>,
    pub parent: Parent,
    pub rng: ChaCha20Rng,
    /// Bucket and position of each note that is in one.
    places: BTreeMap<NoteNumber, (BucketId, usize)>,
    /// How many members of each bucket `places` knows.
    lengths: Vec<u32>,
    /// Every block with its hints, from the first on.
    pub chain: Vec<(Block, Vec<Vec<Hint>>)>,
}

/// Phase 1 at once, transaction by transaction.
pub struct Checking<'a>(pub &'a Genesis);

impl Verifier for Checking<'_> {
    fn verify(&mut self, _: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        check_alone(self.0, transaction, resolved)
    }
}

impl World {
    /// A network with its block 1: one Mint with `notes` notes for each household, which are bucket 0.
    pub fn new(setup: &Setup) -> Self {
        let mut world = Self::before_the_first_block(setup);
        let payees: Vec<(usize, u64)> =
            (0..setup.households).flat_map(|who| vec![(who, setup.value); setup.notes]).collect();
        let mint = world.mint(&payees);
        world.accept(START.plus(60), &[mint]);
        world
    }

    /// A network without blocks.
    pub fn before_the_first_block(setup: &Setup) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(setup.seed);
        let mut keys = |count: usize| -> Vec<SigningKey> { (0..count).map(|_| SigningKey::random(&mut rng)).collect() };
        let (validators, registrars) = (keys(setup.validators), keys(setup.registrars.0));
        let treasury = SigningKey::random(&mut rng);
        let operator = SigningKey::from_bytes(&[111; 32]);
        let keys: Vec<SigningKey> = setup.meters.iter().map(|_| SigningKey::random(&mut rng)).collect();
        let registered = setup.meters.iter().zip(&keys);
        let genesis = NewGenesis {
            time: START,
            simulated_time: setup.simulated_time,
            parameters: setup.parameters.clone(),
            validators: validators.iter().map(SigningKey::verifying_key).collect(),
            registrars: registrars.iter().map(SigningKey::verifying_key).collect(),
            registrar_quorum: setup.registrars.1,
            treasury: treasury.verifying_key(),
            operator: setup.operator.then(|| operator.verifying_key()),
            meters: registered
                .map(|((utility, class, _), key)| Meter { utility: *utility, class: *class, key: key.verifying_key() })
                .collect(),
        }
        .build()
        .unwrap();
        let households = (0..setup.households)
            .map(|_| Household::new(Account::from_seed(genesis.network(), &Seed::random(&mut rng)).unwrap()))
            .collect();
        let meters = (0..)
            .zip(&setup.meters)
            .zip(keys)
            .map(|((id, (utility, class, owner)), key)| TestMeter {
                id: MeterId(id),
                owner: *owner,
                utility: *utility,
                class: *class,
                key,
                day_key: DayKey::random(START.day(), &mut rng),
                readings: BTreeMap::new(),
            })
            .collect();
        let parent = Parent::genesis(&genesis);
        World {
            genesis,
            validators,
            registrars,
            treasury,
            operator,
            book: BTreeMap::new(),
            meters,
            households,
            state: MemoryState::new(),
            light: LightState::new(),
            rings: Arc::new(RingCache::new()),
            parent,
            rng,
            places: BTreeMap::new(),
            lengths: Vec::new(),
            chain: Vec::new(),
        }
    }

    pub fn network(&self) -> &NetworkId {
        self.genesis.network()
    }

    pub fn parameters(&self) -> &Parameters {
        &self.genesis.parameters
    }

    /// Time of the last block.
    pub fn now(&self) -> Timestamp {
        self.parent.time
    }

    /// So many seconds after the last block.
    pub fn after(&self, seconds: u64) -> Timestamp {
        self.now().plus(seconds)
    }

    /// The n-th window that meters attest, from 0.
    pub fn window(&self, n: u64) -> Window {
        Window(self.genesis.first_window().0 + n)
    }

    pub fn ledger(&self) -> LedgerState<'_> {
        LedgerState::new(&self.genesis, &self.state)
    }

    pub fn counters(&self) -> Counters {
        self.ledger().counters().unwrap()
    }

    pub fn random(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    // Blocks.

    /// A block of exactly these transactions; panics if one is refused.
    pub fn accept(&mut self, at: Timestamp, built: &[Built]) -> Block {
        let proposal = self.propose(at, built).unwrap();
        assert!(proposal.left_out.is_empty(), "left out: {:?}", proposal.left_out);
        self.finalise(proposal, built)
    }

    /// A block of those of these transactions that phase 2 lets in; the places of the others, and why.
    pub fn offer(&mut self, at: Timestamp, built: &[Built]) -> Vec<(usize, Rejection)> {
        let mut proposal = self.propose(at, built).unwrap();
        let left_out = std::mem::take(&mut proposal.left_out);
        self.finalise(proposal, built);
        left_out
    }

    /// An empty block.
    pub fn pass(&mut self, at: Timestamp) {
        self.accept(at, &[]);
    }

    /// An empty block at the start of the next credit epoch: seals what waits.
    pub fn next_epoch(&mut self) {
        let length = self.parameters().credit_epoch;
        self.pass(Timestamp((self.parameters().epoch_at(self.now()) + 1) * length));
    }

    pub fn propose(&self, at: Timestamp, built: &[Built]) -> Result<Proposal, CheckError> {
        let candidates: Vec<Transaction> = built.iter().map(|built| built.transaction.clone()).collect();
        block::propose(&self.genesis, &self.state, &self.rings, &self.parent, at, &candidates)
    }

    fn finalise(&mut self, proposal: Proposal, built: &[Built]) -> Block {
        let Proposal { block, executed, .. } = proposal;
        let by_id: HashMap<TransactionId, &Vec<Hint>> =
            built.iter().map(|built| (*built.transaction.id(), &built.hints)).collect();
        let hints: Vec<Vec<Hint>> =
            block.transactions.iter().map(|transaction| by_id[transaction.id()].clone()).collect();
        let received = Block::decode(self.network(), &block.encode()).unwrap();
        assert_eq!(received, block, "a block is what its bytes say");
        let verified = self.verify(&received, &hints).unwrap();
        assert_eq!(verified.parent, executed.parent, "proposer and validator agree on the outcome");
        assert_eq!(verified.changes, executed.changes, "proposer and validator agree on the changes");
        self.replay(&received, &verified);
        let first_new = self.counters().notes;
        self.state.apply(verified.changes);
        self.parent = verified.parent;
        self.index_buckets();
        self.scan(&block, &hints, first_new);
        self.chain.push((block.clone(), hints));
        block
    }

    /// A replay changes what an execution does, on the whole state and on the little that a wallet keeps.
    fn replay(&mut self, block: &Block, executed: &Executed) {
        let whole = block::replay_block(&self.genesis, &self.state, &self.parent, block).unwrap();
        assert_eq!(whole.changes, executed.changes, "replay and execution agree on the changes");
        let light = block::replay_block(&self.genesis, &self.light, &self.parent, block).unwrap();
        // But for what is in force of windows and periods, and what follows from it for running sums, which a light state does not
        // keep.
        let kept = |changes: &Changes| -> Changes {
            let kept =
                changes.iter().filter(|(key, _)| !matches!(key.first(), Some(b'F' | b'R' | b'T' | b'Q' | b'Y' | b'L')));
            kept.map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        assert_eq!(kept(&light.changes), kept(&executed.changes), "a light state suffices for a replay");
        assert_eq!(light.parent.digest, executed.parent.digest);
        let mut state = self.state.clone();
        state.apply(executed.changes.clone());
        self.light.apply(light.changes);
        for meter in &self.meters {
            let standing = |state: &dyn StateRead| {
                let standing = LedgerState::new(&self.genesis, state).meter_standing(meter.id).unwrap().unwrap();
                let MeterStanding { meter, sequence, last, next_window } = standing;
                (meter.class, meter.key, sequence, last, next_window)
            };
            assert_eq!(standing(&self.light), standing(&state), "a light state knows where {} stands", meter.id);
        }
        self.light.prune(&self.genesis, |_| false).unwrap();
    }

    pub fn verify(&self, block: &Block, hints: &[Vec<Hint>]) -> Result<Executed, Refused> {
        let mut verifier = Checking(&self.genesis);
        block::verify(&self.genesis, &self.state, &self.rings, &self.parent, block, hints, &mut verifier)
    }

    /// A block as a Byzantine proposer would put it together: these transactions, whatever they are, and no state
    /// root.
    pub fn forge_block(&self, at: Timestamp, mut transactions: Vec<Transaction>) -> Block {
        transactions.sort_by_key(|transaction| *transaction.id());
        let header = Header {
            height: self.parent.height + 1,
            time: at,
            parent: self.parent.digest,
            transaction_root: transaction_root(self.network(), &transactions),
            state_root: [0; 32],
            validator_set: self.validators_at(self.parent.height + 1).digest(self.network()),
        };
        Block { header, transactions }
    }

    // Validators.

    /// The validators of a block that comes next or soon.
    pub fn validators_at(&self, height: u64) -> ValidatorSet {
        self.ledger().validators_of(self.parameters().epoch_of(height)).unwrap()
    }

    /// Votes of a quorum of the block's validators, as far as their keys are known here. Of the state before the block or
    /// after it.
    pub fn certify(&self, block: &Block) -> Certificate {
        let set = self.validators_at(block.header.height);
        let count = set.quorum();
        self.certify_by(block, &set, count)
    }

    /// Votes of so many of these validators, the first ones, in a view of their own for each height.
    pub fn certify_by(&self, block: &Block, set: &ValidatorSet, count: usize) -> Certificate {
        let (network, header) = (self.network(), &block.header);
        let (epoch, view, digest) = (self.parameters().epoch_of(header.height), header.height, header.digest(network));
        let keys = set.keys().iter().zip(0..).filter_map(|(key, index)| {
            let signer = self.validators.iter().find(|signer| signer.verifying_key() == *key)?;
            Some((index, vote(signer, network, epoch, view, view - 1, &digest)))
        });
        Certificate { epoch, view, parent_view: view - 1, signatures: keys.take(count).collect() }
    }

    /// So many new keys that may become validators.
    pub fn new_validators(&mut self, count: usize) -> Vec<SigningKey> {
        let new: Vec<SigningKey> = (0..count).map(|_| SigningKey::random(&mut self.rng)).collect();
        self.validators.extend(new.iter().cloned());
        new
    }

    /// What a validator says of a forged block that holds this one transaction with these hints, through its bytes.
    pub fn verdict(&self, at: Timestamp, built: &Built) -> Result<(), Rejection> {
        self.verdict_on_bytes(at, &built.transaction.encode(), &built.hints)
    }

    pub fn verdict_on_bytes(&self, at: Timestamp, bytes: &[u8], hints: &[Hint]) -> Result<(), Rejection> {
        let transaction = Transaction::decode(self.network(), bytes)?;
        assert_eq!(transaction.encode(), bytes, "what was decoded encodes to the same bytes");
        let block = self.forge_block(at, vec![transaction]);
        match self.verify(&block, &[hints.to_vec()]) {
            // The forger does not know the state root: it is the last thing that is checked.
            Err(Refused { place: None, source: CheckError::Rejected(Rejection::StateRoot) }) => Ok(()),
            Err(Refused { place: Some(0), source: CheckError::Rejected(rejection) }) => Err(rejection),
            other => panic!("an unexpected verdict: {other:?}"),
        }
    }

    /// What a validator says of two transactions in one block.
    pub fn verdict_on_both(&self, at: Timestamp, one: &Built, other: &Built) -> Result<(), Rejection> {
        let block = self.forge_block(at, vec![one.transaction.clone(), other.transaction.clone()]);
        let hints: Vec<Vec<Hint>> = block
            .transactions
            .iter()
            .map(|transaction| if transaction == &one.transaction { &one.hints } else { &other.hints }.clone())
            .collect();
        match self.verify(&block, &hints) {
            Err(Refused { source: CheckError::Rejected(Rejection::StateRoot), .. }) => Ok(()),
            Err(Refused { source: CheckError::Rejected(rejection), .. }) => Err(rejection),
            other => panic!("an unexpected verdict: {other:?}"),
        }
    }

    // Buckets.

    fn index_buckets(&mut self) {
        let count = usize::try_from(self.counters().buckets).unwrap();
        self.lengths.resize(count, 0);
        for id in 0..count {
            let bucket = BucketId(id as u64);
            let length = self.ledger().bucket(bucket).unwrap().unwrap().length;
            if length > self.lengths[id] {
                let members = self.ledger().members(BucketVersion { id: bucket, length }).unwrap();
                for (position, number) in members.iter().enumerate() {
                    self.places.insert(*number, (bucket, position));
                }
                self.lengths[id] = length;
            }
        }
    }

    /// The latest version of a bucket.
    pub fn version(&self, id: BucketId) -> BucketVersion {
        BucketVersion { id, length: self.ledger().bucket(id).unwrap().unwrap().length }
    }

    /// The latest version of the bucket a note is in, and its position there.
    pub fn locate(&self, number: NoteNumber) -> Option<(BucketVersion, usize)> {
        let (id, position) = self.places.get(&number)?;
        Some((self.version(*id), *position))
    }

    /// The ring of a bucket version that is or was lately in force.
    pub fn ring(&self, version: BucketVersion) -> Arc<[Member]> {
        let ledger = self.ledger();
        let bucket = ledger.bucket(version.id).unwrap().unwrap();
        let digest = bucket_length_is_current(&bucket, version.length, self.now()).unwrap();
        ledger.ring(&self.rings, version, digest).unwrap()
    }

    /// Every note made since a number was the next one.
    fn notes_from(&self, first: u64) -> Vec<(NoteNumber, Note)> {
        let ledger = self.ledger();
        let numbers = (first..self.counters().notes).map(NoteNumber);
        numbers.map(|number| (number, ledger.note(number).unwrap().unwrap().note)).collect()
    }

    fn scan(&mut self, block: &Block, hints: &[Vec<Hint>], first_new: u64) {
        let genesis = self.genesis.clone();
        let made = self.notes_from(first_new);
        for (who, household) in self.households.iter_mut().enumerate() {
            let meters: Vec<&TestMeter> = self.meters.iter().filter(|meter| meter.owner == who).collect();
            household.scan(&genesis, &meters, block, hints, &made);
        }
    }

    // What households have.

    /// Unspent notes of an asset that are in a bucket of at least two, oldest first.
    pub fn spendable(&self, who: usize, asset: Asset) -> Vec<OwnedNote> {
        let ready = |note: &&OwnedNote| {
            let place = self.locate(note.number);
            !note.spent && note.asset == asset && place.is_some_and(|(version, _)| version.length >= 2)
        };
        self.households[who].notes.iter().filter(ready).cloned().collect()
    }

    /// Unspent notes of an asset that wait for their bucket.
    pub fn pending(&self, who: usize, asset: Asset) -> Vec<OwnedNote> {
        let waits = |note: &&OwnedNote| !note.spent && note.asset == asset && self.locate(note.number).is_none();
        self.households[who].notes.iter().filter(waits).cloned().collect()
    }

    // Worlds to start from.

    /// A world in which window 0 is attested and its energy is sealed: Anna and Carla export 1000 and 3000 Wh, Bert
    /// 2000 Wh and 400 l, Carla 500 l. `prepare` runs before the window starts, when contracts can be opened.
    pub fn with_energy(setup: &Setup, prepare: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new(setup);
        prepare(&mut world);
        let window = world.window(0);
        let exports = [1000, 2000, 3000, 400, 500];
        let end = world.parameters().window_end(window);
        let until = Envelope::validity_from(end);
        let attests: Vec<Built> = (0..world.meters.len())
            .map(|meter| {
                let reading = world.measured(exports[meter % exports.len()], 10);
                world.attest_until(meter, window, &[reading], until)
            })
            .collect();
        world.accept(end.plus(60), &attests);
        world.pass(world.parameters().attest_until(window).plus(1));
        world
    }
}

/// Electricity of a window.
pub fn electricity(window: Window) -> Asset {
    Asset::Energy { utility: Utility::Electricity, window }
}

/// Water of a window.
pub fn water(window: Window) -> Asset {
    Asset::Energy { utility: Utility::Water, window }
}

/// Whether the test run has time: `HUSHWATT_EFFORT=full`.
pub fn full_effort() -> bool {
    std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full")
}

/// A digest that no block has.
pub const NO_BLOCK: BlockDigest = BlockDigest([7; 32]);
