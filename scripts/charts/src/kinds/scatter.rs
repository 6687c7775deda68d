//! Scatters: what is gained against what it costs, a dot for each.

use anyhow::Result;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson, Role};
use serde::Deserialize;

use crate::axes::{Ruler, Scale, subtitle, ticks};
use crate::canvas::{Anchor, Canvas, Ink, bold_width, width, wrapped};
use crate::html;
use crate::html::Html;
use crate::kind::{Asked, Kind, Line};
use crate::points::{self, Gathering, Mark, Measure, Written};
use crate::rows::{self, Axis};

/// As many dots as can be told apart.
const MOST: usize = 12;

/// How high the plot is; on a telephone there is less room beside dots, and so more above them.
const HIGH: i32 = 290;
const HIGH_NARROW: i32 = 380;

/// A dot's radius.
const DOT: i32 = 6;

/// A line of text.
const LINE: i32 = 17;

/// What stands at the corner that is best.
const BETTER: &str = "better on both";

/// What lesson.toml says of a scatter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    x: AxisFields,
    y: AxisFields,
    points: Vec<PointFields>,
    /// The label of the point that it is about.
    accent: Option<String>,
    /// The corner that is best on both axes: low or high on x, and on y.
    better: Option<Corner>,
}

/// An axis.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AxisFields {
    metric: String,
    /// What it shows, in words.
    says: String,
    #[serde(default)]
    scale: Scale,
}

/// A dot.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PointFields {
    label: String,
    /// `variant/parameter` on both axes.
    point: Option<String>,
    /// Or one on each.
    x: Option<String>,
    y: Option<String>,
}

impl PointFields {
    /// The points on both axes, and the fields that have them.
    fn on_axes(&self) -> Option<[(&'static str, &str); 2]> {
        match (&self.point, &self.x, &self.y) {
            (Some(point), None, None) => Some([("point", point), ("point", point)]),
            (None, Some(x), Some(y)) => Some([("x", x), ("y", y)]),
            _ => None,
        }
    }
}

/// A corner of the plot.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Corner {
    LowLow,
    LowHigh,
    HighLow,
    HighHigh,
}

impl Corner {
    /// Whether it is at the high end of x, and of y.
    fn is_high(self) -> (bool, bool) {
        (matches!(self, Self::HighLow | Self::HighHigh), matches!(self, Self::LowHigh | Self::HighHigh))
    }

    /// An arrow into it.
    fn arrow(self) -> char {
        match self {
            Self::LowLow => '↙',
            Self::LowHigh => '↖',
            Self::HighLow => '↘',
            Self::HighHigh => '↗',
        }
    }

    /// Where there is room for an arrow into it, close to it.
    fn room(self, plot: Area, taken: &[Area]) -> Option<Area> {
        let (is_right, is_top) = self.is_high();
        let (wide, high) = (bold_width(BETTER) + 38, 24);
        let area = |(along, up): (i32, i32)| {
            let left = if is_right { plot.right - 6 - wide - along } else { plot.left + 6 + along };
            let top = if is_top { plot.top + 6 + up } else { plot.bottom - 6 - high - up };
            Area { left, top, right: left + wide, bottom: top + high }
        };
        let mut places: Vec<_> = (0..6).flat_map(|along| (0..6).map(move |up| (along * 12, up * 12))).collect();
        places.sort_by_key(|(along, up)| along + up);
        let is_free = |area: &Area| area.lies_in(&plot) && taken.iter().all(|other| !area.meets(other));
        places.into_iter().map(area).find(is_free)
    }

    fn draw(self, canvas: &mut Canvas, area: Area) {
        let (is_right, is_top) = self.is_high();
        let middle = i32::midpoint(area.top, area.bottom);
        let (inward, back) = (if is_right { -1 } else { 1 }, if is_top { 1 } else { -1 });
        let (x, y) = (if is_right { area.right } else { area.left }, middle - 8 * back);
        canvas.line(&[(x + 28 * inward, middle), (x, y)], Ink::Reference, 2);
        canvas.line(&[(x + 10 * inward, y - 2 * back), (x, y), (x + 6 * inward, y + 8 * back)], Ink::Reference, 2);
        let anchor = if is_right { Anchor::End } else { Anchor::Start };
        canvas.bold(BETTER, (x + 34 * inward, middle), anchor, Ink::Reference);
    }
}

