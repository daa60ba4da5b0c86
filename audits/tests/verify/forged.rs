//! A forger with the validators' keys: each question is answered with no, at his block, transaction and rule.

use hushwatt_audits::Question;
use hushwatt_crypto::{
    Label, SecretScalar,
    commitment::Opening,
    signature::{Signature, SigningKey},
};
use hushwatt_ledger::{
    block::{Block, Certificate, vote},
    transaction::{Action, build::Built},
    units::Timestamp,
};

use crate::{
    chain::{Chain, bid, story},
    kit::{
        ANNA, BERT, CARLA, START, electricity,
        forge::{changed_range, incremented, one_more, signed_again},
    },
    tamper,
};

/// After block 1: a payment that is right so far.
fn payment() -> (Chain, Built) {
    let mut chain = story(1);
    let payment = chain.world.pay(ANNA, BERT, 1_000);
    (chain, payment)
}

/// After block 4: Anna's delivery that is right so far.
fn delivery() -> (Chain, Built) {
    let mut chain = story(4);
    let window = chain.world.window(0);
    let deliveries = [(chain.contracts[0], 600), (chain.contracts[1], 400)];
    let deliver = chain.world.deliver(ANNA, electricity(window), &deliveries);
    (chain, deliver)
}

/// Appends the block after a tampered transaction, beside an honest one, and blames the right one.
#[track_caller]
fn blamed(mut chain: Chain, bad: &Built, question: Question, rule: &str) {
    let honest = chain.world.pay(CARLA, BERT, 77);
    let at = chain.world.after(30);
    chain.forge_proofs(at, &[bad.clone(), honest]);
    chain.blames(bad, question, rule);
}

#[test]
fn credit_from_nothing_fails_the_supply() {
    let (chain, payment) = payment();
    let output = |place: usize, bad: &Built| match bad.transaction.action() {
        Action::Transfer(transfer) => transfer.statement.outputs[place].commitment,
        _ => panic!("another kind"),
    };
    let more = one_more(&output(0, &payment));
    let bad = tamper!(payment, Transfer, |transfer| transfer.statement.outputs[0].commitment = more);
    blamed(chain, &bad, Question::Supply, "Unbalanced");
}

#[test]
fn a_forged_ring_signature_fails_the_proofs() {
    let (chain, payment) = payment();
    let bad = tamper!(payment, Transfer, |transfer| {
        let c0 = &mut transfer.signatures[0].c0;
        *c0 = incremented(c0);
    });
    blamed(chain, &bad, Question::Proofs, "RingSignature");
}

#[test]
fn a_forged_range_proof_fails_the_proofs() {
    let (chain, payment) = payment();
    let bad = tamper!(payment, Transfer, |transfer| transfer.range = changed_range(&transfer.range, 4).unwrap());
    blamed(chain, &bad, Question::Proofs, "RangeProof");
}

#[test]
fn a_note_spent_twice_fails_the_double_spend() {
    let mut chain = story(1);
    let note = chain.world.spendable(ANNA, hushwatt_ledger::note::Asset::Credit)[0].clone();
    let rest = note.opening.value - 1_007;
    let once = chain.world.transfer(std::slice::from_ref(&note), &[(BERT, 1_000), (ANNA, rest)]);
    let again = chain.world.transfer(&[note], &[(CARLA, 1_000), (ANNA, rest)]);
    let at = chain.world.after(60);
    chain.accept(at, &[once]);
    chain.forge_rules(at.plus(30), std::slice::from_ref(&again));
    chain.blames(&again, Question::DoubleSpend, "AlreadySpent");
}

#[test]
fn a_mint_that_the_treasury_did_not_sign_fails_the_proofs() {
    let mut chain = story(1);
    let mint = chain.world.mint(&[(ANNA, 5), (BERT, 6)]);
    let forger = SigningKey::from_bytes(&[9; 32]);
    let bad = signed_again(&mint, &forger);
    blamed(chain, &bad, Question::Proofs, "TreasurySignature");
}

#[test]
fn a_mint_of_a_used_serial_fails_the_supply() {
    let mut chain = story(1);
    let mint = chain.world.mint_numbered(1, &[(ANNA, 5), (BERT, 6)]);
    let at = chain.world.after(60);
    chain.forge_rules(at, std::slice::from_ref(&mint));
    chain.blames(&mint, Question::Supply, "MintSerial");
}

#[test]
fn prices_outside_the_tariff_fail_its_limits() {
    for (price, rule) in [(1_010, "PriceOutOfRange"), (205, "PriceStep")] {
        let mut chain = story(1);
        let wish = crate::kit::build::Bid { price, ..bid(BERT, 10, &chain.world) };
        let open = chain.world.open(&wish);
        let at = chain.world.after(60);
        chain.forge_rules(at, std::slice::from_ref(&open));
        chain.blames(&open, Question::TariffLimits, rule);
    }
}

