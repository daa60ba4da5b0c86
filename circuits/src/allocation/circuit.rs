//! The rule as a circuit; `docs/circuits/allocation.md` says what each part is for and why it is enough.

use crate::frontend::{Bit, Builder, Fr, Result, Var, constant};

use super::rule::{Key, Plan, Shared, WHOLE, fixed};

/// Bits of a reading, and of what a member gets.
const READING: u32 = 32;
/// Bits of a sum of readings.
const SUM: u32 = 40;
/// Bits of a share, and of what [`WHOLE`] leaves as a remainder.
const SHARE: u32 = 20;
/// Bits of a member's place: it decides among equal remainders.
const PLACE: u32 = 7;

/// Which rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    Static,
    Dynamic,
    Hybrid,
    Priority,
}

/// What a circuit hangs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) rule: Rule,
    pub(super) members: usize,
}

impl Shape {
    pub(super) fn of(key: &Key, members: usize) -> Self {
        let rule = match key {
            Key::Static { .. } => Rule::Static,
            Key::Dynamic => Rule::Dynamic,
            Key::Hybrid { .. } => Rule::Hybrid,
            Key::Priority => Rule::Priority,
        };
        Shape { rule, members }
    }
}

/// What the prover says of something that is shared by weights.
#[derive(Clone)]
pub(super) struct Sharing {
    /// What each gets.
    pub(super) parts: Vec<u64>,
    /// Who was rounded up.
    pub(super) raised: Vec<bool>,
    /// The least of the keys of those who were rounded up, or something above all keys.
    pub(super) threshold: u64,
}

/// Everything the prover knows or chooses.
pub(super) struct Values {
    pub(super) generation: u64,
    pub(super) consumption: Vec<u64>,
    pub(super) allocation: Vec<u64>,
    pub(super) shares: Vec<u64>,
    pub(super) fixed: Option<Sharing>,
    pub(super) in_proportion: Option<Sharing>,
}

impl Values {
    pub(super) fn new(key: &Key, generation: u64, consumption: Vec<u64>, allocation: Vec<u64>) -> Self {
        let plan = Plan::new(key, generation, &consumption);
        let shares = key.shares().unwrap_or_default();
        let wanted = |rules: &[Rule]| rules.contains(&Shape::of(key, consumption.len()).rule);
        let lacking = consumption.iter().zip(&plan.first).map(|(consumed, got)| consumed - got);
        let total = lacking.sum::<u64>().max(1);
        Values {
            generation,
            allocation,
            shares: shares.iter().map(|share| u64::from(*share)).collect(),
            fixed: wanted(&[Rule::Static, Rule::Hybrid]).then(|| Sharing::of(&fixed(generation, shares), WHOLE.into())),
            in_proportion: wanted(&[Rule::Dynamic, Rule::Hybrid]).then(|| Sharing::of(&plan.second, total)),
            consumption,
        }
    }
}

/// Keys ascend with remainders, and among equal ones against the order of the members.
fn key_of(remainder: u64, place: usize) -> u64 {
    (remainder << PLACE) + last_place() - place as u64
}

const fn last_place() -> u64 {
    (1 << PLACE) - 1
}

impl Sharing {
    fn of(shared: &Shared, total: u64) -> Self {
        let keys = shared.remainders.iter().enumerate().map(|(place, remainder)| key_of(*remainder, place));
        let raised = keys.zip(&shared.raised).filter(|(_, raised)| **raised);
        let threshold = raised.map(|(key, _)| key).min().unwrap_or(total << PLACE);
        Sharing { parts: shared.parts().collect(), raised: shared.raised.clone(), threshold }
    }
}

/// A member in the circuit.
struct Cell {
    consumption: Var,
    allocation: Var,
}

pub(super) fn build(builder: &mut Builder, shape: &Shape, values: Option<&Values>) -> Result<()> {
    let generation = builder.committed(values.map(|v| v.generation))?;
    let mut cells = Vec::with_capacity(shape.members);
    for place in 0..shape.members {
        cells.push(Cell {
            consumption: builder.committed(values.map(|v| v.consumption[place]))?,
            allocation: builder.committed(values.map(|v| v.allocation[place]))?,
        });
    }
    let builder = &*builder;
    match shape.rule {
        Rule::Static => {
            let capped = by_shares(builder, &generation, &cells, values)?;
            gets(builder, &cells, &capped)
        }
        Rule::Dynamic => {
            let wanted: Vec<Var> = cells.iter().map(|cell| cell.consumption.clone()).collect();
            let parts = in_proportion(builder, &generation, &wanted, values)?;
            gets(builder, &cells, &parts)
        }
        Rule::Hybrid => {
            let capped = by_shares(builder, &generation, &cells, values)?;
            let left = &generation - &builder.sum(&capped)?;
            let lacking: Vec<Var> = cells.iter().zip(&capped).map(|(cell, got)| &cell.consumption - got).collect();
            let parts = in_proportion(builder, &left, &lacking, values)?;
            let both: Vec<Var> = capped.iter().zip(&parts).map(|(first, second)| first + second).collect();
            gets(builder, &cells, &both)
        }
        Rule::Priority => {
            // A constraint about the generation alone: through it every commitment opens by itself, not only differences.
            let _pinned = builder.product(&generation, &generation)?;
            let mut left = generation;
            for cell in &cells {
                let taken = builder.min(&left, &cell.consumption, SUM)?;
                builder.zero(&(&taken - &cell.allocation))?;
                left -= &taken;
            }
            Ok(())
        }
    }
}

