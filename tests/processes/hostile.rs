//! One node is attacked, while an honest client pays by way of the same node.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use hushwatt_ledger::transaction::hints::encode_hints;
use hushwatt_node::http::HttpLimits;

use crate::{
    attack,
    bank::Bank,
    checks::{agree, audit},
    load::Load,
    town::{Plan, Town, now, patiently},
};

/// Most memory that an attacked node may take, in the unoptimised build.
const MOST_RESIDENT: u64 = 400 << 20;

#[test]
fn under_attack_a_node_serves_an_honest_client_within_bounded_memory() {
    let mut town = Town::found(&Plan::default());
    // The limits that a deployment has, and nobody is a proxy.
    town.configure(0, |config| {
        config.http.limits = toml::Table::try_from(HttpLimits::default()).unwrap();
        config.http.trusted_proxies = Vec::new();
    });
    town.net.start_all().unwrap();
    let mut bank = Bank::new(&town);
    bank.fund(town.net.client(0), &now);
    // Valid ones that nobody hands in: a changed one of these is no known transaction.
    let transactions: Vec<Vec<u8>> = (0..8)
        .map(|_| {
            let built = patiently("there is money", || {
                bank.read(town.net.client(0)).unwrap();
                bank.pay(now())
            });
            let transaction = built.transaction.encode();
            [&(transaction.len() as u32).to_le_bytes()[..], &transaction, &encode_hints(&built.hints)].concat()
        })
        .collect();
    let load = Load::start_with(bank, &town, 1, now);
    load.goes_on(5);

    let watch = Watch::over(town.net.process(0).unwrap());
    let mut attacker = attack::start(&town, 0, &transactions);
    attack::hear(&mut attacker, "held ");
    load.goes_on(10);
    attack::hear(&mut attacker, "enough");
    load.goes_on(10);
    drop(attacker.stdin.take());
    attack::hear(&mut attacker, "done");
    assert!(attacker.wait().unwrap().success());
    let most = watch.most();
    eprintln!("the attacked node took {} MB at most", most >> 20);
    assert!(most > 0 && most < MOST_RESIDENT, "{most} bytes");

    let payments = load.finish();
    agree(&town, &[0, 1, 2, 3], &payments);
    audit(&town, 0);
}

/// The most memory that a process took while it was watched.
struct Watch {
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Watch {
    fn over(process: u32) -> Self {
        let watch = Watch { most: Arc::default(), over: Arc::default() };
        let (most, over) = (watch.most.clone(), watch.over.clone());
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(resident(process), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(100));
            }
        });
        watch
    }

    fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Resident memory of a process, in bytes.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix("kB")).map_or(0, |kib| kib.trim().parse::<u64>().unwrap() << 10)
}
