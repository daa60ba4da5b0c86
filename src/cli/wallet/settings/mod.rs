//! `hushwatt wallet settings`: how the wallet behaves, and what it may do on its own.

mod show;

use clap::{Args, Subcommand, ValueEnum};
use hushwatt_client::BaseUrl;
use hushwatt_wallet::household::{BuyRule, Household, HouseholdError, SellRule, Settings};
use serde::Serialize;

use super::{common::Common, error::WalletCommandError, session::Session, trade::Kind};

/// Arguments of `hushwatt wallet settings`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet settings
  hushwatt wallet settings set --smallest-company 16 --backup-days 14
  hushwatt wallet settings set --node https://node-a.example.org --node https://node-b.example.org
  hushwatt wallet settings set --gateway http://gateway.local:8430
  hushwatt wallet settings sell --price 0.18 --percent 80
  hushwatt wallet settings buy --most 0.25 --per-window 2 --per-day 5
  hushwatt wallet settings buy --off
  hushwatt wallet settings operator https://market.example.org

What \"hushwatt wallet run\" does on its own is bounded by these; by default it delivers what was ordered, keeps money in
usable pieces and shares sales for totals (\"hushwatt wallet totals --help\"), and neither offers nor orders.")]
pub(super) struct SettingsArguments {
    #[command(subcommand)]
    command: Option<SettingsCommand>,
}

#[derive(Subcommand)]
enum SettingsCommand {
    /// Change settings; what is not named stays
    Set(SetArguments),
    /// Let "hushwatt wallet run" offer what you are expected to give to the grid
    Sell(SellArguments),
    /// Let "hushwatt wallet run" order from the board
    Buy(BuyArguments),
    /// Where the market operator takes the orders of auctions ("hushwatt wallet order")
    Operator(OperatorArguments),
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    Yes,
    No,
}

#[derive(Args)]
struct SetArguments {
    /// Nodes to ask, in place of those before; may be repeated
    #[arg(long, value_name = "URL")]
    node: Vec<BaseUrl>,
    /// Pages of the gateways at your meters, in place of those before; may be repeated
    #[arg(long, value_name = "URL", conflicts_with = "no_gateway")]
    gateway: Vec<BaseUrl>,
    /// Ask no gateway any more
    #[arg(long)]
    no_gateway: bool,
    /// Language of the web page: en or de
    #[arg(long, value_name = "LANGUAGE", hide_possible_values = true, value_parser = ["en", "de"])]
    language: Option<String>,
    /// Minutes without use after which the web page locks; 0 for never
    #[arg(long, value_name = "MINUTES")]
    auto_lock: Option<u32>,
    /// Days after which a backup counts as old
    #[arg(long, value_name = "DAYS")]
    backup_days: Option<u32>,
    /// With how many others a payment must hide; with fewer the wallet asks
    #[arg(long, value_name = "N")]
    smallest_company: Option<u32>,
    /// Whether "hushwatt wallet run" delivers what was ordered from you
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    deliver: Option<Choice>,
    /// Whether it keeps money in pieces with which you can act in every window
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    tidy: Option<Choice>,
    /// Whether it goes on when there is little company to hide in
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    small_company: Option<Choice>,
    /// Whether it deletes readings that are past the community's retention, and keeps sums by day
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    forget_readings: Option<Choice>,
    /// Whether it shares what opens your sales among the committee, for totals of the community's trades: what was delivered is known
    /// of no single sale, only the sum over at least eight of one price, as long as fewer members than the threshold tell each other
    #[arg(long, value_name = "yes|no", hide_possible_values = true)]
    share_totals: Option<Choice>,
}

#[derive(Args)]
struct OperatorArguments {
    /// His address; who he must be, the ledger says
    #[arg(value_name = "URL", required_unless_present = "off")]
    url: Option<BaseUrl>,
    /// Forget it
    #[arg(long, conflicts_with = "url")]
    off: bool,
}

#[derive(Args)]
struct SellArguments {
    /// Do not offer on its own any more
    #[arg(long, conflicts_with_all = ["price", "percent"])]
    off: bool,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
    /// Price in EUR per kWh or cubic metre
    #[arg(long, value_name = "PRICE", required_unless_present = "off")]
    price: Option<String>,
    /// Percent of what the same window gave the day before
    #[arg(long, value_name = "PERCENT", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..=100))]
    percent: u32,
}

