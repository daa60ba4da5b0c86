//! How long a node with an empty disk takes to come to the end of the chain.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use hushwatt_node::{client::ClientError, config::NodeFolder};
use serde::Serialize;

use crate::{Failure, nodes::Network, process::System, progress};

/// Between two looks at the node.
const LOOK: Duration = Duration::from_millis(20);
/// A node that gets no further for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(180);

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct CaughtUp {
    /// By which way.
    pub way: &'static str,
    /// Blocks of the chain.
    pub blocks: u64,
    /// Its transactions, those that made the notes for the load included.
    pub transactions: u64,
    /// Wall-clock seconds from the start of the process.
    pub seconds: f64,
    /// Of those, until it had its first blocks: starting, finding the others, asking.
    pub until_first: f64,
    /// The rest, scaled to 10,000 transactions.
    pub seconds_for_10_000: f64,
    /// CPU seconds of that node.
    pub cpu: f64,
    /// Most memory it had resident, in bytes.
    pub peak: u64,
}

/// Empties the last validator's disk and starts it again: it fetches the blocks from the others over the peer network, and
/// believes their proofs because more than two thirds of the validators signed, as one does that was away for so long. That it has
/// voted before is forgotten too: otherwise it would catch up as followers do before it votes again. Here nobody can be
/// deceived, since it was stopped in good order and votes in later views only.
///
/// # Errors
/// It does not come to the end.
pub fn as_validator(network: &mut Network, system: &System, chain: (u64, u64)) -> Result<CaughtUp, Failure> {
    let place = network.validators() - 1;
    network.local.stop(place)?;
    let folder = NodeFolder::at(network.local.folder(place));
    fs::remove_dir_all(folder.data())?;
    fs::create_dir(folder.data())?;
    let voted = folder.path().join("voted");
    if voted.exists() {
        fs::remove_file(voted)?;
    }
    measure(network, system, place, chain, "validator, over the peer network")
}

/// Starts a new follower, which fetches the blocks from the first validator over HTTP and verifies every proof.
///
/// # Errors
/// It does not come to the end.
pub fn as_follower(network: &mut Network, system: &System, chain: (u64, u64)) -> Result<CaughtUp, Failure> {
    let place = network.add_follower()?;
    measure(network, system, place, chain, "follower, over HTTP, verifying all")
}

fn measure(
    network: &mut Network,
    system: &System,
    place: usize,
    (blocks, transactions): (u64, u64),
    way: &'static str,
) -> Result<CaughtUp, Failure> {
    let bar = progress::bar(blocks, way);
    let start = Instant::now();
    network.local.start(place)?;
    let process = network.local.process(place).ok_or("the node does not run as a process")?;
    let before = system.snapshot(&[process])?;
    let (mut height, mut moved, mut until_first) = (0, Instant::now(), None);
    while height < blocks {
        thread::sleep(LOOK);
        match network.local.client(place).status() {
            Ok(status) if status.height > height => {
                (height, moved) = (status.height, Instant::now());
                until_first.get_or_insert(start.elapsed().as_secs_f64());
            }
            Ok(_) | Err(ClientError::Unreachable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        bar.set_position(height);
        if moved.elapsed() > PATIENCE {
            return Err(
                format!("a node with an empty disk ({way}) got no further than block {height} of {blocks}").into()
            );
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let until_first = until_first.unwrap_or(seconds);
    let used = system.snapshot(&[process])?.since(&before);
    let peak = system.memory(process)?.peak;
    bar.finish_and_clear();
    Ok(CaughtUp {
        way,
        blocks,
        transactions,
        seconds,
        until_first,
        seconds_for_10_000: (seconds - until_first) * 10_000.0 / transactions.max(1) as f64,
        cpu: used.nodes.total(),
        peak,
    })
}
