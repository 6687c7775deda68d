//! *Run it in this browser*: what a click comes to in each chapter that has it, on servers that isolate pages and on those that
//! don't, from files, on one core. How long anything takes is asked nowhere.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result, ensure};
use book::serve::Site;
use libtest_mimic::Trial;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::{Value, json};
use testing::is_soak;

use crate::chromium::Chromium;
use crate::page::{Page, View};
use crate::{Shared, checks, serve, trial};

/// The pages, what each runs, and by which buttons.
const PAGES: [(&str, &str, &[&str]); 9] = [
    ("index", "shared-counter", &["run"]),
    ("introduction", "shared-counter", &["run"]),
    ("shared-counter", "shared-counter", &["run"]),
    ("deadlock", "deadlock", &["run"]),
    ("false-sharing", "false-sharing", &["run"]),
    ("mutex-fixes", "mutex-fixes", &["run"]),
    ("message-passing", "message-passing", &["run"]),
    ("spawn-cost", "spawn-cost", &["run"]),
    ("responsiveness", "responsiveness", &["page", "slices", "worker"]),
];

/// Those that run without shared memory as they run with it.
const ALIKE: [&str; 2] = ["spawn-cost", "responsiveness"];

/// Those that can't run at all without it.
const ONLY_SHARED: [&str; 2] = ["false-sharing", "mutex-fixes"];

/// Those that are tried in all ways; the others by `cargo soak`.
const BRIEF: [&str; 3] = ["shared-counter", "deadlock", "false-sharing"];

/// A name for this machine that browsers don't take for this machine's own; see `chromium.rs`.
const ELSEWHERE: &str = "book.test";

/// Where the book lies on a server that has other projects too.
const PATH: &str = "threads";

