//! Answers to requests, as who asked checks them: nothing passes for an answer but the answer, and nobody else is convinced.

use hushwatt_audits::check::{Asked, CheckReport, Comparison, HeldKey};
use hushwatt_crypto::{
    commitment::Opening,
    designated::{VerifierKey, VerifierSecret},
    meter::Register,
};
use hushwatt_ledger::{
    disclosure::{
        Ask, Calendar, Claim, Day, Disclosure, EnergyClaim, Inquiry, Party, Period, SharedClaim, SharedPart,
        SharedWith, Statement, prove_energy, prove_shared,
    },
    transaction::build::Built,
    units::{MeterId, Timestamp, Utility},
};
use serde_json::{Value, json};

use crate::{
    chains::{Chain, VERIFIER, chain, rng},
    kit::{ANNA, BERT, auction::Wish},
};

/// What is said of every answer unless the secret is there.
const SECRET: &str = "who has that secret can make such a file, of anything";

fn secret() -> VerifierSecret {
    VerifierSecret::random(&mut rng(40)).unwrap()
}

fn berlin() -> Calendar {
    Calendar::new("Europe/Berlin").unwrap()
}

fn day() -> Period {
    Period::new(Day::parse("2025-06-15").unwrap(), Day::parse("2025-06-16").unwrap(), 1).unwrap()
}

fn inquire(chain: &Chain, ask: Ask, seed: u64) -> Inquiry {
    let (network, expires) = (*chain.world.network(), chain.world.now().plus(3600));
    Inquiry::new(network, (VERIFIER, "support of 2026"), expires, ask, &secret(), &mut rng(seed)).unwrap()
}

fn about_energy() -> Ask {
    Ask::Energy { meter: MeterId(0), register: Register::Import, period: day(), calendar: berlin() }
}

/// What meter 0 took on the story's day, asked and answered.
fn energy(chain: &Chain) -> (Inquiry, Disclosure) {
    let inquiry = inquire(chain, about_energy(), 41);
    let request = inquiry.answer(chain.world.now().plus(30));
    let (height, period, calendar) = (chain.world.parent.height, day(), berlin());
    let claim = EnergyClaim { meter: MeterId(0), height, register: Register::Import, period, calendar, total: 0 };
    let posted = chain.attested();
    let answer = prove_energy(&request, &chain.world.genesis, &claim, &chain.held(&posted), &mut rng(42));
    (inquiry, answer.unwrap())
}

/// An auction after the story: Anna sells Bert 300 Wh. What she and Bert sold in all, as if they were one.
fn shared() -> (Chain, Inquiry, Disclosure) {
    let mut chain = chain();
    let window = chain.world.window(0);
    let wish = |who, limit, quantity| Wish { who, utility: Utility::Electricity, window, limit, quantity };
    let orders: [Built; 2] = [chain.world.sell(&wish(ANNA, 150, 300)), chain.world.buy(&wish(BERT, 250, 300))];
    let sold = chain.world.order_of(&orders[0]);
    chain.accept(chain.world.after(10), &orders);
    let closed = chain.world.parameters().order_until(window).unwrap().plus(1);
    chain.accept(closed, &[]);
    chain.accept(closed, &[]);
    let (clear, _) = chain.world.clear(Utility::Electricity, window);
    chain.accept(closed.plus(60), &[clear]);

    let (party, utility, period, calendar) = (Party::Seller, Utility::Electricity, day(), berlin());
    let ask = Ask::Shared { party, utility, period, calendar: calendar.clone() };
    let inquiry = inquire(&chain, ask, 43);
    let request = inquiry.answer(chain.world.now().plus(30));
    let claim = chain.sold();
    let order = chain.world.households[ANNA].orders.iter().find(|order| order.id == sold).unwrap();
    let parts = vec![
        SharedPart {
            with: SharedWith::Contract(claim.contract),
            key: claim.secret,
            receipt: Opening::new(600, claim.delivered_blinding),
        },
        SharedPart {
            with: SharedWith::Auction(sold),
            key: order.secret(),
            receipt: Opening::new(300, order.fill_blinding.clone()),
        },
    ];
    let (contracts, orders, total) = (Vec::new(), Vec::new(), 0);
    let claim = SharedClaim { party, utility, period, calendar, contracts, orders, total };
    let answer = prove_shared(&request, &claim, parts, &mut rng(44)).unwrap();
    (chain, inquiry, answer)
}

