//! Rules of orders in an auction, and what they change.

use std::sync::LazyLock;

use hushwatt_crypto::{Label, SecretScalar, commitment::Opening, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    note::Asset,
    parameters::{AuctionParameters, Parameters},
    transaction::{
        Action, HintsDigest,
        build::{BuildError, Built},
        order::{ORDER_OPENING_BYTES, OrderId, OrderOpening, Side, check_without_ring, ranked, with_admission},
        registry::RegistryChange,
    },
    units::{Price, Quantity, Utility, Window},
};

use crate::{
    kit::{
        auction::Wish,
        forge::{one_more, shifted, signed_again},
        *,
    },
    tamper,
};

static OPEN: LazyLock<World> = LazyLock::new(|| open_with(&Setup::default()));

/// A world in the first second in which orders for window 0 are accepted: Anna has 1000 Wh, Bert 2000 Wh and 400 l, Carla
/// 3000 Wh and 500 l.
pub fn open() -> World {
    OPEN.clone()
}

pub fn open_with(setup: &Setup) -> World {
    World::with_energy(setup, |_| {})
}

/// Electricity of window 0.
pub fn wish(world: &World, who: usize, limit: u32, quantity: u32) -> Wish {
    Wish { who, utility: Utility::Electricity, window: world.window(0), limit, quantity }
}

/// A Sell of Anna's and a Buy of Bert's in the world they are for.
fn sell_and_buy() -> (World, Built, Built) {
    let mut world = open();
    let (sell, buy) = (wish(&world, ANNA, 150, 600), wish(&world, BERT, 300, 400));
    let (sell, buy) = (world.sell(&sell), world.buy(&buy));
    (world, sell, buy)
}

fn verdicts(world: &World, built: &[&Built]) -> Vec<Result<(), Rejection>> {
    built.iter().map(|built| world.verdict(world.after(60), built)).collect()
}

fn without_auctions() -> Parameters {
    Parameters { auction: None, ..Setup::default().parameters }
}

fn auction_of(change: impl FnOnce(&mut AuctionParameters)) -> Setup {
    let mut setup = Setup::default();
    change(setup.parameters.auction.as_mut().unwrap());
    setup
}

/// Invariant S9.
#[test]
fn an_order_is_accepted_and_stands_until_its_auction_ends() {
    let (mut world, sell, buy) = sell_and_buy();
    let energy = electricity(world.window(0));
    let before = [ANNA, BERT].map(|who| world.households[who].balance(Asset::Credit));
    world.accept(world.after(60), &[sell.clone(), buy.clone()]);
    // The sold energy and the cap for each wanted unit are given up; the fee is paid by who pays.
    assert_eq!(world.households[ANNA].balance(energy), 400);
    let after = [ANNA, BERT].map(|who| world.households[who].balance(Asset::Credit));
    assert_eq!(after, [before[0], before[1] - 400 * 1_000 - 7]);
    assert_eq!(world.counters().fees.0, 7);
    let (utility, window) = (Utility::Electricity, world.window(0));
    let auction = world.ledger().auction(utility, window).unwrap().unwrap();
    assert_eq!((auction.sells, auction.buys, auction.orders(), auction.rank), (1, 1, 2, None));
    for (built, side) in [(&sell, Side::Sell), (&buy, Side::Buy)] {
        let order = world.ledger().order(utility, window, &world.order_of(built)).unwrap().unwrap();
        assert_eq!(order.side(), side);
        assert_eq!(order.terms, *built.transaction.action().order().unwrap().terms);
    }
    let ids: Vec<OrderId> = world.ledger().orders_of(utility, window).unwrap().iter().map(|(id, _)| *id).collect();
    assert!(ids.is_sorted() && ids.len() == 2);
    // Other auctions are others.
    assert_eq!(world.ledger().auction(Utility::Water, window).unwrap(), None);
    assert_eq!(world.ledger().auction(utility, Window(window.0 + 1)).unwrap(), None);
    assert!(world.ledger().orders_of(utility, Window(window.0 + 1)).unwrap().is_empty());
}

