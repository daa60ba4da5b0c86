//! What liars try, with every tool that honest people have.

use hushwatt_crypto::{
    Point, SecretScalar, clsag,
    commitment::Opening,
    designated::VerifierSecret,
    hash::hex,
    keys::OneTimeSecret,
    onetime::one_time_key,
    range::{self, RangeBits, RangeProof},
};
use hushwatt_ledger::{
    codec::Writer,
    disclosure::{
        BalanceClaim, BalanceNote, Claim, Designation, Disclosure, DisclosureError, PaidSecrets, Party, Place, Proven,
        ReceivedSecrets, ShownNote, Statement, prove_balance, prove_payment_made, prove_payment_received,
        prove_reading,
    },
    note::{Asset, Output},
    transaction::{Action, build::Built, spend::MAX_INPUTS},
    units::{Credit, Timestamp},
};
use serde_json::json;

use crate::{
    kit::{ANNA, BERT, CARLA, electricity, forge::ForgedInput},
    scene::{DELIVERED, PAID, Scene, rng, scene, verifier, window},
};

fn not_known(scene: &Scene, disclosure: &Disclosure) {
    assert_eq!(disclosure.check(scene).unwrap_err().name(), "Knowledge");
}

// Payments.

fn claim_payment(
    scene: &Scene,
    to: usize,
    tweak: &SecretScalar,
    opening: &Opening,
    authorship: &[Opening],
) -> Disclosure {
    let secrets = PaidSecrets { tweak, opening, authorship };
    let output = scene.output_to(&scene.payment, BERT) as u8;
    let (place, address) = (scene.place_of(&scene.payment), scene.world.address(to));
    prove_payment_made(&scene.request(), place, output, &address, &secrets, &mut rng(1)).unwrap()
}

#[test]
fn a_payee_cannot_say_that_he_made_the_payment() {
    // He knows all about his own output, the public fee, and the total if he guesses it; not the change's blinding.
    let scene = scene();
    let made = &scene.payment.made[scene.output_to(&scene.payment, BERT)];
    let right = &scene.payment.authorship;
    let known = |authorship: &[Opening]| claim_payment(&scene, BERT, &made.tweak, &made.opening, authorship);
    assert!(known(right).check(&scene).is_ok());
    let total = right[0].value;
    let guesses = [
        made.opening.clone(),
        Opening::new(total, made.opening.blinding.clone()),
        Opening::new(total, SecretScalar::random(&mut rng(2))),
        Opening::new(total - 1, right[0].blinding.clone()),
    ];
    for guess in guesses {
        not_known(&scene, &known(&[guess]));
    }
}

#[test]
fn every_input_of_a_payment_is_answered_for() {
    let mut scene = scene();
    let notes = scene.world.spendable(CARLA, Asset::Credit)[..2].to_vec();
    let rest: u64 = notes.iter().map(|note| note.opening.value).sum::<u64>() - PAID - 7;
    let payment = scene.world.transfer(&notes, &[(BERT, PAID), (CARLA, rest)]);
    let at = scene.world.after(60);
    scene.accept(at, std::slice::from_ref(&payment));
    assert!(scene.payment_made_of(&payment, BERT).check(&scene).is_ok());
    assert!(payment.authorship.len() == 2 && payment.authorship.len() <= MAX_INPUTS);
    let with = |authorship: Vec<Opening>| Built { authorship, ..payment.clone() };
    let [first, second] = [&payment.authorship[0], &payment.authorship[1]];
    for authorship in [vec![first.clone()], vec![second.clone()], vec![second.clone(), first.clone()]] {
        not_known(&scene, &scene.payment_made_of(&with(authorship), BERT));
    }
}

#[test]
fn a_payer_cannot_name_another_payee_or_amount() {
    let scene = scene();
    let made = &scene.payment.made[scene.output_to(&scene.payment, BERT)];
    let authorship = &scene.payment.authorship;
    for other in [ANNA, CARLA] {
        not_known(&scene, &claim_payment(&scene, other, &made.tweak, &made.opening, authorship));
    }
    for value in [PAID + 1, PAID - 1, 0, u64::MAX] {
        let opening = Opening::new(value, made.opening.blinding.clone());
        not_known(&scene, &claim_payment(&scene, BERT, &made.tweak, &opening, authorship));
    }
}

