//! How values are written in JSON.

use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    transaction::{TransactionId, attest::WindowStatus, open::ContractId, order::OrderId},
    units::{Credit, MeterId, Price, Quantity, Timestamp, Utility, Window},
};
use serde::Serializer;

pub fn credit<S: Serializer>(value: &Credit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.0)
}

pub fn time<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.0)
}

pub fn maybe_time<S: Serializer>(value: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(time) => serializer.serialize_some(&time.0),
        None => serializer.serialize_none(),
    }
}

pub fn window<S: Serializer>(value: &Window, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(value.0)
}

pub fn quantity<S: Serializer>(value: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(value.0)
}

pub fn maybe_quantity<S: Serializer>(value: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(quantity) => serializer.serialize_some(&quantity.0),
        None => serializer.serialize_none(),
    }
}

pub fn price<S: Serializer>(value: &Price, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(value.micro_euro())
}

pub fn meter<S: Serializer>(value: &MeterId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(value.0)
}

pub fn meters<S: Serializer>(value: &[MeterId], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(value.iter().map(|meter| meter.0))
}

pub fn utility<S: Serializer>(value: &Utility, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.name())
}

pub fn maybe_utility<S: Serializer>(value: &Option<Utility>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(utility) => serializer.serialize_some(utility.name()),
        None => serializer.serialize_none(),
    }
}

pub fn status<S: Serializer>(value: &WindowStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.name())
}

pub fn contract<S: Serializer>(value: &ContractId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(&value.0))
}

pub fn transaction<S: Serializer>(value: &TransactionId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(&value.0))
}

pub fn maybe_transaction<S: Serializer>(value: &Option<TransactionId>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(id) => serializer.serialize_some(&hex(&id.0)),
        None => serializer.serialize_none(),
    }
}

pub fn order<S: Serializer>(value: &OrderId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(&value.0))
}

pub fn maybe_order<S: Serializer>(value: &Option<OrderId>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(id) => serializer.serialize_some(&hex(&id.0)),
        None => serializer.serialize_none(),
    }
}

pub fn maybe_contract<S: Serializer>(value: &Option<ContractId>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(id) => serializer.serialize_some(&hex(&id.0)),
        None => serializer.serialize_none(),
    }
}
