//! From the values of a file, in any order, to series: sorted, tariffs added, duplicates dropped, contradictions refused.
//!
//! Rounding: values are exact until here, and a series has thousandths of base units. What is finer is carried over to the next
//! interval: each value is the exact sum so far, rounded down, less the one before. So the sum of a series is the exact sum of the
//! file, rounded down once, and never off by more than a thousandth of a watt-hour or litre, however many values it has.

use std::collections::BTreeMap;

use super::decimal::{FINE, Unit};
use super::{ERA, LONGEST_SECONDS, MAX_VALUES, malformed};
use crate::{Direction, DriverError, IntervalValue, Medium, Series, SeriesQuality, UnixTime};

/// A watt-hour, or a litre.
pub(crate) const BASE: Unit = Unit::ten(3);
/// A kilowatt-hour, or a cubic metre.
pub(crate) const KILO: Unit = Unit::ten(6);
/// A cubic foot: 28.316846592 litres.
pub(crate) const CUBIC_FOOT: Unit = Unit { mantissa: 28_316_846_592, exponent: -6 };
/// A US gallon: 3.785411784 litres.
pub(crate) const US_GALLON: Unit = Unit { mantissa: 3_785_411_784, exponent: -6 };
/// An imperial gallon: 4.54609 litres.
pub(crate) const IMPERIAL_GALLON: Unit = Unit { mantissa: 454_609, exponent: -2 };

/// Of what a value is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) meter: String,
    pub(crate) medium: Medium,
    pub(crate) direction: Direction,
}

/// One value of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) start: u64,
    pub(crate) seconds: u64,
    /// Values of different tariffs in one interval add up; `None` is the total, and stands before the tariffs.
    pub(crate) tariff: Option<u8>,
    /// In [`FINE`] parts of thousandths; `None` if the file says that there is no value.
    pub(crate) fine: Option<u128>,
    pub(crate) quality: SeriesQuality,
    /// Where it is in the file.
    pub(crate) place: u64,
}

/// The values so far.
pub(crate) struct Collector {
    format: &'static str,
    /// What places count: `line` or `byte`.
    places: &'static str,
    pieces: BTreeMap<Key, Vec<Piece>>,
    count: usize,
}

impl Collector {
    pub(crate) fn new(format: &'static str, places: &'static str) -> Self {
        Self { format, places, pieces: BTreeMap::new(), count: 0 }
    }

    pub(crate) fn add(&mut self, key: Key, piece: Piece) -> Result<(), DriverError> {
        let end = piece.start.saturating_add(piece.seconds);
        if !ERA.contains(&piece.start) || !ERA.contains(&end) {
            return Err(self.wrong(piece.place, "the time is not between the years 2000 and 2100"));
        }
        if piece.seconds == 0 || piece.seconds > LONGEST_SECONDS {
            return Err(self.wrong(piece.place, "the interval is not between a second and a year"));
        }
        self.count += 1;
        if self.count > MAX_VALUES {
            return Err(self.wrong(piece.place, &format!("more than {MAX_VALUES} values")));
        }
        self.pieces.entry(key).or_default().push(piece);
        Ok(())
    }

    /// The series, without those that have no value at all.
    pub(crate) fn finish(mut self) -> Result<Vec<Series>, DriverError> {
        let pieces = core::mem::take(&mut self.pieces);
        let mut series = Vec::with_capacity(pieces.len());
        for (key, pieces) in pieces {
            let values = self.values(pieces)?;
            if !values.is_empty() {
                let Key { meter, medium, direction } = key;
                series.push(Series { meter, medium, direction, values });
            }
        }
        Ok(series)
    }

