//! Proofs for others: a file that says one thing, to one person, for one question.

use hushwatt_ledger::{
    transaction::{TransactionId, open::ContractId},
    units::{MeterId, Timestamp},
};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::{
    history::{kind_key, short},
    meters::meter_name,
    send::amount_error,
};
use crate::{
    desk::{NewProof, ProofOf},
    html::{Form, Icon, Input, Section, facts, icon, page, table},
    model::{ContractState, EntryState, HistoryEntry, HistoryFilter, HistoryKind},
    room::{Outcome, Room, see},
    security::{session::Draft, token::unhex},
    text::{self, Key, read_date, read_euro},
};

const FORM: &str = "/proofs/new";
/// Where what was made is downloaded.
pub(super) const MADE: &str = "/proofs/made";
/// Choices of a list.
const MOST: usize = 200;

/// Kinds of proofs, by their word in the address.
const KINDS: [(&str, Key, Key, Icon); 4] = [
    ("payment", Key("proof-payment"), Key("proof-payment-text"), Icon::Send),
    ("delivery", Key("proof-delivery"), Key("proof-delivery-text"), Icon::Trades),
    ("reading", Key("proof-reading"), Key("proof-reading-text"), Icon::Meter),
    ("balance", Key("proof-balance"), Key("proof-balance-text"), Icon::Proof),
];

pub(crate) async fn show(room: Room) -> Outcome {
    let t = room.t;
    let (given, now) = room.ask(|desk| (desk.proofs(), desk.now())).await?;
    let columns = [t.say("proof-when"), t.say("proof-verifier"), t.say("proof-what"), t.say("proof-purpose")];
    let face = room.face();
    let rows: Vec<Vec<Markup>> = given
        .iter()
        .rev()
        .take(MOST)
        .map(|proof| {
            vec![
                crate::html::moment(&face, Timestamp(proof.made_time), now),
                html! { (proof.verifier) },
                html! { (proof.what) },
                html! { (proof.purpose) },
            ]
        })
        .collect();
    let body = html! {
        p.lead { (t.say("proofs-lead")) }
        ul.choices.large {
            @for (name, title, text, drawn) in KINDS {
                li {
                    a id={ "prove-" (name) } href={ (FORM) "?kind=" (name) } {
                        (icon(drawn))
                        span { strong { (t.key(title)) } span.hint { (t.key(text)) } }
                    }
                }
            }
        }
        ul.choices.large {
            li {
                a id="prove-request" href="/proofs/request" {
                    (icon(Icon::Receive))
                    span { strong { (t.say("proof-answer")) } span.hint { (t.say("proof-answer-text")) } }
                }
            }
        }
        @if !rows.is_empty() {
            section.card aria-labelledby="given-title" {
                h2 id="given-title" { (t.say("proofs-given")) }
                (table("given", &t.say("proofs-given-caption"), &columns, &rows))
            }
        }
    };
    Ok(page(&room, Section::Proofs, &t.say("nav-proofs"), &body))
}

/// One line about an entry, for a list of choices.
fn line(room: &Room, entry: &HistoryEntry, now: Timestamp) -> String {
    let name = entry.counterparty.as_deref().map(short).unwrap_or_default();
    let amount = text::euro(room.t, entry.amount);
    format!("{} · {amount} · {} {name}", room.face().moment(entry.time, now), room.t.key(kind_key(entry.kind)))
}

