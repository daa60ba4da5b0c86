//! What a meter knows, and what its household shares with it.

use std::collections::BTreeMap;

use hushwatt_crypto::{
    NetworkId, SecretScalar,
    commitment::Opening,
    meter::{DayKey, Register},
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_ledger::{
    transaction::{
        Envelope, TransactionId,
        attest::WindowStatus,
        attest::build::{AttestPlan, WindowOpenings},
        build::Built,
        correct::build::CorrectPlan,
    },
    units::{MeterId, Timestamp, Utility, Window},
};

use super::World;

/// A window's values, one per interval.
#[derive(Clone, Debug)]
pub struct Reading {
    pub status: WindowStatus,
    pub export: Vec<u32>,
    pub import: Vec<u32>,
}

#[derive(Clone)]
pub struct TestMeter {
    pub id: MeterId,
    pub owner: usize,
    pub utility: Utility,
    pub class: RangeBits,
    pub key: SigningKey,
    /// Of the first day; later ones follow from it.
    pub day_key: DayKey,
    /// What it last put into an attestation of each window.
    pub readings: BTreeMap<Window, Reading>,
}

/// Length of a window in the test networks, seconds: needed to know a window's day and intervals.
const WINDOW: u64 = 3600;

impl TestMeter {
    fn key_of(&self, network: &NetworkId, window: Window) -> DayKey {
        self.day_key.advance(network, Timestamp(window.0 * WINDOW).day()).unwrap()
    }

    /// Openings of a register's values in a window.
    fn openings(
        &self,
        network: &NetworkId,
        salt: &[u8; 32],
        window: Window,
        register: Register,
        values: &[u32],
    ) -> Vec<Opening> {
        let key = self.key_of(network, window);
        let first = window.0 * values.len() as u64;
        (first..)
            .zip(values)
            .map(|(interval, value)| {
                let blinding = key.reading_blinding(network, self.id.0, salt, register, interval);
                Opening::new(u64::from(*value), blinding)
            })
            .collect()
    }

    /// Blindings of a window's sums: exports, imports.
    pub fn blindings(
        &self,
        network: &NetworkId,
        salt: &[u8; 32],
        window: Window,
        intervals: usize,
    ) -> [SecretScalar; 2] {
        [Register::Export, Register::Import].map(|register| {
            let openings = self.openings(network, salt, window, register, &vec![0; intervals]);
            SecretScalar::sum(openings.iter().map(|opening| &opening.blinding))
        })
    }

    /// What the household derives: tweak and opening of the window's energy note.
    pub fn energy(
        &self,
        network: &NetworkId,
        salt: &[u8; 32],
        window: Window,
        intervals: usize,
    ) -> (SecretScalar, Opening) {
        let export = &self.readings[&window].export;
        assert_eq!(export.len(), intervals);
        let openings = self.openings(network, salt, window, Register::Export, export);
        let sum = Opening::new(
            openings.iter().map(|opening| opening.value).sum(),
            SecretScalar::sum(openings.iter().map(|opening| &opening.blinding)),
        );
        (self.key_of(network, window).note_tweak(network, self.id.0, window.0), sum)
    }
}

impl World {
    /// A reading with this export and import, spread over the intervals.
    pub fn reading(&self, status: WindowStatus, export: u32, import: u32) -> Reading {
        let intervals = self.parameters().intervals_per_window();
        let spread = |value: u32| {
            let mut values = vec![value / intervals as u32; intervals];
            values[0] += value % intervals as u32;
            values
        };
        Reading { status, export: spread(export), import: spread(import) }
    }

    pub fn measured(&self, export: u32, import: u32) -> Reading {
        self.reading(WindowStatus::Measured, export, import)
    }

    /// The meter's next attestation in its chain.
    pub fn attest(&mut self, meter: usize, first: Window, readings: &[Reading]) -> Built {
        self.attest_until(meter, first, readings, Envelope::validity_from(self.now()))
    }

    pub fn attest_until(&mut self, meter: usize, first: Window, readings: &[Reading], until: Timestamp) -> Built {
        let plan = self.attest_plan(meter, first, readings, until);
        self.attest_with(meter, plan)
    }

    pub fn attest_plan(&mut self, meter: usize, first: Window, readings: &[Reading], until: Timestamp) -> AttestPlan {
        assert_eq!(self.genesis.parameters.window, WINDOW);
        let network = *self.genesis.network();
        let record = self.ledger().meter(self.meters[meter].id).unwrap();
        let spend = *self.households[self.meters[meter].owner].account.view().spend_public();
        let meter = &mut self.meters[meter];
        let values: Vec<u32> =
            readings.iter().flat_map(|reading| reading.export.iter().chain(&reading.import)).copied().collect();
        let first_interval = self.genesis.parameters.first_interval(first).0;
        let salt = meter.day_key.attestation_salt(&network, meter.id.0, first_interval, &values, &mut self.rng);
        let mut windows = Vec::new();
        for (window, reading) in (first.0..).map(Window).zip(readings) {
            meter.readings.insert(window, reading.clone());
            let note_key = || meter.key_of(&network, window).note_key(&network, meter.id.0, window.0, &spend).unwrap();
            windows.push(WindowOpenings {
                status: reading.status,
                export: meter.openings(&network, &salt, window, Register::Export, &reading.export),
                import: meter.openings(&network, &salt, window, Register::Import, &reading.import),
                note_key: reading.status.mints().then(note_key),
            });
        }
        AttestPlan {
            meter: meter.id,
            sequence: record.sequence + 1,
            previous: record.last,
            salt,
            first_window: first,
            windows,
            valid_until: until,
        }
    }

    pub fn attest_with(&mut self, meter: usize, plan: AttestPlan) -> Built {
        let TestMeter { class, key, .. } = &self.meters[meter];
        plan.prove_in(&self.genesis, *class, &mut self.rng).unwrap().sign(key)
    }

    /// The meter's next correction in its chain.
    pub fn correct(&mut self, meter: usize, window: Window, reading: &Reading) -> Built {
        let plan = self.correct_plan(meter, window, reading, Envelope::validity_from(self.now()));
        self.correct_with(meter, plan)
    }

    pub fn correct_plan(&mut self, meter: usize, window: Window, reading: &Reading, until: Timestamp) -> CorrectPlan {
        let network = *self.genesis.network();
        let record = self.ledger().meter(self.meters[meter].id).unwrap();
        let meter = &self.meters[meter];
        let values: Vec<u32> = reading.export.iter().chain(&reading.import).copied().collect();
        let first = self.genesis.parameters.first_interval(window).0;
        let key = meter.key_of(&network, window);
        let salt = key.attestation_salt(&network, meter.id.0, first, &values, &mut self.rng);
        CorrectPlan {
            meter: meter.id,
            sequence: record.sequence + 1,
            previous: record.last,
            salt,
            window,
            export: meter.openings(&network, &salt, window, Register::Export, &reading.export),
            import: meter.openings(&network, &salt, window, Register::Import, &reading.import),
            valid_until: until,
        }
    }

    pub fn correct_with(&mut self, meter: usize, plan: CorrectPlan) -> Built {
        let TestMeter { class, key, .. } = &self.meters[meter];
        plan.prove(&self.genesis, *class, &mut self.rng).unwrap().sign(key)
    }
}

/// The id before a meter's first attestation.
pub const NO_ATTESTATION: TransactionId = TransactionId([0; 64]);
