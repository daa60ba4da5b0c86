//! `docs/gdpr/roles.md`, made from the table.

use std::fmt::Write as _;

use super::{Learns, Role, Row, Thing, row};

const HEAD: &str = "# What each role learns

<!-- Made by `HUSHWATT_WRITE_DOCS=1 cargo test --test roles` from src/roles/table.rs: change it there. -->

For a data-protection officer, and for members who want to know. Each line names the tests that show it; they run on every
change. Who is who, and what each could try: [threat-model.md](../threat-model.md). What is kept where, and how long:
[retention.md](retention.md).

";

const LEGEND: &str = "
*all*: of everybody. *own*: of those he deals with, or whose device he looks after. *if shown*: only what the household itself shows.
*can guess*: nothing for certain; the set that a spend hides in is public, and small in a small community. *-*: nothing. A role of
one person who has several roles learns what all of them learn.

";

/// The document.
pub fn paper() -> String {
    let mut text = HEAD.to_owned();
    matrix(&mut text);
    text.push_str(LEGEND);
    text.push_str("## The things\n\n");
    for thing in Thing::ALL {
        let _ = writeln!(text, "* **{}**: {}", thing.name(), thing.about());
    }
    for role in Role::ALL {
        let beyond = if role == Role::Everybody { "learns" } else { "learns beyond everybody" };
        let _ = writeln!(text, "\n## {}\n\nThat is {}. It {beyond}:\n", role.name(), role.about());
        for row in role.rows() {
            line(&mut text, row);
        }
    }
    text
}

fn matrix(text: &mut String) {
    text.push_str("| |");
    for thing in Thing::ALL {
        let _ = write!(text, " {} |", thing.name());
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(Thing::ALL.len()));
    text.push('\n');
    for role in Role::ALL {
        let _ = write!(text, "| {} |", role.name());
        for thing in Thing::ALL {
            let _ = write!(text, " {} |", row(role, thing).map_or("", |row| row.learns.word()));
        }
        text.push('\n');
    }
}

fn line(text: &mut String, row: &Row) {
    let level = if row.learns == Learns::Never { "never" } else { row.learns.word() };
    let _ = write!(text, "* {} (*{level}*): {}", row.thing.name(), row.what);
    if !row.until.words().is_empty() {
        let _ = write!(text, ". How long: {}", row.until.words());
    }
    if row.tests.is_empty() {
        text.push_str(". People know this, no program tells it\n");
        return;
    }
    text.push_str(". Shown by");
    for (number, test) in row.tests.iter().enumerate() {
        let _ = write!(text, "{} `{test}`", if number == 0 { "" } else { "," });
    }
    text.push('\n');
}
