//! The proof of a disclosure in its file.

use hushwatt_circuits::{CircuitProof, MAX_PROOF_BYTES, peak::MAX_INTERVALS};
use hushwatt_crypto::{
    PublicScalar,
    clsag::Clsag,
    designated::Designated,
    disclosure::Knowledge,
    hash::hex,
    range::{RangeBits, RangeProof},
};
use serde::{Deserialize, Serialize};

use super::{bytes, malformed, point, scalar};
use crate::{
    codec::{Reader, Writer},
    disclosure::{
        BalanceClaim, BalanceProof, Circuits, Claim, DisclosureError, MAX_PEAK_PARTS, Proof, Rings, Sigma, tied::Tied,
    },
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ProofForm {
    Knowledge(KnowledgeForm),
    Designated(DesignatedForm),
    Rings(RingsForm),
    DesignatedRings(RingsForm),
    Circuits(Vec<String>),
    Tied(TiedForm),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnowledgeForm {
    challenge: String,
    responses: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DesignatedForm {
    household: String,
    verifier: String,
    responses: Vec<String>,
    verifier_response: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RingsForm {
    /// `c0`, the responses in ring order (the verifier's behind them in a designated one), `D`: 32 bytes each.
    signatures: Vec<String>,
    range: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TiedForm {
    fresh: Vec<String>,
    tie: DesignatedForm,
    circuits: Vec<String>,
}

impl DesignatedForm {
    fn of(proof: &Designated) -> Self {
        DesignatedForm {
            household: hex(proof.household.as_bytes()),
            verifier: hex(proof.verifier.as_bytes()),
            responses: proof.responses.iter().map(|response| hex(response.as_bytes())).collect(),
            verifier_response: hex(proof.verifier_response.as_bytes()),
        }
    }

    fn read(&self) -> Result<Designated, DisclosureError> {
        Ok(Designated {
            household: scalar("the household's challenge", &self.household)?,
            verifier: scalar("the verifier's challenge", &self.verifier)?,
            responses: responses(&self.responses)?,
            verifier_response: scalar("the verifier's response", &self.verifier_response)?,
        })
    }
}

impl RingsForm {
    fn of(signatures: &[Clsag], range: &RangeProof) -> Self {
        let signature = |signature: &Clsag| {
            let mut writer = Writer::new();
            writer.clsag(signature);
            hex(&writer.finish())
        };
        RingsForm { signatures: signatures.iter().map(signature).collect(), range: hex(range.as_bytes()) }
    }

    /// `more` is how many responses there are beside one for each note.
    fn read(&self, balance: &BalanceClaim, more: usize) -> Result<(Vec<Clsag>, RangeProof), DisclosureError> {
        if self.signatures.len() != balance.notes.len() {
            return Err(DisclosureError::NoteCount);
        }
        let pairs = self.signatures.iter().zip(&balance.notes);
        let signatures =
            pairs.map(|(text, note)| signature(text, note.bucket.ring() + more)).collect::<Result<_, _>>()?;
        let range = bytes("the range proof", &self.range, RangeProof::encoded_len(RangeBits::Bits64, 1))?;
        let range = RangeProof::decode(&range).map_err(|error| malformed("the range proof", error))?;
        Ok((signatures, range))
    }
}

impl TiedForm {
    fn of(Tied { fresh, tie, circuits }: &Tied) -> Self {
        TiedForm {
            fresh: fresh.iter().map(|point| hex(point.as_bytes())).collect(),
            tie: DesignatedForm::of(tie),
            circuits: written(circuits),
        }
    }

    fn read(&self) -> Result<Tied, DisclosureError> {
        // One for each interval of a peak.
        if !(1..=MAX_INTERVALS).contains(&self.fresh.len()) {
            return Err(DisclosureError::ProofCount);
        }
        let fresh = self.fresh.iter().map(|text| point("a commitment", text)).collect::<Result<_, _>>()?;
        Ok(Tied { fresh, tie: self.tie.read()?, circuits: circuits(&self.circuits)? })
    }
}

impl ProofForm {
    pub(super) fn of(proof: &Proof) -> Self {
        match proof {
            Proof::Knowledge(Sigma::Plain(Knowledge { challenge, responses })) => ProofForm::Knowledge(KnowledgeForm {
                challenge: hex(challenge.as_bytes()),
                responses: responses.iter().map(|response| hex(response.as_bytes())).collect(),
            }),
            Proof::Knowledge(Sigma::Designated(proof)) => ProofForm::Designated(DesignatedForm::of(proof)),
            Proof::Balance(BalanceProof { rings: Rings::Plain(signatures), range }) => {
                ProofForm::Rings(RingsForm::of(signatures, range))
            }
            Proof::Balance(BalanceProof { rings: Rings::Designated(signatures), range }) => {
                ProofForm::DesignatedRings(RingsForm::of(signatures, range))
            }
            Proof::Circuits(Circuits::Plain(proofs)) => ProofForm::Circuits(written(proofs)),
            Proof::Circuits(Circuits::Tied(tied)) => ProofForm::Tied(TiedForm::of(tied)),
        }
    }

    /// Reads the proof that the claim needs.
    pub(super) fn read(self, claim: &Claim) -> Result<Proof, DisclosureError> {
        Ok(match (self, claim) {
            (ProofForm::Rings(form), Claim::Balance(balance)) => {
                let (signatures, range) = form.read(balance, 0)?;
                Proof::Balance(BalanceProof { rings: Rings::Plain(signatures), range })
            }
            (ProofForm::DesignatedRings(form), Claim::Balance(balance)) => {
                let (signatures, range) = form.read(balance, 1)?;
                Proof::Balance(BalanceProof { rings: Rings::Designated(signatures), range })
            }
            (ProofForm::Circuits(proofs), Claim::Bill(_) | Claim::Peak(_)) => {
                Proof::Circuits(Circuits::Plain(circuits(&proofs)?))
            }
            (ProofForm::Tied(form), Claim::Bill(_) | Claim::Peak(_)) => Proof::Circuits(Circuits::Tied(form.read()?)),
            (ProofForm::Rings(_) | ProofForm::DesignatedRings(_) | ProofForm::Circuits(_) | ProofForm::Tied(_), _)
            | (_, Claim::Balance(_) | Claim::Bill(_) | Claim::Peak(_)) => return Err(DisclosureError::ProofKind),
            (ProofForm::Knowledge(form), _) => Proof::Knowledge(Sigma::Plain(Knowledge {
                challenge: scalar("the challenge", &form.challenge)?,
                responses: responses(&form.responses)?,
            })),
            (ProofForm::Designated(form), _) => Proof::Knowledge(Sigma::Designated(form.read()?)),
        })
    }
}

fn written(proofs: &[CircuitProof]) -> Vec<String> {
    proofs.iter().map(|proof| hex(proof.as_bytes())).collect()
}

fn circuits(texts: &[String]) -> Result<Vec<CircuitProof>, DisclosureError> {
    if !(1..=MAX_PEAK_PARTS).contains(&texts.len()) {
        return Err(DisclosureError::ProofCount);
    }
    texts.iter().map(|text| circuit(text)).collect()
}

fn responses(texts: &[String]) -> Result<Vec<PublicScalar>, DisclosureError> {
    texts.iter().map(|text| scalar("a response", text)).collect()
}

fn circuit(text: &str) -> Result<CircuitProof, DisclosureError> {
    let field = "a proof";
    if text.len() > 2 * MAX_PROOF_BYTES {
        return Err(malformed(field, "it is too long"));
    }
    let bytes = bytes(field, text, text.len() / 2)?;
    CircuitProof::decode(&bytes).map_err(|error| malformed(field, error))
}

fn signature(text: &str, members: usize) -> Result<Clsag, DisclosureError> {
    let bytes = bytes("a ring signature", text, Clsag::encoded_len(members))?;
    Reader::new(&bytes).clsag(members).map_err(|error| malformed("a ring signature", error))
}
