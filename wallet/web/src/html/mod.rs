//! Building blocks of the pages. Every text goes through `maud`, which escapes it when the template is compiled in; nothing here
//! writes a style or a script into a page.

mod chart;
mod forms;
mod icons;
mod layout;
mod parts;
mod qr;

pub(crate) use chart::{Axes, Bar, chart};
pub(crate) use forms::{ASK_COMPANY, Form, Input};
pub(crate) use icons::{Icon, icon};
pub(crate) use layout::{Section, bare, hall_page, page, sheet_page, sync_text};
pub(crate) use parts::{energy, exact_money, facts, moment, money, price, signed_money, table, whole_money};
pub(crate) use qr::qr;
