//! `hushwatt wallet address` and `request`: how others pay this household.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, session::Session, show, table::pairs};

/// Arguments of `hushwatt wallet address`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet address
  hushwatt wallet address --qr
  hushwatt wallet address --svg address.svg

Everybody may know the address: nobody can tell from the ledger what was paid to it.")]
pub(super) struct AddressArguments {
    #[command(flatten)]
    picture: Picture,
}

/// Arguments of `hushwatt wallet request`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet request 12.50 --message \"Rent of the bicycle\" --qr
  hushwatt wallet request --svg pay-me.svg

Whoever pays sees amount and message before he confirms, and \"hushwatt wallet send LINK\" pays it.")]
pub(super) struct RequestArguments {
    /// How much in euros; open if none is given
    #[arg(value_name = "AMOUNT")]
    amount: Option<String>,
    /// What the payment will say, at most 62 bytes
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    picture: Picture,
}

/// A QR code.
#[derive(Args)]
pub(super) struct Picture {
    /// Show it as a QR code too
    #[arg(long)]
    qr: bool,
    /// Write the QR code into this new file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Serialize)]
struct Address {
    address: String,
    link: String,
    network: String,
    simulated_time: bool,
    view_only: bool,
}

#[derive(Serialize)]
struct Request {
    link: String,
    amount_micro_euro: Option<u64>,
    message: Option<String>,
}

pub(super) fn address(common: &Common, arguments: &AddressArguments) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let household = session.household();
    let link = household.payment_link(None, None)?;
    let genesis = household.genesis();
    let address = Address {
        address: household.address(),
        network: genesis.network().to_string(),
        simulated_time: genesis.simulated_time,
        view_only: household.is_view_only(),
        link,
    };
    arguments.picture.write(&address.link)?;
    let picture = arguments.picture.text(&address.link)?;
    common.answer(&address, || format!("{}{picture}", address.address))
}

pub(super) fn request(common: &Common, arguments: &RequestArguments) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let show = common.show();
    let amount = arguments.amount.as_deref().map(|text| show.read_euro(text)).transpose()?;
    let link = session.household().payment_link(amount, arguments.message.as_deref())?;
    arguments.picture.write(&link)?;
    let picture = arguments.picture.text(&link)?;
    let request =
        Request { amount_micro_euro: amount.map(|amount| amount.0), message: arguments.message.clone(), link };
    common.answer(&request, || {
        let mut rows = vec![("Link", request.link.clone())];
        rows.extend(amount.map(|amount| ("Amount", show.euro(amount))));
        rows.extend(request.message.clone().map(|message| ("Message", message)));
        format!("{}{picture}", pairs(&rows))
    })
}

impl Picture {
    /// For the terminal, if it was asked for.
    pub fn text(&self, content: &str) -> Result<String, WalletCommandError> {
        if self.qr { Ok(format!("\n\n{}", show::qr(content)?)) } else { Ok(String::new()) }
    }

    /// Into the file, if there is to be one.
    pub fn write(&self, content: &str) -> Result<(), WalletCommandError> {
        match &self.svg {
            Some(path) => super::export::write_new(path, show::qr_svg(content)?.as_bytes()),
            None => Ok(()),
        }
    }
}
