//! Totals of the audit's own: computed from the transactions, the block times and the genesis alone, and held against the
//! ledger's counters and notes after every block.
//!
//! The ledger's rules are what a validator also runs; a bug in one of its effects would be a bug in every replay. So this
//! module says in a second way what must come out: which notes there are and no others, who was paid how much as a
//! commitment, which contracts are open, how much credit there is. It asks the ledger only what to compare with, and which
//! notes a named bucket holds.
//!
//! * `notes.rs`: every note; `sets.rs`: which, and what else only grows. `kinds.rs`: how many transactions of each kind. `contracts.rs`: every contract and payment. `auctions.rs`: every order and clearing. `meters.rs`:
//!   every window and correction. `periods/`: every total. `validators.rs`: who votes.

mod auctions;
mod contracts;
mod difference;
mod kinds;
mod meters;
mod notes;
mod periods;
mod sets;
#[cfg(test)]
mod tests;
mod validators;

use std::collections::BTreeMap;

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{Element, Point};
use hushwatt_ledger::{
    block::BlockDigest,
    codec::{DecodeError, Reader},
    genesis::Genesis,
    note::{Asset, Note},
    state::{Counters, LedgerState, OrderKeys, Resolved, StateError},
    transaction::{
        Action, Attest, Clear, Correct, Deliver, Open, Sell, Transaction,
        attest::WindowStatus,
        open::ContractId,
        order::{OrderId, OrderTerms},
        registry::RegistryChange,
    },
    units::{Timestamp, Utility},
};
use serde::Serialize;

use crate::{
    evidence::{Ended, Evidence, Gathering},
    folder::{Kept, kept, page_of},
};
use auctions::{Auctions, Given, Sold};
use contracts::Contracts;
use meters::{Meters, OfMeters, sums};
use notes::Notes;
use periods::Periods;
use validators::Validators;

pub use auctions::{AuctionCounts, AuctionEnding, AuctionOutcome};
pub use contracts::ContractCounts;
pub use difference::{Difference, Role};
pub use kinds::Kinds;
pub(crate) use kinds::is_none;
pub use meters::{CorrectedWindow, MeterWindows, MissedWindows, ReplacedMeter};
pub(crate) use meters::{windows_over, windows_past_deadline};
pub(crate) use periods::in_force;
pub(crate) use sets::Sets;

/// Sums of credit in micro-euro.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Money {
    /// Ever minted.
    pub minted: u64,
    /// Ever burned by the treasury.
    pub burned: u64,
    /// Ever burned as fees.
    pub fees: u64,
    /// Minted less burned less fees.
    pub in_circulation: u64,
}
kept!(Money { minted, burned, fees, in_circulation });

/// One utility in one window: counts are public, amounts stay in commitments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EnergySums {
    pub notes: u64,
    pub receipts: u64,
    /// Sell orders of auctions that cleared.
    pub sold_orders: u64,
    pub attested: RistrettoPoint,
    pub delivered: RistrettoPoint,
    /// Sold in auctions.
    pub sold: RistrettoPoint,
}
kept!(EnergySums { notes, receipts, sold_orders, attested, delivered, sold });

/// The running totals.
pub(crate) struct Tally<'g> {
    genesis: &'g Genesis,
    kinds: Kinds,
    minted: u128,
    burned: u128,
    mint_serial: u64,
    /// Key images that were used.
    spent: u64,
    sets: Sets,
    notes: Notes,
    contracts: Contracts,
    auctions: Auctions,
    meters: Meters,
    periods: Periods,
    validators: Validators,
    energy: BTreeMap<(u64, Utility), EnergySums>,
    payments: u64,
    now: Timestamp,
    gathering: Gathering,
}

