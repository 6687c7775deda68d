//! A page in a tab that nothing is kept in from the page before; for a first visit nothing is cached either.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::chromium::{Chromium, PATIENCE};

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// CSS pixels. Below 600 it is a phone's: touched, with a viewport that follows the page's wish.
    pub width: u32,
    /// The theme that the reader has chosen; none: the book's own choice.
    pub theme: Option<&'static str>,
    /// The reader's system is dark.
    pub dark: bool,
    pub reduced_motion: bool,
    pub scripts: bool,
    /// The browser refuses to keep anything.
    pub storage: bool,
    /// A first visit, over a connection on which a page is painted before it has all of its parts.
    pub slow: bool,
}

impl View {
    pub const WIDE: Self = Self {
        width: 1600,
        theme: None,
        dark: false,
        reduced_motion: false,
        scripts: true,
        storage: true,
        slow: false,
    };
    pub const NARROW: Self = Self { width: 360, ..Self::WIDE };
}

/// A page that is open; what it asked for and complained of is in `events`.
pub struct Page<'a> {
    chromium: &'a mut Chromium,
    session: String,
    frame: Value,
    /// Names the load that is under way or done; each has a name of its own.
    loader: Value,
    scripts: bool,
    pub events: Vec<Value>,
}

/// Runs before a page's own scripts, and keeps what happens while they run. Nobody is there to close a print dialog.
const WATCH: &str = "
    window.print = () => {};
    window.shifts = [];
    window.shiftObserver = new PerformanceObserver(list => shifts.push(...list.getEntries()));
    shiftObserver.observe({ type: 'layout-shift', buffered: true });";
/// Runs before a page's own scripts where nothing may be kept.
pub const BLOCK: &str = "
    for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
    }";

impl<'a> Page<'a> {
    /// Opens an address and waits until it has loaded and stands on the screen.
    pub fn open(chromium: &'a mut Chromium, url: &str, view: View) -> Result<Self> {
        let attach = json!({ "targetId": chromium.tab()?, "flatten": true });
        let attached = chromium.call(None, "Target.attachToTarget", attach)?;
        let session = attached["sessionId"].as_str().context("a session")?.to_owned();
        let mut page = Self {
            chromium,
            session,
            frame: Value::Null,
            loader: Value::Null,
            scripts: view.scripts,
            events: Vec::new(),
        };
        // What the page before has stored is forgotten, and what it still does isn't listened to. From a page that may store
        // nothing, the first is refused.
        page.call("Runtime.evaluate", json!({ "expression": "sessionStorage.clear()" }))?;
        page.call("Page.navigate", json!({ "url": "about:blank" }))?;
        let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        page.call("Storage.clearDataForOrigin", json!({ "origin": origin, "storageTypes": "all" }))?;
        page.prepare(view)?;
        page.go(url)?;
        Ok(page)
    }

