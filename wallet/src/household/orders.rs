//! Orders of the sealed-bid auction (protocol section 6.4): what can be ordered, building and keeping it, and what became of it.
//! How the market operator admits them is in `admission.rs`.

use std::collections::BTreeSet;

use hushwatt_client::BaseUrl;
use hushwatt_crypto::signature::VerifyingKey;
use hushwatt_ledger::{
    transaction::{
        TransactionId,
        order::{OrderId, UnadmittedOrder},
    },
    units::{Credit, Price, Quantity, Timestamp, Utility, Window},
};
use rand_core::OsRng;

use super::{
    Household, HouseholdError,
    market::no_trade,
    outbox::{Intent, Outgoing},
    views::{EntryState, OrderStanding, OrderView, Prepared, Preview, Side},
};
use crate::{Order, OrderState, Wish};

/// An order to place.
#[derive(Clone, Debug)]
pub struct OrderRequest {
    /// Which side.
    pub side: Side,
    /// What.
    pub utility: Utility,
    /// Any time within the settlement window.
    pub at: Timestamp,
    /// How much, at most, in base units.
    pub quantity: Quantity,
    /// The least that is taken for a base unit, or the most that is paid, in micro-euro.
    pub limit_micro_euro: u32,
    /// Where the market operator is, if it is not where the settings say.
    pub operator: Option<String>,
}

impl Household {
    /// Places an order: signs it and saves it with what opens it. The courier has the market operator admit it and hands it in;
    /// until nodes have it, nobody else can put it on the ledger, and it can be taken back.
    ///
    /// # Errors
    /// [`HouseholdError::NoTrade`] if there is no such auction now, [`HouseholdError::Operator`] without an operator; or if
    /// there is not enough money or energy in one piece.
    pub fn place_order(&mut self, request: &OrderRequest, any_company: bool) -> Result<Prepared, HouseholdError> {
        let (order, intent, _) = self.build_auction_order(request, any_company)?;
        self.keep_order(&order, intent)
    }

    /// What [`Self::place_order`] would sign. Nothing is kept or set aside.
    ///
    /// # Errors
    /// As [`Self::place_order`].
    pub fn preview_order(&mut self, request: &OrderRequest, any_company: bool) -> Result<Preview, HouseholdError> {
        let (order, intent, operator) = self.build_auction_order(request, any_company)?;
        self.wallet.release(&order.built);
        let lock = match request.side {
            Side::Buyer => self.lock_of(request.utility, request.quantity),
            Side::Seller => Credit::ZERO,
        };
        Ok(self.preview_of(&order.built, &intent, &operator, lock))
    }

    fn build_auction_order(
        &mut self,
        request: &OrderRequest,
        any_company: bool,
    ) -> Result<(UnadmittedOrder, Intent, String), HouseholdError> {
        self.must_spend()?;
        let wish = self.wish(request)?;
        let operator = self.operator_url(request.operator.as_deref())?;
        self.registered_operator(wish.window)?;
        let now = self.now();
        let order = self.with_company(any_company, |wallet, view| wallet.order(view, &wish, now, &mut OsRng))?;
        let intent = Intent::Order {
            side: request.side,
            utility: wish.utility,
            window: wish.window.0,
            quantity: wish.quantity.0,
            limit: wish.limit.micro_euro(),
            operator: operator.clone(),
        };
        Ok((order, intent, operator))
    }

    /// What is asked for, if there is such an auction now.
    fn wish(&self, request: &OrderRequest) -> Result<Wish, HouseholdError> {
        let parameters = &self.genesis.parameters;
        let auction = parameters.auction.ok_or_else(|| no_trade("this community holds no auctions".to_owned()))?;
        let (utility, unit) = (request.utility, request.utility.unit());
        if !self.genesis.has_utility(utility) {
            return Err(no_trade(format!("nobody in this community has a meter for {}", utility.name())));
        }
        if request.quantity.0 < auction.q_min {
            return Err(no_trade(format!("an order is about at least {} {unit}", auction.q_min)));
        }
        let bounds = parameters.prices_of(utility);
        let limit = Price::new(request.limit_micro_euro)
            .filter(|limit| (bounds.floor..=bounds.cap).contains(&limit.micro_euro()))
            .ok_or_else(|| {
                let (what, floor, cap) = (utility.name(), bounds.floor, bounds.cap);
                no_trade(format!("a limit for {what} is between {floor} and {cap} micro-euro per {unit}"))
            })?;
        let window = parameters.window_at(request.at);
        if self.wallet.time() <= parameters.attest_until(window) {
            let early = "it is too early: orders for that window are taken once its readings are settled";
            return Err(no_trade(early.to_owned()));
        }
        if parameters.order_until(window).is_none_or(|until| self.latest_time() > until) {
            return Err(no_trade("it is too late: orders for that window are not taken any more".to_owned()));
        }
        let side = request.side.on_the_ledger();
        Ok(Wish { side, utility, window, quantity: request.quantity, limit })
    }

    /// The ledger's time or the clock's, whichever is later.
    fn latest_time(&self) -> Timestamp {
        self.now().max(self.wallet.time())
    }

