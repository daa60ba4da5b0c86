//! Every decoder that reads a stranger's bytes, as a plain function that must be total: whatever the bytes, it returns.
//!
//! `tests/fuzz.rs` runs them over the checked-in corpus and seeded mutants of it on every commit; the crate in `fuzz/`
//! gives the same functions to libFuzzer. A target checks what it can: what decodes must encode to the same bytes, and
//! everything that reads the decoded value must return too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, dead_code, reason = "tests")]

use std::sync::{Arc, LazyLock};

use hushwatt_audits::{
    NoProgress, Report,
    allocation::{Allocation, Openings, SharingKey, Slip},
    verify_reader,
};
use hushwatt_circuits::{
    CircuitProof, Error,
    bridge::{Compiled, compile},
    frontend::{self, Builder},
    proof::{self, Statement},
};
use hushwatt_client::SignedOffer;
use hushwatt_crypto::{
    Element, NetworkId, Point, SecretScalar,
    address::Address,
    commitment::Opening,
    context::Context,
    keys::{Account, Seed, ViewKey},
    range::RangeProof,
    sharing::Member,
    signature::SigningKey,
};
use hushwatt_ledger::{
    block::{
        Block, BlockDigest, Certificate, Header, MAX_CERTIFICATE_BYTES, Parent, genesis_digest, propose,
        transaction_root, vote,
    },
    codec::{Reader, Writer},
    disclosure::{Disclosure, Inquiry},
    genesis::Genesis,
    note::{BucketId, BucketVersion, NoteNumber},
    parameters::{AuctionParameters, TotalsParameters},
    state::{
        Changes, LedgerState, MemoryState, RingCache, index_auctions, index_height_of_block,
        index_height_of_transaction, index_tip, recompute_root,
    },
    storage::{ChainLog, ChainReader, HintReader, Index, IndexBatch, MemoryIndex, SimDisk},
    transaction::{
        Action, Transaction, TransactionId,
        hints::{decode_hints, encode_hints},
        open::ContractId,
        order::{OrderId, check_without_ring, ranked, with_admission},
        request::Target as TotalTarget,
        share::{SharePlace, Subject, TradeId},
        spend::context_of,
    },
    units::{Epoch, MeterId, Period, Utility, Window},
    validators::ValidatorSet,
};
use hushwatt_wallet::{
    amount::{Locale, format_credit, parse_credit},
    file::SeedWords,
    household::{PairingCode, PaymentLink},
};

/// A decoder, given any bytes.
pub type Target = fn(&[u8]);

/// Every target by name; its corpus is `tests/corpus/<name>/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("transaction", transaction),
    ("block", block),
    ("certificate", certificate),
    ("genesis", genesis),
    ("address", address),
    ("offer", offer),
    ("wallet_text", wallet_text),
    ("disclosure", disclosure),
    ("request", request),
    ("allocation", allocation),
    ("hints", hints),
    ("range", range),
    ("clsag", clsag),
    ("circuit_proof", circuit_proof),
    ("circuit_verify", circuit_verify),
    ("chain", chain),
    ("hint_file", hint_file),
    ("readings", readings),
    ("state", state),
    ("audit", audit),
    ("audit_certified", audit_certified),
];

/// The genesis whose network all of the corpus belongs to. Its keys are those of [`signing_key`]: the treasury has 2, the
/// meters 3 and 4, the validators [`VALIDATORS`], the registrars 8, 9 and 10, of whom two sign. Its epochs have two blocks.
pub const GENESIS: &[u8] = include_bytes!("../corpus/genesis/small.json");

static PARSED: LazyLock<Genesis> = LazyLock::new(|| Genesis::parse(GENESIS).unwrap());

/// The same with auctions and totals: of another file, but whoever reads state does not ask for its digest.
static AUCTIONED: LazyLock<Genesis> = LazyLock::new(|| {
    let mut genesis = PARSED.clone();
    genesis.parameters.auction = Some(AuctionParameters::default());
    genesis.parameters.totals = Some(TotalsParameters { period: 7_200, ..TotalsParameters::default() });
    genesis
});

/// The Ed25519 key whose secret is this byte, 32 times.
pub fn signing_key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

/// The validators of the genesis.
pub const VALIDATORS: [u8; 4] = [1, 5, 6, 7];
/// The validators after the change in the chain `money`.
pub const NEW_VALIDATORS: [u8; 2] = [1, 11];

fn validator_set(keys: &[u8]) -> ValidatorSet {
    ValidatorSet::new(keys.iter().map(|byte| signing_key(*byte).verifying_key()).collect()).unwrap()
}

