//! Whether a program is started for the time that its network has: simulated for demonstrations and tests, real otherwise.

use hushwatt_ledger::genesis::Genesis;

/// How a program is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions {
    /// Simulated time: needed for a network that has it, refused for one that has not.
    pub simulated: bool,
}

/// Why a program is not run so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WrongTime {
    /// A network for demonstrations.
    #[error("this network has simulated time: it is for demonstrations and tests. Say --simulated if that is meant")]
    Simulated,
    /// A network on real time.
    #[error("this network is on real time: start {what} without --simulated")]
    NotSimulated {
        /// What was started: `the operator`.
        what: &'static str,
    },
}

/// Says whether a program of this network may be run so; `what` names it in the message, with its article: `the operator`.
///
/// # Errors
/// [`WrongTime`].
pub fn fits(genesis: &Genesis, options: &RunOptions, what: &'static str) -> Result<(), WrongTime> {
    match (genesis.simulated_time, options.simulated) {
        (true, false) => Err(WrongTime::Simulated),
        (false, true) => Err(WrongTime::NotSimulated { what }),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use hushwatt_crypto::signature::SigningKey;
    use hushwatt_ledger::{genesis::NewGenesis, parameters::Parameters, units::Timestamp};
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn simulated_time_is_asked_for_where_it_is_and_refused_where_it_is_not() {
        let key = || SigningKey::random(&mut OsRng).verifying_key();
        for simulated_time in [true, false] {
            let new = NewGenesis {
                time: Timestamp(1_781_584_800),
                simulated_time,
                parameters: Parameters::default(),
                validators: vec![key()],
                registrars: Vec::new(),
                registrar_quorum: 0,
                treasury: key(),
                operator: None,
                meters: Vec::new(),
            };
            let genesis = new.build().unwrap();
            assert_eq!(fits(&genesis, &RunOptions { simulated: simulated_time }, "the member"), Ok(()));
            let wrong = fits(&genesis, &RunOptions { simulated: !simulated_time }, "the member").unwrap_err();
            let told = wrong.to_string();
            match simulated_time {
                true => assert!(wrong == WrongTime::Simulated && told.contains("Say --simulated"), "{told}"),
                false => assert_eq!(told, "this network is on real time: start the member without --simulated"),
            }
        }
    }
}
