//! The rows of the table.

use hushwatt_circuits::{CircuitProof, allocation, bill, clearing, peak};
use hushwatt_crypto::{NetworkId, SecretScalar, commitment::Opening};
use rand::{Rng, SeedableRng, rngs::StdRng};

const NETWORK: NetworkId = NetworkId([7; 32]);
const DIGEST: [u8; 64] = [9; 64];

/// A row.
pub struct Case {
    pub name: &'static str,
    /// The same numbers, commitments and blindings whenever it is called.
    pub make: fn() -> Box<dyn Subject>,
}

/// Something that is proven.
pub trait Subject {
    /// Gates of all its circuits.
    fn gates(&self) -> usize;
    fn prove(&self) -> Vec<CircuitProof>;
    fn verify(&self, proofs: &[CircuitProof]) -> bool;
    /// The same proofs so many times in one batch, where the statement has batches.
    fn verify_batch(&self, proofs: &[CircuitProof], times: usize) -> Option<bool>;
}

pub const CASES: &[Case] = &[
    Case { name: "clearing, 2 orders", make: || Box::new(Clearing::of(2)) },
    Case { name: "clearing, 10 orders", make: || Box::new(Clearing::of(10)) },
    Case { name: "clearing, 50 orders", make: || Box::new(Clearing::of(50)) },
    Case { name: "clearing, 200 orders", make: || Box::new(Clearing::of(200)) },
    Case { name: "clearing, 200 orders, any price", make: || Box::new(Clearing::of_any_price(200)) },
    Case { name: "clearing, 200 orders, no trade", make: || Box::new(Clearing::of_no_trade(200)) },
    Case { name: "bill, 720 hours", make: || Box::new(Bill::of(720)) },
    Case { name: "bill, 2,880 quarter hours", make: || Box::new(Bill::of(2_880)) },
    Case { name: "bill, a year of quarter hours", make: || Box::new(Bill::of(35_040)) },
    Case { name: "allocation, static, 10 members", make: || Box::new(Allocation::of(shared(10), 10)) },
    Case { name: "allocation, static, 100 members", make: || Box::new(Allocation::of(shared(100), 100)) },
    Case { name: "allocation, dynamic, 10 members", make: || Box::new(Allocation::of(allocation::Key::Dynamic, 10)) },
    Case { name: "allocation, dynamic, 100 members", make: || Box::new(Allocation::of(allocation::Key::Dynamic, 100)) },
    Case { name: "allocation, hybrid, 10 members", make: || Box::new(Allocation::of(hybrid(10), 10)) },
    Case { name: "allocation, hybrid, 100 members", make: || Box::new(Allocation::of(hybrid(100), 100)) },
    Case { name: "allocation, priority, 10 members", make: || Box::new(Allocation::of(allocation::Key::Priority, 10)) },
    Case {
        name: "allocation, priority, 100 members",
        make: || Box::new(Allocation::of(allocation::Key::Priority, 100)),
    },
    Case { name: "peak, evenings of a month", make: || Box::new(Peak::of(276)) },
    Case { name: "peak, a month of quarter hours", make: || Box::new(Peak::of(2_976)) },
];

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn opening(rng: &mut StdRng, value: impl Into<u64>) -> Opening {
    Opening::new(value.into(), SecretScalar::random(rng))
}

struct Clearing {
    bounds: clearing::Bounds,
    claim: clearing::Claim,
    opened: [Vec<clearing::Opened>; 2],
    committed: [Vec<clearing::Committed>; 2],
}

/// Prices of the general tariff of a genesis, in micro-euro per Wh.
const BOUNDS: clearing::Bounds = clearing::Bounds { floor: 10, cap: 1_000 };

impl Clearing {
    fn of(orders: usize) -> Self {
        Self::with(orders, BOUNDS, [BOUNDS.floor..=BOUNDS.cap, BOUNDS.floor..=BOUNDS.cap])
    }

    fn of_any_price(orders: usize) -> Self {
        let bounds = clearing::Bounds { floor: 1, cap: (1 << 31) - 1 };
        Self::with(orders, bounds, [bounds.floor..=bounds.cap, bounds.floor..=bounds.cap])
    }

    fn of_no_trade(orders: usize) -> Self {
        Self::with(orders, BOUNDS, [10..=499, 500..=1_000])
    }

