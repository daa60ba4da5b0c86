//! A household's keys: seed, view pair, spend pair, key images (section 2).

use curve25519_dalek::ristretto::RistrettoPoint;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    CryptoError, Label, NetworkId, Point, Rng, SecretScalar,
    address::Address,
    hash::Hasher,
    schnorr::{self, Schnorr},
};

/// What a household writes down: everything that can spend follows from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A fresh seed.
    pub fn random(rng: &mut impl Rng) -> Self {
        let mut seed = [0u8; 32];
        rng.fill_bytes(&mut seed);
        Seed(seed)
    }

    /// From a backup.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Seed(bytes)
    }

    /// For a backup. The caller wipes what it copies.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Debug for Seed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The view secret `v` and what it needs to recognise notes: it sees, it cannot spend.
#[derive(Clone, Debug)]
pub struct ViewKey {
    pub(crate) view: SecretScalar,
    pub(crate) spend_public: Point,
}

impl ViewKey {
    /// `S`, which recognised one-time keys are built on.
    pub fn spend_public(&self) -> &Point {
        &self.spend_public
    }
}

/// The spend secret `s`.
#[derive(Clone, Debug)]
pub struct SpendKey(pub(crate) SecretScalar);

/// Both pairs of a household on one network.
#[derive(Clone, Debug)]
pub struct Account {
    view: ViewKey,
    spend: SpendKey,
    address: Address,
}

impl Account {
    /// Derives the keys of a seed on a network. Fails only for a seed whose hash is zero (probability 2^-252).
    pub fn from_seed(network: &NetworkId, seed: &Seed) -> Result<Self, CryptoError> {
        let view = Hasher::new(network, Label::ViewKey).part(seed.expose()).finish_scalar();
        let spend = Hasher::new(network, Label::SpendKey).part(seed.expose()).finish_scalar();
        let zero = |_| CryptoError::ZeroSecret;
        let view_public = Point::try_from(view.public()).map_err(zero)?;
        let spend_public = Point::try_from(spend.public()).map_err(zero)?;
        Ok(Account {
            view: ViewKey { view, spend_public },
            spend: SpendKey(spend),
            address: Address { view: view_public, spend: spend_public },
        })
    }

    /// The half that recognises notes.
    pub fn view(&self) -> &ViewKey {
        &self.view
    }

    /// The half that spends.
    pub fn spend(&self) -> &SpendKey {
        &self.spend
    }

    /// What others pay to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Signs a message outside the ledger as the owner of the address, for one use of the label table. Constant time in the
    /// spend secret. Nothing on the ledger is ever signed with it alone: notes and contracts have one-time keys.
    pub fn sign(
        &self,
        network: &NetworkId,
        label: Label,
        message: &[u8],
        rng: &mut impl Rng,
    ) -> Result<Schnorr, CryptoError> {
        schnorr::sign(network, &self.spend.0, &digest(network, label, message), rng)
    }
}

impl Address {
    /// Checks that the owner of the address signed a message with [`Account::sign`]. Says nothing about `V`: a message that
    /// must bind the whole address holds it.
    pub fn verify(
        &self,
        network: &NetworkId,
        label: Label,
        message: &[u8],
        signature: &Schnorr,
    ) -> Result<(), CryptoError> {
        schnorr::verify(network, &self.spend, &digest(network, label, message), signature)
    }
}

fn digest(network: &NetworkId, label: Label, message: &[u8]) -> [u8; 64] {
    Hasher::new(network, label).part(message).finish64()
}

/// The secret `x` of one note's one-time key. Never exported.
#[derive(Clone, Debug)]
pub struct OneTimeSecret(SecretScalar);

impl OneTimeSecret {
    /// `x = k + s`: `k` from the hint or the meter's day key.
    pub fn new(k: &SecretScalar, spend: &SpendKey) -> Self {
        OneTimeSecret(k.plus(&spend.0))
    }

    /// `P = x*G`.
    pub fn public(&self) -> Result<Point, CryptoError> {
        self.0.public().try_into()
    }

    /// Key image `I = x * Hp(P)`. Constant time in `x`.
    pub fn key_image(&self) -> Result<Point, CryptoError> {
        let base = hash_to_point(&self.public()?);
        Point::new(self.0.expose() * base)
    }

    /// The scalar, for the signer.
    pub fn secret(&self) -> &SecretScalar {
        &self.0
    }
}

/// `Hp(P) = from_hash(SHA-512(compress(P)))`, as nazgul computes it (section 1). The one hash without a label: the
/// reference implementation fixes it.
pub fn hash_to_point(key: &Point) -> RistrettoPoint {
    RistrettoPoint::from_hash(Sha512::new().chain_update(key.as_bytes()))
}
