//! What keeps others out, over the wire: other names, other sites, other programs, other people at the same screen.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use common::{
    Step, Town,
    cabinet::Cabinet,
    desk::{ADDRESS, PASSPHRASE, WORDS},
    html, played,
};
use hushwatt_wallet_web::{Server, ServerOptions, WebError};

const PAGES: [&str; 22] = [
    "/",
    "/energy",
    "/trades",
    "/trades/offer",
    "/trades/buy",
    "/history",
    "/history.csv",
    "/send",
    "/send/review",
    "/receive",
    "/proofs",
    "/proofs/new?kind=balance",
    "/proofs/request",
    "/proofs/request/review",
    "/meters",
    "/contacts",
    "/settings",
    "/downloads",
    "/download?f=x",
    "/words",
    "/more",
    "/words/confirm",
];

#[test]
fn a_request_under_a_foreign_name_is_told_nothing_whatever_it_knows() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let port = town.port;
    for host in
        ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", &format!("localhost.evil.example:{port}"), ""]
    {
        let answer = town.get("/").header("Cookie", &browser.cookie).header("Host", host).send();
        // Without any name hyper refuses by itself.
        assert!(matches!(answer.status, 421 | 400), "{host}: {}", answer.status);
        assert!(!answer.body.contains("84.25") && answer.header("set-cookie").is_none(), "{host}: {}", answer.body);
    }
    let twice = town.get("/").header("Cookie", &browser.cookie).add_header("Host", "evil.example").send();
    assert!(matches!(twice.status, 421 | 400), "{}", twice.status);
    let absolute = town.get("http://evil.example/").header("Cookie", &browser.cookie).send();
    assert!(matches!(absolute.status, 421 | 400), "{}", absolute.status);
    // Not even the start link works under another name, and it is not used up by that.
    let start = town.start_path();
    assert_eq!(town.get(&start).header("Host", "evil.example").send().status, 421);
    assert_eq!(town.get(&start).send().status, 303);
    for own in [format!("localhost:{port}"), format!("[::1]:{port}")] {
        assert_eq!(town.get("/").header("Cookie", &browser.cookie).header("Host", &own).send().status, 200, "{own}");
    }
}

#[test]
fn another_site_in_the_same_browser_can_neither_look_nor_send() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let page = browser.get("/contacts").body;
    let (action, mut fields) = html::form(&page, "add-contact");
    fields.retain(|(name, _)| name == "form");
    fields.extend([("name".to_owned(), "Eve".to_owned()), ("address".to_owned(), ADDRESS.to_owned())]);
    for headers in [
        &[("Origin", "http://evil.example")][..],
        &[("Origin", "null")],
        &[("Origin", "http://127.0.0.1:3000")],
        &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "cross-site")],
    ] {
        let mut request = town.post(&action).header("Cookie", &browser.cookie).form(&fields);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        assert_eq!(request.send().status, 403, "{headers:?}");
    }
    let bare = town.post(&action).without("Origin").header("Cookie", &browser.cookie).form(&fields).send();
    assert_eq!(bare.status, 403);
    for site in ["cross-site", "same-site"] {
        let look = town.get("/").header("Cookie", &browser.cookie).header("Sec-Fetch-Site", site).send();
        assert_eq!(look.status, 403, "{site}");
        assert!(!look.body.contains("84.25"));
    }
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 1);
    // The same form from this page itself, as a browser sends it under the page's referrer policy.
    let own = town
        .post(&action)
        .header("Cookie", &browser.cookie)
        .header("Origin", "null")
        .header("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.form(&fields).send().status, 303);
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 2);
}

