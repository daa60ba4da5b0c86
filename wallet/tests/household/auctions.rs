//! Orders of the auction as a household places them: admitted by the operator or not, interrupted anywhere, and what became of
//! them.

use std::sync::{Arc, Mutex};

use hushwatt_ledger::{
    parameters::Parameters,
    transaction::build::Built,
    units::{Credit, Quantity, Utility},
};
use hushwatt_wallet::{
    file::Strength,
    household::{
        Admission, AgentSettings, AuctionRule, Courier, Household, NewHousehold, OrderRequest, Settings,
        views::{EntryState, HistoryFilter, HistoryKind, OrderStanding, Side},
    },
};

use crate::{
    clearing::clear_of,
    operator::{Mood, Operator, ask_for},
    street::{ANNA, BERT, EURO, HOUR, Street, available, passphrase, total},
    support::Setup,
};

const PURSE: u64 = 80 * EURO;

/// A street whose first window takes orders, its operator, and Anna's and Bert's households: Anna gave four times this many Wh
/// to the grid, Bert took them.
pub fn hall(export: u32) -> (Street, Operator, Household, Household) {
    let mut street = Street::new();
    let (operator, anna, bert) = hall_of(&mut street, export);
    (street, operator, anna, bert)
}

/// The same in a street that is there.
pub fn hall_of(street: &mut Street, export: u32) -> (Operator, Household, Household) {
    let operator = Operator::of(street.community.genesis.network());
    let mut homes = [(ANNA, "anna"), (BERT, "bert")].map(|(who, name)| {
        let mut household = street.household(who, name);
        household.pair(&street.pairing_code(who), None).unwrap();
        household.set_settings(Settings { operator: Some(operator.url.clone()), ..Settings::default() }).unwrap();
        household
    });
    street.measure_first_window(export);
    homes.iter_mut().for_each(|household| street.feed(household));
    let [anna, bert] = homes;
    (operator, anna, bert)
}

pub fn request(street: &Street, side: Side, quantity: u32, limit: u32) -> OrderRequest {
    OrderRequest {
        side,
        utility: Utility::Electricity,
        at: street.start_of(street.window(0)).plus(60),
        quantity: Quantity(quantity),
        limit_micro_euro: limit,
        operator: None,
    }
}

/// The auction of the first window is closed and cleared.
pub fn clear(street: &mut Street, operator: &Operator) {
    let closes = street.community.genesis.parameters.order_until(street.window(0)).unwrap();
    for time in [closes.plus(1), closes.plus(11)] {
        street.block_at(time);
    }
    let window = street.window(0);
    let clear = clear_of(&mut street.community, window, &operator.book());
    street.settle(vec![Built::new(clear, Vec::new())]);
}

fn standing(household: &Household) -> Vec<OrderStanding> {
    household.orders().iter().map(|order| order.state).collect()
}

fn of_kind(kind: HistoryKind) -> HistoryFilter {
    HistoryFilter { kinds: vec![kind], ..HistoryFilter::default() }
}