    fn with(orders: usize, bounds: clearing::Bounds, limits: [core::ops::RangeInclusive<u32>; 2]) -> Self {
        let mut rng = rng();
        let mut sides = limits.map(|limits| -> Vec<clearing::PlainOrder> {
            let mut order =
                || clearing::PlainOrder { limit: rng.gen_range(limits.clone()), quantity: rng.gen_range(10..5_000) };
            (0..orders / 2).map(|_| order()).collect()
        });
        // Two orders shall trade too.
        if sides[0][0].limit < sides[1][0].limit && orders == 2 {
            sides.swap(0, 1);
        }
        let [bids, asks] = sides;
        let book = clearing::Book { bids, asks };
        let (claim, fills) = match clearing::clear(&bounds, &book).unwrap() {
            clearing::Cleared::NoTrade => (clearing::Claim::NoTrade, None),
            clearing::Cleared::Trade { price, bid_fills, ask_fills } => {
                (clearing::Claim::Trade { price }, Some([bid_fills, ask_fills]))
            }
        };
        let opened = [(0, &book.bids), (1, &book.asks)].map(|(side, orders)| {
            let open = |(place, order): (usize, &clearing::PlainOrder)| clearing::Opened {
                limit: opening(&mut rng, order.limit),
                quantity: opening(&mut rng, order.quantity),
                fill: fills.as_ref().map(|fills| opening(&mut rng, fills[side][place])),
            };
            orders.iter().enumerate().map(open).collect::<Vec<_>>()
        });
        let committed = [0, 1].map(|side| {
            let commit = |order: &clearing::Opened| clearing::Committed {
                limit: order.limit.commit(),
                quantity: order.quantity.commit(),
                fill: order.fill.as_ref().map(Opening::commit),
            };
            opened[side].iter().map(commit).collect()
        });
        Clearing { bounds, claim, opened, committed }
    }

    fn statement(&self) -> clearing::Statement<'_> {
        clearing::Statement {
            network: &NETWORK,
            digest: &DIGEST,
            bounds: self.bounds,
            claim: self.claim,
            bids: &self.committed[0],
            asks: &self.committed[1],
        }
    }
}

impl Subject for Clearing {
    fn gates(&self) -> usize {
        let [bids, asks] = [0, 1].map(|side| self.committed[side].len());
        clearing::stats(&self.bounds, self.claim != clearing::Claim::NoTrade, bids, asks).unwrap().gates
    }

    fn prove(&self) -> Vec<CircuitProof> {
        vec![clearing::prove(&self.statement(), &self.opened[0], &self.opened[1], &mut rng()).unwrap()]
    }

    fn verify(&self, proofs: &[CircuitProof]) -> bool {
        clearing::verify(&self.statement(), &proofs[0]).is_ok()
    }

    fn verify_batch(&self, proofs: &[CircuitProof], times: usize) -> Option<bool> {
        Some(clearing::verify_batch(&vec![(self.statement(), &proofs[0]); times]).is_ok())
    }
}

/// Three zones, two tiers, standing charge, tax.
struct Bill {
    rates: bill::Rates,
    days: u32,
    consumed: Vec<Opening>,
    intervals: Vec<bill::Metered>,
    gross: u64,
}

impl Bill {
    fn of(intervals: usize) -> Self {
        let mut rng = rng();
        let rates = bill::Rates {
            zones: vec![310_000, 270_000, 190_000],
            tiers: [(100_000, 20_000), (400_000, 45_000)]
                .map(|(above, surcharge)| bill::Tier { above, surcharge })
                .to_vec(),
            standing: 350_000,
            minimum: 500,
            vat: 1_900,
        };
        let days = if intervals > 3_000 { 365 } else { 30 };
        let zones: Vec<u8> = (0..intervals).map(|place| (place % 3) as u8).collect();
        let values: Vec<u32> = (0..intervals).map(|_| rng.gen_range(0..800)).collect();
        let mut sums = [0u64; 3];
        zones.iter().zip(&values).for_each(|(zone, value)| sums[usize::from(*zone)] += u64::from(*value));
        let gross = rates.bill(days, &sums).unwrap().gross;
        let consumed: Vec<Opening> = values.iter().map(|value| opening(&mut rng, *value)).collect();
        let metered = |(zone, opening): (&u8, &Opening)| bill::Metered { zone: *zone, consumed: opening.commit() };
        let intervals = zones.iter().zip(&consumed).map(metered).collect();
        Bill { rates, days, consumed, intervals, gross }
    }

    fn statement(&self) -> bill::Statement<'_> {
        bill::Statement {
            network: &NETWORK,
            digest: &DIGEST,
            rates: &self.rates,
            days: self.days,
            intervals: &self.intervals,
            gross: self.gross,
        }
    }
}

