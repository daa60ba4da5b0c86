//! What the member says on the ledger: complaints and releases, until a final block has them.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_crypto::sharing::{Member as Number, Share};
use hushwatt_ledger::{
    state::TotalRecord,
    transaction::{
        Envelope,
        build::Built,
        complain::{ComplainPlan, WrongShare},
        release::ReleasePlan,
        request::Target,
        share::{SharePlace, Subject},
    },
    units::{MeterId, Period, Utility},
};
use hushwatt_wallet::sync::SyncError;
use rand_core::OsRng;

use super::{MOST_WAIT, Member, StepError, take::words};
use crate::{answers::Question, chain::submission, shares::Kept};

/// What is to be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Saying {
    Complaint(Period, Subject),
    Release(Period, Target),
}

/// When each is said again, and what was answered last.
#[derive(Default)]
pub(super) struct Sending {
    again: BTreeMap<Saying, Backoff>,
    refused: BTreeMap<Saying, String>,
}

/// Why a question cannot be answered now.
pub(super) enum Unable {
    /// The ledger has no such total any more.
    Gone,
    /// These shares are not here.
    Lacking(Vec<String>),
    /// They do not make what the ledger says.
    NotTheSum,
}

impl Unable {
    pub fn words(&self) -> String {
        match self {
            Unable::Gone => "the ledger has no such total any more".to_owned(),
            Unable::Lacking(whose) => {
                format!("the shares of {} are lacking: nobody gave them while this member was away", whose.join(", "))
            }
            Unable::NotTheSum => "the shares do not add up to what the ledger says".to_owned(),
        }
    }
}

impl Member {
    /// Writes the answer to every question down that can be answered by now, and which answers are final.
    pub(super) fn answer(&mut self) -> Result<(), StepError> {
        let open: Vec<Question> = self.answers.questions().filter(|question| !question.is_final).cloned().collect();
        for question in open {
            let (period, target) = (question.statement.period, question.statement.target);
            let Some((_, number)) = self.place_in(period)? else { continue };
            let total = self.view.state().total(period, target)?;
            if total.as_ref().is_some_and(|total| total.released.contains(&number)) {
                self.answers.finish(period, target)?;
                tracing::info!(period = period.0, target = target_words(target), "released");
            } else if question.answer.is_none()
                && self.view.tip().time <= self.totals.times(period).release
                && let Ok(sums) = self.sums(&question, number)?
            {
                self.answers.answer(period, target, sums)?;
            }
        }
        Ok(())
    }

    /// The sums of shares that answer a question: over exactly what it fixed, and checked against the ledger's own sums.
    pub(super) fn sums(&self, question: &Question, number: Number) -> Result<Result<[Share; 2], Unable>, StepError> {
        let (period, target) = (question.statement.period, question.statement.target);
        let Some(total) = self.view.state().total(period, target)? else { return Ok(Err(Unable::Gone)) };
        let sums = match target {
            Target::Cohort(place) => self.of_cohort(period, place, &question.statement.left_out, number)?,
            Target::Trades(utility) => self.of_trades(period, utility, number, &total)?,
        };
        Ok(sums.and_then(|sums| {
            let right = total.sums.iter().zip(&sums).all(|(of, sum)| sum.opens(&of.expected(number)));
            if right { Ok(sums) } else { Err(Unable::NotTheSum) }
        }))
    }

    fn of_cohort(
        &self,
        period: Period,
        place: u8,
        left_out: &[MeterId],
        number: Number,
    ) -> Result<Result<[Share; 2], Unable>, StepError> {
        let Some(cohort) = self.view.state().cohort(period, place)? else { return Ok(Err(Unable::Gone)) };
        let (mut exported, mut imported, mut lacking) = (Vec::new(), Vec::new(), Vec::new());
        for entry in cohort.meters().iter().filter(|entry| !left_out.contains(&entry.meter)) {
            let subject = Subject::Meter(entry.meter);
            match (self.opened(period, subject, 0, number), self.opened(period, subject, 1, number)) {
                (Some(export), Some(import)) => {
                    exported.push(export);
                    imported.push(import);
                }
                _ => lacking.push(words(&subject)),
            }
        }
        if !lacking.is_empty() {
            return Ok(Err(Unable::Lacking(lacking)));
        }
        Ok(Ok([&exported, &imported].map(|shares| Share::sum(shares.iter().map(|share| (1, share))))))
    }

