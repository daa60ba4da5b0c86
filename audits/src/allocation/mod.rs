//! Allocations: how a community shared what it generated, shown to be what its public key says for the readings that its
//! meters attested, without showing a reading (`docs/circuits/allocation.md`).
//!
//! * `key.rs`: the community's sharing key, a file that all members agreed on. `openings.rs`: what a member gives whoever
//!   allocates. `file.rs`: the allocation that everybody sees. `slip.rs`: what only one member sees of it.
//! * `readings.rs`: the readings in force, from one pass over a chain. `statement.rs`: what is proven of each period.
//! * `make.rs`: allocates and proves. `check.rs`: whether it holds. `report.rs`, `text.rs`: the verdict.

mod check;
mod error;
mod file;
pub(crate) mod json;
mod key;
mod make;
mod openings;
mod readings;
mod report;
mod slip;
mod statement;
mod text;

pub use hushwatt_circuits::allocation::MAX_MEMBERS;

pub use self::{
    check::{Expected, check},
    error::{AllocateError, FileError},
    file::{Allocation, MAX_ALLOCATION_BYTES, MAX_PERIODS, Shared},
    key::{MAX_KEY_BYTES, MAX_PRODUCERS, Per, Period, SharingKey},
    make::{Given, allocate},
    openings::{MAX_OPENINGS_BYTES, MAX_READINGS, Openings, RegisterOpenings},
    readings::{Posted, ReadingFacts, Readings, Wanted, readings_from_path, readings_from_reader},
    report::{AllocationReport, Counted, NotHolding, ShownKey, ShownMember, ShownSlip, SlipPart},
    slip::{MAX_SLIP_BYTES, Slip, SlipFlaw},
};
