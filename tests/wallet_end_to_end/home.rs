//! Households with a courier, and the village they live in.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use hushwatt_crypto::{address::Address, keys::Seed};
use hushwatt_ledger::units::Credit;
use hushwatt_wallet::{
    file::{Passphrase, SeedWords, Strength},
    household::{Courier, Household, NewHousehold, SendRequest, views::SyncState},
};
use rand_core::OsRng;

use crate::village::Village;

pub fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").unwrap()
}

/// A household that goes to its nodes.
pub struct Home {
    household: Arc<Mutex<Household>>,
    courier: Courier,
    /// All that was noticed about its nodes.
    pub noticed: Vec<String>,
}

impl Home {
    /// With a new seed.
    pub fn new(village: &Village, name: &str, nodes: &[String]) -> Self {
        Self::of(village, &Seed::random(&mut OsRng), name, nodes)
    }

    /// With this seed.
    pub fn of(village: &Village, seed: &Seed, name: &str, nodes: &[String]) -> Self {
        let passphrase = passphrase();
        let path = path(village, name);
        let new = NewHousehold {
            path: &path,
            passphrase: &passphrase,
            strength: Strength::FOR_TESTS,
            genesis: village.genesis.as_ref().clone(),
            nodes: nodes.to_vec(),
        };
        Self::with(Household::restore_words(new, &SeedWords::from_seed(seed), None).unwrap())
    }

    /// From its file.
    pub fn open(path: &Path) -> Self {
        Self::with(Household::open(path, &passphrase()).unwrap())
    }

    fn with(household: Household) -> Self {
        let household = Arc::new(Mutex::new(household));
        Home { courier: Courier::new(household.clone()).unwrap(), household, noticed: Vec::new() }
    }

    pub fn get(&self) -> MutexGuard<'_, Household> {
        self.household.lock().unwrap()
    }

    pub fn address(&self) -> Address {
        *self.get().wallet().address()
    }

    /// Goes to the nodes once.
    pub fn round(&mut self) -> SyncState {
        let state = self.courier.round().unwrap();
        self.note(&state);
        state
    }

    /// Reads all there is. A piece that is refused is asked for again, as programs do.
    pub fn catch_up(&mut self) {
        for _ in 0..20 {
            let mut states = Vec::new();
            let finished = self.courier.finish(&mut |state| states.push(state.clone()));
            states.iter().for_each(|state| self.note(state));
            match finished {
                Ok(_) => return,
                Err(error) => self.noticed.push(error.to_string()),
            }
        }
        panic!("it never came to the end: {:?}", self.noticed);
    }

    fn note(&mut self, state: &SyncState) {
        self.noticed.extend(state.notices.iter().cloned());
    }

    /// Whether something was noticed that contains all of these.
    pub fn noticed(&self, words: &[&str]) -> bool {
        self.noticed.iter().any(|notice| words.iter().all(|word| notice.contains(word)))
    }

    pub fn available(&self) -> Credit {
        self.get().overview(Vec::new()).available
    }

    pub fn total(&self) -> Credit {
        self.get().overview(Vec::new()).total
    }
}

pub fn path(village: &Village, name: &str) -> PathBuf {
    village.folder().join(name)
}

pub fn payment(to: &str, amount: Credit) -> SendRequest {
    SendRequest { to: to.to_owned(), amount, pieces: 1, message: None, label: None, allow_small_company: true }
}
