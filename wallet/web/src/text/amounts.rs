//! Amounts as people read and type them, by the rules of the wallet ([`hushwatt_wallet::amount`]); here only what a page adds:
//! cents in large and the exact amount below, and numbers without their unit for fields that show it beside them.

use hushwatt_ledger::units::{Credit, Price, Quantity, Utility};
use hushwatt_wallet::amount::{
    AmountError, Locale, format_credit, format_price, format_quantity, parse_credit, parse_price, parse_quantity,
};

use super::{Language, Tongue};

/// A cent in micro-euro.
const CENT: u64 = 10_000;

fn locale(tongue: Tongue) -> Locale {
    match tongue.language {
        Language::English => Locale::English,
        Language::German => Locale::German,
    }
}

fn with_sign(micro_euro: i64, text: &str) -> String {
    if micro_euro < 0 { format!("\u{2212}{text}") } else { text.to_owned() }
}

/// Micro-euro as euros and cents. What is below a cent is cut off, so that nobody is shown more than there is; where that is
/// all there is, it is said.
pub(crate) fn euro(tongue: Tongue, micro_euro: i64) -> String {
    let magnitude = micro_euro.unsigned_abs();
    let shown = if magnitude < CENT { magnitude } else { magnitude / CENT * CENT };
    with_sign(micro_euro, &format_credit(locale(tongue), Credit(shown)))
}

/// The same with all its digits, if cents do not say all.
pub(crate) fn exact_euro(tongue: Tongue, micro_euro: i64) -> Option<String> {
    let magnitude = micro_euro.unsigned_abs();
    (magnitude > CENT && !magnitude.is_multiple_of(CENT))
        .then(|| with_sign(micro_euro, &format_credit(locale(tongue), Credit(magnitude))))
}

/// Base units as people read them.
pub(crate) fn energy(tongue: Tongue, utility: Utility, base: u64) -> String {
    format_quantity(locale(tongue), utility, base)
}

/// A price, for a kilowatt-hour or a cubic metre.
pub(crate) fn price(tongue: Tongue, utility: Utility, price: Price) -> String {
    format_price(locale(tongue), utility, price)
}

/// The unit in which quantities of a utility are typed.
pub(crate) fn energy_unit(utility: Utility) -> &'static str {
    match utility {
        Utility::Electricity | Utility::Heat => "kWh",
        Utility::Water => "l",
    }
}

/// The unit in which its prices are typed.
pub(crate) fn price_unit(utility: Utility) -> &'static str {
    match utility {
        Utility::Electricity | Utility::Heat => "€/kWh",
        Utility::Water => "€/m³",
    }
}

/// Digits and the decimals' sign, as they stand in a field.
fn bare(tongue: Tongue, text: &str) -> String {
    let number = text.split('/').next().unwrap_or_default();
    number.chars().filter(|letter| letter.is_ascii_digit() || *letter == locale(tongue).point()).collect()
}

/// Euros for a field.
pub(crate) fn plain_euro(tongue: Tongue, micro_euro: u64) -> String {
    bare(tongue, &format_credit(locale(tongue), Credit(micro_euro)))
}

/// A quantity for a field.
pub(crate) fn plain_energy(tongue: Tongue, utility: Utility, base: u64) -> String {
    bare(tongue, &energy(tongue, utility, base))
}

/// A price for a field.
pub(crate) fn plain_price(tongue: Tongue, utility: Utility, value: Price) -> String {
    bare(tongue, &price(tongue, utility, value))
}

/// Euros that were typed.
pub(crate) fn read_euro(tongue: Tongue, text: &str) -> Result<Credit, AmountError> {
    parse_credit(locale(tongue), text)
}

/// A quantity that was typed.
pub(crate) fn read_energy(tongue: Tongue, utility: Utility, text: &str) -> Result<Quantity, AmountError> {
    let base = parse_quantity(locale(tongue), utility, text)?;
    u32::try_from(base).map(Quantity).map_err(|_| AmountError::TooLarge { text: text.to_owned() })
}

/// A price that was typed.
pub(crate) fn read_price(tongue: Tongue, utility: Utility, text: &str) -> Result<Price, AmountError> {
    parse_price(locale(tongue), utility, text)
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{}\u{a0}%", (share.clamp(0.0, 1.0) * 100.0).round())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ENGLISH: Tongue = Tongue { language: Language::English };
    const GERMAN: Tongue = Tongue { language: Language::German };

    #[test]
    fn what_is_below_a_cent_is_cut_off_and_said_exactly() {
        assert_eq!(euro(ENGLISH, 1_234_509_999), "€1,234.50");
        assert_eq!(euro(GERMAN, -12_509_999), "\u{2212}12,50\u{a0}€");
        assert_eq!(exact_euro(ENGLISH, 12_509_999).unwrap(), "€12.509999");
        assert_eq!(exact_euro(GERMAN, -12_501_000).unwrap(), "\u{2212}12,501\u{a0}€");
        assert_eq!(exact_euro(ENGLISH, 12_500_000), None);
        assert_eq!(euro(ENGLISH, -1_000), "\u{2212}€0.001");
        assert_eq!(euro(ENGLISH, i64::MIN), "\u{2212}€9,223,372,036,854.77");
    }

    #[test]
    fn what_stands_in_a_field_reads_back() {
        let price = Price::new(255).unwrap();
        for tongue in [ENGLISH, GERMAN] {
            for micro_euro in [1, 10_000, 1_234_567_890_123] {
                assert_eq!(read_euro(tongue, &plain_euro(tongue, micro_euro)), Ok(Credit(micro_euro)));
            }
            for utility in Utility::ALL {
                let (quantity, typed) = (Quantity(1_234_567), plain_energy(tongue, utility, 1_234_567));
                assert_eq!(read_energy(tongue, utility, &typed), Ok(quantity), "{typed}");
                let typed = plain_price(tongue, utility, price);
                assert_eq!(read_price(tongue, utility, &typed), Ok(price), "{typed}");
            }
        }
    }
}
