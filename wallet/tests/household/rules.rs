//! Orders by rule: what was attested is sold, what was consumed is bought, once in each auction and within the limits.

use hushwatt_ledger::units::{Credit, Quantity, Utility};
use hushwatt_wallet::household::{
    AgentSettings, AuctionRule, Household, OfferRequest, Settings,
    views::{OrderStanding, OrderView, Side},
};

use crate::{
    auctions::{hall, request},
    operator::{Mood, Operator, ask_for},
    street::{ANNA, BERT, EURO, HOUR, Street},
};

fn rule(household: &mut Household, sell_from: Option<u32>, buy_up_to: Option<u32>) {
    let auction = vec![AuctionRule {
        utility: Utility::Electricity,
        sell_from_micro_euro: sell_from,
        buy_up_to_micro_euro: buy_up_to,
    }];
    let settings = household.settings().clone();
    let agent = AgentSettings { tidy: false, auction, ..settings.agent };
    household.set_settings(Settings { agent, ..settings }).unwrap();
}

fn placed(household: &Household) -> Vec<(Side, u32, Option<u32>)> {
    let of = |order: &OrderView| (order.side, order.quantity.0, order.limit_micro_euro);
    household.orders().iter().map(of).collect()
}

#[test]
fn what_was_attested_is_sold_and_what_was_consumed_is_bought_once() {
    let (mut street, operator, mut anna, mut bert) = hall(100);
    assert!(anna.agent_step(&[]).actions.is_empty(), "nothing is ordered unless it is allowed");
    for household in [&mut anna, &mut bert] {
        rule(household, Some(120), Some(260));
        let work = household.agent_step(&[]);
        assert!(!work.actions.is_empty() && work.actions.iter().all(|action| !action.failed), "{:?}", work.actions);
        assert!(household.agent_step(&[]).actions.is_empty(), "once in each auction");
    }
    // Anna's meter took five Wh an interval beside what it gave.
    let mut of_anna = placed(&anna);
    of_anna.sort_by_key(|(_, quantity, _)| *quantity);
    assert_eq!(of_anna, [(Side::Buyer, 20, Some(260)), (Side::Seller, 400, Some(120))]);
    assert_eq!(placed(&bert), [(Side::Buyer, 400, Some(260))]);
    for household in [&mut anna, &mut bert] {
        ask_for(household);
        street.hand_in(household);
        assert!(household.agent_step(&[]).actions.is_empty(), "and not again when that is final");
    }
    assert_eq!(operator.book().len(), 3);
    // Another copy of the wallet sees them on the ledger, and orders nothing more.
    let mut copy = street.household(BERT, "copy");
    copy.pair(&street.pairing_code(BERT), None).unwrap();
    street.feed(&mut copy);
    copy.set_settings(bert.settings().clone()).unwrap();
    assert!(copy.agent_step(&[]).actions.is_empty());
}

#[test]
fn contracts_come_first_in_both_directions() {
    let mut street = Street::new();
    let operator = Operator::of(street.community.genesis.network());
    let [mut anna, mut bert] = [(ANNA, "anna"), (BERT, "bert")].map(|(who, name)| {
        let mut household = street.household(who, name);
        household.pair(&street.pairing_code(who), None).unwrap();
        household.set_settings(Settings { operator: Some(operator.url.clone()), ..Settings::default() }).unwrap();
        street.feed(&mut household);
        household
    });
    let offer = OfferRequest {
        utility: Utility::Electricity,
        at: street.start_of(street.window(0)),
        quantity: Quantity(150),
        price_micro_euro: 300,
        valid_for: HOUR,
    };
    let offer = anna.make_offer(&offer).unwrap();
    bert.buy(&offer, None, false).unwrap();
    street.hand_in(&mut bert);
    street.measure_first_window(100);
    for household in [&mut anna, &mut bert] {
        street.feed(household);
        rule(household, Some(120), Some(260));
        household.agent_step(&[]);
    }
    // 150 of the 400 Wh are promised to a contract: the order takes the rest, and the delivery waits for its change.
    assert!(placed(&anna).contains(&(Side::Seller, 250, Some(120))), "{:?}", placed(&anna));
    assert_eq!(placed(&bert), [(Side::Buyer, 250, Some(260))]);
    for household in [&mut anna, &mut bert] {
        ask_for(household);
        street.hand_in(household);
    }
    street.block_at(street.community.now().plus(HOUR));
    street.feed(&mut anna);
    let work = anna.agent_step(&[]);
    assert!(work.actions.iter().any(|action| action.text.contains("delivered") && !action.failed), "{work:?}");
}

