//! The household's wallet at the desk: the file on this machine, and the nodes behind it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hushwatt_client::BaseUrl;
use hushwatt_crypto::meter::Register;
use hushwatt_ledger::{
    disclosure::Ask,
    genesis::Genesis,
    transaction::TransactionId,
    units::{Credit, Quantity, Timestamp, Utility, Window},
};
use hushwatt_wallet::{
    LocalReadings,
    file::{FileError, SeedWords, Strength},
    household::{
        Courier, Household, HouseholdError, NewHousehold, OfferRequest, OrderRequest, ProofRequest, ProofSubject,
        SendRequest, ask_gateway,
    },
    sync::Nodes,
};
use zeroize::Zeroizing;

use crate::{
    desk::{
        About, Asked, Desk, DeskError, DeskResult, Keeper, NewOffer, NewOrder, NewProof, NewWallet, PayLink, Payment,
        ProofOf,
    },
    model::{
        Contact, ContractView, EnergyRow, GivenProof, HistoryEntry, HistoryFilter, LocalRow, MeterView, OfferView,
        OrderView, Overview, Passphrase, Prepared, Preview, Settings, SyncState, TotalsView,
    },
};

/// Between two steps of what the wallet does on its own.
const AGENT_EVERY: Duration = Duration::from_secs(15);
/// Between two questions to the gateways.
const GATEWAYS_EVERY: Duration = Duration::from_secs(60);
/// How far back they are asked: what is older is on the ledger, or late.
const GATEWAYS_SINCE: u64 = 3 * 86_400;

impl From<HouseholdError> for DeskError {
    fn from(error: HouseholdError) -> Self {
        let kind = match &error {
            HouseholdError::File(FileError::WrongPassphrase { .. } | FileError::BackupRefused { .. }) => {
                "wrong_passphrase"
            }
            other => other.kind(),
        };
        let mut told = DeskError::new(kind, error.to_string());
        if let HouseholdError::WrongWord(number) = error {
            told.word = Some(number);
        }
        told
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An open wallet with its nodes.
struct HouseholdDesk {
    household: Arc<Mutex<Household>>,
    /// Reads on and hands in; a round may take long.
    courier: Mutex<Courier>,
    /// Goes to the board for the pages, which do not wait for a round.
    messenger: Mutex<Courier>,
    notices: Mutex<Vec<String>>,
    agent_ran: Mutex<Option<Instant>>,
    /// What gateways said, and when they were asked.
    local: Mutex<(Option<Instant>, Vec<LocalReadings>)>,
    /// For files that are there for a moment: beside the wallet, not in a folder that others share.
    folder: PathBuf,
    strength: Strength,
}

impl HouseholdDesk {
    fn new(household: Household, folder: PathBuf, strength: Strength) -> DeskResult<Self> {
        let household = Arc::new(Mutex::new(household));
        Ok(HouseholdDesk {
            courier: Mutex::new(Courier::new(household.clone())?),
            messenger: Mutex::new(Courier::new(household.clone())?),
            household,
            notices: Mutex::default(),
            agent_ran: Mutex::default(),
            local: Mutex::default(),
            folder,
            strength,
        })
    }

    fn household(&self) -> MutexGuard<'_, Household> {
        lock(&self.household)
    }

    /// A folder that only this user can read, and that is gone at the end.
    fn passing_folder(&self) -> DeskResult<tempfile::TempDir> {
        tempfile::tempdir_in(&self.folder)
            .map_err(|error| DeskError::new("write", format!("cannot write there: {error}")))
    }
}

fn read(path: &Path) -> DeskResult<Zeroizing<Vec<u8>>> {
    fs::read(path).map(Zeroizing::new).map_err(|error| DeskError::new("write", format!("{}: {error}", path.display())))
}

impl HouseholdDesk {
    /// Asks the gateways now and then, without a look at the nodes; one that is away has said nothing.
    fn ask_gateways(&self) {
        if lock(&self.local).0.is_some_and(|at| at.elapsed() < GATEWAYS_EVERY) {
            return;
        }
        let (urls, now) = {
            let household = self.household();
            (household.settings().gateways.clone(), household.now())
        };
        let from = now.minus(GATEWAYS_SINCE);
        let told = urls.iter().filter_map(|url| ask_gateway(url, from).ok()).collect();
        *lock(&self.local) = (Some(Instant::now()), told);
    }
}

impl Desk for HouseholdDesk {
    fn about(&self) -> About {
        let household = self.household();
        let genesis = household.genesis();
        About {
            network: genesis.network().to_string(),
            address: household.address(),
            view_only: household.is_view_only(),
            birthday: household.birthday(),
            parameters: genesis.parameters.clone(),
            utilities: Utility::ALL.into_iter().filter(|utility| genesis.has_utility(*utility)).collect(),
        }
    }

