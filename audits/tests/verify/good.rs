//! Chains that hold.

use hushwatt_audits::{Question, Unanswerable, Verdict, verify_reader};

use crate::chain::{Chain, TIP, story};

#[test]
fn a_good_chain_holds_and_its_totals_are_those_of_the_story() {
    let chain = story(TIP);
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    println!("{report}");
    let tip = report.tip.clone().unwrap();
    assert_eq!((tip.height, tip.time), (TIP, chain.world.now().0));
    assert_eq!(tip.digest, chain.world.parent.digest.to_string());
    assert_eq!(tip.bytes, chain.file().len() as u64);

    let totals = report.totals.clone().unwrap();
    let kinds = totals.transactions;
    assert_eq!((kinds.mints, kinds.transfers, kinds.opens, kinds.attests), (1, 2, 4, 5));
    assert_eq!((kinds.delivers, kinds.burns), (1, 1));
    assert_eq!((totals.money.minted, totals.money.burned, totals.money.fees), (160_000_000, 2_000_000, 6 * 7));
    assert_eq!(totals.money.in_circulation, 160_000_000 - 2_000_000 - 42);
    let contracts = totals.contracts;
    assert_eq!((contracts.opened, contracts.settled, contracts.expired, contracts.open), (4, 2, 1, 1));
    // One payout and two refunds.
    assert_eq!(totals.payments, 3);
    let proofs = totals.proofs;
    assert_eq!((proofs.ring_signatures, proofs.handle_proofs, proofs.claim_signatures), (8, 1, 2));
    assert_eq!((proofs.meter_signatures, proofs.treasury_signatures), (5, 2));
    assert_eq!(proofs.range_proofs, 1 + 2 + 2 * 4 + 5 + 1 + 1);
    assert_eq!(totals.spent, 8);
    let finality = totals.finality;
    assert_eq!((finality.certificates, finality.votes, finality.covered_by_later), (TIP, 3 * TIP, 0));
    assert_eq!((finality.validators, finality.validator_changes), (4, 0));
    let energy: u64 = totals.energy.iter().map(|window| window.notes).sum();
    assert_eq!((energy, totals.energy.len()), (4, 2), "electricity and water of one window");
    assert_eq!(totals.energy.iter().map(|window| window.receipts).sum::<u64>(), 2);

    for answer in &report.questions {
        match answer.question {
            Question::ClearingPrices => {
                assert_eq!(answer.verdict, Verdict::from(Unanswerable::NoOrders));
            }
            Question::Totals => assert_eq!(answer.verdict, Verdict::from(Unanswerable::NoTotals)),
            _ => assert_eq!(answer.verdict, Verdict::Holds, "{:?}", answer.question),
        }
    }
}

#[test]
fn meters_that_missed_windows_are_listed() {
    let chain = story(TIP);
    let meters = chain.audit().totals.unwrap().meters;
    assert_eq!(meters.len(), 5);
    let parameters = chain.world.parameters();
    let now = chain.world.now().0;
    // Window 0 ended at 2 h after the start; deadlines are 2 h later.
    let over = now / 3600 - chain.world.window(0).0;
    let past = (now - 1 - parameters.attestation_deadline) / 3600 - chain.world.window(0).0;
    for meter in &meters[..4] {
        assert_eq!((meter.measured, meter.not_posted, meter.still_due), (1, past - 1, over - past));
        assert_eq!(meter.missed.len(), 1);
        assert_eq!(meter.missed[0].status, "not_posted");
        assert_eq!(meter.missed[0].first_window, chain.world.window(1).0);
    }
    let back = &meters[4];
    assert_eq!((back.measured, back.late, back.missing, back.not_posted), (0, 1, 1, past - 2));
    let stretches: Vec<&str> = back.missed.iter().map(|stretch| stretch.status).collect();
    assert_eq!(stretches, ["late", "missing", "not_posted"]);
}

#[test]
fn every_beginning_of_a_good_chain_holds() {
    for height in 0..=TIP {
        let report = story(height).audit();
        assert!(report.holds(), "{report}");
        assert_eq!(report.tip.unwrap().height, height);
    }
}

#[test]
fn an_empty_chain_holds_with_zero_counts() {
    let chain = Chain::empty();
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    let tip = report.tip.clone().unwrap();
    assert_eq!((tip.height, tip.digest), (0, chain.world.network().to_string()));
    for answer in &report.questions {
        let listed = match answer.question {
            Question::MissedWindows => 5,
            Question::Certificates => 4,
            _ => 0,
        };
        assert_eq!(answer.counts.values().sum::<u64>(), listed, "{:?}", answer.question);
    }
}

#[test]
fn simulated_time_is_shown_loudly() {
    let report = story(1).audit();
    assert!(report.simulated_time);
    assert!(report.to_string().contains("SIMULATED TIME"));
}

#[test]
fn the_data_of_a_report_has_its_shape() {
    let json = serde_json::to_value(story(TIP).audit()).unwrap();
    assert_eq!(json["format"], "hushwatt audit 6");
    assert_eq!((&json["holds"], &json["simulated_time"]), (&true.into(), &true.into()));
    assert_eq!((&json["protocol"], &json["failure"]), (&1.into(), &serde_json::Value::Null));
    let questions = json["questions"].as_array().unwrap();
    assert_eq!(questions.len(), Question::ALL.len());
    assert_eq!(questions[0]["question"], "blocks");
    assert_eq!(questions[0]["verdict"], "holds");
    assert_eq!(questions[0]["counts"]["blocks"], TIP);
    assert_eq!(questions[8]["question"], "clearing_prices");
    assert_eq!(questions[8]["verdict"], "cannot_be_answered");
    assert_eq!(questions[8]["reason"], "no_orders");
    assert_eq!(questions[8]["why"], "no auctions on this chain: there was no order yet");
    assert!(questions[8]["repeat"].as_str().unwrap().starts_with("List the orders"));
    assert_eq!(json["totals"]["money"]["minted"], 160_000_000);
    assert_eq!(json["totals"]["meters"][4]["late"], 1);
    assert_eq!(json["totals"]["energy"][0]["utility"], "electricity");
    assert_eq!(json["totals"]["energy"][0]["attested"].as_str().unwrap().len(), 64);
    assert_eq!(json["tip"]["height"], TIP);
}

#[test]
fn progress_counts_the_bytes_of_the_file() {
    let file = story(TIP).file();
    let (mut seen, total) = (Vec::new(), file.len() as u64);
    let network = *story(TIP).world.network();
    let mut watch = |done: u64, all: u64| {
        assert_eq!(all, total);
        seen.push(done);
    };
    verify_reader(file.as_slice(), total, &network, &mut watch).unwrap();
    assert_eq!(seen.len() as u64, TIP + 1);
    assert!(seen.is_sorted());
    assert_eq!(seen.last(), Some(&total));
}
