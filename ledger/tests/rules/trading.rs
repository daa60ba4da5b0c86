//! Rules of contracts.

use hushwatt_crypto::{SecretScalar, commitment::Opening};
use hushwatt_ledger::{
    CheckError, Rejection,
    note::Asset,
    parameters::{Parameters, PriceBounds, UtilityPrices},
    transaction::{
        Action,
        build::{BuildError, Built},
        check::check_state,
        open::ContractId,
    },
    units::Utility,
};

use crate::{
    kit::{build::Bid, forge::one_more, *},
    tamper,
};

/// Anna's bid to Bert in a fresh world.
fn bid(world: &World) -> Bid {
    Bid { buyer: ANNA, seller: BERT, utility: Utility::Electricity, window: world.window(0), price: 200, quantity: 100 }
}

fn verdict_on(change: impl FnOnce(&mut Bid)) -> Result<(), Rejection> {
    let mut world = fresh();
    let mut bid = bid(&world);
    change(&mut bid);
    let open = world.open(&bid);
    world.verdict(world.after(60), &open)
}

/// Invariant D4, D6.
#[test]
fn a_contract_is_opened_delivered_in_part_paid_and_refunded() {
    let Market { mut world, to_anna, to_carla, .. } = market();
    let energy = electricity(world.window(0));
    let [anna, bert, carla] = [ANNA, BERT, CARLA].map(|who| world.households[who].balance(Asset::Credit));
    let built = world.deliver(BERT, energy, &[(to_anna, 700), (to_carla, 500)]);
    world.accept(world.after(60), &[built]);
    assert_eq!(world.households[BERT].balance(Asset::Credit), bert + 700 * 200 + 500 * 300);
    assert_eq!(world.households[ANNA].balance(Asset::Credit), anna + 100 * 200);
    assert_eq!(world.households[CARLA].balance(Asset::Credit), carla, "a refund of nothing");
    assert_eq!(world.households[BERT].balance(energy), 2000 - 1200);
    let settled = |contract| world.ledger().contract(&contract).unwrap().is_none();
    assert!(settled(to_anna) && settled(to_carla));
}

/// Invariant X1.
#[test]
fn an_expired_contract_returns_the_whole_lock() {
    let Market { mut world, .. } = market();
    let anna = world.households[ANNA].balance(Asset::Credit);
    let deadline = world.parameters().deliver_until(world.window(1));
    world.pass(deadline.plus(1));
    assert_eq!(world.households[ANNA].balance(Asset::Credit), anna + 800 * 200 + 100 * 10 + 100 * 200);
}

/// Invariant O2.
#[test]
fn a_utility_that_no_meter_measures_is_rejected() {
    assert_eq!(verdict_on(|bid| bid.utility = Utility::Heat), Err(Rejection::UnknownUtility));
    assert_eq!(verdict_on(|bid| bid.utility = Utility::Water), Ok(()));
}

/// Invariant O3.
#[test]
fn a_price_off_the_step_is_rejected() {
    assert_eq!(verdict_on(|bid| bid.price = 205), Err(Rejection::PriceStep));
    assert_eq!(verdict_on(|bid| bid.price = 210), Ok(()));
}

/// Invariant O3.
#[test]
fn a_price_below_the_floor_or_above_the_cap_is_rejected() {
    assert_eq!(verdict_on(|bid| bid.price = 1_010), Err(Rejection::PriceOutOfRange));
    assert_eq!(verdict_on(|bid| bid.price = 1_000), Ok(()));
    assert_eq!(verdict_on(|bid| bid.price = 10), Ok(()));
    let parameters = Parameters { floor: 50, ..Setup::default().parameters };
    let mut world = World::new(&Setup { parameters, ..Setup::default() });
    let open = world.open(&Bid { price: 40, ..bid(&world) });
    assert_eq!(world.verdict(world.after(60), &open), Err(Rejection::PriceOutOfRange));
}

