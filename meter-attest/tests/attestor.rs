//! The attestor (section 6.2): which windows it attests and how, its chain, and that household and ledger agree with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
};

use hushwatt_crypto::{
    CryptoError, SecretScalar,
    commitment::Opening,
    keys::{Account, OneTimeSecret, Seed},
    meter::{DayKey, Register},
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_ledger::{
    Rejection,
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    state::{LedgerState, MemoryState, Resolved},
    transaction::{
        Action, Transaction, TransactionId, VALIDITY_STEP,
        attest::{Attest, AttestedWindow, WindowStatus},
        build::BuildError,
        check,
    },
    units::{Interval, MeterId, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{AttestError, Attestor, Metered, Pending, readings::read_csv_file};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// 2025-06-02, a Monday.
const DAY: u64 = 20_241;
const NARROW: MeterId = MeterId(0);
const WIDE: MeterId = MeterId(1);

/// One community with one household, whose every meter is the same but for class and key.
struct World {
    genesis: Genesis,
    keys: Vec<SigningKey>,
    household: Account,
    day_key: DayKey,
    rng: ChaCha20Rng,
}

impl World {
    /// A 16-bit and a 32-bit meter, whose first window starts with [`DAY`].
    fn new(interval: u64) -> Self {
        Self::with_meters(interval, DAY, &[RangeBits::Bits16, RangeBits::Bits32])
    }

    fn with_meters(interval: u64, day: u64, classes: &[RangeBits]) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut key = || SigningKey::random(&mut rng);
        let (validator, treasury) = (key(), key());
        let keys: Vec<SigningKey> = classes.iter().map(|_| key()).collect();
        let meter = |(class, key): (&RangeBits, &SigningKey)| Meter {
            utility: Utility::Electricity,
            class: *class,
            key: key.verifying_key(),
        };
        let parameters = Parameters { interval, ..Parameters::default() };
        let genesis = NewGenesis {
            time: Timestamp(day * 86_400 - parameters.window),
            simulated_time: true,
            parameters,
            validators: vec![validator.verifying_key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: treasury.verifying_key(),
            operator: None,
            meters: classes.iter().zip(&keys).map(meter).collect(),
        };
        let genesis = genesis.build().unwrap();
        let household = Account::from_seed(genesis.network(), &Seed::random(&mut rng)).unwrap();
        let day_key = DayKey::random(day, &mut rng);
        World { genesis, keys, household, day_key, rng }
    }

    fn attestor(&self, meter: MeterId) -> Attestor {
        let spend = *self.household.view().spend_public();
        Attestor::new(&self.genesis, meter, self.keys[meter.0 as usize].clone(), self.day_key.clone(), spend)
    }

    fn parameters(&self) -> &Parameters {
        &self.genesis.parameters
    }

    /// The window this many after the meters' first.
    fn window(&self, number: u64) -> Window {
        Window(self.genesis.first_window().0 + number)
    }

    /// The first second after it.
    fn end(&self, number: u64) -> Timestamp {
        self.parameters().window_end(self.window(number))
    }

    /// Attests and holds the outcome against phase 1 of the ledger.
    fn attest(&mut self, attestor: &Attestor, registers: &Registers, now: Timestamp) -> Result<Pending, AttestError> {
        let pending = attestor.attest(&self.genesis, |interval| registers.get(interval), now, &mut self.rng)?;
        let transaction = &pending.built.transaction;
        assert_eq!(check::check_alone(&self.genesis, transaction, &Resolved::default()), Ok(()));
        assert_eq!(Transaction::decode(self.genesis.network(), &transaction.encode()).as_ref(), Ok(transaction));
        assert!(pending.built.hints.is_empty());
        Ok(pending)
    }

    /// What the household derives for one register and interval, from the public salt and its day key alone.
    fn blinding(&self, attest: &Attest, register: Register, interval: u64) -> SecretScalar {
        let (network, statement) = (self.genesis.network(), &attest.statement);
        let day = interval * self.parameters().interval / 86_400;
        let key = self.day_key.advance(network, day).unwrap();
        key.reading_blinding(network, statement.meter.0, &statement.salt, register, interval)
    }

    /// The wallet's side: every commitment opens to these readings, zero where a window is missing, and every energy
    /// note belongs to the household and opens to the window's sum.
    fn assert_household_opens(&self, pending: &Pending, registers: &Registers) {
        let (network, attest) = (self.genesis.network(), attest_of(pending));
        for (window, attested) in attest.statement.indexed_windows() {
            let first = self.parameters().first_interval(window).0;
            let opening = |register: Register, interval: u64| {
                let read = registers.get(Interval(interval)).filter(|_| attested.status != WindowStatus::Missing);
                let value = read.map_or(0, |metered| match register {
                    Register::Export => metered.export.0,
                    Register::Import => metered.import.0,
                });
                Opening::new(value.into(), self.blinding(attest, register, interval))
            };
            for (register, commitments) in [(Register::Export, &attested.export), (Register::Import, &attested.import)]
            {
                assert_eq!(commitments.len(), self.parameters().intervals_per_window());
                for (interval, commitment) in (first..).zip(commitments) {
                    assert!(opening(register, interval).opens(commitment), "{register:?} of interval {interval}");
                }
            }
            assert_eq!(attested.note_key.is_some(), attested.status.mints());
            if let Some(key) = attested.note_key {
                let day = self.parameters().window_start(window).day();
                let day_key = self.day_key.advance(network, day).unwrap();
                let tweak = day_key.note_tweak(network, attest.statement.meter.0, window.0);
                assert_eq!(OneTimeSecret::new(&tweak, self.household.spend()).public(), Ok(key));
                let intervals = (first..).take(attested.export.len());
                let openings: Vec<Opening> = intervals.map(|interval| opening(Register::Export, interval)).collect();
                let sum = Opening::new(
                    openings.iter().map(|opening| opening.value).sum(),
                    SecretScalar::sum(openings.iter().map(|opening| &opening.blinding)),
                );
                assert!(sum.opens(&attested.export_sum()), "the energy note of {window:?}");
            }
        }
    }
}

/// What a meter's two registers counted, by interval; what is not there was not read.
#[derive(Clone, Default)]
struct Registers(BTreeMap<Interval, Metered>);

impl Registers {
    /// Different values in every interval of so many windows.
    fn full(world: &World, windows: u64) -> Self {
        let first = world.parameters().first_interval(world.window(0)).0;
        let count = windows * world.parameters().intervals_per_window() as u64;
        let values = |n: u64| Metered { export: Quantity(n as u32 * 17 + 3), import: Quantity(n as u32 * 5 + 1) };
        Registers((0..count).map(|n| (Interval(first + n), values(n))).collect())
    }

    fn get(&self, interval: Interval) -> Option<Metered> {
        self.0.get(&interval).copied()
    }

    fn set(&mut self, interval: Interval, export: u32, import: u32) {
        self.0.insert(interval, Metered { export: Quantity(export), import: Quantity(import) });
    }
}

fn attest_of(pending: &Pending) -> &Attest {
    match pending.built.transaction.action() {
        Action::Attest(attest) => attest,
        other => panic!("a meter built a {}", other.name()),
    }
}

fn statuses(pending: &Pending) -> Vec<WindowStatus> {
    let attest = attest_of(pending);
    let listed: Vec<_> = pending.windows.clone();
    let posted: Vec<_> = attest.statement.indexed_windows().map(|(window, it)| (window, it.status)).collect();
    assert_eq!(listed, posted, "what the attestor lists is what it posts");
    listed.into_iter().map(|(_, status)| status).collect()
}

// Which windows, and with which status.

#[test]
fn a_window_is_attested_from_the_second_in_which_it_is_over() {
    let mut world = World::new(900);
    let (attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 2));
    assert_eq!(attestor.next_window(), world.genesis.first_window());
    assert_eq!(attestor.meter(), NARROW);
    let early = world.attest(&attestor, &registers, world.end(0).minus(1));
    assert_eq!(early.err(), Some(AttestError::NothingDue(NARROW)));
    let pending = world.attest(&attestor, &registers, world.end(0)).unwrap();
    assert_eq!(pending.windows, [(world.window(0), WindowStatus::Measured)]);
    world.assert_household_opens(&pending, &registers);
}

#[test]
fn a_window_is_measured_until_the_deadline_and_late_a_second_after_it() {
    let mut world = World::new(900);
    let (attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 1));
    let deadline = world.parameters().attest_until(world.window(0));
    for (now, status) in [(deadline, WindowStatus::Measured), (deadline.plus(1), WindowStatus::Late)] {
        let pending = world.attest(&attestor, &registers, now).unwrap();
        assert_eq!(statuses(&pending)[0], status);
        assert_eq!(attest_of(&pending).statement.windows[0].note_key.is_some(), status == WindowStatus::Measured);
        world.assert_household_opens(&pending, &registers);
    }
}

#[test]
fn each_window_of_one_attestation_has_its_own_status() {
    let mut world = World::new(900);
    let (attestor, mut registers) = (world.attestor(NARROW), Registers::full(&world, 6));
    for window in [1, 4] {
        registers.0.remove(&world.parameters().first_interval(world.window(window)));
    }
    let pending = world.attest(&attestor, &registers, world.end(5)).unwrap();
    use WindowStatus::{Late, Measured, Missing};
    assert_eq!(statuses(&pending), [Late, Missing, Late, Measured, Missing, Measured]);
    world.assert_household_opens(&pending, &registers);
}

#[test]
fn a_window_with_one_missing_interval_of_four_is_missing_commits_zeros_and_mints_nothing() {
    let world = &mut World::new(900);
    let attestor = world.attestor(NARROW);
    let first = world.parameters().first_interval(world.window(0)).0;
    for missing in 0..4 {
        let mut registers = Registers::full(world, 1);
        registers.0.remove(&Interval(first + missing));
        let pending = world.attest(&attestor, &registers, world.end(0)).unwrap();
        assert_eq!(statuses(&pending), [WindowStatus::Missing]);
        let attest = attest_of(&pending);
        let AttestedWindow { export, import, note_key, .. } = &attest.statement.windows[0];
        assert_eq!(*note_key, None);
        for (register, commitments) in [(Register::Export, export), (Register::Import, import)] {
            assert_eq!(commitments.len(), 4);
            for (interval, commitment) in (first..).zip(commitments) {
                assert!(Opening::new(0, world.blinding(attest, register, interval)).opens(commitment));
            }
        }
    }
}

#[test]
fn a_window_without_any_reading_is_missing_before_and_after_the_deadline() {
    let mut world = World::new(900);
    let attestor = world.attestor(NARROW);
    let deadline = world.parameters().attest_until(world.window(0));
    for now in [world.end(0), deadline.plus(1)] {
        let pending = world.attest(&attestor, &Registers::default(), now).unwrap();
        assert!(statuses(&pending).iter().all(|status| *status == WindowStatus::Missing));
        world.assert_household_opens(&pending, &Registers::default());
    }
}

#[test]
fn a_reading_of_zero_is_a_reading() {
    let mut world = World::new(3600);
    let attestor = world.attestor(NARROW);
    let mut registers = Registers::default();
    registers.set(world.parameters().first_interval(world.window(0)), 0, 0);
    let pending = world.attest(&attestor, &registers, world.end(0)).unwrap();
    assert_eq!(statuses(&pending), [WindowStatus::Measured]);
    world.assert_household_opens(&pending, &registers);
}

// Refusals.

#[test]
fn a_value_beyond_the_class_is_refused_by_interval_and_value() {
    let mut world = World::new(900);
    let attestor = world.attestor(NARROW);
    let interval = Interval(world.parameters().first_interval(world.window(1)).0 + 2);
    for (export, import) in [(65_536, 0), (0, 65_536), (1, u32::MAX)] {
        let mut registers = Registers::full(&world, 3);
        registers.set(interval, export, import);
        let value = export.max(import);
        let refused = world.attest(&attestor, &registers, world.end(2)).err().unwrap();
        assert_eq!(refused, AttestError::ExceedsClass { meter: NARROW, interval: interval.0, value, bits: 16 });
        let text = refused.to_string();
        for part in [NARROW.to_string(), interval.0.to_string(), value.to_string(), "16 bits".to_owned()] {
            assert!(text.contains(&part), "{text} does not name {part}");
        }
    }
}

#[test]
fn the_largest_value_of_each_class_is_attested() {
    for (meter, value) in [(NARROW, u32::from(u16::MAX)), (WIDE, u32::MAX)] {
        let mut world = World::new(3600);
        let attestor = world.attestor(meter);
        let mut registers = Registers::default();
        registers.set(world.parameters().first_interval(world.window(0)), value, value);
        let pending = world.attest(&attestor, &registers, world.end(0)).unwrap();
        world.assert_household_opens(&pending, &registers);
    }
}

#[test]
fn a_window_whose_sum_needs_more_than_32_bits_is_refused() {
    let mut world = World::new(900);
    let attestor = world.attestor(WIDE);
    let mut registers = Registers::full(&world, 1);
    for interval in registers.clone().0.into_keys() {
        registers.set(interval, 1 << 30, 0);
    }
    let refused = world.attest(&attestor, &registers, world.end(0)).err();
    assert_eq!(refused, Some(AttestError::Build(BuildError::Crypto(CryptoError::ValueOutOfRange))));
}

#[test]
fn a_meter_that_the_genesis_does_not_know_attests_nothing() {
    let mut world = World::new(900);
    world.keys.push(SigningKey::random(&mut world.rng));
    let attestor = world.attestor(MeterId(2));
    let registers = Registers::full(&world, 1);
    assert_eq!(world.attest(&attestor, &registers, world.end(0)).err(), Some(AttestError::Unregistered(MeterId(2))));
}

#[test]
fn windows_of_a_day_whose_key_is_gone_are_refused_by_that_day() {
    let mut world = World::new(900);
    let registers = Registers::full(&world, 1);
    world.day_key = world.day_key.next(world.genesis.network());
    let attestor = world.attestor(NARROW);
    let refused = world.attest(&attestor, &registers, world.end(0)).err();
    assert_eq!(refused, Some(AttestError::NoDayKey { meter: NARROW, day: DAY }));
}

// How many windows.

#[test]
fn at_most_24_windows_are_attested_at_once_and_the_rest_follows() {
    let mut world = World::new(900);
    let (mut attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 30));
    let now = world.end(29);
    let pending = world.attest(&attestor, &registers, now).unwrap();
    assert_eq!((pending.windows.len(), pending.windows[23].0), (24, world.window(23)));
    world.assert_household_opens(&pending, &registers);
    attestor.confirm(&pending);
    let rest = world.attest(&attestor, &registers, now).unwrap();
    assert_eq!((rest.windows.len(), rest.windows[0].0), (6, world.window(24)));
    world.assert_household_opens(&rest, &registers);
    attestor.confirm(&rest);
    assert_eq!(world.attest(&attestor, &registers, now).err(), Some(AttestError::NothingDue(NARROW)));
}

