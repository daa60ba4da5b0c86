//! What happened: a list with search, one entry with everything about it, and a table for other programs.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use hushwatt_ledger::units::{Price, Timestamp};
use jiff::ToSpan;
use maud::{Markup, html};

use crate::{
    fields::Fields,
    html::{Form, Icon, Input, Section, energy, exact_money, facts, icon, moment, page, price, signed_money},
    model::{EntryState, HistoryEntry, HistoryFilter, HistoryKind},
    room::{Hall, Instead, Outcome, Room},
    text::{Key, read_date},
};

const PER_PAGE: usize = 40;

pub(crate) fn kind_key(kind: HistoryKind) -> Key {
    match kind {
        HistoryKind::TopUp => Key("history-top-up"),
        HistoryKind::Received => Key("history-received"),
        HistoryKind::Sent => Key("history-sent"),
        HistoryKind::Moved => Key("history-moved"),
        HistoryKind::Ordered => Key("history-ordered"),
        HistoryKind::Bought => Key("history-bought"),
        HistoryKind::Expired => Key("history-expired"),
        HistoryKind::Sold => Key("history-sold"),
        HistoryKind::Burned => Key("history-burned"),
        HistoryKind::AuctionSell => Key("history-auction-sell"),
        HistoryKind::AuctionBuy => Key("history-auction-buy"),
        HistoryKind::NotTraded => Key("history-not-traded"),
    }
}

fn kind_icon(kind: HistoryKind) -> Icon {
    match kind {
        HistoryKind::TopUp | HistoryKind::Received => Icon::Receive,
        HistoryKind::Sent | HistoryKind::Burned => Icon::Send,
        HistoryKind::Moved => Icon::Trades,
        HistoryKind::Ordered | HistoryKind::AuctionSell | HistoryKind::AuctionBuy => Icon::History,
        HistoryKind::Bought => Icon::Plug,
        HistoryKind::Expired | HistoryKind::NotTraded => Icon::Back,
        HistoryKind::Sold => Icon::Sun,
    }
}

fn state_key(state: EntryState) -> Option<Key> {
    match state {
        EntryState::Final => None,
        EntryState::AwaitsOperator => Some(Key("state-awaits-operator")),
        EntryState::Prepared => Some(Key("state-prepared")),
        EntryState::Submitted => Some(Key("state-submitted")),
        EntryState::Released => Some(Key("state-released")),
    }
}

/// The address of an entry's page. It does not name the transaction: browsers keep addresses.
pub(crate) fn entry_path(hall: &Hall, id: &str) -> String {
    format!("/history/entry?e={}", hall.visitor.session.forms(|forms| forms.handle(id)))
}

