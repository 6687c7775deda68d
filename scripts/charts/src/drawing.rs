//! What all drawings are made of: a width, colours, and the shapes that plotters draws.
//!
//! A drawing knows no theme: it is made in sentinel colours, which [`paint`] turns into custom properties of the page or
//! into a palette's own colours.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::html;
use crate::html::Html;

/// Width of every drawing, in its own units. Text is 26 units high, so that it can be read on a telephone, where the
/// drawing is shown at a width of 330 pixels.
pub const WIDTH: i32 = 800;

pub(crate) const TEXT: i32 = 26;
/// As wide as only what is computed is drawn; [`draw`] turns it into dashes.
pub(crate) const COMPUTED_WIDTH: u32 = 5;
const RED_OF_SERIES: u8 = 4;
const TEXT_COLOUR: RGBColor = RGBColor(1, 0, 0);
pub(crate) const AXIS_COLOUR: RGBColor = RGBColor(2, 0, 0);
pub(crate) const GRID_COLOUR: RGBColor = RGBColor(3, 0, 0);

/// How many series can be told apart, by a colour and by a shape.
const COLOURS: usize = 6;

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// About how wide words are: in the wider sans-serif faces a letter takes three fifths of its size.
pub(crate) fn width(words: &str) -> i32 {
    words.chars().count() as i32 * TEXT * 3 / 5
}

/// A label in lines: each part between commas begins one, and one that is long breaks at a space.
pub(crate) fn label_lines(label: &str) -> Vec<String> {
    label.split(", ").flat_map(|part| wrapped(part, 15)).collect()
}

/// A text in lines of at most so many letters, broken at spaces.
pub(crate) fn wrapped(text: &str, longest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut().expect("there is a line from the beginning") {
            last if last.is_empty() => last.push_str(word),
            last if last.chars().count() + 1 + word.chars().count() > longest => lines.push(word.to_owned()),
            last => *last += &format!(" {word}"),
        }
    }
    lines
}

/// The colours of a drawing that stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Its name, which its file's name ends in.
    pub name: &'static str,
    /// The ground.
    pub background: &'static str,
    /// Text.
    pub text: &'static str,
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

/// Turns sentinel colours into a palette's, or into the page's custom properties.
pub fn paint(drawing: &Html, palette: Option<&Palette>) -> Html {
    let fixed =
        [("text", palette.map(|p| p.text)), ("axis", palette.map(|p| p.axis)), ("grid", palette.map(|p| p.grid))];
    let mut painted = drawing.as_str().to_owned();
    for (number, (name, value)) in fixed.into_iter().enumerate() {
        let value = value.map_or(format!("var(--chart-{name})"), ToOwned::to_owned);
        painted = painted.replace(&format!("\"#0{}0000\"", number + 1), &format!("\"{value}\""));
    }
    for number in 0..COLOURS {
        let value = palette.map_or(format!("var(--series-{})", number + 1), |p| p.series[number].to_owned());
        painted = painted.replace(&format!("\"#04{number:02X}00\""), &format!("\"{value}\""));
    }
    Html::made(painted)
}

/// The height of a drawing, from its own `viewBox`.
pub fn height(drawing: &Html) -> i32 {
    let numbers = drawing.as_str().split("viewBox=\"0 0 800 ").nth(1).and_then(|rest| rest.split('"').next());
    numbers.and_then(|height| height.parse().ok()).unwrap_or(0)
}

/// The same drawing with attributes of its outermost element.
pub fn with(drawing: &Html, attributes: &Html) -> Html {
    Html::made(drawing.as_str().replacen("<svg ", &format!("<svg {} ", attributes.as_str()), 1))
}

/// Lets `content` draw, and makes of what plotters wrote the body of an inline SVG: no sizes, no newlines, nothing that
/// every element repeats.
pub(crate) fn draw(height: i32, content: impl Fn(&Area<'_>) -> Drawn) -> Html {
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
    let ink = "fill=\"#010000\"";
    let body = body.replace(&format!(" {ink}"), "").replace(" \"/>", "\"/>");
    html!(
        "<svg viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"{}\" {}>{}</svg>",
        WIDTH,
        height,
        TEXT,
        Html::made(ink.to_owned()),
        Html::made(body)
    )
}

pub(crate) fn colour(number: usize) -> RGBColor {
    RGBColor(RED_OF_SERIES, (number % COLOURS) as u8, 0)
}

pub(crate) fn line(area: &Area<'_>, places: &[(i32, i32)], colour: RGBColor, width: u32) -> Drawn {
    Ok(area.draw(&PathElement::new(places.to_vec(), colour.stroke_width(width)))?)
}

pub(crate) fn label(area: &Area<'_>, words: &str, at: (i32, i32), h: HPos, v: VPos) -> Drawn {
    let style = ("sans-serif", TEXT).into_font().color(&TEXT_COLOUR).pos(Pos::new(h, v));
    Ok(area.draw(&Text::new(words.to_owned(), at, style))?)
}

/// A shape for each series, so that they can be told apart without their colours.
pub(crate) fn marker(area: &Area<'_>, number: usize, (x, y): (i32, i32)) -> Drawn {
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
pub(crate) fn apart(places: &[i32], gap: i32, (first, last): (i32, i32)) -> Vec<i32> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_break_at_commas_and_where_they_are_long() {
        assert_eq!(label_lines("load-then-store, threads"), ["load-then-store", "threads"]);
        assert_eq!(label_lines("thread-local then merge, threads"), ["thread-local", "then merge", "threads"]);
        assert_eq!(label_lines(""), [""]);
    }

    #[test]
    fn labels_are_moved_apart_and_stay_within_bounds() {
        assert_eq!(apart(&[10, 11, 100], 20, (0, 200)), [10, 30, 100]);
        assert_eq!(apart(&[199, 198, 50], 20, (0, 200)), [200, 180, 50]);
        assert_eq!(apart(&[], 20, (0, 200)), [] as [i32; 0]);
    }
}
