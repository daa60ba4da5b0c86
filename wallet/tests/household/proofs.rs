//! What a household proves is checked as a stranger checks it: against the blocks, with the auditor's code.

use hushwatt_audits::{
    Follower,
    allocation::{Per, Period, Readings, Wanted},
    check::{Asked, CheckReport, Gatherer, Shown, check},
};
use hushwatt_crypto::{NetworkId, address::Address, designated::VerifierSecret, meter::Register};
use hushwatt_ledger::{
    block::Certificate,
    disclosure::{self, Ask, Calendar, Cents, Claim, Disclosure, Inquiry, Party, Tariff},
    transaction::{TransactionId, open::ContractId},
    units::{Credit, MeterId, Quantity, Timestamp, Utility},
};
use hushwatt_wallet::household::{
    Household, OfferRequest, ProofRequest, ProofSubject, SendRequest,
    views::{HistoryFilter, HistoryKind},
};
use rand_core::OsRng;

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
    let asked = Asked {
        verifier: Some("Tax office Linz".to_owned()),
        nonce: Some(nonce.to_owned()),
        network: Some(*street.community.genesis.network()),
        ..Asked::default()
    };
    checked_as(street, file, &asked)
}

fn checked_as(street: &Street, file: &str, asked: &Asked) -> CheckReport {
    let disclosure = Disclosure::from_json(file.as_bytes()).unwrap();
    let mut gatherer = Gatherer::new(street.genesis(), &disclosure).unwrap();
    for block in &street.blocks {
        gatherer.record(&block.block.encode(), &Certificate::encode_optional(block.certificate.as_ref())).unwrap();
    }
    check(&disclosure, &gatherer.finish().unwrap(), asked).unwrap()
}

/// The tax office's request.
fn inquiry(street: &Street, ask: Ask, expires: Timestamp) -> Inquiry {
    let (network, secret) = (*street.community.genesis.network(), VerifierSecret::from_bytes(&[5; 32]).unwrap());
    Inquiry::new(network, ("Tax office Linz", "tax return"), expires, ask, &secret, &mut OsRng).unwrap()
}

fn later(household: &Household) -> Timestamp {
    household.now().plus(3600)
}

/// Asked, answered and checked.
fn answered(street: &Street, household: &mut Household, ask: Ask) -> CheckReport {
    let inquiry = inquiry(street, ask, later(household));
    let read = household.read_inquiry(inquiry.to_link().unwrap().as_bytes()).unwrap();
    assert_eq!(household.read_inquiry(inquiry.to_json().unwrap().as_bytes()).unwrap(), read);
    let known = household.proofs().len();
    let answer = household.answer(&read).unwrap();
    assert_eq!(household.proofs().len(), known, "nothing is handed out before it was shown");
    let file = household.hand_out(&read, &answer).unwrap();
    let given = household.proofs().last().unwrap();
    assert_eq!((household.proofs().len(), given.verifier.as_str()), (known + 1, "Tax office Linz"));
    assert_eq!((given.purpose.as_str(), given.what.as_str()), ("tax return", answer.what()));
    assert!(!checked_as(street, &file, &Asked::default()).holds, "others are not convinced");
    let report = checked_as(street, &file, &Asked { request: Some(inquiry), ..Asked::default() });
    assert!(report.holds, "{report:?}");
    report
}

fn not_answered(street: &Street, household: &Household, ask: Ask) {
    let refused = household.answer(&inquiry(street, ask, later(household)));
    assert_eq!(refused.err().map(|error| error.kind()), Some("proof"));
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
fn what_is_handed_to_an_allocator_opens_the_ledgers_commitments() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.measure_first_window(70);
    street.feed(&mut anna);
    street.feed(&mut bert);
    let (meter, start) = (MeterId(ANNA as u32), street.start_of(street.window(0)));
    let time = (start, start.plus(HOUR));
    let handed = anna.hand_over(meter, time, "Ms Huber").unwrap();
    assert_eq!(handed.readings.len() as u64, handed.until.0 - handed.from.0);
    let (from, until) = (Period(handed.from.0), Period(handed.until.0));
    let network = *street.community.genesis.network();
    let wanted = Wanted { network, meters: [meter].into(), per: Per::Interval, from, until };
    let mut follower = Follower::<Readings>::new(street.genesis(), &wanted).unwrap();
    for block in &street.blocks {
        follower.record(&block.block.encode(), &Certificate::encode_optional(block.certificate.as_ref())).unwrap();
    }
    let facts = follower.finish().unwrap();
    for reading in &handed.readings {
        for (register, opening) in [(Register::Export, &reading.export), (Register::Import, &reading.import)] {
            assert!(opening.opens(&facts.interval(meter, register, reading.interval).unwrap()));
        }
    }
    // Half an hour, and not a second more than asked for.
    let half = (start.plus(1), start.plus(HOUR / 2));
    assert!(anna.hand_over(meter, half, "Ms Huber").unwrap().readings.len() < handed.readings.len() / 2);
    let kept = anna.proofs().last().unwrap();
    assert!(kept.verifier == "Ms Huber" && kept.what.contains("with what opens them"), "{kept:?}");
    assert_eq!(bert.hand_over(meter, time, "Ms Huber").map(|_| ()).unwrap_err().kind(), "proof", "it is not his meter");
    assert!(anna.hand_over(meter, time, "a\u{202e}").is_err(), "a name that would look like another");
}

