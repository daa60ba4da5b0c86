//! Pages in a real browser, headless Chromium by its WebDriver: the wallet's, against a village with a real node, and the
//! auditor's report, with its paper.
//!
//! Pictures of every page are kept in `target/browser-screenshots`. Chromium is Debian's `chromium` with
//! `chromium-driver`; the accessibility checker axe-core comes from its registry by `npm` when a test needs it; what draws and
//! reads PDF files is Debian's `poppler-utils`. Where one of them is missing the tests say so and pass, except with `CI=true`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod attacks;
mod axe;
mod browser;
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "../../audits/tests/verify/chain.rs"]
mod chain;
mod harness;
mod household;
#[path = "../../ledger/tests/kit/mod.rs"]
mod kit;
mod looks;
mod page;
mod report;
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "../../audits/tests/paper/rich.rs"]
mod rich;
mod site;
mod story;
#[path = "../village/mod.rs"]
mod village;
mod webdriver;
