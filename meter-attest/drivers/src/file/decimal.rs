//! Exact decimals. No value passes through a floating-point number, so no sum depends on an order.

/// Parts that a thousandth of a base unit is kept in, while a file is read: enough for the digits that a portal's own floating-point
/// numbers have.
pub(crate) const FINE: u128 = 1_000_000_000_000_000_000;
/// [`FINE`] as a power of ten.
const FINE_DIGITS: i32 = 18;
/// Most characters of a number.
const LONGEST: usize = 48;

/// A decimal as it is written: ±mantissa · 10^exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    mantissa: u128,
    exponent: i32,
}

/// How a file writes numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// Between whole and fraction.
    pub(crate) decimal: char,
    /// Between thousands, if any.
    pub(crate) thousands: Option<char>,
}

impl Marks {
    /// `1234.5`
    pub(crate) const POINT: Self = Self { decimal: '.', thousands: None };
    /// `1234,5`
    pub(crate) const COMMA: Self = Self { decimal: ',', thousands: None };
}

/// Why a number of a file is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Below zero.
    Negative,
    /// With more decimal places than are kept.
    TooFine,
    /// Beyond any meter.
    TooLarge,
}

impl Unfit {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Negative => "is negative; what flows the other way must be a column or reading of its own",
            Self::TooFine => "has more decimal places than can be kept without rounding",
            Self::TooLarge => "is beyond any meter",
        }
    }
}

/// A unit, as so many thousandths of a base unit: mantissa · 10^exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) mantissa: u64,
    pub(crate) exponent: i32,
}

impl Unit {
    /// 10^`exponent` thousandths of a base unit.
    pub(crate) const fn ten(exponent: i32) -> Self {
        Self { mantissa: 1, exponent }
    }

    /// This unit times a power of ten.
    pub(crate) const fn times_ten(self, power: i32) -> Self {
        Self { exponent: self.exponent.saturating_add(power), ..self }
    }
}

impl Decimal {
    /// Reads a number: digits with at most one decimal mark, thousands in groups of three, an exponent as programs write it.
    pub(crate) fn parse(text: &str, marks: Marks) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 40)?),
            None => (text, 0),
        };
        let (whole, fraction) = text.split_once(marks.decimal).unwrap_or((text, ""));
        let whole = match marks.thousands {
            Some(mark) if whole.contains(mark) => without_thousands(whole, mark)?,
            _ => whole.to_owned(),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let mut mantissa = 0u128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| u128::from(byte - b'0'))?;
            mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
        }
        let places = i32::try_from(fraction.len()).ok()?;
        Some(Self { negative, mantissa, exponent: exponent.checked_sub(places)? })
    }

    /// Whether it is below zero; minus zero is not.
    pub(crate) const fn is_negative(self) -> bool {
        self.negative && self.mantissa != 0
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Without its sign.
    pub(crate) const fn magnitude(self) -> Self {
        Self { negative: false, ..self }
    }

    /// In [`FINE`] parts of thousandths of the base unit, exactly.
    pub(crate) fn fine(self, unit: Unit) -> Result<u128, Unfit> {
        if self.is_negative() {
            return Err(Unfit::Negative);
        }
        if self.mantissa == 0 {
            return Ok(0);
        }
        let mut value = self.mantissa.checked_mul(u128::from(unit.mantissa)).ok_or(Unfit::TooLarge)?;
        let mut power = self.exponent.saturating_add(unit.exponent).saturating_add(FINE_DIGITS);
        while power < 0 {
            if !value.is_multiple_of(10) {
                return Err(Unfit::TooFine);
            }
            value /= 10;
            power += 1;
        }
        let power = u32::try_from(power).map_err(|_| Unfit::TooLarge)?;
        let fine = 10u128.checked_pow(power).and_then(|ten| value.checked_mul(ten)).ok_or(Unfit::TooLarge)?;
        if fine / FINE > u128::from(u64::MAX) { Err(Unfit::TooLarge) } else { Ok(fine) }
    }
}

/// The digits without the marks, which must stand before every three digits.
fn without_thousands(whole: &str, mark: char) -> Option<String> {
    let mut groups = whole.split(mark);
    let first = groups.next().filter(|group| (1..=3).contains(&group.len()))?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn fine(text: &str, unit: Unit) -> Result<u128, Unfit> {
        Decimal::parse(text, Marks::POINT).unwrap().fine(unit)
    }

    #[test]
    fn decimals_are_exact_to_the_digits_a_portal_writes() {
        let kwh = Unit::ten(6);
        assert_eq!(fine("0.639", kwh), Ok(639_000 * FINE));
        assert_eq!(fine("36.770000", kwh), Ok(36_770_000 * FINE));
        assert_eq!(fine("0.30000000000000004", kwh), Ok(300_000 * FINE + 40_000_000));
        assert_eq!(fine("5.0E-4", kwh), Ok(500 * FINE));
        assert_eq!(fine("-0", kwh), Ok(0));
        assert_eq!(fine("-1", kwh), Err(Unfit::Negative));
        assert_eq!(fine("1e-30", kwh), Err(Unfit::TooFine));
        assert_eq!(fine("1e30", kwh), Err(Unfit::TooLarge));
        // A cubic foot is 28.316846592 litres by definition.
        assert_eq!(fine("1000000000", CUBIC_FOOT), Ok(28_316_846_592_000 * FINE));
    }

    const CUBIC_FOOT: Unit = crate::file::collect::CUBIC_FOOT;

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1,2", "0x1", "1e", "1e99", "NaN", "inf", "1 2", "--1", "１"] {
            assert_eq!(Decimal::parse(text, Marks::POINT), None, "{text}");
        }
        let german = Marks { decimal: ',', thousands: Some('.') };
        assert_eq!(Decimal::parse("1.234,5", german), Decimal::parse("1234.5", Marks::POINT));
        assert_eq!(Decimal::parse("1.23,5", german), None);
        assert_eq!(Decimal::parse("1.2345", german), None);
    }
}
