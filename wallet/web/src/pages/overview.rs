//! The first page: how much money there is, what waits and until when, this month, and what needs doing.

use axum::response::Response;
use hushwatt_ledger::units::Timestamp;
use maud::{Markup, html};

use super::{energy::utility_key, history::entries};
use crate::{
    html::{Icon, Section, energy, exact_money, icon, moment, money, page},
    model::{BackupState, HistoryFilter, MonthView, Overview, PendingView, UtilityMonth, Waiting},
    room::{Instead, Room},
    text::{self, Tongue},
};

/// Entries of the history that are shown.
const LATEST: usize = 6;

pub(crate) async fn show(room: Room) -> Result<Response, Instead> {
    let filter = HistoryFilter { limit: Some(LATEST), ..HistoryFilter::default() };
    let (overview, latest, now, meters) =
        room.ask(move |desk| (desk.overview(), desk.history(&filter), desk.now(), desk.meters())).await?;
    let t = room.t;
    let news = room.app.vault.news();
    let body = html! {
        div id="overview" data-reload {
            (reminders(&room, &overview))
            div.columns.first {
                (balance(&room, &overview, now))
                (month(&room, &overview.month, meters.is_empty()))
            }
            @if !overview.pending.is_empty() { (pending(&room, &overview.pending, now)) }
            section.card aria-labelledby="settlement-title" {
                h2 id="settlement-title" { (t.say("overview-settlement")) }
                p.big { (moment(&room.face(), overview.next_settlement, now)) }
                p.hint { (t.fill("overview-settlement-in", [("span", room.face().span(overview.next_settlement.0.saturating_sub(now.0)).into())])) }
            }
            section.card aria-labelledby="latest-title" {
                div.head {
                    h2 id="latest-title" { (t.say("overview-latest")) }
                    @if !latest.is_empty() { a href="/history" id="all-history" { (t.say("overview-all")) } }
                }
                (entries(&room, &latest, now))
            }
            @if !news.agent.is_empty() {
                section.card aria-labelledby="agent-title" {
                    h2 id="agent-title" { (t.say("overview-agent")) }
                    ul.plain { @for line in news.agent.iter().rev() { li { (line) } } }
                }
            }
        }
    };
    Ok(page(&room, Section::Overview, &t.say("nav-overview"), &body))
}

/// What the household should do, and what was noticed.
fn reminders(room: &Room, overview: &Overview) -> Markup {
    let t = room.t;
    let backup = match overview.backup {
        // Nothing to keep safe that the other wallet does not keep.
        _ if overview.view_only => None,
        BackupState::WordsUnconfirmed => {
            Some((t.say("backup-words"), "/settings#words-section", t.say("backup-words-do")))
        }
        BackupState::Never => Some((t.say("backup-never"), "/settings#backup-section", t.say("backup-do"))),
        BackupState::Old { days } => {
            Some((t.fill("backup-old", [("days", days.into())]), "/settings#backup-section", t.say("backup-do")))
        }
        BackupState::Recent { .. } => None,
    };
    html! {
        @if overview.view_only { p.notice id="view-only" { (icon(Icon::Lock)) span { (t.say("overview-view-only")) } } }
        @if let Some((text, path, action)) = backup {
            div.notice.warn id="backup-reminder" {
                (icon(Icon::Warning))
                span { (text) }
                a.button.quiet href=(path) { (action) }
            }
        }
        @for (place, notice) in overview.sync.notices.iter().enumerate() {
            div.notice.warn id={ "notice-" (place) } { (icon(Icon::Warning)) span { (notice) } }
        }
    }
}

