//! The tally against a ledger that is made to err: what no forger can bring about, a bug in an effect could.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use crate::kit::{ANNA, BERT, CARLA, START, Setup, TREASURY, World, auction::Wish, build::Bid, electricity};
use hushwatt_ledger::{
    note::NoteNumber,
    state::RingCache,
    transaction::{attest::WindowStatus, build::Built, open::ContractId},
};

use super::*;

type Verdict = Result<(), (Option<usize>, Difference)>;

/// A world, and a tally that follows it.
struct Followed {
    world: World,
    tally: Tally<'static>,
}

impl Followed {
    fn new() -> Self {
        Self::of(&Setup::default())
    }

    fn of(setup: &Setup) -> Self {
        let world = World::before_the_first_block(setup);
        let genesis: &'static Genesis = Box::leak(Box::new(world.genesis.clone()));
        let mut followed = Followed { world, tally: Tally::new(genesis) };
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
        let mint = followed.world.mint(&payees);
        followed.block(START.plus(60), &[mint], |_, _| {}).unwrap();
        followed
    }

    /// A block, of which the tally is told what `err` makes of the ledger's notes and counters.
    fn block(&mut self, at: Timestamp, built: &[Built], err: impl FnOnce(&mut Vec<Note>, &mut Counters)) -> Verdict {
        let (before, genesis) = (self.world.clone(), self.world.genesis.clone());
        let block = self.world.accept(at, built);
        let mut state = LedgerState::new(&genesis, &before.state);
        state.begin_block(&before.parent.digest, at).unwrap();
        self.tally.begin_block(&before.parent.digest, at);
        for (place, transaction) in block.transactions.iter().enumerate() {
            let resolved = state.resolve(&RingCache::new(), transaction, at).unwrap();
            self.tally.transaction(place, transaction, &resolved).map_err(|difference| (Some(place), difference))?;
        }
        let mut counters = self.world.counters();
        let numbers = (before.counters().notes..counters.notes).map(NoteNumber);
        let mut made: Vec<Note> =
            numbers.map(|number| self.world.ledger().note(number).unwrap().unwrap().note).collect();
        err(&mut made, &mut counters);
        self.tally.end_block(&made, &counters)
    }

    /// Up to open contracts and sealed energy: Anna sells 700 Wh to Bert and 500 Wh to Carla.
    fn trading() -> (Self, [ContractId; 2]) {
        let mut followed = Followed::new();
        let window = followed.world.window(0);
        let opens = [(BERT, 700), (CARLA, 500)].map(|(buyer, quantity)| {
            let utility = Utility::Electricity;
            followed.world.open(&Bid { buyer, seller: ANNA, utility, window, price: 200, quantity })
        });
        let contracts = [0, 1].map(|place| followed.world.contract_of(&opens[place]));
        followed.block(START.plus(120), &opens, |_, _| {}).unwrap();
        let end = followed.world.parameters().window_end(window);
        let reading = followed.world.measured(1_000, 5);
        let attest = followed.world.attest_until(0, window, std::slice::from_ref(&reading), Timestamp(end.0 + 1800));
        let other = followed.world.attest_until(1, window, &[reading], Timestamp(end.0 + 1800));
        followed.block(end.plus(60), &[attest, other], |_, _| {}).unwrap();
        let sealed = followed.world.parameters().attest_until(window).plus(1);
        followed.block(sealed, &[], |_, _| {}).unwrap();
        (followed, contracts)
    }

    fn deliver(&mut self, err: impl FnOnce(&mut Vec<Note>, &mut Counters), contracts: [ContractId; 2]) -> Verdict {
        let window = self.world.window(0);
        let deliveries = [(contracts[0], 600), (contracts[1], 400)];
        let deliver = self.world.deliver(ANNA, electricity(window), &deliveries);
        self.block(self.world.after(60), &[deliver], err)
    }
}

/// Which notes of a delivery's block differ from the ledger's, and what the tally says.
fn delivery_with(change: fn(&mut Vec<Note>)) -> Verdict {
    let (mut followed, contracts) = Followed::trading();
    followed.deliver(|made, _| change(made), contracts)
}

