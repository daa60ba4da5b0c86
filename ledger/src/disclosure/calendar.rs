//! Days and times of day where people live: the clock of a time zone, periods of whole days, hours of a week.
//!
//! The ledger itself knows no local time. Here intervals are placed by the local time of their first second, so that a day has
//! 23 or 25 hours when the clocks change, and each of them has its hour. The rules of all zones are those that this
//! program was built with, so that prover and checker with one version of it agree wherever they are.

use core::fmt;

use jiff::{
    civil::{Date, Weekday},
    tz::{Offset, TimeZone, TimeZoneDatabase},
};

use crate::{codec::Writer, units::Timestamp};

/// Why a text is no time zone, day, period or hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Unknown to this program.
    #[error("there is no time zone {0:?}: write one like Europe/Berlin, or a distance from UTC like +01:00")]
    Zone(String),
    /// No day.
    #[error("{0:?} is no day: write 2026-10-31")]
    Day(String),
    /// Nothing, or more than a year.
    #[error("a period ends on a later day than it begins, and has at most {longest} days")]
    Period {
        /// Most days.
        longest: u32,
    },
    /// No hours.
    #[error("{0:?} are no hours: write Mon-Fri 17-20, or Sat,Sun 0-24, or 22:30-24")]
    Hours(String),
}

/// The clock of a time zone.
#[derive(Clone, PartialEq, Eq)]
pub struct Calendar {
    name: String,
    zone: TimeZone,
}

impl Calendar {
    /// Of a name like `Europe/Berlin` or `UTC`, or of a distance from UTC like `+01:00`.
    ///
    /// # Errors
    /// [`CalendarError::Zone`].
    pub fn new(name: &str) -> Result<Self, CalendarError> {
        let unknown = || CalendarError::Zone(name.chars().take(60).collect());
        if let Some(offset) = offset(name) {
            return Ok(Calendar { name: name.to_owned(), zone: TimeZone::fixed(offset) });
        }
        let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| unknown())?;
        // The name as it is written everywhere, whatever letters were typed.
        let name = zone.iana_name().ok_or_else(unknown)?.to_owned();
        Ok(Calendar { name, zone })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first second of a day; `None` for a day before 1970.
    pub fn start_of(&self, day: Day) -> Option<Timestamp> {
        let start = day.0.to_zoned(self.zone.clone()).ok()?.start_of_day().ok()?;
        u64::try_from(start.timestamp().as_second()).ok().map(Timestamp)
    }

    /// The day of a time.
    pub fn day_of(&self, time: Timestamp) -> Day {
        Day(self.local(time).date())
    }

    fn local(&self, time: Timestamp) -> jiff::civil::DateTime {
        let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
        // A time beyond the calendar is none that any meter reads.
        self.zone.to_datetime(jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX))
    }

    /// The local time as people read it: `2026-10-31 17:15`.
    pub fn minute(&self, time: Timestamp) -> String {
        self.local(time).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.name)
    }
}

/// `+01:00`, at most 14 hours away.
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let seconds = sign * 60 * (60 * digits(hours, 2)? + digits(minutes, 2).filter(|minutes| *minutes < 60)?);
    // No second text of one clock.
    if seconds.abs() > 14 * 3600 || (seconds == 0 && sign < 0) {
        return None;
    }
    Offset::from_seconds(seconds).ok()
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i32> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// A day of the calendar, from 1970 to 2199.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// Of `2026-10-31`.
    ///
    /// # Errors
    /// [`CalendarError::Day`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        let wrong = || CalendarError::Day(text.chars().take(60).collect());
        let mut parts = text.split('-');
        let mut part = |count| parts.next().and_then(|part| digits(part, count)).ok_or_else(wrong);
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        if parts.next().is_some() || !(1970..2200).contains(&year) {
            return Err(wrong());
        }
        Date::new(year as i16, month as i8, day as i8).map(Day).map_err(|_| wrong())
    }

    /// How many days later another one is; `None` if it is not later.
    pub fn days_until(self, later: Day) -> Option<u32> {
        u32::try_from((later.0 - self.0).get_days()).ok().filter(|days| *days > 0)
    }

    /// The day before.
    pub fn yesterday(self) -> Option<Day> {
        self.0.yesterday().ok().map(Day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

/// Whole days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    from: Day,
    until: Day,
}

impl Period {
    /// From the first second of a day until that of a later one, which is not in it.
    ///
    /// # Errors
    /// [`CalendarError::Period`] if it has no day, or more than `longest`.
    pub fn new(from: Day, until: Day, longest: u32) -> Result<Self, CalendarError> {
        let days = from.days_until(until).filter(|days| *days <= longest);
        if days.is_some() { Ok(Period { from, until }) } else { Err(CalendarError::Period { longest }) }
    }

    /// The first day.
    pub fn from(&self) -> Day {
        self.from
    }

    /// The first day after it.
    pub fn until(&self) -> Day {
        self.until
    }

    /// How many days.
    pub fn days(&self) -> u32 {
        self.from.days_until(self.until).unwrap_or_default()
    }

    /// The first second, and the first one after it; `None` for a zone in which the day began before 1970.
    pub fn bounds(&self, calendar: &Calendar) -> Option<(Timestamp, Timestamp)> {
        Some((calendar.start_of(self.from)?, calendar.start_of(self.until)?))
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        // Ten bytes each.
        writer.bytes(self.from.to_string().as_bytes()).bytes(self.until.to_string().as_bytes());
    }
}

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "Mon"),
    (Weekday::Tuesday, "Tue"),
    (Weekday::Wednesday, "Wed"),
    (Weekday::Thursday, "Thu"),
    (Weekday::Friday, "Fri"),
    (Weekday::Saturday, "Sat"),
    (Weekday::Sunday, "Sun"),
];
const DAY_MINUTES: u16 = 24 * 60;

