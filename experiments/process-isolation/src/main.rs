//! A worker writes. Does the other one see it, and where do both think that the written thing lies?
//!
//! Run `cargo run -p process-isolation` and look at the rows of `processes`: the same address, two values.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::arguments::whole;
use lab::report::thousands;
use lab::{Ending, Report, Trace};
use process_isolation::handles::Shift;
use process_isolation::pages::{Touch, Touched};
use process_isolation::places::{FIRST, HANDED_OVER, INITIAL, OTHER, Pair, READ, as_the_other};
use process_isolation::{Run, Scene, VARIANTS};

/// A worker writes. Does the other one see it, and where do both think that the written thing lies?
#[derive(Parser)]
#[command(
    mut_arg("workers", |workers| workers.default_value("2").value_parser(whole::<usize>(2..=2)).help("How many workers: two, the first and the other")),
    after_help = "The columns:
  first, other   the address on each side; of pages, the page faults of parent and child
  before, after  what the other finds before it writes, what the first sees after; of a file, where the first reads on;
                 of a pipe, what the first could read; of pages, how many are private to who touches them

Exit codes:
  0  every variant showed what it is there to show
  1  one showed something else, or was left out
  2  wrong arguments

Examples:
  cargo run -p process-isolation
  cargo run -p process-isolation -- --variant processes --keep 30     (to look at both in /proc meanwhile)
  cargo run -p process-isolation -- --variant child-writes --pages 16384"
)]
struct Arguments {
    /// How many pages the parent touches before it forks
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = whole::<usize>(16..=16_384), allow_negative_numbers = true)]
    pages: usize,

    /// How long both workers stay after the write, to be looked at from outside, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = whole::<u64>(0..=3600), allow_negative_numbers = true)]
    keep: u64,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    /// What the variants that start this program anew ask of it
    #[arg(long, hide = true)]
    as_the_other: bool,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    let scene = Scene { called: Instant::now(), keep: Duration::from_secs(arguments.keep), pages: arguments.pages };
    if arguments.as_the_other {
        return lab::run(|| lab::report::print(&as_the_other(&scene)).map(|()| Ending::Shown));
    }
    lab::run(|| experiment(&arguments, &scene))
}

