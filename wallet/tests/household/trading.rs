//! A trade from offer to settlement, partial and expired ones, and what the meter shows.

use hushwatt_ledger::{
    parameters::{Parameters, PriceBounds, UtilityPrices},
    units::{Credit, Quantity, Utility},
};
use hushwatt_wallet::household::{
    OfferRequest,
    views::{ContractState, HistoryFilter, HistoryKind, Side},
};

use crate::{
    street::{ANNA, BERT, EURO, HOUR, Street, available, total},
    support::Setup,
};

const PRICE: u32 = 300;

fn offer(street: &Street, quantity: u32) -> OfferRequest {
    OfferRequest {
        utility: Utility::Electricity,
        at: street.start_of(street.window(0)).plus(60),
        quantity: Quantity(quantity),
        price_micro_euro: PRICE,
        valid_for: HOUR,
    }
}

#[test]
fn energy_is_offered_ordered_measured_delivered_and_paid() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    anna.pair(&street.pairing_code(ANNA), Some("roof")).unwrap();
    bert.pair(&street.pairing_code(BERT), None).unwrap();
    for household in [&mut anna, &mut bert] {
        street.feed(household);
    }
    let signed = anna.make_offer(&offer(&street, 400)).unwrap();
    let link = anna.offer_view(&signed).link;
    assert!(anna.buy(&signed, None, false).is_err(), "nobody buys from himself");

    let read = bert.read_offer(&link).unwrap();
    let view = bert.offer_view(&read);
    assert_eq!((view.total, view.own, view.quantity), (Credit(120_000), false, Quantity(400)));
    assert!(bert.buy(&read, Some(Quantity(401)), false).is_err());
    bert.buy(&read, None, false).unwrap();
    street.hand_in(&mut bert);
    street.feed(&mut anna);
    assert_eq!(bert.overview(Vec::new()).ordered, Credit(120_000));
    let (ordered, asked) = (&bert.contracts()[0], &anna.contracts()[0]);
    assert_eq!((ordered.side, ordered.state, ordered.money), (Side::Buyer, ContractState::Open, Credit(120_000)));
    assert_eq!((asked.side, asked.state, asked.id), (Side::Seller, ContractState::Open, ordered.id));
    assert!(anna.deliverable().is_empty());
    assert!(anna.deliver(Utility::Electricity, street.window(0), true).is_err(), "nothing is measured yet");

    // 4 x 70 Wh: less than was ordered.
    street.measure_first_window(70);
    street.feed(&mut anna);
    assert_eq!(anna.deliverable(), [(Utility::Electricity, street.window(0))]);
    anna.deliver(Utility::Electricity, street.window(0), true).unwrap();
    street.hand_in(&mut anna);
    street.feed(&mut bert);
    assert_eq!((total(&anna), total(&bert)), (80 * EURO + 84_000, 80 * EURO - 84_000));
    for household in [&anna, &bert] {
        let contract = &household.contracts()[0];
        assert_eq!(
            (contract.state, contract.delivered, contract.money),
            (ContractState::Delivered, Some(Quantity(280)), Credit(84_000))
        );
    }
    let start = street.start_of(street.window(0));
    let rows = anna.energy(start, start.plus(1));
    assert_eq!((rows[0].exported, rows[0].imported, rows[0].sold, rows[0].bought), (280, 20, 280, 0));
    let rows = bert.energy(start, start.plus(1));
    assert_eq!((rows[0].imported, rows[0].bought), (280, 280));
    let (bought, sold) = (bert.month_of(start).utilities, anna.month_of(start).utilities);
    assert_eq!((bought.len(), sold.len()), (1, 1));
    assert_eq!((bought[0].bought, bought[0].spent, bought[0].community_share), (280, Credit(84_000), Some(1.0)));
    assert_eq!((sold[0].utility, sold[0].sold, sold[0].earned), (Utility::Electricity, 280, Credit(84_000)));
    let kinds = |kind| HistoryFilter { kinds: vec![kind], ..HistoryFilter::default() };
    let sold = &anna.history(&kinds(HistoryKind::Sold))[0];
    assert_eq!((sold.amount, sold.quantity), (84_000, Some(280)));
    let bought = &bert.history(&kinds(HistoryKind::Bought))[0];
    assert_eq!((bought.amount, bought.quantity, bought.price_micro_euro), (-84_000, Some(280), Some(PRICE)));
    // What was set aside and not used is back after the next settlement.
    street.next_settlement();
    street.feed(&mut bert);
    assert_eq!(available(&bert), Credit(80 * EURO - 84_000));
    let meters = anna.meters();
    assert_eq!((meters[0].label.as_deref(), meters[0].windows > 0), (Some("roof"), true));
}

