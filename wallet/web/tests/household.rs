//! The page with the real wallet: its file, its words, its backup; and a node that has a genesis and nothing else.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::Arc,
    thread,
};

use common::{
    Browser, Town,
    html::{form, tags},
};
use hushwatt_crypto::signature::SigningKey;
use hushwatt_ledger::{
    genesis::{Genesis, NewGenesis},
    parameters::Parameters,
    units::Timestamp,
};
use hushwatt_wallet::file::Strength;
use hushwatt_wallet_web::HouseholdKeeper;
use rand_core::OsRng;

const CHOSEN: &str = "four good words here";

fn genesis() -> Genesis {
    let key = || SigningKey::random(&mut OsRng).verifying_key();
    NewGenesis {
        time: Timestamp(1_795_000_000),
        simulated_time: false,
        parameters: Parameters::default(),
        validators: vec![key()],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(),
        operator: None,
        meters: Vec::new(),
    }
    .build()
    .unwrap()
}

/// Answers for the genesis; knows no blocks.
fn node(genesis: &Genesis) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = genesis.bytes().to_vec();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let (status, body): (&str, &[u8]) =
                if first.starts_with("GET /v1/genesis ") { ("200 OK", &bytes) } else { ("404 Not Found", b"") };
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = (&stream).write_all(&[head.as_bytes(), body].concat());
        }
    });
    url
}

fn town(wallet: &Path) -> Town {
    Town::with(Arc::new(HouseholdKeeper::with_strength(wallet.to_path_buf(), Strength::FOR_TESTS)))
}

fn create(browser: &Browser<'_>, url: &str, network: &str) -> common::http::Answer {
    let fields = [("new_passphrase", CHOSEN), ("new_passphrase_again", CHOSEN), ("nodes", url), ("network", network)];
    browser.submit("/welcome/create", "create", &fields)
}

