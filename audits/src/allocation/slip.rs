//! What one member sees of an allocation: the openings of his own part. It is his secret.

use hushwatt_crypto::{NetworkId, commitment::Opening, hash::hex};
use hushwatt_ledger::units::MeterId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Allocation, FileError, Period,
    file::MAX_PERIODS,
    json::{self, OpeningForm, malformed, syntax},
};

/// No slip is longer, in bytes.
pub const MAX_SLIP_BYTES: usize = 2 << 20;

const FORMAT: &str = "hushwatt allocation slip 1";

/// A member's part of an allocation.
#[derive(Clone)]
pub struct Slip {
    /// Of which network.
    pub network: NetworkId,
    /// Whose.
    pub meter: MeterId,
    /// Digest of the allocation.
    pub allocation: [u8; 32],
    /// What he gets in each period, in the order of time.
    pub parts: Vec<(Period, Opening)>,
}

/// Why a slip is not of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlipFlaw {
    /// Of another one.
    #[error("the slip is of another allocation than this file")]
    OtherAllocation,
    /// Not a member.
    #[error("the slip is of {0}, which is no member of this allocation")]
    NoMember(MeterId),
    /// Periods that are not those of the allocation.
    #[error("the slip does not have exactly the periods of the allocation")]
    Periods,
    /// A commitment of the allocation does not open.
    #[error("the slip does not open what the allocation commits to: whoever made it gave a wrong slip")]
    Opening,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    network: String,
    meter: u32,
    allocation: String,
    parts: Vec<PartForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartForm {
    period: u64,
    opening: OpeningForm,
}

impl Slip {
    /// The file. It is secret.
    ///
    /// # Errors
    /// [`FileError::Syntax`], which does not happen: there is no map with other keys than texts.
    pub fn to_json(&self) -> Result<Zeroizing<String>, FileError> {
        let part = |(period, opening): &(Period, Opening)| PartForm {
            period: period.0,
            opening: OpeningForm(opening.clone()),
        };
        let form = Form {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            meter: self.meter.0,
            allocation: hex(&self.allocation),
            parts: self.parts.iter().map(part).collect(),
        };
        serde_json::to_string(&form).map(Zeroizing::new).map_err(|error| syntax(&error))
    }

    /// Reads a file. Total on any bytes.
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: Form = json::read(bytes, MAX_SLIP_BYTES, FORMAT, |form: &Form| &form.format)?;
        if form.parts.len() as u64 > MAX_PERIODS {
            return Err(malformed("the parts", format!("there are more than {MAX_PERIODS}")));
        }
        Ok(Slip {
            network: json::network(&form.network)?,
            meter: MeterId(form.meter),
            allocation: json::array("the allocation's digest", &form.allocation)?,
            parts: form.parts.into_iter().map(|part| (Period(part.period), part.opening.0)).collect(),
        })
    }

    /// Whether the slip opens this member's part of the allocation, all of it.
    ///
    /// # Errors
    /// Why not.
    pub fn opens(&self, allocation: &Allocation) -> Result<(), SlipFlaw> {
        if self.network != allocation.network || self.allocation != allocation.digest() {
            return Err(SlipFlaw::OtherAllocation);
        }
        let place = allocation.key.members().iter().position(|member| *member == self.meter);
        let place = place.ok_or(SlipFlaw::NoMember(self.meter))?;
        let periods = allocation.shared.iter().map(|shared| shared.period);
        if !periods.eq(self.parts.iter().map(|(period, _)| *period)) {
            return Err(SlipFlaw::Periods);
        }
        let mut pairs = allocation.shared.iter().zip(&self.parts);
        let opens = pairs.all(|(shared, (_, opening))| {
            shared.allocations.get(place).is_some_and(|commitment| opening.opens(commitment))
        });
        if opens { Ok(()) } else { Err(SlipFlaw::Opening) }
    }
}