#[test]
fn only_the_owner_of_the_address_was_paid() {
    // Anna knows the tweak and the opening of what she paid, but not Bert's secrets; with her own she names her own address.
    let scene = scene();
    let output = scene.output_to(&scene.payment, BERT);
    let made = &scene.payment.made[output];
    let account = &scene.world.households[ANNA].account;
    let secrets = ReceivedSecrets { account, tweak: &made.tweak, opening: &made.opening };
    let place = scene.place_of(&scene.payment);
    let lie = prove_payment_received(&scene.request(), place, output as u8, &secrets, &mut rng(1)).unwrap();
    not_known(&scene, &lie);
    // And a file that names Bert's address has Bert's keys to answer for.
    let mut file: serde_json::Value = serde_json::from_str(&lie.to_json().unwrap()).unwrap();
    file["claim"]["payment_received"]["address"] = json!(made.to.encode(scene.world.network()));
    not_known(&scene, &Disclosure::from_json(file.to_string().as_bytes()).unwrap());
}

/// A Transfer of one of Carla's notes into these outputs, which must be worth it less the fee.
fn carlas_transfer(scene: &mut Scene, outputs: [(Point, Opening); 2]) -> Built {
    let world = &mut scene.world;
    let note = world.spendable(CARLA, Asset::Credit)[0].clone();
    let (bucket, _) = world.locate(note.number).unwrap();
    let fresh = outputs[0].1.blinding.plus(&outputs[1].1.blinding);
    let input: ForgedInput = world.forged_input(&note, fresh);
    let openings = [outputs[0].1.clone(), outputs[1].1.clone()];
    let made = outputs.map(|(key, opening)| Output { key, commitment: opening.commit_point().unwrap() });
    let network = *world.network();
    world.forged_transfer(bucket, vec![input], made.to_vec(), |digest, rng| {
        range::prove(&network, digest, RangeBits::Bits64, &openings, rng).unwrap()
    })
}

#[test]
fn a_copied_key_proves_nothing_at_the_copys_place() {
    let mut scene = scene();
    let output = scene.output_to(&scene.payment, BERT);
    let (tweak, opening) = (scene.payment.made[output].tweak.clone(), scene.payment.made[output].opening.clone());
    let key = one_time_key(&tweak, &scene.world.address(BERT).spend).unwrap();
    let value = scene.world.spendable(CARLA, Asset::Credit)[0].opening.value;
    let gift = Opening::new(PAID, SecretScalar::random(&mut rng(1)));
    let rest = Opening::new(value - PAID - 7, SecretScalar::random(&mut rng(2)));
    let stray = scene.world.nobodys_key();
    let copy = carlas_transfer(&mut scene, [(key, gift), (stray, rest)]);
    let at = scene.world.after(60);
    scene.accept(at, std::slice::from_ref(&copy));

    // Same key, same amount, another note: Bert's opening is of his own.
    let place = scene.place_of(&copy);
    not_known(&scene, &scene.received(place, 0, &tweak, &opening));
    // A later copy changes nothing about the first.
    let Proven::PaymentReceived(first) = scene.payment_received().check(&scene).unwrap().proven else { panic!() };
    assert!(!first.shared_key);
}

#[test]
fn a_payment_under_a_key_that_was_used_before_is_shown_as_such() {
    // A payer who pays twice under one key burns the payee's money: only one of the notes can be spent.
    let mut scene = scene();
    let output = scene.output_to(&scene.payment, BERT);
    let (tweak, opening) = (scene.payment.made[output].tweak.clone(), scene.payment.made[output].opening.clone());
    let key = one_time_key(&tweak, &scene.world.address(BERT).spend).unwrap();
    let value = scene.world.spendable(CARLA, Asset::Credit)[0].opening.value;
    let rest = Opening::new(value - PAID - 7, SecretScalar::random(&mut rng(2)));
    let stray = scene.world.nobodys_key();
    let again = carlas_transfer(&mut scene, [(key, opening.clone()), (stray, rest)]);
    let at = scene.world.after(60);
    scene.accept(at, std::slice::from_ref(&again));
    let second = scene.received(scene.place_of(&again), 0, &tweak, &opening);
    let Proven::PaymentReceived(second) = second.check(&scene).unwrap().proven else { panic!() };
    assert!(second.shared_key);
}

