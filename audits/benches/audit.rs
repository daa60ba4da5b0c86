//! How long an audit takes and how much memory: of so many homes and days, with one core and with two; from the genesis in memory and
//! in a folder, and of the last day only, the books of the days before being in the folder.
//!
//! ```text
//! cargo bench -p hushwatt-audits --bench audit                       1, 10, 100 homes x 1 day, 1 x 30, 10 x 10; the rest up to a year extrapolated
//! cargo bench -p hushwatt-audits --bench audit -- 10x30 100x10       other ones, measured: those of 100 homes take half an hour to make
//! ```
//!
//! What is extrapolated is marked with a tilde: transactions, bytes and seconds of the measured chain of as many homes, times the days. All three
//! go with the days, since rings have a greatest length; memory does not, and is not extrapolated.
//!
//! The chains are made by the ledger's own builders, every proof a real one, and kept in cargo's folder for such things: making them
//! takes many times as long as auditing them. Every audit runs in a process of its own (`RAYON_NUM_THREADS` says how many threads
//! verify), the fastest of three is printed (of those in a folder, the only one); memory is the most that the process ever had resident (`VmHWM`, Linux only).
//!
//! What happens in such a community: every meter attests every hour. The homes form pairs, and in each of the four hours from 11 to
//! 15 one buys from the other, which is a contract and a delivery. Every home pays its neighbour once a day.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a benchmark")]

#[path = "../../ledger/tests/kit/mod.rs"]
mod kit;

use std::{
    collections::VecDeque,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Instant,
};

use hushwatt_audits::{AuditFolder, NoProgress, verify_path};
use hushwatt_crypto::{NetworkId, range::RangeBits};
use hushwatt_ledger::{
    block::Block,
    note::Asset,
    parameters::Parameters,
    storage::{ChainLog, ChainReader, ChainWriter, RealDisk},
    transaction::{build::Built, mint::OUTPUTS, open::ContractId},
    units::{Timestamp, Utility},
};

use kit::{OwnedNote, START, Setup, TREASURY, World, build::Bid, electricity};

/// Changes when chains are made in another way.
const STORY: u32 = 1;
/// Homes and days.
const COMMUNITIES: [(usize, u64); 5] = [(1, 1), (10, 1), (100, 1), (1, 30), (10, 10)];
/// Homes, the days that are measured, and those that follow from them.
const EXTRAPOLATED: [(usize, u64, u64); 5] = [(1, 30, 365), (10, 10, 30), (10, 10, 365), (100, 1, 30), (100, 1, 365)];
const THREADS: [usize; 2] = [1, 2];
const RUNS: usize = 3;
const NOTES: usize = 8;
const VALUE: u64 = 20_000_000;
/// The hours of a day in whose windows is traded.
const TRADED: std::ops::Range<u64> = 11..15;

/// A community while its chain is written.
struct Community {
    world: World,
    log: ChainLog,
    homes: usize,
    /// Window, seller and contract of what is still to be delivered.
    sold: VecDeque<(u64, usize, ContractId)>,
}

impl Community {
    fn new(homes: usize, file: &Path) -> Self {
        let setup = Setup {
            parameters: Parameters::default(),
            meters: (1..=homes).map(|home| (Utility::Electricity, RangeBits::Bits16, home)).collect(),
            households: homes + 1,
            ..Setup::default()
        };
        let world = World::before_the_first_block(&setup);
        let log = ChainLog::open(Arc::new(RealDisk), file, world.genesis.bytes()).unwrap();
        let mut community = Community { world, log, homes, sold: VecDeque::new() };
        let payees: Vec<(usize, u64)> = (0..NOTES).flat_map(|_| (0..=homes).map(|who| (who, VALUE))).collect();
        for (mint, minute) in payees.chunks(*OUTPUTS.end()).zip(1..) {
            let mint = community.world.mint(mint);
            community.block(START.plus(60 * minute), &[mint]);
        }
        community
    }

