//! What is wrong with `gateway.toml`, and what to write instead.

use std::{io, path::PathBuf};

use hushwatt_meter_attest::registers;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("could not read {}: {source}; make it with \"hushwatt meter init\"", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Far too long for what it is.
    #[error("{} is longer than 256 KiB: that is no gateway.toml", .0.display())]
    TooLong(PathBuf),
    /// Something in a file.
    #[error("{}: {source}", path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<ConfigError>,
    },
    /// No TOML, or a name or value that is not known.
    #[error("{0}")]
    Syntax(String),
    /// Not in the genesis.
    #[error(
        "meter = {meter}: the genesis registers {registered} meters, numbered from 0; write the number that the registrar gave you"
    )]
    UnknownMeter {
        /// What was written.
        meter: u32,
        /// How many there are.
        registered: usize,
    },
    /// No address of this community.
    #[error("household: this is no address of this community ({0}); copy it from the wallet's page \"Receive\", whole")]
    Household(String),
    /// None or too many.
    #[error(
        "nodes lists {0} addresses: write 1 to 16, like nodes = [\"https://node-a.example.org\", \"https://node-b.example.org\"]"
    )]
    NodeCount(usize),
    /// Out of range.
    #[error("pace = {pace}: write 1 to {most} seconds; 10 spares the flash memory")]
    Pace {
        /// What was written.
        pace: u64,
        /// The most.
        most: u64,
    },
    /// What the engine does not take.
    #[error("reading: {0}")]
    Reading(#[from] registers::ConfigError),
    /// No such driver.
    #[error("source.driver = \"{name}\" is not known; it is one of: {known}{hint}")]
    Driver {
        /// What was written.
        name: String,
        /// All that there are.
        known: String,
        /// The one that was probably meant.
        hint: String,
    },
    /// Known, and not supported as a source.
    #[error("source.driver = \"{name}\": {why}")]
    NoSource {
        /// Which.
        name: String,
        /// Why not, and what instead.
        why: String,
    },
    /// No port.
    #[error("source.port = \"{0}\": write serial:/dev/ttyUSB0, tcp:192.168.1.20:23, file:/path/to/file or stdin")]
    Port(String),
    /// A line setting for something that has none.
    #[error("source.{setting} is for serial ports only, and source.port is {port}: take the line out")]
    NotSerial {
        /// Which setting.
        setting: &'static str,
        /// The port.
        port: String,
    },
    /// Not 7 or 8, not 1 or 2, a speed that no meter has.
    #[error("source.{setting} = {value}: write {right}")]
    Serial {
        /// Which setting.
        setting: &'static str,
        /// What was written.
        value: u32,
        /// What is possible.
        right: &'static str,
    },
    /// Zero, or longer than a day.
    #[error("source.{setting} = {value}: write {right}")]
    Period {
        /// Which setting.
        setting: &'static str,
        /// What was written.
        value: u64,
        /// What is possible.
        right: &'static str,
    },
    /// A key file that cannot be used.
    #[error("source.{setting}: {}: {why}", path.display())]
    KeyFile {
        /// Which setting.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The page's address.
    #[error(
        "page.listen = \"{0}\": write an address and a port, like 127.0.0.1:8430, or page.enabled = false for no page"
    )]
    Listen(String),
    /// A page for the whole network without a name.
    #[error(
        "page.listen = \"{0}\" is reached under any address of this machine: list the names under which it may be opened, like page.hosts = [\"gateway.local\", \"192.168.1.30\"]"
    )]
    Hosts(String),
    /// No name.
    #[error("page.hosts: \"{0}\" is no name of a machine: write it without http:// and without a port")]
    Host(String),
}
