//! A day of energy: a drawing of every settlement window, and the same as a table.

use hushwatt_ledger::{
    transaction::attest::WindowStatus,
    units::{Timestamp, Utility},
};
use hushwatt_wallet::LocalQuality;
use jiff::{ToSpan, civil::Date};
use maud::{Markup, html};

use super::meters::status_key;
use crate::{
    html::{Axes, Bar, Icon, Section, chart, energy, icon, page, table},
    model::{EnergyRow, LocalRow},
    room::{Hall, Outcome, Room},
    text::{self, Day, Key, read_date},
};

pub(crate) fn utility_key(utility: Utility) -> Key {
    match utility {
        Utility::Electricity => Key("utility-electricity"),
        Utility::Water => Key("utility-water"),
        Utility::Heat => Key("utility-heat"),
    }
}

/// A window of all meters together.
struct Line {
    start: Timestamp,
    imported: u64,
    exported: u64,
    bought: u64,
    sold: u64,
    /// The least certain one.
    status: WindowStatus,
}

fn lines(rows: &[EnergyRow], utility: Utility) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows.iter().filter(|row| row.utility == utility) {
        match lines.iter_mut().find(|line| line.start == row.start) {
            Some(line) => {
                line.imported += row.imported;
                line.exported += row.exported;
                line.bought += row.bought;
                line.sold += row.sold;
                if line.status == WindowStatus::Measured {
                    line.status = row.status;
                }
            }
            None => lines.push(Line {
                start: row.start,
                imported: row.imported,
                exported: row.exported,
                bought: row.bought,
                sold: row.sold,
                status: row.status,
            }),
        }
    }
    lines.sort_by_key(|line| line.start);
    lines
}

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let face = room.face();
    let wished = read_date(room.query.get("day"));
    let zone = face.clone();
    let (about, rows, local, day, meters) = room
        .ask(move |desk| {
            let meters = desk.meters();
            // Without a wish, the last day of which there is anything.
            let last = meters.iter().filter_map(|meter| meter.last_window).max();
            let day = zone.day(wished.unwrap_or_else(|| zone.date_of(last.unwrap_or(desk.now()))));
            let (rows, local) = (desk.energy(day.from, day.until), desk.local_energy(day.from, day.until));
            (desk.about(), rows, local, day, meters)
        })
        .await?;
    let mut utilities: Vec<Utility> = Vec::new();
    for meter in &meters {
        if !utilities.contains(&meter.utility) {
            utilities.push(meter.utility);
        }
    }
    utilities.sort_unstable();
    let wished = room.query.get("utility");
    let first = utilities.first().copied().unwrap_or(Utility::Electricity);
    let utility = utilities.iter().copied().find(|utility| utility.name() == wished).unwrap_or(first);
    let lines = lines(&rows, utility);
    let body = html! {
        (days(&room, &day, utility))
        @if utilities.len() > 1 {
            nav.tabs aria-label=(t.say("energy-utilities")) {
                @for one in &utilities {
                    a href=(path(day.date, *one)) aria-current=[(*one == utility).then_some("true")] { (t.key(utility_key(*one))) }
                }
            }
        }
        section.card aria-labelledby="chart-title" data-reload {
            h2 id="chart-title" { (face.date(day.date)) }
            @if lines.is_empty() {
                p.empty id="energy-empty" {
                    (if meters.is_empty() { t.say("overview-no-meter") } else { t.say("energy-none") })
                }
                @if meters.is_empty() { p { a.button.quiet href="/meters" { (t.say("overview-pair")) } } }
            } @else {
                (sums(&room, utility, &lines))
                (drawing(&room, utility, &day, about.parameters.window, &lines))
                ul.legend aria-hidden="true" {
                    li { span.key.out {} (t.say("energy-exported")) }
                    li { span.key.in {} (t.say("energy-imported")) }
                    li { span.key.traded {} (t.say("energy-shared")) }
                }
                details { summary id="energy-table-open" { (t.say("energy-table")) } (numbers(&room, utility, &day, &lines)) }
            }
        }
        (not_on_ledger(&room, utility, &local))
    };
    Ok(page(&room, Section::Energy, &t.say("nav-energy"), &body))
}

fn path(date: Date, utility: Utility) -> String {
    format!("/energy?day={date}&utility={}", utility.name())
}

/// The way to other days.
fn days(room: &Room, day: &Day, utility: Utility) -> Markup {
    let t = room.t;
    let (before, after) = (day.date.checked_sub(1.day()), day.date.checked_add(1.day()));
    html! {
        nav.days aria-label=(t.say("energy-days")) {
            @if let Ok(before) = before {
                a id="day-before" rel="prev" href=(path(before, utility)) { (icon(Icon::Back)) span { (t.say("energy-day-before")) } }
            }
            form id="day" method="get" action="/energy" {
                input type="hidden" name="utility" value=(utility.name());
                label for="day-date" { (t.say("energy-day")) }
                input id="day-date" type="date" name="day" value=(day.date);
                button.quiet type="submit" id="day-submit" { (t.say("energy-show")) }
            }
            @if let Ok(after) = after {
                a id="day-after" rel="next" href=(path(after, utility)) { span { (t.say("energy-day-after")) } (icon(Icon::Forward)) }
            }
        }
    }
}

