//! The operator's Clear of an auction whose orders he could open.

use std::collections::BTreeMap;

use hushwatt_ledger::{
    transaction::{
        Envelope, Transaction,
        clear::ClearPlan,
        order::{OrderId, OrderOpening},
    },
    units::{Utility, Window},
};

use crate::support::{Community, operator_key};

/// Of an auction of electricity that takes no more orders and whose rank is known.
pub fn clear_of(community: &mut Community, window: Window, openings: &BTreeMap<OrderId, OrderOpening>) -> Transaction {
    let state = community.follower.state();
    let auction = state.auction(Utility::Electricity, window).unwrap().unwrap();
    let orders = state.orders_of(Utility::Electricity, window).unwrap();
    let orders: Vec<_> = orders.into_iter().map(|(id, record)| (id, record.terms, record.side())).collect();
    let plan = ClearPlan {
        utility: Utility::Electricity,
        window,
        orders: &orders,
        rank: auction.rank.unwrap(),
        openings,
        valid_until: Envelope::validity_from(community.follower.tip().time),
    };
    plan.build(&community.genesis, &operator_key(), &mut community.rng).unwrap().0
}
