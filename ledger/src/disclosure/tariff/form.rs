//! A tariff as it is written: TOML for people, and the same fields inside a disclosure.

use hushwatt_circuits::bill::{Rates, Tier};
use serde::{Deserialize, Serialize};

use super::{MAX_HOURS, MAX_NAME, Tariff, TariffError, TariffText, Zone, decimal::Unit};
use crate::{
    disclosure::{
        calendar::{Calendar, Hours},
        statement::deceives,
    },
    units::Utility,
};

pub(super) const FORMAT: &str = "hushwatt tariff 1";

/// Prices are in nano-euro per base unit.
const CENT_PER_KWH: Unit = Unit { name: "ct/kWh", decimals: 4 };
const MICRO_PER_WH: Unit = Unit { name: "micro-euro/Wh", decimals: 3 };
const EURO_PER_M3: Unit = Unit { name: "EUR/m3", decimals: 6 };
const MICRO_PER_LITRE: Unit = Unit { name: "micro-euro/l", decimals: 3 };
/// Bounds of tiers in base units.
const KWH: Unit = Unit { name: "kWh", decimals: 3 };
const M3: Unit = Unit { name: "m3", decimals: 3 };
/// In micro-euro, in cents, in basis points.
const EURO_PER_DAY: Unit = Unit { name: "EUR/day", decimals: 6 };
const EURO: Unit = Unit { name: "EUR", decimals: 2 };
const PERCENT: Unit = Unit { name: "%", decimals: 2 };

/// The units of a utility's prices, the one that is written first, and of its quantities.
fn units(utility: Utility) -> ([Unit; 2], Unit) {
    match utility {
        Utility::Electricity | Utility::Heat => ([CENT_PER_KWH, MICRO_PER_WH], KWH),
        Utility::Water => ([EURO_PER_M3, MICRO_PER_LITRE], M3),
    }
}

