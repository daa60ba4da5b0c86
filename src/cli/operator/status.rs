//! `hushwatt operator status`: how the operator is, from what he last wrote down, or from his book while he does not run.

use std::{
    fs,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::units::Timestamp;
use hushwatt_operator::{
    folder::{FolderError, OperatorFolder},
    service::{self, Opened, RunError},
    status::{AuctionStatus, STATUS_FORMAT, Sides, Status, of_book},
};
use serde::Serialize;

use super::{
    common::Common,
    error::OperatorCommandError,
    moments::{moment, when},
    table::{Table, pairs},
};

/// Exit status when somebody must look.
const ALARM: u8 = 1;
/// Exit status when he does not run.
const NOT_RUNNING: u8 = 2;

/// As scripts read it.
#[derive(Serialize)]
struct Answer<'a> {
    running: bool,
    #[serde(flatten)]
    status: &'a Status,
}

pub(super) fn run(common: &Common) -> Result<ExitCode, OperatorCommandError> {
    let folder = common.folder()?;
    let (running, status) = match service::open(folder.path()) {
        Ok(opened) => (false, at_rest(&opened)),
        Err(RunError::Folder(FolderError::Running(_))) => (true, told(&folder)?),
        Err(error) => return Err(error.into()),
    };
    common.answer(&Answer { running, status: &status }, || text(running, &status))?;
    let alarm = status.warnings.iter().any(|warning| warning.alarm);
    Ok(match (running, alarm) {
        (false, _) => ExitCode::from(NOT_RUNNING),
        (true, true) => ExitCode::from(ALARM),
        (true, false) => ExitCode::SUCCESS,
    })
}

/// What the running operator wrote down.
fn told(folder: &OperatorFolder) -> Result<Status, OperatorCommandError> {
    let path = folder.status_file();
    let bytes = fs::read(&path).map_err(|source| OperatorCommandError::Read { path, source })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        OperatorCommandError::Input(format!("{} cannot be read ({error})", folder.status_file().display()))
    })
}

/// What his book says while nothing runs.
fn at_rest(opened: &Opened) -> Status {
    // A clock before 1970 is as wrong as one at 1970.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Status {
        format: STATUS_FORMAT.to_owned(),
        network: opened.genesis.network().to_string(),
        key: hex(opened.keys.public().as_bytes()),
        simulated_time: opened.genesis.simulated_time,
        now,
        auctions: of_book(&opened.genesis.parameters, &opened.book, Timestamp(now)),
        ..Status::default()
    }
}

fn text(running: bool, status: &Status) -> String {
    let state = match status.started {
        Some(started) if running => format!("runs since {}", when(started, status.now)),
        _ => "DOES NOT RUN: nothing is admitted or cleared".to_owned(),
    };
    let mut rows =
        vec![("Operator", state), ("Network", status.network.clone()), ("Key", format!("operator:{}", status.key))];
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
        let text = text(false, &status);
        assert!(text.contains("DOES NOT RUN") && text.contains("traded at 0.123 EUR/kWh"), "{text}");
    }
}
