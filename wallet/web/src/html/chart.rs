//! A day of energy: for each settlement window what was given to the grid, upwards, and what was taken, downwards; in each bar the
//! part that was shared with neighbours. Colours come from the style, and the shared part is hatched too.

use maud::{Markup, html};

/// One window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Start and length as parts of the day, in millionths.
    pub start: u64,
    pub length: u64,
    pub imported: u64,
    pub exported: u64,
    pub bought: u64,
    pub sold: u64,
    /// What a pointer is told.
    pub note: String,
}

/// Labels of the axes.
pub(crate) struct Axes {
    /// Places in millionths of the day, and what they are called.
    pub hours: Vec<(u64, String)>,
    /// Writes an amount.
    pub amount: Box<dyn Fn(u64) -> String>,
}

const LEFT: f64 = 34.0;
const RIGHT: f64 = 356.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 182.0;
/// Height of a label with some room.
const LABEL: f64 = 11.0;

/// Draws the bars. `label` is what a screen reader says; the table says the rest.
pub(crate) fn chart(bars: &[Bar], axes: &Axes, label: &str) -> Markup {
    let most_up = nice(bars.iter().map(|bar| bar.exported.max(bar.sold)).max().unwrap_or(0));
    let most_down = nice(bars.iter().map(|bar| bar.imported.max(bar.bought)).max().unwrap_or(0));
    // Both directions have the same scale; an empty one is a tenth of the height.
    let (up, down) = (most_up.max(most_down / 8).max(1) as f64, most_down.max(most_up / 8).max(1) as f64);
    let scale = (BOTTOM - TOP) / (up + down);
    let zero = TOP + up * scale;
    let x = |part: u64| LEFT + (RIGHT - LEFT) * (part as f64 / 1e6);
    let y_up = |amount: u64| zero - amount as f64 * scale;
    let y_down = |amount: u64| zero + amount as f64 * scale;
    let mut lines = vec![(zero, 0)];
    // A line too near to the zero line would have its label written over the other's.
    let ends = [(y_up(most_up), most_up), (y_down(most_down), most_down)];
    lines.extend(ends.into_iter().filter(|(y, _)| (y - zero).abs() >= LABEL));
    html! {
        svg.chart viewBox="0 0 360 200" role="img" aria-label=(label) {
            defs {
                pattern id="shared-hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.shared width="4" height="4" {}
                    rect.hatch width="1.2" height="4" {}
                }
            }
            @for (y, amount) in &lines {
                line.grid x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(*y)) y2=(n(*y)) {}
                text.tick x=(n(LEFT - 4.0)) y=(n(*y + 3.0)) text-anchor="end" { ((axes.amount)(*amount)) }
            }
            @for (part, hour) in &axes.hours {
                text.tick x=(n(x(*part))) y="197" text-anchor=(anchor(*part)) { (hour) }
            }
            @for bar in bars {
                g {
                    title { (bar.note) }
                    (rect("out", x(bar.start), bar.length, y_up(bar.exported), zero))
                    (rect("traded", x(bar.start), bar.length, y_up(bar.sold.min(bar.exported)), zero))
                    (rect("in", x(bar.start), bar.length, zero, y_down(bar.imported)))
                    (rect("traded", x(bar.start), bar.length, zero, y_down(bar.bought.min(bar.imported))))
                }
            }
            line.axis x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(zero)) y2=(n(zero)) {}
        }
    }
}

/// The first and the last label stay inside of the drawing.
fn anchor(part: u64) -> &'static str {
    match part {
        0 => "start",
        1_000_000.. => "end",
        _ => "middle",
    }
}

fn rect(class: &str, left: f64, length: u64, top: f64, bottom: f64) -> Markup {
    let width = ((RIGHT - LEFT) * (length as f64 / 1e6) * 0.86).max(0.8);
    let height = bottom - top;
    html! {
        @if height > 0.05 {
            rect class=(class) x=(n(left)) y=(n(top)) width=(n(width)) height=(n(height))
                fill=[(class == "traded").then_some("url(#shared-hatch)")] {}
        }
    }
}

/// A number for the drawing.
fn n(value: f64) -> String {
    format!("{value:.2}")
}

/// The next round number that is at least this: 10, 12, 15, 20 and so on, times a power of ten.
fn nice(amount: u64) -> u64 {
    if amount == 0 {
        return 0;
    }
    let mut power = 1_u64;
    loop {
        for step in [10, 12, 15, 20, 25, 30, 40, 50, 60, 80] {
            let candidate = power.saturating_mul(step);
            if candidate >= amount {
                return candidate;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn axes() -> Axes {
        Axes { hours: vec![(0, "0".to_owned())], amount: Box::new(|amount| amount.to_string()) }
    }

    #[test]
    fn a_day_without_energy_is_drawn_too() {
        let drawn = chart(&[], &axes(), "nothing").into_string();
        assert!(drawn.contains("aria-label=\"nothing\"") && !drawn.contains("NaN") && !drawn.contains("inf"));
    }

    #[test]
    fn bars_stay_inside_of_the_drawing_whatever_the_amounts() {
        let bar = |imported, exported| Bar {
            length: 41_666,
            imported,
            exported,
            bought: imported,
            sold: u64::MAX,
            ..Bar::default()
        };
        for (imported, exported) in [(1, 0), (0, 1), (u64::MAX, 1), (3, u64::MAX), (1_500, 700)] {
            let drawn = chart(&[bar(imported, exported)], &axes(), "day").into_string();
            for part in drawn.split(" height=\"").skip(1) {
                let height: f64 = part.split('"').next().unwrap().parse().unwrap();
                assert!((0.0..=200.0).contains(&height), "{imported} {exported}: {height}");
            }
        }
    }

    #[test]
    fn a_line_next_to_the_zero_line_has_no_label() {
        let labels = |imported, exported| {
            let bar = Bar { length: 41_666, imported, exported, ..Bar::default() };
            chart(&[bar], &axes(), "day").into_string().matches("text-anchor=\"end\"").count()
        };
        assert_eq!((labels(5, 903), labels(903, 5), labels(500, 903), labels(0, 903)), (2, 2, 3, 2));
    }

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (amount, round) in
            [(0, 0), (1, 10), (51, 60), (1_045, 1_200), (1_201, 1_500), (8_001, 10_000), (u64::MAX, u64::MAX)]
        {
            assert_eq!(nice(amount), round);
        }
    }
}