/// Invariant S1.
#[test]
fn a_network_without_auctions_has_no_orders_no_clearings_and_no_operators() {
    let (_, sell, buy) = sell_and_buy();
    let setup = Setup { parameters: without_auctions(), ..Setup::default() };
    let mut other = open_with(&setup);
    let plan = wish(&other, BERT, 300, 400);
    let notes = other.spendable(BERT, Asset::Credit)[..1].to_vec();
    let built = other.buy_plan(&notes, &plan).derive(&other.genesis, &mut other.rng);
    assert_eq!(built.err(), Some(BuildError::NoAuctions));
    let network = *other.network();
    let moved = |built: &Built| {
        let hints = HintsDigest::of(&network, &built.hints);
        forge::tampered(built, |envelope, _| (envelope.network, envelope.hints) = (network, hints))
    };
    assert_eq!(verdicts(&other, &[&moved(&sell), &moved(&buy)]), [Err(Rejection::NoAuctions); 2]);
    let (_, clear) = crate::auction_clear::closed_and_cleared();
    assert_eq!(other.verdict(other.after(60), &moved(&clear)), Err(Rejection::NoAuctions));
    let key = SigningKey::from_bytes(&[112; 32]).verifying_key();
    let named = other.change_registry(RegistryChange::Operator { key });
    assert_eq!(other.verdict(other.after(60), &named), Err(Rejection::NoAuctions));
    assert_eq!(check_without_ring(&other.genesis, &moved(&sell).transaction), Err(Rejection::NoAuctions));
    assert!(other.ledger().orders_of(Utility::Electricity, other.window(0)).unwrap().is_empty());
}

/// Invariant S2.
#[test]
fn an_order_without_an_operator_at_the_start_of_its_window_is_rejected() {
    let mut world = open_with(&Setup { operator: false, ..Setup::default() });
    let plan = wish(&world, BERT, 300, 400);
    let buy = world.buy(&plan);
    assert_eq!(world.verdict(world.after(60), &buy), Err(Rejection::NoOperator));
    // Named now, he is the operator of windows that start later, not of this one.
    let change = RegistryChange::Operator { key: world.operator.verifying_key() };
    let named = world.change_registry(change);
    world.accept(world.after(60), &[named]);
    assert_eq!(world.verdict(world.after(60), &buy), Err(Rejection::NoOperator));
    let later = world.parameters().window_at(world.now());
    assert_eq!(world.ledger().operator_of(later).unwrap(), None);
    let key = world.operator.verifying_key();
    assert_eq!(world.ledger().operator_of(Window(later.0 + 1)).unwrap(), Some(key));
}

/// Invariant S2.
#[test]
fn an_order_that_the_operator_did_not_admit_is_rejected() {
    let (world, sell, buy) = sell_and_buy();
    assert_eq!(verdicts(&world, &[&sell, &buy]), [Ok(()); 2]);
    for built in [&sell, &buy] {
        let stranger = signed_again(built, &world.registrars[0]);
        let nobody = with_admission(&built.transaction, hushwatt_crypto::signature::Signature([0; 64])).unwrap();
        let nobody = Built::new(nobody, built.hints.clone());
        assert_eq!(nobody.transaction.id(), built.transaction.id(), "an admission is no part of the id");
        // What he signed for another order, or for another use of his key.
        let other = if built.transaction.id() == sell.transaction.id() { &buy } else { &sell };
        let of_other = *other.transaction.action().order().unwrap().admission;
        let of_other = with_admission(&built.transaction, of_other).unwrap();
        let id = &built.transaction.id().0;
        let meant_otherwise = world.operator.sign(world.network(), Label::TreasurySignature, id);
        let meant_otherwise = with_admission(&built.transaction, meant_otherwise).unwrap();
        let forged = [of_other, meant_otherwise].map(|transaction| Built::new(transaction, built.hints.clone()));
        let all = [&stranger, &nobody, &forged[0], &forged[1]];
        assert_eq!(verdicts(&world, &all), [Err(Rejection::Admission); 4]);
    }
    let transfer = open().pay(ANNA, BERT, 5);
    assert!(with_admission(&transfer.transaction, hushwatt_crypto::signature::Signature([0; 64])).is_none());
}