// Deliveries and readings.

#[test]
fn a_party_cannot_change_the_quantity_or_its_side() {
    let scene = scene();
    for delivered in [DELIVERED + 1, DELIVERED - 1, 0, 700] {
        let receipt = Opening::new(delivered.into(), scene.receipt.blinding.clone());
        for (party, key) in [(Party::Seller, &scene.claim), (Party::Buyer, &scene.refund)] {
            not_known(&scene, &scene.delivery_with(party, key, &receipt));
        }
    }
    not_known(&scene, &scene.delivery_with(Party::Seller, &scene.refund, &scene.receipt));
    not_known(&scene, &scene.delivery_with(Party::Buyer, &scene.claim, &scene.receipt));
    let stranger =
        OneTimeSecret::new(&SecretScalar::random(&mut rng(1)), scene.world.households[CARLA].account.spend());
    not_known(&scene, &scene.delivery_with(Party::Seller, &stranger, &scene.receipt));
    // Seller and buyer both know the receipt's blinding: it is the key that tells them apart.
    let other = Opening::new(DELIVERED.into(), SecretScalar::random(&mut rng(2)));
    not_known(&scene, &scene.delivery_with(Party::Seller, &scene.claim, &other));
}

#[test]
fn a_reading_cannot_be_another_value() {
    let scene = scene();
    let (claim, opening) = scene.reading_of(hushwatt_crypto::meter::Register::Export);
    for value in [0, opening.value + 1, opening.value - 1, u64::from(u32::MAX)] {
        let other = Opening::new(value, opening.blinding.clone());
        not_known(&scene, &prove_reading(&scene.request(), claim, &other, &mut rng(1)).unwrap());
    }
}

// Balances.

/// A balance as a forger puts it together: he has real notes, and signs whatever he likes.
struct Forger {
    scene: Scene,
    notes: Vec<(BalanceNote, SecretScalar)>,
    statement: Statement,
}

impl Forger {
    /// Of these notes, in the order of their images, with true commitments.
    fn new(scene: Scene, notes: Vec<BalanceNote>, at_least: u64) -> Self {
        let mut tagged: Vec<(Point, BalanceNote)> =
            notes.into_iter().map(|note| (note.secret.key_image().unwrap(), note)).collect();
        tagged.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
        let mut rng = rng(9);
        let notes: Vec<(BalanceNote, SecretScalar)> =
            tagged.into_iter().map(|(_, note)| (note, SecretScalar::random(&mut rng))).collect();
        let shown = notes.iter().map(|(note, fresh)| ShownNote {
            bucket: note.bucket,
            image: note.secret.key_image().unwrap(),
            pseudo: Opening::new(note.opening.value, fresh.clone()).commit_point().unwrap(),
        });
        let claim = Claim::Balance(BalanceClaim { at_least: Credit(at_least), notes: shown.collect() });
        let request = scene.request();
        let statement = Statement { network: request.network, audience: request.audience, made: Timestamp(5), claim };
        Forger { scene, notes, statement }
    }

    /// The same for one verifier only.
    fn for_one(mut self) -> Self {
        let designation = Designation { key: *verifier().key(), expires: Timestamp(u64::MAX) };
        self.statement.audience = self.statement.audience.designated(designation);
        self
    }

    fn shown(&mut self) -> &mut Vec<ShownNote> {
        let Claim::Balance(balance) = &mut self.statement.claim else { panic!() };
        &mut balance.notes
    }

