//! What people do with the page, from the first run on, and how every page looks on the way.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hushwatt_ledger::units::Credit;
use hushwatt_wallet::household::PairingCode;
use serde_json::json;

use crate::{
    browser::Browser,
    household::{Household, PASSPHRASE},
    looks::look,
    village::{Counted, Plan, Village},
};

const ANNA: usize = 0;
const BERT: usize = 1;
const FIFTY: u64 = 50_000_000;
const OTHER_PASSPHRASE: &str = "paper boats in a drawer";

/// The 24 words of the sheet that is open.
fn words(browser: &Browser) -> Vec<String> {
    browser.by_id("words");
    let script = "return [...document.querySelectorAll('#words li span')].map(word => word.textContent);";
    let words: Vec<String> = serde_json::from_value(browser.session.run(script, &[])).unwrap();
    assert_eq!(words.len(), 24, "{words:?}");
    words
}

/// Answers the three questions after the words.
fn confirm(browser: &Browser, words: &[String]) {
    for field in ["word-1", "word-2", "word-3"] {
        let asked = browser.text(&format!("label[for=confirm-words-{field}]"));
        let number: usize = asked.trim_start_matches("Word ").parse().unwrap();
        browser.fill(&format!("confirm-words-{field}"), &words[number - 1]);
    }
    browser.click("confirm-words-submit");
}

/// Anna's first run.
fn first_run<'a>(browser: &'a Browser, village: &Village) -> Household<'a> {
    let anna = Household::arrive(browser, &village.folder().join("anna.wallet"), village);
    browser.by_id("choose-create");
    look(browser, "welcome");
    browser.click("choose-create");
    browser.fill("create-new_passphrase", PASSPHRASE);
    browser.fill("create-new_passphrase_again", "something else");
    browser.click("create-submit");
    browser.by_id("create-new_passphrase_again-error");
    look(browser, "create");
    browser.fill("create-new_passphrase", PASSPHRASE);
    browser.fill("create-new_passphrase_again", PASSPHRASE);
    browser.click("create-submit");
    let words = words(browser);
    look(browser, "words");
    browser.click("words-next");
    let wrong: Vec<String> = words.iter().rev().cloned().collect();
    confirm(browser, &wrong);
    browser.wait_for("[aria-invalid=true]");
    look(browser, "confirm");
    confirm(browser, &words);
    browser.reads("Your words are right");
    anna
}

fn pair(household: &Household, village: &mut Village, home: usize, name: &str) {
    let address = household.address(village);
    let pairing = village.home(home).pairing.clone();
    let code = PairingCode { meter: pairing.meter, day_key: pairing.day_key };
    household.open("/meters");
    household.browser.fill("pair-code", &code.encode(village.genesis.network()));
    household.browser.fill("pair-name", name);
    household.browser.click("pair-submit");
    household.browser.reads("The meter is paired");
    assert!(household.browser.text("#meters").contains(name));
    village.set_up_gateway(home, &address);
}

/// Anna offers what her roof gives in the next hour, Bert orders it, her meter measures it, she delivers.
fn trade(anna: &Household, bert: &Household, village: &mut Village) {
    let browser = anna.browser;
    anna.open("/trades");
    browser.click("go-offer");
    browser.fill("offer-quantity", "1.2");
    browser.fill("offer-price", "0.20");
    look(browser, "offer");
    browser.click("offer-submit");
    browser.reads("Your offer is on the board");
    assert!(browser.text("#offer-link").starts_with("hushwatt:offer"));
    look(browser, "offer-made");

    bert.open("/trades");
    browser.wait_for("#board");
    look(browser, "board");
    browser.click("pick-0-submit");
    browser.fill("order-quantity", "1");
    browser.fill("order-passphrase", "not this one");
    browser.click("order-submit");
    browser.by_id("order-passphrase-error");
    browser.fill("order-passphrase", PASSPHRASE);
    look(browser, "order");
    browser.click("order-submit");
    browser.reads("Ordered.");
    bert_and_anna_see(bert, anna, "open");
    look(browser, "contracts");

    let window = village.genesis.parameters.window_at(village.now().plus(village.genesis.parameters.window));
    let counted =
        [Counted { home: ANNA, exported: 903, imported: 5 }, Counted { home: BERT, exported: 0, imported: 2100 }];
    village.attest(window, &counted);
    village.seal_energy(window);
    anna.open("/trades");
    browser.comes_to_read("Ready to deliver");
    browser.click_css("a[href^='/trades/deliver']");
    browser.fill("deliver-passphrase", PASSPHRASE);
    look(browser, "deliver");
    browser.click("deliver-submit");
    browser.reads("Delivered.");
    bert_and_anna_see(bert, anna, "delivered in part");
    village.read();
    village.settle();
}

