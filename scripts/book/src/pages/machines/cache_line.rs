//! A cache line between two cores: what each access makes of both copies of the line, by the rules of MESI, as a graph of all
//! states for `book/theme/cache-line.js`. Without scripts, the same turns stand there as a picture, for two distances.

use charts::html;
use charts::html::Html;
use edition::lesson::Model;
use serde_json::{Value, json};

use super::{Machine, button, slider_at};

/// How long a line is, in bytes, on both machines of this book.
const LINE: usize = 64;

/// How far apart the counters can lie, in bytes, and which distance is chosen at first.
pub const DISTANCES: [usize; 6] = [0, 8, 16, 32, 64, 128];
const FIRST: usize = 1;

/// How many bytes a cell of the drawing stands for: a counter.
const CELL: usize = 8;

/// How often both cores add in turn where they do so at one go.
const TURNS: usize = 10;

/// The cores, by the counters that they add to.
const CORES: [char; 2] = ['A', 'B'];

/// What a core may do with its copy of a line. Source: M. S. Papamarcos and J. H. Patel, *A low-overhead coherence solution for
/// multiprocessors with private cache memories*, ISCA 1984.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cached {
    /// It may write, and memory is out of date.
    Modified,
    /// It may write: no other core has a copy.
    Exclusive,
    /// It may read; others may have copies.
    Shared,
    /// It has none.
    Invalid,
}

impl Cached {
    const ALL: [Self; 4] = [Self::Modified, Self::Exclusive, Self::Shared, Self::Invalid];

    fn letter(self) -> char {
        self.name().chars().next().unwrap_or_default()
    }

    fn name(self) -> &'static str {
        match self {
            Self::Modified => "Modified",
            Self::Exclusive => "Exclusive",
            Self::Shared => "Shared",
            Self::Invalid => "Invalid",
        }
    }
}

/// What a core does with its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// One `fetch_add`, which needs the line for this core alone: a request for ownership.
    Adds,
    /// A load, which needs a copy.
    Reads,
}

/// What an access took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// The line was there, with the right to do so.
    Nothing,
    /// The line came from memory.
    Memory,
    /// The line came from the other core.
    Trip,
    /// The line was there, but the other core's copy had to be made invalid.
    Right,
}

/// What an access makes of a core's own copy and of the other core's.
fn accessed(access: Access, copies: [Cached; 2]) -> ([Cached; 2], Took) {
    use Cached::{Exclusive, Invalid, Modified, Shared};
    match (access, copies) {
        (Access::Adds, [Modified | Exclusive, _]) => ([Modified, Invalid], Took::Nothing),
        (Access::Adds, [Shared, _]) => ([Modified, Invalid], Took::Right),
        (Access::Adds, [Invalid, Invalid]) => ([Modified, Invalid], Took::Memory),
        (Access::Adds, [Invalid, _]) => ([Modified, Invalid], Took::Trip),
        (Access::Reads, [Invalid, Invalid]) => ([Exclusive, Invalid], Took::Memory),
        (Access::Reads, [Invalid, _]) => ([Shared, Shared], Took::Trip),
        (Access::Reads, _) => (copies, Took::Nothing),
    }
}

/// What a core can do, in the order of [`State::next`].
pub const ACTS: [(usize, Access); 4] = [(0, Access::Adds), (1, Access::Adds), (0, Access::Reads), (1, Access::Reads)];

/// A state of all lines that hold a counter.
#[derive(Clone, Debug)]
pub struct State {
    /// For each line, the copies of both cores.
    pub lines: Vec<[Cached; 2]>,
    /// For each of [`ACTS`], the state it leads to, and what it took.
    pub next: [(usize, Took); 4],
}

impl State {
    /// Each core's copy of the line that holds its own counter.
    pub fn copies(&self) -> [Cached; 2] {
        [self.lines[0][0], self.lines[self.lines.len() - 1][1]]
    }
}

/// All states that the counters' lines can be in, the first with all copies invalid: the two counters on one line, or on two.
pub fn graph(lines: usize) -> Vec<State> {
    let mut found = vec![vec![[Cached::Invalid; 2]; lines]];
    let mut states: Vec<State> = Vec::new();
    while let Some(lines) = found.get(states.len()).cloned() {
        let next = ACTS.map(|(core, access)| {
            let mut next = lines.clone();
            // With one line, both counters are on it.
            let line = &mut next[core.min(lines.len() - 1)];
            let (copies, took) = accessed(access, [line[core], line[1 - core]]);
            (line[core], line[1 - core]) = (copies[0], copies[1]);
            let number = found.iter().position(|known| *known == next).unwrap_or_else(|| {
                found.push(next);
                found.len() - 1
            });
            (number, took)
        });
        states.push(State { lines, next });
    }
    states
}

/// On how many lines counters at this distance are, if the first begins its line.
pub fn lines(distance: usize) -> usize {
    if distance < LINE { 1 } else { 2 }
}

