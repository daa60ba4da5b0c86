//! Flags for the settings of a node: they beat environment and file.

use std::net::SocketAddr;

use clap::Args;
use hushwatt_node::config::{BaseUrl, LogFormat, LogLevel, NodeRole, Overrides, Peer, Seconds, Setup};

use super::common::{FolderArgument, NodeCommandError, environment};

/// Which node, with which settings.
#[derive(Args)]
pub(super) struct SetupArguments {
    #[command(flatten)]
    folder: FolderArgument,
    #[command(flatten)]
    settings: SettingFlags,
}

impl SetupArguments {
    /// Reads and checks everything that a node is started with.
    pub(super) fn load(&self) -> Result<Setup, NodeCommandError> {
        Ok(Setup::load(&self.folder.path()?, environment()?, self.settings.overrides())?)
    }
}

/// Settings that may be given as flags.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingFlags {
    /// validator or follower
    #[arg(long, value_name = "ROLE")]
    role: Option<NodeRole>,
    /// A node that a follower takes blocks from; may be repeated
    #[arg(long, value_name = "URL")]
    follow: Vec<BaseUrl>,
    /// How long an idle network waits until it makes an empty block
    #[arg(long, value_name = "TIME")]
    heartbeat: Option<Seconds>,
    /// Where the peer network listens
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The other validators, each as KEY@HOST:PORT or KEY@HOST:PORT=URL of its HTTP interface
    #[arg(long, value_name = "PEER", num_args = 1.., value_delimiter = ',')]
    peers: Vec<Peer>,
    /// Where the HTTP interface listens
    #[arg(long, value_name = "ADDRESS")]
    http_listen: Option<SocketAddr>,
    /// Let the HTTP interface listen where other machines can reach it, without TLS
    #[arg(long)]
    http_allow_public: bool,
    /// text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
    /// Whether there are Prometheus metrics: true or false
    #[arg(long, value_name = "BOOL")]
    metrics: Option<bool>,
}

impl SettingFlags {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            role: self.role,
            follow: Some(self.follow.clone()).filter(|list| !list.is_empty()),
            heartbeat: self.heartbeat,
            listen: self.listen,
            peers: Some(self.peers.clone()).filter(|list| !list.is_empty()),
            http_listen: self.http_listen,
            http_allow_public: self.http_allow_public.then_some(true),
            log_format: self.log_format,
            log_level: self.log_level,
            metrics: self.metrics,
        }
    }
}
