//! The network of a run and everything that happens to it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use hushwatt_consensus::{
    Exit,
    simulation::{Link, Network},
};
use hushwatt_ledger::block::Uncovered;
use hushwatt_node::{Core, LiveBlock};

use super::{
    byzantine::Forgeries,
    chronicle::{Chronicle, Watcher},
    client::Client,
    dice::Dice,
    disk::Failure,
    fixture::Fixture,
    plan::Plan,
    validator::{Crash, Life, Nature, Validator},
};

/// Between two looks at the validators.
const TICK: Duration = Duration::from_millis(100);
/// Seconds after which a transaction that still waits is passed on again, and bytes at a time: as the service does.
const PASS_ON: (u64, usize) = (5, 256 << 10);

pub struct World<'a> {
    pub network: &'a Network,
    pub fixture: Arc<Fixture>,
    pub plan: Plan,
    pub dice: Dice,
    pub validators: Vec<Validator>,
    pub chronicle: Arc<Chronicle>,
    pub forgeries: Arc<Forgeries>,
    pub client: Client,
    pub counts: BTreeMap<&'static str, u64>,
    quality: Link,
    pub registry: u64,
    lost_disk: bool,
}

impl<'a> World<'a> {
    pub async fn new(network: &'a Network, fixture: Arc<Fixture>, plan: Plan, dice: Dice) -> Self {
        let (chronicle, forgeries) = (Arc::new(Chronicle::default()), Arc::new(Forgeries::default()));
        let mut places: Vec<usize> = (0..plan.validators).collect();
        let mut natures = vec![Nature::Correct; plan.validators + plan.spare];
        for number in 0..plan.liars + plan.twins {
            let place = places.remove(dice.roll(places.len() as u64) as usize);
            natures[place] = if number < plan.liars { Nature::Liar } else { Nature::TwoFaced };
        }
        let validators = natures.into_iter().enumerate().map(|(place, nature)| {
            let watcher = Watcher::new(place, chronicle.clone());
            let off = dice.roll(7) as i64 - 3;
            Validator::new(place, nature, off, watcher, fixture.clone(), forgeries.clone(), dice.child())
        });
        let mut world = World {
            network,
            validators: validators.collect(),
            client: Client::default(),
            counts: BTreeMap::new(),
            quality: Link::GOOD,
            registry: 0,
            lost_disk: false,
            fixture,
            plan,
            dice,
            chronicle,
            forgeries,
        };
        if world.plan.family.links && world.dice.once_in(2) {
            world.quality = world.some_quality();
        }
        world.connect().await;
        world
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn everybody(&self) -> Vec<usize> {
        (0..self.validators.len()).collect()
    }

    pub fn correct(&self) -> impl Iterator<Item = &Validator> {
        self.validators.iter().filter(|validator| validator.is_correct())
    }

    // Links.

    fn some_quality(&self) -> Link {
        Link {
            latency: Duration::from_millis(5 + self.dice.roll(250)),
            jitter: Duration::from_millis(self.dice.roll(100)),
            arrives: 75 + self.dice.roll(26) as u8,
        }
    }

    async fn connect(&self) {
        self.network.partition(&[&self.everybody()], self.quality).await;
    }

    async fn disturb_links(&mut self) {
        match self.dice.roll(4) {
            0 => {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                for place in self.everybody() {
                    if self.dice.once_in(2) { &mut one } else { &mut other }.push(place);
                }
                self.network.partition(&[&one, &other], self.quality).await;
                self.count("partition");
            }
            1 => {
                let count = self.validators.len() as u64;
                let (from, to) = (self.dice.roll(count) as usize, self.dice.roll(count) as usize);
                if from != to {
                    self.network.link(from, to, None).await;
                    self.count("cut");
                }
            }
            2 => {
                self.quality = self.some_quality();
                self.connect().await;
                self.count("other links");
            }
            _ => self.connect().await,
        }
    }

    // Life and death.

    fn later(&self, most_seconds: u64) -> SystemTime {
        self.network.time().now() + Duration::from_millis(200 + self.dice.roll(most_seconds * 1000))
    }

    pub fn crash(&mut self, place: usize, crash: Crash) {
        let until = self.later(12);
        self.validators[place].crash(crash, until);
        self.count(match crash {
            Crash::Process => "kill",
            Crash::Power => "power cut",
        });
    }

    fn some_crash(&self) -> Crash {
        if self.dice.once_in(2) { Crash::Process } else { Crash::Power }
    }

    fn disturb_lives(&mut self) {
        let up: Vec<usize> = self.correct().filter(|one| one.core().is_some()).map(|one| one.place).collect();
        let Some(place) = self.dice.pick(&up) else { return };
        match self.dice.roll(8) {
            0..3 => self.crash(place, self.some_crash()),
            3..6 => {
                let failure = if self.dice.once_in(2) { Failure::Once } else { Failure::Dead };
                self.validators[place].fuse.arm(self.dice.roll(30), failure);
                self.count("failing disk");
            }
            6 if self.dice.once_in(2) => {
                let crash = self.some_crash();
                up.iter().for_each(|place| self.crash(*place, crash));
                self.count("all down");
            }
            // Who loses his disk forgets what he voted for: one of the faulty ones that the network bears.
            _ if !self.lost_disk && self.plan.liars + self.plan.twins == 0 && !self.plan.family.epochs => {
                self.lost_disk = true;
                self.crash(place, Crash::Power);
                let now = self.network.time().now();
                self.validators[place].lose_disk(now);
                self.network.wipe(place);
                // What only it had accepted is lost with it.
                self.client.promised.values_mut().for_each(|places| places.retain(|other| *other != place));
                self.count("lost disk");
            }
            _ => {}
        }
    }

    /// Lets a short time pass and looks after everybody.
    pub async fn tick(&mut self) {
        self.network.sleep(TICK).await;
        for place in self.everybody() {
            self.look_after(place).await;
        }
        self.chronicle.check();
    }

    pub async fn pass(&mut self, time: Duration) {
        let until = self.network.time().now() + time;
        while self.network.time().now() < until {
            self.tick().await;
        }
    }

    async fn look_after(&mut self, place: usize) {
        let validator = &mut self.validators[place];
        match &mut validator.life {
            Life::Down(until) if *until <= self.network.time().now() => self.open(place),
            Life::Down(_) => {}
            Life::Votes(core, pass_on, running) => {
                for submission in core.rebroadcast(PASS_ON.0, PASS_ON.1) {
                    pass_on.pass_on(&submission);
                }
                match running.ended() {
                    None => {}
                    Some(Ok(Exit::NotAValidator { .. })) => validator.stop_voting(),
                    Some(ended) => {
                        // Only a failing disk stops a correct validator.
                        let explained = validator.fuse.is_blown() || !validator.is_correct();
                        assert!(explained, "validator {place} stopped: {ended:?}");
                        let crash = self.some_crash();
                        self.crash(place, crash);
                        self.count("stopped by its disk");
                    }
                }
            }
            Life::Follows(_) => self.follow(place).await,
        }
        // Whoever runs a node sees sooner or later that its disk fails.
        if self.validators[place].fuse.is_blown() && self.validators[place].core().is_some() && self.dice.once_in(30) {
            let crash = self.some_crash();
            self.crash(place, crash);
        }
    }

    fn open(&mut self, place: usize) {
        let opened = self.validators[place].open(self.network);
        if let Err(error) = opened {
            assert!(self.validators[place].fuse.is_blown(), "validator {place} does not open: {error}");
            let crash = self.some_crash();
            self.crash(place, crash);
            self.count("failed while opening");
        }
    }

    /// Takes what another one has, as followers do; starts voting when it may.
    async fn follow(&mut self, place: usize) {
        let Some(core) = self.validators[place].core().cloned() else { return };
        let epoch = core.genesis().parameters.epoch_of(core.tip().height + 1);
        let set = core.validators(epoch).unwrap();
        let key = self.validators[place].key().verifying_key();
        if self.validators[place].may_vote() && set.is_some_and(|set| set.index_of(&key).is_some()) {
            self.validators[place].start(self.network).await;
            return;
        }
        let others: Vec<usize> =
            self.correct().filter(|one| one.place != place && one.votes()).map(|one| one.place).collect();
        let Some(other) = self.dice.pick(&others) else { return };
        let Some(source) = self.validators[other].core().cloned() else { return };
        if let Err(error) = adopt_from(&core, &source) {
            let blown = self.validators[place].fuse.is_blown() || self.validators[other].fuse.is_blown();
            assert!(blown, "validator {place} cannot follow {other}: {error}");
        }
    }

    // The run.

    /// Everything goes wrong for a while.
    pub async fn disturb(&mut self) {
        let fixture = self.fixture.clone();
        self.client.waiting.push(fixture.mint.clone());
        if !self.dice.once_in(4) {
            // Mostly there is a chain before anything goes wrong.
            while !self.validators.iter().any(|one| one.votes()) {
                self.tick().await;
            }
            self.submit_something();
            self.pass(Duration::from_secs(5)).await;
        }
        for _ in 0..self.plan.steps {
            let mint_is_known = self.client.promised.contains_key(fixture.mint.id());
            if mint_is_known && self.client.promised.len() == 1 && self.client.waiting.is_empty() {
                self.client.waiting.extend(fixture.pairs.iter().map(|[one, _]| one).chain(&fixture.singles).cloned());
            }
            if self.dice.roll(3) > 0 {
                self.submit_something();
            }
            let family = self.plan.family;
            if family.links && self.dice.once_in(4) {
                self.disturb_links().await;
            }
            if family.crashes && self.dice.once_in(5) {
                self.disturb_lives();
            }
            if family.epochs && self.dice.once_in(4) {
                self.change_validators();
            }
            self.ask();
            self.pass(Duration::from_millis(100 + self.dice.roll(2_000))).await;
        }
    }

    /// Everything is repaired.
    pub async fn heal(&mut self) {
        self.quality = Link::GOOD;
        self.connect().await;
        for place in self.everybody() {
            let validator = &mut self.validators[place];
            match validator.life {
                Life::Down(_) => validator.life = Life::Down(self.network.time().now()),
                _ if validator.fuse.is_blown() => validator.crash(Crash::Process, self.network.time().now()),
                _ => validator.fuse.reset(),
            }
        }
    }
}

/// Takes all covered blocks that another node has beyond the own tip.
fn adopt_from(core: &Core, source: &Core) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let genesis = core.genesis().clone();
    let mut uncovered = Uncovered::after(&core.tip());
    for height in core.tip().height + 1..=source.tip().height {
        let (block, certificate) = source.block(height).map_err(|error| text(&error))?;
        let hints = source.store().block_hints(&block).map_err(|error| text(&error))?;
        uncovered.push(&genesis, block, hints).map_err(|error| text(&error))?;
        let Some(certificate) = certificate else { continue };
        let covered = uncovered.take();
        let (last, _) = covered.last().ok_or("nothing is covered")?;
        core.check_certificate(&last.header, &certificate).map_err(|error| text(&error))?;
        let count = covered.len();
        for (place, (block, hints)) in covered.into_iter().enumerate() {
            let live = LiveBlock::new(genesis.network(), block, Some(hints)).map_err(|error| text(&error))?;
            core.adopt(&live, (place + 1 == count).then_some(&certificate)).map_err(|error| text(&error))?;
        }
    }
    Ok(())
}
