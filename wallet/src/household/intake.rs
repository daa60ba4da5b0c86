//! Taking in what the nodes gave: certificates are verified, blocks replayed, notes found, the outbox settled.

use hushwatt_ledger::{transaction::Action, units::Timestamp};

use super::{Household, HouseholdError, views::SyncState};
use crate::sync::Fetched;

/// Blocks after which the file is written although nothing of the household's own has happened.
const SAVE_EVERY: u64 = 500;

impl Household {
    /// The last block that was read: what comes after it is to be fetched.
    pub fn read_until(&self) -> u64 {
        self.view.tip().height + self.view.waiting() as u64
    }

    /// Since when nodes must still have hints.
    pub fn retention_from(&self) -> Timestamp {
        self.now().minus(self.genesis.parameters.retention)
    }

    /// Where the nodes are, as they say; `None` if none answered.
    pub fn note_tip(&mut self, tip: Option<(u64, Timestamp)>) {
        self.reached = tip.is_some();
        self.known_tip = self.known_tip.max(tip.unwrap_or_default());
    }

    /// Takes in a piece of the chain.
    ///
    /// # Errors
    /// [`HouseholdError::Ledger`] if the piece is not the ledger's: ask another node; what was read before stays. Others if the file
    /// cannot be written.
    pub fn take_in(&mut self, fetched: Fetched) -> Result<(), HouseholdError> {
        let before = self.view.tip().height;
        self.without_hints += fetched.without_hints;
        let (known, open) = (self.wallet.movements().len(), self.outbox.iter().filter(|out| !out.is_over()).count());
        let mut failed = None;
        for next in fetched.blocks {
            match self.view.follow(next) {
                Ok(blocks) => {
                    self.wallet.scan_blocks(&blocks);
                    let mut transactions = blocks.iter().flat_map(|followed| &followed.block.transactions);
                    let asked = transactions.any(|transaction| matches!(transaction.action(), Action::Request(_)));
                    for followed in blocks {
                        let header = followed.block.header;
                        let ids = followed.block.transactions.iter().map(|transaction| transaction.id());
                        self.settle_outbox(ids, header.height, header.time);
                    }
                    if asked {
                        self.keep_cohorts()?;
                    }
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let released = self.release_void();
        let still_open = self.outbox.iter().filter(|out| !out.is_over()).count();
        let own = released || self.wallet.movements().len() != known || still_open != open;
        let height = self.view.tip().height;
        if own || height / SAVE_EVERY != before / SAVE_EVERY {
            self.forget_foreign_buckets()?;
            self.save()?;
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Only the company that the household's own money and energy needs is kept.
    fn forget_foreign_buckets(&mut self) -> Result<(), HouseholdError> {
        let needed = self.wallet.needed_buckets();
        Ok(self.view.prune(|bucket| needed.contains(&bucket))?)
    }

    /// How far it has read.
    pub fn sync_state(&self, notices: Vec<String>) -> SyncState {
        let tip = self.view.tip();
        let known = self.known_tip.0.max(tip.height);
        let seconds = self.known_tip.1.0.saturating_sub(tip.time.0);
        SyncState {
            done: tip.height >= self.known_tip.0,
            reached: self.reached,
            height: tip.height,
            tip: known,
            as_of: tip.time,
            windows_left: seconds / self.genesis.parameters.window,
            seconds_left: None,
            notices,
        }
    }

    /// Transactions that came without their hints although they should have had them: money may be missing.
    pub fn without_hints(&self) -> u64 {
        self.without_hints
    }
}
