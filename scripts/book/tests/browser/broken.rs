//! Pages with a fault each, and the check that has to find it: how we know that the checks can fail.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;

use crate::chromium::Chromium;
use crate::page::{Page, View};
use crate::{NO_AXE, Shared, checks, in_every_theme, left_out, trial};

/// The check that has to find a fault.
enum By {
    Looks,
    Axe,
    Themes,
    Loads,
    Keyboard,
    Paper,
    NoScripts,
    Predictions,
}

/// A fault: who finds it, the HTML that is put at the end of a good page's text, and words of the finding.
const BROKEN: &[(By, &str, &str)] = &[
    (By::Looks, "<img alt='' src='http://example.org/a.png'>", "another host: http://example.org/a.png"),
    (By::Looks, "<img alt='' src='data:image/png;base64,AAAA'>", "an image can't be shown"),
    (By::Looks, "<script>fetch('https://example.org/').catch(() => {})</script>", "another host: https://example.org/"),
    (
        By::Looks,
        "<script>navigator.sendBeacon('https://example.org/b')</script>",
        "another host: https://example.org/b",
    ),
    (By::Looks, "<script>new WebSocket('ws://example.org/')</script>", "another host: ws://example.org/"),
    (By::Looks, "<style>main { background: url(http://127.0.0.1:1/x) }</style>", "another host: http://127.0.0.1:1/x"),
    (By::Looks, "<link rel='preconnect' href='https://example.org'>", "head asks another host"),
    (By::Looks, "<img alt='' src='no-such-file.png'>", "answers 404"),
    (By::Looks, "<script>console.error('it', 'broke')</script>", "console error: it broke"),
    (By::Looks, "<script>console.warn('beware')</script>", "console warning: beware"),
    (By::Looks, "<script>undefinedFunction()</script>", "undefinedFunction is not defined"),
    (By::Looks, "<script>Promise.reject(new Error('unhandled'))</script>", "unhandled"),
    (By::Looks, "<div style='width: 3000px'>wide</div>", "scrolls sideways"),
    (By::Looks, "<details><summary>s</summary><div style='width: 3000px'>wide</div></details>", "scrolls sideways"),
    (By::Looks, "<div style='overflow: auto'><p style='width: 3000px'>wide</p></div>", "has no label"),
    (By::Looks, "<div style='overflow: hidden'><p style='width: 3000px'>wide</p></div>", "cuts off"),
    (By::Looks, "<div style='transform: translateX(-80px)'>left</div>", "reaches from -"),
    (
        By::Looks,
        "<figure><svg viewBox='0 0 300 90'><text x='280' y='40'>clipped away</text></svg></figure>",
        "reaches out of its drawing",
    ),
    (
        By::Looks,
        "<figure><svg viewBox='0 0 300 90'><text y='40' fill='#888'>pale</text></svg></figure>",
        "has a contrast of",
    ),
    (By::Axe, "<button></button>", "axe, button-name"),
    (By::Axe, "<img src='favicon.svg'>", "axe, image-alt"),
    (By::Axe, "<p style='color: #aaa; background: #fff'>pale</p>", "axe, color-contrast"),
    (By::Axe, "<h6>Too deep</h6>", "axe, heading-order"),
    (
        By::Axe,
        "<details><summary>s</summary><p style='color: #aaa; background: #fff'>pale</p></details>",
        "axe, color-contrast",
    ),
    (By::Themes, "<style>.coal main p { color: #333 }</style>", "coal: axe, color-contrast"),
    (By::Themes, "<style>.coal main p { width: 3000px }</style>", "coal: <div#mdbook-content>"),
    (
        By::Themes,
        "<style>.ayu figure text { fill: #333 }</style><figure><svg viewBox='0 0 300 90'><text y='40'>pale</text></svg></figure>",
        "ayu: <text> \"pale\" of a drawing has a contrast of",
    ),
    (
        By::Themes,
        "<script>addEventListener('load', () => document.querySelector('#mdbook-theme-rust').remove())</script>",
        "rust can't be chosen",
    ),
    (
        By::Loads,
        "<script>addEventListener('load', () => setTimeout(() => { document.querySelector('h1').style.paddingTop = '200px' }, 20))</script>",
        "the layout shifts",
    ),
    (
        By::Loads,
        "<script>for (let i = 0; i < 5; i++) fetch('print.html?' + i).then(body => body.text())</script>",
        "bytes are loaded",
    ),
    (By::Keyboard, "<div onclick='void 0'>press me</div>", "listens to the mouse only"),
    (By::Keyboard, "<span style='cursor: pointer'>press me</span>", "is for the mouse only"),
    (By::Keyboard, "<span role='button'>press me</span>", "a role that the keyboard can't play"),
    (By::Keyboard, "<span role='button' tabindex='0'>press me</span>", "doesn't answer to the key"),
    (By::Keyboard, "<button tabindex='5'>first</button>", "jumps the queue"),
    (By::Keyboard, "<button style='outline: none'>plain</button>", "looks the same with the focus"),
    (
        By::Keyboard,
        "<button style='opacity: 1; position: fixed; inset: -50px auto auto 0'>away</button>",
        "it can't be seen",
    ),
    (By::Keyboard, "<p tabindex='0'>stop</p>", "nobody knows what for"),
    (
        By::Keyboard,
        "<button onkeydown='event.preventDefault()'>trap</button><button>after</button>",
        "is not reached by Tab",
    ),
    (
        By::Keyboard,
        "<div style='overflow: auto; height: 30px'><p>a<br>b<br>c<br>d</p></div>",
        "can't be scrolled with the keyboard",
    ),
    (By::Paper, "<p id='twice'>a</p><p id='twice'>b</p>", "the id twice is there twice"),
    (By::Paper, "<a href='#nowhere-at-all'>link</a>", "leads nowhere"),
    (
        By::Paper,
        "<style>@media print { details::details-content { content-visibility: hidden !important } }</style><details><summary>s</summary><p>answer</p></details>",
        "is folded on paper",
    ),
    (
        By::NoScripts,
        "<p id='late'></p><script>late.textContent = 'said by a script'</script>",
        "without scripts the text is another",
    ),
    (
        By::NoScripts,
        "<figure><svg viewBox='0 0 9 9' width='9' height='9'></svg><figcaption>c</figcaption></figure>",
        "is 9×9 px",
    ),
    (By::NoScripts, "<style>html:not(.js) main p { display: none }</style>", "without scripts the text is another"),
    (
        By::Predictions,
        "<script>addEventListener('change', () => fetch('index.html'))</script>",
        "choosing asks for something",
    ),
    (By::Predictions, "<script>addEventListener('change', () => { document.cookie = 'choice=1' })</script>", "cookie"),
    (
        By::Predictions,
        "<script>addEventListener('change', () => { sessionStorage.choice = 1 })</script>",
        "sessionStorage holds choice",
    ),
    (
        By::Predictions,
        "<script>addEventListener('change', () => { localStorage.choice = 1 })</script>",
        "localStorage holds choice",
    ),
    (
        By::Predictions,
        "<script>addEventListener('change', () => { indexedDB.open('choices') })</script>",
        "the database choices",
    ),
    (By::Predictions, "<script>localStorage.clear()</script>", "the choice is lost by a reload"),
    (By::Predictions, "<script>Storage.prototype.removeItem = () => {}</script>", "is back after a reload"),
];

