//! A validator that proposes what it should not, and votes for everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use hushwatt_consensus::{Application, Block as EngineBlock, Hash, LogError, Timeliness, ValidatorKey};
use hushwatt_ledger::{
    block::{Block, BlockDigest, propose, transaction_root},
    transaction::Transaction,
    units::Timestamp,
};
use hushwatt_node::{Bridge, Core, LiveBlock, Submission};

use super::{dice::Dice, fixture::Fixture};

/// What a dishonest proposer does in its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trick {
    /// Nothing wrong.
    Honest,
    /// Nothing at all.
    Silent,
    /// A transaction whose proofs do not hold, in a block that is right otherwise.
    WrongProof,
    /// Two transactions that spend the same note.
    SpendsTwice,
    /// A transaction that spends a note spent in an ancestor.
    SpendsAgain,
    /// A transaction of an ancestor.
    Repeats,
    /// A root of another state.
    StateRoot,
    /// Other validators.
    ValidatorSet,
    /// Another height.
    Height,
    /// A stranger as the parent.
    Parent,
    /// An hour ahead.
    FarAhead,
    /// An hour back.
    FarBack,
    /// Eight seconds ahead, which is allowed.
    Ahead,
    /// The parent's time, however long ago that was.
    Stale,
    /// Without hints.
    NoHints,
    /// Bytes that are no block.
    Unreadable,
    /// A digest of which nobody has the block.
    Withheld,
    /// A block 1 without a Mint.
    NoMint,
}

impl Trick {
    pub const ALL: [Trick; 18] = [
        Trick::Honest,
        Trick::Silent,
        Trick::WrongProof,
        Trick::SpendsTwice,
        Trick::SpendsAgain,
        Trick::Repeats,
        Trick::StateRoot,
        Trick::ValidatorSet,
        Trick::Height,
        Trick::Parent,
        Trick::FarAhead,
        Trick::FarBack,
        Trick::Ahead,
        Trick::Stale,
        Trick::NoHints,
        Trick::Unreadable,
        Trick::Withheld,
        Trick::NoMint,
    ];

    /// Whether no block of it may ever be final. What is only late, hidden or without hints has the digest of a valid one.
    fn is_invalid(self) -> bool {
        use Trick::{Ahead, Honest, NoHints, Silent, Stale, Unreadable};
        !matches!(self, Honest | Silent | Ahead | Stale | NoHints | Unreadable)
    }
}

/// Everything that dishonest proposers of a run made.
#[derive(Default)]
pub struct Forgeries {
    pub invalid: Mutex<BTreeSet<Hash>>,
    pub played: Mutex<BTreeMap<Trick, u64>>,
}

/// The dishonest application.
pub struct Liar {
    pub bridge: Arc<Bridge>,
    pub core: Arc<Core>,
    pub fixture: Arc<Fixture>,
    pub dice: Dice,
    pub forgeries: Arc<Forgeries>,
}

fn live(block: &EngineBlock) -> &LiveBlock {
    block.content.as_ref().unwrap().downcast_ref().unwrap()
}

impl Liar {
    /// What the honest proposer would have made, changed; `None` if the trick is not possible now.
    fn forge(&self, trick: Trick, honest: &LiveBlock, parent: &EngineBlock) -> Option<LiveBlock> {
        let mut block = Block::clone(honest.block());
        let pick = |list: &[Submission]| list.get(self.dice.roll(list.len() as u64) as usize).cloned();
        match trick {
            Trick::WrongProof => return self.wrong_proof(&pick(&self.fixture.broken)?, parent),
            Trick::SpendsTwice => {
                let pair = &self.fixture.pairs[self.dice.roll(self.fixture.pairs.len() as u64) as usize];
                pair.iter().for_each(|one| add(&mut block, one.transaction()));
            }
            Trick::SpendsAgain => {
                let below = self.below(parent);
                let rivals: Vec<Submission> =
                    below.iter().filter_map(|one| self.fixture.rival(one.id())).cloned().collect();
                add(&mut block, pick(&rivals)?.transaction());
            }
            Trick::Repeats => {
                let below = self.below(parent);
                let again = below.get(self.dice.roll(below.len() as u64) as usize)?;
                add(&mut block, again);
            }
            Trick::StateRoot => block.header.state_root[5] ^= 1,
            Trick::ValidatorSet => block.header.validator_set[5] ^= 1,
            Trick::Height => block.header.height += 1,
            Trick::Parent => block.header.parent = BlockDigest([7; 32]),
            Trick::FarAhead => block.header.time = block.header.time.plus(3600),
            Trick::FarBack => block.header.time = block.header.time.minus(3600),
            Trick::NoMint if block.header.height == 1 => block.transactions.clear(),
            Trick::Ahead => return self.at(block.header.time.plus(8), &block, parent),
            Trick::Stale => return self.at(Timestamp(0), &block, parent),
            Trick::NoHints => return Some(honest.without_hints()),
            _ => return None,
        }
        self.finish(block)
    }

    /// Roots of the transactions and hints as they belong to them.
    fn finish(&self, mut block: Block) -> Option<LiveBlock> {
        let network = self.fixture.genesis.network();
        block.header.transaction_root = transaction_root(network, &block.transactions);
        let hints = block.transactions.iter().map(|transaction| self.hints_of(transaction)).collect::<Option<_>>()?;
        LiveBlock::new(network, block, Some(hints)).ok()
    }

