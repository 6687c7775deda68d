//! The frame of an experiment's program: all that isn't a variant, written once for all experiments.
//!
//! A program asks one or several questions. A [`Question`] is a type: its fields are its flags, and it says which cases
//! there are, how a case is run, and what its runs come to. [`lesson`] does the rest. It reads the command line, runs the
//! cases round by round, says which cases the machine refuses, turns each number into a cell of the table and an outcome
//! for `--json`, writes the timeline, and ends with an exit code.
//!
//! The words mean the same everywhere: a *variant* is one of the ways that an experiment compares, a *case* is a variant at
//! a parameter, a *run* is what running a case once gave, and a *row* is the line of the table for a case.

use std::ffi::OsString;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::process::ExitCode;

use base::quantity::{thousands, three_digits};
use base::{arguments, files};
use clap::builder::PossibleValue;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use crate::doubt::{self, Watch};
use crate::progress::Progress;
use crate::report::{Cell, Line};
use crate::trace::Event;
use crate::{Ending, Report, Span, Trace, machine};

/// One question of an experiment. The value holds what was given for its flags; its doc comment is the question.
pub trait Question: Args {
    /// The question's name on the command line, if the experiment asks several.
    const NAME: &'static str = "";
    /// What exit code 0 says, in a sentence without a full stop.
    const SHOWN: &'static str;
    /// Command lines to try, one a line; the words behind `#` say why.
    const EXAMPLES: &'static str;
    /// How many workers there may be, if the reader can choose.
    const WORKERS: Option<Workers> = None;
    /// The variant that the others are compared with, if there is one. It runs whichever variant is chosen.
    const BASELINE: Option<&'static str> = None;
    /// Whether the runs record when they did what, for `--trace`.
    const DRAWS: bool = true;
    /// Whether the question compares times, or numbers that depend on times. If the machine is too busy for that, the report
    /// says so first.
    const TIMES: bool = true;
    /// Whether only our own programs ask this question, so that no help names it.
    const HIDDEN: bool = false;

    /// All that a run of a case needs.
    type Given;
    /// What one run gives.
    type Run;

    /// The variants that `--variant` can choose, in the order of the table; none if there is nothing to choose.
    fn variants() -> Vec<&'static str> {
        Vec::new()
    }

    /// Other names that the table shows, each with its variant. `--variant` accepts them too, though no help lists them, and
    /// each chooses only the cases of that name.
    fn other_names() -> Vec<[&'static str; 2]> {
        Vec::new()
    }

    /// The cases, in the order of the table. The report says which ones can't be tried here.
    ///
    /// # Errors
    /// The flags contradict each other (`ErrorKind::InvalidInput`), or something that all cases need is missing.
    fn cases(&self, chosen: &Chosen, report: &mut Report) -> io::Result<Vec<Case<Self::Given>>>;

    /// How often each case runs.
    fn rounds(&self) -> u64 {
        1
    }

    /// Runs a case once.
    ///
    /// # Errors
    /// The system refuses something. This variant is then left out, and the others go on.
    fn run(&self, case: &Case<Self::Given>) -> io::Result<Self::Run>;

    /// Tells what the runs of a case come to; there is at least one run. A case of which this tells nothing gets no row.
    fn tell(&self, _case: &Case<Self::Given>, _runs: &[Self::Run], _row: &mut Row<'_>) {}

    /// Tells the same with the other cases at hand, for a number that compares two cases. The runs of every case are in the
    /// order of the rounds. By default this calls [`Question::tell`].
    fn compare(&self, done: &Done<Self>, _all: &[Done<Self>], row: &mut Row<'_>) {
        self.tell(&done.case, &done.runs, row);
    }

    /// Says below the table what all cases together show.
    fn conclude(&self, _done: &[Done<Self>], _report: &mut Report) {}

    /// Runs all cases round by round, so that a disturbance of the machine doesn't hit one case alone. After the first round
    /// each round has a random order. A variant that the system refuses is left out as a whole.
    fn run_all(&self, cases: Vec<Case<Self::Given>>, report: &mut Report) -> Vec<Done<Self>> {
        let mut all: Vec<Done<Self>> = cases.into_iter().map(|case| Done { case, runs: Vec::new() }).collect();
        let mut progress = Progress::begin(self.rounds() * all.len() as u64);
        for round in 0..self.rounds() {
            let mut order: Vec<usize> = (0..all.len()).collect();
            if round > 0 {
                fastrand::shuffle(&mut order);
            }
            let mut refused: Vec<String> = Vec::new();
            for at in order {
                let Done { case, runs } = &mut all[at];
                if refused.contains(&case.name) {
                    continue;
                }
                progress.next(&case.name);
                match self.run(case) {
                    Ok(run) => runs.push(run),
                    Err(error) => {
                        report.left_out(&case.name, error);
                        refused.push(case.name.clone());
                    }
                }
            }
            all.retain(|done| !refused.contains(&done.case.name));
        }
        all
    }
}

