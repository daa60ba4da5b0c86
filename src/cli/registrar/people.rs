//! `hushwatt registrar add`, `list` and `show`.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use hushwatt_registrar::person::{Details, Person};
use rand_core::OsRng;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    common::{Common, now},
    error::RegistrarCommandError,
    sheet,
};
use crate::cli::{files::read_text, table::Table};

/// Arguments of `hushwatt registrar add`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar add --from anna.toml
  hushwatt registrar add --from -              reads standard input

The text, of which only name and basis must be there:
  name = \"Anna Muster\"
  address = [\"Sonnenweg 1\", \"12345 Musterdorf\"]
  email = \"anna@example.org\"
  phone = \"+49 30 123456\"
  basis = \"contract\"        # or legal_obligation, consent, legitimate_interest: Art. 6 (1) GDPR

The data are not options, so that they get into no history of commands. Delete the file afterwards.")]
pub(super) struct AddArguments {
    /// The text with the person's data, - for standard input
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

#[derive(Serialize)]
struct Added {
    case: String,
}

pub(super) fn add(common: &Common, arguments: &AddArguments) -> Result<(), RegistrarCommandError> {
    let details: Details = read_toml(common, &arguments.from)?;
    let (mut registrar, _) = common.open()?;
    let case = registrar.add(details, now(), &mut OsRng)?;
    common.answer(&Added { case: case.to_string() }, || {
        format!("Case {}. Next: hushwatt registrar meter begin {} METER", case.short(), case.short())
    })
}

/// Reads what somebody wrote about a person.
pub(super) fn read_toml<T: DeserializeOwned>(common: &Common, path: &Path) -> Result<T, RegistrarCommandError> {
    let read = |source| RegistrarCommandError::Read { path: path.to_path_buf(), source };
    let text = if path == Path::new("-") {
        let mut text = Zeroizing::new(String::new());
        io::stdin().lock().take(1 << 20).read_to_string(&mut text).map_err(read)?;
        text
    } else {
        let text = Zeroizing::new(read_text(path).map_err(read)?);
        common.remark(&format!("{} still has these data: delete it when you are done", path.display()));
        text
    };
    let wrong = |reason: String| RegistrarCommandError::Text { path: path.to_path_buf(), reason };
    toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))
}

/// A line of the list.
#[derive(Serialize)]
struct Listed<'a> {
    case: String,
    /// Left out while processing is restricted.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Meters that measure for the person now.
    meters: Vec<u32>,
    restricted: bool,
    open_money: usize,
}

impl<'a> Listed<'a> {
    fn of(person: &'a Person, now: u64) -> Self {
        let held = |until: Option<u64>| until.is_none_or(|until| until > now);
        Listed {
            case: person.case.to_string(),
            name: person.restricted.is_none().then_some(person.details.name.as_str()),
            meters: person.meters.iter().filter(|link| held(link.until)).map(|link| link.meter).collect(),
            restricted: person.restricted.is_some(),
            open_money: person.money.iter().filter(|money| money.settled.is_none()).count(),
        }
    }
}

pub(super) fn list(common: &Common) -> Result<(), RegistrarCommandError> {
    let (registrar, _) = common.open()?;
    let now = now().0;
    let people: Vec<Listed<'_>> = registrar.people().iter().map(|person| Listed::of(person, now)).collect();
    common.answer(&people, || {
        let mut table = Table::new(&["Case", "Name", "Meters", ">Open money"]);
        for (person, listed) in registrar.people().iter().zip(&people) {
            let meters: Vec<String> = listed.meters.iter().map(u32::to_string).collect();
            let name = listed.name.unwrap_or("(restricted)").to_owned();
            table.row(vec![person.case.short(), name, meters.join(", "), listed.open_money.to_string()]);
        }
        if table.is_empty() { "Nobody is in the register.".to_owned() } else { table.text() }
    })
}

/// Arguments of `hushwatt registrar show`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt registrar show 3f9a21c4
  hushwatt registrar show \"Anna Muster\" --json")]
pub(super) struct ShowArguments {
    /// First digits of the case number, the name, or a part of it
    person: String,
}

pub(super) fn show(common: &Common, arguments: &ShowArguments) -> Result<(), RegistrarCommandError> {
    let (registrar, _) = common.open()?;
    let person = registrar.find(&arguments.person)?;
    if let Some(restriction) = &person.restricted {
        common.remark(&format!("this is restricted ({}): it is kept, and not to be used otherwise", restriction.why));
    }
    common.answer(person, || sheet::of(person))
}
