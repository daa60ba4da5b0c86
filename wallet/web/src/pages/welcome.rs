//! First run: a new wallet. Its 24 words are shown right after, and asked for.

use axum::response::Response;
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::unlock::speak_the_wallets_language;
use crate::{
    desk::NewWallet,
    html::{Form, Icon, Input, hall_page, icon},
    model::Passphrase,
    room::{Hall, Instead, Outcome, see},
    vault::Door,
};

/// Passphrases below this many characters are refused: the file may be copied and guessed at.
const LEAST_LETTERS: usize = 10;

pub(crate) async fn show(hall: Hall) -> Response {
    if let Some(elsewhere) = elsewhere(&hall) {
        return elsewhere;
    }
    let t = hall.t;
    let choice = |id: &str, path: &str, drawn: Icon, title: String, text: String| {
        html! {
            li {
                a id=(id) href=(path) {
                    (icon(drawn))
                    span { strong { (title) } span.hint { (text) } }
                }
            }
        }
    };
    let body = html! {
        p.lead { (t.say("welcome-lead")) }
        ul.choices.large {
            (choice("choose-create", "/welcome/create", Icon::Sun, t.say("welcome-create"), t.say("welcome-create-text")))
            (choice("choose-words", "/welcome/words", Icon::History, t.say("welcome-words"), t.say("welcome-words-text")))
            (choice("choose-file", "/welcome/file", Icon::Proof, t.say("welcome-file"), t.say("welcome-file-text")))
        }
    };
    hall_page(&hall, &t.say("welcome-title"), &body)
}

/// Where to, if there is a wallet already.
pub(crate) fn elsewhere(hall: &Hall) -> Option<Response> {
    match hall.app.vault.door() {
        Door::Open(_) => Some(see("/")),
        Door::Locked => Some(see("/unlock")),
        Door::Missing => None,
    }
}

/// The fields that name a community.
pub(crate) fn community(hall: &Hall, form: &Form<'_>) -> Markup {
    let t = hall.t;
    html! {
        (form.area(&Input {
            name: "nodes",
            label: t.say("nodes-label"),
            hint: Some(t.say("nodes-hint")),
            value: hall.app.nodes.join("\n"),
            ..Input::default()
        }, 2))
        (form.input(&Input {
            name: "network",
            label: t.say("network-label"),
            hint: Some(t.say("network-hint")),
            optional: true,
            most: Some(64),
            ..Input::default()
        }))
    }
}

/// Node addresses, one a line.
pub(crate) fn read_nodes(text: &str) -> Vec<String> {
    text.split_whitespace().map(|node| node.trim_end_matches('/').to_owned()).collect()
}

/// A passphrase that was chosen, typed twice.
pub(crate) fn read_new_passphrase(hall: &Hall, form: &str) -> Result<Passphrase, Instead> {
    let wrong = |field, text| Err(hall.again(form, field, text));
    let (first, second) = (hall.fields.get("new_passphrase"), hall.fields.get("new_passphrase_again"));
    if first.chars().count() < LEAST_LETTERS {
        let text = hall.t.fill("passphrase-short", [("count", LEAST_LETTERS.into())]);
        return wrong("new_passphrase", text);
    }
    if first != second {
        return wrong("new_passphrase_again", hall.t.say("passphrase-differ"));
    }
    hall.passphrase("new_passphrase").map_err(|text| hall.again(form, "new_passphrase", text))
}

pub(crate) async fn create_form(hall: Hall) -> Response {
    if let Some(elsewhere) = elsewhere(&hall) {
        return elsewhere;
    }
    let t = hall.t;
    let form = Form::new(&hall, "create", "/welcome/create");
    let fields = html! {
        (form.new_passphrase(t.say("create-passphrase-hint")))
        (community(&hall, &form))
    };
    let body = html! {
        p.lead { (t.say("create-lead")) }
        (form.show(&t.say("create-submit"), &fields))
        p { a.back href="/welcome" { (icon(Icon::Back)) (t.say("back")) } }
    };
    hall_page(&hall, &t.say("create-title"), &body)
}

pub(crate) async fn create(hall: Hall) -> Outcome {
    const FORM: &str = "/welcome/create";
    if let Some(elsewhere) = elsewhere(&hall) {
        return Ok(elsewhere);
    }
    let passphrase = read_new_passphrase(&hall, FORM)?;
    let nodes = read_nodes(hall.fields.get("nodes"));
    if nodes.is_empty() {
        return Err(hall.again(FORM, "nodes", hall.t.say("nodes-none")));
    }
    let network = hall.fields.filled("network").map(str::to_owned);
    let keeper = hall.app.vault.keeper.clone();
    let language = hall.t.language.code();
    let made = hall
        .blocking(move || -> Result<_, crate::desk::DeskError> {
            let desk = keeper.create(NewWallet { nodes, network, passphrase: &passphrase })?;
            let words: Zeroizing<String> = desk.words(&passphrase)?;
            let mut settings = desk.settings();
            settings.language = language.to_owned();
            desk.set_settings(settings)?;
            Ok((desk, words))
        })
        .await?;
    let (desk, words) = made.map_err(|error| hall.again(FORM, "nodes", hall.explain(&error)))?;
    hall.app.vault.let_in(desk);
    speak_the_wallets_language(&hall);
    hall.visitor.session.show_words(words, hall.app.clock.now());
    Ok(see("/words"))
}
