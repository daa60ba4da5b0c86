//! What a transaction's maker keeps of it: it opens what is on the ledger, input by input and output by output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[macro_use]
mod kit;

use hushwatt_crypto::onetime::one_time_key;
use hushwatt_ledger::{
    note::Asset,
    transaction::{
        Action,
        build::{Built, MadeOutput},
    },
};
use kit::{ANNA, BERT, CARLA, TREASURY, build::Bid, market};

/// Every fresh input commitment is opened, in the order of the inputs.
fn opens_its_inputs(built: &Built, inputs: usize) {
    let spends = built.transaction.action().spends();
    assert_eq!((spends.len(), built.authorship.len()), (inputs, inputs));
    for (spend, opening) in spends.iter().zip(&built.authorship) {
        assert!(opening.opens(spend.pseudo.element()));
    }
}

#[test]
fn transactions_of_every_kind_come_with_the_openings_of_their_fresh_commitments() {
    let mut market = market();
    let energy = market.energy();
    let world = &mut market.world;
    // Of one bucket.
    let bucket = |note: &kit::OwnedNote| world.locate(note.number).unwrap().0;
    let mut notes = world.spendable(TREASURY, Asset::Credit);
    notes.retain(|note| bucket(note) == world.version(hushwatt_ledger::note::BucketId(0)));
    notes.truncate(3);
    let sum: u64 = notes.iter().map(|note| note.opening.value).sum();
    let rest = sum - 5 - world.parameters().fee;
    opens_its_inputs(&world.transfer(&notes, &[(BERT, 5), (TREASURY, rest)]), 3);
    let bid = Bid {
        buyer: TREASURY,
        seller: BERT,
        utility: hushwatt_ledger::units::Utility::Electricity,
        window: world.window(1),
        price: 200,
        quantity: 7,
    };
    opens_its_inputs(&world.open_with(&notes[..2], &bid), 2);
    opens_its_inputs(&world.burn(5), 1);
    opens_its_inputs(&market.world.deliver(BERT, energy, &[(market.to_anna, 5)]), 1);
    let world = &mut market.world;
    opens_its_inputs(&world.mint(&[(TREASURY, 1), (ANNA, 1)]), 0);
}

#[test]
fn a_transfer_comes_with_what_its_outputs_were_made_from() {
    let mut market = market();
    let world = &mut market.world;
    let note = world.spendable(ANNA, Asset::Credit)[0].clone();
    let mut payees = vec![(BERT, 11), (CARLA, 22), (ANNA, 0), (ANNA, 0), (ANNA, 0), (ANNA, 0), (ANNA, 0)];
    payees.push((ANNA, note.opening.value - 33 - world.parameters().fee));
    let built = world.transfer(&[note], &payees);
    let Action::Transfer(transfer) = built.transaction.action() else { panic!("no transfer") };
    assert_eq!(built.made.len(), 8);
    for (MadeOutput { to, tweak, opening }, output) in built.made.iter().zip(&transfer.statement.outputs) {
        assert!(opening.opens(output.commitment.element()));
        assert_eq!(one_time_key(tweak, &to.spend).unwrap(), output.key);
    }
    let paid_to = |who| {
        let own = built.made.iter().filter(|made| made.to == world.address(who));
        own.map(|made| made.opening.value).sum::<u64>()
    };
    assert_eq!((paid_to(BERT), paid_to(CARLA)), (11, 22));
    let travelled = Built::new(built.transaction.clone(), built.hints.clone());
    assert!(travelled.authorship.is_empty() && travelled.made.is_empty(), "nobody else knows them");
}
