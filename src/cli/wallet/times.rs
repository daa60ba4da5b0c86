//! Times as this machine's clock shows them, and as people type them.

use hushwatt_ledger::units::Timestamp;
use jiff::{Zoned, civil, tz::TimeZone};

use super::error::WalletCommandError;

/// Which of the many `07:00` is meant.
#[derive(Clone, Copy)]
pub(crate) enum Meant {
    /// The next one.
    Next,
    /// The last one.
    Last,
}

/// A time zone's clock.
#[derive(Clone)]
pub(crate) struct Clockface {
    zone: TimeZone,
}

impl Clockface {
    /// Of this machine.
    pub fn system() -> Self {
        Clockface { zone: TimeZone::system() }
    }

    /// Of Greenwich, as the ledger divides its days.
    pub fn utc() -> Self {
        Clockface { zone: TimeZone::UTC }
    }

    /// A stretch of time from a first second until the first one after it: `2026-06-16`, `2026-06-16 to 2026-06-22` or
    /// `2026-06-16 04:00 to 06:00`.
    pub fn stretch(&self, from: Timestamp, until: Timestamp) -> String {
        let midnight = |time: Timestamp| self.hour(time) == "00:00";
        let (first, last) = (self.day(from), self.day(until.minus(1)));
        match (midnight(from) && midnight(until), first == last) {
            (true, true) => first,
            (true, false) => format!("{first} to {last}"),
            (false, true) => format!("{} to {}", self.minute(from), self.hour(until)),
            (false, false) => format!("{} to {}", self.minute(from), self.minute(until)),
        }
    }

    fn zoned(&self, time: Timestamp) -> Zoned {
        let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
        // A time beyond the calendar is none that a household meets.
        jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX).to_zoned(self.zone.clone())
    }

    /// `2026-06-16 07:05`.
    pub fn minute(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// `2026-06-16`.
    pub fn day(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%Y-%m-%d").to_string()
    }

    /// `07:05`.
    pub fn hour(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%H:%M").to_string()
    }

    /// The zone at a time: `CEST`.
    pub fn zone_at(&self, time: Timestamp) -> String {
        self.zoned(time).strftime("%Z").to_string()
    }

    /// A time as people type it: `2026-06-16 07:00`, `2026-06-16`, `07:00`, or with a zone `2026-06-16T05:00:00Z`.
    pub fn read(&self, text: &str, now: Timestamp, meant: Meant) -> Result<Timestamp, WalletCommandError> {
        let text = text.trim();
        let wrong = || {
            WalletCommandError::Input(format!(
                "\"{text}\" is no time: write 2026-06-16 07:00, or 07:00, or 2026-06-16T05:00:00Z"
            ))
        };
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return seconds(instant).ok_or_else(wrong);
        }
        if let Ok(time) = text.parse::<civil::Time>()
            && text.contains(':')
            && !text.contains('-')
        {
            return self.nearest(time, now, meant).ok_or_else(wrong);
        }
        let local = match text.parse::<civil::Date>() {
            // A date with an hour behind it is a date to the library too.
            Ok(date) if !text.contains([' ', 'T', 't']) => date.at(0, 0, 0, 0),
            _ => text.parse::<civil::DateTime>().map_err(|_| wrong())?,
        };
        let zoned = local.to_zoned(self.zone.clone()).map_err(|_| wrong())?;
        seconds(zoned.timestamp()).ok_or_else(wrong)
    }

    fn nearest(&self, time: civil::Time, now: Timestamp, meant: Meant) -> Option<Timestamp> {
        let today = self.zoned(now).date();
        let days = match meant {
            Meant::Next => [today, today.tomorrow().ok()?],
            Meant::Last => [today, today.yesterday().ok()?],
        };
        let mut times = days.iter().filter_map(|day| {
            let zoned = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
            seconds(zoned.timestamp())
        });
        times.find(|at| match meant {
            Meant::Next => *at > now,
            Meant::Last => *at <= now,
        })
    }
}

fn seconds(instant: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(instant.as_second()).ok().map(Timestamp)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// 2026-06-16T04:40:00Z.
    const NOW: Timestamp = Timestamp(1_781_584_800);

    fn face() -> Clockface {
        Clockface { zone: TimeZone::fixed(jiff::tz::offset(2)) }
    }

    #[test]
    fn times_are_shown_and_read_in_the_zone() {
        let face = face();
        assert_eq!(
            (face.minute(NOW), face.day(NOW), face.hour(NOW)),
            ("2026-06-16 06:40".into(), "2026-06-16".into(), "06:40".into())
        );
        for (text, expected) in [
            ("2026-06-16 07:00", NOW.plus(1200)),
            ("2026-06-16T07:00", NOW.plus(1200)),
            ("2026-06-16 07", NOW.plus(1200)),
            ("2026-06-16T05:00:00Z", NOW.plus(1200)),
            ("2026-06-16", NOW.minus(6 * 3600 + 2400)),
            ("07:00", NOW.plus(1200)),
            ("06:00", NOW.plus(86_400 - 2400)),
        ] {
            assert_eq!(face.read(text, NOW, Meant::Next).unwrap(), expected, "{text}");
        }
        assert_eq!(face.read("07:00", NOW, Meant::Last).unwrap(), NOW.minus(86_400 - 1200));
        assert_eq!(face.read("06:00", NOW, Meant::Last).unwrap(), NOW.minus(2400));
    }

    #[test]
    fn stretches_of_time_are_named_by_their_days_or_their_hours() {
        // 2026-06-16T00:00:00Z.
        let (utc, midnight) = (Clockface::utc(), NOW.minus(NOW.0 % 86_400));
        assert_eq!(utc.stretch(midnight, midnight.plus(86_400)), "2026-06-16");
        assert_eq!(utc.stretch(midnight, midnight.plus(7 * 86_400)), "2026-06-16 to 2026-06-22");
        assert_eq!(utc.stretch(midnight.plus(14_400), midnight.plus(21_600)), "2026-06-16 04:00 to 06:00");
        assert_eq!(utc.stretch(midnight.plus(79_200), midnight.plus(86_400)), "2026-06-16 22:00 to 00:00");
        assert_eq!(utc.stretch(midnight.plus(7_200), midnight.plus(93_600)), "2026-06-16 02:00 to 2026-06-17 02:00");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "25:00", "2026-13-01", "2026-06-16 7", "7", "1969-01-01"] {
            assert!(face().read(text, NOW, Meant::Next).is_err(), "{text}");
        }
    }
}
