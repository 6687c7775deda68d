//! The kinds of chart. Each is a file here and a line in `KINDS`.

mod dots;
mod gantt;
mod lines;

use anyhow::Result;
use base::nearest;
use edition::Edition;
use edition::lesson::{Chart, Fault, Lesson};

use crate::kind::{Asked, Kind};

/// Every kind, under the name that lesson.toml calls it.
const KINDS: [Entry; 3] = [of::<dots::Dots>("dots"), of::<gantt::Gantt>("gantt"), of::<lines::Lines>("lines")];

struct Entry {
    name: &'static str,
    check: fn(&Lesson, &Chart) -> Result<(), Fault>,
    gather: fn(&Asked<'_>, &Edition) -> Result<Box<dyn Kind>>,
}

const fn of<K: Kind + 'static>(name: &'static str) -> Entry {
    Entry { name, check: K::check, gather: |asked, edition| Ok(Box::new(K::gather(asked, edition)?)) }
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

/// The metrics that a chart shows, by its fields `metric`, `points` and `series`; none of a timeline.
pub fn metrics(lesson: &Lesson, chart: &Chart) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Named {
        metric: Option<String>,
        #[serde(default, alias = "series")]
        points: Vec<String>,
    }
    let Ok(Named { metric, points }) = lesson.fields(chart) else { return Vec::new() };
    let of = |written: &String| metric.clone().or_else(|| written.split('/').next().map(str::to_owned));
    points.iter().filter_map(of).collect()
}

/// Gathers what a chart shows of an edition.
///
/// # Errors
/// As for [`Kind::gather`].
pub fn gather(asked: &Asked<'_>, edition: &Edition) -> Result<Box<dyn Kind>> {
    (entry(asked.chart).map_err(|fault| asked.lesson.tell(&fault))?.gather)(asked, edition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edition::example::{LESSON, claims};

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
        ("points = [\"slow/2\"", "points = [\"slo/2\"", ":28: no variant \"slo\"; did you mean \"slow\"?"),
        ("points = [\"slow/2\"", "points = [\n\"slow\"", ":29: write \"slow\" as variant/parameter"),
        ("metric = \"lost\"", "", ":28: write \"slow/2\" as metric/variant/parameter"),
        ("metric = \"time\"", "", ":19: write \"slow\" as metric/variant"),
        ("groups = [\"opposite order\"", "series = [\"opposite order\"", "unknown field `series`, expected `groups`"),
        ("groups = [\"opposite order\"", "groups = [\"one order\"", "\"one order\" stands twice"),
        ("axis = \"time\"", "axis = \"time\"\nscale = \"log\"", ":100: unknown field `scale`"),
        ("trace = \"--workers 2\"", "", ":97: a gantt is drawn from a timeline"),
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
