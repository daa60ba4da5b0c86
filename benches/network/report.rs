//! The numbers, as a table and as one line of JSON.

use std::{collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    catch_up::CaughtUp,
    load::Outcome,
    process::{Memory, Used},
    reference::Reference,
};

/// Threads that took less of the nodes' CPU time than this are left out of the table.
const LEAST_SHARE: f64 = 0.01;

/// Nothing handed in for a while, all clocks in step with real time.
#[derive(Clone, Debug, Serialize)]
pub struct Idle {
    /// What was used meanwhile.
    pub used: Used,
    /// Blocks made meanwhile.
    pub blocks: u64,
    /// Bytes that one node's data grew by.
    pub bytes: u64,
    /// Nodes.
    pub nodes: usize,
}

impl Idle {
    /// CPU seconds of all nodes in a second.
    pub fn cpu_per_second(&self) -> f64 {
        self.used.nodes.total() / self.used.seconds
    }

    fn per_hour(&self, what: f64) -> f64 {
        what * 3600.0 / self.used.seconds
    }
}

/// A load.
#[derive(Clone, Debug, Serialize)]
pub struct Phase {
    /// Its name.
    pub name: String,
    /// Transactions, all of them final.
    pub transactions: usize,
    /// Blocks they are in.
    pub blocks: u64,
    /// Transactions that became final a second, start and end left out.
    pub per_second: f64,
    /// Milliseconds from being due to the answer "final", for half of the transactions.
    pub p50_ms: f64,
    /// For 99 of 100.
    pub p99_ms: f64,
    /// For all.
    pub most_ms: f64,
    /// Requests that were repeated for lack of room.
    pub repeated: u64,
    /// CPU used meanwhile.
    pub used: Used,
    /// CPU milliseconds of all nodes for a transaction, the cost of idling left out.
    pub cpu_ms: f64,
    /// That as a multiple of the stateless check alone on each node.
    pub multiple: f64,
}

impl Phase {
    /// Puts together what was measured.
    pub fn new(name: String, outcome: &Outcome, blocks: u64, used: Used, idle: &Idle, reference: &Reference) -> Self {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let transactions = outcome.latencies.len();
        let cpu = (used.nodes.total() - idle.cpu_per_second() * used.seconds) / transactions.max(1) as f64;
        Phase {
            name,
            transactions,
            blocks,
            per_second: outcome.per_second(),
            p50_ms: milliseconds(outcome.percentile(0.5)),
            p99_ms: milliseconds(outcome.percentile(0.99)),
            most_ms: milliseconds(outcome.percentile(1.0)),
            repeated: outcome.repeated,
            used,
            cpu_ms: cpu * 1e3,
            multiple: cpu / (reference.check_alone * idle.nodes as f64),
        }
    }
}

/// What a node's data grew by during all loads together.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// Transactions.
    pub transactions: usize,
    /// Blocks.
    pub blocks: u64,
    /// Bytes by file and folder of the data.
    pub parts: BTreeMap<String, i64>,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Cores of the machine, which clients and nodes share.
    pub cores: usize,
    /// Validators.
    pub validators: usize,
    /// One transaction on one thread.
    pub reference: Reference,
    /// No load.
    pub idle: Idle,
    /// Loads, in their order.
    pub phases: Vec<Phase>,
    /// Disk.
    pub growth: Growth,
    /// Memory of the node with most, before any load.
    pub memory_before: Memory,
    /// After the loads.
    pub memory_after: Memory,
    /// Empty nodes.
    pub caught_up: Vec<CaughtUp>,
}

fn row(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<58} {value}");
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

