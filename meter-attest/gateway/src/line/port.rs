//! Ports, opened: whatever they are, bytes come out within a moment or not at all.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    time::Duration,
};

use hushwatt_client::HostPort;

use crate::config::{Parity, Port, SerialSettings};

/// How long one look at a port takes when nothing comes.
pub(super) const LOOK: Duration = Duration::from_millis(200);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a question may take to go out.
const SEND: Duration = Duration::from_secs(5);

/// An open port.
pub(super) enum OpenPort {
    Serial(Box<dyn serialport::SerialPort>),
    Tcp(TcpStream),
    /// A file or standard input: what is read is all there is.
    Stream(Box<dyn Read + Send>),
}

/// What one look gave.
pub(super) enum Look {
    /// So many bytes.
    Bytes(usize),
    /// Nothing for a moment.
    Nothing,
    /// The other side is gone, or the file is over.
    End,
}

impl OpenPort {
    pub fn new(port: &Port) -> io::Result<Self> {
        match port {
            Port::Serial(path, settings) => serial(path, settings).map(OpenPort::Serial),
            Port::Tcp(address) => tcp(address).map(OpenPort::Tcp),
            Port::File(path) => Ok(OpenPort::Stream(Box::new(File::open(path)?))),
            Port::Stdin => Ok(OpenPort::Stream(Box::new(io::stdin()))),
        }
    }

    /// Whether what is read is all there is, so that the end is no fault.
    pub fn is_finite(&self) -> bool {
        matches!(self, OpenPort::Stream(_))
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<Look> {
        let read = match self {
            OpenPort::Serial(port) => port.read(buffer),
            OpenPort::Tcp(stream) => stream.read(buffer),
            OpenPort::Stream(stream) => stream.read(buffer),
        };
        match read {
            Ok(0) => Ok(Look::End),
            Ok(count) => Ok(Look::Bytes(count)),
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Look::Nothing),
                _ => Err(error),
            },
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            OpenPort::Serial(port) => port.write_all(bytes).and_then(|()| port.flush()),
            OpenPort::Tcp(stream) => stream.write_all(bytes),
            OpenPort::Stream(_) => Err(io::Error::other(
                "this meter has to be asked, and a file does not answer: use a serial port or TCP",
            )),
        }
    }
}

fn serial(path: &Path, settings: &SerialSettings) -> io::Result<Box<dyn serialport::SerialPort>> {
    // A pseudo-terminal has no line, and some systems refuse line settings for it.
    let is_pseudo = fs::canonicalize(path)?.starts_with("/dev/pts");
    let parity = match settings.parity {
        Parity::Even if !is_pseudo => serialport::Parity::Even,
        Parity::Odd if !is_pseudo => serialport::Parity::Odd,
        _ => serialport::Parity::None,
    };
    let data_bits =
        if settings.data_bits == 7 && !is_pseudo { serialport::DataBits::Seven } else { serialport::DataBits::Eight };
    let stop_bits = if settings.stop_bits == 2 { serialport::StopBits::Two } else { serialport::StopBits::One };
    let builder = serialport::new(path.to_string_lossy(), settings.baud)
        .parity(parity)
        .data_bits(data_bits)
        .stop_bits(stop_bits)
        .flow_control(serialport::FlowControl::None)
        .timeout(LOOK);
    builder.open().map_err(|error| match error.kind() {
        serialport::ErrorKind::Io(kind) => io::Error::new(kind, serial_advice(path, kind, &error)),
        _ => io::Error::other(serial_advice(path, io::ErrorKind::Other, &error)),
    })
}

fn serial_advice(path: &Path, kind: io::ErrorKind, error: &serialport::Error) -> String {
    let advice = match kind {
        io::ErrorKind::PermissionDenied => "add this user to the group of the port, usually dialout",
        io::ErrorKind::NotFound => "is the cable plugged in, and is this its name?",
        _ => "is another program using it?",
    };
    format!("{}: {error}; {advice}", path.display())
}

fn tcp(address: &HostPort) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{} has no address", address.host));
    for one in (address.host.as_str(), address.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&one, CONNECT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(LOOK))?;
                stream.set_write_timeout(Some(SEND))?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