/// Invariant S3.
#[test]
fn an_order_is_not_accepted_before_the_attestation_deadline_has_passed() {
    let mut world = fresh();
    let until = world.parameters().attest_until(world.window(0));
    world.pass(until.minus(60));
    let plan = wish(&world, BERT, 300, 400);
    let buy = world.buy(&plan);
    assert_eq!(world.verdict(until, &buy), Err(Rejection::OrderTooEarly));
    assert_eq!(world.verdict(until.plus(1), &buy), Ok(()));
}

/// Invariant S3.
#[test]
fn an_order_is_not_accepted_after_the_order_term() {
    let mut world = open();
    let until = world.parameters().order_until(world.window(0)).unwrap();
    world.pass(until.minus(60));
    let (sell, buy) = (wish(&world, ANNA, 150, 600), wish(&world, BERT, 300, 400));
    let (sell, buy) = (world.sell(&sell), world.buy(&buy));
    for built in [&sell, &buy] {
        assert_eq!(world.verdict(until, built), Ok(()));
        assert_eq!(world.verdict(until.plus(1), built), Err(Rejection::OrderTooLate));
    }
}

/// Invariant S3.
#[test]
fn an_order_for_the_end_of_time_is_rejected_and_nothing_overflows() {
    let (world, _, buy) = sell_and_buy();
    for window in [u64::MAX, u64::MAX / 3600, 0] {
        let strange = tamper!(buy, Buy, |it| it.statement.terms.window = Window(window));
        // Before its start nobody could have been named; the genesis named him for all time.
        let expected = if window == 0 { Rejection::OrderTooLate } else { Rejection::OrderTooEarly };
        assert_eq!(world.verdict(world.after(60), &strange), Err(expected));
    }
}

/// Invariant S3.
#[test]
fn an_order_for_what_no_meter_measures_is_rejected() {
    let (mut world, ..) = sell_and_buy();
    let plan = Wish { utility: Utility::Heat, ..wish(&world, BERT, 300, 400) };
    let buy = world.buy(&plan);
    assert_eq!(world.verdict(world.after(60), &buy), Err(Rejection::UnknownUtility));
    let plan = Wish { utility: Utility::Water, ..plan };
    let buy = world.buy(&plan);
    assert_eq!(world.verdict(world.after(60), &buy), Ok(()));
}

/// Invariant S4.
#[test]
fn energy_of_another_window_or_utility_or_money_is_not_sold() {
    let (mut world, sell, _) = sell_and_buy();
    let next = Window(world.window(0).0 + 1);
    let of_next = tamper!(sell, Sell, |it| it.statement.terms.window = next);
    assert_eq!(world.verdict(world.after(60), &of_next), Err(Rejection::OrderAsset));
    let of_water = tamper!(sell, Sell, |it| it.statement.terms.utility = Utility::Water);
    assert_eq!(world.verdict(world.after(60), &of_water), Err(Rejection::OrderAsset));
    // A whole order of Bert's electricity that says it sells water.
    let plan = Wish { utility: Utility::Water, ..wish(&world, BERT, 150, 100) };
    let mut notes = world.spendable(BERT, electricity(world.window(0)));
    notes.truncate(1);
    let disguised = world.sell_with(&notes, &plan);
    assert_eq!(world.verdict(world.after(60), &disguised), Err(Rejection::OrderAsset));
    // Money that says it is energy, and energy that says it is money, where it is worth enough.
    let parameters = Parameters { cap: 100, ..Setup::default().parameters };
    let mut world = open_with(&Setup { parameters, ..Setup::default() });
    let plan = wish(&world, CARLA, 100, 10);
    let (money, energy) = (world.spendable(CARLA, Asset::Credit), world.spendable(CARLA, plan.energy()));
    let sold = world.sell_with(&money[..1], &plan);
    let paid = world.buy_with(&energy[..1], &plan);
    assert_eq!(verdicts(&world, &[&sold, &paid]), [Err(Rejection::ForeignBucket); 2]);
    let (sold, paid) = (world.sell_with(&energy[..1], &plan), world.buy_with(&money[..1], &plan));
    assert_eq!(verdicts(&world, &[&sold, &paid]), [Ok(()); 2]);
}

fn buckets_of(built: &Built) -> hushwatt_ledger::note::BucketVersion {
    built.transaction.action().buckets()[0]
}

