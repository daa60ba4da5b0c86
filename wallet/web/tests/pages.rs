//! Every page with a wallet in which everything that others wrote is hostile: well-formed, escaped, no dead links, unique ids,
//! labelled fields, nothing inline; in English and in German.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};

use common::{
    Browser, Step, Town,
    cabinet::Cabinet,
    desk::{ADDRESS, HOSTILE, PASSPHRASE},
    html::{Tag, form, tags},
    played,
};

/// All pages that can be looked at with the wallet open, by a name.
fn all_pages(browser: &Browser<'_>) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let plain = [
        "/",
        "/energy",
        "/energy?day=2020-01-01",
        "/trades",
        "/trades/auction",
        "/trades/auction?utility=water",
        "/trades/offer",
        "/trades/buy",
        "/history",
        "/send",
        "/receive",
        "/proofs",
        "/proofs/new?kind=payment",
        "/proofs/new?kind=delivery",
        "/proofs/new?kind=reading",
        "/proofs/new?kind=balance",
        "/proofs/request",
        "/meters",
        "/meters/totals",
        "/contacts",
        "/settings",
        "/more",
        "/words/confirm",
    ];
    for path in plain {
        let answer = browser.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        pages.insert(path.to_owned(), answer.body);
    }
    let history = pages["/history"].clone();
    let entries = tags(&history).into_iter().filter_map(|tag| tag.get("href").map(str::to_owned));
    for (number, path) in
        entries.filter(|path| path.starts_with("/history/entry")).collect::<BTreeSet<_>>().iter().enumerate()
    {
        pages.insert(format!("entry {number}"), browser.get(path).body);
    }
    // With errors in their fields, and what comes after forms.
    let steps: [Step<'_>; 19] = [
        ("/send", "send", &[("to", HOSTILE), ("amount", HOSTILE), ("message", HOSTILE)]),
        ("/send", "send", &[("to", ADDRESS), ("amount", "1,2,3"), ("label", HOSTILE)]),
        ("/send", "send", &[("to", "hushwatt:rent"), ("amount", "")]),
        ("/receive", "request", &[("amount", "12.5"), ("message", HOSTILE)]),
        ("/receive", "request", &[("amount", HOSTILE)]),
        ("/contacts", "add-contact", &[("name", HOSTILE), ("address", HOSTILE)]),
        ("/meters", "pair", &[("code", HOSTILE), ("name", HOSTILE)]),
        ("/proofs/request", "request", &[("request", HOSTILE)]),
        ("/proofs/request", "request", &[("request", "energy")]),
        ("/proofs/request", "request", &[("request", "shared")]),
        ("/proofs/request", "request", &[("request", "payment")]),
        ("/proofs/request", "request", &[("request", "bill")]),
        ("/trades", "pick-0", &[]),
        ("/trades", "own-0", &[]),
        ("/trades/auction", "auction", &[("quantity", HOSTILE), ("limit", HOSTILE)]),
        ("/trades/auction", "auction", &[("quantity", "1.5"), ("limit", HOSTILE)]),
        ("/history", "filter", &[("text", HOSTILE), ("from", HOSTILE)]),
        ("/settings", "nodes", &[("nodes", HOSTILE)]),
        ("/settings", "show-words", &[("passphrase", PASSPHRASE)]),
    ];
    for (number, (page, id, fields)) in steps.into_iter().enumerate() {
        let answer = browser.submit(page, id, fields);
        pages.insert(format!("step {number} {id}"), browser.follow(&answer).body);
    }
    pages
}

fn check(name: &str, body: &str, language: &str) {
    let all = tags(body);
    assert!(body.contains(&format!("<html lang=\"{language}\">")), "{name}");
    // No text without a translation.
    for key in ["[nav-", "[error", "[sync", "[history", "{ $"] {
        assert!(!body.contains(key), "{name}: {key}");
    }
    unique_ids(name, &all);
    nothing_inline(name, body, &all);
    labelled(name, &all);
    structure(name, body, &all);
}

fn unique_ids(name: &str, all: &[Tag]) {
    let mut seen = BTreeSet::new();
    for id in all.iter().filter_map(|tag| tag.get("id")) {
        assert!(seen.insert(id), "{name}: the id {id} is there twice");
    }
    for tag in all {
        for attribute in ["aria-labelledby", "aria-describedby", "for", "list", "data-copy", "data-fill"] {
            for id in tag.get(attribute).unwrap_or_default().split(' ').filter(|id| !id.is_empty()) {
                assert!(seen.contains(id), "{name}: {attribute}={id} leads nowhere");
            }
        }
    }
}

