//! How the API is served, and its limits. The limits stand in the node's `config.toml` under `[http.limits]`; every one has
//! a default.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Smallest `header_bytes` that the HTTP parser works with.
const LEAST_HEADER_BYTES: usize = 8192;

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// An address that others can reach, without saying so.
    #[error(
        "the HTTP API would listen on {0}, which other machines can reach: put a reverse proxy with TLS before it and listen on 127.0.0.1, or set http.allow_public = true"
    )]
    Exposed(SocketAddr),
    /// A limit makes no sense.
    #[error("http.limits.{name} must be {must}")]
    Limit {
        /// Its name.
        name: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// The address cannot be bound.
    #[error("cannot listen on {address} ({source}): is another node running, or the address of another machine?")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// How the API is served.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Must be said for any address but the machine's own loopback.
    pub allow_public: bool,
    /// Reverse proxies whose `X-Forwarded-For` is believed. From anybody else the header is ignored.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether metrics are served.
    pub metrics: bool,
    /// Limits.
    pub limits: HttpLimits,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            listen: (Ipv4Addr::LOCALHOST, 8400).into(),
            allow_public: false,
            trusted_proxies: Vec::new(),
            metrics: true,
            limits: HttpLimits::default(),
        }
    }
}

/// How many may run and wait at once, in all and for each client.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateLimits {
    /// Running at once.
    pub running: usize,
    /// Waiting for their turn; clients take turns.
    pub waiting: usize,
    /// Of one client, running and waiting together.
    pub per_client: usize,
}

/// How often one client may ask.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// Limits of the API. Durations are in seconds. A client is an IPv4 address or an IPv6 network of 64 bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpLimits {
    /// Connections in all. Where one too many comes, the longest idle one of the client with the most is closed.
    pub connections: usize,
    /// Connections of one client; trusted proxies may have all.
    pub connections_per_client: usize,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// Until a request's headers must have arrived; also how long a connection may be idle.
    #[serde(with = "seconds")]
    pub header_time: Duration,
    /// Until a request's body must have arrived.
    #[serde(with = "seconds")]
    pub body_time: Duration,
    /// Until the answer must begin; time waited for finality (`?wait=`) comes on top.
    #[serde(with = "seconds")]
    pub request_time: Duration,
    /// A client that takes no bytes of its answer for so long is cut off.
    #[serde(with = "seconds")]
    pub stall_time: Duration,
    /// A download ends after this long; clients resume it.
    #[serde(with = "seconds")]
    pub download_time: Duration,
    /// An event stream ends after this long; clients resume it.
    #[serde(with = "seconds")]
    pub events_time: Duration,
    /// An event stream carries a comment at least this often.
    #[serde(with = "seconds")]
    pub keep_alive: Duration,
    /// When the node stops, running requests get this long to finish.
    #[serde(with = "seconds")]
    pub shutdown_time: Duration,
    /// Submissions whose bodies are in memory.
    pub submissions: GateLimits,
    /// Submissions that the node decides on at once. It verifies them in batches, so this bounds a batch, and not the cores
    /// that it takes.
    pub verifications: GateLimits,
    /// Requests that read the node's state or disk.
    pub reads: GateLimits,
    /// Downloads of blocks and hints.
    pub downloads: GateLimits,
    /// Event streams.
    pub events: GateLimits,
    /// Submissions that wait for finality.
    pub finality: GateLimits,
    /// Submissions.
    pub submission_rate: Rate,
    /// Everything else but health.
    pub read_rate: Rate,
}

impl Default for HttpLimits {
    fn default() -> Self {
        let gate = |running, waiting, per_client| GateLimits { running, waiting, per_client };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        HttpLimits {
            connections: 512,
            connections_per_client: 128,
            header_bytes: 16 << 10,
            headers: 64,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            request_time: Duration::from_secs(20),
            stall_time: Duration::from_secs(20),
            download_time: Duration::from_secs(600),
            events_time: Duration::from_secs(3600),
            keep_alive: Duration::from_secs(15),
            shutdown_time: Duration::from_secs(10),
            submissions: gate(64, 256, 32),
            verifications: gate(32, 32, 24),
            reads: gate(2 * cores, 128, 32),
            downloads: gate(16, 0, 4),
            events: gate(64, 0, 8),
            finality: gate(256, 0, 64),
            submission_rate: Rate { per_second: 50.0, burst: 200 },
            read_rate: Rate { per_second: 100.0, burst: 400 },
        }
    }
}

impl HttpOptions {
    /// Refuses what makes no sense or would be reachable by accident.
    pub fn check(&self) -> Result<(), HttpError> {
        if !self.allow_public && !self.listen.ip().to_canonical().is_loopback() {
            return Err(HttpError::Exposed(self.listen));
        }
        self.limits.check()
    }
}

impl HttpLimits {
    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<(), HttpError> {
        let ensure = |holds: bool, name, must| if holds { Ok(()) } else { Err(HttpError::Limit { name, must }) };
        ensure(self.connections > 0, "connections", "at least 1")?;
        ensure(self.connections_per_client > 0, "connections_per_client", "at least 1")?;
        ensure(self.header_bytes >= LEAST_HEADER_BYTES, "header_bytes", "at least 8192")?;
        ensure((8..=1024).contains(&self.headers), "headers", "between 8 and 1024")?;
        let times = [
            ("header_time", self.header_time),
            ("body_time", self.body_time),
            ("request_time", self.request_time),
            ("stall_time", self.stall_time),
            ("download_time", self.download_time),
            ("events_time", self.events_time),
            ("keep_alive", self.keep_alive),
        ];
        for (name, time) in times {
            ensure(!time.is_zero(), name, "longer than 0 seconds")?;
        }
        let gates = [
            ("submissions", self.submissions),
            ("verifications", self.verifications),
            ("reads", self.reads),
            ("downloads", self.downloads),
            ("events", self.events),
            ("finality", self.finality),
        ];
        for (name, gate) in gates {
            ensure(gate.running > 0 && gate.per_client > 0, name, "at least 1 running and 1 per client")?;
        }
        for (name, rate) in [("submission_rate", self.submission_rate), ("read_rate", self.read_rate)] {
            let sane = (1e-6..=1e6).contains(&rate.per_second) && rate.burst > 0;
            ensure(sane, name, "between 0.000001 and 1000000 per second, with a burst of at least 1")?;
        }
        Ok(())
    }
}

/// Durations as seconds, whole or with a fraction, up to a year.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const YEAR: f64 = 366.0 * 86_400.0;

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|_| seconds <= YEAR)
            .ok_or_else(|| D::Error::custom("a time is a number of seconds from 0 to a year"))
    }
}
