//! `hushwatt wallet trade offer`: makes an offer.

use clap::Args;
use hushwatt_ledger::units::Quantity;
use hushwatt_wallet::household::OfferRequest;
use serde::Serialize;

use super::{
    super::{
        common::Common, error::WalletCommandError, receive::Picture, session::Session, table::pairs, times::Meant,
    },
    Kind,
    offers::Listed,
};

/// Until when an offer holds if nothing is said: a day, or until orders for its window close.
const DAY: u64 = 86_400;

/// Arguments of `hushwatt wallet trade offer`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet trade offer 1.5 --at 13:00 --price 0.18
  hushwatt wallet trade offer 1.5 --at \"2026-06-16 13:00\" --price 0.18 --no-board --qr
  hushwatt wallet trade offer 200 --utility water --at 13:00 --price 1.80

Amounts are kWh and EUR/kWh, of water litres and EUR per cubic metre; units may be written too (800Wh, 2m3). An offer is signed by your address and is nothing on
the ledger: whoever has it can order. What you deliver is what your meter counted in that window.")]
pub(in crate::cli::wallet) struct OfferArguments {
    /// How much, in kWh (water: litres)
    #[arg(value_name = "QUANTITY")]
    quantity: String,
    /// Any time within the settlement window: 13:00 is the next one
    #[arg(long, value_name = "TIME")]
    at: String,
    /// Price in EUR per kWh or cubic metre
    #[arg(long, value_name = "PRICE")]
    price: String,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
    /// For how many hours it holds [default: a day, or until orders for the window close]
    #[arg(long, value_name = "HOURS")]
    hours: Option<u64>,
    /// Do not put it on the nodes' boards
    #[arg(long)]
    no_board: bool,
    #[command(flatten)]
    picture: Picture,
}

#[derive(Serialize)]
struct Offered {
    #[serde(flatten)]
    listed: Listed,
    on_board: bool,
}

pub(super) fn run(common: &Common, arguments: &OfferArguments) -> Result<(), WalletCommandError> {
    let mut session = Session::to_act(common)?;
    let (show, utility) = (common.show(), arguments.utility.utility());
    let now = session.household().now();
    let request = OfferRequest {
        utility,
        at: show.read_time(&arguments.at, now, Meant::Next)?,
        quantity: Quantity(show.read_energy(utility, &arguments.quantity)?),
        price_micro_euro: show.read_price(utility, &arguments.price)?,
        valid_for: arguments.hours.map_or(DAY, |hours| hours.saturating_mul(3600)),
    };
    let offer = session.household().make_offer(&request)?;
    if !arguments.no_board {
        session.courier.post_offer(&offer)?;
    }
    let listed = Listed::new(&session.household(), &offer);
    arguments.picture.write(&listed.view.link)?;
    let picture = arguments.picture.text(&listed.view.link)?;
    let offered = Offered { listed, on_board: !arguments.no_board };
    common.answer(&offered, || {
        let view = &offered.listed.view;
        let board = if offered.on_board { "on the nodes' boards" } else { "on no board: hand the link out yourself" };
        let rows = [
            (
                "Offered",
                format!(
                    "{} of the window at {} for {}",
                    show.energy(utility, view.quantity.0.into()),
                    show.minute(view.start),
                    show.price(utility, view.price.micro_euro())
                ),
            ),
            ("Holds until", show.moment(view.valid_until)),
            ("Board", board.to_owned()),
            ("Link", view.link.clone()),
        ];
        format!("{}{picture}", pairs(&rows))
    })
}
