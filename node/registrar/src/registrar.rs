//! An open register, and everything that a registrar does with it. Every change is on disk, whole, when its function returns;
//! after an error the register is as it was.

use std::{collections::BTreeSet, path::PathBuf};

use hushwatt_crypto::{
    NetworkId, Rng,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    genesis::Genesis,
    units::{Credit, MeterId, Timestamp},
};
use hushwatt_vault::{Kind, KindText, Passphrase, SealedFile, Strength};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    RegistrarError,
    case::CaseNumber,
    chain::LedgerFacts,
    folder::RegistrarFolder,
    matters::{Matter, matters},
    person::{Consent, Correction, Details, MeterLink, Money, MoneyKind, Person, Restriction},
    receipt::{Deed, Receipt},
    register::{BackupNote, Register},
};

/// The kind of file that a register is.
pub(crate) enum RegisterKind {}

impl Kind for RegisterKind {
    const TEXT: KindText = KindText {
        name: "hushwatt-register",
        called: "register of persons",
        remedy: "restore the register from a backup",
        close: "wait until the other command is done",
    };
}

/// The format of a person's copy of his own entry.
pub const COPY_FORMAT: &str = "hushwatt person 1";

/// What a person gets: everything that the register has about him (Art. 15 and 20 GDPR).
#[derive(Serialize)]
struct Copy<'a> {
    format: &'static str,
    network: String,
    made: u64,
    person: &'a Person,
    receipts: Vec<&'a Receipt>,
}

/// What restoring a backup gave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Restored {
    /// How many persons are in the register now.
    pub people: usize,
    /// Receipts of after the backup: what they say was done again, as far as they say it.
    pub applied: usize,
    /// Persons who were in the backup and were erased again.
    pub erased: usize,
    /// Cases that were rectified after the backup: that must be done again by hand.
    pub rectify_again: BTreeSet<CaseNumber>,
}

/// How new contents take the place of the old ones.
enum Save<'a> {
    /// As always.
    Usual,
    /// So that the old ones cannot be had again from the file.
    ForGood(&'a Passphrase),
}

/// An open register; no other program can open it meanwhile.
pub struct Registrar {
    folder: RegistrarFolder,
    genesis: Genesis,
    key: SigningKey,
    file: SealedFile<RegisterKind>,
    register: Register,
}

impl Registrar {
    /// Makes a folder with a key and an empty register. The path must be new or hold nothing but a registrar's key.
    ///
    /// # Errors
    /// [`RegistrarError`] of the folder and of the file.
    pub fn create(
        folder: &RegistrarFolder,
        genesis: Genesis,
        passphrase: &Passphrase,
        strength: Strength,
        rng: &mut impl Rng,
    ) -> Result<Self, RegistrarError> {
        let register = Register::new(genesis.network());
        Self::create_with(folder, genesis, passphrase, strength, register, rng)
    }

    fn create_with(
        folder: &RegistrarFolder,
        genesis: Genesis,
        passphrase: &Passphrase,
        strength: Strength,
        register: Register,
        rng: &mut impl Rng,
    ) -> Result<Self, RegistrarError> {
        let key = folder.prepare(&genesis, rng)?.key;
        let content = register.encode()?;
        let path = folder.register_file();
        SealedFile::<RegisterKind>::discard_unfinished(&path)?;
        let mut file = SealedFile::create_with(&path, passphrase, &content, strength)?;
        file.set_strength(strength);
        Ok(Registrar { folder: folder.clone(), genesis, key, file, register })
    }

    /// Opens the register in a folder. Takes about a second.
    ///
    /// # Errors
    /// [`RegistrarError`] of the folder, of the file, and for contents that cannot be read.
    pub fn open(folder: &RegistrarFolder, passphrase: &Passphrase) -> Result<Self, RegistrarError> {
        let genesis = folder.genesis()?;
        let key = folder.key()?.key;
        let (file, content) = SealedFile::open(&folder.register_file(), passphrase)?;
        let register = Register::decode(&content, genesis.network())?;
        Ok(Registrar { folder: folder.clone(), genesis, key, file, register })
    }

    /// The strength of the passphrase's protection from the next change for good on.
    pub fn set_strength(&mut self, strength: Strength) {
        self.file.set_strength(strength);
    }

