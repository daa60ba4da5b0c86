//! What the page is started with, and why it could not be.

use std::{net::SocketAddr, path::PathBuf};

/// How the page is served.
#[derive(Clone, Debug, Default)]
pub struct WebConfig {
    /// The wallet's file; it need not exist yet.
    pub wallet_path: PathBuf,
    /// Port on this machine's loopback; 0 for any that is free.
    pub port: u16,
    /// Language before a wallet is open (`en`, `de`); without it the browser's.
    pub language: Option<String>,
    /// Whether a browser is opened.
    pub open_browser: bool,
    /// Nodes that the first run proposes.
    pub nodes: Vec<String>,
}

/// Why the page could not be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The port is taken.
    #[error("cannot listen on {address} ({source}): choose another port with --port, or 0 for any that is free")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// No such language.
    #[error("there is no language \"{0}\" here: choose en or de")]
    Language(String),
    /// The system gave no thread, or broke off.
    #[error("the page could not be served: {0}")]
    System(#[from] std::io::Error),
}