#[derive(Args)]
struct BuyArguments {
    /// Do not order on its own any more
    #[arg(long, conflicts_with_all = ["most", "per_window", "per_day"])]
    off: bool,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
    /// Highest price in EUR per kWh or cubic metre
    #[arg(long, value_name = "PRICE", required_unless_present = "off")]
    most: Option<String>,
    /// At most so much a settlement window, in kWh (water: litres)
    #[arg(long, value_name = "QUANTITY", required_unless_present = "off")]
    per_window: Option<String>,
    /// At most so much money set aside a day, in euros
    #[arg(long, value_name = "AMOUNT", required_unless_present = "off")]
    per_day: Option<String>,
}

/// As JSON.
#[derive(Serialize)]
struct Shown<'a> {
    nodes: &'a [String],
    #[serde(flatten)]
    settings: &'a Settings,
}

pub(super) fn run(common: &Common, arguments: &SettingsArguments) -> Result<(), WalletCommandError> {
    let session = Session::open(common)?;
    let mut household = session.household();
    match &arguments.command {
        None => {}
        Some(SettingsCommand::Set(set)) => change(&mut household, set)?,
        Some(SettingsCommand::Sell(sell)) => {
            let mut settings = household.settings().clone();
            settings.agent.sell = sell.rule(common, &household)?;
            household.set_settings(settings)?;
        }
        Some(SettingsCommand::Buy(buy)) => {
            let mut settings = household.settings().clone();
            settings.agent.buy = buy.rule(common)?;
            household.set_settings(settings)?;
        }
        Some(SettingsCommand::Operator(operator)) => {
            let mut settings = household.settings().clone();
            settings.operator = operator.url.as_ref().map(ToString::to_string);
            household.set_settings(settings)?;
        }
    }
    let shown = Shown { nodes: household.nodes(), settings: household.settings() };
    common.answer(&shown, || show::text(&common.show(), &household))
}

fn change(household: &mut Household, set: &SetArguments) -> Result<(), HouseholdError> {
    let mut settings = household.settings().clone();
    let put = |place: &mut u32, value: Option<u32>| *place = value.unwrap_or(*place);
    let choose =
        |place: &mut bool, value: Option<Choice>| *place = value.map_or(*place, |choice| choice == Choice::Yes);
    if let Some(language) = &set.language {
        settings.language.clone_from(language);
    }
    if !set.gateway.is_empty() || set.no_gateway {
        settings.gateways = set.gateway.iter().map(ToString::to_string).collect();
    }
    put(&mut settings.auto_lock_minutes, set.auto_lock);
    put(&mut settings.backup_days, set.backup_days);
    put(&mut settings.smallest_company, set.smallest_company);
    choose(&mut settings.agent.deliver, set.deliver);
    choose(&mut settings.agent.tidy, set.tidy);
    choose(&mut settings.agent.allow_small_company, set.small_company);
    choose(&mut settings.agent.forget, set.forget_readings);
    choose(&mut settings.agent.share_totals, set.share_totals);
    if !set.node.is_empty() {
        household.set_nodes(set.node.iter().map(ToString::to_string).collect())?;
    }
    household.set_settings(settings)
}

impl SellArguments {
    fn rule(&self, common: &Common, household: &Household) -> Result<Option<SellRule>, WalletCommandError> {
        let Some(price) = self.price.as_deref().filter(|_| !self.off) else { return Ok(None) };
        let (show, utility) = (common.show(), self.utility.utility());
        let price_micro_euro = show.read_price(utility, price)?;
        // Said now and not by an agent that fails in every window.
        match household.nearest_price(utility, price_micro_euro) {
            Some(nearest) if nearest.micro_euro() != price_micro_euro => Err(WalletCommandError::Input(format!(
                "{} cannot be traded here; the nearest price that can is {}",
                show.price(utility, price_micro_euro),
                show.price(utility, nearest.micro_euro())
            ))),
            _ => Ok(Some(SellRule { utility, price_micro_euro, percent_of_yesterday: self.percent })),
        }
    }
}

impl BuyArguments {
    fn rule(&self, common: &Common) -> Result<Option<BuyRule>, WalletCommandError> {
        let (Some(most), Some(per_window), Some(per_day), false) =
            (&self.most, &self.per_window, &self.per_day, self.off)
        else {
            return Ok(None);
        };
        let (show, utility) = (common.show(), self.utility.utility());
        Ok(Some(BuyRule {
            utility,
            max_price_micro_euro: show.read_price(utility, most)?,
            per_window: show.read_energy(utility, per_window)?,
            per_day_micro_euro: show.read_euro(per_day)?.0,
        }))
    }
}
