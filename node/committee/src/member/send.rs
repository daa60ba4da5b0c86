//! What the member says on the ledger: complaints and releases, until a final block has them.

use std::{collections::BTreeMap, time::Duration};

use hushwatt_client::Backoff;
use hushwatt_crypto::sharing::{Member as Number, Share};
use hushwatt_ledger::{
    CheckError, Rejection,
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
use crate::{answers::Question, chain::submission, review::over, shares::Kept};

/// So much is handed in at a step: nodes that do not answer must not keep him from reading the chain and telling how he is.
const MOST_AT_ONCE: usize = 4;
/// So many are named of those whose shares are not of use.
const MOST_NAMED: usize = 8;

/// What is to be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Saying {
    Complaint(Period, Subject),
    Release(Period, Target),
}

/// One of them: said again and again in the same words, as long as a block may take them.
struct Said {
    times: u32,
    again: Backoff,
    built: Option<Built>,
    refused: Option<String>,
}

/// All that is being said.
#[derive(Default)]
pub(super) struct Sending(BTreeMap<Saying, Said>);

impl Sending {
    /// What it is time for: first what was said least often, so that everything has its turn.
    fn due(&self, now: Duration) -> Vec<Saying> {
        let due = self.0.iter().filter(|(_, said)| said.again.is_due(now));
        let mut due: Vec<(u32, Saying)> = due.map(|(saying, said)| (said.times, *saying)).collect();
        due.sort_unstable();
        due.into_iter().take(MOST_AT_ONCE).map(|(_, saying)| saying).collect()
    }
}

/// Why questions could not be answered, each with how often shares of its period had changed by then: it is tried again when they
/// change, or at once where shares are not the reason.
#[derive(Default)]
pub(super) struct Answering(BTreeMap<(Period, Target), (Option<u64>, String)>);

impl Answering {
    /// Why a question could not be answered.
    pub fn reason(&self, period: Period, target: Target) -> Option<&String> {
        self.0.get(&(period, target)).map(|(_, reason)| reason)
    }
}

/// Why a question cannot be answered now.
pub(super) enum Unable {
    /// The ledger has no such total any more.
    Gone,
    /// Shares of these are not here.
    Lacking(Vec<String>),
    /// Shares of these are wrong.
    Wrong(Vec<String>),
    /// They do not make what the ledger says, or that is not what was asked.
    NotTheSum,
}

impl Unable {
    fn words(&self) -> String {
        match self {
            Unable::Gone => "the ledger has no such total any more".to_owned(),
            Unable::Lacking(whose) => format!("shares are lacking, nobody gave them: {}", some(whose)),
            Unable::Wrong(whose) => {
                format!("shares are wrong, and no complaint came to the ledger in time: {}", some(whose))
            }
            Unable::NotTheSum => "the shares of what was asked do not add up to what the ledger says".to_owned(),
        }
    }
}

