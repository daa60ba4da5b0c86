//! Where telegrams come from: driver, port, and what the driver has to know.

use std::{
    fmt, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use hushwatt_client::HostPort;
use hushwatt_drivers::{FORMATS, Format, Kind, Options, Secret};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ConfigError;

/// Longest key or mapping file.
const MAX_SIDE_FILE: u64 = 1 << 16;
/// Speeds that meters have.
const SPEEDS: std::ops::RangeInclusive<u32> = 300..=921_600;

/// Where telegrams come from.
#[derive(Clone)]
pub struct Source {
    /// The format of what arrives.
    pub format: &'static Format,
    /// The port.
    pub port: Port,
    /// What the driver has to know.
    pub options: DriverOptions,
    /// After so long without a byte, what has arrived is a whole telegram or none.
    pub silence: Duration,
    /// After so long without a byte, the port is opened anew.
    pub give_up: Duration,
    /// Between two questions to a meter that is asked.
    pub poll: Duration,
}

/// What the driver has to know. Keys are not shown.
pub type DriverOptions = Options;

/// Where bytes come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Port {
    /// A serial port or pseudo-terminal.
    Serial(PathBuf, SerialSettings),
    /// A server that passes a serial port on, or a meter with a network of its own.
    Tcp(HostPort),
    /// A file, replayed once.
    File(PathBuf),
    /// What comes in at standard input.
    Stdin,
}

/// Line settings of a serial port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SerialSettings {
    /// Bits a second.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// 7 or 8.
    pub data_bits: u8,
    /// 1 or 2.
    pub stop_bits: u8,
}

/// Parity of a serial line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl SerialSettings {
    /// What is usual for a format.
    pub fn usual(format: &str) -> Self {
        let eight = |baud| SerialSettings { baud, parity: Parity::None, data_bits: 8, stop_bits: 1 };
        match format {
            "mbus" | "m-bus" => SerialSettings { parity: Parity::Even, ..eight(2_400) },
            "sml" => eight(9_600),
            "dlms" => SerialSettings { parity: Parity::Even, ..eight(2_400) },
            _ => eight(115_200),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Serial(path, _) => write!(f, "serial:{}", path.display()),
            Port::Tcp(address) => write!(f, "tcp:{address}"),
            Port::File(path) => write!(f, "file:{}", path.display()),
            Port::Stdin => f.write_str("stdin"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("driver", &self.format.name).field("port", &self.port).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    driver: String,
    port: String,
    baud: Option<u32>,
    parity: Option<Parity>,
    data_bits: Option<u32>,
    stop_bits: Option<u32>,
    key_file: Option<PathBuf>,
    authentication_file: Option<PathBuf>,
    mapping_file: Option<PathBuf>,
    address: Option<u8>,
    utc_offset: Option<i32>,
    silence_ms: Option<u64>,
    give_up: Option<u64>,
    poll: Option<u64>,
}

impl Source {
    /// Reads the table `[source]` by itself, without its heading. Paths in it are relative to `folder`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let file: SourceFile = toml::from_str(text).map_err(|error| ConfigError::Syntax(error.to_string()))?;
        file.check(folder)
    }
}

impl SourceFile {
    pub(super) fn check(self, folder: &Path) -> Result<Source, ConfigError> {
        let format = format_named(&self.driver)?;
        let port = self.port(format, folder)?;
        let options = Options {
            key: read_key("key_file", folder, self.key_file.as_deref())?,
            authentication: read_key("authentication_file", folder, self.authentication_file.as_deref())?,
            address: self.address,
            mapping: self.mapping_file.as_deref().map(|path| read_mapping(folder, path)).transpose()?,
            utc_offset: self.utc_offset,
        };
        // A driver that lacks an option says which one.
        (format.open)(&options)
            .map_err(|error| ConfigError::NoSource { name: self.driver.clone(), why: error.to_string() })?;
        let seconds = |setting, value: Option<u64>, usual: u64, right| match value.unwrap_or(usual) {
            value @ 1..=86_400 => Ok(Duration::from_secs(value)),
            value => Err(ConfigError::Period { setting, value, right }),
        };
        let silence = match self.silence_ms.unwrap_or(1_500) {
            value @ 50..=60_000 => Duration::from_millis(value),
            value => {
                let right = "50 to 60000 milliseconds, longer than any pause within a telegram";
                return Err(ConfigError::Period { setting: "silence_ms", value, right });
            }
        };
        let poll = seconds("poll", self.poll, 10, "1 to 86400 seconds between two questions")?;
        let give_up = seconds("give_up", self.give_up, 120, "1 to 86400 seconds without a byte")?;
        Ok(Source { format, port, options, silence, give_up: give_up.max(poll * 3), poll })
    }

    fn port(&self, format: &Format, folder: &Path) -> Result<Port, ConfigError> {
        let wrong = || ConfigError::Port(self.port.clone());
        let (kind, rest) = self.port.split_once(':').unwrap_or((&self.port, ""));
        let path = || if rest.is_empty() { Err(wrong()) } else { Ok(folder.join(rest)) };
        let port = match kind {
            "serial" => Port::Serial(path()?, self.serial(format)?),
            "tcp" => Port::Tcp(rest.parse().map_err(|_| wrong())?),
            "file" => Port::File(path()?),
            "stdin" if rest.is_empty() => Port::Stdin,
            _ => return Err(wrong()),
        };
        let serial = [
            ("baud", self.baud.is_some()),
            ("parity", self.parity.is_some()),
            ("data_bits", self.data_bits.is_some()),
            ("stop_bits", self.stop_bits.is_some()),
        ];
        match serial.into_iter().find(|(_, given)| *given) {
            Some((setting, _)) if !matches!(port, Port::Serial(..)) => {
                Err(ConfigError::NotSerial { setting, port: self.port.clone() })
            }
            _ => Ok(port),
        }
    }

    fn serial(&self, format: &Format) -> Result<SerialSettings, ConfigError> {
        let usual = SerialSettings::usual(format.name);
        let wrong = |setting, value, right| Err(ConfigError::Serial { setting, value, right });
        let settings = SerialSettings {
            baud: match self.baud.unwrap_or(usual.baud) {
                baud if SPEEDS.contains(&baud) => baud,
                value => return wrong("baud", value, "300 to 921600, as the meter's papers say"),
            },
            parity: self.parity.unwrap_or(usual.parity),
            data_bits: match self.data_bits {
                None => usual.data_bits,
                Some(7) => 7,
                Some(8) => 8,
                Some(value) => return wrong("data_bits", value, "7 or 8"),
            },
            stop_bits: match self.stop_bits {
                None => usual.stop_bits,
                Some(1) => 1,
                Some(2) => 2,
                Some(value) => return wrong("stop_bits", value, "1 or 2"),
            },
        };
        Ok(settings)
    }
}

/// The format of a name that may be a source of telegrams.
fn format_named(name: &str) -> Result<&'static Format, ConfigError> {
    let usable = |format: &&&Format| matches!(format.kind, Kind::Push | Kind::Poll);
    let Some(format) = FORMATS.iter().find(|format| format.name.eq_ignore_ascii_case(name)) else {
        let known: Vec<&str> = FORMATS.iter().filter(usable).map(|format| format.name).collect();
        let closest = known.iter().copied().find(|known| known.contains(name) || name.contains(known));
        let hint = closest.map(|closest| format!("; did you mean \"{closest}\"?")).unwrap_or_default();
        return Err(ConfigError::Driver { name: name.to_owned(), known: known.join(", "), hint });
    };
    let why = match format.kind {
        Kind::Push | Kind::Poll => return Ok(format),
        Kind::File => "it is a format of files, not of meters: put such files into the folder inbox".to_owned(),
        Kind::Refused => format.about.to_owned(),
    };
    Err(ConfigError::NoSource { name: name.to_owned(), why })
}

