use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
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

/// Serves the book that the sample makes, whatever became of it.
fn serve(sample: Sample) -> Served {
    let site = Arc::new(Site::new(site(&sample)));
    let _ = site.update(render(sample.root()));
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

    fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port).as_bytes())
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
    let served = serve(Sample::new().unwrap());
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
        let answer = served.get(path);
        assert_eq!(status(&answer), "HTTP/1.1 200 OK", "{path}");
        assert!(answer.contains(&format!("Content-Type: {kind}\r\n")), "{path}: {answer}");
        assert!(answer.contains("Cache-Control: no-store\r\n"), "{answer}");
        assert_eq!(answer.contains(EVENTS), kind.contains("html"), "{path}");
    }
    let published = published(&served.sample);
    let leaked = |bytes: &[u8]| bytes.windows(EVENTS.len()).any(|window| window == EVENTS.as_bytes());
    assert!(!published.values().flatten().any(|bytes| leaked(bytes)), "the script is in the published book");
}

/// What no path may be; the test `bytes` puts such parts together at random.
#[test]
fn nothing_outside_the_book_is_served() {
    let served = serve(Sample::new().unwrap());
    let root = served.sample.root();
    served.sample.write("target/secret.txt", "SECRET").unwrap();
    served.sample.write("target/book/deep/page.html", "a page").unwrap();
    symlink(root.join("target/secret.txt"), site(&served.sample).join("link.txt")).unwrap();
    symlink(root.join("target"), site(&served.sample).join("up")).unwrap();
    let absolute = root.join("target/secret.txt").to_str().unwrap().replace(' ', "%20");
    let outside = "/../secret.txt /deep/../../secret.txt /..%2fsecret.txt /%2e%2e%2fsecret.txt /..%5csecret.txt \
        /%252e%252e/secret.txt /./sample.html //sample.html /deep//page.html /link.txt /up/secret.txt /sample.html%00.txt \
        /sample.html%0 /%ff /sample.html/ /deep /deep/ /nowhere.html sample.html * http://127.0.0.1/sample.html";
    for path in outside.split_whitespace().chain([&*absolute]) {
        let answer = served.get(path);
        assert_eq!(status(&answer), "HTTP/1.1 404 Not Found", "{path}");
        assert!(!answer.contains("SECRET"), "{path}");
        assert!(answer.contains("Document not found (404)") && answer.contains(EVENTS), "{path}");
    }
    assert_eq!(status(&served.get("/deep/page.html")), "HTTP/1.1 200 OK");
}

#[test]
fn what_is_no_request_of_ours_is_refused() {
    let served = serve(Sample::new().unwrap());
    let asked = |lines: &str, expected: &str| {
        let start: String = lines.chars().take(60).collect();
        let answer = served.send(lines.replace('\n', "\r\n").as_bytes());
        assert!(status(&answer).ends_with(expected) && answer.is_empty() == expected.is_empty(), "{start:?}: {answer}");
        answer
    };
    // Through a tunnel the port is another, or none.
    for host in ["127.0.0.1:1", "localhost:8080", "LocalHost", "127.0.0.2:1", "[::1]:8080"] {
        asked(&format!("GET / HTTP/1.1\nhOsT:{host}\n\n"), "200 OK");
    }
    let strangers =
        ["example.org", "127.0.0.1.example.org:1", "localhost.example.org", "192.168.0.1:80", "localhost:8.org", ""];
    for host in strangers {
        let refused = asked(&format!("GET / HTTP/1.1\nHost: {host}\n\n"), "403 Forbidden");
        assert!(refused.contains(&format!("Open http://localhost:{}/", served.port)), "{refused}");
    }
    for (request, answer) in [
        ("GET / HTTP/1.1\n\n", "400 Bad Request"),
        ("GET / HTTP/1.1\nHost: localhost\nHost: localhost\n\n", "400 Bad Request"),
        ("GET /\nHost: localhost\n\n", "400 Bad Request"),
        ("GET / a HTTP/1.1\nHost: localhost\n\n", "400 Bad Request"),
        ("\n\n", "400 Bad Request"),
        ("POST / HTTP/1.1\nHost: localhost\nContent-Length: 4\n\nbody", "405 Method Not Allowed"),
        ("HEAD / HTTP/1.1\nHost: localhost\n\n", "405 Method Not Allowed"),
        // Dropped: no request, half a request, an endless head.
        ("", ""),
        ("GET / HT", ""),
        (&format!("GET / HTTP/1.1\nHost: localhost\nX: {}\n", "x".repeat(100_000)), ""),
    ] {
        asked(request, answer);
    }
    // And what isn't text.
    assert_eq!(served.send(b"GET /\xff HTTP/1.1\r\n\r\n"), "");
    assert_eq!(status(&served.get("/")), "HTTP/1.1 200 OK", "it still serves");
}

#[test]
fn pages_hear_of_good_and_of_broken_builds() {
    let served = serve(Sample::new().unwrap());
    let root = served.sample.root();
    let mut events = served.follow();
    let (first, problem) = events.next();
    assert_eq!(problem, "");
    let page = served.get("/sample.html");
    assert!(page.contains(&format!("generation !== {first}")), "the page knows its generation");

    served.sample.write(CHAPTER, "# One\n\nAnother text.\n").unwrap();
    served.site.update(render(root)).unwrap();
    assert_eq!(events.next(), (first + 1, String::new()));
    assert!(served.get("/sample.html").contains("Another text."));

    served.sample.write(CHAPTER, "# One\n\n{{#include no.rs}}\n").unwrap();
    served.site.update(render(root)).unwrap_err();
    let (same, problem) = events.next();
    assert_eq!(same, first + 1);
    assert!(problem.starts_with("book/src/sample.md:3: "), "{problem}");
    assert!(served.get("/sample.html").contains("Another text."), "the last good page stays");

    // A page that comes late is told as well.
    assert_eq!(served.follow().next(), (same, problem));
    served.sample.write(CHAPTER, "# One\n").unwrap();
    served.site.update(render(root)).unwrap();
    assert_eq!(events.next(), (first + 2, String::new()));
}

#[test]
fn a_site_that_was_never_built_says_so() {
    let served = serve(Sample::with(CHAPTER, "{{#include no.rs}}").unwrap());
    let answer = served.get("/");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains(EVENTS), "{answer}");
    assert!(served.follow().next().1.contains("can't include no.rs"));
}

#[test]
fn only_so_many_are_served_at_once() {
    let served = serve(Sample::new().unwrap());
    let mut waiting: Vec<Events> = (0..64).map(|_| served.follow()).collect();
    waiting.iter_mut().for_each(|events| drop(events.next()));
    assert_eq!(served.get("/"), "", "the 65th is closed");
    drop(waiting);
    // Those that went away are noticed at the next event.
    served.site.update(render(served.sample.root())).unwrap();
    while served.get("/").is_empty() {
        served.site.update(render(served.sample.root())).unwrap();
    }
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
        while !served.get("/sample.html").contains(shown) {
            events.next();
        }
    }
    served.sample.write(CHAPTER, "{{#include no.rs}}").unwrap();
    while !events.next().1.starts_with("book/src/sample.md:1: ") {}
}
