//! Totals that a registrar asked for, as the blocks say, and the openings that a seller shares for them (protocol, "Totals").
//!
//! Who asked and who released is public. A wallet keeps it so that its household sees every request, and forgets it with the readings
//! of the period.

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{Rng, SecretScalar, commitment::Opening, sharing::Member};
use hushwatt_ledger::{
    block::Header,
    committee::{Cohort, Committee},
    transaction::{
        Action, Envelope, Transaction, TransactionId,
        build::Built,
        open::ContractId,
        order::OrderId,
        request::Target,
        share::{ShareMaker, SharePlan, Subject, TradeId},
    },
    units::{MeterId, Period, Quantity, Timestamp, Utility, Window},
};

use crate::{OrderKeys, OrderState, Wallet, WalletError};

/// Most requests that a wallet keeps: beyond, those of the oldest periods go first.
pub(crate) const MOST_ASKED: usize = 4_096;

/// A total that a registrar asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedTotal {
    /// Of which period.
    pub period: Period,
    /// Over what.
    pub target: Target,
    /// All meters of its cohort, once they are known: the ledger forgets them. None where it is over trades.
    pub meters: Vec<MeterId>,
    /// Meters of the cohort that are not in it.
    pub left_out: Vec<MeterId>,
    /// The registrar, by his place in the genesis.
    pub registrar: u8,
    /// Time of the block with the request.
    pub time: Timestamp,
    /// That block.
    pub height: u64,
    /// The request.
    pub transaction: TransactionId,
    /// Members of the committee who released their shares of it.
    pub released: BTreeSet<Member>,
}

/// What is known about totals.
#[derive(Clone, Default)]
pub(crate) struct Totals {
    pub(crate) asked: BTreeMap<(Period, Target), AskedTotal>,
    /// Own sales whose openings were shared, by this wallet or another of the same keys, with the period they count for.
    pub(crate) shared: BTreeMap<TradeId, Period>,
}

impl Totals {
    fn ask(&mut self, asked: AskedTotal) {
        self.asked.entry((asked.period, asked.target)).or_insert(asked);
        while self.asked.len() > MOST_ASKED {
            self.asked.pop_first();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.shared.is_empty()
    }
}

/// An own sale in which the ledger has what was delivered: a contract that was delivered to, or a sell order of an auction that found a
/// price. One of nothing is one too: leaving it out would say that it was of nothing.
pub(crate) struct Sale {
    pub(crate) trade: TradeId,
    pub(crate) utility: Utility,
    pub(crate) window: Window,
    /// Opens what was delivered.
    opening: Opening,
    /// `k` of the key that the claim or payout is made out to.
    tweak: SecretScalar,
}

impl Wallet {
    /// Totals that were asked for, those of the oldest periods first.
    pub fn totals(&self) -> impl DoubleEndedIterator<Item = &AskedTotal> {
        self.totals.asked.values()
    }

    /// Keeps the meters of cohorts that were asked for until a block of this height and are not known yet. `cohort` is what the
    /// ledger has of them as of that block.
    ///
    /// # Errors
    /// As `cohort`.
    pub(crate) fn keep_cohorts<E>(
        &mut self,
        height: u64,
        cohort: impl Fn(Period, u8) -> Result<Option<Cohort>, E>,
    ) -> Result<(), E> {
        let unknown = |asked: &&mut AskedTotal| asked.height <= height && asked.meters.is_empty();
        for asked in self.totals.asked.values_mut().filter(unknown) {
            if let Target::Cohort(place) = asked.target
                && let Some(cohort) = cohort(asked.period, place)?
            {
                asked.meters = cohort.meters().iter().map(|entry| entry.meter).collect();
            }
        }
        Ok(())
    }

    /// How many own sales were shared for totals of periods that are not forgotten.
    pub fn sales_shared(&self) -> usize {
        self.totals.shared.len()
    }

    /// Whether the opening of an own sale was shared.
    pub(crate) fn has_shared(&self, trade: &TradeId) -> bool {
        self.totals.shared.contains_key(trade)
    }

