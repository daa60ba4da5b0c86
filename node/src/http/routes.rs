//! The table of all routes, and what every request passes before its handler.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use tokio::time::timeout;

use super::{
    app::App,
    auctions, blocks, board, certificates,
    client::{ClientId, Peer},
    clock, contracts,
    error::ApiError,
    events,
    extract::Query,
    hints, meters, network, page, prices, transactions,
};

/// A path of the API with a method.
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path; a variable segment stands in braces.
    pub path: &'static str,
    /// Names that the query may have.
    pub query: &'static [&'static str],
    class: Class,
    handler: fn() -> MethodRouter<Arc<App>>,
}

/// By what a request is limited before its handler.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The submission rate; the handler keeps the time.
    Submission,
    /// The read rate and the request time.
    Read,
    /// The request time only: a monitor must always get an answer.
    Health,
}

const fn read(path: &'static str, query: &'static [&'static str], handler: fn() -> MethodRouter<Arc<App>>) -> Route {
    Route { method: "GET", path, query, class: Class::Read, handler }
}

/// All routes. None asks for a note, a key, an address or a transaction: what a client is interested in, the node must not
/// learn. Whoever wants to know about his own downloads what concerns all.
pub static ROUTES: [Route; 25] = [
    Route {
        method: "POST",
        path: "/v1/transactions",
        query: &["wait"],
        class: Class::Submission,
        handler: || post(transactions::submit),
    },
    read("/v1/blocks", &["from", "hints", "max_bytes"], || get(blocks::blocks)),
    read("/v1/hints", &[], || get(hints::days)),
    read("/v1/hints/{day}", &[], || get(hints::day)),
    read("/v1/genesis", &[], || get(network::genesis)),
    read("/v1/parameters", &[], || get(network::parameters)),
    read("/v1/status", &[], || get(network::status)),
    read("/v1/meters", &[], || get(meters::meters)),
    read("/v1/windows/{window}/contracts", &["from"], || get(contracts::contracts)),
    read("/v1/windows/{window}/prices", &[], || get(prices::of_window)),
    read("/v1/prices", &["from", "to"], || get(prices::of_range)),
    read("/v1/auctions", &["from", "count"], || get(auctions::list)),
    read("/v1/auctions/{utility}/{window}", &[], || get(auctions::one)),
    read("/prices", &["from"], || get(page::page)),
    read("/prices/style.css", &[], || get(page::style)),
    read("/v1/board", &[], || get(board::offers)),
    Route { method: "POST", path: "/v1/board", query: &[], class: Class::Submission, handler: || post(board::post) },
    read("/v1/certificates/{height}", &[], || get(certificates::json)),
    read("/v1/certificates/{height}/raw", &[], || get(certificates::raw)),
    read("/v1/events", &[], || get(events::events)),
    Route {
        method: "POST",
        path: "/v1/simulated/clock",
        query: &[],
        class: Class::Read,
        handler: || post(clock::step),
    },
    read("/v1/openapi.json", &[], || get(network::openapi)),
    Route { method: "GET", path: "/healthz", query: &[], class: Class::Health, handler: || get(network::live) },
    Route { method: "GET", path: "/readyz", query: &[], class: Class::Health, handler: || get(network::ready) },
    read("/metrics", &[], || get(network::metrics)),
];

/// The router over all routes.
pub(super) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    for route in &ROUTES {
        let admission = middleware::from_fn_with_state((app.clone(), route), admit);
        router = router.route(route.path, (route.handler)().route_layer(admission));
    }
    router
        .fallback(|| async { ApiError::not_found("there is no such path: /v1/openapi.json describes what there is") })
        .method_not_allowed_fallback(|| async { ApiError::method() })
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// Finds out who asks, whether he may now, and whether the query makes sense; keeps the time.
async fn admit(
    State((app, route)): State<(Arc<App>, &'static Route)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let peer = *request.extensions().get::<Peer>().ok_or_else(ApiError::internal)?;
    let client = ClientId::resolve(peer, request.headers(), &app.trusted_proxies);
    let rates = match route.class {
        Class::Submission => Some(&app.submission_rates),
        Class::Read => Some(&app.read_rates),
        Class::Health => None,
    };
    if let Some(rates) = rates {
        rates.check(client).map_err(ApiError::rate)?;
    }
    let query = Query::parse(request.uri().query().unwrap_or_default(), route.query)?;
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(query);
    let time = match route.class {
        // The handler waits for finality on top.
        Class::Submission => app.limits.request_time + Duration::from_secs(transactions::MAX_WAIT),
        Class::Read | Class::Health => app.limits.request_time,
    };
    timeout(time, next.run(request)).await.map_err(|_| ApiError::timeout())
}

/// Counts every answer, also that there is no such path.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let mut response = next.run(request).await.into_response();
    let route = ROUTES.iter().find(|route| Some(route.path) == matched.as_deref()).map_or("none", |route| route.path);
    let status = response.status().as_u16();
    tracing::debug!(route, status, "answered");
    app.metrics.count_request(route, status);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
