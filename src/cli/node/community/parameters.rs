//! `[parameters]`: what the community chose; what is left out has its default.

use hushwatt_ledger::{
    parameters::{AuctionParameters, ParameterError, Parameters, PriceBounds, TotalsParameters, UtilityPrices},
    units::Utility,
};
use hushwatt_node::config::Seconds;
use serde::Deserialize;

use super::{
    CommunityError,
    locate::Source,
    values::{Money, PriceValue},
};

/// The table as it stands.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterTable {
    interval: Option<Seconds>,
    window: Option<Seconds>,
    attestation_deadline: Option<Seconds>,
    open_lead: Option<Seconds>,
    open_term: Option<Seconds>,
    delivery_term: Option<Seconds>,
    append_slot: Option<Seconds>,
    credit_epoch: Option<Seconds>,
    ring_min: Option<u32>,
    ring_cap: Option<u32>,
    seal_after: Option<Seconds>,
    retention: Option<Seconds>,
    correction_term: Option<Seconds>,
    price_step: Option<PriceValue>,
    floor: Option<PriceValue>,
    cap: Option<PriceValue>,
    #[serde(default)]
    prices: PricesTable,
    fee: Option<Money>,
    epoch_blocks: Option<u64>,
    #[serde(default)]
    auction: AuctionTable,
    totals: Option<TotalsTable>,
}

/// `[parameters.prices]`: a table for each utility with bounds of its own.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PricesTable {
    electricity: Option<BoundsTable>,
    water: Option<BoundsTable>,
    heat: Option<BoundsTable>,
}

/// What is left out is as for the other utilities.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundsTable {
    price_step: Option<PriceValue>,
    floor: Option<PriceValue>,
    cap: Option<PriceValue>,
}

/// `[parameters.auction]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuctionTable {
    enabled: Option<bool>,
    order_term: Option<Seconds>,
    clear_term: Option<Seconds>,
    q_min: Option<u32>,
    max_orders: Option<u32>,
}

impl AuctionTable {
    /// How auctions run, if there are to be any.
    fn read(&self) -> Option<AuctionParameters> {
        let defaults = AuctionParameters::default();
        self.enabled.unwrap_or(true).then(|| AuctionParameters {
            order_term: self.order_term.map_or(defaults.order_term, |term| term.0),
            clear_term: self.clear_term.map_or(defaults.clear_term, |term| term.0),
            q_min: self.q_min.unwrap_or(defaults.q_min),
            max_orders: self.max_orders.unwrap_or(defaults.max_orders),
        })
    }
}

/// `[parameters.totals]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TotalsTable {
    enabled: Option<bool>,
    period: Option<Seconds>,
    close_term: Option<Seconds>,
    share_term: Option<Seconds>,
    complaint_term: Option<Seconds>,
    request_term: Option<Seconds>,
    release_term: Option<Seconds>,
    k_min: Option<u32>,
}

impl TotalsTable {
    /// How totals are made, if there are to be any.
    fn read(&self) -> Option<TotalsParameters> {
        let defaults = TotalsParameters::default();
        let seconds = |wish: Option<Seconds>, default| wish.map_or(default, |seconds| seconds.0);
        self.enabled.unwrap_or(true).then(|| TotalsParameters {
            period: seconds(self.period, defaults.period),
            close_term: seconds(self.close_term, defaults.close_term),
            share_term: seconds(self.share_term, defaults.share_term),
            complaint_term: seconds(self.complaint_term, defaults.complaint_term),
            request_term: seconds(self.request_term, defaults.request_term),
            release_term: seconds(self.release_term, defaults.release_term),
            k_min: self.k_min.unwrap_or(defaults.k_min),
        })
    }
}

