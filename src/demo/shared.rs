//! What neighbours shared of one utility: its sums, in its unit, and its drawing.

use std::{collections::BTreeMap, fmt::Write as _};

use hushwatt_ledger::{
    transaction::order::Side,
    units::{Credit, Utility},
};
use serde::Serialize;

use super::{
    check::{Restored, Settled},
    community::Community,
    ledger_book::{Book, Metered},
};

/// The sums of one utility, in its base units (Wh or litres).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shared {
    pub(super) utility: Utility,
    unit: &'static str,
    pub(super) exported: u64,
    pub(super) imported: u64,
    pub(super) offered: u64,
    pub(super) wanted: u64,
    pub(super) shared: u64,
    pub(super) moved_micro_euro: u64,
    /// Export attested in time.
    attested: u64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    counted: Option<Counted>,
    /// In order of time, where something was delivered.
    pub(super) windows: Vec<SharedWindow>,
    /// The same as all restored wallets know it.
    wallets: Option<Settled>,
}

/// Contracts and how they ended.
#[derive(Clone, Debug, Serialize)]
struct Counted {
    contracts: usize,
    full: usize,
    partial: usize,
    expired: usize,
}

/// What was delivered of a window, at the one price of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SharedWindow {
    pub(super) start: u64,
    pub(super) delivered: u64,
    price_micro_euro: u32,
    paid_micro_euro: u64,
}

impl Shared {
    /// From the demo's own book.
    pub(super) fn of(utility: Utility, book: &Book, community: &Community, restored: &Restored) -> Self {
        let sum =
            |of: fn(&Metered) -> &Vec<u64>| book.metered.get(&utility).map_or(0, |metered| of(metered).iter().sum());
        let count = |test: &dyn Fn(u32, u32) -> bool| {
            book.trades_of(utility).filter(|trade| test(trade.delivered.unwrap_or(0), trade.quantity)).count()
        };
        let mut windows: BTreeMap<u64, SharedWindow> = BTreeMap::new();
        for moved in book.bought(utility) {
            let start = community.genesis.parameters.window_start(moved.window).0;
            let price_micro_euro = moved.price.micro_euro();
            let empty = SharedWindow { start, delivered: 0, price_micro_euro, paid_micro_euro: 0 };
            let window = windows.entry(start).or_insert(empty);
            window.delivered += u64::from(moved.quantity);
            window.paid_micro_euro += moved.money().0;
        }
        let ordered = |side: Side| {
            let orders =
                book.auctions.iter().filter(|auction| auction.utility == utility).flat_map(|auction| &auction.orders);
            orders.filter(|order| order.side == side).map(|order| u64::from(order.quantity)).sum()
        };
        let (offered, wanted) = match community.operator {
            Some(_) => (ordered(Side::Sell), ordered(Side::Buy)),
            None => community.matcher.sums.get(&utility).copied().unwrap_or_default(),
        };
        Shared {
            utility,
            unit: utility.unit(),
            exported: sum(|metered| &metered.exported),
            imported: sum(|metered| &metered.imported),
            offered,
            wanted,
            shared: book.shared(utility),
            moved_micro_euro: book.moved(utility).0,
            attested: sum(|metered| &metered.attested),
            counted: community.operator.is_none().then(|| Counted {
                contracts: book.trades_of(utility).count(),
                full: count(&|delivered, quantity| delivered == quantity),
                partial: count(&|delivered, quantity| delivered > 0 && delivered < quantity),
                expired: count(&|delivered, _| delivered == 0),
            }),
            windows: windows.into_values().filter(|window| window.delivered > 0).collect(),
            wallets: restored.settled.iter().find(|settled| settled.utility == utility).cloned(),
        }
    }

    /// The average price as the end of a sentence; nothing where nothing was shared.
    pub(super) fn average_price(&self) -> String {
        let Some(price) = self.moved_micro_euro.checked_div(self.shared) else { return String::new() };
        // Micro-euro per Wh is the same as tenths of a cent per kWh, and per litre the same as thousandths of a euro per m3.
        match self.utility {
            Utility::Electricity | Utility::Heat => format!(", {}.{} ct/kWh on average", price / 10, price % 10),
            Utility::Water => format!(", {}.{:03} EUR/m3 on average", price / 1000, price % 1000),
        }
    }
}

/// Base units as people read them.
pub(super) fn amount(utility: Utility, base: u64) -> String {
    let unit = match utility {
        Utility::Electricity | Utility::Heat => "kWh",
        Utility::Water => "m3",
    };
    format!("{}.{:03} {unit}", base / 1000, base % 1000)
}

/// At least cents, and as many further digits as the amount has.
pub(super) fn euro(micro: u64) -> String {
    let exact = Credit(micro).to_string();
    let (number, unit) = exact.split_once(' ').unwrap_or((&exact, "EUR"));
    let cents = number.find('.').map_or(number.len(), |point| point + 3);
    let (whole, rest) = number.split_at(cents.min(number.len()));
    format!("{whole}{} {unit}", rest.trim_end_matches('0'))
}

/// What was shared by window (first second and quantity), with the table behind it. `name` is a word of the page.
pub(super) fn chart(name: &str, utility: Utility, shared_by_window: &[(u64, u64)]) -> String {
    let most = shared_by_window.iter().map(|(_, base)| *base).max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let (width, height) = (640, 160);
    let count = shared_by_window.len() as u64;
    let step = width / count.max(1);
    let (mut bars, mut rows) = (String::new(), String::new());
    for (place, (at, base)) in (0u64..).zip(shared_by_window) {
        let tall = base * (height - 20) / most;
        let label = format!("{} {:02}:00 UTC", super::data::date(at / 86_400), at % 86_400 / 3600);
        let _ = write!(
            bars,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{tall}\"><title>{label}: {}</title></rect>",
            place * step + 2,
            height - tall,
            step.saturating_sub(4).max(1),
            amount(utility, *base)
        );
        if place % 4 == 0 {
            let (at, hour) = (place * step + 2, at % 86_400 / 3600);
            let _ = write!(bars, "<text x=\"{at}\" y=\"{}\">{hour:02}:00</text>", height + 14);
        }
        let _ = write!(rows, "<tr><td>{label}</td><td>{}</td></tr>", amount(utility, *base));
    }
    format!(
        "<figure><svg viewBox=\"0 0 {width} {}\" role=\"img\" aria-label=\"{name} shared by window\">{bars}</svg>\
         <figcaption>{name} shared by window (start, UTC), at most {}</figcaption></figure>\
         <details><summary>The numbers</summary><table><tr><th>Window</th><th>Shared</th></tr>{rows}</table></details>",
        height + 20,
        amount(utility, most)
    )
}