fn balance(room: &Room, overview: &Overview, now: Timestamp) -> Markup {
    let t = room.t;
    let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    html! {
        section.card.hero aria-labelledby="balance-title" {
            h2 id="balance-title" { (t.say("overview-available")) }
            p.amount id="available" { (exact_money(t, signed(overview.available.0))) }
            @if overview.total != overview.available {
                p.hint id="total" { (t.say("overview-total")) " " (money(t, signed(overview.total.0))) }
            }
            @if !overview.sync.done {
                p.hint { (t.say("overview-as-of")) " " (moment(&room.face(), overview.sync.as_of, now)) }
            }
            div.actions.row {
                @if !overview.view_only {
                    a.button.primary id="go-send" href="/send" { (icon(Icon::Send)) span { (t.say("nav-send")) } }
                }
                a.button.quiet id="go-receive" href="/receive" { (icon(Icon::Receive)) span { (t.say("nav-receive")) } }
            }
        }
    }
}

fn month(room: &Room, month: &MonthView, no_meter: bool) -> Markup {
    let t = room.t;
    // One kind needs no name: everybody knows what his meter measures.
    let several = month.utilities.len() > 1;
    html! {
        section.card aria-labelledby="month-title" {
            h2 id="month-title" { (room.face().month(month.month)) " " (month.year) }
            @if no_meter {
                p { (t.say("overview-no-meter")) }
                p { a.button.quiet id="go-pair" href="/meters" { (icon(Icon::Meter)) span { (t.say("overview-pair")) } } }
            } @else {
                @for sums in &month.utilities {
                    @if several { h3 { (t.key(utility_key(sums.utility))) } }
                    (month_of(t, sums))
                }
            }
        }
    }
}

fn month_of(t: Tongue, sums: &UtilityMonth) -> Markup {
    let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let amount = |base: u64| energy(t, sums.utility, base);
    html! {
        div.month {
            (ring(t, sums))
            dl.facts {
                div { dt { (t.say("energy-imported")) } dd { (amount(sums.imported)) } }
                div { dt { (t.say("energy-exported")) } dd { (amount(sums.exported)) } }
                div { dt { (t.say("energy-bought")) } dd { (amount(sums.bought)) " · " (money(t, signed(sums.spent.0))) } }
                div { dt { (t.say("energy-sold")) } dd { (amount(sums.sold)) " · " (money(t, signed(sums.earned.0))) } }
            }
        }
    }
}

/// The share of what was taken that neighbours delivered, as a ring with its number inside.
fn ring(t: Tongue, sums: &UtilityMonth) -> Markup {
    let share = sums.community_share;
    let length = 2.0 * std::f64::consts::PI * 42.0;
    let filled = share.unwrap_or(0.0).clamp(0.0, 1.0) * length;
    let number = share.map_or_else(|| "–".to_owned(), text::percent);
    html! {
        figure.ring id={ "share-of-" (sums.utility.name()) } {
            svg viewBox="0 0 100 100" role="img" aria-label={ (t.say("overview-share")) ": " (number) } {
                circle.track cx="50" cy="50" r="42" fill="none" stroke-width="10" {}
                @if filled > 0.0 {
                    circle.value cx="50" cy="50" r="42" fill="none" stroke-width="10" stroke-linecap="round"
                        stroke-dasharray={ (format!("{filled:.2}")) " " (format!("{length:.2}")) } transform="rotate(-90 50 50)" {}
                }
                text x="50" y="56" text-anchor="middle" { (number) }
            }
            figcaption { (t.say("overview-share")) }
        }
    }
}

fn pending(room: &Room, pending: &[PendingView], now: Timestamp) -> Markup {
    let t = room.t;
    html! {
        section.card aria-labelledby="pending-title" {
            h2 id="pending-title" { (t.say("overview-pending")) }
            ul.entries id="pending" {
                @for one in pending {
                    li {
                        div.what {
                            strong { (match one.reason {
                                Waiting::NextSettlement => t.say("waiting-settlement"),
                                Waiting::OnItsWay => t.say("waiting-way"),
                                Waiting::Ordered => t.say("waiting-ordered"),
                            }) }
                            span.hint {
                                @match one.expected {
                                    Some(time) => { (t.say("waiting-until")) " " (moment(&room.face(), time, now)) }
                                    None => { (t.say("waiting-soon")) }
                                }
                            }
                        }
                        div.much { (money(t, i64::try_from(one.amount.0).unwrap_or(i64::MAX))) }
                    }
                }
            }
        }
    }
}
