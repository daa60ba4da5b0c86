//! Totals as households see them: sellers share their sales one by one, a registrar asks, the committee releases, and every wallet
//! shows who asked for what (protocol, "Totals").

use std::collections::BTreeSet;

use hushwatt_crypto::{
    SecretScalar,
    commitment::Opening,
    order_seal::SealingKey,
    sharing::{Share, combine},
    signature::SigningKey,
};
use hushwatt_ledger::{
    committee::{Cohort, CohortMeter, Committee, CommitteeMember},
    parameters::{Parameters, PeriodTimes, TotalsParameters},
    transaction::{
        Action, Envelope,
        registry::{RegistryChange, build::RegistryPlan},
        release::ReleasePlan,
        request::{RequestPlan, Target},
        share::{ShareMaker, SharePlan, Subject},
    },
    units::{MeterId, Period, Quantity, Timestamp, Utility, Window},
};
use hushwatt_meter_attest::{Attestor, Metered};
use hushwatt_wallet::{
    Wallet,
    household::{
        Admission, AgentSettings, Household, OfferRequest, Settings,
        views::{HistoryFilter, OwnShares, Side, TotalOver, TotalsView},
    },
};

use crate::{
    auctions,
    operator::ask_for,
    street::{ANNA, BERT, HOUR, Street, day_key},
    support::{Setup, meter_key, registrar_key, seed_of},
};

const CARLA: usize = 2;
const METERS: usize = 4;
const PRICE: u32 = 300;
/// Sold in each contract, in Wh.
const SOLD: u32 = 20;
const SALES: usize = 8;
const TRADES: Target = Target::Trades(Utility::Electricity);
const COHORT: Target = Target::Cohort(0);
/// Between two steps of the agent.
const STEP: u64 = 60;

fn setup(period: u64) -> Setup {
    let totals = TotalsParameters {
        period,
        close_term: 14 * HOUR,
        share_term: 2 * HOUR,
        complaint_term: HOUR,
        request_term: 4 * HOUR,
        release_term: 3 * HOUR,
        k_min: METERS as u32,
    };
    let setup = Setup::default();
    let parameters = Parameters {
        totals: Some(totals),
        retention: 4 * 24 * HOUR,
        correction_term: 2 * 24 * HOUR,
        ..setup.parameters
    };
    Setup { parameters, meters: METERS, ..setup }
}

/// A member of the committee: his keys.
struct Member(SigningKey, SealingKey);

struct Town {
    street: Street,
    members: Vec<Member>,
    period: Period,
}

impl Town {
    /// Three members, two of whom release, and a cohort of all meters, each of an owner of its own.
    fn new() -> Self {
        Self::of(2 * HOUR)
    }

    /// The same with periods of so many seconds.
    fn of(period: u64) -> Self {
        let members = (0..3u8).map(|place| {
            let mut secret = [0; 32];
            secret[0] = 60 + place;
            Member(SigningKey::from_bytes(&[60 + place; 32]), SealingKey::from_bytes(&secret).unwrap())
        });
        let members: Vec<Member> = members.collect();
        let public = members
            .iter()
            .map(|Member(key, sealing)| CommitteeMember { key: key.verifying_key(), sealing: *sealing.public() });
        let committee = Committee::new(2, public.collect()).unwrap();
        let street = Street::of(&setup(period));
        let period = Period(street.community.genesis.parameters.period_of(street.window(0)).unwrap().0 + 1);
        let mut town = Town { street, members, period };
        town.change(RegistryChange::Committee(committee));
        town.name_cohort(0);
        town
    }

    fn change(&mut self, change: RegistryChange) {
        let community = &self.street.community;
        let genesis = &community.genesis;
        let serial = community.follower.state().counters().unwrap().registry_serial + 1;
        let valid_until = Envelope::validity_from(community.now());
        let plan = RegistryPlan { serial, change, valid_until }.prepare(genesis);
        let signed = plan.sign(genesis, &registrar_key()).unwrap().finish(genesis).unwrap();
        self.street.settle(vec![signed]);
    }

