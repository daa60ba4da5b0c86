//! A community's sharing key: who shares what whom generated, and how. All members see it.

use std::collections::BTreeSet;

use hushwatt_circuits::allocation::{Key, MAX_MEMBERS};
use hushwatt_crypto::{Label, NetworkId, hash::Hasher};
use hushwatt_ledger::{
    codec::Writer,
    disclosure::Audience,
    parameters::Parameters,
    units::{Interval, MeterId, Timestamp, Utility, Window},
};
use serde::{Deserialize, Serialize};

use super::{FileError, json::syntax};

/// No key file is longer, in bytes.
pub const MAX_KEY_BYTES: usize = 64 << 10;
/// Most meters whose generation is shared: their sum must stay below 2^40.
pub const MAX_PRODUCERS: usize = 256;

/// For how long a time each share is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Each metering interval by itself.
    Interval,
    /// Each trading window by itself, all its intervals together.
    Window,
}

/// One interval, or one window, by its absolute index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Period(pub u64);

/// Who shares what, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharingKey {
    community: String,
    allocator: String,
    utility: Utility,
    per: Per,
    producers: Vec<MeterId>,
    members: Vec<MeterId>,
    key: Key,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyForm {
    community: String,
    allocator: String,
    utility: Utility,
    rule: Rule,
    per: Per,
    producers: Vec<u32>,
    members: Vec<MemberForm>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rule {
    Static,
    Dynamic,
    Hybrid,
    Priority,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberForm {
    meter: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share_ppm: Option<u32>,
}

impl SharingKey {
    /// Reads a key file: TOML that people write.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        if text.len() > MAX_KEY_BYTES {
            return Err(FileError::TooLong { most: MAX_KEY_BYTES });
        }
        toml::from_str::<KeyForm>(text).map_err(|error| syntax(&error.message()))?.read()
    }

    pub(super) fn form(&self) -> KeyForm {
        let shares = self.key.shares();
        let member = |(place, meter): (usize, &MeterId)| MemberForm {
            meter: meter.0,
            share_ppm: shares.and_then(|shares| shares.get(place).copied()),
        };
        KeyForm {
            community: self.community.clone(),
            allocator: self.allocator.clone(),
            utility: self.utility,
            rule: match &self.key {
                Key::Static { .. } => Rule::Static,
                Key::Dynamic => Rule::Dynamic,
                Key::Hybrid { .. } => Rule::Hybrid,
                Key::Priority => Rule::Priority,
            },
            per: self.per,
            producers: self.producers.iter().map(|meter| meter.0).collect(),
            members: self.members.iter().enumerate().map(member).collect(),
        }
    }

    /// The community's name.
    pub fn community(&self) -> &str {
        &self.community
    }

    /// Whom the members give their openings.
    pub fn allocator(&self) -> &str {
        &self.allocator
    }

    /// What is shared.
    pub fn utility(&self) -> Utility {
        self.utility
    }

    /// For how long a time each share is.
    pub fn per(&self) -> Per {
        self.per
    }

    /// Whose generation is shared.
    pub fn producers(&self) -> &[MeterId] {
        &self.producers
    }

    /// Among whom, in the order that decides equal remainders, and for `priority` everything.
    pub fn members(&self) -> &[MeterId] {
        &self.members
    }

    /// How.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Everybody: producers and members, each once.
    pub fn meters(&self) -> BTreeSet<MeterId> {
        self.producers.iter().chain(&self.members).copied().collect()
    }

    /// All of it, without ambiguity.
    pub(super) fn encode(&self, writer: &mut Writer) {
        for text in [&self.community, &self.allocator] {
            writer.u64(text.len() as u64).bytes(text.as_bytes());
        }
        let rule = match &self.key {
            Key::Static { .. } => 1,
            Key::Dynamic => 2,
            Key::Hybrid { .. } => 3,
            Key::Priority => 4,
        };
        writer.u8(self.utility.code()).u8(self.per as u8).u8(rule);
        for meters in [&self.producers, &self.members] {
            writer.u64(meters.len() as u64);
            meters.iter().for_each(|meter| {
                writer.u32(meter.0);
            });
        }
        self.key.shares().unwrap_or_default().iter().for_each(|share| {
            writer.u32(*share);
        });
    }

    /// A name for the key that nobody can give to another one.
    pub fn digest(&self, network: &NetworkId) -> [u8; 32] {
        let mut writer = Writer::new();
        self.encode(&mut writer);
        Hasher::new(network, Label::Allocation).part(b"key").part(&writer.finish()).finish32()
    }
}

