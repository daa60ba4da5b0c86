//! `hushwatt wallet order sell` and `buy`: places an order.

use clap::Args;
use hushwatt_client::BaseUrl;
use hushwatt_ledger::units::Quantity;
use hushwatt_wallet::household::{
    OrderRequest,
    views::{EntryState, OrderView, Preview, Side},
};
use serde::Serialize;

use super::{
    super::{
        common::Common,
        confirm,
        error::WalletCommandError,
        session::Session,
        settle::{Outcome, Patience, settle},
        show::Show,
        table::pairs,
        times::Meant,
    },
    Kind,
};

/// Arguments of `hushwatt wallet order sell` and `buy`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet order sell --window 13:00 --quantity 1.5 --limit 15
  hushwatt wallet order buy --window 13:00 --quantity 0.8 --limit 24.5
  hushwatt wallet order buy --window 13:00 --utility water --quantity 200 --limit 180

Quantities are kWh (water: litres); the limit is cents per kWh (water: per cubic metre), the least that you take or the most that
you pay. Everybody trades at one price between the limits, and yours is a price that you may really get or pay. Orders are taken
for a while after a window's readings are settled (by default from two hours after it, for half an hour). The market operator must
admit an order; he sees limit and quantity, not whose they are. To buy, the highest price is set aside for everything, and what is
not paid comes back.")]
pub(in crate::cli::wallet) struct OrderArguments {
    /// Any time within the settlement window: 13:00 is the last one
    #[arg(long, value_name = "TIME")]
    window: String,
    /// How much at most, in kWh (water: litres)
    #[arg(long, value_name = "QUANTITY")]
    quantity: String,
    /// The least that you take or the most that you pay, in cents per kWh (water: per cubic metre)
    #[arg(long, value_name = "CENTS")]
    limit: String,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
    /// Where the market operator is [default: as the settings say]
    #[arg(long, value_name = "URL")]
    operator: Option<BaseUrl>,
    /// Order although there is less company to hide in than the settings ask for
    #[arg(long)]
    small_company: bool,
    #[command(flatten)]
    patience: Patience,
}

/// What became of it so far.
#[derive(Serialize)]
struct Placed {
    #[serde(flatten)]
    outcome: Outcome,
    order: Option<OrderView>,
}

pub(super) fn run(common: &Common, side: Side, arguments: &OrderArguments) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let mut session = Session::to_act(common)?;
    let (show, utility) = (common.show(), arguments.utility.utility());
    let request = OrderRequest {
        side,
        utility,
        at: show.read_time(&arguments.window, session.household().now(), Meant::Last)?,
        quantity: Quantity(show.read_energy(utility, &arguments.quantity)?),
        limit_micro_euro: show.read_cents(utility, &arguments.limit)?,
        operator: arguments.operator.as_ref().map(ToString::to_string),
    };
    let (preview, any) =
        confirm::with_company(common, arguments.small_company, |any| session.household().preview_order(&request, any))?;
    let start = {
        let household = session.household();
        let parameters = &household.genesis().parameters;
        parameters.window_start(parameters.window_at(request.at))
    };
    let (verb, at) = match side {
        Side::Seller => ("sell", "at least"),
        Side::Buyer => ("buy", "at most"),
    };
    let ordered = format!(
        "to {verb} {} of the window at {} for {at} {}",
        show.energy(utility, request.quantity.0.into()),
        show.minute(start),
        show.price(utility, request.limit_micro_euro)
    );
    common.confirm(&pairs(&question(&show, side, &ordered, &preview)), "Place this order?")?;
    let prepared = session.household().place_order(&request, any)?;
    let outcome = settle(&mut session, common, &arguments.patience, prepared)?;
    let order = session.household().orders().into_iter().find(|order| order.transaction == outcome.prepared.id);
    let placed = Placed { outcome, order };
    common.answer(&placed, || {
        let text = placed.outcome.text(&format!("Ordered {ordered}."));
        match &placed.order {
            Some(order) if placed.outcome.state == EntryState::Final => {
                format!("{text} By {} the auction is over, or all comes back.", show.minute(order.until))
            }
            _ => text,
        }
    })
}

/// What a person reads before the question.
fn question(show: &Show, side: Side, ordered: &str, preview: &Preview) -> Vec<(&'static str, String)> {
    let (aside, company) = match side {
        Side::Seller => ("nothing but the energy".to_owned(), "amounts of energy of that window"),
        Side::Buyer => (format!("{} until the auction is over", show.euro(preview.amount)), "pieces of money"),
    };
    let fee = if preview.fee.0 == 0 { "none".to_owned() } else { show.euro(preview.fee) };
    vec![
        ("Order", ordered.to_owned()),
        ("Operator", format!("{}, who sees limit and quantity, not whose they are", preview.to)),
        ("Set aside", aside),
        ("Fee", fee),
        ("Hides among", format!("{} {company} of the community, yours included", preview.hides_among)),
    ]
}
