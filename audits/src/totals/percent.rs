//! Percents as they are written, exactly.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

/// A percent with at most four decimals, between -1000 % and 1000 %.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Percent(i32);

impl Percent {
    const DECIMALS: usize = 4;
    const ONE: i32 = 10_000;
    const MOST: i32 = 1_000 * Self::ONE;

    /// From millionths of the whole: 10 000 are one percent.
    pub const fn from_ppm(ppm: i32) -> Option<Self> {
        if ppm >= -Self::MOST && ppm <= Self::MOST { Some(Percent(ppm)) } else { None }
    }

    /// In millionths of the whole.
    pub const fn ppm(self) -> i32 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is no percent: write it as 19 or 8.1, with at most four decimals");
        let (negative, number) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, 4) || !digits(decimals, Self::DECIMALS) {
            return Err(wrong());
        }
        let decimals: i32 = format!("{decimals:0<4}").parse().map_err(|_| wrong())?;
        let ppm = whole.parse::<i32>().map_err(|_| wrong())? * Self::ONE + decimals;
        Percent::from_ppm(if negative { -ppm } else { ppm }).ok_or_else(wrong)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_percent(f, self.0.into())
    }
}

/// Millionths of the whole as percent, as short as they are.
pub(super) fn write_percent(f: &mut fmt::Formatter<'_>, ppm: i128) -> fmt::Result {
    let (sign, ppm) = (if ppm < 0 { "-" } else { "" }, ppm.unsigned_abs());
    let text = format!("{sign}{}.{:04}", ppm / 10_000, ppm % 10_000);
    write!(f, "{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Millionths of the whole.
impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn percents_are_read_exactly_and_written_as_short_as_they_are() {
        let cases = [("19", 190_000, "19 %"), ("8.1", 81_000, "8.1 %"), ("0", 0, "0 %"), ("-0.5", -5_000, "-0.5 %")];
        let more = [
            ("2.5000", 25_000, "2.5 %"),
            ("0.0001", 1, "0.0001 %"),
            ("1000", 10_000_000, "1000 %"),
            ("007", 70_000, "7 %"),
        ];
        for (text, ppm, shown) in cases.into_iter().chain(more) {
            let percent: Percent = text.parse().unwrap();
            assert_eq!((percent.ppm(), percent.to_string().as_str()), (ppm, shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_percent_is_refused() {
        for text in
            ["", "-", ".", "1.", ".5", "1,5", "1.23456", "+1", " 1", "1e2", "1000.0001", "-1001", "--1", "1%", "99999"]
        {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
