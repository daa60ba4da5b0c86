//! Paying: whom and how much, a look at it, the passphrase.

use hushwatt_ledger::units::Credit;
use hushwatt_wallet::amount::AmountError;
use maud::{Markup, html};

use super::history::short;
use crate::{
    desk::{PayLink, Payment},
    html::{ASK_COMPANY, Form, Icon, Input, Section, exact_money, facts, icon, money, page},
    room::{Instead, Outcome, Room, see},
    text::{plain_euro, read_euro},
};

const FORM: &str = "/send";
const REVIEW: &str = "/send/review";
const CONFIRM: &str = "/send/confirm";

/// What is wrong with an amount that was typed.
pub(crate) fn amount_error(room: &Room, error: &AmountError) -> String {
    let t = room.t;
    match error {
        AmountError::Empty { .. } => t.say("amount-empty"),
        AmountError::NotANumber { .. } => t.say("amount-no-number"),
        AmountError::Grouping { .. } => t.say("amount-grouping"),
        AmountError::TooFine { most, .. } => t.fill("amount-too-fine", [("most", (*most).into())]),
        AmountError::Negative { .. } | AmountError::ZeroPrice => t.say("amount-zero"),
        AmountError::TooLarge { .. } => t.say("amount-too-large"),
    }
}

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let (overview, contacts) = room.ask(|desk| (desk.overview(), desk.contacts())).await?;
    if overview.view_only {
        let body = html! { p.notice { (icon(Icon::Lock)) span { (t.say("overview-view-only")) } } };
        return Ok(page(&room, Section::Send, &t.say("send-title"), &body));
    }
    // The review's way back names the draft of the form.
    let draft = room.draft();
    let typed = |name: &str| draft.fields.get(name).to_owned();
    let form = Form::new(&room, "send", FORM);
    let available = i64::try_from(overview.available.0).unwrap_or(i64::MAX);
    let fields = html! {
        (form.area(&Input {
            name: "to",
            label: t.say("send-to"),
            hint: Some(t.say("send-to-hint")),
            value: typed("to"),
            most: Some(1024),
            ..Input::default()
        }, 3))
        @if !contacts.is_empty() {
            div.field {
                p.label id="contacts-label" { (t.say("send-contacts")) }
                ul.chips aria-labelledby="contacts-label" {
                    @for contact in &contacts {
                        li { button.chip type="button" data-fill="send-to" data-value=(contact.name) { (contact.name) } }
                    }
                }
            }
        }
        (form.input(&Input {
            name: "amount",
            label: t.say("send-amount"),
            hint: Some(t.fill("send-amount-hint", [("amount", crate::text::euro(t, available).into())])),
            value: typed("amount"),
            inputmode: Some("decimal"),
            unit: Some("€"),
            may_be_empty: true,
            most: Some(24),
            ..Input::default()
        }))
        (form.input(&Input {
            name: "message",
            label: t.say("send-message"),
            hint: Some(t.say("send-message-hint")),
            value: typed("message"),
            optional: true,
            most: Some(62),
            ..Input::default()
        }))
        (form.input(&Input {
            name: "label",
            label: t.say("send-label"),
            hint: Some(t.say("send-label-hint")),
            value: typed("label"),
            optional: true,
            most: Some(100),
            ..Input::default()
        }))
    };
    let body = html! {
        section.card.narrow { (form.show(&t.say("send-next"), &fields)) }
    };
    Ok(page(&room, Section::Send, &t.say("send-title"), &body))
}

/// What was typed, as far as it is right.
struct Wish {
    to: String,
    amount: Credit,
    message: Option<String>,
}

/// Reads the form; what a link says counts where the form says nothing.
async fn read(room: &Room, form: &str) -> Result<Wish, Instead> {
    let typed = room.fields.get("to").trim().to_owned();
    if typed.is_empty() {
        return Err(room.again(form, "to", room.t.say("send-to-empty")));
    }
    let asked = typed.clone();
    let contacts = room.ask(|desk| desk.contacts()).await?;
    let link = match contacts.iter().find(|contact| contact.name == typed) {
        Some(contact) => PayLink { to: contact.address.clone(), amount: None, message: None },
        None => room.try_ask(form, "to", move |desk| desk.read_payment_link(&asked)).await?,
    };
    let amount = match (room.fields.filled("amount"), link.amount) {
        (None, Some(amount)) => amount,
        (text, _) => read_euro(room.t, text.unwrap_or_default())
            .map_err(|error| room.again(form, "amount", amount_error(room, &error)))?,
    };
    if amount == Credit::ZERO {
        return Err(room.again(form, "amount", room.t.say("amount-zero")));
    }
    let message = room.fields.filled("message").map(str::to_owned).or(link.message);
    if message.as_ref().is_some_and(|message| message.len() > 62) {
        return Err(room.again(form, "message", room.t.say("send-message-long")));
    }
    Ok(Wish { to: link.to, amount, message })
}

