//! From bytes of the line to messages: HDLC or M-Bus frames, segments, blocks.

use crate::mbus::link;
use crate::{Driver, DriverError, Options, Report};

use super::NAME;
use super::apdu::{Keys, Notification, read};
use super::axdr::Reader;
use super::hdlc;
use super::list::reading;

/// Longest message put together from parts.
const MESSAGE: usize = 16 * 1024;

/// Longest frame, and as much of the beginning of a recording as is looked at for a frame without flags.
const FRAME: usize = 4200;

/// A push of a smart meter.
pub(super) struct Dlms {
    keys: Keys,
    offset: Option<i32>,
    bytes: Vec<u8>,
    /// The beginning, for what has no flags; emptied when a frame is found or it is too long.
    beginning: Option<Vec<u8>>,
    /// Whether any frame was found, right or wrong.
    seen: bool,
    /// HDLC segments so far.
    segments: Vec<u8>,
    /// M-Bus parts so far, and the number of the next.
    parts: Option<(u8, Vec<u8>)>,
    /// Blocks of a general block transfer so far, and the number of the next.
    blocks: Option<(u16, Vec<u8>)>,
}

fn malformed(what: &str) -> DriverError {
    DriverError::Malformed { format: NAME, what: what.to_owned() }
}

/// What was found at some place.
enum Found {
    Hdlc(hdlc::Frame, usize),
    MBus(link::Frame, usize),
    More,
    Noise,
    Bad(DriverError),
}

fn find(bytes: &[u8]) -> Found {
    match bytes.first() {
        Some(&hdlc::FLAG) => match hdlc::find(bytes) {
            hdlc::Found::Frame(frame, length) => Found::Hdlc(frame, length),
            hdlc::Found::More => Found::More,
            hdlc::Found::Noise => Found::Noise,
            hdlc::Found::Bad(error) => Found::Bad(error),
        },
        Some(0x68) => match link::long(bytes, NAME) {
            link::Found::Frame(frame, length) => Found::MBus(frame, length),
            link::Found::More => Found::More,
            link::Found::Noise => Found::Noise,
            link::Found::Bad(error) => Found::Bad(error),
        },
        _ => Found::Noise,
    }
}

