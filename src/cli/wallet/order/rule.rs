//! `hushwatt wallet order rule`: what the wallet orders on its own.

use clap::Args;
use hushwatt_wallet::household::AuctionRule;

use super::{
    super::{common::Common, error::WalletCommandError, session::Session, show::Show},
    Kind,
};

/// Arguments of `hushwatt wallet order rule`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet order rule                                     shows the rules
  hushwatt wallet order rule --sell-from 12 --buy-up-to 26
  hushwatt wallet order rule --utility water --buy-up-to 180
  hushwatt wallet order rule --off

In every auction \"hushwatt wallet run\" (and the web page while it is open) sells what your meters gave and contracts do not need,
and buys what they took and contracts did not deliver: at most one order of each side. A rule takes the place of the one before for
its utility; what it does not name is not done.")]
pub(in crate::cli::wallet) struct RuleArguments {
    /// The least that you take, in cents per kWh (water: per cubic metre)
    #[arg(long, value_name = "CENTS", conflicts_with = "off")]
    sell_from: Option<String>,
    /// The most that you pay, in cents per kWh (water: per cubic metre)
    #[arg(long, value_name = "CENTS", conflicts_with = "off")]
    buy_up_to: Option<String>,
    /// Order nothing of this utility on its own any more
    #[arg(long)]
    off: bool,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
}

pub(super) fn run(common: &Common, arguments: &RuleArguments) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let (mut household, show) = (session.household(), common.show());
    let utility = arguments.utility.utility();
    let bounds = household.genesis().parameters.prices_of(utility);
    let limit = |text: &Option<String>| {
        let Some(text) = text else { return Ok(None) };
        let limit = show.read_cents(utility, text)?;
        // Said now and not by an agent that fails in every window.
        if (bounds.floor..=bounds.cap).contains(&limit) {
            return Ok(Some(limit));
        }
        Err(WalletCommandError::Input(format!(
            "{} is no limit here: prices are between {} and {}",
            show.price(utility, limit),
            show.price(utility, bounds.floor),
            show.price(utility, bounds.cap)
        )))
    };
    let rule = AuctionRule {
        utility,
        sell_from_micro_euro: limit(&arguments.sell_from)?,
        buy_up_to_micro_euro: limit(&arguments.buy_up_to)?,
    };
    if arguments.off || rule.sell_from_micro_euro.is_some() || rule.buy_up_to_micro_euro.is_some() {
        let mut settings = household.settings().clone();
        settings.agent.set_auction(rule);
        household.set_settings(settings)?;
    }
    let settings = household.settings();
    if settings.operator.is_none() && !settings.agent.auction.is_empty() {
        common.remark("the market operator's address is not set: hushwatt wallet settings operator URL");
    }
    let rules = &settings.agent.auction;
    common.answer(rules, || match rules.as_slice() {
        [] => "Nothing is ordered in auctions on its own.".to_owned(),
        rules => rules.iter().map(|rule| in_words(&show, rule)).collect::<Vec<_>>().join("\n"),
    })
}

/// A rule in a sentence.
pub(in crate::cli::wallet) fn in_words(show: &Show, rule: &AuctionRule) -> String {
    let price = |limit: u32| show.price(rule.utility, limit);
    let sells = rule.sell_from_micro_euro.map(|limit| format!("sells from {} on", price(limit)));
    let buys = rule.buy_up_to_micro_euro.map(|limit| format!("buys up to {}", price(limit)));
    let both: Vec<String> = sells.into_iter().chain(buys).collect();
    format!("in auctions of {} {}", rule.utility.name(), both.join(" and "))
}
