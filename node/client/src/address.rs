//! Where nodes are.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where something listens on another machine: `name:port`, `192.0.2.7:8401` or `[2001:db8::7]:8401`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port, never 0.
    pub port: u16,
}

impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("\"{text}\" is no address: write host:port, like node-b.example.org:8401 or [2001:db8::7]:8401");
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let host = match host.strip_prefix('[') {
            Some(inner) => {
                let inner = inner.strip_suffix(']').ok_or_else(wrong)?;
                inner.parse::<Ipv6Addr>().map_err(|_| wrong())?;
                inner
            }
            None => host,
        };
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
        if host.is_empty() || !(host.chars().all(plain) || text.starts_with('[')) {
            return Err(wrong());
        }
        Ok(HostPort { host: host.to_owned(), port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Where a node's HTTP interface is: `http://127.0.0.1:8400` or `https://node-b.example.org`, without a final slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The address of a path, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no address of a node: write it like http://127.0.0.1:8400 or https://node-b.example.org"
            )
        };
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let authority =
            trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://")).ok_or_else(wrong)?;
        // A port is optional here.
        let with_port = if authority.ends_with(']') || !authority.contains(':') {
            format!("{authority}:1")
        } else {
            authority.to_owned()
        };
        with_port.parse::<HostPort>().map_err(|_| wrong())?;
        Ok(BaseUrl(trimmed.to_owned()))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text form in TOML and JSON.
macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}
as_text!(HostPort, BaseUrl);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_when_they_are_read() {
        for text in ["localhost:8401", "192.0.2.7:1", "[2001:db8::7]:8401", "node-b.example.org:65535"] {
            assert_eq!(text.parse::<HostPort>().unwrap().to_string(), text);
        }
        for wrong in
            ["localhost", ":8401", "a:0", "a:70000", "a b:1", "2001:db8::7:8401", "[x]:1", "[::1]", "http://a:1", ""]
        {
            assert!(wrong.parse::<HostPort>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_address_of_a_node_is_a_scheme_and_a_host() {
        for text in ["http://127.0.0.1:8400", "https://node-b.example.org", "http://[::1]:8400", "http://[::1]"] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().join("/v1/status"), format!("{text}/v1/status"));
        }
        assert_eq!("https://a.org/".parse::<BaseUrl>().unwrap().to_string(), "https://a.org");
        for wrong in
            ["127.0.0.1:8400", "ftp://a", "http://", "http://a/v1", "http://u:p@a", "http://a:0", "https://a b"]
        {
            assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
        }
    }
}