/// Checks the form and goes on to the review. Nothing is signed yet.
pub(crate) async fn check(room: Room) -> Outcome {
    // From the contacts: the form with the payee filled in.
    if room.fields.is_set("start") {
        return Ok(room.go_on(FORM));
    }
    let wish = read(&room, FORM).await?;
    let mut draft =
        crate::security::session::Draft { action: FORM.to_owned(), fields: room.fields.clone(), error: None };
    // From here on exactly what is shown: a name that later means somebody else changes nothing.
    draft.fields.set("name", room.fields.get("to").trim());
    draft.fields.set("to", &wish.to);
    draft.fields.set("amount", &plain_euro(room.t, wish.amount.0));
    draft.fields.set("message", wish.message.as_deref().unwrap_or_default());
    Ok(room.with_draft(REVIEW, draft))
}

pub(crate) async fn review(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let Ok(amount) = read_euro(t, draft.fields.get("amount")) else { return Ok(see(FORM)) };
    let to = draft.fields.get("to").to_owned();
    if to.is_empty() {
        return Ok(see(FORM));
    }
    let asks = draft.fields.is_set(ASK_COMPANY);
    let payment = Payment {
        to: to.clone(),
        amount,
        message: draft.fields.filled("message").map(str::to_owned),
        label: None,
        any_company: asks,
    };
    let (overview, contacts, preview) =
        room.ask(move |desk| (desk.overview(), desk.contacts(), desk.preview_send(&payment))).await?;
    let (preview, refused) = match preview {
        // The same page once more, with the question.
        Err(error) if error.kind == "small_company" && !asks => {
            let mut draft = draft;
            draft.fields.set(ASK_COMPANY, "on");
            draft.error = None;
            draft.action = CONFIRM.to_owned();
            return Ok(room.with_draft(REVIEW, draft));
        }
        Err(error) => (None, Some(error)),
        Ok(preview) => (Some(preview), None),
    };
    let name = contacts.iter().find(|contact| contact.address == to).map(|contact| contact.name.clone());
    let signed = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let mut rows: Vec<(String, Markup)> = vec![(
        t.say("review-to"),
        html! {
            @if let Some(name) = &name { strong id="review-name" { (name) } br; }
            code.long id="review-address" { (to) }
        },
    )];
    if let Some(message) = draft.fields.filled("message") {
        rows.push((t.say("send-message"), html! { (message) }));
    }
    if let Some(preview) = &preview {
        let fee = preview.fee.0;
        let left = overview.available.0.saturating_sub(amount.0).saturating_sub(fee);
        let company = t.fill("review-company-many", [("count", preview.hides_among.into())]);
        rows.push((
            t.say("entry-fee"),
            if fee == 0 {
                html! { (t.say("review-no-fee")) }
            } else {
                exact_money(t, signed(fee))
            },
        ));
        rows.push((t.say("review-left"), money(t, signed(left))));
        rows.push((t.say("review-company"), html! { (company) }));
    }
    let form = Form::new(&room, "confirm", CONFIRM);
    let fields = html! {
        @for field in ["to", "amount", "message", "label", "name"] { (Form::hidden(field, draft.fields.get(field))) }
        (form.little_company())
        (form.passphrase(Some(t.say("review-passphrase"))))
    };
    let back = room.query.get("draft");
    let body = html! {
        section.card.narrow aria-labelledby="review-amount-title" {
            h2 id="review-amount-title" { (t.say("review-you-send")) }
            p.amount id="review-amount" { (exact_money(t, signed(amount.0))) }
            (facts(&rows))
            @match &refused {
                Some(error) => { p.notice.warn id="review-refused" { (icon(Icon::Warning)) span { (room.explain(error)) } } }
                None => { (form.show(&t.say("review-submit"), &fields)) }
            }
            p { a.back href={ "/send?draft=" (back) } { (icon(Icon::Back)) (t.say("review-change")) } }
        }
    };
    Ok(page(&room, Section::Send, &t.say("review-title"), &body))
}

/// Signs, saves, and lets it go out.
pub(crate) async fn confirm(room: Room) -> Outcome {
    let wish = read(&room, REVIEW).await?;
    room.ask_passphrase(REVIEW).await?;
    let text = |name: &str| room.fields.filled(name).map(str::to_owned);
    let payment = Payment {
        to: wish.to,
        amount: wish.amount,
        message: wish.message,
        label: text("label"),
        any_company: room.fields.is_set("any_company"),
    };
    let outcome = room.ask(move |desk| desk.send(&payment)).await?;
    let prepared = outcome.map_err(|error| room.again_or_with_little_company(REVIEW, &error))?;
    room.app.vault.hurry();
    let amount = crate::text::euro(room.t, i64::try_from(wish.amount.0).unwrap_or(i64::MAX));
    let name = short(room.fields.filled("name").unwrap_or_default());
    let text = room.t.fill(
        "send-done",
        [("amount", amount.into()), ("name", name.into()), ("company", prepared.hides_among.into())],
    );
    room.done("/", text)
}
