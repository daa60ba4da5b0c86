//! One auction after orders have closed: asked about, cleared, followed until a final block has its end.

use std::time::{Duration, Instant};

use hushwatt_client::{AuctionDetail, Backoff};
use hushwatt_ledger::{
    block::BlockDigest,
    transaction::{Transaction, clear::Cleared, order::OrderId},
    units::Timestamp,
};
use rand_core::OsRng;

use super::{MOST_WAIT, Service};
use crate::{
    book::{AuctionKey, Ending},
    clearing::{ClearingError, OpenedOrders},
    nodes::Verdict,
    status::Sides,
};

/// Between two looks at an auction that waits for its rank, or for a block with its Clear.
const SOON: Duration = Duration::from_secs(2);
/// And at one with which nothing can be done.
const LATER: Duration = Duration::from_secs(15);

/// How an auction goes on.
pub(super) struct Progress {
    pub next: Backoff,
    /// Orders on the ledger.
    pub on_ledger: Option<Sides>,
    /// Orders there that cannot be opened.
    pub unopened: u32,
    /// What nodes said to the Clear.
    pub answer: Option<String>,
    /// The rule by which they refused it.
    pub refused: Option<String>,
    pending: Option<Pending>,
}

impl Default for Progress {
    fn default() -> Self {
        Progress {
            next: Backoff::up_to(MOST_WAIT),
            on_ledger: None,
            unopened: 0,
            answer: None,
            refused: None,
            pending: None,
        }
    }
}

/// A Clear that was built.
struct Pending {
    transaction: Transaction,
    /// What it was built for.
    orders: Vec<OrderId>,
    rank: BlockDigest,
}

fn ids(auction: &AuctionDetail) -> Vec<OrderId> {
    auction.orders.iter().map(|order| OrderId(order.order)).collect()
}

impl Service {
    /// Does what an auction needs next.
    pub(super) fn advance(&mut self, key: AuctionKey) {
        let now = self.parts.clock.monotonic();
        if !self.progress.entry(key).or_default().next.is_due(now) {
            return;
        }
        let Some(answer) = self.parts.nodes.auction(key.utility, key.window) else {
            return self.wait(key, |next| next.fail(now, &mut OsRng));
        };
        let Some(detail) = answer else {
            // Orders were admitted and never came to the ledger, which takes no more.
            let deadline = self.parts.genesis.parameters.clear_until(key.window);
            let is_past = self.tip.zip(deadline).is_some_and(|(tip, deadline)| tip.time > deadline);
            if is_past && self.surveyed {
                return self.end(key, Ending::NoOrders);
            }
            return self.wait(key, |next| next.rest(now, LATER, &mut OsRng));
        };
        let summary = &detail.summary;
        if let Some(progress) = self.progress.get_mut(&key) {
            progress.on_ledger = Some(Sides { sells: summary.sells, buys: summary.buys });
        }
        if let Some(ending) = Ending::of(summary.state, summary.price) {
            return self.end(key, ending);
        }
        let is_late = self.parts.clock.now().0 > detail.clear_until;
        match detail.rank {
            // Whoever is alone gets back what he put in when the auction expires.
            Some(_) if summary.sells == 0 || summary.buys == 0 => {
                self.wait(key, |next| next.rest(now, LATER, &mut OsRng));
            }
            Some(_) if is_late => self.wait(key, |next| next.rest(now, LATER, &mut OsRng)),
            Some(rank) => self.clear(key, &detail, rank),
            None => self.wait(key, |next| next.rest(now, SOON, &mut OsRng)),
        }
    }

    fn wait(&mut self, key: AuctionKey, how: impl FnOnce(&mut Backoff)) {
        how(&mut self.progress.entry(key).or_default().next);
    }

    /// Builds the Clear, if that was not done yet, and hands it to the nodes.
    fn clear(&mut self, key: AuctionKey, detail: &AuctionDetail, rank: BlockDigest) {
        let now = self.parts.clock.monotonic();
        let pending = self.pending(key, &ids(detail), rank);
        let Some(transaction) = pending.or_else(|| self.build(key, detail, rank)) else {
            return self.wait(key, |next| next.rest(now, LATER, &mut OsRng));
        };
        let verdicts = self.parts.nodes.submit(&transaction);
        self.judge(key, &verdicts);
    }

