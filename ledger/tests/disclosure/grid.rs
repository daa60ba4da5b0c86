//! A meter with any readings on a ledger that knows nothing else: real files of meters, without a chain of attestations.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        At, Audience, ContractFacts, Facts, FillFacts, HeldWindow, Included, Place, PostedWindow, Request, RingFacts,
        Stretch,
    },
    genesis::Genesis,
    note::BucketVersion,
    parameters::Parameters,
    state::StateError,
    transaction::{TransactionId, attest::WindowStatus, open::ContractId, order::OrderId},
    units::{MeterId, Timestamp, Window},
};
use rand_core::RngCore;

use crate::{
    kit::{Setup, World},
    scene::rng,
};

/// One window as posted, with what opens it.
#[derive(Clone)]
pub struct GridWindow {
    pub posted: PostedWindow,
    pub values: Vec<Opening>,
    /// The block it was attested in.
    pub height: u64,
}

#[derive(Clone)]
pub struct Grid {
    pub genesis: Genesis,
    pub tip: At,
    pub windows: BTreeMap<Window, GridWindow>,
    /// What counts: first second of an interval, base units.
    pub readings: BTreeMap<i64, i64>,
}

/// The last block of every grid.
pub const TIP: u64 = 9;
pub const METER: MeterId = MeterId(0);

impl Grid {
    /// A meter that attested every window of which it has all readings; those of which it has only some it did not know.
    pub fn new(interval: u64, readings: &BTreeMap<i64, i64>) -> Self {
        let parameters = Parameters { interval, ..Setup::default().parameters };
        let genesis = World::before_the_first_block(&Setup { parameters, ..Setup::default() }).genesis;
        let each = genesis.parameters.intervals_per_window() as u64;
        let length = genesis.parameters.window;
        let mut random = rng(11);
        let numbers: BTreeSet<u64> = readings.keys().map(|time| *time as u64 / length).collect();
        let (mut windows, mut counting) = (BTreeMap::new(), BTreeMap::new());
        for number in numbers {
            let starts = (0..each).map(|place| (number * length + place * interval) as i64);
            let values: Option<Vec<i64>> = starts.clone().map(|start| readings.get(&start).copied()).collect();
            let status = if values.is_some() { WindowStatus::Measured } else { WindowStatus::Missing };
            let values = values.unwrap_or_else(|| vec![0; each as usize]);
            counting.extend(starts.zip(values.iter().copied()));
            let values: Vec<Opening> = values.iter().map(|value| opening(*value as u64, &mut random)).collect();
            let window = Window(number);
            let posted = PostedWindow { window, status, values: points(&values), corrected: false, replaced: None };
            windows.insert(window, GridWindow { posted, values, height: 3 });
        }
        let time = Timestamp(readings.keys().last().map_or(0, |last| *last as u64 + 86_400));
        Grid { genesis, tip: At { height: TIP, time }, windows, readings: counting }
    }

    /// A meter that took something else every quarter of an hour of some days of UTC.
    pub fn made_up(first: i64, days: i64) -> Self {
        let mut random = rng(12);
        let starts = (first * 86_400..(first + days) * 86_400).step_by(900);
        Grid::new(900, &starts.map(|start| (start, i64::from(random.next_u32() % 1_200))).collect())
    }

    pub fn held(&self) -> Vec<HeldWindow> {
        let windows = self.windows.iter();
        windows.map(|(window, one)| HeldWindow { window: *window, values: one.values.clone() }).collect()
    }

    pub fn request(&self) -> Request {
        let audience = Audience::new("Stadtwerke Köln", "7f3a-2", "supply").unwrap();
        Request { network: *self.genesis.network(), audience, made: self.tip.time }
    }
}

pub fn opening(value: u64, random: &mut impl RngCore) -> Opening {
    let mut wide = [0u8; 64];
    random.fill_bytes(&mut wide);
    Opening::new(value, SecretScalar::from_wide(&wide))
}

pub fn points(values: &[Opening]) -> Vec<Point> {
    values.iter().map(|opening| opening.commit_point().unwrap()).collect()
}

impl Facts for Grid {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    fn tip(&self) -> At {
        self.tip
    }

    fn windows(&self, stretch: &Stretch) -> Result<Vec<PostedWindow>, StateError> {
        assert_eq!(stretch.register, Register::Import, "a grid's meter has one register");
        let known = stretch.meter == METER;
        let windows = self.windows.range(stretch.from..stretch.until).filter(|(_, one)| one.height <= stretch.height);
        Ok(windows.filter(|_| known).map(|(_, one)| one.posted.clone()).collect())
    }

    fn transaction(&self, _: &Place) -> Result<Option<Included<'_>>, StateError> {
        Ok(None)
    }

    fn last_correction(&self, _: MeterId, _: Window) -> Result<Option<(TransactionId, At)>, StateError> {
        Ok(None)
    }

    fn notes_with_key(&self, _: &Point, _: u64) -> Result<u64, StateError> {
        Ok(0)
    }

    fn contract(&self, _: &ContractId) -> Result<Option<ContractFacts>, StateError> {
        Ok(None)
    }

    fn fill(&self, _: &OrderId) -> Result<Option<FillFacts>, StateError> {
        Ok(None)
    }

    fn ring(&self, _: BucketVersion) -> Result<Option<RingFacts>, StateError> {
        Ok(None)
    }

    fn is_spent(&self, _: &Point) -> Result<bool, StateError> {
        Ok(false)
    }
}

/// The readings of a file of meters: `timestamp,meter_id,import_wh,export_wh`. `None`, said aloud, where it is not there.
pub fn real(file: &str, meter: &str) -> Option<BTreeMap<i64, i64>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let folder = std::env::var_os("HUSHWATT_DATA").map_or(default, PathBuf::from);
    let path = folder.join("meters").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there (set HUSHWATT_DATA)", path.display());
        return None;
    };
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let readings = rows.filter(|row| row[1] == meter).map(|row| {
        let time: jiff::Timestamp = row[0].parse().unwrap();
        (time.as_second(), row[2].parse().unwrap())
    });
    Some(readings.collect())
}
