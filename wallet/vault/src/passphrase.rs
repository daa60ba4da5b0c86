//! What a person types to open a file, and how much work it is to test a guess of it.

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use crate::FileError;

/// A passphrase. Wiped when dropped, never printed. There is no rule about its length or letters, except that there are some.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes what was typed, exactly: blanks at the ends count. Refuses an empty one.
    pub fn new(typed: impl Into<String>) -> Result<Self, FileError> {
        let typed = Zeroizing::new(typed.into());
        if typed.is_empty() { Err(FileError::EmptyPassphrase) } else { Ok(Passphrase(typed)) }
    }

    /// A copy for age, which wipes it too.
    pub(crate) fn secret(&self) -> SecretString {
        SecretString::from(self.0.as_str().to_owned())
    }
}

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// How much work one guess of a passphrase is: scrypt with `N = 2^n`, which takes `N` kibibytes of memory and time in
/// proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength(u8);

impl Strength {
    /// For people: about a second and 128 MiB. Opening a file costs it once, saving never.
    pub const USUAL: Strength = Strength(17);
    /// For tests, which have no secrets: no work to speak of.
    pub const FOR_TESTS: Strength = Strength(1);
    /// The most that a file may ask for, several times what age's own programs choose: about 8 s and 1 GiB.
    pub(crate) const MOST: Strength = Strength(20);

    pub(crate) fn exponent(self) -> u8 {
        self.0
    }
}

impl Default for Strength {
    fn default() -> Self {
        Self::USUAL
    }
}
