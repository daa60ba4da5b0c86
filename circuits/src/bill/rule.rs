//! The rule in plain numbers, all of them integers.

/// Most zones of a tariff.
pub const MAX_ZONES: usize = 16;
/// Most tiers of a tariff.
pub const MAX_TIERS: usize = 16;
/// Most days of a bill.
pub const MAX_DAYS: u32 = 366;
/// Most micro-euro a day of the standing charge: 1,000 EUR.
pub const MAX_STANDING: u64 = 1_000_000_000;
/// Nano-euro in a cent: prices are in nano-euro a base unit, lines in cents.
pub const CENT: u64 = 10_000_000;
/// Basis points in a whole.
pub const WHOLE: u64 = 10_000;
/// Micro-euro in a cent.
const CENT_OF_MICRO: u64 = 10_000;

/// Bits of a line, in cents.
pub(super) const LINE: u32 = 30;
/// Bits of what is consumed in a period, and of a tier's beginning, in base units.
pub(super) const TOTAL: u32 = 36;
/// Bits of the sum of all lines and of the minimum, in cents.
pub(super) const NET: u32 = 36;

/// A surcharge on what is consumed of the period's total above a bound, up to the next tier's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tier {
    /// Where it begins, in base units; below 2^36.
    pub above: u64,
    /// Nano-euro per base unit, on top of the zone's price; below 2^31.
    pub surcharge: u32,
}

/// The numbers of a tariff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rates {
    /// Price of each zone in nano-euro per base unit, below 2^31. 1 to 16 zones.
    pub zones: Vec<u32>,
    /// Up to 16, ascending by where they begin. What is below the first has no surcharge.
    pub tiers: Vec<Tier>,
    /// Micro-euro a day, at most 1,000 EUR.
    pub standing: u64,
    /// Least net amount of a bill in cents, below 2^30.
    pub minimum: u64,
    /// Value-added tax in basis points, at most 10,000.
    pub vat: u16,
}

/// A bill, in cents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bill {
    /// A line for each zone.
    pub zones: Vec<u64>,
    /// A line for each tier.
    pub tiers: Vec<u64>,
    /// The standing charge.
    pub standing: u64,
    /// All lines, or the minimum if that is more.
    pub net: u64,
    /// The tax on it.
    pub vat: u64,
    /// What is to be paid.
    pub gross: u64,
}

/// `numerator / denominator`, rounded half up.
fn half_up(numerator: u128, denominator: u64) -> u128 {
    let denominator = u128::from(denominator);
    (numerator + denominator / 2) / denominator
}

/// `quantity * rate` in cents, rounded half up; `None` if it is 2^30 cents or more.
fn line(quantity: u64, rate: u32) -> Option<u64> {
    let cents = half_up(u128::from(quantity) * u128::from(rate), CENT);
    u64::try_from(cents).ok().filter(|cents| *cents < 1 << LINE)
}

impl Rates {
    /// Whether all numbers are in their bounds.
    pub fn hold(&self) -> bool {
        let small = |rate: u32| rate < 1 << 31;
        (1..=MAX_ZONES).contains(&self.zones.len())
            && self.tiers.len() <= MAX_TIERS
            && self.zones.iter().all(|price| small(*price))
            && self.tiers.iter().all(|tier| small(tier.surcharge) && tier.above < 1 << TOTAL)
            && self.tiers.windows(2).all(|pair| pair[0].above < pair[1].above)
            && self.standing <= MAX_STANDING
            && self.minimum < 1 << LINE
            && u64::from(self.vat) <= WHOLE
    }

    /// The standing charge of so many days in cents, rounded half up.
    pub fn standing_of(&self, days: u32) -> u64 {
        // At most 10^9 micro-euro for 366 days.
        (self.standing.saturating_mul(days.into()) + CENT_OF_MICRO / 2) / CENT_OF_MICRO
    }

    /// The bill for what was consumed in each zone, in base units. `None` if the numbers are out of their bounds, there is
    /// another number of zones, more than 366 days, 2^36 base units or more, or a line of 2^30 cents or more.
    pub fn bill(&self, days: u32, consumed: &[u64]) -> Option<Bill> {
        if !self.hold() || consumed.len() != self.zones.len() || days > MAX_DAYS {
            return None;
        }
        let total = consumed.iter().try_fold(0u64, |sum, zone| sum.checked_add(*zone))?;
        if total >= 1 << TOTAL {
            return None;
        }
        let zones: Vec<u64> =
            consumed.iter().zip(&self.zones).map(|(quantity, price)| line(*quantity, *price)).collect::<Option<_>>()?;
        let above = |place: usize| self.tiers.get(place).map_or(0, |tier| total.saturating_sub(tier.above));
        let tiers: Vec<u64> = self
            .tiers
            .iter()
            .enumerate()
            .map(|(place, tier)| line(above(place) - above(place + 1), tier.surcharge))
            .collect::<Option<_>>()?;
        let standing = self.standing_of(days);
        let net = (zones.iter().chain(&tiers).sum::<u64>() + standing).max(self.minimum);
        let vat = u64::try_from(half_up(u128::from(net) * u128::from(self.vat), WHOLE)).ok()?;
        Some(Bill { zones, tiers, standing, net, vat, gross: net + vat })
    }
}
