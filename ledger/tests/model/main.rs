//! Thousands of random operations against an oracle that knows nothing but plain amounts.
//!
//! Each round a few households pay, split, merge, bid, deliver, order in auctions, attest, mint and burn at random; some replay
//! what is on the ledger already, some spend a note twice; the operator clears some auctions and lets others expire; meters correct what they attested; registrars change the validators and meters'
//! keys. After every block the oracle, the households' own scans, the ledger's counters, its validators and its meters' running
//! sums must agree to the unit. `HUSHWATT_EFFORT=full` runs ten times as long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod checks;
#[path = "../kit/mod.rs"]
mod kit;
mod oracle;
mod plans;

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{SecretScalar, commitment::Opening, range::RangeBits, signature::SigningKey};
use hushwatt_ledger::{
    Rejection,
    note::{Asset, BucketId, NoteNumber},
    parameters::Parameters,
    state::recompute_root,
    transaction::{
        Action,
        attest::WindowStatus,
        build::Built,
        clear::Cleared,
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Timestamp, Utility, Window},
};
use kit::{auction::Wish, build::Bid, *};
use oracle::{Deal, Effect, Oracle, Order, bought};

const HOUR: u64 = 3_600;
const HOUSEHOLDS: usize = 5;
const EPOCH_BLOCKS: u64 = 5;
/// Highest price, which a buy order locks for each unit.
const CAP: u64 = 1_000;

struct Operation {
    built: Built,
    effect: Effect,
    /// Number of the operation that spends the same note.
    rival: Option<usize>,
}

struct Model {
    world: World,
    oracle: Oracle,
    /// Transactions that are on the ledger, to replay.
    past: Vec<Built>,
    /// Notes and contracts that this block's operations use.
    used: BTreeSet<NoteNumber>,
    taken: BTreeSet<ContractId>,
    attesting: BTreeSet<usize>,
    /// Blindings of the sums in force of each meter and window.
    blindings: BTreeMap<(usize, Window), [SecretScalar; 2]>,
    counts: BTreeMap<&'static str, usize>,
}

fn sorted_keys(validators: &[SigningKey]) -> Vec<[u8; 32]> {
    let mut keys: Vec<[u8; 32]> = validators.iter().map(|key| *key.verifying_key().as_bytes()).collect();
    keys.sort_unstable();
    keys
}

impl Model {
    fn new(seed: u64) -> Self {
        use RangeBits::{Bits16, Bits32};
        use Utility::{Electricity, Heat, Water};
        let parameters = Parameters {
            interval: HOUR,
            attestation_deadline: HOUR,
            delivery_term: 6 * HOUR,
            append_slot: 900,
            credit_epoch: 600,
            ring_min: 3,
            ring_cap: 16,
            seal_after: HOUR,
            fee: 3,
            epoch_blocks: EPOCH_BLOCKS,
            correction_term: 12 * HOUR,
            ..Parameters::default()
        };
        let meters = vec![
            (Electricity, Bits16, ANNA),
            (Electricity, Bits32, BERT),
            (Electricity, Bits16, CARLA),
            (Water, Bits16, BERT),
            (Electricity, Bits32, 4),
            (Water, Bits16, 4),
            (Heat, Bits16, CARLA),
        ];
        let (notes, value) = (3, 50_000_000);
        let setup = Setup { seed, parameters, meters, households: HOUSEHOLDS, notes, value, ..Setup::default() };
        let world = World::new(&setup);
        let each = notes as u64 * value;
        let validators = sorted_keys(&world.validators);
        let minted = each * HOUSEHOLDS as u64;
        let oracle = Oracle { credit: [each; HOUSEHOLDS], minted, validators, ..Oracle::default() };
        Model {
            world,
            oracle,
            past: Vec::new(),
            used: BTreeSet::new(),
            taken: BTreeSet::new(),
            attesting: BTreeSet::new(),
            blindings: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    fn dice(&mut self, sides: u64) -> u64 {
        self.world.random(sides)
    }

    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.world.random(bound)).unwrap()
    }

    /// Up to `most` unused notes of an asset in one bucket.
    fn pick(&mut self, who: usize, asset: Asset, most: usize) -> Vec<OwnedNote> {
        let mut buckets: BTreeMap<BucketId, Vec<OwnedNote>> = BTreeMap::new();
        for note in self.world.spendable(who, asset) {
            if !self.used.contains(&note.number) {
                buckets.entry(self.world.locate(note.number).unwrap().0.id).or_default().push(note);
            }
        }
        if buckets.is_empty() {
            return Vec::new();
        }
        let which = self.below(buckets.len() as u64);
        let mut notes = buckets.into_values().nth(which).unwrap();
        notes.truncate(most);
        notes
    }

    fn take(&mut self, notes: &[OwnedNote]) -> u64 {
        self.used.extend(notes.iter().map(|note| note.number));
        notes.iter().map(|note| note.opening.value).sum()
    }

