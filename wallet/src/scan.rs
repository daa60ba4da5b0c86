//! Scanning: from blocks and what was recognised in them to notes, contracts, readings and history (protocol sections 2, 3
//! and 6).
//!
//! Total on any hints: what does not open the commitment on the ledger is not ours.

use std::collections::BTreeSet;

use hushwatt_crypto::{Point, SecretScalar, commitment::Opening, onetime::one_time_key};
use hushwatt_ledger::{
    block::{Block, BlockHints, Header},
    note::NoteNumber,
    state::{BlockEvents, StoredNote},
    transaction::{Action, Correct, Transaction, TransactionId, attest::Attest},
};

use crate::{
    FinalBlock, OpenedWindow, OwnedNote, Place, Wallet,
    history::Effect,
    memo::{ChangeMemo, read_message},
    meters::{Opened, Posted, Superseded},
    recognise::{Found, OfTransaction, Role, context_in},
};

/// Told about a long scan's progress.
pub trait Progress {
    /// So many of so many blocks are done.
    fn scanned(&mut self, done: u64, total: u64);
}

impl Progress for () {
    fn scanned(&mut self, _: u64, _: u64) {}
}

/// Where in the ledger something happens.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) header: &'a Header,
    /// `None` for what a block does by itself.
    pub(crate) transaction: Option<TransactionId>,
    pub(crate) events: &'a BlockEvents,
}

/// A note as its opening and tweak make it ours.
pub(crate) struct Claimed {
    pub(crate) key: Point,
    pub(crate) tweak: SecretScalar,
    pub(crate) opening: Opening,
    pub(crate) output: Option<u8>,
}

impl Wallet {
    /// Takes in the next block. `events` are what a follower or view saw the block do. A block that was scanned before, or
    /// that is older, is passed over.
    pub fn scan_block(&mut self, block: &Block, hints: &BlockHints, events: &BlockEvents) {
        let recognised = self.recognise(&[(block, hints)]);
        self.take_in(block, recognised, events);
    }

    /// Takes in the next blocks, in order: faster than one by one where blocks are small.
    pub fn scan_blocks(&mut self, blocks: &[FinalBlock]) {
        let listed: Vec<(&Block, &BlockHints)> =
            blocks.iter().map(|followed| (&followed.block, &followed.hints)).collect();
        let mut recognised = self.recognise(&listed).into_iter();
        for FinalBlock { block, events, .. } in blocks {
            let of_block = recognised.by_ref().take(block.transactions.len()).collect();
            self.take_in(block, of_block, events);
        }
    }

    pub(crate) fn may_hold_ours(&self, header: &Header) -> bool {
        header.height > self.height && header.time >= self.birthday
    }

    fn take_in(&mut self, block: &Block, recognised: Vec<OfTransaction<'_>>, events: &BlockEvents) {
        let header = &block.header;
        if header.height <= self.height {
            return;
        }
        if self.may_hold_ours(header) {
            let mut delivered = BTreeSet::new();
            for (transaction, recognised) in block.transactions.iter().zip(recognised) {
                let scene = Scene { header, transaction: Some(*transaction.id()), events };
                self.take_in_transaction(scene, transaction, recognised);
                if let Action::Deliver(deliver) = transaction.action() {
                    delivered.extend(deliver.statement.deliveries.iter().map(|delivery| delivery.contract));
                }
            }
            let scene = Scene { header, transaction: None, events };
            for id in events.closed.iter().filter(|id| !delivered.contains(id)) {
                self.expire(scene, id);
            }
            self.expire_orders(scene);
            for sealed in &events.sealed {
                if let Some(note) = self.notes.get_mut(&sealed.note) {
                    note.place = Place::Sealed { bucket: sealed.bucket, position: sealed.position };
                }
            }
        }
        // Whoever asked for a total before this household began asked for one of its meter perhaps.
        block.transactions.iter().for_each(|transaction| self.note_totals(header, transaction));
        (self.height, self.time) = (header.height, self.time.max(header.time));
        self.release_outdated();
    }

    fn take_in_transaction(&mut self, scene: Scene<'_>, transaction: &Transaction, recognised: OfTransaction<'_>) {
        let OfTransaction { found, complete } = recognised;
        let id = *transaction.id();
        let mut effect = Effect { hints: complete, ..Effect::default() };
        let mut order_parts = Vec::new();
        for Found { index, key, role, recognised } in found {
            match role {
                Role::Note => {
                    let memo = &recognised.body.memo;
                    let opening = Opening::new(recognised.body.value, recognised.body.blinding.clone());
                    let claimed = Claimed { key, tweak: recognised.tweak, opening, output: Some(index) };
                    let Some(number) = self.own(scene, claimed) else { continue };
                    effect.made.push(number);
                    effect.messages.extend(read_message(memo));
                    let network = self.genesis.network();
                    let change = context_in(network, transaction)
                        .and_then(|context| ChangeMemo::open(network, self.view(), context, memo));
                    effect.change = effect.change.or(change);
                }
                Role::Refund(contract, terms) => self.remember_purchase(scene, contract, terms, &recognised, id),
                Role::Claim(contract, terms) => self.remember_claim(scene, contract, terms, &recognised, id),
                Role::Order(part) => order_parts.push((part, key, recognised)),
            }
        }
        if !order_parts.is_empty() {
            let limit = effect.change.as_ref().and_then(|memo| memo.limit);
            self.remember_order(scene, transaction, &order_parts, limit);
        }
        self.spend(transaction, &mut effect);
        match transaction.action() {
            Action::Deliver(deliver) => self.settle(scene, deliver, id, &mut effect),
            Action::Clear(clear) => self.clear(scene, clear, &mut effect),
            Action::Attest(attest) => self.open_attestation(scene, attest, id),
            Action::Correct(correct) => self.open_correction(scene, correct, id),
            _ => {}
        }
        self.record(scene.header.height, scene.header.time, transaction, &effect);
    }

