//! Goes to the nodes: fetches blocks, hands in what was signed, reads the board. The household is held only while something
//! is handed over, so pages and commands do not wait for a network.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use hushwatt_client::{BaseUrl, SignedOffer};
use hushwatt_ledger::{transaction::TransactionId, units::Timestamp};

use super::{
    Admission, Household, HouseholdError,
    views::{EntryState, OfferView, SyncState},
};
use crate::sync::Nodes;

/// After which something that waits is handed in again, or asked for again.
const TRY_AGAIN: Duration = Duration::from_secs(15);
/// Between two looks for something that is to be final.
const LOOK: Duration = Duration::from_millis(300);

/// Brings the household and the nodes together.
pub struct Courier {
    household: Arc<Mutex<Household>>,
    nodes: Nodes,
    urls: Vec<String>,
    handed_in: BTreeMap<TransactionId, Instant>,
    /// When the market operator was asked for what.
    asked: BTreeMap<TransactionId, Instant>,
    /// Why he did not answer.
    operator_trouble: Option<String>,
    /// Speed of reading: when, and at which time of the ledger, this run began.
    began: Option<(Instant, Timestamp)>,
}

/// What is to be tried now, and is noted as tried: nothing more often than so.
fn due<T>(tried: &mut BTreeMap<TransactionId, Instant>, waiting: Vec<T>, id: impl Fn(&T) -> TransactionId) -> Vec<T> {
    tried.retain(|tried, _| waiting.iter().any(|one| id(one) == *tried));
    let recent = |one: &T| tried.get(&id(one)).is_some_and(|at| at.elapsed() < TRY_AGAIN);
    let due: Vec<T> = waiting.into_iter().filter(|one| !recent(one)).collect();
    tried.extend(due.iter().map(|one| (id(one), Instant::now())));
    due
}