/// A list of entries.
pub(crate) fn entries(room: &Room, entries: &[HistoryEntry], now: Timestamp) -> Markup {
    let t = room.t;
    html! {
        @if entries.is_empty() {
            p.empty { (t.say("history-empty")) }
        } @else {
            ul.entries.linked {
                @for entry in entries {
                    li.released[entry.state == EntryState::Released] {
                        a href=(entry_path(room, &entry.id)) {
                            (icon(kind_icon(entry.kind)))
                            div.what {
                                strong { (entry_title(room, entry)) }
                                span.hint {
                                    (moment(&room.face(), entry.time, now))
                                    @if let Some(text) = entry.label.as_ref().or(entry.message.as_ref()) { " · " (text) }
                                }
                                @if let Some(state) = state_key(entry.state) { span.state { (t.key(state)) } }
                            }
                            div.much {
                                @if entry.amount != 0 { (signed_money(t, entry.amount)) }
                                @if let (Some(quantity), Some(utility)) = (entry.quantity, entry.utility) {
                                    span.hint { (energy(t, utility, quantity)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `Sent to Anna`, or the kind alone.
fn entry_title(room: &Room, entry: &HistoryEntry) -> String {
    let t = room.t;
    let kind = t.key(kind_key(entry.kind));
    match entry.counterparty.as_deref() {
        Some(name) => t.fill("history-with", [("kind", kind.into()), ("name", short(name).into())]),
        None => kind,
    }
}

/// An address is shortened where it is not what the line is about.
pub(crate) fn short(name: &str) -> String {
    if name.chars().count() <= 40 {
        return name.to_owned();
    }
    let (start, end): (String, Vec<char>) = (name.chars().take(12).collect(), name.chars().rev().take(6).collect());
    format!("{start}…{}", end.into_iter().rev().collect::<String>())
}

/// The filter that a form asked for.
fn read_filter(room: &Room, fields: &Fields) -> HistoryFilter {
    let face = room.face();
    let kind = HistoryKind::ALL.into_iter().find(|kind| kind.key() == fields.get("kind"));
    let until = read_date(fields.get("until")).and_then(|date| date.checked_add(1.day()).ok());
    HistoryFilter {
        from: read_date(fields.get("from")).map(|date| face.day(date).from),
        until: until.map(|date| face.day(date).from),
        kinds: kind.into_iter().collect(),
        text: fields.filled("text").map(str::to_owned),
        limit: None,
    }
}

/// Searches: what was typed is in no address.
pub(crate) async fn filter(room: Room) -> Response {
    room.go_on("/history")
}

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let filter = read_filter(&room, &draft.fields);
    let (all, now) = room.ask(move |desk| (desk.history(&filter), desk.now())).await?;
    let pages = all.len().div_ceil(PER_PAGE).max(1);
    let number = room.query.get("page").parse::<usize>().unwrap_or(1).clamp(1, pages);
    let shown: Vec<HistoryEntry> = all.iter().skip((number - 1) * PER_PAGE).take(PER_PAGE).cloned().collect();
    let form = Form::new(&room, "filter", "/history");
    let any = (String::new(), t.say("history-any"));
    let kinds: Vec<(String, String)> = std::iter::once(any)
        .chain(HistoryKind::ALL.into_iter().map(|kind| (kind.key().to_owned(), t.key(kind_key(kind)))))
        .collect();
    let field = |name, label, kind| Input { name, label, kind: Some(kind), optional: true, ..Input::default() };
    let fields = html! {
        div.grid {
            (form.input(&field("text", t.say("history-text"), "search")))
            (form.select(&Input { name: "kind", label: t.say("history-kind"), ..Input::default() }, &kinds))
            (form.input(&field("from", t.say("history-from"), "date")))
            (form.input(&field("until", t.say("history-until"), "date")))
        }
    };
    let name = room.query.get("draft");
    let with_draft = |path: String| if name.is_empty() { path } else { format!("{path}draft={name}") };
    let to_page = |number: usize| with_draft(format!("/history?page={number}&"));
    let filtered = ["text", "kind", "from", "until"].iter().any(|name| draft.fields.filled(name).is_some());
    let body = html! {
        details.filter open[filtered] {
            summary id="filter-open" { (t.say("history-filter")) }
            (form.show_quiet(&t.say("history-search"), &fields))
            @if filtered { p { a href="/history" id="filter-clear" { (t.say("history-clear")) } } }
        }
        section.card aria-labelledby="entries-title" data-reload[!filtered] {
            div.head {
                h2 id="entries-title" { (t.fill("history-count", [("count", all.len().into())])) }
                a id="csv" href=(with_draft("/history.csv?".to_owned())) download="hushwatt-history.csv" { (t.say("history-csv")) }
            }
            (entries(&room, &shown, now))
        }
        @if pages > 1 {
            nav.pages aria-label=(t.say("history-pages")) {
                @if number > 1 { a rel="prev" href=(to_page(number - 1)) { (icon(Icon::Back)) (t.say("history-newer")) } }
                span { (t.fill("history-page", [("number", number.into()), ("pages", pages.into())])) }
                @if number < pages { a rel="next" href=(to_page(number + 1)) { (t.say("history-older")) (icon(Icon::Forward)) } }
            }
        }
    };
    Ok(page(&room, Section::History, &t.say("nav-history"), &body))
}

/// The same entries as a table.
pub(crate) async fn csv(room: Room) -> Outcome {
    let filter = read_filter(&room, &room.draft().fields);
    let text = room.ask(move |desk| desk.history_csv(&filter)).await?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"hushwatt-history.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// The entry that the address names.
async fn named(room: &Room) -> Result<Option<HistoryEntry>, Instead> {
    let handle = room.query.get("e").to_owned();
    let session = room.visitor.session.clone();
    room.ask(move |desk| {
        let all = desk.history(&HistoryFilter::default());
        all.into_iter().find(|entry| session.forms(|forms| forms.handle(&entry.id)) == handle)
    })
    .await
}

pub(crate) async fn entry(room: Room) -> Outcome {
    let t = room.t;
    let Some(entry) = named(&room).await? else {
        room.visitor.session.flash(false, t.say("entry-gone"));
        return Ok(crate::room::see("/history"));
    };
    let now = room.ask(|desk| desk.now()).await?;
    let face = room.face();
    let mut rows = vec![(t.say("entry-time"), moment(&face, entry.time, now))];
    let mut row = |name: String, value: Option<Markup>| rows.extend(value.map(|value| (name, value)));
    row(
        t.say("entry-state"),
        Some(html! { (state_key(entry.state).map_or_else(|| t.say("state-final"), |key| t.key(key))) }),
    );
    row(t.say("entry-reason"), entry.reason.as_ref().map(|reason| html! { (reason) }));
    row(t.say("entry-with"), entry.counterparty.as_ref().map(|name| html! { span.long { (name) } }));
    row(t.say("entry-message"), entry.message.as_ref().map(|text| html! { (text) }));
    row(
        t.say("entry-energy"),
        entry.quantity.zip(entry.utility).map(|(quantity, utility)| energy(t, utility, quantity)),
    );
    row(t.say("entry-window"), entry.window.map(|window| moment(&face, window, now)));
    row(
        t.say("entry-price"),
        entry.price_micro_euro.and_then(Price::new).zip(entry.utility).map(|(value, utility)| price(t, utility, value)),
    );
    let fee = i64::try_from(entry.fee.0).unwrap_or(i64::MAX);
    row(t.say("entry-fee"), (fee > 0).then(|| exact_money(t, fee)));
    row(t.say("entry-block"), entry.height.map(|height| html! { (height) }));
    row(t.say("entry-id"), Some(html! { code.long { (entry.id) } }));
    let form = Form::new(&room, "label", "/history/label");
    let fields = html! {
        (Form::hidden("entry", &entry.id))
        (form.input(&Input {
            name: "label",
            label: t.say("entry-label"),
            hint: Some(t.say("entry-label-hint")),
            value: entry.label.clone().unwrap_or_default(),
            optional: true,
            most: Some(100),
            ..Input::default()
        }))
    };
    let provable = entry.state == EntryState::Final && matches!(entry.kind, HistoryKind::Sent | HistoryKind::Received);
    let handle = room.visitor.session.forms(|forms| forms.handle(&entry.id));
    let body = html! {
        p { a.back href="/history" { (icon(Icon::Back)) (t.say("nav-history")) } }
        section.card aria-labelledby="entry-title" {
            h2 id="entry-title" { (t.key(kind_key(entry.kind))) }
            @if entry.amount != 0 { p.amount id="entry-amount" { (exact_money(t, entry.amount)) } }
            (facts(&rows))
            @if provable {
                p { a.button.quiet id="entry-prove" href={ "/proofs/new?kind=payment&e=" (handle) } { (icon(Icon::Proof)) span { (t.say("entry-prove")) } } }
            }
        }
        section.card aria-labelledby="label-title" {
            h2 id="label-title" { (t.say("entry-label-title")) }
            (form.show_quiet(&t.say("save"), &fields))
        }
    };
    Ok(page(&room, Section::History, &t.say("entry-page-title"), &body))
}

pub(crate) async fn label(room: Room) -> Outcome {
    let (entry, label) = (room.fields.get("entry").to_owned(), room.fields.get("label").to_owned());
    let back = entry_path(&room, &entry);
    room.try_ask(&back, "label", move |desk| desk.set_label(&entry, Some(&label))).await?;
    room.done(&back, room.t.say("saved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_addresses_are_shortened_between_letters() {
        assert_eq!(short("Anna"), "Anna");
        let long = "ä".repeat(60);
        assert_eq!(short(&long), format!("{}…{}", "ä".repeat(12), "ä".repeat(6)));
    }
}
