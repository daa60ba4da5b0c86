//! Division of integers with remainder, and rounding as invoices do it.

use ark_r1cs_std::fields::FieldVar;
use ark_relations::gr1cs::SynthesisError;

use super::{Builder, Fr, Result, Var, constant, integer_of, value_of};

/// Quotient and divisor together must stay below the group order, so that `q * b + r` is the same in integers.
const MAX_PRODUCT_BITS: u32 = 250;

/// `a = quotient * b + remainder` in integers, with `0 <= remainder < b`: both are determined by `a` and `b`.
#[derive(Clone)]
pub struct Divided {
    /// Rounded down.
    pub quotient: Var,
    /// What is left.
    pub remainder: Var,
}

/// Bits of a remainder modulo `by`, which is not zero.
fn remainder_bits(by: u64) -> u32 {
    u64::BITS - (by - 1).leading_zeros()
}

impl Builder {
    /// `a / by` for a constant, with a quotient below `2^quotient_bits`; negative `a` cannot be divided. One gate a bit of the quotient and
    /// two a bit of `by - 1`, or one if `by` is a power of two.
    ///
    /// # Errors
    /// If `by` is zero, or the numbers would not fit the field.
    pub fn divide(&self, a: &Var, by: u64, quotient_bits: u32) -> Result<Divided> {
        if by == 0 {
            return Err(SynthesisError::DivisionByZero);
        }
        let bits = remainder_bits(by);
        let divided = self.quotient(a, &constant(by), quotient_bits, bits)?;
        self.range(&divided.remainder, bits)?;
        if !by.is_power_of_two() {
            self.at_most(&divided.remainder, &constant(by - 1), bits)?;
        }
        Ok(divided)
    }

    /// `a / by` for a hidden divisor that is known to be below `2^by_bits`, with a quotient below `2^quotient_bits`; neither negative `a`
    /// nor a `by` of zero can be divided. `quotient_bits + 2 * by_bits + 1` gates.
    ///
    /// # Errors
    /// If the numbers would not fit the field.
    pub fn divide_hidden(&self, a: &Var, by: &Var, by_bits: u32, quotient_bits: u32) -> Result<Divided> {
        let divided = self.quotient(a, by, quotient_bits, by_bits)?;
        self.range(&divided.remainder, by_bits)?;
        self.at_most(&(&divided.remainder + Var::one()), by, by_bits)?;
        Ok(divided)
    }

    /// `a / by` to the nearest integer, halves up, as amounts on invoices are rounded: `floor((a + floor(by / 2)) / by)`.
    /// Gates as [`Self::divide`].
    ///
    /// # Errors
    /// As [`Self::divide`].
    pub fn round_half_up(&self, a: &Var, by: u64, quotient_bits: u32) -> Result<Var> {
        Ok(self.divide(&(a + constant(by / 2)), by, quotient_bits)?.quotient)
    }

    /// A quotient in its range; the remainder is what is left, and not yet restricted.
    fn quotient(&self, a: &Var, by: &Var, quotient_bits: u32, by_bits: u32) -> Result<Divided> {
        if quotient_bits.saturating_add(by_bits) > MAX_PRODUCT_BITS {
            return Err(SynthesisError::Unsatisfiable);
        }
        let quotient = self.witness(|| {
            let _known = value_of(a).zip(value_of(by))?;
            // What has no quotient gets a wrong one, which no remainder fits.
            let quotient = integer_of(a).zip(integer_of(by)).and_then(|(a, by)| a.checked_div(by));
            Some(Fr::from(quotient.unwrap_or(0)))
        })?;
        self.range(&quotient, quotient_bits)?;
        let product = match by {
            Var::Constant(by) => &quotient * *by,
            Var::Var(_) => self.product(&quotient, by)?,
        };
        Ok(Divided { remainder: a - &product, quotient })
    }
}
