//! What stands between phases 2 and 3 of every transaction of the replay, and which of several failures came first.

use hushwatt_ledger::{
    block::{ProofVerdict, Verifier},
    genesis::Genesis,
    state::Resolved,
    transaction::Transaction,
};

use crate::{
    proofs::{At, BadProof, Deferred, ProofCounts},
    questions::Question,
    report::{FailedTransaction, Failure},
    tally::{Difference, Tally},
};

/// Looks at each transaction between phases 2 and 3: queues its proofs, and counts it.
pub(crate) struct Watch<'g> {
    pub deferred: Deferred<'g>,
    pub tally: Tally<'g>,
    /// Of the block at hand.
    pub height: u64,
    /// Where its record begins in the file.
    pub offset: u64,
    difference: Option<(At, Transaction, Difference)>,
    bad_proof: Option<Box<BadProof>>,
}

impl Verifier for Watch<'_> {
    fn verify(&mut self, place: usize, transaction: &Transaction, resolved: &Resolved) -> ProofVerdict {
        let at = At { height: self.height, place, offset: self.offset };
        self.deferred.add(at, transaction, resolved);
        if self.difference.is_none()
            && let Err(difference) = self.tally.transaction(place, transaction, resolved)
        {
            self.difference = Some((at, transaction.clone(), difference));
        }
        if self.deferred.is_full() {
            self.deferred.flush().map_err(|bad| {
                let rule = bad.rule;
                self.bad_proof = Some(bad);
                rule
            })?;
        }
        Ok(())
    }
}

impl<'g> Watch<'g> {
    /// From where a replay begins or goes on.
    pub fn new(genesis: &'g Genesis, tally: Tally<'g>, verified: ProofCounts, offset: u64) -> Self {
        let deferred = Deferred::new(genesis, verified);
        Watch { deferred, tally, height: 0, offset, difference: None, bad_proof: None }
    }

    /// Batches of so many transactions.
    #[cfg(test)]
    pub fn limit(&mut self, transactions: usize) {
        self.deferred.limit = transactions;
    }

    /// Whether the tally found something.
    pub fn differs(&self) -> bool {
        self.difference.is_some()
    }

    /// Checks the proofs that wait.
    pub fn flush(&mut self) -> Option<Box<BadProof>> {
        self.bad_proof.take().or_else(|| self.deferred.flush().err())
    }

    /// Something is wrong here; but what waits to be checked comes earlier, and the earliest failure is the one told.
    pub fn earliest(&mut self, later: Box<Failure>) -> Box<Failure> {
        let difference = self.difference.take();
        match (self.flush(), difference) {
            (Some(bad), Some((at, ..))) if bad.at <= at => of_bad_proof(&bad),
            (Some(bad), None) => of_bad_proof(&bad),
            (_, Some((at, transaction, difference))) => {
                let question = difference.question();
                in_transaction(at, &transaction, question, difference.name(), difference.to_string())
            }
            (None, None) => later,
        }
    }
}

fn in_transaction(
    at: At,
    transaction: &Transaction,
    question: Question,
    rule: String,
    message: String,
) -> Box<Failure> {
    Box::new(Failure {
        question,
        block: at.height,
        byte_offset: Some(at.offset),
        transaction: Some(FailedTransaction::new(at.place, Some(transaction))),
        rule,
        message,
    })
}

pub(crate) fn of_bad_proof(bad: &BadProof) -> Box<Failure> {
    let question = Question::of_rule(&bad.rule, Some(bad.transaction.action()));
    in_transaction(bad.at, &bad.transaction, question, bad.rule.name(), bad.rule.to_string())
}
