//! Kinds of transactions by name.

use crate::{paper::messages::Message, report::Kinds};

/// A kind of transaction, and how many there are.
type OfKind = (Message, fn(&Kinds) -> u64);

/// Kinds of transactions, each with how many there are.
pub(super) fn kinds() -> [OfKind; 15] {
    [
        (Message::Transfers, |kinds| kinds.transfers),
        (Message::Attests, |kinds| kinds.attests),
        (Message::Corrects, |kinds| kinds.corrects),
        (Message::Opens, |kinds| kinds.opens),
        (Message::Delivers, |kinds| kinds.delivers),
        (Message::Sells, |kinds| kinds.sells),
        (Message::Buys, |kinds| kinds.buys),
        (Message::Clears, |kinds| kinds.clears),
        (Message::Mints, |kinds| kinds.mints),
        (Message::Burns, |kinds| kinds.burns),
        (Message::RegistryChanges, |kinds| kinds.registry_changes),
        (Message::Shares, |kinds| kinds.shares),
        (Message::Complaints, |kinds| kinds.complaints),
        (Message::TotalRequests, |kinds| kinds.requests),
        (Message::Releases, |kinds| kinds.releases),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each, each of another number: none is left out, and none stands twice.
    #[test]
    fn every_kind_of_transaction_is_told() {
        let all = Kinds {
            transfers: 1,
            attests: 2,
            opens: 4,
            delivers: 8,
            mints: 16,
            burns: 32,
            registry_changes: 64,
            corrects: 128,
            sells: 256,
            buys: 512,
            clears: 1_024,
            shares: 2_048,
            complaints: 4_096,
            requests: 8_192,
            releases: 16_384,
        };
        assert_eq!(kinds().iter().map(|(_, count)| count(&all)).sum::<u64>(), all.total());
        assert_eq!(all.total(), (1 << 15) - 1);
    }
}
