//! `hushwatt wallet web`: the wallet's page.

use std::sync::Arc;

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_wallet_web::{HouseholdKeeper, Server, ServerOptions, WebConfig, WebError, serve};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, interrupt};

/// Arguments of `hushwatt wallet web`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet web
  hushwatt wallet web --port 8410 --no-browser
  hushwatt wallet web --node https://node-a.example.org       a new wallet can be made in the browser

Only this machine can reach the page, and only with the link that is printed, which works once. The passphrase is asked in the
browser. Ctrl-C ends it.")]
pub(super) struct WebArguments {
    /// The port on 127.0.0.1 [default: one that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Do not open a browser: print the link alone
    #[arg(long)]
    no_browser: bool,
    /// A node that is offered when a wallet is made in the browser; may be repeated
    #[arg(long, value_name = "URL")]
    node: Vec<BaseUrl>,
}

#[derive(Serialize)]
struct Started {
    link: String,
}

pub(super) fn run(common: &Common, arguments: &WebArguments) -> Result<(), WalletCommandError> {
    let wallet_path = common.wallet()?;
    // It may be made in the browser.
    common.make_room(&wallet_path)?;
    let nodes: Vec<String> = arguments.node.iter().map(ToString::to_string).collect();
    let (port, language) = (arguments.port, common.language());
    if common.json {
        let options = ServerOptions { port, language, nodes, ..ServerOptions::default() };
        return for_a_script(common, options, HouseholdKeeper::new(wallet_path));
    }
    serve(WebConfig { wallet_path, port, language, open_browser: !arguments.no_browser, nodes }).map_err(web_error)
}

/// The link alone, and no browser.
fn for_a_script(common: &Common, options: ServerOptions, keeper: HouseholdKeeper) -> Result<(), WalletCommandError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(WalletCommandError::System)?;
    runtime.block_on(async {
        let server = Server::bind(options, Arc::new(keeper)).await.map_err(web_error)?;
        common.answer(&Started { link: server.start_links().next() }, String::new)?;
        server.serve(interrupt::told_to_stop()?).await.map_err(web_error)
    })
}

fn web_error(error: WebError) -> WalletCommandError {
    WalletCommandError::Web(error.to_string())
}
