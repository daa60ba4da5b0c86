//! First run: a wallet that was lost, from its 24 words or from a backup file.

use std::{io::Write, sync::Arc};

use axum::response::Response;
use maud::html;
use zeroize::Zeroizing;

use super::{
    unlock::speak_the_wallets_language,
    welcome::{community, elsewhere, read_new_passphrase, read_nodes},
};
use crate::{
    desk::{Desk, DeskError, NewWallet},
    html::{Form, Icon, Input, hall_page, icon},
    room::{Hall, Outcome, see},
    text::read_date,
};

pub(crate) async fn words_form(hall: Hall) -> Response {
    if let Some(elsewhere) = elsewhere(&hall) {
        return elsewhere;
    }
    let t = hall.t;
    let form = Form::new(&hall, "restore-words", "/welcome/words");
    let fields = html! {
        (form.area(&Input { name: "words", label: t.say("restore-words-label"), hint: Some(t.say("restore-words-hint")), ..Input::default() }, 4))
        (form.input(&Input {
            name: "birthday",
            label: t.say("restore-birthday-label"),
            hint: Some(t.say("restore-birthday-hint")),
            kind: Some("date"),
            optional: true,
            ..Input::default()
        }))
        (form.new_passphrase(t.say("create-passphrase-hint")))
        (community(&hall, &form))
    };
    let body = html! {
        p.lead { (t.say("restore-words-lead")) }
        (form.show(&t.say("restore-submit"), &fields))
        p { a.back href="/welcome" { (icon(Icon::Back)) (t.say("back")) } }
    };
    hall_page(&hall, &t.say("restore-words-title"), &body)
}

pub(crate) async fn words(hall: Hall) -> Outcome {
    const FORM: &str = "/welcome/words";
    if let Some(elsewhere) = elsewhere(&hall) {
        return Ok(elsewhere);
    }
    let birthday = match hall.fields.filled("birthday") {
        None => None,
        Some(text) => {
            let date = read_date(text).ok_or_else(|| hall.again(FORM, "birthday", hall.t.say("date-wrong")))?;
            Some(hall.face().day(date).from)
        }
    };
    let passphrase = read_new_passphrase(&hall, FORM)?;
    let nodes = read_nodes(hall.fields.get("nodes"));
    if nodes.is_empty() {
        return Err(hall.again(FORM, "nodes", hall.t.say("nodes-none")));
    }
    let network = hall.fields.filled("network").map(str::to_owned);
    let words = Zeroizing::new(hall.fields.get("words").to_owned());
    let keeper = hall.app.vault.keeper.clone();
    let made = hall
        .blocking(move || keeper.restore_words(NewWallet { nodes, network, passphrase: &passphrase }, &words, birthday))
        .await?;
    let desk = made.map_err(|error| {
        let field = if error.kind == "words" { "words" } else { "nodes" };
        hall.again(FORM, field, hall.explain(&error))
    })?;
    go_in(&hall, desk)
}

pub(crate) async fn file_form(hall: Hall) -> Response {
    if let Some(elsewhere) = elsewhere(&hall) {
        return elsewhere;
    }
    let t = hall.t;
    let form = Form::new(&hall, "restore-file", "/welcome/file");
    let fields = html! {
        (form.input(&Input { name: "file", label: t.say("restore-file-label"), kind: Some("file"), ..Input::default() }))
        (form.input(&Input {
            name: "file_passphrase",
            label: t.say("restore-file-passphrase"),
            kind: Some("password"),
            ..Input::default()
        }))
        (form.new_passphrase(t.say("create-passphrase-hint")))
    };
    let body = html! {
        p.lead { (t.say("restore-file-lead")) }
        (form.show_upload(&t.say("restore-submit"), &fields))
        p { a.back href="/welcome" { (icon(Icon::Back)) (t.say("back")) } }
    };
    hall_page(&hall, &t.say("restore-file-title"), &body)
}

pub(crate) async fn file(hall: Hall) -> Outcome {
    const FORM: &str = "/welcome/file";
    if let Some(elsewhere) = elsewhere(&hall) {
        return Ok(elsewhere);
    }
    let content = hall.fields.file().filter(|content| !content.is_empty());
    let content = content.ok_or_else(|| hall.again(FORM, "file", hall.t.say("restore-file-none")))?;
    let file_passphrase =
        hall.passphrase("file_passphrase").map_err(|text| hall.again(FORM, "file_passphrase", text))?;
    let passphrase = read_new_passphrase(&hall, FORM)?;
    let vault = hall.app.vault.clone();
    let made = hall
        .blocking(move || {
            // Still encrypted; gone with the handle.
            let mut file = tempfile::NamedTempFile::new().map_err(unwritten)?;
            file.write_all(&content).and_then(|()| file.flush()).map_err(unwritten)?;
            vault.guarded(|| vault.keeper.restore_backup(&passphrase, file.path(), &file_passphrase))
        })
        .await?;
    let desk = made.map_err(|error| {
        let secret = error.is_wrong_passphrase() || error.wait.is_some();
        hall.again(FORM, if secret { "file_passphrase" } else { "file" }, hall.explain(&error))
    })?;
    go_in(&hall, desk)
}

fn unwritten(error: std::io::Error) -> DeskError {
    DeskError::new("write", format!("the uploaded file could not be kept for reading: {error}"))
}

fn go_in(hall: &Hall, desk: Arc<dyn Desk>) -> Outcome {
    hall.app.vault.let_in(desk);
    speak_the_wallets_language(hall);
    hall.visitor.session.flash(true, hall.t.say("restore-done"));
    Ok(see("/"))
}