    /// A block of random operations; returns how many there were.
    fn round(&mut self) -> usize {
        self.used.clear();
        self.taken.clear();
        self.attesting.clear();
        let step = self.dice(900);
        let at = self.world.after(step);
        let mut operations: Vec<Operation> = Vec::new();
        let (mut minting, mut electing) = (false, false);
        if self.dice(3) > 0 {
            let cleared = self.plan_clear(at).into_iter().flatten();
            operations.extend(cleared.map(|(built, effect)| Operation { built, effect, rival: None }));
        }
        for _ in 0..1 + self.dice(8) {
            let planned = match self.dice(27) {
                0..=2 => self.plan_transfer(),
                3..=5 => self.plan_open(at),
                6..=9 => self.plan_delivery(at),
                10..=13 => self.plan_attestation(at),
                14 if !minting => {
                    minting = true;
                    if self.dice(2) == 0 { Some(self.plan_mint()) } else { self.plan_burn() }
                }
                15 => self.plan_replay(),
                16 if !electing => {
                    electing = true;
                    if self.dice(2) == 0 { Some(self.plan_election()) } else { self.plan_exchange() }
                }
                17..=19 => self.plan_correction(at),
                20..=26 => self.plan_order(at),
                _ => None,
            };
            let first = operations.len();
            let rivals = planned.as_ref().is_some_and(|planned| planned.len() == 2);
            for (built, effect) in planned.into_iter().flatten() {
                let rival = rivals.then_some(first).filter(|first| *first < operations.len());
                operations.push(Operation { built, effect, rival });
            }
        }
        self.block(at, operations)
    }

    fn block(&mut self, at: Timestamp, operations: Vec<Operation>) -> usize {
        let built: Vec<Built> = operations.iter().map(|operation| operation.built.clone()).collect();
        let left_out: BTreeMap<usize, Rejection> = self.world.offer(at, &built).into_iter().collect();
        let parameters = self.world.parameters().clone();
        let expired = self.oracle.expire(&parameters, at);
        if self.world.parent.height.is_multiple_of(EPOCH_BLOCKS)
            && let Some(elected) = self.oracle.elected.take()
        {
            self.oracle.validators = elected;
        }
        *self.counts.entry("Expire").or_default() += expired;
        *self.counts.entry("order expired").or_default() += self.oracle.expire_orders(&parameters, at);

        // What must be left out: replays, and one of two that spend the same note.
        for (place, rejection) in &left_out {
            let replay = matches!(operations[*place].effect, Effect::Nothing);
            let has_rival = |place: usize| {
                operations[place].rival.is_some_and(|rival| !left_out.contains_key(&rival))
                    || (0..operations.len())
                        .any(|other| operations[other].rival == Some(place) && !left_out.contains_key(&other))
            };
            assert!(replay || has_rival(*place), "an operation was refused: {rejection}");
            let expected = [
                Rejection::AlreadySpent,
                Rejection::Expired,
                Rejection::MintSerial,
                Rejection::RegistrySerial,
                Rejection::AttestSequence,
                Rejection::UnknownContract,
                Rejection::OutdatedBucket,
                Rejection::NoSuchAuction,
                Rejection::ClearTooLate,
            ];
            assert!(expected.contains(rejection), "{rejection}");
            *self.counts.entry(if replay { "replay" } else { "second spend" }).or_default() += 1;
        }
        for (place, operation) in operations.iter().enumerate() {
            let repeated =
                built[..place].iter().any(|earlier| earlier.transaction.id() == built[place].transaction.id());
            if left_out.contains_key(&place) || repeated {
                continue;
            }
            if let Some(rival) = operation.rival {
                assert!(left_out.contains_key(&rival), "both spends of a note are in the block");
            }
            self.oracle.apply(&operation.effect, parameters.fee);
            self.remember_blindings(&operation.built);
            if let Effect::Exchange { meter, class, key } = &operation.effect {
                self.world.take_key(*meter, *class, key);
            }
            self.past.push(operation.built.clone());
            *self.counts.entry(operation.built.transaction.action().name()).or_default() += 1;
        }
        self.check();
        operations.len()
    }

    fn run(&mut self, operations: usize) {
        let mut done = 0;
        while done < operations {
            done += self.round();
            if self.dice(60) == 0 {
                // A quiet night.
                let hours = 1 + self.dice(9);
                let at = self.world.after(hours * HOUR);
                self.block(at, Vec::new());
            }
        }
        // The state root that was updated block by block is that of the entries.
        let recomputed = recompute_root(self.world.network(), &self.world.state).unwrap();
        assert_eq!(recomputed, self.world.parent.set_hash);
        // In the end every contract and every auction is over, and all credit is with somebody.
        let parameters = self.world.parameters();
        let deals = self.oracle.deals.values().map(|deal| parameters.deliver_until(deal.bid.window));
        let orders = self.oracle.orders.values().map(|order| parameters.clear_until(order.wish.window).unwrap());
        let last = deals.chain(orders).max();
        if let Some(last) = last {
            let at = last.max(self.world.now()).plus(1);
            self.block(at, Vec::new());
        }
        assert!(self.oracle.deals.is_empty() && self.oracle.orders.is_empty());
        println!("{done} operations, {} blocks: {:?}", self.world.parent.height, self.counts);
        let kinds = [
            "Transfer",
            "Attest",
            "Correct",
            "Open",
            "Deliver",
            "Mint",
            "Burn",
            "Registry",
            "Expire",
            "Sell",
            "Buy",
            "Clear",
            "trade",
            "order expired",
            "replay",
            "second spend",
        ];
        for kind in kinds {
            assert!(self.counts.get(kind).is_some_and(|count| *count > 0), "no {kind} in {:?}", self.counts);
        }
    }
}

fn operations() -> usize {
    if full_effort() { 10_000 } else { 1_000 }
}

#[test]
fn random_operations_agree_with_plain_amounts() {
    Model::new(7).run(operations());
}

#[test]
fn other_random_operations_agree_with_plain_amounts() {
    Model::new(8).run(operations());
}
