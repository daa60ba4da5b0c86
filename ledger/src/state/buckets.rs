//! What happens before a block's transactions: sealing, appends, expiry (protocol sections 4, 6.3 and 7).

use std::collections::{BTreeMap, BTreeSet};

use hushwatt_crypto::{Element, Label, hash::Hasher};

use super::{BucketRecord, ContractRecord, LedgerState, StateError, StateRead, StoredNote, Superseded, keys};
use crate::{
    block::BlockDigest,
    genesis::part_of,
    note::{Asset, BucketId, NoteNumber},
    rules::spending::SUPERSEDED_GRACE,
    transaction::open::ContractId,
    units::Timestamp,
};

impl LedgerState<'_> {
    /// Seals and appends what is due at `now`, counts the block, sets the clock to `now`, fixes the ranks of the auctions and draws
    /// the lots of the periods that the parent was the first to find closed or settled, and expires what is due: contracts, then
    /// orders; and forgets periods that are over and done with.
    pub fn begin_block(&mut self, parent: &BlockDigest, now: Timestamp) -> Result<(), StateError> {
        self.seal_credit(parent, now)?;
        self.seal_energy(now)?;
        self.append_energy(now)?;
        let mut counters = self.counters()?;
        self.fix_ranks(parent, counters.time)?;
        self.draw_lots(parent, counters.time)?;
        counters.blocks = counters.blocks.saturating_add(1);
        counters.time = now;
        self.set_counters(&counters);
        self.expire_contracts(now)?;
        self.expire_auctions(now)?;
        self.forget_periods(now)
    }

    /// Block 1's notes become bucket 0 at once, exempt from the origins rule.
    pub fn seal_first_bucket(&mut self, parent: &BlockDigest) -> Result<(), StateError> {
        let waiting = self.waiting_notes()?;
        self.seal_waiting(parent, &waiting)
    }

    fn waiting_notes(&self) -> Result<Vec<NoteNumber>, StateError> {
        let (from, until) = keys::all_waiting();
        let entries = self.store.range(&from, &until)?;
        let numbers = entries.iter().map(|(key, _)| keys::trailing_note(key));
        numbers.collect::<Option<_>>().ok_or(StateError::Missing("the number of a waiting note"))
    }

    fn note_there(&self, number: NoteNumber) -> Result<StoredNote, StateError> {
        self.stored_note(number)?.ok_or(StateError::Missing("a waiting note"))
    }

    /// Credit: at an epoch's end if enough origins; otherwise once the oldest note has waited `seal_after`.
    fn seal_credit(&mut self, parent: &BlockDigest, now: Timestamp) -> Result<(), StateError> {
        let parameters = &self.genesis.parameters;
        let waiting = self.waiting_notes()?;
        let Some(oldest) = waiting.first() else { return Ok(()) };
        let epoch_ended = parameters.epoch_at(now) > parameters.epoch_at(self.counters()?.time);
        let waited = now > self.note_there(*oldest)?.made.plus(parameters.seal_after);
        if !epoch_ended && !waited {
            return Ok(());
        }
        let origins: BTreeSet<u64> =
            waiting.iter().map(|number| Ok(self.note_there(*number)?.origin)).collect::<Result<_, StateError>>()?;
        let company = origins.len() >= parameters.ring_min as usize;
        if epoch_ended && company {
            return self.seal_waiting(parent, &waiting);
        }
        if !waited {
            return Ok(());
        }
        if let Some(newest) = self.counters()?.newest_credit_bucket {
            let bucket = self.bucket(newest)?.ok_or(StateError::Missing("the newest credit bucket"))?;
            let together = bucket.length as usize + waiting.len();
            // The notes of a few join even a full bucket, up to twice its size: alone they would hide nobody, and a
            // single note could never be spent.
            let ring_cap = parameters.ring_cap as usize;
            if together <= if company { ring_cap } else { 2 * ring_cap } {
                waiting.iter().for_each(|number| self.store.delete(keys::waiting(*number)));
                return self.append(newest, bucket, &waiting, now);
            }
        }
        if waiting.len() >= 2 { self.seal_waiting(parent, &waiting) } else { Ok(()) }
    }

    /// Seals waiting credit notes; above `ring_cap` cut into parts, sorted by a hash nobody knew when the notes were
    /// made.
    fn seal_waiting(&mut self, parent: &BlockDigest, waiting: &[NoteNumber]) -> Result<(), StateError> {
        let cap = self.genesis.parameters.ring_cap as usize;
        let parts = waiting.len().div_ceil(cap);
        let mut notes = waiting.to_vec();
        if parts > 1 {
            let network = self.genesis.network();
            notes.sort_by_cached_key(|number| {
                Hasher::new(network, Label::Permute).part(&parent.0).part(&number.0.to_le_bytes()).finish32()
            });
        }
        let mut part_notes: Vec<Vec<NoteNumber>> = vec![Vec::new(); parts];
        for (place, number) in notes.iter().enumerate() {
            self.store.delete(keys::waiting(*number));
            part_notes[part_of(place, notes.len(), parts)].push(*number);
        }
        for part in part_notes {
            let id = self.new_bucket(Asset::Credit, &part)?;
            let mut counters = self.counters()?;
            counters.newest_credit_bucket = Some(id);
            self.set_counters(&counters);
        }
        Ok(())
    }

    /// Energy: each group's notes of a window are one bucket, sealed by the first block after the deadline.
    fn seal_energy(&mut self, now: Timestamp) -> Result<(), StateError> {
        let (from, until) = keys::energy_before(now);
        let mut groups: BTreeMap<Vec<u8>, Vec<NoteNumber>> = BTreeMap::new();
        for (key, _) in self.store.range(&from, &until)? {
            let number = keys::trailing_note(&key).ok_or(StateError::Missing("the number of a waiting note"))?;
            groups.entry(keys::energy_group_of(&key).to_vec()).or_default().push(number);
            self.store.delete(key);
        }
        for notes in groups.values() {
            let first = notes.first().ok_or(StateError::Missing("the notes of an energy group"))?;
            let asset = self.note_there(*first)?.asset;
            self.new_bucket(asset, notes)?;
        }
        Ok(())
    }

    /// Energy change joins its bucket at the second append boundary after its block.
    fn append_energy(&mut self, now: Timestamp) -> Result<(), StateError> {
        let (from, until) = keys::appends_until(now);
        let mut due: BTreeMap<BucketId, Vec<NoteNumber>> = BTreeMap::new();
        for (key, _) in self.store.range(&from, &until)? {
            let parts = keys::append_bucket(&key).zip(keys::trailing_note(&key));
            let (bucket, number) = parts.ok_or(StateError::Missing("the number of a change note"))?;
            due.entry(bucket).or_default().push(number);
            self.store.delete(key);
        }
        for (id, notes) in due {
            let bucket = self.bucket(id)?.ok_or(StateError::Missing("the bucket of a change note"))?;
            self.append(id, bucket, &notes, now)?;
        }
        Ok(())
    }

    /// Contracts past their deadline give the whole lock back, in contract-id order.
    fn expire_contracts(&mut self, now: Timestamp) -> Result<(), StateError> {
        let (from, until) = keys::expiries_before(now);
        let due = self.store.range(&from, &until)?;
        let ids: Option<Vec<ContractId>> = due.iter().map(|(key, _)| keys::trailing_contract(key)).collect();
        let mut ids = ids.ok_or(StateError::Missing("the id of an expiring contract"))?;
        ids.sort_unstable();
        for id in ids {
            let contract = self.contract(&id)?.ok_or(StateError::Missing("an expiring contract"))?;
            self.close_contract(&id, &contract);
            let lock = times_price(&contract, contract.terms.quantity.element());
            self.add_credit(contract.terms.refund_key, lock, contract.origin)?;
        }
        Ok(())
    }

    fn new_bucket(&mut self, asset: Asset, notes: &[NoteNumber]) -> Result<BucketId, StateError> {
        let mut counters = self.counters()?;
        let id = BucketId(counters.buckets);
        counters.buckets += 1;
        self.set_counters(&counters);
        let empty = BucketRecord { asset, length: 0, digest: [0; 32], superseded: Vec::new() };
        self.extend(id, empty, notes)?;
        Ok(id)
    }

    fn append(
        &mut self,
        id: BucketId,
        mut bucket: BucketRecord,
        notes: &[NoteNumber],
        now: Timestamp,
    ) -> Result<(), StateError> {
        bucket.superseded.retain(|version| now < version.at.plus(SUPERSEDED_GRACE));
        bucket.superseded.push(Superseded { length: bucket.length, digest: bucket.digest, at: now });
        self.extend(id, bucket, notes)
    }

    /// Adds members at the end and moves length and digest on.
    fn extend(&mut self, id: BucketId, mut bucket: BucketRecord, notes: &[NoteNumber]) -> Result<(), StateError> {
        for number in notes {
            let note = self.note_there(*number)?;
            self.store.put(keys::member(id, bucket.length), number.0.to_be_bytes().to_vec());
            bucket.length += 1;
            bucket.digest = Hasher::new(self.genesis.network(), Label::BucketDigest)
                .part(&bucket.digest)
                .part(&note.key)
                .part(&note.commitment)
                .finish32();
        }
        self.put(keys::bucket(id), &bucket);
        Ok(())
    }
}

/// `p*C`: the money for a committed quantity at the contract's price.
pub(crate) fn times_price(contract: &ContractRecord, quantity: &Element) -> Element {
    let price = curve25519_dalek::scalar::Scalar::from(contract.terms.price.micro_euro());
    Element::new(price * quantity.point())
}
