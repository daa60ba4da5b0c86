//! Networks and real transactions for them, made once a process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hushwatt_crypto::{
    address::Address,
    keys::{Account, OneTimeSecret, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{Block, Certificate, Parent, propose, vote},
    genesis::{Genesis, NewGenesis},
    note::BucketId,
    parameters::Parameters,
    state::{MemoryState, RingCache},
    transaction::{
        Envelope, Transaction, TransactionId,
        build::{Built, Payee},
        mint::build::MintPlan,
        registry::{RegistryChange, build::RegistryPlan},
        spend::OwnedInput,
        transfer::build::TransferPlan,
    },
    units::{Epoch, Timestamp},
    validators::ValidatorSet,
};
use hushwatt_node::Submission;
use hushwatt_wallet::{ChainBlock, Follower, OwnedNote, Place, Wallet};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Genesis time.
const START: Timestamp = Timestamp(1_800_000_000);
/// Worth of each note of the Mint.
const VALUE: u64 = 1_000;
/// Notes that two transactions spend each.
const PAIRS: usize = 2;
/// Notes that one transaction spends each.
const SINGLES: usize = 3;
/// Notes kept for transactions at the end of a run.
const FRESH: usize = 1;

/// When simulations begin.
pub fn start() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START.0 + 20)
}

/// The secret of a validator; of those beyond the genesis' too.
pub fn secret(place: usize) -> [u8; 32] {
    [place as u8 + 1; 32]
}

pub fn key(place: usize) -> SigningKey {
    SigningKey::from_bytes(&secret(place))
}

fn registrar() -> SigningKey {
    SigningKey::from_bytes(&[200; 32])
}

fn treasury() -> SigningKey {
    SigningKey::from_bytes(&[201; 32])
}

/// A network and what happens on it.
pub struct Fixture {
    pub genesis: Arc<Genesis>,
    /// Belongs into block 1.
    pub mint: Submission,
    /// Each two spend the same note.
    pub pairs: Vec<[Submission; 2]>,
    pub singles: Vec<Submission>,
    /// The singles, each with a proof that does not hold.
    pub broken: Vec<Submission>,
    pub fresh: Vec<Submission>,
}

impl Fixture {
    /// The network of so many validators with epochs of so many blocks.
    pub fn of(validators: usize, epoch_blocks: u64) -> Arc<Fixture> {
        static MADE: Mutex<BTreeMap<(usize, u64), Arc<Fixture>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap();
        made.entry((validators, epoch_blocks)).or_insert_with(|| Arc::new(build(validators, epoch_blocks))).clone()
    }

    /// The registrars change the validators.
    pub fn registry(&self, serial: u64, places: &[usize]) -> Submission {
        let keys = places.iter().map(|place| key(*place).verifying_key()).collect();
        let change = RegistryChange::Validators(ValidatorSet::new(keys).unwrap());
        let plan = RegistryPlan { serial, change, valid_until: until() }.prepare(&self.genesis);
        let built = plan.sign(&self.genesis, &registrar()).unwrap().finish(&self.genesis).unwrap();
        Submission::of_built(self.genesis.network(), &built).unwrap()
    }

    /// The transaction that spends the same note as this one.
    pub fn rival(&self, id: &TransactionId) -> Option<&Submission> {
        self.pairs.iter().find_map(|[one, other]| match () {
            () if one.id() == id => Some(other),
            () if other.id() == id => Some(one),
            () => None,
        })
    }
}

fn until() -> Timestamp {
    Envelope::validity_from(START.plus(7200))
}

