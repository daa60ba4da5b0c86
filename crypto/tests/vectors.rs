//! Every derivation of sections 1, 2, 3, 6.2 and 6.3 against `vectors/vectors.json`, made once by a second, independent
//! implementation (`vectors/derive.py`) and never regenerated in place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{io::ErrorKind, path::Path, process::Command};

use hushwatt_crypto::{
    Element, Label, NetworkId, PROTOCOL_VERSION, Point, SecretScalar,
    address::Address,
    commitment::Opening,
    context::Context,
    generators::generators,
    handle::handle,
    hash::Hasher,
    hint::{Hint, HintBody, MEMO_LENGTH},
    keys::{Account, OneTimeSecret, Seed, hash_to_point},
    meter::{DayKey, Register},
    onetime::{NewOutput, SharedSecret},
};
use serde::Deserialize;
use zeroize::Zeroizing;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// Bytes that the file writes in hexadecimal.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(|| format!("not hexadecimal: {text}"))?;
        Ok(Hex(digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()))
    }
}

impl Hex {
    fn array<const N: usize>(&self) -> [u8; N] {
        self.0.as_slice().try_into().expect("the vector has the right length")
    }

    fn network(&self) -> NetworkId {
        NetworkId(self.array())
    }

    fn scalar(&self) -> SecretScalar {
        SecretScalar::decode(&self.array()).unwrap()
    }

    fn point(&self) -> Point {
        Point::decode(&self.array()).unwrap()
    }
}

impl PartialEq<Element> for Hex {
    fn eq(&self, element: &Element) -> bool {
        self.0 == element.as_bytes()
    }
}

