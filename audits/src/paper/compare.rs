//! Whether the files of a report are what a chain says: the chain is audited again, the files are made again, and everything is
//! compared byte for byte.
//!
//! The same blocks may be certified by other votes in another node's copy of a chain. What a report says of certificates and of places
//! in the file is then taken over from it before comparing, and the outcome says so; everything else must be the same.

use std::collections::BTreeMap;

use hushwatt_crypto::{NetworkId, hash::hex, signature::VerifyingKey};
use serde::Serialize;

use super::{
    Part, Seal, SealError,
    claimed::{Claimed, Written},
    network, render,
};
use crate::{
    allocation::FileError,
    questions::{Count, Question},
    report::{FORMAT, Report, SOFTWARE},
};

/// So much of a line is shown where two differ, in characters.
const SHOWN: usize = 120;
/// Bytes of the longest character.
const CHARACTER: usize = 4;

/// Files that claim to be a report.
pub struct Claim {
    /// What was found of it.
    pub files: BTreeMap<Part, Vec<u8>>,
    /// The signature file.
    pub seal: Option<Vec<u8>>,
    data: Claimed,
}

/// Why files are no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// There is no report.json.
    #[error("there is no report.json: give the folder that \"hushwatt audit report\" made")]
    NoData,
    /// Not JSON, or not of a report's shape.
    #[error("report.json is no report: it is no JSON, or something else stands there than a report has")]
    NotJson,
    /// Of another shape.
    #[error(
        "report.json has the format {found:?}, and this program writes {FORMAT:?}: check it with the hushwatt that wrote it"
    )]
    Format {
        /// What it says.
        found: String,
    },
    /// By another version, which may say the same in other words.
    #[error(
        "report.json was written by hushwatt {found:?}, and this program is hushwatt {SOFTWARE:?}: check it with that version"
    )]
    Software {
        /// What it says.
        found: String,
    },
    /// It does not say of which network it is.
    #[error("report.json names no network")]
    NoNetwork,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The data.
    #[error(
        "report.json is not what the chain says, from line {line} on: it has {claimed:?}, the chain gives {expected:?}"
    )]
    Data {
        /// Of the first line that differs, from 1.
        line: usize,
        /// What it is, or its beginning.
        claimed: String,
        /// What it would be.
        expected: String,
    },
    /// A page or a PDF file.
    #[error("{0} does not say what report.json and the chain say")]
    Form(&'static str),
    /// The signature file cannot be read.
    #[error("report.sig.json is no signature: {0}")]
    Unreadable(FileError),
    /// The signature does not hold.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Nobody signed, and somebody should have.
    #[error("the report is not signed")]
    NotSigned,
    /// Somebody else signed.
    #[error("the report is signed by {found}, not by {expected}")]
    OtherSigner {
        /// Who should have.
        expected: String,
        /// Who did.
        found: String,
    },
}

/// How files compare with a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whether nothing differs.
    pub matches: bool,
    /// Whether the chain itself holds, by the report that was made again.
    pub chain_holds: bool,
    /// The network id, in hexadecimal.
    pub network: String,
    /// The last final block, if the chain holds up to one.
    pub height: Option<u64>,
    /// The files that were compared.
    pub files: Vec<&'static str>,
    /// Whose valid signature they have, in hexadecimal.
    pub signer: Option<String>,
    /// The chain came with other certificates: what the report says of them was not checked.
    pub other_certificates: bool,
    /// What differs, in words.
    pub differences: Vec<String>,
}

impl Claim {
    /// Takes files for a report; nothing in them is believed.
    ///
    /// # Errors
    /// [`ClaimError`] if they are none.
    pub fn new(files: BTreeMap<Part, Vec<u8>>, seal: Option<Vec<u8>>) -> Result<Self, ClaimError> {
        let bytes = files.get(&Part::Json).ok_or(ClaimError::NoData)?;
        let not_json = |_| ClaimError::NotJson;
        // Another version's data may have another shape: who wrote it comes first.
        let by: Written = serde_json::from_slice(bytes).map_err(not_json)?;
        match (by.format.as_deref(), by.software.as_deref()) {
            (Some(FORMAT), Some(SOFTWARE)) => {}
            (Some(FORMAT), other) => return Err(ClaimError::Software { found: shown(other.unwrap_or_default()) }),
            (other, _) => return Err(ClaimError::Format { found: shown(other.unwrap_or_default()) }),
        }
        let data = serde_json::from_slice(bytes).map_err(not_json)?;
        Ok(Claim { files, seal, data })
    }

    /// The network that it says it is of.
    ///
    /// # Errors
    /// [`ClaimError::NoNetwork`].
    pub fn network(&self) -> Result<NetworkId, ClaimError> {
        self.data.network.as_ref().and_then(|network| network.parse().ok()).ok_or(ClaimError::NoNetwork)
    }

    /// The block up to which the chain is to be audited again: the report's last; nothing if the chain is to be read to its end,
    /// because the report says that it fails, or that there are blocks behind the last final one.
    pub fn last_block(&self) -> Option<u64> {
        self.data.tip.as_ref().filter(|tip| tip.not_final == 0).map(|tip| tip.height)
    }