    /// Where it is.
    pub fn folder(&self) -> &RegistrarFolder {
        &self.folder
    }

    /// The community's genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The community's network.
    pub fn network(&self) -> &NetworkId {
        self.genesis.network()
    }

    /// Whose signature is on the receipts.
    pub fn signer(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// Everybody, in the order in which they were added.
    pub fn people(&self) -> &[Person] {
        &self.register.people
    }

    /// All receipts ever given, oldest first.
    pub fn receipts(&self) -> &[Receipt] {
        &self.register.receipts
    }

    /// What was last said about backups.
    pub fn backup_note(&self) -> Option<BackupNote> {
        self.register.backup
    }

    /// The one person who is meant: by the first digits of the case number, by the whole name, or by a part of it.
    ///
    /// # Errors
    /// [`RegistrarError::Unknown`], [`RegistrarError::Ambiguous`].
    pub fn find(&self, name: &str) -> Result<&Person, RegistrarError> {
        self.register.find(name)
    }

    /// Puts a person into the register.
    ///
    /// # Errors
    /// [`RegistrarError::Detail`], [`RegistrarError::File`].
    pub fn add(&mut self, details: Details, now: Timestamp, rng: &mut impl Rng) -> Result<CaseNumber, RegistrarError> {
        details.check()?;
        let mut changed = self.register.clone();
        let case = CaseNumber::random(rng);
        changed.people.push(Person::new(case, now, details));
        self.commit(changed, Save::Usual)?;
        Ok(case)
    }

    /// Notes that a meter measures for a person from then on.
    ///
    /// # Errors
    /// [`RegistrarError::NoMeter`], [`RegistrarError::MeterTaken`], [`RegistrarError::Restricted`], [`RegistrarError::File`].
    pub fn begin_meter(&mut self, case: CaseNumber, meter: MeterId, from: Timestamp) -> Result<(), RegistrarError> {
        if self.genesis.meter(meter).is_none() {
            return Err(RegistrarError::NoMeter(meter.0));
        }
        let link = MeterLink { meter: meter.0, from: from.0, until: None };
        self.register.check_free(&link, &[])?;
        self.change(case, |person| {
            require_unrestricted(person)?;
            person.meters.push(link);
            Ok(())
        })
    }

    /// Notes when it no longer does; a time to come is fine.
    ///
    /// # Errors
    /// [`RegistrarError::NotHeld`], [`RegistrarError::EndBeforeBegin`], [`RegistrarError::File`].
    pub fn end_meter(&mut self, case: CaseNumber, meter: MeterId, until: Timestamp) -> Result<(), RegistrarError> {
        self.change(case, |person| {
            let link = person.meters.iter_mut().find(|link| link.meter == meter.0 && link.until.is_none());
            let link = link.ok_or(RegistrarError::NotHeld(meter.0))?;
            if until.0 < link.from {
                return Err(RegistrarError::EndBeforeBegin);
            }
            link.until = Some(until.0);
            Ok(())
        })
    }

    /// Notes what a person agreed to.
    ///
    /// # Errors
    /// [`RegistrarError::Detail`], [`RegistrarError::Restricted`], [`RegistrarError::File`].
    pub fn give_consent(&mut self, case: CaseNumber, purpose: &str, now: Timestamp) -> Result<(), RegistrarError> {
        self.change(case, |person| {
            require_unrestricted(person)?;
            person.consents.push(Consent { purpose: purpose.trim().to_owned(), given: now.0, withdrawn: None });
            Ok(())
        })
    }

    /// Notes that a person took it back.
    ///
    /// # Errors
    /// [`RegistrarError::NoConsent`], [`RegistrarError::File`].
    pub fn withdraw_consent(&mut self, case: CaseNumber, purpose: &str, now: Timestamp) -> Result<(), RegistrarError> {
        self.change(case, |person| {
            let wanted = purpose.trim();
            let given = person.consents.iter_mut().find(|one| one.purpose == wanted && one.withdrawn.is_none());
            given.ok_or_else(|| RegistrarError::NoConsent(wanted.to_owned()))?.withdrawn = Some(now.0);
            Ok(())
        })
    }

    /// Notes a payout or an invoice; gives its number.
    ///
    /// # Errors
    /// [`RegistrarError::Detail`], [`RegistrarError::Restricted`], [`RegistrarError::LastNumber`], [`RegistrarError::File`].
    pub fn open_money(
        &mut self,
        case: CaseNumber,
        kind: MoneyKind,
        amount: Credit,
        text: &str,
        now: Timestamp,
    ) -> Result<u32, RegistrarError> {
        self.change(case, |person| {
            require_unrestricted(person)?;
            let last = person.money.last().map_or(0, |money| money.number);
            let number = last.checked_add(1).ok_or(RegistrarError::LastNumber(last))?;
            let text = text.trim().to_owned();
            person.money.push(Money { number, kind, amount: amount.0, text, since: now.0, settled: None });
            Ok(number)
        })
    }

    /// Notes that it was paid.
    ///
    /// # Errors
    /// [`RegistrarError::NoMoney`], [`RegistrarError::File`].
    pub fn settle_money(&mut self, case: CaseNumber, number: u32, now: Timestamp) -> Result<(), RegistrarError> {
        self.change(case, |person| {
            let money = person.money.iter_mut().find(|money| money.number == number && money.settled.is_none());
            money.ok_or(RegistrarError::NoMoney(number))?.settled = Some(now.0);
            Ok(())
        })
    }

    /// A copy of everything about a person as JSON, and the receipt for it.
    ///
    /// # Errors
    /// [`RegistrarError::Unknown`], [`RegistrarError::File`].
    pub fn export(
        &mut self,
        case: CaseNumber,
        now: Timestamp,
    ) -> Result<(Zeroizing<Vec<u8>>, Receipt), RegistrarError> {
        let mut changed = self.register.clone();
        let person = changed.person_mut(case)?.clone();
        let copy = Copy {
            format: COPY_FORMAT,
            network: self.network().to_string(),
            made: now.0,
            person: &person,
            receipts: self.register.receipts.iter().filter(|receipt| receipt.case() == case).collect(),
        };
        let json = serde_json::to_vec_pretty(&copy).map_err(|error| RegistrarError::Content(error.to_string()))?;
        let json = Zeroizing::new(json);
        let receipt = self.receipt(&mut changed, Deed::Export, case, now);
        self.commit(changed, Save::Usual)?;
        Ok((json, receipt))
    }

    /// Puts something right; the wrong data are gone from the file for good. Takes about two seconds.
    ///
    /// # Errors
    /// [`RegistrarError::NothingChanges`], [`RegistrarError::Detail`], [`RegistrarError::File`].
    pub fn rectify(
        &mut self,
        case: CaseNumber,
        correction: &Correction,
        now: Timestamp,
        passphrase: &Passphrase,
    ) -> Result<Receipt, RegistrarError> {
        let mut changed = self.register.clone();
        let person = changed.person_mut(case)?;
        let details = correction.applied_to(&person.details);
        details.check()?;
        if details == person.details {
            return Err(RegistrarError::NothingChanges);
        }
        person.details = details;
        let receipt = self.receipt(&mut changed, Deed::Rectify, case, now);
        self.commit(changed, Save::ForGood(passphrase))?;
        Ok(receipt)
    }

    /// Restricts the processing of a person's data.
    ///
    /// # Errors
    /// [`RegistrarError::Restriction`] if it is restricted already, [`RegistrarError::Detail`], [`RegistrarError::File`].
    pub fn restrict(&mut self, case: CaseNumber, why: &str, now: Timestamp) -> Result<Receipt, RegistrarError> {
        let mut changed = self.register.clone();
        let person = changed.person_mut(case)?;
        if person.restricted.is_some() {
            return Err(RegistrarError::Restriction("this is restricted already"));
        }
        person.restricted = Some(Restriction { since: now.0, why: why.trim().to_owned() });
        person.check()?;
        let receipt = self.receipt(&mut changed, Deed::Restrict, case, now);
        self.commit(changed, Save::Usual)?;
        Ok(receipt)
    }

    /// Ends that.
    ///
    /// # Errors
    /// [`RegistrarError::Restriction`] if it is not restricted, [`RegistrarError::File`].
    pub fn unrestrict(&mut self, case: CaseNumber, now: Timestamp) -> Result<Receipt, RegistrarError> {
        let mut changed = self.register.clone();
        if changed.person_mut(case)?.restricted.take().is_none() {
            return Err(RegistrarError::Restriction("this is not restricted"));
        }
        let receipt = self.receipt(&mut changed, Deed::Unrestrict, case, now);
        self.commit(changed, Save::Usual)?;
        Ok(receipt)
    }

    /// What stands against erasing a person, as of what the ledger says; `now` is this machine's clock.
    ///
    /// # Errors
    /// [`RegistrarError::Ahead`] if what the ledger says is not to be believed by that clock.
    pub fn matters(&self, person: &Person, facts: &LedgerFacts, now: Timestamp) -> Result<Vec<Matter>, RegistrarError> {
        self.require_not_ahead(facts, now)?;
        Ok(matters(person, &self.genesis.parameters, self.genesis.first_window(), facts))
    }

    /// A simulated ledger has a time of its own.
    fn require_not_ahead(&self, facts: &LedgerFacts, now: Timestamp) -> Result<(), RegistrarError> {
        if self.genesis.simulated_time { Ok(()) } else { facts.require_not_ahead(now) }
    }

    /// Erases a person's entry, for good. Takes about two seconds. What remains is the receipt. `now` is this machine's clock.
    ///
    /// # Errors
    /// [`RegistrarError::Ahead`] if the ledger is ahead of it, [`RegistrarError::Open`] while something stands against it,
    /// [`RegistrarError::Unknown`], [`RegistrarError::File`].
    pub fn erase(
        &mut self,
        case: CaseNumber,
        facts: &LedgerFacts,
        now: Timestamp,
        passphrase: &Passphrase,
    ) -> Result<Receipt, RegistrarError> {
        let mut changed = self.register.clone();
        let matters = self.matters(changed.person_mut(case)?, facts, now)?;
        if !matters.is_empty() {
            return Err(RegistrarError::Open { case, matters });
        }
        changed.remove(case);
        let receipt = self.receipt(&mut changed, Deed::Erase, case, now);
        self.commit(changed, Save::ForGood(passphrase))?;
        Ok(receipt)
    }

    /// Who left so long ago that retention (a parameter of the ledger) is over, and nothing stands against erasing him. `now` is
    /// this machine's clock.
    ///
    /// # Errors
    /// [`RegistrarError::Ahead`] if the ledger is ahead of it.
    pub fn past_retention(&self, facts: &LedgerFacts, now: Timestamp) -> Result<Vec<CaseNumber>, RegistrarError> {
        self.require_not_ahead(facts, now)?;
        let mut cases = Vec::new();
        for person in &self.register.people {
            let left = person.left().is_some_and(|left| left.plus(self.genesis.parameters.retention) < facts.time());
            if left && self.matters(person, facts, now)?.is_empty() {
                cases.push(person.case);
            }
        }
        Ok(cases)
    }

    /// Erases all of them, in one step.
    ///
    /// # Errors
    /// [`RegistrarError::Ahead`], [`RegistrarError::File`].
    pub fn forget(
        &mut self,
        facts: &LedgerFacts,
        now: Timestamp,
        passphrase: &Passphrase,
    ) -> Result<Vec<Receipt>, RegistrarError> {
        let cases = self.past_retention(facts, now)?;
        if cases.is_empty() {
            return Ok(Vec::new());
        }
        let mut changed = self.register.clone();
        let mut receipts = Vec::new();
        for case in cases {
            changed.remove(case);
            receipts.push(self.receipt(&mut changed, Deed::Erase, case, now));
        }
        self.commit(changed, Save::ForGood(passphrase))?;
        Ok(receipts)
    }

    /// Puts the register under another passphrase. Takes about two seconds.
    ///
    /// # Errors
    /// [`RegistrarError::File`].
    pub fn change_passphrase(&mut self, old: &Passphrase, new: &Passphrase) -> Result<(), RegistrarError> {
        Ok(self.file.change_passphrase(old, new)?)
    }

    /// The contents for a backup that is made now, and notes that it is.
    pub(crate) fn content_for_backup(&mut self, note: BackupNote) -> Result<Zeroizing<Vec<u8>>, RegistrarError> {
        let mut changed = self.register.clone();
        changed.backup = Some(note);
        self.commit(changed, Save::Usual)?;
        self.register.encode()
    }

    /// Puts the contents of a backup in the place of the register, or into a new folder, and does again what receipts of after
    /// the backup say: those of the register that is replaced, and `receipts`, whose signers must be registrars of the genesis,
    /// this folder's key, or signers of receipts in the backup.
    ///
    /// # Errors
    /// [`RegistrarError`] of the folder and the file; [`RegistrarError::Content`] for a backup that is none of a register;
    /// [`RegistrarError::Receipt`] for a receipt by somebody else.
    pub(crate) fn restore(
        folder: &RegistrarFolder,
        genesis: Genesis,
        content: &[u8],
        passphrase: &Passphrase,
        strength: Strength,
        receipts: &[(PathBuf, Receipt)],
        rng: &mut impl Rng,
    ) -> Result<(Self, Restored), RegistrarError> {
        let mut register = Register::decode(content, genesis.network())?;
        let before = register.people.len();
        let current = if folder.has_register() {
            let (mut file, content) = SealedFile::<RegisterKind>::open(&folder.register_file(), passphrase)?;
            file.set_strength(strength);
            Some((file, Register::decode(&content, genesis.network())?))
        } else {
            None
        };
        let own = folder.key().ok().map(|file| file.key.verifying_key());
        let mut known: Vec<VerifyingKey> = genesis.registrars().iter().copied().chain(own).collect();
        known.extend(register.receipts.iter().map(|receipt| *receipt.signer()));
        let mut later: Vec<Receipt> =
            current.iter().flat_map(|(_, current)| current.receipts.iter().copied()).collect();
        for (path, receipt) in receipts {
            let checked = receipt.require(Some(genesis.network()), None);
            checked.map_err(|source| RegistrarError::Receipt { path: path.clone(), source })?;
            if !known.contains(receipt.signer()) {
                let reason = "it is signed by somebody whom neither the genesis nor the backup knows as a registrar";
                return Err(RegistrarError::Content(format!("{}: {reason}", path.display())));
            }
            later.push(*receipt);
        }
        later.sort_by_key(Receipt::time);
        let applied: Vec<&Receipt> = later.iter().filter(|receipt| register.apply_again(receipt)).collect();
        let mut rectify_again: BTreeSet<CaseNumber> =
            applied.iter().filter(|receipt| receipt.deed() == Deed::Rectify).map(|receipt| receipt.case()).collect();
        rectify_again.retain(|case| register.people.iter().any(|person| person.case == *case));
        let restored = Restored {
            people: register.people.len(),
            applied: applied.len(),
            erased: before - register.people.len(),
            rectify_again,
        };
        let registrar = match current {
            Some((file, current)) => {
                let key = folder.key()?.key;
                let mut registrar = Registrar { folder: folder.clone(), genesis, key, file, register: current };
                registrar.commit(register, Save::ForGood(passphrase))?;
                registrar
            }
            None => Self::create_with(folder, genesis, passphrase, strength, register, rng)?,
        };
        Ok((registrar, restored))
    }

    /// Changes one person, refuses what cannot be stored, and saves.
    fn change<T>(
        &mut self,
        case: CaseNumber,
        act: impl FnOnce(&mut Person) -> Result<T, RegistrarError>,
    ) -> Result<T, RegistrarError> {
        let mut changed = self.register.clone();
        let person = changed.person_mut(case)?;
        let value = act(person)?;
        person.check()?;
        self.commit(changed, Save::Usual)?;
        Ok(value)
    }

    fn receipt(&self, register: &mut Register, deed: Deed, case: CaseNumber, now: Timestamp) -> Receipt {
        let receipt = Receipt::sign(self.genesis.network(), deed, now, case, &self.key);
        register.receipts.push(receipt);
        receipt
    }

    fn commit(&mut self, changed: Register, save: Save<'_>) -> Result<(), RegistrarError> {
        let content = changed.encode()?;
        match save {
            Save::Usual => self.file.save(&content)?,
            Save::ForGood(passphrase) => self.file.replace_for_good(passphrase, &content)?,
        }
        self.register = changed;
        Ok(())
    }
}

fn require_unrestricted(person: &Person) -> Result<(), RegistrarError> {
    person.restricted.as_ref().map_or(Ok(()), |restriction| {
        Err(RegistrarError::Restricted { case: person.case, why: restriction.why.clone() })
    })
}
