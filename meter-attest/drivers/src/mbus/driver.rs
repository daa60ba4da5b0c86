//! Asking a meter, and reading what it answers.

use crate::{Driver, DriverError, Options, Report, UnixTime};

use super::NAME;
use super::fixed;
use super::header::{self, Device};
use super::link::{Frame, Line};
use super::records::walk;
use super::registers::Gathered;

/// Seconds after which an answer is no longer waited for.
const PATIENCE: u64 = 5;

/// Most telegrams of one answer; a meter that announces more is cut short.
const TELEGRAMS: u8 = 16;

/// Where a round is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Round {
    /// Nothing asked.
    Idle,
    /// Reset sent, E5h awaited.
    Reset,
    /// To be asked for the next telegram.
    Ready,
    /// Data asked for.
    Data,
}

/// Telegrams of one answer so far.
struct Partial {
    device: Device,
    gathered: Gathered,
    telegrams: u8,
}

/// A meter on the wired bus.
pub(super) struct MBus {
    line: Line,
    address: Option<u8>,
    offset: Option<i32>,
    round: Round,
    sent: u64,
    /// The frame count bit of the next question: a meter that sees it unchanged repeats its last answer.
    count_bit: bool,
    /// Whether anything was ever asked.
    asked: bool,
    /// Whether any frame was ever seen, right or wrong, and how many bytes came.
    seen: bool,
    bytes: usize,
    partial: Option<Partial>,
}

impl MBus {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            line: Line::new(NAME),
            address: options.address,
            offset: options.utc_offset,
            round: Round::Idle,
            sent: 0,
            count_bit: true,
            asked: false,
            seen: false,
            bytes: 0,
            partial: None,
        }
    }

    /// A short frame to the meter.
    fn short(&self, control: u8) -> Vec<u8> {
        // 254 is answered by any meter: right where there is only one.
        let address = self.address.unwrap_or(254);
        vec![0x10, control, address, control.wrapping_add(address), 0x16]
    }

    /// What a frame says, if an answer is complete with it.
    fn frame(&mut self, frame: Frame) -> Option<Result<Report, DriverError>> {
        let Frame::Long { control, address, information, data } = frame else {
            if frame == Frame::Acknowledge && self.round == Round::Reset {
                self.round = Round::Ready;
            }
            return None;
        };
        if control & 0xcf != 0x08 {
            return Some(Err(other_direction(control, information)));
        }
        if self.address.is_some_and(|wanted| wanted <= 250 && wanted != address) {
            let what = format!("an answer of address {address}, which was not asked");
            return Some(Err(DriverError::Malformed { format: NAME, what }));
        }
        self.round = Round::Idle;
        match self.telegram(information, &data) {
            Ok(None) => {
                self.count_bit = !self.count_bit;
                self.round = Round::Ready;
                None
            }
            Ok(Some(report)) => Some(Ok(report)),
            Err(error) => {
                self.partial = None;
                Some(Err(error))
            }
        }
    }

    /// Reads a telegram; `None` if more of the answer is to come.
    fn telegram(&mut self, information: u8, data: &[u8]) -> Result<Option<Report>, DriverError> {
        match information {
            0x72 => {}
            0x73 => return fixed::read(data).map(Report::Telegram).map(Some),
            0x70 => return Err(application_error(data.first().copied().unwrap_or_default())),
            0x71 => return Err(DriverError::MeterFault { format: NAME, what: "an alarm".to_owned() }),
            0x78..=0x7a => {
                let what =
                    format!("mbus: data without a long header (CI {information:02X}h) do not say which meter it is");
                return Err(DriverError::Unsupported { what });
            }
            0x76 | 0x77 => {
                let what = format!("mbus: data with the high byte first (CI {information:02X}h) are not supported");
                return Err(DriverError::Unsupported { what });
            }
            other => {
                return Err(DriverError::Unsupported {
                    what: format!("mbus: data of kind CI {other:02X}h are not supported"),
                });
            }
        }
        let mut complaints = Vec::new();
        let (device, records) = header::long(data, &mut complaints)?;
        let records = walk(records).map_err(|what| DriverError::Malformed { format: NAME, what })?;
        let mut partial = match self.partial.take().filter(|partial| partial.device == device) {
            Some(partial) => partial,
            None => Partial { device, gathered: Gathered::default(), telegrams: 0 },
        };
        partial.gathered.complain(complaints);
        partial.gathered.take(&partial.device, &records.list, self.offset)?;
        partial.telegrams += 1;
        if records.follows && partial.telegrams < TELEGRAMS {
            self.partial = Some(partial);
            return Ok(None);
        }
        partial.gathered.readings(&partial.device).map(Report::Telegram).map(Some)
    }

    /// Reads all frames there are.
    fn frames(&mut self, last: bool, reports: &mut Vec<Result<Report, DriverError>>) {
        while let Some(frame) = self.line.next(last) {
            self.seen = true;
            match frame {
                Ok(frame) => reports.extend(self.frame(frame)),
                Err(error) => reports.push(Err(error)),
            }
        }
    }
}

