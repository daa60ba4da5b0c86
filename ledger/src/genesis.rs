//! The genesis file: parameters and raw public keys, nothing else. Its digest is the network id (protocol section 1).

use hushwatt_crypto::{
    Label, NetworkId,
    hash::{Hasher, hex},
    range::RangeBits,
    signature::VerifyingKey,
};
use serde::{Deserialize, Serialize};

use crate::{
    parameters::{ParameterError, Parameters},
    units::{MeterId, Timestamp, Utility, Window},
};

/// Longest genesis file.
pub const MAX_GENESIS_BYTES: usize = 1 << 20;
/// Most meters in a genesis file.
pub const MAX_METERS: usize = 4096;

/// Why a genesis file was refused.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// Too long.
    #[error("the genesis file is longer than 1 MiB")]
    TooLong,
    /// Not JSON of the right shape.
    #[error("the genesis file is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    /// An inequality does not hold.
    #[error("the genesis parameters contradict each other: {0}")]
    Parameters(#[from] ParameterError),
    /// A key is not usable.
    #[error("{role} key {index} in the genesis file is not a usable Ed25519 public key in hexadecimal")]
    Key {
        /// Whose key.
        role: &'static str,
        /// Which in its list, from 0.
        index: usize,
    },
    /// A key stands twice.
    #[error("one key stands twice in the genesis file: every meter, validator and the treasury has its own")]
    DuplicateKey,
    /// This version has one validator.
    #[error("this version needs exactly one validator in the genesis file")]
    Validators,
    /// Too many meters.
    #[error("the genesis file lists more than 4096 meters")]
    TooManyMeters,
}

