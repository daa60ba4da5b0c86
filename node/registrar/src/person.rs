//! What the register has about one person. Nothing of it is printed by `Debug`, and all of it is wiped from memory when dropped.

use hushwatt_ledger::units::{Credit, MeterId, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::case::CaseNumber;

/// Most characters of one text.
pub const MAX_TEXT: usize = 200;
/// Most lines of an address, and most meters, consents and sums of money of one person.
pub const MAX_ITEMS: usize = 1_000;

/// Why a text or a list is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DetailError {
    /// Nothing is in it.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Too long.
    #[error("{0} is longer than {MAX_TEXT} characters")]
    Long(&'static str),
    /// Would move the cursor of whoever looks at it, or has more than one line.
    #[error("{0} has a character that cannot be printed, or a line break")]
    Unprintable(&'static str),
    /// Too many.
    #[error("there are more than {MAX_ITEMS} of {0}")]
    Many(&'static str),
}

/// Why the person's data may be processed (Art. 6 (1) GDPR).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// A contract with the person, membership included (b).
    Contract,
    /// The law demands it (c).
    LegalObligation,
    /// The person agreed (a).
    Consent,
    /// An interest that outweighs the person's (f).
    LegitimateInterest,
}

impl LegalBasis {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            LegalBasis::Contract => "contract (Art. 6 (1) b GDPR)",
            LegalBasis::LegalObligation => "legal obligation (Art. 6 (1) c GDPR)",
            LegalBasis::Consent => "consent (Art. 6 (1) a GDPR)",
            LegalBasis::LegitimateInterest => "legitimate interest (Art. 6 (1) f GDPR)",
        }
    }
}

/// Who the person is and how to reach him: what can be rectified.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// As on an invoice.
    pub name: String,
    /// Its lines.
    #[serde(default)]
    pub address: Vec<String>,
    /// If there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// If there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Why the data may be processed.
    #[zeroize(skip)]
    pub basis: LegalBasis,
}

impl Details {
    /// Refuses what cannot be stored.
    ///
    /// # Errors
    /// [`DetailError`].
    pub fn check(&self) -> Result<(), DetailError> {
        check_text("the name", &self.name)?;
        check_count("lines of the address", self.address.len())?;
        self.address.iter().try_for_each(|line| check_text("a line of the address", line))?;
        let others = [("the e-mail address", &self.email), ("the telephone number", &self.phone)];
        others.into_iter().try_for_each(|(what, text)| text.as_deref().map_or(Ok(()), |text| check_text(what, text)))
    }
}

/// What is to be put right: what is named replaces what was there; an empty text takes it away.
#[derive(Clone, Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// All lines of the address.
    #[serde(default)]
    pub address: Option<Vec<String>>,
    /// The e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The telephone number.
    #[serde(default)]
    pub phone: Option<String>,
    /// Why the data may be processed.
    #[serde(default)]
    #[zeroize(skip)]
    pub basis: Option<LegalBasis>,
}

impl Correction {
    /// The details with what is named replaced.
    pub fn applied_to(&self, details: &Details) -> Details {
        let optional = |new: &Option<String>, old: &Option<String>| match new {
            Some(text) if text.is_empty() => None,
            Some(text) => Some(text.clone()),
            None => old.clone(),
        };
        Details {
            name: self.name.clone().unwrap_or_else(|| details.name.clone()),
            address: self.address.clone().unwrap_or_else(|| details.address.clone()),
            email: optional(&self.email, &details.email),
            phone: optional(&self.phone, &details.phone),
            basis: self.basis.unwrap_or(details.basis),
        }
    }
}

/// Something that the person agreed to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// To what.
    pub purpose: String,
    /// When, unix seconds.
    pub given: u64,
    /// When it was taken back, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<u64>,
}

/// A meter of the person's, by the number under which the ledger knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeterLink {
    /// Its number.
    pub meter: u32,
    /// Since when it measures for him, unix seconds.
    pub from: u64,
    /// The first second in which it no longer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

