//! `hushwatt committee status`: how the member is, as he last said, whether he runs or not.

use std::process::ExitCode;

use hushwatt_committee::status::{RequestStatus, STATUS_FORMAT, Status};
use hushwatt_ledger::genesis::Genesis;

use super::{
    common::Common,
    moments::{moment, when},
    table::{Table, pairs},
};
use crate::cli::{
    failure::Failure,
    office::{self, Heard},
};

pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let folder = common.folder()?;
    // Before he said anything.
    let before = |genesis: &Genesis| {
        Ok(Status {
            format: STATUS_FORMAT.to_owned(),
            network: genesis.network().to_string(),
            member: folder.keys()?.public_line(),
            simulated_time: genesis.simulated_time,
            time: genesis.time.0,
            ..Status::default()
        })
    };
    let is_alarm = |status: &Status| status.warnings.iter().any(|warning| warning.alarm);
    office::status(common, &folder, before, is_alarm, text)
}

fn text(heard: &Heard<Status>) -> String {
    let status = &heard.status;
    let running = if status.caught_up { "runs" } else { "runs; reads the ledger" };
    let number = status.number.map_or_else(|| "not in the committee of now".to_owned(), |number| number.to_string());
    let mut rows = heard.rows("Member", running.to_owned(), "no share is looked at, and nothing is released");
    rows.extend([
        ("Number", number),
        ("Network", status.network.clone()),
        ("Line", status.member.clone()),
        ("Ledger", format!("block {}, {}", status.height, moment(status.time))),
    ]);
    if status.simulated_time {
        rows.push(("Clock", "SIMULATED TIME: a network for demos and tests".to_owned()));
    }
    for warning in &status.warnings {
        rows.push((if warning.alarm { "ALARM" } else { "Warning" }, warning.text.clone()));
    }
    let mut periods = Table::new(&["Period", "From", ">Right", ">Wrong", ">Lacking", "Step"]);
    for period in &status.periods {
        let numbers = [period.right, period.wrong, period.lacking].map(|number| number.to_string());
        let [right, wrong, lacking] = numbers;
        let step = format!("{} until {}", period.step, when(period.until, status.time));
        periods.row(vec![period.period.to_string(), moment(period.start), right, wrong, lacking, step]);
    }
    let mut requests = Table::new(&["Period", "Total of", "Left out", "State"]);
    for request in &status.requests {
        requests.row(vec![request.period.to_string(), request.target.clone(), left_out(request), said(request)]);
    }
    let or = |table: &Table, words: &str| if table.is_empty() { words.to_owned() } else { table.text() };
    format!("{}\n\n{}\n\n{}", pairs(&rows), or(&periods, "No shares are kept."), or(&requests, "Nothing was asked."))
}

fn left_out(request: &RequestStatus) -> String {
    match request.left_out.as_slice() {
        [] => "nobody".to_owned(),
        meters => meters.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn said(request: &RequestStatus) -> String {
    let words = match request.state.as_str() {
        "waiting" => "waits",
        "sending" => "answered; not in a block yet",
        "released" => "released",
        "late" => "not released in time",
        "refused" => "NOT ANSWERED",
        other => other,
    };
    request.reason.as_ref().map_or_else(|| words.to_owned(), |reason| format!("{words}: {reason}"))
}

#[cfg(test)]
mod tests {
    use hushwatt_committee::status::{PeriodStatus, Warning};

    use super::*;

    #[test]
    fn what_stands_where_is_told_in_plain_words() {
        let request = |state: &str, left_out: &[u32], reason: Option<&str>| RequestStatus {
            period: 20_620,
            target: "cohort 0".to_owned(),
            left_out: left_out.to_vec(),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            ..RequestStatus::default()
        };
        let status = Status {
            height: 12,
            time: 1_781_584_800,
            number: Some(2),
            caught_up: true,
            periods: vec![PeriodStatus {
                period: 20_620,
                start: 1_781_568_000,
                step: "sharing".to_owned(),
                until: 1_781_592_000,
                right: 9,
                lacking: 1,
                ..PeriodStatus::default()
            }],
            requests: vec![request("released", &[], None), request("refused", &[1, 2, 7], Some("because"))],
            warnings: vec![Warning { code: "lacking".to_owned(), alarm: true, text: "one".to_owned() }],
            ..Status::default()
        };
        let told = text(&Heard::never(status));
        for part in
            ["block 12", "ALARM", "sharing until 2026-06-16 06:40:00 UTC, in 2 h", "1, 2, 7", "NOT ANSWERED: because"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        let before = text(&Heard::never(Status::default()));
        assert!(before.contains("DOES NOT RUN") && before.contains("Nothing was asked."), "{before}");
    }
}
