//! What a household proves is checked as a stranger checks it: against the blocks, with the auditor's code.

use hushwatt_audits::check::{Asked, CheckReport, Gatherer, check};
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    block::Certificate,
    disclosure::Disclosure,
    transaction::TransactionId,
    units::{Credit, MeterId, Quantity, Utility},
};
use hushwatt_wallet::household::{
    Household, OfferRequest, ProofRequest, ProofSubject, SendRequest,
    views::{HistoryFilter, HistoryKind},
};

use crate::street::{ANNA, BERT, EURO, HOUR, Street};

fn ask(subject: ProofSubject) -> ProofRequest {
    ProofRequest {
        subject,
        verifier: "Tax office Linz".to_owned(),
        nonce: "2026-117".to_owned(),
        purpose: "tax return".to_owned(),
    }
}

/// As whoever asked would check it.
fn checked(street: &Street, file: &str, nonce: &str) -> CheckReport {
    let disclosure = Disclosure::from_json(file.as_bytes()).unwrap();
    let mut gatherer = Gatherer::new(street.genesis(), &disclosure).unwrap();
    for block in &street.blocks {
        gatherer.record(&block.block.encode(), &Certificate::encode_optional(block.certificate.as_ref())).unwrap();
    }
    let asked = Asked {
        verifier: Some("Tax office Linz".to_owned()),
        nonce: Some(nonce.to_owned()),
        network: Some(*street.community.genesis.network()),
    };
    check(&disclosure, &gatherer.finish().unwrap(), &asked).unwrap()
}

fn holds(street: &Street, household: &mut Household, subject: ProofSubject) -> CheckReport {
    let file = household.prove(&ask(subject)).unwrap();
    let report = checked(street, &file, "2026-117");
    assert!(report.holds, "{report:?}");
    assert!(!checked(street, &file, "2026-118").holds, "it is of no use for another occasion");
    report
}

fn pay(street: &mut Street, from: &mut Household, to: &Household) -> TransactionId {
    let request = SendRequest {
        to: to.address(),
        amount: Credit(3 * EURO),
        pieces: 1,
        message: None,
        label: None,
        allow_small_company: false,
    };
    let id = from.send(&request).unwrap().id;
    street.hand_in(from);
    id
}

#[test]
fn payer_and_payee_each_prove_a_payment() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    let id = pay(&mut street, &mut anna, &bert);
    street.feed(&mut bert);
    drop(anna);
    let mut anna = street.reopen("anna");
    street.feed(&mut anna);
    assert_eq!(holds(&street, &mut anna, ProofSubject::Payment(id)).kind, "payment made");
    assert_eq!(holds(&street, &mut bert, ProofSubject::Payment(id)).kind, "payment received");
    assert_eq!(anna.proofs().len(), 1);
    assert_eq!(
        (anna.proofs()[0].verifier.as_str(), anna.proofs()[0].purpose.as_str()),
        ("Tax office Linz", "tax return")
    );
    let unknown = anna.prove(&ask(ProofSubject::Payment(TransactionId([1; 64])))).unwrap_err();
    assert_eq!(unknown.kind(), "unknown");
    let verifier = "x".repeat(201);
    let refused = anna.prove(&ProofRequest { verifier, ..ask(ProofSubject::Payment(id)) });
    assert_eq!(refused.unwrap_err().kind(), "proof");
}

#[test]
fn seller_and_buyer_each_prove_a_delivery_and_the_household_a_reading() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.feed(&mut anna);
    let start = street.start_of(street.window(0));
    let request = OfferRequest {
        utility: Utility::Electricity,
        at: start,
        quantity: Quantity(400),
        price_micro_euro: 300,
        valid_for: HOUR,
    };
    let offer = anna.make_offer(&request).unwrap();
    bert.buy(&offer, None, false).unwrap();
    street.hand_in(&mut bert);
    let contract = bert.contracts()[0].id;
    assert_eq!(
        bert.prove(&ask(ProofSubject::Delivery(contract))).unwrap_err().kind(),
        "proof",
        "nothing is delivered yet"
    );
    street.measure_first_window(70);
    street.feed(&mut anna);
    anna.deliver(Utility::Electricity, street.window(0), true).unwrap();
    street.hand_in(&mut anna);
    street.feed(&mut bert);
    for household in [&mut anna, &mut bert] {
        assert_eq!(holds(&street, household, ProofSubject::Delivery(contract)).kind, "delivery");
    }
    let reading = |register| ProofSubject::Reading { meter: MeterId(ANNA as u32), at: start.plus(20 * 60), register };
    assert_eq!(holds(&street, &mut anna, reading(Register::Export)).kind, "reading");
    assert_eq!(holds(&street, &mut anna, reading(Register::Import)).kind, "reading");
    assert_eq!(bert.prove(&ask(reading(Register::Export))).unwrap_err().kind(), "proof", "it is not his meter");
}

#[test]
fn a_balance_is_proven_up_to_what_there_is_and_until_it_is_spent() {
    let mut street = Street::new();
    let (mut anna, bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    let all = ProofSubject::BalanceAtLeast(Credit(80 * EURO));
    assert_eq!(holds(&street, &mut anna, all.clone()).kind, "balance");
    let more = anna.prove(&ask(ProofSubject::BalanceAtLeast(Credit(80 * EURO + 1)))).unwrap_err();
    assert_eq!(more.kind(), "proof");
    let before = anna.prove(&ask(all)).unwrap();
    pay(&mut street, &mut anna, &bert);
    let report = checked(&street, &before, "2026-117");
    assert!(!report.proof_holds, "a piece of it is spent");
    let spent = anna.history(&HistoryFilter { kinds: vec![HistoryKind::Sent], ..HistoryFilter::default() });
    assert_eq!(spent.len(), 1);
}
