//! The generators `G`, `H`, `J` (section 1), in one place and checked at start.

use std::sync::LazyLock;

use bulletproofs::PedersenGens;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;

use crate::{
    CryptoError, Element, Label, NetworkId,
    hash::{Hasher, hex},
};

/// The three generators of the protocol.
pub struct Generators {
    /// Base of keys and blindings: the Ristretto base point.
    pub g: Element,
    /// Base of values: `PedersenGens::default().B_blinding`.
    pub h: Element,
    /// Base of handles: hash-to-group of the label `generator-j`.
    pub j: Element,
    /// The commitment key for Bulletproofs: `B = H`, `B_blinding = G`, so that `com(v; b) = v*H + b*G`.
    pub pedersen: PedersenGens,
}

static GENERATORS: LazyLock<Generators> = LazyLock::new(|| {
    let h = PedersenGens::default().B_blinding;
    let j = Hasher::new(&NetworkId::NONE, Label::GeneratorJ).finish_point();
    Generators {
        g: Element::new(RISTRETTO_BASEPOINT_POINT),
        h: Element::new(h),
        j: Element::new(j),
        pedersen: PedersenGens { B: h, B_blinding: RISTRETTO_BASEPOINT_POINT },
    }
});

/// The generators.
pub fn generators() -> &'static Generators {
    &GENERATORS
}

/// Compares the generators of this build with the protocol's written-down encodings. Every program calls it first.
pub fn check_generators() -> Result<(), CryptoError> {
    let base = generators();
    let right = hex(base.g.as_bytes()) == G_HEX && hex(base.h.as_bytes()) == H_HEX && hex(base.j.as_bytes()) == J_HEX;
    if right { Ok(()) } else { Err(CryptoError::WrongGenerators) }
}

const G_HEX: &str = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";
const H_HEX: &str = "8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134";
const J_HEX: &str = "e2a71eba714d78e15b00e6a512a482e1b11f555c58d334f53b218a9b355a0364";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generators_are_those_written_down() {
        let base = generators();
        assert_eq!(hex(base.g.as_bytes()), G_HEX);
        assert_eq!(hex(base.h.as_bytes()), H_HEX);
        assert_eq!(hex(base.j.as_bytes()), J_HEX);
        assert_eq!(check_generators(), Ok(()));
    }
}
