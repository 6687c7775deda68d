//! Serves the book on the loopback interface, for one reader with a browser.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::building::Rendered;
use crate::{Broken, say};

/// The port that is tried first when none is asked for.
pub const DEFAULT_PORT: u16 = 3000;

/// Where pages listen for changes; no page of a book has such a name.
pub const EVENTS: &str = "/.changes-of-the-book";

/// This many connections are served at once; others are closed as they come.
const MOST_CONNECTIONS: usize = 64;

/// A request with more bytes than this before its body is dropped.
const LONGEST_HEAD: usize = 16 * 1024;

/// So long may a request take to arrive, and an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(5);

/// A book that is being served, and what pages are told of it.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    /// Pages get the script that reloads them, and the headers that isolate them.
    is_own: bool,
    state: Mutex<State>,
    changed: Condvar,
    /// Held for reading while a file is read, and for writing while the book is swapped for a new one.
    swap: RwLock<()>,
    /// One more for each connection that is served.
    connections: Arc<()>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    /// Grows with every good build, from the time at which this program began: a page from before is outdated too.
    generation: u64,
    /// Why the last build failed; empty if it didn't.
    problem: String,
}

/// What a connection gets.
enum Answer {
    /// A status line's code and reason, the type of the body, and the body.
    Body(&'static str, &'static str, Vec<u8>),
    /// Changes, as they come.
    Events,
}

impl Site {
    /// A site that is, or will be, in `folder`.
    pub fn new(folder: PathBuf) -> Self {
        let began = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis() as u64;
        Self {
            folder,
            is_own: true,
            state: Mutex::new(State { generation: began, problem: String::new() }),
            changed: Condvar::new(),
            swap: RwLock::new(()),
            connections: Arc::default(),
        }
    }

    /// The book in `folder` as it is published: no page is changed on its way.
    pub fn as_published(folder: PathBuf) -> Self {
        Self { is_own: false, ..Self::new(folder) }
    }

    /// Takes over what a build has come to: a good book is published and pages reload; of a broken one they are told.
    pub fn update(&self, built: Result<Rendered, Broken>) -> Result<Rendered, Broken> {
        let outcome = built.and_then(|rendered| {
            let _nobody_reads = self.swap.write().unwrap_or_else(PoisonError::into_inner);
            rendered.publish().map(|()| rendered)
        });
        let mut state = self.state();
        match &outcome {
            Ok(_) => *state = State { generation: state.generation + 1, problem: String::new() },
            Err(broken) => state.problem = broken.to_string(),
        }
        drop(state);
        self.changed.notify_all();
        outcome
    }

    /// Answers every connection on a thread of its own; returns only if the listener is of no use any more.
    pub fn serve(self: Arc<Self>, listener: &TcpListener) -> io::Error {
        let port = match listener.local_addr() {
            Ok(address) => address.port(),
            Err(error) => return error,
        };
        for stream in listener.incoming() {
            // Without a file descriptor to spare, wait for one.
            let Ok(stream) = stream else {
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            if Arc::strong_count(&self.connections) > MOST_CONNECTIONS {
                continue;
            }
            let (site, place) = (self.clone(), self.connections.clone());
            // If no thread is to be had, or the other side goes away, its connection closes: all that can be done.
            let _ = thread::Builder::new().spawn(move || (site.converse(stream, port), place).0);
        }
        io::Error::other("the listener has ended")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one request and answers it.
    fn converse(&self, mut stream: TcpStream, port: u16) -> io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let head = read_head(&mut stream)?;
        match self.answer(&head, port) {
            Answer::Body(status, kind, body) => {
                let isolates = if self.is_own { ISOLATING } else { "" };
                write_head(&mut stream, status, kind, &format!("Content-Length: {}\r\n{isolates}", body.len()))?;
                stream.write_all(&body)?;
            }
            Answer::Events => {
                write_head(&mut stream, "200 OK", "text/event-stream", "")?;
                self.follow(&mut stream)?;
            }
        }
        // What was sent and isn't read would reset the connection, and the answer with it.
        stream.shutdown(Shutdown::Write)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        io::copy(&mut stream.take(LONGEST_HEAD as u64), &mut io::sink()).map(drop)
    }

    /// Tells one page of the state, now and whenever it changes, until the page goes away.
    fn follow(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut told = None;
        loop {
            let state = self.state().clone();
            if told.as_ref() != Some(&state) {
                let event = serde_json::json!({ "generation": state.generation, "problem": state.problem });
                stream.write_all(format!("data: {event}\n\n").as_bytes())?;
                told = Some(state);
            }
            let unchanged = |state: &mut State| told.as_ref() == Some(&*state);
            let waited = self.changed.wait_timeout_while(self.state(), PATIENCE, unchanged);
            if waited.is_ok_and(|(_, waited)| waited.timed_out()) {
                // A comment, which shows whether anybody is still there.
                stream.write_all(b":\n\n")?;
            }
        }
    }

    fn answer(&self, head: &str, port: u16) -> Answer {
        let refuse = |status| Answer::Body(status, TEXT, format!("{status}\n").into_bytes());
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(_), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return refuse("400 Bad Request");
        };
        let fields = lines.filter_map(|line| line.split_once(':'));
        let hosts: Vec<&str> =
            fields.filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, v)| v.trim()).collect();
        let [host] = hosts[..] else { return refuse("400 Bad Request") };
        // A name that another site has pointed at this machine would let its pages read ours. The port tells nothing: a
        // tunnel may end at another.
        if !is_loopback(host) {
            let why = format!(
                "403 Forbidden: this server answers only to this machine's names, so that no other site's pages can read what \
                 it serves. Open http://localhost:{port}/, or through a tunnel http://localhost: and the tunnel's port.\n"
            );
            return Answer::Body("403 Forbidden", TEXT, why.into_bytes());
        }
        if method != "GET" {
            return refuse("405 Method Not Allowed");
        }
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if path == EVENTS {
            return Answer::Events;
        }
        // Before the book is read: should it change meanwhile, the page will be told.
        let generation = self.state().generation;
        let _no_swap = self.swap.read().unwrap_or_else(PoisonError::into_inner);
        let (status, kind, body) = match read_file(&self.folder, path) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", HTML, fs::read(self.folder.join("404.html")).unwrap_or_else(|_| NO_PAGE.into())),
        };
        let body = if kind == HTML && self.is_own { with_script(body, generation) } else { body };
        Answer::Body(status, kind, body)
    }
}

