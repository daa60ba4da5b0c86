#![doc = include_str!("../README.md")]

pub mod clock;
pub mod config;
mod correct;
pub mod desk;
pub mod folder;
pub mod forget;
mod inbox;
pub mod keys;
pub mod ledger;
pub mod line;
pub mod page;
pub mod schedule;
pub mod series;
pub mod service;
pub mod store;
pub mod verify;