impl Subject for Bill {
    fn gates(&self) -> usize {
        bill::stats(self.rates.zones.len(), self.rates.tiers.len()).unwrap().gates
    }

    fn prove(&self) -> Vec<CircuitProof> {
        vec![bill::prove(&self.statement(), &self.consumed, &mut rng()).unwrap()]
    }

    fn verify(&self, proofs: &[CircuitProof]) -> bool {
        bill::verify(&self.statement(), &proofs[0]).is_ok()
    }

    fn verify_batch(&self, proofs: &[CircuitProof], times: usize) -> Option<bool> {
        Some(bill::verify_batch(&vec![(self.statement(), &proofs[0]); times]).is_ok())
    }
}

struct Allocation {
    key: allocation::Key,
    generation: Opening,
    opened: Vec<allocation::Opened>,
    members: Vec<allocation::Committed>,
}

/// Equal shares.
fn shares(members: u32) -> Vec<u32> {
    let mut shares = vec![allocation::WHOLE / members; members as usize];
    shares[0] += allocation::WHOLE % members;
    shares
}

fn shared(members: u32) -> allocation::Key {
    allocation::Key::Static { shares: shares(members) }
}

fn hybrid(members: u32) -> allocation::Key {
    allocation::Key::Hybrid { shares: shares(members) }
}

impl Allocation {
    fn of(key: allocation::Key, members: usize) -> Self {
        let mut rng = rng();
        let consumption: Vec<u32> = (0..members).map(|_| rng.gen_range(0..2_000)).collect();
        let generation = 700 * members as u64;
        let allocated = allocation::allocate(&key, generation, &consumption).unwrap();
        let generation = opening(&mut rng, generation);
        let mut open = |(consumption, allocation): (&u32, &u32)| allocation::Opened {
            consumption: opening(&mut rng, *consumption),
            allocation: opening(&mut rng, *allocation),
        };
        let opened: Vec<_> = consumption.iter().zip(&allocated).map(&mut open).collect();
        let commit = |member: &allocation::Opened| allocation::Committed {
            consumption: member.consumption.commit(),
            allocation: member.allocation.commit(),
        };
        let members = opened.iter().map(commit).collect();
        Allocation { key, generation, opened, members }
    }

    fn statement(&self) -> allocation::Statement<'_> {
        allocation::Statement {
            network: &NETWORK,
            context: &DIGEST,
            key: &self.key,
            generation: self.generation.commit(),
            members: &self.members,
        }
    }
}

impl Subject for Allocation {
    fn gates(&self) -> usize {
        allocation::stats(&self.key, self.members.len()).unwrap().gates
    }

    fn prove(&self) -> Vec<CircuitProof> {
        vec![allocation::prove(&self.statement(), &self.generation, &self.opened, &mut rng()).unwrap()]
    }

    fn verify(&self, proofs: &[CircuitProof]) -> bool {
        allocation::verify(&self.statement(), &proofs[0]).is_ok()
    }

    fn verify_batch(&self, proofs: &[CircuitProof], times: usize) -> Option<bool> {
        Some(allocation::verify_batch(&vec![(self.statement(), &proofs[0]); times]).is_ok())
    }
}

/// Quarter hours below 4 kW.
struct Peak {
    values: Vec<Opening>,
    intervals: Vec<hushwatt_crypto::Element>,
}

impl Peak {
    const LIMIT: u32 = 1_000;

    fn of(intervals: usize) -> Self {
        let mut rng = rng();
        let values: Vec<Opening> = (0..intervals)
            .map(|_| {
                let value: u32 = rng.gen_range(0..=Self::LIMIT);
                opening(&mut rng, value)
            })
            .collect();
        let intervals = values.iter().map(Opening::commit).collect();
        Peak { values, intervals }
    }

    fn statement(&self) -> peak::Statement<'_> {
        peak::Statement { network: &NETWORK, digest: &DIGEST, limit: Self::LIMIT, intervals: &self.intervals }
    }
}

impl Subject for Peak {
    fn gates(&self) -> usize {
        let length = peak::intervals_per_part(Self::LIMIT);
        self.intervals.chunks(length).map(|part| peak::stats(Self::LIMIT, part.len()).unwrap().gates).sum()
    }

    fn prove(&self) -> Vec<CircuitProof> {
        peak::prove(&self.statement(), &self.values, &mut rng(), &mut |_| ()).unwrap()
    }

    fn verify(&self, proofs: &[CircuitProof]) -> bool {
        peak::verify(&self.statement(), proofs).is_ok()
    }

    fn verify_batch(&self, _: &[CircuitProof], _: usize) -> Option<bool> {
        None
    }
}