    fn now(&self) -> Timestamp {
        self.household().now()
    }

    fn nodes(&self) -> Vec<String> {
        self.household().nodes().to_vec()
    }

    fn set_nodes(&self, nodes: Vec<String>) -> DeskResult<()> {
        read_urls(&nodes)?;
        Ok(self.household().set_nodes(nodes)?)
    }

    fn settings(&self) -> Settings {
        self.household().settings().clone()
    }

    fn set_settings(&self, settings: Settings) -> DeskResult<()> {
        read_urls(&settings.gateways)?;
        read_urls(settings.operator.as_slice())?;
        // They are asked at once.
        *lock(&self.local) = (None, Vec::new());
        Ok(self.household().set_settings(settings)?)
    }

    fn words_confirmed(&self) -> bool {
        self.household().words_confirmed()
    }

    fn overview(&self) -> Overview {
        let notices = lock(&self.notices).clone();
        self.household().overview(notices)
    }

    fn sync_state(&self) -> SyncState {
        let notices = lock(&self.notices).clone();
        self.household().sync_state(notices)
    }

    fn history(&self, filter: &HistoryFilter) -> Vec<HistoryEntry> {
        self.household().history(filter)
    }

    fn history_csv(&self, filter: &HistoryFilter) -> String {
        Household::history_csv(&self.history(filter))
    }

    fn energy(&self, from: Timestamp, until: Timestamp) -> Vec<EnergyRow> {
        self.household().energy(from, until)
    }

    fn contracts(&self) -> Vec<ContractView> {
        self.household().contracts()
    }

    fn meters(&self) -> Vec<MeterView> {
        self.household().meters()
    }

    fn totals(&self) -> DeskResult<TotalsView> {
        Ok(self.household().totals()?)
    }

    fn contacts(&self) -> Vec<Contact> {
        self.household().contacts().to_vec()
    }

    fn set_label(&self, entry: &str, label: Option<&str>) -> DeskResult<()> {
        Ok(self.household().set_label(entry, label)?)
    }

    fn add_contact(&self, name: &str, address: &str) -> DeskResult<()> {
        Ok(self.household().add_contact(name, address)?)
    }

    fn remove_contact(&self, name: &str) -> DeskResult<()> {
        Ok(self.household().remove_contact(name)?)
    }

    fn pair(&self, code: &str, label: Option<&str>) -> DeskResult<MeterView> {
        Ok(self.household().pair(code, label)?)
    }

    fn payment_link(&self, amount: Option<Credit>, message: Option<&str>) -> DeskResult<String> {
        Ok(self.household().payment_link(amount, message)?)
    }

    fn read_payment_link(&self, text: &str) -> DeskResult<PayLink> {
        let household = self.household();
        let link = household.parse_payment_link(text)?;
        let to = link.to.encode(household.genesis().network());
        Ok(PayLink { to, amount: link.amount, message: link.message })
    }

    fn preview_send(&self, payment: &Payment) -> DeskResult<Preview> {
        Ok(self.household().preview_send(&request(payment))?)
    }

