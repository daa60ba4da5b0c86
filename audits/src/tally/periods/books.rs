//! One meter's period, one trade, one total, and how the audit keeps them.

use std::collections::BTreeSet;

use curve25519_dalek::{ristretto::RistrettoPoint, traits::Identity};
use hushwatt_crypto::{
    Point,
    sharing::{Member, PublicSum, Quorum},
};
use hushwatt_ledger::{transaction::request::Target, units::Period};

use super::Difference;
use crate::folder::kept;

/// What a meter attested of a period, as it was in force when that closed.
pub(super) struct Metered {
    pub windows: u32,
    pub export: RistrettoPoint,
    pub import: RistrettoPoint,
    pub shared: Option<SharedSums>,
}
kept!(Metered { windows, export, import, shared });

impl Default for Metered {
    fn default() -> Self {
        let zero = RistrettoPoint::identity();
        Metered { windows: 0, export: zero, import: zero, shared: None }
    }
}

impl Metered {
    pub fn add(&mut self, export: RistrettoPoint, import: RistrettoPoint) {
        self.export += export;
        self.import += import;
    }
}

/// What was delivered in a trade.
pub(super) struct Traded {
    pub delivered: Point,
    pub price: u32,
    pub shared: Option<SharedSums>,
}
kept!(Traded { delivered, price, shared });

/// Openings that were shared: what their shares must open, exported and imported, or delivered.
pub(super) struct SharedSums {
    pub sums: Vec<PublicSum>,
    /// A member of the committee has shown it.
    pub wrong: bool,
}
kept!(SharedSums { sums, wrong });

/// Marks as wrong what was shared and not complained of before.
pub(super) fn complain(shared: Option<&mut SharedSums>) -> Result<&SharedSums, Difference> {
    let shared = shared.filter(|shared| !shared.wrong).ok_or(Difference::ShareRefused)?;
    shared.wrong = true;
    Ok(shared)
}

/// Trades of one price that were shared rightly.
pub(super) struct OfPrice {
    pub count: u32,
    pub sum: PublicSum,
}
kept!(OfPrice { count, sum });

/// A total that was asked for.
pub(super) struct Asked {
    /// Meters or trades that are in.
    pub count: u32,
    /// Exported and imported, or energy and money.
    pub sums: [PublicSum; 2],
    /// Who released.
    pub released: BTreeSet<Member>,
}
kept!(Asked { count, sums, released });

impl Asked {
    /// Over nothing.
    pub fn nothing(quorum: Quorum) -> Self {
        let zero = PublicSum::zero(quorum);
        Asked { count: 0, sums: [zero.clone(), zero], released: BTreeSet::new() }
    }
}

/// What changed in a block.
pub(super) enum Touched {
    /// Lots were drawn.
    Lot(Period),
    /// Asked for, or released, by the transaction at this place.
    Total { place: usize, period: Period, target: Target },
}
