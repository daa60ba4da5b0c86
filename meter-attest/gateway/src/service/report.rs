//! What is told to the page: status, and the household's readings, sealed.

use hushwatt_ledger::units::{Interval, Timestamp, Window};
use hushwatt_meter_attest::{
    Metered,
    registers::{ClockFault, IntervalState, WindowState},
};
use hushwatt_wallet::{LocalQuality, LocalReading, MAX_LOCAL_DAYS, SealedDay};
use rand_core::OsRng;

use super::Service;
use crate::{
    ledger::Named,
    page::{AttestedState, ClockState, PendingState, QueueState, RegisterState, Status, TotalsState, Warning},
    store::Content,
};

/// Windows that are counted for the page, at most.
const MOST_COUNTED: u64 = 10_000;

impl Service {
    /// Puts up what stands where.
    pub(super) fn publish(&mut self) {
        let status = self.status();
        self.parts.board.put_status(status);
        let registers = self.parts.store.state().registers();
        let now = (registers.decided_until(), self.parts.clock.now().day());
        if self.sealed_until != Some(now) {
            self.sealed_until = Some(now);
            let days = self.seal_days();
            self.parts.board.put_days(days);
        }
    }

    /// What stands where.
    pub fn status(&self) -> Status {
        let (genesis, state) = (&self.parts.genesis, self.parts.store.state());
        let (parameters, registers) = (&genesis.parameters, state.registers());
        let now = self.parts.clock.now();
        let newest = self.held.as_ref().or_else(|| registers.last());
        let register_state = newest.map(|sample| RegisterState {
            number: sample.meter.clone(),
            import: sample.import.value,
            export: sample.export.value,
            step: sample.import.step.max(sample.export.step),
            received: sample.received.0,
            at: sample.at.map(|at| at.0),
            accepted: registers.counters().accepted,
            held_back: registers.held_back(),
        });
        let position = state.position();
        let attested = (position.sequence > 0).then(|| AttestedState {
            sequence: position.sequence,
            last_window: parameters.window_start(position.next_window).0.saturating_sub(parameters.window),
            status: self.last_seen.map(|(_, status)| status),
            height: self.last_seen.map(|(height, _)| height),
        });
        Status {
            format: "hushwatt gateway 1".to_owned(),
            network: genesis.network().to_string(),
            meter: self.parts.config.meter.0,
            unit: genesis.meter(self.parts.config.meter).map_or("", |meter| meter.utility.unit()),
            simulated_time: genesis.simulated_time,
            now: now.0,
            started: self.started.0,
            line: self.line.clone(),
            registers: register_state,
            clock: ClockState {
                meter_ahead: newest.and_then(|sample| ahead(sample.at?, sample.received)),
                jumps: self.jumps,
                is_wrong: self.alarms.stands("clock-wrong"),
            },
            queue: self.queue(now),
            totals: self.totals_state(),
            attested,
            ledger: self.ledger.clone(),
            warnings: self.warnings(now),
        }
    }

    /// The meter's part in totals.
    fn totals_state(&self) -> TotalsState {
        let (genesis, config) = (&self.parts.genesis, &self.parts.config);
        let mut told = TotalsState::of(genesis, config, self.parts.store.state());
        let Some(totals) = genesis.parameters.totals else { return told };
        told.complete(&totals, |period, waiting| {
            waiting.due = Some(self.schedule.share_due(&totals, period).0);
            (waiting.attempts, waiting.answer) = self.sharing.of(period);
        });
        if config.share_totals {
            match &self.sharing.named {
                Some(Named { committee: None, .. }) => told.state = "no-committee",
                Some(Named { in_cohort: false, .. }) => told.state = "no-cohort",
                _ => {}
            }
        }
        told
    }