/// What was chosen by the flags that all questions have.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// How many workers; 0 where there is nothing to choose.
    pub workers: usize,
    /// The one variant, if the reader wants only one. The frame drops the cases of the others; this spares preparing them.
    pub variant: Option<String>,
    /// Of that variant, only the cases of this name in the table.
    pub name: Option<String>,
}

impl Chosen {
    /// Whether the reader wants this variant.
    pub fn wants(&self, variant: &str) -> bool {
        self.variant.as_deref().is_none_or(|only| only == variant)
    }

    /// Whether the reader wants this case.
    fn wants_case<G>(&self, case: &Case<G>) -> bool {
        self.wants(case.variant) && self.name.as_deref().is_none_or(|only| only == case.name)
    }
}

/// How many workers a question may have.
#[derive(Clone, Copy, Debug)]
pub struct Workers {
    /// The least that are accepted.
    pub least: usize,
    /// The most that are accepted.
    pub most: usize,
    /// The default; nothing stands for one worker for each CPU, and at least 2.
    pub default: Option<usize>,
    /// What the flag does, for the help.
    pub help: &'static str,
}

impl Workers {
    /// The most that an experiment accepts: enough to oversubscribe any machine, too few to bring one down.
    pub const MOST: usize = 1024;

    /// Any number, by default one for each CPU.
    pub const ANY: Self = Self { least: 1, most: Self::MOST, default: None, help: "How many workers to run" };

    fn by_default(&self) -> usize {
        self.default.unwrap_or_else(|| machine::usable_cpus().max(2)).clamp(self.least, self.most)
    }

    /// What the help says of the flag.
    fn in_words(&self) -> String {
        let number = self.by_default();
        let is_of_cpus = self.default.is_none() && number == machine::usable_cpus();
        format!("{} [default: {number}{}]", self.help, if is_of_cpus { ", one for each CPU" } else { "" })
    }
}

/// A variant at a parameter, with what a run of it needs.
#[derive(Clone, Debug)]
pub struct Case<G> {
    /// The variant, as `--variant` names it.
    pub variant: &'static str,
    /// The name of the variant in the table, the outcomes and the charts: nearly always the same as `variant`.
    pub name: String,
    /// What the experiment varies, such as the number of workers.
    pub parameter: String,
    /// What a run of the case needs.
    pub given: G,
}

impl<G> Case<G> {
    /// A variant at a parameter.
    pub fn new(variant: &'static str, parameter: impl ToString, given: G) -> Self {
        Self { variant, name: variant.to_owned(), parameter: parameter.to_string(), given }
    }

    /// The same case under another name in the table, the outcomes and the charts.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }
}

/// A case that has been run.
#[derive(Debug)]
pub struct Done<Q: Question> {
    /// The case.
    pub case: Case<Q::Given>,
    /// Its runs, in order; at least one.
    pub runs: Vec<Q::Run>,
}

/// What a case comes to: a line of the table, and its outcomes.
#[derive(Debug)]
pub struct Row<'a> {
    name: &'a str,
    parameter: String,
    line: Line,
    report: &'a mut Report,
    trace: &'a mut Trace,
    wrong: &'a mut Vec<String>,
    interpreter: Option<String>,
}

