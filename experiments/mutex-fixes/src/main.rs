//! Workers add one to a shared counter, and every addition counts: what does each repair cost?
//!
//! Run `cargo run -p mutex-fixes` and look at the columns `lost`, which is 0 everywhere, and `waited`: the share of the
//! workers' time that went into waiting for the lock.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use lab::arguments::whole;
use lab::report::thousands;
use lab::{Ending, Report, Trace};
use mutex_fixes::owner_ends::{CASES, Next, Purse};
use mutex_fixes::{Section, VARIANTS, Variant, system_calls};

/// Workers add one to a shared counter, and every addition counts: what does each repair cost?
#[derive(Parser)]
#[command(after_help = "Exit codes:
  0  every repair counted every addition; with --owner-ends, the next one is told or not, as it is to be; with
     --system-calls, they were counted, or there is no strace to do it
  1  one didn't, or was left out
  2  wrong arguments

Examples:
  cargo run -p mutex-fixes
  cargo run -p mutex-fixes -- --section long --workers 8
  cargo run -p mutex-fixes -- --system-calls      (counted by strace)
  cargo run -p mutex-fixes -- --owner-ends        (with the lock held)
  taskset -c 0 cargo run -p mutex-fixes           (on one core)")]
struct Arguments {
    /// How often each worker adds one; by default 300,000 times, and less often where each time takes longer (by channel: a
    /// tenth as often)
    #[arg(long, value_name = "N", value_parser = whole::<u64>(100..=10_000_000), allow_negative_numbers = true)]
    increments: Option<u64>,

    /// What a worker does at each addition, inside the lock if there is one; by default the short one, under strace the
    /// yielding one, in which the workers meet
    #[arg(long, value_enum)]
    section: Option<Section>,

    /// Run only this variant
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Option<String>,

    /// Count instead, by strace, how often one worker and all of them call futex
    #[arg(long, conflicts_with = "trace")]
    system_calls: bool,

    /// Show instead what becomes of a lock whose owner ends while it holds it
    #[arg(long, conflicts_with_all = ["system_calls", "variant", "section", "increments", "trace"])]
    owner_ends: bool,

    /// Count, and nothing else: what is run under strace
    #[arg(long, hide = true)]
    count_only: bool,

    #[command(flatten)]
    common: lab::Arguments,
}

fn main() -> ExitCode {
    let arguments: Arguments = lab::parse();
    lab::run(|| match &arguments {
        Arguments { owner_ends: true, .. } => owner_ends(&arguments),
        Arguments { system_calls: true, .. } => system_calls(&arguments),
        _ => count(&arguments),
    })
}

impl Arguments {
    fn section(&self) -> Section {
        self.section.unwrap_or(if self.system_calls { Section::Yielding } else { Section::Short })
    }

    fn increments(&self) -> u64 {
        self.increments.unwrap_or(match self.section() {
            _ if self.system_calls => 2_000,
            Section::Short => 300_000,
            Section::Long => 50_000,
            Section::Yielding => 5_000,
        })
    }

    /// The variants to run, each with its name in charts.
    fn variants(&self) -> impl Iterator<Item = (Variant, String)> {
        let chosen = |variant: &Variant| self.variant.as_deref().is_none_or(|only| only == variant.name);
        let section = self.section();
        VARIANTS.into_iter().filter(chosen).map(move |variant| (variant, section.name(variant.name)))
    }
}

