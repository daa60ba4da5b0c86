//! A played wallet: it remembers what it was asked to do, and everything that others may have written into it is hostile.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use hushwatt_crypto::{
    NetworkId,
    keys::{Account, Seed},
    meter::Register,
};
use hushwatt_ledger::{
    disclosure::{
        Ask, BalanceClaim, BillClaim, Calendar, Cents, Claim, Day, EnergyClaim, Hours, Party, PeakClaim, Period, Tariff,
    },
    parameters::{Parameters, PriceBounds, TotalsParameters, UtilityPrices},
    transaction::{TransactionId, attest::WindowStatus, open::ContractId, order::OrderId},
    units::{Credit, MeterId, Price, Quantity, Timestamp, Utility, Window},
};
use hushwatt_wallet::file::{FileError, WalletFile};
use hushwatt_wallet_web::{
    desk::{About, Asked, Desk, DeskError, DeskResult, NewOffer, NewOrder, NewProof, PayLink, Payment},
    model::*,
};
use zeroize::Zeroizing;

pub const PASSPHRASE: &str = "correct horse battery staple";
/// A tariff whose names are what somebody might write to break out of a page.
fn hostile_tariff() -> Tariff {
    let name = format!("\"{}\"", HOSTILE.replace('"', "\\\""));
    let text = Tariff::EXAMPLE.replace("\"Example: day and night, 2026\"", &name).replace("\"evening\"", &name);
    Tariff::from_toml(&text).unwrap()
}

/// What somebody might write to break out of a page.
pub const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' style='x";
/// 2026-11-21T13:30:00Z.
pub const NOW: Timestamp = Timestamp(1_795_267_800);
pub const ADDRESS: &str = "hw1qplayedaddressofthehouseholdinthetests0123456789abcdefghijklmnopqrstuvwxyz";

/// What the wallet was asked to do.
#[derive(Default)]
pub struct Played {
    pub payments: Mutex<Vec<Payment>>,
    pub orders: Mutex<Vec<(String, Option<Quantity>)>>,
    pub deliveries: Mutex<Vec<(Utility, Window)>>,
    pub offers: Mutex<Vec<NewOffer>>,
    pub auction_orders: Mutex<Vec<NewOrder>>,
    pub cancelled: Mutex<Vec<TransactionId>>,
    pub proofs: Mutex<Vec<NewProof>>,
    /// Requests that were answered.
    pub answers: Mutex<Vec<String>>,
    /// What a request would be told, in base units; nothing where the wallet cannot prove it.
    pub told: Mutex<Option<u64>>,
    pub labels: Mutex<Vec<(String, Option<String>)>>,
    pub codes: Mutex<Vec<String>>,
    pub contacts: Mutex<Vec<Contact>>,
    pub settings: Mutex<Settings>,
    pub nodes: Mutex<Vec<String>>,
    pub passphrase: Mutex<String>,
    pub words_confirmed: AtomicBool,
    pub view_only: AtomicBool,
    pub small_company: AtomicBool,
    pub unsynced: AtomicBool,
    /// Whether no auction takes orders.
    pub between_auctions: AtomicBool,
    /// How long a payment takes to be signed, in milliseconds.
    pub slowness: AtomicU64,
    pub checked: AtomicU64,
}

pub const WORDS: &str = "abandon ability able about above absent absorb abstract absurd abuse access accident account \
                         accuse achieve acid acoustic acquire across act action actor actress actual";

fn parameters() -> Parameters {
    let water = Some(PriceBounds { price_step: 50, floor: 1_000, cap: 5_000 });
    Parameters {
        prices: UtilityPrices { water, ..UtilityPrices::default() },
        totals: Some(TotalsParameters::default()),
        ..Parameters::default()
    }
}

fn window() -> Window {
    parameters().window_at(NOW.minus(7_200))
}

fn sync() -> SyncState {
    SyncState {
        done: true,
        reached: true,
        height: 1_234,
        tip: 1_234,
        as_of: NOW,
        windows_left: 0,
        seconds_left: Some(0),
        notices: vec![format!("node {HOSTILE} is behind")],
    }
}

