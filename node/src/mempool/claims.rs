//! What two waiting transactions cannot both have.

use hushwatt_crypto::sharing::Member;
use hushwatt_ledger::{
    Rejection,
    transaction::{Action, request::Target, share::Subject},
    units::{Period, Utility, Window},
};

/// Something that only one transaction can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Claim {
    /// A note, by its key image.
    Image([u8; 32]),
    /// An auction's end.
    Auction(Utility, Window),
    /// What somebody shares of a period.
    Share(Period, Subject),
    /// That it is wrong.
    Complaint(Period, Subject),
    /// What a total is over.
    Total(Period, Target),
    /// A member's answer.
    Release(Period, Target, Member),
}

impl Claim {
    /// All that a transaction takes.
    pub fn of(action: &Action) -> Vec<Claim> {
        let mut claims: Vec<Claim> =
            action.spends().iter().map(|spend| Claim::Image(*spend.image.as_bytes())).collect();
        match action {
            Action::Clear(clear) => claims.push(Claim::Auction(clear.statement.utility, clear.statement.window)),
            Action::Share(share) => claims.push(Claim::Share(share.statement.period, share.statement.subject)),
            Action::Complain(complain) => {
                let place = &complain.statement.place;
                claims.push(Claim::Complaint(place.period, place.subject));
            }
            Action::Request(request) => claims.push(Claim::Total(request.statement.period, request.statement.target)),
            Action::Release(release) => {
                let statement = &release.statement;
                claims.push(Claim::Release(statement.period, statement.target, statement.member));
            }
            _ => {}
        }
        claims
    }

    /// The rule that refuses whoever comes second.
    pub fn lost(self) -> Rejection {
        match self {
            Claim::Image(_) => Rejection::AlreadySpent,
            Claim::Auction(..) => Rejection::NoSuchAuction,
            Claim::Share(..) => Rejection::AlreadyShared,
            Claim::Complaint(..) => Rejection::UnknownShare,
            Claim::Total(..) => Rejection::TotalTaken,
            Claim::Release(..) => Rejection::AlreadyReleased,
        }
    }
}
