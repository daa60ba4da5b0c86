//! An open wallet with its nodes, read up to date.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hushwatt_wallet::{
    file::{FileError, Passphrase},
    household::{Courier, Household, HouseholdError, views::SyncState},
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{common::Common, error::WalletCommandError};
use crate::cli::progress;

/// How often a passphrase may be mistyped.
const TRIES: u32 = 3;

/// An open wallet.
pub(crate) struct Session {
    household: Arc<Mutex<Household>>,
    /// Goes to the nodes.
    pub courier: Courier,
    /// Whether the nodes were asked, and answered.
    pub fresh: bool,
    /// What was noticed about them.
    pub notices: Vec<String>,
}

impl Session {
    /// Opens the wallet; asks nobody but for the passphrase.
    pub fn open(common: &Common) -> Result<Self, WalletCommandError> {
        let (household, _) = open_wallet(common)?;
        Self::around(household, common)
    }

    /// For a wallet that is open already.
    pub fn around(household: Household, common: &Common) -> Result<Self, WalletCommandError> {
        if household.genesis().simulated_time && !common.json {
            eprintln!(
                "TEST NETWORK {}: its time is simulated, and its money is worth nothing.",
                household.network_name()
            );
        }
        let household = Arc::new(Mutex::new(household));
        let courier = Courier::new(household.clone())?;
        Ok(Session { household, courier, fresh: false, notices: Vec::new() })
    }

    /// The wallet.
    pub fn household(&self) -> MutexGuard<'_, Household> {
        self.household.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opened and read up to date; without nodes what the file knows is shown, and said so.
    pub fn to_look(common: &Common) -> Result<Self, WalletCommandError> {
        let mut session = Self::open(common)?;
        if common.offline {
            return Ok(session);
        }
        match session.read(common) {
            Err(error) if error.is_about_nodes() => {
                common.remark(&format!("{error}. What follows is what the wallet knew before"));
                session.notices.push(error.to_string());
            }
            other => other?,
        }
        Ok(session)
    }

    /// Opened and read up to date: what acts must know what is.
    pub fn to_act(common: &Common) -> Result<Self, WalletCommandError> {
        if common.offline {
            return Err(WalletCommandError::Input("this needs the nodes: leave --offline out".to_owned()));
        }
        let mut session = Self::open(common)?;
        session.read(common)?;
        Ok(session)
    }

    /// Reads all there is, with a bar if that takes a while.
    pub fn read(&mut self, common: &Common) -> Result<(), WalletCommandError> {
        let wheel = (!common.json).then(|| progress::wheel("Asking the nodes"));
        let mut bar: Option<ProgressBar> = None;
        let state = self.courier.finish(&mut |state| {
            if let Some(wheel) = &wheel {
                wheel.finish_and_clear();
            }
            if !common.json && !state.done {
                show_progress(bar.get_or_insert_with(|| new_bar(state)), state);
            }
        });
        if let Some(wheel) = &wheel {
            wheel.finish_and_clear();
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let state = state?;
        if !state.reached {
            return Err(WalletCommandError::NotReached(state.notices.join("; ")));
        }
        self.fresh = true;
        for notice in &state.notices {
            common.remark(notice);
        }
        self.notices = state.notices;
        let without = self.household().without_hints();
        if without > 0 {
            common.remark(&format!(
                "the nodes have deleted what finds the money in {without} older transactions: if some is missing, restore a backup file"
            ));
        }
        Ok(())
    }
}

/// Opens the wallet with the passphrase from its file, or asks for it, again if a person mistyped it.
pub(super) fn open_wallet(common: &Common) -> Result<(Household, Passphrase), WalletCommandError> {
    let path = common.wallet()?;
    if !path.exists() {
        // Before anybody types a passphrase for nothing.
        return Err(FileError::Missing { path }.into());
    }
    let mut tries = if common.passphrase_file().is_none() { TRIES } else { 1 };
    loop {
        let passphrase = common.passphrase()?;
        let wheel = (!common.json).then(|| progress::wheel("Opening the wallet"));
        let opened = Household::open(&path, &passphrase);
        if let Some(wheel) = wheel {
            wheel.finish_and_clear();
        }
        tries -= 1;
        match opened {
            Err(HouseholdError::File(error @ FileError::WrongPassphrase { .. })) if tries > 0 => {
                common.remark(&error.to_string());
            }
            opened => return Ok((opened?, passphrase)),
        }
    }
}

fn new_bar(state: &SyncState) -> ProgressBar {
    let bar = ProgressBar::new(state.windows_left);
    let style = ProgressStyle::with_template("Reading the ledger {wide_bar} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show_progress(bar: &ProgressBar, state: &SyncState) {
    let total = bar.length().unwrap_or(0).max(state.windows_left);
    bar.set_length(total);
    bar.set_position(total - state.windows_left);
    let windows = match state.windows_left {
        1 => "1 settlement window left".to_owned(),
        left => format!("{left} settlement windows left"),
    };
    bar.set_message(match state.seconds_left {
        Some(seconds) if seconds > 90 => format!("{windows}, about {} minutes", seconds.div_ceil(60)),
        Some(seconds) => format!("{windows}, about {seconds} s"),
        None => windows,
    });
}
