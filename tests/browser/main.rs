//! The wallet's page in a real browser: headless Chromium by its WebDriver, against a village with a real node.
//!
//! Pictures of every page are kept in `target/browser-screenshots`. Chromium is Debian's `chromium` with
//! `chromium-driver`; the accessibility checker axe-core comes from its registry by `npm` when a test needs it. Where one of
//! them is missing the tests say so and pass, except with `CI=true`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod attacks;
mod axe;
mod browser;
mod harness;
mod household;
mod looks;
mod page;
mod site;
mod story;
#[path = "../village/mod.rs"]
mod village;
mod webdriver;