#[test]
fn an_order_that_nobody_delivers_to_comes_back_whole() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    let signed = anna.make_offer(&offer(&street, 400)).unwrap();
    bert.buy(&signed, Some(Quantity(100)), false).unwrap();
    street.hand_in(&mut bert);
    let until = bert.contracts()[0].until;
    street.block_at(until.plus(1));
    street.feed(&mut bert);
    let contract = &bert.contracts()[0];
    assert_eq!((contract.state, contract.money), (ContractState::Expired, Credit::ZERO));
    assert_eq!(total(&bert), 80 * EURO);
    let filter = HistoryFilter { kinds: vec![HistoryKind::Expired], ..HistoryFilter::default() };
    assert_eq!((bert.history(&filter).len(), bert.history(&filter)[0].amount), (1, 0));
    street.feed(&mut anna);
    assert_eq!(anna.contracts()[0].state, ContractState::Expired);
}

#[test]
fn an_offer_keeps_to_the_prices_of_its_utility() {
    let electricity = Some(PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
    let prices = UtilityPrices { electricity, ..UtilityPrices::default() };
    let setup = Setup::default();
    let parameters = Parameters { prices, ..setup.parameters.clone() };
    let street = Street::of(&Setup { parameters, ..setup });
    let mut anna = street.household(ANNA, "anna");
    for (price, allowed) in [(1_000, true), (4_950, true), (PRICE, false), (5_050, false), (1_010, false)] {
        let made = anna.make_offer(&OfferRequest { price_micro_euro: price, ..offer(&street, 10) });
        match made {
            Ok(_) => assert!(allowed, "{price}"),
            Err(error) => {
                let text = error.to_string();
                assert!(!allowed && text.contains("electricity is between 1000 and 5000 micro-euro per Wh"), "{text}");
            }
        }
    }
    let nearest = |utility, wish| anna.nearest_price(utility, wish).unwrap().micro_euro();
    assert_eq!((nearest(Utility::Electricity, PRICE), nearest(Utility::Water, PRICE)), (1_000, PRICE));
}

#[test]
fn what_cannot_be_traded_is_refused() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    for bad in [
        OfferRequest { quantity: Quantity(0), ..offer(&street, 1) },
        OfferRequest { price_micro_euro: 7, ..offer(&street, 1) },
        OfferRequest { price_micro_euro: u32::MAX, ..offer(&street, 1) },
        OfferRequest { utility: Utility::Heat, ..offer(&street, 1) },
        OfferRequest { at: anna.now().minus(48 * HOUR), ..offer(&street, 1) },
    ] {
        assert_eq!(anna.make_offer(&bad).unwrap_err().kind(), "no_trade");
    }
    let early = anna
        .make_offer(&OfferRequest { at: anna.now().plus(72 * HOUR), valid_for: 80 * HOUR, ..offer(&street, 1) })
        .unwrap();
    assert_eq!(bert.buy(&early, None, false).unwrap_err().kind(), "no_trade", "too early to order");
    let signed = anna.make_offer(&offer(&street, 400)).unwrap();
    assert_eq!(anna.own_offers().len(), 2);
    street.block_at(signed.offer().valid_until.plus(1));
    for household in [&mut anna, &mut bert] {
        street.feed(household);
    }
    assert_eq!(bert.buy(&signed, None, false).unwrap_err().kind(), "no_trade", "the offer is over");
    assert_eq!(anna.own_offers().len(), 1);
}

#[test]
fn a_meter_that_is_paired_late_is_read_from_the_beginning() {
    let mut street = Street::new();
    street.measure_first_window(70);
    let mut anna = street.household(ANNA, "anna");
    assert!(anna.energy(street.start_of(street.window(0)), anna.now()).is_empty());
    assert_eq!(anna.pair(&street.pairing_code(BERT).replace('q', "p"), None).unwrap_err().kind(), "pairing");
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    assert_eq!(anna.read_until(), 0, "it reads everything again");
    street.feed(&mut anna);
    assert_eq!(anna.energy(street.start_of(street.window(0)), anna.now()).len(), 1);
    assert_eq!(total(&anna), 80 * EURO);
}
