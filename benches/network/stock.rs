//! Wallets with notes to spend, and transactions built of them before they are needed: building one costs more than
//! verifying it.
//!
//! All notes come from one Mint of 64. Payments of 8 notes multiply them, and a step of all clocks to the next credit epoch
//! seals what waits. Numbers of notes are kept multiples of 16, so that every bucket is a ring of exactly 16.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hushwatt_crypto::{
    clsag::Member,
    keys::{Account, OneTimeSecret, Seed},
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{Block, BlockHints},
    genesis::Genesis,
    note::{Asset, BucketId, BucketVersion, NoteNumber},
    transaction::{
        Envelope,
        build::{Built, Payee},
        hints::decode_hints,
        spend::OwnedInput,
        transfer::build::TransferPlan,
    },
    units::{Credit, Timestamp},
};
use hushwatt_node::{client::NodeClient, config::BaseUrl, http::backend::BlockRecord};
use hushwatt_wallet::{ChainBlock, FinalBlock, Follower, OwnedNote, Place, Treasury, Wallet};
use rand::rngs::OsRng;
use rayon::prelude::*;

use crate::{Failure, RING, clock::Clock, load, progress};

/// Distinct wallets.
const WALLETS: usize = 4;
/// Notes of the first Mint.
const FIRST_MINT: usize = 64;
/// Notes that a payment makes at most.
const OUTPUTS: usize = 8;
/// A note of a wallet finds no second one of that wallet in its bucket once in a while: so many more notes, in percent.
const SPARE: usize = 20;
/// Multiplying notes takes this many rounds at most.
const ROUNDS: usize = 16;
/// Bytes of blocks asked for at a time.
const PIECE: u64 = 64 << 20;

struct Owner {
    account: Account,
    wallet: Wallet,
}

/// A note and the wallet that it belongs to.
type Owned = (usize, OwnedNote);

/// The wallets, and the public chain that they see.
pub struct Stock {
    genesis: Arc<Genesis>,
    follower: Follower,
    treasury: Treasury,
    owners: Vec<Owner>,
    /// Notes that a transaction was built of.
    used: BTreeSet<NoteNumber>,
    /// The nodes that blocks are read from and transactions handed to.
    nodes: Vec<NodeClient>,
    transactions: u64,
}

/// A transaction to be handed in, and the ring that it names.
pub struct Prepared {
    /// The transaction with its hints.
    pub built: Built,
    /// The members of its bucket.
    pub ring: Arc<[Member]>,
}

impl Stock {
    /// New wallets that own nothing.
    ///
    /// # Errors
    /// Cryptography refuses a key, which it does not.
    pub fn new(genesis: Arc<Genesis>, treasury: SigningKey, nodes: Vec<NodeClient>) -> Result<Self, Failure> {
        let seeds: Vec<Seed> = (0..WALLETS).map(|_| Seed::random(&mut OsRng)).collect();
        let owner = |seed| -> Result<Owner, Failure> {
            let account = Account::from_seed(genesis.network(), seed)?;
            Ok(Owner { account, wallet: Wallet::new(genesis.clone(), seed)? })
        };
        let owners = seeds.iter().map(owner).collect::<Result<_, _>>()?;
        // The first wallet is the treasury's.
        let treasury = Treasury::new(Wallet::new(genesis.clone(), &seeds[0])?, treasury);
        let follower = Follower::new(genesis.clone());
        Ok(Stock { genesis, follower, treasury, owners, used: BTreeSet::new(), nodes, transactions: 0 })
    }

    /// Height and transactions of the chain, as far as it was read.
    pub fn chain(&self) -> (u64, u64) {
        (self.follower.tip().height, self.transactions)
    }

    /// Mints the first notes.
    ///
    /// # Errors
    /// A node refuses.
    pub fn mint(&mut self, clock: &Clock) -> Result<(), Failure> {
        let amounts = [Credit::from_euro(10_000); FIRST_MINT];
        let mint = self.treasury.mint(&self.follower, &amounts, clock.now(), &mut OsRng)?;
        self.hand_in(vec![mint], "the first Mint")
    }

