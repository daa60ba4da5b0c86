//! For every variant of the error, a disclosure that is refused for exactly that reason.

use hushwatt_crypto::{CryptoError, Point, SecretScalar, commitment::Opening, meter::Register};
use hushwatt_ledger::{
    disclosure::{
        At, BalanceNote, ContractFacts, Disclosure, DisclosureError, Facts, FillFacts, Included, PaidSecrets, Party,
        Place, PostedWindow, ProveError, ReadingClaim, RingFacts, Stretch, prove_balance, prove_delivery,
        prove_payment_made, prove_reading,
    },
    genesis::Genesis,
    note::{Asset, BucketVersion},
    state::StateError,
    transaction::{TransactionId, open::ContractId, order::OrderId},
    units::{Credit, Interval, MeterId, Window},
};

use crate::{
    kit::{ANNA, BERT, CARLA, Setup, World},
    scene::{Scene, rng, scene},
};

#[track_caller]
fn fails(scene: &Scene, disclosure: &Disclosure, name: &str) {
    assert_eq!(disclosure.check(scene).unwrap_err().name(), name);
}

fn payment_at(scene: &Scene, place: Place, output: usize) -> Disclosure {
    let made = &scene.payment.made[scene.output_to(&scene.payment, BERT)];
    let secrets = PaidSecrets { tweak: &made.tweak, opening: &made.opening, authorship: &scene.payment.authorship };
    let address = scene.world.address(BERT);
    prove_payment_made(&scene.request(), place, output as u8, &address, &secrets, &mut rng(1)).unwrap()
}

/// The story's facts under another genesis.
struct Elsewhere<'a>(&'a Scene, Genesis);

impl Facts for Elsewhere<'_> {
    fn genesis(&self) -> &Genesis {
        &self.1
    }
    fn tip(&self) -> At {
        self.0.tip()
    }
    fn transaction(&self, place: &Place) -> Result<Option<Included<'_>>, StateError> {
        self.0.transaction(place)
    }
    fn last_correction(&self, meter: MeterId, window: Window) -> Result<Option<(TransactionId, At)>, StateError> {
        self.0.last_correction(meter, window)
    }
    fn windows(&self, stretch: &Stretch) -> Result<Vec<PostedWindow>, StateError> {
        self.0.windows(stretch)
    }
    fn notes_with_key(&self, key: &Point, until: u64) -> Result<u64, StateError> {
        self.0.notes_with_key(key, until)
    }
    fn contract(&self, id: &ContractId) -> Result<Option<ContractFacts>, StateError> {
        self.0.contract(id)
    }
    fn fill(&self, id: &OrderId) -> Result<Option<FillFacts>, StateError> {
        self.0.fill(id)
    }
    fn ring(&self, version: BucketVersion) -> Result<Option<RingFacts>, StateError> {
        self.0.ring(version)
    }
    fn is_spent(&self, image: &Point) -> Result<bool, StateError> {
        self.0.is_spent(image)
    }
}

#[test]
fn a_proof_about_another_network_is_refused() {
    let scene = scene();
    let other = World::before_the_first_block(&Setup { seed: 2, ..Setup::default() }).genesis;
    let facts = Elsewhere(&scene, other);
    for disclosure in scene.all() {
        let error = disclosure.check(&facts).unwrap_err();
        assert!(matches!(error, DisclosureError::ForeignNetwork { claimed, .. } if claimed == *scene.world.network()));
    }
}

#[test]
fn a_payment_at_another_place_is_refused() {
    let scene = scene();
    let (place, output) = (scene.place_of(&scene.payment), scene.output_to(&scene.payment, BERT));
    assert!(payment_at(&scene, place, output).check(&scene).is_ok());
    for height in [0, 1, 3, u64::MAX] {
        fails(&scene, &payment_at(&scene, Place { height, ..place }, output), "UnknownTransaction");
    }
    let mut other = place;
    other.transaction = TransactionId([9; 64]);
    fails(&scene, &payment_at(&scene, other, output), "UnknownTransaction");
    fails(&scene, &payment_at(&scene, place, 2), "UnknownOutput");
    fails(&scene, &payment_at(&scene, place, 255), "UnknownOutput");
    // The change.
    fails(&scene, &payment_at(&scene, place, 1 - output), "Knowledge");
}

#[test]
fn only_transfers_and_mints_pay_and_only_transfers_have_a_payer() {
    let scene = scene();
    for (built, kind) in [(&scene.attest, "Attest"), (&scene.deliver, "Deliver"), (&scene.mint, "Mint")] {
        let error = payment_at(&scene, scene.place_of(built), 0).check(&scene).unwrap_err();
        assert!(matches!(error, DisclosureError::NotAPayment { kind: found } if found == kind), "{error}");
    }
}

#[test]
fn a_contract_that_does_not_exist_or_was_not_delivered_to_is_refused() {
    let scene = scene();
    let prove = |contract| {
        prove_delivery(&scene.request(), contract, Party::Seller, &scene.claim, &scene.receipt, &mut rng(1)).unwrap()
    };
    assert!(prove(scene.contract).check(&scene).is_ok());
    fails(&scene, &prove(ContractId([9; 32])), "UnknownContract");
    fails(&scene, &prove(scene.expired), "NotDelivered");
}