#[test]
fn five_minute_intervals_in_class_32_fill_the_proof_cap_with_19_windows() {
    // 19 windows of 2 * 12 values and 2 sums are 494 values, padded to 512 of 32 bits: the cap. Phase 1 checks it.
    let mut world = World::new(300);
    let (attestor, registers) = (world.attestor(WIDE), Registers::full(&world, 24));
    let pending = world.attest(&attestor, &registers, world.end(23)).unwrap();
    assert_eq!(pending.windows.len(), 19);
    world.assert_household_opens(&pending, &registers);
}

#[test]
fn five_minute_intervals_in_class_16_fill_the_proof_cap_with_24_windows() {
    let mut world = World::new(300);
    let (attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 25));
    let pending = world.attest(&attestor, &registers, world.end(24)).unwrap();
    assert_eq!(pending.windows.len(), 24);
}

// The chain.

#[test]
fn an_attestation_follows_the_last_confirmed_one() {
    let mut world = World::new(900);
    let (mut attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 3));
    let mut last = TransactionId([0; 64]);
    for number in 0..3 {
        let pending = world.attest(&attestor, &registers, world.end(number)).unwrap();
        let statement = &attest_of(&pending).statement;
        assert_eq!((statement.sequence, statement.previous), (number + 1, last));
        assert_eq!((statement.first_window, statement.windows.len()), (world.window(number), 1));
        last = *pending.built.transaction.id();
        attestor.confirm(&pending);
        assert_eq!(attestor.next_window(), world.window(number + 1));
    }
}

