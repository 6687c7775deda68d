//! The kinds of chart. Each is a file here and a line in `KINDS`.

mod bars;
mod distribution;
mod dots;
mod dumbbell;
mod range;

use anyhow::Result;
use base::nearest;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};

use crate::kind::{Asked, Kind};

/// Every kind, under the name that lesson.toml calls it.
const KINDS: [Entry; 5] = [
    of::<bars::Bars>("bars"),
    of::<distribution::Distribution>("distribution"),
    of::<dots::Dots>("dots"),
    of::<dumbbell::Dumbbell>("dumbbell"),
    of::<range::Range>("range"),
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
    use edition::example::{LESSON, claims};

    /// The dots of the lesson.
    const DOTS: &str =
        "kind = \"dots\"\nshows = \"Updates lost by two workers\"\nmetric = \"lost\"\nrows = [\"slow/2\", \"fast/2\"]";

    /// What to replace, with what, and what the complaint must contain.
    const FAULTS: &[(&str, &str, &str)] = &[
        ("kind = \"lines\"", "kind = \"lined\"", ":14: no kind of chart \"lined\"; did you mean \"lines\"?"),
        ("series = [\"slow\", ", "series = [\"slwo\", ", ":19: no variant \"slwo\"; did you mean \"slow\"?"),
        ("series = [\"slow\", \"fast\"]", "series = []", ":19: it draws nothing"),
        (
            "series = [\"slow\", \"fast\"]",
            "points = [\"slow/1\"]",
            ":19: unknown field `points`, expected one of `metric`",
        ),
        ("series = [\"slow\", \"fast\"]", "", ":12: missing field `series`"),
        ("scale = \"log\"", "scale = \"logs\"", ":18: unknown variant `logs`"),
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
        ("metric = \"time\"", "", ":19: write \"slow\" as metric/variant"),
        ("groups = [\"opposite order\"", "series = [\"opposite order\"", "unknown field `series`, expected `groups`"),
        ("groups = [\"opposite order\"", "groups = [\"one order\"", "\"one order\" stands twice"),
        ("axis = \"time\"", "axis = \"time\"\nscale = \"log\"", ":72: unknown field `scale`"),
        ("trace = \"--workers 2\"", "", ":69: a gantt is drawn from a timeline"),
    ];

    #[test]
    fn a_chart_without_the_fields_of_its_kind_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lesson.toml");
        for (right, wrong, complaint) in FAULTS {
            assert!(LESSON.contains(right), "{right}");
            std::fs::write(&path, LESSON.replacen(right, wrong, 1)).unwrap();
            let error = check(&Lesson::read(&path, &claims()).unwrap()).unwrap_err().to_string();
            assert!(error.contains("lesson.toml:") && error.contains(complaint), "{wrong}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
