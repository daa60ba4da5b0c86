//! Local time to UTC, once, here. The hour that comes twice in autumn is told apart by the order in the file: of two rows of one
//! series with the same local time the first is the earlier. The hour that spring leaves out does not exist, and is refused.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// What a local time is in UTC, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// One moment.
    Once(i64),
    /// Two, an hour apart.
    Twice(i64, i64),
    /// None; the clock jumps over it. The moment is what a clock that had not jumped would mean.
    Never(i64),
}

/// The moments that a local time may be.
pub(crate) fn moments(zone: &TimeZone, local: DateTime) -> Option<Moment> {
    let at = |offset: Offset| offset.to_timestamp(local).ok().map(|moment| moment.as_second());
    Some(match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Moment::Once(at(offset)?),
        AmbiguousOffset::Fold { before, after } => Moment::Twice(at(before)?, at(after)?),
        AmbiguousOffset::Gap { before, .. } => Moment::Never(at(before)?),
    })
}

/// A zone by its name, such as `Europe/Brussels` or `UTC`, or by its offset, such as `+01:00`. The names come with the program; the
/// system needs none.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if name == "UTC" || name == "Z" {
        return Some(TimeZone::UTC);
    }
    let (sign, digits) = match (name.strip_prefix('+'), name.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return TimeZone::get(name).ok(),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
    let number = |text: &str, most: i32| text.parse::<i32>().ok().filter(|n| (0..=most).contains(n));
    fixed(sign * (number(hours, 15)? * 3600 + number(minutes, 59)? * 60))
}

/// A zone that is so many seconds ahead of UTC all year.
pub(crate) fn fixed(seconds: i32) -> Option<TimeZone> {
    Offset::from_seconds(seconds).ok().map(TimeZone::fixed)
}

/// Why a local time has no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMoment {
    /// Not in the calendar that is reckoned with.
    OutOfRange,
    /// The clock jumps over it.
    Skipped,
    /// It comes twice in the year, and three times in the file.
    ThirdTime,
}

impl NoMoment {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::OutOfRange => "is not a time of this calendar",
            Self::Skipped => "does not exist: the clock jumps over it in spring",
            Self::ThirdTime => "exists twice in autumn, and is in the file more often",
        }
    }
}

/// Tells the two hours apart that look the same, by the order of the rows of each series.
pub(crate) struct Order {
    zone: TimeZone,
    /// By series and local time, for those that come twice: how often it was in the file, and where first.
    seen: HashMap<(u32, DateTime), (u8, u64)>,
}

impl Order {
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self { zone, seen: HashMap::new() }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The moment of the next row of a series, and whether it is the first of the two that look the same.
    pub(crate) fn next(&mut self, series: u32, local: DateTime, place: u64) -> Result<(i64, bool), NoMoment> {
        match moments(&self.zone, local).ok_or(NoMoment::OutOfRange)? {
            Moment::Once(at) => Ok((at, false)),
            Moment::Never(_) => Err(NoMoment::Skipped),
            Moment::Twice(first, second) => match self.seen.entry((series, local)) {
                Entry::Vacant(entry) => {
                    entry.insert((1, place));
                    Ok((first, true))
                }
                Entry::Occupied(mut entry) if entry.get().0 == 1 => {
                    entry.get_mut().0 = 2;
                    Ok((second, false))
                }
                Entry::Occupied(_) => Err(NoMoment::ThirdTime),
            },
        }
    }

    /// The first row whose local time comes twice in the year and only once in its series: which of the two it is, cannot be told.
    pub(crate) fn single(&self) -> Option<u64> {
        self.seen.values().filter(|(count, _)| *count == 1).map(|(_, place)| *place).min()
    }

    /// Places of all such rows.
    pub(crate) fn singles(&self) -> impl Iterator<Item = u64> {
        self.seen.values().filter(|(count, _)| *count == 1).map(|(_, place)| *place)
    }
}

/// The end of an interval that begins at `start`, shown as `start_local` and `end_local`. Of the moments that the end may be it is the
/// next after the start; in the first of two hours that look the same, it is as far from the start as the clock shows.
pub(crate) fn end(
    zone: &TimeZone,
    start: i64,
    (start_local, end_local): (DateTime, DateTime),
    first: bool,
) -> Option<i64> {
    let shown = end_local.duration_since(start_local).as_secs();
    if first && shown > 0 && shown <= 3600 {
        return start.checked_add(shown);
    }
    let after = |at: &i64| *at > start;
    match moments(zone, end_local)? {
        Moment::Once(at) | Moment::Never(at) => Some(at).filter(after),
        Moment::Twice(a, b) => Some(a).filter(after).or(Some(b).filter(after)),
    }
}
