//! The register itself, as it is inside the encrypted file: JSON, every field known, every text capped.

use std::{collections::BTreeSet, io};

use hushwatt_crypto::NetworkId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    RegistrarError,
    case::CaseNumber,
    person::{MeterLink, Person, Restriction},
    receipt::{Deed, Receipt},
};

/// The format of the contents.
const FORMAT: &str = "hushwatt register 1";
/// Longest contents.
const MAX_BYTES: usize = 256 << 20;
/// Fewest digits that name a case.
const FEWEST_DIGITS: usize = 4;

/// What was last said about backups.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupNote {
    /// When the last one was made, unix seconds.
    pub made: u64,
    /// How many days one is kept, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Persons and receipts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    format: String,
    network: String,
    pub people: Vec<Person>,
    pub receipts: Vec<Receipt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupNote>,
}

/// Counts bytes.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Register {
    /// With nobody in it.
    pub fn new(network: &NetworkId) -> Self {
        Register {
            format: FORMAT.to_owned(),
            network: network.to_string(),
            people: Vec::new(),
            receipts: Vec::new(),
            backup: None,
        }
    }

    /// The contents of the file.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, RegistrarError> {
        let failed = |error: serde_json::Error| RegistrarError::Content(error.to_string());
        // One buffer with room for all of it: none is left behind by growing.
        let mut count = Count(0);
        serde_json::to_writer(&mut count, self).map_err(failed)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(count.0));
        serde_json::to_writer(&mut *bytes, self).map_err(failed)?;
        if bytes.len() > MAX_BYTES {
            return Err(RegistrarError::Content(format!("it would be longer than {MAX_BYTES} bytes")));
        }
        Ok(bytes)
    }

    /// Reads the contents of the register of a network.
    pub fn decode(bytes: &[u8], network: &NetworkId) -> Result<Self, RegistrarError> {
        let wrong = |reason: String| RegistrarError::Content(reason);
        if bytes.len() > MAX_BYTES {
            return Err(wrong(format!("it is longer than {MAX_BYTES} bytes")));
        }
        // An error of the parser quotes what it found: only where it is may be said.
        let register: Register = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("line {}, column {}", error.line(), error.column())))?;
        if register.format != FORMAT {
            return Err(wrong(format!("its format is not \"{FORMAT}\"")));
        }
        let found: NetworkId = register.network.parse().map_err(|why: &str| wrong(why.to_owned()))?;
        if found != *network || register.receipts.iter().any(|receipt| receipt.network() != network) {
            return Err(RegistrarError::OtherNetwork { what: "what is in it".to_owned(), found, wanted: *network });
        }
        let mut cases = BTreeSet::new();
        for person in &register.people {
            person.check()?;
            if !cases.insert(person.case) {
                return Err(wrong("a case number is there twice".to_owned()));
            }
            if person.money.iter().zip(1..).any(|(money, number)| money.number != number) {
                return Err(wrong("sums of money are not numbered".to_owned()));
            }
            for link in &person.meters {
                register.check_free(link, &[(person.case, link)])?;
            }
        }
        Ok(register)
    }

    /// Refuses a meter that measures for somebody at the same time; `except` are links that do not count.
    pub fn check_free(&self, link: &MeterLink, except: &[(CaseNumber, &MeterLink)]) -> Result<(), RegistrarError> {
        for person in &self.people {
            let others = person.meters.iter().filter(|other| !except.contains(&(person.case, *other)));
            if others.into_iter().any(|other| other.overlaps(link)) {
                return Err(RegistrarError::MeterTaken { meter: link.meter, case: person.case });
            }
        }
        Ok(())
    }

    /// The one person that is meant: by the first digits of the case number, by the whole name, or by a part of it.
    pub fn find(&self, name: &str) -> Result<&Person, RegistrarError> {
        let wanted = name.trim().to_lowercase();
        let digits = wanted.len() >= FEWEST_DIGITS && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
        let by_case = |person: &Person| digits && person.case.to_string().starts_with(&wanted);
        let whole = |person: &Person| person.details.name.to_lowercase() == wanted;
        let part = |person: &Person| !wanted.is_empty() && person.details.name.to_lowercase().contains(&wanted);
        let ways: [&dyn Fn(&Person) -> bool; 3] = [&by_case, &whole, &part];
        for way in ways {
            let found: Vec<&Person> = self.people.iter().filter(|person| way(person)).collect();
            match found[..] {
                [] => {}
                [person] => return Ok(person),
                _ => return Err(RegistrarError::Ambiguous { name: name.to_owned(), count: found.len() }),
            }
        }
        Err(RegistrarError::Unknown(name.to_owned()))
    }

    /// The person of a case.
    pub fn person_mut(&mut self, case: CaseNumber) -> Result<&mut Person, RegistrarError> {
        let found = self.people.iter_mut().find(|person| person.case == case);
        found.ok_or_else(|| RegistrarError::Unknown(case.short()))
    }

    /// Takes a person out; whether he was there.
    pub fn remove(&mut self, case: CaseNumber) -> bool {
        let count = self.people.len();
        self.people.retain(|person| person.case != case);
        self.people.len() < count
    }

    /// Takes over a receipt from elsewhere and does again what it says, where the register is older than it: an erasure, a
    /// restriction and its end. Whether anything changed.
    pub fn apply_again(&mut self, receipt: &Receipt) -> bool {
        if self.receipts.contains(receipt) {
            return false;
        }
        self.receipts.push(*receipt);
        self.receipts.sort_by_key(Receipt::time);
        match receipt.deed() {
            Deed::Erase => {
                self.remove(receipt.case());
            }
            Deed::Restrict => {
                if let Ok(person) = self.person_mut(receipt.case()) {
                    person.restricted.get_or_insert_with(|| Restriction {
                        since: receipt.time().0,
                        why: "restricted after the backup was made; its reason is not in the receipt".to_owned(),
                    });
                }
            }
            Deed::Unrestrict => {
                if let Ok(person) = self.person_mut(receipt.case()) {
                    person.restricted = None;
                }
            }
            Deed::Export | Deed::Rectify => {}
        }
        true
    }
}
