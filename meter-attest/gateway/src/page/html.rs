//! The installer's page: one look says whether anything is wrong. Readable without script, in light and dark, on a phone.

use maud::{DOCTYPE, Markup, html};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Status, Warning};

/// A time, in UTC, and how long ago.
fn when(unix: u64, now: u64) -> Markup {
    let text = i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok()?.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix.to_string());
    let distance = if unix <= now { format!("{} ago", span(now - unix)) } else { format!("in {}", span(unix - now)) };
    html! { time datetime=(text) { (text) } " (" (distance) ")" }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Thousands with spaces that do not break.
fn quantity(value: u64, unit: &str) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    format!("{text}\u{a0}{unit}")
}

fn row(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The whole page.
pub(super) fn page(status: &Status) -> Markup {
    let alarms = status.warnings.iter().filter(|warning| warning.alarm).count();
    let (class, verdict) = match (alarms, status.warnings.len()) {
        (0, 0) => ("good", "Everything is in order"),
        (0, _) => ("warn", "Running, with warnings"),
        _ => ("bad", "Something needs you"),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (verdict) " – hushwatt gateway" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                header { p.brand { "hushwatt gateway" } p { "meter " (status.meter) } }
                main {
                    h1 class=(class) { (verdict) }
                    p.soft { "As of " (when(status.now, status.now)) ". " a href="/" { "Look again" } }
                    @if status.simulated_time {
                        p.note { "This network has simulated time: it is for demonstrations, never for real money." }
                    }
                    (warnings(&status.warnings, status.now))
                    (meter(status))
                    (queue(status))
                    (totals(status))
                    (ledger(status))
                }
                footer { p { "Network " code { (status.network) } } p { "For programs: " a href="/v1/status" { "/v1/status" } } }
            }
        }
    }
}

fn warnings(warnings: &[Warning], now: u64) -> Markup {
    html! {
        @if !warnings.is_empty() {
            section aria-labelledby="warnings" {
                h2 #warnings { "To look at" }
                ul.warnings {
                    @for warning in warnings {
                        li class=(if warning.alarm { "bad" } else { "warn" }) {
                            strong { (if warning.alarm { "Alarm: " } else { "Warning: " }) }
                            (warning.text) " " span.soft { "Since " (when(warning.since, now)) "." }
                        }
                    }
                }
            }
        }
    }
}

fn meter(status: &Status) -> Markup {
    let (line, now) = (&status.line, status.now);
    html! {
        section aria-labelledby="meter" {
            h2 #meter { "Meter" }
            dl {
                @match &status.registers {
                    Some(registers) => {
                        (row("Last telegram", when(registers.received, now)))
                        (row("Number", html! { code { (registers.number) } }))
                        (row("Imported", html! { (quantity(registers.import, status.unit)) }))
                        (row("Exported", html! { (quantity(registers.export, status.unit)) }))
                        @if registers.step > 1 {
                            (row("Smallest step", html! { (quantity(registers.step, status.unit)) }))
                        }
                        @if registers.held_back > 0 {
                            (row("Held back", html! { (registers.held_back) " odd readings" }))
                        }
                    }
                    None => (row("Last telegram", html! { "none yet" })),
                }
                (row("Meter's clock", match status.clock.meter_ahead {
                    Some(0) => html! { "as the gateway's" },
                    Some(ahead) if ahead > 0 => html! { (ahead) " s ahead of the gateway's" },
                    Some(behind) => html! { (behind.unsigned_abs()) " s behind the gateway's" },
                    None => html! { "not told: the gateway's time is used" },
                }))
                (row("Line", html! {
                    code { (line.port) } " (" (line.driver) "), " (if line.open { "open" } else { "closed" })
                    @if let Some(fault) = &line.fault { ": " (fault) }
                }))
                (row("Telegrams", html! { (line.telegrams) " read, " (line.refused) " refused" }))
                @if let Some(refused) = &line.last_refused { (row("Last refused", html! { (refused) })) }
            }
        }
    }
}

