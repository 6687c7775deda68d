//! What is asked of every page. Each check returns what it found wrong, a sentence each.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::chromium::Chromium;
use crate::page::{Page, View};
use crate::{THEMES, charts};

pub const IN_PAGE: &str = concat!(include_str!("../../browser/in_page.js"), include_str!("../../browser/charts.js"));

/// All that a reader downloads to see a chapter, decoded: page, style sheets, scripts, images.
const HEAVIEST: u64 = 350_000;
/// Where a check is made.
pub enum On {
    /// On every page.
    Every,
    /// On a few; by `cargo soak`, on every page.
    Few,
    /// On the page for printing.
    Print,
}

/// What is asked of pages.
pub struct Check {
    pub on: On,
    pub is: &'static str,
    /// What a page has that is asked it.
    pub has: &'static str,
    /// How it's looked at; all but the first by `cargo soak` alone.
    pub views: &'static [View],
    run: fn(&mut Page<'_>, Option<&str>) -> Result<Vec<String>>,
}

impl Check {
    pub fn ask(&self, chromium: &mut Chromium, url: &str, view: View, axe: Option<&str>) -> Result<Vec<String>> {
        let page = &mut Page::open(chromium, url, view)?;
        let mut found = (self.run)(page, axe)?;
        found.extend(complaints(page)?);
        Ok(found)
    }
}

const fn check(
    on: On,
    is: &'static str,
    has: &'static str,
    views: &'static [View],
    run: fn(&mut Page<'_>, Option<&str>) -> Result<Vec<String>>,
) -> Check {
    Check { on, is, has, views, run }
}

const SLOW: [View; 2] = [View { slow: true, ..View::WIDE }, View { slow: true, ..View::NARROW }];
const THEMED: [View; 2] =
    [View { theme: Some(THEMES[0]), ..View::WIDE }, View { theme: Some(THEMES[0]), ..View::NARROW }];
const STILL: View = View { dark: true, reduced_motion: true, ..View::WIDE };
const PREDICTS: &str = "<div class=\"predict";
const CHART: &str = "<figure class=\"chart";
const SWITCH: &str = "class=\"machines\"";

pub const CHECKS: &[Check] = &[
    check(On::Every, "is as it should be", "", &[View::NARROW], at_both_widths),
    check(On::Few, "stands still as it loads", "", &SLOW, |page, _| loads(page)),
    check(On::Few, "by keyboard", "", &[View::WIDE, View::NARROW], |page, _| keyboard(page)),
    check(On::Few, "without scripts", "", &[View { dark: true, ..View::NARROW }, View::WIDE], without_scripts),
    check(On::Few, "in every theme", "", &THEMED, in_every_theme),
    check(On::Few, "as a dark system without motion prefers", "", &[STILL], |page, _| preferred(page)),
    check(On::Few, "with text twice as large", "", &[View { width: 800, ..View::WIDE }], |page, _| {
        // Which is as good as half as wide. mdBook's root is 62.5 % of the reader's font size.
        page.eval("document.documentElement.style.fontSize = '125%'")?;
        page.painted()?;
        looks(page, None)
    }),
    check(On::Every, "first screen", "class=\"predict opening\"", &[View::NARROW], |page, _| first_screen(page)),
    check(On::Few, "predictions", PREDICTS, &[View::WIDE], predictions),
    check(
        On::Few,
        "predictions with storage blocked",
        PREDICTS,
        &[View { storage: false, ..View::WIDE }],
        |page, _| predictions_unkept(page),
    ),
    check(On::Every, "nothing above tells the answer", PREDICTS, &[View::NARROW], |page, _| charts::spoiled(page)),
    check(On::Every, "nothing is cut off", "", &[View::NARROW], |page, _| charts::cut_off(page)),
    check(On::Few, "charts in their colours", CHART, &[View::WIDE], |page, _| charts::colours(page)),
    check(On::Few, "charts of another machine", SWITCH, &[View::WIDE], |page, _| charts::switch(page)),
    check(On::Few, "charts answer", CHART, &[View::WIDE, View::NARROW], |page, _| charts::marks(page)),
    check(On::Few, "listings have tabs", "class=\"listing", &[View::NARROW], |page, _| charts::listings(page)),
    check(On::Few, "terms open", "href=\"glossary.html#", &[View::WIDE, View::NARROW], |page, _| charts::terms(page)),
    // The width of an A4 sheet between its margins.
    check(On::Print, "on paper", "", &[View { width: 718, ..View::WIDE }], |page, _| on_paper(page)),
];

/// The page as it stands: nothing wider than the screen, nothing that axe finds.
pub fn looks(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = page.findings("inspect.sideways()")?;
    page.eval("inspect.open()")?;
    found.extend(page.findings("inspect.sideways()")?);
    found.extend(page.findings("inspect.contrast()")?);
    found.extend(axe_findings(page, axe)?);
    Ok(found)
}

/// All that is asked of looks, in the theme that the page is opened with, and what themes can change, in the others.
fn in_every_theme(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    let mut found = looks(page, axe)?;
    if page.eval(&format!("document.documentElement.matches('.js:not(.{})')", THEMES[0]))? == true {
        found.push(format!("the theme is not {}", THEMES[0]));
    }
    found.extend(other_themes(page, &THEMES[1..], axe, true)?);
    Ok(found)
}

/// What a theme can change, in each of the themes: the reader chooses one after the other in the page's own menu. A page
/// without a menu has one theme. Whether the page `fits` is asked where it should.
pub fn other_themes(page: &mut Page<'_>, themes: &[&str], axe: Option<&str>, fits: bool) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    if page.eval("document.querySelector('#mdbook-theme-list') === null")? == true {
        return Ok(found);
    }
    for theme in themes {
        page.eval(&format!("document.querySelector('#mdbook-theme-{theme}')?.click()"))?;
        // Nothing that fades is looked at half way.
        if !page
            .becomes(&format!("document.documentElement.matches('.{theme}') && !document.getAnimations().length"))?
        {
            found.push(format!("{theme} can't be chosen"));
            continue;
        }
        page.painted()?;
        let mut in_theme = page.findings("inspect.contrast()")?;
        if fits {
            in_theme.extend(page.findings("inspect.sideways()")?);
        }
        in_theme.extend(axe_rules(page, axe, "['color-contrast', 'link-in-text-block']", 1)?);
        found.extend(in_theme.iter().map(|finding| format!("{theme}: {finding}")));
    }
    Ok(found)
}

/// The violations of axe's rules on the page as it is now; none where axe isn't installed.
pub fn axe_findings(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    axe_rules(page, axe, "undefined", 5)
}

/// The violations of some rules, of which at least this many must apply.
fn axe_rules(page: &mut Page<'_>, axe: Option<&str>, rules: &str, least: u64) -> Result<Vec<String>> {
    let Some(axe) = axe else { return Ok(Vec::new()) };
    if page.eval("typeof axe")? == "undefined" {
        page.eval(IN_PAGE)?;
        page.eval(&format!("{axe}; 0"))?;
    }
    let mut results = page.eval(&format!("inspect.violations({rules})"))?;
    if results["passes"].as_u64().unwrap_or_default() < least {
        return Ok(vec!["axe: hardly a rule applied".to_owned()]);
    }
    Ok(serde_json::from_value(results["found"].take())?)
}

/// On a phone all that is asked of looks, and of the head; and no page may be heavy; then as wide as a desk's, where it has to fit too.
fn at_both_widths(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    let mut found = looks(page, axe)?;
    found.extend(page.findings("inspect.head()")?);
    found.extend(too_heavy(page)?);
    page.resize(View::WIDE)?;
    page.painted()?;
    found.extend(page.findings("inspect.sideways()")?);
    Ok(found)
}

/// The page as it comes: it stands still and is light.
fn loads(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.quiet()?;
    // What is loaded only where it is seen counts too.
    page.eval("scrollTo(0, document.documentElement.scrollHeight)")?;
    page.quiet()?;
    page.eval(IN_PAGE)?;
    let mut found = page.findings("inspect.moved()")?;
    found.extend(too_heavy(page)?);
    Ok(found)
}

/// The bytes of everything that was asked for, decoded, where they are too many. The page for printing holds all chapters.
fn too_heavy(page: &mut Page<'_>) -> Result<Option<String>> {
    let received = page.events().iter().filter(|event| event["method"] == "Network.dataReceived");
    let weight: u64 = received.map(|event| event["params"]["dataLength"].as_u64().unwrap_or_default()).sum();
    let is_print = page.eval("/\\/print(\\.html)?$/.test(location.pathname)")? == true;
    Ok((!is_print && weight > HEAVIEST).then(|| format!("{weight} bytes are loaded, more than {HEAVIEST}")))
}

/// The page as a reader sees it whose system is dark and who asked for no motion. The theme's contrast is another check's
/// business.
fn preferred(page: &mut Page<'_>) -> Result<Vec<String>> {
    let mut found = looks(page, None)?;
    found.extend(page.findings("inspect.moving()")?);
    if page.eval("document.documentElement.matches('.js:not(.navy)')")? == true {
        found.push("a reader whose system is dark gets another theme than navy".to_owned());
    }
    Ok(found)
}

/// What the console, the network and the scripts complain of, and whatever is asked of another host.
pub fn complaints(page: &mut Page<'_>) -> Result<Vec<String>> {
    let mut found = page.findings(
        "[...document.querySelectorAll('link[href]')].filter(link => new URL(link.href).origin !== location.origin)
            .map(link => `a link of the page's head asks another host: ${link.href}`)",
    )?;
    found.extend(page.findings(
        "[...document.images].filter(image => image.complete && !image.naturalWidth)
            .map(image => `an image can't be shown: ${image.src}`)",
    )?);
    let origin = page.eval("location.origin")?;
    let origin = origin.as_str().context("an origin")?;
    found.extend(page.events().iter().filter_map(|event| complaint(event, origin)));
    Ok(found)
}

fn complaint(event: &Value, origin: &str) -> Option<String> {
    let about = &event["params"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match event["method"].as_str()? {
        "Runtime.consoleAPICalled" if ["error", "warning", "assert"].contains(&about["type"].as_str()?) => {
            let said: Vec<String> =
                about["args"].as_array()?.iter().map(|arg| text(&arg["value"]) + &text(&arg["description"])).collect();
            Some(format!("console {}: {}", text(&about["type"]), said.join(" ")))
        }
        "Runtime.exceptionThrown" => {
            let details = &about["exceptionDetails"];
            Some(format!("uncaught: {} {}", text(&details["text"]), text(&details["exception"]["description"])))
        }
        "Log.entryAdded" if ["error", "warning"].contains(&about["entry"]["level"].as_str()?) => Some(format!(
            "console {}: {} {}",
            text(&about["entry"]["level"]),
            text(&about["entry"]["text"]),
            text(&about["entry"]["url"])
        )),
        "Network.requestWillBeSent" => foreign(about["request"]["url"].as_str()?, origin),
        "Network.webSocketCreated" | "Network.webTransportCreated" => foreign(about["url"].as_str()?, origin),
        "Network.loadingFailed" if about["canceled"] != true => {
            Some(format!("a request fails: {}", text(&about["errorText"])))
        }
        "Network.responseReceived" if about["response"]["status"].as_u64()? >= 400 => {
            Some(format!("{} answers {}", text(&about["response"]["url"]), about["response"]["status"]))
        }
        _ => None,
    }
}

fn foreign(url: &str, origin: &str) -> Option<String> {
    let own = url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let inline = url.starts_with("data:") || url.starts_with("blob:") || url == "about:blank";
    (!own && !inline).then(|| format!("a request to another host: {url}"))
}

/// Tab reaches every control, where it is seen, and keys work it.
fn keyboard(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = page.findings("inspect.findStops()")?;
    found.extend(mouse_only(page)?);
    page.eval("inspect.catchClicks()")?;
    loop {
        page.press("Tab")?;
        // What it looks like is remembered, for its keys to change.
        let mut here = page.eval(
            "(async () => { const here = await inspect.here(); here.end || inspect.remember(); return here; })()",
        )?;
        found.extend(serde_json::from_value::<Vec<String>>(here["found"].take())?);
        if here["end"] == true {
            break;
        }
        if let Some(complaint) = work(page, &here)? {
            found.push(complaint);
        }
    }
    found.extend(page.findings("inspect.missed()")?);
    Ok(found)
}

/// Presses the keys that a control of this kind is worked with.
fn work(page: &mut Page<'_>, here: &Value) -> Result<Option<String>> {
    let name = here["name"].as_str().unwrap_or_default();
    let kind = here["kind"].as_str().unwrap_or_default();
    let (key, worked) = match kind {
        "enter" => ("Enter", "inspect.wasClicked()"),
        "space" => ("Space", "inspect.wasClicked()"),
        "text" => ("x", "inspect.changed()"),
        "right" => ("ArrowRight", "inspect.changed()"),
        "down" => ("ArrowDown", "inspect.changed()"),
        _ => return Ok(Some(format!("{name} takes the focus, and nobody knows what for"))),
    };
    // Where the machine is busy, a scroller may not have been told yet that it has the focus; a reader would press again.
    for _ in 0..if key.starts_with("Arrow") { 3 } else { 1 } {
        page.press(key)?;
        if page.becomes(worked)? {
            return Ok(None);
        }
    }
    Ok(Some(format!("{name} doesn't answer to the key {key:?}")))
}

/// Elements with listeners for the mouse and no control for the keyboard.
fn mouse_only(page: &mut Page<'_>) -> Result<Vec<String>> {
    const MOUSE: [&str; 8] =
        ["click", "dblclick", "mousedown", "mouseup", "pointerdown", "pointerup", "touchstart", "contextmenu"];
    let document = page.call("Runtime.evaluate", json!({ "expression": "document" }))?;
    let all = json!({ "objectId": document["result"]["objectId"], "depth": -1 });
    let listeners = page.call("DOMDebugger.getEventListeners", all)?;
    let nodes: BTreeSet<u64> = listeners["listeners"]
        .as_array()
        .context("a list of listeners")?
        .iter()
        .filter(|listener| listener["type"].as_str().is_some_and(|kind| MOUSE.contains(&kind)))
        .filter_map(|listener| listener["backendNodeId"].as_u64())
        .collect();
    let mut found = Vec::new();
    for node in nodes {
        let resolved = page.call("DOM.resolveNode", json!({ "backendNodeId": node }))?;
        let ask = "function () { return inspect.forMouseOnly.call(this); }";
        let call =
            json!({ "objectId": resolved["object"]["objectId"], "functionDeclaration": ask, "returnByValue": true });
        let answer = page.call("Runtime.callFunctionOn", call)?;
        found.extend(answer["result"]["value"].as_str().filter(|words| !words.is_empty()).map(str::to_owned));
    }
    Ok(found)
}

/// Without scripts the page says the same, shows its figures, and takes the reader on.
fn without_scripts(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    let with = text(page)?;
    page.reload_without_scripts()?;
    let mut found = Vec::new();
    let without = text(page)?;
    if with != without {
        let same = with.chars().zip(without.chars()).take_while(|(one, other)| one == other).count();
        let from = |text: &str| text.chars().skip(same.saturating_sub(20)).take(60).collect::<String>();
        found.push(format!(
            "without scripts the text is another: \"{}\" instead of \"{}\"",
            from(&without),
            from(&with)
        ));
    }
    found.extend(page.findings("inspect.figures()")?);
    found.extend(page.findings("inspect.links()")?);
    found.extend(looks(page, axe)?);
    found.extend(keyboard(page)?);
    Ok(found)
}

/// All that the page says, with everything unfolded.
fn text(page: &mut Page<'_>) -> Result<String> {
    page.eval(IN_PAGE)?;
    page.eval("inspect.open()")?;
    Ok(page.eval("inspect.text()")?.as_str().context("a text")?.to_owned())
}

/// Question and prediction on the first screen, and the chart once it was answered; nothing above tells the answer.
fn first_screen(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = Vec::new();
    for (width, height) in [(390, 844), (1400, 900)] {
        page.resize(View { width, ..View::WIDE })?;
        page.painted()?;
        let told = page.findings(&format!("inspect.firstScreen({height})"))?;
        found.extend(told.into_iter().map(|what| format!("{width} px wide: {what}")));
    }
    Ok(found)
}

/// A prediction can be made with the keyboard, is marked and drawn, kept over a reload, shown beside the result and forgotten on
/// demand, here and in another tab, and nothing else is kept or sent.
fn predictions(page: &mut Page<'_>, axe: Option<&str>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let asked = page.eval("document.querySelectorAll('.predict').length")?.as_u64().unwrap_or_default();
    let mut found = Vec::new();
    let mut expect = |page: &mut Page<'_>, expression: &str, or_else: &str| -> Result<()> {
        found.extend((!page.becomes(expression)?).then(|| or_else.to_owned()));
        Ok(())
    };
    let all = |is: &str| format!("[...document.querySelectorAll('.predict').keys()].every(number => {is})");
    let (chosen, forgotten) = (all("inspect.isChosen(number, 1)"), all("inspect.isForgotten(number)"));
    let kept = "Object.keys(localStorage).filter(key => key.startsWith('predict:')).length";
    let requests = |page: &mut Page<'_>| {
        page.events().iter().filter(|event| event["method"] == "Network.requestWillBeSent").count()
    };
    expect(page, "document.querySelector('.predict')", "there is no prediction to make")?;
    let before = requests(page);
    for number in 0..asked {
        let slides = page.eval(&format!("Boolean(inspect.prediction({number}).slider)"))? == true;
        // To the second choice, or one step on; what is looked at on the way isn't a guess yet.
        let (control, key) = if slides { ("slider", "ArrowRight") } else { ("radios[0]", "ArrowDown") };
        page.eval(&format!("inspect.prediction({number}).{control}.focus()"))?;
        page.press(key)?;
        page.painted()?;
        expect(page, &format!("!inspect.prediction({number}).answer.open"), "an arrow key alone shows the answer")?;
        if slides {
            page.press("Tab")?;
        }
        page.press("Enter")?;
    }
    expect(page, &chosen, "the keyboard chooses nothing, or the result doesn't say what was chosen")?;
    expect(page, &all("inspect.isMarked(number, 1)"), "the guess isn't marked as it should be")?;
    expect(page, &all("inspect.isDrawn(number, 1)"), "the guess isn't drawn where it should be")?;
    let silent = requests(page) == before;
    expect(page, &silent.to_string(), "choosing asks for something")?;
    // Before the page is left, too: that ends a database that isn't open yet.
    let mut more = page.findings("inspect.kept()")?;
    page.reload()?;
    page.eval(IN_PAGE)?;
    more.extend(page.findings("inspect.moved()")?);
    expect(page, &chosen, "the choice is lost by a reload")?;
    expect(page, &all("inspect.isDrawn(number, 1)"), "the guess isn't drawn where it should be after a reload")?;
    expect(page, &format!("{kept} === {asked}"), "not every choice was kept, and each once")?;
    more.extend(page.findings("inspect.kept()")?);
    let cookies = page.call("Network.getCookies", json!({}))?["cookies"].as_array().map_or(0, Vec::len);
    expect(page, &format!("{cookies} === 0"), "a cookie is kept")?;
    more.extend(looks(page, axe)?);
    page.eval("inspect.elsewhere(true)")?;
    expect(page, &forgotten, "what another tab forgets stays here")?;
    page.eval("inspect.elsewhere(false)")?;
    expect(page, &chosen, "what another tab chooses isn't seen here")?;
    for number in 0..asked {
        page.eval(&format!("inspect.prediction({number}).forget.focus()"))?;
        page.press("Enter")?;
    }
    expect(page, &forgotten, "Forget doesn't forget")?;
    page.reload()?;
    page.eval(IN_PAGE)?;
    expect(page, &forgotten, "what was forgotten is back after a reload")?;
    expect(page, &format!("{kept} === 0"), "something of a prediction is kept after all were forgotten")?;
    // A reader who only wants to see is shown it, without a guess.
    page.eval("document.querySelector('.predict .show').focus()")?;
    page.press("Enter")?;
    expect(
        page,
        &format!(
            "{kept} === 0 && inspect.prediction(0).answer.open && !document.querySelector('.predict .said .word')"
        ),
        "Show me shows nothing, or takes it for a guess",
    )?;
    found.extend(more);
    Ok(found)
}

