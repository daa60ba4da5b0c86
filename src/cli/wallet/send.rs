//! `hushwatt wallet send`: a payment, confirmed before it is signed, and waited for.

use clap::Args;
use hushwatt_wallet::household::{HouseholdError, SendRequest};

use super::{
    common::Common,
    confirm,
    error::WalletCommandError,
    history::short_address,
    session::Session,
    settle::{Patience, settle},
    table::pairs,
};

/// Arguments of `hushwatt wallet send`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet send Bert 12.50 --message \"Rent of the bicycle\"
  hushwatt wallet send hw1q... 3
  hushwatt wallet send \"hushwatt:hw1q...?amount=12.5\"
  hushwatt wallet send Bert 12.50 --yes --json

Whom, how much, the fee and with how many others it hides are shown before anything is signed. Ctrl-C while it waits does no
harm: what is signed is kept in the wallet and handed in by the next command, until it is final or void.

Exit status: 0 final (or handed in, with --no-wait), 1 not sent, 3 signed but not final yet.")]
pub(super) struct SendArguments {
    /// A contact's name, an address or a payment link
    #[arg(value_name = "TO")]
    to: String,
    /// How much, in euros; a link may say it
    #[arg(value_name = "AMOUNT")]
    amount: Option<String>,
    /// What the payee reads, at most 62 bytes
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// What you write to yourself
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Pay although there is less company to hide in than the settings ask for
    #[arg(long)]
    small_company: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(super) fn run(common: &Common, arguments: &SendArguments) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let mut session = Session::to_act(common)?;
    let show = common.show();
    let mut request = request(common, &session, arguments)?;
    let (preview, any) = confirm::with_company(common, arguments.small_company, |any| {
        request.allow_small_company = any;
        session.household().preview_send(&request)
    })?;
    request.allow_small_company = any;
    let mut rows = vec![("To", payee(&session, &preview.to))];
    rows.extend(confirm::lines(&show, &preview));
    rows.extend(request.message.clone().map(|message| ("Message", message)));
    common.confirm(&pairs(&rows), "Pay this?")?;
    let prepared = session.household().send(&request)?;
    let outcome = settle(&mut session, common, &arguments.patience, prepared)?;
    let done = format!("Paid {} to {}.", show.euro(request.amount), short_address(&preview.to));
    common.answer(&outcome, || outcome.text(&done))
}

/// A contact with the ends of his address, else all of the address.
fn payee(session: &Session, to: &str) -> String {
    let household = session.household();
    let contact = household.contacts().iter().find(|contact| contact.name == to);
    contact.map_or_else(|| to.to_owned(), |contact| format!("{to} ({})", short_address(&contact.address)))
}

/// What is meant: a link may bring amount and message.
fn request(common: &Common, session: &Session, arguments: &SendArguments) -> Result<SendRequest, WalletCommandError> {
    let household = session.household();
    let is_contact = household.contacts().iter().any(|contact| contact.name == arguments.to.trim());
    let link = match household.parse_payment_link(&arguments.to) {
        _ if is_contact => None,
        // A name, by its looks.
        Err(HouseholdError::Address(name)) if !name.starts_with("hw1") => {
            return Err(WalletCommandError::Unknown { what: "contact", name });
        }
        link => Some(link?),
    };
    let typed = arguments.amount.as_deref().map(|text| common.show().read_euro(text)).transpose()?;
    let amount = match (typed, link.as_ref().and_then(|link| link.amount)) {
        (Some(typed), Some(asked)) if typed != asked => {
            let show = common.show();
            return Err(WalletCommandError::Input(format!(
                "the link asks for {}, and you typed {}: leave one out",
                show.euro(asked),
                show.euro(typed)
            )));
        }
        (Some(amount), _) | (None, Some(amount)) => amount,
        (None, None) => {
            return Err(WalletCommandError::Input("say how much: hushwatt wallet send TO AMOUNT".to_owned()));
        }
    };
    Ok(SendRequest {
        to: arguments.to.clone(),
        amount,
        message: arguments.message.clone().or_else(|| link.and_then(|link| link.message)),
        label: arguments.label.clone(),
        allow_small_company: arguments.small_company,
        pieces: 1,
    })
}
