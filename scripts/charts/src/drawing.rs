//! Charts as SVG, drawn with plotters.
//!
//! A drawing knows no theme: it is made in sentinel colours, which [`paint`] turns into custom properties of the page or
//! into a palette's own colours.

use base::quantity::{Quantity, scientific};
use edition::estimate::Estimate;
use edition::lesson::Scale;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// One line of a lines chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its label; `", "` parts it into two lines.
    pub label: String,
    /// Its place among the variants, which gives its colour and shape: the same in every chart of a chapter.
    pub number: usize,
    /// Whether it is computed, not measured: then its line is dashed, with no mark at its points.
    pub computed: bool,
    /// Parameter and estimate, in order of the parameter.
    pub points: Vec<(f64, Estimate)>,
}

/// One row of a dots chart.
#[derive(Clone, Debug)]
pub struct Dot {
    /// Its label.
    pub label: String,
    /// Its place among the variants, as in [`Series`].
    pub number: usize,
    /// What was measured.
    pub estimate: Estimate,
}

/// The axis that values are read from.
#[derive(Clone, Copy, Debug)]
pub struct Axis<'a> {
    /// Its words.
    pub label: &'a str,
    /// The values' unit.
    pub unit: &'a str,
    /// How it runs.
    pub scale: Scale,
    /// Values that it must reach beside those drawn, so that the drawings of several editions can be compared.
    pub reach: &'a [f64],
}

impl Axis<'_> {
    fn words(&self) -> String {
        // A count's ticks are bare numbers.
        let unit = if scaled(self.unit) || self.label.contains(self.unit) { "" } else { self.unit };
        let scale = if self.scale == Scale::Log { "logarithmic" } else { "" };
        match [unit, scale].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ") {
            about if about.is_empty() => self.label.to_owned(),
            about => format!("{} ({about})", self.label),
        }
    }

    /// Round values along the axis, and what stands beside each.
    fn ticks(&self, ruler: &Ruler) -> Vec<(f64, String)> {
        let words = |value| match scaled(self.unit) {
            true => Quantity { value, unit: self.unit }.short(),
            false => bare(value),
        };
        let ticks = if matches!(self.unit, "bytes" | "bytes/s") { ruler.binary_ticks() } else { ruler.ticks() };
        ticks.into_iter().map(|tick| (tick, words(tick))).collect()
    }
}

/// Whether numbers of this unit are short with it, because it has prefixes or a sign.
fn scaled(unit: &str) -> bool {
    matches!(unit, "ns" | "bytes" | "bytes/s" | "%" | "times")
}

/// A number without a unit, for a tick: `20,000`, `2 × 10⁷`.
fn bare(value: f64) -> String {
    if value.abs() < 1e6 {
        return Quantity { value, unit: "" }.short().trim_end_matches('\u{a0}').to_owned();
    }
    let text = scientific(value);
    let (digits, power) = text.split_once('\u{a0}').unwrap_or((&text, ""));
    match digits.trim_end_matches('0').trim_end_matches('.') {
        "1" => power.trim_start_matches("×\u{a0}").to_owned(),
        digits => format!("{digits}\u{a0}{power}"),
    }
}

/// About how wide words are: in the wider sans-serif faces a letter takes three fifths of its size.
pub(crate) fn width(words: &str) -> i32 {
    words.chars().count() as i32 * TEXT * 3 / 5
}

/// A label in lines: each part between commas begins one, and one that is long breaks at a space.
fn label_lines(label: &str) -> Vec<String> {
    const LONGEST: usize = 15;
    let mut lines = Vec::new();
    for part in label.split(", ") {
        let mut line = String::new();
        for word in part.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LONGEST {
                lines.push(std::mem::take(&mut line));
            }
            line += if line.is_empty() { "" } else { " " };
            line += word;
        }
        lines.push(line);
    }
    lines
}

/// Width of every drawing, in its own units. Text is 26 units high, so that it can be read on a telephone, where the
/// drawing is shown at a width of 330 pixels.
pub const WIDTH: i32 = 800;

