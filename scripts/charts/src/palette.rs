//! The colours of a drawing that stands alone. In a page, `book/theme/charts.css` gives the same.

use crate::html::Html;

/// The colours of a drawing that stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Its name, which its file's name ends in.
    pub name: &'static str,
    /// The ground.
    pub ground: &'static str,
    /// Text.
    pub text: &'static str,
    muted: &'static str,
    axis: &'static str,
    grid: &'static str,
    accent: &'static str,
    thread: &'static str,
    process: &'static str,
    asynchronous: &'static str,
    alone: &'static str,
    computed: &'static str,
}

/// For light slides and pages.
pub const LIGHT: Palette = Palette {
    name: "light",
    ground: "#ffffff",
    text: "#222222",
    muted: "#545454",
    axis: "#6b6b6b",
    grid: "#dddddd",
    accent: "#7a1f9e",
    thread: "#0a56c2",
    process: "#a04400",
    asynchronous: "#00696b",
    alone: "#555555",
    computed: "#5f5f5f",
};

/// For dark ones.
pub const DARK: Palette = Palette {
    name: "dark",
    ground: "#16191d",
    text: "#e6e6e6",
    muted: "#a4adb5",
    axis: "#8d969e",
    grid: "#3a3f45",
    accent: "#d6a8f2",
    thread: "#74b3ff",
    process: "#ff9f56",
    asynchronous: "#40cdc4",
    alone: "#b4b4b4",
    computed: "#9aa3ab",
};

impl Palette {
    /// The style sheet that gives a drawing these colours.
    pub fn style(&self) -> Html {
        let Self { text, ground, muted, axis, grid, accent, .. } = self;
        let roles = [
            ("thread", self.thread),
            ("process", self.process),
            ("async", self.asynchronous),
            ("alone", self.alone),
            ("computed", self.computed),
        ];
        let roles: String = roles.iter().map(|(role, colour)| format!(".{role}{{color:{colour}}}")).collect();
        Html::made(format!(
            "<style>svg{{color:{text};fill:currentColor;font:14px sans-serif;stroke-width:2}}{roles}\
             .s{{fill:none;stroke:currentColor}}.d{{stroke-dasharray:5 4}}.c{{text-anchor:middle}}\
             .e{{text-anchor:end}}.b{{font-weight:700}}.o{{fill:{ground}}}.s.a{{stroke:{axis}}}\
             .s.g{{stroke:{grid}}}.s.r{{stroke:{accent}}}.s.k{{stroke:{text};opacity:.7}}text.r{{fill:{accent}}}.a{{fill:{axis}}}\
             .g{{fill:{grid}}}.u{{fill:{muted}}}.s:is(.a,.g,.k){{stroke-width:1}}</style>"
        ))
    }
}
