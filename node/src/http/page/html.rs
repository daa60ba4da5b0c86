//! The page: readable without script, in light and dark, on a phone, by a screen reader.

use hushwatt_ledger::units::Utility;
use maud::{DOCTYPE, Markup, html};

use super::{
    chart,
    data::{Later, OfUtility, Page, Row, Stretch, WINDOWS},
    words,
};
use crate::http::backend::AuctionState;

fn title(utility: Utility) -> &'static str {
    match utility {
        Utility::Electricity => "Electricity",
        Utility::Water => "Water",
        Utility::Heat => "Heat",
    }
}

/// The whole page.
pub(super) fn page(page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Prices – hushwatt" }
                link rel="stylesheet" href="/prices/style.css";
            }
            body {
                header { p.brand { "hushwatt" } p { "prices of this community" } }
                main {
                    h1 { "What was paid, and how many wanted to trade" }
                    p.lead {
                        "Neighbours trade in a sealed auction for each " (window_length(page.window_seconds))
                        ". Everybody sees the price; nobody sees an order."
                    }
                    @if page.simulated_time {
                        p.note { strong { "Simulated time: " } "this network is a demonstration. Nothing here happened." }
                    }
                    (body(page))
                    (meaning(page.has_auctions))
                }
                footer {
                    p {
                        "As of block " (page.height) ", " (words::day(page.time.0)) " " (words::clock(page.time.0))
                        " UTC. All times are UTC. Network " code { (page.network) }
                    }
                    p { "For programs: " a href="/v1/openapi.json" { "the description of this node's interface" } }
                }
            }
        }
    }
}

/// `hour`, or `15 minutes`.
fn window_length(seconds: u64) -> String {
    match (seconds / 60, seconds / 3_600) {
        (60, _) => "hour".to_owned(),
        (minutes, hours) if minutes > 60 && minutes % 60 == 0 => format!("{hours} hours"),
        (minutes, _) => format!("{minutes} minutes"),
    }
}

fn body(page: &Page) -> Markup {
    html! {
        @if !page.has_auctions {
            p.note { "This community trades without auctions: its parameters leave them out. Prices are agreed in pairs, contract by contract." }
        }
        @if page.markets.is_empty() {
            p.note { "No meter is registered on this network, so nothing can be traded." }
        }
        @match &page.stretch {
            None => p.note { "Nothing can be told yet: the first window's meters are still to report. Come back in a few hours." },
            Some(stretch) => {
                (pages(stretch, page.window_seconds))
                @for market in &page.markets {
                    (of_utility(page, market, stretch))
                }
                (pages(stretch, page.window_seconds))
            }
        }
    }
}

/// Links to the stretches before and after.
fn pages(stretch: &Stretch, window_seconds: u64) -> Markup {
    let first = stretch.first.0.saturating_mul(window_seconds);
    html! {
        nav aria-label="Other windows" {
            @match stretch.earlier {
                Some(earlier) => a rel="prev" href={ "/prices?from=" (earlier.0) } { "← Earlier" },
                None => span.soft { "The first windows" },
            }
            span.soft { "from " (words::day(first)) " " (words::clock(first)) }
            @match stretch.later {
                Some(Later::From(later)) => a rel="next" href={ "/prices?from=" (later.0) } { "Later →" },
                Some(Later::Newest) => a rel="next" href="/prices" { "Newest →" },
                None => a href="/prices" { "Look again" },
            }
        }
    }
}

fn of_utility(page: &Page, market: &OfUtility, stretch: &Stretch) -> Markup {
    let name = market.utility.name();
    let any_orders = market.rows.iter().any(|row| row.auction.is_some());
    html! {
        section aria-labelledby=(name) {
            h2 #(name) { (title(market.utility)) }
            @if page.has_auctions {
                @if any_orders {
                    (headline(page, market))
                    (chart::charts(market, stretch, page.window_seconds))
                    (table(page, market))
                } @else {
                    p { "No orders in these windows" @if stretch.later.is_none() { " yet" } ": nobody offered or asked for " (name) " in an auction." }
                }
            }
            (pairs(page, market))
        }
    }
}

/// The newest price and the newest orders.
fn headline(page: &Page, market: &OfUtility) -> Markup {
    let newest = market.rows.iter().rev().find_map(|row| Some((row, row.price()?)));
    let open = market
        .rows
        .iter()
        .rev()
        .find(|row| row.auction.is_some_and(|auction| auction.state == AuctionState::Collecting));
    html! {
        dl.headline {
            @if let Some((row, price)) = newest {
                div {
                    dt { "Newest price" }
                    dd { strong { (words::price(market.utility, price)) } " for " (words::window(row.start, page.window_seconds)) }
                }
            }
            @if let Some(row) = open {
                div {
                    dt { "Taking orders" }
                    dd { strong { (words::orders(row)) } " for " (words::window(row.start, page.window_seconds)) }
                }
            }
        }
    }
}

