//! The rules of `docs/circuits/allocation.md` once more, written from their words alone: unit by unit, with fractions that are
//! compared exactly, and nothing shared with the program.

/// A key as people say it.
#[derive(Clone, Debug)]
pub enum Sharing {
    Static(Vec<u32>),
    Dynamic,
    Hybrid(Vec<u32>),
    Priority,
}

/// "Everybody gets the whole part of his quota; what is missing goes, one each, to those with the largest fractions, of
/// equal ones to whoever comes first." Quotas are `whole * weight / total`.
fn largest_remainder(whole: u128, weights: &[u128]) -> Vec<u128> {
    let total: u128 = weights.iter().sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    // The whole part by bisection: the largest n with n * total <= whole * weight.
    let whole_part = |weight: u128| {
        let (mut low, mut high) = (0u128, whole + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if middle * total <= whole * weight { low = middle } else { high = middle }
        }
        low
    };
    let mut parts: Vec<u128> = weights.iter().map(|weight| whole_part(*weight)).collect();
    let mut served = vec![false; weights.len()];
    while parts.iter().sum::<u128>() < whole {
        let mut best: Option<(usize, u128)> = None;
        for place in 0..weights.len() {
            if served[place] {
                continue;
            }
            let fraction = whole * weights[place] - parts[place] * total;
            if best.is_none_or(|(_, largest)| fraction > largest) {
                best = Some((place, fraction));
            }
        }
        let (place, _) = best.expect("fewer units are missing than there are members");
        parts[place] += 1;
        served[place] = true;
    }
    parts
}

/// What each member gets.
pub fn shared(sharing: &Sharing, generation: u64, consumption: &[u32]) -> Vec<u32> {
    let (generation, wanted) =
        (u128::from(generation), consumption.iter().map(|wh| u128::from(*wh)).collect::<Vec<_>>());
    let by_shares = |shares: &[u32]| -> Vec<u128> {
        let targets = largest_remainder(generation, &shares.iter().map(|share| u128::from(*share)).collect::<Vec<_>>());
        targets.into_iter().zip(&wanted).map(|(target, consumed)| target.min(*consumed)).collect()
    };
    let in_proportion = |first: Vec<u128>| -> Vec<u128> {
        let lacking: Vec<u128> = wanted.iter().zip(&first).map(|(consumed, got)| consumed - got).collect();
        let left = generation - first.iter().sum::<u128>();
        let pool = left.min(lacking.iter().sum());
        first.iter().zip(largest_remainder(pool, &lacking)).map(|(first, more)| first + more).collect()
    };
    let parts = match sharing {
        Sharing::Static(shares) => by_shares(shares),
        Sharing::Dynamic => in_proportion(vec![0; wanted.len()]),
        Sharing::Hybrid(shares) => in_proportion(by_shares(shares)),
        Sharing::Priority => {
            let before = |place: usize| wanted[..place].iter().sum::<u128>();
            (0..wanted.len()).map(|place| wanted[place].min(generation.saturating_sub(before(place)))).collect()
        }
    };
    parts.into_iter().map(|part| u32::try_from(part).expect("never above what is consumed")).collect()
}

#[test]
fn the_calculator_gives_what_was_worked_out_by_hand() {
    let thirds = vec![333_333, 333_333, 333_334];
    // 10 Wh in thirds: 3.33333, 3.33333, 3.33334: the one that is missing goes to the third.
    assert_eq!(shared(&Sharing::Static(thirds.clone()), 10, &[9, 9, 9]), [3, 3, 4]);
    // Capped by what the second consumes: 2 Wh stay unused.
    assert_eq!(shared(&Sharing::Static(thirds.clone()), 10, &[9, 1, 9]), [3, 1, 4]);
    // The two that are left go to what each still lacks, 6 and 5: 1.09 and 0.91.
    assert_eq!(shared(&Sharing::Hybrid(thirds), 10, &[9, 1, 9]), [4, 1, 5]);
    // 10 Wh to 7, 8 and 9 of 24: 2.92, 3.33, 3.75: the first and the third are rounded up.
    assert_eq!(shared(&Sharing::Dynamic, 10, &[7, 8, 9]), [3, 3, 4]);
    // Equal fractions: whoever comes first.
    assert_eq!(shared(&Sharing::Dynamic, 2, &[5, 5, 5]), [1, 1, 0]);
    assert_eq!(shared(&Sharing::Dynamic, 100, &[5, 0, 7]), [5, 0, 7]);
    assert_eq!(shared(&Sharing::Dynamic, 100, &[0, 0, 0]), [0, 0, 0]);
    assert_eq!(shared(&Sharing::Priority, 10, &[7, 8, 9]), [7, 3, 0]);
}
