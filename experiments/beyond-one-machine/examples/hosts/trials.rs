//! Several hosts: processes with addresses of their own, in network namespaces that a pair of virtual cables connects, as
//! `ip netns` makes them. Where that isn't allowed, the trials are ignored, with the reason.

mod file;
mod meeting;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{Sockets, Task};
use lab::process;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The example, which `cargo test` builds beside this test.
fn program() -> PathBuf {
    let mut folder = std::env::current_exe().expect("this test has a path");
    folder.pop();
    folder.set_file_name("examples");
    folder.join("hosts")
}

const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    if !program().exists() {
        eprintln!(
            "the example isn't built; `cargo test -p beyond-one-machine` builds it, and so does `cargo build --examples`"
        );
        return ExitCode::FAILURE;
    }
    // Whether there can be hosts is found out once, by making some.
    let refused: Option<Arc<str>> = Hosts::new(0).err().map(|error| error.to_string().into());
    let trial = |name: &str, test: fn() -> Result<(), Failed>| trial(name, refused.clone(), test);
    let trials = vec![
        trial("two_hosts_share_the_rows", || together("rows", "60", 1)),
        trial("two_hosts_share_the_degrees", || together("degrees", "50000", 2)),
        trial("a_host_that_does_not_come_is_named", alone),
        trial("a_host_that_is_lost_ends_the_other", lost),
        Trial::test("a_process_that_does_not_come_is_waited_for_no_longer_than_was_said", nobody),
        Trial::test("an_address_that_is_taken_or_elsewhere_is_told", taken),
        Trial::test("wrong_arguments_are_refused", wrong),
        Trial::test("addresses_are_read_in_their_order_and_what_is_none_is_named_by_its_line", addresses),
        Trial::test("everybody_is_connected_with_everybody_else", connected),
        Trial::test("a_process_that_came_for_something_else_is_refused", elsewhere),
        Trial::test("strangers_are_no_company", strangers),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A trial on two hosts. Where the kernel refuses them, it is ignored, with the reason. A tool that is missing is a failure in
/// CI.
fn trial(name: &str, refused: Option<Arc<str>>, test: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || match refused {
        Some(why) if why.contains("can't start") && std::env::var_os("CI").is_some() => {
            Err(format!("{why}; install what is missing, for nothing may be left out in CI").into())
        }
        Some(why) => Ok(Completion::ignored_with(format!("this machine doesn't allow it: {why}"))),
        None => test().map(|()| Completion::Completed),
    })
}

/// Two network namespaces, `10.77.0.1` and `10.77.0.2` in them, and who takes them away.
struct Hosts {
    names: [String; 2],
    /// Waits until this process closes its input, which the kernel does for the dead too, and then deletes both.
    cleaner: Child,
}

impl Hosts {
    /// Makes them; `number` tells the trials' hosts from each other.
    fn new(number: u32) -> io::Result<Self> {
        let names = ["a", "b"].map(|end| format!("beyond-{}-{number}-{end}", std::process::id()));
        let [a, b] = &names;
        // First who deletes them, so that nothing is left of a half-made pair either.
        let delete = format!("read end; ip netns delete {a}; ip netns delete {b}");
        let mut sh = Command::new("/bin/sh");
        // In a group of its own, so that Ctrl-C doesn't reach it.
        std::os::unix::process::CommandExt::process_group(&mut sh, 0);
        let sh = sh.args(["-c", &delete]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let hosts = Self { cleaner: sh.spawn()?, names: names.clone() };
        for name in &names {
            ip(&["netns", "add", name])?;
        }
        // Names within a namespace are its own, so these meet no others.
        ip(&["-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b])?;
        for (name, address) in names.iter().zip(["10.77.0.1/24", "10.77.0.2/24"]) {
            ip(&["-n", name, "address", "add", address, "dev", "cable"])?;
            ip(&["-n", name, "link", "set", "cable", "up"])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        Ok(hosts)
    }

    /// What runs the program on one of them.
    fn command(&self, host: usize, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[host]]).arg(program()).args(arguments);
        command
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

/// Runs `ip`, and says what it complains of.
fn ip(arguments: &[&str]) -> io::Result<()> {
    let output = process::output(Command::new("ip").args(arguments), LIMIT)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', ", ");
    Err(io::Error::other(format!("`ip {}`: {said}", arguments.join(" "))))
}

/// The file that all of them are given.
fn hosts_file() -> io::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), "# two hosts\n10.77.0.1:2101\n10.77.0.2:2101\n")?;
    Ok(file)
}

/// Runs one process on each host, the second one first, and both to their end.
fn both(hosts: &Hosts, arguments: &[&str]) -> Result<[Output; 2], Failed> {
    let file = hosts_file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let run = |host: usize| {
        let number = host.to_string();
        let all = [&["--hosts", path, "--process", &number], arguments].concat();
        process::output(&mut hosts.command(host, &all), LIMIT)
    };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| run(1));
        let first = run(0);
        Ok([first?, second.join().map_err(|_| "a thread panicked")??])
    })
}

