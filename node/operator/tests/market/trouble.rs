//! What goes wrong: nodes that are away or lie, a book that is lost, an operator who is killed. Nobody loses money by it.

use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{note::Asset, storage::SimDisk};
use hushwatt_operator::{book::Ending, status::AuctionStatus};

use crate::{
    kit::CARLA,
    node::Manner,
    scene::{Scene, four},
};

fn placed(nodes: usize) -> Scene {
    let scene = Scene::new(nodes);
    let orders = scene.ledger(|ledger| four(&mut ledger.world));
    scene.place(orders);
    scene
}

fn auction(scene: &Scene) -> AuctionStatus {
    scene.service.status().auctions[0].clone()
}

#[test]
fn a_node_that_is_away_is_waited_for_as_long_as_the_deadline_allows() {
    let mut scene = placed(1);
    scene.set(0, Manner::Down);
    scene.run(scene.order_until().plus(1_200));
    assert!(scene.end().is_none() && scene.warnings().contains(&"nodes".to_owned()));
    scene.set(0, Manner::Honest);
    scene.run(scene.order_until().plus(1_260));
    assert_eq!(scene.end(), Some(("traded", Some(300))));
    assert!(scene.warnings().is_empty(), "{:?}", scene.warnings());
}

#[test]
fn a_node_that_comes_back_too_late_finds_everything_given_back() {
    let mut scene = placed(1);
    let before = scene.balances(Asset::Credit);
    scene.set(0, Manner::Down);
    scene.run(scene.clear_until().plus(60));
    scene.set(0, Manner::Honest);
    scene.run(scene.now().plus(120));
    assert_eq!(scene.end(), Some(("expired", None)));
    assert_eq!(auction(&scene).state, "expired");
    assert!(scene.handed().is_empty());
    assert!(scene.balances(Asset::Credit)[CARLA] > before[CARLA], "the lock is back");
}

#[test]
fn a_node_that_lies_about_an_auction_makes_a_clear_that_is_refused_and_another_one_is_asked() {
    for (lie, rule) in [(Manner::Misranks, "ClearingProof"), (Manner::Omits, "OrderLeftOut")] {
        // Two asks at one limit, so that their rank decides.
        let mut scene = Scene::new(2);
        let orders = scene.ledger(|ledger| {
            let world = &mut ledger.world;
            let mut orders = four(world);
            orders[1] = crate::scene::ask(world, crate::kit::BERT, 100, 500);
            orders[3] = crate::scene::bid(world, CARLA, 300, 50);
            orders
        });
        scene.place(orders);
        scene.set(0, lie);
        scene.run(scene.order_until().plus(120));
        assert_eq!(scene.end().map(|end| end.0), Some("traded"), "{lie:?}");
        let handed = scene.handed();
        // By chance a wrong rank may give the right order of two.
        let refused = handed.contains(&Some(rule.to_owned()));
        assert!(refused || lie == Manner::Misranks, "{lie:?}: {handed:?}");
        assert!(scene.warnings().is_empty(), "{lie:?}: {:?}", scene.warnings());
    }
}

#[test]
fn only_liars_leave_an_auction_to_expire_and_everything_comes_back() {
    let mut scene = placed(1);
    scene.set(0, Manner::Omits);
    scene.run(scene.order_until().plus(300));
    assert!(scene.warnings().contains(&"refused".to_owned()));
    assert_eq!(auction(&scene).state, "closed");
    scene.run(scene.clear_until().plus(120));
    assert_eq!(scene.end(), Some(("expired", None)));
}

#[test]
fn nothing_is_sent_if_an_order_on_the_ledger_cannot_be_opened() {
    let mut scene = placed(1);
    // The folder was lost: nothing is known of what was admitted.
    scene = scene.restarted_on(SimDisk::new());
    scene.run(scene.order_until().plus(300));
    assert!(scene.handed().is_empty(), "{:?}", scene.handed());
    assert_eq!((auction(&scene).unopened, auction(&scene).state.as_str()), (4, "closed"));
    assert!(scene.warnings().contains(&"unopened".to_owned()));
    scene.run(scene.clear_until().plus(120));
    assert_eq!(scene.end(), Some(("expired", None)));
    assert_eq!((scene.warnings(), scene.service.status().auctions), (Vec::new(), Vec::new()));
}

#[test]
fn a_sealing_key_that_was_replaced_opens_nothing_of_before() {
    let mut scene = placed(1);
    scene.keys.sealing = hushwatt_crypto::order_seal::SealingKey::from_bytes(&[8; 32]).unwrap();
    let disk = scene.disk.fork();
    scene = scene.restarted_on(disk);
    assert_eq!(scene.booked(), 4);
    scene.run(scene.order_until().plus(60));
    assert!(scene.handed().is_empty() && auction(&scene).unopened == 4);
}

#[test]
fn an_operator_who_is_killed_after_he_posted_clears_no_auction_twice() {
    let mut scene = placed(1);
    scene.run(scene.order_until());
    // He is killed in every step around the clearing.
    for _ in 0..12 {
        let next = scene.now().plus(1);
        scene.to(next);
        let disk = scene.disk.fork();
        scene = scene.restarted_on(disk);
    }
    scene.run(scene.order_until().plus(120));
    assert_eq!(scene.end(), Some(("traded", Some(300))));
    let book = scene.book.lock().unwrap();
    let ended = book.auction(scene.key()).unwrap().ended().unwrap();
    assert_eq!(ended.ending, Ending::Traded { price: 300 });
}

#[test]
fn an_operator_whom_the_ledger_does_not_know_says_so() {
    let mut scene = placed(1);
    assert!(scene.warnings().iter().all(|code| code != "operator"));
    let other = SigningKey::from_bytes(&[99; 32]).verifying_key();
    scene.ledger(|ledger| ledger.operator = hushwatt_crypto::hash::hex(other.as_bytes()));
    scene.run(scene.now().plus(60));
    assert!(scene.warnings().contains(&"operator".to_owned()));
}

#[test]
fn a_full_disk_admits_nothing_and_the_same_operator_goes_on_later() {
    let mut scene = Scene::new(1);
    let orders = scene.ledger(|ledger| four(&mut ledger.world));
    scene.disk.set_space(Some(100));
    for order in &orders {
        assert_eq!(scene.admit(order).unwrap_err().problem.name(), "unavailable");
    }
    assert_eq!(scene.booked(), 0);
    scene.disk.set_space(None);
    scene.place(orders);
    scene.run(scene.order_until());
    scene.disk.set_space(Some(0));
    scene.run(scene.order_until().plus(90));
    assert_eq!(scene.end(), Some(("traded", Some(300))), "clearing needs no disk");
    assert!(scene.warnings().contains(&"disk".to_owned()), "{:?}", scene.warnings());
    scene.disk.set_space(None);
    scene.run(scene.order_until().plus(150));
    assert!(scene.warnings().is_empty(), "{:?}", scene.warnings());
}
