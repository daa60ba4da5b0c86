//! Blocks as they arrive.

use std::io::Read;

use crate::{BlockRecord, ClientError, NodeClient, frames::FrameDecoder};

/// An answer with blocks, in order and without a gap; after an error there is nothing more.
pub struct Download {
    node: NodeClient,
    path: String,
    next: u64,
    tip: Option<u64>,
    body: Box<dyn Read + Send>,
    decoder: FrameDecoder,
    buffer: Vec<u8>,
    over: bool,
}

impl Download {
    pub(crate) fn new(
        node: NodeClient,
        path: String,
        from: u64,
        tip: Option<u64>,
        body: impl Read + Send + 'static,
    ) -> Self {
        let (decoder, buffer) = (FrameDecoder::new(), vec![0; 1 << 16]);
        Download { node, path, next: from, tip, body: Box::new(body), decoder, buffer, over: false }
    }

    /// Height of the node's last block when the answer began, if it says so.
    pub fn tip(&self) -> Option<u64> {
        self.tip
    }

    fn read(&mut self) -> Result<Option<BlockRecord>, ClientError> {
        loop {
            let frame = self.decoder.next_frame().map_err(|error| self.node.nonsense(&self.path, &error))?;
            if let Some(record) = frame {
                if record.height != self.next {
                    return Err(self.node.nonsense(&self.path, &"its blocks are not in order"));
                }
                self.next += 1;
                return Ok(Some(record));
            }
            let read = self.body.read(&mut self.buffer).map_err(|error| self.node.unreachable(&self.path, &error))?;
            match read {
                0 if self.decoder.is_mid_frame() => {
                    return Err(self.node.unreachable(&self.path, &"the answer broke off"));
                }
                0 => return Ok(None),
                _ => self.decoder.push(&self.buffer[..read]),
            }
        }
    }
}

impl Iterator for Download {
    type Item = Result<BlockRecord, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let read = self.read().transpose();
        self.over = !matches!(read, Some(Ok(_)));
        read
    }
}
