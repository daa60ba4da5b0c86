//! `hushwatt wallet balance`: the first page of a wallet.

use hushwatt_ledger::units::{Timestamp, Utility};
use hushwatt_wallet::household::views::{BackupState, Overview, PendingView, UtilityMonth, Waiting};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, session::Session, show::Show, table::pairs};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[derive(Serialize)]
struct Balance {
    #[serde(flatten)]
    overview: Overview,
    /// Whether a node was asked and answered.
    fresh: bool,
    simulated_time: bool,
}

pub(super) fn run(common: &Common) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let household = session.household();
    let overview = household.overview(session.notices.clone());
    let (fresh, simulated_time, now) = (session.fresh, household.genesis().simulated_time, household.now());
    let balance = Balance { overview, fresh, simulated_time };
    common.answer(&balance, || text(&common.show(), &balance.overview, now))
}

fn text(show: &Show, overview: &Overview, now: Timestamp) -> String {
    let mut rows = vec![("Available", format!("{} can be spent now", show.euro(overview.available)))];
    for pending in &overview.pending {
        rows.push((name(pending.reason), reason(show, pending, now)));
    }
    rows.push(("Total", show.euro(overview.total)));
    rows.push(("", String::new()));
    let month = &overview.month;
    let mut heading = MONTHS.get(usize::from(month.month).wrapping_sub(1)).copied().unwrap_or_default();
    let happened: Vec<&UtilityMonth> = month.utilities.iter().filter(|sums| !sums.is_empty()).collect();
    if happened.is_empty() {
        rows.push((heading, "no energy was measured or traded yet".to_owned()));
    }
    let name_them = happened.iter().any(|sums| sums.utility != Utility::Electricity);
    for sums in happened {
        let amount = |base: u64| show.energy(sums.utility, base);
        let name = if name_them { format!("{}: ", sums.utility.name()) } else { String::new() };
        let share =
            sums.community_share.map(|share| format!("; neighbours gave {:.0} % of what was taken", share * 100.0));
        let (taken, given, share) = (amount(sums.imported), amount(sums.exported), share.unwrap_or_default());
        rows.push((std::mem::take(&mut heading), format!("{name}taken {taken}, given {given}{share}")));
        rows.push(("", format!("{name}bought {} for {}", amount(sums.bought), show.euro(sums.spent))));
        rows.push(("", format!("{name}sold {} for {}", amount(sums.sold), show.euro(sums.earned))));
    }
    rows.push(("", String::new()));
    rows.push(("Next settlement", show.near(overview.next_settlement, now)));
    rows.push(("Backup", backup(overview.backup, overview.view_only)));
    let behind = match overview.sync.windows_left {
        0 => String::new(),
        windows => format!(" ({windows} settlement windows are not read yet)"),
    };
    rows.push(("As of", format!("{}, block {}{behind}", show.moment(overview.sync.as_of), overview.sync.height)));
    if overview.view_only {
        rows.push(("Kind", "view-only: sees everything, cannot spend".to_owned()));
    }
    pairs(&rows)
}

fn name(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::NextSettlement => "Waiting",
        Waiting::OnItsWay => "On its way",
        Waiting::Ordered => "Set aside",
    }
}

fn reason(show: &Show, pending: &PendingView, now: Timestamp) -> String {
    let amount = show.euro(pending.amount);
    let when = pending.expected.map(|time| show.near(time, now));
    let until = |word: &str| when.as_ref().map(|when| format!(", {word} {when}")).unwrap_or_default();
    match pending.reason {
        Waiting::NextSettlement => {
            format!("{amount} is settled together with money of others{}", until("about"))
        }
        Waiting::OnItsWay => format!("{amount} change of a payment that is not final yet{}", until("about")),
        Waiting::Ordered => format!("{amount} for energy that was ordered{}", until("at the latest until")),
    }
}

/// How the backup stands, and what to do about it.
pub(super) fn backup(state: BackupState, view_only: bool) -> String {
    let days = |days: u64| match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    };
    match state {
        BackupState::WordsUnconfirmed if !view_only => {
            "the 24 words are not confirmed: hushwatt wallet words --confirm".to_owned()
        }
        BackupState::Never | BackupState::WordsUnconfirmed => {
            "there is no backup file: hushwatt wallet backup FILE".to_owned()
        }
        BackupState::Old { days: age } => format!("written {}, which is old: hushwatt wallet backup FILE", days(age)),
        BackupState::Recent { days: age } => format!("written {}", days(age)),
    }
}
