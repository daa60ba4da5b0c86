//! The sealed-bid auction: orders by hand and by rule, with the real operator, and with one who is away.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use hushwatt_crypto::{
    NetworkId,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    transaction::Action,
    units::{Credit, Timestamp, Window},
};
use rand_core::OsRng;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    support::{Purse, hushwatt, number, program, string, text},
    trade::pair,
    village::{Counted, Plan, Village},
};

/// The operator's folder, with his keys in it.
struct Office {
    folder: TempDir,
    key: VerifyingKey,
}

/// The operator, at work until he is dropped.
struct Operator {
    child: Child,
    url: String,
    _office: Office,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let line = hushwatt(&[], &["operator", "init", "--out", text(&folder.path().join("operator"))]).ok();
        let digits: NetworkId = line.trim().strip_prefix("operator:").expect("an operator's key").parse().unwrap();
        Office { key: VerifyingKey::decode(&digits.0).unwrap(), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("operator")
    }

    /// He opens his door and goes to the village's node.
    fn open(self, village: &Village) -> Operator {
        let (path, network) = (self.path(), village.genesis.network().to_string());
        let arguments = ["operator", "init", "--out", text(&path), "--node", &village.url(), "--network", &network];
        hushwatt(&[], &[&arguments[..], &["--simulated"]].concat()).ok();
        let door = closed_door();
        let settings = fs::read_to_string(path.join("operator.toml")).unwrap();
        let said = settings.replace("# listen = \"127.0.0.1:8450\"", &format!("listen = \"{door}\""));
        assert_ne!(said, settings);
        fs::write(path.join("operator.toml"), said).unwrap();
        let mut run = program(&[], &["operator", "run", "--folder", text(&path), "--simulated"]);
        let child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let operator = Operator { child, url: format!("http://{door}"), _office: self };
        let start = Instant::now();
        while TcpStream::connect(&door).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "the operator never opened his door");
            thread::sleep(Duration::from_millis(50));
        }
        operator
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where nobody listens.
fn closed_door() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A village in which Anna gave 800 Wh to the grid in a window, Bert took 900, and orders are taken.
fn measured(operator: VerifyingKey) -> (Village, Purse, Purse, Window) {
    let mut village = Village::found(&Plan { operator: Some(operator), ..Plan::default() });
    let (anna, bert) = (Purse::new(&village), Purse::new(&village));
    village.fund(&[(anna.address, Credit::from_euro(10)), (bert.address, Credit::from_euro(10))]);
    for (home, purse) in [(0, &anna), (1, &bert)] {
        pair(&village, purse, home);
        village.set_up_gateway(home, &purse.address);
        purse.json(&["settings", "set", "--smallest-company", "2", "--tidy", "no"]);
    }
    let window = Window(village.window().0 + 1);
    let counted = [Counted { home: 0, exported: 800, imported: 0 }, Counted { home: 1, exported: 0, imported: 900 }];
    village.attest(window, &counted);
    (village, anna, bert, window)
}

fn clock_of(village: &Village, window: Window) -> String {
    format!("{:02}:00", village.genesis.parameters.window_start(window).0 / 3600 % 24)
}

#[test]
fn neighbours_trade_in_the_auction_by_hand_and_by_rule_with_the_real_operator() {
    let office = Office::new();
    let (mut village, anna, bert, window) = measured(office.key);
    let operator = office.open(&village);
    let at = clock_of(&village, window);
    for purse in [&anna, &bert] {
        let settings = purse.json(&["settings", "operator", &operator.url]);
        assert_eq!(string(&settings, "/operator"), operator.url);
    }
    let order = ["order", "sell", "--window", &at, "--quantity", "0.8", "--limit", "10", "--yes"];
    assert_eq!(anna.failed(&order), "no_trade", "its readings are not settled yet");
    village.seal_energy(window);

    let placed = anna.json(&order);
    assert_eq!((string(&placed, "/state"), string(&placed, "/order/state")), ("final", "open"));
    let id = string(&placed, "/order/id").to_owned();
    assert_eq!((number(&placed, "/order/quantity"), number(&placed, "/order/limit_micro_euro")), (800, 100));
    let shown = anna.run(&["order", "show", &id[..8]]).ok();
    assert!(shown.contains("you sell electricity") && shown.contains("€0.10/kWh"), "{shown}");

    // Bert's wallet orders by itself what his meter took.
    bert.json(&["order", "rule", "--buy-up-to", "20"]);
    let lines = bert.run(&["run", "--once", "--json"]).ok();
    assert!(lines.contains("placed an order to buy 900 Wh of electricity"), "{lines}");
    village.step(60);
    let orders = bert.json(&["order", "list", "--open"]);
    assert_eq!((string(&orders, "/0/side"), string(&orders, "/0/state")), ("buyer", "open"));
    assert_eq!(number(&bert.json(&["balance"]), "/ordered_micro_euro"), 900_000);
    assert_eq!(bert.run(&["run", "--once", "--json"]).ok().matches("placed").count(), 0, "once");

    let closes = village.genesis.parameters.order_until(window).unwrap();
    village.to(closes.plus(1));
    village.step(10);
    village.until("the auction is cleared", |village| {
        let mut transactions = village.chain.iter().flat_map(|block| &block.block.transactions);
        transactions.any(|transaction| matches!(transaction.action(), Action::Clear(_)))
    });
    // The bid is marginal and sets the price.
    for (purse, side, filled) in [(&anna, "seller", 800), (&bert, "buyer", 800)] {
        let orders = purse.json(&["order", "list"]);
        assert_eq!((string(&orders, "/0/side"), string(&orders, "/0/state")), (side, "traded"));
        assert_eq!((number(&orders, "/0/filled"), number(&orders, "/0/price_micro_euro")), (filled, 200));
        assert_eq!(number(&orders, "/0/money_micro_euro"), 160_000);
    }
    village.settle();
    assert_eq!((anna.available(), bert.available()), (10_160_000, 9_840_000));
    let table = bert.run(&["order", "list"]).ok();
    assert!(table.contains("traded in part, the rest came back") && table.contains("−€0.16"), "{table}");
    let history = bert.run(&["history"]).ok();
    assert!(history.contains("Auction: to buy 0.9\u{a0}kWh") && history.contains("Bought 0.8\u{a0}kWh"), "{history}");
    let sold = anna.json(&["history", "--kind", "sold"]);
    assert_eq!((number(&sold, "/0/price_micro_euro"), string(&sold, "/0/order")), (200, id.as_str()));
    let month = bert.run(&["balance"]).ok();
    assert!(month.contains("bought 0.8\u{a0}kWh for €0.16"), "{month}");
    // From the words alone everything is found again.
    let receipt = anna.json(&["receipts"]);
    let about = receipt.as_array().unwrap().iter().find(|one| one["kind"] == "sold").unwrap();
    assert_eq!(about["prove"], Value::Null, "a fill is no contract: there is nothing to prove it by");
}

