//! Looks for secrets in every byte of every file of a folder: raw, in hexadecimal and in base64, in files that are in use, in
//! their free pages, and in what a program left behind. It knows nothing of any file's format.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Needles shorter than this are found by chance.
const SHORTEST: usize = 6;

/// What is looked for.
pub struct Needles {
    /// What each form of a needle belongs to.
    forms: Vec<(String, Vec<u8>)>,
    /// By the first two bytes: the forms that begin with them.
    starts: Vec<Vec<usize>>,
}

impl Default for Needles {
    fn default() -> Self {
        Needles { forms: Vec::new(), starts: vec![Vec::new(); 1 << 16] }
    }
}

impl Needles {
    /// Bytes, in all forms in which programs write bytes.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> &mut Self {
        assert!(bytes.len() >= SHORTEST, "{name} is too short to be looked for");
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.form(name, bytes.to_vec());
        self.form(name, hex.to_uppercase().into_bytes());
        self.form(name, hex.into_bytes());
        // Where in a text of base64 the bytes begin is one of three places.
        for skipped in 0..3 {
            let whole = bytes.get(skipped..).unwrap_or_default().chunks_exact(3);
            for last in [*b"+/", *b"-_"] {
                let text: Vec<u8> = whole.clone().flat_map(|three| base64(three, last)).collect();
                if text.len() >= 2 * SHORTEST {
                    self.form(name, text);
                }
            }
        }
        self
    }

    /// A text, as it stands.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.bytes(name, text.as_bytes())
    }

    fn form(&mut self, name: &str, form: Vec<u8>) {
        self.starts[start(&form)].push(self.forms.len());
        self.forms.push((name.to_owned(), form));
    }

    /// Which needles are in which files of a folder and the folders in it.
    pub fn find(&self, folder: &Path) -> BTreeSet<(String, PathBuf)> {
        let (mut found, mut folders) = (BTreeSet::new(), vec![folder.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                    continue;
                }
                // A name can tell as much as what is in it.
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let names = self.found_in(name.as_bytes());
                // What a running program removed meanwhile has nothing in it.
                let contents = fs::read(&path).or_else(gone).unwrap();
                let contents = self.found_in(&contents);
                found.extend(names.into_iter().chain(contents).map(|name| (name, path.clone())));
            }
        }
        found
    }

    /// The names of the needles that are in a folder.
    pub fn names_in(&self, folder: &Path) -> BTreeSet<String> {
        self.find(folder).into_iter().map(|(name, _)| name).collect()
    }

    fn found_in(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(1) {
            for form in &self.starts[start(&bytes[at..])] {
                let (name, form) = &self.forms[*form];
                if bytes[at..].starts_with(form) {
                    found.insert(name.clone());
                }
            }
        }
        found
    }
}

fn gone(error: io::Error) -> io::Result<Vec<u8>> {
    if error.kind() == io::ErrorKind::NotFound { Ok(Vec::new()) } else { Err(error) }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn base64(three: &[u8], last: [u8; 2]) -> Vec<u8> {
    let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let digit = |value: u8| match value {
        0..26 => b'A' + value,
        26..52 => b'a' + value - 26,
        52..62 => b'0' + value - 52,
        value => last[usize::from(value) - 62],
    };
    [18, 12, 6, 0].map(|shift| digit((bits >> shift) as u8 & 63)).to_vec()
}

#[test]
fn needles_are_found_in_every_form_and_nowhere_else() {
    let secret = [0xfb, 0x01, 0x7f, 0xff, 0x3e, 0x99, 0x10, 0xaa, 0x55, 0x0c, 0xe1, 0x42, 0x9d];
    let mut needles = Needles::default();
    needles.bytes("secret", &secret).text("name", "Anna Beispiel");
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join("a/b").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let found = needles.names_in(folder.path());
        fs::remove_file(path).unwrap();
        found
    };
    let only = |name: &str| BTreeSet::from([name.to_owned()]);
    assert_eq!(put("raw", &[&[1, 2, 3][..], &secret, &[4]].concat()), only("secret"));
    assert_eq!(put("hex", b"\"fb017fff3e9910aa550ce1429d\""), only("secret"));
    assert_eq!(put("HEX", b"FB017FFF3E9910AA550CE1429D"), only("secret"));
    for before in 0..3 {
        let bytes: Vec<u8> = [&vec![7; before][..], &secret, &[1, 2]].concat();
        for last in [*b"+/", *b"-_"] {
            let text: Vec<u8> = bytes.chunks_exact(3).flat_map(|three| base64(three, last)).collect();
            assert_eq!(put("base64", &text), only("secret"), "{before}");
        }
    }
    assert_eq!(put("text", "Dear Anna Beispiel,".as_bytes()), only("name"));
    assert_eq!(put("Anna Beispiel.csv", b""), only("name"));
    assert_eq!(put("other", &secret[..12]), BTreeSet::new());
    assert_eq!(base64(b"Man", *b"+/"), b"TWFu");
}
