//! What every drawing is made on: a plotters backend that writes small SVG, and the few shapes that charts need.
//!
//! A shape names no colour. It has a class for what it is (a grid line, a mark of its group's role), and the page that shows the
//! drawing says what that looks like: the book's style sheet, or a [`Palette`](crate::palette::Palette).

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::rc::Rc;

use edition::lesson::Role;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use crate::axes::Ruler;
use crate::html;
use crate::html::{As, Html};
use crate::points::Mark;

/// For whom a drawing is made. Its units are the reader's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As wide as text and code of a page on a large screen.
    Wide,
    /// As wide as a telephone.
    Narrow,
}

impl Size {
    /// How wide the drawing is, in pixels.
    pub fn width(self) -> i32 {
        match self {
            Self::Wide => 760,
            Self::Narrow => 360,
        }
    }

    /// Its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// What a shape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The colour of the group that it stands in: that of a mark's role, otherwise that of text.
    Own,
    /// Text of less weight.
    Muted,
    /// An axis, or a line that is to be seen and not to be looked at.
    Axis,
    /// A line that guides the eye.
    Grid,
    /// What the page lies on: the inside of a ring.
    Ground,
    /// A threshold.
    Reference,
    /// A launch, across a mark.
    Tick,
}

const INKS: [(Ink, &str); 7] = [
    (Ink::Own, ""),
    (Ink::Muted, "u"),
    (Ink::Axis, "a"),
    (Ink::Grid, "g"),
    (Ink::Ground, "o"),
    (Ink::Reference, "r"),
    (Ink::Tick, "k"),
];

impl Ink {
    /// Plotters knows shapes by colours only, so each ink has one.
    fn colour(self) -> RGBColor {
        let number = INKS.iter().position(|(ink, _)| *ink == self).unwrap_or(0);
        RGBColor(number as u8, 0, 0)
    }

    fn class(colour: BackendColor) -> &'static str {
        INKS.get(usize::from(colour.rgb.0)).map_or("", |(_, class)| class)
    }
}

/// Where text stands beside its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// About how wide words are in the sizes that drawings have, in pixels: a little more than in the faces that systems come with.
pub fn width(words: &str) -> i32 {
    let of = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '\u{a0}' => 4.7,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 5.8,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '×' | '–' | '…' => 12.4,
        'A'..='Z' => 9.6,
        _ => 8.4,
    };
    words.chars().map(of).sum::<f64>().ceil() as i32
}

/// The same of bold words.
pub fn bold_width(words: &str) -> i32 {
    width(words) * 116 / 100 + 1
}

/// A text in lines of at most this many pixels, broken at spaces.
pub fn wrapped(text: &str, room: i32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut().expect("there is a line from the beginning") {
            last if last.is_empty() => last.push_str(word),
            last if width(&format!("{last} {word}")) > room => lines.push(word.to_owned()),
            last => *last += &format!(" {word}"),
        }
    }
    lines
}

/// Where the values of an axis stand in a drawing, for what is drawn into it later.
#[derive(Clone, Debug)]
struct Along {
    scale: String,
    ends: (f64, f64),
    places: (i32, i32),
    across: (i32, i32),
    along: char,
}

/// A drawing that comes to be.
pub struct Canvas {
    /// For whom it is made.
    pub size: Size,
    /// How many editions there are.
    pub editions: usize,
    /// Whether several of them are shown.
    several: bool,
    area: DrawingArea<Svg, Shift>,
    pen: Rc<RefCell<Pen>>,
    along: Option<Along>,
}

impl Canvas {
    /// Lets `content` draw; it returns the height that it took.
    pub fn draw(size: Size, (editions, several): (usize, bool), content: impl FnOnce(&mut Self) -> i32) -> Drawing {
        let pen = Rc::new(RefCell::new(Pen::default()));
        let area = Svg { pen: Rc::clone(&pen), width: size.width() as u32 }.into_drawing_area();
        let mut canvas = Self { size, editions, several, area, pen, along: None };
        let height = content(&mut canvas);
        canvas.pen.borrow_mut().lift();
        let body = Html::made(std::mem::take(&mut canvas.pen.borrow_mut().written));
        Drawing { size, height, body, along: canvas.along.take() }
    }

