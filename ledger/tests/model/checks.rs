//! What must agree after every block.

use super::*;

impl Model {
    pub fn check(&self) {
        let oracle = &self.oracle;
        let keys_at = |height| -> Vec<[u8; 32]> {
            self.world.validators_at(height).keys().iter().map(|key| *key.as_bytes()).collect()
        };
        let height = self.world.parent.height;
        assert_eq!(keys_at(height), oracle.validators, "validators of block {height}");
        assert_eq!(&keys_at(height + EPOCH_BLOCKS), oracle.elected.as_ref().unwrap_or(&oracle.validators));
        for (who, household) in self.world.households.iter().enumerate() {
            assert_eq!(household.balance(Asset::Credit), oracle.credit[who], "credit of household {who}");
        }
        for ((who, asset), quantity) in &oracle.energy {
            assert_eq!(self.world.households[*who].balance(*asset), *quantity, "{asset:?} of household {who}");
        }
        for (asset, delivered) in &oracle.delivered {
            assert!(delivered <= &oracle.attested[asset], "more delivered than attested of {asset:?}");
        }
        let scanned: u64 = self.world.households.iter().map(|household| household.balance(Asset::Credit)).sum();
        let locks: u64 = oracle.deals.values().map(|deal| deal.lock).sum();
        let supply = oracle.minted - oracle.burned - oracle.fees;
        let orders: u64 = oracle.orders.values().map(Order::lock).sum();
        assert_eq!(scanned + locks + orders, supply, "credit came from nothing, or went to nothing");
        self.check_meters();
        let counters = self.world.counters();
        let counted = (counters.minted.0, counters.burned.0, counters.fees.0);
        assert_eq!(counted, (oracle.minted, oracle.burned, oracle.fees));
        assert_eq!(counters.supply().unwrap().0, supply);
        for contract in oracle.deals.keys() {
            assert!(self.world.ledger().contract(contract).unwrap().is_some());
        }
        for (id, Order { wish, .. }) in &oracle.orders {
            assert!(self.world.ledger().order(wish.utility, wish.window, id).unwrap().is_some());
        }
    }

    pub fn remember_blindings(&mut self, built: &Built) {
        let posted: Vec<(usize, [u8; 32], Window)> = match built.transaction.action() {
            Action::Attest(attest) => {
                let (meter, salt) = (attest.statement.meter.0 as usize, attest.statement.salt);
                attest.statement.indexed_windows().map(|(window, _)| (meter, salt, window)).collect()
            }
            Action::Correct(correct) => {
                let statement = &correct.statement;
                vec![(statement.meter.0 as usize, statement.salt, statement.window)]
            }
            _ => Vec::new(),
        };
        let intervals = self.world.parameters().intervals_per_window();
        for (meter, salt, window) in posted {
            let blindings = self.world.meters[meter].blindings(self.world.network(), &salt, window, intervals);
            self.blindings.insert((meter, window), blindings);
        }
    }

    /// Each meter's running sums are those of what is in force of its windows, and of those that can be corrected there is a
    /// record; energy is what was attested, whatever was corrected since.
    pub fn check_meters(&self) {
        let (parameters, now) = (self.world.parameters(), self.world.now());
        for (place, meter) in self.world.meters.iter().enumerate() {
            let record = self.world.ledger().meter(meter.id).unwrap();
            let own = self.oracle.in_force.range((place, Window(0))..(place + 1, Window(0)));
            let (mut export, mut import) = ((0, SecretScalar::zero()), (0, SecretScalar::zero()));
            for ((_, window), (exported, imported)) in own {
                let [of_export, of_import] = &self.blindings[&(place, *window)];
                export = (export.0 + exported, export.1.plus(of_export));
                import = (import.0 + imported, import.1.plus(of_import));
                if parameters.correct_until(*window) >= now {
                    let kept = self.world.ledger().window(meter.id, *window).unwrap();
                    let kept = kept.expect("a window that can be corrected is on record");
                    let sums = [(exported, of_export), (imported, of_import)];
                    let sums = sums.map(|(value, blinding)| Opening::new(*value, blinding.clone()));
                    assert!(sums[0].opens(&kept.export_sum) && sums[1].opens(&kept.import_sum));
                }
            }
            assert!(Opening::new(export.0, export.1).opens(&record.export_sum), "exports of meter {place}");
            assert!(Opening::new(import.0, import.1).opens(&record.import_sum), "imports of meter {place}");
        }
    }
}
