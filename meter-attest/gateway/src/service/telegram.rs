//! From telegrams to samples in the store.

use hushwatt_drivers::{MeterReading, Report};
use hushwatt_ledger::units::Timestamp;
use hushwatt_meter_attest::registers::{ClockFault, Event, Odd, Outcome, Reaction, Sample};

use super::{Service, ServiceError};
use crate::{line::LineEvent, store::StoreError};

impl Service {
    /// Takes in what the line said.
    ///
    /// # Errors
    /// [`ServiceError::Store`] if the disk takes nothing: the sample does not count then.
    pub fn hear(&mut self, event: LineEvent) -> Result<(), ServiceError> {
        match event {
            LineEvent::Report { report: Report::Telegram(readings), received } => {
                if let Some(at) = readings.iter().filter_map(|reading| reading.at).max() {
                    self.parts.clock.hear(Timestamp(at.0));
                    self.heard = Some((received, Timestamp(at.0)));
                }
                self.look_at_clock()?;
                if self.clock_is_sane() {
                    // A simulated clock goes by what the telegram says.
                    let received = if self.parts.genesis.simulated_time { self.parts.clock.now() } else { received };
                    self.take(&readings, received)?;
                }
            }
            LineEvent::Report { report: Report::Series(_), received } => {
                let text = "the line gave a file of values by interval, not a meter's telegram: put such files into the folder inbox";
                self.alarms.warn("source", received, text.to_owned());
            }
            LineEvent::Refused(error) => tracing::debug!(%error, "a telegram was refused"),
            LineEvent::Ended => self.keep_held()?,
        }
        Ok(())
    }

    fn take(&mut self, readings: &[MeterReading], received: Timestamp) -> Result<(), ServiceError> {
        let Some(reading) = self.select(readings, received) else { return Ok(()) };
        match reading.complaints.as_slice() {
            [] => self.alarms.clear("meter"),
            complaints => {
                self.alarms.warn("meter", received, format!("the meter complains: {}", complaints.join("; ")))
            }
        }
        let sample = match Sample::new(reading, received, &self.parts.config.reading.registers) {
            Ok(sample) => sample,
            Err(error) => {
                self.alarms.raise("registers", received, error.to_string());
                return Ok(());
            }
        };
        self.alarms.clear("registers");
        // The last one before a boundary of an interval is the boundary's reading, so it is kept whatever the pace.
        let interval = self.parts.genesis.parameters.interval;
        let number = |sample: &Sample| sample.at.unwrap_or(sample.received).0 / interval;
        if self.held.as_ref().is_some_and(|held| number(held) != number(&sample)) {
            self.keep_held()?;
        }
        let now = self.parts.clock.monotonic();
        let first_of_interval =
            self.parts.store.state().registers().last().is_none_or(|last| number(last) != number(&sample));
        let odd = self.parts.store.state().registers().held_back() > 0;
        let due = self.kept.is_none_or(|kept| now.saturating_sub(kept) >= self.parts.config.pace);
        self.held = Some(sample);
        if due || first_of_interval || odd {
            self.keep_held()?;
        }
        Ok(())
    }

