//! The household's meters: pairing them, and what they posted last.

use hushwatt_ledger::{transaction::attest::WindowStatus, units::Timestamp};
use maud::{Markup, html};

use crate::{
    html::{Form, Icon, Input, Section, energy, icon, moment, page, table},
    model::{EnergyRow, MeterView},
    room::{Outcome, Room},
    text::Key,
};

const PAGE: &str = "/meters";
/// Windows of the table.
const LAST: usize = 12;
/// How far back they are looked for, in windows.
const LOOK_BACK: u64 = 200;

pub(crate) fn status_key(status: WindowStatus) -> Key {
    match status {
        WindowStatus::Measured => Key("status-measured"),
        WindowStatus::Substituted => Key("status-substituted"),
        WindowStatus::Estimated => Key("status-estimated"),
        WindowStatus::Late => Key("status-late"),
        WindowStatus::Missing => Key("status-missing"),
    }
}

/// What a meter is called.
pub(crate) fn meter_name(room: &Room, meter: &MeterView) -> String {
    let number = room.t.fill("meter-number", [("number", meter.meter.0.into())]);
    meter.label.clone().unwrap_or(number)
}

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let (meters, rows, now) = room
        .ask(|desk| {
            let (meters, window) = (desk.meters(), desk.about().parameters.window);
            let last = meters.iter().filter_map(|meter| meter.last_window).max().unwrap_or(Timestamp(0));
            let from = last.minus(LOOK_BACK.saturating_mul(window));
            (meters, desk.energy(from, last.plus(window)), desk.now())
        })
        .await?;
    let form = Form::new(&room, "pair", "/meters/pair");
    let fields = html! {
        (form.area(&Input {
            name: "code",
            label: t.say("meter-code"),
            hint: Some(t.say("meter-code-hint")),
            most: Some(400),
            ..Input::default()
        }, 3))
        (form.input(&Input {
            name: "name",
            label: t.say("meter-name"),
            hint: Some(t.say("meter-name-hint")),
            optional: true,
            most: Some(60),
            ..Input::default()
        }))
    };
    let body = html! {
        div.columns {
            section.card aria-labelledby="meters-title" data-reload {
                h2 id="meters-title" { (t.say("meters-paired")) }
                @if meters.is_empty() { p.empty { (t.say("meters-none")) } }
                ul.entries id="meters" {
                    @for meter in &meters { li { (one(&room, meter, now)) } }
                }
            }
            section.card aria-labelledby="pair-title" {
                h2 id="pair-title" { (t.say("meter-pair")) }
                p { (t.say("meter-pair-text")) }
                (form.show_quiet(&t.say("meter-pair-submit"), &fields))
            }
        }
        @if !rows.is_empty() {
            section.card aria-labelledby="readings-title" {
                h2 id="readings-title" { (t.say("meter-readings")) }
                (readings(&room, &meters, &rows, now))
            }
        }
        section.card aria-labelledby="totals-title" {
            h2 id="totals-title" { (t.say("totals-title")) }
            p { (t.say("totals-lead")) }
            p { a href="/meters/totals" { (t.say("totals-link")) } }
        }
    };
    Ok(page(&room, Section::Meters, &t.say("nav-meters"), &body))
}

fn one(room: &Room, meter: &MeterView, now: Timestamp) -> Markup {
    let t = room.t;
    html! {
        (icon(Icon::Meter))
        div.what {
            strong { (meter_name(room, meter)) }
            span.hint {
                (t.fill("meter-number", [("number", meter.meter.0.into())])) " · "
                (t.fill("meter-windows", [("count", meter.windows.into())]))
            }
            span.hint {
                @match meter.last_window {
                    Some(time) => { (t.say("meter-last")) " " (moment(&room.face(), time, now)) }
                    None => { (t.say("meter-nothing-yet")) }
                }
            }
        }
    }
}

fn readings(room: &Room, meters: &[MeterView], rows: &[EnergyRow], now: Timestamp) -> Markup {
    let t = room.t;
    let columns = [
        t.say("meter-window"),
        t.say("meter-meter"),
        t.say("energy-imported"),
        t.say("energy-exported"),
        t.say("meter-status"),
    ];
    let name = |row: &EnergyRow| {
        meters.iter().find(|meter| meter.meter == row.meter).map(|meter| meter_name(room, meter)).unwrap_or_default()
    };
    let lines: Vec<Vec<Markup>> = rows
        .iter()
        .rev()
        .take(LAST)
        .map(|row| {
            vec![
                moment(&room.face(), row.start, now),
                html! { (name(row)) },
                energy(t, row.utility, row.imported),
                energy(t, row.utility, row.exported),
                html! { (t.key(status_key(row.status))) },
            ]
        })
        .collect();
    table("readings", &t.say("meter-readings-caption"), &columns, &lines)
}

pub(crate) async fn pair(room: Room) -> Outcome {
    let (code, name) = (room.fields.get("code").to_owned(), room.fields.filled("name").map(str::to_owned));
    room.try_ask(PAGE, "code", move |desk| desk.pair(&code, name.as_deref())).await?;
    room.app.vault.hurry();
    room.done(PAGE, room.t.say("meter-pair-done"))
}
