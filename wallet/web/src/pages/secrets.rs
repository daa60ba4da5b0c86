//! What asks for the passphrase again: the words, a backup, an export, another passphrase, a view-only copy, erasing.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::{receive::copyable, welcome::read_new_passphrase};
use crate::{
    html::{Form, Input, Section, page},
    model::BackupState,
    room::{Outcome, Room, see},
    security::session::Draft,
};

const PAGE: &str = "/settings";
const DOWNLOADS: &str = "/downloads";

pub(crate) fn backup_form(room: &Room, state: BackupState) -> Markup {
    let t = room.t;
    let form = Form::new(room, "backup", "/settings/backup");
    let fields = html! {
        (form.new_passphrase(t.say("backup-passphrase-hint")))
        (form.passphrase(Some(t.say("ask-again"))))
    };
    html! {
        p id="backup-state" {
            (match state {
                BackupState::WordsUnconfirmed => t.say("backup-words"),
                BackupState::Never => t.say("backup-never"),
                BackupState::Old { days } => t.fill("backup-old", [("days", days.into())]),
                BackupState::Recent { days } => t.fill("backup-recent", [("days", days.into())]),
            })
        }
        p.hint { (t.say("backup-explain")) }
        (form.show_quiet(&t.say("backup-submit"), &fields))
    }
}

pub(crate) async fn backup(room: Room) -> Outcome {
    let chosen = read_new_passphrase(&room, PAGE)?;
    room.ask_passphrase(PAGE).await?;
    let bytes = room.try_ask(PAGE, "", move |desk| desk.backup(&chosen)).await?;
    let now = room.ask(|desk| desk.now()).await?;
    let name = format!("hushwatt-backup-{}.age", room.face().date_of(now));
    offer(&room, vec![(name, Zeroizing::new(bytes))], room.t.say("backup-made"))
}

/// Makes files ready for downloading and leads there.
fn offer(room: &Room, files: Vec<(String, Zeroizing<Vec<u8>>)>, text: String) -> Outcome {
    let mut list = String::new();
    for (name, bytes) in files {
        let key =
            room.visitor.session.keep_download(name.clone(), "application/octet-stream", bytes, room.app.clock.now());
        list.push_str(&format!("{key} {name}\n"));
    }
    let mut draft = Draft::default();
    draft.fields.set("files", &list);
    room.visitor.session.flash(true, text);
    Ok(room.with_draft(DOWNLOADS, draft))
}

pub(crate) async fn downloads(room: Room) -> Response {
    let t = room.t;
    let draft = room.draft();
    let files: Vec<(&str, &str)> = draft.fields.get("files").lines().filter_map(|line| line.split_once(' ')).collect();
    if files.is_empty() {
        return see(PAGE);
    }
    let body = html! {
        section.card.narrow {
            p { (t.say("downloads-text")) }
            ul.choices id="files" {
                @for (key, name) in files { li { a href={ "/download?f=" (key) } download=(name) { span { (name) } } } }
            }
            p { a href=(PAGE) { (t.say("nav-settings")) } }
        }
    };
    page(&room, Section::Settings, &t.say("downloads-title"), &body)
}

/// A file that was made ready.
pub(crate) async fn download(room: Room) -> Response {
    let Some(file) = room.visitor.session.download(room.query.get("f"), room.app.clock.now()) else {
        room.visitor.session.flash(false, room.t.say("download-gone"));
        return see(PAGE);
    };
    let mut response = file.bytes.to_vec().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    // Names are made here or by the export: letters, digits, points and hyphens.
    let plain: String = file.name.chars().filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c)).collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

pub(crate) fn export_form(room: &Room) -> Markup {
    let t = room.t;
    let form = Form::new(room, "export", "/settings/export");
    html! {
        p.hint { (t.say("export-explain")) }
        (form.show_quiet(&t.say("export-submit"), &form.passphrase(Some(t.say("ask-again")))))
    }
}

pub(crate) async fn export(room: Room) -> Outcome {
    room.ask_passphrase(PAGE).await?;
    let files = room.try_ask(PAGE, "", |desk| desk.export()).await?;
    offer(&room, files, room.t.say("export-made"))
}

