//! Real processes with one wallet file: one is killed while it saves, and two want the same.
//!
//! `HUSHWATT_EFFORT=full` kills some hundred times, anything else about 25 times.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use hushwatt_wallet::file::{FileError, Passphrase, Strength, WalletFile};

const PATH: &str = "HUSHWATT_WALLET_FILE";

fn sun() -> Passphrase {
    Passphrase::new("sun").unwrap()
}

/// Contents that name their number in every byte, of a length that takes a while to write.
fn contents(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(40_000)
}

fn number(contents: &[u8]) -> u64 {
    let number = u64::from_le_bytes(contents[..8].try_into().unwrap());
    assert!(contents == self::contents(number), "the contents are not whole");
    number
}

/// Not a test by itself: what the child processes of the tests below do.
#[test]
fn child_saves_until_it_is_killed() {
    let Ok(path) = std::env::var(PATH) else { return };
    let (mut file, content) = WalletFile::open(Path::new(&path), &sun()).unwrap();
    let mut out = io::stdout();
    for number in number(&content) + 1.. {
        file.save(&contents(number)).unwrap();
        writeln!(out, "\nsaved {number}").and_then(|()| out.flush()).unwrap();
    }
}

/// This binary again, running only the function above.
fn child(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_saves_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Hears this many saves of a child, waits, and kills it; gives the last that it said is done.
fn kill_after(mut child: Child, saves: usize, pause: Duration) -> u64 {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    while said.len() < saves {
        let mut line = String::new();
        assert!(out.read_line(&mut line).unwrap() > 0, "the child ended by itself");
        said.extend(saved(&line));
    }
    std::thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    // The last line may be cut.
    said.extend(rest.split_inclusive('\n').filter(|line| line.ends_with('\n')).filter_map(saved));
    *said.last().unwrap()
}

fn saved(line: &str) -> Option<u64> {
    line.strip_prefix("saved ").map(|number| number.trim().parse().unwrap())
}

#[test]
fn a_wallet_killed_while_it_saves_has_what_it_said_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ada.wallet");
    WalletFile::create_with(&path, &sun(), &contents(0), Strength::FOR_TESTS).unwrap();
    let kills = if std::env::var("HUSHWATT_EFFORT").is_ok_and(|effort| effort == "full") { 500 } else { 25 };
    let mut caught = 0;
    for kill in 0..kills {
        let said = kill_after(child(&path), 1, Duration::from_micros(kill * 617 % 9000));
        let draft = path.with_file_name("ada.wallet.saving").exists();
        let (_, content) = WalletFile::open(&path, &sun()).unwrap();
        let found = number(&content);
        // What was being saved may be there too.
        assert!(found == said || found == said + 1, "said {said}, found {found}");
        caught += u64::from(draft || found > said);
    }
    assert!(caught > 0, "none of {kills} kills came in the middle of a save");
}

#[test]
fn a_wallet_open_in_one_process_is_in_use_for_another_until_that_dies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ada.wallet");
    WalletFile::create_with(&path, &sun(), &contents(0), Strength::FOR_TESTS).unwrap();
    let mut child = child(&path);
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    out.find(|line| saved(line.as_ref().unwrap()).is_some()).unwrap().unwrap();
    assert!(matches!(WalletFile::open(&path, &sun()), Err(FileError::InUse { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    WalletFile::open(&path, &sun()).unwrap();
}
