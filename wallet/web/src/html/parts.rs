//! Amounts, times and tables.

use hushwatt_ledger::units::{Price, Timestamp, Utility};
use maud::{Markup, html};

use crate::text::{self, Clockface, Tongue};

/// Euros and cents, for machines exactly.
pub(crate) fn money(t: Tongue, micro_euro: i64) -> Markup {
    html! { data.money value=(micro_euro) { (text::euro(t, micro_euro)) } }
}

/// The same, with a plus where money came.
pub(crate) fn signed_money(t: Tongue, micro_euro: i64) -> Markup {
    html! {
        data.money.plus[micro_euro > 0] value=(micro_euro) { @if micro_euro > 0 { "+" } (text::euro(t, micro_euro)) }
    }
}

/// All digits at once, for sums that are often below a cent.
pub(crate) fn whole_money(t: Tongue, micro_euro: i64) -> Markup {
    let text = text::exact_euro(t, micro_euro).unwrap_or_else(|| text::euro(t, micro_euro));
    html! { data.money value=(micro_euro) { (text) } }
}

/// Euros and cents, with the exact amount below if cents do not say all.
pub(crate) fn exact_money(t: Tongue, micro_euro: i64) -> Markup {
    html! {
        (money(t, micro_euro))
        @if let Some(exact) = text::exact_euro(t, micro_euro) {
            small.exact { (t.fill("exactly", [("amount", exact.into())])) }
        }
    }
}

/// An amount of energy or water.
pub(crate) fn energy(t: Tongue, utility: Utility, base: u64) -> Markup {
    html! { data.quantity value=(base) { (text::energy(t, utility, base)) } }
}

/// A price.
pub(crate) fn price(t: Tongue, utility: Utility, price: Price) -> Markup {
    html! { data.quantity value=(price.micro_euro()) { (text::price(t, utility, price)) } }
}

/// A time, for machines in UTC.
pub(crate) fn moment(face: &Clockface, time: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(face.machine(time)) { (face.moment(time, now)) } }
}

/// Names and values.
pub(crate) fn facts(rows: &[(String, Markup)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in rows {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// A table that scrolls sideways by itself on a narrow screen, and can be scrolled with the keyboard. The first cell of each row
/// is its header.
pub(crate) fn table(id: &str, caption: &str, columns: &[String], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="region" aria-labelledby={ (id) "-caption" } tabindex="0" {
            table id=(id) {
                caption id={ (id) "-caption" } { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
