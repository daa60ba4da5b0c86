//! What runs until it is told to stop: the agent and the page.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command},
};

use hushwatt_ledger::units::Credit;
use serde_json::Value;

use crate::{
    support::{Purse, hushwatt, string},
    village::{Plan, Village},
};

/// Asks a program to end, and gives the rest of its output.
fn end(mut child: Child, mut output: impl Read) -> (i32, String) {
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    (code, rest)
}

#[test]
fn the_agent_says_what_happens_holds_the_wallet_and_ends_when_it_is_told_to() {
    let mut village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    let mut child = anna.start(&["run", "--json"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut next = || -> Value {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"))
    };
    assert_eq!(string(&next(), "/text"), "watching; Ctrl-C ends it");
    assert_eq!(anna.failed(&["balance"]), "in_use");
    village.fund(&[(anna.address, Credit::from_euro(10))]);
    let received = next();
    assert_eq!(string(&received, "/event"), "happened");
    assert!(string(&received, "/text").starts_with("Received +€10.00"), "{received}");
    let (code, rest) = end(child, output);
    let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!((code, string(&last, "/text")), (0, "ended"));
    assert_eq!(anna.available(), 10_000_000);
}

#[test]
fn the_page_is_served_to_whoever_has_the_link_until_it_is_told_to_end() {
    let village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    let mut child = anna.start(&["web", "--json"]);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let started: Value = serde_json::from_str(&line).unwrap();
    let link = string(&started, "/link");
    assert!(link.starts_with("http://127.0.0.1:"), "{link}");
    let open = |link: &str| -> u16 {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
        agent.get(link).call().unwrap().status().as_u16()
    };
    let page = &link[..link.find("/start").unwrap()];
    assert!(open(&format!("{page}/")) >= 300, "without the link there is nothing to see");
    assert_eq!(open(link), 303);
    assert!(open(link) >= 400, "a link works once");
    assert_eq!(end(child, output), (0, String::new()));
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let taken =
        hushwatt(&[("HUSHWATT_WALLET", anna.file().to_str().unwrap())], &["wallet", "web", "--json", "--port", &port]);
    assert_eq!(taken.failed(), "web");
}
