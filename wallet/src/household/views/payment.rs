//! What is signed, and whom it is for.

use hushwatt_ledger::{
    transaction::TransactionId,
    units::{Credit, Timestamp},
};
use serde::{Deserialize, Serialize};

use super::json;

/// A transaction that was signed and saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// Which.
    #[serde(serialize_with = "json::transaction")]
    pub id: TransactionId,
    /// Among how many pieces of money or energy it hides.
    pub hides_among: u32,
    /// Fee.
    #[serde(rename = "fee_micro_euro", serialize_with = "json::credit")]
    pub fee: Credit,
    /// After this time of the ledger it is void if it is in no block.
    #[serde(rename = "valid_until_time", serialize_with = "json::time")]
    pub valid_until: Timestamp,
}

/// What would be signed: for the question before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// To whom: a contact's name, else the address; of an order, where the market operator is.
    pub to: String,
    /// What leaves or is set aside, without the fee.
    #[serde(rename = "amount_micro_euro", serialize_with = "json::credit")]
    pub amount: Credit,
    /// Fee.
    #[serde(rename = "fee_micro_euro", serialize_with = "json::credit")]
    pub fee: Credit,
    /// Among how many pieces of money it would hide.
    pub hides_among: u32,
}

/// Somebody the household knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
}
