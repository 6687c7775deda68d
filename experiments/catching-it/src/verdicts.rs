//! The first question: what does each tool report of each program?

use std::io::{self, ErrorKind};

use catching_it::tools::{self, Look, Looks};
use catching_it::{Bug, Known, PROGRAMS, Program, TOOLS, Tool};
use lab::{Case, Chosen, Done, Question, Report, Row, Whole};

/// Which tool finds which bug?
#[derive(clap::Args)]
pub struct Verdicts {
    /// Ask only this tool; give this flag again for more tools. With one tool and one --variant, you also see what the
    /// tool itself says [default: all of them]
    #[arg(long, value_name = "NAME", value_parser = TOOLS.map(Tool::name))]
    tool: Vec<String>,

    /// How many times each tool looks at each program
    #[arg(long, value_name = "N", default_value = "3")]
    looks: Whole<1, 1000, usize>,

    /// First build the standard library that tsan-std needs; this takes the nightly toolchain and a minute or two
    #[arg(long)]
    prepare: bool,
}

/// A program, and the tools that are asked. If there is one of each, the tool's own words are shown.
pub struct Given {
    program: &'static Program,
    tools: Vec<Tool>,
    is_alone: bool,
}

impl Question for Verdicts {
    const NAME: &str = "verdicts";
    const SHOWN: &str =
        "each tool reported as often as it is known to; missing tools don't count";
    const EXAMPLES: &str = "cargo run -p catching-it
        cargo run -p catching-it -- --prepare
        cargo run -p catching-it -- --tool helgrind --variant opposite-order-pthread
        cargo run -p catching-it -- --tool tsan --variant mutex --looks 20
        cargo run -p catching-it -- executions";
    const DRAWS: bool = false;
    const TIMES: bool = false;
    type Given = Given;
    /// The looks of each tool.
    type Run = Vec<Looks>;

