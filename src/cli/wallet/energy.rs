//! `hushwatt wallet energy`: what the meters counted, window by window.

use clap::Args;
use hushwatt_ledger::units::{Timestamp, Utility};
use hushwatt_wallet::household::views::{EnergyRow, status_name, utility_name};

use super::{common::Common, error::WalletCommandError, history::Stretch, session::Session, show::Show, table::Table};

/// What is shown if nothing is said.
const DAY: u64 = 86_400;

/// Arguments of `hushwatt wallet energy`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet energy                        the last day
  hushwatt wallet energy --from 2026-06-01 --until 2026-07-01
  hushwatt wallet energy --all --json

Only your own meters, decrypted with the keys that their gateways share with this wallet. With --json in base units (watt-hours,
litres).")]
pub(super) struct EnergyArguments {
    #[command(flatten)]
    stretch: Stretch,
    /// From the beginning
    #[arg(long, conflicts_with = "from")]
    all: bool,
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
    let rows = household.energy(from, until);
    let paired = !household.meters().is_empty();
    common.answer(&rows, || match (rows.is_empty(), paired) {
        (true, false) => "No meter is paired yet: hushwatt wallet pair.".to_owned(),
        (true, true) => "No readings in that time; --all shows everything.".to_owned(),
        (false, _) => text(&show, &rows),
    })
}

fn text(show: &Show, rows: &[EnergyRow]) -> String {
    let mut table = Table::new(&["Window", ">Meter", "Measures", ">Taken", ">Given", ">Bought", ">Sold", "Readings"]);
    for row in rows {
        let amount = |base: u64| show.energy(row.utility, base);
        table.row(vec![
            show.minute(row.start),
            row.meter.0.to_string(),
            utility_name(row.utility).to_owned(),
            amount(row.imported),
            amount(row.exported),
            amount(row.bought),
            amount(row.sold),
            status_name(row.status).to_owned(),
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
            utility_name(utility).to_owned(),
            sum(|row| row.imported),
            sum(|row| row.exported),
            sum(|row| row.bought),
            sum(|row| row.sold),
            String::new(),
        ]);
    }
    table.text()
}