/// Invariant S5.
#[test]
fn an_auction_takes_no_more_orders_than_its_genesis_says() {
    let mut world = open_with(&auction_of(|auction| auction.max_orders = 2));
    let plans = [wish(&world, ANNA, 150, 600), wish(&world, BERT, 300, 400), wish(&world, CARLA, 300, 400)];
    let (first, second, third) = (world.sell(&plans[0]), world.buy(&plans[1]), world.buy(&plans[2]));
    world.accept(world.after(60), &[first]);
    assert_eq!(world.verdict(world.after(60), &third), Ok(()));
    world.accept(world.after(60), &[second]);
    assert_eq!(world.verdict(world.after(60), &third), Err(Rejection::AuctionFull));
    // The water's auction is another one.
    let plan = Wish { utility: Utility::Water, ..plans[2] };
    let water = world.buy(&plan);
    assert_eq!(world.verdict(world.after(60), &water), Ok(()));
}

/// Invariant S6.
#[test]
fn what_an_order_takes_and_gives_up_is_equal() {
    let (world, sell, buy) = sell_and_buy();
    let more = tamper!(sell, Sell, |it| it.statement.terms.quantity = one_more(&it.statement.terms.quantity));
    let kept = tamper!(sell, Sell, |it| it.statement.change.commitment = one_more(&it.statement.change.commitment));
    let cheap = tamper!(buy, Buy, |it| it.statement.terms.quantity = one_more(&it.statement.terms.quantity));
    let saved = tamper!(buy, Buy, |it| it.statement.change.commitment = one_more(&it.statement.change.commitment));
    for built in [&more, &kept, &cheap, &saved] {
        let built = signed_again(built, &world.operator);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::Unbalanced));
    }
}

/// Invariant S6.
#[test]
fn a_buy_order_pays_the_fee_and_a_sell_order_does_not() {
    let setup = Setup { parameters: Parameters { fee: 0, ..Setup::default().parameters }, ..Setup::default() };
    let (mut free, mut world) = (open_with(&setup), open());
    let plan = wish(&world, BERT, 300, 400);
    let note = world.spendable(BERT, Asset::Credit)[0].clone();
    // Made with the arithmetic of a network without a fee.
    let plan_of = world.buy_plan(std::slice::from_ref(&note), &plan);
    let ring = world.ring(plan_of.bucket);
    let mut genesis = world.genesis.clone();
    genesis.parameters.fee = 0;
    let order = plan_of.derive(&genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).unwrap();
    let built = world.admit(order);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::Unbalanced));
    let built = free.buy(&plan);
    assert_eq!(free.verdict(free.after(60), &built), Ok(()));
}

/// Invariant S6.
#[test]
fn a_key_twice_in_an_order_is_rejected() {
    let (world, sell, buy) = sell_and_buy();
    let twice = [
        tamper!(sell, Sell, |it| it.statement.payout_key = it.statement.rest_key),
        tamper!(sell, Sell, |it| it.statement.change.key = it.statement.rest_key),
        tamper!(buy, Buy, |it| it.statement.refund_key = it.statement.change.key),
    ];
    for built in twice {
        let built = signed_again(&built, &world.operator);
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::DuplicateKey));
    }
}

/// An order made for other bounds than the network's: with the arithmetic of a genesis that its maker changed.
fn made_for(side: Side, limit: u32, quantity: u32, change: impl FnOnce(&mut Parameters)) -> (World, Built) {
    let mut world = open();
    let mut genesis = world.genesis.clone();
    change(&mut genesis.parameters);
    let mut plan = wish(&world, ANNA, limit, quantity);
    let order = match side {
        Side::Sell => {
            let notes = world.spendable(ANNA, plan.energy());
            let plan = world.sell_plan(&notes[..1], &plan);
            let ring = world.ring(plan.bucket);
            plan.derive(&genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).unwrap()
        }
        Side::Buy => {
            plan.who = BERT;
            let notes = world.spendable(BERT, Asset::Credit);
            let plan = world.buy_plan(&notes[..1], &plan);
            let ring = world.ring(plan.bucket);
            plan.derive(&genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).unwrap()
        }
    };
    let opening = order.opening.clone();
    let terms = *order.built.transaction.action().order().unwrap().terms;
    assert!(!opening.opens(&terms, world.parameters()), "an operator who looks admits no such order");
    assert!(opening.opens(&terms, &genesis.parameters));
    let admission =
        hushwatt_ledger::transaction::order::admit(&world.operator, world.network(), order.built.transaction.id());
    let built = order.admitted(admission);
    (world, built)
}

