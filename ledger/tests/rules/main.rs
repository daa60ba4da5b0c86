#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "../kit/mod.rs"]
mod kit;

use kit::*;

#[test]
fn smoke() {
    let started = std::time::Instant::now();
    let world = World::new(&Setup::default());
    println!("new {:?}", started.elapsed());
    let world2 = World::with_energy(&Setup::default(), |_| ());
    println!("energy {:?}", started.elapsed());
    assert_eq!(world.households[1].balance(hushwatt_ledger::note::Asset::Credit), 40_000_000);
    assert_eq!(world2.households[1].balance(electricity(world2.window(0))), 1000);
    let mut world = world2;
    let t = world.pay(1, 2, 5);
    println!("paid {:?}", started.elapsed());
    assert_eq!(world.verdict(world.after(10), &t), Ok(()));
    println!("verdict {:?}", started.elapsed());
}
