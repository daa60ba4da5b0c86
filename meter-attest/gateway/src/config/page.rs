//! The local page's address, and the names under which it may be opened.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::ConfigError;

/// Where the page listens when nothing is said.
const DEFAULT: &str = "127.0.0.1:8430";

/// The local page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names of this machine, without ports, under which it may be opened beside the loopback's.
    pub hosts: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PageFile {
    enabled: bool,
    listen: String,
    hosts: Vec<String>,
}

impl Default for PageFile {
    fn default() -> Self {
        PageFile { enabled: true, listen: DEFAULT.to_owned(), hosts: Vec::new() }
    }
}

impl PageFile {
    pub(super) fn check(self) -> Result<Option<PageConfig>, ConfigError> {
        if !self.enabled {
            return Ok(None);
        }
        let listen: SocketAddr = self.listen.parse().map_err(|_| ConfigError::Listen(self.listen.clone()))?;
        let mut hosts = Vec::new();
        for host in self.hosts {
            let name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            match bare.parse::<IpAddr>() {
                Ok(IpAddr::V6(ip)) => hosts.push(format!("[{ip}]")),
                Ok(IpAddr::V4(ip)) => hosts.push(ip.to_string()),
                Err(_) if !host.is_empty() && host.chars().all(name) => hosts.push(host.to_ascii_lowercase()),
                Err(_) => return Err(ConfigError::Host(host)),
            }
        }
        if listen.ip().is_unspecified() && hosts.is_empty() {
            return Err(ConfigError::Hosts(self.listen));
        }
        if !listen.ip().is_unspecified() && !listen.ip().is_loopback() {
            hosts.push(match listen.ip() {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            });
        }
        Ok(Some(PageConfig { listen, hosts }))
    }
}
