//! What the gateways of the household's meters say and the ledger does not have yet: at once, and also without any node.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_client::{BaseUrl, NodeClient, Patience};
use hushwatt_ledger::units::{MeterId, Timestamp, Window};

use super::{
    Household, HouseholdError,
    views::{LocalRow, LocalStatus},
};
use crate::{LOCAL_READINGS, LocalQuality, LocalReading, LocalReadings, LocalReadingsError, SealedDay};

/// How long a gateway is waited for: it is in the same house.
const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(3), answer: Duration::from_secs(5), body: Some(Duration::from_secs(10)) };

/// Asks a gateway for what it read from a time on. It tells nothing that is not sealed, and learns nothing but that it is asked.
///
/// # Errors
/// [`HouseholdError::Gateway`].
pub fn ask_gateway(url: &str, from: Timestamp) -> Result<LocalReadings, HouseholdError> {
    let failed = |why: String| HouseholdError::Gateway { url: url.to_owned(), why };
    let base: BaseUrl = url.parse().map_err(failed)?;
    let told: LocalReadings = NodeClient::patient(&base, &PATIENCE)
        .json(&format!("/v1/readings?from={}", from.0))
        .map_err(|error| failed(error.to_string()))?;
    if told.format == LOCAL_READINGS {
        Ok(told)
    } else {
        Err(failed(format!("it speaks of \"{}\", and this wallet reads \"{LOCAL_READINGS}\"", told.format)))
    }
}

impl Household {
    /// Windows that start in a stretch of time, of which a gateway knows something and the ledger nothing yet.
    ///
    /// # Errors
    /// [`HouseholdError::OtherGateway`] if it is of another community or its meter is not paired,
    /// [`HouseholdError::LocalReadings`] if what it says does not open.
    pub fn local_energy(
        &self,
        told: &LocalReadings,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<LocalRow>, HouseholdError> {
        if told.network != self.genesis.network().to_string() {
            return Err(HouseholdError::OtherGateway("it belongs to another community"));
        }
        let meter = MeterId(told.meter);
        let registered = self.genesis.meter(meter).ok_or(HouseholdError::UnknownMeter(meter))?;
        let parameters = &self.genesis.parameters;
        let mut windows: BTreeMap<Window, LocalRow> = BTreeMap::new();
        for reading in self.open_days(meter, &told.days)? {
            let at = Timestamp(reading.interval.0.saturating_mul(parameters.interval));
            let window = parameters.window_at(at);
            let start = parameters.window_start(window);
            // What was before the network's first window will never be on the ledger.
            if start < from || start >= until || window < self.genesis.first_window() {
                continue;
            }
            let row = windows.entry(window).or_insert_with(|| LocalRow {
                meter,
                utility: registered.utility,
                window,
                start,
                imported: 0,
                exported: 0,
                status: LocalStatus::NotOnLedger,
                quality: LocalQuality::Measured,
                intervals: 0,
                of_intervals: u64::try_from(parameters.intervals_per_window()).unwrap_or(u64::MAX),
            });
            row.imported = row.imported.saturating_add(u64::from(reading.import.0));
            row.exported = row.exported.saturating_add(u64::from(reading.export.0));
            row.intervals += 1;
            row.quality = worse(row.quality, reading.quality);
        }
        // What is on the ledger is what counts.
        for opened in self.wallet.windows().iter().filter(|opened| opened.meter == meter) {
            windows.remove(&opened.window);
        }
        Ok(windows.into_values().collect())
    }

    /// With the newest pairing that opens them; days before it are left out.
    fn open_days(&self, meter: MeterId, days: &[SealedDay]) -> Result<Vec<LocalReading>, HouseholdError> {
        let network = self.genesis.network();
        let keys = || self.wallet.pairings().iter().rev().filter(|pairing| pairing.meter == meter);
        if keys().next().is_none() {
            return Err(HouseholdError::OtherGateway("its meter is not paired with this wallet: hushwatt wallet pair"));
        }
        let mut readings = Vec::new();
        for day in days {
            let mut opened = Err(LocalReadingsError::NoKey);
            for pairing in keys() {
                match day.open(network, meter, &pairing.day_key) {
                    Ok(found) => {
                        opened = Ok(found);
                        break;
                    }
                    Err(LocalReadingsError::NoKey) => {}
                    Err(error) => opened = Err(error),
                }
            }
            match opened {
                Ok(found) => readings.extend(found),
                Err(LocalReadingsError::NoKey) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(readings)
    }
}

fn worse(one: LocalQuality, other: LocalQuality) -> LocalQuality {
    let rank = |quality| match quality {
        LocalQuality::Measured => 0,
        LocalQuality::Substituted => 1,
        LocalQuality::Estimated => 2,
    };
    if rank(one) >= rank(other) { one } else { other }
}
