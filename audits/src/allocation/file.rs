//! The allocation that everybody sees: the key, and for each period the commitments to what each member gets, with the proof.

use hushwatt_circuits::{CircuitProof, MAX_PROOF_BYTES, allocation::MAX_MEMBERS};
use hushwatt_crypto::{
    Element, Label, NetworkId,
    hash::{Hasher, hex},
};
use hushwatt_ledger::codec::Writer;
use serde::{Deserialize, Serialize};

use super::{
    FileError, Period, SharingKey,
    json::{self, malformed, syntax},
    key::KeyForm,
};

/// No allocation's file is longer, in bytes.
pub const MAX_ALLOCATION_BYTES: usize = 48 << 20;
/// Most periods of one allocation: the quarter hours of 32 days.
pub const MAX_PERIODS: u64 = 3_072;

const FORMAT: &str = "hushwatt allocation 1";

/// One period that was shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shared {
    /// Which.
    pub period: Period,
    /// Commitments to what each member gets, in the key's order.
    pub allocations: Vec<Element>,
    /// That this is what the key gives.
    pub proof: CircuitProof,
}

/// What a community was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// Of which network.
    pub network: NetworkId,
    /// How it was shared.
    pub key: SharingKey,
    /// The last block that was known when it was made.
    pub height: u64,
    /// From this period on,
    pub from: Period,
    /// and before this one.
    pub until: Period,
    /// In the order of time. Periods without any reading of a producer are not in it: there is nothing to share.
    pub shared: Vec<Shared>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    network: String,
    key: KeyForm,
    height: u64,
    from: u64,
    until: u64,
    shared: Vec<SharedForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SharedForm {
    period: u64,
    allocations: Vec<String>,
    proof: String,
}

impl SharedForm {
    fn read(self, members: usize) -> Result<Shared, FileError> {
        if self.allocations.len() != members || members > MAX_MEMBERS {
            return Err(malformed("the allocations of a period", "there must be one for each member of the key"));
        }
        if self.proof.len() > 2 * MAX_PROOF_BYTES {
            return Err(malformed("a proof", "it is too long"));
        }
        let proof = json::bytes("a proof", &self.proof)?;
        let allocations = self.allocations.iter().map(|text| json::point("an allocation", text));
        Ok(Shared {
            period: Period(self.period),
            allocations: allocations.collect::<Result<_, _>>()?,
            proof: CircuitProof::decode(&proof).map_err(|error| malformed("a proof", error))?,
        })
    }
}

impl Allocation {
    /// The file, one line.
    ///
    /// # Errors
    /// [`FileError::Syntax`], which does not happen: there is no map with other keys than texts.
    pub fn to_json(&self) -> Result<String, FileError> {
        let shared = self.shared.iter().map(|shared| SharedForm {
            period: shared.period.0,
            allocations: shared.allocations.iter().map(|allocation| hex(allocation.as_bytes())).collect(),
            proof: hex(shared.proof.as_bytes()),
        });
        let form = Form {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            key: self.key.form(),
            height: self.height,
            from: self.from.0,
            until: self.until.0,
            shared: shared.collect(),
        };
        serde_json::to_string(&form).map_err(|error| syntax(&error))
    }

    /// Reads a file. Total on any bytes; proves nothing yet.
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: Form = json::read(bytes, MAX_ALLOCATION_BYTES, FORMAT, |form: &Form| &form.format)?;
        let key = form.key.read()?;
        let count = form.until.checked_sub(form.from).filter(|count| (1..=MAX_PERIODS).contains(count));
        if count.is_none() {
            return Err(malformed("the time", format!("it must have 1 to {MAX_PERIODS} periods")));
        }
        // Far beyond any clock, arithmetic would overflow.
        if form.until > u64::from(u32::MAX) {
            return Err(malformed("the time", "it is beyond any clock"));
        }
        if !form.shared.windows(2).all(|pair| pair[0].period < pair[1].period) {
            return Err(malformed("the periods", "they are not in order"));
        }
        if !form.shared.iter().all(|shared| (form.from..form.until).contains(&shared.period)) {
            return Err(malformed("the periods", "one is outside the time that the file is about"));
        }
        let members = key.members().len();
        let shared = form.shared.into_iter().map(|shared| shared.read(members)).collect::<Result<_, _>>()?;
        Ok(Allocation {
            network: json::network(&form.network)?,
            key,
            height: form.height,
            from: Period(form.from),
            until: Period(form.until),
            shared,
        })
    }

    /// Of all that it says.
    pub fn digest(&self) -> [u8; 32] {
        let mut writer = Writer::new();
        self.key.encode(&mut writer);
        writer.u64(self.height).u64(self.from.0).u64(self.until.0).u64(self.shared.len() as u64);
        for shared in &self.shared {
            writer.u64(shared.period.0);
            shared.allocations.iter().for_each(|allocation| {
                writer.element(allocation);
            });
            writer.u64(shared.proof.as_bytes().len() as u64).bytes(shared.proof.as_bytes());
        }
        Hasher::new(&self.network, Label::Allocation).part(b"file").part(&writer.finish()).finish32()
    }
}
