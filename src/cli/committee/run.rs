//! `hushwatt committee run`: the member, until he is told to stop.

use clap::Args;
use hushwatt_committee::run::{self, RunOptions, may_run};
use tracing::info;

use super::common::Common;
use crate::cli::{
    failure::Failure,
    log::{self, LogArguments},
    stop,
};

/// Says how the log is written, for systemd.
const LOG_VARIABLE: &str = "HUSHWATT_COMMITTEE_LOG_FORMAT";

/// Arguments of `hushwatt committee run`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt committee run --folder /var/lib/hushwatt-committee
  HUSHWATT_COMMITTEE_FOLDER=/var/lib/hushwatt-committee HUSHWATT_COMMITTEE_LOG_FORMAT=json hushwatt committee run
  hushwatt committee run --folder ./try --simulated        a network for demos and tests

SIGTERM or Ctrl-C stops him in order. A cut of power at any time loses no share and no answer that was written down.")]
pub(super) struct RunArguments {
    /// The network's time is simulated: for demos and tests
    #[arg(long)]
    simulated: bool,
    #[command(flatten)]
    log: LogArguments,
}

pub(super) fn run(common: &Common, arguments: &RunArguments) -> Result<(), Failure> {
    let folder = common.folder()?;
    let is_json = arguments.log.is_json(LOG_VARIABLE).map_err(Failure::input)?;
    let options = RunOptions { simulated: arguments.simulated };
    // What is refused is refused in plain words, before there is a log.
    let genesis = folder.genesis()?;
    folder.config()?;
    drop(folder.lock()?);
    folder.keys()?;
    may_run(&genesis, &options)?;
    log::to_standard_error(is_json, arguments.log.level(), &["hushwatt", "hushwatt_committee"]);
    let stop = stop::flag().map_err(|error| Failure::new("system", error))?;
    info!(folder = %folder.path().display(), version = env!("CARGO_PKG_VERSION"), "the member starts");
    run::run(folder.path(), &options, &stop)?;
    info!("stopped");
    Ok(())
}