    /// One cohort of all meters, each of an owner of its own, numbered from here on.
    fn name_cohort(&mut self, first: u16) {
        let entry = |meter: u32| CohortMeter { meter: MeterId(meter), owner: first + meter as u16 };
        let cohort = Cohort::new((0..METERS as u32).map(entry).collect()).unwrap();
        self.change(RegistryChange::Cohorts(vec![cohort]));
    }

    fn times(&self) -> PeriodTimes {
        self.street.community.genesis.parameters.totals.unwrap().times(self.period)
    }

    /// The windows of the period.
    fn windows(&self) -> [Window; 2] {
        [self.street.window(1), self.street.window(2)]
    }

    /// Bert orders of Anna in the first window of the period, several times.
    fn trade(&mut self, anna: &mut Household, bert: &mut Household) {
        for _ in 0..SALES {
            let offer = OfferRequest {
                utility: Utility::Electricity,
                at: self.street.start_of(self.windows()[0]).plus(60),
                quantity: Quantity(SOLD),
                price_micro_euro: PRICE,
                valid_for: HOUR,
            };
            let signed = anna.make_offer(&offer).unwrap();
            bert.buy(&signed, None, true).unwrap();
        }
        assert_eq!(self.street.hand_in(bert), SALES);
    }

    /// All meters attest every window until the end of the period; Anna's gives, the others take.
    fn attest(&mut self) {
        let genesis = self.street.community.genesis.clone();
        let others = CARLA..METERS;
        let mut others: Vec<Attestor> = others
            .map(|who| {
                let spend = Wallet::new(genesis.clone(), &seed_of(who)).unwrap().address().spend;
                Attestor::new(&genesis, MeterId(who as u32), meter_key(who), day_key(who), spend)
            })
            .collect();
        let metered = Metered { export: Quantity(2), import: Quantity(30) };
        let [first, last] = self.windows();
        for window in [self.street.window(0), first, last] {
            self.street.block_at(genesis.parameters.window_end(window));
            self.street.attest(70);
            let community = &mut self.street.community;
            let now = community.now();
            let attested = others.iter_mut().map(|attestor| {
                let pending = attestor.attest(&genesis, |_| Some(metered), now, &mut community.rng).unwrap();
                attestor.confirm(&pending);
                pending.built
            });
            let attested = attested.collect();
            self.street.settle(attested);
        }
        self.street.block_at(genesis.parameters.window_end(last).plus(2 * HOUR + 1));
    }

    /// Anna delivers everything, as often as it takes.
    fn deliver(&mut self, anna: &mut Household) {
        self.street.feed(anna);
        for _ in 0..8 {
            let Some((utility, window)) = anna.deliverable().first().copied() else { return };
            anna.deliver(utility, window, true).unwrap();
            self.street.hand_in(anna);
            let next = self.street.community.now().plus(HOUR);
            self.street.block_at(next);
            self.street.feed(anna);
        }
        panic!("there is still something to deliver");
    }

    /// What opens a meter's sums of the period, as whoever has all pairings knows it.
    fn sums(&self, office: &Household, meter: MeterId) -> [Opening; 2] {
        let parameters = &self.street.community.genesis.parameters;
        let (start, end) = (self.street.start_of(self.windows()[0]), parameters.window_end(self.windows()[1]));
        let within = |at: Timestamp| at >= start && at < end;
        let readings: Vec<_> = office
            .wallet()
            .readings()
            .into_iter()
            .filter(|reading| reading.meter == meter)
            .filter(|reading| within(Timestamp(reading.interval.0 * parameters.interval)))
            .collect();
        let sum = |openings: Vec<&Opening>| {
            let value = openings.iter().map(|opening| opening.value).sum();
            Opening::new(value, SecretScalar::sum(openings.into_iter().map(|opening| &opening.blinding)))
        };
        [
            sum(readings.iter().map(|reading| &reading.export).collect()),
            sum(readings.iter().map(|reading| &reading.import).collect()),
        ]
    }

