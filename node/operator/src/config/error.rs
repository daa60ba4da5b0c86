//! What is wrong with `operator.toml`, and what to write instead.

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No TOML, or a name or value that is not known.
    #[error("{0}")]
    Syntax(String),
    /// None or too many.
    #[error(
        "nodes lists {0} addresses: write 1 to 16, like nodes = [\"http://127.0.0.1:8400\", \"https://node-b.example.org\"]"
    )]
    NodeCount(usize),
    /// The door's address.
    #[error("door.listen = \"{0}\": write an address and a port, like 127.0.0.1:8450")]
    Listen(String),
    /// A door for the whole network without a name.
    #[error(
        "door.listen = \"{0}\" is reached under any address of this machine: list the names under which it is asked, like door.hosts = [\"operator.example.org\"]"
    )]
    Hosts(String),
    /// No name.
    #[error("door.hosts: \"{0}\" is no name of a machine: write it without http:// and without a port")]
    Host(String),
    /// Out of range.
    #[error("{setting} = {value}: write {right}")]
    Number {
        /// Which setting.
        setting: &'static str,
        /// What was written.
        value: u64,
        /// What is possible.
        right: &'static str,
    },
}
