//! The first question: two workers look at the same places in memory. At which address does each worker find a place, and
//! which value is there before and after a write?

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use lab::process::{fork, hand_over, take_over};
use lab::progress;
use lab::{Case, Chosen, Question, Report, Row, Shared, Span, Whole, team};
use serde::{Deserialize, Serialize};

use crate::anew::exec;
use crate::line::{self, Line};

/// A worker writes to memory. Does the other worker see it, and at which address?
#[derive(clap::Args)]
pub struct TwoMemories {
    /// How many seconds both workers stay after the write, for a look at them in /proc
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    keep: Whole<0, 3600>,
}

/// The value of every place when its program, its thread or its function begins.
const INITIAL: u64 = 1;
/// The value that the first worker has written before the other begins.
pub const FIRST: u64 = 2;
/// The value that the other worker writes then.
pub const OTHER: u64 = 3;

// ANCHOR: places
static STATIC: AtomicU64 = place();

thread_local! {
    static THREAD_LOCAL: AtomicU64 = const { place() };
}

/// The places on the heap and in a shared mapping.
pub struct Memory {
    heap: Box<AtomicU64>,
    /// In a mapping that forked children share.
    mapping: Shared<AtomicU64>,
}

/// Where a worker looks and writes, besides the two statics above.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    pub memory: &'a Memory,
    /// On the stack of the worker itself.
    pub local: &'a AtomicU64,
    /// On the stack of the first worker, which lends it to the other worker.
    pub lent: Option<&'a AtomicU64>,
}

/// A place with its initial value.
pub const fn place() -> AtomicU64 {
    AtomicU64::new(INITIAL)
}
// ANCHOR_END: places

impl Memory {
    pub fn new() -> io::Result<Self> {
        Ok(Self { heap: Box::new(place()), mapping: Shared::new(place())? })
    }
}

/// A place, as one worker sees it.
#[derive(Serialize, Deserialize)]
pub struct Seen {
    place: String,
    address: usize,
    value: u64,
}

impl Places<'_> {
    fn each<R>(&self, visit: impl Fn(&str, &AtomicU64) -> R) -> Vec<R> {
        let mut all = vec![
            visit("static", &STATIC),
            visit("heap", &self.memory.heap),
            visit("local", self.local),
        ];
        all.extend(self.lent.map(|lent| visit("lent-local", lent)));
        all.push(THREAD_LOCAL.with(|own| visit("thread-local", own)));
        all.push(visit("mapping", &self.memory.mapping));
        all
    }

    /// Looks at all places.
    pub fn look(&self) -> Vec<Seen> {
        self.each(|place, at| Seen {
            place: place.to_owned(),
            address: at.as_ptr().addr(),
            value: at.load(SeqCst),
        })
    }

    /// Writes this number to all places.
    pub fn write(&self, number: u64) {
        self.each(|_, at| at.store(number, SeqCst));
    }
}

/// What one worker saw.
#[derive(Serialize, Deserialize)]
pub struct View {
    pub pid: u32,
    /// The kernel's number for the worker's thread.
    pub tid: u32,
    /// The address of the function that both workers are in.
    pub function: usize,
    /// The places before the other worker writes. The first worker has written to them already.
    pub before: Vec<Seen>,
    pub after: Vec<Seen>,
    /// When the worker was in that function.
    pub span: Span,
}

/// What both workers saw.
pub struct Pair {
    pub first: View,
    pub other: View,
    /// What a program that was started anew has from its parent: each with its name, unit and value, and whether that is right.
    pub inherited: Vec<(&'static str, &'static str, f64, bool)>,
}

/// What both workers have in common.
#[derive(Clone, Copy)]
pub struct Scene {
    /// The moment from which time stamps count.
    called: Instant,
    pub keep: Duration,
}

impl Scene {
    pub fn new(keep: u64) -> Self {
        Self { called: Instant::now(), keep: Duration::from_secs(keep) }
    }