    /// The meters share what opens their sums; the sums of them all.
    fn share_meters(&mut self) -> [u64; 2] {
        let mut office = self.street.fresh(CARLA, "office");
        for who in 0..METERS {
            office.pair(&self.street.pairing_code(who), None).unwrap();
        }
        self.street.feed(&mut office);
        let mut total = [0, 0];
        for meter in 0..METERS {
            let sums = self.sums(&office, MeterId(meter as u32));
            (total[0], total[1]) = (total[0] + sums[0].value, total[1] + sums[1].value);
            let community = &mut self.street.community;
            let committee = community.follower.state().committee_of(self.period).unwrap().unwrap();
            let plan = SharePlan {
                period: self.period,
                subject: Subject::Meter(MeterId(meter as u32)),
                openings: sums.iter().collect(),
                committee: &committee,
                valid_until: Envelope::validity_from(community.now()),
            };
            let key = meter_key(meter);
            let built = plan.build(&community.genesis, ShareMaker::Meter(&key), &mut community.rng).unwrap();
            self.street.settle(vec![built]);
        }
        total
    }

    fn ask(&mut self, target: Target) {
        let community = &self.street.community;
        let valid_until = Envelope::validity_from(community.now());
        let plan = RequestPlan { period: self.period, target, left_out: Vec::new(), valid_until };
        let built = plan.build(&community.genesis, &registrar_key()).unwrap();
        self.street.settle(vec![built]);
    }

    /// A member releases, from what is on the ledger and beside it.
    fn release(&mut self, place: usize, target: Target) {
        let community = &self.street.community;
        let committee = community.follower.state().committee_of(self.period).unwrap().unwrap();
        let Member(key, sealing) = &self.members[place];
        let member = committee.number_of(&key.verifying_key()).unwrap();
        let mut shares: [Vec<(u64, Share)>; 2] = Default::default();
        for next in &self.street.blocks {
            for (transaction, hints) in next.block.transactions.iter().zip(&next.hints) {
                let Action::Share(share) = transaction.action() else { continue };
                for (place, sealed) in share.statement.sealed_for(member, hints) {
                    let of = community.follower.state().shared(&place).unwrap().unwrap().of;
                    let opened = sealed.open(community.genesis.network(), sealing, &place.context(&of)).unwrap();
                    match (place.subject, target) {
                        (Subject::Trade { .. }, Target::Trades(_)) => {
                            shares[0].push((1, opened.clone()));
                            shares[1].push((PRICE.into(), opened));
                        }
                        (Subject::Meter(_), Target::Cohort(_)) => shares[usize::from(place.sharing)].push((1, opened)),
                        _ => {}
                    }
                }
            }
        }
        let sums = shares.map(|shares| Share::sum(shares.iter().map(|(times, share)| (*times, share))));
        let valid_until = Envelope::validity_from(community.now());
        let plan = ReleasePlan { period: self.period, target, member, sums, valid_until };
        let built = plan.build(&community.genesis, key);
        self.street.settle(vec![built]);
    }

    /// What anybody computes from the releases.
    fn opened(&self, target: Target) -> [u64; 2] {
        let state = self.street.community.follower.state();
        let quorum = state.committee_of(self.period).unwrap().unwrap().quorum();
        let total = state.total(self.period, target).unwrap().unwrap();
        let transactions = self.street.blocks.iter().flat_map(|next| &next.block.transactions);
        let released: Vec<_> = transactions
            .filter_map(|transaction| match transaction.action() {
                Action::Release(release) if release.statement.target == target => Some(&release.statement),
                _ => None,
            })
            .take(usize::from(quorum.threshold()))
            .collect();
        [0, 1].map(|place| {
            let shares: Vec<_> = released.iter().map(|one| (one.member, one.shares[place])).collect();
            combine(quorum, &shares, &total.sums[place].commitment).unwrap()
        })
    }
}

