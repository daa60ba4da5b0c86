//! `hushwatt meter status`: how the gateway is, from its page, or from its folder while it does not run.

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;
use hushwatt_client::{BaseUrl, ClientError, NodeClient, Patience};
use hushwatt_gateway::{
    folder::{FolderError, GatewayFolder},
    page::TotalsState,
    service::{self, RunError},
};
use serde_json::{Value, json};

use super::{
    common::Common,
    error::MeterCommandError,
    show::{base_unit, medium_of, quantity, when},
    table::pairs,
};

/// Exit status when somebody must look.
const ALARM: u8 = 1;
/// Periods that are listed, of those that wait and of those that are over.
const MOST_PERIODS: usize = 4;
/// Exit status when it does not run.
const NOT_RUNNING: u8 = 2;

/// Arguments of `hushwatt meter status`.
#[derive(Args)]
#[command(after_help = "Examples:
  hushwatt meter status --folder /var/lib/hushwatt-meter
  hushwatt meter status --url http://gateway.local:8430 --json
  hushwatt meter status --folder /var/lib/hushwatt-meter --acknowledge 3     seen: the meter was exchanged (gateway stopped)

Exit status 0 if all is well, 1 if something is or will be lost unless somebody looks, 2 if the gateway does not run. What each
warning means stands in docs/gateway.md.")]
pub(super) struct StatusArguments {
    /// The gateway's page [default: as the settings of the folder say]
    #[arg(long, value_name = "URL", conflicts_with = "acknowledge")]
    url: Option<BaseUrl>,
    /// Take a warning off the list that somebody has seen
    #[arg(long, value_name = "N")]
    acknowledge: Option<u64>,
}

