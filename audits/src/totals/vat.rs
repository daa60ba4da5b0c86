//! Net and tax of what was traded, where prices contain value added tax.
//!
//! Of each period and utility: gross is the money of the total, rounded to the cent; tax is `money * rate / (100 % + rate)`,
//! rounded to the cent; both half up, and both from the exact money. Net is gross less tax. Sums add the periods' cents, so
//! that every column adds up.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use hushwatt_ledger::units::Utility;
use serde::Serialize;

use super::{
    Percent,
    report::{Of, Standing, Total, Values},
};

/// Micro-euro of a cent.
const CENT: u128 = 10_000;
/// Millionths of the whole.
const WHOLE: u128 = 1_000_000;

/// The rate of tax of each utility; none is below zero.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VatRates(BTreeMap<Utility, Percent>);

/// `19` for every utility, or `electricity=19,water=7`.
impl FromStr for VatRates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rate = |text: &str| {
            let rate: Percent = text.parse()?;
            if rate.ppm() >= 0 { Ok(rate) } else { Err("a rate of tax is not below zero".to_owned()) }
        };
        if !text.contains('=') {
            let rate = rate(text)?;
            return Ok(VatRates(Utility::ALL.into_iter().map(|utility| (utility, rate)).collect()));
        }
        let mut rates = BTreeMap::new();
        for one in text.split(',') {
            let (name, percent) =
                one.split_once('=').ok_or_else(|| format!("\"{one}\" names no utility: electricity=19"))?;
            let utility = Utility::ALL.into_iter().find(|utility| utility.name() == name);
            let utility = utility.ok_or_else(|| format!("\"{name}\" is no utility: electricity, heat or water"))?;
            if rates.insert(utility, rate(percent)?).is_some() {
                return Err(format!("{name} has two rates"));
            }
        }
        Ok(VatRates(rates))
    }
}

/// Tax by period and in sum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VatTable {
    /// The rate of each utility, in millionths.
    pub rates: BTreeMap<Utility, Percent>,
    /// Utilities of which something was traded, but without a rate: they are in no row.
    pub without_rate: BTreeSet<Utility>,
    /// Periods with a released total, in order.
    pub rows: Vec<VatRow>,
    /// Sums of the rows' cents.
    pub sum: VatCents,
}

/// Tax of one period.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VatRow {
    /// First second of the period, in unix seconds.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// What was traded.
    pub utility: Utility,
    /// How much is what.
    #[serde(flatten)]
    pub cents: VatCents,
}

/// Amounts in cents; gross is net and tax.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct VatCents {
    /// What buyers paid.
    pub gross_cents: u64,
    /// Without tax.
    pub net_cents: u64,
    /// The tax in it.
    pub tax_cents: u64,
}

fn half_up(number: u128, divisor: u128) -> u64 {
    u64::try_from((number + divisor / 2) / divisor).unwrap_or(u64::MAX)
}

impl VatCents {
    fn of(micro_euro: u64, rate: u128) -> Self {
        let money = u128::from(micro_euro);
        let (gross_cents, tax_cents) = (half_up(money, CENT), half_up(money * rate, (WHOLE + rate) * CENT));
        VatCents { gross_cents, net_cents: gross_cents.saturating_sub(tax_cents), tax_cents }
    }

    fn plus(self, other: Self) -> Self {
        VatCents {
            gross_cents: self.gross_cents.saturating_add(other.gross_cents),
            net_cents: self.net_cents.saturating_add(other.net_cents),
            tax_cents: self.tax_cents.saturating_add(other.tax_cents),
        }
    }
}

impl VatTable {
    /// Of the released totals of trades.
    pub(super) fn of(totals: &[Total], VatRates(rates): &VatRates) -> Self {
        let (mut rows, mut without_rate) = (Vec::new(), BTreeSet::new());
        for total in totals {
            let (Of::Trades { utility, .. }, Standing::Released(Values::Traded { micro_euro, .. })) =
                (&total.of, total.standing)
            else {
                continue;
            };
            let Some(rate) = rates.get(utility) else {
                without_rate.insert(*utility);
                continue;
            };
            let cents = VatCents::of(micro_euro, u128::try_from(rate.ppm()).unwrap_or_default());
            rows.push(VatRow { from: total.from, until: total.until, utility: *utility, cents });
        }
        let sum = rows.iter().fold(VatCents::default(), |sum, row| sum.plus(row.cents));
        VatTable { rates: rates.clone(), without_rate, rows, sum }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn rates_are_for_all_or_utility_by_utility() {
        let ppm = |text: &str| {
            let VatRates(rates) = text.parse().unwrap();
            Utility::ALL.map(|utility| rates.get(&utility).map(|rate| rate.ppm()))
        };
        assert_eq!(ppm("19"), [Some(190_000); Utility::ALL.len()]);
        let VatRates(some) = "electricity=19,water=7".parse().unwrap();
        assert_eq!(some.get(&Utility::Electricity).map(|rate| rate.ppm()), Some(190_000));
        assert_eq!((some.get(&Utility::Water).map(|rate| rate.ppm()), some.len()), (Some(70_000), 2));
        for wrong in ["", "-1", "gas=5", "electricity=19,7", "water=7,water=8", "water=", "=7", "water=-1", "19,7"] {
            assert!(wrong.parse::<VatRates>().is_err(), "{wrong}");
        }
    }

    fn cents(micro_euro: u64, rate: u128) -> (u64, u64, u64) {
        let VatCents { gross_cents, net_cents, tax_cents } = VatCents::of(micro_euro, rate);
        (gross_cents, net_cents, tax_cents)
    }

    #[test]
    fn tax_is_rounded_half_up_to_the_cent_and_net_is_the_rest() {
        assert_eq!(cents(119_000_000, 190_000), (11_900, 10_000, 1_900));
        assert_eq!(cents(0, 190_000), (0, 0, 0));
        assert_eq!(cents(4_999, 190_000), (0, 0, 0));
        assert_eq!(cents(5_000, 190_000), (1, 1, 0));
        // 1.00 EUR at 8.1 %: 7.493 cents.
        assert_eq!(cents(1_000_000, 81_000), (100, 93, 7));
        // 0.03 EUR at 20 %: exactly half a cent.
        assert_eq!(cents(30_000, 200_000), (3, 2, 1));
        assert_eq!(cents(1_000_000, 0), (100, 100, 0));
        let (gross, net, tax) = cents(u64::MAX, 190_000);
        assert_eq!(net + tax, gross);
    }
}