impl Report {
    /// Prints it.
    ///
    /// # Errors
    /// It cannot be written as JSON, which does not happen.
    pub fn print(&self) -> Result<(), serde_json::Error> {
        let Report { cores, validators, reference, .. } = self;
        println!(
            "{validators} validators and their clients on {cores} cores; transactions of 2 inputs and 2 outputs at ring 16\n"
        );
        println!("One transaction on one thread ({} measured)", reference.transactions);
        row("bytes, and of its hints", format!("{} + {}", reference.bytes, reference.hint_bytes));
        row("stateless check alone", format!("{:.2} ms", reference.check_alone * 1e3));
        row("stateless check, each in a batch of 32", format!("{:.2} ms", reference.check_in_batch * 1e3));
        row("decode", format!("{:.3} ms", reference.decode * 1e3));
        self.phases.iter().for_each(|phase| self.print_phase(phase));
        self.print_disk();
        println!("\nMemory of the node with most");
        row("at rest before any load", megabytes(self.memory_before.now));
        row("at rest after all loads", megabytes(self.memory_after.now));
        row("at its peak", megabytes(self.memory_after.peak));
        println!("\nA node with an empty disk");
        for one in &self.caught_up {
            let measured = format!(
                "{:.1} s for 10,000 transactions ({} in {} blocks took {:.1} s after {:.1} s to start, {:.1} s of CPU, {} at its peak)",
                one.seconds_for_10_000,
                one.transactions,
                one.blocks,
                one.seconds - one.until_first,
                one.until_first,
                one.cpu,
                megabytes(one.peak)
            );
            row(one.way, measured);
        }
        self.print_idle();
        println!("\n{}", serde_json::to_string(self)?);
        Ok(())
    }

    fn print_phase(&self, phase: &Phase) {
        println!("\n{}: {} transactions in {} blocks", phase.name, phase.transactions, phase.blocks);
        row("final", format!("{:.1} transactions/s", phase.per_second));
        let latency = format!("{:.0} ms, {:.0} ms, {:.0} ms", phase.p50_ms, phase.p99_ms, phase.most_ms);
        row("submit to final: p50, p99, most", latency);
        row("requests repeated for lack of room", phase.repeated);
        let count = phase.transactions.max(1) as f64;
        let (each, share) = (|seconds: f64| seconds * 1e3 / count, |seconds: f64| seconds / phase.used.nodes.total());
        row("CPU of all nodes for a transaction, without idling", format!("{:.2} ms", phase.cpu_ms));
        row("  as a multiple of the check alone on each node", format!("{:.2}", phase.multiple));
        let nodes = self.validators as f64;
        let proofs = self.reference.check_in_batch / self.reference.check_alone;
        row("  of that: proofs at the cost of a batch of 32", format!("{proofs:.2}"));
        let decoding = self.reference.decode / self.reference.check_alone;
        row("  of that: decoding once", format!("{decoding:.2}"));
        let rest = phase.multiple - proofs - decoding;
        row("  of that: consensus, HTTP, disk, execution, small batches", format!("{rest:.2}"));
        let idling = self.idle.cpu_per_second() * phase.used.seconds;
        row("CPU of all nodes for idling meanwhile", format!("{:.2} ms a transaction", each(idling)));
        let system = format!("{:.2} ms a transaction", each(phase.used.nodes.system));
        row("CPU of all nodes inside the system", system);
        for (name, seconds) in phase.used.threads.iter().filter(|(_, seconds)| share(**seconds) >= LEAST_SHARE) {
            let each = format!("{:.2} ms a transaction and node", each(*seconds) / nodes);
            row(&format!("CPU of threads {name}"), each);
        }
        let driver = format!("{:.2} ms a transaction", each(phase.used.driver.total()));
        row("CPU of the clients", driver);
        let busy = phase.used.nodes.total() + phase.used.driver.total();
        row("cores busy with nodes and clients", format!("{:.2}", busy / phase.used.seconds));
    }

    fn print_disk(&self) {
        let Growth { transactions, blocks, parts } = &self.growth;
        println!("\nDisk of one node, for each of {transactions} transactions in {blocks} blocks");
        let each = |bytes: i64| format!("{:.0} bytes", bytes as f64 / (*transactions).max(1) as f64);
        row("all", each(parts.values().sum()));
        for (name, bytes) in parts {
            row(&format!("  {name}"), each(*bytes));
        }
    }

    fn print_idle(&self) {
        let idle = &self.idle;
        println!("\nIdle for {:.0} s, scaled to an hour", idle.used.seconds);
        row("blocks", format!("{:.0}", idle.per_hour(idle.blocks as f64)));
        row("bytes on disk of one node", format!("{:.0}", idle.per_hour(idle.bytes as f64)));
        let each = idle.per_hour(idle.used.nodes.total()) / idle.nodes as f64;
        row("CPU of one node", format!("{each:.1} s"));
    }
}
