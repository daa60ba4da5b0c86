//! meter-attest