/// Everything at the end.
pub(crate) struct Totals {
    pub kinds: Kinds,
    pub money: Money,
    pub notes: u64,
    pub images: u64,
    pub payments: u64,
    pub contracts: ContractCounts,
    pub auctions: AuctionCounts,
    pub auction_outcomes: Vec<AuctionOutcome>,
    pub energy: BTreeMap<(u64, Utility), EnergySums>,
    pub meters: OfMeters,
    /// Totals of which enough members released.
    pub released_totals: u64,
    pub validators: u64,
    pub validator_changes: u64,
    pub evidence: Evidence,
}

fn narrow(sum: u128) -> u64 {
    u64::try_from(sum).unwrap_or(u64::MAX)
}

impl<'g> Tally<'g> {
    pub fn new(genesis: &'g Genesis) -> Self {
        Tally {
            genesis,
            kinds: Kinds::default(),
            minted: 0,
            burned: 0,
            mint_serial: 0,
            spent: 0,
            sets: Sets::default(),
            notes: Notes::default(),
            contracts: Contracts::default(),
            auctions: Auctions::new(genesis),
            meters: Meters::new(genesis),
            periods: Periods::new(genesis),
            validators: Validators::new(genesis),
            energy: BTreeMap::new(),
            payments: 0,
            now: genesis.time,
            gathering: Gathering::default(),
        }
    }

    /// With other sets.
    pub fn with_sets(self, sets: Sets) -> Self {
        Tally { sets, ..self }
    }

    /// How many [`Self::pages`] there are.
    pub const PAGES: u8 = 9;

    /// What it keeps beside [`Self::sets`], page by page: everything in it between two blocks.
    pub fn pages(&self) -> Vec<Vec<u8>> {
        let Tally {
            genesis: _,
            kinds,
            minted,
            burned,
            mint_serial,
            spent,
            sets: _,
            notes,
            contracts,
            auctions,
            meters,
            periods,
            validators,
            energy,
            payments,
            now,
            gathering,
        } = self;
        let sums = page_of(|page| {
            kinds.keep(page);
            ((*minted, *burned), (*mint_serial, *spent), (*payments, *now)).keep(page);
        });
        vec![
            sums,
            page_of(|page| notes.keep(page)),
            page_of(|page| contracts.keep(page)),
            page_of(|page| auctions.keep(page)),
            page_of(|page| meters.keep(page)),
            page_of(|page| periods.keep(page)),
            page_of(|page| validators.keep(page)),
            page_of(|page| energy.keep(page)),
            page_of(|page| gathering.keep(page)),
        ]
    }

    /// Reads [`Self::pages`] back.
    pub fn read(genesis: &'g Genesis, sets: Sets, pages: &[Vec<u8>]) -> Result<Self, DecodeError> {
        fn read<T: Kept>(page: &[u8]) -> Result<T, DecodeError> {
            let mut reader = Reader::new(page);
            let value = T::read(&mut reader)?;
            reader.finish()?;
            Ok(value)
        }
        let [sums, notes, contracts, auctions, meters, periods, validators, energy, gathering] = pages else {
            return Err(DecodeError::LengthOutOfRange);
        };
        let (kinds, ((minted, burned), (mint_serial, spent), (payments, now))) = read(sums)?;
        Ok(Tally {
            genesis,
            kinds,
            minted,
            burned,
            mint_serial,
            spent,
            sets,
            notes: read(notes)?,
            contracts: read(contracts)?,
            auctions: read(auctions)?,
            meters: read(meters)?,
            periods: read(periods)?,
            validators: read(validators)?,
            energy: read(energy)?,
            payments,
            now,
            gathering: read(gathering)?,
        })
    }

    /// What only grows.
    pub fn sets(&mut self) -> &mut Sets {
        &mut self.sets
    }

