//! Requests: somebody asks for one thing to be proven to him alone. What he asks is shown in plain words, with what would be told,
//! before anything is.

use hushwatt_crypto::{hash::hex, meter::Register};
use hushwatt_ledger::{
    disclosure::{Ask, Claim, Day, Hours, MAX_INQUIRY_BYTES, Party, Period, Tariff},
    units::{Credit, Timestamp, Utility},
};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::{energy::utility_key, proofs::MADE};
use crate::{
    desk::Asked,
    html::{Form, Icon, Input, Section, facts, icon, page},
    model::Contact,
    room::{Outcome, Room, see},
    security::session::Draft,
    text::{self, read_date},
};

const FORM: &str = "/proofs/request";
const REVIEW: &str = "/proofs/request/review";
const ANSWER: &str = "/proofs/request/answer";
/// The link of the longest request: base64 of all its bytes, and what stands before it.
const MOST: usize = MAX_INQUIRY_BYTES.div_ceil(3) * 4 + 32;

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let form = Form::new(&room, "request", FORM);
    let fields = form.area(
        &Input {
            name: "request",
            label: t.say("request-paste"),
            hint: Some(t.say("request-paste-hint")),
            value: draft.fields.get("request").to_owned(),
            most: Some(MOST),
            ..Input::default()
        },
        6,
    );
    let body = html! {
        p { a.back href="/proofs" { (icon(Icon::Back)) (t.say("nav-proofs")) } }
        section.card.narrow {
            p { (t.say("proof-answer-text")) }
            (form.show(&t.say("request-next"), &fields))
        }
    };
    Ok(page(&room, Section::Proofs, &t.say("proof-answer"), &body))
}

/// Reads the request and goes on to the review.
pub(crate) async fn check(room: Room) -> Outcome {
    let given = room.fields.get("request").trim().to_owned();
    if given.is_empty() {
        return Err(room.again(FORM, "request", room.t.say("field-empty")));
    }
    room.try_ask(FORM, "request", move |desk| desk.read_request(&given)).await?;
    Ok(room.go_on(REVIEW))
}

pub(crate) async fn review(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let given = draft.fields.get("request").trim().to_owned();
    let read = given.clone();
    let (asked, contacts, now) = room.ask(move |desk| (desk.read_request(&read), desk.contacts(), desk.now())).await?;
    // Expired meanwhile, or no request was given.
    let Ok(asked) = asked else { return Ok(see(FORM)) };
    let face = room.face();
    let mut rows = vec![
        (t.say("request-who"), html! { strong id="request-verifier" { (asked.verifier) } }),
        (t.say("request-asks"), html! { span id="request-question" { (question(&room, &asked, &contacts, now)) } }),
        (t.say("proof-purpose"), html! { (asked.purpose) }),
        (t.say("request-learns"), html! { (beside(&room, &asked.ask)) }),
        (t.say("request-others"), html! { (t.say("request-others-text")) }),
        (t.say("request-until"), crate::html::moment(&face, asked.expires, now)),
        (t.say("request-key"), html! { code.long { (asked.key) } }),
        (t.say("request-name"), html! { span id="request-name" { (t.say("request-name-text")) } }),
    ];
    let told = asked.told.as_ref().map(|claim| told(&room, claim, asked.utility));
    if let Ok(told) = &told {
        rows.push((t.say("request-tells"), html! { strong id="request-told" { (told) } }));
    }
    let form = Form::new(&room, "answer", ANSWER);
    let fields = html! {
        (Form::hidden("request", &given))
        (Form::hidden("told", told.as_deref().unwrap_or_default()))
        (form.passphrase(Some(t.say("proof-passphrase"))))
    };
    let body = html! {
        p { a.back href=(FORM) { (icon(Icon::Back)) (t.say("proof-answer")) } }
        section.card.narrow {
            (facts(&rows))
            @match &told {
                Ok(_) => { (form.show(&t.say("request-submit"), &fields)) }
                Err(error) => { p.notice.warn id="request-refused" { (icon(Icon::Warning)) span { (room.explain(error)) } } }
            }
        }
    };
    Ok(page(&room, Section::Proofs, &t.say("request-title"), &body))
}

