//! What somebody should look at, each kind once.

use std::collections::BTreeMap;

use hushwatt_ledger::units::Timestamp;

use crate::page::Warning;

/// Standing warnings, by their names.
#[derive(Default)]
pub(super) struct Alarms(BTreeMap<&'static str, Warning>);

impl Alarms {
    /// Something may be lost as long as nobody does anything.
    pub fn raise(&mut self, code: &'static str, now: Timestamp, text: String) {
        self.put(code, true, now, text);
    }

    /// Something is worth knowing.
    pub fn warn(&mut self, code: &'static str, now: Timestamp, text: String) {
        self.put(code, false, now, text);
    }

    fn put(&mut self, code: &'static str, alarm: bool, now: Timestamp, text: String) {
        let before = self.0.get(code);
        if before.is_none_or(|before| before.text != text) {
            if alarm { tracing::error!(code, "{text}") } else { tracing::warn!(code, "{text}") }
        }
        let since = before.map_or(now.0, |before| before.since);
        self.0.insert(code, Warning { code, alarm, since, text });
    }

    /// It is over.
    pub fn clear(&mut self, code: &'static str) {
        if self.0.remove(code).is_some() {
            tracing::info!(code, "over");
        }
    }

    /// Whether it stands.
    pub fn stands(&self, code: &str) -> bool {
        self.0.contains_key(code)
    }

    /// All, alarms first.
    pub fn list(&self) -> Vec<Warning> {
        let mut all: Vec<Warning> = self.0.values().cloned().collect();
        all.sort_by_key(|warning| (!warning.alarm, warning.since));
        all
    }
}
