//! `hushwatt wallet order list`: all orders and what became of them.

use clap::Args;
use hushwatt_wallet::household::views::{OrderStanding, OrderView};

use super::{
    super::{common::Common, error::WalletCommandError, history::short, session::Session, show::Show, table::Table},
    money, side, standing,
};

/// Arguments of `hushwatt wallet order list`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet order list
  hushwatt wallet order list --open --json

The letters in the last column name an order for \"hushwatt wallet order show\".")]
pub(in crate::cli::wallet) struct ListArguments {
    /// Only those whose auction is not over
    #[arg(long)]
    open: bool,
}

pub(super) fn run(common: &Common, arguments: &ListArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let mut orders = session.household().orders();
    let is_open = |order: &OrderView| {
        matches!(order.state, OrderStanding::AwaitsOperator | OrderStanding::AwaitsBlock | OrderStanding::Open)
    };
    orders.retain(|order| !arguments.open || is_open(order));
    let show = common.show();
    common.answer(&orders, || {
        let columns = ["Window", "Side", ">Ordered", ">Limit", ">Traded", ">Price", ">Money", "State", "Id"];
        let mut table = Table::new(&columns);
        orders.iter().for_each(|order| table.row(row(&show, order)));
        if table.is_empty() { "No orders in auctions.".to_owned() } else { table.text() }
    })
}

fn row(show: &Show, order: &OrderView) -> Vec<String> {
    let price = |micro_euro: Option<u32>| micro_euro.map(|price| show.price(order.utility, price)).unwrap_or_default();
    vec![
        show.minute(order.start),
        side(order).to_owned(),
        show.energy(order.utility, order.quantity.0.into()),
        price(order.limit_micro_euro),
        order.filled.map(|filled| show.energy(order.utility, filled.0.into())).unwrap_or_default(),
        price(order.price_micro_euro),
        money(show, order),
        standing(show, order),
        short(&order.id.to_string()),
    ]
}
