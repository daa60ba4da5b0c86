//! `hushwatt node forget`: deletes what a node's folder holds beyond its time, and says what that is.

use std::{
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use hushwatt_ledger::{genesis::Genesis, storage::StorageError, units::Timestamp};
use hushwatt_node::{
    Clock, NodeError, SystemClock,
    config::{NodeFolder, Seconds},
    forget::{EngineHolds, ForgetError, Past, StoppedNode, look},
};
use serde::Serialize;

use super::common::{FolderArgument, NodeCommandError};
use crate::cli::{fail, say};

/// Exit status when something past its time was left.
const LEFT: u8 = 3;
/// A running node looks more often than this for what it is asked.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// Arguments of `hushwatt node forget`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt node forget --folder /var/lib/hushwatt --dry-run      what is past its time
  hushwatt node forget --folder /var/lib/hushwatt                delete it
  hushwatt node forget --folder ./old-node --with-votes          of a validator that was stopped long ago, everything

A running node forgets by itself, once an hour and with the first block of a day; this command then asks it to do so now. Of a
stopped node the folder is worked on itself, by this machine's clock. It may be interrupted at any time: the next call goes on.

Exit status: 0 nothing past its time is left, 1 failed, 3 something is left, which it names (the last votes of a validator go
with --with-votes only).")]
pub(super) struct ForgetArguments {
    #[command(flatten)]
    folder: FolderArgument,
    /// Say what is past its time, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Also what the engine of a validator kept that stopped within an epoch, the retention or longer ago: it catches up with
    /// the others before it votes again
    #[arg(long)]
    with_votes: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// The result.
#[derive(Serialize)]
#[serde(deny_unknown_fields)]
struct Told {
    network: String,
    /// Seconds that hints are kept.
    retention: u64,
    /// Whether the node runs.
    running: bool,
    /// Deleted; in a dry run nothing is.
    forgotten: Vec<Past>,
    /// Past its time and still there.
    left: Vec<Past>,
}

pub(super) fn run(arguments: &ForgetArguments) -> ExitCode {
    let told = match forget(arguments) {
        Ok(told) => told,
        Err(error) => return fail(&error),
    };
    match serde_json::to_string(&told) {
        Ok(text) if arguments.json => say(&text),
        Ok(_) => say(&told.text(arguments.dry_run)),
        Err(error) => return fail(&error),
    }
    let incomplete = !arguments.dry_run && !told.left.is_empty();
    if incomplete { ExitCode::from(LEFT) } else { ExitCode::SUCCESS }
}

fn forget(arguments: &ForgetArguments) -> Result<Told, NodeCommandError> {
    let folder = NodeFolder::at(&arguments.folder.path()?);
    let genesis = Arc::new(folder.open()?);
    let mut told = Told {
        network: genesis.network().to_string(),
        retention: genesis.parameters.retention,
        running: false,
        forgotten: Vec::new(),
        left: Vec::new(),
    };
    match StoppedNode::take(&folder, genesis.clone()) {
        Ok(Some(node)) => {
            let now = if genesis.simulated_time { node.time()? } else { SystemClock.now() };
            if !arguments.dry_run {
                told.forgotten = node.forget(now, arguments.with_votes)?;
            }
            told.left = node.past(now)?;
        }
        Ok(None) => {}
        Err(ForgetError::Node(NodeError::Storage(StorageError::InUse { .. }))) => {
            told.running = true;
            let before = seen(&folder, &genesis)?;
            if !arguments.dry_run {
                ask(&folder)?;
            }
            told.left = seen(&folder, &genesis)?;
            told.forgotten = before.into_iter().filter(|past| !told.left.contains(past)).collect();
        }
        Err(error) => return Err(error.into()),
    }
    Ok(told)
}

/// What of a running node's folder is past its time, by this machine's clock; a stepped one is the node's own.
fn seen(folder: &NodeFolder, genesis: &Genesis) -> Result<Vec<Past>, NodeCommandError> {
    let now = if genesis.simulated_time { Timestamp(0) } else { SystemClock.now() };
    Ok(look(folder, genesis, now)?)
}

/// Has the running node forget, and waits until it has.
fn ask(folder: &NodeFolder) -> Result<(), NodeCommandError> {
    folder.ask_to_forget()?;
    let since = Instant::now();
    while folder.is_asked_to_forget() {
        if since.elapsed() > PATIENCE {
            return Err(NodeCommandError::Refused(
                "the running node was asked to forget and has not done it yet: look at its log; it does it as soon as it can, or at its next start"
                    .to_owned(),
            ));
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

impl Told {
    fn text(&self, dry_run: bool) -> String {
        let state = if self.running { "runs, and forgets by itself" } else { "does not run" };
        let mut lines = vec![format!("The node {state}. Hints are kept for {}.", Seconds(self.retention))];
        lines.extend(self.forgotten.iter().map(|past| format!("deleted  {}", described(past))));
        let left = if dry_run { "past its time" } else { "left" };
        lines.extend(self.left.iter().map(|past| format!("{left}  {}", described(past))));
        if !dry_run && self.left.iter().any(Past::has_last_votes) {
            lines.push(
                "With --with-votes these go too; a validator then catches up with the others before it votes again."
                    .to_owned(),
            );
        }
        if self.forgotten.is_empty() && self.left.is_empty() {
            lines.push("Nothing is past its time.".to_owned());
        }
        lines.join("\n")
    }
}

fn described(past: &Past) -> String {
    match past {
        Past::Hints { day, bytes } => format!("hints of {day}, {bytes} bytes"),
        Past::Waiting { transactions } => {
            format!("{transactions} waiting transactions that no block can hold any more")
        }
        Past::Ahead { height, bytes } => format!("block {height}, received ahead of the others, {bytes} bytes"),
        Past::Engine { bytes, holds } => {
            let what = match holds {
                EngineHolds::Remains => "what was left of a removal of the engine's folder",
                EngineHolds::PastEpochs => "votes and blocks of epochs that are over",
                EngineHolds::LastVotes => "the last votes of this validator, and blocks",
            };
            format!("{what}, {bytes} bytes")
        }
    }
}