    /// What a buy order sets aside: the highest price of everything.
    fn lock_of(&self, utility: Utility, quantity: Quantity) -> Credit {
        Credit(u64::from(self.genesis.parameters.prices_of(utility).cap).saturating_mul(quantity.0.into()))
    }

    /// Where the market operator is: as was said, or as the settings say.
    fn operator_url(&self, said: Option<&str>) -> Result<String, HouseholdError> {
        let url = said.or(self.settings.operator.as_deref()).ok_or_else(|| HouseholdError::Operator(
            "this wallet does not know where your community's market operator is: put his address into the settings (hushwatt wallet settings operator URL)".to_owned(),
        ))?;
        let base: BaseUrl = url
            .parse()
            .map_err(|reason| HouseholdError::Operator(format!("the market operator's address: {reason}")))?;
        Ok(base.to_string())
    }

    /// The operator that the ledger had registered when a window began: nobody else can admit its orders.
    pub(super) fn registered_operator(&self, window: Window) -> Result<VerifyingKey, HouseholdError> {
        let key = self.view.operator_of(window)?;
        key.ok_or_else(|| no_trade("no market operator was registered when that window began".to_owned()))
    }

    /// Windows whose auctions take orders now, the oldest first.
    pub fn windows_taking_orders(&self) -> Vec<Window> {
        let parameters = &self.genesis.parameters;
        let settled = self.wallet.time().minus(parameters.attestation_deadline + 1);
        let taking = |window: &Window| parameters.order_until(*window).is_some_and(|until| self.latest_time() <= until);
        let ended = (0..parameters.window_at(settled).0).rev().map(Window);
        let mut windows: Vec<Window> = ended.take_while(taking).collect();
        windows.reverse();
        windows
    }

    /// All orders of auctions, those of the latest windows first: what waits to be on the ledger, what is there, and what was
    /// given up.
    pub fn orders(&self) -> Vec<OrderView> {
        let placed: BTreeSet<TransactionId> = self.wallet.orders().map(|order| order.placed.1).collect();
        let waiting = self.outbox.iter().filter_map(|out| self.waiting_order(out));
        let waiting = waiting.filter(|view| !placed.contains(&view.transaction));
        let mut all: Vec<OrderView> = self.wallet.orders().map(|order| self.order_view(order)).chain(waiting).collect();
        all.sort_by_key(|view| (std::cmp::Reverse(view.window), view.id));
        all
    }

    fn order_view(&self, order: &Order) -> OrderView {
        let parameters = &self.genesis.parameters;
        let (window, utility) = (order.terms.window, order.terms.utility);
        let (state, price) = match order.state {
            OrderState::Open => (OrderStanding::Open, None),
            OrderState::Cleared { price, filled } if filled > Quantity(0) => (OrderStanding::Traded, Some(price)),
            OrderState::Cleared { price, .. } => (OrderStanding::NotTraded, Some(price)),
            OrderState::NothingTraded => (OrderStanding::NotTraded, None),
            OrderState::Expired => (OrderStanding::Expired, None),
        };
        let over = state != OrderStanding::Open;
        OrderView {
            id: order.id,
            transaction: order.placed.1,
            side: order.side().into(),
            utility,
            window,
            start: parameters.window_start(window),
            quantity: order.ordered(),
            limit_micro_euro: order.limit.map(Price::micro_euro),
            state,
            filled: over.then(|| order.filled()),
            price_micro_euro: price.map(Price::micro_euro),
            money: if over { order.money() } else { order.lock() },
            until: parameters.clear_until(window).unwrap_or_default(),
            reason: None,
        }
    }

    /// What was signed and is not known from the ledger.
    fn waiting_order(&self, out: &Outgoing) -> Option<OrderView> {
        let Intent::Order { side, utility, window, quantity, limit, .. } = &out.intent else { return None };
        let (parameters, window) = (&self.genesis.parameters, Window(*window));
        let state = match out.entry_state() {
            EntryState::AwaitsOperator => OrderStanding::AwaitsOperator,
            EntryState::Prepared | EntryState::Submitted => OrderStanding::AwaitsBlock,
            EntryState::Released => OrderStanding::GivenUp,
            // It is among the ledger's, unless its hints were lost.
            EntryState::Final => OrderStanding::Open,
        };
        let aside = !out.is_over() && *side == Side::Buyer;
        let transaction = out.transaction_id()?;
        Some(OrderView {
            id: OrderId::of(self.genesis.network(), &transaction),
            transaction,
            side: *side,
            utility: *utility,
            window,
            start: parameters.window_start(window),
            quantity: Quantity(*quantity),
            limit_micro_euro: Some(*limit),
            state,
            filled: None,
            price_micro_euro: None,
            money: if aside { self.lock_of(*utility, Quantity(*quantity)) } else { Credit::ZERO },
            until: parameters.clear_until(window).unwrap_or_default(),
            reason: out.reason().map(str::to_owned),
        })
    }

    /// Whether this household ordered in an auction before, whatever became of it.
    pub(super) fn has_ordered(&self, side: Side, utility: Utility, window: Window) -> bool {
        self.orders().iter().any(|view| (view.side, view.utility, view.window) == (side, utility, window))
    }
}
