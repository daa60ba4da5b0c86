//! Validators whose clocks are off, on a network whose clocks are stepped.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use hushwatt_ledger::units::Timestamp;

use crate::{
    bank::Bank,
    checks::{agree, audit},
    load::Load,
    registrars::votes,
    town::{Plan, Town, patiently},
};

/// How far a block's time may be from a validator's clock, in seconds.
const TOLERANCE: u64 = 10;
const HOUR: u64 = 3600;

/// Runs all clocks, ten times as fast as real ones.
struct Clocks {
    time: Arc<AtomicU64>,
    /// How far each node's clock is ahead; `None` for one that stands still.
    ahead: Arc<Mutex<Vec<Option<u64>>>>,
    over: Arc<AtomicBool>,
}

impl Clocks {
    fn of(town: &Town) -> Self {
        let clocks = Clocks {
            time: Arc::new(AtomicU64::new(town.genesis.time.0)),
            ahead: Arc::new(Mutex::new(vec![Some(0); town.net.len()])),
            over: Arc::default(),
        };
        let (time, ahead, over, clients) =
            (clocks.time.clone(), clocks.ahead.clone(), clocks.over.clone(), town.clients());
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let now = time.fetch_add(1, Ordering::Relaxed) + 1;
                for (client, ahead) in clients.iter().zip(ahead.lock().unwrap().clone()) {
                    if let Some(ahead) = ahead {
                        // The last node may have ended by now.
                        let _ = client.set_clock(Timestamp(now + ahead));
                    }
                }
                thread::sleep(Duration::from_millis(100));
            }
        });
        clocks
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.time.load(Ordering::Relaxed))
    }

    fn set(&self, place: usize, ahead: Option<u64>) {
        self.ahead.lock().unwrap()[place] = ahead;
    }
}

impl Drop for Clocks {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

#[test]
fn validators_with_wrong_clocks_neither_stop_the_others_nor_push_time() {
    let mut town = Town::found(&Plan { simulated_time: true, ..Plan::default() });
    town.net.start_all().unwrap();
    let keys: Vec<_> = town.validators.iter().map(|key| key.verifying_key()).collect();
    let clocks = Clocks::of(&town);
    let time = clocks.time.clone();
    let clock = move || Timestamp(time.load(Ordering::Relaxed));
    let mut bank = Bank::new(&town);
    bank.fund(town.net.client(0), &clock);
    let load = Load::start_with(bank, &town, 4, clock);
    load.goes_on(3);

    // One stands still.
    clocks.set(3, None);
    let stands = clocks.now();
    patiently("the others' time goes on", || {
        town.net.client(0).status().is_ok_and(|status| status.time > stands.0 + 4 * TOLERANCE).then_some(())
    });
    load.goes_on(5);
    town.reaches(3, town.height(0));
    clocks.set(3, Some(0));
    votes(&town, &keys[3], &keys, town.height(0) + 1, 0);

    // One is an hour ahead.
    clocks.set(2, Some(HOUR));
    for _ in 0..4 {
        load.goes_on(1);
        let block = town.net.client(0).status().unwrap().time;
        assert!(block <= clocks.now().0 + TOLERANCE, "{block} is ahead of {}", clocks.now().0);
    }
    town.reaches(2, town.height(0));
    let payments = load.finish();

    // The others agree with it at last: a stepped clock goes never back.
    clocks.set(2, Some(0));
    clocks.time.fetch_add(HOUR, Ordering::Relaxed);
    votes(&town, &keys[2], &keys, town.height(0) + 1, 0);
    agree(&town, &[0, 1, 2, 3], &payments);
    audit(&town, 2);
}