    /// What was built before for the same, if it can still be included.
    fn pending(&self, key: AuctionKey, ids: &[OrderId], rank: BlockDigest) -> Option<Transaction> {
        let pending = self.progress.get(&key)?.pending.as_ref()?;
        let is_valid = pending.transaction.envelope().valid_until >= self.parts.clock.now();
        (is_valid && pending.rank == rank && pending.orders == ids).then(|| pending.transaction.clone())
    }

    fn build(&mut self, key: AuctionKey, auction: &AuctionDetail, rank: BlockDigest) -> Option<Transaction> {
        let (genesis, keys) = (self.parts.genesis.clone(), self.parts.keys.clone());
        let ids: Vec<OrderId> = ids(auction);
        // The book is for the door again while the proof is made.
        let opened = OpenedOrders::open(&genesis, &keys, self.book().auction(key), ids.iter().copied());
        let started = Instant::now();
        let now = self.parts.clock.now();
        let built = opened.and_then(|opened| opened.clear(&genesis, &keys, auction, now, &mut OsRng));
        let progress = self.progress.entry(key).or_default();
        match built {
            Ok((transaction, cleared)) => {
                let price = match &cleared {
                    Cleared::Trade { price, .. } => Some(price.micro_euro()),
                    Cleared::NoTrade => None,
                };
                let (orders, millis) = (ids.len(), u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
                tracing::info!(auction = %key, orders, price, millis, "a clearing was proven");
                progress.unopened = 0;
                progress.pending = Some(Pending { transaction: transaction.clone(), orders: ids, rank });
                Some(transaction)
            }
            Err(ClearingError::Unopened(ids)) => {
                self.cannot_open(key, &ids);
                None
            }
            Err(error) => {
                let text = error.to_string();
                if progress.answer.as_ref() != Some(&text) {
                    tracing::error!(auction = %key, error = text, "an auction cannot be cleared");
                }
                progress.answer = Some(text);
                None
            }
        }
    }

    /// Nothing is sent: the orders expire, and everybody gets back what he put in.
    fn cannot_open(&mut self, key: AuctionKey, ids: &[OrderId]) {
        let progress = self.progress.entry(key).or_default();
        let unopened = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        if progress.unopened != unopened {
            let first = ids.first().map(OrderId::to_string);
            tracing::error!(
                auction = %key, unopened, first,
                "orders on the ledger cannot be opened from the book, so nothing can be cleared: they expire, and everybody gets back what he put in"
            );
        }
        progress.unopened = unopened;
    }

    /// What the nodes said.
    fn judge(&mut self, key: AuctionKey, verdicts: &[Verdict]) {
        let now = self.parts.clock.monotonic();
        let taken = verdicts.iter().filter(|verdict| **verdict == Verdict::Taken).count();
        let refused = verdicts.iter().find_map(|verdict| match verdict {
            Verdict::Refused { rule, message } => Some((rule.clone().unwrap_or_default(), message.clone())),
            Verdict::Taken | Verdict::Unreachable(_) => None,
        });
        let progress = self.progress.entry(key).or_default();
        match (taken, refused) {
            (0, Some((rule, message))) => {
                if progress.refused.as_ref() != Some(&rule) {
                    tracing::error!(auction = %key, rule, message, "the nodes refuse the clearing; it is made anew");
                }
                // Perhaps the node that told about the auction told nonsense, or is behind.
                (progress.answer, progress.refused, progress.pending) = (Some(message), Some(rule), None);
                progress.next.fail(now, &mut OsRng);
                self.parts.nodes.prefer_another();
            }
            (0, None) => {
                progress.answer = Some("no node could be reached".to_owned());
                progress.next.fail(now, &mut OsRng);
            }
            (taken, _) => {
                progress.answer = Some(format!("taken by {taken} of {} nodes, not final yet", verdicts.len()));
                progress.refused = None;
                progress.next.rest(now, SOON, &mut OsRng);
            }
        }
    }

    /// The time that the service goes by.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}
