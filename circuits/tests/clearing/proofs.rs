//! Proofs hold for their statement only.

use hushwatt_circuits::{
    CircuitProof, Error,
    clearing::{Book, Bounds, Claim, Committed, PlainOrder, Statement, clear, prove, verify, verify_batch},
};
use hushwatt_crypto::{Element, NetworkId, SecretScalar, commitment::Opening};
use rand::{SeedableRng, rngs::StdRng};

use crate::support::{Auction, BOUNDS, Limits, effort, random_book};

fn proven(rng: &mut StdRng, auction: &Auction) -> CircuitProof {
    prove(&auction.statement(), &auction.opened_bids, &auction.opened_asks, rng).unwrap()
}

#[test]
fn clearings_of_all_sizes_are_proven() {
    let mut rng = StdRng::seed_from_u64(1);
    let sizes = [(1, 1), (1, 2), (2, 1), (3, 7), (25, 25), (1, 199), (100, 100)];
    for (bids, asks) in &sizes[..effort(5, 7)] {
        let auction = Auction::random(&mut rng, *bids, *asks);
        let proof = proven(&mut rng, &auction);
        assert_eq!(verify(&auction.statement(), &proof), Ok(()), "{bids} {asks}");
        assert_eq!(CircuitProof::decode(proof.as_bytes()), Ok(proof));
    }
}

#[test]
fn two_hundred_orders_are_proven() {
    let mut rng = StdRng::seed_from_u64(2);
    let book = random_book(&mut rng, (100, 100), &BOUNDS, Limits::Few(5), 5_000);
    let auction = Auction::of(&mut rng, BOUNDS, &book);
    assert_eq!(verify(&auction.statement(), &proven(&mut rng, &auction)), Ok(()));
}

#[test]
fn odd_books_are_proven() {
    let mut rng = StdRng::seed_from_u64(3);
    let wide = Bounds { floor: 1, cap: (1 << 31) - 1 };
    let cases = [
        // All limits equal; the only price; the bounds themselves; the largest numbers; no overlap.
        (BOUNDS, [(9, 500), (9, 500)], [(4, 500), (9, 500)]),
        (Bounds { floor: 7, cap: 7 }, [(9, 7), (1, 7)], [(4, 7), (9, 7)]),
        (BOUNDS, [(9, 1_000), (1, 10)], [(4, 10), (9, 1_000)]),
        (wide, [(u32::MAX, wide.cap), (u32::MAX, 1)], [(u32::MAX, 1), (1, wide.cap)]),
        (BOUNDS, [(9, 499), (1, 10)], [(4, 500), (9, 500)]),
    ];
    for (bounds, bids, asks) in cases {
        let order = |(quantity, limit)| PlainOrder { limit, quantity };
        let book = Book { bids: bids.map(order).to_vec(), asks: asks.map(order).to_vec() };
        let auction = Auction::of(&mut rng, bounds, &book);
        assert_eq!(verify(&auction.statement(), &proven(&mut rng, &auction)), Ok(()), "{book:?}");
    }
}

#[test]
fn without_overlap_that_is_proven() {
    let mut rng = StdRng::seed_from_u64(4);
    let order = |limit| PlainOrder { limit, quantity: 20 };
    let book = Book { bids: vec![order(10), order(499)], asks: vec![order(500), order(1_000)] };
    let auction = Auction::of(&mut rng, BOUNDS, &book);
    assert_eq!(auction.claim, Claim::NoTrade);
    let proof = proven(&mut rng, &auction);
    assert_eq!(verify(&auction.statement(), &proof), Ok(()));

    let mut crossed = auction.clone();
    crossed.opened_bids[1].limit = Opening::new(500, SecretScalar::random(&mut rng));
    crossed.bids[1].limit = crossed.opened_bids[1].limit.commit();
    assert_eq!(verify(&crossed.statement(), &proof), Err(Error::Rejected));
    let none = prove(&crossed.statement(), &crossed.opened_bids, &crossed.opened_asks, &mut rng);
    assert_eq!(none, Err(Error::Unsatisfied));
}

