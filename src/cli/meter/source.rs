//! Flags that say where telegrams come from: the same settings as in `gateway.toml`.

use std::path::{Path, PathBuf};

use clap::Args;
use hushwatt_drivers::Options;
use hushwatt_gateway::config::Source;
use zeroize::Zeroizing;

use super::error::MeterCommandError;

/// Longest file with a key or a mapping.
const MAX_SIDE_FILE: u64 = 1 << 16;

/// Where telegrams come from, and what the driver has to know.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "The meter")]
pub(super) struct SourceFlags {
    /// What the meter speaks: a name from "hushwatt meter formats"
    #[arg(long, value_name = "NAME")]
    pub driver: Option<String>,
    /// serial:/dev/ttyUSB0, tcp:192.168.1.20:23, file:/path/to/file or stdin
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// Speed of a serial port [default: what is usual for the driver]
    #[arg(long, value_name = "N")]
    baud: Option<u32>,
    /// Parity of a serial port: none, even or odd
    #[arg(long, value_name = "PARITY")]
    parity: Option<String>,
    /// Data bits of a serial port: 7 or 8
    #[arg(long, value_name = "N")]
    data_bits: Option<u32>,
    /// Stop bits of a serial port: 1 or 2
    #[arg(long, value_name = "N")]
    stop_bits: Option<u32>,
    /// Key of an encrypted meter: hexadecimal digits in a file that only you may read
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Authentication key of an encrypted meter, in the same way
    #[arg(long, value_name = "FILE")]
    authentication_file: Option<PathBuf>,
    /// How the columns of a CSV file are to be read
    #[arg(long, value_name = "FILE")]
    mapping_file: Option<PathBuf>,
    /// Address of the meter on its bus
    #[arg(long, value_name = "N")]
    address: Option<u8>,
    /// Seconds that local time is ahead of UTC, where the meter or file does not say
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    utc_offset: Option<i32>,
}

impl SourceFlags {
    /// Whether another source than that of a gateway's folder is meant.
    pub fn is_given(&self) -> bool {
        self.driver.is_some() || self.port.is_some()
    }

    /// The settings as lines of the table `[source]`. Paths become absolute, since those of `gateway.toml` begin at its folder.
    pub fn lines(&self) -> Result<Vec<String>, MeterCommandError> {
        let mut lines = Vec::new();
        let mut text = |name: &str, value: &Option<String>| {
            lines.extend(value.as_ref().map(|value| format!("{name} = {}", toml::Value::String(value.clone()))));
        };
        text("driver", &self.driver);
        text("port", &self.port.as_deref().map(absolute_port).transpose()?);
        text("parity", &self.parity);
        for (name, path) in [
            ("key_file", &self.key_file),
            ("authentication_file", &self.authentication_file),
            ("mapping_file", &self.mapping_file),
        ] {
            text(name, &path.as_deref().map(absolute).transpose()?);
        }
        let numbers = [
            ("baud", self.baud.map(i64::from)),
            ("data_bits", self.data_bits.map(i64::from)),
            ("stop_bits", self.stop_bits.map(i64::from)),
            ("address", self.address.map(i64::from)),
            ("utc_offset", self.utc_offset.map(i64::from)),
        ];
        lines.extend(numbers.iter().filter_map(|(name, value)| Some(format!("{name} = {}", (*value)?))));
        Ok(lines)
    }

    /// The source that they name.
    pub fn source(&self) -> Result<Source, MeterCommandError> {
        for (flag, given) in [("--driver", &self.driver), ("--port", &self.port)] {
            if given.is_none() {
                return Err(MeterCommandError::Input(format!(
                    "{flag} is missing: say what the meter speaks and where, like --driver p1 --port serial:/dev/ttyUSB0"
                )));
            }
        }
        Ok(Source::parse(&self.lines()?.join("\n"), Path::new("."))?)
    }

    /// What the driver of a file has to know.
    pub fn options(&self) -> Result<Options, MeterCommandError> {
        let key = |path: &Option<PathBuf>| path.as_deref().map(read_key).transpose();
        Ok(Options {
            key: key(&self.key_file)?,
            authentication: key(&self.authentication_file)?,
            address: self.address,
            mapping: self.mapping_file.as_deref().map(read_text).transpose()?.map(|text| text.to_string()),
            utc_offset: self.utc_offset,
        })
    }
}

fn absolute_port(port: &str) -> Result<String, MeterCommandError> {
    match port.split_once(':') {
        Some((kind @ ("file" | "serial"), path)) => Ok(format!("{kind}:{}", absolute(Path::new(path))?)),
        _ => Ok(port.to_owned()),
    }
}

fn absolute(path: &Path) -> Result<String, MeterCommandError> {
    let path = std::path::absolute(path).map_err(MeterCommandError::read(path))?;
    Ok(path.to_string_lossy().into_owned())
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, MeterCommandError> {
    use std::io::Read;
    let mut text = Zeroizing::new(String::new());
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_SIDE_FILE).read_to_string(&mut text));
    read.map_err(MeterCommandError::read(path))?;
    Ok(text)
}

fn read_key(path: &Path) -> Result<hushwatt_drivers::Secret, MeterCommandError> {
    let text = read_text(path)?;
    let wrong = || {
        MeterCommandError::Input(format!(
            "{}: a meter's key is 32 or 64 hexadecimal digits, as the grid operator gave it",
            path.display()
        ))
    };
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    if !matches!(digits.len(), 32 | 64) {
        return Err(wrong());
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Zeroizing::new(Vec::with_capacity(32));
    for pair in digits.chunks_exact(2) {
        let [high, low] = pair else { return Err(wrong()) };
        let (high, low) = (digit(*high).ok_or_else(wrong)?, digit(*low).ok_or_else(wrong)?);
        bytes.push((high * 16 + low) as u8);
    }
    Ok(hushwatt_drivers::Secret(bytes))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn flags_become_the_lines_of_the_settings() {
        let flags = SourceFlags {
            driver: Some("p1".to_owned()),
            port: Some("serial:/dev/ttyUSB0".to_owned()),
            baud: Some(9_600),
            parity: Some("even".to_owned()),
            data_bits: Some(7),
            utc_offset: Some(-3_600),
            ..SourceFlags::default()
        };
        let lines = flags.lines().unwrap();
        assert_eq!(
            lines,
            [
                "driver = \"p1\"",
                "port = \"serial:/dev/ttyUSB0\"",
                "parity = \"even\"",
                "baud = 9600",
                "data_bits = 7",
                "utc_offset = -3600"
            ]
        );
        let source = flags.source().unwrap();
        assert_eq!((source.format.name, source.port.to_string()), ("p1", "serial:/dev/ttyUSB0".to_owned()));
    }
}
