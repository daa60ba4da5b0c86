//! What is on the treasury's account, signed by the bank, against the credit in circulation.
//!
//! ```json
//! {
//!   "format": "hushwatt bank statement 1",
//!   "network": "64 hexadecimal digits",
//!   "time": "2026-07-01T00:00:00Z",
//!   "currency": "EUR",
//!   "balance_cents": 1234567,
//!   "signer": "64 hexadecimal digits",
//!   "signature": "128 hexadecimal digits"
//! }
//! ```
//!
//! The signature is Ed25519 under the label `bank-statement`, of the protocol's hash under the same label: the signer, the time
//! and the balance (8 bytes each, little endian), the currency.

use hushwatt_crypto::{
    Label, NetworkId,
    hash::{Hasher, hex},
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::units::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    report::TotalsVerdict,
    signed::{MAX_SIGNED_BYTES, Signed, SignedError, moment, moment_of, of_one_form, signature_of, signer_of},
    watch::TotalsFacts,
};
use crate::allocation::{
    FileError,
    json::{array, malformed, read},
};

const FORMAT: &str = "hushwatt bank statement 1";
const CURRENCY: &str = "EUR";
/// Micro-euro of a cent.
const CENT: i128 = 10_000;

/// What is on the treasury's account at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankStatement {
    time: Timestamp,
    balance_cents: i64,
    signed: Signed,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    network: String,
    time: String,
    currency: String,
    balance_cents: i64,
    signer: String,
    signature: String,
}

fn message(network: &NetworkId, signer: &VerifyingKey, time: Timestamp, balance_cents: i64) -> [u8; 64] {
    let start = Hasher::new(network, Label::BankStatement).part(signer.as_bytes());
    start.part(&time.0.to_le_bytes()).part(&balance_cents.to_le_bytes()).part(CURRENCY.as_bytes()).finish64()
}

impl BankStatement {
    /// Signs as the bank; the balance is negative where the account is overdrawn.
    pub fn sign(network: &NetworkId, time: Timestamp, balance_cents: i64, key: &SigningKey) -> Self {
        let message = message(network, &key.verifying_key(), time, balance_cents);
        let signed = Signed::new(*network, Label::BankStatement, key, &message);
        BankStatement { time, balance_cents, signed }
    }

    /// Of when it is.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Whether it is a statement for this network, signed with this key.
    ///
    /// # Errors
    /// [`SignedError`].
    pub fn check(&self, network: &NetworkId, key: &VerifyingKey) -> Result<(), SignedError> {
        let message = message(&self.signed.network, &self.signed.signer, self.time, self.balance_cents);
        self.signed.check(network, key, Label::BankStatement, &message)
    }

    /// The file.
    ///
    /// # Errors
    /// A time after the year 9999.
    pub fn to_json(&self) -> Result<String, FileError> {
        let form = Form {
            format: FORMAT.to_owned(),
            network: self.signed.network.to_string(),
            time: moment(self.time).ok_or_else(|| malformed("the time", "it is after the year 9999"))?,
            currency: CURRENCY.to_owned(),
            balance_cents: self.balance_cents,
            signer: hex(self.signed.signer.as_bytes()),
            signature: hex(&self.signed.signature.0),
        };
        let text = serde_json::to_string_pretty(&form).map_err(|error| malformed("the file", error))?;
        Ok(text + "\n")
    }

    /// Reads the file; there is only one way to write each.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FileError> {
        let form: Form = read(bytes, MAX_SIGNED_BYTES, FORMAT, |form: &Form| &form.format)?;
        if form.currency != CURRENCY {
            return Err(malformed("the currency", format!("it must be {CURRENCY}")));
        }
        let statement = BankStatement {
            time: moment_of("the time", &form.time)?,
            balance_cents: form.balance_cents,
            signed: Signed {
                network: NetworkId(array("the network", &form.network)?),
                signer: signer_of(&form.signer)?,
                signature: signature_of(&form.signature)?,
            },
        };
        of_one_form(statement, Self::to_json, bytes)
    }
}

/// Whether the treasury can pay out all that is in circulation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Solvency {
    /// Whether the balance is at least the supply.
    #[serde(flatten)]
    pub verdict: TotalsVerdict,
    /// Of when the statement is, in unix seconds.
    pub time: u64,
    /// What is on the account, in cents.
    pub balance_cents: i64,
    /// Credit in circulation then: minted, less burned, less fees, in micro-euro.
    pub in_circulation_micro_euro: Option<u64>,
    /// The last block until then.
    pub block: Option<u64>,
}

/// Compares a statement, the signature of which is verified, with the supply at its time, for which the facts were gathered.
pub(super) fn solvency(facts: &TotalsFacts, statement: &BankStatement) -> Solvency {
    let supply = facts.supply().filter(|_| facts.tip().time >= statement.time);
    let verdict = match supply {
        Some((_, credit)) if i128::from(statement.balance_cents) * CENT >= i128::from(credit.0) => TotalsVerdict::Holds,
        Some(_) => TotalsVerdict::Fails,
        None if facts.tip().time < statement.time => {
            TotalsVerdict::CannotBeCompared { reason: "the chain ends before the time of the statement".to_owned() }
        }
        None => TotalsVerdict::CannotBeCompared { reason: "the statement is older than the chain".to_owned() },
    };
    Solvency {
        verdict,
        time: statement.time.0,
        balance_cents: statement.balance_cents,
        in_circulation_micro_euro: supply.map(|(_, credit)| credit.0),
        block: supply.map(|(at, _)| at.height),
    }
}