fn experiment(arguments: &Arguments, scene: &Scene) -> io::Result<Ending> {
    let mut report = Report::new("process-isolation", &["variant", "what", "first", "other", "before", "after"]);
    let (mut trace, mut wrong) = (Trace::default(), Vec::new());
    report.say(format!(
        "A place holds {INITIAL} at first. The first worker writes {FIRST}. The other finds what stands under before, and \
         writes {OTHER}. Then the first sees what stands under after. Of pages, before and after are those that only who \
         touches them has."
    ));
    for variant in VARIANTS {
        let name = variant.name;
        if arguments.variant.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let told = match variant.run {
            Run::Places(run) => run(scene).map(|pair| {
                trace.team(name, &[pair.first.span, pair.other.span]);
                tell_places(&mut report, name, &pair)
            }),
            Run::Handles(run) => run(scene).map(|shift| tell_shift(&mut report, name, &shift)),
            Run::Pages(run) => touches(name, scene.pages)
                .map(|touched| Ok((touched, run(&Touch { scene: *scene, touched })?)))
                .collect::<io::Result<Vec<_>>>()
                .map(|all| {
                    all.iter().all(|(some, touched)| tell_pages(&mut report, name, scene.pages, *some, touched))
                }),
        };
        match told {
            Ok(true) => {}
            Ok(false) => wrong.push(name),
            Err(error) => report.left_out(name, error),
        }
    }
    if !wrong.is_empty() {
        report.say(format!("NOT as it should be: {}. Please report this, with the machine.", wrong.join(", ")));
    }
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// Tells what two workers saw; whether it is as it should be.
fn tell_places(report: &mut Report, name: &str, pair: &Pair) -> bool {
    let (first, other) = (&pair.first, &pair.other);
    let mut is_right = true;
    for (place, seen) in first.before.iter().enumerate() {
        let (what, found, after) = (&seen.place[..], &other.before[place], &first.after[place]);
        let is_found = found.value == FIRST;
        let is_seen = after.value == OTHER;
        let is_same = seen.address == found.address;
        let addresses = [seen.address, found.address].map(|address| format!("{address:#x}"));
        let values = [found.value, after.value].map(|value| value.to_string());
        let cells = [name.to_owned(), what.to_owned()].into_iter().chain(addresses).chain(values);
        report.row(cells, f64::from(u8::from(is_seen)));
        let mut tell = |metric, is: bool| report.outcome(name, what, metric, "of 1", f64::from(u8::from(is)));
        tell("same-address", is_same);
        tell("found", is_found);
        tell("seen", is_seen);
        let (finds, sees) = expected(name, what);
        // Who begins anew gets the addresses that the system gives, and they may be the same ones.
        is_right &= (is_found, is_seen) == (finds, sees) && (name == "exec" || is_same == (finds || sees));
        is_right &= [INITIAL, FIRST].contains(&found.value) && [FIRST, OTHER].contains(&after.value);
        is_right &= seen.value == FIRST && other.after[place].value == OTHER;
    }
    let is_same = first.function == other.function;
    let addresses = [first.function, other.function].map(|address| format!("{address:#x}"));
    let cells = [name, "function"].map(str::to_owned).into_iter().chain(addresses);
    report.row(cells.chain(["-", "-"].map(str::to_owned)), 0.0);
    let mut tell = |what, metric, unit, value| report.outcome(name, what, metric, unit, value);
    let of_1 = |is: bool| f64::from(u8::from(is));
    tell("function", "same-address", "of 1", of_1(is_same));
    tell("pid", "same", "of 1", of_1(first.pid == other.pid));
    tell("tid", "same", "of 1", of_1(first.tid == other.tid));
    let is_one = name == "threads";
    is_right &= (is_same || name == "exec") && (first.pid == other.pid) == is_one && first.tid != other.tid;
    if let Some(inherited) = &pair.inherited {
        let environment = &inherited.environment;
        tell("environment", "inherited", "variables", environment.len() as f64);
        tell("input", "inherited", "of 1", of_1(inherited.handed_over));
        tell("other-file", "inherited", "of 1", of_1(inherited.kept_back));
        tell("folder", "inherited", "of 1", of_1(inherited.folder));
        tell("pid", "inherited", "of 1", of_1(inherited.pid));
        is_right &= *environment == [HANDED_OVER] && inherited.handed_over && !inherited.kept_back;
        is_right &= inherited.folder && inherited.pid;
    } else {
        let both = first.span.start.max(other.span.start) < first.span.end.min(other.span.end);
        let inside = if both { 2.0 } else { 1.0 };
        tell("function", "at-once", "workers", inside);
        is_right &= both;
    }
    let seen = match (is_right, name) {
        (false, _) => "not as it should be",
        (_, "threads") => "one memory, and in it a stack and thread-locals for each",
        (_, "processes") => "the same addresses, and two memories but for the mapping",
        (_, _) => "a memory that begins anew",
    };
    report.say(format!(
        "{name}: {seen}. The first is pid {}, tid {}; the other is pid {}, tid {}.",
        first.pid, first.tid, other.pid, other.tid
    ));
    if let Some(inherited) = &pair.inherited {
        let yes = |is: bool| if is { "Yes" } else { "No" };
        report.say(format!(
            "Has it the environment that it was handed, and no more? {}. The file that it was handed? {}. Another file that was \
             open? {}. Its parent's folder? {}. The pid that the fork gave? {}.",
            yes(inherited.environment == [HANDED_OVER]),
            yes(inherited.handed_over),
            yes(inherited.kept_back),
            yes(inherited.folder),
            yes(inherited.pid),
        ));
    }
    is_right
}

/// Whether in this variant the other worker finds in this place what the first has written, and whether the first sees what
/// the other writes.
fn expected(variant: &str, place: &str) -> (bool, bool) {
    match (variant, place) {
        ("threads", "local" | "thread-local") | ("exec", _) => (false, false),
        ("threads", _) | (_, "mapping") => (true, true),
        (_, _) => (true, false),
    }
}

/// Tells where something stood before and after; whether it has moved as it should.
fn tell_shift(report: &mut Report, name: &str, shift: &Shift) -> bool {
    let bytes = [shift.before, shift.after].map(|bytes| bytes.to_string());
    let cells = [name, shift.what, "-", "-"].map(str::to_owned).into_iter().chain(bytes);
    let moved = shift.after - shift.before;
    report.row(cells, moved as f64 / READ as f64);
    report.outcome(name, shift.what, "moved", "bytes", moved as f64);
    let expected = if name == "file-opened-anew" { 0 } else { READ as u64 };
    shift.before == 0 && moved == expected
}

/// How many of the pages a variant touches: the first two make a curve, of the others the end is enough.
fn touches(name: &str, pages: usize) -> impl Iterator<Item = usize> {
    let some = [0, pages / 4, pages / 2, pages * 3 / 4];
    let is_curve = matches!(name, "child-writes" | "child-reads");
    some.into_iter().filter(move |_| is_curve).chain([pages])
}

/// Tells what was counted of pages; whether it is as it should be.
fn tell_pages(report: &mut Report, name: &str, pages: usize, some: usize, touched: &Touched) -> bool {
    let (parent, child) = (&touched.parent, &touched.child);
    let toucher = if name.starts_with("parent") { parent } else { child };
    let what = format!("{} pages", thousands(some as u64));
    let faults = [parent.faults, child.faults].map(|faults| format!("{} faults", thousands(faults)));
    let private = [toucher.before.private, toucher.mapped.private];
    let cells = [name.to_owned(), what].into_iter().chain(faults);
    report.row(cells.chain(private.map(|pages| thousands(pages as u64))), some as f64 / pages as f64);
    let mut tell = |metric, unit, value| report.outcome(name, some, metric, unit, value);
    tell("faulted", "pages", toucher.faults as f64);
    tell("private-before", "pages", private[0] as f64);
    tell("private", "pages", private[1] as f64);
    tell("added", "pages", touched.added() as f64);
    if name.starts_with("parent") {
        tell("reused", "pages", toucher.reused as f64);
    }
    if some == pages && name.starts_with("child-writes") {
        tell("first-touch", "faults", touched.first_touch as f64);
    }
    // What is read isn't copied, nor what is shared. Of two who write to the same private page, the first gets a copy.
    let copied = if ["child-reads", "child-writes-shared"].contains(&name) { 0 } else { some };
    // The kernel may have faults of its own to serve, and of huge or shared pages it may map several at once.
    let has_faulted = match name {
        "child-reads" => toucher.faults < pages as u64 / 2,
        "child-writes-huge" | "child-writes-shared" => toucher.faults > 0,
        _ => toucher.faults >= some as u64,
    };
    has_faulted && touched.added() == copied as i64 && private[1] >= copied
}

#[cfg(test)]
mod tests {
    use process_isolation::pages::{Counted, Mapped};
    use process_isolation::places;

    use super::*;

    #[test]
    fn a_write_that_is_not_seen_by_a_thread_is_told() {
        let scene = Scene { called: Instant::now(), keep: Duration::ZERO, pages: 16 };
        let pair = places::threads(&scene).unwrap();
        let is_right =
            |name: &str, pair: &Pair| tell_places(&mut Report::new("test", &["", "", "", "", "", ""]), name, pair);
        assert!(is_right("threads", &pair));
        // Two processes would have two pids, and statics apart.
        assert!(!is_right("processes", &pair));
        let wrong = |change: fn(&mut Pair)| {
            let mut pair = pair.clone();
            change(&mut pair);
            !is_right("threads", &pair)
        };
        assert!(wrong(|pair| pair.first.after[0].value = FIRST));
        assert!(wrong(|pair| pair.other.before[0].value = INITIAL));
        assert!(wrong(|pair| pair.other.before[0].address += 8));
        assert!(wrong(|pair| pair.other.function += 1));
        assert!(wrong(|pair| pair.other.tid = pair.first.tid));
        assert!(wrong(|pair| pair.other.span.start = pair.first.span.end));
    }

    #[test]
    fn copies_that_are_missing_or_needless_are_told() {
        let mapped = |private, shared| Mapped { private, shared };
        let counted = |faults, mapped| Counted { faults, mapped, ..Counted::default() };
        let touched = |faults, parent, child| Touched {
            before: mapped(16, 0),
            parent: counted(0, parent),
            child: counted(faults, child),
            ..Touched::default()
        };
        let is_right =
            |name, touched| tell_pages(&mut Report::new("test", &["", "", "", "", "", ""]), name, 16, 4, &touched);
        let copied = touched(4, mapped(4, 12), mapped(4, 12));
        assert!(is_right("child-writes", copied) && !is_right("child-writes-shared", copied));
        assert!(!is_right("child-writes", touched(3, mapped(4, 12), mapped(4, 12))));
        let shared = touched(4, mapped(12, 4), mapped(0, 4));
        assert!(is_right("child-writes-shared", shared) && !is_right("child-writes", shared));
        assert!(is_right("child-reads", touched(0, mapped(0, 16), mapped(0, 16))));
        assert!(!is_right("child-reads", touched(16, mapped(0, 16), mapped(0, 16))));
    }
}
