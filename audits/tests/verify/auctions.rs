//! Sealed-bid auctions: every price verified, every order accounted for, every forgery found.

use std::sync::LazyLock;

use hushwatt_audits::{Count, Question, Verdict, report::AuctionEnding};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    transaction::{Action, build::Built, clear::Outcome, order::Side, registry::RegistryChange},
    units::{Price, Timestamp, Utility, Window},
};

use crate::{
    chain::{Chain, story},
    kit::{
        ANNA, BERT, CARLA, TREASURY,
        auction::Wish,
        forge::{one_more, signed_again},
    },
    tamper,
};

/// Height of the story that begins here: the energy of window 0 is sealed.
const SEALED: u64 = 4;

/// Electricity of window 0.
fn wish(chain: &Chain, who: usize, limit: u32, quantity: u32) -> Wish {
    Wish { who, utility: Utility::Electricity, window: chain.world.window(0), limit, quantity }
}

/// Until when orders of a window are taken, and until when it can be cleared.
fn terms(chain: &Chain, window: Window) -> (Timestamp, Timestamp) {
    let parameters = chain.world.parameters();
    (parameters.order_until(window).unwrap(), parameters.clear_until(window).unwrap())
}

/// 5: orders, of which 800 Wh can be traded at 0.200 EUR/kWh; two meters attest window 1. 6, 7: orders are closed, and the rank is
/// fixed. 8: cleared.
static STAGES: LazyLock<[Chain; 3]> = LazyLock::new(|| {
    let mut chain = story(SEALED);
    let mut built = Vec::new();
    for (who, limit, quantity) in [(ANNA, 150, 800), (BERT, 250, 500)] {
        let wish = wish(&chain, who, limit, quantity);
        built.push(chain.world.sell(&wish));
    }
    for (who, limit, quantity) in [(CARLA, 300, 600), (TREASURY, 200, 400)] {
        let wish = wish(&chain, who, limit, quantity);
        built.push(chain.world.buy(&wish));
    }
    let reading = chain.world.measured(500, 10);
    for meter in [0, 1] {
        let next = chain.world.window(1);
        built.push(chain.world.attest(meter, next, std::slice::from_ref(&reading)));
    }
    chain.accept(chain.world.after(300), &built);
    let (last, _) = terms(&chain, chain.world.window(0));
    let placed = chain.clone();
    chain.accept(last.plus(1), &[]);
    chain.accept(last.plus(31), &[]);
    let closed = chain.clone();
    let built = clear(&mut chain, 0);
    chain.accept(chain.world.after(60), &[built]);
    [placed, closed, chain]
});

fn closed() -> Chain {
    STAGES[1].clone()
}

fn clear(chain: &mut Chain, window: u64) -> Built {
    let window = chain.world.window(window);
    chain.world.clear(Utility::Electricity, window).0
}

/// 9: window 1 is sealed. 10: orders whose limits do not meet. 11, 12: closed. 13: cleared, nothing is traded.
static CLEARED: LazyLock<Chain> = LazyLock::new(|| {
    let mut chain = STAGES[2].clone();
    let window = chain.world.window(1);
    chain.accept(chain.world.parameters().attest_until(window).plus(1), &[]);
    let (ask, bid) = (Wish { window, ..wish(&chain, ANNA, 500, 100) }, Wish { window, ..wish(&chain, CARLA, 100, 50) });
    let orders = [chain.world.sell(&ask), chain.world.buy(&bid)];
    chain.accept(chain.world.after(60), &orders);
    let (last, _) = terms(&chain, window);
    chain.accept(last.plus(1), &[]);
    chain.accept(last.plus(31), &[]);
    let built = clear(&mut chain, 1);
    chain.accept(chain.world.after(60), &[built]);
    chain
});

