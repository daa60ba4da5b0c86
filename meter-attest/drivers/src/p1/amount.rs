//! `000123.456*kWh`, to whole base units.

/// Fixed-width fields have at least this many digits before the point; shorter ones tell nothing about where a register
/// starts again.
const FIXED: usize = 5;
/// More digits than any register has.
const DIGITS: usize = 15;

/// What a unit measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quantity {
    /// Base unit watt-hour.
    Energy,
    /// Base unit litre.
    Volume,
}

/// A register's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Amount {
    pub(super) quantity: Quantity,
    /// In base units, rounded down.
    pub(super) value: u64,
    /// What the last digit counts, rounded up, at least 1.
    pub(super) step: u64,
    /// Where it starts again from zero, if the width tells and it is a whole number.
    pub(super) modulus: Option<u64>,
    /// Digits before the point, and after it.
    pub(super) shape: (usize, usize),
}

/// A number and its unit, case of the unit aside. `None` if it is no number, is negative, or has another unit.
pub(super) fn read(text: &str) -> Option<Amount> {
    let (number, unit) = text.split_once('*')?;
    with_unit(number, unit)
}

/// As [`read`], where the unit is written elsewhere.
pub(super) fn with_unit(number: &str, unit: &str) -> Option<Amount> {
    // A unit is so many base units: numerator and denominator.
    let (quantity, many, of) = match unit.trim().to_ascii_lowercase().as_str() {
        "wh" => (Quantity::Energy, 1, 1),
        "kwh" => (Quantity::Energy, 1_000, 1),
        "mwh" => (Quantity::Energy, 1_000_000, 1),
        "mj" => (Quantity::Energy, 1_000_000, 3_600),
        "gj" => (Quantity::Energy, 1_000_000_000, 3_600),
        "m3" => (Quantity::Volume, 1_000u128, 1u128),
        "dm3" | "l" => (Quantity::Volume, 1, 1),
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = [whole, fraction].concat();
    if whole.is_empty() || digits.len() > DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ten = |digits: usize| u32::try_from(digits).ok().and_then(|digits| 10u128.checked_pow(digits));
    let scale = ten(fraction.len())? * of;
    let value = digits.parse::<u128>().ok()? * many / scale;
    let end = ten(whole.len())? * many;
    let modulus = (whole.len() >= FIXED && end % of == 0).then(|| u64::try_from(end / of).ok()).flatten();
    Some(Amount {
        quantity,
        value: u64::try_from(value).ok()?,
        step: u64::try_from(many.div_ceil(scale)).ok()?,
        modulus,
        shape: (whole.len(), fraction.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Option<(u64, u64, Option<u64>)> {
        read(text).map(|amount| (amount.value, amount.step, amount.modulus))
    }

    #[test]
    fn amounts_are_whole_base_units_and_never_rounded_up() {
        assert_eq!(short("000123.456*kWh"), Some((123_456, 1, Some(1_000_000_000))));
        assert_eq!(short("00123.45*kwh"), Some((123_450, 10, Some(100_000_000))));
        assert_eq!(short("00000123*kWh"), Some((123_000, 1_000, Some(100_000_000_000))));
        assert_eq!(short("000000123*Wh"), Some((123, 1, Some(1_000_000_000))));
        assert_eq!(short("00000001.9999999*kWh"), Some((1_999, 1, Some(100_000_000_000))));
        assert_eq!(short("00872.234*m3"), Some((872_234, 1, Some(100_000_000))));
        assert_eq!(short("00001.001*GJ"), Some((278_055, 278, None)));
        assert_eq!(short("1.5*MWh"), Some((1_500_000, 100_000, None)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            "*kWh",
            "1",
            "-1*kWh",
            "+1*kWh",
            "1,5*kWh",
            "1.2.3*kWh",
            "1*kW",
            "1*kvarh",
            ".5*kWh",
            "1e3*Wh",
            "1234567890123456*Wh",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