#[test]
fn an_unaltered_delivery_is_as_the_tally_says() {
    assert_eq!(delivery_with(|_| {}), Ok(()));
}

// The ledger makes payout, refunds, energy change, in this order.

#[test]
fn a_payout_of_another_amount_is_found() {
    let missing = |role| Err((Some(0), Difference::NoteMissing(role)));
    assert_eq!(delivery_with(|made| made[0].commitment = made[1].commitment), missing(Role::Payout));
    assert_eq!(delivery_with(|made| made[0].key = made[1].key), missing(Role::Payout));
    assert_eq!(Difference::NoteMissing(Role::Payout).question(), crate::Question::PaidForDelivered);
}

#[test]
fn a_refund_of_another_amount_is_found() {
    let missing = |role| Err((Some(0), Difference::NoteMissing(role)));
    assert_eq!(delivery_with(|made| made[1].commitment = made[2].commitment), missing(Role::Refund));
    assert_eq!(delivery_with(|made| made.truncate(2)), missing(Role::Refund));
}

#[test]
fn energy_change_of_another_window_is_found() {
    let verdict = delivery_with(|made| made[3].asset = Asset::Credit);
    assert_eq!(verdict, Err((Some(0), Difference::NoteMissing(Role::EnergyChange))));
}

#[test]
fn a_note_too_many_is_found() {
    assert_eq!(delivery_with(|made| made.push(made[0])), Err((None, Difference::NoteFromNowhere)));
}

