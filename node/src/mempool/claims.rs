//! What two waiting transactions cannot both have.

use hushwatt_ledger::{
    Rejection,
    transaction::Action,
    units::{Utility, Window},
};

/// Something that only one transaction can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Claim {
    /// A note, by its key image.
    Image([u8; 32]),
    /// An auction's end.
    Auction(Utility, Window),
}

impl Claim {
    /// All that a transaction takes.
    pub fn of(action: &Action) -> Vec<Claim> {
        let mut claims: Vec<Claim> =
            action.spends().iter().map(|spend| Claim::Image(*spend.image.as_bytes())).collect();
        if let Action::Clear(clear) = action {
            claims.push(Claim::Auction(clear.statement.utility, clear.statement.window));
        }
        claims
    }

    /// The rule that refuses whoever comes second.
    pub fn lost(self) -> Rejection {
        match self {
            Claim::Image(_) => Rejection::AlreadySpent,
            Claim::Auction(..) => Rejection::NoSuchAuction,
        }
    }
}
