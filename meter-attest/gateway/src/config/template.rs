//! The `gateway.toml` that a new gateway starts from.

use hushwatt_client::BaseUrl;
use hushwatt_ledger::units::MeterId;

/// A configuration with explanations, for the person who sets the gateway up. `driver` and `port` are as in the file.
pub fn template(meter: MeterId, nodes: &[BaseUrl], driver: &str, port: &str) -> String {
    let nodes: Vec<String> = nodes.iter().map(|node| quoted(&node.to_string())).collect();
    format!(
        r#"# Settings of a hushwatt gateway. Restart it after a change.

# The meter's number on the ledger, as the registrar gave it.
meter = {meter}

# Address of the household that the meter belongs to; "hushwatt meter pair" writes it.
# household = "..."

# Nodes of the community. Two or more: then one that fails or lies does no harm.
nodes = [{nodes}]

# Seconds between two readings that are kept.
# pace = 10

# Whether this meter takes part in the community's totals: what opens its sum of a day (or whatever period the genesis says) is
# split among the members of the committee, of whom no minority can open it. With false it is listed as not sharing, and left
# out of totals.
# share_totals = true

[source]
# What the meter speaks: "hushwatt meter drivers" lists them.
driver = {driver}
# serial:/dev/ttyUSB0, tcp:192.168.1.20:23, file:/path/to/file or stdin.
port = {port}
# Serial ports only; what is usual for the driver if nothing is said.
# baud = 115200
# parity = "none"
# data_bits = 8
# stop_bits = 1
# Key of an encrypted meter, as hexadecimal digits in a file of mode 600.
# key_file = "meter.key"
# authentication_file = "meter-authentication.key"
# Address on a bus, and seconds between two questions, for meters that are asked.
# address = 1
# poll = 10

[reading]
# The meter's own number. Needed where one line speaks of several meters of one kind.
# number = "E0012345678901234"
# The grid operator's name of the metering point. Needed where his files speak of several.
# point = "AT0010000000000000001000012345678"
# For a meter with one register: "import" (taken by the household) or "export" (given by it). Without this an electricity
# meter has both, a water or heat meter counts imports.
# direction = "import"
# The most that can flow in an hour, in Wh or litres: more is taken for a fault.
# max_per_hour = 250000
# Where the registers start again from zero, in Wh or litres, if the meter does not tell and its papers do.
# modulus = 1000000000

[page]
# The page for the installer and for the household's wallet: on this machine only, if nothing is said.
# enabled = true
# listen = "127.0.0.1:8430"
# Names under which it may be opened from other machines.
# hosts = ["gateway.local"]
"#,
        meter = meter.0,
        nodes = nodes.join(", "),
        driver = quoted(driver),
        port = quoted(port),
    )
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
