//! The auditor's signature of a report: his key, the digest of every file, and a signature of all of it that is bound to the
//! network (`report.sig.json`).
//!
//! The digest of a file and of the list of files is the protocol's hash under the label `audit-report`; the signature is Ed25519
//! under the same label.

use std::collections::BTreeMap;

use hushwatt_crypto::{
    CryptoError, Label, NetworkId,
    hash::{Hasher, hex},
    signature::{Signature, SigningKey, VerifyingKey},
};
use serde::{Deserialize, Serialize};

use super::Part;
use crate::allocation::{
    FileError,
    json::{array, malformed, read},
};

const FORMAT: &str = "hushwatt report signature 1";
/// Its name in a report's folder.
pub const SEAL_NAME: &str = "report.sig.json";
/// No signature file is longer, in bytes.
pub const MAX_SEAL_BYTES: usize = 16 << 10;

/// Who signed which files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    network: NetworkId,
    signer: VerifyingKey,
    files: BTreeMap<Part, [u8; 32]>,
    signature: Signature,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Of another network.
    #[error("the signature is for network {found}, and the report is of {expected}")]
    ForeignNetwork {
        /// Of the report.
        expected: NetworkId,
        /// In the signature.
        found: NetworkId,
    },
    /// A file that is there was not signed.
    #[error("{0} was not signed")]
    NotSigned(&'static str),
    /// A file that was signed is not there.
    #[error("{0} was signed, but is not there")]
    Missing(&'static str),
    /// A file is not the one that was signed.
    #[error("{0} is not the file that was signed")]
    Changed(&'static str),
    /// The signature is not that of the key over these digests.
    #[error("the signature does not verify")]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealForm {
    format: String,
    network: String,
    signer: String,
    files: Vec<FileForm>,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    name: String,
    digest: String,
}

fn digest(network: &NetworkId, part: Part, bytes: &[u8]) -> [u8; 32] {
    let hash = Hasher::new(network, Label::AuditReport).part(b"file").part(part.file_name().as_bytes());
    hash.part(bytes).finish32()
}

/// What is signed.
fn message(network: &NetworkId, signer: &VerifyingKey, files: &BTreeMap<Part, [u8; 32]>) -> [u8; 64] {
    let start = Hasher::new(network, Label::AuditReport).part(b"files").part(signer.as_bytes());
    let add = |hash: Hasher, (part, digest): (&Part, &[u8; 32])| hash.part(part.file_name().as_bytes()).part(digest);
    files.iter().fold(start, add).finish64()
}

impl Seal {
    /// Signs the files of a report.
    pub fn new(network: &NetworkId, files: &BTreeMap<Part, Vec<u8>>, key: &SigningKey) -> Self {
        let signer = key.verifying_key();
        let files = files.iter().map(|(part, bytes)| (*part, digest(network, *part, bytes))).collect();
        let signature = key.sign(network, Label::AuditReport, &message(network, &signer, &files));
        Seal { network: *network, signer, files, signature }
    }

    /// Whose it says it is; [`Seal::check`] says whether that is so.
    pub fn signer(&self) -> &VerifyingKey {
        &self.signer
    }

    /// Whether it is a signature of exactly these files of a report of this network.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, network: &NetworkId, files: &BTreeMap<Part, Vec<u8>>) -> Result<(), SealError> {
        if self.network != *network {
            return Err(SealError::ForeignNetwork { expected: *network, found: self.network });
        }
        for part in Part::ALL {
            let name = part.file_name();
            match (files.get(&part), self.files.get(&part)) {
                (Some(_), None) => return Err(SealError::NotSigned(name)),
                (None, Some(_)) => return Err(SealError::Missing(name)),
                (Some(bytes), Some(signed)) if digest(network, part, bytes) != *signed => {
                    return Err(SealError::Changed(name));
                }
                _ => {}
            }
        }
        let message = message(network, &self.signer, &self.files);
        let verified = self.signer.verify(network, Label::AuditReport, &message, &self.signature);
        verified.map_err(|_: CryptoError| SealError::Signature)
    }

    /// The file.
    ///
    /// # Errors
    /// Only what the writer of JSON says.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let file =
            |(part, digest): (&Part, &[u8; 32])| FileForm { name: part.file_name().to_owned(), digest: hex(digest) };
        let form = SealForm {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            signer: hex(self.signer.as_bytes()),
            files: self.files.iter().map(file).collect(),
            signature: hex(&self.signature.0),
        };
        Ok(serde_json::to_string_pretty(&form)? + "\n")
    }

    /// Reads the file; there is only one way to write each.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: SealForm = read(bytes, MAX_SEAL_BYTES, FORMAT, |form: &SealForm| &form.format)?;
        let signer = VerifyingKey::decode(&array("the signer", &form.signer)?);
        let mut files = BTreeMap::new();
        for file in &form.files {
            let part =
                Part::from_file_name(&file.name).ok_or_else(|| malformed("a name", "no report has such a file"))?;
            files.insert(part, array("a digest", &file.digest)?);
        }
        let seal = Seal {
            network: NetworkId(array("the network", &form.network)?),
            signer: signer.map_err(|error| malformed("the signer", error))?,
            files,
            signature: Signature(array("the signature", &form.signature)?),
        };
        // A name twice, another order, other blanks: one signature, one file.
        match seal.to_json() {
            Ok(written) if written.as_bytes() == bytes => Ok(seal),
            _ => Err(malformed("the form", "it was not written by this program")),
        }
    }
}
