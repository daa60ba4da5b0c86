//! The customer port of Dutch, Belgian, Luxembourgish, Hungarian, Swiss, Swedish and Baltic meters: lines of text, `/`
//! to `!`.
//!
//! Reads DSMR 2.2, 3.0, 4.x and 5.0, Belgian e-MUCS, the Hungarian and Swedish variants, meters that count in `Wh`,
//! Luxembourg's encrypted frames with the customer's key (as bytes or as a hex dump), and the similar unasked readout
//! of German D0 ports.
//!
//! Written here and not taken from a crate: `dsmr5`, which the tests compare with, lacks totals (1.8.0, 2.8.0), Wh, the
//! Belgian objects, everything before DSMR 4, and telegrams of more than 2 KiB; and a line of P1 is an OBIS code with
//! values in brackets. The rules that matter are those of `frame` (which checksum a telegram must have) and `reading`
//! (which values are registers).

mod amount;
mod clock;
mod frame;
mod line;
mod reading;
mod sealed;
mod submeter;
mod unsummed;

use crate::hextext::{self, MaybeHex};
use crate::{Driver, DriverError, Format, Kind, Likeness, Options, Report};
use clock::Zone;
use frame::{Framer, Piece};
use sealed::Sealer;

/// Name in errors and on the command line.
const NAME: &str = "p1";

pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "P1 customer port: DSMR 2.2 to 5.0, Belgian e-MUCS, Luxembourg (encrypted, with key), Hungary, Sweden, Baltic states",
    kind: Kind::Push,
    likeness,
    open,
};

fn open(options: &Options) -> Result<Box<dyn Driver>, DriverError> {
    let sealer = options.key.as_ref().map(|key| Sealer::new(key, options.authentication.as_ref())).transpose()?;
    let framer = Framer::default();
    let driver = P1 { framer, sealer, zone: Zone::new(options.utc_offset), received: 0, found: false };
    Ok(Box::new(MaybeHex::new(NAME, driver)))
}

/// An identification line with an object after it, or the head of an encrypted frame.
fn likeness(bytes: &[u8]) -> Likeness {
    if sealed::is_head(&hextext::beginning(bytes)) {
        return Likeness(70);
    }
    // Not in the middle of a line: there it is a date or a path.
    let fresh = |at: usize| {
        at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|byte| !matches!(byte, b' '..=b'~'))
    };
    let starts = bytes.iter().enumerate().filter(|(at, byte)| **byte == b'/' && fresh(*at)).take(64);
    let found = starts.filter_map(|(at, _)| bytes.get(at..)).any(|rest| frame::start(rest) == frame::Start::Yes);
    Likeness(if found { 90 } else { 0 })
}

struct P1 {
    framer: Framer,
    sealer: Option<Sealer>,
    zone: Zone,
    /// Since the last end of data: how much came, and whether it held anything like a telegram.
    received: usize,
    found: bool,
}

impl P1 {
    /// All that is complete; with `ended`, also what is complete only because no more comes.
    fn pieces(&mut self, ended: bool) -> Vec<Result<Report, DriverError>> {
        let mut out = Vec::new();
        while let Some(piece) = self.framer.next_piece(ended) {
            self.found = true;
            out.push(self.piece(piece));
        }
        out
    }

    fn piece(&mut self, piece: Result<Piece, DriverError>) -> Result<Report, DriverError> {
        match (piece?, &self.sealer) {
            (Piece::Plain { .. }, Some(_)) => Err(DriverError::Key {
                format: NAME,
                what: "the telegrams of this meter are not encrypted, and a key is given; leave it out".to_owned(),
            }),
            (Piece::Plain { text, summed }, None) => reading::read(&text, summed, self.zone).map(Report::Telegram),
            (Piece::Sealed(frame), None) => {
                self.framer.advance(frame.len());
                Err(DriverError::Key {
                    format: NAME,
                    what: "the telegrams of this meter are encrypted; ask the grid operator for the key and give it"
                        .to_owned(),
                })
            }
            (Piece::Sealed(frame), Some(sealer)) => {
                let opened = sealer.open(&frame);
                self.framer.advance(if opened.is_ok() { frame.len() } else { 1 });
                let (text, summed) = frame::whole(&opened?)?;
                reading::read(&text, summed, self.zone).map(Report::Telegram)
            }
        }
    }
}

impl Driver for P1 {
    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        self.received = self.received.saturating_add(bytes.len());
        let mut out = Vec::new();
        for part in bytes.chunks(frame::LIMIT) {
            self.framer.push(part);
            out.append(&mut self.pieces(false));
        }
        out
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let mut out = self.pieces(true);
        if self.received > 0 && !self.found {
            let what = "no telegram: none of it begins with '/' and a meter's name, nor with an encrypted frame's head";
            out.push(Err(DriverError::Malformed { format: NAME, what: what.to_owned() }));
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