    fn send(&self, payment: &Payment) -> DeskResult<Prepared> {
        Ok(self.household().send(&request(payment))?)
    }

    fn board(&self) -> DeskResult<Vec<OfferView>> {
        Ok(lock(&self.messenger).board_views()?)
    }

    fn own_offers(&self) -> Vec<OfferView> {
        let household = self.household();
        household.own_offers().iter().map(|offer| household.offer_view(offer)).collect()
    }

    fn read_offer(&self, link: &str) -> DeskResult<OfferView> {
        let household = self.household();
        let offer = household.read_offer(link)?;
        Ok(household.offer_view(&offer))
    }

    fn make_offer(&self, offer: &NewOffer) -> DeskResult<OfferView> {
        let request = OfferRequest {
            utility: offer.utility,
            at: offer.at,
            quantity: offer.quantity,
            price_micro_euro: offer.price_micro_euro,
            valid_for: offer.valid_for,
        };
        let signed = self.household().make_offer(&request)?;
        if offer.publish {
            lock(&self.messenger).post_offer(&signed).map_err(|error| {
                let text =
                    format!("the offer is signed and among your offers, but no node put it on its board: {error}");
                DeskError::new(error.kind(), text)
            })?;
        }
        Ok(self.household().offer_view(&signed))
    }

    fn buy(&self, link: &str, quantity: Option<Quantity>, any_company: bool) -> DeskResult<Prepared> {
        let mut household = self.household();
        let offer = household.read_offer(link)?;
        Ok(household.buy(&offer, quantity, any_company)?)
    }

    fn windows_taking_orders(&self) -> Vec<Window> {
        self.household().windows_taking_orders()
    }

    fn orders(&self) -> Vec<OrderView> {
        self.household().orders()
    }

    fn place_order(&self, order: &NewOrder) -> DeskResult<Prepared> {
        let request = OrderRequest {
            side: order.side,
            utility: order.utility,
            at: order.at,
            quantity: order.quantity,
            limit_micro_euro: order.limit_micro_euro,
            operator: None,
        };
        Ok(self.household().place_order(&request, order.any_company)?)
    }

    fn cancel_order(&self, id: &TransactionId) -> DeskResult<()> {
        Ok(self.household().cancel_order(id)?)
    }

    fn deliverable(&self) -> Vec<(Utility, Window)> {
        self.household().deliverable()
    }

    fn deliver(&self, utility: Utility, window: Window, any_company: bool) -> DeskResult<Prepared> {
        Ok(self.household().deliver(utility, window, any_company)?)
    }

    fn prove(&self, proof: &NewProof) -> DeskResult<String> {
        let subject = match &proof.of {
            ProofOf::Payment(id) => ProofSubject::Payment(*id),
            ProofOf::Delivery(id) => ProofSubject::Delivery(*id),
            ProofOf::Reading { meter, at, exported } => {
                let register = if *exported { Register::Export } else { Register::Import };
                ProofSubject::Reading { meter: *meter, at: *at, register }
            }
            ProofOf::BalanceAtLeast(amount) => ProofSubject::BalanceAtLeast(*amount),
        };
        let (verifier, nonce, purpose) = (proof.verifier.clone(), proof.nonce.clone(), proof.purpose.clone());
        Ok(self.household().prove(&ProofRequest { subject, verifier, nonce, purpose })?)
    }

