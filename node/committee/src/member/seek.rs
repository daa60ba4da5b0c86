//! Asking again for shares that nobody gave. All blocks that are sought get their turn, each ever more seldom; what is
//! given counts only if it is of the block that was final, and what the ledger has digests of.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_ledger::{block::BlockDigest, transaction::Action};
use hushwatt_wallet::ChainBlock;
use rand_core::OsRng;

use super::{Member, StepError};
use crate::{answers::BlockAt, shares::Kept};

/// Pieces of the chain that are downloaded at a time.
const MOST_AT_ONCE: usize = 4;
/// Between two such times.
const BETWEEN: Duration = Duration::from_secs(30);
/// Longest wait between two attempts at one block.
const MOST_WAIT: Duration = Duration::from_secs(3600);

/// When each block is asked for again.
pub(super) struct Seeking {
    all: Backoff,
    /// By height, with how often it was asked for.
    blocks: BTreeMap<u64, (u32, Backoff)>,
}

impl Default for Seeking {
    fn default() -> Self {
        Seeking { all: Backoff::up_to(BETWEEN), blocks: BTreeMap::new() }
    }
}

impl Seeking {
    /// The one that it is time for, and that was asked for least often.
    fn next(&self, now: Duration) -> Option<u64> {
        let due = self.blocks.iter().filter(|(_, (_, again))| again.is_due(now));
        due.min_by_key(|(height, (tries, _))| (*tries, **height)).map(|(height, _)| *height)
    }

    fn tried(&mut self, height: u64, now: Duration) {
        if let Some((tries, again)) = self.blocks.get_mut(&height) {
            *tries = tries.saturating_add(1);
            again.fail(now, &mut OsRng);
        }
    }
}

impl Member {
    /// Asks again for shares that nobody gave.
    pub(super) fn seek(&mut self, now: Duration) -> Result<(), StepError> {
        if !self.seeking.all.is_due(now) {
            return Ok(());
        }
        self.seeking.all.rest(now, BETWEEN, &mut OsRng);
        let sought = self.sought()?;
        self.seeking.blocks.retain(|height, _| sought.contains_key(height));
        for height in sought.keys() {
            self.seeking.blocks.entry(*height).or_insert_with(|| (0, Backoff::up_to(MOST_WAIT)));
        }
        let from = self.view.tip().time.minus(self.parts.genesis.parameters.retention);
        for _ in 0..MOST_AT_ONCE {
            let Some(height) = self.seeking.next(now) else { break };
            let fetched = self.parts.chain.fetch(height.saturating_sub(1), from);
            // Whatever comes of it: the others have their turn first.
            self.seeking.tried(height, now);
            // That no node answers is told by whoever follows.
            let Ok(fetched) = fetched else { break };
            for block in fetched.blocks {
                let of = block.block.header.height;
                let Some(digest) = sought.get(&of) else { continue };
                if !self.take_again(&block, &BlockAt { height: of, digest: *digest })? {
                    self.parts.chain.blame(&format!("block {of} is not the one that is final"));
                    break;
                }
                if of != height {
                    self.seeking.tried(of, now);
                }
            }
        }
        Ok(())
    }

    /// The blocks some of whose shares are lacking and could still be of use, by height.
    fn sought(&self) -> Result<BTreeMap<u64, BlockDigest>, StepError> {
        let mut sought = BTreeMap::new();
        for (period, committee, number) in self.in_hand()? {
            if self.shares.count(period).lacking == 0 || !self.has_the_key_of(&committee, number) {
                continue;
            }
            sought.extend(self.shares.of(period).filter_map(|(_, kept)| match kept {
                Kept::Lacking { height, block } => Some((*height, *block)),
                Kept::Here { .. } => None,
            }));
        }
        Ok(sought)
    }

    /// Keeps what is lacking of a block that was taken before, without these hints; says whether it is that block.
    fn take_again(&mut self, given: &ChainBlock, at: &BlockAt) -> Result<bool, StepError> {
        if given.block.header.digest(self.parts.genesis.network()) != at.digest {
            return Ok(false);
        }
        for (transaction, hints) in given.block.transactions.iter().zip(&given.hints) {
            if let Action::Share(share) = transaction.action()
                && self.shares.is_lacking(share.statement.period, &share.statement.subject)
            {
                self.take_share(&share.statement, hints, at)?;
            }
        }
        Ok(true)
    }
}