/// The first few, and how many more.
fn some(whose: &[String]) -> String {
    let first = whose.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match whose.len().saturating_sub(MOST_NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl Member {
    /// Writes the answer to every question down that can be answered by now, and which answers are final.
    pub(super) fn answer(&mut self) -> Result<(), StepError> {
        let open: Vec<Question> = self.open_questions().cloned().collect();
        self.answering.0.retain(|key, _| open.iter().any(|question| question.key() == *key));
        for question in open {
            let (period, target) = question.key();
            let Some((_, number)) = self.place_in(period)? else { continue };
            // Of a chain that he reads again, or from nodes that are behind.
            if self.view.tip().height < question.block.height {
                continue;
            }
            let total = self.view.state().total(period, target)?;
            if total.is_some_and(|total| total.released.contains(&number)) {
                self.answers.finish(period, target)?;
                tracing::info!(period = period.0, target = target_words(target), "released");
                continue;
            }
            let changes = self.shares.changes(period);
            let tried = self.answering.0.get(&(period, target)).is_some_and(|(then, _)| *then == Some(changes));
            if question.answer.is_some() || tried {
                continue;
            }
            match self.sums(&question, number)? {
                Ok(sums) => self.answers.answer(period, target, sums)?,
                Err(unable) => {
                    let until = (!matches!(unable, Unable::Gone)).then_some(changes);
                    self.answering.0.insert((period, target), (until, unable.words()));
                }
            }
        }
        Ok(())
    }

    /// The questions that are not answered on the ledger and may still be.
    pub(super) fn open_questions(&self) -> impl Iterator<Item = &Question> {
        let in_time = move |question: &&Question| !self.is_over(question.statement.period);
        // They are in the order of their periods.
        self.answers.questions().rev().take_while(in_time).filter(|question| !question.is_final)
    }

    /// The sums of shares that answer a question: over exactly what it fixed, and checked against the ledger's own sums.
    fn sums(&self, question: &Question, number: Number) -> Result<Result<[Share; 2], Unable>, StepError> {
        let (period, target) = (question.statement.period, question.statement.target);
        let Some(total) = self.view.state().total(period, target)? else { return Ok(Err(Unable::Gone)) };
        // What the ledger has by now may be another set, if validators certified what no rule allows.
        match over(&self.view.state(), &question.statement) {
            Ok(over) if over == question.over => {}
            Ok(_) => return Ok(Err(Unable::NotTheSum)),
            Err(CheckError::Rejected(_)) => return Ok(Err(Unable::Gone)),
            Err(CheckError::State(error)) => return Err(error.into()),
        }
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
        let (mut exported, mut imported) = (Vec::new(), Vec::new());
        let (mut lacking, mut wrong) = (Vec::new(), Vec::new());
        for entry in cohort.meters().iter().filter(|entry| !left_out.contains(&entry.meter)) {
            let subject = Subject::Meter(entry.meter);
            match (self.opened(period, subject, 0, number)?, self.opened(period, subject, 1, number)?) {
                (Some(export), Some(import)) => {
                    exported.push(export);
                    imported.push(import);
                }
                _ if self.shares.is_wrong(period, &subject) => wrong.push(words(&subject)),
                _ => lacking.push(words(&subject)),
            }
        }
        if !wrong.is_empty() {
            return Ok(Err(Unable::Wrong(wrong)));
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
        let (mut shares, mut wrong): (Vec<(u64, Share)>, usize) = (Vec::new(), 0);
        for (trade, record) in self.view.state().trades_within(period, utility)? {
            let subject = Subject::Trade { utility, trade };
            match self.opened(period, subject, 0, number)? {
                Some(share) => shares.push((u64::from(record.price.micro_euro()), share)),
                None if self.shares.is_wrong(period, &subject) => wrong += 1,
                None => {}
            }
        }
        if wrong > 0 {
            return Ok(Err(Unable::Wrong(vec![format!("{wrong} trades")])));
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
    fn opened(
        &self,
        period: Period,
        subject: Subject,
        sharing: u8,
        member: Number,
    ) -> Result<Option<Share>, StepError> {
        let Some(Kept::Here { sealed, wrong: None }) = self.shares.get(period, &subject) else { return Ok(None) };
        let place = SharePlace { period, subject, sharing, member };
        let Some(shared) = self.view.state().shared(&place)? else { return Ok(None) };
        let (network, key) = (self.parts.genesis.network(), &self.parts.keys.sealing);
        let sealed = sealed.get(usize::from(sharing));
        Ok(sealed.and_then(|sealed| sealed.open(network, key, &place.context(&shared.of))))
    }

    /// Sends what is not on the ledger yet.
    pub(super) fn send(&mut self, now: Duration) -> Result<(), StepError> {
        let mut open = self.complaints()?;
        open.extend(self.releases()?);
        self.sending.0.retain(|saying, _| open.contains(saying));
        for saying in open {
            let new = || Said { times: 0, again: Backoff::up_to(MOST_WAIT), built: None, refused: None };
            self.sending.0.entry(saying).or_insert_with(new);
        }
        let time = self.view.tip().time;
        for saying in self.sending.due(now) {
            let Some(said) = self.sending.0.get_mut(&saying) else { continue };
            // Taken or not, it is said again until a final block has it.
            said.times = said.times.saturating_add(1);
            said.again.fail(now, &mut OsRng);
            let fresh = said.built.take().filter(|built| time <= built.transaction.envelope().valid_until);
            let built = match fresh {
                None => self.built(&saying)?,
                fresh => fresh,
            };
            let refused = built.as_ref().and_then(|built| self.hand_in(built));
            if let Some(said) = self.sending.0.get_mut(&saying) {
                (said.built, said.refused) = (built, refused);
            }
        }
        Ok(())
    }

    /// Hands something in; what the nodes have against it, if it is not there already.
    fn hand_in(&mut self, built: &Built) -> Option<String> {
        let error = self.parts.chain.submit(&submission(built)).err()?;
        let there = [Rejection::UnknownShare, Rejection::AlreadyReleased];
        match &error {
            // Another complaint of the same, or the same release built before a restart: one of them comes into a block.
            SyncError::Conflict { .. } => return None,
            SyncError::Refused { rule: Some(rule), .. } if there.iter().any(|there| there.name() == *rule) => {
                return None;
            }
            _ => tracing::warn!(%error, "what the member sent was not taken"),
        }
        matches!(error, SyncError::Refused { .. }).then(|| error.to_string())
    }

    /// A complaint for each wrong share that nobody has complained of.
    fn complaints(&self) -> Result<Vec<Saying>, StepError> {
        let mut open = Vec::new();
        for (period, _, member) in self.in_hand()? {
            if self.shares.count(period).wrong == 0 || self.view.tip().time > self.totals.times(period).complain {
                continue;
            }
            for (subject, kept) in self.shares.of(period) {
                let Kept::Here { wrong: Some(sharing), .. } = kept else { continue };
                let place = SharePlace { period, subject: *subject, sharing: *sharing, member };
                if self.view.state().shared(&place)?.is_some() {
                    open.push(Saying::Complaint(period, *subject));
                }
            }
        }
        Ok(open)
    }

    /// A release for each answer that is written down and not final.
    fn releases(&self) -> Result<Vec<Saying>, StepError> {
        let mut open = Vec::new();
        for question in self.open_questions().filter(|question| question.answer.is_some()) {
            let (period, target) = question.key();
            if self.view.state().total(period, target)?.is_some() && self.place_in(period)?.is_some() {
                open.push(Saying::Release(period, target));
            }
        }
        Ok(open)
    }

    /// What is said, signed; nothing if there is nothing to say any more.
    fn built(&self, saying: &Saying) -> Result<Option<Built>, StepError> {
        let (genesis, keys) = (&self.parts.genesis, &self.parts.keys);
        let valid_until = Envelope::validity_from(self.view.tip().time);
        match *saying {
            Saying::Complaint(period, subject) => {
                let Some((_, member)) = self.place_in(period)? else { return Ok(None) };
                let Some(Kept::Here { sealed, wrong: Some(sharing) }) = self.shares.get(period, &subject) else {
                    return Ok(None);
                };
                let place = SharePlace { period, subject, sharing: *sharing, member };
                let Some(shared) = self.view.state().shared(&place)? else { return Ok(None) };
                let Some(sealed) = sealed.get(usize::from(*sharing)).copied() else { return Ok(None) };
                let plan = ComplainPlan { wrong: WrongShare { place, sealed, of: shared.of }, valid_until };
                let built = plan.build(genesis, &keys.sealing, &keys.signing, &mut OsRng);
                Ok(built
                    .inspect_err(|error| tracing::error!(%error, of = words(&subject), "no complaint can be made"))
                    .ok())
            }
            Saying::Release(period, target) => {
                let Some((_, member)) = self.place_in(period)? else { return Ok(None) };
                let answer = self.answers.question(period, target).and_then(|question| question.answer.clone());
                let Some(sums) = answer else { return Ok(None) };
                Ok(Some(ReleasePlan { period, target, member, sums, valid_until }.build(genesis, &keys.signing)))
            }
        }
    }

    /// What nodes refused, in their words.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &String> {
        self.sending.0.values().filter_map(|said| said.refused.as_ref())
    }
}

/// A target, for people.
pub fn target_words(target: Target) -> String {
    match target {
        Target::Cohort(place) => format!("cohort {place}"),
        Target::Trades(utility) => format!("trades of {}", utility.name()),
    }
}
