//! The contracts of each window, settled ones included, as an index keeps them beside the state: no part of the state root.

use std::collections::BTreeSet;

use super::{Changes, keys};
use crate::{
    block::Block,
    codec::{DecodeError, Reader, Writer},
    storage::{Index, IndexBatch, StorageError},
    transaction::{Action, open::ContractId},
    units::{Price, Utility, Window},
};

/// A contract as anybody may know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexedContract {
    /// Its id.
    pub id: ContractId,
    /// What was bought.
    pub utility: Utility,
    /// At which price.
    pub price: Price,
    /// Commitment to the quantity.
    pub quantity: [u8; 32],
    /// Block of its Open.
    pub opened: u64,
    /// How it ended, if it did.
    pub closed: Option<Closed>,
}

/// How a contract ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// With which block.
    pub height: u64,
    /// Commitment to what was delivered; `None` if it expired.
    pub receipt: Option<[u8; 32]>,
}

/// What a block adds: the contracts that it opens, delivers to, and lets expire.
pub(super) fn entries(changes: &Changes, block: &Block, batch: &mut IndexBatch) {
    let height = block.header.height;
    let mut delivered = BTreeSet::new();
    for (place, transaction) in (0u32..).zip(&block.transactions) {
        match transaction.action() {
            Action::Open(open) => {
                let terms = &open.statement.contract;
                let id = ContractId::of(&transaction.envelope().network, transaction.id());
                batch.push((keys::contract_of_window(terms.window, height, place), Some(id.0.to_vec())));
                let mut writer = Writer::new();
                writer.u8(terms.utility.code()).u32(terms.price.micro_euro());
                writer.bytes(terms.quantity.as_bytes()).u64(height);
                batch.push((keys::contract_terms(&id), Some(writer.finish())));
            }
            Action::Deliver(deliver) => {
                for delivery in &deliver.statement.deliveries {
                    delivered.insert(delivery.contract);
                    let mut writer = Writer::new();
                    writer.u64(height).u8(1).bytes(delivery.delivered.as_bytes());
                    batch.push((keys::contract_end(&delivery.contract), Some(writer.finish())));
                }
            }
            _ => {}
        }
    }
    for (key, value) in changes {
        if let (keys::Kind::Contract(id), None) = (keys::classify(key), value)
            && !delivered.contains(&id)
        {
            let mut writer = Writer::new();
            writer.u64(height).u8(0);
            batch.push((keys::contract_end(&id), Some(writer.finish())));
        }
    }
}

/// The contracts of a window in the order in which they were opened: how many there are, and those from a place (from 0) on,
/// up to so many.
pub fn index_contracts(
    index: &dyn Index,
    window: Window,
    from: usize,
    most: usize,
) -> Result<(usize, Vec<IndexedContract>), StorageError> {
    let listed = index.scan_prefix(&keys::contracts_of_window(window))?;
    let broken = || StorageError::IndexBroken { reason: "the list of contracts cannot be read".to_owned() };
    let mut contracts = Vec::new();
    for (_, id) in listed.iter().skip(from).take(most) {
        let id = ContractId(id.as_slice().try_into().map_err(|_| broken())?);
        let terms = index.get(&keys::contract_terms(&id))?.ok_or_else(broken)?;
        let end = index.get(&keys::contract_end(&id))?;
        contracts.push(decode(id, &terms, end.as_deref()).map_err(|_| broken())?);
    }
    Ok((listed.len(), contracts))
}

fn decode(id: ContractId, terms: &[u8], end: Option<&[u8]>) -> Result<IndexedContract, DecodeError> {
    let mut reader = Reader::new(terms);
    let utility = Utility::from_code(reader.u8()?).ok_or(DecodeError::UnknownTag)?;
    let price = Price::new(reader.u32()?).ok_or(DecodeError::LengthOutOfRange)?;
    let (quantity, opened) = (reader.array()?, reader.u64()?);
    reader.finish()?;
    let closed = end.map(|end| {
        let mut reader = Reader::new(end);
        let height = reader.u64()?;
        let receipt = if reader.u8()? == 1 { Some(reader.array()?) } else { None };
        reader.finish()?;
        Ok::<_, DecodeError>(Closed { height, receipt })
    });
    Ok(IndexedContract { id, utility, price, quantity, opened, closed: closed.transpose()? })
}