/// Hours of some days of the week, in local time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    /// Monday first.
    days: [bool; 7],
    /// Minutes after midnight.
    from: u16,
    /// The first minute after; at most 24:00.
    until: u16,
}

impl Hours {
    /// Of `Mon-Fri 17-20`, `Sat,Sun 0-24`, or `22:30-24` for every day. Hours do not go beyond midnight.
    ///
    /// # Errors
    /// [`CalendarError::Hours`].
    pub fn parse(text: &str) -> Result<Self, CalendarError> {
        Self::read(text).ok_or_else(|| CalendarError::Hours(text.chars().take(60).collect()))
    }

    fn read(text: &str) -> Option<Self> {
        let (days, hours) = match text.rsplit_once(' ') {
            Some((days, hours)) => (read_days(days)?, hours),
            None => ([true; 7], text),
        };
        let (from, until) = hours.split_once('-')?;
        let (from, until) = (read_minute(from)?, read_minute(until)?);
        (from < until).then_some(Hours { days, from, until })
    }

    /// Whether a time is in them.
    pub fn contain(&self, calendar: &Calendar, time: Timestamp) -> bool {
        let local = calendar.local(time);
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        self.days.get(day).copied().unwrap_or_default() && (self.from..self.until).contains(&minute)
    }

    pub(super) fn encode(&self, writer: &mut Writer) {
        let days = self.days.iter().enumerate().fold(0u8, |bits, (place, day)| bits | u8::from(*day) << place);
        writer.u8(days).u16(self.from).u16(self.until);
    }
}

fn read_days(text: &str) -> Option<[bool; 7]> {
    let place = |name: &str| WEEK.iter().position(|(_, day)| day.eq_ignore_ascii_case(name));
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (place(first.trim())?, place(last.trim())?);
        // Fri-Mon goes over the weekend.
        for step in 0..=(last + 7 - first) % 7 {
            days[(first + step) % 7] = true;
        }
    }
    Some(days)
}

