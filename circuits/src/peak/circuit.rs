//! The rule as a circuit: as many gates an interval as the limit has bits.

use crate::frontend::{Builder, Result, Var};

/// What a circuit hangs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) intervals: usize,
    pub(super) limit_bits: u32,
}

/// Bits of a number; none of zero.
pub(super) fn bits_of(limit: u32) -> u32 {
    u32::BITS - limit.leading_zeros()
}

/// `values` and `limit` are known, or only the shape is built. No value is below zero, so that the distance to the limit
/// has no more bits than the limit.
pub(super) fn build(builder: &mut Builder, shape: &Shape, known: Option<(&[u64], u32)>) -> Result<()> {
    let values = (0..shape.intervals).map(|place| builder.committed(known.map(|(values, _)| values[place])));
    let values: Vec<Var> = values.collect::<Result<_>>()?;
    let limit = builder.public(known.map(|(_, limit)| u64::from(limit)))?;
    values.iter().try_for_each(|value| builder.at_most(value, &limit, shape.limit_bits))
}
