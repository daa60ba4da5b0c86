//! What a wallet keeps on disk: the encrypted wallet file, the backup file, and the words to write down. The two files are
//! those of `hushwatt-vault`, with its promises.

mod words;

use hushwatt_vault::{Kind, KindText, SealedFile};

pub use hushwatt_vault::{ERASING_LEAVES, FileError, Passphrase, Strength, backup};
pub use words::{SeedWords, UnknownWord, WordsError};

/// The kind of file that a wallet is.
pub enum WalletKind {}

impl Kind for WalletKind {
    const TEXT: KindText = KindText {
        name: "hushwatt-wallet",
        called: "wallet file",
        remedy: "restore the wallet from a backup or from its 24 words",
        close: "close the wallet there first (or stop `hushwatt wallet run` or `web`)",
    };
}

/// An open wallet file, locked until this is dropped.
pub type WalletFile = SealedFile<WalletKind>;
