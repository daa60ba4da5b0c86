//! Each statement at several sizes: gates, bytes, times and memory, as one table.
//!
//! ```sh
//! cargo bench -p hushwatt-circuits                     # everything, on all cores
//! cargo bench -p hushwatt-circuits -- clearing bill    # rows whose name contains one of these
//! ```
//!
//! * **prove**, **verify**: the median of several, after one that is not counted; **in 8** is a proof's share of a batch of eight.
//! * **first**: the first one of a process, with everything that is made once: generators for the size of the circuit, the circuit itself.
//! * **memory**: the most that such a process ever had resident, proving or verifying one proof.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark")]

#[path = "circuits/first.rs"]
mod first;
#[path = "circuits/statements.rs"]
mod statements;

use std::time::{Duration, Instant};

use statements::{CASES, Case, Subject};

/// The median of as many runs as fit in two seconds, at least 3 and at most 50, after one.
fn median(mut run: impl FnMut()) -> Duration {
    run();
    let begun = Instant::now();
    let mut times = Vec::new();
    while times.len() < 3 || (begun.elapsed() < Duration::from_secs(2) && times.len() < 50) {
        let started = Instant::now();
        run();
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1}") } else { format!("{milliseconds:.0}") }
}

fn row(case: &Case) {
    let subject: Box<dyn Subject> = (case.make)();
    let proofs = subject.prove();
    let prove = median(|| drop(subject.prove()));
    let verify = median(|| assert!(subject.verify(&proofs)));
    let batch = subject.verify_batch(&proofs, 8).map(|holds| {
        assert!(holds);
        milliseconds(median(|| assert_eq!(subject.verify_batch(&proofs, 8), Some(true))) / 8)
    });
    let (proving, verifying) = (first::proving(case), first::verifying(case, &proofs));
    println!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        case.name,
        subject.gates(),
        milliseconds(prove),
        milliseconds(verify),
        batch.unwrap_or_else(|| "-".into()),
        proofs.iter().map(|proof| proof.as_bytes().len()).sum::<usize>(),
        milliseconds(proving.time),
        milliseconds(verifying.time),
        proving.megabytes,
        verifying.megabytes,
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if first::is_child(&arguments) {
        return first::run(&arguments);
    }
    // `cargo test` runs benches too, without this.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    println!("Times in ms, memory in MB, {} threads.\n", std::thread::available_parallelism().unwrap());
    println!(
        "| statement | gates | prove | verify | in 8 | bytes | first proof | first verification | memory proving | verifying |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for case in CASES {
        if wanted.is_empty() || wanted.iter().any(|part| case.name.contains(part.as_str())) {
            row(case);
        }
    }
}
