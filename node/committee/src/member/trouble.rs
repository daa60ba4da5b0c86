//! What is wrong, by cause: what goes well says nothing about another one.

use std::collections::BTreeMap;

use super::StepError;

/// Names of warnings.
pub(super) const NODES: &str = "nodes";
pub(super) const LEDGER: &str = "ledger";
const DISK: &str = "disk";

/// What did not go well.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// No node is of use.
    Nodes,
    /// Keeping what a block has.
    Taking,
    /// Keeping what was lacking.
    Seeking,
    /// Writing answers down.
    Answering,
    /// Finding what is to be sent.
    Sending,
    /// Removing shares.
    Erasing,
    /// Writing the view down.
    Saving,
    /// Writing the status down.
    Telling,
}

/// What is wrong with one cause.
#[derive(PartialEq, Eq)]
pub(super) struct Wrong {
    /// The name of its warning.
    pub code: &'static str,
    /// What, in words.
    pub text: String,
}

impl From<StepError> for Wrong {
    fn from(error: StepError) -> Self {
        let text = error.to_string();
        match error {
            StepError::State(_) | StepError::Chain(_) | StepError::Complaint { .. } => Wrong { code: LEDGER, text },
            StepError::Shares(_) | StepError::Answers(_) | StepError::Storage(_) => Wrong { code: DISK, text },
        }
    }
}

/// What is wrong now.
#[derive(Default)]
pub(super) struct Trouble {
    causes: BTreeMap<Cause, Wrong>,
    /// The chain cannot be followed beyond this block.
    chain: Option<(u64, String)>,
}

impl Trouble {
    /// It went well, or did not.
    pub fn note(&mut self, cause: Cause, done: Result<(), StepError>) {
        self.set(cause, done.err().map(Wrong::from));
    }

    /// What is wrong with the nodes, in words.
    pub fn nodes(&mut self, trouble: Option<String>) {
        self.set(Cause::Nodes, trouble.map(|text| Wrong { code: NODES, text }));
    }

    /// What is new goes to the log.
    fn set(&mut self, cause: Cause, trouble: Option<Wrong>) {
        match trouble {
            Some(trouble) => {
                if self.causes.get(&cause) != Some(&trouble) {
                    tracing::warn!("{}", trouble.text);
                }
                self.causes.insert(cause, trouble);
            }
            None => {
                self.causes.remove(&cause);
            }
        }
    }

    /// The chain cannot be followed beyond the block of a height.
    pub fn chain_ends(&mut self, height: u64, why: String) {
        if self.chain.as_ref().is_none_or(|(_, known)| *known != why) {
            tracing::error!(height, "{why}");
        }
        self.chain = Some((height, why));
    }

    /// The chain was followed up to this height.
    pub fn followed(&mut self, height: u64) {
        if self.chain.as_ref().is_some_and(|(ended, _)| height > *ended) {
            self.chain = None;
        }
    }

    /// Why the chain cannot be followed.
    pub fn chain(&self) -> Option<&str> {
        self.chain.as_ref().map(|(_, why)| why.as_str())
    }

    /// Everything else.
    pub fn causes(&self) -> impl Iterator<Item = &Wrong> {
        self.causes.values()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io;

    use hushwatt_ledger::{state::StateError, storage::StorageError};

    use super::*;

    #[test]
    fn a_warning_has_the_name_of_what_is_wrong_and_not_of_what_was_done() {
        let path = "view.bin".into();
        let full = StorageError::Io { action: "write", path, source: io::Error::other("no space left") };
        for cause in [Cause::Seeking, Cause::Answering, Cause::Sending, Cause::Saving] {
            let mut trouble = Trouble::default();
            trouble.note(cause, Err(StateError::Missing("a total").into()));
            let wrong = trouble.causes().next().unwrap();
            assert_eq!((wrong.code, wrong.text.as_str()), ("ledger", "the view of the ledger lacks a total"));
            trouble.note(cause, Ok(()));
            assert!(trouble.causes().next().is_none());
        }
        let mut trouble = Trouble::default();
        trouble.note(Cause::Sending, Err(full.into()));
        trouble.nodes(Some("no node answers".to_owned()));
        assert_eq!(trouble.causes().map(|wrong| wrong.code).collect::<Vec<_>>(), ["nodes", "disk"]);
    }
}
