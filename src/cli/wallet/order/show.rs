//! `hushwatt wallet order show`: one order.

use clap::Args;
use hushwatt_crypto::hash::hex;
use hushwatt_wallet::household::views::{OrderStanding, OrderView, Side};

use super::{
    super::{common::Common, error::WalletCommandError, session::Session, show::Show, table::pairs},
    named, side, standing,
};

/// Arguments of `hushwatt wallet order show`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet order show 9c41d2
  hushwatt wallet order show 9c41d2 --json")]
pub(in crate::cli::wallet) struct ShowArguments {
    /// The first letters of the order's id
    #[arg(value_name = "ORDER")]
    order: String,
}

pub(super) fn run(common: &Common, arguments: &ShowArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let order = named(&session.household(), &arguments.order)?;
    common.answer(&order, || text(&common.show(), &order))
}

fn text(show: &Show, order: &OrderView) -> String {
    let (utility, energy) = (order.utility, |base: u32| show.energy(order.utility, base.into()));
    let limit = match order.limit_micro_euro {
        Some(limit) => show.price(utility, limit),
        None => "not known to this copy of the wallet".to_owned(),
    };
    let mut rows = vec![
        ("Window", show.moment(order.start)),
        ("Side", format!("{} {}", side(order), utility.name())),
        ("Ordered", energy(order.quantity.0)),
        ("Limit", limit),
        ("State", standing(show, order)),
    ];
    rows.extend(order.price_micro_euro.map(|price| ("Price", format!("{} for everybody", show.price(utility, price)))));
    rows.extend(order.filled.map(|filled| ("Traded", energy(filled.0))));
    let money = match (order.state, order.side) {
        (OrderStanding::Traded, Side::Buyer) => Some(("Paid", show.euro(order.money))),
        (OrderStanding::Traded, Side::Seller) => Some(("Earned", show.euro(order.money))),
        _ if order.money.0 > 0 => Some(("Set aside", show.euro(order.money))),
        _ => None,
    };
    rows.extend(money);
    rows.push(("Order", order.id.to_string()));
    rows.push(("Transaction", hex(&order.transaction.0)));
    pairs(&rows)
}
