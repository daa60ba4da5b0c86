//! `hushwatt wallet history`: what happened, newest first.

use clap::{Args, ValueEnum};
use hushwatt_wallet::household::{
    Household,
    views::{EntryState, HistoryEntry, HistoryFilter, HistoryKind},
};

use super::{common::Common, error::WalletCommandError, session::Session, show::Show, table::Table, times::Meant};
use crate::cli::say;

/// Arguments of `hushwatt wallet history`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet history
  hushwatt wallet history --from 2026-06-01 --until 2026-07-01 --kind sent --kind received
  hushwatt wallet history --search rent
  hushwatt wallet history --csv > history.csv

The letters in the last column name a line: for \"hushwatt wallet label\", \"receipts\" and \"prove\".")]
pub(super) struct HistoryArguments {
    #[command(flatten)]
    stretch: Stretch,
    /// Only these kinds, may be repeated: top-up, received, sent, moved, ordered, bought, expired, sold, burned, auction-sell,
    /// auction-buy, not-traded
    #[arg(long, value_name = "KIND", hide_possible_values = true)]
    kind: Vec<Kind>,
    /// Only lines whose person, message, label or letters contain this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// At most so many lines
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// As a table for spreadsheets, amounts in micro-euro
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// From when until when.
#[derive(Args)]
pub(super) struct Stretch {
    /// Only from then on: 2026-06-01, "2026-06-01 07:00" or 07:00
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// Kinds of entries.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    /// Money from the treasury
    TopUp,
    /// Somebody paid
    Received,
    /// Payments to others
    Sent,
    /// Money moved within the wallet
    Moved,
    /// Orders
    Ordered,
    /// Energy that was delivered and paid
    Bought,
    /// Orders that were not delivered
    Expired,
    /// Energy that was sold
    Sold,
    /// Money taken out of circulation
    Burned,
    /// Orders to sell in auctions
    AuctionSell,
    /// Orders to buy in auctions
    AuctionBuy,
    /// Orders of auctions that were not traded
    NotTraded,
}

impl Kind {
    fn of(self) -> HistoryKind {
        match self {
            Kind::TopUp => HistoryKind::TopUp,
            Kind::Received => HistoryKind::Received,
            Kind::Sent => HistoryKind::Sent,
            Kind::Moved => HistoryKind::Moved,
            Kind::Ordered => HistoryKind::Ordered,
            Kind::Bought => HistoryKind::Bought,
            Kind::Expired => HistoryKind::Expired,
            Kind::Sold => HistoryKind::Sold,
            Kind::Burned => HistoryKind::Burned,
            Kind::AuctionSell => HistoryKind::AuctionSell,
            Kind::AuctionBuy => HistoryKind::AuctionBuy,
            Kind::NotTraded => HistoryKind::NotTraded,
        }
    }
}

pub(super) fn run(common: &Common, arguments: &HistoryArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let (household, show) = (session.household(), common.show());
    let mut filter = arguments.stretch.filter(&show, &household)?;
    filter.kinds = arguments.kind.iter().map(|kind| kind.of()).collect();
    filter.text.clone_from(&arguments.search);
    filter.limit = arguments.limit;
    let entries = household.history(&filter);
    if arguments.csv {
        say(Household::history_csv(&entries).trim_end());
        return Ok(());
    }
    common.answer(&entries, || text(&show, &entries))
}

impl Stretch {
    /// As a filter of the history.
    pub fn filter(&self, show: &Show, household: &Household) -> Result<HistoryFilter, WalletCommandError> {
        let now = household.now();
        let read = |text: &Option<String>| text.as_ref().map(|text| show.read_time(text, now, Meant::Last)).transpose();
        Ok(HistoryFilter { from: read(&self.from)?, until: read(&self.until)?, ..HistoryFilter::default() })
    }
}

fn text(show: &Show, entries: &[HistoryEntry]) -> String {
    let mut table = Table::new(&["When", "What", ">Amount", "With", "State", "Id"]);
    for entry in entries {
        table.row(vec![
            show.minute(entry.time),
            what(show, entry),
            show.signed(entry.amount),
            who(entry),
            state(entry),
            short(&entry.id),
        ]);
    }
    if table.is_empty() { "Nothing happened yet, or nothing that fits.".to_owned() } else { table.text() }
}

/// What happened, in a few words.
pub(super) fn what(show: &Show, entry: &HistoryEntry) -> String {
    let name = match entry.kind {
        HistoryKind::TopUp => "Top-up",
        HistoryKind::Received => "Received",
        HistoryKind::Sent => "Sent",
        HistoryKind::Moved => "Moved within the wallet",
        HistoryKind::Ordered => "Ordered",
        HistoryKind::Bought => "Bought",
        HistoryKind::Expired => "Not delivered",
        HistoryKind::Sold => "Sold",
        HistoryKind::Burned => "Taken out of circulation",
        HistoryKind::AuctionSell => "Auction: to sell",
        HistoryKind::AuctionBuy => "Auction: to buy",
        HistoryKind::NotTraded => "Auction: not traded",
    };
    match (entry.utility, entry.quantity, entry.window) {
        (Some(utility), Some(quantity), Some(window)) => {
            let price = entry.price_micro_euro.map(|price| format!(" at {}", show.price(utility, price)));
            format!("{name} {} of {}{}", show.energy(utility, quantity), show.minute(window), price.unwrap_or_default())
        }
        _ => name.to_owned(),
    }
}

/// Person, message, label: what people recognise a line by.
pub(super) fn who(entry: &HistoryEntry) -> String {
    let person = entry.counterparty.as_deref().map(short_address);
    let message = entry.message.as_ref().map(|message| format!("\"{}\"", printable(message)));
    let label = entry.label.as_ref().map(|label| format!("[{}]", printable(label)));
    [person, message, label].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Text from others must not move the cursor.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// A name as it is; of an address, its ends.
pub(super) fn short_address(text: &str) -> String {
    let letters: Vec<char> = printable(text).chars().collect();
    if letters.len() <= 40 {
        return letters.into_iter().collect();
    }
    let (start, end) = (&letters[..14], &letters[letters.len() - 6..]);
    format!("{}...{}", start.iter().collect::<String>(), end.iter().collect::<String>())
}

fn state(entry: &HistoryEntry) -> String {
    match entry.state {
        EntryState::Final => entry.reason.clone().unwrap_or_default(),
        EntryState::AwaitsOperator => "waits for the market operator".to_owned(),
        EntryState::Prepared => "waits for a node".to_owned(),
        EntryState::Submitted => "on its way".to_owned(),
        EntryState::Released => {
            entry.reason.as_ref().map_or_else(|| "given up".to_owned(), |reason| format!("given up: {reason}"))
        }
    }
}

/// The first letters of an id, enough to name it.
pub(super) fn short(id: &str) -> String {
    if id.len() > 16 && id.is_ascii() { id[..12].to_owned() } else { id.to_owned() }
}
