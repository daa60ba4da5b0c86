//! What each role could see, counted on the chain itself; in the words of the table of roles.

use hushwatt_ledger::transaction::Action;
use hushwatt_node::Store;
use serde::Serialize;

use super::DemoError;
use crate::roles::{Learns, Role, Thing, row};

/// Sizes of the sets that spenders hid in.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct SetSizes {
    pub(super) spends: usize,
    pub(super) smallest: u32,
    pub(super) median: u32,
    pub(super) largest: u32,
}

impl SetSizes {
    fn of(mut sizes: Vec<u32>) -> Self {
        sizes.sort_unstable();
        SetSizes {
            spends: sizes.len(),
            smallest: sizes.first().copied().unwrap_or(0),
            median: sizes.get(sizes.len() / 2).copied().unwrap_or(0),
            largest: sizes.last().copied().unwrap_or(0),
        }
    }
}

/// What nobody but those concerned learns, by the table of roles.
pub(super) fn unseen() -> String {
    let hidden = |thing: &Thing| row(Role::Everybody, *thing).is_some_and(|row| row.learns == Learns::Never);
    let names: Vec<&str> = Thing::ALL.iter().filter(|thing| hidden(thing)).map(|thing| thing.name()).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// A line of the page: what a role learns beyond everybody, in short, and how much of it there was.
pub(super) fn learned(role: Role, here: &str) -> String {
    let short = |what: &'static str| what.split([';', '.']).next().unwrap_or(what);
    let all: Vec<&str> = role.rows().map(|row| short(row.what)).collect();
    format!("{}: {}. Here: {here}.", role.name(), all.join("; "))
}

/// Counts over the whole chain.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Seen {
    pub(super) transfers: usize,
    pub(super) attestations: usize,
    pub(super) attested_windows: usize,
    pub(super) opens: usize,
    pub(super) delivers: usize,
    pub(super) receipts: usize,
    pub(super) sells: usize,
    pub(super) buys: usize,
    pub(super) clears: usize,
    pub(super) mints: usize,
    pub(super) burns: usize,
    pub(super) meters: usize,
    pub(super) credit_sets: SetSizes,
    pub(super) energy_sets: SetSizes,
    pub(super) transaction_bytes: usize,
}

impl Seen {
    pub(super) fn on(store: &Store) -> Result<Self, DemoError> {
        let mut seen = Seen::default();
        let mut meters = std::collections::BTreeSet::new();
        let (mut credit, mut energy) = (Vec::new(), Vec::new());
        for height in 1..=store.tip().height {
            let (block, _) = store.block(height)?;
            for transaction in &block.transactions {
                seen.transaction_bytes += transaction.encoded_len();
                let inputs = transaction.action().spends().len();
                let lengths = || transaction.action().buckets().into_iter().map(|bucket| bucket.length);
                match transaction.action() {
                    Action::Transfer(_) | Action::Open(_) | Action::Buy(_) => {
                        credit.extend(lengths().cycle().take(inputs))
                    }
                    Action::Burn(_) => credit.extend(lengths()),
                    Action::Deliver(_) | Action::Sell(_) => energy.extend(lengths().cycle().take(inputs)),
                    Action::Attest(_)
                    | Action::Correct(_)
                    | Action::Mint(_)
                    | Action::Registry(_)
                    | Action::Clear(_)
                    | Action::Share(_)
                    | Action::Complain(_)
                    | Action::Request(_)
                    | Action::Release(_) => {}
                }
                match transaction.action() {
                    Action::Transfer(_) => seen.transfers += 1,
                    Action::Open(_) => seen.opens += 1,
                    Action::Burn(_) => seen.burns += 1,
                    Action::Mint(_) => seen.mints += 1,
                    Action::Deliver(deliver) => {
                        seen.delivers += 1;
                        seen.receipts += deliver.statement.deliveries.len();
                    }
                    Action::Attest(attest) => {
                        seen.attestations += 1;
                        seen.attested_windows += attest.statement.windows.len();
                        meters.insert(attest.statement.meter);
                    }
                    Action::Sell(_) => seen.sells += 1,
                    Action::Buy(_) => seen.buys += 1,
                    Action::Clear(_) => seen.clears += 1,
                    Action::Correct(_) | Action::Registry(_) => {}
                    Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => {}
                }
            }
        }
        seen.meters = meters.len();
        seen.credit_sets = SetSizes::of(credit);
        seen.energy_sets = SetSizes::of(energy);
        Ok(seen)
    }
}
