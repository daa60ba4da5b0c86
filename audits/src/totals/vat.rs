//! Net and tax of what was traded, where prices contain value added tax.
//!
//! Of each period and utility: gross is the money of the total, rounded to the cent; tax is `money * rate / (100 % + rate)`,
//! rounded to the cent; both half up, and both from the exact money. Net is gross less tax. Sums add the periods' cents, so
//! that every column adds up.

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

/// Tax by period and in sum.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct VatTable {
    /// The rate, in millionths.
    pub rate: Percent,
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
    /// Of the released totals of trades; a rate below zero counts as none.
    pub(super) fn of(totals: &[Total], rate: Percent) -> Self {
        let parts = u128::try_from(rate.ppm()).unwrap_or_default();
        let row = |total: &Total| match (&total.of, total.standing) {
            (Of::Trades { utility, .. }, Standing::Released(Values::Traded { micro_euro, .. })) => {
                let cents = VatCents::of(micro_euro, parts);
                Some(VatRow { from: total.from, until: total.until, utility: *utility, cents })
            }
            _ => None,
        };
        let rows: Vec<VatRow> = totals.iter().filter_map(row).collect();
        let sum = rows.iter().fold(VatCents::default(), |sum, row| sum.plus(row.cents));
        VatTable { rate, rows, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