impl ParameterTable {
    /// The parameters, if no inequality between them is broken.
    pub(super) fn read(&self, source: &Source<'_>) -> Result<Parameters, CommunityError> {
        let defaults = Parameters::default();
        let seconds = |wish: Option<Seconds>, default| wish.map_or(default, |seconds| seconds.0);
        let price = |wish: Option<PriceValue>, default| wish.map_or(default, |price| price.0);
        let general = PriceBounds {
            price_step: price(self.price_step, defaults.price_step),
            floor: price(self.floor, defaults.floor),
            cap: price(self.cap, defaults.cap),
        };
        let bounds = |table: &Option<BoundsTable>| {
            table.as_ref().map(|table| PriceBounds {
                price_step: price(table.price_step, general.price_step),
                floor: price(table.floor, general.floor),
                cap: price(table.cap, general.cap),
            })
        };
        let prices = UtilityPrices {
            electricity: bounds(&self.prices.electricity),
            water: bounds(&self.prices.water),
            heat: bounds(&self.prices.heat),
        };
        let parameters = Parameters {
            interval: seconds(self.interval, defaults.interval),
            window: seconds(self.window, defaults.window),
            attestation_deadline: seconds(self.attestation_deadline, defaults.attestation_deadline),
            open_lead: seconds(self.open_lead, defaults.open_lead),
            open_term: seconds(self.open_term, defaults.open_term),
            delivery_term: seconds(self.delivery_term, defaults.delivery_term),
            append_slot: seconds(self.append_slot, defaults.append_slot),
            credit_epoch: seconds(self.credit_epoch, defaults.credit_epoch),
            ring_min: self.ring_min.unwrap_or(defaults.ring_min),
            ring_cap: self.ring_cap.unwrap_or(defaults.ring_cap),
            seal_after: seconds(self.seal_after, defaults.seal_after),
            retention: seconds(self.retention, defaults.retention),
            correction_term: seconds(self.correction_term, defaults.correction_term),
            price_step: general.price_step,
            floor: general.floor,
            cap: general.cap,
            prices,
            fee: self.fee.map_or(defaults.fee, |fee| fee.0),
            epoch_blocks: self.epoch_blocks.unwrap_or(defaults.epoch_blocks),
            auction: self.auction.read(),
            // A community that says nothing of totals makes none: its network has the id that it always had.
            totals: self.totals.as_ref().and_then(TotalsTable::read),
        };
        parameters.check().map_err(|error| contradiction(source, &parameters, &error))?;
        Ok(parameters)
    }
}

/// What stands in `[parameters.auction]`.
const AUCTION: [&str; 4] = ["order_term", "clear_term", "q_min", "max_orders"];
/// And in `[parameters.totals]`.
const TOTALS: [&str; 7] =
    ["period", "close_term", "share_term", "complaint_term", "request_term", "release_term", "k_min"];

/// The values that an inequality is about, and where the first of them stands that the file names.
fn contradiction(source: &Source<'_>, parameters: &Parameters, error: &ParameterError) -> CommunityError {
    let names = involved(error);
    let utility = match error {
        ParameterError::UtilityPrice(utility) => Some(*utility),
        _ => None,
    };
    let values: Vec<String> =
        names.iter().filter_map(|name| Some(format!("{name} = {}", shown(parameters, utility, name)?))).collect();
    let table: Vec<&str> = match utility {
        Some(utility) => vec!["parameters", "prices", utility.name()],
        None => vec!["parameters"],
    };
    let path = |name: &'static str| {
        let auction = AUCTION.contains(&name).then_some("auction");
        let totals = TOTALS.contains(&name).then_some("totals");
        table.iter().copied().chain(auction).chain(totals).chain([name])
    };
    let found = names.iter().find_map(|name| source.span_of(path(name)));
    // A table that says nothing itself has the values of the others.
    let span = found.or_else(|| source.span_of(table.iter().copied())).unwrap_or(0..0);
    source.at(span, format!("{error} (here: {})", values.join(", ")))
}

