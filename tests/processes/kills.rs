//! Power failures: `kill -9` of one node, of two, of all, at any moment.

use hushwatt_node::client::Taken;
use rand::{Rng, seq::SliceRandom};
use std::time::Duration;

use crate::{
    checks::{agree, audit},
    load::Load,
    town::{Plan, Town, choices, full_effort},
};

#[test]
fn nodes_that_are_killed_again_and_again_lose_nothing_that_was_acknowledged() {
    let mut town = Town::start(&Plan { epoch_blocks: 10, ..Plan::default() });
    let mut rng = choices();
    let load = Load::start(&town, 4);
    let (kills, mut killed, mut all_at_once) = (if full_effort() { 50 } else { 12 }, 0, false);
    while killed < kills {
        load.goes_on(2);
        std::thread::sleep(Duration::from_millis(rng.gen_range(0..500)));
        let last = killed + 4 >= kills && !all_at_once;
        let count = if last { 4 } else { *[1, 1, 1, 2, 2, 4].choose(&mut rng).unwrap() };
        all_at_once |= count == 4;
        let mut places: Vec<usize> = (0..4).collect();
        places.shuffle(&mut rng);
        places.truncate(count);
        for place in &places {
            town.net.kill(*place).unwrap();
        }
        killed += count;
        if count == 1 {
            load.goes_on(1);
        }
        std::thread::sleep(Duration::from_millis(rng.gen_range(0..500)));
        for place in &places {
            town.net.start(*place).unwrap();
        }
        for place in &places {
            town.ready(*place);
        }
    }
    let payments = load.finish();
    let kept = payments.iter().filter(|payment| !payment.accepted_by.is_empty()).count();
    let refused: Vec<&String> = payments.iter().flat_map(|payment| &payment.refusals).collect();
    eprintln!("{} payments, {kept} of them first said to wait; {killed} kills; refusals: {refused:#?}", payments.len());
    agree(&town, &[0, 1, 2, 3], &payments);
    // Handed in once more, each is answered as it was.
    for (place, payment) in payments.iter().enumerate() {
        match town.net.client(place % 4).submit(&payment.built, 0).unwrap() {
            Taken::Final { height, .. } => assert_eq!(Some(height), payment.in_block),
            waiting => panic!("{waiting:?}"),
        }
    }
    (0..4).for_each(|place| audit(&town, place));
}