impl KeyForm {
    pub(super) fn read(self) -> Result<SharingKey, FileError> {
        let KeyForm { community, allocator, utility, rule, per, producers, members } = self;
        let text = |field, text: &str| {
            Audience::new(text, "", "").map_err(|(_, flaw)| FileError::Text { field, flaw })?;
            if text.is_empty() { Err(FileError::Key("community and allocator have names")) } else { Ok(()) }
        };
        text("the community's name", &community)?;
        text("the allocator's name", &allocator)?;
        if !(1..=MAX_PRODUCERS).contains(&producers.len()) {
            return Err(FileError::Key("it has 1 to 256 producers"));
        }
        if !(1..=MAX_MEMBERS).contains(&members.len()) {
            return Err(FileError::Key("it has 1 to 100 members: what more can be proven at once is not known"));
        }
        let (mut producing, mut sharing) = (BTreeSet::new(), BTreeSet::new());
        let unique = producers.iter().all(|meter| producing.insert(*meter))
            && members.iter().all(|member| sharing.insert(member.meter));
        if !unique {
            return Err(FileError::Key("a meter is named twice"));
        }
        let shares: Option<Vec<u32>> = members.iter().map(|member| member.share_ppm).collect();
        let none = members.iter().all(|member| member.share_ppm.is_none());
        let key = match (rule, shares) {
            (Rule::Static, Some(shares)) => Key::Static { shares },
            (Rule::Hybrid, Some(shares)) => Key::Hybrid { shares },
            (Rule::Static | Rule::Hybrid, None) => {
                return Err(FileError::Key("this rule needs a share_ppm of every member"));
            }
            (Rule::Dynamic, _) if none => Key::Dynamic,
            (Rule::Priority, _) if none => Key::Priority,
            _ => return Err(FileError::Key("this rule has no shares: leave share_ppm out")),
        };
        if !key.fits(members.len()) {
            return Err(FileError::Key("the shares do not add up to 1000000 ppm"));
        }
        let meters = |numbers: Vec<u32>| numbers.into_iter().map(MeterId).collect();
        let members = meters(members.into_iter().map(|member| member.meter).collect());
        Ok(SharingKey { community, allocator, utility, per, producers: meters(producers), members, key })
    }
}

impl Per {
    /// How many intervals a period has.
    pub fn intervals(self, parameters: &Parameters) -> u64 {
        match self {
            Per::Interval => 1,
            Per::Window => parameters.intervals_per_window() as u64,
        }
    }

    /// Its word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Per::Interval => "interval",
            Per::Window => "window",
        }
    }
}

impl Period {
    /// Its intervals.
    pub fn intervals(self, per: Per, parameters: &Parameters) -> impl Iterator<Item = Interval> + use<> {
        let count = per.intervals(parameters);
        let first = self.0.saturating_mul(count);
        (first..first.saturating_add(count)).map(Interval)
    }

    /// Its window.
    pub fn window(self, per: Per, parameters: &Parameters) -> Window {
        match per {
            Per::Interval => Window(self.0 / (parameters.intervals_per_window() as u64).max(1)),
            Per::Window => Window(self.0),
        }
    }

    /// Its first second.
    pub fn start(self, per: Per, parameters: &Parameters) -> Timestamp {
        Timestamp(self.0.saturating_mul(per.intervals(parameters)).saturating_mul(parameters.interval))
    }
}