#[test]
fn auctions_are_verified_counted_and_listed_with_their_prices() {
    let mut chain = CLEARED.clone();
    // 14 to 16: an order of the next window that nobody answers goes back. 17, 18: one that stands.
    for number in [2, 20] {
        let window = chain.world.window(number);
        let from = chain.world.parameters().attest_until(window).plus(60);
        chain.accept(from.minus(30), &[]);
        let order = chain.world.buy(&Wish { window, ..wish(&chain, ANNA, 100, 10) });
        chain.accept(from, &[order]);
        if number == 2 {
            let (_, until) = terms(&chain, window);
            chain.accept(until.plus(1), &[]);
        }
    }
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    let totals = report.totals.clone().unwrap();
    let kinds = totals.transactions;
    assert_eq!((kinds.sells, kinds.buys, kinds.clears), (3, 5, 2));
    assert_eq!(totals.money.fees, 7 * (kinds.transfers + kinds.opens + kinds.buys), "a bid pays the fee, an ask none");
    let proofs = totals.proofs;
    assert_eq!((proofs.operator_signatures, proofs.clearing_proofs, proofs.handle_proofs), (8 + 2, 2, 1));
    let auctions = totals.auctions.unwrap();
    assert_eq!((auctions.auctions, auctions.cleared, auctions.nothing_traded), (4, 1, 1));
    assert_eq!((auctions.expired, auctions.open), (1, 1));
    assert_eq!((auctions.orders, auctions.orders_cleared), (8, 4));
    assert_eq!((auctions.orders_given_back, auctions.orders_open), (3, 1));
    // Two sellers and two buyers.
    assert_eq!(totals.payments, 4);
    let first = chain.world.window(0).0;
    let endings: Vec<_> =
        totals.clearing_prices.iter().map(|one| (one.window - first, one.ending, one.block)).collect();
    assert_eq!(
        endings,
        [
            (0, AuctionEnding::Cleared { price: 200 }, Some(8)),
            (1, AuctionEnding::NothingTraded, Some(13)),
            (2, AuctionEnding::Expired, Some(16)),
            (20, AuctionEnding::Open, None),
        ]
    );
    let answer = report.questions.iter().find(|answer| answer.question == Question::ClearingPrices).unwrap();
    assert_eq!(
        (&answer.verdict, answer.counts[&Count::Cleared], answer.counts[&Count::Orders]),
        (&Verdict::Holds, 1, 8)
    );
    let electric = &totals.energy[0];
    assert_eq!((electric.sold_orders, electric.sold.as_ref().unwrap().len()), (2, 64));

    let text = report.to_string();
    for part in [
        "4 auctions: 1 cleared at a proven price, 1 with a proof that nothing could be traded, 1 not cleared, 1 open",
        "8 orders: 4 cleared, 3 given back, 1 open",
        "Clearing prices\n  electricity, window from",
        ": 0.200 EUR/kWh, proof holds, block 8 (2 to buy, 2 to sell)",
        ": nothing traded, proof holds, block 13 (1 to buy, 1 to sell)",
        ": not cleared, every order given back, block 16 (1 to buy, 0 to sell)",
        "3 orders to sell, 5 orders to buy, 2 clearings",
        "; 10 of the market operator and 2 proofs of clearings.",
        "and 2 clearings; 4 payouts and refunds recomputed",
        "every delivery and every order to sell spends such notes",
    ] {
        assert!(text.contains(part), "\"{part}\" is missing in {text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    let first = &json["totals"]["clearing_prices"][0];
    assert_eq!((&first["ending"], &first["price"], &first["sells"]), (&"cleared".into(), &200.into(), &2.into()));
    assert_eq!(first["clear"].as_str().unwrap().len(), 128);
    assert_eq!(json["totals"]["clearing_prices"][3]["ending"], "open");
    assert_eq!(json["totals"]["auctions"]["orders_given_back"], 3);
}

#[test]
fn every_beginning_of_a_chain_with_auctions_holds() {
    let chain = CLEARED.clone();
    for height in SEALED..=chain.height() {
        let mut chain = chain.clone();
        chain.records.truncate(height as usize);
        let report = chain.audit();
        assert!(report.holds(), "{report}");
        let open = report.totals.unwrap().auctions.map_or(0, |auctions| auctions.open);
        let is_open = (5..8).contains(&height) || (10..13).contains(&height);
        assert_eq!(open, u64::from(is_open), "block {height}");
    }
}

#[test]
fn a_chain_without_auctions_says_nothing_of_them() {
    let report = story(SEALED).audit();
    let text = report.to_string();
    assert!(!text.contains("orders") && !text.contains("Clearing prices\n"), "{text}");
    assert!(text.contains("no auctions on this chain"), "{text}");
    let json = serde_json::to_string(&report).unwrap();
    for name in ["sells", "buys", "clears\"", "operator_signatures", "clearing_proofs", "auctions\":", "sold"] {
        assert!(!json.contains(name), "{name}");
    }
}

#[test]
fn orders_and_clearings_of_another_operator_fail_the_proofs() {
    let mut chain = story(SEALED);
    let wishes = [wish(&chain, ANNA, 150, 800), wish(&chain, CARLA, 300, 600)];
    let stranger = SigningKey::from_bytes(&[9; 32]);
    let (sell, buy) = (chain.world.sell(&wishes[0]), chain.world.buy(&wishes[1]));
    for order in [sell, buy] {
        let bad = signed_again(&order, &stranger);
        let mut chain = chain.clone();
        chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&bad));
        chain.blames(&bad, Question::Proofs, "Admission");
    }
    let mut chain = closed();
    let bad = signed_again(&clear(&mut chain, 0), &stranger);
    chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&bad));
    chain.blames(&bad, Question::Proofs, "ClearSignature");
}