fn bert_and_anna_see(bert: &Household, anna: &Household, state: &str) {
    for household in [bert, anna] {
        household.open("/trades");
        household.browser.by_id("main");
        let seen = household.browser.until(|| {
            household.open("/trades");
            let there = household.browser.has("#contracts") && household.browser.text("#contracts").contains(state);
            there.then_some(())
        });
        if seen.is_none() {
            household.browser.fail(&format!("no contract is \"{state}\""));
        }
    }
}

/// Anna pays Bert by a link that he made.
fn pay(anna: &Household, bert: &Household, village: &mut Village) {
    let browser = anna.browser;
    bert.open("/receive");
    browser.fill("request-amount", "1.234567");
    browser.fill("request-message", "twelve eggs");
    browser.click("request-submit");
    let link = browser.text("#payment-link");
    look(browser, "receive");

    anna.open("/send");
    browser.fill("send-to", &link);
    browser.fill("send-label", "breakfast");
    look(browser, "send");
    browser.click("send-submit");
    assert!(browser.text("#review-amount").contains("1.234567"), "{}", browser.text("#review-amount"));
    browser.fill("confirm-passphrase", PASSPHRASE);
    look(browser, "review");
    browser.click("confirm-submit");
    if browser.until(|| (browser.has(".flash.good") || browser.has("#confirm-any_company")).then_some(())).is_none() {
        browser.fail("nothing came of a payment");
    }
    if browser.has("#confirm-any_company") {
        look(browser, "little-company");
        browser.click("confirm-any_company");
        browser.fill("confirm-passphrase", PASSPHRASE);
        browser.click("confirm-submit");
    }
    browser.reads("signed and on the way");
    anna.open("/history");
    browser.reads("breakfast");
    let waits = |text: &str| text.contains("on its way") || text.contains("waits for a node");
    let sent = browser.until(|| {
        anna.open("/history");
        (!waits(&browser.page())).then_some(())
    });
    assert!(sent.is_some(), "a payment was never final");
    village.read();
    village.settle();
    bert.comes_to_have(FIFTY - 180_600 + 1_234_567);
    look(browser, "overview-other");
    browser.reads("twelve eggs");
    anna.comes_to_have(FIFTY + 180_600 - 1_234_567);
}

/// Anna proves her payment to somebody; he checks it.
fn prove(anna: &Household, village: &Village) {
    let browser = anna.browser;
    anna.open("/history");
    browser.click_css("ul.entries a");
    look(browser, "entry");
    browser.click("entry-prove");
    browser.fill("prove-verifier", "Egg farm");
    browser.fill("prove-nonce", "4711");
    browser.fill("prove-purpose", "the eggs of June");
    browser.fill("prove-passphrase", PASSPHRASE);
    look(browser, "proof");
    browser.click("prove-submit");
    browser.by_id("proof-download");
    look(browser, "proof-made");
    browser.click("proof-download");
    let proof = browser.download("payment.json");
    let told = check(&proof, village, "Egg farm", "4711");
    assert!(told.0, "{}", told.1);
    assert!(told.1.contains("1.234567"), "{}", told.1);
    for (verifier, nonce) in [("Egg farm", "4712"), ("Dairy", "4711")] {
        assert!(!check(&proof, village, verifier, nonce).0);
    }
    let proof = prove_a_reading(anna, village);
    let told = check(&proof, village, "Energy agency", "12");
    assert!(told.0, "{}", told.1);
    anna.open("/proofs");
    browser.reads("Egg farm");
    browser.reads("Energy agency");
    look(browser, "proofs");
}

/// What her meter measured in an interval of the window that she sold from.
fn prove_a_reading(anna: &Household, village: &Village) -> PathBuf {
    let browser = anna.browser;
    anna.open("/proofs");
    browser.click("prove-reading");
    let first = village.genesis.parameters.window_start(village.genesis.first_window());
    assert_eq!(first.0 % 86_400, 5 * 3600);
    browser.set("prove-day", "2026-06-16");
    browser.set("prove-time", "05:20");
    browser.set("prove-register", "export");
    browser.fill("prove-verifier", "Energy agency");
    browser.fill("prove-nonce", "12");
    browser.fill("prove-passphrase", PASSPHRASE);
    look(browser, "proof-of-a-reading");
    browser.click("prove-submit");
    browser.click("proof-download");
    browser.download("reading.json")
}

