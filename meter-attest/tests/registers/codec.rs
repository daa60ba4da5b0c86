//! The state as bytes.

use hushwatt_ledger::codec::DecodeError;
use hushwatt_meter_attest::registers::Registers;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{bench::Bench, walks::Walk};

#[test]
fn an_empty_state_and_one_of_every_part_survive() {
    let empty = Bench::new().registers;
    assert_eq!(Registers::decode(&empty.encode()), Ok(empty));
    let full = Walk::run(7, 3_000).registers;
    assert_eq!(Registers::decode(&full.encode()), Ok(full));
}

#[test]
fn any_change_of_the_bytes_is_refused_or_another_state_but_never_a_panic() {
    let bytes = Walk::run(11, 500).registers.encode();
    let mut rng = StdRng::seed_from_u64(3);
    for _ in 0..20_000 {
        let mut changed = bytes.clone();
        for _ in 0..rng.gen_range(1..4) {
            let at = rng.gen_range(0..changed.len());
            changed[at] = rng.r#gen();
        }
        if rng.gen_bool(0.2) {
            changed.truncate(rng.gen_range(0..changed.len()));
        }
        if let Ok(mut state) = Registers::decode(&changed) {
            assert_eq!(state.encode(), changed, "canonical");
            let last = state.last_time();
            state.tick(last.unwrap_or_default().plus(100_000));
        }
    }
}

#[test]
fn an_unknown_version_and_trailing_bytes_are_refused() {
    let mut bytes = Bench::new().registers.encode();
    bytes.push(0);
    assert_eq!(Registers::decode(&bytes), Err(DecodeError::TrailingBytes));
    bytes[0] = 2;
    assert_eq!(Registers::decode(&bytes), Err(DecodeError::WrongVersion));
    assert_eq!(Registers::decode(&[]), Err(DecodeError::Truncated));
}
