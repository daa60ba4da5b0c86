//! The state in the ledger's own words: notes, images, buckets, contracts, meters. Auctions are in `auctions.rs`.

use std::sync::Arc;

use hushwatt_crypto::{Element, Point, clsag::Member, hash::hex, range::RangeBits, signature::VerifyingKey};

use super::{
    BucketRecord, ContractRecord, Counters, MeterRecord, NoteRecord, OrderRecord, Overlay, RingCache, StateError,
    StateRead, StoredNote, WindowRecord, keys,
    records::{MeterKeyRecord, Record},
};
use crate::{
    CheckError,
    block::BlockDigest,
    genesis::{Genesis, Meter},
    note::{Asset, BucketId, BucketVersion, Note, NoteNumber},
    rules::{spending, trading},
    transaction::{Action, Transaction, TransactionId, open::ContractId, order::OrderId},
    units::{Epoch, MeterId, Timestamp, Window},
    validators::ValidatorSet,
};

/// State with pending changes, of one network.
pub struct LedgerState<'a> {
    pub(super) genesis: &'a Genesis,
    pub(super) store: Overlay<'a>,
}

/// What a transaction names on the ledger: the rings it signs over, the contracts or orders it settles, which are immutable, and
/// the keys of the meter that posts it or the operator who signs it, which the registrars may replace.
#[derive(Clone, Default)]
pub struct Resolved {
    /// One ring a named bucket, in the order of [`Action::buckets`].
    pub rings: Vec<Arc<[Member]>>,
    /// What those buckets hold.
    pub assets: Vec<Asset>,
    /// Digests of the bucket versions; for a meter that was replaced its key and its class; for an order and a Clear the
    /// operator's key, for a Clear the rank's block too. With the transaction's full digest
    /// they name all that phase 1 depends on: a verdict holds against the same ones only.
    pub digests: Vec<[u8; 32]>,
    /// The contracts of a Deliver, in its order.
    pub contracts: Vec<ContractRecord>,
    /// The meter of an Attest or Correct as it is registered now, if that is not as in the genesis any more.
    pub replaced: Option<Box<Meter>>,
    /// The market operator of an order's or a Clear's window.
    pub operator: Option<VerifyingKey>,
    /// All orders of the auction that a Clear ends, by id.
    pub orders: Vec<(OrderId, OrderRecord)>,
    /// What ranks them.
    pub rank: Option<BlockDigest>,
}

impl<'a> LedgerState<'a> {
    /// Over a committed or pending state.
    pub fn new(genesis: &'a Genesis, base: &'a dyn StateRead) -> Self {
        LedgerState { genesis, store: Overlay::new(base) }
    }

