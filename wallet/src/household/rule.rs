//! Orders placed by rule: what was attested is sold down to a price, what was consumed is bought up to one, once in each auction.

use hushwatt_ledger::{
    note::Asset,
    units::{Quantity, Utility, Window},
};

use super::{
    Household,
    agent::{AgentWork, clock_text},
    orders::OrderRequest,
    views::Side,
};
use crate::PurchaseState;

impl Household {
    /// Places what the rules ask for in the auctions that take orders now: at most one order of each side.
    pub(super) fn order_by_rule(&mut self, work: &mut AgentWork) {
        for rule in self.settings.agent.auction.clone() {
            let sides = [(Side::Seller, rule.sell_from_micro_euro), (Side::Buyer, rule.buy_up_to_micro_euro)];
            for window in self.windows_taking_orders() {
                for (side, limit) in sides {
                    if let Some(limit) = limit
                        && !self.has_ordered(side, rule.utility, window)
                    {
                        self.order_one(side, rule.utility, window, limit, work);
                    }
                }
            }
        }
    }

    fn order_one(&mut self, side: Side, utility: Utility, window: Window, limit: u32, work: &mut AgentWork) {
        let quantity = match side {
            Side::Seller => self.to_sell(utility, window),
            Side::Buyer => self.to_buy(utility, window).min(self.wallet.affordable_bid(utility)),
        };
        let least = self.genesis.parameters.auction.map_or(u32::MAX, |auction| auction.q_min);
        if quantity.0 < least {
            return;
        }
        let at = self.genesis.parameters.window_start(window);
        let request = OrderRequest { side, utility, at, quantity, limit_micro_euro: limit, operator: None };
        let verb = match side {
            Side::Seller => "sell",
            Side::Buyer => "buy",
        };
        let (amount, what, unit) = (quantity.0, utility.name(), utility.unit());
        let text = format!("placed an order to {verb} {amount} {unit} of {what} of the window at {}", clock_text(at));
        let outcome = self.place_order(&request, self.settings.agent.allow_small_company);
        work.note(text, outcome);
    }

    /// What was attested and is promised to nobody, as much as one order can spend.
    fn to_sell(&self, utility: Utility, window: Window) -> Quantity {
        let there = self.wallet.most_at_once(Asset::Energy { utility, window });
        let promised = self.wallet.open_claims(utility, window).map(|claim| claim.quantity.value);
        base_units(there.saturating_sub(promised.fold(0, u64::saturating_add)))
    }

    /// What the household's meters took, less what contracts delivered or may still deliver.
    fn to_buy(&self, utility: Utility, window: Window) -> Quantity {
        let meters = self.wallet.windows().iter().filter(|opened| opened.window == window);
        let own =
            meters.filter(|opened| self.genesis.meter(opened.meter).is_some_and(|meter| meter.utility == utility));
        let taken = own.map(|opened| opened.imported()).fold(0, u64::saturating_add);
        let contracts =
            self.wallet.purchases().filter(|one| (one.terms.utility, one.terms.window) == (utility, window));
        let covered = contracts.map(|purchase| match purchase.state {
            PurchaseState::Open => purchase.quantity.value,
            PurchaseState::Delivered(quantity) => quantity.0.into(),
            PurchaseState::Expired => 0,
        });
        base_units(taken.saturating_sub(covered.fold(0, u64::saturating_add)))
    }
}

fn base_units(value: u64) -> Quantity {
    Quantity(u32::try_from(value).unwrap_or(u32::MAX))
}
