//! Ordering from an offer, and delivering what was ordered.

use hushwatt_ledger::units::{Utility, Window};
use maud::html;

use super::{energy::utility_key, history::short, send::amount_error};
use crate::{
    html::{Form, Icon, Input, Section, energy, facts, icon, moment, page, price, whole_money},
    room::{Instead, Outcome, Room, see},
    security::session::Draft,
    text::{energy_unit, plain_energy, read_energy},
};

const FORM: &str = "/trades/buy";
const DELIVER: &str = "/trades/deliver";

/// From the board, or with a link that somebody sent: leads to the order, or to the code of one's own offer.
pub(crate) async fn pick(room: Room) -> Outcome {
    let link = room.fields.get("link").trim().to_owned();
    let asked = link.clone();
    let read = room.ask(move |desk| desk.read_offer(&asked)).await?;
    let offer = read.map_err(|error| {
        let draft = Draft {
            action: "/trades/pick".to_owned(),
            fields: room.fields.clone(),
            error: Some(("link", room.explain(&error))),
        };
        Instead::from(room.with_draft(FORM, draft))
    })?;
    let mut draft = Draft::default();
    draft.fields.set("link", &link);
    Ok(room.with_draft(if offer.own { "/trades/offer/made" } else { FORM }, draft))
}

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let link = draft.fields.get("link").to_owned();
    let asked = link.clone();
    let (offer, overview, now) = room.ask(move |desk| (desk.read_offer(&asked), desk.overview(), desk.now())).await?;
    let Ok(offer) = offer else {
        let form = Form::new(&room, "link", "/trades/pick");
        let field = Input {
            name: "link",
            label: t.say("order-link"),
            hint: Some(t.say("order-link-hint")),
            most: Some(2048),
            ..Input::default()
        };
        let body = html! {
            p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
            section.card.narrow { (form.show(&t.say("order-open"), &form.area(&field, 4))) }
        };
        return Ok(page(&room, Section::Trades, &t.say("order-link-title"), &body));
    };
    let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let rows = [
        (t.say("order-what"), html! { (t.key(utility_key(offer.utility))) }),
        (t.say("meter-window"), moment(&room.face(), offer.start, now)),
        (t.say("order-seller"), html! { span.long { (offer.seller) } }),
        (t.say("order-offered"), energy(t, offer.utility, offer.quantity.0.into())),
        (t.say("trades-price"), price(t, offer.utility, offer.price)),
        (t.say("order-all"), whole_money(t, signed(offer.total.0))),
        (t.say("overview-available"), whole_money(t, signed(overview.available.0))),
        (t.say("offer-until"), moment(&room.face(), offer.valid_until, now)),
    ];
    let form = Form::new(&room, "order", FORM);
    let fields = html! {
        (Form::hidden("link", &link))
        (form.input(&Input {
            name: "quantity",
            label: t.say("order-quantity"),
            hint: Some(t.say("order-quantity-hint")),
            value: plain_energy(t, offer.utility, offer.quantity.0.into()),
            inputmode: Some("decimal"),
            unit: Some(energy_unit(offer.utility)),
            most: Some(16),
            ..Input::default()
        }))
        (form.little_company())
        (form.passphrase(Some(t.say("review-passphrase"))))
    };
    let body = html! {
        p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
        section.card.narrow aria-labelledby="order-facts" {
            h2 id="order-facts" { (t.fill("trades-seller", [("name", short(&offer.seller).into())])) }
            (facts(&rows))
            p.hint { (t.say("order-explain")) }
            @if overview.view_only {
                p.notice { (icon(Icon::Lock)) span { (t.say("overview-view-only")) } }
            } @else if offer.own {
                p.notice { span { (t.say("order-own")) } }
            } @else {
                (form.show(&t.say("order-submit"), &fields))
            }
        }
    };
    Ok(page(&room, Section::Trades, &t.say("order-title"), &body))
}

pub(crate) async fn buy(room: Room) -> Outcome {
    let link = room.fields.get("link").to_owned();
    let asked = link.clone();
    let offer = room.try_ask(FORM, "", move |desk| desk.read_offer(&asked)).await?;
    let quantity = read_energy(room.t, offer.utility, room.fields.get("quantity"))
        .map_err(|error| room.again(FORM, "quantity", amount_error(&room, &error)))?;
    room.ask_passphrase(FORM).await?;
    let any = room.fields.is_set("any_company");
    let bought = room.ask(move |desk| desk.buy(&link, Some(quantity), any)).await?;
    bought.map_err(|error| room.again_or_with_little_company(FORM, &error))?;
    room.app.vault.hurry();
    room.done("/trades", room.t.say("order-done"))
}

fn read_target(text: &crate::fields::Fields) -> Option<(Utility, Window)> {
    let utility = Utility::ALL.into_iter().find(|utility| utility.name() == text.get("utility"))?;
    Some((utility, Window(text.get("window").parse().ok()?)))
}

pub(crate) async fn ask_delivery(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let fields = if draft.action == DELIVER { &draft.fields } else { &room.query };
    let Some((utility, window)) = read_target(fields) else { return Ok(see("/trades")) };
    let (about, now) = room.ask(|desk| (desk.about(), desk.now())).await?;
    let start = about.parameters.window_start(window);
    let form = Form::new(&room, "deliver", DELIVER);
    let fields = html! {
        (Form::hidden("utility", utility.name()))
        (Form::hidden("window", &window.0.to_string()))
        (form.tick("any_company", &t.say("review-any-company"), Some(&t.say("review-any-company-hint")), true))
        (form.passphrase(Some(t.say("review-passphrase"))))
    };
    let rows = [
        (t.say("order-what"), html! { (t.key(utility_key(utility))) }),
        (t.say("meter-window"), moment(&room.face(), start, now)),
    ];
    let body = html! {
        p { a.back href="/trades" { (icon(Icon::Back)) (t.say("nav-trades")) } }
        section.card.narrow {
            (facts(&rows))
            p.hint { (t.say("deliver-explain")) }
            (form.show(&t.say("deliver-submit"), &fields))
        }
    };
    Ok(page(&room, Section::Trades, &t.say("deliver-title"), &body))
}

pub(crate) async fn deliver(room: Room) -> Outcome {
    let Some((utility, window)) = read_target(&room.fields) else { return Ok(see("/trades")) };
    room.ask_passphrase(DELIVER).await?;
    let any = room.fields.is_set("any_company");
    room.try_ask(DELIVER, "", move |desk| desk.deliver(utility, window, any)).await?;
    room.app.vault.hurry();
    room.done("/trades", room.t.say("deliver-done"))
}