    /// Over what the notes really hide, whatever the statement shows.
    fn signatures(&self) -> Vec<String> {
        let (network, digest) = (self.statement.network, self.statement.digest());
        let sign = |(note, fresh): &(BalanceNote, SecretScalar)| {
            let z = note.opening.blinding.minus(fresh);
            let pseudo = Opening::new(note.opening.value, fresh.clone()).commit_point().unwrap();
            let (ring, secret) = (&note.ring, &note.secret);
            let (at, rng) = (note.position, &mut rng(3));
            let signed = match self.statement.audience.designation() {
                None => clsag::sign(&network, ring, at, secret, &z, &pseudo, &digest, rng),
                Some(to) => clsag::designated::sign(&network, ring, at, secret, &z, &pseudo, &to.key, &digest, rng),
            };
            let mut writer = Writer::new();
            writer.clsag(&signed.unwrap());
            hex(&writer.finish())
        };
        self.notes.iter().map(sign).collect()
    }

    fn range(&self, value: u64) -> RangeProof {
        let blinding = SecretScalar::sum(self.notes.iter().map(|(_, fresh)| fresh));
        let (network, digest) = (self.statement.network, self.statement.digest());
        range::prove(&network, &digest, RangeBits::Bits64, &[Opening::new(value, blinding)], &mut rng(4)).unwrap()
    }

    fn verdict(&self, range: &RangeProof) -> Result<Proven, DisclosureError> {
        self.verdict_with(&self.signatures(), range)
    }

    fn verdict_with(&self, signatures: &[String], range: &RangeProof) -> Result<Proven, DisclosureError> {
        let Claim::Balance(balance) = &self.statement.claim else { panic!() };
        let notes: Vec<_> = balance
            .notes
            .iter()
            .map(|note| {
                json!({
                    "bucket": note.bucket.id.0,
                    "length": note.bucket.length,
                    "image": hex(note.image.as_bytes()),
                    "commitment": hex(note.pseudo.as_bytes()),
                })
            })
            .collect();
        let audience = &self.statement.audience;
        let proof = json!({ "signatures": signatures, "range": hex(range.as_bytes()) });
        let mut file = json!({
            "format": "hushwatt disclosure 1",
            "network": self.statement.network.to_string(),
            "verifier": audience.verifier(),
            "nonce": audience.nonce(),
            "purpose": audience.purpose(),
            "made": self.statement.made.0,
            "claim": { "balance": { "at_least_micro_euro": balance.at_least.0, "notes": notes } },
            "proof": { "rings": proof },
        });
        if let Some(to) = audience.designation() {
            file["format"] = json!("hushwatt disclosure 2");
            (file["verifier_key"], file["expires"]) = (json!(to.key.encode()), json!(to.expires.0));
            file["proof"] = json!({ "designated_rings": proof });
        }
        Ok(Disclosure::from_json(file.to_string().as_bytes())?.check(&self.scene)?.proven)
    }
}

fn forger(at_least: u64) -> Forger {
    let scene = scene();
    let notes = scene.money(CARLA, 2);
    Forger::new(scene, notes, at_least)
}

fn worth(forger: &Forger) -> u64 {
    forger.notes.iter().map(|(note, _)| note.opening.value).sum()
}

#[track_caller]
fn name(verdict: Result<Proven, DisclosureError>) -> String {
    verdict.unwrap_err().name()
}

#[test]
fn the_forgers_tools_make_an_honest_balance_that_holds() {
    let honest = forger(5);
    assert!(honest.verdict(&honest.range(worth(&honest) - 5)).is_ok());
}

