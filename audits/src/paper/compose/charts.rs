//! Charts: what happened over time, as bars and as steps, on an axis from 0.

use crate::paper::{
    document::{Chart, Ink, Shape},
    language::Language,
};

/// Most labels on an axis of time.
const MOST_LABELS: usize = 6;
/// No chart has more slots: a finer one could not be told apart.
pub(super) const MOST_SLOTS: usize = 750;

/// Equal slots of time, each with a value of every kind.
pub(super) struct Slots {
    /// When each begins, unix seconds.
    pub starts: Vec<u64>,
    /// Whether slots are days, so that labels need no clock.
    pub days: bool,
}

/// No bar is broader, in units of the drawing.
const BROADEST: u64 = Chart::WIDTH / 8;

/// What a chart says beside its drawing.
pub(super) struct Words {
    pub id: String,
    pub title: String,
    pub told: String,
}

/// The end of an axis from 0 that holds a value: 2, 4 or 10 times a power of ten, so that its half is whole.
fn axis_end(value: u64) -> u64 {
    let mut power = 1u64;
    loop {
        for step in [2, 4, 10] {
            match power.checked_mul(step) {
                Some(end) if end >= value => return end,
                Some(_) => {}
                None => return value.next_multiple_of(2),
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Part of a length, rounded down.
fn part(value: u64, whole: u64, length: u64) -> u64 {
    let part = u128::from(value) * u128::from(length) / u128::from(whole.max(1));
    u64::try_from(part).unwrap_or(length)
}

impl Slots {
    /// Where a slot begins in the drawing.
    fn x(&self, place: usize) -> u64 {
        part(place as u64, self.starts.len() as u64, Chart::WIDTH)
    }

    /// Labels of the axis of time, each with the number of slots it stands over.
    fn labels(&self, language: Language) -> Vec<(u64, String)> {
        let (count, over) = (self.starts.len(), self.starts.len().div_ceil(MOST_LABELS).max(1));
        let label = |place: usize| {
            let slots = over.min(count - place);
            let start = self.starts.get(place).copied().unwrap_or_default();
            let text = match self.days {
                // Too few slots to write over.
                _ if slots * 2 < over => String::new(),
                true => language.day(start),
                false => language.moment(start),
            };
            (slots as u64, text)
        };
        (0..count).step_by(over).map(label).collect()
    }

    fn chart(
        &self,
        words: Words,
        language: Language,
        scale: [String; 3],
        legend: Vec<(Ink, String)>,
        shapes: Vec<Shape>,
    ) -> Chart {
        let Words { id, title, told } = words;
        Chart { id, title, told, scale, times: self.labels(language), legend, shapes }
    }

    /// Bars, those of one slot upon each other. `kinds` has a colour, its meaning and a value for each slot.
    pub fn stacked(&self, words: Words, language: Language, kinds: Vec<(Ink, String, Vec<u64>)>) -> Chart {
        let height = |place: usize| kinds.iter().filter_map(|(_, _, values)| values.get(place)).sum::<u64>();
        let end = axis_end((0..self.starts.len()).map(height).max().unwrap_or(0));
        let mut shapes = Vec::new();
        for place in 0..self.starts.len() {
            let (left, right) = (self.x(place), self.x(place + 1));
            // A gap between bars where there is room for one; few bars are not made broad.
            let gap = ((right - left) / 10).max((right - left).saturating_sub(BROADEST) / 2);
            let mut below = 0;
            for (ink, _, values) in &kinds {
                let value = values.get(place).copied().unwrap_or_default();
                let (y, top) = (part(below, end, Chart::HEIGHT), part(below + value, end, Chart::HEIGHT));
                if top > y {
                    let (x, width) = (left + gap, right - left - 2 * gap);
                    shapes.push(Shape::Bar { ink: *ink, x, width, y, height: top - y });
                }
                below += value;
            }
        }
        let scale = [end, end / 2, 0].map(|value| language.count(value));
        let legend = kinds.into_iter().map(|(ink, meaning, _)| (ink, meaning));
        let legend: Vec<_> = legend.filter(|(_, meaning)| !meaning.is_empty()).collect();
        self.chart(words, language, scale, legend, shapes)
    }

    /// A line that breaks where there is no value; `written` writes the labels of its axis.
    pub fn steps(
        &self,
        words: Words,
        language: Language,
        values: &[Option<u64>],
        written: impl Fn(u64) -> String,
    ) -> Chart {
        let end = axis_end(values.iter().flatten().max().copied().unwrap_or(0));
        let mut lines: Vec<Vec<(u64, u64)>> = Vec::new();
        let mut joined = false;
        for (place, value) in values.iter().enumerate() {
            let Some(value) = value else {
                joined = false;
                continue;
            };
            let y = part(*value, end, Chart::HEIGHT);
            let step = [(self.x(place), y), (self.x(place + 1), y)];
            match lines.last_mut().filter(|_| joined) {
                Some(line) => line.extend(step),
                None => lines.push(step.to_vec()),
            }
            joined = true;
        }
        let scale = [end, end / 2, 0].map(written);
        self.chart(words, language, scale, Vec::new(), vec![Shape::Steps { ink: Ink::Main, lines }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(count: u64) -> Slots {
        Slots { starts: (0..count).map(|slot| slot * 3_600).collect(), days: false }
    }

    fn words() -> Words {
        Words { id: String::new(), title: String::new(), told: String::new() }
    }

    #[test]
    fn an_axis_holds_its_highest_value_and_has_a_whole_half() {
        for (value, end) in [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (21, 40), (41, 100), (401, 1_000)] {
            assert_eq!(axis_end(value), end, "{value}");
        }
        assert_eq!(axis_end(u64::MAX - 1), u64::MAX - 1);
    }

    #[test]
    fn bars_stand_upon_each_other_and_fill_the_drawing_at_most() {
        let kinds = vec![(Ink::Main, "in".to_owned(), vec![5, 0]), (Ink::Bad, String::new(), vec![5, 4])];
        let chart = slots(2).stacked(words(), Language::English, kinds);
        let bar = |ink, x, y, height| Shape::Bar { ink, x, width: 1_250, y, height };
        assert_eq!(
            chart.shapes,
            [bar(Ink::Main, 1_875, 0, 500), bar(Ink::Bad, 1_875, 500, 500), bar(Ink::Bad, 6_875, 0, 400)]
        );
        assert_eq!(chart.scale, ["10", "5", "0"]);
        // What has no meaning of its own is not in the legend.
        assert_eq!(chart.legend, [(Ink::Main, "in".to_owned())]);
        let highest = slots(1).stacked(words(), Language::German, vec![(Ink::Main, String::new(), vec![u64::MAX / 2])]);
        assert!(matches!(highest.shapes[..], [Shape::Bar { y: 0, height: ..=Chart::HEIGHT, .. }]));
    }

    #[test]
    fn a_line_breaks_where_there_is_no_value() {
        let values = [Some(1), Some(2), None, Some(2)];
        let chart = slots(4).steps(words(), Language::English, &values, |value| value.to_string());
        let lines =
            vec![vec![(0, 500), (2_500, 500), (2_500, 1_000), (5_000, 1_000)], vec![(7_500, 1_000), (10_000, 1_000)]];
        assert_eq!(chart.shapes, [Shape::Steps { ink: Ink::Main, lines }]);
    }

    #[test]
    fn labels_stand_over_as_many_slots_as_there_are() {
        let hours = slots(24).labels(Language::English);
        assert_eq!((hours.len(), &hours[1]), (6, &(4, "1970-01-01 04:00".to_owned())));
        assert_eq!(slots(1).labels(Language::German), [(1, "01.01.1970 00:00".to_owned())]);
        assert!(slots(0).labels(Language::English).is_empty());
        let days = Slots { starts: (0..31).map(|day| day * 86_400).collect(), days: true };
        let labels = days.labels(Language::English);
        assert_eq!((labels[0].clone(), labels[5].clone()), ((6, "1970-01-01".to_owned()), (1, String::new())));
        assert_eq!(labels.iter().map(|(slots, _)| slots).sum::<u64>(), 31);
    }
}
