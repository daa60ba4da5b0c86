//! Which orders are admitted: a refusal for each thing that can be wrong, and no panic on anything.

use hushwatt_client::{OrderProblem, operator::OrderRequest};
use hushwatt_crypto::{
    Label, NetworkId,
    hash::hex,
    order_seal::{OPENING_LENGTH, SEALED_LENGTH, SealedOpening, SealingKey},
};
use hushwatt_ledger::{
    note::Asset,
    transaction::{Action, Envelope, Transaction, order::with_admission},
    units::Timestamp,
};
use hushwatt_operator::admission::{MAX_ORDER_BYTES, Refusal};
use rand_core::{OsRng, RngCore};

use crate::{
    kit::{ANNA, CARLA, Setup, World, forge::tampered},
    scene::{MOST, Scene, ask, bid, bid_with, four, keys, wish},
};

fn problem<T>(outcome: Result<T, Refusal>) -> (OrderProblem, Option<String>) {
    let refusal = outcome.map(|_| ()).expect_err("it is refused");
    assert!(!refusal.message.is_empty());
    (refusal.problem, refusal.rule)
}

fn plainly<T>(outcome: Result<T, Refusal>) -> OrderProblem {
    let (problem, rule) = problem(outcome);
    assert_eq!(rule, None);
    problem
}

/// Seals an opening for an order with a scene's key.
fn sealed_for(scene: &Scene, transaction: &Transaction, opening: &[u8; OPENING_LENGTH]) -> SealedOpening {
    let network = scene.genesis.network();
    SealedOpening::seal(network, scene.keys.sealing.public(), &transaction.id().0, opening, &mut OsRng)
}

fn request(transaction: &Transaction, sealed: &SealedOpening) -> OrderRequest {
    OrderRequest { transaction: hex(&transaction.encode()), sealed: hex(&sealed.0) }
}

#[test]
fn an_order_is_admitted_by_a_signature_that_the_ledger_takes_and_the_same_one_by_the_same() {
    let scene = Scene::new(1);
    let order = scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    let transaction = order.built.transaction.clone();
    let sealed = sealed_for(&scene, &transaction, &order.opening.encode());
    let answer = scene.admission.admit(&request(&transaction, &sealed)).unwrap();
    let admission = scene.admit(&order).unwrap();
    assert_eq!(answer.admission, hex(&admission.0));
    assert_eq!(answer.order, scene.ledger(|ledger| ledger.world.order_of(&order.built)).to_string());
    let known = scene.keys.public();
    let network = scene.genesis.network();
    assert_eq!(known.verify(network, Label::OperatorSignature, &transaction.id().0, &admission), Ok(()));
    // Whatever comes with it: the id is what is admitted.
    let again = scene.admission.admit_order(&transaction, SealedOpening([1; SEALED_LENGTH]));
    assert_eq!(again, Ok(admission));
    let with = with_admission(&transaction, admission).unwrap();
    assert_eq!(scene.admission.admit_order(&with, SealedOpening([1; SEALED_LENGTH])), Ok(admission));
    assert_eq!(scene.booked(), 1);
    // Also when no more orders are taken, and by an operator who was started again.
    scene.clock.step_to(scene.clear_until());
    let disk = scene.disk.fork();
    let scene = scene.restarted_on(disk);
    assert_eq!(scene.admit(&order), Ok(admission));
    scene.ledger(|ledger| ledger.block(&[order.admitted(admission)]));
}