pub(crate) const TEXT: i32 = 26;
/// As wide as only what is computed is drawn; [`draw`] turns it into dashes.
const COMPUTED_WIDTH: u32 = 5;
const RED_OF_SERIES: u8 = 4;
const TEXT_COLOUR: RGBColor = RGBColor(1, 0, 0);
const AXIS_COLOUR: RGBColor = RGBColor(2, 0, 0);
const GRID_COLOUR: RGBColor = RGBColor(3, 0, 0);

/// How many series can be told apart, by a colour and by a shape.
const COLOURS: usize = 6;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws a line with a band for each series, over a parameter, on whichever axis keeps its numbers further apart, a linear or a
/// logarithmic one. A logarithmic axis of values has no place for 0 and less: a line has a gap there.
pub fn lines(series: &[Series], over: &str, axis: Axis<'_>) -> String {
    let labels: Vec<Vec<String>> = series.iter().map(|one| label_lines(&one.label)).collect();
    let rows = labels.iter().map(Vec::len).max().unwrap_or(1) as i32;
    let gap = rows * TEXT + 8;
    let (top, height) = (56, 640.max(gap * series.len() as i32 + 80));
    let bottom = height - 100;
    let ends = series.iter().flat_map(|s| s.points.iter().flat_map(|(_, e)| [e.lower, e.upper]));
    let values = Ruler::new(&ends.chain(axis.reach.iter().copied()).collect::<Vec<_>>(), axis.scale, (bottom, top));
    let ticks: Vec<(f64, String)> = axis.ticks(&values);
    let widest = ticks.iter().map(|(_, words)| width(words)).max().unwrap_or(0);
    let longest = labels.iter().flatten().map(|words| width(words)).max().unwrap_or(0);
    let (left, right) = ((widest + 18).clamp(90, 220), (WIDTH - 38 - longest).clamp(440, 580));
    let across = Across::new(series.iter().flat_map(|s| s.points.iter().map(|(x, _)| *x)), (left + 20, right - 20));
    draw(height, |area| {
        label(area, &axis.words(), (4, 4), HPos::Left, VPos::Top)?;
        for (tick, words) in &ticks {
            let y = values.place(*tick);
            line(area, &[(left, y), (right, y)], GRID_COLOUR, 2)?;
            label(area, words, (left - 10, y), HPos::Right, VPos::Center)?;
        }
        line(area, &[(left, bottom), (right, bottom)], AXIS_COLOUR, 2)?;
        for x in across.broken.iter().flat_map(|x| [x - 5, x + 5]) {
            line(area, &[(x - 4, bottom + 9), (x + 4, bottom - 9)], AXIS_COLOUR, 2)?;
        }
        let mut free = WIDTH;
        for (x, place) in across.places.iter().rev() {
            line(area, &[(*place, bottom), (*place, bottom + 8)], AXIS_COLOUR, 2)?;
            let words = bare(*x);
            // The tick alone tells where there is no room for its number.
            if place + width(&words) / 2 < free {
                label(area, &words, (*place, bottom + 14), HPos::Center, VPos::Top)?;
                free = place - width(&words) / 2 - 6;
            }
        }
        label(area, over, ((left + right) / 2, bottom + 50), HPos::Center, VPos::Top)?;
        for one in series {
            let number = one.number;
            let at = |(x, e): &(f64, Estimate), value: fn(&Estimate) -> f64| (across.place(*x), values.place(value(e)));
            for part in one.points.split(|(_, e)| !values.has(e.value)).filter(|part| !part.is_empty()) {
                let upper = part.iter().map(|point| at(point, |e| e.upper));
                let lower = part.iter().rev().map(|point| at(point, |e| e.lower));
                let band: Vec<_> = upper.chain(lower).collect();
                area.draw(&Polygon::new(band, colour(number).mix(0.25)))?;
                let medians: Vec<_> = part.iter().map(|point| at(point, |e| e.value)).collect();
                line(area, &medians, colour(number), if one.computed { COMPUTED_WIDTH } else { 4 })?;
                for place in medians.into_iter().filter(|_| !one.computed) {
                    marker(area, number, place)?;
                }
            }
        }
        let last: Vec<(i32, i32)> = series
            .iter()
            .map(|s| s.points.iter().rfind(|(_, e)| values.has(e.value)))
            .map(|end| end.map_or((right - 20, bottom), |(x, e)| (across.place(*x), values.place(e.value))))
            .collect();
        // Labels keep clear of the axis, if there is room; the lowest line of one has letters that reach below it.
        let lowest = height - rows * TEXT / 2 - 8;
        let lowest = if gap * series.len() as i32 <= bottom - top { lowest.min(bottom) } else { lowest };
        let bounds = (top + rows * TEXT / 2, lowest);
        let places = apart(&last.iter().map(|(_, y)| *y).collect::<Vec<_>>(), gap, bounds);
        for (((one, words), (x, from)), y) in series.iter().zip(&labels).zip(&last).zip(places) {
            // From a line that ends earlier, a connection would look like a part of it.
            if x + 30 >= right {
                line(area, &[(x + 12, *from), (right + 10, y)], colour(one.number), 2)?;
            }
            if !one.computed {
                marker(area, one.number, (right + 22, y))?;
            }
            for (row, line) in words.iter().enumerate() {
                let shift = TEXT * (2 * row as i32 + 1 - words.len() as i32) / 2;
                label(area, line, (right + 38, y + shift), HPos::Left, VPos::Center)?;
            }
        }
        Ok(())
    })
}