pub fn trials(shared: &Arc<Shared>, pages: &[(String, String)]) -> Result<Vec<Trial>> {
    let mut with: Vec<&str> = pages
        .iter()
        .filter(|(path, text)| path != crate::PRINT && text.contains("class=\"run-here\""))
        .map(|(path, _)| path.trim_end_matches(".html"))
        .collect();
    let mut known = PAGES.map(|(page, ..)| page);
    with.sort_unstable();
    known.sort_unstable();
    ensure!(with == known, "these pages run something, so say what it should come to: {with:?}");

    let book = shared.folder.path().join("book");
    let parent = shared.folder.path().join("projects");
    fs::create_dir_all(parent.join(PATH))?;
    testing::copy(&book, &parent.join(PATH))?;
    let own = serve(&Arc::new(Site::new(book.clone())))?;
    let plain = plain(parent)?;
    let mut trials = Vec::new();
    for (name, slug, buttons) in PAGES {
        let way = if ALIKE.contains(&slug) { "apart" } else { "shared" };
        let without = if ONLY_SHARED.contains(&slug) { "replayed" } else { "apart" };
        let reloads = way == "shared";
        // On the other pages the same comes to the same.
        let is_brief = is_soak() || BRIEF.contains(&name);
        let places = [
            ("from our own server", format!("{own}{name}.html"), way, false, name == slug),
            (
                "from a server that isolates nothing",
                format!("http://127.0.0.1:{plain}/{PATH}/{name}.html"),
                way,
                reloads,
                true,
            ),
            ("from a file", format!("file://{}/{name}.html", book.display()), without, false, name == slug),
            ("over plain HTTP", format!("http://{ELSEWHERE}:{plain}/{PATH}/{name}.html"), without, false, is_brief),
        ];
        for (place, url, way, reloads, is_tried) in places {
            if !is_tried && !is_soak() {
                continue;
            }
            trials.push(trial(shared, format!("{name}.html runs here, {place}"), move |chromium, _| {
                let page = &mut Page::open(chromium, &url, View::WIDE)?;
                let mut found = untouched(page)?;
                found.extend(all_buttons(page, slug, buttons, way, reloads)?);
                found.extend(checks::complaints(page)?);
                Ok(found)
            }));
        }
        let url = format!("{own}{name}.html");
        if is_brief {
            trials.push(trial(shared, format!("{name}.html runs here, on one core"), move |_, shared| {
                let chromium = &mut on_one_core(|| Chromium::start(&shared.program, shared.folder.path()))?;
                let page = &mut Page::open(chromium, &url, View::WIDE)?;
                all_buttons(page, slug, buttons, way, false)
            }));
        }
    }
    let counter = format!("http://127.0.0.1:{plain}/{PATH}/shared-counter.html");
    for (name, run) in [
        ("an isolated page stays so, and can be left", stays as fn(&mut Page<'_>, &str) -> Result<Vec<String>>),
        ("a browser that doesn't isolate is asked once", refuses),
        ("without service workers it says so", no_service_workers),
        ("without storage it isn't loaded again", keeps_nothing),
        ("without its scripts no click is taken", no_scripts_yet),
        ("another service worker is left alone", other),
        ("another service worker in its place is left alone", in_its_place),
    ] {
        let url = counter.clone();
        trials.push(trial(shared, format!("run here: {name}"), move |chromium, _| {
            // It forgets what this server's pages have left in the browser.
            let page = &mut Page::open(chromium, &url, View::WIDE)?;
            page.events().iter().for_each(drop);
            page.events.clear();
            run(page, &url)
        }));
    }
    let url = format!("{own}shared-counter.html");
    trials.push(trial(shared, "run here: by keyboard, on a phone".to_owned(), move |chromium, shared| {
        let page = &mut Page::open(chromium, &url, View::NARROW)?;
        by_keyboard(page, shared.axe.as_deref())
    }));
    Ok(trials)
}

/// Before anybody clicks, nothing of it is loaded, and no service worker registered.
fn untouched(page: &mut Page<'_>) -> Result<Vec<String>> {
    let asked = page.events().iter().filter_map(|event| event["params"]["request"]["url"].as_str());
    let mut found: Vec<String> = asked
        .filter(|url| url.contains("/run-here/") || url.ends_with("isolate.js"))
        .map(|url| format!("loaded before a click: {url}"))
        .collect();
    let registered = "navigator.serviceWorker && location.protocol !== 'file:' ? navigator.serviceWorker.getRegistrations().then(all => all.length) : 0";
    if page.eval(registered)? != 0 {
        found.push("a service worker is registered before a click".to_owned());
    }
    Ok(found)
}

/// Clicks each button, and looks at what comes of it; at most the first click loads the page once more.
fn all_buttons(page: &mut Page<'_>, slug: &str, buttons: &[&str], way: &str, reloads: bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (number, button) in buttons.iter().enumerate() {
        found.extend(click(page, slug, button, way, reloads && number == 0)?);
    }
    Ok(found)
}

/// Clicks a button, several times if this machine is too busy for an answer.
fn click(page: &mut Page<'_>, slug: &str, button: &str, way: &str, reloads: bool) -> Result<Vec<String>> {
    let tries = if is_soak() { 1 } else { 5 };
    page.eval(
        "if (!document.querySelector('.opening .answer').open) document.querySelector('.opening .show').click()",
    )?;
    for number in 0.. {
        page.eval(&format!("document.querySelector('.run-here [data-run={button}]').click()"))?;
        if reloads && number == 0 {
            page.loaded()?;
        }
        if !page.becomes(ENDED)? {
            return Ok(vec![format!("{button} comes to no end: {}", page.eval(STATUS)?)]);
        }
        if page.eval("document.querySelector('.run-here').dataset.state")? != "late" || number + 1 == tries {
            break;
        }
    }
    page.painted()?;
    page.eval(include_str!("../../browser/run_here.js"))?;
    page.findings(&format!("expected('{slug}', '{way}')"))
}

const ENDED: &str = "!['running', undefined].includes(document.querySelector('.run-here').dataset.state)";
const STATUS: &str = "document.querySelector('.run-here .status').textContent";
const ISOLATED: &str = "globalThis.crossOriginIsolated";

/// Other pages of the book are isolated too, and this one after another visit; after a hard reload it isn't, and another click
/// makes it so again. At the end nothing is left.
fn stays(page: &mut Page<'_>, url: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut expect = |so: bool, what: &str| found.extend((!so).then(|| what.to_owned()));
    page.go(url)?;
    expect(page.eval(ISOLATED)? == false, "it is isolated from the start");
    let first = click(page, "shared-counter", "run", "shared", true)?;
    expect(page.eval(ISOLATED)? == true, "the click didn't isolate it");
    expect(
        page.eval("[document.querySelector('.run-here').closest('details').open, document.activeElement.dataset.run]")?
            == json!([true, "run"]),
        "the reader is elsewhere after the reload",
    );
    page.go(&url.replace("shared-counter", "nowhere"))?;
    expect(page.eval(ISOLATED)? == true, "a page that isn't there isn't isolated");
    page.go(&url.replace("shared-counter", "false-sharing"))?;
    expect(page.eval(ISOLATED)? == true, "another page isn't isolated");
    let other = click(page, "false-sharing", "run", "shared", false)?;
    page.go(url)?;
    expect(page.becomes(&format!("/^On .*: Your browser/.test({STATUS})"))?, "the result isn't kept");
    // What a hard reload does: the page isn't asked of the service worker.
    page.call("Network.setBypassServiceWorker", json!({ "bypass": true }))?;
    page.reload()?;
    page.call("Network.setBypassServiceWorker", json!({ "bypass": false }))?;
    expect(page.eval(ISOLATED)? == false, "a hard reload is isolated");
    let again = click(page, "shared-counter", "run", "shared", true)?;
    page.eval("document.querySelector('.run-here .forget').click()")?;
    page.loaded()?;
    let left = "navigator.serviceWorker.getRegistrations().then(all => [all.length, Object.keys(localStorage).filter(key => key.startsWith('run-here')), crossOriginIsolated])";
    expect(page.eval(left)? == json!([0, [], false]), "something is left");
    found.extend([first, other, again].concat());
    found.extend(checks::complaints(page)?.into_iter().filter(|what| !what.contains("404")));
    Ok(found)
}

/// A browser in which a page is never isolated: one reload in all, and then words.
fn refuses(page: &mut Page<'_>, url: &str) -> Result<Vec<String>> {
    before_scripts(page, "Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false });")?;
    page.go(url)?;
    let mut found = click(page, "shared-counter", "run", "apart", true)?;
    for _ in 0..3 {
        found.extend(click(page, "shared-counter", "run", "apart", false)?);
        if page
            .eval(STATUS)?
            .as_str()
            .is_none_or(|said| !said.starts_with("This browser doesn’t let the page share memory"))
        {
            found.push(format!("it says {}", page.eval(STATUS)?));
        }
    }
    found.extend((loads(page) != 2).then(|| format!("the page was loaded {} times, not twice", loads(page))));
    Ok(found)
}

fn no_service_workers(page: &mut Page<'_>, url: &str) -> Result<Vec<String>> {
    before_scripts(page, "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });")?;
    page.go(url)?;
    let mut found = click(page, "shared-counter", "run", "apart", false)?;
    if page.eval(STATUS)?.as_str().is_none_or(|said| !said.contains("has no service workers")) {
        found.push(format!("it says {}", page.eval(STATUS)?));
    }
    Ok(found)
}

fn keeps_nothing(page: &mut Page<'_>, url: &str) -> Result<Vec<String>> {
    before_scripts(page, crate::page::BLOCK)?;
    page.go(url)?;
    let mut found = click(page, "shared-counter", "run", "apart", false)?;
    if page.eval(STATUS)?.as_str().is_none_or(|said| !said.starts_with("This browser keeps nothing for this page")) {
        found.push(format!("it says {}", page.eval(STATUS)?));
    }
    Ok(found)
}

/// Scripts that aren't there yet, or never come: a click then would be lost, and the question's would load the page again.
fn no_scripts_yet(page: &mut Page<'_>, url: &str) -> Result<Vec<String>> {
    page.call("Network.setBlockedURLs", json!({ "urls": ["*/book/theme/*.js"] }))?;
    page.go(url)?;
    page.eval("document.querySelectorAll('.opening .show, .run-here [data-run]').forEach(button => button.click())")?;
    page.painted()?;
    let disabled = "document.querySelectorAll('.opening .show:disabled, .run-here [data-run]:disabled').length";
    let mut found: Vec<String> =
        (page.eval(disabled)? != 2).then(|| "a button can be clicked".to_owned()).into_iter().collect();
    found.extend((loads(page) != 1).then(|| "a click loaded the page again".to_owned()));
    page.call("Network.setBlockedURLs", json!({ "urls": [] }))?;
    Ok(found)
}

/// The paths of all service workers here, once this one is registered too.
fn with_service_worker(page: &mut Page<'_>, script: &str, scope: &str) -> Result<Value> {
    page.eval(&format!("navigator.serviceWorker.register('{script}', {{ scope: '{scope}' }}).then(() => {SCOPES})"))
}

const SCOPES: &str =
    "navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname))";

/// One of another project, for the whole server.
fn other(page: &mut Page<'_>, _: &str) -> Result<Vec<String>> {
    with_service_worker(page, "/other.js", "/")?;
    let mut found = click(page, "shared-counter", "run", "shared", true)?;
    page.eval("document.querySelector('.run-here .forget').click()")?;
    page.loaded()?;
    let left = page.eval(SCOPES)?;
    found.extend((left != json!(["/"])).then(|| format!("the service workers are {left}")));
    Ok(found)
}

/// One that somebody else has put where ours would be.
fn in_its_place(page: &mut Page<'_>, _: &str) -> Result<Vec<String>> {
    let scope = format!("/{PATH}/");
    with_service_worker(page, &format!("{scope}other.js"), &scope)?;
    let mut found = click(page, "shared-counter", "run", "apart", false)?;
    if page.eval(STATUS)?.as_str().is_none_or(|said| !said.contains("another one is in charge of this page")) {
        found.push(format!("it says {}", page.eval(STATUS)?));
    }
    Ok(found)
}

fn by_keyboard(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    page.eval(
        "document.querySelector('.opening .show').click(); document.querySelector('.run-here [data-run]').focus()",
    )?;
    page.press("Enter")?;
    let mut found = Vec::new();
    if !page.becomes(ENDED)? {
        found.push("Enter doesn't run it".to_owned());
    }
    if page.eval("document.activeElement.dataset.run")? != "run" {
        found.push("the focus is lost".to_owned());
    }
    page.painted()?;
    page.eval("scrollTo(0, 0)")?;
    found.extend(checks::looks(page, axe)?);
    found.extend(checks::other_themes(page, &["navy", "coal"], axe, true)?);
    found.extend(checks::complaints(page)?);
    Ok(found)
}

fn before_scripts(page: &mut Page<'_>, source: &str) -> Result<()> {
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).map(drop)
}