#[test]
fn what_is_no_order_of_this_network_is_named() {
    let scene = Scene::new(1);
    let order = scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    let transaction = &order.built.transaction;
    let sealed = sealed_for(&scene, transaction, &order.opening.encode());
    let good = request(transaction, &sealed);
    let with = |transaction: &str, sealed: &str| {
        let request = OrderRequest { transaction: transaction.to_owned(), sealed: sealed.to_owned() };
        plainly(scene.admission.admit(&request))
    };
    for text in ["", "0", "zz", &good.transaction[1..], &good.transaction[2..], &format!("{}00", good.transaction)] {
        assert_eq!(with(text, &good.sealed), OrderProblem::Malformed);
    }
    for text in ["", "0", &good.sealed[1..], &format!("{}00", good.sealed), &"zz".repeat(SEALED_LENGTH)] {
        assert_eq!(with(&good.transaction, text), OrderProblem::Malformed);
    }
    assert_eq!(with(&"00".repeat(MAX_ORDER_BYTES + 1), &good.sealed), OrderProblem::TooLarge);
    let mut foreign = transaction.encode();
    foreign[1] ^= 1;
    assert_eq!(with(&hex(&foreign), &good.sealed), OrderProblem::ForeignNetwork);
    let payment = scene.ledger(|ledger| ledger.world.pay(ANNA, CARLA, 1_000));
    let sealed = sealed_for(&scene, &payment.transaction, &[0; OPENING_LENGTH]);
    assert_eq!(plainly(scene.admission.admit(&request(&payment.transaction, &sealed))), OrderProblem::NotAnOrder);
    assert_eq!(plainly(scene.admission.admit_order(&payment.transaction, sealed)), OrderProblem::NotAnOrder);
    assert_eq!(scene.booked(), 0);
}

#[test]
fn orders_are_taken_in_their_time_only_and_whoever_is_early_is_told_when() {
    let mut world = crate::scene::open();
    let order = ask(&mut world, ANNA, 150, 500);
    let deadline = world.parameters().attest_until(world.window(0));
    // An operator whose clock is still before the deadline.
    let early = {
        let mut world = World::new(&Setup::default());
        world.pass(deadline);
        Scene::of(world, 1)
    };
    let refusal = early.admit(&order).unwrap_err();
    assert_eq!((refusal.problem, refusal.from), (OrderProblem::NotBegun, Some(deadline.plus(1))));
    early.clock.step_to(deadline.plus(1));
    assert!(early.admit(&order).is_ok(), "the first second");

    let last = Scene::of(world.clone(), 1);
    last.clock.step_to(last.order_until());
    let valid_until = Envelope::validity_from(last.order_until());
    let late = revalidated(&mut world, valid_until);
    assert!(last.admit(&late).is_ok(), "the last second");
    let over = Scene::of(world, 1);
    over.clock.step_to(over.order_until().plus(1));
    assert_eq!(plainly(over.admit(&late)), OrderProblem::Over);
}

/// An ask that may be included until a time.
fn revalidated(world: &mut World, valid_until: Timestamp) -> hushwatt_ledger::transaction::order::UnadmittedOrder {
    let wish = wish(world, ANNA, 150, 500);
    let notes = world.spendable(ANNA, wish.energy());
    let mut plan = world.sell_plan(&notes[..1], &wish);
    plan.valid_until = valid_until;
    let ring = world.ring(plan.bucket);
    plan.derive(&world.genesis, &mut world.rng).unwrap().prove(&ring, &mut world.rng).unwrap()
}

#[test]
fn an_order_that_cannot_be_included_any_more_or_too_long_is_refused() {
    let scene = Scene::new(1);
    let now = scene.now();
    let with = |until: u64| {
        let order = scene.ledger(|ledger| revalidated(&mut ledger.world, Timestamp(until)));
        scene.admit(&order).map(|_| ()).map_err(|refusal| refusal.problem)
    };
    let step = now.0 / 600 * 600;
    assert_eq!(with(step), Err(OrderProblem::Expired));
    assert_eq!(with(step + 86_400 + 600), Err(OrderProblem::Expired));
    assert_eq!(with(step + 86_400), Ok(()));
}

