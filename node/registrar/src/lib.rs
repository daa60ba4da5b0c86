#![doc = include_str!("../README.md")]

pub mod backups;
pub mod case;
pub mod chain;
mod error;
pub mod folder;
pub mod matters;
pub mod person;
pub mod receipt;
mod register;
mod registrar;

pub use error::RegistrarError;
pub use register::BackupNote;
pub use registrar::{COPY_FORMAT, Registrar, Restored};