    fn queue(&self, now: Timestamp) -> QueueState {
        let (parameters, state) = (&self.parts.genesis.parameters, self.parts.store.state());
        let next = state.position().next_window;
        let over = parameters.window_at(now).0.saturating_sub(next.0).min(MOST_COUNTED);
        let open = (next.0..next.0.saturating_add(over)).map(Window).filter(|window| {
            !state.is_frozen(*window) && !matches!(state.registers().window(*window), WindowState::Ready(_))
        });
        let pending = state.waiting().map(|waiting| PendingState {
            sequence: waiting.outgoing.sequence,
            first_window: parameters.window_start(next).0,
            windows: match &waiting.outgoing.content {
                Content::Attestation { drafts, .. } => drafts.len(),
                Content::Correction { .. } => 1,
            },
            valid_until: waiting.outgoing.valid_until.0,
            attempts: self.sending.attempts,
            answer: self.sending.answer.clone(),
        });
        QueueState {
            next_window: parameters.window_start(next).0,
            windows: over,
            open: open.count() as u64,
            due: pending.is_none().then(|| self.schedule.due(parameters, next).0),
            pending,
        }
    }

    /// Standing ones, and those that are kept until somebody acknowledges them.
    fn warnings(&self, now: Timestamp) -> Vec<Warning> {
        let mut all = self.alarms.list();
        if let Some(fault) = &self.line.fault {
            let text = format!("the line to the meter is interrupted: {fault}");
            all.insert(0, Warning { code: "line", alarm: true, since: now.0, text });
        }
        let nobody = !self.ledger.nodes.is_empty() && self.ledger.nodes.iter().all(|node| !node.ok);
        if nobody {
            let text =
                "no node is of use: attestations wait, and after the attestation deadline they make no energy note"
                    .to_owned();
            all.push(Warning { code: "nodes", alarm: true, since: now.0, text });
        }
        if let Some(ClockFault::Offset(by)) = self.parts.store.state().registers().clock_fault()
            && !self.alarms.stands("meter-clock")
        {
            let text = format!(
                "the meter's clock is {by} s ahead of the gateway's (behind, if negative): the gateway's own time is used"
            );
            all.push(Warning { code: "meter-clock", alarm: false, since: now.0, text });
        }
        for kept in self.parts.store.state().warnings().iter().filter(|warning| !warning.acknowledged) {
            all.push(Warning {
                code: "kept",
                alarm: false,
                since: kept.at.0,
                text: format!(
                    "{} (number {}: acknowledge it with \"hushwatt meter status --acknowledge {}\")",
                    kept.text, kept.number, kept.number
                ),
            });
        }
        all
    }

    /// The last days, each under its own key.
    fn seal_days(&self) -> Vec<SealedDay> {
        let (genesis, registers) = (&self.parts.genesis, self.parts.store.state().registers());
        let Ok(interval) = u32::try_from(genesis.parameters.interval) else { return Vec::new() };
        let (network, today) = (genesis.network(), self.parts.clock.now().day());
        let per_day = 86_400 / genesis.parameters.interval.max(1);
        let first = today.saturating_sub(MAX_LOCAL_DAYS as u64 - 1).max(self.parts.keys.day.day());
        let Some(mut key) = self.parts.keys.day.advance(network, first) else { return Vec::new() };
        let mut days = Vec::new();
        for day in first..=today {
            let intervals = (day * per_day..(day + 1) * per_day).map(Interval);
            let readings: Vec<LocalReading> =
                intervals.filter_map(|interval| local(interval, registers.interval(interval))).collect();
            days.push(SealedDay::seal(network, self.parts.config.meter, &key, interval, &readings, &mut OsRng));
            key = key.next(network);
        }
        days
    }
}

fn ahead(at: Timestamp, received: Timestamp) -> Option<i64> {
    Some(i64::try_from(at.0).ok()? - i64::try_from(received.0).ok()?)
}

fn local(interval: Interval, state: IntervalState) -> Option<LocalReading> {
    let reading =
        |quality, metered: Metered| LocalReading { interval, quality, export: metered.export, import: metered.import };
    match state {
        IntervalState::Measured(metered) => Some(reading(LocalQuality::Measured, metered)),
        IntervalState::Substituted(metered) => Some(reading(LocalQuality::Substituted, metered)),
        IntervalState::Estimated(metered) => Some(reading(LocalQuality::Estimated, metered)),
        IntervalState::Missing | IntervalState::TooLarge(_) | IntervalState::Open | IntervalState::Forgotten => None,
    }
}
