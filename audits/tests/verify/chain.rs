//! A story told in blocks, its file, and what a forger may append to it.

use std::{path::Path, sync::Arc, sync::LazyLock};

use hushwatt_audits::{NoProgress, Question, Report, Unanswerable, Verdict, verify_reader};
use hushwatt_ledger::{
    block::Block,
    storage::{ChainLog, SimDisk},
    transaction::{Transaction, attest::WindowStatus, build::Built, open::ContractId},
    units::{Timestamp, Utility},
};

use crate::kit::{ANNA, BERT, CARLA, START, Setup, TREASURY, World, build::Bid, electricity};

#[derive(Clone)]
pub struct Chain {
    pub world: World,
    pub records: Vec<(Vec<u8>, Vec<u8>)>,
    /// Anna sells two of these to Bert and Carla; the third expires.
    pub contracts: Vec<ContractId>,
}

impl Chain {
    pub fn empty() -> Self {
        let world = World::before_the_first_block(&Setup::default());
        Chain { world, records: Vec::new(), contracts: Vec::new() }
    }

    pub fn height(&self) -> u64 {
        self.records.len() as u64
    }

    /// Certifies a block, whatever it is.
    pub fn append(&mut self, block: &Block) {
        self.records.push((block.encode(), self.world.certify(block).encode()));
    }

    /// An honest block.
    pub fn accept(&mut self, at: Timestamp, built: &[Built]) {
        let block = self.world.accept(at, built);
        self.append(&block);
    }

    /// A block that is right in everything but the proofs of its transactions; the chain can go on after it.
    pub fn forge_proofs(&mut self, at: Timestamp, built: &[Built]) -> Block {
        let proposal = self.world.propose(at, built).unwrap();
        assert!(proposal.left_out.is_empty(), "{:?}", proposal.left_out);
        self.append(&proposal.block);
        self.world.state.apply(proposal.executed.changes);
        self.world.parent = proposal.executed.parent;
        proposal.block
    }

    /// A last block of transactions that the state does not allow.
    pub fn forge_rules(&mut self, at: Timestamp, built: &[Built]) {
        let transactions: Vec<Transaction> = built.iter().map(|built| built.transaction.clone()).collect();
        let block = self.world.forge_block(at, transactions);
        self.append(&block);
    }

    /// The last block.
    pub fn last_block(&self) -> Block {
        Block::decode(self.world.network(), &self.records.last().unwrap().0).unwrap()
    }

    pub fn log(&self) -> ChainLog {
        let mut log =
            ChainLog::open(Arc::new(SimDisk::new()), Path::new("chain.hwl"), self.world.genesis.bytes()).unwrap();
        for (body, certificate) in &self.records {
            log.append(body, certificate).unwrap();
        }
        log
    }

    pub fn file(&self) -> Vec<u8> {
        let mut file = Vec::new();
        self.log().export(&mut file).unwrap();
        file
    }

    pub fn audit(&self) -> Report {
        verify_reader(self.file().as_slice(), 0, self.world.network(), &mut NoProgress).unwrap()
    }

    /// The audit fails at the last block, or at this one; the failing question is the only one answered with no.
    #[track_caller]
    pub fn fails_at(&self, block: u64, question: Question, rule: &str) -> Report {
        let report = self.audit();
        assert!(!report.holds() && !report.holds);
        let failure = report.failure.clone().expect("a failure");
        assert_eq!((failure.block, failure.question, failure.rule.as_str()), (block, question, rule), "{report}");
        for answer in &report.questions {
            match &answer.verdict {
                Verdict::Fails => assert_eq!(answer.question, question),
                unanswered @ Verdict::CannotBeAnswered { why, .. } => {
                    assert!(answer.question != question && why.contains(&format!("stopped at block {block}")));
                    assert_eq!(*unanswered, Verdict::from(Unanswerable::Stopped { block }));
                }
                Verdict::Holds => panic!("nothing holds after a failure"),
            }
        }
        assert!(report.tip.is_none() && report.totals.is_none());
        report
    }

