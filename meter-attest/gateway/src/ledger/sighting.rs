//! What a final block says of this meter.

use hushwatt_ledger::{
    block::Block,
    transaction::{Action, Attest, Correct, TransactionId, attest::AttestStatement, correct::CorrectStatement},
    units::{MeterId, Timestamp},
};

/// A transaction of this meter in a final block.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Height of the block.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// The transaction.
    pub id: TransactionId,
    /// What it says.
    pub said: Said,
}

/// What a meter said.
#[derive(Clone, Debug)]
pub enum Said {
    /// Windows that follow each other.
    Attested(AttestStatement),
    /// Other values for a window.
    Corrected(CorrectStatement),
}

impl Sighting {
    /// Its place in the meter's chain.
    pub fn sequence(&self) -> u64 {
        match &self.said {
            Said::Attested(statement) => statement.sequence,
            Said::Corrected(statement) => statement.sequence,
        }
    }
}

/// What a block says of a meter, at most one by the ledger's rules.
pub fn sightings(meter: MeterId, block: &Block) -> Vec<Sighting> {
    let own = block.transactions.iter().filter_map(|transaction| {
        let said = match transaction.action() {
            Action::Attest(Attest { statement, .. }) if statement.meter == meter => Said::Attested(statement.clone()),
            Action::Correct(Correct { statement, .. }) if statement.meter == meter => {
                Said::Corrected(statement.clone())
            }
            _ => return None,
        };
        Some(Sighting { height: block.header.height, time: block.header.time, id: *transaction.id(), said })
    });
    own.collect()
}