#[test]
fn a_form_without_its_token_or_with_another_ones_does_nothing() {
    let (town, cabinet) = played();
    let (browser, other) = (town.browser(), town.browser());
    browser.unlock();
    let page = browser.get("/contacts").body;
    let (_, hidden) = html::form(&page, "add-contact");
    let own = hidden.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let (_, hidden) = html::form(&other.get("/contacts").body, "add-contact");
    let others = hidden.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let (_, hidden) = html::form(&browser.get("/settings").body, "nodes");
    let of_another_form = hidden.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let mut changed = own.clone();
    changed.replace_range(0..1, if own.starts_with('0') { "1" } else { "0" });
    let send = |token: Option<&str>| {
        let mut fields = vec![("name".to_owned(), "Eve".to_owned()), ("address".to_owned(), ADDRESS.to_owned())];
        fields.extend(token.map(|token| ("form".to_owned(), token.to_owned())));
        browser.post("/contacts/add", &fields)
    };
    for token in
        [None, Some(""), Some("x"), Some(others.as_str()), Some(of_another_form.as_str()), Some(changed.as_str())]
    {
        assert_eq!(send(token).status, 403, "{token:?}");
    }
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 1);
    assert_eq!(send(Some(&own)).status, 303);
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 2);
}

#[test]
fn an_old_form_is_not_taken() {
    let (town, cabinet) = played();
    cabinet.played.settings.lock().unwrap().auto_lock_minutes = 0;
    let browser = town.browser();
    browser.unlock();
    let page = browser.get("/contacts").body;
    town.clock.push(Duration::from_secs(13 * 3_600));
    let late = browser.send_form(&page, "add-contact", &[("name", "Eve"), ("address", ADDRESS)]);
    assert_eq!(late.status, 403, "{}", late.body);
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 1);
}

#[test]
fn the_start_link_works_once_and_its_cookie_is_for_this_page_only() {
    let (town, _) = played();
    let start = town.start_path();
    // A page that tries to use the link up, or to frame it, is refused and does not.
    assert_eq!(town.get(&start).header("Sec-Fetch-Site", "cross-site").send().status, 403);
    assert_eq!(town.get(&start).header("Sec-Fetch-Dest", "iframe").send().status, 403);
    let first = town.get(&start).send();
    assert_eq!((first.status, first.header("location")), (303, Some("/")));
    let cookie = first.header("set-cookie").unwrap();
    let parts: Vec<&str> = cookie.split("; ").collect();
    assert_eq!(parts[1..], ["Path=/", "HttpOnly", "SameSite=Strict"], "{cookie}");
    assert!(parts[0].starts_with(&format!("hushwatt_{}=", town.port)) && parts[0].len() > 64, "{cookie}");
    let second = town.get(&start).send();
    assert_eq!(second.status, 403);
    assert!(second.header("set-cookie").is_none());
    for wrong in ["/start", "/start?token=", "/start?token=00", &format!("/start?token={}", "0".repeat(64))] {
        let answer = town.get(wrong).send();
        assert_eq!(answer.status, 403, "{wrong}");
        assert!(answer.header("set-cookie").is_none());
    }
}

#[test]
fn without_the_cookie_no_page_says_anything() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let wrong = format!("hushwatt_{}={}", town.port, "0".repeat(64));
    for path in PAGES {
        for request in [town.get(path), town.get(path).header("Cookie", &wrong)] {
            let answer = request.send();
            assert_eq!(answer.status, 401, "{path}");
            assert!(
                !answer.body.contains("84.25") && !answer.body.contains(ADDRESS) && !answer.body.contains("/history"),
                "{path}"
            );
        }
    }
    assert_eq!(town.get("/status").send().status, 401);
    assert_eq!(town.post("/lock").form(&[]).send().status, 401);
}

#[test]
fn a_locked_wallet_shows_nothing_and_does_nothing() {
    let (town, cabinet) = played();
    let browser = town.browser();
    for path in PAGES {
        let answer = browser.get(path);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/unlock")), "{path}");
        assert!(answer.body.is_empty(), "{path}: {}", answer.body);
    }
    let status = browser.get("/status").body;
    assert!(status.contains("\"open\":false") && status.contains("\"height\":0"), "{status}");
    // A form from before the lock.
    browser.unlock();
    let page = browser.get("/contacts").body;
    assert_eq!(browser.submit("/", "lock", &[]).header("location"), Some("/unlock"));
    let late = browser.send_form(&page, "add-contact", &[("name", "Eve"), ("address", ADDRESS)]);
    assert_eq!((late.status, late.header("location")), (303, Some("/unlock")));
    assert_eq!(cabinet.played.contacts.lock().unwrap().len(), 1);
}