fn words_of(sheet: &str) -> Vec<String> {
    let list = sheet.split("id=\"words\"").nth(1).unwrap().split("</ol>").next().unwrap();
    list.split("<span>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

fn address(browser: &Browser<'_>) -> String {
    let body = browser.get("/receive").body;
    let code = tags(&body).into_iter().find(|tag| tag.get("id") == Some("address")).unwrap();
    body[code.place..].split('>').nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[test]
fn a_real_wallet_is_made_backed_up_and_comes_back_on_both_roads() {
    let genesis = genesis();
    let url = node(&genesis);
    let folder = tempfile::tempdir().unwrap();
    let wallet = folder.path().join("household.wallet");
    let first = town(&wallet);
    let browser = first.browser();

    // Another community than the one that was named is refused, and no file is made.
    let wrong = create(&browser, &url, "00112233");
    assert!(browser.follow(&wrong).body.contains("id=\"create-nodes-error\"") && !wallet.exists());
    let network = genesis.network().to_string();
    let made = create(&browser, &url, &network[..8]);
    assert_eq!(made.header("location"), Some("/words"), "{}", browser.follow(&made).body);
    let words = words_of(&browser.follow(&made).body);
    assert_eq!(words.len(), 24);
    let (_, fields) = form(&browser.get("/words/confirm").body, "confirm-words");
    let ask = browser.get("/words/confirm").body;
    let numbers =
        ask.split(">Word ").skip(1).map(|rest| rest.split('<').next().unwrap().trim().parse::<usize>().unwrap());
    let names = fields.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("word-"));
    let given: Vec<(&str, &str)> =
        names.zip(numbers).map(|(name, number)| (name, words[number - 1].as_str())).collect();
    assert_eq!(browser.submit("/words/confirm", "confirm-words", &given).header("location"), Some("/"));
    let own = address(&browser);

    // Every page with the real thing behind it.
    for path in [
        "/",
        "/energy",
        "/trades",
        "/trades/offer",
        "/trades/auction",
        "/history",
        "/history.csv",
        "/send",
        "/proofs",
        "/meters",
        "/contacts",
        "/settings",
    ] {
        assert_eq!(browser.get(path).status, 200, "{path}");
    }
    // One cannot pay what one does not have, and it is said before the passphrase is asked for.
    let review = browser.submit("/send", "send", &[("to", &own), ("amount", "5")]);
    assert!(browser.follow(&review).body.contains("id=\"review-refused\""));
    let contact = browser.submit("/contacts", "add-contact", &[("name", "Anna"), ("address", &own)]);
    assert_eq!(contact.header("location"), Some("/contacts"));

    let fields = [
        ("passphrase", CHOSEN),
        ("new_passphrase", "for the file only"),
        ("new_passphrase_again", "for the file only"),
    ];
    let backup = browser.follow(&browser.submit("/settings", "backup", &fields)).body;
    let link = tags(&backup)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/download?")));
    let backup = browser.get(&link.unwrap()).bytes;
    assert!(backup.starts_with(b"age-encryption.org/v1"));
    let export = browser.follow(&browser.submit("/settings", "export", &[("passphrase", CHOSEN)])).body;
    assert!(export.contains("hushwatt-export.json") && export.contains("history.csv"));
    // Nothing of these lies about.
    assert!(
        std::fs::read_dir(folder.path()).unwrap().all(|entry| entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("household.wallet"))
    );

    // Locked and opened again, at once: the file is free when its keys are gone.
    browser.submit("/", "lock", &[]);
    let wrong = browser.submit("/unlock", "unlock", &[("passphrase", "not this one")]);
    assert!(browser.follow(&wrong).body.contains("id=\"unlock-passphrase-error\""));
    let right = browser.submit("/unlock", "unlock", &[("passphrase", CHOSEN)]);
    assert_eq!(right.header("location"), Some("/"), "{}", browser.follow(&right).body);
    assert_eq!(address(&browser), own);

    // From the words, elsewhere.
    let second = town(&folder.path().join("second.wallet"));
    let browser = second.browser();
    let phrase = words.join(" ");
    let mut fields = vec![("new_passphrase", CHOSEN), ("new_passphrase_again", CHOSEN), ("nodes", url.as_str())];
    let damaged = [&words[..3], &["hushwatt".to_owned()], &words[4..]].concat().join(" ");
    fields.push(("words", &damaged));
    let wrong = browser.submit("/welcome/words", "restore-words", &fields);
    let body = browser.follow(&wrong).body;
    assert!(body.contains("id=\"restore-words-words-error\"") && body.contains("Word 4 "));
    fields.retain(|(name, _)| *name != "words");
    fields.push(("words", &phrase));
    let back = browser.submit("/welcome/words", "restore-words", &fields);
    assert_eq!(back.header("location"), Some("/"), "{}", browser.follow(&back).body);
    assert_eq!(address(&browser), own);

    // From the backup, elsewhere, with everything in it.
    let third = town(&folder.path().join("third.wallet"));
    let browser = third.browser();
    let send = |file_passphrase: &str| {
        let (action, mut fields) = form(&browser.get("/welcome/file").body, "restore-file");
        fields.retain(|(name, _)| name == "form");
        for (name, value) in
            [("new_passphrase", CHOSEN), ("new_passphrase_again", CHOSEN), ("file_passphrase", file_passphrase)]
        {
            fields.push((name.to_owned(), value.to_owned()));
        }
        third.post(&action).header("Cookie", &browser.cookie).multipart(&fields, ("file", &backup)).send()
    };
    let wrong = send("another one");
    assert!(browser.follow(&wrong).body.contains("id=\"restore-file-file_passphrase-error\""));
    let back = send("for the file only");
    assert_eq!(back.header("location"), Some("/"), "{}", browser.follow(&back).body);
    assert_eq!(address(&browser), own);
    assert!(browser.get("/contacts").body.contains("Anna"));

    // And erased.
    let gone = browser.submit("/settings", "erase", &[("sure", "ERASE"), ("passphrase", CHOSEN)]);
    assert_eq!(gone.header("location"), Some("/"));
    assert!(!folder.path().join("third.wallet").exists());
    assert_eq!(browser.get("/").header("location"), Some("/welcome"));
}

#[test]
fn two_nodes_of_different_networks_and_nodes_that_are_not_there_make_no_wallet() {
    let folder = tempfile::tempdir().unwrap();
    let wallet = folder.path().join("household.wallet");
    let town = town(&wallet);
    let browser = town.browser();
    let both = format!("{}\n{}", node(&genesis()), node(&genesis()));
    for nodes in [both.as_str(), "http://127.0.0.1:1", "not a node"] {
        let answer = create(&browser, nodes, "");
        assert!(browser.follow(&answer).body.contains("id=\"create-nodes-error\""), "{nodes}");
        assert!(!wallet.exists());
    }
}
