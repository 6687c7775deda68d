use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use book::building::render;
use book::serve::{EVENTS, Site, bind};
use testing::Sample;

use crate::{CHAPTER, published, site};

/// A sample that is being served, for as long as the test runs.
struct Served {
    sample: Sample,
    site: Arc<Site>,
    port: u16,
}

fn serve() -> Served {
    let sample = Sample::new().unwrap();
    let site = Arc::new(Site::new(site(&sample)));
    site.update(render(sample.root())).unwrap();
    let listener = bind(Some(0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = site.clone();
    thread::spawn(move || server.serve(&listener));
    Served { sample, site, port }
}

impl Served {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        // Not a limit that anything here comes near: a test that fails should not hang.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends bytes and nothing more, and reads all that comes back.
    fn send(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // The server may close its side before it has read everything.
        let _ = stream.write_all(request);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask(&self, method: &str, path: &str) -> String {
        self.send(format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port).as_bytes())
    }

    fn follow(&self) -> Events {
        let mut stream = self.connect();
        write!(stream, "GET {EVENTS} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port).unwrap();
        Events(BufReader::new(stream))
    }
}

/// A child that ends with the test, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Events(BufReader<TcpStream>);

impl Events {
    /// The next event's generation and problem.
    fn next(&mut self) -> (u64, String) {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the stream has ended");
            if let Some(data) = line.strip_prefix("data: ") {
                let event: serde_json::Value = serde_json::from_str(data).unwrap();
                return (event["generation"].as_u64().unwrap(), event["problem"].as_str().unwrap().to_owned());
            }
        }
    }
}

fn status(answer: &str) -> &str {
    answer.split("\r\n").next().unwrap()
}

#[test]
fn pages_are_served_with_their_type_and_the_script_that_reloads_them() {
    let served = serve();
    served.sample.write("target/book/data.csv", "a,b\n").unwrap();
    served.sample.write("target/book/a file.txt", "text").unwrap();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/sample.html", "text/html; charset=utf-8"),
        ("/sample.html?highlight=a#b", "text/html; charset=utf-8"),
        ("/%73ample.html", "text/html; charset=utf-8"),
        ("/a%20file.txt", "text/plain; charset=utf-8"),
        ("/data.csv", "text/csv; charset=utf-8"),
    ] {
        let answer = served.ask("GET", path);
        assert_eq!(status(&answer), "HTTP/1.1 200 OK", "{path}");
        assert!(answer.contains(&format!("Content-Type: {kind}\r\n")), "{path}: {answer}");
        assert!(answer.contains("Cache-Control: no-store\r\n"), "{answer}");
        assert_eq!(answer.contains(EVENTS), kind.contains("html"), "{path}");
    }
    let published = published(&served.sample);
    let leaked = |bytes: &[u8]| bytes.windows(EVENTS.len()).any(|window| window == EVENTS.as_bytes());
    assert!(!published.values().flatten().any(|bytes| leaked(bytes)), "the script is in the published book");
}

#[test]
fn head_is_get_without_the_body() {
    let served = serve();
    let (get, head) = (served.ask("GET", "/sample.html"), served.ask("HEAD", "/sample.html"));
    let (get_head, body) = get.split_once("\r\n\r\n").unwrap();
    assert_eq!(head.split_once("\r\n\r\n").unwrap(), (get_head, ""));
    assert!(get_head.contains(&format!("Content-Length: {}", body.len())) && !body.is_empty());
    assert!(served.ask("HEAD", EVENTS).starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn nothing_outside_the_book_is_served() {
    let served = serve();
    let root = served.sample.root();
    served.sample.write("target/secret.txt", "SECRET").unwrap();
    served.sample.write("target/book/deep/page.html", "SECRET is not the word here".get(7..).unwrap()).unwrap();
    symlink(root.join("target/secret.txt"), site(&served.sample).join("link.txt")).unwrap();
    symlink(root.join("target"), site(&served.sample).join("up")).unwrap();
    for path in [
        "/../secret.txt",
        "/deep/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/./sample.html",
        "//sample.html",
        "/deep//page.html",
        "/link.txt",
        "/up/secret.txt",
        "/sample.html%00.txt",
        "/sample.html%0",
        "/sample.html%zz",
        "/%ff",
        "/sample.html/",
        "/deep",
        "/deep/",
        "/fonts/",
        "/nowhere.html",
        "sample.html",
        "*",
        "http://127.0.0.1/sample.html",
    ] {
        let answer = served.ask("GET", path);
        assert_eq!(status(&answer), "HTTP/1.1 404 Not Found", "{path}");
        assert!(!answer.contains("SECRET"), "{path}");
        assert!(answer.contains("Document not found (404)") && answer.contains(EVENTS), "{path}");
    }
    assert_eq!(status(&served.ask("GET", "/deep/page.html")), "HTTP/1.1 200 OK");
    let absolute = root.join("target/secret.txt").to_str().unwrap().replace(' ', "%20");
    assert_eq!(status(&served.ask("GET", &absolute)), "HTTP/1.1 404 Not Found");
}

#[test]
fn what_is_no_request_of_ours_is_refused() {
    let served = serve();
    let port = served.port;
    let with_host = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for (request, answer) in [
        (with_host(&format!("127.0.0.1:{port}")), "HTTP/1.1 200 OK"),
        (with_host(&format!("localhost:{port}")), "HTTP/1.1 200 OK"),
        (format!("GET / HTTP/1.1\r\nhOsT:localhost:{port}\r\n\r\n"), "HTTP/1.1 200 OK"),
        // Through a tunnel the port is another, or none.
        (with_host("localhost:8080"), "HTTP/1.1 200 OK"),
        (with_host("LocalHost"), "HTTP/1.1 200 OK"),
        (with_host("127.0.0.2:1"), "HTTP/1.1 200 OK"),
        (with_host("[::1]:8080"), "HTTP/1.1 200 OK"),
        (with_host("example.org"), "HTTP/1.1 403 Forbidden"),
        (with_host(&format!("example.org:{port}")), "HTTP/1.1 403 Forbidden"),
        (with_host(&format!("127.0.0.1.example.org:{port}")), "HTTP/1.1 403 Forbidden"),
        (with_host(&format!("localhost.example.org:{port}")), "HTTP/1.1 403 Forbidden"),
        (with_host("192.168.0.1:8080"), "HTTP/1.1 403 Forbidden"),
        (with_host("localhost:8080.example.org"), "HTTP/1.1 403 Forbidden"),
        (with_host(""), "HTTP/1.1 403 Forbidden"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
        (
            format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: localhost:{port}\r\n\r\n"),
            "HTTP/1.1 400 Bad Request",
        ),
        (format!("GET /\r\nHost: localhost:{port}\r\n\r\n"), "HTTP/1.1 400 Bad Request"),
        (format!("GET / a HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"), "HTTP/1.1 400 Bad Request"),
        ("\r\n\r\n".to_owned(), "HTTP/1.1 400 Bad Request"),
        (
            format!("POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 4\r\n\r\nbody"),
            "HTTP/1.1 405 Method Not Allowed",
        ),
        (format!("get / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"), "HTTP/1.1 405 Method Not Allowed"),
        // Dropped: no request, half a request, an endless head, and what isn't text.
        (String::new(), ""),
        ("GET / HT".to_owned(), ""),
        (format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nX: {}\r\n", "x".repeat(100_000)), ""),
    ] {
        let start: String = request.chars().take(60).collect();
        assert_eq!(status(&served.send(request.as_bytes())), answer, "{start:?}");
    }
    let refused = served.send(with_host("example.org").as_bytes());
    assert!(refused.contains(&format!("Open http://localhost:{port}/")), "{refused}");
    assert_eq!(status(&served.send(b"GET /\xff HTTP/1.1\r\n\r\n")), "");
    assert_eq!(status(&served.ask("GET", "/")), "HTTP/1.1 200 OK", "it still serves");
}

#[test]
fn pages_hear_of_good_and_of_broken_builds() {
    let served = serve();
    let root = served.sample.root();
    let mut events = served.follow();
    let (first, problem) = events.next();
    assert_eq!(problem, "");
    let page = served.ask("GET", "/sample.html");
    assert!(page.contains(&format!("generation !== {first}")), "the page knows its generation");

    served.sample.write(CHAPTER, "# One\n\nAnother text.\n").unwrap();
    served.site.update(render(root)).unwrap();
    assert_eq!(events.next(), (first + 1, String::new()));
    assert!(served.ask("GET", "/sample.html").contains("Another text."));

    served.sample.write(CHAPTER, "# One\n\n{{#include no.rs}}\n").unwrap();
    served.site.update(render(root)).unwrap_err();
    let (same, problem) = events.next();
    assert_eq!(same, first + 1);
    assert!(problem.starts_with("book/src/sample.md:3: "), "{problem}");
    assert!(served.ask("GET", "/sample.html").contains("Another text."), "the last good page stays");

    // A page that comes late is told as well.
    assert_eq!(served.follow().next(), (same, problem));
    served.sample.write(CHAPTER, "# One\n").unwrap();
    served.site.update(render(root)).unwrap();
    assert_eq!(events.next(), (first + 2, String::new()));
}

#[test]
fn a_site_that_was_never_built_says_so() {
    let sample = Sample::with(CHAPTER, "{{#include no.rs}}").unwrap();
    let site = Arc::new(Site::new(site(&sample)));
    site.update(render(sample.root())).unwrap_err();
    let listener = bind(Some(0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = site.clone();
    thread::spawn(move || server.serve(&listener));
    let served = Served { sample, site, port };
    let answer = served.ask("GET", "/");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains(EVENTS), "{answer}");
    assert!(served.follow().next().1.contains("can't include no.rs"));
}

#[test]
fn only_so_many_are_served_at_once() {
    let served = serve();
    let mut waiting: Vec<Events> = (0..64).map(|_| served.follow()).collect();
    waiting.iter_mut().for_each(|events| drop(events.next()));
    assert_eq!(served.ask("GET", "/"), "", "the 65th is closed");
    drop(waiting);
    // Those that went away are noticed at the next event.
    served.site.update(render(served.sample.root())).unwrap();
    while served.ask("GET", "/").is_empty() {
        served.site.update(render(served.sample.root())).unwrap();
    }
}

#[test]
fn a_port_that_is_taken_gets_one_line_and_exit_code_2() {
    let sample = Sample::new().unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let words = ["--no-open", "--port", &port.to_string()];
    let answer = Command::new(env!("CARGO_BIN_EXE_book")).args(words).current_dir(sample.root()).output().unwrap();
    let said = String::from_utf8(answer.stderr).unwrap();
    assert_eq!((answer.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains(&format!("port {port}")) && said.contains("--port"), "{said}");
    assert!(!site(&sample).exists(), "nobody waits for a build first");
}

#[test]
fn a_save_reaches_the_open_pages() {
    let sample = Sample::new().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_book"))
        .args(["--no-open", "--port", "0"])
        .current_dir(sample.root())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Ended(child);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port = lines.find_map(|line| {
        let (port, _) = line.strip_prefix("The book is at http://127.0.0.1:")?.split_once('/')?;
        port.parse().ok()
    });
    // Nobody reads on, which must not disturb it.
    drop(lines);
    let served = Served { site: Arc::new(Site::new(site(&sample))), sample, port: port.unwrap() };
    let mut events = served.follow();
    let code = "// ANCHOR: counting\npub fn subtract() {}\n// ANCHOR_END: counting\n";
    for (file, text, shown) in
        [("experiments/sample/src/main.rs", code, "subtract"), (CHAPTER, "# One\n\nAnother text.\n", "Another text.")]
    {
        served.sample.write(file, text).unwrap();
        // One save may be seen as two; the page shows it after the last.
        while !served.ask("GET", "/sample.html").contains(shown) {
            events.next();
        }
    }
    served.sample.write(CHAPTER, "{{#include no.rs}}").unwrap();
    while !events.next().1.starts_with("book/src/sample.md:1: ") {}
}

#[test]
fn a_closed_stdout_is_an_end_like_any_other() {
    let sample = Sample::new().unwrap();
    for word in ["list", "build", "check", "--help"] {
        let command = Command::new("sh")
            .args(["-c", &format!("\"$0\" {word} | true"), env!("CARGO_BIN_EXE_book")])
            .current_dir(sample.root())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(command.stderr).unwrap(), "", "{word}");
    }
}
