//! `kill -9` of a child process, which is this test binary again, run for one function. Shared by the crash tests of storage
//! and node.

use std::{
    io::{self, BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hushwatt_ledger::storage::{Moment, Probe};

const MOMENT: &str = "HUSHWATT_KILL_AT";

/// Kills this process at the n-th moment before or after a change on disk, counted from 1; never for 0.
#[derive(Debug)]
pub struct KillAt {
    moment: u64,
    count: AtomicU64,
}

impl KillAt {
    /// At the moment that the parent chose.
    pub fn chosen() -> Arc<Self> {
        Arc::new(KillAt { moment: number(MOMENT), count: AtomicU64::new(0) })
    }
}

impl Probe for KillAt {
    fn at(&self, _: Moment, name: &str) -> io::Result<()> {
        let changes = name != "index.get" && name != "index.scan";
        if changes && self.count.fetch_add(1, Ordering::Relaxed) + 1 == self.moment {
            Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?;
            std::thread::sleep(Duration::from_secs(60));
        }
        Ok(())
    }
}

/// A number that the parent gave.
pub fn number(variable: &str) -> u64 {
    std::env::var(variable).unwrap().parse().unwrap()
}

/// Starts this binary for one test function.
pub fn start_child(function: &str, kill_at: u64, variables: &[(&str, String)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", function, "--nocapture", "--test-threads=1"])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env(MOMENT, kill_at.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Listens to a child until its end; gives whether it was killed.
pub fn run_to_its_end(mut child: Child, mut hear: impl FnMut(&str)) -> bool {
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        hear(line.unwrap().trim());
    }
    let status = child.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "the child failed: {status}");
    !status.success()
}

/// Kills a child after some of its lines and a pause; what it said until then is heard.
pub fn kill_after(mut child: Child, lines: u64, pause: Duration, mut hear: impl FnMut(&str)) -> ExitStatus {
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    // Up to its first words the child opens what the last one left: some kills hit that.
    for _ in 0..lines {
        line.clear();
        said.read_line(&mut line).unwrap();
        hear(line.trim());
    }
    std::thread::sleep(pause);
    child.kill().unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    rest.lines().for_each(|line| hear(line.trim()));
    child.wait().unwrap()
}