/// The household that the corpus pays to.
pub fn account(byte: u8) -> Account {
    Account::from_seed(network(), &Seed::from_bytes([byte; 32])).unwrap()
}

pub fn parsed() -> &'static Genesis {
    &PARSED
}

fn network() -> &'static NetworkId {
    PARSED.network()
}

pub fn transaction(data: &[u8]) {
    let Ok(transaction) = Transaction::decode(network(), data) else { return };
    assert_eq!(transaction.encode(), data, "what was decoded encodes to the same bytes");
    assert_eq!(transaction.encoded_len(), data.len());
    let again = Transaction::new(*transaction.envelope(), transaction.action().clone());
    assert_eq!(again, transaction, "digests are those of the parts");
    look_at(&transaction);
}

/// Everything that can be asked of a transaction before it is checked.
fn look_at(transaction: &Transaction) {
    let action = transaction.action();
    assert!(!action.name().is_empty() && action.hint_count() <= 64);
    assert_eq!(action.spends().is_empty(), action.buckets().is_empty());
    assert_eq!(context_of(&action.spends()).is_none(), action.spends().is_empty());
    let parameters = &PARSED.parameters;
    let window = |window: Window| {
        let ends = parameters.window_end(window).max(parameters.open_until(window));
        assert!(ends.max(parameters.deliver_until(window)) >= parameters.open_from(window));
        assert!(parameters.first_interval(window).0 <= parameters.attest_until(window).0);
        let first = parameters.first_correctable(parameters.correct_until(window));
        assert!(first.is_some_and(|first| first <= window));
    };
    match action {
        Action::Attest(attest) => attest.statement.indexed_windows().for_each(|(index, _)| window(index)),
        Action::Open(open) => window(open.statement.contract.window),
        Action::Correct(correct) => window(correct.statement.window),
        Action::Clear(clear) => {
            window(clear.statement.window);
            let orders = clear.statement.outcome.orders();
            assert!((2..=200).contains(&orders.len()));
            let filled = orders.iter().filter(|id| clear.statement.outcome.fill_of(id).is_some()).count();
            assert_eq!(filled == orders.len(), clear.statement.outcome.price().is_some());
        }
        _ => {}
    }
    if let Some(order) = action.order() {
        window(order.terms.window);
        let admitted = with_admission(transaction, *order.admission).unwrap();
        assert_eq!(&admitted, transaction);
        let _ = check_without_ring(&AUCTIONED, transaction);
    }
    assert!(!format!("{transaction:?} {} {}", transaction.id(), transaction.envelope().valid_until.0).is_empty());
}

pub fn block(data: &[u8]) {
    let Ok(block) = Block::decode(network(), data) else { return };
    assert_eq!(block.encode(), data, "what was decoded encodes to the same bytes");
    let _ = (block.header.digest(network()).to_string(), transaction_root(network(), &block.transactions));
    block.transactions.iter().for_each(look_at);
}

pub fn certificate(data: &[u8]) {
    let Ok(certificate) = Certificate::decode(data) else { return };
    assert_eq!(certificate.encode(), data, "what was decoded encodes to the same bytes");
    assert!(data.len() <= MAX_CERTIFICATE_BYTES && !certificate.signatures.is_empty());
    let digest = BlockDigest([7; 32]);
    for epoch in [Epoch(0), certificate.epoch] {
        let verdict = certificate.verify(network(), PARSED.validators(), epoch, &digest);
        assert!(verdict.is_err(), "nobody voted for this block");
    }
}

pub fn genesis(data: &[u8]) {
    let Ok(genesis) = Genesis::parse(data) else { return };
    assert_eq!(genesis.bytes(), data);
    let parameters = &genesis.parameters;
    assert!(parameters.check().is_ok() && parameters.intervals_per_window() >= 1);
    let (validators, registrars) = (genesis.validators(), genesis.registrars().len());
    assert!(validators.quorum() * 3 > validators.count() * 2 && validators.count() <= 100);
    assert!(genesis.registrar_quorum() <= registrars && (genesis.registrar_quorum() == 0) == (registrars == 0));
    for (id, _) in genesis.meters() {
        assert!(genesis.meter(id).is_some() && genesis.energy_group(id).is_some());
    }
    for window in [genesis.first_window(), parameters.window_at(genesis.time), Window(0), Window(u64::MAX)] {
        let _ = (parameters.deliver_until(window), parameters.open_from(window), parameters.first_interval(window));
    }
    for window in [genesis.first_window(), Window(0), Window(u64::MAX)] {
        let terms = (parameters.order_until(window), parameters.clear_until(window));
        assert_eq!(terms.0.is_some(), parameters.auction.is_some());
        assert!(terms.0 <= terms.1);
    }
    let _ = (parameters.epoch_at(genesis.time), parameters.append_at(genesis.time), Parent::genesis(&genesis));
    for wish in [0, 1, u32::MAX] {
        assert!(Utility::ALL.iter().all(|utility| parameters.prices_of(*utility).nearest(wish).is_some()));
    }
}

