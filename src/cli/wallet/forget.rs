//! `hushwatt wallet forget`: readings past the retention, and the keys that open them.

use clap::Args;
use hushwatt_ledger::units::Timestamp;
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
    deleted: bool,
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
        let what = format!(
            "The readings of {} windows before {} are deleted; sums by day stay.",
            due.windows,
            common.show().minute(before)
        );
        common.confirm(&what, "Delete them?")?;
        household.forget_readings()?;
    }
    let told = Told { before_time: before.0, windows: due.windows, keys: due.keys, deleted };
    common.answer(&told, || match (due.is_empty(), deleted) {
        (true, _) => "Nothing is past the retention.".to_owned(),
        (false, false) => format!("The readings of {} windows are past the retention.", due.windows),
        (false, true) => format!(
            "The readings of {} windows and their keys are deleted. Backup files made before still have them.",
            due.windows
        ),
    })
}
