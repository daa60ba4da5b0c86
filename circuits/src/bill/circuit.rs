//! The rule as a circuit: 79 gates a zone, 118 a tier, 104 for the rest; `docs/circuits/bill.md` says why each.

use crate::frontend::{Builder, Result, Var};

use super::rule::{CENT, LINE, NET, Rates, TOTAL, WHOLE};

/// What a circuit hangs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) zones: usize,
    pub(super) tiers: usize,
}

/// Public values in the circuit's order: the prices of the zones, where each tier begins and its surcharge, the standing
/// charge of the period, the minimum, the tax, the amount.
pub(super) fn publics(rates: &Rates, days: u32, gross: u64) -> Vec<u64> {
    let prices = rates.zones.iter().map(|price| u64::from(*price));
    let tiers = rates.tiers.iter().flat_map(|tier| [tier.above, tier.surcharge.into()]);
    let rest = [rates.standing_of(days), rates.minimum, rates.vat.into(), gross];
    prices.chain(tiers).chain(rest).collect()
}

/// `consumed` and `publics` are known, or only the shape is built.
pub(super) fn build(builder: &mut Builder, shape: &Shape, known: Option<(&[u64], &[u64])>) -> Result<()> {
    let consumed = (0..shape.zones).map(|zone| builder.committed(known.map(|(consumed, _)| consumed[zone])));
    let consumed: Vec<Var> = consumed.collect::<Result<_>>()?;
    let builder = &*builder;
    let mut place = 0;
    let mut public = || {
        let value = known.and_then(|(_, publics)| publics.get(place).copied());
        place += 1;
        builder.public(value)
    };
    let prices: Vec<Var> = (0..shape.zones).map(|_| public()).collect::<Result<_>>()?;
    let tiers: Vec<(Var, Var)> = (0..shape.tiers).map(|_| Ok((public()?, public()?))).collect::<Result<_>>()?;
    let (standing, minimum, vat, gross) = (public()?, public()?, public()?, public()?);

    let mut lines = vec![standing];
    for (consumed, price) in consumed.iter().zip(&prices) {
        lines.push(line(builder, consumed, price)?);
    }
    // What of the total is above each tier's beginning; what is above the next one's is the next one's.
    let total = builder.sum(&consumed)?;
    let above: Vec<Var> =
        tiers.iter().map(|(from, _)| Ok(builder.max(&total, from, TOTAL)? - from)).collect::<Result<_>>()?;
    for (place, (_, surcharge)) in tiers.iter().enumerate() {
        let block = above.get(place + 1).map_or_else(|| above[place].clone(), |next| &above[place] - next);
        lines.push(line(builder, &block, surcharge)?);
    }
    let net = builder.max(&builder.sum(&lines)?, &minimum, NET)?;
    let tax = builder.round_half_up(&builder.product(&net, &vat)?, WHOLE, NET)?;
    builder.zero(&(net + tax - gross))
}

/// `quantity * rate` in cents, rounded half up. 79 gates.
fn line(builder: &Builder, quantity: &Var, rate: &Var) -> Result<Var> {
    builder.round_half_up(&builder.product(quantity, rate)?, CENT, LINE)
}
