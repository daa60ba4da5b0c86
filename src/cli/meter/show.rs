//! How quantities and times are written: kWh and litres, in UTC.

use hushwatt_drivers::{Direction, Medium};
use hushwatt_ledger::units::Utility;
use hushwatt_wallet::amount::{Locale, format_quantity};
use time::OffsetDateTime;

/// What a medium is called.
pub(super) fn medium_name(medium: Medium) -> &'static str {
    match medium {
        Medium::Electricity => "electricity",
        Medium::Water => "water",
        Medium::Heat => "heat",
        Medium::Cooling => "cooling",
        Medium::Gas => "gas",
    }
}

/// What a community settles as.
pub(super) fn medium_of(utility: Utility) -> Medium {
    match utility {
        Utility::Electricity => Medium::Electricity,
        Utility::Water => Medium::Water,
        Utility::Heat => Medium::Heat,
    }
}

/// Seen from the household.
pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Import => "taken",
        Direction::Export => "given",
    }
}

/// `1.5 kWh`, `12 l`.
pub(super) fn quantity(medium: Medium, base: u64) -> String {
    let utility = match medium {
        Medium::Electricity | Medium::Heat | Medium::Cooling => Utility::Heat,
        Medium::Water | Medium::Gas => Utility::Water,
    };
    format_quantity(Locale::English, utility, base)
}

/// The unit that values are counted in.
pub(super) fn base_unit(medium: Medium) -> &'static str {
    match medium {
        Medium::Electricity | Medium::Heat | Medium::Cooling => "Wh",
        Medium::Water | Medium::Gas => "l",
    }
}

/// `2026-06-16 07:05:10 UTC`.
pub(super) fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let text = |time: OffsetDateTime| {
        format!("{} {:02}:{:02}:{:02} UTC", time.date(), time.hour(), time.minute(), time.second())
    };
    time.map_or_else(|| format!("second {seconds}"), text)
}

/// `12 s`, `5 min`, `3 h`, `8 days`.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A time, and how long ago or how far ahead it is.
pub(super) fn when(seconds: u64, now: u64) -> String {
    let distance = match seconds.cmp(&now) {
        std::cmp::Ordering::Greater => format!("in {}", span(seconds - now)),
        _ => format!("{} ago", span(now - seconds)),
    };
    format!("{}, {distance}", moment(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_the_units_of_bills() {
        assert_eq!(quantity(Medium::Electricity, 1_234_567).replace('\u{a0}', " "), "1,234.567 kWh");
        assert_eq!(quantity(Medium::Water, 12).replace('\u{a0}', " "), "12 l");
    }

    #[test]
    fn times_say_how_long_ago_they_are() {
        assert_eq!(when(1_781_584_800, 1_781_584_810), "2026-06-16 04:40:00 UTC, 10 s ago");
        assert_eq!(when(1_781_592_000, 1_781_584_800), "2026-06-16 06:40:00 UTC, in 2 h");
        assert_eq!([span(119), span(120), span(7_200), span(172_800)], ["119 s", "2 min", "2 h", "2 days"]);
    }
}
