//! What readings and trades of a period add up to: right to the base unit, each part counted once, none of another time or kind.

use hushwatt_crypto::{commitment::Opening, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        Calendar, Day, Disclosure, DisclosureError, EnergyClaim, Party, Period, ProveError, Proven, SharedClaim,
        SharedPart, prove_energy, prove_shared,
    },
    units::{MeterId, Utility},
};
use serde_json::{Value, json};

use crate::{
    kit::BERT,
    scene::{DELIVERED, DORA, FILLED, Scene, rng, scene},
};

fn file(disclosure: &Disclosure) -> Value {
    serde_json::from_str(&disclosure.to_json().unwrap()).unwrap()
}

#[track_caller]
fn fails(scene: &Scene, disclosure: Result<Disclosure, ProveError>, name: &str) {
    assert_eq!(disclosure.unwrap().check(scene).unwrap_err().name(), name);
}

fn days(from: &str, until: &str) -> Period {
    Period::new(Day::parse(from).unwrap(), Day::parse(until).unwrap(), 366).unwrap()
}

#[test]
fn a_meters_readings_add_up() {
    let scene = scene();
    let request = scene.request();
    for (register, expected) in [(Register::Import, 10), (Register::Export, 1000)] {
        let claim = EnergyClaim { register, ..scene.energy_claim(0) };
        let held = scene.held(register);
        assert_eq!(held[0].values.iter().map(|value| value.value).sum::<u64>(), expected);
        let disclosure = prove_energy(&request, &scene.world.genesis, &claim, &held, &mut rng(1)).unwrap();
        let Proven::Energy(energy) = disclosure.check(&scene).unwrap().proven else { panic!() };
        assert_eq!((energy.total, energy.period.register, energy.period.intervals), (expected, register, 4));
        assert_eq!((energy.period.meter, energy.period.days), (MeterId(0), 1));
        assert!(!energy.period.absent.is_empty(), "the rest of the day is listed as not posted");
    }
}

#[test]
fn a_total_of_readings_cannot_be_another_or_of_other_readings() {
    let scene = scene();
    let (request, genesis) = (scene.request(), &scene.world.genesis);
    let claim = scene.energy_claim(0);
    let prove = |claim: &EnergyClaim, held: &[_]| prove_energy(&request, genesis, claim, held, &mut rng(2));
    let held = scene.held(Register::Import);
    // A reading made smaller, one left out, the other register's.
    let mut smaller = held.clone();
    smaller[0].values[1] = Opening::new(smaller[0].values[1].value - 1, smaller[0].values[1].blinding.clone());
    fails(&scene, prove(&claim, &smaller), "Knowledge");
    let mut shorter = held.clone();
    shorter[0].values.pop();
    fails(&scene, prove(&claim, &shorter), "Knowledge");
    fails(&scene, prove(&claim, &scene.held(Register::Export)), "Knowledge");
    let other = EnergyClaim { register: Register::Export, ..claim.clone() };
    fails(&scene, prove(&other, &held), "Knowledge");
    // Another meter's, a later block's, a day without readings, no meter.
    fails(&scene, prove(&EnergyClaim { meter: MeterId(1), ..claim.clone() }, &held), "Knowledge");
    let later = EnergyClaim { height: scene.world.parent.height + 1, ..claim.clone() };
    fails(&scene, prove(&later, &held), "UnknownHeight");
    let mut elsewhere = file(&scene.energy(&request));
    (elsewhere["claim"]["energy"]["from"], elsewhere["claim"]["energy"]["until"]) =
        (json!("2025-06-16"), json!("2025-06-17"));
    let elsewhere = Disclosure::from_json(elsewhere.to_string().as_bytes()).unwrap();
    assert_eq!(elsewhere.check(&scene).unwrap_err().name(), "NoReadings");
    let empty = EnergyClaim { period: days("2025-06-16", "2025-06-17"), ..claim.clone() };
    assert_eq!(prove(&empty, &held).err(), Some(ProveError::NoReadings));
    assert_eq!(
        prove(&EnergyClaim { meter: MeterId(99), ..claim.clone() }, &held).err(),
        Some(ProveError::UnknownMeter)
    );
    let huge = Opening::new(u64::MAX, held[0].values[0].blinding.clone());
    let mut larger = held.clone();
    larger[0].values = vec![huge.clone(), huge];
    assert_eq!(prove(&claim, &larger).err(), Some(ProveError::Overflow));
}

#[test]
fn contracts_and_fills_add_up_on_either_side() {
    let scene = scene();
    let request = scene.request();
    let Proven::Shared(sold) = scene.sold(&request).check(&scene).unwrap().proven else { panic!() };
    assert_eq!(sold.total, u64::from(DELIVERED + FILLED));
    assert_eq!((sold.party, sold.utility, sold.contracts, sold.orders), (Party::Seller, Utility::Electricity, 1, 1));
    let Proven::Shared(bought) = scene.bought(&request).check(&scene).unwrap().proven else { panic!() };
    assert_eq!((bought.total, bought.party, bought.contracts, bought.orders), (u64::from(FILLED), Party::Buyer, 0, 1));
}

