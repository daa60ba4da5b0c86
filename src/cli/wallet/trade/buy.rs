//! `hushwatt wallet trade buy`: an order.

use clap::Args;
use hushwatt_client::SignedOffer;
use hushwatt_crypto::hash::hex;
use hushwatt_ledger::units::Quantity;

use super::super::{
    common::Common,
    confirm,
    error::WalletCommandError,
    find,
    session::Session,
    settle::{Patience, settle},
    table::pairs,
};

/// Arguments of `hushwatt wallet trade buy`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet trade buy 5f2c81                 from the board, by the first letters of the offer's id
  hushwatt wallet trade buy \"hushwatt:offer?hwo1...\"
  hushwatt wallet trade buy 5f2c81 --quantity 0.8

The price is set aside now. What is delivered is paid from it, exactly price times delivered; the rest comes back.")]
pub(in crate::cli::wallet) struct BuyArguments {
    /// An offer's link, or the first letters of its id on the board
    #[arg(value_name = "OFFER")]
    offer: String,
    /// Less than all of it, in kWh (water: litres)
    #[arg(long, value_name = "QUANTITY")]
    quantity: Option<String>,
    /// Order although there is less company to hide in than the settings ask for
    #[arg(long)]
    small_company: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(super) fn run(common: &Common, arguments: &BuyArguments) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let mut session = Session::to_act(common)?;
    let show = common.show();
    let signed = offer(&mut session, &arguments.offer)?;
    let view = session.household().offer_view(&signed);
    let typed = arguments.quantity.as_deref().map(|text| show.read_energy(view.utility, text)).transpose()?;
    let quantity = typed.map(Quantity);
    let (preview, any) = confirm::with_company(common, arguments.small_company, |any| {
        session.household().preview_buy(&signed, quantity, any)
    })?;
    let ordered = format!(
        "{} of the window at {} for {}",
        show.energy(view.utility, quantity.unwrap_or(view.quantity).0.into()),
        show.minute(view.start),
        show.price(view.utility, view.price.micro_euro())
    );
    let mut rows = vec![("Order", ordered.clone()), ("From", view.seller.clone())];
    rows.extend(confirm::lines(&show, &preview));
    common.confirm(&pairs(&rows), "Order this?")?;
    let prepared = session.household().buy(&signed, quantity, any)?;
    let outcome = settle(&mut session, common, &arguments.patience, prepared)?;
    common
        .answer(&outcome, || outcome.text(&format!("Ordered {ordered}; {} are set aside.", show.euro(preview.amount))))
}

/// From its link, or from the boards.
fn offer(session: &mut Session, typed: &str) -> Result<SignedOffer, WalletCommandError> {
    if typed.contains(':') {
        return Ok(session.household().read_offer(typed)?);
    }
    let board = session.courier.board()?;
    find::one("offer", typed, board, |offer| hex(&offer.id()))
}