/// What the rule gives is what is committed. No gate.
fn gets(builder: &Builder, cells: &[Cell], given: &[Var]) -> Result<()> {
    cells.iter().zip(given).try_for_each(|(cell, given)| builder.zero(&(&cell.allocation - given)))
}

/// Of each fixed share of the generation as much as is consumed. 126 gates a member and 54.
fn by_shares(builder: &Builder, generation: &Var, cells: &[Cell], values: Option<&Values>) -> Result<Vec<Var>> {
    let shares = (0..cells.len()).map(|place| builder.public(values.map(|v| v.shares[place])));
    let shares = shares.collect::<Result<Vec<_>>>()?;
    let sharing = values.and_then(|v| v.fixed.as_ref());
    let targets = share(builder, generation, &shares, (&constant(WHOLE.into()), SHARE), sharing)?;
    let cap = |(target, cell): (&Var, &Cell)| {
        let capped = builder.min(target, &cell.consumption, SUM)?;
        // Below its cap, it is the target: targets are not negative either.
        builder.range(&capped, READING)?;
        Ok(capped)
    };
    targets.iter().zip(cells).map(cap).collect()
}

/// As much of something as all together want, in proportion to what each wants. 124 gates a member and 139.
fn in_proportion(builder: &Builder, left: &Var, wanted: &[Var], values: Option<&Values>) -> Result<Vec<Var>> {
    let sum = builder.sum(wanted)?;
    let pool = builder.min(left, &sum, SUM)?;
    // Nobody wants anything: the pool is zero, and so is every part of it, whatever it is divided by.
    let total = &sum + builder.is_zero(&sum)?.var();
    let sharing = values.and_then(|v| v.in_proportion.as_ref());
    let parts = share(builder, &pool, wanted, (&total, SUM), sharing)?;
    parts.iter().try_for_each(|part| builder.range(part, READING))?;
    Ok(parts)
}

/// Shares `whole` by `weights`, which add up to `total`, at least 1 and below `2^bits`: rounded down, then one more for the
/// largest remainders, of equal ones for the first members. `whole` and weights are known to be below 2^40; the caller sees
/// to it that the parts are. `2 * bits + 11` gates a member, one more if the total is hidden, and `2 * bits + 14`.
fn share(
    builder: &Builder,
    whole: &Var,
    weights: &[Var],
    (total, bits): (&Var, u32),
    sharing: Option<&Sharing>,
) -> Result<Vec<Var>> {
    let bits_of_key = bits + PLACE;
    let places = Fr::from(1u64 << PLACE);
    let threshold = builder.witness(|| sharing.map(|s| Fr::from(s.threshold)))?;
    builder.range(&threshold, bits_of_key)?;
    builder.at_most(&threshold, &(total * places), bits_of_key)?;
    let mut parts = Vec::with_capacity(weights.len());
    for (place, weight) in weights.iter().enumerate() {
        let part = builder.witness(|| sharing.map(|s| Fr::from(s.parts[place])))?;
        let raised: Bit = builder.bit(sharing.map(|s| s.raised[place]))?;
        let floor = &part - raised.var();
        let remainder = builder.product(whole, weight)? - builder.product(&floor, total)?;
        let key = &remainder * places + constant(last_place() - place as u64);
        // Who is rounded up has a key of at least the threshold, hence a remainder of at least 0; here: below the total.
        // Who is not has a key below the threshold, hence a remainder below the total; here: of at least 0.
        let distance = builder.select(&raised, &(&key - &threshold), &(&threshold - &key - constant(1)))?;
        builder.range(&distance, bits_of_key)?;
        let other_end = builder.select(&raised, &(total - &remainder - constant(1)), &remainder)?;
        builder.range(&other_end, bits)?;
        parts.push(part);
    }
    builder.zero(&(&builder.sum(&parts)? - whole))?;
    Ok(parts)
}
