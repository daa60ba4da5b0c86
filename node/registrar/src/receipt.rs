//! Receipts: what was done about a person's entry, signed, and without a word about the person.
//!
//! Signed are, under the label `register-receipt` and bound to the network: one byte for the deed (export 1, rectify 2, restrict
//! 3, unrestrict 4, erase 5), the time (8 bytes, little-endian unix seconds), the 16 bytes of the case number, the 32 of the
//! signer's key.

use hushwatt_crypto::{
    Label, NetworkId,
    hash::hex,
    signature::{Signature, SigningKey, VerifyingKey},
};
use hushwatt_ledger::units::Timestamp;
use serde::{Deserialize, Serialize};

use crate::case::CaseNumber;

/// The format of a receipt's file.
pub const FORMAT: &str = "hushwatt receipt 1";
/// Far more than a receipt's file has.
pub const MAX_BYTES: usize = 4_096;

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The person got a copy of everything (Art. 15 and 20 GDPR).
    Export,
    /// Something was put right (Art. 16).
    Rectify,
    /// The data are kept and not used otherwise (Art. 18).
    Restrict,
    /// They are used again.
    Unrestrict,
    /// The entry is gone (Art. 17).
    Erase,
}

impl Deed {
    /// All that there are.
    pub const ALL: [Deed; 5] = [Deed::Export, Deed::Rectify, Deed::Restrict, Deed::Unrestrict, Deed::Erase];

    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Deed::Export => "exported",
            Deed::Rectify => "rectified",
            Deed::Restrict => "restricted",
            Deed::Unrestrict => "no longer restricted",
            Deed::Erase => "erased",
        }
    }

    /// The word for it in files.
    pub fn name(self) -> &'static str {
        match self {
            Deed::Export => "export",
            Deed::Rectify => "rectify",
            Deed::Restrict => "restrict",
            Deed::Unrestrict => "unrestrict",
            Deed::Erase => "erase",
        }
    }

    fn code(self) -> u8 {
        match self {
            Deed::Export => 1,
            Deed::Rectify => 2,
            Deed::Restrict => 3,
            Deed::Unrestrict => 4,
            Deed::Erase => 5,
        }
    }
}

/// Why something is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Not such a file.
    #[error("this is no receipt of hushwatt ({0})")]
    Format(String),
    /// Not signed by the key that it names.
    #[error("the signature is wrong: this receipt was changed, or never given")]
    Signature,
    /// Of another network.
    #[error("this receipt is of network {found}, not of {wanted}")]
    OtherNetwork {
        /// Its network.
        found: NetworkId,
        /// The one that it should be of.
        wanted: NetworkId,
    },
    /// By somebody else.
    #[error("this receipt is signed by {found}, not by {wanted}")]
    OtherSigner {
        /// Its signer.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
}

/// A receipt whose signature holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    network: NetworkId,
    deed: Deed,
    time: Timestamp,
    case: CaseNumber,
    signer: VerifyingKey,
    signature: Signature,
}

/// As it is in a file, and in the register.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    network: String,
    deed: Deed,
    time: u64,
    case: CaseNumber,
    signer: String,
    signature: String,
}

fn message(deed: Deed, time: Timestamp, case: &CaseNumber, signer: &VerifyingKey) -> Vec<u8> {
    [&[deed.code()], &time.0.to_le_bytes()[..], &case.0, signer.as_bytes()].concat()
}

/// Exactly so many bytes, in small digits.
fn bytes<const N: usize>(what: &str, text: &str) -> Result<[u8; N], ReceiptError> {
    let wrong = || ReceiptError::Format(format!("{what} is not {} digits, 0 to 9 and a to f", 2 * N));
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(wrong()),
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(wrong()) };
    let read: Vec<u8> =
        pairs.iter().map(|[high, low]| Ok(digit(*high)? << 4 | digit(*low)?)).collect::<Result<_, _>>()?;
    read.try_into().map_err(|_| wrong())
}

impl Receipt {
    /// Signs one.
    pub fn sign(network: &NetworkId, deed: Deed, time: Timestamp, case: CaseNumber, key: &SigningKey) -> Self {
        let signer = key.verifying_key();
        let signature = key.sign(network, Label::RegisterReceipt, &message(deed, time, &case, &signer));
        Receipt { network: *network, deed, time, case, signer, signature }
    }