    /// How wide the drawing is.
    pub fn width(&self) -> i32 {
        self.size.width()
    }

    /// Whether it is made for a telephone.
    pub fn is_narrow(&self) -> bool {
        self.size == Size::Narrow
    }

    /// Says where the values of the chart's axis stand, so that a guess can be drawn there: along x or y, with the ends of the
    /// plot on the other axis.
    pub fn along(&mut self, ruler: &Ruler, along: char, across: (i32, i32)) {
        let (ends, places) = ruler.ends();
        self.along = Some(Along { scale: ruler.scale().word().to_owned(), ends, places, across, along });
    }

    /// A line through places.
    pub fn line(&mut self, places: &[(i32, i32)], ink: Ink, wide: u32) {
        self.put(&PathElement::new(places.to_vec(), Color::stroke_width(&ink.colour(), wide)));
    }

    /// A broken one, as what is computed has.
    pub fn dashed(&mut self, places: &[(i32, i32)], ink: Ink, wide: u32) {
        let RGBColor(number, ..) = ink.colour();
        self.put(&PathElement::new(places.to_vec(), Color::stroke_width(&RGBColor(number, 1, 0), wide)));
    }

    /// A filled rectangle between two corners.
    pub fn rect(&mut self, corners: [(i32, i32); 2], ink: Ink) {
        self.put(&Rectangle::new(corners, ink.colour().filled()));
    }

    /// The broken outline of one.
    pub fn hollow(&mut self, corners: [(i32, i32); 2]) {
        self.put(&Rectangle::new(corners, Color::stroke_width(&RGBColor(0, 1, 0), 2)));
    }

    /// A filled one, so light that what lies below is seen.
    pub fn tint(&mut self, corners: [(i32, i32); 2], ink: Ink, share: f64) {
        self.put(&Rectangle::new(corners, ink.colour().mix(share).filled()));
    }

    /// A filled area with these corners, so light that what lies below is seen.
    pub fn band(&mut self, corners: Vec<(i32, i32)>, share: f64) {
        self.put(&Polygon::new(corners, Ink::Own.colour().mix(share).filled()));
    }

    /// A filled area with these corners.
    pub fn polygon(&mut self, corners: Vec<(i32, i32)>, ink: Ink) {
        self.put(&Polygon::new(corners, ink.colour().filled()));
    }

    /// A filled dot.
    pub fn dot(&mut self, at: (i32, i32), radius: i32) {
        self.put(&Circle::new(at, radius, Ink::Own.colour().filled()));
    }

    /// A dot with nothing in it: a stroke and a filling in one.
    pub fn ring(&mut self, at: (i32, i32), radius: i32) {
        self.put(&Circle::new(at, radius, Color::stroke_width(&Ink::Ground.colour(), 2)));
    }

    /// Many small dots, in one path.
    pub fn specks(&mut self, at: &[(i32, i32)], wide: i32) {
        let mut pen = self.pen.borrow_mut();
        let attributes = format!(" class=\"s\" stroke-width=\"{wide}\" stroke-linecap=\"round\"");
        at.iter().for_each(|&at| pen.path(&attributes, &[at, at]));
    }

    /// Words whose middle is at the height of their place.
    pub fn text(&mut self, words: &str, at: (i32, i32), anchor: Anchor, ink: Ink) {
        self.words(words, at, anchor, ink, FontStyle::Normal);
    }

    /// The same in bold.
    pub fn bold(&mut self, words: &str, at: (i32, i32), anchor: Anchor, ink: Ink) {
        self.words(words, at, anchor, ink, FontStyle::Bold);
    }

