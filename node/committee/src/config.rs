//! `committee.toml`: the nodes that a member follows. Everything else follows from the genesis.

use hushwatt_client::BaseUrl;
use serde::Deserialize;

/// More nodes than anybody needs.
const MAX_NODES: usize = 16;

/// What the member is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The nodes, at least one.
    pub nodes: Vec<BaseUrl>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    nodes: Vec<BaseUrl>,
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: ConfigFile = toml::from_str(text).map_err(|error| error.to_string())?;
        match file.nodes.len() {
            1..=MAX_NODES => Ok(Config { nodes: file.nodes }),
            count => Err(format!(
                "nodes lists {count} addresses: write 1 to 16, like nodes = [\"http://127.0.0.1:8400\", \"https://node-b.example.org\"]"
            )),
        }
    }
}

/// A configuration with explanations, for the person who sets the member up.
pub fn template(nodes: &[BaseUrl]) -> String {
    let nodes: Vec<String> = nodes.iter().map(|node| toml::Value::String(node.to_string()).to_string()).collect();
    format!(
        "# Settings of a member of a hushwatt committee. Restart it after a change.\n\n\
         # Nodes of the community. Two or more: one that keeps shares back or is away does no harm then. None is trusted: every\n\
         # block is checked against its validators' certificate.\nnodes = [{}]\n",
        nodes.join(", ")
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_read_and_what_is_wrong_is_said() {
        let nodes: Vec<BaseUrl> = vec!["http://127.0.0.1:8400".parse().unwrap(), "https://b.example".parse().unwrap()];
        assert_eq!(Config::parse(&template(&nodes)).unwrap(), Config { nodes });
        assert!(Config::parse("nodes = []").unwrap_err().contains("1 to 16"));
        assert!(Config::parse("nodes = [\"http://a:1\"]\nmore = 1").unwrap_err().contains("unknown field"));
    }
}
