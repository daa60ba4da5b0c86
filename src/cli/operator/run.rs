//! `hushwatt operator run`: the operator, until he is told to stop.

use clap::Args;
use hushwatt_operator::{
    folder::OperatorFolder,
    service::{self, RunOptions, may_run},
};
use tracing::info;

use super::common::Common;
use crate::cli::{
    failure::Failure,
    log::{self, LogArguments},
    stop,
};

/// Says how the log is written, for systemd.
const LOG_VARIABLE: &str = "HUSHWATT_OPERATOR_LOG_FORMAT";

/// Arguments of `hushwatt operator run`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt operator run --folder /var/lib/hushwatt-operator
  HUSHWATT_OPERATOR_FOLDER=/var/lib/hushwatt-operator HUSHWATT_OPERATOR_LOG_FORMAT=json hushwatt operator run
  hushwatt operator run --folder ./try --simulated        a network for demos and tests

SIGTERM or Ctrl-C stops him in order. A cut of power at any time loses no order that was admitted.")]
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
    may_start(&folder, &options)?;
    log::to_standard_error(is_json, arguments.log.level(), &["hushwatt", "hushwatt_operator"]);
    let stop = stop::flag().map_err(|error| Failure::new("system", error))?;
    info!(folder = %folder.path().display(), version = env!("CARGO_PKG_VERSION"), "the operator starts");
    service::run(folder.path(), &options, &stop)?;
    info!("stopped");
    Ok(())
}

/// What is refused is refused in plain words, before there is a log.
fn may_start(folder: &OperatorFolder, options: &RunOptions) -> Result<(), Failure> {
    let genesis = folder.genesis()?;
    folder.config()?;
    drop(folder.lock()?);
    folder.keys()?;
    Ok(may_run(&genesis, options)?)
}
