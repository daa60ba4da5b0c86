//! A blocking client of the market operator's door: wallets ask him to admit their orders (protocol section 6.4).
//!
//! Nothing that he says is believed. Who he is, the ledger says; that the sealing key is his, his signature over it; that an
//! order is admitted, his signature over its id, which every validator checks again.

use std::fmt;

use hushwatt_crypto::{
    Label, NetworkId,
    hash::hex,
    order_seal::{SealedOpening, SealingPublic},
    signature::{Signature, VerifyingKey},
};
use hushwatt_ledger::{transaction::Transaction, units::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{BaseUrl, ClientError, NodeClient, Patience};

/// Name and version of what an operator says about himself.
pub const OPERATOR_FORMAT: &str = "hushwatt operator 1";
/// Where he says it.
const DESCRIPTION: &str = "/v1/operator";
/// Where orders go.
const ORDERS: &str = "/v1/orders";

/// Why the operator does not admit an order, by the name that programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderProblem {
    /// The request or the transaction in it cannot be read.
    Malformed,
    /// The transaction belongs to another network.
    ForeignNetwork,
    /// It is another kind of transaction.
    NotAnOrder,
    /// Orders for its window are not accepted yet.
    NotBegun,
    /// Orders for its window are no longer accepted.
    Over,
    /// The transaction can no longer be included.
    Expired,
    /// The community does not measure what it trades, or has no auctions.
    Utility,
    /// The opening was not sealed for this operator and this order.
    Sealed,
    /// What was sealed does not open the order.
    Opening,
    /// A rule of the ledger refuses it; the answer names the rule.
    Rule,
    /// No more orders are taken for its window.
    Full,
    /// The request is longer than any order.
    TooLarge,
    /// The request came too slowly.
    Slow,
    /// Too many requests.
    Rate,
    /// Too many connections.
    Busy,
    /// The operator cannot keep anything now.
    Unavailable,
    /// A name that this program does not know.
    Unknown,
}

impl OrderProblem {
    /// All that have names.
    pub const ALL: [OrderProblem; 16] = [
        OrderProblem::Malformed,
        OrderProblem::ForeignNetwork,
        OrderProblem::NotAnOrder,
        OrderProblem::NotBegun,
        OrderProblem::Over,
        OrderProblem::Expired,
        OrderProblem::Utility,
        OrderProblem::Sealed,
        OrderProblem::Opening,
        OrderProblem::Rule,
        OrderProblem::Full,
        OrderProblem::TooLarge,
        OrderProblem::Slow,
        OrderProblem::Rate,
        OrderProblem::Busy,
        OrderProblem::Unavailable,
    ];

    /// Its name in answers.
    pub fn name(self) -> &'static str {
        match self {
            OrderProblem::Malformed => "malformed",
            OrderProblem::ForeignNetwork => "foreign_network",
            OrderProblem::NotAnOrder => "not_an_order",
            OrderProblem::NotBegun => "not_begun",
            OrderProblem::Over => "over",
            OrderProblem::Expired => "expired",
            OrderProblem::Utility => "utility",
            OrderProblem::Sealed => "sealed",
            OrderProblem::Opening => "opening",
            OrderProblem::Rule => "rule",
            OrderProblem::Full => "full",
            OrderProblem::TooLarge => "too_large",
            OrderProblem::Slow => "slow",
            OrderProblem::Rate => "rate",
            OrderProblem::Busy => "busy",
            OrderProblem::Unavailable => "unavailable",
            OrderProblem::Unknown => "unknown",
        }
    }

    /// The problem of a name.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|problem| problem.name() == name).unwrap_or(OrderProblem::Unknown)
    }

    /// Whether the same order may be admitted later.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            OrderProblem::NotBegun
                | OrderProblem::Slow
                | OrderProblem::Rate
                | OrderProblem::Busy
                | OrderProblem::Unavailable
        )
    }
}