impl MeterLink {
    /// The meter.
    pub fn id(&self) -> MeterId {
        MeterId(self.meter)
    }

    /// When it ends, if that is known.
    pub fn end(&self) -> Option<Timestamp> {
        self.until.map(Timestamp)
    }

    /// Whether both are of one meter at one time.
    pub fn overlaps(&self, other: &MeterLink) -> bool {
        let before = |first: &MeterLink, second: &MeterLink| first.until.is_some_and(|until| until <= second.from);
        self.meter == other.meter && !before(self, other) && !before(other, self)
    }
}

/// Whose debt a sum of money is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyKind {
    /// The community owes it to the person.
    Payout,
    /// The person owes it to the community.
    Invoice,
}

impl MoneyKind {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            MoneyKind::Payout => "payout",
            MoneyKind::Invoice => "invoice",
        }
    }
}

/// A payout or an invoice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Names it among those of the person, from 1.
    pub number: u32,
    /// Whose debt.
    #[zeroize(skip)]
    pub kind: MoneyKind,
    /// Micro-euro.
    pub amount: u64,
    /// What it is for.
    pub text: String,
    /// Since when, unix seconds.
    pub since: u64,
    /// When it was paid, unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<u64>,
}

impl Money {
    /// How much.
    pub fn credit(&self) -> Credit {
        Credit(self.amount)
    }
}

/// The person's data are kept and not used otherwise (Art. 18 GDPR).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Unix seconds.
    pub since: u64,
    /// Why.
    pub why: String,
}

/// One person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What the entry is called.
    #[zeroize(skip)]
    pub case: CaseNumber,
    /// When it was made, unix seconds.
    pub added: u64,
    /// Who it is.
    pub details: Details,
    /// What he agreed to.
    #[serde(default)]
    pub consents: Vec<Consent>,
    /// His meters.
    #[serde(default)]
    #[zeroize(skip)]
    pub meters: Vec<MeterLink>,
    /// Payouts and invoices.
    #[serde(default)]
    pub money: Vec<Money>,
    /// If processing is restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Restriction>,
}

impl Person {
    /// With nothing but the details.
    pub fn new(case: CaseNumber, now: Timestamp, details: Details) -> Self {
        Person {
            case,
            added: now.0,
            details,
            consents: Vec::new(),
            meters: Vec::new(),
            money: Vec::new(),
            restricted: None,
        }
    }

    /// Refuses what cannot be stored.
    ///
    /// # Errors
    /// [`DetailError`].
    pub fn check(&self) -> Result<(), DetailError> {
        self.details.check()?;
        check_count("the consents", self.consents.len())?;
        check_count("the meters", self.meters.len())?;
        check_count("the sums of money", self.money.len())?;
        self.consents.iter().try_for_each(|consent| check_text("a purpose", &consent.purpose))?;
        self.money.iter().try_for_each(|money| check_text("what the money is for", &money.text))?;
        self.restricted.as_ref().map_or(Ok(()), |restriction| check_text("the reason", &restriction.why))
    }

    /// When the person's last meter stopped measuring for him: `None` while one still does, and if there never was one.
    pub fn left(&self) -> Option<Timestamp> {
        let ends: Option<Vec<u64>> = self.meters.iter().map(|link| link.until).collect();
        ends?.into_iter().max().map(Timestamp)
    }
}

fn check_text(what: &'static str, text: &str) -> Result<(), DetailError> {
    if text.trim().is_empty() {
        return Err(DetailError::Empty(what));
    }
    if text.chars().any(char::is_control) {
        return Err(DetailError::Unprintable(what));
    }
    if text.chars().count() > MAX_TEXT { Err(DetailError::Long(what)) } else { Ok(()) }
}

fn check_count(what: &'static str, count: usize) -> Result<(), DetailError> {
    if count > MAX_ITEMS { Err(DetailError::Many(what)) } else { Ok(()) }
}