/// The scatter.
pub struct Scatter {
    axes: [OneAxis; 2],
    dots: Vec<Dot>,
    better: Option<Corner>,
}

/// An axis: what it shows, in what, and all that lies on it.
struct OneAxis {
    says: String,
    unit: String,
    scale: Scale,
    reach: Vec<f64>,
}

impl OneAxis {
    fn words(&self) -> String {
        subtitle(&self.says, &self.unit, self.scale)
    }

    fn ruler(&self, references: &[Line], name: &str, places: (i32, i32)) -> Ruler {
        let lines = references.iter().filter(|line| line.axis == name).map(|line| line.at);
        let reach: Vec<f64> = self.reach.iter().copied().chain(lines).collect();
        Ruler::near(&reach, self.scale, places)
    }
}

/// A dot: one variant on both axes.
struct Dot {
    label: String,
    is_accent: bool,
    x: Mark,
    y: Mark,
}

impl Dot {
    fn measured(&self, edition: usize) -> Option<(&Measure, &Measure)> {
        Some((self.x.per.get(edition)?.as_ref()?, self.y.per.get(edition)?.as_ref()?))
    }

    fn width(&self) -> i32 {
        if self.is_accent { bold_width(&self.label) } else { width(&self.label) }
    }
}

impl Kind for Scatter {
    fn check(lesson: &Lesson, chart: &Chart) -> Result<(), Fault> {
        let Fields { x, y, points, accent, .. } = lesson.fields(chart)?;
        if !(1..=MOST).contains(&points.len()) {
            let what = format!("{} points are none or more than {MOST}, which nobody tells apart", points.len());
            return Err(chart.fault("points", what));
        }
        for (number, fields) in points.iter().enumerate() {
            let field = |name: &str| format!("points.{number}.{name}");
            let Some(both) = fields.on_axes() else {
                let what = "name a `point` for both axes, or one for `x` and one for `y`";
                return Err(chart.fault(&format!("points.{number}"), what));
            };
            for ((name, written), axis) in both.into_iter().zip([&x, &y]) {
                points::check(lesson, chart, (&field(name), written), Some(&axis.metric), true)?;
            }
            let [x, y] = both.map(|(_, written)| written.split('/').next());
            if x != y {
                return Err(chart.fault(&field("y"), "it is of another variant than x; a dot is one thing"));
            }
        }
        if let Some(accent) = accent.filter(|accent| points.iter().all(|point| point.label != *accent)) {
            return Err(chart.fault("accent", format!("no point has the label {accent:?}")));
        }
        let is_lost = |axis: &Option<String>| !matches!(axis.as_deref(), Some("x" | "y"));
        match chart.references.iter().position(|line| is_lost(&line.axis)) {
            Some(number) => {
                Err(chart.fault(&format!("reference.{number}"), "say whether it lies on `axis = \"x\"` or \"y\""))
            }
            None => Ok(()),
        }
    }

    fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Self> {
        let fields: Fields = asked.fields()?;
        let mut gathering = Gathering::new(asked, editions);
        let mut dots = Vec::new();
        for point in &fields.points {
            let Some(both) = point.on_axes() else { continue };
            let mut mark = |(_, written): (_, &str), axis: &AxisFields| {
                let label = format!("{}: {}", point.label, axis.says);
                gathering.mark(&Written::Labelled { point: written.to_owned(), label }, Some(&axis.metric))
            };
            let (x, y) = (mark(both[0], &fields.x)?, mark(both[1], &fields.y)?);
            let is_accent = fields.accent.as_ref() == Some(&point.label);
            dots.push(Dot { label: points::versioned(&point.label, [&x, &y]), is_accent, x, y });
        }
        let axis = |AxisFields { says, scale, .. }: AxisFields, of: fn(&Dot) -> &Mark| -> Result<OneAxis> {
            let marks = || dots.iter().map(of);
            let ends = |(_, measure): (usize, &Measure)| [measure.estimate.lower, measure.estimate.upper];
            let reach = marks().flat_map(|mark| mark.measured().flat_map(ends).collect::<Vec<_>>()).collect();
            Ok(OneAxis { says, unit: points::unit(asked, marks())?, scale, reach })
        };
        let axes = [axis(fields.x, |dot| &dot.x)?, axis(fields.y, |dot| &dot.y)?];
        Ok(Self { axes, dots, better: fields.better })
    }

