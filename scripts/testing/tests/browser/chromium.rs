//! Chromium, driven over a pipe: the protocol of its developer tools, one message after the other.
//!
//! Chromedriver speaks the same protocol to Chromium and adds a server in between. The pipe needs no port and no other
//! program, brings the events that the checks rest on (requests, console), and when this process ends, however it ends,
//! the pipe closes and Chromium ends itself.

use std::collections::VecDeque;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// No answer takes as long, on a busy machine either: whatever waits longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Nor does a page take as long to do what it is asked.
pub const BECOMES_WITHIN: Duration = Duration::from_secs(10);

/// Under these names browsers of this family are installed; `CHROME` may name another.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A running browser without a window and with a profile of its own. Dropping it ends both.
pub struct Chromium {
    child: Child,
    to: Sender<Vec<u8>>,
    from: Receiver<Value>,
    last: u64,
    events: VecDeque<Value>,
    tab: String,
    /// How long something in a page may take to become true. Where it never should, nobody has to wait that long.
    pub becomes_within: Duration,
    _profile: TempDir,
}

/// The browser that is installed here.
pub fn find() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let installed = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    env::var_os("CHROME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| NAMES.iter().copied().find_map(installed))
}

impl Chromium {
    pub fn start(program: &Path, profiles: &Path) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(profiles)?;
        // The protocol runs over the file descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-quic"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            // The sandbox can't be had as root, or without user namespaces; only this book's own pages are opened.
            .args(["--no-sandbox", "--disable-dev-shm-usage"])
            // A request to another host is told as an event, and gets no further than that. One name is this machine's, though
            // the browser can't know that.
            .arg("--host-resolver-rules=MAP book.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("can't start sh")?;
        let mut commands = child.stdin.take().context("the pipe to Chromium")?;
        let answers = BufReader::new(child.stdout.take().context("the pipe from Chromium")?);
        // A browser that hangs reads no more, which must not hold up the test: the pipe has threads of its own.
        let (to, told) = channel::<Vec<u8>>();
        thread::spawn(move || told.iter().try_for_each(|message| commands.write_all(&message)));
        let (tell, from) = channel();
        thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).unwrap_or(Value::Null);
                if tell.send(message).is_err() {
                    break;
                }
            }
        });
        let mut chromium = Self {
            child,
            to,
            from,
            last: 0,
            events: VecDeque::new(),
            tab: String::new(),
            becomes_within: BECOMES_WITHIN,
            _profile: profile,
        };
        chromium.call(None, "Browser.getVersion", json!({})).context(format!("can't start {}", program.display()))?;
        Ok(chromium)
    }

    /// The tab that pages are opened in, one after the other. To make another takes longer than to load most pages.
    pub fn tab(&mut self) -> Result<String> {
        if self.tab.is_empty() {
            let clipboard = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
            self.call(None, "Browser.grantPermissions", clipboard)?;
            let tab = self.call(None, "Target.createTarget", json!({ "url": "about:blank" }))?;
            self.tab = tab["targetId"].as_str().context("a tab")?.to_owned();
        }
        Ok(self.tab.clone())
    }

    /// Sends a command, to a page's session or to the browser, and waits for its result.
    pub fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value> {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        // If it has ended, so have its answers.
        let _ = self.to.send(bytes);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut answer = self.receive(deadline).with_context(|| method.to_owned())?;
            if answer["id"] != self.last {
                self.events.push_back(answer);
            } else if answer["error"].is_null() {
                return Ok(answer["result"].take());
            } else {
                bail!("{method}: {}", answer["error"]["message"]);
            }
        }
    }

    /// The next event of a session, as it comes; earlier ones first.
    pub fn event(&mut self, session: &str, deadline: Instant) -> Result<Value> {
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => self.receive(deadline)?,
            };
            // A page that was closed may have had something left to say.
            if event["sessionId"] == session {
                return Ok(event);
            }
        }
    }

    /// The events of a session that have come so far.
    pub fn events_so_far(&mut self, session: &str) -> Vec<Value> {
        self.events.extend(self.from.try_iter());
        self.events.drain(..).filter(|event| event["sessionId"] == session).collect()
    }

    fn receive(&mut self, deadline: Instant) -> Result<Value> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.from.recv_timeout(left).context("Chromium has ended, or said nothing for three minutes")
    }
}

impl Drop for Chromium {
    /// Lets it tidy up after itself, for a moment; then whatever is left of its group is killed.
    fn drop(&mut self) {
        let _ = self.to.send(b"{\"id\":0,\"method\":\"Browser.close\"}\0".to_vec());
        let end = Instant::now() + Duration::from_secs(5);
        // At the end of the browser, the thread that reads its pipe ends too.
        while self.receive(end).is_ok() {}
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
