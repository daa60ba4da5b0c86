//! `GET /v1/windows/{window}/contracts`: the status of all contracts of a window, for everybody the same.

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
    backend::{ContractState, ContractView},
    client::ClientId,
    error::ApiError,
    extract::{Query, Segment},
};

/// An answer holds so many at most; the rest comes with `from`.
pub(super) const PAGE: usize = 5000;

/// When a window is, and until when its contracts may be opened and delivered to.
#[derive(Serialize)]
pub(super) struct WindowTimes {
    window: u64,
    start: u64,
    end: u64,
    open_from: u64,
    open_until: u64,
    deliver_until: u64,
}

impl WindowTimes {
    pub fn of(parameters: &Parameters, window: Window) -> Self {
        WindowTimes {
            window: window.0,
            start: parameters.window_start(window).0,
            end: parameters.window_end(window).0,
            open_from: parameters.open_from(window).0,
            open_until: parameters.open_until(window).0,
            deliver_until: parameters.deliver_until(window).0,
        }
    }
}

#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    times: WindowTimes,
    total: u64,
    from: u64,
    /// Where the next page begins, if this is not the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    contracts: Vec<Contract>,
}

#[derive(Serialize)]
struct Contract {
    contract: String,
    utility: Utility,
    price: u32,
    quantity: String,
    opened: u64,
    #[serde(flatten)]
    state: Standing,
}

#[derive(Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Standing {
    Open,
    Delivered { closed: u64, receipt: String },
    Expired { closed: u64 },
}

impl From<ContractView> for Contract {
    fn from(view: ContractView) -> Self {
        Contract {
            contract: hex(&view.id),
            utility: view.utility,
            price: view.price.micro_euro(),
            quantity: hex(&view.quantity),
            opened: view.opened,
            state: match view.state {
                ContractState::Open => Standing::Open,
                ContractState::Delivered { height, receipt } => {
                    Standing::Delivered { closed: height, receipt: hex(&receipt) }
                }
                ContractState::Expired { height } => Standing::Expired { closed: height },
            },
        }
    }
}

/// Lists the contracts of a window.
pub(super) async fn contracts(
    State(app): State<Arc<App>>,
    client: ClientId,
    segment: Segment,
    query: Query,
) -> Result<Response, ApiError> {
    let window = Window(segment.number("window")?);
    let from = query.number("from")?.unwrap_or(0);
    let page = app.read(client, move |backend| backend.contracts(window, from, PAGE)).await??;
    let end = from.saturating_add(page.contracts.len() as u64);
    let answer = Page {
        times: WindowTimes::of(&app.backend.parameters(), window),
        total: page.total,
        from,
        next: (end < page.total).then_some(end),
        contracts: page.contracts.into_iter().map(Contract::from).collect(),
    };
    Ok(Json(answer).into_response())
}