/// Draws a dot with its interval for each row, below the row's label. What is 0 or less has no dot on a logarithmic axis.
pub fn dots(rows: &[Dot], axis: Axis<'_>) -> String {
    const ROW: i32 = 74;
    let (left, right) = (24, WIDTH - 40);
    let bottom = ROW * rows.len() as i32 + 10;
    let ends = rows.iter().flat_map(|row| [row.estimate.lower, row.estimate.upper]);
    let values = Ruler::new(&ends.chain(axis.reach.iter().copied()).collect::<Vec<_>>(), axis.scale, (left, right));
    draw(bottom + 86, |area| {
        let mut free = WIDTH;
        for (tick, words) in axis.ticks(&values).iter().rev() {
            let x = values.place(*tick);
            line(area, &[(x, 0), (x, bottom)], GRID_COLOUR, 2)?;
            // The first one may reach to the edge, and the line alone tells where there is no room.
            if x + width(words) / 2 < free {
                label(area, words, (x.max(width(words) / 2), bottom + 8), HPos::Center, VPos::Top)?;
                free = x - width(words) / 2 - 6;
            }
        }
        line(area, &[(left, bottom), (right, bottom)], AXIS_COLOUR, 2)?;
        label(area, &axis.words(), ((left + right) / 2, bottom + 46), HPos::Center, VPos::Top)?;
        for (at, row) in rows.iter().enumerate() {
            let (y, estimate) = (ROW * at as i32, row.estimate);
            let value = Quantity { value: estimate.value, unit: axis.unit }.to_string();
            label(area, &format!("{}: {value}", row.label), (left, y + 6), HPos::Left, VPos::Top)?;
            // A logarithmic axis has no place for 0.
            if !values.has(estimate.value) {
                continue;
            }
            let y = y + 54;
            line(area, &[(values.place(estimate.lower), y), (values.place(estimate.upper), y)], colour(row.number), 6)?;
            marker(area, row.number, (values.place(estimate.value), y))?;
        }
        Ok(())
    })
}

/// The colours of a drawing that stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Its name, which its file's name ends in.
    pub name: &'static str,
    /// The ground.
    pub background: &'static str,
    text: &'static str,
    axis: &'static str,
    grid: &'static str,
    series: [&'static str; COLOURS],
}

/// For light slides and pages: the colours that `book/theme/measured.css` gives to light themes. They keep a contrast of
/// 3 to 1 against the ground and differ in lightness, so that they can be told apart without seeing all colours.
pub const LIGHT: Palette = Palette {
    name: "light",
    background: "#ffffff",
    text: "#222222",
    axis: "#666666",
    grid: "#dddddd",
    series: ["#0664da", "#c96215", "#024654", "#a45a91", "#6f4d00", "#1c1c1c"],
};