/// What whoever has the request can say.
fn asked(inquiry: &Inquiry) -> Asked {
    Asked { request: Some(inquiry.clone()), ..Asked::default() }
}

/// What the verifier himself can say.
fn asked_by_him(inquiry: &Inquiry) -> Asked {
    Asked { held: Some(HeldKey::from(&secret())), ..asked(inquiry) }
}

#[track_caller]
fn refused(report: &CheckReport, word: &str) {
    let text = report.to_string();
    assert!(!report.holds && text.contains(word), "{word} in\n{text}");
    assert!(!text.contains("THE PROOF HOLDS.\n"), "{text}");
}

#[test]
fn an_answer_is_told_in_words_and_as_data_to_who_asked() {
    let chain = chain();
    let (inquiry, answer) = energy(&chain);
    let report = chain.check(&answer, &asked_by_him(&inquiry));
    let text = report.to_string();
    assert!(report.holds, "{text}");
    for word in [
        "THE PROOF HOLDS.\n",
        "Meter 0 took 0.010 kWh of electricity in this time.",
        "request     this is the answer to it",
        "hwverify1",
        "(as you asked)",
        "hidden      when, and every single reading",
        "2025-06-15 00:00 to 2025-06-16 00:00 (1 day, Europe/Berlin)",
    ] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    assert!(report.warnings.iter().all(|warning| !warning.contains("anyone could have handed")), "{text}");
    let data = serde_json::to_value(&report).unwrap();
    assert_eq!((&data["proven"]["kind"], &data["proven"]["total"]), (&json!("energy"), &json!(10)));
    assert_eq!((&data["answers_request"], &data["answer"]["expired"]), (&json!(true), &json!(false)));
    assert_eq!(report.network.comparison, Comparison::Same);

    let (chain, inquiry, answer) = shared();
    let report = chain.check(&answer, &asked(&inquiry));
    let text = report.to_string();
    assert!(report.holds, "{text}");
    for word in ["sold at least 0.900 kWh of electricity to others", "1 contract and 1 auction order", "left out"] {
        assert!(text.contains(word), "{word} in\n{text}");
    }
    let data = serde_json::to_value(&report).unwrap();
    let proven = &data["proven"];
    assert_eq!(
        (&proven["kind"], &proven["total"], &proven["party"]),
        (&json!("shared_energy"), &json!(900), &json!("seller"))
    );
}

#[test]
fn an_answer_is_not_played_again_to_another_request() {
    let chain = chain();
    let (_, answer) = energy(&chain);
    let again = inquire(&chain, about_energy(), 45);
    let report = chain.check(&answer, &asked(&again));
    assert!(report.proof_holds && report.nonce.comparison == Comparison::Different);
    refused(&report, "THIS IS NO ANSWER");
    // Another question with the rest alike.
    let other = Ask::Energy { meter: MeterId(1), register: Register::Import, period: day(), calendar: berlin() };
    refused(&chain.check(&answer, &asked(&inquire(&chain, other, 41))), "THIS IS NO ANSWER");
    // Made for everybody: no answer at all.
    refused(&chain.check(&chain.disclosures[4], &asked(&again)), "THIS IS NO ANSWER");
}

#[test]
fn who_has_another_key_learns_that_it_is_not_for_him() {
    let chain = chain();
    let (inquiry, answer) = energy(&chain);
    let key = *secret().key();
    let stranger: VerifierKey = *VerifierSecret::random(&mut rng(46)).unwrap().key();
    let with = |key| chain.check(&answer, &Asked { key, ..Asked::default() });
    assert!(with(Some(key)).holds);
    refused(&with(Some(stranger)), "THIS DIFFERS from what you asked for");
    refused(&with(None), "PROVES NOTHING TO ANYBODY ELSE");
    refused(&with(None), SECRET);
    // The secret of another key is none of this one's.
    let other = VerifierSecret::random(&mut rng(46)).unwrap();
    let report = chain.check(&answer, &Asked { held: Some(HeldKey::from(&other)), ..asked(&inquiry) });
    refused(&report, "THIS DIFFERS from what you asked for");
    refused(&report, SECRET);
    // Name and nonce alone are not enough: whoever has the file reads them in it.
    let (verifier, nonce) = (Some(VERIFIER.to_owned()), Some(inquiry.audience().nonce().to_owned()));
    refused(&chain.check(&answer, &Asked { verifier, nonce, ..chain.asked() }), "PROVES NOTHING");
}

