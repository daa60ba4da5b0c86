//! Everything that is known about a household, in an open format: JSON for programs, CSV for tables
//! (General Data Protection Regulation, articles 15 and 20). No secret that spends is in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{
    GivenProof, Household, HouseholdError,
    views::{Contact, ContractView, DayRow, EnergyRow, HistoryEntry, HistoryFilter, MeterView, OrderView, TotalsView},
};
use hushwatt_ledger::units::Timestamp;

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct ExportSummary {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Lines of the history.
    pub history: usize,
    /// Windows of readings.
    pub windows: usize,
    /// Contracts.
    pub contracts: usize,
    /// Orders of auctions.
    pub orders: usize,
}

/// The JSON file.
#[derive(Serialize)]
struct Everything<'a> {
    format: &'static str,
    version: u32,
    network: String,
    address: String,
    view_only: bool,
    birthday_time: u64,
    as_of_time: u64,
    nodes: &'a [String],
    contacts: &'a [Contact],
    meters: Vec<MeterView>,
    history: &'a [HistoryEntry],
    contracts: &'a [ContractView],
    orders: &'a [OrderView],
    energy: &'a [EnergyRow],
    /// Of days whose readings were deleted.
    energy_by_day: Vec<DayRow>,
    /// Requests for totals, with the own meters in them.
    totals: TotalsView,
    offers: &'a [String],
    proofs_given: &'a [GivenProof],
    settings: &'a super::Settings,
}

impl Household {
    /// Writes everything into a folder, which is made: `hushwatt-export.json`, `history.csv`, `energy.csv`,
    /// `contracts.csv`, `orders.csv`.
    ///
    /// # Errors
    /// If a file cannot be written or exists already.
    pub fn export(&self, folder: &Path) -> Result<ExportSummary, HouseholdError> {
        let (history, contracts, orders) = (self.history(&HistoryFilter::default()), self.contracts(), self.orders());
        let energy = self.energy(Timestamp(0), Timestamp(u64::MAX));
        let everything = Everything {
            format: "hushwatt household export",
            version: 1,
            network: self.genesis.network().to_string(),
            address: self.address(),
            view_only: self.is_view_only(),
            birthday_time: self.birthday.0,
            as_of_time: self.view.tip().time.0,
            nodes: &self.nodes,
            contacts: &self.contacts,
            meters: self.meters(),
            history: &history,
            contracts: &contracts,
            orders: &orders,
            energy: &energy,
            energy_by_day: self.energy_by_day(Timestamp(0), Timestamp(u64::MAX)),
            totals: self.totals()?,
            offers: &self.offers,
            proofs_given: &self.proofs,
            settings: &self.settings,
        };
        let json =
            serde_json::to_string_pretty(&everything).map_err(|error| HouseholdError::Content(error.to_string()))?;
        fs::create_dir_all(folder).map_err(|source| HouseholdError::Write { path: folder.to_path_buf(), source })?;
        let mut files = Vec::new();
        for (name, text) in [
            ("hushwatt-export.json", json + "\n"),
            ("history.csv", Self::history_csv(&history)),
            ("energy.csv", energy_csv(&energy)),
            ("contracts.csv", contracts_csv(&contracts)),
            ("orders.csv", orders_csv(&orders)),
        ] {
            let path = folder.join(name);
            write_new(&path, &text).map_err(|source| HouseholdError::Write { path: path.clone(), source })?;
            files.push(path);
        }
        Ok(ExportSummary {
            files,
            history: history.len(),
            windows: energy.len(),
            contracts: contracts.len(),
            orders: orders.len(),
        })
    }

    /// Lines of the history as a table: times in ISO 8601 (UTC), amounts in micro-euro.
    pub fn history_csv(entries: &[HistoryEntry]) -> String {
        let mut table = Table::new(&[
            "time",
            "kind",
            "state",
            "amount_micro_euro",
            "fee_micro_euro",
            "quantity",
            "utility",
            "window",
            "price_micro_euro",
            "counterparty",
            "message",
            "label",
            "id",
        ]);
        for entry in entries {
            table.row(&[
                iso(entry.time),
                entry.kind.key().to_owned(),
                state_name(entry).to_owned(),
                entry.amount.to_string(),
                entry.fee.0.to_string(),
                entry.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
                entry.utility.map(|utility| utility.name()).unwrap_or_default().to_owned(),
                entry.window.map(iso).unwrap_or_default(),
                entry.price_micro_euro.map(|price| price.to_string()).unwrap_or_default(),
                entry.counterparty.clone().unwrap_or_default(),
                entry.message.clone().unwrap_or_default(),
                entry.label.clone().unwrap_or_default(),
                entry.id.clone(),
            ]);
        }
        table.text
    }
}