#[test]
fn a_delivery_after_the_contract_expired_fails_the_contracts() {
    let mut chain = story(6);
    let window = chain.world.window(0);
    let late = chain.contracts[2];
    let deliver = chain.world.deliver(ANNA, electricity(window), &[(late, 0)]);
    let at = chain.world.after(60);
    chain.forge_rules(at, std::slice::from_ref(&deliver));
    chain.blames(&deliver, Question::Contracts, "UnknownContract");
}

#[test]
fn a_delivery_of_more_than_was_attested_fails_delivered_within_attested() {
    let (chain, deliver) = delivery();
    let bad = tamper!(deliver, Deliver, |deliver| {
        let change = &mut deliver.statement.change.commitment;
        *change = one_more(change);
    });
    blamed(chain, &bad, Question::DeliveredWithinAttested, "Unbalanced");
}

#[test]
fn forged_proofs_of_a_delivery_fail_the_proofs() {
    let (chain, deliver) = delivery();
    let handle = tamper!(deliver, Deliver, |deliver| {
        let response = &mut deliver.handles.value_response;
        *response = incremented(response);
    });
    blamed(chain.clone(), &handle, Question::Proofs, "HandleProof");
    let claim = tamper!(deliver, Deliver, |deliver| {
        let response = &mut deliver.claims[1].response;
        *response = incremented(response);
    });
    blamed(chain.clone(), &claim, Question::Proofs, "ClaimSignature");
    let range = tamper!(deliver, Deliver, |deliver| deliver.range = changed_range(&deliver.range, 4).unwrap());
    blamed(chain, &range, Question::Proofs, "RangeProof");
}

#[test]
fn readings_that_the_meter_did_not_sign_fail_the_proofs() {
    let mut chain = story(3);
    let window = chain.world.window(0);
    let reading = chain.world.measured(1_000_000, 0);
    let reading = crate::kit::Reading { export: vec![9; 4], ..reading };
    let until = chain.world.valid_until();
    let attest = chain.world.attest_until(4, window, &[reading], until);
    let bad = signed_again(&attest, &SigningKey::from_bytes(&[9; 32]));
    blamed(chain, &bad, Question::Proofs, "MeterSignature");
}

#[test]
fn an_attestation_that_skips_one_fails_the_meters() {
    let mut chain = story(3);
    let window = chain.world.window(0);
    let reading = chain.world.measured(100, 0);
    let until = chain.world.valid_until();
    let mut plan = chain.world.attest_plan(4, window, &[reading], until);
    plan.sequence += 1;
    let attest = chain.world.attest_with(4, plan);
    let at = chain.world.after(60);
    chain.forge_rules(at, std::slice::from_ref(&attest));
    chain.blames(&attest, Question::MissedWindows, "AttestSequence");
}

#[test]
fn a_wrong_state_root_fails_the_blocks() {
    let (mut chain, payment) = payment();
    let at = chain.world.after(60);
    chain.forge_rules(at, &[payment]);
    let failure = chain.fails_at(2, Question::Blocks, "StateRoot").failure.unwrap();
    assert_eq!(failure.transaction, None);
}

#[test]
fn a_block_signed_by_another_key_fails_the_certificates() {
    let mut chain = story(3);
    let network = *chain.world.network();
    let block = Block::decode(&network, &chain.records[1].0).unwrap();
    let (digest, right) = (block.header.digest(&network), chain.world.certify(&block));
    let by = |sign: &dyn Fn(&SigningKey) -> Signature, key: &SigningKey| {
        let mut forged = right.clone();
        forged.signatures[2].1 = sign(key);
        forged.encode()
    };
    let vote = |key: &SigningKey| vote(key, &network, right.epoch, right.view, right.parent_view, &digest);
    // The treasury's key is no validator's either, and neither is a signature for another purpose.
    let other = |key: &SigningKey| key.sign(&network, Label::Certificate, &digest.0);
    for forged in [
        by(&vote, &SigningKey::from_bytes(&[9; 32])),
        by(&vote, &chain.world.treasury),
        by(&other, &chain.world.validators[2]),
    ] {
        chain.records[1].1 = forged;
        chain.fails_at(2, Question::Certificates, "CertificateSignature");
    }
    let fewer = chain.world.certify_by(&block, chain.world.genesis.validators(), 2);
    chain.records[1].1 = fewer.encode();
    chain.fails_at(2, Question::Certificates, "CertificateQuorum");
    let mut twice = right.clone();
    twice.signatures[2] = twice.signatures[1];
    chain.records[1].1 = twice.encode();
    chain.fails_at(2, Question::Certificates, "CertificateSigners");
    let later = Certificate { epoch: right.epoch.next(), ..right };
    chain.records[1].1 = later.encode();
    chain.fails_at(2, Question::Certificates, "CertificateEpoch");
}

