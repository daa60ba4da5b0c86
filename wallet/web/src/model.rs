//! The wallet's own types that the pages show.

pub use hushwatt_wallet::{
    LocalQuality,
    file::Passphrase,
    household::{
        AgentSettings, AuctionRule, BuyRule, GivenProof, SellRule, Settings,
        views::{
            BackupState, Contact, ContractState, ContractView, EnergyRow, EntryState, HistoryEntry, HistoryFilter,
            HistoryKind, LocalRow, LocalStatus, MeterView, MonthView, OfferView, OrderStanding, OrderView, Overview,
            OwnShares, PendingView, Prepared, Preview, Side, SyncState, TotalOver, TotalView, TotalsView, UtilityMonth,
            Waiting,
        },
    },
};