impl Driver for MBus {
    fn request(&mut self, now: UnixTime) -> Option<Vec<u8>> {
        self.asked = true;
        let waiting = now.0 >= self.sent && now.0 - self.sent < PATIENCE;
        let control = match self.round {
            Round::Reset | Round::Data if waiting => return None,
            Round::Ready => {
                self.round = Round::Data;
                if self.count_bit { 0x7b } else { 0x5b }
            }
            // No answer to the reset: some converters keep E5h to themselves.
            Round::Reset => {
                self.round = Round::Data;
                0x7b
            }
            Round::Idle | Round::Data => {
                self.line.clear();
                self.partial = None;
                self.count_bit = true;
                self.round = Round::Reset;
                0x40
            }
        };
        self.sent = now.0;
        Some(self.short(control))
    }

    fn receive(&mut self, bytes: &[u8]) -> Vec<Result<Report, DriverError>> {
        let mut reports = Vec::new();
        self.bytes = self.bytes.saturating_add(bytes.len());
        for part in bytes.chunks(512) {
            self.line.push(part);
            self.frames(false, &mut reports);
        }
        reports
    }

    fn finish(&mut self) -> Vec<Result<Report, DriverError>> {
        let mut reports = Vec::new();
        self.frames(true, &mut reports);
        if self.asked && matches!(self.round, Round::Data) {
            self.round = Round::Idle;
        }
        if self.round == Round::Ready && self.partial.is_some() && self.asked {
            // The caller paused between telegrams; the rest is still to be asked for.
            return reports;
        }
        if let Some(mut partial) = self.partial.take() {
            self.round = Round::Idle;
            if self.asked {
                let what = "the meter announced another telegram that did not come".to_owned();
                reports.push(Err(DriverError::Malformed { format: NAME, what }));
            } else {
                // A recording of one telegram of several: what it has is right.
                partial
                    .gathered
                    .complain(vec!["further telegrams were announced and are not in the recording".to_owned()]);
                reports.push(partial.gathered.readings(&partial.device).map(Report::Telegram));
            }
        }
        if !self.seen && !self.asked && self.bytes > 0 {
            let what = format!("no frame in {} bytes (68h, length, length, 68h)", self.bytes);
            reports.push(Err(DriverError::Malformed { format: NAME, what }));
        }
        self.bytes = 0;
        self.seen = false;
        reports
    }
}

/// A frame that no meter sends.
fn other_direction(control: u8, information: u8) -> DriverError {
    let what = if information & 0xe0 == 0 && control & 0xdf == 0x53 {
        "mbus: DLMS over M-Bus, as in Austria: use the format dlms".to_owned()
    } else {
        format!("mbus: a frame that is sent to a meter (C {control:02X}h), not by one")
    };
    DriverError::Unsupported { what }
}

/// What a meter reports instead of data (CI 70h).
fn application_error(code: u8) -> DriverError {
    let what = match code {
        0x00 => "an unspecified error".to_owned(),
        0x01 => "that it does not know this kind of question (CI field)".to_owned(),
        0x02 => "that its buffer is too short".to_owned(),
        0x03 => "too many records".to_owned(),
        0x04 => "that a record ended early".to_owned(),
        0x05 => "more than 10 data information extensions".to_owned(),
        0x06 => "more than 10 value information extensions".to_owned(),
        0x08 => "that it is too busy for an answer".to_owned(),
        0x09 => "that it was read too often".to_owned(),
        other => format!("error {other:02X}h"),
    };
    DriverError::MeterFault { format: NAME, what }
}