fn count(arguments: &Arguments) -> io::Result<Ending> {
    let (workers, section) = (arguments.common.workers, arguments.section());
    let mut report = Report::new("mutex-fixes", &["variant", "counted", "lost", "slept", "waited"]);
    let mut trace = Trace::default();
    let mut wrong = Vec::new();
    for (variant, name) in arguments.variants() {
        let times = arguments.increments() / variant.one_in;
        let added = workers as u64 * times;
        let done = (variant.count)(workers, times, section).and_then(|count| {
            let watch = variant.watch.filter(|_| !arguments.count_only);
            Ok((count, watch.map(|watch| watch(workers, times, section)).transpose()?))
        });
        let (count, watched) = match done {
            Ok(done) => done,
            Err(error) => {
                report.left_out(&name, error);
                continue;
            }
        };
        let right = count.counted == added && watched.is_none_or(|watched| watched.counted == added);
        if !right {
            wrong.push(name.clone());
        }
        let lost = added.abs_diff(count.counted);
        let sleeps = watched.and_then(|watched| watched.sleeps);
        let share = watched.map(|watched| watched.share);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let cells = [
            name.clone(),
            thousands(count.counted),
            thousands(lost),
            or_dash(sleeps.map(thousands)),
            or_dash(share.map(|share| format!("{:.1} %", 100.0 * share))),
        ];
        report.row(cells, share.unwrap_or(0.0));
        report.outcome(&name, workers, "lost", "updates", lost as f64);
        if let Some(share) = share {
            report.outcome(&name, workers, "share-waited", "%", 100.0 * share);
        }
        if let Some(sleeps) = sleeps {
            report.outcome(&name, workers, "sleeps", "sleeps", sleeps as f64);
        }
        trace.team(&name, &count.spans);
    }
    let (what, why) = match (&wrong[..], workers) {
        ([], 1) => ("All of them counted every addition.".to_owned(), "One worker waits for nobody."),
        ([], _) => (
            "All of them counted every addition.".to_owned(),
            "A worker that can't have a lock at once waits for it, and may have to sleep.",
        ),
        (wrong, _) => (format!("NOT as it should be: {}.", wrong.join(", ")), "Please report this, with the machine."),
    };
    report.say(format!("{what} {why}"));
    report
        .say("A dash: there is no lock to wait for. What such a worker waits for is a cache line, and no clock tells.");
    report.print(arguments.common.json)?;
    arguments.common.trace.as_deref().map_or(Ok(()), |path| trace.write(path))?;
    Ok(if wrong.is_empty() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

/// Runs each variant in a process under strace: with one worker, and with all of them.
fn system_calls(arguments: &Arguments) -> io::Result<Ending> {
    let (workers, times) = (arguments.common.workers, arguments.increments());
    let mut report = Report::new("mutex-fixes", &["variant", "each adds", "one worker calls", "all call"]);
    let mut counted = false;
    for (variant, name) in arguments.variants() {
        let calls = |workers: usize| -> io::Result<u64> {
            let (workers, times) = (format!("--workers={workers}"), format!("--increments={times}"));
            let section = format!("--section={}", arguments.section().word());
            let words = ["--count-only", "--json", "--variant", variant.name, &section, &workers, &times];
            let calls = system_calls::count(&std::env::current_exe()?, &words)?;
            Ok(calls.waits + calls.wakes)
        };
        let (alone, together) = match calls(1).and_then(|alone| Ok((alone, calls(workers)?))) {
            Ok(calls) => calls,
            Err(error) if !counted && is_missing(&error) => return without_strace(&error, arguments),
            Err(error) => {
                report.left_out(&name, error);
                continue;
            }
        };
        counted = true;
        let times = times / variant.one_in;
        let share = together as f64 / (workers as u64 * times) as f64;
        report.row([name.clone()].into_iter().chain([times, alone, together].map(thousands)), share);
        report.outcome(&name, 1, "futex-calls", "calls", alone as f64);
        if workers > 1 {
            report.outcome(&name, workers, "futex-calls", "calls", together as f64);
        }
    }
    report.say("A lock that is free is taken in one instruction. Who can't have it calls futex to sleep, and who unlocks it calls futex to wake a sleeper.");
    report.say("The sender and the owner of a channel are two threads, so they wait for each other with one worker too. A pool wakes its threads.");
    report.say("Under strace every call takes far longer; without it the numbers are others.");
    report.print(arguments.common.json)?;
    Ok(if report.is_partial() { Ending::NotShown } else { Ending::Shown })
}

/// Whether there is no strace, or none that may trace here.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

/// No failure of the experiment: who has no strace, or may not trace, is told so.
fn without_strace(error: &io::Error, arguments: &Arguments) -> io::Result<Ending> {
    let advice = if error.kind() == io::ErrorKind::NotFound { " Install strace to see it." } else { "" };
    let line = format!("Left out: the count of system calls ({error}).{advice}\n");
    if arguments.common.json {
        let _ = io::stderr().write_all(line.as_bytes());
    } else {
        lab::report::print(&line)?;
    }
    Ok(Ending::Shown)
}

fn owner_ends(arguments: &Arguments) -> io::Result<Ending> {
    let mut report = Report::new("mutex-fixes", &["variant", "owner", "it finds", "it leaves", "the next one"]);
    let mut wrong = Vec::new();
    for case in CASES {
        let seen = match (case.show)() {
            Ok(seen) => seen,
            Err(error) => {
                report.left_out(case.name, error);
                continue;
            }
        };
        let next = match seen.next {
            Next::IsTold => "is told",
            Next::IsNotTold => "isn't told",
            Next::WaitsForEver => "waits for ever",
        };
        let pockets = |purse: Purse| format!("{} + {}", purse.left, purse.right);
        let found = if seen.next == Next::WaitsForEver { "–".to_owned() } else { pockets(seen.found) };
        let left = if seen.next == Next::WaitsForEver { "–".to_owned() } else { pockets(seen.left) };
        report.row([case.name.to_owned(), case.owner.to_owned(), found, left, next.to_owned()], 0.0);
        report.outcome(case.name, 2, "told", "owners", f64::from(u8::from(seen.next == Next::IsTold)));
        if seen.next != case.next {
            wrong.push(case.name);
        }
    }
    report.say("Each owner takes ten coins out of one pocket of a purse with a hundred coins, and ends before it puts them into the other.");
    match &wrong[..] {
        [] => report.say("Who is told can repair what was half done. Who waits for a lock that nobody will unlock was killed at its deadline."),
        wrong => report.say(format!("NOT as it should be: {}. Please report this, with the machine.", wrong.join(", "))),
    }
    report.print(arguments.common.json)?;
    Ok(if wrong.is_empty() && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}