fn nothing_inline(name: &str, body: &str, all: &[Tag]) {
    assert!(!body.contains("<script>") && !body.contains("<style"), "{name}");
    assert!(!body.contains("javascript:") && !body.contains("onerror=alert(2)>"), "{name}");
    for tag in all {
        for (attribute, value) in &tag.attributes {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}={value}");
            assert!(!attribute.contains('<') && !attribute.contains('\''), "{name}: {attribute}");
            if matches!(attribute.as_str(), "href" | "src" | "action") {
                assert!(
                    value.starts_with('/') || value.starts_with('#'),
                    "{name}: {attribute}={value} is from outside"
                );
                assert!(!value.starts_with("//"), "{name}: {value}");
            }
        }
        if tag.name == "form" {
            let method = tag.get("method").unwrap();
            assert!(method == "post" || tag.get("action") == Some("/energy"), "{name}: a form that is in the address");
        }
        assert!(!matches!(tag.name.as_str(), "iframe" | "object" | "embed" | "base"), "{name}");
    }
    let scripts: Vec<&Tag> = all.iter().filter(|tag| tag.name == "script").collect();
    assert!(scripts.len() == 1 && scripts[0].get("src").unwrap().starts_with("/assets/"), "{name}");
}

fn labelled(name: &str, all: &[Tag]) {
    let labels: BTreeSet<&str> =
        all.iter().filter(|tag| tag.name == "label").filter_map(|tag| tag.get("for")).collect();
    for tag in all.iter().filter(|tag| matches!(tag.name.as_str(), "input" | "select" | "textarea")) {
        if tag.get("type") != Some("hidden") {
            assert!(labels.contains(tag.get("id").unwrap_or_default()), "{name}: {tag:?} has no label");
        }
        if tag.get("type") == Some("password") {
            assert!(tag.get("value").is_none(), "{name}: a passphrase is in the page");
        }
    }
}

fn structure(name: &str, body: &str, all: &[Tag]) {
    let count = |kind: &str| all.iter().filter(|tag| tag.name == kind).count();
    assert_eq!((count("h1"), count("main"), count("title")), (1, 1, body.matches("<title>").count()), "{name}");
    assert!(all.iter().any(|tag| tag.name == "a" && tag.get("href") == Some("#main")), "{name}: no skip link");
    // Headings go down one step at a time.
    let mut last = 1;
    for tag in all {
        if let Some(level) = tag.name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
            assert!(level <= last + 1, "{name}: h{level} after h{last}");
            last = level;
        }
    }
    for table in all.iter().filter(|tag| tag.name == "table") {
        let end = table.place + body[table.place..].find("</table>").unwrap();
        let inside: Vec<&Tag> = all.iter().filter(|tag| tag.place > table.place && tag.place < end).collect();
        assert!(inside.iter().any(|tag| tag.name == "caption"), "{name}: a table without a caption");
        assert!(inside.iter().filter(|tag| tag.name == "th").all(|tag| tag.get("scope").is_some()), "{name}");
    }
    for tag in all.iter().filter(|tag| tag.get("role") == Some("img")) {
        let titled = body[tag.place..].split('>').nth(1).is_some_and(|next| next.contains("<title"));
        assert!(tag.get("aria-label").is_some() || titled, "{name}: a drawing without words");
    }
}

#[test]
fn every_page_is_well_formed_and_escapes_what_others_wrote() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let pages = all_pages(&browser);
    assert!(pages.len() > 35, "{}", pages.len());
    for (name, body) in &pages {
        check(name, body, "en");
    }
    // It was there to be escaped.
    assert!(pages.values().filter(|body| body.contains("&lt;script&gt;alert(1)")).count() > 12);
}

#[test]
fn every_page_speaks_german() {
    let (town, cabinet) = played();
    cabinet.played.settings.lock().unwrap().language = "de".to_owned();
    let browser = town.browser();
    browser.unlock();
    for (name, body) in &all_pages(&browser) {
        check(name, body, "de");
        assert!(body.contains("Zum Inhalt"), "{name}");
    }
    let overview = browser.get("/").body;
    assert!(overview.contains("84,25\u{a0}€") && overview.contains("84,251234\u{a0}€"), "{overview}");
    assert!(overview.contains("November 2026") && overview.contains("Uhr"));
}

