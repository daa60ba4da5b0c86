//! Tariffs: prices by the time of day, tiers, a standing charge, a minimum and tax, as a file that supplier, household and
//! checker share. What they come to is `hushwatt_circuits::bill`'s to say, and `docs/circuits/bill.md` in words.

mod decimal;
mod form;

use hushwatt_circuits::bill::{Rates, Tier};
use hushwatt_crypto::{Label, NetworkId, hash::Hasher};

use super::{
    calendar::{Calendar, CalendarError, Hours},
    statement::text,
};
use crate::{
    codec::Writer,
    units::{Timestamp, Utility},
};

pub(super) use self::form::TariffForm;

/// Most characters of a tariff's or zone's name.
pub const MAX_NAME: usize = 80;
/// Most entries in the hours of a zone, or of a peak.
pub const MAX_HOURS: usize = 32;

/// A price for some hours of the week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// What the supplier calls it.
    pub name: String,
    /// When; empty exactly for the last one, which is for all other times.
    pub hours: Vec<Hours>,
}

/// A tariff.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tariff {
    name: String,
    utility: Utility,
    calendar: Calendar,
    zones: Vec<Zone>,
    rates: Rates,
}

/// A tariff as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TariffText {
    /// Name, price and hours of each zone; no hours for all other times.
    pub zones: Vec<(String, String, Vec<String>)>,
    /// Above how much of the total, and what is added.
    pub tiers: Vec<(String, String)>,
    /// Per day.
    pub standing_charge: String,
    /// Before tax.
    pub minimum: String,
    /// In per cent.
    pub vat: String,
}

/// Why a text is no tariff.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TariffError {
    /// Not TOML of this shape; what the parser says.
    #[error("the tariff cannot be read: {0}")]
    Syntax(String),
    /// Another format or a later version.
    #[error("the tariff's format is {0:?}, but this program reads {expected:?}", expected = form::FORMAT)]
    Format(String),
    /// A name that is empty, too long, or deceives.
    #[error("the tariff's {0} is empty, too long, or holds characters that cannot be seen")]
    Name(&'static str),
    /// An amount.
    #[error("{field} of the tariff is {text:?}: write {example:?}")]
    Amount {
        /// Which.
        field: &'static str,
        /// What it says.
        text: String,
        /// How to write it.
        example: &'static str,
    },
    /// Zone, day, hours.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The last zone is for all other times, and only it.
    #[error("every zone of a tariff but the last needs hours, at most 32 entries; the last has none")]
    ZoneHours,
    /// Prices, tiers, tax.
    #[error(
        "the tariff is out of bounds: 1 to 16 zones, up to 16 tiers that ascend, prices below 214,748 ct/kWh, a standing charge of at most 1,000 EUR/day, a minimum below 10 million EUR, at most 100 % tax"
    )]
    Bounds,
}

impl Tariff {
    /// A commented file to begin with.
    pub const EXAMPLE: &str = include_str!("example.toml");

    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong in it.
    pub fn from_toml(text: &str) -> Result<Self, TariffError> {
        let form: TariffForm = toml::from_str(text).map_err(|error| TariffError::Syntax(error.to_string()))?;
        form.read()
    }

    /// What the supplier calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn utility(&self) -> Utility {
        self.utility
    }

    /// Whose days and hours.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Its zones.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// Its numbers.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// All its prices, for who is to see them before a bill is made of them.
    pub fn text(&self) -> TariffText {
        TariffForm::of(self).text()
    }

    /// Which zone an interval is in that begins at this time: the first one whose hours contain it.
    pub fn zone_at(&self, time: Timestamp) -> usize {
        let contains = |zone: &Zone| zone.hours.iter().any(|hours| hours.contain(&self.calendar, time));
        self.zones.iter().position(contains).unwrap_or(self.zones.len().saturating_sub(1))
    }

    /// What two files of one tariff have in common: everything but comments and how amounts are written.
    pub fn digest(&self) -> [u8; 32] {
        Hasher::new(&NetworkId::NONE, Label::Tariff).part(&self.encode()).finish32()
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        text(&mut writer, &self.name);
        writer.u8(self.utility.code());
        text(&mut writer, self.calendar.name());
        writer.count(self.zones.len());
        for (zone, price) in self.zones.iter().zip(&self.rates.zones) {
            text(&mut writer, &zone.name);
            writer.u32(*price).count(zone.hours.len());
            zone.hours.iter().for_each(|hours| hours.encode(&mut writer));
        }
        writer.count(self.rates.tiers.len());
        for Tier { above, surcharge } in &self.rates.tiers {
            writer.u64(*above).u32(*surcharge);
        }
        writer.u64(self.rates.standing).u64(self.rates.minimum).u16(self.rates.vat);
        writer.finish()
    }
}
