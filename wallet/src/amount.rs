//! Money and energy as people write them. Underneath everything is whole micro-euro, watt-hours and litres: nothing is rounded,
//! and nothing is guessed when a text can be read in two ways.

use hushwatt_ledger::units::{Credit, Price, Utility};

/// Between a number and its unit: they stay on one line.
const JOIN: char = '\u{a0}';
/// Decimals of a euro.
const MICRO: u32 = 6;
/// Base units in the unit that prices are given for: watt-hours in a kilowatt-hour, litres in a cubic metre.
const PRICED: u64 = 1000;

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// `€1,234.56`
    #[default]
    English,
    /// `1.234,56 €`
    German,
}

impl Locale {
    /// From a language tag as in `LANG` or a browser's request (`de_DE.UTF-8`, `de-AT`); English for all others.
    pub fn from_tag(tag: &str) -> Self {
        let language = tag.split(['_', '-', '.', ',', ';', '@']).next().unwrap_or_default();
        if language.trim().eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    /// What stands before the decimals.
    pub const fn point(self) -> char {
        match self {
            Self::English => '.',
            Self::German => ',',
        }
    }

    /// What stands between thousands.
    pub const fn group(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
        }
    }

    /// With a number as written, what the unit does to it.
    fn euro(self, number: &str) -> String {
        match self {
            Self::English => format!("€{number}"),
            Self::German => format!("{number}{JOIN}€"),
        }
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing but blanks or a unit.
    #[error("there is no number; write one such as {example}")]
    Empty {
        /// A number in the locale.
        example: &'static str,
    },
    /// Something in it is neither digit nor separator nor a known unit.
    #[error("\"{text}\" is not an amount; write one such as {example}")]
    NotANumber {
        /// The text.
        text: String,
        /// A number in the locale.
        example: &'static str,
    },
    /// Thousands are grouped otherwise than by three, which is how decimals with the wrong sign look.
    #[error(
        "in \"{text}\" the \"{group}\" separates thousands and must stand before each three digits; decimals are separated by \"{point}\", as in {example}"
    )]
    Grouping {
        /// The text.
        text: String,
        /// The sign between thousands.
        group: char,
        /// The sign before decimals.
        point: char,
        /// A number in the locale.
        example: &'static str,
    },
    /// Finer than can be paid or metered.
    #[error("\"{text}\" has more than {most} decimals, which is the finest that can be given here")]
    TooFine {
        /// The text.
        text: String,
        /// The most decimals.
        most: u32,
    },
    /// Below zero.
    #[error("\"{text}\" is less than nothing; write it without the sign")]
    Negative {
        /// The text.
        text: String,
    },
    /// More than exists.
    #[error("\"{text}\" is more than there can be")]
    TooLarge {
        /// The text.
        text: String,
    },
    /// A price of nothing.
    #[error("a price must be more than zero")]
    ZeroPrice,
}

/// Money, exactly: two decimals, or as many as it has.
pub fn format_credit(locale: Locale, amount: Credit) -> String {
    locale.euro(&number(locale, amount.0, MICRO, 2))
}

/// Money that comes (+) or goes (−), in micro-euro. Nothing has no sign.
pub fn format_signed(locale: Locale, micro_euro: i64) -> String {
    let sign = match micro_euro {
        ..0 => "\u{2212}",
        0 => "",
        1.. => "+",
    };
    format!("{sign}{}", format_credit(locale, Credit(micro_euro.unsigned_abs())))
}

/// Base units of a utility, exactly: kilowatt-hours with as many decimals as they have, whole litres.
pub fn format_quantity(locale: Locale, utility: Utility, base_units: u64) -> String {
    match utility {
        Utility::Electricity | Utility::Heat => format!("{}{JOIN}kWh", number(locale, base_units, 3, 0)),
        Utility::Water => format!("{}{JOIN}l", number(locale, base_units, 0, 0)),
    }
}

/// A price for a kilowatt-hour or a cubic metre, exactly.
pub fn format_price(locale: Locale, utility: Utility, price: Price) -> String {
    let amount = Credit(u64::from(price.micro_euro()) * PRICED);
    format!("{}/{}", format_credit(locale, amount), priced_unit(utility))
}

/// Euros as somebody typed them, with or without the unit (`€`, `EUR`, `euro`).
pub fn parse_credit(locale: Locale, text: &str) -> Result<Credit, AmountError> {
    let micro_euro = scaled(locale, text, without_euro(text), MICRO)?;
    if micro_euro < Credit::SUPPLY_LIMIT.0 {
        Ok(Credit(micro_euro))
    } else {
        Err(AmountError::TooLarge { text: text.to_owned() })
    }
}

/// Base units of a utility from what somebody typed: kilowatt-hours or litres, unless it has another unit of the utility (`Wh`,
/// `MWh`, `m³`).
pub fn parse_quantity(locale: Locale, utility: Utility, text: &str) -> Result<u64, AmountError> {
    let units: &[(&str, u32)] = match utility {
        // Longer names first: "kWh" ends with "Wh".
        Utility::Electricity | Utility::Heat => &[("kwh", 3), ("mwh", 6), ("wh", 0)],
        Utility::Water => &[("litres", 0), ("liters", 0), ("litre", 0), ("liter", 0), ("l", 0), ("m³", 3), ("m3", 3)],
    };
    let usual = match utility {
        Utility::Electricity | Utility::Heat => 3,
        Utility::Water => 0,
    };
    let (digits, decimals) =
        units.iter().find_map(|(unit, decimals)| Some((without_end(text, unit)?, *decimals))).unwrap_or((text, usual));
    scaled(locale, text, digits, decimals)
}

