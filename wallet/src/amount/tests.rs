//! Examples, refusals, and that what is written is read back as it was.
#![allow(clippy::unwrap_used, reason = "tests")]

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};

use super::*;
use Locale::{English, German};
use Utility::{Electricity, Heat, Water};

/// Numbers of every length, and those beside the powers of ten and two.
fn numbers() -> Vec<u64> {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut numbers: Vec<u64> = (0..20_000).map(|_| rng.next_u64() >> (rng.next_u32() % 64)).collect();
    let edges = (0..20).map(|n| 10_u64.pow(n)).chain((0..64).map(|n| 1 << n));
    numbers.extend(edges.flat_map(|edge| [edge - 1, edge, edge + 1]));
    numbers
}

/// With plain blanks, as tests are read.
fn plain(text: &str) -> String {
    text.replace(JOIN, " ")
}

#[test]
fn money_is_written_as_people_of_the_locale_write_it() {
    let examples = [
        (0, "€0.00", "0,00 €"),
        (1, "€0.000001", "0,000001 €"),
        (10_000, "€0.01", "0,01 €"),
        (285_000, "€0.285", "0,285 €"),
        (1_500_000, "€1.50", "1,50 €"),
        (999_000_000, "€999.00", "999,00 €"),
        (1_234_560_000, "€1,234.56", "1.234,56 €"),
        (1_234_567_890_123, "€1,234,567.890123", "1.234.567,890123 €"),
    ];
    for (micro_euro, english, german) in examples {
        assert_eq!(format_credit(English, Credit(micro_euro)), english);
        assert_eq!(plain(&format_credit(German, Credit(micro_euro))), german);
    }
}

#[test]
fn money_that_comes_and_goes_has_a_sign() {
    assert_eq!(format_signed(English, 1_500_000), "+€1.50");
    assert_eq!(format_signed(English, -1_500_000), "\u{2212}€1.50");
    assert_eq!(plain(&format_signed(German, -1_500_000)), "\u{2212}1,50 €");
    assert_eq!(format_signed(English, 0), "€0.00");
    assert_eq!(format_signed(English, i64::MIN), "\u{2212}€9,223,372,036,854.775808");
}

#[test]
fn energy_and_water_are_written_without_needless_decimals() {
    let examples = [
        (Electricity, 0, "0 kWh", "0 kWh"),
        (Electricity, 1, "0.001 kWh", "0,001 kWh"),
        (Electricity, 1_500, "1.5 kWh", "1,5 kWh"),
        (Heat, 1_234_000, "1,234 kWh", "1.234 kWh"),
        (Heat, 1_234_567, "1,234.567 kWh", "1.234,567 kWh"),
        (Water, 1_234, "1,234 l", "1.234 l"),
    ];
    for (utility, units, english, german) in examples {
        assert_eq!(plain(&format_quantity(English, utility, units)), english);
        assert_eq!(plain(&format_quantity(German, utility, units)), german);
    }
}

#[test]
fn money_that_was_written_is_read_back_exactly() {
    for micro_euro in numbers().into_iter().filter(|number| *number < Credit::SUPPLY_LIMIT.0) {
        for locale in [English, German] {
            let text = format_credit(locale, Credit(micro_euro));
            assert_eq!(parse_credit(locale, &text), Ok(Credit(micro_euro)), "{text}");
        }
    }
}

#[test]
fn energy_and_water_that_were_written_are_read_back_exactly() {
    for units in numbers() {
        for (locale, utility) in [(English, Electricity), (German, Heat), (English, Water), (German, Water)] {
            let text = format_quantity(locale, utility, units);
            assert_eq!(parse_quantity(locale, utility, &text), Ok(units), "{text}");
        }
    }
}

#[test]
fn prices_that_were_written_are_read_back_exactly() {
    for price in numbers().into_iter().filter_map(|number| Price::new(u32::try_from(number).ok()?)) {
        for (locale, utility) in [(English, Electricity), (German, Heat), (German, Water)] {
            let text = format_price(locale, utility, price);
            assert_eq!(parse_price(locale, utility, &text), Ok(price), "{text}");
        }
    }
    assert_eq!(format_price(English, Electricity, Price::new(285).unwrap()), "€0.285/kWh");
    assert_eq!(plain(&format_price(German, Water, Price::new(2_100).unwrap())), "2,10 €/m³");
}

