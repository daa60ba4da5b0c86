//! Frames of Modbus TCP: the MBAP header and function 3, "read holding registers".

use crate::DriverError;

use super::NAME;

/// Most registers of one answer.
pub(super) const MOST: u16 = 125;

/// Longest frame.
const LONGEST: usize = 260;

/// A question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Question {
    /// Number of the transaction, which the answer repeats.
    pub(super) transaction: u16,
    /// Address of the device.
    pub(super) unit: u8,
    /// First register, counted from 0.
    pub(super) address: u16,
    /// How many, 1 to 125.
    pub(super) count: u16,
}

impl Question {
    /// Its bytes.
    pub(super) fn bytes(self) -> Vec<u8> {
        let [t0, t1] = self.transaction.to_be_bytes();
        let [a0, a1] = self.address.to_be_bytes();
        let [c0, c1] = self.count.to_be_bytes();
        vec![t0, t1, 0, 0, 0, 6, self.unit, 3, a0, a1, c0, c1]
    }
}

/// What came of a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// The registers, as many as asked for.
    Registers(Vec<u16>),
    /// The device refuses, with this code.
    Exception(u8),
}

/// What stands at the beginning of some bytes.
pub(super) enum Found {
    /// An answer to the question, and how many bytes it has.
    Answer(Answer, usize),
    /// A frame, but not an answer to this question, and how many bytes it has.
    Other(DriverError, usize),
    /// Perhaps a frame, if more bytes come.
    More,
    /// No frame.
    Noise,
}

/// Looks for an answer to the question at the beginning of the bytes. An answer repeats the transaction, the unit and the function,
/// and has exactly the registers asked for: Modbus TCP has no checksum of its own, so nothing less will do.
pub(super) fn find(bytes: &[u8], question: Question) -> Found {
    let [t0, t1, p0, p1, l0, l1, rest @ ..] = bytes else { return Found::More };
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    if (*p0, *p1) != (0, 0) || length < 3 || length + 6 > LONGEST {
        return Found::Noise;
    }
    let Some(body) = rest.get(..length) else { return Found::More };
    let other = |what: String| Found::Other(DriverError::Malformed { format: NAME, what }, length + 6);
    let transaction = u16::from_be_bytes([*t0, *t1]);
    if transaction != question.transaction {
        return other(format!("an answer to transaction {transaction}, not to {}", question.transaction));
    }
    match body {
        [unit, ..] if *unit != question.unit => other(format!("an answer of unit {unit}, not of {}", question.unit)),
        [_, 0x83, code] => Found::Answer(Answer::Exception(*code), length + 6),
        [_, 3, count, data @ ..] => {
            let bytes = usize::from(question.count) * 2;
            if data.len() != bytes || usize::from(*count) != bytes {
                return other(format!("an answer with {} bytes of registers, not {bytes}", data.len()));
            }
            let registers = data.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            Found::Answer(Answer::Registers(registers.collect()), length + 6)
        }
        [_, function, ..] => other(format!("an answer of function {function:02X}h, not of 03h")),
        _ => Found::Noise,
    }
}

/// What an exception means.
pub(super) fn exception(code: u8) -> String {
    let name = match code {
        1 => "it does not know this function",
        2 => "there is no such register",
        3 => "the question is not allowed",
        4 => "it failed",
        5 => "it needs more time",
        6 => "it is busy",
        10 => "no path to the device",
        11 => "the device behind the gateway does not answer",
        _ => return format!("exception {code}"),
    };
    format!("exception {code}: {name}")
}
