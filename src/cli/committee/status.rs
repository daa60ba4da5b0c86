//! `hushwatt committee status`: how the member is, from what he last wrote down, or from his files while he does not run.

use std::{fs, process::ExitCode};

use hushwatt_committee::{
    folder::{FolderError, MemberFolder},
    run::{RunError, open},
    status::{RequestStatus, Status},
};
use serde::Serialize;

use super::{
    common::Common,
    error::CommitteeCommandError,
    moments::{moment, when},
    table::{Table, pairs},
};

/// Exit status when somebody must look.
const ALARM: u8 = 1;
/// Exit status when he does not run.
const NOT_RUNNING: u8 = 2;

/// As scripts read it.
#[derive(Serialize)]
struct Answer<'a> {
    running: bool,
    #[serde(flatten)]
    status: &'a Status,
}

pub(super) fn run(common: &Common) -> Result<ExitCode, CommitteeCommandError> {
    let folder = common.folder()?;
    let (running, status) = match open(folder.path()) {
        Ok((member, _lock)) => (false, member.status()),
        Err(RunError::Folder(FolderError::Running(_))) => (true, told(&folder)?),
        Err(error) => return Err(error.into()),
    };
    common.answer(&Answer { running, status: &status }, || text(running, &status))?;
    let alarm = status.warnings.iter().any(|warning| warning.alarm);
    Ok(match (running, alarm) {
        (false, _) => ExitCode::from(NOT_RUNNING),
        (true, true) => ExitCode::from(ALARM),
        (true, false) => ExitCode::SUCCESS,
    })
}

/// What the running member wrote down.
fn told(folder: &MemberFolder) -> Result<Status, CommitteeCommandError> {
    let path = folder.status_file();
    let bytes = fs::read(&path).map_err(|source| CommitteeCommandError::Read { path, source })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        CommitteeCommandError::Input(format!("{} cannot be read ({error})", folder.status_file().display()))
    })
}

fn text(running: bool, status: &Status) -> String {
    let state = match (running, status.caught_up) {
        (false, _) => "DOES NOT RUN: no share is looked at, and nothing is released",
        (true, false) => "runs; reads the ledger",
        (true, true) => "runs",
    };
    let number = status.number.map_or_else(|| "not in the committee of now".to_owned(), |number| number.to_string());
    let mut rows = vec![
        ("Member", state.to_owned()),
        ("Number", number),
        ("Network", status.network.clone()),
        ("Line", status.member.clone()),
        ("Ledger", format!("block {}, {}", status.height, moment(status.time))),
    ];
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
        let told = text(true, &status);
        for part in
            ["block 12", "ALARM", "sharing until 2026-06-16 06:40:00 UTC, in 2 h", "1, 2, 7", "NOT ANSWERED: because"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(text(false, &Status::default()).contains("DOES NOT RUN"));
        assert!(text(false, &Status::default()).contains("Nothing was asked."));
    }
}