fn shares_only(share_totals: bool) -> Settings {
    let agent = AgentSettings { deliver: false, tidy: false, share_totals, ..AgentSettings::default() };
    Settings { agent, ..Settings::default() }
}

fn own(household: &Household) -> OwnShares {
    household.totals().unwrap().own_sales
}

fn requests(household: &Household) -> TotalsView {
    household.totals().unwrap()
}

/// Lets the agent work until the share term is over, and stops it without warning after each step. Gives the times at which it signed.
fn share_all(town: &mut Town, mut household: Household, name: &str) -> (Household, Vec<u64>) {
    let mut signed = Vec::new();
    let mut now = town.street.community.now().plus(STEP);
    while now < town.times().share {
        town.street.block_at(now);
        town.street.feed(&mut household);
        let before = own(&household);
        let work = household.agent_step(&[]);
        assert!(work.actions.iter().all(|action| !action.failed), "{:?}", work.actions);
        let after = own(&household);
        // It ends here, and has written all that counts.
        drop(household);
        household = town.street.reopen(name);
        assert_eq!(own(&household), after, "{before:?}");
        if !work.actions.is_empty() {
            assert_eq!((work.actions.len(), household.to_hand_in().len()), (1, 1), "one at a time");
            signed.push(now.0);
            let first = household.to_hand_in().remove(0).id;
            town.street.feed(&mut household);
            assert!(household.agent_step(&[]).actions.is_empty(), "nothing is signed while one is under way");
            assert_eq!(household.to_hand_in().remove(0).id, first, "nor signed twice");
            town.street.hand_in(&mut household);
        }
        now = town.street.community.now().plus(STEP);
    }
    town.street.feed(&mut household);
    (household, signed)
}

#[test]
fn sales_are_shared_one_by_one_and_every_request_is_shown() {
    let mut town = Town::new();
    let (mut anna, mut bert) = (town.street.household(ANNA, "anna"), town.street.household(BERT, "bert"));
    anna.pair(&town.street.pairing_code(ANNA), Some("roof")).unwrap();
    anna.set_settings(shares_only(false)).unwrap();
    town.trade(&mut anna, &mut bert);
    town.attest();
    town.deliver(&mut anna);
    let history = anna.history(&HistoryFilter::default());
    assert!(requests(&anna).requests.is_empty());

    // Before the period has closed there is nothing to share, and without the permission there never is.
    let nothing = OwnShares { allowed: true, shared: 0, under_way: 0, planned: 0 };
    anna.set_settings(shares_only(true)).unwrap();
    assert!(anna.agent_step(&[]).actions.is_empty());
    assert_eq!(own(&anna), nothing);
    let close = town.times().close;
    town.street.block_at(close);
    town.street.feed(&mut anna);
    anna.agent_step(&[]);
    assert_eq!(own(&anna), nothing);
    anna.set_settings(shares_only(false)).unwrap();
    let after = town.times().close.plus(1);
    town.street.block_at(after);
    town.street.feed(&mut anna);
    anna.agent_step(&[]);
    assert_eq!(own(&anna), OwnShares { allowed: false, ..nothing });

    anna.set_settings(shares_only(true)).unwrap();
    let meters = town.share_meters();
    town.street.feed(&mut anna);
    anna.agent_step(&[]);
    assert_eq!(own(&anna), OwnShares { planned: SALES, ..nothing });
    let (anna, signed) = share_all(&mut town, anna, "anna");
    assert_eq!(own(&anna), OwnShares { shared: SALES, ..nothing });
    assert_eq!(signed.iter().collect::<BTreeSet<_>>().len(), SALES, "each at a time of its own");
    // A Share is no movement of money or energy.
    assert_eq!(anna.history(&HistoryFilter::default()), history);
    // Another wallet of the same words sees on the ledger that all is done.
    let mut again = town.street.household(ANNA, "again");
    again.set_settings(shares_only(true)).unwrap();
    again.agent_step(&[]);
    assert_eq!(own(&again), OwnShares { shared: SALES, ..nothing });

    seen(town, anna, bert, meters);
}

