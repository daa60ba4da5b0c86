//! Other web sites in the same browser, while the wallet is open in it.

use std::collections::BTreeMap;

use hushwatt_ledger::units::Credit;

use crate::{
    browser::{ATTACKER, Browser},
    household::{Household, PASSPHRASE},
    site::{Page, Site},
    village::{Plan, Village},
};

const EURO: u64 = 1_000_000;

#[test]
fn other_sites_can_neither_ask_nor_post_nor_frame() {
    let Some(browser) = Browser::start() else { return };
    let mut village = Village::found(&Plan::default());
    let bert = Household::with_words(&browser, &village.folder().join("bert.wallet"), &village);
    village.fund(&[(bert.address(&village), Credit(10 * EURO))]);
    bert.comes_to_have(10 * EURO);
    let port = bert.page.port;

    // The attacker's name leads to this machine: the page answers to its own names only.
    browser.open(&format!("http://{ATTACKER}:{port}/"));
    browser.reads("there is nothing under this name");
    let link = bert.page.start_link();
    browser.open(&link.replace("127.0.0.1", ATTACKER));
    browser.reads("there is nothing under this name");

    // Whether or not a browser counts the attacker's site as the same one: other ports of this machine are, other names are not.
    let to = village.treasury.wallet.address().encode(village.genesis.network());
    let site = attackers(port, &to);
    for host in ["127.0.0.1", ATTACKER] {
        let open = |path: &str| browser.open(&format!("http://{host}:{}{path}", site.port));
        for path in ["/pays", "/locks", "/uploads"] {
            open(path);
            browser.click("go");
            browser.reads("only this page itself may ask");
        }
        open("/leads");
        browser.click("go");
        browser.reads("only this page itself may ask");
        open("/frames");
        assert!(!browser.framed("wallet").contains("Available"));
        open("/reads");
        browser.reads("finished");
        assert_eq!(browser.text("#stolen"), "finished: nothing", "{host}");
    }

    // It is still open, and nobody was paid.
    bert.comes_to_have(10 * EURO);
    bert.open("/history");
    assert!(!browser.page().contains("Sent"), "{}", browser.page());

    // The link was not used up by the attempt; now it is, and opens nothing for anybody else.
    browser.open(&link);
    browser.by_id("available");
    let Some(other) = Browser::start() else { return };
    other.open(&link);
    other.reads("used already");
    other.open(&bert.page.url("/"));
    other.reads("locked to one browser");
}

/// The site of somebody who knows the page's port and the person's passphrase, and not the person's session.
fn attackers(port: u16, to: &str) -> Site {
    let wallet = format!("http://127.0.0.1:{port}");
    let form = |action: &str, more: &str, fields: &[(&str, &str)]| {
        let fields: String =
            fields.iter().map(|(name, value)| format!("<input name={name} value='{value}'>")).collect();
        Page::html(format!(
            "<!doctype html><title>Prizes</title><form method=post action='{wallet}{action}' {more}>{fields}<button id=go>Win</button></form>"
        ))
    };
    let payment = [("to", to), ("amount", "5"), ("passphrase", PASSPHRASE), ("any_company", "on")];
    let leads = Page::html(format!("<!doctype html><title>Prizes</title><a id=go href='{wallet}/history'>Win</a>"));
    let frames = Page::html(format!("<!doctype html><title>Prizes</title><iframe id=wallet src='{wallet}/'></iframe>"));
    let reads = Page::html(format!(
        "<!doctype html><title>Prizes</title><p id=stolen>waits</p><script>
        const paths = ['/', '/status', '/history.csv'];
        const ask = (path, mode) => fetch('{wallet}' + path, {{credentials: 'include', mode}})
            .then(answer => answer.text(), () => '');
        Promise.all(paths.flatMap(path => [ask(path, 'cors'), ask(path, 'no-cors')])).then(told =>
            document.getElementById('stolen').textContent = 'finished: ' + (told.join('') || 'nothing'));
        </script>"
    ));
    Site::serve(BTreeMap::from([
        ("/pays", form("/send/confirm", "", &payment)),
        ("/locks", form("/lock", "", &[])),
        ("/uploads", form("/welcome/file", "enctype=multipart/form-data", &[("file", "x")])),
        ("/leads", leads),
        ("/frames", frames),
        ("/reads", reads),
    ]))
}
