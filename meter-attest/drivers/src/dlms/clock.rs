//! Date and time of COSEM (IEC 62056-6-2, 4.1.6.1): twelve bytes, local, with the deviation from UTC if the meter says it.

use crate::UnixTime;

/// A clock that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Clock {
    /// When it is; `None` if the meter calls it invalid, or does not say how far its local time is from UTC and nobody else does.
    pub(super) at: Option<UnixTime>,
    /// What the meter says of it, if that is not good.
    pub(super) complaint: Option<&'static str>,
}

/// Reads twelve bytes; `None` if they are no date and time. `offset` says how many seconds standard time is ahead of UTC, for meters
/// that do not.
pub(super) fn clock(bytes: &[u8], offset: Option<i32>) -> Option<Clock> {
    let [y0, y1, month, day, _, hour, minute, second, _, d0, d1, status] = bytes else { return None };
    let year = i32::from(u16::from_be_bytes([*y0, *y1]));
    if !(2000..=2200).contains(&year) {
        return None;
    }
    let month = time::Month::try_from(*month).ok()?;
    let date = time::Date::from_calendar_date(year, month, *day).ok()?;
    let second = if *second == 0xff { 0 } else { *second };
    let of_day = time::Time::from_hms(*hour, *minute, second).ok()?;
    let local = date.with_time(of_day).assume_utc().unix_timestamp();
    let stated = *status != 0xff;
    let summer = if stated && status & 0x80 != 0 { 3600 } else { 0 };
    let behind = match i16::from_be_bytes([*d0, *d1]) {
        i16::MIN => offset.map(|offset| -i64::from(offset) - summer),
        // Minutes to add to local time for UTC; they include summer time.
        minutes @ -840..=840 => Some(i64::from(minutes) * 60),
        _ => None,
    };
    let complaint = match status {
        _ if !stated => None,
        status if status & 1 != 0 => Some("its clock is invalid"),
        status if status & 2 != 0 => Some("its clock is doubtful"),
        status if status & 8 != 0 => Some("its clock's status is invalid"),
        _ => None,
    };
    let valid = !(stated && status & 1 != 0);
    let at = behind.filter(|_| valid).and_then(|behind| u64::try_from(local + behind).ok()).map(UnixTime);
    Some(Clock { at, complaint })
}