fn table(page: &Page, market: &OfUtility) -> Markup {
    let name = market.utility.name();
    html! {
        details {
            summary { "The same as a table" }
            div.scroll tabindex="0" role="region" aria-label={ "Table of auctions, " (name) } {
                table {
                    caption { (title(market.utility)) ": sealed auctions by window, the newest first" }
                    thead {
                        tr {
                            th scope="col" { "Window, UTC" }
                            th.number scope="col" { "Price, " (words::price_unit(market.utility)) }
                            th.number scope="col" { "To buy" }
                            th.number scope="col" { "To sell" }
                            th scope="col" { "How it stands" }
                        }
                    }
                    tbody {
                        @for row in market.rows.iter().rev() { (table_row(page, market.utility, row)) }
                    }
                }
            }
        }
    }
}

fn table_row(page: &Page, utility: Utility, row: &Row) -> Markup {
    let address = format!("/v1/auctions/{}/{}", utility.name(), row.window.0);
    html! {
        tr.empty[row.auction.is_none()] {
            th scope="row" {
                time datetime=(words::machine(row.start.0)) { (words::window(row.start, page.window_seconds)) }
            }
            td.number { @match row.price() { Some(price) => (words::number(price.into())), None => "–" } }
            td.number { (row.buys()) }
            td.number { (row.sells()) }
            td {
                @match row.auction.map(|auction| auction.state) {
                    Some(AuctionState::Traded { ending, .. }) => { a href=(address) { "proven in block " (ending.height) } },
                    Some(AuctionState::NoTrade { ending }) => { "nothing traded, " a href=(address) { "proven in block " (ending.height) } },
                    Some(AuctionState::Expired { height }) => { a href=(address) { "not cleared, all given back in block " (height) } },
                    Some(AuctionState::Collecting | AuctionState::Closed) => { a href=(address) { (words::outcome(utility, row)) } },
                    None => { (words::outcome(utility, row)) },
                }
            }
        }
    }
}