/// Answers exactly what was shown, or shows it again.
pub(crate) async fn answer(room: Room) -> Outcome {
    let given = room.fields.get("request").trim().to_owned();
    room.ask_passphrase(REVIEW).await?;
    let read = given.clone();
    let asked = room.try_ask(REVIEW, "", move |desk| desk.read_request(&read)).await?;
    let told = match &asked.told {
        Ok(claim) => told(&room, claim, asked.utility),
        Err(error) => return Err(room.again(REVIEW, "", room.explain(error))),
    };
    if told != room.fields.get("told") {
        return Err(room.again(REVIEW, "", room.t.say("request-changed")));
    }
    let json = room.try_ask(REVIEW, "", move |desk| desk.answer_request(&given)).await?;
    let name = "hushwatt-answer.json".to_owned();
    let bytes = Zeroizing::new(json.into_bytes());
    let key = room.visitor.session.keep_download(name.clone(), "application/json", bytes, room.app.clock.now());
    let mut draft = Draft::default();
    for (field, value) in [("download", &key), ("file", &name), ("verifier", &asked.verifier)] {
        draft.fields.set(field, value);
    }
    draft.fields.set("answer", "on");
    Ok(room.with_draft(MADE, draft))
}

/// A day as people write it.
fn day(room: &Room, day: Day) -> String {
    read_date(&day.to_string()).map_or_else(|| day.to_string(), |date| room.face().date(date))
}

fn last(period: &Period) -> Day {
    period.until().yesterday().unwrap_or(period.until())
}

fn money(room: &Room, amount: Credit) -> String {
    text::euro(room.t, i64::try_from(amount.0).unwrap_or(i64::MAX))
}

fn question(room: &Room, asked: &Asked, contacts: &[Contact], now: Timestamp) -> Markup {
    let t = room.t;
    let words = match &asked.ask {
        Ask::PaymentMade { amount, .. } => {
            let known = contacts.iter().find(|contact| Some(&contact.address) == asked.payee.as_ref());
            let amount = money(room, *amount);
            return html! {
                (t.fill("request-payment-made", [("amount", amount.into())])) " "
                @match known {
                    Some(contact) => { (contact.name) }
                    None => { code.long { (asked.payee.as_deref().unwrap_or_default()) } }
                }
            };
        }
        Ask::PaymentReceived { amount, .. } => {
            t.fill("request-payment-received", [("amount", money(room, *amount).into())])
        }
        Ask::Delivery { contract, party } => {
            let id = hex(&contract.0[..4]);
            match party {
                Party::Seller => t.fill("request-delivery-sold", [("id", id.into())]),
                Party::Buyer => t.fill("request-delivery-bought", [("id", id.into())]),
            }
        }
        Ask::Reading { meter, at, register } => {
            let args = [("meter", meter.0.into()), ("time", room.face().moment(*at, now).into())];
            match register {
                Register::Import => t.fill("request-reading-taken", args),
                Register::Export => t.fill("request-reading-given", args),
            }
        }
        Ask::Energy { meter, register, period, .. } => {
            let args = [
                ("meter", meter.0.into()),
                ("from", day(room, period.from()).into()),
                ("last", day(room, last(period)).into()),
            ];
            match register {
                Register::Import => t.fill("request-energy-taken", args),
                Register::Export => t.fill("request-energy-given", args),
            }
        }
        Ask::Shared { party, utility: of, period, .. } => {
            let args = [
                ("utility", t.key(utility_key(*of)).into()),
                ("from", day(room, period.from()).into()),
                ("last", day(room, last(period)).into()),
            ];
            match party {
                Party::Seller => t.fill("request-shared-sold", args),
                Party::Buyer => t.fill("request-shared-bought", args),
            }
        }
        Ask::Bill { meter, period, tariff } => {
            let args = [
                ("meter", meter.0.into()),
                ("from", day(room, period.from()).into()),
                ("last", day(room, last(period)).into()),
                ("tariff", tariff.name().to_owned().into()),
            ];
            return html! { (t.fill("request-bill", args)) (prices(room, tariff)) };
        }
        Ask::Peak { meter, register, period, hours, limit, .. } => {
            let args = [
                ("meter", meter.0.into()),
                ("from", day(room, period.from()).into()),
                ("last", day(room, last(period)).into()),
                ("limit", text::energy(t, asked.utility, u64::from(*limit)).into()),
            ];
            let words = match register {
                Register::Import => t.fill("request-peak-taken", args),
                Register::Export => t.fill("request-peak-given", args),
            };
            let hours: Vec<String> = hours.iter().map(Hours::to_string).collect();
            return html! { (words) @if !hours.is_empty() { " (" (hours.join(", ")) ")" } };
        }
        Ask::Balance { at_least } => t.fill("request-balance", [("amount", money(room, *at_least).into())]),
    };
    html! { (words) }
}

