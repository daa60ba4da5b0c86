//! Certificates that cover several blocks, blocks that none covers, and validators that change.

use hushwatt_audits::{Question, Verdict};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{block::Block, parameters::Parameters};

use crate::{
    chain::{Chain, TIP, story},
    kit::{ANNA, BERT, START, Setup, World},
};

#[test]
fn a_certificate_covers_the_blocks_before_it() {
    let mut chain = story(TIP);
    for height in [1, 2, 3, 6] {
        chain.uncertified(height);
    }
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    let (tip, finality) = (report.tip.unwrap(), report.totals.unwrap().finality);
    assert_eq!((tip.height, tip.not_final, tip.bytes), (TIP, 0, chain.file().len() as u64));
    assert_eq!((finality.certificates, finality.covered_by_later), (TIP - 4, 4));
}

#[test]
fn blocks_at_the_end_that_no_certificate_covers_are_not_believed_and_counted() {
    for (last, blocks) in [(TIP, 1), (TIP - 2, 3), (1, TIP)] {
        let mut chain = story(TIP);
        (last..=TIP).for_each(|height| chain.uncertified(height));
        let report = chain.audit();
        assert!(!report.holds() && !report.holds);
        let failure = report.failure.clone().unwrap();
        assert_eq!(
            (failure.question, failure.block, failure.rule.as_str()),
            (Question::Certificates, last, "NotFinal")
        );
        let covered = story(last - 1);
        assert_eq!(failure.byte_offset, Some(covered.file().len() as u64));
        // Everything else is answered, for the part that is final.
        let (known, tip) = (covered.audit(), report.tip.clone().unwrap());
        assert_eq!((tip.height, tip.not_final), (last - 1, blocks));
        assert_eq!((&tip.digest, &tip.bytes), (&known.tip.clone().unwrap().digest, &known.tip.unwrap().bytes));
        assert_eq!(report.totals, known.totals);
        for (answer, known) in report.questions.iter().zip(&known.questions) {
            match answer.question {
                Question::Certificates => assert_eq!(answer.verdict, Verdict::Fails),
                _ => assert_eq!(answer, known),
            }
        }
        let text = report.to_string();
        let sentence = format!("ONLY UP TO BLOCK {}", last - 1);
        let count =
            if blocks == 1 { "the last block has".to_owned() } else { format!("the last {blocks} blocks have") };
        assert!(text.contains(&sentence) && text.contains(&count) && text.contains("export the chain again"), "{text}");
    }
}

#[test]
fn what_is_wrong_behind_the_last_certificate_is_still_said_where_it_can_be() {
    // A block that is not linked, or no block at all, is damage wherever it stands.
    let mut chain = story(4);
    chain.uncertified(3);
    chain.uncertified(4);
    chain.records.remove(2);
    chain.fails_at(3, Question::Blocks, "BlockHeight");
    let mut chain = story(4);
    chain.uncertified(4);
    chain.records[3].0.truncate(100);
    chain.fails_at(4, Question::Blocks, "Malformed");
}

#[test]
fn a_wrong_block_under_the_certificate_of_a_later_one_is_blamed() {
    let mut chain = story(3);
    let payment = chain.world.mint_numbered(1, &[(ANNA, 5), (BERT, 6)]);
    let at = chain.world.after(60);
    chain.forge_rules(at, std::slice::from_ref(&payment));
    chain.uncertified(4);
    // Block 5 names it as its parent.
    let bad = Block::decode(chain.world.network(), &chain.records[3].0).unwrap();
    let mut next = chain.world.forge_block(at.plus(60), Vec::new());
    (next.header.height, next.header.parent) = (5, bad.header.digest(chain.world.network()));
    chain.append(&next);
    let report = chain.fails_at(4, Question::Supply, "MintSerial");
    assert_eq!(report.failure.unwrap().byte_offset, Some(story(3).file().len() as u64));
}

#[test]
fn a_block_between_two_final_ones_cannot_be_exchanged() {
    let mut chain = story(4);
    let mut other = Block::decode(chain.world.network(), &chain.records[2].0).unwrap();
    other.header.time = other.header.time.plus(1);
    chain.records[2] = (other.encode(), Vec::new());
    chain.fails_at(4, Question::Blocks, "BlockParent");
}

// Changes of the validators.

/// Epochs of three blocks: a change in block 4, another in block 7, up to block 10.
fn changing() -> (Chain, Vec<Vec<SigningKey>>) {
    let setup = Setup::default();
    let parameters = Parameters { epoch_blocks: 3, ..setup.parameters.clone() };
    let world = World::before_the_first_block(&Setup { parameters, ..setup });
    let mut chain = Chain { world, records: Vec::new(), contracts: Vec::new() };
    let mint = chain.world.mint(&[(ANNA, 10_000_000), (BERT, 10_000_000)]);
    chain.accept(START.plus(60), &[mint]);
    let mut sets = vec![chain.world.validators.clone()];
    for height in 2..=10 {
        let at = chain.world.after(60);
        let mut block = Vec::new();
        if height == 4 {
            // Four become five.
            let new = chain.world.new_validators(1);
            sets.push([sets[0].clone(), new].concat());
        }
        if height == 7 {
            // One leaves, another changes its key.
            let new = chain.world.new_validators(1);
            sets.push([sets[1][2..].to_vec(), new].concat());
        }
        if height == 4 || height == 7 {
            block.push(chain.world.change_validators(sets.last().unwrap()));
        }
        chain.accept(at, &block);
    }
    (chain, sets)
}

