//! `hushwatt meter run` as a process of its own.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that runs. It is killed when it is dropped.
pub struct Process {
    child: Child,
    page: u16,
    log: PathBuf,
}

impl Process {
    /// Starts the gateway of a folder and waits until its page answers.
    pub fn start(folder: &Path, page: u16, options: &[&str]) -> Self {
        let log = folder.with_extension("log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
        command.args(["meter", "run", "--simulated", "--folder"]).arg(folder).args(options);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        let mut process = Process { child, page, log };
        process.wait("it answers", |status| status["line"]["open"] == true);
        process
    }

    /// What its page says; `None` if it does not answer.
    pub fn status(&self) -> Option<Value> {
        let answer = ureq::get(format!("http://127.0.0.1:{}/v1/status", self.page)).call().ok()?;
        answer.into_body().read_json().ok()
    }

    /// Waits until its page says so.
    pub fn wait(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let status = self.status();
            if let Some(status) = &status
                && holds(status)
            {
                return status.clone();
            }
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(&self.log).unwrap_or_default();
            assert!(ended.is_none(), "the gateway ended by itself ({ended:?}):\n{}", log());
            assert!(start.elapsed() < PATIENCE, "not within a minute: {what}; {status:?}\n{}", log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The most memory that it had so far, bytes.
    pub fn peak_memory(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1_024
    }

    /// As a cut of power.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As a system that shuts down.
    pub fn terminate(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end when it is told to");
            thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "{status:?}: {}", fs::read_to_string(&self.log).unwrap_or_default());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port for a page, below those that the system gives to outgoing connections, and none twice.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() as u16).wrapping_mul(7);
    loop {
        let port = 9_000 + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 2_500;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