    /// Has at least so many transactions of 2 inputs and 2 outputs ready, all at ring 16; gives exactly so many.
    ///
    /// # Errors
    /// A node refuses, or notes do not become spendable.
    pub fn prepare(&mut self, count: usize, clock: &Clock) -> Result<Vec<Prepared>, Failure> {
        for _ in 0..ROUNDS {
            self.catch_up()?;
            let mut pairs = self.pairs();
            if pairs.len() >= count {
                pairs.truncate(count);
                return self.build_all(pairs, 2, clock, "building transactions");
            }
            if self.is_anything_waiting() {
                self.seal(clock)?;
            } else {
                self.multiply(count, clock)?;
            }
        }
        Err(format!("the wallets did not come to {count} pairs of notes in {ROUNDS} rounds").into())
    }

    /// Pays from single notes to 8 new ones each.
    fn multiply(&mut self, count: usize, clock: &Clock) -> Result<(), Failure> {
        let singles = self.spendable();
        let wanted = count * 2 * (100 + SPARE) / 100;
        // Two payments fill a bucket.
        let payments = wanted.saturating_sub(singles.len()).div_ceil(OUTPUTS - 1).next_multiple_of(2).max(OUTPUTS);
        let payments = payments.min(singles.len() / 2 * 2);
        if payments < OUTPUTS {
            return Err("too few notes are left to multiply".into());
        }
        let chosen = singles.into_iter().take(payments).map(|note| vec![note]).collect();
        let prepared = self.build_all(chosen, OUTPUTS, clock, "building payments that multiply notes")?;
        self.hand_in(prepared.into_iter().map(|one| one.built).collect(), "handing them in")
    }

    /// Moves all clocks to the next credit epoch, whose first block seals what waits.
    fn seal(&mut self, clock: &Clock) -> Result<(), Failure> {
        let epoch = self.genesis.parameters.credit_epoch;
        let next = Timestamp((clock.now().0 / epoch + 1) * epoch);
        let before = self.spendable().len();
        clock.jump(next);
        load::patiently("no block came after a step of all clocks", || {
            self.catch_up()?;
            Ok((self.follower.tip().time >= next).then_some(()))
        })?;
        if self.spendable().len() > before { Ok(()) } else { Err("the end of an epoch sealed no notes".into()) }
    }

    fn is_anything_waiting(&self) -> bool {
        self.owners.iter().any(|owner| owner.wallet.notes().any(|note| note.place == Place::Waiting && !note.spent))
    }

    /// All notes in buckets of 16 that no transaction was built of.
    fn spendable(&self) -> Vec<Owned> {
        let mut all = Vec::new();
        for (owner, Owner { wallet, .. }) in self.owners.iter().enumerate() {
            let notes = wallet.notes().filter(|note| {
                note.asset == Asset::Credit
                    && note.is_spendable()
                    && note.opening.value >= OUTPUTS as u64
                    && !self.used.contains(&note.number)
                    && self.version(note).is_ok_and(|version| version.ring() == RING)
            });
            all.extend(notes.map(|note| (owner, note.clone())));
        }
        all
    }

    /// Pairs of notes of one wallet in one bucket.
    fn pairs(&self) -> Vec<Vec<Owned>> {
        let mut together: BTreeMap<(usize, BucketId), Vec<Owned>> = BTreeMap::new();
        for (owner, note) in self.spendable() {
            if let Place::Sealed { bucket, .. } = note.place {
                together.entry((owner, bucket)).or_default().push((owner, note));
            }
        }
        together.values().flat_map(|notes| notes.chunks_exact(2)).map(<[Owned]>::to_vec).collect()
    }

    fn version(&self, note: &OwnedNote) -> Result<BucketVersion, Failure> {
        match note.place {
            Place::Sealed { bucket, .. } => Ok(self.follower.latest(bucket)?),
            Place::Waiting => Err("a note that waits cannot be spent".into()),
        }
    }

