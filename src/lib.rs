//! The `hushwatt` command as a library: the command line ([`cli`]) the main job ([`demo`]), and several validators on
//! this machine ([`local_network`]).
//!
//! The README at the root of the repository says what hushwatt is for and how to run it; each package's README says
//! what that part does and must not do.

pub mod cli;
pub mod demo;
pub mod local_network;