/// A claim with these parts, whatever they say.
fn shared(scene: &Scene, claim: &SharedClaim, parts: Vec<SharedPart>) -> Result<Disclosure, ProveError> {
    prove_shared(&scene.request(), claim, parts, &mut rng(3))
}

#[test]
fn a_total_of_trades_counts_nothing_twice_and_nothing_of_others() {
    let scene = scene();
    let (seller, buyer) = (scene.shared_claim(Party::Seller), scene.shared_claim(Party::Buyer));
    let own = || scene.contract_part(Party::Seller);
    let sold = || scene.order_part(DORA, scene.sell);
    fails(&scene, shared(&scene, &seller, vec![own(), own()]), "PartsUnordered");
    fails(&scene, shared(&scene, &seller, vec![sold(), own(), sold()]), "PartsUnordered");
    // More than there was, less, and another's key.
    let wrong = |receipt: u64| SharedPart { receipt: Opening::new(receipt, own().receipt.blinding), ..own() };
    fails(&scene, shared(&scene, &seller, vec![wrong(601)]), "Knowledge");
    fails(&scene, shared(&scene, &seller, vec![wrong(599), sold()]), "Knowledge");
    let foreign = SharedPart { key: sold().key, ..own() };
    fails(&scene, shared(&scene, &seller, vec![foreign, sold()]), "Knowledge");
    // The other side's.
    fails(&scene, shared(&scene, &buyer, vec![own()]), "Knowledge");
    fails(&scene, shared(&scene, &buyer, vec![sold()]), "OtherTrade");
    fails(&scene, shared(&scene, &seller, vec![scene.order_part(BERT, scene.buy)]), "OtherTrade");
    // Another utility, another time.
    let water = SharedClaim { utility: Utility::Water, ..seller.clone() };
    fails(&scene, shared(&scene, &water, vec![own()]), "OtherTrade");
    fails(&scene, shared(&scene, &water, vec![sold()]), "OtherTrade");
    let tomorrow = SharedClaim { period: days("2025-06-16", "2025-06-17"), ..seller.clone() };
    fails(&scene, shared(&scene, &tomorrow, vec![own()]), "OutsidePeriod");
    fails(&scene, shared(&scene, &tomorrow, vec![sold()]), "OutsidePeriod");
    let yesterday = SharedClaim { period: days("2025-06-14", "2025-06-15"), ..seller.clone() };
    fails(&scene, shared(&scene, &yesterday, vec![own()]), "OutsidePeriod");
    // By another clock the window is on another day.
    let far = SharedClaim { calendar: Calendar::new("-12:00").unwrap(), ..seller.clone() };
    let far = SharedClaim { period: days("2025-06-15", "2025-06-16"), ..far };
    fails(&scene, shared(&scene, &far, vec![own()]), "OutsidePeriod");
    assert_eq!(shared(&scene, &seller, Vec::new()).err(), Some(ProveError::PartCount));
}

#[test]
fn contracts_and_orders_that_brought_nothing_are_not_counted() {
    let scene = scene();
    let good = file(&scene.sold(&scene.request()));
    let refused = |pointer: &str, new: Value| -> DisclosureError {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = new;
        match Disclosure::from_json(bad.to_string().as_bytes()) {
            Ok(disclosure) => disclosure.check(&scene).unwrap_err(),
            Err(error) => error,
        }
    };
    let id = |bytes: &[u8; 32]| json!([hushwatt_crypto::hash::hex(bytes)]);
    let claim = "/claim/shared_energy";
    assert_eq!(refused(&format!("{claim}/contracts"), id(&[7; 32])).name(), "UnknownContract");
    assert_eq!(refused(&format!("{claim}/contracts"), id(&scene.expired.0)).name(), "NotDelivered");
    assert_eq!(refused(&format!("{claim}/orders"), id(&[7; 32])).name(), "NotFilled");
    // A contract is no order.
    assert_eq!(refused(&format!("{claim}/orders"), id(&scene.contract.0)).name(), "NotFilled");
    let mut none = good.clone();
    (none["claim"]["shared_energy"]["contracts"], none["claim"]["shared_energy"]["orders"]) = (json!([]), json!([]));
    assert_eq!(Disclosure::from_json(none.to_string().as_bytes()).unwrap_err().name(), "PartCount");
    let many = json!(vec!["00".repeat(32); 10_000]);
    assert_eq!(refused(&format!("{claim}/contracts"), many).name(), "PartCount");
}
