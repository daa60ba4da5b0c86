//! Auctions at a node: what it tells of them as time goes by, and how a clearing gets in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../../ledger/tests/kit/mod.rs"]
mod kit;

use std::{path::Path, sync::Arc};

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    block::Block,
    storage::{MemoryIndex, SimDisk},
    transaction::{
        build::Built,
        hints::encode_hints,
        order::{OrderId, Side},
    },
    units::{Timestamp, Utility, Window},
};
use hushwatt_node::{
    Core, CoreOptions, LiveBlock, MempoolLimits, SteppedClock, Store,
    http::backend::{AuctionState, Backend, Ending, Outcome, Submission, SubmitRefusal, Submitted},
};
use kit::{ANNA, BERT, CARLA, Setup, World, auction::Wish};

const ELECTRIC: Utility = Utility::Electricity;

/// A world, and a node that follows it block by block.
struct Town {
    world: World,
    core: Core,
    clock: SteppedClock,
}

impl Town {
    /// The energy of window 0 is sealed.
    fn new(limits: MempoolLimits) -> Self {
        let mut blocks: Vec<(Block, Vec<Built>)> = Vec::new();
        let mut world = World::before_the_first_block(&Setup::default());
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
        let mint = world.mint(&payees);
        blocks.push((world.accept(kit::START.plus(60), std::slice::from_ref(&mint)), vec![mint]));
        let window = world.window(0);
        let end = world.parameters().window_end(window);
        world.pass_to(end.minus(60), &mut blocks);
        let reading = world.measured(1_000, 10);
        let attests: Vec<Built> =
            (0..3).map(|meter| world.attest(meter, window, std::slice::from_ref(&reading))).collect();
        blocks.push((world.accept(end.plus(60), &attests), attests));
        let sealed = world.parameters().attest_until(window).plus(1);
        world.pass_to(sealed, &mut blocks);

        let clock = SteppedClock::new(sealed);
        let (disk, index) = (Arc::new(SimDisk::new()), Box::new(MemoryIndex::new()));
        let store = Store::open_on(Path::new("node"), Arc::new(world.genesis.clone()), disk, index).unwrap();
        let options = CoreOptions { worker: false, mempool: limits, ..CoreOptions::default() };
        let core = Core::on_store(store, Box::new(clock.clone()), options).unwrap();
        core.set_validator(Some(world.validators[0].verifying_key()));
        let town = Town { world, core, clock };
        blocks.into_iter().for_each(|(block, built)| town.take(block, &built));
        town
    }

    fn take(&self, block: Block, built: &[Built]) {
        let hints_of = |id| built.iter().find(|built| built.transaction.id() == id).unwrap().hints.clone();
        let hints: Vec<Vec<Hint>> = block.transactions.iter().map(|transaction| hints_of(transaction.id())).collect();
        let live = LiveBlock::new(self.world.network(), block, Some(hints)).unwrap();
        self.core.finalize(&live, None).unwrap();
    }

    fn block(&mut self, at: Timestamp, built: &[Built]) {
        self.clock.step_to(at);
        let block = self.world.accept(at, built);
        self.take(block, built);
    }

    fn window(&self) -> Window {
        self.world.window(0)
    }

    fn wish(&self, who: usize, limit: u32, quantity: u32) -> Wish {
        Wish { who, utility: ELECTRIC, window: self.window(), limit, quantity }
    }

    fn submit(&self, built: &Built, source: u64) -> Result<Submitted, SubmitRefusal> {
        let (transaction, hints) = (built.transaction.encode(), encode_hints(&built.hints));
        Backend::submit(&self.core, Submission { transaction, hints, source })
    }

    fn state(&self) -> Option<AuctionState> {
        let all = self.core.auctions(self.window(), 1).unwrap();
        let one = self.core.auction(ELECTRIC, self.window()).unwrap();
        assert_eq!(all.first().copied(), one.map(|one| one.view));
        all.first().map(|auction| auction.state)
    }
}

impl World {
    fn pass_to(&mut self, at: Timestamp, blocks: &mut Vec<(Block, Vec<Built>)>) {
        blocks.push((self.accept(at, &[]), Vec::new()));
    }
}

