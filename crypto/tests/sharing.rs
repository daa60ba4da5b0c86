//! Totals: shares open what was shared and nothing else, fewer than the threshold say nothing, sealed shares open for their
//! member only, and what a member shows is what he got.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses a part of the common module")]

mod common;

use common::{Broken, FOREIGN, NETWORK, any_opening, any_point, any_scalar, rng, rounds};
use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_POINT, ristretto::RistrettoPoint, scalar::Scalar};
use hushwatt_crypto::{
    CryptoError, Element, PublicScalar,
    commitment::Opening,
    generators::generators,
    order_seal::SealingKey,
    sharing::{
        Coefficients, MOST_MEMBERS, Member, Opened, PublicSum, Quorum, ReleasedShare, SEALED_SHARE_LENGTH, SealedShare,
        Share, Verdict, combine, split,
    },
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha20Rng;

fn quorum(rng: &mut ChaCha20Rng) -> Quorum {
    let members = rng.gen_range(2..=MOST_MEMBERS);
    Quorum::new(rng.gen_range((members / 2 + 1).max(2)..=members), members).unwrap()
}

/// Some members, as many as asked for.
fn some(quorum: Quorum, count: usize, rng: &mut ChaCha20Rng) -> Vec<Member> {
    let mut all: Vec<Member> = quorum.all().collect();
    all.shuffle(rng);
    all.truncate(count);
    all
}

fn released(shares: &[Share], members: &[Member]) -> Vec<(Member, ReleasedShare)> {
    members.iter().map(|member| (*member, shares[usize::from(member.place())].release())).collect()
}

#[test]
fn a_quorum_is_over_half_of_two_to_sixteen() {
    for members in 0..=20u8 {
        for threshold in 0..=21u8 {
            let right =
                (2..=16).contains(&members) && threshold <= members && 2 * threshold > members && threshold >= 2;
            assert_eq!(Quorum::new(threshold, members).is_ok(), right, "{threshold} of {members}");
        }
    }
    assert_eq!(Member::at(16), None);
    assert!((0..16).all(|place| Member::at(place).is_some_and(|member| member.place() == place)));
}

#[test]
fn every_share_is_checked_against_the_ledger_and_any_quorum_opens_the_value() {
    let mut rng = rng(1);
    for _ in 0..rounds(20, 300) {
        let quorum = quorum(&mut rng);
        let opening = any_opening(rng.r#gen(), &mut rng);
        let (coefficients, shares) = split(&opening, quorum, &mut rng).unwrap();
        let of = coefficients.of(&opening.commit());
        assert_eq!((shares.len(), of.coefficients.len()), (quorum.members().into(), quorum.degree()));
        for (member, share) in quorum.all().zip(&shares) {
            assert!(share.opens(&of.expected(member)) && share.release().opens(&of.expected(member)));
            let other = quorum.all().find(|other| *other != member).unwrap();
            assert!(!share.opens(&of.expected(other)), "a share is one member's");
            let again = Share::decode(&share.to_bytes()).unwrap();
            assert_eq!(again.release(), share.release());
        }
        let members = some(quorum, quorum.threshold().into(), &mut rng);
        assert_eq!(combine(quorum, &released(&shares, &members), &opening.commit()), Ok(opening.value));
    }
}

#[test]
fn a_changed_share_coefficient_or_commitment_is_noticed() {
    let mut rng = rng(2);
    for _ in 0..rounds(10, 100) {
        let quorum = quorum(&mut rng);
        let opening = any_opening(rng.r#gen(), &mut rng);
        let (coefficients, shares) = split(&opening, quorum, &mut rng).unwrap();
        let of = coefficients.of(&opening.commit());
        let member = Member::at(0).unwrap();
        let one = |scalar: PublicScalar| PublicScalar(scalar.0 + Scalar::ONE);
        let share = shares[0].release();
        let expected = of.expected(member);
        assert!(share.opens(&expected));
        assert!(!ReleasedShare { value: one(share.value), ..share }.opens(&expected));
        assert!(!ReleasedShare { blinding: one(share.blinding), ..share }.opens(&expected));
        let mut other = of.clone();
        other.commitment = any_point(&mut rng).into();
        assert!(!share.opens(&other.expected(member)));
        for place in 0..of.coefficients.len() {
            let mut other = of.clone();
            other.coefficients[place] = any_point(&mut rng).into();
            assert!(!share.opens(&other.expected(member)));
        }
        // Nor does one of them go through where nobody checked it.
        let members = some(quorum, quorum.threshold().into(), &mut rng);
        for place in 0..members.len() {
            let mut wrong = released(&shares, &members);
            wrong[place].1.value = one(wrong[place].1.value);
            assert_eq!(combine(quorum, &wrong, &opening.commit()), Err(CryptoError::SharingOpens));
            let mut wrong = released(&shares, &members);
            wrong[place].1.blinding = one(wrong[place].1.blinding);
            assert_eq!(combine(quorum, &wrong, &opening.commit()), Err(CryptoError::SharingOpens));
        }
        let other = any_opening(opening.value, &mut rng).commit();
        assert_eq!(combine(quorum, &released(&shares, &members), &other), Err(CryptoError::SharingOpens));
    }
}

#[test]
fn a_quorum_is_exactly_as_many_members_as_the_threshold_each_once() {
    let mut rng = rng(3);
    let quorum = Quorum::new(3, 5).unwrap();
    let opening = any_opening(77, &mut rng);
    let (coefficients, shares) = split(&opening, quorum, &mut rng).unwrap();
    let commitment = opening.commit();
    for count in [0, 1, 2, 4, 5] {
        let members = some(quorum, count, &mut rng);
        assert_eq!(combine(quorum, &released(&shares, &members), &commitment), Err(CryptoError::SharingShape));
    }
    let mut twice = released(&shares, &some(quorum, 3, &mut rng));
    twice[2] = twice[0];
    assert_eq!(combine(quorum, &twice, &commitment), Err(CryptoError::SharingShape));
    let mut points = coefficients.points().to_vec();
    assert!(Coefficients::new(points.clone(), quorum).is_ok());
    points.push(any_point(&mut rng));
    assert_eq!(Coefficients::new(points, quorum), Err(CryptoError::SharingShape));
    let short = PublicSum::zero(Quorum::new(2, 3).unwrap());
    assert_eq!(coefficients.of(&commitment).plus(1, &short), Err(CryptoError::SharingShape));
}

#[test]
fn sums_of_shares_open_the_sum_of_the_values_and_multiples_the_multiple() {
    let mut rng = rng(4);
    for _ in 0..rounds(5, 50) {
        let quorum = quorum(&mut rng);
        let dealers: Vec<(u64, Opening)> = (0..rng.gen_range(1..20))
            .map(|_| (rng.gen_range(0..1 << 31), any_opening(rng.gen_range(0..1 << 28), &mut rng)))
            .collect();
        let (mut of, mut all) = (PublicSum::zero(quorum), Vec::new());
        for (times, opening) in &dealers {
            let (coefficients, shares) = split(opening, quorum, &mut rng).unwrap();
            of = of.plus(*times, &coefficients.of(&opening.commit())).unwrap();
            all.push((*times, shares));
        }
        let sums: Vec<Share> = (0..usize::from(quorum.members()))
            .map(|place| Share::sum(all.iter().map(|(times, shares)| (*times, &shares[place]))))
            .collect();
        assert!(quorum.all().zip(&sums).all(|(member, sum)| sum.opens(&of.expected(member))));
        let members = some(quorum, quorum.threshold().into(), &mut rng);
        let right: u64 = dealers.iter().map(|(times, opening)| times * opening.value).sum();
        assert_eq!(combine(quorum, &released(&sums, &members), &of.commitment), Ok(right));
    }
}

#[test]
fn a_sum_that_is_no_number_of_64_bits_is_refused() {
    let mut rng = rng(5);
    let quorum = Quorum::new(2, 2).unwrap();
    let opening = any_opening(u64::MAX, &mut rng);
    let (coefficients, shares) = split(&opening, quorum, &mut rng).unwrap();
    let of = PublicSum::zero(quorum).plus(2, &coefficients.of(&opening.commit())).unwrap();
    let sums: Vec<Share> = shares.iter().map(|share| Share::sum([(2, share)])).collect();
    let members: Vec<Member> = quorum.all().collect();
    assert_eq!(combine(quorum, &released(&sums, &members), &of.commitment), Err(CryptoError::SharingOpens));
}

/// The polynomials behind so many shares as the threshold asks for, coefficient by coefficient.
fn polynomial(points: &[(u64, Scalar)]) -> Vec<Scalar> {
    let mut sum = vec![Scalar::ZERO; points.len()];
    for (x, y) in points {
        let mut basis = vec![*y];
        for (other, _) in points.iter().filter(|(other, _)| other != x) {
            let scale = (Scalar::from(*x) - Scalar::from(*other)).invert();
            // (z - other) * scale
            let mut next = vec![Scalar::ZERO; basis.len() + 1];
            for (place, coefficient) in basis.iter().enumerate() {
                next[place] -= Scalar::from(*other) * scale * coefficient;
                next[place + 1] += scale * coefficient;
            }
            basis = next;
        }
        sum.iter_mut().zip(&basis).for_each(|(sum, coefficient)| *sum += coefficient);
    }
    sum
}

fn at(polynomial: &[Scalar], x: u64) -> Scalar {
    polynomial.iter().rev().fold(Scalar::ZERO, |sum, coefficient| sum * Scalar::from(x) + coefficient)
}

/// What `t - 1` members see goes with every value alike: to each other value there is exactly one pair of polynomials that gives
/// the same commitment, the same coefficients and the same shares of theirs. Finding it takes the discrete logarithm of `H`, so
/// the test draws one, for a value generator of its own.
#[test]
fn fewer_members_than_the_threshold_learn_nothing() {
    let mut rng = rng(6);
    for _ in 0..rounds(20, 300) {
        let quorum = quorum(&mut rng);
        let opening = any_opening(rng.gen_range(0..1 << 40), &mut rng);
        let (_, shares) = split(&opening, quorum, &mut rng).unwrap();
        let number = |member: &Member| u64::from(member.place()) + 1;
        let t = usize::from(quorum.threshold());
        let points = |of: fn(&ReleasedShare) -> Scalar| -> Vec<(u64, Scalar)> {
            let all = quorum.all().take(t);
            all.map(|member| (number(&member), of(&shares[usize::from(member.place())].release()))).collect()
        };
        let (f, g) = (polynomial(&points(|share| share.value.0)), polynomial(&points(|share| share.blinding.0)));
        assert_eq!((f[0], g[0]), (Scalar::from(opening.value), *opening.blinding.expose()));
        assert_eq!((f.len(), g.len()), (t, t));

        let colluding = some(quorum, t - 1, &mut rng);
        let other = Scalar::from(rng.gen_range(0..1u64 << 40));
        // Zero at every colluding member, and what the values differ by at zero.
        let mut difference: Vec<(u64, Scalar)> =
            colluding.iter().map(|member| (number(member), Scalar::ZERO)).collect();
        difference.push((0, other - f[0]));
        let difference = polynomial(&difference);
        let h = any_scalar(&mut rng);
        let plus = |a: &[Scalar], times: Scalar| -> Vec<Scalar> {
            a.iter().zip(&difference).map(|(a, d)| a + times * d).collect()
        };
        let (f_other, g_other) = (plus(&f, Scalar::ONE), plus(&g, -h));
        assert_eq!(f_other[0], other);
        let public = |f: &[Scalar], g: &[Scalar]| -> Vec<RistrettoPoint> {
            f.iter().zip(g).map(|(f, g)| (f * h + g) * RISTRETTO_BASEPOINT_POINT).collect()
        };
        assert_eq!(public(&f, &g), public(&f_other, &g_other), "commitment and coefficients are the same");
        for member in &colluding {
            let seen = shares[usize::from(member.place())].release();
            assert_eq!((at(&f_other, number(member)), at(&g_other, number(member))), (seen.value.0, seen.blinding.0));
        }
    }
}

/// One sharing as whoever shared knows it: of which opening, the two polynomials, and what each member got.
struct Shared {
    of: usize,
    f: Vec<Scalar>,
    g: Vec<Scalar>,
    shares: Vec<Share>,
}

impl Shared {
    fn new(of: usize, opening: &Opening, quorum: Quorum, rng: &mut ChaCha20Rng) -> Self {
        let (_, shares) = split(opening, quorum, rng).unwrap();
        let of_shares = |of: fn(&ReleasedShare) -> Scalar| {
            let first = (1..).zip(&shares).take(quorum.threshold().into());
            polynomial(&first.map(|(x, share)| (x, of(&share.release()))).collect::<Vec<_>>())
        };
        let (f, g) = (of_shares(|share| share.value.0), of_shares(|share| share.blinding.0));
        Shared { of, f, g, shares }
    }

    /// The two values at a member's place.
    fn at(f: &[Scalar], g: &[Scalar], place: u8) -> (Scalar, Scalar) {
        let x = u64::from(place) + 1;
        (at(f, x), at(g, x))
    }
}

/// A random vector that each of these rows multiplies to nothing: any one of them can come out.
fn any_in_the_kernel(rows: &[Vec<Scalar>], rng: &mut ChaCha20Rng) -> Vec<Scalar> {
    let (mut rows, mut pivots) = (rows.to_vec(), Vec::new());
    let columns = rows[0].len();
    for column in 0..columns {
        let start = pivots.len();
        let Some(found) = (start..rows.len()).find(|row| rows[*row][column] != Scalar::ZERO) else { continue };
        rows.swap(start, found);
        let inverse = rows[start][column].invert();
        rows[start].iter_mut().for_each(|entry| *entry *= inverse);
        let pivot = rows[start].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != start) {
            let times = row[column];
            row.iter_mut().zip(&pivot).for_each(|(entry, of_pivot)| *entry -= times * of_pivot);
        }
        pivots.push(column);
    }
    let mut vector: Vec<Scalar> = (0..columns).map(|_| any_scalar(rng)).collect();
    pivots.iter().for_each(|column| vector[*column] = Scalar::ZERO);
    for (row, column) in rows.iter().zip(&pivots) {
        vector[*column] = -row.iter().zip(&vector).map(|(entry, value)| entry * value).sum::<Scalar>();
    }
    vector
}

/// `t - 1` members who pool all they ever see learn nothing but the totals: their shares of every sharing, those of an opening that
/// was shared twice because nobody took the first Share in time, what every member released of each total, commitments and
/// coefficients. All of it goes with every other vector of values that has the same totals: energy of all, energy times price of
/// all, and what a feeder's reading says of some.
#[test]
fn fewer_members_than_the_threshold_learn_nothing_but_the_totals() {
    let mut rng = rng(13);
    for _ in 0..rounds(10, 100) {
        let quorum = quorum(&mut rng);
        let count = rng.gen_range(4..12);
        let openings: Vec<Opening> = (0..count).map(|_| any_opening(rng.gen_range(0..1 << 40), &mut rng)).collect();
        let mut sharings: Vec<Shared> = Vec::new();
        for (of, opening) in openings.iter().enumerate() {
            sharings.push(Shared::new(of, opening, quorum, &mut rng));
        }
        // What counts is the second one of the first opening: the other is in no total.
        let void = 0;
        sharings.push(Shared::new(0, &openings[0], quorum, &mut rng));
        assert_ne!(sharings[void].f[1..], sharings[count].f[1..]);

        let prices: Vec<u64> = (0..count).map(|_| rng.gen_range(1..1 << 20)).collect();
        let some = rng.gen_range(1..count);
        let totals: [Vec<u64>; 3] =
            [vec![1; count], prices.clone(), (0..count).map(|of| u64::from(of < some)).collect()];
        let rows: Vec<Vec<Scalar>> =
            totals.iter().map(|times| times.iter().copied().map(Scalar::from).collect()).collect();
        let differences = any_in_the_kernel(&rows, &mut rng);
        assert!(differences.iter().any(|difference| *difference != Scalar::ZERO));
        for (times, row) in totals.iter().zip(&rows) {
            let sum: Scalar = row.iter().zip(&differences).map(|(times, difference)| times * difference).sum();
            assert_eq!(sum, Scalar::ZERO, "{times:?}");
        }

        // Zero at every colluding member, and one where the value is.
        let colluding = self::some(quorum, quorum.degree(), &mut rng);
        let hidden: Vec<(u64, Scalar)> =
            colluding.iter().map(|member| (u64::from(member.place()) + 1, Scalar::ZERO)).collect();
        let hidden = polynomial(&[&hidden[..], &[(0, Scalar::ONE)]].concat());
        // The discrete logarithm of the value generator, which nobody has: the test draws one for a generator of its own.
        let h = any_scalar(&mut rng);
        let plus = |a: &[Scalar], times: Scalar| -> Vec<Scalar> {
            a.iter().zip(&hidden).map(|(a, hidden)| a + times * hidden).collect()
        };
        let others: Vec<(Vec<Scalar>, Vec<Scalar>)> = sharings
            .iter()
            .map(|one| (plus(&one.f, differences[one.of]), plus(&one.g, -h * differences[one.of])))
            .collect();
        for (one, (f, g)) in sharings.iter().zip(&others) {
            assert_eq!(f[0], Scalar::from(openings[one.of].value) + differences[one.of], "the other values");
            let public =
                |f: &[Scalar], g: &[Scalar]| -> Vec<Scalar> { f.iter().zip(g).map(|(f, g)| f * h + g).collect() };
            assert_eq!(public(f, g), public(&one.f, &one.g), "commitment and coefficients are the same");
            for member in &colluding {
                let seen = one.shares[usize::from(member.place())].release();
                assert_eq!(Shared::at(f, g, member.place()), (seen.value.0, seen.blinding.0));
            }
        }
        assert_eq!((others[void].0[0], others[void].1[0]), (others[count].0[0], others[count].1[0]), "one opening");
        // Whatever anybody released is the same too.
        let counted = || (0..sharings.len()).filter(|sharing| *sharing != void);
        for times in &totals {
            for member in quorum.all() {
                let place = usize::from(member.place());
                let of = |sharing: usize| (times[sharings[sharing].of], &sharings[sharing].shares[place]);
                let released = Share::sum(counted().map(of)).release();
                let of_others = counted().map(|sharing| {
                    let (f, g) = &others[sharing];
                    let (value, blinding) = Shared::at(f, g, member.place());
                    let times = Scalar::from(times[sharings[sharing].of]);
                    (times * value, times * blinding)
                });
                let sums = of_others.fold((Scalar::ZERO, Scalar::ZERO), |sums, (f, g)| (sums.0 + f, sums.1 + g));
                assert_eq!(sums, (released.value.0, released.blinding.0));
            }
        }
    }
}

struct Sealed {
    key: SealingKey,
    share: Share,
    sealed: SealedShare,
}

const CONTEXT: &[u8] = b"whose share of what";

fn sealed(rng: &mut ChaCha20Rng) -> Sealed {
    let key = SealingKey::random(rng);
    let (_, shares) = split(&any_opening(rng.r#gen(), rng), Quorum::new(2, 3).unwrap(), rng).unwrap();
    let share = shares[1].clone();
    let sealed = SealedShare::seal(&NETWORK, key.public(), CONTEXT, &share, rng);
    Sealed { key, share, sealed }
}

#[test]
fn a_sealed_share_opens_for_its_member_and_every_change_is_noticed() {
    let mut rng = rng(7);
    for _ in 0..rounds(5, 50) {
        let Sealed { key, share, sealed } = sealed(&mut rng);
        assert_eq!(sealed.open(&NETWORK, &key, CONTEXT).unwrap().release(), share.release());
        assert!(sealed.open(&FOREIGN, &key, CONTEXT).is_none(), "another network");
        assert!(sealed.open(&NETWORK, &SealingKey::random(&mut rng), CONTEXT).is_none(), "another member");
        assert!(sealed.open(&NETWORK, &key, b"whose share of this").is_none(), "another place");
        for at in 0..SEALED_SHARE_LENGTH {
            let mut changed = sealed;
            changed.0[at] ^= 1 << rng.gen_range(0..8);
            assert!(changed.open(&NETWORK, &key, CONTEXT).is_none(), "byte {at}");
            assert_ne!(changed.digest(&NETWORK), sealed.digest(&NETWORK));
        }
    }
}

#[test]
fn a_broken_generator_seals_no_two_shares_with_one_key() {
    let mut rng = rng(8);
    let key = SealingKey::random(&mut rng);
    let (_, shares) = split(&any_opening(5, &mut rng), Quorum::new(2, 2).unwrap(), &mut rng).unwrap();
    let seal = |share: &Share, context: &[u8]| SealedShare::seal(&NETWORK, key.public(), context, share, &mut Broken).0;
    let one = seal(&shares[0], CONTEXT);
    assert_ne!(one[..32], seal(&shares[1], CONTEXT)[..32]);
    assert_ne!(one[..32], seal(&shares[0], b"another place")[..32]);
}

#[test]
fn what_a_member_shows_is_what_he_got_and_every_change_is_noticed() {
    let mut rng = rng(9);
    for _ in 0..rounds(5, 50) {
        let Sealed { key, share, sealed } = sealed(&mut rng);
        let opened = sealed.show(&NETWORK, &key, CONTEXT, &mut rng).unwrap().unwrap();
        let judge = |sealed: &SealedShare, opened: &Opened| {
            sealed.judge(&NETWORK, key.public(), CONTEXT, Some(opened)).map(|verdict| match verdict {
                Verdict::Share(share) => Some(share.release()),
                Verdict::Garbled => None,
            })
        };
        assert_eq!(judge(&sealed, &opened), Ok(Some(share.release())));
        let wrong = Err(CryptoError::ShareOpeningInvalid);
        let one = |scalar: PublicScalar| PublicScalar(scalar.0 + Scalar::ONE);
        for changed in [
            Opened { shared: any_point(&mut rng), ..opened },
            Opened { of_key: any_point(&mut rng).into(), ..opened },
            Opened { of_shared: any_point(&mut rng).into(), ..opened },
            Opened { response: one(opened.response), ..opened },
        ] {
            assert_eq!(judge(&sealed, &changed), wrong);
        }
        for at in 0..SEALED_SHARE_LENGTH {
            let mut changed = sealed;
            changed.0[at] ^= 1 << rng.gen_range(0..8);
            // It is garbled then, and nothing may be shown of it.
            assert_eq!(judge(&changed, &opened), wrong, "byte {at}");
            assert_eq!(changed.show(&NETWORK, &key, CONTEXT, &mut rng), Ok(None), "byte {at}");
            let verdict = changed.judge(&NETWORK, key.public(), CONTEXT, None);
            assert!(matches!(verdict, Ok(Verdict::Garbled)), "byte {at}");
        }
        let other = SealingKey::random(&mut rng);
        let elsewhere = |member: &SealingKey, network, context: &[u8]| {
            sealed.judge(network, member.public(), context, Some(&opened)).err()
        };
        assert_eq!(elsewhere(&other, &NETWORK, CONTEXT), wrong.err());
        assert_eq!(elsewhere(&key, &FOREIGN, CONTEXT), wrong.err());
        assert_eq!(elsewhere(&key, &NETWORK, b"another place"), wrong.err());
        assert_eq!(sealed.judge(&NETWORK, key.public(), CONTEXT, None).err(), wrong.err(), "nothing was shown");
    }
}

/// A member who complains opens a box in public. Whoever puts the `R` of another's box into one of his own must not learn that
/// one's share from it: nothing is shown of a box whose `r` nobody proves to know, and everybody sees that it is garbled.
#[test]
fn of_another_ones_box_in_a_new_place_nothing_is_shown() {
    let mut rng = rng(12);
    for _ in 0..rounds(5, 50) {
        let Sealed { key, share, sealed: victims } = sealed(&mut rng);
        let own = SealedShare::seal(&NETWORK, key.public(), b"the thief's place", &share, &mut rng);
        // The whole box; its key alone; its key and proof; its key and what it hides.
        for (head, tail) in [(SEALED_SHARE_LENGTH, SEALED_SHARE_LENGTH), (33, 153), (89, 153), (33, 89)] {
            let mut stolen = own;
            stolen.0[..head].copy_from_slice(&victims.0[..head]);
            stolen.0[tail..].copy_from_slice(&victims.0[tail..]);
            assert!(stolen.open(&NETWORK, &key, b"the thief's place").is_none());
            assert_eq!(stolen.show(&NETWORK, &key, b"the thief's place", &mut rng), Ok(None));
            let verdict = stolen.judge(&NETWORK, key.public(), b"the thief's place", None);
            assert!(matches!(verdict, Ok(Verdict::Garbled)));
            // What the member would have shown does not count either.
            let opened = victims.show(&NETWORK, &key, CONTEXT, &mut rng).unwrap();
            assert!(opened.is_some());
            let verdict = stolen.judge(&NETWORK, key.public(), b"the thief's place", opened.as_ref());
            assert!(matches!(verdict, Err(CryptoError::ShareOpeningInvalid)));
        }
    }
}

#[test]
fn a_right_share_cannot_be_shown_to_be_another() {
    let mut rng = rng(10);
    let Sealed { key, sealed, .. } = sealed(&mut rng);
    // One without a key, or with scalars beyond the order: there is nothing to show.
    for (at, bytes) in [(0, [0; 32]), (0, [0xff; 32]), (57, [0xff; 32])] {
        let mut garbled = sealed;
        garbled.0[at..at + 32].copy_from_slice(&bytes);
        assert_eq!(garbled.show(&NETWORK, &key, CONTEXT, &mut rng), Ok(None));
        assert!(matches!(garbled.judge(&NETWORK, key.public(), CONTEXT, None), Ok(Verdict::Garbled)));
    }
    // A member who claims another shared point, and proves what he can: that he knows his own secret.
    let another = any_point(&mut rng);
    let honest = sealed.show(&NETWORK, &key, CONTEXT, &mut rng).unwrap().unwrap();
    let lie = Opened { shared: another, ..honest };
    assert!(sealed.judge(&NETWORK, key.public(), CONTEXT, Some(&lie)).is_err());
}

#[test]
fn shares_print_nothing() {
    let mut rng = rng(11);
    let Sealed { share, .. } = sealed(&mut rng);
    assert_eq!(format!("{share:?}"), "Share(..)");
}

#[test]
fn a_share_of_bytes_that_are_no_scalars_is_refused() {
    let mut bytes = [0u8; Share::LENGTH];
    assert!(Share::decode(&bytes).is_ok());
    bytes[..32].fill(0xff);
    assert_eq!(Share::decode(&bytes).err(), Some(CryptoError::NonCanonicalScalar));
    bytes = [0; Share::LENGTH];
    bytes[32..].fill(0xff);
    assert_eq!(Share::decode(&bytes).err(), Some(CryptoError::NonCanonicalScalar));
}

#[test]
fn the_commitment_of_a_share_is_over_the_protocols_generators() {
    let mut rng = rng(12);
    let opening = any_opening(9, &mut rng);
    let (coefficients, shares) = split(&opening, Quorum::new(2, 2).unwrap(), &mut rng).unwrap();
    let share = shares[0].release();
    let by_hand = share.value.0 * generators().h.point() + share.blinding.0 * generators().g.point();
    assert_eq!(Element::new(by_hand), coefficients.of(&opening.commit()).expected(Member::at(0).unwrap()));
}
