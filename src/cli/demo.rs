//! `hushwatt demo`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::fail;
use crate::demo::{self, Options, Source};

/// Arguments of `hushwatt demo`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt demo
  hushwatt demo --households 30 --days 2
  hushwatt demo --water
  hushwatt demo --bilateral
  hushwatt demo --validators 4 --out ./village
  hushwatt demo --data readings.csv --day 2016-08-15
  hushwatt demo --data readings.csv --out ./village")]
pub(crate) struct DemoArguments {
    /// Readings as CSV: timestamp,meter_id,import_wh,export_wh (interval start in UTC, integer Wh)
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// First UTC day to settle [default: the first day of the data that is complete]
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<String>,
    /// How many days
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=31))]
    days: u32,
    /// How many homes: of the data the first N by name, without data N made up ones [default: all, or 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    households: Option<u32>,
    /// Water too: every home also has a water meter with made-up readings; homes with a well or a rain cistern give water to the
    /// others, settled in the same way, at prices of its own
    #[arg(long)]
    water: bool,
    /// Trade by contracts between two neighbours at a time, instead of by one sealed-bid auction for every window
    #[arg(long)]
    bilateral: bool,
    /// How many validators: 1 runs inside this program, more run in programs of their own, and one of them is killed in the
    /// middle and started again
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_validators)]
    validators: usize,
    /// Keep chain, hints, report and test wallets in this folder (new or empty)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &DemoArguments) -> ExitCode {
    let source = match &arguments.data {
        Some(path) => Source::File(path.clone()),
        None => Source::Sample,
    };
    let options = Options {
        source,
        day: arguments.day.clone(),
        days: arguments.days,
        households: arguments.households,
        water: arguments.water,
        bilateral: arguments.bilateral,
        validators: arguments.validators,
        out: arguments.out.clone(),
    };
    match demo::run(&options) {
        Ok(page) => {
            println!("{}", page.text());
            if page.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => fail(&error),
    }
}

/// With two or three, all of them are needed for a block, so that none may be killed.
fn parse_validators(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ (1 | 4..=7)) => Ok(count),
        _ => Err("one validator, or 4 to 7: from four on the others go on when one is away".to_owned()),
    }
}
