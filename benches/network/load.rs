//! Hands transactions in over HTTP and waits for each until it is final, as wallets do: one request with `?wait=60`.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use hushwatt_ledger::transaction::build::Built;
use hushwatt_node::{
    client::{ClientError, NodeClient, Taken},
    config::BaseUrl,
};

use crate::{Failure, progress};

/// Transactions of one client that a node verifies at a time by its default limits.
pub const MOST_PER_NODE: usize = 24;
/// Longest wait that a node grants, in seconds.
const WAIT: u64 = 60;
/// A transaction that is not final by then is lost.
const PATIENCE: Duration = Duration::from_secs(180);
/// After a refusal for lack of room.
const PAUSE: Duration = Duration::from_millis(20);

/// When the next transaction is handed in.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As soon as an earlier one is final: as many are on their way as there are workers.
    Closed,
    /// So many a second at equal distances, whatever becomes of the earlier ones.
    PerSecond(f64),
}

/// What became of the transactions.
pub struct Outcome {
    /// From the time at which it was due to the answer "final", ascending.
    pub latencies: Vec<Duration>,
    /// Answers "final", by the time since the start, ascending.
    pub finished: Vec<Duration>,
    /// Requests that were repeated, for lack of room or a closed connection.
    pub repeated: u64,
}

impl Outcome {
    /// The latency that this part of the transactions does not exceed.
    pub fn percentile(&self, part: f64) -> Duration {
        let place = (self.latencies.len() as f64 * part).ceil() as usize;
        self.latencies.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Transactions a second: the slope of the straight line that fits best through the number of answers over time, the
    /// first and last tenth left out. Answers come by blocks, so the time between two of them says nothing.
    pub fn per_second(&self) -> f64 {
        let tenth = self.finished.len() / 10;
        let middle = self.finished.get(tenth..self.finished.len() - tenth).unwrap_or_default();
        let points = || middle.iter().enumerate().map(|(place, at)| (at.as_secs_f64(), place as f64));
        let count = middle.len() as f64;
        let mean_at = points().map(|(at, _)| at).sum::<f64>() / count;
        let mean_place = (count - 1.0) / 2.0;
        let rise: f64 = points().map(|(at, place)| (at - mean_at) * (place - mean_place)).sum();
        let run: f64 = points().map(|(at, _)| (at - mean_at).powi(2)).sum();
        // Of a load that is one block nothing can be said.
        if run > 0.0 { rise / run } else { 0.0 }
    }
}

struct Shared<'a> {
    built: Vec<&'a Built>,
    pace: Pace,
    start: Instant,
    next: AtomicUsize,
    failed: AtomicBool,
    repeated: AtomicU64,
    finished: Mutex<Vec<(Duration, Duration)>>,
}

/// Hands all of these in and waits until the last is final.
///
/// # Errors
/// The first transaction that is refused by a rule, or not final in three minutes.
pub fn run(
    nodes: &[BaseUrl],
    built: Vec<&Built>,
    pace: Pace,
    workers: usize,
    message: &str,
) -> Result<Outcome, Failure> {
    let bar = progress::bar(built.len() as u64, message);
    let shared = Shared {
        built,
        pace,
        start: Instant::now(),
        next: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        repeated: AtomicU64::new(0),
        finished: Mutex::new(Vec::new()),
    };
    let worked = thread::scope(|scope| {
        let shared = &shared;
        let bar = &bar;
        let all = nodes.iter().cycle().take(workers.max(1));
        // One client each, so that each keeps a connection.
        let running: Vec<_> = all
            .map(|node| {
                scope.spawn(move || {
                    let worked = shared.work(&NodeClient::at(node), || bar.inc(1));
                    worked.inspect_err(|_| shared.failed.store(true, Ordering::Relaxed))
                })
            })
            .collect();
        running.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| Err("a thread failed".to_owned())))
    });
    bar.finish_and_clear();
    worked?;
    let times = shared.finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut finished, mut latencies): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
    finished.sort_unstable();
    latencies.sort_unstable();
    Ok(Outcome { latencies, finished, repeated: shared.repeated.into_inner() })
}

impl Shared<'_> {
    fn work(&self, client: &NodeClient, done: impl Fn()) -> Result<(), String> {
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(built) = self.built.get(place) else { return Ok(()) };
            let due = match self.pace {
                Pace::Closed => self.start.elapsed(),
                Pace::PerSecond(rate) => Duration::from_secs_f64(place as f64 / rate),
            };
            thread::sleep(due.saturating_sub(self.start.elapsed()));
            if self.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            self.submit(client, built)?;
            let now = self.start.elapsed();
            let latency = now.saturating_sub(due);
            self.finished.lock().unwrap_or_else(PoisonError::into_inner).push((now, latency));
            done();
        }
    }

    /// Handing in the same again changes nothing, so whatever is no refusal by a rule is tried again.
    fn submit(&self, client: &NodeClient, built: &Built) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let problem = match client.submit(built, WAIT) {
                Ok(Taken::Final { .. }) => return Ok(()),
                Ok(Taken::Waiting { .. }) => "it waits for a block".to_owned(),
                Err(error @ ClientError::Refused { status: 429 | 503, .. }) => error.to_string(),
                Err(error @ ClientError::Unreachable { .. }) => error.to_string(),
                Err(error) => return Err(error.to_string()),
            };
            if start.elapsed() > PATIENCE || self.failed.load(Ordering::Relaxed) {
                return Err(format!("a transaction was not final in three minutes: {problem}"));
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
            thread::sleep(PAUSE);
        }
    }
}

/// Looks again and again until there is something.
///
/// # Errors
/// Nothing within three minutes.
pub fn patiently<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{what} within three minutes").into());
        }
        thread::sleep(PAUSE);
    }
}
