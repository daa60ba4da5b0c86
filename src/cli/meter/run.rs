//! `hushwatt meter run`: the gateway, until it is told to stop.

use clap::Args;
use hushwatt_gateway::{
    folder::GatewayFolder,
    service::{self, RunError, RunOptions, ServiceError},
};
use tracing::info;

use super::{common::Common, error::MeterCommandError};
use crate::cli::{
    log::{self, LogArguments},
    stop,
};

/// Says how the log is written, for systemd.
const LOG_VARIABLE: &str = "HUSHWATT_METER_LOG_FORMAT";

/// Arguments of `hushwatt meter run`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter run --folder /var/lib/hushwatt-meter
  HUSHWATT_METER_FOLDER=/var/lib/hushwatt-meter HUSHWATT_METER_LOG_FORMAT=json hushwatt meter run
  hushwatt meter run --folder ./try --simulated        a network for demos and tests
  hushwatt meter run --folder /var/lib/hushwatt-meter --adopt      once, after the disk was lost

SIGTERM or Ctrl-C stops it in order. A cut of power at any time loses the telegram in flight at most.")]
pub(super) struct RunArguments {
    /// The network's time is simulated: for demos and tests
    #[arg(long)]
    simulated: bool,
    /// Go on where the ledger stands: after a lost disk, if no other gateway has this key
    #[arg(long)]
    adopt: bool,
    #[command(flatten)]
    log: LogArguments,
}

pub(super) fn run(common: &Common, arguments: &RunArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    let is_json = arguments.log.is_json(LOG_VARIABLE).map_err(MeterCommandError::Input)?;
    let options = RunOptions { simulated: arguments.simulated, adopt: arguments.adopt };
    may_start(&folder, &options)?;
    log::to_standard_error(is_json, arguments.log.level(), &["hushwatt", "hushwatt_gateway"]);
    let stop = stop::flag().map_err(MeterCommandError::System)?;
    info!(folder = %folder.path().display(), version = env!("CARGO_PKG_VERSION"), "the gateway starts");
    service::run(folder.path(), &options, &stop)?;
    info!("stopped");
    Ok(())
}

/// What is refused is refused in plain words, before there is a log.
fn may_start(folder: &GatewayFolder, options: &RunOptions) -> Result<(), MeterCommandError> {
    let genesis = folder.genesis()?;
    let config = folder.config(&genesis)?;
    drop(folder.lock()?);
    folder.keys()?;
    match (genesis.simulated_time, options.simulated) {
        (true, false) => return Err(RunError::Simulated.into()),
        (false, true) => return Err(RunError::NotSimulated.into()),
        _ => {}
    }
    if config.household.is_none() {
        return Err(RunError::Service(ServiceError::NotPaired).into());
    }
    Ok(())
}
