//! The auctions as the page shows them: one of them step by step, then each with its price.

use std::fmt::Write as _;

use hushwatt_ledger::{
    parameters::Parameters,
    transaction::order::Side,
    units::{Timestamp, Utility, Window},
};
use serde::Serialize;

use super::{
    ledger_book::Book,
    roles::{Auction, Ending},
    shared::amount,
};

/// All auctions of the demo.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Auctions {
    /// That found a price.
    pub(super) traded: usize,
    /// Whose bids were all below all offers.
    nothing_traded: usize,
    /// That had offers or bids only; their orders expired.
    one_sided: usize,
    /// The longest that clearing and proving one took, in milliseconds.
    slowest_clear_ms: u64,
    windows: Vec<Held>,
}

/// One auction.
#[derive(Clone, Debug, Serialize)]
struct Held {
    utility: Utility,
    /// First second of the window, of taking orders, and the last ones of taking orders and of clearing.
    start: u64,
    orders_from: u64,
    orders_until: u64,
    clear_until: u64,
    offers: usize,
    bids: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_micro_euro: Option<u32>,
    traded: u64,
    /// The blocks that drew the ranks and that cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank_block: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clear_block: Option<u64>,
    ending: &'static str,
}

impl Held {
    fn of(auction: &Auction, book: &Book, parameters: &Parameters) -> Self {
        let Auction { utility, window, .. } = *auction;
        let until = |time: Option<Timestamp>| time.map_or(0, |time| time.0);
        let block = |blocks: &std::collections::BTreeMap<Window, u64>| blocks.get(&window).copied();
        Held {
            utility,
            start: parameters.window_start(window).0,
            orders_from: parameters.attest_until(window).0,
            orders_until: until(parameters.order_until(window)),
            clear_until: until(parameters.clear_until(window)),
            offers: auction.count(Side::Sell),
            bids: auction.count(Side::Buy),
            price_micro_euro: auction.price().map(|price| price.micro_euro()),
            traded: auction.volume(),
            rank_block: block(&book.rank_blocks),
            clear_block: block(&book.clear_blocks).filter(|_| auction.has_both_sides()),
            ending: match auction.ending {
                Ending::OneSided => "expired",
                Ending::NoTrade => "no-trade",
                Ending::Traded { .. } => "traded",
            },
        }
    }

    fn price(&self) -> String {
        let Some(price) = self.price_micro_euro else {
            return if self.ending == "expired" { "no price: one side only" } else { "no price: nothing met" }
                .to_owned();
        };
        match self.utility {
            Utility::Electricity | Utility::Heat => format!("{}.{} ct/kWh", price / 10, price % 10),
            Utility::Water => format!("{}.{:03} EUR/m3", price / 1000, price % 1000),
        }
    }

    fn what(&self) -> &'static str {
        self.utility.name()
    }
}

impl Auctions {
    pub(super) fn of(book: &Book, parameters: &Parameters) -> Self {
        let count = |test: fn(&Ending) -> bool| book.auctions.iter().filter(|auction| test(&auction.ending)).count();
        Auctions {
            traded: count(|ending| matches!(ending, Ending::Traded { .. })),
            nothing_traded: count(|ending| *ending == Ending::NoTrade),
            one_sided: count(|ending| *ending == Ending::OneSided),
            slowest_clear_ms: u64::try_from(book.slowest_clear.as_millis()).unwrap_or(u64::MAX),
            windows: book.auctions.iter().map(|auction| Held::of(auction, book, parameters)).collect(),
        }
    }

    /// Offers and bids together.
    pub(super) fn orders(&self) -> usize {
        self.windows.iter().map(|held| held.offers + held.bids).sum()
    }

    /// How they ended.
    pub(super) fn sums(&self) -> String {
        format!(
            "Auctions: {} found a price, in {} nothing met, {} had one side only and gave everything back.",
            self.traded, self.nothing_traded, self.one_sided
        )
    }

    /// One more role.
    pub(super) fn operator_saw(&self) -> String {
        format!(
            "Operator: price limit and amount of each of {} orders, not whose they are. It can refuse an order or fail to clear; it cannot clear wrongly.",
            self.orders()
        )
    }

    /// The one in which most was traded.
    fn busiest(&self) -> Option<&Held> {
        self.windows.iter().max_by_key(|held| held.traded).filter(|held| held.traded > 0)
    }

    /// The busiest one step by step, then all.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(held) = self.busiest() {
            lines.push(life_heading(held));
            lines.extend(life(held).map(|(step, what)| format!("  {step:<10} {what}")));
            lines.push(String::new());
        }
        lines.extend(self.windows.iter().map(|held| {
            let orders = format!("{} offers, {} bids", held.offers, held.bids);
            format!("{}  {:<12} {orders:<20} {}", clock(held.start), held.what(), held.price())
        }));
        lines
    }

    /// The same for a page. All of it is made of numbers and of this program's own words.
    pub(super) fn html(&self) -> String {
        let mut html = String::new();
        if let Some(held) = self.busiest() {
            let steps = life(held).map(|(step, what)| format!("<li><b>{step}</b> {what}</li>"));
            let _ = write!(html, "<p>{}</p><ol>{}</ol>", life_heading(held), steps.concat());
        }
        html.push_str("<table><thead><tr><th>window, UTC</th><th>what</th><th>offers</th><th>bids</th><th>price</th></tr></thead><tbody>");
        for held in &self.windows {
            let (start, what, price) = (clock(held.start), held.what(), held.price());
            let _ = write!(
                html,
                "<tr><td>{start}</td><td>{what}</td><td>{}</td><td>{}</td><td>{price}</td></tr>",
                held.offers, held.bids
            );
        }
        html.push_str("</tbody></table>");
        html
    }
}

fn life_heading(held: &Held) -> String {
    format!("One of them step by step: {} of {} UTC.", held.what(), clock(held.start))
}

/// What becomes of a window, from its end to the money.
fn life(held: &Held) -> [(&'static str, String); 5] {
    let block = |block: Option<u64>| block.map_or(String::new(), |block| format!(" (block {block})"));
    let (from, until) = (clock(held.orders_from), clock(held.orders_until));
    [
        ("announced", format!("with the last attestation at {from}: orders are taken until {until}")),
        ("accepted", format!("{} offers and {} bids, sealed: only the operator can open them", held.offers, held.bids)),
        (
            "closed",
            format!("at {until}; a block drew the order in which equal limits are served{}", block(held.rank_block)),
        ),
        ("cleared", format!("at {}, proven to every validator and auditor{}", held.price(), block(held.clear_block))),
        (
            "settled",
            format!(
                "in the same block: {} changed hands, sellers paid, buyers refunded",
                amount(held.utility, held.traded)
            ),
        ),
    ]
}

fn clock(second: u64) -> String {
    format!("{:02}:{:02}", second % 86_400 / 3600, second % 3600 / 60)
}
