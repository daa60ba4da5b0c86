#![doc = include_str!("../README.md")]

pub mod answers;
pub mod ask;
pub mod chain;
pub mod config;
pub mod folder;
pub mod forget;
pub mod keys;
pub mod member;
pub mod review;
pub mod run;
pub mod shares;
pub mod status;
