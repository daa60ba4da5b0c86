//! `hushwatt wallet order cancel`: takes an order back that the market operator has not admitted.

use clap::Args;

use super::{
    super::{common::Common, error::WalletCommandError, session::Session},
    named,
};

/// Arguments of `hushwatt wallet order cancel`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet order cancel 9c41d2

Until the market operator has admitted an order it is in this wallet only: he cannot put it on the ledger alone. An order that is
on the ledger stays in its auction.")]
pub(in crate::cli::wallet) struct CancelArguments {
    /// The first letters of the order's id
    #[arg(value_name = "ORDER")]
    order: String,
}

pub(super) fn run(common: &Common, arguments: &CancelArguments) -> Result<(), WalletCommandError> {
    // The nodes are not asked: a round with them would have the order admitted.
    let session = Session::open(common)?;
    let order = named(&session.household(), &arguments.order)?;
    session.household().cancel_order(&order.transaction)?;
    let cancelled = named(&session.household(), &arguments.order)?;
    common.answer(&cancelled, || "Taken back: what it set aside is free again.".to_owned())
}