impl Dlms {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            keys: Keys { encryption: options.key.clone(), authentication: options.authentication.clone() },
            offset: options.utc_offset,
            bytes: Vec::new(),
            beginning: Some(Vec::new()),
            seen: false,
            segments: Vec::new(),
            parts: None,
            blocks: None,
        }
    }

    /// Takes all frames there are.
    fn frames(&mut self, last: bool, reports: &mut Vec<Result<Report, DriverError>>) {
        let bytes = core::mem::take(&mut self.bytes);
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let report = match find(rest) {
                Found::Hdlc(frame, length) => {
                    start += length;
                    self.hdlc(frame)
                }
                Found::MBus(frame, length) => {
                    start += length;
                    self.mbus(frame)
                }
                Found::Bad(error) => {
                    start += 1;
                    Err(error)
                }
                Found::More if !last => break,
                Found::More if rest.len() > 4 => {
                    start += 1;
                    Err(DriverError::CutOff { format: NAME, bytes: rest.len() })
                }
                Found::More | Found::Noise => {
                    start += 1;
                    continue;
                }
            };
            self.seen = true;
            self.beginning = None;
            reports.extend(report.transpose());
        }
        self.bytes = bytes.get(start..).unwrap_or_default().to_vec();
    }

    /// A frame of HDLC: a message, or a segment of one.
    fn hdlc(&mut self, frame: hdlc::Frame) -> Result<Option<Report>, DriverError> {
        if frame.information.is_empty() {
            return Ok(None);
        }
        match hdlc::message(&frame.information) {
            Some(begin) => self.segments = begin.to_vec(),
            None if self.segments.is_empty() => {
                return Err(malformed("a frame without LLC bytes that continues nothing"));
            }
            None => self.segments.extend_from_slice(&frame.information),
        }
        if self.segments.len() > MESSAGE {
            self.segments.clear();
            return Err(DriverError::TooLong { format: NAME, limit: MESSAGE });
        }
        if frame.segmented {
            return Ok(None);
        }
        let message = core::mem::take(&mut self.segments);
        self.message(&message)
    }

    /// A frame of M-Bus: a part of a message, with its number and whether it is the last in the CI field (EN 13757-1, transport).
    fn mbus(&mut self, frame: link::Frame) -> Result<Option<Report>, DriverError> {
        let link::Frame::Long { control, information, data, .. } = frame else { return Ok(None) };
        if control & 0xdf != 0x53 || information >= 0x20 {
            let what = format!("{NAME}: an M-Bus frame without DLMS (CI {information:02X}h): use the format mbus");
            return Err(DriverError::Unsupported { what });
        }
        let [_, _, payload @ ..] = data.as_slice() else { return Err(malformed("an M-Bus frame without content")) };
        let (number, is_last) = (information & 0x0f, information & 0x10 != 0);
        let mut message = match self.parts.take() {
            _ if number == 0 => Vec::new(),
            Some((next, message)) if next == number => message,
            _ => return Err(malformed("a part of a message is missing")),
        };
        message.extend_from_slice(payload);
        if is_last {
            return self.message(&message);
        }
        self.parts = Some((number + 1, message));
        Ok(None)
    }

    /// A message: a notification, or a block of one.
    fn message(&mut self, message: &[u8]) -> Result<Option<Report>, DriverError> {
        let whole = if message.first() == Some(&0xe0) { self.block(message)? } else { Some(message.to_vec()) };
        let Some(whole) = whole else { return Ok(None) };
        let notification: Notification = read(&whole, &self.keys)?;
        reading(&notification, self.offset).map(|reading| Some(Report::Telegram(vec![reading])))
    }

    /// A block of a general block transfer; the message if it is the last.
    fn block(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>, DriverError> {
        let mut reader = Reader::new(message);
        let mut parts = || -> Result<_, String> {
            reader.byte()?;
            let control = reader.byte()?;
            let number = reader.take(2)?.iter().fold(0u16, |number, byte| number << 8 | u16::from(*byte));
            reader.take(2)?;
            let length = reader.length()?;
            Ok((control, number, reader.take(length)?))
        };
        let (control, number, data) = parts().map_err(|what| malformed(&format!("a block: {what}")))?;
        let mut whole = match self.blocks.take() {
            _ if number == 1 => Vec::new(),
            Some((next, whole)) if next == number => whole,
            _ => return Err(malformed("a block of a message is missing")),
        };
        whole.extend_from_slice(data);
        if whole.len() > MESSAGE {
            return Err(DriverError::TooLong { format: NAME, limit: MESSAGE });
        }
        if control & 0x80 != 0 {
            return Ok(Some(whole));
        }
        self.blocks = Some((number.saturating_add(1), whole));
        Ok(None)
    }

    /// A recording in which no frame was found: one without flags, or what else it is.
    fn without_flags(&mut self, bytes: &[u8]) -> Result<Option<Report>, DriverError> {
        if let Some(frame) = hdlc::bare(bytes) {
            return self.hdlc(frame);
        }
        let list = matches!(bytes.first(), Some(1 | 2)) && Reader::new(bytes).data().is_ok();
        if list || matches!(bytes, [0x0f, ..] | [0xdb, 8, ..]) {
            let what =
                "a message without its frame: nothing says that it is undisturbed; record the frames as they come";
            return Err(DriverError::Unsupported { what: format!("{NAME}: {what}") });
        }
        Err(malformed(&format!("no frame of HDLC (7Eh A.h) or M-Bus (68h) in {} bytes", bytes.len())))
    }
}

impl Driver for Dlms {
    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        let mut reports = Vec::new();
        for part in bytes.chunks(512) {
            if let Some(beginning) = &mut self.beginning {
                beginning.extend_from_slice(part);
                if beginning.len() > FRAME {
                    self.beginning = None;
                }
            }
            self.bytes.extend_from_slice(part);
            self.frames(false, &mut reports);
        }
        reports
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let mut reports = Vec::new();
        let beginning = self.beginning.take().filter(|beginning| !beginning.is_empty());
        self.frames(true, &mut reports);
        if let (false, Some(beginning)) = (self.seen, beginning) {
            reports.extend(self.without_flags(&beginning).transpose());
        } else if !self.segments.is_empty() || self.parts.is_some() || self.blocks.is_some() {
            reports.push(Err(malformed("the message is not complete: its last part did not come")));
        }
        self.segments.clear();
        self.parts = None;
        self.blocks = None;
        self.seen = false;
        self.beginning = Some(Vec::new());
        reports
    }
}