/// For dark ones.
pub const DARK: Palette = Palette {
    name: "dark",
    background: "#16191d",
    text: "#e6e6e6",
    axis: "#9a9a9a",
    grid: "#3a3f45",
    series: ["#56c8ff", "#d9a70d", "#2b8a4c", "#bb64bc", "#f6e342", "#daffe9"],
};

impl Palette {
    /// The colour of text.
    pub fn text(&self) -> &'static str {
        self.text
    }
}

/// Turns sentinel colours into a palette's, or into the page's custom properties.
pub fn paint(drawing: &str, palette: Option<&Palette>) -> String {
    let fixed =
        [("text", palette.map(|p| p.text)), ("axis", palette.map(|p| p.axis)), ("grid", palette.map(|p| p.grid))];
    let mut painted = drawing.to_owned();
    for (number, (name, value)) in fixed.into_iter().enumerate() {
        let value = value.map_or(format!("var(--chart-{name})"), ToOwned::to_owned);
        painted = painted.replace(&format!("\"#0{}0000\"", number + 1), &format!("\"{value}\""));
    }
    for number in 0..COLOURS {
        let value = palette.map_or(format!("var(--series-{})", number + 1), |p| p.series[number].to_owned());
        painted = painted.replace(&format!("\"#04{number:02X}00\""), &format!("\"{value}\""));
    }
    painted
}

/// The height of a drawing, from its own `viewBox`.
pub fn height(drawing: &str) -> i32 {
    let numbers = drawing.split("viewBox=\"0 0 800 ").nth(1).and_then(|rest| rest.split('"').next());
    numbers.and_then(|height| height.parse().ok()).unwrap_or(0)
}

/// Lets `content` draw, and makes of what plotters wrote the body of an inline SVG: no sizes, no newlines, nothing that
/// every element repeats.
fn draw(height: i32, content: impl Fn(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        // A string takes whatever is written to it, so drawing into one doesn't fail.
        content(&area).and_then(|()| Ok(area.present()?)).expect("a string can be written to");
    }
    let size = format!(" font-family=\"sans-serif\" font-size=\"{}\"", f64::from(TEXT) / 1.24);
    let body = svg.split_once('>').map_or("", |(_, body)| body.trim_end().trim_end_matches("</svg>"));
    let body =
        body.replace(&size, "").replace(" opacity=\"1\"", "").replace(" fill-opacity=\"1\"", "").replace('\n', "");
    let dashes = format!(" stroke-width=\"{COMPUTED_WIDTH}\"");
    let body = body.replace(&dashes, " stroke-width=\"4\" stroke-dasharray=\"14 10\"");
    let body = body.replace(" stroke=\"none\"", "").replace(" dy=\"0.5ex\"", " dy=\".35em\"");
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"{TEXT}\">{body}</svg>")
}

fn colour(number: usize) -> RGBColor {
    RGBColor(RED_OF_SERIES, (number % COLOURS) as u8, 0)
}

fn line(area: &Area<'_>, places: &[(i32, i32)], colour: RGBColor, width: u32) -> Drawn {
    Ok(area.draw(&PathElement::new(places.to_vec(), colour.stroke_width(width)))?)
}

fn label(area: &Area<'_>, words: &str, at: (i32, i32), h: HPos, v: VPos) -> Drawn {
    let style = ("sans-serif", TEXT).into_font().color(&TEXT_COLOUR).pos(Pos::new(h, v));
    Ok(area.draw(&Text::new(words.to_owned(), at, style))?)
}

