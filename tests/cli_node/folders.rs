//! Keys, folders, and the settings in force.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::support::{community, key, network_of, run, run_with, text};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn single(folder: &Path) -> String {
    network_of(&run(&["init", "--single", "--folder", text(folder)]).ok())
}

#[test]
fn a_key_is_made_once_and_only_its_public_line_is_shown() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("keys");
    for role in ["validator", "registrar", "treasury"] {
        let made = run(&["key", "new", "--folder", text(&folder), "--role", role]);
        let file = folder.join(format!("{role}.key"));
        let content = fs::read_to_string(&file).unwrap();
        let secret = content.trim_end().rsplit(' ').next().unwrap();
        assert_eq!((secret.len(), mode(&file), mode(&folder)), (64, 0o600, 0o700));
        assert!(made.out.starts_with(&format!("{role}:")) && made.out.trim().len() == role.len() + 65, "{made:?}");
        assert!(!made.out.contains(secret) && !made.err.contains(secret));
        let shown = run(&["key", "show", "--folder", text(&folder), "--role", role]).ok();
        assert_eq!(shown, made.out);
        assert_eq!(run(&["key", "show", "--file", text(&file)]).ok(), made.out);
        run(&["key", "new", "--folder", text(&folder), "--role", role]).refused(&["exists already", "not replaced"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    let file = folder.join("registrar.key");
    fs::copy(folder.join("treasury.key"), &file).unwrap();
    let shown = run(&["key", "show", "--folder", text(&folder), "--role", "registrar"]);
    shown.refused(&["holds a treasury's key", "a registrar's is needed"]);
    run(&["key", "show", "--folder", text(temporary.path())]).refused(&["no key at", "hushwatt node key new"]);
    fs::write(&file, "something else").unwrap();
    run(&["key", "show", "--file", text(&file)]).refused(&["no hushwatt key file", "restore it"]);
    assert_ne!(run(&["key", "new", "--folder", text(&folder), "--role", "king"]).code, 0);
}

#[test]
fn a_key_that_others_may_read_or_nobody_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("node");
    single(&folder);
    let file = folder.join("validator.key");
    for open in [0o640, 0o604, 0o644] {
        fs::set_permissions(&file, fs::Permissions::from_mode(open)).unwrap();
        let expected = format!("mode 0{open:o}");
        run(&["config", "--folder", text(&folder)]).refused(&[&expected, "chmod 600"]);
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        println!("skipped: this user may read everything");
    } else {
        run(&["config", "--folder", text(&folder)]).refused(&["not readable by this user", "chown"]);
    }
    fs::remove_file(&file).unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&["no key at", "hushwatt node key new"]);
}

#[test]
fn one_command_lays_out_a_network_of_one() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("try");
    let network = single(&folder);
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["config.toml", "data", "genesis.json", "treasury.key", "validator.key", "version"]);
    assert!(fs::read_to_string(folder.join("version")).unwrap().contains(&network));
    let config = run(&["config", "--folder", text(&folder)]);
    assert!(config.out.contains(&network) && config.err.is_empty(), "{config:?}");
    run(&["init", "--single", "--folder", text(&folder)]).refused(&["already the folder of a node", &network]);
    let simulated = temporary.path().join("simulated");
    let made = run(&["init", "--single", "--simulated-time", "--folder", text(&simulated)]);
    assert!(made.out.contains("SIMULATED TIME") && made.err.contains("never for real money"), "{made:?}");
}