fn read_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    let hour = digits(hour, hour.len()).filter(|_| (1..=2).contains(&hour.len()))?;
    let minute = digits(minute, 2).filter(|minute| *minute < 60)?;
    u16::try_from(hour * 60 + minute).ok().filter(|minute| *minute <= DAY_MINUTES)
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut place = 0;
        while place < 7 {
            let run = self.days[place..].iter().take_while(|day| **day).count();
            match run {
                0 => {}
                1 => write!(f, "{separator}{}", WEEK[place].1)?,
                _ => write!(f, "{separator}{}-{}", WEEK[place].1, WEEK[place + run - 1].1)?,
            }
            if run > 0 {
                separator = ",";
            }
            place += run.max(1);
        }
        let clock = |minute: u16| (minute / 60, minute % 60);
        let ((from, from_minute), (until, until_minute)) = (clock(self.from), clock(self.until));
        write!(f, " {from:02}:{from_minute:02}-{until:02}:{until_minute:02}")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn berlin() -> Calendar {
        Calendar::new("Europe/Berlin").unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn days_have_23_24_or_25_hours_where_the_clocks_change() {
        let hours = |calendar: &Calendar, from: &str, until: &str| {
            let (from, until) = Period::new(day(from), day(until), 366).unwrap().bounds(calendar).unwrap();
            (until.0 - from.0) / 3600
        };
        assert_eq!(hours(&berlin(), "2026-03-29", "2026-03-30"), 23);
        assert_eq!(hours(&berlin(), "2026-06-01", "2026-06-02"), 24);
        assert_eq!(hours(&berlin(), "2026-10-25", "2026-10-26"), 25);
        let fixed = Calendar::new("+01:00").unwrap();
        assert_eq!(hours(&fixed, "2026-03-29", "2026-03-30"), 24);
        assert_eq!(fixed.start_of(day("2026-03-29")), berlin().start_of(day("2026-03-29")));
        // The clock goes forward at midnight: the day begins at one.
        let beirut = Calendar::new("Asia/Beirut").unwrap();
        assert_eq!(hours(&beirut, "2026-03-29", "2026-03-30"), 23);
        assert_eq!(beirut.minute(beirut.start_of(day("2026-03-29")).unwrap()), "2026-03-29 01:00");
        assert_eq!(Calendar::new("+01:00").unwrap().start_of(day("1970-01-01")), None);
    }

    #[test]
    fn both_hours_of_a_long_night_are_the_same_hour_of_the_clock() {
        let night = Hours::parse("Sun 2-3").unwrap();
        let start = berlin().start_of(day("2026-10-25")).unwrap();
        let inside = |quarter: u64| night.contain(&berlin(), start.plus(900 * quarter));
        assert_eq!((0..100).filter(|quarter| inside(*quarter)).collect::<Vec<_>>(), (8..16).collect::<Vec<_>>());
        let start = berlin().start_of(day("2026-03-29")).unwrap();
        assert!(!(0..92).any(|quarter| night.contain(&berlin(), start.plus(900 * quarter))), "it does not exist");
    }

    #[test]
    fn zones_have_one_name() {
        for (text, name) in [
            ("europe/berlin", "Europe/Berlin"),
            ("UTC", "UTC"),
            ("+00:00", "+00:00"),
            ("-03:30", "-03:30"),
            ("+14:00", "+14:00"),
        ] {
            assert_eq!(Calendar::new(text).unwrap().name(), name);
        }
        for text in ["", "Europe", "Mars/Olympus", "+1:00", "+01", "-00:00", "+14:01", "+01:60", "+01:00:00", "+ 1:00"]
        {
            assert_eq!(Calendar::new(text), Err(CalendarError::Zone(text.to_owned())));
        }
    }

    #[test]
    fn days_and_periods_are_read_or_refused() {
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
        assert_eq!(day("2024-03-01").yesterday(), Some(day("2024-02-29")));
        for text in
            ["", "2026-02-29", "2026-1-01", "2026-01-010", "26-01-01", "2026-01-01-", "1969-12-31", "2200-01-01"]
        {
            assert_eq!(Day::parse(text), Err(CalendarError::Day(text.to_owned())));
        }
        let (first, last) = (day("2024-01-01"), day("2025-01-01"));
        assert_eq!(Period::new(first, last, 366).unwrap().days(), 366);
        for (from, until, longest) in [(first, first, 366), (last, first, 366), (first, last, 365)] {
            assert_eq!(Period::new(from, until, longest), Err(CalendarError::Period { longest }));
        }
    }

    #[test]
    fn hours_are_read_and_written_in_one_way() {
        for (text, written) in [
            ("Mon-Fri 17-20", "Mon-Fri 17:00-20:00"),
            ("sat,SUN 0-24", "Sat-Sun 00:00-24:00"),
            ("22:30-24", "Mon-Sun 22:30-24:00"),
            ("Fri-Mon 6-7:45", "Mon,Fri-Sun 06:00-07:45"),
            ("Wed, Mon 00:00-00:01", "Mon,Wed 00:00-00:01"),
        ] {
            let hours = Hours::parse(text).unwrap();
            assert_eq!(hours.to_string(), written);
            assert_eq!(Hours::parse(written), Ok(hours));
        }
        let wrong = [
            "",
            "Mon",
            "17",
            "20-17",
            "17-17",
            "22-25",
            "24:01-24:02",
            "Mon-Fri",
            "Mo 1-2",
            "Mon  1-2x",
            "1:5-2",
            "-1-2",
        ];
        for text in wrong {
            assert_eq!(Hours::parse(text), Err(CalendarError::Hours(text.to_owned())), "{text}");
        }
    }
}
