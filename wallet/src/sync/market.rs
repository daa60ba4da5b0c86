//! The boards of the nodes, as one.

use std::{
    collections::BTreeMap,
    thread::{self, ScopedJoinHandle},
};

use hushwatt_client::{ClientError, NodeClient, SignedOffer};

use super::{Nodes, SyncError, submit::Refusals};

/// What a node, by its place, answered.
type Answer<T> = (usize, Result<T, ClientError>);

impl Nodes {
    /// All offers on any board, each once, in the order of their ids; signatures are verified.
    ///
    /// # Errors
    /// [`SyncError::NoNodes`]; [`SyncError::NoneOfUse`] if no node answers.
    pub fn board(&mut self) -> Result<Vec<SignedOffer>, SyncError> {
        let network = *self.genesis.network();
        let mut offers: Option<BTreeMap<[u8; 32], SignedOffer>> = None;
        for (index, read) in self.ask_ours(|client| client.board(&network))? {
            match read {
                Ok(read) => offers.get_or_insert_default().extend(read.into_iter().map(|offer| (offer.id(), offer))),
                Err(error) => self.nodes[index].failed(&error),
            }
        }
        let offers = offers.ok_or_else(|| SyncError::NoneOfUse(self.notices()))?;
        Ok(offers.into_values().collect())
    }

    /// Puts an offer on the boards of all nodes, since they do not pass offers on.
    ///
    /// # Errors
    /// If no board lists it: [`SyncError::Refused`], [`SyncError::NoneOfUse`], [`SyncError::NoNodes`].
    pub fn post_offer(&mut self, offer: &SignedOffer) -> Result<(), SyncError> {
        let (mut listed, mut refused) = (false, Refusals::default());
        for (index, posted) in self.ask_ours(|client| client.post_offer(offer))? {
            match posted.err().map(|error| refused.take(error)) {
                None => listed = true,
                Some(None) => {}
                Some(Some(error)) => self.nodes[index].failed(&error),
            }
        }
        if listed {
            return Ok(());
        }
        Err(refused.into_error(self.nodes.len()).unwrap_or_else(|| SyncError::NoneOfUse(self.notices())))
    }

    /// Asks all nodes of this network at once.
    fn ask_ours<T: Send>(
        &mut self,
        ask: impl Fn(&NodeClient) -> Result<T, ClientError> + Sync,
    ) -> Result<Vec<Answer<T>>, SyncError> {
        if self.nodes.is_empty() {
            return Err(SyncError::NoNodes);
        }
        let ours: Vec<usize> = (0..self.nodes.len()).filter(|index| self.is_ours(*index)).collect();
        let clients: Vec<&NodeClient> = ours.iter().map(|index| &self.nodes[*index].client).collect();
        let answers = at_once(&clients, ask);
        Ok(ours.into_iter().zip(answers).collect())
    }
}

/// Asks several nodes at once, each on a thread of its own: a slow one holds nobody up but the caller.
pub(super) fn at_once<T: Send>(clients: &[&NodeClient], ask: impl Fn(&NodeClient) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let ask = &ask;
        let asking: Vec<ScopedJoinHandle<'_, T>> =
            clients.iter().map(|client| scope.spawn(move || ask(client))).collect();
        let answer =
            |asked: ScopedJoinHandle<'_, T>| asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        asking.into_iter().map(answer).collect()
    })
}
