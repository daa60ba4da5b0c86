//! The thread that reads: opens the port, feeds the driver, and begins anew whenever something breaks.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use hushwatt_drivers::{Driver, DriverError, Kind, Report, UnixTime};

use super::{
    LineEvent, Shared,
    port::{Look, OpenPort},
};
use crate::config::Source;

/// Between two attempts to open a port: at first, and at most.
const AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Read at a time.
const CHUNK: usize = 4_096;

/// Reads until the line is dropped or the source is over.
pub(super) fn read(source: &Source, shared: &Shared) {
    let mut pause = AGAIN.0;
    while !shared.is_stopped() {
        let before = telegrams(shared);
        let fault = match session(source, shared) {
            Ok(()) => {
                let _ = shared.events.send(LineEvent::Ended);
                shared.note(|state| state.open = false);
                return;
            }
            Err(fault) => fault,
        };
        tracing::warn!(port = %source.port, %fault, "the line to the meter is interrupted");
        let read_something = telegrams(shared) > before;
        shared.note(|state| (state.open, state.fault) = (false, Some(fault.to_string())));
        pause = if read_something { AGAIN.0 } else { (pause * 2).min(AGAIN.1) };
        let until = Instant::now() + pause;
        while Instant::now() < until && !shared.is_stopped() {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn telegrams(shared: &Shared) -> u64 {
    let mut count = 0;
    shared.note(|state| count = state.telegrams);
    count
}

/// One opening of the port.
struct Session<'a> {
    source: &'a Source,
    shared: &'a Shared,
    driver: Box<dyn Driver>,
    port: OpenPort,
    last_byte: Instant,
    /// Since when bytes, or an answer, are awaited to go on: silence now ends a telegram.
    open_since: Option<Instant>,
    /// When the last round of questions began, and whether it still goes on.
    round: Option<Instant>,
    in_round: bool,
}

/// Ends well when the source is over or nobody listens any more.
fn session(source: &Source, shared: &Shared) -> io::Result<()> {
    let driver = (source.format.open)(&source.options).map_err(io::Error::other)?;
    let port = OpenPort::new(&source.port)?;
    shared.note(|state| (state.open, state.opened) = (true, state.opened + 1));
    let last_byte = Instant::now();
    let mut session =
        Session { source, shared, driver, port, last_byte, open_since: None, round: None, in_round: false };
    let mut buffer = [0u8; CHUNK];
    while !shared.is_stopped() {
        if source.format.kind == Kind::Poll {
            session.ask()?;
        }
        let listens = match session.port.read(&mut buffer)? {
            Look::Bytes(count) => session.receive(&buffer[..count]),
            Look::Nothing => session.wait()?,
            Look::End => {
                let reports = session.driver.finish();
                if !session.hand_over(reports) || session.port.is_finite() {
                    return Ok(());
                }
                return Err(io::Error::other("the other side closed the connection"));
            }
        };
        if !listens {
            return Ok(());
        }
    }
    Ok(())
}

impl Session<'_> {
    /// Sends the next question of a round; a new round begins when its time has come.
    fn ask(&mut self) -> io::Result<()> {
        if !self.in_round {
            if self.round.is_some_and(|began| began.elapsed() < self.source.poll) {
                return Ok(());
            }
            (self.round, self.in_round) = (Some(Instant::now()), true);
        }
        if let Some(question) = self.driver.request(UnixTime(self.shared.clock.now().0)) {
            self.port.write(&question)?;
            self.open_since = Some(Instant::now());
        }
        Ok(())
    }

    fn receive(&mut self, bytes: &[u8]) -> bool {
        self.last_byte = Instant::now();
        self.open_since = Some(self.last_byte);
        self.shared.note(|state| {
            state.bytes = state.bytes.saturating_add(bytes.len() as u64);
            state.fault = None;
        });
        let reports = self.driver.receive(bytes);
        self.in_round &= reports.is_empty();
        self.hand_over(reports)
    }

    /// Nothing came for a moment.
    fn wait(&mut self) -> io::Result<bool> {
        if self.open_since.is_some_and(|since| since.elapsed() >= self.source.silence) {
            (self.open_since, self.in_round) = (None, false);
            let reports = self.driver.finish();
            if !self.hand_over(reports) {
                return Ok(false);
            }
        }
        let quiet = self.last_byte.elapsed();
        if quiet >= self.source.give_up {
            return Err(io::Error::other(format!(
                "nothing came for {} s: is the meter's port enabled, and the cable in it?",
                quiet.as_secs()
            )));
        }
        Ok(true)
    }

    /// Whether anybody still listens.
    fn hand_over(&self, reports: Vec<Result<Report, DriverError>>) -> bool {
        let shared = self.shared;
        for report in reports {
            let event = match report {
                Ok(report) => {
                    shared.note(|state| state.telegrams += 1);
                    LineEvent::Report { report, received: shared.clock.now() }
                }
                Err(error) => {
                    shared.note(|state| {
                        state.refused += 1;
                        state.last_refused = Some(error.to_string());
                    });
                    LineEvent::Refused(error)
                }
            };
            if shared.events.send(event).is_err() {
                return false;
            }
        }
        true
    }
}
