//! SML push telegrams (Smart Message Language 1.04), as German meters send them by their optical port.
//!
//! Written here and not taken from `sml-rs`, which the tests compare with: that one cannot read times other than
//! seconds since installation nor a file with a message it does not know, counts discarded bytes in 16 bits and list
//! lengths unchecked (both stop the program), and allocates what a length claims.

mod frame;
mod message;
mod reading;
mod tree;

use crate::hextext::{self, MaybeHex};
use crate::{Driver, DriverError, Format, Kind, Likeness, Options, Report};
use frame::Framer;
use reading::Resolution;

/// Name in errors and on the command line.
const NAME: &str = "sml";

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "SML push of German meters (optical port): EMH, EasyMeter, ISKRA, Itron, eBZ, DZG, Logarex, Holley and others",
    kind: Kind::Push,
    likeness,
    open: |_: &Options| Ok(Box::new(MaybeHex::new(NAME, Sml::default()))),
};

/// The mark that begins a transmission; a dump may begin within one.
fn likeness(bytes: &[u8]) -> Likeness {
    let bytes = hextext::beginning(bytes);
    let found = bytes.windows(frame::START.len()).take(2 * frame::LIMIT).any(|window| window == frame::START);
    Likeness(if found { 95 } else { 0 })
}

#[derive(Default)]
struct Sml {
    framer: Framer,
    resolution: Resolution,
    /// Since the last end of data: how much came, and whether it held anything like a transmission.
    received: usize,
    found: bool,
}

impl Sml {
    fn transmissions(&mut self, ended: bool) -> Vec<Result<Report, DriverError>> {
        let mut out = Vec::new();
        while let Some(transmission) = self.framer.next_transmission(ended) {
            self.found = true;
            let resolution = &mut self.resolution;
            let read = transmission.and_then(|bytes| reading::read(&message::lists(&bytes)?, resolution));
            out.push(read.map(Report::Telegram));
        }
        out
    }
}

impl Driver for Sml {
    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        self.received = self.received.saturating_add(bytes.len());
        let mut out = Vec::new();
        for part in bytes.chunks(frame::LIMIT) {
            self.framer.push(part);
            out.append(&mut self.transmissions(false));
        }
        out
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let mut out = self.transmissions(true);
        if self.received > 0 && !self.found {
            let what = "no transmission: 1B1B1B1B 01010101 does not occur".to_owned();
            out.push(Err(DriverError::Malformed { format: NAME, what }));
        }
        self.received = 0;
        self.found = false;
        out
    }
}

/// Against the format's rules.
fn malformed(what: impl Into<String>) -> DriverError {
    DriverError::Malformed { format: NAME, what: what.into() }
}
