//! `cargo compare`: our figures beside those of other tools, on this machine, in one run, in turns.
//!
//! Nothing is written into the edition before all is measured. Every command runs under a deadline, and ends with this one.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use base::files;
use base::telling::{self, complain};
use clap::Parser;
use clap::builder::PossibleValuesParser;
use compare::measuring::{Comparing, Measured};
use compare::programs::Programs;
use compare::rows::ROWS;
use edition::comparison::{self, Comparison, Verdict};
use edition::{Effort, LOCAL, Project, Writer, check_name, take};
use record::noise::Noise;
use record::progress;

/// This many that the interval may leave out the lowest and the highest, and still covers the median with 96 %.
const ROUNDS: usize = 9;

/// Compare our figures with those of other tools: both on this machine, in one run, in turns
#[derive(Parser)]
#[command(
    name = "compare",
    bin_name = "cargo compare",
    after_help = "Examples:
  cargo compare                          everything, into the edition local
  cargo compare --edition room-12        under a name that git keeps
  cargo compare --row pipe-one-core      one row, and write nothing

Exit codes:
  0  no factor is outside of its limit, or what was measured explains it
  1  a factor is outside of its limit, and nothing explains it
  2  wrong arguments, or something couldn't be measured"
)]
struct Arguments {
    /// Put the comparison into this edition
    #[arg(long, value_name = "NAME", default_value = LOCAL, value_parser = |name: &str| check_name(name).map(|()| name.to_owned()))]
    edition: String,

    /// Give each row this many rounds; in each round every command runs five times, in turns with the others
    #[arg(long, value_name = "N", default_value_t = ROUNDS, value_parser = base::arguments::whole::<usize>(1..=1000), allow_negative_numbers = true)]
    rounds: usize,

    /// Measure only this row, and write nothing
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(ROWS.map(|row| row.name)))]
    row: Option<String>,

    /// Don't let the factors decide the exit code, for instance on a busy machine
    #[arg(long)]
    unjudged: bool,

    /// End a process that takes longer than this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = base::arguments::whole::<u64>(1..=86_400), allow_negative_numbers = true)]
    limit: u64,
}

fn main() -> ExitCode {
    let arguments: Arguments = base::arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => telling::fail(&error),
    }
}

/// Whether all is as it should be.
fn run(arguments: &Arguments) -> Result<bool> {
    let root = files::root()?;
    let _writer = Writer::begin(&root)?;
    let project = Project::open(&root)?;
    let edition = project.editions.iter().find(|edition| edition.name == arguments.edition);
    take::check_machine(edition, &base::machine::this())?;

    let noise = Noise::begin();
    if let Some(load) = noise.high_load() {
        complain(&format!("the load average is {load:.1} already: other programs are at work, and that will show"));
    }
    let kind = if arguments.rounds < ROUNDS { Effort::Quick } else { Effort::Full };
    let provenance = take::now(&root, vec![command(arguments)], kind);
    let rows: Vec<_> = ROWS.iter().filter(|row| arguments.row.as_deref().is_none_or(|name| name == row.name)).collect();
    let commands: Vec<&str> = rows.iter().flat_map(|row| row.tools()).map(|tool| tool.command).collect();
    complain("building the programs");
    let programs = Programs::find(&project, &commands)?;

    let (began, started) = (noise.again(), Instant::now());
    let limit = Duration::from_secs(arguments.limit);
    let bar = progress((rows.len() * arguments.rounds) as u64);
    let comparing = Comparing { programs: &programs, rounds: arguments.rounds, limit, bar: &bar };
    let mut comparison = Comparison { schema: comparison::SCHEMA, provenance, rows: Vec::new(), left_out: Vec::new() };
    let mut missing = false;
    for row in rows {
        match comparing.row(row)? {
            Measured::Row(row) => comparison.rows.push(*row),
            Measured::NotHere(left_out) => comparison.left_out.push(left_out),
            Measured::ToolMissing(left_out) => {
                missing = true;
                comparison.left_out.push(left_out);
            }
        }
    }
    bar.finish_and_clear();
    comparison.provenance = began.end(comparison.provenance);
    comparison.validate()?;
    if arguments.row.is_none() {
        let folder = root.join("book/data").join(&arguments.edition);
        match edition {
            // Its machine is described already, by the recording that is in it.
            Some(_) => comparison.save(&folder)?,
            None => take::save(&folder, None, comparison.provenance.clone(), |folder| comparison.save(folder))?,
        }
    }
    let took = started.elapsed().as_secs();
    let ending = format!("Measuring took {took} s, with {} rounds for each row.\n", arguments.rounds);
    telling::print(&(in_words(&comparison) + &ending))?;
    let outside = comparison.rows.iter().any(|row| row.verdict() == Verdict::Outside);
    let in_ci = std::env::var_os("CI").is_some();
    if missing && in_ci {
        complain("install what is missing, for nothing may be left out in CI");
    }
    Ok((arguments.unjudged || !outside) && !(missing && in_ci))
}

/// The comparison for people: what was measured, row by row, and a closing line.
fn in_words(comparison: &Comparison) -> String {
    let mut text = String::new();
    for (independent, heading) in [(true, "Independent tools"), (false, "Consistency: programs in C that we wrote")] {
        let rows: Vec<_> = comparison.rows.iter().filter(|row| row.independent == independent).collect();
        text += &if rows.is_empty() { String::new() } else { format!("{heading}\n\n") };
        for row in rows {
            text += &format!("{}: {}\n", row.says, row.in_words());
            for series in [&row.beside].into_iter().chain(&row.reasons) {
                let (ours, other) = row.figures(series).unwrap_or_default();
                text += &format!("  {:<50} {other:>12}, beside {} {ours}", series.says, row.ours.says);
                let factor = row.factor_to(series).map(comparison::in_words);
                text += &factor.map(|(factor, range)| format!(": {factor} ({range})")).unwrap_or_default();
                text.push('\n');
            }
            text.push('\n');
        }
    }
    for row in &comparison.left_out {
        text += &format!("Left out: {} ({}).\n", row.says, row.why);
    }
    let rows = |verdict| {
        let names = comparison.rows.iter().filter(|row| row.verdict() == verdict).map(|row| &row.name[..]);
        names.collect::<Vec<_>>().join(", ")
    };
    let (outside, open) = (rows(Verdict::Outside), rows(Verdict::Open));
    if !outside.is_empty() {
        text += &format!("Outside of their limits, and not explained: {outside}.\n");
    }
    if !open.is_empty() {
        text += &format!("This run can't tell whether these are within their limits: {open}. Is the machine busy?\n");
    }
    if outside.is_empty() && open.is_empty() {
        text += "Everything that was measured is within its limit, or explained by another measurement.\n";
    }
    text.replace('\u{a0}', " ")
}

/// The command, as it was given.
fn command(arguments: &Arguments) -> String {
    let mut words = vec!["cargo compare".to_owned()];
    words.extend((arguments.rounds != ROUNDS).then(|| format!("--rounds {}", arguments.rounds)));
    words.extend((arguments.edition != LOCAL).then(|| format!("--edition {}", arguments.edition)));
    words.join(" ")
}
