//! `hushwatt meter forget`: what a stopped gateway keeps beyond the retention.

use clap::Args;
use hushwatt_gateway::forget::{Forgotten, forget};

use super::{common::Common, error::MeterCommandError};

/// Arguments of `hushwatt meter forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter forget --folder /var/lib/hushwatt-meter --dry-run     what is past the retention
  hushwatt meter forget --folder /var/lib/hushwatt-meter

A running gateway does this by itself, once an hour, by the ledger's time; this is for one that is stopped, by this machine's
clock. What is not attested yet stays, and so do the sums, and what opens
those of periods that can still be shared for totals. It may be interrupted at any time: the next call goes on.")]
pub(super) struct ForgetArguments {
    /// Say what is past the retention, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(common: &Common, arguments: &ForgetArguments) -> Result<(), MeterCommandError> {
    let forgotten = forget(common.folder()?.path(), arguments.dry_run)?;
    common.answer(&forgotten, || text(&forgotten))
}

fn text(forgotten: &Forgotten) -> String {
    if forgotten.is_empty() {
        return "Nothing is past the retention.".to_owned();
    }
    let Forgotten { windows, key_days, periods, files, deleted } = forgotten;
    let verb = if *deleted { "Deleted" } else { "Past the retention" };
    let mut lines = vec![format!(
        "{verb}: the readings of {windows} windows (their sums stay), the reading keys of {key_days} days, {} files of the inbox.",
        files.len()
    )];
    if *periods > 0 {
        lines.push(format!("{verb}: what opens the sums of {periods} periods that can be in no total any more."));
    }
    lines.extend(files.iter().map(|file| format!("  {}", file.display())));
    lines.join("\n")
}
