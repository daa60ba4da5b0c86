//! The folder of a program that works for one community with keys of its own: an operator's, a committee member's.
//!
//! | name | what |
//! |---|---|
//! | `<role>.toml` | the settings |
//! | `genesis.json` | the community's genesis, byte for byte; written last: with it the folder is whole |
//! | `<role>.key`, `sealing.key` | the secrets, readable by their owner only |
//! | `status.json` | how the program is, as it last said; may be lost |
//! | `lock` | held while the program runs here |

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hushwatt_crypto::{Rng, order_seal::SealingKey, signature::SigningKey};
use hushwatt_ledger::{
    genesis::{Genesis, GenesisError, GenesisFileError},
    storage::{
        Disk, DiskLock, PrivateDisk, drop_private_drafts, foreign_entry, is_empty_folder, make_private_folder,
        write_private_file,
    },
};

use crate::{
    KeyError, KeyFile, KeyRole,
    sealing_file::{SealingFileError, read_sealing, write_sealing},
};

/// Longest file of settings.
const MAX_SETTINGS: u64 = 1 << 18;

/// A kind of program that has such a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    /// Whose keys it has.
    pub role: KeyRole,
    /// What it is, as messages say it: `an operator`.
    pub what: &'static str,
    /// The command that makes a folder.
    pub init: &'static str,
    /// What happens if two run in one folder, as messages say it.
    pub two: &'static str,
    /// Folders in the folder, empty at first.
    pub parts: &'static [&'static str],
}

/// Why such a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file operation failed.
    #[error("could not {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something is there already.
    #[error("{} is already the folder of {}, or holds other files ({entry}): choose a new one", path.display(), program.what)]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What is there.
        entry: String,
        /// Of what it should become the folder.
        program: &'static Program,
    },
    /// It is no such folder.
    #[error(
        "{} is not the folder of {}: it has no genesis.json. Give the right folder, or make one with \"{}\"",
        path.display(), program.what, program.init
    )]
    NotOne {
        /// The folder.
        path: PathBuf,
        /// Of what it should be the folder.
        program: &'static Program,
    },
    /// The genesis cannot be used.
    #[error("{}: {source}", path.display())]
    Genesis {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: GenesisError,
    },
    /// The settings cannot be used.
    #[error("{}: {wrong}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to write instead.
        wrong: String,
    },
    /// Another one runs here.
    #[error("{} is running in {}: stop it first. {}", program.what, path.display(), program.two)]
    Running {
        /// The folder.
        path: PathBuf,
        /// What runs.
        program: &'static Program,
    },
    /// No signing key.
    #[error(
        "{} is missing: restore it from its backup. If there is none, make a new one with \"{}\" and have the registrars put its key in the place of the lost one",
        path.display(), program.init
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Whose key it is.
        program: &'static Program,
    },
    /// The signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sealing key.
    #[error(transparent)]
    Sealing(#[from] SealingFileError),
}

/// The folder of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFolder {
    path: PathBuf,
    program: &'static Program,
}