pub(crate) async fn form(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let asked = if draft.action == FORM { draft.fields.get("kind") } else { room.query.get("kind") }.to_owned();
    let Some((kind, title, text, _)) = KINDS.into_iter().find(|(name, ..)| *name == asked) else {
        return Ok(see("/proofs"));
    };
    let filter = HistoryFilter {
        kinds: vec![HistoryKind::Sent, HistoryKind::Received, HistoryKind::TopUp],
        ..HistoryFilter::default()
    };
    let (entries, contracts, meters, now) =
        room.ask(move |desk| (desk.history(&filter), desk.contracts(), desk.meters(), desk.now())).await?;
    let face = room.face();
    let form = Form::new(&room, "prove", FORM);
    let subject = match kind {
        "payment" => {
            let handle = room.query.get("e");
            let session = &room.visitor.session;
            let mut chosen = String::new();
            let mut choices = Vec::new();
            for entry in entries.iter().filter(|entry| entry.state == EntryState::Final).take(MOST) {
                let Some(transaction) = &entry.transaction else { continue };
                let id = crate::security::token::hex(&transaction.0);
                if session.forms(|forms| forms.handle(&entry.id)) == handle {
                    chosen.clone_from(&id);
                }
                choices.push((id, line(&room, entry, now)));
            }
            choice(&form, "payment", t.say("proof-which-payment"), chosen, &choices, t.say("proof-no-payment"))
        }
        "delivery" => {
            let delivered = contracts.iter().filter(|contract| contract.state == ContractState::Delivered).take(MOST);
            let choices: Vec<(String, String)> = delivered
                .map(|contract| {
                    let base = contract.delivered.unwrap_or(contract.quantity).0.into();
                    let quantity = text::energy(t, contract.utility, base);
                    (
                        crate::security::token::hex(&contract.id.0),
                        format!("{} · {quantity}", face.moment(contract.start, now)),
                    )
                })
                .collect();
            choice(
                &form,
                "contract",
                t.say("proof-which-contract"),
                String::new(),
                &choices,
                t.say("proof-no-contract"),
            )
        }
        "reading" => {
            let choices: Vec<(String, String)> =
                meters.iter().map(|meter| (meter.meter.0.to_string(), meter_name(&room, meter))).collect();
            let registers =
                [("import".to_owned(), t.say("energy-imported")), ("export".to_owned(), t.say("energy-exported"))];
            html! {
                (choice(&form, "meter", t.say("meter-meter"), String::new(), &choices, t.say("meters-none")))
                (form.input(&Input { name: "day", label: t.say("proof-day"), kind: Some("date"), value: face.date_of(now).to_string(), ..Input::default() }))
                (form.input(&Input { name: "time", label: t.say("proof-time"), hint: Some(t.say("proof-time-hint")), kind: Some("time"), ..Input::default() }))
                (form.select(&Input { name: "register", label: t.say("proof-register"), ..Input::default() }, &registers))
            }
        }
        _ => html! {
            (form.input(&Input {
                name: "amount",
                label: t.say("proof-amount"),
                hint: Some(t.say("proof-amount-hint")),
                inputmode: Some("decimal"),
                unit: Some("€"),
                most: Some(24),
                ..Input::default()
            }))
        },
    };
    let fields = html! {
        (Form::hidden("kind", kind))
        (subject)
        (form.input(&Input { name: "verifier", label: t.say("proof-verifier"), hint: Some(t.say("proof-verifier-hint")), most: Some(200), ..Input::default() }))
        (form.input(&Input { name: "nonce", label: t.say("proof-nonce"), hint: Some(t.say("proof-nonce-hint")), most: Some(100), ..Input::default() }))
        (form.input(&Input { name: "purpose", label: t.say("proof-purpose"), hint: Some(t.say("proof-purpose-hint")), optional: true, most: Some(200), ..Input::default() }))
        (form.passphrase(Some(t.say("proof-passphrase"))))
    };
    let body = html! {
        p { a.back href="/proofs" { (icon(Icon::Back)) (t.say("nav-proofs")) } }
        section.card.narrow {
            p { (t.key(text)) }
            (form.show(&t.say("proof-submit"), &fields))
        }
    };
    Ok(page(&room, Section::Proofs, &t.key(title), &body))
}

fn choice(
    form: &Form<'_>,
    name: &str,
    label: String,
    value: String,
    choices: &[(String, String)],
    none: String,
) -> Markup {
    html! {
        @if choices.is_empty() {
            p.notice.warn { (icon(Icon::Warning)) span { (none) } }
        } @else {
            (form.select(&Input { name, label, value, ..Input::default() }, choices))
        }
    }
}