/// Invariant O3.
#[test]
fn a_utility_with_prices_of_its_own_is_bound_by_those_and_the_others_are_not() {
    let water = Some(PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
    let prices = UtilityPrices { water, ..UtilityPrices::default() };
    let parameters = Parameters { prices, ..Setup::default().parameters };
    let setup = Setup { parameters, ..Setup::default() };
    let verdict = |utility, price| {
        let mut world = World::new(&setup);
        let open = world.open(&Bid { utility, price, ..bid(&world) });
        world.verdict(world.after(60), &open)
    };
    for (price, expected) in [
        (1_000, Ok(())),
        (3_050, Ok(())),
        (5_000, Ok(())),
        (950, Err(Rejection::PriceOutOfRange)),
        (5_050, Err(Rejection::PriceOutOfRange)),
        (200, Err(Rejection::PriceOutOfRange)),
        (3_010, Err(Rejection::PriceStep)),
    ] {
        assert_eq!(verdict(Utility::Water, price), expected, "water at {price}");
    }
    for (price, expected) in [
        (210, Ok(())),
        (1_010, Err(Rejection::PriceOutOfRange)),
        (3_050, Err(Rejection::PriceOutOfRange)),
        (205, Err(Rejection::PriceStep)),
    ] {
        assert_eq!(verdict(Utility::Electricity, price), expected, "electricity at {price}");
    }
}

/// Invariant O4.
#[test]
fn a_contract_is_not_opened_before_its_lead() {
    let mut world = fresh();
    let window = world.window(30);
    let from = world.parameters().open_from(window);
    world.pass(from.minus(60));
    let open = world.open(&Bid { window, ..bid(&world) });
    assert_eq!(world.verdict(from.minus(1), &open), Err(Rejection::OpenTooEarly));
    assert_eq!(world.verdict(from, &open), Ok(()));
}

/// Invariant O4.
#[test]
fn a_contract_is_not_opened_after_its_term() {
    let mut world = fresh();
    let until = world.parameters().open_until(world.window(0));
    world.pass(until.minus(60));
    let open = world.open(&bid(&world));
    assert_eq!(world.verdict(until, &open), Ok(()));
    assert_eq!(world.verdict(until.plus(1), &open), Err(Rejection::OpenTooLate));
}

/// Invariant O4.
#[test]
fn a_contract_for_the_end_of_time_is_rejected_and_nothing_overflows() {
    let mut world = fresh();
    let open = world.open(&bid(&world));
    for window in [u64::MAX, u64::MAX / 3600, 0] {
        let strange = tamper!(open, Open, |it| it.statement.contract.window = hushwatt_ledger::units::Window(window));
        let verdict = world.verdict(world.after(60), &strange);
        assert_eq!(verdict, Err(if window == 0 { Rejection::OpenTooLate } else { Rejection::OpenTooEarly }));
    }
}

/// A market and Bert's delivery of 100 Wh to Anna.
fn delivery() -> (Market, Built) {
    let mut market = market();
    let (energy, to_anna) = (market.energy(), market.to_anna);
    let built = market.world.deliver(BERT, energy, &[(to_anna, 100)]);
    assert_eq!(market.world.verdict(market.world.after(60), &built), Ok(()));
    (market, built)
}

/// Invariant D1.
#[test]
fn a_contract_that_was_never_opened_is_rejected() {
    let (Market { world, .. }, built) = delivery();
    let unknown = tamper!(built, Deliver, |it| it.statement.deliveries[0].contract = ContractId([3; 32]));
    assert_eq!(world.verdict(world.after(60), &unknown), Err(Rejection::UnknownContract));
}

/// Invariant D1.
#[test]
fn a_settled_contract_is_rejected() {
    let (Market { mut world, to_anna, .. }, built) = delivery();
    let energy = electricity(world.window(0));
    // Carla knows the claim, too: a household with two wallets.
    world.households[CARLA].claims = world.households[BERT].claims.clone();
    let again = world.deliver(CARLA, energy, &[(to_anna, 100)]);
    assert_eq!(world.verdict_on_both(world.after(60), &built, &again), Err(Rejection::UnknownContract));
    world.accept(world.after(60), &[built]);
    assert_eq!(world.verdict(world.after(60), &again), Err(Rejection::UnknownContract));
}

/// Invariant X1.
/// Invariant D1, X1.
#[test]
fn an_expired_contract_is_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let deadline = world.parameters().deliver_until(world.window(0));
    world.pass(deadline.minus(300));
    let built = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, 100)]);
    assert_eq!(world.verdict(deadline, &built), Ok(()), "in the last second");
    assert_eq!(world.verdict(deadline.plus(1), &built), Err(Rejection::UnknownContract), "expired by this block");
}

