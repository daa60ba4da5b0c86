//! The page a board member reads, as text, HTML and JSON.

use std::{fmt::Write as _, time::Duration};

use hushwatt_ledger::units::Utility;
use serde::Serialize;

use crate::roles::Role;

use super::{
    auctions::Auctions,
    check::{Audit, Restored},
    community::Community,
    data::Data,
    ledger_book::Book,
    network::Agreement,
    output::Exported,
    seen::{Seen, learned, unseen},
    shared::{Shared, amount, chart, euro},
};

/// Heading of the auctions.
const AUCTIONS: &str = "The auctions";

/// Everything the page says.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    simulated_time: bool,
    network: String,
    origin: String,
    day: String,
    remark: Option<String>,
    homes: usize,
    interval_minutes: u32,
    blocks: u64,
    exported_wh: u64,
    imported_wh: u64,
    shared_wh: u64,
    moved_micro_euro: u64,
    /// First second and shared Wh of each window with trade.
    shared_by_window: Vec<(u64, u64)>,
    /// Each utility for itself, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    utilities: Vec<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contracts: Option<Contracts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auctions: Option<Auctions>,
    /// Matches or bids that nobody could pay for yet.
    unfunded: usize,
    minted_micro_euro: u64,
    burned_micro_euro: u64,
    away: Option<String>,
    late_windows: usize,
    missing_windows: usize,
    top_ups: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    matcher: Option<MatcherSaw>,
    seen: Seen,
    chain_bytes: u64,
    /// How many validators ran.
    validators: usize,
    /// Whether all have the same last block and the same state.
    validators_agree: bool,
    killed: Option<Killed>,
    audit: Audit,
    restored: Restored,
    seconds: f64,
    /// Most memory this process had at once, where the system tells.
    peak_megabytes: Option<u64>,
}

#[derive(Clone, Debug, Serialize)]
struct Contracts {
    opened: usize,
    full: usize,
    partial: usize,
    expired: usize,
    bundled_deliveries: usize,
}

/// The validator that was killed in the middle and started again.
#[derive(Clone, Debug, Serialize)]
struct Killed {
    validator: usize,
    at_block: u64,
}

#[derive(Clone, Debug, Serialize)]
struct MatcherSaw {
    declarations: usize,
    households: usize,
    offered_wh: u64,
    wanted_wh: u64,
}

/// What the page is made of, beside the data and the community.
pub(super) struct Outcome<'a> {
    pub(super) book: &'a Book,
    pub(super) agreement: &'a Agreement,
    pub(super) seen: Seen,
    pub(super) exported: &'a Exported,
    pub(super) audit: Audit,
    pub(super) restored: Restored,
    pub(super) elapsed: Duration,
}

impl Page {
    pub(super) fn new(data: &Data, community: &Community, outcome: Outcome<'_>) -> Self {
        let Outcome { book, agreement, seen, exported, audit, restored, elapsed } = outcome;
        let bilateral = community.operator.is_none();
        let shared = |utility| Shared::of(utility, book, community, &restored);
        let electricity = shared(Utility::Electricity);
        let several = Some(data.utilities()).filter(|utilities| utilities.len() > 1).unwrap_or_default();
        let utilities = several.into_iter().map(shared).collect();
        let delivered = |trade: &&super::roles::Trade| trade.delivered.unwrap_or(0);
        let count = |test: &dyn Fn(u32, u32) -> bool| {
            book.trades.iter().filter(|trade| test(delivered(trade), trade.quantity)).count()
        };
        Page {
            simulated_time: community.genesis.simulated_time,
            network: community.genesis.network().to_string(),
            origin: data.origin.clone(),
            day: data.day_text(),
            remark: data.remark.clone(),
            homes: community.households.len(),
            interval_minutes: data.readings.interval_secs() / 60,
            blocks: book.blocks,
            exported_wh: electricity.exported,
            imported_wh: electricity.imported,
            shared_wh: electricity.shared,
            moved_micro_euro: electricity.moved_micro_euro,
            shared_by_window: electricity.windows.iter().map(|window| (window.start, window.delivered)).collect(),
            utilities,
            contracts: bilateral.then(|| Contracts {
                opened: book.trades.len(),
                full: count(&|delivered, quantity| delivered == quantity),
                partial: count(&|delivered, quantity| delivered > 0 && delivered < quantity),
                expired: count(&|delivered, _| delivered == 0),
                bundled_deliveries: book.bundled,
            }),
            auctions: (!bilateral).then(|| Auctions::of(book, &community.genesis.parameters)),
            unfunded: book.unfunded,
            minted_micro_euro: book.minted.0,
            burned_micro_euro: book.burned.0,
            away: book.away.and_then(|home| data.names.get(home).cloned()),
            late_windows: book.late_windows,
            missing_windows: book.missing_windows,
            top_ups: book.top_ups,
            matcher: bilateral.then_some(MatcherSaw {
                declarations: community.matcher.declarations,
                households: community.matcher.households.len(),
                offered_wh: electricity.offered,
                wanted_wh: electricity.wanted,
            }),
            seen,
            validators: agreement.validators,
            validators_agree: agreement.same_state,
            killed: book.killed.map(|(validator, at_block)| Killed { validator: validator + 1, at_block }),
            chain_bytes: exported.bytes,
            audit,
            restored,
            seconds: elapsed.as_secs_f64(),
            peak_megabytes: peak_megabytes(),
        }
    }

