//! Golden proofs: made once with a released version of a statement, verified on every run, never made again.
//!
//! One file a statement version and shape, `tests/golden/<name>.json`: the public inputs, the digest of the circuit and the
//! proof. A file that is missing or no longer verifies fails the tests: either a statement changed without a new version,
//! or a dependency compiles it to another circuit or verifies otherwise. A new version gets a new file beside the old one:
//! `HUSHWATT_WRITE_GOLDEN=1 cargo test -p hushwatt-circuits golden` writes those that do not exist yet.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use hushwatt_circuits::{CircuitProof, Error};
use hushwatt_crypto::{Element, commitment::Opening, hash::hex};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A golden file. `I` is what is public of the statement.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden<I> {
    pub inputs: I,
    /// Digest of the circuit, in hexadecimal digits.
    pub circuit: String,
    /// Bytes of the proof, in hexadecimal digits.
    pub proof: String,
}

impl<I> Golden<I> {
    pub fn new(inputs: I, circuit: [u8; 32], proof: &CircuitProof) -> Self {
        Golden { inputs, circuit: hex(&circuit), proof: hex(proof.as_bytes()) }
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"))
}

/// Bytes from hexadecimal digits.
pub fn unhex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2), "an even number of digits");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A commitment as hexadecimal digits, for inputs.
pub fn element_hex(element: &Element) -> String {
    hex(element.as_bytes())
}

/// The commitment of [`element_hex`].
pub fn element(digits: &str) -> Element {
    Element::decode(&unhex(digits).try_into().unwrap()).unwrap()
}

/// The commitments that openings open, as [`element_hex`].
pub fn commitments_hex<'a>(openings: impl IntoIterator<Item = &'a Opening>) -> Vec<String> {
    openings.into_iter().map(|opening| element_hex(&opening.commit())).collect()
}

/// The file, its circuit digest is still what `circuit` says, its proof still verifies, and no other proof does.
pub fn check<I: DeserializeOwned>(
    name: &str,
    circuit: impl Fn(&I) -> [u8; 32],
    verify: impl Fn(&I, &CircuitProof) -> Result<(), Error>,
) {
    let path = path(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let golden: Golden<I> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(hex(&circuit(&golden.inputs)), golden.circuit, "{name} compiles to another circuit");
    let bytes = unhex(&golden.proof);
    let proof = CircuitProof::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(proof.as_bytes(), bytes);
    assert_eq!(verify(&golden.inputs, &proof), Ok(()), "{name} no longer holds");
    // That it holds is not because everything does: with its last scalar changed it is refused.
    let mut other = bytes;
    let last = other.len() - 32;
    other[last] ^= 1;
    let other = CircuitProof::decode(&other).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(verify(&golden.inputs, &other), Err(Error::Rejected), "{name} holds with any proof");
}

/// Writes a file that does not exist yet, if the environment asks for it; touches nothing that does.
pub fn write_missing<I: Serialize>(name: &str, make: impl FnOnce() -> Golden<I>) {
    let path = path(name);
    if env::var_os("HUSHWATT_WRITE_GOLDEN").is_none() || path.exists() {
        return;
    }
    let text = serde_json::to_string_pretty(&make()).unwrap();
    fs::write(&path, text + "\n").unwrap();
    println!("{} is new: check it in", path.display());
}