    fn hints_of(&self, transaction: &Transaction) -> Option<Vec<hushwatt_crypto::hint::Hint>> {
        let Fixture { mint, pairs, singles, fresh, .. } = &*self.fixture;
        let mut all = [mint].into_iter().chain(pairs.iter().flatten()).chain(singles).chain(fresh);
        if transaction.action().hint_count() == 0 {
            return Some(Vec::new());
        }
        all.find(|one| one.id() == transaction.id()).map(|one| one.hints().to_vec())
    }

    /// Transactions of some blocks below, youngest first.
    fn below(&self, parent: &EngineBlock) -> Vec<Transaction> {
        let mut found = Vec::new();
        if let Some(content) = &parent.content {
            found.extend(content.downcast_ref::<LiveBlock>().unwrap().block().transactions.clone());
        }
        for height in (1..=self.core.tip().height).rev().take(20) {
            found.extend(self.core.block(height).unwrap().0.transactions);
        }
        found
    }

    /// The right block of these transactions at another time, if its parent is the tip.
    fn at(&self, time: Timestamp, block: &Block, parent: &EngineBlock) -> Option<LiveBlock> {
        let tip = self.core.tip();
        if tip.digest.0 != parent.digest {
            return None;
        }
        let (store, genesis) = (self.core.store(), &self.fixture.genesis);
        let time = time.max(tip.time);
        let made = propose(genesis, &store.state(), store.cache(), &tip, time, &block.transactions).ok()?;
        self.finish(made.block)
    }

    /// A block that is right in all but the proofs of one transaction.
    fn wrong_proof(&self, broken: &Submission, parent: &EngineBlock) -> Option<LiveBlock> {
        let tip = self.core.tip();
        if tip.digest.0 != parent.digest {
            return None;
        }
        let (store, genesis) = (self.core.store(), &self.fixture.genesis);
        let transactions = [Transaction::clone(broken.transaction())];
        let now = self.core.now().max(tip.time);
        let made = propose(genesis, &store.state(), store.cache(), &tip, now, &transactions).ok()?;
        if made.block.transactions.is_empty() {
            return None;
        }
        self.finish(made.block)
    }

    /// Any; the worst one more often.
    fn draw(&self) -> Trick {
        if self.dice.once_in(4) {
            return Trick::WrongProof;
        }
        Trick::ALL[self.dice.roll(Trick::ALL.len() as u64) as usize]
    }

    fn note(&self, trick: Trick, block: &EngineBlock) {
        *self.forgeries.played.lock().unwrap().entry(trick).or_default() += 1;
        if trick.is_invalid() {
            self.forgeries.invalid.lock().unwrap().insert(block.digest);
        }
    }
}

fn add(block: &mut Block, transaction: &Transaction) {
    if block.transactions.iter().all(|other| other.id() != transaction.id()) {
        block.transactions.push(transaction.clone());
        block.transactions.sort_by_key(|transaction| *transaction.id());
    }
}

fn wrap(live: LiveBlock) -> EngineBlock {
    EngineBlock {
        height: live.height(),
        parent: live.block().header.parent.0,
        digest: live.digest().0,
        bytes: Bytes::from(live.encode()),
        content: Some(Arc::new(live)),
    }
}

impl Application for Liar {
    fn genesis(&self) -> EngineBlock {
        self.bridge.genesis()
    }

    fn height(&self) -> u64 {
        Application::height(&*self.bridge)
    }

    fn epoch_blocks(&self) -> u64 {
        self.bridge.epoch_blocks()
    }

    fn validators(&self, epoch: u64) -> Option<Vec<ValidatorKey>> {
        self.bridge.validators(epoch)
    }

    fn decode(&self, bytes: Bytes) -> Option<EngineBlock> {
        self.bridge.decode(bytes)
    }

    fn knows(&self, block: &EngineBlock) -> bool {
        self.bridge.knows(block)
    }

    fn is_due(&self, parent: &EngineBlock) -> bool {
        self.bridge.is_due(parent)
    }

    fn propose(&self, parent: &EngineBlock) -> Option<EngineBlock> {
        let honest = self.bridge.propose(parent);
        let trick = self.draw();
        let (trick, forged) = match (trick, honest) {
            (Trick::Silent, _) => {
                *self.forgeries.played.lock().unwrap().entry(trick).or_default() += 1;
                return None;
            }
            // On a chain without blocks an honest proposer may have nothing to offer.
            (_, None) => return None,
            (Trick::Unreadable, Some(honest)) => {
                (trick, EngineBlock { bytes: Bytes::from(vec![7; honest.bytes.len()]), ..honest })
            }
            (Trick::Withheld, Some(mut honest)) => {
                honest.digest[3] ^= 1;
                (trick, honest)
            }
            (Trick::Honest, Some(honest)) => (trick, honest),
            (_, Some(honest)) => {
                // Not every trick is possible at any time.
                let tries = std::iter::once(trick).chain((0..8).map(|_| self.draw()));
                let forged = tries.map(|trick| (trick, self.forge(trick, live(&honest), parent)));
                let forged = forged.filter_map(|(trick, forged)| Some((trick, wrap(forged?)))).next();
                forged.unwrap_or((Trick::Honest, honest))
            }
        };
        self.note(trick, &forged);
        Some(forged)
    }

    fn timeliness(&self, _: &EngineBlock) -> Timeliness {
        Timeliness::Now
    }

    fn verify(&self, block: &EngineBlock) -> bool {
        self.bridge.verify(block);
        true
    }

    fn finalize(&self, block: &EngineBlock) -> Result<(), LogError> {
        self.bridge.finalize(block)
    }

    fn receive(&self, from: &ValidatorKey, transaction: Bytes) {
        self.bridge.receive(from, transaction);
    }
}