    fn prepare(&mut self, view: View) -> Result<()> {
        for domain in ["Page", "Runtime", "Network", "Log", "DOM"] {
            self.call(&format!("{domain}.enable"), json!({}))?;
        }
        self.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true }))?;
        self.resize(view)?;
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        self.media("", view)?;
        if view.slow {
            self.call("Network.setCacheDisabled", json!({ "cacheDisabled": true }))?;
            let slow =
                json!({ "offline": false, "latency": 40, "downloadThroughput": 400_000, "uploadThroughput": -1 });
            self.call("Network.emulateNetworkConditions", slow)?;
        }
        let mut first = WATCH.to_owned();
        if let Some(theme) = view.theme {
            first += &format!("localStorage.setItem('mdbook-theme', '{theme}');");
        }
        if !view.storage {
            first += BLOCK;
        }
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": first }))?;
        Ok(())
    }

    /// Makes the screen as wide as in this view.
    pub fn resize(&mut self, view: View) -> Result<()> {
        let phone = view.width < 600;
        let metrics = json!({ "width": view.width, "height": 900, "deviceScaleFactor": 1, "mobile": phone });
        self.call("Emulation.setDeviceMetricsOverride", metrics)?;
        self.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": phone })).map(drop)
    }

    /// Shows the page as on `medium`: "screen", "print", or "" for what it is.
    pub fn media(&mut self, medium: &str, view: View) -> Result<()> {
        let scheme = if view.dark { "dark" } else { "light" };
        let motion = if view.reduced_motion { "reduce" } else { "no-preference" };
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }))?;
        Ok(())
    }

    pub fn go(&mut self, url: &str) -> Result<()> {
        self.allow_scripts(self.scripts)?;
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("{url}: {error}");
        }
        (self.frame, self.loader) = (answer["frameId"].clone(), Value::Null);
        self.wait_for_load(|loader| *loader == answer["loaderId"]).with_context(|| url.to_owned())
    }

    pub fn reload(&mut self) -> Result<()> {
        self.allow_scripts(self.scripts)?;
        self.call("Page.reload", json!({}))?;
        self.loaded()
    }

    /// Loads the page anew without scripts, and forgets what was said of it with them.
    pub fn reload_without_scripts(&mut self) -> Result<()> {
        self.scripts = false;
        // What has come and wasn't looked at yet is of the load before too.
        self.events().iter().for_each(drop);
        self.events.clear();
        self.reload()
    }

    fn allow_scripts(&mut self, allowed: bool) -> Result<()> {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed })).map(drop)
    }

    /// Waits until a page that the current one leads to has loaded and is painted.
    pub fn loaded(&mut self) -> Result<()> {
        let last = self.loader.clone();
        self.wait_for_load(|loader| *loader != last)
    }

    fn wait_for_load(&mut self, expected: impl Fn(&Value) -> bool) -> Result<()> {
        self.loader = loop {
            let mut event = self.wait_for("Page.lifecycleEvent")?["params"].take();
            if event["name"] == "load" && event["frameId"] == self.frame && expected(&event["loaderId"]) {
                break event["loaderId"].take();
            }
        };
        if !self.scripts {
            // The page has come without its scripts, which is too late for them now; ours need theirs allowed.
            self.allow_scripts(true)?;
        }
        self.painted()
    }

    /// Waits until everything that was asked for has come, and half a second has passed without a request.
    pub fn quiet(&mut self) -> Result<()> {
        let loader = self.loader.clone();
        let idle = |event: &Value| event["params"]["name"] == "networkIdle" && event["params"]["loaderId"] == loader;
        if !self.events().iter().any(idle) {
            while !idle(&self.wait_for("Page.lifecycleEvent")?) {}
        }
        Ok(())
    }

    /// Waits until what has changed is on the screen, and the page has been told of its new sizes.
    pub fn painted(&mut self) -> Result<()> {
        // Two frames, as the first may have begun before.
        let frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
        self.eval(&format!("document.fonts.ready.then(() => {frames})")).map(drop)
    }

    fn wait_for(&mut self, method: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.chromium.event(&self.session, deadline).with_context(|| method.to_owned())?;
            self.events.push(event.clone());
            if event["method"] == method {
                return Ok(event);
            }
        }
    }

    /// All events so far.
    pub fn events(&mut self) -> &[Value] {
        let more = self.chromium.events_so_far(&self.session);
        self.events.extend(more);
        &self.events
    }

    pub fn call(&mut self, method: &str, parameters: Value) -> Result<Value> {
        self.chromium.call(Some(&self.session), method, parameters)
    }

    /// The value of an expression in the page, once it is settled.
    pub fn eval(&mut self, expression: &str) -> Result<Value> {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", parameters)?;
        if !answer["exceptionDetails"].is_null() {
            let details = &answer["exceptionDetails"];
            let start: String = expression.chars().take(200).collect();
            bail!("{}: {start}", details["exception"]["description"].as_str().unwrap_or_default());
        }
        Ok(answer["result"]["value"].take())
    }

    /// A list of sentences that an expression in the page makes.
    pub fn findings(&mut self, expression: &str) -> Result<Vec<String>> {
        let value = self.eval(expression)?;
        serde_json::from_value(value).with_context(|| format!("{expression} is no list of sentences"))
    }

    /// Presses and releases a key, as a keyboard does.
    pub fn press(&mut self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Space" => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            _ => (0, key),
        };
        let named = if key == "Space" { " " } else { key };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let mut event = json!({ "type": kind, "key": named, "windowsVirtualKeyCode": code });
        if code != 0 {
            event["code"] = key.into();
        }
        if !text.is_empty() {
            event["text"] = text.into();
        }
        self.call("Input.dispatchKeyEvent", event)?;
        let up = json!({ "type": "keyUp", "key": named, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", up)?;
        Ok(())
    }

    /// Waits until an expression in the page is true, and says if it never is. The expression may wait itself.
    pub fn becomes(&mut self, expression: &str) -> Result<bool> {
        let within = self.chromium.becomes_within.as_millis();
        let wait = format!(
            "new Promise(done => {{
                const end = performance.now() + {within};
                const look = async () => {{
                    const so = Boolean({expression});
                    if (so || performance.now() > end) done(so);
                    else setTimeout(look, 10);
                }};
                look();
            }})"
        );
        Ok(self.eval(&wait)? == true)
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        // The session takes along what was set in it: sizes, media, scripts of its own.
        let _ = self.chromium.call(None, "Target.detachFromTarget", json!({ "sessionId": self.session }));
        self.chromium.events_so_far("");
    }
}