/// Anna sells 800 Wh, Carla buys 600 and Bert 300, handed in and in a block.
fn ordered(limits: MempoolLimits) -> Town {
    let mut town = Town::new(limits);
    let (ask, bids) = (town.wish(ANNA, 150, 800), [town.wish(CARLA, 300, 600), town.wish(BERT, 200, 300)]);
    let mut orders = vec![town.world.sell(&ask)];
    orders.extend(bids.iter().map(|bid| town.world.buy(bid)));
    for (order, source) in orders.iter().zip(1..) {
        assert_eq!(town.submit(order, source), Ok(Submitted::Waiting(*order.transaction.id())));
    }
    let proposed = town.core.propose(&town.core.tip().digest).unwrap().block;
    assert_eq!(proposed.block().transactions.len(), 3, "orders of one auction are in no conflict");
    town.block(town.world.after(60), &orders);
    town
}

/// The same, and nobody can order any more; `ranked`: it can be cleared.
fn closed(limits: MempoolLimits, ranked: bool) -> Town {
    let mut town = ordered(limits);
    let last = town.world.parameters().order_until(town.window()).unwrap();
    town.block(last.plus(1), &[]);
    if ranked {
        town.block(last.plus(2), &[]);
    }
    town
}

fn clear(town: &mut Town) -> Built {
    let window = town.window();
    town.world.clear(ELECTRIC, window).0
}

#[test]
fn an_auction_is_told_from_its_first_order_to_its_price() {
    let mut town = Town::new(MempoolLimits::default());
    assert_eq!(town.state(), None);
    let trading = town.core.trading();
    assert_eq!((trading.utilities, trading.first_window), (vec![ELECTRIC, Utility::Water], town.window()));
    let operator = *town.world.operator.verifying_key().as_bytes();
    assert_eq!(town.core.operator(town.window()).unwrap(), Some(operator));

    town = ordered(MempoolLimits::default());
    assert_eq!(town.state(), Some(AuctionState::Collecting));
    let detail = town.core.auction(ELECTRIC, town.window()).unwrap().unwrap();
    assert_eq!((detail.view.sells, detail.view.buys, detail.rank), (1, 2, None));
    let listed: Vec<(OrderId, bool)> = detail.orders.iter().map(|order| (OrderId(order.id), order.sells)).collect();
    let kept = town.world.orders(ELECTRIC, town.window());
    let expected: Vec<(OrderId, bool)> = kept.iter().map(|(id, _, side)| (*id, *side == Side::Sell)).collect();
    assert_eq!(listed, expected);
    assert_eq!(town.core.auction(Utility::Water, town.window()).unwrap(), None);
    assert_eq!(town.core.auction(ELECTRIC, Window(u64::MAX)).unwrap(), None);
    assert!(town.core.auctions(Window(0), 5).unwrap().is_empty());
    assert_eq!(town.core.auctions(Window(0), u64::MAX).unwrap().len(), 1);

    town = closed(MempoolLimits::default(), true);
    assert_eq!(town.state(), Some(AuctionState::Closed));
    let rank = town.core.auction(ELECTRIC, town.window()).unwrap().unwrap().rank;
    assert_eq!(rank, town.world.rank(ELECTRIC, town.window()).map(|digest| digest.0));
    assert!(rank.is_some());
    let cleared = clear(&mut town);
    town.block(town.world.after(60), std::slice::from_ref(&cleared));
    let ending = Ending { height: town.core.tip().height, transaction: *cleared.transaction.id() };
    let Some(AuctionState::Traded { price, ending: told }) = town.state() else { panic!("{:?}", town.state()) };
    assert_eq!((price.micro_euro(), told), (200, ending));
    let detail = town.core.auction(ELECTRIC, town.window()).unwrap().unwrap();
    assert_eq!((detail.view.sells, detail.view.buys, detail.rank, detail.orders.len()), (1, 2, None, 0));
}