/// The registrar asks, the committee releases, and the households see it until it is forgotten.
fn seen(mut town: Town, mut anna: Household, mut bert: Household, meters: [u64; 2]) {
    let ask_from = town.times().complain.plus(1);
    town.street.block_at(ask_from);
    // Lots are drawn by that block, which the next one knows.
    town.street.block_at(ask_from.plus(1));
    town.ask(TRADES);
    town.ask(COHORT);
    for household in [&mut anna, &mut bert] {
        town.street.feed(household);
        assert!(requests(household).requests.iter().all(|request| request.released == 0 && !request.is_known()));
    }
    for target in [TRADES, COHORT] {
        town.release(0, target);
        town.release(2, target);
    }
    let sold = SALES as u64 * u64::from(SOLD);
    assert_eq!(town.opened(TRADES), [sold, sold * u64::from(PRICE)]);
    assert_eq!(town.opened(COHORT), meters);

    for household in [&mut anna, &mut bert] {
        town.street.feed(household);
        household.save().unwrap();
    }
    let view = requests(&anna);
    let [of_meters, of_trades] = view.requests.as_slice() else { panic!("{view:?}") };
    let totals = town.street.community.genesis.parameters.totals.unwrap();
    for request in [of_meters, of_trades] {
        assert_eq!((request.from, request.until), (totals.start(town.period), totals.end(town.period)));
        assert_eq!((request.released, request.needed, request.members), (2, 2, 3));
        assert!(request.is_known() && request.asked >= ask_from);
        assert_eq!(request.registrar, 1);
    }
    assert_eq!(of_trades.over, TotalOver::Trades { utility: Utility::Electricity });
    let over = |own_in| TotalOver::Meters {
        utility: Some(Utility::Electricity),
        cohort: 0,
        meters: METERS,
        left_out: 0,
        own_in,
        own_left_out: Vec::new(),
    };
    assert_eq!(of_meters.over, over(vec![MeterId(ANNA as u32)]));
    // Bert has not paired his meter: his wallet shows the request and does not know whether he is in it.
    assert_eq!(requests(&bert).requests[0].over, over(Vec::new()));

    let folder = town.street.path("export");
    anna.export(&folder).unwrap();
    let exported = std::fs::read_to_string(folder.join("hushwatt-export.json")).unwrap();
    assert_eq!(exported.matches("\"asked_time\"").count(), 2);
    // It is in the file, and reading the ledger again changes nothing.
    drop(anna);
    let mut anna = town.street.reopen("anna");
    assert_eq!(requests(&anna), view);
    anna.rescan().unwrap();
    town.street.feed(&mut anna);
    assert_eq!(requests(&anna), view);

    let due = |household: &Household| household.forgettable_readings().totals;
    assert_eq!(due(&anna), 0);
    let later = town.street.community.now().plus(5 * 24 * HOUR);
    town.street.block_at(later);
    town.street.feed(&mut anna);
    assert_eq!(due(&anna), 2);
    assert_eq!(anna.forget_readings().unwrap().totals, 2);
    assert_eq!((requests(&anna).requests.len(), own(&anna).shared), (0, 0));
    anna.rescan().unwrap();
    town.street.feed(&mut anna);
    assert_eq!((requests(&anna).requests.len(), own(&anna).shared), (0, 0), "what is read again stays forgotten");
}