impl fmt::Display for OrderProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Why there is no admission.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The operator cannot be reached, or answers nonsense.
    #[error(transparent)]
    Node(#[from] ClientError),
    /// Of another network.
    #[error("the market operator at {url} serves another network: check the address")]
    Foreign {
        /// What was asked.
        url: String,
    },
    /// Somebody else.
    #[error(
        "{url} is not the market operator that the ledger has registered: send no order there; ask the registrars for the right address"
    )]
    NotTheOperator {
        /// What was asked.
        url: String,
    },
    /// The sealing key is not his.
    #[error(
        "the sealing key at {url} is not signed by the market operator: somebody is in between; send no order there"
    )]
    SealingKey {
        /// What was asked.
        url: String,
    },
    /// The admission is none.
    #[error(
        "the market operator at {url} answered with an admission that does not verify: the order was not sent to the ledger"
    )]
    Admission {
        /// What was asked.
        url: String,
    },
    /// He refuses.
    #[error("the market operator does not take the order: {message} ({problem})")]
    Refused {
        /// Why, for programs.
        problem: OrderProblem,
        /// The ledger's rule that refuses the order, if one does.
        rule: Option<String>,
        /// When orders for its window begin, if they have not.
        from: Option<Timestamp>,
        /// Why, for people.
        message: String,
    },
}

/// The operator as his door describes him, checked against the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorDescription {
    /// Openings are sealed for this key.
    pub sealing: SealingPublic,
    /// His time.
    pub now: Timestamp,
}

/// The answer of `/v1/operator`. Keys and signatures in hexadecimal, times in unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorAnswer {
    /// [`OPERATOR_FORMAT`].
    pub format: String,
    /// Network id.
    pub network: String,
    /// The operator's Ed25519 key.
    pub key: String,
    /// His sealing key.
    pub sealing_key: String,
    /// His signature over it.
    pub sealing_signature: String,
    /// His time.
    pub now: u64,
}

impl OperatorAnswer {
    /// What an operator says of himself.
    pub fn new(
        network: &NetworkId,
        operator: &VerifyingKey,
        sealing: &SealingPublic,
        signature: &Signature,
        now: Timestamp,
    ) -> Self {
        OperatorAnswer {
            format: OPERATOR_FORMAT.to_owned(),
            network: network.to_string(),
            key: hex(operator.as_bytes()),
            sealing_key: hex(sealing.as_bytes()),
            sealing_signature: hex(&signature.0),
            now: now.0,
        }
    }
}

/// What is sent to `/v1/orders`, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// The order, its admission 64 zero bytes.
    pub transaction: String,
    /// Its sealed opening.
    pub sealed: String,
}

/// The answer to it, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAnswer {
    /// Id of the order on the ledger.
    pub order: String,
    /// The operator's signature over the transaction's id.
    pub admission: String,
}

/// A refusal: `{"error": ..}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemAnswer {
    /// What is wrong.
    pub error: ProblemBody,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemBody {
    /// The problem's name.
    pub code: String,
    /// The ledger's rule, if one refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// When orders begin, unix seconds, if they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// For people.
    pub message: String,
}

/// The door of a market operator.
#[derive(Clone, Debug)]
pub struct OperatorClient {
    http: NodeClient,
}

impl OperatorClient {
    /// By its base URL.
    pub fn at(base: &BaseUrl) -> Self {
        OperatorClient { http: NodeClient::at(base) }
    }

    /// The same, waiting for as long as is said.
    pub fn patient(base: &BaseUrl, patience: &Patience) -> Self {
        OperatorClient { http: NodeClient::patient(base, patience) }
    }

    /// The base URL.
    pub fn base(&self) -> &BaseUrl {
        self.http.base()
    }