#[test]
fn four_machines_agree_on_a_genesis_and_lay_out_their_folders() {
    let temporary = tempfile::tempdir().unwrap();
    let machines: Vec<_> = ["a", "b", "c", "d"].map(|name| temporary.path().join(name)).into();
    let lines: Vec<String> = machines.iter().map(|folder| key(folder, "validator")).collect();
    let toml = community(temporary.path(), &lines);
    let genesis = temporary.path().join("genesis.json");
    let built = run(&["genesis", "--from", text(&toml), "--out", text(&genesis)]).ok();
    assert!(built.contains("one of them may fail") && built.contains("Anna"), "{built}");
    let network = network_of(&built);

    let peers: Vec<String> =
        lines.iter().zip(["a", "b", "c", "d"]).map(|(line, name)| format!("{line}@{name}.org:8401")).collect();
    let peers: Vec<&str> = peers.iter().map(String::as_str).collect();
    let arguments = ["init", "--folder", text(&machines[0]), "--genesis", text(&genesis), "--network", &network];
    let made = run(&[&arguments[..], &["--peers"], &peers[1..]].concat());
    assert!(!made.err.contains("remark"), "{made:?}");
    assert_eq!(network_of(&made.ok()), network);
    let config = run(&["config", "--folder", text(&machines[0])]).ok();
    assert!(config.contains("listen = \"0.0.0.0:8401\"") && config.contains("d.org:8401"), "{config}");
    assert!(fs::read_to_string(machines[0].join("config.toml")).unwrap().contains("# "), "the comments stay");
    assert_eq!(fs::read(machines[0].join("genesis.json")).unwrap(), fs::read(&genesis).unwrap());

    // What is missing is said.
    let made = run(&["init", "--folder", text(&machines[1]), "--genesis", text(&genesis), "--peers", peers[0]]);
    assert!(made.err.contains("no address is known for 2 validators"), "{made:?}");
    let stranger = temporary.path().join("stranger");
    key(&stranger, "validator");
    let made = run(&[
        "init",
        "--folder",
        text(&stranger),
        "--genesis",
        text(&genesis),
        "--listen",
        "127.0.0.1:1",
        "--peers",
        peers[0],
    ]);
    assert!(
        made.err.contains("not among the validators") && made.err.contains("listens on this machine only"),
        "{made:?}"
    );

    // What is wrong changes nothing.
    let folder = text(&machines[2]);
    let twice = [peers[0], peers[0]];
    let refusals: [(&[&str], &str); 5] = [
        (&["--network", &"ab".repeat(32)], "ask for the file that the others have"),
        (&["--peers", &twice.join(",")], "each validator stands there once"),
        (&["--http-listen", "0.0.0.0:8400"], "http.allow_public = true"),
        (&["--role", "follower"], "--follow URL"),
        (&["--follow", "http://127.0.0.1:1"], "role = \"follower\""),
    ];
    for (more, expected) in refusals {
        let arguments = ["init", "--folder", folder, "--genesis", text(&genesis)];
        run(&[&arguments[..], more].concat()).refused(&[expected]);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "{more:?}");
    }
    let own = format!("[[network.peers]]\nkey = \"{}\"\naddress = \"a.org:1\"\n", lines[0]);
    fs::write(machines[0].join("config.toml"), own).unwrap();
    run(&["config", "--folder", text(&machines[0])]).refused(&["this node's own key at a.org:1"]);

    let keyless = temporary.path().join("keyless");
    run(&["init", "--folder", text(&keyless), "--genesis", text(&genesis)]).refused(&["hushwatt node key new"]);
    assert!(!keyless.exists());
    let arguments = ["init", "--folder", text(&keyless), "--genesis", text(&genesis)];
    run(&[&arguments[..], &["--role", "follower", "--follow", "https://a.org"]].concat()).ok();
    assert!(!keyless.join("validator.key").exists());
}

