//! Several hosts: processes with addresses of their own, in network namespaces that a virtual cable connects. `ip netns` makes
//! them. If that isn't allowed here, the trial is ignored, and says why.

mod file;
mod meeting;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use beyond_one_machine::WORKS;
use beyond_one_machine::cluster::{Sockets, Task};
use lab::process;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

const LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    assert!(
        program().exists(),
        "the example isn't built: `cargo test -p beyond-one-machine` does it"
    );
    let on_hosts = Trial::ignorable_test(
        "two_hosts_share_the_work_and_notice_who_is_missing",
        || {
            match Hosts::new() {
        Err(why) if why.to_string().contains("can't start") && std::env::var_os("CI").is_some() => {
            Err(format!("{why}; install what is missing, for nothing may be left out in CI").into())
        }
        Err(why) => Ok(Completion::ignored_with(format!("this machine doesn't allow it: {why}"))),
        Ok(hosts) => on(&hosts).map(|()| Completion::Completed),
    }
        },
    );
    let trials = vec![
        on_hosts,
        Trial::test("what_is_wrong_is_told_in_one_line", wrong),
        Trial::test(
            "addresses_are_read_in_their_order_and_what_is_none_is_named_by_its_line",
            addresses,
        ),
        Trial::test("everybody_is_connected_with_everybody_else", connected),
        Trial::test("a_process_that_came_for_something_else_is_refused", elsewhere),
        Trial::test("strangers_are_no_company", strangers),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The example, which `cargo test` builds beside this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    test.ancestors()
        .nth(2)
        .expect("this test lies in a folder")
        .join("examples/hosts")
}

/// Two network namespaces with the addresses `10.77.0.1` and `10.77.0.2`, and the process that deletes them.
struct Hosts {
    names: [String; 2],
    /// Waits until this process closes its input, which the kernel does even if this process dies, and then deletes both.
    cleaner: Child,
}

impl Hosts {
    fn new() -> io::Result<Self> {
        let names =
            ["a", "b"].map(|end| format!("beyond-{}-{end}", std::process::id()));
        let [a, b] = &names;
        // The cleaner comes first, so that nothing is left of a half-made pair. In a group of its own, Ctrl-C doesn't reach it.
        let delete = format!("read end; ip netns delete {a}; ip netns delete {b}");
        let mut sh = Command::new("/bin/sh");
        sh.args(["-c", &delete])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let hosts =
            Self { cleaner: sh.process_group(0).spawn()?, names: names.clone() };
        for name in &names {
            ip(&format!("netns add {name}"))?;
        }
        // Each namespace has its own names, so these can't clash with others.
        ip(&format!("-n {a} link add cable type veth peer name cable netns {b}"))?;
        for (name, number) in names.iter().zip(1..) {
            ip(&format!("-n {name} address add 10.77.0.{number}/24 dev cable"))?;
            ip(&format!("-n {name} link set cable up"))?;
            ip(&format!("-n {name} link set lo up"))?;
        }
        Ok(hosts)
    }

    /// Runs the program on one of the hosts, to its end.
    fn run(&self, host: usize, file: &Path, arguments: &str) -> io::Result<Output> {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.names[host]])
            .arg(program())
            .arg("--hosts")
            .arg(file);
        process::output(
            command
                .args(["--process", &host.to_string()])
                .args(arguments.split(' ')),
            LIMIT,
        )
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        drop(self.cleaner.stdin.take());
        let _ = self.cleaner.wait();
    }
}

/// Runs `ip`, and returns its complaint if it fails.
fn ip(arguments: &str) -> io::Result<()> {
    let output =
        process::output(Command::new("ip").args(arguments.split(' ')), LIMIT)?;
    let said = String::from_utf8_lossy(&output.stderr).trim().replace('\n', ", ");
    if output.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("`ip {arguments}`: {said}")))
    }
}

fn file_of(hosts: impl AsRef<[u8]>) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(hosts.as_ref())?;
    Ok(file)
}

/// Whether the program ended with this code, and said this.
fn check(output: &Output, code: i32, said: &str) -> Result<(), Failed> {
    let all = [&output.stdout[..], &output.stderr].concat();
    let is_right = output.status.code() == Some(code)
        && String::from_utf8_lossy(&all).contains(said);
    // A failure is told in one line.
    let is_right = is_right
        && (code == 0 || all.iter().filter(|byte| **byte == b'\n').count() == 1);
    if is_right {
        Ok(())
    } else {
        Err(format!("not {code} with '{said}': {output:?}").into())
    }
}

fn on(hosts: &Hosts) -> Result<(), Failed> {
    let file = file_of("# two hosts\n10.77.0.1:2101\n10.77.0.2:2101\n")?;
    let both = |first: &str, second: &str| {
        thread::scope(|scope| {
            let second = scope.spawn(|| hosts.run(1, file.path(), second));
            Ok::<_, io::Error>([
                hosts.run(0, file.path(), first)?,
                second.join().expect("the thread doesn't panic")?,
            ])
        })
    };
    for work in ["--work rows --size 60", "--work degrees --size 50000"] {
        let [first, second] = both(work, work)?;
        check(&first, 0, "the result is that of one thread")?;
        check(&second, 0, "Process 1 did its part")?;
    }
    let alone = hosts.run(0, file.path(), "--patience 1")?;
    check(&alone, 1, "process 1 at 10.77.0.2:2101 didn't come in time")?;
    // One process ends in the middle of its work, by its time limit, and the other one notices.
    let endless = "--work degrees --size 1000000000 --limit";
    let [stays, ends] = both(&format!("{endless} 50"), &format!("{endless} 1"))?;
    check(&stays, 1, "a peer was lost")?;
    check(&ends, 1, "")
}

