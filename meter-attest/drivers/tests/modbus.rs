//! SunSpec over Modbus TCP: a device made of a map of registers that answers, or fails in all the ways a device does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bus;

use std::collections::BTreeMap;

use bus::{Numbers, check, effort, folder, line, mutated, open, read, table};
use hushwatt_drivers::{Direction, Driver, DriverError, Options, Report, UnixTime, recognise};

/// Registers from an offset on.
type Set = (u16, Vec<u16>);

/// What is wrong with an answer, and how it is made so.
type Spoilt = (&'static str, fn(&mut Vec<u8>));

const EXPECTED: &str = include_str!("expectations/sunspec.tsv");

/// A device: registers by address, of one unit.
#[derive(Clone, Default)]
struct Device {
    unit: u8,
    registers: BTreeMap<u16, u16>,
    next: u16,
    /// What it answers instead, if it is out of order.
    exception: Option<u8>,
}

impl Device {
    fn new(base: u16) -> Self {
        let mut device = Self { unit: 1, next: base, ..Self::default() };
        device.append(&[0x5375, 0x6e53]);
        device
    }

    fn append(&mut self, registers: &[u16]) -> u16 {
        let begin = self.next;
        for register in registers {
            self.registers.insert(self.next, *register);
            self.next += 1;
        }
        begin
    }

    /// The common model.
    fn common(mut self, maker: &str, serial: &str) -> Self {
        let mut model = vec![0; 68];
        (model[0], model[1]) = (1, 66);
        for (text, at) in [(maker, 2), (serial, 50)] {
            for (index, pair) in text.as_bytes().chunks(2).enumerate() {
                model[at + index] = u16::from(pair[0]) << 8 | u16::from(pair.get(1).copied().unwrap_or(0));
            }
        }
        self.append(&model);
        self
    }

    /// A model of this length, with some of its registers set.
    fn model(mut self, id: u16, length: u16, set: &[(u16, &[u16])]) -> Self {
        let mut model = vec![0x8000; usize::from(length) + 2];
        (model[0], model[1]) = (id, length);
        for (at, values) in set {
            model[usize::from(*at)..usize::from(*at) + values.len()].copy_from_slice(values);
        }
        self.append(&model);
        self
    }

    fn end(mut self) -> Self {
        self.append(&[0xffff, 0]);
        self
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        assert_eq!(request.len(), 12);
        let word = |at: usize| u16::from_be_bytes([request[at], request[at + 1]]);
        let (address, count) = (word(8), word(10));
        assert_eq!((word(2), word(4), request[6], request[7]), (0, 6, self.unit, 3));
        assert!((1..=125).contains(&count));
        let registers: Option<Vec<u16>> =
            (address..address.saturating_add(count)).map(|address| self.registers.get(&address).copied()).collect();
        let body = match (self.exception, registers) {
            (Some(code), _) => vec![self.unit, 0x83, code],
            (None, None) => vec![self.unit, 0x83, 2],
            (None, Some(registers)) => {
                let mut body = vec![self.unit, 3, u8::try_from(count * 2).unwrap()];
                body.extend(registers.iter().flat_map(|register| register.to_be_bytes()));
                body
            }
        };
        let mut bytes = request[..4].to_vec();
        bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }
}

/// Asks until something comes of it; what, and after how many questions.
fn round(driver: &mut dyn Driver, device: &Device, now: u64) -> (Vec<Result<Report, DriverError>>, usize) {
    for questions in 1..400 {
        let request = driver.request(UnixTime(now)).expect("there is something to ask");
        assert_eq!(driver.request(UnixTime(now)), None);
        let reports: Vec<_> = device.answer(&request).chunks(5).flat_map(|part| driver.receive(part)).collect();
        if !reports.is_empty() {
            return (reports, questions);
        }
    }
    panic!("it asks without end");
}

fn said(driver: &mut dyn Driver, device: &Device, now: u64) -> Vec<String> {
    round(driver, device, now).0.iter().map(line).collect()
}

/// Two registers of a number.
fn wide(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}

/// A scale factor.
fn scale(exponent: i16) -> [u16; 1] {
    [exponent as u16]
}

fn inverter_and_meter(base: u16) -> Device {
    Device::new(base)
        .common("Sunny", "A1B2C3")
        .model(103, 50, &[(24, &wide(1_234_567)), (26, &scale(0))])
        .model(120, 26, &[])
        .common("Counter", "77")
        .model(203, 105, &[(38, &wide(5_000)), (46, &wide(70_000)), (54, &scale(-1))])
        .end()
}

#[test]
fn an_inverter_and_its_meter_are_found_at_each_base_and_read() {
    let expected = "read\tSunny-A1B2C3/103 Electricity; 103:WH- = 1234567 / 1\
                    \tCounter-77/203 Electricity; 203:TotWhExp- = 500 / 1; 203:TotWhImp+ = 7000 / 1";
    for base in [40_000, 0, 50_000] {
        let device = inverter_and_meter(base);
        let mut driver = open("sunspec", &Options::default());
        assert_eq!(said(driver.as_mut(), &device, 10), [expected]);
        // The next round only asks for the two models that count.
        let (reports, questions) = round(driver.as_mut(), &device, 20);
        assert_eq!((reports.iter().map(line).collect::<Vec<_>>(), questions), (vec![expected.to_owned()], 2));
    }
}

#[test]
fn all_models_of_energy_are_read() {
    let float = |value: f32| wide(value.to_bits());
    let cases: [(u16, u16, Vec<Set>, &str); 6] = [
        (101, 50, vec![(24, wide(9).to_vec()), (26, scale(3).to_vec())], "101:WH- = 9000 / 1000"),
        (112, 60, vec![(32, float(1234.9).to_vec())], "112:WH- = 1234 / 1"),
        (
            201,
            105,
            vec![(38, wide(1).to_vec()), (46, wide(2).to_vec()), (54, scale(2).to_vec())],
            "201:TotWhExp- = 100 / 100; 201:TotWhImp+ = 200 / 100",
        ),
        (
            213,
            124,
            vec![(60, float(33_554_432.0).to_vec()), (68, float(5.5).to_vec())],
            "213:TotWhExp- = 33554432 / 4; 213:TotWhImp+ = 5 / 1",
        ),
        (
            701,
            153,
            vec![(19, vec![0, 1, 0, 0]), (23, vec![0, 0, 0, 7]), (120, scale(0).to_vec())],
            "701:TotWhInj- = 4294967296 / 1; 701:TotWhAbs+ = 7 / 1",
        ),
        // Several models of one inverter say the same.
        (102, 50, vec![(24, wide(9).to_vec()), (26, scale(0).to_vec())], "102:WH- = 9 / 1"),
    ];
    for (id, length, set, expected) in cases {
        let set: Vec<(u16, &[u16])> = set.iter().map(|(at, values)| (*at, values.as_slice())).collect();
        let device = Device::new(40_000).common("M", "1").model(id, length, &set).model(113, 60, &[(32, &float(8.0))]);
        let device = if matches!(id, 201 | 213 | 112) {
            Device::new(40_000).common("M", "1").model(id, length, &set)
        } else {
            device
        };
        let mut driver = open("sunspec", &Options::default());
        let said = said(driver.as_mut(), &device.end(), 1);
        assert_eq!(said, [format!("read\tM-1/{id} Electricity; {expected}")]);
    }
}

#[test]
fn values_that_are_not_there_are_no_values() {
    let nothing: [(u32, i16); 5] = [(0, 0), (u32::MAX, 0), (5, i16::MIN), (5, 11), (5, -11)];
    for (value, factor) in nothing {
        let device = Device::new(0).common("M", "1").model(103, 50, &[(24, &wide(value)), (26, &scale(factor))]).end();
        assert_eq!(said(open("sunspec", &Options::default()).as_mut(), &device, 1), ["refused\tNothingToRead"]);
    }
    for value in [f32::NAN, f32::INFINITY, -1.0] {
        let device = Device::new(0).common("M", "1").model(113, 60, &[(32, &wide(value.to_bits()))]).end();
        assert_eq!(said(open("sunspec", &Options::default()).as_mut(), &device, 1), ["refused\tNothingToRead"]);
    }
    // A meter that never exported has only import.
    let device =
        Device::new(0).common("M", "1").model(201, 105, &[(38, &[0, 0]), (46, &wide(4)), (54, &scale(0))]).end();
    let (mut reports, _) = round(open("sunspec", &Options::default()).as_mut(), &device, 1);
    let Ok(Report::Telegram(readings)) = reports.remove(0) else { panic!("it is read") };
    assert_eq!((readings[0].total(Direction::Import), readings[0].total(Direction::Export)), (Some(4), None));
    assert_eq!(readings[0].registers[0].modulus, Some(1 << 32));
}

#[test]
fn a_scale_that_changes_is_read_with_its_value() {
    let mut device = inverter_and_meter(40_000);
    let mut driver = open("sunspec", &Options::default());
    said(driver.as_mut(), &device, 1);
    let place = 40_002 + 68;
    for (value, factor, expected) in [(123_456u32, 1, 1_234_560), (12_346, 2, 1_234_600), (1_234_567, 0, 1_234_567)] {
        device.registers.insert(place + 24, wide(value)[0]);
        device.registers.insert(place + 25, wide(value)[1]);
        device.registers.insert(place + 26, scale(factor)[0]);
        let (mut reports, _) = round(driver.as_mut(), &device, 2);
        let Ok(Report::Telegram(readings)) = reports.remove(0) else { panic!("it is read") };
        assert_eq!(readings[0].total(Direction::Export), Some(expected));
    }
}

#[test]
fn models_that_move_are_looked_for_again() {
    let mut driver = open("sunspec", &Options::default());
    said(driver.as_mut(), &inverter_and_meter(40_000), 1);
    let moved = Device::new(40_000)
        .common("Sunny", "A1B2C3")
        .model(120, 26, &[])
        .model(103, 50, &[(24, &wide(2_000_000)), (26, &scale(0))])
        .end();
    assert_eq!(said(driver.as_mut(), &moved, 10), ["refused\tMalformed"]);
    assert_eq!(said(driver.as_mut(), &moved, 20), ["read\tSunny-A1B2C3/103 Electricity; 103:WH- = 2000000 / 1"]);
}

#[test]
fn exceptions_are_faults_and_the_next_round_works() {
    let mut device = inverter_and_meter(0);
    let mut driver = open("sunspec", &Options::default());
    said(driver.as_mut(), &device, 1);
    for code in [1, 2, 3, 4, 5, 6, 10, 11, 99] {
        device.exception = Some(code);
        assert_eq!(said(driver.as_mut(), &device, 10), ["refused\tMeterFault"]);
        device.exception = None;
        assert!(said(driver.as_mut(), &device, 20)[0].starts_with("read"));
    }
    let nothing = Device { unit: 1, exception: Some(2), ..Device::default() };
    let mut driver = open("sunspec", &Options::default());
    assert_eq!(said(driver.as_mut(), &nothing, 1), ["refused\tUnsupported"]);
    let other = Device::new(0).common("M", "1").model(713, 7, &[]).model(802, 62, &[]).end();
    assert_eq!(said(driver.as_mut(), &other, 1), ["refused\tNothingToRead"]);
}

#[test]
fn answers_to_other_questions_are_not_taken() {
    let device = inverter_and_meter(40_000);
    let spoilt: [Spoilt; 6] = [
        ("another transaction", |answer| answer[1] ^= 1),
        ("another unit", |answer| answer[6] = 9),
        ("another function", |answer| answer[7] = 4),
        ("another protocol", |answer| answer[2] = 1),
        ("fewer registers", |answer| {
            answer.truncate(answer.len() - 2);
            answer[5] -= 2;
            answer[8] -= 2;
        }),
        ("a count that is wrong", |answer| answer[8] -= 2),
    ];
    for (what, spoil) in spoilt {
        let mut driver = open("sunspec", &Options::default());
        let request = driver.request(UnixTime(1)).unwrap();
        let mut answer = device.answer(&request);
        spoil(&mut answer);
        let reports = driver.receive(&answer);
        assert!(!reports.is_empty() && reports.iter().all(Result::is_err), "{what}: {reports:?}");
        assert_eq!(driver.request(UnixTime(2)), None, "{what}: it still waits");
        // The right one may still come; else the round is given up.
        let mut late = driver.receive(&device.answer(&request));
        late.retain(Result::is_ok);
        assert!(late.is_empty());
        assert!(driver.request(UnixTime(30)).is_some());
    }
}

#[test]
fn without_an_answer_the_round_begins_again() {
    let device = inverter_and_meter(40_000);
    let mut driver = open("sunspec", &Options::default());
    let first = driver.request(UnixTime(1)).unwrap();
    assert_eq!(driver.request(UnixTime(5)), None);
    let second = driver.request(UnixTime(6)).unwrap();
    assert_ne!(first[..2], second[..2]);
    // Half an answer, then silence.
    driver.receive(&device.answer(&second)[..5]);
    assert_eq!(driver.finish().iter().map(line).collect::<Vec<_>>(), ["refused\tCutOff"]);
    assert!(said(driver.as_mut(), &device, 7)[0].starts_with("read"));
}

#[test]
fn lists_without_end_are_given_up() {
    let mut endless = Device::new(0).common("M", "1");
    for _ in 0..200 {
        endless = endless.model(64_000, 4, &[]);
    }
    assert_eq!(said(open("sunspec", &Options::default()).as_mut(), &endless, 1), ["refused\tMalformed"]);
    let zero = Device::new(0).common("M", "1").model(103, 0, &[]);
    assert_eq!(said(open("sunspec", &Options::default()).as_mut(), &zero, 1), ["refused\tMalformed"]);
    for header in [[5, 65_000], [103, u16::MAX], [1, u16::MAX]] {
        let mut beyond = Device::new(50_000);
        beyond.append(&header);
        beyond.append(&[0; 80]);
        assert_eq!(said(open("sunspec", &Options::default()).as_mut(), &beyond, 1), ["refused\tMalformed"]);
    }
}

#[test]
fn mutations_do_no_harm() {
    let device = inverter_and_meter(40_000);
    let mut numbers = Numbers(0x5375_6e53);
    let mut driver = open("sunspec", &Options::default());
    let (mut now, mut accepted, mut refused) = (1u64, 0, 0);
    for _ in 0..effort() {
        now += 1;
        let Some(request) = driver.request(UnixTime(now)) else {
            now += 5;
            continue;
        };
        let answer = device.answer(&request);
        let bytes = if numbers.below(8) == 0 { mutated(&answer, &mut numbers) } else { answer.clone() };
        for report in driver.receive(&bytes) {
            match report {
                Ok(Report::Telegram(readings)) => {
                    accepted += 1;
                    assert!(readings.len() <= 2);
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => refused += 1,
            }
        }
        if numbers.below(20) == 0 {
            driver.finish();
        }
    }
    assert!(accepted > 50 && refused > 50, "{accepted} accepted, {refused} refused");
}

#[test]
fn the_official_models_have_our_offsets() {
    let Some(folder) = folder("sunspec") else { return };
    check(&folder, &table(EXPECTED), |name, bytes| {
        // A description is refused as what it is.
        assert_eq!(recognise(bytes).map(|format| format.name), Ok("sunspec"), "{name}");
        let mut lines: Vec<String> = read("sunspec", &Options::default(), bytes, 1 << 20).iter().map(line).collect();
        lines.dedup();
        lines.extend(offsets(std::str::from_utf8(bytes).unwrap()));
        lines
    });
}

/// Points of energy of a description with their offsets and scale factors, each as a line.
fn offsets(text: &str) -> Vec<String> {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let points = json["group"]["points"].as_array().unwrap();
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    let mut at = 0;
    for point in points {
        places.insert(point["name"].as_str().unwrap(), at);
        let of_type = match point["type"].as_str().unwrap() {
            "acc32" | "float32" | "uint32" | "int32" | "bitfield32" | "enum32" => 2,
            "uint64" | "int64" | "acc64" => 4,
            _ => 1,
        };
        at += point["size"].as_u64().unwrap_or(of_type);
    }
    let wanted = ["WH", "TotWhExp", "TotWhImp", "TotWhInj", "TotWhAbs"];
    let energy = points.iter().filter(|point| wanted.contains(&point["name"].as_str().unwrap()));
    energy
        .map(|point| {
            let name = point["name"].as_str().unwrap();
            let scale = point["sf"].as_str().map_or("none".to_owned(), |scale| places[scale].to_string());
            format!("offset\t{name} {} at {}, scale at {scale}", point["type"].as_str().unwrap(), places[name])
        })
        .collect()
}

#[test]
fn a_description_of_a_model_is_recognised_and_refused() {
    let text = r#"{"group": {"name": "m", "points": [
        {"name": "ID", "type": "uint16", "value": 9}, {"name": "L", "type": "uint16"},
        {"name": "Evt", "type": "bitfield32"}, {"name": "Mn", "type": "string", "size": 4},
        {"name": "TotWhImp", "type": "acc32", "sf": "TotWh_SF", "size": 2}, {"name": "TotWh_SF", "type": "sunssf"}
        ], "type": "group"}, "id": 9}"#;
    assert_eq!(offsets(text), ["offset\tTotWhImp acc32 at 8, scale at 10"]);
    assert_eq!(recognise(text.as_bytes()).map(|format| format.name), Ok("sunspec"));
    let said = read("sunspec", &Options::default(), text.as_bytes(), 1000);
    assert_eq!(said.iter().map(line).collect::<Vec<_>>(), ["refused\tUnsupported"]);
    // Each place in the table is one that the driver reads, as the simulated devices above show.
    assert_eq!(table(EXPECTED).len(), 10);
}
