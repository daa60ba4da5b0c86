//! Every question has a chain that violates just what it asks, and the audit names question, block and transaction. The match has
//! no other arm: a question without a forgery does not compile.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use hushwatt_ledger::{
    storage::RecordNumber,
    transaction::{Action, build::Built, order::Side, request::Target},
    units::{Timestamp, Utility},
};

use super::*;
use crate::{
    AuditFolder,
    chain::{Chain, bid, story},
    kit::{
        ANNA, BERT, CARLA,
        auction::Wish,
        build::Bid,
        electricity,
        forge::{incremented, one_more, tampered},
        totals::shared,
    },
    questions::Verdict,
    shared::chain_of,
};

/// Whose ledger the audit replays the chain on.
#[derive(Clone, Copy, PartialEq)]
enum Ledger {
    /// This program's.
    Right,
    /// One that does not make the first note of the last block. Payments are effects and stand in no block, so that no block can
    /// be forged to pay something else; a ledger could err.
    Forgetful,
}

/// The transaction of the last block that violates what a question asks.
struct Forgery {
    chain: Chain,
    culprit: Built,
    rule: &'static str,
    ledger: Ledger,
}

/// What comes after a chain: the culprit beside an honest payment, in a block that is right but for this transaction's proofs, or that
/// the rules would have stopped.
struct Next {
    chain: Chain,
    culprit: Built,
    seconds: u64,
}

impl Next {
    fn with_honest(&mut self) -> (Timestamp, [Built; 2]) {
        let honest = self.chain.world.pay(CARLA, BERT, 77);
        (self.chain.world.after(self.seconds), [self.culprit.clone(), honest])
    }

    fn breaks(mut self, rule: &'static str) -> Forgery {
        let (at, built) = self.with_honest();
        self.chain.forge_rules(at, &built);
        Forgery { chain: self.chain, culprit: self.culprit, rule, ledger: Ledger::Right }
    }

    fn proves_wrongly(mut self, rule: &'static str) -> Forgery {
        let (at, built) = self.with_honest();
        self.chain.forge_proofs(at, &built);
        Forgery { chain: self.chain, culprit: self.culprit, rule, ledger: Ledger::Right }
    }
}

/// After this many blocks of the story, a transaction.
fn after(blocks: u64, culprit: impl FnOnce(&mut Chain) -> Built) -> Next {
    let mut chain = story(blocks);
    let culprit = culprit(&mut chain);
    Next { chain, culprit, seconds: 60 }
}

fn deliver(chain: &mut Chain) -> Built {
    let window = chain.world.window(0);
    let deliveries = [(chain.contracts[0], 600), (chain.contracts[1], 400)];
    chain.world.deliver(ANNA, electricity(window), &deliveries)
}

/// Two asks and a bid whose time is over, and their rank fixed.
fn closed_auction() -> Chain {
    let mut chain = story(4);
    let (utility, window) = (Utility::Electricity, chain.world.window(0));
    let wish = |who, limit, quantity| Wish { who, utility, window, limit, quantity };
    let orders = [
        chain.world.sell(&wish(ANNA, 150, 800)),
        chain.world.sell(&wish(BERT, 250, 500)),
        chain.world.buy(&wish(CARLA, 300, 600)),
    ];
    chain.accept(chain.world.after(300), &orders);
    let last = chain.world.parameters().order_until(window).unwrap();
    chain.accept(last.plus(1), &[]);
    chain.accept(last.plus(31), &[]);
    chain
}