    /// Takes a note whose opening fits a new note of the ledger under this key, if the key is ours to spend (section 2:
    /// a meter, say, may post under another household's key).
    pub(crate) fn own(&mut self, scene: Scene<'_>, claimed: Claimed) -> Option<NoteNumber> {
        let Claimed { key, tweak, opening, output } = claimed;
        let commitment = opening.commit();
        let fits = |note: &StoredNote| note.key == *key.as_bytes() && note.commitment == *commitment.as_bytes();
        let (number, record) = scene.events.notes.iter().find(|(_, record)| fits(record))?;
        if one_time_key(&tweak, self.view().spend_public()).ok()? != key {
            return None;
        }
        let image = match self.secret(&tweak) {
            Ok(secret) => Some(secret.key_image().ok()?),
            Err(_) => None,
        };
        let owned = OwnedNote {
            number: *number,
            asset: record.asset,
            key,
            image,
            tweak,
            opening,
            height: scene.header.height,
            made: record.made,
            transaction: scene.transaction,
            output,
            place: Place::Waiting,
            spent: false,
            spent_by: None,
            reserved_until: None,
        };
        // A key image is spent once: of two notes under one key the first is worth its money.
        let unique = *owned.unique().as_bytes();
        if self.by_image.contains_key(&unique) {
            return None;
        }
        self.by_image.insert(unique, *number);
        self.notes.insert(*number, owned);
        Some(*number)
    }

    /// Marks what a transaction spends: by key image; without a spend key, by what the change says.
    fn spend(&mut self, transaction: &Transaction, effect: &mut Effect) {
        let spends = transaction.action().spends();
        let by_image = spends.iter().filter_map(|spend| self.by_image.get(spend.image.as_bytes()));
        let spent: Vec<NoteNumber> = match &effect.change {
            Some(memo) if self.is_view_only() => memo.spent.clone(),
            _ => by_image.copied().collect(),
        };
        for number in spent {
            let Some(note) = self.notes.get_mut(&number).filter(|note| !note.spent) else { continue };
            (note.spent, note.spent_by, note.reserved_until) = (true, Some(*transaction.id()), None);
            self.reserved.remove(&number);
            effect.spent.push(number);
        }
    }

    /// Opens what a meter posted of a window, if it is an own meter: whichever pairing's key fits opens, since a meter may have
    /// been paired anew. Gives the pairing's place.
    fn open_posted(&mut self, posted: &Posted<'_>) -> Option<(usize, Opened)> {
        let keys = &mut self.day_keys;
        let mut own = self.pairings.iter().enumerate().filter(|(_, pairing)| pairing.meter == posted.meter);
        own.find_map(|(place, pairing)| Some((place, pairing.open(&self.genesis, keys, place, posted)?)))
    }

    fn open_attestation(&mut self, scene: Scene<'_>, attest: &Attest, transaction: TransactionId) {
        let statement = &attest.statement;
        let (meter, salt) = (statement.meter, &statement.salt);
        let Some(class) = attest.class() else { return };
        for (window, attested) in statement.indexed_windows() {
            let posted = Posted { meter, window, salt, values: attested.values(), class };
            if self.has_forgotten(window) {
                continue;
            }
            let Some((pairing, opened)) = self.open_posted(&posted) else { continue };
            let known = |other: &OpenedWindow| (other.meter, other.window) == (meter, window);
            if scene.header.height <= self.known_until && self.windows.iter().any(known) {
                continue;
            }
            self.windows.push(OpenedWindow {
                meter,
                window,
                status: attested.status,
                height: scene.header.height,
                transaction,
                salt: *salt,
                readings: opened.readings,
                before: Vec::new(),
                pairing,
            });
            let tweak = self
                .pairings
                .get(pairing)
                .and_then(|own| own.note_tweak(&self.genesis, &mut self.day_keys, pairing, window));
            if let (Some(key), Some(tweak)) = (attested.note_key, tweak) {
                self.own(scene, Claimed { key, tweak, opening: opened.export_sum, output: None });
            }
        }
    }

    /// What a window was corrected to is in force from now on; the note that it minted stays as it is. A correction of a window
    /// that was never opened here tells nothing that could be kept.
    fn open_correction(&mut self, scene: Scene<'_>, correct: &Correct, transaction: TransactionId) {
        let statement = &correct.statement;
        let (meter, window) = (statement.meter, statement.window);
        let of_window = |other: &OpenedWindow| (other.meter, other.window) == (meter, window);
        let Some(place) = self.windows.iter().position(of_window) else { return };
        let Some(class) = correct.class() else { return };
        let posted = Posted { meter, window, salt: &statement.salt, values: statement.values(), class };
        let Some((pairing, opened)) = self.open_posted(&posted) else { return };
        let Some(known) = self.windows.get_mut(place) else { return };
        // Blocks may be read again.
        let seen = known.transaction == transaction || known.before.iter().any(|one| one.transaction == transaction);
        if seen {
            return;
        }
        let readings = std::mem::replace(&mut known.readings, opened.readings);
        known.before.push(Superseded { height: known.height, transaction: known.transaction, readings });
        (known.height, known.transaction) = (scene.header.height, transaction);
        (known.salt, known.pairing) = (statement.salt, pairing);
    }
}
