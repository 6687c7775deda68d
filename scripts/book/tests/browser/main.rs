//! The book as published, in a real browser: every page in every theme, on a phone and on a wide screen, without scripts,
//! on paper, by keyboard. Pages are found in the book; a new one is covered without a word here. The page for printing holds
//! all chapters once more, and is asked only what they can't answer.
//!
//! Chromium is looked for on the PATH, and axe-core where `.ci/run` installs it. What isn't there is left out in words;
//! where `CI` is set, that is a failure.

mod broken;
mod checks;
mod chromium;
mod controls;
mod page;
mod stepper;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use book::building::{Rendered, render};
use book::serve::{Site, bind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

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
    let (folder, conclusion) = match prepare() {
        Err(error) => {
            let broken = Trial::test("the book is built and served", move || Err(Failed::from(format!("{error:#}"))));
            (None, libtest_mimic::run(&arguments, vec![broken]))
        }
        Ok((folder, shared, pages, chapters)) => {
            let shared = Arc::new(shared);
            let conclusion = libtest_mimic::run(&arguments, trials(&shared, &pages, chapters));
            // Statics and exits run no destructors: the browsers end here.
            shared.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            (Some(folder), conclusion)
        }
    };
    drop(folder);
    conclusion.exit_code()
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
    broken::write(&rendered.folder)?;
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

fn trials(shared: &Arc<Shared>, pages: &[Source], chapters: Vec<String>) -> Vec<Trial> {
    let mut trials = vec![has_axe(shared)];
    let mut add = |name: String, run: fn(&mut Chromium, &Shared, &str) -> Result<Vec<String>>, path: &str| {
        let path = path.to_owned();
        trials.push(trial(shared, name, move |chromium, shared| {
            run(chromium, shared, &format!("{}{path}", shared.site))
        }));
    };
    for (path, text) in pages.iter().filter(|(path, _)| path != PRINT) {
        for view in [View::WIDE, View::NARROW] {
            let width = view.width;
            let name = format!("{path} {width} px");
            add(format!("{name} stands still as it loads"), if width == 360 { loads_narrow } else { loads_wide }, path);
            add(format!("{name} by keyboard"), if width == 360 { keyboard_narrow } else { keyboard_wide }, path);
        }
        add(format!("{path} without scripts, wide and light"), still_wide, path);
        add(format!("{path} without scripts, narrow and dark"), still_narrow, path);
        add(format!("{path} as a dark system without motion prefers"), preferred, path);
        add(format!("{path} with text twice as large"), enlarged, path);
        if text.contains("class=\"predict\"") {
            add(format!("{path} predictions"), |chromium, _, url| checks::predictions(chromium, url), path);
            add(
                format!("{path} predictions with storage blocked"),
                |chromium, _, url| checks::predictions_unkept(chromium, url),
                path,
            );
        }
    }
    add(
        format!("{PRINT} 1600 px"),
        |chromium, shared, url| checks::looks(&mut Page::open(chromium, url, View::WIDE)?, shared.axe.as_deref()),
        PRINT,
    );
    add(
        format!("{PRINT} 360 px, dark"),
        |chromium, _, url| checks::looks(&mut Page::open(chromium, url, View { dark: true, ..View::NARROW })?, None),
        PRINT,
    );
    for (number, (path, _)) in pages.iter().filter(|(path, _)| path != PRINT).enumerate() {
        for (view, turn) in [(View::WIDE, number), (View::NARROW, number + 1)] {
            let (path, view) = (path.clone(), View { theme: Some(THEMES[turn % THEMES.len()]), ..view });
            let name = format!("{path} {} px in every theme", view.width);
            trials.push(trial(shared, name, move |chromium, shared| {
                in_every_theme(&mut Page::open(chromium, &format!("{}{path}", shared.site), view)?, view, shared)
            }));
        }
    }
    trials.push(trial(shared, "print.html is whole".to_owned(), move |chromium, shared| {
        checks::print(chromium, &shared.site, &chapters)
    }));
    trials.push(trial(shared, "a page that is served reloads as the book changes".to_owned(), reloads));
    trials.extend(controls::trials(shared));
    trials.extend(broken::trials(shared));
    trials.extend(stepper::trials(shared));
    trials
}

/// All that is asked of looks, in the theme that the page was opened with, and what themes can change, in the others.
fn in_every_theme(page: &mut Page<'_>, view: View, shared: &Shared) -> Result<Vec<String>> {
    let opened = view.theme.context("a theme to begin with")?;
    let mut found = checks::looks(page, shared.axe.as_deref())?;
    if page.eval(&format!("document.documentElement.matches('.js:not(.{opened})')"))? == true {
        found.push(format!("the theme is not {opened}"));
    }
    let others: Vec<&str> = THEMES.into_iter().filter(|theme| *theme != opened).collect();
    // Text has the same colours on a phone, where axe looks in the theme that the page was opened with.
    let axe = shared.axe.as_deref().filter(|_| view.width == View::WIDE.width);
    found.extend(checks::other_themes(page, &others, axe, true)?);
    found.extend(checks::complaints(page)?);
    Ok(found)
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
    let (_folder, rendered) = publish(root()?)?;
    let folder = rendered.folder.clone();
    // Another build waits until this one is let go.
    drop(rendered);
    let site = Arc::new(Site::new(folder.clone()));
    let mut page = Page::open(chromium, &serve(&site)?, View::WIDE)?;
    page.eval("window.old = true")?;
    let mut again = render(root()?)?;
    again.folder = folder;
    site.update(Ok(again))?;
    page.loaded()?;
    let mut found = checks::complaints(&mut page)?;
    if page.eval("'old' in window")? == true {
        found.push("the page was not loaded anew".to_owned());
    }
    Ok(found)
}

fn loads_wide(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    let (found, weight) = checks::loads(&mut Page::open(chromium, url, View { slow: true, ..View::WIDE })?)?;
    eprintln!("{weight} of {} bytes: {}", checks::HEAVIEST, url.rsplit('/').next().unwrap_or(url));
    Ok(found)
}

fn loads_narrow(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    Ok(checks::loads(&mut Page::open(chromium, url, View { slow: true, ..View::NARROW })?)?.0)
}

fn keyboard_wide(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    checks::keyboard(&mut Page::open(chromium, url, View::WIDE)?)
}

fn keyboard_narrow(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    checks::keyboard(&mut Page::open(chromium, url, View::NARROW)?)
}

fn still_wide(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    // What axe finds without scripts, it finds on the narrow page too.
    checks::without_scripts(chromium, url, View::WIDE, None)
}

fn still_narrow(chromium: &mut Chromium, shared: &Shared, url: &str) -> Result<Vec<String>> {
    checks::without_scripts(chromium, url, View { dark: true, ..View::NARROW }, shared.axe.as_deref())
}

fn preferred(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    let mut page = Page::open(chromium, url, View { dark: true, reduced_motion: true, ..View::WIDE })?;
    // The theme's contrast is another trial's business.
    let mut found = checks::looks(&mut page, None)?;
    found.extend(page.findings("inspect.moving()")?);
    if page.eval("document.documentElement.matches('.js:not(.navy)')")? == true {
        found.push("a reader whose system is dark gets another theme than navy".to_owned());
    }
    Ok(found)
}

fn enlarged(chromium: &mut Chromium, _: &Shared, url: &str) -> Result<Vec<String>> {
    let mut page = Page::open(chromium, url, View { width: 800, ..View::WIDE })?;
    // mdBook's root is 62.5 % of the reader's font size.
    page.eval("document.documentElement.style.fontSize = '125%'")?;
    page.painted()?;
    checks::looks(&mut page, None)
}
