//! The `hushwatt` command as a library: the command line ([`cli`]), the main job ([`demo`]), several validators on
//! this machine ([`local_network`]), and what each role learns ([`roles`]). Features choose what a machine is for: a node, a wallet, a meter's gateway.
//!
//! The README at the root of the repository says what hushwatt is for and how to run it; each package's README says
//! what that part does and must not do.

pub mod cli;
#[cfg(feature = "demo")]
pub mod demo;
#[cfg(feature = "node")]
pub mod local_network;
pub mod roles;