#[test]
fn energy_is_ordered_admitted_cleared_and_paid() {
    let (mut street, operator, mut anna, mut bert) = hall(100);
    let ask = anna.place_order(&request(&street, Side::Seller, 400, 100), false).unwrap();
    let preview = bert.preview_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    assert_eq!((preview.amount, preview.to.as_str()), (Credit(300_000), operator.url.as_str()));
    assert_eq!((bert.orders().len(), available(&bert)), (0, Credit(PURSE)), "a preview keeps nothing");
    bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    for household in [&mut anna, &mut bert] {
        assert_eq!(standing(household), [OrderStanding::AwaitsOperator]);
        assert!(household.to_hand_in().is_empty(), "no node gets it before it is admitted");
        assert!(matches!(ask_for(household)[..], [Admission::Given]));
        assert_eq!(standing(household), [OrderStanding::AwaitsBlock]);
        assert_eq!(street.hand_in(household), 1);
        assert_eq!(standing(household), [OrderStanding::Open]);
    }
    assert_eq!((bert.overview(Vec::new()).ordered, total(&bert)), (Credit(300_000), PURSE));
    let placed = &bert.history(&of_kind(HistoryKind::AuctionBuy))[0];
    assert_eq!((placed.amount, placed.quantity, placed.price_micro_euro), (0, Some(300), Some(200)));
    assert_eq!(anna.orders()[0].transaction, ask.id);

    clear(&mut street, &operator);
    for household in [&mut anna, &mut bert] {
        street.feed(household);
    }
    // The ask is marginal and sets the price.
    let (sold, bought) = (&anna.orders()[0], &bert.orders()[0]);
    assert_eq!((sold.state, sold.filled, sold.money), (OrderStanding::Traded, Some(Quantity(300)), Credit(30_000)));
    assert_eq!(
        (bought.state, bought.filled, bought.money),
        (OrderStanding::Traded, Some(Quantity(300)), Credit(30_000))
    );
    assert_eq!((sold.limit_micro_euro, sold.price_micro_euro), (Some(100), Some(100)));
    assert_eq!((total(&anna), total(&bert)), (PURSE + 30_000, PURSE - 30_000));
    assert_eq!(bert.overview(Vec::new()).ordered, Credit::ZERO);
    let line = &bert.history(&of_kind(HistoryKind::Bought))[0];
    assert_eq!((line.amount, line.quantity, line.price_micro_euro), (-30_000, Some(300), Some(100)));
    assert_eq!((line.order, line.contract), (Some(bought.id), None));
    let line = &anna.history(&of_kind(HistoryKind::Sold))[0];
    assert_eq!((line.amount, line.quantity, line.price_micro_euro), (30_000, Some(300), Some(100)));
    let start = street.start_of(street.window(0));
    let (rows, months) = (anna.energy(start, start.plus(1)), anna.month_of(start).utilities);
    assert_eq!((rows[0].exported, rows[0].sold, months[0].sold, months[0].earned), (400, 300, 300, Credit(30_000)));
    let (rows, months) = (bert.energy(start, start.plus(1)), bert.month_of(start).utilities);
    assert_eq!((rows[0].imported, rows[0].bought, months[0].bought, months[0].spent), (400, 300, 300, Credit(30_000)));
    let exported = bert.export(&street.path("export")).unwrap();
    assert_eq!((exported.orders, exported.files.len()), (1, 5));
    let table = std::fs::read_to_string(street.path("export").join("orders.csv")).unwrap();
    assert!(table.contains(",buyer,electricity,") && table.contains(",300,200,traded,300,100,30000"), "{table}");
}

#[test]
fn an_interruption_at_any_moment_loses_nothing_and_orders_once() {
    let (mut street, operator, anna, mut bert) = hall(100);
    drop(anna);
    let placed = bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    // Between building and admission.
    drop(bert);
    let bert = street.reopen("bert");
    assert_eq!((available(&bert).0, total(&bert)), (PURSE - 10 * EURO, PURSE), "the note stays set aside");
    assert_eq!((bert.to_admit().len(), bert.to_hand_in().len()), (1, 0));
    assert_eq!(bert.to_admit()[0].id, placed.id);
    // He admitted it, and the answer was lost: the same again is answered the same.
    bert.to_admit()[0].ask().unwrap();
    drop(bert);
    let mut bert = street.reopen("bert");
    assert!(matches!(ask_for(&mut bert)[..], [Admission::Given]));
    assert_eq!((operator.orders_seen(), operator.book().len()), (2, 1));
    // Between admission and submission.
    drop(bert);
    let mut bert = street.reopen("bert");
    assert_eq!((bert.to_admit().len(), bert.to_hand_in().len()), (0, 1));
    assert_eq!((bert.to_hand_in()[0].id, standing(&bert)), (placed.id, vec![OrderStanding::AwaitsBlock]));
    // Handed in, and not seen in a block yet.
    bert.handed_in(&placed.id).unwrap();
    drop(bert);
    let mut bert = street.reopen("bert");
    assert_eq!(street.hand_in(&mut bert), 1);
    assert_eq!((bert.orders().len(), standing(&bert)), (1, vec![OrderStanding::Open]));
    drop(bert);
    let mut bert = street.reopen("bert");
    assert_eq!((standing(&bert), bert.overview(Vec::new()).ordered), (vec![OrderStanding::Open], Credit(300_000)));
    street.block_at(bert.orders()[0].until.plus(1));
    street.feed(&mut bert);
    drop(bert);
    let bert = street.reopen("bert");
    assert_eq!((standing(&bert), total(&bert)), (vec![OrderStanding::Expired], PURSE));
    let line = &bert.history(&of_kind(HistoryKind::NotTraded))[0];
    assert_eq!((line.amount, line.state), (0, EntryState::Final));
    assert!(line.reason.as_ref().unwrap().contains("not cleared in time"));
}

