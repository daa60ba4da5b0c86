//! What a household is shown: plain values with units, the same for the command line, its JSON and the web page.
//!
//! JSON names carry the unit (`_micro_euro`, `_time` in unix seconds); identifiers are hexadecimal.

mod energy;
mod history;
mod json;
mod market;
mod overview;
mod payment;
mod totals;

pub use energy::{DayRow, EnergyRow, LocalRow, LocalStatus, MeterView};
pub use history::{EntryState, HistoryEntry, HistoryFilter, HistoryKind};
pub use market::{ContractState, ContractView, OfferView, OrderStanding, OrderView, Side};
pub use overview::{BackupState, MonthView, Overview, PendingView, SyncState, UtilityMonth, Waiting};
pub use payment::{Contact, Prepared, Preview};
pub use totals::{OwnShares, TotalOver, TotalView, TotalsView};
