//! A connection whose other end takes its answer too slowly is cut off: slow readers must not hold memory and places.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// In each stretch of the limit, a peer that is behind must take so many bytes: at 20 seconds, 13 kbit/s.
const LEAST: usize = 32 << 10;

/// A stream whose writes fail when its peer is behind and takes less than [`LEAST`] within `limit`.
pub(super) struct StallGuard<T> {
    inner: T,
    limit: Duration,
    behind: Option<Behind>,
}

/// A write had to wait, and what was to be written is not all out yet.
struct Behind {
    timer: Pin<Box<Sleep>>,
    /// Bytes that went out since the timer was set.
    written: usize,
}

impl<T> StallGuard<T> {
    pub fn new(inner: T, limit: Duration) -> Self {
        StallGuard { inner, limit, behind: None }
    }

    fn watch(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let limit = self.limit;
        if let Poll::Ready(wrote) = wrote {
            if let (Some(behind), Ok(count)) = (&mut self.behind, &wrote) {
                behind.written += count;
            }
            return Poll::Ready(wrote);
        }
        let behind = self.behind.get_or_insert_with(|| Behind { timer: Box::pin(sleep(limit)), written: 0 });
        loop {
            ready!(behind.timer.as_mut().poll(cx));
            if behind.written < LEAST {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            behind.written = 0;
            behind.timer.as_mut().reset(Instant::now() + limit);
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for StallGuard<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for StallGuard<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.watch(cx, wrote)
    }

    /// The server flushes when everything it had to write is out.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.behind = None;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_cut_off() {
        let (ours, _theirs) = duplex(1024);
        let mut guarded = StallGuard::new(ours, LIMIT);
        let start = Instant::now();
        let error = guarded.write_all(&[0; 2048]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_trickles_is_cut_off_and_a_steady_one_is_not() {
        for (piece, survives) in [(1000, false), (LEAST, true)] {
            let (ours, mut theirs) = duplex(1024);
            let mut guarded = StallGuard::new(ours, LIMIT);
            let reader = tokio::spawn(async move {
                let mut bytes = vec![0; piece];
                while theirs.read_exact(&mut bytes).await.is_ok() {
                    sleep(LIMIT * 9 / 10).await;
                }
            });
            let written = guarded.write_all(&vec![0; 8 * LEAST]).await;
            assert_eq!(written.is_ok(), survives, "{piece}");
            drop(guarded);
            reader.await.unwrap();
        }
    }
}
