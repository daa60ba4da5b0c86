//! `hushwatt node config`: everything that `start` reads and checks, without starting.

use clap::Args;

use super::{common::NodeCommandError, settings::SetupArguments};
use crate::cli::say;

/// Arguments of `hushwatt node config`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node config --folder /var/lib/hushwatt
  HUSHWATT_NODE_LOG_LEVEL=debug hushwatt node config --folder /var/lib/hushwatt --http-listen 127.0.0.1:9400

The settings in force go to standard output, remarks to standard error. Exit status 1 if the node would not start.")]
pub(super) struct ConfigArguments {
    #[command(flatten)]
    setup: SetupArguments,
}

pub(super) fn run(arguments: &ConfigArguments) -> Result<(), NodeCommandError> {
    let setup = arguments.setup.load()?;
    let text = toml::to_string(&setup.config).map_err(|error| NodeCommandError::Refused(error.to_string()))?;
    say(&format!("# network {}\n{}", setup.genesis.network(), text.trim_end()));
    for remark in setup.remarks() {
        eprintln!("remark: {remark}");
    }
    Ok(())
}
