//! A serial line without a cable: the meter's end of a pseudo-terminal.

use std::{
    io::{ErrorKind, Write},
    path::PathBuf,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use serialport::{SerialPort, TTYPort};

/// The line holds so many bytes for a gateway that is slow; one that takes nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// The meter's end. What is sent while no gateway has the port open is lost, as on a real line.
pub struct Pty {
    path: PathBuf,
    bytes: Sender<Vec<u8>>,
    sent: Receiver<bool>,
}

impl Pty {
    pub fn new() -> Self {
        let (mut meter, port) = TTYPort::pair().unwrap();
        let path = port.name().unwrap().into();
        meter.set_timeout(Duration::from_secs(5)).unwrap();
        let (bytes, inbox) = mpsc::channel::<Vec<u8>>();
        let (outbox, sent) = mpsc::channel();
        thread::spawn(move || {
            while let Ok(bytes) = inbox.recv() {
                if outbox.send(send(&mut meter, &bytes)).is_err() {
                    return;
                }
            }
        });
        Pty { path, bytes, sent }
    }

    /// Where the gateway reads.
    pub fn path(&self) -> String {
        self.path.to_str().unwrap().to_owned()
    }

    /// Sends; says whether somebody had the port open all the time.
    pub fn send(&self, bytes: &[u8]) -> bool {
        self.bytes.send(bytes.to_vec()).unwrap();
        self.sent.recv_timeout(PATIENCE).expect("the gateway reads from its line")
    }
}

fn send(meter: &mut TTYPort, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match meter.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(_) => return false,
        }
    }
    true
}
