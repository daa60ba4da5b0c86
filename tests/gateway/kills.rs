//! The real program, killed again and again while telegrams arrive and attestations are on their way.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use hushwatt_gateway::service::open;
use hushwatt_ledger::{
    parameters::Parameters,
    transaction::attest::WindowStatus,
    units::{Timestamp, Window},
};
use hushwatt_meter_attest::Draft;
use rand::Rng;
use serde_json::Value;

use crate::{
    choices::{choices, full_effort},
    curve::{Curve, made},
    p1::{Stamp, telegram},
    process::{Process, free_port},
    pty::Pty,
    town::{Settings, Town},
};

const START: Timestamp = Timestamp(1_781_582_400);
const BEAT: u64 = 30;
/// Real time between two telegrams.
const PAUSE: Duration = Duration::from_millis(40);
/// Intervals are short, so that much is attested while gateways are killed.
const INTERVAL: u64 = 300;
const WINDOW: u64 = 900;
/// A gateway takes no more memory than this.
pub const MEMORY: u64 = 60 << 20;

/// A meter that speaks, nodes whose clocks go on, and a gateway.
struct Street {
    town: Town,
    pty: Pty,
    folder: PathBuf,
    page: u16,
    curve: Curve,
    now: Timestamp,
    /// Values that were fixed by an attestation that was built, as they were found on the disk of a killed gateway.
    fixed: BTreeMap<Window, Draft>,
}

impl Street {
    fn beat(&mut self, speaks: bool) {
        self.now = self.now.plus(BEAT);
        if self.now.0.is_multiple_of(300) {
            self.town.clocks_to(self.now);
        }
        if speaks {
            // What nobody reads is lost.
            self.pty.send(&telegram(self.now, Stamp::Right, self.curve.at(self.now)));
        }
    }

    fn live(&mut self, real: Duration) {
        let start = Instant::now();
        while start.elapsed() < real {
            self.beat(true);
            thread::sleep(PAUSE);
        }
    }

    fn start(&self) -> Process {
        Process::start(&self.folder, self.page, &[])
    }

    /// What was fixed stays as it is, whatever happened.
    fn look_at_the_disk(&mut self) {
        let opened = open(&self.folder).unwrap();
        let state = opened.store.state();
        let next = state.position().next_window.0;
        let frozen = (next..next + 30).map(Window).filter(|window| state.is_frozen(*window));
        let frozen = frozen.map(|window| (window, state.draft(window).unwrap()));
        let attested = state.attested().iter().map(|(window, kept)| (*window, kept.draft.clone()));
        for (window, draft) in frozen.chain(attested) {
            let before = self.fixed.entry(window).or_insert_with(|| draft.clone());
            assert_eq!(*before, draft, "the values of {window:?} changed");
        }
    }
}

/// What must never go back: how many samples were accepted, and the last attestation that is on the ledger.
fn progress(status: &Value) -> [u64; 2] {
    let number = |path: &str| status.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    [number("/registers/accepted"), number("/attested/sequence")]
}

#[test]
fn a_gateway_killed_at_any_moment_loses_nothing_and_attests_no_window_twice_or_otherwise() {
    let kills = if full_effort() { 200 } else { 14 };
    let mut rng = choices();
    // Time runs some hundred times as fast as it does: so that an attestation is late only if it is, the deadline is long.
    let parameters =
        Parameters { interval: INTERVAL, window: WINDOW, attestation_deadline: 12 * 3_600, ..Parameters::default() };
    let town = Town::found(START, parameters, 1);
    let (pty, page) = (Pty::new(), free_port());
    let port = format!("serial:{}", pty.path());
    let settings = Settings { name: "gateway", nodes: &[town.url()], driver: "p1", port: &port, pace: 10, page };
    let folder = town.lay_out(0, &settings);
    let values = made(&mut rng, START, INTERVAL, 288 * 60);
    let curve = Curve::through(START, INTERVAL, (1_000, 500), &values).still_at_boundaries(60);
    let now = START.minus(300);
    let mut street = Street { town, pty, folder, page, curve, now, fixed: BTreeMap::new() };
    street.town.clocks_to(now);

    let mut process = street.start();
    while street.now < START.plus(600) {
        street.beat(true);
        thread::sleep(PAUSE);
    }
    let mut sequences = 0;
    for kill in 1..=kills {
        street.live(Duration::from_millis(rng.gen_range(100..3_000)));
        let before = process.status().map_or([0; 2], |status| progress(&status));
        street.live(Duration::from_millis(rng.gen_range(0..700)));
        if kill % 4 == 0 {
            process.terminate()
        } else {
            process.kill()
        }
        street.look_at_the_disk();
        for _ in 0..rng.gen_range(0..12) {
            street.beat(false);
        }
        process = street.start();
        let after = progress(&process.wait("it has looked at its disk", |status| !status["registers"].is_null()));
        let none_went_back = before.iter().zip(after).all(|(before, after)| *before <= after);
        assert!(none_went_back, "what was accepted is lost: {before:?}, then {after:?}");
        sequences = sequences.max(after[1]);
    }
    assert!(sequences > 1, "no attestation was on its way while gateways were killed: {:?}", process.status());

    // In peace, until all of it is on the ledger.
    let end = Timestamp((street.now.0 / WINDOW + 2) * WINDOW);
    let (begun, next) = (Instant::now(), |status: &Value| status["queue"]["next_window"].as_u64().unwrap());
    while next(&process.status().unwrap()) < end.0 {
        assert!(begun.elapsed() < Duration::from_secs(180), "it never catches up: {:?}", process.status());
        for _ in 0..20 {
            street.beat(true);
            thread::sleep(PAUSE);
        }
    }
    let memory = process.peak_memory();
    assert!(memory < MEMORY, "{memory} bytes");
    process.terminate();
    street.look_at_the_disk();

    let attested = street.town.attested(0);
    let (from, to) = (START.0 / INTERVAL, end.0 / INTERVAL);
    let (mut import, mut export, mut measured) = (0, 0, 0);
    for number in from..to {
        let one = &attested[&number];
        let (start, stop) =
            (street.curve.at(Timestamp(number * INTERVAL)), street.curve.at(Timestamp((number + 1) * INTERVAL)));
        let counted = (stop.0 - start.0, stop.1 - start.1);
        let values = (u64::from(one.import), u64::from(one.export));
        if one.status == WindowStatus::Measured {
            assert_eq!(values, counted, "{one:?}");
            measured += 1;
        }
        assert_ne!(one.status, WindowStatus::Missing, "{one:?}");
        (import, export) = (import + values.0, export + values.1);
    }
    let (start, stop) = (street.curve.at(START), street.curve.at(end));
    assert_eq!((import, export), (stop.0 - start.0, stop.1 - start.1), "the sums are not the registers' differences");
    // What was built last may not have been sent yet.
    for (window, draft) in street.fixed.range(..Window(end.0 / WINDOW)) {
        for (number, metered) in (window.0 * (WINDOW / INTERVAL)..).zip(&draft.metered) {
            let one = &attested[&number];
            assert_eq!((one.export, one.import), (metered.export.0, metered.import.0), "{window:?}");
        }
    }
    eprintln!(
        "{kills} kills over {} windows, {measured} of {} intervals measured, {} attestations; peak {} MB",
        (end.0 - START.0) / WINDOW,
        to - from,
        street.town.chain_of(0).len(),
        memory >> 20
    );
}
