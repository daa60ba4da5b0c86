//! A payment that was interrupted: it is signed once, kept, and handed in by the next command.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

use hushwatt_ledger::units::Credit;

use crate::{
    support::{Purse, number, string},
    village::{Plan, Village},
};

/// A node behind a bad line: everything gets through but what is handed in.
fn bad_line(node: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let node = node.strip_prefix("http://").unwrap().to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(client) = stream else { return };
            let node = node.clone();
            thread::spawn(move || pass_on(client, &node));
        }
    });
    url
}

/// One connection; it ends when something is handed in.
fn pass_on(mut client: TcpStream, node: &str) -> Option<()> {
    let mut server = TcpStream::connect(node).ok()?;
    let (mut from_server, mut to_client) = (server.try_clone().ok()?, client.try_clone().ok()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = client.read(&mut buffer).ok().filter(|read| *read > 0)?;
        if buffer[..read].starts_with(b"POST /v1/transactions") {
            let _ = client.shutdown(Shutdown::Both);
            return None;
        }
        server.write_all(&buffer[..read]).ok()?;
    }
}

#[test]
fn a_payment_that_no_node_took_is_handed_in_by_the_next_command_and_made_once() {
    let mut village = Village::found(&Plan::default());
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10))]);
    let good = village.url();
    anna.json(&["settings", "set", "--node", &bad_line(&good), "--smallest-company", "2"]);
    let to = bert.address.encode(village.genesis.network());
    let sent = anna.run(&["send", &to, "2", "--yes", "--json", "--wait", "1"]);
    assert_eq!((sent.failed().as_str(), sent.code), ("under_way", 3));
    assert!(sent.err.contains("handed in again by the next command"), "{sent:?}");
    let waiting = anna.json(&["history", "--kind", "sent"]);
    assert_eq!((string(&waiting, "/0/state"), waiting.as_array().unwrap().len()), ("prepared", 1));
    let id = string(&waiting, "/0/id").to_owned();
    assert_eq!(number(&bert.json(&["balance"]), "/total_micro_euro"), 0);
    assert!(anna.run(&["history"]).ok().contains("waits for a node"));

    anna.json(&["settings", "set", "--node", &good]);
    let balance = anna.json(&["balance"]);
    assert!(number(&balance, "/total_micro_euro") >= 8_000_000, "{balance}");
    village.step(60);
    let done = anna.json(&["history", "--kind", "sent"]);
    assert_eq!((string(&done, "/0/state"), string(&done, "/0/id")), ("final", id.as_str()));
    assert_eq!(done.as_array().unwrap().len(), 1);
    assert_eq!(number(&bert.json(&["balance"]), "/total_micro_euro"), 2_000_000);
    assert_eq!(number(&anna.json(&["balance"]), "/total_micro_euro"), 8_000_000);
}

#[test]
fn without_any_node_the_wallet_shows_what_it_knew_and_says_so() {
    let mut village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    village.fund(&[(anna.address, Credit::from_euro(10))]);
    assert_eq!(anna.available(), 10_000_000);
    // Nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    anna.json(&["settings", "set", "--node", &format!("http://{closed}")]);
    let balance = anna.json(&["balance"]);
    assert_eq!((number(&balance, "/available_micro_euro"), &balance["fresh"]), (10_000_000, &false.into()));
    assert!(string(&balance, "/sync/notices/0").contains("no node answers"), "{balance}");
    let shown = anna.run(&["balance"]);
    assert!(shown.err.contains("What follows is what the wallet knew before") && shown.code == 0, "{shown:?}");
    assert_eq!(anna.failed(&["send", &anna.address.encode(village.genesis.network()), "1", "--yes"]), "nodes");
    assert_eq!(anna.failed(&["trade", "offers"]), "nodes");
    assert_eq!(anna.json(&["balance", "--offline"])["fresh"], false);
}
