//! What a page's handler works with: who asks, in which language, and the open wallet.

use std::{ops::Deref, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use jiff::tz::TimeZone;

use crate::{
    app::App,
    desk::{Desk, DeskError, DeskResult},
    fields::Fields,
    gate::Visitor,
    html::{ASK_COMPANY, bare},
    model::Passphrase,
    security::session::Draft,
    text::{Clockface, Tongue},
    vault::Door,
};

/// An answer, or another one instead.
pub(crate) type Outcome = Result<Response, Instead>;

/// The answer where a handler could not go on: a form again with what was wrong, or a page that says it.
pub(crate) struct Instead(Box<Response>);

impl From<Response> for Instead {
    fn from(response: Response) -> Self {
        Instead(Box::new(response))
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Before the wallet is open: first run and unlocking.
pub(crate) struct Hall {
    pub app: Arc<App>,
    pub visitor: Visitor,
    pub fields: Fields,
    pub query: Fields,
    pub t: Tongue,
}

impl FromRequestParts<Arc<App>> for Hall {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let visitor = parts.extensions.remove::<Visitor>().ok_or_else(|| StatusCode::UNAUTHORIZED.into_response())?;
        let fields = parts.extensions.remove::<Fields>().unwrap_or_default();
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let t = visitor.tongue;
        Ok(Hall { app: app.clone(), visitor, fields, query, t })
    }
}

impl Hall {
    pub fn face(&self) -> Clockface {
        self.app.face(self.t)
    }

    pub fn zone(&self) -> &TimeZone {
        &self.app.zone
    }

    /// Runs something that may block.
    pub async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Instead> {
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a request of the wallet's page broke off");
            let text = self.t.say("error-broke-off");
            Instead::from(bare(&self.app, self.t, StatusCode::INTERNAL_SERVER_ERROR, self.t.say("error-title"), &text))
        })
    }

    /// The draft that the address names.
    pub fn draft(&self) -> Draft {
        self.query.filled("draft").and_then(|name| self.visitor.session.draft(name)).unwrap_or_default()
    }

    /// Shows the form again, with what is wrong.
    pub fn again(&self, path: &str, field: &'static str, text: String) -> Instead {
        let draft =
            Draft { action: self.visitor.path.clone(), fields: self.fields.clone(), error: Some((field, text)) };
        Instead::from(self.with_draft(path, draft))
    }

    /// Leads to a page that goes on with what this form sent.
    pub fn go_on(&self, path: &str) -> Response {
        let draft = Draft { action: self.visitor.path.clone(), fields: self.fields.clone(), error: None };
        self.with_draft(path, draft)
    }

    /// Leads to a page that shows a draft.
    pub fn with_draft(&self, path: &str, draft: Draft) -> Response {
        let name = self.visitor.session.keep_draft(draft);
        let sign = if path.contains('?') { '&' } else { '?' };
        see(&format!("{path}{sign}draft={name}"))
    }

    /// Leads to a page that says something good.
    pub fn done(&self, path: &str, text: String) -> Outcome {
        self.visitor.session.flash(true, text);
        Ok(see(path))
    }

    /// An error in the person's language.
    pub fn explain(&self, error: &DeskError) -> String {
        explain(self.t, error)
    }

    /// A passphrase field.
    pub fn passphrase(&self, name: &str) -> Result<Passphrase, String> {
        Passphrase::new(self.fields.get(name)).map_err(|_| self.t.say("passphrase-empty"))
    }
}

/// An error in a language: the wallet's own words in English, else what is known about its kind, and those words after it.
pub(crate) fn explain(t: Tongue, error: &DeskError) -> String {
    if let Some(seconds) = error.wait {
        return t.fill("passphrase-wait", [("seconds", seconds.into())]);
    }
    if error.is_wrong_passphrase() {
        return t.say("passphrase-wrong");
    }
    let mut message = error.message.clone();
    if t.language == crate::text::Language::English {
        if let Some(first) = message.get(..1) {
            let first = first.to_uppercase();
            message.replace_range(..1, &first);
        }
        return message;
    }
    match t.find(&format!("error-kind-{}", error.kind)) {
        Some(known) => format!("{known} ({message})"),
        None => message,
    }
}

/// Leads to another page of this wallet.
pub(crate) fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// With the wallet open.
pub(crate) struct Room {
    hall: Hall,
    pub desk: Arc<dyn Desk>,
}

impl Deref for Room {
    type Target = Hall;

    fn deref(&self) -> &Hall {
        &self.hall
    }
}

impl FromRequestParts<Arc<App>> for Room {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let was_form = parts.method == axum::http::Method::POST;
        let hall = Hall::from_request_parts(parts, app).await?;
        match app.vault.door() {
            Door::Open(desk) => Ok(Room { hall, desk }),
            Door::Locked => {
                if was_form {
                    hall.visitor.session.flash(false, hall.t.say("unlock-form-lost"));
                }
                Err(see("/unlock"))
            }
            Door::Missing => Err(see("/welcome")),
        }
    }
}

impl Room {
    /// Asks the wallet; it may block.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Desk) -> T + Send + 'static,
    ) -> Result<T, Instead> {
        let desk = self.desk.clone();
        self.blocking(move || work(&*desk)).await
    }

    /// Asks the wallet for something that a form asked for; an error shows the form again.
    pub async fn try_ask<T: Send + 'static>(
        &self,
        form: &str,
        field: &'static str,
        work: impl FnOnce(&dyn Desk) -> DeskResult<T> + Send + 'static,
    ) -> Result<T, Instead> {
        let outcome = self.ask(work).await?;
        outcome.map_err(|error| self.again(form, field, self.explain(&error)))
    }

    /// Shows the form again; where there was too little company to hide in, with the question whether to go on.
    pub fn again_or_with_little_company(&self, form: &str, error: &DeskError) -> Instead {
        let mut fields = self.fields.clone();
        if error.kind == "small_company" {
            fields.set(ASK_COMPANY, "on");
        }
        let draft = Draft { action: self.visitor.path.clone(), fields, error: Some(("", self.explain(error))) };
        Instead::from(self.with_draft(form, draft))
    }

    /// Checks the passphrase that a form asked for once more.
    pub async fn ask_passphrase(&self, form: &str) -> Result<Passphrase, Instead> {
        let given = self.passphrase("passphrase").map_err(|text| self.again(form, "passphrase", text))?;
        let (vault, desk, checked) = (self.app.vault.clone(), self.desk.clone(), given.clone());
        let outcome = self.blocking(move || vault.ask_again(&*desk, &checked)).await?;
        outcome.map_err(|error| self.again(form, "passphrase", self.explain(&error)))?;
        Ok(given)
    }
}
