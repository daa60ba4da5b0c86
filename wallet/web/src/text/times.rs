//! Times as the household's clock shows them: in its own time zone, with its own days, which have 23 or 25 hours twice a year.

use hushwatt_ledger::units::Timestamp;
use jiff::{ToSpan, Zoned, civil::Date, tz::TimeZone};

use super::{Key, Language, Tongue};

const MONTHS: [Key; 12] = [
    Key("month-1"),
    Key("month-2"),
    Key("month-3"),
    Key("month-4"),
    Key("month-5"),
    Key("month-6"),
    Key("month-7"),
    Key("month-8"),
    Key("month-9"),
    Key("month-10"),
    Key("month-11"),
    Key("month-12"),
];

/// Shows times in a language and a time zone.
#[derive(Clone)]
pub(crate) struct Clockface {
    pub tongue: Tongue,
    pub zone: TimeZone,
}

/// A day of the household's calendar, and the stretch of time that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub date: Date,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Clockface {
    fn zoned(&self, time: Timestamp) -> Zoned {
        let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
        // A time beyond the calendar is none that a household meets.
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_zoned(self.zone.clone())
    }

    /// Day of the calendar that a time is in.
    pub fn date_of(&self, time: Timestamp) -> Date {
        self.zoned(time).date()
    }

    /// A day's first and last seconds.
    pub fn day(&self, date: Date) -> Day {
        let first = |date: Date| {
            let midnight = date.to_zoned(self.zone.clone()).map_or(0, |zoned| zoned.timestamp().as_second());
            Timestamp(u64::try_from(midnight).unwrap_or(0))
        };
        let next = date.checked_add(1.day()).unwrap_or(date);
        Day { date, from: first(date), until: first(next) }
    }

    /// `14:30`.
    pub fn time(&self, time: Timestamp) -> String {
        let zoned = self.zoned(time);
        format!("{:02}:{:02}", zoned.hour(), zoned.minute())
    }

    /// `21 November 2026` or `21. November 2026`.
    pub fn date(&self, date: Date) -> String {
        let month = self.month(date.month().unsigned_abs());
        match self.tongue.language {
            Language::English => format!("{}\u{a0}{month} {}", date.day(), date.year()),
            Language::German => format!("{}.\u{a0}{month} {}", date.day(), date.year()),
        }
    }

    /// A stretch of time from a first second until the first one after it, in UTC as the ledger divides its days.
    pub fn stretch(&self, from: Timestamp, until: Timestamp) -> String {
        let utc = Clockface { zone: TimeZone::UTC, ..self.clone() };
        let (first, last) = (utc.date_of(from), utc.date_of(until.minus(1)));
        let days = [from, until].iter().all(|time| time.0.is_multiple_of(86_400));
        let (hour, end) = (utc.time(from), utc.time(until));
        match (days, first == last) {
            (true, true) => self.tongue.fill("stretch-day", [("date", utc.date(first).into())]),
            (true, false) => {
                self.tongue.fill("stretch-days", [("first", utc.date(first).into()), ("last", utc.date(last).into())])
            }
            (false, true) => self.tongue.fill(
                "stretch-hours",
                [("date", utc.date(first).into()), ("from", hour.into()), ("until", end.into())],
            ),
            (false, false) => self.tongue.fill(
                "stretch-moments",
                [
                    ("first", utc.date(first).into()),
                    ("from", hour.into()),
                    ("last", utc.date(utc.date_of(until)).into()),
                    ("until", end.into()),
                ],
            ),
        }
    }

    /// Day and time of day; for today and its neighbours in words.
    pub fn moment(&self, time: Timestamp, now: Timestamp) -> String {
        let (date, today) = (self.date_of(time), self.date_of(now));
        let hour = self.time(time);
        let near = |days: i32| today.checked_add(days.days()).is_ok_and(|near| near == date);
        if near(0) {
            self.tongue.fill("moment-today", [("time", hour.into())])
        } else if near(1) {
            self.tongue.fill("moment-tomorrow", [("time", hour.into())])
        } else if near(-1) {
            self.tongue.fill("moment-yesterday", [("time", hour.into())])
        } else {
            self.tongue.fill("moment-other", [("date", self.date(date).into()), ("time", hour.into())])
        }
    }

    /// For machines: `2026-11-21T13:30:00Z`.
    pub fn machine(&self, time: Timestamp) -> String {
        let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_string()
    }

    /// A month's name.
    pub fn month(&self, month: u8) -> String {
        let place = usize::from(month.clamp(1, 12)) - 1;
        self.tongue.key(MONTHS[place])
    }

    /// How long something takes or is away: `3 minutes`.
    pub fn span(&self, seconds: u64) -> String {
        let minutes = seconds.div_ceil(60);
        if seconds < 60 {
            self.tongue.say("span-moment")
        } else if minutes < 90 {
            self.tongue.fill("span-minutes", [("count", minutes.into())])
        } else if minutes < 36 * 60 {
            self.tongue.fill("span-hours", [("count", ((minutes + 30) / 60).into())])
        } else {
            self.tongue.fill("span-days", [("count", ((minutes + 720) / 1440).into())])
        }
    }

    /// The zone's name, for the page's foot.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// A day as date fields give it.