pub fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(address) = Address::decode(network(), &text) else { return };
    let written = address.encode(network());
    assert!(written.eq_ignore_ascii_case(text.trim()), "an address has one spelling");
    assert_eq!(Address::decode(network(), &written), Ok(address));
}

/// An offer as nodes and links carry it.
pub fn offer(data: &[u8]) {
    if let Ok(offer) = SignedOffer::decode(network(), data) {
        assert_eq!(offer.encode(), data, "an offer has one encoding");
        let link = offer.to_link(network());
        assert_eq!(SignedOffer::from_link(network(), &link).map(|read| read.encode()), Ok(data.to_vec()));
    }
    let _ = SignedOffer::from_link(network(), &String::from_utf8_lossy(data));
}

/// What people paste into a wallet: payment links, pairing codes, view keys, words, amounts.
pub fn wallet_text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(link) = PaymentLink::decode(network(), &text) {
        assert_eq!(PaymentLink::decode(network(), &link.encode(network())).ok(), Some(link));
    }
    if let Ok(code) = PairingCode::decode(network(), &text) {
        assert!(PairingCode::decode(network(), &code.encode(network())).is_ok());
    }
    if let Ok(key) = ViewKey::import(network(), &text) {
        assert!(ViewKey::import(network(), &key.export(network())).is_ok());
    }
    let _ = SeedWords::parse(&text);
    for locale in [Locale::English, Locale::German] {
        if let Ok(amount) = parse_credit(locale, &text) {
            assert_eq!(parse_credit(locale, &format_credit(locale, amount)), Ok(amount));
        }
    }
}

/// A proof that a household hands over.
pub fn disclosure(data: &[u8]) {
    let Ok(disclosure) = Disclosure::from_json(data) else { return };
    let Ok(text) = disclosure.to_json() else { return };
    assert!(Disclosure::from_json(text.as_bytes()).is_ok(), "what is written is read again");
}

/// A request as a file, or as a link.
pub fn request(data: &[u8]) {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let read = if Inquiry::is_link(text) { Inquiry::from_link(text) } else { Inquiry::from_json(data) };
    let Ok(inquiry) = read else { return };
    // Whether its maker has the key is asked of whatever could be read.
    let verdict = inquiry.verify().is_ok();
    assert!(!inquiry.ask().name().is_empty());
    let (Ok(file), Ok(link)) = (inquiry.to_json(), inquiry.to_link()) else { return };
    for again in [Inquiry::from_json(file.as_bytes()), Inquiry::from_link(&link)] {
        // A file that was written without spaces can be as long as a request may be, and then does not fit with them.
        let Ok(again) = again else { continue };
        assert!(again == inquiry && again.verify().is_ok() == verdict, "what is written is read again");
    }
}

/// The four files of an allocation: the key, what members give, what everybody sees, what one member sees. Returns how many of
/// them it is.
pub fn allocation_files(data: &[u8]) -> usize {
    let mut read = 0;
    if let Ok(key) = SharingKey::from_toml(&String::from_utf8_lossy(data)) {
        assert!(key.key().fits(key.members().len()));
        read += 1;
    }
    if let Ok(openings) = Openings::from_json(data) {
        assert!(Openings::from_json(openings.to_json().unwrap().as_bytes()).is_ok(), "what is written is read again");
        read += 1;
    }
    if let Ok(allocation) = Allocation::from_json(data) {
        let again = Allocation::from_json(allocation.to_json().unwrap().as_bytes());
        assert_eq!(again.map(|again| again.digest()), Ok(allocation.digest()));
        if let Ok(slip) = Slip::from_json(include_bytes!("../corpus/allocation/slip.json")) {
            assert!(slip.opens(&allocation).is_err(), "its digest is another");
        }
        read += 1;
    }
    if let Ok(slip) = Slip::from_json(data) {
        assert!(Slip::from_json(slip.to_json().unwrap().as_bytes()).is_ok(), "what is written is read again");
        read += 1;
    }
    read
}

