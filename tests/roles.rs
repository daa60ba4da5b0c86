//! What each role learns: the table is whole, the tests that it names are there, the documents say what it says; and what it
//! says of everybody is looked for in a recorded chain.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt::roles::{Learns, ROWS, Role, Thing, Until, paper, row};
use hushwatt_crypto::{
    NetworkId,
    keys::{Account, Seed},
};
use hushwatt_wallet::{Archive, Follower, Wallet, restore};
use serde_json::Value;

const GDPR: &str = "docs/gdpr";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents for a data-protection officer, by their names.
fn documents() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(GDPR)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut all: Vec<(String, String)> = names.map(|name| (name.clone(), read(&format!("{GDPR}/{name}")))).collect();
    all.sort();
    all
}

/// Whether a file has a test of this name: one that runs, not a helper.
fn is_test(path: &str, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(root().join(path)) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let wanted = [format!("fn {name}("), format!("async fn {name}(")];
    lines.iter().enumerate().any(|(at, line)| {
        let marks = || lines[at.saturating_sub(3)..at].iter();
        wanted.iter().any(|start| line.starts_with(start))
            && marks().any(|mark| matches!(*mark, "#[test]" | "#[tokio::test]"))
    })
}

#[test]
fn everybody_has_each_thing_once_and_nobody_learns_less() {
    for thing in Thing::ALL {
        for role in Role::ALL {
            assert!(
                ROWS.iter().filter(|row| row.role == role && row.thing == thing).count() <= 1,
                "{role:?} {thing:?}"
            );
            let everybody = row(Role::Everybody, thing).unwrap_or_else(|| panic!("nothing about {thing:?}"));
            let learnt = row(role, thing).unwrap();
            assert!(learnt.learns >= everybody.learns, "{role:?} learns less of {thing:?} than everybody");
            match learnt.learns {
                Learns::Never => assert_eq!(learnt.until, Until::Never, "{role:?} {thing:?}"),
                Learns::Guess => {}
                Learns::Consent | Learns::Own | Learns::All => {
                    assert_ne!(learnt.until, Until::Never, "{role:?} {thing:?}")
                }
            }
        }
    }
    assert!(Role::ALL.iter().all(|role| role.rows().count() > 0));
    // Neither a role nor a thing is left out of what is told, and each has a name of its own.
    assert!(ROWS.iter().all(|row| Thing::ALL.contains(&row.thing) && Role::ALL.contains(&row.role)));
    let names: BTreeSet<&str> = Thing::ALL.map(Thing::name).into_iter().chain(Role::ALL.map(Role::name)).collect();
    assert_eq!(names.len(), Thing::ALL.len() + Role::ALL.len());
    assert!(ROWS.iter().all(|row| !row.what.ends_with('.') && !row.what.contains("  ")));
}

#[test]
fn every_claim_about_the_programs_names_tests_that_are_there() {
    for row in ROWS {
        let outside = row.thing == Thing::Persons && matches!(row.role, Role::Registrar | Role::Treasury);
        assert!(outside || !row.tests.is_empty(), "{row:?}");
        for test in row.tests {
            let (path, name) = test.split_once("::").unwrap();
            assert!(is_test(path, name), "{test} is no test");
        }
    }
    assert!(
        !is_test("tests/roles.rs", "is_test") && !is_test("tests/roles.rs", "no_such_test"),
        "helpers do not count"
    );
}

/// `HUSHWATT_WRITE_DOCS=1` writes it.
#[test]
fn the_document_of_the_roles_is_made_from_the_table() {
    let path = root().join(GDPR).join("roles.md");
    if std::env::var("HUSHWATT_WRITE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(&path, paper()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), paper(), "HUSHWATT_WRITE_DOCS=1 writes it anew");
}

#[test]
fn both_privacy_notices_name_every_role() {
    for role in Role::ALL {
        assert!(read("docs/gdpr/privacy-notice.en.md").contains(role.name()), "{}", role.name());
        assert!(read("docs/gdpr/privacy-notice.de.md").contains(role.german()), "{}", role.german());
    }
}

/// Places that a text links to within the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.starts_with("http")).map(|target| target.split('#').next().unwrap())
}

