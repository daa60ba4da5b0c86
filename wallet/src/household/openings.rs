//! What a household gives whoever allocates for its community: what opens the commitments to its readings. Other than a proof
//! it says everything about them, to whoever has it.

use hushwatt_ledger::{
    disclosure::Audience,
    units::{Interval, MeterId, Timestamp},
};

use super::{GivenProof, Household, HouseholdError};
use crate::OpenedReading;

/// The readings of a time with their openings.
pub struct HandedOver {
    /// From this interval on,
    pub from: Interval,
    /// and before this one.
    pub until: Interval,
    /// What is in force on the ledger of that time, in order; there may be less than asked for.
    pub readings: Vec<OpenedReading>,
}

impl Household {
    /// The readings of a meter in all intervals that lie wholly in a time, as they are in force on the ledger. The household
    /// keeps a record of whom they were given to.
    ///
    /// # Errors
    /// [`HouseholdError::Proof`] if there are none, or the name is not usable.
    pub fn hand_over(
        &mut self,
        meter: MeterId,
        (from, until): (Timestamp, Timestamp),
        to: &str,
    ) -> Result<HandedOver, HouseholdError> {
        let audience = Audience::new(to, "", "");
        let audience = audience.map_err(|(_, flaw)| HouseholdError::Proof(format!("the name {flaw}")))?;
        let parameters = &self.genesis.parameters;
        let windows = parameters.window_at(from)..=parameters.window_at(until);
        let of_meter = self.wallet.windows().iter().filter(|opened| opened.meter == meter);
        let mut windows: Vec<_> = of_meter.filter(|opened| windows.contains(&opened.window)).collect();
        windows.sort_by_key(|opened| opened.window);
        let from = Interval(from.0.div_ceil(parameters.interval));
        let until = Interval(until.0 / parameters.interval);
        let mut readings: Vec<OpenedReading> =
            windows.into_iter().flat_map(|opened| self.wallet.readings_of(opened)).collect();
        readings.retain(|reading| (from..until).contains(&reading.interval));
        if readings.is_empty() {
            return Err(HouseholdError::Proof("this wallet has no readings of that meter and time".to_owned()));
        }
        let what = format!("all {} readings of {meter} in that time, with what opens them", readings.len());
        self.proofs.push(GivenProof {
            made_time: self.now().0,
            verifier: audience.verifier().to_owned(),
            purpose: "allocation".to_owned(),
            what,
        });
        self.save()?;
        Ok(HandedOver { from, until, readings })
    }
}