/// What is said of an access. In braces stand the core, the other core, the counter's value, and the number of trips so far.
fn words(access: Access, took: Took) -> &'static str {
    match (access, took) {
        (Access::Adds, Took::Nothing) => {
            "{me} adds: {count}. Core {me} has the line for itself, so nothing has to travel."
        }
        (Access::Adds, Took::Memory) => "{me} adds: {count}. The line comes from memory, and core {me} modifies it.",
        (Access::Adds, Took::Trip) => "{me} adds: {count}. The line leaves core {other}: trip {trips}.",
        (Access::Adds, Took::Right) => {
            "{me} adds: {count}. Core {other}'s copy is made invalid, so core {me} has the only one."
        }
        (Access::Reads, Took::Nothing | Took::Right) => {
            "{me} reads {count}. Core {me} has a copy, so nothing has to travel."
        }
        (Access::Reads, Took::Memory) => {
            "{me} reads {count}. The line comes from memory, and no other core has a copy."
        }
        (Access::Reads, Took::Trip) => "{me} reads {count}. Core {other} sends a copy, and keeps one: trip {trips}.",
    }
}

/// What is said of this access, by this core.
pub fn says(access: Access, took: Took, core: usize, count: usize, trips: usize) -> String {
    let [me, other] = [core, 1 - core].map(|core| CORES[core].to_string());
    let words = words(access, took).replace("{me}", &me).replace("{other}", &other);
    words.replace("{count}", &count.to_string()).replace("{trips}", &trips.to_string())
}

/// The machine as HTML.
pub fn html(model: &Model) -> String {
    let states = |lines| {
        let states = graph(lines).into_iter().map(|state| {
            let copies: String = state.copies().into_iter().map(Cached::letter).collect();
            let next: Vec<Value> = state.next.iter().map(|(next, took)| json!([next, *took as usize])).collect();
            json!([copies, next])
        });
        Value::from_iter(states)
    };
    let told = |access| {
        let told = [Took::Nothing, Took::Memory, Took::Trip, Took::Right].map(|took| words(access, took));
        json!(told)
    };
    let names: serde_json::Map<_, _> =
        Cached::ALL.iter().map(|copy| (copy.letter().to_string(), copy.name().into())).collect();
    let data = json!({
        "distances": DISTANCES, "first": FIRST, "line": LINE, "turns": TURNS, "graphs": [states(1), states(2)],
        "words": [told(Access::Adds), told(Access::Reads)], "names": names,
    });
    let board = board();
    let machine = Machine {
        kind: "cache-line",
        id: &model.id,
        data,
        label: &model.label,
        board,
        says: "Both counters are 0, and no core has the line yet.",
        tools: Html::default(),
        still: still().into(),
    };
    machine.html()
}

/// The cells of a line, marked where a counter begins.
fn cells(line: usize, distance: usize) -> Html {
    let cells = (0..LINE / CELL).map(|cell| {
        let at = LINE * line + CELL * cell;
        let marks: String =
            [0, distance].iter().zip(CORES).filter(|(place, _)| **place == at).map(|(_, core)| core).collect();
        html!("<i>{}</i>", marks)
    });
    cells.collect()
}

fn board() -> Html {
    let distance = DISTANCES[FIRST];
    let core = |core: usize| {
        let name = CORES[core];
        html!(
            "<div class=\"core\"><p><b>Core {name}</b> counter {name}: <b class=\"count\">0</b></p>\
             <p class=\"slot\" data-copy=\"I\"><span class=\"line\">{cells}</span> <b>Invalid</b></p></div>\n",
            name = name,
            cells = cells(core * (lines(distance) - 1), distance),
        )
    };
    let memory = (0..=DISTANCES[DISTANCES.len() - 1] / LINE)
        .map(|line| html!("<span class=\"line\">{}</span> ", cells(line, distance)));
    let says = DISTANCES.map(|distance| format!("{distance} bytes"));
    let adds = |step: &str, words: &str| button(step, Some(step), html!("{}", words));
    html!(
        "{slider}\n<div class=\"cores\">\n{a}<div class=\"memory\"><p><b>Memory</b>, in lines of {line} bytes</p><p class=\"lines\">{memory}</p></div>\n{b}</div>\n\
         <dl class=\"held\"><div><dt>trips between the cores</dt><dd>0</dd></div><div><dt>fetched from memory</dt><dd>0</dd></div></dl>\n\
         <p class=\"choice\">{add_a} {add_b} {both} {read_a} {read_b}</p>",
        slider = slider_at("distance", "From counter A to counter B:", &says, FIRST),
        a = core(0),
        memory = memory.collect::<Html>(),
        line = LINE,
        b = core(1),
        add_a = adds("a", "A adds"),
        add_b = adds("b", "B adds"),
        both = button("both", Some("t"), html!("Both, ten times")),
        read_a = button("read-a", None, html!("A reads")),
        read_b = button("read-b", None, html!("B reads")),
    )
}

