//! Axes: values and parameters on one side, places in a drawing on the other.

use base::quantity::{Quantity, scientific};
use serde::Deserialize;

use crate::canvas::{Anchor, Canvas, Ink, width};
use crate::kind::Line;

/// How a value axis runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal steps are equal differences; the axis begins at 0.
    #[default]
    Linear,
    /// Equal steps are equal ratios.
    Log,
}

impl Scale {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Log => "log",
        }
    }
}

/// Round values along a ruler, and what stands beside each, for values of a unit.
pub fn ticks(ruler: &Ruler, unit: &str) -> Vec<(f64, String)> {
    let mut ticks = if matches!(unit, "bytes" | "bytes/s") { ruler.binary_ticks() } else { ruler.ticks() };
    // What is counted in times is compared with 1.
    if unit == "times" && ruler.covers(1.0) && !ticks.contains(&1.0) {
        ticks.push(1.0);
        ticks.sort_by(f64::total_cmp);
    }
    let largest = ticks.last().copied().unwrap_or(0.0);
    let words = |value| if scaled(unit) { Quantity { value, unit }.short() } else { among(value, largest) };
    ticks.into_iter().map(|tick| (tick, if unit == "times" { times(tick) } else { words(tick) })).collect()
}

/// A factor, for a tick: `2×`.
fn times(value: f64) -> String {
    let text = Quantity { value, unit: "times" }.short();
    format!("{}×", text.trim_end_matches("times").trim_end_matches('\u{a0}'))
}

/// What stands below a chart's title: what it shows, with unit and scale where the ticks don't tell them.
pub fn subtitle(shows: &str, unit: &str, scale: Scale) -> String {
    let unit = if scaled(unit) || shows.contains(unit) { String::new() } else { format!(", in {unit}") };
    let scale = if scale == Scale::Log { ". Logarithmic scale" } else { "" };
    format!("{shows}{unit}{scale}")
}

/// Whether numbers of this unit are short with it, because it has prefixes or a sign.
pub(crate) fn scaled(unit: &str) -> bool {
    matches!(unit, "ns" | "bytes" | "bytes/s" | "%" | "times")
}

/// A number without a unit, for a tick: `20,000`, `2 × 10⁷`.
pub fn bare(value: f64) -> String {
    if value.abs() < 1e6 {
        return Quantity { value, unit: "" }.short().trim_end_matches('\u{a0}').to_owned();
    }
    power(value)
}

/// The same beside others of which this is the largest: where some are powers of ten, all that are large are.
pub fn among(value: f64, largest: f64) -> String {
    if largest >= 1e6 && value >= 1e4 { power(value) } else { bare(value) }
}

/// A power of ten, or a multiple of one.
fn power(value: f64) -> String {
    let text = scientific(value);
    let (digits, power) = text.split_once('\u{a0}').unwrap_or((&text, ""));
    match digits.trim_end_matches('0').trim_end_matches('.') {
        "1" => power.trim_start_matches("×\u{a0}").to_owned(),
        digits => format!("{digits}\u{a0}{power}"),
    }
}

/// The axis that a parameter runs along: linear or logarithmic, whichever keeps the parameters further apart. Where the
/// least is 0, it stands before the others of a logarithmic axis, behind a break.
pub struct Across {
    /// Each parameter with its place, in order.
    pub places: Vec<(f64, i32)>,
    /// Where the axis is broken.
    pub broken: Option<i32>,
}

impl Across {
    /// An axis from one place to another for these parameters, in whatever order and however often they come.
    pub fn new(parameters: impl Iterator<Item = f64>, (first, last): (i32, i32)) -> Self {
        let mut all: Vec<f64> = parameters.collect();
        all.sort_unstable_by(f64::total_cmp);
        all.dedup();
        let zero = all.first() == Some(&0.0) && all.len() > 2;
        let mut along: Vec<f64> = all.clone();
        let mut broken = false;
        if all.iter().skip(usize::from(zero)).all(|x| *x > 0.0) {
            let mut logarithmic: Vec<f64> = all.iter().skip(usize::from(zero)).map(|x| x.ln()).collect();
            if zero {
                let step = closest(&logarithmic);
                logarithmic.insert(0, logarithmic[0] - step);
            }
            if share(&logarithmic) > share(&along) {
                along = logarithmic;
                broken = zero;
            }
        }
        let (from, to) = (along.first().copied().unwrap_or(0.0), along.last().copied().unwrap_or(0.0));
        let place = |at: &f64| {
            let share = if to > from { ((at - from) / (to - from)).clamp(0.0, 1.0) } else { 0.5 };
            first + (share * f64::from(last - first)).round() as i32
        };
        let places: Vec<(f64, i32)> = all.iter().zip(&along).map(|(x, at)| (*x, place(at))).collect();
        let broken = broken.then(|| i32::midpoint(places[0].1, places[1].1));
        Self { places, broken }
    }

