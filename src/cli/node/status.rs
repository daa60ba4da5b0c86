//! `hushwatt node status`: how a running node is, for people and for scripts.

use std::process::ExitCode;

use clap::Args;
use hushwatt_node::{
    Clock, SystemClock,
    client::{ClientError, NodeClient},
    config::{BaseUrl, Seconds},
};
use serde::Deserialize;
use serde_json::Value;

use super::common::time_text;
use crate::cli::{fail, say};

/// Exit status of a node that answers and is not ready for work.
const NOT_READY: u8 = 1;
/// Exit status when there was no answer.
const NOT_REACHED: u8 = 2;
/// Validators vote only for blocks whose time is so close to their clock, in seconds.
const CLOCK_TOLERANCE: u64 = 10;

/// Arguments of `hushwatt node status`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node status
  hushwatt node status --url https://node-b.example.org
  hushwatt node status --json | jq .height

Exit status: 0 ready, 1 not ready, 2 not reached.")]
pub(super) struct StatusArguments {
    /// The node's HTTP interface
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8400")]
    url: BaseUrl,
    /// Print the node's answer as JSON
    #[arg(long)]
    json: bool,
}

/// The node's answer; what else it says is left to `--json`.
#[derive(Deserialize)]
struct Status {
    version: String,
    network: String,
    simulated_time: bool,
    role: String,
    validator: Option<u64>,
    height: u64,
    time: u64,
    epoch: u64,
    validators: Vec<String>,
    peers: u64,
    mempool: Mempool,
    syncing: bool,
    ready: bool,
    started: u64,
    now: u64,
    disk_bytes: u64,
}

#[derive(Deserialize)]
struct Mempool {
    transactions: u64,
    bytes: u64,
}

pub(super) fn run(arguments: &StatusArguments) -> ExitCode {
    let node = NodeClient::at(&arguments.url);
    let answer = node.json::<Value>("/v1/status").and_then(|value| {
        let status = Status::deserialize(&value).map_err(|error| node.nonsense("/v1/status", &error))?;
        Ok((value, status))
    });
    let (value, status) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            fail(&error);
            let busy = matches!(&error, ClientError::Refused { status: 429 | 500.., .. });
            return ExitCode::from(if busy { NOT_READY } else { NOT_REACHED });
        }
    };
    if arguments.json {
        say(&format!("{value:#}"));
    } else {
        let reason = if status.ready { None } else { reason(&node) };
        say(&status.text(&arguments.url, reason.as_deref()));
        let here = SystemClock.now().0;
        let apart = status.now.abs_diff(here);
        if !status.simulated_time && apart > CLOCK_TOLERANCE {
            eprintln!(
                "remark: the node's clock and this machine's are {apart} s apart, and blocks must be within {CLOCK_TOLERANCE} s: check the time service of both (chronyc tracking)"
            );
        }
    }
    if status.ready { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) }
}

/// What the node itself says about why it is not ready.
fn reason(node: &NodeClient) -> Option<String> {
    match node.json::<Value>("/readyz") {
        Err(ClientError::Refused { message, .. }) => Some(message),
        Ok(_) | Err(_) => None,
    }
}

impl Status {
    fn text(&self, url: &BaseUrl, reason: Option<&str>) -> String {
        let state = match (self.ready, reason) {
            (true, _) => "ready".to_owned(),
            (false, Some(reason)) => format!("NOT READY: {reason}"),
            (false, None) => "NOT READY".to_owned(),
        };
        let total = self.validators.len() as u64;
        let role = match (self.validator, self.role.as_str()) {
            (Some(_), _) if total == 1 => "the one validator".to_owned(),
            (Some(index), _) => {
                let others = total.saturating_sub(1);
                format!("validator number {index}; connected with {} of the {others} others", self.peers.min(others))
            }
            (None, "follower") => format!("follower of {total} validators"),
            (None, role) => format!("{role}; not among the {total} validators of this epoch"),
        };
        let behind = match self.height {
            0 => "no block yet".to_owned(),
            height => format!(
                "block {height} of {}, {} ago",
                time_text(self.time),
                Seconds(self.now.saturating_sub(self.time))
            ),
        };
        let syncing = if self.syncing { " (catching up)" } else { "" };
        let clock =
            if self.simulated_time { "\nClock       SIMULATED TIME: a network for demos and tests" } else { "" };
        format!(
            "{url} is {state}\n\
             Network     {}\n\
             Role        {role}\n\
             Chain       {behind}{syncing}\n\
             Epoch       {}\n\
             Waiting     {} transactions, {} bytes\n\
             Disk        {} bytes\n\
             Running     hushwatt {} since {} ({}){clock}",
            self.network,
            self.epoch,
            self.mempool.transactions,
            self.mempool.bytes,
            self.disk_bytes,
            self.version,
            time_text(self.started),
            Seconds(self.now.saturating_sub(self.started)),
        )
    }
}
