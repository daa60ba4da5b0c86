#![doc = include_str!("../README.md")]

mod app;
mod assets;
mod background;
mod clock;
mod config;
pub mod desk;
mod fields;
mod gate;
mod household;
mod html;
pub mod model;
mod pages;
mod room;
mod security;
mod serve;
mod server;
mod text;
mod vault;

pub use clock::Clock;
pub use config::{WebConfig, WebError};
pub use household::HouseholdKeeper;
pub use serve::serve;
pub use server::{Server, ServerOptions, StartLinks};