pub(crate) fn words_form(room: &Room, confirmed: bool) -> Markup {
    let t = room.t;
    let form = Form::new(room, "show-words", "/settings/words");
    html! {
        p { (if confirmed { t.say("words-confirmed") } else { t.say("words-unconfirmed") }) }
        p.hint { (t.say("words-explain")) }
        (form.show_quiet(&t.say("words-submit"), &form.passphrase(Some(t.say("ask-again")))))
    }
}

pub(crate) async fn ask_words(room: Room) -> Outcome {
    let given = room.ask_passphrase(PAGE).await?;
    let words = room.try_ask(PAGE, "", move |desk| desk.words(&given)).await?;
    room.visitor.session.show_words(words, room.app.clock.now());
    Ok(see("/words"))
}

pub(crate) fn passphrase_form(room: &Room) -> Markup {
    let t = room.t;
    let form = Form::new(room, "change-passphrase", "/settings/passphrase");
    let fields = html! {
        (form.input(&Input {
            name: "passphrase",
            label: t.say("passphrase-current"),
            kind: Some("password"),
            autocomplete: Some("current-password"),
            ..Input::default()
        }))
        (form.new_passphrase(t.say("create-passphrase-hint")))
    };
    form.show_quiet(&t.say("passphrase-submit"), &fields)
}

pub(crate) async fn change_passphrase(room: Room) -> Outcome {
    let chosen = read_new_passphrase(&room, PAGE)?;
    let old = room.ask_passphrase(PAGE).await?;
    room.try_ask(PAGE, "", move |desk| desk.change_passphrase(&old, &chosen)).await?;
    room.done(PAGE, room.t.say("passphrase-changed"))
}

pub(crate) fn view_key_form(room: &Room) -> Markup {
    let t = room.t;
    let form = Form::new(room, "view-key", "/settings/view-key");
    html! {
        p.hint { (t.say("view-key-explain")) }
        (form.show_quiet(&t.say("view-key-submit"), &form.passphrase(Some(t.say("ask-again")))))
    }
}

/// Shown in the answer itself: it is kept nowhere.
pub(crate) async fn view_key(room: Room) -> Outcome {
    let given = room.ask_passphrase(PAGE).await?;
    let key = room.try_ask(PAGE, "", move |desk| desk.view_only_key(&given)).await?;
    let t = room.t;
    let body = html! {
        section.card.narrow {
            p { (t.say("view-key-text")) }
            (copyable(&room, "view-only-key", &key))
            p { a href=(PAGE) { (t.say("nav-settings")) } }
        }
    };
    Ok(page(&room, Section::Settings, &t.say("settings-view-key"), &body))
}

pub(crate) fn erase_form(room: &Room) -> Markup {
    let t = room.t;
    let form = Form::new(room, "erase", "/settings/erase");
    let fields = html! {
        (form.input(&Input {
            name: "sure",
            label: t.fill("erase-sure", [("word", t.say("erase-word").into())]),
            ..Input::default()
        }))
        (form.passphrase(Some(t.say("ask-again"))))
    };
    html! {
        p { (t.say("erase-explain")) }
        (form.show_danger(&t.say("erase-submit"), &fields))
    }
}

pub(crate) async fn erase(room: Room) -> Outcome {
    if room.fields.get("sure").trim().to_lowercase() != room.t.say("erase-word").to_lowercase() {
        return Err(room.again(PAGE, "sure", room.t.say("erase-not-sure")));
    }
    let given = room.ask_passphrase(PAGE).await?;
    // The room holds the wallet, which must be let go first.
    let (app, visitor) = (room.app.clone(), room.visitor.clone());
    drop(room);
    app.vault.lock();
    app.sessions.forget();
    let vault = app.vault.clone();
    let erased = tokio::task::spawn_blocking(move || {
        vault.wait_until_released();
        vault.keeper.erase(&given)
    })
    .await;
    let t = visitor.tongue;
    match erased {
        Ok(Ok(())) => visitor.session.flash(true, t.say("erase-done")),
        Ok(Err(error)) => visitor.session.flash(false, crate::room::explain(t, &error)),
        Err(_) => visitor.session.flash(false, t.say("error-broke-off")),
    }
    Ok(see("/"))
}
