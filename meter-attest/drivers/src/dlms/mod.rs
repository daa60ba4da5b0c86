//! DLMS/COSEM push of smart meters: the HAN port of Norway and Sweden (Aidon, Kaifa, Kamstrup), the customer interfaces of Austria
//! (HDLC, or M-Bus frames; with the customer's key) and Switzerland (Landis+Gyr).
//!
//! A decoder of its own, small and bounded, of what such meters push and nothing else: frames, segments and blocks, decryption, the
//! data-notification, and lists of values. There is no connection, no request, and no object model. What has no known form is
//! refused by its name.

mod apdu;
mod axdr;
mod clock;
mod driver;
mod hdlc;
mod list;

use crate::hextext::{MaybeHex, beginning};
use crate::mbus::link;
use crate::{DriverError, Format, Kind, Likeness, Options};

/// The name in errors and on the command line.
const NAME: &str = "dlms";

/// DLMS push.
pub(crate) static FORMAT: Format = Format {
    name: NAME,
    about: "DLMS push: HAN port of Norway and Sweden, customer interface of Austria and Switzerland",
    kind: Kind::Push,
    likeness,
    open,
};

fn likeness(bytes: &[u8]) -> Likeness {
    let hex = bytes.first().is_some_and(|byte| byte.is_ascii_hexdigit());
    let bytes = beginning(bytes);
    Likeness(match bytes.as_ref() {
        [0x68, _, _, 0x68, control, _, information, ..] if control & 0xdf == 0x53 && *information < 0x20 => {
            match link::long(&bytes, NAME) {
                link::Found::Frame(..) => 95,
                link::Found::Bad(_) | link::Found::More => 70,
                link::Found::Noise => 0,
            }
        }
        [hdlc::FLAG, ..] => match hdlc::find(&bytes) {
            hdlc::Found::Frame(..) => 95,
            // Disturbed, or not all of it yet: told by what stands before every message.
            hdlc::Found::Bad(_) | hdlc::Found::More
                if bytes.get(..16).unwrap_or(&bytes).windows(3).any(|three| three == [0xe6, 0xe7, 0]) =>
            {
                65
            }
            _ => 0,
        },
        // Bare messages: only of a dump, since a live line has frames and another format begins with DBh as well.
        [0xa0..=0xa7, ..] if hdlc::bare(&bytes).is_some() => 90,
        [0xdb, 8, ..] if hex => 55,
        [0x02 | 0x01, ..] if hex && axdr::Reader::new(&bytes).data().is_ok() => 55,
        _ => 0,
    })
}

fn open(options: &Options) -> Result<Box<dyn crate::Driver>, DriverError> {
    for key in [&options.key, &options.authentication].into_iter().flatten() {
        if key.0.len() != 16 {
            let what = format!("a key of {} bytes; DLMS has keys of 16 bytes (32 hex digits)", key.0.len());
            return Err(DriverError::Key { format: NAME, what });
        }
    }
    Ok(Box::new(MaybeHex::new(NAME, driver::Dlms::new(options))))
}
