//! The listening sockets: loopback only, within limits, stopped gracefully.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::tz::TimeZone;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    app::App, assets::Assets, background, clock::Clock, config::WebError, desk::Keeper, pages, text::Language,
    vault::Vault,
};

/// Connections at the same time: a few browser windows.
const CONNECTIONS: usize = 64;
/// How long the headers of a request may take.
const HEADER_TIME: Duration = Duration::from_secs(10);
const HEADER_BYTES: usize = 32 * 1024;
const MOST_HEADERS: usize = 64;
/// How long requests may go on after the server was stopped.
const STOP_TIME: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a server is made.
#[derive(Clone, Default)]
pub struct ServerOptions {
    /// Port; 0 for any that is free.
    pub port: u16,
    /// Language before a wallet is open (`en`, `de`).
    pub language: Option<String>,
    /// Nodes that the first run proposes.
    pub nodes: Vec<String>,
    /// Time for sessions, forms and locks.
    pub clock: Clock,
    /// Whether times are shown in UTC instead of the machine's zone.
    pub utc: bool,
}

/// The wallet's page, bound to its port and not serving yet.
pub struct Server {
    listeners: Vec<TcpListener>,
    app: Arc<App>,
    stop: watch::Sender<bool>,
}

/// Makes start links for a server.
#[derive(Clone)]
pub struct StartLinks(Arc<App>);

impl StartLinks {
    /// A new link; it works once, and the one before does not work any more.
    pub fn next(&self) -> String {
        self.0.start_url()
    }
}

impl Server {
    /// Binds `127.0.0.1` and, if the machine has it, `::1` with the same port: what is called `localhost` is then this page,
    /// whatever a browser makes of that name.
    ///
    /// # Errors
    /// [`WebError`]: the port is taken, or there is no such language.
    pub async fn bind(options: ServerOptions, keeper: Arc<dyn Keeper>) -> Result<Self, WebError> {
        let language = match options.language {
            None => None,
            Some(code) => Some(Language::from_code(&code).ok_or(WebError::Language(code))?),
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let failed = |source: io::Error| WebError::Bind { address, source };
        let first = TcpListener::bind(address).await.map_err(failed)?;
        let port = first.local_addr().map_err(failed)?.port();
        let mut listeners = vec![first];
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(second) => listeners.push(second),
            // Somebody else would be what `localhost` leads to.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(failed(error)),
            // A machine without IPv6.
            Err(_) => {}
        }
        let app = Arc::new(App {
            port,
            clock: options.clock.clone(),
            vault: Arc::new(Vault::new(keeper, options.clock)),
            sessions: Arc::default(),
            assets: Assets::new(),
            language,
            zone: if options.utc { TimeZone::UTC } else { TimeZone::system() },
            nodes: options.nodes,
        });
        Ok(Server { listeners, app, stop: watch::channel(false).0 })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.app.port
    }

    /// Makes start links, also while it serves.
    pub fn start_links(&self) -> StartLinks {
        StartLinks(self.app.clone())
    }

    /// Serves until `stop` resolves; then the wallet is locked and running requests get their time to finish.
    ///
    /// # Errors
    /// If the system gives no thread for the wallet's background work.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), WebError> {
        let worker = background::start(self.app.vault.clone(), self.app.sessions.clone())?;
        let router = pages::router(self.app.clone());
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut tasks = JoinSet::new();
        for listener in self.listeners {
            let (router, places, stopping) = (router.clone(), places.clone(), self.stop.subscribe());
            tasks.spawn(accept(listener, router, places, stopping));
        }
        stop.await;
        self.stop.send_replace(true);
        let finished = timeout(STOP_TIME, async { while tasks.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            tracing::warn!("requests of the wallet's page did not finish in time and are cut off");
        }
        self.app.vault.stop();
        // The thread may be in the middle of a round; it holds the wallet's file until that is over.
        let joined = tokio::task::spawn_blocking(move || worker.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the wallet's background work broke off");
        }
        Ok(())
    }
}

async fn accept(listener: TcpListener, router: Router, places: Arc<Semaphore>, stopping: watch::Receiver<bool>) {
    let mut stop = stopping.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if peer.ip().to_canonical().is_loopback() => {
                    // Where all places are taken, the connection is closed: no browser opens so many.
                    if let Ok(place) = places.clone().try_acquire_owned() {
                        let (router, stopping) = (router.clone(), stopping.clone());
                        connections.spawn(async move {
                            serve(stream, router, stopping).await;
                            drop(place);
                        });
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted; trying again");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    while connections.join_next().await.is_some() {}
}

/// Resolves when the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error is that the server is gone already.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn serve(stream: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(router.clone(), request));
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .max_buf_size(HEADER_BYTES)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        // Errors are the other end's: it went away, was too slow or spoke no HTTP.
        _ = &mut serving => return,
        () = stopped(&mut stopping) => {}
    }
    serving.as_mut().graceful_shutdown();
    let _ = serving.await;
}

async fn answer(router: Router, request: hyper::Request<Incoming>) -> Result<hyper::Response<Body>, Infallible> {
    let request: Request = request.map(Body::new);
    router.oneshot(request).await
}