#[test]
fn a_bill_and_a_peak_are_proven_of_all_that_ones_own_meter_posted() {
    let mut street = Street::new();
    let mut bert = street.household(BERT, "bert");
    bert.pair(&street.pairing_code(BERT), None).unwrap();
    street.measure_first_window(70);
    street.feed(&mut bert);
    let tariff = Tariff::from_toml(Tariff::EXAMPLE).unwrap();
    let calendar = tariff.calendar().clone();
    let start = street.start_of(street.window(0));
    let days = |from: u64, until: u64| {
        let day = |number: u64| calendar.day_of(start.plus(24 * HOUR * number));
        disclosure::Period::new(day(from), day(until), 31).unwrap()
    };
    let bill =
        |meter: usize, period| ProofSubject::Bill { meter: MeterId(meter as u32), period, tariff: tariff.clone() };
    // 280 Wh and a day's standing charge are less than the minimum of 5 EUR; with tax it is 5.95.
    let shown = holds(&street, &mut bert, bill(BERT, days(0, 1))).proven;
    let Some(Shown::Bill { gross_cents, period, .. }) = shown else { panic!("{shown:?}") };
    assert_eq!((gross_cents, period.intervals), (Cents(595), 4));
    let given = bert.proofs().last().unwrap();
    assert!(
        given.what.starts_with("the bill of meter 1 from ") && given.what.ends_with(": 5.95 EUR"),
        "{}",
        given.what
    );
    let peak = |limit, register| ProofSubject::Peak {
        meter: MeterId(BERT as u32),
        register,
        period: days(0, 1),
        calendar: calendar.clone(),
        hours: Vec::new(),
        limit,
    };
    // 70 Wh in a quarter of an hour are 280 W.
    assert_eq!(holds(&street, &mut bert, peak(280, Register::Import)).kind, "peak");
    assert_eq!(holds(&street, &mut bert, peak(0, Register::Export)).kind, "peak");
    for wrong in [peak(279, Register::Import), bill(ANNA, days(0, 1)), bill(BERT, days(1, 2)), bill(99, days(0, 1))] {
        assert_eq!(bert.prove(&ask(wrong)).unwrap_err().kind(), "proof");
    }
    let mut told = Vec::new();
    bert.prove_watched(&ask(peak(280, Register::Import)), &mut |done, parts| told.push((done, parts))).unwrap();
    assert_eq!(told, [(0, 1), (1, 1)]);
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

#[test]
fn a_payment_is_shown_to_whoever_asks_for_it_and_to_nobody_else() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    pay(&mut street, &mut anna, &bert);
    street.feed(&mut anna);
    street.feed(&mut bert);
    let network = *street.community.genesis.network();
    let [to_anna, to_bert] = [&anna, &bert].map(|one| Address::decode(&network, &one.address()).unwrap());
    let amount = Credit(3 * EURO);
    let made = answered(&street, &mut anna, Ask::PaymentMade { to: to_bert, amount });
    assert_eq!(made.kind, "payment made");
    let received = answered(&street, &mut bert, Ask::PaymentReceived { to: to_bert, amount });
    assert_eq!(received.kind, "payment received");
    // Another amount or payee, another's address, what one did not do.
    not_answered(&street, &anna, Ask::PaymentMade { to: to_bert, amount: Credit(amount.0 + 1) });
    not_answered(&street, &anna, Ask::PaymentMade { to: to_anna, amount });
    not_answered(&street, &bert, Ask::PaymentMade { to: to_bert, amount });
    not_answered(&street, &anna, Ask::PaymentReceived { to: to_bert, amount });
    not_answered(&street, &bert, Ask::PaymentReceived { to: to_bert, amount: Credit(1) });
}

