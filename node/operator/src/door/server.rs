//! The listening socket, within limits, on threads of its own.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr, TcpListener as StdListener},
    pin::pin,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Extension, Request, State},
    http::{HeaderMap, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::StreamExt;
use hushwatt_client::operator::{OperatorAnswer, OrderAnswer, OrderRequest};
use hushwatt_crypto::order_seal::SEALED_LENGTH;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{
    guard::{self, Names, single},
    problem::Problem,
    rates::Rates,
};
use crate::{
    admission::{Admission, MAX_ORDER_BYTES},
    clock::Clock,
    config::{DoorConfig, Limits},
};

/// Connections at the same time.
const CONNECTIONS: usize = 64;
/// How long the headers of a request may take.
const HEADERS: Duration = Duration::from_secs(10);
/// How long a connection may last.
const CONNECTION: Duration = Duration::from_secs(120);
/// How long open connections are waited for when the door closes.
const CLOSING: Duration = Duration::from_secs(5);
const HEADER_BYTES: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Orders that are checked, or wait for it, at the same time; and threads for it.
const CHECKING: (usize, usize) = (32, 2);
/// Transaction and opening in hexadecimal, and the JSON around them.
const MAX_BODY: usize = 2 * (MAX_ORDER_BYTES + SEALED_LENGTH) + 1024;

/// The door while it is open; dropping it closes it in good order.
pub struct Door {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct App {
    admission: Admission,
    description: OperatorAnswer,
    clock: Arc<dyn Clock>,
    names: Names,
    rates: Rates,
    checking: Arc<Semaphore>,
    patience: Duration,
}

/// The other end of a connection.
#[derive(Clone, Copy)]
struct Peer(IpAddr);

impl Door {
    /// Opens it. `description` is what the operator says of himself.
    ///
    /// # Errors
    /// If the address is taken or not this machine's, or the system gives no thread.
    pub fn open(
        config: &DoorConfig,
        limits: &Limits,
        admission: Admission,
        description: OperatorAnswer,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let listener = StdListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let app = Arc::new(App {
            admission,
            description,
            clock,
            names: Names::new(address.port(), &config.hosts),
            rates: Rates::new(limits.rate),
            checking: Arc::new(Semaphore::new(CHECKING.0)),
            patience: limits.patience,
        });
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(CHECKING.1).build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("door".to_owned()).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => accept(listener, router(app), stopped).await,
                    Err(error) => tracing::error!(%error, "the door is not open"),
                }
            });
        })?;
        Ok(Door { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/operator", get(operator))
        .route("/v1/orders", post(orders))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::method() })
        .layer(middleware::from_fn_with_state(app.clone(), pass))
        .with_state(app)
}

async fn pass(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let checked = guard::check(&app.names, request.uri(), request.headers()).map_err(Problem::from);
    let checked = checked.and_then(|()| app.rates.check(peer).map_err(Problem::rate));
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    guard::harden(response.headers_mut());
    response
}

async fn operator(State(app): State<Arc<App>>) -> Result<Json<OperatorAnswer>, Problem> {
    let now = blocking(&app, |app| app.clock.now()).await?;
    Ok(Json(OperatorAnswer { now: now.0, ..app.description.clone() }))
}

async fn orders(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Json<OrderAnswer>, Problem> {
    let kind = single(&headers, &header::CONTENT_TYPE).ok().flatten();
    let is_json = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !is_json.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(Problem::media_type());
    }
    let length = single(&headers, &header::CONTENT_LENGTH).ok().flatten().and_then(|text| text.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BODY) {
        return Err(Problem::too_large(MAX_BODY));
    }
    let body = read(&app, body).await?;
    let request: OrderRequest =
        serde_json::from_slice(&body).map_err(|error| Problem::malformed(format!("the body is no order: {error}")))?;
    blocking(&app, move |app| app.admission.admit(&request)).await?.map(Json).map_err(Problem::from)
}

async fn read(app: &App, body: Body) -> Result<Vec<u8>, Problem> {
    let read = async {
        let (mut bytes, mut parts) = (Vec::new(), body.into_data_stream());
        while let Some(part) = parts.next().await {
            let ended = "the body ended before its announced end: send it again";
            let part = part.map_err(|_| Problem::malformed(ended))?;
            if bytes.len() + part.len() > MAX_BODY {
                return Err(Problem::too_large(MAX_BODY));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    };
    timeout(app.patience, read).await.map_err(|_| Problem::slow())?
}

/// What takes long, or waits for disk or node: on a thread for that, as many at a time as there is room for.
async fn blocking<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App) -> T + Send + 'static,
) -> Result<T, Problem> {
    let Ok(place) = app.checking.clone().try_acquire_owned() else { return Err(Problem::busy()) };
    let shared = app.clone();
    // Whoever asked may go away: the place is taken until the work is done.
    let working = tokio::task::spawn_blocking(move || {
        let done = work(&shared);
        drop(place);
        done
    });
    working.await.map_err(|_| Problem::internal())
}

async fn accept(listener: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (closing, closed) = watch::channel(());
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = &mut stopped => break,
            Some(_) = open.join_next(), if !open.is_empty() => continue,
            accepted = next(&listener, &places) => accepted,
        };
        match accepted {
            Some(Ok((place, stream, peer))) => {
                let (router, closed) = (router.clone().layer(Extension(Peer(peer.ip()))), closed.clone());
                open.spawn(async move {
                    let _ = timeout(CONNECTION, serve(stream, router, closed)).await;
                    drop(place);
                });
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no connection can be accepted; trying again");
                sleep(ACCEPT_PAUSE).await;
            }
            None => break,
        }
    }
    drop((listener, closing));
    // Whoever is in the middle of something gets its answer.
    let _ = timeout(CLOSING, async { while open.join_next().await.is_some() {} }).await;
}

type Accepted = (tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr);

async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<io::Result<Accepted>> {
    let place = places.clone().acquire_owned().await.ok()?;
    Some(listener.accept().await.map(|(stream, peer)| (place, stream, peer)))
}

/// Errors are the other end's: it went away, was too slow or spoke no HTTP.
async fn serve(stream: TcpStream, router: Router, mut closed: watch::Receiver<()>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(router.clone(), request));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    tokio::select! {
        _ = &mut serving => {}
        // Nothing is ever sent: the door is closing.
        _ = closed.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Result<hyper::Response<Body>, Infallible> {
    let request: Request = request.map(Body::new);
    router.oneshot(request).await
}
