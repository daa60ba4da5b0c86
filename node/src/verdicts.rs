//! Verdicts on proofs, with the decoded transactions: what was verified once is not verified again, and what was decoded
//! once is not decoded again, in whatever block or submission it comes.
//!
//! A verdict is a pure function of the transaction's bytes, of the bucket versions and contracts it names, which are
//! immutable, and of the key and class of the meter that posts it, which may be replaced (protocol section 8): it is kept
//! under the digests of the bytes, of those versions and of that key, right on any fork.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use hushwatt_ledger::{
    Rejection,
    transaction::{FullDigest, Transaction},
};

struct Known {
    transaction: Arc<Transaction>,
    digests: Vec<[u8; 32]>,
    verdict: Result<(), Rejection>,
}

/// The verdicts given last; the oldest are forgotten.
pub(crate) struct Verdicts {
    known: HashMap<FullDigest, Known>,
    order: VecDeque<FullDigest>,
    bytes: usize,
    most: usize,
}

impl Verdicts {
    /// Keeps verdicts on so many bytes of transactions.
    pub fn new(most: usize) -> Self {
        Verdicts { known: HashMap::new(), order: VecDeque::new(), bytes: 0, most }
    }

    /// The verdict on exactly these bytes against exactly these bucket versions.
    pub fn get(&self, content: &FullDigest, digests: &[[u8; 32]]) -> Option<Result<(), Rejection>> {
        self.known.get(content).filter(|known| known.digests == digests).map(|known| known.verdict)
    }

    /// The transaction with exactly these bytes.
    pub fn transaction(&self, content: &FullDigest) -> Option<&Arc<Transaction>> {
        self.known.get(content).map(|known| &known.transaction)
    }

    /// Keeps a verdict, in the place of one against other bucket versions.
    pub fn insert(&mut self, transaction: Arc<Transaction>, digests: Vec<[u8; 32]>, verdict: Result<(), Rejection>) {
        let content = *transaction.full_digest();
        let bytes = transaction.encoded_len();
        if self.known.insert(content, Known { transaction, digests, verdict }).is_none() {
            self.order.push_back(content);
            self.bytes += bytes;
        }
        while self.bytes > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            let known = self.known.remove(&oldest);
            self.bytes -= known.map_or(0, |known| known.transaction.encoded_len());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::mints;

    #[test]
    fn a_verdict_is_that_on_these_bytes_against_these_rings_and_the_oldest_are_forgotten() {
        let transactions: Vec<&Arc<Transaction>> = mints().iter().map(|mint| mint.transaction()).collect();
        let most: usize = transactions[..10].iter().map(|transaction| transaction.encoded_len()).sum();
        let mut verdicts = Verdicts::new(most);
        let content = |place: usize| transactions[place].full_digest();
        verdicts.insert(transactions[0].clone(), vec![[1; 32]], Ok(()));
        assert_eq!(verdicts.get(content(0), &[[1; 32]]), Some(Ok(())));
        assert_eq!(verdicts.get(content(0), &[[2; 32]]), None);
        assert_eq!(verdicts.get(content(1), &[[1; 32]]), None);
        verdicts.insert(transactions[0].clone(), vec![[2; 32]], Err(Rejection::RingSignature));
        assert_eq!(verdicts.get(content(0), &[[1; 32]]), None, "one for each transaction");
        assert_eq!(verdicts.get(content(0), &[[2; 32]]), Some(Err(Rejection::RingSignature)));
        for transaction in &transactions[1..] {
            verdicts.insert(Arc::clone(transaction), Vec::new(), Ok(()));
            assert!(verdicts.bytes <= most && verdicts.known.len() == verdicts.order.len());
        }
        assert!(verdicts.transaction(content(0)).is_none());
        assert_eq!(verdicts.transaction(content(47)), Some(transactions[47]));
    }
}
