//! Meters: what they count, and the gateways that post it.

use hushwatt_crypto::{address::Address, meter::DayKey, signature::SigningKey};
use hushwatt_ledger::{
    genesis::Genesis,
    units::{Interval, MeterId, Quantity, Window},
};
use hushwatt_meter_attest::{AttestError, Attestor, Metered, Pending};
use hushwatt_wallet::Pairing;
use rand_core::OsRng;

use super::Village;

/// What the meter of a home counted in a window, in watt-hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub home: usize,
    pub exported: u32,
    pub imported: u32,
}

/// A home: its meter, and the gateway once it is set up.
pub struct Home {
    /// What gateway and household share.
    pub pairing: Pairing,
    key: SigningKey,
    gateway: Option<Attestor>,
}

impl Home {
    pub(super) fn new(genesis: &Genesis, place: usize, key: SigningKey) -> Self {
        let day_key = DayKey::random(genesis.time.day(), &mut OsRng);
        Home { pairing: Pairing { meter: MeterId(place as u32), day_key }, key, gateway: None }
    }
}

impl Home {
    /// The meter's key, for a gateway of another kind.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl Village {
    /// A home by its place, which is the number of its meter.
    pub fn home(&self, place: usize) -> &Home {
        &self.homes[place]
    }

    /// Tells a home's gateway whose energy it is. It posts from then on; windows that ended before are missing.
    pub fn set_up_gateway(&mut self, place: usize, household: &Address) {
        let Home { pairing, key, gateway } = &mut self.homes[place];
        assert!(gateway.is_none(), "home {place} has its gateway");
        let day_key = pairing.day_key.clone();
        *gateway = Some(Attestor::new(&self.genesis, pairing.meter, key.clone(), day_key, household.spend));
    }

    /// Moves on to the minute after this window if it is not over, and has all gateways post everything that is due and was
    /// not posted: these readings for this window, something for the neighbours. A home that is not named, now or before,
    /// has no reading.
    pub fn attest(&mut self, window: Window, counted: &[Counted]) {
        for one in counted {
            assert!(self.homes[one.home].gateway.is_some(), "home {} has no gateway", one.home);
            self.counted.insert((one.home, window), *one);
        }
        let after = self.genesis.parameters.window_end(window).plus(60);
        if self.now < after {
            self.to(after);
        }
        loop {
            let due: Vec<(usize, Pending)> =
                (0..self.homes.len()).filter_map(|home| Some((home, self.posting(home)?))).collect();
            if due.is_empty() {
                return;
            }
            let built: Vec<_> = due.iter().map(|(_, pending)| pending.built.clone()).collect();
            self.submit(&built);
            for (home, pending) in due {
                self.homes[home].gateway.as_mut().unwrap().confirm(&pending);
            }
        }
    }

    /// Moves on to when the energy of a window can be delivered.
    pub fn seal_energy(&mut self, window: Window) {
        let sealed = self.genesis.parameters.attest_until(window).plus(1);
        if self.now < sealed {
            self.to(sealed);
        }
    }

    fn posting(&self, home: usize) -> Option<Pending> {
        let gateway = self.homes[home].gateway.as_ref()?;
        let reading = |interval: Interval| self.reading(home, interval);
        match gateway.attest(&self.genesis, reading, self.now, &mut OsRng) {
            Ok(pending) => Some(pending),
            Err(AttestError::NothingDue(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// An interval's part of what was counted in its window.
    fn reading(&self, home: usize, interval: Interval) -> Option<Metered> {
        let parameters = &self.genesis.parameters;
        let parts = parameters.intervals_per_window() as u64;
        let (window, part) = (Window(interval.0 / parts), interval.0 % parts);
        let counted = self.counted.get(&(home, window)).copied().or_else(|| self.neighbour(home))?;
        let share = |total: u32| Quantity(total / parts as u32 + u32::from(part < u64::from(total % parts as u32)));
        Some(Metered { export: share(counted.exported), import: share(counted.imported) })
    }

    /// Neighbours always have something to post.
    fn neighbour(&self, home: usize) -> Option<Counted> {
        (home >= self.named_homes).then_some(Counted { home, exported: 100, imported: 300 })
    }
}
