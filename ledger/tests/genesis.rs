//! The genesis file: who is listed how often, and in which order.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use hushwatt_crypto::{
    hash::hex,
    range::RangeBits,
    signature::{SigningKey, VerifyingKey},
};
use hushwatt_ledger::{
    genesis::{Genesis, GenesisError, Meter, NewGenesis},
    parameters::{ParameterError, Parameters},
    units::{Timestamp, Utility},
};

fn key(number: u16) -> VerifyingKey {
    let mut secret = [0; 32];
    secret[..2].copy_from_slice(&number.to_le_bytes());
    SigningKey::from_bytes(&secret).verifying_key()
}

fn keys(numbers: std::ops::Range<u16>) -> Vec<VerifyingKey> {
    numbers.map(key).collect()
}

/// Four validators, three registrars of whom two sign, one meter.
fn new() -> NewGenesis {
    NewGenesis {
        time: Timestamp(1_700_000_000),
        simulated_time: false,
        parameters: Parameters::default(),
        validators: keys(1..5),
        registrars: keys(11..14),
        registrar_quorum: 2,
        treasury: key(20),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key(21) }],
    }
}

fn with(change: impl FnOnce(&mut NewGenesis)) -> Result<Genesis, GenesisError> {
    let mut genesis = new();
    change(&mut genesis);
    genesis.build()
}

#[test]
fn validators_are_sorted_and_registrars_keep_their_places() {
    let genesis = with(|new| new.validators.reverse()).unwrap();
    let mut sorted: Vec<[u8; 32]> = keys(1..5).iter().map(|key| *key.as_bytes()).collect();
    sorted.sort_unstable();
    let found: Vec<[u8; 32]> = genesis.validators().keys().iter().map(|key| *key.as_bytes()).collect();
    assert_eq!((found, genesis.validators().quorum()), (sorted, 3));
    assert_eq!((genesis.registrars(), genesis.registrar_quorum()), (&keys(11..14)[..], 2));
    // The file keeps its order, and with it its own network id.
    assert_ne!(genesis.network(), new().build().unwrap().network());
    assert_eq!(Genesis::parse(genesis.bytes()).unwrap().network(), genesis.network());
}

#[test]
fn one_to_a_hundred_validators_are_accepted() {
    for count in [1, 2, 100] {
        let genesis = with(|new| new.validators = keys(1000..1000 + count)).unwrap();
        assert_eq!(genesis.validators().count(), usize::from(count));
    }
    for count in [0, 101] {
        let refused = with(|new| new.validators = keys(1000..1000 + count));
        assert!(matches!(refused, Err(GenesisError::ValidatorCount)), "{count} validators");
    }
}

#[test]
fn a_quorum_of_registrars_is_one_that_can_be_reached_and_is_not_nobody() {
    for (count, quorum, right) in
        [(0, 0, true), (0, 1, false), (1, 0, false), (1, 1, true), (1, 2, false), (32, 32, true), (32, 33, false)]
    {
        let built = with(|new| (new.registrars, new.registrar_quorum) = (keys(1000..1000 + count), quorum));
        match built {
            Ok(genesis) => assert_eq!((right, genesis.registrar_quorum()), (true, quorum as usize)),
            Err(GenesisError::RegistrarQuorum) => assert!(!right, "{quorum} of {count}"),
            Err(error) => panic!("{error}"),
        }
    }
    let refused = with(|new| new.registrars = keys(1000..1033));
    assert!(matches!(refused, Err(GenesisError::TooManyRegistrars)));
}

#[test]
fn one_key_has_one_role() {
    type Change = fn(&mut NewGenesis);
    let changes: [Change; 8] = [
        |new| new.validators[1] = new.validators[0],
        |new| new.registrars[2] = new.registrars[0],
        |new| new.registrars[2] = new.validators[3],
        |new| new.treasury = new.validators[2],
        |new| new.treasury = new.registrars[1],
        |new| new.meters[0].key = new.validators[1],
        |new| new.meters[0].key = new.registrars[1],
        |new| new.meters[0].key = new.treasury,
    ];
    for (place, change) in changes.into_iter().enumerate() {
        assert!(matches!(with(change), Err(GenesisError::DuplicateKey)), "change {place}");
    }
}

#[test]
fn a_key_that_is_none_is_named_by_its_role_and_place() {
    let text = String::from_utf8(new().build().unwrap().bytes().to_vec()).unwrap();
    for (listed, role, index) in [(3, "validator", 2), (12, "registrar", 1), (20, "treasury", 0), (21, "meter", 0)] {
        let bad = text.replace(&hex(key(listed).as_bytes()), &"00".repeat(32));
        match Genesis::parse(bad.as_bytes()) {
            Err(GenesisError::Key { role: found, index: place }) => assert_eq!((found, place), (role, index)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_without_registrars_and_epochs_has_none_and_the_default() {
    let text = String::from_utf8(
        with(|new| (new.registrars, new.registrar_quorum) = (Vec::new(), 0)).unwrap().bytes().to_vec(),
    );
    let lines = text.unwrap();
    let shorter: Vec<&str> =
        lines.lines().filter(|line| !line.contains("registrar") && !line.contains("epoch_blocks")).collect();
    let genesis = Genesis::parse(shorter.join("\n").as_bytes()).unwrap();
    assert_eq!((genesis.registrars().len(), genesis.registrar_quorum()), (0, 0));
    assert_eq!(genesis.parameters.epoch_blocks, 240);
}

#[test]
fn a_file_names_an_operator_or_none_and_his_key_is_his_own() {
    let (without, named) = (new().build().unwrap(), with(|new| new.operator = Some(key(30))).unwrap());
    assert_eq!((without.operator, named.operator), (None, Some(key(30))));
    assert!(!String::from_utf8(without.bytes().to_vec()).unwrap().contains("operator"));
    assert_eq!(Genesis::parse(named.bytes()).unwrap().operator, Some(key(30)));
    for taken in [1, 11, 20, 21] {
        assert!(matches!(with(|new| new.operator = Some(key(taken))), Err(GenesisError::DuplicateKey)), "{taken}");
    }
    let bad = String::from_utf8(named.bytes().to_vec()).unwrap().replace(&hex(key(30).as_bytes()), "00");
    assert!(matches!(Genesis::parse(bad.as_bytes()), Err(GenesisError::Key { role: "operator", index: 0 })));
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    let refused = with(|new| new.parameters.epoch_blocks = 1);
    assert!(matches!(refused, Err(GenesisError::Parameters(ParameterError::EpochBlocks))));
}