    fn read_request(&self, given: &str) -> DeskResult<Asked> {
        let household = self.household();
        let inquiry = household.read_inquiry(given.as_bytes())?;
        let (genesis, ask) = (household.genesis(), inquiry.ask().clone());
        let of_meter = |meter| genesis.meter(meter).map(|known| known.utility);
        let utility = match &ask {
            Ask::Reading { meter, .. }
            | Ask::Energy { meter, .. }
            | Ask::Bill { meter, .. }
            | Ask::Peak { meter, .. } => of_meter(*meter),
            Ask::Shared { utility, .. } => Some(*utility),
            Ask::Delivery { contract, .. } => {
                household.contracts().iter().find(|known| known.id == *contract).map(|known| known.utility)
            }
            Ask::PaymentMade { .. } | Ask::PaymentReceived { .. } | Ask::Balance { .. } => None,
        };
        let payee = match &ask {
            Ask::PaymentMade { to, .. } | Ask::PaymentReceived { to, .. } => Some(to.encode(genesis.network())),
            _ => None,
        };
        Ok(Asked {
            verifier: inquiry.audience().verifier().to_owned(),
            purpose: inquiry.audience().purpose().to_owned(),
            key: inquiry.key().encode(),
            expires: inquiry.expires(),
            payee,
            utility: utility.unwrap_or(Utility::Electricity),
            told: household.answer(&inquiry).map(|answer| answer.claim().clone()).map_err(DeskError::from),
            ask,
        })
    }

    fn answer_request(&self, given: &str) -> DeskResult<String> {
        let mut household = self.household();
        let inquiry = household.read_inquiry(given.as_bytes())?;
        let answer = household.answer(&inquiry)?;
        Ok(household.hand_out(&inquiry, &answer)?)
    }

    fn proofs(&self) -> Vec<GivenProof> {
        self.household().proofs().to_vec()
    }

    fn check_passphrase(&self, passphrase: &Passphrase) -> DeskResult<()> {
        Ok(self.household().check_passphrase(passphrase)?)
    }

    fn change_passphrase(&self, old: &Passphrase, new: &Passphrase) -> DeskResult<()> {
        Ok(self.household().change_passphrase(old, new)?)
    }

    fn words(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>> {
        Ok(self.household().words(passphrase)?.phrase())
    }

    fn confirm_words(&self, given: &[(usize, String)]) -> DeskResult<()> {
        Ok(self.household().confirm_words(given)?)
    }

    fn view_only_key(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>> {
        Ok(self.household().view_only_key(passphrase)?)
    }

    fn backup(&self, passphrase: &Passphrase) -> DeskResult<Vec<u8>> {
        let folder = self.passing_folder()?;
        let path = folder.path().join("backup.age");
        self.household().backup(&path, passphrase, self.strength)?;
        Ok(read(&path)?.to_vec())
    }

    fn export(&self) -> DeskResult<Vec<(String, Zeroizing<Vec<u8>>)>> {
        let folder = self.passing_folder()?;
        let summary = self.household().export(&folder.path().join("export"))?;
        summary
            .files
            .iter()
            .map(|path| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                Ok((name, read(path)?))
            })
            .collect()
    }

    fn local_energy(&self, from: Timestamp, until: Timestamp) -> Vec<LocalRow> {
        let (household, local) = (self.household(), lock(&self.local));
        // What does not open is not this household's.
        let rows = local.1.iter().filter_map(|told| household.local_energy(told, from, until).ok());
        rows.flatten().collect()
    }

    fn round(&self) -> DeskResult<SyncState> {
        self.ask_gateways();
        let state = lock(&self.courier).round()?;
        lock(&self.notices).clone_from(&state.notices);
        Ok(state)
    }

    fn agent_step(&self) -> Vec<String> {
        let mut ran = lock(&self.agent_ran);
        if ran.is_some_and(|at| at.elapsed() < AGENT_EVERY) {
            return Vec::new();
        }
        *ran = Some(Instant::now());
        let buys = self.household().settings().agent.buy.is_some();
        // Without a board there is nothing to order; the rest goes on.
        let board = if buys { lock(&self.courier).board().unwrap_or_default() } else { Vec::new() };
        let work = self.household().agent_step(&board);
        for offer in &work.to_post {
            if let Err(error) = lock(&self.courier).post_offer(offer) {
                tracing::warn!(%error, "an offer could not be put on the board");
            }
        }
        work.actions.into_iter().map(|action| action.text).collect()
    }
}

fn request(payment: &Payment) -> SendRequest {
    SendRequest {
        to: payment.to.clone(),
        amount: payment.amount,
        pieces: 1,
        message: payment.message.clone(),
        label: payment.label.clone(),
        allow_small_company: payment.any_company,
    }
}

fn read_urls(nodes: &[String]) -> DeskResult<Vec<BaseUrl>> {
    let read = nodes.iter().map(|node| node.parse::<BaseUrl>());
    read.collect::<Result<_, _>>().map_err(|error| DeskError::new("nodes", format!("a node's address: {error}")))
}

/// Keeps the wallet in its file.
pub struct HouseholdKeeper {
    path: PathBuf,
    strength: Strength,
}

impl HouseholdKeeper {
    /// For a file, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        HouseholdKeeper { path, strength: Strength::USUAL }
    }

