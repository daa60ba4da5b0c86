//! `hushwatt operator forget`: the orders that a stopped operator keeps beyond their time.

use clap::Args;
use hushwatt_operator::{
    clock::{Clock, SystemClock},
    forget::{Forgotten, forget},
};

use super::common::Common;
use crate::cli::failure::Failure;

/// Arguments of `hushwatt operator forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt operator forget --folder /var/lib/hushwatt-operator --dry-run     what is past its time
  hushwatt operator forget --folder /var/lib/hushwatt-operator

A running operator deletes an auction's orders by himself, keep_hours after it was over (operator.toml); this is for one that is
stopped, by this machine's clock. It may be interrupted at any time: the next call goes on. Who stops for good calls it when the
last auction is over, and then deletes the folder with its keys.")]
pub(super) struct ForgetArguments {
    /// Say what is past its time, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(common: &Common, arguments: &ForgetArguments) -> Result<(), Failure> {
    let folder = common.folder()?;
    let forgotten = forget(folder.path(), SystemClock::new().now(), arguments.dry_run)?;
    common.answer(&forgotten, || text(&forgotten))
}

fn text(forgotten: &Forgotten) -> String {
    let Forgotten { auctions, kept, deleted } = forgotten;
    let verb = if *deleted { "deleted" } else { "past its time" };
    let mut lines: Vec<String> = auctions
        .iter()
        .map(|past| {
            format!("{verb}  auction of {}, window {}, sealed orders: {}", past.utility, past.window, past.orders)
        })
        .collect();
    if lines.is_empty() {
        lines.push("Nothing is past its time.".to_owned());
    }
    if *kept > 0 {
        lines.push(format!("Auctions that are kept for now: {kept}."));
    }
    lines.join("\n")
}
