//! What the service last said, for the page: written in one place, read by whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use hushwatt_wallet::{LOCAL_READINGS, LocalReadings, SealedDay};

use super::Status;

/// The last word of the service.
#[derive(Default)]
pub struct Board {
    status: Mutex<Arc<Status>>,
    days: Mutex<Arc<Vec<SealedDay>>>,
}

impl Board {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a status up.
    pub fn put_status(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(status);
    }

    /// Puts the sealed days up, ascending.
    pub fn put_days(&self, days: Vec<SealedDay>) {
        *self.days.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(days);
    }

    /// The last status.
    pub fn status(&self) -> Arc<Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The sealed days from a day on.
    pub fn readings(&self, from_day: u64) -> LocalReadings {
        let status = self.status();
        let days = self.days.lock().unwrap_or_else(PoisonError::into_inner).clone();
        LocalReadings {
            format: LOCAL_READINGS.to_owned(),
            network: status.network.clone(),
            meter: status.meter,
            days: days.iter().filter(|day| day.day >= from_day).cloned().collect(),
        }
    }
}