pub fn allocation(data: &[u8]) {
    let _ = allocation_files(data);
}

/// 32 bytes of a one-time key, then hints: the first three households of the corpus try to open them.
pub fn hints(data: &[u8]) {
    let Some((key, bytes)) = data.split_first_chunk::<32>() else { return };
    let Ok(hints) = decode_hints(bytes) else { return };
    assert_eq!(encode_hints(&hints), bytes);
    let Ok(key) = Point::decode(key) else { return };
    static ACCOUNTS: LazyLock<Vec<Account>> = LazyLock::new(|| (1..=2).map(account).collect());
    let context = Context::of_mint(network(), 1);
    for (index, hint) in (0..2).zip(&hints) {
        for account in &*ACCOUNTS {
            if let Some(opened) = hint.open(network(), account.view(), context, index, &key) {
                let _ = opened.body.handle_secrets();
            }
        }
    }
}

pub fn range(data: &[u8]) {
    let Ok(proof) = RangeProof::decode(data) else { return };
    assert_eq!(proof.as_bytes(), data);
}

/// One byte: the ring's length; then a ring signature and whatever follows.
pub fn clsag(data: &[u8]) {
    let Some((ring, bytes)) = data.split_first() else { return };
    let mut reader = Reader::new(bytes);
    let Ok(signature) = reader.clsag((*ring).into()) else { return };
    let mut writer = Writer::new();
    writer.clsag(&signature).bytes(reader.rest());
    assert_eq!(writer.finish(), bytes);
}

pub fn circuit_proof(data: &[u8]) {
    let Ok(proof) = CircuitProof::decode(data) else { return };
    assert_eq!(proof.as_bytes(), data);
}

/// A number and its square, both below 2^16 and committed to.
pub struct Square {
    circuit: Compiled,
    openings: [Opening; 2],
    commitments: [Element; 2],
}

static SQUARE: LazyLock<Square> = LazyLock::new(|| {
    let mut shape = Builder::shape();
    square(&mut shape, None).unwrap();
    let openings = [(12, [1; 64]), (144, [2; 64])]
        .map(|(value, blinding)| Opening::new(value, SecretScalar::from_wide(&blinding)));
    Square { circuit: compile(&shape).unwrap(), commitments: openings.each_ref().map(Opening::commit), openings }
});

fn square(builder: &mut Builder, values: Option<[u64; 2]>) -> frontend::Result<()> {
    let root = builder.committed(values.map(|[root, _]| root))?;
    let square = builder.committed(values.map(|[_, square]| square))?;
    builder.range(&square, 16)?;
    builder.require_product(&root, &root, &square)
}

impl Square {
    fn statement(&self) -> Statement<'_> {
        Statement {
            network: &NetworkId([7; 32]),
            kind: "square/1",
            circuit: &self.circuit,
            commitments: &self.commitments,
            publics: &[],
            context: b"fuzz",
        }
    }
}

/// The one proof in the corpus of which all others are mutants.
pub fn proven_square(rng: &mut impl hushwatt_crypto::Rng) -> Vec<u8> {
    let mut values = Builder::assigned();
    square(&mut values, Some(SQUARE.openings.each_ref().map(|opening| opening.value))).unwrap();
    let blindings = SQUARE.openings.each_ref().map(|opening| opening.blinding.clone());
    proof::prove(&SQUARE.statement(), &values, &blindings, rng).unwrap().as_bytes().to_vec()
}

/// Nothing but the proof that was made is a proof, and nothing makes the verifier panic.
pub fn circuit_verify(data: &[u8]) {
    let Ok(proof) = CircuitProof::decode(data) else { return };
    let known: &[u8] = include_bytes!("../corpus/circuit_verify/square");
    let expected = if data == known { Ok(()) } else { Err(Error::Rejected) };
    assert_eq!(proof::verify(&SQUARE.statement(), &proof), expected);
}

pub fn chain(data: &[u8]) {
    let Ok(mut reader) = ChainReader::new(data) else { return };
    let _ = Genesis::parse(reader.genesis());
    let mut number = 0;
    while let Ok(Some(record)) = reader.next_record() {
        assert_eq!(record.number.0, number);
        number += 1;
        block(&record.body);
        certificate(&record.cert);
    }
    assert!(matches!(reader.next_record(), Ok(None)), "nothing follows the end or an error");
}