#[test]
fn a_wallet_restored_from_its_words_has_the_order_back() {
    let (mut street, operator, mut anna, mut bert) = hall(100);
    for (household, side) in [(&mut anna, Side::Seller), (&mut bert, Side::Buyer)] {
        household.place_order(&request(&street, side, 300, 150), false).unwrap();
        ask_for(household);
        street.hand_in(household);
    }
    let open = street.household(BERT, "restored while it is open");
    assert_eq!((standing(&open), total(&open)), (vec![OrderStanding::Open], PURSE));
    clear(&mut street, &operator);
    street.feed(&mut bert);
    let restored = street.household(BERT, "restored afterwards");
    assert_eq!((restored.orders(), total(&restored)), (bert.orders(), total(&bert)));
    assert_eq!(restored.orders()[0].limit_micro_euro, Some(150));
}

#[test]
fn what_the_operator_refuses_is_given_up_at_once() {
    let (street, operator, _, mut bert) = hall(100);
    for code in ["opening", "full", "over", "rule", "something new"] {
        operator.is(Mood::Refuses(code));
        bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
        assert!(matches!(ask_for(&mut bert)[..], [Admission::Refused]), "{code}");
        assert_eq!((available(&bert), bert.to_hand_in().len()), (Credit(PURSE), 0), "{code}");
        assert!(bert.to_admit().is_empty());
    }
    let orders = bert.orders();
    assert!(orders.len() == 5 && orders.iter().all(|order| order.state == OrderStanding::GivenUp));
    assert!(orders[0].reason.as_ref().unwrap().contains("not this one"), "{orders:?}");
    assert!(operator.book().is_empty());
}

#[test]
fn an_operator_who_is_somebody_else_learns_nothing_and_one_who_lies_gets_nothing() {
    let (street, operator, _, mut bert) = hall(100);
    for (mood, words, sent) in [
        (Mood::Impostor, "not the market operator that the ledger has registered", 0),
        (Mood::InBetween, "not signed by the market operator", 0),
        (Mood::Lies, "does not verify", 1),
    ] {
        let before = operator.orders_seen();
        operator.is(mood);
        let placed = bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
        assert!(matches!(ask_for(&mut bert)[..], [Admission::Refused]), "{mood:?}");
        assert_eq!(operator.orders_seen() - before, sent, "{mood:?}");
        assert_eq!((available(&bert), bert.to_hand_in().len()), (Credit(PURSE), 0), "{mood:?}");
        let given_up = bert.orders().into_iter().find(|order| order.transaction == placed.id).unwrap();
        assert!(given_up.reason.as_ref().unwrap().contains(words), "{mood:?}: {:?}", given_up.reason);
        assert_eq!(bert.state_of(&placed.id), Some(EntryState::Released));
    }
}

#[test]
fn an_admission_of_somebody_else_is_refused_whoever_hands_it_over() {
    let (street, _, _, mut bert) = hall(100);
    let placed = bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    let (network, stranger) = (*bert.genesis().network(), crate::support::registrar_key());
    let forged = hushwatt_ledger::transaction::order::admit(&stranger, &network, &placed.id);
    assert!(matches!(bert.answered(&placed.id, Ok(forged)).unwrap(), Admission::Refused));
    assert_eq!((available(&bert), bert.to_hand_in().len()), (Credit(PURSE), 0));
}

