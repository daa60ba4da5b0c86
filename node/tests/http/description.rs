//! `openapi.json` describes what the router serves, all of it and nothing else, and no path asks about anybody.

use std::collections::BTreeSet;

use hushwatt_ledger::units::Utility;
use hushwatt_node::http::{OPENAPI, ROUTES, backend::AuctionState};
use serde_json::Value;

use crate::support::{Fake, backend::DAY, limits, options, schema::Description, start, start_on};

/// All that a request may name: places in the chain and in time, and how much of it.
const ALLOWED: [&str; 14] = [
    "wait",
    "from",
    "to",
    "hints",
    "max_bytes",
    "day",
    "window",
    "utility",
    "count",
    "height",
    "time",
    "Range",
    "If-None-Match",
    "Last-Event-ID",
];

fn operations() -> Vec<(String, String, &'static Value)> {
    let described = Description::load().paths().iter();
    described
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(|(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation))
        })
        .collect()
}

fn parameters(operation: &Value, place: &str) -> BTreeSet<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(|parameter| parameter["in"] == place)
        .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
        .collect()
}

fn segments(path: &str) -> BTreeSet<String> {
    path.split('/').filter_map(|segment| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned())).collect()
}

/// A path with something in its variable segments that there is.
fn filled(template: &str) -> String {
    let path = template.replace("{window}", "3").replace("{height}", "1").replace("{day}", DAY);
    path.replace("{utility}", "electricity")
}

#[tokio::test]
async fn the_description_is_the_checked_in_file() {
    let server = start(limits()).await;
    let answer = server.client.get("/v1/openapi.json").await;
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).unwrap();
    assert!(answer.status == 200 && answer.body == file && OPENAPI.as_bytes() == file);
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let described: BTreeSet<(String, String)> =
        operations().into_iter().map(|(method, path, _)| (method, path)).collect();
    let routes: BTreeSet<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!((described, routes.len()), (routes, ROUTES.len()));
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let route = ROUTES.iter().find(|route| route.path == path && route.method == method).unwrap();
        let names: BTreeSet<String> = route.query.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(parameters(operation, "query"), names, "{path}");
        assert_eq!(parameters(operation, "path"), segments(&path), "{path}");
        assert_eq!(operation.get("requestBody").is_some(), method == "POST", "{path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
    }
}

#[tokio::test]
async fn every_path_described_is_served_and_by_no_other_method() {
    let server = start_on(options(limits()), Fake::new(true)).await;
    server.node.make_blocks(7);
    server.node.add_auction(3, Utility::Electricity, &[true], AuctionState::Closed, None);
    for (method, template, _) in operations().into_iter().filter(|(_, path, _)| path != "/v1/events") {
        let path = filled(&template);
        let path = if path == "/v1/prices" { "/v1/prices?from=1&to=2".to_owned() } else { path };
        let answer = server.client.send(&method, &path, b"").await;
        // Without its media type, a body is refused by the handler of the right path.
        assert_eq!(answer.status, if method == "GET" { 200 } else { 415 }, "{method} {path}");
        for other in ["GET", "POST", "PUT", "DELETE"] {
            if ROUTES.iter().all(|route| route.path != template || route.method != other) {
                assert_eq!(server.client.send(other, &path, b"").await.status, 405, "{other} {path}");
            }
        }
    }
}

#[test]
fn no_path_asks_for_a_note_a_key_an_image_or_an_address() {
    for (_, path, operation) in operations() {
        let mut names = segments(&path);
        for place in ["query", "path", "header", "cookie"] {
            names.extend(parameters(operation, place));
        }
        if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
            let schema = Description::load().resolve(schema);
            names.extend(schema["properties"].as_object().unwrap().keys().cloned());
        }
        for name in names {
            assert!(ALLOWED.contains(&name.as_str()), "{path} asks for {name}");
        }
        for word in ["note", "key", "image", "address", "household", "meter/", "owner", "wallet"] {
            assert!(!path.to_lowercase().contains(word), "{path}");
        }
    }
}

#[tokio::test]
async fn no_path_takes_a_query_that_is_not_described() {
    let server = start(limits()).await;
    for route in &ROUTES {
        let path = filled(route.path);
        for name in ["note", "key", "image", "address", "id", "f%72om", "From"] {
            let answer = server.client.send(route.method, &format!("{path}?{name}=00"), b"").await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "bad_parameter"), "{path}?{name}");
        }
    }
}