#[test]
fn what_people_type_is_read_in_their_locale() {
    let english = [
        ("1,234", 1_234_000_000),
        ("1234", 1_234_000_000),
        ("1234.5", 1_234_500_000),
        ("€ 5", 5_000_000),
        ("5€", 5_000_000),
        (" 5 EUR ", 5_000_000),
        ("eur5", 5_000_000),
        ("0.10 euros", 100_000),
        ("007", 7_000_000),
        ("0.000001", 1),
        ("1,234,567.89", 1_234_567_890_000),
    ];
    for (text, micro_euro) in english {
        assert_eq!(parse_credit(English, text), Ok(Credit(micro_euro)), "{text}");
    }
    let german = [("1,234", 1_234_000), ("1.234", 1_234_000_000), ("1.234,50 €", 1_234_500_000), ("5 Euro", 5_000_000)];
    for (text, micro_euro) in german {
        assert_eq!(parse_credit(German, text), Ok(Credit(micro_euro)), "{text}");
    }
}

#[test]
fn quantities_are_read_with_the_units_of_their_utility() {
    let read = [
        (Electricity, "1.5", 1_500),
        (Electricity, "1.5 kWh", 1_500),
        (Electricity, "1500 Wh", 1_500),
        (Heat, "1.5 MWh", 1_500_000),
        (Heat, "2KWH", 2_000),
        (Water, "12", 12),
        (Water, "12 l", 12),
        (Water, "12 litres", 12),
        (Water, "1.5 m³", 1_500),
        (Water, "1.5m3", 1_500),
    ];
    for (utility, text, units) in read {
        assert_eq!(parse_quantity(English, utility, text), Ok(units), "{text}");
    }
    assert!(matches!(parse_quantity(English, Electricity, "12 l"), Err(AmountError::NotANumber { .. })));
    assert!(matches!(parse_quantity(English, Water, "12 kWh"), Err(AmountError::NotANumber { .. })));
    assert!(matches!(parse_quantity(English, Water, "1.5"), Err(AmountError::TooFine { most: 0, .. })));
    assert!(matches!(parse_quantity(English, Electricity, "0.5 Wh"), Err(AmountError::TooFine { most: 0, .. })));
    assert!(matches!(parse_quantity(English, Electricity, "0.0005"), Err(AmountError::TooFine { most: 3, .. })));
}

#[test]
fn decimals_with_the_sign_of_another_language_are_refused_with_an_example() {
    for (locale, text) in [
        (English, "1,5"),
        (English, "12,50 €"),
        (English, "0,285"),
        (English, "1234,567"),
        (English, "1,23,456"),
        (English, ",500"),
        (English, "1,,234"),
        (English, "1,2345"),
        (English, "5,"),
        (English, "1.234,5"),
        (German, "1.5"),
        (German, "12.50"),
        (German, "0.285"),
        (German, "1,234.5"),
    ] {
        let error = parse_credit(locale, text).unwrap_err();
        assert!(matches!(error, AmountError::Grouping { .. } | AmountError::NotANumber { .. }), "{text}: {error}");
    }
    let error = parse_credit(German, "12.50").unwrap_err().to_string();
    assert!(error.contains("the \".\" separates thousands") && error.contains("1.234,56"), "{error}");
}

#[test]
fn what_is_no_number_is_refused() {
    for text in ["ten", "1 234", "5.", ".5", "1.2.3", "5$", "1e3", "0x10", "+5", "5 €€", "€ 5 €", "٣", "5\0", "€-"]
    {
        let error = parse_credit(English, text).unwrap_err();
        assert!(matches!(error, AmountError::NotANumber { .. } | AmountError::Negative { .. }), "{text}: {error}");
    }
    for text in ["", "  ", "€", "EUR", "\u{a0}"] {
        assert!(matches!(parse_credit(English, text), Err(AmountError::Empty { .. })), "{text}");
    }
    for text in ["-5", "\u{2212}5 €", "€-5", "-€5"] {
        assert!(matches!(parse_credit(English, text), Err(AmountError::Negative { .. })), "{text}");
    }
    assert_eq!(parse_credit(English, "0.0000001"), Err(AmountError::TooFine { text: "0.0000001".into(), most: 6 }));
}

