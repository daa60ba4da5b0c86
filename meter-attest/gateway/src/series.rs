//! The grid operator's values by interval: files read, the right metering point chosen, brought to the network's intervals.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use hushwatt_drivers::{Direction, DriverError, Medium, Options, Report, Series, SeriesQuality, read_all};
use hushwatt_ledger::units::Interval;

/// Longest file that is read: two years of quarter hours of one metering point, many times over.
const MAX_FILE: u64 = 64 << 20;
/// Files count in no coarser steps than these thousandths of a base unit (1 kWh).
const COARSEST: u64 = 1_000_000;

/// Why a file gives no series.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// It cannot be read.
    #[error("could not read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Far too long.
    #[error("{} is longer than 64 MiB: split it by month", .0.display())]
    TooLong(PathBuf),
    /// Not understood.
    #[error("{}: {source}", path.display())]
    Driver {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DriverError,
    },
    /// Telegrams, not series.
    #[error("{} holds telegrams of a meter, not the grid operator's values by interval", .0.display())]
    Telegrams(PathBuf),
    /// Nothing of this medium.
    #[error("the file has no values for {0:?}")]
    NoMedium(Medium),
    /// Several points.
    #[error(
        "the file speaks of several metering points ({0}): say which one (reading.point in gateway.toml, or --point)"
    )]
    SeveralPoints(String),
    /// Not the named one.
    #[error("the file does not speak of metering point \"{point}\", but of {found}")]
    OtherPoint {
        /// The named one.
        point: String,
        /// What there is.
        found: String,
    },
    /// Intervals that do not fit.
    #[error(
        "the file's values are for {found} s each, and the network's intervals are {interval} s: ask the operator for finer values"
    )]
    Coarse {
        /// Length of one of its values.
        found: u32,
        /// Length of an interval.
        interval: u64,
    },
}

/// The operator's values of one metering point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// Taken by the household.
    pub import: Option<GridSeries>,
    /// Given by it.
    pub export: Option<GridSeries>,
}

/// The operator's values of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridSeries {
    /// By interval.
    pub values: BTreeMap<Interval, GridValue>,
    /// What the last digit of the file counts, thousandths of a base unit.
    pub rounding: u64,
}

/// The operator's value of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GridValue {
    /// Thousandths of a base unit.
    pub milli: u64,
    /// How sure he is.
    pub quality: SeriesQuality,
}

/// Reads a file of values by interval; `format` is a name, or nothing to recognise it.
///
/// # Errors
/// [`SeriesError`].
pub fn read_series(path: &Path, format: Option<&str>, options: &Options) -> Result<Vec<Series>, SeriesError> {
    let io = |source| SeriesError::Read { path: path.to_path_buf(), source };
    if fs::metadata(path).map_err(io)?.len() > MAX_FILE {
        return Err(SeriesError::TooLong(path.to_path_buf()));
    }
    let bytes = fs::read(path).map_err(io)?;
    let reports = read_all(&bytes, format, options);
    let reports = reports.map_err(|source| SeriesError::Driver { path: path.to_path_buf(), source })?;
    let mut all = Vec::new();
    for report in reports {
        match report {
            Report::Series(series) => all.extend(series),
            Report::Telegram(_) => return Err(SeriesError::Telegrams(path.to_path_buf())),
        }
    }
    Ok(all)
}

/// The values of one metering point in the network's intervals.
///
/// # Errors
/// [`SeriesError`] if there is none, or it is not clear which.
pub fn grid(series: &[Series], medium: Medium, point: Option<&str>, interval: u64) -> Result<Grid, SeriesError> {
    let of_medium: Vec<&Series> = series.iter().filter(|series| series.medium == medium).collect();
    let mut points: Vec<&str> = of_medium.iter().map(|series| series.meter.as_str()).collect();
    points.sort_unstable();
    points.dedup();
    let found = points.join(", ");
    let point = match (point, points.as_slice()) {
        (_, []) => return Err(SeriesError::NoMedium(medium)),
        (Some(point), _) if points.contains(&point) => point,
        (Some(point), _) => return Err(SeriesError::OtherPoint { point: point.to_owned(), found }),
        (None, [one]) => one,
        (None, _) => return Err(SeriesError::SeveralPoints(found)),
    };
    let of = |direction| {
        let own: Vec<&Series> =
            of_medium.iter().copied().filter(|series| series.meter == point && series.direction == direction).collect();
        if own.is_empty() { Ok(None) } else { one_direction(&own, interval).map(Some) }
    };
    Ok(Grid { import: of(Direction::Import)?, export: of(Direction::Export)? })
}

