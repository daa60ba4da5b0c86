//! `hushwatt node start`: runs a node until it is told to stop.

use std::time::Duration;

use clap::Args;
use hushwatt_node::{
    config::{LogConfig, LogFormat},
    service::Service,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::{common::NodeCommandError, settings::SetupArguments};
use crate::cli::log;

/// Between two looks at whether the node still runs.
const LOOK: Duration = Duration::from_millis(200);

/// Arguments of `hushwatt node start`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node start --folder /var/lib/hushwatt
  hushwatt node start --folder ./auditor --role follower --follow https://node-a.example.org
  HUSHWATT_NODE_FOLDER=/var/lib/hushwatt HUSHWATT_NODE_LOG_FORMAT=json hushwatt node start

SIGTERM or Ctrl-C stops it: it finishes what it is doing, which takes some seconds. \"hushwatt node config\" with the same
flags checks everything without starting.")]
pub(super) struct StartArguments {
    #[command(flatten)]
    setup: SetupArguments,
}

pub(super) fn run(arguments: &StartArguments) -> Result<(), NodeCommandError> {
    let setup = arguments.setup.load()?;
    let LogConfig { format, level } = setup.config.log;
    let parts = ["hushwatt", "hushwatt_node", "hushwatt_consensus"];
    log::to_standard_error(format == LogFormat::Json, &level.to_string(), &parts);
    for remark in setup.remarks() {
        warn!("{remark}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (network, folder) = (*setup.genesis.network(), setup.folder.path().to_path_buf());
    let service = Service::start(setup)?;
    info!(%network, folder = %folder.display(), http = %service.address(), "started");
    runtime.block_on(told_to_stop(&service))?;
    info!("stopping");
    service.stop()?;
    info!("stopped");
    Ok(())
}

/// Returns when somebody asks for it, or when the node has failed by itself.
async fn told_to_stop(service: &Service) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            () = tokio::time::sleep(LOOK) => if service.has_failed() {
                return Ok(());
            },
        }
    }
}