    fn block(&mut self, at: Timestamp, built: &[Built]) {
        let block: Block = self.world.accept(at, built);
        let certificate = self.world.certify(&block);
        self.log.append(&block.encode(), &certificate.encode()).unwrap();
    }

    /// The largest note that can be spent.
    fn purse(&self, who: usize) -> Option<OwnedNote> {
        let notes = self.world.spendable(who, Asset::Credit);
        notes.into_iter().max_by_key(|note| note.opening.value).filter(|note| note.opening.value > 1_000_000)
    }

    /// The two blocks after a window: one that finds it over, and one with its attestations, what is bought of a later one, what is delivered of an earlier one.
    fn hour(&mut self, number: u64) {
        let window = self.world.window(number);
        let hour = self.world.parameters().window_start(window).0 / 3600 % 24;
        let end = self.world.parameters().window_end(window);
        self.block(end.plus(30), &[]);
        let mut built = Vec::new();
        for meter in 0..self.homes {
            let exports = meter % 2 == 0 && TRADED.contains(&hour);
            let reading = self.world.measured(if exports { 2_000 } else { 0 }, 300 + 10 * meter as u32 % 500);
            built.push(self.world.attest(meter, window, &[reading]));
        }
        let ahead = self.world.window(number + 2);
        if TRADED.contains(&(self.world.parameters().window_start(ahead).0 / 3600 % 24)) {
            for seller in (1..self.homes).step_by(2) {
                let buyer = seller + 1;
                let Some(note) = self.purse(buyer) else { continue };
                let utility = Utility::Electricity;
                let bid = Bid { buyer, seller, utility, window: ahead, price: 200, quantity: 1_500 };
                let open = self.world.open_with(&[note], &bid);
                self.sold.push_back((number + 2, seller, self.world.contract_of(&open)));
                built.push(open);
            }
        }
        // Sealed two hours after its end.
        while let Some((sold, seller, contract)) = self.sold.front().copied().filter(|(sold, ..)| sold + 3 <= number) {
            self.sold.pop_front();
            let energy = electricity(self.world.window(sold));
            built.push(self.world.deliver(seller, energy, &[(contract, 1_200)]));
        }
        if hour == 20 {
            for home in 1..=self.homes {
                let Some(note) = self.purse(home) else { continue };
                let rest = note.opening.value - 10_000;
                let neighbour = if home == self.homes { TREASURY } else { home + 1 };
                built.push(self.world.transfer(&[note], &[(neighbour, 10_000), (home, rest)]));
            }
        }
        self.block(end.plus(60), &built);
    }
}

/// The chain's file, made if it is not there, and its network.
fn chain(homes: usize, days: u64) -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let name = format!("audit-{STORY}-{homes}x{days}");
    let (file, network) = (folder.join(format!("{name}.hwl")), folder.join(format!("{name}.network")));
    if !network.is_file() {
        let _ = fs::remove_file(&file);
        let begun = Instant::now();
        eprintln!("making a chain: homes {homes}, days {days}");
        let mut community = Community::new(homes, &file);
        for hour in 0..24 * days {
            community.hour(hour);
        }
        fs::write(&network, community.world.network().to_string()).unwrap();
        eprintln!("made in {:.0} s", begun.elapsed().as_secs_f64());
    }
    (file, fs::read_to_string(network).unwrap())
}

/// The chain without the blocks of its last day.
fn without_last_day(file: &Path, folder: &Path) -> PathBuf {
    let mut reader = ChainReader::new(fs::File::open(file).unwrap()).unwrap();
    let (mut writer, mut bytes) = ChainWriter::new(reader.genesis()).unwrap();
    let records: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
    // Two blocks an hour.
    for record in &records[..records.len().saturating_sub(48)] {
        bytes.extend(writer.record(&record.body, &record.cert).unwrap());
    }
    let shorter = folder.join("shorter.hwl");
    fs::write(&shorter, bytes).unwrap();
    shorter
}