    /// Where a parameter stands.
    pub fn place(&self, x: f64) -> i32 {
        self.places.iter().find(|(known, _)| *known == x).map_or(0, |(_, place)| *place)
    }

    /// Where a value stands that lies between parameters, or is one.
    pub fn between(&self, x: f64) -> Option<i32> {
        let two = self.places.windows(2).find(|two| (two[0].0..=two[1].0).contains(&x));
        let Some(&[(from, first), (to, last)]) = two.and_then(|two| two.first_chunk()) else {
            return self.places.iter().find(|(known, _)| *known == x).map(|(_, place)| *place);
        };
        let share = if from > 0.0 { (x / from).ln() / (to / from).ln() } else { (x - from) / (to - from) };
        Some(first + (share * f64::from(last - first)).round() as i32)
    }
}

/// Names of lines above a plot, each over its line, in another row where two would meet, from `top` on; where they end.
pub fn names(canvas: &mut Canvas, top: i32, lines: &[(i32, &Line)]) -> i32 {
    const ROW: i32 = 17;
    let mut lines = lines.to_vec();
    lines.sort_by_key(|(x, _)| *x);
    let mut rows = 0;
    // Each edition's lines are seen without those of the others.
    let mut ends: Vec<Vec<i32>> = vec![Vec::new(); canvas.editions];
    for (x, line) in lines {
        let wide = width(&line.says);
        let from = (x - wide / 2).clamp(0, (canvas.width() - wide).max(0));
        let is_free = |row: &usize| {
            let beside = ends.iter().enumerate().filter(|(edition, _)| line.is_of(*edition));
            beside.filter_map(|(_, ends)| ends.get(*row)).all(|end| *end + 8 < from)
        };
        let row = (0..rows).find(is_free).unwrap_or(rows);
        rows = rows.max(row + 1);
        for (_, ends) in ends.iter_mut().enumerate().filter(|(edition, _)| line.is_of(*edition)) {
            ends.resize(rows.max(ends.len()), i32::MIN / 2);
            ends[row] = from + wide;
        }
        line.draw(canvas, |canvas| {
            canvas.text(&line.says, (from, top + 9 + ROW * row as i32), Anchor::Start, Ink::Reference);
        });
    }
    top + ROW * rows as i32
}

/// The least distance between neighbours.
fn closest(along: &[f64]) -> f64 {
    along.windows(2).map(|two| two[1] - two[0]).fold(f64::INFINITY, f64::min)
}

/// The same as a share of all their length.
fn share(along: &[f64]) -> f64 {
    match (along.first(), along.last()) {
        (Some(first), Some(last)) if last > first => closest(along) / (last - first),
        _ => 0.0,
    }
}

/// An axis: values on one side, places in the drawing on the other.
pub struct Ruler {
    scale: Scale,
    from: f64,
    to: f64,
    places: (i32, i32),
}

impl Ruler {
    /// A ruler with some room at its ends; a linear one has the 0.
    pub fn new(values: &[f64], scale: Scale, places: (i32, i32)) -> Self {
        let mut ruler = Self::tight(values, scale, places);
        match scale {
            Scale::Linear => {
                (ruler.from, ruler.to) = (ruler.from.min(0.0), ruler.to.max(0.0));
                ruler.to += (ruler.to - ruler.from) * 0.05;
            }
            Scale::Log => {
                let room = (ruler.to - ruler.from).max(0.3) * 0.06;
                ruler.from -= room;
                ruler.to += room;
            }
        }
        ruler
    }

    /// A ruler for places instead of lengths: a linear one has the 0 only if the values come near it.
    pub fn near(values: &[f64], scale: Scale, places: (i32, i32)) -> Self {
        let mut ruler = Self::tight(values, scale, places);
        if scale == Scale::Log || ruler.from < ruler.to / 4.0 {
            return Self::new(values, scale, places);
        }
        let room = (ruler.to - ruler.from) * 0.06;
        (ruler.from, ruler.to) = (ruler.from - room, ruler.to + room);
        ruler
    }

