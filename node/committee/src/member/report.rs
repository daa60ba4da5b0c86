//! What is told: the status, as a file that only its owner may read.

use std::{path::Path, time::Duration};

use hushwatt_client::status_file::StatusFile;
use hushwatt_ledger::{
    state::StateError,
    units::{Period, Timestamp},
};

use super::{
    Member, StepError,
    send::target_words,
    trouble::{Cause, LEDGER, NODES},
};
use crate::{
    answers::{Question, RefusedRequest},
    shares::Count,
    status::{PeriodStatus, RequestStatus, STATUS_FORMAT, Status, Warning},
};

/// So many requests of periods that are over are told of.
const MOST_PAST: usize = 20;

/// What was told last.
pub(super) struct Report {
    file: StatusFile,
    last: Status,
}

/// How many shared wrongly with this member, of periods that are not over.
#[derive(Default)]
struct WrongOnes {
    /// A complaint is final.
    out: u32,
    /// None is yet, and may come.
    complaining: u32,
    /// None came in time.
    within: u32,
}

impl Report {
    pub fn at(file: &Path) -> Self {
        Report { file: StatusFile::at(file), last: Status::default() }
    }
}

impl Member {
    /// Tells how he is, if that is news or he gave no sign of life for long. That the chain grows is no news.
    pub(super) fn publish(&mut self, now: Duration) {
        let (status, last) = (self.status(), &self.report.last);
        let is_news = Status { height: last.height, time: last.time, ..status.clone() } != *last;
        match self.report.file.tell(&*self.parts.disk, &status, is_news, now) {
            Ok(false) => {}
            Ok(true) => self.trouble.note(Cause::Telling, Ok(())),
            Err(error) => self.trouble.note(Cause::Telling, Err(error.into())),
        }
        self.report.last = status;
    }

    /// Tells how he was when he was stopped.
    ///
    /// # Errors
    /// [`StepError`]; nothing is lost then.
    pub fn tell_of_stop(&self) -> Result<(), StepError> {
        Ok(self.report.file.stop(&*self.parts.disk, &self.status())?)
    }

    /// What stands where.
    pub fn status(&self) -> Status {
        let (genesis, tip) = (&self.parts.genesis, self.view.tip());
        let current = self.totals.period_at(tip.time);
        let number = self.place_in(current).ok().flatten().map(|(_, number)| number.place() + 1);
        Status {
            format: STATUS_FORMAT.to_owned(),
            network: genesis.network().to_string(),
            member: self.parts.keys.public_line(),
            simulated_time: genesis.simulated_time,
            height: tip.height,
            time: tip.time.0,
            caught_up: self.caught_up,
            number,
            periods: self.shares.periods().map(|period| self.period(period, tip.time)).collect(),
            requests: self.requests(),
            warnings: self.warnings(number),
        }
    }

    fn period(&self, period: Period, time: Timestamp) -> PeriodStatus {
        let times = self.totals.times(period);
        let steps = [
            ("sharing", times.share),
            ("complaining", times.complain),
            ("asking", times.request),
            ("releasing", times.release),
        ];
        let (step, until) = steps.into_iter().find(|(_, until)| time <= *until).unwrap_or(("over", times.release));
        let Count { right, wrong, .. } = self.shares.count(period);
        let (lacking, start) = (self.lacking_of(period), self.totals.start(period).0);
        PeriodStatus { period: period.0, start, step: step.to_owned(), until: until.0, right, wrong, lacking }
    }

    /// How many shares are lacking that can be of use.
    fn lacking_of(&self, period: Period) -> u32 {
        // Of a view that is damaged nothing better is known.
        let of_use = self.lacking(period).map(|lacking| u32::try_from(lacking.len()).unwrap_or(u32::MAX));
        of_use.unwrap_or_else(|_| self.shares.count(period).lacking)
    }

    /// What becomes of those whose shares are wrong.
    fn wrong_ones(&self) -> Result<WrongOnes, StateError> {
        let mut all = WrongOnes::default();
        for period in self.shares.periods().filter(|period| !self.is_over(*period)) {
            if self.shares.count(period).wrong == 0 {
                continue;
            }
            let may_complain = self.view.tip().time <= self.totals.times(period).complain;
            for (subject, _) in self.shares.of(period).filter(|(subject, _)| self.shares.is_wrong(period, subject)) {
                match (self.can_be_in(period, subject)?, may_complain) {
                    (false, _) => all.out += 1,
                    (true, true) => all.complaining += 1,
                    (true, false) => all.within += 1,
                }
            }
        }
        Ok(all)
    }