/// A shape for each series, so that they can be told apart without their colours.
fn marker(area: &Area<'_>, number: usize, (x, y): (i32, i32)) -> Drawn {
    const R: i32 = 9;
    let polygon = |corners: &[(i32, i32)]| {
        Polygon::new(corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect::<Vec<_>>(), colour(number).filled())
    };
    match number % COLOURS {
        0 => area.draw(&Circle::new((x, y), R, colour(number).filled()))?,
        1 => area.draw(&polygon(&[(-R, -R), (R, -R), (R, R), (-R, R)]))?,
        2 => area.draw(&polygon(&[(0, -R - 2), (R + 2, R), (-R - 2, R)]))?,
        3 => area.draw(&polygon(&[(0, -R - 3), (R + 3, 0), (0, R + 3), (-R - 3, 0)]))?,
        4 => area.draw(&polygon(&[(-R - 2, -R), (R + 2, -R), (0, R + 2)]))?,
        _ => area.draw(&polygon(&[
            (-R - 2, -4),
            (-4, -4),
            (-4, -R - 2),
            (4, -R - 2),
            (4, -4),
            (R + 2, -4),
            (R + 2, 4),
            (4, 4),
            (4, R + 2),
            (-4, R + 2),
            (-4, 4),
            (-R - 2, 4),
        ]))?,
    }
    Ok(())
}

/// Moves places that lie closer than `gap` apart, as little as possible, within `bounds`; in the order given.
fn apart(places: &[i32], gap: i32, (first, last): (i32, i32)) -> Vec<i32> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&at| places[at]);
    let mut moved = places.to_vec();
    let mut free = first;
    for &at in &order {
        moved[at] = moved[at].max(free);
        free = moved[at] + gap;
    }
    let mut free = last;
    for &at in order.iter().rev() {
        moved[at] = moved[at].min(free);
        free = moved[at] - gap;
    }
    moved
}

/// The axis that a parameter runs along: linear or logarithmic, whichever keeps the parameters further apart. Where the
/// least is 0, it stands before the others of a logarithmic axis, behind a break.
struct Across {
    places: Vec<(f64, i32)>,
    /// Where the axis is broken.
    broken: Option<i32>,
}

impl Across {
    fn new(parameters: impl Iterator<Item = f64>, (first, last): (i32, i32)) -> Self {
        let mut all: Vec<f64> = parameters.collect();
        all.sort_unstable_by(f64::total_cmp);
        all.dedup();
        let zero = all.first() == Some(&0.0) && all.len() > 2;
        let mut along: Vec<f64> = all.clone();
        let mut broken = None;
        if all.iter().skip(usize::from(zero)).all(|x| *x > 0.0) {
            let mut logarithmic: Vec<f64> = all.iter().skip(usize::from(zero)).map(|x| x.ln()).collect();
            if zero {
                let step = closest(&logarithmic);
                logarithmic.insert(0, logarithmic[0] - step);
            }
            if share(&logarithmic) > share(&along) {
                along = logarithmic;
                broken = zero.then_some(());
            }
        }
        let (from, to) = (along.first().copied().unwrap_or(0.0), along.last().copied().unwrap_or(0.0));
        let place = |at: &f64| {
            let share = if to > from { ((at - from) / (to - from)).clamp(0.0, 1.0) } else { 0.5 };
            first + (share * f64::from(last - first)).round() as i32
        };
        let places: Vec<(f64, i32)> = all.iter().zip(&along).map(|(x, at)| (*x, place(at))).collect();
        let broken = broken.and_then(|()| Some(i32::midpoint(places.first()?.1, places.get(1)?.1)));
        Self { places, broken }
    }

    fn place(&self, x: f64) -> i32 {
        self.places.iter().find(|(known, _)| *known == x).map_or(0, |(_, place)| *place)
    }
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
pub(crate) struct Ruler {
    scale: Scale,
    from: f64,
    to: f64,
    places: (i32, i32),
}

impl Ruler {
    /// A ruler with some room at its ends; a linear one has the 0.
    pub(crate) fn new(values: &[f64], scale: Scale, places: (i32, i32)) -> Self {
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

    fn along(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(f64::MIN_POSITIVE).log10(),
        }
    }

