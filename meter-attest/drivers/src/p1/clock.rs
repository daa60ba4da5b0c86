//! `YYMMDDhhmmss` and `S` or `W`, to UTC.

use time::{Date, Month, PrimitiveDateTime, Time};

use crate::UnixTime;

/// What local time is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zone {
    /// Seconds ahead of UTC in winter. In summer an hour more.
    winter: i64,
    /// The same for stamps that do not say which of the two they are in; `None` if nobody said.
    unflagged: Option<i64>,
}

impl Zone {
    /// Central European time, unless told otherwise.
    pub(super) fn new(offset: Option<i32>) -> Self {
        Self { winter: offset.map_or(3600, i64::from), unflagged: offset.map(i64::from) }
    }

    /// The time of a stamp; `None` for one that is no date, as meters send whose clock was never set, and for one
    /// without `S` or `W` when the offset is not known.
    pub(super) fn read(self, stamp: &str) -> Option<UnixTime> {
        let digits = stamp.get(..12)?;
        let ahead = match stamp.get(12..)? {
            "S" | "s" => self.winter + 3600,
            "W" | "w" => self.winter,
            "" => self.unflagged?,
            _ => return None,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let pair = |at: usize| digits.get(at..at + 2)?.parse::<u8>().ok();
        let month = Month::try_from(pair(2)?).ok()?;
        let date = Date::from_calendar_date(2000 + i32::from(pair(0)?), month, pair(4)?).ok()?;
        let time = Time::from_hms(pair(6)?, pair(8)?, pair(10)?).ok()?;
        let local = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp();
        u64::try_from(local.checked_sub(ahead)?).ok().map(UnixTime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter_meet_where_the_clock_is_set_back() {
        let zone = Zone::new(None);
        // 2024-10-27T01:00:00Z, when 3:00 summer time is 2:00 winter time.
        assert_eq!(zone.read("241027030000S"), Some(UnixTime(1_729_990_800)));
        assert_eq!(zone.read("241027020000W"), Some(UnixTime(1_729_990_800)));
    }

    #[test]
    fn what_is_no_date_or_has_no_flag_is_no_time() {
        let zone = Zone::new(None);
        for stamp in [
            "632525252525S",
            "000000000000W",
            "250000000000W",
            "2410270300",
            "241027030000",
            "241027030000X",
            "2410270300é0W",
        ] {
            assert_eq!(zone.read(stamp), None, "{stamp}");
        }
        assert_eq!(Zone::new(Some(7200)).read("241027030000"), Some(UnixTime(1_729_990_800)));
    }
}
