//! A node over HTTP that tells the truth about its ledger, or something else.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use hushwatt_client::BaseUrl;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::{
    transaction::{Action, Transaction, build::Built, order::Side},
    units::{Timestamp, Utility, Window},
};
use serde_json::{Value, json};

use crate::kit::World;

/// How a node behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    Honest,
    /// Answers nothing.
    Down,
    /// Takes every Clear and passes none on.
    Swallows,
    /// Says another rank than the ledger has.
    Misranks,
    /// Leaves an order out of what it says.
    Omits,
    /// Says that it belongs to another network.
    Foreign,
}

/// How an auction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub state: &'static str,
    pub price: Option<u32>,
    pub height: u64,
    pub sides: (usize, usize),
}

pub struct Ledger {
    pub world: World,
    waiting: Vec<Built>,
    pub ended: BTreeMap<(u64, Utility), End>,
    pub now: Timestamp,
    pub manners: Vec<Manner>,
    /// Key of the operator that the nodes name.
    pub operator: String,
    /// What each node was handed, with the rule that refused it.
    pub handed: Vec<(usize, Option<String>)>,
}

impl Ledger {
    fn sides(&self, utility: Utility, window: Window) -> (usize, usize) {
        let orders = self.world.orders(utility, window);
        let sells = orders.iter().filter(|(_, _, side)| *side == Side::Sell).count();
        (sells, orders.len() - sells)
    }

    /// A block of what waits and these.
    pub fn block(&mut self, built: &[Built]) {
        let at = self.now.max(self.world.now());
        let keys: Vec<(u64, Utility)> = {
            let end = self.world.window(0).0 + 48;
            let windows = self.world.window(0).0..end;
            let all = windows.flat_map(|window| Utility::ALL.map(|utility| (window, utility)));
            all.filter(|(window, utility)| self.is_open(*utility, Window(*window))).collect()
        };
        let before: Vec<((u64, Utility), (usize, usize))> =
            keys.iter().map(|key| (*key, self.sides(key.1, Window(key.0)))).collect();
        let all: Vec<Built> = self.waiting.drain(..).chain(built.iter().cloned()).collect();
        let block = self.world.accept(at, &all);
        for (key, sides) in before {
            if self.is_open(key.1, Window(key.0)) {
                continue;
            }
            let clear = block.transactions.iter().find_map(|transaction| match transaction.action() {
                Action::Clear(clear) if (clear.statement.window.0, clear.statement.utility) == key => {
                    Some(clear.statement.outcome.price().map(|price| price.micro_euro()))
                }
                _ => None,
            });
            let (state, price) = match clear {
                Some(Some(price)) => ("traded", Some(price)),
                Some(None) => ("no-trade", None),
                None => ("expired", None),
            };
            self.ended.insert(key, End { state, price, height: block.header.height, sides });
        }
    }

    fn is_open(&self, utility: Utility, window: Window) -> bool {
        self.world.ledger().auction(utility, window).unwrap().is_some()
    }

    fn summary(&self, utility: Utility, window: Window) -> Option<Value> {
        let ended = self.ended.get(&(window.0, utility));
        let parameters = self.world.parameters();
        let (state, price, height, sides) = match ended {
            Some(end) => (end.state, end.price, Some(end.height), end.sides),
            None if self.is_open(utility, window) => {
                let closed = self.world.now() > parameters.order_until(window).unwrap();
                (if closed { "closed" } else { "collecting" }, None, None, self.sides(utility, window))
            }
            None => return None,
        };
        Some(json!({
            "window": window.0, "start": parameters.window_start(window).0, "utility": utility,
            "sells": sides.0, "buys": sides.1, "state": state, "price": price, "height": height,
        }))
    }

    fn detail(&self, manner: Manner, utility: Utility, window: Window) -> Option<Value> {
        let mut detail = self.summary(utility, window)?;
        let parameters = self.world.parameters();
        let mut rank = self.world.rank(utility, window).map(|rank| hex(&rank.0));
        if manner == Manner::Misranks {
            rank = rank.map(|_| "5a".repeat(32));
        }
        let mut orders = self.world.orders(utility, window);
        if manner == Manner::Omits {
            orders.pop();
        }
        let named = |side| if side == Side::Sell { "sell" } else { "buy" };
        let orders: Vec<Value> =
            orders.iter().map(|(id, _, side)| json!({ "order": id.to_string(), "side": named(*side) })).collect();
        let more = json!({
            "rank": rank, "order_from": parameters.attest_until(window).0 + 1,
            "order_until": parameters.order_until(window).unwrap().0,
            "clear_until": parameters.clear_until(window).unwrap().0, "orders": orders,
        });
        detail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Some(detail)
    }

