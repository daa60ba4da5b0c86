//! Each kind holds, and says what the ledger says.

use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::{Disclosure, Party, Proven, ReadingClaim, prove_balance, prove_reading},
    transaction::attest::WindowStatus,
    units::{Credit, Price, Quantity, Utility},
};

use crate::{
    kit::{BERT, CARLA},
    scene::{DELIVERED, PAID, rng, scene, window},
};

#[test]
fn every_kind_holds_before_and_after_it_was_a_file() {
    let scene = scene();
    for disclosure in scene.all() {
        let name = disclosure.statement().claim.name();
        let checked = disclosure.check(&scene).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((checked.tip.height, checked.tip.time), (scene.world.parent.height, scene.world.now()));
        let text = disclosure.to_json().unwrap();
        let read = Disclosure::from_json(text.as_bytes()).unwrap();
        assert_eq!(read, disclosure, "{name}");
        assert_eq!(read.to_json().unwrap(), text);
        assert_eq!(read.check(&scene).unwrap(), checked);
    }
}

#[test]
fn a_payment_is_shown_by_both_of_its_sides() {
    let scene = scene();
    let Proven::PaymentMade(made) = scene.payment_made().check(&scene).unwrap().proven else { panic!() };
    let Proven::PaymentReceived(received) = scene.payment_received().check(&scene).unwrap().proven else { panic!() };
    assert_eq!(made, received);
    assert_eq!((made.payment.amount, made.payment.address), (Credit(PAID), scene.world.address(BERT)));
    assert_eq!((made.at.height, made.at.time), (2, scene.blocks[1].header.time));
    assert_eq!((made.minted, made.shared_key), (false, false));
    let Proven::PaymentReceived(minted) = scene.minted().check(&scene).unwrap().proven else { panic!() };
    assert_eq!((minted.minted, minted.payment.amount, minted.at.height), (true, Credit(10_000_000), 1));
}

#[test]
fn a_delivery_is_shown_by_both_of_its_sides_with_the_ledgers_terms() {
    let scene = scene();
    for party in [Party::Seller, Party::Buyer] {
        let Proven::Delivery(delivery) = scene.delivery(party).check(&scene).unwrap().proven else { panic!() };
        assert_eq!((delivery.party, delivery.contract), (party, scene.contract));
        assert_eq!((delivery.utility, delivery.window), (Utility::Electricity, window(&scene)));
        assert_eq!((delivery.price, delivery.delivered), (Price::new(200).unwrap(), Quantity(DELIVERED)));
        assert_eq!(delivery.paid, Credit(200 * u64::from(DELIVERED)));
        assert_eq!((delivery.opened.height, delivery.settled.height), (2, 5));
    }
}

#[test]
fn a_reading_is_shown_with_its_time_and_status() {
    let scene = scene();
    for (register, value) in [(Register::Export, 250), (Register::Import, 2)] {
        let Proven::Reading(reading) = scene.reading(register).check(&scene).unwrap().proven else { panic!() };
        assert_eq!((reading.register, reading.value), (register, Quantity(value)));
        assert_eq!((reading.status, reading.utility), (Some(WindowStatus::Measured), Utility::Electricity));
        let start = scene.world.parameters().window_start(window(&scene));
        assert_eq!((reading.start, reading.length), (start.plus(900), 900));
        assert_eq!((reading.at.height, reading.transaction), (3, *scene.attest.transaction.id()));
    }
}

#[test]
fn a_missing_reading_is_shown_as_missing() {
    let mut scene = scene();
    let (claim, opening) = scene.with_missing_reading();
    let disclosure = prove_reading(&scene.request(), claim, &opening, &mut rng(1)).unwrap();
    let Proven::Reading(reading) = disclosure.check(&scene).unwrap().proven else { panic!() };
    assert_eq!((reading.status, reading.value), (Some(WindowStatus::Missing), Quantity(0)));
}

#[test]
fn a_corrected_reading_is_shown_as_one_and_the_one_before_as_replaced() {
    let mut scene = scene();
    let (old, opening) = scene.reading_of(Register::Export);
    let before = prove_reading(&scene.request(), old, &opening, &mut rng(1)).unwrap();
    let corrections: Vec<_> = [200, 120].map(|value| scene.with_correction(value)).into();
    for (place, (claim, opening)) in corrections.iter().enumerate() {
        let disclosure = prove_reading(&scene.request(), *claim, opening, &mut rng(2)).unwrap();
        let Proven::Reading(reading) = disclosure.check(&scene).unwrap().proven else { panic!() };
        assert_eq!((reading.status, reading.value), (None, claim.value));
        assert_eq!(reading.transaction, claim.place.transaction);
        let replaced = reading.corrected.map(|at| at.height);
        assert_eq!(replaced, (place == 0).then_some(corrections[1].0.place.height));
    }
    let Proven::Reading(reading) = before.check(&scene).unwrap().proven else { panic!() };
    assert_eq!(reading.status, Some(WindowStatus::Measured));
    assert_eq!(reading.corrected.map(|at| at.height), Some(corrections[1].0.place.height));
    // Of the value before, a correction is no proof.
    let claim = ReadingClaim { place: corrections[0].0.place, ..old };
    let wrong = prove_reading(&scene.request(), claim, &opening, &mut rng(3)).unwrap();
    assert!(wrong.check(&scene).is_err());
}

#[test]
fn a_balance_holds_up_to_the_last_micro_euro() {
    let scene = scene();
    let notes = scene.money(CARLA, 3);
    let worth: u64 = notes.iter().map(|note| note.opening.value).sum();
    for at_least in [1, worth - 1, worth] {
        let disclosure = prove_balance(&scene.request(), Credit(at_least), &notes, &mut rng(at_least)).unwrap();
        let Proven::Balance { at_least: shown, notes, smallest_ring } = disclosure.check(&scene).unwrap().proven else {
            panic!()
        };
        assert_eq!((shown, notes), (Credit(at_least), 3));
        assert!(smallest_ring >= 16);
    }
}

#[test]
fn two_balances_of_the_same_notes_show_the_same_images_and_nothing_else_alike() {
    let scene = scene();
    let prove = |seed| prove_balance(&scene.request(), Credit(5), &scene.money(CARLA, 1), &mut rng(seed)).unwrap();
    let (one, other) = (prove(1).to_json().unwrap(), prove(2).to_json().unwrap());
    let value = |text: &str, path: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap().pointer(path).unwrap().clone()
    };
    let note = "/claim/balance/notes/0";
    assert_eq!(value(&one, &format!("{note}/image")), value(&other, &format!("{note}/image")));
    for path in [format!("{note}/commitment"), "/proof/rings/signatures/0".into(), "/proof/rings/range".into()] {
        assert_ne!(value(&one, &path), value(&other, &path), "{path}");
    }
}
