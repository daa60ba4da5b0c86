//! A person at the wallet's page: what is done there again and again.

use std::path::Path;

use hushwatt_crypto::{address::Address, keys::Seed};
use hushwatt_wallet::file::SeedWords;
use rand_core::OsRng;
use serde_json::json;

use crate::{browser::Browser, page::Page, village::Village};

pub const PASSPHRASE: &str = "walnut lantern harbour moss";

/// Somebody with a page in a browser.
pub struct Household<'a> {
    pub browser: &'a Browser,
    pub page: Page,
}

impl<'a> Household<'a> {
    /// Opens the page of a wallet by its start link.
    pub fn arrive(browser: &'a Browser, wallet: &Path, village: &Village) -> Self {
        let page = Page::serve(wallet, &[village.url().trim_end_matches('/').to_owned()]);
        browser.open(&page.start_link());
        Household { browser, page }
    }

    /// The same with a new wallet that was restored from 24 words.
    pub fn with_words(browser: &'a Browser, wallet: &Path, village: &Village) -> Self {
        let household = Self::arrive(browser, wallet, village);
        household.restore(&SeedWords::from_seed(&Seed::random(&mut OsRng)).phrase());
        household
    }

    /// From the first page of a first run: restores from 24 words.
    pub fn restore(&self, words: &str) {
        let browser = self.browser;
        browser.click("choose-words");
        browser.fill("restore-words-words", words);
        browser.fill("restore-words-new_passphrase", PASSPHRASE);
        browser.fill("restore-words-new_passphrase_again", PASSPHRASE);
        browser.click("restore-words-submit");
        browser.reads("Your wallet is back");
    }

    pub fn open(&self, path: &str) {
        self.browser.open(&self.page.url(path));
    }

    /// The address that others pay to.
    pub fn address(&self, village: &Village) -> Address {
        self.open("/receive");
        Address::decode(village.genesis.network(), &self.browser.text("#address")).unwrap()
    }

    /// Nothing is done that was not asked for: tests do it by hand.
    pub fn do_nothing_by_itself(&self) {
        self.open("/settings");
        for tick in ["agent-deliver", "agent-tidy"] {
            if self.browser.has(&format!("#{tick}:checked")) {
                self.browser.click(tick);
            }
        }
        self.browser.fill("agent-passphrase", PASSPHRASE);
        self.browser.click("agent-submit");
        self.browser.reads("Saved");
    }

    /// Waits until this much can be spent, in micro-euro.
    pub fn comes_to_have(&self, micro_euro: u64) {
        let browser = self.browser;
        let script = "const shown = document.querySelector('#available data'); return shown ? shown.value : null;";
        let shown = || browser.session.run(script, &[]).as_str().map(str::to_owned);
        let wanted = json!(micro_euro.to_string());
        self.open("/");
        let there = browser.until(|| {
            let there = shown().is_some_and(|shown| shown == wanted);
            if !there {
                self.open("/");
            }
            there.then_some(())
        });
        if there.is_none() {
            browser.fail(&format!("there never were {micro_euro} micro-euro but {:?}", shown()));
        }
    }
}