#[test]
fn a_seller_who_comes_back_at_the_end_of_the_term_shares_one_sale_and_not_all_in_a_burst() {
    let mut town = Town::new();
    let (mut anna, mut bert) = (town.street.household(ANNA, "anna"), town.street.household(BERT, "bert"));
    anna.pair(&town.street.pairing_code(ANNA), None).unwrap();
    anna.set_settings(shares_only(true)).unwrap();
    town.trade(&mut anna, &mut bert);
    town.attest();
    town.deliver(&mut anna);
    let after = town.times().close.plus(1);
    town.street.block_at(after);
    town.street.feed(&mut anna);
    anna.agent_step(&[]);
    assert_eq!(own(&anna).planned, SALES);
    // Nothing runs until all their times are past.
    let late = town.times().share.minus(400);
    town.street.block_at(late);
    town.street.feed(&mut anna);
    let (anna, signed) = share_all(&mut town, anna, "anna");
    assert_eq!((own(&anna).shared, own(&anna).planned, signed.len()), (1, 0, 1));
}

#[test]
fn a_sale_that_the_disk_did_not_take_is_shared_when_it_does() {
    let mut town = Town::new();
    let (mut anna, mut bert) = (town.street.household(ANNA, "anna"), town.street.household(BERT, "bert"));
    anna.pair(&town.street.pairing_code(ANNA), None).unwrap();
    anna.set_settings(shares_only(true)).unwrap();
    town.trade(&mut anna, &mut bert);
    town.attest();
    town.deliver(&mut anna);
    let after = town.times().close.plus(1);
    town.street.block_at(after);
    town.street.feed(&mut anna);
    anna.agent_step(&[]);
    // So late that no other time is drawn for it.
    let late = town.times().share.minus(400);
    town.street.block_at(late);
    town.street.feed(&mut anna);
    let planned = own(&anna);
    assert_eq!(planned.planned, SALES);
    // What is in the place of the draft lets no save succeed.
    let draft = town.street.path("anna.saving");
    std::fs::create_dir(&draft).unwrap();
    for _ in 0..2 {
        let work = anna.agent_step(&[]);
        assert!(work.actions.len() == 1 && work.actions[0].failed, "{:?}", work.actions);
        assert_eq!((own(&anna), anna.to_hand_in().len()), (planned, 0));
    }
    std::fs::remove_dir(&draft).unwrap();
    let (anna, signed) = share_all(&mut town, anna, "anna");
    assert_eq!((own(&anna).shared, own(&anna).planned, signed.len()), (1, 0, 1));
}

#[test]
fn a_request_shows_its_cohort_when_the_ledger_has_forgotten_that() {
    let mut town = Town::new();
    let (mut anna, mut bert) = (town.street.household(ANNA, "anna"), town.street.household(BERT, "bert"));
    anna.pair(&town.street.pairing_code(ANNA), None).unwrap();
    town.attest();
    let after = town.times().close.plus(1);
    town.street.block_at(after);
    town.share_meters();
    let ask_from = town.times().complain.plus(1);
    town.street.block_at(ask_from);
    town.street.block_at(ask_from.plus(1));
    town.ask(COHORT);
    town.street.feed(&mut anna);
    let asked = requests(&anna);
    let over = |own_in| TotalOver::Meters {
        utility: Some(Utility::Electricity),
        cohort: 0,
        meters: METERS,
        left_out: 0,
        own_in,
        own_left_out: Vec::new(),
    };
    assert_eq!(asked.requests[0].over, over(vec![MeterId(ANNA as u32)]));

    town.name_cohort(10);
    // Periods of the second naming are the oldest of which a total can still be released.
    let later = town.street.community.now().plus(32 * HOUR);
    town.street.block_at(later);
    town.name_cohort(20);
    let state = town.street.community.follower.state();
    assert!(state.cohorts(town.period).unwrap().is_empty(), "the ledger has forgotten it");
    town.street.feed(&mut anna);
    assert_eq!(requests(&anna), asked);
    let current = anna.wallet().export();
    anna.save().unwrap();
    drop(anna);
    let mut anna = town.street.reopen("anna");
    assert_eq!(requests(&anna), asked);
    anna.rescan().unwrap();
    town.street.feed(&mut anna);
    assert_eq!(requests(&anna), asked);
    // Who reads all of it only now sees the same, and whoever pairs a meter later its own.
    town.street.feed(&mut bert);
    assert_eq!(requests(&bert).requests[0].over, over(Vec::new()));
    bert.pair(&town.street.pairing_code(BERT), None).unwrap();
    assert_eq!(requests(&bert).requests[0].over, over(vec![MeterId(BERT as u32)]));

    // What an earlier program saved has no cohorts, and is of its version; what is known of them now is of another one.
    let mut json = serde_json::to_value(&current).unwrap();
    assert_eq!(json["version"], 5);
    json["version"] = 4.into();
    assert!(json["totals"]["asked"][0].as_object_mut().unwrap().remove("meters").is_some());
    let mut old = Wallet::new(town.street.community.genesis.clone(), &seed_of(ANNA)).unwrap();
    old.import(serde_json::from_value(json.clone()).unwrap()).unwrap();
    assert!(old.totals().all(|asked| asked.meters.is_empty()));
    assert_eq!(serde_json::to_value(old.export()).unwrap(), json);
}