fn state_name(entry: &HistoryEntry) -> &'static str {
    match entry.state {
        super::views::EntryState::Final => "final",
        super::views::EntryState::AwaitsOperator => "awaits_operator",
        super::views::EntryState::Prepared => "prepared",
        super::views::EntryState::Submitted => "submitted",
        super::views::EntryState::Released => "released",
    }
}

fn energy_csv(rows: &[EnergyRow]) -> String {
    let mut table = Table::new(&["meter", "utility", "start", "imported", "exported", "bought", "sold", "status"]);
    for row in rows {
        table.row(&[
            row.meter.0.to_string(),
            row.utility.name().to_owned(),
            iso(row.start),
            row.imported.to_string(),
            row.exported.to_string(),
            row.bought.to_string(),
            row.sold.to_string(),
            row.status.name().to_owned(),
        ]);
    }
    table.text
}

fn contracts_csv(contracts: &[ContractView]) -> String {
    let header =
        ["id", "side", "utility", "start", "quantity", "price_micro_euro", "state", "delivered", "money_micro_euro"];
    let mut table = Table::new(&header);
    for contract in contracts {
        let side = match contract.side {
            super::views::Side::Buyer => "buyer",
            super::views::Side::Seller => "seller",
        };
        let state = match contract.state {
            super::views::ContractState::Open => "open",
            super::views::ContractState::Delivered => "delivered",
            super::views::ContractState::Expired => "expired",
        };
        table.row(&[
            hushwatt_crypto::hash::hex(&contract.id.0),
            side.to_owned(),
            contract.utility.name().to_owned(),
            iso(contract.start),
            contract.quantity.0.to_string(),
            contract.price.micro_euro().to_string(),
            state.to_owned(),
            contract.delivered.map(|quantity| quantity.0.to_string()).unwrap_or_default(),
            contract.money.0.to_string(),
        ]);
    }
    table.text
}

fn orders_csv(orders: &[OrderView]) -> String {
    let header = [
        "id",
        "side",
        "utility",
        "start",
        "quantity",
        "limit_micro_euro",
        "state",
        "filled",
        "price_micro_euro",
        "money_micro_euro",
    ];
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut table = Table::new(&header);
    for order in orders {
        let side = match order.side {
            super::views::Side::Buyer => "buyer",
            super::views::Side::Seller => "seller",
        };
        table.row(&[
            order.id.to_string(),
            side.to_owned(),
            order.utility.name().to_owned(),
            iso(order.start),
            order.quantity.0.to_string(),
            number(order.limit_micro_euro),
            order.state.key().to_owned(),
            number(order.filled.map(|filled| filled.0)),
            number(order.price_micro_euro),
            order.money.0.to_string(),
        ]);
    }
    table.text
}

/// RFC 4180, with what spreadsheets would run as a formula made text.
struct Table {
    text: String,
}

impl Table {
    fn new(header: &[&str]) -> Self {
        Table { text: header.join(",") + "\r\n" }
    }

    fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        self.text.push_str(&cells.join(","));
        self.text.push_str("\r\n");
    }
}

fn quoted(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '+', '@', '\t', '\r']) || (cell.starts_with('-') && cell.parse::<i64>().is_err());
    let safe = if formula { format!("'{cell}") } else { cell.to_owned() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// Seconds as ISO 8601.
fn iso(time: Timestamp) -> String {
    let seconds = i64::try_from(time.0).unwrap_or(0);
    let at = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(quoted("-1+1"), "'-1+1");
        assert_eq!(quoted("-12"), "-12");
        assert_eq!(quoted("plain"), "plain");
    }

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(iso(Timestamp(1_772_323_199)), "2026-02-28T23:59:59Z");
    }
}
