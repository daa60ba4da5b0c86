//! The agent: it trades by itself, and never beyond what its household allowed.

use hushwatt_ledger::units::{Credit, Quantity, Utility};
use hushwatt_wallet::household::{AgentSettings, BuyRule, OfferRequest, SellRule, Settings};

use crate::street::{ANNA, BERT, EURO, HOUR, Street, total};

fn settings(agent: AgentSettings) -> Settings {
    Settings { agent, ..Settings::default() }
}

fn buyer(max_price: u32, per_window: u32, per_day: u64) -> Settings {
    let rule = BuyRule {
        utility: Utility::Electricity,
        max_price_micro_euro: max_price,
        per_window,
        per_day_micro_euro: per_day,
    };
    settings(AgentSettings { tidy: false, buy: Some(rule), ..AgentSettings::default() })
}

#[test]
fn two_agents_trade_a_window_unattended() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.feed(&mut anna);
    let window = street.window(0);
    let request = OfferRequest {
        utility: Utility::Electricity,
        at: street.start_of(window),
        quantity: Quantity(400),
        price_micro_euro: 300,
        valid_for: HOUR,
    };
    let offer = anna.make_offer(&request).unwrap();
    bert.set_settings(buyer(300, 200, EURO)).unwrap();
    let work = bert.agent_step(std::slice::from_ref(&offer));
    assert_eq!(work.actions.len(), 1, "{:?}", work.actions);
    assert!(!work.actions[0].failed);
    assert!(bert.agent_step(std::slice::from_ref(&offer)).actions.is_empty(), "it orders once");
    street.hand_in(&mut bert);
    assert!(bert.agent_step(&[offer]).actions.is_empty(), "and not again when that is final");
    street.measure_first_window(70);
    for household in [&mut anna, &mut bert] {
        street.feed(household);
    }
    let work = anna.agent_step(&[]);
    assert!(
        work.actions.iter().any(|action| action.text.contains("delivered") && !action.failed),
        "{:?}",
        work.actions
    );
    street.hand_in(&mut anna);
    street.feed(&mut bert);
    assert_eq!((total(&anna), total(&bert)), (80 * EURO + 60_000, 80 * EURO - 60_000));
}

#[test]
fn an_agent_keeps_to_price_quantity_and_money() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    let offers: Vec<_> = [(0, 250), (1, 300), (1, 310)]
        .into_iter()
        .map(|(n, price)| {
            let request = OfferRequest {
                utility: Utility::Electricity,
                at: street.start_of(street.window(n)),
                quantity: Quantity(400),
                price_micro_euro: price,
                valid_for: 2 * HOUR,
            };
            anna.make_offer(&request).unwrap()
        })
        .collect();
    let ordered = |street: &mut Street, name: &str, rule: Settings| {
        let mut bert = street.household(BERT, name);
        bert.set_settings(rule).unwrap();
        bert.agent_step(&offers);
        let waiting = bert.to_hand_in().len();
        let overview = bert.overview(Vec::new());
        (waiting, overview.available)
    };
    assert_eq!(ordered(&mut street, "cheap", buyer(240, 400, EURO)).0, 0, "all are dearer");
    assert_eq!(ordered(&mut street, "one", buyer(250, 400, EURO)).0, 1);
    assert_eq!(ordered(&mut street, "two", buyer(400, 400, EURO)).0, 2, "one order a seller and window");
    assert_eq!(ordered(&mut street, "poor", buyer(400, 400, 0)).0, 0, "no money is allowed");
    assert_eq!(ordered(&mut street, "little", buyer(400, 400, 100_000)).0, 1, "the first order takes all of it");
    assert_eq!(ordered(&mut street, "none", buyer(400, 0, EURO)).0, 0, "no energy is wanted");
    let mut bert = street.household(BERT, "idle");
    assert!(bert.agent_step(&offers).actions.is_empty(), "nothing is ordered unless it is allowed");
    let seen = bert.overview(Vec::new()).available;
    assert_eq!(seen, Credit(80 * EURO));
}

#[test]
fn an_agent_offers_what_yesterday_gave() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.measure_first_window(100);
    let yesterday = street.start_of(street.window(0));
    street.block_at(yesterday.plus(23 * HOUR));
    street.feed(&mut anna);
    let rule = SellRule { utility: Utility::Electricity, price_micro_euro: 280, percent_of_yesterday: 50 };
    anna.set_settings(settings(AgentSettings { tidy: false, sell: Some(rule), ..AgentSettings::default() })).unwrap();
    let work = anna.agent_step(&[]);
    assert_eq!(work.to_post.len(), 1, "{:?}", work.actions);
    let offer = work.to_post[0].offer();
    assert_eq!((offer.quantity, offer.price.micro_euro()), (Quantity(200), 280));
    assert_eq!(street.start_of(offer.window), yesterday.plus(24 * HOUR));
    assert!(anna.agent_step(&[]).to_post.is_empty(), "once a window");
}
