//! The market operator's admission of an order: he must have opened it before the ledger takes it (protocol section 6.4).
//!
//! He gets the transaction and its sealed opening, never its hints; without them no node takes it. So what he refuses, answers
//! wrongly or never answers can be taken back here at any time.

use hushwatt_client::{BaseUrl, OperatorClient, OperatorError, Patience};
use hushwatt_crypto::{
    Label, NetworkId,
    order_seal::{OPENING_LENGTH, SealedOpening},
    signature::{Signature, VerifyingKey},
};
use hushwatt_ledger::{
    transaction::{Transaction, TransactionId, order::with_admission},
    units::Window,
};
use rand_core::OsRng;
use zeroize::Zeroizing;

use super::{
    Household, HouseholdError,
    content::Bytes,
    outbox::{Intent, submission_bytes},
};

/// How long the operator is waited for.
const PATIENCE: Patience = Patience {
    connect: std::time::Duration::from_secs(5),
    answer: std::time::Duration::from_secs(15),
    body: Some(std::time::Duration::from_secs(15)),
};

/// An order that the operator has not admitted yet.
pub struct ToAdmit {
    /// Which.
    pub id: TransactionId,
    /// Where he is.
    pub url: String,
    network: NetworkId,
    operator: VerifyingKey,
    transaction: Transaction,
    opening: Zeroizing<[u8; OPENING_LENGTH]>,
}

impl ToAdmit {
    /// Asks the operator, who must be the one that the ledger has registered. The opening is sealed for him; the same order may
    /// be sent any number of times.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub fn ask(&self) -> Result<Signature, OperatorError> {
        let base: BaseUrl = self.url.parse().map_err(|_| OperatorError::Foreign { url: self.url.clone() })?;
        let client = OperatorClient::patient(&base, &PATIENCE);
        let described = client.describe(&self.network, &self.operator)?;
        let sealed = SealedOpening::seal(&self.network, &described.sealing, &self.id.0, &self.opening, &mut OsRng);
        client.submit(&self.operator, &self.transaction, &sealed)
    }
}

/// What came of asking.
#[derive(Debug)]
pub enum Admission {
    /// It is admitted, and can be handed in.
    Given,
    /// It was given up, and what it set aside is free again.
    Refused,
    /// The operator may answer later: why not now.
    Later(String),
}

impl Household {
    /// What the operator is to be asked for, again and again until it is admitted or void.
    pub fn to_admit(&self) -> Vec<ToAdmit> {
        let network = *self.genesis.network();
        let waiting = self.outbox.iter().filter(|out| !out.is_over());
        let ask = waiting.filter_map(|out| {
            let Intent::Order { window, operator, .. } = &out.intent else { return None };
            let opening = Zeroizing::new(out.opening.as_ref()?.0.as_slice().try_into().ok()?);
            let transaction = out.built(&network)?.transaction;
            let id = *transaction.id();
            let registered = self.registered_operator(Window(*window)).ok()?;
            Some(ToAdmit { id, url: operator.clone(), network, operator: registered, transaction, opening })
        });
        ask.collect()
    }

    /// Takes the operator's answer. What he refuses for good, or answers wrongly, is given up at once.
    ///
    /// # Errors
    /// If that cannot be saved.
    pub fn answered(
        &mut self,
        id: &TransactionId,
        answer: Result<Signature, OperatorError>,
    ) -> Result<Admission, HouseholdError> {
        match answer {
            Ok(admission) => self.admit(id, admission),
            Err(error @ OperatorError::Node(_)) => Ok(Admission::Later(error.to_string())),
            Err(error @ OperatorError::Refused { problem, .. }) if problem.is_passing() => {
                Ok(Admission::Later(error.to_string()))
            }
            Err(error) => self.refuse(id, &error.to_string()),
        }
    }

    fn admit(&mut self, id: &TransactionId, admission: Signature) -> Result<Admission, HouseholdError> {
        let network = *self.genesis.network();
        let Some(place) = self.waiting_for_admission(id) else { return Ok(Admission::Given) };
        let admitted = self.outbox.get(place).and_then(|out| {
            let Intent::Order { window, .. } = &out.intent else { return None };
            let operator = self.registered_operator(Window(*window)).ok()?;
            operator.verify(&network, Label::OperatorSignature, &id.0, &admission).ok()?;
            let mut built = out.built(&network)?;
            built.transaction = with_admission(&built.transaction, admission)?;
            Some(built)
        });
        let Some(built) = admitted else {
            return self.refuse(id, "the market operator's admission does not verify: it was not sent to the ledger");
        };
        if let Some(out) = self.outbox.get_mut(place) {
            (out.submission, out.opening) = (Some(Bytes(submission_bytes(&built))), None);
        }
        self.save()?;
        Ok(Admission::Given)
    }

    fn refuse(&mut self, id: &TransactionId, reason: &str) -> Result<Admission, HouseholdError> {
        if let Some(place) = self.waiting_for_admission(id) {
            self.give_up(place, reason);
            self.save()?;
        }
        Ok(Admission::Refused)
    }

    /// Takes an order back that the operator has not admitted: no node has it, and he cannot hand it in.
    ///
    /// # Errors
    /// [`HouseholdError::NoTrade`] if it is admitted or over already; or if that cannot be saved.
    pub fn cancel_order(&mut self, id: &TransactionId) -> Result<(), HouseholdError> {
        let late = "this order cannot be taken back any more: it was admitted, or it is over";
        let place = self.waiting_for_admission(id).ok_or_else(|| HouseholdError::NoTrade(late.to_owned()))?;
        self.give_up(place, "you took it back");
        self.save()
    }

    fn waiting_for_admission(&self, id: &TransactionId) -> Option<usize> {
        let waits = |out: &super::outbox::Outgoing| !out.is_over() && out.opening.is_some();
        self.outbox.iter().position(|out| waits(out) && out.transaction_id() == Some(*id))
    }
}
