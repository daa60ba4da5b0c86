//! A blocking client of another node's HTTP API: what followers, the command line and the demo use. It lives in a crate of its
//! own, so that programs without a node have it too.

pub use hushwatt_client::{ClientError, NodeClient, NodeStatus, Taken};
