//! A node's settings, its folder and its key: everything that is read before a node starts, with a refusal for each thing
//! that can be wrong and what to do about it.
//!
//! Settings come from four places; the first that names one decides: flags, environment (`HUSHWATT_NODE_*`), the folder's
//! `config.toml`, the default. [`Setup::load`] puts them together with the folder and the key, and checks the whole.

mod error;
mod folder;
mod overrides;
mod peers;
mod setup;
mod values;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::http::HttpOptions;

pub use error::ConfigError;
pub use folder::{DATA_VERSION, FolderError, NodeFolder};
pub use hushwatt_client::{BaseUrl, HostPort, KeyError, KeyFile, KeyRole, parse_public_key};
pub use overrides::{ENVIRONMENT_PREFIX, Overrides};
pub use peers::Peer;
pub use setup::{Remark, Setup};
pub use values::{LogFormat, LogLevel, NodeRole, Seconds};

/// The commented settings that a new folder begins with; without its comments it says what the defaults say.
pub const TEMPLATE: &str = include_str!("config/template.toml");

/// The usual port of the peer network.
pub const PEER_PORT: u16 = 8401;
/// The usual port of the HTTP interface.
pub const HTTP_PORT: u16 = 8400;

/// Everything that an operator may choose about one node. What all nodes must agree on stands in the genesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// What this node does.
    pub role: NodeRole,
    /// Nodes that a follower takes blocks from.
    pub follow: Vec<BaseUrl>,
    /// How long an idle validator waits until it proposes an empty block.
    pub heartbeat: Seconds,
    /// The peer network of the validators.
    pub network: NetworkConfig,
    /// The HTTP interface.
    pub http: HttpConfig,
    /// What may wait for a block.
    pub mempool: MempoolConfig,
    /// The log.
    pub log: LogConfig,
    /// Prometheus metrics.
    pub metrics: MetricsConfig,
}

/// The peer network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The other validators.
    pub peers: Vec<Peer>,
}

/// The HTTP interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where it listens. It has no TLS: what others reach belongs behind a reverse proxy.
    pub listen: SocketAddr,
    /// Whether an address that others can reach is meant.
    pub allow_public: bool,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Limits of size, rate and concurrency, by the names of the HTTP interface.
    pub limits: toml::Table,
}

/// Bounds of what waits for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MempoolConfig {
    /// Most transactions.
    pub transactions: usize,
    /// Most bytes, hints included.
    pub bytes: usize,
}

/// The log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// For people or machines.
    pub format: LogFormat,
    /// How much.
    pub level: LogLevel,
}

/// Prometheus metrics at `/metrics` of the HTTP interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Whether they are there.
    pub enabled: bool,
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

impl Default for NodeConfig {
    fn default() -> Self {
        NodeConfig {
            role: NodeRole::Validator,
            follow: Vec::new(),
            heartbeat: Seconds(30),
            network: NetworkConfig::default(),
            http: HttpConfig::default(),
            mempool: MempoolConfig::default(),
            log: LogConfig::default(),
            metrics: MetricsConfig::default(),
        }
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        NetworkConfig { listen: SocketAddr::new(LOOPBACK, PEER_PORT), peers: Vec::new() }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        let listen = SocketAddr::new(LOOPBACK, HTTP_PORT);
        // What comes from this machine's own proxy.
        let trusted_proxies = vec![LOOPBACK, IpAddr::V6(Ipv6Addr::LOCALHOST)];
        HttpConfig { listen, allow_public: false, trusted_proxies, limits: toml::Table::new() }
    }
}