#[test]
fn more_than_there_can_be_is_refused() {
    assert_eq!(parse_credit(English, "9223372036854.775807"), Ok(Credit((1 << 63) - 1)));
    for text in ["9223372036854.775808", "18446744073709.551616", &"9".repeat(100)] {
        assert!(matches!(parse_credit(English, text), Err(AmountError::TooLarge { .. })), "{text}");
    }
    assert!(matches!(parse_quantity(English, Water, "18446744073709551616"), Err(AmountError::TooLarge { .. })));
}

#[test]
fn prices_are_more_than_zero_and_as_fine_as_the_ledger_has_them() {
    assert_eq!(parse_price(English, Electricity, "0.285"), Ok(Price::new(285).unwrap()));
    assert_eq!(parse_price(German, Heat, "0,10 € / kWh"), Ok(Price::new(100).unwrap()));
    assert_eq!(parse_price(English, Electricity, "0"), Err(AmountError::ZeroPrice));
    assert!(matches!(parse_price(English, Electricity, "0.2855"), Err(AmountError::TooFine { most: 3, .. })));
    for text in ["2147483.648", "4294967.296", "99999999"] {
        assert!(matches!(parse_price(English, Electricity, text), Err(AmountError::TooLarge { .. })), "{text}");
    }
}

#[test]
fn prices_in_cents_are_ten_micro_euro_each_and_what_names_the_euro_is_euros() {
    let priced = |locale, text: &str| parse_cent_price(locale, Electricity, text).map(Price::micro_euro);
    for (text, micro_euro) in [
        ("18", 180),
        ("18.5", 185),
        ("0.1", 1),
        (" 18 ct ", 180),
        ("18ct/kWh", 180),
        ("18 cents / kWh", 180),
        ("18 CENT", 180),
        ("1,000", 10_000),
        ("€0.18/kWh", 180),
        ("0.185 EUR", 185),
    ] {
        assert_eq!(priced(English, text), Ok(micro_euro), "{text}");
    }
    assert_eq!(priced(German, "18,5 ct/kWh"), Ok(185));
    assert_eq!(parse_cent_price(German, Water, "180 ct/m³").map(Price::micro_euro), Ok(1_800));
    assert_eq!(priced(English, "0"), Err(AmountError::ZeroPrice));
    // What is meant in euros is too fine for cents.
    assert!(matches!(priced(English, "0.18"), Err(AmountError::TooFine { most: 1, .. })));
    assert!(matches!(priced(English, "ct"), Err(AmountError::Empty { .. })));
    assert!(matches!(priced(English, "-18 ct"), Err(AmountError::Negative { .. })));
    assert!(matches!(priced(English, "214748364.8"), Err(AmountError::TooLarge { .. })));
}

#[test]
fn no_text_makes_reading_panic() {
    let signs: Vec<char> = "0159.,.,€-−+ \u{a0}kWhmMl³EURer/٣日\0'".chars().collect();
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for _ in 0..50_000 {
        let length = rng.next_u32() % 9;
        let text: String = (0..length).map(|_| signs[rng.next_u32() as usize % signs.len()]).collect();
        for locale in [English, German] {
            let _ = parse_quantity(locale, Electricity, &text);
            let _ = parse_price(locale, Water, &text);
            let _ = parse_cent_price(locale, Electricity, &text);
            if let Ok(amount) = parse_credit(locale, &text) {
                assert_eq!(parse_credit(locale, &format_credit(locale, amount)), Ok(amount), "{text}");
            }
        }
    }
}

#[test]
fn the_locale_follows_the_language() {
    for tag in ["de", "de_DE.UTF-8", "de-AT", "DE", "de,en;q=0.5"] {
        assert_eq!(Locale::from_tag(tag), German, "{tag}");
    }
    for tag in ["", "C", "en_GB.UTF-8", "fr", "den", "C.UTF-8"] {
        assert_eq!(Locale::from_tag(tag), English, "{tag}");
    }
}
