//! Three meters attest two hours, one of them with a gap; one is corrected later. What their households give the allocator.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use hushwatt_audits::{
    NoProgress,
    allocation::{
        AllocateError, Allocation, AllocationReport, Expected, Given, Openings, ReadingFacts, RegisterOpenings,
        SharingKey, Slip, allocate, check, readings_from_reader,
    },
};
use hushwatt_crypto::{commitment::Opening, meter::Register};
use hushwatt_ledger::{
    storage::{ChainLog, SimDisk},
    transaction::{Action, attest::WindowStatus, build::Built},
    units::{Interval, MeterId, Timestamp, Window},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::kit::{START, Setup, World, meter::Reading};

pub const ALLOCATOR: &str = "Ms Huber";

#[derive(Clone)]
pub struct Story {
    pub world: World,
    records: Vec<(Vec<u8>, Vec<u8>)>,
    /// What is in force: salt and values by meter and window.
    posted: BTreeMap<(usize, Window), ([u8; 32], Reading)>,
}

/// A key in the words of its file, for the first three meters: 0 and 1 produce, all three share.
pub fn key_text(rule: &str, per: &str) -> String {
    let share =
        |ppm: u32| if rule == "static" || rule == "hybrid" { format!(", share_ppm = {ppm}") } else { String::new() };
    format!(
        "community = \"Stromgasse\"\nallocator = \"{ALLOCATOR}\"\nutility = \"electricity\"\nrule = \"{rule}\"\nper = \"{per}\"\n\
         producers = [0, 1]\nmembers = [{{ meter = 1{} }}, {{ meter = 2{} }}, {{ meter = 0{} }}]\n",
        share(333_333),
        share(333_333),
        share(333_334)
    )
}

pub fn key(rule: &str, per: &str) -> SharingKey {
    SharingKey::from_toml(&key_text(rule, per)).unwrap()
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

impl Story {
    pub fn tell() -> Self {
        let world = World::before_the_first_block(&Setup::default());
        let mut story = Story { world, records: Vec::new(), posted: BTreeMap::new() };
        let mint = story.world.mint(&[(1, 10), (2, 10), (3, 10), (0, 10)]);
        story.accept(START.plus(60), &[mint]);
        let window = story.world.window(0);
        let readings = [
            [story.world.measured(1000, 37), story.world.measured(500, 0)],
            [story.world.measured(13, 401), story.world.measured(0, 999)],
            [story.world.measured(0, 702), story.world.reading(WindowStatus::Missing, 0, 0)],
        ];
        let until = Timestamp(story.world.parameters().window_end(Window(window.0 + 1)).0 + 1800);
        let attests: Vec<Built> = (0..3)
            .map(|meter| {
                let built = story.world.attest_until(meter, window, &readings[meter], until);
                let Action::Attest(attest) = built.transaction.action() else { panic!("an attestation") };
                for (offset, reading) in (0..).zip(&readings[meter]) {
                    let place = (meter, Window(window.0 + offset));
                    story.posted.insert(place, (attest.statement.salt, reading.clone()));
                }
                built
            })
            .collect();
        let end = story.world.parameters().window_end(Window(window.0 + 1));
        story.accept(end.plus(60), &attests);
        story
    }

    /// Meter 2 learns what it took in the first hour.
    pub fn correct(&mut self) {
        let (window, reading) = (self.world.window(0), self.world.measured(0, 650));
        let built = self.world.correct(2, window, &reading);
        let Action::Correct(correct) = built.transaction.action() else { panic!("a correction") };
        self.posted.insert((2, window), (correct.statement.salt, reading));
        let at = self.world.after(60);
        self.accept(at, &[built]);
    }

    fn accept(&mut self, at: Timestamp, built: &[Built]) {
        let block = self.world.accept(at, built);
        self.records.push((block.encode(), self.world.certify(&block).encode()));
    }

    /// The chain as a file.
    pub fn file(&self) -> Vec<u8> {
        let mut log =
            ChainLog::open(Arc::new(SimDisk::new()), Path::new("chain.hwl"), self.world.genesis.bytes()).unwrap();
        for (body, certificate) in &self.records {
            log.append(body, certificate).unwrap();
        }
        let mut file = Vec::new();
        log.export(&mut file).unwrap();
        file
    }

    /// What the households give: all of both hours.
    pub fn openings(&self) -> Vec<Openings> {
        let (network, parameters) = (self.world.network(), self.world.parameters());
        let first = parameters.first_interval(self.world.window(0));
        let length = parameters.intervals_per_window() as u64;
        let mut files: Vec<Openings> = (0..3)
            .map(|meter| Openings {
                network: *network,
                meter: MeterId(meter),
                made_for: ALLOCATOR.to_owned(),
                made: self.world.now(),
                from: first,
                until: Interval(first.0 + 2 * length),
                readings: BTreeMap::new(),
            })
            .collect();
        for ((meter, window), (salt, reading)) in &self.posted {
            let key =
                self.world.meters[*meter].day_key.advance(network, parameters.window_start(*window).day()).unwrap();
            let open = |register, interval: Interval, value: u32| {
                let blinding = key.reading_blinding(network, *meter as u32, salt, register, interval.0);
                Some(Opening::new(value.into(), blinding))
            };
            let values = reading.export.iter().zip(&reading.import);
            for (interval, (export, import)) in (parameters.first_interval(*window).0..).map(Interval).zip(values) {
                let opened = RegisterOpenings {
                    export: open(Register::Export, interval, *export),
                    import: open(Register::Import, interval, *import),
                };
                files[*meter].readings.insert(interval, opened);
            }
        }
        files
    }

    pub fn allocate(&self, key: &SharingKey) -> (Allocation, Vec<Slip>) {
        self.allocate_from(key, &self.openings()).unwrap()
    }

    pub fn allocate_from(
        &self,
        key: &SharingKey,
        files: &[Openings],
    ) -> Result<(Allocation, Vec<Slip>), AllocateError> {
        let given = Given::new(key, files)?;
        let facts = readings_from_reader(self.file().as_slice(), 0, &given.wanted(), &mut NoProgress).unwrap();
        allocate(&given, &facts, &mut rng(5), &mut NoProgress)
    }

    pub fn facts(&self, allocation: &Allocation) -> ReadingFacts {
        readings_from_reader(self.file().as_slice(), 0, &allocation.wanted(), &mut NoProgress).unwrap()
    }

    /// All that a careful member asks.
    pub fn check(&self, allocation: &Allocation, slip: Option<&Slip>, key: &SharingKey) -> AllocationReport {
        let expected = Expected { network: Some(*self.world.network()), key: Some(key.clone()) };
        check(allocation, slip, &self.facts(allocation), &expected, &mut NoProgress)
    }
}