fn check(proof: &Path, village: &Village, verifier: &str, nonce: &str) -> (bool, String) {
    let mut check = Command::new(env!("CARGO_BIN_EXE_hushwatt"));
    check.args(["audit", "check"]).arg(proof).args(["--node", &village.url()]);
    let told = check.args(["--verifier", verifier, "--nonce", nonce]).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    (told.status.success(), text)
}

/// Anna makes a backup, and has everything again on another machine.
fn back_up_and_restore(anna: &Household, village: &Village) {
    let browser = anna.browser;
    anna.open("/settings");
    look(browser, "settings");
    browser.fill("backup-new_passphrase", OTHER_PASSPHRASE);
    browser.fill("backup-new_passphrase_again", OTHER_PASSPHRASE);
    browser.fill("backup-passphrase", PASSPHRASE);
    browser.click("backup-submit");
    browser.click_css("#files a");
    look(browser, "downloads");
    let backup = browser.download(".age");
    assert!(fs::read(&backup).unwrap().starts_with(b"age-encryption.org/v1"));

    let again = Household::arrive(browser, &village.folder().join("again.wallet"), village);
    browser.click("choose-file");
    let give = |passphrase: &str| {
        browser.choose_file("restore-file-file", &backup);
        browser.fill("restore-file-file_passphrase", passphrase);
        browser.fill("restore-file-new_passphrase", PASSPHRASE);
        browser.fill("restore-file-new_passphrase_again", PASSPHRASE);
        browser.click("restore-file-submit");
    };
    give("not this one");
    browser.by_id("restore-file-file_passphrase-error");
    look(browser, "restore-file");
    give(OTHER_PASSPHRASE);
    browser.reads("Your wallet is back");
    again.comes_to_have(FIFTY + 180_600 - 1_234_567);
    again.open("/history");
    browser.reads("breakfast");
    again.open("/meters");
    browser.reads("Roof");
}

/// What is left: every page that nothing was done on.
fn look_around(anna: &Household) {
    let browser = anna.browser;
    for (path, name) in [
        ("/", "overview"),
        ("/energy", "energy"),
        ("/trades", "trades"),
        ("/trades/auction", "auction"),
        ("/history", "history"),
        ("/meters", "meters"),
        ("/more", "more"),
        ("/nowhere", "nothing-here"),
    ] {
        anna.open(path);
        look(browser, name);
    }
    anna.open("/contacts");
    browser.fill("add-contact-name", "Bert");
    browser.fill("add-contact-address", "not an address");
    browser.click("add-contact-submit");
    browser.by_id("add-contact-address-error");
    look(browser, "contacts");

    // Without scripts everything can be read, and forms are sent.
    browser.scripts(false);
    anna.open("/energy");
    let drawn = browser.session.get("/source").unwrap();
    assert!(drawn.as_str().unwrap().contains("energy-table"));
    browser.scripts(true);
    anna.open("/energy");
    browser.click("energy-table-open");
    assert!(browser.text("#energy-table").contains("0.903"), "{}", browser.text("#energy-table"));
    look(browser, "energy-table");

    anna.open("/");
    browser.click("lock-submit");
    browser.by_id("unlock-passphrase");
    browser.fill("unlock-passphrase", "not this one");
    browser.click("unlock-submit");
    browser.by_id("unlock-passphrase-error");
    look(browser, "unlock");
    browser.fill("unlock-passphrase", PASSPHRASE);
    browser.click("unlock-submit");
    browser.by_id("available");
    let cookies = browser.cookies();
    let own = cookies.iter().find(|cookie| cookie["name"] == format!("hushwatt_{}", anna.page.port)).unwrap();
    assert_eq!((&own["httpOnly"], &own["sameSite"]), (&json!(true), &json!("Strict")));
}

#[test]
fn two_households_start_trade_pay_prove_and_come_back() {
    let Some(browser) = Browser::start() else { return };
    let mut village = Village::found(&Plan::default());
    let anna = first_run(&browser, &village);
    let bert = Household::with_words(&browser, &village.folder().join("bert.wallet"), &village);
    anna.do_nothing_by_itself();
    bert.do_nothing_by_itself();
    let fifty = Credit(FIFTY);
    let paid = [(anna.address(&village), fifty), (bert.address(&village), fifty)];
    village.fund(&paid);
    anna.comes_to_have(FIFTY);
    bert.comes_to_have(FIFTY);
    pair(&anna, &mut village, ANNA, "Roof");
    pair(&bert, &mut village, BERT, "Flat");
    trade(&anna, &bert, &mut village);
    anna.comes_to_have(FIFTY + 180_600);
    bert.comes_to_have(FIFTY - 180_600);
    pay(&anna, &bert, &mut village);
    prove(&anna, &village);
    back_up_and_restore(&anna, &village);
    look_around(&anna);
}