pub(super) fn run(common: &Common, arguments: &StatusArguments) -> Result<ExitCode, MeterCommandError> {
    if let Some(number) = arguments.acknowledge {
        let mut opened = service::open(common.folder()?.path())?;
        opened.store.acknowledge(number)?;
        common.answer(&json!({ "acknowledged": number }), || format!("Warning {number} is off the list."))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(url) = &arguments.url {
        let asked = ask(url);
        let status = asked.map_err(|source| MeterCommandError::NotRunning { url: url.to_string(), source })?;
        return told(common, &status);
    }
    let folder = common.folder()?;
    let genesis = folder.genesis()?;
    let page = folder.config(&genesis)?.page;
    if let Some(page) = page {
        let mut address = page.listen;
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let url: BaseUrl = format!("http://{address}").parse().map_err(MeterCommandError::Input)?;
        // Another gateway may have the port.
        let network = genesis.network().to_string();
        if let Ok(status) = ask(&url)
            && status["network"] == network
        {
            return told(common, &status);
        }
    }
    at_rest(common, &folder)
}

fn ask(url: &BaseUrl) -> Result<Value, ClientError> {
    let five = std::time::Duration::from_secs(5);
    let patience = Patience { connect: five, answer: five, body: Some(five) };
    NodeClient::patient(url, &patience).json("/v1/status")
}

/// What a running gateway says.
fn told(common: &Common, status: &Value) -> Result<ExitCode, MeterCommandError> {
    let alarms = list(status, "/warnings").iter().any(|warning| warning["alarm"] == true);
    let mut status = status.clone();
    if let Some(fields) = status.as_object_mut() {
        fields.insert("running".to_owned(), true.into());
    }
    common.answer(&status, || text(&status))?;
    Ok(if alarms { ExitCode::from(ALARM) } else { ExitCode::SUCCESS })
}

/// What a gateway's folder says while nothing runs there.
fn at_rest(common: &Common, folder: &GatewayFolder) -> Result<ExitCode, MeterCommandError> {
    let opened = match service::open(folder.path()) {
        Err(RunError::Folder(FolderError::Running(path))) => {
            return Err(MeterCommandError::Input(format!(
                "a gateway runs in {}, and its page does not answer: page.enabled is false, or it is just starting",
                path.display()
            )));
        }
        opened => opened?,
    };
    let (state, parameters) = (opened.store.state(), &opened.genesis.parameters);
    let (position, now) = (state.position(), now());
    let unit = base_unit(opened.config.reading.registers.medium);
    let registers = state.registers().last().map(|sample| {
        json!({
            "number": sample.meter, "import": sample.import.value, "export": sample.export.value,
            "step": sample.import.step.max(sample.export.step), "received": sample.received.0,
            "at": sample.at.map(|at| at.0), "accepted": state.registers().counters().accepted,
            "held_back": state.registers().held_back(),
        })
    });
    let last = parameters.window_start(position.next_window).0.saturating_sub(parameters.window);
    let attested = (position.sequence > 0)
        .then(|| json!({ "sequence": position.sequence, "last_window": last, "status": null, "height": null }));
    let kept = state.warnings().iter().filter(|warning| !warning.acknowledged).map(|warning| {
        json!({ "code": "kept", "alarm": false, "since": warning.at.0, "text": format!("{} (number {})", warning.text, warning.number) })
    });
    let status = json!({
        "format": "hushwatt gateway 1",
        "running": false,
        "network": opened.genesis.network().to_string(),
        "meter": opened.config.meter.0,
        "unit": unit,
        "simulated_time": opened.genesis.simulated_time,
        "now": now,
        "paired": opened.config.household.is_some(),
        "line": { "port": opened.config.source.port.to_string(), "driver": opened.config.source.format.name },
        "registers": registers,
        "queue": { "next_window": parameters.window_start(position.next_window).0, "pending": state.waiting().map(|waiting| json!({
            "sequence": waiting.outgoing.sequence, "valid_until": waiting.outgoing.valid_until.0,
        })) },
        "attested": attested,
        "totals": TotalsState::of(&opened.genesis, &opened.config, state),
        "warnings": kept.collect::<Vec<_>>(),
    });
    common.answer(&status, || text(&status))?;
    Ok(ExitCode::from(NOT_RUNNING))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// For people. What is not there is left out, so that a newer gateway can be asked too.
fn text(status: &Value) -> String {
    let number = |path: &str| status.pointer(path).and_then(Value::as_u64);
    let string = |path: &str| status.pointer(path).and_then(Value::as_str);
    let utility = if status["unit"] == "Wh" {
        hushwatt_ledger::units::Utility::Electricity
    } else {
        hushwatt_ledger::units::Utility::Water
    };
    let amount = |base| quantity(medium_of(utility), base);
    let now = number("/now").unwrap_or(0);
    let time = |path: &str| number(path).map(|time| when(time, now));
    let is_running = status["running"] == true;
    let alarms = list(status, "/warnings").iter().filter(|warning| warning["alarm"] == true).count();
    let state = match (is_running, alarms) {
        (false, _) => "DOES NOT RUN: hushwatt meter run".to_owned(),
        (true, 0) => "runs".to_owned(),
        (true, count) => format!("NEEDS SOMEBODY: {count} alarm(s) below"),
    };
    let mut rows = vec![("Gateway", state)];
    if status["simulated_time"] == true {
        rows.push(("Clock", "SIMULATED TIME: a network for demos and tests".to_owned()));
    }
    rows.extend(number("/meter").map(|meter| ("Meter", meter.to_string())));
    rows.extend(string("/line/port").map(|port| {
        let driver = string("/line/driver").unwrap_or_default();
        let counts = match (number("/line/telegrams"), number("/line/refused")) {
            (Some(read), Some(refused)) => format!(", {read} telegrams read, {refused} refused"),
            _ => String::new(),
        };
        ("Line", format!("{port} ({driver}){counts}"))
    }));
    match number("/registers/import") {
        Some(import) => {
            let given = number("/registers/export").map(amount).unwrap_or_default();
            let meter = string("/registers/number").unwrap_or_default();
            rows.push(("Shows", format!("taken {}, given {given} (meter {meter})", amount(import))));
            rows.extend(time("/registers/received").map(|time| ("Last telegram", time)));
        }
        None => rows.push(("Last telegram", "none yet".to_owned())),
    }
    if let Some(ahead) = status.pointer("/clock/meter_ahead").and_then(Value::as_i64) {
        rows.push((
            "Meter's clock",
            match ahead {
                0 => "as the gateway's".to_owned(),
                1.. => format!("{ahead} s ahead of the gateway's"),
                _ => format!("{} s behind the gateway's", ahead.unsigned_abs()),
            },
        ));
    }
    rows.push((
        "Attested until",
        match time("/attested/last_window") {
            Some(time) => {
                let how = string("/attested/status").map(|how| format!(", {how}")).unwrap_or_default();
                format!("the window of {time}{how}")
            }
            None => "nothing yet".to_owned(),
        },
    ));
    rows.extend(number("/queue/windows").map(|windows| {
        (
            "Waiting",
            match (windows, number("/queue/open").unwrap_or(0)) {
                (0, _) => "nothing".to_owned(),
                (windows, 0) => format!("{windows} windows"),
                (windows, open) => format!("{windows} windows, {open} of them until the meter is read again"),
            },
        )
    }));
    rows.extend(number("/queue/pending/sequence").map(|sequence| {
        let answer = string("/queue/pending/answer").map(|answer| format!(": {answer}")).unwrap_or_default();
        ("On its way", format!("number {sequence}{answer}"))
    }));
    rows.extend(time("/queue/due").map(|time| ("Sent next", time)));
    rows.extend(totals(status, now));
    rows.extend(number("/ledger/height").map(|height| {
        (
            "Ledger",
            match height {
                0 => "no block read yet".to_owned(),
                height => format!("block {height} of {}", time("/ledger/time").unwrap_or_default()),
            },
        )
    }));
    for node in list(status, "/ledger/nodes") {
        let state = match (node["fault"].as_str(), node["ok"] == true) {
            (Some(fault), _) => fault,
            (None, true) => "answers",
            (None, false) => "not asked yet",
        };
        rows.push(("Node", format!("{}: {state}", node["url"].as_str().unwrap_or_default())));
    }
    for warning in list(status, "/warnings") {
        let name = if warning["alarm"] == true { "ALARM" } else { "Warning" };
        let since = warning["since"].as_u64().map(|since| when(since, now)).unwrap_or_default();
        rows.push((name, format!("{} (since {since})", warning["text"].as_str().unwrap_or_default())));
    }
    pairs(&rows)
}

/// What is shared for totals, of which nothing says how much it is; nothing where the community makes none.
fn totals(status: &Value, now: u64) -> Vec<(&'static str, String)> {
    let state = match status.pointer("/totals/state").and_then(Value::as_str) {
        Some("shares") => "are shared with the committee, for the community's totals",
        Some("declined") => "are not shared: share_totals is false in gateway.toml",
        Some("no-committee") => "cannot be shared now: there is no committee",
        Some("no-cohort") => "cannot be shared now: the meter is in no cohort",
        _ => return Vec::new(),
    };
    let mut rows = vec![("Period sums", state.to_owned())];
    let time = |period: &Value, name: &str| when(period[name].as_u64().unwrap_or(0), now);
    let waiting = list(status, "/totals/waiting");
    for period in waiting.iter().take(MOST_PERIODS) {
        let number = |name: &str| period[name].as_u64().unwrap_or(0);
        let due = period["due"].as_u64().map_or_else(String::new, |due| format!(", shared {}", when(due, now)));
        let sent = match (number("attempts"), period["answer"].as_str()) {
            (0, _) => String::new(),
            (attempts, answer) => format!(", sent {attempts} times: {}", answer.unwrap_or("no answer yet")),
        };
        let (have, all) = (number("windows"), number("of_windows"));
        let text = format!("the period from {}: {have} of {all} windows{due}{sent}", time(period, "start"));
        rows.push(("Waits", text));
    }
    if let Some(more @ 1..) = waiting.len().checked_sub(MOST_PERIODS) {
        rows.push(("Waits", format!("{more} more periods")));
    }
    for period in list(status, "/totals/settled").iter().take(MOST_PERIODS) {
        let text = period["text"].as_str().unwrap_or_default();
        rows.push(("Over", format!("the period from {}: {text}", time(period, "start"))));
    }
    rows
}