    /// What was asked of periods whose totals can still be released, and the newest of the others.
    fn requests(&self) -> Vec<RequestStatus> {
        let mut past = MOST_PAST;
        // The newest ones come first, so those that are over come last.
        let mut of_use = |period: Period| {
            let is_over = self.is_over(period);
            let told = !is_over || past > 0;
            past = past.saturating_sub(usize::from(is_over));
            told
        };
        let questions = self.answers.questions().rev();
        let mut all: Vec<RequestStatus> = questions
            .take_while(|question| of_use(question.statement.period))
            .map(|question| self.question(question))
            .collect();
        let refused = self.answers.refused().iter().rev().take(MOST_PAST);
        all.extend(refused.map(refusal));
        all.sort_by_key(|request| (request.period, request.height));
        all
    }

    fn question(&self, question: &Question) -> RequestStatus {
        let (period, target) = question.key();
        let (state, reason) = match (question.is_final, &question.answer) {
            (true, _) => ("released", None),
            (false, _) if self.is_over(period) => ("late", None),
            (false, Some(_)) => ("sending", None),
            (false, None) => ("waiting", self.answering.reason(period, target).cloned()),
        };
        RequestStatus {
            period: period.0,
            target: target_words(target),
            height: question.block.height,
            left_out: question.statement.left_out.iter().map(|meter| meter.0).collect(),
            state: state.to_owned(),
            reason,
        }
    }

    /// Whether the registry names another sealing key with this member's signing key, in a period that runs or is in hand.
    fn sealing_is_another(&self) -> Result<bool, StateError> {
        let current = self.place_in(self.totals.period_at(self.view.tip().time))?;
        let in_hand = self.in_hand()?.into_iter().map(|(_, committee, number)| (committee, number));
        Ok(in_hand.chain(current).any(|(committee, number)| !self.has_the_key_of(&committee, number)))
    }

    fn warnings(&self, number: Option<u8>) -> Vec<Warning> {
        let mut all = Vec::new();
        let mut warn = |code: &str, alarm, text: String| {
            let warning = Warning { code: code.to_owned(), alarm, text };
            // One trouble may have several causes.
            if !all.contains(&warning) {
                all.push(warning);
            }
        };
        if let Some(why) = self.trouble.chain() {
            warn(LEDGER, true, format!("the chain cannot be followed: {why}. It is read again, as long as that lasts"));
        }
        for wrong in self.trouble.causes() {
            let trouble = &wrong.text;
            let text = match wrong.code {
                NODES => {
                    format!("{trouble}. What is shared or asked meanwhile is read later, if hints are kept long enough")
                }
                LEDGER => {
                    format!("{trouble}. Stop this member, remove view.bin and start it again: it reads the chain anew")
                }
                _ => trouble.clone(),
            };
            warn(wrong.code, true, text);
        }
        if self.sealing_is_another().unwrap_or_default() {
            let text = "the registrars named another sealing key with this member's signing key: he can open no share. Restore sealing.key from its backup; if it is lost, hand them the line of \"hushwatt committee key\"";
            warn("sealing", true, text.to_owned());
        }
        for refusal in self.refusals() {
            warn("unanswered", true, format!("the nodes do not take what this member sends: {refusal}"));
        }
        for question in self.open_questions().filter(|question| question.answer.is_none()) {
            let (period, target) = question.key();
            if let Some(reason) = self.answering.reason(period, target) {
                let of = target_words(target);
                let text = format!("the total of {of} of period {} is not answered: {reason}", period.0);
                warn("unanswered", true, text);
            }
        }
        let lacking: u32 = self.shares.periods().map(|period| self.lacking_of(period)).sum();
        // While the chain is read, it may be of a period that is over.
        if lacking > 0 && self.caught_up {
            warn(
                "lacking",
                true,
                format!(
                    "{lacking} shares are lacking: no node gave them. Add a node that keeps hints, before their term is over"
                ),
            );
        }
        let WrongOnes { out, complaining, within } = self.wrong_ones().unwrap_or_default();
        if within > 0 && self.caught_up {
            let text = format!(
                "{within} gateways or wallets shared wrongly with this member, and no complaint came to the ledger in time: they can be in totals, and those this member cannot release. See to it that enough others run"
            );
            warn("wrong", true, text);
        }
        if complaining > 0 {
            let text = format!(
                "{complaining} gateways or wallets shared wrongly; this member complains of it, and they are in no total if that comes to the ledger in time"
            );
            warn("wrong", false, text);
        }
        if out > 0 {
            let text =
                format!("{out} gateways or wallets shared wrongly; a complaint is final, and they are in no total");
            warn("wrong", false, text);
        }
        for notice in self.parts.chain.notices() {
            warn(NODES, false, notice);
        }
        if number.is_none() {
            let text = "this member is not in the committee of the period that runs: the registrars name it with \"hushwatt node registry new --committee\"";
            warn("committee", false, text.to_owned());
        }
        all
    }
}

fn refusal(refused: &RefusedRequest) -> RequestStatus {
    RequestStatus {
        period: refused.statement.period.0,
        target: target_words(refused.statement.target),
        height: refused.height,
        left_out: refused.statement.left_out.iter().map(|meter| meter.0).collect(),
        state: "refused".to_owned(),
        reason: Some(refused.reason.clone()),
    }
}