    /// Notes what a block's transaction says about totals. After [`Wallet::scan_block`] has noted the sale that it may be about.
    pub(crate) fn note_totals(&mut self, header: &Header, transaction: &Transaction) {
        match transaction.action() {
            Action::Request(request) => {
                let statement = &request.statement;
                if self.has_forgotten_period(statement.period) {
                    return;
                }
                self.totals.ask(AskedTotal {
                    period: statement.period,
                    target: statement.target,
                    meters: Vec::new(),
                    left_out: statement.left_out.clone(),
                    registrar: statement.registrar,
                    time: header.time,
                    height: header.height,
                    transaction: *transaction.id(),
                    released: BTreeSet::new(),
                });
            }
            Action::Release(release) => {
                let statement = &release.statement;
                if let Some(asked) = self.totals.asked.get_mut(&(statement.period, statement.target)) {
                    asked.released.insert(statement.member);
                }
            }
            Action::Share(share) => {
                let period = share.statement.period;
                if let Subject::Trade { trade, .. } = share.statement.subject
                    && !self.has_forgotten_period(period)
                    && self.is_own(&trade)
                {
                    self.totals.shared.insert(trade, period);
                }
            }
            _ => {}
        }
    }

    /// Whether it is a contract or order of this wallet.
    fn is_own(&self, trade: &TradeId) -> bool {
        self.claims.contains_key(&ContractId(trade.0)) || self.orders.contains_key(&OrderId(trade.0))
    }

    /// The own sales that can be shared, or were.
    pub(crate) fn sales(&self) -> impl Iterator<Item = Sale> {
        let delivered = self.claims().filter_map(|claim| {
            let Quantity(delivered) = claim.delivered?;
            Some(Sale {
                trade: claim.id.into(),
                utility: claim.terms.utility,
                window: claim.terms.window,
                opening: Opening::new(delivered.into(), claim.delivered_blinding.clone()),
                tweak: claim.claim_tweak.clone(),
            })
        });
        let filled = self.orders().filter_map(|order| {
            let (OrderKeys::Sell { payout, .. }, OrderState::Cleared { filled, .. }) = (&order.keys, order.state)
            else {
                return None;
            };
            Some(Sale {
                trade: order.id.into(),
                utility: order.terms.utility,
                window: order.terms.window,
                opening: Opening::new(filled.0.into(), order.fill_blinding.clone()),
                tweak: payout.tweak.clone(),
            })
        });
        delivered.chain(filled)
    }

    /// Shares what opens a sale among the committee of its period.
    ///
    /// # Errors
    /// [`WalletError::ViewOnly`], or if the randomness is of no use.
    pub(crate) fn share_sale(
        &self,
        sale: &Sale,
        period: Period,
        committee: &Committee,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Built, WalletError> {
        let secret = self.secret(&sale.tweak)?;
        let plan = SharePlan {
            period,
            subject: Subject::Trade { utility: sale.utility, trade: sale.trade },
            openings: vec![&sale.opening],
            committee,
            valid_until: Envelope::validity_from(now),
        };
        Ok(plan.build(&self.genesis, ShareMaker::Seller(&secret), rng)?)
    }

    /// Whether a period ended on a day whose readings were forgotten, or before.
    fn has_forgotten_period(&self, period: Period) -> bool {
        self.ended_before(period, self.forgotten.until)
    }

    /// Whether the last second of a period was before a UTC day began.
    fn ended_before(&self, period: Period, day: u64) -> bool {
        self.genesis.parameters.totals.is_some_and(|totals| totals.end(period).0 <= day.saturating_mul(86_400))
    }

    /// Requests of periods that were over before a UTC day began.
    pub(crate) fn forgettable_totals(&self, until: u64) -> usize {
        self.totals.asked.keys().filter(|(period, _)| self.ended_before(*period, until)).count()
    }

    /// Forgets what it knows of totals of those periods.
    pub(crate) fn forget_totals(&mut self, until: u64) {
        let mut totals = std::mem::take(&mut self.totals);
        totals.asked.retain(|(period, _), _| !self.ended_before(*period, until));
        totals.shared.retain(|_, period| !self.ended_before(*period, until));
        self.totals = totals;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requests_of_the_oldest_periods_make_room() {
        let mut totals = Totals::default();
        let asked = |period: u64| AskedTotal {
            period: Period(period),
            target: Target::Cohort(0),
            meters: Vec::new(),
            left_out: Vec::new(),
            registrar: 0,
            time: Timestamp(period),
            height: period,
            transaction: TransactionId([0; 64]),
            released: BTreeSet::new(),
        };
        (0..MOST_ASKED as u64 + 3).for_each(|period| totals.ask(asked(period)));
        assert_eq!(totals.asked.len(), MOST_ASKED);
        assert_eq!(totals.asked.keys().next(), Some(&(Period(3), Target::Cohort(0))));
        // What is asked twice stays as it was asked first.
        totals.ask(AskedTotal { height: 99_999, ..asked(7) });
        assert_eq!(totals.asked[&(Period(7), Target::Cohort(0))].height, 7);
    }
}
