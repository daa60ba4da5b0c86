//! The pages. Each file shows one part of the wallet and takes its forms; what all of them need is done before they are asked.

mod auction;
mod contacts;
mod energy;
mod history;
mod meters;
mod more;
mod offers;
mod orders;
mod overview;
mod proofs;
mod receive;
mod requests;
mod restore;
mod secrets;
mod send;
mod settings;
mod status;
mod totals;
mod trades;
mod unlock;
mod welcome;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware,
    response::Response,
    routing::{get, post},
};

use crate::{
    app::App,
    gate::{self, STATUS_PATH, UPLOAD_PATH},
    html::bare,
    room::Hall,
};

/// All pages behind the gate.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/energy", get(energy::show))
        .route("/trades", get(trades::show))
        .route("/trades/deliver", get(orders::ask_delivery).post(orders::deliver))
        .route("/trades/auction", get(auction::form).post(auction::place))
        .route("/trades/auction/cancel", post(auction::cancel))
        .route("/trades/offer", get(offers::form).post(offers::make))
        .route("/trades/offer/made", get(offers::made))
        .route("/trades/pick", post(orders::pick))
        .route("/trades/buy", get(orders::form).post(orders::buy))
        .route("/history", get(history::show).post(history::filter))
        .route("/history.csv", get(history::csv))
        .route("/history/entry", get(history::entry))
        .route("/history/label", post(history::label))
        .route("/send", get(send::form).post(send::check))
        .route("/send/review", get(send::review))
        .route("/send/confirm", post(send::confirm))
        .route("/receive", get(receive::show).post(receive::make))
        .route("/proofs", get(proofs::show))
        .route("/proofs/new", get(proofs::form).post(proofs::make))
        .route("/proofs/made", get(proofs::made))
        .route("/proofs/request", get(requests::form).post(requests::check))
        .route("/proofs/request/review", get(requests::review))
        .route("/proofs/request/answer", post(requests::answer))
        .route("/meters", get(meters::show))
        .route("/meters/pair", post(meters::pair))
        .route("/meters/totals", get(totals::show))
        .route("/contacts", get(contacts::show))
        .route("/contacts/add", post(contacts::add))
        .route("/contacts/remove", post(contacts::remove))
        .route("/settings", get(settings::show))
        .route("/settings/general", post(settings::general))
        .route("/settings/nodes", post(settings::nodes))
        .route("/settings/agent", post(settings::agent))
        .route("/settings/passphrase", post(secrets::change_passphrase))
        .route("/settings/words", post(secrets::ask_words))
        .route("/settings/view-key", post(secrets::view_key))
        .route("/settings/backup", post(secrets::backup))
        .route("/settings/export", post(secrets::export))
        .route("/settings/erase", post(secrets::erase))
        .route("/downloads", get(secrets::downloads))
        .route("/download", get(secrets::download))
        .route("/words", get(words::show))
        .route("/words/confirm", get(words::ask).post(words::confirm))
        .route("/words/done", post(words::done))
        .route("/more", get(more::show))
        .route("/lock", post(unlock::lock))
        .route("/unlock", get(unlock::form).post(unlock::unlock))
        .route("/welcome", get(welcome::show))
        .route("/welcome/create", get(welcome::create_form).post(welcome::create))
        .route("/welcome/words", get(restore::words_form).post(restore::words))
        .route(UPLOAD_PATH, get(restore::file_form).post(restore::file))
        .route("/language", post(unlock::language))
        .route(STATUS_PATH, get(status::show))
        .fallback(nothing)
        // The gate bounds and reads all bodies itself.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(app.clone(), gate::pass))
        .with_state(app)
}

async fn nothing(hall: Hall) -> Response {
    bare(&hall.app, hall.t, StatusCode::NOT_FOUND, hall.t.say("missing-title"), &hall.t.say("missing-text"))
}
