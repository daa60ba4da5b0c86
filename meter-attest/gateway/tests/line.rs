//! The line: pseudo-terminals, TCP and files, with noise, cuts and the other side going away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::{
    io::Write,
    net::TcpListener,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_drivers::{Direction, Report};
use hushwatt_gateway::{
    clock::SystemClock,
    config::{Config, ConfigError, template},
    line::{Line, LineEvent},
};
use hushwatt_ledger::{
    genesis::{Genesis, Meter, NewGenesis},
    parameters::Parameters,
    units::{MeterId, Timestamp, Utility},
};
use serialport::SerialPort;

fn genesis() -> Genesis {
    let key = |number| SigningKey::from_bytes(&[number; 32]).verifying_key();
    let new = NewGenesis {
        time: Timestamp(1_750_000_000),
        simulated_time: false,
        parameters: Parameters::default(),
        validators: vec![key(1)],
        registrars: Vec::new(),
        registrar_quorum: 0,
        treasury: key(2),
        operator: None,
        meters: vec![Meter { utility: Utility::Electricity, class: RangeBits::Bits16, key: key(3) }],
    };
    new.build().unwrap()
}

fn parse(source: &str) -> Result<Config, ConfigError> {
    let text = format!("meter = 0\nnodes = [\"http://127.0.0.1:1\"]\n[source]\n{source}\n");
    Config::parse(&text, Path::new("/nowhere"), &genesis())
}

fn line(source: &str) -> Line {
    Line::start(parse(source).unwrap().source, Arc::new(SystemClock::new())).unwrap()
}

/// CRC-16/ARC.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xA001 } else { sum >> 1 })
    })
}

/// A P1 telegram of a meter that counted so many watt-hours.
fn telegram(import: u64) -> Vec<u8> {
    let lines = [
        "1-3:0.2.8(50)".to_owned(),
        "0-0:1.0.0(250616120000S)".to_owned(),
        "0-0:96.1.1(4D31)".to_owned(),
        format!("1-0:1.8.1({:06}.{:03}*kWh)", import / 1_000, import % 1_000),
        "1-0:1.8.2(000000.000*kWh)".to_owned(),
        "1-0:2.8.1(000003.004*kWh)".to_owned(),
        "1-0:2.8.2(000000.000*kWh)".to_owned(),
    ];
    let mut text = format!("/ABC5TEST\r\n\r\n{}\r\n!", lines.join("\r\n")).into_bytes();
    let sum = crc(&text);
    text.extend(format!("{sum:04X}\r\n").bytes());
    text
}

/// Reads events until a telegram with this register came; gives how many others were refused meanwhile.
fn await_import(line: &mut Line, import: u64) -> usize {
    let start = Instant::now();
    let mut refused = 0;
    while start.elapsed() < Duration::from_secs(20) {
        match line.next(Duration::from_millis(200)) {
            Some(LineEvent::Report { report: Report::Telegram(readings), .. })
                if readings[0].total(Direction::Import) == Some(import) =>
            {
                return refused;
            }
            Some(LineEvent::Refused(_)) => refused += 1,
            _ => {}
        }
    }
    panic!("no telegram with {import}: {:?}", line.state());
}

#[test]
fn a_pseudo_terminal_is_read_like_a_serial_port_through_noise_and_cuts() {
    let (mut meter, port) = serialport::TTYPort::pair().unwrap();
    let path = port.name().unwrap();
    // The test's own end must not hold the port for itself.
    drop(port);
    let mut line = line(&format!("driver = \"p1\"\nport = \"serial:{path}\"\nparity = \"even\"\ndata_bits = 7"));
    let mut say = |bytes: &[u8]| meter.write_all(bytes).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    say(&telegram(1_000));
    await_import(&mut line, 1_000);
    say(&[0xff, 0x00, b'/', 0x7f, b'!', 3, 250]);
    say(&telegram(2_000)[..150]);
    say(&telegram(3_000));
    say(&telegram(4_000));
    let mut bad = telegram(5_000);
    bad[60] ^= 1;
    say(&bad);
    say(&telegram(6_000));
    let refused = await_import(&mut line, 6_000);
    assert!(refused >= 1, "{:?}", line.state());
    let state = line.state();
    assert!(state.open && state.telegrams >= 3 && state.refused as usize >= refused, "{state:?}");
}