#[test]
fn energy_and_credit_from_nothing_in_orders_are_found() {
    let mut chain = story(SEALED);
    let (anna, carla) = (wish(&chain, ANNA, 150, 800), wish(&chain, CARLA, 300, 600));
    let (sell, buy) = (chain.world.sell(&anna), chain.world.buy(&carla));
    let operator = chain.world.operator.clone();
    let more = tamper!(sell, Sell, |it| it.statement.change.commitment = one_more(&it.statement.change.commitment));
    let richer = tamper!(buy, Buy, |it| it.statement.change.commitment = one_more(&it.statement.change.commitment));
    for (bad, question) in [(more, Question::DeliveredWithinAttested), (richer, Question::Supply)] {
        let bad = signed_again(&bad, &operator);
        let mut chain = chain.clone();
        chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&bad));
        chain.blames(&bad, question, "Unbalanced");
    }
    let ring = tamper!(sell, Sell, |it| {
        let c0 = &mut it.signatures[0].c0;
        *c0 = crate::kit::forge::incremented(c0);
    });
    chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&ring));
    chain.blames(&ring, Question::Proofs, "RingSignature");
}

#[test]
fn orders_out_of_time_fail_the_clearing_prices() {
    let chain = story(SEALED);
    let (last, _) = terms(&chain, chain.world.window(0));
    for (window, at, rule) in [(0, last.plus(1), "OrderTooLate"), (1, chain.world.after(60), "OrderTooEarly")] {
        let mut chain = chain.clone();
        chain.accept(at.minus(30), &[]);
        let window = chain.world.window(window);
        let order = chain.world.buy(&Wish { window, ..wish(&chain, CARLA, 100, 10) });
        chain.forge_rules(at, std::slice::from_ref(&order));
        chain.blames(&order, Question::ClearingPrices, rule);
    }
}

#[test]
fn a_clearing_whose_proof_is_of_something_else_fails_the_clearing_prices() {
    let mut chain = closed();
    let good = clear(&mut chain, 0);
    let other = CLEARED.last_block().transactions[0].clone();
    let Action::Clear(other) = other.action() else { panic!("another kind") };
    let bad = tamper!(good, Clear, |clear| clear.proof = other.proof.clone());
    chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&bad));
    chain.blames(&bad, Question::ClearingPrices, "ClearingProof");
}

