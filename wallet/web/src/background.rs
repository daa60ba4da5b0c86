//! The thread that keeps the wallet up to date while it is open, lets the agent work, and locks it when nobody is there.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    sync::Arc,
    thread,
    time::Duration,
};

use crate::{
    desk::Desk,
    model::{HistoryFilter, SyncState},
    security::session::Sessions,
    vault::Vault,
};

/// Between two looks at the nodes when everything is read.
const PAUSE: Duration = Duration::from_secs(2);
/// After a failure.
const PAUSE_AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// Lines of the agent's work that are kept.
const MOST_LINES: usize = 20;

/// Starts it. It ends with [`Vault::stop`].
pub(crate) fn start(vault: Arc<Vault>, sessions: Arc<Sessions>) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name("wallet-sync".to_owned()).spawn(move || run(&vault, &sessions))
}

fn run(vault: &Vault, sessions: &Sessions) {
    let mut pause = PAUSE;
    while let Some(desk) = vault.wait_for_work(pause) {
        if vault.lock_if_idle() {
            sessions.forget();
            continue;
        }
        pause = match desk {
            Some(desk) => round(vault, &desk),
            None => PAUSE,
        };
    }
}

fn round(vault: &Vault, desk: &Arc<dyn Desk>) -> Duration {
    match desk.round() {
        Ok(sync) => {
            let done = sync.done;
            let did = if done { desk.agent_step() } else { Vec::new() };
            let mark = mark(&**desk, &sync);
            vault.report(desk, |news| {
                news.trouble = None;
                news.sync = Some(sync);
                news.mark = mark;
                news.agent.extend(did);
                let surplus = news.agent.len().saturating_sub(MOST_LINES);
                news.agent.drain(..surplus);
            });
            if done { PAUSE } else { Duration::ZERO }
        }
        Err(error) => {
            tracing::warn!(%error, "the wallet could not read on");
            vault.report(desk, |news| news.trouble = Some(error));
            PAUSE_AFTER_TROUBLE
        }
    }
}

/// A number that changes with what the pages show.
fn mark(desk: &dyn Desk, sync: &SyncState) -> u64 {
    let mut hasher = DefaultHasher::new();
    let overview = desk.overview();
    (sync.done, overview.available.0, overview.pending_total.0, overview.ordered.0).hash(&mut hasher);
    for sums in &overview.month.utilities {
        (sums.utility, sums.imported, sums.exported).hash(&mut hasher);
    }
    for entry in desk.history(&HistoryFilter { limit: Some(20), ..HistoryFilter::default() }) {
        (entry.id, entry.height, entry.state as u8).hash(&mut hasher);
    }
    hasher.finish()
}