fn forgery(question: Question) -> Forgery {
    match question {
        Question::Blocks => {
            let late = after(1, |chain| chain.world.pay(ANNA, BERT, 1_000));
            let valid_until = late.culprit.transaction.envelope().valid_until;
            // Alone in its block: an honest payment of that time would be late as well.
            let mut chain = late.chain;
            chain.forge_rules(valid_until.plus(1), std::slice::from_ref(&late.culprit));
            Forgery { chain, culprit: late.culprit, rule: "Expired", ledger: Ledger::Right }
        }
        Question::Certificates => after(3, |chain| {
            let puppets = chain.world.new_validators(2);
            let signers = chain.world.registrars[..2].to_vec();
            chain.world.change_validators_by(2, &puppets, &signers)
        })
        .breaks("RegistrySerial"),
        Question::Proofs => after(1, |chain| {
            tampered(&chain.world.pay(ANNA, BERT, 1_000), |_, action| {
                let Action::Transfer(transfer) = action else { panic!("another kind") };
                let c0 = &mut transfer.signatures[0].c0;
                *c0 = incremented(c0);
            })
        })
        .proves_wrongly("RingSignature"),
        Question::DoubleSpend => {
            let mut twice = after(1, |chain| {
                let note = chain.world.spendable(ANNA, hushwatt_ledger::note::Asset::Credit)[0].clone();
                let rest = note.opening.value - 1_007;
                let once = chain.world.transfer(std::slice::from_ref(&note), &[(BERT, 1_000), (ANNA, rest)]);
                let again = chain.world.transfer(&[note], &[(CARLA, 1_000), (ANNA, rest)]);
                chain.accept(chain.world.after(60), &[once]);
                again
            });
            twice.seconds = 30;
            twice.breaks("AlreadySpent")
        }
        Question::Supply => {
            after(1, |chain| chain.world.mint_numbered(1, &[(ANNA, 5), (BERT, 6)])).breaks("MintSerial")
        }
        Question::Contracts => after(6, |chain| {
            let (window, expired) = (chain.world.window(0), chain.contracts[2]);
            chain.world.deliver(ANNA, electricity(window), &[(expired, 0)])
        })
        .breaks("UnknownContract"),
        Question::PaidForDelivered => {
            let mut next = after(4, deliver);
            next.chain.accept(next.chain.world.after(60), std::slice::from_ref(&next.culprit));
            assert!(next.chain.audit().holds(), "on a right ledger");
            Forgery { chain: next.chain, culprit: next.culprit, rule: "NoteMissing", ledger: Ledger::Forgetful }
        }
        Question::DeliveredWithinAttested => after(4, |chain| {
            tampered(&deliver(chain), |_, action| {
                let Action::Deliver(deliver) = action else { panic!("another kind") };
                let change = &mut deliver.statement.change.commitment;
                *change = one_more(change);
            })
        })
        .proves_wrongly("Unbalanced"),
        Question::ClearingPrices => {
            let mut chain = closed_auction();
            let (utility, window) = (Utility::Electricity, chain.world.window(0));
            let mut orders = chain.world.orders(utility, window);
            let dearer = orders.iter().rposition(|(_, _, side)| *side == Side::Sell).unwrap();
            orders.remove(dearer);
            let culprit = chain.world.clear_of(utility, window, &orders).unwrap().0;
            Next { chain, culprit, seconds: 60 }.breaks("OrderLeftOut")
        }
        Question::TariffLimits => after(1, |chain| {
            let dear = Bid { price: 1_010, ..bid(BERT, 10, &chain.world) };
            chain.world.open(&dear)
        })
        .breaks("PriceOutOfRange"),
        Question::Corrections => after(4, |chain| {
            let right = chain.world.measured(600, 10);
            let never = chain.world.window(5);
            chain.world.correct(0, never, &right)
        })
        .breaks("CorrectionOfUnattested"),
        Question::MissedWindows => after(3, |chain| {
            let (window, until) = (chain.world.window(0), chain.world.valid_until());
            let reading = chain.world.measured(100, 0);
            let mut plan = chain.world.attest_plan(4, window, &[reading], until);
            plan.sequence += 1;
            chain.world.attest_with(4, plan)
        })
        .breaks("AttestSequence"),
        Question::Totals => {
            // All have shared, and three are left out whose sum somebody wants to know.
            let mut community = shared();
            community.settle();
            let culprit = community.request(Target::Cohort(0), &[0, 1, 2]);
            Next { chain: chain_of(&community), culprit, seconds: 60 }.breaks("LeftOut")
        }
    }
}

