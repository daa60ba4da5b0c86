//! The harness itself: what the other tests rely on does fail when it should.

use std::{collections::BTreeMap, fs};

use crate::{
    axe,
    browser::{ATTACKER, Browser},
    site::{Page, Site},
};

/// The strictest policy that a page can have.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

const FORM: &str = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Try</title>
    <style>body { background: white; color: black } @media (prefers-color-scheme: dark) { body { background: black; color: white } }
    </style><main><h1>Try</h1><form action=/done><label for=name>Name</label> <input id=name name=name value=old>
    <button id=go>Go</button></form></main>";

fn site() -> Site {
    let policy = vec![("content-security-policy", POLICY.to_owned())];
    let form = Page { headers: policy, html: FORM.to_owned() };
    let done = Page::html("<!doctype html><html lang=en><title>Done</title><main><h1>Thank you</h1></main>");
    let poor = Page::html("<!doctype html><title>Poor</title><img src=x.png><input><p style='color:#ddd'>Pale</p>");
    let framing = Page::html(
        "<!doctype html><title>Framing</title>
        <iframe id=willing src=/done></iframe><iframe id=unwilling src=/form></iframe>",
    );
    Site::serve(BTreeMap::from([("/form", form), ("/done", done), ("/poor", poor), ("/framing", framing)]))
}

#[test]
fn a_person_fills_a_form_and_sends_it() {
    let Some(browser) = Browser::start() else { return };
    let site = site();
    browser.open(&site.url("/form"));
    browser.fill("name", "Anna");
    browser.click("go");
    browser.reads("Thank you");
    assert_eq!(browser.url(), site.url("/done?name=Anna"));
}

#[test]
fn pictures_are_of_desk_and_phone_by_day_and_by_night() {
    let Some(browser) = Browser::start() else { return };
    browser.open(&site().url("/form"));
    let size = |name: &str| {
        let bytes = fs::read(browser.screenshot(name)).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"));
        // Width and height stand at the start of the header.
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    };
    let background = || browser.session.run("return getComputedStyle(document.body).backgroundColor;", &[]).to_string();
    assert_eq!((size("harness").0, background()), (1280, "\"rgb(255, 255, 255)\"".to_owned()));
    browser.phone();
    browser.dark(true);
    assert_eq!((size("harness-phone-dark").0, background()), (640, "\"rgb(0, 0, 0)\"".to_owned()));
    assert_eq!(browser.overflow(), 0);
}

#[test]
fn the_accessibility_checker_works_under_a_strict_policy_and_finds_what_is_wrong() {
    let Some(browser) = Browser::start() else { return };
    let Some(script) = axe::axe() else { return };
    let site = site();
    browser.open(&site.url("/form"));
    axe::check(&browser, "harness");
    browser.open(&site.url("/poor"));
    let findings = axe::all_findings(&browser, script);
    let grave: Vec<&str> =
        findings.iter().filter(|one| axe::is_grave(one)).filter_map(|one| one["id"].as_str()).collect();
    for expected in ["image-alt", "label", "color-contrast", "html-has-lang"] {
        assert!(grave.contains(&expected), "{expected} is missing in {grave:?}");
    }
}

#[test]
fn an_attackers_host_is_on_this_machine_and_no_other_host_is_anywhere() {
    let Some(browser) = Browser::start() else { return };
    let site = site();
    browser.open(&format!("http://{ATTACKER}:{}/done", site.port));
    browser.reads("Thank you");
    let other = format!("http://other.example:{}/done", site.port);
    assert!(browser.session.post("/url", &serde_json::json!({ "url": other })).is_err());
}

#[test]
fn a_page_that_refuses_to_be_framed_is_not_in_the_frame() {
    let Some(browser) = Browser::start() else { return };
    let site = site();
    browser.open(&site.url("/framing"));
    assert!(browser.framed("willing").contains("Thank you"));
    assert!(!browser.framed("unwilling").contains("Name"));
}

#[test]
fn what_the_browser_complains_of_is_heard() {
    let Some(browser) = Browser::start() else { return };
    let site = site();
    browser.open(&site.url("/done"));
    browser.session.console();
    browser.open(&site.url("/framing"));
    let heard = browser.until(|| {
        let complaints = browser.session.console();
        complaints.iter().any(|line| line.contains("frame-ancestors")).then_some(())
    });
    assert!(heard.is_some(), "it framed what refuses to be framed, or said nothing");
}