#[test]
fn below_the_smallest_order_and_beyond_the_money_nothing_is_ordered() {
    // 4 x 2 Wh: less than the 10 Wh of the smallest order; Anna's meter took 20.
    let (_street, _, mut anna, mut bert) = hall(2);
    rule(&mut bert, Some(120), Some(260));
    assert!(bert.agent_step(&[]).actions.is_empty());
    rule(&mut anna, Some(120), None);
    assert!(anna.agent_step(&[]).actions.is_empty());

    // 4 x 12,000 Wh would lock 48 euros; four pieces of ten are there.
    let (_other, _, _, mut bert) = hall(12_000);
    rule(&mut bert, None, Some(260));
    bert.agent_step(&[]);
    assert_eq!(placed(&bert), [(Side::Buyer, 40_000, Some(260))]);
    assert_eq!(bert.overview(Vec::new()).available, Credit(40 * EURO));
}

#[test]
fn what_the_operator_refused_is_not_tried_again_and_what_is_off_stays_off() {
    let (street, operator, mut anna, mut bert) = hall(100);
    operator.is(Mood::Refuses("full"));
    rule(&mut bert, None, Some(260));
    bert.agent_step(&[]);
    ask_for(&mut bert);
    assert_eq!(bert.orders()[0].state, OrderStanding::GivenUp);
    assert!(bert.agent_step(&[]).actions.is_empty());
    rule(&mut anna, None, None);
    assert!(anna.agent_step(&[]).actions.is_empty());
    // An order by hand counts as the one of this auction.
    anna.place_order(&request(&street, Side::Seller, 50, 500), false).unwrap();
    rule(&mut anna, Some(120), None);
    assert!(anna.agent_step(&[]).actions.is_empty());
}

#[test]
fn a_rule_without_an_operator_says_so() {
    let (_street, _, mut anna, _) = hall(100);
    rule(&mut anna, Some(120), None);
    let settings = Settings { operator: None, ..anna.settings().clone() };
    anna.set_settings(settings).unwrap();
    let work = anna.agent_step(&[]);
    assert!(work.actions[0].failed && work.actions[0].text.contains("market operator"), "{:?}", work.actions);
}

#[test]
fn a_rule_takes_the_place_of_the_one_before_for_its_utility() {
    let mut agent = AgentSettings::default();
    let of = |utility, sell_from_micro_euro, buy_up_to_micro_euro| AuctionRule {
        utility,
        sell_from_micro_euro,
        buy_up_to_micro_euro,
    };
    agent.set_auction(of(Utility::Water, None, Some(1_800)));
    agent.set_auction(of(Utility::Electricity, Some(120), Some(260)));
    agent.set_auction(of(Utility::Electricity, Some(150), None));
    assert_eq!(agent.auction, [of(Utility::Electricity, Some(150), None), of(Utility::Water, None, Some(1_800))]);
    assert_eq!(agent.auction_of(Utility::Heat), None);
    agent.set_auction(of(Utility::Water, None, None));
    assert_eq!(agent.auction.len(), 1);
    let old: AgentSettings = serde_json::from_str("{\"deliver\":false}").unwrap();
    assert_eq!(old, AgentSettings { deliver: false, ..AgentSettings::default() });
}