#[test]
fn what_an_auction_filled_is_shared_by_the_seller_and_not_by_the_buyer() {
    // A period is a window here, so the first window is in one that has a committee.
    let mut town = Town::of(HOUR);
    let (operator, mut anna, mut bert) = auctions::hall_of(&mut town.street, 100);
    for (household, side, quantity) in [(&mut anna, Side::Seller, 100), (&mut bert, Side::Buyer, 40)] {
        let request = auctions::request(&town.street, side, quantity, PRICE);
        household.place_order(&request, true).unwrap();
        assert!(matches!(ask_for(household)[..], [Admission::Given]));
        town.street.hand_in(household);
    }
    auctions::clear(&mut town.street, &operator);
    town.period = town.street.community.genesis.parameters.period_of(town.street.window(0)).unwrap();
    let after = town.times().close.plus(1);
    town.street.block_at(after);
    for household in [&mut anna, &mut bert] {
        household.set_settings(shares_only(true)).unwrap();
        town.street.feed(household);
        household.agent_step(&[]);
    }
    assert_eq!((own(&anna).planned, own(&bert).planned), (1, 0));
    let (anna, signed) = share_all(&mut town, anna, "anna");
    assert_eq!((own(&anna).shared, signed.len()), (1, 1));
    // The share opens what was filled.
    let (transaction, hints) = {
        let blocks = town.street.blocks.iter().flat_map(|next| next.block.transactions.iter().zip(&next.hints));
        let mut shares = blocks.filter(|(one, _)| matches!(one.action(), Action::Share(_)));
        shares.next().unwrap()
    };
    let Action::Share(share) = transaction.action() else { panic!("no Share") };
    let state = town.street.community.follower.state();
    let committee = state.committee_of(town.period).unwrap().unwrap();
    let opened: Vec<_> = [0, 2]
        .into_iter()
        .map(|place: usize| {
            let Member(key, sealing) = &town.members[place];
            let member = committee.number_of(&key.verifying_key()).unwrap();
            let (at, sealed) = share.statement.sealed_for(member, hints)[0];
            let network = town.street.community.genesis.network();
            let of = state.shared(&at).unwrap().unwrap().of;
            (member, sealed.open(network, sealing, &at.context(&of)).unwrap().release())
        })
        .collect();
    let Subject::Trade { utility, trade } = share.statement.subject else { panic!("no trade") };
    let delivered = state.trade(town.period, utility, &trade).unwrap().unwrap().delivered;
    assert_eq!(combine(committee.quorum(), &opened, delivered.element()), Ok(40));
}
