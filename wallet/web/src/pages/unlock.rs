//! Locking and unlocking, and the language before a wallet is open.

use axum::response::Response;
use maud::html;

use crate::{
    html::{Form, hall_page},
    room::{Hall, Outcome, see},
    text::Language,
    vault::Door,
};

pub(crate) async fn form(hall: Hall) -> Response {
    match hall.app.vault.door() {
        Door::Open(_) => return see("/"),
        Door::Missing => return see("/welcome"),
        Door::Locked => {}
    }
    let t = hall.t;
    let form = Form::new(&hall, "unlock", "/unlock");
    let body = html! {
        p.lead { (if hall.app.vault.locked_itself() { t.say("unlock-idle") } else { t.say("unlock-lead") }) }
        (form.show(&t.say("unlock-submit"), &form.passphrase(None)))
    };
    hall_page(&hall, &t.say("unlock-title"), &body)
}

pub(crate) async fn unlock(hall: Hall) -> Outcome {
    match hall.app.vault.door() {
        Door::Open(_) => return Ok(see("/")),
        Door::Missing => return Ok(see("/welcome")),
        Door::Locked => {}
    }
    let passphrase = hall.passphrase("passphrase").map_err(|text| hall.again("/unlock", "passphrase", text))?;
    let vault = hall.app.vault.clone();
    let outcome = hall.blocking(move || vault.unlock(&passphrase)).await?;
    outcome.map_err(|error| hall.again("/unlock", "passphrase", hall.explain(&error)))?;
    speak_the_wallets_language(&hall);
    Ok(see("/"))
}

/// From here on the page speaks the language of the wallet's settings.
pub(crate) fn speak_the_wallets_language(hall: &Hall) {
    if let Door::Open(desk) = hall.app.vault.door() {
        hall.visitor.session.set_language(Language::from_code(&desk.settings().language));
    }
}

pub(crate) async fn lock(hall: Hall) -> Response {
    hall.app.vault.lock();
    hall.app.sessions.forget();
    see("/unlock")
}

pub(crate) async fn language(hall: Hall) -> Response {
    hall.visitor.session.set_language(Language::from_code(hall.fields.get("language")));
    // Only pages that are there before a wallet is open have this form.
    let back = ["/unlock", "/welcome", "/welcome/create", "/welcome/words", "/welcome/file"];
    see(back.into_iter().find(|path| *path == hall.fields.get("back")).unwrap_or("/"))
}