fn lock(household: &Mutex<Household>) -> MutexGuard<'_, Household> {
    household.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Courier {
    /// For a household and the nodes in its settings.
    ///
    /// # Errors
    /// If the address of a node is none.
    pub fn new(household: Arc<Mutex<Household>>) -> Result<Self, HouseholdError> {
        let (urls, nodes) = Self::nodes_of(&lock(&household))?;
        Ok(Courier {
            household,
            nodes,
            urls,
            handed_in: BTreeMap::new(),
            asked: BTreeMap::new(),
            operator_trouble: None,
            began: None,
        })
    }

    fn nodes_of(household: &Household) -> Result<(Vec<String>, Nodes), HouseholdError> {
        let urls = household.nodes().to_vec();
        let bases: Result<Vec<BaseUrl>, _> = urls.iter().map(|url| url.parse::<BaseUrl>()).collect();
        let bases = bases.map_err(|reason| HouseholdError::Content(format!("a node's address: {reason}")))?;
        Ok((urls, Nodes::new(&bases, household.genesis().clone())))
    }

    /// One piece of work: looks where the nodes are, fetches one piece of the chain, has the market operator admit orders, hands in
    /// what waits.
    ///
    /// # Errors
    /// If no node is of use, the chain is not the ledger's, or the file cannot be written. The next round tries again.
    pub fn round(&mut self) -> Result<SyncState, HouseholdError> {
        if lock(&self.household).nodes() != self.urls {
            (self.urls, self.nodes) = Self::nodes_of(&lock(&self.household))?;
        }
        let survey = self.nodes.survey();
        let mut notices: Vec<String> = survey.notices.iter().map(ToString::to_string).collect();
        let tip = survey.best.as_ref().map(|best| (best.height, Timestamp(best.time)));
        let (after, retention_from) = {
            let mut household = lock(&self.household);
            household.note_tip(tip);
            (household.read_until(), household.retention_from())
        };
        if tip.is_some_and(|(height, _)| height > after) {
            let fetched = self.nodes.fetch(after, retention_from)?;
            let taken = lock(&self.household).take_in(fetched);
            if let Err(error) = &taken
                && matches!(error, HouseholdError::Ledger(_))
            {
                self.nodes.blame(&error.to_string());
            }
            taken?;
        }
        self.have_admitted()?;
        notices.extend(self.operator_trouble.clone());
        self.hand_in()?;
        let mut state = lock(&self.household).sync_state(notices);
        state.seconds_left = self.seconds_left(&state);
        Ok(state)
    }

    /// Asks the market operator to admit the orders that he has not admitted yet.
    fn have_admitted(&mut self) -> Result<(), HouseholdError> {
        let waiting = lock(&self.household).to_admit();
        if waiting.is_empty() {
            self.operator_trouble = None;
        }
        for one in due(&mut self.asked, waiting, |one| one.id) {
            let answer = one.ask();
            self.operator_trouble = match lock(&self.household).answered(&one.id, answer)? {
                Admission::Later(why) => Some(why),
                Admission::Given | Admission::Refused => None,
            };
        }
        Ok(())
    }

    /// Why the market operator did not answer when he was asked last, if he did not.
    pub fn operator_trouble(&self) -> Option<String> {
        self.operator_trouble.clone()
    }

    /// Hands in what was signed and is not final.
    fn hand_in(&mut self) -> Result<(), HouseholdError> {
        let waiting = lock(&self.household).to_hand_in();
        for one in due(&mut self.handed_in, waiting, |one| one.id) {
            // Refused by all or nobody there: it stays in the outbox until it is void.
            if self.nodes.submit(&one.bytes).is_ok() {
                lock(&self.household).handed_in(&one.id)?;
            }
        }
        Ok(())
    }

    /// By how fast the ledger's time went by so far.
    fn seconds_left(&mut self, state: &SyncState) -> Option<u64> {
        if state.done {
            self.began = None;
            return Some(0);
        }
        let (began, from) = *self.began.get_or_insert((Instant::now(), state.as_of));
        let read = state.as_of.0.saturating_sub(from.0);
        let left = state.windows_left.saturating_mul(lock(&self.household).genesis().parameters.window);
        let speed = read as f64 / began.elapsed().as_secs_f64().max(0.001);
        (read > 0).then(|| (left as f64 / speed).ceil() as u64)
    }

    /// Reads all there is.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub fn finish(&mut self, progress: &mut dyn FnMut(&SyncState)) -> Result<SyncState, HouseholdError> {
        loop {
            let state = self.round()?;
            progress(&state);
            if state.done {
                lock(&self.household).save()?;
                return Ok(state);
            }
        }
    }

    /// Waits until something that was signed is final, or given up.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub fn wait_for(&mut self, id: &TransactionId, at_most: Duration) -> Result<Option<EntryState>, HouseholdError> {
        let start = Instant::now();
        loop {
            self.round()?;
            let state = lock(&self.household).state_of(id);
            let over = matches!(state, None | Some(EntryState::Final | EntryState::Released));
            if over || start.elapsed() >= at_most {
                return Ok(state);
            }
            thread::sleep(LOOK);
        }
    }

    /// All offers on the boards of the nodes.
    ///
    /// # Errors
    /// If no node answers.
    pub fn board(&mut self) -> Result<Vec<SignedOffer>, HouseholdError> {
        Ok(self.nodes.board()?)
    }

    /// The same, for people: cheapest first.
    ///
    /// # Errors
    /// If no node answers.
    pub fn board_views(&mut self) -> Result<Vec<OfferView>, HouseholdError> {
        let offers = self.board()?;
        let household = lock(&self.household);
        let mut views: Vec<OfferView> = offers.iter().map(|offer| household.offer_view(offer)).collect();
        views.sort_by_key(|view| (view.window, view.price, view.link.clone()));
        Ok(views)
    }

    /// Puts an offer on the boards.
    ///
    /// # Errors
    /// If no node takes it.
    pub fn post_offer(&mut self, offer: &SignedOffer) -> Result<(), HouseholdError> {
        Ok(self.nodes.post_offer(offer)?)
    }
}