fn involved(error: &ParameterError) -> &'static [&'static str] {
    match error {
        ParameterError::Interval => &["interval"],
        ParameterError::Window => &["window", "interval"],
        ParameterError::Term => &[
            "attestation_deadline",
            "open_lead",
            "open_term",
            "delivery_term",
            "append_slot",
            "credit_epoch",
            "seal_after",
            "retention",
        ],
        ParameterError::SealPace => &["append_slot", "seal_after", "credit_epoch"],
        ParameterError::DeliveryTerm => &["delivery_term", "append_slot"],
        ParameterError::OpenTerm => &["open_term", "attestation_deadline", "delivery_term"],
        ParameterError::Ring => &["ring_min", "ring_cap"],
        ParameterError::RingGrowth => &["ring_cap", "delivery_term", "append_slot", "order_term", "max_orders"],
        ParameterError::Retention => &["retention", "open_lead", "window", "attestation_deadline", "delivery_term"],
        ParameterError::CorrectionTerm => &["correction_term", "retention"],
        ParameterError::AuctionTerm => &["order_term", "clear_term", "append_slot", "delivery_term"],
        ParameterError::Totals => &[
            "period",
            "close_term",
            "share_term",
            "complaint_term",
            "request_term",
            "release_term",
            "k_min",
            "window",
            "attestation_deadline",
            "delivery_term",
            "retention",
        ],
        ParameterError::AuctionOrders => &["q_min", "max_orders"],
        ParameterError::Price | ParameterError::UtilityPrice(_) => &["floor", "cap", "price_step"],
        ParameterError::Fee => &["fee"],
        ParameterError::EpochBlocks => &["epoch_blocks"],
    }
}

/// A parameter as the file would say it; a price as it holds for a utility, if one is named.
fn shown(parameters: &Parameters, utility: Option<Utility>, name: &str) -> Option<String> {
    let bounds = utility.map_or(parameters.general_prices(), |utility| parameters.prices_of(utility));
    let unit = utility.unwrap_or(Utility::Electricity);
    let price = |micro: u32| Some(super::super::summary::price_text(unit, micro));
    let seconds = |value: u64| Some(Seconds(value).to_string());
    match name {
        "interval" => seconds(parameters.interval),
        "window" => seconds(parameters.window),
        "attestation_deadline" => seconds(parameters.attestation_deadline),
        "open_lead" => seconds(parameters.open_lead),
        "open_term" => seconds(parameters.open_term),
        "delivery_term" => seconds(parameters.delivery_term),
        "append_slot" => seconds(parameters.append_slot),
        "credit_epoch" => seconds(parameters.credit_epoch),
        "seal_after" => seconds(parameters.seal_after),
        "retention" => seconds(parameters.retention),
        "correction_term" => seconds(parameters.correction_term),
        "ring_min" => Some(parameters.ring_min.to_string()),
        "ring_cap" => Some(parameters.ring_cap.to_string()),
        "order_term" => seconds(parameters.auction?.order_term),
        "clear_term" => seconds(parameters.auction?.clear_term),
        "q_min" => Some(parameters.auction?.q_min.to_string()),
        "max_orders" => Some(parameters.auction?.max_orders.to_string()),
        "period" => seconds(parameters.totals?.period),
        "close_term" => seconds(parameters.totals?.close_term),
        "share_term" => seconds(parameters.totals?.share_term),
        "complaint_term" => seconds(parameters.totals?.complaint_term),
        "request_term" => seconds(parameters.totals?.request_term),
        "release_term" => seconds(parameters.totals?.release_term),
        "k_min" => Some(parameters.totals?.k_min.to_string()),
        "floor" => price(bounds.floor),
        "cap" => price(bounds.cap),
        "price_step" => price(bounds.price_step),
        "fee" => Some(format!("{} micro-euro", parameters.fee)),
        "epoch_blocks" => Some(parameters.epoch_blocks.to_string()),
        _ => None,
    }
}