    /// A linear ruler from 0 to just the highest value.
    pub fn ending(values: &[f64], places: (i32, i32)) -> Self {
        let mut ruler = Self::tight(values, Scale::Linear, places);
        ruler.from = 0.0;
        ruler
    }

    /// A ruler that reaches from the lowest to the highest value.
    fn tight(values: &[f64], scale: Scale, places: (i32, i32)) -> Self {
        let usable = values.iter().copied().filter(|value| scale == Scale::Linear || *value > 0.0);
        let (from, to) = usable.fold((f64::MAX, f64::MIN), |(from, to), value| (from.min(value), to.max(value)));
        let (from, to) = if from > to { (1.0, 1.0) } else { (from, to) };
        let mut ruler = Self { scale, from: 0.0, to: 0.0, places };
        (ruler.from, ruler.to) = (ruler.along(from), ruler.along(to));
        if ruler.from == ruler.to {
            ruler.to += 1_f64.max(ruler.to.abs() / 1000.0);
        }
        ruler
    }

    /// The values at its ends, and their places.
    pub fn ends(&self) -> ((f64, f64), (i32, i32)) {
        let value = |along: f64| if self.scale == Scale::Log { 10_f64.powf(along) } else { along };
        ((value(self.from), value(self.to)), self.places)
    }

    /// How it runs.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Whether a value lies on it.
    pub fn covers(&self, value: f64) -> bool {
        self.has(value) && (self.from..=self.to).contains(&self.along(value))
    }

