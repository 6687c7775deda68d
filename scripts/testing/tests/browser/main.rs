//! The book as published, in a real browser: every page once, narrow and wide, with all of axe's rules; on a few pages, whatever
//! else can be asked, and all of it on all pages when `cargo soak` runs this. Pages are found in the book; a new one is
//! covered without a word here. The page for printing holds all chapters once more, and is asked only what they can't answer.
//!
//! Chromium is looked for on the PATH, and axe-core where `.ci/run` installs it. What isn't there is left out in words;
//! where `CI` is set, that is a failure.

mod charts;
mod checks;
mod choosing;
mod chromium;
mod controls;
mod faults;
mod lanes;
mod ledger;
mod models;
mod page;
mod run_here;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, ensure};
use book::building::render;
use book::serve::{Site, bind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tempfile::TempDir;
use testing::{Sample, is_soak};

use crate::checks::On;
use crate::chromium::Chromium;
use crate::page::{Page, View};

/// All chapters on one page.
const PRINT: &str = "print.html";

const THEMES: [&str; 5] = ["navy", "light", "rust", "coal", "ayu"];

/// What all trials share.
struct Shared {
    /// The address of the book, with a slash at its end.
    site: String,
    /// Why nothing can be tried; empty if Chromium is there.
    missing: &'static str,
    program: PathBuf,
    /// The published book, and the browsers' profiles.
    folder: TempDir,
    axe: Option<String>,
    /// Browsers that wait for the next trial. One whose trial went wrong ends with it.
    idle: Mutex<Vec<Chromium>>,
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(testing::at_once);
    match prepare() {
        Err(error) => {
            let broken = Trial::test("the book is built and served", move || Err(Failed::from(format!("{error:#}"))));
            libtest_mimic::run(&arguments, vec![broken]).exit_code()
        }
        Ok((shared, trials)) => {
            let conclusion = libtest_mimic::run(&arguments, trials);
            // Exits run no destructors: the browsers end here, and then the folder.
            shared.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            let _ = fs::remove_dir_all(shared.folder.path());
            conclusion.exit_code()
        }
    }
}

/// Renders the book, copies it to where no other build disturbs it, and serves it as it is published.
fn prepare() -> Result<(Arc<Shared>, Vec<Trial>)> {
    let root = root()?;
    let folder = tempfile::tempdir()?;
    let rendered = render(root)?;
    let book = folder.path().join("book");
    fs::create_dir(&book)?;
    testing::copy(rendered.unpublished(), &book)?;
    let site = serve(&Arc::new(Site::as_published(book.clone())))?;
    // The book begins with its first chapter, as the same page under another name.
    let mut known = BTreeSet::new();
    let mut pages = Vec::new();
    for (path, content) in testing::snapshot(&book)? {
        let path = path.to_string_lossy().into_owned();
        if let Some(content) = content.filter(|_| path.ends_with(".html")) {
            let text = String::from_utf8(content)?;
            pages.extend(known.insert(text.clone()).then_some((path, text)));
        }
    }
    faults::write(&book)?;
    let axe = fs::read_to_string(root.join("target/browser/node_modules/axe-core/axe.min.js")).ok();
    let missing = "there is no Chromium on the PATH; install it, or name one in CHROME";
    let (program, missing) = chromium::find().map_or((PathBuf::new(), missing), |program| (program, ""));
    let shared = Arc::new(Shared { site, missing, program, folder, axe, idle: Mutex::new(Vec::new()) });
    let chapters = rendered.chapters.iter().map(|(page, _)| page.to_string_lossy().into_owned()).collect();
    let trials = trials(&shared, &pages, chapters)?;
    Ok((shared, trials))
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

/// Pages that between them have all that a page of this book can have: figures and predictions, steppers, the ledger,
/// neither.
const FEW: [&str; 4] = ["shared-counter.html", "interleavings.html", "claims.html", "choosing.html"];

fn trials(shared: &Arc<Shared>, pages: &[(String, String)], chapters: Vec<String>) -> Result<Vec<Trial>> {
    let mut trials = vec![has_axe(shared)];
    for few in FEW {
        ensure!(pages.iter().any(|(path, _)| path == few), "there is no page {few}; name another in FEW");
    }
    for (path, text) in pages {
        let is_few = FEW.contains(&&path[..]);
        for check in checks::CHECKS.iter().filter(|check| text.contains(check.has)) {
            let is_asked = match check.on {
                On::Every => is_soak() || path != PRINT,
                On::Few => path != PRINT && (is_soak() || is_few),
                On::Print => path == PRINT,
            };
            let views = check.views.iter().take(if is_soak() { usize::MAX } else { 1 });
            for view in views.filter(|_| is_asked) {
                let path = path.clone();
                trials.push(trial(
                    shared,
                    format!("{path} {}, {} px", check.is, view.width),
                    move |chromium, shared| {
                        check.ask(chromium, &format!("{}{path}", shared.site), *view, shared.axe.as_deref())
                    },
                ));
            }
        }
    }
    let looked_for: Vec<String> = chapters.into_iter().filter(|path| is_soak() || FEW.contains(&&path[..])).collect();
    trials.push(trial(shared, format!("{PRINT} has all chapters"), move |chromium, shared| {
        checks::print(chromium, &shared.site, &looked_for)
    }));
    trials.push(trial(shared, "a page that is served reloads as the book changes".to_owned(), reloads));
    trials.extend(controls::trials(shared)?);
    trials.extend(faults::trials(shared)?);
    trials.extend(charts::trials(shared));
    trials.extend(ledger::trials(shared));
    trials.extend(choosing::trials(shared)?);
    trials.extend(lanes::trials(shared)?);
    trials.extend(models::trials(shared)?);
    trials.extend(run_here::trials(shared, pages)?);
    Ok(trials)
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
            return left_out(shared.missing);
        }
        let idle = shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let found = (|| {
            let mut chromium = idle.map_or_else(|| Chromium::start(&shared.program, shared.folder.path()), Ok)?;
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
    // It has one machine.
    if page.eval("fetch('sample.html').then(page => page.text()).then(text => /class=\"machines\"/.test(text))")?
        != false
    {
        found.push("one machine alone has a switch".to_owned());
    }
    Ok(found)
}