    /// Compares with a report that was made again from the chain. `signer` must have signed, if one is named.
    ///
    /// # Errors
    /// If the data cannot be written as JSON.
    pub fn compare(&self, mut report: Report, signer: Option<&VerifyingKey>) -> serde_json::Result<Comparison> {
        let mut differences = Vec::new();
        let claimed = self.files.get(&Part::Json).map(Vec::as_slice).unwrap_or_default();
        let mut expected = render(&report, Part::Json)?;
        let mut other_certificates = false;
        if claimed != expected {
            self.adopt_certificates(&mut report);
            expected = render(&report, Part::Json)?;
            other_certificates = claimed == expected;
        }
        if claimed != expected {
            differences.push(first_difference(claimed, &expected));
        }
        for (part, bytes) in self.files.iter().filter(|(part, _)| **part != Part::Json) {
            if *bytes != render(&report, *part)? {
                differences.push(Difference::Form(part.file_name()));
            }
        }
        let signed_by = self.judge_seal(&network(&report), signer, &mut differences);
        Ok(Comparison {
            matches: differences.is_empty(),
            chain_holds: report.holds(),
            network: report.network.clone(),
            height: report.tip.as_ref().map(|tip| tip.height),
            files: self.files.keys().map(|part| part.file_name()).collect(),
            signer: signed_by.map(|key| hex(key.as_bytes())),
            other_certificates,
            differences: differences.iter().map(ToString::to_string).collect(),
        })
    }

    /// Whose valid signature there is.
    fn judge_seal(
        &self,
        network: &NetworkId,
        expected: Option<&VerifyingKey>,
        differences: &mut Vec<Difference>,
    ) -> Option<VerifyingKey> {
        let Some(bytes) = &self.seal else {
            differences.extend(expected.map(|_| Difference::NotSigned));
            return None;
        };
        let seal = match Seal::from_json(bytes) {
            Ok(seal) => seal,
            Err(error) => {
                differences.push(Difference::Unreadable(error));
                return None;
            }
        };
        if let Err(error) = seal.check(network, &self.files) {
            differences.push(error.into());
            return None;
        }
        if let Some(expected) = expected.filter(|expected| *expected != seal.signer()) {
            let [expected, found] = [expected, seal.signer()].map(|key| hex(key.as_bytes()));
            differences.push(Difference::OtherSigner { expected, found });
            return None;
        }
        Some(*seal.signer())
    }

    /// What depends on which certificates a copy of the chain has, as the claimed report says it.
    fn adopt_certificates(&self, report: &mut Report) {
        let claimed = &self.data;
        if let Some(offset) = report.failure.as_mut().and_then(|failure| failure.byte_offset.as_mut()) {
            *offset = claimed.failure.as_ref().and_then(|failure| failure.byte_offset).unwrap_or_default();
        }
        let (Some(tip), Some(totals), Some(evidence)) = (&mut report.tip, &mut report.totals, &mut report.evidence)
        else {
            return;
        };
        tip.bytes = claimed.tip.as_ref().map_or(0, |tip| tip.bytes);
        let said = claimed.totals.as_ref().map(|totals| totals.finality).unwrap_or_default();
        let finality = &mut totals.finality;
        (finality.certificates, finality.votes) = (said.certificates, said.votes);
        finality.covered_by_later = said.covered_by_later;
        for answer in report.questions.iter_mut().filter(|answer| answer.question == Question::Certificates) {
            for (count, value) in &mut answer.counts {
                match count {
                    Count::Certificates => *value = finality.certificates,
                    Count::Votes => *value = finality.votes,
                    Count::CoveredByLater => *value = finality.covered_by_later,
                    _ => {}
                }
            }
        }
        let days = claimed.evidence.as_ref().map(|evidence| evidence.days.0.as_slice()).unwrap_or_default();
        for (place, day) in evidence.days.iter_mut().enumerate() {
            let said = days.get(place).map(|day| day.finality).unwrap_or_default();
            (day.finality.certificates, day.finality.votes) = (said.certificates, said.votes);
        }
    }
}

/// A text of somebody else, without what could deceive on a screen.
fn shown(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() || !letter.is_ascii() { '?' } else { letter };
    text.trim().chars().take(SHOWN).map(plain).collect()
}

/// The first line that differs. Only that one is looked at as text, and no more of it than is shown.
fn first_difference(claimed: &[u8], expected: &[u8]) -> Difference {
    let [mut claimed, mut expected] = [claimed, expected].map(|bytes| bytes.split(|byte| *byte == b'\n'));
    let line_of = |line: Option<&[u8]>| {
        let line = line.unwrap_or_default().trim_ascii_start();
        shown(&String::from_utf8_lossy(&line[..line.len().min(SHOWN * CHARACTER)]))
    };
    let mut line = 1;
    loop {
        let (claims, expects) = (claimed.next(), expected.next());
        if claims != expects || claims.is_none() {
            return Difference::Data { line, claimed: line_of(claims), expected: line_of(expects) };
        }
        line += 1;
    }
}
