//! Facts come from final blocks of the right chain, and only from those.

use hushwatt_audits::{
    AuditError, NoProgress,
    check::{FactsError, Gatherer, facts_from_path, facts_from_reader},
};
use hushwatt_ledger::{
    disclosure::{Disclosure, Facts},
    genesis::Genesis,
    note::{Asset, BucketVersion},
    storage::{ChainLog, RealDisk},
};

use crate::{
    chains::{Chain, chain},
    kit::{ANNA, BERT, CARLA, Setup, World},
};

#[test]
fn every_kind_holds_against_a_file_a_node_folder_and_single_blocks() {
    let chain = chain();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.hwl");
    let mut log = ChainLog::open(std::sync::Arc::new(RealDisk), &path, chain.world.genesis.bytes()).unwrap();
    for (body, certificate) in &chain.records {
        log.append(body, certificate).unwrap();
    }
    for disclosure in &chain.disclosures {
        let name = disclosure.statement().claim.name();
        let checked = disclosure.check(&chain.facts(disclosure).unwrap());
        let checked = checked.unwrap_or_else(|error| panic!("{name}: {error}"));
        for place in [folder.path(), &path] {
            let facts = facts_from_path(place, disclosure, &mut NoProgress).unwrap();
            assert_eq!(disclosure.check(&facts).unwrap(), checked);
        }
        let genesis = Genesis::parse(chain.world.genesis.bytes()).unwrap();
        let mut gatherer = Gatherer::new(genesis, disclosure).unwrap();
        for (height, (body, certificate)) in (1..).zip(&chain.records) {
            assert_eq!(gatherer.next_height(), height);
            gatherer.record(body, certificate).unwrap();
        }
        assert_eq!(disclosure.check(&gatherer.finish().unwrap()).unwrap(), checked);
    }
}

#[test]
fn what_no_certificate_covers_has_not_happened() {
    let chain = chain();
    let payment = &chain.disclosures[0];
    // Block 2 holds the payment.
    let mut last = chain.clone();
    last.records.truncate(2);
    assert!(payment.check(&last.facts(payment).unwrap()).is_ok());
    last.records[1].1.clear();
    let facts = last.facts(payment).unwrap();
    assert_eq!(facts.tip().height, 1);
    assert_eq!(payment.check(&facts).unwrap_err().name(), "UnknownTransaction");
    // A later certificate covers it.
    let mut covered = chain.clone();
    covered.records[1].1.clear();
    assert!(payment.check(&covered.facts(payment).unwrap()).is_ok());
    let mut nothing = chain;
    nothing.records.truncate(1);
    nothing.records[0].1.clear();
    assert!(matches!(nothing.facts(&nothing.disclosures[0].clone()), Err(FactsError::NoBlocks)));
}

#[test]
fn a_broken_or_forged_chain_gives_no_facts() {
    let chain = chain();
    let payment = &chain.disclosures[0];
    let broken = |change: &dyn Fn(&mut Chain), height: u64| {
        let mut bad = chain.clone();
        change(&mut bad);
        match bad.facts(payment) {
            Err(FactsError::Broken { height: found, .. }) => assert_eq!(found, height),
            other => panic!("{:?}", other.map(|facts| facts.tip())),
        }
    };
    // A certificate of other votes, of another block, or none that can be read.
    broken(&|bad| bad.records[1].1.iter_mut().rev().take(1).for_each(|byte| *byte ^= 1), 2);
    broken(&|bad| bad.records[1].1 = bad.records[2].1.clone(), 2);
    broken(&|bad| bad.records[1].1.truncate(20), 2);
    // A block that is left out, doubled, or changed.
    broken(&|bad| drop(bad.records.remove(1)), 2);
    broken(&|bad| bad.records[2] = bad.records[1].clone(), 3);
    broken(&|bad| bad.records[1].0[8] ^= 1, 2);
    broken(&|bad| bad.records[1].0.truncate(100), 2);
    // Honest validators sign no such block; if they all did, its state root would still have to be right.
    let mut other = World::before_the_first_block(&Setup { households: 5, ..Setup::default() });
    let mint = other.mint(&[(ANNA, 5), (BERT, 6), (CARLA, 7), (4, 8)]);
    let forged = chain.world.forge_block(chain.world.after(60), vec![mint.transaction]);
    let certificate = chain.world.certify(&forged).encode();
    let height = chain.records.len() as u64 + 1;
    broken(&|bad| bad.records.push((forged.encode(), certificate.clone())), height);
}

