#![doc = include_str!("../README.md")]

pub mod admission;
pub mod book;
pub mod clearing;
pub mod clock;
pub mod config;
pub mod door;
pub mod folder;
pub mod forget;
pub mod keys;
pub mod nodes;
pub mod service;
pub mod status;
