//! The book as published, in a real browser: every page once, narrow and wide, with all of axe's rules; on a few pages, whatever
//! else can be asked, and all of it on all pages when `cargo soak` runs this. Pages are found in the book; a new one is
//! covered without a word here. The page for printing holds all chapters once more, and is asked only what they can't answer.
//!
//! Chromium is looked for on the PATH, and axe-core where `.ci/run` installs it. What isn't there is left out in words;
//! where `CI` is set, that is a failure.

mod checks;
mod chromium;
mod controls;
mod faults;
mod page;
mod stepper;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};
use book::building::{Rendered, render};
use book::serve::{Site, bind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use testing::{Sample, is_soak};

use crate::chromium::Chromium;
use crate::page::{Page, View};

/// What the folders of this test are called, beside the published book.
const FOLDER: &str = "in-browser-";

/// All chapters on one page.
const PRINT: &str = "print.html";

const THEMES: [&str; 5] = ["light", "rust", "coal", "navy", "ayu"];

/// What all trials share.
struct Shared {
    /// The address of the book, with a slash at its end.
    site: String,
    /// Why nothing can be tried; empty if Chromium is there.
    missing: String,
    program: PathBuf,
    /// For the browsers' profiles.
    profiles: PathBuf,
    axe: Option<String>,
    /// Browsers that wait for the next trial. One whose trial went wrong ends with it.
    idle: Mutex<Vec<Chromium>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A page over a slow connection, and one that has to be quiet for a while, leave the CPU to others.
    arguments.test_threads.get_or_insert(thread::available_parallelism().map_or(1, usize::from) + 1);
    let prepared = prepare().and_then(|(folder, shared, pages, chapters)| {
        let shared = Arc::new(shared);
        let trials = trials(&shared, &pages, chapters)?;
        Ok((folder, shared, trials))
    });
    match prepared {
        Err(error) => {
            let broken = Trial::test("the book is built and served", move || Err(Failed::from(format!("{error:#}"))));
            libtest_mimic::run(&arguments, vec![broken]).exit_code()
        }
        Ok((_folder, shared, trials)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            // Exits run no destructors: the browsers end here.
            shared.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            conclusion.exit_code()
        }
    }
}

/// A page: its path in the book and its text.
type Source = (String, String);

/// Renders the book into a folder of its own, where no other build disturbs it, and serves it as it is published.
fn prepare() -> Result<(tempfile::TempDir, Shared, Vec<Source>, Vec<String>)> {
    let root = root()?;
    let (folder, rendered) = publish(root)?;
    let site = serve(&Arc::new(Site::as_published(rendered.folder.clone())))?;
    let mut pages = Vec::new();
    html_files(&rendered.folder, "", &mut pages)?;
    pages.sort();
    // The book begins with its first chapter, as the same page under another name.
    let mut known = BTreeSet::new();
    pages.retain(|(_, text)| known.insert(text.clone()));
    faults::write(&rendered.folder)?;
    let chapters = rendered.chapters.iter().map(|(page, _)| page.to_string_lossy().into_owned()).collect();
    let axe = fs::read_to_string(root.join("target/browser/node_modules/axe-core/axe.min.js")).ok();
    let (program, missing) = match chromium::find() {
        Some(program) => (program, ""),
        None => (PathBuf::new(), "there is no Chromium on the PATH; install it, or name one in CHROME"),
    };
    let shared = Shared {
        site,
        missing: missing.to_owned(),
        program,
        profiles: folder.path().to_owned(),
        axe,
        idle: Mutex::new(Vec::new()),
    };
    Ok((folder, shared, pages, chapters))
}

/// Renders the book and moves it into a folder that ends with this program, on the same file system.
fn publish(root: &Path) -> Result<(tempfile::TempDir, Rendered)> {
    let mut rendered = render(root)?;
    let beside = rendered.folder.parent().context("a folder for builds")?;
    sweep(beside)?;
    let folder = tempfile::Builder::new().prefix(&format!("{FOLDER}{}-", std::process::id())).tempdir_in(beside)?;
    rendered.folder = folder.path().join("book");
    rendered.publish()?;
    Ok((folder, rendered))
}

/// Removes what a test left behind that was killed: its folder names its process.
fn sweep(builds: &Path) -> Result<()> {
    for entry in fs::read_dir(builds)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(FOLDER).and_then(|rest| rest.split('-').next()?.parse().ok());
        let process = process.and_then(rustix::process::Pid::from_raw);
        if process.is_some_and(|process| rustix::process::test_kill_process(process).is_err()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("the project's root")
}

fn serve(site: &Arc<Site>) -> Result<String> {
    let listener = bind(Some(0))?;
    let address = format!("http://{}/", listener.local_addr()?);
    let site = site.clone();
    thread::spawn(move || site.serve(&listener));
    Ok(address)
}

fn html_files(folder: &Path, prefix: &str, pages: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match path.is_dir() {
            true => html_files(&path, &format!("{prefix}{name}/"), pages)?,
            false if name.ends_with(".html") => pages.push((format!("{prefix}{name}"), fs::read_to_string(&path)?)),
            false => {}
        }
    }
    Ok(())
}

/// Where a check is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    /// On every page.
    Every,
    /// On those of [`FEW`]; by `cargo soak`, on every page.
    Few,
    /// By `cargo soak` alone, on every page.
    Soak,
}
use On::{Every, Few, Soak};