/// Invariant S7.
#[test]
fn a_quantity_below_the_smallest_or_a_limit_out_of_bounds_is_rejected() {
    for side in [Side::Sell, Side::Buy] {
        let (world, small) = made_for(side, 150, 9, |parameters| parameters.auction.as_mut().unwrap().q_min = 1);
        assert_eq!(world.verdict(world.after(60), &small), Err(Rejection::RangeProof), "{side:?}");
        let (world, low) = made_for(side, 9, 100, |parameters| parameters.floor = 1);
        assert_eq!(world.verdict(world.after(60), &low), Err(Rejection::RangeProof), "{side:?}");
    }
    let (world, high) = made_for(Side::Sell, 1_001, 100, |parameters| parameters.cap = 1_001);
    assert_eq!(world.verdict(world.after(60), &high), Err(Rejection::RangeProof));
    // A buyer who locks by another cap does not balance.
    let (world, high) = made_for(Side::Buy, 1_001, 100, |parameters| parameters.cap = 1_001);
    assert_eq!(world.verdict(world.after(60), &high), Err(Rejection::Unbalanced));
    let mut world = open();
    for (limit, quantity) in [(10, 10), (1_000, 10), (11, 10), (999, 3)] {
        let plan = wish(&world, ANNA, limit, quantity);
        let notes = world.spendable(ANNA, plan.energy());
        let derived = world.sell_plan(&notes[..1], &plan).derive(&world.genesis, &mut world.rng);
        assert_eq!(derived.err(), (quantity < 10).then_some(BuildError::OrderTooSmall));
    }
    for limit in [9, 1_001] {
        let plan = wish(&world, BERT, limit, 20);
        let notes = world.spendable(BERT, Asset::Credit);
        let derived = world.buy_plan(&notes[..1], &plan).derive(&world.genesis, &mut world.rng);
        assert_eq!(derived.err(), Some(BuildError::LimitOutOfRange));
    }
}

/// Invariant S6.
#[test]
fn an_order_spends_what_its_owner_has() {
    let mut world = open();
    let plan = wish(&world, ANNA, 150, 1_001);
    let notes = world.spendable(ANNA, plan.energy());
    let derived = world.sell_plan(&notes[..1], &plan).derive(&world.genesis, &mut world.rng);
    assert_eq!(derived.err(), Some(BuildError::Unbalanced));
    let plan = wish(&world, BERT, 10, 10_000);
    let notes = world.spendable(BERT, Asset::Credit);
    let derived = world.buy_plan(&notes[..1], &plan).derive(&world.genesis, &mut world.rng);
    assert_eq!(derived.err(), Some(BuildError::Unbalanced), "the lock is the cap, whatever the limit");
    let plan = wish(&world, BERT, 10, 1_000);
    let order = world.buy_plan(&notes[..1], &plan).derive(&world.genesis, &mut world.rng).unwrap();
    let id = order.id();
    assert_eq!(order.side(), Side::Buy);
    let ring = world.ring(buckets_of(&world.clone().buy(&plan)));
    assert_eq!(order.prove(&ring[1..], &mut world.rng).err(), Some(BuildError::WrongRing));
    assert_ne!(id.0, [0; 64]);
    let (world, sell, buy) = sell_and_buy();
    for built in [&sell, &buy] {
        let mut stolen = built.clone();
        stolen = match built.transaction.action() {
            Action::Sell(_) => {
                tamper!(stolen, Sell, |it| it.statement.inputs[0].image = shifted(&it.statement.inputs[0].image))
            }
            _ => tamper!(stolen, Buy, |it| it.statement.inputs[0].image = shifted(&it.statement.inputs[0].image)),
        };
        let stolen = signed_again(&stolen, &world.operator);
        assert_eq!(world.verdict(world.after(60), &stolen), Err(Rejection::RingSignature));
    }
}

