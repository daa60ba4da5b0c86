//! Transactions passed from the validator that took them to the others, and who is connected.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Handle, Spawner};
use futures::{FutureExt, StreamExt, channel::mpsc, select_biased};
use tracing::trace;

use crate::{Application, ValidatorKey, epochs::key_bytes};

/// Between two signs of life.
const HELLO_EVERY: Duration = Duration::from_secs(5);
/// A peer silent for longer counts as disconnected.
const SILENT_AFTER: Duration = Duration::from_secs(15);

const HELLO: u8 = 0;
const TRANSACTION: u8 = 1;

/// When each peer was last heard.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<BTreeMap<ValidatorKey, SystemTime>>>);

impl Heard {
    fn note(&self, peer: ValidatorKey, now: SystemTime) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, now);
    }

    /// The peers heard lately, ascending.
    pub fn lately(&self, now: SystemTime) -> Vec<ValidatorKey> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.retain(|_, last| now.duration_since(*last).is_ok_and(|silent| silent < SILENT_AFTER) || *last > now);
        heard.keys().copied().collect()
    }
}

/// Starts sending what the application hands out and handing it what arrives.
pub(crate) fn start<E, S, R>(
    context: E,
    application: Arc<dyn Application>,
    heard: Heard,
    mut outgoing: mpsc::Receiver<Bytes>,
    (mut sender, mut receiver): (S, R),
) -> (Handle<()>, Handle<()>)
where
    E: Spawner + Clock,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let incoming = context.child("incoming").spawn(move |context| async move {
        while let Ok((peer, message)) = receiver.recv().await {
            let peer = key_bytes(&peer);
            heard.note(peer, context.current());
            let message: Bytes = message.into();
            if message.first() == Some(&TRANSACTION) {
                application.receive(&peer, message.slice(1..));
            }
        }
    });
    let outgoing = context.child("outgoing").spawn(move |context| async move {
        loop {
            let mut hello = Box::pin(context.sleep(HELLO_EVERY)).fuse();
            let message = select_biased! {
                transaction = outgoing.next() => match transaction {
                    Some(transaction) => [&[TRANSACTION], transaction.as_ref()].concat(),
                    None => return,
                },
                () = hello => vec![HELLO],
            };
            let sent = sender.send(Recipients::All, message, false);
            trace!(validators = sent.len(), "passed on");
        }
    });
    (incoming, outgoing)
}