fn queue(status: &Status) -> Markup {
    let (queue, now) = (&status.queue, status.now);
    html! {
        section aria-labelledby="queue" {
            h2 #queue { "Attestations" }
            dl {
                @match &status.attested {
                    Some(attested) => (row("Last attested window", html! {
                        (when(attested.last_window, now))
                        @if let Some(how) = attested.status { ", " (how) }
                        ", number " (attested.sequence)
                        @if let Some(height) = attested.height { ", in block " (height) }
                    })),
                    None => (row("Last attested window", html! { "none yet" })),
                }
                (row("Waiting", match (queue.windows, queue.open) {
                    (0, _) => html! { "nothing" },
                    (windows, 0) => html! { (windows) " windows" },
                    (windows, open) => html! { (windows) " windows, of which " (open) " until the meter is read again" },
                }))
                @if let Some(due) = queue.due { (row("Sent next", when(due, now))) }
                @if let Some(pending) = &queue.pending {
                    (row("On its way", html! {
                        "number " (pending.sequence) ", " (pending.windows) " windows from " (when(pending.first_window, now))
                        ", sent " (pending.attempts) " times"
                        @if let Some(answer) = &pending.answer { ": " (answer) }
                    }))
                }
            }
        }
    }
}

fn totals(status: &Status) -> Markup {
    let (totals, now) = (&status.totals, status.now);
    html! {
        @if !matches!(totals.state, "" | "none") {
            section aria-labelledby="totals" {
                h2 #totals { "Sums of periods, for the community's totals" }
                dl {
                    (row("Takes part", match totals.state {
                        "declined" => html! { "no: the settings say so (share_totals)" },
                        "no-committee" => html! { "not now: there is no committee" },
                        "no-cohort" => html! { "not now: the meter is in no cohort" },
                        _ => html! { "yes" },
                    }))
                    @for period in &totals.waiting {
                        (row("Waits", html! {
                            "the period from " (when(period.start, now)) ": " (period.windows) " of " (period.of_windows)
                            " windows on the ledger"
                            @if let Some(due) = period.due { ", to be shared " (when(due, now)) }
                            @if period.attempts > 0 { ", sent " (period.attempts) " times" }
                            @if let Some(answer) = &period.answer { ": " (answer) }
                        }))
                    }
                    @for period in &totals.settled {
                        (row("Over", html! { "the period from " (when(period.start, now)) ": " (period.text) }))
                    }
                }
            }
        }
    }
}

fn ledger(status: &Status) -> Markup {
    let ledger = &status.ledger;
    html! {
        section aria-labelledby="ledger" {
            h2 #ledger { "Ledger" }
            dl {
                (row("Last final block", match ledger.height {
                    0 => html! { "none read yet" },
                    height => html! { (height) ", " (when(ledger.time, status.now)) },
                }))
                @for node in &ledger.nodes {
                    (row("Node", html! {
                        code { (node.url) } ", "
                        @match (&node.fault, node.ok) {
                            (Some(fault), _) => (fault),
                            (None, true) => "answers",
                            (None, false) => "not asked yet",
                        }
                    }))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_meter_or_node_says_cannot_become_part_of_the_page() {
        let mut status = Status { now: 100, ..Status::default() };
        status.line.fault = Some("<script>alert(1)</script>".to_owned());
        let text = page(&status).into_string();
        assert!(text.contains("&lt;script&gt;") && !text.contains("<script"));
    }

    #[test]
    fn quantities_and_spans_are_readable() {
        assert_eq!(quantity(1_234_567, "Wh"), "1\u{202f}234\u{202f}567\u{a0}Wh");
        assert_eq!(quantity(12, "l"), "12\u{a0}l");
        assert_eq!([span(5), span(600), span(10_000), span(900_000)], ["5 s", "10 min", "2 h", "10 days"]);
    }
}