    pub(crate) fn place(&self, value: f64) -> i32 {
        let share = ((self.along(value) - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        let (first, last) = (f64::from(self.places.0), f64::from(self.places.1));
        (first + share * (last - first)).round() as i32
    }

    /// Whether a value has a place: 0 and less have none on a logarithmic ruler.
    fn has(&self, value: f64) -> bool {
        self.scale == Scale::Linear || value > 0.0
    }

    /// Round values along the ruler: 3 to 8 of them.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        if self.scale == Scale::Linear {
            return multiples(self.from, self.to, round_step((self.to - self.from) / 5.0));
        }
        let apart = ((self.to - self.from) / 8.0).ceil().max(1.0);
        let powers = multiples(self.from.floor(), self.to.ceil(), apart).into_iter();
        let decades = powers.map(|power| 10_f64.powi(power as i32));
        let steps: &[f64] = if self.to - self.from > 2.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = decades.flat_map(|decade| steps.iter().map(move |step| decade * step));
        let ticks: Vec<f64> = all.filter(|tick| (self.from..=self.to).contains(&tick.log10())).collect();
        if ticks.len() > 2 {
            return ticks;
        }
        // So short a part of the axis is nearly linear.
        let (from, to) = (10_f64.powf(self.from), 10_f64.powf(self.to));
        multiples(from, to, round_step((to - from) / 5.0))
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

    fn estimate(value: f64) -> Estimate {
        Estimate { value, lower: value * 0.9, upper: value * 1.1, launches: 6 }
    }

    fn axis(scale: Scale) -> Axis<'static> {
        Axis { label: "time & <place>", unit: "ns", scale, reach: &[] }
    }

    fn examples() -> [String; 3] {
        let series = |number: usize, factor: f64| Series {
            label: format!("series {number}, <b>"),
            number,
            computed: false,
            points: [1.0, 2.0, 4.0, 8.0].map(|x| (x, estimate(x * factor))).to_vec(),
        };
        let many: Vec<Series> = (0..8).map(|n| series(n, 10_f64.powi(n as i32 - 2))).collect();
        let rows =
            [0.0, 12.0, 48.5].map(|value| Dot { label: "a < b".to_owned(), number: 2, estimate: estimate(value) });
        [
            lines(&many, "workers", axis(Scale::Log)),
            lines(&many[..1], "workers", axis(Scale::Linear)),
            dots(&rows, axis(Scale::Linear)),
        ]
    }

    #[test]
    fn no_sentinel_colour_is_left() {
        for drawing in examples() {
            for palette in [None, Some(&LIGHT), Some(&DARK)] {
                let painted = paint(&drawing, palette);
                assert!(
                    !["\"#010000", "\"#020000", "\"#030000", "\"#040"].iter().any(|left| painted.contains(left)),
                    "{painted}"
                );
                assert_eq!(painted.contains("var(--series-"), palette.is_none());
            }
        }
    }

    #[test]
    fn a_drawing_can_stand_in_markdown() {
        for drawing in examples() {
            assert!(!drawing.contains('\n') && !drawing.contains("<b>") && !drawing.contains("NaN"), "{drawing}");
            assert!(drawing.contains("&lt;") && drawing.ends_with("</svg>") && height(&drawing) > 0);
        }
    }

    #[test]
    fn one_value_and_no_value_are_drawn_too() {
        let one = [Dot {
            label: "one".to_owned(),
            number: 0,
            estimate: Estimate { value: 0.0, lower: 0.0, upper: 0.0, launches: 1 },
        }];
        assert!(dots(&one, axis(Scale::Linear)).contains("one"));
        assert!(dots(&one, axis(Scale::Log)).contains("one"));
        assert!(lines(&[], "workers", axis(Scale::Log)).contains("workers"));
    }

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
    }

    #[test]
    fn numbers_of_ticks_fit_beside_the_axis() {
        for (value, text) in [(0.0, "0"), (0.5, "0.5"), (20_000.0, "20,000"), (1e6, "10⁶"), (2e12, "2 × 10¹²")] {
            assert_eq!(bare(value).replace('\u{a0}', " "), text);
        }
        let words = |unit: &'static str, from: f64, to: f64| -> Vec<String> {
            let axis = Axis { unit, label: "steps", ..axis(Scale::Log) };
            axis.ticks(&Ruler::new(&[from, to], Scale::Log, (0, 100))).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(
            words("bytes", 1024.0, 1_048_576.0).join(" ").replace('\u{a0}', " "),
            "1 KiB 4 KiB 16 KiB 64 KiB 256 KiB 1 MiB"
        );
        assert_eq!(words("states", 1.0, 1e13).join(" "), "1 100 10,000 10⁶ 10⁸ 10¹⁰ 10¹²");
        assert!(words("ns", 31.0, 33.0).len() > 2);
        assert_eq!(Axis { unit: "states", ..axis(Scale::Log) }.words(), "time & <place> (states, logarithmic)");
        assert_eq!(Axis { unit: "states", label: "states seen", ..axis(Scale::Linear) }.words(), "states seen");
    }

