//! Checks answers against `openapi.json`: as much of JSON Schema as that file uses.

use std::sync::LazyLock;

use serde_json::Value;

use super::client::Answer;

pub struct Description(Value);

static LOADED: LazyLock<Description> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    Description(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
});

impl Description {
    pub fn load() -> &'static Self {
        &LOADED
    }

    pub fn paths(&self) -> &serde_json::Map<String, Value> {
        self.0["paths"].as_object().unwrap()
    }

    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).expect(reference),
            None => value,
        }
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let path = path.split('?').next().unwrap();
        let fits = |template: &str| {
            template.split('/').count() == path.split('/').count()
                && template.split('/').zip(path.split('/')).all(|(one, other)| one.starts_with('{') || one == other)
        };
        self.paths().iter().find(|(template, _)| fits(template))?.1.get(method.to_ascii_lowercase())
    }

    /// The status is described, and the body is as described.
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let Some(operation) = self.operation(method, path) else {
            return assert!(matches!(answer.status, 404 | 405), "{method} {path} is not described: {answer:?}");
        };
        let response = operation["responses"].get(answer.status.to_string());
        let response =
            self.resolve(response.unwrap_or_else(|| panic!("{method} {path} {} is not described", answer.status)));
        let Some(content) = response.get("content") else {
            return assert!(answer.body.is_empty());
        };
        let (kind, media) = content.as_object().unwrap().iter().next().unwrap();
        let sent = answer.header("content-type").unwrap();
        assert!(sent.split(';').next() == Some(kind), "{path}: {sent} is not {kind}");
        if kind == "application/json" {
            self.validate(&media["schema"], &answer.json(), path);
        }
    }

    /// A value is as its schema says.
    pub fn validate(&self, schema: &Value, value: &Value, at: &str) {
        let schema = self.resolve(schema);
        for keyword in schema.as_object().unwrap().keys() {
            let known = ["type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum"];
            let known = [&known[..], &["maximum", "default", "pattern", "format", "description"]].concat();
            assert!(known.contains(&keyword.as_str()), "{at}: this test does not know {keyword}");
        }
        match schema["type"].as_str().unwrap() {
            "object" => self.validate_object(schema, value, at),
            "array" => {
                for (place, item) in value.as_array().expect(at).iter().enumerate() {
                    self.validate(&schema["items"], item, &format!("{at}[{place}]"));
                }
            }
            "string" => {
                let text = value.as_str().unwrap_or_else(|| panic!("{at}: {value} is no string"));
                if let Some(pattern) = schema["pattern"].as_str() {
                    assert!(is_hex(pattern, text), "{at}: {text} is not {pattern}");
                }
            }
            "integer" => {
                let number = value.as_u64().unwrap_or_else(|| panic!("{at}: {value} is no natural number"));
                assert!(schema["maximum"].as_u64().is_none_or(|maximum| number <= maximum), "{at}: {number}");
            }
            "boolean" => assert!(value.is_boolean(), "{at}: {value}"),
            other => panic!("{at}: this test does not know the type {other}"),
        }
        let listed = schema["enum"].as_array().is_none_or(|listed| listed.contains(value));
        assert!(listed && schema.get("const").is_none_or(|one| one == value), "{at}: {value}");
    }

    fn validate_object(&self, schema: &Value, value: &Value, at: &str) {
        let object = value.as_object().unwrap_or_else(|| panic!("{at}: {value} is no object"));
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(name.as_str().unwrap()), "{at}: {name} is missing in {value}");
        }
        for (name, item) in object {
            let at = format!("{at}.{name}");
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(schema), _) => self.validate(schema, item, &at),
                (None, Some(Value::Bool(false))) => panic!("{at} is not described"),
                (None, Some(schema)) => self.validate(schema, item, &at),
                (None, None) => {}
            }
        }
    }
}

/// The patterns that the description uses: hexadecimal digits, of any or of a given number.
fn is_hex(pattern: &str, text: &str) -> bool {
    let rest = pattern.strip_prefix("^[0-9a-f]").expect(pattern);
    let length = rest.trim_matches(['{', '}', '$']).parse::<usize>().ok();
    assert!(length.is_some() || rest == "+$", "{pattern}");
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    digits && !text.is_empty() && length.is_none_or(|length| text.len() == length)
}
