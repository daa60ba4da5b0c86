//! Being paid: the address, as text and as a code, and links that say how much.

use axum::response::Response;
use hushwatt_ledger::units::Credit;
use maud::{Markup, html};

use super::send::amount_error;
use crate::{
    html::{Form, Input, Section, page, qr},
    room::{Instead, Outcome, Room},
    text::{euro, read_euro},
};

const FORM: &str = "/receive";

/// The amount that was typed, if there is one.
fn read_amount(room: &Room, text: &str) -> Result<Option<Credit>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match read_euro(room.t, text) {
        Ok(Credit::ZERO) => Err(room.t.say("amount-zero")),
        Ok(amount) => Ok(Some(amount)),
        Err(error) => Err(amount_error(room, &error)),
    }
}

/// A text to pass on, with a button that copies it where scripts run.
pub(crate) fn copyable(room: &Room, id: &str, text: &str) -> Markup {
    html! {
        div.copy {
            code.long id=(id) tabindex="0" { (text) }
            button.quiet type="button" id={ (id) "-copy" } data-copy=(id) data-copied=(room.t.say("copied")) hidden { (room.t.say("copy")) }
        }
    }
}

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let amount = read_amount(&room, draft.fields.get("amount")).ok().flatten();
    let message = draft.fields.filled("message").map(str::to_owned);
    let asked = draft.error.is_none() && (amount.is_some() || message.is_some());
    let (about, link) = room
        .ask(move |desk| {
            (
                desk.about(),
                if asked { desk.payment_link(amount, message.as_deref()) } else { desk.payment_link(None, None) },
            )
        })
        .await?;
    let link = link.unwrap_or_default();
    let form = Form::new(&room, "request", FORM);
    let fields = html! {
        (form.input(&Input {
            name: "amount",
            label: t.say("receive-amount"),
            inputmode: Some("decimal"),
            unit: Some("€"),
            optional: true,
            most: Some(24),
            ..Input::default()
        }))
        (form.input(&Input {
            name: "message",
            label: t.say("receive-message"),
            hint: Some(t.say("receive-message-hint")),
            optional: true,
            most: Some(62),
            ..Input::default()
        }))
    };
    let title = match amount.filter(|_| asked) {
        Some(amount) => {
            t.fill("receive-asks", [("amount", euro(t, i64::try_from(amount.0).unwrap_or(i64::MAX)).into())])
        }
        None => t.say("receive-address"),
    };
    let body = html! {
        div.columns {
            section.card aria-labelledby="code-title" {
                h2 id="code-title" { (title) }
                (qr(&link, &t.say("receive-code")))
                @if asked {
                    h3 { (t.say("receive-link")) }
                    (copyable(&room, "payment-link", &link))
                    p { a href="/receive" id="receive-plain" { (t.say("receive-plain")) } }
                }
                h3 { (t.say("receive-address-text")) }
                (copyable(&room, "address", &about.address))
                p.hint { (t.say("receive-hint")) }
            }
            section.card aria-labelledby="request-title" {
                h2 id="request-title" { (t.say("receive-request")) }
                p { (t.say("receive-request-text")) }
                (form.show_quiet(&t.say("receive-submit"), &fields))
            }
        }
    };
    Ok(page(&room, Section::Receive, &t.say("receive-title"), &body))
}

pub(crate) async fn make(room: Room) -> Result<Response, Instead> {
    read_amount(&room, room.fields.get("amount")).map_err(|text| room.again(FORM, "amount", text))?;
    if room.fields.get("message").trim().len() > 62 {
        return Err(room.again(FORM, "message", room.t.say("send-message-long")));
    }
    Ok(room.go_on(FORM))
}