impl Row<'_> {
    /// Tells a number once for both: it becomes a cell in the column of the metric's name, and an outcome. A number that isn't
    /// finite becomes a dash in the table, and no outcome.
    pub fn number(&mut self, metric: &str, unit: &str, value: f64) {
        self.number_in(metric, metric, unit, value);
    }

    /// Tells a number in a column of another name.
    pub fn number_in(&mut self, column: &str, metric: &str, unit: &str, value: f64) {
        self.line.cells.push(Cell::number(column, unit, value));
        self.aside(metric, unit, value);
    }

    /// Tells the following numbers at another parameter than that of the case, for numbers that stand side by side in a row.
    pub fn at(&mut self, parameter: impl ToString) {
        self.parameter = parameter.to_string();
    }

    /// Begins another line of the table, at another parameter than that of the case, for a run that tells several things.
    pub fn line_at(&mut self, parameter: impl ToString) {
        let line = mem::replace(&mut self.line, Line::new(self.name));
        self.report.line(line);
        self.at(parameter);
    }

    /// Tells a number to programs alone: an outcome without a cell.
    pub fn aside(&mut self, metric: &str, unit: &str, value: f64) {
        self.report.outcome(self.name, &self.parameter, metric, unit, value);
        if let Some(interpreter) = self.interpreter.as_deref().filter(|_| value.is_finite()) {
            self.report.ran_on(interpreter);
        }
    }

    /// Says on which interpreter the following numbers were measured.
    pub fn ran_on(&mut self, interpreter: Option<&str>) {
        self.interpreter = interpreter.map(str::to_owned);
    }

    /// Tells people something in words: a cell without an outcome.
    pub fn words(&mut self, column: &str, words: impl Into<String>) {
        self.line.cells.push(Cell::words(column, words));
    }

    /// Sets the length of the row's bar, from 0 to 1. Without this, the bar shows the last number of the row: as a share of
    /// 100 if the number is in percent, otherwise as a share of the largest number in its column.
    pub fn bar(&mut self, share: f64) {
        self.line.bar = Some(share);
    }

    /// Notes that the case isn't as it should be. The program then says so, and ends with exit code 1.
    pub fn wrong(&mut self) {
        if !self.wrong.iter().any(|name| name == self.name) {
            self.wrong.push(self.name.to_owned());
        }
    }

    /// Says something below the table.
    pub fn say(&mut self, line: impl Into<String>) {
        self.report.say(line);
    }

    /// Says something about times below the table, unless the machine is too busy to tell.
    pub fn say_of_times(&mut self, line: impl Into<String>) {
        self.report.say_of_times(line);
    }

    /// Shows the output of another program, unchanged, below everything else; not with `--json`.
    pub fn quote(&mut self, text: &str) {
        self.report.quote(text);
    }

    /// Draws when each worker worked, as a group of the timeline that is named after the case.
    pub fn team(&mut self, spans: &[Span]) {
        self.trace.team(&format!("{}, {}", self.name, self.parameter), spans);
    }

    /// Draws rows of events, as a group of the timeline.
    pub fn timeline(&mut self, group: &str, rows: &[(String, Vec<Event>)]) {
        self.trace.rows(group, rows);
    }
}

/// The value in the middle; of an even number of values, the upper one of the two. Not a number if there is no value.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    middle(values.into_iter().collect())
}

