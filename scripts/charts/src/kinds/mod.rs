//! The kinds of chart. Each is a file here and a line in `KINDS`.

mod bars;
mod columns;
mod distribution;
mod dots;
mod dumbbell;
mod gantt;
mod lines;
mod matrix;
mod range;
mod scatter;
mod stack;

use anyhow::Result;
use base::nearest;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};

use crate::kind::{Asked, Kind};

/// Every kind, under the name that lesson.toml calls it.
const KINDS: [Entry; 11] = [
    of::<bars::Bars>("bars"),
    of::<columns::Columns>("columns"),
    of::<distribution::Distribution>("distribution"),
    of::<dots::Dots>("dots"),
    of::<dumbbell::Dumbbell>("dumbbell"),
    of::<gantt::Gantt>("gantt"),
    of::<lines::Lines>("lines"),
    of::<matrix::Matrix>("matrix"),
    of::<range::Range>("range"),
    of::<scatter::Scatter>("scatter"),
    of::<stack::Stack>("stack"),
];

type Gather = fn(&Asked<'_>, &[&Edition]) -> Result<Box<dyn Kind>>;

struct Entry {
    name: &'static str,
    check: fn(&Lesson, &Chart) -> Result<(), Fault>,
    gather: Gather,
}

const fn of<K: Kind + 'static>(name: &'static str) -> Entry {
    Entry { name, check: K::check, gather: |asked, editions| Ok(Box::new(K::gather(asked, editions)?)) }
}

fn entry(chart: &Chart) -> Result<&'static Entry, Fault> {
    KINDS.iter().find(|known| known.name == chart.kind).ok_or_else(|| {
        let known = KINDS.map(|known| known.name);
        chart.fault("kind", format!("no kind of chart {:?}{}", chart.kind, nearest::hint(&chart.kind, &known)))
    })
}

/// Whether each chart of a lesson has the fields of its kind.
///
/// # Errors
/// One has not; the error tells file and line.
pub fn check(lesson: &Lesson) -> Result<()> {
    let check = |chart| entry(chart).and_then(|kind| (kind.check)(lesson, chart));
    lesson.charts.iter().try_for_each(check).map_err(|fault| lesson.tell(&fault))
}