    /// The genesis.
    pub fn genesis(&self) -> &'a Genesis {
        self.genesis
    }

    /// The pending changes.
    pub fn store(&self) -> &Overlay<'a> {
        &self.store
    }

    /// The pending changes, to keep.
    pub fn into_store(self) -> Overlay<'a> {
        self.store
    }

    /// Takes over changes made on top.
    pub fn absorb(&mut self, changes: super::Changes) {
        self.store.absorb(changes);
    }

    pub(super) fn record<T: Record>(&self, key: &[u8]) -> Result<Option<T>, StateError> {
        self.store.get(key)?.map(|bytes| read_record(key, &bytes)).transpose()
    }

    pub(super) fn put<T: Record>(&mut self, key: Vec<u8>, record: &T) {
        self.store.put(key, record.to_bytes());
    }

    /// Sums and counts.
    pub fn counters(&self) -> Result<Counters, StateError> {
        let fresh = Counters { time: self.genesis.time, ..Counters::default() };
        Ok(self.record(&keys::counters())?.unwrap_or(fresh))
    }

    /// Replaces sums and counts.
    pub fn set_counters(&mut self, counters: &Counters) {
        self.put(keys::counters(), counters);
    }

    /// The validators of an epoch, as far as blocks so far have changed them: final for the epoch of the next block.
    pub fn validators_of(&self, epoch: Epoch) -> Result<ValidatorSet, StateError> {
        validators_of(self.genesis, &self.store, epoch)
    }

    /// Changes the validators from an epoch on.
    pub fn set_validators(&mut self, from: Epoch, validators: &ValidatorSet) {
        self.put(keys::validators(from), validators);
    }

    /// A note.
    pub fn note(&self, number: NoteNumber) -> Result<Option<NoteRecord>, StateError> {
        self.record(&keys::note(number))
    }

    /// A note, its points not decoded.
    pub(super) fn stored_note(&self, number: NoteNumber) -> Result<Option<StoredNote>, StateError> {
        self.record(&keys::note(number))
    }

    /// A bucket.
    pub fn bucket(&self, id: BucketId) -> Result<Option<BucketRecord>, StateError> {
        self.record(&keys::bucket(id))
    }

    /// The notes of a bucket version, in their order.
    pub fn members(&self, version: BucketVersion) -> Result<Vec<NoteNumber>, StateError> {
        let entries = self.store.range(&keys::member(version.id, 0), &keys::member(version.id, version.length))?;
        let numbers: Option<Vec<NoteNumber>> = entries
            .iter()
            .map(|(_, value)| value.first_chunk::<8>().map(|n| NoteNumber(u64::from_be_bytes(*n))))
            .collect();
        match numbers {
            Some(numbers) if numbers.len() == version.ring() => Ok(numbers),
            _ => Err(StateError::Missing("members of a bucket")),
        }
    }

    /// The decoded ring of a bucket version whose content has this digest.
    pub fn ring(
        &self,
        cache: &RingCache,
        version: BucketVersion,
        digest: [u8; 32],
    ) -> Result<Arc<[Member]>, StateError> {
        if let Some(ring) = cache.get(&digest) {
            return Ok(ring);
        }
        let mut ring = Vec::with_capacity(version.ring());
        for number in self.members(version)? {
            let record = self.note(number)?.ok_or(StateError::Missing("a note of a bucket"))?;
            ring.push(Member::new(record.note.key, record.note.commitment));
        }
        let ring: Arc<[Member]> = ring.into();
        cache.insert(digest, ring.clone());
        Ok(ring)
    }

    /// Whether a key image is on the ledger.
    pub fn is_spent(&self, image: &Point) -> Result<bool, StateError> {
        Ok(self.store.get(&keys::image(image.as_bytes()))?.is_some())
    }

    /// Puts a key image on the ledger.
    pub fn spend(&mut self, image: &Point) {
        self.store.put(keys::image(image.as_bytes()), Vec::new());
    }

    /// An open contract.
    pub fn contract(&self, id: &ContractId) -> Result<Option<ContractRecord>, StateError> {
        self.record(&keys::contract(id))
    }

    /// Opens a contract; it expires by itself after its deadline.
    pub fn open_contract(&mut self, id: &ContractId, contract: &ContractRecord) {
        let deadline = self.genesis.parameters.deliver_until(contract.terms.window);
        self.put(keys::contract(id), contract);
        self.store.put(keys::expiry(deadline, id), Vec::new());
    }

    /// Takes a contract off: it was settled or expired.
    pub fn close_contract(&mut self, id: &ContractId, contract: &ContractRecord) {
        let deadline = self.genesis.parameters.deliver_until(contract.terms.window);
        self.store.delete(keys::contract(id));
        self.store.delete(keys::expiry(deadline, id));
    }

    /// Where a meter's chain stands.
    pub fn meter(&self, id: MeterId) -> Result<MeterRecord, StateError> {
        let zero = Element::decode(&[0; 32]).map_err(|_| StateError::Missing("the identity"))?;
        let fresh = MeterRecord {
            sequence: 0,
            last: TransactionId([0; 64]),
            next_window: self.genesis.first_window(),
            export_sum: zero,
            import_sum: zero,
        };
        Ok(self.record(&keys::meter(id))?.unwrap_or(fresh))
    }

    /// Moves a meter's chain on.
    pub fn set_meter(&mut self, id: MeterId, record: &MeterRecord) {
        self.put(keys::meter(id), record);
    }

    /// What is in force of a meter's window, as long as it can be corrected or nothing has removed it since; `None` where
    /// corrections are not possible.
    pub fn window(&self, id: MeterId, window: Window) -> Result<Option<WindowRecord>, StateError> {
        self.record(&keys::window(id, window))
    }

    /// Puts a meter's window on record.
    pub fn set_window(&mut self, id: MeterId, window: Window, record: &WindowRecord) {
        self.put(keys::window(id, window), record);
    }

    /// Removes the records of a meter's windows before one, the oldest ones, at most so many.
    pub fn forget_windows(&mut self, id: MeterId, before: Window, most: usize) -> Result<(), StateError> {
        let old = self.store.range(&keys::window(id, Window(0)), &keys::window(id, before))?;
        old.into_iter().take(most).for_each(|(key, _)| self.store.delete(key));
        Ok(())
    }

    /// A meter as it is registered now; `None` if it is not.
    pub fn registered(&self, id: MeterId) -> Result<Option<Meter>, StateError> {
        let replaced = self.replaced_meter(id)?;
        Ok(replaced.or_else(|| self.genesis.meter(id).cloned()))
    }

    /// A meter as it is registered now, if that is not as in the genesis any more.
    fn replaced_meter(&self, id: MeterId) -> Result<Option<Meter>, StateError> {
        let Some(genesis) = self.genesis.meter(id) else { return Ok(None) };
        let record = self.record::<MeterKeyRecord>(&keys::meter_key(id))?;
        Ok(record.map(|MeterKeyRecord { class, key }| Meter { utility: genesis.utility, class, key }))
    }

    /// All meters that are not as in the genesis any more.
    pub fn replaced_meters(&self) -> Result<Vec<(MeterId, Meter)>, StateError> {
        let (from, until) = keys::all_meter_keys();
        let mut replaced = Vec::new();
        for (key, _) in self.store.range(&from, &until)? {
            let id = keys::meter_of(&key).ok_or(StateError::Missing("the number of a replaced meter"))?;
            replaced.extend(self.replaced_meter(id)?.map(|meter| (id, meter)));
        }
        Ok(replaced)
    }

    /// Gives a meter another class and key, from now on.
    pub fn replace_meter(&mut self, id: MeterId, class: RangeBits, key: VerifyingKey) {
        self.put(keys::meter_key(id), &MeterKeyRecord { class, key });
    }

    /// Where a meter stands, and with which key it goes on; `None` if it is not registered.
    pub fn meter_standing(&self, id: MeterId) -> Result<Option<MeterStanding>, StateError> {
        let Some(meter) = self.registered(id)? else { return Ok(None) };
        let MeterRecord { sequence, last, next_window, .. } = self.meter(id)?;
        Ok(Some(MeterStanding { meter, sequence, last, next_window }))
    }

    /// The keys of everybody: meters as they are now and as they were in the genesis, registrars, the treasury, all operators
    /// there ever were, the validators of this epoch and the next.
    pub fn keys_in_use(&self) -> Result<Vec<VerifyingKey>, StateError> {
        let genesis = self.genesis;
        let mut keys: Vec<VerifyingKey> = genesis.meters().map(|(_, meter)| meter.key).collect();
        keys.extend(self.replaced_meters()?.iter().map(|(_, meter)| meter.key));
        keys.extend(genesis.registrars().iter().chain([&genesis.treasury]).chain(&genesis.operator));
        keys.extend(self.named_operators()?);
        let epoch = genesis.parameters.epoch_of(self.counters()?.blocks);
        for epoch in [epoch, epoch.next()] {
            keys.extend(self.validators_of(epoch)?.keys());
        }
        Ok(keys)
    }

    /// Numbers a transaction.
    pub fn begin_transaction(&mut self) -> Result<u64, StateError> {
        let mut counters = self.counters()?;
        let number = counters.transactions;
        counters.transactions += 1;
        self.set_counters(&counters);
        Ok(number)
    }

    /// Counts the flat fee of a Transfer, Open or Buy as burned.
    pub fn burn_fee(&mut self) -> Result<(), StateError> {
        let mut counters = self.counters()?;
        counters.fees.0 = counters.fees.0.saturating_add(self.genesis.parameters.fee);
        self.set_counters(&counters);
        Ok(())
    }

    fn add_note(&mut self, note: Note, origin: u64) -> Result<NoteNumber, StateError> {
        let mut counters = self.counters()?;
        let number = NoteNumber(counters.notes);
        counters.notes += 1;
        self.set_counters(&counters);
        self.put(keys::note(number), &NoteRecord { note, origin, made: counters.time });
        Ok(number)
    }

    /// Adds a credit note; it waits for its bucket.
    pub fn add_credit(&mut self, key: Point, commitment: Element, origin: u64) -> Result<NoteNumber, StateError> {
        let number = self.add_note(Note { asset: Asset::Credit, key, commitment }, origin)?;
        self.store.put(keys::waiting(number), Vec::new());
        Ok(number)
    }

    /// Adds a meter's energy note; it waits for its window's deadline.
    pub fn add_metered_energy(
        &mut self,
        note: Note,
        group: u16,
        deadline: Timestamp,
        origin: u64,
    ) -> Result<NoteNumber, StateError> {
        let number = self.add_note(note, origin)?;
        self.store.put(keys::energy_waiting(deadline, &note.asset, group, number), Vec::new());
        Ok(number)
    }

    /// Adds an energy change note; it waits for its append boundary.
    pub fn add_energy_change(&mut self, note: Note, bucket: BucketId, origin: u64) -> Result<NoteNumber, StateError> {
        let number = self.add_note(note, origin)?;
        let at = self.genesis.parameters.append_at(self.counters()?.time);
        self.store.put(keys::append(at, bucket, number), Vec::new());
        Ok(number)
    }

    /// Looks up what a transaction names; refuses unsealed, outdated and unknown things. First half of phase 2.
    pub fn resolve(
        &self,
        cache: &RingCache,
        transaction: &Transaction,
        now: Timestamp,
    ) -> Result<Resolved, CheckError> {
        let mut resolved = Resolved::default();
        for version in transaction.action().buckets() {
            let bucket = spending::bucket_is_sealed(self.bucket(version.id)?)?;
            let digest = spending::bucket_length_is_current(&bucket, version.length, now)?;
            resolved.rings.push(self.ring(cache, version, digest)?);
            resolved.assets.push(bucket.asset);
            resolved.digests.push(digest);
        }
        if let Action::Deliver(deliver) = transaction.action() {
            for delivery in &deliver.statement.deliveries {
                resolved.contracts.push(trading::contract_is_open(self.contract(&delivery.contract)?)?);
            }
        }
        if let Some(order) = transaction.action().order() {
            self.resolve_order(order.terms, &mut resolved)?;
        }
        if let Action::Clear(clear) = transaction.action() {
            self.resolve_clear(&clear.statement, now, &mut resolved)?;
        }
        if let Some(meter) = transaction.action().meter() {
            resolved.replaced = self.replaced_meter(meter)?.map(Box::new);
        }
        if let Some(Meter { class, key, .. }) = resolved.replaced.as_deref() {
            resolved.digests.extend([*key.as_bytes(), [class.bits() as u8; 32]]);
        }
        Ok(resolved)
    }
}

/// Where a meter's chain stands, and who goes on with it. What a gateway needs that has lost its memory.
#[derive(Clone, Debug)]
pub struct MeterStanding {
    /// As it is registered now: utility, class and key.
    pub meter: Meter,
    /// Sequence number of its last Attest or Correct, 0 before the first.
    pub sequence: u64,
    /// Id of its last Attest or Correct, zeros before the first.
    pub last: TransactionId,
    /// The window it attests next.
    pub next_window: Window,
}

pub(super) fn read_record<T: Record>(key: &[u8], bytes: &[u8]) -> Result<T, StateError> {
    T::from_bytes(bytes).map_err(|source| StateError::Damaged { key: hex(key), source })
}

/// The validators of an epoch, in the words of a state: the last change that takes effect at or before it, else the
/// genesis'. Any state after a block of the epoch before, or of the epoch itself, says the same.
pub fn validators_of(genesis: &Genesis, state: &dyn StateRead, epoch: Epoch) -> Result<ValidatorSet, StateError> {
    let (from, until) = keys::validators_until(epoch);
    match state.range(&from, &until)?.last() {
        Some((key, value)) => read_record(key, value),
        None => Ok(genesis.validators().clone()),
    }
}