#[test]
fn an_opening_that_was_not_sealed_for_this_order_or_does_not_open_it_is_refused() {
    let scene = Scene::new(1);
    let [order, other] = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        [ask(world, ANNA, 150, 500), bid(world, CARLA, 200, 400)]
    });
    let transaction = &order.built.transaction;
    let (network, opening) = (scene.genesis.network(), order.opening.encode());
    let admit = |sealed: SealedOpening| plainly(scene.admission.admit_order(transaction, sealed));
    let stranger = SealingKey::random(&mut OsRng);
    let to_stranger = SealedOpening::seal(network, stranger.public(), &transaction.id().0, &opening, &mut OsRng);
    let of_other = sealed_for(&scene, &other.built.transaction, &opening);
    let elsewhere = SealedOpening::seal(
        &NetworkId([9; 32]),
        scene.keys.sealing.public(),
        &transaction.id().0,
        &opening,
        &mut OsRng,
    );
    let mut changed = sealed_for(&scene, transaction, &opening);
    changed.0[SEALED_LENGTH - 1] ^= 1;
    for sealed in [to_stranger, of_other, elsewhere, changed, SealedOpening([0; SEALED_LENGTH])] {
        assert_eq!(admit(sealed), OrderProblem::Sealed);
    }
    // Sealed as it should be, and wrong: each of its parts.
    for part in [0, 4, 8, 40, 72, 104] {
        let mut wrong = *opening;
        wrong[part] ^= 1;
        assert_eq!(admit(sealed_for(&scene, transaction, &wrong)), OrderProblem::Opening, "byte {part}");
    }
    for wrong in [[0; OPENING_LENGTH], [0xff; OPENING_LENGTH], *other.opening.encode()] {
        assert_eq!(admit(sealed_for(&scene, transaction, &wrong)), OrderProblem::Opening);
    }
    assert_eq!(scene.booked(), 0);
}

#[test]
fn an_order_that_breaks_a_rule_is_refused_by_the_rules_name() {
    let scene = Scene::new(1);
    let (sell, buy) = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        (ask(world, ANNA, 150, 500), bid(world, CARLA, 200, 400))
    });
    type Change = fn(&mut Envelope, &mut Action);
    let cases: [(&hushwatt_ledger::transaction::order::UnadmittedOrder, Change, &str); 6] = [
        (&sell, |envelope, _| envelope.valid_until.0 += 1, "ValidityStep"),
        (
            &sell,
            |_, action| {
                if let Action::Sell(sell) = action {
                    sell.statement.inputs.push(sell.statement.inputs[0]);
                    sell.signatures.push(sell.signatures[0].clone());
                }
            },
            "ImagesUnordered",
        ),
        (
            &sell,
            |_, action| {
                if let Action::Sell(sell) = action {
                    sell.statement.rest_key = sell.statement.payout_key;
                }
            },
            "DuplicateKey",
        ),
        (
            &buy,
            |_, action| {
                if let Action::Buy(buy) = action {
                    buy.statement.refund_key = buy.statement.change.key;
                }
            },
            "DuplicateKey",
        ),
        (
            &buy,
            |_, action| {
                if let Action::Buy(buy) = action {
                    buy.statement.change.commitment = buy.statement.terms.limit;
                }
            },
            "Unbalanced",
        ),
        (
            &buy,
            |_, action| {
                if let Action::Buy(buy) = action {
                    buy.statement.terms.limit = buy.statement.terms.handle;
                }
            },
            "RangeProof",
        ),
    ];
    for (order, change, rule) in cases {
        let built = tampered(&order.built, change);
        let sealed = sealed_for(&scene, &built.transaction, &order.opening.encode());
        let refused = problem(scene.admission.admit_order(&built.transaction, sealed));
        assert_eq!(refused, (OrderProblem::Rule, Some(rule.to_owned())));
    }
    assert_eq!(scene.booked(), 0);
}

#[test]
fn what_is_not_traded_here_is_refused() {
    let mut world = crate::scene::open();
    let order = bid(&mut world, CARLA, 200, 400);
    let scene = Scene::of(world, 1);
    let built = tampered(&order.built, |_, action| {
        if let Action::Buy(buy) = action {
            buy.statement.terms.utility = hushwatt_ledger::units::Utility::Heat;
        }
    });
    let sealed = sealed_for(&scene, &built.transaction, &order.opening.encode());
    assert_eq!(plainly(scene.admission.admit_order(&built.transaction, sealed)), OrderProblem::Utility);
}

