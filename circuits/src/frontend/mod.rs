//! Writing statements over ledger commitments: committed values first, then gadgets with a known cost in gates.
//!
//! A gate is one multiplication; sums, differences and constant factors are free.

mod bits;
mod compare;
mod divide;
#[cfg(test)]
mod tests;

use ark_ff::PrimeField;
use ark_r1cs_std::{
    GR1CSVar,
    fields::fp::{AllocatedFp, FpVar},
};
use ark_relations::gr1cs::{
    ConstraintSystem, ConstraintSystemRef, LinearCombination, SynthesisError, SynthesisMode, Variable,
};
use zeroize::Zeroizing;

pub use bits::{Bit, constant};
pub use divide::Divided;

/// The scalar field of Ristretto255 in arkworks.
pub type Fr = ark_curve25519::Fr;
/// A value of a statement: known to the prover, or to all.
pub type Var = FpVar<Fr>;
/// What gadgets return: a witness is missing, or the constraint system is misused.
pub type Result<T> = core::result::Result<T, SynthesisError>;

pub(crate) fn need<T>(value: Option<T>) -> Result<T> {
    value.ok_or(SynthesisError::AssignmentMissing)
}

/// What the prover knows a value to be; `None` when only the shape of a circuit is built.
pub fn value_of(x: &Var) -> Option<Fr> {
    x.value().ok()
}

/// A known value as an integer; `None` also if it is 2^128 or more (as negative ones are).
pub fn integer_of(x: &Var) -> Option<u128> {
    let limbs = value_of(x)?.into_bigint().0;
    (limbs[2] == 0 && limbs[3] == 0).then(|| u128::from(limbs[0]) | u128::from(limbs[1]) << 64)
}

/// A statement in the making.
pub struct Builder {
    cs: ConstraintSystemRef<Fr>,
    /// For each committed value, whether its commitment is known to open.
    admissions: Vec<bool>,
}

impl Builder {
    /// For the shape of a circuit: no values are known.
    pub fn shape() -> Self {
        let builder = Self::assigned();
        builder.cs.set_mode(SynthesisMode::Setup);
        builder
    }

    /// For the values of a circuit.
    pub fn assigned() -> Self {
        Builder { cs: ConstraintSystem::new_ref(), admissions: Vec::new() }
    }

    pub(crate) fn cs(&self) -> &ConstraintSystemRef<Fr> {
        &self.cs
    }

    pub(crate) fn committed_len(&self) -> usize {
        self.admissions.len()
    }

    pub(crate) fn admissions(&self) -> &[bool] {
        &self.admissions
    }

    /// A value that there is a commitment to. All of them come before anything else. The statement must restrict it by
    /// itself (a range, a product, an equation with witnesses or public values), so that the proof shows that the commitment
    /// opens; [`compile`](crate::bridge::compile) refuses a statement in which it enters only through sums with others.
    ///
    /// # Errors
    /// If another witness was made before.
    pub fn committed(&mut self, value: Option<u64>) -> Result<Var> {
        self.commitment(value, false)
    }

    /// The same for a commitment of the ledger, which admitted it with a proof that it opens to a value in a range. It may
    /// enter through sums only.
    ///
    /// # Errors
    /// As [`Self::committed`].
    pub fn admitted(&mut self, value: Option<u64>) -> Result<Var> {
        self.commitment(value, true)
    }

    fn commitment(&mut self, value: Option<u64>, admitted: bool) -> Result<Var> {
        if self.cs.num_witness_variables() != self.admissions.len() {
            return Err(SynthesisError::Unsatisfiable);
        }
        self.admissions.push(admitted);
        self.witness(|| value.map(Fr::from))
    }

    /// A value that the verifier knows.
    pub fn public(&self, value: Option<u64>) -> Result<Var> {
        let value = value.map(Fr::from);
        let var = self.cs.new_input_variable(|| need(value))?;
        Ok(FpVar::Var(AllocatedFp::new(value, var, self.cs.clone())))
    }

    /// A value that only the prover knows and nothing restricts yet.
    pub fn witness(&self, value: impl FnOnce() -> Option<Fr>) -> Result<Var> {
        let mut kept = None;
        let var = self.cs.new_witness_variable(|| need(value()).inspect(|v| kept = Some(*v)))?;
        Ok(FpVar::Var(AllocatedFp::new(kept, var, self.cs.clone())))
    }

    fn variable(&self, x: &Var) -> Result<Variable> {
        match x {
            FpVar::Var(v) => Ok(v.variable),
            FpVar::Constant(c) => self.cs.new_lc(|| LinearCombination::from((*c, Variable::One))),
        }
    }

    /// `x = 0`. No gate.
    pub fn zero(&self, x: &Var) -> Result<()> {
        let target = self.variable(x)?;
        self.cs.enforce_r1cs_constraint(|| target.into(), || Variable::One.into(), LinearCombination::zero)
    }

    /// `a * b`. One gate.
    pub fn product(&self, a: &Var, b: &Var) -> Result<Var> {
        let c = self.witness(|| Some(value_of(a)? * value_of(b)?))?;
        self.require_product(a, b, &c)?;
        Ok(c)
    }

    /// `a * b = c`. One gate.
    pub fn require_product(&self, a: &Var, b: &Var, c: &Var) -> Result<()> {
        let (a, b, c) = (self.variable(a)?, self.variable(b)?, self.variable(c)?);
        self.cs.enforce_r1cs_constraint(|| a.into(), || b.into(), || c.into())
    }

    /// The sum of many values as one linear combination. No gate.
    pub fn sum<'a>(&self, terms: impl IntoIterator<Item = &'a Var>) -> Result<Var> {
        let mut lc = LinearCombination::<Fr>::zero();
        let mut total = Some(Fr::from(0u64));
        for x in terms {
            lc.0.push((Fr::from(1u64), self.variable(x)?));
            total = total.zip(value_of(x)).map(|(a, b)| a + b);
        }
        lc.compactify();
        let var = self.cs.new_lc(|| lc)?;
        Ok(FpVar::Var(AllocatedFp::new(total, var, self.cs.clone())))
    }

    /// The constant one, public values, committed values and all other witnesses.
    ///
    /// # Errors
    /// If only the shape was built.
    pub fn assignment(&self) -> Result<Zeroizing<Vec<Fr>>> {
        let instance = self.cs.instance_assignment()?;
        let witness = Zeroizing::new(self.cs.witness_assignment()?);
        let mut all = Zeroizing::new(Vec::with_capacity(instance.len() + witness.len()));
        all.extend(instance);
        all.extend_from_slice(&witness);
        Ok(all)
    }
}
