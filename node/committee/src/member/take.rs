//! What a final block means for the member: shares to open, requests to look at.

use std::collections::BTreeMap;

use hushwatt_crypto::{hint::Hint, sharing::Member as Number};
use hushwatt_ledger::{
    CheckError,
    committee::Committee,
    genesis::Meter,
    rules::{metering, totals},
    state::{Shared, StateError},
    transaction::{
        Action, Transaction,
        registry::RegistryChange,
        request::Request,
        share::{Authority, Share, SharePlace, ShareStatement, Subject},
    },
    units::{MeterId, Period, Timestamp},
};
use hushwatt_wallet::FinalBlock;

use super::{Member, StepError};
use crate::{
    answers::{AnswersError, BlockAt},
    review::review,
    shares::Kept,
};

impl Member {
    /// Takes a final block: the view is as of it, and everything about it is durable when this returns. Of the meters that are not
    /// as in the genesis any more he is told how they were before it.
    pub(super) fn take(&mut self, block: &FinalBlock, mut replaced: BTreeMap<MeterId, Meter>) -> Result<(), StepError> {
        let header = &block.block.header;
        let at = BlockAt { height: header.height, digest: self.view.tip().digest };
        self.answers.same_chain(&at)?;
        // Before anything is kept or written down of a block that no honest validator signed.
        self.complaints_hold(block)?;
        for (transaction, hints) in block.block.transactions.iter().zip(&block.hints) {
            match transaction.action() {
                Action::Share(share) => {
                    if self.is_signed(transaction, share, &replaced)? {
                        self.take_share(&share.statement, hints, &at)?;
                    } else {
                        // More than two thirds of the validators signed it all the same.
                        let of = words(&share.statement.subject);
                        tracing::error!(height = at.height, of, "a Share that its maker did not sign is not kept");
                    }
                }
                Action::Request(request) => self.take_request(transaction, request, &at, header.time)?,
                // From the next transaction on.
                Action::Registry(registry) => {
                    if let RegistryChange::Meter { meter, class, key } = registry.statement.change
                        && let Some(known) = self.parts.genesis.meter(meter)
                    {
                        replaced.insert(meter, Meter { utility: known.utility, class, key });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Holds the rules of totals against every complaint: a false one would leave somebody out of a total, or of one of two.
    fn complaints_hold(&self, block: &FinalBlock) -> Result<(), StepError> {
        let FinalBlock { block, .. } = block;
        for transaction in &block.transactions {
            let Action::Complain(complain) = transaction.action() else { continue };
            match complain.holds(&self.view.state(), transaction.id(), block.header.time) {
                Ok(()) => {}
                Err(CheckError::Rejected(source)) => {
                    return Err(StepError::Complaint { height: block.header.height, source });
                }
                Err(CheckError::State(error)) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Whether the meter, or whoever sold, signed a Share: by the registry as it was for that transaction, and the trade as it is.
    fn is_signed(
        &self,
        transaction: &Transaction,
        share: &Share,
        replaced: &BTreeMap<MeterId, Meter>,
    ) -> Result<bool, StateError> {
        let (state, network, id) = (self.view.state(), self.parts.genesis.network(), transaction.id());
        let statement = &share.statement;
        Ok(match (statement.subject, &share.authority) {
            (Subject::Meter(meter), Authority::Meter(signature)) => replaced
                .get(&meter)
                .or_else(|| self.parts.genesis.meter(meter))
                .is_some_and(|meter| metering::meter_signed(network, &meter.key, id, signature).is_ok()),
            (Subject::Trade { utility, trade }, Authority::Seller(proof)) => state
                .trade(statement.period, utility, &trade)?
                .is_some_and(|record| totals::seller_signed(network, &record.key, id, proof).is_ok()),
            _ => false,
        })
    }

    /// Keeps what was sealed for this member, right or wrong, if it can still be in a total; or that it is lacking.
    pub(super) fn take_share(
        &mut self,
        statement: &ShareStatement,
        hints: &[Hint],
        at: &BlockAt,
    ) -> Result<(), StepError> {
        let (period, subject) = (statement.period, statement.subject);
        let Some((committee, number)) = self.place_in(period)? else { return Ok(()) };
        if self.is_over(period) || matches!(self.shares.get(period, &subject), Some(Kept::Here { .. })) {
            return Ok(());
        }
        let Some(shared) = self.on_the_ledger(statement, number)? else { return Ok(()) };
        // With another key than the registry names he could tell no right share from a wrong one.
        let named = self.has_the_key_of(&committee, number);
        let kept = match self.judged(statement, hints, &shared).filter(|_| named) {
            Some(here) => here,
            None => {
                tracing::warn!(period = period.0, of = words(&subject), "shares of block {} are lacking", at.height);
                Kept::Lacking { height: at.height, block: at.digest }
            }
        };
        if let Kept::Here { wrong: Some(sharing), .. } = &kept {
            tracing::warn!(period = period.0, of = words(&subject), sharing, "a share is wrong");
        }
        Ok(self.shares.keep(period, subject, kept)?)
    }

    /// The openings that were shared, each with this member's place; `None` if the ledger has others or none, or somebody has
    /// complained of one: then they are in no total.
    fn on_the_ledger(
        &self,
        statement: &ShareStatement,
        member: Number,
    ) -> Result<Option<Vec<(SharePlace, Shared)>>, StateError> {
        let mut all = Vec::new();
        for (listed, sharing) in statement.sharings.iter().zip(0u8..) {
            let place = SharePlace { period: statement.period, subject: statement.subject, sharing, member };
            match self.view.state().shared(&place)? {
                Some(shared) if shared.sealed == listed.sealed => all.push((place, shared)),
                _ => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// The member's shares among the hints, opened once to see whether they are right; `None` if they are not all there.
    fn judged(&self, statement: &ShareStatement, hints: &[Hint], shared: &[(SharePlace, Shared)]) -> Option<Kept> {
        let network = self.parts.genesis.network();
        let (mut all, mut wrong) = (Vec::new(), None);
        let (first, _) = shared.first()?;
        let sealed = statement.sealed_for(first.member, hints);
        for ((place, shared), (_, sealed)) in shared.iter().zip(sealed) {
            if shared.sealed.get(usize::from(place.member.place())) != Some(&sealed.digest(network)) {
                return None;
            }
            let opened = sealed.open(network, &self.parts.keys.sealing, &place.context(&shared.of));
            let right = opened.is_some_and(|opened| opened.opens(&shared.of.expected(place.member)));
            if !right && wrong.is_none() {
                wrong = Some(place.sharing);
            }
            all.push(sealed);
        }
        (all.len() == shared.len()).then_some(Kept::Here { sealed: all, wrong })
    }

    /// Whether the registry names this member's sealing key beside his signing key.
    pub(super) fn has_the_key_of(&self, committee: &Committee, number: Number) -> bool {
        committee.member(number).is_some_and(|member| member.sealing == self.parts.keys.public().sealing)
    }

    /// Writes a request down that the rules allow, or why it is refused.
    fn take_request(
        &mut self,
        transaction: &Transaction,
        request: &Request,
        at: &BlockAt,
        asked_at: Timestamp,
    ) -> Result<(), StepError> {
        let statement = &request.statement;
        if self.place_in(statement.period)?.is_none() {
            return Ok(());
        }
        let known = self.answers.question(statement.period, statement.target);
        let known = known.is_some_and(|known| known.block == *at && known.statement == *statement);
        if known || self.answers.is_refused(statement, at.height) {
            return Ok(());
        }
        let reason = match review(&self.view.state(), transaction.id(), request, asked_at) {
            Ok(over) => match self.answers.ask(statement, at, &over) {
                Ok(()) => return Ok(()),
                Err(error @ (AnswersError::OtherSet(_) | AnswersError::InAnother { .. })) => error.to_string(),
                Err(error) => return Err(error.into()),
            },
            Err(CheckError::Rejected(rejection)) => rejection.to_string(),
            Err(CheckError::State(error)) => return Err(error.into()),
        };
        tracing::error!(period = statement.period.0, at.height, reason, "a request on the ledger is not answered");
        Ok(self.answers.refuse(statement, at.height, &reason)?)
    }

    /// The periods of which shares are kept and may still be released, with the committee and this member's number in it.
    pub(super) fn in_hand(&self) -> Result<Vec<(Period, Committee, Number)>, StateError> {
        let periods = self.shares.periods().filter(|period| !self.is_over(*period));
        let mut in_hand = Vec::new();
        for period in periods {
            in_hand.extend(self.place_in(period)?.map(|(committee, number)| (period, committee, number)));
        }
        Ok(in_hand)
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
