//! Chains of a community with a committee: what forgers of totals begin with.

use hushwatt_audits::Question;
use hushwatt_ledger::transaction::build::Built;

use crate::{chain::Chain, kit::totals::Community};

/// Every block of a community, as a chain.
pub fn chain_of(community: &Community) -> Chain {
    let world = community.world.clone();
    let records = world.chain.iter().map(|(block, _)| (block.encode(), world.certify(block).encode())).collect();
    Chain { world, records, contracts: Vec::new() }
}

/// The next block, a minute later, has this transaction alone, and the audit blames it.
#[track_caller]
pub fn blames(community: &Community, bad: &Built, question: Question, rule: &str) {
    let mut chain = chain_of(community);
    chain.forge_rules(chain.world.after(60), std::slice::from_ref(bad));
    chain.blames(bad, question, rule);
}
