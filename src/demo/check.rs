//! The two checks at the end: an audit in a process of its own, and every wallet restored from its seed.

use std::{process::Command, sync::Arc};

use hushwatt_ledger::{
    transaction::order::Side,
    units::{Credit, Quantity, Utility},
};
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
    /// By utility, as the restored wallets know it.
    #[serde(skip_serializing)]
    pub(super) settled: Vec<Settled>,
}

/// What all homes together bought and sold of a utility, as their restored wallets know it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Settled {
    pub(super) utility: Utility,
    /// Delivered to buyers, in base units, and what they paid in micro-euro.
    pub(super) bought: u64,
    pub(super) paid: u64,
    /// Delivered by sellers, and what they were paid.
    pub(super) sold: u64,
    pub(super) earned: u64,
    /// Attested and not delivered.
    pub(super) kept: u64,
}

impl Settled {
    fn of(utility: Utility, wallets: &[Wallet]) -> Self {
        let mut sums = Settled { utility, bought: 0, paid: 0, sold: 0, earned: 0, kept: 0 };
        for wallet in wallets {
            sums.bought += wallet.bought(utility);
            let purchases = wallet.purchases().filter(|purchase| purchase.terms.utility == utility);
            sums.paid += purchases.map(|purchase| purchase.paid().0).sum::<u64>();
            for claim in wallet.claims().filter(|claim| claim.terms.utility == utility) {
                let delivered = claim.delivered.unwrap_or(Quantity(0));
                sums.sold += u64::from(delivered.0);
                sums.earned += claim.terms.price.times(delivered).0;
            }
            for order in wallet.orders().filter(|order| order.terms.utility == utility) {
                match order.side() {
                    Side::Buy => sums.paid += order.money().0,
                    Side::Sell => {
                        sums.sold += u64::from(order.filled().0);
                        sums.earned += order.money().0;
                    }
                }
            }
            sums.kept += wallet.undelivered(utility);
        }
        sums
    }

    /// What does not add up: everything sold was bought, paid for, and attested.
    fn differences(&self, book: &Book) -> Vec<String> {
        let (what, unit) = (self.utility.name(), self.utility.unit());
        let attested: u64 = book.metered.get(&self.utility).map_or(0, |metered| metered.attested.iter().sum());
        let (shared, moved) = (book.shared(self.utility), book.moved(self.utility).0);
        let mut wrong = Vec::new();
        if (self.bought, self.sold) != (shared, shared) {
            let (bought, sold) = (self.bought, self.sold);
            wrong.push(format!("{what}: {bought} {unit} were bought, {sold} sold; arithmetic says {shared}"));
        }
        if (self.paid, self.earned) != (moved, moved) {
            let (paid, earned, moved) = (Credit(self.paid), Credit(self.earned), Credit(moved));
            wrong.push(format!("{what}: {paid} were paid, {earned} earned; price x delivered is {moved}"));
        }
        if self.sold + self.kept != attested {
            let (sold, kept) = (self.sold, self.kept);
            wrong.push(format!("{what}: {sold} {unit} sold and {kept} kept are not the {attested} attested"));
        }
        wrong
    }
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
        for meter in &household.meters {
            wallet.pair(meter.pairing.clone());
        }
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
        let mut energy_is_right = true;
        for utility in book.metered.keys() {
            let (holds, expected) = (wallet.undelivered(*utility), book.expected_energy(*utility, household.home));
            if expected != Some(holds) {
                energy_is_right = false;
                let (name, what, unit) = (&household.name, utility.name(), utility.unit());
                wrong.push(format!("{name}: the wallet holds {holds} {unit} of {what}, arithmetic says {expected:?}"));
            }
        }
        if energy_is_right && expected == Some(balance) {
            right += 1;
        }
    }
    let settled: Vec<Settled> = book.metered.keys().map(|utility| Settled::of(*utility, &wallets)).collect();
    for sums in &settled {
        wrong.extend(sums.differences(book));
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
    Ok(Restored { right, homes, wrong, homes_own, treasury_owns: treasury.0, notes_owned, settled })
}