/// A tariff's file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::disclosure) struct TariffForm {
    format: String,
    name: String,
    utility: Utility,
    time_zone: String,
    standing_charge: String,
    minimum: String,
    vat: String,
    zone: Vec<ZoneForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tier: Vec<TierForm>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneForm {
    name: String,
    price: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hours: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierForm {
    above: String,
    surcharge: String,
}

fn amount(field: &'static str, text: &str, units: &[Unit], example: &'static str) -> Result<u64, TariffError> {
    let wrong = || TariffError::Amount { field, text: text.chars().take(60).collect(), example };
    units.iter().find_map(|unit| unit.read(text)).ok_or_else(wrong)
}

fn named(field: &'static str, text: &str) -> Result<String, TariffError> {
    let long = text.chars().count() > MAX_NAME;
    if text.is_empty() || text.trim() != text || long || text.chars().any(deceives) {
        return Err(TariffError::Name(field));
    }
    Ok(text.to_owned())
}

impl TariffForm {
    /// The one way to write a tariff.
    pub(in crate::disclosure) fn of(tariff: &Tariff) -> Self {
        let ([price, _], quantity) = units(tariff.utility);
        let rates = &tariff.rates;
        let zones = tariff.zones.iter().zip(&rates.zones).map(|(zone, rate)| ZoneForm {
            name: zone.name.clone(),
            price: price.write((*rate).into()),
            hours: zone.hours.iter().map(Hours::to_string).collect(),
        });
        let tiers = rates
            .tiers
            .iter()
            .map(|tier| TierForm { above: quantity.write(tier.above), surcharge: price.write(tier.surcharge.into()) });
        TariffForm {
            format: FORMAT.to_owned(),
            name: tariff.name.clone(),
            utility: tariff.utility,
            time_zone: tariff.calendar.name().to_owned(),
            standing_charge: EURO_PER_DAY.write(rates.standing),
            minimum: EURO.write(rates.minimum),
            vat: PERCENT.write(rates.vat.into()),
            zone: zones.collect(),
            tier: tiers.collect(),
        }
    }

    pub(super) fn text(self) -> TariffText {
        TariffText {
            zones: self.zone.into_iter().map(|zone| (zone.name, zone.price, zone.hours)).collect(),
            tiers: self.tier.into_iter().map(|tier| (tier.above, tier.surcharge)).collect(),
            standing_charge: self.standing_charge,
            minimum: self.minimum,
            vat: self.vat,
        }
    }

    pub(in crate::disclosure) fn read(&self) -> Result<Tariff, TariffError> {
        if self.format != FORMAT {
            return Err(TariffError::Format(self.format.chars().take(40).collect()));
        }
        let (prices, quantity) = units(self.utility);
        let (price_example, quantity_example) = match self.utility {
            Utility::Electricity | Utility::Heat => ("34.25 ct/kWh", "350 kWh"),
            Utility::Water => ("2.19 EUR/m3", "12.5 m3"),
        };
        let price = |field, text: &str| -> Result<u32, TariffError> {
            let price = amount(field, text, &prices, price_example)?;
            u32::try_from(price).map_err(|_| TariffError::Bounds)
        };
        let rates = Rates {
            zones: self.zone.iter().map(|zone| price("a zone's price", &zone.price)).collect::<Result<_, _>>()?,
            tiers: self
                .tier
                .iter()
                .map(|tier| {
                    let above = amount("where a tier begins", &tier.above, &[quantity], quantity_example)?;
                    Ok(Tier { above, surcharge: price("a tier's surcharge", &tier.surcharge)? })
                })
                .collect::<Result<_, TariffError>>()?,
            standing: amount("the standing charge", &self.standing_charge, &[EURO_PER_DAY], "0.42 EUR/day")?,
            minimum: amount("the minimum", &self.minimum, &[EURO], "5 EUR")?,
            vat: u16::try_from(amount("the tax", &self.vat, &[PERCENT], "19 %")?).map_err(|_| TariffError::Bounds)?,
        };
        if !rates.hold() {
            return Err(TariffError::Bounds);
        }
        let zones = self.zone.iter().enumerate().map(|(place, zone)| {
            let last = place + 1 == self.zone.len();
            if zone.hours.is_empty() != last || zone.hours.len() > MAX_HOURS {
                return Err(TariffError::ZoneHours);
            }
            let hours = zone.hours.iter().map(|hours| Hours::parse(hours)).collect::<Result<_, _>>()?;
            Ok(Zone { name: named("zone's name", &zone.name)?, hours })
        });
        let zones = zones.collect::<Result<_, TariffError>>()?;
        let (name, calendar) = (named("name", &self.name)?, Calendar::new(&self.time_zone)?);
        Ok(Tariff { name, utility: self.utility, calendar, zones, rates })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::{disclosure::calendar::CalendarError, units::Timestamp};

    fn changed(from: &str, to: &str) -> Result<Tariff, TariffError> {
        assert!(Tariff::EXAMPLE.contains(from), "{from}");
        Tariff::from_toml(&Tariff::EXAMPLE.replacen(from, to, 1))
    }

    #[test]
    fn the_example_is_a_tariff() {
        let tariff = Tariff::from_toml(Tariff::EXAMPLE).unwrap();
        let rates = Rates {
            zones: vec![419_000, 263_500, 337_000],
            tiers: vec![Tier { above: 350_000, surcharge: 25_000 }],
            standing: 420_000,
            minimum: 500,
            vat: 1_900,
        };
        assert_eq!(tariff.rates(), &rates);
        // 2026-11-20, a Friday, in Berlin: 16:45, 17:00, 20:00, 22:00, 23:59; Saturday 17:00.
        let friday = Timestamp(1_795_129_200);
        let zone = |hour: u64, minute: u64| tariff.zone_at(friday.plus(hour * 3600 + minute * 60));
        assert_eq!(
            [zone(16, 45), zone(17, 0), zone(20, 0), zone(22, 0), zone(23, 59), zone(41, 0)],
            [2, 0, 2, 1, 1, 2]
        );
    }

    #[test]
    fn a_tariff_is_told_in_full() {
        let text = Tariff::from_toml(Tariff::EXAMPLE).unwrap().text();
        let zone = |name: &str, price: &str, hours: &[&str]| {
            (name.to_owned(), price.to_owned(), hours.iter().map(|hours| (*hours).to_owned()).collect())
        };
        let zones = vec![
            zone("evening", "41.9 ct/kWh", &["Mon-Fri 17:00-20:00"]),
            zone("night", "26.35 ct/kWh", &["Mon-Sun 22:00-24:00", "Mon-Sun 00:00-06:00"]),
            zone("day", "33.7 ct/kWh", &[]),
        ];
        assert_eq!(text.zones, zones);
        assert_eq!(text.tiers, [("350 kWh".to_owned(), "2.5 ct/kWh".to_owned())]);
        assert_eq!([text.standing_charge.as_str(), &text.minimum, &text.vat], ["0.42 EUR/day", "5 EUR", "19 %"]);
    }

    #[test]
    fn a_tariff_has_one_form_and_one_digest() {
        let tariff = Tariff::from_toml(Tariff::EXAMPLE).unwrap();
        assert_eq!(TariffForm::of(&tariff).read().unwrap(), tariff);
        for (from, to) in [
            ("\"5 EUR\"", "\"05.00 EUR\""),
            ("33.7 ct/kWh", "337.0 micro-euro/Wh"),
            ("Mon-Fri 17-20", "mon-fri 17:00-20:00"),
            ("Europe/Berlin", "europe/berlin"),
            ("# A tariff", "# My tariff"),
        ] {
            assert_eq!(changed(from, to).unwrap().digest(), tariff.digest(), "{to}");
        }
        for (from, to) in [
            ("2026\"", "2027\""),
            ("utility = \"electricity\"", "utility = \"heat\""),
            ("Europe/Berlin", "Europe/Paris"),
            ("0.42 EUR", "0.43 EUR"),
            ("5 EUR", "5.01 EUR"),
            ("19 %", "19.01 %"),
            ("evening", "Evening"),
            ("41.9", "41.9001"),
            ("Mon-Fri 17-20", "Mon-Fri 17-20:01"),
            ("Mon-Fri 17-20", "Mon-Sat 17-20"),
            ("350 kWh", "350.001 kWh"),
            ("2.5 ct", "2.4999 ct"),
        ] {
            assert_ne!(changed(from, to).unwrap().digest(), tariff.digest(), "{to}");
        }
    }

    #[test]
    fn what_is_no_tariff_is_refused_and_says_why() {
        let wrong = |from: &str, to: &str| changed(from, to).unwrap_err();
        assert_eq!(wrong("tariff 1", "tariff 2"), TariffError::Format("hushwatt tariff 2".into()));
        assert!(matches!(wrong("vat =", "tax ="), TariffError::Syntax(_)));
        assert_eq!(wrong("\"night\"", "\"\""), TariffError::Name("zone's name"));
        assert_eq!(wrong("\"night\"", "\"n\\u202eight\""), TariffError::Name("zone's name"));
        assert!(matches!(wrong("Europe/Berlin", "Berlin"), TariffError::Calendar(CalendarError::Zone(_))));
        assert!(matches!(wrong("22-24", "22-6"), TariffError::Calendar(CalendarError::Hours(_))));
        assert_eq!(wrong("hours = [\"Mon-Fri 17-20\"]", ""), TariffError::ZoneHours);
        assert_eq!(wrong("33.7 ct/kWh\"", "33.7 ct/kWh\"\nhours = [\"0-24\"]"), TariffError::ZoneHours);
        for (from, to, field) in [
            ("41.9 ct/kWh", "41,9 ct/kWh", "a zone's price"),
            ("41.9 ct/kWh", "0.419 EUR/kWh", "a zone's price"),
            ("2.5 ct/kWh", "-2.5 ct/kWh", "a tier's surcharge"),
            ("350 kWh", "350.0001 kWh", "where a tier begins"),
            ("0.42 EUR/day", "0.42 EUR", "the standing charge"),
            ("\"5 EUR\"", "\"5.001 EUR\"", "the minimum"),
            ("19 %", "19", "the tax"),
        ] {
            assert!(matches!(wrong(from, to), TariffError::Amount { field: found, .. } if found == field), "{to}");
        }
        for (from, to) in [("41.9 ct", "214748.3648 ct"), ("19 %", "100.01 %"), ("0.42 EUR", "1000.000001 EUR")] {
            assert_eq!(wrong(from, to), TariffError::Bounds, "{to}");
        }
        assert!(changed("41.9 ct", "214748.3647 ct").is_ok());
    }
}