#[test]
fn only_the_next_attestation_can_be_confirmed() {
    let mut world = World::new(900);
    let (mut attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 3));
    let lost = world.attest(&attestor, &registers, world.end(0)).unwrap();
    assert_eq!(attestor.next_window(), world.window(0), "building moves nothing");
    let first = world.attest(&attestor, &registers, world.end(1)).unwrap();
    attestor.confirm(&first);
    for other in [&first, &lost] {
        attestor.confirm(other);
        assert_eq!(attestor.next_window(), world.window(2));
    }
    let second = world.attest(&attestor, &registers, world.end(2)).unwrap();
    let statement = &attest_of(&second).statement;
    assert_eq!((statement.sequence, &statement.previous), (2, first.built.transaction.id()));
    world.attestor(NARROW).confirm(&second);
    assert_eq!(world.attestor(NARROW).next_window(), world.window(0), "one that is ahead changes nothing");
    let mut behind = world.attestor(NARROW);
    behind.confirm(&second);
    assert_eq!(behind.next_window(), world.window(0));
}

#[test]
fn an_attestation_is_valid_for_at_least_twenty_minutes_and_to_a_common_step() {
    let mut world = World::new(900);
    let (attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 1));
    let now = world.end(0).plus(1);
    let until = world.attest(&attestor, &registers, now).unwrap().built.transaction.envelope().valid_until;
    assert_eq!(until.0 % VALIDITY_STEP, 0);
    assert!((now.plus(1200)..now.plus(1200 + VALIDITY_STEP)).contains(&until));
}

