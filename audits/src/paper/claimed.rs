//! What is taken over from the data of somebody else's report: a few fields, and none of the rest is kept.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};

/// More than a century of days; those behind them are not taken over.
const MOST_DAYS: usize = 1 << 16;

/// Who wrote it.
#[derive(Deserialize)]
pub(super) struct Written {
    pub(super) format: Option<String>,
    pub(super) software: Option<String>,
}

/// The fields of a report that name its chain, and those that depend on a copy's certificates.
#[derive(Deserialize)]
pub(super) struct Claimed {
    pub(super) network: Option<String>,
    pub(super) tip: Option<Tip>,
    pub(super) failure: Option<Failure>,
    pub(super) totals: Option<Totals>,
    pub(super) evidence: Option<Evidence>,
}

#[derive(Deserialize)]
pub(super) struct Tip {
    pub(super) height: u64,
    pub(super) bytes: u64,
    pub(super) not_final: u64,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) byte_offset: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Totals {
    pub(super) finality: Finality,
}

#[derive(Deserialize)]
pub(super) struct Evidence {
    pub(super) days: Days,
}

#[derive(Deserialize)]
pub(super) struct Day {
    pub(super) finality: Finality,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Finality {
    pub(super) certificates: u64,
    pub(super) votes: u64,
    pub(super) covered_by_later: u64,
}

/// The first [`MOST_DAYS`].
pub(super) struct Days(pub(super) Vec<Day>);

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FirstDays)
    }
}

struct FirstDays;

impl<'de> Visitor<'de> for FirstDays {
    type Value = Days;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("days")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut given: A) -> Result<Days, A::Error> {
        let mut days = Vec::new();
        while days.len() < MOST_DAYS {
            match given.next_element()? {
                Some(day) => days.push(day),
                None => return Ok(Days(days)),
            }
        }
        while given.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Days(days))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn no_more_days_are_kept_than_a_chain_has() {
        let day = "{\"finality\": {\"certificates\": 1, \"other\": [[]]}}";
        let days = |count: usize| format!("[{}]", vec![day; count].join(","));
        for (count, kept) in [(0, 0), (3, 3), (MOST_DAYS + 5, MOST_DAYS)] {
            assert_eq!(serde_json::from_str::<Days>(&days(count)).unwrap().0.len(), kept);
        }
        assert!(serde_json::from_str::<Days>("{}").is_err());
    }
}