fn one_direction(series: &[&Series], interval: u64) -> Result<GridSeries, SeriesError> {
    let all = || series.iter().flat_map(|series| &series.values);
    if let Some(wrong) = all().find(|value| value.seconds == 0 || !interval.is_multiple_of(u64::from(value.seconds))) {
        return Err(SeriesError::Coarse { found: wrong.seconds, interval });
    }
    let mut rounding = COARSEST;
    // Seconds that are covered, and the value, of each interval.
    let mut sums: BTreeMap<u64, (u64, GridValue)> = BTreeMap::new();
    for value in all() {
        while rounding > 1 && !value.milli.is_multiple_of(rounding) {
            rounding /= 10;
        }
        let entry = sums
            .entry(value.start.0 / interval)
            .or_insert((0, GridValue { milli: 0, quality: SeriesQuality::Measured }));
        entry.0 += u64::from(value.seconds);
        entry.1.milli = entry.1.milli.saturating_add(value.milli);
        entry.1.quality = worse(entry.1.quality, value.quality);
    }
    // A value that does not begin where an interval does covers a part of two; such intervals are left out.
    let whole = sums.into_iter().filter(|(_, (seconds, _))| *seconds == interval);
    Ok(GridSeries { values: whole.map(|(number, (_, value))| (Interval(number), value)).collect(), rounding })
}

fn worse(one: SeriesQuality, other: SeriesQuality) -> SeriesQuality {
    let rank = |quality| match quality {
        SeriesQuality::Measured => 0,
        SeriesQuality::Unstated => 1,
        SeriesQuality::Substituted => 2,
        SeriesQuality::Estimated => 3,
    };
    if rank(one) >= rank(other) { one } else { other }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_drivers::{IntervalValue, UnixTime};

    use super::*;

    fn series(meter: &str, direction: Direction, seconds: u32, values: &[u64]) -> Series {
        let values = values.iter().zip(0..).map(|(milli, place)| IntervalValue {
            start: UnixTime(900_000 + place * u64::from(seconds)),
            seconds,
            milli: *milli,
            quality: SeriesQuality::Measured,
        });
        Series { meter: meter.to_owned(), medium: Medium::Electricity, direction, values: values.collect() }
    }

    #[test]
    fn finer_values_are_added_and_coarser_ones_refused() {
        let five = series("A", Direction::Import, 300, &[1_000, 2_000, 3_500, 10, 20]);
        let read = grid(&[five], Medium::Electricity, None, 900).unwrap().import.unwrap();
        assert_eq!(read.rounding, 10);
        assert_eq!(read.values.len(), 1, "an interval that is not whole is left out");
        assert_eq!(read.values[&Interval(1_000)].milli, 6_500);
        let hourly = series("A", Direction::Import, 3_600, &[1_000]);
        assert!(matches!(grid(&[hourly], Medium::Electricity, None, 900), Err(SeriesError::Coarse { .. })));
    }

    #[test]
    fn which_metering_point_is_meant_must_be_clear() {
        let two = [series("A", Direction::Import, 900, &[1]), series("B", Direction::Import, 900, &[2])];
        assert!(matches!(grid(&two, Medium::Electricity, None, 900), Err(SeriesError::SeveralPoints(_))));
        let one = grid(&two, Medium::Electricity, Some("B"), 900).unwrap();
        assert_eq!(one.import.unwrap().values[&Interval(1_000)].milli, 2);
        assert!(one.export.is_none());
        assert!(matches!(grid(&two, Medium::Electricity, Some("C"), 900), Err(SeriesError::OtherPoint { .. })));
        assert!(matches!(grid(&two, Medium::Water, None, 900), Err(SeriesError::NoMedium(_))));
    }
}
