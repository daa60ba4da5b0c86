//! Values as people write them: a moment, a price, an amount of money.

use std::fmt;

use hushwatt_ledger::units::Timestamp;
use serde::{Deserialize, Deserializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A moment: RFC 3339, as a TOML date-time or as text.
pub(super) struct Start(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Moment(toml::value::Datetime),
            Text(String),
        }
        let wrong = "a moment is written like 2026-12-01T00:00:00Z, with the offset from UTC (Z is UTC itself)";
        let text = match Either::deserialize(deserializer).map_err(|_| de::Error::custom(wrong))? {
            Either::Moment(moment) => moment.to_string(),
            Either::Text(text) => text,
        };
        let time = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| de::Error::custom(wrong))?;
        let seconds = u64::try_from(time.unix_timestamp());
        seconds.map(|seconds| Start(Timestamp(seconds))).map_err(|_| de::Error::custom("the moment is before 1970"))
    }
}

/// A price in micro-euro per base unit; as text in EUR/kWh (for water EUR/m3), which is a thousand times that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PriceValue(pub(super) u32);

/// Money in micro-euro; as text in EUR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Money(pub(super) u64);

impl<'de> Deserialize<'de> for PriceValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wish = Wish {
            units: &["EUR/kWh", "EUR/m3", "EUR/m\u{b3}"],
            decimals: 3,
            expecting: "a price: text in EUR/kWh (water: EUR/m3) with at most 3 decimals like \"0.125\", or a whole number of micro-euro per Wh (litre)",
        };
        let value = deserializer.deserialize_any(wish)?;
        u32::try_from(value).map(PriceValue).map_err(|_| de::Error::custom("the price is far too high"))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wish = Wish {
            units: &["EUR"],
            decimals: 6,
            expecting: "an amount: text in EUR with at most 6 decimals like \"0.01\", or a whole number of micro-euro",
        };
        deserializer.deserialize_any(wish).map(Money)
    }
}

/// What a number may look like.
struct Wish {
    units: &'static [&'static str],
    decimals: usize,
    expecting: &'static str,
}

impl de::Visitor<'_> for Wish {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<u64, E> {
        u64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        let number = self.units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text).trim();
        decimal(number, self.decimals).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// A decimal number times ten to the `decimals`, if it is whole then.
fn decimal(text: &str, decimals: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > decimals || text.ends_with('.') {
        return None;
    }
    let padded = format!("{whole}{fraction:0<decimals$}");
    padded.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        for (text, value) in [("0.12", 120), ("1", 1000), ("0.001", 1), ("12.5", 12_500), ("0", 0)] {
            assert_eq!(decimal(text, 3), Some(value), "{text}");
        }
        for wrong in ["", ".5", "1.", "0.1234", "-1", "+1", "1e3", "0,12", "1.2.3", "99999999999999999999"] {
            assert_eq!(decimal(wrong, 3), None, "{wrong}");
        }
    }
}
