//! Load on four validators, each a process of its own, all on this machine; transactions of 2 inputs and 2 outputs at ring 16.
//!
//! ```text
//! cargo bench --bench network                                  everything, some ten minutes on 2 cores
//! cargo bench --bench network -- --quick                       whether it works, less than a minute
//! cargo bench --bench network -- --rates 1,10,50%,80%          other loads
//! ```
//!
//! The network has simulated time, so that notes are sealed without waiting for hours; otherwise all clocks are stepped once a second
//! with real time. Transactions are built before each load. Numbers are printed as a table and, in the last line, as JSON.
//!
//! How to read them:
//!
//! * **submit to final** is what a client sees: from the time at which the transaction was due to be sent to the answer that
//!   it is final, in one request (`POST /v1/transactions?wait=60`). Where a rate is given, transactions are due at equal
//!   distances and a late one counts from when it was due. At saturation as many are on their way as `--in-flight`
//!   says, and the latency says no more than that number divided by the throughput.
//! * **transactions/s** is the slope of the number of answers "final" over time, the first and last tenth of a load left out. Percentages in `--rates` are of the one at
//!   saturation.
//! * **multiple** is the CPU time of all nodes for a transaction (user and system, from `/proc`), less what they use when
//!   idle, divided by the number of nodes times one stateless check of such a transaction alone (`check_alone`, one thread,
//!   measured in the same run while the nodes idle, its ring decoded already). 1 would be nodes that do nothing but verify, one by one;
//!   batches of range proofs bring it below, everything else above.
//! * **threads**: where the CPU time went. Threads that were given no name have that of the thread that made them: those of rayon,
//!   which verify proofs, that of whoever verified first.
//! * **disk** is the growth of the first node's data during the loads, by file: `chain.hwl` is the log, `hints` is deleted after the
//!   retention, `index` is rebuilt from the log if lost, `waiting.hwl` is the journal of what waits and is written anew now and
//!   then, `engine` the votes.
//! * **a node with an empty disk** is measured on the chain of the run, whose first payments have 8 outputs.
//! * **idle** has the clocks stepped by one request a second and node, which is part of its CPU time.
//!
//! The clients share the cores with the nodes, so the throughput is that of the machine, not of four.

#![allow(missing_docs, reason = "a benchmark")]

#[path = "network/catch_up.rs"]
mod catch_up;
#[path = "network/clock.rs"]
mod clock;
#[path = "network/load.rs"]
mod load;
#[path = "network/nodes.rs"]
mod nodes;
#[path = "network/process.rs"]
mod process;
#[path = "network/progress.rs"]
mod progress;
#[path = "network/reference.rs"]
mod reference;
#[path = "network/report.rs"]
mod report;
#[path = "network/stock.rs"]
mod stock;

use std::{path::PathBuf, process::ExitCode, str::FromStr, thread, time::Duration};

use clap::Parser;

use load::Pace;
use nodes::Network;
use process::System;
use reference::Reference;
use report::{Growth, Idle, Phase, Report};
use stock::{Prepared, Stock};

/// Whatever goes wrong ends the run; the nodes are stopped.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Members of every ring.
pub const RING: usize = 16;
const VALIDATORS: usize = 4;
/// The notes of so many transactions fill a bucket.
const WHOLE_BUCKETS: usize = RING / 2;
/// How long a load of a given rate lasts.
const LASTS: Duration = Duration::from_secs(60);
const QUICK_LASTS: Duration = Duration::from_secs(6);
/// After building or a load, so that what it caused is over.
const SETTLE: Duration = Duration::from_secs(3);

/// A load.
#[derive(Clone, Copy, Debug)]
enum Rate {
    PerSecond(f64),
    OfSaturation(f64),
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, make): (&str, fn(f64) -> Rate) = match text.strip_suffix('%') {
            Some(percent) => (percent, |percent| Rate::OfSaturation(percent / 100.0)),
            None => (text, Rate::PerSecond),
        };
        let number = number.parse().ok().filter(|number| *number > 0.0 && *number <= 10_000.0);
        number
            .map(make)
            .ok_or_else(|| format!("{text} is neither transactions a second nor a percentage of saturation"))
    }
}

/// Load on four validators on this machine.
#[derive(Parser)]
struct Arguments {
    /// Few transactions: whether it works, not how fast it is.
    #[arg(long)]
    quick: bool,
    /// Loads beside saturation: transactions a second, or percentages of saturation.
    #[arg(long, value_delimiter = ',', default_value = "1,80%")]
    rates: Vec<Rate>,
    /// Transactions to saturate with, and at most for each other load.
    #[arg(long)]
    transactions: Option<usize>,
    /// Transactions on their way at saturation. A node takes 24 of one client at a time, so 96 is the most.
    #[arg(long)]
    in_flight: Option<usize>,
    /// Seconds without load.
    #[arg(long)]
    idle: Option<u64>,
    /// Where the nodes' folders are made, on the disk to be measured. They are removed at the end.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = match tempfile::Builder::new().prefix("network-").tempdir_in(&arguments.folder) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no folder can be made in {}: {error}", arguments.folder.display());
            return ExitCode::FAILURE;
        }
    };
    match run(&arguments, folder.path()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "The run ended early: {error}\nThe nodes' folders, with their logs, are left in {}",
                folder.keep().display()
            );
            ExitCode::FAILURE
        }
    }
}

