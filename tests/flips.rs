//! Every byte of a chain is guarded: flipped in the file, or flipped by a forger who holds the validators' keys and makes
//! every root and certificate right again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod fuzz_targets;
#[path = "../ledger/tests/kit/mod.rs"]
mod kit;
mod small_chain;

use std::collections::BTreeMap;

use hushwatt_audits::{NoProgress, Report, verify_reader};
use hushwatt_ledger::{
    block::{Block, propose},
    transaction::Transaction,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use fuzz_targets::{GENESIS, certified, file};
use kit::full_effort;
use small_chain::{SmallChain, correction, money, trade};

/// Rules that only say that bytes were changed: a forger makes them right, so they must never be what stops him.
const FORGER_ANSWERS: [&str; 13] = [
    "CertificateMalformed",
    "CertificateEpoch",
    "CertificateSigners",
    "CertificateQuorum",
    "CertificateSignature",
    "TransactionRoot",
    "StateRoot",
    "BlockParent",
    "BlockHeight",
    "BlockTime",
    "BlockOrder",
    "ValidatorSet",
    "Checksum",
];

fn audit(chain: &SmallChain, file: &[u8]) -> Option<Report> {
    verify_reader(file, file.len() as u64, chain.world.network(), &mut NoProgress).ok()
}

#[test]
fn the_chains_hold_are_small_and_have_every_kind() {
    let mut kinds = BTreeMap::new();
    for chain in [money(), trade(), correction()] {
        let file = chain.file();
        assert!(file.len() <= 10_000, "{} bytes", file.len());
        println!("{} bytes in {} blocks", file.len(), chain.blocks.len());
        let report = audit(&chain, &file).unwrap();
        assert!(report.holds(), "{report}");
        for transaction in chain.blocks.iter().flat_map(|block| &block.transactions) {
            *kinds.entry(transaction.action().name()).or_insert(0) += 1;
        }
    }
    let all = ["Attest", "Burn", "Correct", "Deliver", "Mint", "Open", "Registry", "Transfer"];
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), all);
}

/// One random bit of every `step`-th byte; with time to spend, every bit of every byte.
fn every_flipped_byte_is_seen(chain: &SmallChain, step: usize) {
    let good = chain.file();
    let (step, bits) = if full_effort() { (1, 0..8) } else { (step, 0..1) };
    (0..good.len()).into_par_iter().step_by(step).for_each(|at| {
        let random = ChaCha20Rng::seed_from_u64(at as u64).next_u32();
        for bit in bits.clone() {
            let mut bad = good.clone();
            bad[at] ^= 1 << ((random + bit) % 8);
            let held = audit(chain, &bad).is_some_and(|report| report.holds());
            assert!(!held, "byte {at}: {:02x} for {:02x}", bad[at], good[at]);
        }
    });
}

#[test]
fn every_flipped_byte_of_the_trade_chain_is_seen() {
    every_flipped_byte_is_seen(&trade(), 1);
}

/// The same checksums guard it: a sample will do.
#[test]
fn flipped_bytes_of_the_money_chain_are_seen() {
    every_flipped_byte_is_seen(&money(), 8);
}

/// How a flip inside a transaction was caught.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Caught {
    /// It no longer decodes.
    Decoding,
    /// The state did not allow it: the forger's own block execution already knew.
    Rules,
    /// Every rule of the state was content; a proof or signature was not.
    Proofs,
}

/// The chain with this transaction in the place of another, as the forger writes it.
struct Forged {
    file: Vec<u8>,
    /// Whether the block with it could be executed once proofs were not asked for.
    executed: bool,
    /// Its place in its block.
    place: usize,
}

/// The forger executes the block without asking for proofs, and every later block on top of it, leaving out what no
/// longer fits; all roots and certificates are right. Where the state's rules refuse the transaction he still certifies
/// a block with it, without a right state root, and the chain ends there.
fn forge(chain: &SmallChain, height: usize, honest: usize, forged: &Transaction) -> Forged {
    let genesis = &chain.world.genesis;
    let mut records = chain.records();
    records.truncate(height);
    let certified = |block: &Block| (block.encode(), certified(&block.header));
    let (mut state, mut parent) = chain.before[height].clone();
    let mut executed = false;
    for (number, block) in chain.blocks.iter().enumerate().skip(height) {
        let mut transactions = block.transactions.clone();
        if number == height {
            transactions[honest] = forged.clone();
        }
        let time = block.header.time;
        let proposal = propose(genesis, &state, &chain.world.rings, &parent, time, &transactions);
        let proposal = proposal.ok().filter(|proposal| number > height || proposal.left_out.is_empty());
        let Some(proposal) = proposal else { break };
        executed = true;
        records.push(certified(&proposal.block));
        state.apply(proposal.executed.changes);
        parent = proposal.executed.parent;
    }
    let mut world = chain.world.clone();
    let mut transactions = chain.blocks[height].transactions.clone();
    transactions[honest] = forged.clone();
    world.parent = chain.before[height].1;
    let raw = world.forge_block(chain.blocks[height].header.time, transactions);
    if !executed {
        records.push(certified(&raw));
    }
    let place = raw.transactions.iter().position(|transaction| transaction.id() == forged.id()).unwrap();
    Forged { file: file(GENESIS, &records), executed, place }
}

