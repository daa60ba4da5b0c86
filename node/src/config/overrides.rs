//! Settings that flags or environment name, on top of the file's.

use std::{fmt::Display, net::SocketAddr, str::FromStr};

use super::{BaseUrl, ConfigError, LogFormat, LogLevel, NodeConfig, NodeRole, Peer, Seconds};

/// What the names of our environment variables begin with.
pub const ENVIRONMENT_PREFIX: &str = "HUSHWATT_NODE_";

/// The one variable that is not a setting but names the folder.
const FOLDER: &str = "FOLDER";

/// Settings from one source; what is `None` is left as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// [`NodeConfig::role`].
    pub role: Option<NodeRole>,
    /// [`NodeConfig::follow`].
    pub follow: Option<Vec<BaseUrl>>,
    /// [`NodeConfig::heartbeat`].
    pub heartbeat: Option<Seconds>,
    /// `network.listen`.
    pub listen: Option<SocketAddr>,
    /// `network.peers`.
    pub peers: Option<Vec<Peer>>,
    /// `http.listen`.
    pub http_listen: Option<SocketAddr>,
    /// `http.allow_public`.
    pub http_allow_public: Option<bool>,
    /// `log.format`.
    pub log_format: Option<LogFormat>,
    /// `log.level`.
    pub log_level: Option<LogLevel>,
    /// `metrics.enabled`.
    pub metrics: Option<bool>,
}

type Set = fn(&mut Overrides, &str) -> Result<(), String>;

/// Each variable's name behind the prefix, and what it sets.
const VARIABLES: [(&str, Set); 10] = [
    ("ROLE", |o, text| one(&mut o.role, text)),
    ("FOLLOW", |o, text| many(&mut o.follow, text)),
    ("HEARTBEAT", |o, text| one(&mut o.heartbeat, text)),
    ("LISTEN", |o, text| one(&mut o.listen, text)),
    ("PEERS", |o, text| many(&mut o.peers, text)),
    ("HTTP_LISTEN", |o, text| one(&mut o.http_listen, text)),
    ("HTTP_ALLOW_PUBLIC", |o, text| one(&mut o.http_allow_public, text)),
    ("LOG_FORMAT", |o, text| one(&mut o.log_format, text)),
    ("LOG_LEVEL", |o, text| one(&mut o.log_level, text)),
    ("METRICS", |o, text| one(&mut o.metrics, text)),
];

fn one<T: FromStr<Err: Display>>(place: &mut Option<T>, text: &str) -> Result<(), String> {
    *place = Some(text.trim().parse().map_err(|error: T::Err| format!("\"{text}\": {error}"))?);
    Ok(())
}

/// A list with commas or blanks between its items.
fn many<T: FromStr<Err: Display>>(place: &mut Option<Vec<T>>, text: &str) -> Result<(), String> {
    let items = text.split([',', ' ', '\t', '\n']).filter(|item| !item.is_empty());
    let items = items.map(|item| item.parse().map_err(|error: T::Err| format!("\"{item}\": {error}")));
    *place = Some(items.collect::<Result<_, _>>()?);
    Ok(())
}

impl Overrides {
    /// Reads the variables that begin with [`ENVIRONMENT_PREFIX`]; refuses those that mean nothing, which are typing errors.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut overrides = Overrides::default();
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX).filter(|rest| *rest != FOLDER) else { continue };
            match VARIABLES.iter().find(|(known, _)| *known == rest) {
                Some((_, set)) => {
                    set(&mut overrides, &value)
                        .map_err(|reason| ConfigError::Variable { name: name.clone(), reason })?;
                }
                None => {
                    let known = VARIABLES.iter().map(|(known, _)| *known).chain([FOLDER]);
                    let known =
                        known.map(|known| format!("{ENVIRONMENT_PREFIX}{known}")).collect::<Vec<_>>().join(", ");
                    return Err(ConfigError::UnknownVariable { name, known });
                }
            }
        }
        Ok(overrides)
    }

    /// Puts what is named here over the settings.
    pub fn apply(self, config: &mut NodeConfig) {
        fn put<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        put(&mut config.role, self.role);
        put(&mut config.follow, self.follow);
        put(&mut config.heartbeat, self.heartbeat);
        put(&mut config.network.listen, self.listen);
        put(&mut config.network.peers, self.peers);
        put(&mut config.http.listen, self.http_listen);
        put(&mut config.http.allow_public, self.http_allow_public);
        put(&mut config.log.format, self.log_format);
        put(&mut config.log.level, self.log_level);
        put(&mut config.metrics.enabled, self.metrics);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Overrides, ConfigError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Overrides::from_environment(variables)
    }

    #[test]
    fn every_variable_reaches_its_setting() {
        let key = "validator:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let peers = format!("{key}@b.example.org:8401=https://b.example.org");
        let variables = [
            ("HUSHWATT_NODE_ROLE", "follower"),
            ("HUSHWATT_NODE_FOLLOW", "http://a:1, https://b.example.org"),
            ("HUSHWATT_NODE_HEARTBEAT", "5s"),
            ("HUSHWATT_NODE_LISTEN", "0.0.0.0:1"),
            ("HUSHWATT_NODE_PEERS", peers.as_str()),
            ("HUSHWATT_NODE_HTTP_LISTEN", "0.0.0.0:2"),
            ("HUSHWATT_NODE_HTTP_ALLOW_PUBLIC", "true"),
            ("HUSHWATT_NODE_LOG_FORMAT", "json"),
            ("HUSHWATT_NODE_LOG_LEVEL", "warn"),
            ("HUSHWATT_NODE_METRICS", "false"),
            ("HUSHWATT_NODE_FOLDER", "/somewhere"),
            ("HUSHWATT_EFFORT", "full"),
            ("PATH", "/bin"),
        ];
        let mut config = NodeConfig::default();
        read(&variables).unwrap().apply(&mut config);
        let wanted: NodeConfig = toml::from_str(&format!(
            "role = \"follower\"\nfollow = [\"http://a:1\", \"https://b.example.org\"]\nheartbeat = 5\n
             [network]\nlisten = \"0.0.0.0:1\"\n
             [[network.peers]]\nkey = \"{key}\"\naddress = \"b.example.org:8401\"\nhttp = \"https://b.example.org\"\n
             [http]\nlisten = \"0.0.0.0:2\"\nallow_public = true\n
             [log]\nformat = \"json\"\nlevel = \"warn\"\n[metrics]\nenabled = false\n"
        ))
        .unwrap();
        assert_eq!(config, wanted);
        assert_eq!(VARIABLES.len(), variables.len() - 3);
    }

    #[test]
    fn a_variable_that_means_nothing_is_refused() {
        let error = read(&[("HUSHWATT_NODE_HTP_LISTEN", "0.0.0.0:1")]).unwrap_err().to_string();
        assert!(error.contains("HUSHWATT_NODE_HTP_LISTEN") && error.contains("HUSHWATT_NODE_HTTP_LISTEN"), "{error}");
        for (name, value) in
            [("ROLE", "king"), ("LISTEN", "8401"), ("METRICS", "yes"), ("PEERS", "a:1"), ("FOLLOW", "a")]
        {
            let name = format!("{ENVIRONMENT_PREFIX}{name}");
            let error = read(&[(&name, value)]).unwrap_err().to_string();
            assert!(error.contains(&name) && error.contains(value), "{error}");
        }
    }
}
