//! `hushwatt wallet trade`: offers, orders, deliveries and contracts.

mod buy;
mod contracts;
mod deliver;
mod offer;
mod offers;

use clap::{Subcommand, ValueEnum};
use hushwatt_ledger::units::Utility;

use super::{common::Common, error::WalletCommandError};

#[derive(Subcommand)]
pub(super) enum TradeCommand {
    /// List what neighbours offer on the board, and your own offers
    Offers(offers::OffersArguments),
    /// Offer energy of a settlement window: as a link, a QR code and on the board
    Offer(offer::OfferArguments),
    /// Order from an offer: its price is set aside until it is delivered or expires
    Buy(buy::BuyArguments),
    /// Deliver what was ordered from you
    Deliver(deliver::DeliverArguments),
    /// List contracts, yours as buyer and as seller
    Contracts(contracts::ContractsArguments),
}

pub(super) fn run(common: &Common, command: &TradeCommand) -> Result<(), WalletCommandError> {
    match command {
        TradeCommand::Offers(arguments) => offers::run(common, arguments),
        TradeCommand::Offer(arguments) => offer::run(common, arguments),
        TradeCommand::Buy(arguments) => buy::run(common, arguments),
        TradeCommand::Deliver(arguments) => deliver::run(common, arguments),
        TradeCommand::Contracts(arguments) => contracts::run(common, arguments),
    }
}

/// What is traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// In kWh
    Electricity,
    /// In litres
    Water,
    /// In kWh
    Heat,
}

impl Kind {
    pub fn utility(self) -> Utility {
        match self {
            Kind::Electricity => Utility::Electricity,
            Kind::Water => Utility::Water,
            Kind::Heat => Utility::Heat,
        }
    }
}
