//! Bits, ranges and choices.

use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use ark_r1cs_std::fields::{FieldVar, fp::FpVar};
use ark_relations::gr1cs::{LinearCombination, Variable};

use super::{Builder, Fr, Result, Var, need, value_of};

/// A value that is 0 or 1.
#[derive(Clone)]
pub struct Bit(Var);

impl Bit {
    /// Of a value that constraints make 0 or 1.
    pub(super) fn of(var: Var) -> Self {
        Bit(var)
    }

    /// As a number.
    pub fn var(&self) -> &Var {
        &self.0
    }

    /// The other one. No gate.
    pub fn not(&self) -> Bit {
        Bit(Var::one() - &self.0)
    }

    /// What the prover knows it to be.
    pub fn value(&self) -> Option<bool> {
        value_of(&self.0).map(|v| v == Fr::from(1u64))
    }
}

impl Builder {
    /// A bit that the prover chooses. One gate.
    pub fn bit(&self, value: Option<bool>) -> Result<Bit> {
        let bit = self.witness(|| value.map(Fr::from))?;
        self.require_product(&bit, &(Var::one() - &bit), &Var::zero())?;
        Ok(Bit(bit))
    }

    /// Both. One gate.
    pub fn and(&self, a: &Bit, b: &Bit) -> Result<Bit> {
        Ok(Bit(self.product(&a.0, &b.0)?))
    }

    /// At least one. One gate.
    pub fn or(&self, a: &Bit, b: &Bit) -> Result<Bit> {
        let both = self.product(&a.0, &b.0)?;
        Ok(Bit(&a.0 + &b.0 - both))
    }

    /// `bit ? a : b`. One gate.
    pub fn select(&self, bit: &Bit, a: &Var, b: &Var) -> Result<Var> {
        Ok(b + &self.product(&bit.0, &(a - b))?)
    }

    /// `0 <= x < 2^bits`. One gate a bit.
    pub fn range(&self, x: &Var, bits: u32) -> Result<()> {
        let target = self.variable(x)?;
        let value = value_of(x).map(|v| v.into_bigint());
        let mut sum = LinearCombination::<Fr>::zero();
        let mut weight = Fr::from(1u64);
        for i in 0..bits as usize {
            let bit = self.cs.new_witness_variable(|| need(value).map(|v| Fr::from(v.get_bit(i))))?;
            self.cs.enforce_r1cs_constraint(
                || LinearCombination::from(bit),
                || LinearCombination::from(Variable::One) - bit,
                LinearCombination::zero,
            )?;
            sum.0.push((weight, bit));
            weight.double_in_place();
        }
        sum.0.push((-Fr::from(1u64), target));
        sum.compactify();
        self.cs.enforce_r1cs_constraint(|| sum, || Variable::One.into(), LinearCombination::zero)
    }
}

/// A constant. No gate.
pub fn constant(value: u64) -> Var {
    FpVar::Constant(Fr::from(value))
}
