//! No field of a transaction is free: whichever is changed, without signing anything again, it is refused.

use curve25519_dalek::{constants::RISTRETTO_BASEPOINT_POINT, scalar::Scalar};
use hushwatt_circuits::CircuitProof;
use hushwatt_crypto::{
    Element, NetworkId, Point, PublicScalar,
    clsag::Clsag,
    handle::HandleProof,
    range::{RangeBits, RangeProof},
    schnorr::Schnorr,
    sharing::{Member, Opened, SEALED_SHARE_LENGTH},
    signature::{Signature, SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    committee::{Cohort, CohortMeter, Committee, CommitteeMember},
    note::{Asset, BucketVersion, Output},
    transaction::{
        TransactionId,
        attest::WindowStatus,
        build::Built,
        clear::Outcome,
        open::ContractId,
        order::{OrderId, OrderTerms},
        registry::RegistryChange,
        request::Target,
        share::{Authority, Subject, TradeId},
        spend::Spend,
    },
    units::{Credit, MeterId, Period, Price, Utility, Window},
    validators::ValidatorSet,
};
use rayon::prelude::*;

use crate::{
    kit::{
        auction::Wish,
        build::Bid,
        forge::{changed_range, incremented, shifted, tampered},
        *,
    },
    tamper,
};

/// One transaction of each kind that is valid in the next block of one world.
fn one_of_each() -> (World, Vec<Built>) {
    let Market { mut world, to_anna, to_carla, .. } = market();
    let (energy, window) = (electricity(world.window(0)), world.window(5));
    let notes = world.spendable(ANNA, Asset::Credit)[..1].to_vec();
    let transfer = world.transfer(&notes, &[(BERT, 5), (ANNA, notes[0].opening.value - 12)]);
    let readings = [world.measured(5, 6), world.reading(WindowStatus::Estimated, 7, 8)];
    let attest = world.attest(0, world.window(1), &readings);
    let bid = Bid { buyer: CARLA, seller: BERT, utility: Utility::Water, window, price: 20, quantity: 30 };
    let open = world.open(&bid);
    let deliver = world.deliver(BERT, energy, &[(to_anna, 100), (to_carla, 200)]);
    let (mint, burn) = (world.mint(&[(ANNA, 5), (BERT, 6)]), world.burn(50));
    let new = world.new_validators(3);
    let registry = world.change_validators(&new);
    let corrected = world.measured(999, 3);
    // A meter of class 32: its proof covers the sums too.
    let correct = world.correct(1, world.window(0), &corrected);
    let key = SigningKey::from_bytes(&[78; 32]);
    let replace = world.replace_meter(0, RangeBits::Bits32, &key);
    let operator = world.change_registry(RegistryChange::Operator { key: key.verifying_key() });
    let wish = Wish { who: ANNA, utility: Utility::Electricity, window: world.window(0), limit: 150, quantity: 300 };
    let (sell, buy) = (world.sell(&wish), world.buy(&Wish { who: BERT, ..wish }));
    let all = vec![transfer, attest, open, deliver, mint, burn, registry, correct, replace, operator, sell, buy];
    (world, all)
}

/// A Clear that says that nothing can be traded.
fn no_trade() -> (World, Vec<Built>) {
    let mut world = crate::auction::open();
    let window = world.window(0);
    let ask = Wish { who: BERT, utility: Utility::Water, window, limit: 150, quantity: 300 };
    let orders = [world.sell(&ask), world.buy(&Wish { who: ANNA, limit: 149, ..ask })];
    world.accept(world.after(60), &orders);
    world.close(window);
    let (clear, _) = world.clear(Utility::Water, window);
    (world, vec![clear])
}

/// All kinds, each in a world in whose next block it is valid.
fn scenes() -> Vec<(World, Vec<Built>)> {
    let (world, trade) = crate::auction_clear::closed_and_cleared();
    let mut scenes = vec![one_of_each(), (world, vec![trade]), no_trade()];
    scenes.extend(crate::totals::one_of_each());
    scenes.extend(crate::totals_trades::one_of_each());
    for (world, all) in &scenes {
        for built in all {
            assert_eq!(world.verdict(world.after(60), built), Ok(()), "{}", built.transaction.action().name());
        }
    }
    scenes
}

/// Changed copies of a value that all decode, each with what was changed.
type Changed<T> = Vec<(String, T)>;

fn bucket(value: BucketVersion) -> Changed<BucketVersion> {
    let id = BucketVersion { id: hushwatt_ledger::note::BucketId(value.id.0 + 1), ..value };
    vec![("bucket id".into(), id), ("bucket length".into(), BucketVersion { length: value.length + 1, ..value })]
}

fn output(value: Output) -> Changed<Output> {
    let key = Output { key: shifted(&value.key), ..value };
    vec![("key".into(), key), ("commitment".into(), Output { commitment: shifted(&value.commitment), ..value })]
}

fn spend(value: Spend) -> Changed<Spend> {
    let image = Spend { image: shifted(&value.image), ..value };
    vec![("image".into(), image), ("pseudo".into(), Spend { pseudo: shifted(&value.pseudo), ..value })]
}

fn clsag(value: &Clsag) -> Changed<Clsag> {
    let mut all = vec![
        ("c0".to_owned(), Clsag { c0: incremented(&value.c0), ..value.clone() }),
        ("D".to_owned(), Clsag { d: shifted(&value.d), ..value.clone() }),
    ];
    for place in 0..value.responses.len() {
        let mut changed = value.clone();
        changed.responses[place] = incremented(&changed.responses[place]);
        all.push((format!("response {place}"), changed));
    }
    all
}

fn schnorr(value: &Schnorr) -> Changed<Schnorr> {
    let commitment = Element::from(shifted(&Point::try_from(value.commitment).unwrap()));
    vec![
        ("commitment".into(), Schnorr { commitment, ..*value }),
        ("response".into(), Schnorr { response: incremented(&value.response), ..*value }),
    ]
}

fn range(value: &RangeProof) -> Changed<RangeProof> {
    let parts = value.as_bytes().len() / 32;
    let changed = (0..parts).map(|part| (format!("range part {part}"), changed_range(value, part).unwrap()));
    changed.collect()
}

fn signature(value: Signature) -> Changed<Signature> {
    [0, 31, 32, 63]
        .map(|byte| {
            let mut changed = value;
            changed.0[byte] ^= 1;
            (format!("signature byte {byte}"), changed)
        })
        .to_vec()
}

fn terms(value: OrderTerms) -> Changed<OrderTerms> {
    vec![
        ("utility".into(), OrderTerms { utility: Utility::Water, ..value }),
        ("window".into(), OrderTerms { window: Window(value.window.0 + 1), ..value }),
        ("quantity".into(), OrderTerms { quantity: shifted(&value.quantity), ..value }),
        ("limit".into(), OrderTerms { limit: shifted(&value.limit), ..value }),
        ("handle".into(), OrderTerms { handle: shifted(&value.handle), ..value }),
    ]
}

fn outcome(value: Outcome) -> Changed<Outcome> {
    let other = |id: OrderId| {
        let mut id = id;
        id.0[31] ^= 1;
        id
    };
    let mut all = Vec::new();
    match &value {
        Outcome::Trade { price, fills } => {
            for (what, price) in [("more", price.micro_euro() + 1), ("less", price.micro_euro() - 1)] {
                let price = Price::new(price).unwrap();
                all.push((format!("{what} for the price"), Outcome::Trade { price, fills: fills.clone() }));
            }
            for place in 0..fills.len() {
                let (mut of_other, mut of_more) = (fills.clone(), fills.clone());
                of_other[place].order = other(of_other[place].order);
                of_more[place].fill = shifted(&of_more[place].fill);
                all.push((format!("order {place}"), Outcome::Trade { price: *price, fills: of_other }));
                all.push((format!("fill {place}"), Outcome::Trade { price: *price, fills: of_more }));
            }
        }
        Outcome::NoTrade { orders } => {
            for place in 0..orders.len() {
                let mut orders = orders.clone();
                orders[place] = other(orders[place]);
                all.push((format!("order {place}"), Outcome::NoTrade { orders }));
            }
        }
    }
    all
}

/// Every byte of the proof, as far as what comes of it is a proof at all.
fn circuit_proof(value: &CircuitProof) -> Changed<CircuitProof> {
    let flipped = |place: usize| {
        let mut bytes = value.as_bytes().to_vec();
        bytes[place] ^= 1;
        Some((format!("byte {place}"), CircuitProof::decode(&bytes).ok()?))
    };
    let all: Changed<CircuitProof> = (0..value.as_bytes().len()).filter_map(flipped).collect();
    assert!(all.len() > 100, "scalars are still scalars");
    all
}

fn committees(named: &Committee) -> Changed<RegistryChange> {
    let changed = |change: fn(&mut Vec<CommitteeMember>)| {
        let mut members = named.members().to_vec();
        change(&mut members);
        RegistryChange::Committee(Committee::new(named.quorum().threshold(), members).unwrap())
    };
    let more = Committee::new(named.quorum().threshold() + 1, named.members().to_vec()).unwrap();
    vec![
        ("another threshold".into(), RegistryChange::Committee(more)),
        ("another order".into(), changed(|members| members.swap(0, 1))),
        ("fewer members".into(), changed(|members| members.truncate(4))),
        ("another key".into(), changed(|members| members[0].key = SigningKey::from_bytes(&[77; 32]).verifying_key())),
        (
            "another sealing key".into(),
            changed(|members| members[0].sealing = *totals::members(1, 77)[0].sealing.public()),
        ),
    ]
}

fn registry_change(value: RegistryChange) -> Changed<RegistryChange> {
    let set = match value {
        RegistryChange::Validators(set) => set,
        RegistryChange::Operator { .. } => {
            let stranger = SigningKey::from_bytes(&[77; 32]).verifying_key();
            return vec![("another operator".into(), RegistryChange::Operator { key: stranger })];
        }
        RegistryChange::Committee(named) => return committees(&named),
        RegistryChange::Cohorts(cohorts) => {
            let less = RegistryChange::Cohorts(cohorts[1..].to_vec());
            let changed = |change: fn(&mut CohortMeter)| {
                let mut meters = cohorts[0].meters().to_vec();
                change(&mut meters[0]);
                let first = Cohort::new(meters).unwrap();
                RegistryChange::Cohorts([&[first], &cohorts[1..]].concat())
            };
            return vec![
                ("fewer cohorts".into(), less),
                ("another owner".into(), changed(|entry| entry.owner += 1)),
                ("another meter".into(), changed(|entry| entry.meter.0 = 99)),
            ];
        }
        RegistryChange::Meter { meter, class, key } => {
            let stranger = SigningKey::from_bytes(&[77; 32]).verifying_key();
            let next = MeterId(meter.0 + 1);
            return vec![
                ("another meter".into(), RegistryChange::Meter { meter: next, class, key }),
                ("another class".into(), RegistryChange::Meter { meter, class: RangeBits::Bits16, key }),
                ("another key".into(), RegistryChange::Meter { meter, class, key: stranger }),
            ];
        }
    };
    let others = |keys: Vec<VerifyingKey>| RegistryChange::Validators(ValidatorSet::new(keys).unwrap());
    let stranger = SigningKey::from_bytes(&[77; 32]).verifying_key();
    let more = [set.keys(), &[stranger]].concat();
    let mut another = set.keys().to_vec();
    another[1] = stranger;
    let fewer = set.keys()[1..].to_vec();
    vec![
        ("one validator more".into(), others(more)),
        ("another validator".into(), others(another)),
        ("one validator less".into(), others(fewer)),
    ]
}

/// Puts each changed copy of one field into a copy of the transaction.
macro_rules! each {
    ($all:ident, $built:expr, $kind:ident, |$it:ident| $field:expr, $changes:expr) => {{
        let hushwatt_ledger::transaction::Action::$kind($it) = $built.transaction.action() else {
            panic!("another kind")
        };
        #[allow(clippy::redundant_clone, reason = "the field may or may not be Copy")]
        let old = $field.clone();
        for (what, new) in $changes(old) {
            let changed = tamper!($built, $kind, |$it| $field = new);
            $all.push((format!("{}: {what} of {}", stringify!($kind), stringify!($field)), changed));
        }
    }};
}

fn once<T>(what: &str, change: impl Fn(T) -> T) -> impl Fn(T) -> Changed<T> {
    move |old| vec![(what.to_owned(), change(old))]
}

fn mutations(built: &Built) -> Changed<Built> {
    use hushwatt_ledger::transaction::Action;
    let mut all: Changed<Built> = vec![
        ("network".into(), tampered(built, |envelope, _| envelope.network = NetworkId([1; 32]))),
        ("valid_until".into(), tampered(built, |envelope, _| envelope.valid_until = envelope.valid_until.plus(600))),
        ("hints".into(), tampered(built, |envelope, _| envelope.hints.0[0] ^= 1)),
    ];
    let point = || once("point", |point: Point| shifted(&point));
    let scalar = || once("scalar", |scalar| incremented(&scalar));
    match built.transaction.action() {
        Action::Transfer(_) => {
            each!(all, built, Transfer, |it| it.statement.bucket, bucket);
            each!(all, built, Transfer, |it| it.statement.inputs[0], spend);
            each!(all, built, Transfer, |it| it.statement.outputs[0], output);
            each!(all, built, Transfer, |it| it.statement.outputs[1], output);
            each!(all, built, Transfer, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Transfer, |it| it.range, |old| range(&old));
        }
        Action::Attest(_) => {
            each!(all, built, Attest, |it| it.statement.meter, once("meter", |old: MeterId| MeterId(old.0 + 1)));
            each!(all, built, Attest, |it| it.statement.sequence, once("number", |old: u64| old + 1));
            let previous = |old: TransactionId| {
                let mut new = old;
                new.0[0] ^= 1;
                new
            };
            each!(all, built, Attest, |it| it.statement.previous, once("id", previous));
            each!(all, built, Attest, |it| it.statement.salt[0], once("byte", |old: u8| old ^ 1));
            let next = |old: Window| Window(old.0 + 1);
            each!(all, built, Attest, |it| it.statement.first_window, once("window", next));
            let missing = |_| WindowStatus::Missing;
            each!(all, built, Attest, |it| it.statement.windows[1].status, once("status", missing));
            each!(all, built, Attest, |it| it.statement.windows[0].export[0], point());
            each!(all, built, Attest, |it| it.statement.windows[0].import[3], point());
            let key = once("key", |key: Option<Point>| key.map(|key| shifted(&key)));
            each!(all, built, Attest, |it| it.statement.windows[0].note_key, key);
            each!(all, built, Attest, |it| it.range, |old| range(&old));
            each!(all, built, Attest, |it| it.signature, signature);
        }
        Action::Open(_) => {
            each!(all, built, Open, |it| it.statement.bucket, bucket);
            each!(all, built, Open, |it| it.statement.inputs[0], spend);
            each!(all, built, Open, |it| it.statement.change, output);
            let utility = |_| Utility::Electricity;
            each!(all, built, Open, |it| it.statement.contract.utility, once("utility", utility));
            let window = |old: Window| Window(old.0 + 1);
            each!(all, built, Open, |it| it.statement.contract.window, once("window", window));
            let price = |old: Price| Price::new(old.micro_euro() + 10).unwrap();
            each!(all, built, Open, |it| it.statement.contract.price, once("price", price));
            each!(all, built, Open, |it| it.statement.contract.quantity, point());
            each!(all, built, Open, |it| it.statement.contract.handle, point());
            each!(all, built, Open, |it| it.statement.contract.refund_key, point());
            each!(all, built, Open, |it| it.statement.contract.claim_key, point());
            each!(all, built, Open, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Open, |it| it.change_range, |old| range(&old));
            each!(all, built, Open, |it| it.quantity_range, |old| range(&old));
        }
        Action::Deliver(_) => {
            each!(all, built, Deliver, |it| it.statement.bucket, bucket);
            each!(all, built, Deliver, |it| it.statement.inputs[0], spend);
            each!(all, built, Deliver, |it| it.statement.change, output);
            each!(all, built, Deliver, |it| it.statement.payout_key, point());
            let contract = |old: ContractId| {
                let mut new = old;
                new.0[31] ^= 1;
                new
            };
            each!(all, built, Deliver, |it| it.statement.deliveries[0].contract, once("contract", contract));
            each!(all, built, Deliver, |it| it.statement.deliveries[1].delivered, point());
            each!(all, built, Deliver, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Deliver, |it| it.claims[0], |old| schnorr(&old));
            each!(all, built, Deliver, |it| it.claims[1], |old| schnorr(&old));
            let element = |old: Element| shifted(&Point::try_from(old).unwrap()).into();
            each!(all, built, Deliver, |it| it.handles.commitment, once("point", element));
            each!(all, built, Deliver, |it| it.handles.value_response, scalar());
            each!(all, built, Deliver, |it| it.handles.handle_response, scalar());
            each!(all, built, Deliver, |it| it.range, |old| range(&old));
        }
        Action::Mint(_) => {
            each!(all, built, Mint, |it| it.statement.serial, once("serial", |old: u64| old + 1));
            each!(all, built, Mint, |it| it.statement.total, once("total", |old: Credit| Credit(old.0 + 1)));
            each!(all, built, Mint, |it| it.statement.outputs[0], output);
            each!(all, built, Mint, |it| it.statement.excess, scalar());
            each!(all, built, Mint, |it| it.range, |old| range(&old));
            each!(all, built, Mint, |it| it.signature, signature);
        }
        Action::Burn(_) => {
            each!(all, built, Burn, |it| it.statement.inputs[0].bucket, bucket);
            each!(all, built, Burn, |it| it.statement.inputs[0].spend, spend);
            each!(all, built, Burn, |it| it.statement.total, once("total", |old: Credit| Credit(old.0 + 1)));
            each!(all, built, Burn, |it| it.statement.change, output);
            each!(all, built, Burn, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Burn, |it| it.range, |old| range(&old));
            each!(all, built, Burn, |it| it.signature, signature);
        }
        Action::Correct(_) => {
            each!(all, built, Correct, |it| it.statement.meter, once("meter", |old: MeterId| MeterId(old.0 + 1)));
            each!(all, built, Correct, |it| it.statement.sequence, once("number", |old: u64| old + 1));
            let previous = |old: TransactionId| {
                let mut new = old;
                new.0[0] ^= 1;
                new
            };
            each!(all, built, Correct, |it| it.statement.previous, once("id", previous));
            for byte in [0, 31] {
                each!(all, built, Correct, |it| it.statement.salt[byte], once("byte", |old: u8| old ^ 1));
            }
            each!(all, built, Correct, |it| it.statement.window, once("window", |old: Window| Window(old.0 + 1)));
            for interval in 0..4 {
                each!(all, built, Correct, |it| it.statement.export[interval], point());
                each!(all, built, Correct, |it| it.statement.import[interval], point());
            }
            each!(all, built, Correct, |it| it.range, |old| range(&old));
            each!(all, built, Correct, |it| it.signature, signature);
        }
        Action::Registry(_) => {
            each!(all, built, Registry, |it| it.statement.serial, once("serial", |old: u64| old + 1));
            each!(all, built, Registry, |it| it.statement.change, registry_change);
            each!(all, built, Registry, |it| it.signatures[0].0, once("index", |old: u8| old + 2));
            each!(all, built, Registry, |it| it.signatures[1].0, once("index", |old: u8| old + 1));
            each!(all, built, Registry, |it| it.signatures[0].1, signature);
            each!(all, built, Registry, |it| it.signatures[1].1, signature);
        }
        Action::Sell(_) => {
            each!(all, built, Sell, |it| it.statement.bucket, bucket);
            each!(all, built, Sell, |it| it.statement.inputs[0], spend);
            each!(all, built, Sell, |it| it.statement.change, output);
            each!(all, built, Sell, |it| it.statement.terms, terms);
            each!(all, built, Sell, |it| it.statement.payout_key, point());
            each!(all, built, Sell, |it| it.statement.rest_key, point());
            each!(all, built, Sell, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Sell, |it| it.range, |old| range(&old));
            each!(all, built, Sell, |it| it.admission, signature);
        }
        Action::Buy(_) => {
            each!(all, built, Buy, |it| it.statement.bucket, bucket);
            each!(all, built, Buy, |it| it.statement.inputs[0], spend);
            each!(all, built, Buy, |it| it.statement.change, output);
            each!(all, built, Buy, |it| it.statement.terms, terms);
            each!(all, built, Buy, |it| it.statement.refund_key, point());
            each!(all, built, Buy, |it| it.signatures[0], |old| clsag(&old));
            each!(all, built, Buy, |it| it.change_range, |old| range(&old));
            each!(all, built, Buy, |it| it.terms_range, |old| range(&old));
            each!(all, built, Buy, |it| it.admission, signature);
        }
        Action::Clear(clear) => {
            each!(all, built, Clear, |it| it.statement.utility, once("utility", |_| Utility::Heat));
            each!(all, built, Clear, |it| it.statement.window, once("window", |old: Window| Window(old.0 + 1)));
            each!(all, built, Clear, |it| it.statement.outcome, outcome);
            each!(all, built, Clear, |it| it.proof, |old| circuit_proof(&old));
            each!(all, built, Clear, |it| it.signature, signature);
            if let Some(handles) = &clear.handles {
                let element = |old: Element| shifted(&Point::try_from(old).unwrap()).into();
                let changed = [
                    HandleProof { commitment: element(handles.commitment), ..*handles },
                    HandleProof { value_response: incremented(&handles.value_response), ..*handles },
                    HandleProof { handle_response: incremented(&handles.handle_response), ..*handles },
                ];
                for (place, handles) in changed.into_iter().enumerate() {
                    let changed = tamper!(built, Clear, |it| it.handles = Some(handles));
                    all.push((format!("Clear: part {place} of handles"), changed));
                }
            }
        }
        Action::Share(share) => {
            let next = |old: Period| Period(old.0 + 1);
            each!(all, built, Share, |it| it.statement.period, once("period", next));
            each!(all, built, Share, |it| it.statement.subject, other_subjects);
            for (sharing, listed) in share.statement.sharings.iter().enumerate() {
                for degree in 0..listed.coefficients.len() {
                    each!(all, built, Share, |it| it.statement.sharings[sharing].coefficients[degree], point());
                }
                for member in 0..listed.sealed.len() {
                    each!(all, built, Share, |it| it.statement.sharings[sharing].sealed[member], digest);
                }
            }
            match share.authority {
                Authority::Meter(old) => all.extend(signature(old).into_iter().map(|(what, new)| {
                    (format!("Share: {what}"), tamper!(built, Share, |it| it.authority = Authority::Meter(new)))
                })),
                Authority::Seller(old) => all.extend(schnorr(&old).into_iter().map(|(what, new)| {
                    (format!("Share: {what}"), tamper!(built, Share, |it| it.authority = Authority::Seller(new)))
                })),
            }
        }
        Action::Complain(_) => {
            let next = |old: Period| Period(old.0 + 1);
            each!(all, built, Complain, |it| it.statement.place.period, once("period", next));
            each!(all, built, Complain, |it| it.statement.place.subject, other_subjects);
            each!(all, built, Complain, |it| it.statement.place.sharing, once("sharing", |old: u8| 1 - old));
            each!(all, built, Complain, |it| it.statement.place.member, once("member", other_member));
            for byte in [0, 40, SEALED_SHARE_LENGTH - 1] {
                each!(all, built, Complain, |it| it.statement.sealed.0[byte], once("byte", |old: u8| old ^ 1));
            }
            each!(all, built, Complain, |it| it.statement.opened, opened);
            each!(all, built, Complain, |it| it.signature, signature);
        }
        Action::Request(_) => {
            each!(all, built, Request, |it| it.statement.period, once("period", |old: Period| Period(old.0 + 1)));
            each!(all, built, Request, |it| it.statement.target, other_targets);
            each!(all, built, Request, |it| it.statement.left_out, |old: Vec<MeterId>| {
                let (fewer, more) = (&old[..old.len().saturating_sub(1)], [&old[..], &[MeterId(99)]].concat());
                let others = [vec![], fewer.to_vec(), more, [5, 6, 7].map(MeterId).to_vec()];
                let others = others.into_iter().filter(|others| *others != old);
                others.map(|others| (format!("left out {others:?}"), others)).collect::<Changed<_>>()
            });
            each!(all, built, Request, |it| it.statement.registrar, once("registrar", |old: u8| old + 1));
            each!(all, built, Request, |it| it.signature, signature);
        }
        Action::Release(_) => {
            each!(all, built, Release, |it| it.statement.period, once("period", |old: Period| Period(old.0 + 1)));
            each!(all, built, Release, |it| it.statement.target, other_targets);
            each!(all, built, Release, |it| it.statement.member, once("member", other_member));
            for place in 0..2 {
                each!(all, built, Release, |it| it.statement.shares[place].value, scalar());
                each!(all, built, Release, |it| it.statement.shares[place].blinding, scalar());
            }
            each!(all, built, Release, |it| it.signature, signature);
        }
    }
    all
}

/// Another one of the same kind, for each part of it, and one of the other kind.
fn other_subjects(old: Subject) -> Changed<Subject> {
    let others = match old {
        Subject::Meter(meter) => {
            let trade = TradeId([meter.0 as u8; 32]);
            vec![Subject::Meter(MeterId(meter.0 + 1)), Subject::Trade { utility: Utility::Electricity, trade }]
        }
        Subject::Trade { utility, trade } => {
            let other = |byte: usize| {
                let mut id = trade.0;
                id[byte] ^= 1;
                Subject::Trade { utility, trade: TradeId(id) }
            };
            vec![other(0), other(31), Subject::Trade { utility: Utility::Water, trade }, Subject::Meter(MeterId(0))]
        }
    };
    others.into_iter().map(|other| (format!("{other:?}"), other)).collect()
}

fn other_targets(old: Target) -> Changed<Target> {
    let all = [0, 1].map(Target::Cohort).into_iter().chain([Utility::Electricity, Utility::Water].map(Target::Trades));
    all.filter(|other| *other != old).map(|other| (format!("{other:?}"), other)).collect()
}

/// Each part of what is shown of a sealed share, and nothing; or something where nothing is shown.
fn opened(old: Option<Opened>) -> Changed<Option<Opened>> {
    let any = Point::new(RISTRETTO_BASEPOINT_POINT).unwrap();
    let Some(old) = old else {
        let response = PublicScalar(Scalar::ONE);
        let opened = Opened { shared: any, of_key: any.into(), of_shared: any.into(), response };
        return vec![("something shown".to_owned(), Some(opened))];
    };
    let one = |element: Element| shifted(&Point::try_from(element).unwrap()).into();
    let parts = [
        Opened { shared: shifted(&old.shared), ..old },
        Opened { of_key: one(old.of_key), ..old },
        Opened { of_shared: one(old.of_shared), ..old },
        Opened { response: incremented(&old.response), ..old },
    ];
    let changed = parts.into_iter().enumerate().map(|(part, opened)| (format!("part {part}"), Some(opened)));
    changed.chain([("nothing shown".to_owned(), None)]).collect()
}

fn digest(value: [u8; 32]) -> Changed<[u8; 32]> {
    [0, 31]
        .map(|byte| {
            let mut changed = value;
            changed[byte] ^= 1;
            (format!("digest byte {byte}"), changed)
        })
        .to_vec()
}

fn other_member(old: Member) -> Member {
    Member::at(old.place() + 1).unwrap()
}

#[test]
fn a_change_of_any_field_of_any_kind_is_rejected() {
    let scenes = scenes();
    for (world, built) in scenes.iter().flat_map(|(world, all)| all.iter().map(move |built| (world, built))) {
        let changed = mutations(built);
        assert!(changed.len() > 12);
        changed.par_iter().for_each(|(what, changed)| {
            assert_ne!(changed.transaction, built.transaction, "{what} changes something");
            assert!(world.verdict(world.after(60), changed).is_err(), "{what} is free");
        });
    }
}

#[test]
fn a_flip_of_any_bit_of_any_kind_is_rejected() {
    let scenes = scenes();
    let step = if full_effort() { 1 } else { 5 };
    for (world, built) in scenes.iter().flat_map(|(world, all)| all.iter().map(move |built| (world, built))) {
        let bytes = built.transaction.encode();
        (0..bytes.len()).into_par_iter().step_by(step).for_each(|place| {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << (place % 8);
            let verdict = world.verdict_on_bytes(world.after(60), &flipped, &built.hints);
            assert!(verdict.is_err(), "byte {place} of a {} is free", built.transaction.action().name());
        });
    }
}
