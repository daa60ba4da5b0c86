//! `hushwatt wallet forget`: readings past the retention, and the keys that open them.

use clap::Args;
use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::ForgottenReadings;
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, session::Session};

/// Arguments of `hushwatt wallet forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet forget --dry-run      what is past the retention
  hushwatt wallet forget

What your meters counted in each interval is deleted, and the keys that open it on the ledger; sums by day stay, and so do money,
contracts and history. \"hushwatt wallet run\" does this by itself (settings set --forget-readings no turns that off). Afterwards a bill,
a reading or a peak of that time cannot be proven any more from this file. Backup files made before still have everything: make a
new one, and delete the old ones.")]
pub(super) struct ForgetArguments {
    /// Say what is past the retention, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Told {
    /// Readings that start before this are past the retention.
    before_time: u64,
    windows: usize,
    keys: usize,
    /// Requests for totals of periods that are past it too.
    totals: usize,
    deleted: bool,
}

fn what_is_due(due: &ForgottenReadings) -> String {
    let requests = if due.totals == 0 { String::new() } else { format!(" and {} requests for totals", due.totals) };
    format!("The readings of {} windows{requests}", due.windows)
}

pub(super) fn run(common: &Common, arguments: &ForgetArguments) -> Result<(), WalletCommandError> {
    let deletes = !arguments.dry_run;
    if deletes {
        common.can_confirm()?;
    }
    let mut session = Session::open(common)?;
    session.read(common)?;
    let mut household = session.household();
    let (before, due): (Timestamp, _) = (household.readings_kept_from(), household.forgettable_readings());
    let deleted = deletes && !due.is_empty();
    if deleted {
        let what =
            format!("{} before {} are deleted; sums by day stay.", what_is_due(&due), common.show().minute(before));
        common.confirm(&what, "Delete them?")?;
        household.forget_readings()?;
    }
    let told = Told { before_time: before.0, windows: due.windows, keys: due.keys, totals: due.totals, deleted };
    common.answer(&told, || match (due.is_empty(), deleted) {
        (true, _) => "Nothing is past the retention.".to_owned(),
        (false, false) => format!("{} are past the retention.", what_is_due(&due)),
        (false, true) => format!(
            "{}, and the keys of readings, are deleted. Backup files made before still have them.",
            what_is_due(&due)
        ),
    })
}
