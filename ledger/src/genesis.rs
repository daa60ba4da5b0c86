//! The genesis file: parameters and raw public keys, nothing else. Its digest is the network id (protocol section 1).

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

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
    validators::{ValidatorSet, ValidatorSetError},
};

/// Longest genesis file.
pub const MAX_GENESIS_BYTES: usize = 1 << 20;
/// Most meters in a genesis file.
pub const MAX_METERS: usize = 4096;
/// Most registrars in a genesis file.
pub const MAX_REGISTRARS: usize = 32;

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
    #[error(
        "one key stands twice in the genesis file: every meter, validator, registrar, the treasury and the operator has its own"
    )]
    DuplicateKey,
    /// None, or too many.
    #[error("the genesis file must list 1 to 100 validators")]
    ValidatorCount,
    /// Too many.
    #[error("the genesis file lists more than 32 registrars")]
    TooManyRegistrars,
    /// A quorum that nobody or too few could ever reach.
    #[error("registrar_quorum must be between 1 and the number of registrars, and 0 if there are none")]
    RegistrarQuorum,
    /// Too many meters.
    #[error("the genesis file lists more than 4096 meters")]
    TooManyMeters,
}

/// Why a genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisFileError {
    /// It cannot be read.
    #[error(transparent)]
    Io(io::Error),
    /// What is in it is refused.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
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
    #[serde(default)]
    registrars: Vec<String>,
    #[serde(default)]
    registrar_quorum: u32,
    treasury: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
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
    /// The treasury.
    pub treasury: VerifyingKey,
    /// The market operator, until the registrars name another; `None` if there is none yet.
    pub operator: Option<VerifyingKey>,
    validators: ValidatorSet,
    registrars: Vec<VerifyingKey>,
    registrar_quorum: u32,
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
    /// The validators of epoch 0, 1 to 100, in any order.
    pub validators: Vec<VerifyingKey>,
    /// The registrars, at most 32; a registrar's index is its place in this list.
    pub registrars: Vec<VerifyingKey>,
    /// How many registrars must sign a change of the registry: at least 1; 0 if there are none.
    pub registrar_quorum: u32,
    /// The treasury's key.
    pub treasury: VerifyingKey,
    /// The market operator's key, if there are to be auctions from the start.
    pub operator: Option<VerifyingKey>,
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
            validators: self.validators.iter().map(|key| hex(key.as_bytes())).collect(),
            registrars: self.registrars.iter().map(|key| hex(key.as_bytes())).collect(),
            registrar_quorum: self.registrar_quorum,
            treasury: hex(self.treasury.as_bytes()),
            operator: self.operator.map(|key| hex(key.as_bytes())),
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
    /// Reads and checks the file at a path; `None` if there is none.
    ///
    /// # Errors
    /// [`GenesisFileError`].
    pub fn read(path: &Path) -> Result<Option<Self>, GenesisFileError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(GenesisFileError::Io)?,
        };
        let mut bytes = Vec::new();
        // One byte more than may be: then the parser says that it is too long.
        file.take(MAX_GENESIS_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(GenesisFileError::Io)?;
        Ok(Some(Genesis::parse(&bytes)?))
    }

    /// Reads and checks a genesis file's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, GenesisError> {
        if bytes.len() > MAX_GENESIS_BYTES {
            return Err(GenesisError::TooLong);
        }
        let file: GenesisFile = serde_json::from_slice(bytes)?;
        if file.format != FORMAT {
            return Err(<serde_json::Error as serde::de::Error>::custom(format!("format must be \"{FORMAT}\"")).into());
        }
        file.parameters.check()?;
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
        let validators = ValidatorSet::new(keys("validator", &file.validators)?).map_err(|error| match error {
            ValidatorSetError::Count => GenesisError::ValidatorCount,
            ValidatorSetError::Duplicate => GenesisError::DuplicateKey,
        })?;
        if file.registrars.len() > MAX_REGISTRARS {
            return Err(GenesisError::TooManyRegistrars);
        }
        let registrars = keys("registrar", &file.registrars)?;
        let quorums = u32::from(!registrars.is_empty())..=registrars.len() as u32;
        if !quorums.contains(&file.registrar_quorum) {
            return Err(GenesisError::RegistrarQuorum);
        }
        let treasury = key("treasury", 0, &file.treasury)?;
        let operator = file.operator.as_deref().map(|text| key("operator", 0, text)).transpose()?;
        let mut all: Vec<&[u8; 32]> = meters.iter().map(|meter| meter.key.as_bytes()).collect();
        let others = validators.keys().iter().chain(&registrars).chain([&treasury]).chain(&operator);
        all.extend(others.map(|key| key.as_bytes()));
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
            treasury,
            operator,
            validators,
            registrars,
            registrar_quorum: file.registrar_quorum,
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

    /// The validators of epoch 0.
    pub fn validators(&self) -> &ValidatorSet {
        &self.validators
    }

    /// Those who may change the registry; a registrar's index is its place here.
    pub fn registrars(&self) -> &[VerifyingKey] {
        &self.registrars
    }

    /// How many registrars must sign a change; 0 only if there are none, and then nobody can change anything.
    pub fn registrar_quorum(&self) -> usize {
        self.registrar_quorum as usize
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

fn keys(role: &'static str, texts: &[String]) -> Result<Vec<VerifyingKey>, GenesisError> {
    texts.iter().enumerate().map(|(index, text)| key(role, index, text)).collect()
}

fn key(role: &'static str, index: usize, text: &str) -> Result<VerifyingKey, GenesisError> {
    let wrong = || GenesisError::Key { role, index };
    let bytes: NetworkId = text.parse().map_err(|_| wrong())?;
    VerifyingKey::decode(&bytes.0).map_err(|_| wrong())
}
