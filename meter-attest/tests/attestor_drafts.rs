//! The attestor on drafts (section 6.2): statuses by the deadline, restoring, keeping on disk, blindings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeMap;

use hushwatt_crypto::{
    commitment::Opening,
    keys::{Account, Seed},
    meter::{DayKey, Register},
    range::RangeBits,
    signature::SigningKey,
};
use hushwatt_ledger::{
    codec::DecodeError,
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    state::{LedgerState, MemoryState, Resolved},
    transaction::{
        Action, TransactionId,
        attest::{AttestStatement, WindowStatus},
        build::BuildError,
        check,
    },
    units::{MeterId, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{AttestError, Attestor, ChainPosition, Draft, DraftStatus, Metered, Pending, PendingError};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

const DAY: u64 = 20_241;
const METER: MeterId = MeterId(0);

struct World {
    genesis: Genesis,
    key: SigningKey,
    day_key: DayKey,
    household: Account,
    rng: ChaCha20Rng,
}

impl World {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut key = || SigningKey::random(&mut rng);
        let (validator, treasury, key) = (key(), key(), key());
        let parameters = Parameters::default();
        let meter = Meter { utility: Utility::Water, class: RangeBits::Bits16, key: key.verifying_key() };
        let genesis = NewGenesis {
            time: Timestamp(DAY * 86_400 - parameters.window),
            simulated_time: true,
            parameters,
            validators: vec![validator.verifying_key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: treasury.verifying_key(),
            operator: None,
            meters: vec![meter],
        };
        let genesis = genesis.build().unwrap();
        let household = Account::from_seed(genesis.network(), &Seed::random(&mut rng)).unwrap();
        let day_key = DayKey::random(DAY, &mut rng);
        World { genesis, key, day_key, household, rng }
    }

    fn restore(&self, position: ChainPosition) -> Attestor {
        let spend = *self.household.view().spend_public();
        Attestor::restore(METER, self.key.clone(), self.day_key.clone(), spend, position)
    }

    fn attestor(&self) -> Attestor {
        self.restore(ChainPosition::start(self.genesis.first_window()))
    }

    fn window(&self, number: u64) -> Window {
        Window(self.genesis.first_window().0 + number)
    }

    fn end(&self, number: u64) -> Timestamp {
        self.genesis.parameters.window_end(self.window(number))
    }

    /// Attests the drafts from the first window on, and holds the outcome against phase 1 of the ledger.
    fn attest(&mut self, attestor: &Attestor, drafts: &[Draft], now: Timestamp) -> Result<Pending, AttestError> {
        let first = self.genesis.first_window().0;
        let draft = |window: Window| drafts.get((window.0 - first) as usize).cloned();
        let pending = attestor.attest_drafts(&self.genesis, draft, now, &mut self.rng)?;
        let transaction = &pending.built.transaction;
        assert_eq!(check::check_alone(&self.genesis, transaction, &Resolved::default()), Ok(()));
        Ok(pending)
    }
}

fn draft(status: DraftStatus, value: u32) -> Draft {
    let metered = |n| Metered { export: Quantity(value + n), import: Quantity(2 * value) };
    Draft { status, metered: (0..4).map(metered).collect() }
}

fn statement(pending: &Pending) -> &AttestStatement {
    match pending.built.transaction.action() {
        Action::Attest(attest) => &attest.statement,
        other => panic!("a meter built a {}", other.name()),
    }
}

fn statuses(pending: &Pending) -> Vec<WindowStatus> {
    statement(pending).windows.iter().map(|window| window.status).collect()
}

#[test]
fn each_draft_has_its_status_and_only_what_would_mint_is_late_after_the_deadline() {
    use WindowStatus as Posted;
    let mut world = World::new();
    let drafts = DraftStatus::ALL.map(|status| draft(status, 100));
    let attestor = world.attestor();
    let in_time = world.attest(&attestor, &drafts[..3], world.end(2)).unwrap();
    assert_eq!(statuses(&in_time), [Posted::Measured, Posted::Substituted, Posted::Estimated]);
    let notes: Vec<bool> = statement(&in_time).windows.iter().map(|window| window.note_key.is_some()).collect();
    assert_eq!(notes, [true, true, false]);
    let late = world.attest(&attestor, &drafts, world.end(12)).unwrap();
    assert_eq!(statuses(&late), [Posted::Late, Posted::Late, Posted::Estimated, Posted::Missing]);
    assert!(statement(&late).windows.iter().all(|window| window.note_key.is_none()));
}

#[test]
fn a_missing_draft_commits_zeros_and_an_estimated_one_its_values() {
    let mut world = World::new();
    let drafts = [draft(DraftStatus::Missing, 100), draft(DraftStatus::Estimated, 100)];
    let pending = world.attest(&world.attestor(), &drafts, world.end(1)).unwrap();
    let statement = statement(&pending);
    for ((window, attested), value) in statement.indexed_windows().zip([0, 100]) {
        let first = world.genesis.parameters.first_interval(window).0;
        let blinding =
            world.day_key.reading_blinding(world.genesis.network(), 0, &statement.salt, Register::Export, first);
        assert!(Opening::new(value, blinding).opens(&attested.export[0]));
    }
}

#[test]
fn windows_are_attested_up_to_the_first_that_is_not_decided() {
    let mut world = World::new();
    let attestor = world.attestor();
    let drafts = [draft(DraftStatus::Measured, 1), draft(DraftStatus::Measured, 2)];
    let pending = world.attest(&attestor, &drafts, world.end(7)).unwrap();
    assert_eq!(pending.windows.len(), 2);
    assert_eq!(world.attest(&attestor, &[], world.end(7)).err(), Some(AttestError::NothingDue(METER)));
}

#[test]
fn a_draft_of_the_wrong_length_or_beyond_the_class_is_refused() {
    let mut world = World::new();
    let attestor = world.attestor();
    let mut short = draft(DraftStatus::Measured, 1);
    short.metered.pop();
    let refused = world.attest(&attestor, &[short], world.end(0)).err();
    assert_eq!(refused, Some(AttestError::Build(BuildError::WindowShape)));
    for status in [DraftStatus::Substituted, DraftStatus::Estimated] {
        let refused = world.attest(&attestor, &[draft(status, 40_000)], world.end(0)).err();
        assert!(matches!(refused, Some(AttestError::ExceedsClass { value: 80_000, .. })));
    }
}

#[test]
fn a_restored_attestor_goes_on_where_it_stood_and_where_the_ledger_stands() {
    let mut world = World::new();
    let drafts: Vec<Draft> = (0..6).map(|n| draft(DraftStatus::Measured, n)).collect();
    let mut attestor = world.attestor();
    let genesis = world.genesis.clone();
    let memory = MemoryState::default();
    let mut ledger = LedgerState::new(&genesis, &memory);
    for number in [1, 3] {
        let now = world.end(number);
        let pending = world.attest(&attestor, &drafts, now).unwrap();
        let resolved = Resolved::default();
        check::check_state(&ledger, &pending.built.transaction, &resolved, now).unwrap();
        check::apply(&mut ledger, &pending.built.transaction, &resolved).unwrap();
        attestor.confirm(&pending);
    }
    // The disk is lost: the ledger's record of the meter says where to go on.
    let record = ledger.meter(METER).unwrap();
    assert!(!record.export_sum.is_identity());
    let found = ChainPosition::from(&record);
    assert_eq!(found, attestor.position());
    assert_eq!((found.sequence, found.next_window), (2, world.window(4)));
    let now = world.end(5);
    let next = world.attest(&world.restore(found), &drafts, now).unwrap();
    check::check_state(&ledger, &next.built.transaction, &Resolved::default(), now).unwrap();
}

#[test]
fn a_pending_attestation_survives_on_disk_and_other_bytes_are_refused() {
    let mut world = World::new();
    let drafts = [draft(DraftStatus::Measured, 1), draft(DraftStatus::Estimated, 2)];
    let pending = world.attest(&world.attestor(), &drafts, world.end(1)).unwrap();
    let network = *world.genesis.network();
    let bytes = pending.encode();
    let kept = Pending::decode(&network, &bytes).unwrap();
    assert_eq!(kept.built.transaction, pending.built.transaction);
    assert_eq!((&kept.windows, kept.sequence()), (&pending.windows, 1));
    let mut attestor = world.attestor();
    attestor.confirm(&kept);
    assert_eq!(
        attestor.position(),
        ChainPosition { sequence: 1, last: *pending.built.transaction.id(), next_window: world.window(2) }
    );
    let cut = Pending::decode(&network, &bytes[..bytes.len() - 1]).err();
    assert!(matches!(cut, Some(PendingError::Decode(_))));
    let foreign = Pending::decode(&hushwatt_crypto::NetworkId([9; 32]), &bytes).err();
    assert_eq!(foreign, Some(PendingError::Decode(DecodeError::ForeignNetwork)));
}

#[test]
fn forgotten_days_are_gone_and_later_ones_stay() {
    let mut world = World::new();
    let mut attestor = world.attestor();
    let network = *world.genesis.network();
    attestor.forget_days_before(&network, DAY + 1);
    let refused = world.attest(&attestor, &[draft(DraftStatus::Measured, 1)], world.end(0)).err();
    assert_eq!(refused, Some(AttestError::NoDayKey { meter: METER, day: DAY }));
    attestor.forget_days_before(&network, DAY);
    assert!(attestor.day_key().day() == DAY + 1);
    let position = ChainPosition { sequence: 0, last: TransactionId([0; 64]), next_window: world.window(24) };
    let later = Attestor::restore(
        METER,
        world.key.clone(),
        attestor.day_key().clone(),
        *world.household.view().spend_public(),
        position,
    );
    let drafts = vec![draft(DraftStatus::Measured, 1); 25];
    assert_eq!(world.attest(&later, &drafts, world.end(24)).unwrap().windows.len(), 1);
}

#[test]
fn a_correction_is_at_the_next_place_and_commits_the_new_values_with_a_new_salt() {
    let mut world = World::new();
    let mut attestor = world.attestor();
    let pending = world.attest(&attestor, &[draft(DraftStatus::Missing, 0)], world.end(0)).unwrap();
    attestor.confirm(&pending);
    let (genesis, metered) = (world.genesis.clone(), draft(DraftStatus::Estimated, 70).metered);
    let now = world.end(3);
    let built = attestor.correct(&genesis, world.window(0), &metered, now, &mut world.rng).unwrap();
    let Action::Correct(correct) = built.transaction.action() else { panic!() };
    let corrected = &correct.statement;
    assert_eq!((corrected.sequence, corrected.window), (2, world.window(0)));
    assert_eq!(&corrected.previous, pending.built.transaction.id());
    assert_ne!(corrected.salt, statement(&pending).salt);
    let first = genesis.parameters.first_interval(world.window(0)).0;
    let blinding = world.day_key.reading_blinding(genesis.network(), 0, &corrected.salt, Register::Import, first + 1);
    assert!(Opening::new(140, blinding).opens(&corrected.import[1]));
    assert_eq!(check::check_alone(&genesis, &built.transaction, &Resolved::default()), Ok(()));
    let large = draft(DraftStatus::Estimated, 40_000).metered;
    let refused = attestor.correct(&genesis, world.window(0), &large, now, &mut world.rng).err();
    assert!(matches!(refused, Some(AttestError::ExceedsClass { bits: 16, .. })));
    // Replaced by one of the wider class, it may.
    let wide = attestor.in_class(RangeBits::Bits32);
    assert!(wide.correct(&genesis, world.window(0), &large, now, &mut world.rng).is_ok());
}

/// A generator that gives the same bytes whenever it is started.
struct Stuck;

impl RngCore for Stuck {
    fn next_u32(&mut self) -> u32 {
        4
    }
    fn next_u64(&mut self) -> u64 {
        4
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(4);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
impl rand_core::CryptoRng for Stuck {}

/// Rebuilt, late, restored from an old disk, with a working or a broken generator: one blinding never hides two values.
#[test]
fn no_blinding_ever_hides_two_values_whatever_was_built_before() {
    let world = World::new();
    let attestor = world.attestor();
    let mut hidden: BTreeMap<([u8; 32], bool, u64), u32> = BTreeMap::new();
    let mut salts = std::collections::HashSet::new();
    let mut keep = |pending: &Pending, drafts: &[Draft], fresh: bool| {
        let statement = statement(pending);
        assert!(salts.insert(statement.salt) || !fresh, "a working generator gives a new salt each time");
        let first = world.genesis.parameters.first_interval(statement.first_window).0;
        let values = drafts.iter().flat_map(|draft| {
            let zero = draft.status == DraftStatus::Missing;
            draft.metered.iter().map(move |metered| if zero { Metered::ZERO } else { *metered })
        });
        for (interval, metered) in (first..).zip(values.take(4 * statement.windows.len())) {
            // Blindings follow from salt, register and interval.
            for (export, value) in [(true, metered.export.0), (false, metered.import.0)] {
                assert_eq!(*hidden.entry((statement.salt, export, interval)).or_insert(value), value);
            }
        }
    };
    let first = world.genesis.first_window().0;
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    for (number, status) in [DraftStatus::Measured, DraftStatus::Estimated, DraftStatus::Missing].iter().enumerate() {
        for value in [0, 1, 500] {
            let drafts = [draft(*status, value), draft(DraftStatus::Measured, number as u32)];
            for end in [0, 1, 9] {
                let of = |window: Window| drafts.get((window.0 - first) as usize).cloned();
                let attest = |rng: &mut ChaCha20Rng| attestor.attest_drafts(&world.genesis, of, world.end(end), rng);
                keep(&attest(&mut rng).unwrap(), &drafts, true);
                keep(&attest(&mut rng).unwrap(), &drafts, true);
                let stuck = attestor.attest_drafts(&world.genesis, of, world.end(end), &mut Stuck).unwrap();
                keep(&stuck, &drafts, false);
            }
        }
    }
}