/// Everything that makes up a bill: prices that single out an hour ask what was used in it.
fn prices(room: &Room, tariff: &Tariff) -> Markup {
    let (t, text) = (room.t, tariff.text());
    html! {
        ul id="request-prices" {
            @for (name, price, hours) in &text.zones {
                li {
                    (price) ", "
                    @if hours.is_empty() { (t.say("request-prices-else")) } @else { (hours.join(", ")) }
                    " (" (name) ")"
                }
            }
            @for (above, surcharge) in &text.tiers {
                li { (t.fill("request-prices-tier", [("above", above.clone().into()), ("surcharge", surcharge.clone().into())])) }
            }
            li {
                (t.fill("request-prices-rest", [
                    ("standing", text.standing_charge.into()),
                    ("minimum", text.minimum.into()),
                    ("vat", text.vat.into()),
                ]))
            }
        }
    }
}

/// What whoever asks learns beside the answer.
fn beside(room: &Room, ask: &Ask) -> String {
    let t = room.t;
    match ask {
        Ask::PaymentMade { .. } | Ask::PaymentReceived { .. } => t.say("request-learns-payment"),
        Ask::Delivery { .. } => t.say("request-learns-delivery"),
        Ask::Reading { .. } => t.say("request-learns-reading"),
        Ask::Energy { .. } | Ask::Bill { .. } | Ask::Peak { .. } => t.say("request-learns-energy"),
        Ask::Balance { .. } => t.say("request-learns-balance"),
        Ask::Shared { .. } => t.say("request-learns-shared"),
    }
}

/// What would be told, in the household's own units.
fn told(room: &Room, claim: &Claim, utility: Utility) -> String {
    match claim {
        Claim::PaymentMade(payment) | Claim::PaymentReceived(payment) => money(room, payment.amount),
        Claim::Delivery(delivery) => text::energy(room.t, utility, delivery.delivered.0.into()),
        Claim::Reading(reading) => text::energy(room.t, utility, reading.value.0.into()),
        Claim::Energy(energy) => text::energy(room.t, utility, energy.total),
        Claim::Shared(shared) => text::energy(room.t, utility, shared.total),
        Claim::Bill(bill) => money(room, Credit(bill.gross.0.saturating_mul(10_000))),
        Claim::Peak(peak) => {
            let limit = text::energy(room.t, utility, peak.limit.into());
            room.t.fill("request-tells-below", [("limit", limit.into())])
        }
        Claim::Balance(balance) => {
            room.t.fill("request-tells-at-least", [("amount", money(room, balance.at_least).into())])
        }
    }
}
