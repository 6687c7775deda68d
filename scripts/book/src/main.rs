//! `cargo run`: builds the book, serves it and opens it.

use std::io::{self, ErrorKind, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::Result;
use base::telling::print;
use book::building::{self, Rendered};
use book::serve::{self, Site};
use book::watch::Watch;
use book::{Broken, check, complain, new, preprocess, say};
use clap::{Parser, Subcommand};
use edition::Project;

/// Build the book, serve it on this machine, open it, and build it again whenever you save a file
#[derive(Parser)]
#[command(name = "cargo run", bin_name = "cargo run --", args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  cargo run
  cargo run -- --no-open --port 4000
  cargo run -- list
  cargo run -p shared-counter")]
struct Arguments {
    /// Serve on this port; by default on 3000, or the next one that is free
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    port: Option<u16>,

    /// Don't open a browser
    #[arg(long)]
    no_open: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Build the book into target/book
    Build,
    /// Build the book and find what is wrong with it: dead links, missing anchors, numbers typed by hand
    Check {
        /// List what a new recording would mend, and judge the rest
        #[arg(long)]
        draft: bool,
    },
    /// List the experiments, in the book's order
    List,
    /// Make an experiment that builds, runs and is tested, with its lesson and its chapter
    New {
        /// The experiment's name, which its crate, folder, chapter and data get too
        slug: String,
    },
    /// Speak mdBook's protocol for preprocessors; mdBook calls this
    #[command(hide = true)]
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Subcommand)]
enum Question {
    Supports { renderer: String },
}

fn main() -> ExitCode {
    let arguments: Arguments = base::arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
            _ => fail(&Broken::from(error)),
        },
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let root = base::files::root;
    match arguments.command {
        None => serve(&root()?, arguments.port, !arguments.no_open),
        Some(Command::Build) => Ok(build(&root()?)),
        Some(Command::Check { draft }) => Ok(check(&root()?, draft)),
        Some(Command::List) => list(&root()?),
        Some(Command::New { slug }) => make(&root()?, &slug),
        Some(Command::Preprocess { question }) => answer_mdbook(question),
    }
}

/// Builds, serves and opens the book, and builds it again on every save; ends when the process is told to.
fn serve(root: &Path, port: Option<u16>, open: bool) -> Result<ExitCode> {
    // A port that can't be had is known before anybody waits for a build.
    let listener = match serve::bind(port) {
        Ok(listener) => listener,
        Err(error) => {
            complain(&format!("error: {error}"));
            return Ok(ExitCode::from(2));
        }
    };
    let site = Arc::new(Site::new(building::folder(root)?));
    // Before the first build, so that nothing which is saved during it goes unnoticed.
    let watch = Watch::begin(root);
    build_for(&site, root);
    let address = format!("http://{}/", listener.local_addr()?);
    let server = {
        let site = site.clone();
        thread::Builder::new().spawn(move || site.serve(&listener))?
    };
    say(&format!("The book is at {address} (Ctrl-C ends this)"));
    if open && wants_browser() {
        show(address);
    }
    match watch {
        Ok(watch) => {
            if let Some(why) = &watch.polls {
                say(&format!("Saved files are noticed only once a second, because {why}"));
            }
            while watch.wait() {
                build_for(&site, root);
            }
        }
        Err(error) => complain(&format!("saved files won't be noticed ({error}); start this again to see changes")),
    }
    match server.join() {
        Ok(error) => Err(error.into()),
        Err(_) => Ok(ExitCode::FAILURE),
    }
}

fn build_for(site: &Site, root: &Path) {
    let began = Instant::now();
    tell(root, began, &site.update(building::render(root)));
}

fn build(root: &Path) -> ExitCode {
    let began = Instant::now();
    tell(root, began, &building::build(root))
}

/// Where nobody looks, no browser is opened.
fn wants_browser() -> bool {
    io::stdout().is_terminal() && std::env::var_os("CI").is_none()
}

/// Opens the browser. That may take a while, and the book can be read without.
fn show(address: String) {
    thread::spawn(move || {
        if let Err(error) = open::that_detached(&address) {
            complain(&format!("no browser was opened ({error}); open {address} yourself"));
        }
    });
}

/// Says how a build went.
fn tell(root: &Path, began: Instant, outcome: &Result<Rendered, Broken>) -> ExitCode {
    match outcome {
        Ok(rendered) => {
            let folder = rendered.folder.strip_prefix(root).unwrap_or(&rendered.folder);
            let pages = rendered.chapters.len();
            say(&format!("Built {pages} pages in {:.1} s: {}", began.elapsed().as_secs_f64(), folder.display()));
            ExitCode::SUCCESS
        }
        Err(broken) => fail(broken),
    }
}

/// Says all that is wrong, a line each.
fn fail(broken: &Broken) -> ExitCode {
    complain(&format!("error: {broken}"));
    ExitCode::from(2)
}

fn check(root: &Path, is_draft: bool) -> ExitCode {
    let found = check::run(root, is_draft);
    for stale in &found.stale {
        say(&format!("to be recorded: {stale}"));
    }
    for problem in &found.problems {
        complain(&problem.to_string());
    }
    match found.problems.len() {
        0 if !found.stale.is_empty() => {
            say(&format!(
                "All is well except the {} above, which must be recorded: {}",
                found.stale.len(),
                found.looked_at
            ));
        }
        0 => say(&format!("All is well: {}", found.looked_at)),
        1 => complain(&format!("1 problem: {}", found.looked_at)),
        n => complain(&format!("{n} problems: {}", found.looked_at)),
    }
    ExitCode::from(u8::from(!found.problems.is_empty()))
}

/// Makes an experiment, and says what to do next.
fn make(root: &Path, slug: &str) -> Result<ExitCode> {
    let made = new::create(root, slug)?;
    let mut text = String::new();
    for path in made {
        text += &format!("{}\n", path.strip_prefix(root).unwrap_or(&path).display());
    }
    text += &format!(
        "The experiment builds, runs and has a test: `cargo run -p {slug}`, `cargo test -p {slug}`. `cargo run -- check --draft` names what is left to write.\n"
    );
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn list(root: &Path) -> Result<ExitCode> {
    let project = Project::open(root)?;
    let mut text = String::new();
    for slug in charts::readme::in_order(&project) {
        text += &format!("{slug}\n  {}\n  cargo run -p {slug}\n", project.lesson(slug)?.question);
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn answer_mdbook(question: Option<Question>) -> Result<ExitCode> {
    match question {
        Some(Question::Supports { renderer }) => Ok(ExitCode::from(u8::from(!preprocess::supports(&renderer)))),
        None => {
            preprocess::speak(io::stdin().lock(), io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
