//! `hushwatt wallet energy`: what the meters counted, window by window.

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_ledger::units::{Timestamp, Utility};
use hushwatt_wallet::{
    LocalQuality,
    household::{
        Household, ask_gateway,
        views::{DayRow, EnergyRow, LocalRow},
    },
};
use serde::Serialize;

use super::{
    common::Common, error::WalletCommandError, history::Stretch, session::Session, show::Show, table::Table,
    trade::Kind,
};

/// What is shown if nothing is said.
const DAY: u64 = 86_400;

/// Arguments of `hushwatt wallet energy`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet energy                        the last day
  hushwatt wallet energy --from 2026-06-01 --until 2026-07-01
  hushwatt wallet energy --utility water
  hushwatt wallet energy --all --json
  hushwatt wallet energy --gateway http://gateway.local:8430      and what is not on the ledger yet

Only your own meters, decrypted with the keys that their gateways share with this wallet. With --json in base units (watt-hours,
litres). What a gateway says beyond the ledger is shown as such, and is asked for by itself once the gateway is in the settings
(hushwatt wallet settings set --gateway URL).")]
pub(super) struct EnergyArguments {
    #[command(flatten)]
    stretch: Stretch,
    /// From the beginning
    #[arg(long, conflicts_with = "from")]
    all: bool,
    /// Only electricity, water or heat
    #[arg(long, value_name = "UTILITY", hide_possible_values = true)]
    utility: Option<Kind>,
    /// The page of the gateway at your meter: show what is not on the ledger yet; may be repeated
    #[arg(long, value_name = "URL")]
    gateway: Vec<BaseUrl>,
}

/// A line as scripts read it.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Ledger(&'a EnergyRow),
    Day(&'a DayRow),
    Gateway(&'a LocalRow),
}

pub(super) fn run(common: &Common, arguments: &EnergyArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let (household, show) = (session.household(), common.show());
    let filter = arguments.stretch.filter(&show, &household)?;
    let until = filter.until.unwrap_or(Timestamp(u64::MAX));
    let from = match filter.from {
        Some(from) => from,
        None if arguments.all => Timestamp(0),
        None => filter.until.unwrap_or(household.now()).minus(DAY),
    };
    let mut rows = household.energy(from, until);
    if let Some(kind) = arguments.utility {
        rows.retain(|row| row.utility == kind.utility());
    }
    let mut local = local_rows(common, arguments, &household, from, until)?;
    if let Some(kind) = arguments.utility {
        local.retain(|row| row.utility == kind.utility());
    }
    let mut days = household.energy_by_day(from, until);
    if let Some(kind) = arguments.utility {
        days.retain(|row| row.utility == kind.utility());
    }
    let paired = !household.meters().is_empty();
    let own = days.iter().map(Row::Day).chain(rows.iter().map(Row::Ledger));
    let all: Vec<Row<'_>> = own.chain(local.iter().map(Row::Gateway)).collect();
    common.answer(&all, || match (all.is_empty(), paired) {
        (true, false) => "No meter is paired yet: hushwatt wallet pair.".to_owned(),
        (true, true) => "No readings in that time; --all shows everything.".to_owned(),
        (false, _) => {
            let ledger = if rows.is_empty() { String::new() } else { text(&show, &rows) };
            let past = if days.is_empty() { String::new() } else { days_text(&show, &days) };
            let more = if local.is_empty() { String::new() } else { local_text(&show, &local) };
            [past, ledger, more]
                .iter()
                .filter(|part| !part.is_empty())
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join("\n")
        }
    })
}

/// What gateways say beyond the ledger: those that are named here must answer, those of the settings may be away.
fn local_rows(
    common: &Common,
    arguments: &EnergyArguments,
    household: &Household,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<LocalRow>, WalletCommandError> {
    let named: Vec<String> = arguments.gateway.iter().map(ToString::to_string).collect();
    let kept: &[String] = if named.is_empty() && !common.offline { &household.settings().gateways } else { &[] };
    let ask = |url: &String| household.local_energy(&ask_gateway(url, from)?, from, until);
    let mut rows = Vec::new();
    for url in &named {
        rows.extend(ask(url)?);
    }
    for url in kept {
        match ask(url) {
            Ok(found) => rows.extend(found),
            Err(error) => common.remark(&error.to_string()),
        }
    }
    rows.sort_by_key(|row| (row.start, row.meter));
    Ok(rows)
}

fn local_text(show: &Show, rows: &[LocalRow]) -> String {
    let mut table = Table::new(&["Window", ">Meter", "Measures", ">Taken", ">Given", "Readings"]);
    for row in rows {
        let quality = match row.quality {
            LocalQuality::Measured => "measured",
            LocalQuality::Substituted => "substituted",
            LocalQuality::Estimated => "estimated",
        };
        let part = if row.intervals < row.of_intervals {
            format!("{quality}, {} of {} intervals", row.intervals, row.of_intervals)
        } else {
            quality.to_owned()
        };
        table.row(vec![
            show.minute(row.start),
            row.meter.0.to_string(),
            row.utility.name().to_owned(),
            show.energy(row.utility, row.imported),
            show.energy(row.utility, row.exported),
            part,
        ]);
    }
    format!("From the gateway, not on the ledger yet:\n{}", table.text())
}

fn days_text(show: &Show, rows: &[DayRow]) -> String {
    let mut table = Table::new(&["Day (UTC)", ">Meter", "Measures", ">Taken", ">Given"]);
    for row in rows {
        table.row(vec![
            show.minute(row.start),
            row.meter.0.to_string(),
            row.utility.name().to_owned(),
            show.energy(row.utility, row.imported),
            show.energy(row.utility, row.exported),
        ]);
    }
    format!("By day, since the readings were deleted:\n{}", table.text())
}

fn text(show: &Show, rows: &[EnergyRow]) -> String {
    let mut table = Table::new(&["Window", ">Meter", "Measures", ">Taken", ">Given", ">Bought", ">Sold", "Readings"]);
    for row in rows {
        let amount = |base: u64| show.energy(row.utility, base);
        table.row(vec![
            show.minute(row.start),
            row.meter.0.to_string(),
            row.utility.name().to_owned(),
            amount(row.imported),
            amount(row.exported),
            amount(row.bought),
            amount(row.sold),
            row.status.name().to_owned(),
        ]);
    }
    for utility in Utility::ALL {
        let of: Vec<&EnergyRow> = rows.iter().filter(|row| row.utility == utility).collect();
        if of.is_empty() {
            continue;
        }
        let sum = |of_row: fn(&EnergyRow) -> u64| show.energy(utility, of.iter().map(|row| of_row(row)).sum());
        table.row(vec![
            "Together".to_owned(),
            String::new(),
            utility.name().to_owned(),
            sum(|row| row.imported),
            sum(|row| row.exported),
            sum(|row| row.bought),
            sum(|row| row.sold),
            String::new(),
        ]);
    }
    table.text()
}