/// Gathers what a chart shows of all editions.
///
/// # Errors
/// As for [`Kind::gather`].
pub fn gather(asked: &Asked<'_>, editions: &[&Edition]) -> Result<Box<dyn Kind>> {
    (entry(asked.chart).map_err(|fault| asked.lesson.tell(&fault))?.gather)(asked, editions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::{Canvas, Size};
    use crate::html;
    use edition::example::{assert_told, project};

    /// The dots of the lesson.
    const DOTS: &str =
        "kind = \"dots\"\nshows = \"Updates lost by two workers\"\nmetric = \"lost\"\nrows = [\"slow/2\", \"fast/2\"]";

    /// What to replace, with what, and what the complaint must contain.
    const FAULTS: &[(&str, &str, &str)] = &[
        ("kind = \"lines\"", "kind = \"lined\"", ":14: no kind of chart \"lined\"; did you mean \"lines\"?"),
        ("series = [\"slow\", ", "series = [\"slwo\", ", ":21: no variant \"slwo\"; did you mean \"slow\"?"),
        (
            "series = [\"slow\", \"fast\"]",
            "series = [\"slow\", \"slow\", \"slow\", \"slow\", \"slow\", \"fast\"]",
            ":21: 6 lines are more than 5; leave some out, or draw two charts",
        ),
        ("metric = \"time\"\n", "metric = \"time\"\naccent = \"quick\"\n", "\"quick\" is none of its series"),
        ("series = [\"slow\", \"fast\"]", "series = []", ":21: it draws nothing"),
        (
            "series = [\"slow\", \"fast\"]",
            "points = [\"slow/1\"]",
            ":21: unknown field `points`, expected one of `metric`",
        ),
        ("series = [\"slow\", \"fast\"]", "", ":12: missing field `series`"),
        ("scale = \"log\"", "scale = \"logs\"", ":20: unknown variant `logs`"),
        ("rows = [\"slow/2\"", "rows = [\"slo/2\"", ":29: no variant \"slo\"; did you mean \"slow\"?"),
        ("rows = [\"slow/2\"", "rows = [\n\"slow\"", ":30: write \"slow\" as variant/parameter"),
        ("metric = \"lost\"\n", "", ":28: write \"slow/2\" as metric/variant/parameter"),
        ("rows = [\"slow/2\", \"fast/2\"]", "rows = []", ": it draws nothing"),
        (
            "rows = [\"slow/2\", \"fast/2\"]",
            "rows = [\"a/1\", \"a/2\", \"a/3\", \"a/4\", \"a/5\", \"a/6\", \"a/7\", \"a/8\", \"a/9\"]",
            ":29: 9 rows are more than 8; put them into a [[chart.group]] each",
        ),
        ("kind = \"dots\"", "kind = \"distribution\"\nscale = \"logs\"", ":27: unknown variant `logs`"),
        ("kind = \"dots\"", "kind = \"dumbbell\"", ": unknown field `rows`, expected one of `metric`, `ends`"),
        (
            DOTS,
            "kind = \"dumbbell\"\nshows = \"Lost\"\nmetric = \"lost\"\nends = [\"one\", \"two\"]\nrow = [{ label = \"a\", pairs = [[\"slow/1\"]] }]",
            ":30: write a point for each of \"one\", \"two\", or \"\" where there is none",
        ),
        (
            DOTS,
            "kind = \"dumbbell\"\nshows = \"Lost\"\nmetric = \"lost\"\nends = [\"one\", \"two\"]\nrow = [{ label = \"a\", pairs = [] }]",
            ":30: a row shows 1 to 3; it has 0",
        ),
        (
            DOTS,
            "kind = \"dumbbell\"\nshows = \"Lost\"\nmetric = \"lost\"\naccent = \"b\"\nends = [\"one\", \"two\"]\nrow = [{ label = \"a\", pairs = [[\"slow/1\", \"\"]] }]",
            ":29: no row has the label \"b\"",
        ),
        (
            DOTS,
            "kind = \"range\"\nshows = \"Lost\"\nmetric = \"lost\"\nends = [\"one\", \"two\"]",
            ":29: invalid length 2, expected an array of length 3",
        ),
        (
            DOTS,
            "kind = \"range\"\nshows = \"Lost\"\nmetric = \"lost\"\nends = [\"a\", \"b\", \"c\"]\n[[chart.row]]\nlabel = \"a\"\npoints = [\"slow/1\", \"slow/2\", \"slo/2\"]",
            ":32: no variant \"slo\"; did you mean \"slow\"?",
        ),
        ("metric = \"time\"", "", ":21: write \"slow\" as metric/variant"),
        (
            "groups = [\"opposite order\"",
            "series = [\"opposite order\"",
            "unknown field `series`, expected one of `groups`",
        ),
        ("groups = [\"opposite order\"", "groups = [\"one order\"", "\"one order\" stands twice"),
        ("groups = [\"opposite order\"", "scale = \"log\"\ngroups = [\"opposite order\"", "unknown field `scale`"),
        (
            "groups = [\"opposite order\"",
            "lanes = { main = \"threads\" }\ngroups = [\"opposite order\"",
            "unknown variant `threads`, expected one of `thread`",
        ),
        ("trace = \"--workers 2\"", "", ":104: a gantt is drawn from a timeline"),
    ];

    const STACK: &str = "kind = \"stack\"\nmetric = \"lost\"\nparts = [\"one\", \"two\"]\n";
    const COLUMNS: &str =
        "kind = \"columns\"\ncolumn = [{ metric = \"lost\", head = \"a\" }, { metric = \"time\", head = \"b\" }]\n";
    const MATRIX: &str = "kind = \"matrix\"\nmetric = \"lost\"\ncolumns = [\"one\"]\n";
    const SCATTER: &str =
        "kind = \"scatter\"\nx = { metric = \"lost\", says = \"x\" }\ny = { metric = \"time\", says = \"y\" }\n";

    /// A chart instead, from line 26 on, what stands below that, and what the complaint must contain.
    const INSTEAD: &[(&str, &str, &str)] = &[
        ("kind = \"stack\"\nparts = [\"one\"]", "", ":28: 1 parts are too few or too many"),
        (STACK, "", "it draws nothing"),
        (
            STACK,
            "[[chart.group]]\nhead = \"h\"\nrow = [{ label = \"a\", points = [\"\", \"\"] }]",
            "a whole has one part at least",
        ),
        (STACK, "[[chart.row]]\nlabel = \"a\"\npoints = [\"slow/2\"]", ":32: 1 points for 2 parts; name one for each"),
        (
            STACK,
            "[[chart.row]]\nlabel = \"a\"\npoints = [\"slow/2\",\n\"slwo/2\"]",
            ":33: no variant \"slwo\"; did you mean",
        ),
        (
            STACK,
            "[[chart.row]]\nlabel = \"a\"\npoints = [\"slow/2\", \"fast/2\"]\ntotal = \"slow\"",
            ":33: write \"slow\" as variant/parameter",
        ),
        (
            "kind = \"columns\"\ncolumn = [{ metric = \"lost\", head = \"a\" }]",
            "",
            ":28: 1 columns are too few or too many; name 2 to 5",
        ),
        (
            "kind = \"columns\"\ncolumn = [{ metric = \"lost\", head = \"a\" }, { metric = \"tmie\", head = \"b\" }]\n",
            "rows = [\"slow/2\"]",
            ":28: no metric \"tmie\"; did you mean \"time\"?",
        ),
        (COLUMNS, "", "it draws nothing"),
        (COLUMNS, "rows = [\"slwo/2\"]", ":29: no variant \"slwo\"; did you mean \"slow\"?"),
        (COLUMNS, "rows = [\"lost/slow/2\"]", ":29: write \"lost/slow/2\" as variant/parameter"),
        (
            COLUMNS,
            "[[chart.group]]\nhead = \"h\"\nrows = [\"slow/2\"]\nwhere_there = [\n\"fats/2\"]",
            ":33: no variant \"fats\"; did you mean \"fast\"?",
        ),
        (
            COLUMNS,
            "rows = [\"a/1\", \"a/2\", \"a/3\", \"a/4\", \"a/5\", \"a/6\", \"a/7\", \"a/8\", \"a/9\", \"b/1\", \"b/2\", \"b/3\", \"b/4\", \"b/5\", \"b/6\"]",
            ":29: 15 rows are more than a chart can bear: 14 under a head, 14 in all",
        ),
        (
            COLUMNS,
            "rows = [\"slow/2\"]\n[[chart.reference]]\nat = 1.0\nsays = \"once\"",
            ":32: say by its metric in which column it stands: `axis` is one of \"lost\", \"time\"",
        ),
        ("kind = \"matrix\"\ncolumns = []", "", ":28: 0 columns are none or more than 5"),
        (
            "kind = \"matrix\"\ncolumns = [\"a\", \"b\", \"c\", \"so incomprehensible\"]",
            "",
            "on a telephone; write it shorter",
        ),
        (MATRIX, "", "it draws nothing"),
        (MATRIX, "[[chart.reference]]\nat = 1.0\nsays = \"once\"", ":30: a matrix has no axis"),
        (MATRIX, "words = { no = \"0\" }", ":30: \"no\" is no value"),
        (
            MATRIX,
            "[[chart.group]]\nhead = \"a\"\n[[chart.group.row]]\nlabel = \"a\"\npoints = [\"\", \"\"]",
            ":34: 2 points for 1 columns",
        ),
        (SCATTER, "points = []", ":30: 0 points are none or more than 12"),
        (SCATTER, "points = [\n{ label = \"a\", x = \"slow/2\" }]", ":31: name a `point` for both axes"),
        (SCATTER, "points = [{ label = \"a\", x = \"slow/2\", y = \"fast/2\" }]", "it is of another variant than x"),
        (
            SCATTER,
            "points = [{ label = \"a\", point = \"slow/2\" }]\naccent = \"b\"",
            ":31: no point has the label \"b\"",
        ),
        (
            SCATTER,
            "points = [{ label = \"a\", point = \"slow/2\" }]\n[[chart.reference]]\nat = 1.0\nsays = \"once\"",
            "say whether it lies on `axis = \"x\"` or \"y\"",
        ),
    ];

    /// Charts that name CPython, or have it above, each by its kind and its fields.
    const OF_CPYTHON: &[(&str, &str)] = &[
        ("bars", "metric = 'lost'\ngroup = [{ head = 'CPython', rows = ['slow/2'] }]"),
        ("distribution", "metric = 'lost'\nrows = [{ point = 'slow/2', label = 'CPython' }]"),
        (
            "columns",
            "column = [{ metric = 'lost', head = 'a' }, { metric = 'time', head = 'b' }]\ngroup = [{ head = 'CPython', rows = ['slow/2'] }]",
        ),
        (
            "matrix",
            "metric = 'lost'\ncolumns = ['a']\nwords = { 600 = 'x' }\nrow = [{ label = 'CPython', points = ['slow/2'] }]",
        ),
        (
            "stack",
            "metric = 'lost'\nparts = ['a', 'b']\ngroup = [{ head = 'CPython', row = [{ label = 'a', points = ['slow/2', 'fast/2'] }] }]",
        ),
        (
            "dumbbell",
            "metric = 'time'\nends = ['a', 'b']\naccent = 'CPython'\nrow = [{ label = 'CPython', pairs = [['slow/1', 'slow/2']] }]",
        ),
        (
            "range",
            "metric = 'time'\nends = ['a', 'b', 'c']\ngroup = [{ head = 'CPython', row = [{ label = 'a', points = ['fast/1', 'slow/1', 'slow/2'] }] }]",
        ),
        ("lines", "metric = 'time'\nover = 'workers'\nseries = [{ series = 'slow', label = 'CPython' }]"),
        (
            "scatter",
            "x = { metric = 'lost', says = 'x' }\ny = { metric = 'time', says = 'y' }\npoints = [{ label = 'CPython', point = 'slow/2' }]",
        ),
    ];

    #[test]
    fn drawings_and_tables_say_the_version_on_which_editions_agree_and_otherwise_cells_do() {
        for (kind, fields) in OF_CPYTHON {
            let said = |versions: [&str; 2]| {
                let mut project = project(&["reference", "other"]);
                for (edition, version) in project.editions.iter_mut().zip(versions) {
                    let points = &mut edition.recordings.get_mut("example").unwrap().points;
                    points.iter_mut().for_each(|point| point.interpreter = Some(format!("CPython {version}")));
                }
                let chart = &mut project.lessons.get_mut("example").unwrap().charts[1];
                (chart.kind, chart.fields) = ((*kind).to_owned(), fields.parse().unwrap());
                let lesson = &project.lessons["example"];
                check(lesson).unwrap();
                let asked = Asked { slug: "example", lesson, chart: &lesson.charts[1] };
                let editions: Vec<&Edition> = project.editions.iter().collect();
                let data = gather(&asked, &editions).unwrap();
                let drawing = Canvas::draw(Size::Wide, (2, true), |canvas| data.draw(canvas, &[]));
                let texts = [String::from(drawing.svg(&html!(""))), String::from(data.table(&editions)), data.csv(1)];
                texts.map(|text| text.replace('\u{a0}', " "))
            };
            let [svg, table, csv] = said(["3.15.2", "3.15.1"]);
            assert!(svg.contains(">CPython 3.15<"), "{kind}: {svg}");
            assert!(table.contains("CPython 3.15") && !table.contains("; CPython"), "{kind}: {table}");
            assert!(
                csv.starts_with("metric,") && csv.lines().nth(1).unwrap().ends_with(",CPython 3.15.1"),
                "{kind}: {csv}"
            );
            let [svg, table, _] = said(["3.15.2", "3.14.1 without a lock"]);
            assert!(svg.contains(">CPython<") && !svg.contains("3.1"), "{kind}: {svg}");
            assert!(
                ["; CPython 3.15.2)", "; CPython 3.14.1 without a lock)"].iter().all(|on| table.contains(on)),
                "{kind}: {table}"
            );
        }
    }

    #[test]
    fn a_chart_of_another_kind_is_told_what_it_lacks() {
        for (kind, below, complaint) in INSTEAD {
            assert_told(&[(DOTS, &format!("shows = \"a\"\n{kind}{below}"), complaint)], check);
        }
    }

    #[test]
    fn a_chart_without_the_fields_of_its_kind_is_told_with_its_line() {
        assert_told(FAULTS, check);
    }
}