    fn subtitle(&self, shows: &str) -> String {
        shows.to_owned()
    }

    fn marks(&self) -> Vec<&Mark> {
        self.all().collect()
    }

    fn explained(&self) -> &'static str {
        "A dot is the median of the launches, fresh starts of the program. The cross is the range of each of its two numbers."
    }

    fn draw(&self, canvas: &mut Canvas, references: &[Line]) -> i32 {
        let [x_axis, y_axis] = &self.axes;
        let mut y = 9;
        for line in wrapped(&format!("↑ {}", y_axis.words()), canvas.width()) {
            canvas.text(&line, (0, y), Anchor::Start, Ink::Muted);
            y += LINE;
        }
        // How wide ticks are doesn't depend on where they stand.
        let ticks_of = |ruler: &Ruler| ticks(ruler, &y_axis.unit);
        let widest = ticks_of(&y_axis.ruler(references, "y", (HIGH, 0))).iter().map(|(_, words)| width(words)).max();
        let (left, right) = (widest.unwrap_or(0) + 10, canvas.width() - 12);
        let on = |name: &str| references.iter().filter(|line| line.axis == name).cloned().collect::<Vec<_>>();
        let (on_x, on_y) = (on("x"), on("y"));
        let across = x_axis.ruler(references, "x", (left, right));
        let top = rows::heads(canvas, &across, &on_x, y - 7);
        let bottom = top + if canvas.is_narrow() { HIGH_NARROW } else { HIGH };
        let up = y_axis.ruler(references, "y", (bottom, top));

        for (tick, words) in ticks_of(&up) {
            let y = up.place(tick);
            canvas.line(&[(left, y), (right, y)], Ink::Grid, 1);
            canvas.text(&words, (left - 8, y), Anchor::End, Ink::Muted);
        }
        rows::foot(canvas, &across, &x_axis.unit, (left, right), (top, bottom));
        let mut y = bottom + 14 + LINE + 4;
        let below = y;
        for line in wrapped(&format!("{} →", x_axis.words()), canvas.width()) {
            canvas.text(&line, (right, y), Anchor::End, Ink::Muted);
            y += LINE;
        }

        let plot = Area { left, top, right: canvas.width(), bottom };
        let mut taken = Vec::new();
        for line in &on_x {
            let x = across.place(line.at);
            line.draw(canvas, |canvas| canvas.dashed(&[(x, top), (x, bottom)], Ink::Reference, 2));
            taken.push(Area { left: x - 2, top, right: x + 2, bottom });
        }
        for line in &on_y {
            let (y, wide) = (up.place(line.at), width(&line.says));
            line.draw(canvas, |canvas| canvas.dashed(&[(left, y), (right, y)], Ink::Reference, 2));
            taken.push(Area { left, top: y - 2, right, bottom: y + 2 });
            let middle = if y - LINE > top { y - 11 } else { y + 11 };
            let name = Area { left: right - wide, top: middle - 8, right, bottom: middle + 8 };
            line.draw(canvas, |canvas| canvas.text(&line.says, (right, middle), Anchor::End, Ink::Reference));
            taken.push(name);
        }
        if let Some(corner) = self.better {
            let dots = (0..canvas.editions).flat_map(|edition| self.placed(edition, [&across, &up]));
            let dots: Vec<Area> = dots.map(|(_, at)| Area::around(at, DOT + 2)).collect();
            let inside = Area { left, top, right, bottom };
            match corner.room(inside, &[&taken[..], &dots].concat()) {
                Some(area) => {
                    corner.draw(canvas, area);
                    taken.push(area);
                }
                None => {
                    let is_beside = width(&x_axis.words()) + bold_width(BETTER) + 40 < canvas.width();
                    y += if is_beside { 0 } else { LINE };
                    let at = (0, if is_beside { below } else { y - LINE });
                    canvas.bold(&format!("{} {BETTER}", corner.arrow()), at, Anchor::Start, Ink::Reference);
                }
            }
        }
        for edition in 0..canvas.editions {
            self.dots(canvas, edition, [&across, &up], plot, &taken);
        }
        canvas.along(&across, 'x', (top, bottom));
        y - 7
    }

    fn table(&self, editions: &[&Edition]) -> Html {
        let marks: Vec<&Mark> = self.all().collect();
        let shown: Vec<usize> =
            (0..editions.len()).filter(|edition| marks.iter().any(|mark| mark.per[*edition].is_some())).collect();
        let head =
            |&number: &usize| html!("<th>{}, {}</th>", editions[number].called(), points::launches(&marks, number));
        // One cell for both, as one dot shows them.
        let cell = |dot: &Dot, edition: usize| match dot.measured(edition) {
            Some(both) => {
                let [x, y] = &self.axes;
                let each = [(x, &dot.x, both.0), (y, &dot.y, both.1)].map(|(axis, mark, Measure { estimate, .. })| {
                    let on = points::on(mark, edition);
                    html!("{} <small>({}{})</small>", estimate.exact(&axis.unit), estimate.range(&axis.unit), on)
                });
                html!("<td data-c=\"{}.{}\">{}</td>", dot.x.id, edition, Html::joined(each, "<br>"))
            }
            None => html!("<td>not measured</td>"),
        };
        let row = |dot: &Dot| {
            let cells: Html = shown.iter().map(|edition| cell(dot, *edition)).collect();
            let all = self.dots.iter().map(|other| (&other.label[..], other.x.role));
            html!("<tr><th scope=\"row\">{}</th>{}</tr>\n", points::listed((&dot.label, dot.x.role), all), cells)
        };
        html!(
            "<table><thead><tr><th>{}; below it, {}</th>{}</tr></thead><tbody>{}</tbody></table>",
            self.axes[0].says,
            self.axes[1].says,
            shown.iter().map(head).collect::<Html>(),
            self.dots.iter().map(row).collect::<Html>()
        )
    }

    fn left_out(&self, edition: usize) -> Vec<String> {
        let [x, y] = &self.axes;
        let is_out = |axis: &OneAxis, measure: &Measure| axis.scale == Scale::Log && measure.value() <= 0.0;
        let out = self
            .dots
            .iter()
            .filter(|dot| dot.measured(edition).is_some_and(|(along, up)| is_out(x, along) || is_out(y, up)));
        out.map(|dot| format!("A log axis has no place for 0: {} isn't drawn.", dot.label)).collect()
    }

    fn faults(&self) -> Vec<String> {
        let of = |axis: &OneAxis| {
            let faults = rows::faults(Axis { unit: &axis.unit, scale: axis.scale, reach: &axis.reach }, &[]);
            faults.into_iter().map(|fault| format!("{}: {fault}", axis.says)).collect::<Vec<_>>()
        };
        self.axes.iter().flat_map(of).collect()
    }
}

