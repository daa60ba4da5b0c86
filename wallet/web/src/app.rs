//! What all requests share.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{
    assets::Assets,
    clock::Clock,
    security::session::{Session, Sessions},
    text::{Clockface, Language, Tongue},
    vault::Vault,
};

/// State of the router.
pub(crate) struct App {
    pub port: u16,
    pub clock: Clock,
    pub vault: Arc<Vault>,
    pub sessions: Arc<Sessions>,
    pub assets: Assets,
    /// Language before a wallet is open, if neither the browser nor the person asked for another one.
    pub language: Option<Language>,
    pub zone: TimeZone,
    /// Nodes that the first run proposes.
    pub nodes: Vec<String>,
}

impl App {
    /// Name of the cookie: two wallets on one machine have two.
    pub fn cookie_name(&self) -> String {
        format!("hushwatt_{}", self.port)
    }

    /// Where a new start link leads.
    pub fn start_url(&self) -> String {
        format!("http://127.0.0.1:{}/start?token={}", self.port, self.sessions.new_start().as_str())
    }

    /// The language for somebody: chosen, else the command line's, else the browser's, else English.
    pub fn tongue(&self, session: Option<&Session>, accepted: Option<&str>) -> Tongue {
        let chosen = session.and_then(Session::language).or(self.language);
        Tongue::new(chosen.or_else(|| Language::preferred(accepted?)).unwrap_or(Language::English))
    }

    pub fn face(&self, tongue: Tongue) -> Clockface {
        Clockface { tongue, zone: self.zone.clone() }
    }
}
