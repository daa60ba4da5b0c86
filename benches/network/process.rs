//! What the system says of a process and of a folder: CPU time, memory, bytes.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::Failure;

/// CPU seconds of a process.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Cpu {
    /// In its own code.
    pub user: f64,
    /// In the system, on its behalf.
    pub system: f64,
}

impl Cpu {
    /// Both.
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    fn minus(self, before: Cpu) -> Cpu {
        Cpu { user: self.user - before.user, system: self.system - before.system }
    }

    fn plus(self, other: Cpu) -> Cpu {
        Cpu { user: self.user + other.user, system: self.system + other.system }
    }
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// Resident now (VmRSS).
    pub now: u64,
    /// Most that was ever resident (VmHWM).
    pub peak: u64,
}

/// Reads `/proc`.
pub struct System {
    ticks: f64,
}

/// The CPU time of some processes at one time.
pub struct Snapshot {
    at: Instant,
    processes: BTreeMap<u32, Cpu>,
    threads: BTreeMap<(u32, u32), (String, f64)>,
    own: Cpu,
}

/// What was used between two snapshots.
#[derive(Clone, Debug, Serialize)]
pub struct Used {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// By the nodes together.
    pub nodes: Cpu,
    /// By threads of these names in all nodes. Threads without a name of their own bear that of the thread that made them;
    /// those that have ended meanwhile are in `nodes` only.
    pub threads: BTreeMap<String, f64>,
    /// By this program: clients and clock.
    pub driver: Cpu,
}

impl System {
    /// Asks for the unit of CPU times.
    ///
    /// # Errors
    /// Where there is no `getconf` or no `/proc`.
    pub fn open() -> Result<Self, Failure> {
        let answer = Command::new("getconf").arg("CLK_TCK").output()?;
        let ticks = String::from_utf8_lossy(&answer.stdout).trim().parse();
        let system = System { ticks: ticks.map_err(|_| "getconf CLK_TCK does not say what a clock tick is")? };
        system.cpu("/proc/self/stat")?;
        Ok(system)
    }

    fn cpu(&self, path: &str) -> Result<Cpu, Failure> {
        let text = fs::read_to_string(path)?;
        // The name in brackets may hold anything.
        let fields: Vec<&str> =
            text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let field = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok());
        let (user, system) = field(11).zip(field(12)).ok_or_else(|| format!("{path} is not what it should be"))?;
        Ok(Cpu { user: user / self.ticks, system: system / self.ticks })
    }

    /// The CPU time of these processes so far.
    ///
    /// # Errors
    /// One of them is gone.
    pub fn snapshot(&self, processes: &[u32]) -> Result<Snapshot, Failure> {
        let mut snapshot = Snapshot {
            at: Instant::now(),
            processes: BTreeMap::new(),
            threads: BTreeMap::new(),
            own: self.cpu("/proc/self/stat")?,
        };
        for process in processes {
            let cpu = self.cpu(&format!("/proc/{process}/stat"));
            let cpu = cpu.map_err(|_| format!("process {process} of a node has ended; see log.txt in its folder"))?;
            snapshot.processes.insert(*process, cpu);
            for thread in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
                let folder = thread.path();
                let id = thread.file_name().to_string_lossy().parse::<u32>();
                // A thread may end while it is looked at.
                let (Ok(id), Ok(name), Ok(cpu)) =
                    (id, fs::read_to_string(folder.join("comm")), self.cpu(&folder.join("stat").to_string_lossy()))
                else {
                    continue;
                };
                snapshot.threads.insert((*process, id), (name.trim().to_owned(), cpu.total()));
            }
        }
        Ok(snapshot)
    }

    /// The memory of a process.
    ///
    /// # Errors
    /// It is gone.
    pub fn memory(&self, process: u32) -> Result<Memory, Failure> {
        let text = fs::read_to_string(format!("/proc/{process}/status"))?;
        let kilobytes = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let (now, peak) = kilobytes("VmRSS:").zip(kilobytes("VmHWM:")).ok_or("/proc does not tell the memory")?;
        Ok(Memory { now: now * 1024, peak: peak * 1024 })
    }
}

impl Snapshot {
    /// What was used since an earlier snapshot of the same processes.
    pub fn since(&self, before: &Snapshot) -> Used {
        let mut nodes = Cpu::default();
        for (process, cpu) in &self.processes {
            nodes = nodes.plus(cpu.minus(before.processes.get(process).copied().unwrap_or_default()));
        }
        let mut threads: BTreeMap<String, f64> = BTreeMap::new();
        for (id, (name, cpu)) in &self.threads {
            *threads.entry(name.clone()).or_default() += cpu - before.threads.get(id).map_or(0.0, |(_, cpu)| *cpu);
        }
        Used {
            seconds: self.at.duration_since(before.at).as_secs_f64(),
            nodes,
            threads,
            driver: self.own.minus(before.own),
        }
    }
}

/// The CPU time of the calling thread so far. Unlike a clock it does not count what other programs took.
///
/// # Errors
/// Where the system does not tell it.
pub fn thread_time() -> Result<Duration, Failure> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse().ok());
    Ok(Duration::from_nanos(nanoseconds.ok_or("/proc/thread-self/schedstat is not what it should be")?))
}

/// Bytes of all files of a node's data, by the entry of its folder that they are in.
///
/// # Errors
/// The folder cannot be read.
pub fn bytes_in(folder: &Path) -> Result<BTreeMap<String, u64>, Failure> {
    let mut parts = BTreeMap::new();
    for entry in fs::read_dir(folder)?.flatten() {
        parts.insert(entry.file_name().to_string_lossy().into_owned(), bytes_of(&entry.path()));
    }
    Ok(parts)
}

/// What is there; a file may go while it is looked at.
fn bytes_of(path: &Path) -> u64 {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| bytes_of(&entry.path())).sum(),
        Err(_) => fs::metadata(path).map_or(0, |metadata| metadata.len()),
    }
}
