//! Making, opening, saving and deleting a wallet.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::SystemTime};

use hushwatt_crypto::keys::Seed;
use hushwatt_ledger::{genesis::Genesis, units::Timestamp};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{
    Household, HouseholdError, Keys, Now, Settings,
    content::{Bytes, Content, StoredKeys},
};
use crate::{
    PublicView, ViewError, Wallet,
    file::{Passphrase, SeedWords, Strength, WalletFile},
};

/// Where a wallet is made and for which community.
pub struct NewHousehold<'a> {
    /// The file.
    pub path: &'a Path,
    /// What opens it.
    pub passphrase: &'a Passphrase,
    /// How hard guessing the passphrase is made.
    pub strength: Strength,
    /// The community's genesis.
    pub genesis: Genesis,
    /// Nodes to ask.
    pub nodes: Vec<String>,
}

fn system_time() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
}

impl Household {
    /// A new wallet with a new seed.
    ///
    /// # Errors
    /// If the file cannot be made; one that exists is never touched.
    pub fn create(new: NewHousehold<'_>) -> Result<Self, HouseholdError> {
        // In a network with simulated time nothing is older than its genesis, and clocks say nothing.
        let birthday = if new.genesis.simulated_time { new.genesis.time } else { system_time().minus(86_400) };
        Self::make(new, Keys::Full(Seed::random(&mut OsRng)), birthday, false)
    }