impl PartialEq<SecretScalar> for Hex {
    fn eq(&self, scalar: &SecretScalar) -> bool {
        self.0 == scalar.to_bytes()[..]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    protocol_version: u8,
    generators: GeneratorVectors,
    hashes: Vec<HashVector>,
    accounts: Vec<AccountVector>,
    outputs: Vec<OutputVector>,
    commitments: Vec<CommitmentVector>,
    handles: Vec<HandleVector>,
    meters: Vec<MeterVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeneratorVectors {
    g: Hex,
    h: Hex,
    j: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashVector {
    network: Hex,
    label: String,
    parts: Vec<Hex>,
    digest: Hex,
    scalar: Hex,
    point: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountVector {
    network: Hex,
    seed: Hex,
    view_secret: Hex,
    spend_secret: Hex,
    view_public: Hex,
    spend_public: Hex,
    address: String,
}

impl AccountVector {
    fn account(&self) -> Account {
        Account::from_seed(&self.network.network(), &Seed::from_bytes(self.seed.array())).unwrap()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextVector {
    mint_serial: Option<u64>,
    first_image: Option<Hex>,
    bytes: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputVector {
    account: usize,
    context: ContextVector,
    index: u8,
    ephemeral_wide: Hex,
    ephemeral_public: Hex,
    tweak: Hex,
    view_tag: u8,
    hint_key: Hex,
    key: Hex,
    secret: Hex,
    hash_to_point: Hex,
    image: Hex,
    value: u64,
    blinding: Hex,
    commitment: Hex,
    memo: Hex,
    hint: Hex,
}

impl OutputVector {
    fn context(&self, network: &NetworkId) -> Context {
        match (&self.context.mint_serial, &self.context.first_image) {
            (Some(serial), None) => Context::of_mint(network, *serial),
            (None, Some(image)) => Context::of_first_image(&image.point()),
            _ => panic!("a context is of a Mint or of a first image"),
        }
    }

    /// The output as its sender makes it, `r` reduced from the vector's 64 bytes.
    fn derive(&self, network: &NetworkId, to: &Address) -> NewOutput {
        let mut rng = Given(self.ephemeral_wide.0.clone());
        let output = NewOutput::derive(network, to, self.context(network), self.index, &mut rng).unwrap();
        assert!(rng.0.is_empty(), "r is made from exactly 64 bytes");
        output
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitmentVector {
    value: u64,
    blinding: Hex,
    commitment: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandleVector {
    delivered_blinding: Hex,
    t: Hex,
    handle: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterVector {
    account: usize,
    meter: u32,
    day: u64,
    day_key: Hex,
    next_day_keys: Vec<Hex>,
    salt: Hex,
    notes: Vec<MeterNoteVector>,
    readings: Vec<ReadingVector>,
}

impl MeterVector {
    fn first_key(&self) -> DayKey {
        DayKey::from_bytes(self.day, self.day_key.array())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterNoteVector {
    window: u64,
    day: u64,
    tweak: Hex,
    key: Hex,
    secret: Hex,
    image: Hex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadingVector {
    day: u64,
    register: String,
    interval: u64,
    blinding: Hex,
    value: u64,
    commitment: Hex,
}

/// Gives out these bytes and then no more.
struct Given(Vec<u8>);

impl rand_core::RngCore for Given {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        assert!(bytes.len() <= self.0.len(), "more randomness asked for than the vector gives");
        bytes.copy_from_slice(&self.0[..bytes.len()]);
        self.0.drain(..bytes.len());
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
impl rand_core::CryptoRng for Given {}

fn vectors() -> Vectors {
    let text = std::fs::read_to_string(Path::new(FOLDER).join("vectors.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_generators_are_the_base_point_its_hash_and_the_hash_of_a_label() {
    let GeneratorVectors { g, h, j } = vectors().generators;
    let base = generators();
    assert_eq!(
        (g, h, j),
        (Hex(base.g.as_bytes().to_vec()), Hex(base.h.as_bytes().to_vec()), Hex(base.j.as_bytes().to_vec()))
    );
}

#[test]
fn hashes_begin_with_version_network_and_label_and_keep_their_parts_apart() {
    let vectors = vectors();
    assert_eq!(vectors.protocol_version, PROTOCOL_VERSION);
    for vector in &vectors.hashes {
        let label = Label::ALL.iter().find(|label| label.as_str() == vector.label);
        let label = *label.unwrap_or_else(|| panic!("the label {} is gone: a row never changes", vector.label));
        let start = Hasher::new(&vector.network.network(), label);
        let hasher = vector.parts.iter().fold(start, |hasher, part| hasher.part(&part.0));
        let digest = hasher.clone().finish64();
        assert_eq!(vector.digest.0, digest, "{}", vector.label);
        assert_eq!(hasher.clone().finish32(), digest[..32]);
        assert_eq!(vector.scalar, hasher.clone().finish_scalar());
        assert_eq!(vector.scalar.0, *hasher.clone().finish_scalar().to_bytes());
        assert_eq!(vector.point, Element::new(hasher.finish_point()));
    }
}

#[test]
fn a_seed_gives_the_view_pair_the_spend_pair_and_the_address() {
    for vector in &vectors().accounts {
        let account = vector.account();
        // `v` never leaves its type: its public key stands for it.
        assert_eq!(vector.view_public, vector.view_secret.scalar().public());
        assert_eq!(vector.view_public, *account.address().view);
        let spend = OneTimeSecret::new(&SecretScalar::zero(), account.spend());
        assert_eq!(vector.spend_secret, *spend.secret());
        assert_eq!(vector.spend_public, *account.address().spend);
        assert_eq!(vector.spend_public, **account.view().spend_public());
        let network = vector.network.network();
        assert_eq!(vector.address, account.address().encode(&network));
        assert_eq!(Address::decode(&network, &vector.address).as_ref(), Ok(account.address()));
    }
}

#[test]
fn sender_and_recipient_derive_the_one_time_key_the_view_tag_and_the_hint_key() {
    let vectors = vectors();
    for vector in &vectors.outputs {
        let to = &vectors.accounts[vector.account];
        let (network, account) = (to.network.network(), to.account());
        let context = vector.context(&network);
        assert_eq!(vector.context.bytes.0, context.as_bytes());
        let sent = vector.derive(&network, account.address());
        assert_eq!(vector.ephemeral_public, sent.ephemeral);
        assert_eq!(vector.key, *sent.key);
        let ephemeral = vector.ephemeral_public.point();
        let received = SharedSecret::from_hint(&network, account.view(), &ephemeral, context, vector.index);
        for shared in [&sent.shared, &received] {
            assert_eq!(vector.tweak, shared.tweak());
            assert_eq!(vector.view_tag, shared.view_tag());
            assert_eq!(vector.hint_key.0, shared.hint_key()[..]);
            assert_eq!(vector.key, *shared.one_time_key(&account.address().spend).unwrap());
        }
    }
}

#[test]
fn a_one_time_secret_is_tweak_plus_spend_secret_and_has_its_key_image() {
    let vectors = vectors();
    for vector in &vectors.outputs {
        let account = vectors.accounts[vector.account].account();
        let secret = OneTimeSecret::new(&vector.tweak.scalar(), account.spend());
        assert_eq!(vector.secret, *secret.secret());
        assert_eq!(vector.key, *secret.public().unwrap());
        assert_eq!(vector.hash_to_point, Element::new(hash_to_point(&vector.key.point())));
        assert_eq!(vector.image, *secret.key_image().unwrap());
    }
}

#[test]
fn a_hint_is_ephemeral_key_view_tag_and_the_sealed_opening() {
    let vectors = vectors();
    for vector in &vectors.outputs {
        let to = &vectors.accounts[vector.account];
        let (network, account) = (to.network.network(), to.account());
        let sent = vector.derive(&network, account.address());
        let opening = Opening::new(vector.value, vector.blinding.scalar());
        assert_eq!(vector.commitment, opening.commit());
        let memo = Zeroizing::new(vector.memo.array::<MEMO_LENGTH>());
        let hint = Hint::seal(&sent, &HintBody { value: opening.value, blinding: opening.blinding, memo });
        assert_eq!(vector.hint.0, hint.0);
        let context = vector.context(&network);
        let found = hint.open(&network, account.view(), context, vector.index, &sent.key).unwrap();
        assert_eq!(vector.tweak, found.tweak);
        assert_eq!((found.body.value, vector.memo.0.as_slice()), (vector.value, &found.body.memo[..]));
        assert_eq!(vector.blinding, found.body.blinding);
    }
}

#[test]
fn a_contracts_hint_is_the_handles_two_secrets_in_the_memo() {
    let vectors = vectors();
    let (contract, secrets) = (&vectors.outputs[2], &vectors.handles[2]);
    let (b_d, t) = (secrets.delivered_blinding.scalar(), secrets.t.scalar());
    let body = HintBody::contract(contract.value, contract.blinding.scalar(), &b_d, &t);
    assert_eq!(contract.memo.0, body.memo[..]);
    assert_eq!(body.handle_secrets(), Some((b_d, t)));
}

#[test]
fn a_commitment_is_value_times_h_plus_blinding_times_g() {
    for vector in &vectors().commitments {
        let opening = Opening::new(vector.value, vector.blinding.scalar());
        assert_eq!(vector.commitment, opening.commit());
    }
}

#[test]
fn a_handle_is_the_delivered_blinding_times_g_plus_t_times_j() {
    for vector in &vectors().handles {
        let made = handle(&vector.delivered_blinding.scalar(), &vector.t.scalar()).unwrap();
        assert_eq!(vector.handle, *made);
    }
}

#[test]
fn the_day_key_ratchets_forward() {
    let vectors = vectors();
    for vector in &vectors.meters {
        let network = vectors.accounts[vector.account].network.network();
        let first = vector.first_key();
        let mut key = first.clone();
        for (day, next) in (vector.day + 1..).zip(&vector.next_day_keys) {
            key = key.next(&network);
            assert_eq!((key.day(), next.0.as_slice()), (day, &key.expose()[..]));
            assert_eq!(first.advance(&network, day), Some(key.clone()));
        }
    }
}

#[test]
fn a_meter_and_its_household_derive_the_same_energy_note() {
    let vectors = vectors();
    for vector in &vectors.meters {
        let to = &vectors.accounts[vector.account];
        let (network, account) = (to.network.network(), to.account());
        for note in &vector.notes {
            let key = vector.first_key().advance(&network, note.day).unwrap();
            let tweak = key.note_tweak(&network, vector.meter, note.window);
            assert_eq!(note.tweak, tweak);
            let made = key.note_key(&network, vector.meter, note.window, &account.address().spend).unwrap();
            assert_eq!(note.key, *made);
            let secret = OneTimeSecret::new(&tweak, account.spend());
            assert_eq!(note.secret, *secret.secret());
            assert_eq!(note.image, *secret.key_image().unwrap());
        }
    }
}

#[test]
fn a_reading_is_blinded_by_day_key_meter_salt_register_and_interval() {
    let vectors = vectors();
    for vector in &vectors.meters {
        let network = vectors.accounts[vector.account].network.network();
        for reading in &vector.readings {
            let register = match reading.register.as_str() {
                "export" => Register::Export,
                "import" => Register::Import,
                other => panic!("no register is called {other}"),
            };
            let key = vector.first_key().advance(&network, reading.day).unwrap();
            let salt = vector.salt.array();
            let blinding = key.reading_blinding(&network, vector.meter, &salt, register, reading.interval);
            assert_eq!(reading.blinding, blinding);
            assert_eq!(reading.commitment, Opening::new(reading.value, blinding).commit());
        }
    }
}

#[test]
fn the_script_still_writes_the_file_to_the_byte() {
    let run = Command::new("python3").arg("-I").arg("-B").arg(Path::new(FOLDER).join("derive.py")).output();
    let output = match run {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "python3 is missing, and CI must not skip this test"
            );
            println!("skipped: python3 is missing");
            return;
        }
        other => other.unwrap(),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let checked_in = std::fs::read(Path::new(FOLDER).join("vectors.json")).unwrap();
    assert!(output.stdout == checked_in, "derive.py and vectors.json differ: the file is never regenerated in place");
}
