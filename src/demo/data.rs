//! The readings to settle, and what a community chooses because of them.

use hushwatt_crypto::range::RangeBits;
use hushwatt_ledger::{
    parameters::{Parameters, PriceBounds, UtilityPrices},
    units::{Interval, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{
    Metered,
    readings::{
        self, DAY_SECS, FirstDay, Readings,
        sample::{MIN_HOUSEHOLDS, SampleOptions, sample},
        water::{WaterOptions, water},
    },
};
use time::{Date, format_description::well_known::Iso8601};

use super::{DemoError, Options, Source};

/// What the local grid pays for a kilowatt-hour fed in, in micro-euro per Wh: the lowest price of a trade.
const FEED_IN: u32 = 80;
/// What the local grid takes for a kilowatt-hour, in micro-euro per Wh: the highest price of a trade.
const GRID: u32 = 300;
/// What pumping a litre costs, and what the waterworks take for one, in micro-euro; prices go in steps of 5 ct/m3.
const WATER: PriceBounds = PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 };

/// The readings of the days to settle.
pub(super) struct Data {
    /// Of electricity.
    pub(super) readings: Readings,
    /// Of water, where the homes have such meters too.
    pub(super) water: Option<Readings>,
    pub(super) names: Vec<String>,
    pub(super) first_day: u64,
    pub(super) days: u32,
    pub(super) origin: String,
    pub(super) remark: Option<String>,
}

impl Data {
    pub(super) fn load(options: &Options) -> Result<Self, DemoError> {
        let (mut readings, origin) = match &options.source {
            Source::Sample => {
                let households = options.households.unwrap_or(0).max(MIN_HOUSEHOLDS);
                let mut wanted = SampleOptions { households, days: options.days, ..SampleOptions::default() };
                if let Some(day) = &options.day {
                    wanted.first_day = parse_day(day)?;
                }
                let all = sample(&wanted)?;
                (all, "a made-up community".to_owned())
            }
            Source::File(path) => (readings::read_csv_file(path)?, path.display().to_string()),
        };
        if let Some(households) = options.households {
            readings = readings.limit_meters(households as usize);
        }
        let (first_day, remark) = first_day(&readings, options.day.as_deref())?;
        let readings = readings.slice(first_day..first_day + u64::from(options.days));
        let names: Vec<String> = readings.meters().keys().cloned().collect();
        let wanted = WaterOptions {
            first_day,
            days: options.days,
            interval_secs: readings.interval_secs(),
            ..WaterOptions::default()
        };
        let water = if options.water { Some(water(&names, &wanted)?) } else { None };
        Ok(Data { readings, water, names, first_day, days: options.days, origin, remark })
    }

    /// What the homes' meters measure; each home has a meter of each.
    pub(super) fn utilities(&self) -> Vec<Utility> {
        let water = self.water.as_ref().map(|_| Utility::Water);
        [Utility::Electricity].into_iter().chain(water).collect()
    }

    fn of(&self, utility: Utility) -> Option<&Readings> {
        match utility {
            Utility::Electricity => Some(&self.readings),
            Utility::Water => self.water.as_ref(),
            Utility::Heat => None,
        }
    }

    pub(super) fn parameters(&self) -> Parameters {
        Parameters {
            interval: u64::from(self.readings.interval_secs()),
            floor: FEED_IN,
            cap: GRID,
            prices: UtilityPrices { water: self.water.as_ref().map(|_| WATER), ..UtilityPrices::default() },
            ..Parameters::default()
        }
    }

    /// The class of a utility's meters: 16 bits unless a reading needs more.
    pub(super) fn class(&self, utility: Utility) -> RangeBits {
        let narrow = self.of(utility).is_none_or(|readings| readings.interval_class_bits() == 16);
        if narrow { RangeBits::Bits16 } else { RangeBits::Bits32 }
    }

    pub(super) fn start(&self) -> Timestamp {
        Timestamp(self.first_day * DAY_SECS)
    }

    /// The windows to settle.
    pub(super) fn windows(&self, parameters: &Parameters) -> impl Iterator<Item = Window> + use<> {
        let first = parameters.window_at(self.start()).0;
        (first..first + u64::from(self.days) * DAY_SECS / parameters.window).map(Window)
    }

    /// What a home's meter of a utility counted in an interval; `None` if nobody read it.
    pub(super) fn metered(&self, utility: Utility, home: usize, interval: Interval) -> Option<Metered> {
        let reading = self.of(utility)?.get(self.names.get(home)?, interval.0)?;
        Some(Metered { export: Quantity(reading.export), import: Quantity(reading.import) })
    }

    /// A home's window in plain numbers: export and import in base units; `None` if any interval is missing.
    pub(super) fn window(
        &self,
        parameters: &Parameters,
        utility: Utility,
        home: usize,
        window: Window,
    ) -> Option<(u64, u64)> {
        let first = parameters.first_interval(window).0;
        let intervals = first..first + parameters.intervals_per_window() as u64;
        intervals.map(|at| self.metered(utility, home, Interval(at))).try_fold((0, 0), |(export, import), metered| {
            let metered = metered?;
            Some((export + u64::from(metered.export.0), import + u64::from(metered.import.0)))
        })
    }

    pub(super) fn day_text(&self) -> String {
        let last = self.first_day + u64::from(self.days) - 1;
        if self.days == 1 { date(self.first_day) } else { format!("{} to {}", date(self.first_day), date(last)) }
    }
}

/// A UTC day number as a date.
pub(super) fn date(day: u64) -> String {
    let julian = i32::try_from(day).ok().and_then(|day| day.checked_add(UNIX_EPOCH_JULIAN));
    julian.and_then(|day| Date::from_julian_day(day).ok()).map_or_else(|| format!("day {day}"), |date| date.to_string())
}

const UNIX_EPOCH_JULIAN: i32 = 2_440_588;

fn parse_day(text: &str) -> Result<u64, DemoError> {
    let bad = || DemoError::BadDay(text.to_owned());
    let parsed = Date::parse(text, &Iso8601::DATE).map_err(|_| bad())?;
    u64::try_from(parsed.to_julian_day() - UNIX_EPOCH_JULIAN).map_err(|_| bad())
}

fn first_day(readings: &Readings, wanted: Option<&str>) -> Result<(u64, Option<String>), DemoError> {
    if let Some(text) = wanted {
        let day = parse_day(text)?;
        let indices = readings.day_indices(day);
        let some = readings.meters().values().any(|meter| meter.range(indices.clone()).next().is_some());
        if some {
            return Ok((day, None));
        }
        let per_day = readings.intervals_per_day();
        let (first, last) = readings.span().unwrap_or((0, 0));
        let span = (date(first / per_day), date(last / per_day));
        return Err(DemoError::NoSuchDay { day: text.to_owned(), first: span.0, last: span.1 });
    }
    match readings.first_complete_day() {
        Some(FirstDay::Complete { day }) => Ok((day, None)),
        Some(FirstDay::MostPresent { day, present, expected }) => {
            let remark = format!(
                "No day of the data is complete; {} has the most readings: {present} of {expected}.",
                date(day)
            );
            Ok((day, Some(remark)))
        }
        None => Err(DemoError::Readings(readings::ReadingsError::NoReadings { line: 1 })),
    }
}