#[test]
fn an_auction_takes_so_many_orders_and_no_more() {
    let scene = Scene::new(1);
    let orders = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        // The same notes again and again: the ring, and what was spent, is for the ledger to check.
        let mut many: Vec<_> = (0..=MOST as u32).map(|more| bid_with(world, 0, CARLA, 200 + more, 400)).collect();
        many.truncate(MOST + 1);
        many
    });
    let (last, first) = orders.split_last().unwrap();
    for order in first {
        scene.admit(order).unwrap();
    }
    assert_eq!(plainly(scene.admit(last)), OrderProblem::Full);
    assert_eq!((scene.booked(), scene.admit(&first[0]).is_ok()), (MOST, true));
    // Another auction has room of its own.
    let water = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        let wish =
            crate::kit::auction::Wish { utility: hushwatt_ledger::units::Utility::Water, ..wish(world, CARLA, 50, 40) };
        let note = world.spendable(CARLA, Asset::Credit)[0].clone();
        world.unadmitted_buy(&[note], &wish)
    });
    assert!(scene.admit(&water).is_ok());
}

#[test]
fn after_an_auction_is_over_nothing_is_admitted_to_it() {
    let mut scene = Scene::new(1);
    let (orders, late) = scene.ledger(|ledger| {
        let orders = four(&mut ledger.world);
        let wish = wish(&ledger.world, CARLA, 200, 400);
        let note = ledger.world.spendable(CARLA, Asset::Credit)[1].clone();
        (orders, ledger.world.unadmitted_buy(&[note], &wish))
    });
    scene.place(orders);
    scene.run(scene.order_until().plus(60));
    assert_eq!(plainly(scene.admit(&late)), OrderProblem::Over);
}

#[test]
fn no_bytes_make_the_operator_panic() {
    let scene = Scene::new(1);
    let order = scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    let bytes = order.built.transaction.encode();
    let sealed = sealed_for(&scene, &order.built.transaction, &order.opening.encode());
    let refused = |transaction: &[u8], sealed: &[u8]| {
        let request = OrderRequest { transaction: hex(transaction), sealed: hex(sealed) };
        scene.admission.admit(&request).is_err()
    };
    let mut rng = OsRng;
    for _ in 0..300 {
        let mut changed = bytes.clone();
        let at = rng.next_u64() as usize % changed.len();
        changed[at] ^= 1 << (rng.next_u32() % 8);
        // A changed ring signature or admission stays an order of the same id, which only the ledger can refuse.
        let same = Transaction::decode(scene.genesis.network(), &changed)
            .is_ok_and(|changed| changed.id() == order.built.transaction.id());
        if !same {
            assert!(refused(&changed, &sealed.0), "byte {at}");
        }
        let mut noise = vec![0; rng.next_u32() as usize % 600];
        rng.fill_bytes(&mut noise);
        assert!(refused(&noise, &sealed.0));
        let mut noise = [0; SEALED_LENGTH];
        rng.fill_bytes(&mut noise);
        if scene.booked() == 0 {
            assert!(refused(&bytes, &noise));
        }
    }
    for length in (0..bytes.len()).step_by(97) {
        assert!(refused(&bytes[..length], &sealed.0), "{length}");
    }
}

#[test]
fn what_is_kept_and_told_has_no_secret_of_an_order() {
    let scene = Scene::new(1);
    let order = scene.ledger(|ledger| ask(&mut ledger.world, ANNA, 150, 500));
    scene.admit(&order).unwrap();
    let name = std::path::Path::new(crate::scene::FOLDER).join(format!("{}.hwo", scene.key()));
    let kept = scene.disk.contents(&name).unwrap();
    let opening = order.opening.encode();
    for secret in [&opening[8..40], &opening[40..72], &opening[72..104], &opening[104..]] {
        assert!(!kept.windows(32).any(|part| part == secret), "blindings lie sealed");
    }
    assert!(!kept.windows(8).any(|part| part == &opening[..8]), "quantity and limit lie sealed");
    let book = format!("{:?}", scene.book.lock().unwrap());
    let told = serde_json::to_string(&scene.service.status()).unwrap();
    for text in [book, told, format!("{:?}", keys(&crate::scene::open()))] {
        assert!(!text.contains(&hex(&opening[8..40])) && !text.contains(&hex(&scene.keys.sealing.to_bytes()[..])));
    }
}