#[test]
fn an_order_waits_for_an_operator_who_is_away_and_is_taken_back() {
    let (mut village, anna, bert, window) = measured(SigningKey::random(&mut OsRng).verifying_key());
    village.seal_energy(window);
    let at = clock_of(&village, window);
    let order = ["order", "buy", "--window", &at, "--quantity", "0.5", "--limit", "20", "--yes"];
    assert_eq!(bert.failed(&order), "operator", "nobody said where he is");
    let away = format!("http://{}", closed_door());
    let waiting = bert.run(&[&order[..], &["--operator", &away, "--wait", "1", "--json"]].concat());
    assert_eq!((waiting.failed().as_str(), waiting.code), ("under_way", 3));
    assert!(
        waiting.err.contains("market operator has not admitted it yet") && waiting.err.contains(&away),
        "{waiting:?}"
    );
    let orders = bert.json(&["order", "list", "--offline"]);
    assert_eq!(string(&orders, "/0/state"), "awaits_operator");
    let id = string(&orders, "/0/id").to_owned();
    assert!(bert.run(&["history", "--offline"]).ok().contains("waits for the market operator"));
    assert!(bert.json(&["balance", "--offline"])["available_micro_euro"].as_u64() < Some(10_000_000));
    let cancelled = bert.json(&["order", "cancel", &id[..8]]);
    assert_eq!(string(&cancelled, "/state"), "given_up");
    assert_eq!(bert.available(), 10_000_000);
    assert_eq!(bert.failed(&["order", "cancel", &id[..8]]), "no_trade");
    assert_eq!(bert.failed(&["order", "show", "00000000"]), "unknown");
    // Left alone it is void when its auction closes.
    let sell = ["order", "sell", "--window", &at, "--quantity", "0.5", "--limit", "10", "--yes", "--operator", &away];
    assert_eq!(anna.failed(&[&sell[..], &["--wait", "1"]].concat()), "under_way");
    let closes: Timestamp = village.genesis.parameters.order_until(window).unwrap();
    village.to(closes.plus(1));
    let orders = anna.json(&["order", "list"]);
    assert_eq!(string(&orders, "/0/state"), "given_up");
    assert!(string(&orders, "/0/reason").contains("did not admit it in time"), "{orders}");
    assert_eq!(anna.failed(&sell), "no_trade", "it is too late");
}

#[test]
fn rules_for_auctions_are_set_shown_and_taken_away() {
    let village = Village::found(&Plan::default());
    let anna = Purse::new(&village);
    assert_eq!(anna.json(&["order", "rule"]), Value::Array(Vec::new()));
    let rules = anna.json(&["order", "rule", "--sell-from", "12", "--buy-up-to", "26.5"]);
    assert_eq!((number(&rules, "/0/sell_from_micro_euro"), number(&rules, "/0/buy_up_to_micro_euro")), (120, 265));
    let shown = anna.run(&["settings"]).ok();
    assert!(shown.contains("in auctions of electricity sells from €0.12/kWh on and buys up to €0.265/kWh"), "{shown}");
    assert!(shown.contains("none is known"), "{shown}");
    // The other settings stay as they are, and these stay with them.
    anna.json(&["settings", "set", "--backup-days", "7"]);
    assert_eq!(anna.json(&["order", "rule"]), rules);
    assert_eq!(anna.failed(&["order", "rule", "--sell-from", "0.5"]), "input", "below the lowest price");
    assert_eq!(anna.failed(&["order", "rule", "--buy-up-to", "0.18"]), "amount", "meant in euros");
    assert_eq!(anna.json(&["order", "rule"]), rules, "what is refused changes nothing");
    let rules = anna.json(&["order", "rule", "--buy-up-to", "26"]);
    assert_eq!(rules[0].get("sell_from_micro_euro"), None, "a rule is replaced as a whole");
    assert_eq!(anna.json(&["order", "rule", "--off"]), Value::Array(Vec::new()));
    assert_eq!(anna.run(&["order", "rule", "--off", "--sell-from", "12"]).code, 2);
    let settings = anna.json(&["settings", "operator", "https://market.example.org"]);
    assert_eq!(string(&settings, "/operator"), "https://market.example.org");
    assert_eq!(anna.json(&["settings", "operator", "--off"]).get("operator"), None);
    assert_eq!(anna.run(&["settings", "operator", "market"]).code, 2);
    assert!(anna.run(&["order", "list"]).ok().contains("No orders in auctions"));
}
