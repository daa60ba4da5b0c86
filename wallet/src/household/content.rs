//! What is in the encrypted file: JSON, versioned, everything by name.

use std::collections::BTreeMap;

use hushwatt_crypto::hash::hex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::{Zeroize, Zeroizing};

use super::{HouseholdError, outbox::Outgoing, prove::GivenProof, settings::Settings, share::is_share, views::Contact};
use crate::Snapshot;

/// Version of the content that this program writes: with orders of auctions. The first one had none, and is read as it is.
const VERSION: u32 = 2;
/// With sales that are shared for totals; the version of wallets that have some to share.
const SHARING: u32 = 3;

/// Bytes written in hexadecimal.
#[derive(Clone, Default)]
pub(super) struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        from_hex(&text).map(Bytes).ok_or_else(|| de::Error::custom("not hexadecimal"))
    }
}

/// Reads hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let [high, low] = pair else { return None };
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        })
        .collect()
}

/// The keys: all of them, or those that only see.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredKeys {
    /// The seed.
    Seed(Bytes),
    /// What a view-only wallet was given.
    ViewOnly(String),
}

impl Drop for StoredKeys {
    fn drop(&mut self) {
        match self {
            StoredKeys::Seed(bytes) => bytes.0.zeroize(),
            StoredKeys::ViewOnly(text) => text.zeroize(),
        }
    }
}

/// Everything.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// Its version.
    pub version: u32,
    /// The genesis file.
    pub genesis: Bytes,
    /// Keys.
    pub keys: StoredKeys,
    /// When the seed was made: before, there is nothing to be found.
    pub birthday: u64,
    /// Whether the household has shown that it wrote the 24 words down.
    pub words_confirmed: bool,
    /// When the last backup file was written.
    pub backed_up: Option<u64>,
    /// Base URLs of the nodes that are asked.
    pub nodes: Vec<String>,
    /// Notes, contracts, readings, movements.
    pub wallet: Snapshot,
    /// The part of the ledger's public state that this wallet needs.
    pub view: Bytes,
    /// What was sent, and how far it is.
    pub outbox: Vec<Outgoing>,
    /// People.
    pub contacts: Vec<Contact>,
    /// What the household wrote to entries of its history.
    pub labels: BTreeMap<String, String>,
    /// What it calls its meters.
    pub meter_labels: BTreeMap<u32, String>,
    /// Its own offers, as links.
    pub offers: Vec<String>,
    /// To whom it has proven what.
    pub proofs: Vec<GivenProof>,
    /// When which own sale is shared for totals: unix seconds by the trade, hexadecimal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub share_times: BTreeMap<String, u64>,
    /// Settings.
    pub settings: Settings,
}

impl Content {
    /// The version of content in which nothing is new.
    pub const VERSION: u32 = VERSION;

    /// The version that this content has, for the file.
    pub fn versioned(mut self) -> Self {
        let shares = !self.share_times.is_empty() || self.outbox.iter().any(|out| is_share(&out.intent));
        self.version = if shares { SHARING } else { VERSION };
        self
    }

    /// For the file.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, HouseholdError> {
        serde_json::to_vec(self).map(Zeroizing::new).map_err(|error| HouseholdError::Content(error.to_string()))
    }

    /// From the file. Total on any bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HouseholdError> {
        /// The version first: what follows it may be of another shape.
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let wrong = |error: serde_json::Error| HouseholdError::Content(error.to_string());
        let Version { version } = serde_json::from_slice(bytes).map_err(wrong)?;
        if !(1..=SHARING).contains(&version) {
            let newer =
                format!("it is of version {version}, and this program knows version {SHARING}: use a newer program");
            return Err(HouseholdError::Content(newer));
        }
        serde_json::from_slice(bytes).map_err(wrong)
    }
}
