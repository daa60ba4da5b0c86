#![doc = include_str!("../README.md")]

pub mod amount;
mod archive;
mod balance;
mod choice;
mod contracts;
mod error;
pub mod file;
mod follower;
mod forget;
mod history;
pub mod household;
mod local_readings;
mod memo;
mod meters;
mod notes;
mod orders;
pub mod qr;
mod recognise;
mod reserve;
mod scan;
mod settle;
mod snapshot;
mod spend;
pub mod sync;
mod totals;
mod treasury;
mod view;
mod wallet;

pub use archive::{Archive, ArchiveError, restore};
pub use balance::{Balance, EnergyBalance, Pending, PendingReason};
pub use contracts::{Claim, ClaimState, Purchase, PurchaseState};
pub use error::WalletError;
pub use follower::{ChainBlock, FinalBlock, Follower, FollowerError};
pub use forget::{DayTotal, ForgottenReadings, ForgottenSum};
pub use history::{Movement, MovementKind};
pub use local_readings::{
    LOCAL_READINGS, LocalQuality, LocalReading, LocalReadings, LocalReadingsError, MAX_DAYS as MAX_LOCAL_DAYS,
    SealedDay,
};
pub use memo::{MAX_MESSAGE, PayeeTag};
pub use meters::{OpenedReading, OpenedWindow, Pairing, Superseded};
pub use notes::{OwnedNote, Place};
pub use orders::{Order, OrderKey, OrderKeys, OrderState, Wish};
pub use scan::Progress;
pub use snapshot::{Snapshot, SnapshotError};
pub use spend::{Delivery, Offer, Payment};
pub use totals::AskedTotal;
pub use treasury::Treasury;
pub use view::{Covered, PublicView, RingSource, ViewError};
pub use wallet::Wallet;