/// Invariant S8.
#[test]
fn an_opening_opens_its_own_order_and_no_other() {
    let mut world = open();
    let plan = wish(&world, ANNA, 150, 600);
    let notes = world.spendable(ANNA, plan.energy());
    let order = world.unadmitted_sell(&notes[..1], &plan);
    let terms = *order.built.transaction.action().order().unwrap().terms;
    let parameters = world.parameters().clone();
    let opening = &order.opening;
    assert!(opening.opens(&terms, &parameters));
    assert_eq!((opening.quantity(), opening.limit()), (Quantity(600), Price::new(150).unwrap()));
    assert!(!opening.opens(&terms, &without_auctions()));
    // Back and forth as bytes.
    let bytes = opening.encode();
    assert_eq!(bytes.len(), ORDER_OPENING_BYTES);
    let read = OrderOpening::decode(&bytes[..]).unwrap();
    assert!(read == *opening);
    assert!(OrderOpening::decode(&bytes[..ORDER_OPENING_BYTES - 1]).is_err());
    assert!(OrderOpening::decode(&[&bytes[..], &[0]].concat()).is_err());
    // Whichever byte is changed, it opens nothing.
    for place in 0..ORDER_OPENING_BYTES {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(OrderOpening::decode(&changed[..]).is_ok_and(|opening| !opening.opens(&terms, &parameters)), "{place}");
    }
    let shift = |change: &dyn Fn(&mut hushwatt_ledger::transaction::order::OrderTerms)| {
        let mut other = terms;
        change(&mut other);
        opening.opens(&other, &parameters)
    };
    assert!(!shift(&|terms| terms.quantity = shifted(&terms.quantity)));
    assert!(!shift(&|terms| terms.limit = shifted(&terms.limit)));
    assert!(!shift(&|terms| terms.handle = shifted(&terms.handle)));
}

/// An operator who admitted a handle with `b_a = 0` could not put a fill of nothing into a Clear: the identity.
///
/// Invariant S8.
#[test]
fn an_opening_whose_fill_could_not_be_committed_to_opens_nothing() {
    let mut world = open();
    let plan = wish(&world, ANNA, 150, 600);
    let notes = world.spendable(ANNA, plan.energy());
    let order = world.unadmitted_sell(&notes[..1], &plan);
    let mut terms = *order.built.transaction.action().order().unwrap().terms;
    let mut bytes = order.opening.encode();
    bytes[8 + 64..8 + 96].fill(0);
    let opening = OrderOpening::decode(&bytes[..]).unwrap();
    terms.handle = hushwatt_crypto::handle::handle(&SecretScalar::zero(), opening.t()).unwrap();
    assert!(!opening.opens(&terms, world.parameters()));
    bytes[8 + 64] = 1;
    let opening = OrderOpening::decode(&bytes[..]).unwrap();
    terms.handle = hushwatt_crypto::handle::handle(opening.fill_blinding(), opening.t()).unwrap();
    assert!(opening.opens(&terms, world.parameters()), "any other one will do");
    assert!(opening.fill_opening(Quantity(0)).commit_point().is_ok());
}

/// Invariant S8.
#[test]
fn what_an_operator_checks_before_he_admits_is_what_validators_check() {
    let (world, sell, buy) = sell_and_buy();
    for built in [&sell, &buy] {
        assert_eq!(check_without_ring(&world.genesis, &built.transaction), Ok(()));
        let late = forge::tampered(built, |envelope, _| envelope.valid_until = envelope.valid_until.plus(1));
        assert_eq!(check_without_ring(&world.genesis, &late.transaction), Err(Rejection::ValidityStep));
    }
    let more = tamper!(sell, Sell, |it| it.statement.terms.quantity = one_more(&it.statement.terms.quantity));
    assert_eq!(check_without_ring(&world.genesis, &more.transaction), Err(Rejection::Unbalanced));
    let limit = tamper!(sell, Sell, |it| it.statement.terms.limit = one_more(&it.statement.terms.limit));
    assert_eq!(check_without_ring(&world.genesis, &limit.transaction), Err(Rejection::RangeProof));
    let twice = tamper!(buy, Buy, |it| it.statement.refund_key = it.statement.change.key);
    assert_eq!(check_without_ring(&world.genesis, &twice.transaction), Err(Rejection::DuplicateKey));
    let images = tamper!(buy, Buy, |it| {
        let input = it.statement.inputs[0];
        it.statement.inputs.push(input);
    });
    assert_eq!(check_without_ring(&world.genesis, &images.transaction), Err(Rejection::ImagesUnordered));
    let transfer = open().pay(ANNA, BERT, 5);
    assert!(check_without_ring(&world.genesis, &transfer.transaction).is_err());
}