/// Contracts agreed in pairs: their prices are public, too.
fn pairs(page: &Page, market: &OfUtility) -> Markup {
    let name = market.utility.name();
    let rows: Vec<_> = market.rows.iter().rev().filter_map(|row| Some((row, row.pairs.as_ref()?))).collect();
    let contracts: u64 = rows.iter().map(|(_, pairs)| pairs.contracts).sum();
    html! {
        @if !rows.is_empty() {
            details open[!page.has_auctions] {
                summary { "Agreed in pairs: " (words::many(contracts, "contract", "contracts")) }
                div.scroll tabindex="0" role="region" aria-label={ "Table of contracts, " (name) } {
                    table {
                        caption { (title(market.utility)) ": contracts between two households, in " (words::price_unit(market.utility)) ", the newest window first" }
                        thead {
                            tr {
                                th scope="col" { "Window, UTC" }
                                th.number scope="col" { "Contracts" }
                                th.number scope="col" { "Lowest" }
                                th.number scope="col" { "Median" }
                                th.number scope="col" { "Highest" }
                            }
                        }
                        tbody {
                            @for (row, pairs) in rows {
                                tr {
                                    th scope="row" {
                                        time datetime=(words::machine(row.start.0)) { (words::window(row.start, page.window_seconds)) }
                                    }
                                    td.number { (pairs.contracts) }
                                    @for price in [pairs.lowest, pairs.median, pairs.highest] {
                                        td.number { (words::number(price.into())) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What the numbers mean, and what they do not tell.
fn meaning(has_auctions: bool) -> Markup {
    html! {
        section aria-labelledby="meaning" {
            h2 #meaning { "What these numbers mean" }
            @if has_auctions {
                dl {
                    div {
                        dt { "The price" }
                        dd {
                            "All who trade in a window pay and get the same price: the one at which most can change hands. Whoever asked for less or "
                            "offered more than it is served first; among equal limits a draw decides, made after the last order."
                        }
                    }
                    div {
                        dt { "Proven" }
                        dd {
                            "A clearing is valid only with a proof that its price and everyone's share follow from exactly the orders that the "
                            "ledger had accepted, none left out, none changed. More than two thirds of the validators verified the proof of every price shown here before it counted, "
                            "and every auditor verifies it again. The market's operator could not have set another price."
                        }
                    }
                    div {
                        dt { "Sealed" }
                        dd {
                            "Quantities, limits and names are no part of this page, nor of the ledger behind it: they stay in commitments that nobody can look into. "
                            "The operator alone opens the orders that it clears, without learning whose they are."
                        }
                    }
                    div {
                        dt { "Nothing traded" }
                        dd { "Every buyer's limit was below every seller's. That is proven, too. Money and energy went back." }
                    }
                    div {
                        dt { "Not cleared" }
                        dd { "The operator did not clear in time, or one side had no orders. Money and energy went back; nobody lost anything." }
                    }
                }
            }
            p {
                "You need not believe this page. Whoever has the chain can check every price without trusting a node: "
                code { "hushwatt audit verify" } ". A stretch holds " (WINDOWS) " windows; programs get the same numbers at "
                a href="/v1/auctions" { "/v1/auctions" } " and "
                "/v1/prices."
            }
            @if has_auctions {
                p.soft {
                    "Where orders are few, a price says more: with one order on each side, either owner can tell the other's limit."
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::http::page::samples::{
        self, closed, collecting, expired, nothing, nothing_traded, pairs, traded, traded_by,
    };

    /// Two days as a community may have them.
    fn two_days() -> Page {
        let mut auctions: Vec<_> = (0..48_u32)
            .map(|hour| match hour % 24 {
                0..=5 | 22.. => nothing(),
                6 | 21 => nothing_traded(),
                20 if hour > 24 => expired(),
                at => {
                    let noon = at.abs_diff(13);
                    traded_by(110 + 21 * noon + hour, 4 + noon, 1 + (12 - noon.min(11)))
                }
            })
            .collect();
        auctions.truncate(45);
        auctions.extend([expired(), closed(), collecting()]);
        let mut page = samples::page(samples::rows(&auctions));
        page.markets[0].rows[12].pairs = Some(pairs(120, 150, 210));
        page
    }

    fn text(page: &Page) -> String {
        super::page(page).into_string()
    }

    #[test]
    fn charts_and_table_hold_every_window() {
        let text = text(&two_days());
        assert_eq!(text.matches("<th scope=\"row\">").count(), 48 + 1);
        assert_eq!(text.matches("class=\"slot\"").count(), 2 * 48);
        for part in [
            "Newest price",
            "Taking orders",
            "4 to buy, 2 to sell",
            "nothing traded, ",
            "proven in block 77",
            "no orders",
            "closed, not cleared yet",
            "not cleared, all given back in block 78",
            "/v1/auctions/electricity/498671",
            "Agreed in pairs: 6 contracts",
            "0.150",
        ] {
            assert!(text.contains(part), "{part} is missing");
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere_and_nothing_runs() {
        let text = text(&two_days());
        for part in [
            "<script",
            "http:",
            "https:",
            " style=",
            " onclick",
            " onload",
            " onerror",
            "<iframe",
            "<form",
            "<img",
            "javascript",
        ] {
            assert!(!text.contains(part), "{part}");
        }
    }

    #[test]
    fn empty_states_say_what_they_are() {
        let mut page = samples::page(samples::rows(&[nothing(), nothing()]));
        assert!(text(&page).contains("No orders in these windows yet"));
        assert!(!text(&page).contains("<svg"));
        page.has_auctions = false;
        let without = text(&page);
        assert!(without.contains("without auctions") && !without.contains("No orders"), "{without}");
        page.markets[0].rows[1].pairs = Some(pairs(120, 150, 210));
        assert!(text(&page).contains("<details open>"));
        page.markets.clear();
        assert!(text(&page).contains("No meter is registered"));
        (page.stretch, page.has_auctions) = (None, true);
        assert!(text(&page).contains("Come back"));
    }

    #[test]
    fn a_window_where_nothing_was_traded_has_a_mark_and_no_price() {
        let page = samples::page(samples::rows(&[nothing_traded(), collecting()]));
        let text = text(&page);
        assert!(text.contains("no window has a price, 1 window had orders and no price"), "{text}");
        assert!(!text.contains("id=\"prices-electricity\"") && text.contains("id=\"orders-electricity\""));
    }

    #[test]
    fn links_lead_to_the_stretches_before_and_after() {
        let mut page = samples::page(samples::rows(&[traded(100), traded(100)]));
        assert!(text(&page).contains("The first windows"));
        assert!(text(&page).contains("2 windows cleared at 0.100\u{a0}EUR/kWh."));
        let stretch = page.stretch.as_mut().unwrap();
        stretch.earlier = Some(hushwatt_ledger::units::Window(17));
        stretch.later = Some(Later::Newest);
        let between = text(&page);
        assert!(
            between.contains("href=\"/prices?from=17\"") && between.contains("href=\"/prices\">Newest"),
            "{between}"
        );
    }

    #[test]
    fn simulated_time_is_said() {
        let page = Page { simulated_time: true, ..two_days() };
        assert!(text(&page).contains("Nothing here happened"));
    }

    #[test]
    fn windows_are_named_by_their_length() {
        let all = [300, 900, 3_600, 7_200, 5_400].map(window_length);
        assert_eq!(all, ["5 minutes", "15 minutes", "hour", "2 hours", "90 minutes"]);
    }
}
