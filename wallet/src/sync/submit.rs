//! Handing in a transaction.

use hushwatt_client::{ClientError, Taken};

use super::{Nodes, SyncError};

impl Nodes {
    /// Hands in a transaction (length in 4 bytes, transaction, hints), at one node after the other until one takes it. It is safe to
    /// repeat, and then another node is asked first: one may take a transaction and never pass it on.
    ///
    /// # Errors
    /// [`SyncError::Refused`] if those that answered refused it by a rule; a single node may lie about that, so as long as the
    /// transaction is valid and others did not answer (`by` less than `of`), it may still be included.
    /// [`SyncError::Conflict`] if no rule refused it, but one has another transaction that takes the same. Else
    /// [`SyncError::NoneOfUse`], [`SyncError::NoNodes`].
    pub fn submit(&mut self, submission: &[u8]) -> Result<Taken, SyncError> {
        let count = self.nodes.len();
        if count == 0 {
            return Err(SyncError::NoNodes);
        }
        let mut refused = Refusals::default();
        for index in (0..count).map(|place| (self.taker + place) % count).collect::<Vec<_>>() {
            if !self.is_ours(index) {
                continue;
            }
            match self.nodes[index].client.submit_bytes(submission, 0) {
                Ok(taken) => {
                    self.taker = (index + 1) % count;
                    return Ok(taken);
                }
                Err(error) => {
                    if let Some(error) = refused.take(error) {
                        self.nodes[index].failed(&error);
                    }
                }
            }
        }
        Err(refused.into_error(count).unwrap_or_else(|| SyncError::NoneOfUse(self.notices())))
    }
}

/// What nodes refuse, and why.
#[derive(Default)]
pub(super) struct Refusals {
    by: usize,
    said: Option<(Option<String>, String)>,
    /// One has another transaction that takes the same.
    conflict: bool,
}

impl Refusals {
    /// Counts a refusal of what was handed in; gives back an error that is none.
    pub fn take(&mut self, error: ClientError) -> Option<ClientError> {
        match error {
            ClientError::Refused { status: status @ (400..=428 | 430..=499), rule, message, .. } => {
                self.by += 1;
                self.conflict |= status == 409;
                // A rule's name says more than none.
                if self.said.as_ref().is_none_or(|(before, _)| before.is_none()) {
                    self.said = Some((rule, message));
                }
                None
            }
            other => Some(other),
        }
    }

    pub fn into_error(self, of: usize) -> Option<SyncError> {
        let (by, (rule, message)) = (self.by, self.said?);
        Some(match rule {
            None if self.conflict => SyncError::Conflict { message, by, of },
            rule => SyncError::Refused { rule, message, by, of },
        })
    }
}
