//! The one trait behind which every kind of meter and file stands.

use zeroize::Zeroizing;

use crate::{DriverError, MeterReading, Series, UnixTime};

/// A key that the customer got for his meter. Not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(pub Zeroizing<Vec<u8>>);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a driver may need to know. A driver that needs what is not given says which.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Decryption key of the telegrams.
    pub key: Option<Secret>,
    /// Further authenticated data, or authentication key, of encrypted telegrams.
    pub authentication: Option<Secret>,
    /// Address of the meter on its bus (M-Bus primary address, Modbus unit).
    pub address: Option<u8>,
    /// How the columns of a file are to be read (see the generic CSV format).
    pub mapping: Option<String>,
    /// Seconds that local time without zone is ahead of UTC, where a file or meter does not say.
    pub utc_offset: Option<i32>,
}

/// What came of the bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// One telegram: the state of one or several meters.
    Telegram(Vec<MeterReading>),
    /// A file of values by interval.
    Series(Vec<Series>),
}

/// A kind of meter or file. It gets bytes as they arrive and says what was in them; lines, ports and files are its user's.
///
/// A driver never panics, whatever it is given, keeps a bounded part of what it has not understood yet, and lets nothing with a bad
/// checksum through. After an error it goes on with the next telegram.
pub trait Driver: Send {
    /// What to send to the meter, now, for it to answer; `None` for a meter that speaks unasked, and when nothing is to be asked
    /// before an answer has come. `now` begins a new round when the last one is finished or was given up.
    fn request(&mut self, now: UnixTime) -> Option<Vec<u8>> {
        let _ = now;
        None
    }

    /// Takes bytes as they arrived. What is complete now, in order.
    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>>;

    /// No more bytes will come: the end of a file, or the meter has been silent for longer than within a telegram. What is left is
    /// complete or cut off.
    fn finish(&mut self) -> Vec<Result<Report, DriverError>>;
}