    /// A block begins: contracts and auctions past their deadline expire, validators change at the end of an epoch.
    pub fn begin_block(&mut self, parent: &BlockDigest, now: Timestamp) {
        let before = std::mem::replace(&mut self.now, now);
        self.validators.begin_block();
        self.gathering.begin_block(self.validators.height(), before, now);
        let parameters = &self.genesis.parameters;
        for (terms, lock) in self.contracts.expire(parameters, now) {
            self.gathering.books.expired(self.genesis, &terms);
            self.notes.expect(None, Role::Expired, Asset::Credit, &terms.refund_key, &lock);
        }
        self.periods.begin_block(parameters, (parent, before), now);
        let height = self.validators.height();
        for given in self.auctions.begin_block(parameters, (parent, before), (height, now)) {
            self.expect_given(None, &given);
        }
    }

    fn expect_given(&mut self, place: Option<usize>, given: &Given) {
        self.notes.expect(place, given.role, given.asset, &given.key, &given.commitment);
    }

    /// Takes in the next transaction of the block; `resolved` says what the named buckets hold.
    pub fn transaction(
        &mut self,
        place: usize,
        transaction: &Transaction,
        resolved: &Resolved,
    ) -> Result<(), Difference> {
        let action = transaction.action();
        for ((asset, digest), ring) in resolved.assets.iter().zip(&resolved.digests).zip(&resolved.rings) {
            self.notes.check_ring(&mut self.sets, *asset, digest, ring)?;
        }
        for (input, spend) in action.spends().iter().enumerate() {
            if !self.sets.add(sets::image(spend.image.as_bytes())) {
                return Err(Difference::ImageTwice);
            }
            self.spent += 1;
            // One bucket for all inputs, except of a Burn.
            let asset = resolved.assets.get(input).or(resolved.assets.first());
            self.notes.spend(*asset.ok_or(Difference::MemberFromNowhere)?, 1)?;
        }
        self.kinds.count(action);
        self.gathering.transaction(action);
        let mut credit = |key: &Point, commitment: &Point| {
            self.notes.expect(Some(place), Role::Output, Asset::Credit, key, commitment.element());
        };
        match action {
            Action::Transfer(transfer) => {
                transfer.statement.outputs.iter().for_each(|output| credit(&output.key, &output.commitment));
                Ok(())
            }
            Action::Mint(mint) => {
                self.minted += u128::from(mint.statement.total.0);
                self.mint_serial = mint.statement.serial;
                mint.statement.outputs.iter().for_each(|output| credit(&output.key, &output.commitment));
                Ok(())
            }
            Action::Burn(burn) => {
                self.burned += u128::from(burn.statement.total.0);
                credit(&burn.statement.change.key, &burn.statement.change.commitment);
                Ok(())
            }
            Action::Open(open) => {
                credit(&open.statement.change.key, &open.statement.change.commitment);
                self.open(transaction, open)
            }
            Action::Deliver(deliver) => self.deliver(place, deliver, resolved),
            Action::Attest(attest) => self.attest(place, transaction, attest),
            Action::Registry(registry) => {
                let at = (self.validators.height(), self.now);
                self.gathering.changed(self.genesis, at, transaction.id(), registry, self.validators.now());
                self.validators.changed(registry);
                self.periods.named(self.now, &registry.statement.change);
                match &registry.statement.change {
                    RegistryChange::Meter { meter, class, key } => {
                        self.meters.replaced(self.validators.height(), *meter, *class, *key);
                    }
                    RegistryChange::Operator { key } => self.auctions.named(self.now, *key),
                    RegistryChange::Validators(_) | RegistryChange::Committee(_) | RegistryChange::Cohorts(_) => {}
                }
                Ok(())
            }
            Action::Correct(correct) => self.correct(transaction, correct),
            Action::Sell(sell) => self.sell(place, transaction, sell, resolved),
            Action::Buy(buy) => {
                let statement = &buy.statement;
                credit(&statement.change.key, &statement.change.commitment);
                let keys = OrderKeys::Buy { refund: statement.refund_key };
                self.ordered(transaction, statement.terms, keys, resolved)
            }
            Action::Clear(clear) => self.clear(place, transaction, clear, resolved),
            // They make no notes and move no money.
            Action::Share(_) | Action::Complain(_) | Action::Request(_) | Action::Release(_) => {
                self.periods.transaction(self.genesis, (place, self.now), action)
            }
        }
    }