#[test]
fn an_auction_that_nobody_clears_is_told_as_expired() {
    let mut town = closed(MempoolLimits::default(), true);
    let until = town.world.parameters().clear_until(town.window()).unwrap();
    town.block(until, &[]);
    assert_eq!(town.state(), Some(AuctionState::Closed));
    town.block(until.plus(1), &[]);
    assert_eq!(town.state(), Some(AuctionState::Expired { height: town.core.tip().height }));
}

#[test]
fn of_two_clearings_of_an_auction_one_waits_and_the_other_is_in_conflict() {
    let mut town = closed(MempoolLimits::default(), true);
    let (one, window) = (clear(&mut town), town.window());
    // The operator signs another, valid for longer.
    let before = town.world.parent;
    town.world.parent.time = before.time.plus(600);
    let other = clear(&mut town);
    town.world.parent = before;
    assert_ne!(one.transaction.id(), other.transaction.id());
    let id = *one.transaction.id();
    assert_eq!(town.submit(&one, 1), Ok(Submitted::Waiting(id)));
    assert_eq!(town.submit(&one, 2), Ok(Submitted::Waiting(id)));
    assert_eq!(town.submit(&other, 2), Err(SubmitRefusal::Conflict { with: id }));
    // The other one is in a block: the first can never be.
    town.block(town.world.after(60), std::slice::from_ref(&other));
    let Outcome::Dropped { rule, .. } = &town.core.outcomes(&[id])[0] else { panic!("it still waits") };
    assert_eq!(rule, "NoSuchAuction");
    let Err(SubmitRefusal::Rule { name, .. }) = town.submit(&one, 1) else { panic!("{window:?} is over") };
    assert_eq!(name, "NoSuchAuction");
}

#[test]
fn a_clearing_too_early_is_refused_by_its_rule_and_taken_a_block_later() {
    let mut later = closed(MempoolLimits::default(), true);
    let built = clear(&mut later);
    let refused = |town: &Town| match town.submit(&built, 1) {
        Err(SubmitRefusal::Rule { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&ordered(MempoolLimits::default())), "ClearTooEarly");
    assert_eq!(refused(&closed(MempoolLimits::default(), false)), "RankNotFixed");
    assert_eq!(later.submit(&built, 1), Ok(Submitted::Waiting(*built.transaction.id())));
}

#[test]
fn a_clearing_finds_room_in_a_full_mempool_and_goes_into_the_next_block_first() {
    let limits = MempoolLimits { transactions: 3, ..MempoolLimits::default() };
    let mut town = closed(limits, true);
    let mut payments = Vec::new();
    for source in 1..=8 {
        let who = [ANNA, BERT, CARLA][source as usize % 3];
        let payment = town.world.pay(who, ANNA, source);
        match town.submit(&payment, source) {
            Ok(_) => payments.push(payment),
            Err(SubmitRefusal::Full) => break,
            Err(SubmitRefusal::Conflict { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(Backend::status(&town.core).mempool_transactions, 3);
    let built = clear(&mut town);
    assert_eq!(town.submit(&built, 1), Ok(Submitted::Waiting(*built.transaction.id())));
    assert_eq!(Backend::status(&town.core).mempool_transactions, 4);
    let block = town.core.propose(&town.core.tip().digest).unwrap().block;
    assert!(block.block().transactions.iter().any(|transaction| transaction.id() == built.transaction.id()));
    // It gives its room back with the block.
    town.block(town.world.after(60), std::slice::from_ref(&built));
    assert_eq!(Backend::status(&town.core).mempool_transactions, 3);
}

#[test]
fn a_forged_clearing_is_refused_before_it_waits() {
    let mut town = closed(MempoolLimits::default(), true);
    let built = clear(&mut town);
    let stranger = hushwatt_crypto::signature::SigningKey::from_bytes(&[9; 32]);
    let forged = kit::forge::signed_again(&built, &stranger);
    let Err(SubmitRefusal::Rule { name, .. }) = town.submit(&forged, 1) else { panic!("it was taken") };
    assert_eq!(name, "ClearSignature");
    // The right one has the same id, and is judged by its own proofs.
    assert_eq!(town.submit(&built, 2), Ok(Submitted::Waiting(*built.transaction.id())));
}
