//! Which node is asked next, and what is held against each.

use std::{
    mem::discriminant,
    time::{Duration, Instant},
};

use hushwatt_client::{ClientError, NodeStatus, Patience};

use super::{Node, Nodes, Notice, notice::LIE};

/// A piece must come within a minute; what has come by then is used.
pub(super) const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(5), answer: Duration::from_secs(20), body: Some(Duration::from_secs(60)) };

/// A node that could not be reached is not asked where it stands for so long, as long as another one answers.
const QUIET: Duration = Duration::from_secs(30);
/// No node falls deeper: it comes back after so many good answers.
const MOST_FAULTS: u32 = 64;

impl Nodes {
    /// The nodes in the order in which to ask: those with the fewest faults first, among them the last one that was good.
    pub(super) fn order(&self) -> Vec<usize> {
        let count = self.nodes.len();
        let mut order: Vec<usize> = (0..count).map(|place| (self.current + place) % count).collect();
        order.sort_by_key(|index| self.nodes[*index].faults);
        order
    }

    /// Whether a node says that it is of this network; asked once, and again after it did not answer.
    pub(super) fn is_ours(&mut self, index: usize) -> bool {
        if self.nodes[index].is_ours.is_none() {
            let status = self.nodes[index].client.status();
            self.heard(index, status);
        }
        self.nodes[index].is_ours == Some(true)
    }

    /// Takes in what a node said about itself.
    pub(super) fn heard(&mut self, index: usize, status: Result<NodeStatus, ClientError>) {
        let network = self.genesis.network().to_string();
        let node = &mut self.nodes[index];
        match status {
            Ok(status) if status.network == network => {
                (node.is_ours, node.quiet_until) = (Some(true), None);
                node.forget(|notice| {
                    matches!(notice, Notice::Unreachable { .. } | Notice::OtherNetwork { .. } | Notice::Behind { .. })
                });
                node.status = Some(status);
            }
            Ok(_) => {
                (node.is_ours, node.status) = (Some(false), None);
                node.notice(Notice::OtherNetwork { node: node.name() });
            }
            Err(error) => {
                // It may be another one when it is back.
                (node.is_ours, node.status) = (None, None);
                node.failed(&error);
            }
        }
    }

    /// The caller found what was fetched last to be wrong: another node is asked next.
    pub fn blame(&mut self, reason: &str) {
        self.ahead = None;
        if let Some(node) = self.nodes.get_mut(self.current) {
            node.notice(Notice::Nonsense { node: node.name(), reason: reason.to_owned() });
        }
    }
}

impl Node {
    /// As people know it.
    pub fn name(&self) -> String {
        self.client.base().to_string()
    }

    /// Holds something against the node; a notice of the same kind gives way.
    pub fn notice(&mut self, notice: Notice) {
        self.faults = self.faults.saturating_add(notice.weight()).min(MOST_FAULTS);
        if matches!(notice, Notice::Unreachable { .. }) {
            self.quiet_until = Some(Instant::now() + QUIET);
        }
        self.forget(|other| discriminant(other) == discriminant(&notice));
        self.notices.push(notice);
    }

    /// Whether it could not be reached a moment ago.
    pub fn is_quiet(&self) -> bool {
        self.quiet_until.is_some_and(|until| Instant::now() < until)
    }

    pub fn forget(&mut self, kind: impl Fn(&Notice) -> bool) {
        self.notices.retain(|notice| !kind(notice));
    }

    /// It gave a good piece.
    pub fn mend(&mut self) {
        self.faults = self.faults.saturating_sub(1);
        self.forget(|notice| matches!(notice, Notice::Unreachable { .. }));
        if self.faults < LIE {
            self.forget(|notice| matches!(notice, Notice::Nonsense { .. } | Notice::WithheldHints { .. }));
        }
    }

    /// A request failed.
    pub fn failed(&mut self, error: &ClientError) {
        let node = self.name();
        self.notice(match error {
            ClientError::Unreachable { reason, .. } => Notice::Unreachable { node, reason: reason.clone() },
            // Too much is asked of it.
            ClientError::Refused { status: 429 | 500.., message, .. } => {
                Notice::Unreachable { node, reason: message.clone() }
            }
            ClientError::Refused { message, .. } => Notice::Nonsense { node, reason: message.clone() },
            ClientError::Nonsense { reason, .. } => Notice::Nonsense { node, reason: reason.clone() },
        });
    }
}
