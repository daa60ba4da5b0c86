//! What every request passes, in this order: whose name it was sent to, which site asks, which browser it is, and for a form
//! whether this page made it. Nothing behind it has to think of that.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use tokio::time::timeout;

use crate::{
    app::App,
    fields::{Fields, FieldsError},
    html::bare,
    security::{
        forms::{self, FormError, Outcome, Taken},
        headers::harden,
        origin::{self, Foreign},
        session::Session,
    },
    text::Tongue,
};

/// The one path that takes files.
pub(crate) const UPLOAD_PATH: &str = "/welcome/file";
/// The path that the script asks again and again: not a sign that somebody is there.
pub(crate) const STATUS_PATH: &str = "/status";
/// How long a form may take to arrive.
const FORM_TIME: Duration = Duration::from_secs(20);
const UPLOAD_TIME: Duration = Duration::from_secs(300);
/// How long the second click of a double click waits for the answer to the first.
const OUTCOME_TIME: Duration = Duration::from_secs(90);

/// Who asks, for the handlers.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub session: Arc<Session>,
    pub tongue: Tongue,
    pub path: String,
}

/// The middleware around everything.
pub(crate) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = admit(&app, request, next).await;
    harden(response.headers_mut());
    response
}

async fn admit(app: &Arc<App>, request: Request, next: Next) -> Response {
    if let Err(foreign) = origin::check(app.port, request.method(), request.uri(), request.headers()) {
        return refuse(foreign);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        return (StatusCode::METHOD_NOT_ALLOWED, "this page knows GET and POST\n").into_response();
    }
    let path = request.uri().path().to_owned();
    if let Some(asset) = app.assets.get(&path) {
        return asset;
    }
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let stranger = app.tongue(None, accepted);
    if path == "/start" {
        return start(app, stranger, &request);
    }
    let session =
        cookie(request.headers(), &app.cookie_name()).and_then(|cookie| app.sessions.find(cookie, app.clock.now()));
    let Some(session) = session else {
        return bare(
            app,
            stranger,
            StatusCode::UNAUTHORIZED,
            stranger.say("gate-title"),
            &stranger.say("gate-no-session"),
        );
    };
    let tongue = app.tongue(Some(&session), accepted);
    if app.vault.lock_if_idle() {
        app.sessions.forget();
    }
    if path != STATUS_PATH {
        app.vault.touch();
    }
    let visitor = Visitor { session, tongue, path };
    if *request.method() == Method::POST {
        return post(app, visitor, request, next).await;
    }
    let mut request = request;
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn refuse(foreign: Foreign) -> Response {
    match foreign {
        // Nothing is said to whom it does not concern.
        Foreign::Host => (StatusCode::MISDIRECTED_REQUEST, "there is nothing under this name\n"),
        Foreign::Site => (StatusCode::FORBIDDEN, "only this page itself may ask: open it by its own link\n"),
        Foreign::Frame => (StatusCode::FORBIDDEN, "this page is not shown inside of another one\n"),
    }
    .into_response()
}

/// Exchanges the start link for a cookie.
fn start(app: &App, tongue: Tongue, request: &Request) -> Response {
    let refused = |text: String| bare(app, tongue, StatusCode::FORBIDDEN, tongue.say("gate-title"), &text);
    if *request.method() != Method::GET {
        return refused(tongue.say("gate-start-used"));
    }
    let query = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
    let Some(session) = app.sessions.redeem(query.get("token"), app.clock.now()) else {
        return refused(tongue.say("gate-start-used"));
    };
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", app.cookie_name(), session.cookie().as_str());
    let mut response = Redirect::to("/").into_response();
    match HeaderValue::try_from(cookie) {
        Ok(mut cookie) => {
            cookie.set_sensitive(true);
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(_) => refused(tongue.say("gate-start-used")),
    }
}

/// A form: read, checked, and answered once.
async fn post(app: &App, visitor: Visitor, request: Request, next: Next) -> Response {
    let tongue = visitor.tongue;
    let problem = |status: StatusCode, text: String| bare(app, tongue, status, tongue.say("gate-form-title"), &text);
    let with_file = visitor.path == UPLOAD_PATH;
    let (parts, body) = request.into_parts();
    let reading = Fields::read(Request::from_parts(parts.clone(), body), with_file);
    let fields = match timeout(if with_file { UPLOAD_TIME } else { FORM_TIME }, reading).await {
        Ok(Ok(fields)) => fields,
        Ok(Err(FieldsError::TooLarge)) => return problem(StatusCode::PAYLOAD_TOO_LARGE, tongue.say("gate-form-large")),
        Ok(Err(FieldsError::NotAForm)) => return problem(StatusCode::BAD_REQUEST, tongue.say("gate-form-broken")),
        Err(_) => return problem(StatusCode::REQUEST_TIMEOUT, tongue.say("gate-form-slow")),
    };
    let taken = visitor.session.forms(|forms| forms.take(fields.get(forms::FIELD), &visitor.path, app.clock.now()));
    let tell = match taken {
        Ok(Taken::First(tell)) => tell,
        Ok(Taken::Again(outcome)) => return again(outcome, problem, tongue).await,
        Err(FormError::NotOurs) => return problem(StatusCode::FORBIDDEN, tongue.say("gate-form-not-ours")),
        Err(FormError::TooOld) => return problem(StatusCode::FORBIDDEN, tongue.say("gate-form-old")),
        Err(FormError::TooMany) => return problem(StatusCode::TOO_MANY_REQUESTS, tongue.say("gate-form-many")),
    };
    let mut request = Request::from_parts(parts, axum::body::Body::empty());
    request.extensions_mut().insert(visitor);
    request.extensions_mut().insert(fields);
    // In a task of its own: what a form began is finished even if the browser goes away.
    let answer = tokio::spawn(next.run(request)).await;
    let response = answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    tell.send_replace(location.map(str::to_owned));
    response
}

/// The same form once more: shows what came of it the first time.
async fn again(mut outcome: Outcome, problem: impl Fn(StatusCode, String) -> Response, tongue: Tongue) -> Response {
    let known = timeout(OUTCOME_TIME, outcome.wait_for(Option::is_some)).await;
    match known {
        Ok(Ok(location)) => Redirect::to(location.as_deref().unwrap_or("/")).into_response(),
        _ => problem(StatusCode::CONFLICT, tongue.say("gate-form-again")),
    }
}

/// A cookie's value.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| {
        let (own, value) = pair.trim().split_once('=')?;
        (own == name).then_some(value)
    })
}