/// In a process of its own: audits, in a folder if there is one, and prints transactions, seconds and bytes of memory.
fn audit(file: &str, network: &str, folder: Option<&str>) {
    let network: NetworkId = network.parse().unwrap();
    let begun = Instant::now();
    let report = match folder {
        None => verify_path(file.as_ref(), &network, &mut NoProgress),
        Some(folder) => AuditFolder::open(folder.as_ref(), &network)
            .and_then(|folder| folder.verify_path(file.as_ref(), &mut NoProgress)),
    };
    let (report, seconds) = (report.unwrap(), begun.elapsed().as_secs_f64());
    assert!(report.holds(), "{report}");
    let transactions = report.totals.unwrap().transactions.total();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    println!("{transactions} {seconds} {}", peak.unwrap_or("0").trim());
}

/// Transactions, seconds, kilobytes.
type Measured = (u64, f64, u64);

fn run(file: &Path, network: &str, folder: Option<&Path>, threads: usize) -> Measured {
    let program = env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.arg("--audit").arg(file).arg(network).args(folder).env("RAYON_NUM_THREADS", threads.to_string());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap();
    (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap())
}

/// From the genesis in memory; the same in a folder; and of the last day, after the days before.
fn audited(file: &Path, network: &str, threads: usize) -> [Measured; 3] {
    let times = (0..RUNS).map(|_| run(file, network, None, threads));
    let fastest = times.min_by(|(_, one, _), (_, other, _)| one.total_cmp(other)).unwrap();
    let desk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let in_folder = run(file, network, Some(&desk.path().join("whole")), threads);
    let (shorter, days) = (without_last_day(file, desk.path()), desk.path().join("days"));
    run(&shorter, network, Some(&days), threads);
    [fastest, in_folder, run(file, network, Some(&days), threads)]
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, file, network, folder @ ..] = &arguments[..]
        && flag == "--audit"
    {
        return audit(file, network, folder.first().map(String::as_str));
    }
    let wanted: Vec<(usize, u64)> = arguments
        .iter()
        .map(|argument| {
            let (homes, days) = argument.split_once('x').expect("homes x days, as in 10x1");
            (homes.parse().expect("a number of homes"), days.parse().expect("a number of days"))
        })
        .collect();
    println!(
        "| homes | days | transactions | MB of chain | threads | s | transactions/s | MB of memory | in a folder: s | MB of memory | the last day: s | MB of memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let (extrapolate, mut known) = (wanted.is_empty(), Vec::new());
    for (homes, days) in if extrapolate { COMMUNITIES.to_vec() } else { wanted } {
        let (file, network) = chain(homes, days);
        let megabytes = fs::metadata(&file).unwrap().len() as f64 / 1e6;
        for threads in THREADS {
            let [memory, folder, day] = audited(&file, &network, threads);
            let (transactions, seconds, _) = memory;
            let rate = transactions as f64 / seconds;
            let of =
                |(_, seconds, kilobytes): Measured| format!("{seconds:.1} | {:.0}", kilobytes as f64 * 1024.0 / 1e6);
            let peak = memory.2 as f64 * 1024.0 / 1e6;
            println!(
                "| {homes} | {days} | {transactions} | {megabytes:.1} | {threads} | {seconds:.1} | {rate:.0} | {peak:.0} | {} | {} |",
                of(folder),
                of(day)
            );
            known.push(((homes, days, threads), (transactions, megabytes, seconds, folder.1)));
        }
    }
    for (homes, measured, days) in if extrapolate { EXTRAPOLATED.to_vec() } else { Vec::new() } {
        for ((_, _, threads), values) in known.iter().filter(|((of, over, _), _)| (*of, *over) == (homes, measured)) {
            let (transactions, megabytes, seconds, in_folder) = values;
            let times = days as f64 / measured as f64;
            let rate = *transactions as f64 / seconds;
            println!(
                "| {homes} | {days} | ~{:.0} | ~{:.0} | {threads} | ~{:.0} | {rate:.0} | - | ~{:.0} | - | - | - |",
                *transactions as f64 * times,
                megabytes * times,
                seconds * times,
                in_folder * times
            );
        }
    }
}