/// Pages that between them have all that a page of this book can have: figures and predictions, steppers, neither.
const FEW: [&str; 3] = ["shared-counter.html", "interleavings.html", "choosing.html"];

/// What is asked of a page, at this address.
type Check = fn(&mut Chromium, &Shared, &str) -> Result<Vec<String>>;

/// What is asked of pages: where, what, and what a page has that is asked it.
const CHECKS: &[(On, &str, &str, Check)] = &[
    (Every, "is as it should be, narrow and wide", "", |chromium, shared, url| {
        let mut page = Page::open(chromium, url, View::NARROW)?;
        checks::at_both_widths(&mut page, shared.axe.as_deref())
    }),
    (Few, "stands still as it loads", "", |chromium, _, url| {
        checks::loads(&mut Page::open(chromium, url, View { slow: true, ..View::WIDE })?)
    }),
    (Soak, "stands still as it loads, narrow", "", |chromium, _, url| {
        checks::loads(&mut Page::open(chromium, url, View { slow: true, ..View::NARROW })?)
    }),
    (Few, "by keyboard", "", |chromium, _, url| checks::keyboard(&mut Page::open(chromium, url, View::WIDE)?)),
    (Soak, "by keyboard, narrow", "", |chromium, _, url| {
        checks::keyboard(&mut Page::open(chromium, url, View::NARROW)?)
    }),
    (Few, "without scripts, narrow and dark", "", |chromium, shared, url| {
        checks::without_scripts(chromium, url, View { dark: true, ..View::NARROW }, shared.axe.as_deref())
    }),
    // What axe finds without scripts, it finds on the narrow page too.
    (Soak, "without scripts", "", |chromium, _, url| checks::without_scripts(chromium, url, View::WIDE, None)),
    (Few, "in every theme", "", |chromium, shared, url| {
        let theme = Some(THEMES[url.len() % THEMES.len()]);
        in_every_theme(chromium, url, View { theme, ..View::WIDE }, shared.axe.as_deref())
    }),
    // Text has the same colours on a phone.
    (Soak, "in every theme, narrow", "", |chromium, _, url| {
        let theme = Some(THEMES[(url.len() + 1) % THEMES.len()]);
        in_every_theme(chromium, url, View { theme, ..View::NARROW }, None)
    }),
    (Few, "as a dark system without motion prefers", "", |chromium, _, url| {
        let view = View { dark: true, reduced_motion: true, ..View::WIDE };
        checks::preferred(&mut Page::open(chromium, url, view)?)
    }),
    (Few, "with text twice as large", "", |chromium, _, url| {
        checks::enlarged(&mut Page::open(chromium, url, View { width: 800, ..View::WIDE })?)
    }),
    (Few, "predictions", PREDICTS, |chromium, _, url| checks::predictions(chromium, url)),
    (Few, "predictions with storage blocked", PREDICTS, |chromium, _, url| checks::predictions_unkept(chromium, url)),
];

const PREDICTS: &str = "class=\"predict\"";