    /// Takes a block's certificate away.
    pub fn uncertified(&mut self, height: u64) {
        self.records[height as usize - 1].1.clear();
    }

    /// [`Self::fails_at`] the last block, because of this transaction.
    #[track_caller]
    pub fn blames(&self, transaction: &Built, question: Question, rule: &str) {
        let report = self.fails_at(self.height(), question, rule);
        let failed = report.failure.unwrap().transaction.expect("a transaction to blame");
        let id: String = transaction.transaction.id().0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(failed.id, Some(id));
        assert_eq!(failed.kind, Some(transaction.transaction.action().name()));
    }
}

/// The story after each of its blocks, from the empty chain on.
static STORY: LazyLock<Vec<Chain>> = LazyLock::new(tell);

/// Height of the last block.
pub const TIP: u64 = 8;

pub fn story(height: u64) -> Chain {
    STORY[height as usize].clone()
}

pub fn bid(buyer: usize, quantity: u32, world: &World) -> Bid {
    Bid { buyer, seller: ANNA, utility: Utility::Electricity, window: world.window(0), price: 200, quantity }
}

fn tell() -> Vec<Chain> {
    let mut chain = Chain::empty();
    let mut story = vec![chain.clone()];
    let mut tell = |chain: &mut Chain, at: Timestamp, built: &[Built]| {
        chain.accept(at, built);
        story.push(chain.clone());
    };
    let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
    let mint = chain.world.mint(&payees);
    tell(&mut chain, START.plus(60), &[mint]);

    // 2: payments and bids before the window.
    let window = chain.world.window(0);
    let bids = [bid(BERT, 700, &chain.world), bid(CARLA, 500, &chain.world), bid(TREASURY, 300, &chain.world)];
    let opens: Vec<Built> = bids.iter().map(|bid| chain.world.open(bid)).collect();
    chain.contracts = opens.iter().map(|open| chain.world.contract_of(open)).collect();
    let mut block = opens;
    block.push(chain.world.pay(ANNA, BERT, 1_000_000));
    tell(&mut chain, START.plus(120), &block);

    // 3: all meters but the last attest.
    let end = chain.world.parameters().window_end(window);
    let until = Timestamp(end.0 + 1800);
    let attests: Vec<Built> = (0..4)
        .map(|meter| {
            let reading = chain.world.measured(1000 * (meter as u32 + 1), 10);
            chain.world.attest_until(meter, window, &[reading], until)
        })
        .collect();
    tell(&mut chain, end.plus(60), &attests);

    // 4: the energy is sealed.
    let sealed = chain.world.parameters().attest_until(window).plus(1);
    tell(&mut chain, sealed, &[]);

    // 5: Anna delivers to two, the treasury burns.
    let deliveries = [(chain.contracts[0], 600), (chain.contracts[1], 400)];
    let deliver = chain.world.deliver(ANNA, electricity(window), &deliveries);
    let burn = chain.world.burn(2_000_000);
    tell(&mut chain, sealed.plus(300), &[deliver, burn]);

    // 6: the third contract expires.
    let late = chain.world.parameters().deliver_until(window).plus(1);
    tell(&mut chain, late, &[]);

    // 7: the last meter comes back: a late window, a missing one.
    let readings = [chain.world.reading(WindowStatus::Late, 80, 10), chain.world.reading(WindowStatus::Missing, 0, 0)];
    let attest = chain.world.attest(4, window, &readings);
    tell(&mut chain, late.plus(60), &[attest]);

    // 8: a payment out of a later bucket, and a contract that stays open.
    let now = chain.world.after(600);
    let ahead = chain.world.parameters().window_at(now).0 + 2;
    let open = Bid { window: hushwatt_ledger::units::Window(ahead), ..bid(CARLA, 100, &chain.world) };
    let block = [chain.world.open(&open), chain.world.pay(BERT, CARLA, 5)];
    tell(&mut chain, now, &block);
    story
}
