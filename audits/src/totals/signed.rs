//! What the signed files that totals are compared with have in common: strict JSON of one form, times in UTC, and an Ed25519
//! signature under a label of its own.

use hushwatt_crypto::{
    Label, NetworkId,
    signature::{Signature, SigningKey, VerifyingKey},
};
use hushwatt_ledger::units::Timestamp;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::allocation::{
    FileError,
    json::{array, malformed},
};

/// No such file is longer, in bytes.
pub const MAX_SIGNED_BYTES: usize = 16 << 10;

/// Why a signed file is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Of another network.
    #[error("it is about network {found}, not about {expected}")]
    ForeignNetwork {
        /// The community's.
        expected: NetworkId,
        /// In the file.
        found: NetworkId,
    },
    /// It names another key.
    #[error("it is signed with another key than the one you named")]
    OtherSigner,
    /// The signature is not that of the key over what the file says.
    #[error("its signature does not verify: it was changed, or is somebody else's")]
    Signature,
}

const MOMENT: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// A time in UTC: `2026-06-01T00:00:00Z`; `None` after the year 9999.
pub fn moment(time: Timestamp) -> Option<String> {
    let time = i64::try_from(time.0).ok().and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())?;
    (time.year() <= 9999).then(|| time.format(MOMENT).ok()).flatten()
}

/// Reads a time in UTC: `2026-06-01T00:00:00Z`, and nothing else.
pub fn read_moment(text: &str) -> Option<Timestamp> {
    let time = PrimitiveDateTime::parse(text, MOMENT).ok()?.assume_utc().unix_timestamp();
    let time = u64::try_from(time).ok().map(Timestamp)?;
    (moment(time).as_deref() == Some(text)).then_some(time)
}

pub(super) fn moment_of(field: &'static str, text: &str) -> Result<Timestamp, FileError> {
    read_moment(text).ok_or_else(|| malformed(field, "it must be a time in UTC like 2026-06-01T00:00:00Z"))
}

pub(super) fn signer_of(text: &str) -> Result<VerifyingKey, FileError> {
    VerifyingKey::decode(&array("the signer", text)?).map_err(|error| malformed("the signer", error))
}

pub(super) fn signature_of(text: &str) -> Result<Signature, FileError> {
    Ok(Signature(array("the signature", text)?))
}

/// A file is read only in the form in which it is written: one meaning, one file.
pub(super) fn of_one_form<T>(
    read: T,
    write: impl FnOnce(&T) -> Result<String, FileError>,
    bytes: &[u8],
) -> Result<T, FileError> {
    let same = write(&read)?.as_bytes() == bytes;
    if same { Ok(read) } else { Err(malformed("the form", "it was not written by this program")) }
}

/// What a file says, with who says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signed {
    pub network: NetworkId,
    pub signer: VerifyingKey,
    pub signature: Signature,
}

impl Signed {
    pub fn new(network: NetworkId, label: Label, key: &SigningKey, message: &[u8; 64]) -> Self {
        Signed { network, signer: key.verifying_key(), signature: key.sign(&network, label, message) }
    }

    pub fn check(
        &self,
        network: &NetworkId,
        key: &VerifyingKey,
        label: Label,
        message: &[u8; 64],
    ) -> Result<(), SignedError> {
        if self.network != *network {
            return Err(SignedError::ForeignNetwork { expected: *network, found: self.network });
        }
        if self.signer != *key {
            return Err(SignedError::OtherSigner);
        }
        key.verify(network, label, message, &self.signature).map_err(|_| SignedError::Signature)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(moment(Timestamp(0)).unwrap(), "1970-01-01T00:00:00Z");
        assert_eq!(moment(Timestamp(1_781_584_810)).unwrap(), "2026-06-16T04:40:10Z");
        assert_eq!(moment(Timestamp(u64::MAX)), None);
        for time in [0, 86_399, 1_781_584_810, 253_402_300_799] {
            assert_eq!(read_moment(&moment(Timestamp(time)).unwrap()), Some(Timestamp(time)));
        }
        for wrong in ["", "2026-06-16", "2026-06-16T04:40:10", "2026-06-16 04:40:10Z", "2026-6-16T04:40:10Z"] {
            assert_eq!(read_moment(wrong), None, "{wrong}");
        }
        for wrong in [
            "2026-02-30T00:00:00Z",
            "2026-06-16T24:00:00Z",
            "2026-06-16T04:40:60Z",
            "1969-12-31T23:59:59Z",
            "+2026-06-16T04:40:10Z",
        ] {
            assert_eq!(read_moment(wrong), None, "{wrong}");
        }
    }
}