/// A named change of a statement.
type Change = (&'static str, Box<dyn Fn(&mut Auction)>);

fn changes(auction: &Auction, other: Element) -> Vec<Change> {
    let mut all: Vec<Change> = vec![
        ("two bids in another order", Box::new(|a| a.bids.swap(0, 1))),
        ("two asks in another order", Box::new(|a| a.asks.swap(0, 1))),
        ("a bid and an ask exchanged", Box::new(|a| core::mem::swap(&mut a.bids[0], &mut a.asks[0]))),
        ("sides exchanged", Box::new(|a| core::mem::swap(&mut a.bids, &mut a.asks))),
        ("a bid left out", Box::new(|a| _ = a.bids.pop())),
        ("an ask left out", Box::new(|a| _ = a.asks.remove(0))),
        ("a bid listed twice", Box::new(|a| a.bids.push(a.bids[0]))),
        ("an ask listed twice", Box::new(|a| a.asks.push(a.asks[0]))),
        ("an ask listed twice in place of another", Box::new(|a| a.asks[1] = a.asks[0])),
        ("a bid listed twice in place of another", Box::new(|a| a.bids[0] = a.bids[1])),
        ("a bid said to be an ask", Box::new(|a| a.asks.extend(a.bids.pop()))),
        ("another floor", Box::new(|a| a.bounds.floor += 1)),
        ("another cap", Box::new(|a| a.bounds.cap -= 1)),
        ("a cap of more bits", Box::new(|a| a.bounds.cap = 1 << 20)),
    ];
    for step in [1i64, -1] {
        all.push((
            "price off by one micro-euro",
            Box::new(move |a| {
                let Claim::Trade { price } = &mut a.claim else { panic!() };
                *price = price.checked_add_signed(step as i32).unwrap();
            }),
        ));
    }
    type Field = fn(&mut Committed) -> &mut Element;
    let fields: [(&'static str, Field); 3] = [
        ("another limit", |order| &mut order.limit),
        ("another quantity", |order| &mut order.quantity),
        ("another fill", |order| order.fill.as_mut().unwrap()),
    ];
    for (name, field) in fields {
        for place in 0..auction.bids.len() {
            all.push((name, Box::new(move |a| *field(&mut a.bids[place]) = other)));
        }
        for place in 0..auction.asks.len() {
            all.push((name, Box::new(move |a| *field(&mut a.asks[place]) = other)));
        }
    }
    all
}

#[test]
fn a_proof_holds_for_no_other_statement() {
    let mut rng = StdRng::seed_from_u64(5);
    let auction = Auction::random(&mut rng, 3, 2);
    let proof = proven(&mut rng, &auction);
    assert_eq!(verify(&auction.statement(), &proof), Ok(()));
    let other = Opening::new(77, SecretScalar::random(&mut rng)).commit();
    for (name, change) in changes(&auction, other) {
        let mut changed = auction.clone();
        change(&mut changed);
        assert_eq!(verify(&changed.statement(), &proof), Err(Error::Rejected), "{name}");
    }
    let statement = auction.statement();
    let network = NetworkId([8; 32]);
    assert_eq!(verify(&Statement { network: &network, ..statement }, &proof), Err(Error::Rejected));
    for byte in [0, 31, 63] {
        let mut digest = *statement.digest;
        digest[byte] ^= 1;
        assert_eq!(verify(&Statement { digest: &digest, ..statement }, &proof), Err(Error::Rejected));
    }
    let none: Vec<Committed> = auction.bids.iter().map(|order| Committed { fill: None, ..*order }).collect();
    let asks: Vec<Committed> = auction.asks.iter().map(|order| Committed { fill: None, ..*order }).collect();
    let no_trade = Statement { claim: Claim::NoTrade, bids: &none, asks: &asks, ..statement };
    assert_eq!(verify(&no_trade, &proof), Err(Error::Rejected));
}

#[test]
fn statements_that_are_none_are_refused() {
    let mut rng = StdRng::seed_from_u64(6);
    let auction = Auction::random(&mut rng, 1, 1);
    let proof = proven(&mut rng, &auction);
    let refused = |change: &dyn Fn(&mut Auction), error: Error| {
        let mut changed = auction.clone();
        change(&mut changed);
        assert_eq!(verify(&changed.statement(), &proof), Err(error));
        let openings = (&auction.opened_bids, &auction.opened_asks);
        assert_eq!(prove(&changed.statement(), openings.0, openings.1, &mut StdRng::seed_from_u64(0)), Err(error));
    };
    refused(&|a| a.bids.clear(), Error::Arity);
    refused(&|a| a.asks.clear(), Error::Arity);
    refused(&|a| a.bids.resize(200, a.bids[0]), Error::Arity);
    refused(&|a| a.bids[0].fill = None, Error::Arity);
    refused(&|a| a.claim = Claim::NoTrade, Error::Arity);
    refused(&|a| a.bounds.floor = 0, Error::Bounds);
    refused(&|a| a.bounds.floor = a.bounds.cap + 1, Error::Bounds);
    refused(&|a| a.bounds.cap = 1 << 31, Error::Bounds);
}

#[test]
fn a_changed_proof_is_refused() {
    let mut rng = StdRng::seed_from_u64(7);
    let auction = Auction::random(&mut rng, 1, 1);
    let proof = proven(&mut rng, &auction);
    let statement = auction.statement();
    let bytes = proof.as_bytes();
    // Every field is 32 bytes long but for one length: a bit of each byte in turn.
    for place in (0..bytes.len()).step_by(effort(5, 1)) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1 << (place % 8);
        if let Ok(changed) = CircuitProof::decode(&changed) {
            assert_eq!(verify(&statement, &changed), Err(Error::Rejected), "byte {place}");
        }
    }
    for length in 0..bytes.len() {
        assert_eq!(CircuitProof::decode(&bytes[..length]), Err(Error::Malformed));
    }
    assert_eq!(CircuitProof::decode(&[bytes, &[0]].concat()), Err(Error::Malformed));
    // Another auction's proof.
    let other = Auction::random(&mut rng, 1, 1);
    assert_eq!(verify(&statement, &proven(&mut rng, &other)), Err(Error::Rejected));
}

#[test]
fn openings_that_do_not_fit_prove_nothing() {
    let mut rng = StdRng::seed_from_u64(8);
    let auction = Auction::random(&mut rng, 2, 2);
    let attempt = |change: &dyn Fn(&mut Auction)| {
        let mut changed = auction.clone();
        change(&mut changed);
        let mut rng = StdRng::seed_from_u64(0);
        prove(&auction.statement(), &changed.opened_bids, &changed.opened_asks, &mut rng).unwrap_err()
    };
    let other = SecretScalar::random(&mut rng);
    assert_eq!(attempt(&|a| a.opened_bids[0].limit.blinding = other.clone()), Error::Opening);
    assert_eq!(attempt(&|a| a.opened_asks[1].quantity.blinding = other.clone()), Error::Opening);
    assert_eq!(attempt(&|a| a.opened_bids[1].fill.as_mut().unwrap().blinding = other.clone()), Error::Opening);
    assert_eq!(attempt(&|a| a.opened_asks[0].limit.value = 1 << 40), Error::Unsatisfied);
    assert_eq!(attempt(&|a| _ = a.opened_bids.pop()), Error::Arity);
    assert_eq!(attempt(&|a| a.opened_bids[0].fill = None), Error::Arity);
}

#[test]
fn a_batch_with_one_bad_proof_is_refused() {
    let mut rng = StdRng::seed_from_u64(9);
    let order = |limit| PlainOrder { limit, quantity: 20 };
    let apart = Book { bids: vec![order(400)], asks: vec![order(500), order(600)] };
    assert!(clear(&BOUNDS, &apart).is_some());
    let mut auctions: Vec<Auction> =
        [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (2, 2), (4, 4)].map(|(b, a)| Auction::random(&mut rng, b, a)).to_vec();
    auctions.push(Auction::of(&mut rng, BOUNDS, &apart));
    let proofs: Vec<CircuitProof> = auctions.iter().map(|auction| proven(&mut rng, auction)).collect();
    let batch = |auctions: &[Auction], proofs: &[CircuitProof]| {
        let items: Vec<_> = auctions.iter().map(Auction::statement).zip(proofs).collect();
        verify_batch(&items)
    };
    assert_eq!(batch(&[], &[]), Ok(()));
    assert_eq!(batch(&auctions, &proofs), Ok(()));
    let other = Opening::new(77, SecretScalar::random(&mut rng)).commit();
    for bad in 0..auctions.len() {
        let mut changed = auctions.clone();
        changed[bad].bids[0].limit = other;
        assert_eq!(batch(&changed, &proofs), Err(Error::Rejected), "{bad}");
    }
    // Two proofs of one shape exchanged.
    let mut exchanged = proofs.clone();
    exchanged.swap(3, 5);
    assert_eq!(batch(&auctions, &exchanged), Err(Error::Rejected));
}
