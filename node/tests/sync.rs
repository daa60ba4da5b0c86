//! A household's way to a real node, over HTTP: the same notes as from the blocks themselves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod support;

use std::{future::pending, sync::Arc};

use hushwatt_client::{BaseUrl, Offer, SignedOffer};
use hushwatt_crypto::keys::Account;
use hushwatt_ledger::units::{Price, Quantity, Timestamp, Utility};
use hushwatt_node::{
    Core, CoreOptions,
    http::{HttpOptions, Server},
    metrics::Metrics,
};
use hushwatt_wallet::{
    Follower, Wallet,
    sync::{Nodes, SyncError},
};
use rand_core::OsRng;
use support::{Community, Setup, seed_of};
use tokio::runtime::Runtime;

/// A node on a folder, and its address.
fn serve(runtime: &Runtime, core: Arc<Core>) -> BaseUrl {
    let options = HttpOptions { listen: "127.0.0.1:0".parse().unwrap(), ..HttpOptions::default() };
    let server = runtime.block_on(Server::bind(&options, core, Arc::new(Metrics::default()))).unwrap();
    let url = format!("http://{}", server.address()).parse().unwrap();
    runtime.spawn(server.serve(pending()));
    url
}

fn value(wallet: &Wallet) -> u64 {
    wallet.notes().map(|note| note.opening.value).sum()
}

#[test]
fn a_wallet_finds_over_http_what_it_finds_in_the_blocks() {
    let mut community = Community::found(&Setup::default());
    community.fund(&[(0, 1_000), (1, 70)]);
    let payment = community.pay(0, &[(1, 300)]);
    community.settle(vec![payment]);
    let height = community.follower.tip().height;
    let now = community.now();
    let Community { genesis, node, clock, folder, wallets, .. } = community;
    drop(node);
    let core = Core::open(folder.path(), genesis.clone(), Box::new(clock), CoreOptions::default()).unwrap();
    let runtime = Runtime::new().unwrap();
    let url = serve(&runtime, Arc::new(core));

    assert_eq!(Nodes::genesis(&url).unwrap().network(), genesis.network());
    let mut nodes = Nodes::new(&[url], genesis.clone());
    assert_eq!(nodes.survey().best.map(|best| (best.height, best.time)), Some((height, now.0)));
    let mut follower = Follower::new(genesis.clone());
    let mut read: Vec<Wallet> = (0..2).map(|who| Wallet::new(genesis.clone(), &seed_of(who)).unwrap()).collect();
    let fetched = nodes.fetch(0, Timestamp(0)).unwrap();
    assert_eq!((fetched.blocks.len() as u64, fetched.tip, fetched.without_hints), (height, height, 0));
    for next in fetched.blocks {
        for one in follower.follow(next).unwrap() {
            read.iter_mut().for_each(|wallet| wallet.scan_block(&one.block, &one.hints, &one.events));
        }
    }
    assert!(nodes.fetch(height, Timestamp(0)).unwrap().blocks.is_empty());
    for (over_http, directly) in read.iter().zip(&wallets) {
        assert!(value(over_http) > 0);
        assert_eq!(value(over_http), value(directly));
    }

    let seller = Account::from_seed(genesis.network(), &seed_of(0)).unwrap();
    let offer = Offer {
        seller: *seller.address(),
        utility: Utility::Electricity,
        window: genesis.parameters.window_at(now),
        quantity: Quantity(500),
        price: Price::new(100).unwrap(),
        valid_until: now.plus(600),
    };
    let offer = SignedOffer::sign(genesis.network(), offer, &seller, &mut OsRng).unwrap();
    nodes.post_offer(&offer).unwrap();
    assert_eq!(nodes.board().unwrap(), [offer]);

    // It votes on nothing and says so; bytes that are no transaction would be refused by any.
    assert!(matches!(nodes.submit(b"\0\0\0\0"), Err(SyncError::NoneOfUse(_))));
    assert_eq!(nodes.notices().len(), 1);
}
