//! The grid operator's values in place of estimates, before they are attested: they may shape a gap, never its sum.

use hushwatt_ledger::units::Interval;

use super::{
    Registers,
    boundary::MAX_BOUNDARIES,
    interval::{IntervalState, share},
};

/// The longest name of a rule, bytes.
pub const MAX_RULE: usize = 64;
/// No value of a file is larger, thousandths of a base unit.
const MAX_VALUE: u64 = 1 << 53;

/// Values for a gap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Substitution {
    /// The gap's first interval.
    pub first: Interval,
    /// Imports of its intervals, thousandths of a base unit.
    pub import: Vec<u64>,
    /// Exports of its intervals, thousandths of a base unit.
    pub export: Vec<u64>,
    /// What the last digit of the file counts, thousandths of a base unit: how far rounding may take the sums.
    pub rounding: u64,
    /// The rule by which the operator made them, named in the record.
    pub rule: String,
}

/// A substitution that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rule {
    pub intervals: u32,
    pub name: String,
}

/// Why values were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteError {
    /// No values, too many, or not as many imports as exports.
    #[error("a substitution needs an import and an export for every interval of the gap")]
    Shape,
    /// No rule.
    #[error("name the rule by which the operator made the values, in at most 64 bytes")]
    Rule,
    /// Attested already.
    #[error("the interval {0} is attested already: only a correction can change it")]
    Attested(u64),
    /// Not a gap of estimates.
    #[error("the intervals are not one whole gap of estimated values: measured values are never replaced")]
    NotAGap,
    /// Coarse registers.
    #[error("the meter's registers count too coarsely to hold the operator's values against")]
    Coarse,
    /// The sum differs.
    #[error(
        "the operator's values add up to {found} thousandths, the registers counted {counted} base units: more than rounding"
    )]
    Sum {
        /// Sum of the values, thousandths of a base unit.
        found: u128,
        /// Difference of the registers, base units.
        counted: u64,
    },
    /// Beyond the class.
    #[error("a value of interval {0} is more than the meter's class can hold")]
    TooLarge(u64),
}

impl Registers {
    /// Takes the operator's values for one whole gap. In sum they must be what the registers counted, but for the rounding
    /// of the file; what rounding leaves is spread, so that the sums are exact.
    pub fn substitute(&mut self, values: &Substitution) -> Result<(), SubstituteError> {
        let count = values.import.len();
        let in_range = |values: &[u64]| values.iter().all(|value| *value <= MAX_VALUE);
        let shape = count == values.export.len() && (1..=MAX_BOUNDARIES).contains(&count);
        if !shape || !in_range(&values.import) || !in_range(&values.export) || values.rounding > MAX_VALUE {
            return Err(SubstituteError::Shape);
        }
        if !(1..=MAX_RULE).contains(&values.rule.len()) || values.rule.chars().any(char::is_control) {
            return Err(SubstituteError::Rule);
        }
        let first = values.first.0;
        let end = first.saturating_add(count as u64);
        if first < self.frozen_to.max(self.forgotten_to) {
            return Err(SubstituteError::Attested(first));
        }
        let mut known = self.boundaries.range(first..=end);
        let (start, stop) = match (known.next(), known.next(), known.next()) {
            (Some((&from, start)), Some((&to, stop)), None) if (from, to) == (first, end) => (start, stop),
            _ => return Err(SubstituteError::NotAGap),
        };
        let (old, new) = (start.reading, stop.reading);
        if !(old.fine && new.fine) {
            return Err(SubstituteError::Coarse);
        }
        let replaceable = |number: u64| {
            matches!(self.interval(Interval(number)), IntervalState::Estimated(_) | IntervalState::Substituted(_))
        };
        if !(first..end).all(replaceable) {
            return Err(SubstituteError::NotAGap);
        }
        let import = fit(&values.import, new.import.saturating_sub(old.import), values.rounding)?;
        let export = fit(&values.export, new.export.saturating_sub(old.export), values.rounding)?;
        let mut metered = Vec::with_capacity(count);
        for (number, (import, export)) in (first..end).zip(import.into_iter().zip(export)) {
            metered.push((number, self.within_class(import, export).ok_or(SubstituteError::TooLarge(number))?));
        }
        self.substitutes.extend(metered);
        let intervals = u32::try_from(count).unwrap_or(u32::MAX);
        self.rules.insert(first, Rule { intervals, name: values.rule.clone() });
        Ok(())
    }

    /// The rule by which an interval was substituted.
    pub fn rule(&self, interval: Interval) -> Option<&str> {
        let (first, rule) = self.rules.range(..=interval.0).next_back()?;
        (interval.0 - first < u64::from(rule.intervals)).then_some(rule.name.as_str())
    }
}

/// Whole base units in the proportions of `values` (thousandths), together exactly `counted`.
fn fit(values: &[u64], counted: u64, rounding: u64) -> Result<Vec<u64>, SubstituteError> {
    let found: u128 = values.iter().map(|value| u128::from(*value)).sum();
    // Each value is off by half of the last digit at most, the registers by one unit.
    let tolerance = values.len() as u128 * u128::from(rounding) / 2 + 1000;
    if found.abs_diff(u128::from(counted) * 1000) > tolerance {
        return Err(SubstituteError::Sum { found, counted });
    }
    if found == 0 {
        let parts = values.len() as u64;
        return Ok((0..parts).map(|index| share(counted, index, parts)).collect());
    }
    let (mut so_far, mut given) = (0u128, 0u64);
    let next = |value: &u64| {
        so_far += u128::from(*value);
        let up_to = u64::try_from(so_far * u128::from(counted) / found).unwrap_or(u64::MAX);
        up_to.saturating_sub(core::mem::replace(&mut given, up_to))
    };
    Ok(values.iter().map(next).collect())
}
