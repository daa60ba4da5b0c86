//! Who makes totals, and over which meters (protocol section 10).
//!
//! The registrars name a committee and divide meters into cohorts. What they name is in force for the periods that begin
//! after: nobody can be asked for a period in other company than it began with.

use std::collections::BTreeMap;

use hushwatt_crypto::{
    order_seal::SealingPublic,
    sharing::{Member, Quorum},
    signature::VerifyingKey,
};

use crate::{
    codec::{DecodeError, Reader, Writer},
    units::MeterId,
};

/// Most meters of a cohort.
pub const MAX_COHORT: usize = 256;
/// Most cohorts.
pub const MAX_COHORTS: usize = 255;

/// A member of the committee, as everybody may see him.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitteeMember {
    /// Signs his complaints and what he releases.
    pub key: VerifyingKey,
    /// Shares are sealed for it.
    pub sealing: SealingPublic,
}

/// The committee: `n` members, `t` of whom can open a total.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committee {
    quorum: Quorum,
    members: Vec<CommitteeMember>,
}

/// Members that make no committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommitteeError {
    /// Too few, too many, or a threshold of no use.
    #[error("a committee has 2 to 16 members, and its threshold is over half of them")]
    Quorum,
    /// A key stands twice.
    #[error("a signing key or sealing key stands twice in the committee")]
    Duplicate,
}

impl Committee {
    /// Of members in any order, which is kept: a member's number is his place, from 1.
    ///
    /// # Errors
    /// [`CommitteeError`].
    pub fn new(threshold: u8, members: Vec<CommitteeMember>) -> Result<Self, CommitteeError> {
        let count = u8::try_from(members.len()).map_err(|_| CommitteeError::Quorum)?;
        let quorum = Quorum::new(threshold, count).map_err(|_| CommitteeError::Quorum)?;
        let distinct = |bytes: fn(&CommitteeMember) -> [u8; 32]| {
            let mut all: Vec<[u8; 32]> = members.iter().map(bytes).collect();
            all.sort_unstable();
            all.windows(2).all(|pair| pair[0] != pair[1])
        };
        if distinct(|member| *member.key.as_bytes()) && distinct(|member| *member.sealing.as_bytes()) {
            Ok(Committee { quorum, members })
        } else {
            Err(CommitteeError::Duplicate)
        }
    }

    /// How many there are and must agree.
    pub fn quorum(&self) -> Quorum {
        self.quorum
    }

    /// The members in order.
    pub fn members(&self) -> &[CommitteeMember] {
        &self.members
    }

    /// The members with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (Member, &CommitteeMember)> {
        self.quorum.all().zip(&self.members)
    }

    /// A member.
    pub fn member(&self, number: Member) -> Option<&CommitteeMember> {
        self.members.get(usize::from(number.place()))
    }

    /// The number of whoever has this signing key.
    pub fn number_of(&self, key: &VerifyingKey) -> Option<Member> {
        self.numbered().find(|(_, member)| member.key == *key).map(|(number, _)| number)
    }

    /// Appends the encoding: threshold, a count, each member's keys.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u8(self.quorum.threshold()).count(self.members.len());
        for member in &self.members {
            writer.bytes(member.key.as_bytes()).bytes(member.sealing.as_bytes());
        }
    }

    /// Reads the encoding; refuses what makes no committee.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let threshold = reader.u8()?;
        let count = reader.count(2..=usize::from(hushwatt_crypto::sharing::MOST_MEMBERS))?;
        let members = (0..count)
            .map(|_| {
                let key = reader.verifying_key()?;
                let sealing = SealingPublic::decode(&reader.array()?).map_err(DecodeError::from)?;
                Ok(CommitteeMember { key, sealing })
            })
            .collect::<Result<_, DecodeError>>()?;
        Committee::new(threshold, members).map_err(|_| DecodeError::NotCanonical)
    }
}

/// A meter of a cohort, with the number that stands for its owner within the cohort: meters of one owner have the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CohortMeter {
    /// Which meter.
    pub meter: MeterId,
    /// Whose, as far as the registrars know: a number that means nothing outside.
    pub owner: u16,
}

/// The meters whose sum is made: 1 to 256, in ascending order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cohort(Vec<CohortMeter>);

impl Cohort {
    /// Of meters in any order; `None` for none, too many, or one that stands twice.
    pub fn new(mut meters: Vec<CohortMeter>) -> Option<Self> {
        meters.sort_unstable_by_key(|entry| entry.meter);
        let distinct = meters.windows(2).all(|pair| pair[0].meter != pair[1].meter);
        (distinct && (1..=MAX_COHORT).contains(&meters.len())).then_some(Cohort(meters))
    }

    /// The meters in ascending order.
    pub fn meters(&self) -> &[CohortMeter] {
        &self.0
    }

    /// Whether a meter is in it.
    pub fn contains(&self, meter: MeterId) -> bool {
        self.0.binary_search_by_key(&meter, |entry| entry.meter).is_ok()
    }

    /// Meters of the owner who has most, among those that are not left out.
    pub fn most_of_one_owner(&self, left_out: &[MeterId]) -> usize {
        let mut owned: BTreeMap<u16, usize> = BTreeMap::new();
        for entry in self.0.iter().filter(|entry| !left_out.contains(&entry.meter)) {
            *owned.entry(entry.owner).or_default() += 1;
        }
        owned.into_values().max().unwrap_or_default()
    }

    /// Appends the encoding: how many, each meter and owner.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(u16::try_from(self.0.len()).unwrap_or(u16::MAX));
        for entry in &self.0 {
            writer.u32(entry.meter.0).u16(entry.owner);
        }
    }

    /// Reads the encoding; meters out of order are refused.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = usize::from(reader.u16()?);
        if !(1..=MAX_COHORT).contains(&count) {
            return Err(DecodeError::LengthOutOfRange);
        }
        let meters: Vec<CohortMeter> = (0..count)
            .map(|_| Ok(CohortMeter { meter: MeterId(reader.u32()?), owner: reader.u16()? }))
            .collect::<Result<_, DecodeError>>()?;
        let ascending = meters.windows(2).all(|pair| pair[0].meter < pair[1].meter);
        if ascending { Ok(Cohort(meters)) } else { Err(DecodeError::NotCanonical) }
    }
}