#[test]
fn a_folder_with_something_else_or_of_another_network_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let (folder, other) = (temporary.path().join("node"), temporary.path().join("other"));
    let (network, foreign) = (single(&folder), single(&other));

    let photos = temporary.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::write(photos.join("holiday.jpg"), "").unwrap();
    let genesis = other.join("genesis.json");
    for arguments in [vec!["--single"], vec!["--genesis", text(&genesis)]] {
        let all = [&["init", "--folder", text(&photos)], &arguments[..]].concat();
        run(&all).refused(&["holds holiday.jpg", "must be new"]);
    }
    assert_eq!(fs::read_dir(&photos).unwrap().count(), 1);
    run(&["config", "--folder", text(&photos)]).refused(&["not the folder of a node", "hushwatt node init"]);

    let own = fs::read(folder.join("genesis.json")).unwrap();
    fs::copy(&genesis, folder.join("genesis.json")).unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&[&network, &foreign, "put the right genesis.json back"]);
    fs::write(folder.join("genesis.json"), "{}").unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&["genesis.json", "missing field"]);
    fs::write(folder.join("genesis.json"), own).unwrap();

    let version = folder.join("version");
    let good = fs::read_to_string(&version).unwrap();
    fs::write(&version, good.replace("version 1", "version 7")).unwrap();
    let expected = ["data version 7", "this program knows version 1", "docs/operate.md"];
    run(&["config", "--folder", text(&folder)]).refused(&expected);
    run(&["export", "--folder", text(&folder), "--out", text(&temporary.path().join("x"))]).refused(&expected);
    fs::write(&version, "rubbish").unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&["is damaged", "restore it"]);
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("node");
    single(&folder);
    let heartbeat = |variables: &[(&str, &str)], flags: &[&str]| {
        let out = run_with(variables, &[&["config", "--folder", text(&folder)], flags].concat()).ok();
        out.lines().find_map(|line| line.strip_prefix("heartbeat = ")).unwrap().to_owned()
    };
    assert_eq!(heartbeat(&[], &[]), "\"30s\"");
    fs::write(folder.join("config.toml"), "heartbeat = \"10s\"\n").unwrap();
    assert_eq!(heartbeat(&[], &[]), "\"10s\"");
    let variable = [("HUSHWATT_NODE_HEARTBEAT", "20s")];
    assert_eq!(heartbeat(&variable, &[]), "\"20s\"");
    assert_eq!(heartbeat(&variable, &["--heartbeat", "40s"]), "\"40s\"");

    // Every flag has its setting.
    let flags = ["--log-format", "json", "--log-level", "warn", "--metrics", "false", "--listen", "0.0.0.0:1"];
    let more = ["--http-listen", "0.0.0.0:2", "--http-allow-public", "--role", "follower", "--follow", "http://a:1"];
    let out = run(&[&["config", "--folder", text(&folder)], &flags[..], &more[..]].concat()).ok();
    for line in [
        "format = \"json\"",
        "level = \"warn\"",
        "enabled = false",
        "listen = \"0.0.0.0:1\"",
        "listen = \"0.0.0.0:2\"",
        "allow_public = true",
        "role = \"follower\"",
        "follow = [\"http://a:1\"]",
    ] {
        assert!(out.contains(line), "{line} is missing in {out}");
    }

    // The folder may come from the environment, and a typing error in a name does not pass for a setting.
    run_with(&[("HUSHWATT_NODE_FOLDER", text(&folder))], &["config"]).ok();
    run(&["config"]).refused(&["--folder DIR", "HUSHWATT_NODE_FOLDER"]);
    let wrong = run_with(&[("HUSHWATT_NODE_HEARTBEET", "1s")], &["config", "--folder", text(&folder)]);
    wrong.refused(&["HUSHWATT_NODE_HEARTBEET is no setting", "HUSHWATT_NODE_HEARTBEAT"]);
    let wrong = run_with(&[("HUSHWATT_NODE_LISTEN", "8401")], &["config", "--folder", text(&folder)]);
    wrong.refused(&["HUSHWATT_NODE_LISTEN is wrong", "8401"]);
    fs::write(folder.join("config.toml"), "heartbeat = \"10s\"\n[http]\nlisen = \"127.0.0.1:1\"\n").unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&[
        "config.toml",
        "line 3",
        "unknown field `lisen`",
        "`listen`",
    ]);
}

#[test]
fn a_key_is_replaced_and_a_lost_validator_rejoins() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("node");
    single(&folder);
    let made = run(&["key", "new", "--folder", text(&folder), "--next"]);
    assert!(made.err.contains("validator-next.key"), "{made:?}");
    let next = made.ok();
    assert_eq!(run(&["key", "show", "--folder", text(&folder), "--next"]).ok(), next);
    assert_ne!(run(&["key", "show", "--folder", text(&folder)]).ok(), next);
    run(&["config", "--folder", text(&folder)]).ok();
    fs::set_permissions(folder.join("validator-next.key"), fs::Permissions::from_mode(0o644)).unwrap();
    run(&["config", "--folder", text(&folder)]).refused(&["validator-next.key", "chmod 600"]);
    fs::remove_file(folder.join("validator-next.key")).unwrap();

    run(&["rejoin", "--folder", text(&folder)]).refused(&["nobody to catch up from"]);
    let genesis = folder.join("genesis.json");
    let wiped = temporary.path().join("wiped");
    key(&wiped, "validator");
    let own = run(&["key", "show", "--folder", text(&folder)]).ok();
    let peer = format!("{}@127.0.0.1:8401=http://127.0.0.1:8400", own.trim());
    let arguments = ["init", "--folder", text(&wiped), "--genesis", text(&genesis), "--peers", &peer, "--rejoin"];
    let made = run(&arguments);
    assert!(made.err.contains("marked to rejoin"), "{made:?}");
    fs::remove_file(wiped.join("rejoin")).unwrap();
    assert!(!run(&["config", "--folder", text(&wiped)]).err.contains("rejoin"));
    run(&["rejoin", "--folder", text(&wiped)]).ok();
    assert!(run(&["config", "--folder", text(&wiped)]).err.contains("marked to rejoin"));
}

#[test]
fn each_command_explains_itself_with_examples() {
    for command in [
        "key new",
        "key show",
        "genesis",
        "init",
        "config",
        "status",
        "export",
        "rejoin",
        "start",
        "registry new",
        "registry sign",
        "registry show",
        "registry submit",
    ] {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let help = run(&arguments).ok();
        assert!(help.contains("Examples:") && help.contains(&format!("hushwatt node {command}")), "{help}");
    }
}