pub fn hint_file(data: &[u8]) {
    let Ok(mut reader) = HintReader::new(data) else { return };
    let _ = reader.day().file_name();
    while let Ok(Some(hint)) = reader.next_hint() {
        let _ = decode_hints(&hint.bytes);
    }
    assert!(matches!(reader.next_hint(), Ok(None)), "nothing follows the end or an error");
}

pub fn readings(data: &[u8]) {
    hushwatt_meter_attest::readings::fuzz_readings(data);
}

/// 32 bytes of a contract id, then entries: one byte and two bytes of lengths, key, value. What an index on a damaged
/// disk may hold.
pub fn state(data: &[u8]) {
    let Some((contract, bytes)) = data.split_first_chunk::<32>() else { return };
    let mut reader = Reader::new(bytes);
    let mut changes = Changes::new();
    while let (Ok(key), Ok(value)) = (reader.u8(), reader.u16()) {
        let (Ok(key), Ok(value)) = (reader.bytes(key.into()), reader.bytes(value.into())) else { break };
        changes.insert(key.to_vec(), Some(value.to_vec()));
    }
    let batch: IndexBatch = changes.clone().into_iter().collect();
    let mut index = MemoryIndex::new();
    index.apply(&batch).unwrap();
    let _ = index_tip(&index);
    let mut state = MemoryState::new();
    state.apply(changes);
    let ledger = LedgerState::new(&PARSED, &state);
    if let Ok(counters) = ledger.counters() {
        let _ = counters.supply();
    }
    for number in 0..4 {
        let (note, meter) = (NoteNumber(number), MeterId(number as u32));
        let _ = (ledger.note(note), ledger.meter(meter), ledger.meter_standing(meter));
        let _ = (ledger.window(meter, PARSED.first_window()), ledger.keys_in_use(), ledger.replaced_meters());
        let id = BucketId(number);
        if let Ok(Some(bucket)) = ledger.bucket(id) {
            for length in bucket.superseded.iter().map(|version| version.length).chain([bucket.length]).take(4) {
                let _ = ledger.members(BucketVersion { id, length });
            }
        }
    }
    let _ = ledger.contract(&ContractId(*contract));
    auctions(&state, &index, OrderId(*contract));
    totals(&state, TradeId(*contract));
    let _ = (ledger.validators_of(Epoch(2)), ledger.validators_of(Epoch(u64::MAX)));
    let _ = index_height_of_block(&index, &BlockDigest(*contract));
    let _ = index_height_of_transaction(&index, &TransactionId([contract[0]; 64]));
}

/// What a state may hold of auctions, on a network that has them.
fn auctions(state: &MemoryState, index: &MemoryIndex, id: OrderId) {
    let ledger = LedgerState::new(&AUCTIONED, state);
    let window = AUCTIONED.first_window();
    for utility in Utility::ALL {
        let orders = ledger.orders_of(utility, window);
        let _ = (ledger.auction(utility, window), ledger.order(utility, window, &id));
        if let Ok(orders) = orders {
            assert!(orders.windows(2).all(|pair| pair[0].0 < pair[1].0), "by id, each once");
            let ids = orders.iter().map(|(id, _)| *id);
            assert_eq!(ranked(network(), &BlockDigest(id.0), ids).len(), orders.len());
        }
    }
    let _ = (ledger.operator_of(window), ledger.named_operators());
    let _ = index_auctions(index, Window(0), Window(u64::MAX));
    // Ranks are fixed and orders given back, or the state says that it is damaged.
    for now in
        [AUCTIONED.parameters.order_until(window), AUCTIONED.parameters.clear_until(window)].into_iter().flatten()
    {
        let mut ledger = LedgerState::new(&AUCTIONED, state);
        let begun = ledger.begin_block(&BlockDigest(id.0), now.plus(1));
        let _ = begun.and_then(|()| ledger.begin_block(&BlockDigest(id.0), now.plus(2)));
    }
}

