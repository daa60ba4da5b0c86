//! Corrections of readings and exchanged meters: verified, counted, listed.

use hushwatt_audits::{Count, Question, Verdict};
use hushwatt_crypto::{range::RangeBits, signature::SigningKey};

use crate::{
    chain::{Chain, TIP, story},
    kit::forge::{changed_range, one_more, signed_again},
    tamper,
};

/// The story, and then: window 0 of meters 0 and 1 is corrected, that of meter 0 twice; meter 1 is exchanged.
fn corrected() -> Chain {
    let mut chain = story(TIP);
    let window = chain.world.window(0);
    for (meters, export) in [(&[0, 1][..], 900), (&[0], 800)] {
        let right = chain.world.measured(export, 10);
        let built: Vec<_> = meters.iter().map(|meter| chain.world.correct(*meter, window, &right)).collect();
        chain.accept(chain.world.after(60), &built);
    }
    let key = SigningKey::from_bytes(&[91; 32]);
    let change = chain.world.replace_meter(1, RangeBits::Bits16, &key);
    chain.accept(chain.world.after(60), &[change]);
    chain.world.take_key(1, RangeBits::Bits16, &key);
    chain
}

#[test]
fn corrections_and_exchanged_meters_are_verified_counted_and_listed() {
    let mut chain = corrected();
    let right = chain.world.measured(700, 10);
    let again = chain.world.correct(1, chain.world.window(0), &right);
    chain.accept(chain.world.after(60), &[again]);
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    let totals = report.totals.clone().unwrap();
    assert_eq!((totals.transactions.corrects, totals.transactions.registry_changes), (4, 1));
    assert_eq!(totals.proofs.meter_signatures, 5 + 4);
    let listed: Vec<(u32, u64, u64)> =
        totals.corrections.iter().map(|one| (one.meter, one.window, one.corrections)).collect();
    let window = chain.world.window(0).0;
    assert_eq!(listed, [(0, window, 2), (1, window, 2)]);
    assert_eq!(totals.corrections[0].from, window * 3600);
    let replaced = &totals.replaced_meters[0];
    assert_eq!((replaced.meter, replaced.block, replaced.class_bits), (1, TIP + 3, 16));
    let answer = report.questions.iter().find(|answer| answer.question == Question::Corrections).unwrap();
    assert_eq!(
        (&answer.verdict, answer.counts[&Count::Corrections], answer.counts[&Count::CorrectedWindows]),
        (&Verdict::Holds, 4, 2)
    );
    let text = report.to_string();
    assert!(text.contains("4 corrections of 2 windows") && text.contains("Corrected readings"), "{text}");
    assert!(text.contains("Replaced meters") && text.contains("meter 1 from block 11 on: class 16"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["totals"]["corrections"][0]["corrections"], 2);
    assert_eq!(json["totals"]["replaced_meters"][0]["meter"], 1);
    // What was minted stays what was minted.
    let before = story(TIP).audit().totals.unwrap();
    assert_eq!((totals.energy, totals.notes), (before.energy, before.notes));
}

#[test]
fn a_chain_without_corrections_says_so() {
    let report = story(TIP).audit();
    let totals = report.totals.clone().unwrap();
    assert!(totals.corrections.is_empty() && totals.replaced_meters.is_empty());
    assert!(!report.to_string().contains("Corrected readings"));
}

#[test]
fn a_forged_correction_is_found() {
    let good = corrected();
    let right = good.world.measured(600, 10);
    let honest = good.world.clone().correct(0, good.world.window(0), &right);
    let at = good.world.after(60);

    let mut chain = good.clone();
    let forged = tamper!(honest, Correct, |it| it.range = changed_range(&it.range, 4).unwrap());
    chain.forge_proofs(at, std::slice::from_ref(&forged));
    chain.blames(&forged, Question::Proofs, "RangeProof");

    let mut chain = good.clone();
    let forged = tamper!(honest, Correct, |it| it.statement.export[0] = one_more(&it.statement.export[0]));
    chain.forge_proofs(at, std::slice::from_ref(&forged));
    chain.blames(&forged, Question::Proofs, "MeterSignature");

    // By the key that the meter had before.
    let mut chain = good.clone();
    let old = story(0).world.meters[1].key.clone();
    let honest = good.world.clone().correct(1, good.world.window(0), &right);
    let forged = signed_again(&honest, &old);
    chain.forge_proofs(at, std::slice::from_ref(&forged));
    chain.blames(&forged, Question::Proofs, "MeterSignature");

    let mut chain = good.clone();
    let never = good.world.clone().correct(0, good.world.window(5), &right);
    chain.forge_rules(at, std::slice::from_ref(&never));
    chain.blames(&never, Question::Corrections, "CorrectionOfUnattested");

    let mut chain = good.clone();
    let mut world = good.world.clone();
    let late = world.parameters().correct_until(world.window(0)).plus(1);
    world.pass(late);
    let built = world.correct(0, world.window(0), &right);
    chain.forge_rules(late, std::slice::from_ref(&built));
    chain.blames(&built, Question::Corrections, "CorrectionTooLate");
}
