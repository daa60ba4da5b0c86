//! A-XDR, the encoding of COSEM data (IEC 62056-5-3), decoded within bounds.

/// Most nesting.
const DEPTH: u8 = 8;

/// Most values of a message.
const VALUES: usize = 2048;

/// A value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Data {
    /// No value.
    Null,
    /// An array or structure.
    List(Vec<Self>),
    /// A whole number, and the tag of its type.
    Number(u8, i128),
    /// An octet string, date, or time.
    Octets(Vec<u8>),
    /// Text.
    Text(Vec<u8>),
    /// Anything else, of which the length is known.
    Other,
}

/// Reads bytes one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    /// Of all these bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, values: 0 }
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// So many bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let taken = self.rest().get(..length).ok_or_else(|| format!("it ends within a value at byte {}", self.at))?;
        self.at += length;
        Ok(taken)
    }

    /// One byte.
    pub(super) fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    /// A length: one byte below 80h, else 80h and how many bytes it has, of which one to three are taken.
    pub(super) fn length(&mut self) -> Result<usize, String> {
        let first = self.byte()?;
        match first {
            0..=0x7f => Ok(usize::from(first)),
            0x81..=0x83 => Ok(unsigned(self.take(usize::from(first & 0x7f))?) as usize),
            _ => Err(format!("a length of {} bytes at byte {}", first & 0x7f, self.at)),
        }
    }

    /// A value.
    pub(super) fn data(&mut self) -> Result<Data, String> {
        self.nested(0)
    }

    fn nested(&mut self, depth: u8) -> Result<Data, String> {
        self.values += 1;
        if self.values > VALUES {
            return Err(format!("more than {VALUES} values"));
        }
        let tag = self.byte()?;
        Ok(match tag {
            0x00 => Data::Null,
            0x01 | 0x02 => {
                let count = self.length()?;
                // Each value has at least one byte.
                if depth >= DEPTH || count > self.rest().len() {
                    return Err(format!("a list too deep or too long at byte {}", self.at));
                }
                (0..count).map(|_| self.nested(depth + 1)).collect::<Result<_, _>>().map(Data::List)?
            }
            0x04 => {
                let bits = self.length()?;
                self.take(bits.div_ceil(8)).map(|_| Data::Other)?
            }
            0x05 => self.number(tag, 4, true)?,
            0x06 => self.number(tag, 4, false)?,
            0x09 => self.string().map(Data::Octets)?,
            0x0a | 0x0c => self.string().map(Data::Text)?,
            0x0f => self.number(tag, 1, true)?,
            0x10 => self.number(tag, 2, true)?,
            0x11 | 0x16 => self.number(tag, 1, false)?,
            0x12 => self.number(tag, 2, false)?,
            0x14 => self.number(tag, 8, true)?,
            0x15 => self.number(tag, 8, false)?,
            0x03 | 0x0d => self.take(1).map(|_| Data::Other)?,
            0x17 => self.take(4).map(|_| Data::Other)?,
            0x18 => self.take(8).map(|_| Data::Other)?,
            0x19 => self.take(12).map(|bytes| Data::Octets(bytes.to_vec()))?,
            0x1a => self.take(5).map(|bytes| Data::Octets(bytes.to_vec()))?,
            0x1b => self.take(4).map(|bytes| Data::Octets(bytes.to_vec()))?,
            0xff => Data::Other,
            other => {
                return Err(format!("a value of type {other:02X}h at byte {}, which is not supported", self.at - 1));
            }
        })
    }

    fn string(&mut self) -> Result<Vec<u8>, String> {
        let length = self.length()?;
        self.take(length).map(<[u8]>::to_vec)
    }

    fn number(&mut self, tag: u8, length: usize, signed: bool) -> Result<Data, String> {
        let bytes = self.take(length)?;
        let value = i128::from(unsigned(bytes));
        let negative = signed && bytes.first().is_some_and(|first| first & 0x80 != 0);
        Ok(Data::Number(tag, if negative { value - (1 << (8 * length)) } else { value }))
    }
}

/// Up to eight bytes, the highest first.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
