//! A gateway inside the test's process: the real service, store, line and page's board, on a real folder and port, with a clock
//! that the test drives.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use hushwatt_drivers::Report;
use hushwatt_gateway::{
    clock::{Clock, SimulatedClock},
    desk::Desk,
    folder::GatewayFolder,
    ledger::Ledger,
    line::{Line, LineEvent},
    page::Board,
    service::{Parts, Service, open},
};
use hushwatt_ledger::{
    storage::DiskLock,
    units::{MeterId, Timestamp},
};

use crate::pty::Pty;

/// A clock that is driven by the test alone, whatever telegrams and blocks say.
#[derive(Clone)]
pub struct Steered(pub SimulatedClock);

impl Clock for Steered {
    fn wall_millis(&self) -> u64 {
        self.0.wall_millis()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

/// What runs; dropping it without [`Running::end`] is a crash.
struct Running {
    service: Service,
    line: Line,
    _lock: Box<dyn DiskLock>,
}

/// A gateway and the line to its meter.
pub struct Inside {
    pub clock: SimulatedClock,
    pub pty: Pty,
    folder: PathBuf,
    running: Option<Running>,
    /// Whether it is told, when it is started, to go on where the ledger stands.
    pub adopt: bool,
}

impl Inside {
    /// Not started.
    pub fn new(folder: PathBuf, pty: Pty, now: Timestamp) -> Self {
        Inside { clock: SimulatedClock::at(now), pty, folder, running: None, adopt: false }
    }

    pub fn start(&mut self) {
        assert!(self.running.is_none());
        let opened = open(&self.folder).unwrap();
        let (genesis, config, lock) = (opened.genesis, opened.config, opened.lock);
        let folder = GatewayFolder::at(&self.folder);
        let clock: Arc<dyn Clock> = Arc::new(Steered(self.clock.clone()));
        let ledger = Ledger::new(genesis.clone(), MeterId(config.meter.0), &config.nodes, Some(folder.view_file()));
        let line = Line::start(config.source.clone(), clock.clone()).unwrap();
        let service = Service::new(Parts {
            genesis,
            config,
            keys: opened.keys,
            keys_file: Some(folder.keys_file()),
            store: opened.store,
            desk: Desk::inline(ledger),
            clock,
            board: Arc::new(Board::new()),
            inbox: Some(folder.inbox()),
            adopt: self.adopt,
        });
        let start = Instant::now();
        while !line.state().open {
            assert!(start.elapsed() < Duration::from_secs(20), "the line does not open: {:?}", line.state());
            std::thread::sleep(Duration::from_millis(1));
        }
        self.running = Some(Running { service: service.unwrap(), line, _lock: lock });
    }

    pub fn service(&mut self) -> &mut Service {
        &mut self.running.as_mut().unwrap().service
    }

    /// One step of the service.
    pub fn step(&mut self) {
        let running = self.running.as_mut().unwrap();
        running.service.line_is(running.line.state());
        running.service.step().unwrap();
    }

    /// Sends bytes in which there are so many whole telegrams, and has the service hear all of them.
    pub fn send(&mut self, bytes: &[u8], telegrams: usize) {
        let running = self.running.as_mut().unwrap();
        assert!(self.pty.send(bytes), "nobody reads the line");
        let (start, mut heard) = (Instant::now(), 0);
        while heard < telegrams {
            let waited = start.elapsed();
            let state = || format!("{heard} of {telegrams} telegrams, {:?}", running.line.state());
            assert!(waited < Duration::from_secs(30), "{}", state());
            let Some(event) = running.line.next(Duration::from_millis(20)) else { continue };
            heard += usize::from(matches!(event, LineEvent::Report { report: Report::Telegram(_), .. }));
            running.service.hear(event).unwrap();
        }
    }

    /// The program is told to end.
    pub fn end(&mut self) {
        self.running.as_mut().unwrap().service.end();
        self.crash();
    }

    /// It is gone, as by a cut of power.
    pub fn crash(&mut self) {
        self.running = None;
        // The thread that reads notices within a moment; until then it would take bytes from the next one's line.
        std::thread::sleep(Duration::from_millis(400));
    }

    /// The codes of what stands in the page's list of warnings.
    pub fn warnings(&mut self) -> Vec<&'static str> {
        self.service().status().warnings.iter().map(|warning| warning.code).collect()
    }
}
