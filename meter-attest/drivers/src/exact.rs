//! Values with a scale, exactly: integers and ratios only, rounded down once, at the end.

/// What one count of a register is worth in base units: `numerator / denominator`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Worth {
    numerator: u64,
    denominator: u64,
}

impl Worth {
    /// One base unit.
    pub(crate) const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// A ratio; the denominator is at least 1.
    pub(crate) const fn ratio(numerator: u64, denominator: u64) -> Self {
        Self { numerator, denominator: if denominator == 0 { 1 } else { denominator } }
    }

    /// A power of ten from -18 to 18.
    pub(crate) fn power_of_ten(exponent: i32) -> Option<Self> {
        let power = 10u64.checked_pow(exponent.unsigned_abs()).filter(|_| exponent.unsigned_abs() <= 18)?;
        Some(if exponent < 0 { Self::ratio(1, power) } else { Self::ratio(power, 1) })
    }

    /// This many of that.
    pub(crate) fn times(self, other: Self) -> Option<Self> {
        Some(Self::ratio(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        ))
    }

    /// What so many counts are, in whole base units, rounded down; `None` if that is too much.
    pub(crate) fn of(self, counts: u64) -> Option<u64> {
        let product = u128::from(counts) * u128::from(self.numerator);
        u64::try_from(product / u128::from(self.denominator)).ok()
    }

    /// What the last digit is worth in base units, rounded up, at least 1.
    pub(crate) fn step(self) -> u64 {
        self.numerator.div_ceil(self.denominator).max(1)
    }

    /// Where a counter of so many counts begins again, if that is a whole number of base units.
    pub(crate) fn modulus(self, counts: u64) -> Option<u64> {
        let product = u128::from(counts) * u128::from(self.numerator);
        let denominator = u128::from(self.denominator);
        u64::try_from(product / denominator).ok().filter(|_| product.is_multiple_of(denominator))
    }

    /// A binary32 number of these, as value and step: its 24 digits count coarser the larger it is. `None` for what is negative,
    /// infinite, not a number, or too much.
    pub(crate) fn of_binary32(self, bits: u32) -> Option<(u64, u64)> {
        let (fraction, raw) = (bits & 0x7f_ffff, (bits >> 23) & 0xff);
        if bits >> 31 == 1 && bits << 1 != 0 || raw == 0xff {
            return None;
        }
        let (mantissa, exponent) = if raw == 0 { (fraction, -149) } else { (fraction | 0x80_0000, raw as i32 - 150) };
        let shift = exponent.unsigned_abs();
        let product = u128::from(mantissa) * u128::from(self.numerator);
        let denominator = u128::from(self.denominator);
        if mantissa == 0 {
            return Some((0, self.step()));
        }
        if exponent >= 0 {
            // A mantissa of 24 digits and more than 63 zeros is beyond u64 however it is scaled here.
            let factor = 1u128.checked_shl(shift).filter(|_| shift <= 63)?;
            let value = u64::try_from(product.checked_mul(factor)? / denominator).ok()?;
            let step = (u128::from(self.numerator) * factor).div_ceil(denominator);
            return Some((value, u64::try_from(step).ok()?.max(1)));
        }
        let value = product.checked_shr(shift).unwrap_or_default() / denominator;
        let digit = if shift < 64 { u128::from(self.numerator).div_ceil(1u128 << shift) } else { 1 };
        Some((u64::try_from(value).ok()?, u64::try_from(digit.div_ceil(denominator)).ok()?.max(1)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn counts_are_scaled_exactly_and_rounded_down() {
        let joule = Worth::ratio(1, 3600);
        assert_eq!((joule.of(3599), joule.of(3600), joule.of(u64::MAX)), (Some(0), Some(1), Some(u64::MAX / 3600)));
        let tenth = Worth::power_of_ten(-1).unwrap();
        assert_eq!((tenth.of(19), tenth.step(), tenth.modulus(100), tenth.modulus(101)), (Some(1), 1, Some(10), None));
        assert_eq!(Worth::power_of_ten(19), None);
        assert_eq!(Worth::ratio(1000, 1).of(u64::MAX), None);
        assert_eq!(Worth::ratio(10_000_000, 3600).step(), 2778);
    }

    #[test]
    fn binary_numbers_are_read_exactly() {
        for value in [0.0f32, 1.0, 1.5, 12_345.5, 16_777_216.0, 3.0e12] {
            let (read, _) = Worth::ONE.of_binary32(value.to_bits()).unwrap();
            assert_eq!(read, value as u64);
        }
        assert_eq!(Worth::ONE.of_binary32(33_554_432f32.to_bits()), Some((33_554_432, 4)));
        assert_eq!(Worth::ratio(1000, 1).of_binary32(1.25f32.to_bits()), Some((1250, 1)));
        assert_eq!(Worth::ratio(1000, 1).of_binary32(123_456.79f32.to_bits()), Some((123_456_789, 8)));
        for bad in [f32::NAN, f32::INFINITY, -1.0, 3.0e38] {
            assert_eq!(Worth::ONE.of_binary32(bad.to_bits()), None);
        }
    }
}
