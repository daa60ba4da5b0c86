//! A chain that has something of everything a report shows.

use std::sync::LazyLock;

use hushwatt_audits::Report;
use hushwatt_crypto::{range::RangeBits, signature::SigningKey};
use hushwatt_ledger::units::Utility;

use crate::{
    chain::{Chain, story},
    kit::{ANNA, BERT, CARLA, TREASURY, auction::Wish},
};

/// The energy of window 0 is sealed.
const SEALED: u64 = 4;

/// The story, with an auction that clears, one in which nothing can be traded, corrections and a replaced meter.
static RICH: LazyLock<Chain> = LazyLock::new(|| {
    let mut chain = story(SEALED);
    let window = chain.world.window(0);
    let wish = |who, window, limit, quantity| Wish { who, utility: Utility::Electricity, window, limit, quantity };
    let mut built = vec![
        chain.world.sell(&wish(ANNA, window, 150, 800)),
        chain.world.sell(&wish(BERT, window, 250, 500)),
        chain.world.buy(&wish(CARLA, window, 300, 600)),
        chain.world.buy(&wish(TREASURY, window, 200, 400)),
    ];
    let next = chain.world.window(1);
    let reading = chain.world.measured(500, 10);
    for meter in [0, 1] {
        built.push(chain.world.attest(meter, next, std::slice::from_ref(&reading)));
    }
    chain.accept(chain.world.after(300), &built);
    clear(&mut chain, 0);
    let window = chain.world.window(1);
    chain.accept(chain.world.parameters().attest_until(window).plus(1), &[]);
    let orders = [chain.world.sell(&wish(ANNA, window, 500, 100)), chain.world.buy(&wish(CARLA, window, 100, 50))];
    chain.accept(chain.world.after(60), &orders);
    clear(&mut chain, 1);
    let right = chain.world.measured(900, 10);
    let correct = chain.world.correct(0, chain.world.window(0), &right);
    chain.accept(chain.world.after(60), &[correct]);
    let key = SigningKey::from_bytes(&[91; 32]);
    let change = chain.world.replace_meter(1, RangeBits::Bits16, &key);
    chain.accept(chain.world.after(60), &[change]);
    // A day later, so that the report has a second one.
    chain.accept(chain.world.after(86_400), &[]);
    let pay = chain.world.pay(CARLA, BERT, 5);
    chain.accept(chain.world.after(60), &[pay]);
    chain
});

fn clear(chain: &mut Chain, window: u64) {
    let window = chain.world.window(window);
    let last = chain.world.parameters().order_until(window).unwrap();
    chain.accept(last.plus(1), &[]);
    chain.accept(last.plus(31), &[]);
    let built = chain.world.clear(Utility::Electricity, window).0;
    chain.accept(chain.world.after(60), &[built]);
}

pub fn rich() -> Chain {
    RICH.clone()
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let report = rich().audit();
    assert!(report.holds(), "{report}");
    report
});

/// Its report.
pub fn report() -> Report {
    REPORT.clone()
}
