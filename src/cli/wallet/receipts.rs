//! `hushwatt wallet receipts`: what is final, where on the ledger it stands, and the command that proves it to others.

use clap::Args;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::transaction::open::ContractId;
use hushwatt_wallet::household::{
    Household,
    views::{ContractState, ContractView, EntryState, HistoryEntry, HistoryKind, Side},
};
use serde::Serialize;

use super::{
    common::Common,
    error::WalletCommandError,
    find,
    history::{Stretch, printable, short, what, who},
    session::Session,
    show::Show,
    table::{Table, pairs},
};

/// Arguments of `hushwatt wallet receipts`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet receipts
  hushwatt wallet receipts 3f9a8c --json
  hushwatt wallet receipts --from 2026-06-01 --until 2026-07-01

A receipt is yours to read. What others should believe is a proof: \"hushwatt wallet prove\" makes one for them alone.")]
pub(super) struct ReceiptsArguments {
    /// Only this line of the history, by the first letters of its id
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    stretch: Stretch,
}

#[derive(Serialize)]
struct Receipt {
    #[serde(flatten)]
    entry: HistoryEntry,
    /// The command that proves it, one a line if it is about several contracts; none if nothing can be proven.
    prove: Option<String>,
    /// What the proof would show.
    shows: Option<&'static str>,
}

pub(super) fn run(common: &Common, arguments: &ReceiptsArguments) -> Result<(), WalletCommandError> {
    let session = Session::to_look(common)?;
    let (household, show) = (session.household(), common.show());
    if let Some(typed) = &arguments.id {
        let entry = find::entry(&household, typed)?;
        if entry.state != EntryState::Final {
            return Err(WalletCommandError::Input("this is not final yet: there is no receipt".to_owned()));
        }
        let receipt = receipt(&household, entry);
        return common.answer(&receipt, || one(&show, &receipt));
    }
    let entries = household.history(&arguments.stretch.filter(&show, &household)?);
    let of_value = |entry: &HistoryEntry| entry.state == EntryState::Final && entry.kind != HistoryKind::Moved;
    let receipts: Vec<Receipt> = entries.into_iter().filter(of_value).map(|entry| receipt(&household, entry)).collect();
    common.answer(&receipts, || {
        let mut table = Table::new(&["When", "What", ">Amount", "With", ">Block", "Proof", "Id"]);
        for Receipt { entry, prove, .. } in &receipts {
            table.row(vec![
                show.minute(entry.time),
                what(&show, entry),
                show.signed(entry.amount),
                who(entry),
                entry.height.map(|height| height.to_string()).unwrap_or_default(),
                if prove.is_some() { "yes" } else { "" }.to_owned(),
                short(&entry.id),
            ]);
        }
        if table.is_empty() { "No receipts yet, or none that fit.".to_owned() } else { table.text() }
    })
}

fn receipt(household: &Household, entry: HistoryEntry) -> Receipt {
    let own = !household.is_view_only();
    let id = short(&entry.id);
    let (prove, shows) = match entry.kind {
        HistoryKind::Sent if own => {
            (Some(format!("hushwatt wallet prove payment {id}")), Some("that you paid this to that address"))
        }
        HistoryKind::Received if own && entry.transaction.is_some() => {
            (Some(format!("hushwatt wallet prove payment {id}")), Some("that your address received this"))
        }
        HistoryKind::Bought | HistoryKind::Sold if own && entry.order.is_none() => {
            let commands: Vec<String> = contracts_of(household, &entry)
                .map(|contract| format!("hushwatt wallet prove delivery {}", short(&hex(&contract.0))))
                .collect();
            (
                Some(commands.join("\n")).filter(|commands| !commands.is_empty()),
                Some("how much was delivered, at which price, and that you were its buyer or seller"),
            )
        }
        _ => (None, None),
    };
    Receipt { entry, prove, shows }
}

/// The contracts that a line is about: a delivery may serve several.
fn contracts_of<'a>(household: &'a Household, entry: &'a HistoryEntry) -> impl Iterator<Item = ContractId> {
    let side = if entry.kind == HistoryKind::Sold { Side::Seller } else { Side::Buyer };
    let about = move |contract: &ContractView| match entry.contract {
        Some(id) => contract.id == id,
        None => {
            let delivered = contract.side == side && contract.state == ContractState::Delivered;
            delivered && Some(contract.start) == entry.window && Some(contract.utility) == entry.utility
        }
    };
    household.contracts().into_iter().filter(about).map(|contract| contract.id)
}

fn one(show: &Show, receipt: &Receipt) -> String {
    let entry = &receipt.entry;
    let mut rows =
        vec![("What", what(show, entry)), ("When", show.moment(entry.time)), ("Amount", show.signed(entry.amount))];
    if entry.fee.0 > 0 {
        rows.push(("Fee in it", show.euro(entry.fee)));
    }
    rows.extend(entry.counterparty.clone().map(|person| ("With", person)));
    rows.extend(entry.message.as_deref().map(|message| ("Message", printable(message))));
    rows.extend(entry.label.as_deref().map(|label| ("Label", printable(label))));
    rows.extend(entry.height.map(|height| ("Block", height.to_string())));
    rows.extend(entry.transaction.map(|id| ("Transaction", hex(&id.0))));
    rows.extend(entry.contract.map(|id| ("Contract", hex(&id.0))));
    rows.extend(entry.order.map(|id| ("Order", hex(&id.0))));
    rows.push((
        "Proof",
        match (&receipt.prove, receipt.shows) {
            (Some(command), Some(shows)) => format!("{command}\nshows {shows}, to whom you name with --for"),
            _ => "none can be made".to_owned(),
        },
    ));
    pairs(&rows)
}