    /// How long a child of this scene may take.
    pub fn limit(&self) -> Duration {
        team::LIMIT + self.keep
    }

    /// Stays for as long as the reader asked for, and says which process does so.
    pub fn stay(&self) {
        if self.keep.is_zero() {
            return;
        }
        let (pid, tid) = ids();
        let seconds = self.keep.as_secs();
        progress::say(&format!(
            "process {pid}, thread {tid} stays for {seconds} s: look at it in /proc/{pid}/task/{tid}"
        ));
        thread::sleep(self.keep);
    }

    pub fn now(&self) -> u64 {
        self.called.elapsed().as_nanos() as u64
    }
}

// ANCHOR: take-part
/// A worker's part: it looks, and looks again once the other worker has written.
fn take_part(places: Places, mut line: Line, scene: &Scene) -> io::Result<View> {
    let (start, before) = (scene.now(), places.look());
    line.meet()?; // both are in this function
    if line.is_first {
        line.hear()?; // the first worker waits here while the other one writes
    } else {
        places.write(OTHER);
        line.tell()?;
    }
    let after = places.look();
    scene.stay(); // with --keep, for a look at both in /proc
    line.meet()?; // neither leaves before both have looked
    Ok(View::new(before, after, Span { start, end: scene.now() }))
}
// ANCHOR_END: take-part

impl View {
    pub fn new(before: Vec<Seen>, after: Vec<Seen>, span: Span) -> Self {
        let (pid, tid) = ids();
        Self {
            pid,
            tid,
            function: take_part as *const () as usize,
            before,
            after,
            span,
        }
    }
}

/// The kernel's numbers for this process and for this thread.
fn ids() -> (u32, u32) {
    let pid = std::process::id();
    #[cfg(target_os = "linux")]
    let tid = rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned();
    #[cfg(not(target_os = "linux"))]
    let tid = pid; // other systems have no such number for a thread
    (pid, tid)
}

// ANCHOR: threads
/// The other worker is a thread. Its local is on its own stack, the rest is lent.
fn threads(scene: &Scene) -> io::Result<Pair> {
    let (memory, local, lent) = (Memory::new()?, place(), place());
    let places = Places { memory: &memory, local: &local, lent: Some(&lent) };
    places.write(FIRST);
    let (line, others_line) = line::pair()?;
    thread::scope(|scope| {
        let part = move || {
            take_part(Places { local: &place(), ..places }, others_line, scene)
        };
        let other = thread::Builder::new().spawn_scoped(scope, part)?;
        let first = take_part(places, line, scene)?;
        Ok(Pair { first, other: other.join().unwrap()?, inherited: Vec::new() })
    })
}
// ANCHOR_END: threads

// ANCHOR: processes
/// The other worker is a forked child. It has a copy of everything, the stack too.
fn processes(scene: &Scene) -> io::Result<Pair> {
    let (memory, local) = (Memory::new()?, place());
    let places = Places { memory: &memory, local: &local, lent: None };
    places.write(FIRST);
    let (line, others_line) = line::pair()?;
    let part = || hand_over(take_part(places, others_line, scene));
    let other = fork(scene.limit(), part)?;
    let first = take_part(places, line, scene)?;
    Ok(Pair {
        first,
        other: take_over(other, scene.limit())?,
        inherited: Vec::new(),
    })
}
// ANCHOR_END: processes

