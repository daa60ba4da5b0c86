//! `hushwatt wallet run`: the agent, unattended.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use hushwatt_client::SignedOffer;
use hushwatt_ledger::units::Timestamp;
use hushwatt_wallet::household::{AgentWork, HouseholdError, views::HistoryFilter};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, history, interrupt, session::Session};
use crate::cli::say;

/// Between two looks at the nodes.
const ROUND: Duration = Duration::from_secs(2);
/// Between two looks at the board.
const BOARD: Duration = Duration::from_secs(30);
/// After an error.
const REST: Duration = Duration::from_secs(10);
/// Between two looks at whether to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Arguments of `hushwatt wallet run`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet run --passphrase-file /run/credentials/hushwatt/passphrase
  hushwatt wallet run --once                    one step, for a timer
  hushwatt wallet run --json | jq .             one JSON object a line

It does what the settings allow (\"hushwatt wallet settings\") and nothing else. While it runs, the wallet is open in this program
and others cannot open it. Ctrl-C or SIGTERM ends it between two steps; nothing is lost at any moment.")]
pub(super) struct RunArguments {
    /// One step, then end
    #[arg(long)]
    once: bool,
}

/// A line of what it did.
#[derive(Serialize)]
struct Line<'a> {
    time: u64,
    /// `did`, `failed`, `happened` or `trouble`.
    event: &'a str,
    text: &'a str,
}

struct Agent<'a> {
    common: &'a Common,
    session: Session,
    board: Vec<SignedOffer>,
    board_read: Option<Instant>,
    /// The latest entry that was told.
    told: Vec<String>,
    /// The last trouble, told once.
    trouble: Option<String>,
}

pub(super) fn run(common: &Common, arguments: &RunArguments) -> Result<(), WalletCommandError> {
    let mut session = Session::open(common)?;
    if session.household().is_view_only() {
        return Err(HouseholdError::ViewOnly.into());
    }
    match session.read(common) {
        // An agent starts before its network.
        Err(error) if error.is_about_nodes() && !arguments.once => {}
        other => other?,
    }
    let mut agent = Agent { common, session, board: Vec::new(), board_read: None, told: Vec::new(), trouble: None };
    agent.told = agent.settled();
    if arguments.once {
        agent.step()?;
        agent.session.household().save()?;
        return Ok(());
    }
    let stop = interrupt::stop_flag()?;
    agent.line("did", "watching; Ctrl-C ends it")?;
    while !stop.load(Ordering::SeqCst) {
        let rest = match agent.step() {
            Ok(()) => ROUND,
            // A ledger that contradicts itself is nothing to wait for.
            Err(error @ WalletCommandError::Household(HouseholdError::Ledger(_) | HouseholdError::File(_))) => {
                return Err(error);
            }
            Err(error) => {
                agent.tell_trouble(&error.to_string())?;
                REST
            }
        };
        sleep(rest, &stop);
    }
    agent.session.household().save()?;
    agent.line("did", "ended")
}

fn sleep(time: Duration, stop: &AtomicBool) {
    let start = Instant::now();
    while start.elapsed() < time && !stop.load(Ordering::SeqCst) {
        thread::sleep(LOOK);
    }
}

impl Agent<'_> {
    /// Reads what is new, does what is to be done, hands it in.
    fn step(&mut self) -> Result<(), WalletCommandError> {
        let state = self.session.courier.round()?;
        if !state.done {
            self.session.courier.finish(&mut |_| {})?;
        }
        match state.notices.first() {
            Some(notice) => self.tell_trouble(notice)?,
            None => self.trouble = None,
        }
        self.tell_settled()?;
        let buys = self.session.household().settings().agent.buy.is_some();
        if buys && self.board_read.is_none_or(|at| at.elapsed() >= BOARD) {
            self.board = self.session.courier.board()?;
            self.board_read = Some(Instant::now());
        }
        let work = self.session.household().agent_step(&self.board);
        let acted = work.actions.iter().any(|action| !action.failed);
        self.tell(&work)?;
        for offer in &work.to_post {
            self.session.courier.post_offer(offer)?;
        }
        if acted {
            self.session.courier.round()?;
        }
        Ok(())
    }

    fn tell(&mut self, work: &AgentWork) -> Result<(), WalletCommandError> {
        for action in &work.actions {
            if action.failed {
                // The same failure in every round is said once.
                self.tell_trouble(&action.text)?;
            } else {
                self.line("did", &action.text)?;
            }
        }
        Ok(())
    }

    fn tell_trouble(&mut self, text: &str) -> Result<(), WalletCommandError> {
        if self.trouble.as_deref() == Some(text) {
            return Ok(());
        }
        self.trouble = Some(text.to_owned());
        self.line("trouble", text)
    }

    /// Names of all lines of the history.
    fn settled(&self) -> Vec<String> {
        let entries = self.session.household().history(&HistoryFilter::default());
        entries.iter().map(|entry| format!("{} {:?}", entry.id, entry.state)).collect()
    }

    /// What happened since the last step.
    fn tell_settled(&mut self) -> Result<(), WalletCommandError> {
        let show = self.common.show();
        let entries = self.session.household().history(&HistoryFilter::default());
        let names = self.settled();
        let new: Vec<String> = entries
            .iter()
            .zip(&names)
            .filter(|(_, name)| !self.told.contains(name))
            .map(|(entry, _)| {
                let who = history::who(entry);
                let with = if who.is_empty() { String::new() } else { format!(", {who}") };
                format!("{} {}{with}", history::what(&show, entry), show.signed(entry.amount))
            })
            .collect();
        self.told = names;
        new.iter().rev().try_for_each(|text| self.line("happened", text))
    }

    fn line(&self, event: &str, text: &str) -> Result<(), WalletCommandError> {
        let now: Timestamp = self.session.household().now();
        if self.common.json {
            let line = Line { time: now.0, event, text };
            say(&serde_json::to_string(&line).map_err(WalletCommandError::Json)?);
        } else {
            let mark = if event == "trouble" { "TROUBLE: " } else { "" };
            say(&format!("{}  {mark}{text}", self.common.show().minute(now)));
        }
        Ok(())
    }
}