fn together(work: &str, size: &str, number: u32) -> Result<(), Failed> {
    let hosts = Hosts::new(number)?;
    let [first, second] = both(&hosts, &["--work", work, "--size", size])?;
    let words =
        |output: &Output| String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let (told, part) = (words(&first), words(&second));
    check(first.status.success() && told.contains("the result is that of one thread"), &first)?;
    check(told.contains(&format!("{work} on 2 processes took")), &first)?;
    check(second.status.success() && part.contains("Process 1 did its part"), &second)
}

fn alone() -> Result<(), Failed> {
    let hosts = Hosts::new(3)?;
    let file = hosts_file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let arguments = ["--hosts", path, "--process", "0", "--patience", "1"];
    let output = process::output(&mut hosts.command(0, &arguments), LIMIT)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    check(output.status.code() == Some(1) && said.lines().count() == 1, &output)?;
    check(said.contains("process 1 at 10.77.0.2:2101 didn't come in time"), &output)
}

/// One of them is ended by its time limit in the middle of its work; the other one notices.
fn lost() -> Result<(), Failed> {
    let hosts = Hosts::new(4)?;
    let file = hosts_file()?;
    let path = file.path().to_str().ok_or("a path that is no text")?;
    let run = |host: usize, limit: &'static str| {
        let number = host.to_string();
        let shared = ["--hosts", path, "--process", &number, "--work", "degrees", "--size", "1000000000"];
        process::output(
            &mut hosts.command(host, &[&shared[..], &["--patience", "1", "--limit", limit]].concat()),
            LIMIT,
        )
    };
    let [stays, ends] = std::thread::scope(|scope| {
        let ends = scope.spawn(|| run(1, "1"));
        let stays = run(0, "50");
        Ok::<_, Failed>([stays?, ends.join().map_err(|_| "a thread panicked")??])
    })?;
    check(ends.status.code() == Some(1), &ends)?;
    let said = String::from_utf8_lossy(&stays.stderr).into_owned();
    check(stays.status.code() == Some(1) && said.lines().count() == 1 && said.contains("a peer was lost"), &stays)
}

fn check(is_right: bool, output: &Output) -> Result<(), Failed> {
    if is_right { Ok(()) } else { Err(format!("it ended so: {output:?}").into()) }
}

/// What one process of a cluster with these hosts complains of, in one line, when it ends with this code.
fn complaint(code: i32, hosts: &[u8], more: &[&str]) -> Result<String, Failed> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), hosts)?;
    let output = process::output(Command::new(program()).arg("--hosts").arg(file.path()).args(more), LIMIT)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_told = output.status.code() == Some(code) && said.lines().count() == 1 && output.stdout.is_empty();
    check(is_told, &output).map(|()| said)
}

fn says(said: &str, what: &[&str]) -> Result<(), Failed> {
    if what.iter().all(|what| said.contains(what)) { Ok(()) } else { Err(format!("{said} and not {what:?}").into()) }
}

/// Port 1 is nobody's, and a listener that says nothing is no peer. Both calling and waiting to be called come to an end.
fn nobody() -> Result<(), Failed> {
    let dumb = TcpListener::bind("127.0.0.1:0")?;
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let waits = complaint(1, format!("{free}\n127.0.0.1:1\n").as_bytes(), &["--process", "0", "--patience", "1"])?;
    says(&waits, &["process 1 at 127.0.0.1:1 didn't come in time"])?;
    let calls = complaint(1, format!("127.0.0.1:1\n{free}\n").as_bytes(), &["--process", "1", "--patience", "1"])?;
    says(&calls, &["process 0 at 127.0.0.1:1 didn't come in time", "refused"])?;
    let hosts = format!("{}\n{free}\n", dumb.local_addr()?);
    says(&complaint(1, hosts.as_bytes(), &["--process", "1", "--patience", "1"])?, &["process 0 at"])
}

fn taken() -> Result<(), Failed> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let said = complaint(1, format!("{}\n", taken.local_addr()?).as_bytes(), &["--process", "0"])?;
    says(&said, &["can't listen at", "take another port"])?;
    let elsewhere = complaint(1, b"192.0.2.1:2101\n", &["--process", "0"])?;
    says(&elsewhere, &["can't listen at 192.0.2.1:2101", "no address of this machine"])
}

