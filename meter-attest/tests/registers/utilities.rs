//! Samples from telegrams: tariffs, water, heat, producers.

use hushwatt_crypto::range::RangeBits;
use hushwatt_drivers::{Direction, Medium, MeterReading, RegisterReading, UnixTime};
use hushwatt_ledger::{parameters::Parameters, units::Timestamp};
use hushwatt_meter_attest::registers::{Config, Count, Layout, Sample, SampleError};

fn register(direction: Direction, tariff: Option<u8>, value: u64, step: u64, modulus: Option<u64>) -> RegisterReading {
    RegisterReading { code: String::new(), direction, tariff, value, step, modulus }
}

fn reading(medium: Medium, registers: Vec<RegisterReading>) -> MeterReading {
    MeterReading { meter: "7".to_owned(), medium, at: Some(UnixTime(1_000)), registers, complaints: Vec::new() }
}

fn config(medium: Medium, layout: Layout) -> Config {
    Config::new(&Parameters::default(), medium, layout, RangeBits::Bits16)
}

#[test]
fn tariffs_of_a_two_way_meter_are_added() {
    use Direction::{Export, Import};
    let telegram = reading(
        Medium::Electricity,
        vec![
            register(Import, Some(1), 100, 1, Some(1_000)),
            register(Import, Some(2), 20, 1, Some(1_000)),
            register(Export, Some(1), 3, 1, None),
            register(Export, None, 9, 10, Some(5_000)),
        ],
    );
    let sample = Sample::new(&telegram, Timestamp(1_001), &config(Medium::Electricity, Layout::TwoWay)).unwrap();
    assert_eq!(sample.import, Count { value: 120, step: 1, modulus: Some(1_000) });
    assert_eq!(sample.export, Count { value: 9, step: 10, modulus: Some(5_000) });
    assert_eq!((sample.at, sample.received), (Some(Timestamp(1_000)), Timestamp(1_001)));
    let mut unlike = telegram;
    unlike.registers[1].modulus = None;
    let sample = Sample::new(&unlike, Timestamp(1_001), &config(Medium::Electricity, Layout::TwoWay)).unwrap();
    assert_eq!(sample.import.modulus, None);
}

#[test]
fn the_one_register_of_a_water_meter_is_import_for_a_household_and_export_for_a_well() {
    let telegram = reading(Medium::Water, vec![register(Direction::Import, None, 44, 1, None)]);
    let counted = Count { value: 44, step: 1, modulus: None };
    let nothing = Count { value: 0, step: 1, modulus: None };
    for (way, import, export) in [(Direction::Import, counted, nothing), (Direction::Export, nothing, counted)] {
        let sample = Sample::new(&telegram, Timestamp(1_001), &config(Medium::Water, Layout::OneWay(way))).unwrap();
        assert_eq!((sample.import, sample.export), (import, export));
    }
}

#[test]
fn telegrams_of_the_wrong_meter_are_refused_by_what_is_wrong() {
    let one = register(Direction::Import, None, 44, 1, None);
    let water = reading(Medium::Water, vec![one.clone()]);
    let power = config(Medium::Electricity, Layout::TwoWay);
    let refused = Sample::new(&water, Timestamp(0), &power).unwrap_err();
    assert!(matches!(refused, SampleError::OtherMedium { found: Medium::Water, .. }));
    let half = reading(Medium::Electricity, vec![one.clone()]);
    assert_eq!(Sample::new(&half, Timestamp(0), &power), Err(SampleError::NoRegister(Direction::Export)));
    let both = reading(Medium::Heat, vec![one, register(Direction::Export, None, 1, 1, None)]);
    let heat = config(Medium::Heat, Layout::OneWay(Direction::Export));
    assert_eq!(Sample::new(&both, Timestamp(0), &heat), Err(SampleError::CountsBothWays));
    let overflowing = reading(
        Medium::Heat,
        vec![register(Direction::Import, Some(1), u64::MAX, 1, None), register(Direction::Import, Some(2), 1, 1, None)],
    );
    assert_eq!(Sample::new(&overflowing, Timestamp(0), &heat), Err(SampleError::Absurd));
}