#[test]
fn a_reading_of_another_transaction_meter_or_time_is_refused() {
    let scene = scene();
    let (right, opening) = scene.reading_of(Register::Export);
    let failing = |claim: ReadingClaim, name: &str| {
        let disclosure = prove_reading(&scene.request(), claim, &opening, &mut rng(1)).unwrap();
        assert_eq!(disclosure.check(&scene).unwrap_err().name(), name);
    };
    failing(ReadingClaim { place: Place { height: 2, ..right.place }, ..right }, "UnknownTransaction");
    failing(ReadingClaim { place: scene.place_of(&scene.payment), ..right }, "NotAnAttestation");
    failing(ReadingClaim { meter: MeterId(1), ..right }, "OtherMeter");
    failing(ReadingClaim { meter: MeterId(u32::MAX), ..right }, "OtherMeter");
    for interval in [0, right.interval.0 - 2, right.interval.0 + 3, u64::MAX] {
        failing(ReadingClaim { interval: Interval(interval), ..right }, "OtherInterval");
    }
    // Within the window, but another quarter of the hour, or the other register.
    for interval in [right.interval.0 - 1, right.interval.0 + 2] {
        failing(ReadingClaim { interval: Interval(interval), ..right }, "Knowledge");
    }
    failing(ReadingClaim { register: Register::Import, ..right }, "Knowledge");
}

#[test]
fn a_state_that_cannot_answer_is_no_verdict() {
    struct Broken(Scene);
    impl Facts for Broken {
        fn genesis(&self) -> &Genesis {
            self.0.genesis()
        }
        fn tip(&self) -> At {
            self.0.tip()
        }
        fn transaction(&self, _: &Place) -> Result<Option<Included<'_>>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn last_correction(&self, _: MeterId, _: Window) -> Result<Option<(TransactionId, At)>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn windows(&self, _: &Stretch) -> Result<Vec<PostedWindow>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn notes_with_key(&self, _: &Point, _: u64) -> Result<u64, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn contract(&self, _: &ContractId) -> Result<Option<ContractFacts>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn fill(&self, _: &OrderId) -> Result<Option<FillFacts>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn ring(&self, _: BucketVersion) -> Result<Option<RingFacts>, StateError> {
            Err(StateError::Missing("everything"))
        }
        fn is_spent(&self, _: &Point) -> Result<bool, StateError> {
            Err(StateError::Missing("everything"))
        }
    }
    let all = scene().all();
    let broken = Broken(scene());
    for disclosure in all {
        assert!(matches!(disclosure.check(&broken), Err(DisclosureError::State(_))));
    }
}

// What a wallet does not even make.

#[test]
fn a_balance_is_made_of_distinct_notes_that_suffice() {
    let scene = scene();
    let notes = scene.money(CARLA, 3);
    let prove = |at_least, notes: &[BalanceNote]| {
        prove_balance(&scene.request(), Credit(at_least), notes, &mut rng(1)).unwrap_err()
    };
    let worth: u64 = notes.iter().map(|note| note.opening.value).sum();
    assert_eq!(prove(0, &notes), ProveError::NothingClaimed);
    assert_eq!(prove(1, &[]), ProveError::NoteCount);
    let (available, claimed) = (Credit(worth), Credit(worth + 1));
    assert_eq!(prove(worth + 1, &notes), ProveError::NotEnough { available, claimed });
    let (available, claimed) = (Credit(worth), Credit(u64::MAX));
    assert_eq!(prove(u64::MAX, &notes), ProveError::NotEnough { available, claimed });

    let twice: Vec<BalanceNote> = (0..2).flat_map(|_| scene.money(CARLA, 1)).collect();
    assert_eq!(prove(1, &twice), ProveError::SameNoteTwice);
    let many: Vec<BalanceNote> = (0..17).flat_map(|_| scene.money(CARLA, 1)).collect();
    assert_eq!(prove(1, &many), ProveError::NoteCount);

    let mut huge = scene.money(CARLA, 2);
    huge.iter_mut().for_each(|note| note.opening.value = u64::MAX);
    assert_eq!(prove(1, &huge), ProveError::Overflow);
    let mut longer = scene.money(CARLA, 1);
    longer[0].bucket.length += 1;
    assert_eq!(prove(1, &longer), ProveError::WrongRing);
    let mut moved = scene.money(CARLA, 1);
    moved[0].position += 1;
    assert_eq!(prove(1, &moved), ProveError::Crypto(CryptoError::NotTheRingMember));
    let mut richer = scene.money(CARLA, 1);
    richer[0].opening.value += 1;
    assert_eq!(prove(1, &richer), ProveError::Crypto(CryptoError::NotTheRingMember));
    let mut others = scene.money(CARLA, 1);
    others[0].secret = scene.world.spendable(ANNA, Asset::Credit)[0].secret.clone();
    assert_eq!(prove(1, &others), ProveError::Crypto(CryptoError::NotTheRingMember));
}

#[test]
fn a_payment_is_shown_by_who_kept_what_made_it() {
    let scene = scene();
    let made = &scene.payment.made[0];
    let some = Opening::new(1, SecretScalar::random(&mut rng(1)));
    for authorship in [Vec::new(), vec![some; 5]] {
        let secrets = PaidSecrets { tweak: &made.tweak, opening: &made.opening, authorship: &authorship };
        let place = scene.place_of(&scene.payment);
        let refused = prove_payment_made(&scene.request(), place, 0, &made.to, &secrets, &mut rng(1));
        assert_eq!(refused.unwrap_err(), ProveError::NoAuthorship);
    }
}

#[test]
fn quantities_are_below_two_to_the_32() {
    let scene = scene();
    let large = Opening::new(1 << 32, SecretScalar::random(&mut rng(1)));
    let refused = prove_delivery(&scene.request(), scene.contract, Party::Seller, &scene.claim, &large, &mut rng(1));
    assert_eq!(refused.unwrap_err(), ProveError::Overflow);
    let (claim, _) = scene.reading_of(Register::Export);
    assert_eq!(prove_reading(&scene.request(), claim, &large, &mut rng(1)).unwrap_err(), ProveError::Overflow);
}