/// Nobody listens at port 1, and a listener that says nothing is no peer. Calling ends, and so does waiting for a call.
fn wrong() -> Result<(), Failed> {
    let dumb = TcpListener::bind("127.0.0.1:0")?;
    let taken = dumb.local_addr()?;
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    for (hosts, arguments, code, said) in [
        (
            format!("{free}\n127.0.0.1:1"),
            "--process 0 --patience 1",
            1,
            "process 1 at 127.0.0.1:1 didn't come in time",
        ),
        (
            format!("127.0.0.1:1\n{free}"),
            "--process 1 --patience 1",
            1,
            "process 0 at 127.0.0.1:1 didn't come in time",
        ),
        (
            format!("{taken}\n{free}"),
            "--process 1 --patience 1",
            1,
            "didn't answer",
        ),
        (taken.to_string(), "--process 0", 1, "take another port"),
        (
            "192.0.2.1:2101".to_owned(),
            "--process 0",
            1,
            "can't listen at 192.0.2.1:2101",
        ),
        (
            format!("{free}\n{free}"),
            "--process 0",
            2,
            "line 2 is an address that another process has",
        ),
        (
            free.to_string(),
            "--process 1",
            2,
            "has lines for processes 0 to 0; name one",
        ),
        (free.to_string(), "--process 0 --patience 0", 2, "from 1 to 3,600"),
    ] {
        let file = file_of(hosts)?;
        let mut command = Command::new(program());
        command.arg("--hosts").arg(file.path()).args(arguments.split(' '));
        check(&process::output(&mut command, LIMIT)?, code, said)?;
    }
    Ok(())
}

fn addresses() -> Result<(), Failed> {
    let read = |text: &[u8]| file::read(file_of(text)?.path());
    let whole = read(b"# all\n10.0.0.2:2101\n\n  one.example:80 \n[fe80::1]:9\n")?;
    assert_eq!(whole, ["10.0.0.2:2101", "one.example:80", "[fe80::1]:9"]);
    let refused = |read: io::Result<Vec<String>>, what: &str| {
        let said = read.unwrap_err().to_string();
        assert!(said.contains(what), "{said}");
    };
    for wrong in [
        "host",
        "host:",
        ":80",
        "host:0",
        "host:65536",
        "host:+1",
        "a b:80",
        "\u{1b}:1",
    ] {
        refused(
            read(format!("host:1\n{wrong}\n").as_bytes()),
            "line 2 is no address",
        );
    }
    let many: String = (1..=65).map(|port| format!("host:{port}\n")).collect();
    refused(read(many.as_bytes()), "65 addresses");
    refused(read(b"\n# nobody\n"), "0 addresses");
    refused(read(b"\xff\xfe\0"), "UTF-8");
    refused(file::read("/nowhere/hosts".as_ref()), "/nowhere/hosts");
    Ok(())
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// This many processes, each at its own port, meet for a task of this size.
fn met<const N: usize>(
    sizes: [usize; N],
    before: impl Fn(&str),
) -> io::Result<[io::Result<Sockets>; N]> {
    let listeners = (0..N)
        .map(|_| meeting::listen("127.0.0.1:0"))
        .collect::<io::Result<Vec<_>>>()?;
    let addresses =
        listeners.iter().map(|listener| Ok(listener.local_addr()?.to_string()));
    let addresses = addresses.collect::<io::Result<Vec<_>>>()?;
    before(&addresses[0]);
    let meet = |me: usize| {
        let task = meeting::number(&Task { work: WORKS[0], size: sizes[me] }, N);
        meeting::meet(&listeners[me], &addresses, [task, me as u64], soon())
    };
    Ok(thread::scope(|scope| {
        let started =
            std::array::from_fn::<_, N, _>(|me| scope.spawn(move || meet(me)));
        started.map(|one| one.join().expect("it doesn't panic"))
    }))
}

fn connected() -> Result<(), Failed> {
    let all =
        met([7; 3], |_| ())?.into_iter().collect::<io::Result<Vec<Sockets>>>()?;
    for (me, other) in (0..3).flat_map(|me| (0..3).map(move |other| (me, other))) {
        match (&all[me][other], &all[other][me]) {
            (Some(mine), Some(theirs)) => {
                assert_eq!(mine.peer_addr()?, theirs.local_addr()?);
            }
            (mine, theirs) => {
                assert!(me == other && mine.is_none() && theirs.is_none());
            }
        }
    }
    Ok(())
}

fn elsewhere() -> Result<(), Failed> {
    for met in met([7, 8], |_| ())? {
        assert!(
            met.unwrap_err().to_string().contains("was started for something else")
        );
    }
    Ok(())
}

/// The first stranger says nothing and leaves, and the second says something else.
fn strangers() -> Result<(), Failed> {
    let all = met([7; 2], |first| {
        drop(TcpStream::connect(first).unwrap());
        TcpStream::connect(first)
            .unwrap()
            .write_all(b"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n")
            .unwrap();
    })?;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    Ok(())
}
