//! Proofs of version 1 that must hold for ever.

use hushwatt_circuits::clearing::{Book, Bounds, Claim, Committed, PlainOrder, Statement, prove, verify};
use rand::{SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use crate::{
    golden_support::{Golden, check, element, element_hex, write_missing},
    support::{Auction, BOUNDS, DIGEST, NETWORK},
};

/// What is public of a clearing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    floor: u32,
    cap: u32,
    price: Option<u32>,
    bids: Vec<Order>,
    asks: Vec<Order>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    limit: String,
    quantity: String,
    fill: Option<String>,
}

impl Inputs {
    fn of(auction: &Auction) -> Self {
        let order = |order: &Committed| Order {
            limit: element_hex(&order.limit),
            quantity: element_hex(&order.quantity),
            fill: order.fill.as_ref().map(element_hex),
        };
        Inputs {
            floor: auction.bounds.floor,
            cap: auction.bounds.cap,
            price: match auction.claim {
                Claim::NoTrade => None,
                Claim::Trade { price } => Some(price),
            },
            bids: auction.bids.iter().map(order).collect(),
            asks: auction.asks.iter().map(order).collect(),
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&Statement<'_>) -> T) -> T {
        let order = |order: &Order| Committed {
            limit: element(&order.limit),
            quantity: element(&order.quantity),
            fill: order.fill.as_deref().map(element),
        };
        let (bids, asks) =
            (self.bids.iter().map(order).collect::<Vec<_>>(), self.asks.iter().map(order).collect::<Vec<_>>());
        use_it(&Statement {
            network: &NETWORK,
            digest: &DIGEST,
            bounds: Bounds { floor: self.floor, cap: self.cap },
            claim: self.price.map_or(Claim::NoTrade, |price| Claim::Trade { price }),
            bids: &bids,
            asks: &asks,
        })
    }
}

const NAMES: [&str; 2] = ["clearing-1-five-orders", "no-trade-1-three-orders"];

/// One with equal limits and a partly filled order, and one without overlap.
fn books() -> [Book; 2] {
    let order = |(quantity, limit)| PlainOrder { limit, quantity };
    [
        Book {
            bids: [(30, 500), (40, 400), (20, 400)].map(order).to_vec(),
            asks: [(50, 200), (60, 400)].map(order).to_vec(),
        },
        Book { bids: [(30, 500), (40, 400)].map(order).to_vec(), asks: vec![order((50, 501))] },
    ]
}

/// Of a new version only; see `golden_support`.
fn write_golden_proofs() {
    let mut rng = StdRng::seed_from_u64(1);
    for (name, book) in NAMES.into_iter().zip(books()) {
        write_missing(name, || {
            let auction = Auction::of(&mut rng, BOUNDS, &book);
            let statement = auction.statement();
            let proof = prove(&statement, &auction.opened_bids, &auction.opened_asks, &mut rng).unwrap();
            Golden::new(Inputs::of(&auction), statement.circuit_digest().unwrap(), &proof)
        });
    }
}

#[test]
fn golden_proofs_hold() {
    write_golden_proofs();
    for name in NAMES {
        let digest = |inputs: &Inputs| inputs.with(|statement| statement.circuit_digest().unwrap());
        check(name, digest, |inputs, proof| inputs.with(|statement| verify(statement, proof)));
    }
}