    /// Reads one and verifies its signature by the key that it names: whose that is, the caller decides.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn from_json(json: &[u8]) -> Result<Self, ReceiptError> {
        if json.len() > MAX_BYTES {
            return Err(ReceiptError::Format(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let written = serde_json::from_slice(json).map_err(|error| ReceiptError::Format(error.to_string()))?;
        Self::of_written(&written)
    }

    fn of_written(written: &Written) -> Result<Self, ReceiptError> {
        if written.format != FORMAT {
            return Err(ReceiptError::Format(format!("its format must be \"{FORMAT}\"")));
        }
        let signer = VerifyingKey::decode(&bytes("the signer", &written.signer)?)
            .map_err(|_| ReceiptError::Format("the signer is no usable key".to_owned()))?;
        let receipt = Receipt {
            network: NetworkId(bytes("the network", &written.network)?),
            deed: written.deed,
            time: Timestamp(written.time),
            case: written.case,
            signer,
            signature: Signature(bytes("the signature", &written.signature)?),
        };
        let message = message(receipt.deed, receipt.time, &receipt.case, &signer);
        let checked = signer.verify(&receipt.network, Label::RegisterReceipt, &message, &receipt.signature);
        checked.map_err(|_| ReceiptError::Signature)?;
        Ok(receipt)
    }

    fn written(&self) -> Written {
        Written {
            format: FORMAT.to_owned(),
            network: self.network.to_string(),
            deed: self.deed,
            time: self.time.0,
            case: self.case,
            signer: hex(self.signer.as_bytes()),
            signature: hex(&self.signature.0),
        }
    }

    /// Refuses one of another network or by another signer.
    ///
    /// # Errors
    /// [`ReceiptError::OtherNetwork`], [`ReceiptError::OtherSigner`].
    pub fn require(&self, network: Option<&NetworkId>, signer: Option<&VerifyingKey>) -> Result<(), ReceiptError> {
        if let Some(wanted) = network.filter(|wanted| **wanted != self.network) {
            return Err(ReceiptError::OtherNetwork { found: self.network, wanted: *wanted });
        }
        if let Some(wanted) = signer.filter(|wanted| **wanted != self.signer) {
            let (found, wanted) = (hex(self.signer.as_bytes()), hex(wanted.as_bytes()));
            return Err(ReceiptError::OtherSigner { found, wanted });
        }
        Ok(())
    }

    /// Its network.
    pub fn network(&self) -> &NetworkId {
        &self.network
    }

    /// What was done.
    pub fn deed(&self) -> Deed {
        self.deed
    }

    /// When.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// About which case.
    pub fn case(&self) -> CaseNumber {
        self.case
    }

    /// By whom.
    pub fn signer(&self) -> &VerifyingKey {
        &self.signer
    }

    /// A name for its file: time, deed and case.
    pub fn file_name(&self) -> String {
        format!("receipt-{}-{}-{}.json", self.time.0, self.deed.name(), self.case.short())
    }
}

impl Serialize for Receipt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Receipt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_written(&Written::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::OsRng;

    use super::*;

    fn network() -> NetworkId {
        NetworkId([7; 32])
    }

    #[test]
    fn a_receipt_survives_its_file_and_every_change_of_it_is_noticed() {
        let key = SigningKey::random(&mut OsRng);
        for deed in Deed::ALL {
            let case = CaseNumber::random(&mut OsRng);
            let receipt = Receipt::sign(&network(), deed, Timestamp(1_781_584_800), case, &key);
            let json = serde_json::to_string(&receipt).unwrap();
            assert_eq!(Receipt::from_json(json.as_bytes()).unwrap(), receipt);
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            let another = SigningKey::random(&mut OsRng).verifying_key();
            let other_deed = if deed == Deed::Erase { "export" } else { "erase" };
            let changes: [(&str, serde_json::Value); 5] = [
                ("network", NetworkId([8; 32]).to_string().into()),
                ("deed", other_deed.into()),
                ("time", 1_781_584_801_u64.into()),
                ("case", CaseNumber([1; 16]).to_string().into()),
                ("signer", hex(another.as_bytes()).into()),
            ];
            for (field, new) in changes {
                let mut changed = value.clone();
                changed[field] = new;
                let error = Receipt::from_json(changed.to_string().as_bytes()).unwrap_err();
                assert!(matches!(error, ReceiptError::Signature), "{field}: {error}");
            }
            let mut changed = value.clone();
            let signature = changed["signature"].as_str().unwrap().to_owned();
            let flipped = if signature.starts_with('0') { "1" } else { "0" };
            changed["signature"] = format!("{flipped}{}", &signature[1..]).into();
            assert!(matches!(Receipt::from_json(changed.to_string().as_bytes()), Err(ReceiptError::Signature)));
        }
    }

    #[test]
    fn what_is_no_receipt_is_refused_with_what_is_wrong() {
        let key = SigningKey::random(&mut OsRng);
        let receipt = Receipt::sign(&network(), Deed::Erase, Timestamp(5), CaseNumber([2; 16]), &key);
        let json = serde_json::to_string(&receipt).unwrap();
        let cases = [
            (json.replace("receipt 1", "receipt 2"), "its format"),
            (json.replace("\"erase\"", "\"forget\""), "forget"),
            (json.replace("\"time\"", "\"name\":\"Anna\",\"time\""), "unknown field"),
            (json.replace(&hex(key.verifying_key().as_bytes()), &"0".repeat(64)), "no usable key"),
            (json.replace("\"signature\":\"", "\"signature\":\"0"), "128 digits"),
            (json.replace(&network().to_string(), &network().to_string().replace('7', "G")), "64 digits"),
            (" ".repeat(MAX_BYTES + 1), "longer"),
            (String::new(), "EOF"),
        ];
        for (text, expected) in cases {
            let error = Receipt::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn a_receipt_of_another_network_or_signer_is_refused_where_one_is_named() {
        let (key, other) = (SigningKey::random(&mut OsRng), SigningKey::random(&mut OsRng));
        let receipt = Receipt::sign(&network(), Deed::Export, Timestamp(5), CaseNumber([2; 16]), &key);
        receipt.require(Some(&network()), Some(&key.verifying_key())).unwrap();
        receipt.require(None, None).unwrap();
        let refused = receipt.require(Some(&NetworkId([1; 32])), None);
        assert!(matches!(refused, Err(ReceiptError::OtherNetwork { .. })));
        let refused = receipt.require(None, Some(&other.verifying_key()));
        assert!(matches!(refused, Err(ReceiptError::OtherSigner { .. })));
    }
}
