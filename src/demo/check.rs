//! The two checks at the end: an audit in a process of its own, and every wallet restored from its seed.

use std::{process::Command, sync::Arc};

use hushwatt_ledger::units::Credit;
use hushwatt_wallet::{Archive, Follower, Progress, Wallet, restore};
use indicatif::ProgressBar;
use serde::Serialize;

use super::{DemoError, community::Community, ledger_book::Book, output::Exported};
use crate::cli::progress;

/// What the auditor's process said.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Audit {
    pub(super) holds: bool,
    pub(super) report: serde_json::Value,
    pub(super) seconds: f64,
}

/// Runs `hushwatt audit verify` on the exported chain: it gets the file and the network id, nothing else.
pub(super) fn audit_in_another_process(exported: &Exported) -> Result<Audit, DemoError> {
    let started = std::time::Instant::now();
    let program = std::env::current_exe().map_err(|source| DemoError::File {
        action: "find",
        path: "hushwatt".into(),
        source,
    })?;
    let wheel = progress::wheel("Auditing in another process");
    let output = Command::new(&program)
        .args(["audit", "verify", "--json", "--network", &exported.network.to_string()])
        .arg(&exported.chain)
        .output();
    wheel.finish_and_clear();
    let output = output.map_err(|source| DemoError::File { action: "run", path: program, source })?;
    let report = serde_json::from_slice(&output.stdout)
        .map_err(|_| DemoError::Export(String::from_utf8_lossy(&output.stderr).trim().to_owned()))?;
    Ok(Audit { holds: output.status.success(), report, seconds: started.elapsed().as_secs_f64() })
}

/// Restored wallets against plain arithmetic.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Restored {
    /// Homes whose restored wallet has exactly what arithmetic says.
    pub(super) right: usize,
    /// All homes.
    pub(super) homes: usize,
    /// What differs, in words.
    pub(super) wrong: Vec<String>,
    /// All money of the homes, micro-euro.
    pub(super) homes_own: u64,
    /// The treasury's reserve, micro-euro.
    pub(super) treasury_owns: u64,
    /// Notes of all homes and the treasury.
    pub(super) notes_owned: usize,
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn scanned(&mut self, done: u64, _: u64) {
        self.0.set_position(done);
    }
}

/// Restores every wallet from its seed (and its meter's pairing) on the exported files alone, and compares.
pub(super) fn restore_wallets(community: &Community, exported: &Exported, book: &Book) -> Result<Restored, DemoError> {
    let broken = |error: hushwatt_wallet::ArchiveError| DemoError::Export(error.to_string());
    let mut archive = Archive::open(&exported.chain, &exported.hints).map_err(broken)?;
    let genesis = Arc::new(archive.genesis().clone());
    let mut wallets = Vec::with_capacity(community.households.len() + 1);
    for household in &community.households {
        let mut wallet = Wallet::new(genesis.clone(), &household.seed)?;
        wallet.pair(household.pairing.clone());
        wallets.push(wallet);
    }
    wallets.push(Wallet::new(genesis.clone(), &community.treasury_seed)?);
    let mut follower = Follower::new(genesis);
    let mut bar = Bar(progress::bar(book.blocks, "Restoring wallets from their seeds"));
    restore(&mut archive, &mut follower, &mut wallets, book.blocks, &mut bar).map_err(broken)?;
    bar.0.finish_and_clear();

    let mut wrong = Vec::new();
    let (mut homes_own, mut right) = (0, 0);
    for (household, wallet) in community.households.iter().zip(&wallets) {
        let balance = wallet.balance().total();
        homes_own += balance.0;
        let expected = book.expected_credit(household.home);
        if expected != Some(balance) {
            let expected = expected.map_or("nothing sensible".to_owned(), |credit| credit.to_string());
            wrong.push(format!("{}: the wallet has {balance}, arithmetic says {expected}", household.name));
        }
        let (energy, expected) = (wallet.undelivered(), book.expected_energy(household.home));
        if expected != Some(energy) {
            wrong.push(format!("{}: the wallet holds {energy} Wh, arithmetic says {expected:?}", household.name));
        } else if book.expected_credit(household.home) == Some(balance) {
            right += 1;
        }
    }
    if archive.without_hints() > 0 {
        wrong.push(format!("{} transactions have no hints in the export", archive.without_hints()));
    }
    let treasury = wallets.last().map_or(Credit::ZERO, |wallet| wallet.balance().total());
    let notes_owned = wallets.iter().flat_map(Wallet::notes).filter(|note| !note.spent).count();
    let in_circulation = book.minted.checked_sub(book.burned);
    if in_circulation != Some(Credit(homes_own + treasury.0)) {
        wrong.push("homes and treasury together do not own what was minted less what was burned".to_owned());
    }
    let homes = community.households.len();
    Ok(Restored { right, homes, wrong, homes_own, treasury_owns: treasury.0, notes_owned })
}