impl Forgery {
    fn audit(&self) -> Report {
        if self.ledger == Ledger::Right {
            return self.chain.audit();
        }
        let genesis = &self.chain.world.genesis;
        let mut replay = Replay::begin(genesis, MemoryState::new(), Tally::new(genesis), 0);
        for ((body, certificate), number) in self.chain.records.iter().zip(0..) {
            // The notes that the ledger makes are those from this number on.
            replay.notes += u64::from(number + 1 == self.chain.height());
            let record = Record { number: RecordNumber(number), body: body.clone(), cert: certificate.clone() };
            if let Err(failure) = replay.record(&record) {
                return Report::failed(genesis, *failure);
            }
        }
        panic!("the forgery went through");
    }
}

#[test]
fn every_question_has_a_forgery_that_it_alone_answers_with_no() {
    for question in Question::ALL {
        let forgery = forgery(question);
        let report = forgery.audit();
        assert!(!report.holds() && report.tip.is_none() && report.evidence.is_none());
        let failed: Vec<Question> = report
            .questions
            .iter()
            .filter(|answer| answer.verdict == Verdict::Fails)
            .map(|answer| answer.question)
            .collect();
        assert_eq!(failed, [question], "{report}");

        let failure = report.failure.clone().unwrap();
        assert_eq!((failure.question, failure.rule.as_str()), (question, forgery.rule), "{report}");
        assert_eq!(failure.block, forgery.chain.height());
        let id = forgery.culprit.transaction.id();
        let place = forgery.chain.last_block().transactions.iter().position(|one| one.id() == id).unwrap();
        assert_eq!(failure.transaction, Some(FailedTransaction::new(place, Some(&forgery.culprit.transaction))));
        // What comes before the forged block is not to blame.
        let mut before = forgery.chain.clone();
        before.records.pop();
        assert!(before.audit().holds(), "{question:?}");
        // Said to people, too.
        let text = report.to_string();
        let (block, named) = (format!("block       {}", failure.block), format!("transaction {place} of the block"));
        assert!(text.contains(&block) && text.contains(&named) && text.contains(question.text()), "{text}");
    }
}

#[test]
fn a_forgery_after_the_audit_was_stopped_is_blamed_as_without() {
    for question in Question::ALL {
        let Forgery { chain, ledger: Ledger::Right, .. } = forgery(question) else { continue };
        let from_genesis = serde_json::to_string(&chain.audit()).unwrap();
        for left_out in 1..=2 {
            let folder = tempfile::tempdir().unwrap();
            let mut before = chain.clone();
            before.records.truncate(before.records.len() - left_out);
            for audited in [&before, &chain, &chain] {
                let opened = AuditFolder::open(folder.path(), chain.world.network()).unwrap();
                let report = opened.verify_reader(audited.file().as_slice(), 0, &mut NoProgress).unwrap();
                assert_eq!(report.holds(), audited.height() < chain.height());
                if !report.holds() {
                    assert_eq!(serde_json::to_string(&report).unwrap(), from_genesis, "{question:?}");
                }
            }
        }
    }
}

#[test]
fn every_question_is_asked_once_and_says_how_to_repeat_it() {
    let report = story(crate::chain::TIP).audit();
    let asked: Vec<Question> = report.questions.iter().map(|answer| answer.question).collect();
    assert_eq!(asked, Question::ALL);
    let mut sentences: Vec<&str> = report.questions.iter().map(|answer| answer.repeat).collect();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), Question::ALL.len());
    assert!(sentences.iter().all(|sentence| sentence.ends_with('.') && sentence.len() > 40));
}
