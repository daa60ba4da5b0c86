//! `operator.toml`: what the person who sets the operator up decides. Everything else follows from the genesis.
//!
//! Reading it changes nothing, and an error says which line is wrong and what to write instead.

mod error;
mod template;

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hushwatt_client::BaseUrl;
use serde::Deserialize;

pub use error::ConfigError;
pub use template::template;

/// More nodes than anybody needs.
const MAX_NODES: usize = 16;
/// Where the door listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8450";

/// Everything that an operator is told, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The nodes, at least one.
    pub nodes: Vec<BaseUrl>,
    /// The door through which orders come.
    pub door: DoorConfig,
    /// How much is taken.
    pub limits: Limits,
    /// How long sealed openings are kept after their auction is over.
    pub keep: Duration,
}

/// The door through which orders come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names under which it may be asked beside the loopback's, without ports.
    pub hosts: Vec<String>,
}

/// How much is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Orders that are admitted to one auction, at most. The ledger takes no more than its genesis allows; without the ring,
    /// which only validators look into, an order that it will refuse can be admitted, so more are.
    pub orders: usize,
    /// Requests a second from one address, and in a burst.
    pub rate: (u32, u32),
    /// How long a request may take to arrive.
    pub patience: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    nodes: Vec<BaseUrl>,
    #[serde(default)]
    door: DoorFile,
    #[serde(default)]
    limits: LimitsFile,
    #[serde(default = "one_day")]
    keep_hours: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DoorFile {
    listen: String,
    hosts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsFile {
    orders: u64,
    per_second: u32,
    burst: u32,
    seconds: u64,
}

impl Default for DoorFile {
    fn default() -> Self {
        DoorFile { listen: LISTEN.to_owned(), hosts: Vec::new() }
    }
}

impl Default for LimitsFile {
    fn default() -> Self {
        LimitsFile { orders: 1_000, per_second: 10, burst: 50, seconds: 20 }
    }
}

fn one_day() -> u64 {
    24
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// [`ConfigError`] says what is wrong and what to do.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: ConfigFile = toml::from_str(text).map_err(|error| ConfigError::Syntax(error.to_string()))?;
        if file.nodes.is_empty() || file.nodes.len() > MAX_NODES {
            return Err(ConfigError::NodeCount(file.nodes.len()));
        }
        let hours = within("keep_hours", file.keep_hours, 1..=8_760, "1 to 8760 hours; 24 is usual")?;
        let keep = Duration::from_secs(hours * 3_600);
        Ok(Config { nodes: file.nodes, door: file.door.check()?, limits: file.limits.check()?, keep })
    }
}

impl DoorFile {
    fn check(self) -> Result<DoorConfig, ConfigError> {
        let listen: SocketAddr = self.listen.parse().map_err(|_| ConfigError::Listen(self.listen.clone()))?;
        let mut hosts = Vec::new();
        for host in self.hosts {
            let name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            match bare.parse::<IpAddr>() {
                Ok(ip) => hosts.push(written(ip)),
                Err(_) if !host.is_empty() && host.chars().all(name) => hosts.push(host.to_ascii_lowercase()),
                Err(_) => return Err(ConfigError::Host(host)),
            }
        }
        if listen.ip().is_unspecified() && hosts.is_empty() {
            return Err(ConfigError::Hosts(self.listen));
        }
        if !listen.ip().is_unspecified() && !listen.ip().is_loopback() {
            hosts.push(written(listen.ip()));
        }
        Ok(DoorConfig { listen, hosts })
    }
}

/// As it stands in the header `Host`.
fn written(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

impl LimitsFile {
    fn check(self) -> Result<Limits, ConfigError> {
        let orders = within("limits.orders", self.orders, 2..=100_000, "2 to 100000 orders; 1000 is usual")?;
        let per_second = within("limits.per_second", self.per_second.into(), 1..=10_000, "1 to 10000 requests")?;
        let burst = within("limits.burst", self.burst.into(), 1..=100_000, "1 to 100000 requests")?;
        let seconds = within("limits.seconds", self.seconds, 1..=600, "1 to 600 seconds for a request to arrive")?;
        let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        Ok(Limits {
            orders: usize::try_from(orders).unwrap_or(usize::MAX),
            rate: (small(per_second), small(burst)),
            patience: Duration::from_secs(seconds),
        })
    }
}

fn within(
    setting: &'static str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
    right: &'static str,
) -> Result<u64, ConfigError> {
    if range.contains(&value) { Ok(value) } else { Err(ConfigError::Number { setting, value, right }) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_what_is_the_case_without_it() {
        let node: BaseUrl = "http://127.0.0.1:8400".parse().unwrap();
        let text = template(std::slice::from_ref(&node));
        let config = Config::parse(&text).unwrap();
        assert_eq!(config, Config::parse("nodes = [\"http://127.0.0.1:8400\"]").unwrap());
        assert_eq!((config.door.listen.port(), config.limits.orders), (8450, 1_000));
        assert_eq!((config.keep, config.nodes), (Duration::from_secs(86_400), vec![node]));
        // Each line that is commented out is a setting that is read.
        let all: String = text
            .lines()
            .map(|line| {
                format!(
                    "{}\n",
                    line.strip_prefix("# ").filter(|rest| rest.contains(" = ") && !rest.contains(". ")).unwrap_or(line)
                )
            })
            .collect();
        let all = Config::parse(&all).unwrap();
        assert_eq!(all.door.hosts, ["operator.example.org"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        let with = |line: &str| Config::parse(&format!("nodes = [\"http://a:1\"]\n{line}\n")).unwrap_err().to_string();
        for (line, expected) in [
            ("keep_hours = 0", "keep_hours = 0: write 1 to 8760"),
            ("pace = 1", "unknown field"),
            ("[door]\nlisten = \"here\"", "write an address and a port"),
            ("[door]\nlisten = \"0.0.0.0:1\"", "list the names"),
            ("[door]\nhosts = [\"http://a\"]", "no name of a machine"),
            ("[limits]\norders = 1", "limits.orders = 1"),
            ("[limits]\nper_second = 0", "limits.per_second = 0"),
            ("[limits]\nburst = 0", "limits.burst = 0"),
            ("[limits]\nseconds = 601", "limits.seconds = 601"),
        ] {
            let error = with(line);
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert!(Config::parse("nodes = []").unwrap_err().to_string().contains("1 to 16"));
        let open =
            Config::parse("nodes = [\"http://a:1\"]\n[door]\nlisten = \"192.0.2.7:80\"\nhosts = [\"A.org\", \"::1\"]")
                .unwrap();
        assert_eq!(open.door.hosts, ["a.org", "[::1]", "192.0.2.7"]);
    }
}