    fn words(&mut self, words: &str, at: (i32, i32), anchor: Anchor, ink: Ink, weight: FontStyle) {
        let anchor = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = FontDesc::new(FontFamily::SansSerif, 14.0, weight);
        let colour = ink.colour();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(anchor, VPos::Center));
        self.put(&Text::new(words.to_owned(), at, style));
    }

    /// What belongs to a mark in an edition: in its role's colour, and known by its variant and its cell in the table.
    pub fn mark(&mut self, mark: &Mark, edition: usize, content: impl FnOnce(&mut Self)) {
        let role = mark.role.map_or("plain", Role::class);
        let attributes = html!(
            "class=\"m {}\" data-v=\"{}\" data-c=\"{}.{}\"{}",
            role,
            mark.variant,
            mark.id,
            edition,
            self.of(edition)
        );
        self.group(&attributes, content);
    }

    /// What belongs to a variant in an edition, in the colour of its role; the [cells](Self::cell) of it are inside.
    pub fn series(&mut self, (role, variant): (Option<Role>, &str), edition: usize, content: impl FnOnce(&mut Self)) {
        let role = role.map_or("plain", Role::class);
        self.group(&html!("class=\"m {}\" data-v=\"{}\"{}", role, variant, self.of(edition)), content);
    }

    /// What is known by a cell of the table, within a series.
    pub fn cell(&mut self, id: usize, edition: usize, content: impl FnOnce(&mut Self)) {
        self.group(&html!("data-c=\"{}.{}\"", id, edition), content);
    }

    /// What is shown with an edition, and isn't a mark of its own.
    pub fn edition(&mut self, edition: usize, content: impl FnOnce(&mut Self)) {
        match self.of(edition) {
            attribute if attribute.is_empty() => content(self),
            attribute => self.group(&attribute, content),
        }
    }

    /// The attribute of what is shown with an edition; nothing where one is shown alone.
    pub fn of(&self, edition: usize) -> Html {
        if self.several { html!(" data-e=\"{}\"", edition) } else { Html::default() }
    }

    /// Everything of `content` in a `<g>` with these attributes; nothing if it draws nothing.
    pub fn group(&mut self, attributes: &Html, content: impl FnOnce(&mut Self)) {
        let length = |canvas: &Self| {
            canvas.pen.borrow_mut().lift();
            canvas.pen.borrow().written.len()
        };
        let before = length(self);
        let attributes = attributes.as_str().trim_start();
        self.pen.borrow_mut().write(&format!("<g {attributes}>"));
        let opened = length(self);
        content(self);
        let is_empty = length(self) == opened;
        let written = &mut self.pen.borrow_mut().written;
        match written.split_off(opened) {
            _ if is_empty => written.truncate(before),
            // A shape that stands alone needs no group, unless both have a class.
            shape
                if shape.matches('<').count() == 1 && !(shape.contains(" class=") && attributes.contains("class=")) =>
            {
                written.truncate(before);
                let (name, rest) = shape.split_once(' ').unwrap_or((&shape, ""));
                let _ = write!(written, "{name} {attributes} {rest}");
            }
            shapes => {
                let _ = write!(written, "{shapes}</g>");
            }
        }
    }

    fn put<'a, E>(&self, element: &'a E)
    where
        &'a E: plotters::element::PointCollection<'a, (i32, i32)>,
        E: plotters::element::Drawable<Svg>,
    {
        // A string takes whatever is written to it.
        self.area.draw(element).expect("a string can be written to");
    }
}

/// What was drawn.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// For whom.
    pub size: Size,
    /// How high it is.
    pub height: i32,
    body: Html,
    along: Option<Along>,
}

impl Drawing {
    /// What is inside of the outermost element.
    pub fn body(&self) -> &Html {
        &self.body
    }

    /// The drawing with these attributes, for a page.
    pub fn svg(&self, attributes: &Html) -> Html {
        let along = self.along.as_ref().map_or_else(Html::default, |at| {
            let data = format!(
                "{{\"scale\":\"{}\",\"from\":{},\"to\":{},\"places\":[{},{}],\"across\":[{},{}],\"along\":\"{}\"}}",
                at.scale, at.ends.0, at.ends.1, at.places.0, at.places.1, at.across.0, at.across.1, at.along
            );
            html!(" data-axis=\"{}\"", data)
        });
        html!(
            "<svg class=\"{}\" viewBox=\"0 0 {} {}\"{} {}>{}</svg>",
            self.size.class(),
            self.size.width(),
            self.height,
            along,
            attributes,
            self.body
        )
    }
}

