//! How quantities are written: kWh and litres.

use hushwatt_drivers::{Direction, Medium};
use hushwatt_ledger::units::Utility;
use hushwatt_wallet::amount::{Locale, format_quantity};

pub(super) use crate::cli::moments::{moment, span, when};

/// What a medium is called.
pub(super) fn medium_name(medium: Medium) -> &'static str {
    match medium {
        Medium::Electricity => "electricity",
        Medium::Water => "water",
        Medium::Heat => "heat",
        Medium::Cooling => "cooling",
        Medium::Gas => "gas",
    }
}

/// What a community settles as.
pub(super) fn medium_of(utility: Utility) -> Medium {
    match utility {
        Utility::Electricity => Medium::Electricity,
        Utility::Water => Medium::Water,
        Utility::Heat => Medium::Heat,
    }
}

/// Seen from the household.
pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Import => "taken",
        Direction::Export => "given",
    }
}

/// `1.5 kWh`, `12 l`.
pub(super) fn quantity(medium: Medium, base: u64) -> String {
    let utility = match medium {
        Medium::Electricity | Medium::Heat | Medium::Cooling => Utility::Heat,
        Medium::Water | Medium::Gas => Utility::Water,
    };
    format_quantity(Locale::English, utility, base)
}

/// The unit that values are counted in.
pub(super) fn base_unit(medium: Medium) -> &'static str {
    match medium {
        Medium::Electricity | Medium::Heat | Medium::Cooling => "Wh",
        Medium::Water | Medium::Gas => "l",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_the_units_of_bills() {
        assert_eq!(quantity(Medium::Electricity, 1_234_567).replace('\u{a0}', " "), "1,234.567 kWh");
        assert_eq!(quantity(Medium::Water, 12).replace('\u{a0}', " "), "12 l");
    }
}
