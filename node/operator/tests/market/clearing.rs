//! From orders to money: collected, cleared, settled, forgotten.

use hushwatt_ledger::{note::Asset, units::Utility};
use hushwatt_operator::book::Ending;

use crate::{
    kit::{ANNA, BERT, CARLA, TREASURY},
    node::Manner,
    scene::{Scene, ask, bid, four},
};

const CREDIT: Asset = Asset::Credit;

fn ending(scene: &Scene) -> Option<Ending> {
    scene.book.lock().unwrap().auction(scene.key()).and_then(|auction| auction.ended()).map(|ended| ended.ending)
}

#[test]
fn orders_are_collected_cleared_settled_and_forgotten() {
    let mut scene = Scene::new(1);
    let before = scene.balances(CREDIT);
    let orders = scene.ledger(|ledger| four(&mut ledger.world));
    scene.place(orders);
    assert_eq!(scene.booked(), 4);
    scene.run(scene.order_until());
    assert!(scene.end().is_none() && scene.handed().is_empty(), "nothing happens before orders close");
    scene.run(scene.order_until().plus(60));
    // Bids of 500 at 500 and 700 at 300, asks of 600 at 100 and 500 at 200: all asks trade. The last bid is filled in part, so L
    // is 300, and so is U: p* = 300.
    assert_eq!(scene.end(), Some(("traded", Some(300))));
    assert_eq!(ending(&scene), Some(Ending::Traded { price: 300 }));
    let after = scene.balances(CREDIT);
    let fee = scene.genesis.parameters.fee;
    assert_eq!(after[ANNA], before[ANNA] + 600 * 300);
    assert_eq!(after[BERT], before[BERT] + 500 * 300);
    assert_eq!(after[TREASURY], before[TREASURY] - 500 * 300 - fee);
    assert_eq!(after[CARLA], before[CARLA] - 600 * 300 - fee);
    let status = scene.service.status();
    assert_eq!((status.auctions.len(), status.auctions[0].state.as_str()), (1, "traded"));
    assert!(scene.warnings().is_empty(), "{:?}", scene.warnings());

    // One Clear was handed in, once; what opens orders is deleted a day later, and only then.
    assert_eq!(scene.handed(), [None]);
    let name = std::path::Path::new(crate::scene::FOLDER).join(format!("{}.hwo", scene.key()));
    let ended = scene.now();
    scene.to(ended.plus(86_000));
    assert!(scene.disk.contents(&name).is_some());
    scene.to(ended.plus(86_500));
    assert!(scene.disk.contents(&name).is_none() && scene.booked() == 0);
    assert!(scene.service.status().auctions.is_empty());
}

#[test]
fn where_nothing_can_be_traded_that_is_proven() {
    let mut scene = Scene::new(1);
    let before = scene.balances(CREDIT);
    let orders = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        vec![ask(world, ANNA, 400, 600), bid(world, CARLA, 399, 600)]
    });
    scene.place(orders);
    scene.run(scene.order_until().plus(60));
    assert_eq!((scene.end(), ending(&scene)), (Some(("no-trade", None)), Some(Ending::NoTrade)));
    let fee = scene.genesis.parameters.fee;
    assert_eq!(scene.balances(CREDIT)[CARLA], before[CARLA] - fee);
}

#[test]
fn an_auction_with_one_side_is_left_to_expire() {
    let mut scene = Scene::new(1);
    let before = scene.balances(CREDIT);
    let orders = scene.ledger(|ledger| vec![bid(&mut ledger.world, CARLA, 399, 600)]);
    scene.place(orders);
    scene.run(scene.clear_until().plus(60));
    assert!(scene.handed().is_empty(), "there is no Clear of one side");
    assert_eq!((scene.end(), ending(&scene)), (Some(("expired", None)), Some(Ending::Expired)));
    assert_eq!(scene.balances(CREDIT)[CARLA], before[CARLA] - scene.genesis.parameters.fee);
    assert!(scene.warnings().is_empty(), "{:?}", scene.warnings());
}

#[test]
fn orders_that_never_came_to_the_ledger_are_forgotten_too() {
    let mut scene = Scene::new(1);
    let orders = scene.ledger(|ledger| four(&mut ledger.world));
    for order in &orders {
        scene.admit(order).unwrap();
    }
    scene.run(scene.clear_until());
    assert_eq!(ending(&scene), None);
    scene.run(scene.clear_until().plus(120));
    assert_eq!(ending(&scene), Some(Ending::NoOrders));
    scene.to(scene.now().plus(90_000));
    assert_eq!(scene.booked(), 0);
}

#[test]
fn only_what_came_to_the_ledger_is_cleared() {
    let mut scene = Scene::new(1);
    let (posted, kept_back) = scene.ledger(|ledger| {
        let mut orders = four(&mut ledger.world);
        let last = orders.pop().unwrap();
        (orders, last)
    });
    scene.admit(&kept_back).unwrap();
    scene.place(posted);
    assert_eq!(scene.booked(), 4);
    scene.run(scene.order_until().plus(60));
    // 500 Wh of the treasury's are sold by Anna, whose ask is filled in part.
    assert_eq!(scene.end(), Some(("traded", Some(100))));
}

#[test]
fn auctions_of_several_utilities_are_cleared_side_by_side() {
    let mut scene = Scene::new(1);
    let orders = scene.ledger(|ledger| {
        let world = &mut ledger.world;
        let mut orders = four(world);
        let water = |who, limit, quantity| crate::kit::auction::Wish {
            who,
            utility: Utility::Water,
            window: world.window(0),
            limit,
            quantity,
        };
        let (sells, buys) = (water(CARLA, 50, 100), water(ANNA, 70, 80));
        let notes = world.spendable(CARLA, sells.energy());
        orders.push(world.unadmitted_sell(&notes[..1], &sells));
        let note = world.spendable(ANNA, CREDIT)[0].clone();
        orders.push(world.unadmitted_buy(&[note], &buys));
        orders
    });
    scene.place(orders);
    scene.run(scene.order_until().plus(60));
    let ended = scene.ledger(|ledger| ledger.ended.values().map(|end| (end.state, end.price)).collect::<Vec<_>>());
    assert_eq!(ended, [("traded", Some(300)), ("traded", Some(50))]);
    assert_eq!(scene.handed(), [None, None]);
}

#[test]
fn a_clear_is_handed_to_every_node_and_one_that_passes_nothing_on_does_no_harm() {
    let mut scene = Scene::new(3);
    scene.set(0, Manner::Swallows);
    scene.set(1, Manner::Foreign);
    let orders = scene.ledger(|ledger| four(&mut ledger.world));
    scene.place(orders);
    scene.run(scene.order_until().plus(120));
    assert_eq!(scene.end(), Some(("traded", Some(300))));
}
