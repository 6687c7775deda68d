//! The picture of a way in lanes, as `book/theme/lanes.js` draws it too: time goes to the right, A above, B below, and
//! between them what they share. The browser's test compares the two.

use charts::html;
use charts::html::Html;
use explorer::{Node, Step, name};

use super::{Moment, Run};

impl Run<'_> {
    fn x(&self, column: usize) -> i32 {
        52 + self.wide() * column as i32
    }

    fn y(row: usize) -> i32 {
        96 + 30 * row as i32
    }

    /// The middle of a worker's lane.
    fn at(&self, worker: usize) -> i32 {
        [48, Self::y(self.rows.len()) + 18][worker]
    }

    /// Width and height: there is a column for each step, whether or not it has been done.
    pub(super) fn size(&self) -> [i32; 2] {
        let steps = self.program.workers.iter().map(Vec::len).sum();
        [self.x(steps) + self.wide() / 2, self.at(1) + 48]
    }
}

/// The picture before the script fills it, of the size that it will have.
pub fn empty(run: &Run<'_>) -> Html {
    let [width, height] = run.size();
    html!(
        "<svg class=\"picture\" role=\"img\" aria-label=\"The steps in lanes\" width=\"{}\" height=\"{}\"></svg>",
        width,
        height
    )
}

/// The picture of a way.
pub fn lanes(run: &Run<'_>, moments: &[Moment<'_>]) -> Html {
    let mut drawn = Html::default();
    for worker in 0..2 {
        drawn.push(&text("b", 2, run.at(worker) + 5, &name(worker).to_string()));
    }
    for (number, row) in run.rows.iter().enumerate() {
        drawn.push(&text("b", 2, Run::y(number) + 5, row));
    }
    let lost: Vec<i32> = moments.iter().filter_map(|moment| moment.lost).collect();
    for (column, now) in moments.iter().enumerate() {
        let before = column.checked_sub(1).map(|last| &moments[last]);
        drawn.push(&registers(run, column, before, now));
        if let Some((worker, step)) = now.by {
            drawn.push(&label("c", run, worker, column, &step));
            drawn.push(&arrow(run, worker, column, &step));
        }
        drawn.push(&rows(run, column, before, now, &lost));
    }
    // What each worker has yet to do.
    if let Some(last) = moments.last() {
        for (worker, steps) in run.program.workers.iter().enumerate() {
            for (number, step) in steps[last.node.done[worker]..].iter().enumerate() {
                let waits = number == 0 && run.awaited(last.node, worker).is_some();
                let kind = if waits { "c stale" } else { "c u" };
                drawn.push(&label(kind, run, worker, moments.len() + number, step));
            }
        }
    }
    let [width, height] = run.size();
    html!(
        "<svg role=\"img\" aria-label=\"The steps in lanes\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">{drawn}</svg>",
        width = width,
        height = height,
        drawn = drawn
    )
}

fn text(kind: &str, x: i32, y: i32, words: &str) -> Html {
    html!("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", kind, x, y, words)
}

fn path(kind: &str, d: &str) -> Html {
    html!("<path class=\"{}\" d=\"{}\"/>", kind, d)
}

/// What a register or a row holds.
fn value(kind: &str, x: i32, y: i32, held: &str) -> Html {
    html!("<g class=\"v {}\"><circle cx=\"{}\" cy=\"{}\" r=\"11\"/>{}</g>", kind, x, y, text("c", x, y + 5, held))
}

/// A step, in two lines.
fn label(kind: &str, run: &Run<'_>, worker: usize, column: usize, step: &Step) -> Html {
    let step = step.to_string();
    let first = run.at(worker) + if worker == 0 { -33 } else { 26 };
    let lines = step.splitn(2, ' ').zip([first, first + 15]);
    lines.map(|(words, y)| text(kind, run.x(column), y, words)).collect()
}

/// A line back to the column before, up to the value there.
fn wire(kind: &str, run: &Run<'_>, column: usize, y: i32) -> Html {
    path(kind, &format!("M{} {y}h-{}", run.x(column), run.wide() - 11))
}

fn registers(run: &Run<'_>, column: usize, before: Option<&Moment<'_>>, now: &Moment<'_>) -> Html {
    let mut drawn = Html::default();
    for worker in 0..2 {
        let y = run.at(worker);
        let was = before.filter(|before| before.node.registers[worker].is_some());
        if let Some(before) = was {
            drawn.push(&wire(if before.is_stale(worker) { "stale" } else { "s" }, run, column, y));
        }
        // A register whose value is stored still shows it.
        if let Some(held) = now.node.registers[worker].or_else(|| was?.node.registers[worker]) {
            let kind = if now.is_stale(worker) { "stale" } else { "new" };
            drawn.push(&value(kind, run.x(column), y, &held.to_string()));
        }
        if now.is_stale(worker) && now.by.is_some_and(|(by, _)| by != worker) {
            drawn.push(&text("c stale", run.x(column), y + if worker == 0 { -15 } else { 23 }, "stale"));
        }
    }
    drawn
}