impl ProgramFolder {
    /// At a path; looks at nothing yet.
    pub fn at(path: &Path, program: &'static Program) -> Self {
        ProgramFolder { path: path.to_path_buf(), program }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `<role>.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.path.join(format!("{}.toml", self.program.role))
    }

    /// `genesis.json`.
    pub fn genesis_file(&self) -> PathBuf {
        self.path.join("genesis.json")
    }

    /// `<role>.key`.
    pub fn signing_file(&self) -> PathBuf {
        self.path.join(KeyFile::file_name(self.program.role))
    }

    /// `sealing.key`.
    pub fn sealing_file(&self) -> PathBuf {
        self.path.join("sealing.key")
    }

    /// `status.json`.
    pub fn status_file(&self) -> PathBuf {
        self.path.join("status.json")
    }

    /// Makes a folder that holds nothing but the keys, durably; makes what is missing of them, and never replaces one.
    ///
    /// # Errors
    /// [`FolderError::Io`], [`FolderError::Key`], [`FolderError::Sealing`].
    pub fn make_keys(&self, rng: &mut impl Rng) -> Result<(SigningKey, SealingKey), FolderError> {
        make_private_folder(&self.path).map_err(at("create", &self.path))?;
        self.drop_drafts()?;
        let (signing, sealing) = (self.signing_file(), self.sealing_file());
        if !signing.exists() {
            KeyFile::random(self.program.role, rng).write_new(&signing)?;
        }
        if !sealing.exists() {
            write_sealing(&SealingKey::random(rng), &sealing)?;
        }
        self.keys()
    }

    /// Makes the folder: keys first, the genesis last, so that it is whole or it is none. The path must be as
    /// [`Self::check_free`] wants it; settings that are there must be these.
    ///
    /// # Errors
    /// [`FolderError::NotEmpty`], [`FolderError::Io`], [`FolderError::Key`], [`FolderError::Sealing`].
    pub fn create(
        &self,
        genesis: &Genesis,
        settings: &str,
        rng: &mut impl Rng,
    ) -> Result<(SigningKey, SealingKey), FolderError> {
        self.check_free()?;
        let config = self.config_file();
        let written = config.exists();
        if written && !fs::read(&config).is_ok_and(|found| found == settings.as_bytes()) {
            return Err(self.not_empty(&config));
        }
        let keys = self.make_keys(rng)?;
        for part in self.program.parts {
            let part = self.path.join(part);
            make_private_folder(&part).map_err(at("create", &part))?;
        }
        if !written {
            write_private_file(&config, settings.as_bytes()).map_err(at("write", &config))?;
        }
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        for folder in [&self.path, parent] {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(at("write", folder))?;
        }
        let path = self.genesis_file();
        write_private_file(&path, genesis.bytes()).map_err(at("write", &path))?;
        Ok(keys)
    }

    /// Refuses a folder that holds anything but keys, and what a making that was cut short leaves: settings, empty folders, and
    /// drafts of files.
    ///
    /// # Errors
    /// [`FolderError::NotEmpty`], [`FolderError::Io`].
    pub fn check_free(&self) -> Result<(), FolderError> {
        let [signing, sealing, config, _genesis] = &self.made();
        let parts: Vec<PathBuf> = self.program.parts.iter().map(|part| self.path.join(part)).collect();
        let is_known = |path: &Path| {
            [signing, sealing, config].into_iter().any(|made| made == path)
                || parts.iter().any(|part| part == path) && is_empty_folder(path)
        };
        let foreign = foreign_entry(&self.path, &self.made(), is_known).map_err(at("read", &self.path))?;
        foreign.map_or(Ok(()), |entry| Err(self.not_empty(&entry)))
    }

    /// The files that a making writes, in its order.
    fn made(&self) -> [PathBuf; 4] {
        [self.signing_file(), self.sealing_file(), self.config_file(), self.genesis_file()]
    }

    /// Removes what writes that were cut short left of them.
    fn drop_drafts(&self) -> Result<(), FolderError> {
        self.made().iter().try_for_each(|file| drop_private_drafts(file).map_err(at("remove the drafts of", file)))
    }

    fn not_empty(&self, entry: &Path) -> FolderError {
        let entry = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        FolderError::NotEmpty { path: self.path.clone(), entry, program: self.program }
    }

    /// The genesis.
    ///
    /// # Errors
    /// [`FolderError::NotOne`], [`FolderError::Genesis`], [`FolderError::Io`].
    pub fn genesis(&self) -> Result<Arc<Genesis>, FolderError> {
        let path = self.genesis_file();
        match Genesis::read(&path) {
            Ok(Some(genesis)) => Ok(Arc::new(genesis)),
            Ok(None) => Err(FolderError::NotOne { path: self.path.clone(), program: self.program }),
            Err(GenesisFileError::Io(source)) => Err(at("read", &path)(source)),
            Err(GenesisFileError::Genesis(source)) => Err(FolderError::Genesis { path, source }),
        }
    }

    /// The settings, read by whoever knows what may be in them.
    ///
    /// # Errors
    /// [`FolderError::Settings`].
    pub fn settings<T, E: ToString>(&self, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, FolderError> {
        let path = self.config_file();
        let failed = |error: io::Error| format!("{error}; make it with \"{}\"", self.program.init);
        let text = fs::metadata(&path).map_err(failed).and_then(|metadata| match metadata.len() {
            0..=MAX_SETTINGS => fs::read_to_string(&path).map_err(failed),
            _ => Err(format!("it is longer than 256 KiB: these are no settings of {}", self.program.what)),
        });
        let settings = text.and_then(|text| read(&text).map_err(|error| error.to_string()));
        settings.map_err(|wrong| FolderError::Settings { path, wrong })
    }

    /// The secrets.
    ///
    /// # Errors
    /// [`FolderError::NoKey`], [`FolderError::Key`], [`FolderError::Sealing`].
    pub fn keys(&self) -> Result<(SigningKey, SealingKey), FolderError> {
        let signing = match KeyFile::read(&self.signing_file(), self.program.role) {
            Err(KeyError::Missing(path)) => return Err(FolderError::NoKey { path, program: self.program }),
            file => file?.key,
        };
        Ok((signing, read_sealing(&self.sealing_file())?))
    }

    /// Makes this process the only one here, for as long as what it gives is kept.
    ///
    /// # Errors
    /// [`FolderError::Running`], [`FolderError::Io`].
    pub fn lock(&self) -> Result<Box<dyn DiskLock>, FolderError> {
        let path = self.path.join("lock");
        PrivateDisk.lock(&path).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => FolderError::Running { path: self.path.clone(), program: self.program },
            _ => at("lock", &path)(source),
        })
    }
}

/// For `map_err`: what was being done to which file.
fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_path_buf();
    move |source| FolderError::Io { action, path, source }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

    use hushwatt_ledger::{genesis::NewGenesis, parameters::Parameters, units::Timestamp};
    use rand_core::OsRng;
    use tempfile::TempDir;

    use super::*;

    const PROGRAM: Program = Program {
        role: KeyRole::Operator,
        what: "an operator",
        init: "hushwatt operator init",
        two: "Two are one too many",
        parts: &["book"],
    };
    const SETTINGS: &str = "nodes = []\n";

    fn genesis() -> Genesis {
        let key = || SigningKey::random(&mut OsRng).verifying_key();
        let new = NewGenesis {
            time: Timestamp(1_781_584_800),
            simulated_time: true,
            parameters: Parameters::default(),
            validators: vec![key()],
            registrars: Vec::new(),
            registrar_quorum: 0,
            treasury: key(),
            operator: None,
            meters: Vec::new(),
        };
        new.build().unwrap()
    }

    fn fresh() -> (TempDir, ProgramFolder) {
        let place = tempfile::tempdir().unwrap();
        let folder = ProgramFolder::at(&place.path().join("deep/operator"), &PROGRAM);
        (place, folder)
    }

    fn names(folder: &ProgramFolder) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_made_once_whole_and_for_its_owner_only() {
        let ((_place, folder), genesis) = (fresh(), genesis());
        assert!(matches!(folder.genesis(), Err(FolderError::NotOne { .. })));
        assert!(matches!(folder.keys(), Err(FolderError::NoKey { .. })));
        let first = folder.make_keys(&mut OsRng).unwrap();
        let again = folder.create(&genesis, SETTINGS, &mut OsRng).unwrap();
        assert_eq!(first.0.verifying_key(), again.0.verifying_key(), "keys are never replaced");
        assert_eq!(first.1.public(), again.1.public());
        assert_eq!(names(&folder), ["book", "genesis.json", "operator.key", "operator.toml", "sealing.key"]);
        for name in names(&folder) {
            let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if name == "book" { 0o700 } else { 0o600 }, "{name}");
        }
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(folder.genesis().unwrap().bytes(), genesis.bytes());
        let refused = folder.create(&genesis, SETTINGS, &mut OsRng).unwrap_err();
        assert!(matches!(&refused, FolderError::NotEmpty { entry, .. } if entry == "genesis.json"), "{refused}");
        fs::remove_file(folder.sealing_file()).unwrap();
        assert!(matches!(folder.keys(), Err(FolderError::Sealing(SealingFileError::Missing(_)))));
    }

    /// A making that is cut short leaves the files before some step whole, and of the next one a draft with any part of it, or
    /// the whole of it under both names. Two that ran at once leave two drafts.
    #[test]
    fn a_making_that_was_cut_short_at_any_step_is_made_again_and_keeps_the_keys() {
        let ((_place, model), genesis) = (fresh(), genesis());
        let keys = model.create(&genesis, SETTINGS, &mut OsRng).unwrap();
        let steps = model.made();
        let contents: BTreeMap<&PathBuf, Vec<u8>> = steps.iter().map(|path| (path, fs::read(path).unwrap())).collect();
        for (done, next) in steps.iter().enumerate() {
            for (left, is_named) in [(0, false), (7, false), (usize::MAX, false), (usize::MAX, true)] {
                if is_named && next == &model.genesis_file() {
                    // The folder is whole then.
                    continue;
                }
                let (_place, folder) = fresh();
                make_private_folder(folder.path()).unwrap();
                let here = |path: &Path| folder.path().join(path.file_name().unwrap());
                for path in &steps[..done] {
                    write_private_file(&here(path), &contents[path]).unwrap();
                }
                if done > 1 {
                    make_private_folder(&folder.path().join("book")).unwrap();
                }
                let whole = &contents[next];
                let [draft, other] = ["new", "1.new"].map(|end| format!("{}.{end}", here(next).display()));
                for draft in [&draft, &other] {
                    write_private_file(Path::new(draft), &whole[..left.min(whole.len())]).unwrap();
                }
                if is_named {
                    fs::hard_link(&draft, here(next)).unwrap();
                }
                let made = folder.create(&genesis, SETTINGS, &mut OsRng).unwrap();
                let kept = done + usize::from(is_named);
                assert_eq!(made.0.verifying_key() == keys.0.verifying_key(), kept > 0, "{done} {left}");
                assert_eq!(made.1.public() == keys.1.public(), kept > 1, "{done} {left}");
                assert_eq!(names(&folder), names(&model), "{done} {left}");
                assert_eq!(folder.keys().unwrap().1.public(), made.1.public());
            }
        }
    }

    #[test]
    fn what_no_making_leaves_is_in_the_way() {
        let genesis = genesis();
        let names = ["notes.txt", "genesis.json", "status.json", "book/electricity-1.hwo", "other/", "operator.toml"];
        for name in names.into_iter().chain(["operator.key.old", "operator.key.x.new", "operator.key.new/"]) {
            let (_place, folder) = fresh();
            let path = folder.path().join(name);
            fs::create_dir_all(if name.ends_with('/') { &path } else { path.parent().unwrap() }).unwrap();
            if !name.ends_with('/') {
                fs::write(&path, "somebody's").unwrap();
            }
            let refused = folder.create(&genesis, SETTINGS, &mut OsRng).unwrap_err();
            let first = name.split('/').next().unwrap();
            assert!(matches!(&refused, FolderError::NotEmpty { entry, .. } if entry == first), "{name}: {refused}");
            assert!(!folder.signing_file().exists(), "{name}: nothing was written");
        }
    }

    #[test]
    fn settings_are_told_with_their_file_and_one_program_runs() {
        let (_place, folder) = fresh();
        let read = |text: &str| text.trim().parse::<u32>().map_err(|_| "no number");
        let wrong = |folder: &ProgramFolder| folder.settings(read).unwrap_err().to_string();
        assert!(wrong(&folder).contains("operator.toml") && wrong(&folder).contains("hushwatt operator init"));
        folder.create(&genesis(), "12\n", &mut OsRng).unwrap();
        assert_eq!(folder.settings(read).unwrap(), 12);
        fs::write(folder.config_file(), "twelve").unwrap();
        assert!(wrong(&folder).contains("operator.toml: no number"), "{}", wrong(&folder));
        fs::write(folder.config_file(), vec![b' '; MAX_SETTINGS as usize + 1]).unwrap();
        assert!(wrong(&folder).contains("256 KiB"), "{}", wrong(&folder));

        let lock = folder.lock().unwrap();
        let refused = folder.lock().unwrap_err();
        assert!(matches!(refused, FolderError::Running { .. }));
        let told =
            format!("an operator is running in {}: stop it first. Two are one too many", folder.path().display());
        assert_eq!(refused.to_string(), told);
        drop(lock);
        folder.lock().unwrap();
    }
}
