//! How times are written by commands of machines that run by themselves: in UTC, with how long ago they are.

use time::OffsetDateTime;

/// `2026-06-16 07:05:10 UTC`.
pub(crate) fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let text = |time: OffsetDateTime| {
        format!("{} {:02}:{:02}:{:02} UTC", time.date(), time.hour(), time.minute(), time.second())
    };
    time.map_or_else(|| format!("second {seconds}"), text)
}

/// `12 s`, `5 min`, `3 h`, `8 days`.
#[cfg(any(feature = "meter", feature = "operator", feature = "committee"))]
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A time, and how long ago or how far ahead it is.
#[cfg(any(feature = "meter", feature = "operator", feature = "committee"))]
pub(crate) fn when(seconds: u64, now: u64) -> String {
    let distance = match seconds.cmp(&now) {
        std::cmp::Ordering::Greater => format!("in {}", span(seconds - now)),
        _ => format!("{} ago", span(now - seconds)),
    };
    format!("{}, {distance}", moment(seconds))
}

#[cfg(all(test, any(feature = "meter", feature = "operator", feature = "committee")))]
mod tests {
    use super::*;

    #[test]
    fn times_say_how_long_ago_they_are() {
        assert_eq!(when(1_781_584_800, 1_781_584_810), "2026-06-16 04:40:00 UTC, 10 s ago");
        assert_eq!(when(1_781_592_000, 1_781_584_800), "2026-06-16 06:40:00 UTC, in 2 h");
        assert_eq!([span(119), span(120), span(7_200), span(172_800)], ["119 s", "2 min", "2 h", "2 days"]);
    }
}