/// The median of the times that the rounds of a case took. If the times gather at two values, a median between the two would
/// be a time that no round took. Then this is the value that more of them gather at, and the report says so first.
pub fn of_rounds(times: impl IntoIterator<Item = f64>) -> f64 {
    let times: Vec<f64> = times.into_iter().collect();
    doubt::two_modes(&times).unwrap_or_else(|| middle(times))
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One of the questions of a program: see [`ask`].
#[derive(Clone, Copy)]
pub struct Asked {
    name: &'static str,
    is_hidden: bool,
    flags: fn(Command) -> Command,
    answer: fn(&'static str, &ArgMatches) -> io::Result<Ending>,
}

/// This question, for [`lesson`].
pub fn ask<Q: Question>() -> Asked {
    Asked { name: Q::NAME, is_hidden: Q::HIDDEN, flags: flags::<Q>, answer: answer::<Q> }
}

/// The `main` of an experiment, by its slug. It answers the question that the command line names, or the first question.
///
/// Exit code 0: the experiment showed what it is there to show; 1: it didn't, or something was left out; 2: wrong
/// arguments, told in one line.
pub fn lesson(slug: &'static str, questions: &[Asked]) -> ExitCode {
    crate::run(|| {
        let given = read(slug, questions, std::env::args_os());
        let (asked, given) = given.unwrap_or_else(|error| arguments::end(&error, 1));
        (asked.answer)(slug, &given)
    })
}

/// The question that these words ask, and what they give for its flags.
fn read(
    slug: &'static str,
    questions: &[Asked],
    words: impl IntoIterator<Item = OsString>,
) -> Result<(Asked, ArgMatches), clap::Error> {
    let [first, others @ ..] = questions else { unreachable!("an experiment asks something") };
    let command = Command::new(slug).bin_name(format!("cargo run -p {slug} --"));
    let mut command = (first.flags)(arguments::with_narrow_help(command));
    if !others.is_empty() {
        // The flags of the first question are refused in front of the name of another one.
        command = command.args_conflicts_with_subcommands(true).disable_help_subcommand(true);
        command = command.subcommand_value_name("QUESTION").subcommand_help_heading("Questions");
        for question in questions {
            let own = Command::new(question.name).hide(question.is_hidden);
            command = command.subcommand((question.flags)(own));
        }
    }
    let mut given =
        command.try_get_matches_from(words).map_err(|error| match error.get(ContextKind::InvalidSubcommand) {
            Some(word) => {
                let names = questions.iter().filter(|question| !question.is_hidden).map(|question| question.name);
                let (word, known) = (word.to_string(), names.collect::<Vec<_>>());
                let what = match known.contains(&&word[..]) {
                    true => format!("'{word}' is a question; put its name before the flags\n"),
                    false => format!("there is no question '{word}'; give one of {}\n", known.join(", ")),
                };
                clap::Error::raw(error.kind(), what)
            }
            None => error,
        })?;
    match given.remove_subcommand() {
        Some((name, given)) => {
            let asked = questions.iter().find(|question| question.name == name);
            Ok((*asked.ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand))?, given))
        }
        None => Ok((*first, given)),
    }
}

/// Adds a question's own flags to a command, and the flags that all questions have.
fn flags<Q: Question>(command: Command) -> Command {
    let others = Q::other_names().into_iter().map(|[name, _]| PossibleValue::new(name).hide(true));
    let variants = Q::variants().into_iter().map(PossibleValue::new).chain(others).collect();
    let command = with_common_flags(Q::augment_args(command), Q::WORKERS, variants, Q::DRAWS);
    command.after_help(format!(
        "Exit codes:\n  0  {}\n  1  otherwise, or if something was left out\n  2  wrong arguments\n\nExamples:\n{}",
        Q::SHOWN,
        Q::EXAMPLES.lines().map(|line| format!("  {}", line.trim())).collect::<Vec<_>>().join("\n"),
    ))
}

