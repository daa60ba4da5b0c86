//! Forms: each carries its token, each field its label, its hint and what was wrong with it.

use maud::{Markup, html};

use crate::{
    room::Hall,
    security::{forms::FIELD, session::Draft},
};

/// Set where the wallet found too little company to hide in.
pub(crate) const ASK_COMPANY: &str = "ask_company";

/// A form that posts to a path of this page.
pub(crate) struct Form<'a> {
    hall: &'a Hall,
    id: &'a str,
    action: &'a str,
    draft: Draft,
}

/// A field with one line of text, unless it says otherwise.
#[derive(Clone, Default)]
pub(crate) struct Input<'a> {
    pub name: &'a str,
    pub label: String,
    pub hint: Option<String>,
    pub value: String,
    /// `text`, `password`, `date` and so on.
    pub kind: Option<&'a str>,
    pub autocomplete: Option<&'a str>,
    pub inputmode: Option<&'a str>,
    pub unit: Option<&'a str>,
    pub optional: bool,
    /// Nothing is said about it, but it may be left empty.
    pub may_be_empty: bool,
    pub list: Option<&'a str>,
    pub most: Option<usize>,
}

impl<'a> Form<'a> {
    /// A form with an id of its own. What was typed before and refused is shown again.
    pub fn new(hall: &'a Hall, id: &'a str, action: &'a str) -> Self {
        let draft = Some(hall.draft()).filter(|draft| draft.action == action).unwrap_or_default();
        Form { hall, id, action, draft }
    }

    /// The form around its fields.
    pub fn show(&self, submit: &str, fields: &Markup) -> Markup {
        self.wrap(
            None,
            &html! { (fields) div.actions { button.primary type="submit" id={ (self.id) "-submit" } { (submit) } } },
        )
    }

    /// The same, with a button that is not the page's main one.
    pub fn show_quiet(&self, submit: &str, fields: &Markup) -> Markup {
        self.wrap(
            None,
            &html! { (fields) div.actions { button.quiet type="submit" id={ (self.id) "-submit" } { (submit) } } },
        )
    }

    /// The same, with a button for what cannot be undone.
    pub fn show_danger(&self, submit: &str, fields: &Markup) -> Markup {
        self.wrap(
            None,
            &html! { (fields) div.actions { button.danger type="submit" id={ (self.id) "-submit" } { (submit) } } },
        )
    }

    /// A form that also sends a file.
    pub fn show_upload(&self, submit: &str, fields: &Markup) -> Markup {
        let all =
            html! { (fields) div.actions { button.primary type="submit" id={ (self.id) "-submit" } { (submit) } } };
        self.wrap(Some("multipart/form-data"), &all)
    }

    /// The form around fields and a button of its own.
    pub fn wrap(&self, encoding: Option<&str>, content: &Markup) -> Markup {
        let now = self.hall.app.clock.now();
        let token = self.hall.visitor.session.forms(|forms| forms.issue(self.action, now));
        let general = self.draft.error.as_ref().filter(|(field, _)| field.is_empty());
        html! {
            form id=(self.id) method="post" action=(self.action) enctype=[encoding] {
                // First, so that it is read before a file.
                input type="hidden" name=(FIELD) value=(token) autocomplete="off";
                @if let Some((_, text)) = general { p.error role="alert" id={ (self.id) "-error" } { (text) } }
                (content)
            }
        }
    }

    /// What was typed before, else this.
    pub fn value(&self, name: &str, otherwise: &str) -> String {
        let typed = self.draft.fields.is_set(name).then(|| self.draft.fields.get(name).to_owned());
        typed.unwrap_or_else(|| otherwise.to_owned())
    }

    /// Whether a box is ticked: as it was sent before, else this.
    pub fn ticked(&self, name: &str, otherwise: bool) -> bool {
        if self.draft.action.is_empty() { otherwise } else { self.draft.fields.is_set(name) }
    }

