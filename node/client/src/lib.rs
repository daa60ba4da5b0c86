#![doc = include_str!("../README.md")]

mod address;
mod client;
mod download;
pub mod frames;
mod offer;
mod record;

pub use address::{BaseUrl, HostPort};
pub use client::{ClientError, NodeClient, NodeStatus, Patience, Taken};
pub use download::Download;
pub use offer::{Offer, OfferError, SignedOffer};
pub use record::BlockRecord;