/// A page that every check passes: the text is the faults' own, the rest is the book's.
const TEXT: &str = "<h1>A page</h1><p>Some words.</p>";
const PREDICTION: &str = "<details class='predict' id='predict-a-b' data-key='a/b'><summary>How many?</summary>\
    <ol><li>one</li><li>two</li></ol></details><p class='predicted' data-key='a/b'>Two.</p>";

/// Writes the pages with faults, and one without, into the book.
pub fn write(book: &Path) -> Result<()> {
    let index = fs::read_to_string(book.join("index.html"))?;
    let (head, rest) = index.split_once("<main>").context("index.html has no main")?;
    let (_, foot) = rest.split_once("</main>").context("index.html has no end of main")?;
    let page = |fault: &str| format!("{head}<main>{TEXT}{PREDICTION}{fault}</main>{foot}");
    fs::write(book.join("faultless.html"), page(""))?;
    for (number, (_, fault, _)) in BROKEN.iter().enumerate() {
        fs::write(book.join(format!("faulty-{number}.html")), page(fault))?;
    }
    Ok(())
}

/// The page without a fault passes all checks, and each of the others fails its own.
pub fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let checks = [By::Looks, By::Axe, By::Themes, By::Loads, By::Keyboard, By::Paper, By::NoScripts, By::Predictions];
    let faultless = trial(shared, "a page without faults passes".to_owned(), move |chromium, shared| {
        let mut found = Vec::new();
        for by in &checks {
            found.extend(find(by, chromium, shared, &format!("{}faultless.html", shared.site))?);
        }
        Ok(found)
    });
    let faulty = BROKEN.iter().enumerate().map(|(number, (by, fault, says))| {
        let name = format!("found: {fault}");
        if matches!(by, By::Axe | By::Themes) && shared.axe.is_none() {
            return Trial::ignorable_test(name, || left_out(NO_AXE));
        }
        trial(shared, name, move |chromium, shared| {
            let found = find(by, chromium, shared, &format!("{}faulty-{number}.html", shared.site))?;
            ensure!(found.iter().any(|finding| finding.contains(says)), "{says:?} was not found, but only {found:?}");
            Ok(Vec::new())
        })
    });
    std::iter::once(faultless).chain(faulty).collect()
}

fn find(by: &By, chromium: &mut Chromium, shared: &Shared, url: &str) -> Result<Vec<String>> {
    let axe = shared.axe.as_deref();
    match by {
        By::Looks => checks::looks(&mut Page::open(chromium, url, View::NARROW)?, None),
        By::Axe => checks::looks(&mut Page::open(chromium, url, View::WIDE)?, axe),
        By::Themes => {
            let view = View { theme: Some("navy"), ..View::WIDE };
            in_every_theme(&mut Page::open(chromium, url, view)?, view, shared)
        }
        By::Loads => Ok(checks::loads(&mut Page::open(chromium, url, View::WIDE)?)?.0),
        By::Keyboard => checks::keyboard(&mut Page::open(chromium, url, View::WIDE)?),
        By::Paper => checks::on_paper(&mut Page::open(chromium, url, View::WIDE)?),
        By::NoScripts => checks::without_scripts(chromium, url, View::WIDE, axe),
        By::Predictions => checks::predictions(chromium, url),
    }
}
