//! Reservations: notes of a transaction on its way are not spent again until it can never be included (protocol section 4).
//!
//! By the ledger's own time, not a clock's: a note is free again once the scanned chain has passed `valid_until`, so a wallet
//! that is behind, or a clock that is wrong, never makes two transactions of one note.

use hushwatt_ledger::{note::NoteNumber, transaction::build::Built};

use crate::{OwnedNote, Wallet};

impl Wallet {
    /// The notes of a transaction are not chosen again until it can no longer be included.
    pub(crate) fn reserve(&mut self, notes: &[OwnedNote], built: &Built) {
        let until = built.transaction.envelope().valid_until;
        for note in notes {
            if let Some(note) = self.notes.get_mut(&note.number) {
                note.reserved_until = Some(until);
                self.reserved.insert(note.number);
            }
        }
    }

    /// Gives the notes of a transaction free again that was refused and will never be included. Notes that a later
    /// transaction has taken since stay set aside for that one.
    pub fn release(&mut self, built: &Built) {
        let until = Some(built.transaction.envelope().valid_until);
        for number in self.inputs_of(built) {
            if let Some(note) = self.notes.get_mut(&number).filter(|note| note.reserved_until == until) {
                note.reserved_until = None;
                self.reserved.remove(&number);
            }
        }
    }

    /// Sets the notes of a transaction aside that was made before, as after a restart: until the scanned chain has passed
    /// its `valid_until`.
    pub fn reserve_again(&mut self, built: &Built) {
        let until = built.transaction.envelope().valid_until;
        if until < self.time {
            return;
        }
        for number in self.inputs_of(built) {
            if let Some(note) = self.notes.get_mut(&number).filter(|note| !note.spent) {
                note.reserved_until = Some(until);
                self.reserved.insert(number);
            }
        }
    }

    /// Whether another transaction spent one of its notes: then it will never be included.
    pub fn spent_by_other(&self, built: &Built) -> bool {
        let inputs = self.inputs_of(built).into_iter().filter_map(|number| self.notes.get(&number));
        inputs.filter_map(|note| note.spent_by).any(|transaction| transaction != *built.transaction.id())
    }

    /// The own notes that a transaction spends.
    fn inputs_of(&self, built: &Built) -> Vec<NoteNumber> {
        let spends = built.transaction.action().spends();
        spends.iter().filter_map(|spend| self.by_image.get(spend.image.as_bytes()).copied()).collect()
    }

    /// Notes of transactions that can no longer be included are free again: by the ledger's time, not a clock's.
    pub(crate) fn release_outdated(&mut self) {
        let outdated = |note: &OwnedNote| note.reserved_until.is_none_or(|until| until < self.time);
        let free: Vec<NoteNumber> =
            self.reserved.iter().copied().filter(|number| self.notes.get(number).is_none_or(outdated)).collect();
        for number in free {
            self.reserved.remove(&number);
            if let Some(note) = self.notes.get_mut(&number) {
                note.reserved_until = None;
            }
        }
    }
}