    /// `GET /v1/operator`: the key to seal openings with. `operator` is the key that the ledger has registered for the order's
    /// window, never one that a door says.
    ///
    /// # Errors
    /// [`OperatorError`], but not [`OperatorError::Admission`].
    pub fn describe(&self, network: &NetworkId, operator: &VerifyingKey) -> Result<OperatorDescription, OperatorError> {
        let bytes = self.ask(DESCRIPTION, None)?;
        let answer: OperatorAnswer =
            serde_json::from_slice(&bytes).map_err(|error| self.http.nonsense(DESCRIPTION, &error))?;
        if answer.format != OPERATOR_FORMAT {
            return Err(self.http.nonsense(DESCRIPTION, &"it has another format").into());
        }
        let url = || self.base().to_string();
        if answer.network != network.to_string() {
            return Err(OperatorError::Foreign { url: url() });
        }
        if answer.key != hex(operator.as_bytes()) {
            return Err(OperatorError::NotTheOperator { url: url() });
        }
        let wrong = || OperatorError::SealingKey { url: url() };
        let sealing = unhex(&answer.sealing_key).and_then(|bytes| SealingPublic::decode(&bytes).ok());
        let (sealing, signature) = sealing.zip(unhex(&answer.sealing_signature)).ok_or_else(wrong)?;
        sealing.verify(network, operator, &Signature(signature)).map_err(|_| wrong())?;
        Ok(OperatorDescription { sealing, now: Timestamp(answer.now) })
    }

    /// `POST /v1/orders`: asks for the admission of an order, given with its sealed opening; it is verified against `operator`,
    /// the key that the ledger has registered for the order's window. Sending the same again is answered the same.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub fn submit(
        &self,
        operator: &VerifyingKey,
        order: &Transaction,
        sealed: &SealedOpening,
    ) -> Result<Signature, OperatorError> {
        let request = OrderRequest { transaction: hex(&order.encode()), sealed: hex(&sealed.0) };
        let body = serde_json::to_vec(&request).map_err(|error| self.http.nonsense(ORDERS, &error))?;
        let bytes = self.ask(ORDERS, Some(&body))?;
        let answer: OrderAnswer = serde_json::from_slice(&bytes).map_err(|error| self.http.nonsense(ORDERS, &error))?;
        let wrong = || OperatorError::Admission { url: self.base().to_string() };
        let admission = Signature(unhex(&answer.admission).ok_or_else(wrong)?);
        let network = &order.envelope().network;
        operator.verify(network, Label::OperatorSignature, &order.id().0, &admission).map_err(|_| wrong())?;
        Ok(admission)
    }

    fn ask(&self, path: &str, body: Option<&[u8]>) -> Result<Vec<u8>, OperatorError> {
        let (status, bytes) = self.http.exchange(path, body)?;
        if (200..300).contains(&status) {
            return Ok(bytes);
        }
        match serde_json::from_slice(&bytes) {
            Ok(ProblemAnswer { error }) => Err(OperatorError::Refused {
                problem: OrderProblem::named(&error.code),
                rule: error.rule,
                from: error.from.map(Timestamp),
                message: error.message,
            }),
            Err(_) => {
                let reason = format!("status {status}, without a reason");
                Err(self.http.nonsense(path, &reason).into())
            }
        }
    }
}

/// So many bytes in hexadecimal, lower case or upper.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut digits = text.chars().map(|digit| digit.to_digit(16));
    let mut bytes = [0; N];
    for byte in &mut bytes {
        *byte = u8::try_from(digits.next()?? * 16 + digits.next()??).ok()?;
    }
    digits.next().is_none().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_reads_back_by_its_name() {
        for problem in OrderProblem::ALL {
            assert_eq!(OrderProblem::named(problem.name()), problem);
        }
        assert_eq!(OrderProblem::named("something new"), OrderProblem::Unknown);
        assert!(OrderProblem::NotBegun.is_passing() && !OrderProblem::Over.is_passing());
    }

    #[test]
    fn only_so_many_digits_are_bytes() {
        assert_eq!(unhex("00fF"), Some([0, 255]));
        for wrong in ["00f", "00ff0", "00fg", "+0ff", ""] {
            assert_eq!(unhex::<2>(wrong), None, "{wrong}");
        }
    }
}