    fn of_trades(
        &self,
        period: Period,
        utility: Utility,
        number: Number,
        total: &TotalRecord,
    ) -> Result<Result<[Share; 2], Unable>, StepError> {
        let mut shares: Vec<(u64, Share)> = Vec::new();
        for (trade, record) in self.view.state().trades_within(period, utility)? {
            if let Some(share) = self.opened(period, Subject::Trade { utility, trade }, 0, number) {
                shares.push((u64::from(record.price.micro_euro()), share));
            }
        }
        let lacking = (total.count as usize).saturating_sub(shares.len());
        if lacking > 0 {
            return Ok(Err(Unable::Lacking(vec![format!("{lacking} trades")])));
        }
        let energy = Share::sum(shares.iter().map(|(_, share)| (1, share)));
        let money = Share::sum(shares.iter().map(|(price, share)| (*price, share)));
        Ok(Ok([energy, money]))
    }

    /// A share that is kept and right.
    fn opened(&self, period: Period, subject: Subject, sharing: u8, member: Number) -> Option<Share> {
        let Kept::Here { sealed, wrong: None } = self.shares.get(period, &subject)? else { return None };
        let place = SharePlace { period, subject, sharing, member };
        sealed.get(usize::from(sharing))?.open(self.parts.genesis.network(), &self.parts.keys.sealing, &place.context())
    }

    /// Sends what is not on the ledger yet.
    pub(super) fn send(&mut self, now: Duration) -> Result<(), StepError> {
        let mut due: Vec<(Saying, Built)> = Vec::new();
        self.complaints(&mut due)?;
        self.releases(&mut due)?;
        let open: Vec<Saying> = due.iter().map(|(saying, _)| *saying).collect();
        self.sending.again.retain(|saying, _| open.contains(saying));
        self.sending.refused.retain(|saying, _| open.contains(saying));
        for (saying, built) in due {
            let again = self.sending.again.entry(saying).or_insert_with(|| Backoff::up_to(MOST_WAIT));
            if !again.is_due(now) {
                continue;
            }
            // Taken or not, it is said again until a final block has it.
            again.fail(now, &mut OsRng);
            match self.parts.chain.submit(&submission(&built)) {
                Ok(_) => {
                    self.sending.refused.remove(&saying);
                }
                Err(error) => {
                    tracing::warn!(%error, "what the member sent was not taken");
                    if matches!(error, SyncError::Refused { .. }) {
                        self.sending.refused.insert(saying, error.to_string());
                    }
                }
            }
        }
        Ok(())
    }

    /// A complaint for each wrong share that nobody has complained of.
    fn complaints(&self, due: &mut Vec<(Saying, Built)>) -> Result<(), StepError> {
        let time = self.view.tip().time;
        for period in self.shares.periods().filter(|period| time <= self.totals.times(*period).complain) {
            let Some((_, member)) = self.place_in(period)? else { continue };
            for (subject, kept) in self.shares.of(period) {
                let Kept::Here { sealed, wrong: Some(sharing) } = kept else { continue };
                let place = SharePlace { period, subject: *subject, sharing: *sharing, member };
                let Some(shared) = self.view.state().shared(&place)? else { continue };
                let Some(sealed) = sealed.get(usize::from(*sharing)) else { continue };
                let wrong = WrongShare { place, sealed: *sealed, of: shared.of };
                let plan = ComplainPlan { wrong, valid_until: Envelope::validity_from(time) };
                let keys = &self.parts.keys;
                match plan.build(&self.parts.genesis, &keys.sealing, &keys.signing, &mut OsRng) {
                    Ok(built) => due.push((Saying::Complaint(period, *subject), built)),
                    Err(error) => tracing::warn!(%error, subject = %words(subject), "a complaint cannot be made"),
                }
            }
        }
        Ok(())
    }

    /// A release for each answer that is written down and not final.
    fn releases(&self, due: &mut Vec<(Saying, Built)>) -> Result<(), StepError> {
        let time = self.view.tip().time;
        for question in self.answers.questions().filter(|question| !question.is_final) {
            let (period, target) = (question.statement.period, question.statement.target);
            let Some(sums) = question.answer.clone() else { continue };
            if time > self.totals.times(period).release || self.view.state().total(period, target)?.is_none() {
                continue;
            }
            let Some((_, member)) = self.place_in(period)? else { continue };
            let plan = ReleasePlan { period, target, member, sums, valid_until: Envelope::validity_from(time) };
            due.push((Saying::Release(period, target), plan.build(&self.parts.genesis, &self.parts.keys.signing)));
        }
        Ok(())
    }

    /// What nodes refused, in their words.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &String> {
        self.sending.refused.values()
    }
}

/// A target, for people.
pub fn target_words(target: Target) -> String {
    match target {
        Target::Cohort(place) => format!("cohort {place}"),
        Target::Trades(utility) => format!("trades of {}", utility.name()),
    }
}