#[test]
fn the_same_lies_fail_where_one_verifier_is_to_be_convinced() {
    let honest = forger(5).for_one();
    let (total, range) = (worth(&honest), honest.range(worth(&honest) - 5));
    assert!(honest.verdict(&range).is_ok());
    // More than there is.
    for at_least in [total + 1, u64::MAX] {
        let more = forger(at_least).for_one();
        assert_eq!(name(more.verdict(&more.range(total.wrapping_sub(at_least)))), "RangeProof");
    }
    // One note twice.
    let scene = scene();
    let notes = [scene.money(CARLA, 1), scene.money(CARLA, 1)].into_iter().flatten().collect();
    let twice = Forger::new(scene, notes, 15_000_000).for_one();
    assert_eq!(name(twice.verdict(&twice.range(worth(&twice) - 15_000_000))), "ImagesUnordered");
    // A richer commitment, and another's note by its image.
    let mut richer = forger(25_000_000).for_one();
    let (value, fresh) = (richer.notes[0].0.opening.value, richer.notes[0].1.clone());
    richer.shown()[0].pseudo = Opening::new(value + 10_000_000, fresh).commit_point().unwrap();
    let range = richer.range(total + 10_000_000 - 25_000_000);
    assert_eq!(name(richer.verdict(&range)), "RingSignature");
    let mut stolen = forger(5).for_one();
    stolen.shown()[0].image = stolen.scene.world.spendable(BERT, Asset::Credit)[0].image;
    stolen.shown().sort_by(|a, b| a.image.as_bytes().cmp(b.image.as_bytes()));
    assert_eq!(name(stolen.verdict(&stolen.range(total - 5))), "RingSignature");
    // An older version that never was, and signatures for another verifier.
    let mut unknown = forger(5).for_one();
    unknown.shown()[0].bucket.id.0 += 1_000;
    assert_eq!(name(unknown.verdict(&unknown.range(total - 5))), "UnknownBucket");
    let mut other = forger(5).for_one();
    let designation = Designation {
        key: *VerifierSecret::random(&mut rng(6)).unwrap().key(),
        ..*other.statement.audience.designation().unwrap()
    };
    let signed_for_us = other.signatures();
    other.statement.audience = other.statement.audience.designated(designation);
    assert_eq!(name(other.verdict_with(&signed_for_us, &other.range(total - 5))), "RingSignature");
    assert!(other.verdict(&other.range(total - 5)).is_ok());
}

#[test]
fn a_sum_that_wraps_is_found() {
    // One more than there is: the rest would be -1, which is no number of 64 bits.
    let total = worth(&forger(1));
    for at_least in [total + 1, 1 << 63, u64::MAX] {
        let forger = forger(at_least);
        for value in [total.wrapping_sub(at_least), 0, 1, u64::MAX] {
            assert_eq!(name(forger.verdict(&forger.range(value))), "RangeProof");
        }
    }
}

#[test]
fn a_balance_of_at_least_nothing_is_refused() {
    let forger = forger(0);
    assert_eq!(name(forger.verdict(&forger.range(worth(&forger)))), "NothingClaimed");
}

#[test]
fn one_note_is_not_counted_twice_in_any_order() {
    let scene = scene();
    let notes = [scene.money(CARLA, 1), scene.money(CARLA, 1)].into_iter().flatten().collect();
    let twice = Forger::new(scene, notes, 15_000_000);
    assert_eq!(name(twice.verdict(&twice.range(worth(&twice) - 15_000_000))), "ImagesUnordered");
    let mut swapped = forger(5);
    swapped.notes.swap(0, 1);
    swapped.shown().swap(0, 1);
    assert_eq!(name(swapped.verdict(&swapped.range(worth(&swapped) - 5))), "ImagesUnordered");
}

#[test]
fn energy_is_not_money() {
    // Anna keeps energy of a sealed window, whose ring signature is as good as any.
    let scene = scene();
    let energy = scene.world.spendable(ANNA, electricity(window(&scene)));
    let note = scene.balance_note(&energy[0]);
    let forger = Forger::new(scene, vec![note], 5);
    assert_eq!(name(forger.verdict(&forger.range(worth(&forger) - 5))), "NotCredit");
}

#[test]
fn spent_money_is_not_there() {
    let mut scene = scene();
    let (notes, disclosure) = (scene.world.spendable(CARLA, Asset::Credit), scene.balance(5));
    assert!(disclosure.check(&scene).is_ok());
    let spend = scene.world.transfer(&notes[..1], &[(BERT, 5), (CARLA, notes[0].opening.value - 12)]);
    let at = scene.world.after(60);
    scene.accept(at, &[spend]);
    assert_eq!(disclosure.check(&scene).unwrap_err().name(), "AlreadySpent");
}

