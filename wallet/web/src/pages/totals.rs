//! Every request for a total that is on the ledger, and how the own sales are shared for them.

use hushwatt_ledger::units::{MeterId, Timestamp};
use maud::{Markup, html};

use super::{energy::utility_key, meters::meter_name};
use crate::{
    html::{Section, facts, page},
    model::{MeterView, OwnShares, TotalOver, TotalView},
    room::{Outcome, Room},
    text::Key,
};

/// Digits of a registrar's key that are shown.
const KEY_DIGITS: usize = 8;

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let (view, meters, now, made) = room
        .try_ask("/meters", "", |desk| {
            Ok((desk.totals()?, desk.meters(), desk.now(), desk.about().parameters.totals.is_some()))
        })
        .await?;
    let body = html! {
        p { (t.say("totals-explain")) }
        @if view.requests.is_empty() {
            p.empty id="no-totals" { (t.key(if made { Key("totals-none") } else { Key("totals-off") })) }
        }
        @for (number, request) in view.requests.iter().enumerate() {
            section.card aria-labelledby={ "total-" (number) } {
                h2 id={ "total-" (number) } { (room.face().stretch(request.from, request.until)) }
                (one(&room, &meters, request, now))
            }
        }
        @if made { (own_sales(&room, &view.own_sales)) }
    };
    Ok(page(&room, Section::Meters, &t.say("totals-page"), &body))
}

fn one(room: &Room, meters: &[MeterView], request: &TotalView, now: Timestamp) -> Markup {
    let t = room.t;
    let key: String = request.registrar_key.chars().take(KEY_DIGITS).collect();
    let asked = t.fill(
        "totals-by",
        [
            ("time", room.face().moment(request.asked, now).into()),
            ("number", request.registrar.into()),
            ("key", key.into()),
        ],
    );
    let released = t.fill(
        "totals-released-by",
        [("released", request.released.into()), ("members", request.members.into()), ("needed", request.needed.into())],
    );
    let (over, yours, learns) = match &request.over {
        TotalOver::Meters { utility, cohort, meters: count, left_out, own_in, own_left_out } => {
            let cohort = || [("cohort", (*cohort).into()), ("meters", (*count).into())];
            let over = match utility {
                Some(utility) => {
                    let [cohort, meters] = cohort();
                    t.fill("totals-meters", [("utility", t.key(utility_key(*utility)).into()), cohort, meters])
                }
                None => t.fill("totals-meters-unknown", cohort()),
            };
            let out = t.fill("totals-out", [("count", (*left_out).into())]);
            let learns = t.fill("totals-learns-meters", [("count", count.saturating_sub(*left_out).into())]);
            (format!("{over}; {out}"), own(room, meters, own_in, own_left_out), learns)
        }
        TotalOver::Trades { utility } => (
            t.fill("totals-trades", [("utility", t.key(utility_key(*utility)).into())]),
            t.say("totals-own-trades"),
            t.say("totals-learns-trades"),
        ),
    };
    facts(&[
        (t.say("totals-asked"), html! { (asked) }),
        (t.say("totals-over"), html! { (over) }),
        (t.say("totals-yours"), html! { (yours) }),
        (t.say("totals-learns"), html! { (learns) }),
        (t.say("totals-released"), html! { (released) @if request.is_known() { ". " (t.say("totals-known")) } }),
    ])
}

/// What the household's meters have to do with it.
fn own(room: &Room, meters: &[MeterView], own_in: &[MeterId], own_left_out: &[MeterId]) -> String {
    let t = room.t;
    let names = |ids: &[MeterId]| {
        let known = meters.iter().filter(|meter| ids.contains(&meter.meter));
        let names: Vec<String> = known.map(|meter| meter_name(room, meter)).collect();
        (!names.is_empty()).then(|| [("meters", names.join(", ").into())])
    };
    let inside = names(own_in).map(|names| t.fill("totals-own-in", names));
    let outside = names(own_left_out).map(|names| t.fill("totals-own-out", names));
    let parts: Vec<String> = inside.into_iter().chain(outside).collect();
    match (parts.is_empty(), meters.is_empty()) {
        (false, _) => parts.join("; "),
        (true, true) => t.say("totals-own-unpaired"),
        (true, false) => t.say("totals-own-none"),
    }
}

fn own_sales(room: &Room, shares: &OwnShares) -> Markup {
    let t = room.t;
    let counts =
        [("shared", shares.shared.into()), ("under", shares.under_way.into()), ("planned", shares.planned.into())];
    html! {
        section.card aria-labelledby="own-sales" {
            h2 id="own-sales" { (t.say("totals-own-title")) }
            p { (t.key(if shares.allowed { Key("totals-shares-on") } else { Key("totals-shares-off") })) }
            p.hint { (t.fill("totals-shares-count", counts)) }
        }
    }
}
