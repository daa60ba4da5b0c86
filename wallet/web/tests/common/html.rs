//! As much HTML as the tests need: tags with their attributes.

/// An opening tag.
#[derive(Debug, Clone)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Where it begins in the page.
    pub place: usize,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// All opening tags of a page in order. It must be well-formed in the way that maud writes it.
pub fn tags(body: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        let place = body.len() - rest.len() + start;
        rest = &rest[start + 1..];
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        if name.is_empty() {
            // A closing tag or the document type.
            continue;
        }
        rest = &rest[name.len()..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
                rest = after;
                break;
            }
            let attribute: String = rest.chars().take_while(|c| !"=> \n".contains(*c)).collect();
            assert!(!attribute.is_empty(), "not well-formed near {}", &rest[..rest.len().min(80)]);
            rest = &rest[attribute.len()..];
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix("=\"") {
                let end = after.find('"').unwrap();
                value = unescape(&after[..end]);
                rest = &after[end + 1..];
            }
            attributes.push((attribute, value));
        }
        tags.push(Tag { name, attributes, place });
    }
    tags
}

/// A form's action, and its fields with the values that a browser would send untouched.
pub fn form(body: &str, id: &str) -> (String, Vec<(String, String)>) {
    let all = tags(body);
    let form = all.iter().find(|tag| tag.name == "form" && tag.get("id") == Some(id));
    let form = form.unwrap_or_else(|| panic!("no form {id} in {body}"));
    let end = form.place + body[form.place..].find("</form>").unwrap();
    let inside = || all.iter().filter(|tag| tag.place > form.place && tag.place < end);
    let mut fields = Vec::new();
    for tag in inside().filter(|tag| matches!(tag.name.as_str(), "input" | "textarea")) {
        let kind = tag.get("type").unwrap_or("text");
        let unticked = kind == "checkbox" && tag.get("checked").is_none();
        if let Some(name) = tag.get("name").filter(|_| !unticked && kind != "file") {
            let text = if tag.name == "textarea" {
                let start = tag.place + body[tag.place..].find('>').unwrap() + 1;
                unescape(&body[start..start + body[start..].find('<').unwrap()])
            } else {
                tag.get("value").unwrap_or_default().to_owned()
            };
            fields.push((name.to_owned(), text));
        }
    }
    let mut select = None;
    for tag in inside() {
        match tag.name.as_str() {
            "select" => select = tag.get("name"),
            "option" => {
                if let Some(name) = select {
                    let value = tag.get("value").unwrap_or_default().to_owned();
                    let chosen = tag.get("selected").is_some();
                    match fields.iter_mut().find(|(own, _)| own == name) {
                        Some(field) if chosen => field.1 = value,
                        Some(_) => {}
                        None => fields.push((name.to_owned(), value)),
                    }
                }
            }
            _ => {}
        }
    }
    (form.get("action").unwrap().to_owned(), fields)
}