#[test]
fn validators_are_followed_through_their_changes_with_the_genesis_alone() {
    let (chain, sets) = changing();
    let report = chain.audit();
    assert!(report.holds(), "{report}");
    let totals = report.totals.clone().unwrap();
    assert_eq!((totals.finality.validators, totals.finality.validator_changes), (sets[2].len() as u64, 2));
    assert_eq!((totals.transactions.registry_changes, totals.proofs.registrar_signatures), (2, 4));
    // Three of four, four of five, three of four.
    assert_eq!(totals.finality.votes, 5 * 3 + 3 * 4 + 2 * 3);
    let text = report.to_string();
    for part in ["4 validators at the tip, changed 2 times", "2 changes of the registry", "4 of registrars"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["questions"][1]["counts"]["validator_changes"], 2);
    assert_eq!(json["totals"]["finality"]["validators"], 4);
}

#[test]
fn old_validators_cannot_sign_for_new_ones_nor_new_ones_for_old() {
    let (chain, sets) = changing();
    let set = |keys: &[SigningKey]| {
        let keys = keys.iter().map(SigningKey::verifying_key).collect();
        hushwatt_ledger::validators::ValidatorSet::new(keys).unwrap()
    };
    for (height, foreign) in [(4, 1), (5, 1), (6, 0), (8, 2), (9, 1), (10, 0)] {
        let mut forged = chain.clone();
        let block = Block::decode(chain.world.network(), &chain.records[height - 1].0).unwrap();
        let foreign = set(&sets[foreign]);
        forged.records[height - 1].1 = chain.world.certify_by(&block, &foreign, foreign.count()).encode();
        let failure = forged.audit().failure.unwrap();
        assert_eq!((failure.block, failure.question), (height as u64, Question::Certificates));
    }
}

#[test]
fn a_change_that_only_the_new_validators_certify_is_refused() {
    // Block 5 is the last of the old validators: without its certificate, block 6 would have to make its own makers'
    // election final.
    let (mut chain, _) = changing();
    chain.uncertified(4);
    assert!(chain.audit().holds());
    chain.uncertified(5);
    chain.fails_at(6, Question::Certificates, "ChangeNotFinal");
    // Where nothing changed before, an epoch's end needs no certificate.
    let (mut chain, _) = changing();
    chain.uncertified(2);
    chain.uncertified(3);
    assert!(chain.audit().holds());
}

#[test]
fn registrars_without_validators_cannot_continue_the_chain() {
    // They hold all registrars' keys and no validator's: a change, signed rightly, in blocks they made themselves.
    let (mut chain, _) = changing();
    chain.records.truncate(3);
    let mut world =
        World::before_the_first_block(&Setup { parameters: chain.world.parameters().clone(), ..Setup::default() });
    assert_eq!(world.network(), chain.world.network());
    for (body, _) in &chain.records {
        let block = Block::decode(world.network(), body).unwrap();
        let mut checking = crate::kit::Checking(&world.genesis);
        let executed = hushwatt_ledger::block::execute_block(
            &world.genesis,
            &world.state,
            &world.rings,
            &world.parent,
            &block,
            &mut checking,
        );
        let executed = executed.unwrap();
        world.state.apply(executed.changes);
        world.parent = executed.parent;
    }
    let puppets = world.new_validators(3);
    let change = world.change_validators(&puppets);
    let fourth = world.propose(world.after(60), std::slice::from_ref(&change)).unwrap();
    chain.records.push((fourth.block.encode(), Vec::new()));
    world.state.apply(fourth.executed.changes);
    world.parent = fourth.executed.parent;
    for _ in 5..=6 {
        let next = world.propose(world.after(60), &[]).unwrap();
        let certificate = if next.block.header.height == 6 { world.certify(&next.block).encode() } else { Vec::new() };
        chain.records.push((next.block.encode(), certificate));
        world.state.apply(next.executed.changes);
        world.parent = next.executed.parent;
    }
    chain.fails_at(6, Question::Certificates, "ChangeNotFinal");
}

#[test]
fn a_change_that_the_registrars_did_not_sign_fails_the_proofs() {
    let mut chain = story(3);
    let new = chain.world.new_validators(2);
    let built = chain.world.change_validators(&new);
    let treasury = chain.world.treasury.clone();
    let forged = crate::kit::forge::signed_again(&built, &treasury);
    let at = chain.world.after(60);
    chain.forge_proofs(at, std::slice::from_ref(&forged));
    chain.blames(&forged, Question::Proofs, "RegistrySignature");
    let mut chain = story(3);
    chain.world.new_validators(2);
    let replayed = chain.world.change_validators_by(2, &new, &chain.world.registrars[..2]);
    let at = chain.world.after(60);
    chain.forge_rules(at, std::slice::from_ref(&replayed));
    chain.blames(&replayed, Question::Certificates, "RegistrySerial");
}