#[test]
fn a_server_that_goes_away_is_connected_to_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut line = line(&format!("driver = \"p1\"\nport = \"tcp:{address}\""));
    let (mut first, _) = listener.accept().unwrap();
    first.write_all(&telegram(10)).unwrap();
    await_import(&mut line, 10);
    first.write_all(&telegram(20)[..40]).unwrap();
    drop(first);
    let (mut second, _) = listener.accept().unwrap();
    second.write_all(&telegram(30)).unwrap();
    await_import(&mut line, 30);
    assert_eq!(line.state().opened, 2);
}

#[test]
fn a_file_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recorded");
    std::fs::write(&path, [telegram(1), telegram(2)].concat()).unwrap();
    let mut line = line(&format!("driver = \"p1\"\nport = \"file:{}\"", path.display()));
    await_import(&mut line, 1);
    await_import(&mut line, 2);
    let ended = (0..50).any(|_| matches!(line.next(Duration::from_millis(100)), Some(LineEvent::Ended)));
    assert!(ended && line.is_over());
}

#[test]
fn a_port_that_is_not_there_is_told_and_waited_for() {
    let line = line("driver = \"p1\"\nport = \"serial:/nowhere/ttyUSB0\"");
    std::thread::sleep(Duration::from_millis(500));
    let state = line.state();
    assert!(!state.open && state.fault.is_some(), "{state:?}");
}

#[test]
fn settings_that_cannot_be_are_refused_with_what_to_write_instead() {
    let good = parse("driver = \"p1\"\nport = \"tcp:192.0.2.1:23\"").unwrap();
    assert_eq!((good.meter, good.pace.as_secs(), good.page.unwrap().listen.port()), (MeterId(0), 10, 8430));
    for (source, said) in [
        ("driver = \"p2\"\nport = \"stdin\"", "p1"),
        ("driver = \"p1\"\nport = \"usb:1\"", "serial:/dev/ttyUSB0"),
        ("driver = \"p1\"\nport = \"tcp:nowhere\"", "tcp:192.168.1.20:23"),
        ("driver = \"p1\"\nport = \"stdin\"\nbaud = 9600", "serial ports only"),
        ("driver = \"p1\"\nport = \"serial:/dev/x\"\nbaud = 3", "300 to 921600"),
        ("driver = \"p1\"\nport = \"serial:/dev/x\"\ndata_bits = 9", "7 or 8"),
        ("driver = \"p1\"\nport = \"stdin\"\nkey_file = \"missing\"", "missing"),
        ("driver = \"fluvius\"\nport = \"stdin\"", "inbox"),
        ("driver = \"p1\"\nport = \"stdin\"\nsped = 1", "sped"),
    ] {
        let error = parse(source).unwrap_err().to_string();
        assert!(error.contains(said), "{source}: {error}");
    }
}

#[test]
fn the_settings_that_a_new_gateway_gets_are_valid() {
    let nodes = ["http://127.0.0.1:8400".parse().unwrap()];
    let text = template(MeterId(0), &nodes, "p1", "serial:/dev/ttyUSB0");
    let config = Config::parse(&text, Path::new("/nowhere"), &genesis()).unwrap();
    assert!(config.household.is_none());
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(setting)
                if setting.contains(" = ") && !setting.contains("_file") && !setting.starts_with("household") =>
            {
                format!("{setting}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    Config::parse(&uncommented, Path::new("/nowhere"), &genesis()).unwrap();
}