impl Scatter {
    fn all(&self) -> impl Iterator<Item = &Mark> {
        self.dots.iter().flat_map(|dot| [&dot.x, &dot.y])
    }

    /// The dots of an edition that have a place, with it.
    fn placed(&self, edition: usize, [across, up]: [&Ruler; 2]) -> Vec<(&Dot, (i32, i32))> {
        let place = |dot| -> Option<(&Dot, (i32, i32))> {
            let (x, y) = Dot::measured(dot, edition).map(|(x, y)| (x.value(), y.value()))?;
            (across.has(x) && up.has(y)).then(|| (dot, (across.place(x), up.place(y))))
        };
        self.dots.iter().filter_map(place).collect()
    }

    /// An edition's dots with their intervals on both axes, and their labels where nothing else is.
    fn dots(&self, canvas: &mut Canvas, edition: usize, rulers: [&Ruler; 2], plot: Area, taken: &[Area]) {
        let mut placed = self.placed(edition, rulers);
        let mut taken: Vec<Area> = taken.to_vec();
        let mut thin: Vec<Area> = Vec::new();
        for (dot, at) in &placed {
            let Some((x, y)) = dot.measured(edition) else { continue };
            let ends = |ruler: &Ruler, measure: &Measure| {
                let ends = [measure.estimate.lower, measure.estimate.upper];
                ends.map(|end| if ruler.has(end) { ruler.place(end) } else { ruler.ends().1.0 })
            };
            let ([from, to], [low, high]) = (ends(rulers[0], x), ends(rulers[1], y));
            canvas.mark(&dot.x, edition, |canvas| {
                canvas.line(&[(from, at.1), (to, at.1)], Ink::Own, 1);
                canvas.line(&[(at.0, low), (at.0, high)], Ink::Own, 1);
                match dot.x.role {
                    Some(Role::Computed) => canvas.ring(*at, DOT - 1),
                    _ => canvas.dot(*at, DOT),
                }
            });
            taken.push(Area::around(*at, DOT + 1));
            thin.push(Area { left: from, top: at.1, right: to, bottom: at.1 + 1 });
            thin.push(Area { left: at.0, top: high, right: at.0 + 1, bottom: low });
        }
        // First the one that matters.
        placed.sort_by_key(|(dot, _)| !dot.is_accent);
        for (dot, at) in placed {
            let label = beside(at, dot.width(), plot, &taken, &thin);
            taken.push(label);
            canvas.edition(edition, |canvas| {
                let role = dot.x.role.map_or("plain", Role::class);
                canvas.group(&html!("class=\"{}\" data-v=\"{}\"", role, dot.x.variant), |canvas| {
                    if let Some(from) = label.far_from(at) {
                        canvas.line(&[from, at], Ink::Own, 1);
                    }
                    let place = (label.left, i32::midpoint(label.top, label.bottom));
                    match dot.is_accent {
                        true => canvas.bold(&dot.label, place, Anchor::Start, Ink::Own),
                        false => canvas.text(&dot.label, place, Anchor::Start, Ink::Own),
                    }
                });
            });
        }
    }
}

