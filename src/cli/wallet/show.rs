//! How this terminal writes and reads amounts and times: those of the wallet's library, in a person's language and time zone.

use hushwatt_ledger::units::{Credit, Price, Timestamp, Utility};
use hushwatt_wallet::{
    amount::{
        Locale, format_credit, format_price, format_quantity, format_signed, parse_cent_price, parse_credit,
        parse_price, parse_quantity,
    },
    qr::{Background, Qr, QrError},
};

use super::{
    common::Lang,
    error::WalletCommandError,
    times::{Clockface, Meant},
};

/// Writes and reads for a person.
#[derive(Clone)]
pub(crate) struct Show {
    locale: Locale,
    clock: Clockface,
}

impl Show {
    pub fn new(lang: Lang) -> Self {
        let locale = match lang {
            Lang::En => Locale::English,
            Lang::De => Locale::German,
        };
        Show { locale, clock: Clockface::system() }
    }

    /// `€12.50`.
    pub fn euro(&self, amount: Credit) -> String {
        format_credit(self.locale, amount)
    }

    /// `+€12.50`.
    pub fn signed(&self, micro_euro: i64) -> String {
        format_signed(self.locale, micro_euro)
    }

    /// `1.5 kWh`.
    pub fn energy(&self, utility: Utility, base: u64) -> String {
        format_quantity(self.locale, utility, base)
    }

    /// `€0.18/kWh`.
    pub fn price(&self, utility: Utility, micro_euro: u32) -> String {
        Price::new(micro_euro)
            .map_or_else(|| "for nothing".to_owned(), |price| format_price(self.locale, utility, price))
    }

    /// Euros.
    pub fn read_euro(&self, text: &str) -> Result<Credit, WalletCommandError> {
        Ok(parse_credit(self.locale, text)?)
    }

    /// Kilowatt-hours or litres, in base units.
    pub fn read_energy(&self, utility: Utility, text: &str) -> Result<u32, WalletCommandError> {
        let base = parse_quantity(self.locale, utility, text)?;
        let too_much =
            |_| WalletCommandError::Input(format!("\"{}\" is more than one offer or order can be about", text.trim()));
        u32::try_from(base).map_err(too_much)
    }

    /// Euros per kilowatt-hour or cubic metre, in micro-euro per base unit.
    pub fn read_price(&self, utility: Utility, text: &str) -> Result<u32, WalletCommandError> {
        Ok(parse_price(self.locale, utility, text)?.micro_euro())
    }

    /// Cents per kilowatt-hour or cubic metre, in micro-euro per base unit.
    pub fn read_cents(&self, utility: Utility, text: &str) -> Result<u32, WalletCommandError> {
        Ok(parse_cent_price(self.locale, utility, text)?.micro_euro())
    }

    /// `2026-06-16 07:05`.
    pub fn minute(&self, time: Timestamp) -> String {
        self.clock.minute(time)
    }

    /// `2026-06-16`.
    pub fn day(&self, time: Timestamp) -> String {
        self.clock.day(time)
    }

    /// With the time zone: `2026-06-16 07:05 CEST`.
    pub fn moment(&self, time: Timestamp) -> String {
        format!("{} {}", self.clock.minute(time), self.clock.zone_at(time))
    }

    /// Without the day if it is today's: `07:05`.
    pub fn near(&self, time: Timestamp, now: Timestamp) -> String {
        if self.clock.day(time) == self.clock.day(now) { self.clock.hour(time) } else { self.clock.minute(time) }
    }

    /// A time as people type it.
    pub fn read_time(&self, text: &str, now: Timestamp, meant: Meant) -> Result<Timestamp, WalletCommandError> {
        self.clock.read(text, now, meant)
    }
}

/// For a terminal with light letters on a dark ground; scanners of today read the other one too.
pub(super) fn qr(content: &str) -> Result<String, QrError> {
    Ok(Qr::new(content)?.terminal(Background::Dark))
}

/// As a picture.
pub(super) fn qr_svg(content: &str) -> Result<String, QrError> {
    Ok(Qr::new(content)?.svg("hushwatt"))
}