    fn open(&mut self, transaction: &Transaction, open: &Open) -> Result<(), Difference> {
        let parameters = &self.genesis.parameters;
        let terms = open.statement.contract;
        let (price, bounds) = (terms.price.micro_euro(), parameters.prices_of(terms.utility));
        if price < bounds.floor || price > bounds.cap || !price.is_multiple_of(bounds.price_step) {
            return Err(Difference::Price(price));
        }
        self.gathering.books.opened(self.genesis, &terms);
        self.contracts.opened(parameters, ContractId::of(self.genesis.network(), transaction.id()), terms);
        Ok(())
    }

    fn deliver(&mut self, place: usize, deliver: &Deliver, resolved: &Resolved) -> Result<(), Difference> {
        let statement = &deliver.statement;
        let payments = self.contracts.settle(&self.genesis.parameters, statement)?;
        let asset = *resolved.assets.first().ok_or(Difference::ForeignEnergy)?;
        for ((terms, refund), delivery) in payments.refunds.iter().zip(&statement.deliveries) {
            if asset != (Asset::Energy { utility: terms.utility, window: terms.window }) {
                return Err(Difference::ForeignEnergy);
            }
            self.gathering.books.delivered(self.genesis, terms);
            let traded = (&delivery.delivered, terms.price);
            let of = (terms.utility, terms.window);
            self.periods.delivered(&self.genesis.parameters, of, delivery.contract.into(), traded);
            self.notes.expect(Some(place), Role::Refund, Asset::Credit, &terms.refund_key, refund);
        }
        self.notes.expect(Some(place), Role::Payout, Asset::Credit, &statement.payout_key, &payments.payout);
        self.payments += 1 + payments.refunds.len() as u64;
        let change = &statement.change;
        self.notes.expect(Some(place), Role::EnergyChange, asset, &change.key, change.commitment.element());

        // What goes in as fresh commitments comes out as receipts and change, and the sums say so.
        let spent: RistrettoPoint = statement.inputs.iter().map(|input| input.pseudo.point()).sum();
        let delivered: RistrettoPoint = statement.deliveries.iter().map(|delivery| delivery.delivered.point()).sum();
        if spent != delivered + change.commitment.point() {
            return Err(Difference::EnergyUnbalanced);
        }
        if let Asset::Energy { utility, window } = asset {
            let sums = self.energy_of(window.0, utility);
            sums.receipts += statement.deliveries.len() as u64;
            sums.delivered += delivered;
        }
        Ok(())
    }

    fn attest(&mut self, place: usize, transaction: &Transaction, attest: &Attest) -> Result<(), Difference> {
        let (statement, parameters, now) = (&attest.statement, &self.genesis.parameters, self.now);
        let utility = self.meters.attested(parameters, now, transaction.id(), statement)?;
        for (window, attested) in statement.indexed_windows() {
            self.gathering.books.posted(self.genesis, window.0, utility, attested.status);
            if attested.status != WindowStatus::Missing && parameters.totals.is_some() {
                self.periods.attested(parameters, now, (statement.meter, window), sums(&attested.values()));
            }
            let Some(key) = &attested.note_key else { continue };
            let exported: RistrettoPoint = attested.export.iter().map(|value| value.point()).sum();
            let asset = Asset::Energy { utility, window };
            self.notes.expect(Some(place), Role::Attested, asset, key, &Element::new(exported));
            let sums = self.energy_of(window.0, utility);
            sums.notes += 1;
            sums.attested += exported;
        }
        Ok(())
    }

