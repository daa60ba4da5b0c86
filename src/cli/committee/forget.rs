//! `hushwatt committee forget`: the shares that a stopped member keeps beyond their time.

use clap::Args;
use hushwatt_client::status_file::machine_time;
use hushwatt_committee::forget::{ForgetError, ForgetOptions, Forgotten, forget};
use hushwatt_ledger::units::Timestamp;

use super::{common::Common, moments::moment};
use crate::cli::failure::Failure;

/// Arguments of `hushwatt committee forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt committee forget --folder /var/lib/hushwatt-committee --dry-run     whose term of release is over
  hushwatt committee forget --folder /var/lib/hushwatt-committee

A running member erases the shares of a period by himself when its term of release is over, by the ledger's time; this is for one
that is stopped, by this machine's clock (in a network with simulated time by the last block that he read). If the clock is further
ahead of that block than the retention, it asks whether the clock is right. What he was asked and answered stays. It may be interrupted
at any time: the next call goes on. Who stops for good calls it when the last term is over, and then deletes the folder with its keys.")]
pub(super) struct ForgetArguments {
    /// Say what is over, and erase nothing
    #[arg(long)]
    dry_run: bool,
    /// The clock is right, also if it is far ahead of the last block that the member read
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(common: &Common, arguments: &ForgetArguments) -> Result<(), Failure> {
    let folder = common.folder()?;
    let clock = Timestamp(machine_time());
    let options = ForgetOptions { dry_run: arguments.dry_run, clock_is_right: arguments.yes };
    let forgotten = match forget(folder.path(), clock, options) {
        Err(error @ ForgetError::ClockAhead { .. }) => {
            confirm(common, error)?;
            forget(folder.path(), clock, ForgetOptions { clock_is_right: true, ..options })?
        }
        forgotten => forgotten?,
    };
    common.answer(&forgotten, || text(&forgotten))
}

fn confirm(common: &Common, error: ForgetError) -> Result<(), Failure> {
    match common.ask(&format!("{error}.\nIs the clock right?"))? {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::declined()),
        None => Err(error.into()),
    }
}

fn text(forgotten: &Forgotten) -> String {
    let Forgotten { at, last_block, periods, kept, deleted } = forgotten;
    let mut lines =
        vec![format!("It is {}; the last block that this member read is of {}.", moment(*at), moment(*last_block))];
    let verb = if *deleted { "erased" } else { "past its time" };
    lines.extend(periods.iter().map(|past| {
        let (start, subjects, bytes) = (moment(past.start), past.subjects, past.bytes);
        format!("{verb}  shares of period {} ({start}), of {subjects} meters and trades, {bytes} bytes", past.period)
    }));
    if periods.is_empty() {
        lines.push("Nothing is past its time.".to_owned());
    }
    if *kept > 0 {
        lines.push(format!("Periods whose shares are kept for now: {kept}."));
    }
    lines.join("\n")
}