    fn values(&self, mut pieces: Vec<Piece>) -> Result<Vec<IntervalValue>, DriverError> {
        pieces.sort_by_key(|piece| (piece.start, piece.tariff, piece.place));
        let mut values: Vec<IntervalValue> = Vec::with_capacity(pieces.len());
        let (mut sum, mut carried, mut end, mut last_place) = (0u128, 0u128, 0u64, 0u64);
        for same_start in pieces.chunk_by(|a, b| a.start == b.start) {
            let Some(piece) = self.one_interval(same_start)? else { continue };
            if piece.start < end {
                let what = format!("overlaps with the interval of {} {last_place}", self.places);
                return Err(self.wrong(piece.place, &what));
            }
            end = piece.start.saturating_add(piece.seconds);
            last_place = piece.place;
            let Some(fine) = piece.fine else { continue };
            let too_large = || self.wrong(piece.place, "the sum is beyond any meter");
            sum = sum.checked_add(fine).ok_or_else(too_large)?;
            let whole = sum / FINE;
            let milli = u64::try_from(whole - carried).map_err(|_| too_large())?;
            carried = whole;
            let seconds = u32::try_from(piece.seconds).map_err(|_| self.wrong(piece.place, "too long an interval"))?;
            values.push(IntervalValue { start: UnixTime(piece.start), seconds, milli, quality: piece.quality });
        }
        // Nobody downstream shall have to think of an overflowing sum.
        u64::try_from(carried).map_err(|_| self.wrong(last_place, "the sum is beyond any meter"))?;
        Ok(values)
    }

    /// One value of what the file says of one start: duplicates once, the total or else the tariffs added.
    fn one_interval(&self, pieces: &[Piece]) -> Result<Option<Piece>, DriverError> {
        let mut whole: Option<Piece> = None;
        for same_tariff in pieces.chunk_by(|a, b| a.tariff == b.tariff) {
            let Some(piece) = self.once(same_tariff)? else { continue };
            let Some(so_far) = whole else {
                whole = Some(piece);
                continue;
            };
            if so_far.seconds != piece.seconds {
                let what = format!("overlaps with the interval of {} {}", self.places, so_far.place);
                return Err(self.wrong(piece.place, &what));
            }
            // The total sorts first, and is all.
            if so_far.tariff.is_none() {
                break;
            }
            let fine = match (so_far.fine, piece.fine) {
                (Some(a), Some(b)) => {
                    Some(a.checked_add(b).ok_or_else(|| self.wrong(piece.place, "the sum is beyond any meter"))?)
                }
                _ => None,
            };
            whole = Some(Piece { fine, quality: worse(so_far.quality, piece.quality), ..so_far });
        }
        Ok(whole)
    }

    /// One of several that say the same; one with a value before one that says there is none.
    fn once(&self, pieces: &[Piece]) -> Result<Option<Piece>, DriverError> {
        let mut kept: Option<Piece> = None;
        for piece in pieces {
            let Some(earlier) = kept else {
                kept = Some(*piece);
                continue;
            };
            if earlier.seconds != piece.seconds {
                let what = format!("overlaps with the interval of {} {}", self.places, earlier.place);
                return Err(self.wrong(piece.place, &what));
            }
            match (earlier.fine, piece.fine) {
                (None, Some(_)) => kept = Some(*piece),
                (Some(a), Some(b)) if a != b || earlier.quality != piece.quality => {
                    let what = format!(
                        "contradicts {} {}: another value or quality for the same time",
                        self.places, earlier.place
                    );
                    return Err(self.wrong(piece.place, &what));
                }
                _ => {}
            }
        }
        Ok(kept)
    }

    fn wrong(&self, place: u64, what: &str) -> DriverError {
        malformed(self.format, format!("{} {place}: {what}", self.places))
    }
}

/// The less sure of two.
pub(crate) fn worse(a: SeriesQuality, b: SeriesQuality) -> SeriesQuality {
    let rank = |quality| match quality {
        SeriesQuality::Measured => 0,
        SeriesQuality::Substituted => 1,
        SeriesQuality::Unstated => 2,
        SeriesQuality::Estimated => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}
