//! The binary encoding: numbers, strings and lists of them, each with a type and a length before it.

/// Lists within lists.
const DEPTH: usize = 8;

/// One element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node<'a> {
    /// An empty string, which also stands for a value that is left out.
    Absent,
    Bytes(&'a [u8]),
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    List(Vec<Node<'a>>),
    /// The zero byte at the end of a message.
    End,
}

impl<'a> Node<'a> {
    /// The element that these bytes begin with, and the rest. `None` if there is none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        node(bytes, DEPTH)
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    pub(super) fn unsigned(&self) -> Option<u64> {
        if let Self::Unsigned(number) = self { Some(*number) } else { None }
    }

    /// A number of either sign.
    pub(super) fn number(&self) -> Option<i128> {
        match self {
            Self::Signed(number) => Some(i128::from(*number)),
            Self::Unsigned(number) => Some(i128::from(*number)),
            _ => None,
        }
    }
}

fn node(bytes: &[u8], depth: usize) -> Option<(Node<'_>, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    if *first == 0 {
        return Some((Node::End, rest));
    }
    let kind = (first >> 4) & 7;
    let mut length = usize::from(first & 0x0F);
    let mut head = 1;
    let mut more = first & 0x80 != 0;
    while more {
        let (byte, after) = rest.split_first()?;
        if byte & 0x70 != 0 {
            return None;
        }
        length = length.checked_mul(16)?.checked_add(usize::from(byte & 0x0F))?;
        head += 1;
        more = byte & 0x80 != 0;
        rest = after;
    }
    if kind == 7 {
        return list(rest, length, depth.checked_sub(1)?);
    }
    // The length of all but lists counts the head.
    let length = length.checked_sub(head)?;
    let content = rest.get(..length)?;
    let rest = rest.get(length..)?;
    let node = match (kind, content) {
        (0, []) => Node::Absent,
        (0, content) => Node::Bytes(content),
        (4, [value]) => Node::Bool(*value != 0),
        (5, [first, ..]) if length <= 8 => {
            let sign = if first & 0x80 == 0 { 0 } else { -1 };
            Node::Signed(content.iter().fold(sign, |number, byte| (number << 8) | i64::from(*byte)))
        }
        (6, [_, ..]) if length <= 8 => {
            Node::Unsigned(content.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
        }
        _ => return None,
    };
    Some((node, rest))
}

fn list(bytes: &[u8], length: usize, depth: usize) -> Option<(Node<'_>, &[u8])> {
    // Each element has at least a byte.
    if length > bytes.len() {
        return None;
    }
    let mut rest = bytes;
    let mut list = Vec::new();
    for _ in 0..length {
        let (element, after) = node(rest, depth)?;
        list.push(element);
        rest = after;
    }
    Some((Node::List(list), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_width_keep_their_sign() {
        assert_eq!(Node::read(&[0x52, 0xFF]), Some((Node::Signed(-1), &[][..])));
        assert_eq!(Node::read(&[0x54, 0xFF, 0xFF, 0xFE]), Some((Node::Signed(-2), &[][..])));
        assert_eq!(Node::read(&[0x64, 1, 0, 0, 9]), Some((Node::Unsigned(65_536), &[9][..])));
        assert_eq!(Node::read(&[0x81, 0x02, 7]), None, "longer than there is");
        assert_eq!(Node::read(&[0x80, 0x03, 7]), Some((Node::Bytes(&[7]), &[][..])));
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        for bytes in [
            &[0xF8, 0x8F, 0x8F, 0x0F, 1][..],
            &[0x77, 1],
            &[0x6A, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x80, 0x00],
            &[0x51],
            &[0xFF; 64],
        ] {
            assert_eq!(Node::read(bytes), None, "{bytes:02X?}");
        }
        assert_eq!(Node::read(&[0x71; 200]), None, "too deep");
    }
}
