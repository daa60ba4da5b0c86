//! A story to prove things about: Anna pays Bert, Bert delivers to Anna, meters attest, notes join an old bucket.

use std::{collections::BTreeSet, sync::LazyLock};

use hushwatt_crypto::{
    Point, SecretScalar, clsag::Member, commitment::Opening, context::Context, designated::VerifierSecret,
    keys::OneTimeSecret, meter::Register,
};
use hushwatt_ledger::{
    block::Block,
    disclosure::{
        Ask, At, Audience, BalanceNote, Calendar, ContractFacts, Day, Disclosure, EnergyClaim, Facts, FillFacts,
        HeldWindow, Hours, Included, Inquiry, PaidSecrets, Party, PeakClaim, Period, Place, PostedWindow, ReadingClaim,
        Receipt, ReceivedSecrets, Request, RingFacts, SharedClaim, SharedPart, SharedWith, Stretch, Tariff,
        prove_balance, prove_bill, prove_delivery, prove_energy, prove_payment_made, prove_payment_received,
        prove_peak, prove_reading, prove_shared,
    },
    genesis::Genesis,
    note::{Asset, BucketId, BucketVersion, NoteNumber},
    state::StateError,
    transaction::{
        Action, TransactionId,
        attest::WindowStatus,
        build::Built,
        clear::Outcome,
        open::ContractId,
        order::{OrderId, Side},
    },
    units::{Credit, Interval, MeterId, Quantity, Timestamp, Utility, Window},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::kit::{
    ANNA, BERT, CARLA, OwnedNote, START, Setup, World, auction::Wish, build::Bid, electricity, household::Household,
};

#[derive(Clone)]
pub struct Scene {
    pub world: World,
    pub blocks: Vec<Block>,
    versions: BTreeSet<BucketVersion>,
    pub mint: Built,
    /// Anna pays Bert 1 EUR in block 2.
    pub payment: Built,
    /// Anna buys 700 Wh from Bert at 200, who delivers 600.
    pub contract: ContractId,
    pub claim: OneTimeSecret,
    pub refund: OneTimeSecret,
    pub receipt: Opening,
    /// Carla's contract, to which nobody delivers.
    pub expired: ContractId,
    /// The attestation of Anna's meter, in block 3.
    pub attest: Built,
    pub deliver: Built,
    /// In the auction the fourth household sells 400 Wh of its 500 Wh, and Bert buys all that he wanted.
    pub sell: OrderId,
    pub buy: OrderId,
}

pub const PAID: u64 = 1_000_000;
pub const DELIVERED: u32 = 600;
pub const FILLED: u32 = 400;
/// The fourth household.
pub const DORA: usize = 3;

/// Prices that ten watt-hours show in.
const TARIFF: &str = r#"
format = "hushwatt tariff 1"
name = "Day and night"
utility = "electricity"
time_zone = "Europe/Berlin"
standing_charge = "0.42 EUR/day"
minimum = "0 EUR"
vat = "19 %"
zone = [
    { name = "night", price = "99.9 ct/kWh", hours = ["Sun 0-3:30", "Mon-Sat 0-6"] },
    { name = "day", price = "199.5 ct/kWh" },
]
tier = [{ above = "0.004 kWh", surcharge = "100 ct/kWh" }]
"#;

/// The day of the story.
fn day() -> Period {
    Period::new(Day::parse("2025-06-15").unwrap(), Day::parse("2025-06-16").unwrap(), 1).unwrap()
}

/// The hours of the story's peak, and its limit.
fn hours() -> Vec<Hours> {
    vec![Hours::parse("Sun 3:15-4").unwrap()]
}

const LIMIT: u32 = 1_000;

static SCENE: LazyLock<Scene> = LazyLock::new(Scene::tell);

/// A copy of the story's end, made once a test binary.
pub fn scene() -> Scene {
    SCENE.clone()
}

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// The key of who asks.
pub fn verifier() -> VerifierSecret {
    VerifierSecret::random(&mut rng(11)).unwrap()
}

impl Scene {
    fn tell() -> Self {
        let mut world = World::before_the_first_block(&Setup::default());
        let payees: Vec<(usize, u64)> = (0..4).flat_map(|who| vec![(who, 10_000_000); 4]).collect();
        let mint = world.mint(&payees);
        let window = world.window(0);
        let mut blocks = vec![world.accept(START.plus(60), std::slice::from_ref(&mint))];

        let payment = world.pay(ANNA, BERT, PAID);
        let bid =
            |buyer, quantity| Bid { buyer, seller: BERT, utility: Utility::Electricity, window, price: 200, quantity };
        let buyers_note = world.spendable(ANNA, Asset::Credit)[1].clone();
        let opens = [world.open_with(&[buyers_note], &bid(ANNA, 700)), world.open(&bid(CARLA, 300))];
        let [contract, expired] = [0, 1].map(|place| world.contract_of(&opens[place]));
        let [open, other] = opens;
        blocks.push(world.accept(START.plus(120), &[payment.clone(), open, other]));

        let end = world.parameters().window_end(window);
        let until = Timestamp(end.0 + 1800);
        let attests: Vec<Built> = (0..4)
            .map(|meter| {
                let reading = world.measured(1000 * (meter as u32 + 1), 10);
                world.attest_until(meter, window, &[reading], until)
            })
            .collect();
        blocks.push(world.accept(end.plus(60), &attests));
        let sealed = world.parameters().attest_until(window).plus(1);
        blocks.push(world.accept(sealed, &[]));

        let claimed = world.households[BERT].claims.iter().find(|claim| claim.contract == contract).unwrap().clone();
        let bought = world.households[ANNA].purchases.iter().find(|one| one.contract == contract).unwrap().clone();
        let deliver = world.deliver(BERT, electricity(window), &[(contract, DELIVERED)]);
        let wish = |who, limit, quantity| Wish { who, utility: Utility::Electricity, window, limit, quantity };
        let (sells, buys) = (world.sell(&wish(DORA, 150, 500)), world.buy(&wish(BERT, 250, FILLED)));
        let [sell, buy] = [&sells, &buys].map(|order| world.order_of(order));
        blocks.push(world.accept(sealed.plus(300), &[deliver.clone(), sells, buys]));
        // The first block after orders closed decides their rank; it is known in the next one.
        let closed = world.parameters().order_until(window).unwrap().plus(1);
        blocks.extend([0, 1].map(|_| world.accept(closed, &[])));
        let (clear, _) = world.clear(Utility::Electricity, window);
        blocks.push(world.accept(closed.plus(60), &[clear]));
        let late = world.parameters().deliver_until(window).plus(1);
        blocks.push(world.accept(late, &[]));

        let mut scene = Scene {
            attest: attests[0].clone(),
            receipt: Opening::new(DELIVERED.into(), claimed.delivered_blinding),
            claim: claimed.secret,
            refund: bought.secret,
            versions: BTreeSet::new(),
            world,
            blocks,
            mint,
            payment,
            contract,
            expired,
            deliver,
            sell,
            buy,
        };
        scene.note_versions();
        scene
    }

    fn note_versions(&mut self) {
        let buckets = self.world.counters().buckets;
        self.versions.extend((0..buckets).map(|id| self.world.version(BucketId(id))));
    }

    pub fn accept(&mut self, at: Timestamp, built: &[Built]) {
        self.blocks.push(self.world.accept(at, built));
        self.note_versions();
    }

    /// As somebody asks who wants to be the only one to be convinced.
    pub fn inquiry(&self, ask: Ask) -> Inquiry {
        let expires = self.world.now().plus(3600);
        let (who, network) = (("Finanzamt Köln", "support of 2026"), *self.world.network());
        Inquiry::new(network, who, expires, ask, &verifier(), &mut rng(10)).unwrap()
    }

    pub fn request(&self) -> Request {
        let audience = Audience::new("Finanzamt Köln", "7f3a-2", "support of 2026").unwrap();
        Request { network: *self.world.network(), audience, made: self.world.now().plus(30) }
    }

    pub fn place_of(&self, built: &Built) -> Place {
        let holds = |block: &&Block| block.transactions.contains(&built.transaction);
        let block = self.blocks.iter().find(holds).expect("the transaction is in a block");
        Place { height: block.header.height, transaction: *built.transaction.id() }
    }

    /// Which output of a Transfer goes to a household.
    pub fn output_to(&self, built: &Built, who: usize) -> usize {
        let to = self.world.address(who);
        built.made.iter().position(|made| made.to == to).expect("an output to the household")
    }

    // One disclosure of each kind.

    pub fn payment_made(&self) -> Disclosure {
        self.payment_made_of(&self.payment.clone(), BERT)
    }

    pub fn payment_made_of(&self, built: &Built, to: usize) -> Disclosure {
        self.payment_made_to(&self.request(), built, to)
    }

    pub fn payment_made_to(&self, request: &Request, built: &Built, to: usize) -> Disclosure {
        let output = self.output_to(built, to);
        let made = &built.made[output];
        let secrets = PaidSecrets { tweak: &made.tweak, opening: &made.opening, authorship: &built.authorship };
        let (place, address) = (self.place_of(built), self.world.address(to));
        prove_payment_made(request, place, output as u8, &address, &secrets, &mut rng(1)).unwrap()
    }

    pub fn payment_received(&self) -> Disclosure {
        self.payment_received_for(&self.request())
    }

    fn payment_received_for(&self, request: &Request) -> Disclosure {
        let output = self.output_to(&self.payment, BERT);
        let made = &self.payment.made[output];
        self.received_for(request, self.place_of(&self.payment), output as u8, (&made.tweak, &made.opening))
    }

    pub fn received(&self, place: Place, output: u8, tweak: &SecretScalar, opening: &Opening) -> Disclosure {
        self.received_for(&self.request(), place, output, (tweak, opening))
    }

    fn received_for(
        &self,
        request: &Request,
        place: Place,
        output: u8,
        (tweak, opening): (&SecretScalar, &Opening),
    ) -> Disclosure {
        let account = &self.world.households[BERT].account;
        let secrets = ReceivedSecrets { account, tweak, opening };
        prove_payment_received(request, place, output, &secrets, &mut rng(2)).unwrap()
    }

    /// New credit that Bert got from the Mint of block 1.
    pub fn minted(&self) -> Disclosure {
        let Action::Mint(mint) = self.mint.transaction.action() else { panic!() };
        let (network, view) = (self.world.network(), self.world.households[BERT].account.view());
        let context = Context::of_mint(network, mint.statement.serial);
        let found =
            mint.statement.outputs.iter().zip(&self.mint.hints).enumerate().find_map(|(index, (output, hint))| {
                Some((index, hint.open(network, view, context, index as u8, &output.key)?))
            });
        let (output, found) = found.unwrap();
        let opening = Opening::new(found.body.value, found.body.blinding.clone());
        self.received(self.place_of(&self.mint), output as u8, &found.tweak, &opening)
    }

    pub fn delivery(&self, party: Party) -> Disclosure {
        let key = match party {
            Party::Seller => &self.claim,
            Party::Buyer => &self.refund,
        };
        self.delivery_with(party, key, &self.receipt)
    }

    pub fn delivery_with(&self, party: Party, key: &OneTimeSecret, receipt: &Opening) -> Disclosure {
        prove_delivery(&self.request(), self.contract, party, key, receipt, &mut rng(3)).unwrap()
    }

    /// The second quarter of an hour of Anna's meter, and what opens it.
    pub fn reading_of(&self, register: Register) -> (ReadingClaim, Opening) {
        let meter = &self.world.meters[0];
        let window = self.world.window(0);
        let first = self.world.parameters().first_interval(window).0;
        let Action::Attest(attest) = self.attest.transaction.action() else { panic!() };
        let values = &meter.readings[&window];
        let value = match register {
            Register::Export => values.export[1],
            Register::Import => values.import[1],
        };
        let network = self.world.network();
        let key = meter.day_key.advance(network, self.world.parameters().window_start(window).day()).unwrap();
        let salt = &attest.statement.salt;
        let blinding = key.reading_blinding(network, meter.id.0, salt, register, first + 1);
        let claim = ReadingClaim {
            place: self.place_of(&self.attest),
            meter: MeterId(0),
            interval: Interval(first + 1),
            register,
            value: Quantity(value),
        };
        (claim, Opening::new(value.into(), blinding))
    }

    pub fn reading(&self, register: Register) -> Disclosure {
        let (claim, opening) = self.reading_of(register);
        prove_reading(&self.request(), claim, &opening, &mut rng(4)).unwrap()
    }

    pub fn balance_note(&self, note: &OwnedNote) -> BalanceNote {
        let (bucket, position) = self.world.locate(note.number).unwrap();
        let (secret, opening) = (note.secret.clone(), note.opening.clone());
        BalanceNote { bucket, ring: self.world.ring(bucket), position, secret, opening }
    }

    /// So many of a household's notes of money, as a balance shows them.
    pub fn money(&self, who: usize, count: usize) -> Vec<BalanceNote> {
        let notes = self.world.spendable(who, Asset::Credit);
        notes[..count].iter().map(|note| self.balance_note(note)).collect()
    }

    pub fn balance(&self, at_least: u64) -> Disclosure {
        self.balance_for(&self.request(), at_least)
    }

    pub fn balance_for(&self, request: &Request, at_least: u64) -> Disclosure {
        prove_balance(request, Credit(at_least), &self.money(CARLA, 2), &mut rng(5)).unwrap()
    }

    /// Anna's only window of the day, opened.
    pub fn held(&self, register: Register) -> Vec<HeldWindow> {
        let (world, window) = (&self.world, self.world.window(0));
        let (meter, network) = (&world.meters[0], world.network());
        let Action::Attest(attest) = self.attest.transaction.action() else { panic!() };
        let reading = &meter.readings[&window];
        let values = if register == Register::Export { &reading.export } else { &reading.import };
        let key = meter.day_key.advance(network, world.parameters().window_start(window).day()).unwrap();
        let opened = (world.parameters().first_interval(window).0..).zip(values).map(|(interval, value)| {
            let salt = &attest.statement.salt;
            Opening::new((*value).into(), key.reading_blinding(network, meter.id.0, salt, register, interval))
        });
        vec![HeldWindow { window, values: opened.collect() }]
    }

    /// What Anna pays for the story's day.
    pub fn bill(&self) -> Disclosure {
        self.bill_for(&self.request())
    }

    fn bill_for(&self, request: &Request) -> Disclosure {
        let (tariff, height) = (Tariff::from_toml(TARIFF).unwrap(), self.world.parent.height);
        let (genesis, held) = (&self.world.genesis, self.held(Register::Import));
        prove_bill(request, genesis, (MeterId(0), height), (day(), tariff), &held, &mut rng(6)).unwrap()
    }

    /// Anna never gave more than 1 kW before four o'clock.
    pub fn peak(&self) -> Disclosure {
        self.peak_for(&self.request())
    }

    fn peak_for(&self, request: &Request) -> Disclosure {
        let claim = PeakClaim {
            meter: MeterId(0),
            height: self.world.parent.height,
            register: Register::Export,
            period: day(),
            calendar: Calendar::new("Europe/Berlin").unwrap(),
            hours: hours(),
            limit: LIMIT,
        };
        let held = self.held(Register::Export);
        prove_peak(request, &self.world.genesis, &claim, &held, &mut rng(7), &mut |_, _| {}).unwrap()
    }

    /// What Anna took on the story's day.
    pub fn energy(&self, request: &Request) -> Disclosure {
        let claim = self.energy_claim(0);
        prove_energy(request, &self.world.genesis, &claim, &self.held(Register::Import), &mut rng(8)).unwrap()
    }

    pub fn energy_claim(&self, total: u64) -> EnergyClaim {
        EnergyClaim {
            meter: MeterId(0),
            height: self.world.parent.height,
            register: Register::Import,
            period: day(),
            calendar: Calendar::new("Europe/Berlin").unwrap(),
            total,
        }
    }

    pub fn shared_claim(&self, party: Party) -> SharedClaim {
        SharedClaim {
            party,
            utility: Utility::Electricity,
            period: day(),
            calendar: Calendar::new("Europe/Berlin").unwrap(),
            contracts: Vec::new(),
            orders: Vec::new(),
            total: 0,
        }
    }

    /// The story's contract, by one of its sides.
    pub fn contract_part(&self, party: Party) -> SharedPart {
        let key = match party {
            Party::Seller => self.claim.clone(),
            Party::Buyer => self.refund.clone(),
        };
        SharedPart { with: SharedWith::Contract(self.contract), key, receipt: self.receipt.clone() }
    }

    /// What an order of the story's auction got.
    pub fn order_part(&self, who: usize, id: OrderId) -> SharedPart {
        let household: &Household = &self.world.households[who];
        let order = household.orders.iter().find(|order| order.id == id).unwrap();
        let receipt = Opening::new(order.filled.unwrap().into(), order.fill_blinding.clone());
        SharedPart { with: SharedWith::Auction(id), key: order.secret(), receipt }
    }

    /// What was sold in the story in all, as if Bert and the fourth household were one.
    pub fn sold(&self, request: &Request) -> Disclosure {
        let parts = vec![self.order_part(DORA, self.sell), self.contract_part(Party::Seller)];
        prove_shared(request, &self.shared_claim(Party::Seller), parts, &mut rng(9)).unwrap()
    }

    /// What Bert bought in the auction.
    pub fn bought(&self, request: &Request) -> Disclosure {
        let parts = vec![self.order_part(BERT, self.buy)];
        prove_shared(request, &self.shared_claim(Party::Buyer), parts, &mut rng(9)).unwrap()
    }

    /// Answers to requests, one of each kind, all of which hold.
    pub fn answers(&self) -> Vec<(Inquiry, Disclosure)> {
        let (bert, day) = (self.world.address(BERT), day());
        let (amount, calendar) = (Credit(PAID), Calendar::new("Europe/Berlin").unwrap());
        let start = self.world.parameters().window_start(self.world.window(0));
        let (meter, contract) = (MeterId(0), self.contract);
        let asks = [
            Ask::PaymentMade { to: bert, amount },
            Ask::PaymentReceived { to: bert, amount },
            Ask::Delivery { contract, party: Party::Seller },
            Ask::Reading { meter, at: start.plus(1000), register: Register::Export },
            Ask::Energy { meter, register: Register::Import, period: day, calendar: calendar.clone() },
            Ask::Shared {
                party: Party::Seller,
                utility: Utility::Electricity,
                period: day,
                calendar: calendar.clone(),
            },
            Ask::Bill { meter, period: day, tariff: Tariff::from_toml(TARIFF).unwrap() },
            Ask::Peak { meter, register: Register::Export, period: day, calendar, hours: hours(), limit: LIMIT },
            Ask::Balance { at_least: Credit(15_000_000) },
        ];
        let answered = |ask: Ask| {
            let inquiry = self.inquiry(ask);
            let request = inquiry.answer(self.world.now().plus(30));
            let disclosure = match inquiry.ask() {
                Ask::PaymentMade { .. } => self.payment_made_to(&request, &self.payment, BERT),
                Ask::PaymentReceived { .. } => self.payment_received_for(&request),
                Ask::Delivery { .. } => {
                    let (claim, receipt) = (&self.claim, &self.receipt);
                    prove_delivery(&request, contract, Party::Seller, claim, receipt, &mut rng(3)).unwrap()
                }
                Ask::Reading { .. } => {
                    let (claim, opening) = self.reading_of(Register::Export);
                    prove_reading(&request, claim, &opening, &mut rng(4)).unwrap()
                }
                Ask::Energy { .. } => self.energy(&request),
                Ask::Shared { .. } => self.sold(&request),
                Ask::Bill { .. } => self.bill_for(&request),
                Ask::Peak { .. } => self.peak_for(&request),
                Ask::Balance { at_least } => self.balance_for(&request, at_least.0),
            };
            (inquiry, disclosure)
        };
        asks.into_iter().map(answered).collect()
    }

    /// One of each kind, all of which hold.
    pub fn all(&self) -> Vec<Disclosure> {
        vec![
            self.payment_made(),
            self.payment_received(),
            self.minted(),
            self.delivery(Party::Seller),
            self.delivery(Party::Buyer),
            self.reading(Register::Export),
            self.reading(Register::Import),
            self.balance(15_000_000),
            self.bill(),
            self.peak(),
            self.energy(&self.request()),
            self.sold(&self.request()),
            self.bought(&self.request()),
        ]
        .into_iter()
        .chain(self.answers().into_iter().map(|(_, answer)| answer))
        .collect()
    }

    /// Anna's meter corrects its window to this much an interval; what opens the second quarter of an hour.
    pub fn with_correction(&mut self, value: u32) -> (ReadingClaim, Opening) {
        let window = self.world.window(0);
        let reading = self.world.measured(4 * value, 10);
        let correct = self.world.correct(0, window, &reading);
        let at = self.world.after(60);
        self.accept(at, std::slice::from_ref(&correct));
        let Action::Correct(action) = correct.transaction.action() else { panic!() };
        let (network, meter) = (*self.world.network(), &self.world.meters[0]);
        let interval = self.world.parameters().first_interval(window).0 + 1;
        let key = meter.day_key.advance(&network, self.world.parameters().window_start(window).day()).unwrap();
        let salt = &action.statement.salt;
        let blinding = key.reading_blinding(&network, meter.id.0, salt, Register::Export, interval);
        let place = self.place_of(&correct);
        let (meter, register) = (MeterId(0), Register::Export);
        let claim = ReadingClaim { place, meter, interval: Interval(interval), register, value: Quantity(value) };
        (claim, Opening::new(value.into(), blinding))
    }

    /// A window in which Carla's water meter lost its values.
    pub fn with_missing_reading(&mut self) -> (ReadingClaim, Opening) {
        let window = self.world.window(0);
        let readings = [self.world.reading(WindowStatus::Missing, 0, 0)];
        let attest = self.world.attest(4, window, &readings);
        let at = self.world.after(60);
        self.accept(at, std::slice::from_ref(&attest));
        let Action::Attest(action) = attest.transaction.action() else { panic!() };
        let (network, meter) = (*self.world.network(), &self.world.meters[4]);
        let first = self.world.parameters().first_interval(window).0;
        let key = meter.day_key.advance(&network, self.world.parameters().window_start(window).day()).unwrap();
        let blinding = key.reading_blinding(&network, meter.id.0, &action.statement.salt, Register::Export, first);
        let place = self.place_of(&attest);
        let (meter, interval) = (MeterId(4), Interval(first));
        let claim = ReadingClaim { place, meter, interval, register: Register::Export, value: Quantity(0) };
        (claim, Opening::new(0, blinding))
    }
}

/// The story as its own facts: what `audits` gathers from a chain, looked up in memory.
impl Facts for Scene {
    fn genesis(&self) -> &Genesis {
        &self.world.genesis
    }

    fn tip(&self) -> At {
        At { height: self.world.parent.height, time: self.world.parent.time }
    }

    fn transaction(&self, place: &Place) -> Result<Option<Included<'_>>, StateError> {
        let block = self.blocks.iter().find(|block| block.header.height == place.height);
        Ok(block.and_then(|block| {
            let transaction = block.transactions.iter().find(|one| *one.id() == place.transaction)?;
            Some(Included { transaction, time: block.header.time })
        }))
    }

    fn last_correction(&self, meter: MeterId, window: Window) -> Result<Option<(TransactionId, At)>, StateError> {
        let mut last = None;
        for block in &self.blocks {
            let at = At { height: block.header.height, time: block.header.time };
            for transaction in &block.transactions {
                if let Action::Correct(correct) = transaction.action()
                    && (correct.statement.meter, correct.statement.window) == (meter, window)
                {
                    last = Some((*transaction.id(), at));
                }
            }
        }
        Ok(last)
    }

    fn windows(&self, stretch: &Stretch) -> Result<Vec<PostedWindow>, StateError> {
        let mut windows = Vec::new();
        for block in self.blocks.iter().filter(|block| block.header.height <= stretch.height) {
            for transaction in &block.transactions {
                let Action::Attest(attest) = transaction.action() else { continue };
                for (window, attested) in attest.statement.indexed_windows() {
                    let wanted = attest.statement.meter == stretch.meter;
                    if wanted && window >= stretch.from && window < stretch.until {
                        let export = stretch.register == Register::Export;
                        let values = if export { attested.export.clone() } else { attested.import.clone() };
                        let status = attested.status;
                        windows.push(PostedWindow { window, status, values, corrected: false, replaced: None });
                    }
                }
            }
        }
        Ok(windows)
    }

    fn notes_with_key(&self, key: &Point, until: u64) -> Result<u64, StateError> {
        let latest = self.blocks.iter().find(|block| block.header.height == until).map(|block| block.header.time);
        let ledger = self.world.ledger();
        let notes = (0..self.world.counters().notes).map(|number| ledger.note(NoteNumber(number)).unwrap().unwrap());
        Ok(notes.filter(|note| note.note.key == *key && Some(note.made) <= latest).count() as u64)
    }

    fn contract(&self, id: &ContractId) -> Result<Option<ContractFacts>, StateError> {
        let mut found: Option<ContractFacts> = None;
        for block in &self.blocks {
            let at = At { height: block.header.height, time: block.header.time };
            for transaction in &block.transactions {
                match transaction.action() {
                    Action::Open(open) if ContractId::of(self.world.network(), transaction.id()) == *id => {
                        found = Some(ContractFacts { terms: open.statement.contract, opened: at, receipt: None });
                    }
                    Action::Deliver(deliver) => {
                        let ours = deliver.statement.deliveries.iter().find(|one| one.contract == *id);
                        if let (Some(ours), Some(found)) = (ours, &mut found) {
                            found.receipt = Some(Receipt { delivered: ours.delivered, at });
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    fn fill(&self, id: &OrderId) -> Result<Option<FillFacts>, StateError> {
        let (mut placed, mut found) = (None, None);
        for block in &self.blocks {
            for transaction in &block.transactions {
                let here = OrderId::of(self.world.network(), transaction.id()) == *id;
                match transaction.action() {
                    Action::Sell(sell) if here => {
                        placed = Some((Side::Sell, sell.statement.terms, sell.statement.payout_key));
                    }
                    Action::Buy(buy) if here => {
                        placed = Some((Side::Buy, buy.statement.terms, buy.statement.refund_key));
                    }
                    Action::Clear(clear) => {
                        let at = At { height: block.header.height, time: block.header.time };
                        let Outcome::Trade { price, .. } = clear.statement.outcome else { continue };
                        let fill = clear.statement.outcome.fill_of(id);
                        if let (Some((side, terms, key)), Some(fill)) = (placed, fill) {
                            found = Some(FillFacts { side, terms, key, price, fill: *fill, at });
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    fn ring(&self, version: BucketVersion) -> Result<Option<RingFacts>, StateError> {
        if !self.versions.contains(&version) {
            return Ok(None);
        }
        let ledger = self.world.ledger();
        let members = ledger.members(version)?.into_iter().map(|number| {
            let note = ledger.note(number).unwrap().unwrap().note;
            Member::new(note.key, note.commitment)
        });
        Ok(Some(RingFacts { asset: ledger.bucket(version.id)?.unwrap().asset, members: members.collect() }))
    }

    fn is_spent(&self, image: &Point) -> Result<bool, StateError> {
        self.world.ledger().is_spent(image)
    }
}

/// The first window of the story.
pub fn window(scene: &Scene) -> Window {
    scene.world.window(0)
}