fn wrong() -> Result<(), Failed> {
    says(
        &complaint(2, b"127.0.0.1:2101\n127.0.0.1:2101\n", &["--process", "0"])?,
        &["line 2 is the address of line 1"],
    )?;
    says(&complaint(2, b"127.0.0.1:2101\n", &["--process", "1"])?, &["has lines for processes 0 to 0; name one"])?;
    says(&complaint(2, b"", &["--process", "0", "--patience", "0"])?, &["'0'", "--patience", "from 1 to 3600"])
}

fn addresses() -> Result<(), Failed> {
    let hosts = tempfile::NamedTempFile::new()?;
    let read = |text: &[u8]| {
        std::fs::write(hosts.path(), text)?;
        file::read(hosts.path())
    };
    let whole = read(b"# all\n10.0.0.2:2101\n\n  one.example:80 \n[fe80::1]:9\n")?;
    assert_eq!(whole, ["10.0.0.2:2101", "one.example:80", "[fe80::1]:9"]);
    for wrong in ["host", "host:", ":80", "host:0", "host:65536", "host:+1", "a b:80", "[x]:80", "::1:80", "\u{1b}:1"] {
        let said = read(format!("host:1\n{wrong}\n").as_bytes()).unwrap_err().to_string();
        says(&said, &["line 2 is no address"])?;
    }
    let many: String = (1..=65).map(|port| format!("host:{port}\n")).collect();
    for (wrong, what) in
        [(&b"\n# nobody\n"[..], "no address"), (b"\xff\xfe\0", "UTF-8"), (many.as_bytes(), "65 addresses")]
    {
        says(&read(wrong).unwrap_err().to_string(), &[what])?;
    }
    says(&file::read("/".as_ref()).unwrap_err().to_string(), &["isn't a file of addresses"])?;
    says(&file::read("/nowhere/hosts".as_ref()).unwrap_err().to_string(), &["/nowhere/hosts"])
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn three() -> io::Result<(Vec<TcpListener>, Vec<String>)> {
    let listeners = (0..3).map(|_| meeting::listen("127.0.0.1:0")).collect::<io::Result<Vec<_>>>()?;
    let addresses = listeners.iter().map(|listener| Ok(listener.local_addr()?.to_string()));
    let addresses = addresses.collect::<io::Result<_>>()?;
    Ok((listeners, addresses))
}

/// Lets all three meet, each for a task of its size.
fn met(sizes: [usize; 3], deadline: Instant) -> io::Result<Vec<io::Result<Sockets>>> {
    let (listeners, addresses) = three()?;
    let meet = |me: usize| {
        let task = meeting::number(&Task { work: WORKS[0], size: sizes[me] }, 3);
        meeting::meet(&listeners[me], &addresses, me, task, deadline)
    };
    std::thread::scope(|scope| {
        let started = [0, 1, 2].map(|me| scope.spawn(move || meet(me)));
        Ok(started.into_iter().map(|one| one.join().unwrap()).collect())
    })
}

fn connected() -> Result<(), Failed> {
    let all: Vec<Sockets> = met([7; 3], soon())?.into_iter().collect::<io::Result<_>>()?;
    for (me, mine) in all.iter().enumerate() {
        for (other, stream) in mine.iter().enumerate() {
            assert_eq!(stream.is_some(), other != me);
            let Some(mut stream) = stream.as_ref() else { continue };
            stream.write_all(&[me as u8])?;
            let mut from = [0];
            let mut theirs = all[other][me].as_ref().ok_or("no connection")?;
            theirs.read_exact(&mut from)?;
            assert_eq!(usize::from(from[0]), me);
        }
    }
    Ok(())
}

fn elsewhere() -> Result<(), Failed> {
    let all = met([7, 7, 8], Instant::now() + Duration::from_millis(500))?;
    let said: Vec<String> = all.into_iter().map(|met| met.err().map_or(String::new(), |why| why.to_string())).collect();
    says(&said[2], &["process 0 was started for something else"])?;
    says(&said[0], &["process 2 was started for something else"])
}

fn strangers() -> Result<(), Failed> {
    let (listeners, addresses) = three()?;
    // One that says nothing and leaves, and one that says something else.
    drop(TcpStream::connect(&addresses[0])?);
    TcpStream::connect(&addresses[0])?.write_all(b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n")?;
    let two = &addresses[..2];
    std::thread::scope(|scope| {
        let second = scope.spawn(|| meeting::meet(&listeners[1], two, 1, 7, soon()));
        assert!(meeting::meet(&listeners[0], two, 0, 7, soon())?[1].is_some());
        assert!(second.join().unwrap()?[0].is_some());
        Ok(())
    })
}
