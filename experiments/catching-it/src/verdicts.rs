//! The first question: what does each tool say of each program?

use std::io::{self, ErrorKind};

use catching_it::tools::{self, Judged, LOOKS, Look};
use catching_it::{Bug, PROGRAMS, Program, TOOLS, Tool, Verdict};
use lab::{Case, Chosen, Done, Question, Report, Row};

/// Which tool finds which bug?
#[derive(clap::Args)]
pub struct Verdicts {
    /// Run only this tool, and others that are named so; one tool on one program shows all that it says
    #[arg(long, value_name = "NAME", value_parser = TOOLS.map(Tool::name))]
    tool: Vec<String>,

    /// Build first what takes long: a standard library for ThreadSanitizer, with the nightly toolchain
    #[arg(long)]
    prepare: bool,
}

/// A program, and the tools that are asked; if it is one of each, all that it says is shown.
pub struct Given {
    program: &'static Program,
    tools: Vec<Tool>,
    is_alone: bool,
}

impl Question for Verdicts {
    const NAME: &str = "verdicts";
    const SHOWN: &str = "each tool that looked said what it is known to say; one that isn't here is left out in words";
    const EXAMPLES: &str = "cargo run -p catching-it
        cargo run -p catching-it -- --prepare
        cargo run -p catching-it -- --tool helgrind --variant opposite-order-pthread
        cargo run -p catching-it -- executions";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Given;
    /// One tool at a time, so that none waits for another.
    type Run = Vec<Look>;

    fn variants() -> Vec<&'static str> {
        PROGRAMS.iter().map(|program| program.name).collect()
    }

    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Given>>> {
        let asked = |tool: &Tool| self.tool.is_empty() || self.tool.iter().any(|name| name == tool.name());
        let tools: Vec<Tool> = TOOLS.into_iter().filter(asked).collect();
        let is_alone = tools.len() == 1 && chosen.variant.is_some();
        let mut cases = Vec::new();
        for program in PROGRAMS.iter().filter(|program| chosen.wants(program.name)) {
            if tools.iter().any(|tool| program.judges(*tool)) {
                cases.push(Case::new(program.name, "", Given { program, tools: tools.clone(), is_alone }));
            } else {
                report.not_here(program.name, "no tool that was asked can judge it");
            }
        }
        if cases.is_empty() {
            let what = "no such --tool can judge that --variant; leave one of them out";
            return Err(io::Error::new(ErrorKind::InvalidInput, what));
        }
        Ok(cases)
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Look>> {
        let Given { program, tools, .. } = &case.given;
        // What one tool needs is built when that tool is asked for by name.
        let wait = self.prepare || !self.tool.is_empty();
        let judge = tools.iter().filter(|tool| program.judges(**tool));
        Ok(judge.map(|tool| tools::look(*tool, program, wait)).collect())
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Look>], row: &mut Row<'_>) {
        let Given { program, tools, is_alone } = &case.given;
        let (metric, hit) = match program.bug {
            Bug::None => ("cries-wolf", Verdict::CriesWolf),
            _ => ("caught", Verdict::Caught),
        };
        for (look, judged) in judged(&runs[0]) {
            row.at(look.tool.name());
            row.aside(metric, "of 1", f64::from(u8::from(judged.verdict == hit)));
            row.aside("takes", "ns", look.took.as_nanos() as f64);
            if *is_alone {
                let words = judged.verdict.words();
                row.say(format!("{} on {}: {words}{}.", look.tool.name(), program.name, which(look)));
                row.quote(&judged.commands.iter().map(|command| format!("$ {command}\n")).collect::<String>());
                row.quote(if judged.said.trim().is_empty() { "It says nothing.\n" } else { &judged.said });
            }
            let expected = program.expected_of(look.tool).filter(|expected| *expected != judged.verdict);
            if let Some(expected) = expected {
                let [says, known] = [judged.verdict, expected].map(Verdict::words);
                let who = format!("{} on {}", look.tool.name(), program.name);
                row.say(format!("{who} is known for \"{known}\", and now it's \"{says}\": has the tool changed?"));
                row.wrong();
            }
        }
        if !*is_alone && judged(&runs[0]).next().is_some() {
            row.words("it is", if program.bug == Bug::None { "right" } else { "broken" });
            for tool in tools {
                let look = runs[0].iter().find(|look| look.tool == *tool).map(|look| &look.seen);
                row.words(
                    tool.name(),
                    match look {
                        Some(Ok(judged)) => judged.verdict.words(),
                        Some(Err(error)) if error.kind() != ErrorKind::Unsupported => "?", // it failed
                        _ => "–",
                    },
                );
            }
        }
    }

    fn conclude(&self, done: &[Done<Self>], report: &mut Report) {
        for Done { case, runs } in done {
            let was_judged = judged(&runs[0]).next().is_some();
            for look in &runs[0] {
                match &look.seen {
                    // What one tool can't do here is made up for by another that looked at the same program.
                    Err(error) if was_judged || is_missing(look) => report.not_here(look.tool.name(), error),
                    Err(error) => report.left_out(&case.name, error),
                    Ok(_) => {}
                }
            }
            if runs[0].iter().all(is_missing) {
                report.not_here(&case.name, "no tool that can judge it is here");
            }
        }
        if done.iter().any(|done| done.case.given.is_alone) {
            return;
        }
        let looks = || done.iter().flat_map(|done| judged(&done.runs[0]).map(|seen| (done.case.given.program, seen)));
        let mut list = |what: &str, is_one: fn(&Look, &Judged) -> bool| {
            let ones = looks().filter(|(_, (look, judged))| is_one(look, judged));
            let name =
                |program: &Program, look: &Look| format!("{} on {}{}", look.tool.name(), program.name, which(look));
            let mut names: Vec<String> = ones.map(|(program, (look, _))| name(program, look)).collect();
            names.sort();
            if !names.is_empty() {
                report.say(format!("{what}: {}.", names.join(", ")));
            }
        };
        list("Misses", |_, judged| judged.verdict == Verdict::Misses);
        list("Cries wolf", |_, judged| judged.verdict == Verdict::CriesWolf);
        list("It took more than one look", |look, _| look.number > 1);
        let mut known = looks().map(|(program, (look, judged))| program.expected_of(look.tool) == Some(judged.verdict));
        if looks().next().is_some() && known.all(|is_known| is_known) {
            report.say("Each tool that looked said what it is known to say. A dash: it can't judge that, wasn't asked, or isn't here.");
        }
    }
}

/// The looks at which a tool said something.
fn judged(looks: &[Look]) -> impl Iterator<Item = (&Look, &Judged)> {
    looks.iter().filter_map(|look| Some((look, look.seen.as_ref().ok()?)))
}

fn is_missing(look: &Look) -> bool {
    look.seen.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported)
}

/// Which look it was of how many there may be, if it isn't the first.
fn which(look: &Look) -> String {
    if look.number > 1 { format!(" (look {} of {LOOKS})", look.number) } else { String::new() }
}