    /// Builds a transaction of each group of notes, on all cores.
    fn build_all(
        &mut self,
        groups: Vec<Vec<Owned>>,
        outputs: usize,
        clock: &Clock,
        message: &str,
    ) -> Result<Vec<Prepared>, Failure> {
        let bar = progress::bar(groups.len() as u64, message);
        let now = clock.now();
        let this = &*self;
        let built: Result<Vec<Prepared>, String> = groups
            .par_iter()
            .map(|notes| {
                let built = this.build(notes, outputs, now).map_err(|error| error.to_string());
                bar.inc(1);
                built
            })
            .collect();
        bar.finish_and_clear();
        self.used.extend(groups.iter().flatten().map(|(_, note)| note.number));
        Ok(built?)
    }

    /// Spends notes of one bucket; the value goes to all wallets in equal parts, in turn.
    fn build(&self, notes: &[Owned], outputs: usize, now: Timestamp) -> Result<Prepared, Failure> {
        let (first, note) = notes.first().ok_or("no note to spend")?;
        let bucket = self.version(note)?;
        let ring = self.follower.ring(bucket)?;
        let total: u64 = notes.iter().map(|(_, note)| note.opening.value).sum();
        let share = total / outputs as u64;
        let payees = (0..outputs).map(|place| {
            let to = &self.owners[(first + place) % WALLETS].account;
            let rest = if place == 0 { total - share * outputs as u64 } else { 0 };
            Payee::new(*to.address(), share + rest)
        });
        let inputs = notes.iter().map(|(owner, note)| {
            let Place::Sealed { position, .. } = note.place else { return Err("a note that waits cannot be spent") };
            Ok(OwnedInput {
                position: position as usize,
                secret: OneTimeSecret::new(&note.tweak, self.owners[*owner].account.spend()),
                opening: note.opening.clone(),
            })
        });
        let plan = TransferPlan {
            bucket,
            inputs: inputs.collect::<Result<_, _>>()?,
            payees: payees.collect(),
            valid_until: Envelope::validity_from(now),
        };
        let built = plan.derive(&self.genesis, &mut OsRng)?.prove(&ring, &mut OsRng)?;
        Ok(Prepared { built, ring })
    }

    /// Hands transactions to all nodes, as many at a time as they take, and waits until they are final.
    fn hand_in(&mut self, built: Vec<Built>, message: &str) -> Result<(), Failure> {
        let addresses: Vec<BaseUrl> = self.nodes.iter().map(|node| node.base().clone()).collect();
        let workers = load::MOST_PER_NODE * addresses.len();
        load::run(&addresses, built.iter().collect(), load::Pace::Closed, workers, message)?;
        self.catch_up()
    }

    /// Reads the blocks that are new: every wallet sees all of them. Where the last one has no certificate of its own, waits for
    /// a later one that has.
    ///
    /// # Errors
    /// The node cannot be reached, or its blocks are none.
    pub fn catch_up(&mut self) -> Result<(), Failure> {
        load::patiently("the last block was not covered by a certificate", || {
            self.read_blocks()?;
            Ok((self.follower.waiting() == 0).then_some(()))
        })
    }

    fn read_blocks(&mut self) -> Result<(), Failure> {
        let node = self.nodes.first().ok_or("there is no node to read blocks from")?.clone();
        loop {
            let from = self.follower.tip().height + self.follower.waiting() as u64 + 1;
            let mut records = Vec::new();
            node.blocks::<Failure>(from, PIECE, |record| {
                records.push(record);
                Ok(())
            })?;
            if records.is_empty() {
                return Ok(());
            }
            for record in records {
                self.take(&record)?;
            }
        }
    }

    fn take(&mut self, record: &BlockRecord) -> Result<(), Failure> {
        let (block, certificate) = Block::decode_record(self.genesis.network(), &record.body, &record.certificate)?;
        let encoded = record.hints.as_ref().ok_or("a block came without its hints")?;
        let hints = encoded.iter().map(|hints| decode_hints(hints)).collect::<Result<BlockHints, _>>()?;
        for FinalBlock { block, hints, events } in self.follower.follow(ChainBlock { block, certificate, hints })? {
            self.transactions += block.transactions.len() as u64;
            for owner in &mut self.owners {
                owner.wallet.scan_block(&block, &hints, &events);
            }
        }
        Ok(())
    }
}