    #[test]
    fn labels_break_at_commas_and_where_they_are_long() {
        assert_eq!(label_lines("load-then-store, threads"), ["load-then-store", "threads"]);
        assert_eq!(label_lines("thread-local then merge, threads"), ["thread-local", "then merge", "threads"]);
        assert_eq!(label_lines(""), [""]);
    }

    #[test]
    fn a_line_has_a_gap_where_its_value_is_0_on_a_logarithmic_axis() {
        let series = |values: [f64; 4]| Series {
            label: "a".to_owned(),
            number: 0,
            computed: false,
            points: values.into_iter().enumerate().map(|(at, value)| (at as f64, estimate(value))).collect(),
        };
        let markers = |values| lines(&[series(values)], "steps", axis(Scale::Log)).matches("<circle").count() - 1;
        assert_eq!((markers([1.0, 2.0, 3.0, 4.0]), markers([0.0, 2.0, 0.0, 4.0]), markers([0.0; 4])), (4, 2, 0));
    }

    #[test]
    fn a_line_that_ends_early_is_not_led_on_to_its_label() {
        let series = |number, last: f64| Series {
            label: "a".to_owned(),
            number,
            computed: false,
            points: vec![(1.0, estimate(1.0)), (last, estimate(2.0))],
        };
        let connections = |ends: [f64; 2]| {
            let drawing = lines(&[series(0, ends[0]), series(1, ends[1])], "workers", axis(Scale::Linear));
            drawing.matches("stroke=\"#040000\" stroke-width=\"2\"").count()
        };
        assert_eq!((connections([64.0, 64.0]), connections([2.0, 64.0])), (1, 0));
    }

    #[test]
    fn labels_are_moved_apart_and_stay_within_bounds() {
        assert_eq!(apart(&[10, 11, 100], 20, (0, 200)), [10, 30, 100]);
        assert_eq!(apart(&[199, 198, 50], 20, (0, 200)), [200, 180, 50]);
        assert_eq!(apart(&[], 20, (0, 200)), [] as [i32; 0]);
    }

    #[test]
    fn labels_of_lines_that_end_low_or_high_stay_in_the_drawing() {
        for ends in [[1.0, 1.0, 1.0, 1.0, 1.0, 5000.0], [1.0, 5000.0, 5000.0, 5000.0, 5000.0, 5000.0]] {
            let series = |(number, end): (usize, f64)| Series {
                label: "threads, padded".to_owned(),
                number,
                computed: false,
                points: vec![(1.0, estimate(1.0)), (2.0, estimate(end))],
            };
            let series: Vec<Series> = ends.into_iter().enumerate().map(series).collect();
            let drawing = lines(&series, "workers", axis(Scale::Log));
            // The middle of each line's last word.
            let texts = drawing.split("<text ").filter(|text| text.contains(">padded<"));
            let places: Vec<i32> = texts
                .map(|text| text.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(places.len(), 6);
            assert!(places.iter().all(|y| (TEXT..=height(&drawing) - TEXT * 3 / 4).contains(y)), "{places:?}");
        }
    }

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |values: &[f64], scale| Ruler::new(values, scale, (0, 100)).ticks();
        assert_eq!(ticks(&[0.0, 48.0], Scale::Linear), [0.0, 20.0, 40.0]);
        assert_eq!(ticks(&[1.0, 30.0], Scale::Log), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(ticks(&[1.0, 5000.0], Scale::Log), [1.0, 10.0, 100.0, 1000.0]);
        for top in [1e-9, 0.3, 7.0, 1e3, 5e8] {
            let count = ticks(&[top], Scale::Linear).len();
            assert!((3..=8).contains(&count), "{top}: {count}");
        }
    }
}