/// Invariant S2.
#[test]
fn a_new_operator_admits_for_the_windows_that_start_after_he_was_named() {
    let mut world = open();
    let new = SigningKey::from_bytes(&[112; 32]);
    let named = RegistryChange::Operator { key: new.verifying_key() };
    let old_window = world.window(0);
    // In the very second in which the window starts.
    let start = world.parameters().window_start(Window(world.parameters().window_at(world.now()).0 + 1));
    let plan = wish(&world, BERT, 300, 400);
    let of_old = world.buy(&plan);
    world.pass(start.minus(60));
    let named = world.change_registry(named);
    world.accept(start, &[named]);
    let window = world.parameters().window_at(start);
    let old = world.operator.verifying_key();
    let operator_of = |window| world.ledger().operator_of(window).unwrap();
    assert_eq!([old_window, Window(window.0 - 1)].map(operator_of), [Some(old); 2]);
    assert_eq!([window, Window(window.0 + 1)].map(operator_of), [Some(new.verifying_key()); 2]);
    // Of the old window the old one still is: its verdict names him.
    let ledger = world.ledger();
    let resolved = ledger.resolve(&world.rings, &of_old.transaction, world.now()).unwrap();
    assert_eq!(resolved.operator, Some(old));
    assert!(resolved.digests.contains(old.as_bytes()));
    drop(ledger);
    world.pass(world.parameters().attest_until(window).plus(1));
    let plan = Wish { window, ..plan };
    let by_old = world.buy(&plan);
    assert_eq!(world.verdict(world.after(60), &by_old), Err(Rejection::Admission));
    let by_new = signed_again(&by_old, &new);
    assert_eq!(world.verdict(world.after(60), &by_new), Ok(()));
}

/// Invariant L3.
#[test]
fn the_rank_of_orders_hangs_on_the_block_and_on_every_order_of_its_own() {
    let world = open();
    let ids: Vec<OrderId> = (0..40).map(|byte| OrderId([byte; 32])).collect();
    let of = |block: u8| ranked(world.network(), &hushwatt_ledger::block::BlockDigest([block; 32]), ids.clone());
    let (one, other) = (of(1), of(2));
    assert_ne!(one, other);
    assert_eq!(one, of(1));
    let mut sorted = one.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ids);
    // Nobody's rank among two hangs on who else ordered.
    let half: Vec<OrderId> = ids.iter().copied().step_by(2).collect();
    let ranks = ranked(world.network(), &hushwatt_ledger::block::BlockDigest([1; 32]), half.clone());
    let kept: Vec<OrderId> = one.into_iter().filter(|id| half.contains(id)).collect();
    assert_eq!(ranks, kept);
}

/// A commitment to a limit of `2^32 + floor` would open nothing that fits, but it must not be possible either.
///
/// Invariant S7.
#[test]
fn a_limit_that_overflows_its_range_is_rejected() {
    let (world, sell, _) = sell_and_buy();
    let huge = Opening::new(1 << 33, SecretScalar::zero()).commit();
    let huge = tamper!(sell, Sell, |it| it.statement.terms.limit =
        hushwatt_crypto::Point::new(it.statement.terms.limit.point() + huge.point()).unwrap());
    let huge = signed_again(&huge, &world.operator);
    let verdict = world.verdict(world.after(60), &huge);
    // The ring signature is over another id now: what a cheat with the seller's keys could repair, the range could not.
    assert_eq!(verdict, Err(Rejection::RingSignature));
    assert_eq!(check_without_ring(&world.genesis, &huge.transaction), Err(Rejection::RangeProof));
}
