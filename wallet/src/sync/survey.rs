//! Where the nodes stand, compared with each other.

use hushwatt_client::{NodeClient, NodeStatus};
use hushwatt_crypto::hash::hex;

use super::{Nodes, Notice, market::at_once};

/// A node is behind from so many blocks and so many seconds on: nodes never stand at the same block all the time.
const BEHIND: (u64, u64) = (3, 120);

/// Where the nodes stand.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The one that is furthest, of those that were not found to give wrong answers if there are any.
    pub best: Option<NodeStatus>,
    /// What is known against the nodes.
    pub notices: Vec<Notice>,
}

impl Nodes {
    /// Asks every node for its height, time and digest, all at once; notices foreign networks, lags, and final blocks that
    /// contradict each other.
    pub fn survey(&mut self) -> Survey {
        let mut asked: Vec<usize> = (0..self.nodes.len()).filter(|index| !self.nodes[*index].is_quiet()).collect();
        if asked.is_empty() {
            asked = (0..self.nodes.len()).collect();
        }
        let clients: Vec<&NodeClient> = asked.iter().map(|index| &self.nodes[*index].client).collect();
        let answers = at_once(&clients, NodeClient::status);
        for (index, status) in asked.into_iter().zip(answers) {
            self.heard(index, status);
        }
        let best = self.best();
        if let Some((index, best)) = &best {
            self.compare(*index, best);
        }
        Survey { best: best.map(|(_, status)| status), notices: self.notices() }
    }

    fn best(&self) -> Option<(usize, NodeStatus)> {
        let wrong = |index: usize| self.nodes[index].notices.iter().any(|one| matches!(one, Notice::Nonsense { .. }));
        let known = self.nodes.iter().enumerate().filter_map(|(index, node)| Some((index, node.status.clone()?)));
        known.max_by_key(|(index, status)| (!wrong(*index), status.height, std::cmp::Reverse(*index)))
    }

    /// Holds every other node against the best one.
    fn compare(&mut self, best: usize, status: &NodeStatus) {
        let network = *self.genesis.network();
        for index in (0..self.nodes.len()).filter(|index| *index != best) {
            let Some(own) = self.nodes[index].status.clone() else { continue };
            let blocks = status.height.saturating_sub(own.height);
            let seconds = status.time.saturating_sub(own.time);
            let node = self.nodes[index].name();
            if blocks >= BEHIND.0 && seconds >= BEHIND.1 {
                self.nodes[index].notice(Notice::Behind { node: node.clone(), blocks, minutes: seconds / 60 });
            }
            // The best one's block where this node stands; at height 0 all have the same.
            let digest = match blocks {
                _ if own.height == 0 || self.nodes[index].agreed.as_ref() == Some(&own.digest) => continue,
                0 if own.height == status.height => Some(status.digest.clone()),
                0 => continue,
                _ => match self.nodes[best].client.digest_at(&network, own.height) {
                    Ok(digest) => digest.map(|digest| hex(&digest.0)),
                    Err(error) => {
                        self.nodes[best].failed(&error);
                        continue;
                    }
                },
            };
            let other = self.nodes[best].name();
            match digest {
                Some(digest) if digest != own.digest => {
                    self.nodes[index].notice(Notice::Fork { node, other, height: own.height });
                }
                Some(digest) => {
                    self.nodes[index].forget(|notice| matches!(notice, Notice::Fork { .. }));
                    self.nodes[index].agreed = Some(digest);
                }
                None => {}
            }
        }
    }
}
