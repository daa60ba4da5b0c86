//! `GET /v1/auctions` and `GET /v1/auctions/{utility}/{window}`: the sealed-bid auctions, for everybody the same (protocol
//! section 6.4). Prices and counts are public; orders stay sealed.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    parameters::Parameters,
    units::{Utility, Window},
};
use serde::Serialize;

use super::{
    app::App,
    backend::{AuctionState, AuctionView, Backend, BackendError, OrderSummary},
    client::ClientId,
    error::ApiError,
    extract::{AuctionSegments, Query},
};

/// So many windows without a wish: two days of hours.
const USUAL_WINDOWS: u64 = 48;
/// An answer covers so many windows at most: a week of hours.
const MOST_WINDOWS: u64 = 168;

#[derive(Serialize)]
struct Auctions {
    /// Of the window that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    auctions: Vec<Auction>,
}

#[derive(Serialize)]
struct Auction {
    window: u64,
    start: u64,
    utility: Utility,
    sells: u32,
    buys: u32,
    state: &'static str,
    /// Micro-euro per base unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<u32>,
    /// Block with which it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u64>,
    /// The Clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<String>,
}

impl Auction {
    fn new(parameters: &Parameters, view: &AuctionView) -> Self {
        let (state, price, ending, height) = match view.state {
            AuctionState::Collecting => ("collecting", None, None, None),
            AuctionState::Closed => ("closed", None, None, None),
            AuctionState::Traded { price, ending } => ("traded", Some(price.micro_euro()), Some(ending), None),
            AuctionState::NoTrade { ending } => ("no-trade", None, Some(ending), None),
            AuctionState::Expired { height } => ("expired", None, None, Some(height)),
        };
        Auction {
            window: view.window.0,
            start: parameters.window_start(view.window).0,
            utility: view.utility,
            sells: view.sells,
            buys: view.buys,
            state,
            price,
            height: ending.map(|ending| ending.height).or(height),
            transaction: ending.map(|ending| hex(&ending.transaction.0)),
        }
    }
}

#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    auction: Auction,
    /// Of this window.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// First and last second in which orders are accepted.
    order_from: u64,
    order_until: u64,
    /// Last second in which it may be cleared.
    clear_until: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<String>,
    orders: Vec<Order>,
}

#[derive(Serialize)]
struct Order {
    order: String,
    side: &'static str,
}

impl From<&OrderSummary> for Order {
    fn from(order: &OrderSummary) -> Self {
        Order { order: hex(&order.id), side: if order.sells { "sell" } else { "buy" } }
    }
}

/// Lists the auctions of a stretch of windows.
pub(super) async fn list(State(app): State<Arc<App>>, client: ClientId, query: Query) -> Result<Response, ApiError> {
    let count = query.number("count")?.unwrap_or(USUAL_WINDOWS);
    if !(1..=MOST_WINDOWS).contains(&count) {
        return Err(ApiError::parameter(format!(
            "parameter count must be between 1 and {MOST_WINDOWS}: ask for a longer stretch in parts"
        )));
    }
    let parameters = app.backend.parameters();
    // The newest windows, up to the one that is under way, unless the query says from where.
    let under_way = parameters.window_at(app.backend.tip().borrow().time).0;
    let from = query.number("from")?.unwrap_or(under_way.saturating_sub(count - 1));
    let read = move |backend: &dyn Backend| {
        Ok::<_, BackendError>((backend.operator(Window(under_way))?, backend.auctions(Window(from), count)?))
    };
    let (operator, found) = app.read(client, read).await??;
    let auctions = found.iter().map(|view| Auction::new(&parameters, view)).collect();
    Ok(Json(Auctions { operator: operator.map(|key| hex(&key)), auctions }).into_response())
}

/// Tells about one auction.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    client: ClientId,
    AuctionSegments(utility, window): AuctionSegments,
) -> Result<Response, ApiError> {
    let (utility, window) = (utility.utility()?, Window(window.number("window")?));
    let parameters = app.backend.parameters();
    let terms = parameters.order_until(window).zip(parameters.clear_until(window));
    let (order_until, clear_until) =
        terms.ok_or_else(|| ApiError::not_found("this network has no auctions: its parameters leave them out"))?;
    let read = move |backend: &dyn Backend| {
        Ok::<_, BackendError>((backend.operator(window)?, backend.auction(utility, window)?))
    };
    let (operator, found) = app.read(client, read).await??;
    let found = found.ok_or_else(|| ApiError::not_found("there is no order for this auction"))?;
    let detail = Detail {
        auction: Auction::new(&parameters, &found.view),
        operator: operator.map(|key| hex(&key)),
        order_from: parameters.attest_until(window).plus(1).0,
        order_until: order_until.0,
        clear_until: clear_until.0,
        rank: found.rank.map(|digest| hex(&digest)),
        orders: found.orders.iter().map(Order::from).collect(),
    };
    Ok(Json(detail).into_response())
}