#[test]
fn the_ledger_takes_the_chain_once_and_in_order() {
    let mut world = World::new(900);
    let (mut attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 30));
    let genesis = world.genesis.clone();
    let memory = MemoryState::default();
    let mut ledger = LedgerState::new(&genesis, &memory);
    let resolved = Resolved::default();
    let mut verdict = |pending: &Pending, now| {
        let transaction = &pending.built.transaction;
        match check::check_state(&ledger, transaction, &resolved, now) {
            Ok(()) => check::apply(&mut ledger, transaction, &resolved).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    };
    let mut now = world.end(0);
    let mut last = None;
    for windows in [1, 2, 24, 3] {
        now = if last.is_none() { now } else { now.plus(windows * 3600) };
        let pending = world.attest(&attestor, &registers, now).unwrap();
        assert_eq!(pending.windows.len() as u64, windows);
        assert_eq!(verdict(&pending, now), Ok(()));
        assert_eq!(verdict(&pending, now), Err(Rejection::AttestSequence.to_string()), "a replay");
        attestor.confirm(&pending);
        last = Some(pending);
    }
}

// Blindings.

/// Every blinding of an attestation, as bytes, with the value it hides.
fn blindings(world: &World, pending: &Pending, registers: &Registers) -> Vec<([u8; 32], u32)> {
    let attest = attest_of(pending);
    let mut all = Vec::new();
    for (window, attested) in attest.statement.indexed_windows() {
        let first = world.parameters().first_interval(window).0;
        for interval in (first..).take(attested.export.len()) {
            let read = registers.get(Interval(interval)).filter(|_| attested.status != WindowStatus::Missing);
            let metered = read.unwrap_or(Metered { export: Quantity(0), import: Quantity(0) });
            for (register, quantity) in [(Register::Export, metered.export), (Register::Import, metered.import)] {
                all.push((*world.blinding(attest, register, interval).to_bytes(), quantity.0));
            }
        }
    }
    all
}

