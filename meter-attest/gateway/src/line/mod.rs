//! The line to the meter: a thread that reads a port, feeds a driver and hands over what came of it, with the time at which it
//! came. A bad line costs telegrams and is counted; it never costs the process.

mod port;
mod reader;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use hushwatt_drivers::{DriverError, Report};
use hushwatt_ledger::units::Timestamp;
use serde::Serialize;

use crate::{clock::Clock, config::Source};

/// Reports that wait for the service. When there are more, the line waits: a meter says everything again.
const WAITING: usize = 64;

/// What the line says.
#[derive(Debug)]
pub enum LineEvent {
    /// Something was read.
    Report {
        /// What.
        report: Report,
        /// When its last byte came, by the gateway's clock.
        received: Timestamp,
    },
    /// What came could not be read.
    Refused(DriverError),
    /// The source is over: a file was read to its end, standard input was closed.
    Ended,
}

/// How the line has been so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LineState {
    /// The port as in the configuration.
    pub port: String,
    /// The driver's name.
    pub driver: String,
    /// Whether the port is open.
    pub open: bool,
    /// Why it is not, or was not the last time.
    pub fault: Option<String>,
    /// Bytes read.
    pub bytes: u64,
    /// Telegrams read.
    pub telegrams: u64,
    /// Telegrams refused.
    pub refused: u64,
    /// Times the port was opened.
    pub opened: u64,
    /// Why the last telegram that was refused was refused.
    pub last_refused: Option<String>,
}

/// The line. Dropping it ends the thread at its next look, within a second.
pub struct Line {
    source: Source,
    clock: Arc<dyn Clock>,
    events: Receiver<LineEvent>,
    state: Arc<Mutex<LineState>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    ended: bool,
}

/// What the reading thread shares with its line.
struct Shared {
    clock: Arc<dyn Clock>,
    events: SyncSender<LineEvent>,
    state: Arc<Mutex<LineState>>,
    stop: Arc<AtomicBool>,
}

impl Line {
    /// Starts reading.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(source: Source, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let state =
            LineState { port: source.port.to_string(), driver: source.format.name.to_owned(), ..LineState::default() };
        let (sender, events) = mpsc::sync_channel(WAITING);
        let mut line = Line {
            source,
            clock,
            events,
            state: Arc::new(Mutex::new(state)),
            stop: Arc::default(),
            thread: None,
            ended: false,
        };
        line.spawn(sender)?;
        Ok(line)
    }

    fn spawn(&mut self, events: SyncSender<LineEvent>) -> std::io::Result<()> {
        let shared = Shared { clock: self.clock.clone(), events, state: self.state.clone(), stop: self.stop.clone() };
        let source = self.source.clone();
        let thread = thread::Builder::new().name("meter".to_owned()).stack_size(512 << 10);
        self.thread = Some(thread.spawn(move || reader::read(&source, &shared))?);
        Ok(())
    }

    /// The next event, waited for at most so long. A reader that broke down is started anew.
    pub fn next(&mut self, at_most: Duration) -> Option<LineEvent> {
        match self.events.recv_timeout(at_most) {
            Ok(event) => {
                self.ended |= matches!(event, LineEvent::Ended);
                Some(event)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                thread::sleep(at_most.min(Duration::from_secs(1)));
                if !self.ended && self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                    let (sender, events) = mpsc::sync_channel(WAITING);
                    self.events = events;
                    self.refuse("the reader of the line broke down and was started anew");
                    if let Err(error) = self.spawn(sender) {
                        tracing::error!(%error, "no thread for the line");
                    }
                }
                None
            }
        }
    }

    /// Whether the source is over.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// How it has been so far.
    pub fn state(&self) -> LineState {
        lock(&self.state).clone()
    }

    fn refuse(&self, why: &str) {
        tracing::error!(why);
        let mut state = lock(&self.state);
        state.refused += 1;
        state.last_refused = Some(why.to_owned());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn note(&self, change: impl FnOnce(&mut LineState)) {
        change(&mut lock(&self.state));
    }
}

fn lock(state: &Mutex<LineState>) -> std::sync::MutexGuard<'_, LineState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