/// For two distances, where the lines are while the cores add in turn.
fn still() -> Html {
    let pictures = [8, 64].map(|distance| picture(distance, 6));
    html!("<div class=\"still\">{}</div>", pictures.into_iter().collect::<Html>())
}

/// Time goes to the right, core A is above and core B below; each line stands where the core that adds has it.
fn picture(distance: usize, turns: usize) -> Html {
    let (graph, mut at, mut trips) = (graph(lines(distance)), 0, 0);
    let (mut marks, mut before): (Html, Option<(usize, usize)>) = (Html::default(), None);
    for turn in 0..turns {
        let core = turn % 2;
        let (next, took) = graph[at].next[core];
        at = next;
        trips += usize::from(took == Took::Trip);
        let [x, y] = [66 + 46 * turn, 40 + 66 * core];
        if let Some((x_before, y_before)) = before.filter(|_| took == Took::Trip) {
            // From one core to the other: the line's way.
            marks.push(&html!(
                "<path class=\"trip s\" d=\"M{} {}L{} {}\"/>",
                x_before + 18,
                y_before + if core == 1 { 26 } else { 0 },
                x + 18,
                y + if core == 1 { 0 } else { 26 }
            ));
        }
        let kind = if took == Took::Nothing { "rests" } else { "comes" };
        marks.push(&html!(
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"36\" height=\"26\"/><text class=\"c\" x=\"{}\" y=\"{}\">+1</text>",
            kind, x, y, x + 18, y + 18
        ));
        before = Some((x, y));
    }
    let says = match trips {
        0 => format!("{distance} bytes apart, two lines: no trip"),
        _ => format!("{distance} bytes apart, one line: {trips} trips"),
    };
    html!(
        "<svg viewBox=\"0 0 345 140\" width=\"345\" height=\"140\" role=\"img\" aria-label=\"{says}\">\
         <text class=\"b\" x=\"0\" y=\"16\">{says}</text><text x=\"0\" y=\"58\">core A</text><text x=\"0\" y=\"124\">core B</text>{marks}</svg>",
        says = says,
        marks = marks,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many trips it takes if the cores act in this order.
    fn trips(distance: usize, acts: &[usize]) -> usize {
        let graph = graph(lines(distance));
        let (mut at, mut trips) = (0, 0);
        for act in acts {
            let (next, took) = graph[at].next[*act];
            at = next;
            trips += usize::from(took == Took::Trip);
        }
        trips
    }

    #[test]
    fn who_may_write_has_the_only_copy() {
        for lines in [1, 2] {
            for state in graph(lines) {
                for copies in &state.lines {
                    let may_write = |copy: &Cached| matches!(copy, Cached::Modified | Cached::Exclusive);
                    let valid = copies.iter().filter(|copy| **copy != Cached::Invalid).count();
                    assert!(!copies.iter().any(may_write) || valid == 1, "{state:?}");
                }
                for ((core, access), (next, _)) in ACTS.into_iter().zip(state.next) {
                    let own = graph(lines)[next].copies()[core];
                    // A core that has added may write, and a core that has read has a copy.
                    assert!(if access == Access::Adds { own == Cached::Modified } else { own != Cached::Invalid });
                }
            }
        }
        assert_eq!([1, 2].map(|lines| graph(lines).len()), [6, 9]);
    }

    #[test]
    fn on_one_line_each_alternation_is_a_trip_and_on_two_there_is_none() {
        let turns: Vec<usize> = (0..20).map(|turn| turn % 2).collect();
        for distance in DISTANCES {
            let alternations = if distance < LINE { 19 } else { 0 };
            assert_eq!(trips(distance, &turns), alternations, "{distance}");
            // Both add often before the other does.
            assert_eq!(trips(distance, &[0, 0, 0, 1, 1, 1, 0]), if distance < LINE { 2 } else { 0 });
        }
    }

    #[test]
    fn a_reader_slows_a_writer_too() {
        // A adds, B reads: a copy comes. A adds again: B's copy is made invalid, so B has to fetch the line again.
        assert_eq!(trips(8, &[0, 3, 0, 3, 0, 3]), 3);
        // Readers share.
        assert_eq!(trips(8, &[2, 3, 2, 3, 2, 3]), 1);
        assert_eq!(graph(1)[graph(1)[graph(1)[0].next[2].0].next[3].0].lines, [[Cached::Shared; 2]]);
    }

    #[test]
    fn words_tell_cores_counts_and_trips() {
        assert_eq!(says(Access::Adds, Took::Trip, 0, 2, 3), "A adds: 2. The line leaves core B: trip 3.");
        assert_eq!(says(Access::Reads, Took::Trip, 1, 7, 1), "B reads 7. Core A sends a copy, and keeps one: trip 1.");
    }

    #[test]
    fn the_picture_has_its_trips() {
        let drawn = |distance| picture(distance, 6).as_str().matches("class=\"trip").count();
        assert_eq!([8, 64].map(drawn), [5, 0]);
        assert!(picture(8, 6).as_str().contains(">8 bytes apart, one line: 5 trips</text>"));
    }
}
