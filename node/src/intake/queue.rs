//! Submissions that wait to be verified: bounded, in turns of their sources, those of suspects last and one by one.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    ops::Bound,
};

use hushwatt_ledger::transaction::{Action, FullDigest};

use crate::{
    Source, Submission, SubmitError, Submitted,
    source::{Room, Shares},
};

/// What is told to whoever handed something in.
pub type SubmitVerdict = Result<Submitted, SubmitError>;

/// A submission and who waits for the verdict.
pub(crate) struct Job {
    pub submission: Submission,
    pub source: Source,
    pub reply: Box<dyn FnOnce(SubmitVerdict) + Send>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.submission.encoded_len()
    }

    /// About how much there is to compute, in ring members.
    fn weight(&self) -> usize {
        let action = self.submission.transaction().action();
        let ring = action.buckets().iter().map(|bucket| bucket.length as usize).max().unwrap_or(0);
        let orders = match action {
            Action::Clear(clear) => clear.statement.outcome.orders().len(),
            _ => 0,
        };
        32 + action.spends().len() * ring + orders * ORDER_WEIGHT + self.submission.transaction().encoded_len() / 64
    }
}

/// Most submissions that wait to be verified, and their bytes.
const ROOM: Room = Room { items: 2_048, bytes: 16 << 20 };
/// A batch is closed when there is so much to compute: about a third of a second of one core.
const BATCH_WEIGHT: usize = 4_096;
/// What an order of a Clear adds to what its proof takes: 2.2 ms of one core with the widest prices (`circuits/README.md`).
const ORDER_WEIGHT: usize = 28;
/// A source that handed in a wrong proof is trusted again after so many right ones.
const STRIKE: u32 = 4;
/// A source never has to make up for more.
const MOST_STRIKES: u32 = 64;
/// Suspects remembered at most.
const MOST_SUSPECTS: usize = 4_096;

/// Jobs of several sources, taken in turns.
#[derive(Default)]
struct Turns {
    jobs: BTreeMap<Source, VecDeque<Job>>,
    last: Option<Source>,
}

impl Turns {
    fn push(&mut self, job: Job) {
        self.jobs.entry(job.source).or_default().push_back(job);
    }

    fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The source whose turn it is.
    fn next(&self) -> Option<Source> {
        let later = |last| self.jobs.range((Bound::Excluded(last), Bound::Unbounded)).next();
        let next = self.last.and_then(later).or_else(|| self.jobs.iter().next());
        next.map(|(source, _)| *source)
    }

    /// The next job, if it is not heavier than this.
    fn pop(&mut self, most: usize) -> Option<Job> {
        let source = self.next()?;
        let queue = self.jobs.get_mut(&source)?;
        let job = queue.pop_front_if(|job| job.weight() <= most)?;
        if queue.is_empty() {
            self.jobs.remove(&source);
        }
        self.last = Some(source);
        Some(job)
    }
}

/// The jobs that wait.
pub(crate) struct Queue {
    trusted: Turns,
    suspect: Turns,
    shares: Shares,
    contents: HashSet<FullDigest>,
    strikes: HashMap<Source, u32>,
    /// Whether a suspect's job was taken last, so that the others go next.
    suspect_last: bool,
    closed: bool,
}

