//! Asking again for shares that nobody gave. All blocks that are sought get their turn, each ever more seldom; what is
//! given counts only if it is of the block that was final, and what the ledger has digests of.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_ledger::{
    block::BlockDigest,
    state::StateError,
    transaction::{Action, share::Subject},
    units::Period,
};
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
            if self.has_the_key_of(&committee, number) {
                sought.extend(self.lacking(period)?);
            }
        }
        Ok(sought)
    }

    /// Height and digest of the block of each subject of a period whose shares are lacking and can be in a total: not of one that
    /// somebody has complained of.
    pub(super) fn lacking(&self, period: Period) -> Result<Vec<(u64, BlockDigest)>, StateError> {
        let mut lacking = Vec::new();
        if self.shares.count(period).lacking == 0 {
            return Ok(lacking);
        }
        for (subject, kept) in self.shares.of(period) {
            if let Kept::Lacking { height, block } = kept
                && self.can_be_in(period, subject)?
            {
                lacking.push((*height, *block));
            }
        }
        Ok(lacking)
    }

    /// Whether the ledger has shares of a subject, and nobody has complained of them.
    pub(super) fn can_be_in(&self, period: Period, subject: &Subject) -> Result<bool, StateError> {
        Ok(self.view.state().share_of(period, subject)?.is_some_and(|share| !share.wrong))
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
