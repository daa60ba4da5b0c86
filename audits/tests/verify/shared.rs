//! Chains of a community with a committee: what forgers of totals begin with.

use crate::{chain::Chain, kit::totals::Community};

/// Every block of a community, as a chain.
pub fn chain_of(community: &Community) -> Chain {
    let world = community.world.clone();
    let records = world.chain.iter().map(|(block, _)| (block.encode(), world.certify(block).encode())).collect();
    Chain { world, records, contracts: Vec::new() }
}