/// Invariant D2.
#[test]
fn a_delivery_after_its_deadline_is_rejected_even_where_the_contract_has_not_expired_yet() {
    // In a block the expiry comes first; a node that checks a submission between blocks has no expiry.
    let (Market { mut world, to_anna, .. }, _) = delivery();
    let deadline = world.parameters().deliver_until(world.window(0));
    world.pass(deadline);
    let built = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, 1)]);
    let late = |at| {
        let state = world.ledger();
        let resolved = state.resolve(&world.rings, &built.transaction, at).unwrap();
        check_state(&state, &built.transaction, &resolved, at)
    };
    assert!(late(deadline).is_ok());
    assert!(matches!(late(deadline.plus(1)), Err(CheckError::Rejected(Rejection::DeliveryTooLate))));
}

/// Invariant D1.
#[test]
fn one_contract_twice_in_a_deliver_is_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let energy = electricity(world.window(0));
    let built = world.deliver(BERT, energy, &[(to_anna, 100), (to_anna, 100)]);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ContractsUnordered));
}

/// Invariant D1.
#[test]
fn contracts_in_another_order_are_rejected() {
    let Market { mut world, to_anna, to_carla, .. } = market();
    let energy = electricity(world.window(0));
    let built = world.deliver(BERT, energy, &[(to_anna, 100), (to_carla, 200)]);
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
    let swapped = tamper!(built, Deliver, |it| it.statement.deliveries.swap(0, 1));
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::ContractsUnordered));
}

/// Invariant D1.
#[test]
fn delivery_of_another_windows_energy_is_rejected() {
    let Market { mut world, to_anna, of_next_window, .. } = market();
    let energy = electricity(world.window(0));
    let built = world.deliver(BERT, energy, &[(of_next_window, 50)]);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ContractAsset));
    let mixed = world.deliver(BERT, energy, &[(to_anna, 50), (of_next_window, 50)]);
    assert_eq!(world.verdict(world.after(60), &mixed), Err(Rejection::ContractAsset));
}

/// Invariant D1.
#[test]
fn delivery_of_another_utilitys_energy_is_rejected() {
    let Market { mut world, to_anna, of_water, .. } = market();
    let (energy, litres) = (electricity(world.window(0)), water(world.window(0)));
    let built = world.deliver(BERT, energy, &[(of_water, 50)]);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ContractAsset));
    let built = world.deliver(BERT, litres, &[(to_anna, 50)]);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ContractAsset));
    let built = world.deliver(BERT, litres, &[(of_water, 50)]);
    assert_eq!(world.verdict(world.after(60), &built), Ok(()));
}

/// Invariant D3.
#[test]
fn a_delivery_signed_with_another_claim_key_is_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let note = world.spendable(BERT, electricity(world.window(0)))[..1].to_vec();
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 100)]);
    // Bert's own key, but not that of this contract.
    plan.contracts[0].claim = note[0].secret.clone();
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ClaimSignature));
}

/// Invariant D3.
#[test]
fn a_buyer_who_delivers_to_himself_to_get_out_of_the_contract_is_rejected() {
    // Anna knows everything about her contract except the secret of its claim key.
    let Market { mut world, to_anna, .. } = market();
    let note = world.spendable(ANNA, electricity(world.window(0)))[..1].to_vec();
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 0)]);
    plan.seller = world.address(ANNA);
    let purchases = &world.households[ANNA].purchases;
    plan.contracts[0].claim = purchases.iter().find(|it| it.contract == to_anna).unwrap().secret.clone();
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::ClaimSignature));
}

/// Invariant D3.
#[test]
fn swapped_claim_signatures_are_rejected() {
    let Market { mut world, to_anna, to_carla, .. } = market();
    let built = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, 100), (to_carla, 200)]);
    let swapped = tamper!(built, Deliver, |it| it.claims.swap(0, 1));
    assert_eq!(world.verdict(world.after(60), &swapped), Err(Rejection::ClaimSignature));
}

/// Invariant D5.
#[test]
fn a_receipt_with_another_blinding_is_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let note = world.spendable(BERT, electricity(world.window(0)))[..1].to_vec();
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 100)]);
    plan.contracts[0].delivered_blinding = SecretScalar::random(&mut world.rng);
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::HandleProof));
}

/// Invariant D5.
#[test]
fn blindings_swapped_between_two_receipts_are_rejected() {
    // Their sum is right: the weights of the batched proof see the difference.
    let Market { mut world, to_anna, to_carla, .. } = market();
    let note = world.spendable(BERT, electricity(world.window(0)))[..1].to_vec();
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 100), (to_carla, 100)]);
    let [one, other] = &mut plan.contracts[..] else { panic!("two contracts") };
    std::mem::swap(&mut one.delivered_blinding, &mut other.delivered_blinding);
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::HandleProof));
}