/// What writes the drawing. Lines of one kind that follow one another become one path.
#[derive(Debug, Default)]
struct Pen {
    written: String,
    open: Option<Open>,
}

/// A path that is open: its attributes, its `d`, and where that ends.
#[derive(Debug)]
struct Open {
    attributes: String,
    d: String,
    end: BackendCoord,
}

impl Pen {
    fn write(&mut self, markup: &str) {
        self.lift();
        self.written.push_str(markup);
    }

    fn path(&mut self, attributes: &str, places: &[BackendCoord]) {
        let [first, rest @ ..] = places else { return };
        let known = self.open.take_if(|open| open.attributes == attributes);
        self.lift();
        let (mut d, end) = known.map_or_else(Default::default, |open| (open.d, Some(open.end)));
        d += &shorter('M', *first, end);
        d += &through(*first, rest);
        let end = *rest.last().unwrap_or(first);
        self.open = Some(Open { attributes: attributes.to_owned(), d, end });
    }

    fn lift(&mut self) {
        if let Some(Open { attributes, d, .. }) = self.open.take() {
            let _ = write!(self.written, "<path{attributes} d=\"{d}\"/>");
        }
    }
}

/// The backend.
struct Svg {
    pen: Rc<RefCell<Pen>>,
    width: u32,
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl Svg {
    fn filled<S: BackendStyle>(&self, d: &str, style: &S) -> Drawn {
        let BackendColor { alpha, .. } = style.color();
        let opacity = if alpha < 1.0 { format!(" opacity=\"{alpha}\"") } else { String::new() };
        let attributes = class(&[Ink::class(style.color())]) + &opacity;
        // Areas that lie over one another would cancel out in one path.
        self.pen.borrow_mut().write(&format!("<path{attributes} d=\"{d}\"/>"));
        Ok(())
    }

    fn stroked<S: BackendStyle>(&self, places: &[BackendCoord], style: &S) -> Drawn {
        self.pen.borrow_mut().path(&stroke(style), places);
        Ok(())
    }
}

/// The attributes of a line.
fn stroke<S: BackendStyle>(style: &S) -> String {
    let colour = style.color();
    let dashes = if colour.rgb.1 == 1 { "d" } else { "" };
    // What the style sheet says isn't said again; there are hundreds of ticks on a page.
    let thin = ["a", "g", "k"].contains(&Ink::class(colour));
    let wide = match style.stroke_width() {
        _ if thin => String::new(),
        2 => String::new(),
        wide => format!(" stroke-width=\"{wide}\""),
    };
    class(&["s", Ink::class(colour), dashes]) + &wide
}

fn class(names: &[&str]) -> String {
    let names: Vec<&str> = names.iter().copied().filter(|name| !name.is_empty()).collect();
    if names.is_empty() { String::new() } else { format!(" class=\"{}\"", names.join(" ")) }
}

/// The way to a place from where a path ends: absolute or relative, whichever is shorter.
fn shorter(command: char, (x, y): BackendCoord, end: Option<BackendCoord>) -> String {
    let pair = |x: i32, y: i32| if y < 0 { format!("{x}{y}") } else { format!("{x} {y}") };
    let absolute = format!("{command}{}", pair(x, y));
    let relative = end.map(|(from, above)| format!("{}{}", command.to_ascii_lowercase(), pair(x - from, y - above)));
    relative.filter(|relative| relative.len() < absolute.len()).unwrap_or(absolute)
}

/// The lines of a path from a place through others.
fn through(mut from: BackendCoord, places: &[BackendCoord]) -> String {
    let along = |command: char, to: i32, from: i32| {
        let (absolute, relative) = (format!("{command}{to}"), format!("{}{}", command.to_ascii_lowercase(), to - from));
        if relative.len() < absolute.len() { relative } else { absolute }
    };
    let mut d = String::new();
    for &(x, y) in places {
        d += &match from {
            (same, above) if same == x => along('V', y, above),
            (left, same) if same == y => along('H', x, left),
            _ => shorter('L', (x, y), Some(from)),
        };
        from = (x, y);
    }
    d
}

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    /// As high as it comes to be.
    fn get_size(&self) -> (u32, u32) {
        (self.width, u32::MAX / 4)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.filled(&format!("M{x} {y}h1v1h-1z"), &colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.stroked(&[from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, fill: bool) -> Drawn {
        let (wide, high) = (to.0 - from.0, to.1 - from.1);
        let d = format!("M{} {}h{wide}v{high}h{}z", from.0, from.1, -wide);
        if fill {
            return self.filled(&d, style);
        }
        self.pen.borrow_mut().write(&format!("<path{} d=\"{d}\"/>", stroke(style)));
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        self.stroked(&path.into_iter().collect::<Vec<_>>(), style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, r: u32, style: &S, fill: bool) -> Drawn {
        let style_of = class(&[if fill { "" } else { "s" }, Ink::class(style.color())]);
        self.pen.borrow_mut().write(&format!("<circle{style_of} cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>"));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let corners: Vec<BackendCoord> = corners.into_iter().collect();
        let [first, rest @ ..] = &corners[..] else { return Ok(()) };
        self.filled(&format!("{}{}z", shorter('M', *first, None), through(*first, rest)), style)
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, (x, y): BackendCoord) -> Drawn {
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => "c",
            HPos::Right => "e",
        };
        let weight = if matches!(style.style(), FontStyle::Bold) { "b" } else { "" };
        let class = class(&[anchor, weight, Ink::class(style.color())]);
        // What the middle of small letters lies above their foot.
        self.pen.borrow_mut().write(&format!("<text{class} x=\"{x}\" y=\"{}\">{}</text>", y + 5, As(text)));
        Ok(())
    }
}

/// Moves places that lie closer than `gap` apart, as little as possible, within `bounds`; in the order given.
pub fn apart(places: &[i32], gap: i32, (first, last): (i32, i32)) -> Vec<i32> {
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

    fn drawn(content: impl FnOnce(&mut Canvas)) -> String {
        let drawing = Canvas::draw(Size::Wide, (1, false), |canvas| {
            content(canvas);
            10
        });
        String::from(drawing.svg(&html!("role=\"img\"")))
    }

    #[test]
    fn shapes_are_short_and_have_classes_for_colours() {
        let svg = drawn(|canvas| {
            canvas.line(&[(1, 2), (3, 4)], Ink::Grid, 2);
            canvas.line(&[(1, 5), (3, 5)], Ink::Grid, 2);
            canvas.dashed(&[(1, 5), (3, 5)], Ink::Own, 3);
            canvas.rect([(0, 0), (5, 6)], Ink::Own);
            canvas.tint([(0, 0), (5, 6)], Ink::Own, 0.25);
            canvas.dot((7, 8), 4);
            canvas.bold("a < b", (10, 20), Anchor::End, Ink::Muted);
            canvas.series((None, "empty"), 0, |_| {});
            canvas.hollow([(0, 0), (5, 6)]);
        });
        assert_eq!(
            svg,
            "<svg class=\"wide\" viewBox=\"0 0 760 10\" role=\"img\"><path class=\"s g\" d=\"M1 2L3 4M1 5H3\"/>\
             <path class=\"s d\" stroke-width=\"3\" d=\"M1 5H3\"/><path d=\"M0 0h5v6h-5z\"/>\
             <path opacity=\"0.25\" d=\"M0 0h5v6h-5z\"/><circle cx=\"7\" cy=\"8\" r=\"4\"/>\
             <text class=\"e b u\" x=\"10\" y=\"25\">a &lt; b</text>\
             <path class=\"s d\" d=\"M0 0h5v6h-5z\"/></svg>"
        );
    }

    #[test]
    fn labels_are_moved_apart_and_stay_within_bounds() {
        assert_eq!(apart(&[10, 11, 100], 20, (0, 200)), [10, 30, 100]);
        assert_eq!(apart(&[199, 198, 50], 20, (0, 200)), [200, 180, 50]);
        assert_eq!(apart(&[], 20, (0, 200)), [] as [i32; 0]);
    }

    #[test]
    fn text_is_broken_where_there_is_no_room() {
        assert_eq!(wrapped("one two three", width("one two")), ["one two", "three"]);
        assert_eq!(wrapped("", 10), [""]);
    }
}
