//! The `operator.toml` that a new operator starts from.

use hushwatt_client::BaseUrl;

/// A configuration with explanations, for the person who sets the operator up.
pub fn template(nodes: &[BaseUrl]) -> String {
    let nodes: Vec<String> = nodes.iter().map(|node| toml::Value::String(node.to_string()).to_string()).collect();
    format!(
        r#"# Settings of a hushwatt market operator. Restart it after a change.

# Nodes of the community, best of all one of your own. Two or more: then one that fails does no harm.
nodes = [{nodes}]

# How many hours the sealed openings of an auction are kept after it is over and final. Then they are deleted.
# keep_hours = 24

[door]
# Where wallets hand in their orders. For wallets on other machines, put a reverse proxy with TLS before it; it must pass on the
# name under which it is asked, and limit how often one address asks.
# listen = "127.0.0.1:8450"
# Names under which it is asked.
# hosts = ["operator.example.org"]

[limits]
# Orders that are admitted to one auction. The ledger takes at most as many as the genesis says (max_orders); more are admitted
# because some of them may never get there.
# orders = 1000
# Requests from one address: so many a second, and so many at once.
# per_second = 10
# burst = 50
# Seconds within which a request must have arrived.
# seconds = 20
"#,
        nodes = nodes.join(", "),
    )
}