#[test]
fn a_balance_over_a_version_that_was_superseded_still_holds() {
    let mut scene = scene();
    let newest = scene.world.counters().newest_credit_bucket.unwrap();
    let everybody = (0..4).flat_map(|who| scene.world.spendable(who, Asset::Credit));
    let mut notes = everybody.map(|note| scene.balance_note(&note));
    let note = notes.find(|note| note.bucket.id == newest).unwrap();
    drop(notes);
    let version = note.bucket;
    let at_least = Credit(note.opening.value);
    let disclosure = prove_balance(&scene.request(), at_least, &[note], &mut rng(1)).unwrap();
    // The refund of Carla's expired contract has no company: after a day it joins the newest bucket.
    let at = scene.world.after(scene.world.parameters().seal_after + 1);
    scene.accept(at, &[]);
    assert!(scene.world.version(newest).length > version.length);
    assert!(disclosure.check(&scene).is_ok());
}

#[test]
fn a_part_of_a_bucket_is_no_set_to_hide_in() {
    for length in [2, 15] {
        let scene = scene();
        let mut notes = scene.money(CARLA, 1);
        let mut part: Vec<_> = notes[0].ring.iter().take(length).cloned().collect();
        let position = notes[0].position.min(length - 1);
        part[position] = notes[0].ring[notes[0].position].clone();
        (notes[0].ring, notes[0].position) = (part.into(), position);
        notes[0].bucket.length = length as u32;
        let forger = Forger::new(scene, notes, 5);
        assert_eq!(name(forger.verdict(&forger.range(worth(&forger) - 5))), "UnknownBucket");
    }
    let mut unknown = forger(5);
    for note in unknown.shown() {
        note.bucket.id.0 += 1_000;
    }
    assert_eq!(name(unknown.verdict(&unknown.range(worth(&unknown) - 5))), "UnknownBucket");
}

#[test]
fn a_richer_commitment_or_a_strange_image_is_not_signed_for() {
    let mut richer = forger(25_000_000);
    let (note, fresh) = (richer.notes[0].0.opening.value, richer.notes[0].1.clone());
    richer.shown()[0].pseudo = Opening::new(note + 10_000_000, fresh).commit_point().unwrap();
    let range = richer.range(worth(&richer) + 10_000_000 - 25_000_000);
    assert_eq!(name(richer.verdict(&range)), "RingSignature");
    // Another's unspent note, by its image alone.
    let mut stolen = forger(5);
    stolen.shown()[0].image = stolen.scene.world.spendable(BERT, Asset::Credit)[0].image;
    stolen.shown().sort_by(|a, b| a.image.as_bytes().cmp(b.image.as_bytes()));
    assert_eq!(name(stolen.verdict(&stolen.range(worth(&stolen) - 5))), "RingSignature");
}

#[test]
fn parts_of_two_balances_do_not_make_a_third() {
    // Same notes, same fresh commitments, but signatures and range proof of another statement each.
    let (low, high) = (forger(5), forger(worth(&forger(1)) - 1));
    let range_low = low.range(worth(&low) - 5);
    let range_high = high.range(1);
    assert!(low.verdict(&range_low).is_ok() && high.verdict(&range_high).is_ok());
    assert_eq!(name(high.verdict_with(&low.signatures(), &range_high)), "RingSignature");
    assert_eq!(name(high.verdict(&range_low)), "RangeProof");
    assert_eq!(name(low.verdict(&range_high)), "RangeProof");
    let swapped: Vec<String> = low.signatures().into_iter().rev().collect();
    assert_eq!(name(low.verdict_with(&swapped, &range_low)), "RingSignature");
}

#[test]
fn a_place_binds_the_output_even_where_two_are_alike() {
    // Both outputs of one payment to oneself have the same owner and amount: each proof is for its own.
    let mut scene = scene();
    let note = scene.world.spendable(BERT, Asset::Credit)[0].clone();
    let half = (note.opening.value - 7) / 2;
    let rest = note.opening.value - 7 - half;
    let split = scene.world.transfer(&[note], &[(BERT, half), (BERT, rest)]);
    let at = scene.world.after(60);
    scene.accept(at, std::slice::from_ref(&split));
    let Action::Transfer(_) = split.transaction.action() else { panic!() };
    let place: Place = scene.place_of(&split);
    for output in [0u8, 1] {
        let made = &split.made[usize::from(output)];
        assert!(scene.received(place, output, &made.tweak, &made.opening).check(&scene).is_ok());
        not_known(&scene, &scene.received(place, 1 - output, &made.tweak, &made.opening));
    }
}
