//! Which tool finds which bug?
//!
//! Run `cargo run -p catching-it` and look at the words that aren't `caught` or `quiet`: there a tool misleads.

use std::io;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use catching_it::tools::{self, INSIDE, Looked, Seen};
use catching_it::{Bug, PROGRAMS, Program, TOOLS, Tool, Verdict};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use lab::trace::{Event, State};
use lab::{Ending, Report, Trace};

/// Which tool finds which bug?
#[derive(Parser)]
#[command(
    after_help = "--workers is how many tools run at the same time, at most one on each CPU. Every program has two workers.

Exit codes:
  0  each tool that looked said what it is known to say; one that isn't here is left out in words
  1  one said something else, or a program was left out because its tools failed
  2  wrong arguments, or no tool that was asked for can judge the program

Examples:
  cargo run -p catching-it
  cargo run -p catching-it -- --prepare
  cargo run -p catching-it -- --tool helgrind --variant opposite-order-pthread"
)]
struct Arguments {
    /// Run only this tool, and others that are named so; one tool on one program shows all that it says
    #[arg(long, value_name = "NAME", value_parser = TOOLS.map(Tool::name))]
    tool: Vec<String>,

    /// Run the tools on this program only
    #[arg(long, visible_alias = "program", value_name = "NAME", value_parser = PossibleValuesParser::new(PROGRAMS.iter().map(|program| program.name)))]
    variant: Option<String>,

    /// Build first what takes long: a standard library for ThreadSanitizer, with the nightly toolchain
    #[arg(long)]
    prepare: bool,

    #[command(flatten)]
    common: lab::Arguments,
}

/// Programs whose executions are counted, from one turn of each worker on,
const COUNTED: [&str; 3] = ["fetch-add", "compare-exchange", "one-order"];

/// until there are more than this: the next turn may multiply them by thirty.
const MANY: u64 = 500;

/// A tool's look at a program: its last, if it took more than one.
struct Look {
    tool: Tool,
    program: &'static Program,
    seen: io::Result<Seen>,
    /// Which look it was.
    number: usize,
    event: Event,
}

impl Look {
    /// Which look it was of how many there may be, if it isn't the first.
    fn which(&self) -> String {
        if self.number > 1 { format!(" (look {} of {})", self.number, tools::LOOKS) } else { String::new() }
    }
}

fn main() -> ExitCode {
    // Whatever is no UTF-8 is for the parser to refuse.
    let words: Vec<String> = std::env::args_os().skip(1).map_while(|word| word.into_string().ok()).collect();
    if let [first, rest @ ..] = &words[..]
        && first == INSIDE
    {
        return tools::do_inside(rest);
    }
    let arguments: Arguments = lab::parse();
    lab::run(|| experiment(&arguments))
}

fn experiment(arguments: &Arguments) -> io::Result<Ending> {
    let is_wanted = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let programs: Vec<&Program> =
        PROGRAMS.iter().filter(|program| is_wanted(arguments.variant.as_slice(), program.name)).collect();
    let tools: Vec<Tool> = TOOLS.into_iter().filter(|tool| is_wanted(&arguments.tool, tool.name())).collect();
    // Whoever asks for one tool waits for what it needs.
    let wait = arguments.prepare || !arguments.tool.is_empty();
    let looks = look_at_all(&programs, &tools, wait, arguments.common.workers)?;
    if let ([look], false, [_], [_]) = (&looks[..], arguments.common.json, &programs[..], &tools[..]) {
        show(look)?;
        write_trace(arguments, &programs, &looks)?;
        return Ok(ending(&looks));
    }
    let mut report = report(&programs, &tools, &looks);
    if arguments.common.json {
        measure(&mut report, &programs, &tools);
    }
    report.print(arguments.common.json)?;
    write_trace(arguments, &programs, &looks)?;
    Ok(ending(&looks))
}

