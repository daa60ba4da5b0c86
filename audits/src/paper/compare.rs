//! Whether the files of a report are what a chain says: the chain is audited again, the files are made again, and everything is
//! compared byte for byte.
//!
//! The same blocks may be certified by other votes in another node's copy of a chain. What a report says of certificates and of places
//! in the file is then taken over from it before comparing, and the outcome says so; everything else must be the same.

use std::collections::BTreeMap;

use hushwatt_crypto::{NetworkId, hash::hex, signature::VerifyingKey};
use serde::Serialize;
use serde_json::Value;

use super::{Part, Seal, SealError, network, render};
use crate::{
    allocation::FileError,
    questions::{Count, Question},
    report::{FORMAT, Report},
};

/// No file of a report is longer, in bytes.
pub const MAX_PART_BYTES: usize = 256 << 20;
/// So much of a line is shown where two differ.
const SHOWN: usize = 120;

/// Files that claim to be a report.
pub struct Claim {
    /// What was found of it.
    pub files: BTreeMap<Part, Vec<u8>>,
    /// The signature file.
    pub seal: Option<Vec<u8>>,
    data: Value,
}

/// Why files are no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// There is no report.json.
    #[error("there is no report.json: give the folder that \"hushwatt audit report\" made")]
    NoData,
    /// Not JSON.
    #[error("report.json is no report: it cannot be read as JSON")]
    NotJson,
    /// Of another version.
    #[error(
        "report.json has the format {found:?}, and this program writes {FORMAT:?}: check it with the hushwatt that wrote it"
    )]
    Format {
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
        let data: Value = serde_json::from_slice(bytes).map_err(|_| ClaimError::NotJson)?;
        match data.get("format").and_then(Value::as_str) {
            Some(FORMAT) => Ok(Claim { files, seal, data }),
            other => Err(ClaimError::Format { found: shown(other.unwrap_or_default()) }),
        }
    }

    /// The network that it says it is of.
    ///
    /// # Errors
    /// [`ClaimError::NoNetwork`].
    pub fn network(&self) -> Result<NetworkId, ClaimError> {
        let network = self.data.get("network").and_then(Value::as_str);
        network.and_then(|network| network.parse().ok()).ok_or(ClaimError::NoNetwork)
    }

    /// The block up to which the chain is to be audited again: the report's last; nothing if the chain is to be read to its end,
    /// because the report says that it fails, or that there are blocks behind the last final one.
    pub fn last_block(&self) -> Option<u64> {
        let tip = self.data.get("tip")?;
        let all_is_final = tip.get("not_final")?.as_u64()? == 0;
        tip.get("height")?.as_u64().filter(|_| all_is_final)
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
        let number = |pointer: &str| self.data.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
        if let Some(offset) = report.failure.as_mut().and_then(|failure| failure.byte_offset.as_mut()) {
            *offset = number("/failure/byte_offset");
        }
        let (Some(tip), Some(totals), Some(evidence)) = (&mut report.tip, &mut report.totals, &mut report.evidence)
        else {
            return;
        };
        tip.bytes = number("/tip/bytes");
        let finality = &mut totals.finality;
        finality.certificates = number("/totals/finality/certificates");
        finality.votes = number("/totals/finality/votes");
        finality.covered_by_later = number("/totals/finality/covered_by_later");
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
        for (place, day) in evidence.days.iter_mut().enumerate() {
            day.finality.certificates = number(&format!("/evidence/days/{place}/finality/certificates"));
            day.finality.votes = number(&format!("/evidence/days/{place}/finality/votes"));
        }
    }
}

/// A text of somebody else, without what could deceive on a screen.
fn shown(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() || !letter.is_ascii() { '?' } else { letter };
    text.trim().chars().take(SHOWN).map(plain).collect()
}

fn first_difference(claimed: &[u8], expected: &[u8]) -> Difference {
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    let (claimed, expected) = (lines(claimed), lines(expected));
    let same = claimed.iter().zip(&expected).take_while(|(claimed, expected)| claimed == expected).count();
    let line = |lines: &[String]| lines.get(same).map(|line| shown(line)).unwrap_or_default();
    Difference::Data { line: same + 1, claimed: line(&claimed), expected: line(&expected) }
}