    fn submit(&mut self, index: usize, sent: &[u8]) -> (u16, Vec<u8>) {
        let length = u32::from_le_bytes(sent[..4].try_into().unwrap()) as usize;
        let transaction = Transaction::decode(self.world.network(), &sent[4..4 + length]).unwrap();
        let id = hex(&transaction.id().0);
        let waiting = (202, format!(r#"{{"status":"waiting","id":"{id}"}}"#).into_bytes());
        if self.manners[index] == Manner::Swallows
            || self.waiting.iter().any(|it| *it.transaction.id() == *transaction.id())
        {
            self.handed.push((index, None));
            return waiting;
        }
        let built = Built::new(transaction, Vec::new());
        match self.world.verdict(self.now.max(self.world.now()), &built) {
            Ok(()) => {
                self.handed.push((index, None));
                self.waiting.push(built);
                waiting
            }
            Err(rejection) => {
                let rule = rejection.name();
                let text = json!({ "error": { "code": "rule", "rule": rule, "message": rejection.to_string() } });
                self.handed.push((index, Some(rule)));
                (422, text.to_string().into_bytes())
            }
        }
    }

    fn answer(&mut self, index: usize, head: &str, sent: &[u8]) -> Option<(u16, Vec<u8>)> {
        let manner = self.manners[index];
        let line: Vec<&str> = head.split(' ').collect();
        let (path, query) = line[1].split_once('?').unwrap_or((line[1], ""));
        let number = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<u64>().ok())
        };
        let found = |value: Option<Value>| match value {
            Some(value) => (200, value.to_string().into_bytes()),
            None => (404, br#"{"error":{"code":"not_found","message":"there is no such auction"}}"#.to_vec()),
        };
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (line[0], &parts[..]) {
            _ if manner == Manner::Down => None,
            ("GET", ["v1", "status"]) => {
                let network = self.world.network().to_string();
                let network = if manner == Manner::Foreign { "00".repeat(32) } else { network };
                let (height, time) = (self.world.parent.height, self.world.now().0);
                Some(found(Some(json!({ "network": network, "height": height, "time": time, "now": self.now.0 }))))
            }
            ("GET", ["v1", "auctions"]) => {
                let (from, count) = (number("from").unwrap(), number("count").unwrap());
                let all = (from..from + count).flat_map(|window| Utility::ALL.map(|utility| (utility, Window(window))));
                let auctions: Vec<Value> = all.filter_map(|(utility, window)| self.summary(utility, window)).collect();
                Some(found(Some(json!({ "operator": self.operator, "auctions": auctions }))))
            }
            ("GET", ["v1", "auctions", utility, window]) => {
                let utility = Utility::ALL.into_iter().find(|known| known.name() == *utility).unwrap();
                Some(found(self.detail(manner, utility, Window(window.parse().unwrap()))))
            }
            ("POST", ["v1", "transactions"]) => Some(self.submit(index, sent)),
            _ => Some(found(None)),
        }
    }
}

/// Nodes of one ledger.
#[derive(Clone)]
pub struct Nodes {
    pub shared: Arc<Mutex<Ledger>>,
    pub urls: Vec<BaseUrl>,
}

impl Nodes {
    pub fn start(world: World, count: usize) -> Self {
        let operator = hex(world.operator.verifying_key().as_bytes());
        let ledger = Ledger {
            now: world.now(),
            world,
            waiting: Vec::new(),
            ended: BTreeMap::new(),
            manners: vec![Manner::Honest; count],
            operator,
            handed: Vec::new(),
        };
        let shared = Arc::new(Mutex::new(ledger));
        let urls = (0..count).map(|index| start(index, shared.clone())).collect();
        Nodes { shared, urls }
    }

    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(index: usize, shared: Arc<Mutex<Ledger>>) -> BaseUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let shared = shared.clone();
            // Whoever asks may be gone.
            thread::spawn(move || drop(stream.and_then(|stream| serve(stream, index, &shared))));
        }
    });
    format!("http://{address}").parse().unwrap()
}

fn serve(mut stream: TcpStream, index: usize, shared: &Mutex<Ledger>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.extend(byte);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut sent = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut sent)?;
    let answer = shared.lock().unwrap_or_else(PoisonError::into_inner).answer(index, &head, &sent);
    let Some((status, body)) = answer else { return Ok(()) };
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}
