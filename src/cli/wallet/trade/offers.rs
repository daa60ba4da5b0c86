//! `hushwatt wallet trade offers`: the boards of the nodes.

use clap::Args;
use hushwatt_client::SignedOffer;
use hushwatt_crypto::hash::hex;
use hushwatt_wallet::household::{Household, views::OfferView};
use serde::Serialize;

use super::{
    super::{
        common::Common,
        error::WalletCommandError,
        history::{short, short_address},
        session::Session,
        table::Table,
    },
    Kind,
};

/// Arguments of `hushwatt wallet trade offers`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet trade offers
  hushwatt wallet trade offers --utility water
  hushwatt wallet trade offers --own

The letters in the last column name an offer for \"hushwatt wallet trade buy\". The wallet always asks for the whole board, so
that nodes do not learn what it is interested in.")]
pub(in crate::cli::wallet) struct OffersArguments {
    /// Only of this utility: electricity, water or heat
    #[arg(long, value_name = "UTILITY", hide_possible_values = true)]
    utility: Option<Kind>,
    /// Only your own, also those that are on no board
    #[arg(long)]
    own: bool,
}

/// An offer with its name.
#[derive(Serialize)]
pub(super) struct Listed {
    pub id: String,
    #[serde(flatten)]
    pub view: OfferView,
}

impl Listed {
    pub fn new(household: &Household, offer: &SignedOffer) -> Self {
        Listed { id: hex(&offer.id()), view: household.offer_view(offer) }
    }
}

pub(super) fn run(common: &Common, arguments: &OffersArguments) -> Result<(), WalletCommandError> {
    let mut session = Session::to_act(common)?;
    let offers = if arguments.own { session.household().own_offers() } else { session.courier.board()? };
    let (household, show) = (session.household(), common.show());
    let mut listed: Vec<Listed> = offers.iter().map(|offer| Listed::new(&household, offer)).collect();
    listed.retain(|one| arguments.utility.is_none_or(|kind| kind.utility() == one.view.utility));
    listed.sort_by_key(|one| (one.view.window, one.view.price, one.id.clone()));
    common.answer(&listed, || {
        let mut table = Table::new(&["Window", ">Energy", ">Price", ">All of it", "Seller", "Until", "Id"]);
        for Listed { id, view } in &listed {
            table.row(vec![
                show.minute(view.start),
                show.energy(view.utility, view.quantity.0.into()),
                show.price(view.utility, view.price.micro_euro()),
                show.euro(view.total),
                if view.own { "yourself".to_owned() } else { short_address(&view.seller) },
                show.minute(view.valid_until),
                short(id),
            ]);
        }
        if table.is_empty() { "Nothing is offered now.".to_owned() } else { table.text() }
    })
}
