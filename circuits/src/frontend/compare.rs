//! Comparisons of integers that are known to be small: both sides and their difference below 2^bits, or 2^bits below zero.

use ark_ff::Field;
use ark_r1cs_std::fields::FieldVar;

use super::{Bit, Builder, Result, Var, integer_of, value_of};

impl Builder {
    /// `a <= b`, where `b - a < 2^bits`. `bits` gates.
    pub fn at_most(&self, a: &Var, b: &Var, bits: u32) -> Result<()> {
        self.range(&(b - a), bits)
    }

    /// Whether `a <= b`, where `-2^bits <= b - a < 2^bits`. `bits + 2` gates.
    pub fn is_at_most(&self, a: &Var, b: &Var, bits: u32) -> Result<Bit> {
        let difference = b - a;
        // Negative numbers are no integers here.
        let bit = self.bit(value_of(&difference).map(|_| integer_of(&difference).is_some()))?;
        let distance = self.select(&bit, &difference, &(a - b - Var::one()))?;
        self.range(&distance, bits)?;
        Ok(bit)
    }

    /// The smaller one, under the same condition. `bits + 3` gates.
    pub fn min(&self, a: &Var, b: &Var, bits: u32) -> Result<Var> {
        let bit = self.is_at_most(a, b, bits)?;
        self.select(&bit, a, b)
    }

    /// The larger one, under the same condition. `bits + 3` gates.
    pub fn max(&self, a: &Var, b: &Var, bits: u32) -> Result<Var> {
        let bit = self.is_at_most(a, b, bits)?;
        self.select(&bit, b, a)
    }

    /// Whether `x = 0`. Two gates.
    pub fn is_zero(&self, x: &Var) -> Result<Bit> {
        // `x * inverse = 1 - bit` makes the bit 1 where `x` is 0, and `x * bit = 0` makes it 0 elsewhere.
        let inverse = self.witness(|| value_of(x).map(|x| x.inverse().unwrap_or(x)))?;
        let bit = Var::one() - self.product(x, &inverse)?;
        self.require_product(x, &bit, &Var::zero())?;
        Ok(Bit::of(bit))
    }

    /// Whether `a = b`. Two gates.
    pub fn is_equal(&self, a: &Var, b: &Var) -> Result<Bit> {
        self.is_zero(&(a - b))
    }
}