#[test]
fn an_answer_is_of_use_until_it_expires() {
    let mut chain = chain();
    let (inquiry, answer) = energy(&chain);
    chain.accept(inquiry.expires(), &[]);
    assert!(chain.check(&answer, &asked(&inquiry)).holds);
    chain.accept(inquiry.expires().plus(1), &[]);
    let report = chain.check(&answer, &asked(&inquiry));
    refused(&report, "WHICH IS OVER");
    refused(&report, "ask again");
    // The verifier's own clock counts where time is real; here it is the chain's.
    let early = Asked { now: Some(Timestamp(0)), ..asked(&inquiry) };
    assert!(!chain.check(&answer, &early).holds);
}

#[test]
fn an_altered_answer_does_not_hold() {
    let chain = chain();
    let (inquiry, answer) = energy(&chain);
    let good: Value = serde_json::from_str(&answer.to_json().unwrap()).unwrap();
    for (pointer, new) in [
        ("/claim/energy/total", json!(11)),
        ("/claim/energy/register", json!("export")),
        ("/claim/energy/meter", json!(1)),
        ("/purpose", json!("something else")),
        ("/expires", json!(inquiry.expires().0 + 60)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = new;
        let bad = Disclosure::from_json(bad.to_string().as_bytes()).unwrap();
        let report = chain.check(&bad, &asked(&inquiry));
        assert_eq!(report.failure.as_ref().map(|failure| failure.rule.as_str()), Some("Knowledge"), "{pointer}");
        refused(&report, "DOES NOT HOLD");
    }
}

#[test]
fn what_the_verifier_made_up_holds_for_him_and_shows_why_nobody_else_should_care() {
    let chain = chain();
    let (inquiry, answer) = energy(&chain);
    let Claim::Energy(claim) = answer.statement().claim.clone() else { panic!() };
    let claim = Claim::Energy(EnergyClaim { total: 5_000_000, ..claim });
    let statement = Statement { claim, ..answer.statement().clone() };
    let facts = chain.facts(&answer).unwrap();
    let made_up = Disclosure::simulate(statement, &facts, &secret(), &mut rng(47)).unwrap();
    let to_him = chain.check(&made_up, &asked_by_him(&inquiry));
    assert!(to_him.holds && to_him.to_string().contains("took 5000.000 kWh"), "{to_him}");
    assert!(!to_him.to_string().contains(SECRET), "{to_him}");
    for file in [&made_up, &answer] {
        // A third party who was handed the request too is told what that is worth, by the request and by its public key.
        let by_key = Asked { key: Some(*secret().key()), ..Asked::default() };
        for asked in [asked(&inquiry), by_key] {
            let report = chain.check(file, &asked);
            let text = report.to_string();
            assert!(
                report.holds && text.contains(SECRET) && text.contains("FOR WHOEVER ALONE HAS THE SECRET"),
                "{text}"
            );
            assert!(!text.contains("THE PROOF HOLDS.\n"), "{text}");
            let data = serde_json::to_value(&report).unwrap();
            assert_eq!(data["answer"]["secret_given"], json!(false));
            assert!(report.warnings.iter().any(|warning| warning.contains(SECRET)));
        }
        let report = chain.check(file, &asked_by_him(&inquiry));
        assert!(report.holds && report.answer.unwrap().secret_given);
        assert!(!report.warnings.iter().any(|warning| warning.contains(SECRET)));
        refused(&chain.check(file, &Asked::default()), "PROVES NOTHING TO ANYBODY ELSE");
    }
}

#[test]
fn a_request_that_was_changed_is_answered_by_nothing() {
    let chain = chain();
    let (inquiry, answer) = energy(&chain);
    let mut file: Value = serde_json::from_str(&inquiry.to_json().unwrap()).unwrap();
    file["possession"]["response"] = json!("01".to_owned() + &"00".repeat(31));
    let changed = Inquiry::from_json(file.to_string().as_bytes()).unwrap();
    refused(&chain.check(&answer, &asked(&changed)), "THIS IS NO ANSWER");
}