/// The loads, one after the other.
struct Run<'a> {
    arguments: &'a Arguments,
    in_flight: usize,
    system: System,
    network: Network,
    stock: Stock,
    idle: Idle,
    reference: Reference,
}

fn run(arguments: &Arguments, folder: &std::path::Path) -> Result<(), Failure> {
    let (short, long, in_flight) =
        if arguments.quick { (96, 6, 16) } else { (2_400, 60, VALIDATORS * load::MOST_PER_NODE) };
    let most = arguments.transactions.unwrap_or(short).next_multiple_of(WHOLE_BUCKETS);
    let system = System::open()?;
    let (network, treasury) = Network::start(VALIDATORS, folder)?;
    let mut stock = Stock::new(network.genesis.clone(), treasury, network.clients())?;
    stock.mint(&network.clock)?;
    let sample = stock.prepare(if arguments.quick { 16 } else { 64 }, &network.clock)?;
    thread::sleep(SETTLE);
    let memory_before = network.memory(&system)?;
    let idle = idle(&network, &system, arguments.idle.unwrap_or(long))?;
    let reference = Reference::measure(&network.genesis, &sample)?;
    drop(sample);

    let in_flight = arguments.in_flight.unwrap_or(in_flight);
    let mut run = Run { arguments, in_flight, system, network, stock, idle, reference };
    let bytes = run.network.bytes()?;
    let height = run.network.height()?;
    let mut phases = Vec::new();
    for rate in &arguments.rates {
        if let Rate::PerSecond(rate) = rate {
            phases.push(run.load(&format!("{rate} a second"), Pace::PerSecond(*rate), most)?);
        }
    }
    let saturated = run.load("Saturation", Pace::Closed, most)?;
    let saturation = saturated.per_second;
    phases.push(saturated);
    for rate in &arguments.rates {
        if let Rate::OfSaturation(part) = rate {
            let rate = saturation * part;
            let name = format!("{:.0} % of saturation, {rate:.1} a second", part * 100.0);
            phases.push(run.load(&name, Pace::PerSecond(rate), most)?);
        }
    }
    thread::sleep(SETTLE);
    let parts = run.network.bytes()?;
    let grown = |name: &String| {
        let (before, after) = (bytes.get(name).copied().unwrap_or(0), parts.get(name).copied().unwrap_or(0));
        (name.clone(), after as i64 - before as i64)
    };
    let growth = Growth {
        transactions: phases.iter().map(|phase| phase.transactions).sum(),
        blocks: run.network.height()? - height,
        parts: parts.keys().map(grown).collect(),
    };
    let memory_after = run.network.memory(&run.system)?;
    run.stock.catch_up()?;
    let chain = run.stock.chain();
    let caught_up = vec![
        catch_up::as_validator(&mut run.network, &run.system, chain)?,
        catch_up::as_follower(&mut run.network, &run.system, chain)?,
    ];
    run.network.agree()?;
    run.network.local.stop_all()?;
    let report = Report {
        cores: thread::available_parallelism().map_or(0, usize::from),
        validators: VALIDATORS,
        reference: run.reference,
        idle: run.idle,
        phases,
        growth,
        memory_before,
        memory_after,
        caught_up,
    };
    Ok(report.print()?)
}

/// Lets the nodes be for a while.
fn idle(network: &Network, system: &System, seconds: u64) -> Result<Idle, Failure> {
    let bar = progress::bar(seconds, "idle");
    let processes = network.processes();
    let all = || -> Result<u64, Failure> { Ok(network.bytes()?.values().sum()) };
    let (height, bytes, before) = (network.height()?, all()?, system.snapshot(&processes)?);
    for _ in 0..seconds.max(1) {
        thread::sleep(Duration::from_secs(1));
        bar.inc(1);
    }
    let used = system.snapshot(&processes)?.since(&before);
    bar.finish_and_clear();
    let blocks = network.height()? - height;
    Ok(Idle { used, blocks, bytes: all()?.saturating_sub(bytes), nodes: network.validators() })
}

impl Run<'_> {
    /// Builds the transactions of a load, then hands them in.
    fn load(&mut self, name: &str, pace: Pace, most: usize) -> Result<Phase, Failure> {
        let lasts = if self.arguments.quick { QUICK_LASTS } else { LASTS };
        let (count, workers) = match pace {
            Pace::Closed => (most, self.in_flight),
            Pace::PerSecond(rate) => {
                // As many as may be on their way at once, should each take 4 s; one is late where that is too few.
                let workers = (rate * 4.0).ceil() as usize;
                let count = (rate * lasts.as_secs_f64()) as usize;
                (
                    count.clamp(1, most).next_multiple_of(WHOLE_BUCKETS),
                    workers.clamp(VALIDATORS, VALIDATORS * load::MOST_PER_NODE),
                )
            }
        };
        let prepared: Vec<Prepared> = self.stock.prepare(count, &self.network.clock)?;
        thread::sleep(SETTLE);
        let (addresses, processes) = (self.network.addresses(), self.network.processes());
        let height = self.network.height()?;
        let before = self.system.snapshot(&processes)?;
        let built = prepared.iter().map(|one| &one.built).collect();
        let outcome = load::run(&addresses, built, pace, workers, name)?;
        let used = self.system.snapshot(&processes)?.since(&before);
        let blocks = self.network.height()? - height;
        Ok(Phase::new(name.to_owned(), &outcome, blocks, used, &self.idle, &self.reference))
    }
}
