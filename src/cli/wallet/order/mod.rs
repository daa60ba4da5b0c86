//! `hushwatt wallet order`: the sealed-bid auction, by hand and by rule.

mod cancel;
mod list;
mod place;
pub(super) mod rule;
mod show;

use clap::Subcommand;
use hushwatt_wallet::household::{
    Household,
    views::{OrderStanding, OrderView, Side},
};

use super::{common::Common, error::WalletCommandError, find, show::Show, trade::Kind};

#[derive(Subcommand)]
pub(super) enum OrderCommand {
    /// Order to sell what your meter gave to the grid in a window
    Sell(place::OrderArguments),
    /// Order to buy what you took in a window: the highest price is set aside until the auction is over
    Buy(place::OrderArguments),
    /// List your orders, and what became of them
    List(list::ListArguments),
    /// Show one order
    Show(show::ShowArguments),
    /// Take an order back that the market operator has not admitted yet
    Cancel(cancel::CancelArguments),
    /// Let "hushwatt wallet run" order in every auction, within two limits
    Rule(rule::RuleArguments),
}

pub(super) fn run(common: &Common, command: &OrderCommand) -> Result<(), WalletCommandError> {
    match command {
        OrderCommand::Sell(arguments) => place::run(common, Side::Seller, arguments),
        OrderCommand::Buy(arguments) => place::run(common, Side::Buyer, arguments),
        OrderCommand::List(arguments) => list::run(common, arguments),
        OrderCommand::Show(arguments) => show::run(common, arguments),
        OrderCommand::Cancel(arguments) => cancel::run(common, arguments),
        OrderCommand::Rule(arguments) => rule::run(common, arguments),
    }
}

/// The order whose id begins with these letters.
fn named(household: &Household, typed: &str) -> Result<OrderView, WalletCommandError> {
    find::one("order", typed, household.orders(), |order| order.id.to_string())
}

/// How an order stands, in a few words.
fn standing(show: &Show, order: &OrderView) -> String {
    let until = show.minute(order.until);
    match order.state {
        OrderStanding::AwaitsOperator => "waits for the market operator".to_owned(),
        OrderStanding::AwaitsBlock => "on its way".to_owned(),
        OrderStanding::Open => format!("in the auction, over by {until}"),
        OrderStanding::Traded if order.filled == Some(order.quantity) => "traded".to_owned(),
        OrderStanding::Traded => "traded in part, the rest came back".to_owned(),
        OrderStanding::NotTraded => "not traded, all came back".to_owned(),
        OrderStanding::Expired => "not cleared in time, all came back".to_owned(),
        OrderStanding::GivenUp => match &order.reason {
            Some(reason) => format!("given up: {reason}"),
            None => "given up".to_owned(),
        },
    }
}

fn side(order: &OrderView) -> &'static str {
    match order.side {
        Side::Buyer => "you buy",
        Side::Seller => "you sell",
    }
}

/// Money with its sign: what is set aside or paid goes, what is earned comes.
fn money(show: &Show, order: &OrderView) -> String {
    let sign = if order.side == Side::Buyer { -1 } else { 1 };
    match i64::try_from(order.money.0).unwrap_or(i64::MAX) {
        0 => String::new(),
        amount => show.signed(amount.saturating_mul(sign)),
    }
}
