//! What the wallet does on its own, within the limits that its household set: it delivers what was ordered, orders and offers
//! within the rules (those of auctions in `rule.rs`), keeps money in usable pieces, and shares sales for totals (`share.rs`).

use std::collections::BTreeMap;

use hushwatt_client::SignedOffer;
use hushwatt_ledger::{
    note::Asset,
    units::{Credit, Quantity, Timestamp, Window},
};

use super::{BuyRule, Household, HouseholdError, OfferRequest, SellRule, outbox::Intent};
use crate::WalletError;

/// Pieces of money that a household wants ready, so that it can act several times before the next settlement.
const READY_PIECES: usize = 4;
/// Money below which a piece is not worth splitting, in micro-euro.
const WORTH_SPLITTING: u64 = 1_000_000;
/// Settlements in which money may lie before it is merged.
const SETTLEMENTS: usize = 6;
/// Between two moves of money of the household's own, in seconds.
const TIDY_EVERY: u64 = 6 * 3600;
/// Windows ahead for which the agent offers and orders.
const WINDOWS_AHEAD: u64 = 3;

/// Something the agent did, or could not do.
#[derive(Clone, Debug)]
pub struct AgentAction {
    /// In plain words.
    pub text: String,
    /// Whether it failed.
    pub failed: bool,
}

/// What came of one step.
#[derive(Clone, Debug, Default)]
pub struct AgentWork {
    /// What was done.
    pub actions: Vec<AgentAction>,
    /// Offers for the board.
    pub to_post: Vec<SignedOffer>,
}

impl AgentWork {
    pub(super) fn note(&mut self, what: String, outcome: Result<impl Sized, HouseholdError>) {
        match outcome {
            Ok(_) => self.actions.push(AgentAction { text: what, failed: false }),
            // There is nothing to do about these but to wait.
            Err(HouseholdError::NoTrade(_) | HouseholdError::Wallet(WalletError::Nothing(_))) => {}
            Err(error) => self.actions.push(AgentAction { text: format!("{what}: {error}"), failed: true }),
        }
    }
}

impl Household {
    /// One step of the agent, with what is on the boards.
    pub fn agent_step(&mut self, board: &[SignedOffer]) -> AgentWork {
        let mut work = AgentWork::default();
        let agent = self.settings.agent.clone();
        if self.is_view_only() || !self.sync_state(Vec::new()).done {
            return work;
        }
        // Before deliveries: their change comes back too late for the auction, and what is left of it in time for them.
        self.order_by_rule(&mut work);
        if agent.deliver {
            for (utility, window) in self.deliverable() {
                let start = self.genesis.parameters.window_start(window);
                let what = format!("delivered {} of the window at {}", utility.name(), clock_text(start));
                let outcome = self.deliver(utility, window, agent.allow_small_company);
                work.note(what, outcome);
            }
        }
        if let Some(rule) = agent.sell {
            self.offer_ahead(&rule, &mut work);
        }
        if let Some(rule) = agent.buy {
            self.order_ahead(&rule, board, &mut work);
        }
        if agent.tidy {
            self.tidy(&mut work);
        }
        if agent.share_totals {
            self.share_by_itself(&mut work);
        }
        if agent.forget {
            self.forget_by_itself(&mut work);
        }
        work
    }

    /// The windows for which orders are taken now, the next ones first.
    fn windows_ahead(&self) -> Vec<Window> {
        let next = self.genesis.parameters.window_at(self.now()).0.saturating_add(1);
        (next..next.saturating_add(WINDOWS_AHEAD)).map(Window).collect()
    }

    /// Offers what the same window of the day before gave, once a window.
    fn offer_ahead(&mut self, rule: &SellRule, work: &mut AgentWork) {
        let day = 86_400 / self.genesis.parameters.window;
        let offered: Vec<Window> = self
            .own_offers()
            .iter()
            .filter(|signed| signed.offer().utility == rule.utility)
            .map(|signed| signed.offer().window)
            .collect();
        for window in self.windows_ahead() {
            if offered.contains(&window) {
                continue;
            }
            let Some(yesterday) = window.0.checked_sub(day) else { continue };
            let start = self.genesis.parameters.window_start(Window(yesterday));
            let rows = self.energy(start, start.plus(1));
            let gave: u64 = rows.iter().filter(|row| row.utility == rule.utility).map(|row| row.exported).sum();
            let expected = gave.saturating_mul(u64::from(rule.percent_of_yesterday.min(100))) / 100;
            let quantity = Quantity(u32::try_from(expected).unwrap_or(u32::MAX));
            if quantity.0 == 0 {
                continue;
            }
            let at = self.genesis.parameters.window_start(window);
            let request = OfferRequest {
                utility: rule.utility,
                at,
                quantity,
                price_micro_euro: rule.price_micro_euro,
                valid_for: at.0.saturating_sub(self.now().0).saturating_add(self.genesis.parameters.window),
            };
            let made = self.make_offer(&request);
            let what = format!("offered {} {} for {}", quantity.0, rule.utility.unit(), clock_text(at));
            if let Ok(offer) = &made {
                work.to_post.push(offer.clone());
            }
            work.note(what, made);
        }
    }