    fn error(&self, name: &str) -> Option<&str> {
        self.draft.error.as_ref().filter(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }

    fn field(&self, name: &str, label: &str, optional: bool, hint: Option<&str>, control: &Markup) -> Markup {
        let id = format!("{}-{name}", self.id);
        html! {
            div.field.bad[self.error(name).is_some()] {
                label for=(id) {
                    (label)
                    @if optional { " " span.optional { (self.hall.t.say("optional")) } }
                }
                (control)
                @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
                @if let Some(error) = self.error(name) { p.error role="alert" id={ (id) "-error" } { (error) } }
            }
        }
    }

    fn described(&self, name: &str, has_hint: bool) -> Option<String> {
        let id = format!("{}-{name}", self.id);
        let parts = [has_hint.then(|| format!("{id}-hint")), self.error(name).map(|_| format!("{id}-error"))];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// A field of one line.
    pub fn input(&self, input: &Input<'_>) -> Markup {
        let id = format!("{}-{}", self.id, input.name);
        let kind = input.kind.unwrap_or("text");
        let value = if kind == "password" { String::new() } else { self.value(input.name, &input.value) };
        let invalid = self.error(input.name).map(|_| "true");
        let control = html! {
            div.control {
                input id=(id) name=(input.name) type=(kind) value=[(kind != "password" && kind != "file").then_some(value)]
                    required[!(input.optional || input.may_be_empty)] autocomplete=(input.autocomplete.unwrap_or("off")) inputmode=[input.inputmode]
                    list=[input.list] maxlength=[input.most] aria-invalid=[invalid]
                    spellcheck="false" autocapitalize="none"
                    aria-describedby=[self.described(input.name, input.hint.is_some())];
                @if let Some(unit) = input.unit { span.unit { (unit) } }
            }
        };
        self.field(input.name, &input.label, input.optional, input.hint.as_deref(), &control)
    }

    /// The passphrase, asked once more.
    pub fn passphrase(&self, hint: Option<String>) -> Markup {
        self.input(&Input {
            name: "passphrase",
            label: self.hall.t.say("passphrase-label"),
            kind: Some("password"),
            autocomplete: Some("current-password"),
            hint,
            ..Input::default()
        })
    }

    /// A passphrase that is chosen here, twice.
    pub fn new_passphrase(&self, hint: String) -> Markup {
        let t = self.hall.t;
        html! {
            (self.input(&Input {
                name: "new_passphrase",
                label: t.say("passphrase-new"),
                kind: Some("password"),
                autocomplete: Some("new-password"),
                hint: Some(hint),
                ..Input::default()
            }))
            (self.input(&Input {
                name: "new_passphrase_again",
                label: t.say("passphrase-again"),
                kind: Some("password"),
                autocomplete: Some("new-password"),
                ..Input::default()
            }))
        }
    }

    /// A field of several lines.
    pub fn area(&self, input: &Input<'_>, rows: u8) -> Markup {
        let id = format!("{}-{}", self.id, input.name);
        let value = self.value(input.name, &input.value);
        let invalid = self.error(input.name).map(|_| "true");
        let control = html! {
            textarea id=(id) name=(input.name) rows=(rows) required[!(input.optional || input.may_be_empty)] autocomplete="off" spellcheck="false"
                autocapitalize="none" maxlength=[input.most] aria-invalid=[invalid]
                aria-describedby=[self.described(input.name, input.hint.is_some())] { (value) }
        };
        self.field(input.name, &input.label, input.optional, input.hint.as_deref(), &control)
    }

    /// A choice: values and what they are called.
    pub fn select(&self, input: &Input<'_>, choices: &[(String, String)]) -> Markup {
        let id = format!("{}-{}", self.id, input.name);
        let chosen = self.value(input.name, &input.value);
        let invalid = self.error(input.name).map(|_| "true");
        let control = html! {
            select id=(id) name=(input.name) aria-invalid=[invalid]
                aria-describedby=[self.described(input.name, input.hint.is_some())] {
                @for (value, text) in choices {
                    option value=(value) selected[*value == chosen] { (text) }
                }
            }
        };
        self.field(input.name, &input.label, input.optional, input.hint.as_deref(), &control)
    }

    /// A box to tick.
    pub fn tick(&self, name: &str, label: &str, hint: Option<&str>, ticked: bool) -> Markup {
        let id = format!("{}-{name}", self.id);
        html! {
            div.field.tick {
                div.control {
                    input id=(id) name=(name) type="checkbox" value="on" checked[self.ticked(name, ticked)]
                        aria-describedby=[self.described(name, hint.is_some())];
                    label for=(id) { (label) }
                }
                @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
            }
        }
    }

    /// A box to go on with little company to hide in; there is one only after that was found.
    pub fn little_company(&self) -> Markup {
        let t = self.hall.t;
        html! {
            @if self.draft.fields.is_set(ASK_COMPANY) {
                (Self::hidden(ASK_COMPANY, "on"))
                (self.tick("any_company", &t.say("review-any-company"), Some(&t.say("review-any-company-hint")), false))
            }
        }
    }

    /// A value that is sent along.
    pub fn hidden(name: &str, value: &str) -> Markup {
        html! { input type="hidden" name=(name) value=(value) autocomplete="off"; }
    }
}
