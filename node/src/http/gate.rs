//! Bounded concurrency with fair turns: so many run, some more wait, and the clients that wait take turns, so that one who
//! floods delays himself and not the others.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{client::ClientId, config::GateLimits};

/// Nothing is free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Busy {
    /// The client has as many as it may.
    Client,
    /// All clients together have.
    Server,
}

/// Lets requests of one class in.
#[derive(Clone)]
pub(super) struct Gate(Arc<Shared>);

struct Shared {
    limits: GateLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    /// Number of the next ticket.
    next: u64,
    clients: HashMap<ClientId, Share>,
    /// Clients with somebody waiting, each once, next one first.
    turns: VecDeque<ClientId>,
    /// Tickets that were let in and have not noticed yet.
    admitted: HashSet<u64>,
}

#[derive(Default)]
struct Share {
    /// Running and waiting.
    inside: usize,
    queue: VecDeque<(u64, Arc<Notify>)>,
}

impl Gate {
    pub fn new(limits: GateLimits) -> Self {
        Gate(Arc::new(Shared { limits, state: Mutex::default() }))
    }

    /// Waits for the client's turn. The permit is the right to run; dropping it, or this future, gives the place back.
    pub async fn enter(&self, client: ClientId) -> Result<Permit, Busy> {
        let (ticket, turn) = {
            let mut state = self.0.lock();
            let limits = &self.0.limits;
            if state.clients.get(&client).is_some_and(|share| share.inside >= limits.per_client) {
                return Err(Busy::Client);
            }
            if state.running < limits.running {
                state.running += 1;
                state.clients.entry(client).or_default().inside += 1;
                return Ok(Permit { gate: self.0.clone(), client });
            }
            if state.waiting >= limits.waiting {
                return Err(Busy::Server);
            }
            state.enqueue(&self.0, client)
        };
        turn.notified().await;
        Ok(ticket.into_permit())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enqueue(&mut self, gate: &Arc<Shared>, client: ClientId) -> (Ticket, Arc<Notify>) {
        let (number, turn) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        self.waiting += 1;
        let share = self.clients.entry(client).or_default();
        share.inside += 1;
        if share.queue.is_empty() {
            self.turns.push_back(client);
        }
        share.queue.push_back((number, turn.clone()));
        (Ticket { gate: gate.clone(), client, number, settled: false }, turn)
    }

    fn leave(&mut self, client: ClientId) {
        if let Some(share) = self.clients.get_mut(&client) {
            share.inside -= 1;
            if share.inside == 0 {
                self.clients.remove(&client);
            }
        }
    }

    fn release(&mut self, client: ClientId) {
        self.running -= 1;
        self.leave(client);
        self.admit_next();
    }

    fn admit_next(&mut self) {
        let Some(client) = self.turns.pop_front() else { return };
        let Some(share) = self.clients.get_mut(&client) else { return };
        let Some((number, turn)) = share.queue.pop_front() else { return };
        if !share.queue.is_empty() {
            self.turns.push_back(client);
        }
        self.waiting -= 1;
        self.running += 1;
        self.admitted.insert(number);
        turn.notify_one();
    }

    /// A ticket was given up: its place is free again, wherever it stood.
    fn give_up(&mut self, client: ClientId, number: u64) {
        if self.admitted.remove(&number) {
            return self.release(client);
        }
        if let Some(share) = self.clients.get_mut(&client) {
            share.queue.retain(|(other, _)| *other != number);
            if share.queue.is_empty() {
                self.turns.retain(|other| *other != client);
            }
        }
        self.waiting -= 1;
        self.leave(client);
    }
}

/// A place in the queue.
struct Ticket {
    gate: Arc<Shared>,
    client: ClientId,
    number: u64,
    settled: bool,
}

impl Ticket {
    fn into_permit(mut self) -> Permit {
        self.gate.lock().admitted.remove(&self.number);
        self.settled = true;
        Permit { gate: self.gate.clone(), client: self.client }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.settled {
            self.gate.lock().give_up(self.client, self.number);
        }
    }
}

/// The right to run.
pub(super) struct Permit {
    gate: Arc<Shared>,
    client: ClientId,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.lock().release(self.client);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{future::Future, net::Ipv4Addr, pin::Pin};

    use futures::{FutureExt, poll};

    use super::*;

    type Entering = Pin<Box<dyn Future<Output = Result<Permit, Busy>>>>;

    fn client(number: u8) -> ClientId {
        ClientId::of(Ipv4Addr::new(192, 0, 2, number).into())
    }

    fn gate(running: usize, waiting: usize, per_client: usize) -> Gate {
        Gate::new(GateLimits { running, waiting, per_client })
    }

    /// Enters and waits in the queue.
    async fn queued(gate: &Gate, number: u8) -> Entering {
        let gate = gate.clone();
        let mut entering: Entering = Box::pin(async move { gate.enter(client(number)).await });
        assert!(poll!(&mut entering).is_pending());
        entering
    }

    fn is_empty(gate: &Gate) -> bool {
        let state = gate.0.lock();
        state.running == 0
            && state.waiting == 0
            && state.clients.is_empty()
            && state.turns.is_empty()
            && state.admitted.is_empty()
    }

    #[tokio::test]
    async fn clients_take_turns_however_many_one_of_them_sends() {
        let gate = gate(1, 100, 50);
        let mut running = gate.enter(client(1)).await.unwrap();
        let mut flood = Vec::new();
        for _ in 0..20 {
            flood.push(queued(&gate, 1).await);
        }
        let mut honest = queued(&gate, 2).await;
        // One of the flood was first; the honest one is next.
        drop(running);
        running = flood.remove(0).now_or_never().unwrap().unwrap();
        assert!(poll!(&mut honest).is_pending());
        drop(running);
        assert!(honest.now_or_never().unwrap().is_ok());
        drop(flood);
        assert!(is_empty(&gate));
    }

    #[tokio::test]
    async fn limits_name_who_is_too_busy() {
        let gate = gate(1, 1, 2);
        let running = gate.enter(client(1)).await.unwrap();
        let waiting = queued(&gate, 1).await;
        assert_eq!(gate.enter(client(1)).await.err(), Some(Busy::Client));
        assert_eq!(gate.enter(client(2)).await.err(), Some(Busy::Server));
        drop((waiting, running));
        assert!(is_empty(&gate));
    }

    #[tokio::test]
    async fn a_place_given_up_is_free_again() {
        let gate = gate(1, 10, 10);
        let running = gate.enter(client(1)).await.unwrap();
        let (first, second, third) = (queued(&gate, 1).await, queued(&gate, 2).await, queued(&gate, 3).await);
        drop(second);
        // Let in, but given up before it noticed.
        drop(running);
        drop(first);
        let running = third.now_or_never().unwrap().unwrap();
        assert_eq!(gate.0.lock().running, 1);
        drop(running);
        assert!(is_empty(&gate));
    }
}
