//! The listening socket, within limits, on a thread of its own.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use hushwatt_wallet::LocalReadings;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{Board, Status, guard, guard::Names, html};
use crate::config::PageConfig;

/// Connections at the same time.
const CONNECTIONS: usize = 16;
/// How long the headers of a request may take, and a connection in all.
const TIMES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));
const HEADER_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const STYLE: &str = include_str!("style.css");

/// The page while it is served; dropping it ends it.
pub struct PageServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct App {
    board: Arc<Board>,
    names: Names,
}

impl PageServer {
    /// Serves what is on the board.
    ///
    /// # Errors
    /// If the address is taken or not this machine's, or the system gives no thread.
    pub fn start(config: &PageConfig, board: Arc<Board>) -> io::Result<Self> {
        let listener = StdListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let app = Arc::new(App { board, names: Names::new(address.port(), &config.hosts) });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("page".to_owned()).stack_size(1 << 20).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => tokio::select! {
                        () = accept(listener, router(app)) => {}
                        _ = stopped => {}
                    },
                    Err(error) => tracing::error!(%error, "the page is not served"),
                }
            });
        })?;
        Ok(PageServer { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/style.css", get(style))
        .route("/v1/status", get(status))
        .route("/v1/readings", get(readings))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(app.clone(), pass))
        .with_state(app)
}

async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let checked = guard::check(&app.names, request.method(), request.uri(), request.headers());
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    guard::harden(response.headers_mut());
    response
}

async fn page(State(app): State<Arc<App>>) -> Html<String> {
    Html(html::page(&app.board.status()).into_string())
}

async fn style() -> Response {
    let mut response = STYLE.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    response
}

async fn status(State(app): State<Arc<App>>) -> Json<Status> {
    Json((*app.board.status()).clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    /// Unix seconds; all that is kept without it.
    #[serde(default)]
    from: u64,
}

async fn readings(State(app): State<Arc<App>>, Query(from): Query<From>) -> Json<LocalReadings> {
    Json(app.board.readings(from.from / 86_400))
}

async fn nothing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "there is /, /v1/status and /v1/readings\n")
}

async fn accept(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    // Errors are the other end's: it went away, was too slow or spoke no HTTP.
                    let _ = timeout(TIMES.1, serve(stream, router)).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(router.clone(), request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMES.0)
        .max_buf_size(HEADER_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let _ = serving.await;
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Result<hyper::Response<Body>, Infallible> {
    let request: Request = request.map(Body::new);
    router.oneshot(request).await
}
