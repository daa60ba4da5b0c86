//! The options and limits.

use std::{sync::Arc, time::Duration};

use hushwatt_node::{
    http::{HttpError, HttpLimits, HttpOptions, Server},
    metrics::Metrics,
};

use crate::support::{Fake, limits, options};

#[test]
fn nothing_but_loopback_is_bound_unless_said_so() {
    assert!(HttpOptions::default().listen.ip().is_loopback());
    for (listen, loopback) in [
        ("127.0.0.1:1", true),
        ("127.9.9.9:1", true),
        ("[::1]:1", true),
        ("[::ffff:127.0.0.1]:1", true),
        ("0.0.0.0:1", false),
        ("[::]:1", false),
        ("192.168.1.4:1", false),
    ] {
        let mut options = HttpOptions { listen: listen.parse().unwrap(), ..HttpOptions::default() };
        assert_eq!(options.check().is_ok(), loopback, "{listen}");
        assert!(loopback || matches!(options.check(), Err(HttpError::Exposed(_))));
        options.allow_public = true;
        assert!(options.check().is_ok());
    }
}

#[test]
fn a_file_sets_the_limits_that_it_names_and_no_others() {
    let text = "
        connections = 7
        body_time = 2
        header_time = 0.5
        reads = { running = 1, waiting = 2, per_client = 3 }
        read_rate = { per_second = 0.5, burst = 4 }
    ";
    let limits: HttpLimits = toml::from_str(text).unwrap();
    limits.check().unwrap();
    assert_eq!((limits.connections, limits.body_time), (7, Duration::from_secs(2)));
    assert_eq!((limits.header_time, limits.reads.waiting), (Duration::from_millis(500), 2));
    assert_eq!(limits.stall_time, HttpLimits::default().stall_time);
    // What was written is read back the same.
    let again: HttpLimits = toml::from_str(&toml::to_string(&limits).unwrap()).unwrap();
    assert_eq!(format!("{again:?}"), format!("{limits:?}"));
    for wrong in ["connexions = 1", "body_time = -1", "body_time = 1e9", "reads = { running = 1 }"] {
        assert!(toml::from_str::<HttpLimits>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn limits_that_make_no_sense_are_refused_by_name() {
    type Change = fn(&mut HttpLimits);
    let cases: [(Change, &str); 9] = [
        (|limits| limits.connections = 0, "connections"),
        (|limits| limits.connections_per_client = 0, "connections_per_client"),
        (|limits| limits.header_bytes = 100, "header_bytes"),
        (|limits| limits.headers = 0, "headers"),
        (|limits| limits.body_time = Duration::ZERO, "body_time"),
        (|limits| limits.reads.running = 0, "reads"),
        (|limits| limits.events.per_client = 0, "events"),
        (|limits| limits.read_rate.burst = 0, "read_rate"),
        (|limits| limits.submission_rate.per_second = f64::NAN, "submission_rate"),
    ];
    for (change, name) in cases {
        let mut options = HttpOptions::default();
        change(&mut options.limits);
        let error = options.check().unwrap_err().to_string();
        assert!(error.contains(&format!("http.limits.{name} ")), "{error}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let node = Fake::new(false);
    let metrics = Arc::new(Metrics::default());
    let first = Server::bind(&options(limits()), node.clone(), metrics.clone()).await.unwrap();
    let options = HttpOptions { listen: first.address(), ..options(limits()) };
    let error = Server::bind(&options, node, metrics).await.err().unwrap().to_string();
    assert!(error.contains(&first.address().to_string()), "{error}");
}
