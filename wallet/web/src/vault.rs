//! The wallet behind the page: not there yet, locked, or open. Locking drops the keys from memory.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

use crate::{
    clock::Clock,
    desk::{Desk, DeskError, Keeper},
    model::{Passphrase, SyncState},
    security::throttle::Throttle,
};

/// After a lock, work that was under way holds the file for a while.
const RELEASE_TIME: Duration = Duration::from_secs(20);
const RELEASE_LOOK: Duration = Duration::from_millis(50);

/// Whether the wallet can be used.
#[derive(Clone)]
pub(crate) enum Door {
    /// There is no file: first run.
    Missing,
    Locked,
    Open(Arc<dyn Desk>),
}

/// What the background thread knows.
#[derive(Clone, Default)]
pub(crate) struct News {
    /// How far the wallet has read.
    pub sync: Option<SyncState>,
    /// Why the last round failed.
    pub trouble: Option<DeskError>,
    /// What the agent did, newest last.
    pub agent: Vec<String>,
    /// Changes whenever something that pages show has changed.
    pub mark: u64,
}

impl News {
    /// Whether everything there is was read, as the nodes say.
    pub fn is_up_to_date(&self) -> bool {
        self.trouble.is_none() && self.sync.as_ref().is_some_and(|sync| sync.done && sync.reached)
    }
}

/// The wallet and its lock.
pub(crate) struct Vault {
    pub keeper: Arc<dyn Keeper>,
    clock: Clock,
    state: Mutex<State>,
    changed: Condvar,
    throttle: Mutex<Throttle>,
}

struct State {
    desk: Option<Arc<dyn Desk>>,
    last: Option<Weak<dyn Desk>>,
    news: News,
    used: Duration,
    idle: Option<Duration>,
    locked_itself: bool,
    stopping: bool,
    hurry: bool,
}

impl Vault {
    pub fn new(keeper: Arc<dyn Keeper>, clock: Clock) -> Self {
        let state = State {
            desk: None,
            last: None,
            news: News::default(),
            used: clock.now(),
            idle: None,
            locked_itself: false,
            stopping: false,
            hurry: false,
        };
        Vault { keeper, clock, state: Mutex::new(state), changed: Condvar::new(), throttle: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the wallet stands.
    pub fn door(&self) -> Door {
        match self.state().desk.clone() {
            Some(desk) => Door::Open(desk),
            None if self.keeper.exists() => Door::Locked,
            None => Door::Missing,
        }
    }

    /// Puts an open wallet behind the page.
    pub fn let_in(&self, desk: Arc<dyn Desk>) {
        let idle = idle_time(desk.settings().auto_lock_minutes);
        let mut state = self.state();
        state.last = Some(Arc::downgrade(&desk));
        state.news = News { sync: Some(desk.sync_state()), ..News::default() };
        state.desk = Some(desk);
        state.used = self.clock.now();
        state.idle = idle;
        state.locked_itself = false;
        // Reading on begins at once.
        state.hurry = true;
        self.changed.notify_all();
    }

    /// The time after which it locks, from the settings.
    pub fn set_idle(&self, minutes: u32) {
        self.state().idle = idle_time(minutes);
    }

    /// Somebody does something.
    pub fn touch(&self) {
        self.state().used = self.clock.now();
    }

    /// Locks if nobody did anything for too long; says whether it did.
    pub fn lock_if_idle(&self) -> bool {
        let mut state = self.state();
        let quiet = self.clock.now().saturating_sub(state.used);
        let over = state.desk.is_some() && state.idle.is_some_and(|idle| quiet >= idle);
        if over {
            state.desk = None;
            state.news = News::default();
            state.locked_itself = true;
        }
        over
    }

    /// Locks.
    pub fn lock(&self) {
        let mut state = self.state();
        state.desk = None;
        state.news = News::default();
        state.locked_itself = false;
    }

    /// Whether the last lock was for idleness.
    pub fn locked_itself(&self) -> bool {
        self.state().locked_itself
    }

    /// Waits until nobody holds the wallet any more after a lock, so that its file is free. Blocks.
    pub fn wait_until_released(&self) {
        let start = self.clock.now();
        loop {
            let held = self.state().last.as_ref().is_some_and(|last| last.strong_count() > 0);
            if !held || self.clock.now().saturating_sub(start) > RELEASE_TIME {
                return;
            }
            thread::sleep(RELEASE_LOOK);
        }
    }

    /// Opens the wallet. Blocks; wrong passphrases are slowed down.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<(), DeskError> {
        let desk = self.guarded(|| {
            self.wait_until_released();
            self.keeper.open(passphrase)
        })?;
        self.let_in(desk);
        Ok(())
    }

    /// Asks for the passphrase again before something that needs care. Blocks.
    pub fn ask_again(&self, desk: &dyn Desk, passphrase: &Passphrase) -> Result<(), DeskError> {
        self.guarded(|| desk.check_passphrase(passphrase))
    }

    /// Runs something that a passphrase opens, one at a time, and counts wrong ones.
    pub fn guarded<T>(&self, work: impl FnOnce() -> Result<T, DeskError>) -> Result<T, DeskError> {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = throttle.wait(self.clock.now()) {
            return Err(DeskError::slow_down(wait));
        }
        let outcome = work();
        match &outcome {
            Ok(_) => throttle.right(),
            Err(error) if error.is_wrong_passphrase() => throttle.wrong(self.clock.now()),
            Err(_) => {}
        }
        outcome
    }

    pub fn news(&self) -> News {
        self.state().news.clone()
    }

    /// Changes what is known, if the wallet is still the same one.
    pub fn report(&self, desk: &Arc<dyn Desk>, change: impl FnOnce(&mut News)) {
        let mut state = self.state();
        if state.desk.as_ref().is_some_and(|own| Arc::ptr_eq(own, desk)) {
            change(&mut state.news);
        }
    }

    /// There is something to hand in: the background thread need not wait.
    pub fn hurry(&self) {
        self.state().hurry = true;
        self.changed.notify_all();
    }

    /// Waits for an open wallet, or for `pause` to pass; `None` when the server stops. Blocks.
    pub fn wait_for_work(&self, pause: Duration) -> Option<Option<Arc<dyn Desk>>> {
        let state = self.state();
        let idle = |state: &mut State| !state.stopping && !state.hurry;
        let (mut state, _) =
            self.changed.wait_timeout_while(state, pause, idle).unwrap_or_else(PoisonError::into_inner);
        state.hurry = false;
        if state.stopping { None } else { Some(state.desk.clone()) }
    }

    /// Locks, and ends the background thread.
    pub fn stop(&self) {
        self.lock();
        self.state().stopping = true;
        self.changed.notify_all();
    }
}

fn idle_time(minutes: u32) -> Option<Duration> {
    (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)))
}