fn with_common_flags(command: Command, workers: Option<Workers>, variants: Vec<PossibleValue>, draws: bool) -> Command {
    let mut command = command.mut_args(|flag| match flag.get_action() {
        // A value that begins with a minus is a wrong value, not an unknown flag.
        ArgAction::Set | ArgAction::Append => with_commas(flag.allow_negative_numbers(true)),
        _ => flag,
    });
    if let Some(workers) = workers {
        let number = arguments::whole::<usize>(workers.least as u64..=workers.most as u64);
        let flag =
            Arg::new("workers").long("workers").value_name("N").value_parser(number).allow_negative_numbers(true);
        command = command.arg(flag.help(workers.in_words()));
    }
    if !variants.is_empty() {
        let flag = Arg::new("variant").long("variant").value_name("NAME").value_parser(variants);
        command = command.arg(flag.help("Run only this variant [default: all of them]"));
    }
    let json = Arg::new("json").long("json").value_name("FILE").value_parser(clap::value_parser!(PathBuf));
    let json = json.num_args(0..=1).require_equals(true).default_missing_value("-");
    command = command.arg(json.help(
        "Print JSON Lines instead of the table, one object for each number; with =FILE, print the table and write \
         the JSON Lines to FILE",
    ));
    if draws {
        let trace = Arg::new("trace").long("trace").value_name("FILE").value_parser(clap::value_parser!(PathBuf));
        command = command.arg(trace.help(
            "Also write a timeline to FILE, in the Chrome trace event format, which https://ui.perfetto.dev opens",
        ));
    }
    command
}

/// The flag with its default as people read it: `1,000,000`.
fn with_commas(flag: Arg) -> Arg {
    let number = match flag.get_default_values() {
        [only] => only.to_str().and_then(|text| text.parse().ok()).filter(|number| *number >= 1000),
        _ => None,
    };
    match number {
        // clap keeps a default for as long as the program runs.
        Some(number) => flag.default_value(&*thousands(number).leak()),
        None => flag,
    }
}

fn answer<Q: Question>(slug: &'static str, given: &ArgMatches) -> io::Result<Ending> {
    let question = Q::from_arg_matches(given).unwrap_or_else(|error| arguments::end(&error, 1));
    let chosen = chosen::<Q>(given);
    let path: Option<&PathBuf> = if Q::DRAWS { given.get_one("trace") } else { None };
    let json: Option<&PathBuf> = given.get_one("json");
    let (is_for_stdout, file) = (json.is_some_and(|file| file == "-"), json.filter(|file| *file != "-"));
    // A path that can't be written is refused at once, and not after a long run.
    file.map_or(Ok(()), |file| files::can_be_written(Report::IN_WORDS, file))?;
    path.map_or(Ok(()), |path| files::can_be_written(Trace::IN_WORDS, path))?;
    let (report, trace, is_right) = answered(slug, &question, &chosen)?;
    report.print(is_for_stdout)?;
    file.map_or(Ok(()), |file| report.write(file))?;
    path.map_or(Ok(()), |path| trace.write(path))?;
    Ok(if is_right && !report.is_partial() { Ending::Shown } else { Ending::NotShown })
}

fn chosen<Q: Question>(given: &ArgMatches) -> Chosen {
    let workers = |workers: Workers| given.get_one("workers").copied().unwrap_or_else(|| workers.by_default());
    let variant = if Q::variants().is_empty() { None } else { given.get_one::<String>("variant").cloned() };
    let name = Q::other_names().into_iter().find(|[name, _]| variant.as_deref() == Some(*name));
    let workers = Q::WORKERS.map_or(0, workers);
    match name {
        Some([name, variant]) => Chosen { workers, variant: Some(variant.to_owned()), name: Some(name.to_owned()) },
        None => Chosen { workers, variant, name: None },
    }
}

