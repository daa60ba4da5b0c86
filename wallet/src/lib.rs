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

pub use archive::{Archive, ArchiveError, restore};
pub use balance::{Balance, EnergyBalance};
pub use contracts::{Claim, ClaimState, Purchase, PurchaseState};
pub use error::WalletError;
pub use follower::{ChainBlock, FinalBlock, Follower, FollowerError};
pub use meters::{OpenedReading, Pairing};
pub use notes::{OwnedNote, Place};
pub use scan::Progress;
pub use spend::{Delivery, Offer};
pub use treasury::Treasury;
pub use wallet::Wallet;
