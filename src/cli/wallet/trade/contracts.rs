//! `hushwatt wallet trade contracts`: from both sides.

use clap::Args;
use hushwatt_crypto::hash::hex;
use hushwatt_wallet::household::views::{ContractState, ContractView, Side};

use super::super::{
    common::Common, error::WalletCommandError, history::short, session::Session, show::Show, table::Table,
};

/// Arguments of `hushwatt wallet trade contracts`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet trade contracts
  hushwatt wallet trade contracts --open")]
pub(in crate::cli::wallet) struct ContractsArguments {
    /// Only those that wait for their delivery
    #[arg(long)]
    open: bool,
}

pub(super) fn run(common: &Common, arguments: &ContractsArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let mut contracts = session.household().contracts();
    contracts.retain(|contract| !arguments.open || contract.state == ContractState::Open);
    let show = common.show();
    common.answer(&contracts, || {
        let mut table = Table::new(&["Window", "Side", ">Ordered", ">Price", ">Delivered", ">Money", "State", "Id"]);
        contracts.iter().for_each(|contract| table.row(row(&show, contract)));
        if table.is_empty() { "No contracts.".to_owned() } else { table.text() }
    })
}

fn row(show: &Show, contract: &ContractView) -> Vec<String> {
    let (sign, side) = match contract.side {
        Side::Buyer => (-1, "you buy"),
        Side::Seller => (1, "you sell"),
    };
    let state = match contract.state {
        ContractState::Open => format!("open until {}", show.minute(contract.until)),
        ContractState::Delivered if contract.delivered == Some(contract.quantity) => "delivered".to_owned(),
        ContractState::Delivered => "delivered in part".to_owned(),
        ContractState::Expired => "expired: the money went back".to_owned(),
    };
    let money = i64::try_from(contract.money.0).unwrap_or(i64::MAX).saturating_mul(sign);
    vec![
        show.minute(contract.start),
        side.to_owned(),
        show.energy(contract.utility, contract.quantity.0.into()),
        show.price(contract.utility, contract.price.micro_euro()),
        contract.delivered.map(|delivered| show.energy(contract.utility, delivered.0.into())).unwrap_or_default(),
        if contract.state == ContractState::Expired { String::new() } else { show.signed(money) },
        state,
        short(&hex(&contract.id.0)),
    ]
}
