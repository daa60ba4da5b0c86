//! The household's own book: labels, contacts, meters' names, pairings. All of it is in the encrypted file only.

use super::{
    Household, HouseholdError, PairingCode,
    views::{Contact, MeterView},
};

/// Longest label or name, in bytes.
const MAX_TEXT: usize = 200;

fn checked<'a>(what: &'static str, text: &'a str) -> Result<&'a str, HouseholdError> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return Err(HouseholdError::TooLong { what, limit: MAX_TEXT });
    }
    Ok(text)
}

impl Household {
    /// Writes something to an entry of the history; `None` or nothing takes it away.
    ///
    /// # Errors
    /// If it is too long or cannot be saved.
    pub fn set_label(&mut self, entry: &str, label: Option<&str>) -> Result<(), HouseholdError> {
        match checked("a label", label.unwrap_or_default())? {
            "" => self.labels.remove(entry),
            label => self.labels.insert(entry.to_owned(), label.to_owned()),
        };
        self.save()
    }

    /// Everybody the household knows, by name.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Remembers somebody.
    ///
    /// # Errors
    /// If the name is taken or empty, or the address is none of this community.
    pub fn add_contact(&mut self, name: &str, address: &str) -> Result<(), HouseholdError> {
        let name = checked("a name", name)?;
        if name.is_empty() {
            return Err(HouseholdError::Unknown { what: "name in", name: "an empty text".to_owned() });
        }
        if self.contacts.iter().any(|contact| contact.name == name) {
            return Err(HouseholdError::ContactExists(name.to_owned()));
        }
        let address = self.resolve(address)?.encode(self.genesis.network());
        self.contacts.push(Contact { name: name.to_owned(), address });
        self.contacts.sort_by(|a, b| a.name.cmp(&b.name));
        self.save()
    }

    /// Forgets somebody.
    ///
    /// # Errors
    /// If nobody has that name.
    pub fn remove_contact(&mut self, name: &str) -> Result<(), HouseholdError> {
        let place = self.contacts.iter().position(|contact| contact.name == name.trim());
        let place = place.ok_or_else(|| HouseholdError::Unknown { what: "contact", name: name.to_owned() })?;
        self.contacts.remove(place);
        self.save()
    }

    /// Takes a meter's pairing code. What the meter posted before is read by [`Self::rescan`], which this starts if
    /// anything was posted since the day of the code.
    ///
    /// # Errors
    /// If the code is not one of this community.
    pub fn pair(&mut self, code: &str, label: Option<&str>) -> Result<MeterView, HouseholdError> {
        let code = PairingCode::decode(self.genesis.network(), code)?;
        let meter = code.meter;
        if self.genesis.meter(meter).is_none() {
            return Err(HouseholdError::UnknownMeter(meter));
        }
        let label = checked("a name", label.unwrap_or_default())?.to_owned();
        let missed = self.wallet.height() > 0 && code.day_key.day() <= self.wallet.time().day();
        self.wallet.pair(code.into_pairing());
        if !label.is_empty() {
            self.meter_labels.insert(meter.0, label);
        }
        if missed {
            self.rescan()?
        } else {
            self.save()?
        }
        self.meters().into_iter().find(|view| view.meter == meter).ok_or(HouseholdError::UnknownMeter(meter))
    }

    /// The household's meters.
    pub fn meters(&self) -> Vec<MeterView> {
        let mut seen = std::collections::BTreeSet::new();
        let own = self.wallet.pairings().iter().filter(|pairing| seen.insert(pairing.meter));
        own.filter_map(|pairing| {
            let windows = || self.wallet.windows().iter().filter(|opened| opened.meter == pairing.meter);
            let last = windows().map(|opened| opened.window).max();
            Some(MeterView {
                meter: pairing.meter,
                utility: self.genesis.meter(pairing.meter)?.utility,
                label: self.meter_labels.get(&pairing.meter.0).cloned(),
                last_window: last.map(|window| self.genesis.parameters.window_start(window)),
                windows: windows().count() as u64,
            })
        })
        .collect()
    }
}
