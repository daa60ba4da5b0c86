//! What is told: the status, as a file that only its owner may read.

use hushwatt_ledger::units::{Period, Timestamp};

use super::{Member, replace, send::target_words};
use crate::status::{PeriodStatus, RequestStatus, STATUS_FORMAT, Status, Warning};

/// What is wrong.
#[derive(Default)]
pub(super) struct Trouble {
    nodes: Option<String>,
    ledger: Option<String>,
    disk: Option<String>,
    /// The registry names another sealing key for this member.
    sealing: bool,
}

impl Trouble {
    pub fn set_nodes(&mut self, trouble: Option<String>) {
        set(&mut self.nodes, trouble);
    }

    pub fn set_ledger(&mut self, trouble: Option<String>) {
        set(&mut self.ledger, trouble);
    }

    pub fn set_disk(&mut self, trouble: Option<String>) {
        set(&mut self.disk, trouble);
    }

    pub fn set_sealing(&mut self, is_other: bool) {
        self.sealing = is_other;
    }
}

/// What is new goes to the log.
fn set(place: &mut Option<String>, trouble: Option<String>) {
    if let Some(trouble) = &trouble
        && place.as_ref() != Some(trouble)
    {
        tracing::warn!("{trouble}");
    }
    *place = trouble;
}

/// What was told last.
#[derive(Default)]
pub(super) struct Report(Option<Status>);

impl Member {
    /// Writes the status down if it says something new. A convenience: a failure is only logged.
    pub(super) fn publish(&mut self) {
        let status = self.status();
        if self.report.0.as_ref() == Some(&status) {
            return;
        }
        let written = serde_json::to_vec(&status).map_err(|error| error.to_string()).and_then(|bytes| {
            replace(&*self.parts.disk, &self.parts.status, &bytes).map_err(|error| error.to_string())
        });
        if let Err(error) = written {
            tracing::warn!(error, "the status could not be written");
        }
        self.report.0 = Some(status);
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
            requests: self.requests(tip.time),
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
        let [right, wrong, lacking] = self.count(period);
        let start = self.totals.start(period).0;
        PeriodStatus { period: period.0, start, step: step.to_owned(), until: until.0, right, wrong, lacking }
    }

    fn requests(&self, time: Timestamp) -> Vec<RequestStatus> {
        let mut all = Vec::new();
        for question in self.answers.questions() {
            let statement = &question.statement;
            let late = time > self.totals.times(statement.period).release;
            let unable = || {
                let (_, number) = self.place_in(statement.period).ok()??;
                Some(self.sums(question, number).ok()?.err()?.words())
            };
            let (state, reason) = match (question.is_final, &question.answer) {
                (true, _) => ("released", None),
                (false, _) if late => ("late", None),
                (false, Some(_)) => ("sending", None),
                (false, None) => ("waiting", unable()),
            };
            all.push(RequestStatus {
                period: statement.period.0,
                target: target_words(statement.target),
                height: question.height,
                left_out: statement.left_out.iter().map(|meter| meter.0).collect(),
                state: state.to_owned(),
                reason,
            });
        }
        all.extend(self.answers.refused().iter().map(|refused| RequestStatus {
            period: refused.statement.period.0,
            target: target_words(refused.statement.target),
            height: refused.height,
            left_out: refused.statement.left_out.iter().map(|meter| meter.0).collect(),
            state: "refused".to_owned(),
            reason: Some(refused.reason.clone()),
        }));
        all.sort_by_key(|request| (request.period, request.height));
        all
    }

    fn warnings(&self, number: Option<u8>) -> Vec<Warning> {
        let mut all = Vec::new();
        let mut warn = |code: &str, alarm, text: String| all.push(Warning { code: code.to_owned(), alarm, text });
        if let Some(nodes) = &self.trouble.nodes {
            warn(
                "nodes",
                true,
                format!("{nodes}. What is shared or asked meanwhile is read later, if hints are kept long enough"),
            );
        }
        if let Some(ledger) = &self.trouble.ledger {
            warn(
                "ledger",
                true,
                format!("the chain cannot be followed: {ledger}. It is read again from its beginning"),
            );
        }
        if let Some(disk) = &self.trouble.disk {
            warn("disk", true, disk.clone());
        }
        if self.trouble.sealing {
            let text = "the registrars named another sealing key with this member's signing key: he can open no share. Hand them the line of \"hushwatt committee key\"";
            warn("sealing", true, text.to_owned());
        }
        for refusal in self.refusals() {
            warn("unanswered", true, format!("the nodes do not take what this member sends: {refusal}"));
        }
        let lacking: u32 = self.shares.periods().map(|period| self.count(period)[2]).sum();
        if lacking > 0 {
            warn(
                "lacking",
                true,
                format!(
                    "{lacking} shares are lacking: no node gave them. Add a node that keeps hints, before their term is over"
                ),
            );
        }
        let wrong: u32 = self.shares.periods().map(|period| self.count(period)[1]).sum();
        if wrong > 0 {
            warn(
                "wrong",
                false,
                format!(
                    "{wrong} gateways or wallets shared wrongly; this member complains of it, and they are in no total"
                ),
            );
        }
        for notice in self.parts.chain.notices() {
            warn("nodes", false, notice);
        }
        if number.is_none() {
            let text = "this member is not in the committee of the period that runs: the registrars name it with \"hushwatt node registry new --committee\"";
            warn("committee", false, text.to_owned());
        }
        all
    }
}