/// A key of 16 or 32 bytes in hexadecimal, in a file that only its owner may read.
fn read_key(setting: &'static str, folder: &Path, path: Option<&Path>) -> Result<Option<Secret>, ConfigError> {
    let Some(path) = path else { return Ok(None) };
    let path = folder.join(path);
    let wrong = |why: String| ConfigError::KeyFile { setting, path: path.clone(), why };
    let text = Zeroizing::new(read_short(&path).map_err(&wrong)?);
    let mode = fs::metadata(&path).map_err(|error| wrong(error.to_string()))?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(wrong(format!(
            "it may be read by other users of this machine (mode {mode:04o}): run \"chmod 600 {}\"",
            path.display()
        )));
    }
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let mut key = Zeroizing::new(Vec::with_capacity(32));
    let needed = "write the key that the grid operator gave you, as 32 or 64 hexadecimal digits and nothing else";
    for pair in digits.chunks(2) {
        let [high, low] = pair else { return Err(wrong(needed.to_owned())) };
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(wrong(needed.to_owned())) };
        key.push((high * 16 + low) as u8);
    }
    if !matches!(key.len(), 16 | 32) {
        return Err(wrong(needed.to_owned()));
    }
    Ok(Some(Secret(key)))
}

fn read_mapping(folder: &Path, path: &Path) -> Result<String, ConfigError> {
    let path = folder.join(path);
    read_short(&path).map_err(|why| ConfigError::KeyFile { setting: "mapping_file", path, why })
}

fn read_short(path: &Path) -> Result<String, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_SIDE_FILE {
        return Err("it is longer than 64 KiB".to_owned());
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}