#[test]
fn a_cut_or_foreign_file_is_no_chain_to_hold_anything_against() {
    let chain = chain();
    let payment = &chain.disclosures[0];
    let file = chain.file();
    let read = |bytes: &[u8]| facts_from_reader(bytes, 0, payment, &mut NoProgress).map(|facts| facts.tip());
    assert!(matches!(read(&file[..file.len() - 5]), Err(FactsError::Broken { .. })));
    assert!(matches!(read(b"no chain"), Err(FactsError::Chain(AuditError::NoChain(_)))));
    let mut other = Setup::default();
    other.seed += 1;
    let foreign = World::before_the_first_block(&other);
    let genesis = Genesis::parse(foreign.genesis.bytes()).unwrap();
    assert!(matches!(Gatherer::new(genesis, payment), Err(FactsError::Chain(AuditError::ForeignNetwork { .. }))));
    let missing = facts_from_path(std::path::Path::new("no-such-file"), payment, &mut NoProgress);
    assert!(matches!(missing.map(|facts| facts.tip()), Err(FactsError::Chain(AuditError::Open { .. }))));
}

#[test]
fn a_balance_over_an_older_version_holds_and_over_a_length_that_never_was_does_not() {
    let mut chain = chain();
    let balance = chain.disclosures[6].clone();
    // Payout and refund of the delivery become a bucket; what a lone payment makes joins it a day later.
    let at = chain.world.after(chain.world.parameters().credit_epoch);
    chain.accept(at, &[]);
    let newest = chain.world.counters().newest_credit_bucket.unwrap();
    let older = chain.world.version(newest);
    let payment = chain.world.pay(ANNA, BERT, 5);
    let at = chain.world.after(60);
    chain.accept(at, &[payment]);
    let at = chain.world.after(chain.world.parameters().seal_after + 1);
    chain.accept(at, &[]);
    let grown = chain.world.version(newest);
    assert!(grown.length > older.length);
    assert!(balance.check(&chain.facts(&balance).unwrap()).is_ok());

    // Gather for a balance in that very bucket, and ask for its versions.
    let mut file: serde_json::Value = serde_json::from_str(&balance.to_json().unwrap()).unwrap();
    for note in file["claim"]["balance"]["notes"].as_array_mut().unwrap() {
        note["bucket"] = serde_json::json!(newest.0);
    }
    let about = Disclosure::from_json(file.to_string().as_bytes()).unwrap();
    let facts = chain.facts(&about).unwrap();
    let length_of = |version: BucketVersion| facts.ring(version).unwrap().map(|ring| (ring.asset, ring.members.len()));
    for version in [older, grown] {
        assert_eq!(length_of(version), Some((Asset::Credit, version.ring())));
    }
    for length in [older.length + 1, grown.length + 1] {
        assert_eq!(length_of(BucketVersion { id: newest, length }), None);
    }
}

#[test]
fn spending_a_note_ends_the_balance_that_showed_it() {
    let mut chain = chain();
    let balance = chain.disclosures[6].clone();
    assert!(balance.check(&chain.facts(&balance).unwrap()).is_ok());
    let notes = chain.world.spendable(CARLA, Asset::Credit);
    let spend = chain.world.transfer(&notes[..1], &[(BERT, 5), (CARLA, notes[0].opening.value - 12)]);
    let at = chain.world.after(60);
    chain.accept(at, &[spend]);
    let error = balance.check(&chain.facts(&balance).unwrap()).unwrap_err();
    assert_eq!(error.name(), "AlreadySpent");
}
