#![doc = include_str!("../README.md")]

mod address;
mod auctions;
mod backoff;
mod client;
mod download;
pub mod folder;
pub mod frames;
mod key_file;
mod key_role;
mod offer;
pub mod operator;
mod record;
pub mod run_time;
pub mod sealing_file;
pub mod secret_file;
pub mod status_file;
pub mod text_file;

pub use address::{BaseUrl, HostPort};
pub use auctions::{AuctionDetail, AuctionOrder, AuctionState, AuctionSummary, Auctions, OrderSide};
pub use backoff::Backoff;
pub use client::{ClientError, MeterStatus, NodeClient, NodeStatus, Patience, Taken};
pub use download::Download;
pub use key_file::{KeyError, KeyFile, parse_public_key};
pub use key_role::KeyRole;
pub use offer::{Offer, OfferError, SignedOffer};
pub use operator::{OperatorClient, OperatorDescription, OperatorError, OrderProblem};
pub use record::BlockRecord;