/// A part of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Area {
    fn around((x, y): (i32, i32), half: i32) -> Self {
        Self { left: x - half, top: y - half, right: x + half, bottom: y + half }
    }

    fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn lies_in(&self, other: &Self) -> bool {
        self.left >= other.left && self.right <= other.right && self.top >= other.top && self.bottom <= other.bottom
    }

    /// Where a line from it to a dot begins, if it lies so far from it that one is needed.
    fn far_from(&self, (x, y): (i32, i32)) -> Option<(i32, i32)> {
        let (along, up) = (x.clamp(self.left, self.right), y.clamp(self.top, self.bottom));
        ((along - x).abs().max((up - y).abs()) > DOT + 8).then_some((along, up))
    }
}

/// Where a label so wide stands beside a dot: right, left, above or below, and further away the less room there is. It never
/// stands on what is `taken` if there is any room, and rather not on `thin` lines.
fn beside((x, y): (i32, i32), wide: i32, plot: Area, taken: &[Area], thin: &[Area]) -> Area {
    const HALF: i32 = 8;
    let step = |away: i32| {
        let (aside, off) = (DOT + 4 + 4 * away, DOT + HALF + 1 + 8 * away);
        let (right, left, middle) = (x + aside, x - aside - wide, x - wide / 2);
        let (near_right, near_left) = (x + DOT + 4, x - DOT - 4 - wide);
        let sides = [(right, y), (left, y), (middle, y - off), (middle, y + off)];
        let corners = [(near_right, y - off), (near_right, y + off), (near_left, y - off), (near_left, y + off)];
        let all = sides.into_iter().chain(corners).enumerate();
        all.map(move |(order, (left, middle))| {
            let area = Area { left, top: middle - HALF, right: left + wide, bottom: middle + HALF };
            (area, 5 * away + order as i32 / 2)
        })
    };
    let cost = |(area, far): &(Area, i32)| {
        let on = |others: &[Area]| others.iter().filter(|other| area.meets(other)).count() as i32;
        // A line to the dot goes through labels no more than a label does.
        let line = area.far_from((x, y)).map_or(0, |from| {
            let at = |step: i32| (from.0 + (x - from.0) * step / 8, from.1 + (y - from.1) * step / 8);
            let steps: Vec<Area> = (0..7).map(|step| Area::around(at(step), 1)).collect();
            taken
                .iter()
                .filter(|other| !other.meets(&Area::around((x, y), 1)) && steps.iter().any(|step| step.meets(other)))
                .count()
        });
        1000 * on(taken) + 9 * on(thin) + 30 * line as i32 + far
    };
    let best = (0..14).flat_map(step).filter(|(area, _)| area.lies_in(&plot)).min_by_key(cost);
    // Wider than the plot: as far to the left as it must.
    let above = |left: i32| Area { left, top: y - DOT - 17, right: left + wide, bottom: y - DOT - 1 };
    best.map_or_else(|| above((plot.right - wide).clamp(0, x.max(0))), |(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Size;

    fn scatter(values: &[(f64, f64)]) -> Scatter {
        let dot = |(number, (x, y)): (usize, &(f64, f64))| {
            let [x, y] = [(0, *x), (1, *y)].map(|(axis, value)| Mark::example(2 * number + axis, "1", value));
            Dot { label: format!("a < {number}"), is_accent: number == 0, x, y }
        };
        let dots: Vec<Dot> = values.iter().enumerate().map(dot).collect();
        let axis = |says: &str, reach: Vec<f64>| OneAxis {
            says: says.to_owned(),
            unit: "ns".to_owned(),
            scale: Scale::Linear,
            reach,
        };
        let axes = [
            axis("all done after", values.iter().map(|(x, _)| *x).collect()),
            axis("one waits", values.iter().map(|(_, y)| *y).collect()),
        ];
        Scatter { axes, dots, better: Some(Corner::LowLow) }
    }

    fn drawn(scatter: &Scatter, size: Size) -> String {
        let lines = [("x", "no faster"), ("y", "one frame")].map(|(axis, says)| Line {
            at: 12.0,
            axis: axis.to_owned(),
            says: says.to_owned(),
            edition: None,
        });
        String::from(Canvas::draw(size, (1, false), |canvas| scatter.draw(canvas, &lines)).svg(&html!("")))
    }

    #[test]
    fn dots_have_labels_and_axes_have_words() {
        for size in [Size::Wide, Size::Narrow] {
            let svg = drawn(&scatter(&[(10.0, 20.0), (30.0, 5.0)]), size);
            for part in [
                "<text class=\"b\"",
                ">a &lt; 0<",
                ">a &lt; 1<",
                "data-c=\"2.0\"",
                ">all done after →<",
                ">↑ one waits<",
                ">no faster<",
                ">one frame<",
                "better on both<",
                "data-axis",
            ] {
                assert!(svg.contains(part), "{part}: {svg}");
            }
        }
    }

    #[test]
    fn labels_keep_clear_of_dots_of_one_another_and_of_the_edge() {
        let plot = Area { left: 0, top: 0, right: 300, bottom: 200 };
        let dots = [(150, 100), (158, 104), (150, 112), (290, 100), (5, 195)];
        let mut taken: Vec<Area> = dots.iter().map(|at| Area::around(*at, DOT + 1)).collect();
        for at in dots {
            let label = beside(at, 80, plot, &taken, &[]);
            assert!(label.lies_in(&plot) && taken.iter().all(|other| !label.meets(other)), "{at:?}: {label:?}");
            taken.push(label);
        }
        assert_eq!(beside((20, 50), 80, plot, &[], &[]).left, 30);
        assert_eq!(beside((20, 50), 80, plot, &[], &[]).far_from((20, 50)), None);
    }

    #[test]
    fn what_has_no_place_on_a_log_axis_is_told() {
        let mut scatter = scatter(&[(10.0, 0.0), (30.0, 5.0)]);
        scatter.axes[1].scale = Scale::Log;
        assert_eq!(scatter.left_out(0), ["A log axis has no place for 0: a < 0 isn't drawn."]);
        assert!(!drawn(&scatter, Size::Wide).contains("data-c=\"0.0\""));
    }
}