/// A yes or a no, as a number.
pub fn of_1(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// The value that the other worker should find in this place, and the value that the first worker should see there at the end.
fn expected(variant: &str, place: &str) -> [u64; 2] {
    match (variant, place) {
        ("threads", "local" | "thread-local") | ("exec", _) => [INITIAL, FIRST],
        ("threads", _) | (_, "mapping") => [FIRST, OTHER],
        (_, _) => [FIRST, FIRST],
    }
}

impl Question for TwoMemories {
    const NAME: &str = "memory";
    const SHOWN: &str = "threads and processes shared exactly what they should";
    const EXAMPLES: &str = "cargo run -p process-isolation
        cargo run -p process-isolation -- --variant processes --keep 30  # look in /proc
        cargo run -p process-isolation -- pages --pages 16384";
    const TIMES: bool = false;
    type Given = fn(&Scene) -> io::Result<Pair>;
    type Run = Pair;

    fn variants() -> Vec<&'static str> {
        vec!["threads", "processes", "exec"]
    }

    fn cases(
        &self,
        _: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Self::Given>>> {
        report.say(format!(
            "“first” and “other” are the addresses at which the two workers find a place. Each place holds {INITIAL} at first. \
             The first worker writes {FIRST}. The other worker finds the value in “before”, and writes {OTHER}. Then the first \
             worker sees the value in “after”."
        ));
        let runs = [threads, processes, exec as Self::Given];
        Ok(Self::variants()
            .into_iter()
            .zip(runs)
            .map(|(name, run)| Case::new(name, "function", run))
            .collect())
    }

    fn run(&self, case: &Case<Self::Given>) -> io::Result<Pair> {
        (case.given)(&Scene::new(self.keep.0))
    }

    fn tell(&self, case: &Case<Self::Given>, runs: &[Pair], row: &mut Row<'_>) {
        let (name, Pair { first, other, inherited }) = (case.variant, &runs[0]);
        let mut is_right = first.tid != other.tid
            && (first.pid == other.pid) == (name == "threads");
        let is_one = |row: &mut Row<'_>, what: &str, mine: usize, others: usize| {
            row.line_at(what);
            row.words("place", what);
            row.words("first", format!("{mine:#x}"));
            row.words("other", format!("{others:#x}"));
            row.aside("same-address", "of 1", of_1(mine == others));
            mine == others
        };
        for (place, seen) in first.before.iter().enumerate() {
            let (found, after, others) =
                (&other.before[place], &first.after[place], &other.after[place]);
            let is_seen = of_1(after.value == OTHER);
            let is_one = is_one(row, &seen.place, seen.address, found.address);
            row.aside("found", "of 1", of_1(found.value == FIRST));
            row.aside("seen", "of 1", is_seen);
            row.words("before", found.value.to_string());
            row.words("after", after.value.to_string());
            row.bar(is_seen);
            let [finds, sees] = expected(name, &seen.place);
            is_right &= [seen, found, after, others].map(|seen| seen.value)
                == [FIRST, finds, sees, OTHER];
            // A program that begins anew gets its addresses from the system, and they may be the same by chance.
            is_right &= name == "exec" || is_one == (finds == FIRST);
        }
        is_right &= is_one(row, "function", first.function, other.function)
            || name == "exec";
        if inherited.is_empty() {
            let both = first.span.start.max(other.span.start)
                < first.span.end.min(other.span.end);
            row.aside("at-once", "workers", if both { 2.0 } else { 1.0 });
            is_right &= both;
        }
        for (what, unit, value, is_as_it_should_be) in inherited {
            row.at(what);
            row.aside("inherited", unit, *value);
            is_right &= is_as_it_should_be;
        }
        for (what, is) in
            [("pid", first.pid == other.pid), ("tid", first.tid == other.tid)]
        {
            row.at(what);
            row.aside("same", "of 1", of_1(is));
        }
        row.team(&[first.span, other.span]);
        if !is_right {
            row.wrong();
        }
        let seen = match name {
            _ if !is_right => "not as it should be",
            "threads" => {
                "one memory, in which each thread has a stack and thread-locals of its own"
            }
            "processes" => {
                "the same addresses in two memories, which share only the mapping"
            }
            _ => "the other worker starts with a new memory",
        };
        let ids = |worker: &View| format!("pid {}, tid {}", worker.pid, worker.tid);
        row.say(format!(
            "{name}: {seen}. The first worker is {}; the other is {}.",
            ids(first),
            ids(other)
        ));
    }
}