    fn variants() -> Vec<&'static str> {
        PROGRAMS.iter().map(|program| program.name).collect()
    }

    fn cases(
        &self,
        chosen: &Chosen,
        report: &mut Report,
    ) -> io::Result<Vec<Case<Given>>> {
        let asked = |tool: &Tool| {
            self.tool.is_empty() || self.tool.iter().any(|name| name == tool.name())
        };
        let tools: Vec<Tool> = TOOLS.into_iter().filter(asked).collect();
        let is_alone = tools.len() == 1 && chosen.variant.is_some();
        let mut cases = Vec::new();
        for program in PROGRAMS.iter().filter(|program| chosen.wants(program.name))
        {
            if tools.iter().any(|tool| program.judges(*tool)) {
                cases.push(Case::new(
                    program.name,
                    "",
                    Given { program, tools: tools.clone(), is_alone },
                ));
            } else {
                report.not_here(
                    program.name,
                    "no tool that was asked can judge this program",
                );
            }
        }
        if cases.is_empty() {
            let what =
                "that --tool can't judge that --variant; leave one of the two out";
            return Err(io::Error::new(ErrorKind::InvalidInput, what));
        }
        Ok(cases)
    }

    fn run(&self, case: &Case<Given>) -> io::Result<Vec<Looks>> {
        let Given { program, tools, .. } = &case.given;
        // The library for tsan-std is also built if the reader asks for that tool by name.
        let wait = self.prepare || !self.tool.is_empty();
        let judge = tools.iter().filter(|tool| program.judges(**tool));
        Ok(judge
            .map(|tool| tools::look(*tool, program, self.looks.0, wait))
            .collect())
    }

    fn tell(&self, case: &Case<Given>, runs: &[Vec<Looks>], row: &mut Row<'_>) {
        let Given { program, tools, is_alone } = &case.given;
        let metric = if program.bug == Bug::None { "cries-wolf" } else { "caught" };
        for (tool, looks) in judged(&runs[0]) {
            let reports = reports(looks);
            row.at(tool.name());
            row.aside(metric, &format!("of {}", looks.len()), reports as f64);
            let verdict = format!(
                "{} on {}: {}",
                tool.name(),
                program.name,
                program.verdict(reports, looks.len())
            );
            if *is_alone {
                let shown =
                    looks.iter().find(|look| look.reports).unwrap_or(&looks[0]);
                row.say(format!("{verdict}."));
                row.quote(
                    &shown
                        .commands
                        .iter()
                        .map(|command| format!("$ {command}\n"))
                        .collect::<String>(),
                );
                row.quote(if shown.said.trim().is_empty() {
                    "The tool says nothing.\n"
                } else {
                    &shown.said
                });
            }
            let known = program
                .known_of(tool)
                .filter(|known| !known.allows(reports, looks.len()));
            if let Some(known) = known {
                let known = if known == Known::Always {
                    "in every look"
                } else {
                    "in no look"
                };
                row.say(format!("{verdict}. On this program, {} should report {known}. Has the tool changed?", tool.name()));
                row.wrong();
            }
        }
        if !*is_alone && judged(&runs[0]).next().is_some() {
            row.words(
                "program is",
                if program.bug == Bug::None { "right" } else { "broken" },
            );
            for tool in tools {
                let looks = runs[0]
                    .iter()
                    .find(|looks| looks.tool == *tool)
                    .map(|looks| &looks.seen);
                row.words(
                    tool.name(),
                    match looks {
                        Some(Ok(looks)) => {
                            format!("{} of {}", reports(looks), looks.len())
                        }
                        Some(Err(error))
                            if error.kind() != ErrorKind::Unsupported =>
                        {
                            "?".to_owned()
                        } // the tool failed
                        _ => "–".to_owned(),
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
                    // It's no failure if one tool can't look here, as long as another one looked at the same program.
                    Err(error) if was_judged || is_missing(look) => {
                        report.not_here(look.tool.name(), error);
                    }
                    Err(error) => report.left_out(&case.name, error),
                    Ok(_) => {}
                }
            }
            if runs[0].iter().all(is_missing) {
                report.not_here(
                    &case.name,
                    "no tool that can judge this program is here",
                );
            }
        }
        if done.iter().any(|done| done.case.given.is_alone) {
            return;
        }
        let all = || {
            done.iter().flat_map(|done| {
                judged(&done.runs[0]).map(|seen| (done.case.given.program, seen))
            })
        };
        let mut list = |what: &str, is_one: fn(Bug, usize, usize) -> bool| {
            let ones = all().filter(|(program, (_, looks))| {
                is_one(program.bug, reports(looks), looks.len())
            });
            let mut names: Vec<_> = ones
                .map(|(program, (tool, _))| {
                    format!("{} on {}", tool.name(), program.name)
                })
                .collect();
            names.sort();
            if !names.is_empty() {
                report.say(format!("{what}: {}.", names.join(", ")));
            }
        };
        list("Missed bugs", |bug, reports, _| bug != Bug::None && reports == 0);
        list("False alarms", |bug, reports, _| bug == Bug::None && reports > 0);
        list("Reports in some looks only", |_, reports, looks| {
            (1..looks).contains(&reports)
        });
        if all().next().is_some() {
            report.say(
                "Each cell says in how many looks the tool reported the bug or, if the program is right, reported anything. A dash means that the tool can't judge the program, wasn't asked, or isn't here.",
            );
            report.say_if_right(
                "Each tool reported as often as it is known to report.",
            );
        }
    }
}

/// The looks of the tools that said something.
fn judged(all: &[Looks]) -> impl Iterator<Item = (Tool, &Vec<Look>)> {
    all.iter().filter_map(|looks| Some((looks.tool, looks.seen.as_ref().ok()?)))
}

/// In how many looks the tool reported.
fn reports(looks: &[Look]) -> usize {
    looks.iter().filter(|look| look.reports).count()
}

fn is_missing(looks: &Looks) -> bool {
    looks.seen.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unsupported)
}