fn entry(id: u8, kind: HistoryKind, amount: i64, state: EntryState) -> HistoryEntry {
    HistoryEntry {
        id: format!("{id:02x}").repeat(32),
        time: NOW.minus(u64::from(id) * 3_600),
        height: (state == EntryState::Final).then_some(77),
        kind,
        state,
        amount,
        fee: Credit(if amount < 0 { 1_000 } else { 0 }),
        quantity: matches!(kind, HistoryKind::Bought | HistoryKind::Sold | HistoryKind::Ordered).then_some(1_500),
        utility: matches!(kind, HistoryKind::Bought | HistoryKind::Sold | HistoryKind::Ordered)
            .then_some(Utility::Electricity),
        window: Some(parameters().window_start(window())),
        price_micro_euro: Some(250),
        counterparty: Some(HOSTILE.to_owned()),
        message: Some(HOSTILE.to_owned()),
        label: (id.is_multiple_of(2)).then(|| HOSTILE.to_owned()),
        reason: (state == EntryState::Released).then(|| HOSTILE.to_owned()),
        transaction: Some(TransactionId([id; 64])),
        contract: None,
        order: None,
    }
}

pub fn offer(own: bool) -> OfferView {
    OfferView {
        link: format!("hushwatt:offer?{}", if own { "own" } else { "other" }),
        seller: HOSTILE.to_owned(),
        own,
        utility: Utility::Electricity,
        window: window(),
        start: parameters().window_start(window()),
        quantity: Quantity(2_500),
        price: Price::new(250).unwrap(),
        total: Credit(625_000),
        valid_until: NOW.plus(3_600),
    }
}

fn contract(number: u8, side: Side, state: ContractState, delivered: Option<u32>) -> ContractView {
    ContractView {
        id: ContractId([number; 32]),
        side,
        utility: Utility::Electricity,
        window: window(),
        start: parameters().window_start(window()),
        quantity: Quantity(2_500),
        price: Price::new(250).unwrap(),
        state,
        delivered: delivered.map(Quantity),
        money: Credit(625_000),
        until: NOW.plus(7_200),
    }
}

fn order(number: u8, side: Side, state: OrderStanding, filled: Option<u32>) -> OrderView {
    let price = matches!(state, OrderStanding::Traded).then_some(220);
    OrderView {
        id: OrderId([number; 32]),
        transaction: TransactionId([number; 64]),
        side,
        utility: Utility::Electricity,
        window: window(),
        start: parameters().window_start(window()),
        quantity: Quantity(1_500),
        limit_micro_euro: (number != 3).then_some(250),
        state,
        filled: filled.map(Quantity),
        price_micro_euro: price,
        money: Credit(330_000),
        until: NOW.plus(3_000),
        reason: (state == OrderStanding::GivenUp).then(|| HOSTILE.to_owned()),
    }
}

fn prepared() -> Prepared {
    Prepared { id: TransactionId([9; 64]), hides_among: 64, fee: Credit(1_000), valid_until: NOW.plus(600) }
}

impl Played {
    pub(super) fn new() -> Self {
        Played {
            contacts: Mutex::new(vec![Contact { name: HOSTILE.to_owned(), address: ADDRESS.to_owned() }]),
            nodes: Mutex::new(vec!["https://node.example.org".to_owned()]),
            passphrase: Mutex::new(PASSPHRASE.to_owned()),
            ..Played::default()
        }
    }
}

/// The wallet while it is open: what was played, and a real wallet file, so that passphrases and locks are the real ones.
pub struct PlayedDesk {
    pub(super) played: Arc<Played>,
    pub(super) file: Mutex<WalletFile>,
}

pub(super) fn refused(error: FileError) -> DeskError {
    match error {
        FileError::WrongPassphrase { .. } => DeskError::wrong_passphrase(),
        other => DeskError::new("file", other.to_string()),
    }
}

fn small_company() -> DeskError {
    DeskError::new("small_company", "there are only 3 others to hide among")
}