pub(crate) fn read_date(text: &str) -> Option<Date> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn face(language: Language) -> Clockface {
        Clockface { tongue: Tongue::new(language), zone: TimeZone::fixed(jiff::tz::offset(1)) }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let face = face(Language::English);
        let day = face.day(date(2026, 11, 21));
        assert_eq!((day.from, day.until), (Timestamp(1_795_215_600), Timestamp(1_795_302_000)));
        assert_eq!(face.date_of(day.from), day.date);
        assert_eq!(face.date_of(day.until), date(2026, 11, 22));
        assert_eq!(face.time(day.from), "00:00");
    }

    #[test]
    fn moments_are_said_in_words_when_they_are_near() {
        let face = face(Language::English);
        let now = Timestamp(1_795_253_600);
        assert_eq!(face.moment(now, now), "today, 10:33");
        assert_eq!(face.moment(now.plus(86_400), now), "tomorrow, 10:33");
        assert_eq!(face.moment(now.minus(86_400), now), "yesterday, 10:33");
        assert_eq!(face.moment(now.minus(5 * 86_400), now), "16\u{a0}November 2026, 10:33");
    }

    #[test]
    fn spans_have_one_unit_and_the_right_plural() {
        let (english, german) = (face(Language::English), face(Language::German));
        assert_eq!(english.span(61), "2 minutes");
        assert_eq!(english.span(60), "1 minute");
        assert_eq!(german.span(60), "1 Minute");
        assert_eq!(german.span(7_200), "2 Stunden");
        assert_eq!(english.span(5 * 86_400), "5 days");
    }

    #[test]
    fn stretches_are_named_by_the_days_of_utc_or_by_hours() {
        let (english, german) = (face(Language::English), face(Language::German));
        // 2026-11-21T00:00:00Z.
        let midnight = Timestamp(1_795_219_200);
        assert_eq!(english.stretch(midnight, midnight.plus(86_400)), "21\u{a0}November 2026 (UTC)");
        let week = "21.\u{a0}November 2026 bis 27.\u{a0}November 2026 (UTC)";
        assert_eq!(german.stretch(midnight, midnight.plus(7 * 86_400)), week);
        let hours = "21\u{a0}November 2026, 22:00 to 00:00 (UTC)";
        assert_eq!(english.stretch(midnight.plus(79_200), midnight.plus(86_400)), hours);
        let over = "21\u{a0}November 2026, 23:00 to 22\u{a0}November 2026, 01:00 (UTC)";
        assert_eq!(english.stretch(midnight.plus(82_800), midnight.plus(90_000)), over);
    }

    #[test]
    fn no_time_is_beyond_it() {
        let face = face(Language::German);
        assert!(face.machine(Timestamp(u64::MAX)).starts_with("9999"));
        assert!(!face.moment(Timestamp(u64::MAX), Timestamp(0)).is_empty());
    }
}