    fn along(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(f64::MIN_POSITIVE).log10(),
        }
    }

    /// Where a value stands.
    pub fn place(&self, value: f64) -> i32 {
        let share = ((self.along(value) - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let (first, last) = (f64::from(self.places.0), f64::from(self.places.1));
        (first + share * (last - first)).round() as i32
    }

    /// Whether a value has a place: 0 and less have none on a logarithmic ruler.
    pub fn has(&self, value: f64) -> bool {
        self.scale == Scale::Linear || value > 0.0
    }

    /// Round values along the ruler: 3 to 8 of them.
    pub fn ticks(&self) -> Vec<f64> {
        if self.scale == Scale::Linear {
            return multiples(self.from, self.to, round_step((self.to - self.from) / 5.0));
        }
        let apart = ((self.to - self.from) / 8.0).ceil().max(1.0);
        let decades: Vec<f64> = multiples(self.from.floor(), self.to.ceil(), apart);
        let of = |steps: &[f64]| -> Vec<f64> {
            let all = decades.iter().flat_map(|power| steps.iter().map(|step| 10_f64.powi(*power as i32) * step));
            all.filter(|tick| (self.from..=self.to).contains(&tick.log10())).collect()
        };
        let wide = if self.to - self.from > 2.0 { of(&[1.0]) } else { Vec::new() };
        let ticks = if wide.len() > 2 { wide } else { of(&[1.0, 2.0, 5.0]) };
        if ticks.len() > 2 {
            return ticks;
        }
        // So short a part of the axis is nearly linear.
        let (from, to) = (10_f64.powf(self.from), 10_f64.powf(self.to));
        let ticks = multiples(from, to, round_step((to - from) / 5.0));
        if ticks.len() > 2 { ticks } else { multiples(from, to, round_step((to - from) / 10.0)) }
    }

    /// The same for numbers of bytes, whose round values are powers of two.
    fn binary_ticks(&self) -> Vec<f64> {
        if self.scale == Scale::Linear {
            let least = (self.to - self.from) / 5.0;
            return multiples(self.from, self.to, least.max(f64::MIN_POSITIVE).log2().ceil().exp2());
        }
        let (from, to) = (self.from / 2_f64.log10(), self.to / 2_f64.log10());
        let apart = ((to - from) / 7.0).ceil().max(1.0);
        let powers: Vec<f64> = multiples(from, to, apart).into_iter().map(f64::exp2).collect();
        if powers.len() > 2 { powers } else { self.ticks() }
    }
}

/// The multiples of `step` from one number to another.
fn multiples(from: f64, to: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    (first..=last).map(|tick| tick as f64 * step).collect()
}

/// The least of 1, 2 and 5 times a power of ten that is at least `least`.
fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.max(f64::MIN_POSITIVE).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * decade).find(|step| *step >= least * 0.999).unwrap_or(decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameters_axis_keeps_its_numbers_apart() {
        let places = |parameters: &[f64]| {
            let across = Across::new(parameters.iter().copied(), (0, 600));
            (across.places.iter().map(|(_, place)| *place).collect::<Vec<_>>(), across.broken)
        };
        // Whatever the order in which they were recorded, and however often.
        assert_eq!(places(&[8.0, 1.0, 2.0, 4.0, 2.0]), (vec![0, 200, 400, 600], None));
        assert_eq!(places(&[1.0, 2.0, 3.0, 4.0]), (vec![0, 200, 400, 600], None));
        assert_eq!(
            places(&[0.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            (vec![0, 100, 200, 300, 400, 500, 600], Some(50))
        );
        assert_eq!(places(&[0.0, 1.0, 2.0, 3.0]), (vec![0, 200, 400, 600], None));
        assert_eq!(places(&[-1.0, 0.0, 1.0]), (vec![0, 300, 600], None));
        assert_eq!(places(&[0.0, 7.0]), (vec![0, 600], None));
        assert_eq!((places(&[7.0]), places(&[])), ((vec![300], None), (vec![], None)));
        let across = Across::new([1.0, 4.0, 16.0].into_iter(), (0, 600));
        assert_eq!([4.0, 8.0, 32.0].map(|x| across.between(x)), [Some(300), Some(450), None]);
    }

    #[test]
    fn names_that_would_meet_stand_in_rows() {
        use crate::canvas::Size;
        let high = |lines: [(i32, Option<usize>); 2]| {
            let line = |edition| Line { says: "a threshold".to_owned(), edition, ..Line::default() };
            let lines = lines.map(|(x, edition)| (x, line(edition)));
            let lines = lines.each_ref().map(|(x, line)| (*x, line));
            Canvas::draw(Size::Narrow, (2, true), |canvas| names(canvas, 0, &lines)).height
        };
        assert_eq!((high([(60, None), (250, None)]), high([(60, None), (100, None)])), (17, 34));
        // Two that are never seen together meet nowhere.
        assert_eq!((high([(60, Some(0)), (100, Some(1))]), high([(60, Some(1)), (100, None)])), (17, 34));
    }

    #[test]
    fn numbers_of_ticks_fit_beside_the_axis() {
        for (value, text) in [(0.0, "0"), (0.5, "0.5"), (20_000.0, "20,000"), (1e6, "10⁶"), (2e12, "2 × 10¹²")] {
            assert_eq!(bare(value).replace('\u{a0}', " "), text);
        }
        let words = |unit: &'static str, from: f64, to: f64| -> Vec<String> {
            ticks(&Ruler::new(&[from, to], Scale::Log, (0, 100)), unit).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(
            words("bytes", 1024.0, 1_048_576.0).join(" ").replace('\u{a0}', " "),
            "1 KiB 4 KiB 16 KiB 64 KiB 256 KiB 1 MiB"
        );
        assert_eq!(words("states", 1.0, 1e13).join(" "), "1 100 10⁴ 10⁶ 10⁸ 10¹⁰ 10¹²");
        assert!([33.0, 36.3, 40.0].iter().all(|to| words("ns", 27.9, *to).len() > 2));
        assert_eq!(words("times", 0.32, 1.75).join(" "), "0.5× 1× 1.5×");
        assert_eq!(subtitle("what was seen", "states", Scale::Log), "what was seen, in states. Logarithmic scale");
        assert_eq!(subtitle("states seen", "states", Scale::Linear), "states seen");
    }

    #[test]
    fn where_length_says_nothing_an_axis_begins_near_its_values() {
        let ends = |values: &[f64], scale| Ruler::near(values, scale, (0, 100)).ends().0;
        assert_eq!(ends(&[10.0, 20.0], Scale::Linear), (9.4, 20.6));
        assert_eq!(ends(&[10.0, 100.0], Scale::Linear), (0.0, 105.0));
        assert!(ends(&[10.0, 20.0], Scale::Log).0 > 8.0);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |values: &[f64], scale| Ruler::new(values, scale, (0, 100)).ticks();
        assert_eq!(ticks(&[0.0, 48.0], Scale::Linear), [0.0, 20.0, 40.0]);
        assert_eq!(ticks(&[1.0, 30.0], Scale::Log), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(ticks(&[1.0, 5000.0], Scale::Log), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(ticks(&[0.15, 30.0], Scale::Log), [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0]);
        for top in [1e-9, 0.3, 7.0, 1e3, 5e8] {
            let count = ticks(&[top], Scale::Linear).len();
            assert!((3..=8).contains(&count), "{top}: {count}");
        }
    }
}