impl Desk for PlayedDesk {
    fn about(&self) -> About {
        About {
            network: "3f9a".repeat(16),
            address: ADDRESS.to_owned(),
            view_only: self.played.view_only.load(Ordering::SeqCst),
            birthday: NOW.minus(30 * 86_400),
            parameters: parameters(),
            utilities: vec![Utility::Electricity, Utility::Water],
        }
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn nodes(&self) -> Vec<String> {
        self.played.nodes.lock().unwrap().clone()
    }

    fn set_nodes(&self, nodes: Vec<String>) -> DeskResult<()> {
        if nodes.iter().any(|node| !node.starts_with("http")) {
            return Err(DeskError::new("nodes", "a node's address begins with http:// or https://"));
        }
        *self.played.nodes.lock().unwrap() = nodes;
        Ok(())
    }

    fn settings(&self) -> Settings {
        self.played.settings.lock().unwrap().clone()
    }

    fn set_settings(&self, settings: Settings) -> DeskResult<()> {
        *self.played.settings.lock().unwrap() = settings;
        Ok(())
    }

    fn words_confirmed(&self) -> bool {
        self.played.words_confirmed.load(Ordering::SeqCst)
    }

    fn overview(&self) -> Overview {
        let confirmed = self.words_confirmed();
        let waiting = |micro_euro, reason, expected| PendingView { amount: Credit(micro_euro), reason, expected };
        Overview {
            available: Credit(84_251_234),
            pending_total: Credit(3_000_000),
            ordered: Credit(625_000),
            total: Credit(87_876_234),
            pending: vec![
                waiting(2_000_000, Waiting::NextSettlement, Some(NOW.plus(1_800))),
                waiting(1_000_000, Waiting::OnItsWay, None),
                waiting(625_000, Waiting::Ordered, Some(NOW.plus(90_000))),
            ],
            month: MonthView {
                year: 2026,
                month: 11,
                utilities: vec![
                    UtilityMonth {
                        utility: Utility::Electricity,
                        imported: 210_400,
                        exported: 96_300,
                        bought: 71_200,
                        sold: 40_150,
                        spent: Credit(17_800_000),
                        earned: Credit(10_037_500),
                        community_share: Some(0.338),
                    },
                    UtilityMonth {
                        imported: 6_240,
                        bought: 1_560,
                        spent: Credit(4_680_000),
                        community_share: Some(0.25),
                        ..UtilityMonth::new(Utility::Water)
                    },
                ],
            },
            next_settlement: NOW.plus(1_800),
            backup: if confirmed { BackupState::Old { days: 45 } } else { BackupState::WordsUnconfirmed },
            view_only: self.about().view_only,
            sync: self.sync_state(),
        }
    }

    fn sync_state(&self) -> SyncState {
        if self.played.unsynced.load(Ordering::SeqCst) {
            SyncState { done: false, height: 400, windows_left: 17, seconds_left: Some(130), ..sync() }
        } else {
            sync()
        }
    }

    fn history(&self, filter: &HistoryFilter) -> Vec<HistoryEntry> {
        let mut all = vec![
            entry(1, HistoryKind::Sent, -12_501_000, EntryState::Submitted),
            entry(2, HistoryKind::Received, 20_000_000, EntryState::Final),
            entry(3, HistoryKind::Sent, -5_000_000, EntryState::Final),
            entry(4, HistoryKind::Sold, 375_000, EntryState::Final),
            entry(5, HistoryKind::Bought, -625_000, EntryState::Final),
            entry(6, HistoryKind::Ordered, -1_000, EntryState::Prepared),
            entry(7, HistoryKind::Sent, 0, EntryState::Released),
            entry(8, HistoryKind::TopUp, 50_000_000, EntryState::Final),
            entry(9, HistoryKind::Expired, 0, EntryState::Final),
            entry(10, HistoryKind::AuctionSell, 0, EntryState::AwaitsOperator),
            entry(11, HistoryKind::AuctionBuy, -1_000, EntryState::Final),
            entry(12, HistoryKind::NotTraded, 0, EntryState::Final),
        ];
        all.retain(|entry| filter.kinds.is_empty() || filter.kinds.contains(&entry.kind));
        all.retain(|entry| filter.text.as_ref().is_none_or(|text| entry.id.contains(text.as_str())));
        all.truncate(filter.limit.unwrap_or(usize::MAX));
        for entry in &mut all {
            let labels = self.played.labels.lock().unwrap();
            if let Some((_, label)) = labels.iter().rev().find(|(id, _)| *id == entry.id) {
                entry.label.clone_from(label);
            }
        }
        all
    }

    fn history_csv(&self, filter: &HistoryFilter) -> String {
        self.history(filter).iter().map(|entry| format!("{},{}\r\n", entry.id, entry.amount)).collect()
    }

    fn energy(&self, from: Timestamp, until: Timestamp) -> Vec<EnergyRow> {
        let parameters = parameters();
        let first = parameters.window_at(NOW.minus(20 * 3_600)).0;
        (first..first + 20)
            .map(|number| EnergyRow {
                meter: MeterId(12),
                utility: Utility::Electricity,
                window: Window(number),
                start: parameters.window_start(Window(number)),
                imported: 900 - 40 * (number - first),
                exported: 55 * (number - first),
                bought: 100,
                sold: 30 * (number - first),
                status: WindowStatus::Measured,
            })
            .filter(|row| row.start >= from && row.start < until)
            .collect()
    }

    fn local_energy(&self, from: Timestamp, until: Timestamp) -> Vec<LocalRow> {
        let (parameters, window) = (parameters(), parameters().window_at(NOW));
        let row = LocalRow {
            meter: MeterId(12),
            utility: Utility::Electricity,
            window,
            start: parameters.window_start(window),
            imported: 432,
            exported: 0,
            status: LocalStatus::NotOnLedger,
            quality: LocalQuality::Measured,
            intervals: 2,
            of_intervals: 4,
        };
        let asked = !self.played.settings.lock().unwrap().gateways.is_empty();
        Some(row).filter(|row| asked && row.start >= from && row.start < until).into_iter().collect()
    }

    fn contracts(&self) -> Vec<ContractView> {
        vec![
            contract(1, Side::Buyer, ContractState::Open, None),
            contract(2, Side::Seller, ContractState::Delivered, Some(1_200)),
            contract(3, Side::Buyer, ContractState::Expired, Some(0)),
        ]
    }

    fn meters(&self) -> Vec<MeterView> {
        vec![MeterView {
            meter: MeterId(12),
            utility: Utility::Electricity,
            label: Some(HOSTILE.to_owned()),
            last_window: Some(NOW.minus(7_200)),
            windows: 20,
        }]
    }

    fn totals(&self) -> DeskResult<TotalsView> {
        let day = Timestamp(NOW.0 - NOW.0 % 86_400);
        let asked = |over, released| TotalView {
            asked: NOW.minus(86_400),
            height: 9,
            transaction: TransactionId([9; 64]),
            registrar: 2,
            registrar_key: "3f9a".repeat(16),
            from: day.minus(5 * 86_400),
            until: day.minus(4 * 86_400),
            release_until: NOW,
            over,
            released,
            needed: 3,
            members: 5,
        };
        let meters = |utility, own_in: &[u32], own_left_out: &[u32], left_out| TotalOver::Meters {
            utility,
            cohort: 1,
            meters: 12,
            left_out,
            own_in: own_in.iter().copied().map(MeterId).collect(),
            own_left_out: own_left_out.iter().copied().map(MeterId).collect(),
        };
        let requests = vec![
            asked(meters(Some(Utility::Electricity), &[12], &[], 0), 3),
            asked(meters(Some(Utility::Electricity), &[], &[12], 3), 1),
            asked(meters(None, &[], &[], 1), 0),
            asked(TotalOver::Trades { utility: Utility::Water }, 5),
        ];
        let allowed = self.settings().agent.share_totals;
        Ok(TotalsView { requests, own_sales: OwnShares { allowed, shared: 21, under_way: 1, planned: 4 } })
    }

    fn contacts(&self) -> Vec<Contact> {
        self.played.contacts.lock().unwrap().clone()
    }

    fn set_label(&self, entry: &str, label: Option<&str>) -> DeskResult<()> {
        self.played.labels.lock().unwrap().push((entry.to_owned(), label.map(str::to_owned)));
        Ok(())
    }

    fn add_contact(&self, name: &str, address: &str) -> DeskResult<()> {
        let address = self.read_payment_link(address)?.to;
        self.played.contacts.lock().unwrap().push(Contact { name: name.to_owned(), address });
        Ok(())
    }

    fn remove_contact(&self, name: &str) -> DeskResult<()> {
        self.played.contacts.lock().unwrap().retain(|contact| contact.name != name);
        Ok(())
    }

    fn pair(&self, code: &str, _: Option<&str>) -> DeskResult<MeterView> {
        if !code.starts_with("hwmeter") {
            return Err(DeskError::new("pairing", format!("this is no meter pairing code: {HOSTILE}")));
        }
        self.played.codes.lock().unwrap().push(code.to_owned());
        Ok(self.meters().remove(0))
    }

    fn payment_link(&self, amount: Option<Credit>, message: Option<&str>) -> DeskResult<String> {
        let amount = amount.map(|amount| format!("?amount={}", amount.0)).unwrap_or_default();
        Ok(format!("hushwatt:{ADDRESS}{amount}{}", message.map(|text| format!("&{text}")).unwrap_or_default()))
    }

    fn read_payment_link(&self, text: &str) -> DeskResult<PayLink> {
        match text {
            ADDRESS => Ok(PayLink { to: ADDRESS.to_owned(), amount: None, message: None }),
            "hushwatt:rent" => {
                let (amount, message) = (Some(Credit(7_500_000)), Some("<b>Rent</b>".to_owned()));
                Ok(PayLink { to: ADDRESS.to_owned(), amount, message })
            }
            other => Err(DeskError::new("address", format!("\"{other}\" is no address of this community"))),
        }
    }

    fn preview_send(&self, payment: &Payment) -> DeskResult<Preview> {
        if self.played.small_company.load(Ordering::SeqCst) && !payment.any_company {
            return Err(small_company());
        }
        let (amount, fee) = (payment.amount, Credit(1_000));
        Ok(Preview { to: payment.to.clone(), amount, fee, hides_among: 64 })
    }

    fn send(&self, payment: &Payment) -> DeskResult<Prepared> {
        if self.played.small_company.load(Ordering::SeqCst) && !payment.any_company {
            return Err(small_company());
        }
        std::thread::sleep(Duration::from_millis(self.played.slowness.load(Ordering::SeqCst)));
        self.played.payments.lock().unwrap().push(payment.clone());
        Ok(prepared())
    }

    fn board(&self) -> DeskResult<Vec<OfferView>> {
        Ok(vec![offer(false), offer(true)])
    }

    fn own_offers(&self) -> Vec<OfferView> {
        vec![offer(true)]
    }

    fn read_offer(&self, link: &str) -> DeskResult<OfferView> {
        match link {
            "hushwatt:offer?other" => Ok(offer(false)),
            "hushwatt:offer?own" => Ok(offer(true)),
            _ => Err(DeskError::new("offer", "this is no offer")),
        }
    }

    fn make_offer(&self, wanted: &NewOffer) -> DeskResult<OfferView> {
        self.played.offers.lock().unwrap().push(*wanted);
        Ok(offer(true))
    }

    fn buy(&self, link: &str, quantity: Option<Quantity>, _: bool) -> DeskResult<Prepared> {
        self.played.orders.lock().unwrap().push((link.to_owned(), quantity));
        Ok(prepared())
    }

    fn windows_taking_orders(&self) -> Vec<Window> {
        if self.played.between_auctions.load(Ordering::SeqCst) { Vec::new() } else { vec![window()] }
    }

    fn orders(&self) -> Vec<OrderView> {
        vec![
            order(1, Side::Buyer, OrderStanding::AwaitsOperator, None),
            order(2, Side::Seller, OrderStanding::AwaitsBlock, None),
            order(3, Side::Buyer, OrderStanding::Open, None),
            order(4, Side::Seller, OrderStanding::Traded, Some(1_500)),
            order(5, Side::Buyer, OrderStanding::Traded, Some(700)),
            order(6, Side::Seller, OrderStanding::NotTraded, Some(0)),
            order(7, Side::Buyer, OrderStanding::Expired, Some(0)),
            order(8, Side::Seller, OrderStanding::GivenUp, None),
        ]
    }

    fn place_order(&self, order: &NewOrder) -> DeskResult<Prepared> {
        if self.played.small_company.load(Ordering::SeqCst) && !order.any_company {
            return Err(small_company());
        }
        self.played.auction_orders.lock().unwrap().push(*order);
        Ok(prepared())
    }

    fn cancel_order(&self, id: &TransactionId) -> DeskResult<()> {
        self.played.cancelled.lock().unwrap().push(*id);
        Ok(())
    }

    fn deliverable(&self) -> Vec<(Utility, Window)> {
        vec![(Utility::Electricity, window())]
    }

    fn deliver(&self, utility: Utility, window: Window, _: bool) -> DeskResult<Prepared> {
        self.played.deliveries.lock().unwrap().push((utility, window));
        Ok(prepared())
    }

    fn prove(&self, proof: &NewProof) -> DeskResult<String> {
        self.played.proofs.lock().unwrap().push(proof.clone());
        Ok("{\"played\":true}".to_owned())
    }

    /// A request of this kind: `energy`, `shared`, `payment`, `reading`, `bill`, .., or none.
    fn read_request(&self, given: &str) -> DeskResult<Asked> {
        let day = |text| Day::parse(text).unwrap();
        let period = Period::new(day("2026-01-01"), day("2027-01-01"), 366).unwrap();
        let calendar = Calendar::new("Europe/Berlin").unwrap();
        let (meter, register, utility) = (MeterId(3), Register::Import, Utility::Electricity);
        let account = Account::from_seed(&NetworkId::NONE, &Seed::from_bytes([1; 32])).unwrap();
        let to = *account.address();
        let ask = match given {
            "energy" => Ask::Energy { meter, register, period, calendar: calendar.clone() },
            "shared" => Ask::Shared { party: Party::Seller, utility, period, calendar: calendar.clone() },
            "payment" => Ask::PaymentMade { to, amount: Credit(450_000_000) },
            "received" => Ask::PaymentReceived { to, amount: Credit(450_000_000) },
            "delivery" => Ask::Delivery { contract: ContractId([2; 32]), party: Party::Buyer },
            "reading" => Ask::Reading { meter, at: NOW, register },
            "bill" => Ask::Bill { meter, period, tariff: hostile_tariff() },
            "peak" => {
                let hours = vec![Hours::parse("Mon-Fri 17-20").unwrap()];
                Ask::Peak { meter, register, period, calendar: calendar.clone(), hours, limit: 4_500 }
            }
            "balance" => Ask::Balance { at_least: Credit(450_000_000) },
            _ => return Err(DeskError::new("request", format!("no request: {HOSTILE}"))),
        };
        let told = self.played.told.lock().unwrap().map(|total| match &ask {
            Ask::Bill { tariff, .. } => {
                let (tariff, gross) = (tariff.clone(), Cents(total / 10));
                Claim::Bill(BillClaim { meter, height: 7, period, tariff, gross })
            }
            Ask::Peak { hours, .. } => {
                let (hours, limit) = (hours.clone(), u32::try_from(total).unwrap());
                Claim::Peak(PeakClaim { meter, height: 7, register, period, calendar, hours, limit })
            }
            Ask::Balance { .. } => Claim::Balance(BalanceClaim { at_least: Credit(total * 1_000), notes: Vec::new() }),
            _ => Claim::Energy(EnergyClaim { meter, height: 7, register, period, calendar, total }),
        });
        Ok(Asked {
            verifier: format!("Tax office {HOSTILE}"),
            purpose: HOSTILE.to_owned(),
            key: "hwverify1qplayed".to_owned(),
            expires: NOW.plus(86_400),
            payee: Some(ADDRESS.to_owned()),
            utility,
            told: told.ok_or_else(|| DeskError::new("proof", format!("cannot: {HOSTILE}"))),
            ask,
        })
    }

    fn answer_request(&self, given: &str) -> DeskResult<String> {
        self.played.answers.lock().unwrap().push(given.to_owned());
        Ok("{\"answered\":true}".to_owned())
    }

    fn proofs(&self) -> Vec<GivenProof> {
        let hostile = || HOSTILE.to_owned();
        vec![GivenProof { made_time: NOW.0 - 86_400, verifier: hostile(), purpose: hostile(), what: hostile() }]
    }

    fn check_passphrase(&self, passphrase: &Passphrase) -> DeskResult<()> {
        self.played.checked.fetch_add(1, Ordering::SeqCst);
        self.file.lock().unwrap().check_passphrase(passphrase).map_err(refused)
    }

    fn change_passphrase(&self, old: &Passphrase, new: &Passphrase) -> DeskResult<()> {
        self.file.lock().unwrap().change_passphrase(old, new).map_err(refused)
    }

    fn words(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>> {
        self.check_passphrase(passphrase)?;
        Ok(Zeroizing::new(WORDS.to_owned()))
    }

    fn confirm_words(&self, given: &[(usize, String)]) -> DeskResult<()> {
        let words: Vec<&str> = WORDS.split(' ').collect();
        for (number, word) in given {
            if words[number - 1] != word.trim() {
                let mut error = DeskError::new("wrong_word", format!("word {number} is wrong"));
                error.word = Some(*number);
                return Err(error);
            }
        }
        self.played.words_confirmed.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn view_only_key(&self, passphrase: &Passphrase) -> DeskResult<Zeroizing<String>> {
        self.check_passphrase(passphrase)?;
        Ok(Zeroizing::new("hwview1played".to_owned()))
    }

    fn backup(&self, _: &Passphrase) -> DeskResult<Vec<u8>> {
        Ok(b"age-encryption.org/v1 played".to_vec())
    }

    fn export(&self) -> DeskResult<Vec<(String, Zeroizing<Vec<u8>>)>> {
        let file = |name: &str, text: &str| (name.to_owned(), Zeroizing::new(text.as_bytes().to_vec()));
        Ok(vec![file("hushwatt-export.json", "{}"), file("history.csv", "time")])
    }

    fn round(&self) -> DeskResult<SyncState> {
        std::thread::sleep(Duration::from_millis(20));
        Ok(self.sync_state())
    }

    fn agent_step(&self) -> Vec<String> {
        Vec::new()
    }
}