fn trials(shared: &Arc<Shared>, pages: &[Source], chapters: Vec<String>) -> Result<Vec<Trial>> {
    let mut trials = vec![has_axe(shared)];
    for few in FEW {
        ensure!(pages.iter().any(|(path, _)| path == few), "there is no page {few}; name another in FEW");
    }
    let is_asked = |on: On, path: &str| match on {
        _ if is_soak() => path != PRINT || on == Every,
        Every => path != PRINT,
        Few => FEW.contains(&path),
        Soak => false,
    };
    for (path, text) in pages {
        for (_, what, _, check) in CHECKS.iter().filter(|(on, _, has, _)| is_asked(*on, path) && text.contains(has)) {
            let path = path.clone();
            trials.push(trial(shared, format!("{path} {what}"), move |chromium, shared| {
                check(chromium, shared, &format!("{}{path}", shared.site))
            }));
        }
    }
    let looked_for: Vec<String> =
        chapters.iter().filter(|path| is_soak() || FEW.contains(&&path[..])).cloned().collect();
    trials.push(trial(shared, format!("{PRINT} is whole"), move |chromium, shared| {
        checks::print(chromium, &shared.site, &looked_for)
    }));
    if is_soak() {
        trials.push(trial(shared, format!("{PRINT} is printed"), move |chromium, shared| {
            checks::prints(chromium, &shared.site, &chapters)
        }));
    }
    trials.push(trial(shared, "a page that is served reloads as the book changes".to_owned(), reloads));
    trials.extend(controls::trials(shared)?);
    trials.extend(faults::trials(shared)?);
    trials.extend(stepper::trials(shared)?);
    Ok(trials)
}

/// All that is asked of looks, in the theme that the page is opened with, and what themes can change, in the others.
fn in_every_theme(chromium: &mut Chromium, url: &str, view: View, axe: Option<&str>) -> Result<Vec<String>> {
    let page = &mut Page::open(chromium, url, view)?;
    let opened = view.theme.context("a theme to begin with")?;
    let mut found = checks::looks(page, axe)?;
    if page.eval(&format!("document.documentElement.matches('.js:not(.{opened})')"))? == true {
        found.push(format!("the theme is not {opened}"));
    }
    let others: Vec<&str> = THEMES.into_iter().filter(|theme| *theme != opened).collect();
    found.extend(checks::other_themes(page, &others, axe, true)?);
    found.extend(checks::complaints(page)?);
    Ok(found)
}

/// Whether an element is to be seen.
fn is_open(page: &mut Page<'_>, selector: &str) -> Result<bool> {
    Ok(page.eval(&format!("document.querySelector({selector:?}).checkVisibility()"))? == true)
}

/// A trial that gets a browser, and fails with what was found.
fn trial(
    shared: &Arc<Shared>,
    name: String,
    run: impl FnOnce(&mut Chromium, &Shared) -> Result<Vec<String>> + Send + 'static,
) -> Trial {
    let shared = shared.clone();
    Trial::ignorable_test(name, move || {
        if !shared.missing.is_empty() {
            return left_out(&shared.missing);
        }
        let idle = shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let found = (|| {
            let mut chromium = idle.map_or_else(|| Chromium::start(&shared.program, &shared.profiles), Ok)?;
            let found = run(&mut chromium, &shared)?;
            shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push(chromium);
            anyhow::Ok(found)
        })();
        let mut found = found.map_err(|error| format!("{error:#}"))?;
        found.sort();
        found.dedup();
        if found.is_empty() { Ok(Completion::Completed) } else { Err(found.join("\n").into()) }
    })
}

const NO_AXE: &str = "axe-core is not in target/browser, so none of its rules is tried; .ci/run installs it";

fn has_axe(shared: &Arc<Shared>) -> Trial {
    let there = shared.axe.is_some();
    Trial::ignorable_test("axe-core is there", move || match there {
        true => Ok(Completion::Completed),
        false => left_out(NO_AXE),
    })
}

/// Something is missing, which is no excuse where `CI` is set.
fn left_out(why: &str) -> Result<Completion, Failed> {
    if std::env::var_os("CI").is_some() { Err(why.into()) } else { Ok(Completion::ignored_with(why)) }
}

/// What `cargo run` serves has one script more than what is published.
fn reloads(chromium: &mut Chromium, _: &Shared) -> Result<Vec<String>> {
    let sample = Sample::new()?;
    let site = Arc::new(Site::new(sample.root().join("target/book")));
    site.update(render(sample.root()))?;
    let mut page = Page::open(chromium, &serve(&site)?, View::WIDE)?;
    page.eval("window.old = true")?;
    site.update(render(sample.root()))?;
    page.loaded()?;
    let mut found = checks::complaints(&mut page)?;
    if page.eval("'old' in window")? == true {
        found.push("the page was not loaded anew".to_owned());
    }
    Ok(found)
}
