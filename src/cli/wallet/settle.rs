//! After something was signed: waits until it is final, or says how far it is.

use std::{
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use hushwatt_crypto::hash::hex;
use hushwatt_wallet::household::{
    HouseholdError,
    views::{EntryState, HistoryFilter, Prepared},
};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, interrupt::Farewell, session::Session};
use crate::cli::progress;

/// Between two tries while no node answers.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How long to wait.
#[derive(Args)]
pub(crate) struct Patience {
    /// Do not wait until it is final
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// How long to wait until it is final, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
}

/// What became of it.
#[derive(Serialize)]
pub(crate) struct Outcome {
    #[serde(flatten)]
    pub prepared: Prepared,
    pub state: EntryState,
}

/// Hands it in and waits.
///
/// An error if it was given up, or is not final after the wait that was asked for.
pub(crate) fn settle(
    session: &mut Session,
    common: &Common,
    patience: &Patience,
    prepared: Prepared,
) -> Result<Outcome, WalletCommandError> {
    let id = prepared.id;
    let over = common.show().moment(prepared.valid_until);
    let resumed = format!(
        "It is signed and kept in the wallet ({}), and it is handed in again by the next command. If it is in no block by {over}, it is void and nothing was spent.",
        &hex(&id.0)[..8]
    );
    let farewell = Farewell::new(resumed.clone())?;
    let wheel = (!common.json).then(|| progress::wheel("Waiting until it is final"));
    let start = Instant::now();
    let at_most = if patience.no_wait { Duration::ZERO } else { Duration::from_secs(patience.wait) };
    let (state, trouble) = loop {
        let left = at_most.saturating_sub(start.elapsed());
        let trouble = match session.courier.wait_for(&id, left) {
            Ok(state) => break (state, None),
            Err(error @ HouseholdError::Sync(_)) => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        if start.elapsed() >= at_most {
            break (session.household().state_of(&id), Some(trouble));
        }
        thread::sleep(TRY_AGAIN);
    };
    if let Some(wheel) = wheel {
        wheel.finish_and_clear();
    }
    drop(farewell);
    session.household().save()?;
    match state.unwrap_or(EntryState::Released) {
        EntryState::Released => Err(WalletCommandError::Released(why(session, &prepared))),
        state @ EntryState::Final => Ok(Outcome { prepared, state }),
        state if patience.no_wait && trouble.is_none() => Ok(Outcome { prepared, state }),
        state => {
            let (how, trouble) = match state {
                EntryState::Submitted => ("a node has taken it, but it is not final yet", trouble),
                EntryState::AwaitsOperator => {
                    ("the market operator has not admitted it yet", session.courier.operator_trouble())
                }
                _ => ("no node has taken it yet", trouble),
            };
            let trouble = trouble.map(|trouble| format!(" ({trouble})")).unwrap_or_default();
            Err(WalletCommandError::UnderWay(format!("{how}{trouble}. {resumed}")))
        }
    }
}

/// Why it was given up.
fn why(session: &Session, prepared: &Prepared) -> String {
    let text = Some(hex(&prepared.id.0));
    let entries = session.household().history(&HistoryFilter { text, ..HistoryFilter::default() });
    entries.into_iter().find_map(|entry| entry.reason).unwrap_or_else(|| "nothing was spent".to_owned())
}

impl Outcome {
    /// In a sentence.
    pub fn text(&self, done: &str) -> String {
        match self.state {
            EntryState::Final => format!("{done} Final."),
            EntryState::Submitted => format!("{done} A node has taken it; it is not final yet."),
            EntryState::AwaitsOperator => {
                format!("{done} Signed and kept in the wallet; the market operator has not admitted it yet.")
            }
            EntryState::Prepared | EntryState::Released => {
                format!("{done} Signed and kept in the wallet; the next command hands it in.")
            }
        }
    }
}
