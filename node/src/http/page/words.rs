//! Numbers, times and outcomes in words.

use hushwatt_ledger::{
    storage::Day,
    units::{Timestamp, Utility},
};

use super::data::{OfUtility, Row, Stretch};
use crate::http::backend::AuctionState;

/// What prices are told in.
pub(super) fn price_unit(utility: Utility) -> &'static str {
    match utility {
        Utility::Electricity | Utility::Heat => "EUR/kWh",
        Utility::Water => "EUR/m\u{b3}",
    }
}

/// Micro-euro per base unit as euro per a thousand of them, exactly.
pub(super) fn number(micro_euro: u64) -> String {
    format!("{}.{:03}", micro_euro / 1_000, micro_euro % 1_000)
}

/// A price with its unit, which stay on one line.
pub(super) fn price(utility: Utility, micro_euro: u32) -> String {
    format!("{}\u{a0}{}", number(micro_euro.into()), price_unit(utility))
}

/// `2026-11-21`.
pub(super) fn day(unix: u64) -> String {
    Day::of_unix(unix).to_string()
}

/// `14:00`.
pub(super) fn clock(unix: u64) -> String {
    format!("{:02}:{:02}", unix / 3_600 % 24, unix / 60 % 60)
}

/// `2026-11-21 14:00 to 15:00`.
pub(super) fn window(start: Timestamp, seconds: u64) -> String {
    format!("{} {} to {}", day(start.0), clock(start.0), clock(start.plus(seconds).0))
}

/// A time for machines.
pub(super) fn machine(unix: u64) -> String {
    format!("{}T{}Z", day(unix), clock(unix))
}

/// How a window stands.
pub(super) fn outcome(utility: Utility, row: &Row) -> String {
    match row.auction.map(|auction| auction.state) {
        None if row.collecting => "no orders yet".to_owned(),
        None => "no orders".to_owned(),
        Some(AuctionState::Collecting) => "taking orders".to_owned(),
        Some(AuctionState::Closed) => "closed, not cleared yet".to_owned(),
        Some(AuctionState::Traded { price: at, .. }) => price(utility, at.micro_euro()),
        Some(AuctionState::NoTrade { .. }) => "nothing traded".to_owned(),
        Some(AuctionState::Expired { .. }) => "not cleared, all given back".to_owned(),
    }
}

/// How many orders a window has.
pub(super) fn orders(row: &Row) -> String {
    format!("{} to buy, {} to sell", row.buys(), row.sells())
}

/// A count with its noun.
pub(super) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// What the charts of a utility show, for those who do not see them and as their caption.
pub(super) fn told(of: &OfUtility, stretch: &Stretch, window_seconds: u64) -> String {
    let first = stretch.first.0.saturating_mul(window_seconds);
    let end = stretch.last.0.saturating_add(1).saturating_mul(window_seconds);
    let span = format!("{} {} to {} {} UTC", day(first), clock(first), day(end), clock(end));
    let sum = |count: fn(&Row) -> u32| of.rows.iter().map(|row| u64::from(count(row))).sum::<u64>();
    let (buys, sells) = (sum(Row::buys), sum(Row::sells));
    if buys + sells == 0 {
        return format!("{span}: no orders.");
    }
    let prices: Vec<u32> = of.rows.iter().filter_map(Row::price).collect();
    let cleared = match (prices.iter().min(), prices.iter().max()) {
        (Some(lowest), Some(highest)) if lowest == highest => {
            let windows = many(prices.len() as u64, "window", "windows");
            format!("{windows} cleared at {}", price(of.utility, *lowest))
        }
        (Some(lowest), Some(highest)) => format!(
            "{} windows cleared at {} to {}",
            prices.len(),
            number((*lowest).into()),
            price(of.utility, *highest)
        ),
        _ => "no window has a price".to_owned(),
    };
    let unpriced = of.rows.iter().filter(|row| row.is_unpriced()).count() as u64;
    let unpriced = match unpriced {
        0 => String::new(),
        count => format!(", {} had orders and no price (short marks)", many(count, "window", "windows")),
    };
    format!("{span}: {cleared}{unpriced}. Orders: {buys} to buy (bars upwards), {sells} to sell (bars downwards).")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        assert_eq!(price(Utility::Electricity, 123), "0.123\u{a0}EUR/kWh");
        assert_eq!(price(Utility::Water, 2_050), "2.050\u{a0}EUR/m\u{b3}");
        assert_eq!((number(1), number(1_000_000)), ("0.001".to_owned(), "1000.000".to_owned()));
    }

    #[test]
    fn windows_are_told_in_utc() {
        let start = Timestamp(1_795_269_600);
        assert_eq!(window(start, 3_600), "2026-11-21 14:00 to 15:00");
        assert_eq!(window(Timestamp(1_795_305_600 - 900), 900), "2026-11-21 23:45 to 00:00");
        assert_eq!(machine(start.0), "2026-11-21T14:00Z");
    }
}