#[test]
fn counters_that_differ_are_found() {
    type Change = fn(&mut Counters);
    let changes: [(&str, Change); 9] = [
        ("minted micro-euro", |counters| counters.minted.0 += 1),
        ("burned micro-euro", |counters| counters.burned.0 += 1),
        ("micro-euro of fees", |counters| counters.fees.0 += 1),
        ("the last mint's serial", |counters| counters.mint_serial += 1),
        ("the registry's last serial", |counters| counters.registry_serial += 1),
        ("blocks", |counters| counters.blocks += 1),
        ("transactions", |counters| counters.transactions += 1),
        ("notes", |counters| counters.notes += 1),
        ("the time of the last block", |counters| counters.time.0 += 1),
    ];
    let (mut followed, _) = Followed::trading();
    for (name, change) in changes {
        let at = followed.world.after(60);
        match followed.block(at, &[], |_, counters| change(counters)) {
            Err((None, Difference::Counter { what, tally, ledger })) => {
                assert_eq!((what, tally + 1), (name, ledger));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn contracts_expire_when_the_parameters_say_so_and_not_a_second_earlier() {
    let (mut followed, _) = Followed::trading();
    let parameters = followed.world.parameters().clone();
    let last = parameters.deliver_until(followed.world.window(0));
    followed.block(last, &[], |_, _| {}).unwrap();
    assert_eq!(followed.tally.contracts.counts(), ContractCounts { opened: 2, settled: 0, expired: 0, open: 2 });
    // A ledger that forgot one of the refunds.
    let mut forgetful = Followed { world: followed.world.clone(), tally: followed.tally };
    let verdict = forgetful.block(last.plus(1), &[], |made, _| made.truncate(1));
    assert_eq!(verdict, Err((None, Difference::NoteMissing(Role::Expired))));
    assert_eq!(forgetful.tally.contracts.counts(), ContractCounts { opened: 2, settled: 0, expired: 2, open: 0 });
}

#[test]
fn a_contract_that_the_ledger_lost_or_kept_is_found() {
    let (mut followed, contracts) = Followed::trading();
    let empty = hushwatt_ledger::state::MemoryState::new();
    let genesis = followed.world.genesis.clone();
    let lost = LedgerState::new(&genesis, &empty);
    assert_eq!(followed.tally.compare_all(&lost).unwrap(), Some(Difference::ContractList));
    assert_eq!(followed.tally.compare_all(&followed.world.ledger()).unwrap(), None);
    assert_eq!(followed.tally.compare_trades(&followed.world.ledger()).unwrap(), None);
    let before = followed.world.clone();
    followed.deliver(|_, _| {}, contracts).unwrap();
    assert_eq!(followed.tally.compare_trades(&before.ledger()).unwrap(), Some(Difference::ContractList));
    // Without contracts, what remains is the meters' records.
    assert_eq!(followed.tally.compare_all(&lost).unwrap(), Some(Difference::MeterRecord(0)));
}

#[test]
fn images_spent_twice_and_rings_from_nowhere_are_found() {
    let mut followed = Followed::new();
    let payment = followed.world.pay(ANNA, BERT, 5);
    let now = followed.world.now();
    let genesis = followed.world.genesis.clone();
    let resolved = LedgerState::new(&genesis, &followed.world.state)
        .resolve(&RingCache::new(), &payment.transaction, now)
        .unwrap();

    let mut strange = resolved.clone();
    strange.assets = vec![electricity(followed.world.window(0))];
    assert_eq!(
        followed.tally.transaction(0, &payment.transaction, &strange),
        Err(Difference::MemberFromNowhere),
        "credit notes in a bucket of energy"
    );
    assert_eq!(followed.tally.transaction(0, &payment.transaction, &resolved), Ok(()));
    assert_eq!(followed.tally.transaction(1, &payment.transaction, &resolved), Err(Difference::ImageTwice));
}

#[test]
fn no_more_notes_are_spent_than_made() {
    let mut notes = Notes::default();
    let energy = Asset::Energy { utility: Utility::Heat, window: hushwatt_ledger::units::Window(3) };
    assert_eq!(notes.spend(energy, 1), Err(Difference::MoreSpentThanMade { energy: true }));
    assert_eq!(notes.spend(Asset::Credit, 0), Ok(()));
    assert_eq!(notes.spend(Asset::Credit, 1), Err(Difference::MoreSpentThanMade { energy: false }));
}

#[test]
fn windows_are_due_when_over_and_missed_after_the_deadline() {
    let followed = Followed::new();
    let parameters = followed.world.parameters().clone();
    let at = |now: Timestamp| Meters::new(&followed.world.genesis).at(&parameters, now).windows[0].clone();
    let window = followed.world.window(0);
    let (end, deadline) = (parameters.window_end(window), parameters.attest_until(window));
    for (now, not_posted, still_due) in [(end.minus(1), 0, 0), (end, 0, 1), (deadline, 0, 3), (deadline.plus(1), 1, 2)]
    {
        let windows = at(now);
        assert_eq!((windows.not_posted, windows.still_due), (not_posted, still_due), "{now:?}");
        assert_eq!(windows.missed.len() as u64, not_posted);
    }
    assert_eq!(at(Timestamp(0)).still_due, 0);
    assert!(at(Timestamp(u64::MAX)).not_posted > 0, "no overflow at the end of time");
}

#[test]
fn an_attestation_that_does_not_continue_its_chain_is_found() {
    let mut followed = Followed::new();
    let window = followed.world.window(0);
    let end = followed.world.parameters().window_end(window);
    let reading = followed.world.reading(WindowStatus::Measured, 5, 5);
    let attest = followed.world.attest_until(0, window, &[reading], Timestamp(end.0 + 1800));
    let resolved = Resolved::default();
    assert_eq!(followed.tally.transaction(0, &attest.transaction, &resolved), Ok(()));
    assert_eq!(followed.tally.transaction(1, &attest.transaction, &resolved), Err(Difference::MeterChain));
}

#[test]
fn validators_change_at_the_end_of_an_epoch_and_a_ledger_that_errs_is_found() {
    let setup = Setup::default();
    let parameters = hushwatt_ledger::parameters::Parameters { epoch_blocks: 3, ..setup.parameters.clone() };
    let mut followed = Followed::of(&Setup { parameters, ..setup });
    let old = followed.world.genesis.validators().clone();
    let new = followed.world.new_validators(2);
    let (first, early) = (followed.world.change_validators(&new[..1]), followed.world.clone());
    let verdict = |followed: &Followed, world: &World| followed.tally.compare_validators(&world.ledger()).unwrap();
    followed.block(START.plus(120), &[first], |_, _| {}).unwrap();
    assert_eq!((followed.tally.validators.now(), followed.tally.validators.changes()), (&old, 0));
    assert_eq!(verdict(&followed, &followed.world), None);
    assert_eq!(verdict(&followed, &early), Some(Difference::ValidatorList), "the ledger forgot the change");

    // Block 3 begins an epoch.
    let before = followed.world.clone();
    followed.block(START.plus(180), &[], |_, _| {}).unwrap();
    assert_eq!((followed.tally.validators.now().count(), followed.tally.validators.changes()), (1, 1));
    assert_eq!(verdict(&followed, &followed.world), None);
    assert_eq!(verdict(&followed, &early), Some(Difference::ValidatorList));
    let second = followed.world.change_validators(&new);
    followed.block(START.plus(240), &[second], |_, _| {}).unwrap();
    assert_eq!(verdict(&followed, &followed.world), None);
    assert_eq!(verdict(&followed, &before), Some(Difference::ValidatorList));
    for minute in 5..8 {
        followed.block(START.plus(60 * minute), &[], |_, _| {}).unwrap();
        assert_eq!(verdict(&followed, &followed.world), None);
    }
    assert_eq!((followed.tally.validators.now().count(), followed.tally.validators.changes()), (2, 2));
    assert_eq!(Difference::ValidatorList.question(), crate::Question::Certificates);
}

#[test]
fn each_utility_is_held_to_its_own_prices() {
    use hushwatt_ledger::parameters::{Parameters, PriceBounds, UtilityPrices};
    let water = Some(PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
    let prices = UtilityPrices { water, ..UtilityPrices::default() };
    let setup = Setup::default();
    let parameters = Parameters { prices, ..setup.parameters.clone() };
    let setup = Setup { parameters, ..setup };
    for (utility, price, expected) in [
        (Utility::Water, 1_000, Ok(())),
        (Utility::Water, 4_950, Ok(())),
        (Utility::Water, 200, Err(Difference::Price(200))),
        (Utility::Water, 3_010, Err(Difference::Price(3_010))),
        (Utility::Water, 5_050, Err(Difference::Price(5_050))),
        (Utility::Electricity, 200, Ok(())),
        (Utility::Electricity, 3_000, Err(Difference::Price(3_000))),
    ] {
        let mut followed = Followed::of(&setup);
        let window = followed.world.window(0);
        let built = followed.world.open(&Bid { buyer: ANNA, seller: BERT, utility, window, price, quantity: 3 });
        let Action::Open(open) = built.transaction.action() else { panic!("an Open was built") };
        assert_eq!(followed.tally.open(&built.transaction, open), expected, "{utility:?} at {price}");
    }
    assert_eq!(Difference::Price(200).question(), crate::Question::TariffLimits);
}

#[test]
fn a_ledger_that_errs_in_corrections_or_keys_is_found() {
    let (mut followed, _) = Followed::trading();
    let window = followed.world.window(0);
    let before = followed.world.clone();
    let right = followed.world.measured(900, 5);
    let correct = followed.world.correct(0, window, &right);
    let verdict = |followed: &Followed, world: &World| followed.tally.compare_all(&world.ledger()).unwrap();
    assert_eq!(verdict(&followed, &before), None);
    let at = followed.world.after(60);
    followed.block(at, std::slice::from_ref(&correct), |_, _| {}).unwrap();
    assert_eq!(verdict(&followed, &followed.world), None);
    assert_eq!(verdict(&followed, &before), Some(Difference::MeterRecord(0)), "the ledger forgot the correction");
    // The running sum is right, the window's record is the old one; and the other way round.
    let (id, genesis) = (hushwatt_ledger::units::MeterId(0), followed.world.genesis.clone());
    let mut wrong = LedgerState::new(&genesis, &followed.world.state);
    wrong.set_window(id, window, &before.ledger().window(id, window).unwrap().unwrap());
    let forgotten = Difference::WindowRecord { meter: 0, window: window.0 };
    assert_eq!(followed.tally.compare_all(&wrong).unwrap(), Some(forgotten.clone()));
    assert_eq!(forgotten.question(), crate::Question::Corrections);
    let mut wrong = LedgerState::new(&genesis, &followed.world.state);
    let (old, now) = (before.ledger().meter(id).unwrap(), wrong.meter(id).unwrap());
    wrong.set_meter(id, &hushwatt_ledger::state::MeterRecord { export_sum: old.export_sum, ..now });
    assert_eq!(followed.tally.compare_all(&wrong).unwrap(), Some(Difference::MeterRecord(0)));
    // Twice, or of what was never attested.
    let resolved = Resolved::default();
    assert_eq!(followed.tally.transaction(0, &correct.transaction, &resolved), Err(Difference::MeterChain));
    let never = followed.world.correct(0, followed.world.window(7), &right);
    assert_eq!(followed.tally.transaction(0, &never.transaction, &resolved), Err(Difference::Correction));

    let before = followed.world.clone();
    let key = hushwatt_crypto::signature::SigningKey::from_bytes(&[92; 32]);
    let change = followed.world.replace_meter(1, hushwatt_crypto::range::RangeBits::Bits32, &key);
    let at = followed.world.after(60);
    // Those two were no transactions of the chain.
    followed.tally.kinds.corrects -= 2;
    followed.block(at, &[change], |_, _| {}).unwrap();
    assert_eq!(verdict(&followed, &followed.world), None);
    assert_eq!(verdict(&followed, &before), Some(Difference::MeterKey(1)), "the ledger forgot the new key");
}

/// After the auction of window 0 is closed: Anna sells 800 Wh, Bert 500, Carla buys 600, the treasury 400.
fn auctioned() -> (Followed, Built) {
    let (mut followed, _) = Followed::trading();
    let (utility, window) = (Utility::Electricity, followed.world.window(0));
    let wish = |who, limit, quantity| Wish { who, utility, window, limit, quantity };
    let mut orders: Vec<Built> =
        [wish(ANNA, 150, 800), wish(BERT, 250, 500)].iter().map(|wish| followed.world.sell(wish)).collect();
    let bids = [wish(CARLA, 300, 600), wish(TREASURY, 200, 400)];
    orders.extend(bids.iter().map(|wish| followed.world.buy(wish)));
    followed.block(followed.world.after(60), &orders, |_, _| {}).unwrap();
    let last = followed.world.parameters().order_until(window).unwrap();
    followed.block(last.plus(1), &[], |_, _| {}).unwrap();
    followed.block(last.plus(2), &[], |_, _| {}).unwrap();
    assert_eq!(followed.tally.compare_trades(&followed.world.ledger()).unwrap(), None);
    let clear = followed.world.clear(utility, window).0;
    (followed, clear)
}

#[test]
fn every_note_that_a_clearing_makes_is_held_against_the_orders() {
    let (followed, clear) = auctioned();
    let at = followed.world.after(60);
    // Two sellers get money and energy, two buyers what is left of their locks.
    let mut roles = Vec::new();
    for place in 0..6 {
        let (mut followed, other) = auctioned();
        assert_eq!(other.transaction.id(), clear.transaction.id(), "everything is seeded");
        let verdict = followed.block(at, std::slice::from_ref(&clear), |made, _| {
            assert_eq!(made.len(), 6);
            made[place].commitment = Element::new(made[place].commitment.point() + made[0].key.point());
        });
        let Err((Some(0), Difference::NoteMissing(role))) = verdict else { panic!("{verdict:?}") };
        roles.push(role);
    }
    for (role, count, question) in [
        (Role::Sold, 2, crate::Question::PaidForDelivered),
        (Role::Unspent, 2, crate::Question::PaidForDelivered),
        (Role::Unsold, 2, crate::Question::DeliveredWithinAttested),
    ] {
        assert_eq!(roles.iter().filter(|found| **found == role).count(), count, "{role:?}");
        assert_eq!(Difference::NoteMissing(role).question(), question);
    }
    let mut followed = followed;
    followed.block(at, &[clear], |_, _| {}).unwrap();
    assert_eq!(followed.tally.compare_trades(&followed.world.ledger()).unwrap(), None);
    assert_eq!(followed.tally.compare_all(&followed.world.ledger()).unwrap(), None);
}

#[test]
fn orders_that_nobody_clears_go_back_when_the_parameters_say_so_and_not_a_second_earlier() {
    let (mut followed, _) = auctioned();
    let window = followed.world.window(0);
    let until = followed.world.parameters().clear_until(window).unwrap();
    followed.block(until, &[], |made, _| assert!(made.is_empty())).unwrap();
    let before = followed.world.clone();
    let verdict = followed.block(until.plus(1), &[], |made, _| {
        assert_eq!(made.len(), 4);
        made.truncate(3);
    });
    assert_eq!(verdict, Err((None, Difference::NoteMissing(Role::GivenBack))));
    assert_eq!(Difference::NoteMissing(Role::GivenBack).question(), crate::Question::Contracts);
    assert_eq!(followed.tally.compare_trades(&before.ledger()).unwrap(), Some(Difference::AuctionList));
}

#[test]
fn a_ledger_that_errs_in_orders_rank_or_operator_is_found() {
    let (mut followed, clear) = auctioned();
    let (now, genesis) = (followed.world.after(60), followed.world.genesis.clone());
    let empty = hushwatt_ledger::state::MemoryState::new();
    let world = followed.world.clone();
    let ledger = LedgerState::new(&genesis, &world.state);
    let resolved = ledger.resolve(&RingCache::new(), &clear.transaction, now).unwrap();
    // It lost the orders.
    followed.tally.contracts = Contracts::default();
    let lost = LedgerState::new(&genesis, &empty);
    assert_eq!(followed.tally.compare_all(&lost).unwrap(), Some(Difference::AuctionList));
    // It made somebody else the operator.
    let mut errs = LedgerState::new(&genesis, &world.state);
    errs.name_operator(now, followed.world.treasury.verifying_key());
    assert_eq!(followed.tally.compare_all(&errs).unwrap(), Some(Difference::Operator));
    let other = Resolved { operator: Some(followed.world.treasury.verifying_key()), ..resolved.clone() };
    assert_eq!(followed.tally.transaction(0, &clear.transaction, &other), Err(Difference::Operator));
    // It ranked the orders by another block.
    let other = Resolved { rank: Some(BlockDigest([3; 32])), ..resolved.clone() };
    assert_eq!(followed.tally.transaction(0, &clear.transaction, &other), Err(Difference::Rank));
    // It cleared what is over, and took an order when it was too late.
    assert_eq!(followed.tally.transaction(0, &clear.transaction, &resolved), Err(Difference::NoAuction));
    let window = followed.world.window(0);
    let wish = Wish { who: CARLA, utility: Utility::Electricity, window, limit: 300, quantity: 100 };
    let late = followed.world.buy(&wish);
    let resolved = ledger.resolve(&RingCache::new(), &late.transaction, now).unwrap();
    assert_eq!(followed.tally.transaction(0, &late.transaction, &resolved), Err(Difference::OrderRefused));
}

#[test]
fn a_clearing_lists_the_orders_that_stand_and_no_others() {
    let (mut followed, _) = auctioned();
    let (utility, window) = (Utility::Electricity, followed.world.window(0));
    let orders = followed.world.orders(utility, window);
    let (fewer, _) = followed.world.clear_of(utility, window, &orders[1..]).unwrap();
    let genesis = followed.world.genesis.clone();
    let world = followed.world.clone();
    let ledger = LedgerState::new(&genesis, &world.state);
    let whole = followed.world.clear(utility, window).0;
    let resolved = ledger.resolve(&RingCache::new(), &whole.transaction, followed.world.after(60)).unwrap();
    assert_eq!(followed.tally.transaction(0, &fewer.transaction, &resolved), Err(Difference::OrderList));
    for difference in [Difference::OrderList, Difference::Rank, Difference::Operator, Difference::NoAuction] {
        assert_eq!(difference.question(), crate::Question::ClearingPrices);
    }
}

#[test]
fn every_difference_has_a_name_of_its_own() {
    let names = [Difference::Price(3), Difference::MoreSpentThanMade { energy: true }, Difference::NoteFromNowhere];
    assert_eq!(names.map(|difference| difference.name()), ["Price", "MoreSpentThanMade", "NoteFromNowhere"]);
}