/// How often a page of the book has been loaded.
fn loads(page: &mut Page<'_>) -> usize {
    let is_page = |event: &&Value| {
        event["method"] == "Page.frameNavigated"
            && event["params"]["frame"]["parentId"].is_null()
            && event["params"]["frame"]["url"].as_str().is_some_and(|url| url.starts_with("http"))
    };
    page.events().iter().filter(is_page).count()
}

/// Starts something whose threads all share a core with each other.
fn on_one_core<T>(start: impl FnOnce() -> Result<T>) -> Result<T> {
    let all = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|cpu| all.is_set(*cpu)).context("a CPU")?;
    let mut one = CpuSet::new();
    one.set(first);
    sched_setaffinity(None, &one)?;
    let started = start();
    sched_setaffinity(None, &all)?;
    started
}

/// A server of files that knows of nothing else, for whatever name it is asked by. Returns its port.
fn plain(root: PathBuf) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let root = root.clone();
            thread::spawn(move || answer(stream, &root));
        }
    });
    Ok(port)
}

fn answer(mut stream: TcpStream, root: &Path) -> Result<()> {
    let mut head = BufReader::new(stream.try_clone()?).lines();
    let first = head.next().context("a request")??;
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).context("a path")?.split('?').next().unwrap_or_default();
    let kind = match Path::new(path).extension().and_then(|end| end.to_str()) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/html; charset=utf-8",
    };
    let (status, body) = match fs::read(root.join(path.trim_start_matches('/'))) {
        Ok(body) => ("200 OK", body),
        // The service worker of somebody else.
        Err(_) if path.ends_with("/other.js") => ("200 OK", b"// does nothing".to_vec()),
        Err(_) => ("404 Not Found", b"<!doctype html><title>Not here</title>".to_vec()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    Ok(stream.write_all(&body)?)
}