/// Invariant D5.
#[test]
fn a_changed_handle_is_rejected() {
    // The handle is the ledger's, whatever the seller proves about.
    let Market { mut world, to_anna, .. } = market();
    let note = world.spendable(BERT, electricity(world.window(0)))[..1].to_vec();
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 100)]);
    let (blinding, t) = (SecretScalar::random(&mut world.rng), SecretScalar::random(&mut world.rng));
    plan.contracts[0].handle = hushwatt_crypto::handle::handle(&blinding, &t).unwrap();
    plan.contracts[0].delivered_blinding = blinding;
    plan.contracts[0].t = t;
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::HandleProof));
}

/// Invariant D4.
#[test]
fn an_over_delivery_is_rejected() {
    let Market { mut world, to_anna, .. } = market();
    let note = world.spendable(BERT, electricity(world.window(0)))[..1].to_vec();
    let plan = world.deliver_plan(BERT, &note, &[(to_anna, 801)]);
    assert_eq!(
        plan.derive(&world.genesis, &mut world.rng).err(),
        Some(BuildError::OverDelivery),
        "no wallet builds it"
    );

    // A cheat claims that the contract asked for more: the refund would be negative.
    let mut plan = world.deliver_plan(BERT, &note, &[(to_anna, 801)]);
    plan.contracts[0].quantity.value = 801;
    let built = world.deliver_with(plan);
    assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RangeProof));

    let exact = world.deliver_plan(BERT, &note, &[(to_anna, 800)]);
    let exact = world.deliver_with(exact);
    assert_eq!(world.verdict(world.after(60), &exact), Ok(()));
}

/// Invariant D4.
#[test]
fn delivery_of_more_energy_than_there_is_is_rejected() {
    let Market { mut world, of_anna, to_anna, .. } = market();
    let energy = electricity(world.window(0));
    // Bert has 2000 Wh; the commitment of what he gives is his to choose, its balance is not.
    let built = world.deliver(BERT, energy, &[(to_anna, 800)]);
    let more = tamper!(built, Deliver, |it| {
        it.statement.deliveries[0].delivered = one_more(&it.statement.deliveries[0].delivered);
    });
    assert_eq!(world.verdict(world.after(60), &more), Err(Rejection::Unbalanced));
    let mut note = world.spendable(ANNA, energy)[0].clone();
    note.opening = Opening::new(note.opening.value + 1, note.opening.blinding.clone());
    let plan = world.deliver_plan(ANNA, &[note], &[(of_anna, 300)]);
    let ring = world.ring(plan.bucket);
    assert!(plan.derive(&world.genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).is_err());
}

/// Invariant D4.
#[test]
fn a_delivery_of_nothing_and_one_of_everything_are_accepted() {
    for much in [0, 800] {
        let Market { mut world, to_anna, .. } = market();
        let before = world.households[ANNA].balance(Asset::Credit);
        let built = world.deliver(BERT, electricity(world.window(0)), &[(to_anna, much)]);
        world.accept(world.after(60), &[built]);
        let refund = u64::from(800 - much) * 200;
        assert_eq!(world.households[ANNA].balance(Asset::Credit), before + refund);
    }
}

/// Invariant O1.
#[test]
fn a_lock_smaller_than_price_times_quantity_is_rejected() {
    let mut world = fresh();
    let open = world.open(&bid(&world));
    let dearer = tamper!(open, Open, |it| {
        it.statement.contract.price = hushwatt_ledger::units::Price::new(210).unwrap();
    });
    assert_eq!(world.verdict(world.after(60), &dearer), Err(Rejection::Unbalanced));
}

/// Invariant E10.
/// Invariant O1.
#[test]
fn quantities_and_changes_that_are_out_of_range_are_rejected() {
    let mut world = fresh();
    let open = world.open(&bid(&world));
    let swapped = world.open(&Bid { quantity: 99, ..bid(&world) });
    let Action::Open(other) = swapped.transaction.action().clone() else { panic!("an open") };
    for built in [
        tamper!(open, Open, |it| it.change_range = other.change_range.clone()),
        tamper!(open, Open, |it| it.quantity_range = other.quantity_range.clone()),
    ] {
        assert_eq!(world.verdict(world.after(60), &built), Err(Rejection::RangeProof));
    }
}