impl Default for MempoolConfig {
    fn default() -> Self {
        MempoolConfig { transactions: 10_000, bytes: 64 << 20 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig { format: LogFormat::Text, level: LogLevel::Info }
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        MetricsConfig { enabled: true }
    }
}

impl NodeConfig {
    /// Refuses settings that contradict each other.
    pub fn check(&self) -> Result<(), ConfigError> {
        use ConfigError as E;
        self.http_options()?.check()?;
        if self.http.listen == self.network.listen && self.http.listen.port() != 0 {
            return Err(E::SameAddress(self.http.listen));
        }
        match self.role {
            NodeRole::Follower if self.follow.is_empty() => return Err(E::NobodyToFollow),
            NodeRole::Validator if !self.follow.is_empty() => return Err(E::ValidatorFollows),
            NodeRole::Follower | NodeRole::Validator => {}
        }
        if !(1..=3600).contains(&self.heartbeat.0) {
            return Err(E::Heartbeat(self.heartbeat));
        }
        if self.mempool.transactions == 0 || self.mempool.bytes < 1 << 20 {
            return Err(E::Mempool);
        }
        for (place, peer) in self.network.peers.iter().enumerate() {
            let before = &self.network.peers[..place];
            // One address may have two keys, while a validator changes its key.
            if before.iter().any(|other| other.key == peer.key) {
                return Err(E::PeerTwice(peer.address.clone()));
            }
        }
        Ok(())
    }
}

impl NodeConfig {
    /// How the HTTP interface is served, with the limits read.
    pub fn http_options(&self) -> Result<HttpOptions, ConfigError> {
        let limits = toml::Value::Table(self.http.limits.clone()).try_into();
        Ok(HttpOptions {
            listen: self.http.listen,
            allow_public: self.http.allow_public,
            trusted_proxies: self.http.trusted_proxies.clone(),
            metrics: self.metrics.enabled,
            limits: limits.map_err(|source| ConfigError::Limits(Box::new(source)))?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use rand_core::OsRng;

    #[test]
    fn the_template_says_what_the_defaults_say() {
        let config: NodeConfig = toml::from_str(TEMPLATE).unwrap();
        assert_eq!(config, NodeConfig::default());
        config.check().unwrap();
        // Every setting stands there, at least in a comment.
        let table = toml::Table::try_from(NodeConfig::default()).unwrap();
        for (name, value) in &table {
            let names: Vec<String> = match value {
                toml::Value::Table(inner) => inner.keys().cloned().collect(),
                _ => vec![name.clone()],
            };
            assert!(names.iter().all(|name| TEMPLATE.contains(name.as_str())), "{names:?}");
        }
    }

    #[test]
    fn each_contradiction_is_refused_with_what_to_do() {
        type Change = fn(&mut NodeConfig);
        let peer = |address: &str| Peer {
            key: KeyFile::random(KeyRole::Validator, &mut OsRng).key.verifying_key(),
            address: address.parse().unwrap(),
            http: None,
        };
        let cases: [(Change, &str); 8] = [
            (|c| c.http.listen = "0.0.0.0:8400".parse().unwrap(), "http.allow_public = true"),
            (|c| c.network.listen = c.http.listen, "give them different ports"),
            (|c| c.role = NodeRole::Follower, "follow = ["),
            (|c| c.follow.push("http://127.0.0.1:1".parse().unwrap()), "role = \"follower\""),
            (|c| c.heartbeat = Seconds(0), "between 1s and 1h"),
            (|c| drop(c.http.limits.insert("connektions".to_owned(), 1.into())), "unknown field `connektions`"),
            (|c| drop(c.http.limits.insert("connections".to_owned(), 0.into())), "http.limits.connections"),
            (|c| c.mempool.bytes = 5, "1048576"),
        ];
        for (change, expected) in cases {
            let mut config = NodeConfig::default();
            change(&mut config);
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let mut config = NodeConfig::default();
        config.http = HttpConfig { listen: "0.0.0.0:8400".parse().unwrap(), allow_public: true, ..config.http };
        config.network.peers = vec![peer("a:1"), peer("b:1")];
        config.check().unwrap();
        config.network.peers.push(peer("a:1"));
        config.check().unwrap();
        config.network.peers.push(config.network.peers[0].clone());
        assert!(config.check().unwrap_err().to_string().contains("a:1"));
    }

    #[test]
    fn a_setting_that_does_not_exist_is_refused_with_its_line() {
        let error = toml::from_str::<NodeConfig>("heartbeat = 5\n[http]\nlisen = \"127.0.0.1:1\"\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("line 3") && text.contains("lisen") && text.contains("listen"), "{text}");
    }
}