/// What stands between single backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

#[test]
fn what_the_documents_link_to_and_name_is_there() {
    let documents = documents();
    assert!(documents.len() > 10, "{documents:?}");
    for (name, text) in &documents {
        for target in links(text).filter(|target| !target.is_empty()) {
            assert!(root().join(GDPR).join(target).exists(), "{name} links to {target}");
        }
        for test in quoted(text).filter(|code| code.contains(".rs::")) {
            let (path, function) = test.split_once("::").unwrap();
            assert!(is_test(path, function), "{name} names {test}");
        }
        for path in quoted(text).filter(|code| code.ends_with(".rs") && code.contains('/')) {
            assert!(root().join(path).is_file(), "{name} names {path}");
        }
    }
    let index = read("docs/gdpr/README.md");
    for (name, _) in documents.iter().filter(|(name, _)| name != "README.md") {
        assert!(index.contains(&format!("]({name})")), "the index lacks {name}");
    }
}

/// Each file of the recorded chain, as bytes.
fn recorded() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("tests/golden");
    let hints = fs::read_dir(folder.join("chain-v2-hints")).unwrap().map(|entry| entry.unwrap().path());
    let files = hints.chain([folder.join("chain-v2.hwl")]);
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn finds(haystack: &[u8], needle: &[u8; 32]) -> bool {
    let hex: String = needle.iter().map(|byte| format!("{byte:02x}")).collect();
    haystack.windows(32).any(|part| part == needle) || haystack.windows(64).any(|part| part == hex.as_bytes())
}

#[test]
fn the_chain_and_its_hints_hold_no_address_and_no_secret_of_a_household() {
    let text = read("tests/golden/expected.json");
    let expected: Value = serde_json::from_str(&text).unwrap();
    let bytes = |value: &Value| <[u8; 32]>::try_from(from_hex(value.as_str().unwrap())).unwrap();
    let network = NetworkId(bytes(&expected["network"]));
    let (mut given, mut derived) = (Vec::new(), Vec::new());
    let mut seeds = Vec::new();
    for wallet in expected["wallets"].as_array().unwrap() {
        let seed = bytes(&wallet["seed"]);
        let account = Account::from_seed(&network, &Seed::from_bytes(seed)).unwrap();
        derived.extend([*account.address().view.as_bytes(), *account.address().spend.as_bytes()]);
        given.push(seed);
        given.extend(wallet["meters"].as_array().unwrap().iter().map(|meter| bytes(&meter["day_key"])));
        seeds.push(Seed::from_bytes(seed));
    }

    // What opens their notes, which the same files give to whoever has the seeds.
    let folder = root().join("tests/golden");
    let mut archive = Archive::open(&folder.join("chain-v2.hwl"), &folder.join("chain-v2-hints")).unwrap();
    let genesis = Arc::new(archive.genesis().clone());
    let mut wallets: Vec<Wallet> = seeds.iter().map(|seed| Wallet::new(genesis.clone(), seed).unwrap()).collect();
    restore(&mut archive, &mut Follower::new(genesis), &mut wallets, 0, &mut ()).unwrap();
    let notes: Vec<_> = wallets.iter().flat_map(Wallet::notes).collect();
    derived.extend(notes.iter().map(|note| *note.opening.blinding.to_bytes()));
    derived.extend(notes.iter().map(|note| *note.tweak.to_bytes()));
    assert!(given.len() >= 6 && notes.len() >= 20, "{} and {}", given.len(), notes.len());

    let files = recorded();
    assert!(files.len() > 1);
    for (path, haystack) in &files {
        for needle in given.iter().chain(&derived) {
            assert!(!finds(haystack, needle), "{}", path.display());
        }
    }
    // The same search finds what is there: the secrets in their own file, the notes' keys on the chain.
    assert!(given.iter().all(|needle| finds(text.as_bytes(), needle)));
    let chain = &files.last().unwrap().1;
    assert!(notes.iter().any(|note| finds(chain, note.key.as_bytes())));
    assert!(notes.iter().any(|note| finds(chain, note.opening.commit().as_bytes())));
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