fn sums(room: &Room, utility: Utility, lines: &[Line]) -> Markup {
    let t = room.t;
    let sum = |of: fn(&Line) -> u64| energy(t, utility, lines.iter().map(of).sum());
    html! {
        dl.facts.across {
            div { dt { (t.say("energy-imported")) } dd { (sum(|line| line.imported)) } }
            div { dt { (t.say("energy-exported")) } dd { (sum(|line| line.exported)) } }
            div { dt { (t.say("energy-bought")) } dd { (sum(|line| line.bought)) } }
            div { dt { (t.say("energy-sold")) } dd { (sum(|line| line.sold)) } }
        }
    }
}

fn drawing(room: &Room, utility: Utility, day: &Day, window: u64, lines: &[Line]) -> Markup {
    let t = room.t;
    let face = room.face();
    let length = day.until.0.saturating_sub(day.from.0).max(1);
    let part = |time: u64| time.saturating_sub(day.from.0).min(length) * 1_000_000 / length;
    let bars: Vec<Bar> = lines
        .iter()
        .map(|line| Bar {
            start: part(line.start.0),
            length: window.min(length) * 1_000_000 / length,
            imported: line.imported,
            exported: line.exported,
            bought: line.bought,
            sold: line.sold,
            note: t.fill(
                "energy-note",
                [
                    ("time", face.time(line.start).into()),
                    ("imported", text::energy(t, utility, line.imported).into()),
                    ("exported", text::energy(t, utility, line.exported).into()),
                    ("shared", text::energy(t, utility, line.bought + line.sold).into()),
                ],
            ),
        })
        .collect();
    let hours = (0..=4).map(|quarter| {
        let time = Timestamp(day.from.0 + length * quarter / 4);
        (quarter * 250_000, face.time(time))
    });
    let axes = Axes {
        hours: hours.collect(),
        amount: Box::new(move |base| if base == 0 { "0".to_owned() } else { text::plain_energy(t, utility, base) }),
    };
    let label =
        t.fill("energy-chart", [("date", face.date(day.date).into()), ("unit", text::energy_unit(utility).into())]);
    html! {
        figure.day {
            (chart(&bars, &axes, &label))
            figcaption { (t.fill("energy-unit", [("unit", text::energy_unit(utility).into())])) }
        }
    }
}

/// What the gateways said beyond the ledger: marked as such, and in no sum.
fn not_on_ledger(room: &Room, utility: Utility, rows: &[LocalRow]) -> Markup {
    let (t, face) = (room.t, room.face());
    let rows: Vec<&LocalRow> = rows.iter().filter(|row| row.utility == utility).collect();
    if rows.is_empty() {
        return html! {};
    }
    let columns = [t.say("meter-window"), t.say("energy-imported"), t.say("energy-exported"), t.say("meter-status")];
    let cells = rows.iter().map(|row| {
        let quality = match row.quality {
            LocalQuality::Measured => WindowStatus::Measured,
            LocalQuality::Substituted => WindowStatus::Substituted,
            LocalQuality::Estimated => WindowStatus::Estimated,
        };
        vec![
            html! { time datetime=(face.machine(row.start)) { (face.time(row.start)) } },
            energy(t, utility, row.imported),
            energy(t, utility, row.exported),
            html! {
                (t.key(status_key(quality)))
                @if row.intervals < row.of_intervals { " (" (row.intervals) "/" (row.of_intervals) ")" }
            },
        ]
    });
    let cells: Vec<Vec<Markup>> = cells.collect();
    html! {
        section.card aria-labelledby="local-title" data-reload {
            h2 id="local-title" { (t.say("energy-local")) }
            p.hint { (t.say("energy-local-hint")) }
            (table("energy-local", &t.say("energy-local"), &columns, &cells))
        }
    }
}

fn numbers(hall: &Hall, utility: Utility, day: &Day, lines: &[Line]) -> Markup {
    let (t, face) = (hall.t, hall.face());
    let columns = [
        t.say("meter-window"),
        t.say("energy-imported"),
        t.say("energy-exported"),
        t.say("energy-bought"),
        t.say("energy-sold"),
        t.say("meter-status"),
    ];
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|line| {
            vec![
                html! { time datetime=(face.machine(line.start)) { (face.time(line.start)) } },
                energy(t, utility, line.imported),
                energy(t, utility, line.exported),
                energy(t, utility, line.bought),
                energy(t, utility, line.sold),
                html! { (t.key(status_key(line.status))) },
            ]
        })
        .collect();
    table("energy-table", &t.fill("energy-caption", [("date", face.date(day.date).into())]), &columns, &rows)
}
