//! Who is connected. The number of connections is bounded, in all and for each client; where one too many comes, one that
//! has been idle for longest gives way, so that those who only hold connections open keep out nobody who has something to say.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::client::ClientId;

/// All connections.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    most: usize,
    most_per_client: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number of the next connection, and of the next time one falls idle.
    next: u64,
    all: HashMap<u64, Entry>,
    clients: HashMap<ClientId, Share>,
}

struct Entry {
    client: ClientId,
    /// Since when it has no request to answer; `None` while it has one.
    idle: Option<u64>,
    closed: Arc<Notify>,
}

#[derive(Default)]
struct Share {
    connections: usize,
    /// Its idle connections, longest idle first.
    idle: BTreeMap<u64, u64>,
}

impl Connections {
    pub fn new(most: usize, most_per_client: usize) -> Self {
        Connections(Arc::new(Shared { most, most_per_client, state: Mutex::default() }))
    }

    /// Takes a connection in, if need be in place of an idle one; `None` if all are busy. A trusted proxy has many clients
    /// behind it and may have all connections.
    pub fn admit(&self, client: ClientId, is_proxy: bool) -> Option<Connection> {
        let mut state = self.0.lock();
        let own = state.clients.get(&client).map_or(0, |share| share.connections);
        if !is_proxy && own >= self.0.most_per_client {
            state.close_idle_of(client)?;
        } else if state.all.len() >= self.0.most {
            let largest = state.clients.iter().filter(|(_, share)| !share.idle.is_empty());
            let largest = largest.max_by_key(|(_, share)| share.connections).map(|(client, _)| *client);
            state.close_idle_of(largest?)?;
        }
        let (number, closed) = (state.tick(), Arc::new(Notify::new()));
        state.all.insert(number, Entry { client, idle: None, closed: closed.clone() });
        state.clients.entry(client).or_default().connections += 1;
        state.set_idle(number, true);
        Some(Connection { shared: self.0.clone(), number, closed })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tick(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn set_idle(&mut self, number: u64, idle: bool) {
        let now = self.tick();
        let Some(entry) = self.all.get_mut(&number) else { return };
        let Some(share) = self.clients.get_mut(&entry.client) else { return };
        if let Some(since) = entry.idle.take() {
            share.idle.remove(&since);
        }
        if idle {
            entry.idle = Some(now);
            share.idle.insert(now, number);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.all.remove(&number)?;
        if let Some(share) = self.clients.get_mut(&entry.client) {
            share.connections -= 1;
            if let Some(since) = entry.idle {
                share.idle.remove(&since);
            }
            if share.connections == 0 {
                self.clients.remove(&entry.client);
            }
        }
        Some(entry)
    }

    /// Closes the connection of a client that has been idle for longest.
    fn close_idle_of(&mut self, client: ClientId) -> Option<()> {
        let (_, number) = self.clients.get(&client)?.idle.first_key_value()?;
        let entry = self.remove(*number)?;
        entry.closed.notify_one();
        Some(())
    }
}

/// A place among the connections; dropping it frees the place.
pub(super) struct Connection {
    shared: Arc<Shared>,
    number: u64,
    closed: Arc<Notify>,
}

impl Connection {
    /// Resolves when it must give way.
    pub async fn closed(&self) {
        self.closed.notified().await;
    }

    /// A request came; the connection is busy until its answer is out, which is when the guard is dropped.
    pub fn answering(&self) -> Answering {
        self.shared.lock().set_idle(self.number, false);
        Answering { shared: self.shared.clone(), number: self.number }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.lock().remove(self.number);
    }
}

/// A request being answered.
pub(super) struct Answering {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.shared.lock().set_idle(self.number, true);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::net::Ipv4Addr;

    use futures::FutureExt;

    use super::*;

    fn client(number: u8) -> ClientId {
        ClientId::of(Ipv4Addr::new(192, 0, 2, number).into())
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.closed().now_or_never().is_some()
    }

    #[test]
    fn the_longest_idle_connection_of_the_same_client_gives_way() {
        let connections = Connections::new(10, 2);
        let (first, second) =
            (connections.admit(client(1), false).unwrap(), connections.admit(client(1), false).unwrap());
        // The first was used since, so the second is idle for longer.
        drop(first.answering());
        let third = connections.admit(client(1), false).unwrap();
        assert!(is_closed(&second) && !is_closed(&first) && !is_closed(&third));
    }

    #[test]
    fn a_busy_connection_gives_way_to_nobody() {
        let connections = Connections::new(10, 1);
        let only = connections.admit(client(1), false).unwrap();
        let answering = only.answering();
        assert!(connections.admit(client(1), false).is_none());
        assert!(connections.admit(client(2), false).is_some());
        drop(answering);
        assert!(connections.admit(client(1), false).is_some() && is_closed(&only));
    }

    #[test]
    fn when_all_places_are_taken_the_client_with_the_most_loses_one() {
        let connections = Connections::new(4, 3);
        let one = connections.admit(client(1), false).unwrap();
        let many: Vec<_> = (0..3).map(|_| connections.admit(client(2), false).unwrap()).collect();
        let another = connections.admit(client(3), false).unwrap();
        assert!(is_closed(&many[0]) && !is_closed(&one) && !is_closed(&another));
        drop((one, many, another));
        let state = connections.0.lock();
        assert!(state.all.is_empty() && state.clients.is_empty());
    }

    #[test]
    fn a_trusted_proxy_may_have_all_connections() {
        let connections = Connections::new(3, 1);
        let all: Vec<_> = (0..3).map(|_| connections.admit(client(1), true).unwrap()).collect();
        assert!(!all.iter().any(is_closed));
    }
}