fn judge(chain: &SmallChain, height: usize, honest: usize, bytes: &[u8]) -> (Caught, String) {
    let forged = match Transaction::decode(chain.world.network(), bytes) {
        Ok(forged) => forged,
        Err(error) => return (Caught::Decoding, format!("{error:?}")),
    };
    let Forged { file, executed, place } = forge(chain, height, honest, &forged);
    let report = audit(chain, &file).expect("a chain of this network");
    let failure = report.failure.expect("a forged transaction went through");
    let named = failure.transaction.expect("a transaction is to blame");
    assert_eq!((failure.block, named.place), (height as u64 + 1, place), "{}: {}", failure.rule, failure.message);
    assert!(!FORGER_ANSWERS.contains(&failure.rule.as_str()), "{}: {}", failure.rule, failure.message);
    (if executed { Caught::Proofs } else { Caught::Rules }, failure.rule)
}

#[test]
fn flipped_bytes_of_the_correction_chain_are_seen() {
    every_flipped_byte_is_seen(&correction(), 8);
}

/// Every byte of every Correct, of both classes, and of the change of a meter's key: fields of the statement, the proof, the
/// signature.
#[test]
fn no_flip_inside_a_correction_survives_a_forger_with_the_validators_keys() {
    let chain = correction();
    let corrections = chain.blocks.iter().enumerate().filter(|(height, _)| *height >= 2);
    let bytes: Vec<(usize, usize)> = corrections
        .flat_map(|(height, block)| (0..block.transactions[0].encoded_len()).map(move |at| (height, at)))
        .collect();
    let caught: Vec<Caught> = bytes
        .into_par_iter()
        .map(|(height, at)| {
            let mut bytes = chain.blocks[height].transactions[0].encode();
            bytes[at] ^= 1 << (at % 8);
            judge(&chain, height, 0, &bytes).0
        })
        .collect();
    for kind in [Caught::Decoding, Caught::Rules, Caught::Proofs] {
        assert!(caught.contains(&kind), "{kind:?}");
    }
}

#[test]
fn no_flip_inside_a_transaction_survives_a_forger_with_the_validators_keys() {
    let chains = [money(), trade(), correction()];
    let mut targets: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (which, chain) in chains.iter().enumerate() {
        for (height, block) in chain.blocks.iter().enumerate() {
            for (place, transaction) in block.transactions.iter().enumerate() {
                targets.extend((0..transaction.encoded_len()).map(|at| (which, height, place, at)));
            }
        }
    }
    let samples = if full_effort() { 8 * targets.len() } else { 1_000 };
    let outcomes: Vec<(&str, Caught, String)> = (0..samples)
        .into_par_iter()
        .map(|sample| {
            let mut rng = ChaCha20Rng::seed_from_u64(sample as u64);
            let (target, bit) = if full_effort() {
                (targets[sample / 8], sample % 8)
            } else {
                (targets[rng.next_u64() as usize % targets.len()], rng.next_u32() as usize % 8)
            };
            let (which, height, place, at) = target;
            let honest = &chains[which].blocks[height].transactions[place];
            let mut bytes = honest.encode();
            bytes[at] ^= 1 << bit;
            let (caught, rule) = judge(&chains[which], height, place, &bytes);
            (honest.action().name(), caught, rule)
        })
        .collect();
    let (mut by, mut rules) = (BTreeMap::new(), BTreeMap::new());
    for (kind, caught, rule) in &outcomes {
        *by.entry((*caught, *kind)).or_insert(0) += 1;
        *rules.entry((*caught, rule.as_str())).or_insert(0) += 1;
    }
    println!("{samples} samples\n{by:#?}\n{rules:#?}");
    for caught in [Caught::Decoding, Caught::Rules, Caught::Proofs] {
        let seen: usize = outcomes.iter().filter(|outcome| outcome.1 == caught).count();
        println!("{caught:?}: {seen}");
        assert!(seen * 100 > samples, "the flips reach each line of defence");
    }
}