    /// Whether the audit and every restored wallet came out right.
    pub fn holds(&self) -> bool {
        self.audit.holds && self.restored.wrong.is_empty() && self.validators_agree
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (heading, lines) in self.sections() {
            let _ = writeln!(text, "\n{heading}");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// Headings with their lines: the one source of text and HTML.
    fn sections(&self) -> Vec<(String, Vec<String>)> {
        let mut sections = vec![
            (format!("HUSHWATT DEMO: {}, {}", counted(self.homes, "home"), self.day), self.summary()),
            (
                if self.water().is_some() { "Energy, water and money" } else { "Energy and money" }.to_owned(),
                self.energy_and_money(),
            ),
            ("What happened on the ledger".to_owned(), self.ledger()),
            ("What each role could see".to_owned(), self.roles()),
            ("Checks".to_owned(), self.checks()),
        ];
        if let Some(auctions) = self.auctions.as_ref().filter(|auctions| auctions.orders() > 0) {
            sections.insert(2, (AUCTIONS.to_owned(), auctions.lines()));
        }
        sections
    }

    fn water(&self) -> Option<&Shared> {
        self.utilities.iter().find(|shared| shared.utility == Utility::Water)
    }

    fn summary(&self) -> Vec<String> {
        let made_up = self.water().map_or("", |_| "; those of the water meters are made up");
        let mut lines = vec![
            format!("Readings: {} (every {} minutes){made_up}.", self.origin, self.interval_minutes),
            "SIMULATED TIME: the clocks of this network were stepped; its keys are test keys.".to_owned(),
        ];
        lines.extend(self.remark.clone());
        if self.shared_wh == 0 && self.water().is_none_or(|water| water.shared == 0) {
            lines.push(self.why_nothing_was_traded());
        }
        lines
    }

    fn why_nothing_was_traded(&self) -> String {
        if self.homes == 1 {
            "Nothing could be traded: there is only one home. Its readings were attested all the same.".to_owned()
        } else if self.exported_wh == 0 && self.water().is_none_or(|water| water.exported == 0) {
            "Nothing could be traded: no home exported anything. All readings were attested all the same.".to_owned()
        } else {
            "Nothing was traded: no window had both a home that exported in time and another that imported.".to_owned()
        }
    }

    fn energy_and_money(&self) -> Vec<String> {
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 };
        let in_circulation = self.minted_micro_euro.saturating_sub(self.burned_micro_euro);
        let mut lines = vec![
            format!(
                "Shared between neighbours: {} of {} exported ({:.0} %), {:.0} % of the {} imported.",
                kwh(self.shared_wh),
                kwh(self.exported_wh),
                share(self.shared_wh, self.exported_wh),
                share(self.shared_wh, self.imported_wh),
                kwh(self.imported_wh)
            ),
            format!("Paid for it: {}{}.", euro(self.moved_micro_euro), self.average_price()),
        ];
        if let Some(water) = self.water() {
            let litres = |base: u64| amount(Utility::Water, base);
            lines.push(format!(
                "Water shared between neighbours: {} of {} given to the pipes ({:.0} %), {:.0} % of the {} taken from them.",
                litres(water.shared),
                litres(water.exported),
                share(water.shared, water.exported),
                share(water.shared, water.imported),
                litres(water.imported)
            ));
            lines.push(format!("Paid for the water: {}{}.", euro(water.moved_micro_euro), water.average_price()));
        }
        lines.push(format!(
            "Supply: {} in circulation ({} minted, {} burned); homes own {}, the treasury's reserve is {}.",
            euro(in_circulation),
            euro(self.minted_micro_euro),
            euro(self.burned_micro_euro),
            euro(self.restored.homes_own),
            euro(self.restored.treasury_owns)
        ));
        lines
    }

    fn average_price(&self) -> String {
        // Micro-euro per Wh is the same as tenths of a cent per kWh.
        match self.moved_micro_euro.checked_div(self.shared_wh) {
            Some(price) => format!(", {}.{} ct/kWh on average", price / 10, price % 10),
            None => String::new(),
        }
    }

    fn ledger(&self) -> Vec<String> {
        let seen = &self.seen;
        let market = if self.auctions.is_some() {
            format!("{} sell and {} buy orders, {} clearings", seen.sells, seen.buys, seen.clears)
        } else {
            format!("{} contracts opened, {} deliveries", seen.opens, seen.delivers)
        };
        let mut lines = vec![format!(
            "{} blocks, {} kB: {} transfers, {} attestations, {market}, {} mint, {} burn.",
            self.blocks,
            self.chain_bytes / 1000,
            seen.transfers,
            seen.attestations,
            seen.mints,
            seen.burns
        )];
        if let Some(contracts) = &self.contracts {
            lines.push(format!(
                "Contracts: {} delivered in full, {} in part, {} expired with the money back; {} deliveries served several contracts at once.",
                contracts.full, contracts.partial, contracts.expired, contracts.bundled_deliveries
            ));
        }
        lines.extend(self.auctions.as_ref().map(Auctions::sums));
        if self.unfunded > 0 {
            let what = if self.auctions.is_some() { "bids were not made" } else { "matches were not opened" };
            lines.push(format!("{} {what}: the buyer's money was still on its way.", self.unfunded));
        }
        if let Some(away) = self.away.as_ref().filter(|_| self.late_windows > 0) {
            let meter = if self.water().is_some() { "electricity meter" } else { "meter" };
            lines.push(format!(
                "The {meter} of {away} was away and returned: {} windows are on the ledger as late and made no energy to sell.",
                self.late_windows
            ));
        }
        if self.missing_windows > 0 {
            lines.push(format!(
                "{} windows had missing readings; they are marked missing, not zero.",
                self.missing_windows
            ));
        }
        lines
    }

    fn roles(&self) -> Vec<String> {
        let seen = &self.seen;
        let hidden = |sets: &super::seen::SetSizes, what: &str| {
            if sets.spends == 0 {
                return format!("no {what} was spent");
            }
            format!(
                "each of {} {what} spends hid among {} to {} notes (half of them among {} or more)",
                sets.spends, sets.smallest, sets.largest, sets.median
            )
        };
        let traded = match &self.auctions {
            Some(auctions) => {
                format!("{} sealed orders with window and side, {} clearing prices", auctions.orders(), auctions.traded)
            }
            None => format!("{} contracts with window and price", seen.opens),
        };
        let transactions = seen.transfers + seen.attestations + seen.opens + seen.delivers + seen.mints + seen.burns;
        let transactions = transactions + seen.sells + seen.buys + seen.clears;
        let mut lines = vec![
            format!(
                "Everybody (members, validator, auditor): {traded}, that {} meters posted {} windows. They see nobody's {}.",
                seen.meters,
                seen.attested_windows,
                unseen()
            ),
            format!("  {}; {}.", hidden(&seen.credit_sets, "money"), hidden(&seen.energy_sets, "energy")),
            learned(Role::Node, &format!("{transactions} transactions")),
            learned(
                Role::Gateway,
                &format!("{} attestations of {} meters, no gateway can spend", seen.attestations, seen.meters),
            ),
        ];
        lines.extend(self.matcher.as_ref().map(|matcher| self.matcher_saw(matcher)));
        lines.extend(self.auctions.as_ref().map(Auctions::operator_saw));
        lines.push(learned(Role::Treasury, &format!("{} top-ups; no trade", self.top_ups)));
        lines.push(if self.auctions.is_some() {
            "Home: its own orders and what was traded of them; nothing of others.".to_owned()
        } else {
            learned(Role::Counterparty, &format!("{} contracts; nothing of those of others", seen.opens))
        });
        lines
    }

    fn matcher_saw(&self, matcher: &MatcherSaw) -> String {
        let water = self.water().map_or(String::new(), |water| {
            let litres = |base: u64| amount(Utility::Water, base);
            format!("; of water {} offered, {} wanted", litres(water.offered), litres(water.wanted))
        });
        format!(
            "Matcher: {} declarations of {} homes ({} offered, {} wanted{water}) with their addresses. This demo's matcher is trusted with them.",
            matcher.declarations,
            matcher.households,
            kwh(matcher.offered_wh),
            kwh(matcher.wanted_wh)
        )
    }

    fn checks(&self) -> Vec<String> {
        let verdict = |holds: bool| if holds { "PASS" } else { "FAIL" };
        let mut lines = vec![format!(
            "{}  audit of the exported chain by a separate process ({:.1} s)",
            verdict(self.audit.holds),
            self.audit.seconds
        )];
        if self.validators > 1 {
            let killed = self.killed.as_ref().map_or(String::new(), |killed| {
                format!(" (validator {} was killed at block {} and came back)", killed.validator, killed.at_block)
            });
            lines.push(format!(
                "{}  {} validators in processes of their own hold the same {} blocks and the same state{killed}",
                verdict(self.validators_agree),
                self.validators,
                self.blocks
            ));
        }
        lines.push(format!(
            "{}  {} of {} wallets, restored from their seeds, equal plain arithmetic to the micro-euro",
            verdict(self.restored.wrong.is_empty()),
            self.restored.right,
            self.restored.homes
        ));
        lines.extend(self.restored.wrong.iter().map(|wrong| format!("      {wrong}")));
        let memory =
            self.peak_megabytes.map_or(String::new(), |megabytes| format!(", {megabytes} MB of memory at most"));
        lines.push(format!("Network {}; {:.0} s in all{memory}.", self.network, self.seconds));
        lines
    }

    fn charts(&self) -> String {
        let mut charts = chart("Energy", Utility::Electricity, &self.shared_by_window);
        if let Some(water) = self.water() {
            let by_window: Vec<(u64, u64)> =
                water.windows.iter().map(|window| (window.start, window.delivered)).collect();
            charts.push_str(&chart("Water", Utility::Water, &by_window));
        }
        charts
    }

    /// A page of its own, without scripts or anything from elsewhere.
    pub fn html(&self) -> String {
        let mut body = String::new();
        for (place, (heading, lines)) in self.sections().into_iter().enumerate() {
            let level = if place == 0 { "h1" } else { "h2" };
            let _ = write!(body, "<{level}>{}</{level}>", escape(&heading));
            match self.auctions.as_ref().filter(|_| heading == AUCTIONS) {
                Some(auctions) => body.push_str(&auctions.html()),
                None => {
                    let items = lines.iter().map(|line| format!("<li>{}</li>", escape(line.trim())));
                    let _ = write!(body, "<ul>{}</ul>", items.collect::<String>());
                }
            }
            if place == 1 {
                body.push_str(&self.charts());
            }
        }
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>hushwatt demo, {}</title><style>{STYLE}</style><main>{body}</main></html>\n",
            escape(&self.day)
        )
    }
}

fn kwh(wh: u64) -> String {
    amount(Utility::Electricity, wh)
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#1b2420}\
main{max-width:44rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
svg{width:100%;background:#f1f5f2}rect{fill:#2a7a4b}text{font-size:11px;fill:currentColor}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left}\
figure{margin:1rem 0}@media(prefers-color-scheme:dark){body{background:#141a17;color:#e4ebe7}svg{background:#1f2823}rect{fill:#5cc48a}}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// From Linux' own account of this process.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes / 1000)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
