//! `gateway.toml`: what the person who sets the gateway up decides. Everything else follows from the genesis.
//!
//! Reading it changes nothing, and an error says which line is wrong and what to write instead.

mod error;
mod page;
mod source;
mod template;

use std::{fs, io, path::Path, time::Duration};

use hushwatt_client::BaseUrl;
use hushwatt_crypto::address::Address;
use hushwatt_drivers::{Direction, Medium};
use hushwatt_ledger::{
    genesis::{Genesis, Meter},
    units::{MeterId, Utility},
};
use hushwatt_meter_attest::registers::{self, Layout};
use serde::Deserialize;

pub use error::ConfigError;
pub use page::PageConfig;
pub use source::{DriverOptions, Parity, Port, SerialSettings, Source};
pub use template::template;

/// Longest configuration file.
const MAX_BYTES: u64 = 1 << 18;
/// More nodes than anybody needs.
const MAX_NODES: usize = 16;

/// Everything that a gateway is told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The meter on the ledger.
    pub meter: MeterId,
    /// The household whose meter it is; `None` before they are paired.
    pub household: Option<Address>,
    /// The nodes, at least one.
    pub nodes: Vec<BaseUrl>,
    /// Between two samples that are kept.
    pub pace: Duration,
    /// Whether what opens the meter's sums of each period is shared among the committee, for totals.
    pub share_totals: bool,
    /// Where telegrams come from.
    pub source: Source,
    /// Which of the meters on the line, and how its registers are meant.
    pub reading: ReadingConfig,
    /// The local page; `None` for none.
    pub page: Option<PageConfig>,
}

/// Which of the meters on the line, and how its registers are meant.
#[derive(Clone, Debug)]
pub struct ReadingConfig {
    /// The meter's own number. Needed where a line speaks of several meters of one medium.
    pub number: Option<String>,
    /// The grid operator's name of the metering point, for his files. Needed where a file speaks of several.
    pub point: Option<String>,
    /// What the engine is told.
    pub registers: registers::Config,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    meter: u32,
    household: Option<String>,
    nodes: Vec<BaseUrl>,
    #[serde(default = "default_pace")]
    pace: u64,
    #[serde(default = "default_share_totals")]
    share_totals: bool,
    source: source::SourceFile,
    #[serde(default)]
    reading: ReadingFile,
    #[serde(default)]
    page: page::PageFile,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReadingFile {
    number: Option<String>,
    point: Option<String>,
    direction: Option<DirectionFile>,
    max_per_hour: Option<u64>,
    clock_tolerance: Option<u64>,
    boundary_tolerance: Option<u64>,
    modulus: Option<u64>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum DirectionFile {
    Import,
    Export,
}

fn default_pace() -> u64 {
    10
}

fn default_share_totals() -> bool {
    true
}

impl Config {
    /// Reads `gateway.toml`. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong and what to do.
    pub fn read(path: &Path, genesis: &Genesis) -> Result<Self, ConfigError> {
        let read = |source: io::Error| ConfigError::Read { path: path.to_path_buf(), source };
        if fs::metadata(path).map_err(read)?.len() > MAX_BYTES {
            return Err(ConfigError::TooLong(path.to_path_buf()));
        }
        let text = fs::read_to_string(path).map_err(read)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, folder, genesis)
            .map_err(|source| ConfigError::In { path: path.to_path_buf(), source: Box::new(source) })
    }

    /// Reads the text of a configuration whose relative paths begin at `folder`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str, folder: &Path, genesis: &Genesis) -> Result<Self, ConfigError> {
        let file: ConfigFile = toml::from_str(text).map_err(|error| ConfigError::Syntax(error.to_string()))?;
        let meter = MeterId(file.meter);
        let registered = genesis
            .meter(meter)
            .ok_or(ConfigError::UnknownMeter { meter: file.meter, registered: genesis.meters().count() })?;
        let household = file.household.as_deref().map(|text| household(genesis, text)).transpose()?;
        if file.nodes.is_empty() || file.nodes.len() > MAX_NODES {
            return Err(ConfigError::NodeCount(file.nodes.len()));
        }
        let most = genesis.parameters.interval / 10;
        if !(1..=most).contains(&file.pace) {
            return Err(ConfigError::Pace { pace: file.pace, most });
        }
        Ok(Config {
            meter,
            household,
            nodes: file.nodes,
            pace: Duration::from_secs(file.pace),
            share_totals: file.share_totals,
            source: file.source.check(folder)?,
            reading: file.reading.check(genesis, registered)?,
            page: file.page.check()?,
        })
    }
}

fn household(genesis: &Genesis, text: &str) -> Result<Address, ConfigError> {
    Address::decode(genesis.network(), text.trim()).map_err(|source| ConfigError::Household(source.to_string()))
}

impl ReadingFile {
    fn check(self, genesis: &Genesis, meter: &Meter) -> Result<ReadingConfig, ConfigError> {
        let medium = match meter.utility {
            Utility::Electricity => Medium::Electricity,
            Utility::Water => Medium::Water,
            Utility::Heat => Medium::Heat,
        };
        let layout = match (self.direction, meter.utility) {
            (Some(DirectionFile::Import), _) => Layout::OneWay(Direction::Import),
            (Some(DirectionFile::Export), _) => Layout::OneWay(Direction::Export),
            (None, Utility::Electricity) => Layout::TwoWay,
            (None, Utility::Water | Utility::Heat) => Layout::OneWay(Direction::Import),
        };
        let usual = registers::Config::new(&genesis.parameters, medium, layout, meter.class);
        let registers = registers::Config {
            max_rate: self.max_per_hour.unwrap_or(usual.max_rate),
            clock_tolerance: self.clock_tolerance.unwrap_or(usual.clock_tolerance),
            boundary_tolerance: self.boundary_tolerance.unwrap_or(usual.boundary_tolerance),
            modulus: self.modulus.or(usual.modulus),
            ..usual
        };
        registers.check()?;
        let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(ReadingConfig { number: given(self.number), point: given(self.point), registers })
    }
}