#[test]
fn building_again_gives_another_salt_and_no_blinding_twice() {
    let mut world = World::new(900);
    let (attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 2));
    let mut salts = HashSet::new();
    let mut seen = HashSet::new();
    for _ in 0..4 {
        let pending = world.attest(&attestor, &registers, world.end(1)).unwrap();
        assert!(salts.insert(attest_of(&pending).statement.salt));
        for (blinding, _) in blindings(&world, &pending, &registers) {
            assert!(seen.insert(blinding));
        }
    }
    assert_eq!(seen.len(), 4 * 16);
}

/// A generator that is broken: it always gives the same bytes.
struct Broken;

impl RngCore for Broken {
    fn next_u32(&mut self) -> u32 {
        0
    }
    fn next_u64(&mut self) -> u64 {
        0
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        bytes.fill(0);
        Ok(())
    }
}
impl rand_core::CryptoRng for Broken {}

/// The same list of values from another window on, of which one was missing before: the salt names the first interval.
#[test]
fn with_a_broken_generator_shifted_windows_share_no_blinding_either() {
    let world = World::new(3600);
    let mut attestor = world.attestor(NARROW);
    let interval = |window| world.parameters().first_interval(world.window(window));
    let attest = |attestor: &Attestor, registers: &Registers, end| {
        let read = |interval| registers.get(interval);
        attestor.attest(&world.genesis, read, world.end(end), &mut Broken).unwrap()
    };
    let mut before = Registers(BTreeMap::new());
    before.set(interval(0), 700, 0);
    let posted = attest(&attestor, &before, 0);
    let lost = attest(&attestor, &before, 1);
    attestor.confirm(&posted);
    let mut after = Registers(BTreeMap::new());
    after.set(interval(1), 700, 0);
    let again = attest(&attestor, &after, 2);
    assert_ne!(attest_of(&lost).statement.salt, attest_of(&again).statement.salt);
    let lost: HashSet<[u8; 32]> = blindings(&world, &lost, &before).into_iter().map(|(blinding, _)| blinding).collect();
    assert!(blindings(&world, &again, &after).iter().all(|(blinding, _)| !lost.contains(blinding)));
}

