//! `hushwatt operator status`: how the operator is, as he last said, whether he runs or not.

use std::process::ExitCode;

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::genesis::Genesis;
use hushwatt_operator::status::{AuctionStatus, STATUS_FORMAT, Sides, Status};

use super::{
    common::Common,
    moments::{moment, when},
    table::{Table, pairs},
};
use crate::cli::{
    failure::Failure,
    office::{self, Heard},
};

pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let folder = common.folder()?;
    // Before he said anything.
    let before = |genesis: &Genesis| {
        Ok(Status {
            format: STATUS_FORMAT.to_owned(),
            network: genesis.network().to_string(),
            key: hex(folder.keys()?.public().as_bytes()),
            simulated_time: genesis.simulated_time,
            ..Status::default()
        })
    };
    let is_alarm = |status: &Status| status.warnings.iter().any(|warning| warning.alarm);
    office::status(common, &folder, before, is_alarm, text)
}

fn text(heard: &Heard<Status>) -> String {
    let status = &heard.status;
    let running = status.started.map_or_else(|| "runs".to_owned(), |at| format!("runs since {}", when(at, status.now)));
    let mut rows = heard.rows("Operator", running, "nothing is admitted or cleared");
    rows.extend([("Network", status.network.clone()), ("Key", format!("operator:{}", status.key))]);
    if status.simulated_time {
        rows.push(("Clock", "SIMULATED TIME: a network for demos and tests".to_owned()));
    }
    rows.extend(status.height.map(|height| ("Ledger", format!("block {height}"))));
    for node in &status.nodes {
        let state = match (&node.fault, node.height) {
            (Some(fault), _) => fault.as_str(),
            (None, Some(_)) => "answers",
            (None, None) => "not asked yet",
        };
        rows.push(("Node", format!("{}: {state}", node.url)));
    }
    for warning in &status.warnings {
        rows.push((if warning.alarm { "ALARM" } else { "Warning" }, warning.text.clone()));
    }
    let mut table = Table::new(&["Window", "Of", ">Admitted", ">On the ledger", "State"]);
    for auction in &status.auctions {
        table.row(vec![
            moment(auction.start),
            auction.utility.clone(),
            sides(Some(auction.admitted)),
            sides(auction.on_ledger),
            state_of(auction, status.now),
        ]);
    }
    let auctions = if table.is_empty() { "No auctions are kept.".to_owned() } else { table.text() };
    format!("{}\n\n{auctions}", pairs(&rows))
}

/// `3 sell, 5 buy`.
fn sides(sides: Option<Sides>) -> String {
    sides.map_or_else(String::new, |sides| format!("{} sell, {} buy", sides.sells, sides.buys))
}

fn state_of(auction: &AuctionStatus, now: u64) -> String {
    let unopened = match auction.unopened {
        0 => String::new(),
        count => format!("; {count} CANNOT BE OPENED"),
    };
    let said = auction.answer.as_ref().map(|answer| format!("; {answer}")).unwrap_or_default();
    match auction.state.as_str() {
        "collecting" => format!("takes orders until {}", when(auction.order_until, now)),
        "closed" => format!("to be cleared until {}{unopened}{said}", when(auction.clear_until, now)),
        "traded" => {
            format!("traded at {}", auction.price.map_or_else(String::new, |price| price_text(&auction.utility, price)))
        }
        "no-trade" => "nothing could be traded".to_owned(),
        "expired" => "expired: everybody got back what he put in".to_owned(),
        "no-orders" => "no order came to the ledger".to_owned(),
        other => other.to_owned(),
    }
}

/// Micro-euro per Wh as EUR per kWh, and per litre as EUR per m3.
fn price_text(utility: &str, micro_euro: u32) -> String {
    let unit = if utility == "water" { "EUR/m3" } else { "EUR/kWh" };
    format!("{}.{:03} {unit}", micro_euro / 1000, micro_euro % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auctions_are_told_in_plain_words() {
        let auction = AuctionStatus {
            utility: "electricity".to_owned(),
            order_until: 1_781_584_800,
            clear_until: 1_781_586_600,
            state: "closed".to_owned(),
            unopened: 2,
            ..AuctionStatus::default()
        };
        assert_eq!(
            state_of(&auction, 1_781_584_860),
            "to be cleared until 2026-06-16 05:10:00 UTC, in 29 min; 2 CANNOT BE OPENED"
        );
        let traded = AuctionStatus { state: "traded".to_owned(), price: Some(123), ..auction.clone() };
        assert_eq!(state_of(&traded, 0), "traded at 0.123 EUR/kWh");
        assert_eq!(sides(Some(Sides { sells: 1, buys: 2 })), "1 sell, 2 buy");
        assert_eq!(price_text("water", 2_500), "2.500 EUR/m3");
        let status = Status { auctions: vec![traded], ..Status::default() };
        let text = text(&Heard::never(status));
        assert!(text.contains("DOES NOT RUN") && text.contains("traded at 0.123 EUR/kWh"), "{text}");
    }
}