fn build(validators: usize, epoch_blocks: u64) -> Fixture {
    let genesis = NewGenesis {
        time: START,
        simulated_time: false,
        parameters: Parameters { ring_min: 2, ring_cap: 32, epoch_blocks, ..Parameters::default() },
        validators: (0..validators).map(|place| key(place).verifying_key()).collect(),
        registrars: vec![registrar().verifying_key()],
        registrar_quorum: 1,
        treasury: treasury().verifying_key(),
        operator: None,
        meters: Vec::new(),
    };
    let genesis = Arc::new(genesis.build().unwrap());
    let network = *genesis.network();
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let seed = Seed::from_bytes([9; 32]);
    let account = Account::from_seed(&network, &seed).unwrap();
    let to = *Account::from_seed(&network, &Seed::from_bytes([10; 32])).unwrap().address();
    let payees = vec![Payee::new(*account.address(), VALUE); PAIRS + SINGLES + FRESH];
    let mint = MintPlan { serial: 1, payees, valid_until: until() }.prove(&genesis, rng).unwrap().sign(&treasury());

    // Bucket 0 is the same whatever time block 1 has.
    let mut follower = Follower::new(genesis.clone());
    let mut wallet = Wallet::new(genesis.clone(), &seed).unwrap();
    let (block, certificate) = first_block(&genesis, &mint.transaction);
    let hints = vec![mint.hints.clone()];
    let next = ChainBlock { block: block.clone(), certificate: Some(certificate), hints: hints.clone() };
    let events = follower.follow(next).unwrap().pop().unwrap().events;
    wallet.scan_block(&block, &hints, &events);

    let notes: Vec<OwnedNote> = wallet.notes().cloned().collect();
    assert_eq!(notes.len(), PAIRS + SINGLES + FRESH);
    let mut pay = |note: &OwnedNote, value: u64| transfer(&follower, &account, note, (&to, value), rng);
    let pairs: Vec<[Submission; 2]> = notes[..PAIRS].iter().map(|note| [pay(note, 10), pay(note, 20)]).collect();
    let singles: Vec<Submission> = notes[PAIRS..PAIRS + SINGLES].iter().map(|note| pay(note, 30)).collect();
    let fresh = notes[PAIRS + SINGLES..].iter().map(|note| pay(note, 40)).collect();
    let broken = singles.iter().map(|single| flipped(&genesis, single)).collect();
    let mint = Submission::of_built(&network, &mint).unwrap();
    Fixture { genesis, mint, pairs, singles, broken, fresh }
}

fn first_block(genesis: &Genesis, mint: &Transaction) -> (Block, Certificate) {
    let (state, cache) = (MemoryState::new(), RingCache::new());
    let parent = Parent::genesis(genesis);
    let proposal = propose(genesis, &state, &cache, &parent, START, std::slice::from_ref(mint)).unwrap();
    assert!(proposal.left_out.is_empty());
    let digest = proposal.block.header.digest(genesis.network());
    let mut signatures: Vec<_> = (0..genesis.validators().count())
        .map(|place| {
            let index = genesis.validators().index_of(&key(place).verifying_key()).unwrap();
            (index, vote(&key(place), genesis.network(), Epoch(0), 1, 0, &digest))
        })
        .collect();
    signatures.sort_by_key(|(index, _)| *index);
    (proposal.block, Certificate { epoch: Epoch(0), view: 1, parent_view: 0, signatures })
}

fn transfer(
    follower: &Follower,
    account: &Account,
    note: &OwnedNote,
    (to, value): (&Address, u64),
    rng: &mut ChaCha20Rng,
) -> Submission {
    let Place::Sealed { bucket: BucketId(0), position } = note.place else { panic!("block 1 seals its notes") };
    let bucket = follower.latest(BucketId(0)).unwrap();
    let secret = OneTimeSecret::new(&note.tweak, account.spend());
    let input = OwnedInput { position: position as usize, secret, opening: note.opening.clone() };
    let payees = vec![Payee::new(*to, value), Payee::new(*account.address(), VALUE - value)];
    let plan = TransferPlan { bucket, inputs: vec![input], payees, valid_until: until() };
    let ring = follower.ring(bucket).unwrap();
    let built: Built = plan.derive(follower.genesis(), rng).unwrap().prove(&ring, rng).unwrap();
    Submission::of_built(follower.genesis().network(), &built).unwrap()
}

/// The same statement with a bit of its proofs flipped.
fn flipped(genesis: &Genesis, valid: &Submission) -> Submission {
    let bytes = valid.transaction().encode();
    let candidates = (0..bytes.len()).rev().map(|place| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        bytes
    });
    let mut readable = candidates.filter_map(|bytes| Transaction::decode(genesis.network(), &bytes).ok());
    let transaction = readable.find(|transaction| transaction.id() == valid.id()).unwrap();
    assert_ne!(transaction.full_digest(), valid.transaction().full_digest());
    let built = Built::new(transaction, valid.hints().to_vec());
    Submission::of_built(genesis.network(), &built).unwrap()
}