#[test]
fn another_price_than_the_proven_one_is_found() {
    let mut chain = closed();
    let (good, operator) = (clear(&mut chain, 0), chain.world.operator.clone());
    let priced = |to: u32| {
        let bad = tamper!(good, Clear, |clear| {
            let Outcome::Trade { price, .. } = &mut clear.statement.outcome else { panic!("nothing was traded") };
            *price = Price::new(to).unwrap();
        });
        signed_again(&bad, &operator)
    };
    // What proves the fills is of the transaction as it was; beyond the cap nothing has to be looked at.
    for (price, question, rule) in
        [(201, Question::Proofs, "HandleProof"), (1_001, Question::TariffLimits, "ClearPrice")]
    {
        let (mut chain, bad) = (chain.clone(), priced(price));
        chain.forge_proofs(chain.world.after(60), std::slice::from_ref(&bad));
        chain.blames(&bad, question, rule);
    }
}

#[test]
fn orders_left_out_and_a_second_clearing_fail_the_clearing_prices() {
    let mut chain = closed();
    let (electric, window) = (Utility::Electricity, chain.world.window(0));
    let mut orders = chain.world.orders(electric, window);
    let asks = orders.iter().filter(|(_, _, side)| *side == Side::Sell).count();
    assert_eq!((asks, orders.len()), (2, 4));
    let left_out = orders.iter().position(|(_, _, side)| *side == Side::Sell);
    orders.remove(left_out.unwrap());
    let (bad, _) = chain.world.clear_of(electric, window, &orders).unwrap();
    let at = chain.world.after(60);
    let mut forged = chain.clone();
    forged.forge_rules(at, std::slice::from_ref(&bad));
    forged.blames(&bad, Question::ClearingPrices, "OrderLeftOut");

    let again = clear(&mut chain, 0);
    let mut forged = STAGES[2].clone();
    forged.forge_rules(forged.world.after(60), std::slice::from_ref(&again));
    forged.blames(&again, Question::ClearingPrices, "NoSuchAuction");
}

#[test]
fn a_clearing_out_of_its_time_fails_the_clearing_prices() {
    let mut chain = closed();
    let (last, until) = terms(&chain, chain.world.window(0));
    let at = until.plus(1);
    chain.accept(at.minus(30), &[]);
    let late = clear(&mut chain, 0);
    chain.forge_rules(at, std::slice::from_ref(&late));
    chain.blames(&late, Question::ClearingPrices, "ClearTooLate");

    // Orders are still accepted, or this is the block that ranks them.
    let built = clear(&mut closed(), 0);
    for (at, rule) in [(last, "ClearTooEarly"), (last.plus(1), "RankNotFixed")] {
        let mut chain = STAGES[0].clone();
        chain.forge_rules(at, std::slice::from_ref(&built));
        chain.blames(&built, Question::ClearingPrices, rule);
    }
}

#[test]
fn an_operator_named_by_the_registrars_clears_later_windows_only() {
    let mut chain = story(SEALED);
    let next = SigningKey::from_bytes(&[112; 32]);
    let change = chain.world.change_registry(RegistryChange::Operator { key: next.verifying_key() });
    chain.accept(chain.world.after(60), &[change]);
    // Window 0 started before.
    let wish = wish(&chain, ANNA, 150, 800);
    let honest = chain.world.sell(&wish);
    let bad = signed_again(&honest, &next);
    let mut forged = chain.clone();
    forged.forge_proofs(forged.world.after(60), std::slice::from_ref(&bad));
    forged.blames(&bad, Question::Proofs, "Admission");
    chain.accept(chain.world.after(60), &[honest]);
    assert!(chain.audit().holds());
}
