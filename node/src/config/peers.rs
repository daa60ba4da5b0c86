//! The other validators, as settings name them.

use std::str::FromStr;

use hushwatt_client::{BaseUrl, HostPort, KeyRole, parse_public_key};
use hushwatt_crypto::{hash::hex, signature::VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Another validator of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its public key.
    #[serde(serialize_with = "write_key", deserialize_with = "read_key")]
    pub key: VerifyingKey,
    /// Where its peer network listens.
    pub address: HostPort,
    /// Where its HTTP interface is, if others may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<BaseUrl>,
}

impl FromStr for Peer {
    type Err = String;

    /// The short form of flags and environment: `KEY@HOST:PORT`, and `=URL` behind it if its HTTP interface is known.
    fn from_str(text: &str) -> Result<Self, String> {
        let (peer, http) = match text.split_once('=') {
            Some((peer, url)) => (peer, Some(url.parse()?)),
            None => (text, None),
        };
        let (key, address) = peer.split_once('@').ok_or_else(|| {
            format!("\"{text}\" is no peer: write KEY@HOST:PORT, with the public key of that validator")
        })?;
        Ok(Peer { key: parse_public_key(key, KeyRole::Validator)?, address: address.parse()?, http })
    }
}

fn write_key<S: Serializer>(key: &VerifyingKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(key.as_bytes()))
}

fn read_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VerifyingKey, D::Error> {
    parse_public_key(&String::deserialize(deserializer)?, KeyRole::Validator).map_err(de::Error::custom)
}
