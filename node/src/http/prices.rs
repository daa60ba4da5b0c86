//! `GET /v1/windows/{window}/prices` and `GET /v1/prices`: the public prices of contracts, and the tariff's bounds.
//!
//! In this version prices are agreed in pairs and stand in each contract in clear; quantities are hidden. So what can be
//! told of a window is at which prices how many contracts were opened, not what was paid in all: an average weighted by
//! quantity does not exist, and the median here counts contracts.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use hushwatt_ledger::{
    parameters::{Parameters, UtilityPrices},
    units::{Utility, Window},
};
use serde::Serialize;

use super::{
    app::App,
    backend::{Backend, BackendError, ContractState, ContractView},
    client::ClientId,
    contracts::{PAGE, WindowTimes},
    error::ApiError,
    extract::{Query, Segment},
};

/// A range holds so many windows at most: a week of hours.
const MOST_WINDOWS: u64 = 168;

#[derive(Serialize)]
struct Answer {
    tariff: Tariff,
    windows: Vec<WindowPrices>,
}

/// Bounds that every price keeps, in micro-euro per base unit (Wh or litre).
#[derive(Serialize)]
struct Tariff {
    floor: u32,
    cap: u32,
    step: u32,
    /// Burned by each Transfer and Open, in micro-euro.
    fee: u64,
    /// Of the utilities that have bounds of their own.
    #[serde(skip_serializing_if = "UtilityPrices::is_empty")]
    prices: UtilityPrices,
}

#[derive(Serialize)]
struct WindowPrices {
    #[serde(flatten)]
    times: WindowTimes,
    markets: Vec<Market>,
}

/// The contracts of one utility in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Market {
    pub utility: Utility,
    pub contracts: u64,
    pub open: u64,
    pub delivered: u64,
    pub expired: u64,
    pub lowest: u32,
    /// The lower one of the two in the middle where the number is even.
    pub median: u32,
    pub highest: u32,
    /// Ascending.
    pub prices: Vec<PriceCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PriceCount {
    pub price: u32,
    pub contracts: u64,
}

/// Counts by utility as contracts go by; holds no contract.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<Utility, Counts>);

#[derive(Default)]
struct Counts {
    open: u64,
    delivered: u64,
    expired: u64,
    prices: BTreeMap<u32, u64>,
}

impl Tally {
    pub fn of_window(backend: &dyn Backend, window: Window) -> Result<Self, BackendError> {
        let (mut tally, mut from) = (Tally::default(), 0);
        loop {
            let page = backend.contracts(window, from, PAGE)?;
            page.contracts.iter().for_each(|contract| tally.add(contract));
            from += page.contracts.len() as u64;
            if page.contracts.is_empty() || from >= page.total {
                return Ok(tally);
            }
        }
    }

    fn add(&mut self, contract: &ContractView) {
        let counts = self.0.entry(contract.utility).or_default();
        *counts.prices.entry(contract.price.micro_euro()).or_default() += 1;
        match contract.state {
            ContractState::Open => counts.open += 1,
            ContractState::Delivered { .. } => counts.delivered += 1,
            ContractState::Expired { .. } => counts.expired += 1,
        }
    }

    pub fn markets(&self) -> Vec<Market> {
        self.0.iter().filter_map(|(utility, counts)| counts.market(*utility)).collect()
    }
}

impl Counts {
    fn market(&self, utility: Utility) -> Option<Market> {
        let contracts: u64 = self.prices.values().sum();
        let mut passed = 0;
        let median = self.prices.iter().find(|(_, count)| {
            passed += **count;
            2 * passed >= contracts
        });
        Some(Market {
            utility,
            contracts,
            open: self.open,
            delivered: self.delivered,
            expired: self.expired,
            lowest: *self.prices.first_key_value()?.0,
            median: *median?.0,
            highest: *self.prices.last_key_value()?.0,
            prices: self.prices.iter().map(|(price, count)| PriceCount { price: *price, contracts: *count }).collect(),
        })
    }
}

/// The prices of one window.
pub(super) async fn of_window(
    State(app): State<Arc<App>>,
    client: ClientId,
    segment: Segment,
) -> Result<Response, ApiError> {
    let window = segment.number("window")?;
    answer(&app, client, window, window).await
}

/// The prices of a range of windows.
pub(super) async fn of_range(
    State(app): State<Arc<App>>,
    client: ClientId,
    query: Query,
) -> Result<Response, ApiError> {
    let missing = || ApiError::parameter("parameters from and to are needed: the first and the last window");
    let from = query.number("from")?.ok_or_else(missing)?;
    let to = query.number("to")?.ok_or_else(missing)?;
    if from > to || to - from >= MOST_WINDOWS {
        return Err(ApiError::parameter(format!(
            "parameter to must not be before from, and a range holds at most {MOST_WINDOWS} windows: ask in parts"
        )));
    }
    answer(&app, client, from, to).await
}

async fn answer(app: &App, client: ClientId, from: u64, to: u64) -> Result<Response, ApiError> {
    let parameters = app.backend.parameters();
    let tariff = Tariff::of(&parameters);
    let windows = app.read(client, move |backend| {
        (from..=to)
            .map(Window)
            .map(|window| {
                let markets = Tally::of_window(backend, window)?.markets();
                Ok(WindowPrices { times: WindowTimes::of(&parameters, window), markets })
            })
            .collect::<Result<Vec<_>, BackendError>>()
    });
    Ok(Json(Answer { tariff, windows: windows.await?? }).into_response())
}

impl Tariff {
    fn of(parameters: &Parameters) -> Self {
        let Parameters { floor, cap, price_step: step, fee, prices, .. } = *parameters;
        Tariff { floor, cap, step, fee, prices }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_ledger::units::Price;

    use super::*;

    #[test]
    fn the_median_counts_contracts_and_takes_the_lower_of_two() {
        for (prices, expected) in
            [(vec![30], 30), (vec![10, 30], 10), (vec![10, 30, 30], 30), (vec![50, 10, 20, 10], 10)]
        {
            let mut tally = Tally::default();
            for price in prices {
                tally.add(&ContractView {
                    id: [0; 32],
                    utility: Utility::Water,
                    price: Price::new(price).unwrap(),
                    quantity: [0; 32],
                    opened: 1,
                    state: ContractState::Open,
                });
            }
            assert_eq!(tally.markets()[0].median, expected);
        }
    }
}