    fn correct(&mut self, transaction: &Transaction, correct: &Correct) -> Result<(), Difference> {
        let (statement, parameters, now) = (&correct.statement, &self.genesis.parameters, self.now);
        let changed = self.meters.corrected(parameters, now, transaction.id(), statement)?;
        let of = (statement.meter, statement.window);
        match changed.was_missing {
            // Of what it had before nothing was counted.
            true => self.periods.attested(parameters, now, of, sums(&statement.values())),
            false => self.periods.corrected(parameters, now, of, (changed.export, changed.import)),
        }
        Ok(())
    }

    fn sell(
        &mut self,
        place: usize,
        transaction: &Transaction,
        sell: &Sell,
        resolved: &Resolved,
    ) -> Result<(), Difference> {
        let (statement, terms) = (&sell.statement, &sell.statement.terms);
        let asset = Asset::Energy { utility: terms.utility, window: terms.window };
        if resolved.assets.iter().any(|spent| *spent != asset) {
            return Err(Difference::ForeignEnergy);
        }
        let change = &statement.change;
        self.notes.expect(Some(place), Role::EnergyChange, asset, &change.key, change.commitment.element());
        let spent: RistrettoPoint = statement.inputs.iter().map(|input| input.pseudo.point()).sum();
        if spent != terms.quantity.point() + change.commitment.point() {
            return Err(Difference::EnergyUnbalanced);
        }
        let (payout, rest) = (statement.payout_key, statement.rest_key);
        let keys = OrderKeys::Sell { payout, rest, bucket: statement.bucket.id };
        self.ordered(transaction, *terms, keys, resolved)
    }

    fn ordered(
        &mut self,
        transaction: &Transaction,
        terms: OrderTerms,
        keys: OrderKeys,
        resolved: &Resolved,
    ) -> Result<(), Difference> {
        let id = OrderId::of(self.genesis.network(), transaction.id());
        self.auctions.ordered(&self.genesis.parameters, self.now, id, (terms, keys), resolved)
    }

    fn clear(
        &mut self,
        place: usize,
        transaction: &Transaction,
        clear: &Clear,
        resolved: &Resolved,
    ) -> Result<(), Difference> {
        let (statement, at) = (&clear.statement, (self.validators.height(), self.now));
        let settled = self.auctions.cleared(&self.genesis.parameters, at, transaction.id(), statement, resolved)?;
        for given in &settled.given {
            self.payments += u64::from(matches!(given.role, Role::Sold | Role::Unspent));
            self.expect_given(Some(place), given);
        }
        if let Some(Sold { price, fills }) = settled.sold {
            for (order, fill) in &fills {
                let of = (statement.utility, statement.window);
                self.periods.delivered(&self.genesis.parameters, of, (*order).into(), (fill, price));
            }
            let sums = self.energy_of(statement.window.0, statement.utility);
            sums.sold_orders += fills.len() as u64;
            sums.sold += fills.iter().map(|(_, fill)| fill.point()).sum::<RistrettoPoint>();
        }
        Ok(())
    }

    fn energy_of(&mut self, window: u64, utility: Utility) -> &mut EnergySums {
        let none = RistrettoPoint::identity();
        let empty = EnergySums { notes: 0, receipts: 0, sold_orders: 0, attested: none, delivered: none, sold: none };
        self.energy.entry((window, utility)).or_insert(empty)
    }

    fn fees(&self) -> u128 {
        u128::from(self.kinds.transfers + self.kinds.opens + self.kinds.buys) * u128::from(self.genesis.parameters.fee)
    }