/// The answer to a question: the report, the timeline, and whether all is as it should be.
fn answered<Q: Question>(slug: &str, question: &Q, chosen: &Chosen) -> io::Result<(Report, Trace, bool)> {
    let (mut report, mut trace, mut wrong) = (Report::new(slug), Trace::default(), Vec::new());
    let mut cases = question.cases(chosen, &mut report)?;
    let is_shown = |name: &String| cases.is_empty() || cases.iter().any(|case| case.name == *name);
    if let Some(name) = chosen.name.as_ref().filter(|name| !is_shown(name)) {
        let variant = chosen.variant.as_deref().unwrap_or_default();
        let why = format!("with these flags there is no {name}; use --variant {variant}, or other flags");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    cases.retain(|case| chosen.wants_case(case) || Q::BASELINE == Some(case.variant));
    let watch = Watch::begin();
    let done = question.run_all(cases, &mut report);
    let _ = doubt::two_modes_since();
    if Q::TIMES {
        report.doubt(watch.end());
    }
    for told in &done {
        let case = &told.case;
        let (name, parameter, line) = (&case.name, case.parameter.clone(), Line::new(&case.name));
        let mut row =
            Row { name, parameter, line, report: &mut report, trace: &mut trace, wrong: &mut wrong, interpreter: None };
        question.compare(told, &done, &mut row);
        let line = row.line;
        report.line(line);
        if let Some(factor) = doubt::two_modes_since().filter(|_| Q::TIMES) {
            let factor = three_digits(factor);
            report.doubt(vec![format!(
                "The times of {name} gather at two values: the higher one is {factor} times the lower one."
            )]);
        }
    }
    report.is_right = wrong.is_empty() && !done.is_empty();
    question.conclude(&done, &mut report);
    if !wrong.is_empty() {
        let wrong = wrong.join(", ");
        report.say(format!("NOT as it should be: {wrong}. Please report this, and say which machine you have."));
    }
    Ok((report, trace, wrong.is_empty()))
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;
    use crate::Whole;

    /// Is it there?
    #[derive(Args)]
    struct Sought {
        /// How often to look
        #[arg(long, default_value = "3")]
        looks: Whole<1, 9>,
    }

    impl Question for Sought {
        const NAME: &str = "sought";
        const SHOWN: &str = "it was there";
        const EXAMPLES: &str = "cargo run -p sample\n    cargo run -p sample -- --looks 2   # twice";
        const WORKERS: Option<Workers> = Some(Workers { least: 2, most: 4, default: Some(3), help: "How many look" });

        fn other_names() -> Vec<[&'static str; 2]> {
            vec![["here-too", "here"]]
        }

        const TIMES: bool = false;
        type Given = f64;
        type Run = f64;

        fn variants() -> Vec<&'static str> {
            vec!["here", "there", "refused", "nowhere"]
        }

        fn cases(&self, chosen: &Chosen, _: &mut Report) -> io::Result<Vec<Case<f64>>> {
            let cases = [("here", 1.0), ("here", 2.0), ("there", 3.0), ("refused", 0.0), ("nowhere", f64::NAN)];
            let case = |(variant, given)| Case::new(variant, chosen.workers, given);
            let mut cases: Vec<Case<f64>> = cases.map(case).into();
            if chosen.wants("here") && chosen.variant.is_some() && self.looks.0 == 3 {
                cases.push(case(("here", 4.0)).named("here-too"));
            }
            Ok(cases)
        }

        fn rounds(&self) -> u64 {
            self.looks.0
        }

        fn run(&self, case: &Case<f64>) -> io::Result<f64> {
            if case.variant == "refused" { Err(io::Error::other("no room")) } else { Ok(case.given) }
        }

        fn tell(&self, case: &Case<f64>, runs: &[f64], row: &mut Row<'_>) {
            assert_eq!(runs.len() as u64, self.looks.0);
            row.number("how-far", "ns", median(runs.iter().copied()));
            row.at("all");
            row.number_in("seen", "looks", "looks", runs.len() as f64);
            if case.given == 2.0 {
                row.wrong();
                row.line_at("more");
                row.words("how far", "further");
            }
        }
    }

    /// What else is there?
    #[derive(Args)]
    struct Else {
        /// Where
        #[arg(long)]
        place: Option<String>,
    }

    impl Question for Else {
        const NAME: &str = "else";
        const SHOWN: &str = "something was";
        const EXAMPLES: &str = "cargo run -p sample -- else";
        const DRAWS: bool = false;
        type Given = ();
        type Run = ();

        fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<()>>> {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "--place is nowhere; name another"))
        }

        fn run(&self, _: &Case<()>) -> io::Result<()> {
            Ok(())
        }

        fn tell(&self, _: &Case<()>, _: &[()], _: &mut Row<'_>) {}
    }

    /// How far is it, beside the nearest?
    #[derive(Args)]
    struct Beside {}

    impl Question for Beside {
        const SHOWN: &str = "it was further";
        const EXAMPLES: &str = "cargo run -p sample";
        const BASELINE: Option<&str> = Some("near");
        type Given = f64;
        type Run = f64;

        fn cases(&self, _: &Chosen, _: &mut Report) -> io::Result<Vec<Case<f64>>> {
            Ok([("near", 2.0), ("far", 6.0), ("further", 8.0)].map(|(name, far)| Case::new(name, "all", far)).into())
        }

        fn run(&self, case: &Case<f64>) -> io::Result<f64> {
            Ok(case.given)
        }

        fn compare(&self, done: &Done<Self>, all: &[Done<Self>], row: &mut Row<'_>) {
            row.number("as-far", "times", done.runs[0] / all[0].runs[0]);
        }
    }

    #[test]
    fn what_others_are_compared_with_runs_whichever_is_chosen() {
        let chosen = Chosen { workers: 0, variant: Some("far".to_owned()), name: None };
        let (report, ..) = answered("sample", &Beside {}, &chosen).unwrap();
        let told: Vec<_> = report.outcomes().iter().map(|told| (&told.variant[..], told.value)).collect();
        assert_eq!(told, [("near", 1.0), ("far", 3.0)]);
    }

    fn words(line: &str) -> Result<(Asked, ArgMatches), clap::Error> {
        let words = std::iter::once("sample").chain(line.split_whitespace()).map(OsString::from);
        read("sample", &[ask::<Sought>(), ask::<Else>()], words)
    }

    fn refusal(line: &str) -> String {
        arguments::complaint(&words(line).err().expect(line))
    }

    fn sought(line: &str) -> (Report, bool) {
        let (_, given) = words(line).unwrap();
        let question = Sought::from_arg_matches(&given).unwrap();
        let chosen = chosen::<Sought>(&given);
        let (report, _, is_right) = answered("sample", &question, &chosen).unwrap();
        (report, is_right)
    }

    #[test]
    fn a_number_is_told_once_and_becomes_cell_and_outcome() {
        let (report, is_right) = sought("--variant there --looks 2");
        assert!(is_right && !report.is_partial());
        assert!(
            report.text(80).starts_with("variant  how far  seen\nthere    3.00 ns     2  █"),
            "{}",
            report.text(80)
        );
        let told: Vec<_> =
            report.outcomes().iter().map(|told| (&told.parameter[..], &told.metric[..], told.value)).collect();
        assert_eq!(told, [("3", "how-far", 3.0), ("all", "looks", 2.0)]);
    }

    #[test]
    fn a_name_in_the_table_chooses_its_cases_and_the_variant_chooses_all() {
        let rows = |line: &str| {
            let (report, _) = sought(line);
            report.outcomes().iter().filter(|told| told.metric == "looks").map(|told| told.variant.clone()).collect()
        };
        let (one, all): (Vec<String>, Vec<String>) = (rows("--variant here-too"), rows("--variant here"));
        assert_eq!(one, ["here-too"]);
        assert_eq!(all, ["here", "here", "here-too"]);
        let (_, given) = words("--variant here-too --looks 2").unwrap();
        let question = Sought::from_arg_matches(&given).unwrap();
        let refused = answered("sample", &question, &chosen::<Sought>(&given)).unwrap_err();
        assert!(refused.to_string().contains("there is no here-too; use --variant here, "), "{refused}");
        assert!(!refusal("--variant x").contains("here-too"), "{}", refusal("--variant x"));
    }

    #[test]
    fn a_default_has_its_thousands_set_apart() {
        let flag = |default| with_commas(Arg::new("flag").long("flag").default_value(default));
        for (default, shown) in [("1000000", "1,000,000"), ("999", "999"), ("0,64", "0,64"), ("short", "short")] {
            assert_eq!(flag(default).get_default_values(), [shown]);
        }
    }

    #[test]
    fn a_median_is_never_a_value_between_two_modes() {
        assert_eq!(of_rounds([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(doubt::two_modes_since(), None);
        let gathered = [1.0, 1.01, 1.02, 1.01, 5.0, 5.05, 5.1, 5.05, 5.02, 5.08];
        assert_eq!(of_rounds(gathered), 5.05);
        assert!((4.9..5.1).contains(&doubt::two_modes_since().unwrap()));
        assert_eq!(doubt::two_modes_since(), None, "it's told once");
    }

    #[test]
    fn what_is_refused_is_left_out_and_what_is_wrong_is_named() {
        let (report, is_right) = sought("");
        let text = report.text(200);
        assert!(!is_right && report.is_partial());
        assert!(text.contains("NOT as it should be: here. "), "{text}");
        assert!(text.contains("Left out: refused (no room)."), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("here ")).count(), 3, "{text}");
        assert!(text.lines().any(|line| line.starts_with("nowhere") && line.contains('–')), "{text}");
        assert!(!report.outcomes().iter().any(|told| told.variant == "nowhere" && told.metric == "how-far"));
    }

    #[test]
    fn the_first_question_is_the_one_that_nobody_names() {
        assert_eq!(words("").unwrap().0.name, "sought");
        assert_eq!(words("--looks 2").unwrap().0.name, "sought");
        assert_eq!(words("sought --looks 2").unwrap().0.name, "sought");
        assert_eq!(words("else --place x").unwrap().0.name, "else");
    }

    #[test]
    fn json_goes_to_stdout_or_to_a_file_that_is_named_behind_an_equals_sign() {
        let json = |line: &str| words(line).unwrap().1.get_one::<PathBuf>("json").cloned();
        assert_eq!(json(""), None);
        assert_eq!(json("--json --looks 2"), Some("-".into()));
        assert_eq!(json("--json=some.json"), Some("some.json".into()));
        assert!(refusal("--json some.json").contains("some.json") && refusal("--json=").contains("--json"));
    }

    #[test]
    fn a_flag_of_another_question_is_refused() {
        for line in
            ["else --looks 2", "else --workers 2", "else --trace x", "--looks 2 else", "--place x", "sought --place x"]
        {
            assert!(words(line).is_err(), "{line}");
        }
        assert!(refusal("els").contains("else"), "{}", refusal("els"));
        assert!(refusal("--json else").contains("put its name before the flags"), "{}", refusal("--json else"));
    }

    #[test]
    fn a_wrong_value_gets_one_line_that_names_it_and_what_is_right() {
        let wrong = [
            ("--workers 1", ["'1'", "--workers", "from 2 to 4"]),
            ("--workers -1", ["'-1'", "--workers", "from 2 to 4"]),
            ("--looks 10", ["'10'", "--looks", "from 1 to 9"]),
            ("--looks -1", ["'-1'", "--looks", "from 1 to 9"]),
            ("--looks", ["--looks", "value is required", "--help"]),
            ("--variant tere", ["'tere'", "--variant", "there"]),
            ("--lokos 2", ["--lokos", "--looks", "--help"]),
            ("--looks 2 --looks 2", ["--looks", "multiple times", "--help"]),
            ("more", ["'more'", "sought", "--help"]),
        ];
        for (line, says) in wrong {
            let said = refusal(line);
            assert!(!said.contains('\n') && says.iter().all(|what| said.contains(what)), "{line}: {said}");
        }
    }

    #[test]
    fn help_has_the_question_the_exit_codes_and_examples() {
        let help = words("--help").err().unwrap().to_string();
        for what in
            ["Is it there?", "0  it was there", "2  wrong arguments", "--looks 2   # twice", "What else is there?"]
        {
            assert!(help.contains(what), "{what}: {help}");
        }
        assert!(help.contains("[default: 3]") && words("else --help").err().unwrap().to_string().contains("--place"));
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        assert!(Workers::ANY.in_words().starts_with("How many workers to run [default: "));
    }

    #[test]
    fn an_error_in_the_arguments_is_ours() {
        let (asked, given) = words("else").unwrap();
        assert_eq!((asked.answer)("sample", &given).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
