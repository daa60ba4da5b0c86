//! `hushwatt meter run`: the gateway, until it is told to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use clap::{Args, ValueEnum};
use hushwatt_gateway::{
    folder::GatewayFolder,
    service::{self, RunError, RunOptions, ServiceError},
};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use super::{common::Common, error::MeterCommandError};
use crate::cli::log;

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
    /// text or json [default: HUSHWATT_METER_LOG_FORMAT, else text]
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    log_format: Option<LogFormat>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info", hide_possible_values = true)]
    log_level: LogLevel,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

pub(super) fn run(common: &Common, arguments: &RunArguments) -> Result<(), MeterCommandError> {
    let folder = common.folder()?;
    let named = std::env::var(LOG_VARIABLE).ok().filter(|value| !value.is_empty());
    let is_json = match (arguments.log_format, named.as_deref()) {
        (Some(format), _) => format == LogFormat::Json,
        (None, Some("json")) => true,
        (None, None | Some("text")) => false,
        (None, Some(other)) => {
            return Err(MeterCommandError::Input(format!("{LOG_VARIABLE} is \"{other}\": write text or json")));
        }
    };
    let options = RunOptions { simulated: arguments.simulated, adopt: arguments.adopt };
    may_start(&folder, &options)?;
    log::to_standard_error(is_json, arguments.log_level.name(), &["hushwatt", "hushwatt_gateway"]);
    let stop = stop_flag()?;
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

/// True once somebody asks the gateway to stop.
fn stop_flag() -> Result<Arc<AtomicBool>, MeterCommandError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(MeterCommandError::System)?;
    let flag = Arc::new(AtomicBool::new(false));
    let shared = flag.clone();
    let (mut interrupt, mut terminate) = {
        let _within = runtime.enter();
        let listen = |kind| signal(kind).map_err(MeterCommandError::System);
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?)
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        info!("stopping");
        shared.store(true, Ordering::SeqCst);
    });
    Ok(flag)
}