#[test]
fn headers_that_do_not_follow_fail_the_blocks() {
    let chain = story(2);
    let block = chain.world.forge_block(chain.world.after(60), Vec::new());
    type Change = fn(&mut hushwatt_ledger::block::Header);
    let changes: [(Change, &str); 6] = [
        (|header| header.height += 1, "BlockHeight"),
        (|header| header.parent.0[0] ^= 1, "BlockParent"),
        (|header| header.time = START, "BlockTime"),
        (|header| header.validator_set[0] ^= 1, "ValidatorSet"),
        (|header| header.transaction_root[0] ^= 1, "TransactionRoot"),
        (|header| header.time = Timestamp(u64::MAX), "StateRoot"),
    ];
    for (change, rule) in changes {
        let (mut chain, mut block) = (chain.clone(), block.clone());
        change(&mut block.header);
        chain.append(&block);
        chain.fails_at(3, Question::Blocks, rule);
    }
}

#[test]
fn a_first_block_without_a_mint_fails_the_blocks() {
    let mut chain = Chain::empty();
    chain.forge_rules(START.plus(60), &[]);
    chain.fails_at(1, Question::Blocks, "FirstBlock");
}

#[test]
fn the_earliest_failure_is_the_one_reported() {
    let bad = || {
        let (mut chain, payment) = payment();
        let range = tamper!(payment, Transfer, |transfer| transfer.range = changed_range(&transfer.range, 4).unwrap());
        let at = chain.world.after(60);
        chain.forge_proofs(at, std::slice::from_ref(&range));
        (chain, at)
    };
    // A wrong proof in block 2 is found before a wrong signature, rule, root or cut in block 3.
    let (mut chain, at) = bad();
    chain.forge_rules(at.plus(60), &[]);
    chain.fails_at(2, Question::Proofs, "RangeProof");
    chain.records[2].1[0] ^= 1;
    chain.fails_at(2, Question::Proofs, "RangeProof");
    chain.records[2].0.truncate(100);
    chain.fails_at(2, Question::Proofs, "RangeProof");

    let (mut chain, at) = bad();
    let mint = chain.world.mint_numbered(1, &[(ANNA, 5), (BERT, 6)]);
    chain.forge_rules(at.plus(60), &[mint]);
    chain.fails_at(2, Question::Proofs, "RangeProof");

    let (chain, _) = bad();
    let mut file = chain.file();
    file.push(0);
    let report =
        hushwatt_audits::verify_reader(file.as_slice(), 0, chain.world.network(), &mut hushwatt_audits::NoProgress);
    assert_eq!(report.unwrap().failure.unwrap().rule, "RangeProof");
}

#[test]
fn of_two_wrong_proofs_the_first_in_the_block_is_reported() {
    let mut chain = story(1);
    let payments = [chain.world.pay(ANNA, BERT, 5), chain.world.pay(BERT, ANNA, 5), chain.world.pay(CARLA, ANNA, 5)];
    let ring = |built: &Built| {
        tamper!(built, Transfer, |transfer| {
            let c0 = &mut transfer.signatures[0].c0;
            *c0 = incremented(c0);
        })
    };
    let range = |built: &Built| {
        tamper!(built, Transfer, |transfer| transfer.range = changed_range(&transfer.range, 4).unwrap())
    };
    for swap in [false, true] {
        let mut sorted = payments.to_vec();
        sorted.sort_by_key(|built| *built.transaction.id());
        // Neither change touches the ids.
        let kinds: [&dyn Fn(&Built) -> Built; 2] = if swap { [&ring, &range] } else { [&range, &ring] };
        let bad = [sorted[0].clone(), kinds[0](&sorted[1]), kinds[1](&sorted[2])];
        let mut chain = chain.clone();
        let at = chain.world.after(60);
        chain.forge_proofs(at, &bad);
        chain.blames(&bad[1], Question::Proofs, if swap { "RingSignature" } else { "RangeProof" });
        let failed = chain.audit().failure.unwrap().transaction.unwrap();
        assert_eq!(failed.place, 1);
    }
    let at = chain.world.after(60);
    chain.accept(at, &payments);
    assert!(chain.audit().holds());
}

#[test]
fn an_input_of_another_value_fails_the_supply() {
    let (chain, payment) = payment();
    let other = Opening::new(5, SecretScalar::zero()).commit_point().unwrap();
    let bad = tamper!(payment, Transfer, |transfer| transfer.statement.inputs[0].pseudo = other);
    blamed(chain, &bad, Question::Supply, "Unbalanced");
}

#[test]
fn a_failure_is_told_to_people_with_block_transaction_and_rule() {
    let (mut chain, payment) = payment();
    let bad = tamper!(payment, Transfer, |transfer| transfer.range = changed_range(&transfer.range, 4).unwrap());
    let at = chain.world.after(60);
    chain.forge_proofs(at, &[bad]);
    let text = chain.audit().to_string();
    println!("{text}");
    for part in ["DOES NOT HOLD", "block       2", "0 of the block", "Transfer", "RangeProof", "[NO ]"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let json = serde_json::to_value(chain.audit()).unwrap();
    assert_eq!((&json["holds"], &json["failure"]["rule"]), (&false.into(), &"RangeProof".into()));
    assert_eq!(json["failure"]["transaction"]["kind"], "Transfer");
    assert_eq!(json["failure"]["block"], 2);
}