/// A meter as registered.
#[derive(Clone, Debug)]
pub struct Meter {
    /// What it measures.
    pub utility: Utility,
    /// Range of one interval's quantity: 16 or 32 bits.
    pub class: RangeBits,
    /// Its signing key.
    pub key: VerifyingKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterEntry {
    utility: Utility,
    class_bits: u8,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenesisFile {
    format: String,
    time: u64,
    simulated_time: bool,
    parameters: Parameters,
    validators: Vec<String>,
    treasury: String,
    meters: Vec<MeterEntry>,
}

const FORMAT: &str = "hushwatt genesis 1";

/// A checked genesis, with the bytes it came from.
#[derive(Clone, Debug)]
pub struct Genesis {
    bytes: Vec<u8>,
    network: NetworkId,
    /// When the network starts; block 1 is not earlier.
    pub time: Timestamp,
    /// Whether clocks are stepped by a driver: demos and tests only.
    pub simulated_time: bool,
    /// What the community chose.
    pub parameters: Parameters,
    /// The validator.
    pub validator: VerifyingKey,
    /// The treasury.
    pub treasury: VerifyingKey,
    meters: Vec<Meter>,
}

/// What a genesis file is written from.
pub struct NewGenesis {
    /// When the network starts.
    pub time: Timestamp,
    /// Stepped clocks.
    pub simulated_time: bool,
    /// Parameters.
    pub parameters: Parameters,
    /// The validator's key.
    pub validator: VerifyingKey,
    /// The treasury's key.
    pub treasury: VerifyingKey,
    /// Meters in registration order.
    pub meters: Vec<Meter>,
}

impl NewGenesis {
    /// Writes the file and reads it back through every check.
    pub fn build(&self) -> Result<Genesis, GenesisError> {
        let file = GenesisFile {
            format: FORMAT.to_owned(),
            time: self.time.0,
            simulated_time: self.simulated_time,
            parameters: self.parameters.clone(),
            validators: vec![hex(self.validator.as_bytes())],
            treasury: hex(self.treasury.as_bytes()),
            meters: self
                .meters
                .iter()
                .map(|meter| MeterEntry {
                    utility: meter.utility,
                    class_bits: meter.class.bits() as u8,
                    key: hex(meter.key.as_bytes()),
                })
                .collect(),
        };
        Genesis::parse(&serde_json::to_vec_pretty(&file)?)
    }
}

impl Genesis {
    /// Reads and checks a genesis file.
    pub fn parse(bytes: &[u8]) -> Result<Self, GenesisError> {
        if bytes.len() > MAX_GENESIS_BYTES {
            return Err(GenesisError::TooLong);
        }
        let file: GenesisFile = serde_json::from_slice(bytes)?;
        if file.format != FORMAT {
            return Err(<serde_json::Error as serde::de::Error>::custom(format!("format must be \"{FORMAT}\"")).into());
        }
        file.parameters.check()?;
        let [validator] = file.validators.as_slice() else {
            return Err(GenesisError::Validators);
        };
        if file.meters.len() > MAX_METERS {
            return Err(GenesisError::TooManyMeters);
        }
        let mut meters = Vec::with_capacity(file.meters.len());
        for (index, entry) in file.meters.iter().enumerate() {
            let class = match entry.class_bits {
                16 => RangeBits::Bits16,
                32 => RangeBits::Bits32,
                _ => return Err(<serde_json::Error as serde::de::Error>::custom("class_bits must be 16 or 32").into()),
            };
            meters.push(Meter { utility: entry.utility, class, key: key("meter", index, &entry.key)? });
        }
        let validator = key("validator", 0, validator)?;
        let treasury = key("treasury", 0, &file.treasury)?;
        let mut all: Vec<&[u8; 32]> = meters.iter().map(|meter| meter.key.as_bytes()).collect();
        all.extend([validator.as_bytes(), treasury.as_bytes()]);
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(GenesisError::DuplicateKey);
        }
        Ok(Genesis {
            network: NetworkId(Hasher::new(&NetworkId::NONE, Label::Genesis).part(bytes).finish32()),
            bytes: bytes.to_vec(),
            time: Timestamp(file.time),
            simulated_time: file.simulated_time,
            parameters: file.parameters,
            validator,
            treasury,
            meters,
        })
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Digest of the file.
    pub fn network(&self) -> &NetworkId {
        &self.network
    }

    /// A registered meter.
    pub fn meter(&self, id: MeterId) -> Option<&Meter> {
        self.meters.get(id.0 as usize)
    }

    /// All meters in registration order.
    pub fn meters(&self) -> impl Iterator<Item = (MeterId, &Meter)> {
        (0..).map(MeterId).zip(&self.meters)
    }

    /// Whether any meter measures it.
    pub fn has_utility(&self, utility: Utility) -> bool {
        self.meters.iter().any(|meter| meter.utility == utility)
    }

    /// A meter's first window: the one after its registration, which for genesis meters is the genesis time.
    pub fn first_window(&self) -> Window {
        Window(self.parameters.window_at(self.time).0.saturating_add(1))
    }

    /// The meter's energy group: the meters of a utility, in registration order, in ceil(m / ring_cap) groups whose
    /// sizes differ by at most one (section 4).
    pub fn energy_group(&self, id: MeterId) -> Option<u16> {
        let utility = self.meter(id)?.utility;
        let same = || self.meters().filter(|(_, meter)| meter.utility == utility);
        let count = same().count();
        let place = same().position(|(other, _)| other == id)?;
        let groups = count.div_ceil(self.parameters.ring_cap as usize);
        u16::try_from(part_of(place, count, groups)).ok()
    }
}

/// Which of `parts` consecutive parts of `count` items, sizes differing by at most one, item `place` is in.
pub fn part_of(place: usize, count: usize, parts: usize) -> usize {
    let (small, larger) = (count / parts, count % parts);
    let in_larger = larger * (small + 1);
    if place < in_larger { place / (small + 1) } else { larger + (place - in_larger) / small.max(1) }
}

fn key(role: &'static str, index: usize, text: &str) -> Result<VerifyingKey, GenesisError> {
    let wrong = || GenesisError::Key { role, index };
    let bytes: NetworkId = text.parse().map_err(|_| wrong())?;
    VerifyingKey::decode(&bytes.0).map_err(|_| wrong())
}