    /// The block is done: the notes the ledger made are the expected ones, and its counters are the tally's.
    pub fn end_block(&mut self, made: &[Note], counters: &Counters) -> Result<(), (Option<usize>, Difference)> {
        self.notes.settle(&mut self.sets, made)?;
        let pairs = [
            ("minted micro-euro", self.minted, counters.minted.0),
            ("burned micro-euro", self.burned, counters.burned.0),
            ("micro-euro of fees", self.fees(), counters.fees.0),
            ("the last mint's serial", self.mint_serial.into(), counters.mint_serial),
            ("the registry's last serial", self.validators.serial().into(), counters.registry_serial),
            ("blocks", self.validators.height().into(), counters.blocks),
            ("transactions", self.kinds.total().into(), counters.transactions),
            ("notes", self.notes.total().into(), counters.notes),
            ("the time of the last block", self.now.0.into(), counters.time.0),
        ];
        for (what, tally, ledger) in pairs {
            if tally != u128::from(ledger) {
                return Err((None, Difference::Counter { what, tally, ledger: ledger.into() }));
            }
        }
        if self.burned + self.fees() > self.minted {
            return Err((None, Difference::SupplyNegative));
        }
        self.gathering.end_block(self.money(), self.validators.now().count() as u64);
        Ok(())
    }

    /// The last block has a certificate of so many votes.
    pub fn certified(&mut self, votes: u64) {
        self.gathering.certified(votes);
    }

    fn money(&self) -> Money {
        let (minted, burned, fees) = (self.minted, self.burned, self.fees());
        let in_circulation = minted.saturating_sub(burned).saturating_sub(fees);
        Money {
            minted: narrow(minted),
            burned: narrow(burned),
            fees: narrow(fees),
            in_circulation: narrow(in_circulation),
        }
    }

    /// Contracts and auctions that began or ended in the block are on or off the ledger's lists.
    pub fn compare_trades(&mut self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        for id in self.contracts.take_touched() {
            if ledger.contract(&id)?.map(|record| record.terms).as_ref() != self.contracts.terms(&id) {
                return Ok(Some(Difference::ContractList));
            }
        }
        self.auctions.compare_touched(ledger)
    }

    /// Totals that were asked for or released in the block are the ledger's; else which transaction differs.
    pub fn compare_totals(
        &mut self,
        ledger: &LedgerState<'_>,
    ) -> Result<Option<(Option<usize>, Difference)>, StateError> {
        self.periods.compare_touched(ledger)
    }

    /// The validators of this epoch and the next are the ledger's.
    pub fn compare_validators(&self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        let epoch = self.genesis.parameters.epoch_of(self.validators.height());
        let same = ledger.validators_of(epoch)? == *self.validators.now()
            && ledger.validators_of(epoch.next())? == *self.validators.next();
        Ok((!same).then_some(Difference::ValidatorList))
    }

    /// The chain is over: every open contract and order, every meter's record and key, every window that can still be corrected, and
    /// what totals are made from is on the ledger as the tally has it.
    pub fn compare_all(&self, ledger: &LedgerState<'_>) -> Result<Option<Difference>, StateError> {
        for (id, terms) in self.contracts.still_open() {
            if ledger.contract(id)?.map(|record| record.terms) != Some(*terms) {
                return Ok(Some(Difference::ContractList));
            }
        }
        if let Some(found) = self.auctions.compare_all(ledger)? {
            return Ok(Some(found));
        }
        match self.meters.compare(&self.genesis.parameters, self.now, ledger)? {
            None => self.periods.compare_all(ledger),
            found => Ok(found),
        }
    }

    pub fn finish(self) -> Totals {
        let (genesis, now, money) = (self.genesis, self.now, self.money());
        let (auctions, auction_outcomes) = self.auctions.finish(&genesis.parameters);
        let meters = self.meters.at(&genesis.parameters, now);
        let evidence = self.gathering.finish(&Ended {
            genesis,
            now,
            meters: &meters.windows,
            corrections: &meters.corrections,
            energy: &self.energy,
            auctions: &auction_outcomes,
        });
        Totals {
            kinds: self.kinds,
            money,
            notes: self.notes.total(),
            images: self.spent,
            payments: self.payments,
            contracts: self.contracts.counts(),
            auctions,
            auction_outcomes,
            energy: self.energy,
            meters,
            released_totals: self.periods.released(),
            evidence,
            validators: self.validators.now().count() as u64,
            validator_changes: self.validators.changes(),
        }
    }
}