#[test]
fn with_a_broken_generator_no_blinding_hides_two_values() {
    let world = World::new(900);
    let attestor = world.attestor(NARROW);
    let interval = world.parameters().first_interval(world.window(0));
    let mut values: BTreeMap<[u8; 32], u32> = BTreeMap::new();
    for export in [0, 1, 2, 500] {
        let mut registers = Registers::full(&world, 2);
        registers.set(interval, export, 0);
        for end in [0, 1] {
            let read = |interval| registers.get(interval);
            let pending = attestor.attest(&world.genesis, read, world.end(end), &mut Broken).unwrap();
            for (blinding, value) in blindings(&world, &pending, &registers) {
                assert_eq!(*values.entry(blinding).or_insert(value), value);
            }
        }
    }
}

// Household and real data.

#[test]
fn an_attestation_over_midnight_uses_the_key_of_each_windows_day() {
    let mut world = World::new(900);
    let (mut attestor, registers) = (world.attestor(NARROW), Registers::full(&world, 26));
    let first = world.attest(&attestor, &registers, world.end(22)).unwrap();
    attestor.confirm(&first);
    let over = world.attest(&attestor, &registers, world.end(25)).unwrap();
    let days: Vec<u64> = over.windows.iter().map(|(it, _)| world.parameters().window_start(*it).day()).collect();
    assert_eq!(days, [DAY, DAY + 1, DAY + 1]);
    assert!(statuses(&over).contains(&WindowStatus::Measured));
    world.assert_household_opens(&over, &registers);
}

#[test]
fn a_real_day_of_a_community_is_attested_and_every_value_opens() {
    let data = std::env::var_os("HUSHWATT_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let file = data.join("meters/fontana_60min_20160829-20160925.csv");
    if !file.is_file() {
        println!("skipped: no readings in {}", file.display());
        return;
    }
    let readings = read_csv_file(file).unwrap();
    let day = readings.first_complete_day().unwrap().day();
    let mut world = World::with_meters(3600, day, &[RangeBits::Bits16; 17]);
    let mut exported = 0;
    assert_eq!(readings.meters().len(), 17);
    for (meter, values) in (0..).map(MeterId).zip(readings.meters().values()) {
        let mut registers = Registers::default();
        for (index, reading) in values.range(readings.day_indices(day)) {
            registers.set(Interval(index), reading.export, reading.import);
            exported += u64::from(reading.export);
        }
        let mut attestor = world.attestor(meter);
        for number in [5, 7, 9, 11, 13, 15, 17, 19, 21, 23] {
            let pending = world.attest(&attestor, &registers, world.end(number)).unwrap();
            // The first call comes when three windows are late; then every two hours, in time.
            let late = statuses(&pending).iter().filter(|status| **status == WindowStatus::Late).count();
            assert_eq!((pending.windows.len(), late), if number == 5 { (6, 3) } else { (2, 0) });
            world.assert_household_opens(&pending, &registers);
            attestor.confirm(&pending);
        }
        assert_eq!(attestor.next_window(), world.window(24));
    }
    assert!(exported > 0, "a day on which nobody exported tests half of it");
}
