//! What waited when the node stopped: verified again, since the state and the rules may have moved on.

use hushwatt_ledger::Rejection;

use super::Standing;
use crate::{
    Dropped, NodeError, Restored, Source, Submission, SubmitError, core::Shared, journal::Reloaded, lock::lock,
};

/// So many are verified as one batch.
const BATCH: usize = 128;

impl Shared {
    /// Takes in what the journal held, and writes it anew if some of that does not wait any more.
    pub fn restore(&self, reloaded: Reloaded) -> Result<Restored, NodeError> {
        let network = *self.store.genesis().network();
        let mut restored = Restored { damaged: reloaded.damaged, torn: reloaded.torn, ..Restored::default() };
        let mut finals = 0;
        let mut submissions = Vec::with_capacity(reloaded.bodies.len());
        for body in &reloaded.bodies {
            match Submission::from_bytes(&network, body) {
                Ok(submission) => submissions.push(submission),
                Err(_) => restored.damaged += 1,
            }
        }
        for batch in submissions.chunks(BATCH) {
            let entrants = batch.iter().map(|submission| (submission.clone(), Source::Restored)).collect();
            // The journal stays as it is until all of it is read.
            let mut entrants = self.verified(entrants);
            self.insert(&mut entrants);
            for entrant in entrants {
                let id = *entrant.submission.id();
                match entrant.verdict() {
                    Ok(submitted) if matches!(submitted.standing, Standing::Final { .. }) => finals += 1,
                    Ok(_) => {}
                    Err(error) => restored.dropped.push((id, reason(error)?)),
                }
            }
        }
        {
            let mut mempool = lock(&self.mempool);
            restored.dropped.iter().for_each(|(id, reason)| mempool.note_drop(*id, *reason));
            restored.waiting = mempool.taken().items;
        }
        if finals > 0 || !restored.dropped.is_empty() || restored.damaged > 0 {
            // The next submission tries again.
            if let Err(error) = self.rewrite(&mut lock(&self.intake.journal)) {
                tracing::warn!(%error, "the journal still holds what does not wait any more");
            }
        }
        Ok(restored)
    }
}

fn reason(error: SubmitError) -> Result<Dropped, NodeError> {
    match error {
        SubmitError::Refused { rejection } => Ok(Dropped::Rule(rejection)),
        SubmitError::Conflict(_) => Ok(Dropped::Rule(Rejection::AlreadySpent)),
        SubmitError::State(error) => Err(error.into()),
        SubmitError::Full
        | SubmitError::Share
        | SubmitError::Busy
        | SubmitError::Failed
        | SubmitError::Stopping
        | SubmitError::Journal { .. } => Ok(Dropped::NoRoom),
    }
}