/// A price from euros for a kilowatt-hour or a cubic metre, with or without the units; at most three decimals.
pub fn parse_price(locale: Locale, utility: Utility, text: &str) -> Result<Price, AmountError> {
    let amount = without_priced_unit(utility, text);
    // A thousandth of a euro for 1000 base units is a micro-euro for one.
    price_of(text, scaled(locale, text, without_euro(amount), 3)?)
}

/// A price from cents for a kilowatt-hour or a cubic metre, with or without the units; at most one decimal. What names the euro
/// is read as [`parse_price`] does.
pub fn parse_cent_price(locale: Locale, utility: Utility, text: &str) -> Result<Price, AmountError> {
    let amount = without_priced_unit(utility, text);
    if without_euro(amount) != amount.trim() {
        return parse_price(locale, utility, text);
    }
    let digits = ["cents", "cent", "ct"].iter().find_map(|name| without_end(amount, name)).unwrap_or(amount);
    // A tenth of a cent for 1000 base units is a micro-euro for one.
    price_of(text, scaled(locale, text, digits, 1)?)
}

/// The text before "/kWh" or "/m³".
fn without_priced_unit(utility: Utility, text: &str) -> &str {
    without_end(text, priced_unit(utility)).map_or(text, |text| text.trim_end().trim_end_matches('/'))
}

fn price_of(text: &str, micro_euro: u64) -> Result<Price, AmountError> {
    if micro_euro == 0 {
        return Err(AmountError::ZeroPrice);
    }
    let price = u32::try_from(micro_euro).ok().and_then(Price::new);
    price.ok_or_else(|| AmountError::TooLarge { text: text.to_owned() })
}

fn priced_unit(utility: Utility) -> &'static str {
    match utility {
        Utility::Electricity | Utility::Heat => "kWh",
        Utility::Water => "m³",
    }
}

/// `value` divided by ten to the `decimals`, with at least `fewest` of its decimals.
fn number(locale: Locale, value: u64, decimals: u32, fewest: usize) -> String {
    let scale = 10_u64.pow(decimals);
    let whole = (value / scale).to_string();
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(locale.group());
        }
        text.push(digit);
    }
    let fraction = match decimals {
        0 => String::new(),
        _ => format!("{:0width$}", value % scale, width = decimals as usize),
    };
    let kept = fraction.trim_end_matches('0').len().max(fewest.min(fraction.len()));
    if kept > 0 {
        text.push(locale.point());
        text.push_str(&fraction[..kept]);
    }
    text
}

/// The text before a unit at its end, whatever its case.
fn without_end<'a>(text: &'a str, unit: &str) -> Option<&'a str> {
    let text = text.trim();
    let cut = text.len().checked_sub(unit.len())?;
    let (start, end) = text.split_at_checked(cut)?;
    end.eq_ignore_ascii_case(unit).then_some(start)
}

/// The text without the name of the euro before or after it.
fn without_euro(text: &str) -> &str {
    let text = text.trim();
    for name in ["€", "euros", "euro", "eur"] {
        if let Some(rest) = without_end(text, name) {
            return rest;
        }
        if let Some((start, rest)) = text.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name)
        {
            return rest;
        }
    }
    text
}

/// `digits` times ten to the `decimals`. `text` is the whole of what was typed, for errors.
fn scaled(locale: Locale, text: &str, digits: &str, decimals: u32) -> Result<u64, AmountError> {
    let example = match locale {
        Locale::English => "1,234.56",
        Locale::German => "1.234,56",
    };
    let (digits, text) = (digits.trim(), text.trim().to_owned());
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() {
        return Err(AmountError::Empty { example });
    }
    if digits.starts_with(['-', '\u{2212}']) || text.starts_with(['-', '\u{2212}']) {
        return Err(AmountError::Negative { text });
    }
    let (whole, fraction) = digits.split_once(locale.point()).map_or((digits, None), |(a, b)| (a, Some(b)));
    let groups: Vec<&str> = whole.split(locale.group()).collect();
    let strange = |part: &str| part.contains(|sign: char| !sign.is_ascii_digit() && sign != locale.group());
    if strange(whole) || whole.is_empty() || fraction.is_some_and(|fraction| strange(fraction) || fraction.is_empty()) {
        return Err(AmountError::NotANumber { text, example });
    }
    // "0,285" is no number of thousands, but decimals with the sign of another language.
    let grouped_well = groups.len() == 1
        || groups[0].len() <= 3 && !groups[0].starts_with('0') && groups[1..].iter().all(|group| group.len() == 3);
    if !grouped_well || !groups.iter().all(|group| all_digits(group)) || !fraction.is_none_or(all_digits) {
        return Err(AmountError::Grouping { text, group: locale.group(), point: locale.point(), example });
    }
    let fraction = fraction.unwrap_or_default();
    if fraction.len() > decimals as usize {
        return Err(AmountError::TooFine { text, most: decimals });
    }
    let missing = (decimals as usize).saturating_sub(fraction.len());
    let all = format!("{}{fraction}{}", groups.concat(), "0".repeat(missing));
    // Only digits, and not none of them: what is left to go wrong is their number.
    all.parse().map_err(|_| AmountError::TooLarge { text })
}

#[cfg(test)]
mod tests;