#[test]
fn a_request_that_is_over_foreign_or_changed_is_not_answered() {
    let mut street = Street::new();
    let mut anna = street.household(ANNA, "anna");
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.measure_first_window(70);
    street.feed(&mut anna);
    let at = street.start_of(street.window(0)).plus(60);
    let ask = Ask::Reading { meter: MeterId(ANNA as u32), at, register: Register::Export };
    let refused = |household: &Household, inquiry: &Inquiry| {
        let text = inquiry.to_json().unwrap();
        let read = household.read_inquiry(text.as_bytes()).err().map(|error| error.kind());
        assert_eq!(read, Some("request"));
        assert_eq!(household.answer(inquiry).err().map(|error| error.kind()), Some("request"));
    };
    let now = anna.now();
    refused(&anna, &inquiry(&street, ask.clone(), now.minus(1)));
    let secret = VerifierSecret::from_bytes(&[5; 32]).unwrap();
    let (who, expires) = (("Tax office Linz", "tax return"), later(&anna));
    let foreign = Inquiry::new(NetworkId([9; 32]), who, expires, ask.clone(), &secret, &mut OsRng).unwrap();
    refused(&anna, &foreign);
    let good = inquiry(&street, ask.clone(), expires);
    let changed = good.to_json().unwrap().replace("tax return", "tax refund");
    refused(&anna, &Inquiry::from_json(changed.as_bytes()).unwrap());
    for nothing in ["", "hushwatt:request?", "hushwatt:request?e30", "{}"] {
        assert_eq!(anna.read_inquiry(nothing.as_bytes()).err().map(|error| error.kind()), Some("request"));
    }
    // Good until its last second.
    let last = inquiry(&street, ask, now);
    let answer = anna.answer(&last).unwrap();
    assert!(anna.hand_out(&last, &answer).is_ok());
}

#[test]
fn totals_are_told_to_whoever_asks_and_are_right_to_the_watt_hour() {
    let mut street = Street::new();
    let (mut anna, mut bert) = (street.household(ANNA, "anna"), street.household(BERT, "bert"));
    anna.pair(&street.pairing_code(ANNA), None).unwrap();
    street.feed(&mut anna);
    let start = street.start_of(street.window(0));
    let request = OfferRequest {
        utility: Utility::Electricity,
        at: start,
        quantity: Quantity(250),
        price_micro_euro: 300,
        valid_for: HOUR,
    };
    let offer = anna.make_offer(&request).unwrap();
    bert.buy(&offer, None, false).unwrap();
    street.hand_in(&mut bert);
    let contract = bert.contracts()[0].id;
    let calendar = Calendar::new("Europe/Berlin").unwrap();
    let days = |from: u64, until: u64| {
        let day = |number: u64| calendar.day_of(start.plus(24 * HOUR * number));
        disclosure::Period::new(day(from), day(until), 31).unwrap()
    };
    let shared = |party, utility, period| Ask::Shared { party, utility, period, calendar: calendar.clone() };
    let electricity = Utility::Electricity;
    not_answered(&street, &anna, shared(Party::Seller, electricity, days(0, 1)));
    street.measure_first_window(70);
    street.feed(&mut anna);
    anna.deliver(electricity, street.window(0), true).unwrap();
    street.hand_in(&mut anna);
    street.feed(&mut bert);
    for (household, party) in [(&mut anna, Party::Seller), (&mut bert, Party::Buyer)] {
        let report = answered(&street, household, shared(party, electricity, days(0, 2)));
        let Some(Shown::SharedEnergy { total, contracts, orders, .. }) = report.proven else { panic!("{report:?}") };
        assert_eq!((total, contracts, orders), (250, 1, 0));
        answered(&street, household, Ask::Delivery { contract, party });
        let other = if party == Party::Seller { Party::Buyer } else { Party::Seller };
        not_answered(&street, household, shared(other, electricity, days(0, 2)));
        not_answered(&street, household, shared(party, Utility::Water, days(0, 2)));
        not_answered(&street, household, shared(party, electricity, days(1, 2)));
        not_answered(&street, household, Ask::Delivery { contract, party: other });
        not_answered(&street, household, Ask::Delivery { contract: ContractId([1; 32]), party });
    }
    let energy = |register| Ask::Energy {
        meter: MeterId(ANNA as u32),
        register,
        period: days(0, 1),
        calendar: calendar.clone(),
    };
    for register in [Register::Export, Register::Import] {
        let expected: u64 = anna
            .wallet()
            .readings()
            .iter()
            .map(|reading| if register == Register::Export { reading.export.value } else { reading.import.value })
            .sum();
        let report = answered(&street, &mut anna, energy(register));
        let Some(Shown::Energy { total, .. }) = report.proven else { panic!("{report:?}") };
        assert_eq!(total, expected);
        not_answered(&street, &bert, energy(register));
    }
    let reading = Ask::Reading { meter: MeterId(ANNA as u32), at: start.plus(1000), register: Register::Export };
    assert_eq!(answered(&street, &mut anna, reading.clone()).kind, "reading");
    not_answered(&street, &bert, reading);
    // The value that would be told is known before it is handed out.
    let asked = inquiry(&street, energy(Register::Export), later(&anna));
    let answer = anna.answer(&asked).unwrap();
    assert!(matches!(answer.claim(), Claim::Energy(energy) if energy.total >= 250));
}