/// What a state may hold of totals, on a network that has them.
fn totals(state: &MemoryState, trade: TradeId) {
    let ledger = LedgerState::new(&AUCTIONED, state);
    let terms = AUCTIONED.parameters.totals.unwrap();
    let period = Period(AUCTIONED.parameters.period_of(AUCTIONED.first_window()).unwrap().0 + 1);
    let _ = (
        ledger.committee_of(period),
        ledger.committee_keys(),
        ledger.trades_within(period, Utility::Electricity),
        ledger.prices_within(period, Utility::Water),
        ledger.lot(period),
    );
    if let Ok(cohorts) = ledger.cohorts(period) {
        for cohort in cohorts {
            let sharers = ledger.sharers(period, &cohort);
            assert!(sharers.is_err() || sharers.is_ok_and(|sharers| sharers.len() <= cohort.meters().len()));
        }
    }
    let member = Member::at(0).unwrap();
    let meters = (0..4).map(|meter| Subject::Meter(MeterId(meter)));
    for subject in meters.chain([Subject::Trade { utility: Utility::Electricity, trade }]) {
        for sharing in 0..3 {
            if let Ok(Some(shared)) = ledger.shared(&SharePlace { period, subject, sharing, member }) {
                let _ = shared.of.expected(member);
            }
        }
    }
    for target in Utility::ALL.map(TotalTarget::Trades).into_iter().chain([TotalTarget::Cohort(0)]) {
        let _ = ledger.total(period, target);
    }
    let mut ledger = LedgerState::new(&AUCTIONED, state);
    let _ = ledger.begin_block(&BlockDigest(trade.0), terms.times(period).release.plus(1));
}

fn audited(file: &[u8]) -> Option<Report> {
    let report = verify_reader(file, file.len() as u64, network(), &mut NoProgress).ok()?;
    assert_eq!(report.holds(), report.failure.is_none());
    assert!(!report.to_string().is_empty());
    Some(report)
}

pub fn audit(data: &[u8]) {
    let _ = audited(data);
}

/// A mode byte, then block bodies, each behind four bytes of its length. A forger who has the validators' keys certifies
/// each, so that what is in a block meets the rules and the audit instead of a checksum. Mode even: bodies as they are,
/// with parent and transaction root made right. Mode odd: each block proposed anew from its time and transactions.
pub fn audit_certified(data: &[u8]) {
    let Some((mode, bytes)) = data.split_first() else { return };
    let mut reader = Reader::new(bytes);
    let (mut state, rings, mut parent) = (MemoryState::new(), RingCache::new(), Parent::genesis(&PARSED));
    let mut last = genesis_digest(&PARSED);
    let mut blocks = Vec::new();
    while let Ok(length) = reader.u32() {
        let Ok(body) = reader.bytes(length as usize) else { break };
        let Ok(mut block) = Block::decode(network(), body) else {
            blocks.push((body.to_vec(), vec![0; 64]));
            break;
        };
        if mode & 1 == 1 {
            let (time, transactions) = (block.header.time, &block.transactions);
            let Ok(proposal) = propose(&PARSED, &state, &rings, &parent, time, transactions) else { break };
            state.apply(proposal.executed.changes);
            parent = proposal.executed.parent;
            block = proposal.block;
        } else {
            block.header.parent = last;
            block.header.transaction_root = transaction_root(network(), &block.transactions);
        }
        last = block.header.digest(network());
        blocks.push((block.encode(), certified(&block.header)));
    }
    if mode & 1 == 1 {
        let computed = recompute_root(network(), &state).unwrap();
        assert_eq!(computed, parent.set_hash, "the root that is kept is the root of the state");
    }
    let _ = audited(&file(GENESIS, &blocks));
}

/// The certificate of a block of [`GENESIS`], by as many as must vote of the set that its header names.
pub fn certified(header: &Header) -> Vec<u8> {
    let new = validator_set(&NEW_VALIDATORS);
    let (set, keys) = if header.validator_set == new.digest(network()) {
        (&new, &NEW_VALIDATORS[..])
    } else {
        (PARSED.validators(), &VALIDATORS[..])
    };
    let (epoch, view, digest) = (PARSED.parameters.epoch_of(header.height), header.height, header.digest(network()));
    let parent_view = view.saturating_sub(1);
    let key_of = |index: u16| {
        keys.iter().map(|byte| signing_key(*byte)).find(|key| set.index_of(&key.verifying_key()) == Some(index))
    };
    let votes = (0..set.quorum() as u16).map(|index| {
        let key = key_of(index).expect("the set is one of these keys");
        (index, vote(&key, network(), epoch, view, parent_view, &digest))
    });
    Certificate { epoch, view, parent_view, signatures: votes.collect() }.encode()
}

/// A chain file of these blocks and certificates, written by the ledger's own log.
pub fn file(genesis: &[u8], blocks: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut log = ChainLog::open(Arc::new(SimDisk::new()), "chain.hwl".as_ref(), genesis).unwrap();
    for (body, certificate) in blocks {
        log.append(body, certificate).unwrap();
    }
    let mut file = Vec::new();
    log.export(&mut file).unwrap();
    file
}
