//! `hushwatt wallet` and `hushwatt treasury` as households and treasurers run them: the real program on real files, against
//! real nodes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "cli_wallet/answers.rs"]
mod answers;
#[cfg(feature = "operator")]
#[path = "cli_wallet/auction.rs"]
mod auction;
#[path = "cli_wallet/files.rs"]
mod files;
#[path = "cli_wallet/forgetting.rs"]
mod forgetting;
#[path = "cli_wallet/money.rs"]
mod money;
#[path = "cli_wallet/resume.rs"]
mod resume;
#[path = "cli_wallet/support.rs"]
mod support;
#[path = "cli_wallet/totals.rs"]
mod totals;
#[path = "cli_wallet/trade.rs"]
mod trade;
#[path = "cli_wallet/treasury.rs"]
mod treasury;
#[path = "cli_wallet/unattended.rs"]
mod unattended;
mod village;