/// A load comes from its row, and whatever else is about a row goes there; *fetch-add* does both.
fn arrow(run: &Run<'_>, worker: usize, column: usize, step: &Step) -> Html {
    let Some(row) = run.place(worker, step) else { return Html::default() };
    let (x, down) = (run.x(column), if worker == 0 { 1 } else { -1 });
    let (from, to) = (run.at(worker) + 13 * down, Run::y(row) - 13 * down);
    let head = |y: i32, down: i32| format!("M{} {}l4 {} 4 {}", x - 4, y - 5 * down, 5 * down, -5 * down);
    let mut d = format!("M{x} {from}V{to}");
    if !matches!(step, Step::Load(_)) {
        d += &head(to, down);
    }
    if let Step::Load(_) | Step::FetchAdd(..) = step {
        d += &head(from, -down);
    }
    path("s", &d)
}

fn rows(run: &Run<'_>, column: usize, before: Option<&Moment<'_>>, now: &Moment<'_>, lost: &[i32]) -> Html {
    let mut drawn = Html::default();
    for row in 0..run.rows.len() {
        let y = Run::y(row);
        let lock = row.checked_sub(run.cells);
        if let Some(before) = before {
            let is_held = lock.is_some_and(|lock| before.node.holders[lock].is_some());
            drawn.push(&wire(if is_held { "held" } else { "wire" }, run, column, y));
        }
        let held = match lock {
            Some(lock) => now.node.holders[lock].map_or("–".to_owned(), |holder| name(holder).to_string()),
            None => now.node.memory[row].to_string(),
        };
        let change = column as i32;
        let kind = match now.changed[row] == change {
            false => "old",
            true if lost.contains(&change) => "lost",
            true => "new",
        };
        drawn.push(&value(kind, run.x(column), y, &held));
    }
    drawn
}

/// The wait-for graph: the workers left and right, the locks above and below. All arrows that there can be are there, and those
/// that are so in this state are marked; the script marks others.
pub fn wait_for(run: &Run<'_>, node: &Node) -> Html {
    let locks = &run.rows[run.cells..];
    if locks.is_empty() {
        return Html::default();
    }
    let worker_at = |worker: usize| [20 + 110 * worker as i32, 75];
    let lock_at = |lock: usize| [75, 20 + 110 * lock as i32];
    // Two that both wait do so for each other.
    let is_circle = (0..2).all(|worker| run.awaited(node, worker).is_some());
    let mut drawn = Html::default();
    for lock in 0..locks.len() {
        let awaits = |worker: usize| run.awaited(node, worker) == Some(run.cells + lock);
        for worker in 0..2 {
            let (from, to) = (lock_at(lock), worker_at(worker));
            let arrows =
                [("edge", from, to, node.holders[lock] == Some(worker)), ("edge dashed", to, from, awaits(worker))];
            for (kind, [x, y], [to_x, to_y], is_so) in arrows {
                let red = is_so && is_circle && (0..2).any(awaits);
                drawn.push(&html!(
                    "<path class=\"{}{}{}\" transform=\"translate({} {}) rotate({})\" d=\"M19 0H58m-6 -4l6 4 -6 4\"/>",
                    kind,
                    if is_so { " on" } else { "" },
                    if red { " red" } else { "" },
                    x,
                    y,
                    f64::from(to_y - y).atan2(f64::from(to_x - x)).to_degrees()
                ));
            }
        }
    }
    for worker in 0..2 {
        let [x, y] = worker_at(worker);
        drawn.push(&html!("<circle class=\"s\" cx=\"{}\" cy=\"{}\" r=\"16\"/>", x, y));
        drawn.push(&text("c b", x, y + 5, &name(worker).to_string()));
    }
    for (lock, words) in locks.iter().enumerate() {
        let [x, y] = lock_at(lock);
        drawn.push(&html!("<rect class=\"s\" x=\"{}\" y=\"{}\" width=\"28\" height=\"28\"/>", x - 14, y - 14));
        drawn.push(&text("c", x, y + 5, words.trim_start_matches("lock ")));
    }
    // A second lock lies below.
    let height = if locks.len() == 1 { 94 } else { 150 };
    html!(
        "<svg class=\"graph\" role=\"img\" aria-label=\"Which worker waits for which\" width=\"150\" height=\"{}\">{}</svg>",
        height,
        drawn
    )
}
