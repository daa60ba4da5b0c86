//! Two charts on one axis of windows, as inline SVG: clearing prices as steps, orders as bars. They are stretched to the width of
//! the page, so the labels stand beside them in HTML, and lines keep their width (`vector-effect` in the style sheet).

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    data::{OfUtility, Row, Stretch, WINDOWS},
    words,
};

/// Width of a window in units of the drawing.
const SLOT: u64 = 10;
/// Height of a drawing in its units.
const HEIGHT: u64 = 1_000;
const WIDTH: u64 = WINDOWS * SLOT;
/// Height of the mark of a window that has orders but no price.
const MARK: u64 = 60;
/// Labels of the axis of time.
const LABELS: u64 = 4;

/// The end of an axis from 0 that holds a value: one of 2, 4, 6, 8, 10, 20, 40, and so on, whose half is whole.
fn axis_end(value: u64) -> u64 {
    let mut unit = 2;
    while unit * 5 < value && unit < u64::MAX / 100 {
        unit *= 10;
    }
    value.div_ceil(unit).max(1) * unit
}

/// Height above the ground of a value on an axis.
fn scaled(value: u64, end: u64, height: u64) -> u64 {
    u64::try_from(u128::from(value) * u128::from(height) / u128::from(end.max(1))).unwrap_or(height)
}

fn left(place: usize) -> u64 {
    place as u64 * SLOT
}

/// Prices as steps: a line over each window with a price, joined where the next one has a price too.
fn steps(rows: &[Row], end: u64) -> String {
    let (mut path, mut joined) = (String::new(), false);
    for (place, row) in rows.iter().enumerate() {
        let Some(price) = row.price() else {
            joined = false;
            continue;
        };
        let (x, y) = (left(place), HEIGHT - scaled(price.into(), end, HEIGHT));
        let start = if joined { format!("V{y}") } else { format!("M{x} {y}") };
        let _ = write!(path, "{start}H{}", x + SLOT);
        joined = true;
    }
    path
}

/// Marks of the windows whose orders led to no price.
fn marks(rows: &[Row]) -> String {
    let unpriced = rows.iter().enumerate().filter(|(_, row)| row.is_unpriced());
    unpriced.map(|(place, _)| format!("M{} {HEIGHT}v-{MARK}", left(place) + SLOT / 2)).collect()
}

/// What is said of a window when it is pointed at.
fn pointed(of: &OfUtility, window_seconds: u64) -> Markup {
    html! {
        @for (place, row) in of.rows.iter().enumerate() {
            rect.slot x=(left(place)) y="0" width=(SLOT) height=(HEIGHT) {
                title { (words::window(row.start, window_seconds)) ": " (words::outcome(of.utility, row)) ", " (words::orders(row)) }
            }
        }
    }
}

fn grid(heights: &[u64]) -> Markup {
    let lines: String = heights.iter().map(|y| format!("M0 {y}H{WIDTH}")).collect();
    let quarters: String = (1..LABELS).map(|label| format!("M{} 0V{HEIGHT}", label * WIDTH / LABELS)).collect();
    html! { path.grid d=(lines + &quarters) {} }
}

/// The charts of a utility over a stretch of windows.
pub(super) fn charts(of: &OfUtility, stretch: &Stretch, window_seconds: u64) -> Markup {
    let name = of.utility.name();
    let highest = of.rows.iter().filter_map(Row::price).max();
    let price_end = axis_end(highest.unwrap_or(0).into());
    let most = of.rows.iter().map(|row| row.buys().max(row.sells())).max().unwrap_or(0);
    let order_end = axis_end(most.into());
    let view = format!("0 0 {WIDTH} {HEIGHT}");
    let half = HEIGHT / 2;
    html! {
        figure {
            @if highest.is_some() {
                h3 #{ "prices-" (name) } { "Clearing price, " (words::price_unit(of.utility)) }
                div.plot.tall {
                    div.scale aria-hidden="true" {
                        span { (words::number(price_end)) } span { (words::number(price_end / 2)) } span { "0" }
                    }
                    svg viewBox=(view) preserveAspectRatio="none" role="img" aria-labelledby={ "prices-" (name) } aria-describedby={ "told-" (name) } {
                        (grid(&[0, half, HEIGHT]))
                        path.mark d=(marks(&of.rows)) {}
                        path.price d=(steps(&of.rows, price_end)) {}
                        (pointed(of, window_seconds))
                    }
                }
            }
            h3 #{ "orders-" (name) } { "Sealed orders" }
            div.plot {
                div.scale aria-hidden="true" {
                    span { (order_end) } span { "0" } span { (order_end) }
                }
                svg viewBox=(view) preserveAspectRatio="none" role="img" aria-labelledby={ "orders-" (name) } aria-describedby={ "told-" (name) } {
                    (grid(&[0, half, HEIGHT]))
                    @for (place, row) in of.rows.iter().enumerate() {
                        @let (buys, sells) = (scaled(row.buys().into(), order_end, half), scaled(row.sells().into(), order_end, half));
                        @if buys > 0 { rect.buys x=(left(place) + 1) y=(half - buys) width=(SLOT - 2) height=(buys) {} }
                        @if sells > 0 { rect.sells x=(left(place) + 1) y=(half) width=(SLOT - 2) height=(sells) {} }
                    }
                    (pointed(of, window_seconds))
                }
            }
            div.plot.times aria-hidden="true" {
                span {}
                @for label in 0..LABELS {
                    @let start = (stretch.first.0 + label * WINDOWS / LABELS).saturating_mul(window_seconds);
                    span { (words::clock(start)) br; (words::day(start)) }
                }
            }
            figcaption #{ "told-" (name) } { (words::told(of, stretch, window_seconds)) }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::http::page::samples::{expired, nothing, nothing_traded, rows, traded};

    #[test]
    fn an_axis_holds_its_highest_value_and_has_a_whole_half() {
        for (value, end) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (3, 4),
            (7, 8),
            (10, 10),
            (11, 20),
            (99, 100),
            (123, 200),
            (201, 400),
            (4_321, 6_000),
        ] {
            assert_eq!(axis_end(value), end, "{value}");
        }
        for value in [u64::from(u32::MAX), 1 << 31] {
            assert!(axis_end(value) >= value && axis_end(value).is_multiple_of(2));
        }
    }

    #[test]
    fn prices_are_steps_that_break_where_there_is_none() {
        let rows = rows(&[traded(50), traded(100), nothing(), nothing_traded(), traded(1), expired()]);
        // On an axis up to 100, 50 is halfway.
        assert_eq!(steps(&rows, 100), "M0 500H10V0H20M40 990H50");
        assert_eq!(marks(&rows), "M35 1000v-60M55 1000v-60");
        assert_eq!((steps(&[], 2), marks(&[])), (String::new(), String::new()));
    }

    #[test]
    fn the_highest_numbers_stay_inside_the_drawing() {
        assert_eq!(scaled(u64::from(u32::MAX), u64::from(u32::MAX), HEIGHT), HEIGHT);
        assert_eq!(scaled(0, 0, HEIGHT), 0);
    }
}