/// Listens on the loopback interface: on `port` if one is asked for, else on the first of the usual ones that is free.
///
/// # Errors
/// The port is taken, or all of them are; the error says so in one line.
pub fn bind(port: Option<u16>) -> io::Result<TcpListener> {
    let listen = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = port {
        return listen(port).map_err(|error| {
            io::Error::new(error.kind(), format!("can't listen on port {port} ({error}); name another with --port"))
        });
    }
    for port in DEFAULT_PORT..DEFAULT_PORT + 10 {
        match listen(port) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                say(&format!("port {port} is taken; trying the next"));
            }
            Err(error) => return Err(error),
        }
    }
    let (first, last) = (DEFAULT_PORT, DEFAULT_PORT + 9);
    Err(io::Error::new(ErrorKind::AddrInUse, format!("ports {first} to {last} are taken; name a free one with --port")))
}

/// Reads up to the empty line that ends a request's head, within [`PATIENCE`] and [`LONGEST_HEAD`].
fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > LONGEST_HEAD {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&buffer[..read]);
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            head.truncate(end);
            return String::from_utf8(head).map_err(|_| ErrorKind::InvalidData.into());
        }
    }
}

/// Whether a request's `Host` is a name of this machine that nobody else can give away, with any port or none.
fn is_loopback(host: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn write_head(stream: &mut TcpStream, status: &str, kind: &str, more: &str) -> io::Result<()> {
    let allow = if status.starts_with("405") { "Allow: GET\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}{allow}Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes())
}

/// With these a browser isolates pages from other sites, and lets their threads share memory. Source: HTML Standard, *Cross-origin
/// isolation mode*.
const ISOLATING: &str = "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Shown where there isn't even the book's own page for what is missing.
const NO_PAGE: &str =
    "<!doctype html><html lang=\"en\"><title>No book yet</title><body><p>There is no such page.</body></html>";

/// The type and the content of the file that a request's path names: a regular file inside `folder`, symbolic links
/// followed, or the index of a folder if the path ends with a slash.
fn read_file(folder: &Path, path: &str) -> Option<(&'static str, Vec<u8>)> {
    let path = percent_decoded(path)?;
    let mut file = folder.canonicalize().ok()?;
    let inside = file.clone();
    let names = path.strip_prefix('/')?;
    if names.contains(['\0', '\\']) {
        return None;
    }
    for name in names.split_terminator('/') {
        if name.is_empty() || name == "." || name == ".." {
            return None;
        }
        file.push(name);
    }
    if names.is_empty() || names.ends_with('/') {
        file.push("index.html");
    }
    let file = file.canonicalize().ok()?;
    if !file.starts_with(&inside) || !file.is_file() {
        return None;
    }
    Some((content_type(&file), fs::read(&file).ok()?))
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => HTML,
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "csv" => "text/csv; charset=utf-8",
        "txt" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

/// The page with the script that reloads it, at its end: what stands in target/book stays as it will be published.
fn with_script(page: Vec<u8>, generation: u64) -> Vec<u8> {
    let Ok(mut page) = String::from_utf8(page) else { return Vec::new() };
    let script = include_str!("reload.js").replace("EVENTS", EVENTS).replace("GENERATION", &generation.to_string());
    let end = page.rfind("</body>").unwrap_or(page.len());
    page.insert_str(end, &format!("<script>\n{script}</script>\n"));
    page.into_bytes()
}

/// Resolves `%20` and the like; nothing if an escape is malformed or the result isn't text.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(16 * high + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
