//! Errands to the nodes: done on a thread of their own, so that a slow or lying node holds up no telegram; or at once, for tests
//! and where time is simulated. One errand at a time; what it brought is fetched by the service.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use hushwatt_ledger::{state::MeterStanding, units::Period};

use crate::ledger::{Ledger, LedgerError, LedgerState, Named, Read, ShareSeen, Sighting, Verdict};

/// Something to be done at the nodes.
#[derive(Debug)]
pub enum Errand {
    /// Read on in the chain, and say who makes totals of a period.
    ReadOn(Option<Period>),
    /// Read the chain from its beginning again.
    StartAnew,
    /// Offer a transaction to the nodes.
    Submit(Vec<u8>),
    /// What was seen so far is kept: the view may be kept too.
    Save,
}

/// What an errand brought.
#[derive(Debug)]
pub enum News {
    /// What was read, in order.
    Read {
        /// What final blocks say of this meter.
        seen: Vec<Sighting>,
        /// Shares in its name.
        shares: Vec<ShareSeen>,
        /// Who makes totals of the period that was asked about.
        named: Option<Named>,
        /// How it went.
        read: Read,
        /// Time of the last final block.
        time: u64,
        /// Where the meter stands by then.
        standing: Option<Box<MeterStanding>>,
        /// Where the ledger stands.
        state: LedgerState,
    },
    /// The chain could not be followed.
    Broken(String),
    /// What each node said.
    Verdicts(Vec<Verdict>),
    /// Done, and there is nothing to tell.
    Done,
}

/// Where errands are given and news fetched.
pub enum Desk {
    /// Errands are done when news is fetched, by the one who fetches.
    Inline {
        /// The ledger.
        ledger: Box<Ledger>,
        /// To be done.
        errand: Option<Errand>,
    },
    /// Errands are done by a thread.
    Thread {
        /// Errands.
        errands: Sender<Errand>,
        /// News.
        news: Receiver<News>,
        /// Whether one is under way.
        busy: bool,
    },
}

impl Desk {
    /// Does errands at once.
    pub fn inline(ledger: Ledger) -> Self {
        Desk::Inline { ledger: Box::new(ledger), errand: None }
    }

    /// Starts a thread for errands.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn start(mut ledger: Ledger) -> std::io::Result<Self> {
        let (errands, inbox) = mpsc::channel::<Errand>();
        let (outbox, news) = mpsc::channel();
        thread::Builder::new().name("nodes".to_owned()).spawn(move || {
            while let Ok(errand) = inbox.recv() {
                if outbox.send(run(&mut ledger, errand)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Desk::Thread { errands, news, busy: false })
    }

    /// Whether an errand is under way.
    pub fn is_busy(&self) -> bool {
        match self {
            Desk::Inline { errand, .. } => errand.is_some(),
            Desk::Thread { busy, .. } => *busy,
        }
    }

    /// Gives an errand, if none is under way; says whether it was taken.
    pub fn send(&mut self, next: Errand) -> bool {
        if self.is_busy() {
            return false;
        }
        match self {
            Desk::Inline { errand, .. } => *errand = Some(next),
            Desk::Thread { errands, busy, .. } => *busy = errands.send(next).is_ok(),
        }
        true
    }

    /// What the errand brought, if it is done.
    pub fn fetch(&mut self) -> Option<News> {
        match self {
            Desk::Inline { ledger, errand } => Some(run(ledger, errand.take()?)),
            Desk::Thread { news, busy, .. } => {
                let fetched = match news.try_recv() {
                    Ok(fetched) => fetched,
                    Err(mpsc::TryRecvError::Empty) => return None,
                    Err(mpsc::TryRecvError::Disconnected) if *busy => {
                        News::Broken("the thread that talks to the nodes broke down: restart the gateway".to_owned())
                    }
                    Err(mpsc::TryRecvError::Disconnected) => return None,
                };
                *busy = false;
                Some(fetched)
            }
        }
    }
}

fn run(ledger: &mut Ledger, errand: Errand) -> News {
    match errand {
        Errand::ReadOn(period) => {
            let mut seen = Vec::new();
            let read = ledger.read_on(|sighting| {
                seen.push(sighting.clone());
                Ok::<(), LedgerError>(())
            });
            let found = read.and_then(|read| {
                let named = period.map(|period| ledger.named(period)).transpose()?;
                Ok((read, ledger.standing()?.map(Box::new), named))
            });
            match found {
                Ok((read, standing, named)) => {
                    let (shares, time, state) = (ledger.take_shares(), ledger.tip().time.0, ledger.state());
                    News::Read { seen, shares, named, read, time, standing, state }
                }
                Err(error) => News::Broken(error.to_string()),
            }
        }
        Errand::StartAnew => {
            ledger.start_anew();
            News::Done
        }
        Errand::Submit(submission) => News::Verdicts(ledger.submit(&submission)),
        Errand::Save => {
            ledger.save();
            News::Done
        }
    }
}
