//! Nodes that do not vote, nodes that lost their data, and what followers believe.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use hushwatt_node::{
    client::{ClientError, NodeClient},
    http::frames,
};

use crate::{
    bank::PIECE,
    checks::{agree, audit},
    load::Load,
    registrars::votes,
    town::{Plan, Town, hushwatt, patiently, text},
};

#[test]
fn wiped_nodes_catch_up_by_themselves_and_a_follower_verifies_what_it_serves() {
    let mut town = Town::start(&Plan { epoch_blocks: 50, ..Plan::default() });
    let keys: Vec<_> = town.validators.iter().map(|key| key.verifying_key()).collect();
    let load = Load::start(&town, 3);
    load.goes_on(10);

    // A validator whose disk was exchanged.
    town.net.stop(3).unwrap();
    let folder = town.net.folder(3).to_path_buf();
    fs::remove_dir_all(folder.join("data")).unwrap();
    let told = hushwatt(&["node", "rejoin", "--folder", text(&folder)]);
    assert_eq!(told.code, Some(0), "{told:?}");
    town.net.start(3).unwrap();

    // A follower that is told lies first.
    let liar = lie_for(town.net.client(0).clone());
    let follower = town.net.add_follower(&town.genesis.clone(), &town.folder.join("follower")).unwrap();
    town.configure(follower, |config| config.follow.insert(0, liar.parse().unwrap()));
    town.net.start(follower).unwrap();
    town.reaches(follower, town.height(0));
    let log = town.log(follower);
    assert!(log.contains(&liar) && log.contains("this node cannot be followed now"), "{log}");
    assert!(log.contains("certificate"), "{log}");

    // It takes nothing from clients, and says who does.
    let payment = load.payments()[0].built.clone();
    match town.net.client(follower).submit(&payment, 0) {
        Err(ClientError::Refused { status: 503, message, .. }) => {
            assert!(message.contains("submit to a validator"), "{message}")
        }
        other => panic!("{other:?}"),
    }

    // Its disk is lost, too.
    town.net.kill(follower).unwrap();
    fs::remove_dir_all(town.net.folder(follower).join("data")).unwrap();
    town.net.start(follower).unwrap();
    town.reaches(follower, town.height(0));
    assert!(town.log(follower).contains("transaction root"), "{}", town.log(follower));

    patiently("the wiped validator votes again", || (!folder.join("rejoin").exists()).then_some(()));
    let from = town.height(0) + 1;
    votes(&town, &keys[3], &keys, from, 0);
    let payments = load.finish();
    agree(&town, &[0, 1, 2, 3, 4], &payments);
    [3, follower].into_iter().for_each(|place| audit(&town, place));
}

/// A node that says what an honest one says, but for one byte of each certificate, or of each block the next time.
fn lie_for(honest: NodeClient) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let mut lies = 0;
        for stream in listener.incoming() {
            // Whoever asks may be gone.
            let _ = stream.and_then(|stream| answer(&honest, stream, &mut lies));
        }
    });
    url
}

fn answer(honest: &NodeClient, mut stream: TcpStream, lies: &mut u32) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or("/");
    let mut body = Vec::new();
    if path.starts_with("/v1/blocks") {
        let from = path.split(['=', '&']).nth(1).and_then(|from| from.parse().ok()).unwrap_or(1);
        *lies += 1;
        let read = honest.blocks(from, PIECE, |mut record| {
            let part = if *lies % 2 == 1 { &mut record.certificate } else { &mut record.body };
            if let Some(last) = part.last_mut() {
                *last ^= 1;
            }
            frames::encode(&record, &mut body);
            Ok::<_, ClientError>(())
        });
        read.map_err(std::io::Error::other)?;
    } else {
        let url = format!("{}{path}", honest.base());
        let mut said = ureq::get(&url).call().map_err(std::io::Error::other)?;
        body = said.body_mut().read_to_vec().map_err(std::io::Error::other)?;
    }
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}
