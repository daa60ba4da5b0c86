//! `hushwatt wallet view-key` and `rescan`.

use clap::Args;
use serde::Serialize;

use super::{
    common::Common,
    error::WalletCommandError,
    session::{Session, open_wallet},
};

/// Arguments of `hushwatt wallet view-key`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt wallet view-key
  hushwatt wallet restore --view-only --node URL --network ID       what its receiver runs

Whoever has this key sees everything that this wallet sees of money and contracts, for ever; he cannot spend. Meters are paired
apart.")]
pub(super) struct ViewKeyArguments {}

#[derive(Serialize)]
struct ViewKey<'a> {
    view_key: &'a str,
    birthday_time: u64,
    network: String,
}

pub(super) fn view_key(common: &Common, _: &ViewKeyArguments) -> Result<(), WalletCommandError> {
    common.can_confirm()?;
    let (household, passphrase) = open_wallet(common)?;
    common.confirm("Whoever sees this key sees all your payments, for ever.", "Show it?")?;
    let key = household.view_only_key(&passphrase)?;
    let shown = ViewKey {
        view_key: &key,
        birthday_time: household.birthday().0,
        network: household.genesis().network().to_string(),
    };
    common.answer(&shown, || key.to_string())
}

#[derive(Serialize)]
struct Rescanned {
    height: u64,
    total_micro_euro: u64,
    without_hints: u64,
}

pub(super) fn rescan(common: &Common) -> Result<(), WalletCommandError> {
    let mut session = Session::open(common)?;
    session.household().rescan()?;
    session.read(common)?;
    let household = session.household();
    let overview = household.overview(Vec::new());
    let rescanned = Rescanned {
        height: overview.sync.height,
        total_micro_euro: overview.total.0,
        without_hints: household.without_hints(),
    };
    let show = common.show();
    common
        .answer(&rescanned, || format!("Read {} blocks again: {} in all.", rescanned.height, show.euro(overview.total)))
}