/// Lets each tool look at each program that it can judge, several at the same time.
fn look_at_all(programs: &[&'static Program], tools: &[Tool], wait: bool, workers: usize) -> io::Result<Vec<Look>> {
    let mut cells: Vec<(Tool, &'static Program)> = Vec::new();
    // The slow ones first, so that nobody waits for the last of them alone.
    for tool in tools.iter().rev() {
        cells.extend(programs.iter().filter(|program| program.judges(*tool)).map(|program| (*tool, *program)));
    }
    if cells.is_empty() {
        let what = "no such --tool can judge that --variant; leave one of them out";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let (began, next, looks) = (Instant::now(), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let at = |time: Instant| (time - began).as_nanos() as u64;
    let work = || {
        while let Some(&(tool, program)) = cells.get(next.fetch_add(1, Relaxed)) {
            let Looked { seen, number, start } = tools::look(tool, program, wait);
            let (start, end) = (at(start), at(Instant::now()));
            let event = Event { state: State::Runs, name: tool.name().to_owned(), start, end };
            looks.lock().unwrap().push(Look { tool, program, seen, number, event });
        }
    };
    let workers = workers.min(lab::machine::usable_cpus()).min(cells.len());
    thread::scope(|scope| -> io::Result<()> {
        for _ in 1..workers {
            // One that can't be started isn't missed: this thread does all that is left.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
        Ok(())
    })?;
    Ok(looks.into_inner().unwrap())
}

/// For the charts: how long a program takes with no tool, and how many executions there are to explore.
fn measure(report: &mut Report, programs: &[&Program], tools: &[Tool]) {
    for program in programs.iter().filter(|program| COUNTED.contains(&program.name)) {
        let began = Instant::now();
        if tools.contains(&Tool::Helgrind) && tools::run_plainly(program).is_ok() {
            report.outcome(program.name, "none", "takes", "ns", began.elapsed().as_nanos() as f64);
        }
        let (mut turns, mut executions) = (0, 0);
        while tools.contains(&Tool::Loom) && executions <= MANY {
            turns += 1;
            // What loom can't do here, its own cells have said.
            let Ok(found) = tools::executions(program, turns) else { break };
            executions = found;
            report.outcome(program.name, turns, "executions", "executions", executions as f64);
        }
    }
}

/// One tool and one program: the commands, all that was said, and what it comes to.
fn show(look: &Look) -> io::Result<()> {
    let (tool, program) = (look.tool.name(), look.program.name);
    let text = match &look.seen {
        Ok(Seen::Judged(judged)) => {
            let commands: String = judged.commands.iter().map(|command| format!("$ {command}\n")).collect();
            let said = match judged.said.trim_end() {
                "" => "It says nothing.",
                said => said,
            };
            format!("{commands}{said}\n\n{tool} on {program}: {}{}.\n", judged.verdict.words(), look.which())
        }
        Ok(Seen::Missing(why)) => format!("Not here: {tool} ({why}).\n"),
        Err(error) => format!("Left out: {tool} ({error}).\n"),
    };
    lab::report::print(&text)
}

fn report(programs: &[&Program], tools: &[Tool], looks: &[Look]) -> Report {
    let names = tools.iter().map(|tool| tool.name());
    let head: Vec<&str> = ["program", "it is"].into_iter().chain(names).collect();
    let mut report = Report::new("catching-it", &head);
    let mut left_out: Vec<(Tool, String)> = Vec::new();
    let mut missing: Vec<(Tool, String)> = Vec::new();
    for program in programs {
        let mut cells =
            vec![program.name.to_owned(), if program.bug == Bug::None { "right" } else { "broken" }.to_owned()];
        let mut failures = Vec::new();
        for tool in tools {
            let look = looks.iter().find(|look| look.tool == *tool && look.program.name == program.name);
            cells.push(match look.map(|look| &look.seen) {
                None | Some(Ok(Seen::Missing(_))) => "-".to_owned(),
                Some(Ok(Seen::Judged(judged))) => judged.verdict.words().to_owned(),
                Some(Err(_)) => "?".to_owned(),
            });
            match look {
                Some(Look { seen: Ok(Seen::Judged(judged)), event, .. }) => {
                    let is = |verdict| f64::from(u8::from(judged.verdict == verdict));
                    let (metric, value) = match program.bug {
                        Bug::None => ("cries-wolf", is(Verdict::CriesWolf)),
                        _ => ("caught", is(Verdict::Caught)),
                    };
                    report.outcome(program.name, tool.name(), metric, "of 1", value);
                    let takes = event.end - event.start;
                    report.outcome(program.name, tool.name(), "takes", "ns", takes as f64);
                }
                Some(Look { seen: Ok(Seen::Missing(why)), .. }) => missing.push((*tool, why.clone())),
                Some(Look { seen: Err(error), .. }) => failures.push((*tool, error.to_string())),
                None => {}
            }
        }
        let was_judged = |look: &Look| look.program.name == program.name && matches!(look.seen, Ok(Seen::Judged(_)));
        let why = failures.first().or(missing.last()).map_or("no tool that can judge it was asked", |(_, why)| why);
        if looks.iter().any(was_judged) {
            report.row(cells, 0.0);
            left_out.extend(failures);
        } else {
            report.left_out(program.name, why);
        }
    }
    say(&mut report, looks);
    for (list, word) in [(&mut missing, "Not here"), (&mut left_out, "Failed")] {
        // One reason for each tool is enough.
        list.dedup();
        list.sort_by_key(|(tool, _)| tool.name());
        list.dedup_by_key(|(tool, _)| *tool);
        for (tool, why) in list.iter() {
            match word {
                "Not here" => report.say(format!("{word}: {} ({why}).", tool.name())),
                _ => report.left_out(tool.name(), why),
            }
        }
    }
    report
}

/// Below the table: where tools mislead, and whether each said what it was expected to.
fn say(report: &mut Report, looks: &[Look]) {
    let of = |wanted: Verdict| {
        let mut names: Vec<String> = looks
            .iter()
            .filter(|look| matches!(&look.seen, Ok(Seen::Judged(judged)) if judged.verdict == wanted))
            .map(|look| format!("{} on {}", look.tool.name(), look.program.name))
            .collect();
        names.sort();
        names.join(", ")
    };
    for (what, verdict) in [("Misses", Verdict::Misses), ("Cries wolf", Verdict::CriesWolf)] {
        let names = of(verdict);
        if !names.is_empty() {
            report.say(format!("{what}: {names}."));
        }
    }
    let mut repeated: Vec<String> = looks
        .iter()
        .filter(|look| look.number > 1)
        .map(|look| format!("{} on {}{}", look.tool.name(), look.program.name, look.which()))
        .collect();
    repeated.sort();
    if !repeated.is_empty() {
        report.say(format!("It took more than one look: {}.", repeated.join(", ")));
    }
    let unexpected: Vec<String> = looks
        .iter()
        .filter(|look| !is_as_expected(look))
        .map(|look| format!("{} on {}", look.tool.name(), look.program.name))
        .collect();
    report.say(match unexpected.is_empty() {
        true => {
            "Each tool that looked said what it is known to say. A dash: it can't judge that, wasn't asked, or isn't here.".to_owned()
        }
        false => {
            format!("NOT as it should be: {}. Please report this, with the tool's version.", unexpected.join(", "))
        }
    });
}

fn is_as_expected(look: &Look) -> bool {
    match &look.seen {
        Ok(Seen::Judged(judged)) => look.program.expected_of(look.tool) == Some(judged.verdict),
        Ok(Seen::Missing(_)) | Err(_) => true,
    }
}

fn ending(looks: &[Look]) -> Ending {
    // What one tool can't do here, in words, is made up for by another that looked at the same program.
    let judged = |look: &Look| {
        let same = |other: &&Look| other.program.name == look.program.name;
        look.seen.is_ok() || looks.iter().filter(same).any(|other| matches!(other.seen, Ok(Seen::Judged(_))))
    };
    let whole = looks.iter().all(|look| is_as_expected(look) && judged(look));
    if whole { Ending::Shown } else { Ending::NotShown }
}

fn write_trace(arguments: &Arguments, programs: &[&Program], looks: &[Look]) -> io::Result<()> {
    let Some(path) = arguments.common.trace.as_deref() else { return Ok(()) };
    let mut trace = Trace::default();
    for program in programs {
        let of_it = looks.iter().filter(|look| look.program.name == program.name);
        let rows: Vec<(String, Vec<Event>)> =
            of_it.map(|look| (look.tool.name().to_owned(), vec![look.event.clone()])).collect();
        trace.rows(program.name, &rows);
    }
    trace.write(path)
}