#[test]
fn the_pages_before_a_wallet_is_open_are_well_formed_too() {
    let town = Town::with(Arc::new(Cabinet::empty()));
    let browser = town.browser();
    for path in ["/welcome", "/welcome/create", "/welcome/words", "/welcome/file"] {
        check(path, &browser.get(path).body, "en");
    }
    let german = browser.submit("/welcome", "language", &[("language", "de")]);
    check("welcome", &browser.follow(&german).body, "de");
    check("stranger", &town.get("/").send().body, "en");
    let stranger = town.get("/").header("Accept-Language", "de-CH, en;q=0.5").send().body;
    check("stranger", &stranger, "de");
    let (town, _) = played();
    let browser = town.browser();
    check("/unlock", &browser.get("/unlock").body, "en");
}

#[test]
fn no_link_of_any_page_leads_nowhere() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let pages = all_pages(&browser);
    let mut links = BTreeSet::new();
    for body in pages.values() {
        let found = tags(body).into_iter().filter(|tag| tag.name != "form");
        let paths = found.filter_map(|tag| tag.get("href").or(tag.get("src")).map(str::to_owned));
        links.extend(paths.filter(|link| !link.starts_with('#')));
    }
    for link in links {
        let answer = browser.get(&link);
        assert_eq!(answer.status, 200, "{link}");
        if let Some((_, anchor)) = link.split_once('#') {
            assert!(answer.body.contains(&format!("id=\"{anchor}\"")), "{link}");
        }
    }
}

#[test]
fn the_navigation_says_where_one_is() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    for path in
        ["/", "/energy", "/trades", "/history", "/send", "/receive", "/proofs", "/meters", "/contacts", "/settings"]
    {
        let body = browser.get(path).body;
        let current: Vec<Tag> = tags(&body).into_iter().filter(|tag| tag.get("aria-current") == Some("page")).collect();
        assert_eq!(current.len(), 1, "{path}");
        assert_eq!(current[0].get("href"), Some(path));
    }
}

#[test]
fn a_wallet_that_only_looks_offers_nothing_that_spends() {
    let (town, cabinet) = played();
    cabinet.played.view_only.store(true, Ordering::SeqCst);
    let browser = town.browser();
    browser.unlock();
    for (path, absent) in [
        ("/", "go-send"),
        ("/send", "send-submit"),
        ("/trades", "go-offer"),
        ("/trades", "go-auction"),
        ("/settings", "show-words"),
    ] {
        let body = browser.get(path).body;
        assert!(!body.contains(&format!("id=\"{absent}\"")), "{path} has {absent}");
    }
    assert!(browser.get("/").body.contains("id=\"view-only\""));
}

#[test]
fn the_overview_says_how_far_the_wallet_has_read() {
    let (town, cabinet) = played();
    cabinet.played.unsynced.store(true, Ordering::SeqCst);
    let browser = town.browser();
    browser.unlock();
    let body = browser.get("/").body;
    assert!(body.contains("17 windows to read, about 3 minutes") && body.contains("<progress"), "{body}");
    let status = browser.get("/status").body;
    assert!(status.contains("\"done\":false") && status.contains("\"tip\":1234"), "{status}");
}

#[test]
fn the_chart_and_its_table_say_the_same() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let body = browser.get("/energy?day=2026-11-21").body;
    let all = tags(&body);
    let out = all.iter().filter(|tag| tag.name == "rect" && tag.get("class") == Some("in")).count();
    let table = all.iter().find(|tag| tag.get("id") == Some("energy-table")).unwrap();
    let rows = body[table.place..].split("</table>").next().unwrap().matches("<tr>").count() - 1;
    assert_eq!(out, rows);
    assert!(rows >= 10, "{rows}");
    // Other days are one step away, and the day is chosen in the field.
    let href = |id: &str| all.iter().find(|tag| tag.get("id") == Some(id)).unwrap().get("href").unwrap().to_owned();
    assert!(href("day-before").contains("day=2026-11-20") && href("day-after").contains("day=2026-11-22"));
    assert_eq!(all.iter().find(|tag| tag.get("id") == Some("day-date")).unwrap().get("value"), Some("2026-11-21"));
    // A day that is none is today's.
    assert_eq!(browser.get("/energy?day=2026-99-99").status, 200);
}

#[test]
fn fields_of_the_forms_carry_their_own_names() {
    let (town, _) = played();
    let browser = town.browser();
    browser.unlock();
    let (action, fields) = form(&browser.get("/send").body, "send");
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((action.as_str(), names), ("/send", vec!["form", "to", "amount", "message", "label"]));
}
