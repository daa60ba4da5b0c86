//! What a final block means for the member: shares to open, requests to look at.

use std::time::Duration;

use hushwatt_crypto::hint::Hint;
use hushwatt_ledger::{
    CheckError,
    transaction::{
        Action, Transaction,
        request::Request,
        share::{ShareStatement, Subject},
    },
    units::{Period, Timestamp},
};
use hushwatt_wallet::FinalBlock;
use rand_core::OsRng;

use super::{MOST_WAIT, Member, StepError};
use crate::{answers::AnswersError, review::review, shares::Kept};

/// Blocks that are asked for again at a time because shares are lacking.
const MOST_SOUGHT: usize = 8;

impl Member {
    /// Takes a final block: the view has it, and everything about it is durable when this returns.
    pub(super) fn take(&mut self, block: &FinalBlock) -> Result<(), StepError> {
        let header = &block.block.header;
        for (transaction, hints) in block.block.transactions.iter().zip(&block.hints) {
            match transaction.action() {
                Action::Share(share) => self.take_share(&share.statement, hints, header.height)?,
                Action::Request(request) => self.take_request(transaction, request, header.height, header.time)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps what was sealed for this member, right or wrong, if it can still be in a total.
    fn take_share(&mut self, statement: &ShareStatement, hints: &[Hint], height: u64) -> Result<(), StepError> {
        let (period, subject) = (statement.period, statement.subject);
        let Some((committee, number)) = self.place_in(period)? else { return Ok(()) };
        if self.view.tip().time > self.totals.times(period).release
            || matches!(self.shares.get(period, &subject), Some(Kept::Here { .. }))
        {
            return Ok(());
        }
        let sealing = self.parts.keys.public().sealing;
        let named = committee.member(number).is_some_and(|member| member.sealing == sealing);
        self.trouble.set_sealing(!named);
        let network = *self.parts.genesis.network();
        let (mut sealed, mut wrong) = (Vec::new(), None);
        for (place, share) in statement.sealed_for(number, hints) {
            // One that somebody has complained of is in no total.
            let Some(shared) = self.view.state().shared(&place)? else { return Ok(()) };
            if shared.sealed.get(usize::from(number.place())) != Some(&share.digest(&network)) {
                break;
            }
            let opened = share.open(&network, &self.parts.keys.sealing, &place.context());
            if !opened.is_some_and(|opened| opened.opens(&shared.of.expected(number))) && wrong.is_none() {
                wrong = Some(place.sharing);
            }
            sealed.push(share);
        }
        let kept = if sealed.len() == subject.sharings() {
            if let Some(sharing) = wrong {
                tracing::warn!(period = period.0, subject = %words(&subject), sharing, "a share is wrong");
            }
            Kept::Here { sealed, wrong }
        } else {
            tracing::warn!(period = period.0, subject = %words(&subject), "nobody gives the shares of block {height}");
            Kept::Lacking { height }
        };
        Ok(self.shares.keep(period, subject, kept)?)
    }

    /// Writes a request down that the rules allow, or why it is refused.
    fn take_request(
        &mut self,
        transaction: &Transaction,
        request: &Request,
        height: u64,
        asked_at: Timestamp,
    ) -> Result<(), StepError> {
        let statement = &request.statement;
        if self.place_in(statement.period)?.is_none() {
            return Ok(());
        }
        let known = self.answers.question(statement.period, statement.target);
        if known.is_some_and(|known| known.height == height && known.statement == *statement) {
            return Ok(());
        }
        let allowed = review(&self.view.state(), transaction.id(), request, asked_at);
        let reason = match allowed {
            Ok(()) => match self.answers.ask(statement, height) {
                Ok(()) => return Ok(()),
                Err(error @ AnswersError::OtherSet(_)) => error.to_string(),
                Err(error) => return Err(error.into()),
            },
            Err(CheckError::Rejected(rejection)) => rejection.to_string(),
            Err(CheckError::State(error)) => return Err(error.into()),
        };
        tracing::error!(period = statement.period.0, height, reason, "a request on the ledger is not answered");
        Ok(self.answers.refuse(statement, height, &reason)?)
    }

    /// Asks again for shares that nobody gave.
    pub(super) fn seek(&mut self, now: Duration) -> Result<(), StepError> {
        if !self.seeking.is_due(now) {
            return Ok(());
        }
        let time = self.view.tip().time;
        let mut heights: Vec<(u64, Period)> = Vec::new();
        for period in self.shares.periods().filter(|period| time <= self.totals.times(*period).request) {
            heights.extend(self.shares.of(period).filter_map(|(_, kept)| match kept {
                Kept::Lacking { height } => Some((*height, period)),
                Kept::Here { .. } => None,
            }));
        }
        heights.sort_unstable();
        heights.dedup_by_key(|(height, _)| *height);
        self.seeking.rest(now, MOST_WAIT, &mut OsRng);
        let from = time.minus(self.parts.genesis.parameters.retention);
        for (height, period) in heights.into_iter().take(MOST_SOUGHT) {
            let Ok(fetched) = self.parts.chain.fetch(height.saturating_sub(1), from) else { break };
            let Some(block) = fetched.blocks.into_iter().find(|block| block.block.header.height == height) else {
                break;
            };
            for (transaction, hints) in block.block.transactions.iter().zip(&block.hints) {
                // The ledger's own digests say whether these are the shares.
                if let Action::Share(share) = transaction.action()
                    && share.statement.period == period
                    && !hints.is_empty()
                {
                    self.take_share(&share.statement, hints, height)?;
                }
            }
        }
        Ok(())
    }

    /// How many subjects of a period are in which state: right, wrong, lacking.
    pub(super) fn count(&self, period: Period) -> [u32; 3] {
        let mut counts = [0; 3];
        for (_, kept) in self.shares.of(period) {
            let place = match kept {
                Kept::Here { wrong: None, .. } => 0,
                Kept::Here { .. } => 1,
                Kept::Lacking { .. } => 2,
            };
            counts[place] += 1;
        }
        counts
    }
}

/// Whose openings, for people.
pub(super) fn words(subject: &Subject) -> String {
    match subject {
        Subject::Meter(meter) => format!("meter {}", meter.0),
        Subject::Trade { utility, trade } => {
            format!("a trade of {} ({}..)", utility.name(), hushwatt_crypto::hash::hex(&trade.0[..4]))
        }
    }
}