#[test]
fn while_the_operator_is_away_an_order_waits_and_is_void_when_its_auction_closes() {
    let (mut street, operator, _, mut bert) = hall(100);
    bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    for mood in [Mood::Away, Mood::Garbage, Mood::Refuses("busy"), Mood::Refuses("not_begun")] {
        operator.is(mood);
        let answer = ask_for(&mut bert);
        assert!(matches!(&answer[..], [Admission::Later(why)] if !why.is_empty()), "{mood:?}: {answer:?}");
        assert_eq!(standing(&bert), [OrderStanding::AwaitsOperator], "{mood:?}");
    }
    let closes = street.community.genesis.parameters.order_until(street.window(0)).unwrap();
    assert!(bert.orders()[0].until > closes);
    street.block_at(closes.plus(1));
    street.feed(&mut bert);
    assert_eq!((standing(&bert), available(&bert)), (vec![OrderStanding::GivenUp], Credit(PURSE)));
    assert!(bert.orders()[0].reason.as_ref().unwrap().contains("did not admit it in time"));
    operator.is(Mood::Honest);
    assert!(ask_for(&mut bert).is_empty());
}

#[test]
fn an_admitted_order_that_no_block_took_in_time_is_void() {
    let (mut street, _, _, mut bert) = hall(100);
    bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    ask_for(&mut bert);
    street.block_at(street.community.genesis.parameters.order_until(street.window(0)).unwrap().plus(1));
    street.feed(&mut bert);
    assert_eq!((standing(&bert), available(&bert)), (vec![OrderStanding::GivenUp], Credit(PURSE)));
    assert!(bert.orders()[0].reason.as_ref().unwrap().contains("in no block in time"));
}

#[test]
fn an_order_is_taken_back_until_it_is_admitted() {
    let (street, operator, mut anna, _) = hall(100);
    operator.is(Mood::Away);
    let order = request(&street, Side::Seller, 400, 100);
    let placed = anna.place_order(&order, false).unwrap();
    ask_for(&mut anna);
    assert_eq!(anna.place_order(&order, false).unwrap_err().kind(), "insufficient_energy", "it is set aside");
    anna.cancel_order(&placed.id).unwrap();
    assert_eq!(standing(&anna), [OrderStanding::GivenUp]);
    assert_eq!(anna.cancel_order(&placed.id).unwrap_err().kind(), "no_trade", "once");
    operator.is(Mood::Honest);
    let placed = anna.place_order(&order, false).unwrap();
    ask_for(&mut anna);
    assert_eq!(anna.cancel_order(&placed.id).unwrap_err().kind(), "no_trade", "it is admitted");
    assert_eq!(anna.to_hand_in().len(), 1);
}

#[test]
fn orders_that_cannot_be_are_refused_in_plain_words() {
    let mut street = Street::new();
    let operator = Operator::of(street.community.genesis.network());
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    let refused = |household: &mut Household, order: &OrderRequest, kind: &str, words: &str| {
        let error = household.place_order(order, false).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(household.orders().is_empty() && household.to_admit().is_empty());
    };
    let good = request(&street, Side::Buyer, 300, 200);
    refused(&mut bert, &good, "no_trade", "too early");
    street.measure_first_window(100);
    for household in [&mut anna, &mut bert] {
        street.feed(household);
    }
    refused(&mut bert, &good, "operator", "hushwatt wallet settings operator");
    let wrong = OrderRequest { operator: Some("ftp://market".to_owned()), ..good.clone() };
    refused(&mut bert, &wrong, "operator", "address");
    bert.set_settings(Settings { operator: Some(operator.url.clone()), ..Settings::default() }).unwrap();
    anna.set_settings(bert.settings().clone()).unwrap();
    let bad = OrderRequest { quantity: Quantity(9), ..good.clone() };
    refused(&mut bert, &bad, "no_trade", "at least 10 Wh");
    for limit in [0, 9, 1_001, u32::MAX] {
        let bad = OrderRequest { limit_micro_euro: limit, ..good.clone() };
        refused(&mut bert, &bad, "no_trade", "between 10 and 1000 micro-euro per Wh");
    }
    refused(&mut bert, &OrderRequest { utility: Utility::Heat, ..good.clone() }, "no_trade", "heat");
    let later = OrderRequest { at: good.at.plus(HOUR), ..good.clone() };
    refused(&mut bert, &later, "no_trade", "too early");
    refused(&mut bert, &OrderRequest { quantity: Quantity(80_001), ..good.clone() }, "insufficient_money", "needed");
    refused(&mut anna, &request(&street, Side::Seller, 100, 100), "insufficient_energy", "energy");
    street.block_at(street.community.genesis.parameters.order_until(street.window(0)).unwrap().plus(1));
    street.feed(&mut bert);
    refused(&mut bert, &good, "no_trade", "too late");

    let key = anna.view_only_key(&passphrase()).unwrap();
    let (path, passphrase) = (street.path("looking"), passphrase());
    let new = NewHousehold {
        path: &path,
        passphrase: &passphrase,
        strength: Strength::FOR_TESTS,
        genesis: street.genesis(),
        nodes: Vec::new(),
    };
    let mut looking = Household::create_view_only(new, &key, None).unwrap();
    assert_eq!(looking.place_order(&good, true).unwrap_err().kind(), "view_only");
}

