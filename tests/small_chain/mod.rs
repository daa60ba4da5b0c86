//! Three chains of less than 10 kB each on the network of [`crate::fuzz_targets::GENESIS`], which together hold a
//! transaction of every kind: what the fuzz corpus is cut from, and what `flips.rs` flips every byte of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

use hushwatt_crypto::range::RangeBits;
use hushwatt_ledger::{
    block::{Block, Parent},
    state::MemoryState,
    transaction::{attest::WindowStatus, build::Built},
    units::{Timestamp, Utility},
};

use crate::{
    fuzz_targets::{GENESIS, NEW_VALIDATORS, VALIDATORS, account, certified, file, parsed, signing_key},
    kit::{ANNA, BERT, Household, START, Setup, TREASURY, World, build::Bid, electricity},
};

/// A chain, and the state before each of its blocks.
pub struct SmallChain {
    pub world: World,
    pub blocks: Vec<Block>,
    /// The built transactions, with hints, block by block.
    pub built: Vec<Vec<Built>>,
    /// What each block was executed on.
    pub before: Vec<(MemoryState, Parent)>,
}

impl SmallChain {
    fn new() -> Self {
        let meters =
            vec![(Utility::Electricity, RangeBits::Bits16, ANNA), (Utility::Electricity, RangeBits::Bits16, BERT)];
        let parameters = parsed().parameters.clone();
        let setup = Setup { meters, parameters, households: 3, ..Setup::default() };
        let mut world = World::before_the_first_block(&setup);
        world.genesis = parsed().clone();
        world.parent = Parent::genesis(parsed());
        world.validators = VALIDATORS.map(signing_key).to_vec();
        world.registrars = [8, 9, 10].map(signing_key).to_vec();
        world.treasury = signing_key(2);
        world.meters.iter_mut().zip(3..).for_each(|(meter, byte)| meter.key = signing_key(byte));
        world.households = (0..3).map(|byte| Household::new(account(byte))).collect();
        SmallChain { world, blocks: Vec::new(), built: Vec::new(), before: Vec::new() }
    }

    fn accept(&mut self, at: Timestamp, built: Vec<Built>) {
        self.before.push((self.world.state.clone(), self.world.parent));
        self.blocks.push(self.world.accept(at, &built));
        self.built.push(built);
    }

    /// Each block's bytes and certificate; a block without transactions that is not the last of its epoch has none, and
    /// is final by that of the next.
    pub fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (parameters, tip) = (self.world.parameters(), self.blocks.len() as u64);
        let covered = |block: &Block| {
            let height = block.header.height;
            let last = height == tip || height == parameters.last_height(parameters.epoch_of(height));
            block.transactions.is_empty() && !last
        };
        let certificate = |block: &Block| if covered(block) { Vec::new() } else { certified(&block.header) };
        self.blocks.iter().map(|block| (block.encode(), certificate(block))).collect()
    }

    /// The chain file.
    pub fn file(&self) -> Vec<u8> {
        file(GENESIS, &self.records())
    }
}

/// Mint of eight, Transfer, Burn, a Registry, and two empty blocks: the second is of the new validators.
pub fn money() -> SmallChain {
    let mut chain = SmallChain::new();
    let payees: Vec<(usize, u64)> = (0..8).map(|note| (note % 3, 10_000_000)).collect();
    let mint = chain.world.mint(&payees);
    chain.accept(START.plus(60), vec![mint]);
    let change = chain.world.change_validators(&NEW_VALIDATORS.map(signing_key));
    let built = vec![chain.world.pay(ANNA, BERT, 1_000_000), chain.world.burn(2_000_000), change];
    chain.accept(START.plus(120), built);
    chain.accept(START.plus(180), Vec::new());
    chain.accept(START.plus(240), Vec::new());
    chain
}

/// Mint of two, Open, two Attests, Deliver.
pub fn trade() -> SmallChain {
    let mut chain = SmallChain::new();
    let mint = chain.world.mint(&[(BERT, 10_000_000), (TREASURY, 10_000_000)]);
    chain.accept(START.plus(60), vec![mint]);
    let window = chain.world.window(0);
    let (buyer, seller, utility) = (BERT, ANNA, Utility::Electricity);
    let open = chain.world.open(&Bid { buyer, seller, utility, window, price: 200, quantity: 700 });
    let contract = chain.world.contract_of(&open);
    chain.accept(START.plus(120), vec![open]);

    let end = chain.world.parameters().window_end(window);
    let attests = [(0, 1000), (1, 0)].map(|(meter, export)| {
        let reading = chain.world.measured(export, 10);
        chain.world.attest_until(meter, window, &[reading], Timestamp(end.0 + 1800))
    });
    chain.accept(end.plus(60), attests.into());
    let sealed = chain.world.parameters().attest_until(window).plus(1);
    chain.accept(sealed, Vec::new());
    let deliver = chain.world.deliver(ANNA, electricity(window), &[(contract, 600)]);
    chain.accept(sealed.plus(300), vec![deliver]);
    chain
}

/// Mint of two, an Attest, a Correct of it; then a meter is replaced, and goes on with its new key in the next epoch.
pub fn correction() -> SmallChain {
    let mut chain = SmallChain::new();
    let mint = chain.world.mint(&[(BERT, 10_000_000), (TREASURY, 10_000_000)]);
    chain.accept(START.plus(60), vec![mint]);
    let window = chain.world.window(0);
    let end = chain.world.parameters().window_end(window);
    let reading = chain.world.reading(WindowStatus::Estimated, 1_000, 10);
    let attest = chain.world.attest_until(0, window, &[reading], Timestamp(end.0 + 1800));
    chain.accept(end.plus(60), vec![attest]);
    let right = chain.world.measured(900, 10);
    let correct = chain.world.correct(0, window, &right);
    chain.accept(end.plus(120), vec![correct]);
    let key = signing_key(12);
    let replaced = chain.world.replace_meter(0, RangeBits::Bits32, &key);
    chain.accept(end.plus(180), vec![replaced]);
    chain.world.take_key(0, RangeBits::Bits32, &key);
    let right = chain.world.measured(70_000, 10);
    let correct = chain.world.correct(0, window, &right);
    chain.accept(end.plus(240), vec![correct]);
    chain
}