    /// A wallet from its 24 words and birthday. It finds what the nodes still have hints for; what is older is in a backup
    /// file only.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn restore_words(
        new: NewHousehold<'_>,
        words: &SeedWords,
        birthday: Option<Timestamp>,
    ) -> Result<Self, HouseholdError> {
        let birthday = birthday.unwrap_or(new.genesis.time);
        Self::make(new, Keys::Full(words.seed()), birthday, true)
    }

    /// A wallet that sees what another one owns, and cannot spend: from what [`Self::view_only_key`] gave.
    ///
    /// # Errors
    /// As [`Self::create`]; or if the text is no such key.
    pub fn create_view_only(
        new: NewHousehold<'_>,
        key: &str,
        birthday: Option<Timestamp>,
    ) -> Result<Self, HouseholdError> {
        let birthday = birthday.unwrap_or(new.genesis.time);
        Self::make(new, Keys::ViewOnly(Zeroizing::new(key.trim().to_owned())), birthday, true)
    }

    fn make(new: NewHousehold<'_>, keys: Keys, birthday: Timestamp, confirmed: bool) -> Result<Self, HouseholdError> {
        let genesis = Arc::new(new.genesis);
        let mut wallet = engine(&genesis, &keys)?;
        wallet.set_birthday(birthday);
        let content = Content {
            version: Content::VERSION,
            genesis: Bytes(genesis.bytes().to_vec()),
            keys: stored(&keys),
            birthday: birthday.0,
            words_confirmed: confirmed,
            backed_up: None,
            nodes: new.nodes,
            wallet: wallet.export(),
            view: Bytes(PublicView::new(genesis).export()),
            outbox: Vec::new(),
            contacts: Vec::new(),
            labels: BTreeMap::new(),
            meter_labels: BTreeMap::new(),
            offers: Vec::new(),
            proofs: Vec::new(),
            share_times: BTreeMap::new(),
            settings: Settings::default(),
        };
        let file = WalletFile::create_with(new.path, new.passphrase, &content.to_bytes()?, new.strength)?;
        Self::from_content(file, content)
    }

    /// Opens a wallet.
    ///
    /// # Errors
    /// [`HouseholdError::File`]: no such file, a wrong passphrase, damage; the file is never changed by that.
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<Self, HouseholdError> {
        let (file, bytes) = WalletFile::open(path, passphrase)?;
        Self::from_content(file, Content::from_bytes(&bytes)?)
    }

    pub(super) fn from_content(file: WalletFile, content: Content) -> Result<Self, HouseholdError> {
        let genesis = Arc::new(Genesis::parse(&content.genesis.0)?);
        let keys = match &content.keys {
            StoredKeys::Seed(bytes) => {
                let bytes = Zeroizing::new(
                    <[u8; 32]>::try_from(bytes.0.as_slice())
                        .map_err(|_| HouseholdError::Content("the seed has a wrong length".to_owned()))?,
                );
                Keys::Full(Seed::from_bytes(*bytes))
            }
            StoredKeys::ViewOnly(text) => Keys::ViewOnly(Zeroizing::new(text.clone())),
        };
        let mut wallet = engine(&genesis, &keys)?;
        wallet.import(content.wallet)?;
        let view = match PublicView::import(genesis.clone(), &content.view.0) {
            // An earlier program's, which believed more: all is read again, as in [`Self::rescan`].
            Err(ViewError::Foreign) => {
                wallet.read_again();
                PublicView::new(genesis.clone())
            }
            view => view.map_err(|error| HouseholdError::Content(error.to_string()))?,
        };
        if wallet.height() != view.tip().height {
            return Err(HouseholdError::Content("its two halves are of different blocks".to_owned()));
        }
        // Of a chain that is read again there is as much to come as was known.
        let known_tip = (view.tip().height.max(wallet.known_until), view.tip().time);
        let clock: Now = Box::new(system_time);
        let mut household = Household {
            file,
            genesis,
            keys,
            birthday: Timestamp(content.birthday),
            words_confirmed: content.words_confirmed,
            backed_up: content.backed_up.map(Timestamp),
            nodes: content.nodes,
            wallet,
            view,
            outbox: content.outbox,
            contacts: content.contacts,
            labels: content.labels,
            meter_labels: content.meter_labels,
            offers: content.offers,
            proofs: content.proofs,
            share_times: content.share_times,
            settings: content.settings,
            clock,
            known_tip,
            reached: false,
            without_hints: 0,
        };
        household.set_aside_again();
        household.apply_settings();
        // Of a file that an earlier program wrote.
        household.keep_cohorts()?;
        Ok(household)
    }

    /// Everything as it is written to the file.
    pub(super) fn content(&self) -> Content {
        Content {
            version: Content::VERSION,
            genesis: Bytes(self.genesis.bytes().to_vec()),
            keys: stored(&self.keys),
            birthday: self.birthday.0,
            words_confirmed: self.words_confirmed,
            backed_up: self.backed_up.map(|time| time.0),
            nodes: self.nodes.clone(),
            wallet: self.wallet.export(),
            view: Bytes(self.view.export()),
            outbox: self.outbox.clone(),
            contacts: self.contacts.clone(),
            labels: self.labels.clone(),
            meter_labels: self.meter_labels.clone(),
            offers: self.offers.clone(),
            proofs: self.proofs.clone(),
            share_times: self.share_times.clone(),
            settings: self.settings.clone(),
        }
        .versioned()
    }

    /// Writes everything to the file: the old content or the new one is there at every instant.
    ///
    /// # Errors
    /// If it cannot be written; the file is as before.
    pub fn save(&mut self) -> Result<(), HouseholdError> {
        let bytes = self.content().to_bytes()?;
        Ok(self.file.save(&bytes)?)
    }

    /// Another clock, for tests.
    pub fn set_clock(&mut self, clock: Now) {
        self.clock = clock;
    }

    /// Checks the passphrase again, before something that needs care.
    ///
    /// # Errors
    /// If it is not the right one.
    pub fn check_passphrase(&self, passphrase: &Passphrase) -> Result<(), HouseholdError> {
        Ok(self.file.check_passphrase(passphrase)?)
    }

    /// Another passphrase.
    ///
    /// # Errors
    /// If the old one is wrong, or the file cannot be written.
    pub fn change_passphrase(&mut self, old: &Passphrase, new: &Passphrase) -> Result<(), HouseholdError> {
        Ok(self.file.change_passphrase(old, new)?)
    }

    /// Deletes the wallet from this machine. What is on the ledger stays; with the 24 words or a backup it can be had again.
    ///
    /// # Errors
    /// If the file cannot be deleted.
    pub fn erase(self) -> Result<(), HouseholdError> {
        Ok(self.file.erase()?)
    }

    /// The 24 words.
    ///
    /// # Errors
    /// If the passphrase is wrong, or the wallet can only look.
    pub fn words(&self, passphrase: &Passphrase) -> Result<SeedWords, HouseholdError> {
        self.check_passphrase(passphrase)?;
        match &self.keys {
            Keys::Full(seed) => Ok(SeedWords::from_seed(seed)),
            Keys::ViewOnly(_) => Err(HouseholdError::ViewOnly),
        }
    }

    /// Whether the household has shown that it wrote the words down.
    pub fn words_confirmed(&self) -> bool {
        self.words_confirmed
    }

    /// Takes words by their numbers (from 1) as proof that they were written down.
    ///
    /// # Errors
    /// [`HouseholdError::WrongWord`].
    pub fn confirm_words(&mut self, given: &[(usize, String)]) -> Result<(), HouseholdError> {
        let Keys::Full(seed) = &self.keys else { return Err(HouseholdError::ViewOnly) };
        let words = SeedWords::from_seed(seed);
        for (number, word) in given {
            if !words.is_word(*number, word) {
                return Err(HouseholdError::WrongWord(*number));
            }
        }
        self.words_confirmed = true;
        self.save()
    }

    /// What a view-only wallet is made from. Whoever has it sees everything, and cannot spend.
    ///
    /// # Errors
    /// If the passphrase is wrong.
    pub fn view_only_key(&self, passphrase: &Passphrase) -> Result<Zeroizing<String>, HouseholdError> {
        self.check_passphrase(passphrase)?;
        Ok(self.wallet.view_key_export())
    }

    /// Other settings.
    ///
    /// # Errors
    /// If they cannot be saved.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), HouseholdError> {
        self.settings = settings;
        self.apply_settings();
        self.save()
    }

    /// Other nodes.
    ///
    /// # Errors
    /// If they cannot be saved.
    pub fn set_nodes(&mut self, nodes: Vec<String>) -> Result<(), HouseholdError> {
        self.nodes = nodes;
        self.save()
    }

    pub(super) fn apply_settings(&mut self) {
        let parameters = &self.genesis.parameters;
        let wanted = self.settings.smallest_company;
        // More than a batch can have would never be there.
        self.wallet.require_ring(if wanted == 0 { parameters.ring_min } else { wanted.min(parameters.ring_cap) });
    }

    /// Reads everything again from the first block on, and forgets nothing: after a meter was paired, or when hints came late.
    ///
    /// # Errors
    /// If it cannot be saved.
    pub fn rescan(&mut self) -> Result<(), HouseholdError> {
        self.wallet.read_again();
        self.view = PublicView::new(self.genesis.clone());
        self.save()
    }
}

fn engine(genesis: &Arc<Genesis>, keys: &Keys) -> Result<Wallet, HouseholdError> {
    Ok(match keys {
        Keys::Full(seed) => Wallet::new(genesis.clone(), seed)?,
        Keys::ViewOnly(text) => Wallet::view_only(genesis.clone(), text)?,
    })
}

fn stored(keys: &Keys) -> StoredKeys {
    match keys {
        Keys::Full(seed) => StoredKeys::Seed(Bytes(seed.expose().to_vec())),
        Keys::ViewOnly(text) => StoredKeys::ViewOnly(text.to_string()),
    }
}