/// Where the browser keeps nothing, a prediction lasts as long as the page.
fn predictions_unkept(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let slides = page.eval("Boolean(inspect.prediction(0).slider)")? == true;
    page.eval("const { slider, radios } = inspect.prediction(0); (slider ?? radios[0]).focus()")?;
    page.press(if slides { "ArrowRight" } else { "ArrowDown" })?;
    if slides {
        page.press("Tab")?;
    }
    page.press("Enter")?;
    let mut found = Vec::new();
    if !page.becomes("inspect.isChosen(0, 1)")? {
        found.push("nothing can be predicted where nothing can be kept".to_owned());
    }
    if !page.becomes("/until you leave this page/.test(inspect.prediction(0).box.textContent)")? {
        found.push("the page doesn't say that the choice won't be kept".to_owned());
    }
    page.reload()?;
    page.eval(IN_PAGE)?;
    if !page.becomes("inspect.isForgotten(0)")? {
        found.push("the choice was kept where nothing can be".to_owned());
    }
    Ok(found)
}

/// The page for printing has all that these chapters have.
pub fn print(chromium: &mut Chromium, site: &str, chapters: &[String]) -> Result<Vec<String>> {
    let still = View { scripts: false, ..View::WIDE };
    let mut page = Page::open(chromium, &format!("{site}print.html"), still)?;
    let printed = text(&mut page)?;
    let mut found = Vec::new();
    for chapter in chapters {
        page.go(&format!("{site}{chapter}"))?;
        let text = text(&mut page)?;
        if text.is_empty() || !printed.contains(&text) {
            found.push(format!("print.html lacks some of the text of {chapter}"));
        }
    }
    Ok(found)
}

/// A page as it is printed: links lead somewhere in it, nothing that has to be read is folded.
fn on_paper(page: &mut Page<'_>) -> Result<Vec<String>> {
    page.eval(IN_PAGE)?;
    let mut found = page.findings("inspect.whole()")?;
    page.media("print", View::WIDE)?;
    page.painted()?;
    found.extend(page.findings("inspect.paper()")?);
    found.extend(page.findings("inspect.sideways()")?);
    page.media("", View::WIDE)?;
    Ok(found)
}