    /// The one of the meters in a telegram that is meant.
    fn select<'a>(&mut self, readings: &'a [MeterReading], now: Timestamp) -> Option<&'a MeterReading> {
        let medium = self.parts.config.reading.registers.medium;
        let all: Vec<&MeterReading> = readings.iter().filter(|reading| reading.medium == medium).collect();
        let named = |number: &String| all.iter().copied().find(|reading| reading.meter == *number);
        let names = || all.iter().map(|reading| format!("\"{}\"", reading.meter)).collect::<Vec<_>>().join(", ");
        let (found, trouble) = match (&self.parts.config.reading.number, all.as_slice()) {
            (_, []) => (None, Some(format!("the telegrams speak of no meter for {medium:?}: is it the right line?"))),
            (Some(number), _) => {
                let trouble = || {
                    format!(
                        "the telegrams do not speak of meter \"{number}\", but of {}: if it was exchanged, write the new number into gateway.toml (reading.number) and restart",
                        names()
                    )
                };
                let found = named(number);
                (found, found.is_none().then(trouble))
            }
            (None, [one]) => (Some(*one), None),
            (None, _) => {
                let trouble = format!(
                    "the telegrams speak of several meters ({}): write which one into gateway.toml (reading.number) and restart",
                    names()
                );
                (None, Some(trouble))
            }
        };
        match trouble {
            Some(text) => self.alarms.raise("select", now, text),
            None => self.alarms.clear("select"),
        }
        found
    }

    /// Puts the newest sample into the store.
    pub(super) fn keep_held(&mut self) -> Result<(), ServiceError> {
        let Some(sample) = self.held.take() else { return Ok(()) };
        let reaction = match self.parts.store.sample(&sample) {
            Ok(reaction) => reaction,
            Err(StoreError::Sample(error)) => {
                self.alarms.raise("registers", sample.received, error.to_string());
                return Ok(());
            }
            Err(error) => {
                self.held = Some(sample);
                return Err(error.into());
            }
        };
        self.kept = Some(self.parts.clock.monotonic());
        self.react(&reaction, sample.received)
    }

    fn react(&mut self, reaction: &Reaction, at: Timestamp) -> Result<(), ServiceError> {
        match reaction.outcome {
            Outcome::HeldBack(odd) => {
                let what = match odd {
                    Odd::OtherMeter => "another meter's number",
                    Odd::Decrease => "a register that went down",
                    Odd::Leap => "a register that went up by more than can flow",
                };
                self.alarms.warn(
                    "odd",
                    at,
                    format!("the last telegram has {what}: it counts only if the next ones agree"),
                );
            }
            Outcome::Accepted => self.alarms.clear("odd"),
            Outcome::Duplicate | Outcome::Older => {}
        }
        for event in &reaction.events {
            self.note(event, at)?;
        }
        Ok(())
    }

    /// Tells people what the engine noticed; what they should acknowledge is kept.
    pub(super) fn note(&mut self, event: &Event, at: Timestamp) -> Result<(), ServiceError> {
        let kept = match event {
            Event::Boundary { .. } | Event::Unknown { .. } | Event::GatewayClock(_) | Event::Dropped(_) => None,
            Event::Rollover => Some("a register passed its end and started again from zero: it was counted on".to_owned()),
            Event::Reset => Some("the meter's registers were set back: the intervals touched are missing".to_owned()),
            Event::Exchanged { from, to } => Some(format!(
                "meter {from} was exchanged for {to}: the intervals touched are missing. Tell the registrar if nobody expected it"
            )),
            Event::Leapt => {
                Some("the registers leapt by more than can flow: the intervals touched are missing. Check reading.max_per_hour".to_owned())
            }
            Event::Overflow => Some("so much was never attested that the oldest readings are forgotten: check the nodes".to_owned()),
            Event::Clock(fault) => {
                let text = match fault {
                    ClockFault::Offset(by) => format!("the meter's clock is {by} s ahead of the gateway's (behind, if negative)"),
                    ClockFault::Stuck => "the meter's clock stands still".to_owned(),
                    ClockFault::Jumped(by) => format!("the meter's clock jumped by {by} s"),
                };
                self.alarms.warn("meter-clock", at, text + ": the gateway's own time is used");
                None
            }
            Event::ClockRight => {
                self.alarms.clear("meter-clock");
                None
            }
            Event::Coarse(step) => {
                let text = format!("the meter's registers count in steps of {step}: too coarse to settle, so every window is estimated and makes no energy note. Ask for a meter that shows three decimals");
                self.alarms.raise("coarse", at, text);
                None
            }
        };
        if let Some(text) = kept {
            tracing::warn!("{text}");
            self.parts.store.warn(at, &text)?;
        }
        Ok(())
    }

    /// Lets the engine decide what no telegram can decide any more.
    pub(super) fn let_time_pass(&mut self) -> Result<(), ServiceError> {
        let now = self.parts.clock.now();
        if !self.parts.store.state().registers().tick_is_due(now) {
            return Ok(());
        }
        self.keep_held()?;
        for event in self.parts.store.tick(now)? {
            self.note(&event, now)?;
        }
        Ok(())
    }
}
