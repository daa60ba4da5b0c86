#![doc = include_str!("../README.md")]

mod archive;
mod balance;
mod choice;
mod contracts;
mod error;
mod follower;
mod meters;
mod notes;
mod scan;
mod spend;
mod treasury;
mod wallet;

pub use archive::{Archive, ArchiveError, FinalBlock, restore};
pub use balance::{Balance, EnergyBalance};
pub use contracts::{Claim, ClaimState, Purchase, PurchaseState};
pub use error::WalletError;
pub use follower::{Follower, FollowerError};
pub use meters::{OpenedReading, Pairing};
pub use notes::{OwnedNote, Place};
pub use scan::Progress;
pub use spend::{Delivery, Offer};
pub use treasury::Treasury;
pub use wallet::Wallet;
