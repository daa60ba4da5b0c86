//! What a member gives whoever allocates: what opens the commitments to his readings of a time. Who has it knows the
//! readings, and can prove them to others.

use std::collections::BTreeMap;

use hushwatt_crypto::{NetworkId, commitment::Opening};
use hushwatt_ledger::{
    disclosure::Audience,
    units::{Interval, MeterId, Timestamp},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    FileError,
    json::{self, OpeningForm, malformed, syntax},
};

/// No file with openings is longer, in bytes.
pub const MAX_OPENINGS_BYTES: usize = 4 << 20;
/// Most intervals of one file: a month of five minutes.
pub const MAX_READINGS: usize = 8_928;

const FORMAT: &str = "hushwatt openings 1";

/// What opens the commitments of one interval, as far as its owner gives it away.
#[derive(Clone, Default)]
pub struct RegisterOpenings {
    /// What was given to the grid.
    pub export: Option<Opening>,
    /// What was taken from it.
    pub import: Option<Opening>,
}

/// A member's openings of a time.
#[derive(Clone)]
pub struct Openings {
    /// Of which network.
    pub network: NetworkId,
    /// Whose.
    pub meter: MeterId,
    /// For whom they were made: a name, so that a file that went astray shows it.
    pub made_for: String,
    /// When, by the wallet's clock.
    pub made: Timestamp,
    /// From this interval on,
    pub from: Interval,
    /// and before this one.
    pub until: Interval,
    /// What there is of it.
    pub readings: BTreeMap<Interval, RegisterOpenings>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    network: String,
    meter: u32,
    made_for: String,
    made: u64,
    from: u64,
    until: u64,
    readings: Vec<ReadingForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingForm {
    interval: u64,
    export: Option<OpeningForm>,
    import: Option<OpeningForm>,
}

impl Openings {
    /// The file. It is secret.
    ///
    /// # Errors
    /// [`FileError::Syntax`], which does not happen: there is no map with other keys than texts.
    pub fn to_json(&self) -> Result<Zeroizing<String>, FileError> {
        let form = |opening: &Option<Opening>| opening.clone().map(OpeningForm);
        let readings = self.readings.iter().map(|(interval, opened)| ReadingForm {
            interval: interval.0,
            export: form(&opened.export),
            import: form(&opened.import),
        });
        let form = Form {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            meter: self.meter.0,
            made_for: self.made_for.clone(),
            made: self.made.0,
            from: self.from.0,
            until: self.until.0,
            readings: readings.collect(),
        };
        serde_json::to_string(&form).map(Zeroizing::new).map_err(|error| syntax(&error))
    }

    /// Reads a file. Total on any bytes.
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: Form = json::read(bytes, MAX_OPENINGS_BYTES, FORMAT, |form: &Form| &form.format)?;
        Audience::new(&form.made_for, "", "")
            .map_err(|(_, flaw)| FileError::Text { field: "the name whom it was made for", flaw })?;
        if form.readings.len() > MAX_READINGS {
            return Err(malformed("the readings", format!("there are more than {MAX_READINGS}")));
        }
        if !form.readings.windows(2).all(|pair| pair[0].interval < pair[1].interval) {
            return Err(malformed("the readings", "they are not in the order of their intervals"));
        }
        if !form.readings.iter().all(|reading| (form.from..form.until).contains(&reading.interval)) {
            return Err(malformed("the readings", "one is outside the time that the file is about"));
        }
        let opened = |form: Option<OpeningForm>| form.map(|form| form.0);
        let readings = form.readings.into_iter().map(|reading| {
            let registers = RegisterOpenings { export: opened(reading.export), import: opened(reading.import) };
            (Interval(reading.interval), registers)
        });
        Ok(Openings {
            network: json::network(&form.network)?,
            meter: MeterId(form.meter),
            made_for: form.made_for,
            made: Timestamp(form.made),
            from: Interval(form.from),
            until: Interval(form.until),
            readings: readings.collect(),
        })
    }
}