#[test]
fn without_auctions_in_its_genesis_a_community_has_none() {
    let setup = Setup::default();
    let parameters = Parameters { auction: None, ..setup.parameters.clone() };
    let mut street = Street::of(&Setup { parameters, ..setup });
    street.measure_first_window(100);
    let mut bert = street.household(BERT, "bert");
    let error = bert.place_order(&request(&street, Side::Buyer, 300, 200), true).unwrap_err();
    assert!(error.kind() == "no_trade" && error.to_string().contains("no auctions"), "{error}");
    assert!(bert.windows_taking_orders().is_empty());
    let rule =
        AuctionRule { utility: Utility::Electricity, sell_from_micro_euro: Some(10), buy_up_to_micro_euro: Some(500) };
    let agent = AgentSettings { tidy: false, auction: vec![rule], ..AgentSettings::default() };
    bert.set_settings(Settings { agent, ..Settings::default() }).unwrap();
    assert!(bert.agent_step(&[]).actions.is_empty());
}

#[test]
fn too_little_company_is_asked_about_first() {
    let (street, _, mut anna, _) = hall(100);
    let settings = Settings { smallest_company: 16, ..anna.settings().clone() };
    anna.set_settings(settings).unwrap();
    let order = request(&street, Side::Seller, 100, 100);
    assert_eq!(anna.preview_order(&order, false).unwrap_err().kind(), "small_company");
    let preview = anna.preview_order(&order, true).unwrap();
    assert_eq!((preview.amount, preview.hides_among), (Credit::ZERO, 2));
    assert_eq!(anna.place_order(&order, true).unwrap().fee, Credit::ZERO);
}

#[test]
fn a_courier_asks_the_operator_tells_when_he_is_away_and_then_hands_in() {
    let (street, operator, _, mut bert) = hall(100);
    operator.is(Mood::Away);
    bert.place_order(&request(&street, Side::Buyer, 300, 200), false).unwrap();
    let household = Arc::new(Mutex::new(bert));
    let mut courier = Courier::new(household.clone()).unwrap();
    let state = courier.round().unwrap();
    let trouble = courier.operator_trouble().unwrap();
    assert!(trouble.contains(&operator.url), "{trouble}");
    assert!(state.notices.contains(&trouble), "{:?}", state.notices);
    operator.is(Mood::Honest);
    let before = operator.orders_seen();
    courier.round().unwrap();
    assert_eq!(operator.orders_seen(), before, "he is not asked in every round");
    // Another one, as after a restart.
    let mut courier = Courier::new(household.clone()).unwrap();
    courier.round().unwrap();
    assert_eq!(courier.operator_trouble(), None);
    let household = household.lock().unwrap();
    assert_eq!((household.to_admit().len(), household.to_hand_in().len()), (0, 1));
}