    /// With another strength against guessing passphrases, for tests.
    pub fn with_strength(path: PathBuf, strength: Strength) -> Self {
        HouseholdKeeper { path, strength }
    }

    fn at_desk(&self, household: Household) -> DeskResult<Arc<dyn Desk>> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        Ok(Arc::new(HouseholdDesk::new(household, folder, self.strength)?))
    }

    fn new_household<'a>(&'a self, new: &NewWallet<'a>) -> DeskResult<NewHousehold<'a>> {
        let genesis = find_genesis(&new.nodes, new.network.as_deref())?;
        Ok(NewHousehold {
            path: &self.path,
            passphrase: new.passphrase,
            strength: self.strength,
            genesis,
            nodes: new.nodes.clone(),
        })
    }
}

/// The genesis that all nodes that answer have.
fn find_genesis(nodes: &[String], wanted: Option<&str>) -> DeskResult<Genesis> {
    let mut found: Option<Genesis> = None;
    let mut failure = DeskError::new("nodes", "no node was named");
    for url in read_urls(nodes)? {
        match Nodes::genesis(&url) {
            Ok(genesis) => {
                let network = genesis.network().to_string();
                let is_wanted = wanted.is_none_or(|wanted| network.starts_with(&wanted.trim().to_lowercase()));
                if !is_wanted {
                    return Err(DeskError::new("network", format!("the node {url} is of the network {network}")));
                }
                match &found {
                    Some(first) if first.network() != genesis.network() => {
                        return Err(DeskError::new(
                            "network",
                            "the nodes are of two different networks: check their addresses",
                        ));
                    }
                    _ => found = Some(genesis),
                }
            }
            Err(error) => failure = HouseholdError::Sync(error).into(),
        }
    }
    found.ok_or(failure)
}

impl Keeper for HouseholdKeeper {
    fn exists(&self) -> bool {
        self.path.exists()
    }

    fn open(&self, passphrase: &Passphrase) -> DeskResult<Arc<dyn Desk>> {
        self.at_desk(Household::open(&self.path, passphrase)?)
    }

    fn create(&self, new: NewWallet<'_>) -> DeskResult<Arc<dyn Desk>> {
        self.at_desk(Household::create(self.new_household(&new)?)?)
    }

    fn restore_words(&self, new: NewWallet<'_>, words: &str, birthday: Option<Timestamp>) -> DeskResult<Arc<dyn Desk>> {
        // Before any node is asked: words are wrong more often.
        let words = SeedWords::parse(words).map_err(|error| DeskError::new("words", error.to_string()))?;
        self.at_desk(Household::restore_words(self.new_household(&new)?, &words, birthday)?)
    }

    fn restore_backup(
        &self,
        passphrase: &Passphrase,
        file: &Path,
        file_passphrase: &Passphrase,
    ) -> DeskResult<Arc<dyn Desk>> {
        self.at_desk(Household::restore_backup(&self.path, passphrase, self.strength, file, file_passphrase)?)
    }

    fn erase(&self, passphrase: &Passphrase) -> DeskResult<()> {
        Ok(Household::open(&self.path, passphrase)?.erase()?)
    }
}