/// What the form asks to be proven.
fn read(room: &Room) -> Result<ProofOf, (&'static str, String)> {
    let t = room.t;
    let fields = &room.fields;
    let wrong = |field| (field, t.say("choice-wrong"));
    match fields.get("kind") {
        "payment" => Ok(ProofOf::Payment(TransactionId(unhex(fields.get("payment")).ok_or(wrong("payment"))?))),
        "delivery" => Ok(ProofOf::Delivery(ContractId(unhex(fields.get("contract")).ok_or(wrong("contract"))?))),
        "reading" => {
            let meter = MeterId(fields.get("meter").parse().map_err(|_| wrong("meter"))?);
            let date = read_date(fields.get("day")).ok_or_else(|| ("day", t.say("date-wrong")))?;
            let time: jiff::civil::Time = fields.get("time").parse().map_err(|_| ("time", t.say("time-wrong")))?;
            let at = date.to_datetime(time).to_zoned(room.zone().clone()).map_err(|_| ("time", t.say("time-wrong")))?;
            let at = Timestamp(u64::try_from(at.timestamp().as_second()).unwrap_or(0));
            Ok(ProofOf::Reading { meter, at, exported: fields.get("register") == "export" })
        }
        "balance" => match read_euro(t, fields.get("amount")) {
            Ok(amount) => Ok(ProofOf::BalanceAtLeast(amount)),
            Err(error) => Err(("amount", amount_error(room, &error))),
        },
        _ => Err(wrong("")),
    }
}

pub(crate) async fn make(room: Room) -> Outcome {
    let of = read(&room).map_err(|(field, text)| room.again(FORM, field, text))?;
    let text = |name: &str| room.fields.get(name).trim().to_owned();
    let proof = NewProof { of, verifier: text("verifier"), nonce: text("nonce"), purpose: text("purpose") };
    for (name, value) in [("verifier", &proof.verifier), ("nonce", &proof.nonce)] {
        if value.is_empty() {
            return Err(room.again(FORM, name, room.t.say("field-empty")));
        }
    }
    room.ask_passphrase(FORM).await?;
    let (verifier, nonce) = (proof.verifier.clone(), proof.nonce.clone());
    let json = room.try_ask(FORM, "", move |desk| desk.prove(&proof)).await?;
    let name = format!("hushwatt-proof-{}.json", room.fields.get("kind"));
    let bytes = Zeroizing::new(json.into_bytes());
    let key = room.visitor.session.keep_download(name.clone(), "application/json", bytes, room.app.clock.now());
    let mut draft = Draft::default();
    for (field, value) in [("download", &key), ("file", &name), ("verifier", &verifier), ("nonce", &nonce)] {
        draft.fields.set(field, value);
    }
    Ok(room.with_draft(MADE, draft))
}

pub(crate) async fn made(room: Room) -> Outcome {
    let t = room.t;
    let draft = room.draft();
    let Some(key) = draft.fields.filled("download") else { return Ok(see("/proofs")) };
    let name = draft.fields.get("file");
    let answers = draft.fields.is_set("answer");
    let mut rows = vec![(t.say("proof-verifier"), html! { (draft.fields.get("verifier")) })];
    if !answers {
        rows.push((t.say("proof-nonce"), html! { code.long { (draft.fields.get("nonce")) } }));
    }
    let body = html! {
        p { a.back href="/proofs" { (icon(Icon::Back)) (t.say("nav-proofs")) } }
        section.card.narrow {
            p { (t.say("proof-made-text")) }
            (facts(&rows))
            p { a.button.primary id="proof-download" href={ "/download?f=" (key) } download=(name) { (t.say("proof-download")) } }
            h2 { (t.say("proof-check")) }
            p { (t.say("proof-check-text")) }
            pre tabindex="0" {
                code {
                    "hushwatt audit check " (name) " --node URL"
                    @if answers {
                        " --request REQUEST --key KEY-FILE"
                    } @else {
                        " --verifier " (quoted(draft.fields.get("verifier"))) " --nonce " (quoted(draft.fields.get("nonce")))
                    }
                }
            }
        }
    };
    Ok(page(&room, Section::Proofs, &t.say("proof-made-title"), &body))
}

/// As a word of a command, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