impl Queue {
    pub fn new() -> Self {
        Queue {
            trusted: Turns::default(),
            suspect: Turns::default(),
            shares: Shares::new(ROOM),
            contents: HashSet::new(),
            strikes: HashMap::new(),
            suspect_last: true,
            closed: false,
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Nothing is taken in any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    pub fn len(&self) -> usize {
        self.shares.taken().items
    }

    /// Whether exactly these bytes wait already.
    pub fn contains(&self, content: &FullDigest) -> bool {
        self.contents.contains(content)
    }

    /// Takes a job, or gives it back and says why.
    pub fn push(&mut self, job: Job) -> Option<(Job, SubmitError)> {
        if self.closed {
            return Some((job, SubmitError::Stopping));
        }
        if self.shares.admits(job.source, job.bytes()).is_err() {
            return Some((job, SubmitError::Busy));
        }
        self.shares.add(job.source, job.bytes());
        self.contents.insert(*job.submission.transaction().full_digest());
        let turns = if self.strikes.contains_key(&job.source) { &mut self.suspect } else { &mut self.trusted };
        turns.push(job);
        None
    }

    /// The next jobs to be verified together: of trusted sources as many as make a batch, then one of a suspect alone.
    pub fn take(&mut self) -> Vec<Job> {
        let mut batch = Vec::new();
        let suspects_turn = !self.suspect.is_empty() && (self.trusted.is_empty() || !self.suspect_last);
        self.suspect_last = suspects_turn;
        if suspects_turn {
            batch.extend(self.suspect.pop(usize::MAX));
        } else {
            let mut left = usize::MAX;
            while let Some(job) = self.trusted.pop(left) {
                let most = left.min(BATCH_WEIGHT);
                left = most.saturating_sub(job.weight());
                batch.push(job);
            }
        }
        for job in &batch {
            self.shares.remove(job.source, job.bytes());
            self.contents.remove(job.submission.transaction().full_digest());
        }
        batch
    }

    /// A source's proofs were right or wrong. What a source still has here moves to where it belongs.
    pub fn judge(&mut self, source: Source, right: bool) {
        let before = self.strikes.contains_key(&source);
        match (self.strikes.get_mut(&source), right) {
            (None, true) => {}
            (Some(strikes), true) => {
                *strikes -= 1;
                if *strikes == 0 {
                    self.strikes.remove(&source);
                }
            }
            (Some(strikes), false) => *strikes = (*strikes + STRIKE).min(MOST_STRIKES),
            (None, false) => {
                if self.strikes.len() >= MOST_SUSPECTS {
                    let mildest = self.strikes.iter().min_by_key(|(_, strikes)| **strikes).map(|(source, _)| *source);
                    mildest.and_then(|mildest| self.strikes.remove(&mildest));
                }
                self.strikes.insert(source, STRIKE);
            }
        }
        let after = self.strikes.contains_key(&source);
        if before != after {
            let (from, to) =
                if after { (&mut self.trusted, &mut self.suspect) } else { (&mut self.suspect, &mut self.trusted) };
            if let Some(jobs) = from.jobs.remove(&source) {
                to.jobs.entry(source).or_default().extend(jobs);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::mints;

    fn job(number: usize, source: Source) -> Job {
        let mints = mints();
        Job { submission: mints[number % mints.len()].clone(), source, reply: Box::new(|_| ()) }
    }

    fn push(queue: &mut Queue, number: usize, source: Source) {
        assert!(queue.push(job(number, source)).is_none());
    }

    fn sources(batch: &[Job]) -> Vec<Source> {
        batch.iter().map(|job| job.source).collect()
    }

    const HONEST: Source = Source::Client(1);
    const FLOOD: Source = Source::Client(2);

    #[test]
    fn sources_are_taken_in_turns_however_much_one_of_them_has() {
        let mut queue = Queue::new();
        (0..20).for_each(|number| push(&mut queue, number, FLOOD));
        (20..22).for_each(|number| push(&mut queue, number, HONEST));
        assert!(queue.contains(mints()[21].transaction().full_digest()));
        let batch = queue.take();
        assert_eq!(sources(&batch)[..5], [HONEST, FLOOD, HONEST, FLOOD, FLOOD]);
        assert_eq!((batch.len(), queue.len()), (22, 0));
        assert!(queue.take().is_empty());
        assert!(!queue.contains(mints()[21].transaction().full_digest()));
    }

    #[test]
    fn a_batch_ends_when_there_is_enough_to_compute() {
        let mut queue = Queue::new();
        (0..400).for_each(|number| push(&mut queue, number, HONEST));
        let weight = job(0, HONEST).weight();
        let batches: Vec<usize> = std::iter::from_fn(|| Some(queue.take().len()).filter(|taken| *taken > 0)).collect();
        assert_eq!(batches.iter().sum::<usize>(), 400);
        assert!(batches.len() > 1 && batches.iter().all(|taken| taken * weight <= BATCH_WEIGHT + 400));
    }

    #[test]
    fn who_sent_wrong_proofs_is_verified_alone_and_after_the_others_until_he_has_made_up_for_it() {
        let mut queue = Queue::new();
        (0..6).for_each(|number| push(&mut queue, number, FLOOD));
        queue.judge(FLOOD, false);
        (6..9).for_each(|number| push(&mut queue, number, HONEST));
        assert_eq!(sources(&queue.take()), [HONEST; 3], "the others first");
        (9..11).for_each(|number| push(&mut queue, number, HONEST));
        assert_eq!(sources(&queue.take()), [FLOOD], "one alone in between, so that he is not shut out");
        assert_eq!(sources(&queue.take()), [HONEST; 2]);
        assert_eq!(sources(&queue.take()), [FLOOD]);
        assert_eq!(sources(&queue.take()), [FLOOD]);
        (0..STRIKE).for_each(|_| queue.judge(FLOOD, true));
        assert_eq!(sources(&queue.take()), [FLOOD; 3], "trusted again, with what still waits");
    }

    #[test]
    fn the_queue_is_bounded_and_a_flood_leaves_room_in_it() {
        let mut queue = Queue::new();
        let refused = (0..3_000).find(|number| queue.push(job(*number, FLOOD)).is_some()).unwrap();
        assert!(refused < ROOM.items);
        assert!(matches!(queue.push(job(0, FLOOD)), Some((_, SubmitError::Busy))));
        push(&mut queue, 1, HONEST);
        queue.close();
        assert!(matches!(queue.push(job(0, HONEST)), Some((_, SubmitError::Stopping))));
    }

    #[test]
    fn suspects_are_remembered_up_to_a_bound_and_the_mildest_forgotten() {
        let mut queue = Queue::new();
        queue.judge(FLOOD, false);
        queue.judge(FLOOD, false);
        (0..2 * MOST_SUSPECTS as u64).for_each(|peer| queue.judge(Source::Peer(peer), false));
        assert_eq!(queue.strikes.len(), MOST_SUSPECTS);
        assert_eq!(queue.strikes[&FLOOD], 2 * STRIKE);
        (0..100).for_each(|_| queue.judge(FLOOD, false));
        assert_eq!(queue.strikes[&FLOOD], MOST_STRIKES);
    }
}
