//! What the node counts for its operator, as Prometheus text. No metric tells one client, household or transaction from
//! another: labels are routes, statuses and names of rules.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::http::backend::Status;

/// Content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the histogram of verification times, in seconds: one check takes milliseconds.
const VERIFY_BUCKETS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabel {
    rule: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

/// All metrics of a node. Parts of the node share one and bump what they know.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    height: Gauge,
    lag: Gauge,
    epoch: Gauge,
    validators: Gauge,
    peers: Gauge,
    syncing: Gauge,
    mempool_transactions: Gauge,
    mempool_bytes: Gauge,
    disk_bytes: Gauge,
    accepted: Counter,
    refused: Family<RuleLabel, Counter>,
    verify: Histogram,
    requests: Family<RequestLabels, Counter>,
    connections: Gauge,
    connections_refused: Counter,
    subscribers: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("hushwatt");
        macro_rules! registered {
            ($metric:expr, $name:literal, $help:literal) => {{
                let metric = $metric;
                registry.register($name, $help, metric.clone());
                metric
            }};
            ($metric:expr, $name:literal, $unit:expr, $help:literal) => {{
                let metric = $metric;
                registry.register_with_unit($name, $help, $unit, metric.clone());
                metric
            }};
        }
        Metrics {
            height: registered!(Gauge::default(), "block_height", "Height of the last final block"),
            lag: registered!(
                Gauge::default(),
                "block_lag",
                Unit::Seconds,
                "How far the last final block's time is behind the node's clock"
            ),
            epoch: registered!(Gauge::default(), "epoch", "Epoch of the next block"),
            validators: registered!(Gauge::default(), "validators", "Validators of the epoch"),
            peers: registered!(Gauge::default(), "peers", "Other nodes that this one is connected with"),
            syncing: registered!(Gauge::default(), "syncing", "1 while the node is behind and catches up, else 0"),
            mempool_transactions: registered!(
                Gauge::default(),
                "mempool_transactions",
                "Transactions that wait for a block"
            ),
            mempool_bytes: registered!(Gauge::default(), "mempool", Unit::Bytes, "Size of the waiting transactions"),
            disk_bytes: registered!(Gauge::default(), "disk", Unit::Bytes, "Size of the node's folder"),
            accepted: registered!(
                Counter::default(),
                "transactions_accepted",
                "Submissions answered with waiting or final, repeated ones too"
            ),
            refused: registered!(
                Family::default(),
                "transactions_refused",
                "Submissions refused, by the name of the rule or, where it was none, the code of the answer"
            ),
            verify: registered!(
                Histogram::new(VERIFY_BUCKETS),
                "verify",
                Unit::Seconds,
                "Time from a submission's turn to its verdict"
            ),
            requests: registered!(Family::default(), "http_requests", "HTTP requests by route and status"),
            connections: registered!(Gauge::default(), "http_connections", "Open HTTP connections"),
            connections_refused: registered!(
                Counter::default(),
                "http_connections_refused",
                "HTTP connections refused or closed to make room"
            ),
            subscribers: registered!(Gauge::default(), "http_subscribers", "Open event streams"),
            registry,
        }
    }
}

impl Metrics {
    /// Shows a node's status.
    pub fn show(&self, status: &Status) {
        self.height.set(signed(status.tip.height));
        self.lag.set(signed(status.now.0.saturating_sub(status.tip.time.0)));
        self.epoch.set(signed(status.epoch));
        self.validators.set(signed(status.validators.len() as u64));
        self.peers.set(status.peers.into());
        self.syncing.set(status.syncing.into());
        self.mempool_transactions.set(signed(status.mempool_transactions));
        self.mempool_bytes.set(signed(status.mempool_bytes));
        self.disk_bytes.set(signed(status.disk_bytes));
    }

    /// Counts a submission that waits or is final.
    pub fn count_accepted(&self) {
        self.accepted.inc();
    }

    /// Counts a submission that was refused, by rule or code. Both are few, so the number of series is bounded.
    pub fn count_refused(&self, rule: &str) {
        self.refused.get_or_create(&RuleLabel { rule: rule.to_owned() }).inc();
    }

    /// Records how long a verdict took.
    pub fn verified(&self, time: Duration) {
        self.verify.observe(time.as_secs_f64());
    }

    /// Counts an answered request.
    pub fn count_request(&self, route: &'static str, status: u16) {
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
    }

    /// Counts a connection for as long as the guard lives.
    pub fn connection(&self) -> CountGuard {
        CountGuard::new(&self.connections)
    }

    /// Counts a connection that found no place.
    pub fn count_refused_connection(&self) {
        self.connections_refused.inc();
    }

    /// Counts an event stream for as long as the guard lives.
    pub fn subscriber(&self) -> CountGuard {
        CountGuard::new(&self.subscribers)
    }

    /// How many event streams are open.
    pub fn subscribers(&self) -> i64 {
        self.subscribers.get()
    }

    /// Everything as text.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

/// Counts something for as long as it lives.
#[derive(Debug)]
pub struct CountGuard(Gauge);

impl CountGuard {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        CountGuard(gauge.clone())
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stands_in_the_text() {
        let metrics = Metrics::default();
        metrics.count_accepted();
        metrics.count_refused("RangeProof");
        metrics.count_request("/v1/status", 200);
        metrics.verified(Duration::from_millis(3));
        let guard = metrics.subscriber();
        let text = metrics.encode().unwrap();
        for line in [
            "hushwatt_transactions_accepted_total 1",
            "hushwatt_transactions_refused_total{rule=\"RangeProof\"} 1",
            "hushwatt_http_requests_total{route=\"/v1/status\",status=\"200\"} 1",
            "hushwatt_verify_seconds_bucket{le=\"0.005\"} 1",
            "hushwatt_http_subscribers 1",
            "hushwatt_block_height 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        drop(guard);
        assert_eq!(metrics.subscribers(), 0);
    }
}