#[test]
fn an_unattended_wallet_locks_itself_although_the_page_keeps_asking_how_far_it_is() {
    let (town, cabinet) = played();
    cabinet.played.settings.lock().unwrap().auto_lock_minutes = 5;
    let browser = town.browser();
    browser.unlock();
    town.clock.push(Duration::from_secs(4 * 60));
    assert_eq!(browser.get("/").status, 200);
    for _ in 0..5 {
        assert!(browser.get("/status").body.contains("\"open\":true"));
        town.clock.push(Duration::from_secs(59));
    }
    town.clock.push(Duration::from_secs(10));
    assert!(browser.get("/status").body.contains("\"open\":false"));
    assert_eq!(browser.get("/").header("location"), Some("/unlock"));
    assert!(browser.get("/unlock").body.contains("locked itself"));
    browser.unlock();
    assert_eq!(browser.get("/").status, 200);
}

#[test]
fn locking_takes_back_what_was_ready_to_look_at_or_download() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let made = browser.submit("/settings", "export", &[("passphrase", PASSPHRASE)]);
    let page = browser.follow(&made).body;
    let link = html::tags(&page)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/download?")))
        .unwrap();
    assert_eq!(browser.get(&link).status, 200);
    let shown = browser.submit("/settings", "show-words", &[("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&shown).body.contains("actual"));
    browser.submit("/", "lock", &[]);
    browser.unlock();
    assert_eq!(browser.get(&link).header("location"), Some("/settings"));
    assert_eq!(browser.get("/words").header("location"), Some("/settings#words-section"));
}

#[test]
fn what_spends_exports_shows_words_or_erases_asks_for_the_passphrase_again() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let review = browser.submit("/send", "send", &[("to", ADDRESS), ("amount", "1")]);
    let review = review.header("location").unwrap().to_owned();
    let picked = browser.submit("/trades", "pick-0", &[]);
    let order = picked.header("location").unwrap().to_owned();
    let deliver = html::tags(&browser.get("/trades").body)
        .into_iter()
        .find_map(|tag| Some(tag.get("href")?.to_owned()).filter(|href| href.starts_with("/trades/deliver?")))
        .unwrap();
    let chosen = [("new_passphrase", "four other good words"), ("new_passphrase_again", "four other good words")];
    let proof = [("verifier", "Bank"), ("nonce", "7"), ("amount", "1")];
    let cases: [Step<'_>; 10] = [
        (&review, "confirm", &[]),
        (&order, "order", &[]),
        (&deliver, "deliver", &[]),
        ("/settings", "export", &[]),
        ("/settings", "backup", &chosen),
        ("/settings", "show-words", &[]),
        ("/settings", "view-key", &[]),
        ("/settings", "change-passphrase", &chosen),
        ("/settings", "erase", &[("sure", "erase")]),
        ("/proofs/new?kind=balance", "prove", &proof),
    ];
    for (page, form, fields) in cases {
        for wrong in ["", "not the passphrase"] {
            let mut all = fields.to_vec();
            all.push(("passphrase", wrong));
            let answer = browser.submit(page, form, &all);
            assert_eq!(answer.status, 303, "{form}: {}", answer.body);
            let again = browser.follow(&answer).body;
            assert!(again.contains("aria-invalid=\"true\""), "{form} took {wrong:?}");
            assert!(!again.contains("hwview1played") && !again.contains("actual"));
            // Not slowed down in this test.
            town.clock.push(Duration::from_secs(600));
        }
    }
    let played = &cabinet.played;
    assert!(played.payments.lock().unwrap().is_empty() && played.orders.lock().unwrap().is_empty());
    assert!(played.deliveries.lock().unwrap().is_empty() && played.proofs.lock().unwrap().is_empty());
    // And the agent's limits, which let the wallet spend.
    let agent = browser.submit("/settings", "agent", &[("passphrase", "wrong one"), ("tidy", "on")]);
    assert!(browser.follow(&agent).body.contains("aria-invalid"));
}

#[test]
fn guessing_passphrases_is_slowed_down_for_all_forms_together() {
    let (town, cabinet) = played();
    let browser = town.browser();
    browser.unlock();
    let wrong = |form: &str| browser.submit("/settings", form, &[("passphrase", "a wrong one")]);
    for _ in 0..4 {
        wrong("export");
        town.clock.push(Duration::from_secs(2));
    }
    let before = cabinet.played.checked.load(Ordering::SeqCst);
    // The wait is longer than two seconds by now: even the right one is not looked at.
    let early = browser.submit("/settings", "show-words", &[("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&early).body.contains("try again in"));
    assert_eq!(cabinet.played.checked.load(Ordering::SeqCst), before);
    town.clock.push(Duration::from_secs(600));
    let right = browser.submit("/settings", "show-words", &[("passphrase", PASSPHRASE)]);
    assert_eq!(right.header("location"), Some("/words"));
    // And when it is locked.
    browser.submit("/", "lock", &[]);
    for _ in 0..3 {
        browser.submit("/unlock", "unlock", &[("passphrase", "a wrong one")]);
    }
    let early = browser.submit("/unlock", "unlock", &[("passphrase", PASSPHRASE)]);
    assert!(browser.follow(&early).body.contains("try again in"));
}

#[test]
fn every_answer_has_the_headers_that_keep_it_to_itself() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let page = browser.get("/");
    let style = html::tags(&page.body).iter().find(|tag| tag.name == "link").unwrap().get("href").unwrap().to_owned();
    let answers = [
        browser.get("/"),
        browser.get("/nothing-here"),
        browser.get("/status"),
        browser.get("/history.csv"),
        browser.get("/unlock"),
        town.get("/").send(),
        town.get("/").header("Host", "evil.example").send(),
        town.post("/send").form(&[]).send(),
        town.get("/start?token=1").send(),
        town.get(&style).send(),
    ];
    for answer in &answers {
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert!(answer.header("access-control-allow-origin").is_none());
    }
    for answer in &answers[..9] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert!(answers[9].header("cache-control").unwrap().contains("immutable"));
    assert!(answers[1].status == 404 && answers[9].status == 200);
}

#[test]
fn other_methods_and_other_kinds_of_bodies_are_refused() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let answer = common::http::Request::new(town.port, method, "/").header("Cookie", &browser.cookie);
        let answer = answer.header("Origin", &format!("http://127.0.0.1:{}", town.port)).send();
        assert_eq!(answer.status, 405, "{method}");
    }
    let page = browser.get("/contacts").body;
    let (action, fields) = html::form(&page, "add-contact");
    let post = || town.post(&action).header("Cookie", &browser.cookie);
    assert_eq!(post().header("Content-Type", "application/json").body(b"{}").send().status, 400);
    assert_eq!(post().header("Content-Type", "text/plain").body(b"form=1").send().status, 400);
    // Files are taken where a backup is restored, and nowhere else.
    assert_eq!(post().multipart(&fields, ("file", b"x")).send().status, 400);
    let large = vec![("name".to_owned(), "x".repeat(100_000))];
    assert_eq!(post().form(&large).send().status, 413);
}

#[test]
fn a_request_that_never_ends_is_cut_off() {
    let (town, _) = played();
    let mut stream = TcpStream::connect(("127.0.0.1", town.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: 127.0").unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

#[test]
fn a_double_click_pays_once_and_both_clicks_see_what_came_of_it() {
    let (town, cabinet) = played();
    cabinet.played.slowness.store(600, Ordering::SeqCst);
    let browser = town.browser();
    browser.unlock();
    let review = browser.submit("/send", "send", &[("to", ADDRESS), ("amount", "12.50"), ("message", "Rent")]);
    let page = browser.follow(&review).body;
    let answers: Vec<_> = thread::scope(|scope| {
        let click = || scope.spawn(|| browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]));
        let clicks: Vec<_> = (0..3).map(|_| click()).collect();
        clicks.into_iter().map(|click| click.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.body);
    }
    // Later too: back, and once more.
    let later = browser.send_form(&page, "confirm", &[("passphrase", PASSPHRASE)]);
    assert_eq!((later.status, later.header("location")), (303, Some("/")));
    assert_eq!(cabinet.played.payments.lock().unwrap().len(), 1);
    assert!(browser.get("/").body.contains("on the way"));
}

#[test]
fn what_a_person_typed_is_in_no_address() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let search = browser.submit("/history", "filter", &[("text", "Anna")]);
    let send = browser.submit("/send", "send", &[("to", ADDRESS), ("amount", "12.34"), ("message", "Anna")]);
    let wrong = browser.submit("/send", "send", &[("to", "Anna"), ("amount", "12.34")]);
    let ask = browser.submit("/receive", "request", &[("amount", "12.34"), ("message", "Anna")]);
    for answer in [search, send, wrong, ask] {
        let location = answer.header("location").unwrap();
        assert!(!location.contains("Anna") && !location.contains("12.34") && !location.contains("hw1"), "{location}");
    }
    // Nor is the number of a transaction, which the whole community can look up.
    let page = browser.get("/history").body;
    let links: Vec<String> = html::tags(&page).iter().filter_map(|tag| tag.get("href").map(str::to_owned)).collect();
    assert!(links.iter().any(|link| link.starts_with("/history/entry?e=")));
    assert!(!links.iter().any(|link| link.contains(&"01".repeat(8)) || link.contains(&"02".repeat(8))));
}

#[test]
fn secrets_that_were_typed_are_not_shown_again() {
    let cabinet = Arc::new(Cabinet::empty());
    let town = Town::with(cabinet.clone());
    let browser = town.browser();
    let secret = "a long passphrase that differs";
    let fields = [
        ("words", WORDS),
        ("new_passphrase", secret),
        ("new_passphrase_again", "another one"),
        ("nodes", "https://n.example"),
    ];
    let answer = browser.submit("/welcome/words", "restore-words", &fields);
    let page = browser.follow(&answer).body;
    assert!(page.contains("aria-invalid") && page.contains("https://n.example"));
    assert!(!page.contains("abandon") && !page.contains("differs") && !page.contains("another one"));
}

#[test]
fn a_port_that_is_taken_and_a_language_that_is_not_there_are_said() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bind = |options| runtime.block_on(Server::bind(options, Arc::new(Cabinet::empty()))).err().unwrap();
    let refused = bind(ServerOptions { port, ..ServerOptions::default() });
    assert!(matches!(&refused, WebError::Bind { .. }) && refused.to_string().contains("another port"), "{refused}");
    let refused = bind(ServerOptions { language: Some("tlh".to_owned()), ..ServerOptions::default() });
    assert!(matches!(refused, WebError::Language(_)));
}

#[test]
fn only_this_machine_is_listened_to() {
    let (town, _) = played();
    // Whatever other addresses this machine has, nobody answers there.
    let others =
        std::process::Command::new("hostname").arg("-I").output().map(|output| output.stdout).unwrap_or_default();
    for address in
        String::from_utf8_lossy(&others).split_whitespace().filter_map(|text| text.parse::<std::net::IpAddr>().ok())
    {
        if !address.is_loopback() {
            assert!(
                TcpStream::connect_timeout(&(address, town.port).into(), Duration::from_secs(2)).is_err(),
                "{address}"
            );
        }
    }
}
