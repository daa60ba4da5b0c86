//! The listening socket: accepts connections within limits, serves HTTP/1.1 on each, stops gracefully.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use bytes::Bytes;
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{
    app::App,
    backend::Backend,
    client::{ClientId, Peer},
    config::{HttpError, HttpOptions},
    connections::{Answering, Connection, Connections},
    routes,
    stall::StallGuard,
};
use crate::metrics::Metrics;

/// Pause after the system refused a connection, for instance because the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the system holds ready while the server is busy: enough for a burst.
const BACKLOG: u32 = 1024;
/// What a connection is told that finds no place.
const REFUSAL: &str =
    r#"{"error":{"code":"connections","message":"too many connections: close others or try again shortly"}}"#;

/// The HTTP API of a node, bound to its address and not serving yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Checks the options and binds the address.
    pub async fn bind(
        options: &HttpOptions,
        backend: Arc<dyn Backend>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, HttpError> {
        options.check()?;
        let failed = |source: io::Error| HttpError::Bind { address: options.listen, source };
        let listener = listen(options.listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopping) = watch::channel(false);
        let app = Arc::new(App::new(options, backend, metrics, stopping));
        Ok(Server { listener, address, app, stop })
    }

    /// Where it listens: the port that the system chose, if the options say 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves. Then no more connections are taken, idle ones and event streams are closed, running
    /// requests get their time to finish; what has not finished then is cut off.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let limits = &self.app.limits;
        let connections = Connections::new(limits.connections, limits.connections_per_client);
        let service = Service { router: routes::router(self.app.clone()), app: self.app.clone() };
        let mut tasks = JoinSet::new();
        let app = self.app.clone();
        tasks.spawn(async move { app.waiters.run(app.backend.clone(), app.stopping.clone()).await });
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = tasks.join_next() => {}
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => service.accept(stream, peer, &connections, &mut tasks),
                    Err(error) => {
                        tracing::warn!(%error, "no HTTP connection can be accepted; trying again");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(self.listener);
        // Every connection has a receiver, and sees it.
        self.stop.send_replace(true);
        let finished = timeout(limits.shutdown_time, async { while tasks.join_next().await.is_some() {} }).await;
        if finished.is_err() {
            tracing::warn!(requests = tasks.len(), "requests of the HTTP API did not finish in time and are cut off");
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A node that restarts must not wait until the system has forgotten its last connections.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[derive(Clone)]
struct Service {
    router: Router,
    app: Arc<App>,
}

impl Service {
    fn accept(&self, stream: TcpStream, peer: SocketAddr, connections: &Connections, tasks: &mut JoinSet<()>) {
        let address = peer.ip().to_canonical();
        let is_proxy = self.app.trusted_proxies.iter().any(|proxy| proxy.to_canonical() == address);
        match connections.admit(ClientId::of(address), is_proxy) {
            Some(connection) => {
                let service = self.clone();
                tasks.spawn(service.serve(stream, Peer(address), connection));
            }
            None => {
                self.app.metrics.count_refused_connection();
                let answer = format!(
                    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 5\r\n\
                     connection: close\r\ncontent-length: {}\r\n\r\n{REFUSAL}",
                    REFUSAL.len()
                );
                // Said if it fits into the socket's buffer at once; nobody waits for one who is refused.
                let _ = stream.try_write(answer.as_bytes());
            }
        }
    }

    async fn serve(self, stream: TcpStream, peer: Peer, connection: Connection) {
        let _counted = self.app.metrics.connection();
        let limits = &self.app.limits;
        // Small answers go out at once.
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(StallGuard::new(stream, limits.stall_time));
        let service = service_fn(|request| self.answer(request, peer, connection.answering()));
        let mut serving = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.header_time)
                .max_buf_size(limits.header_bytes)
                .max_headers(limits.headers)
                .serve_connection(io, service)
        );
        let mut stopping = self.app.stopping.clone();
        tokio::select! {
            // Errors are the other end's: it went away, was too slow or spoke no HTTP.
            _ = &mut serving => return,
            () = connection.closed() => return self.app.metrics.count_refused_connection(),
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
        // Closes at once where nothing is being asked or answered.
        serving.as_mut().graceful_shutdown();
        let _ = serving.await;
    }

    async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        peer: Peer,
        answering: Answering,
    ) -> Result<hyper::Response<AnswerBody>, Infallible> {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        let response = self.router.clone().oneshot(request).await?;
        Ok(response.map(|inner| AnswerBody { inner, _answering: answering }))
    }
}

/// A body that keeps its connection busy until it is out.
struct AnswerBody {
    inner: Body,
    _answering: Answering,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
