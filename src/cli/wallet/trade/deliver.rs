//! `hushwatt wallet trade deliver`: hands over what was ordered.

use clap::Args;
use hushwatt_ledger::units::{Utility, Window};
use hushwatt_wallet::household::HouseholdError;

use super::{
    super::{
        common::Common,
        confirm,
        error::WalletCommandError,
        session::Session,
        settle::{Outcome, Patience, settle},
        times::Meant,
    },
    Kind,
};

/// Arguments of `hushwatt wallet trade deliver`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet trade deliver                    everything that can be delivered now
  hushwatt wallet trade deliver --at 13:00         only the window of one o'clock

Energy can be delivered once its window is over, the meter has posted it, and the window is settled. \"hushwatt wallet run\"
does this on its own. With --json the result is an array.")]
pub(in crate::cli::wallet) struct DeliverArguments {
    /// Any time within the settlement window: 13:00 is the last one
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// electricity, water or heat
    #[arg(long, value_name = "UTILITY", requires = "at", default_value = "electricity", hide_possible_values = true)]
    utility: Kind,
    /// Deliver although there is less company to hide in than the settings ask for
    #[arg(long)]
    small_company: bool,
    #[command(flatten)]
    patience: Patience,
}

pub(super) fn run(common: &Common, arguments: &DeliverArguments) -> Result<(), WalletCommandError> {
    let mut session = Session::to_act(common)?;
    let show = common.show();
    let wanted: Vec<(Utility, Window)> = {
        let household = session.household();
        match &arguments.at {
            Some(text) => {
                let at = show.read_time(text, household.now(), Meant::Last)?;
                vec![(arguments.utility.utility(), household.genesis().parameters.window_at(at))]
            }
            None => household.deliverable(),
        }
    };
    if wanted.is_empty() {
        let nothing = "there is nothing to deliver now: nothing was ordered from you, or the window's readings are not settled yet";
        return Err(HouseholdError::NoTrade(nothing.to_owned()).into());
    }
    let mut outcomes: Vec<(String, Outcome)> = Vec::new();
    for (utility, window) in wanted {
        let (prepared, _) = confirm::with_company(common, arguments.small_company, |any| {
            session.household().deliver(utility, window, any)
        })?;
        let start = session.household().genesis().parameters.window_start(window);
        let outcome = settle(&mut session, common, &arguments.patience, prepared)?;
        outcomes.push((format!("Delivered what was ordered for the window at {}.", show.minute(start)), outcome));
    }
    let values: Vec<&Outcome> = outcomes.iter().map(|(_, outcome)| outcome).collect();
    common.answer(&values, || outcomes.iter().map(|(done, outcome)| outcome.text(done)).collect::<Vec<_>>().join("\n"))
}
