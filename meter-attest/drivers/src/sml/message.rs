//! Messages: each with its own checksum; of interest are the answers to a GetList request.

use super::frame::fits;
use super::malformed;
use super::tree::Node;
use crate::{DriverError, UnixTime};

/// GetList.Res.
const GET_LIST: u64 = 0x0701;
/// Attention.Res: the meter could not do what was asked.
const ATTENTION: u64 = 0xFF01;
/// 2000-01-01. Times before it are seconds since installation that were marked as time of day.
const EARLIEST: u64 = 946_684_800;

/// Values of one meter.
#[derive(Debug)]
pub(super) struct List<'a> {
    /// What the meter calls itself; empty if it does not.
    pub(super) server: &'a [u8],
    /// When the values were read, if the meter knows the time of day.
    pub(super) at: Option<UnixTime>,
    pub(super) entries: Vec<Entry<'a>>,
}

/// One value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// OBIS code, six bytes.
    pub(super) name: &'a [u8],
    pub(super) at: Option<UnixTime>,
    /// DLMS unit: 30 is the watt-hour.
    pub(super) unit: Option<u64>,
    /// The value is to be multiplied with ten to the power of it.
    pub(super) scaler: i128,
    pub(super) value: Node<'a>,
}

/// The lists in a transmission. All its messages must be whole; those of other kinds are passed over.
pub(super) fn lists(bytes: &[u8]) -> Result<Vec<List<'_>>, DriverError> {
    let mut lists = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        // Some meters send zeros between messages.
        if let Some((0, after)) = rest.split_first() {
            rest = after;
            continue;
        }
        let (body, after) = message(rest)?;
        rest = after;
        let [tag, content] = &body[..] else { return Err(malformed("a message's body must have two elements")) };
        match tag.unsigned() {
            Some(GET_LIST) => lists.push(list(content).ok_or_else(|| malformed("a list of values that is none"))?),
            Some(ATTENTION) => {
                return Err(DriverError::MeterFault { format: super::NAME, what: "that it cannot answer".to_owned() });
            }
            Some(_) => {}
            None => return Err(malformed("a message without a kind")),
        }
    }
    Ok(lists)
}

/// The body of the message that these bytes begin with, its checksum right, and the rest.
fn message(bytes: &[u8]) -> Result<(Vec<Node<'_>>, &[u8]), DriverError> {
    let broken = || malformed("a message that is not whole");
    let mut rest = match bytes.split_first() {
        Some((0x76, rest)) => rest,
        _ => return Err(malformed("a message that does not begin with a list of six")),
    };
    let mut body = None;
    for _ in 0..4 {
        let (node, after) = Node::read(rest).ok_or_else(broken)?;
        body = Some(node);
        rest = after;
    }
    let summed = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
    let (sum, after) = Node::read(rest).ok_or_else(broken)?;
    // The two bytes are sent low before high, as if they were a number with the high byte first.
    let sum = sum.unsigned().and_then(|sum| u16::try_from(sum).ok()).ok_or_else(broken)?;
    if !fits(summed, sum.swap_bytes()) {
        return Err(DriverError::Checksum { format: super::NAME, what: "of a message" });
    }
    match (Node::read(after), body) {
        (Some((Node::End, rest)), Some(Node::List(body))) => Ok((body, rest)),
        _ => Err(broken()),
    }
}

fn list<'a>(content: &Node<'a>) -> Option<List<'a>> {
    let [_client, server, _name, sensor, values, _signature, gateway] = content.list()? else { return None };
    let server = if *server == Node::Absent { &[][..] } else { server.bytes()? };
    let entries = values.list()?.iter().map(entry).collect::<Option<Vec<_>>>()?;
    Some(List { server, at: time(sensor).or_else(|| time(gateway)), entries })
}

fn entry<'a>(node: &Node<'a>) -> Option<Entry<'a>> {
    let [name, _status, at, unit, scaler, value, _signature] = node.list()? else { return None };
    let scaler = if *scaler == Node::Absent { 0 } else { scaler.number()? };
    Some(Entry { name: name.bytes()?, at: time(at), unit: unit.unsigned(), scaler, value: value.clone() })
}

/// Time of day. Seconds since installation are none; Holley's meters send these without saying what they are.
fn time(node: &Node<'_>) -> Option<UnixTime> {
    let [kind, time] = node.list()? else { return None };
    let seconds = match (kind.unsigned()?, time) {
        (2, time) => time.unsigned()?,
        // With the offsets of local time, in minutes; the time itself is UTC.
        (3, Node::List(local)) => local.first()?.unsigned()?,
        _ => return None,
    };
    (seconds >= EARLIEST).then_some(UnixTime(seconds))
}