    /// Orders the cheapest offers within the limits.
    fn order_ahead(&mut self, rule: &BuyRule, board: &[SignedOffer], work: &mut AgentWork) {
        let mut ordered = self.ordered_by_window(rule);
        let mut money = Credit(rule.per_day_micro_euro.saturating_sub(self.set_aside_today().0));
        let windows = self.windows_ahead();
        let own = *self.wallet.address();
        let mut offers: Vec<&SignedOffer> = board
            .iter()
            .filter(|signed| {
                let offer = signed.offer();
                offer.seller != own
                    && offer.utility == rule.utility
                    && offer.price.micro_euro() <= rule.max_price_micro_euro
                    && windows.contains(&offer.window)
                    && !self.has_ordered_from(signed)
            })
            .collect();
        offers.sort_by_key(|signed| (signed.offer().window, signed.offer().price, signed.id()));
        for signed in offers {
            let offer = signed.offer();
            let wanted = rule.per_window.saturating_sub(ordered.get(&offer.window).copied().unwrap_or(0));
            let affordable = money.0 / u64::from(offer.price.micro_euro()).max(1);
            let quantity = offer.quantity.0.min(wanted).min(u32::try_from(affordable).unwrap_or(u32::MAX));
            if quantity == 0 {
                continue;
            }
            let start = self.genesis.parameters.window_start(offer.window);
            let what = format!("ordered {quantity} {} for {}", rule.utility.unit(), clock_text(start));
            let outcome = self.buy(signed, Some(Quantity(quantity)), self.settings.agent.allow_small_company);
            let done = outcome.is_ok();
            work.note(what, outcome);
            if !done {
                return;
            }
            *ordered.entry(offer.window).or_default() += quantity;
            money = Credit(money.0.saturating_sub(offer.price.times(Quantity(quantity)).0));
        }
    }

    /// What was ordered so far, by window: final or on its way.
    fn ordered_by_window(&self, rule: &BuyRule) -> BTreeMap<Window, u32> {
        let mut ordered: BTreeMap<Window, u32> = BTreeMap::new();
        for purchase in self.wallet.purchases().filter(|one| one.terms.utility == rule.utility) {
            let quantity = u32::try_from(purchase.quantity.value).unwrap_or(u32::MAX);
            let sum = ordered.entry(purchase.terms.window).or_default();
            *sum = sum.saturating_add(quantity);
        }
        for out in self.outbox.iter().filter(|out| !out.is_over()) {
            if let Intent::Buy { utility, window, quantity, .. } = &out.intent
                && *utility == rule.utility
            {
                let sum = ordered.entry(Window(*window)).or_default();
                *sum = sum.saturating_add(*quantity);
            }
        }
        ordered
    }

    /// What was set aside for orders since midnight (UTC), whatever became of it.
    fn set_aside_today(&self) -> Credit {
        let midnight = self.now().day() * 86_400;
        let sums = self.outbox.iter().filter(|out| out.made >= midnight).filter_map(|out| match &out.intent {
            Intent::Buy { quantity, price, .. } => Some(u64::from(*quantity).saturating_mul(u64::from(*price))),
            _ => None,
        });
        Credit(sums.fold(0, u64::saturating_add))
    }

    /// Whether something was ordered from this seller for this window already: an offer does not say how much of it is left.
    fn has_ordered_from(&self, signed: &SignedOffer) -> bool {
        let offer = signed.offer();
        let address = offer.seller.encode(self.genesis.network());
        self.outbox.iter().any(|out| match &out.intent {
            Intent::Buy { seller, window, utility, .. } => {
                *seller == address && *window == offer.window.0 && *utility == offer.utility
            }
            _ => false,
        })
    }

    /// Splits when there are too few pieces, merges when they lie in too many settlements; now and then.
    fn tidy(&mut self, work: &mut AgentWork) {
        let now = self.now();
        let moved = self.outbox.iter().filter(|out| out.intent == Intent::Move).map(|out| out.made).max();
        if moved.is_some_and(|at| now.0 < at.saturating_add(TIDY_EVERY)) {
            return;
        }
        let agent_small = self.settings.agent.allow_small_company;
        let largest = self.wallet.most_at_once(Asset::Credit);
        if self.wallet.credit_by_bucket().len() > SETTLEMENTS {
            let outcome = self.merge(agent_small);
            work.note("merged small pieces of money".to_owned(), outcome);
        } else if self.wallet.ready_notes(Credit(1)) < READY_PIECES && largest >= WORTH_SPLITTING {
            let outcome = self.split(agent_small);
            work.note("split money, to be able to act several times before the next settlement".to_owned(), outcome);
        }
    }
}

/// Hour and minute (UTC).
pub(super) fn clock_text(time: Timestamp) -> String {
    format!("{:02}:{:02} UTC", time.0 / 3600 % 24, time.0 / 60 % 60)
}
